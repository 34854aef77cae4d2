//! One table: its objects, whatever its type, and who may do what with it.

use alloc::vec::Vec;

use brood_term::compare::exact_eq;
use brood_term::{Atoms, OwnedTerm, Term};

use super::hash_store::{HashStore, NoPlace, key_of};
use super::ordered_store::OrderedStore;

/// The type of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "OTP's own names")]
pub enum Kind {
    Set,
    OrderedSet,
    Bag,
    DuplicateBag,
}

/// Who may read and write, beside the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Others may do both.
    Public,
    /// Others may read.
    Protected,
    /// Others may do neither.
    Private,
}

/// What `ets:new/2` was told.
#[derive(Debug)]
#[allow(missing_docs, reason = "OTP's own names")]
pub struct Settings {
    pub kind: Kind,
    pub access: Access,
    pub named: bool,
    /// Where in objects the key is, from 0.
    pub key_index: usize,
    /// Who inherits the table, and what it is told.
    pub heir: Option<(Term, OwnedTerm)>,
    /// Told by `info`; tables are never compressed.
    pub compressed: bool,
    pub decentralized_counters: Option<bool>,
    pub read_concurrency: bool,
    /// `true`, `false` or `auto`.
    pub write_concurrency: Term,
}

#[derive(Debug)]
enum Store {
    Hash(HashStore),
    Ordered(OrderedStore),
}

/// Who has fixed a table, and how often.
#[derive(Debug)]
pub struct Fixation {
    /// Since when: native monotonic and system time.
    pub since: (u64, i64),
    /// Pids with counts.
    pub by: Vec<(Term, usize)>,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// The number of its reference.
    pub number: u64,
    /// Its name, an atom, be it registered or not.
    pub name: Term,
    /// The process that owns it.
    pub owner: Term,
    /// How it was made.
    pub settings: Settings,
    /// Present while somebody has it fixed.
    pub fixation: Option<Fixation>,
    store: Store,
    objects: usize,
    /// Words of all objects.
    words: usize,
}

/// Where a traversal goes on.
#[derive(Clone, Copy, Debug)]
pub enum From {
    /// At the beginning, or the end when it goes backwards.
    Start,
    /// At a place of a hashed table: a number and an offset.
    Place(u64, usize),
    /// Behind this key, of an ordered table.
    Behind(Term),
}

impl Table {
    /// An empty table.
    pub fn new(number: u64, name: Term, owner: Term, settings: Settings) -> Table {
        let store = match settings.kind {
            Kind::OrderedSet => Store::Ordered(OrderedStore::new(settings.key_index)),
            _ => Store::Hash(HashStore::new(settings.key_index)),
        };
        Table {
            number,
            name,
            owner,
            settings,
            fixation: None,
            store,
            objects: 0,
            words: 0,
        }
    }

    /// How messages and lists name it: by its registered name, or the number of its reference.
    pub fn identifier(&self) -> Result<Term, u64> {
        if self.settings.named {
            Ok(self.name)
        } else {
            Err(self.number)
        }
    }

    /// The key that an object would have here: it must be a tuple that is large enough.
    pub fn key_of(&self, object: Term) -> Option<Term> {
        object.as_tuple()?.get(self.settings.key_index).copied()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.objects
    }

    /// Words that the table takes.
    pub fn memory_words(&self) -> usize {
        let store = match &self.store {
            Store::Hash(store) => store.overhead_words(),
            Store::Ordered(store) => store.overhead_words(),
        };
        size_of::<Table>() / size_of::<Term>() + store + self.words
    }

    /// The objects with a key, in the order in which they came.
    pub fn get(&self, key: Term, atoms: &Atoms) -> &[OwnedTerm] {
        match &self.store {
            Store::Hash(store) => store.get(key),
            Store::Ordered(store) => store.get(key, atoms),
        }
    }

    /// Puts an object in as its type demands.
    pub fn insert(&mut self, object: OwnedTerm, atoms: &Atoms) {
        let key = key_of(object.term(), self.settings.key_index);
        match self.settings.kind {
            Kind::Set | Kind::OrderedSet => {
                if !self.get(key, atoms).is_empty() {
                    self.replace(key, object, atoms);
                    return;
                }
            }
            Kind::Bag => {
                if self
                    .get(key, atoms)
                    .iter()
                    .any(|present| exact_eq(present.term(), object.term()))
                {
                    return;
                }
            }
            Kind::DuplicateBag => {}
        }
        self.words += object.words();
        self.objects += 1;
        match &mut self.store {
            Store::Hash(store) => store.push(object),
            Store::Ordered(store) => store.insert(object, atoms),
        }
    }

    /// Puts an object in the place of the only one with `key`, which is its key too.
    pub fn replace(&mut self, key: Term, object: OwnedTerm, atoms: &Atoms) {
        let objects = match &mut self.store {
            Store::Hash(store) => store.get_mut(key),
            Store::Ordered(store) => store.get_mut(key, atoms),
        };
        if let [present] = objects {
            self.words = self.words + object.words() - present.words();
            *present = object;
        }
    }

    /// Sets element `index` of the only object with `key`, when both the old and the new value are immediate: then no
    /// memory changes hands. Gives whether it did.
    pub fn set_immediate(&mut self, key: Term, index: usize, value: Term, atoms: &Atoms) -> bool {
        let objects = match &mut self.store {
            Store::Hash(store) => store.get_mut(key),
            Store::Ordered(store) => store.get_mut(key, atoms),
        };
        let [object] = objects else { return false };
        let tuple = object.term();
        let is_immediate = |element: &Term| element.is_immediate();
        // An object without memory of its own is a literal, which others see.
        if object.words() == 0
            || !value.is_immediate()
            || !tuple
                .as_tuple()
                .and_then(|elements| elements.get(index))
                .is_some_and(is_immediate)
        {
            return false;
        }
        // SAFETY: the tuple lies in the object's own memory, of which this table is the only user while `self` is
        // borrowed mutably; the index is within it, and both words are immediates.
        unsafe { tuple.address().add(1 + index).write(value) };
        true
    }

    /// Removes the objects with `key` that `keep` does not want, and gives how many.
    pub fn retain_of_key(
        &mut self,
        key: Term,
        atoms: &Atoms,
        keep: &mut dyn FnMut(Term) -> bool,
    ) -> usize {
        let fixed = self.fixation.is_some();
        let words = &mut self.words;
        let mut keep = |object: &OwnedTerm| {
            let keeps = keep(object.term());
            *words -= if keeps { 0 } else { object.words() };
            keeps
        };
        let removed = match &mut self.store {
            Store::Hash(store) => store.retain_of_key(key, fixed, &mut keep),
            Store::Ordered(store) => match store.get(key, atoms) {
                [object] if !keep(object) => usize::from(store.remove(key, atoms).is_some()),
                _ => 0,
            },
        };
        self.objects -= removed;
        removed
    }

    /// Removes all objects that `keep` does not want, and gives how many.
    pub fn retain(&mut self, keep: &mut dyn FnMut(Term) -> bool) -> usize {
        let fixed = self.fixation.is_some();
        let words = &mut self.words;
        let mut keep = |object: &OwnedTerm| {
            let keeps = keep(object.term());
            *words -= if keeps { 0 } else { object.words() };
            keeps
        };
        let removed = match &mut self.store {
            Store::Hash(store) => store.retain(fixed, &mut keep),
            Store::Ordered(store) => store.retain(&mut keep),
        };
        self.objects -= removed;
        removed
    }

    /// Replaces objects by what `change` gives for them: objects with the same key.
    pub fn update_all(&mut self, change: &mut dyn FnMut(Term) -> Option<OwnedTerm>) {
        let words = &mut self.words;
        let mut update = |object: &mut OwnedTerm| {
            if let Some(changed) = change(object.term()) {
                *words = *words + changed.words() - object.words();
                *object = changed;
            }
        };
        match &mut self.store {
            Store::Hash(store) => store.iter_mut().for_each(&mut update),
            Store::Ordered(store) => store.iter_mut().for_each(&mut update),
        }
    }

    /// The first key; in a hashed table it is also the last.
    pub fn first(&self) -> Option<Term> {
        match &self.store {
            Store::Hash(store) => store.first(),
            Store::Ordered(store) => store.first(),
        }
    }

    /// The last key.
    pub fn last(&self) -> Option<Term> {
        match &self.store {
            Store::Hash(store) => store.first(),
            Store::Ordered(store) => store.last(),
        }
    }

    /// The key behind `key`, if there is one. `Err` when `key` has no place in a hashed table.
    pub fn next(&self, key: Term, atoms: &Atoms) -> Result<Option<Term>, NoPlace> {
        match &self.store {
            Store::Hash(store) => store.next(key),
            Store::Ordered(store) => Ok(store.next(key, atoms)),
        }
    }

    /// The key before `key`; a hashed table knows but one direction.
    pub fn previous(&self, key: Term, atoms: &Atoms) -> Result<Option<Term>, NoPlace> {
        match &self.store {
            Store::Hash(store) => store.next(key),
            Store::Ordered(store) => Ok(store.previous(key, atoms)),
        }
    }

    /// How many slots there are: one for each key.
    pub fn slots(&self) -> usize {
        match &self.store {
            Store::Hash(store) => store.keys(),
            Store::Ordered(store) => store.count(),
        }
    }

    /// The objects in a slot.
    pub fn slot(&self, position: usize) -> Option<&[OwnedTerm]> {
        match &self.store {
            Store::Hash(store) => store.slot(position),
            Store::Ordered(store) => store.slot(position).map(core::slice::from_ref),
        }
    }

    /// Visits objects until `visit` gives false, and gives where to go on then; `None` when there are no more.
    /// With `key`, only its objects.
    pub fn scan(
        &self,
        from: From,
        reverse: bool,
        key: Option<Term>,
        atoms: &Atoms,
        visit: &mut dyn FnMut(Term) -> bool,
    ) -> Option<From> {
        match &self.store {
            Store::Hash(store) => {
                let (start, last) = match (from, key.map(|key| store.place_of(key))) {
                    (From::Place(number, offset), None) => ((number, offset), u64::MAX),
                    (From::Place(number, offset), Some(Some(_))) => ((number, offset), number),
                    (_, None) => ((0, 0), u64::MAX),
                    (_, Some(Some(place))) => (place, place.0),
                    (_, Some(None)) => return None,
                };
                let mut objects = store
                    .iter_from(start)
                    .take_while(|(_, (number, _))| *number <= last)
                    .peekable();
                while let Some((object, (number, offset))) = objects.next() {
                    if !visit(object.term()) {
                        let finished = key.is_some() && objects.peek().is_none();
                        return (!finished).then_some(From::Place(number, offset));
                    }
                }
                None
            }
            Store::Ordered(store) => {
                if let Some(key) = key {
                    if let [object] = store.get(key, atoms) {
                        visit(object.term());
                    }
                    return None;
                }
                let behind = match from {
                    From::Behind(key) => Some(key),
                    _ => None,
                };
                let stops = |object: &&OwnedTerm| !visit(object.term());
                let last = if reverse {
                    store.iter_before(behind, atoms).find(stops)
                } else {
                    store.iter_after(behind, atoms).find(stops)
                };
                last.map(|object| From::Behind(key_of(object.term(), self.settings.key_index)))
            }
        }
    }

    /// Fixes the table once more for a process. `now` is the native monotonic and system time.
    pub fn fix(&mut self, pid: Term, now: (u64, i64)) {
        let fixation = self.fixation.get_or_insert_with(|| Fixation {
            since: now,
            by: Vec::new(),
        });
        match fixation.by.iter_mut().find(|(by, _)| *by == pid) {
            Some((_, count)) => *count += 1,
            None => fixation.by.push((pid, 1)),
        }
    }

    /// Takes one fixation of a process back, or all. Gives whether it has none left.
    pub fn unfix(&mut self, pid: Term, all: bool) -> bool {
        let Some(fixation) = &mut self.fixation else {
            return true;
        };
        let Some(at) = fixation.by.iter().position(|(by, _)| *by == pid) else {
            return true;
        };
        fixation.by[at].1 -= 1;
        if !all && fixation.by[at].1 > 0 {
            return false;
        }
        fixation.by.swap_remove(at);
        if fixation.by.is_empty() {
            self.fixation = None;
            if let Store::Hash(store) = &mut self.store {
                store.unfixed();
            }
        }
        true
    }
}
