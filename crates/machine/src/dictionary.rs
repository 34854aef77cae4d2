//! The process dictionary.

use alloc::vec::Vec;

use brood_term::{Term, compare, hash};
use hashbrown::HashTable;

/// Keys and values are terms on the process' heap: the collector visits them.
#[derive(Debug, Default)]
pub struct Dictionary {
    entries: HashTable<Entry>,
}

#[derive(Debug)]
struct Entry {
    hash: u32,
    key: Term,
    value: Term,
}

impl Dictionary {
    /// The value of `key`.
    pub fn get(&self, key: Term) -> Option<Term> {
        let hash = hash::internal_hash(key);
        let entry = self
            .entries
            .find(u64::from(hash), |entry| entry.matches(hash, key))?;
        Some(entry.value)
    }

    /// Sets the value of `key` and gives the one it had.
    pub fn put(&mut self, key: Term, value: Term) -> Option<Term> {
        let hash = hash::internal_hash(key);
        match self
            .entries
            .find_mut(u64::from(hash), |entry| entry.matches(hash, key))
        {
            Some(entry) => Some(core::mem::replace(&mut entry.value, value)),
            None => {
                let entry = Entry { hash, key, value };
                self.entries
                    .insert_unique(u64::from(hash), entry, |entry| u64::from(entry.hash));
                None
            }
        }
    }

    /// Removes `key` and gives the value it had.
    pub fn erase(&mut self, key: Term) -> Option<Term> {
        let hash = hash::internal_hash(key);
        let found = self
            .entries
            .find_entry(u64::from(hash), |entry| entry.matches(hash, key));
        found.ok().map(|occupied| occupied.remove().0.value)
    }

    /// All keys and values, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Term, Term)> {
        self.entries.iter().map(|entry| (entry.key, entry.value))
    }

    /// Removes everything and gives it.
    pub fn take_all(&mut self) -> Vec<(Term, Term)> {
        self.entries
            .drain()
            .map(|entry| (entry.key, entry.value))
            .collect()
    }

    /// Visits all keys and values.
    pub fn visit_roots(&mut self, visit: &mut dyn FnMut(&mut Term)) {
        for entry in self.entries.iter_mut() {
            visit(&mut entry.key);
            visit(&mut entry.value);
        }
    }
}

impl Entry {
    fn matches(&self, hash: u32, key: Term) -> bool {
        self.hash == hash && compare::exact_eq(self.key, key)
    }
}
