//! The two rings: what the guest asks for, and what came of it.
//!
//! Both lie in the ring page, in the manner of io_uring but single-producer, single-consumer and
//! without kernel threads: the guest writes submissions and rings the doorbell; the monitor takes
//! them in order, and writes completions before the doorbell returns.
//!
//! | offset | size | what |
//! | --- | --- | --- |
//! | 0 | 16 | [`Indices`] |
//! | 64 | 16 | [`Stamps`] |
//! | 80 | 4 | the attention word |
//! | 1024 | 32 × 64 | [`Submission`] entries |
//! | 3072 | 32 × 32 | [`Completion`] entries |
//!
//! Indices count entries since the instance was entered and wrap at 2^32; the entry of index `i`
//! is `i % 32`. The producer owns the tail, the consumer the head. When an instance is entered,
//! all four are zero.
//!
//! The guest keeps `submission_tail - submission_head <= 32`, and takes completions in time: the
//! monitor never waits for room. A tail too far ahead, a head that passes its tail, or a completion
//! that finds its ring full is a violation.
//!
//! The *attention word* is for guests that compute for long: the monitor makes it other than zero,
//! at any time, when there is something for the guest (a signal, input) that a doorbell would bring,
//! and zero again in that doorbell. Reading it costs nothing but a load.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Entries in the submission ring.
pub const SUBMISSIONS: u32 = 32;
/// Entries in the completion ring.
pub const COMPLETIONS: u32 = 32;
/// Offset of [`Indices`] in the ring page.
pub const INDICES_OFFSET: u64 = 0;
/// Offset of [`Stamps`] in the ring page.
pub const STAMPS_OFFSET: u64 = 64;
/// Offset of the attention word, a `u32`, in the ring page.
pub const ATTENTION_OFFSET: u64 = 80;
/// Offset of the first [`Submission`] in the ring page.
pub const SUBMISSIONS_OFFSET: u64 = 1024;
/// Offset of the first [`Completion`] in the ring page.
pub const COMPLETIONS_OFFSET: u64 = 3072;

/// Heads and tails of both rings.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Indices {
    /// Next submission that the monitor will take. Written by the monitor.
    pub submission_head: u32,
    /// Next submission that the guest will write. Written by the guest.
    pub submission_tail: u32,
    /// Next completion that the guest will take. Written by the guest.
    pub completion_head: u32,
    /// Next completion that the monitor will write. Written by the monitor.
    pub completion_tail: u32,
}

/// Counter values that the guest leaves for the monitor to report. Zero: not reached.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Stamps {
    /// `rdtsc` when the first instruction of the application (for the machine: the first Erlang
    /// instruction) of this instance ran.
    pub first_instruction: u64,
    /// Zero.
    pub reserved: u64,
}

/// [`Submission::flags`]: no completion is wanted when the operation succeeds.
pub const FLAG_SILENT: u16 = 1 << 0;

/// One operation asked for. What `address`, `length` and `argument` mean is in the table of
/// [`Operation`](crate::Operation)s; fields that an operation doesn't use are zero.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Submission {
    /// Code of an [`Operation`](crate::Operation).
    pub operation: u16,
    /// [`FLAG_SILENT`] or zero.
    pub flags: u16,
    /// Zero.
    pub reserved: u32,
    /// Handed back in the completion.
    pub user_data: u64,
    /// A guest address.
    pub address: u64,
    /// A length in bytes.
    pub length: u64,
    /// A number.
    pub argument: u64,
    /// A guest address that is written to, for [operations on files](crate::file).
    pub target_address: u64,
    /// Its length in bytes.
    pub target_length: u64,
    /// A place in a file, or another number.
    pub offset: u64,
}

/// What came of an operation.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Completion {
    /// From the submission.
    pub user_data: u64,
    /// Zero or more: the operation's result. Negative: an [`Error`](crate::Error) code.
    pub result: i64,
    /// Zero.
    pub reserved: [u64; 2],
}

/// Offset in the ring page of the submission with index `index`.
pub const fn submission_offset(index: u32) -> u64 {
    SUBMISSIONS_OFFSET + (index % SUBMISSIONS) as u64 * size_of::<Submission>() as u64
}

/// Offset in the ring page of the completion with index `index`.
pub const fn completion_offset(index: u32) -> u64 {
    COMPLETIONS_OFFSET + (index % COMPLETIONS) as u64 * size_of::<Completion>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::PAGE_SIZE;
    use core::mem::offset_of;

    #[test]
    fn layout_is_the_specified_one() {
        assert_eq!(size_of::<Indices>(), 16);
        assert_eq!(size_of::<Stamps>(), 16);
        assert_eq!(size_of::<Submission>(), 64);
        assert_eq!(size_of::<Completion>(), 32);
        assert_eq!(offset_of!(Submission, user_data), 8);
        assert_eq!(offset_of!(Submission, argument), 32);
        assert_eq!(offset_of!(Completion, result), 8);
    }

    #[test]
    fn the_page_holds_everything_without_overlap() {
        const { assert!(INDICES_OFFSET + 16 <= STAMPS_OFFSET) };
        const { assert!(STAMPS_OFFSET + 16 <= ATTENTION_OFFSET) };
        const { assert!(ATTENTION_OFFSET + 4 <= SUBMISSIONS_OFFSET) };
        assert_eq!(submission_offset(SUBMISSIONS - 1) + 64, COMPLETIONS_OFFSET);
        assert_eq!(completion_offset(COMPLETIONS - 1) + 32, PAGE_SIZE);
    }

    #[test]
    fn indices_wrap() {
        assert_eq!(submission_offset(u32::MAX), submission_offset(31));
        assert_eq!(completion_offset(32), completion_offset(0));
    }
}
