//! The guest that brood runs: the machine, on top of the contract.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::format;

use brood_guest::Rings;
use brood_guest::boot::{boot_block, package};
use brood_guest::platform::InstancePlatform;
use brood_machine::{Config, Halt, Machine};

brood_guest::entry!(main);

/// Status of an instance whose package can't be started.
const CANNOT_BOOT: u8 = 70;

fn main() -> ! {
    // SAFETY: the only value in use until the machine has ended; the platform has it meanwhile.
    let platform = InstancePlatform::new(unsafe { Rings::new() });
    let mut machine = Machine::new(Config::default(), Box::new(platform));
    let booted = machine.boot(package(&boot_block()));
    let halt = booted.map(|()| machine.run());
    // An ending instance gives its memory back as a whole.
    core::mem::forget(machine);
    // SAFETY: the machine, and with it the platform, does nothing any more.
    let mut rings = unsafe { Rings::new() };
    match halt {
        // As for a process: the low eight bits.
        Ok(Halt::Status(status)) => rings.exit(status as u8, b""),
        Ok(Halt::Slogan(slogan)) => rings.exit(1, slogan.as_bytes()),
        Err(error) => rings.exit(
            CANNOT_BOOT,
            format!("the package cannot be started: {error}").as_bytes(),
        ),
    }
}
