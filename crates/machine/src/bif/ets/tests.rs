//! Tables against a model that is a list of objects, over pseudo-random operations.

use alloc::vec::Vec;

use brood_term::compare::{compare, exact_eq};
use brood_term::heap::Chunks;
use brood_term::{Atoms, Heap, OwnedTerm, Term, known};

use super::hash_store::NoPlace;
use super::table::{Access, From, Kind, Settings, Table};

fn table(kind: Kind) -> Table {
    let settings = Settings {
        kind,
        access: Access::Protected,
        named: false,
        key_index: 0,
        heir: None,
        compressed: false,
        decentralized_counters: None,
        read_concurrency: false,
        write_concurrency: known::FALSE,
    };
    Table::new(1, known::ETS, Term::pid(1), settings)
}

/// A sequence of numbers that looks random.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// Integers, and floats that equal some of them.
fn key(heap: &mut Chunks, random: &mut Random) -> Term {
    let number = random.below(400) as i64;
    if random.below(8) == 0 {
        heap.float(number as f64)
    } else {
        Term::small(number)
    }
}

fn key_of(object: Term) -> Term {
    object.as_tuple().expect("a tuple")[0]
}

fn same_key(kind: Kind, a: Term, b: Term, atoms: &Atoms) -> bool {
    if kind == Kind::OrderedSet {
        compare(a, b, atoms).is_eq()
    } else {
        exact_eq(a, b)
    }
}

fn contents(table: &Table, reverse: bool, atoms: &Atoms) -> Vec<Term> {
    let mut found = Vec::new();
    let rest = table.scan(From::Start, reverse, None, atoms, &mut |object| {
        found.push(object);
        true
    });
    assert!(rest.is_none());
    found
}

fn model_insert(kind: Kind, model: &mut Vec<Term>, object: Term, atoms: &Atoms) {
    let place = model
        .iter()
        .position(|&present| same_key(kind, key_of(present), key_of(object), atoms));
    match (kind, place) {
        (Kind::Set | Kind::OrderedSet, Some(place)) => model[place] = object,
        (Kind::Bag, _) if model.iter().any(|&present| exact_eq(present, object)) => {}
        _ => model.push(object),
    }
}

/// The model's objects in the order of their keys.
fn by_key(model: &[Term], atoms: &Atoms) -> Vec<Term> {
    let mut sorted = model.to_vec();
    sorted.sort_by(|a, b| compare(key_of(*a), key_of(*b), atoms));
    sorted
}

fn check(kind: Kind, seed: u64) {
    let atoms = Atoms::default();
    let mut heap = Chunks::new();
    let mut random = Random(seed);
    let mut table = table(kind);
    let mut model: Vec<Term> = Vec::new();
    for step in 0..6000 {
        let key = key(&mut heap, &mut random);
        match random.below(16) {
            0..=7 => {
                let value = Term::small(random.below(4) as i64);
                let object = heap.tuple(&[key, value]);
                table.insert(OwnedTerm::new(object), &atoms);
                model_insert(kind, &mut model, object, &atoms);
            }
            8..=12 => {
                let removed = table.retain_of_key(key, &atoms, &mut |_| false);
                let before = model.len();
                model.retain(|&object| !same_key(kind, key_of(object), key, &atoms));
                assert_eq!(removed, before - model.len());
            }
            13 => {
                let value = Term::small(1);
                table.retain_of_key(key, &atoms, &mut |object| object.boxed_words()[1] != value);
                model.retain(|&object| {
                    !same_key(kind, key_of(object), key, &atoms) || object.boxed_words()[1] != value
                });
            }
            14 if random.below(40) == 0 => {
                let even = |object: Term| key_of(object).as_small().is_none_or(|key| key % 2 == 0);
                table.retain(&mut |object| even(object));
                model.retain(|&object| even(object));
            }
            _ => {
                if table.fixation.is_some() {
                    assert!(table.unfix(Term::pid(1), false));
                } else {
                    table.fix(Term::pid(1), (0, 0));
                }
            }
        }
        assert_eq!(table.count(), model.len());
        let found = table.get(key, &atoms);
        let expected: Vec<Term> = model
            .iter()
            .copied()
            .filter(|&object| same_key(kind, key_of(object), key, &atoms))
            .collect();
        assert!(
            found
                .iter()
                .map(OwnedTerm::term)
                .zip(&expected)
                .all(|(a, b)| exact_eq(a, *b))
        );
        assert_eq!(found.len(), expected.len());
        if step % 50 == 0 {
            check_traversals(kind, &table, &model, &atoms);
        }
    }
}

fn check_traversals(kind: Kind, table: &Table, model: &[Term], atoms: &Atoms) {
    let all = contents(table, false, atoms);
    let by_value = |list: &[Term]| {
        let mut sorted = list.to_vec();
        sorted.sort_by(|a, b| brood_term::compare::compare_exact(*a, *b, atoms));
        sorted
    };
    let pairs = |a: Vec<Term>, b: Vec<Term>| {
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| exact_eq(*a, *b))
    };
    assert!(pairs(by_value(&all), by_value(model)));
    if kind == Kind::OrderedSet {
        assert!(pairs(all.clone(), by_key(model, atoms)));
        let mut reversed = contents(table, true, atoms);
        reversed.reverse();
        assert!(pairs(all.clone(), reversed));
    }
    // One at a time gives the same as all at once.
    let mut stepwise = Vec::new();
    let mut from = Some(From::Start);
    while let Some(place) = from {
        from = table.scan(place, false, None, atoms, &mut |object| {
            stepwise.push(object);
            false
        });
    }
    assert_eq!(stepwise, all);
    // So do the keys, and the slots.
    let mut keys = Vec::new();
    let mut next = table.first();
    while let Some(key) = next {
        keys.push(key);
        next = table.next(key, atoms).expect("a key that is there");
    }
    let mut expected: Vec<Term> = all.iter().map(|&object| key_of(object)).collect();
    expected.dedup_by(|a, b| exact_eq(*a, *b));
    assert!(pairs(keys.clone(), expected));
    assert_eq!(table.slots(), keys.len());
    let slots: Vec<Term> = (0..table.slots())
        .flat_map(|slot| table.slot(slot).expect("a slot"))
        .map(OwnedTerm::term)
        .collect();
    assert_eq!(slots, all);
}

#[test]
fn tables_hold_what_a_list_of_objects_would() {
    for kind in [Kind::Set, Kind::OrderedSet, Kind::Bag, Kind::DuplicateBag] {
        for seed in 1..4 {
            check(kind, 0x9e37_79b9 * seed);
        }
    }
}

#[test]
fn a_fixed_table_can_be_emptied_while_it_is_traversed() {
    let atoms = Atoms::default();
    let mut heap = Chunks::new();
    let mut table = table(Kind::Set);
    for number in 0..100 {
        let object = heap.tuple(&[Term::small(number)]);
        table.insert(OwnedTerm::new(object), &atoms);
    }
    table.fix(Term::pid(1), (0, 0));
    let mut next = table.first();
    let mut visited = 0;
    while let Some(key) = next {
        visited += 1;
        table.retain_of_key(key, &atoms, &mut |_| false);
        next = table.next(key, &atoms).expect("a place for the key");
    }
    assert_eq!((visited, table.count()), (100, 0));
    assert!(table.unfix(Term::pid(1), false));
    assert_eq!(table.next(Term::small(5), &atoms), Err(NoPlace));
}
