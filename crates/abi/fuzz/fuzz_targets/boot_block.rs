//! Whatever the bytes, as a boot block and its tables; see `any_boot_block`.

#![no_main]

mod any_boot_block;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_boot_block::run(bytes));
