//! What the monitor tells a cell, and what a cell tells the monitor. Shared by both: the cell is
//! compiled with this file, too.
//!
//! All messages are little-endian words of 64 bits, on a sequenced-packet socket.
//!
//! | direction | length in words | what |
//! | --- | --- | --- |
//! | to the cell, first | [`HEAD`] + ... | the plan: [`HEAD`] words, [`MAPPING`] words for each mapping, one for each instruction of the seccomp filter |
//! | from the cell | 1 | a doorbell: the guest's stack pointer. The first one says that the cell is set up |
//! | to the cell | 1 | go on |
//! | from the cell | [`FAULT`] | a fault; the cell then waits to be killed |

/// Words at the head of a plan: number of mappings, number of filter instructions, instruction
/// pointer, stack pointer, end of guest memory.
pub const HEAD: usize = 5;
/// Which of them is the end of guest memory.
pub const MEMORY_END: usize = 4;
/// Words of a mapping: address, length, protection (`PROT_*`), descriptor (or [`ANONYMOUS`]), file
/// offset, flags (`MAP_*`).
pub const MAPPING: usize = 6;
/// Most words of a plan.
pub const PLAN_MAX: usize = 16 << 10;
/// Descriptor of a mapping without a file.
pub const ANONYMOUS: u64 = u64::MAX;
/// Words of a fault: signal, its code, its address (or, for `SIGSYS`, the system call), then the
/// registers in the order of [`REGISTERS`].
pub const FAULT: usize = 3 + REGISTERS;
/// Number of registers in a fault: rip, rsp, rbp, rflags, rax, rbx, rcx, rdx, rsi, rdi, r8 to r15.
pub const REGISTERS: usize = 18;

/// Descriptors of a cell: the socket, the file with the memory, the file with the instance's own
/// pages.
pub const SOCKET: i32 = 0;
/// See [`SOCKET`].
pub const MEMORY: i32 = 1;
/// See [`SOCKET`].
pub const PAGES: i32 = 2;
