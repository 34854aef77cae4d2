//! Putting objects into tables, and getting them out one key at a time.

use alloc::vec::Vec;

use brood_term::compare::exact_eq;
use brood_term::copy::copy;
use brood_term::{Heap, Term, known};

use super::hash_store::NoPlace;
use super::object::{Form, Object};
use super::table::{Kind, Table};
use super::{Fault, Need, Scope, end_of_table, import_all, with};
use crate::bif::BifResult;
use crate::context::Context;
use crate::exception::Control;

/// Checks that the argument is a tuple or a list of tuples that all have a key here; gives how many.
fn check_objects(table: &Table, argument: Term) -> Result<usize, Fault> {
    if argument.is_tuple() {
        return table.key_of(argument).map(|_| 1).ok_or(Fault::Plain);
    }
    let mut count = 0;
    let mut list = argument.list();
    for object in list.by_ref() {
        table.key_of(object).ok_or(Fault::Plain)?;
        count += 1;
    }
    if list.ended_proper() {
        Ok(count)
    } else {
        Err(Fault::Plain)
    }
}

/// Cells of a list that are checked for a reduction.
const CELLS_PER_REDUCTION: usize = 20;
/// Words that are copied for a reduction.
const WORDS_PER_REDUCTION: usize = 50;

/// A list of objects on its way into a table.
enum Insertion {
    /// Copies of the first objects of the list, in the table's form: nothing is in the table yet.
    Copying(Form, Vec<Object>),
    /// The table has the copies, and puts them in.
    Settling(u64),
}

/// Inserts a tuple or a list of tuples, all at once as far as others can see. With `new_only`, inserts nothing when there is
/// an object with one of the keys.
fn insert(context: &mut Context<'_>, arguments: &[Term], new_only: bool) -> BifResult {
    let mut budget = context.fuel();
    let (form, mut copies) = match context.resume::<Insertion>() {
        Some((Insertion::Settling(number), _)) => return settle(context, number),
        Some((Insertion::Copying(form, copies), _)) => (form, copies),
        None => {
            let (form, count) = with(context, arguments[0], Need::Write, |table, _| {
                Ok((table.form(), check_objects(table, arguments[1])?))
            })?;
            context.charge(count / CELLS_PER_REDUCTION);
            (form, Vec::new())
        }
    };
    let tuple = [arguments[1]];
    let rest: &mut dyn Iterator<Item = Term> = if arguments[1].is_tuple() {
        &mut tuple.into_iter()
    } else {
        &mut arguments[1].list().skip(copies.len())
    };
    for object in rest {
        if budget == 0 {
            context.charge(context.fuel());
            return Err(context.interrupt(Insertion::Copying(form, copies), Term::NIL));
        }
        let copy = Object::new(object.as_tuple().unwrap_or(&[]), form);
        budget = budget.saturating_sub(1 + copy.words() / WORDS_PER_REDUCTION);
        copies.push(copy);
    }
    let left = context.fuel();
    context.charge(left.saturating_sub(budget));
    let (number, inserts) = with(context, arguments[0], Need::Write, |table, scope| {
        // The table may be another than the one for which the list was checked, when its name went on.
        check_objects(table, arguments[1])?;
        if table.form() != form {
            for copy in &mut copies {
                let opened = copy.open();
                *copy = Object::new(opened.term().as_tuple().unwrap_or(&[]), table.form());
            }
        }
        let key_index = table.settings.key_index;
        let is_there = |object: &Object| table.contains(object.key(key_index), scope.atoms);
        let inserts = !new_only || !copies.iter().any(is_there);
        if inserts {
            // As in OTP, the objects of a list go into a bag the last first.
            if table.settings.kind != Kind::Bag {
                copies.reverse();
            }
            table.arrive(core::mem::take(&mut copies));
        }
        Ok((table.number, inserts))
    })?;
    if inserts {
        settle(context, number)
    } else {
        Ok(known::FALSE)
    }
}

/// Lets a table put in what it was given, as far as reductions go.
fn settle(context: &mut Context<'_>, number: u64) -> BifResult {
    if settles(context, number) {
        return Err(context.interrupt(Insertion::Settling(number), Term::NIL));
    }
    Ok(known::TRUE)
}

/// Lets a table do what it was told, as far as reductions go, and gives whether there is more to do.
fn settles(context: &mut Context<'_>, number: u64) -> bool {
    let budget = context.fuel();
    let Context { machine, .. } = context;
    let more = machine
        .tables
        .tables
        .get_mut(&number)
        .is_some_and(|table| table.settle(budget, &machine.atoms));
    if more {
        context.charge(budget);
    }
    more
}

pub fn insert_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    // A single object, what most calls are about.
    if let Some(elements) = arguments[1].as_tuple() {
        return with(context, arguments[0], Need::Write, |table, scope| {
            table.key_of(arguments[1]).ok_or(Fault::Plain)?;
            table.insert(Object::new(elements, table.form()), scope.atoms);
            Ok(known::TRUE)
        });
    }
    insert(context, arguments, false)
}

pub fn insert_new_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    insert(context, arguments, true)
}

pub fn lookup_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Read, |table, scope| {
        Ok(import_all(&table.get(arguments[1], scope.atoms), scope))
    })
}

pub fn lookup_element_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    lookup_element(context, arguments, None)
}

/// With what to give if there is no such key.
pub fn lookup_element_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    lookup_element(context, arguments, arguments.get(3).copied())
}

fn lookup_element(
    context: &mut Context<'_>,
    arguments: &[Term],
    default: Option<Term>,
) -> BifResult {
    let missing = || default.ok_or(Fault::Cause("badkey"));
    with(context, arguments[0], Need::Read, |table, scope| {
        let index = arguments[2]
            .as_usize()
            .and_then(|position| position.checked_sub(1))
            .ok_or(Fault::Plain)?;
        let element = |object: &Object, scope: &mut Scope<'_>| {
            object.import_element(index, &mut *scope.heap, scope.literals)
        };
        if table.is_set() {
            return match table.get_only(arguments[1], scope.atoms) {
                Some(object) => element(object, scope).ok_or(Fault::Plain),
                None => missing(),
            };
        }
        let objects = table.get(arguments[1], scope.atoms);
        if objects.is_empty() {
            return missing();
        }
        let elements: Option<Vec<Term>> = objects
            .iter()
            .map(|object| element(object, scope))
            .collect();
        Ok(scope.heap.list(&elements.ok_or(Fault::Plain)?))
    })
}

pub fn member_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Read, |table, scope| {
        Ok(Term::boolean(table.contains(arguments[1], scope.atoms)))
    })
}

pub fn delete_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |table, scope| {
        table.retain_of_key(arguments[1], scope.atoms, &mut |_| false);
        Ok(known::TRUE)
    })
}

pub fn delete_object_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let object = arguments[1];
    with(context, arguments[0], Need::Write, |table, scope| {
        if !object.is_tuple() {
            return Err(Fault::Plain);
        }
        let key = table.key_of(object).ok_or(Fault::Plain)?;
        table.retain_of_key(key, scope.atoms, &mut |present| {
            !exact_eq(present.open().term(), object)
        });
        Ok(known::TRUE)
    })
}

/// All objects of a table are being deleted.
struct Clearing(u64);

/// Gives how many were deleted, unless the second argument is something else than `undefined`.
pub fn internal_delete_all_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (number, answer) = match context.resume::<Clearing>() {
        Some((Clearing(number), answer)) => (number, answer),
        None => {
            let (number, (count, store)) = with(context, arguments[0], Need::Write, |table, _| {
                Ok((table.number, table.clear()))
            })?;
            if let Some(store) = store {
                context.machine.tables.bury(store);
                context.machine.tables.crumble();
            }
            let answer = if arguments[1] == known::UNDEFINED {
                context.heap().unsigned(count as u64)
            } else {
                arguments[1]
            };
            let is_long = count > context.fuel();
            context.charge(count);
            if is_long {
                return Err(context.interrupt(Clearing(number), answer));
            }
            (number, answer)
        }
    };
    if settles(context, number) || context.machine.tables.has_remains() {
        return Err(context.interrupt(Clearing(number), answer));
    }
    Ok(answer)
}

pub fn take_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |table, scope| {
        let taken = import_all(&table.get(arguments[1], scope.atoms), scope);
        table.retain_of_key(arguments[1], scope.atoms, &mut |_| false);
        Ok(taken)
    })
}

/// What is found, or `'$end_of_table'`.
fn answer(context: &mut Context<'_>, found: Result<Option<Term>, Control>) -> BifResult {
    found?.map_or_else(|| end_of_table(context), Ok)
}

/// Finds a key, given an argument.
type FindKey = fn(&Table, Term, &Scope<'_>) -> Result<Option<Term>, Fault>;

const FIRST: FindKey = |table, _, _| Ok(table.first());
const LAST: FindKey = |table, _, _| Ok(table.last());
const NEXT: FindKey = |table, key, scope| {
    let next = table.next(key, scope.atoms);
    next.map_err(|NoPlace| Fault::Plain)
};
const PREVIOUS: FindKey = |table, key, scope| {
    let previous = table.previous(key, scope.atoms);
    previous.map_err(|NoPlace| Fault::Plain)
};

/// A copy of a key; `from` is the one to look from, if any.
fn key(context: &mut Context<'_>, arguments: &[Term], find: FindKey) -> BifResult {
    let from = arguments.get(1).copied().unwrap_or(Term::NIL);
    let key = with(context, arguments[0], Need::Read, |table, scope| {
        let key = find(table, from, scope)?;
        Ok(key.map(|key| copy(key, &mut *scope.heap, scope.literals)))
    });
    answer(context, key)
}

/// `{Key, Objects}`
fn key_and_objects(context: &mut Context<'_>, arguments: &[Term], find: FindKey) -> BifResult {
    let from = arguments.get(1).copied().unwrap_or(Term::NIL);
    let pair = with(context, arguments[0], Need::Read, |table, scope| {
        let Some(key) = find(table, from, scope)? else {
            return Ok(None);
        };
        let objects = import_all(&table.get(key, scope.atoms), scope);
        let key = copy(key, &mut *scope.heap, scope.literals);
        Ok(Some(scope.heap.tuple(&[key, objects])))
    });
    answer(context, pair)
}

pub fn first_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments, FIRST)
}

pub fn last_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments, LAST)
}

pub fn next_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments, NEXT)
}

pub fn prev_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments, PREVIOUS)
}

pub fn first_lookup_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key_and_objects(context, arguments, FIRST)
}

pub fn last_lookup_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key_and_objects(context, arguments, LAST)
}

pub fn next_lookup_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key_and_objects(context, arguments, NEXT)
}

pub fn prev_lookup_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key_and_objects(context, arguments, PREVIOUS)
}

pub fn slot_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let position = arguments[1].as_usize();
    let objects = with(context, arguments[0], Need::Read, |table, scope| {
        let slots = table.slots();
        let position = position
            .filter(|&position| position <= slots)
            .ok_or(Fault::Plain)?;
        Ok((position < slots).then(|| import_all(&table.slot(position), scope)))
    });
    answer(context, objects)
}
