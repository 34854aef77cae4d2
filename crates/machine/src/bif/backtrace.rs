//! A process' stack as text: what `process_info(Pid, backtrace)` and `process_display/2` give.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use brood_term::display::Display;
use brood_term::{Atoms, Term, known};

use super::{BifResult, Entry, entry};
use crate::code::CodeServer;
use crate::context::Context;
use crate::crash_dump::Spot;
use crate::platform::ConsoleStream;
use crate::process::Process;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[entry(
    "erts_internal",
    "process_display",
    2,
    process_display_2,
)];

/// `(Module:Function/Arity + Bytes)` of an address in code.
fn place(code: &CodeServer, atoms: &Atoms, address: *const u64) -> String {
    let spot = Spot {
        code,
        atoms,
        address,
    };
    format!("({spot})")
}

/// The text, in OTP's layout: where the process is, then each frame with where it returns to and its Y registers.
pub(crate) fn text(code: &CodeServer, atoms: &Atoms, process: &Process) -> String {
    let mut text = String::new();
    let place = |address| place(code, atoms, address);
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Program counter: {:p} {}",
        process.ip,
        place(process.ip)
    );
    if !process.cp.is_null() {
        let _ = writeln!(text, "CP: {:p} {}", process.cp, place(process.cp));
    }
    let _ = writeln!(text, "arity = {}", process.registers.len());
    for &term in &process.registers {
        let _ = writeln!(text, "   {}", Display { term, atoms });
    }
    let mut register = 0;
    for (index, &word) in process.heap.stack_words().iter().enumerate() {
        let at = process.heap.stack.wrapping_add(index);
        if word.is_header() {
            let address = word.raw() as *const u64;
            let _ = writeln!(text, "\n{at:p} Return addr {address:p} {}", place(address));
            register = 0;
            continue;
        }
        let _ = if word.is_catch() {
            writeln!(text, "y({register})     Catch {}", word.catch_index())
        } else {
            writeln!(text, "y({register})     {}", Display { term: word, atoms })
        };
        register += 1;
    }
    text
}

/// Prints it on standard error. Gives `true`, or what is wrong: `badarg` or `badopt`.
fn process_display_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, kind] = *arguments else {
        return Ok(known::BADARG);
    };
    if context.machine.atoms.text(kind) != "backtrace" {
        return Ok(context.machine.atom("badopt"));
    }
    if !pid.is_local_pid() || !context.is_alive(pid) {
        return Ok(known::BADARG);
    }
    let process = context
        .machine
        .processes
        .get(pid)
        .unwrap_or(context.process);
    let text = text(&context.machine.code, &context.machine.atoms, process);
    let platform = &mut context.machine.platform;
    platform.console_write(ConsoleStream::Error, text.as_bytes());
    Ok(known::TRUE)
}
