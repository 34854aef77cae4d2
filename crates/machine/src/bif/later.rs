//! Functions that OTP's modules expect of the emulators of 26 to 29.

use alloc::string::ToString;

use brood_term::display::Display;
use brood_term::{Heap, Term, compare, known};

use super::text::list_text;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;
use crate::platform::ConsoleStream;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "display_string", 2, display_string_2),
    entry("erlang", "is_integer", 3, is_integer_3),
    entry("code", "coverage_support", 0, coverage_support_0),
    entry("code", "get_coverage_mode", 0, get_coverage_mode_0),
    entry("erl_debugger", "supported", 0, debugger_supported_0),
    entry("erts_trace_cleaner", "check", 0, trace_cleaner_check_0),
    entry("erts_internal", "term_to_string", 2, term_to_string_2),
];

/// Writes characters to `stdout` or `stderr`.
fn display_string_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let stream = match context.machine.atoms.text(arguments[0]) {
        "stdout" => ConsoleStream::Output,
        "stderr" => ConsoleStream::Error,
        _ => return Err(badarg()),
    };
    let platform = &mut context.machine.platform;
    match arguments[1].as_binary() {
        Some(bytes) => platform.console_write(stream, &bytes),
        None => platform.console_write(stream, list_text(arguments[1])?.as_bytes()),
    }
    Ok(known::TRUE)
}

/// Code is never made so that it counts what of it runs.
fn coverage_support_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::FALSE)
}

fn get_coverage_mode_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::NONE)
}

/// Code has no places where a debugger could stop it.
fn debugger_supported_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::FALSE)
}

/// Whether there are processes to be cleaned of sessions of tracing that ended: there are no sessions.
fn trace_cleaner_check_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::FALSE)
}

/// Whether a term is an integer in a range, both ends included.
fn is_integer_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [term, least, greatest] = *arguments else {
        return Err(badarg());
    };
    if !least.is_integer() || !greatest.is_integer() {
        return Err(badarg());
    }
    let atoms = &context.machine.atoms;
    let inside = |low, high| compare::compare(low, high, atoms).is_le();
    Ok(Term::boolean(
        term.is_integer() && inside(least, term) && inside(term, greatest),
    ))
}

/// The printed form of a term, of at most so many characters unless `undefined` is said.
fn term_to_string_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [term, limit] = *arguments else {
        return Err(badarg());
    };
    let limit = if limit == known::UNDEFINED {
        usize::MAX
    } else {
        limit.as_usize().ok_or_else(badarg)?
    };
    let atoms = &context.machine.atoms;
    let text = Display { term, atoms }.to_string();
    let end = text
        .char_indices()
        .nth(limit)
        .map_or(text.len(), |(end, _)| end);
    Ok(context.heap().string(&text[..end]))
}
