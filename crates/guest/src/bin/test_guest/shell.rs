//! What an instance finds that it should not: everything that it can see at its first instruction, told as it is. And
//! the opposite, an instance that leaves something of its own wherever it can.

use core::arch::{asm, global_asm};
use core::mem::offset_of;

use brood_abi::layout::{
    BOOT_BLOCK, DOORBELL_PORT, HYPERCALL_PAGE, PAGE_SIZE, RING_PAGE, STACK_BASE, STACK_TOP,
};
use brood_abi::ring::{FLAG_SILENT, submission_offset};
use brood_abi::{BootBlock, Indices, Operation, Submission};
use brood_guest::rings::{Rings, with_bytes};

use crate::{Table, number, numbers};

pub const TABLE: &Table = &[
    ("dump", |rings, _, _, _| {
        rings.exit(2, b"a clone dumps before it does anything else")
    }),
    ("poison", |_, _, operand, _| poison(operand)),
    ("leave-by", |rings, _, operand, _| {
        leave_by(rings, number(operand))
    }),
];

/// What the operands of `dump` and `poison` begin with: what the processor has beyond the contract.
const AVX: u64 = 1 << 0;
/// AVX-512 with its masks.
const AVX_512: u64 = 1 << 1;
/// `rdfsbase` and its kin.
const SEGMENT_BASES: u64 = 1 << 2;
/// `xgetbv`.
const FEATURE_MASK: u64 = 1 << 3;
/// `rdpkru`.
const PROTECTION_KEYS: u64 = 1 << 4;

/// What a clone found in the processor at its first instruction.
#[repr(C, align(64))]
struct Found {
    /// As `fxsave` stores it.
    x87_and_sse: [u8; 512],
    /// `zmm0` to `zmm31`, as much of them as there is.
    wide: [[u8; 64]; 32],
    masks: [u64; 8],
    /// rax, rcx, rdx, rsi, rdi, r8 to r11; the others come from the stack.
    general: [u64; 9],
    flags: u64,
    /// ds, es, fs, gs, cs, ss
    selectors: [u16; 6],
    /// As `fnstenv` stores it.
    x87_environment: [u8; 28],
    segment_bases: [u64; 2],
    feature_mask: u64,
    protection_keys: u64,
}

// SAFETY: all zero is valid.
static mut FOUND: Found = unsafe { core::mem::zeroed() };

global_asm!(
    "ring_and_look:",
    "mov eax, {page}",
    "push rbp",
    "call rax",
    "mov [rip + {found} + {general}], rax",
    "mov [rip + {found} + {general} + 8], rcx",
    "mov [rip + {found} + {general} + 16], rdx",
    "mov [rip + {found} + {general} + 24], rsi",
    "mov [rip + {found} + {general} + 32], rdi",
    "mov [rip + {found} + {general} + 40], r8",
    "mov [rip + {found} + {general} + 48], r9",
    "mov [rip + {found} + {general} + 56], r10",
    "mov [rip + {found} + {general} + 64], r11",
    "pushfq",
    "pop qword ptr [rip + {found} + {flags}]",
    "cld",
    "mov word ptr [rip + {found} + {selectors}], ds",
    "mov word ptr [rip + {found} + {selectors} + 2], es",
    "mov word ptr [rip + {found} + {selectors} + 4], fs",
    "mov word ptr [rip + {found} + {selectors} + 6], gs",
    "mov word ptr [rip + {found} + {selectors} + 8], cs",
    "mov word ptr [rip + {found} + {selectors} + 10], ss",
    "fxsave64 [rip + {found}]",
    "fnstenv [rip + {found} + {environment}]",
    "fldenv [rip + {found} + {environment}]",
    "pop rbp",
    "ret",
    page = const HYPERCALL_PAGE,
    found = sym FOUND,
    general = const offset_of!(Found, general),
    flags = const offset_of!(Found, flags),
    selectors = const offset_of!(Found, selectors),
    environment = const offset_of!(Found, x87_environment),
);

unsafe extern "C" {
    /// Rings the doorbell, and keeps in `FOUND` what the registers have when it returns.
    safe fn ring_and_look();
}

/// Freezes the instance, and returns in each clone; in one that is to dump what it finds, it does not. That is done
/// before anything is read of the boot block but where the argument is: what is new in each instance would be found again.
pub fn freeze(rings: &mut Rings) {
    rings.submit(&Submission {
        operation: Operation::Ready.code(),
        address: brood_guest::claimed_end(),
        ..Submission::default()
    });
    ring_and_look();
    let block = BOOT_BLOCK as *const BootBlock;
    // SAFETY: the boot block is there, readable, and so is what it says is the argument.
    let argument = unsafe {
        let extent = (&raw const (*block).argument).read_volatile();
        core::slice::from_raw_parts(extent.address as *const u8, extent.length as usize)
    };
    if let Some(operand) = argument.strip_prefix(b"dump ") {
        dump(rings, operand);
    }
}

/// Tells what was found in the processor, and what is in these ranges of memory: addresses and lengths.
fn dump(rings: &mut Rings, operand: &[u8]) -> ! {
    let mut words = numbers(operand);
    let features = words.next().unwrap_or(0);
    let found = &raw mut FOUND;
    // SAFETY: nobody else uses `FOUND`; the features are there, as the operand says, and the program itself
    // uses none of these registers.
    unsafe {
        if features & AVX_512 != 0 {
            asm!(
                ".irp register,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
                "vmovdqu64 [{wide} + 64 * \\register], zmm\\register",
                ".endr",
                ".irp register,0,1,2,3,4,5,6,7",
                "kmovq [{masks} + 8 * \\register], k\\register",
                ".endr",
                wide = in(reg) &raw mut (*found).wide,
                masks = in(reg) &raw mut (*found).masks,
            );
        } else if features & AVX != 0 {
            asm!(
                ".irp register,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
                "vmovdqu [{wide} + 64 * \\register], ymm\\register",
                ".endr",
                wide = in(reg) &raw mut (*found).wide,
            );
        }
        if features & SEGMENT_BASES != 0 {
            let (fs, gs): (u64, u64);
            asm!("rdfsbase {}", "rdgsbase {}", out(reg) fs, out(reg) gs);
            (*found).segment_bases = [fs, gs];
        }
        if features & FEATURE_MASK != 0 {
            let mask: u32;
            asm!("xgetbv", in("ecx") 0, out("eax") mask, out("edx") _);
            (*found).feature_mask = mask.into();
        }
        if features & PROTECTION_KEYS != 0 {
            let keys: u32;
            asm!("rdpkru", in("ecx") 0, out("eax") keys, out("edx") _);
            (*found).protection_keys = keys.into();
        }
    }
    let mut tell = |address: u64, length: u64| {
        rings.submit(&Submission {
            operation: Operation::Message.code(),
            flags: FLAG_SILENT,
            address,
            length,
            ..Submission::default()
        });
    };
    tell(found.addr() as u64, size_of::<Found>() as u64);
    while let (Some(address), Some(length)) = (words.next(), words.next()) {
        tell(address, length);
    }
    rings.exit(0, b"")
}

/// What is left behind, in each byte.
const POISON: u8 = 0xa5;

/// Leaves something in these ranges of memory (what is writable, apart from stack and ring page), in the stack, in the
/// ring page, and in every register that there is, then ends. After the first range nothing of the program is left
/// but its code, so the rest is done by instructions that need no memory.
fn poison(operand: &[u8]) {
    const RANGES: usize = 16;
    let mut ranges = [(0, 0); RANGES];
    let mut words = numbers(operand);
    let features = words.next().unwrap_or(0);
    for range in &mut ranges {
        *range = (words.next().unwrap_or(0), words.next().unwrap_or(0));
    }
    // SAFETY: any bits are `Indices`, which lie at the beginning of the ring page.
    let indices = unsafe { (RING_PAGE as *const Indices).read_volatile() };
    let tail = indices.submission_head;
    // SAFETY: none: the program destroys itself. What is destroyed it uses no more.
    unsafe {
        for (address, length) in ranges {
            asm!("rep stosb", inout("rdi") address => _, inout("rcx") length => _, in("al") POISON);
        }
        asm!(
            "mov edi, {stack}",
            "mov ecx, {stack_length}",
            "mov al, {poison}",
            "rep stosb",
            "mov edi, {ring}",
            "mov ecx, {page_size}",
            "rep stosb",
            // What the monitor needs to see: an exit with status 0.
            "mov dword ptr [{ring} + 4], r13d",
            "mov dword ptr [{ring} + 8], r14d",
            "mov qword ptr [r12], {exit}",
            ".irp offset,16,24,32,40,48,56",
            "mov qword ptr [r12 + \\offset], 0",
            ".endr",
            "mov esp, {stack} + {stack_length} - 256",
            // x87 with all registers in use, and its control words; SSE; what is above it.
            "fninit",
            ".rept 8",
            "fldpi",
            ".endr",
            "fst qword ptr [rsp]",
            "mov dword ptr [rsp], 0x0c3f",
            "fldcw word ptr [rsp]",
            ".irp register,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
            "pcmpeqd xmm\\register, xmm\\register",
            ".endr",
            "test r15d, {avx}",
            "jz 2f",
            ".irp register,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
            "vcmpps ymm\\register, ymm\\register, ymm\\register, 15",
            ".endr",
            "2:",
            "test r15d, {avx_512}",
            "jz 3f",
            ".irp register,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
            "vpternlogd zmm\\register, zmm\\register, zmm\\register, 255",
            ".endr",
            ".irp register,0,1,2,3,4,5,6,7",
            "kxnorq k\\register, k\\register, k\\register",
            ".endr",
            "3:",
            "mov dword ptr [rsp], 0xffff",
            "ldmxcsr dword ptr [rsp]",
            "xor eax, eax",
            "mov ds, ax",
            "mov es, ax",
            "mov fs, ax",
            "mov gs, ax",
            "test r15d, {segment_bases}",
            "jz 4f",
            "mov rax, 0x5a5a5a5a5000",
            "wrfsbase rax",
            "wrgsbase rax",
            "4:",
            "test r15d, {protection_keys}",
            "jz 5f",
            // No access to any other key: 0 is the one of every page.
            "xor ecx, ecx",
            "xor edx, edx",
            "mov eax, 0xfffffffc",
            "wrpkru",
            "5:",
            "mov rax, 0xa5a5a5a5a5a5a5a5",
            ".irp register,rbx,rcx,rdx,rsi,rdi,rbp,r8,r9,r10,r11,r12,r13,r14,r15",
            "mov \\register, rax",
            ".endr",
            "push {hypercall_page}",
            // Direction, overflow, sign, zero, ..., nested task, alignment check, identification.
            "push 0x244cd5",
            "popfq",
            "ret",
            stack = const STACK_BASE,
            stack_length = const STACK_TOP - STACK_BASE,
            ring = const RING_PAGE,
            page_size = const PAGE_SIZE,
            poison = const POISON,
            exit = const Operation::Exit.code(),
            avx = const AVX,
            avx_512 = const AVX_512,
            segment_bases = const SEGMENT_BASES,
            protection_keys = const PROTECTION_KEYS,
            hypercall_page = const HYPERCALL_PAGE,
            in("r12") RING_PAGE + submission_offset(tail),
            in("r13") u64::from(tail.wrapping_add(1)),
            in("r14") u64::from(indices.completion_tail),
            in("r15") features,
            options(noreturn),
        );
    }
}

/// Ends, with a doorbell that is rung by other code than the hypercall page's.
fn leave_by(rings: &mut Rings, way: u64) {
    rings.submit(&with_bytes(Operation::Exit, b""));
    // SAFETY: a doorbell, and then what faults; without the port the first faults.
    unsafe {
        match way {
            0 => asm!("out {}, al", "ud2", const DOORBELL_PORT),
            1 => asm!("mov edx, {}", "mov rsi, rsp", "outsb", "ud2", const DOORBELL_PORT,
                out("edx") _, out("rsi") _),
            2 => {
                asm!("mov edx, {}", "mov rsi, rsp", "mov ecx, 1", "rep outsb", "ud2", const DOORBELL_PORT,
                out("edx") _, out("rsi") _, out("ecx") _)
            }
            _ => asm!("pushfq", "or dword ptr [rsp], 0x100", "popfq", "out {}, al", "ud2",
                const DOORBELL_PORT),
        }
    }
}
