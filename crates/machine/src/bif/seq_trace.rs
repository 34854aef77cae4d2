//! `seq_trace`: tokens that travel with messages.

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;
use crate::tracing::sequential::TokenPart;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "seq_trace", 2, seq_trace_2),
    entry("erlang", "seq_trace_info", 1, seq_trace_info_1),
    entry("erlang", "seq_trace_print", 1, seq_trace_print_1),
    entry("erlang", "seq_trace_print", 2, seq_trace_print_2),
];

/// Sets a part of the token and gives what it was.
fn seq_trace_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [part, value] = *arguments else {
        return Err(badarg());
    };
    // Built beside the process, which is being changed.
    let mut words = brood_term::heap::Chunks::new();
    let old = context.process.set_token(part, value, &mut words);
    let old = old.ok_or_else(badarg)?;
    Ok(context.import(old))
}

fn seq_trace_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let part = arguments[0];
    let mut words = brood_term::heap::Chunks::new();
    match context
        .process
        .token_part(part, &mut words)
        .ok_or_else(badarg)?
    {
        TokenPart::Value(value) => {
            let value = context.import(value);
            Ok(context.heap().tuple(&[part, value]))
        }
        TokenPart::NoToken => Ok(Term::NIL),
    }
}

fn seq_trace_print_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(context.print_with_token(None, arguments[0])))
}

fn seq_trace_print_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [label, message] = *arguments else {
        return Err(badarg());
    };
    let told = context.print_with_token(Some(label), message);
    Ok(if told { known::TRUE } else { known::FALSE })
}
