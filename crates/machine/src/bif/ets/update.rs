//! Changing elements of objects in place.

use alloc::vec::Vec;
use core::cmp::Ordering;

use brood_term::compare::compare;
use brood_term::copy::copy;
use brood_term::{Heap, Term, integer, known};

use super::object::{Object, Opened};
use super::table::Table;
use super::{Fault, Need, Scope, with};
use crate::bif::BifResult;
use crate::context::Context;
use crate::exception::badarg;

/// Elements (by index from 0) to be replaced.
type Changes = [(usize, Term)];

pub fn update_counter_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |table, scope| {
        update_counter(table, arguments[1], arguments[2], None, scope)
    })
}

pub fn update_counter_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |table, scope| {
        update_counter(table, arguments[1], arguments[2], Some(arguments[3]), scope)
    })
}

/// The operation is an increment of the element behind the key, an operation, or a list of operations.
fn update_counter(
    table: &mut Table,
    key: Term,
    operation: Term,
    default: Option<Term>,
    scope: &mut Scope<'_>,
) -> Result<Term, Fault> {
    if !table.is_set() {
        return Err(Fault::Cause("table_type"));
    }
    let key_index = table.settings.key_index;
    let present = table.get_only(key, scope.atoms).map(Object::open);
    let object = match (&present, default) {
        (Some(object), _) => object.term(),
        (None, Some(default)) if table.key_of(default).is_some() => default,
        (None, Some(_)) => return Err(Fault::Plain),
        (None, None) => return Err(Fault::Cause("badkey")),
    };
    let mut elements: Vec<Term> = object.as_tuple().unwrap_or(&[]).to_vec();
    let mut changes = Vec::new();
    let result = if operation.is_list() {
        let mut results = Vec::new();
        let mut list = operation.list();
        for operation in list.by_ref() {
            results.push(apply(
                &mut elements,
                key_index,
                operation,
                &mut changes,
                scope,
            )?);
        }
        if !list.ended_proper() {
            return Err(Fault::Plain);
        }
        scope.heap.list(&results)
    } else if operation.is_integer() {
        let behind_key = scope.heap.unsigned(key_index as u64 + 2);
        let operation = scope.heap.tuple(&[behind_key, operation]);
        apply(&mut elements, key_index, operation, &mut changes, scope)?
    } else {
        apply(&mut elements, key_index, operation, &mut changes, scope)?
    };
    if present.is_none() {
        elements[key_index] = key;
        table.insert(Object::new(&elements, table.form()), scope.atoms);
    } else {
        store(table, key, &elements, &changes, scope);
    }
    Ok(result)
}

/// Carries out `{Position, Increment}` or `{Position, Increment, Threshold, SetValue}`; gives the new value.
fn apply(
    elements: &mut [Term],
    key_index: usize,
    operation: Term,
    changes: &mut Vec<(usize, Term)>,
    scope: &mut Scope<'_>,
) -> Result<Term, Fault> {
    let parts = operation.as_tuple().unwrap_or(&[]);
    let (&[position, increment], limit) = (match parts {
        [first @ .., threshold, set] if parts.len() == 4 => (first, Some((*threshold, *set))),
        _ => (parts, None),
    }) else {
        return Err(Fault::Plain);
    };
    let limit_is_integer =
        limit.is_none_or(|(threshold, set)| threshold.is_integer() && set.is_integer());
    if !position.is_integer() || !increment.is_integer() || !limit_is_integer {
        return Err(Fault::Plain);
    }
    let index = position
        .as_usize()
        .and_then(|position| position.checked_sub(1));
    let index = index
        .filter(|&index| index < elements.len())
        .ok_or(Fault::Cause("position"))?;
    if index == key_index {
        return Err(Fault::Cause("keypos"));
    }
    let sum =
        integer::add(&mut *scope.heap, elements[index], increment).map_err(|_| Fault::Plain)?;
    let value = match limit {
        Some((threshold, set)) => {
            let down = compare(increment, Term::small(0), scope.atoms).is_lt();
            let beyond = if down {
                Ordering::Less
            } else {
                Ordering::Greater
            };
            if compare(sum, threshold, scope.atoms) == beyond {
                set
            } else {
                sum
            }
        }
        None => sum,
    };
    // A sum with nothing may be the element itself, in the table's memory.
    let value = copy(value, &mut *scope.heap, scope.literals);
    elements[index] = value;
    changes.push((index, value));
    Ok(value)
}

/// Replaces elements of the only object with `key`; `elements` are all of them, as they will be.
fn store(table: &mut Table, key: Term, elements: &[Term], changes: &Changes, scope: &Scope<'_>) {
    let in_place = changes.iter().all(|(_, value)| value.is_immediate())
        && changes
            .iter()
            .all(|&(index, value)| table.set_immediate(key, index, value, scope.atoms));
    if !in_place && !changes.is_empty() {
        table.insert(Object::new(elements, table.form()), scope.atoms);
    }
}

/// `{Position, Value}` or a list of such. Gives `false` when there is no such key, whatever the rest.
pub fn update_element_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    update_element(context, arguments)
}

/// With an object to be inserted, with the key as its key and these elements replaced, if there is none.
pub fn update_element_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    update_element(context, arguments)
}

fn update_element(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [_, key, change, default @ ..] = arguments else {
        return Err(badarg());
    };
    with(context, arguments[0], Need::Write, |table, scope| {
        if !table.is_set() {
            return Err(Fault::Plain);
        }
        let default = match default.first() {
            Some(default) => {
                let mut elements = default.as_tuple().ok_or(Fault::Plain)?.to_vec();
                let place = elements.get_mut(table.settings.key_index);
                *place.ok_or(Fault::Plain)? = *key;
                Some(elements)
            }
            None => None,
        };
        let present = table.get_only(*key, scope.atoms);
        let is_new = present.is_none();
        let present = present.map(Object::open);
        let elements = |object: &Opened| object.term().as_tuple().unwrap_or(&[]).to_vec();
        let Some(mut elements) = present.as_ref().map(elements).or(default) else {
            return Ok(known::FALSE);
        };
        let mut list = change.list();
        let specified: Vec<Term> = if change.is_list() {
            list.by_ref().collect()
        } else {
            [*change].into()
        };
        if change.is_list() && !list.ended_proper() {
            return Err(Fault::Plain);
        }
        let mut changes = Vec::new();
        for change in specified {
            let &[position, value] = change.as_tuple_of::<2>().ok_or(Fault::Plain)?;
            let index = position
                .as_usize()
                .and_then(|position| position.checked_sub(1));
            let index = index
                .filter(|&index| index < elements.len())
                .ok_or(Fault::Plain)?;
            if index == table.settings.key_index {
                return Err(Fault::Cause("keypos"));
            }
            elements[index] = value;
            changes.push((index, value));
        }
        if is_new {
            table.insert(Object::new(&elements, table.form()), scope.atoms);
        } else {
            store(table, *key, &elements, &changes, scope);
        }
        Ok(known::TRUE)
    })
}
