//! Tuples: elements, and tuples made of others.

use alloc::vec;
use alloc::vec::Vec;

use brood_term::{Heap, Term};

use super::iolist::CELLS_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "element", 2, element),
    entry("erlang", "setelement", 3, setelement),
    entry("erlang", "make_tuple", 2, make_tuple),
    entry("erlang", "make_tuple", 3, make_tuple_with),
    entry("erlang", "append_element", 2, append_element),
    entry("erlang", "insert_element", 3, insert_element),
    entry("erlang", "delete_element", 2, delete_element),
    entry("erlang", "tuple_to_list", 1, tuple_to_list),
    entry("erlang", "list_to_tuple", 1, list_to_tuple),
];

/// The most elements of a tuple: OTP's limit.
const MAX_TUPLE_SIZE: usize = (1 << 24) - 1;

/// The index that counts from 1, if it is one of `0..size`.
fn index(position: Term, size: usize) -> Result<usize, Control> {
    position
        .as_usize()
        .and_then(|position| position.checked_sub(1))
        .filter(|index| *index < size)
        .ok_or_else(badarg)
}

fn element(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let elements = arguments[1].as_tuple().ok_or_else(badarg)?;
    Ok(elements[index(arguments[0], elements.len())?])
}

fn setelement(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let elements = arguments[1].as_tuple().ok_or_else(badarg)?;
    let index = index(arguments[0], elements.len())?;
    let mut changed = elements.to_vec();
    changed[index] = arguments[2];
    context.charge(changed.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().tuple(&changed))
}

fn filled(size: Term, value: Term) -> Result<Vec<Term>, Control> {
    match size.as_usize() {
        Some(size) if size <= MAX_TUPLE_SIZE => Ok(vec![value; size]),
        _ => Err(badarg()),
    }
}

fn make_tuple(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let elements = filled(arguments[0], arguments[1])?;
    context.charge(elements.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().tuple(&elements))
}

/// `make_tuple(Size, Default, [{Position, Value}])`; later values win.
fn make_tuple_with(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut elements = filled(arguments[0], arguments[1])?;
    let mut settings = arguments[2].list();
    for setting in settings.by_ref() {
        let &[position, value] = setting.as_tuple_of().ok_or_else(badarg)?;
        let index = index(position, elements.len())?;
        elements[index] = value;
    }
    if !settings.ended_proper() {
        return Err(badarg());
    }
    context.charge(elements.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().tuple(&elements))
}

fn checked_tuple(context: &mut Context<'_>, elements: &[Term]) -> BifResult {
    if elements.len() > MAX_TUPLE_SIZE {
        return Err(system_limit());
    }
    context.charge(elements.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().tuple(elements))
}

fn append_element(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut elements = arguments[0].as_tuple().ok_or_else(badarg)?.to_vec();
    if elements.len() == MAX_TUPLE_SIZE {
        return Err(badarg());
    }
    elements.push(arguments[1]);
    checked_tuple(context, &elements)
}

fn insert_element(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut elements = arguments[1].as_tuple().ok_or_else(badarg)?.to_vec();
    let index = index(arguments[0], elements.len() + 1)?;
    if elements.len() == MAX_TUPLE_SIZE {
        return Err(badarg());
    }
    elements.insert(index, arguments[2]);
    checked_tuple(context, &elements)
}

fn delete_element(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut elements = arguments[1].as_tuple().ok_or_else(badarg)?.to_vec();
    elements.remove(index(arguments[0], elements.len())?);
    checked_tuple(context, &elements)
}

fn tuple_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let elements = arguments[0].as_tuple().ok_or_else(badarg)?;
    context.charge(elements.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().list(elements))
}

fn list_to_tuple(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut list = arguments[0].list();
    let elements: Vec<Term> = list.by_ref().collect();
    if !list.ended_proper() || elements.len() > MAX_TUPLE_SIZE {
        return Err(badarg());
    }
    checked_tuple(context, &elements)
}
