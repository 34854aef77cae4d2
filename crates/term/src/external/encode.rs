//! Terms to bytes.

use alloc::format;
use alloc::vec::Vec;

use thiserror::Error;

use super::{
    FLOAT_TEXT_BYTES, NodeIdentity, VERSION, external_pid_parts, external_reference_numbers,
    pid_parts, reference_numbers, tag,
};
use crate::atom::Atoms;
use crate::binary::Bits;
use crate::map;
use crate::record::Record;
use crate::term::{Kind, Term};

/// The longest list that is written as a string.
const MAX_STRING: usize = 0xffff;

/// What `term_to_binary/2` takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EncodeOptions {
    /// 0: floats as text; 1: floats as bits (the default); 2: atoms always as UTF-8 too.
    pub minor_version: u8,
    /// The compression level, 0 (none) to 9. Data that compression does not make smaller stays as it is.
    pub compression: u8,
    /// Whether the keys of large maps are written in the term order.
    pub deterministic: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions {
            minor_version: 1,
            compression: 0,
            deterministic: false,
        }
    }
}

/// Why a term could not be encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum EncodeError {
    /// Something has more than 2^32 - 1 parts: `system_limit`.
    #[error("a part of the term is larger than the format can express")]
    TooLarge,
}

/// The bytes of `term`, the version first.
///
/// # Errors
///
/// [`EncodeError::TooLarge`].
pub fn encode(
    term: Term,
    atoms: &Atoms,
    identity: NodeIdentity,
    options: EncodeOptions,
) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder {
        bytes: Vec::from([VERSION]),
        pending: Vec::new(),
        atoms,
        identity,
        options,
        too_large: false,
    };
    encoder.run(term);
    if encoder.too_large {
        return Err(EncodeError::TooLarge);
    }
    let plain = encoder.bytes;
    if options.compression == 0 {
        return Ok(plain);
    }
    let Ok(size) = u32::try_from(plain.len() - 1) else {
        return Ok(plain);
    };
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&plain[1..], options.compression);
    let mut bytes = Vec::with_capacity(6 + packed.len());
    bytes.extend_from_slice(&[VERSION, tag::COMPRESSED]);
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(&packed);
    Ok(if bytes.len() < plain.len() {
        bytes
    } else {
        plain
    })
}

/// What is still to be written.
enum Pending {
    Term(Term),
    /// The rest of a list: its elements and its tail.
    List(Term),
    /// The size of the fun that starts at this index, to be filled in.
    FunSize(usize),
}

struct Encoder<'a> {
    bytes: Vec<u8>,
    pending: Vec<Pending>,
    atoms: &'a Atoms,
    identity: NodeIdentity,
    options: EncodeOptions,
    too_large: bool,
}

impl Encoder<'_> {
    fn run(&mut self, term: Term) {
        self.term(term);
        while let Some(pending) = self.pending.pop() {
            match pending {
                Pending::Term(term) => self.term(term),
                Pending::List(rest) => match rest.as_cons() {
                    Some((head, tail)) => {
                        self.pending.push(Pending::List(tail));
                        self.term(head);
                    }
                    None => self.term(rest),
                },
                Pending::FunSize(start) => {
                    let size = self.bytes.len() - start;
                    let size = self.checked(size).to_be_bytes();
                    self.bytes[start..start + 4].copy_from_slice(&size);
                }
            }
        }
    }

    /// A size as the format has it; notes when it does not fit.
    fn checked(&mut self, size: usize) -> u32 {
        u32::try_from(size).unwrap_or_else(|_| {
            self.too_large = true;
            u32::MAX
        })
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn word(&mut self, word: u32) {
        self.put(&word.to_be_bytes());
    }

    /// A tag and a 32-bit size.
    fn sized(&mut self, tag: u8, size: usize) {
        let size = self.checked(size);
        self.byte(tag);
        self.word(size);
    }

    fn terms_later(&mut self, terms: &[Term]) {
        self.pending
            .extend(terms.iter().rev().map(|&term| Pending::Term(term)));
    }

    fn term(&mut self, term: Term) {
        let words = term.boxed_words();
        match term.kind() {
            Kind::Small(value) => self.small(value),
            Kind::Big => self.big(term),
            Kind::Float => self.float(term.as_float().unwrap_or(0.0)),
            Kind::Atom(_) => self.atom(term),
            Kind::Nil => self.byte(tag::NIL),
            Kind::Cons => self.list(term),
            Kind::Tuple => {
                match u8::try_from(words.len()) {
                    Ok(arity) => self.put(&[tag::SMALL_TUPLE, arity]),
                    Err(_) => self.sized(tag::LARGE_TUPLE, words.len()),
                }
                self.terms_later(words);
            }
            Kind::Record => self.record(term),
            Kind::Map => self.map(term),
            Kind::Binary => {
                if let Some(bits) = term.as_bits() {
                    self.bits(bits);
                }
            }
            Kind::Fun => self.fun(term),
            Kind::Export => {
                if let Some(mfa) = term.as_export() {
                    self.byte(tag::EXPORT);
                    self.atom(mfa.module);
                    self.atom(mfa.function);
                    self.small(i64::from(mfa.arity));
                }
            }
            Kind::Pid => self.pid(self.identity, pid_parts(term.identifier_number())),
            Kind::Port => self.port(self.identity, term.identifier_number()),
            Kind::Reference => self.reference(term),
            Kind::ExternalPid => self.pid(foreign(words), external_pid_parts(words[2].raw())),
            Kind::ExternalPort => self.port(foreign(words), words[2].raw()),
            Kind::ExternalReference => {
                let numbers: Vec<u32> = external_reference_numbers(words).collect();
                self.numbers(foreign(words), &numbers);
            }
            Kind::MatchContext => debug_assert!(false, "a match context is never a value"),
        }
    }

    fn small(&mut self, value: i64) {
        if let Ok(byte) = u8::try_from(value) {
            self.put(&[tag::SMALL_INTEGER, byte]);
        } else if let Ok(value) = i32::try_from(value) {
            self.byte(tag::INTEGER);
            self.word(value as u32);
        } else {
            self.magnitude(value < 0, &[value.unsigned_abs()]);
        }
    }

    fn big(&mut self, term: Term) {
        if let Some((negative, limbs)) = term.as_big() {
            self.magnitude(negative, limbs);
        }
    }

    fn magnitude(&mut self, negative: bool, limbs: &[u64]) {
        let unused = limbs.last().map_or(0, |limb| limb.leading_zeros() / 8);
        let size = limbs.len() * 8 - unused as usize;
        match u8::try_from(size) {
            Ok(size) => self.put(&[tag::SMALL_BIG, size]),
            Err(_) => self.sized(tag::LARGE_BIG, size),
        }
        self.byte(u8::from(negative));
        let end = self.bytes.len() + size;
        for limb in limbs {
            self.put(&limb.to_le_bytes());
        }
        self.bytes.truncate(end);
    }

    fn float(&mut self, value: f64) {
        if self.options.minor_version > 0 {
            self.byte(tag::NEW_FLOAT);
            self.put(&value.to_bits().to_be_bytes());
            return;
        }
        self.byte(tag::FLOAT);
        let end = self.bytes.len() + FLOAT_TEXT_BYTES;
        let text = format!("{value:.20e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        self.put(format!("{digits}e{sign}{exponent:0>2}").as_bytes());
        self.bytes.resize(end, 0);
    }

    fn atom(&mut self, atom: Term) {
        let text = self.atoms.text(atom);
        let latin1 = text.chars().all(|c| u32::from(c) < 256);
        if self.options.minor_version < 2 && latin1 {
            self.byte(tag::ATOM);
            self.put(&(text.chars().count() as u16).to_be_bytes());
            // Each is below 256, as was just checked.
            self.bytes.extend(text.chars().map(|c| c as u8));
            return;
        }
        match u8::try_from(text.len()) {
            Ok(length) => self.put(&[tag::SMALL_ATOM_UTF8, length]),
            Err(_) => {
                // At most 255 characters of four bytes.
                self.byte(tag::ATOM_UTF8);
                self.put(&(text.len() as u16).to_be_bytes());
            }
        }
        self.put(text.as_bytes());
    }

    fn list(&mut self, list: Term) {
        let mut bytes = Vec::new();
        let mut rest = list;
        while let Some((head, tail)) = rest.as_cons()
            && bytes.len() < MAX_STRING
            && let Some(byte) = head.as_small().and_then(|value| u8::try_from(value).ok())
        {
            bytes.push(byte);
            rest = tail;
        }
        if rest.is_nil() {
            self.byte(tag::STRING);
            self.put(&(bytes.len() as u16).to_be_bytes());
            self.put(&bytes);
            return;
        }
        self.sized(tag::LIST, list.list().count());
        self.pending.push(Pending::List(list));
    }

    fn record(&mut self, term: Term) {
        let Some(record) = Record::of(&term) else {
            return;
        };
        let definition = record.definition();
        self.sized(tag::RECORD, record.values().len());
        self.byte(u8::from(definition.is_exported()));
        self.atom(definition.module());
        self.atom(definition.name());
        for (key, _) in record.fields() {
            self.atom(key);
        }
        let values: Vec<Term> = record.fields().map(|(_, value)| value).collect();
        self.terms_later(&values);
    }

    fn map(&mut self, term: Term) {
        let size = map::size(term).unwrap_or(0);
        self.sized(tag::MAP, size);
        let pairs: Vec<map::Pair> = if map::as_flat(&term).is_some() {
            map::entries(term).collect()
        } else if self.options.deterministic {
            map::sorted_entries(term, self.atoms)
        } else {
            // OTP goes through a trie from its last leaf to its first.
            let mut pairs: Vec<map::Pair> = map::entries(term).collect();
            pairs.reverse();
            pairs
        };
        for &(key, value) in pairs.iter().rev() {
            self.pending.push(Pending::Term(value));
            self.pending.push(Pending::Term(key));
        }
    }

    fn bits(&mut self, bits: Bits<'_>) {
        let odd = bits.bit_size % 8;
        let bytes = bits.to_bytes();
        if odd == 0 {
            self.sized(tag::BINARY, bytes.len());
        } else {
            self.sized(tag::BIT_BINARY, bytes.len());
            self.byte(odd as u8);
        }
        self.put(&bytes);
    }

    fn fun(&mut self, term: Term) {
        let Some(entry) = term.as_fun() else { return };
        let free = term.fun_environment();
        let creator = term.boxed_words()[1];
        self.byte(tag::NEW_FUN);
        self.pending.push(Pending::FunSize(self.bytes.len()));
        self.word(0);
        self.byte(entry.arity as u8);
        self.put(&entry.uniq);
        self.word(entry.index);
        self.word(free.len() as u32);
        self.atom(entry.module);
        self.small(i64::from(entry.index));
        self.small(i64::from(entry.old_uniq));
        self.terms_later(free);
        // A pid, which is written at once.
        self.term(creator);
    }

    fn pid(&mut self, identity: NodeIdentity, (number, serial): (u32, u32)) {
        self.byte(tag::NEW_PID);
        self.atom(identity.node);
        self.word(number);
        self.word(serial);
        self.word(identity.creation);
    }

    fn port(&mut self, identity: NodeIdentity, number: u64) {
        // Nodes of old know ports of 28 bits.
        let narrow = u32::try_from(number)
            .ok()
            .filter(|number| number >> 28 == 0);
        self.byte(if narrow.is_some() {
            tag::NEW_PORT
        } else {
            tag::V4_PORT
        });
        self.atom(identity.node);
        match narrow {
            Some(number) => self.word(number),
            None => self.put(&number.to_be_bytes()),
        }
        self.word(identity.creation);
    }

    fn reference(&mut self, term: Term) {
        // The owner of an alias is not written: the node that made it knows it.
        if let Some((number, _)) = term.as_reference() {
            self.numbers(self.identity, &reference_numbers(number));
        }
    }

    fn numbers(&mut self, identity: NodeIdentity, numbers: &[u32]) {
        self.byte(tag::NEWER_REFERENCE);
        self.put(&(numbers.len() as u16).to_be_bytes());
        self.atom(identity.node);
        self.word(identity.creation);
        for number in numbers {
            self.word(*number);
        }
    }
}

/// The node that an external identifier's words name.
fn foreign(words: &[Term]) -> NodeIdentity {
    NodeIdentity {
        node: words[0],
        creation: words[1].raw() as u32,
    }
}
