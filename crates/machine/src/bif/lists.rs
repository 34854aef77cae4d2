//! Lists.

use alloc::vec::Vec;

use brood_term::{Heap, Term, compare, hash, known};
use hashbrown::HashTable;

use super::iolist::CELLS_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "hd", 1, hd),
    entry("erlang", "tl", 1, tl),
    entry("erlang", "++", 2, append),
    entry("erlang", "append", 2, append),
    entry("erlang", "--", 2, subtract),
    entry("erlang", "subtract", 2, subtract),
    entry("lists", "member", 2, member),
    entry("lists", "reverse", 2, reverse),
    entry("lists", "keyfind", 3, keyfind),
    entry("lists", "keymember", 3, keymember),
    entry("lists", "keysearch", 3, keysearch),
];

/// Up to this length the right operand of `--` is searched one by one.
const SEARCHED_LENGTH: usize = 8;

fn hd(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    arguments[0]
        .as_cons()
        .map(|(head, _)| head)
        .ok_or_else(badarg)
}

fn tl(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    arguments[0]
        .as_cons()
        .map(|(_, tail)| tail)
        .ok_or_else(badarg)
}

/// The elements of a proper list.
pub(super) fn elements(list: Term) -> Result<Vec<Term>, Control> {
    let mut list = list.list();
    let elements = list.by_ref().collect();
    if list.ended_proper() {
        Ok(elements)
    } else {
        Err(badarg())
    }
}

/// `Left ++ Right`: what `Right` is does not matter.
fn append(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let left = elements(arguments[0])?;
    if arguments[1].is_nil() {
        return Ok(arguments[0]);
    }
    context.charge(left.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().list_with_tail(&left, arguments[1]))
}

/// `Left -- Right`, in time proportional to the sum of their lengths: how often each element of `Right` is still
/// to be removed is kept in a table.
fn subtract(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let left = elements(arguments[0])?;
    let mut right = elements(arguments[1])?;
    context.charge((left.len() + right.len()) / CELLS_PER_REDUCTION);
    if left.is_empty() || right.is_empty() {
        return Ok(arguments[0]);
    }
    let kept: Vec<Term> = if right.len() <= SEARCHED_LENGTH {
        let is_kept = |element: &Term| {
            let found = right
                .iter()
                .position(|other| compare::exact_eq(*element, *other));
            found.map(|index| right.swap_remove(index)).is_none()
        };
        left.into_iter().filter(is_kept).collect()
    } else {
        let hash_of = |term: Term| u64::from(hash::internal_hash(term));
        let mut counts: HashTable<(Term, usize)> = HashTable::with_capacity(right.len());
        for element in right {
            let same = |entry: &(Term, usize)| compare::exact_eq(entry.0, element);
            counts
                .entry(hash_of(element), same, |entry| hash_of(entry.0))
                .and_modify(|entry| entry.1 += 1)
                .or_insert((element, 1));
        }
        let is_kept = |element: &Term| {
            let same = |entry: &(Term, usize)| compare::exact_eq(entry.0, *element);
            match counts.find_mut(hash_of(*element), same) {
                Some((_, count)) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            }
        };
        left.into_iter().filter(is_kept).collect()
    };
    Ok(context.heap().list(&kept))
}

fn member(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (wanted, mut list) = (arguments[0], arguments[1].list());
    let mut visited = 0;
    let found = list.by_ref().any(|element| {
        visited += 1;
        compare::exact_eq(element, wanted)
    });
    context.charge(visited / CELLS_PER_REDUCTION);
    if found || list.ended_proper() {
        Ok(Term::boolean(found))
    } else {
        Err(badarg())
    }
}

fn reverse(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (mut list, mut reversed) = (arguments[0].list(), arguments[1]);
    let heap = context.heap();
    let mut length = 0;
    for element in list.by_ref() {
        reversed = heap.cons(element, reversed);
        length += 1;
    }
    context.charge(length / CELLS_PER_REDUCTION);
    if list.ended_proper() {
        Ok(reversed)
    } else {
        Err(badarg())
    }
}

/// The first tuple in a list whose element at a position equals a key.
fn find_by_key(context: &mut Context<'_>, arguments: &[Term]) -> Result<Option<Term>, Control> {
    let key = arguments[0];
    let position = arguments[1]
        .as_usize()
        .and_then(|position| position.checked_sub(1));
    let position = position.ok_or_else(badarg)?;
    let mut list = arguments[2].list();
    let mut visited = 0;
    let found = list.by_ref().find(|candidate| {
        visited += 1;
        let element = candidate
            .as_tuple()
            .and_then(|elements| elements.get(position));
        element.is_some_and(|element| compare::eq(*element, key))
    });
    context.charge(visited / CELLS_PER_REDUCTION);
    if found.is_some() || list.ended_proper() {
        Ok(found)
    } else {
        Err(badarg())
    }
}

fn keyfind(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(find_by_key(context, arguments)?.unwrap_or(known::FALSE))
}

fn keymember(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(find_by_key(context, arguments)?.is_some()))
}

fn keysearch(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(match find_by_key(context, arguments)? {
        Some(tuple) => context.heap().tuple(&[known::VALUE, tuple]),
        None => known::FALSE,
    })
}
