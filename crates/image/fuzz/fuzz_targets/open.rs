//! Whatever the bytes, as an image; see `any_file`.

#![no_main]

#[allow(dead_code, reason = "the other target uses the rest")]
mod any_file;

use brood_image::{
    AddressSpace, Frozen, Image, Mapping, Metadata, Module, Protection, Symbols, write,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    any_file::run(bytes);
});
