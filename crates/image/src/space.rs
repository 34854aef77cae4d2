//! The address space of an instance: which addresses exist, and what the guest may do there.
//!
//! One description serves everybody: the monitor builds page tables (or calls `mmap`) from it,
//! checks the guest's allegations against it, and the image carries it.

use brood_abi::boot::Extent;
use brood_abi::layout::{
    BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, MEMORY_MAX, PAGE_SIZE, PROGRAM_BASE, RING_PAGE,
    STACK_BASE, STACK_TOP, is_page_aligned, page_up,
};

/// What a guest may do with a page. There is no writable and executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
    /// Read and execute.
    ReadExecute,
}

impl Protection {
    /// Every protection with its code in a file and its name.
    pub(crate) const TABLE: [(Protection, u64, &'static str); 3] = [
        (Protection::Read, 1, "r--"),
        (Protection::ReadWrite, 3, "rw-"),
        (Protection::ReadExecute, 5, "r-x"),
    ];

    /// `r--`, `rw-` or `r-x`.
    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].2
    }
}

/// A page-aligned run of guest addresses with one protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub address: u64,
    /// Length in bytes.
    pub length: u64,
    /// What the guest may do.
    pub protection: Protection,
}

impl Mapping {
    /// The address behind the last byte.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.length)
    }
}

/// What somebody wants to do with guest memory in the guest's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Write it.
    Write,
}

/// A checked address space, apart from the size of memory, which each instance has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpace {
    segments: Vec<Mapping>,
    package: Extent,
    heap_start: u64,
}

/// Why there can't be such an address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// A program without a segment.
    #[error("the program has no segment")]
    Empty,
    /// A segment that isn't whole pages.
    #[error("the segment at {0:#x} is not made of whole pages")]
    Unaligned(u64),
    /// A segment below the program area, or beyond any memory.
    #[error("the segment at {0:#x} is outside the program area")]
    Outside(u64),
    /// Segments that overlap or are not in order.
    #[error("the segment at {0:#x} overlaps the one before")]
    Overlap(u64),
    /// A package that fits in no memory.
    #[error("the package of {0} bytes is too large")]
    Package(u64),
}

/// The part of every address space that the contract fixes.
const FIXED: [Mapping; 4] = [
    Mapping {
        address: HYPERCALL_PAGE,
        length: PAGE_SIZE,
        protection: Protection::ReadExecute,
    },
    Mapping {
        address: BOOT_BLOCK,
        length: PAGE_SIZE,
        protection: Protection::Read,
    },
    Mapping {
        address: RING_PAGE,
        length: PAGE_SIZE,
        protection: Protection::ReadWrite,
    },
    Mapping {
        address: STACK_BASE,
        length: STACK_TOP - STACK_BASE,
        protection: Protection::ReadWrite,
    },
];

impl AddressSpace {
    /// The address space of a program with these segments (page-aligned, in order, without
    /// overlap, within the program area) and a package of `package_length` bytes.
    pub fn new(segments: Vec<Mapping>, package_length: u64) -> Result<AddressSpace, SpaceError> {
        let mut end = PROGRAM_BASE;
        for segment in &segments {
            let address = segment.address;
            if segment.length == 0 || !is_page_aligned(address) || !is_page_aligned(segment.length)
            {
                return Err(SpaceError::Unaligned(address));
            }
            if address < PROGRAM_BASE
                || address
                    .checked_add(segment.length)
                    .is_none_or(|end| end > MEMORY_BASE + MEMORY_MAX)
            {
                return Err(SpaceError::Outside(address));
            }
            if address < end {
                return Err(SpaceError::Overlap(address));
            }
            end = segment.end();
        }
        if segments.is_empty() {
            return Err(SpaceError::Empty);
        }
        let package = Extent {
            address: end + PAGE_SIZE,
            length: package_length,
        };
        // `end` is at most MEMORY_BASE + MEMORY_MAX: only the package can make these sums overflow.
        let heap_start = page_up(package_length)
            .filter(|&length| length <= MEMORY_MAX)
            .map(|length| package.address + length + if length == 0 { 0 } else { PAGE_SIZE })
            .ok_or(SpaceError::Package(package_length))?;
        Ok(AddressSpace {
            segments,
            package,
            heap_start,
        })
    }

    /// The program's segments.
    pub fn segments(&self) -> &[Mapping] {
        &self.segments
    }

    /// Where the package lies; length 0: there is none.
    pub fn package(&self) -> Extent {
        self.package
    }

    /// Where the heap begins.
    pub fn heap_start(&self) -> u64 {
        self.heap_start
    }

    /// Every mapping of an instance whose memory ends at `memory_end` (page-aligned, behind
    /// [`heap_start`](Self::heap_start)), in order.
    pub fn mappings(&self, memory_end: u64) -> impl Iterator<Item = Mapping> {
        let package = Mapping {
            address: self.package.address,
            length: page_up(self.package.length).unwrap_or(0),
            protection: Protection::Read,
        };
        let heap = Mapping {
            address: self.heap_start,
            length: memory_end.saturating_sub(self.heap_start),
            protection: Protection::ReadWrite,
        };
        FIXED
            .into_iter()
            .chain(self.segments.iter().copied())
            .chain([package, heap])
            .filter(|mapping| mapping.length > 0)
    }

    /// Whether the guest itself may do `access` with every byte of `[address, address + length)`.
    /// An empty range is always allowed.
    pub fn allows(&self, memory_end: u64, address: u64, length: u64, access: Access) -> bool {
        if length == 0 {
            return true;
        }
        let Some(end) = address.checked_add(length) else {
            return false;
        };
        let mut covered = address;
        for mapping in self.mappings(memory_end) {
            let permitted = access == Access::Read || mapping.protection == Protection::ReadWrite;
            if permitted && mapping.address <= covered && covered < mapping.end() {
                covered = mapping.end();
                if covered >= end {
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u64 = MEMORY_BASE + (16 << 20);

    fn segment(page: u64, pages: u64, protection: Protection) -> Mapping {
        Mapping {
            address: PROGRAM_BASE + page * PAGE_SIZE,
            length: pages * PAGE_SIZE,
            protection,
        }
    }

    fn space() -> AddressSpace {
        let segments = vec![
            segment(0, 2, Protection::ReadExecute),
            segment(2, 1, Protection::ReadWrite),
        ];
        AddressSpace::new(segments, 5000).unwrap()
    }

    #[test]
    fn package_and_heap_have_a_gap_before_them() {
        let space = space();
        assert_eq!(space.package().address, PROGRAM_BASE + 4 * PAGE_SIZE);
        assert_eq!(space.heap_start(), PROGRAM_BASE + 7 * PAGE_SIZE);
        let all: Vec<_> = space.mappings(END).collect();
        assert!(all.windows(2).all(|pair| pair[0].end() <= pair[1].address));
        assert_eq!(all.last().unwrap().end(), END);
    }

    #[test]
    fn access_follows_protection() {
        let space = space();
        let allows = |address, length, access| space.allows(END, address, length, access);
        assert!(allows(PROGRAM_BASE, 3 * PAGE_SIZE, Access::Read));
        assert!(!allows(PROGRAM_BASE, 3 * PAGE_SIZE, Access::Write));
        assert!(allows(
            PROGRAM_BASE + 2 * PAGE_SIZE,
            PAGE_SIZE,
            Access::Write
        ));
        assert!(!allows(
            PROGRAM_BASE + 2 * PAGE_SIZE,
            PAGE_SIZE + 1,
            Access::Read
        ));
        assert!(allows(space.package().address, 5000, Access::Read));
        assert!(!allows(space.package().address, 1, Access::Write));
        assert!(allows(END - 1, 1, Access::Write));
        assert!(!allows(END - 1, 2, Access::Read));
        assert!(!allows(u64::MAX, 2, Access::Read));
        assert!(!allows(0, 1, Access::Read));
        assert!(allows(0, 0, Access::Write));
        assert!(!allows(STACK_BASE - 1, 1, Access::Read));
        assert!(!allows(BOOT_BLOCK, 1, Access::Write));
    }

    #[test]
    fn bad_segments_are_refused() {
        let bad = |segments| AddressSpace::new(segments, 0).unwrap_err();
        assert_eq!(bad(vec![]), SpaceError::Empty);
        let mut low = segment(0, 1, Protection::Read);
        low.address = MEMORY_BASE;
        assert_eq!(bad(vec![low]), SpaceError::Outside(MEMORY_BASE));
        let twice = vec![
            segment(0, 2, Protection::Read),
            segment(1, 2, Protection::Read),
        ];
        assert!(matches!(bad(twice), SpaceError::Overlap(_)));
        let mut odd = segment(0, 1, Protection::Read);
        odd.length = 17;
        assert!(matches!(bad(vec![odd]), SpaceError::Unaligned(_)));
        let huge = vec![segment(0, u64::MAX / PAGE_SIZE, Protection::Read)];
        assert!(matches!(bad(huge), SpaceError::Outside(_)));
        assert!(AddressSpace::new(vec![segment(0, 1, Protection::Read)], u64::MAX).is_err());
    }

    #[test]
    fn the_protection_table_is_indexed_by_discriminant() {
        for (protection, _, name) in Protection::TABLE {
            assert_eq!(protection.name(), name);
        }
    }
}
