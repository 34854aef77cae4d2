//! Exact equality, `==`, and the standard term order.
//!
//! number < atom < reference < fun < port < pid < tuple < native record < map < nil < list < bitstring
//!
//! Numbers compare by value, integers and floats alike, without rounding either. *Exact* comparison puts every
//! integer before every float instead; it is what `=:=` asks for and how the keys of maps are ordered.
//! Two native records compare by their definitions (module, name, whether exported, number of fields, their names in
//! the order of declaration), then by the values in that order.
//! Two maps compare by size, then by their keys in exact order, then by the values in that order.
//!
//! The local node is `nonode@nohost` with creation 0, as it is wherever distribution is not running; it
//! decides how local identifiers compare with those of other nodes.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::atom::{Atoms, known};
use crate::binary::Bits;
use crate::boxed::Subtag;
use crate::external;
use crate::integer::magnitude;
use crate::record::Record;
use crate::term::{Kind, Term};

/// Whether `a =:= b`.
#[inline(always)]
pub fn exact_eq(a: Term, b: Term) -> bool {
    a == b || (a.is_pointer() && b.is_pointer() && equal(a, b, true))
}

/// Whether `a == b`: like `=:=`, but `1 == 1.0`.
#[inline(always)]
pub fn eq(a: Term, b: Term) -> bool {
    a == b || ((a.is_pointer() || b.is_pointer()) && equal(a, b, false))
}

/// The standard order of terms, in which `1` and `1.0` are equal.
#[inline]
pub fn compare(a: Term, b: Term, atoms: &Atoms) -> Ordering {
    if a == b {
        Ordering::Equal
    } else if a.both_small(b) {
        a.small_value().cmp(&b.small_value())
    } else {
        order(a, b, false, atoms)
    }
}

/// The order of map keys: the standard one, except that integers come before floats. Equal means `=:=`.
#[inline]
pub fn compare_exact(a: Term, b: Term, atoms: &Atoms) -> Ordering {
    if a == b {
        Ordering::Equal
    } else if a.both_small(b) {
        a.small_value().cmp(&b.small_value())
    } else {
        order(a, b, true, atoms)
    }
}

/// A pair of terms still to be compared, and whether exactly.
type Pair = (Term, Term, bool);

fn equal(a: Term, b: Term, exact: bool) -> bool {
    let mut pending: Vec<Pair> = Vec::new();
    let mut next = Some((a, b, exact));
    while let Some((a, b, exact)) = next.take().or_else(|| pending.pop()) {
        if a == b {
            continue;
        }
        match (a.as_cons(), b.as_cons()) {
            (Some((head_a, tail_a)), Some((head_b, tail_b))) => {
                if !push_unequal(&mut pending, head_a, head_b, exact) {
                    return false;
                }
                next = Some((tail_a, tail_b, exact));
            }
            (None, None) if equal_boxed(&mut pending, a, b, exact) => {}
            _ => return false,
        }
    }
    true
}

/// Adds a pair unless its terms are known to be equal; false when they are known not to be.
#[inline(always)]
fn push_unequal(pending: &mut Vec<Pair>, a: Term, b: Term, exact: bool) -> bool {
    if a == b {
        return true;
    }
    let open = if exact {
        a.is_pointer() && b.is_pointer()
    } else {
        a.is_pointer() || b.is_pointer()
    };
    if open {
        pending.push((a, b, exact));
    }
    open
}

fn push_all_unequal(pending: &mut Vec<Pair>, a: &[Term], b: &[Term], exact: bool) -> bool {
    a.iter()
        .zip(b)
        .all(|(a, b)| push_unequal(pending, *a, *b, exact))
}

/// Compares two terms that are not the same word and not both cons cells, as far as their own words go.
fn equal_boxed(pending: &mut Vec<Pair>, a: Term, b: Term, exact: bool) -> bool {
    if !exact && a.is_number() && b.is_number() {
        return compare_numbers(a, b, false).is_eq();
    }
    let (Some(header_a), Some(header_b)) = (a.boxed_header(), b.boxed_header()) else {
        return false;
    };
    let (words_a, words_b) = (a.boxed_words(), b.boxed_words());
    match header_a.subtag() {
        Subtag::RefcBinary | Subtag::HeapBinary | Subtag::SubBinary => {
            return match (a.as_bits(), b.as_bits()) {
                (Some(a), Some(b)) => a.bit_size == b.bit_size && compare_bits(a, b).is_eq(),
                _ => false,
            };
        }
        Subtag::ExternalReference => {
            return header_b.subtag() == Subtag::ExternalReference
                && words_a[..2] == words_b[..2]
                && reference_numbers(a) == reference_numbers(b);
        }
        // Neither an alias' owner nor a resource is part of the value.
        Subtag::Reference => {
            return header_b.subtag() == Subtag::Reference && words_a[0] == words_b[0];
        }
        _ if header_a != header_b => return false,
        _ => {}
    }
    match header_a.subtag() {
        Subtag::Tuple => push_all_unequal(pending, words_a, words_b, exact),
        Subtag::Float => a.as_float() == b.as_float(),
        Subtag::Fun => {
            let same_code = words_a[0] == words_b[0]
                || compare_code(a, b, exact, |a, b| a.raw().cmp(&b.raw())).is_eq();
            same_code && push_all_unequal(pending, &words_a[2..], &words_b[2..], exact)
        }
        Subtag::Export => a.as_export() == b.as_export(),
        // Keys, or the definition of a record; then the values.
        Subtag::FlatMap | Subtag::Record => {
            push_unequal(pending, words_a[0], words_b[0], true)
                && push_all_unequal(pending, &words_a[1..], &words_b[1..], exact)
        }
        // Equal keys make equal tries, so these are compared node by node.
        Subtag::HashMap => {
            words_a[0] == words_b[0]
                && words_a[1..].iter().zip(&words_b[1..]).all(|(a, b)| {
                    match (a.as_cons(), b.as_cons()) {
                        (Some((key_a, value_a)), Some((key_b, value_b))) => {
                            push_unequal(pending, key_a, key_b, true)
                                && push_unequal(pending, value_a, value_b, exact)
                        }
                        (None, None) => push_unequal(pending, *a, *b, exact),
                        _ => false,
                    }
                })
        }
        _ => words_a == words_b,
    }
}

/// What is still to be compared, in order.
enum Pending {
    Pair(Pair),
    /// The words from an index on of two objects of equal size.
    Words(Term, Term, usize, bool),
}

fn order(a: Term, b: Term, exact: bool, atoms: &Atoms) -> Ordering {
    let mut pending: Vec<Pending> = Vec::new();
    let mut next = Some((a, b, exact));
    loop {
        let (a, b, exact) = match next.take() {
            Some(pair) => pair,
            None => match pending.pop() {
                None => return Ordering::Equal,
                Some(Pending::Pair(pair)) => pair,
                Some(Pending::Words(a, b, from, exact)) => {
                    let (words_a, words_b) = (a.boxed_words(), b.boxed_words());
                    let different = (from..words_a.len()).find(|&i| words_a[i] != words_b[i]);
                    let Some(index) = different else { continue };
                    pending.push(Pending::Words(a, b, index + 1, exact));
                    (words_a[index], words_b[index], exact)
                }
            },
        };
        if a == b {
            continue;
        }
        let (rank_a, rank_b) = (rank(a), rank(b));
        let decided = if rank_a != rank_b {
            rank_a.cmp(&rank_b)
        } else {
            match rank_a {
                Rank::Number => compare_numbers(a, b, exact),
                Rank::Atom => atoms.text(a).cmp(atoms.text(b)),
                Rank::Reference => compare_nodes(a, b, atoms).then_with(|| {
                    let (a, b) = (reference_numbers(a), reference_numbers(b));
                    a.iter().rev().cmp(b.iter().rev())
                }),
                Rank::Fun => {
                    let (size_a, size_b) = (a.boxed_words().len(), b.boxed_words().len());
                    let by_text = |a, b| atoms.text(a).cmp(atoms.text(b));
                    let decided =
                        compare_code(a, b, exact, by_text).then_with(|| size_a.cmp(&size_b));
                    if decided.is_eq() {
                        // The entry and the creator are no part of the value.
                        pending.push(Pending::Words(a, b, 2, exact));
                    }
                    decided
                }
                Rank::Export => compare_exports(a, b, atoms),
                Rank::Port => compare_nodes(a, b, atoms)
                    .then_with(|| identifier_number(a).cmp(&identifier_number(b))),
                Rank::Pid => identifier_number(a)
                    .cmp(&identifier_number(b))
                    .then_with(|| compare_nodes(a, b, atoms)),
                Rank::Tuple => {
                    let decided = a.boxed_words().len().cmp(&b.boxed_words().len());
                    if decided.is_eq() {
                        pending.push(Pending::Words(a, b, 0, exact));
                    }
                    decided
                }
                Rank::Record => order_records(&mut pending, a, b, exact, atoms),
                Rank::Map => order_maps(&mut pending, a, b, exact, atoms),
                Rank::Cons => {
                    if let (Some((head_a, tail_a)), Some((head_b, tail_b))) =
                        (a.as_cons(), b.as_cons())
                    {
                        if head_a == head_b {
                            next = Some((tail_a, tail_b, exact));
                        } else {
                            pending.push(Pending::Pair((tail_a, tail_b, exact)));
                            next = Some((head_a, head_b, exact));
                        }
                    }
                    Ordering::Equal
                }
                Rank::Bitstring => match (a.as_bits(), b.as_bits()) {
                    (Some(a), Some(b)) => compare_bits(a, b),
                    _ => Ordering::Equal,
                },
                Rank::Nil => Ordering::Equal,
            }
        };
        if decided.is_ne() {
            return decided;
        }
    }
}

/// The kinds in their order. Closures come before external funs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Number,
    Atom,
    Reference,
    Fun,
    Export,
    Port,
    Pid,
    Tuple,
    Record,
    Map,
    Nil,
    Cons,
    Bitstring,
}

fn rank(term: Term) -> Rank {
    match term.kind() {
        Kind::Small(_) | Kind::Big | Kind::Float => Rank::Number,
        Kind::Atom(_) => Rank::Atom,
        Kind::Reference | Kind::ExternalReference => Rank::Reference,
        Kind::Fun => Rank::Fun,
        Kind::Export => Rank::Export,
        Kind::Port | Kind::ExternalPort => Rank::Port,
        Kind::Pid | Kind::ExternalPid => Rank::Pid,
        Kind::Tuple => Rank::Tuple,
        Kind::Record => Rank::Record,
        Kind::Map => Rank::Map,
        Kind::Nil => Rank::Nil,
        Kind::Cons => Rank::Cons,
        Kind::Binary | Kind::MatchContext => Rank::Bitstring,
    }
}

fn order_records(
    pending: &mut Vec<Pending>,
    a: Term,
    b: Term,
    exact: bool,
    atoms: &Atoms,
) -> Ordering {
    let (Some(a), Some(b)) = (Record::of(&a), Record::of(&b)) else {
        return Ordering::Equal;
    };
    let (of_a, of_b) = (a.definition(), b.definition());
    let by_text = |a: Term, b: Term| atoms.text(a).cmp(atoms.text(b));
    let keys = || {
        a.fields()
            .map(|(key, _)| key)
            .zip(b.fields().map(|(key, _)| key))
    };
    let decided = by_text(of_a.module(), of_b.module())
        .then_with(|| by_text(of_a.name(), of_b.name()))
        .then_with(|| of_a.is_exported().cmp(&of_b.is_exported()))
        .then_with(|| a.values().len().cmp(&b.values().len()))
        .then_with(|| {
            keys()
                .map(|(a, b)| by_text(a, b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
    if decided.is_eq() {
        let values = a.fields().zip(b.fields());
        let pairs: Vec<Pending> = values
            .map(|((_, a), (_, b))| Pending::Pair((a, b, exact)))
            .collect();
        pending.extend(pairs.into_iter().rev());
    }
    decided
}

fn order_maps(
    pending: &mut Vec<Pending>,
    a: Term,
    b: Term,
    exact: bool,
    atoms: &Atoms,
) -> Ordering {
    let by_size = crate::map::size(a).cmp(&crate::map::size(b));
    if by_size.is_ne() {
        return by_size;
    }
    let flat = Some(Subtag::FlatMap);
    if a.subtag() == flat && b.subtag() == flat {
        pending.push(Pending::Words(a, b, 1, exact));
        let (keys_a, keys_b) = (a.boxed_words()[0], b.boxed_words()[0]);
        pending.push(Pending::Pair((keys_a, keys_b, true)));
        return Ordering::Equal;
    }
    // Last in, first out: all keys come before the first value.
    let entries_a = crate::map::sorted_entries(a, atoms);
    let entries_b = crate::map::sorted_entries(b, atoms);
    let entries = || entries_a.iter().zip(&entries_b).rev();
    pending.extend(entries().map(|(a, b)| Pending::Pair((a.1, b.1, exact))));
    pending.extend(entries().map(|(a, b)| Pending::Pair((a.0, b.0, true))));
    Ordering::Equal
}

/// Compares the code of two closures, given an order of atoms. The standard order knows no versions of a
/// module; the exact one does.
fn compare_code(
    a: Term,
    b: Term,
    exact: bool,
    compare_atoms: impl FnOnce(Term, Term) -> Ordering,
) -> Ordering {
    match (a.as_fun(), b.as_fun()) {
        (Some(a), Some(b)) => compare_atoms(a.module, b.module)
            .then(a.index.cmp(&b.index))
            .then(a.old_uniq.cmp(&b.old_uniq))
            .then_with(|| {
                if exact {
                    a.uniq.cmp(&b.uniq)
                } else {
                    Ordering::Equal
                }
            }),
        _ => Ordering::Equal,
    }
}

fn compare_exports(a: Term, b: Term, atoms: &Atoms) -> Ordering {
    match (a.as_export(), b.as_export()) {
        (Some(a), Some(b)) => atoms
            .text(a.module)
            .cmp(atoms.text(b.module))
            .then_with(|| atoms.text(a.function).cmp(atoms.text(b.function)))
            .then(a.arity.cmp(&b.arity)),
        _ => Ordering::Equal,
    }
}

/// The node and creation of a pid, port or reference.
fn node_of(identifier: Term) -> (Term, u64) {
    match identifier.subtag() {
        Some(Subtag::ExternalPid | Subtag::ExternalPort | Subtag::ExternalReference) => {
            let words = identifier.boxed_words();
            (words[0], words[1].raw())
        }
        _ => (known::NONODE_AT_NOHOST, 0),
    }
}

fn compare_nodes(a: Term, b: Term, atoms: &Atoms) -> Ordering {
    let ((node_a, creation_a), (node_b, creation_b)) = (node_of(a), node_of(b));
    atoms
        .text(node_a)
        .cmp(atoms.text(node_b))
        .then(creation_a.cmp(&creation_b))
}

/// The number of a pid or port, local or not; that of a pid laid out as other nodes' pids have it.
fn identifier_number(identifier: Term) -> u64 {
    match identifier.subtag() {
        Some(Subtag::ExternalPid | Subtag::ExternalPort) => identifier.boxed_words()[2].raw(),
        _ if identifier.is_local_pid() => {
            let (number, serial) = external::pid_parts(identifier.identifier_number());
            external::external_pid_number(number, serial)
        }
        _ => identifier.identifier_number(),
    }
}

/// How many 32-bit numbers a reference has at most.
const MAX_REFERENCE_NUMBERS: usize = 5;

/// The numbers of a reference, local or not, least significant first; missing ones are zero.
fn reference_numbers(reference: Term) -> [u32; MAX_REFERENCE_NUMBERS] {
    let mut numbers = [0; MAX_REFERENCE_NUMBERS];
    match reference.as_reference() {
        // The owner of an alias is no part of the value.
        Some((number, _)) => numbers[..3].copy_from_slice(&external::reference_numbers(number)),
        None => {
            let foreign = external::external_reference_numbers(reference.boxed_words());
            for (number, value) in numbers.iter_mut().zip(foreign) {
                *number = value;
            }
        }
    }
    numbers
}

/// Bit by bit; the shorter of two that agree comes first.
fn compare_bits(a: Bits<'_>, b: Bits<'_>) -> Ordering {
    let common = a.bit_size.min(b.bit_size);
    let (whole, rest) = (common / 8, common % 8);
    let bytes = if a.bit_offset == 0 && b.bit_offset == 0 {
        a.bytes[..whole].cmp(&b.bytes[..whole])
    } else {
        let bytes = 0..whole;
        let a_bytes = bytes.clone().map(|index| a.byte(index));
        a_bytes.cmp(bytes.map(|index| b.byte(index)))
    };
    bytes
        .then_with(|| {
            // Only the bits that both have; none when `rest` is zero.
            let mask = !(0xffu16 >> rest) as u8;
            (a.byte(whole) & mask).cmp(&(b.byte(whole) & mask))
        })
        .then(a.bit_size.cmp(&b.bit_size))
}

/// Compares two numbers: by value, or `exact`ly with integers before floats.
fn compare_numbers(a: Term, b: Term, exact: bool) -> Ordering {
    match (a.as_float(), b.as_float()) {
        // Floats of the language are never NaN.
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (None, None) => compare_integers(a, b),
        (Some(_), None) if exact => Ordering::Greater,
        (None, Some(_)) if exact => Ordering::Less,
        (Some(a), None) => compare_integer_with_float(b, a).reverse(),
        (None, Some(b)) => compare_integer_with_float(a, b),
    }
}

/// Compares two integers of any size.
fn compare_integers(a: Term, b: Term) -> Ordering {
    let sign = |negative: bool, order: Ordering| if negative { order.reverse() } else { order };
    match (a.as_big(), b.as_big()) {
        (None, None) => a.as_small().cmp(&b.as_small()),
        // A big integer lies outside the range of the small ones.
        (Some((negative, _)), None) => sign(negative, Ordering::Greater),
        (None, Some((negative, _))) => sign(negative, Ordering::Less),
        (Some((true, _)), Some((false, _))) => Ordering::Less,
        (Some((false, _)), Some((true, _))) => Ordering::Greater,
        (Some((negative, a)), Some((_, b))) => sign(negative, magnitude::compare(a, b)),
    }
}

/// Compares the values, rounding neither.
fn compare_integer_with_float(integer: Term, float: f64) -> Ordering {
    /// Beyond this every float is an integer, and no integer of less than 60 bits is as large.
    const LIMIT: f64 = (1u64 << 60) as f64;
    match (integer.as_big(), integer.as_small()) {
        (Some((negative, limbs)), _) => {
            if negative != (float < 0.0) {
                return if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
            }
            let order = magnitude::compare_with_float(limbs, float.abs());
            if negative { order.reverse() } else { order }
        }
        (None, Some(value)) if float.abs() < LIMIT => {
            let whole = float as i64;
            // `whole` is `float` without its fraction, so converting it back is exact.
            value.cmp(&whole).then_with(|| {
                (whole as f64)
                    .partial_cmp(&float)
                    .unwrap_or(Ordering::Equal)
            })
        }
        _ if float > 0.0 => Ordering::Less,
        _ => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use core::cell::Cell;

    use super::*;
    use crate::boxed::{FunEntry, make_fun, make_reference, raw_object};
    use crate::heap::{Chunks, Heap};

    /// Checks that terms given in ascending order compare so.
    fn assert_ascending(terms: &[Term], atoms: &Atoms) {
        for (i, a) in terms.iter().enumerate() {
            for (j, b) in terms.iter().enumerate() {
                assert_eq!(compare(*a, *b, atoms), i.cmp(&j), "{i} {j}");
                assert_eq!(exact_eq(*a, *b), i == j, "{i} {j}");
                assert_eq!(eq(*a, *b), i == j, "{i} {j}");
            }
        }
    }

    fn fun(heap: &mut Chunks, module: Term, index: u32, free: &[Term]) -> Term {
        fun_of_version(heap, 0, module, index, free)
    }

    fn fun_of_version(
        heap: &mut Chunks,
        version: u8,
        module: Term,
        index: u32,
        free: &[Term],
    ) -> Term {
        let entry = FunEntry {
            module,
            function: known::FUN,
            arity: 0,
            free_count: free.len() as u32,
            index,
            old_uniq: 7,
            uniq: [version; 16],
            address: Cell::new(core::ptr::null()),
        };
        make_fun(heap, Box::leak(Box::new(entry)), Term::pid(1), free)
    }

    #[test]
    fn kinds_have_an_order() {
        let (heap, atoms) = (&mut Chunks::new(), Atoms::default());
        let export = crate::Mfa {
            module: known::ALL,
            function: known::ALL,
            arity: 0,
        };
        let terms = [
            Term::small(7),
            known::ALL,
            make_reference(heap, 1, 0),
            fun(heap, known::ERLANG, 0, &[]),
            crate::boxed::make_export(heap, Box::leak(Box::new(export))),
            Term::port(1),
            Term::pid(1),
            heap.tuple(&[]),
            crate::map::empty(heap),
            Term::NIL,
            heap.cons(Term::NIL, Term::NIL),
            heap.binary(b""),
        ];
        assert_ascending(&terms, &atoms);
    }

    #[test]
    fn identifiers_compare_across_nodes() {
        let (heap, mut atoms) = (&mut Chunks::new(), Atoms::default());
        let before = atoms.intern("a@host").expect("room").raw();
        let after = atoms.intern("z@host").expect("room").raw();
        let mut external = |subtag, words: &[u64]| raw_object(heap, subtag, words);
        let pid = Subtag::ExternalPid;
        let pids = [
            external(pid, &[before, 1, 5]),
            external(pid, &[before, 2, 5]),
            Term::pid(5),
            external(pid, &[after, 1, 5]),
            external(pid, &[before, 1, 6]),
            Term::pid(1 << 32),
        ];
        assert_ascending(&pids, &atoms);
        let port = Subtag::ExternalPort;
        let ports = [
            external(port, &[before, 1, 6]),
            external(port, &[before, 2, 5]),
            Term::port(5),
            Term::port(6),
            external(port, &[after, 1, 4]),
        ];
        assert_ascending(&ports, &atoms);
        let reference = Subtag::ExternalReference;
        let references = [
            external(reference, &[before, 1, 3, 9 | 8 << 32, 1]),
            external(reference, &[before, 1, 3, 8 | 9 << 32, 1]),
            external(reference, &[before, 1, 3, 1, 2]),
            make_reference(heap, 5, 0),
            make_reference(heap, 6, 0),
        ];
        assert_ascending(&references, &atoms);
        let short = raw_object(heap, reference, &[after, 1, 2, 3 | 4 << 32]);
        let long = raw_object(heap, reference, &[after, 1, 3, 3 | 4 << 32, 0]);
        assert!(exact_eq(short, long) && compare(short, long, &atoms).is_eq());
    }

    #[test]
    fn funs_compare_by_code_and_environment() {
        let (heap, atoms) = (&mut Chunks::new(), Atoms::default());
        let one = heap.float(1.0);
        let funs = [
            fun(heap, known::ERLANG, 3, &[]),
            fun(heap, known::LOGGER, 0, &[]),
            fun(heap, known::LOGGER, 1, &[Term::small(9)]),
            fun(heap, known::LOGGER, 1, &[Term::small(0), Term::NIL]),
        ];
        assert_ascending(&funs, &atoms);
        let entry = funs[2].as_fun().expect("a closure");
        // SAFETY: the entries of these tests are leaked.
        let entry: &'static FunEntry = unsafe { &*core::ptr::from_ref(entry) };
        let of_integer = make_fun(heap, entry, Term::pid(1), &[Term::small(1)]);
        let of_float = make_fun(heap, entry, Term::pid(2), &[one]);
        assert!(eq(of_integer, of_float) && !exact_eq(of_integer, of_float));
        let again = make_fun(heap, entry, Term::pid(2), &[Term::small(1)]);
        assert!(exact_eq(of_integer, again));
        let old = fun_of_version(heap, 1, known::LOGGER, 0, &[]);
        let new = fun_of_version(heap, 2, known::LOGGER, 0, &[]);
        assert!(compare(old, new, &atoms).is_eq() && compare_exact(old, new, &atoms).is_lt());
        assert!(eq(old, new) && !exact_eq(old, new));
    }

    #[test]
    fn numbers_compare_without_rounding() {
        let (heap, atoms) = (&mut Chunks::new(), Atoms::default());
        let terms = [
            heap.float(-1.0e300),
            heap.integer(i64::MIN),
            Term::small(-1),
            heap.float(-0.5),
            Term::small(0),
            Term::small((1 << 53) - 1),
            heap.float((1u64 << 53) as f64),
            Term::small((1 << 53) + 1),
            heap.integer((1 << 62) - 1),
            heap.float((1u64 << 62) as f64),
            heap.integer((1 << 62) + 1),
            heap.float(1.0e300),
        ];
        assert_ascending(&terms, &atoms);
        let (one, zero, minus_zero) = (heap.float(1.0), heap.float(0.0), heap.float(-0.0));
        assert!(eq(Term::small(1), one) && !exact_eq(Term::small(1), one));
        assert!(compare(Term::small(1), one, &atoms).is_eq());
        assert!(compare_exact(heap.integer(1 << 62), one, &atoms).is_lt());
        // As in OTP before 27.
        assert!(exact_eq(zero, minus_zero) && compare_exact(zero, minus_zero, &atoms).is_eq());
    }

    #[test]
    fn keys_of_maps_compare_exactly_and_first() {
        let (heap, atoms) = (&mut Chunks::new(), Atoms::default());
        let one = heap.float(1.0);
        let mut map = |pairs: &[(Term, Term)]| {
            let empty = crate::map::empty(heap);
            pairs.iter().fold(empty, |map, (key, value)| {
                crate::map::put(heap, map, *key, *value, &atoms)
            })
        };
        let (small, two) = (Term::small(1), Term::small(2));
        let maps = [
            map(&[(small, two)]),
            map(&[(two, small)]),
            map(&[(one, small)]),
            map(&[(small, two), (two, small)]),
            map(&[(small, small), (one, Term::NIL)]),
        ];
        assert_ascending(&maps, &atoms);
        assert!(eq(map(&[(small, one)]), map(&[(small, small)])));
        let keys = 0..100;
        let pairs: Vec<_> = keys.map(|key| (Term::small(key), small)).collect();
        let mut other = pairs.clone();
        other.reverse();
        other[50].1 = one;
        let (trie, same) = (map(&pairs), map(&other));
        assert!(eq(trie, same) && !exact_eq(trie, same));
        assert!(compare(trie, same, &atoms).is_eq());
        assert!(compare_exact(trie, same, &atoms).is_lt());
    }

    #[test]
    fn depth_needs_no_recursion() {
        let (heap, atoms) = (&mut Chunks::new(), Atoms::default());
        let depth = if cfg!(miri) { 100 } else { 100_000 };
        let mut nest = |inner| {
            (0..depth).fold(inner, |term, step| match step % 2 {
                0 => heap.cons(term, Term::NIL),
                _ => heap.tuple(&[Term::NIL, term]),
            })
        };
        let (a, b, c) = (
            nest(Term::small(1)),
            nest(Term::small(1)),
            nest(Term::small(2)),
        );
        assert!(exact_eq(a, b) && !eq(a, c));
        assert!(compare(a, b, &atoms).is_eq() && compare(a, c, &atoms).is_lt());
    }
}
