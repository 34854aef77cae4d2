//! The objects of a set, bag or duplicate bag: in the order in which their keys came, with an index by hash.
//!
//! An entry stays where it is from the moment its key comes until the key goes, and entries carry rising numbers. So a
//! traversal that remembers a number goes on right behind it, whatever happened meanwhile, and sees nothing twice.
//! Removed entries are left behind and swept out when they are the majority.

use alloc::vec::Vec;

use brood_term::compare::exact_eq;
use brood_term::hash::internal_hash;
use brood_term::{OwnedTerm, Term};
use hashbrown::HashTable;
use smallvec::SmallVec;

/// The objects of one key: exactly one in a set.
type Objects = SmallVec<[OwnedTerm; 1]>;

#[derive(Debug)]
enum State {
    Live(Objects),
    /// Deleted while the table is fixed: an object that tells the key, so that a traversal that stands there
    /// can go on.
    Ghost(OwnedTerm),
    /// Deleted, and no longer in the index.
    Gone,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    hash: u32,
    state: State,
}

/// A key has no place in a table: it is not there, and was not there when the table was fixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoPlace;

/// See the module's documentation.
#[derive(Debug)]
pub struct HashStore {
    /// Where in their objects the key is, from 0.
    key_index: usize,
    /// Indices into `entries`.
    index: HashTable<u32>,
    /// By rising number.
    entries: Vec<Entry>,
    next_number: u64,
    /// No entry before this index is live.
    first: usize,
    gone: usize,
    ghosts: usize,
}

/// Fewer removed entries than this are not worth a sweep.
const LEAST_SWEEP: usize = 32;

/// The key of an object, which has one: objects without are refused before they get here.
pub(super) fn key_of(object: Term, key_index: usize) -> Term {
    object
        .as_tuple()
        .and_then(|elements| elements.get(key_index))
        .copied()
        .unwrap_or(Term::NIL)
}

impl Entry {
    fn objects(&self) -> &[OwnedTerm] {
        match &self.state {
            State::Live(objects) => objects,
            _ => &[],
        }
    }

    fn key(&self, key_index: usize) -> Option<Term> {
        match &self.state {
            State::Live(objects) => objects
                .first()
                .map(|object| key_of(object.term(), key_index)),
            State::Ghost(object) => Some(key_of(object.term(), key_index)),
            State::Gone => None,
        }
    }
}

impl HashStore {
    /// Nothing yet; keys are element `key_index` (from 0) of their objects.
    pub fn new(key_index: usize) -> HashStore {
        HashStore {
            key_index,
            index: HashTable::new(),
            entries: Vec::new(),
            next_number: 0,
            first: 0,
            gone: 0,
            ghosts: 0,
        }
    }

    /// Where the entry of a key is, be it live or a ghost.
    fn find(&self, key: Term) -> Option<usize> {
        let hash = internal_hash(key);
        let found = self.index.find(u64::from(hash), |&at| {
            let entry = &self.entries[at as usize];
            entry.hash == hash
                && entry
                    .key(self.key_index)
                    .is_some_and(|candidate| exact_eq(candidate, key))
        });
        found.map(|&at| at as usize)
    }

    /// The objects of a key.
    pub fn get(&self, key: Term) -> &[OwnedTerm] {
        self.find(key).map_or(&[], |at| self.entries[at].objects())
    }

    /// The objects of a key; none may be added or removed, nor its key changed.
    pub fn get_mut(&mut self, key: Term) -> &mut [OwnedTerm] {
        match self.find(key).map(|at| &mut self.entries[at].state) {
            Some(State::Live(objects)) => objects,
            _ => &mut [],
        }
    }

    /// Adds an object behind those of its key.
    pub fn push(&mut self, object: OwnedTerm) {
        let key = key_of(object.term(), self.key_index);
        if let Some(at) = self.find(key) {
            match &mut self.entries[at].state {
                State::Live(objects) => objects.push(object),
                state => {
                    *state = State::Live(SmallVec::from_buf([object]));
                    self.ghosts -= 1;
                    self.first = self.first.min(at);
                }
            }
            return;
        }
        let hash = internal_hash(key);
        let at = self.entries.len() as u32;
        self.index.insert_unique(u64::from(hash), at, |&at| {
            u64::from(self.entries[at as usize].hash)
        });
        let state = State::Live(SmallVec::from_buf([object]));
        self.entries.push(Entry {
            number: self.next_number,
            hash,
            state,
        });
        self.next_number += 1;
    }

    /// Removes the objects of `key` that `keep` does not want, and gives how many. With `fixed`, the place of the key
    /// is kept.
    pub fn retain_of_key(
        &mut self,
        key: Term,
        fixed: bool,
        keep: &mut dyn FnMut(&OwnedTerm) -> bool,
    ) -> usize {
        let removed = self
            .find(key)
            .map_or(0, |at| self.retain_at(at, fixed, keep));
        self.sweep();
        removed
    }

    /// Removes all objects that `keep` does not want, and gives how many.
    pub fn retain(&mut self, fixed: bool, keep: &mut dyn FnMut(&OwnedTerm) -> bool) -> usize {
        let removed = (0..self.entries.len())
            .map(|at| self.retain_at(at, fixed, keep))
            .sum();
        self.sweep();
        removed
    }

    fn retain_at(
        &mut self,
        at: usize,
        fixed: bool,
        keep: &mut dyn FnMut(&OwnedTerm) -> bool,
    ) -> usize {
        let State::Live(objects) = &mut self.entries[at].state else {
            return 0;
        };
        let mut removed = 0;
        let mut index = 0;
        // The last object to go stays a moment longer: it tells the key.
        let mut last = None;
        while index < objects.len() {
            if keep(&objects[index]) {
                index += 1;
            } else {
                last = Some(objects.remove(index));
                removed += 1;
            }
        }
        if let Some(last) = last
            && objects.is_empty()
        {
            self.entries[at].state = State::Ghost(last);
            self.ghosts += 1;
            if !fixed {
                self.bury(at);
            }
        }
        removed
    }

    /// Takes a ghost out of the index.
    fn bury(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        entry.state = State::Gone;
        self.ghosts -= 1;
        self.gone += 1;
        let hash = u64::from(entry.hash);
        if let Ok(found) = self
            .index
            .find_entry(hash, |&candidate| candidate as usize == at)
        {
            found.remove();
        }
    }

    /// The table is fixed no longer: its ghosts go.
    pub fn unfixed(&mut self) {
        if self.ghosts > 0 {
            for at in 0..self.entries.len() {
                if matches!(self.entries[at].state, State::Ghost(_)) {
                    self.bury(at);
                }
            }
        }
        self.sweep();
    }

    fn sweep(&mut self) {
        while self.first < self.entries.len() && self.entries[self.first].objects().is_empty() {
            self.first += 1;
        }
        if self.gone < LEAST_SWEEP || self.gone * 2 < self.entries.len() {
            return;
        }
        self.entries
            .retain(|entry| !matches!(entry.state, State::Gone));
        (self.first, self.gone) = (0, 0);
        self.index.clear();
        for (at, entry) in self.entries.iter().enumerate() {
            let entries = &self.entries;
            self.index
                .insert_unique(u64::from(entry.hash), at as u32, |&at| {
                    u64::from(entries[at as usize].hash)
                });
        }
        while self.first < self.entries.len() && self.entries[self.first].objects().is_empty() {
            self.first += 1;
        }
    }

    /// The first key.
    pub fn first(&self) -> Option<Term> {
        self.key_from(self.first)
    }

    /// The key behind `key`, if there is one; `Err` when `key` has no place here.
    pub fn next(&self, key: Term) -> Result<Option<Term>, NoPlace> {
        let at = self.find(key).ok_or(NoPlace)?;
        Ok(self.key_from(at + 1))
    }

    fn key_from(&self, at: usize) -> Option<Term> {
        let live = self.entries[at..]
            .iter()
            .find(|entry| !entry.objects().is_empty())?;
        live.key(self.key_index)
    }

    /// The objects from the place `(number, offset)` on, with the place behind each.
    pub fn iter_from(
        &self,
        place: (u64, usize),
    ) -> impl Iterator<Item = (&OwnedTerm, (u64, usize))> {
        let (number, offset) = place;
        let at = self
            .entries
            .partition_point(|entry| entry.number < number)
            .max(self.first);
        self.entries[at..].iter().flat_map(move |entry| {
            let skip = if entry.number == number { offset } else { 0 };
            let objects = entry.objects().iter().enumerate().skip(skip);
            objects.map(move |(index, object)| (object, (entry.number, index + 1)))
        })
    }

    /// The place of the first object of a key.
    pub fn place_of(&self, key: Term) -> Option<(u64, usize)> {
        self.find(key).map(|at| (self.entries[at].number, 0))
    }

    /// All objects; none may be added or removed, nor its key changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OwnedTerm> {
        self.entries
            .iter_mut()
            .flat_map(|entry| match &mut entry.state {
                State::Live(objects) => objects.iter_mut(),
                _ => [].iter_mut(),
            })
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.entries.len() - self.gone - self.ghosts
    }

    /// The objects of the key at this position.
    pub fn slot(&self, position: usize) -> Option<&[OwnedTerm]> {
        let mut live = self.entries[self.first..]
            .iter()
            .map(Entry::objects)
            .filter(|objects| !objects.is_empty());
        live.nth(position)
    }

    /// Words that the store itself takes.
    pub fn overhead_words(&self) -> usize {
        (self.entries.capacity() * size_of::<Entry>() + self.index.allocation_size())
            / size_of::<Term>()
    }
}
