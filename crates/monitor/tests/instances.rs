//! Instances from launch to gone, on every backend that works here.

mod support;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use brood_image::{Image, Metadata};
use brood_monitor::{
    BackendKind, Built, ConsoleStream, Control, Error, EventSink, Exit, Flow, Launch, Limits,
    LoadError, Monitor, Signal, SignalAction, Terminal, TerminalMode, TerminalState,
};
use support::{Fixture, Held, Kept, PATIENCE, backends, guest, on_each_backend};

#[test]
fn console_messages_and_status_reach_the_parent() {
    on_each_backend(|fixture| {
        let (outcome, kept) = fixture.run("hello");
        assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
        assert_eq!(kept.output(), "hello, world\n");
        assert_eq!(outcome.usage.console_bytes, 13);
        let (_, kept) = fixture.run("complain");
        assert_eq!(
            (kept.output(), &kept.errors[..]),
            (String::new(), &b"oh no\n"[..])
        );

        let (outcome, kept) = fixture.run("echo what the parent says");
        assert_eq!(kept.message(), "what the parent says");
        assert_eq!(outcome.usage.message_bytes, 20);
        for status in [0, 1, 3, 255] {
            let (outcome, _) = fixture.run(&format!("exit {status}"));
            assert!(matches!(outcome.exit, Exit::Status(found) if found == status));
        }
        let (outcome, _) = fixture.run("slogan no more");
        assert!(matches!(&outcome.exit, Exit::Slogan { status: 1, text } if text == "no more"));
        let (outcome, _) = fixture.run("panic by intent");
        let Exit::Slogan { status: 134, text } = &outcome.exit else {
            panic!("{}", outcome.exit);
        };
        assert!(
            text.starts_with("by intent at ") && text.contains("test_guest/"),
            "{text}"
        );
    });
}

#[test]
fn arguments_of_any_size_arrive() {
    on_each_backend(|fixture| {
        for length in [0, 1, 4091, 4092, 1_000_000, 10_000_000] {
            let operand = "x".repeat(length);
            let (_, kept) = fixture.run(&format!("echo {operand}"));
            assert!(kept.message() == operand, "{length} bytes");
        }
    });
}

#[test]
fn phases_are_in_order() {
    on_each_backend(|fixture| {
        let requested = Instant::now();
        let launch = Launch {
            requested: Some(requested),
            ..Launch::new(b"answer hi")
        };
        let (outcome, _) = fixture.launch(&launch);
        let phases = outcome.phases;
        let all = [
            phases.created,
            phases.entered,
            phases.first_instruction,
            phases.answered,
            phases.exited,
            phases.gone,
            Some(requested.elapsed()),
        ]
        .map(Option::unwrap);
        assert!(all.is_sorted(), "{phases:?}");
    });
}

/// What `identity` reports: id, entropy, launched, entered, now, operand.
fn identity(fixture: &Fixture, operand: &str) -> (u64, String, [u64; 3], String) {
    let (outcome, kept) = fixture.run(&format!("identity {operand}"));
    let text = kept.message();
    let (id, rest) = text.split_once(' ').unwrap();
    let (entropy, rest) = rest.split_once("] ").unwrap();
    let mut words = rest.splitn(4, ' ');
    let times = [(); 3].map(|()| words.next().unwrap().parse().unwrap());
    assert_eq!(id.parse::<u64>().unwrap(), outcome.id.0);
    (
        outcome.id.0,
        entropy.to_owned(),
        times,
        words.next().unwrap().to_owned(),
    )
}

#[test]
fn a_hundred_clones_each_have_their_own_self() {
    on_each_backend(|fixture| {
        let (mut ids, mut entropies) = (HashSet::new(), HashSet::new());
        for number in 0..100 {
            let before = fixture.monitor.now();
            let (id, entropy, [launched, entered, now], operand) =
                identity(fixture, &number.to_string());
            let after = fixture.monitor.now();
            assert!(ids.insert(id) && entropies.insert(entropy));
            assert_eq!(operand, number.to_string());
            // The guest's clock is the host's, to within the counter's calibration.
            let times = [before, launched, entered, now, after + 200_000];
            assert!(times.is_sorted(), "{times:?}");
        }
    });
}

#[test]
fn clones_remember_what_was_frozen_and_share_nothing_since() {
    on_each_backend(|fixture| {
        for word in ["a", "b", "c"] {
            let (_, kept) = fixture.run(&format!("remember {word}"));
            assert_eq!(kept.message(), format!("2 from before+{word}"));
        }
    });
}

#[test]
fn instances_on_several_threads_do_not_meet() {
    on_each_backend(|fixture| {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for number in 0..25 {
                        let text = format!("{thread}-{number}");
                        let argument = format!("echo {text}");
                        let reuse = number % 2 == 0;
                        let launch = Launch {
                            reuse,
                            ..Launch::new(argument.as_bytes())
                        };
                        assert_eq!(fixture.launch(&launch).1.message(), text);
                    }
                });
            }
        });
    });
}

#[test]
fn an_image_runs_on_the_backend_that_it_was_not_frozen_on() {
    let kinds = backends();
    for &frozen_on in &kinds {
        let fixture = Fixture::new(frozen_on);
        for &run_on in &kinds {
            let monitor = Monitor::new(run_on).unwrap();
            let mut kept = Kept::default();
            monitor
                .run(&fixture.image, &Launch::new(b"remember x"), &mut kept)
                .unwrap();
            assert_eq!(kept.message(), "2 from before+x", "{frozen_on} on {run_on}");
        }
    }
}

#[test]
fn console_input_arrives_until_its_end() {
    on_each_backend(|fixture| {
        let control = Control::new();
        control.console_input(b"there before, ");
        let other = control.clone();
        let writer = std::thread::spawn(move || {
            for word in ["and ", "more ", "that comes later than sixteen bytes"] {
                std::thread::sleep(Duration::from_millis(10));
                other.console_input(word.as_bytes());
            }
            other.console_eof();
        });
        let launch = Launch {
            control: Some(control.clone()),
            ..Launch::new(b"read-console")
        };
        let (outcome, kept) = fixture.launch(&launch);
        writer.join().unwrap();
        assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
        assert_eq!(
            kept.message(),
            "there before, and more that comes later than sixteen bytes"
        );
    });
}

#[test]
fn without_a_terminal_there_is_none() {
    on_each_backend(|fixture| {
        let (_, kept) = fixture.run("terminal");
        assert_eq!(kept.message(), "[Some(0), Some(fffffffffffffffe)]");
    });
}

/// Signals, and what was printed so far.
#[derive(Default)]
struct Signals {
    kept: Kept,
    control: Control,
}

impl Terminal for Signals {
    fn state(&mut self) -> TerminalState {
        TerminalState::default()
    }

    fn set_mode(&mut self, _: Option<TerminalMode>) -> bool {
        false
    }

    fn set_signal(&mut self, signal: Signal, action: SignalAction) {
        assert_eq!((signal, action), (Signal::Hangup, SignalAction::Deliver));
    }
}

impl EventSink for Signals {
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        self.kept.console(stream, bytes);
        // It computes from now on, and nothing but this will reach it.
        let control = self.control.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            control.signal(Signal::Hangup);
        });
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        EventSink::message(&mut self.kept, bytes)
    }

    fn terminal(&mut self) -> Option<&mut dyn Terminal> {
        Some(self)
    }
}

#[test]
fn a_signal_draws_the_attention_of_a_guest_that_computes() {
    on_each_backend(|fixture| {
        let mut signals = Signals::default();
        let control = signals.control.clone();
        let launch = Launch {
            control: Some(control.clone()),
            limits: Limits {
                wall: Some(PATIENCE),
                ..Limits::default()
            },
            ..Launch::new(b"spin-for-signal 1")
        };
        let outcome = fixture
            .monitor
            .run(&fixture.image, &launch, &mut signals)
            .unwrap();
        assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
        assert_eq!(signals.kept.message(), "Some(1) false");
    });
}

#[test]
fn waiting_takes_as_long_as_asked() {
    on_each_backend(|fixture| {
        let (_, kept) = fixture.run("wait 30");
        let waited: u64 = kept.message().parse().unwrap();
        assert!(waited >= 29_900_000, "{waited} ns");
    });
}

#[test]
fn the_parent_can_end_an_instance_whatever_it_does() {
    on_each_backend(|fixture| {
        for what in [
            "spin",
            "wait-for-ever",
            "read-console",
            "doorbells 1000000000",
        ] {
            let control = Control::new();
            let other = control.clone();
            let stopper = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                other.stop();
            });
            let launch = Launch {
                control: Some(control.clone()),
                ..Launch::new(what.as_bytes())
            };
            let (outcome, _) = fixture.launch(&launch);
            stopper.join().unwrap();
            assert!(
                matches!(outcome.exit, Exit::Stopped),
                "{what}: {}",
                outcome.exit
            );
        }
        let control = Control::new();
        control.stop();
        let launch = Launch {
            control: Some(control.clone()),
            ..Launch::new(b"hello")
        };
        let (outcome, kept) = fixture.launch(&launch);
        assert!(matches!(outcome.exit, Exit::Stopped) && kept.output.is_empty());
    });
}

#[test]
fn the_parent_can_end_an_instance_at_its_answer() {
    on_each_backend(|fixture| {
        let mut kept = Kept {
            stop_at_message: true,
            ..Kept::default()
        };
        let launch = Launch::new(b"echo enough");
        let outcome = fixture
            .monitor
            .run(&fixture.image, &launch, &mut kept)
            .unwrap();
        assert!(matches!(outcome.exit, Exit::Stopped));
        assert_eq!(kept.message(), "enough");
    });
}

#[test]
fn after_its_answer_an_instance_has_a_grace() {
    on_each_backend(|fixture| {
        let run = |argument: &str, grace: Duration| {
            let start = Instant::now();
            let limits = Limits {
                wall: Some(2 * PATIENCE),
                after_answer: Some(grace),
                ..Limits::default()
            };
            let (outcome, kept) = fixture.launch(&Launch {
                limits,
                ..Launch::new(argument.as_bytes())
            });
            assert_eq!(kept.message(), "x");
            (outcome.exit, kept.output(), start.elapsed())
        };
        let (exit, _, took) = run("echo-and-spin x", Duration::from_millis(50));
        assert!(matches!(exit, Exit::Stopped), "{exit}");
        assert!(took >= Duration::from_millis(50) && took < PATIENCE);
        let (exit, output, _) = run("echo-and-print x", PATIENCE);
        assert!(matches!(exit, Exit::Status(0)), "{exit}");
        assert_eq!(output, "done\n");
    });
}

#[test]
fn a_runaway_is_ended_in_time() {
    on_each_backend(|fixture| {
        for what in ["spin", "wait-for-ever", "doorbells 1000000000"] {
            let limits = Limits {
                wall: Some(Duration::from_millis(50)),
                ..Limits::default()
            };
            let start = Instant::now();
            let launch = Launch {
                limits,
                ..Launch::new(what.as_bytes())
            };
            let (outcome, _) = fixture.launch(&launch);
            let took = start.elapsed();
            assert!(
                matches!(outcome.exit, Exit::TimedOut),
                "{what}: {}",
                outcome.exit
            );
            assert!(
                took >= Duration::from_millis(50) && took < PATIENCE,
                "{took:?}"
            );
        }
    });
}

#[test]
fn memory_is_bounded_and_an_instance_may_use_all_of_it() {
    on_each_backend(|fixture| {
        let with_memory = |mebibytes: u64, argument: &str| {
            let limits = Limits {
                memory_bytes: mebibytes << 20,
                ..Limits::default()
            };
            fixture.launch(&Launch {
                limits,
                ..Launch::new(argument.as_bytes())
            })
        };
        let (outcome, _) = with_memory(64, "allocate");
        assert!(
            matches!(outcome.exit, Exit::OutOfMemory { asked: 1_048_576 }),
            "{}",
            outcome.exit
        );
        let (outcome, _) = with_memory(8, "use-memory 8000000");
        assert!(
            matches!(outcome.exit, Exit::OutOfMemory { asked: 8_000_000 }),
            "{}",
            outcome.exit
        );
        // A clone can have more memory than the instance that was frozen, or less.
        for (mebibytes, bytes) in [(256, 200_000_000_u64), (8, 5_000_000)] {
            let (outcome, kept) = with_memory(mebibytes, &format!("use-memory {bytes}"));
            assert!(matches!(outcome.exit, Exit::Status(0)), "{}", outcome.exit);
            let words = bytes / 8;
            assert_eq!(kept.message(), (words * (words - 1) / 2).to_string());
        }
    });
}

#[test]
fn impossible_limits_are_the_callers_error() {
    on_each_backend(|fixture| {
        let error = |memory_bytes, argument: &[u8]| {
            let limits = Limits {
                memory_bytes,
                ..Limits::default()
            };
            let launch = Launch {
                limits,
                ..Launch::new(argument)
            };
            fixture
                .monitor
                .run(&fixture.image, &launch, &mut Kept::default())
                .unwrap_err()
        };
        assert!(matches!(error(0, b""), Error::MemoryLimit(0)));
        assert!(matches!(error((64 << 20) + 1, b""), Error::MemoryLimit(_)));
        assert!(matches!(error(1 << 50, b""), Error::MemoryLimit(_)));
        let huge = vec![b' '; 5 << 20];
        assert!(matches!(
            error(4 << 20, &huge),
            Error::MemoryTooSmall { .. }
        ));
    });
}

#[test]
fn building_freezes_or_says_why_not() {
    on_each_backend(|fixture| {
        let build = |elf: &[u8], package: &[u8]| {
            let mut kept = Kept::default();
            let limits = Limits {
                wall: Some(PATIENCE),
                ..Limits::default()
            };
            let built = fixture
                .monitor
                .build(elf, package, &limits, None, &mut kept);
            (built, kept)
        };
        let (built, kept) = build(guest(), b"hello");
        assert!(matches!(built, Ok(Built::Frozen(_))), "{built:?}");
        assert_eq!(kept.output(), "hello, world\n");
        let (built, _) = build(guest(), b"slogan cannot boot");
        assert!(
            matches!(&built, Ok(Built::Ended(outcome))
                if matches!(&outcome.exit, Exit::Slogan { text, .. } if text == "cannot boot")),
            "{built:?}"
        );
        let (built, _) = build(guest(), b"null-write");
        assert!(
            matches!(&built, Ok(Built::Ended(outcome)) if matches!(outcome.exit, Exit::Fault(_)))
        );
        let (built, _) = build(b"not a program", b"");
        assert!(
            matches!(built, Err(Error::Load(LoadError::Malformed(_)))),
            "{built:?}"
        );
    });
}

#[test]
fn bad_images_are_refused() {
    on_each_backend(|fixture| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad.brood");
        let good = std::fs::read(fixture.image.path()).unwrap();
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Image::open(&path).unwrap_err()
        };
        let truncated = refused(&good[..good.len() / 2]);
        assert!(
            matches!(truncated, brood_image::Error::Truncated { .. }),
            "{truncated}"
        );
        let mut other_abi = good.clone();
        other_abi[12] ^= 0x40;
        assert!(matches!(
            refused(&other_abi),
            brood_image::Error::AbiVersion { .. }
        ));
    });
}

/// Runs alone in its process (see `alone`), since the other tests hold things meanwhile.
#[test]
fn nothing_is_left_after_500_instances() {
    support::alone("nothing_is_left_after_500_instances", || {
        on_each_backend(|fixture| {
            let limits = Limits {
                wall: Some(Duration::from_millis(100)),
                ..Limits::default()
            };
            let one_of_each = || {
                for (what, reuse) in [
                    ("hello", false),
                    ("echo x", true),
                    ("null-write", true),
                    ("violate tail", true),
                ] {
                    let launch = Launch {
                        limits: limits.clone(),
                        reuse,
                        ..Launch::new(what.as_bytes())
                    };
                    fixture.launch(&launch);
                }
            };
            (0..10).for_each(|_| one_of_each());
            let before = Held::now();
            (0..125).for_each(|_| one_of_each());
            for what in ["allocate", "spin"] {
                let launch = Launch {
                    limits: limits.clone(),
                    ..Launch::new(what.as_bytes())
                };
                fixture.launch(&launch);
            }
            let after = before.again();
            assert!(after.is_no_more_than(&before), "{before:?}, then {after:?}");
            let (before, after) = (before.resident_kibibytes, after.resident_kibibytes);
            assert!(after < before + 4096, "{before} KiB, then {after} KiB");
        });
    });
}

#[test]
fn a_monitor_gives_everything_back() {
    support::alone("a_monitor_gives_everything_back", || {
        for kind in backends() {
            drop(Fixture::new(kind));
            let before = Held::now();
            let fixture = Fixture::new(kind);
            let launch = Launch {
                reuse: true,
                ..Launch::new(b"hello")
            };
            fixture.launch(&launch);
            drop(fixture);
            let after = before.again();
            assert!(
                after.is_no_more_than(&before),
                "{kind}: {before:?}, then {after:?}"
            );
        }
    });
}

#[test]
fn metadata_is_carried() {
    let Some(&kind) = backends().first() else {
        return;
    };
    let monitor = Monitor::new(kind).unwrap();
    let built = monitor.build(guest(), b"", &Limits::default(), None, &mut Kept::default());
    let Ok(Built::Frozen(frozen)) = built else {
        panic!("{built:?}")
    };
    assert!(
        frozen.symbols.len() > 50,
        "{} symbols",
        frozen.symbols.len()
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("named.brood");
    let metadata = Metadata {
        name: "named".to_owned(),
        ..Metadata::default()
    };
    brood_image::write(&path, &frozen, &metadata).unwrap();
    assert_eq!(Image::open(&path).unwrap().metadata().name, "named");
    assert!(BackendKind::detect().kind == kind);
}
