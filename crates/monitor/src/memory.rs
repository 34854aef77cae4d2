//! Guest memory, and the type that guest addresses have until they are believed.
//!
//! A pair of address and length that a guest wrote is an [`Allegation`]. [`Allegation::check`] is
//! the only way on: it compares it with what the guest itself may do and gives a [`Checked`] range,
//! whose bytes are copied before anything looks at them.

use brood_abi::ring::Submission;
use brood_image::{Access, AddressSpace};

use crate::session::Violation;

/// Guest memory is not there any more: the process it belonged to has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

/// The memory of one instance, addressed as the guest addresses it. What it left there may be
/// anything. A virtual machine's processor stands still meanwhile; a cell that was taken over may
/// ring its doorbell without waiting, and change its memory at any time. So every byte is read
/// once: whoever needs it twice keeps a copy.
pub(crate) trait GuestMemory {
    /// Copies out `buffer.len()` bytes at `address`.
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Lost>;
    /// Copies in `bytes` at `address`.
    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Lost>;
}

/// A range of memory that a guest named. Nothing is known about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allegation {
    address: u64,
    length: u64,
}

/// A range of memory with which the guest itself may do what is about to be done in its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    address: u64,
    length: usize,
}

impl Allegation {
    /// The range that a guest named with these two numbers.
    pub(crate) fn new(address: u64, length: u64) -> Allegation {
        Allegation { address, length }
    }

    /// The range that a submission names.
    pub(crate) fn of(submission: &Submission) -> Allegation {
        Allegation {
            address: submission.address,
            length: submission.length,
        }
    }

    /// How long it says it is.
    pub(crate) fn length(self) -> u64 {
        self.length
    }

    /// Believes it, if the guest may do `access` with all of it.
    pub(crate) fn check(
        self,
        space: &AddressSpace,
        memory_end: u64,
        access: Access,
    ) -> Result<Checked, Violation> {
        let Allegation { address, length } = self;
        match usize::try_from(length) {
            Ok(length) if space.allows(memory_end, address, length as u64, access) => {
                Ok(Checked { address, length })
            }
            _ => Err(Violation::Address { address, length }),
        }
    }
}

impl Checked {
    /// How many bytes it has.
    pub(crate) fn length(self) -> usize {
        self.length
    }

    /// The first `length` bytes, or all if there are fewer.
    pub(crate) fn first(self, length: usize) -> Checked {
        let length = self.length.min(length);
        Checked { length, ..self }
    }

    /// What is left behind the first `skipped` bytes.
    pub(crate) fn from(self, skipped: usize) -> Checked {
        let skipped = self.length.min(skipped);
        Checked {
            address: self.address + skipped as u64,
            length: self.length - skipped,
        }
    }

    /// Fills `buffer`, or as much of it as there are bytes.
    pub(crate) fn copy_to(self, memory: &dyn GuestMemory, buffer: &mut [u8]) -> Result<(), Lost> {
        let length = self.length.min(buffer.len());
        if length == 0 {
            return Ok(());
        }
        memory.read(self.address, &mut buffer[..length])
    }

    /// A copy of the bytes.
    pub(crate) fn copy_out(self, memory: &dyn GuestMemory) -> Result<Vec<u8>, Lost> {
        let mut bytes = vec![0; self.length];
        if self.length > 0 {
            memory.read(self.address, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Writes `bytes`, cut to the range, at its beginning.
    pub(crate) fn copy_in(self, memory: &mut dyn GuestMemory, bytes: &[u8]) -> Result<(), Lost> {
        let length = bytes.len().min(self.length);
        if length == 0 {
            return Ok(());
        }
        memory.write(self.address, &bytes[..length])
    }
}
