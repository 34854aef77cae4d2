//! A guest without a machine, to test monitors: it does what its argument says.
//!
//! While an image is built, the package says what to do before "ready" (nothing, when it is
//! empty); in a clone, the argument does. Commands are words; what follows the first space is
//! their operand.
//!
//! * `ordinary`: what any guest does
//! * `files`: files of the host
//! * `memory`: much of it, and memory that isn't the guest's
//! * `instructions`: instructions that a guest must not run, or that must do no harm
//! * `attack`: the contract, broken
//! * `shell`: what the one before left behind, and leaving everything behind
#![no_std]
#![no_main]

extern crate alloc;

mod attack;
mod files;
mod instructions;
mod memory;
mod ordinary;
mod shell;

use alloc::string::String;

use brood_abi::BootBlock;
use brood_abi::boot::FLAG_BUILD;
use brood_guest::boot::{argument, boot_block, package};
use brood_guest::rings::Rings;

brood_guest::entry!(main);

/// What a clone finds in its memory from before it was frozen, and may change for itself.
struct Remembered {
    counter: u64,
    text: String,
}

fn main() -> ! {
    // SAFETY: this is the only value in use; `perform` gets it lent.
    let mut rings = unsafe { Rings::new() };
    let mut remembered = Remembered {
        counter: 1,
        text: String::from("from before"),
    };
    let block = boot_block();
    if block.flags & FLAG_BUILD != 0 {
        if block.package.length > 0 {
            perform(&mut rings, &block, package(&block), &mut remembered);
        }
        brood_guest::clear_free();
        shell::freeze(&mut rings);
    }
    let block = boot_block();
    rings.stamp_first_instruction();
    perform(&mut rings, &block, argument(&block), &mut remembered);
    rings.exit(0, b"")
}

type Behaviour = fn(&mut Rings, &BootBlock, &[u8], &mut Remembered);

/// Behaviours by name.
type Table = [(&'static str, Behaviour)];

/// All of them.
const TABLES: [&Table; 6] = [
    ordinary::TABLE,
    files::TABLE,
    memory::TABLE,
    instructions::TABLE,
    attack::TABLE,
    shell::TABLE,
];

fn perform(rings: &mut Rings, block: &BootBlock, command: &[u8], remembered: &mut Remembered) {
    let end = command
        .iter()
        .position(|&byte| byte == b' ')
        .unwrap_or(command.len());
    let operand = command.get(end + 1..).unwrap_or(&[]);
    let mut behaviours = TABLES.into_iter().flatten();
    match behaviours.find(|(name, _)| name.as_bytes() == &command[..end]) {
        Some((_, behaviour)) => behaviour(rings, block, operand, remembered),
        None => rings.exit(2, &[b"no such behaviour: ", command].concat()),
    }
}

/// A decimal number; 0 for what is none.
fn number(text: &[u8]) -> u64 {
    core::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Decimal numbers between spaces.
fn numbers(text: &[u8]) -> impl Iterator<Item = u64> {
    text.split(|&byte| byte == b' ').map(number)
}
