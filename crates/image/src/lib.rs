//! Images: an instance frozen into a file.
//!
//! An image is the memory of an instance that has said "ready", with what is needed to clone it:
//! its address space, where its stack was, its symbols (for crash reports) and a description for
//! people. The memory lies in the file page by page, so that a clone is the file mapped
//! copy-on-write at fixed guest addresses.
//!
//! This crate runs nothing and knows no Erlang. It does not map memory either: the monitor does,
//! from what [`Image`] tells it.
//!
//! ## Principles
//!
//! * **Checked once, at [`Image::open`].** Whatever opened is whole, of this format and of this
//!   contract; every table in it was checked, so that launching trusts it without looking again.
//! * **Never changed in place.** [`write()`] makes a new file and renames it; an open image keeps the
//!   file it has.
//! * **Holes cost nothing.** Runs of zero pages are not in the file.
//!
//! ## Map
//!
//! * [`space`]: the address space of an instance, shared with the monitor's loader
//! * [`symbols`]: addresses to names
//! * [`metadata`]: the description for people
//! * `format`: the records of the file
//! * `reader`, `writer`: [`Image`] and [`write()`]
#![forbid(unsafe_code)]

mod format;
pub mod metadata;
mod reader;
pub mod space;
pub mod symbols;
#[cfg(test)]
mod tests;
mod writer;

pub use format::{FORMAT_VERSION, Region};
pub use metadata::{Metadata, Module};
pub use reader::Image;
pub use space::{Access, AddressSpace, Mapping, Protection, SpaceError};
pub use symbols::Symbols;
pub use writer::write;

use std::fmt;
use std::path::PathBuf;

/// A frozen instance in memory: what [`write()`] puts into a file.
pub struct Frozen {
    /// What was mapped where.
    pub space: AddressSpace,
    /// The stack pointer to resume with.
    pub stack_pointer: u64,
    /// Guest memory from [`brood_abi::layout::MEMORY_BASE`] up to the end of what is kept; whole pages.
    pub memory: Vec<u8>,
    /// The program's functions.
    pub symbols: Symbols,
}

impl fmt::Debug for Frozen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Frozen")
            .field("stack_pointer", &self.stack_pointer)
            .field("bytes", &self.memory.len())
            .field("functions", &self.symbols.len())
            .finish_non_exhaustive()
    }
}

/// Why an image could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The image's path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{}: not a brood image", .0.display())]
    NotAnImage(PathBuf),
    /// Another version of the file format.
    #[error("{}: image format {found}, this brood reads format {expected}; build the image again", path.display())]
    FormatVersion {
        /// The image's path.
        path: PathBuf,
        /// In the file.
        found: u32,
        /// [`FORMAT_VERSION`].
        expected: u32,
    },
    /// Built for another version of the contract.
    #[error("{}: image for contract (ABI) version {found}, this brood speaks {expected}; build the image again", path.display())]
    AbiVersion {
        /// The image's path.
        path: PathBuf,
        /// In the file.
        found: u32,
        /// [`brood_abi::VERSION`].
        expected: u32,
    },
    /// Shorter (or longer) than it says it is.
    #[error("{}: truncated: {actual} bytes of {expected}", path.display())]
    Truncated {
        /// The image's path.
        path: PathBuf,
        /// Length by the header.
        expected: u64,
        /// Length of the file.
        actual: u64,
    },
    /// The contents are not those that were written.
    #[error("{}: corrupt: the checksum does not match", .0.display())]
    Checksum(PathBuf),
    /// A table contradicts itself, the contract, or a size cap.
    #[error("{}: malformed: {what}", path.display())]
    Malformed {
        /// The image's path.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}
