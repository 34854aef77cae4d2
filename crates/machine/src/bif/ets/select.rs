//! Traversing tables with match specifications.
//!
//! A continuation is a tuple in OTP's form, which `ets:repair_continuation/2` knows: of six for hashed tables,
//! `{Table, Number, Limit, Compiled, [], Offset}`, and of eight for ordered ones,
//! `{Table, LastKey, [], Limit, Compiled, [], Reverse, 0}`.

use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::{Heap, OwnedTerm, Term, boxed, integer, known};

use super::match_spec::Program;
use super::table::{From, Kind};
use super::{Fault, Need, Scope, end_of_table, with};
use crate::bif::BifResult;
use crate::context::Context;
use crate::exception::{Control, badarg, error};

/// The first element of a compiled specification.
const COMPILED: &str = "$compiled_match_spec";

/// A traversal of a table.
struct Query {
    spec: Term,
    reverse: bool,
    from: From,
    /// How many results are wanted.
    limit: Option<usize>,
}

impl Query {
    fn all(spec: Term, reverse: bool) -> Query {
        Query {
            spec,
            reverse,
            from: From::Start,
            limit: None,
        }
    }

    fn limited(spec: Term, reverse: bool, limit: Term) -> Result<Query, Control> {
        let limit = limit
            .as_usize()
            .filter(|&limit| limit > 0)
            .ok_or_else(badarg)?;
        Ok(Query {
            limit: Some(limit),
            ..Query::all(spec, reverse)
        })
    }
}

/// Results in the order of the traversal, and where to go on if there may be more.
fn gather(
    context: &mut Context<'_>,
    identifier: Term,
    query: &Query,
) -> Result<(Vec<Term>, Option<From>), Control> {
    let mut visited = 0;
    let gathered = with(context, identifier, Need::Read, |table, scope| {
        let program = compile(query.spec, scope)?;
        let key = Program::common_key(query.spec, table.settings.key_index, scope.atoms);
        let mut results = Vec::new();
        let atoms = scope.atoms;
        let rest = table.scan(query.from, query.reverse, key, atoms, &mut |object| {
            visited += 1;
            results.extend(program.run(object, scope));
            query.limit.is_none_or(|limit| results.len() < limit)
        });
        // A key where the traversal goes on is part of the table's memory.
        let rest = rest.map(|rest| match rest {
            From::Behind(key) => From::Behind(copy(key, &mut *scope.heap, scope.literals)),
            place => place,
        });
        Ok((results, rest))
    })?;
    context.charge(visited);
    Ok(gathered)
}

fn compile(spec: Term, scope: &Scope<'_>) -> Result<Program, Fault> {
    Program::compile(spec, scope.atoms).map_err(|_| Fault::Plain)
}

fn run(context: &mut Context<'_>, identifier: Term, query: Query) -> BifResult {
    let (results, rest) = gather(context, identifier, &query)?;
    let list = context.heap().list(&results);
    let Some(limit) = query.limit else {
        return Ok(list);
    };
    let continuation = match rest {
        None if results.is_empty() => return end_of_table(context),
        None => end_of_table(context)?,
        Some(rest) => continuation(context, identifier, &query, limit, rest)?,
    };
    Ok(context.heap().tuple(&[list, continuation]))
}

fn continuation(
    context: &mut Context<'_>,
    identifier: Term,
    query: &Query,
    limit: usize,
    rest: From,
) -> BifResult {
    let number = with(context, identifier, Need::Read, |table, _| Ok(table.number))?;
    let tag = context.machine.atom(COMPILED);
    let heap = context.heap();
    let table = boxed::make_reference(heap, number, 0);
    let compiled = heap.tuple(&[tag, query.spec]);
    let limit = heap.unsigned(limit as u64);
    let (zero, nil) = (Term::small(0), Term::NIL);
    Ok(match rest {
        From::Place(number, offset) => {
            let (number, offset) = (heap.unsigned(number), heap.unsigned(offset as u64));
            heap.tuple(&[table, number, limit, compiled, nil, offset])
        }
        From::Behind(key) => {
            let reverse = Term::small(i64::from(query.reverse));
            heap.tuple(&[table, key, nil, limit, compiled, nil, reverse, zero])
        }
        From::Start => return end_of_table(context),
    })
}

/// Goes on where a continuation says.
pub fn continue_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let end = end_of_table(context)?;
    if arguments[0] == end {
        return Ok(end);
    }
    let elements = arguments[0]
        .as_tuple()
        .filter(|elements| !elements.is_empty())
        .ok_or_else(badarg)?;
    let ordered = with(context, elements[0], Need::Read, |table, _| {
        Ok(table.settings.kind == Kind::OrderedSet)
    })?;
    let (limit, compiled, from, reverse) = match *elements {
        [_, number, limit, compiled, _, offset] if !ordered => {
            let place = integer::to_u64(number)
                .zip(offset.as_usize())
                .ok_or_else(badarg)?;
            (limit, compiled, From::Place(place.0, place.1), false)
        }
        [_, key, _, limit, compiled, _, reverse, _] if ordered => (
            limit,
            compiled,
            From::Behind(key),
            reverse == Term::small(1),
        ),
        _ => return Err(badarg()),
    };
    let spec = spec_of(context, compiled).ok_or_else(badarg)?;
    let query = Query {
        from,
        ..Query::limited(spec, reverse, limit)?
    };
    run(context, elements[0], query)
}

/// The specification that a compiled one stands for.
fn spec_of(context: &Context<'_>, compiled: Term) -> Option<Term> {
    match compiled.as_tuple_of::<2>() {
        Some(&[tag, spec]) if context.machine.atoms.name(tag) == Some(COMPILED) => Some(spec),
        _ => None,
    }
}

/// `[{Pattern, [], ['$$']}]`, or with `'$_'` for the whole object.
fn spec_of_pattern(context: &mut Context<'_>, pattern: Term, whole: bool) -> Term {
    let result = context.machine.atom(if whole { "$_" } else { "$$" });
    let heap = context.heap();
    let body = heap.list(&[result]);
    let clause = heap.tuple(&[pattern, Term::NIL, body]);
    heap.list(&[clause])
}

pub fn match_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = spec_of_pattern(context, arguments[1], false);
    run(context, arguments[0], Query::all(spec, false))
}

pub fn match_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = spec_of_pattern(context, arguments[1], false);
    run(
        context,
        arguments[0],
        Query::limited(spec, false, arguments[2])?,
    )
}

pub fn match_object_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = spec_of_pattern(context, arguments[1], true);
    run(context, arguments[0], Query::all(spec, false))
}

pub fn match_object_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = spec_of_pattern(context, arguments[1], true);
    run(
        context,
        arguments[0],
        Query::limited(spec, false, arguments[2])?,
    )
}

pub fn select_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    run(context, arguments[0], Query::all(arguments[1], false))
}

pub fn select_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    run(
        context,
        arguments[0],
        Query::limited(arguments[1], false, arguments[2])?,
    )
}

pub fn select_reverse_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    run(context, arguments[0], Query::all(arguments[1], true))
}

pub fn select_reverse_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    run(
        context,
        arguments[0],
        Query::limited(arguments[1], true, arguments[2])?,
    )
}

/// How many objects have the result `true`.
pub fn select_count_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (results, _) = gather(context, arguments[0], &Query::all(arguments[1], false))?;
    let count = results
        .iter()
        .filter(|&&result| result == known::TRUE)
        .count();
    Ok(context.heap().unsigned(count as u64))
}

/// Deletes the objects that have the result `true`.
pub fn internal_select_delete_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = arguments[1];
    let count = with(context, arguments[0], Need::Write, |table, scope| {
        let program = compile(spec, scope)?;
        let atoms = scope.atoms;
        let key = Program::common_key(spec, table.settings.key_index, atoms);
        let mut keep = |object: Term| program.run(object, scope) != Some(known::TRUE);
        Ok(match key {
            Some(key) => table.retain_of_key(key, atoms, &mut keep),
            None => table.retain(&mut keep),
        })
    })?;
    context.charge(count);
    Ok(context.heap().unsigned(count as u64))
}

/// Replaces the objects that match by their results, which must be sure to have the same key.
pub fn select_replace_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = arguments[1];
    let count = with(context, arguments[0], Need::Write, |table, scope| {
        if table.settings.kind == Kind::Bag {
            return Err(Fault::Cause("table_type"));
        }
        let program = compile(spec, scope)?;
        if !Program::keeps_key(spec, table.settings.key_index, scope.atoms) {
            return Err(Fault::Plain);
        }
        let mut count = 0_u64;
        table.update_all(&mut |object| {
            let result = program.run(object, scope)?;
            count += 1;
            Some(OwnedTerm::new(result))
        });
        Ok(count)
    })?;
    Ok(context.heap().unsigned(count))
}

pub fn match_spec_compile_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Program::compile(arguments[0], &context.machine.atoms).map_err(|_| badarg())?;
    let tag = context.machine.atom(COMPILED);
    Ok(context.heap().tuple(&[tag, arguments[0]]))
}

pub fn is_compiled_ms_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(spec_of(context, arguments[0]).is_some()))
}

/// The results of a list's elements, the last first, in front of the third argument.
pub fn match_spec_run_r_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [list, compiled, mut results] = *arguments else {
        return Err(badarg());
    };
    let spec = spec_of(context, compiled).ok_or_else(badarg)?;
    let mut elements = list.list();
    with_scope(context, |scope| {
        let program = Program::compile(spec, scope.atoms).map_err(|_| badarg())?;
        for element in elements.by_ref() {
            if let Some(result) = program.run(element, scope) {
                results = scope.heap.cons(result, results);
            }
        }
        if elements.ended_proper() {
            Ok(results)
        } else {
            Err(badarg())
        }
    })
}

fn with_scope<R>(context: &mut Context<'_>, body: impl FnOnce(&mut Scope<'_>) -> R) -> R {
    let Context { machine, process } = context;
    body(&mut Scope {
        heap: &mut process.heap,
        atoms: &machine.atoms,
        literals: &machine.literals,
        pid: process.pid,
        node: machine.node_name,
    })
}

/// `{ok, Result, Flags, Warnings}` or `{error, [{error, Text}]}` for the type `table`; the type `trace` is not there.
pub fn match_spec_test_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [object, spec, kind] = *arguments else {
        return Err(badarg());
    };
    match context.machine.atoms.name(kind) {
        Some("table") => {}
        Some("trace") => return Err(error(context.machine.atom("notsup"))),
        _ => return Err(badarg()),
    }
    with_scope(context, |scope| match Program::compile(spec, scope.atoms) {
        Ok(program) => {
            let result = program.run(object, scope).unwrap_or(known::FALSE);
            Ok(scope.heap.tuple(&[known::OK, result, Term::NIL, Term::NIL]))
        }
        Err(text) => {
            let text = scope.heap.string(&text);
            let fault = scope.heap.tuple(&[known::ERROR, text]);
            let faults = scope.heap.list(&[fault]);
            Ok(scope.heap.tuple(&[known::ERROR, faults]))
        }
    })
}
