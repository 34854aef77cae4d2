//! The objects of an ordered set: sorted leaves in sorted pages in a sorted list.
//!
//! Leaves and pages have bounded sizes, so that an insertion moves a few hundred words wherever it is; the list of pages
//! has one entry for thousands of objects. Keys are ordered and told apart by `==`, so that 1 and 1.0 are one key.

use alloc::vec::Vec;
use core::cmp::Ordering;

use brood_term::compare::compare;
use brood_term::{Atoms, Term};

use super::object::Object;

/// A leaf that grows beyond this is split in two.
const LEAF_OBJECTS: usize = 64;
/// A page with more leaves than this is split in two.
const PAGE_LEAVES: usize = 128;

type Leaf = Vec<Object>;

#[derive(Debug, Default)]
struct Page {
    /// None is empty.
    leaves: Vec<Leaf>,
    objects: usize,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct OrderedStore {
    /// Where in their objects the key is, from 0.
    key_index: usize,
    /// No page is empty; all keys of one come before all of the next.
    pages: Vec<Page>,
}

/// Where an object is: the page, the leaf in it and the index in that. Places are ordered as keys are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    page: usize,
    leaf: usize,
    index: usize,
}

impl OrderedStore {
    /// Nothing yet; keys are element `key_index` (from 0) of their objects.
    pub fn new(key_index: usize) -> OrderedStore {
        OrderedStore {
            key_index,
            pages: Vec::new(),
        }
    }

    /// The place of the first object that is not `before`, which must be true of a first part of the keys only.
    pub fn partition_point(&self, before: &mut dyn FnMut(Term) -> bool) -> Place {
        let key_index = self.key_index;
        let mut before = |object: &Object| before(object.key(key_index));
        let mut leaf_before = |leaf: &Leaf| leaf.last().is_some_and(&mut before);
        let page = self
            .pages
            .partition_point(|page| page.leaves.last().is_some_and(&mut leaf_before));
        let leaves = self.pages.get(page).map_or(&[][..], |page| &page.leaves);
        let leaf = leaves.partition_point(&mut leaf_before);
        let objects = leaves.get(leaf).map_or(&[][..], |leaf| leaf);
        let index = objects.partition_point(&mut before);
        Place { page, leaf, index }
    }

    /// Where the first object is whose key is `key` or greater, and whether it is `key`.
    fn find(&self, key: Term, atoms: &Atoms) -> (Place, bool) {
        let place = self.partition_point(&mut |candidate| compare(candidate, key, atoms).is_lt());
        let found = self
            .at(place)
            .is_some_and(|object| compare(object.key(self.key_index), key, atoms).is_eq());
        (place, found)
    }

    fn at(&self, place: Place) -> Option<&Object> {
        let leaf = self.pages.get(place.page)?.leaves.get(place.leaf)?;
        leaf.get(place.index)
    }

    fn at_mut(&mut self, place: Place) -> Option<&mut Object> {
        let leaf = self.pages.get_mut(place.page)?.leaves.get_mut(place.leaf)?;
        leaf.get_mut(place.index)
    }

    /// The object with a key.
    pub fn get(&self, key: Term, atoms: &Atoms) -> Option<&Object> {
        match self.find(key, atoms) {
            (place, true) => self.at(place),
            _ => None,
        }
    }

    /// The object with a key, which may not be changed to one with another.
    pub fn get_mut(&mut self, key: Term, atoms: &Atoms) -> Option<&mut Object> {
        match self.find(key, atoms) {
            (place, true) => self.at_mut(place),
            _ => None,
        }
    }

    /// Puts an object in; the one with its key, whose place it takes, is given back.
    pub fn insert(&mut self, object: Object, atoms: &Atoms) -> Option<Object> {
        let (mut place, found) = self.find(object.key(self.key_index), atoms);
        if found {
            return self
                .at_mut(place)
                .map(|present| core::mem::replace(present, object));
        }
        if self.pages.is_empty() {
            self.pages.push(Page {
                leaves: Vec::from([Leaf::new()]),
                objects: 0,
            });
        } else if place.page == self.pages.len() {
            // Behind everything: at the end of the last leaf.
            place.page -= 1;
            place.leaf = self.pages[place.page].leaves.len() - 1;
            place.index = self.pages[place.page].leaves[place.leaf].len();
        }
        let is_last_page = place.page + 1 == self.pages.len();
        let page = &mut self.pages[place.page];
        page.objects += 1;
        let is_last_leaf = place.leaf + 1 == page.leaves.len();
        let leaf = &mut page.leaves[place.leaf];
        leaf.insert(place.index, object);
        if leaf.len() <= LEAF_OBJECTS {
            return None;
        }
        // What comes in order fills leaves and pages to the end.
        let in_order = is_last_page && is_last_leaf && place.index + 1 == leaf.len();
        let split = |most: usize| if in_order { most } else { most / 2 };
        let right = leaf.split_off(split(LEAF_OBJECTS));
        if !in_order {
            leaf.shrink_to(LEAF_OBJECTS);
        }
        page.leaves.insert(place.leaf + 1, right);
        if page.leaves.len() > PAGE_LEAVES {
            let right = page.leaves.split_off(split(PAGE_LEAVES));
            let objects = right.iter().map(Vec::len).sum();
            page.objects -= objects;
            let right = Page {
                leaves: right,
                objects,
            };
            self.pages.insert(place.page + 1, right);
        }
        None
    }

    /// Removes the object with a key.
    pub fn remove(&mut self, key: Term, atoms: &Atoms) -> Option<Object> {
        let (place, found) = self.find(key, atoms);
        if !found {
            return None;
        }
        let page = self.pages.get_mut(place.page)?;
        let object = page.leaves.get_mut(place.leaf)?.remove(place.index);
        page.objects -= 1;
        let here = page.leaves[place.leaf].len();
        if here == 0 {
            page.leaves.remove(place.leaf);
        } else if let Some(next) = page.leaves.get(place.leaf + 1)
            && here + next.len() <= LEAF_OBJECTS / 2
        {
            let mut next = page.leaves.remove(place.leaf + 1);
            page.leaves[place.leaf].append(&mut next);
        }
        let here = page.leaves.len();
        if here == 0 {
            self.pages.remove(place.page);
        } else if let Some(next) = self.pages.get(place.page + 1)
            && here + next.leaves.len() <= PAGE_LEAVES / 2
        {
            let mut next = self.pages.remove(place.page + 1);
            let page = &mut self.pages[place.page];
            page.leaves.append(&mut next.leaves);
            page.objects += next.objects;
        }
        Some(object)
    }

    /// The least key.
    pub fn first(&self) -> Option<Term> {
        self.key_at(Some(Place {
            page: 0,
            leaf: 0,
            index: 0,
        }))
    }

    /// The greatest key.
    pub fn last(&self) -> Option<Term> {
        self.key_at(self.place_before(self.end()))
    }

    fn key_at(&self, place: Option<Place>) -> Option<Term> {
        Some(self.at(place?)?.key(self.key_index))
    }

    /// The least key greater than `key`, which need not be there.
    pub fn next(&self, key: Term, atoms: &Atoms) -> Option<Term> {
        self.key_at(Some(self.behind(key, atoms)))
    }

    /// The greatest key less than `key`, which need not be there.
    pub fn previous(&self, key: Term, atoms: &Atoms) -> Option<Term> {
        self.key_at(self.place_before(self.find(key, atoms).0))
    }

    /// The place behind everything.
    fn end(&self) -> Place {
        Place {
            page: self.pages.len(),
            leaf: 0,
            index: 0,
        }
    }

    /// The place of the first key that is greater than `key`.
    fn behind(&self, key: Term, atoms: &Atoms) -> Place {
        self.partition_point(&mut |candidate| compare(candidate, key, atoms).is_le())
    }

    /// The place of the object before a place.
    fn place_before(&self, mut place: Place) -> Option<Place> {
        if place.index > 0 {
            place.index -= 1;
            return Some(place);
        }
        if place.leaf > 0 {
            place.leaf -= 1;
        } else {
            place.page = place.page.checked_sub(1)?;
            place.leaf = self.pages[place.page].leaves.len() - 1;
        }
        place.index = self.pages[place.page].leaves[place.leaf].len() - 1;
        Some(place)
    }

    /// The objects from a place on, in order.
    fn forward(&self, place: Place) -> impl Iterator<Item = &Object> {
        let pages = self.pages.get(place.page..).unwrap_or(&[]);
        let mut leaves = pages.iter().flat_map(|page| &page.leaves).skip(place.leaf);
        let first = leaves.next().map_or(&[][..], |leaf| leaf);
        let first = first.get(place.index..).unwrap_or(&[]);
        first.iter().chain(leaves.flatten())
    }

    /// The objects before a place, the greatest first.
    fn backward(&self, place: Place) -> impl Iterator<Item = &Object> {
        let part = self
            .pages
            .get(place.page)
            .map_or(&[][..], |page| &page.leaves);
        let first = part.get(place.leaf).map_or(&[][..], |leaf| leaf);
        let leaves = part[..place.leaf.min(part.len())].iter().rev();
        let pages = self.pages[..place.page.min(self.pages.len())].iter().rev();
        first[..place.index.min(first.len())].iter().rev().chain(
            leaves
                .chain(pages.flat_map(|page| page.leaves.iter().rev()))
                .flat_map(|leaf| leaf.iter().rev()),
        )
    }

    /// The objects with keys that `order` finds equal to what is looked for, in order, or the other way round with
    /// `reverse`; those up to and including the key `behind` are left out. `order` must be monotonic.
    pub fn range(
        &self,
        behind: Option<Term>,
        reverse: bool,
        order: &dyn Fn(Term) -> Ordering,
        atoms: &Atoms,
    ) -> impl Iterator<Item = &Object> {
        let first = self.partition_point(&mut |key| order(key).is_lt());
        let end = self.partition_point(&mut |key| order(key).is_le());
        let (first, end) = match behind {
            None => (first, end),
            Some(key) if reverse => (first, end.min(self.find(key, atoms).0)),
            Some(key) => (first.max(self.behind(key, atoms)), end),
        };
        // Counting where to stop needs the key of the last object only.
        let stop = if reverse {
            self.place_before(first)
        } else {
            Some(end)
        };
        let stop = stop.and_then(|place| self.at(place)).map(Object::kept);
        let empty = first >= end;
        let (mut forward, mut backward) = match (empty, reverse) {
            (true, _) => (None, None),
            (_, false) => (Some(self.forward(first)), None),
            (_, true) => (None, Some(self.backward(end))),
        };
        core::iter::from_fn(move || match (&mut forward, &mut backward) {
            (Some(objects), _) => objects.next(),
            (_, Some(objects)) => objects.next(),
            _ => None,
        })
        .take_while(move |object| Some(object.kept()) != stop)
    }

    /// All objects, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.pages.iter().flat_map(|page| &page.leaves).flatten()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.pages.iter().map(|page| page.objects).sum()
    }

    /// The object at this position in the order.
    pub fn slot(&self, mut position: usize) -> Option<&Object> {
        let page = self.pages.iter().find(|page| {
            let here = position < page.objects;
            position -= if here { 0 } else { page.objects };
            here
        })?;
        let leaf = page.leaves.iter().find(|leaf| {
            let here = position < leaf.len();
            position -= if here { 0 } else { leaf.len() };
            here
        })?;
        leaf.get(position)
    }

    /// Words that the store itself takes.
    pub fn overhead_words(&self) -> usize {
        // Leaves are about three quarters full.
        self.count() * 4 / 3
    }

    /// Frees objects of a store that nobody uses any more, about as far as the budget goes. Gives whether some are left.
    pub fn crumble(&mut self, budget: &mut usize) -> bool {
        while *budget > 0 {
            let Some(page) = self.pages.last_mut() else {
                return false;
            };
            match page.leaves.pop() {
                Some(leaf) => *budget = budget.saturating_sub(leaf.len()),
                None => {
                    self.pages.pop();
                }
            }
        }
        !self.pages.is_empty()
    }
}
