//! The contract, broken.

use alloc::vec;
use core::arch::asm;

use brood_abi::Operation;
use brood_abi::layout::{DOORBELL_PORT, PAGE_SIZE, RING_PAGE, STACK_BASE};
use brood_abi::operation::{CONSOLE_OUTPUT, NO_DEADLINE};
use brood_abi::ring::{FLAG_SILENT, Submission, submission_offset};
use brood_guest::rings::{Rings, with_bytes};

use crate::{Table, number, numbers, ordinary};

pub const TABLE: &Table = &[
    ("rings", |rings, _, operand, _| follow(rings, operand)),
    ("violate", |rings, _, _, _| {
        rings.write_tail(1000);
        rings.ring();
    }),
    ("flood-console", |rings, _, _, _| {
        flood(rings, Operation::ConsoleWrite)
    }),
    ("flood-messages", |rings, _, _, _| {
        flood(rings, Operation::Message)
    }),
    ("system-call", |_, _, operand, _| {
        let mut words = numbers(operand);
        let mut word = || words.next().unwrap_or(0);
        system_call([word(), word(), word(), word()]);
    }),
    ("system-call-and-spin", |_, _, operand, _| {
        let mut words = numbers(operand);
        let mut word = || words.next().unwrap_or(0);
        system_call([word(), word(), word(), word()]);
        ordinary::spin();
    }),
    ("doorbells-without-waiting", |_, _, _, _| {
        loop {
            system_call([WRITE, SOCKET, RING_PAGE, 8]);
        }
    }),
    ("park-at", |rings, _, operand, _| {
        let mut words = numbers(operand);
        let mut word = || words.next().unwrap_or(0);
        park_at(rings, word(), word() == 1);
    }),
    ("race", |rings, _, operand, _| race(rings, number(operand))),
];

/// In the place of an offset: ring the doorbell.
const DOORBELL: u16 = u16::MAX;

/// Follows a script: an offset in the ring page, a length (two bytes each) and so many bytes to be written there, as
/// often as it says. Tells what is in the ring page then.
fn follow(rings: &mut Rings, script: &[u8]) {
    let mut rest = script;
    while let Some((head, behind)) = rest.split_first_chunk::<4>() {
        let [offset, length] = [[head[0], head[1]], [head[2], head[3]]].map(u16::from_le_bytes);
        let (bytes, behind) = behind.split_at(usize::from(length));
        rest = behind;
        if offset == DOORBELL {
            rings.ring();
        }
        for (at, byte) in (u64::from(offset)..).zip(bytes) {
            // SAFETY: the script stays within the ring page, which is the guest's to write.
            unsafe { ((RING_PAGE + at) as *mut u8).write_volatile(*byte) };
        }
    }
    let page = (0..PAGE_SIZE)
        // SAFETY: within the ring page, which is the guest's to read.
        .map(|at| unsafe { ((RING_PAGE + at) as *const u8).read_volatile() })
        .collect::<vec::Vec<u8>>();
    rings.message(&page);
}

#[inline(never)]
fn flood(rings: &mut Rings, operation: Operation) {
    let text = vec![b'x'; 64 << 10];
    loop {
        rings.submit(&Submission {
            flags: FLAG_SILENT,
            argument: 1,
            ..with_bytes(operation, &text)
        });
    }
}

const READ: u64 = 0;
const WRITE: u64 = 1;
/// The descriptor that a cell of the `process` backend has.
const SOCKET: u64 = 0;

/// A system call, which only a cell can make at all.
#[inline(never)]
fn system_call([number, first, second, third]: [u64; 4]) {
    // SAFETY: what happens is what is tested; those that are allowed read or write at most what the caller says.
    unsafe {
        asm!(
            "syscall",
            inout("rax") number => _,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") 0,
            in("r8") 0,
            in("r9") 0,
            out("rcx") _,
            out("r11") _,
        );
    }
}

/// Waits for input in a doorbell that is rung with the stack elsewhere, or, in a cell, by saying so.
#[inline(never)]
fn park_at(rings: &mut Rings, stack_pointer: u64, is_cell: bool) {
    let buffer = vec![0_u8; 16];
    for (operation, length, argument) in [
        (Operation::ConsoleRead, buffer.len() as u64, 0),
        (Operation::Wait, 0, NO_DEADLINE),
    ] {
        let tail = rings.queued();
        rings.write_entry(
            tail,
            &Submission {
                operation: operation.code(),
                address: buffer.as_ptr().expose_provenance() as u64,
                length,
                argument,
                ..Submission::default()
            },
        );
        rings.write_tail(tail + 1);
    }
    if is_cell {
        system_call([WRITE, SOCKET, &raw const stack_pointer as u64, 8]);
        let mut answer = 0_u64;
        system_call([READ, SOCKET, &raw mut answer as u64, 8]);
        return;
    }
    // SAFETY: none: what happens is what is tested.
    unsafe {
        asm!(
            "mov rsp, {}",
            "out {}, al",
            "ud2",
            in(reg) stack_pointer,
            const DOORBELL_PORT,
            options(noreturn),
        );
    }
}

/// In a cell: rings the doorbell without waiting for the answer, and changes the submission while the monitor may be
/// reading it. Each mixture of values is allowed, unless `hostile` is 1.
fn race(rings: &mut Rings, hostile: u64) {
    const ROUNDS: u32 = 300;
    const CHANGES: u32 = 500;
    let entry = |tail: u32| (RING_PAGE + submission_offset(tail)) as *mut u64;
    // Words of a submission: address and length.
    let (address, length) = (2, 3);
    let values = match hostile {
        1 => [(u64::MAX, RING_PAGE), (1 << 63, 1)],
        _ => [(STACK_BASE, RING_PAGE), (PAGE_SIZE, 1)],
    };
    for tail in 0..ROUNDS {
        rings.write_entry(
            tail,
            &Submission {
                operation: Operation::ConsoleWrite.code(),
                flags: FLAG_SILENT,
                address: RING_PAGE,
                length: 1,
                argument: CONSOLE_OUTPUT,
                ..Submission::default()
            },
        );
        rings.write_tail(tail + 1);
        let stack_pointer = STACK_BASE;
        system_call([WRITE, SOCKET, &raw const stack_pointer as u64, 8]);
        for change in 0..CHANGES {
            let pick = |(one, other): (u64, u64)| if change % 2 == 0 { one } else { other };
            // SAFETY: words of the entry, and of the indices that the monitor owns; both lie in the ring page.
            unsafe {
                entry(tail).add(address).write_volatile(pick(values[0]));
                entry(tail).add(length).write_volatile(pick(values[1]));
                (RING_PAGE as *mut u32).write_volatile(change);
                ((RING_PAGE + 12) as *mut u32).write_volatile(change);
            }
        }
        let mut answer = 0_u64;
        system_call([READ, SOCKET, &raw mut answer as u64, 8]);
    }
    // Its indices are what the monitor says again.
    rings.ring();
}
