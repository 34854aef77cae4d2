//! Whatever the bytes, as an image; see `any_file`.

#![no_main]

mod any_file;

use brood_image::Image;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_file::run(bytes));
