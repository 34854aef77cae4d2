//! The records of an image file. All numbers are little endian.
//!
//! ```text
//! 0            Header (one page, the rest zero)
//! 4096         segments: SegmentRecord ...
//!              regions:  RegionRecord ...
//!              symbols, metadata (JSON)
//! page aligned memory of the first region, of the second ...
//! ```
//!
//! The checksum is BLAKE3 over the whole file with the checksum field zero.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First eight bytes of an image.
pub(crate) const MAGIC: [u8; 8] = *b"\x89BROOD\r\n";

/// Version of the file format.
pub const FORMAT_VERSION: u32 = 1;

/// Largest segment or region table, in bytes.
pub(crate) const TABLE_MAX: u64 = 1 << 20;
/// Largest symbol section or metadata section, in bytes.
pub(crate) const TEXT_MAX: u64 = 64 << 20;
/// Largest file, in bytes.
pub(crate) const FILE_MAX: u64 = 64 << 30;

/// Where a section lies in the file.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Section {
    pub offset: u64,
    pub length: u64,
}

/// The head of the file.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Header {
    pub magic: [u8; 8],
    pub format_version: u32,
    pub abi_version: u32,
    pub file_length: u64,
    pub checksum: [u8; 32],
    pub stack_pointer: u64,
    pub package_length: u64,
    /// End of the memory that was kept.
    pub memory_kept_end: u64,
    pub segments: Section,
    pub regions: Section,
    pub symbols: Section,
    pub metadata: Section,
}

/// A segment of the program.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct SegmentRecord {
    pub address: u64,
    pub length: u64,
    pub protection: u64,
}

/// A run of guest memory whose contents are in the file. Memory outside all regions is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Region {
    /// First guest address; page-aligned.
    pub address: u64,
    /// Length in bytes; whole pages.
    pub length: u64,
    /// Where in the file; page-aligned.
    pub file_offset: u64,
}

/// The range of the checksum field in the file.
pub(crate) const CHECKSUM_RANGE: std::ops::Range<usize> = {
    let start = std::mem::offset_of!(Header, checksum);
    start..start + 32
};
