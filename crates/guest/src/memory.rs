//! `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp` and `strlen`, which compiled code calls.
//!
//! Short runs are moved in a few overlapping words; long ones by the processor's string
//! instructions, which current processors run at full width but take a while to begin. The functions here may be called
//! under their own names anywhere; the C names exist only in guest programs.

use core::arch::asm;

/// Copies `length` bytes from `source` to `target`, which may overlap.
///
/// # Safety
///
/// `source` must be readable and `target` writable for `length` bytes.
#[inline(always)]
pub unsafe fn move_bytes(target: *mut u8, source: *const u8, length: usize) {
    if length <= 32 {
        // SAFETY: the caller's promise.
        unsafe { move_short(target, source, length) };
    } else if length <= 64 {
        // SAFETY: the caller's promise, and the length is more than 32.
        unsafe { move_blocks::<2>(target, source, length) };
    } else if length <= 128 {
        // SAFETY: the caller's promise, and the length is more than 64.
        unsafe { move_blocks::<4>(target, source, length) };
    } else if target.addr().wrapping_sub(source.addr()) >= length {
        // SAFETY: the caller's promise; going up, no byte is overwritten before it was read, since
        // the target is below the source or beyond its end.
        unsafe {
            asm!("rep movsb", inout("rcx") length => _, inout("rdi") target => _,
                inout("rsi") source => _, options(nostack, preserves_flags));
        }
    } else {
        // SAFETY: the caller's promise; going down, since the target begins within the source.
        unsafe { move_down(target, source, length) };
    }
}

/// At most 32 bytes: everything is read before anything is written.
#[inline(always)]
unsafe fn move_short(target: *mut u8, source: *const u8, length: usize) {
    macro_rules! two {
        ($word:ty) => {{
            let last = length - size_of::<$word>();
            // SAFETY: both words lie within the `length` bytes.
            unsafe {
                let low = source.cast::<$word>().read_unaligned();
                let high = source.add(last).cast::<$word>().read_unaligned();
                target.cast::<$word>().write_unaligned(low);
                target.add(last).cast::<$word>().write_unaligned(high);
            }
        }};
    }
    match length {
        0 => {}
        // SAFETY: the one byte is there.
        1 => unsafe { *target = *source },
        2..=3 => two!(u16),
        4..=7 => two!(u32),
        8..=15 => two!(u64),
        _ => two!(u128),
    }
}

/// More than `16 * N` and at most `32 * N` bytes: everything is read before anything is written.
#[inline(always)]
unsafe fn move_blocks<const N: usize>(target: *mut u8, source: *const u8, length: usize) {
    let last = length - 16 * N;
    // SAFETY: the first and the last `16 * N` bytes lie within the `length` bytes.
    unsafe {
        let low = source.cast::<[u128; N]>().read_unaligned();
        let high = source.add(last).cast::<[u128; N]>().read_unaligned();
        target.cast::<[u128; N]>().write_unaligned(low);
        target.add(last).cast::<[u128; N]>().write_unaligned(high);
    }
}

/// More than 32 bytes, from the end to the beginning.
#[inline(always)]
unsafe fn move_down(target: *mut u8, source: *const u8, length: usize) {
    let mut left = length;
    while left >= 16 {
        left -= 16;
        // SAFETY: the word lies within the `length` bytes. The empty `asm` keeps the compiler from
        // making a call of `memmove` out of this loop.
        unsafe {
            let word = source.add(left).cast::<u128>().read_unaligned();
            target.add(left).cast::<u128>().write_unaligned(word);
            asm!("", options(nostack, preserves_flags));
        }
    }
    // SAFETY: the first `left` bytes, at most 15, are still as they were.
    unsafe { move_short(target, source, left) };
}

/// Writes `length` times `byte`.
///
/// # Safety
///
/// `target` must be writable for `length` bytes.
#[inline(always)]
pub unsafe fn set_bytes(target: *mut u8, byte: u8, length: usize) {
    macro_rules! two {
        ($word:ty) => {{
            let word = <$word>::from_ne_bytes([byte; size_of::<$word>()]);
            // SAFETY: both words lie within the `length` bytes.
            unsafe {
                target.cast::<$word>().write_unaligned(word);
                target
                    .add(length - size_of::<$word>())
                    .cast::<$word>()
                    .write_unaligned(word);
            }
        }};
    }
    match length {
        0 => {}
        // SAFETY: the one byte is there.
        1 => unsafe { *target = byte },
        2..=3 => two!(u16),
        4..=7 => two!(u32),
        8..=15 => two!(u64),
        16..=32 => two!(u128),
        // SAFETY: the caller's promise.
        _ => unsafe {
            asm!("rep stosb", inout("rcx") length => _, inout("rdi") target => _, in("al") byte,
                options(nostack, preserves_flags));
        },
    }
}

/// Compares as `memcmp` does: negative, zero or positive.
///
/// # Safety
///
/// Both must be readable for `length` bytes.
#[inline(always)]
pub unsafe fn compare_bytes(left: *const u8, right: *const u8, length: usize) -> i32 {
    let mut at = 0;
    while at + 8 <= length {
        // SAFETY: the word lies within the `length` bytes.
        let (a, b) = unsafe {
            (
                left.add(at).cast::<u64>().read_unaligned(),
                right.add(at).cast::<u64>().read_unaligned(),
            )
        };
        if a != b {
            return if a.swap_bytes() < b.swap_bytes() {
                -1
            } else {
                1
            };
        }
        at += 8;
    }
    while at < length {
        // SAFETY: the byte lies within the `length` bytes.
        let (a, b) = unsafe { (*left.add(at), *right.add(at)) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
        at += 1;
    }
    0
}

/// The C names.
#[cfg(feature = "bare")]
mod exported {
    use super::*;

    // SAFETY (all): C's contracts for these functions are those of the functions they call.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, length: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { move_bytes(target, source, length) };
        target
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, length: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { move_bytes(target, source, length) };
        target
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(target: *mut u8, byte: i32, length: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { set_bytes(target, byte as u8, length) };
        target
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { compare_bytes(left, right, length) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { compare_bytes(left, right, length) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn strlen(text: *const u8) -> usize {
        let mut length = 0;
        // SAFETY: the caller promises a zero byte at the end. Volatile, so that the compiler
        // doesn't make a call of `strlen` out of this loop.
        while unsafe { text.add(length).read_volatile() } != 0 {
            length += 1;
        }
        length
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    const LENGTHS: [usize; 24] = [
        0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 100, 127, 128, 129,
        1000,
    ];

    #[test]
    fn moving_is_right_for_every_length_and_overlap() {
        for length in LENGTHS {
            for from in [0, 1, 40, 64, 65] {
                for to in [0, 1, 40, 50, 64, 66, 1200] {
                    let mut bytes: Vec<u8> = (0..2300).map(|i| (i * 7 % 251) as u8).collect();
                    let mut expected = bytes.clone();
                    expected.copy_within(from..from + length, to);
                    // SAFETY: both ranges lie within the 2300 bytes.
                    unsafe {
                        let base = bytes.as_mut_ptr();
                        move_bytes(base.add(to), base.add(from), length);
                    }
                    assert!(bytes == expected, "{length} bytes from {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn setting_and_comparing_are_right_for_every_length() {
        for length in LENGTHS {
            let mut bytes = [7; 1100];
            // SAFETY: 1 + length is at most 1001.
            unsafe { set_bytes(bytes.as_mut_ptr().add(1), 9, length) };
            assert!(bytes[1..=length].iter().all(|&b| b == 9) && bytes[0] == 7);
            assert_eq!(bytes[length + 1], 7);
            let mut other = bytes;
            // SAFETY: `length` is at most 1000.
            let compare = |a: &[u8; 1100], b: &[u8; 1100]| unsafe {
                compare_bytes(a.as_ptr(), b.as_ptr(), length)
            };
            assert_eq!(compare(&bytes, &other), 0);
            for at in (0..length).step_by(5) {
                other = bytes;
                other[at] = 200;
                assert!(compare(&bytes, &other) < 0 && compare(&other, &bytes) > 0);
            }
        }
    }
}
