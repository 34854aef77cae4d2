//! What the heads of a specification tell about the keys of the objects that can match.

use alloc::vec::Vec;
use core::cmp::Ordering;

use brood_term::compare::compare;
use brood_term::{Atoms, Term, known};

use super::{is_constant, variable};

/// The keys that objects can have which match a specification.
#[derive(Clone, PartialEq, Debug)]
pub enum Keys {
    /// Any.
    All,
    /// These only.
    These(Vec<Term>),
    /// Those that agree with one of these patterns in the part before its first variable.
    Like(Vec<Term>),
}

impl Keys {
    /// What a specification that compiles says about element `index` of objects.
    pub fn of(spec: Term, index: usize, atoms: &Atoms) -> Keys {
        let mut keys = Vec::new();
        let mut constant = true;
        for clause in spec.list() {
            let Some(&head) = clause.as_tuple().and_then(|parts| parts.first()) else {
                return Keys::All;
            };
            let Some(parts) = head.as_tuple() else {
                if head == known::UNDERSCORE || variable(head, atoms).is_some() {
                    return Keys::All;
                }
                // Objects are tuples: this clause matches none.
                continue;
            };
            let Some(&key) = parts.get(index) else {
                continue;
            };
            constant &= is_constant(key, atoms);
            keys.push(key);
        }
        if constant {
            return Keys::These(keys);
        }
        let is_open = |&key: &Term| {
            key == known::UNDERSCORE || key.is_map() || variable(key, atoms).is_some()
        };
        if keys.iter().any(is_open) {
            Keys::All
        } else {
            Keys::Like(keys)
        }
    }
}

/// How `key` compares with what matches `pattern`, as far as the part of the pattern before its first variable tells:
/// `Equal` when that part agrees. Keys in order give `Less`, then `Equal`, then `Greater`.
pub fn order_of_parts(key: Term, pattern: Term, atoms: &Atoms) -> Ordering {
    let mut pending = Vec::from([(key, pattern)]);
    while let Some((key, pattern)) = pending.pop() {
        if pattern == known::UNDERSCORE || variable(pattern, atoms).is_some() {
            return Ordering::Equal;
        }
        if let (Some((head, tail)), Some((head_pattern, tail_pattern))) =
            (key.as_cons(), pattern.as_cons())
        {
            pending.extend([(tail, tail_pattern), (head, head_pattern)]);
            continue;
        }
        match (key.as_tuple(), pattern.as_tuple()) {
            (Some(parts), Some(patterns)) if parts.len() == patterns.len() => {
                pending.extend(parts.iter().copied().zip(patterns.iter().copied()).rev());
            }
            // Of different sizes, or types: the variables in the pattern don't count.
            _ if !pattern.is_map() => match compare(key, pattern, atoms) {
                Ordering::Equal => {}
                decided => return decided,
            },
            // A map in a pattern leaves open what else is in the key.
            _ if key.is_map() => return Ordering::Equal,
            _ => return compare(key, pattern, atoms),
        }
    }
    Ordering::Equal
}
