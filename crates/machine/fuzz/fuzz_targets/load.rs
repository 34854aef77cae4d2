//! Any bytes, taken as a `.beam` file, are refused, or run without harm to the machine. Run with `cargo fuzz run load`;
//! files of the installed OTP are a good start.

#![no_main]

#[path = "../../tests/support/hostile.rs"]
mod hostile;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    hostile::load_and_run(file);
});
