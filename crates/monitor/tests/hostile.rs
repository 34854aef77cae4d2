//! Guests that fault, break the contract, flood, or look for what others left behind.

mod support;

use brood_monitor::{BackendKind, Cause, Exit, Launch, Limits, Violation};
use support::{Fixture, on_each_backend};

/// Runs it on a fixture and checks that the next instance is well.
fn exit_of(fixture: &Fixture, argument: &str) -> Exit {
    let (outcome, _) = fixture.run(argument);
    let (next, kept) = fixture.run("echo still here");
    assert!(matches!(next.exit, Exit::Status(0)) && kept.message() == "still here");
    outcome.exit
}

#[test]
fn faults_end_in_a_report_with_cause_and_function() {
    type Expected = fn(&Cause) -> bool;
    let cases: [(&str, &str, Expected); 10] = [
        ("null-write", "write_to", |cause| {
            matches!(cause, Cause::NullPointer(8))
        }),
        ("write-code", "write_to", |cause| {
            matches!(cause, Cause::ReadOnly(_))
        }),
        ("write-hypercall-page", "write_to", |cause| {
            matches!(cause, Cause::ReadOnly(0x1000_0000))
        }),
        ("write-boot-block", "write_to", |cause| {
            matches!(cause, Cause::ReadOnly(0x1000_1000))
        }),
        ("write-page-tables", "write_to", |cause| {
            matches!(cause, Cause::Unmapped(0x10_0000))
        }),
        ("beyond-memory", "write_to", |cause| {
            matches!(cause, Cause::Unmapped(0x1400_0000))
        }),
        ("execute-data", "main", |cause| {
            matches!(cause, Cause::NotCode(_))
        }),
        ("stack-overflow", "overflow_stack", |cause| {
            matches!(cause, Cause::StackOverflow(_))
        }),
        (
            "undefined",
            "privileged",
            |cause| matches!(cause, Cause::Instruction(bytes) if bytes[..2] == [0x0f, 0x0b]),
        ),
        ("divide-by-zero", "privileged", |cause| {
            matches!(cause, Cause::Instruction(_))
        }),
    ];
    on_each_backend(|fixture| {
        for (argument, function, is_expected) in &cases {
            let Exit::Fault(report) = exit_of(fixture, argument) else {
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
                text.contains("brood_guest_main") || *argument == "stack-overflow",
                "{text}"
            );
        }
    });
}

#[test]
fn what_needs_privilege_ends_the_instance() {
    on_each_backend(|fixture| {
        for argument in [
            "halt",
            "control-register",
            "model-specific-register",
            "system-call",
            "interrupt",
            "port",
            "input-port",
            "interrupt-flag",
            "system-entry",
            "breakpoint",
            "descriptor-table",
            "swap-base",
        ] {
            let exit = exit_of(fixture, argument);
            assert!(
                matches!(exit, Exit::Fault(_) | Exit::Violation(_)),
                "{argument}: {exit}"
            );
        }
    });
}

#[test]
fn every_broken_rule_is_named() {
    type Expected = fn(&Violation) -> bool;
    let cases: [(&str, Expected); 16] = [
        ("tail", |v| {
            matches!(
                v,
                Violation::Index {
                    which: "submission_tail",
                    ..
                }
            )
        }),
        ("operation", |v| matches!(v, Violation::Operation(0xffff))),
        ("flags", |v| {
            matches!(v, Violation::Reserved("console_write"))
        }),
        ("reserved", |v| {
            matches!(v, Violation::Reserved("console_write"))
        }),
        ("stream", |v| {
            matches!(v, Violation::Argument { argument: 3, .. })
        }),
        ("unmapped", |v| {
            matches!(
                v,
                Violation::Address {
                    address: 4096,
                    length: 1
                }
            )
        }),
        ("wrapping", |v| {
            matches!(v, Violation::Address { length: 2, .. })
        }),
        ("too-long", |v| {
            matches!(v, Violation::Address { .. } | Violation::ConsoleLimit(_))
        }),
        ("page-tables", |v| {
            matches!(
                v,
                Violation::Address {
                    address: 0x10_0000,
                    ..
                }
            )
        }),
        ("read-into-code", |v| {
            matches!(
                v,
                Violation::Address {
                    address: 0x1000_0000,
                    ..
                }
            )
        }),
        ("ready", |v| matches!(v, Violation::Order("ready"))),
        ("status", |v| {
            matches!(v, Violation::Argument { argument: 256, .. })
        }),
        ("signal", |v| {
            matches!(v, Violation::Argument { argument: 9, .. })
        }),
        ("mode", |v| {
            matches!(
                v,
                Violation::Argument {
                    argument: u64::MAX,
                    ..
                }
            )
        }),
        ("completions", |v| matches!(v, Violation::CompletionsFull)),
        ("address-of-nothing", |_| false),
    ];
    on_each_backend(|fixture| {
        for (which, is_expected) in &cases {
            match exit_of(fixture, &format!("violate {which}")) {
                Exit::Violation(violation) => {
                    assert!(is_expected(&violation), "{which}: {violation}")
                }
                Exit::Slogan { .. } if *which == "address-of-nothing" => {}
                other => panic!("{which}: {other}"),
            }
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
            fixture.launch(&Launch {
                limits: limits.clone(),
                ..Launch::new(argument.as_bytes())
            })
        };
        let (outcome, kept) = run("flood-console");
        let exit = outcome.exit;
        assert!(
            matches!(exit, Exit::Violation(Violation::ConsoleLimit(0x10_0000))),
            "{exit}"
        );
        assert_eq!(kept.output.len(), 1 << 20);
        let (outcome, kept) = run("flood-messages");
        let exit = outcome.exit;
        assert!(
            matches!(exit, Exit::Violation(Violation::MessageLimit(0x10_0000))),
            "{exit}"
        );
        assert_eq!(kept.messages.iter().map(Vec::len).sum::<usize>(), 1 << 20);
    });
}

#[test]
fn wide_registers_do_not_leak_through_a_recycled_shell() {
    on_each_backend(|fixture| {
        for _ in 0..3 {
            let launch = Launch {
                reuse: true,
                ..Launch::new(b"wide-vectors")
            };
            let (outcome, kept) = fixture.launch(&launch);
            match outcome.exit {
                Exit::Fault(_) => {} // They can't be used at all.
                _ => assert_eq!(kept.message(), "[0, 0, 0, 0]"),
            }
        }
    });
}

/// On a shell that another instance had before, or that nobody had.
#[test]
fn a_recycled_shell_remembers_nothing() {
    on_each_backend(|fixture| {
        let run = |argument: &str| {
            let (outcome, kept) = fixture.launch(&Launch {
                reuse: true,
                ..Launch::new(argument.as_bytes())
            });
            (outcome, kept.message())
        };
        let as_fresh = fixture.run("find-dirt 40000000").1.message();
        let mut reused = 0;
        for _ in 0..5 {
            let (outcome, found) = run("vectors");
            assert_eq!(found, "[0, 0, 0, 0]");
            reused += usize::from(outcome.usage.reused);
            assert_eq!(run("remember x").1, "2 from before+x");
            assert_eq!(run("use-memory 40000000").1, "12499997500000");
            assert_eq!(run("find-dirt 40000000").1, as_fresh);
        }
        if fixture.monitor.backend() == BackendKind::Kvm {
            assert!(reused >= 4, "reused {reused} times");
        }
    });
}

#[test]
fn a_shell_is_not_recycled_after_a_fault_or_without_leave() {
    on_each_backend(|fixture| {
        let run = |argument: &str, reuse: bool| {
            fixture
                .launch(&Launch {
                    reuse,
                    ..Launch::new(argument.as_bytes())
                })
                .0
                .usage
                .reused
        };
        assert!(!run("hello", false));
        assert!(
            !run("null-write", true),
            "the first shell was not to be kept"
        );
        assert!(!run("violate tail", true));
        assert!(!run("hello", true), "the ones before faulted");
        assert!(!run("hello", false), "not asked for");
        let is_kvm = fixture.monitor.backend() == BackendKind::Kvm;
        assert_eq!(run("hello", true), is_kvm);
    });
}

/// Child processes of this one.
fn children() -> Vec<i32> {
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

#[test]
fn a_cell_killed_from_outside_is_that_instances_end() {
    support::alone("a_cell_killed_from_outside_is_that_instances_end", || {
        if !support::backends().contains(&BackendKind::Process) {
            return;
        }
        let fixture = Fixture::new(BackendKind::Process);
        for argument in ["spin", "doorbells 1000000000"] {
            let killer = std::thread::spawn(|| {
                let cell = loop {
                    match children().first() {
                        Some(&pid) => break pid,
                        None => std::thread::yield_now(),
                    }
                };
                std::thread::sleep(std::time::Duration::from_millis(30));
                let kill = std::process::Command::new("kill")
                    .args(["-9", &cell.to_string()])
                    .status();
                assert!(kill.unwrap().success());
            });
            let Exit::Fault(report) = exit_of(&fixture, argument) else {
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
