//! Guests that break the contract of the rings: each rule by name, and each field of each operation with extreme values.

mod support;

use std::mem::offset_of;

use brood_abi::file::{OPEN_CREATE, OPEN_PERMISSIONS_SHIFT, OPEN_READ, OPEN_WRITE};
use brood_abi::layout::{
    BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, PAGE_SIZE, RING_PAGE, STACK_BASE, STACK_TOP,
};
use brood_abi::operation::{CONSOLE_OUTPUT, NO_DEADLINE, SLOGAN_MAX};
use brood_abi::ring::{ATTENTION_OFFSET, COMPLETIONS, FLAG_SILENT, STAMPS_OFFSET, SUBMISSIONS};
use brood_abi::{Error, Indices, Operation, Submission};
use brood_image::Access;
use brood_monitor::{Control, Exit, Launch, Limits, Mount, Violation};
use support::script::{BYTES, BYTES_OFFSET, RingPage, Script, USER_DATA, about};
use support::{Fixture, alone, lent, on_each_backend};

const MEMORY: u64 = 32 << 20;
const MEMORY_END: u64 = MEMORY_BASE + MEMORY;

fn limits() -> Limits {
    Limits {
        memory_bytes: MEMORY,
        ..Limits::default()
    }
}

/// How an instance ends that follows the script.
fn exit_of(fixture: &Fixture, script: &Script) -> Exit {
    let launch = Launch {
        limits: limits(),
        ..Launch::new(script.argument())
    };
    fixture.attacked(&launch).0
}

/// The violation that a script ends with.
fn violation(fixture: &Fixture, what: &str, script: &Script) -> Violation {
    match exit_of(fixture, script) {
        Exit::Violation(violation) => violation,
        other => panic!("{what}: {other}"),
    }
}

/// What the ring page has at the end of a script that breaks no rule.
fn page(fixture: &Fixture, script: &Script) -> RingPage {
    let launch = Launch {
        limits: limits(),
        ..Launch::new(script.argument())
    };
    let (exit, mut kept) = fixture.attacked(&launch);
    assert!(matches!(exit, Exit::Status(0)), "{exit}");
    RingPage(kept.messages.pop().unwrap())
}

fn write(length: u64) -> Submission {
    about(Operation::ConsoleWrite, RING_PAGE, length, CONSOLE_OUTPUT)
}

#[test]
fn every_broken_rule_is_named() {
    type Expected = fn(&Violation) -> bool;
    let one = |submission: Submission| Script::new().submit(&submission).ring();
    let argument = |operation, argument| one(about(operation, 0, 0, argument));
    let too_many =
        (0..=COMPLETIONS).fold(Script::new(), |script, _| script.submit(&write(1)).ring());
    let cases: [(&str, Script, Expected); 14] = [
        (
            "an operation that isn't there",
            one(Submission {
                operation: 0xffff,
                ..write(1)
            }),
            |v| matches!(v, Violation::Operation(0xffff)),
        ),
        (
            "flags",
            one(Submission {
                flags: 0x8000,
                ..write(1)
            }),
            |v| matches!(v, Violation::Reserved("console_write")),
        ),
        (
            "a reserved field",
            one(Submission {
                reserved: 1,
                ..write(1)
            }),
            |v| matches!(v, Violation::Reserved("console_write")),
        ),
        (
            "a field of files",
            one(Submission {
                offset: 1,
                ..write(1)
            }),
            |v| matches!(v, Violation::Reserved("console_write")),
        ),
        (
            "a stream",
            one(Submission {
                argument: 3,
                ..write(1)
            }),
            |v| matches!(v, Violation::Argument { argument: 3, .. }),
        ),
        ("ready", argument(Operation::Ready, 0), |v| {
            matches!(v, Violation::Order("ready"))
        }),
        ("a status", argument(Operation::Exit, 256), |v| {
            matches!(v, Violation::Argument { argument: 256, .. })
        }),
        (
            "a slogan",
            one(about(Operation::Exit, STACK_BASE, SLOGAN_MAX + 1, 0)),
            |v| matches!(v, Violation::Slogan(length) if *length == SLOGAN_MAX + 1),
        ),
        ("a signal", argument(Operation::SignalAction, 9), |v| {
            matches!(v, Violation::Argument { argument: 9, .. })
        }),
        (
            "a mode",
            argument(Operation::TerminalMode, u64::MAX),
            |v| matches!(v, Violation::Argument { argument, .. } if *argument == u64::MAX),
        ),
        (
            "a wait that isn't last",
            Script::new()
                .submit(&about(Operation::Wait, 0, 0, NO_DEADLINE))
                .submit(&write(1))
                .ring(),
            |v| matches!(v, Violation::Order("wait")),
        ),
        (
            "no room for input",
            one(about(Operation::ConsoleRead, RING_PAGE, 0, 0)),
            |v| matches!(v, Violation::Address { length: 0, .. }),
        ),
        ("completions", too_many, |v| {
            matches!(v, Violation::CompletionsFull)
        }),
        (
            "more than the console may get",
            one(about(
                Operation::ConsoleWrite,
                RING_PAGE,
                u64::MAX,
                CONSOLE_OUTPUT,
            )),
            |v| matches!(v, Violation::ConsoleLimit(_)),
        ),
    ];
    on_each_backend(|fixture| {
        for (what, script, is_expected) in &cases {
            let violation = violation(fixture, what, script);
            assert!(is_expected(&violation), "{what}: {violation}");
        }
    });
}

#[test]
fn indices_hold_or_end_the_instance() {
    let field = |which| match which {
        "submission_tail" => offset_of!(Indices, submission_tail),
        _ => offset_of!(Indices, completion_head),
    };
    on_each_backend(|fixture| {
        for (wrong, values) in [
            (
                "submission_tail",
                [SUBMISSIONS + 1, 1000, 1 << 31, u32::MAX - 1, u32::MAX],
            ),
            ("completion_head", [1, 33, 1 << 31, u32::MAX - 32, 1000]),
        ] {
            for value in values {
                let script = Script::new().index(field(wrong), value).ring();
                match violation(fixture, wrong, &script) {
                    Violation::Index {
                        which,
                        value: found,
                        ours: 0,
                    } => assert_eq!((which, found), (wrong, value)),
                    other => panic!("{wrong} {value:#x}: {other}"),
                }
            }
        }
        // Within the ring, but there is nothing.
        for tail in [1, SUBMISSIONS] {
            let script = Script::new().index(field("submission_tail"), tail).ring();
            let violation = violation(fixture, "an empty entry", &script);
            assert!(matches!(violation, Violation::Operation(0)), "{violation}");
        }
    });
}

/// What the monitor has written it never reads back.
#[test]
fn what_the_monitor_owns_can_be_overwritten_and_makes_no_difference() {
    on_each_backend(|fixture| {
        let garbage = |script: Script, byte: u8| {
            let word = u32::from_le_bytes([byte; 4]);
            script
                .index(offset_of!(Indices, submission_head), word)
                .index(offset_of!(Indices, completion_tail), word)
                .write(STAMPS_OFFSET as u16, &[byte; 16])
                .write(ATTENTION_OFFSET as u16, &[byte; 4])
        };
        let mut script = Script::new();
        for byte in [0xff, 0x00, 0x80, 0x7f] {
            script = garbage(script, byte).submit(&write(1)).ring();
        }
        let page = page(fixture, &script);
        let expected = Indices {
            submission_head: 4,
            submission_tail: 4,
            completion_head: 0,
            completion_tail: 4,
        };
        assert_eq!(page.indices(), expected);
        for index in 0..4 {
            let completion = page.completion(index);
            assert_eq!((completion.user_data, completion.result), (USER_DATA, 1));
        }
    });
}

/// A range of memory that no guest may use so, for each place where it could go wrong.
fn bad_ranges(fixture: &Fixture, access: Access) -> Vec<(u64, u64)> {
    let space = fixture.image.space();
    let allows =
        |(address, length): &(u64, u64)| space.allows(MEMORY_END, *address, *length, access);
    let mappings: Vec<_> = space.mappings(MEMORY_END).collect();
    let edges = mappings.iter().flat_map(|mapping| {
        [
            (mapping.address - 1, 1),
            (mapping.address - 1, 2),
            (mapping.address, mapping.length + 1),
            (mapping.end(), 1),
            (mapping.end() - 1, 2),
            // To the end of memory, and to the end of all numbers.
            (mapping.address, MEMORY_END - mapping.address + 1),
            (mapping.address, u64::MAX - mapping.address),
            (mapping.address, u64::MAX - mapping.address + 1),
            (mapping.address, u64::MAX),
        ]
    });
    let others = [
        (0, 1),
        (4096, 1),
        (0x10_0000, PAGE_SIZE),
        (BOOT_BLOCK, 8),
        (HYPERCALL_PAGE, 16),
        (MEMORY_BASE, MEMORY),
        (u64::MAX, 1),
        (u64::MAX, 2),
        (1 << 63, 1 << 63),
        (0xffff_8000_0000_0000, 4096),
    ];
    let mut ranges: Vec<_> = edges.chain(others).filter(|range| !allows(range)).collect();
    ranges.sort_unstable();
    ranges.dedup();
    ranges
}

/// How the memory that an operation speaks of is given to it.
fn with_ranges(operation: Operation, source: (u64, u64), target: (u64, u64)) -> Submission {
    Submission {
        target_address: target.0,
        target_length: target.1,
        ..about(operation, source.0, source.1, 0)
    }
}

#[test]
fn memory_that_is_not_the_guests_is_a_violation_for_every_operation() {
    on_each_backend(|fixture| {
        let (unreadable, unwritable) = (
            bad_ranges(fixture, Access::Read),
            bad_ranges(fixture, Access::Write),
        );
        let good = (BYTES, 4);
        let mut attacks = Vec::new();
        let mut attack =
            |submission: Submission, range: (u64, u64)| attacks.push((submission, range));
        // Every range for one operation of each kind; a few for each of the others.
        let few = |ranges: &[(u64, u64)]| ranges.iter().copied().step_by(17).collect::<Vec<_>>();
        for &range in &unreadable {
            attack(with_ranges(Operation::FileLook, range, good), range);
            if range.1 <= SLOGAN_MAX {
                attack(with_ranges(Operation::Exit, range, (0, 0)), range);
            }
        }
        for &range in &unwritable {
            attack(with_ranges(Operation::FileLook, good, range), range);
            attack(with_ranges(Operation::ConsoleRead, range, (0, 0)), range);
        }
        for &operation in Operation::ALL {
            if operation.is_about_files() {
                for range in few(&unreadable) {
                    attack(with_ranges(operation, range, good), range);
                }
                // Room is asked for with a number in that field.
                if operation != Operation::FileAllocate {
                    for range in few(&unwritable) {
                        attack(with_ranges(operation, good, range), range);
                    }
                }
            }
        }
        for range in few(&unreadable) {
            if range.1 <= limits().console_bytes.min(limits().message_bytes) {
                let console = with_ranges(Operation::ConsoleWrite, range, (0, 0));
                let argument = CONSOLE_OUTPUT;
                attack(
                    Submission {
                        argument,
                        ..console
                    },
                    range,
                );
                attack(with_ranges(Operation::Message, range, (0, 0)), range);
            }
        }
        assert!(attacks.len() > 300, "{}", attacks.len());
        for (submission, range) in &attacks {
            let script = Script::new().submit(submission).ring();
            match violation(fixture, &format!("{submission:x?}"), &script) {
                Violation::Address { address, length } => assert_eq!((address, length), *range),
                other => panic!("{submission:x?}: {other}"),
            }
        }
    });
}

/// Whether the contract says, without a look at what the operation means, that it must not be done.
fn breaks_a_general_rule(fixture: &Fixture, submission: &Submission) -> bool {
    let Some(operation) = Operation::from_code(submission.operation) else {
        return true;
    };
    let allows = |address, length, access| {
        let space = fixture.image.space();
        space.allows(MEMORY_END, address, length, access)
    };
    let Submission {
        address,
        length,
        target_address,
        target_length,
        offset,
        ..
    } = *submission;
    let target_length = match operation {
        Operation::FileAllocate => 0,
        _ => target_length,
    };
    let reserved = submission.flags & !FLAG_SILENT != 0 || submission.reserved != 0;
    let memory = if operation.is_about_files() {
        !allows(address, length, Access::Read)
            || !allows(target_address, target_length, Access::Write)
    } else {
        [target_address, submission.target_length, offset] != [0; 3]
            || matches!(
                operation,
                Operation::ConsoleWrite | Operation::Message | Operation::Exit
            ) && !allows(address, length, Access::Read)
            || operation == Operation::ConsoleRead && !allows(address, length, Access::Write)
    };
    reserved || memory
}

/// Each operation (a new one, too), each field, each extreme value, on a mount that can be written to and where a file
/// is open.
#[test]
fn no_value_of_any_field_of_any_operation_does_harm() {
    alone("no_value_of_any_field_of_any_operation_does_harm", || {
        // What is asked for beyond this is refused, instead of filling a disk.
        let limit = libc::rlimit {
            rlim_cur: 1 << 20,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: the limit is alive; this test is alone in its process.
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) };
        on_each_backend(try_every_field);
    });
}

fn try_every_field(fixture: &Fixture) {
    type Field = (&'static str, fn(&mut Submission, u64));
    const FIELDS: [Field; 9] = [
        ("flags", |submission, value| submission.flags = value as u16),
        ("reserved", |submission, value| {
            submission.reserved = value as u32
        }),
        ("user_data", |submission, value| {
            submission.user_data = value
        }),
        ("address", |submission, value| submission.address = value),
        ("length", |submission, value| submission.length = value),
        ("argument", |submission, value| submission.argument = value),
        ("target_address", |submission, value| {
            submission.target_address = value
        }),
        ("target_length", |submission, value| {
            submission.target_length = value
        }),
        ("offset", |submission, value| submission.offset = value),
    ];
    const VALUES: [u64; 6] = [
        1,
        RING_PAGE,
        MEMORY_END - 1,
        1 << 63,
        u64::MAX - 4095,
        u64::MAX,
    ];
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(directory.path().join("outside"), "untouched").unwrap();
    let mounts = [Mount::open(&inside, b"/data", false).unwrap()];
    let path = b"file";
    let open = Submission {
        flags: FLAG_SILENT,
        target_address: STACK_BASE,
        target_length: 64 << 10,
        offset: OPEN_READ | OPEN_WRITE | OPEN_CREATE | 0o600 << OPEN_PERMISSIONS_SHIFT,
        ..about(Operation::FileOpen, BYTES, path.len() as u64, 0)
    };
    let (mut broken, mut done) = (0, 0);
    for &operation in Operation::ALL {
        let usual = match operation {
            operation if operation.is_about_files() => Submission {
                operation: operation.code(),
                flags: 0,
                offset: 0,
                ..open
            },
            // A deadline that has passed.
            Operation::Wait => about(operation, 0, 0, 1),
            operation => about(operation, BYTES, path.len() as u64, CONSOLE_OUTPUT),
        };
        for (name, set) in FIELDS {
            for value in VALUES {
                let mut submission = usual;
                set(&mut submission, value);
                // A wait without end is one.
                if operation == Operation::Wait && name == "argument" && value > u64::MAX / 2 {
                    continue;
                }
                let script = Script::new()
                    .write(BYTES_OFFSET, path)
                    .submit(&open)
                    .submit(&submission)
                    .ring();
                let launch = Launch {
                    limits: limits(),
                    ..lent(script.argument(), &mounts, None)
                };
                let (outcome, _) = fixture.launch(&launch);
                let exit = outcome.exit;
                let is_violation = matches!(exit, Exit::Violation(_));
                let must = breaks_a_general_rule(fixture, &submission);
                let is_end = matches!(
                    exit,
                    Exit::Status(_) | Exit::Slogan { .. } | Exit::OutOfMemory { .. }
                );
                assert!(
                    is_violation || is_end && !must,
                    "{} with {name} {value:#x}: {exit}",
                    operation.name()
                );
                if operation.is_about_files() {
                    assert_eq!(
                        is_violation,
                        must,
                        "{} with {name} {value:#x}: {exit}",
                        operation.name()
                    );
                }
                broken += u32::from(is_violation);
                done += u32::from(is_end);
            }
        }
        fixture.is_well();
    }
    assert!(broken > 300 && done > 300, "{broken} broken, {done} done");
    let outside = std::fs::read(directory.path().join("outside")).unwrap();
    assert_eq!(outside, b"untouched");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

/// The monitor writes where it was asked to, even over what it will read next: that is read as what it is then.
#[test]
fn a_target_may_be_the_ring_page_itself() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("page"), [0xff; PAGE_SIZE as usize]).unwrap();
    let mounts = [Mount::open(directory.path(), b"/", true).unwrap()];
    on_each_backend(|fixture| {
        let open = Submission {
            flags: FLAG_SILENT,
            target_address: STACK_BASE,
            target_length: 64 << 10,
            offset: OPEN_READ,
            ..about(Operation::FileOpen, BYTES, 4, 0)
        };
        let attack = |target_length: u64| {
            let read = Submission {
                target_address: RING_PAGE,
                target_length,
                ..about(Operation::FileRead, 0, 0, 0)
            };
            let script = Script::new()
                .write(BYTES_OFFSET, b"page")
                .submit(&open)
                .submit(&read)
                .submit(&write(1))
                .ring();
            let launch = Launch {
                limits: limits(),
                ..lent(script.argument(), &mounts, None)
            };
            fixture.attacked(&launch).0
        };
        // Two pages are not the guest's; one is, and then there is no third submission any more.
        let exit = attack(2 * PAGE_SIZE);
        assert!(
            matches!(exit, Exit::Violation(Violation::Address { .. })),
            "{exit}"
        );
        let exit = attack(PAGE_SIZE);
        assert!(
            matches!(exit, Exit::Violation(Violation::Operation(0xffff))),
            "{exit}"
        );
        // Input, in the same place.
        let control = Control::new();
        control.console_input(&[0xff; PAGE_SIZE as usize]);
        let script = Script::new()
            .submit(&about(Operation::ConsoleRead, RING_PAGE, PAGE_SIZE, 0))
            .submit(&about(Operation::Wait, 0, 0, NO_DEADLINE))
            .ring();
        let launch = Launch {
            limits: limits(),
            ..lent(script.argument(), &[], Some(&control))
        };
        let (exit, _) = fixture.attacked(&launch);
        let expected = matches!(
            exit,
            Exit::Violation(Violation::Index { .. }) | Exit::Status(0) | Exit::Slogan { .. }
        );
        assert!(expected, "{exit}");
    });
}

/// What an operation on files may not do is an error of that operation, and the instance goes on.
#[test]
fn refusals_are_told_and_nothing_leaves_a_mount() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(directory.path().join("outside"), "secret").unwrap();
    std::os::unix::fs::symlink("../outside", inside.join("link")).unwrap();
    std::os::unix::fs::symlink("/", inside.join("root")).unwrap();
    let mounts = [Mount::open(&inside, b"/data", false).unwrap()];
    on_each_backend(|fixture| {
        for (path, expected) in [
            (&b"../outside"[..], Error::Invalid),
            (b"/etc/passwd", Error::Invalid),
            (b"./link", Error::Invalid),
            (b"a\0b", Error::Invalid),
            (b"link", Error::Link),
            (b"root/etc/passwd", Error::Link),
            (b"link/../../outside", Error::Invalid),
        ] {
            let read = Submission {
                target_address: STACK_BASE,
                target_length: 64 << 10,
                ..about(Operation::FileReadWhole, BYTES, path.len() as u64, 0)
            };
            let script = Script::new().write(BYTES_OFFSET, path).submit(&read).ring();
            let (exit, mut kept) = fixture.attacked(&lent(script.argument(), &mounts, None));
            assert!(matches!(exit, Exit::Status(0)), "{exit}");
            let page = RingPage(kept.messages.pop().unwrap());
            assert_eq!(page.completion(0).result, expected.code(), "{path:?}");
        }
        // The longest that there can be, of nothing but unmapped memory's neighbours.
        let whole_stack = about(Operation::FileUnlink, STACK_BASE, STACK_TOP - STACK_BASE, 0);
        let page = page(fixture, &Script::new().submit(&whole_stack).ring());
        assert_eq!(page.completion(0).result, Error::NameTooLong.code());
    });
}
