//! What the tests share: the test guest, an image of it, and a sink that keeps everything.
#![allow(dead_code, reason = "each test program uses a part")]

#[path = "../../../guest/embed.rs"]
#[allow(dead_code, reason = "build scripts use the rest")]
mod embed;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use brood_image::{Image, Metadata};
use brood_monitor::{
    BackendKind, Built, Choice, ConsoleStream, EventSink, Flow, Launch, Limits, Monitor, Outcome,
};

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
