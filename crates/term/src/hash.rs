//! Hashes of terms: the portable one that Erlang code sees, and the internal one of hash maps and tables.
//!
//! Both follow OTP: `erlang:phash2` promises the same value everywhere and forever, and the internal hash
//! decides in which order large maps list their entries, which programs should not but do depend on. (For keys
//! that hold atoms that order depends on the order in which atoms were made, as it does in OTP.)
//!
//! The mixing function is Bob Jenkins' of 1996 ("A Hash Function for Hash Table Lookup"); the constants that
//! tell kinds of terms apart are multiples of the golden ratio.

mod phash;

use alloc::vec::Vec;

use crate::atom::Atoms;
use crate::binary::Bits;
use crate::external;
use crate::map;
use crate::record::Record;
use crate::term::{Kind, Term};

pub use phash::phash;

/// Makes terms of the two hashes differ even where they are computed alike.
const INTERNAL_SALT: u32 = 3_432_918_353;
/// What `[]` hashes to by itself, and what is mixed in for it elsewhere.
const NIL_ALONE: u32 = 3_468_870_702;
const NIL_WORD: u32 = 2;

/// What is mixed in for each kind of term: the golden ratio times a number of its own.
const fn kind(number: u32) -> u32 {
    0x9e37_79b9_u32.wrapping_mul(number)
}
const PLAIN: u32 = kind(1);
const NIL: u32 = kind(2);
const ATOM: u32 = kind(3);
const STRING: u32 = kind(4);
const PID: u32 = kind(5);
const PORT: u32 = kind(6);
const REFERENCE: u32 = kind(7);
const REFERENCE_REST: u32 = kind(8);
const TUPLE: u32 = kind(9);
const BIG_NEGATIVE: u32 = kind(10);
const BIG_POSITIVE: u32 = kind(11);
const FLOAT: u32 = kind(12);
const BINARY: u32 = kind(13);
const EXPORT: u32 = kind(14);
const ODD_BITS: u32 = kind(15);
const MAP: u32 = kind(16);
const HEAD: u32 = kind(17);
const TAIL: u32 = kind(18);
const MAP_PAIRS: u32 = kind(19);
const FUN: u32 = kind(20);
const FUN_UNIQ: u32 = kind(21);
const SALTED: u32 = kind(22);
const RECORD: u32 = kind(23);

/// Jenkins' mix of three words, of which only the third is used.
#[inline(always)]
fn mix_all(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    a = a.wrapping_sub(b).wrapping_sub(c) ^ (c >> 13);
    b = b.wrapping_sub(c).wrapping_sub(a) ^ (a << 8);
    c = c.wrapping_sub(a).wrapping_sub(b) ^ (b >> 13);
    a = a.wrapping_sub(b).wrapping_sub(c) ^ (c >> 12);
    b = b.wrapping_sub(c).wrapping_sub(a) ^ (a << 16);
    c = c.wrapping_sub(a).wrapping_sub(b) ^ (b >> 5);
    a = a.wrapping_sub(b).wrapping_sub(c) ^ (c >> 3);
    b = b.wrapping_sub(c).wrapping_sub(a) ^ (a << 10);
    c = c.wrapping_sub(a).wrapping_sub(b) ^ (b >> 15);
    (a, b, c)
}

/// Mixes two words of a term of some `kind` into `hash`.
#[inline(always)]
fn mix(hash: u32, first: u32, second: u32, kind: u32) -> u32 {
    mix_all(kind.wrapping_add(first), kind.wrapping_add(second), hash).2
}

/// Mixes the halves of a 64-bit word in.
#[inline(always)]
fn mix_word(hash: u32, word: u64, kind: u32) -> u32 {
    mix(hash, word as u32, (word >> 32) as u32, kind)
}

/// Jenkins' hash of a byte sequence.
fn block(bytes: impl ExactSizeIterator<Item = u8>, initial: u32) -> u32 {
    let length = bytes.len() as u32;
    let (mut a, mut b, mut c) = (PLAIN, PLAIN, initial);
    let mut taken = [0u32; 3];
    let mut count = 0;
    for byte in bytes {
        taken[count / 4] |= u32::from(byte) << (count % 4 * 8);
        count += 1;
        if count == 12 {
            (a, b, c) = mix_all(
                a.wrapping_add(taken[0]),
                b.wrapping_add(taken[1]),
                c.wrapping_add(taken[2]),
            );
            (taken, count) = ([0; 3], 0);
        }
    }
    // The lowest byte of the third word is the length's.
    mix_all(
        a.wrapping_add(taken[0]),
        b.wrapping_add(taken[1]),
        c.wrapping_add(length).wrapping_add(taken[2] << 8),
    )
    .2
}

fn bits(hash: u32, bits: Bits<'_>) -> u32 {
    let initial = BINARY.wrapping_add(hash);
    if bits.bit_size == 0 {
        return initial;
    }
    let (whole, odd) = (bits.bit_size / 8, bits.bit_size % 8);
    let hash = match bits.bit_offset {
        0 => block(bits.bytes[..whole].iter().copied(), initial),
        _ => block((0..whole).map(|index| bits.byte(index)), initial),
    };
    if odd == 0 {
        hash
    } else {
        let last = bits.byte(whole) >> (8 - odd);
        mix(hash, odd as u32, u32::from(last), ODD_BITS)
    }
}

fn big(hash: u32, term: Term) -> u32 {
    let Some((negative, limbs)) = term.as_big() else {
        return hash;
    };
    let kind = if negative { BIG_NEGATIVE } else { BIG_POSITIVE };
    limbs
        .iter()
        .fold(hash, |hash, &limb| mix_word(hash, limb, kind))
}

/// The bits of a float; both zeros have those of the positive one, which they equal.
fn float_bits(term: Term) -> u64 {
    match term.as_float() {
        Some(value) if value != 0.0 => value.to_bits(),
        _ => 0,
    }
}

/// The byte that a list element is, if it is one.
#[inline(always)]
fn byte_of(term: Term) -> Option<u32> {
    term.as_small()
        .and_then(|value| u8::try_from(value).ok())
        .map(u32::from)
}

/// The bytes that a list starts with, four at a time, given to `quad`; the rest (at most three), how many that
/// is, and what of the list remains.
fn leading_bytes(list: Term, mut quad: impl FnMut(u32)) -> (u32, u32, Term) {
    let (mut word, mut count, mut rest) = (0u32, 0, list);
    while let Some((head, tail)) = rest.as_cons()
        && let Some(byte) = byte_of(head)
    {
        word = (word << 8).wrapping_add(byte);
        count += 1;
        if count == 4 {
            quad(word);
            (word, count) = (0, 0);
        }
        rest = tail;
    }
    (word, count, rest)
}

/// The hash of an atom's text: P. J. Weinberger's, over Latin-1 bytes where a character has one.
pub fn atom_hash(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut hash = 0u32;
    let mut index = 0;
    while index < bytes.len() {
        let mut byte = bytes[index];
        index += 1;
        if byte & 0xfe == 0xc2 && bytes.get(index).is_some_and(|next| next & 0xc0 == 0x80) {
            byte = (byte << 6) | (bytes[index] & 0x3f);
            index += 1;
        }
        hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        hash = (hash ^ (high >> 24)) & !high;
    }
    hash
}

/// The hash of a key for the hash map levels from `8 * depth` on.
pub(crate) fn salted(key: Term, depth: u32) -> u32 {
    let salt = match depth {
        0 => 0,
        _ => mix(0, depth, 1, SALTED),
    };
    internal(key, salt ^ INTERNAL_SALT)
}

/// A hash for use inside one machine: exactly equal terms hash alike; 1 and 1.0 don't.
#[inline]
pub fn internal_hash(term: Term) -> u32 {
    internal(term, INTERNAL_SALT)
}

#[inline]
fn internal(term: Term, hash: u32) -> u32 {
    if term.is_immediate() {
        mix_word(hash, term.raw(), PLAIN)
    } else {
        internal_deep(term, hash)
    }
}

/// What is still to be hashed internally.
enum Internal {
    Term(Term),
    /// A list's tail that is no list.
    ImproperTail(Term),
}

fn internal_deep(term: Term, mut hash: u32) -> u32 {
    let constant = |hash: u32, kind: u32| (hash ^ kind).rotate_left(17);
    let mut pending: Vec<Internal> = Vec::new();
    let mut next = Some(Internal::Term(term));
    while let Some(work) = next.take().or_else(|| pending.pop()) {
        let term = match work {
            Internal::Term(term) => term,
            Internal::ImproperTail(term) => {
                // OTP mixes the marker in after the tail: it comes off the stack first there too.
                hash = constant(hash, TAIL);
                term
            }
        };
        let words = term.boxed_words();
        match term.kind() {
            Kind::Cons => {
                let (word, count, rest) =
                    leading_bytes(term, |quad| hash = mix(hash, quad, 0, STRING));
                if count > 0 {
                    hash = mix(hash, word, count, SALTED);
                }
                match rest.as_cons() {
                    Some((head, tail)) => {
                        hash = constant(hash, HEAD);
                        pending.push(match tail.is_cons() {
                            true => Internal::Term(tail),
                            false => Internal::ImproperTail(tail),
                        });
                        next = Some(Internal::Term(head));
                    }
                    None => next = Some(Internal::Term(rest)),
                }
            }
            Kind::Tuple => {
                hash = mix(hash, words.len() as u32, 0, TUPLE);
                pending.extend(words.iter().rev().map(|&word| Internal::Term(word)));
            }
            Kind::Record => {
                if let Some(record) = Record::of(&term) {
                    hash = record_definition(hash, &record);
                    let values = record.values().iter().rev();
                    pending.extend(values.map(|&word| Internal::Term(word)));
                }
            }
            Kind::Map => {
                if let Some(size) = map::size(term) {
                    hash = mix(hash, size as u32, 0, MAP);
                }
                map::for_each_child(term, |child| pending.push(Internal::Term(child)));
            }
            Kind::Fun => {
                let free = term.fun_environment();
                if let Some(entry) = term.as_fun() {
                    hash = mix(hash, free.len() as u32, entry.module.raw() as u32, FUN);
                    hash = mix(hash, entry.index, entry.old_uniq, FUN_UNIQ);
                }
                pending.extend(free.iter().rev().map(|&word| Internal::Term(word)));
            }
            Kind::Export => {
                if let Some(mfa) = term.as_export() {
                    hash = mix(hash, mfa.arity, mfa.module.raw() as u32, EXPORT);
                    hash = mix_word(hash, mfa.function.raw(), EXPORT);
                }
            }
            Kind::Binary => {
                if let Some(view) = term.as_bits() {
                    hash = bits(hash, view);
                }
            }
            Kind::Big => hash = big(hash, term),
            Kind::Float => hash = mix_word(hash, float_bits(term), FLOAT),
            // An alias equals the reference without its owner.
            Kind::Reference => hash = mix_word(hash, words[0].raw(), REFERENCE),
            Kind::ExternalPid => hash = raw_words(hash, words, PID),
            Kind::ExternalPort => hash = raw_words(hash, words, PORT),
            Kind::ExternalReference => hash = raw_words(hash, words, REFERENCE_REST),
            Kind::Small(_) | Kind::Atom(_) | Kind::Nil | Kind::Pid | Kind::Port => {
                hash = mix_word(hash, term.raw(), PLAIN);
            }
            // Never an Erlang value.
            Kind::MatchContext => {}
        }
    }
    hash
}

/// What comes before the values of a record. They are hashed in the order of their names' indices, as by OTP.
fn record_definition(hash: u32, record: &Record<'_>) -> u32 {
    mix(
        hash,
        record.values().len() as u32,
        record.definition().hash(),
        RECORD,
    )
}

fn raw_words(hash: u32, words: &[Term], kind: u32) -> u32 {
    words
        .iter()
        .fold(hash, |hash, word| mix_word(hash, word.raw(), kind))
}

/// `erlang:phash2/1`: 27 bits.
pub fn phash2(term: Term, atoms: &Atoms) -> u32 {
    portable_hash(term, atoms) & 0x07ff_ffff
}

/// What is still to be hashed portably.
enum Portable {
    Term(Term),
    /// One association of a map is done.
    MapPair,
    /// A map is done; the hash before it and the pairs of the map around it.
    MapEnd {
        before: u32,
        pairs: u32,
    },
}

/// The 32-bit hash that `erlang:phash2/1,2` reduce to their ranges.
pub fn portable_hash(term: Term, atoms: &Atoms) -> u32 {
    let atom = |term: Term| atom_hash(atoms.text(term));
    let (mut hash, mut pairs) = (0u32, 0u32);
    let mut pending: Vec<Portable> = Vec::new();
    let mut next = Some(Portable::Term(term));
    while let Some(work) = next.take().or_else(|| pending.pop()) {
        let term = match work {
            Portable::Term(term) => term,
            Portable::MapPair => {
                // Associations are hashed each by itself and their hashes combined without an order.
                pairs ^= hash;
                hash = 0;
                continue;
            }
            Portable::MapEnd {
                before,
                pairs: outer,
            } => {
                hash = mix(before, pairs, 0, MAP_PAIRS);
                pairs = outer;
                continue;
            }
        };
        let words = term.boxed_words();
        match term.kind() {
            Kind::Cons => {
                let (word, count, rest) =
                    leading_bytes(term, |quad| hash = mix(hash, quad, 0, STRING));
                if count > 0 {
                    hash = mix(hash, word, 0, STRING);
                }
                match rest.as_cons() {
                    Some((head, tail)) => {
                        pending.push(Portable::Term(tail));
                        next = Some(Portable::Term(head));
                    }
                    None => next = Some(Portable::Term(rest)),
                }
            }
            Kind::Tuple => {
                hash = mix(hash, words.len() as u32, 0, TUPLE);
                pending.extend(words.iter().rev().map(|&word| Portable::Term(word)));
            }
            Kind::Record => {
                if let Some(record) = Record::of(&term) {
                    hash = record_definition(hash, &record);
                    let values = record.values().iter().rev();
                    pending.extend(values.map(|&word| Portable::Term(word)));
                }
            }
            Kind::Map => {
                let size = map::size(term).unwrap_or(0);
                hash = mix(hash, size as u32, 0, MAP);
                if size > 0 {
                    pending.push(Portable::MapEnd {
                        before: hash,
                        pairs,
                    });
                    (hash, pairs) = (0, 0);
                    for (key, value) in map::entries(term) {
                        pending.push(Portable::MapPair);
                        pending.push(Portable::Term(value));
                        pending.push(Portable::Term(key));
                    }
                }
            }
            Kind::Fun => {
                let free = term.fun_environment();
                if let Some(entry) = term.as_fun() {
                    hash = mix(hash, free.len() as u32, atom(entry.module), PLAIN);
                    hash = mix(hash, entry.index, entry.old_uniq, PLAIN);
                }
                pending.extend(free.iter().rev().map(|&word| Portable::Term(word)));
            }
            Kind::Export => {
                if let Some(mfa) = term.as_export() {
                    hash = mix(hash, mfa.arity, atom(mfa.module), PLAIN);
                    hash = mix(hash, atom(mfa.function), 0, EXPORT);
                }
            }
            Kind::Binary => {
                if let Some(view) = term.as_bits() {
                    hash = bits(hash, view);
                }
            }
            Kind::Big => hash = big(hash, term),
            Kind::Float => {
                let word = float_bits(term);
                hash = mix(hash, (word >> 32) as u32, word as u32, FLOAT);
            }
            Kind::Small(value) => hash = small(hash, value),
            Kind::Atom(_) if hash == 0 => hash = atom(term),
            Kind::Atom(_) => hash = mix(hash, atom(term), 0, ATOM),
            Kind::Nil if hash == 0 => hash = NIL_ALONE,
            Kind::Nil => hash = mix(hash, NIL_WORD, 0, NIL),
            // Of pids and references only the first numbers are taken in.
            Kind::Pid => {
                let (number, _) = external::pid_parts(term.identifier_number());
                hash = mix(hash, number, 0, PID);
            }
            Kind::ExternalPid => {
                let (number, _) = external::external_pid_parts(words[2].raw());
                hash = mix(hash, number, 0, PID);
            }
            Kind::Port => hash = mix_word(hash, term.identifier_number(), PORT),
            Kind::ExternalPort => hash = mix_word(hash, words[2].raw(), PORT),
            Kind::Reference => {
                let [first, ..] = external::reference_numbers(words[0].raw());
                hash = mix(hash, first, 0, REFERENCE);
            }
            Kind::ExternalReference => hash = mix(hash, words[3].raw() as u32, 0, REFERENCE),
            // Never an Erlang value.
            Kind::MatchContext => {}
        }
    }
    hash
}

fn small(hash: u32, value: i64) -> u32 {
    if (-(1 << 27)..1 << 27).contains(&value) {
        let hash = if value < 0 {
            mix(hash, -value as u32, 0, PLAIN)
        } else {
            hash
        };
        mix(hash, value as u32, 0, PLAIN)
    } else {
        let kind = if value < 0 {
            BIG_NEGATIVE
        } else {
            BIG_POSITIVE
        };
        mix_word(hash, value.unsigned_abs(), kind)
    }
}
