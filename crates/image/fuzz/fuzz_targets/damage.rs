//! A good image with some of its words changed; see `any_file`.

#![no_main]

#[allow(dead_code, reason = "the other target uses the rest")]
mod any_file;

use std::sync::LazyLock;

use brood_image::{
    AddressSpace, Frozen, Image, Mapping, Metadata, Module, Protection, Symbols, write,
};

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a temporary directory");
    any_file::good_file(directory.path())
});

libfuzzer_sys::fuzz_target!(|damage: any_file::Damage| {
    any_file::run(&damage.done_to(&GOOD));
});
