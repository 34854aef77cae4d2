//! The objects of an ordered set: sorted leaves in a sorted list.
//!
//! Keys are ordered and told apart by `==`, so that 1 and 1.0 are one key.

use alloc::vec::Vec;
use core::cmp::Ordering;

use brood_term::compare::compare;
use brood_term::{Atoms, OwnedTerm, Term};

use super::hash_store::key_of;

/// A leaf that grows beyond this is split in two.
const LEAF_OBJECTS: usize = 128;

/// See the module's documentation.
#[derive(Debug)]
pub struct OrderedStore {
    /// Where in their objects the key is, from 0.
    key_index: usize,
    /// No leaf is empty; all keys of one come before all of the next.
    leaves: Vec<Vec<OwnedTerm>>,
}

/// Where an object is: the leaf, and the index in it.
type Position = (usize, usize);

impl OrderedStore {
    /// Nothing yet; keys are element `key_index` (from 0) of their objects.
    pub fn new(key_index: usize) -> OrderedStore {
        OrderedStore {
            key_index,
            leaves: Vec::new(),
        }
    }

    fn order(&self, object: &OwnedTerm, key: Term, atoms: &Atoms) -> Ordering {
        compare(key_of(object.term(), self.key_index), key, atoms)
    }

    /// Where the first object is whose key is `key` or greater, and whether it is `key`.
    fn find(&self, key: Term, atoms: &Atoms) -> (Position, bool) {
        let before = |object: &OwnedTerm| self.order(object, key, atoms).is_lt();
        let leaf = self
            .leaves
            .partition_point(|leaf| leaf.last().is_some_and(before));
        let Some(objects) = self.leaves.get(leaf) else {
            return ((leaf, 0), false);
        };
        let index = objects.partition_point(before);
        let found = objects
            .get(index)
            .is_some_and(|object| self.order(object, key, atoms).is_eq());
        ((leaf, index), found)
    }

    /// The object with a key.
    pub fn get(&self, key: Term, atoms: &Atoms) -> &[OwnedTerm] {
        match self.find(key, atoms) {
            ((leaf, index), true) => core::slice::from_ref(&self.leaves[leaf][index]),
            _ => &[],
        }
    }

    /// The object with a key, which may not be changed to one with another.
    pub fn get_mut(&mut self, key: Term, atoms: &Atoms) -> &mut [OwnedTerm] {
        match self.find(key, atoms) {
            ((leaf, index), true) => core::slice::from_mut(&mut self.leaves[leaf][index]),
            _ => &mut [],
        }
    }

    /// Adds an object whose key is not there.
    pub fn insert(&mut self, object: OwnedTerm, atoms: &Atoms) {
        let key = key_of(object.term(), self.key_index);
        let ((mut leaf, mut index), _) = self.find(key, atoms);
        if leaf == self.leaves.len() {
            if leaf == 0 {
                self.leaves.push(Vec::new());
            } else {
                leaf -= 1;
                index = self.leaves[leaf].len();
            }
        }
        self.leaves[leaf].insert(index, object);
        if self.leaves[leaf].len() > LEAF_OBJECTS {
            // What comes in order fills leaves to the end.
            let last = leaf + 1 == self.leaves.len() && index + 1 == self.leaves[leaf].len();
            let at = if last { LEAF_OBJECTS } else { LEAF_OBJECTS / 2 };
            let right = self.leaves[leaf].split_off(at);
            self.leaves.insert(leaf + 1, right);
        }
    }

    /// Removes the object with a key.
    pub fn remove(&mut self, key: Term, atoms: &Atoms) -> Option<OwnedTerm> {
        let ((leaf, index), found) = self.find(key, atoms);
        if !found {
            return None;
        }
        let object = self.leaves[leaf].remove(index);
        let here = self.leaves[leaf].len();
        if here == 0 {
            self.leaves.remove(leaf);
        } else if let Some(next) = self.leaves.get(leaf + 1)
            && here + next.len() <= LEAF_OBJECTS / 2
        {
            let mut next = self.leaves.remove(leaf + 1);
            self.leaves[leaf].append(&mut next);
        }
        Some(object)
    }

    /// Removes all objects that `keep` does not want, and gives how many.
    pub fn retain(&mut self, keep: &mut dyn FnMut(&OwnedTerm) -> bool) -> usize {
        let before = self.count();
        for leaf in &mut self.leaves {
            leaf.retain(&mut *keep);
        }
        self.leaves.retain(|leaf| !leaf.is_empty());
        before - self.count()
    }

    fn key_at(&self, (leaf, index): Position) -> Option<Term> {
        let object = self.leaves.get(leaf)?.get(index)?;
        Some(key_of(object.term(), self.key_index))
    }

    /// The least key.
    pub fn first(&self) -> Option<Term> {
        self.key_at((0, 0))
    }

    /// The greatest key.
    pub fn last(&self) -> Option<Term> {
        let object = self.leaves.last()?.last()?;
        Some(key_of(object.term(), self.key_index))
    }

    /// The least key greater than `key`, which need not be there.
    pub fn next(&self, key: Term, atoms: &Atoms) -> Option<Term> {
        self.iter_after(Some(key), atoms)
            .next()
            .map(|object| key_of(object.term(), self.key_index))
    }

    /// The greatest key less than `key`, which need not be there.
    pub fn previous(&self, key: Term, atoms: &Atoms) -> Option<Term> {
        self.iter_before(Some(key), atoms)
            .next()
            .map(|object| key_of(object.term(), self.key_index))
    }

    /// The objects with keys greater than `key` (all, without one), in order.
    pub fn iter_after(&self, key: Option<Term>, atoms: &Atoms) -> impl Iterator<Item = &OwnedTerm> {
        let ((leaf, index), found) = key.map_or(((0, 0), false), |key| self.find(key, atoms));
        let skip = index + usize::from(found);
        let leaves = self.leaves.get(leaf..).unwrap_or(&[]);
        leaves.iter().flatten().skip(skip)
    }

    /// The objects with keys less than `key` (all, without one), the greatest first.
    pub fn iter_before(
        &self,
        key: Option<Term>,
        atoms: &Atoms,
    ) -> impl Iterator<Item = &OwnedTerm> {
        let (leaf, index) = key.map_or((self.leaves.len(), 0), |key| self.find(key, atoms).0);
        let part = self
            .leaves
            .get(leaf)
            .map_or(&[][..], |objects| &objects[..index]);
        part.iter().rev().chain(
            self.leaves[..leaf]
                .iter()
                .rev()
                .flat_map(|leaf| leaf.iter().rev()),
        )
    }

    /// All objects; none may be changed to one with another key.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OwnedTerm> {
        self.leaves.iter_mut().flatten()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.leaves.iter().map(Vec::len).sum()
    }

    /// The object at this position in the order.
    pub fn slot(&self, mut position: usize) -> Option<&OwnedTerm> {
        for leaf in &self.leaves {
            match leaf.get(position) {
                Some(object) => return Some(object),
                None => position -= leaf.len(),
            }
        }
        None
    }

    /// Words that the store itself takes.
    pub fn overhead_words(&self) -> usize {
        let objects: usize = self.leaves.iter().map(Vec::capacity).sum();
        let bytes =
            objects * size_of::<OwnedTerm>() + self.leaves.capacity() * size_of::<Vec<OwnedTerm>>();
        bytes / size_of::<Term>()
    }
}
