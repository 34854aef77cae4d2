//! The boot block, and time.

use brood_abi::{BootBlock, layout};
use core::arch::x86_64::_rdtsc;

/// The boot block as it is now. Another one is there after a clone woke up.
pub fn boot_block() -> BootBlock {
    // SAFETY: the contract maps the boot block there, readable and for as long as the instance
    // lives; every bit pattern is a valid `BootBlock`. Volatile, since a clone's is another.
    unsafe { (layout::BOOT_BLOCK as *const BootBlock).read_volatile() }
}

/// The argument that the parent gave. It lies at the end of memory and may be dropped (by using the
/// memory otherwise) only when nobody holds this any more.
pub fn argument(block: &BootBlock) -> &'static [u8] {
    bytes(block.argument)
}

/// The package that the image was built from.
pub fn package(block: &BootBlock) -> &'static [u8] {
    bytes(block.package)
}

/// The table of mounts.
pub fn mount_table(block: &BootBlock) -> &'static [u8] {
    bytes(block.mounts)
}

fn bytes(extent: brood_abi::boot::Extent) -> &'static [u8] {
    if extent.length == 0 {
        return &[];
    }
    // SAFETY: the contract maps the extents of the boot block readable; neither the heap nor
    // anything else of the guest overlaps them, so nobody writes.
    unsafe { core::slice::from_raw_parts(extent.address as *const u8, extent.length as usize) }
}

/// The time-stamp counter.
pub fn counter() -> u64 {
    // SAFETY: `rdtsc` reads a counter, and the contract allows it.
    unsafe { _rdtsc() }
}

/// Monotonic time of the host, in nanoseconds.
pub fn monotonic() -> u64 {
    boot_block().clock.monotonic(counter())
}
