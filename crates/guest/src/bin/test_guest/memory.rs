//! Much memory, and memory that isn't the guest's.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::arch::asm;
use core::hint::black_box;

use brood_guest::rings::Rings;

use crate::{Table, number};

pub const TABLE: &Table = &[
    ("read-at", |_, _, operand, _| read_at(number(operand))),
    ("write-at", |_, _, operand, _| write_at(number(operand))),
    ("jump-to", |_, _, operand, _| jump_to(number(operand))),
    ("null-write", |_, _, _, _| write_at(8)),
    ("execute-data", |_, _, _, _| execute_data()),
    ("write-code", |_, _, _, _| {
        write_at(write_at as *const () as u64)
    }),
    ("stack-overflow", |_, _, _, _| {
        black_box(overflow_stack(1));
    }),
    ("stack-nowhere", |_, _, operand, _| {
        stack_at(number(operand))
    }),
    ("allocate", |_, _, _, _| allocate_for_ever()),
    ("use-memory", |rings, _, operand, _| {
        use_memory(rings, number(operand))
    }),
    ("find-dirt", |rings, _, operand, _| {
        find_dirt(rings, number(operand))
    }),
];

/// Reads two bytes.
#[inline(never)]
fn read_at(address: u64) {
    // SAFETY: none: what happens then is what is tested. In assembly, since to the compiler it
    // would be undefined behaviour.
    unsafe { asm!("mov {:x}, word ptr [{}]", out(reg) _, in(reg) address) };
}

/// Writes a byte.
#[inline(never)]
fn write_at(address: u64) {
    // SAFETY: none, as above.
    unsafe { asm!("mov byte ptr [{}], 1", in(reg) address) };
}

#[inline(never)]
fn jump_to(address: u64) {
    // SAFETY: none, as above.
    unsafe { asm!("call {}", in(reg) address, clobber_abi("C")) };
}

#[inline(never)]
fn execute_data() {
    let code = alloc::boxed::Box::new([0xc3_u8; 16]);
    jump_to(black_box(code.as_ptr()).addr() as u64);
}

#[inline(never)]
#[allow(unconditional_recursion, reason = "that is what is tested")]
fn overflow_stack(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    overflow_stack(depth + 1) + frame[(depth % 64) as usize]
}

/// Rings the doorbell with the stack somewhere else.
#[inline(never)]
fn stack_at(address: u64) {
    // SAFETY: none, as above.
    unsafe {
        asm!(
            "mov rsp, {stack}",
            "mov eax, {page}",
            "call rax",
            "ud2",
            stack = in(reg) address,
            page = const brood_abi::layout::HYPERCALL_PAGE,
            options(noreturn),
        );
    }
}

#[inline(never)]
fn allocate_for_ever() {
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![1_u8; 1 << 20]);
    }
}

/// Fills so many bytes and checks them.
fn use_memory(rings: &mut Rings, length: u64) {
    let mut words = vec![0_u64; length as usize / 8];
    for (index, word) in words.iter_mut().enumerate() {
        *word = index as u64;
    }
    let sum: u64 = black_box(&words).iter().sum();
    rings.message(format!("{sum}").as_bytes());
}

/// Counts the bytes that aren't zero in so much new memory: the allocator's few, or somebody's.
fn find_dirt(rings: &mut Rings, length: u64) {
    let mut untouched = Vec::<u8>::with_capacity(length as usize);
    let start = untouched.spare_capacity_mut().as_ptr().cast::<u8>();
    let dirty = (0..length as usize)
        // SAFETY: within the allocation; volatile, since what it holds is not the program's doing.
        .filter(|&offset| unsafe { start.add(offset).read_volatile() } != 0)
        .count();
    rings.message(format!("{dirty}").as_bytes());
}
