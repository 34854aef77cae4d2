//! Directories of the host in an instance.

mod support;

use std::path::Path;

use brood_monitor::{Exit, Launch, Mount, MountError};
use support::{Fixture, alone, on_each_backend};

fn with_mounts(fixture: &Fixture, mounts: &[Mount], argument: &str) -> (Exit, String) {
    let launch = Launch {
        mounts: mounts.into(),
        ..Launch::new(argument.as_bytes())
    };
    let (outcome, kept) = fixture.launch(&launch);
    let message = kept.messages.first().cloned().unwrap_or_default();
    (outcome.exit, String::from_utf8(message).unwrap())
}

fn said(fixture: &Fixture, mounts: &[Mount], argument: &str) -> String {
    let (exit, message) = with_mounts(fixture, mounts, argument);
    assert!(matches!(exit, Exit::Status(0)), "{argument}: {exit}");
    message
}

#[test]
fn an_instance_sees_what_is_mounted_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("file"), "content").unwrap();
    std::fs::write(directory.path().join("outside"), "secret").unwrap();
    std::os::unix::fs::symlink("../outside", inside.join("link")).unwrap();
    on_each_backend(|fixture| {
        let mounts = [
            Mount::open(&inside, b"/data/", false).unwrap(),
            Mount::open(Path::new("/etc"), b"//etc/host", true).unwrap(),
        ];
        assert_eq!(said(fixture, &mounts, "mounts"), "0 /data\n1 /etc/host");
        assert_eq!(said(fixture, &[], "mounts"), "");
        // The table lies behind the argument, which is as it was.
        assert_eq!(said(fixture, &mounts, "echo one two"), "one two");
        for (path, expected) in [
            ("file", "content"),
            ("none", "enoent"),
            ("../outside", "einval"),
            ("/etc/passwd", "einval"),
            ("link", "link"),
            ("", "eisdir"),
        ] {
            let told = said(fixture, &mounts, &format!("read-file {path}"));
            assert_eq!(told, expected, "{path}");
        }
        assert_eq!(said(fixture, &[], "read-file file"), "enxio");
    });
}

#[test]
fn what_a_full_disk_takes_stays_written() {
    const LIMIT: u64 = 1_234_567;
    alone("what_a_full_disk_takes_stays_written", || {
        on_each_backend(|fixture| {
            let directory = tempfile::tempdir().unwrap();
            let mounts = [Mount::open(directory.path(), b"/", false).unwrap()];
            // The next best thing to a full disk: the largest file that the monitor may write.
            let limit = libc::rlimit {
                rlim_cur: LIMIT,
                rlim_max: libc::RLIM_INFINITY,
            };
            let whole = libc::rlimit {
                rlim_cur: libc::RLIM_INFINITY,
                ..limit
            };
            // SAFETY: the limits are alive; this test is alone in its process.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
            let told = said(fixture, &mounts, "fill-file large");
            // SAFETY: as above.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &whole) }, 0);
            assert_eq!(told, format!("{LIMIT} efbig"));
            let written = std::fs::read(directory.path().join("large")).unwrap();
            assert!(written.len() as u64 == LIMIT && written.iter().all(|&byte| byte == b'x'));
        });
    });
}

#[test]
fn what_can_not_be_mounted_is_said() {
    let open = |host: &str, guest: &str| Mount::open(Path::new(host), guest.as_bytes(), false);
    for (host, guest) in [("/none", "/"), ("/etc/passwd", "/")] {
        assert!(matches!(open(host, guest), Err(MountError::Open { .. })));
    }
    for guest in ["", "data", "/a/../b", "/a/./b", "/a\0"] {
        let error = open("/etc", guest).unwrap_err();
        assert!(matches!(error, MountError::GuestPath(_)), "{guest}");
    }
}
