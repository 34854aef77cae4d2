//! Bytes to terms.

use alloc::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use thiserror::Error;

use super::{
    FLOAT_TEXT_BYTES, FunKey, MAX_REFERENCE_NUMBERS, NodeIdentity, PID_NUMBER_BITS,
    PID_SERIAL_BITS, REFERENCE_FIRST_BITS, Resolver, VERSION, external_pid_number, pid_from_parts,
    reference_from_numbers, tag,
};
use crate::atom::{AtomError, Atoms};
use crate::binary;
use crate::boxed::{FunEntry, Subtag, make_export, make_fun, make_reference, raw_object};
use crate::heap::Heap;
use crate::integer;
use crate::map;
use crate::record;
use crate::term::Term;

/// The most free variables of a fun.
const MAX_FREE: u32 = 255;
/// The greatest creation of the tags of old.
const MAX_TINY_CREATION: u8 = 3;
/// DEFLATE makes data at most about a thousand times smaller.
const MAX_DEFLATE_RATIO: usize = 1032;

/// What `binary_to_term/2` takes, and a bound of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecodeOptions {
    /// Refuses atoms and exported functions that don't exist yet.
    pub safe: bool,
    /// The largest size in bytes that compressed data may expand to.
    pub max_uncompressed: usize,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        DecodeOptions {
            safe: false,
            max_uncompressed: usize::MAX,
        }
    }
}

/// A decoded term.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// The term, in the heap that was given.
    pub term: Term,
    /// How many bytes it took; more may follow.
    pub used: usize,
}

/// Why bytes are not an encoded term. Erlang code sees `badarg`, or `system_limit` for a full atom table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DecodeError {
    /// The first byte is not [`VERSION`].
    #[error("the bytes don't start with the version of the external term format")]
    Version,
    /// The bytes end within the term.
    #[error("the bytes end within the term")]
    Truncated,
    /// No term starts with this byte.
    #[error("no term has the tag {0}")]
    Tag(u8),
    /// A part that must be an atom is none, or its text is not well-formed.
    #[error("not an atom")]
    Atom,
    /// The atom does not exist and `safe` forbids making it.
    #[error("the atom does not exist")]
    NewAtom,
    /// The atom table is full.
    #[error(transparent)]
    AtomTable(AtomError),
    /// A number that is none, or is too large.
    #[error("not a number that a term can have")]
    Number,
    /// A bit count, creation, reference or pid that can't be.
    #[error("not an identifier or bitstring")]
    Malformed,
    /// A map has a key twice, or a record a field.
    #[error("a map has a key twice, or a record a field")]
    DuplicateKey,
    /// A fun that is malformed or was refused.
    #[error("not a fun, or one that does not exist")]
    Fun,
    /// Compressed data is broken or expands beyond what is allowed.
    #[error("compressed data is broken or too large")]
    Compressed,
}

/// The term that `bytes` start with, built in `heap`. What was built before an error is found stays there as
/// garbage.
///
/// # Errors
///
/// The first thing that is wrong, as [`DecodeError`] says.
pub fn decode<H: Heap + ?Sized>(
    heap: &mut H,
    atoms: &mut Atoms,
    bytes: &[u8],
    identity: NodeIdentity,
    options: DecodeOptions,
    resolver: &mut dyn Resolver,
) -> Result<Decoded, DecodeError> {
    let mut input = Input { bytes };
    if input.byte()? != VERSION {
        return Err(DecodeError::Version);
    }
    let expanded;
    let mut used = None;
    if input.bytes.first() == Some(&tag::COMPRESSED) {
        input.byte()?;
        let size = input.word()? as usize;
        let (data, taken) = expand(input.bytes, size, options.max_uncompressed)?;
        used = Some(bytes.len() - input.bytes.len() + taken);
        expanded = data;
        input = Input { bytes: &expanded };
    }
    let mut decoder = Decoder {
        heap,
        atoms,
        input,
        identity,
        safe: options.safe,
        resolver,
        frames: Vec::new(),
        values: Vec::new(),
    };
    let term = decoder.run()?;
    let left = decoder.input.bytes.len();
    match used {
        Some(used) if left == 0 => Ok(Decoded { term, used }),
        Some(_) => Err(DecodeError::Compressed),
        None => Ok(Decoded {
            term,
            used: bytes.len() - left,
        }),
    }
}

/// The `size` bytes that `packed` expands to, and how many of `packed` they took.
fn expand(packed: &[u8], size: usize, limit: usize) -> Result<(Vec<u8>, usize), DecodeError> {
    if size > limit || size / MAX_DEFLATE_RATIO > packed.len() {
        return Err(DecodeError::Compressed);
    }
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut data = alloc::vec![0; size];
    let mut inflater = DecompressorOxide::new();
    let (status, taken, written) = decompress(&mut inflater, packed, &mut data, 0, flags);
    if status == TINFLStatus::Done && written == size {
        Ok((data, taken))
    } else {
        Err(DecodeError::Compressed)
    }
}

/// What is left of the bytes.
struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self
            .bytes
            .split_first_chunk()
            .ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array().map(|[byte]| byte)
    }

    fn half(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    fn word(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// A creation of the tags of old.
    fn tiny_creation(&mut self) -> Result<u32, DecodeError> {
        match self.byte()? {
            creation @ 0..=MAX_TINY_CREATION => Ok(u32::from(creation)),
            _ => Err(DecodeError::Malformed),
        }
    }
}

/// What is made of a run of values when it is complete.
#[derive(Clone, Copy)]
enum Whole {
    /// The elements.
    Tuple,
    /// The elements and the tail.
    List,
    /// Keys and values in turn.
    Map,
    /// The values of a record of that definition, in the order of declaration.
    Record(Term),
    /// The creator and the free variables.
    Fun(&'static FunEntry),
}

/// A term that still lacks values.
struct Frame {
    whole: Whole,
    missing: usize,
    /// Where its values start.
    first: usize,
}

struct Decoder<'a, H: Heap + ?Sized> {
    heap: &'a mut H,
    atoms: &'a mut Atoms,
    input: Input<'a>,
    identity: NodeIdentity,
    safe: bool,
    resolver: &'a mut dyn Resolver,
    frames: Vec<Frame>,
    values: Vec<Term>,
}

impl<H: Heap + ?Sized> Decoder<'_, H> {
    /// Reads values until there is one that no other waits for. Terms are built from their parts up, so that
    /// nothing in the heap ever lacks a word.
    fn run(&mut self) -> Result<Term, DecodeError> {
        loop {
            if let Some(value) = self.value()? {
                self.values.push(value);
                if let Some(frame) = self.frames.last_mut() {
                    frame.missing -= 1;
                }
            }
            while let Some(frame) = self.frames.pop_if(|frame| frame.missing == 0) {
                let whole = self.finish(&frame)?;
                self.values.truncate(frame.first);
                self.values.push(whole);
                if let Some(frame) = self.frames.last_mut() {
                    frame.missing -= 1;
                }
            }
            if self.frames.is_empty()
                && let Some(term) = self.values.pop()
            {
                return Ok(term);
            }
        }
    }

    fn finish(&mut self, frame: &Frame) -> Result<Term, DecodeError> {
        let values = &self.values[frame.first..];
        match (frame.whole, values) {
            (Whole::Tuple, elements) => Ok(self.heap.tuple(elements)),
            (Whole::List, [elements @ .., tail]) => Ok(self.heap.list_with_tail(elements, *tail)),
            (Whole::Map, values) => {
                let (pairs, _) = values.as_chunks::<2>();
                let mut pairs = pairs.iter().map(|&[key, value]| (key, value)).collect();
                map::from_distinct_pairs(self.heap, &mut pairs, self.atoms)
                    .ok_or(DecodeError::DuplicateKey)
            }
            (Whole::Record(definition), values) => {
                Ok(record::make_in_order(self.heap, definition, values))
            }
            (Whole::Fun(entry), [creator, free @ ..]) if creator.is_pid() => {
                Ok(make_fun(self.heap, entry, *creator, free))
            }
            _ => Err(DecodeError::Fun),
        }
    }

    /// Waits for `count` values, which take at least a byte each.
    fn expect(&mut self, whole: Whole, count: usize) -> Result<Option<Term>, DecodeError> {
        if count > self.input.bytes.len() {
            return Err(DecodeError::Truncated);
        }
        self.frames.push(Frame {
            whole,
            missing: count,
            first: self.values.len(),
        });
        Ok(None)
    }

    /// Reads a term that has no parts, or what precedes the parts of one.
    fn value(&mut self) -> Result<Option<Term>, DecodeError> {
        let tag = self.input.byte()?;
        match tag {
            tag::SMALL_TUPLE => {
                let arity = self.input.byte()?;
                return self.expect(Whole::Tuple, usize::from(arity));
            }
            tag::LARGE_TUPLE => {
                let arity = self.input.word()?;
                return self.expect(Whole::Tuple, arity as usize);
            }
            tag::LIST => {
                let length = self.input.word()?;
                return self.expect(Whole::List, length as usize + 1);
            }
            tag::MAP => {
                let size = self.input.word()?;
                return self.expect(Whole::Map, 2 * size as usize);
            }
            tag::RECORD => return self.record(),
            tag::NEW_FUN => return self.fun(),
            _ => {}
        }
        let term = match tag {
            tag::SMALL_INTEGER => Term::small(i64::from(self.input.byte()?)),
            tag::INTEGER => Term::small(i64::from(self.input.word()? as i32)),
            tag::SMALL_BIG => {
                let size = self.input.byte()?;
                self.big(usize::from(size))?
            }
            tag::LARGE_BIG => {
                let size = self.input.word()?;
                self.big(size as usize)?
            }
            tag::NEW_FLOAT => {
                let value = f64::from_bits(u64::from_be_bytes(self.input.array()?));
                self.float(value)?
            }
            tag::FLOAT => {
                let value = float_text(self.input.take(FLOAT_TEXT_BYTES)?)?;
                self.float(value)?
            }
            tag::ATOM | tag::SMALL_ATOM | tag::ATOM_UTF8 | tag::SMALL_ATOM_UTF8 => {
                self.atom_after(tag)?
            }
            tag::NIL => Term::NIL,
            tag::STRING => {
                let length = self.input.half()?;
                let bytes = self.input.take(usize::from(length))?;
                self.heap.byte_list(bytes, Term::NIL)
            }
            tag::BINARY => {
                let size = self.input.word()?;
                let bytes = self.input.take(size as usize)?;
                self.heap.binary(bytes)
            }
            tag::BIT_BINARY => self.bits()?,
            tag::EXPORT => self.export()?,
            tag::PID | tag::NEW_PID => self.pid(tag)?,
            tag::PORT | tag::NEW_PORT | tag::V4_PORT => self.port(tag)?,
            tag::REFERENCE | tag::NEW_REFERENCE | tag::NEWER_REFERENCE => self.reference(tag)?,
            unknown => return Err(DecodeError::Tag(unknown)),
        };
        Ok(Some(term))
    }

    fn big(&mut self, size: usize) -> Result<Term, DecodeError> {
        let negative = self.input.byte()? != 0;
        let bytes = self.input.take(size)?;
        let size = bytes
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |i| i + 1);
        let limbs: Vec<u64> = bytes[..size]
            .chunks(8)
            .map(|chunk| {
                let mut limb = [0; 8];
                limb[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(limb)
            })
            .collect();
        integer::make(self.heap, negative, &limbs).map_err(|_| DecodeError::Number)
    }

    fn float(&mut self, value: f64) -> Result<Term, DecodeError> {
        if value.is_finite() {
            Ok(self.heap.float(value))
        } else {
            Err(DecodeError::Number)
        }
    }

    fn atom(&mut self) -> Result<Term, DecodeError> {
        let tag = self.input.byte()?;
        self.atom_after(tag)
    }

    fn atom_after(&mut self, tag: u8) -> Result<Term, DecodeError> {
        let length = match tag {
            tag::ATOM | tag::ATOM_UTF8 => usize::from(self.input.half()?),
            tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => usize::from(self.input.byte()?),
            _ => return Err(DecodeError::Atom),
        };
        let bytes = self.input.take(length)?;
        match tag {
            tag::ATOM | tag::SMALL_ATOM if !bytes.is_ascii() => {
                let text: alloc::string::String = bytes.iter().map(|&byte| byte as char).collect();
                self.intern(&text)
            }
            _ => self.intern(core::str::from_utf8(bytes).map_err(|_| DecodeError::Atom)?),
        }
    }

    fn intern(&mut self, text: &str) -> Result<Term, DecodeError> {
        if self.safe {
            return self.atoms.existing(text).ok_or(DecodeError::NewAtom);
        }
        self.atoms.intern(text).map_err(|error| match error {
            AtomError::TooLong => DecodeError::Atom,
            AtomError::TableFull(_) => DecodeError::AtomTable(error),
        })
    }

    fn bits(&mut self) -> Result<Term, DecodeError> {
        let size = self.input.word()? as usize;
        let last_bits = usize::from(self.input.byte()?);
        if (last_bits == 0) != (size == 0) || last_bits > 8 {
            return Err(DecodeError::Malformed);
        }
        let bytes = self.input.take(size)?;
        let whole = self.heap.binary(bytes);
        let bit_size = (size * 8 + last_bits).saturating_sub(8);
        Ok(binary::make_sub(self.heap, whole, 0, bit_size))
    }

    /// A small integer that is written as a term of its own within a fun.
    fn number(&mut self) -> Result<i64, DecodeError> {
        match self.input.byte()? {
            tag::SMALL_INTEGER => self.input.byte().map(i64::from),
            tag::INTEGER => self.input.word().map(|word| i64::from(word as i32)),
            tag::SMALL_BIG => {
                let size = self.input.byte()?;
                let number = self.big(usize::from(size))?;
                number.as_small().ok_or(DecodeError::Fun)
            }
            _ => Err(DecodeError::Fun),
        }
    }

    fn export(&mut self) -> Result<Term, DecodeError> {
        let module = self.atom()?;
        let function = self.atom()?;
        let arity = u32::try_from(self.number()?).map_err(|_| DecodeError::Fun)?;
        let mfa = self
            .resolver
            .export(module, function, arity, self.safe)
            .ok_or(DecodeError::Fun)?;
        Ok(make_export(self.heap, mfa))
    }

    fn fun(&mut self) -> Result<Option<Term>, DecodeError> {
        // The size is not to be trusted: releases of OTP wrote wrong ones.
        self.input.word()?;
        let arity = self.input.byte()?;
        let uniq = self.input.array()?;
        let index = self.input.word()?;
        let free_count = self.input.word()?;
        if free_count > MAX_FREE {
            return Err(DecodeError::Fun);
        }
        let key = FunKey {
            arity,
            uniq,
            index,
            free_count,
            module: self.atom()?,
            old_index: self.number()?,
            old_uniq: self.number()?,
        };
        let entry = self.resolver.fun(&key).ok_or(DecodeError::Fun)?;
        self.expect(Whole::Fun(entry), 1 + free_count as usize)
    }

    fn record(&mut self) -> Result<Option<Term>, DecodeError> {
        let count = self.input.word()? as usize;
        let is_exported = match self.input.byte()? {
            flag @ (0 | 1) => flag == 1,
            _ => return Err(DecodeError::Malformed),
        };
        let (module, name) = (self.atom()?, self.atom()?);
        let mut keys = Vec::new();
        for _ in 0..count {
            keys.push(self.atom()?);
        }
        let definition = record::define(self.heap, self.atoms, module, name, is_exported, &keys)
            .ok_or(DecodeError::DuplicateKey)?;
        let canonical = self.resolver.record_definition(definition);
        self.expect(Whole::Record(canonical.unwrap_or(definition)), count)
    }

    fn is_local(&self, node: Term, creation: u32) -> bool {
        self.identity == NodeIdentity { node, creation }
    }

    fn pid(&mut self, tag: u8) -> Result<Term, DecodeError> {
        let node = self.atom()?;
        let number = self.input.word()?;
        let serial = self.input.word()?;
        let creation = match tag {
            tag::PID => self.input.tiny_creation()?,
            _ => self.input.word()?,
        };
        if !self.is_local(node, creation) {
            return Ok(raw_object(
                self.heap,
                Subtag::ExternalPid,
                &[
                    node.raw(),
                    u64::from(creation),
                    external_pid_number(number, serial),
                ],
            ));
        }
        if number >> PID_NUMBER_BITS != 0 || serial >> PID_SERIAL_BITS != 0 {
            return Err(DecodeError::Malformed);
        }
        Ok(Term::pid(pid_from_parts(number, serial)))
    }

    fn port(&mut self, tag: u8) -> Result<Term, DecodeError> {
        let node = self.atom()?;
        let number = match tag {
            tag::V4_PORT => u64::from_be_bytes(self.input.array()?),
            _ => u64::from(self.input.word()?),
        };
        let creation = match tag {
            tag::PORT => self.input.tiny_creation()?,
            _ => self.input.word()?,
        };
        if !self.is_local(node, creation) {
            let words = [node.raw(), u64::from(creation), number];
            return Ok(raw_object(self.heap, Subtag::ExternalPort, &words));
        }
        if number >> 60 != 0 {
            return Err(DecodeError::Malformed);
        }
        Ok(Term::port(number))
    }

    fn reference(&mut self, tag: u8) -> Result<Term, DecodeError> {
        let count = match tag {
            tag::REFERENCE => 1,
            _ => usize::from(self.input.half()?),
        };
        let node = self.atom()?;
        let mut numbers = [0; MAX_REFERENCE_NUMBERS];
        let used = numbers.get_mut(..count).ok_or(DecodeError::Malformed)?;
        if used.is_empty() {
            return Err(DecodeError::Malformed);
        }
        let mut creation = 0;
        if tag == tag::NEWER_REFERENCE {
            creation = self.input.word()?;
        } else if tag == tag::NEW_REFERENCE {
            creation = self.input.tiny_creation()?;
        }
        for number in &mut *used {
            *number = self.input.word()?;
        }
        if tag == tag::REFERENCE {
            creation = self.input.tiny_creation()?;
        }
        // The newest form alone has room for more than OTP gives out.
        if tag != tag::NEWER_REFERENCE && numbers[0] >> REFERENCE_FIRST_BITS != 0 {
            return Err(DecodeError::Malformed);
        }
        if self.is_local(node, creation) {
            let [a, b, c, 0, 0] = numbers else {
                return Err(DecodeError::Malformed);
            };
            let number = reference_from_numbers([a, b, c]).ok_or(DecodeError::Malformed)?;
            if let Some(resource) = self.resolver.resource(number) {
                return Ok(resource.into_term(self.heap));
            }
            let owner = self.resolver.alias_owner(number);
            return Ok(make_reference(self.heap, number, owner));
        }
        let pair = |index: usize| {
            let high = numbers.get(index + 1).copied().unwrap_or(0);
            u64::from(numbers[index]) | u64::from(high) << 32
        };
        let words = [
            node.raw(),
            u64::from(creation),
            count as u64,
            pair(0),
            pair(2),
            pair(4),
        ];
        let length = 3 + count.div_ceil(2);
        Ok(raw_object(
            self.heap,
            Subtag::ExternalReference,
            &words[..length],
        ))
    }
}

/// A float as text, padded with zero bytes.
fn float_text(bytes: &[u8]) -> Result<f64, DecodeError> {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    let text = bytes[..end].trim_ascii();
    // Rust reads more than C's `%lf` output, such as names: only digits, a point and an exponent count.
    if !text
        .iter()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte))
    {
        return Err(DecodeError::Number);
    }
    core::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(DecodeError::Number)
}
