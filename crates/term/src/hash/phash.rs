//! `erlang:phash/2`, the portable hash of before `phash2`: multiplications by primes.

use alloc::vec::Vec;

use super::{atom_hash, byte_of, float_bits, portable_hash};
use crate::atom::Atoms;
use crate::external;
use crate::term::{Kind, Term};

/// The primes, of which the format of the hash numbers all from 1 on; the seventh has no use.
const PRIMES: [u32; 15] = [
    268_440_163,
    268_439_161,
    268_435_459,
    268_436_141,
    268_438_633,
    268_437_017,
    268_438_039,
    268_437_511,
    268_439_627,
    268_440_479,
    268_440_577,
    268_440_581,
    268_440_593,
    268_440_611,
    268_440_629,
];

/// One step: `hash` times prime number `prime`, and `value`.
fn step(hash: u32, prime: usize, value: u32) -> u32 {
    hash.wrapping_mul(PRIMES[prime - 1]).wrapping_add(value)
}

fn bytes(hash: u32, prime: usize, bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes
        .into_iter()
        .fold(hash, |hash, byte| step(hash, prime, u32::from(byte)))
}

/// An integer by its magnitude: four bytes of its last limb when the rest is zero, else eight.
fn integer(hash: u32, negative: bool, limbs: &[u64]) -> u32 {
    let (last, whole) = limbs.split_last().unwrap_or((&0, &[]));
    let hash = whole
        .iter()
        .fold(hash, |hash, limb| bytes(hash, 2, limb.to_le_bytes()));
    let used = if last >> 32 == 0 { 4 } else { 8 };
    let hash = bytes(hash, 2, last.to_le_bytes().into_iter().take(used));
    step(hash, if negative { 4 } else { 3 }, 0)
}

/// What is still to be hashed.
enum Pending {
    Term(Term),
    /// The rest of a list.
    Tail(Term),
    ListEnd,
    TupleEnd(u32),
    RecordEnd(u32),
}

/// The 32-bit hash that `erlang:phash/2` reduces to `1..=Range`.
pub fn phash(term: Term, atoms: &Atoms) -> u32 {
    let atom = |term: Term| atom_hash(atoms.text(term));
    let identifier = |hash: u32, number: u32, first: usize, last: usize| {
        step(bytes(hash, first, number.to_le_bytes()), last, 0)
    };
    let port = |mut hash: u32, number: u64| {
        let high = (number >> 32) as u32;
        if high != 0 {
            hash = bytes(hash, 11, high.to_le_bytes());
        }
        identifier(hash, number as u32, 9, 10)
    };
    let mut hash = 0u32;
    let mut pending = Vec::from([Pending::Term(term)]);
    while let Some(work) = pending.pop() {
        let term = match work {
            Pending::Term(term) => term,
            Pending::Tail(tail) if tail.is_cons() => tail,
            Pending::Tail(tail) => {
                pending.push(Pending::ListEnd);
                tail
            }
            Pending::ListEnd => {
                hash = step(hash, 8, 0);
                continue;
            }
            Pending::TupleEnd(arity) => {
                hash = step(hash, 9, arity);
                continue;
            }
            Pending::RecordEnd(arity) => {
                hash = step(hash, 15, arity);
                continue;
            }
        };
        let words = term.boxed_words();
        match term.kind() {
            Kind::Nil => hash = step(hash, 3, 1),
            Kind::Atom(_) => hash = step(hash, 1, atom(term)),
            Kind::Small(value) => hash = integer(hash, value < 0, &[value.unsigned_abs()]),
            Kind::Big => {
                if let Some((negative, limbs)) = term.as_big() {
                    hash = integer(hash, negative, limbs);
                }
            }
            Kind::Float => {
                let word = float_bits(term);
                hash = step(hash, 6, word as u32 ^ (word >> 32) as u32);
            }
            Kind::Cons => {
                let mut rest = term;
                while let Some((head, tail)) = rest.as_cons() {
                    let Some(byte) = byte_of(head) else {
                        pending.push(Pending::Tail(tail));
                        pending.push(Pending::Term(head));
                        break;
                    };
                    hash = step(hash, 2, byte);
                    rest = tail;
                }
                if !rest.is_cons() {
                    pending.push(Pending::Tail(rest));
                }
            }
            Kind::Tuple => {
                pending.push(Pending::TupleEnd(words.len() as u32));
                pending.extend(words.iter().rev().map(|&word| Pending::Term(word)));
            }
            // The definition counts as the tuple that it is kept as.
            Kind::Record => {
                pending.push(Pending::RecordEnd(words.len() as u32));
                pending.extend(words.iter().rev().map(|&word| Pending::Term(word)));
            }
            Kind::Map => {
                hash = step(hash, 13, PRIMES[13]).wrapping_add(portable_hash(term, atoms));
            }
            Kind::Binary => {
                let Some(bits) = term.as_bits() else { continue };
                let (whole, odd) = (bits.bit_size / 8, bits.bit_size % 8);
                hash = bytes(hash, 1, (0..whole).map(|index| bits.byte(index)));
                if odd > 0 {
                    hash = step(hash, 1, u32::from(bits.byte(whole) >> (8 - odd)));
                    hash = step(hash, 12, odd as u32);
                }
                hash = step(hash, 4, whole as u32);
            }
            Kind::Fun => {
                let free = term.fun_environment();
                if let Some(entry) = term.as_fun() {
                    hash = step(hash, 10, free.len() as u32);
                    hash = step(hash, 1, atom(entry.module));
                    hash = step(hash, 2, entry.index);
                    hash = step(hash, 2, entry.old_uniq);
                }
                pending.extend(free.iter().rev().map(|&word| Pending::Term(word)));
            }
            Kind::Export => {
                if let Some(mfa) = term.as_export() {
                    hash = step(hash, 11, mfa.arity);
                    hash = step(hash, 1, atom(mfa.module));
                    hash = step(hash, 1, atom(mfa.function));
                }
            }
            Kind::Pid => {
                let (number, _) = external::pid_parts(term.identifier_number());
                hash = identifier(hash, number, 5, 6);
            }
            Kind::ExternalPid => {
                let (number, _) = external::external_pid_parts(words[2].raw());
                hash = identifier(hash, number, 5, 6);
            }
            Kind::Port => hash = port(hash, term.identifier_number()),
            Kind::ExternalPort => hash = port(hash, words[2].raw()),
            Kind::Reference => {
                let [first, ..] = external::reference_numbers(words[0].raw());
                hash = identifier(hash, first, 9, 10);
            }
            Kind::ExternalReference => hash = identifier(hash, words[3].raw() as u32, 9, 10),
            // Never an Erlang value.
            Kind::MatchContext => {}
        }
    }
    hash
}
