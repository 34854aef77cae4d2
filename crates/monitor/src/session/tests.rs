//! The ring handler alone, with memory that is a vector and a guest that is a test.

use std::cell::RefCell;

use super::*;
use crate::control::Control;
pub(super) use crate::random_bytes::any_rings::{DATA, END, space};
use crate::random_bytes::any_rings::{Memory, SIZE};
use crate::terminal::{Signal, SignalAction, Terminal, TerminalMode, TerminalState};
use brood_abi::layout::{BOOT_BLOCK, PAGE_SIZE};
use zerocopy::FromBytes;

#[derive(Default)]
struct Sink {
    console: Vec<u8>,
    messages: Vec<Vec<u8>>,
    terminal: Option<TestTerminal>,
}

/// A terminal of 80 columns, and what was asked of it.
#[derive(Default)]
struct TestTerminal {
    modes: Vec<Option<TerminalMode>>,
    actions: Vec<(Signal, SignalAction)>,
}

impl Terminal for TestTerminal {
    fn state(&mut self) -> TerminalState {
        TerminalState {
            input: true,
            columns: 80,
            ..TerminalState::default()
        }
    }

    fn set_mode(&mut self, mode: Option<TerminalMode>) -> bool {
        self.modes.push(mode);
        true
    }

    fn set_signal(&mut self, signal: Signal, action: SignalAction) {
        self.actions.push((signal, action));
    }
}

impl EventSink for Sink {
    fn console(&mut self, _: ConsoleStream, bytes: &[u8]) {
        self.console.extend(bytes);
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        self.messages.push(bytes.to_vec());
        if bytes == b"stop" {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }

    fn terminal(&mut self) -> Option<&mut dyn Terminal> {
        let terminal = self.terminal.as_mut()?;
        Some(terminal)
    }
}

pub(super) struct Guest {
    pub memory: Memory,
    sink: Sink,
    control: Control,
    tail: u32,
}

pub(super) fn limits() -> Limits {
    Limits {
        console_bytes: 100,
        message_bytes: 100,
        ..Limits::default()
    }
}

impl Guest {
    pub fn new() -> Guest {
        Guest {
            memory: Memory(vec![0; SIZE as usize]),
            sink: Sink::default(),
            control: Control::new(),
            tail: 0,
        }
    }

    pub fn submit(&mut self, submission: Submission) {
        let offset = submission_offset(self.tail);
        self.memory
            .write(RING_PAGE + offset, submission.as_bytes())
            .unwrap();
        self.tail = self.tail.wrapping_add(1);
        self.set(4, self.tail);
    }

    /// Writes one of the indices.
    pub fn set(&mut self, offset: u64, value: u32) {
        self.memory
            .write(RING_PAGE + offset, &value.to_le_bytes())
            .unwrap();
    }

    pub fn indices(&self) -> Indices {
        let mut indices = Indices::default();
        self.memory.read(RING_PAGE, indices.as_mut_bytes()).unwrap();
        indices
    }

    pub fn completion(&self, index: u32) -> Completion {
        let mut bytes = [0; 32];
        self.memory
            .read(RING_PAGE + completion_offset(index), &mut bytes)
            .unwrap();
        Completion::read_from_bytes(&bytes).unwrap()
    }

    pub fn ring(&mut self, session: &mut Session) -> Result<Next, Trouble> {
        session.doorbell(&mut self.memory, &mut self.sink, &self.control)
    }

    pub fn go_on(&mut self, session: &mut Session) -> Result<Next, Trouble> {
        session.go_on(&mut self.memory, &mut self.sink, &self.control)
    }
}

pub(super) fn about(operation: Operation, address: u64, length: u64, argument: u64) -> Submission {
    Submission {
        operation: operation.code(),
        user_data: 42,
        address,
        length,
        argument,
        ..Submission::default()
    }
}

/// Rings once with these submissions.
fn once(submissions: &[Submission]) -> (Result<Next, Trouble>, Guest) {
    let (space, limits) = (space(), limits());
    let mut session = Session::new(&space, END, &limits, false);
    let mut guest = Guest::new();
    guest.memory.write(DATA, b"hello").unwrap();
    submissions
        .iter()
        .for_each(|submission| guest.submit(*submission));
    (guest.ring(&mut session), guest)
}

fn violation(submission: Submission) -> Violation {
    match once(&[submission]).0 {
        Err(Trouble::Violation(violation)) => violation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn submissions_are_taken_in_order_and_completed() {
    let write = |length| about(Operation::ConsoleWrite, DATA, length, CONSOLE_OUTPUT);
    let silent = Submission {
        flags: FLAG_SILENT,
        ..write(1)
    };
    let message = about(Operation::Message, DATA, 5, 0);
    let (next, guest) = once(&[write(4), silent, message]);
    assert_eq!(next, Ok(Next::Enter));
    assert_eq!(guest.sink.console, b"hellh");
    assert_eq!(guest.sink.messages, [b"hello"]);
    let expected = Indices {
        submission_head: 3,
        submission_tail: 3,
        completion_head: 0,
        completion_tail: 2,
    };
    assert_eq!(guest.indices(), expected);
    assert_eq!(
        (guest.completion(0).user_data, guest.completion(0).result),
        (42, 4)
    );
    assert_eq!(guest.completion(1).result, 0);
}

#[test]
fn an_ending_stops_what_follows() {
    let exit = about(Operation::Exit, DATA, 5, 3);
    let write = about(Operation::ConsoleWrite, DATA, 5, CONSOLE_OUTPUT);
    let (next, guest) = once(&[exit, write]);
    assert_eq!(
        next,
        Ok(Next::End(Ending::Exit {
            status: 3,
            slogan: b"hello".to_vec()
        }))
    );
    assert!(guest.sink.console.is_empty());
    let (next, _) = once(&[about(Operation::OutOfMemory, 0, 0, 77)]);
    assert_eq!(next, Ok(Next::End(Ending::OutOfMemory { asked: 77 })));
}

#[test]
fn nothing_outside_the_contract_is_accepted() {
    let write = about(Operation::ConsoleWrite, DATA, 5, CONSOLE_OUTPUT);
    let at = |address, length| Submission {
        address,
        length,
        ..write
    };
    for (address, length) in [
        (0, 1),
        (MEMORY_BASE - 1, 2),
        (END - 1, 2),
        (u64::MAX, 1),
        (u64::MAX - 1, 2),
        (END, 1),
    ] {
        assert_eq!(
            violation(at(address, length)),
            Violation::Address { address, length }
        );
    }
    assert_eq!(violation(at(DATA, u64::MAX)), Violation::ConsoleLimit(100));
    assert_eq!(violation(at(DATA, 101)), Violation::ConsoleLimit(100));
    let read = about(Operation::ConsoleRead, BOOT_BLOCK, 8, 0);
    assert!(matches!(
        violation(read),
        Violation::Address {
            address: BOOT_BLOCK,
            ..
        }
    ));
    let nowhere = Submission { length: 0, ..read };
    assert!(matches!(violation(nowhere), Violation::Address { .. }));
    assert_eq!(
        violation(Submission {
            operation: 0,
            ..write
        }),
        Violation::Operation(0)
    );
    let ready = about(Operation::Ready, END, 0, 0);
    assert_eq!(violation(ready), Violation::Order("ready"));
    let slogan = about(Operation::Exit, DATA, SLOGAN_MAX + 1, 0);
    assert_eq!(violation(slogan), Violation::Slogan(SLOGAN_MAX + 1));
}

#[test]
fn a_wait_is_last_and_ends_at_once_with_completions_to_take() {
    let wait = about(Operation::Wait, 0, 0, NO_DEADLINE);
    let write = about(Operation::ConsoleWrite, DATA, 5, CONSOLE_OUTPUT);
    assert_eq!(once(&[wait]).0, Ok(Next::Wait(None)));
    let until = Submission {
        argument: 1000,
        ..wait
    };
    assert_eq!(
        once(&[
            Submission {
                flags: FLAG_SILENT,
                ..write
            },
            until
        ])
        .0,
        Ok(Next::Wait(Some(1000)))
    );
    let (next, guest) = once(&[write, wait]);
    assert_eq!(next, Ok(Next::Enter));
    assert_eq!(guest.completion(1).result, 1);
    let (next, _) = once(&[wait, write]);
    assert_eq!(next, Err(Trouble::Violation(Violation::Order("wait"))));
}

#[test]
fn who_is_called_away_is_answered_later_and_as_anybody_else() {
    let write = |length| about(Operation::ConsoleWrite, DATA, length, CONSOLE_OUTPUT);
    let silent = |submission| Submission {
        flags: FLAG_SILENT,
        ..submission
    };
    let wait = about(Operation::Wait, 0, 0, NO_DEADLINE);
    for call in [Control::preempt, Control::stop] {
        for (submissions, last, completions) in [
            ([write(1), write(2), write(3)], Next::Enter, 3),
            // What was completed before it was called away ends the wait, too.
            ([write(1), silent(write(2)), wait], Next::Enter, 2),
            (
                [silent(write(1)), silent(write(2)), wait],
                Next::Wait(None),
                0,
            ),
        ] {
            let (space, limits) = (space(), limits());
            let mut session = Session::new(&space, END, &limits, false);
            let mut guest = Guest::new();
            guest.memory.write(DATA, b"hello").unwrap();
            submissions.iter().for_each(|entry| guest.submit(*entry));
            call(&guest.control);
            assert_eq!(guest.ring(&mut session), Ok(Next::Unfinished));
            assert_eq!(guest.sink.console, b"h");
            assert_eq!(guest.go_on(&mut session), Ok(Next::Unfinished));
            assert_eq!(guest.sink.console, b"hhe");
            // What it changes now comes too late.
            guest.set(4, 77);
            assert_eq!(guest.go_on(&mut session), Ok(last));
            assert_eq!(guest.indices().submission_head, 3);
            assert_eq!(guest.indices().completion_tail, completions);
            assert_eq!(session.usage.doorbells, 1);
        }
    }
}

#[test]
fn ready_is_for_builders_and_keeps_whole_pages() {
    let (space, limits) = (space(), limits());
    let ready = |address| {
        let mut session = Session::new(&space, END, &limits, true);
        let mut guest = Guest::new();
        guest.submit(about(Operation::Ready, address, 0, 0));
        guest.ring(&mut session)
    };
    let heap = space.heap_start();
    assert_eq!(ready(heap), Ok(Next::End(Ending::Ready { kept_end: heap })));
    assert_eq!(ready(END), Ok(Next::End(Ending::Ready { kept_end: END })));
    for bad in [
        0,
        MEMORY_BASE,
        heap - PAGE_SIZE,
        heap + 1,
        END + PAGE_SIZE,
        u64::MAX,
    ] {
        assert!(
            matches!(
                ready(bad),
                Err(Trouble::Violation(Violation::Address { .. }))
            ),
            "{bad:#x}"
        );
    }
}

#[test]
fn a_terminal_and_signals_are_the_parents_to_lend() {
    let (space, limits) = (space(), limits());
    let mut session = Session::new(&space, END, &limits, false);
    let mut guest = Guest::new();
    let control = Control::new();
    control.signal(Signal::Hangup);
    let deliver_hangup = 1 + 256 * 2;
    let operations = [
        (Operation::Terminal, 0),
        (Operation::TerminalMode, 0),
        (Operation::SignalAction, deliver_hangup),
        (Operation::NextSignal, 0),
    ];
    let submit = |guest: &mut Guest| {
        for (operation, argument) in operations {
            guest.submit(about(operation, 0, 0, argument));
        }
    };
    submit(&mut guest);
    assert_eq!(guest.ring(&mut session), Ok(Next::Enter));
    let refused = AbiError::Refused.code();
    let results = |guest: &Guest, from: u32| {
        let result = |index| guest.completion(from + index).result;
        [result(0), result(1), result(2), result(3)]
    };
    assert_eq!(results(&guest, 0), [0, refused, refused, refused]);
    assert!(!session.deliver(&mut guest.memory, &control).unwrap());

    guest.sink.terminal = Some(TestTerminal::default());
    submit(&mut guest);
    guest.submit(about(Operation::NextSignal, 0, 0, 0));
    assert_eq!(guest.ring(&mut session), Ok(Next::Enter));
    let busy = AbiError::Busy.code();
    assert_eq!(results(&guest, 4), [80 | 1 << 32, 0, 0, busy]);
    let terminal = guest.sink.terminal.take().unwrap();
    assert_eq!(terminal.modes, [None]);
    assert_eq!(terminal.actions, [(Signal::Hangup, SignalAction::Deliver)]);
    assert!(session.deliver(&mut guest.memory, &control).unwrap());
    assert_eq!(guest.completion(8).result, 1);
}

#[test]
fn console_input_goes_where_it_was_asked_for_once() {
    let (space, limits) = (space(), limits());
    let mut session = Session::new(&space, END, &limits, false);
    let mut guest = Guest::new();
    let control = Control::new();
    let read = about(Operation::ConsoleRead, DATA, 3, 0);
    guest.submit(read);
    guest.submit(read);
    assert_eq!(guest.ring(&mut session), Ok(Next::Enter));
    assert_eq!(guest.completion(0).result, AbiError::Busy.code());
    assert!(!session.deliver(&mut guest.memory, &control).unwrap());
    control.console_input(b"abcd");
    assert!(session.deliver(&mut guest.memory, &control).unwrap());
    assert!(!session.deliver(&mut guest.memory, &control).unwrap());
    assert_eq!(guest.completion(1).result, 3);
    let mut bytes = [0; 4];
    guest.memory.read(DATA, &mut bytes).unwrap();
    assert_eq!(&bytes, b"abc\0");
}

#[test]
fn indices_wrap_and_completions_must_be_taken() {
    let (space, limits) = (space(), limits());
    let mut session = Session::new(&space, END, &limits, false);
    session.submission_head = u32::MAX - 5;
    session.completion_tail = u32::MAX - 5;
    let mut guest = Guest::new();
    guest.tail = u32::MAX - 5;
    guest.set(8, u32::MAX - 5);
    let empty = about(Operation::ConsoleWrite, 0, 0, CONSOLE_OUTPUT);
    for _ in 0..COMPLETIONS {
        guest.submit(empty);
    }
    assert_eq!(guest.ring(&mut session), Ok(Next::Enter));
    assert_eq!(guest.indices().completion_tail, COMPLETIONS - 6);
    guest.submit(empty);
    assert_eq!(
        guest.ring(&mut session),
        Err(Trouble::Violation(Violation::CompletionsFull))
    );
}

/// Memory that keeps a list of what was read of it.
struct Watched {
    memory: Memory,
    reads: RefCell<Vec<(u64, usize)>>,
}

impl GuestMemory for Watched {
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Lost> {
        self.reads.borrow_mut().push((address, buffer.len()));
        self.memory.read(address, buffer)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Lost> {
        self.memory.write(address, bytes)
    }
}

/// Nothing can be one thing when it is checked and another when it is used: a cell of the `process` backend that does
/// not wait in its doorbell may change its memory at any time.
#[test]
fn every_byte_is_read_once() {
    let (space, limits) = (space(), limits());
    let mut session = Session::new(&space, END, &limits, false);
    let mut guest = Guest::new();
    let at = |place: u64| DATA + place * PAGE_SIZE;
    let submissions = [
        about(Operation::ConsoleWrite, at(0), 20, CONSOLE_OUTPUT),
        about(Operation::Message, at(1), 20, 0),
        about(Operation::ConsoleRead, at(2), 20, 0),
        Submission {
            target_address: at(4),
            target_length: 4 * PAGE_SIZE,
            ..about(Operation::FileRename, at(3), 20, 0)
        },
        about(Operation::Exit, at(8), 20, 0),
    ];
    submissions
        .iter()
        .for_each(|submission| guest.submit(*submission));
    let mut watched = Watched {
        memory: guest.memory,
        reads: RefCell::default(),
    };
    let next = session.doorbell(&mut watched, &mut guest.sink, &guest.control);
    assert!(
        matches!(next, Ok(Next::End(Ending::Exit { .. }))),
        "{next:?}"
    );
    let mut reads = watched.reads.into_inner();
    // The indices, each entry, and what four of them are about; of the rename only that it has no mount.
    assert!(reads.len() >= 1 + submissions.len() + 3, "{reads:x?}");
    reads.sort_unstable();
    let apart = |pair: &[(u64, usize)]| pair[0].0 + pair[0].1 as u64 <= pair[1].0;
    assert!(reads.windows(2).all(apart), "{reads:x?}");
}
