//! One try: whatever bytes a boot block and the tables behind it have, those who read them get times, names and numbers,
//! and no more of them than there are bytes.

use brood_abi::file::{Entries, Mounts};
use brood_abi::layout::{PAGE_SIZE, is_page_aligned, page_up};
use brood_abi::ring::{completion_offset, submission_offset};
use brood_abi::{BootBlock, Error, Operation, Signal};
use zerocopy::{FromBytes, IntoBytes};

pub fn run(bytes: &[u8]) {
    let Ok((block, tables)) = BootBlock::read_from_prefix(bytes) else {
        return;
    };
    assert_eq!(block.as_bytes(), &bytes[..size_of::<BootBlock>()]);
    let clock = block.clock;
    // Before it began it stands still; a tick after that it has not run backwards.
    assert_eq!(clock.monotonic(0), clock.monotonic(clock.tsc_base));
    for tsc in [
        clock.tsc_base,
        clock.tsc_base.saturating_add(1),
        block.launched,
        u64::MAX,
    ] {
        let wall = (clock.monotonic(tsc) as i64).wrapping_add(clock.wall_offset);
        assert_eq!(clock.wall(tsc), wall);
    }
    for extent in [block.heap, block.package, block.argument, block.mounts] {
        assert!(extent.end() >= extent.address);
        if let Some(end) = page_up(extent.address) {
            assert!(is_page_aligned(end) && end - extent.address < PAGE_SIZE);
        }
    }

    let mounts = Mounts(tables).map(|(_, path)| path);
    within(tables, mounts, 8);
    let entries = Entries(tables).map(|(_, name)| name);
    within(tables, entries, 4);

    let word = block.flags;
    assert!(submission_offset(word) < PAGE_SIZE && completion_offset(word) < PAGE_SIZE);
    let code = word as u16;
    assert!(Operation::from_code(code).is_none_or(|operation| operation.code() == code));
    let number = word as u8;
    assert!(Signal::from_code(number).is_none_or(|signal| signal.code() == number));
    assert!(Error::from_posix(word as i32).code() < 0);
}

/// Checks that these are parts of the bytes, in order, with a head of so many bytes before each.
fn within<'a>(bytes: &'a [u8], parts: impl Iterator<Item = &'a [u8]>, head: usize) {
    let mut free = bytes.as_ptr().addr();
    let end = free + bytes.len();
    for part in parts {
        let start = part.as_ptr().addr();
        assert!(start >= free + head && start + part.len() <= end);
        free = start + part.len();
    }
}
