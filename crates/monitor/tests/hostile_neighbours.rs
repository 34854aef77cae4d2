//! A bad instance harms itself alone: others beside it and after it don't notice, and nothing of it is left.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use brood_abi::layout::{MEMORY_BASE, PAGE_SIZE, RING_PAGE, STACK_BASE};
use brood_abi::operation::CONSOLE_OUTPUT;
use brood_abi::{Operation, Submission};
use brood_monitor::{
    BackendKind, ConsoleStream, Control, Error, EventSink, Exit, Flow, Hibernation, Launch, Limits,
    Listener, Outcome, Scheduler,
};
use support::script::{Script, about};
use support::{Fixture, Held, PATIENCE, alone, on_each_backend};

/// One of each kind of bad instance. None of them lives longer than its wall-clock limit.
fn attackers(kind: BackendKind) -> Vec<Vec<u8>> {
    let write = about(Operation::ConsoleWrite, RING_PAGE, 1, CONSOLE_OUTPUT);
    let nowhere = Submission {
        address: u64::MAX - 100,
        length: 50,
        ..write
    };
    let scripts = [
        Script::new().submit(&nowhere).ring(),
        Script::new().index(4, u32::MAX).ring(),
        Script::new().submit(&write).index(8, 77).ring(),
    ];
    let mut all: Vec<Vec<u8>> = [
        "spin",
        "wait-for-ever",
        "doorbells 1000000000",
        "echo-and-spin x",
        "null-write",
        "stack-overflow",
        "allocate",
        "flood-console",
        "flood-messages",
        "execute-data",
        "instruction hlt",
        "instruction out-byte-0x80",
        "instruction syscall",
        "instruction wrmsr-efer",
        "write-at 1048576",
        "jump-to 268435456000",
        "read-console",
        "panic by intent",
    ]
    .iter()
    .map(|argument| argument.as_bytes().to_vec())
    .chain(scripts.iter().map(|script| script.argument().to_vec()))
    .collect();
    if kind == BackendKind::Process {
        let of_cells = [
            "doorbells-without-waiting",
            "race 0",
            "race 1",
            "system-call-and-spin 1 0 268500992 0",
        ];
        all.extend(of_cells.map(|argument| argument.as_bytes().to_vec()));
    }
    all
}

fn attack(fixture: &Fixture, argument: &[u8], wall: Duration) -> Exit {
    let launch = Launch {
        limits: Limits {
            memory_bytes: 16 << 20,
            wall: Some(wall),
            ..Limits::default()
        },
        reuse: true,
        ..Launch::new(argument)
    };
    let outcome = fixture.monitor.run(&fixture.image, &launch, &mut Deaf);
    outcome.unwrap().exit
}

/// Keeps nothing of what a flood brings.
struct Deaf;

impl EventSink for Deaf {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, _: &[u8]) -> Flow {
        Flow::Continue
    }
}

/// The well-behaved one always answers, while attackers come and go on other threads.
#[test]
fn others_do_not_notice() {
    const ANSWERS: usize = 60;
    on_each_backend(|fixture| {
        let attackers = attackers(fixture.monitor.backend());
        let (next, attacks) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let argument = &attackers[number % attackers.len()];
                        attack(fixture, argument, Duration::from_millis(50));
                        attacks.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let start = Instant::now();
            let mut answers = 0;
            // Each attacker has its turn, and the well-behaved one, too.
            while answers < ANSWERS || attacks.load(Ordering::Relaxed) < 2 * attackers.len() {
                let text = format!("answer number {answers}");
                for reuse in [false, true] {
                    let launch = Launch {
                        reuse,
                        ..Launch::new(text.as_bytes())
                    };
                    let (outcome, kept) = fixture.launch(&launch);
                    assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
                    assert_eq!(kept.message(), text[7..]);
                }
                answers += 1;
                assert!(start.elapsed() < 4 * PATIENCE, "{answers} answers");
            }
            is_over.store(true, Ordering::Relaxed);
        });
    });
}

/// Sends its number when an instance has ended, with how.
struct Teller(usize, Sender<(usize, Exit)>);

impl EventSink for Teller {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, _: &[u8]) -> Flow {
        Flow::Continue
    }
}

impl Listener for Teller {
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>) {
        let _ = self.1.send((self.0, outcome.unwrap().exit));
    }
}

/// On workers that all share: as many attackers of each kind as there are workers, and one more, each of which may
/// live for longer than the others have patience.
#[test]
fn attackers_do_not_keep_the_workers_to_themselves() {
    const WORKERS: usize = 2;
    const WELL_BEHAVED: usize = 10;
    on_each_backend(|fixture| {
        for attacker in attackers(fixture.monitor.backend()) {
            let scheduler = Scheduler::start(fixture.monitor.clone(), WORKERS, None).unwrap();
            let (sender, ended) = channel();
            let launch = |number: usize, argument: &[u8], reuse: bool| {
                let limits = Limits {
                    memory_bytes: 16 << 20,
                    wall: Some(2 * PATIENCE),
                    ..Limits::default()
                };
                let launch = Launch {
                    limits,
                    reuse,
                    ..Launch::new(argument.to_vec())
                };
                let teller = Box::new(Teller(number, sender.clone()));
                scheduler.launch(&fixture.image, launch, teller);
            };
            for _ in 0..=WORKERS {
                launch(usize::MAX, &attacker, true);
            }
            for number in 0..WELL_BEHAVED {
                launch(
                    number,
                    format!("answer {number}").as_bytes(),
                    number % 2 == 0,
                );
            }
            let mut left = WELL_BEHAVED;
            while left > 0 {
                let next = ended.recv_timeout(PATIENCE);
                let name = String::from_utf8_lossy(&attacker);
                let Ok((number, exit)) = next else {
                    panic!("beside {name:.40} {left} did not come to an end");
                };
                if number < WELL_BEHAVED {
                    assert!(matches!(exit, Exit::Status(0)), "{exit}");
                    left -= 1;
                }
            }
        }
    });
}

/// A hibernated instance goes on in a new shell with the stack that it had: wherever that is, it is its own affair.
#[test]
fn who_hibernates_in_a_strange_place_harms_itself_alone() {
    on_each_backend(|fixture| {
        let is_cell = fixture.monitor.backend() == BackendKind::Process;
        let memory_end = MEMORY_BASE + Limits::default().memory_bytes;
        let stacks = [
            0,
            8,
            // The cell's own code and data.
            0x100_0000,
            0x100_2000,
            0x101_0000,
            MEMORY_BASE,
            RING_PAGE,
            RING_PAGE + 64,
            RING_PAGE + PAGE_SIZE,
            STACK_BASE,
            STACK_BASE + 1,
            memory_end,
            memory_end - 8,
            1 << 47,
            1 << 63,
            u64::MAX,
        ];
        let directory = tempfile::tempdir().unwrap();
        let hibernation = Hibernation::at(directory.path(), Duration::from_millis(5)).unwrap();
        let scheduler = Scheduler::start(fixture.monitor.clone(), 2, Some(hibernation)).unwrap();
        let (sender, ended) = channel();
        let controls = stacks.map(|stack| {
            let control = Control::new();
            let argument = format!("park-at {stack} {}", u64::from(is_cell));
            let launch = Launch {
                control: Some(control.clone()),
                ..Launch::new(argument.into_bytes())
            };
            let teller = Box::new(Teller(0, sender.clone()));
            scheduler.launch(&fixture.image, launch, teller);
            control
        });
        let start = Instant::now();
        while std::fs::read_dir(directory.path()).unwrap().count() < stacks.len() {
            assert!(start.elapsed() < PATIENCE, "not all of them hibernate");
            std::thread::sleep(Duration::from_millis(5));
        }
        for control in &controls {
            control.console_input(b"wake up");
        }
        for _ in stacks {
            let (_, exit) = ended.recv_timeout(PATIENCE).unwrap();
            assert!(matches!(exit, Exit::Fault(_)), "{exit}");
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        fixture.is_well();
    });
}

/// Runs alone in its process (see `alone`), since the other tests hold things meanwhile.
#[test]
fn nothing_of_an_attacker_is_left() {
    const ROUNDS: usize = 3;
    alone("nothing_of_an_attacker_is_left", || {
        on_each_backend(|fixture| {
            let attackers = attackers(fixture.monitor.backend());
            let one_of_each = || {
                for argument in &attackers {
                    attack(fixture, argument, Duration::from_millis(30));
                    fixture.is_well();
                }
            };
            one_of_each();
            let before = Held::now();
            (0..ROUNDS).for_each(|_| one_of_each());
            let after = before.again();
            assert!(after.is_no_more_than(&before), "{before:?}, then {after:?}");
            assert!(
                after.resident_kibibytes < before.resident_kibibytes + 4096,
                "{before:?}, then {after:?}"
            );
        });
    });
}

/// One fault after the other, as fast as they can be had.
#[test]
fn faults_without_end_end_nobody_else() {
    on_each_backend(|fixture| {
        for number in 0..150 {
            let argument = ["null-write", "instruction undefined", "stack-overflow"][number % 3];
            let exit = attack(fixture, argument.as_bytes(), PATIENCE);
            assert!(matches!(exit, Exit::Fault(_)), "{argument}: {exit}");
        }
        fixture.is_well();
    });
}
