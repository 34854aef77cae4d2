//! Traversing tables with match specifications.
//!
//! A traversal visits as many objects as its process has reductions, then others run; the table stays fixed meanwhile.
//!
//! A continuation is a tuple in OTP's form, which `ets:repair_continuation/2` knows: of six for hashed tables,
//! `{Table, Bucket, Limit, Compiled, Results, Count}` with results that are there already, and of eight for ordered ones,
//! `{Table, LastKey, [], Limit, Compiled, [], Reverse, 0}`.

use alloc::vec::Vec;

use brood_term::{Heap, OwnedTerm, Resource, Term, boxed, known};

use super::administration::{fix, unfix};
use super::match_spec::{Compiled, Keys, Program, Scope};
use super::object::Object;
use super::table::{Cursor, Kind, Table};
use super::{Fault, Need, end_of_table, with};
use crate::bif::BifResult;
use crate::context::Context;
use crate::exception::{Control, badarg};

/// What a traversal does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    /// Collects all results.
    Collect,
    /// Collects so many results, and gives a continuation.
    Chunk(usize),
    /// Counts the results `true`.
    Count,
    /// Deletes the objects with the result `true`.
    Delete,
    /// Replaces objects by their results.
    Replace,
}

/// The specification of a traversal.
enum Source {
    /// A term of the call's arguments, and what it was compiled to for this call.
    Argument(Term, Program),
    /// A compiled one.
    Held(Resource),
}

impl Source {
    fn of_argument(spec: Term, scope: &Scope<'_>) -> Result<Source, Fault> {
        Program::compile(spec, scope.atoms)
            .map(|program| Source::Argument(spec, program))
            .map_err(|_| Fault::Plain)
    }

    fn spec(&self) -> Term {
        match self {
            Source::Argument(spec, _) => *spec,
            Source::Held(resource) => resource
                .payload()
                .map_or(Term::NIL, |compiled: &Compiled| compiled.spec()),
        }
    }

    fn run(&self, object: Term, scope: &mut Scope<'_>) -> Option<Term> {
        match self {
            Source::Argument(_, program) => program.run(object, scope),
            Source::Held(resource) => {
                let compiled: &Compiled = resource.payload()?;
                compiled.program().run(object, scope)
            }
        }
    }

    /// One that outlives the call.
    fn hold(self, context: &mut Context<'_>) -> Result<Resource, Control> {
        match self {
            Source::Argument(spec, _) => {
                let compiled = compile(context, spec)?;
                compiled.to_resource().ok_or_else(badarg)
            }
            Source::Held(resource) => Ok(resource),
        }
    }
}

/// How far a traversal has got.
struct Traversal {
    work: Work,
    reverse: bool,
    /// Whether the table is ordered.
    ordered: bool,
    /// The table, which may have another name by now.
    table: u64,
    cursor: Cursor,
    /// Results so far.
    count: usize,
    /// Whether it has fixed the table.
    fixed: bool,
}

/// A traversal that was interrupted. Its results, the last first, are the trap's term.
struct Interrupted {
    traversal: Traversal,
    source: Resource,
}

/// A magic reference to a compiled specification.
pub fn compile(context: &mut Context<'_>, spec: Term) -> BifResult {
    let compiled = Compiled::new(spec, &context.machine.atoms).map_err(|_| badarg())?;
    let bytes = compiled.bytes();
    Ok(context.make_resource(compiled, bytes))
}

/// Starts a traversal, or goes on with the one that was interrupted.
fn traverse(
    context: &mut Context<'_>,
    identifier: Term,
    spec: Term,
    work: Work,
    reverse: bool,
) -> BifResult {
    if let Some((interrupted, results)) = context.resume::<Interrupted>() {
        return go_on(context, interrupted, results);
    }
    let need = match work {
        Work::Delete | Work::Replace => Need::Write,
        _ => Need::Read,
    };
    let (table, source, reverse, ordered) = with(context, identifier, need, |table, scope| {
        if work == Work::Replace && table.settings.kind == Kind::Bag {
            return Err(Fault::Cause("table_type"));
        }
        let source = Source::of_argument(spec, scope)?;
        if work == Work::Replace && !Program::keeps_key(spec, table.settings.key_index, scope.atoms)
        {
            return Err(Fault::Plain);
        }
        // Results are collected in front of each other: all of them come out in order when they come the other way round.
        let ordered = table.settings.kind == Kind::OrderedSet;
        let turned = ordered && work == Work::Collect;
        Ok((table.number, source, reverse != turned, ordered))
    })?;
    let traversal = Traversal {
        work,
        reverse,
        ordered,
        table,
        cursor: Cursor::Start,
        count: 0,
        fixed: false,
    };
    run(context, traversal, source, Term::NIL)
}

fn go_on(context: &mut Context<'_>, interrupted: Interrupted, results: Term) -> BifResult {
    let Interrupted { traversal, source } = interrupted;
    let number = traversal.table;
    let result = if context.machine.tables.tables.contains_key(&number) {
        run(context, traversal, Source::Held(source), results)
    } else {
        Err(Fault::Cause("id").raise(&mut context.machine.atoms))
    };
    if !matches!(result, Err(Control::Again { .. })) {
        unfix(context, number);
    }
    result
}

/// Visits objects until the traversal has what it wants, or reductions run out.
fn run(
    context: &mut Context<'_>,
    mut traversal: Traversal,
    source: Source,
    mut results: Term,
) -> BifResult {
    let budget = context.fuel();
    let table = boxed::make_reference(context.heap(), traversal.table, 0);
    let mut visited = 0;
    let is_complete = with(context, table, Need::Nothing, |table, scope| {
        let keys = Keys::of(source.spec(), table.settings.key_index, scope.atoms);
        visited = step(
            table,
            scope,
            &source,
            &keys,
            &mut traversal,
            &mut results,
            budget,
        );
        Ok(matches!(traversal.cursor, Cursor::End)
            || matches!(traversal.work, Work::Chunk(limit) if traversal.count >= limit))
    })?;
    context.charge(visited);
    if is_complete {
        return finish(context, traversal, source, results);
    }
    let source = source.hold(context)?;
    if !traversal.fixed {
        traversal.fixed = true;
        fix(context, traversal.table);
    }
    Err(context.interrupt(Interrupted { traversal, source }, results))
}

/// Visits about as many objects as `budget` says, and gives how many it were.
fn step(
    table: &mut Table,
    scope: &mut Scope<'_>,
    source: &Source,
    keys: &Keys,
    traversal: &mut Traversal,
    results: &mut Term,
    budget: usize,
) -> usize {
    let atoms = scope.atoms;
    let Traversal {
        work,
        reverse,
        cursor,
        count,
        ..
    } = traversal;
    let mut visited = 0;
    match *work {
        Work::Collect | Work::Chunk(_) | Work::Count => {
            let limit = match *work {
                Work::Chunk(limit) => limit,
                _ => usize::MAX,
            };
            *cursor = table.scan(cursor, *reverse, keys, atoms, &mut |object| {
                visited += 1;
                let result = source.run(object.open().term(), scope);
                if *work == Work::Count {
                    *count += usize::from(result == Some(known::TRUE));
                } else if let Some(result) = result {
                    *results = scope.heap.cons(result, *results);
                    *count += 1;
                }
                visited < budget && *count < limit
            });
        }
        Work::Delete | Work::Replace => {
            let form = table.form();
            let (next, seen, changed) = table.change(cursor, keys, budget, atoms, &mut |object| {
                let result = source.run(object, scope)?;
                if *work == Work::Delete {
                    (result == known::TRUE).then_some(None)
                } else {
                    Some(Some(Object::new(result.as_tuple()?, form)))
                }
            });
            (*cursor, visited) = (next, seen);
            *count += changed;
        }
    }
    visited
}

fn finish(
    context: &mut Context<'_>,
    traversal: Traversal,
    source: Source,
    results: Term,
) -> BifResult {
    match traversal.work {
        Work::Collect => Ok(results),
        Work::Chunk(limit) => finish_chunk(context, traversal, limit, source, results),
        _ => Ok(context.heap().unsigned(traversal.count as u64)),
    }
}

/// `{Results, Continuation}`, or `'$end_of_table'`.
fn finish_chunk(
    context: &mut Context<'_>,
    traversal: Traversal,
    limit: usize,
    source: Source,
    results: Term,
) -> BifResult {
    let end = end_of_table(context)?;
    let Traversal {
        table,
        cursor,
        count,
        reverse,
        ordered,
        ..
    } = traversal;
    if count == 0 {
        return Ok(end);
    }
    // What is more than was asked for is kept in the continuation.
    let (mut more, mut wanted) = (Vec::new(), results);
    for _ in limit..count {
        if let Some((head, tail)) = wanted.as_cons() {
            more.push(head);
            wanted = tail;
        }
    }
    let wanted = if ordered {
        let mut results: Vec<Term> = wanted.list().collect();
        results.reverse();
        context.heap().list(&results)
    } else {
        wanted
    };
    if more.is_empty() && matches!(cursor, Cursor::End) {
        return Ok(context.heap().tuple(&[wanted, end]));
    }
    let compiled = source.hold(context)?.into_term(context.heap());
    let table = context.machine.tables.tables.get(&table);
    let identity = table.ok_or_else(badarg)?.identity();
    let heap = context.heap();
    let table = identity.into_term(heap);
    let limit = heap.unsigned(limit as u64);
    let continuation = match cursor {
        Cursor::Behind(key) => {
            let key = context.import(key.term());
            let (flag, zero, nil) = (Term::small(i64::from(reverse)), Term::small(0), Term::NIL);
            let heap = context.heap();
            heap.tuple(&[table, key, nil, limit, compiled, nil, flag, zero])
        }
        cursor => {
            let bucket = match cursor {
                Cursor::Bucket(bucket) => Term::small(bucket as i64),
                _ => NO_BUCKET,
            };
            let (count, more) = (heap.unsigned(more.len() as u64), heap.list(&more));
            heap.tuple(&[table, bucket, limit, compiled, more, count])
        }
    };
    Ok(context.heap().tuple(&[wanted, continuation]))
}

/// The bucket in a continuation behind the last one.
const NO_BUCKET: Term = Term::small(-1);

/// Goes on where a continuation says.
pub fn continue_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if let Some((interrupted, results)) = context.resume::<Interrupted>() {
        return go_on(context, interrupted, results);
    }
    let end = end_of_table(context)?;
    if arguments[0] == end {
        return Ok(end);
    }
    let elements = arguments[0]
        .as_tuple()
        .filter(|elements| !elements.is_empty())
        .ok_or_else(badarg)?;
    let (table, ordered) = with(context, elements[0], Need::Read, |table, _| {
        Ok((table.number, table.settings.kind == Kind::OrderedSet))
    })?;
    let (limit, compiled, cursor, reverse, results) = match *elements {
        [_, bucket, limit, compiled, results, count] if !ordered => {
            let cursor = match bucket.as_usize() {
                Some(bucket) => Cursor::Bucket(bucket),
                None if bucket == NO_BUCKET => Cursor::End,
                None => return Err(badarg()),
            };
            if results.list_length() != count.as_usize() || !results.is_list() {
                return Err(badarg());
            }
            (limit, compiled, cursor, false, results)
        }
        [_, key, _, limit, compiled, _, reverse, _] if ordered => {
            let cursor = Cursor::Behind(OwnedTerm::new(key));
            (
                limit,
                compiled,
                cursor,
                reverse == Term::small(1),
                Term::NIL,
            )
        }
        _ => return Err(badarg()),
    };
    let limit = limit_of(limit)?;
    let source = compiled
        .as_resource::<Compiled>()
        .and_then(|_| compiled.to_resource())
        .ok_or_else(badarg)?;
    let traversal = Traversal {
        work: Work::Chunk(limit),
        reverse,
        ordered,
        table,
        cursor,
        count: results.list_length().unwrap_or(0),
        fixed: false,
    };
    let source = Source::Held(source);
    if traversal.count >= limit || matches!(traversal.cursor, Cursor::End) {
        return finish(context, traversal, source, results);
    }
    run(context, traversal, source, results)
}

fn limit_of(limit: Term) -> Result<usize, Control> {
    limit
        .as_usize()
        .filter(|&limit| limit > 0)
        .ok_or_else(badarg)
}

/// The third argument. What is wrong with the table, the first one, comes before what is wrong with it.
fn chunk_limit(context: &mut Context<'_>, arguments: &[Term]) -> Result<usize, Control> {
    limit_of(arguments[2]).or_else(|fault| {
        with(context, arguments[0], Need::Read, |_, _| Ok(()))?;
        Err(fault)
    })
}

/// `[{Pattern, [], ['$$']}]`, or with `'$_'` for the whole object.
fn spec_of_pattern(context: &mut Context<'_>, pattern: Term, whole: bool) -> Term {
    let result = context.machine.atom(if whole { "$_" } else { "$$" });
    let heap = context.heap();
    let body = heap.list(&[result]);
    let clause = heap.tuple(&[pattern, Term::NIL, body]);
    heap.list(&[clause])
}

fn match_all(context: &mut Context<'_>, arguments: &[Term], whole: bool) -> BifResult {
    let spec = spec_of_pattern(context, arguments[1], whole);
    traverse(context, arguments[0], spec, Work::Collect, false)
}

fn match_chunk(context: &mut Context<'_>, arguments: &[Term], whole: bool) -> BifResult {
    let limit = chunk_limit(context, arguments)?;
    let spec = spec_of_pattern(context, arguments[1], whole);
    traverse(context, arguments[0], spec, Work::Chunk(limit), false)
}

pub fn match_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match_all(context, arguments, false)
}

pub fn match_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match_chunk(context, arguments, false)
}

pub fn match_object_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match_all(context, arguments, true)
}

pub fn match_object_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match_chunk(context, arguments, true)
}

fn select_all(context: &mut Context<'_>, arguments: &[Term], reverse: bool) -> BifResult {
    traverse(context, arguments[0], arguments[1], Work::Collect, reverse)
}

fn select_chunk(context: &mut Context<'_>, arguments: &[Term], reverse: bool) -> BifResult {
    let limit = chunk_limit(context, arguments)?;
    traverse(
        context,
        arguments[0],
        arguments[1],
        Work::Chunk(limit),
        reverse,
    )
}

pub fn select_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    select_all(context, arguments, false)
}

pub fn select_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    select_chunk(context, arguments, false)
}

pub fn select_reverse_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    select_all(context, arguments, true)
}

pub fn select_reverse_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    select_chunk(context, arguments, true)
}

/// How many objects have the result `true`.
pub fn select_count_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    traverse(context, arguments[0], arguments[1], Work::Count, false)
}

/// Deletes the objects that have the result `true`.
pub fn internal_select_delete_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    traverse(context, arguments[0], arguments[1], Work::Delete, false)
}

/// Replaces the objects that match by their results, which must be sure to have the same key.
pub fn select_replace_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    traverse(context, arguments[0], arguments[1], Work::Replace, false)
}
