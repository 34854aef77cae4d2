//! Errors, exits and throws raised by functions.

use alloc::vec::Vec;

use brood_term::{Heap, Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Class, Control, Exception, Trace, badarg};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "error", 1, error_1),
    entry("erlang", "error", 2, error_2),
    entry("erlang", "error", 3, error_3),
    entry("erlang", "exit", 1, exit_1),
    entry("erlang", "throw", 1, throw_1),
    entry("erlang", "nif_error", 1, error_1),
    entry("erlang", "nif_error", 2, error_2),
    entry("erlang", "raise", 3, raise_3),
];

fn raise(class: Class, reason: Term, trace: Trace) -> BifResult {
    Err(Control::Raise(Exception {
        trace,
        ..Exception::new(class, reason)
    }))
}

/// The caller is the first entry of the trace, not this function.
const CALLER: Trace = Trace::Arguments {
    arguments: known::NONE,
    error_info: Term::NONE,
};

fn error_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    raise(Class::Error, arguments[0], CALLER)
}

fn error_2(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let trace = Trace::Arguments {
        arguments: arguments[1],
        error_info: Term::NONE,
    };
    raise(Class::Error, arguments[0], trace)
}

/// The options are `[{error_info, Map}]`; where others are among them, none counts.
fn error_3(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let trace = Trace::Arguments {
        arguments: arguments[1],
        error_info: error_info(arguments[2]).unwrap_or(Term::NONE),
    };
    raise(Class::Error, arguments[0], trace)
}

/// The map that the last of the options gives; `None` when one of them is none.
fn error_info(options: Term) -> Option<Term> {
    let mut info = None;
    let mut list = options.list();
    for option in list.by_ref() {
        let &[name, value] = option.as_tuple_of::<2>()?;
        map::size(value).filter(|_| name == known::ERROR_INFO)?;
        info = Some(value);
    }
    info.filter(|_| list.ended_proper())
}

fn exit_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    raise(Class::Exit, arguments[0], CALLER)
}

fn throw_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    raise(Class::Throw, arguments[0], CALLER)
}

/// Gives `badarg`, as OTP does, when the class or the stack trace is none.
fn raise_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [class, reason, trace] = *arguments else {
        return Err(badarg());
    };
    let (Some(class), Some(trace)) = (Class::from_atom(class), stack_trace(context, trace)) else {
        return Ok(known::BADARG);
    };
    raise(class, reason, Trace::Given(trace))
}

/// The stack trace that a list stands for: of entries `{M, F, Arity, Location}` and `{Fun, Arguments,
/// Location}`, where the location may be left out; no longer than traces may be.
fn stack_trace(context: &mut Context<'_>, trace: Term) -> Option<Term> {
    let mut entries = Vec::new();
    let mut as_given = true;
    let mut list = trace.list();
    for entry in list.by_ref() {
        let parts = Some(entry.boxed_words()).filter(|_| entry.is_tuple())?;
        let (called, location) = match *parts {
            [fun, arguments] if fun.is_function() => (&[fun, arguments][..], None),
            [fun, arguments, location] if fun.is_function() => {
                (&[fun, arguments][..], Some(location))
            }
            [module, function, arity] if module.is_atom() && function.is_atom() => {
                (&[module, function, arity][..], None)
            }
            [module, function, arity, location] if module.is_atom() && function.is_atom() => {
                (&[module, function, arity][..], Some(location))
            }
            _ => return None,
        };
        match location {
            Some(location) if location.is_list() => entries.push(entry),
            Some(_) => return None,
            None => {
                as_given = false;
                let complete: Vec<Term> = called.iter().copied().chain([Term::NIL]).collect();
                entries.push(context.heap().tuple(&complete));
            }
        }
    }
    if !list.ended_proper() {
        return None;
    }
    let depth = context.machine.flags.backtrace_depth.max(1);
    if as_given && entries.len() <= depth {
        return Some(trace);
    }
    entries.truncate(depth);
    Some(context.heap().list(&entries))
}
