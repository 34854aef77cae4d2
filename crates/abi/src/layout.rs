//! The memory map of an instance.
//!
//! Guest memory is one contiguous run from [`MEMORY_BASE`] to `BootBlock::memory_end`. Nothing
//! outside it is mapped, so address 0 faults. Within it, from low to high:
//!
//! | from | guest may | what |
//! | --- | --- | --- |
//! | [`HYPERCALL_PAGE`] | read, execute | the doorbell's code, written by the monitor |
//! | [`BOOT_BLOCK`] | read | [`BootBlock`](crate::BootBlock), written by the monitor for each instance |
//! | [`RING_PAGE`] | read, write | [`Indices`](crate::Indices), [`Stamps`](crate::Stamps), both rings |
//! | up to [`STACK_BASE`] | nothing | unmapped: a stack that overflows faults here |
//! | [`STACK_BASE`] | read, write | the stack, down from [`STACK_TOP`] |
//! | [`STACK_TOP`] | nothing | one unmapped page |
//! | [`PROGRAM_BASE`] | as its ELF segment says | the program |
//! | `BootBlock::package` | read | the package, whole pages; kept in the image |
//! | `BootBlock::heap_start` | read, write | memory for the guest's allocator; zero when fresh |
//! | `BootBlock::argument` | read, write | the argument, in the last pages of memory |
//!
//! One unmapped page lies before the package and one before the heap. No page is ever both
//! writable and executable; page tables, where the backend has them, are not in this map at all.

/// Size of a page; every area begins and ends on such a boundary.
pub const PAGE_SIZE: u64 = 4096;

/// First address of guest memory.
pub const MEMORY_BASE: u64 = 0x1000_0000;

/// The hypercall page. Its first byte is the first instruction of a function without arguments or
/// result, callable by the System V ABI, that rings the doorbell: the monitor takes every
/// submission up to the tail, in order, and returns when it has acted on them. The function needs
/// 64 bytes of stack.
pub const HYPERCALL_PAGE: u64 = MEMORY_BASE;

/// Where a clone is entered: code in the hypercall page that takes the callee-saved registers from
/// the stack, in the order that the doorbell function left them, and returns to its caller.
pub const HYPERCALL_RESUME: u64 = HYPERCALL_PAGE + 0x800;

/// The boot block's page.
pub const BOOT_BLOCK: u64 = MEMORY_BASE + 0x1000;

/// The page with both rings, their indices and the stamps.
pub const RING_PAGE: u64 = MEMORY_BASE + 0x2000;

/// Lowest address of the stack. The page below is unmapped.
pub const STACK_BASE: u64 = MEMORY_BASE + 0x1_0000;

/// End of the stack, and `rsp` when a fresh instance is entered. The page above is unmapped.
pub const STACK_TOP: u64 = MEMORY_BASE + 0x1f_f000;

/// Lowest address of an ELF segment.
pub const PROGRAM_BASE: u64 = MEMORY_BASE + 0x20_0000;

/// Least memory of an instance, in bytes.
pub const MEMORY_MIN: u64 = 4 << 20;

/// Most memory of an instance, in bytes.
pub const MEMORY_MAX: u64 = 64 << 30;

/// The I/O port that the `kvm` backend's hypercall page writes to. No other port may be touched.
pub const DOORBELL_PORT: u16 = 0xb7;

/// `address` rounded up to a page boundary, or `None` when that would overflow.
pub const fn page_up(address: u64) -> Option<u64> {
    match address.checked_add(PAGE_SIZE - 1) {
        Some(sum) => Some(sum & !(PAGE_SIZE - 1)),
        None => None,
    }
}

/// Whether `address` lies on a page boundary.
pub const fn is_page_aligned(address: u64) -> bool {
    address.is_multiple_of(PAGE_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_ordered_and_aligned() {
        let order = [
            HYPERCALL_PAGE,
            BOOT_BLOCK,
            RING_PAGE,
            STACK_BASE - PAGE_SIZE,
            STACK_BASE,
            STACK_TOP,
            PROGRAM_BASE,
        ];
        assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(order.iter().all(|&address| is_page_aligned(address)));
        const { assert!(MEMORY_BASE + MEMORY_MIN > PROGRAM_BASE) };
    }

    #[test]
    fn page_up_rounds_and_refuses_overflow() {
        assert_eq!(page_up(0), Some(0));
        assert_eq!(page_up(1), Some(4096));
        assert_eq!(page_up(4096), Some(4096));
        assert_eq!(page_up(u64::MAX), None);
    }
}
