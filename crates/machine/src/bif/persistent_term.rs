//! `persistent_term`: terms that all processes read without copying.
//!
//! Keys and values are literals. Those that are replaced or erased are freed when no process refers to them any more
//! ([`crate::release`]).

use brood_term::compare::exact_eq;
use brood_term::copy::copy_out;
use brood_term::{Heap, Literals, Term, hash, known};
use hashbrown::hash_table::Entry as Slot;
use hashbrown::{HashMap, HashTable};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;
use crate::machine::Machine;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("persistent_term", "put", 2, put_2),
    entry("persistent_term", "put_new", 2, put_new_2),
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
    terms: HashTable<Pair>,
    /// Words of keys and values that are there now.
    words: usize,
}

/// A key and its value, with their memory.
#[derive(Debug)]
struct Pair {
    key: Term,
    value: Term,
    literals: Literals,
}

fn hash_of(key: Term) -> u64 {
    u64::from(hash::internal_hash(key))
}

impl PersistentTerms {
    /// The value of `key`.
    pub fn get(&self, key: Term) -> Option<Term> {
        let found = self
            .terms
            .find(hash_of(key), |pair| exact_eq(pair.key, key))?;
        Some(found.value)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.terms.len()
    }

    /// All keys and values.
    pub fn iter(&self) -> impl Iterator<Item = Term> {
        self.pairs().flat_map(|(key, value)| [key, value])
    }

    /// All keys with their values.
    pub fn pairs(&self) -> impl Iterator<Item = (Term, Term)> {
        self.terms.iter().map(|pair| (pair.key, pair.value))
    }

    /// How many words keys and values take.
    pub fn words(&self) -> usize {
        self.words
    }

    fn put(machine: &mut Machine, key: Term, value: Term) {
        let Machine {
            persistent_terms: PersistentTerms { terms, words },
            literals: area,
            releases,
            ..
        } = machine;
        let slot = terms.entry(
            hash_of(key),
            |pair| exact_eq(pair.key, key),
            |pair| hash_of(pair.key),
        );
        if let Slot::Occupied(slot) = &slot
            && exact_eq(slot.get().value, value)
        {
            return;
        }
        let mut builder = area.builder();
        let (mut pair_key, mut pair_value) = (key, value);
        // What the term refers to more than once is there once.
        let mut copies = HashMap::new();
        for term in [&mut pair_key, &mut pair_value] {
            copy_out(term, &mut builder, |_| true, &mut copies);
        }
        let pair = Pair {
            key: pair_key,
            value: pair_value,
            literals: builder.finish(),
        };
        *words += pair.literals.words();
        match slot {
            Slot::Occupied(mut slot) => {
                let replaced = core::mem::replace(slot.get_mut(), pair);
                *words -= replaced.literals.words();
                releases.add_literals(replaced.literals);
            }
            Slot::Vacant(slot) => {
                slot.insert(pair);
            }
        }
    }

    fn erase(machine: &mut Machine, key: Term) -> bool {
        let PersistentTerms { terms, words } = &mut machine.persistent_terms;
        let Ok(entry) = terms.find_entry(hash_of(key), |pair| exact_eq(pair.key, key)) else {
            return false;
        };
        let (pair, _) = entry.remove();
        *words -= pair.literals.words();
        machine.releases.add_literals(pair.literals);
        true
    }
}

fn put_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    PersistentTerms::put(context.machine, arguments[0], arguments[1]);
    Ok(known::OK)
}

/// As `put/2`, unless there is another value.
fn put_new_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [key, value] = *arguments else {
        return Err(badarg());
    };
    let terms = &context.machine.persistent_terms.terms;
    match terms.find(hash_of(key), |pair| exact_eq(pair.key, key)) {
        Some(pair) if exact_eq(pair.value, value) => Ok(known::OK),
        Some(_) => Err(badarg()),
        None => put_2(context, arguments),
    }
}

fn get_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    context.charge(context.machine.persistent_terms.count());
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    let pairs = machine.persistent_terms.terms.iter();
    Ok(pairs.fold(Term::NIL, |rest, pair| {
        let pair = heap.tuple(&[pair.key, pair.value]);
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
    Ok(Term::boolean(PersistentTerms::erase(
        context.machine,
        arguments[0],
    )))
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
    let gone = core::mem::take(&mut context.machine.persistent_terms);
    for pair in gone.terms {
        context.machine.releases.add_literals(pair.literals);
    }
    Ok(known::OK)
}
