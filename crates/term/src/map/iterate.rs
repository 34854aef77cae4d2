//! Going through the associations of a map.

use alloc::vec::Vec;

use super::{Pair, as_flat, trie};
use crate::atom::Atoms;
use crate::boxed::Subtag;
use crate::compare::compare_exact;
use crate::heap::Heap;
use crate::known;
use crate::term::Term;

/// How many associations the first step of an iteration yields at most, so that looking at a few of a large map
/// stays cheap.
const FIRST_STEP: usize = super::FLAT_LIMIT;
/// The bits of a path that one level takes.
const PATH_BITS: usize = 4;

/// Iterates over associations: of a flat map in the order of the keys, of a trie in the order of the hashes.
#[derive(Clone, Debug)]
pub struct Entries(State);

#[derive(Clone, Debug)]
enum State {
    Flat {
        map: Term,
        index: usize,
    },
    /// The nodes from the root down, each with the index of the child to look at next.
    Trie(Vec<(Term, usize)>),
}

/// The associations of `map`; it stays valid as the rooting rule says.
pub fn entries(map: Term) -> Entries {
    Entries(match map.subtag() {
        Some(Subtag::HashMap) => State::Trie(alloc::vec![(map, 0)]),
        _ => State::Flat { map, index: 0 },
    })
}

impl Iterator for Entries {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        match &mut self.0 {
            State::Flat { map, index } => {
                let (keys, values) = as_flat(map)?;
                let pair = (*keys.get(*index)?, values[*index]);
                *index += 1;
                Some(pair)
            }
            State::Trie(stack) => {
                while let Some((node, index)) = stack.last_mut() {
                    let Some(&child) = trie::children(node).get(*index) else {
                        stack.pop();
                        continue;
                    };
                    *index += 1;
                    match child.as_cons() {
                        Some(pair) => return Some(pair),
                        None => stack.push((child, 0)),
                    }
                }
                None
            }
        }
    }
}

/// The associations in the exact order of their keys, for comparing maps.
pub fn sorted_entries(map: Term, atoms: &Atoms) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = entries(map).collect();
    if as_flat(&map).is_none() {
        pairs.sort_by(|a, b| compare_exact(a.0, b.0, atoms));
    }
    pairs
}

/// Gives `visit` the terms that make up a map or an inner node, last first and each value before its key, so
/// that a stack of them yields the order of [`entries`] for a flat map. Deeper nodes are given as such.
pub fn for_each_child(map: Term, mut visit: impl FnMut(Term)) {
    if let Some((keys, values)) = as_flat(&map) {
        for (key, value) in keys.iter().zip(values).rev() {
            visit(*value);
            visit(*key);
        }
        return;
    }
    for child in trie::children(&map) {
        match child.as_cons() {
            Some((key, value)) => {
                visit(value);
                visit(key);
            }
            None => visit(*child),
        }
    }
}

/// The list of the keys, in the order in which `maps:keys/1` gives them.
pub fn keys<H: Heap + ?Sized>(heap: &mut H, map: Term) -> Term {
    let mut column = Column::new(map);
    column.extend(heap, |(key, _)| key, usize::MAX);
    column.list
}

/// A list of the keys or values of a map that grows step by step.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    map: Term,
    /// What there is of the list.
    list: Term,
    /// Where the next step begins; [`Term::NIL`] at the end.
    path: Term,
}

impl Column {
    /// The empty list, before the first step.
    pub fn new(map: Term) -> Column {
        Column {
            map,
            list: Term::NIL,
            path: Term::small(0),
        }
    }

    /// What [`Column::pack`] made. `None` for any other term.
    pub fn unpack(map: Term, packed: Term) -> Option<Column> {
        let (path, list) = packed.as_cons()?;
        Some(Column { map, list, path })
    }

    /// What there is as one term, to be kept while the heap is collected.
    pub fn pack<H: Heap + ?Sized>(&self, heap: &mut H) -> Term {
        heap.cons(self.path, self.list)
    }

    /// The list, once it is complete.
    pub fn complete(&self) -> Option<Term> {
        self.path.is_nil().then_some(self.list)
    }

    /// Adds the parts of at most `limit` more associations of a trie, or of all of a flat map. Gives how many.
    pub fn extend<H: Heap + ?Sized>(
        &mut self,
        heap: &mut H,
        part: fn(Pair) -> Term,
        limit: usize,
    ) -> usize {
        let mut entries = entries(self.map);
        let State::Trie(stack) = &mut entries.0 else {
            let parts: Vec<Term> = entries.map(part).collect();
            self.list = heap.list(&parts);
            self.path = Term::NIL;
            return parts.len();
        };
        if follow(stack, self.map, self.path).is_none() {
            stack.clear();
        }
        let mut count = 0;
        for pair in entries.by_ref().take(limit) {
            self.list = heap.cons(part(pair), self.list);
            count += 1;
        }
        self.path = match entries.0 {
            State::Trie(stack) => path_of(heap, stack).unwrap_or(Term::NIL),
            State::Flat { .. } => Term::NIL,
        };
        count
    }
}

/// In which form [`map_next`] gives associations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextMode {
    /// `{K1, V1, {K2, V2, … Next}}`, where `Next` is `[Path | Map]` or `none`.
    Iterator,
    /// `{K, V}` tuples before this list; when there are more, `[Path, Map | List]`.
    List(Term),
}

/// `{K1, V1, {K2, V2, … Next}}`
fn chained<H: Heap + ?Sized>(heap: &mut H, pairs: &[Pair], next: Term) -> Term {
    let pairs = pairs.iter().rev();
    pairs.fold(next, |next, &(key, value)| heap.tuple(&[key, value, next]))
}

/// The associations of the first keys of a list, which `map` must have.
fn ordered_next<H: Heap + ?Sized>(
    heap: &mut H,
    mut keys: Term,
    map: Term,
    limit: usize,
) -> Option<Term> {
    let mut pairs: Vec<Pair> = Vec::new();
    while pairs.len() < limit
        && let Some((key, rest)) = keys.as_cons()
    {
        pairs.push((key, super::get(map, key)?));
        keys = rest;
    }
    let next = match keys {
        Term::NIL => known::NONE,
        keys if keys.is_list() => heap.cons(keys, map),
        _ => return None,
    };
    Some(chained(heap, &pairs, next))
}

/// `erts_internal:map_next/3`, what `maps:next/1` and `maps:to_list/1` are made of: at most `limit` (at least 1)
/// associations of `map` from `path` on. `path` is 0 at the start; of a trie it holds the index of a child for
/// each level, four bits each, in a collision node from bit 128 on.
///
/// As an iterator, `path` may also be the list of the keys that are left, in any order.
///
/// `None` when `path` leads nowhere or `map` is no map: `badarg`.
pub fn map_next<H: Heap + ?Sized>(
    heap: &mut H,
    path: Term,
    map: Term,
    mode: NextMode,
    limit: usize,
) -> Option<Term> {
    let size = super::size(map)?;
    if path.is_list() && mode == NextMode::Iterator {
        return ordered_next(heap, path, map, limit.max(1));
    }
    let mut entries = entries(map);
    let mut limit = limit.max(1);
    match &mut entries.0 {
        State::Flat { .. } => {
            if path.as_usize()? > size {
                return None;
            }
            limit = size;
        }
        State::Trie(stack) => {
            follow(stack, map, path)?;
            if path == Term::small(0) {
                limit = limit.min(FIRST_STEP);
            }
        }
    }
    let pairs: Vec<Pair> = entries.by_ref().take(limit).collect();
    let rest = match entries.0 {
        State::Flat { .. } => None,
        State::Trie(stack) => path_of(heap, stack),
    };
    Some(match mode {
        NextMode::Iterator => {
            let next = match rest {
                Some(path) => heap.cons(path, map),
                None => known::NONE,
            };
            chained(heap, &pairs, next)
        }
        NextMode::List(list) => {
            let mut tuples: Vec<Term> = pairs
                .iter()
                .map(|&(key, value)| heap.tuple(&[key, value]))
                .collect();
            if as_flat(&map).is_none() {
                tuples.reverse();
            }
            let list = heap.list_with_tail(&tuples, list);
            match rest {
                Some(path) => heap.list_with_tail(&[path, map], list),
                None => list,
            }
        }
    })
}

/// Sets `stack` to where `path` leads; `None` when it leads nowhere.
fn follow(stack: &mut Vec<(Term, usize)>, map: Term, path: Term) -> Option<()> {
    let small;
    let limbs: &[u64] = match (path.as_small(), path.as_big()) {
        (Some(value), _) => {
            small = [u64::try_from(value).ok()?];
            &small
        }
        (_, Some((false, limbs))) => limbs,
        _ => return None,
    };
    stack.clear();
    let mut node = map;
    for level in 0.. {
        let limb = limbs.get(level * PATH_BITS / 64).copied().unwrap_or(0);
        let index = if level == trie::LEVELS {
            limb as usize
        } else {
            (limb >> (level * PATH_BITS % 64)) as usize & 15
        };
        let child = *trie::children(&node).get(index)?;
        if child.is_cons() {
            stack.push((node, index));
            break;
        }
        stack.push((node, index + 1));
        node = child;
    }
    Some(())
}

/// The path to where an iteration stands; `None` at its end.
fn path_of<H: Heap + ?Sized>(heap: &mut H, mut stack: Vec<(Term, usize)>) -> Option<Term> {
    while let Some((node, index)) = stack.last()
        && *index >= trie::children(node).len()
    {
        stack.pop();
    }
    let last = stack.len().checked_sub(1)?;
    let mut limbs = [0u64; trie::LEVELS * PATH_BITS / 64 + 1];
    for (level, (_, next)) in stack.iter().enumerate() {
        let index = if level == last { *next } else { *next - 1 };
        limbs[level * PATH_BITS / 64] |= (index as u64) << (level * PATH_BITS % 64);
    }
    let length = limbs
        .iter()
        .rposition(|&limb| limb != 0)
        .map_or(1, |last| last + 1);
    Some(if length == 1 {
        heap.unsigned(limbs[0])
    } else {
        crate::boxed::raw_object(heap, Subtag::BigPositive, &limbs[..length])
    })
}
