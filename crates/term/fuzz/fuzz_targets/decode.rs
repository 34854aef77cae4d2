//! Any bytes either are refused or are a term that can be hashed, printed and written, and that comes back
//! the same from its own bytes. Run with `cargo fuzz run decode`.

#![no_main]

mod any_bytes;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| any_bytes::run(bytes));
