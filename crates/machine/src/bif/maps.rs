//! Maps.

use alloc::vec::Vec;

use brood_term::map::{self, Column, NextMode};
use brood_term::{Heap, Subtag, Term, known};

use super::iolist::CELLS_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, Exception, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "map_size", 1, map_size),
    entry("erlang", "map_get", 2, get),
    entry("erlang", "is_map_key", 2, is_key),
    entry("maps", "get", 2, get),
    entry("maps", "is_key", 2, is_key),
    entry("maps", "find", 2, find),
    entry("maps", "put", 3, put),
    entry("maps", "update", 3, update),
    entry("maps", "remove", 2, remove),
    entry("maps", "take", 2, take),
    entry("maps", "merge", 2, merge),
    entry("maps", "from_list", 1, from_list),
    entry("maps", "from_keys", 2, from_keys),
    entry("maps", "keys", 1, keys),
    entry("maps", "values", 1, values),
    entry("erts_internal", "map_next", 3, map_next),
    entry("erts_internal", "map_to_tuple_keys", 1, map_to_tuple_keys),
    entry(
        "erts_internal",
        "map_hashmap_children",
        1,
        map_hashmap_children,
    ),
];

/// Elements of a list that becomes a map that one reduction pays for.
const ELEMENTS_PER_REDUCTION: usize = 4;
/// How many associations one call of `map_next` gives at most.
const NEXT_LIMIT: usize = 1000;

fn badmap(context: &mut Context<'_>, term: Term) -> Control {
    Exception::error_tuple(context.heap(), known::BADMAP, term).into()
}

fn badkey(context: &mut Context<'_>, key: Term) -> Control {
    Exception::error_tuple(context.heap(), known::BADKEY, key).into()
}

/// The size of what must be a map.
fn size(context: &mut Context<'_>, map: Term) -> Result<usize, Control> {
    map::size(map).ok_or_else(|| badmap(context, map))
}

fn map_size(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = size(context, arguments[0])?;
    Ok(context.heap().unsigned(size as u64))
}

fn get(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[1])?;
    map::get(arguments[1], arguments[0]).ok_or_else(|| badkey(context, arguments[0]))
}

fn is_key(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[1])?;
    Ok(Term::boolean(
        map::get(arguments[1], arguments[0]).is_some(),
    ))
}

fn find(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[1])?;
    Ok(match map::get(arguments[1], arguments[0]) {
        Some(value) => context.heap().tuple(&[known::OK, value]),
        None => known::ERROR,
    })
}

fn put(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[2])?;
    let Context { machine, process } = context;
    Ok(map::put(
        &mut process.heap,
        arguments[2],
        arguments[0],
        arguments[1],
        &machine.atoms,
    ))
}

fn update(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[2])?;
    map::update(context.heap(), arguments[2], arguments[0], arguments[1])
        .ok_or_else(|| badkey(context, arguments[0]))
}

fn remove(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[1])?;
    let Context { machine, process } = context;
    Ok(map::remove(
        &mut process.heap,
        arguments[1],
        arguments[0],
        &machine.atoms,
    ))
}

fn take(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    size(context, arguments[1])?;
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    Ok(
        match map::take(heap, arguments[1], arguments[0], &machine.atoms) {
            Some((value, rest)) => heap.tuple(&[value, rest]),
            None => known::ERROR,
        },
    )
}

fn merge(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = size(context, arguments[0])? + size(context, arguments[1])?;
    context.charge(size / CELLS_PER_REDUCTION);
    let Context { machine, process } = context;
    Ok(map::merge(
        &mut process.heap,
        arguments[0],
        arguments[1],
        &machine.atoms,
    ))
}

/// Makes a map of the pairs that `pair` makes of the elements of a proper list. Hashing the keys, which takes longest, is
/// interrupted at the end of a slice.
fn from_elements(
    context: &mut Context<'_>,
    list: Term,
    pair: impl Fn(Term) -> Option<map::Pair>,
) -> BifResult {
    let resumed = context.resume::<Vec<u32>>();
    let (mut hashes, rest) = resumed.unwrap_or((Vec::new(), list));
    let before = hashes.len();
    let limit = context.fuel().saturating_mul(ELEMENTS_PER_REDUCTION);
    let mut rest = rest.list();
    for element in rest.by_ref().take(limit) {
        let (key, _) = pair(element).ok_or_else(badarg)?;
        hashes.push(map::key_hash(key));
    }
    context.charge((hashes.len() - before) / ELEMENTS_PER_REDUCTION);
    if rest.tail().is_cons() {
        return Err(context.interrupt(hashes, rest.tail()));
    }
    if !rest.ended_proper() {
        return Err(badarg());
    }
    let pairs = list.list().filter_map(pair);
    let hashed = hashes.into_iter().zip(pairs).collect();
    let Context { machine, process } = context;
    Ok(map::from_hashed_pairs(
        &mut process.heap,
        hashed,
        &machine.atoms,
    ))
}

fn from_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    from_elements(context, arguments[0], |element| {
        element.as_tuple_of().map(|&[key, value]| (key, value))
    })
}

fn from_keys(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let value = arguments[1];
    from_elements(context, arguments[0], |key| Some((key, value)))
}

fn keys(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    column(context, arguments[0], |(key, _)| key)
}

fn values(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    column(context, arguments[0], |(_, value)| value)
}

/// The list of a part of each association; interrupted at the end of a slice.
fn column(context: &mut Context<'_>, map: Term, part: fn(map::Pair) -> Term) -> BifResult {
    size(context, map)?;
    let resumed = context.resume::<()>();
    let mut column = resumed
        .and_then(|((), packed)| Column::unpack(map, packed))
        .unwrap_or(Column::new(map));
    let limit = context.fuel().saturating_mul(CELLS_PER_REDUCTION);
    let count = column.extend(context.heap(), part, limit);
    context.charge(count / CELLS_PER_REDUCTION);
    match column.complete() {
        Some(list) => Ok(list),
        None => {
            let packed = column.pack(context.heap());
            Err(context.interrupt((), packed))
        }
    }
}

/// `map_next(Path, Map, iterator | List)`: see [`map::map_next`].
fn map_next(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (path, map, mode) = (arguments[0], arguments[1], arguments[2]);
    let size = map::size(map).ok_or_else(badarg)?;
    let mode = if mode.is_list() {
        NextMode::List(mode)
    } else if context.machine.atoms.name(mode) == Some("iterator") {
        NextMode::Iterator
    } else {
        return Err(badarg());
    };
    context.charge(size.min(NEXT_LIMIT) / CELLS_PER_REDUCTION);
    map::map_next(context.heap(), path, map, mode, NEXT_LIMIT).ok_or_else(badarg)
}

/// The keys of a flat map.
fn map_to_tuple_keys(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match arguments[0].subtag() {
        Some(Subtag::FlatMap) => Ok(arguments[0].boxed_words()[0]),
        Some(Subtag::HashMap) => Err(badarg()),
        _ => Err(badmap(context, arguments[0])),
    }
}

/// A list of the children of a node of a trie: associations as `[Key | Value]`, and deeper nodes.
fn map_hashmap_children(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match arguments[0].subtag() {
        Some(Subtag::HashMap) => Ok(context.heap().list(&arguments[0].boxed_words()[1..])),
        Some(Subtag::FlatMap) => Err(badarg()),
        _ => Err(badmap(context, arguments[0])),
    }
}
