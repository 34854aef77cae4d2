//! Whatever an instance answers; see `any_answer`.

#![no_main]

mod any_answer;
// The gateway keeps these to itself, so they are compiled into the target.
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/answer.rs"]
mod answer;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/external.rs"]
mod external;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_answer::run(bytes));
