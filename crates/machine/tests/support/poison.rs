//! An allocator that fills memory with a pattern when it is handed out and when it is freed. What reads memory that
//! it must not read then finds a word that is no term, instead of what happened to be there.

use std::alloc::{GlobalAlloc, Layout, System};

/// Neither a valid address nor a small number, whatever bits are taken for tags.
const FRESH: u8 = 0xa7;
const FREED: u8 = 0xd9;

/// The system's allocator with patterns. Blocks that grow always move.
pub struct Poison;

// SAFETY: memory comes from the system's allocator and goes back there with the same layout; it is written to only
// within its bounds, before the caller has it or after the caller gave it back.
unsafe impl GlobalAlloc for Poison {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is that of the system's allocator.
        unsafe {
            let block = System.alloc(layout);
            if !block.is_null() {
                block.write_bytes(FRESH, layout.size());
            }
            block
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is that of the system's allocator.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is that of the system's allocator.
        unsafe {
            block.write_bytes(FREED, layout.size());
            System.dealloc(block, layout);
        }
    }
}
