//! Maps: flat maps and hash array mapped tries.
//!
//! A map of at most [`FLAT_LIMIT`] associations is flat: a tuple of keys in the exact term order
//! ([`crate::compare::compare_exact`]) and the values beside it. Larger ones are tries (P. Bagwell, "Ideal Hash
//! Trees", 2001) over [`crate::hash::internal_hash`], four bits a level. A node is
//!
//! ```text
//! header HashMap, arity 1 + children
//! info    bits 0..16  which of the 16 slots are taken (0 in a collision node)
//!         bit  16     this is the root: the term that Erlang code sees
//!         bit  17     this is a collision node
//!         bits 32..64 the number of associations (root only)
//! child…  a leaf [Key | Value], or a deeper node (boxed)
//! ```
//!
//! After every eight levels the hash is used up and the key hashed anew with another salt; keys whose hashes agree
//! on all [`LEVELS`] levels share a collision node, in the exact order. What a trie looks like depends on its
//! associations alone, not on how they came in. Below the root, a node has two associations or more.
//!
//! [`size`], [`get`] and [`entries`] find nothing in a term that is no map; all else must be given one.

mod iterate;
mod trie;

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::atom::Atoms;
use crate::boxed::{Header, Subtag};
use crate::compare::{compare_exact, exact_eq};
use crate::heap::Heap;
use crate::term::Term;

pub use iterate::{
    Column, Entries, NextMode, entries, for_each_child, keys, map_next, sorted_entries,
};
pub use trie::{LEVELS, node};

/// The most associations that a flat map has.
pub const FLAT_LIMIT: usize = 32;

/// An association.
pub type Pair = (Term, Term);

/// The number of associations; `None` when the term is no map (an inner node of a trie is none).
#[inline]
pub fn size(map: Term) -> Option<usize> {
    match map.subtag()? {
        Subtag::FlatMap => Some(map.boxed_words().len() - 1),
        Subtag::HashMap => trie::root_size(map),
        _ => None,
    }
}

/// Keys and values, if the map is flat.
#[inline(always)]
pub fn as_flat(map: &Term) -> Option<(&[Term], &[Term])> {
    if map.subtag() != Some(Subtag::FlatMap) {
        return None;
    }
    let words = map.boxed_words();
    Some((words[0].boxed_words(), &words[1..]))
}

/// Where `key` is among `keys`.
#[inline]
fn position(keys: &[Term], key: Term) -> Option<usize> {
    if key.is_immediate() {
        keys.iter().position(|&candidate| candidate == key)
    } else {
        keys.iter()
            .position(|&candidate| candidate == key || exact_eq(candidate, key))
    }
}

/// The value that `key` has.
#[inline]
pub fn get(map: Term, key: Term) -> Option<Term> {
    match as_flat(&map) {
        Some((keys, values)) => position(keys, key).map(|index| values[index]),
        None => trie::get(map, key),
    }
}

/// The empty map.
pub fn empty<H: Heap + ?Sized>(heap: &mut H) -> Term {
    flat_from_sorted(heap, &[])
}

/// A flat map with these keys (a tuple in exact order) and values.
fn flat_with_keys<H: Heap + ?Sized>(heap: &mut H, keys: Term, values: &[Term]) -> Term {
    let object = heap.allocate(2 + values.len());
    // SAFETY: `object` is fresh with room for the header, the keys and the values, all written here.
    unsafe {
        object.write(Term::header(Header::new(Subtag::FlatMap, 1 + values.len())));
        object.add(1).write(keys);
        core::ptr::copy_nonoverlapping(values.as_ptr(), object.add(2), values.len());
        Term::from_boxed(object)
    }
}

/// A flat map of at most [`FLAT_LIMIT`] pairs in the exact order of their keys, which differ.
fn flat_from_sorted<H: Heap + ?Sized>(heap: &mut H, pairs: &[Pair]) -> Term {
    debug_assert!(pairs.len() <= FLAT_LIMIT);
    let mut column = [Term::NIL; FLAT_LIMIT];
    for (slot, pair) in column.iter_mut().zip(pairs) {
        *slot = pair.0;
    }
    let keys = heap.tuple(&column[..pairs.len()]);
    for (slot, pair) in column.iter_mut().zip(pairs) {
        *slot = pair.1;
    }
    flat_with_keys(heap, keys, &column[..pairs.len()])
}

/// A copy of a flat map in which the value at `index` is `value`.
fn flat_replace<H: Heap + ?Sized>(heap: &mut H, map: Term, index: usize, value: Term) -> Term {
    let words = map.boxed_words();
    let copy = flat_with_keys(heap, words[0], &words[1..]);
    // SAFETY: `copy` was just made with a value at `index`: after the header and the keys.
    unsafe { copy.address().add(2 + index).write(value) };
    copy
}

/// Where a new `key` belongs among sorted `keys`.
fn insertion_point(keys: &[Term], key: Term, atoms: &Atoms) -> usize {
    keys.partition_point(|&candidate| compare_exact(candidate, key, atoms) == Ordering::Less)
}

/// The map with `key` associated to `value`. Known keys keep their tuple, and a value that is there already
/// the map.
pub fn put<H: Heap + ?Sized>(
    heap: &mut H,
    map: Term,
    key: Term,
    value: Term,
    atoms: &Atoms,
) -> Term {
    let Some((keys, values)) = as_flat(&map) else {
        return trie::put(heap, map, key, value, atoms);
    };
    if let Some(index) = position(keys, key) {
        return if values[index] == value {
            map
        } else {
            flat_replace(heap, map, index, value)
        };
    }
    if keys.len() == FLAT_LIMIT {
        let pairs = entries(map).chain([(key, value)]);
        return trie::from_distinct(heap, &hashed(pairs), atoms);
    }
    let mut pairs = [(key, value); FLAT_LIMIT];
    let at = insertion_point(keys, key, atoms);
    for (index, pair) in entries(map).enumerate() {
        pairs[index + usize::from(index >= at)] = pair;
    }
    pairs[at] = (key, value);
    flat_from_sorted(heap, &pairs[..keys.len() + 1])
}

/// The map with the value of `key` replaced; `None` when it has no such key.
pub fn update<H: Heap + ?Sized>(heap: &mut H, map: Term, key: Term, value: Term) -> Option<Term> {
    let Some((keys, values)) = as_flat(&map) else {
        return trie::update(heap, map, key, value);
    };
    let index = position(keys, key)?;
    Some(if values[index] == value {
        map
    } else {
        flat_replace(heap, map, index, value)
    })
}

/// The map without `key`; the same map when it has no such key.
pub fn remove<H: Heap + ?Sized>(heap: &mut H, map: Term, key: Term, atoms: &Atoms) -> Term {
    take(heap, map, key, atoms).map_or(map, |(_, rest)| rest)
}

/// The value of `key` and the map without it; `None` when it has no such key.
pub fn take<H: Heap + ?Sized>(heap: &mut H, map: Term, key: Term, atoms: &Atoms) -> Option<Pair> {
    let Some((keys, values)) = as_flat(&map) else {
        return trie::take(heap, map, key, atoms);
    };
    let index = position(keys, key)?;
    let mut pairs = [(key, key); FLAT_LIMIT];
    let mut count = 0;
    for (at, pair) in entries(map).enumerate() {
        if at != index {
            pairs[count] = pair;
            count += 1;
        }
    }
    Some((values[index], flat_from_sorted(heap, &pairs[..count])))
}

fn hashed(pairs: impl Iterator<Item = Pair>) -> Vec<(u32, Pair)> {
    pairs.map(|pair| (key_hash(pair.0), pair)).collect()
}

/// The hash by which large maps place a key.
pub fn key_hash(key: Term) -> u32 {
    trie::first_hash(key)
}

/// The map of these pairs, of which later ones win. The pairs are left in no particular order.
pub fn from_pairs<H: Heap + ?Sized>(heap: &mut H, pairs: &mut Vec<Pair>, atoms: &Atoms) -> Term {
    if pairs.len() > FLAT_LIMIT {
        return from_hashed_pairs(heap, hashed(pairs.iter().copied()), atoms);
    }
    flat_from_pairs(heap, pairs, atoms)
}

/// As [`from_pairs`], of pairs that come with the [`key_hash`] of their keys.
pub fn from_hashed_pairs<H: Heap + ?Sized>(
    heap: &mut H,
    mut hashed: Vec<(u32, Pair)>,
    atoms: &Atoms,
) -> Term {
    trie::keep_last_of_equal_keys(&mut hashed);
    if hashed.len() > FLAT_LIMIT {
        return trie::from_distinct(heap, &hashed, atoms);
    }
    let mut pairs = hashed.into_iter().map(|(_, pair)| pair).collect();
    flat_from_pairs(heap, &mut pairs, atoms)
}

fn flat_from_pairs<H: Heap + ?Sized>(heap: &mut H, pairs: &mut Vec<Pair>, atoms: &Atoms) -> Term {
    pairs.sort_by(|a, b| compare_exact(a.0, b.0, atoms));
    // Sorting is stable, so the pair to keep is the last of a run.
    pairs.dedup_by(|later, earlier| {
        let equal = exact_eq(later.0, earlier.0);
        if equal {
            earlier.1 = later.1;
        }
        equal
    });
    flat_from_sorted(heap, pairs)
}

/// The map of these pairs; `None` when a key comes more than once.
pub fn from_distinct_pairs<H: Heap + ?Sized>(
    heap: &mut H,
    pairs: &mut Vec<Pair>,
    atoms: &Atoms,
) -> Option<Term> {
    let count = pairs.len();
    let map = from_pairs(heap, pairs, atoms);
    (size(map) == Some(count)).then_some(map)
}

/// The associations of both maps; where both have a key, that of `second`.
pub fn merge<H: Heap + ?Sized>(heap: &mut H, first: Term, second: Term, atoms: &Atoms) -> Term {
    let (small, large) = (size(first).unwrap_or(0), size(second).unwrap_or(0));
    if first == second || small == 0 {
        return second;
    }
    if large <= small / 4 || as_flat(&first).is_some() && as_flat(&second).is_some() {
        let pairs: Vec<Pair> = entries(second).collect();
        return put_assoc(heap, first, &pairs, atoms);
    }
    let mut pairs: Vec<Pair> = entries(first)
        .filter(|&(key, _)| get(second, key).is_none())
        .collect();
    if pairs.len() <= large / 4 {
        return put_assoc(heap, second, &pairs, atoms);
    }
    pairs.extend(entries(second));
    from_pairs(heap, &mut pairs, atoms)
}

/// The map with all `pairs` put, of which later ones win: `Map#{K => V, …}`.
pub fn put_assoc<H: Heap + ?Sized>(heap: &mut H, map: Term, pairs: &[Pair], atoms: &Atoms) -> Term {
    let Some((keys, values)) = as_flat(&map) else {
        return pairs.iter().fold(map, |map, &(key, value)| {
            trie::put(heap, map, key, value, atoms)
        });
    };
    let mut replaced = [Term::NIL; FLAT_LIMIT];
    let replaced = &mut replaced[..values.len()];
    replaced.copy_from_slice(values);
    let mut added: Vec<Pair> = Vec::new();
    for &(key, value) in pairs {
        match position(keys, key) {
            Some(index) => replaced[index] = value,
            None => added.push((key, value)),
        }
    }
    if !added.is_empty() {
        added.splice(0..0, keys.iter().copied().zip(replaced.iter().copied()));
        return from_pairs(heap, &mut added, atoms);
    }
    if replaced == values {
        return map;
    }
    flat_with_keys(heap, map.boxed_words()[0], replaced)
}

/// The map with the values of known keys replaced, `Map#{K := V, …}`.
///
/// # Errors
///
/// The first key that the map doesn't have.
pub fn put_exact<H: Heap + ?Sized>(heap: &mut H, map: Term, pairs: &[Pair]) -> Result<Term, Term> {
    let Some((keys, values)) = as_flat(&map) else {
        return pairs.iter().try_fold(map, |map, &(key, value)| {
            trie::update(heap, map, key, value).ok_or(key)
        });
    };
    let mut replaced = [Term::NIL; FLAT_LIMIT];
    let replaced = &mut replaced[..values.len()];
    replaced.copy_from_slice(values);
    for &(key, value) in pairs {
        replaced[position(keys, key).ok_or(key)?] = value;
    }
    if replaced == values {
        return Ok(map);
    }
    Ok(flat_with_keys(heap, map.boxed_words()[0], replaced))
}

#[cfg(test)]
mod tests;
