//! Any pattern either is refused or matches within its subject. Run with `cargo fuzz run find`.

#![no_main]

mod any_pattern;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| any_pattern::run(bytes));
