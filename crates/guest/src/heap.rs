//! The global allocator: `talc` over the heap that the boot block gives.
//!
//! The heap is claimed from its start in steps, so that an image keeps only what was needed, and a
//! clone may have less (or more) memory than the instance that was frozen.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use brood_abi::boot::FLAG_BUILD;
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

#[derive(Clone, Debug)]
struct Growing {
    end: Option<NonNull<u8>>,
}

// SAFETY: `acquire` allocates nothing, and gives `talc` only memory of the heap that the boot block
// describes, each byte once.
unsafe impl Source for Growing {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
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
        // What is free needs no place in an image, if it is zero.
        if layout.size() >= PAGE_SIZE as usize && boot_block().flags & FLAG_BUILD != 0 {
            // SAFETY: the caller gives the block back, so nobody else refers to it.
            unsafe { pointer.write_bytes(0, layout.size()) };
        }
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
