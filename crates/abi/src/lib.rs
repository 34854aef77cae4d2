//! # The brood contract
//!
//! What an *instance* (the guest: a program at CPL 3 with no kernel below it) may expect from the
//! *monitor* that runs it, and what it must do in return. This crate is the specification: a
//! stranger who implements what is written here can run brood guests, or write a guest of another
//! kind. It holds constants, plain-old-data structures and pure functions; no policy and no I/O.
//!
//! It is not a library of drivers (those are in `brood-guest`) and it knows no Erlang.
//!
//! ## Principles
//!
//! * **One way out.** A guest leaves its memory only by calling the [hypercall page](layout), which
//!   rings the doorbell. There are no device registers, no interrupts, no system calls.
//! * **Everything at a fixed address.** Guest memory is one run that starts at
//!   [`layout::MEMORY_BASE`]; nothing in an image is ever relocated.
//! * **The monitor believes nothing.** Every index, address and length that the guest wrote is an
//!   allegation. One that does not hold is a violation, and a violation ends that instance.
//! * **Few exits.** One doorbell submits up to [`ring::SUBMISSIONS`] operations; time is read with
//!   `rdtsc`; a guest waits for everything it waits for with one [`Operation::Wait`].
//!
//! ## Versions
//!
//! [`VERSION`] names the whole contract: memory layout, boot block, rings and operations. A monitor
//! refuses an image of another version. Operation numbers are never reused with another meaning.
//!
//! ## The life of an instance
//!
//! 1. **Fresh** (building an image): the monitor loads a static ELF whose segments lie at or above
//!    [`layout::PROGRAM_BASE`], puts the *package* (bytes that only the guest understands) behind
//!    it, fills in the [boot block](BootBlock) with [`boot::FLAG_BUILD`] and enters at the ELF's
//!    entry point with `rsp` = [`layout::STACK_TOP`].
//! 2. **Frozen**: the guest submits [`Operation::Ready`]. The monitor keeps its memory and the
//!    stack pointer in an image. Nothing else is kept: the hypercall page's code has saved what the
//!    System V ABI calls callee-saved registers on the guest's stack.
//! 3. **Cloned**: the monitor maps the image's memory copy-on-write, writes a new boot block, the
//!    argument, the hypercall page and an empty ring page, and enters at
//!    [`layout::HYPERCALL_RESUME`] with the kept stack pointer. To the guest, the doorbell it rang
//!    for `Ready` returns, in a world with another boot block.
//! 4. **Ended**: by [`Operation::Exit`], by a fault, by a violation, by a limit, or by its parent.
//!
//! ## The processor an instance sees
//!
//! Long mode, CPL 3, interrupts never delivered, no IDT: any exception ends the instance and makes
//! the monitor write a crash report. At entry `rip` and `rsp` are as above and every other general
//! register is zero; the direction flag is clear; x87, SSE and `mxcsr` are in their power-on state
//! (`fcw` 0x37f, `mxcsr` 0x1f80). SSE2 is there; AVX and later extensions must not be used. `rdtsc`
//! works. `syscall`, `sysenter`, port instructions other than the hypercall page's, and the
//! `fs`/`gs` bases are not part of the contract.
//!
//! ## Map
//!
//! * [`layout`]: the fixed addresses and who may do what there
//! * [`boot`]: the boot block and its clock
//! * [`ring`]: submission and completion rings, and the guest's stamps
//! * [`operation`]: the table of operations and error codes
//! * [`file`]: files of the host: mounts, paths, handles, and the structures of their operations
#![no_std]
#![forbid(unsafe_code)]

pub mod boot;
pub mod file;
pub mod layout;
pub mod operation;
pub mod ring;

pub use boot::{BootBlock, Clock};
pub use operation::{Error, Operation, Signal};
pub use ring::{Completion, Indices, Stamps, Submission};

/// Version of the contract that this crate describes. Images and guests carry it; a monitor
/// refuses any other.
pub const VERSION: u32 = 2;
