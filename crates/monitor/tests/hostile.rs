//! Guests that fault, flood, or come back too often; and cells that are not what they should be.

mod support;

use std::time::{Duration, Instant};

use brood_abi::layout::RING_PAGE;
use brood_monitor::{BackendKind, Cause, Exit, Launch, Limits, Violation};
use support::{Fixture, PATIENCE, alone, backends, children, on_each_backend};

#[test]
fn faults_end_in_a_report_with_cause_and_function() {
    type Expected = fn(&Cause) -> bool;
    let cases: [(&str, &str, Expected); 7] = [
        ("null-write", "write_at", |cause| {
            matches!(cause, Cause::NullPointer(8))
        }),
        ("write-code", "write_at", |cause| {
            matches!(cause, Cause::ReadOnly(_))
        }),
        ("execute-data", "main", |cause| {
            matches!(cause, Cause::NotCode(_))
        }),
        ("stack-overflow", "overflow_stack", |cause| {
            matches!(cause, Cause::StackOverflow(_))
        }),
        // The doorbell needs a stack.
        ("stack-nowhere 4096", "", |cause| {
            matches!(cause, Cause::NullPointer(_))
        }),
        (
            "instruction undefined",
            "attempt",
            |cause| matches!(cause, Cause::Instruction(bytes) if bytes[..2] == [0x0f, 0x0b]),
        ),
        ("instruction divide-by-zero", "attempt", |cause| {
            matches!(cause, Cause::Instruction(_))
        }),
    ];
    on_each_backend(|fixture| {
        for (argument, function, is_expected) in &cases {
            let Exit::Fault(report) = fixture.exit_of(argument) else {
                panic!("{argument} did not fault");
            };
            if report.registers.is_none() {
                eprintln!("NOT TESTED: this processor does not keep registers ({argument})");
                continue;
            }
            assert!(is_expected(&report.cause), "{argument}: {report}");
            let text = report.to_string();
            assert!(
                text.contains(function) && text.contains("rip 00"),
                "{argument}: {text}"
            );
            assert!(
                text.contains("brood_guest_main") || argument.starts_with("stack"),
                "{text}"
            );
        }
    });
}

#[test]
fn floods_are_dammed() {
    on_each_backend(|fixture| {
        let limits = Limits {
            console_bytes: 1 << 20,
            message_bytes: 1 << 20,
            ..Limits::default()
        };
        let run = |argument: &str| {
            fixture.attacked(&Launch {
                limits: limits.clone(),
                ..Launch::new(argument.as_bytes())
            })
        };
        let (exit, kept) = run("flood-console");
        assert!(
            matches!(exit, Exit::Violation(Violation::ConsoleLimit(0x10_0000))),
            "{exit}"
        );
        assert_eq!(kept.output.len(), 1 << 20);
        let (exit, kept) = run("flood-messages");
        assert!(
            matches!(exit, Exit::Violation(Violation::MessageLimit(0x10_0000))),
            "{exit}"
        );
        assert_eq!(kept.messages.iter().map(Vec::len).sum::<usize>(), 1 << 20);
    });
}

/// A fixture of the `process` backend, if it works here.
fn cells() -> Option<Fixture> {
    let works = backends().contains(&BackendKind::Process);
    works.then(|| Fixture::new(BackendKind::Process))
}

#[test]
fn a_cell_killed_from_outside_is_that_instances_end() {
    alone("a_cell_killed_from_outside_is_that_instances_end", || {
        let Some(fixture) = cells() else { return };
        for argument in ["spin", "doorbells 1000000000"] {
            let killer = std::thread::spawn(|| {
                let cell = loop {
                    match children().first() {
                        Some(&pid) => break pid,
                        None => std::thread::yield_now(),
                    }
                };
                std::thread::sleep(Duration::from_millis(30));
                let kill = std::process::Command::new("kill")
                    .args(["-9", &cell.to_string()])
                    .status();
                assert!(kill.unwrap().success());
            });
            let Exit::Fault(report) = fixture.exit_of(argument) else {
                panic!("{argument} did not fault");
            };
            killer.join().unwrap();
            assert!(
                report.to_string().contains("killed by signal 9"),
                "{report}"
            );
        }
    });
}

/// Whatever its arguments.
#[test]
fn a_cell_makes_three_system_calls_and_no_other() {
    const WRITE: u64 = 1;
    const EXIT_GROUP: u64 = 231;
    /// For the kernel's own trampolines: new kernels show them to no filter. From elsewhere they do nothing, or fault.
    const OF_TRAMPOLINES: [u64; 2] = [335, 336];
    const NUMBERS: u64 = 480;
    let Some(fixture) = cells() else { return };
    for number in 0..NUMBERS {
        let exit = fixture.launch(&Launch::new(
            format!("system-call {number} 5 {RING_PAGE} 64").as_bytes(),
        ));
        match (number, exit.0.exit) {
            (EXIT_GROUP, Exit::Fault(report)) => {
                assert!(report.to_string().contains("status 5"), "{report}");
            }
            (_, Exit::Fault(_) | Exit::Status(0)) if OF_TRAMPOLINES.contains(&number) => {}
            // On another descriptor than the socket, these are none of its calls either.
            (_, Exit::Violation(Violation::Forbidden(what))) if number != EXIT_GROUP => {
                assert_eq!(what, format!("made system call {number}"));
            }
            (_, exit) => panic!("system call {number}: {exit}"),
        }
    }
    // On the socket, with memory that isn't there: an error, and the cell goes on.
    let exit = fixture.exit_of(format!("system-call {WRITE} 0 4096 8"));
    assert!(matches!(exit, Exit::Status(0)), "{exit}");
    fixture.is_well();
}

#[test]
fn what_a_cell_says_on_its_socket_is_not_believed() {
    const WRITE: u64 = 1;
    /// Words of a report of a fault.
    const FAULT: u64 = 21;
    let Some(fixture) = cells() else { return };
    let (stack, limits) = (
        brood_abi::layout::STACK_BASE,
        Limits {
            wall: Some(PATIENCE / 2),
            ..Limits::default()
        },
    );
    let say = |length: u64| {
        let argument = format!("system-call-and-spin {WRITE} 0 {stack} {length}");
        let launch = Launch {
            limits: limits.clone(),
            ..Launch::new(argument.as_bytes())
        };
        let start = Instant::now();
        let (exit, _) = fixture.attacked(&launch);
        assert!(start.elapsed() < PATIENCE / 2, "{length} bytes: too late");
        exit
    };
    // Nothing, which is what the end of a cell looks like; the cell goes on spinning.
    assert!(matches!(say(0), Exit::Fault(_)));
    for words in [2, 3, FAULT - 1, FAULT + 1, 512] {
        let exit = say(words * 8);
        let Exit::Violation(Violation::Forbidden(what)) = &exit else {
            panic!("{words} words: {exit}");
        };
        assert_eq!(
            *what,
            format!("wrote {words} words to the monitor's socket")
        );
    }
    // A fault of its own making: the stack's zeros as signal, address and registers.
    let Exit::Fault(report) = say(FAULT * 8) else {
        panic!("a false report is a report");
    };
    assert_eq!(report.registers.map(|registers| registers.rip), Some(0));
}

/// The monitor reads a submission once, so that it makes no difference who changes it meanwhile. (A virtual machine
/// can't: its one processor stands still. A cell that doesn't wait for the answer can.)
#[test]
fn what_changes_while_it_is_read_is_read_once() {
    let Some(fixture) = cells() else { return };
    for _ in 0..5 {
        // The entry's two addresses and two lengths are all allowed, in whatever mixture.
        let exit = fixture.exit_of("race 0");
        assert!(matches!(exit, Exit::Status(0)), "{exit}");
        // Here none but the first is: if it is read twice, once may be too late.
        let exit = fixture.exit_of("race 1");
        let expected = matches!(
            exit,
            Exit::Status(0)
                | Exit::Violation(Violation::Address { .. } | Violation::ConsoleLimit(_))
        );
        assert!(expected, "{exit}");
    }
}

#[test]
fn a_cell_that_takes_no_answer_or_asks_for_none_keeps_nobody_waiting() {
    let Some(fixture) = cells() else { return };
    let exit = fixture.exit_of("doorbells-without-waiting");
    let Exit::Violation(Violation::Forbidden(what)) = &exit else {
        panic!("{exit}");
    };
    assert_eq!(what, "rang the doorbell without taking the answers");
    // It waits for an answer without a question, for as long as it may live.
    let argument = format!("system-call 0 0 {} 8", brood_abi::layout::STACK_BASE);
    let limits = Limits {
        wall: Some(Duration::from_millis(200)),
        ..Limits::default()
    };
    let launch = Launch {
        limits,
        ..Launch::new(argument.as_bytes())
    };
    let start = Instant::now();
    let (exit, _) = fixture.attacked(&launch);
    assert!(matches!(exit, Exit::TimedOut), "{exit}");
    assert!(start.elapsed() < PATIENCE);
}
