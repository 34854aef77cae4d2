//! Whatever a guest leaves in its ring page; see `any_rings`.

#![no_main]

mod any_rings;
// The monitor keeps these to itself, so they are compiled into the target.
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/control.rs"]
mod control;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/launch.rs"]
mod launch;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/memory.rs"]
mod memory;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/mount.rs"]
mod mount;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/report.rs"]
mod report;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/session.rs"]
mod session;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/terminal.rs"]
mod terminal;

libfuzzer_sys::fuzz_target!(|pages: &[u8]| any_rings::run(pages));
