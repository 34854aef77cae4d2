//! The hash array mapped trie.

use alloc::vec::Vec;

use super::{FLAT_LIMIT, Pair, from_pairs, iterate::entries};
use crate::atom::Atoms;
use crate::boxed::{Header, Subtag};
use crate::compare::{compare_exact, exact_eq};
use crate::hash::salted;
use crate::heap::Heap;
use crate::term::Term;

/// How many levels of four bits there are before keys are taken to collide.
pub const LEVELS: usize = 32;
/// How many levels one hash serves.
const LEVELS_OF_HASH: usize = 8;

const BITMAP: u64 = 0xffff;
const ROOT: u64 = 1 << 16;
const COLLISION: u64 = 1 << 17;
const SIZE_SHIFT: u32 = 32;

/// A node, taken apart.
#[derive(Clone, Copy)]
struct Node<'a> {
    info: u64,
    children: &'a [Term],
}

impl Node<'_> {
    fn of(term: &Term) -> Node<'_> {
        match term.boxed_words() {
            [info, children @ ..] if term.subtag() == Some(Subtag::HashMap) => Node {
                info: info.raw(),
                children,
            },
            _ => Node {
                info: 0,
                children: &[],
            },
        }
    }

    fn is_collision(self) -> bool {
        self.info & COLLISION != 0
    }

    /// Whether slot `slot` is taken, and the index of its child: where it is or would be.
    #[inline(always)]
    fn find(self, slot: u32) -> (bool, usize) {
        let bit = 1u64 << slot;
        let index = (self.info & BITMAP & (bit - 1)).count_ones() as usize;
        (self.info & bit != 0, index)
    }
}

/// The number of associations, if the node is a root.
#[inline]
pub(super) fn root_size(map: Term) -> Option<usize> {
    let info = map.boxed_words()[0].raw();
    (info & ROOT != 0).then_some((info >> SIZE_SHIFT) as usize)
}

/// The slots taken in a node of a trie, as a bitmap, and their children; nothing for other terms.
pub fn node(term: &Term) -> (u16, &[Term]) {
    let node = Node::of(term);
    ((node.info & BITMAP) as u16, node.children)
}

/// The children of a node.
pub(super) fn children(node: &Term) -> &[Term] {
    Node::of(node).children
}

/// The hash of a key for the first levels.
pub(super) fn first_hash(key: Term) -> u32 {
    key_hash(key, 0)
}

/// The hash of a key for the levels from `LEVELS_OF_HASH * depth` on.
#[inline]
fn key_hash(key: Term, depth: u32) -> u32 {
    // Keys that collide on all levels can't be found by trying: in tests, all ports do.
    #[cfg(test)]
    if key.is_local_port() {
        return depth;
    }
    salted(key, depth)
}

/// The slots that a key takes, level by level.
struct Slots {
    key: Term,
    hash: u32,
    level: usize,
}

impl Slots {
    fn new(key: Term) -> Slots {
        Slots::from_level(key, 0)
    }

    fn from_level(key: Term, level: usize) -> Slots {
        let hash = key_hash(key, (level / LEVELS_OF_HASH) as u32);
        Slots {
            key,
            hash: hash >> (level % LEVELS_OF_HASH * 4),
            level,
        }
    }

    /// The slot on the current level, after which the next is the current one.
    #[inline(always)]
    fn next(&mut self) -> u32 {
        let slot = self.hash & 15;
        self.level += 1;
        self.hash = if self.level.is_multiple_of(LEVELS_OF_HASH) && self.level < LEVELS {
            key_hash(self.key, (self.level / LEVELS_OF_HASH) as u32)
        } else {
            self.hash >> 4
        };
        slot
    }
}

pub(super) fn get(map: Term, key: Term) -> Option<Term> {
    let mut slots = Slots::new(key);
    let mut term = map;
    loop {
        let node = Node::of(&term);
        let child = if node.is_collision() {
            node.children[collision_index(node, key).ok()?]
        } else {
            let (taken, index) = node.find(slots.next());
            if !taken {
                return None;
            }
            node.children[index]
        };
        match child.as_cons() {
            Some((found, value)) => return exact_eq(found, key).then_some(value),
            None => term = child,
        }
    }
}

/// Where the leaf of `key` is in a collision node; the number of leaves if it has none.
fn collision_index(node: Node<'_>, key: Term) -> Result<usize, usize> {
    node.children
        .iter()
        .position(|leaf| {
            leaf.as_cons()
                .is_some_and(|(found, _)| exact_eq(found, key))
        })
        .ok_or(node.children.len())
}

/// The nodes from the root towards a key's place, and the index of the child taken in each.
struct Path {
    steps: [(Term, usize); LEVELS + 1],
    length: usize,
}

impl Path {
    /// Replaces the last step's child by `child` (or removes it), and so on up to the root, whose size changes by
    /// `growth`. A node that is left with one leaf gives way to it.
    fn rebuild<H: Heap + ?Sized>(
        &self,
        heap: &mut H,
        mut child: Option<Term>,
        growth: i64,
    ) -> Term {
        let mut result = Term::NIL;
        for (depth, (term, index)) in self.steps[..self.length].iter().enumerate().rev() {
            let node = Node::of(term);
            let is_root = depth == 0;
            let info = if is_root {
                node.info.wrapping_add((growth as u64) << SIZE_SHIFT)
            } else {
                node.info
            };
            result = match child {
                Some(child) if !is_root && child.is_cons() && node.children.len() == 1 => child,
                Some(child) => replace(heap, info, node.children, *index, child),
                None => match node.children {
                    [a, b] if !is_root && [b, a][*index].is_cons() => [*b, *a][*index],
                    _ => without(heap, info, node.children, *index),
                },
            };
            child = Some(result);
        }
        result
    }
}

/// A node of these parts: the children of `parts` in a row.
fn make_node<H: Heap + ?Sized>(heap: &mut H, info: u64, parts: [&[Term]; 3]) -> Term {
    let arity = 1 + parts.iter().map(|part| part.len()).sum::<usize>();
    let object = heap.allocate(1 + arity);
    // SAFETY: `object` is fresh with room for the header, the info word and all children, all written here.
    unsafe {
        object.write(Term::header(Header::new(Subtag::HashMap, arity)));
        object.add(1).write(Term::from_raw(info));
        let mut target = object.add(2);
        for part in parts {
            core::ptr::copy_nonoverlapping(part.as_ptr(), target, part.len());
            target = target.add(part.len());
        }
        Term::from_boxed(object)
    }
}

fn replace<H: Heap + ?Sized>(
    heap: &mut H,
    info: u64,
    children: &[Term],
    index: usize,
    child: Term,
) -> Term {
    let parts = [&children[..index], &[child], &children[index + 1..]];
    make_node(heap, info, parts)
}

fn without<H: Heap + ?Sized>(heap: &mut H, info: u64, children: &[Term], index: usize) -> Term {
    let parts = [&children[..index], &children[index + 1..], &[]];
    make_node(heap, without_slot(info, index), parts)
}

/// The info word without the slot of the child at `index`.
fn without_slot(info: u64, index: usize) -> u64 {
    if info & COLLISION != 0 {
        return info;
    }
    let mut slots = info & BITMAP;
    for _ in 0..index {
        slots &= slots - 1;
    }
    info & !(slots & slots.wrapping_neg())
}

/// Where a search for a key ended.
enum Place {
    /// At the key's leaf.
    Found { key: Term, value: Term },
    /// At the leaf of another key.
    Occupied { leaf: Term },
    /// At a free slot.
    Free { slot: u32 },
    /// In a collision node without it.
    Colliding,
}

fn descend(map: Term, key: Term) -> (Path, Place) {
    let mut path = Path {
        steps: [(Term::NIL, 0); LEVELS + 1],
        length: 0,
    };
    let mut slots = Slots::new(key);
    let mut term = map;
    loop {
        let node = Node::of(&term);
        let (index, missing) = if node.is_collision() {
            match collision_index(node, key) {
                Ok(index) => (index, None),
                Err(index) => (index, Some(Place::Colliding)),
            }
        } else {
            let slot = slots.next();
            let (taken, index) = node.find(slot);
            (index, (!taken).then_some(Place::Free { slot }))
        };
        path.steps[path.length] = (term, index);
        path.length += 1;
        if let Some(place) = missing {
            return (path, place);
        }
        let child = node.children[index];
        match child.as_cons() {
            Some((found, value)) if exact_eq(found, key) => {
                return (path, Place::Found { key: found, value });
            }
            Some(_) => return (path, Place::Occupied { leaf: child }),
            None => term = child,
        }
    }
}

pub(super) fn put<H: Heap + ?Sized>(
    heap: &mut H,
    map: Term,
    key: Term,
    value: Term,
    atoms: &Atoms,
) -> Term {
    let (path, place) = descend(map, key);
    let (last, index) = path.steps[path.length - 1];
    let node = Node::of(&last);
    let changed = match place {
        Place::Found { value: old, .. } if old == value => return map,
        Place::Found { key, .. } => {
            let leaf = heap.cons(key, value);
            return path.rebuild(heap, Some(leaf), 0);
        }
        Place::Occupied { leaf } => {
            let mut leaves = [leaf, heap.cons(key, value)].map(|leaf| Item::at(leaf, path.length));
            let child = build(heap, &mut leaves, path.length, atoms);
            return path.rebuild(heap, Some(child), 1);
        }
        Place::Free { slot } => {
            let leaf = heap.cons(key, value);
            let parts = [&node.children[..index], &[leaf], &node.children[index..]];
            make_node(heap, node.info | 1 << slot, parts)
        }
        Place::Colliding => {
            let leaf = heap.cons(key, value);
            let at = node.children.partition_point(|other| {
                other
                    .as_cons()
                    .is_some_and(|(other, _)| compare_exact(other, key, atoms).is_lt())
            });
            let parts = [&node.children[..at], &[leaf], &node.children[at..]];
            make_node(heap, node.info, parts)
        }
    };
    let above = Path {
        length: path.length - 1,
        ..path
    };
    if above.length == 0 {
        return resize_new_root(changed, 1);
    }
    above.rebuild(heap, Some(changed), 1)
}

/// Changes the size in a root that was just made.
fn resize_new_root(root: Term, growth: u64) -> Term {
    // SAFETY: the root was just made by `make_node`, so its info word follows the header, and nobody else
    // refers to it yet.
    unsafe {
        let info = root.address().add(1);
        info.write(Term::from_raw(
            info.read().raw().wrapping_add(growth << SIZE_SHIFT),
        ));
    }
    root
}

pub(super) fn update<H: Heap + ?Sized>(
    heap: &mut H,
    map: Term,
    key: Term,
    value: Term,
) -> Option<Term> {
    let (path, place) = descend(map, key);
    match place {
        Place::Found { value: old, .. } if old == value => Some(map),
        Place::Found { key, .. } => {
            let leaf = heap.cons(key, value);
            Some(path.rebuild(heap, Some(leaf), 0))
        }
        _ => None,
    }
}

pub(super) fn take<H: Heap + ?Sized>(
    heap: &mut H,
    map: Term,
    key: Term,
    atoms: &Atoms,
) -> Option<Pair> {
    let (path, place) = descend(map, key);
    let Place::Found { key, value } = place else {
        return None;
    };
    if root_size(map).is_some_and(|size| size <= FLAT_LIMIT + 1) {
        let mut pairs: Vec<Pair> = entries(map).filter(|&(other, _)| other != key).collect();
        return Some((value, from_pairs(heap, &mut pairs, atoms)));
    }
    Some((value, path.rebuild(heap, None, -1)))
}

/// A leaf and what is left of its key's hash at the level reached.
#[derive(Clone, Copy)]
struct Item {
    leaf: Term,
    hash: u32,
}

impl Item {
    fn at(leaf: Term, level: usize) -> Item {
        let key = leaf.as_cons().map_or(Term::NIL, |(key, _)| key);
        Item {
            leaf,
            hash: Slots::from_level(key, level.min(LEVELS - 1)).hash,
        }
    }
}

/// The hash with its slots in reverse: in the order of a trie's leaves.
fn in_trie_order(hash: u32) -> u32 {
    let hash = (hash & 0x0f0f_0f0f) << 4 | (hash >> 4) & 0x0f0f_0f0f;
    hash.swap_bytes()
}

/// The trie of these pairs, each with its key's [`first_hash`]. The keys differ and are more than [`FLAT_LIMIT`].
pub(super) fn from_distinct<H: Heap + ?Sized>(
    heap: &mut H,
    pairs: &[(u32, Pair)],
    atoms: &Atoms,
) -> Term {
    let mut items: Vec<Item> = pairs
        .iter()
        .map(|&(hash, (key, value))| Item {
            leaf: heap.cons(key, value),
            hash,
        })
        .collect();
    let root = build(heap, &mut items, 0, atoms);
    resize_new_root(root, pairs.len() as u64)
}

/// The subtree at `level` of these leaves; a lone leaf below the root is its own subtree. Recurses
/// [`LEVELS`] deep at most.
fn build<H: Heap + ?Sized>(heap: &mut H, items: &mut [Item], level: usize, atoms: &Atoms) -> Term {
    if let [item] = items
        && level > 0
    {
        return item.leaf;
    }
    if level == LEVELS {
        let key = |item: &Item| item.leaf.as_cons().map_or(Term::NIL, |(key, _)| key);
        items.sort_by(|a, b| compare_exact(key(a), key(b), atoms));
        let leaves: Vec<Term> = items.iter().map(|item| item.leaf).collect();
        return make_node(heap, COLLISION, [&leaves, &[], &[]]);
    }
    if level.is_multiple_of(LEVELS_OF_HASH) && level > 0 {
        for item in items.iter_mut() {
            *item = Item::at(item.leaf, level);
        }
    }
    items.sort_unstable_by_key(|item| in_trie_order(item.hash));
    let mut children = [Term::NIL; 16];
    let mut count = 0;
    let mut info = if level == 0 { ROOT } else { 0 };
    let mut rest = items;
    while let Some(first) = rest.first() {
        let slot = first.hash & 15;
        let end = rest.partition_point(|item| item.hash & 15 <= slot);
        let (run, others) = rest.split_at_mut(end);
        for item in run.iter_mut() {
            item.hash >>= 4;
        }
        children[count] = build(heap, run, level + 1, atoms);
        count += 1;
        info |= 1 << slot;
        rest = others;
    }
    make_node(heap, info, [&children[..count], &[], &[]])
}

/// Removes all but the last of the pairs with equal keys; each comes with its key's [`first_hash`].
pub(super) fn keep_last_of_equal_keys(pairs: &mut Vec<(u32, Pair)>) {
    // Stable, so that of equal keys the last stays the last.
    pairs.sort_by_key(|&(hash, _)| hash);
    let mut kept: Vec<(u32, Pair)> = Vec::with_capacity(pairs.len());
    let mut run_start = 0;
    for &(hash, pair) in pairs.iter() {
        if kept.get(run_start).is_some_and(|first| first.0 != hash) {
            run_start = kept.len();
        }
        match kept[run_start..]
            .iter_mut()
            .find(|(_, earlier)| exact_eq(earlier.0, pair.0))
        {
            Some((_, earlier)) => *earlier = pair,
            None => kept.push((hash, pair)),
        }
    }
    *pairs = kept;
}
