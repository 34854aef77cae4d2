//! Whatever a guest leaves in its ring page; see `any_rings`. It has a directory of the host, too.

#![no_main]

mod any_rings;
// The monitor keeps these to itself, so they are compiled into the target.
#[allow(dead_code, unused_imports, reason = "a part is under test")]
#[path = "../../src"]
mod monitor {
    pub mod control;
    pub mod launch;
    pub mod memory;
    pub mod mount;
    pub mod relay;
    pub mod report;
    pub mod session;
    pub mod terminal;
}
use monitor::{control, launch, memory, mount, relay, report, session, terminal};

use std::path::PathBuf;
use std::sync::LazyLock;

use mount::Mount;

/// Files that can't become large, so that nothing fills the disk.
const FILE_MAX: libc::rlim_t = 1 << 20;

static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let limit = libc::rlimit {
        rlim_cur: FILE_MAX,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the limit is alive.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("outside"), "secret").expect("room for it");
    directory.keep()
});

libfuzzer_sys::fuzz_target!(|attack: any_rings::Attack| {
    let inside = DIRECTORY.join("inside");
    std::fs::create_dir(&inside).expect("a directory");
    std::fs::write(inside.join("a"), "content").expect("room for it");
    std::os::unix::fs::symlink("../outside", inside.join("b")).expect("room for it");
    let mounts = [Mount::open(&inside, b"/data", false).expect("it is there")];
    any_rings::run(&attack, &mounts);
    std::fs::remove_dir_all(&inside).expect("it is there");
    let outside = std::fs::read(DIRECTORY.join("outside")).expect("it is there");
    assert_eq!(outside, b"secret");
    let beside = std::fs::read_dir(&*DIRECTORY).expect("it is there");
    assert_eq!(beside.count(), 1);
});
