//! What the tests share: the test guest, an image of it, and a sink that keeps everything.
#![allow(dead_code, reason = "each test program uses a part")]

#[path = "../../../guest/embed.rs"]
#[allow(dead_code, reason = "build scripts use the rest")]
mod embed;
pub mod script;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use brood_image::{Image, Metadata};
use brood_monitor::{
    BackendKind, Built, Choice, ConsoleStream, Control, EventSink, Exit, Flow, Launch, Limits,
    Monitor, Mount, Outcome,
};

/// The longest that anything may take on a computer with much else to do.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The test guest's ELF file; built once.
pub fn guest() -> &'static [u8] {
    static GUEST: OnceLock<Vec<u8>> = OnceLock::new();
    GUEST.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guest");
        let path =
            embed::build_guest(&workspace, &target, "test-guest").expect("the test guest builds");
        std::fs::read(path).unwrap()
    })
}

/// A launch with what a parent may lend.
pub fn lent<'a>(
    argument: &'a [u8],
    mounts: &'a [Mount],
    control: Option<&'a Control>,
) -> Launch<'a> {
    Launch {
        mounts: mounts.into(),
        control: control.cloned(),
        ..Launch::new(argument)
    }
}

/// Everything an instance said.
#[derive(Default)]
pub struct Kept {
    pub output: Vec<u8>,
    pub errors: Vec<u8>,
    pub messages: Vec<Vec<u8>>,
    pub stop_at_message: bool,
}

impl Kept {
    pub fn output(&self) -> String {
        String::from_utf8(self.output.clone()).unwrap()
    }

    pub fn message(&self) -> String {
        assert_eq!(self.messages.len(), 1, "one message");
        String::from_utf8(self.messages[0].clone()).unwrap()
    }
}

impl EventSink for Kept {
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        match stream {
            ConsoleStream::Output => self.output.extend(bytes),
            ConsoleStream::Errors => self.errors.extend(bytes),
        }
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        self.messages.push(bytes.to_vec());
        if self.stop_at_message {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}

/// The backends that work here. One that doesn't is named on standard error: a test that could
/// not run must not look like one that passed.
pub fn backends() -> Vec<BackendKind> {
    [BackendKind::Kvm, BackendKind::Process]
        .into_iter()
        .filter(|&kind| match Choice::Force(kind).resolve() {
            Ok(_) => true,
            Err(error) => {
                eprintln!("NOT TESTED on {kind}: {error}");
                false
            }
        })
        .collect()
}

/// A monitor with an image of the test guest.
pub struct Fixture {
    pub monitor: Monitor,
    pub image: Image,
    _directory: tempfile::TempDir,
}

impl Fixture {
    pub fn new(kind: BackendKind) -> Fixture {
        Fixture::with_package(kind, b"")
    }

    /// The package says what to do before "ready".
    pub fn with_package(kind: BackendKind, package: &[u8]) -> Fixture {
        let monitor = Monitor::new(kind).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path: PathBuf = directory.path().join("test.brood");
        let mut kept = Kept::default();
        let built = monitor
            .build(guest(), package, &Limits::default(), None, &mut kept)
            .unwrap();
        let Built::Frozen(frozen) = built else {
            panic!("not frozen: {built:?}");
        };
        brood_image::write(&path, &frozen, &Metadata::default()).unwrap();
        let image = Image::open(&path).unwrap();
        Fixture {
            monitor,
            image,
            _directory: directory,
        }
    }

    pub fn launch(&self, launch: &Launch<'_>) -> (Outcome, Kept) {
        let mut kept = Kept::default();
        let outcome = self.monitor.run(&self.image, launch, &mut kept).unwrap();
        (outcome, kept)
    }

    pub fn run(&self, argument: &str) -> (Outcome, Kept) {
        self.launch(&Launch::new(argument.as_bytes()))
    }

    /// How an instance ends that is expected to be bad. It has [`PATIENCE`], and the one that comes after it is well.
    pub fn exit_of(&self, argument: impl AsRef<[u8]>) -> Exit {
        self.attacked(&Launch::new(argument.as_ref())).0
    }

    /// Likewise, with more said; and what was said.
    pub fn attacked(&self, launch: &Launch<'_>) -> (Exit, Kept) {
        let limits = Limits {
            wall: launch.limits.wall.or(Some(PATIENCE)),
            ..launch.limits.clone()
        };
        let launch = Launch {
            limits,
            ..launch.clone()
        };
        let (outcome, kept) = self.launch(&launch);
        self.is_well();
        (outcome.exit, kept)
    }

    /// Checks that a well-behaved instance runs.
    pub fn is_well(&self) {
        let (outcome, kept) = self.run("echo still here");
        assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
        assert_eq!(kept.message(), "still here");
    }
}

/// Runs `test` on each backend that works here.
pub fn on_each_backend(test: impl Fn(&Fixture)) {
    for kind in backends() {
        eprintln!("on {kind}:");
        test(&Fixture::new(kind));
    }
}

/// Runs `test` alone in a process: starts this test program again for the test called `name`.
pub fn alone(name: &str, test: impl FnOnce()) {
    const MARK: &str = "BROOD_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return test();
    }
    guest();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{name}, alone: {status}");
}

/// What this process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub descriptors: usize,
    pub threads: usize,
    pub mappings: usize,
    pub children: usize,
    pub resident_kibibytes: u64,
}

impl Held {
    pub fn now() -> Held {
        // What the allocator keeps for later is not held by anybody.
        // SAFETY: no preconditions.
        unsafe { libc::malloc_trim(0) };
        let count = |path| std::fs::read_dir(path).unwrap().count();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        let mappings = std::fs::read_to_string("/proc/self/maps").unwrap();
        Held {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            mappings: mappings.lines().count(),
            children: children().len(),
            resident_kibibytes: resident.trim().trim_end_matches(" kB").parse().unwrap(),
        }
    }

    /// What is held when it is no more than it was, apart from memory, or at the end of patience: a thread that was
    /// waited for is still there for a moment.
    pub fn again(&self) -> Held {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Held::now();
            if now.is_no_more_than(self) || Instant::now() > deadline {
                return now;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether it is as much of everything but memory, or less.
    pub fn is_no_more_than(&self, other: &Held) -> bool {
        self.descriptors <= other.descriptors
            && self.threads <= other.threads
            && self.mappings <= other.mappings
            && self.children <= other.children
    }
}

/// Child processes of this one.
pub fn children() -> Vec<i32> {
    let ours = std::process::id().to_string();
    let parent_of = |pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, after_name) = stat.rsplit_once(") ")?;
        after_name.split(' ').nth(1).map(str::to_owned)
    };
    let entries = std::fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| parent_of(pid).as_deref() == Some(&ours))
        .collect()
}
