//! Many instances on a few threads.

mod support;

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use brood_monitor::{
    ConsoleStream, Control, Error, EventSink, Exit, Flow, Hibernation, Launch, Limits, Listener,
    Mount, Outcome, Scheduler,
};
use support::{Fixture, alone, on_each_backend};

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells of an instance by its number: messages, then its end.
struct Teller {
    number: usize,
    sender: Sender<(usize, Said)>,
}

#[derive(Debug)]
enum Said {
    Message(String),
    End(Box<Outcome>),
}

impl EventSink for Teller {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, bytes: &[u8]) -> Flow {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let _ = self.sender.send((self.number, Said::Message(text)));
        Flow::Continue
    }
}

impl Listener for Teller {
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>) {
        let _ = self
            .sender
            .send((self.number, Said::End(Box::new(outcome.unwrap()))));
    }
}

struct Stage<'f> {
    fixture: &'f Fixture,
    scheduler: Scheduler,
    sender: Sender<(usize, Said)>,
    said: Receiver<(usize, Said)>,
}

impl Stage<'_> {
    fn new(fixture: &Fixture, workers: usize) -> Stage<'_> {
        let scheduler = Scheduler::start(fixture.monitor.clone(), workers, None);
        Stage::with(fixture, scheduler.unwrap())
    }

    /// Whoever is parked hibernates soon.
    fn hibernating<'f>(fixture: &'f Fixture, directory: &Path) -> Stage<'f> {
        let hibernation = Hibernation::at(directory, Duration::from_millis(10)).unwrap();
        let scheduler = Scheduler::start(fixture.monitor.clone(), 2, Some(hibernation));
        Stage::with(fixture, scheduler.unwrap())
    }

    fn with(fixture: &Fixture, scheduler: Scheduler) -> Stage<'_> {
        let (sender, said) = channel();
        Stage {
            fixture,
            scheduler,
            sender,
            said,
        }
    }

    fn launch(&self, number: usize, argument: &str, limits: Limits) -> Control {
        let control = Control::new();
        let launch = Launch {
            limits,
            control: Some(control.clone()),
            ..Launch::new(argument.as_bytes().to_vec())
        };
        let teller = Box::new(Teller {
            number,
            sender: self.sender.clone(),
        });
        self.scheduler.launch(&self.fixture.image, launch, teller);
        control
    }

    fn next(&self) -> (usize, Said) {
        self.said.recv_timeout(PATIENCE).unwrap()
    }

    fn next_end(&self) -> (usize, Outcome) {
        loop {
            if let (number, Said::End(outcome)) = self.next() {
                return (number, *outcome);
            }
        }
    }

    /// Waits until the control's instance waits for input.
    fn until_reading(&self, control: &Control) {
        assert!(control.wait_for_reader().is_some());
    }
}

/// Open descriptors.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Threads, without those that the kernel itself keeps for virtual machines.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    tasks
        .map(name)
        .filter(|name| !name.is_empty() && !name.starts_with("kvm-"))
        .count()
}

#[test]
fn waiting_instances_hold_no_thread_and_each_answers_when_called() {
    alone(
        "waiting_instances_hold_no_thread_and_each_answers_when_called",
        || {
            on_each_backend(|fixture| {
                const MANY: usize = 40;
                let stage = Stage::new(fixture, 2);
                let before = threads();
                let controls: Vec<Control> = (0..MANY)
                    .map(|number| stage.launch(number, "read-console", Limits::default()))
                    .collect();
                for control in &controls {
                    stage.until_reading(control);
                }
                assert_eq!(threads(), before);
                for (number, control) in controls.iter().enumerate().rev() {
                    control.console_input(format!("called {number}").as_bytes());
                    control.console_eof();
                    loop {
                        match stage.next() {
                            (who, Said::Message(text)) => {
                                assert_eq!((who, text), (number, format!("called {number}")));
                            }
                            (who, Said::End(outcome)) => {
                                assert_eq!(who, number);
                                assert!(matches!(outcome.exit, Exit::Status(0)));
                                break;
                            }
                        }
                    }
                }
            });
        },
    );
}

#[test]
fn a_spinning_instance_gives_way() {
    on_each_backend(|fixture| {
        let stage = Stage::new(fixture, 1);
        let spinners = [0, 1].map(|number| stage.launch(number, "spin", Limits::default()));
        // Long enough for one of them to have the worker.
        std::thread::sleep(Duration::from_millis(20));
        let mut slowest = Duration::ZERO;
        for number in 2..12 {
            let start = Instant::now();
            stage.launch(number, "echo hello", Limits::default());
            let (who, outcome) = stage.next_end();
            assert_eq!(who, number, "{outcome:?}");
            slowest = slowest.max(start.elapsed());
        }
        // Two slices are 4 ms; the rest is for busy computers. Without slices nothing would answer.
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
        for spinner in spinners {
            spinner.stop();
            let (_, outcome) = stage.next_end();
            assert!(matches!(outcome.exit, Exit::Stopped), "{outcome:?}");
        }
    });
}

/// Here it is the monitor that is kept busy: each doorbell asks for as much of a file as 32 operations can bring.
#[test]
fn whoever_keeps_the_monitor_busy_gives_way_and_ends_in_time() {
    on_each_backend(|fixture| {
        const LIMIT: Duration = Duration::from_millis(60);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("large"), vec![b'x'; 8 << 20]).unwrap();
        let mount = Mount::open(directory.path(), b"/mnt", true).unwrap();
        let stage = Stage::new(fixture, 1);
        let read = |number, cpu| {
            let control = Control::new();
            let limits = Limits {
                cpu,
                ..Limits::default()
            };
            let launch = Launch {
                limits,
                mounts: [mount.clone()].into(),
                control: Some(control.clone()),
                ..Launch::new(b"read-for-ever large")
            };
            let sender = stage.sender.clone();
            let teller = Box::new(Teller { number, sender });
            stage.scheduler.launch(&fixture.image, launch, teller);
            control
        };
        let readers = [0, 1].map(|number| read(number, None));
        std::thread::sleep(Duration::from_millis(20));
        for number in 2..12 {
            stage.launch(number, "echo hello", Limits::default());
            let (who, outcome) = stage.next_end();
            assert_eq!(who, number, "{outcome:?}");
        }
        for reader in readers {
            reader.stop();
            let (_, outcome) = stage.next_end();
            assert!(matches!(outcome.exit, Exit::Stopped), "{outcome:?}");
        }
        read(0, Some(LIMIT));
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::CpuExceeded), "{outcome:?}");
        let spent = outcome.usage.cpu;
        assert!(spent >= LIMIT && spent < LIMIT * 4, "{spent:?}");
    });
}

#[test]
fn deadlines_demands_and_wall_clocks_reach_parked_instances() {
    on_each_backend(|fixture| {
        let stage = Stage::new(fixture, 1);
        let start = Instant::now();
        stage.launch(0, "wait 30", Limits::default());
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::Status(0)), "{outcome:?}");
        assert!(start.elapsed() >= Duration::from_millis(30));

        let control = stage.launch(1, "read-console", Limits::default());
        stage.until_reading(&control);
        control.stop();
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::Stopped), "{outcome:?}");

        let limits = Limits {
            wall: Some(Duration::from_millis(50)),
            ..Limits::default()
        };
        stage.launch(2, "read-console", limits);
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::TimedOut), "{outcome:?}");
    });
}

#[test]
fn processor_time_is_limited_and_metered() {
    on_each_backend(|fixture| {
        const LIMIT: Duration = Duration::from_millis(60);
        let limits = Limits {
            cpu: Some(LIMIT),
            ..Limits::default()
        };
        let stage = Stage::new(fixture, 2);
        stage.launch(0, "spin", limits.clone());
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::CpuExceeded), "{outcome:?}");
        let spent = outcome.usage.cpu;
        assert!(spent >= LIMIT && spent < LIMIT * 4, "{spent:?}");

        // Waiting takes none.
        stage.launch(1, "wait 150", limits.clone());
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::Status(0)), "{outcome:?}");

        let launch = Launch {
            limits,
            ..Launch::new(b"spin")
        };
        let (outcome, _) = fixture.launch(&launch);
        assert!(matches!(outcome.exit, Exit::CpuExceeded), "{outcome:?}");
    });
}

#[test]
fn a_scheduler_that_goes_takes_everything_with_it() {
    alone("a_scheduler_that_goes_takes_everything_with_it", || {
        on_each_backend(|fixture| {
            // The first instance leaves what is kept of an image.
            fixture.run("echo x");
            let before = (descriptors(), threads());
            let stage = Stage::new(fixture, 2);
            let controls: Vec<Control> = (0..10)
                .map(|number| stage.launch(number, "read-console", Limits::default()))
                .collect();
            for control in &controls {
                stage.until_reading(control);
            }
            stage.launch(10, "spin", Limits::default());
            stage.launch(11, "spin", Limits::default());
            stage.launch(12, "wait-for-ever", Limits::default());
            drop(stage);
            drop(controls);
            assert_eq!((descriptors(), threads()), before);
        });
    });
}

/// Waits until this many instances lie in the directory, and none is on its way there.
fn until_asleep(directory: &Path, count: usize, descriptors_then: usize) {
    let start = Instant::now();
    let files = || std::fs::read_dir(directory).unwrap().count();
    while files() != count || descriptors() > descriptors_then {
        assert!(start.elapsed() < PATIENCE, "{} of {count} sleep", files());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_is_parked_for_long_hibernates_and_goes_on_where_it_was() {
    alone(
        "who_is_parked_for_long_hibernates_and_goes_on_where_it_was",
        || {
            on_each_backend(|fixture| {
                const MANY: usize = 12;
                let directory = tempfile::tempdir().unwrap();
                fixture.run("echo x");
                let stage = Stage::hibernating(fixture, directory.path());
                let before = descriptors();
                let controls: Vec<Control> = (0..MANY)
                    .map(|number| stage.launch(number, "read-console", Limits::default()))
                    .collect();
                until_asleep(directory.path(), MANY, before);
                // What it keeps in memory is there when it is woken, and when it is woken again.
                for (number, control) in controls.iter().enumerate() {
                    control.console_input(format!("first {number}, ").as_bytes());
                }
                for control in &controls {
                    stage.until_reading(control);
                }
                until_asleep(directory.path(), MANY, before);
                for (number, control) in controls.iter().enumerate() {
                    control.console_input(format!("then {number}").as_bytes());
                    control.console_eof();
                }
                let mut messages = 0;
                let mut ends = 0;
                while ends < MANY {
                    match stage.next() {
                        (who, Said::Message(text)) => {
                            assert_eq!(text, format!("first {who}, then {who}"));
                            messages += 1;
                        }
                        (_, Said::End(outcome)) => {
                            assert!(matches!(outcome.exit, Exit::Status(0)), "{outcome:?}");
                            ends += 1;
                        }
                    }
                }
                assert_eq!(messages, MANY);
                until_asleep(directory.path(), 0, before);
            });
        },
    );
}

#[test]
fn time_goes_on_for_those_who_hibernate() {
    on_each_backend(|fixture| {
        let directory = tempfile::tempdir().unwrap();
        let stage = Stage::hibernating(fixture, directory.path());
        stage.launch(0, "wait 300", Limits::default());
        let (_, Said::Message(slept)) = stage.next() else {
            panic!("it said nothing");
        };
        let slept = Duration::from_nanos(slept.parse().unwrap());
        assert!(slept >= Duration::from_millis(300), "{slept:?}");
        assert!(slept < PATIENCE, "{slept:?}");
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::Status(0)), "{outcome:?}");

        let control = stage.launch(1, "read-console", Limits::default());
        stage.until_reading(&control);
        std::thread::sleep(Duration::from_millis(100));
        control.stop();
        let (_, outcome) = stage.next_end();
        assert!(matches!(outcome.exit, Exit::Stopped), "{outcome:?}");
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 0);
    });
}

#[test]
fn who_cannot_hibernate_stays_awake() {
    on_each_backend(|fixture| {
        let directory = tempfile::tempdir().unwrap();
        let stage = Stage::hibernating(fixture, directory.path());
        drop(directory);
        let control = stage.launch(0, "read-console", Limits::default());
        stage.until_reading(&control);
        std::thread::sleep(Duration::from_millis(50));
        control.console_input(b"hello");
        control.console_eof();
        let (_, Said::Message(text)) = stage.next() else {
            panic!("it said nothing");
        };
        assert_eq!(text, "hello");
    });
}
