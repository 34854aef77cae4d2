//! Any segments match any bitstring as a model that goes bit by bit says. Run with `cargo fuzz run bit_syntax`.

#![no_main]

mod any_segments;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| any_segments::run(bytes));
