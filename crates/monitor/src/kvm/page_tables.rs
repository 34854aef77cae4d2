//! Page tables for an address space: guest-virtual and guest-physical addresses are the same, except
//! for the program.
//!
//! They lie in a slot of their own below guest memory, behind the page with the task state segment;
//! are built once for each pair of address space and memory size, and are shared by all instances
//! of it: with accessed and dirty bits set beforehand, nobody ever writes them.
//!
//! Of an image that is used often, what can't be written of its program lies there, too: one copy for
//! all instances. Its pages are there already, so that an instance which touches one has no fault of the
//! host, and KVM maps the ones beside it at once. (Pages of the image itself it would map one by one.)
//!
//! The task state segment is there for its I/O permission bitmap, which lets CPL 3 write to the
//! doorbell's port and to no other. It is mapped for the processor alone (no user bit); the tables
//! themselves are not mapped at all.

use brood_abi::layout::{DOORBELL_PORT, MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE};
use brood_image::{AddressSpace, Image, Mapping, Protection};

use super::ram::{self, Ram};
use crate::error::Error;

/// Guest-physical address of the slot, and virtual and physical address of the task state segment.
pub(crate) const SYSTEM_BASE: u64 = 0x10_0000;
/// Guest-physical address of the root table.
pub(crate) const TABLES_BASE: u64 = SYSTEM_BASE + PAGE_SIZE;
/// Guest-physical address of the copy of what lies at [`PROGRAM_BASE`].
const COPY_BASE: u64 = 0x20_0000;

/// Offset of the I/O permission bitmap in the task state segment: right behind the fixed part.
const BITMAP: usize = 104;
/// Offset of the field that says so.
const BITMAP_FIELD: usize = 102;
/// Limit of the task state segment. Ports whose bit lies beyond are forbidden; the processor reads
/// two bytes of the bitmap at once.
pub(crate) const TASK_STATE_LIMIT: u32 = (BITMAP + DOORBELL_PORT as usize / 8 + 1) as u32;

const LARGE_PAGE: u64 = 2 << 20;
const ENTRIES: usize = 512;

const PRESENT: u64 = 1 << 0;
const WRITABLE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const ACCESSED: u64 = 1 << 5;
const DIRTY: u64 = 1 << 6;
const LARGE: u64 = 1 << 7;
const NO_EXECUTE: u64 = 1 << 63;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

/// Four-level page tables, in memory that a slot can show to a virtual machine.
pub(crate) struct PageTables {
    ram: Ram,
}

impl PageTables {
    /// Tables for this space, with memory up to `memory_end`.
    pub(crate) fn build(space: &AddressSpace, memory_end: u64) -> Result<PageTables, Error> {
        PageTables::with(space, memory_end, &[])
    }

    /// The same for clones of this image, with a copy of what can't be written of its program.
    pub(crate) fn with_program(image: &Image, memory_end: u64) -> Result<PageTables, Error> {
        let segments = image.space().segments();
        let constant = |segment: &&Mapping| segment.protection != Protection::ReadWrite;
        let copied: Vec<Mapping> = segments.iter().filter(constant).copied().collect();
        let mut tables = PageTables::with(image.space(), memory_end, &copied)?;
        for segment in copied {
            let mut bytes = vec![0; segment.length as usize];
            ram::read_image(image, segment.address, &mut bytes)
                .map_err(Error::host("read the image"))?;
            tables.write(physical(&segment), &bytes)?;
        }
        Ok(tables)
    }

    /// Tables that show `copied` in the copy.
    fn with(
        space: &AddressSpace,
        memory_end: u64,
        copied: &[Mapping],
    ) -> Result<PageTables, Error> {
        let tables = build(placed(space, memory_end, copied));
        let tables_end = TABLES_BASE + tables.len() as u64 * PAGE_SIZE;
        let copy_end = copied.last().map(|last| physical(last) + last.length);
        // 64 GiB of memory need 64 directories and a few tables.
        let end = copy_end.unwrap_or(tables_end);
        if tables_end > COPY_BASE || end > MEMORY_BASE {
            return Err(Error::MemoryLimit(memory_end - MEMORY_BASE));
        }
        let mut all = PageTables {
            ram: Ram::zeroed(end - SYSTEM_BASE)?,
        };
        // After a fork KVM would see pages that can't be written, and map them one by one.
        all.ram
            .keep_to_ourselves()
            .map_err(Error::host("madvise"))?;
        let tables = tables
            .iter()
            .flatten()
            .flat_map(|entry| entry.to_le_bytes());
        let contents: Vec<u8> = task_state().into_iter().chain(tables).collect();
        all.write(SYSTEM_BASE, &contents)?;
        Ok(all)
    }

    /// Writes to a guest-physical address.
    fn write(&mut self, physical: u64, bytes: &[u8]) -> Result<(), Error> {
        // `Ram` counts from where guest memory begins.
        let address = physical - SYSTEM_BASE + MEMORY_BASE;
        if self.ram.write(address, bytes) {
            Ok(())
        } else {
            Err(Error::MemoryLimit(bytes.len() as u64))
        }
    }

    /// Where they are on the host, and how long they are.
    pub(crate) fn ram(&self) -> &Ram {
        &self.ram
    }
}

/// Guest-physical address of the copy of a segment.
fn physical(segment: &Mapping) -> u64 {
    segment.address - PROGRAM_BASE + COPY_BASE
}

/// The mappings of a space, each with its guest-physical address.
fn placed<'a>(
    space: &'a AddressSpace,
    memory_end: u64,
    copied: &'a [Mapping],
) -> impl Iterator<Item = (Mapping, u64)> + 'a {
    space.mappings(memory_end).map(|mapping| {
        let place = match copied.contains(&mapping) {
            true => physical(&mapping),
            false => mapping.address,
        };
        (mapping, place)
    })
}

/// The page of the task state segment.
fn task_state() -> [u8; PAGE_SIZE as usize] {
    let mut page = [0; PAGE_SIZE as usize];
    page[BITMAP_FIELD..BITMAP].copy_from_slice(&(BITMAP as u16).to_le_bytes());
    page[BITMAP..].fill(0xff);
    page[BITMAP + usize::from(DOORBELL_PORT / 8)] &= !(1 << (DOORBELL_PORT % 8));
    page
}

type Table = [u64; ENTRIES];

/// Tables for these mappings (page-aligned, without overlap, below 2^47), each with its guest-physical
/// address.
fn build(mappings: impl Iterator<Item = (Mapping, u64)>) -> Vec<Table> {
    let mut tables = vec![[0; ENTRIES]];
    let task_state = (
        SYSTEM_BASE,
        SYSTEM_BASE + PAGE_SIZE,
        SYSTEM_BASE,
        NO_EXECUTE,
    );
    let guest = mappings.map(|(mapping, place)| {
        let bits = match mapping.protection {
            Protection::Read => NO_EXECUTE,
            Protection::ReadWrite => NO_EXECUTE | WRITABLE,
            Protection::ReadExecute => 0,
        };
        (mapping.address, mapping.end(), place, USER | bits)
    });
    for (start, end, place, bits) in guest.chain([task_state]) {
        let leaf = PRESENT | ACCESSED | DIRTY | bits;
        let mut address = start;
        while address < end {
            let place = place + (address - start);
            let is_large = address.is_multiple_of(LARGE_PAGE)
                && place.is_multiple_of(LARGE_PAGE)
                && end - address >= LARGE_PAGE;
            let (levels, size, kind) = if is_large {
                (2, LARGE_PAGE, LARGE)
            } else {
                (3, PAGE_SIZE, 0)
            };
            let mut table = 0;
            for level in 0..levels {
                let entry = tables[table][index(address, level)];
                table = if entry == 0 {
                    tables.push([0; ENTRIES]);
                    let next = tables.len() - 1;
                    let physical = TABLES_BASE + next as u64 * PAGE_SIZE;
                    tables[table][index(address, level)] =
                        physical | PRESENT | WRITABLE | USER | ACCESSED;
                    next
                } else {
                    ((entry & ADDRESS) - TABLES_BASE) as usize / PAGE_SIZE as usize
                };
            }
            tables[table][index(address, levels)] = place | leaf | kind;
            address += size;
        }
    }
    tables
}

/// Index into the table of `level` (0: the root).
fn index(address: u64, level: u32) -> usize {
    (address >> (39 - 9 * level)) as usize % ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;
    use brood_abi::layout::{BOOT_BLOCK, HYPERCALL_PAGE, PROGRAM_BASE, STACK_BASE};
    use brood_image::AddressSpace;

    /// Walks the tables as the processor does.
    fn walk(tables: &[Table], address: u64) -> Option<u64> {
        let mut table = 0;
        for level in 0..4 {
            let entry = tables[table][index(address, level)];
            if entry & PRESENT == 0 {
                return None;
            }
            if level == 3 || entry & LARGE != 0 {
                return Some(entry);
            }
            table = ((entry & ADDRESS) - TABLES_BASE) as usize / PAGE_SIZE as usize;
        }
        None
    }

    #[test]
    fn every_page_has_exactly_its_protection_and_place() {
        let segment = |page: u64, protection| Mapping {
            address: PROGRAM_BASE + page * PAGE_SIZE,
            length: PAGE_SIZE,
            protection,
        };
        let segments = vec![
            segment(0, Protection::ReadExecute),
            segment(1, Protection::Read),
            segment(2, Protection::ReadWrite),
        ];
        let space = AddressSpace::new(segments, 1).unwrap();
        let end = MEMORY_BASE + (16 << 20) + PAGE_SIZE;
        let is_copied = |mapping: &Mapping| *mapping == space.segments()[0];
        let tables = build(placed(&space, end, &space.segments()[..1]));
        let mut address = 0;
        while address < end + LARGE_PAGE {
            let expected = space
                .mappings(end)
                .find(|mapping| (mapping.address..mapping.end()).contains(&address));
            let entry = walk(&tables, address).filter(|entry| entry & USER != 0);
            assert_eq!(entry.is_some(), expected.is_some(), "{address:#x}");
            if let (Some(entry), Some(mapping)) = (entry, expected) {
                let size = if entry & LARGE != 0 {
                    LARGE_PAGE
                } else {
                    PAGE_SIZE
                };
                let moved = if is_copied(&mapping) {
                    PROGRAM_BASE - COPY_BASE
                } else {
                    0
                };
                assert_eq!(
                    (entry & ADDRESS) + moved,
                    address / size * size,
                    "{address:#x}"
                );
                let writable = mapping.protection == Protection::ReadWrite;
                let executable = mapping.protection == Protection::ReadExecute;
                assert_eq!(entry & WRITABLE != 0, writable, "{address:#x}");
                assert_eq!(entry & NO_EXECUTE == 0, executable, "{address:#x}");
                assert!(entry & WRITABLE == 0 || entry & NO_EXECUTE != 0);
            }
            address += PAGE_SIZE;
        }
        assert!(walk(&tables, 0).is_none());
        assert!(walk(&tables, STACK_BASE - 1).is_none());
        assert!(walk(&tables, SYSTEM_BASE).is_some_and(|entry| entry & USER == 0));
        assert!(
            walk(&tables, TABLES_BASE).is_none(),
            "the tables must not be mapped"
        );
        assert!(walk(&tables, HYPERCALL_PAGE).is_some() && walk(&tables, BOOT_BLOCK).is_some());
        assert!(tables.len() < 16, "{} tables", tables.len());
    }

    #[test]
    fn the_bitmap_permits_one_port() {
        let page = task_state();
        let permitted: Vec<usize> = (0..=u16::MAX as usize)
            .filter(|port| BITMAP + port / 8 < TASK_STATE_LIMIT as usize)
            .filter(|port| page[BITMAP + port / 8] & 1 << (port % 8) == 0)
            .collect();
        assert_eq!(permitted, [usize::from(DOORBELL_PORT)]);
    }
}
