//! The memory that PCRE2 asks for, from Rust's allocator; and the one function of `string.h` that others don't bring.

use alloc::alloc::{Layout, alloc, dealloc};
use core::ffi::{c_int, c_void};
use core::ptr;

/// A block's size, in front of it. As large as the alignment that C expects.
const HEADER: usize = 16;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

#[unsafe(no_mangle)]
extern "C" fn brood_pcre_allocate(size: usize) -> *mut c_void {
    let Some(layout) = layout(size) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout has at least the header's size.
    let block = unsafe { alloc(layout) };
    if block.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block begins with the header, aligned for it.
    unsafe {
        block.cast::<usize>().write(layout.size());
        block.add(HEADER).cast()
    }
}

/// # Safety
///
/// `block` is null, or was allocated by [`brood_pcre_allocate`] and not released.
#[unsafe(no_mangle)]
unsafe extern "C" fn brood_pcre_release(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the caller's promise: the header with the size is there, and the layout is the one of the allocation.
    unsafe {
        let block = block.cast::<u8>().sub(HEADER);
        let size = block.cast::<usize>().read();
        dealloc(block, Layout::from_size_align_unchecked(size, HEADER));
    }
}

/// `memchr`.
///
/// # Safety
///
/// `length` bytes can be read at `bytes`.
#[unsafe(no_mangle)]
unsafe extern "C" fn brood_pcre_find(
    bytes: *const c_void,
    value: c_int,
    length: usize,
) -> *const c_void {
    if length == 0 {
        return ptr::null();
    }
    // SAFETY: the caller's promise.
    let slice = unsafe { core::slice::from_raw_parts(bytes.cast::<u8>(), length) };
    match memchr::memchr(value as u8, slice) {
        Some(index) => slice[index..].as_ptr().cast(),
        None => ptr::null(),
    }
}
