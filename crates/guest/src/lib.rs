//! What runs at the bottom of an instance: the way in, the heap, the memory functions that
//! compilers expect, and the guest's side of the contract's rings.
//!
//! There is nothing below: no kernel, no C library, no threads, no signals. A program on top of
//! this crate is `no_std` with `alloc`, gives its main function to [`entry!`], and talks to its
//! monitor through [`Rings`].
//!
//! ## Principles
//!
//! * **Nothing kept twice.** The state of the rings is in the ring page and the state of the
//!   instance in the boot block; both are read where they are, since both are new after a clone.
//! * **One thread.** An instance has one processor and no interrupts, so nothing here locks.
//! * **Touch few pages.** Each page that a clone touches first costs it a trip through the host.
//!
//! ## Map
//!
//! * [`entry!`]: the way in
//! * [`boot`]: the boot block and time
//! * [`rings`]: submissions, the doorbell, completions, and each operation as a function
//! * `heap`: the global allocator
//! * `memory`: `memcpy` and its kin
//! * `platform`, `files`: the machine's outside, over the contract
//! * `panic`: a panic ends the instance, with the message as slogan
//!
//! The library builds anywhere; the programs only with the feature `bare` and the flags of
//! `embed.rs`, which build scripts of other crates include.
#![no_std]

extern crate alloc;

pub mod boot;
#[cfg(feature = "machine")]
mod files;
#[cfg(feature = "bare")]
mod heap;
pub mod memory;
#[cfg(feature = "bare")]
mod panic;
#[cfg(feature = "machine")]
pub mod platform;
pub mod rings;

#[cfg(feature = "bare")]
pub use heap::{claimed_end, clear_free};
pub use rings::Rings;

/// Makes `$main`, a `fn() -> !`, what runs when a fresh instance is entered.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        // The monitor enters with `rsp` at the top of the stack, which is aligned to 16 bytes; the
        // zero in `rbp` ends the chain of frames.
        ::core::arch::global_asm!(
            ".globl _start",
            "_start:",
            "xor ebp, ebp",
            "call {main}",
            "ud2",
            main = sym brood_guest_main,
        );

        extern "C" fn brood_guest_main() -> ! {
            $main()
        }
    };
}
