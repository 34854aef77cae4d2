//! One try: whatever a guest leaves in its ring page, the monitor answers, waits or ends it, and writes
//! nowhere but where the guest may write itself.

use std::cell::Cell;

use arbitrary::Arbitrary;

use crate::control::Control;
use crate::launch::{ConsoleStream, EventSink, Flow, Limits};
use crate::memory::{GuestMemory, Lost};
use crate::mount::Mount;
use crate::session::{Next, Session};
use brood_abi::layout::{
    BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE, RING_PAGE, STACK_BASE,
    STACK_TOP,
};
use brood_abi::ring::{COMPLETIONS, SUBMISSIONS, submission_offset};
use brood_abi::{Indices, Operation, Submission};
use brood_image::{AddressSpace, Mapping, Protection};
use zerocopy::{FromBytes, IntoBytes};

/// How much memory the guest has.
pub const SIZE: u64 = 4 << 20;
/// Its end.
pub const END: u64 = MEMORY_BASE + SIZE;
/// Somewhere the guest may write.
pub const DATA: u64 = PROGRAM_BASE + 16 * PAGE_SIZE;
/// What is in memory outside the rings.
const FILLING: u8 = 0x5a;

thread_local! {
    /// From one try to the next: new memory costs more than everything that is done with it.
    static KEPT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Memory of a guest that is a test.
pub struct Memory(pub Vec<u8>);

impl GuestMemory for Memory {
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Lost> {
        let start = (address - MEMORY_BASE) as usize;
        buffer.copy_from_slice(&self.0[start..start + buffer.len()]);
        Ok(())
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Lost> {
        let start = (address - MEMORY_BASE) as usize;
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

/// The address space of a program with one page of code.
pub fn space() -> AddressSpace {
    let code = Mapping {
        address: PROGRAM_BASE,
        length: PAGE_SIZE,
        protection: Protection::ReadExecute,
    };
    AddressSpace::new(vec![code], 0).expect("one segment")
}

/// What a guest does.
#[derive(Arbitrary, Debug)]
pub struct Attack {
    building: bool,
    /// Whether somebody else always wants the processor.
    called: bool,
    input: Vec<u8>,
    doorbells: Vec<Doorbell>,
}

/// What it leaves before it rings.
#[derive(Arbitrary, Debug)]
struct Doorbell {
    /// At [`DATA`]: a name, or something else that an operation may be about.
    data: Vec<u8>,
    submissions: Vec<Entry>,
    /// How many completions it takes, of those that there are.
    takes: u8,
    /// Bytes of the ring page that it changes, after all that.
    changes: Vec<(u16, u8)>,
}

/// A submission.
#[derive(Arbitrary, Debug)]
struct Entry {
    operation: u8,
    /// An operation that there is not.
    wrong_operation: Option<u16>,
    flags: u8,
    user_data: u64,
    address: Number,
    length: Number,
    argument: Number,
    target_address: Number,
    target_length: Number,
    offset: Number,
}

/// A number as a guest might choose it.
#[derive(Arbitrary, Debug)]
enum Number {
    None,
    Small(u8),
    /// Where something begins or ends, or not far from it.
    Near(Place, i8),
    Any(u64),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Place {
    Page,
    MemoryBase,
    BootBlock,
    RingPage,
    StackBase,
    StackTop,
    Program,
    Data,
    End,
    Half,
    Zero,
}

impl Number {
    fn value(&self) -> u64 {
        match *self {
            Number::None => 0,
            Number::Small(number) => number.into(),
            Number::Near(place, distance) => {
                let place = match place {
                    Place::Page => 2 * PAGE_SIZE,
                    Place::MemoryBase => MEMORY_BASE,
                    Place::BootBlock => BOOT_BLOCK,
                    Place::RingPage => RING_PAGE,
                    Place::StackBase => STACK_BASE,
                    Place::StackTop => STACK_TOP,
                    Place::Program => PROGRAM_BASE,
                    Place::Data => DATA,
                    Place::End => END,
                    Place::Half => 1 << 63,
                    Place::Zero => 0,
                };
                place.wrapping_add_signed(distance.into())
            }
            Number::Any(number) => number,
        }
    }
}

impl Entry {
    fn submission(&self) -> Submission {
        let known = Operation::ALL[usize::from(self.operation) % Operation::ALL.len()];
        Submission {
            operation: self.wrong_operation.unwrap_or(known.code()),
            flags: u16::from(self.flags & 1) | u16::from(self.flags == u8::MAX) << 15,
            reserved: u32::from(self.flags == u8::MAX - 1),
            user_data: self.user_data,
            address: self.address.value(),
            length: self.length.value(),
            argument: self.argument.value(),
            target_address: self.target_address.value(),
            target_length: self.target_length.value(),
            offset: self.offset.value(),
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It rang and went on as often as it wanted.
    Through,
    /// It ended by itself.
    Ended,
    /// It broke the contract.
    Violated,
}

struct Sink;

impl EventSink for Sink {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, bytes: &[u8]) -> Flow {
        match bytes.first() {
            Some(b's') => Flow::Stop,
            _ => Flow::Continue,
        }
    }
}

/// Has a guest with these mounts do all that.
pub fn run(attack: &Attack, mounts: &[Mount]) -> Came {
    let space = space();
    let limits = Limits {
        console_bytes: 1000,
        message_bytes: 1000,
        open_files: 4,
        ..Limits::default()
    };
    let control = Control::new();
    control.console_input(&attack.input);
    if attack.called {
        control.preempt();
    }
    let mut memory = Memory(KEPT.take());
    memory.0.clear();
    memory.0.resize(SIZE as usize, FILLING);
    let ring = (RING_PAGE - MEMORY_BASE) as usize;
    memory.0[ring..ring + PAGE_SIZE as usize].fill(0);
    let mut session = Session::new(&space, END, &limits, attack.building);
    session.mount(mounts);
    let mut came = Came::Through;
    for doorbell in &attack.doorbells {
        doorbell.leave_in(&mut memory);
        let mut next = session.doorbell(&mut memory, &mut Sink, &control);
        while next == Ok(Next::Unfinished) {
            assert!(attack.called);
            next = session.go_on(&mut memory, &mut Sink, &control);
        }
        match next {
            Ok(Next::Unfinished | Next::Enter | Next::Wait(_)) => {}
            Ok(Next::End(_)) => {
                came = Came::Ended;
                break;
            }
            Err(_) => {
                came = Came::Violated;
                break;
            }
        }
        let delivered = session.deliver(&mut memory, &control);
        if delivered
            .and_then(|_| session.finish_wait(&mut memory, true))
            .is_err()
        {
            came = Came::Violated;
            break;
        }
    }
    for fixed in [HYPERCALL_PAGE, BOOT_BLOCK, PROGRAM_BASE, STACK_TOP] {
        let start = (fixed - MEMORY_BASE) as usize;
        assert!(
            memory.0[start..start + PAGE_SIZE as usize]
                .iter()
                .all(|&byte| byte == FILLING)
        );
    }
    KEPT.set(memory.0);
    came
}

impl Doorbell {
    fn leave_in(&self, memory: &mut Memory) {
        let at = |address: u64| (address - MEMORY_BASE) as usize;
        let data = &self.data[..self.data.len().min(PAGE_SIZE as usize)];
        memory.0[at(DATA)..][..data.len()].copy_from_slice(data);
        let page = &mut memory.0[at(RING_PAGE)..][..PAGE_SIZE as usize];
        let (mut indices, _) = Indices::read_from_prefix(page).expect("a page is enough");
        for entry in self.submissions.iter().take(SUBMISSIONS as usize + 1) {
            let offset = submission_offset(indices.submission_tail) as usize;
            let submission = entry.submission();
            page[offset..][..size_of_val(&submission)].copy_from_slice(submission.as_bytes());
            indices.submission_tail = indices.submission_tail.wrapping_add(1);
        }
        let there = indices
            .completion_tail
            .wrapping_sub(indices.completion_head);
        let takes = u32::from(self.takes).min(there.min(COMPLETIONS));
        indices.completion_head = indices.completion_head.wrapping_add(takes);
        page[..size_of_val(&indices)].copy_from_slice(indices.as_bytes());
        for &(offset, byte) in &self.changes {
            page[usize::from(offset) % PAGE_SIZE as usize] = byte;
        }
    }
}
