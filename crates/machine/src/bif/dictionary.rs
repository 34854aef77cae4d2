//! The process dictionary.

use alloc::vec::Vec;

use brood_term::{Heap, Term, compare, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "get", 0, get_0),
    entry("erlang", "get", 1, get_1),
    entry("erlang", "put", 2, put_2),
    entry("erlang", "erase", 0, erase_0),
    entry("erlang", "erase", 1, erase_1),
    entry("erlang", "get_keys", 0, get_keys_0),
    entry("erlang", "get_keys", 1, get_keys_1),
];

fn get_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(context
        .process
        .dictionary
        .get(arguments[0])
        .unwrap_or(known::UNDEFINED))
}

fn put_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let old = context.process.dictionary.put(arguments[0], arguments[1]);
    Ok(old.unwrap_or(known::UNDEFINED))
}

fn erase_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(context
        .process
        .dictionary
        .erase(arguments[0])
        .unwrap_or(known::UNDEFINED))
}

fn get_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let pairs = context.process.dictionary.iter().collect();
    Ok(pair_list(context, pairs))
}

fn erase_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let pairs = context.process.dictionary.take_all();
    Ok(pair_list(context, pairs))
}

/// `[{Key, Value}]`.
pub(crate) fn pair_list(context: &mut Context<'_>, pairs: Vec<(Term, Term)>) -> Term {
    let tuples: Vec<Term> = pairs
        .into_iter()
        .map(|(key, value)| context.heap().tuple(&[key, value]))
        .collect();
    context.heap().list(&tuples)
}

fn get_keys_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let keys: Vec<Term> = context
        .process
        .dictionary
        .iter()
        .map(|(key, _)| key)
        .collect();
    Ok(context.heap().list(&keys))
}

fn get_keys_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let wanted = arguments[0];
    let entries = context.process.dictionary.iter();
    let keys: Vec<Term> = entries
        .filter(|(_, value)| compare::exact_eq(*value, wanted))
        .map(|(key, _)| key)
        .collect();
    Ok(context.heap().list(&keys))
}
