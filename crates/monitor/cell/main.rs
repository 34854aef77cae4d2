//! The cell: the program that an instance of the `process` backend runs in.
//!
//! It has a socket to the monitor, maps what the plan says at the addresses of the contract, gives
//! up everything else that it has (descriptors, its first stack, the kernel's helper pages), lets
//! seccomp take away every system call but reading and writing the socket, and jumps into the guest.
//! From then on the only code of its own that runs is the handler that reports faults.
#![no_std]
#![no_main]

#[path = "../src/process/plan.rs"]
#[allow(dead_code, reason = "the monitor uses the rest")]
mod plan;

use core::arch::{asm, global_asm};
use core::ptr::{addr_of, addr_of_mut};

use plan::{FAULT, HEAD, MAPPING, MEMORY, PAGES, PLAN_MAX, SOCKET};

const READ: usize = 0;
const WRITE: usize = 1;
const CLOSE: usize = 3;
const MMAP: usize = 9;
const MUNMAP: usize = 11;
const SIGACTION: usize = 13;
const SIGALTSTACK: usize = 131;
const PRCTL: usize = 157;
const SETRLIMIT: usize = 160;
const EXIT_GROUP: usize = 231;

const PR_SET_PDEATHSIG: usize = 1;
const PR_SET_NO_NEW_PRIVS: usize = 38;
const PR_SET_SECCOMP: usize = 22;
const SECCOMP_MODE_FILTER: usize = 2;
const RLIMIT_CORE: usize = 4;
const SIGKILL: usize = 9;
/// SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
const FAULTS: [usize; 6] = [4, 5, 7, 8, 11, 31];
const SA_SIGINFO: usize = 4;
const SA_RESTORER: usize = 0x0400_0000;
const SA_ONSTACK: usize = 0x0800_0000;

/// End of the cell's own addresses, and of a process's.
const CELL_END: usize = 0x0200_0000;
const GUEST_BASE: usize = 0x1000_0000;
const PROCESS_END: usize = 0x7fff_ffff_f000;

const STACK: usize = 64 << 10;
#[repr(align(64))]
#[allow(dead_code, reason = "only its address is used")]
struct Stack([u8; STACK]);
#[unsafe(no_mangle)]
static mut CELL_STACK: Stack = Stack([0; STACK]);
static mut SIGNAL_STACK: Stack = Stack([0; STACK]);
static mut PLAN: [u64; PLAN_MAX] = [0; PLAN_MAX];

// The kernel's stack goes away later, so this begins on one of our own.
global_asm!(
    ".globl _start",
    "_start:",
    "lea rsp, [rip + CELL_STACK + {size}]",
    "xor ebp, ebp",
    "call {main}",
    "ud2",
    size = const STACK,
    main = sym main,
);

/// A system call.
///
/// # Safety
///
/// As for the system call.
unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let result;
    // SAFETY: the caller's promise; the kernel changes `rcx` and `r11` only.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// A system call without which the cell can't do its work; `step` is its exit status.
///
/// # Safety
///
/// As for the system call.
unsafe fn must(step: usize, number: usize, arguments: [usize; 6]) -> usize {
    // SAFETY: the caller's promise.
    let result = unsafe { call(number, arguments) };
    if result < 0 {
        // SAFETY: ends the process.
        unsafe { call(EXIT_GROUP, [step, 0, 0, 0, 0, 0]) };
    }
    result as usize
}

extern "C" fn main() -> ! {
    // SAFETY: one thread; every address below is the cell's own or one that the monitor planned,
    // and the monitor is who the cell works for.
    unsafe {
        must(10, PRCTL, [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0]);
        let no_core = [0_u64; 2];
        must(11, SETRLIMIT, [RLIMIT_CORE, no_core.as_ptr() as usize, 0, 0, 0, 0]);
        let words = addr_of_mut!(PLAN).cast::<u64>();
        let length = must(12, READ, [SOCKET as usize, words as usize, PLAN_MAX * 8, 0, 0, 0]) / 8;
        let word = |index: usize| if index < length { words.add(index).read() } else { 0 };
        let (mappings, instructions) = (word(0) as usize, word(1) as usize);
        let (entry, stack_pointer, memory_end) = (word(2), word(3), word(4) as usize);
        if HEAD + mappings * MAPPING + instructions != length {
            must(13, EXIT_GROUP, [13, 0, 0, 0, 0, 0]);
        }

        // First make room, then map: what the kernel put anywhere is gone before the guest is there.
        must(14, MUNMAP, [CELL_END, GUEST_BASE - CELL_END, 0, 0, 0, 0]);
        must(15, MUNMAP, [GUEST_BASE, PROCESS_END - GUEST_BASE, 0, 0, 0, 0]);
        for index in 0..mappings {
            let at = HEAD + index * MAPPING;
            let [address, length, protection, descriptor, offset, flags] =
                [0, 1, 2, 3, 4, 5].map(|field| word(at + field) as usize);
            if address < GUEST_BASE || address + length > memory_end {
                must(16, EXIT_GROUP, [16, 0, 0, 0, 0, 0]);
            }
            must(17, MMAP, [address, length, protection, flags, descriptor, offset]);
        }
        must(18, CLOSE, [MEMORY as usize, 0, 0, 0, 0, 0]);
        must(19, CLOSE, [PAGES as usize, 0, 0, 0, 0, 0]);

        let stack = [addr_of!(SIGNAL_STACK) as usize, 0, STACK];
        must(20, SIGALTSTACK, [stack.as_ptr() as usize, 0, 0, 0, 0, 0]);
        let action = [fault as *const () as usize, SA_SIGINFO | SA_RESTORER | SA_ONSTACK, 0, 0];
        for signal in FAULTS {
            must(21, SIGACTION, [signal, action.as_ptr() as usize, 0, 8, 0, 0]);
        }
        must(22, PRCTL, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0]);
        let program = [
            instructions as u64,
            words.add(HEAD + mappings * MAPPING) as u64,
        ];
        let filter = program.as_ptr() as usize;
        must(23, PRCTL, [PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0, 0]);

        let ready = [stack_pointer];
        must(24, WRITE, [SOCKET as usize, ready.as_ptr() as usize, 8, 0, 0, 0]);
        must(25, READ, [SOCKET as usize, ready.as_ptr() as usize, 8, 0, 0, 0]);
        // As the contract says: all registers zero, floating point as after power-on.
        asm!(
            "mov rsp, {stack}",
            "push {entry}",
            "push 0x1f80",
            "ldmxcsr [rsp]",
            "add rsp, 8",
            "fninit",
            "pxor xmm0, xmm0", "pxor xmm1, xmm1", "pxor xmm2, xmm2", "pxor xmm3, xmm3",
            "pxor xmm4, xmm4", "pxor xmm5, xmm5", "pxor xmm6, xmm6", "pxor xmm7, xmm7",
            "pxor xmm8, xmm8", "pxor xmm9, xmm9", "pxor xmm10, xmm10", "pxor xmm11, xmm11",
            "pxor xmm12, xmm12", "pxor xmm13, xmm13", "pxor xmm14, xmm14", "pxor xmm15, xmm15",
            "xor eax, eax", "xor ebx, ebx", "xor ecx, ecx", "xor edx, edx",
            "xor esi, esi", "xor edi, edi", "xor ebp, ebp", "xor r8d, r8d",
            "xor r9d, r9d", "xor r10d, r10d", "xor r11d, r11d", "xor r12d, r12d",
            "xor r13d, r13d", "xor r14d, r14d", "xor r15d, r15d",
            "cld",
            "ret",
            stack = in(reg) stack_pointer,
            entry = in(reg) entry,
            options(noreturn),
        );
    }
}

/// Reports a fault and waits to be killed.
unsafe extern "C" fn fault(signal: i32, information: *const u64, context: *const u64) -> ! {
    // Offsets in words: `siginfo_t` has the code at byte 8, the address at 16, and for SIGSYS the
    // number at 24; the registers of `ucontext_t` begin at byte 40, in this order.
    const R8_TO_R15: usize = 5;
    // rip, rsp, rbp, rflags, rax, rbx, rcx, rdx, rsi, rdi
    const ORDER: [usize; 10] = [21, 20, 15, 22, 18, 16, 19, 17, 14, 13];
    let mut report = [0_u64; FAULT];
    // SAFETY: the kernel gives a `siginfo_t` and a `ucontext_t`; the report is our own.
    unsafe {
        report[0] = signal as u64;
        report[1] = information.add(1).read() & 0xffff_ffff;
        let is_system_call = signal == 31;
        report[2] = information.add(if is_system_call { 3 } else { 2 }).read();
        for (slot, &register) in report[3..].iter_mut().zip(&ORDER) {
            *slot = context.add(register).read();
        }
        for index in 0..8 {
            report[3 + ORDER.len() + index] = context.add(R8_TO_R15 + index).read();
        }
        call(WRITE, [SOCKET as usize, report.as_ptr() as usize, FAULT * 8, 0, 0, 0]);
        loop {
            let read = call(READ, [SOCKET as usize, report.as_ptr() as usize, 8, 0, 0, 0]);
            if read <= 0 {
                call(EXIT_GROUP, [26, 0, 0, 0, 0, 0]);
            }
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        // SAFETY: ends the process.
        unsafe { call(EXIT_GROUP, [27, 0, 0, 0, 0, 0]) };
    }
}

/// What the compiler may call.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(target: *mut u8, byte: i32, length: usize) -> *mut u8 {
    // SAFETY: the caller's promise: `length` bytes at `target` are writable.
    unsafe {
        asm!("rep stosb", inout("rcx") length => _, inout("rdi") target => _, in("al") byte as u8,
            options(nostack, preserves_flags));
    }
    target
}

/// Likewise.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller's promise: the ranges are valid and apart.
    unsafe {
        asm!("rep movsb", inout("rcx") length => _, inout("rdi") target => _,
            inout("rsi") source => _, options(nostack, preserves_flags));
    }
    target
}
