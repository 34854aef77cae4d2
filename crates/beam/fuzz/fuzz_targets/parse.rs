//! Whatever the bytes, parsing ends with a module that can be printed, or with an error.

#![no_main]

use brood_beam::Module;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Ok(module) = Module::parse(file) {
        let text = module.to_string();
        assert!(text.len() > module.code.len());
    }
});
