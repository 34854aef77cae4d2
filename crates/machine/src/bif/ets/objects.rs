//! Putting objects into tables, and getting them out one key at a time.

use alloc::vec::Vec;

use brood_term::compare::exact_eq;
use brood_term::copy::copy;
use brood_term::{Heap, OwnedTerm, Term, known};

use super::hash_store::NoPlace;
use super::table::{Kind, Table};
use super::{Fault, Need, Scope, end_of_table, import_all, with};
use crate::bif::BifResult;
use crate::context::Context;
use crate::exception::Control;

/// The objects that the argument stands for, a tuple or a list of tuples, if all have a key here.
fn objects_of(table: &Table, argument: Term) -> Result<Vec<Term>, Fault> {
    if argument.is_tuple() {
        table.key_of(argument).ok_or(Fault::Plain)?;
        return Ok(Vec::from([argument]));
    }
    let mut list = argument.list();
    let objects: Vec<Term> = list.by_ref().collect();
    if !list.ended_proper() || objects.iter().any(|&object| table.key_of(object).is_none()) {
        return Err(Fault::Plain);
    }
    Ok(objects)
}

fn insert_all(table: &mut Table, objects: &[Term], scope: &Scope<'_>) {
    for &object in objects {
        table.insert(OwnedTerm::new(object), scope.atoms);
    }
}

pub fn insert_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = with(context, arguments[0], Need::Write, |table, scope| {
        let objects = objects_of(table, arguments[1])?;
        insert_all(table, &objects, scope);
        Ok(objects.len())
    })?;
    context.charge(count);
    Ok(known::TRUE)
}

pub fn insert_new_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |table, scope| {
        let objects = objects_of(table, arguments[1])?;
        let is_new = |&object: &Term| {
            table
                .key_of(object)
                .is_some_and(|key| table.get(key, scope.atoms).is_empty())
        };
        let all_new = objects.iter().all(is_new);
        if all_new {
            insert_all(table, &objects, scope);
        }
        Ok(Term::boolean(all_new))
    })
}

pub fn lookup_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Read, |table, scope| {
        Ok(import_all(
            table.get(arguments[1], scope.atoms).iter(),
            scope,
        ))
    })
}

pub fn lookup_element_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Read, |table, scope| {
        let index = arguments[2]
            .as_usize()
            .and_then(|position| position.checked_sub(1))
            .ok_or(Fault::Plain)?;
        let objects = table.get(arguments[1], scope.atoms);
        if objects.is_empty() {
            return Err(Fault::Cause("badkey"));
        }
        let elements: Option<Vec<Term>> = objects
            .iter()
            .map(|object| {
                let element = *object.term().as_tuple()?.get(index)?;
                Some(copy(element, &mut *scope.heap, scope.literals))
            })
            .collect();
        let elements = elements.ok_or(Fault::Plain)?;
        Ok(match table.settings.kind {
            Kind::Set | Kind::OrderedSet => elements[0],
            Kind::Bag | Kind::DuplicateBag => scope.heap.list(&elements),
        })
    })
}

pub fn member_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Read, |table, scope| {
        Ok(Term::boolean(
            !table.get(arguments[1], scope.atoms).is_empty(),
        ))
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
        if let Some(key) = table.key_of(object) {
            table.retain_of_key(key, scope.atoms, &mut |present| !exact_eq(present, object));
        }
        Ok(known::TRUE)
    })
}

/// Gives how many were deleted, unless the second argument is something else than `undefined`.
pub fn internal_delete_all_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = with(context, arguments[0], Need::Write, |table, _| {
        Ok(table.retain(&mut |_| false))
    })?;
    context.charge(count);
    if arguments[1] == known::UNDEFINED {
        Ok(context.heap().unsigned(count as u64))
    } else {
        Ok(arguments[1])
    }
}

pub fn take_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |table, scope| {
        let taken = import_all(table.get(arguments[1], scope.atoms).iter(), scope);
        table.retain_of_key(arguments[1], scope.atoms, &mut |_| false);
        Ok(taken)
    })
}

/// A copy of a key, or `'$end_of_table'`.
fn answer(context: &mut Context<'_>, key: Result<Option<Term>, Control>) -> BifResult {
    key?.map_or_else(|| end_of_table(context), Ok)
}

fn key(
    context: &mut Context<'_>,
    identifier: Term,
    find: impl FnOnce(&Table, &Scope<'_>) -> Result<Option<Term>, Fault>,
) -> BifResult {
    let key = with(context, identifier, Need::Read, |table, scope| {
        let key = find(table, scope)?;
        Ok(key.map(|key| copy(key, &mut *scope.heap, scope.literals)))
    });
    answer(context, key)
}

pub fn first_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments[0], |table, _| Ok(table.first()))
}

pub fn last_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments[0], |table, _| Ok(table.last()))
}

pub fn next_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments[0], |table, scope| {
        table
            .next(arguments[1], scope.atoms)
            .map_err(|NoPlace| Fault::Plain)
    })
}

pub fn prev_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    key(context, arguments[0], |table, scope| {
        table
            .previous(arguments[1], scope.atoms)
            .map_err(|NoPlace| Fault::Plain)
    })
}

pub fn slot_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let position = arguments[1].as_usize();
    let objects = with(context, arguments[0], Need::Read, |table, scope| {
        let position = position
            .filter(|&position| position <= table.slots())
            .ok_or(Fault::Plain)?;
        Ok(table
            .slot(position)
            .map(|objects| import_all(objects.iter(), scope)))
    });
    answer(context, objects)
}
