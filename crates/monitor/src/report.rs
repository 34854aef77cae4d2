//! Crash reports: what a guest did last, for the people who have to find out why.

use std::fmt;

use brood_abi::layout::{PAGE_SIZE, STACK_BASE, STACK_TOP};
use brood_image::{AddressSpace, Protection, Symbols};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::launch::InstanceId;
use crate::memory::GuestMemory;

/// Longest backtrace, in frames.
const FRAMES_MAX: usize = 64;

/// The registers of a guest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
#[allow(missing_docs, reason = "the processor's names say it all")]
pub struct Registers {
    pub rip: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub rflags: u64,
    pub rax: u64,
    pub rbx: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
}

/// A fault as a backend saw it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The address that a page fault was about, when it was one.
    pub address: Option<u64>,
    /// What the backend has to add, for example a signal's name.
    pub note: Option<String>,
    /// The registers, where the backend can tell.
    pub registers: Option<Registers>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The page of address 0 was used: a null pointer.
    NullPointer(u64),
    /// The page below the stack was used: the stack is full.
    StackOverflow(u64),
    /// An address that is not mapped was used.
    Unmapped(u64),
    /// A page was written that is not writable.
    ReadOnly(u64),
    /// Something was executed that is not code.
    NotCode(u64),
    /// An instruction that is not allowed, or can't be carried out; its first bytes.
    Instruction(Vec<u8>),
    /// The backend could not tell more.
    Unknown(String),
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::NullPointer(address) => write!(formatter, "null pointer used ({address:#x})"),
            Cause::StackOverflow(address) => write!(formatter, "stack overflow ({address:#x})"),
            Cause::Unmapped(address) => write!(formatter, "no memory at {address:#x}"),
            Cause::ReadOnly(address) => {
                write!(formatter, "write to read-only memory at {address:#x}")
            }
            Cause::NotCode(address) => {
                write!(formatter, "executed what is not code at {address:#x}")
            }
            Cause::Instruction(bytes) => {
                write!(formatter, "instruction not allowed:")?;
                bytes
                    .iter()
                    .try_for_each(|byte| write!(formatter, " {byte:02x}"))
            }
            Cause::Unknown(what) => formatter.write_str(what),
        }
    }
}

/// One call in a backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where it was: the faulting instruction, or the one that a call returns to.
    pub address: u64,
    /// In which function, and how far into it.
    pub function: Option<(String, u64)>,
}

/// What a guest did last. `Display` is the report for people.
#[derive(Clone, Debug)]
pub struct CrashReport {
    /// The instance.
    pub id: InstanceId,
    /// What went wrong.
    pub cause: Cause,
    /// What the backend has to add.
    pub note: Option<String>,
    /// The registers, where the backend can tell.
    pub registers: Option<Registers>,
    /// The calls, innermost first.
    pub backtrace: Vec<Frame>,
}

impl CrashReport {
    /// Puts a report together from a fault and the memory of the guest that had it.
    pub(crate) fn new(
        id: InstanceId,
        fault: Fault,
        space: &AddressSpace,
        memory_end: u64,
        symbols: &Symbols,
        memory: &dyn GuestMemory,
    ) -> CrashReport {
        let cause = cause(&fault, space, memory_end, memory);
        let backtrace = fault
            .registers
            .map(|registers| backtrace(&registers, symbols, memory))
            .unwrap_or_default();
        CrashReport {
            id,
            cause,
            note: fault.note,
            registers: fault.registers,
            backtrace,
        }
    }
}

fn protection_at(space: &AddressSpace, memory_end: u64, address: u64) -> Option<Protection> {
    space
        .mappings(memory_end)
        .find(|mapping| (mapping.address..mapping.end()).contains(&address))
        .map(|mapping| mapping.protection)
}

fn cause(fault: &Fault, space: &AddressSpace, memory_end: u64, memory: &dyn GuestMemory) -> Cause {
    let rip = fault.registers.map(|registers| registers.rip);
    if let Some(address) = fault.address {
        return match protection_at(space, memory_end, address) {
            _ if address < PAGE_SIZE => Cause::NullPointer(address),
            None if (STACK_BASE - PAGE_SIZE..STACK_BASE).contains(&address) => {
                Cause::StackOverflow(address)
            }
            None => Cause::Unmapped(address),
            Some(Protection::Read | Protection::ReadWrite) if rip == Some(address) => {
                Cause::NotCode(address)
            }
            Some(_) => Cause::ReadOnly(address),
        };
    }
    let Some(rip) = rip else {
        let note = fault.note.as_deref();
        return Cause::Unknown(note.unwrap_or("the processor shut down").to_owned());
    };
    let mut bytes = [0; 8];
    let page_left = (PAGE_SIZE - rip % PAGE_SIZE).min(8) as usize;
    match memory.read(rip, &mut bytes[..page_left]) {
        Ok(()) => Cause::Instruction(bytes[..page_left].to_vec()),
        Err(_) => Cause::Unmapped(rip),
    }
}

/// Follows the frame pointers, as far as they go up the stack.
fn backtrace(registers: &Registers, symbols: &Symbols, memory: &dyn GuestMemory) -> Vec<Frame> {
    let frame = |address: u64, looked_up: u64| Frame {
        address,
        function: symbols
            .lookup(looked_up)
            .map(|(name, offset)| (format!("{:#}", rustc_demangle::demangle(name)), offset)),
    };
    let mut frames = vec![frame(registers.rip, registers.rip)];
    let mut base = registers.rbp;
    while frames.len() < FRAMES_MAX
        && (STACK_BASE..=STACK_TOP - 16).contains(&base)
        && base.is_multiple_of(8)
    {
        let mut words = [0; 16];
        if memory.read(base, &mut words).is_err() {
            break;
        }
        let words = u128::from_le_bytes(words);
        let (saved_base, return_address) = (words as u64, (words >> 64) as u64);
        if return_address == 0 {
            break;
        }
        // A call as the last instruction of a function returns to the next function.
        frames.push(frame(return_address, return_address.wrapping_sub(1)));
        if saved_base <= base {
            break;
        }
        base = saved_base;
    }
    frames
}

impl fmt::Display for CrashReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "instance {} crashed: {}", self.id, self.cause)?;
        if let Some(note) = &self.note {
            writeln!(formatter, "  {note}")?;
        }
        match &self.registers {
            None => writeln!(formatter, "  (this processor does not keep the registers)")?,
            Some(registers) => write_registers(formatter, registers)?,
        }
        let mut depth = 0;
        for same in self.backtrace.chunk_by(|one, other| one == other) {
            write!(formatter, "  #{depth:<2} {:#014x}", same[0].address)?;
            match &same[0].function {
                Some((name, offset)) => write!(formatter, " {name} + {offset:#x}")?,
                None => write!(formatter, " ?")?,
            }
            match same.len() {
                1 => writeln!(formatter)?,
                times => writeln!(formatter, " ({times} times)")?,
            }
            depth += same.len();
        }
        Ok(())
    }
}

fn write_registers(formatter: &mut fmt::Formatter<'_>, r: &Registers) -> fmt::Result {
    let rows = [
        [
            ("rip", r.rip),
            ("rsp", r.rsp),
            ("rbp", r.rbp),
            ("rfl", r.rflags),
        ],
        [
            ("rax", r.rax),
            ("rbx", r.rbx),
            ("rcx", r.rcx),
            ("rdx", r.rdx),
        ],
        [("rsi", r.rsi), ("rdi", r.rdi), ("r8 ", r.r8), ("r9 ", r.r9)],
        [
            ("r10", r.r10),
            ("r11", r.r11),
            ("r12", r.r12),
            ("r13", r.r13),
        ],
    ];
    for row in rows {
        for (name, value) in row {
            write!(formatter, "  {name} {value:016x}")?;
        }
        writeln!(formatter)?;
    }
    writeln!(formatter, "  r14 {:016x}  r15 {:016x}", r.r14, r.r15)
}
