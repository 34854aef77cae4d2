//! The global allocator: `talc` over the heap that the boot block gives.
//!
//! The heap is claimed from its start in steps, so that an image keeps only what was needed, and a
//! clone may have less (or more) memory than the instance that was frozen.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use brood_abi::layout::{PAGE_SIZE, page_up};
use talc::TalcCell;
use talc::base::Talc;
use talc::base::binning::Binning;
use talc::source::Source;

use crate::boot::boot_block;

/// The heap grows by at least this much.
const STEP: u64 = 256 << 10;
/// What the allocator may need beside the bytes asked for.
const OVERHEAD: u64 = 4096;

/// A part of the heap that is not given out: one word for so many, and what a dump needs beside.
const RESERVE_PART: u64 = 32;
const RESERVE: u64 = 1 << 20;

/// Whether that is so.
static HOLDS_RESERVE: AtomicBool = AtomicBool::new(false);

/// Holds the reserve back, or gives it out.
pub(crate) fn hold_reserve(hold: bool) {
    HOLDS_RESERVE.store(hold, Ordering::Relaxed);
}

/// Whether the heap may be claimed further.
static MAY_GROW: AtomicBool = AtomicBool::new(true);

#[derive(Clone, Debug)]
struct Growing {
    end: Option<NonNull<u8>>,
}

// SAFETY: `acquire` allocates nothing, and gives `talc` only memory of the heap that the boot block
// describes, each byte once.
unsafe impl Source for Growing {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        if !MAY_GROW.load(Ordering::Relaxed) {
            return Err(());
        }
        let heap = boot_block().heap;
        let wanted = (layout.size() as u64)
            .checked_add(layout.align() as u64 + OVERHEAD)
            .and_then(page_up)
            .ok_or(())?;
        let from = talc
            .source
            .end
            .map_or(heap.address, |end| end.addr().get() as u64);
        let reserve = match HOLDS_RESERVE.load(Ordering::Relaxed) {
            true => heap.length / RESERVE_PART + RESERVE,
            false => 0,
        };
        let left = heap.end().saturating_sub(from).saturating_sub(reserve);
        if wanted > left {
            return Err(());
        }
        let to = from + wanted.max(STEP).min(left);
        // SAFETY: `[from, to)` lies in the heap, is mapped readable and writable, and was not given
        // away before: `from` is the end of what was.
        let end = unsafe {
            match talc.source.end {
                Some(end) => Some(talc.extend(end, to as *mut u8)),
                None => talc.claim(from as *mut u8, (to - from) as usize),
            }
        };
        talc.source.end = Some(end.ok_or(())?);
        Ok(())
    }
}

struct Heap(TalcCell<Growing>);

// SAFETY: an instance has one thread and no interrupts.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(TalcCell::new(Growing { end: None }));

// SAFETY: everything is `TalcCell`'s.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.realloc(pointer, layout, new_size) }
    }
}

/// End of the memory that the allocator has claimed, a page boundary: what to keep of a frozen
/// instance.
pub fn claimed_end() -> u64 {
    let end = HEAP.0.clone_source().end;
    end.and_then(|end| page_up(end.addr().get() as u64))
        .unwrap_or_else(|| boot_block().heap.address)
}

/// A gap while it is being cleared: its own first bytes.
struct Cleared {
    next: *mut Cleared,
    size: usize,
}

/// Fills with zeros what is free, but for the allocator's own few words at the ends of each gap: pages of zeros take no
/// room in an image. Gaps that can have no whole page in them stay as they are.
pub fn clear_free() {
    MAY_GROW.store(false, Ordering::Relaxed);
    let mut cleared: *mut Cleared = core::ptr::null_mut();
    // The largest gap, taken as a whole, until none is left: nothing is split, so that no words of the allocator's stay
    // behind in the middle of a gap.
    while let Some((gap, size)) = take_largest_gap() {
        // SAFETY: the block is `size` bytes, more than a `Cleared` takes and aligned for one; nobody else knows of it.
        unsafe {
            gap.write_bytes(0, size);
            let gap = gap.cast::<Cleared>();
            let next = cleared;
            gap.write(Cleared { next, size });
            cleared = gap;
        }
    }
    while !cleared.is_null() {
        // SAFETY: the list has what was written above. The block is given back with the size that it was taken with.
        unsafe {
            let Cleared { next, size } = cleared.read();
            cleared.cast::<u8>().write_bytes(0, size_of::<Cleared>());
            HEAP.0.dealloc(cleared.cast(), gap_layout(size));
            cleared = next;
        }
    }
    MAY_GROW.store(true, Ordering::Relaxed);
}

fn gap_layout(size: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and no size that is asked for comes near the largest of all.
    unsafe { Layout::from_size_align_unchecked(size, align_of::<Cleared>()) }
}

/// Allocates the largest gap of at least a page, all of it. Gives its address and its size.
fn take_largest_gap() -> Option<(*mut u8, usize)> {
    let take = |size| {
        // SAFETY: the size is not zero.
        let gap = unsafe { HEAP.0.alloc(gap_layout(size)) };
        (!gap.is_null()).then_some(gap)
    };
    let unit = align_of::<Cleared>();
    let mut fits = PAGE_SIZE as usize;
    let mut gap = take(fits)?;
    let mut too_large = (boot_block().heap.length as usize).next_multiple_of(unit) + unit;
    while too_large - fits > unit {
        let size = (fits + (too_large - fits) / 2) / unit * unit;
        // SAFETY: the block was taken with this size, and has not been given back.
        unsafe { HEAP.0.dealloc(gap, gap_layout(fits)) };
        match take(size) {
            Some(larger) => (gap, fits) = (larger, size),
            // What could be taken before can be taken again: the gaps are as they were.
            None => (gap, too_large) = (take(fits)?, size),
        }
    }
    Some((gap, fits))
}
