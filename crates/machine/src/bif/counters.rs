//! `atomics` and `counters`: arrays of 64-bit integers that processes share.
//!
//! An array is the resource of its reference: it lives as long as one refers to it.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use brood_term::integer::{to_i64, to_i128, to_u64};
use brood_term::{Heap, Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, system_limit};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_internal", "atomics_new", 2, atomics_new_2),
    entry("atomics", "put", 3, put_3),
    entry("atomics", "get", 2, get_2),
    entry("atomics", "add", 3, add_3),
    entry("atomics", "add_get", 3, add_get_3),
    entry("atomics", "exchange", 3, exchange_3),
    entry("atomics", "compare_exchange", 4, compare_exchange_4),
    entry("atomics", "info", 1, atomics_info_1),
    entry("erts_internal", "counters_new", 1, counters_new_1),
    entry("erts_internal", "counters_put", 3, put_3),
    entry("erts_internal", "counters_get", 2, get_2),
    entry("erts_internal", "counters_add", 3, add_3),
    entry("erts_internal", "counters_info", 1, counters_info_1),
];

/// The bit of the options of `erts_internal:atomics_new/2` that asks for signed integers.
const SIGNED: i64 = 1;

#[derive(Debug)]
struct Array {
    signed: bool,
    /// The bits, whatever the sign.
    values: Vec<Cell<u64>>,
}

impl Array {
    /// What it takes.
    fn bytes(&self) -> usize {
        self.values.len() * size_of::<u64>() + size_of::<Array>()
    }

    /// The bits of an integer that an element can have.
    fn bits(&self, value: Term) -> Result<u64, Control> {
        let value = to_i128(value).ok_or_else(badarg)?;
        let bits = if self.signed {
            i64::try_from(value).ok().map(|value| value as u64)
        } else {
            u64::try_from(value).ok()
        };
        bits.ok_or_else(badarg)
    }
}

/// The bits of an integer to be added, of either sign: the sum wraps.
fn increment(value: Term) -> Result<u64, Control> {
    to_i64(value)
        .map(|value| value as u64)
        .or_else(|| to_u64(value))
        .ok_or_else(badarg)
}

fn make(context: &mut Context<'_>, size: Term, signed: bool) -> BifResult {
    let size = match size.as_small() {
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|&size| size > 0)
            .ok_or_else(badarg)?,
        None if size.as_big().is_some_and(|(negative, _)| !negative) => {
            return Err(system_limit());
        }
        None => return Err(badarg()),
    };
    if size > isize::MAX as usize / 64 {
        return Err(system_limit());
    }
    let mut values = Vec::new();
    values.try_reserve_exact(size).map_err(|_| system_limit())?;
    values.resize(size, Cell::new(0));
    let array = Array { signed, values };
    let bytes = array.bytes();
    Ok(context.make_resource(array, bytes))
}

fn atomics_new_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let options = arguments[1].as_small().ok_or_else(badarg)?;
    make(context, arguments[0], options & SIGNED != 0)
}

fn counters_new_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    make(context, arguments[0], true)
}

fn array(term: &Term) -> Result<&Array, Control> {
    term.as_resource().ok_or_else(badarg)
}

/// Replaces the element at `arguments[1]` (from 1) by what `change` makes of it; gives what `answer` chooses of the
/// bits before and after.
fn change(
    context: &mut Context<'_>,
    arguments: &[Term],
    change: impl FnOnce(&Array, u64) -> Result<u64, Control>,
    answer: impl FnOnce(u64, u64) -> Option<u64>,
) -> BifResult {
    let array = array(&arguments[0])?;
    let index = arguments[1]
        .as_usize()
        .and_then(|index| index.checked_sub(1))
        .ok_or_else(badarg)?;
    let value = array.values.get(index).ok_or_else(badarg)?;
    let before = value.get();
    let after = change(array, before)?;
    value.set(after);
    match answer(before, after) {
        None => Ok(known::OK),
        Some(bits) if array.signed => Ok(context.heap().integer(bits as i64)),
        Some(bits) => Ok(context.heap().unsigned(bits)),
    }
}

fn put_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(
        context,
        arguments,
        |array, _| array.bits(arguments[2]),
        |_, _| None,
    )
}

fn get_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(
        context,
        arguments,
        |_, before| Ok(before),
        |before, _| Some(before),
    )
}

fn sum(before: u64, value: Term) -> Result<u64, Control> {
    Ok(before.wrapping_add(increment(value)?))
}

fn add_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(
        context,
        arguments,
        |_, before| sum(before, arguments[2]),
        |_, _| None,
    )
}

fn add_get_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(
        context,
        arguments,
        |_, before| sum(before, arguments[2]),
        |_, after| Some(after),
    )
}

fn exchange_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(
        context,
        arguments,
        |array, _| array.bits(arguments[2]),
        |before, _| Some(before),
    )
}

/// Gives `ok`, or the value that was there instead of the expected one.
fn compare_exchange_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let expected = array(&arguments[0])?.bits(arguments[2])?;
    change(
        context,
        arguments,
        |array, before| {
            let desired = array.bits(arguments[3])?;
            Ok(if before == expected { desired } else { before })
        },
        |before, _| (before != expected).then_some(before),
    )
}

fn atomics_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let array = array(&arguments[0])?;
    let signed = array.signed;
    let heap = &mut context.process.heap;
    let (least, greatest) = if signed {
        (heap.integer(i64::MIN), heap.integer(i64::MAX))
    } else {
        (Term::small(0), heap.unsigned(u64::MAX))
    };
    info(context, array, &[("max", greatest), ("min", least)])
}

fn counters_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    info(context, array(&arguments[0])?, &[])
}

/// `#{size, memory}` and more, the memory in bytes.
fn info(context: &mut Context<'_>, array: &Array, more: &[(&'static str, Term)]) -> BifResult {
    let (size, bytes) = (array.values.len(), array.bytes());
    let heap = &mut context.process.heap;
    let (size, bytes) = (heap.unsigned(size as u64), heap.unsigned(bytes as u64));
    let mut pairs = vec![(context.machine.atom("size"), size), (known::MEMORY, bytes)];
    pairs.extend(
        more.iter()
            .map(|&(name, value)| (context.machine.atom(name), value)),
    );
    Ok(map::from_pairs(
        &mut context.process.heap,
        &mut pairs,
        &context.machine.atoms,
    ))
}
