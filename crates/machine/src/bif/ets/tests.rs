//! Tables against a model that is a list of objects, over pseudo-random operations.

use alloc::vec::Vec;

use brood_term::compare::{compare, exact_eq};
use brood_term::heap::Chunks;
use brood_term::{Atoms, Heap, LiteralArea, Resources, Term, known, map};

use super::hash_store::NoPlace;
use super::match_spec::{Compiled, Keys, Program, Scope};
use super::object::{Form, Object};
use super::table::{Access, Cursor, Identity, Kind, Settings, Table};
use crate::heap::ProcessHeap;

fn table(kind: Kind) -> Table {
    let settings = Settings {
        kind,
        access: Access::Protected,
        named: false,
        key_index: 0,
        heir: None,
        compressed: false,
        read_concurrency: false,
    };
    let mut heap = Chunks::new();
    let reference = Resources::default().make(&mut heap, 1, Identity, 0);
    let identity = reference.to_resource().expect("a magic reference");
    Table::new(1, identity, known::ETS, Term::pid(1), settings)
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
    let rest = table.scan(&Cursor::Start, reverse, &Keys::All, atoms, &mut |object| {
        found.push(object.kept());
        true
    });
    assert!(matches!(rest, Cursor::End));
    found
}

/// A copy of an object for a table.
fn owned(object: Term) -> Object {
    Object::new(object.as_tuple().expect("a tuple"), Form::Plain)
}

/// Deletes what `is_wanted` does not want, a few objects at a time.
fn delete_unwanted(table: &mut Table, atoms: &Atoms, is_wanted: &dyn Fn(Term) -> bool) {
    let mut cursor = Cursor::Start;
    while !matches!(cursor, Cursor::End) {
        (cursor, _, _) = table.change(&cursor, &Keys::All, 7, atoms, &mut |object| {
            (!is_wanted(object)).then_some(None)
        });
    }
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
                table.insert(owned(object), &atoms);
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
                table.retain_of_key(key, &atoms, &mut |object| {
                    object.kept().boxed_words()[1] != value
                });
                model.retain(|&object| {
                    !same_key(kind, key_of(object), key, &atoms) || object.boxed_words()[1] != value
                });
            }
            14 if random.below(40) == 0 => {
                let even = |object: Term| key_of(object).as_small().is_none_or(|key| key % 2 == 0);
                // A table that shrinks while it is traversed may hide something: traversals fix it.
                table.fix(Term::pid(2), (0, 0));
                delete_unwanted(&mut table, &atoms, &even);
                table.unfix(Term::pid(2), false);
                model.retain(|&object| even(object));
            }
            _ => {
                if table.fixation.is_some() {
                    table.unfix(Term::pid(1), false);
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
                .map(|object| object.kept())
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
    let mut cursor = Cursor::Start;
    while !matches!(cursor, Cursor::End) {
        cursor = table.scan(&cursor, false, &Keys::All, atoms, &mut |object| {
            stepwise.push(object.kept());
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
    let slots: Vec<Term> = (0..table.slots())
        .flat_map(|slot| table.slot(slot))
        .map(Object::kept)
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
        table.insert(owned(object), &atoms);
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

#[test]
fn bounds_of_keys_leave_nothing_out() {
    let mut atoms = Atoms::default();
    let (any, one) = (known::UNDERSCORE, atoms.intern("$1").expect("an atom"));
    let mut heap = Chunks::new();
    let mut table = table(Kind::OrderedSet);
    let mut random = Random(7);
    let mut part = |heap: &mut Chunks| match random.below(6) {
        0 => heap.float(random.below(4) as f64),
        1 => Term::NIL,
        2 => heap.list(&[Term::small(random.below(3) as i64)]),
        3 => heap.tuple(&[Term::small(random.below(3) as i64)]),
        _ => Term::small(random.below(4) as i64),
    };
    for _ in 0..500 {
        let parts = [part(&mut heap), part(&mut heap), part(&mut heap)];
        let key = match random_shape(parts[0]) {
            0 => heap.tuple(&parts),
            1 => heap.list(&parts),
            2 => heap.tuple(&parts[..2]),
            _ => parts[1],
        };
        let object = heap.tuple(&[key]);
        table.insert(owned(object), &atoms);
    }
    for _ in 0..500 {
        let parts = [part(&mut heap), part(&mut heap)];
        let patterns = [
            heap.tuple(&[parts[0], any, parts[1]]),
            heap.tuple(&[parts[0], parts[1], one]),
            heap.list(&[parts[0], one, any]),
            heap.list_with_tail(&[parts[0]], any),
            heap.tuple(&[one, parts[1]]),
            parts[0],
        ];
        for pattern in patterns {
            let head = heap.tuple(&[pattern]);
            let body = heap.list(&[known::TRUE]);
            let clause = heap.tuple(&[head, Term::NIL, body]);
            let spec = heap.list(&[clause]);
            let keys = Keys::of(spec, 0, &atoms);
            let mut within = Vec::new();
            table.scan(&Cursor::Start, false, &keys, &atoms, &mut |object| {
                within.push(object.kept());
                true
            });
            let program = Program::compile(spec, &atoms).expect("a specification");
            for object in contents(&table, false, &atoms) {
                assert!(!program.matches(object) || within.contains(&object));
            }
        }
    }
}

/// A term such as match specifications and objects have.
fn random_term(heap: &mut Chunks, atoms: &[Term], random: &mut Random, depth: u32) -> Term {
    let count = random.below(5) as usize;
    match random.below(if depth == 0 { 7 } else { 12 }) {
        0 => Term::small(random.below(4) as i64 - 1),
        1 => heap.float(random.below(3) as f64),
        2 => heap.binary(&[7; 70][..random.below(70) as usize]),
        3 => heap.integer(i64::MAX),
        4..=6 => atoms[random.below(atoms.len() as u64) as usize],
        kind => {
            let parts: Vec<Term> = (0..count)
                .map(|_| random_term(heap, atoms, random, depth - 1))
                .collect();
            match kind {
                7 => heap.list(&parts),
                8 => {
                    let tail = random_term(heap, atoms, random, 0);
                    heap.list_with_tail(&parts, tail)
                }
                9 => {
                    let mut pairs: Vec<(Term, Term)> = parts
                        .chunks_exact(2)
                        .map(|pair| (pair[0], pair[1]))
                        .collect();
                    map::from_pairs(heap, &mut pairs, &Atoms::default())
                }
                // A call, or something like one.
                10 => {
                    let name = atoms[random.below(atoms.len() as u64) as usize];
                    let elements: Vec<Term> = [name].into_iter().chain(parts).collect();
                    heap.tuple(&elements)
                }
                _ => heap.tuple(&parts),
            }
        }
    }
}

#[test]
fn specifications_of_any_form_are_refused_or_run() {
    const SPECIFICATIONS: usize = 20_000;
    let mut atoms = Atoms::default();
    let special = [
        "_", "$_", "$$", "$0", "$1", "$2", "true", "false", "const", "and", "or", "andalso",
        "orelse",
    ];
    let names: Vec<Term> = special
        .into_iter()
        .chain(
            super::functions::FUNCTIONS
                .iter()
                .map(|function| function.name),
        )
        .map(|name| atoms.intern(name).expect("an atom"))
        .collect();
    let literals = LiteralArea::new();
    let mut random = Random(11);
    let mut results = 0;
    for _ in 0..SPECIFICATIONS {
        let mut source = Chunks::new();
        let clauses: Vec<Term> = (0..1 + random.below(3))
            .map(|_| {
                let head = random_term(&mut source, &names, &mut random, 3);
                let guards = match random.below(4) {
                    0 => random_term(&mut source, &names, &mut random, 3),
                    _ => Term::NIL,
                };
                let result = random_term(&mut source, &names, &mut random, 4);
                let body = source.list(&[result]);
                source.tuple(&[head, guards, body])
            })
            .collect();
        let spec = source.list(&clauses);
        let Ok(compiled) = Compiled::new(spec, &atoms) else {
            continue;
        };
        let _ = Program::keeps_key(spec, 0, &atoms);
        let keys = Keys::of(spec, 0, &atoms);
        let mut heap = ProcessHeap::new(233);
        for _ in 0..4 {
            let object = random_term(&mut source, &names, &mut random, 3);
            let mut scope = Scope {
                heap: &mut heap,
                atoms: &atoms,
                literals: &literals,
                pid: Term::pid(1),
                node: known::NONODE_AT_NOHOST,
                effects: None,
            };
            let result = compiled.program().run(object, &mut scope);
            results += usize::from(result.is_some());
            if let (Some(_), Some(&key), Keys::These(keys)) = (
                result,
                object.as_tuple().and_then(|elements| elements.first()),
                &keys,
            ) {
                assert!(keys.iter().any(|candidate| exact_eq(*candidate, key)));
            }
        }
    }
    assert!(
        results > SPECIFICATIONS / 20,
        "most test nothing: {results}"
    );
}

/// Something that depends on a term.
fn random_shape(term: Term) -> u64 {
    u64::from(brood_term::hash::internal_hash(term)) % 4
}

#[test]
fn what_is_left_of_a_table_crumbles() {
    let atoms = Atoms::default();
    for kind in [Kind::Set, Kind::OrderedSet] {
        let mut table = table(kind);
        for number in 0..10_000 {
            table.insert(Object::new(&[Term::small(number)], Form::Plain), &atoms);
        }
        let (count, store) = table.clear();
        let mut store = store.expect("a table that nobody has fixed");
        assert_eq!((count, table.count()), (10_000, 0));
        let mut steps = 1;
        while store.crumble(&mut 100) {
            steps += 1;
        }
        assert!(steps > 50, "bit by bit: {steps}");
    }
}

#[test]
fn what_a_table_forgets_it_forgets_bit_by_bit() {
    let atoms = Atoms::default();
    let mut table = table(Kind::Set);
    let numbers = 0..10_000;
    for number in numbers.clone() {
        table.insert(Object::new(&[Term::small(number)], Form::Plain), &atoms);
    }
    table.fix(Term::pid(1), (0, 0));
    let (count, store) = table.clear();
    assert_eq!((count, table.count()), (10_000, 0));
    assert!(store.is_none());
    let mut steps = 1;
    while table.settle(100, &atoms) {
        steps += 1;
    }
    assert!(steps > 50, "bit by bit: {steps}");
    assert!(!table.is_untidy());
    table.insert(Object::new(&[Term::small(1)], Form::Plain), &atoms);
    assert!(table.unfix(Term::pid(1), false));
    // Buckets come and go while ghosts are still there.
    let mut steps = 1;
    while table.tidy(&mut 100) {
        let key = Term::small(20_000 + steps);
        table.insert(Object::new(&[key], Form::Plain), &atoms);
        table.retain_of_key(Term::small(20_000 + steps / 2), &atoms, &mut |_| false);
        assert_eq!(table.next(Term::small(2), &atoms), Err(NoPlace));
        steps += 1;
    }
    assert!(steps > 50, "bit by bit: {steps}");
    assert_eq!(table.iter_held().count(), table.count());
    assert!(table.contains(Term::small(1), &atoms));
}

#[test]
fn packed_objects_are_what_they_were() {
    let mut names = Atoms::default();
    let atoms = ["a", "b", "$1"].map(|name| names.intern(name).expect("an atom"));
    let mut heap = Chunks::new();
    let mut random = Random(11);
    let form = Form::Compressed { key_index: 1 };
    for _ in 0..3000 {
        let mut part = || random_term(&mut heap, &atoms, &mut random, 4);
        let elements = [part(), part(), part(), part()];
        let object = Object::new(&elements, form);
        assert!(exact_eq(object.key(1), elements[1]));
        assert!(object.words() <= Object::new(&elements, Form::Plain).words());
        let opened = object.open();
        let terms = opened.term();
        let terms = terms.as_tuple().expect("a tuple");
        for (index, (&is, &was)) in terms.iter().zip(&elements).enumerate() {
            assert!(exact_eq(is, was));
            let imported = object.import_element(index, &mut heap, &LiteralArea::new());
            assert!(exact_eq(imported.expect("an element"), was));
        }
    }
    // What is shared stays shared.
    let large = heap.binary(&[7; 1000]);
    let pair = heap.tuple(&[large, large]);
    let object = Object::new(&[pair, Term::NIL, large], form);
    assert_eq!(object.shared_binaries().len(), 3);
    let text = heap.string(&"packed ".repeat(100));
    let numbers: Vec<Term> = (-300..300)
        .map(|number| Term::small(number << 50))
        .collect();
    let numbers = heap.list(&numbers);
    let object = Object::new(&[text, Term::NIL, numbers], form);
    assert!(object.words() < 900, "of 2600: {}", object.words());
    let opened = object.open();
    let [first, _, third] = *opened.term().as_tuple_of::<3>().expect("a triple");
    assert!(exact_eq(first, text) && exact_eq(third, numbers));
}

/// Figures of large tables: `cargo test --release -p brood-machine ten_million -- --ignored --nocapture`.
#[test]
#[ignore = "takes a minute and gigabytes; it measures"]
fn ten_million_objects() {
    use std::time::{Duration, Instant};
    const COUNT: usize = 10_000_000;
    let atoms = Atoms::default();
    for kind in [Kind::Set, Kind::OrderedSet] {
        let mut random = Random(1);
        let keys: Vec<Term> = (0..COUNT)
            .map(|_| Term::small(random.below(1 << 50) as i64))
            .collect();
        let mut table = table(kind);
        let (start, mut longest) = (Instant::now(), Duration::ZERO);
        for &key in &keys {
            let before = Instant::now();
            table.insert(Object::new(&[key, key], Form::Plain), &atoms);
            longest = longest.max(before.elapsed());
        }
        let inserted = start.elapsed();
        let start = Instant::now();
        assert!(keys.iter().all(|&key| table.contains(key, &atoms)));
        let found = start.elapsed();
        std::println!(
            "{kind:?}: insert {:.0} ns (longest {longest:?}), lookup {:.0} ns, {} bytes an object",
            inserted.as_nanos() as f64 / COUNT as f64,
            found.as_nanos() as f64 / COUNT as f64,
            table.memory_words() * size_of::<Term>() / table.count(),
        );
    }
}
