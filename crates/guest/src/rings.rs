//! The guest's side of the rings.

use brood_abi::layout::{HYPERCALL_PAGE, RING_PAGE};
use brood_abi::operation::{NO_DEADLINE, SLOGAN_MAX};
use brood_abi::ring::{
    ATTENTION_OFFSET, FLAG_SILENT, INDICES_OFFSET, STAMPS_OFFSET, SUBMISSIONS, completion_offset,
    submission_offset,
};
use brood_abi::{Completion, Indices, Operation, Stamps, Submission};

/// The rings of this instance. They are in the ring page, the same for every value of this type:
/// a program has one in use at a time.
#[derive(Debug)]
pub struct Rings {
    _private: (),
}

/// A console stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Ordinary output.
    Output = brood_abi::operation::CONSOLE_OUTPUT,
    /// Errors and reports.
    Errors = brood_abi::operation::CONSOLE_ERRORS,
}

impl Rings {
    /// The rings.
    ///
    /// # Safety
    ///
    /// Only in an instance, where the contract holds, and with no other value in use.
    pub const unsafe fn new() -> Rings {
        Rings { _private: () }
    }

    /// Queues a submission; rings the doorbell first when the ring is full. What the submission
    /// points to must stay until the doorbell has been rung, or longer where the operation says so.
    pub fn submit(&mut self, submission: &Submission) {
        if self.queued() >= SUBMISSIONS {
            self.ring();
        }
        let tail = self.indices().submission_tail;
        self.write_entry(tail, submission);
        self.write_tail(tail.wrapping_add(1));
    }

    /// How many submissions are queued.
    pub fn queued(&self) -> u32 {
        let indices = self.indices();
        indices
            .submission_tail
            .wrapping_sub(indices.submission_head)
    }

    /// Rings the doorbell.
    pub fn ring(&mut self) {
        // SAFETY: the contract puts a function of this type there. To the compiler it may read
        // and write any memory, which is what the monitor does.
        unsafe {
            let doorbell: extern "C" fn() = core::mem::transmute(HYPERCALL_PAGE as *const ());
            doorbell();
        }
    }

    /// Takes the next completion.
    pub fn take(&mut self) -> Option<Completion> {
        let indices = self.indices();
        if indices.completion_head == indices.completion_tail {
            return None;
        }
        let entry = RING_PAGE + completion_offset(indices.completion_head);
        // SAFETY: the entry lies in the ring page, which is ours to read; any bits are a `Completion`.
        let completion = unsafe { (entry as *const Completion).read_volatile() };
        // SAFETY: `completion_head` is the guest's to write.
        unsafe {
            (&raw mut (*indices_pointer()).completion_head)
                .write_volatile(indices.completion_head.wrapping_add(1));
        }
        Some(completion)
    }

    /// Writes to the console now.
    pub fn console_write(&mut self, stream: Stream, bytes: &[u8]) {
        self.submit(&Submission {
            flags: FLAG_SILENT,
            argument: stream as u64,
            ..with_bytes(Operation::ConsoleWrite, bytes)
        });
        self.ring();
    }

    /// Gives bytes to the parent now. It may not return: the parent may end the instance.
    pub fn message(&mut self, bytes: &[u8]) {
        self.submit(&Submission {
            flags: FLAG_SILENT,
            ..with_bytes(Operation::Message, bytes)
        });
        self.ring();
    }

    /// Queues a request for console input. The completion carries `user_data` and the number of
    /// bytes in the buffer.
    ///
    /// # Safety
    ///
    /// The buffer stays untouched and alive until the completion.
    pub unsafe fn console_read(&mut self, buffer: *mut [u8], user_data: u64) {
        self.submit(&Submission {
            operation: Operation::ConsoleRead.code(),
            user_data,
            address: buffer.cast::<u8>().addr() as u64,
            length: buffer.len() as u64,
            ..Submission::default()
        });
    }

    /// Queues an operation whose completion carries `user_data`, and which needs no memory.
    pub fn ask(&mut self, operation: Operation, argument: u64, user_data: u64) {
        self.submit(&Submission {
            operation: operation.code(),
            user_data,
            argument,
            ..Submission::default()
        });
    }

    /// Queues an operation that is of no interest once it is done. One that fails has a completion, with `user_data` 0.
    pub fn tell(&mut self, operation: Operation, argument: u64) {
        self.submit(&Submission {
            operation: operation.code(),
            flags: FLAG_SILENT,
            argument,
            ..Submission::default()
        });
    }

    /// Whether there is something that a doorbell would bring.
    pub fn has_attention(&self) -> bool {
        let word = (RING_PAGE + ATTENTION_OFFSET) as *const u32;
        // SAFETY: the word lies in the ring page, which is ours to read. Volatile, since the monitor
        // writes it.
        unsafe { word.read_volatile() != 0 }
    }

    /// Does what is queued and waits for a completion or the deadline (monotonic nanoseconds).
    pub fn wait(&mut self, deadline: Option<u64>) {
        // The wait must be the last submission of its doorbell, so it must not be split from others.
        if self.queued() == SUBMISSIONS {
            self.ring();
        }
        self.submit(&Submission {
            operation: Operation::Wait.code(),
            flags: FLAG_SILENT,
            argument: deadline.unwrap_or(NO_DEADLINE),
            ..Submission::default()
        });
        self.ring();
    }

    /// Freezes the instance here. Returns in each clone, with another boot block. Memory from
    /// `kept_end` (a page boundary) on is zero then.
    pub fn ready(&mut self, kept_end: u64) {
        self.submit(&Submission {
            operation: Operation::Ready.code(),
            address: kept_end,
            ..Submission::default()
        });
        self.ring();
    }

    /// Ends the instance; a slogan that is too long is cut off.
    pub fn exit(&mut self, status: u8, slogan: &[u8]) -> ! {
        let slogan = &slogan[..slogan.len().min(SLOGAN_MAX as usize)];
        self.end(&Submission {
            argument: u64::from(status),
            ..with_bytes(Operation::Exit, slogan)
        })
    }

    /// Ends the instance because an allocation of `asked` bytes failed.
    pub fn out_of_memory(&mut self, asked: u64) -> ! {
        self.end(&Submission {
            operation: Operation::OutOfMemory.code(),
            argument: asked,
            ..Submission::default()
        })
    }

    /// Stamps this moment as the one of the application's first instruction.
    pub fn stamp_first_instruction(&mut self) {
        let stamps = (RING_PAGE + STAMPS_OFFSET) as *mut Stamps;
        // SAFETY: the stamps lie in the ring page, which is ours to write.
        unsafe { (&raw mut (*stamps).first_instruction).write_volatile(crate::boot::counter()) };
    }

    fn end(&mut self, submission: &Submission) -> ! {
        self.submit(submission);
        loop {
            self.ring();
        }
    }

    fn indices(&self) -> Indices {
        // SAFETY: the indices lie in the ring page, which is ours to read; any bits are `Indices`.
        unsafe { indices_pointer().read_volatile() }
    }

    /// Writes an entry of the submission ring. Public so that tests can break the rules.
    pub fn write_entry(&mut self, index: u32, submission: &Submission) {
        let entry = (RING_PAGE + submission_offset(index)) as *mut Submission;
        // SAFETY: the entry lies in the ring page, which is ours to write.
        unsafe { entry.write_volatile(*submission) };
    }

    /// Writes the tail of the submission ring. Public so that tests can break the rules.
    pub fn write_tail(&mut self, tail: u32) {
        // SAFETY: `submission_tail` is the guest's to write.
        unsafe { (&raw mut (*indices_pointer()).submission_tail).write_volatile(tail) };
    }
}

fn indices_pointer() -> *mut Indices {
    (RING_PAGE + INDICES_OFFSET) as *mut Indices
}

/// A submission about these bytes.
pub fn with_bytes(operation: Operation, bytes: &[u8]) -> Submission {
    Submission {
        operation: operation.code(),
        address: if bytes.is_empty() {
            0
        } else {
            bytes.as_ptr().addr() as u64
        },
        length: bytes.len() as u64,
        ..Submission::default()
    }
}
