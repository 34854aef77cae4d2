//! The monitor's side of the rings: takes what the guest submitted, checks it, does it.
//!
//! The monitor keeps its own copy of the indices that it owns and never reads them back. Each
//! entry is copied out of the ring before it is looked at.

use std::sync::Arc;
use std::time::Instant;

use brood_abi::layout::{MEMORY_BASE, RING_PAGE, STACK_TOP, is_page_aligned};
use brood_abi::operation::{CONSOLE_ERRORS, CONSOLE_OUTPUT, NO_DEADLINE, SLOGAN_MAX};
use brood_abi::ring::{
    COMPLETIONS, FLAG_SILENT, INDICES_OFFSET, SUBMISSIONS, completion_offset, submission_offset,
};
use brood_abi::{Completion, Error as AbiError, Indices, Operation, Submission};
use brood_image::{Access, AddressSpace};
use zerocopy::{FromZeros, IntoBytes};

use crate::control::Control;
use crate::launch::{ConsoleStream, EventSink, Flow, Limits, Usage};
use crate::memory::{Allegation, Checked, GuestMemory, Lost};
use crate::mount::Mount;

mod console;
mod files;

use console::Outstanding;
use files::Files;

/// How a guest broke the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A ring index that can't be.
    #[error("{which} is {value:#x}, with the monitor at {ours:#x}")]
    Index {
        /// Which index.
        which: &'static str,
        /// What the guest wrote.
        value: u32,
        /// The monitor's end of that ring.
        ours: u32,
    },
    /// More completions than the ring holds.
    #[error("no room for a completion: the guest does not take them")]
    CompletionsFull,
    /// An operation that doesn't exist.
    #[error("operation {0:#06x} does not exist")]
    Operation(u16),
    /// Flags that don't exist, or reserved fields that aren't zero.
    #[error("{0} with reserved bits set")]
    Reserved(&'static str),
    /// A range of memory that the guest itself has no such access to.
    #[error("{length:#x} bytes at {address:#x} are not the guest's to use so")]
    Address {
        /// Its first address.
        address: u64,
        /// Its length.
        length: u64,
    },
    /// A number outside its range.
    #[error("{operation} with argument {argument:#x}")]
    Argument {
        /// The operation's name.
        operation: &'static str,
        /// The number.
        argument: u64,
    },
    /// A slogan that is too long.
    #[error("a slogan of {0} bytes")]
    Slogan(u64),
    /// An operation at the wrong time.
    #[error("{0} at the wrong time")]
    Order(&'static str),
    /// More than it may write to the console.
    #[error("more than {0} bytes to the console")]
    ConsoleLimit(u64),
    /// More than it may send to its parent.
    #[error("more than {0} bytes to the parent")]
    MessageLimit(u64),
    /// A doorbell rung with the stack elsewhere than on the stack.
    #[error("the stack pointer is {0:#x}")]
    StackPointer(u64),
    /// Something the backend forbids: a port, a system call.
    #[error("{0}")]
    Forbidden(String),
}

/// What comes after a doorbell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The guest goes on.
    Enter,
    /// It waits until a completion or this monotonic time.
    Wait(Option<u64>),
    /// There is more to do for it, after those that are more urgent: see [`Session::go_on`].
    Unfinished,
    /// It is done.
    End(Ending),
}

/// How a guest ended by way of the rings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Exit { status: u8, slogan: Vec<u8> },
    OutOfMemory { asked: u64 },
    Stopped,
    Ready { kept_end: u64 },
}

/// Why a doorbell could not be answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Violation(Violation),
    Lost,
}

impl From<Violation> for Trouble {
    fn from(violation: Violation) -> Trouble {
        Trouble::Violation(violation)
    }
}

impl From<Lost> for Trouble {
    fn from(_: Lost) -> Trouble {
        Trouble::Lost
    }
}

/// One instance's rings, seen from the monitor.
pub(crate) struct Session {
    space: AddressSpace,
    memory_end: u64,
    limits: Limits,
    building: bool,
    submission_head: u32,
    completion_tail: u32,
    /// Completions that the guest has not taken, as of the last doorbell, plus those since.
    untaken: u32,
    /// Submissions of the last doorbell that are left.
    left: u32,
    /// The end of the completions as the last doorbell found it.
    completion_tail_then: u32,
    outstanding: Outstanding,
    files: Files,
    waiting: Option<Submission>,
    pub usage: Usage,
    /// When the first message arrived.
    pub answered: Option<Instant>,
}

impl Session {
    pub(crate) fn new(
        space: &AddressSpace,
        memory_end: u64,
        limits: &Limits,
        building: bool,
    ) -> Session {
        Session {
            space: space.clone(),
            memory_end,
            limits: limits.clone(),
            building,
            submission_head: 0,
            completion_tail: 0,
            untaken: 0,
            left: 0,
            completion_tail_then: 0,
            outstanding: Outstanding::default(),
            files: Files::new(Arc::default(), 0),
            waiting: None,
            usage: Usage::default(),
            answered: None,
        }
    }

    /// Gives the instance directories of the host.
    pub(crate) fn mount(&mut self, mounts: impl Into<Arc<[Mount]>>) {
        self.files = Files::new(mounts.into(), self.limits.open_files);
    }

    /// Answers a doorbell, as far as nobody calls the instance away from it.
    pub(crate) fn doorbell(
        &mut self,
        memory: &mut dyn GuestMemory,
        sink: &mut dyn EventSink,
        control: &Control,
    ) -> Result<Next, Trouble> {
        self.usage.doorbells += 1;
        let mut indices = Indices::new_zeroed();
        memory.read(RING_PAGE + INDICES_OFFSET, indices.as_mut_bytes())?;
        self.left = distance(
            "submission_tail",
            indices.submission_tail,
            indices.submission_tail.wrapping_sub(self.submission_head),
            self.submission_head,
            SUBMISSIONS,
        )?;
        self.untaken = distance(
            "completion_head",
            indices.completion_head,
            self.completion_tail.wrapping_sub(indices.completion_head),
            self.completion_tail,
            COMPLETIONS,
        )?;
        self.completion_tail_then = self.completion_tail;
        self.go_on(memory, sink, control)
    }

    /// Answers what is left of a doorbell: one submission, and more until somebody calls the instance away.
    pub(crate) fn go_on(
        &mut self,
        memory: &mut dyn GuestMemory,
        sink: &mut dyn EventSink,
        control: &Control,
    ) -> Result<Next, Trouble> {
        let mut next = Next::Enter;
        while self.left > 0 {
            let mut submission = Submission::new_zeroed();
            let offset = submission_offset(self.submission_head);
            memory.read(RING_PAGE + offset, submission.as_mut_bytes())?;
            self.submission_head = self.submission_head.wrapping_add(1);
            self.left -= 1;
            next = self.perform(memory, sink, &submission)?;
            if matches!(next, Next::End(_)) {
                return Ok(next);
            }
            if self.left > 0 && control.is_called() {
                return Ok(Next::Unfinished);
            }
        }
        if matches!(next, Next::Wait(_)) && self.completion_tail != self.completion_tail_then {
            self.finish_wait(memory, true)?;
            next = Next::Enter;
        }
        self.publish(memory)?;
        Ok(next)
    }

    /// Ends a wait: `woken` by a completion, or by the deadline.
    pub(crate) fn finish_wait(
        &mut self,
        memory: &mut dyn GuestMemory,
        woken: bool,
    ) -> Result<(), Trouble> {
        if let Some(submission) = self.waiting.take() {
            self.succeed(memory, &submission, i64::from(woken))?;
            self.publish(memory)?;
        }
        Ok(())
    }

    fn perform(
        &mut self,
        memory: &mut dyn GuestMemory,
        sink: &mut dyn EventSink,
        submission: &Submission,
    ) -> Result<Next, Trouble> {
        let is_last = self.left == 0;
        let code = submission.operation;
        let operation = Operation::from_code(code).ok_or(Violation::Operation(code))?;
        let of_files = [
            submission.target_address,
            submission.target_length,
            submission.offset,
        ];
        if submission.flags & !FLAG_SILENT != 0
            || submission.reserved != 0
            || !operation.is_about_files() && of_files != [0; 3]
        {
            return Err(Violation::Reserved(operation.name()).into());
        }
        let argument = submission.argument;
        let bad_argument = || Violation::Argument {
            operation: operation.name(),
            argument,
        };
        let range = Allegation::of(submission);
        match operation {
            Operation::ConsoleWrite => {
                let stream = match argument {
                    CONSOLE_OUTPUT => ConsoleStream::Output,
                    CONSOLE_ERRORS => ConsoleStream::Errors,
                    _ => return Err(bad_argument().into()),
                };
                let limit = self.limits.console_bytes;
                self.usage.console_bytes = within(self.usage.console_bytes, range.length(), limit)
                    .ok_or(Violation::ConsoleLimit(limit))?;
                let bytes = self.check(range, Access::Read)?.copy_out(memory)?;
                sink.console(stream, &bytes);
                self.succeed(memory, submission, bytes.len() as i64)?;
            }
            Operation::ConsoleRead => {
                let buffer = self.check(range, Access::Write)?;
                self.console_read(memory, submission, buffer)?;
            }
            Operation::NextSignal
            | Operation::SignalAction
            | Operation::Terminal
            | Operation::TerminalMode => {
                self.terminal_operation(memory, sink, operation, submission)?;
            }
            Operation::Message => {
                let limit = self.limits.message_bytes;
                self.usage.message_bytes = within(self.usage.message_bytes, range.length(), limit)
                    .ok_or(Violation::MessageLimit(limit))?;
                let bytes = self.check(range, Access::Read)?.copy_out(memory)?;
                self.answered.get_or_insert_with(Instant::now);
                if sink.message(&bytes) == Flow::Stop {
                    return Ok(Next::End(Ending::Stopped));
                }
                self.succeed(memory, submission, 0)?;
            }
            Operation::Wait => {
                if !is_last {
                    return Err(Violation::Order(operation.name()).into());
                }
                self.waiting = Some(*submission);
                return Ok(Next::Wait((argument != NO_DEADLINE).then_some(argument)));
            }
            Operation::Ready => {
                if !self.building
                    || !is_last
                    || !self.outstanding.is_empty()
                    || self.files.any_open()
                {
                    return Err(Violation::Order(operation.name()).into());
                }
                let kept_end = submission.address;
                let allowed = self.space.heap_start().max(STACK_TOP)..=self.memory_end;
                if !is_page_aligned(kept_end - kept_end.min(MEMORY_BASE))
                    || !allowed.contains(&kept_end)
                {
                    return Err(Violation::Address {
                        address: kept_end,
                        length: 0,
                    }
                    .into());
                }
                return Ok(Next::End(Ending::Ready { kept_end }));
            }
            Operation::Exit => {
                let status = u8::try_from(argument).map_err(|_| bad_argument())?;
                if range.length() > SLOGAN_MAX {
                    return Err(Violation::Slogan(range.length()).into());
                }
                let slogan = self.check(range, Access::Read)?.copy_out(memory)?;
                return Ok(Next::End(Ending::Exit { status, slogan }));
            }
            Operation::OutOfMemory => {
                return Ok(Next::End(Ending::OutOfMemory { asked: argument }));
            }
            _ if operation.is_about_files() => {
                let place = (&self.space, self.memory_end);
                match self.files.perform(memory, place, operation, submission)? {
                    error @ ..0 => self.complete(memory, submission.user_data, error)?,
                    result => self.succeed(memory, submission, result)?,
                }
            }
            // The table is open to later versions; this monitor implements all of this one.
            _ => return Err(Violation::Operation(code).into()),
        }
        Ok(Next::Enter)
    }

    fn check(&self, range: Allegation, access: Access) -> Result<Checked, Violation> {
        range.check(&self.space, self.memory_end, access)
    }

    fn succeed(
        &mut self,
        memory: &mut dyn GuestMemory,
        submission: &Submission,
        result: i64,
    ) -> Result<(), Trouble> {
        if submission.flags & FLAG_SILENT != 0 {
            return Ok(());
        }
        self.complete(memory, submission.user_data, result)
    }

    fn fail(
        &mut self,
        memory: &mut dyn GuestMemory,
        submission: &Submission,
        error: AbiError,
    ) -> Result<(), Trouble> {
        self.complete(memory, submission.user_data, error.code())
    }

    fn complete(
        &mut self,
        memory: &mut dyn GuestMemory,
        user_data: u64,
        result: i64,
    ) -> Result<(), Trouble> {
        if self.untaken >= COMPLETIONS {
            return Err(Violation::CompletionsFull.into());
        }
        let completion = Completion {
            user_data,
            result,
            reserved: [0; 2],
        };
        let offset = completion_offset(self.completion_tail);
        memory.write(RING_PAGE + offset, completion.as_bytes())?;
        self.completion_tail = self.completion_tail.wrapping_add(1);
        self.untaken += 1;
        Ok(())
    }

    /// Tells the guest how far the monitor is, on both rings.
    fn publish(&self, memory: &mut dyn GuestMemory) -> Result<(), Lost> {
        let field = |offset: usize| RING_PAGE + INDICES_OFFSET + offset as u64;
        memory.write(
            field(std::mem::offset_of!(Indices, submission_head)),
            &self.submission_head.to_le_bytes(),
        )?;
        memory.write(
            field(std::mem::offset_of!(Indices, completion_tail)),
            &self.completion_tail.to_le_bytes(),
        )
    }
}

/// `length`, unless it is more than the ring has.
fn distance(
    which: &'static str,
    value: u32,
    length: u32,
    ours: u32,
    capacity: u32,
) -> Result<u32, Violation> {
    if length > capacity {
        return Err(Violation::Index { which, value, ours });
    }
    Ok(length)
}

/// `used + more`, unless that is beyond the limit.
fn within(used: u64, more: u64, limit: u64) -> Option<u64> {
    used.checked_add(more).filter(|&sum| sum <= limit)
}

#[cfg(test)]
mod tests;
