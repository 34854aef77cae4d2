//! Errors, exits and throws raised by functions.

use brood_term::{Subtag, Term, known, map};

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
fn raise_3(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [class, reason, trace] = *arguments else {
        return Err(badarg());
    };
    match Class::from_atom(class) {
        Some(class) if is_stack_trace(trace) => raise(class, reason, Trace::Given(trace)),
        _ => Ok(known::BADARG),
    }
}

/// Whether the term is a list of `{M, F, A}` and `{M, F, A, Location}` or `{Fun, Args}` entries.
fn is_stack_trace(trace: Term) -> bool {
    let mut entries = trace.list();
    let well_formed = entries.by_ref().all(|entry| match *entry.boxed_words() {
        _ if !entry.is_tuple() => false,
        [module, function, arity] => is_call(module, function, arity),
        [module, function, arity, location] => {
            is_call(module, function, arity) && location.is_list()
        }
        [fun, arguments] => fun.subtag() == Some(Subtag::Fun) && arguments.is_list(),
        _ => false,
    });
    well_formed && entries.ended_proper()
}

fn is_call(module: Term, function: Term, arity: Term) -> bool {
    let callable = module.is_atom() && function.is_atom();
    callable && (arity.is_list() || arity.as_small().is_some_and(|arity| arity >= 0))
}
