//! Whatever a worker says; see `any_events`.

#![no_main]

mod any_events;
// The jail keeps these to itself, so they are compiled into the target.
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/ledger.rs"]
mod ledger;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/protocol/mod.rs"]
mod protocol;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_events::run(bytes));
