//! `persistent_term`: terms that all processes read without copying.
//!
//! Keys and values live in the machine's literal area, which only grows: what is replaced or erased stays valid for
//! whoever still holds it, and its memory is not used again.

use brood_term::compare::exact_eq;
use brood_term::{Heap, Term, hash, known};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;
use crate::machine::Machine;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("persistent_term", "put", 2, put_2),
    entry("persistent_term", "get", 0, get_0),
    entry("persistent_term", "get", 1, get_1),
    entry("persistent_term", "get", 2, get_2),
    entry("persistent_term", "erase", 1, erase_1),
    entry("persistent_term", "info", 0, info_0),
    entry("erts_internal", "erase_persistent_terms", 0, erase_all_0),
];

/// All persistent terms.
#[derive(Debug, Default)]
pub struct PersistentTerms {
    terms: HashTable<(Term, Term)>,
    /// Words of keys and values that are there now.
    words: usize,
}

fn hash_of(key: Term) -> u64 {
    u64::from(hash::internal_hash(key))
}

impl PersistentTerms {
    /// The value of `key`.
    pub fn get(&self, key: Term) -> Option<Term> {
        let found = self
            .terms
            .find(hash_of(key), |(candidate, _)| exact_eq(*candidate, key))?;
        Some(found.1)
    }

    /// How many words keys and values take.
    pub fn words(&self) -> usize {
        self.words
    }

    fn put(machine: &mut Machine, key: Term, value: Term) {
        let Machine {
            persistent_terms: PersistentTerms { terms, words },
            literals,
            ..
        } = machine;
        let before = literals.used_words();
        match terms.entry(
            hash_of(key),
            |(candidate, _)| exact_eq(*candidate, key),
            |(key, _)| hash_of(*key),
        ) {
            Slot::Occupied(mut slot) => {
                if !exact_eq(slot.get().1, value) {
                    slot.get_mut().1 = literals.intern(value);
                }
            }
            Slot::Vacant(slot) => {
                let pair = (literals.intern(key), literals.intern(value));
                slot.insert(pair);
            }
        }
        *words += literals.used_words() - before;
    }

    fn erase(&mut self, key: Term) -> bool {
        let found = self
            .terms
            .find_entry(hash_of(key), |(candidate, _)| exact_eq(*candidate, key));
        found.map(|entry| entry.remove()).is_ok()
    }
}

fn put_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    PersistentTerms::put(context.machine, arguments[0], arguments[1]);
    Ok(known::OK)
}

fn get_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    let pairs = machine.persistent_terms.terms.iter();
    Ok(pairs.fold(Term::NIL, |rest, &(key, value)| {
        let pair = heap.tuple(&[key, value]);
        heap.cons(pair, rest)
    }))
}

fn get_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    context
        .machine
        .persistent_terms
        .get(arguments[0])
        .ok_or_else(badarg)
}

fn get_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(context
        .machine
        .persistent_terms
        .get(arguments[0])
        .unwrap_or(arguments[1]))
}

fn erase_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(
        context.machine.persistent_terms.erase(arguments[0]),
    ))
}

/// `#{count, memory}`, the memory in bytes.
fn info_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let (count, memory) = (context.machine.atom("count"), known::MEMORY);
    let Context { machine, process } = context;
    let terms = &machine.persistent_terms;
    let (counted, bytes) = (
        terms.terms.len() as u64,
        (terms.words * size_of::<Term>()) as u64,
    );
    let heap = &mut process.heap;
    let mut pairs = alloc::vec![
        (count, heap.unsigned(counted)),
        (memory, heap.unsigned(bytes))
    ];
    Ok(brood_term::map::from_pairs(
        heap,
        &mut pairs,
        &machine.atoms,
    ))
}

fn erase_all_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    context.machine.persistent_terms = PersistentTerms::default();
    Ok(known::OK)
}
