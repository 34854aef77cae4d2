//! Scripts for the test guest: what it writes into its ring page, and when it rings.

use std::mem::offset_of;

use brood_abi::layout::{PAGE_SIZE, RING_PAGE};
use brood_abi::ring::{INDICES_OFFSET, completion_offset, submission_offset};
use brood_abi::{Completion, Indices, Operation, Submission};
use zerocopy::{FromBytes, IntoBytes};

/// Room in the ring page for the bytes that a submission is about: behind indices, stamps and attention word.
pub const BYTES_OFFSET: u16 = 128;
/// Its address.
pub const BYTES: u64 = RING_PAGE + BYTES_OFFSET as u64;

/// Writes to the ring page and doorbells, in order.
#[derive(Clone)]
pub struct Script {
    argument: Vec<u8>,
    tail: u32,
}

impl Script {
    pub fn new() -> Script {
        Script {
            argument: b"rings ".to_vec(),
            tail: 0,
        }
    }

    /// Writes these bytes at this offset in the ring page.
    pub fn write(mut self, offset: u16, bytes: &[u8]) -> Script {
        self.step(offset, bytes);
        self
    }

    /// Writes one of the indices: an offset in [`Indices`].
    pub fn index(self, offset: usize, value: u32) -> Script {
        self.write(INDICES_OFFSET as u16 + offset as u16, &value.to_le_bytes())
    }

    /// Queues a submission.
    pub fn submit(self, submission: &Submission) -> Script {
        let offset = submission_offset(self.tail) as u16;
        let mut script = self.write(offset, submission.as_bytes());
        script.tail += 1;
        let tail = script.tail;
        script.index(offset_of!(Indices, submission_tail), tail)
    }

    /// Rings the doorbell.
    pub fn ring(mut self) -> Script {
        self.step(u16::MAX, &[]);
        self
    }

    /// The argument that has the guest do it.
    pub fn argument(&self) -> &[u8] {
        &self.argument
    }

    fn step(&mut self, offset: u16, bytes: &[u8]) {
        self.argument.extend(offset.to_le_bytes());
        self.argument.extend((bytes.len() as u16).to_le_bytes());
        self.argument.extend(bytes);
    }
}

/// The ring page at the end of a script.
pub struct RingPage(pub Vec<u8>);

impl RingPage {
    pub fn indices(&self) -> Indices {
        Indices::read_from_prefix(&self.0).unwrap().0
    }

    pub fn completion(&self, index: u32) -> Completion {
        assert_eq!(self.0.len() as u64, PAGE_SIZE);
        let entry = &self.0[completion_offset(index) as usize..];
        Completion::read_from_prefix(entry).unwrap().0
    }
}

/// A submission with these fields and zeros.
pub fn about(operation: Operation, address: u64, length: u64, argument: u64) -> Submission {
    Submission {
        operation: operation.code(),
        user_data: USER_DATA,
        address,
        length,
        argument,
        ..Submission::default()
    }
}

/// What [`about`] wants handed back.
pub const USER_DATA: u64 = 0x0123_4567_89ab_cdef;
