//! Maps against models.

use alloc::collections::BTreeMap;
use std::string::String;

use super::*;
use crate::heap::Chunks;
use crate::known;

/// A small generator of pseudo-random numbers (xorshift), so that runs repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Keys of several kinds that are distinct for distinct numbers.
fn key(heap: &mut Chunks, atoms: &mut Atoms, number: u64) -> Term {
    let text = String::from_iter(["k", std::format!("{number}").as_str()]);
    match number % 5 {
        0 => atoms.intern(&text).expect("room"),
        1 => heap.binary(text.as_bytes()),
        2 => heap.float(number as f64),
        3 => {
            let inner = Term::small(number as i64);
            heap.tuple(&[inner, Term::NIL])
        }
        _ => Term::small(number as i64),
    }
}

fn assert_matches(map: Term, model: &BTreeMap<u64, u64>, heap: &mut Chunks, atoms: &mut Atoms) {
    assert_eq!(size(map), Some(model.len()));
    assert_eq!(as_flat(&map).is_some(), model.len() <= FLAT_LIMIT);
    assert_eq!(entries(map).count(), model.len());
    for (&number, &value) in model {
        let key = key(heap, atoms, number);
        assert_eq!(get(map, key), Some(Term::small(value as i64)));
    }
    let sorted = sorted_entries(map, atoms);
    assert!(
        sorted
            .windows(2)
            .all(|pair| compare_exact(pair[0].0, pair[1].0, atoms).is_lt())
    );
}

/// Whether two maps are built alike down to the last node.
fn same_shape(a: Term, b: Term) -> bool {
    let mut pending = Vec::from([(a, b)]);
    while let Some((a, b)) = pending.pop() {
        let ((slots_a, children_a), (slots_b, children_b)) = (node(&a), node(&b));
        if slots_a != slots_b || children_a.len() != children_b.len() {
            return false;
        }
        for (&a, &b) in children_a.iter().zip(children_b) {
            match (a.as_cons(), b.as_cons()) {
                (Some(a), Some(b)) if exact_eq(a.0, b.0) && exact_eq(a.1, b.1) => {}
                (None, None) => pending.push((a, b)),
                _ => return false,
            }
        }
    }
    size(a) == size(b)
}

#[test]
fn random_operations_agree_with_a_model() {
    let steps = if cfg!(miri) { 300 } else { 10_000 };
    for (range, seed) in [(12, 1), (40, 2), (48, 3), (2_000, 4), (20_000, 5)] {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
        let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
        let mut map = empty(&mut heap);
        let mut model = BTreeMap::new();
        for step in 0..steps {
            let number = random.below(range);
            let value = random.below(100);
            let key = key(&mut heap, &mut atoms, number);
            let term = Term::small(value as i64);
            // Grows first, then shrinks.
            match random.below(10) {
                0 => {
                    let updated = update(&mut heap, map, key, term);
                    assert_eq!(updated.is_some(), model.contains_key(&number));
                    if let Some(updated) = updated {
                        map = updated;
                        model.insert(number, value);
                    }
                }
                choice if choice < if step < steps / 5 * 3 { 8 } else { 3 } => {
                    map = put(&mut heap, map, key, term, &atoms);
                    model.insert(number, value);
                }
                _ => match take(&mut heap, map, key, &atoms) {
                    Some((old, rest)) => {
                        assert_eq!(model.remove(&number), Some(old.small_value() as u64));
                        map = rest;
                    }
                    None => assert!(!model.contains_key(&number)),
                },
            }
            assert_eq!(size(map), Some(model.len()));
            if step % (steps / 10) == 0 {
                assert_matches(map, &model, &mut heap, &mut atoms);
            }
        }
        assert_matches(map, &model, &mut heap, &mut atoms);
        let mut pairs: Vec<Pair> = model
            .iter()
            .map(|(&number, &value)| {
                let key = key(&mut heap, &mut atoms, number);
                (key, Term::small(value as i64))
            })
            .collect();
        let rebuilt = from_pairs(&mut heap, &mut pairs, &atoms);
        assert!(
            same_shape(map, rebuilt),
            "the way to a map left traces in it"
        );
    }
}

#[test]
fn many_associations_and_back_to_none() {
    let count = if cfg!(miri) { 200 } else { 10_000 };
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let mut pairs: Vec<Pair> = (0..count)
        .map(|number| {
            (
                key(&mut heap, &mut atoms, number),
                Term::small(number as i64),
            )
        })
        .collect();
    pairs.extend(pairs.clone().iter().map(|pair| (pair.0, Term::NIL)));
    let mut map = from_pairs(&mut heap, &mut pairs, &atoms);
    assert_eq!(size(map), Some(count as usize));
    assert!(
        entries(map).all(|(_, value)| value.is_nil()),
        "later pairs win"
    );
    for number in 0..count {
        let key = key(&mut heap, &mut atoms, number);
        map = remove(&mut heap, map, key, &atoms);
        assert!(get(map, key).is_none());
        assert_eq!(
            as_flat(&map).is_some(),
            count - 1 - number <= FLAT_LIMIT as u64
        );
    }
    assert_eq!(size(map), Some(0));
}

#[test]
fn sharing_is_kept() {
    let (mut heap, atoms) = (Chunks::new(), Atoms::default());
    for count in [5, 100] {
        let mut pairs: Vec<Pair> = (0..count)
            .map(|number| (Term::small(number), Term::small(-number)))
            .collect();
        let map = from_pairs(&mut heap, &mut pairs, &atoms);
        let (one, two) = (Term::small(1), Term::small(2));
        assert_eq!(put(&mut heap, map, one, Term::small(-1), &atoms), map);
        assert_eq!(update(&mut heap, map, one, Term::small(-1)), Some(map));
        assert_eq!(remove(&mut heap, map, Term::NIL, &atoms), map);
        assert_eq!(merge(&mut heap, map, map, &atoms), map);
        assert_eq!(
            put_assoc(&mut heap, map, &[(one, Term::small(-1))], &atoms),
            map
        );
        let missing = [(one, two), (Term::NIL, two)];
        assert_eq!(put_exact(&mut heap, map, &missing), Err(Term::NIL));
        let changed = put_exact(&mut heap, map, &[(one, two), (two, one)]).expect("known");
        assert_eq!(
            (get(changed, one), get(changed, two)),
            (Some(two), Some(one))
        );
        if count == 5 {
            assert_eq!(changed.boxed_words()[0], map.boxed_words()[0]);
        }
    }
}

#[test]
fn merging_takes_the_second() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    for (first, second) in [
        (0..5, 3..9),
        (0..20, 10..40),
        (0..5, 0..500),
        (0..500, 490..495),
        (0..500, 300..900),
    ] {
        let mut model = BTreeMap::new();
        let mut make =
            |numbers: core::ops::Range<u64>, value: u64, heap: &mut Chunks, atoms: &mut Atoms| {
                let mut pairs: Vec<Pair> = numbers
                    .map(|number| {
                        model.insert(number, value);
                        (key(heap, atoms, number), Term::small(value as i64))
                    })
                    .collect();
                from_pairs(heap, &mut pairs, atoms)
            };
        let first = make(first, 1, &mut heap, &mut atoms);
        let second = make(second, 2, &mut heap, &mut atoms);
        let merged = merge(&mut heap, first, second, &atoms);
        assert_matches(merged, &model, &mut heap, &mut atoms);
    }
}

#[test]
fn colliding_keys_are_kept_apart() {
    let (mut heap, atoms) = (Chunks::new(), Atoms::default());
    // The trie takes all ports to collide when it is tested.
    let colliding: Vec<Term> = (0..20).map(|number| Term::port(number * 7 % 20)).collect();
    let mut pairs: Vec<Pair> = (0..40).map(|n| (Term::small(n), Term::NIL)).collect();
    let plain = from_pairs(&mut heap, &mut pairs, &atoms);
    let mut map = plain;
    for (index, &key) in colliding.iter().enumerate() {
        map = put(&mut heap, map, key, Term::small(index as i64), &atoms);
    }
    assert_eq!(size(map), Some(40 + colliding.len()));
    for (index, &key) in colliding.iter().enumerate() {
        assert_eq!(get(map, key), Some(Term::small(index as i64)));
        let changed = update(&mut heap, map, key, Term::NIL).expect("known");
        assert_eq!(get(changed, key), Some(Term::NIL));
    }
    let mut pairs: Vec<Pair> = entries(map).collect();
    pairs.reverse();
    let rebuilt = from_pairs(&mut heap, &mut pairs, &atoms);
    assert!(same_shape(map, rebuilt));
    assert_eq!(
        collect_in_steps(&mut heap, map, 1).len(),
        40 + colliding.len()
    );
    for &key in &colliding {
        map = remove(&mut heap, map, key, &atoms);
    }
    assert!(same_shape(map, plain));
}

/// All associations as `maps:next/1` gives them.
fn collect_in_steps(heap: &mut Chunks, map: Term, limit: usize) -> Vec<Pair> {
    let mut found = Vec::new();
    let mut path = Term::small(0);
    loop {
        let mut next = map_next(heap, path, map, NextMode::Iterator, limit).expect("a good path");
        while let Some(&[key, value, rest]) = next.as_tuple_of::<3>() {
            found.push((key, value));
            next = rest;
        }
        match next.as_cons() {
            Some((rest, same)) => {
                assert_eq!(same, map);
                path = rest;
            }
            None => {
                assert_eq!(next, crate::known::NONE);
                return found;
            }
        }
    }
}

#[test]
fn iterating_in_steps_sees_everything_once_and_in_order() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let large = if cfg!(miri) { 100 } else { 1_000 };
    for count in [0, 1, 32, 33, large] {
        let mut pairs: Vec<Pair> = (0..count)
            .map(|number| (key(&mut heap, &mut atoms, number), Term::NIL))
            .collect();
        let map = from_pairs(&mut heap, &mut pairs, &atoms);
        let expected: Vec<Pair> = entries(map).collect();
        for limit in [1, 2, 7, 100, 5_000] {
            assert_eq!(collect_in_steps(&mut heap, map, limit), expected);
        }
        let mut list = map_next(
            &mut heap,
            Term::small(0),
            map,
            NextMode::List(Term::NIL),
            10,
        )
        .expect("a good path");
        while let Some((path, rest)) = list.as_cons()
            && path.is_integer()
        {
            let (map, rest) = rest.as_cons().expect("the map");
            list = map_next(&mut heap, path, map, NextMode::List(rest), 10).expect("a good path");
        }
        assert_eq!(list.list_length(), Some(count as usize));
    }
}

#[test]
fn bad_paths_are_refused() {
    let (mut heap, atoms) = (Chunks::new(), Atoms::default());
    let mut pairs: Vec<Pair> = (0..100).map(|n| (Term::small(n), Term::NIL)).collect();
    let map = from_pairs(&mut heap, &mut pairs, &atoms);
    let huge = heap.unsigned(u64::MAX);
    let unknown_key = heap.cons(Term::small(100), Term::NIL);
    let improper = heap.cons(Term::small(0), Term::small(1));
    for path in [Term::small(-1), huge, unknown_key, improper] {
        assert_eq!(map_next(&mut heap, path, map, NextMode::Iterator, 1), None);
    }
    // An ordered iterator at its end.
    assert_eq!(
        map_next(&mut heap, Term::NIL, map, NextMode::Iterator, 1),
        Some(known::NONE)
    );
    let flat = empty(&mut heap);
    assert_eq!(
        map_next(&mut heap, Term::small(1), flat, NextMode::Iterator, 1),
        None
    );
    assert_eq!(
        map_next(&mut heap, Term::small(0), Term::NIL, NextMode::Iterator, 1),
        None
    );
}
