//! Stack traces: taken cheaply when an exception is raised, spelt out when somebody looks.
//!
//! The *raw* form is what registers and `try … catch` handlers carry: a tuple
//! `{Class, Addresses, Function, Arguments, Info}` that Erlang code never sees.
//!
//! * `Addresses` is a big integer whose limbs are code addresses: where the exception was raised (0 if not in
//!   code), then, innermost first, where the functions on the stack were left. For a trace that Erlang code gave it is
//!   that list.
//! * `Function` is `{M, F, A}` when the first entry is a function without a place in code (a BIF), else `[]`.
//! * `Arguments` is the argument list of the first entry, or `none`.
//! * `Info` is the `error_info` map of the first entry, or `[]`.

use alloc::vec::Vec;

use brood_term::boxed::raw_object;
use brood_term::{Heap, Mfa, OwnedTerm, Subtag, Term, known, map};

use crate::bif::system_flag::MAX_BACKTRACE_DEPTH;
use crate::code::export::Export;
use crate::code::module::Place;
use crate::code::operation::Operation;
use crate::code::stream::Ip;
use crate::code::stream::Return;
use crate::context::Context;
use crate::exception::{Class, Exception, Trace};
use crate::process::{Process, State};
use crate::report;

/// Room for the addresses of the longest trace.
type Addresses = [u64; MAX_BACKTRACE_DEPTH];

/// How many entries a trace has at most beside the first one, which is always there.
fn depth(context: &Context<'_>) -> usize {
    context.machine.flags.backtrace_depth.max(1) - 1
}

/// Where an exception is raised.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The operation; none when it is not that of a module.
    pub pc: Option<*const u64>,
    /// The BIF that raises it, with its arguments.
    pub bif: Option<(&'static Export, &'a [Term])>,
}

/// The raw trace of an exception.
pub fn raw(context: &mut Context<'_>, exception: &Exception, origin: Origin<'_>) -> Term {
    let class = exception.class;
    let (function, arguments, info) = match exception.trace {
        Trace::Given(trace) => return given(context, class, trace),
        Trace::Here => match origin.bif {
            Some((export, arguments)) => {
                let arguments = context.heap().list(arguments);
                let info = bif_info(context, export.mfa.module, exception.cause);
                (Some(export.mfa), arguments, info)
            }
            None => (None, known::NONE, Term::NIL),
        },
        Trace::Arguments {
            arguments,
            error_info,
        } => (
            None,
            arguments,
            if error_info.is_none() {
                Term::NIL
            } else {
                error_info
            },
        ),
        Trace::Function { mfa, arguments } => {
            let arguments = if arguments.is_none() {
                known::NONE
            } else {
                arguments
            };
            let info =
                if exception.reason != known::UNDEF && context.machine.code.bif(&mfa).is_some() {
                    bif_info(context, mfa.module, exception.cause)
                } else {
                    Term::NIL
                };
            (Some(mfa), arguments, info)
        }
    };
    let pc = origin.pc.map_or(0, |pc| pc as u64);
    // A function without a place in code is an entry before that of `pc`.
    let before = usize::from(function.is_some() && pc != 0);
    let callers_at_most = depth(context).checked_sub(before);
    let mut addresses: Addresses = [0; MAX_BACKTRACE_DEPTH];
    // No room for more than the function.
    addresses[0] = callers_at_most.map_or(0, |_| pc);
    let depth = callers_at_most.unwrap_or(0);
    let count = 1 + callers(context.process, pc, &mut addresses[1..1 + depth]);
    let heap = context.heap();
    let function = match function {
        Some(mfa) => heap.tuple(&[mfa.module, mfa.function, Term::small(i64::from(mfa.arity))]),
        None => Term::NIL,
    };
    let addresses = raw_object(heap, Subtag::BigPositive, &addresses[..count]);
    heap.tuple(&[class.atom(), addresses, function, arguments, info])
}

/// Finds where the functions on the stack of a process were left, and gives how many were found. Repetitions count
/// once.
fn callers(process: &Process, pc: u64, addresses: &mut [u64]) -> usize {
    let own = core::iter::once(process.cp as u64).filter(|cp| *cp != 0);
    let frames = process
        .heap
        .stack_words()
        .iter()
        .filter(|word| word.is_header());
    let mut previous = pc;
    let mut count = 0;
    for address in own.chain(frames.map(|word| word.raw())) {
        if count == addresses.len() {
            break;
        }
        if address != previous && Return::at(address as *const u64).is_none() {
            previous = address;
            // The call is before the place to return to.
            addresses[count] = address - size_of::<u64>() as u64;
            count += 1;
        }
    }
    count
}

/// The `error_info` of a BIF's entry: OTP says for some modules where errors are explained.
fn bif_info(context: &mut Context<'_>, module: Term, cause: Term) -> Term {
    let explaining = match context.machine.atoms.text(module) {
        "atomics" | "counters" | "erlang" | "erts_internal" | "persistent_term" => {
            "erl_erts_errors"
        }
        "code" | "os" => "erl_kernel_errors",
        "binary" | "ets" | "lists" | "maps" | "math" | "re" | "unicode" => "erl_stdlib_errors",
        _ => return Term::NIL,
    };
    let Ok(explaining) = context.machine.atoms.intern(explaining) else {
        return Term::NIL;
    };
    let mut pairs = Vec::from([(known::MODULE, explaining)]);
    if !cause.is_none() {
        pairs.push((known::CAUSE, cause));
    }
    map::from_pairs(
        &mut context.process.heap,
        &mut pairs,
        &context.machine.atoms,
    )
}

fn given(context: &mut Context<'_>, class: Class, trace: Term) -> Term {
    if trace.is_tuple() {
        return with_class(context, class, trace);
    }
    let parts = [class.atom(), trace, Term::NIL, known::NONE, Term::NIL];
    context.heap().tuple(&parts)
}

/// The class that a raw trace was made for.
pub fn class_of(raw: Term) -> Class {
    let class = raw.as_tuple().and_then(|parts| parts.first().copied());
    class.and_then(Class::from_atom).unwrap_or(Class::Error)
}

/// A raw trace with another class.
pub fn with_class(context: &mut Context<'_>, class: Class, raw: Term) -> Term {
    match raw.as_tuple_of::<5>() {
        Some(&[old, addresses, function, arguments, info]) if old != class.atom() => context
            .heap()
            .tuple(&[class.atom(), addresses, function, arguments, info]),
        Some(_) => raw,
        None => given(context, class, Term::NIL),
    }
}

/// The list that Erlang code sees, of a raw trace. A list is what it is.
pub fn build(context: &mut Context<'_>, raw: Term) -> Term {
    let Some(&[_, addresses, function, arguments, info]) = raw.as_tuple_of::<5>() else {
        return raw;
    };
    let Some((_, limbs)) = addresses.as_big() else {
        return addresses;
    };
    let code = &context.machine.code;
    let places: Vec<Option<Place>> = limbs
        .iter()
        .filter(|&&address| address != 0)
        .map(|&address| code.place(address as *const u64))
        .collect();
    let mut places = places.into_iter();
    let mut entries: Vec<Term> = Vec::new();
    let arguments = (arguments != known::NONE).then_some(arguments);
    if let Some(&[module, name, arity]) = function.as_tuple_of::<3>() {
        let location = location(context, None, info);
        let entry = [module, name, arguments.unwrap_or(arity), location];
        entries.push(context.heap().tuple(&entry));
    } else if let Some(Some(place)) = places.next() {
        entries.push(entry(context, &place, arguments, info));
    }
    for place in places.flatten() {
        entries.push(entry(context, &place, None, Term::NIL));
    }
    context.heap().list(&entries)
}

/// `{Module, Function, Arity | Arguments, Location}`.
pub fn entry(
    context: &mut Context<'_>,
    place: &Place,
    arguments: Option<Term>,
    info: Term,
) -> Term {
    let position = place.position.as_ref();
    let location = location(context, position.map(|(file, line)| (&**file, *line)), info);
    let arity = Term::small(i64::from(place.mfa.arity));
    let entry = [
        place.mfa.module,
        place.mfa.function,
        arguments.unwrap_or(arity),
        location,
    ];
    context.heap().tuple(&entry)
}

fn location(context: &mut Context<'_>, position: Option<(&str, u32)>, info: Term) -> Term {
    let heap = context.heap();
    let mut location = Term::NIL;
    if info != Term::NIL {
        let info = heap.tuple(&[known::ERROR_INFO, info]);
        location = heap.cons(info, location);
    }
    if let Some((file, line)) = position {
        let line = heap.tuple(&[known::LINE, Term::small(i64::from(line))]);
        location = heap.cons(line, location);
        let file = heap.string(file);
        let file = heap.tuple(&[known::FILE, file]);
        location = heap.cons(file, location);
    }
    location
}

/// The places that a process is at, and on its stack, innermost first.
fn places(context: &mut Context<'_>, pid: Term) -> Vec<Place> {
    let depth = depth(context);
    let mut addresses: Addresses = [0; MAX_BACKTRACE_DEPTH];
    let Some(process) = context.process_mut(pid) else {
        return Vec::new();
    };
    if process.hibernating {
        let mfa = Mfa {
            module: known::ERLANG,
            function: context.machine.atom("hibernate"),
            arity: 3,
        };
        let position = None;
        return Vec::from([Place { mfa, position }]);
    }
    addresses[0] = process.ip as u64;
    let count = 1 + callers(process, addresses[0], &mut addresses[1..1 + depth]);
    let waits_in = bif_at(process);
    let runs = process.state == State::Running;
    let code = &context.machine.code;
    let places = addresses[..count]
        .iter()
        .filter_map(|&address| code.place(address as *const u64));
    let bif = waits_in.map(|mfa| Place {
        mfa,
        position: None,
    });
    let mut places: Vec<Place> = bif.into_iter().chain(places).collect();
    // A BIF that was called as a function does not count as the place that it looks at.
    if runs && places.len() > 1 && code.bif(&places[0].mfa).is_some() {
        places.remove(0);
    }
    places
}

/// The BIF that a process is to call first when it runs again, if it was interrupted or not called from code.
fn bif_at(process: &Process) -> Option<Mfa> {
    if process.state == State::Running {
        return None;
    }
    // SAFETY: a process that does not run has the address of an operation.
    let ip = unsafe { Ip::new(process.ip) };
    if process.trap.is_some()
        && let Some(bif) = ip.called_bif()
    {
        return Some(bif.mfa);
    }
    (ip.operation() == Operation::BifStub).then(|| ip.export(2).mfa)
}

/// The function that a process is in, or that a BIF was called from.
pub fn current_function(context: &mut Context<'_>, pid: Term) -> Option<Mfa> {
    places(context, pid).first().map(|place| place.mfa)
}

/// As [`current_function`], as an entry of a stack trace: `{M, F, A, Location}`.
pub fn current_location(context: &mut Context<'_>, pid: Term) -> Term {
    match places(context, pid).first() {
        Some(place) => entry(context, place, None, Term::NIL),
        None => known::UNDEFINED,
    }
}

/// The stack trace of a process, as a list.
pub fn current_stacktrace(context: &mut Context<'_>, pid: Term) -> Term {
    let places = places(context, pid);
    let entries: Vec<Term> = places
        .iter()
        .take(context.machine.flags.backtrace_depth)
        .map(|place| entry(context, place, None, Term::NIL))
        .collect();
    context.heap().list(&entries)
}

/// The reason for which a process ends that did not catch an exception. Errors and throws are reported.
pub fn uncaught(context: &mut Context<'_>, class: Class, reason: Term, raw: Term) -> OwnedTerm {
    let reason = match class {
        Class::Exit => reason,
        Class::Error | Class::Throw => {
            let reason = if class == Class::Throw {
                context.heap().tuple(&[known::NOCATCH, reason])
            } else {
                reason
            };
            let list = build(context, raw);
            let reason = context.heap().tuple(&[reason, list]);
            report::error(context, REPORT_FORMAT, &[context.process.pid, reason]);
            reason
        }
    };
    context.own(reason)
}

const REPORT_FORMAT: &str = "Error in process ~p with exit value:~n~p~n";
