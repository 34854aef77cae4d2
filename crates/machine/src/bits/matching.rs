//! Matching: a context is a binary and the position reached in it.
//!
//! Contexts are boxed objects of their own kind, seen by instructions only. Each function that takes from a context
//! advances it, or leaves it as it was when there is too little or the bits are no such value.

use brood_term::binary::{Bits, make_sub, whole_of};
use brood_term::integer::Endianness;
use brood_term::{Header, Heap, Subtag, Term, integer};

use super::{Flags, utf};

const CONTEXT_WORDS: usize = 3;

/// A match context.
#[derive(Clone, Copy, Debug)]
pub struct Context(Term);

impl Context {
    /// The context that a term is.
    #[inline(always)]
    pub fn of(term: Term) -> Option<Context> {
        (term.subtag() == Some(Subtag::MatchContext)).then_some(Context(term))
    }

    /// A context for `term`: a new one at the start of a bitstring, or the one that it is already.
    pub fn start<H: Heap + ?Sized>(heap: &mut H, term: Term) -> Option<Context> {
        if let Some(context) = Context::of(term) {
            return Some(context);
        }
        let size = term.bit_size()?;
        let (whole, first) = whole_of(term);
        let object = heap.allocate(1 + CONTEXT_WORDS);
        // SAFETY: `object` is fresh with room for four words, all written here: position, end, whole.
        unsafe {
            object.write(Term::header(Header::new(
                Subtag::MatchContext,
                CONTEXT_WORDS,
            )));
            object.add(1).write(Term::from_raw(first as u64));
            object.add(2).write(Term::from_raw((first + size) as u64));
            object.add(3).write(whole);
            Some(Context(Term::from_boxed(object)))
        }
    }

    /// The context as a term, for registers.
    #[inline(always)]
    pub fn term(self) -> Term {
        self.0
    }

    #[inline(always)]
    fn word(self, index: usize) -> Term {
        self.0.boxed_words()[index]
    }

    /// The position in bits, from the start of the whole that the context refers to.
    #[inline(always)]
    pub fn position(self) -> usize {
        self.word(0).raw() as usize
    }

    #[inline(always)]
    fn end(self) -> usize {
        self.word(1).raw() as usize
    }

    /// The binary that is matched, as a whole.
    #[inline(always)]
    fn whole(self) -> Term {
        self.word(2)
    }

    /// Goes to a position that [`Context::position`] gave; never beyond the end.
    #[inline(always)]
    pub fn set_position(self, position: usize) {
        let position = position.min(self.end());
        // SAFETY: word 1 of a context is its position, raw; nobody holds a reference to it.
        unsafe {
            self.0
                .address()
                .add(1)
                .write(Term::from_raw(position as u64));
        }
    }

    /// How many bits are left.
    #[inline(always)]
    pub fn remaining(self) -> usize {
        self.end() - self.position()
    }
}

/// The next `size` bits, if there are so many.
#[inline]
fn next(context: &Context, size: usize) -> Option<Bits<'_>> {
    if size > context.remaining() {
        return None;
    }
    let words = context.0.boxed_words();
    Some(Bits::new(
        words[2].whole_bytes()?,
        words[0].raw() as usize,
        size,
    ))
}

#[inline(always)]
fn advance(context: Context, size: usize) {
    context.set_position(context.position() + size);
}

/// Takes an integer of `size` bits.
#[inline]
pub fn get_integer<H: Heap + ?Sized>(
    heap: &mut H,
    context: Context,
    size: usize,
    flags: Flags,
) -> Option<Term> {
    let bits = next(&context, size)?;
    let term = match (bits.aligned(), flags) {
        (Some(&[byte]), Flags { signed: false, .. }) => Term::small(i64::from(byte)),
        (
            Some(bytes @ [_, _] | bytes @ [_, _, _, _]),
            Flags {
                endianness: Endianness::Big,
                signed: false,
            },
        ) => Term::small(
            bytes
                .iter()
                .fold(0, |value, byte| value << 8 | i64::from(*byte)),
        ),
        _ => integer::from_bits(heap, bits, flags.endianness, flags.signed).ok()?,
    };
    advance(context, size);
    Some(term)
}

/// Takes a float of 16, 32 or 64 bits. Bits that are no finite number don't match.
pub fn get_float<H: Heap + ?Sized>(
    heap: &mut H,
    context: Context,
    size: usize,
    flags: Flags,
) -> Option<Term> {
    let bits = next(&context, size)?;
    let mut bytes = bits.to_bytes().into_owned();
    if flags.endianness == Endianness::Little {
        bytes.reverse();
    }
    let value = match *bytes.as_slice() {
        [] if size == 0 => 0.0,
        [a, b] if size == 16 => half::f16::from_be_bytes([a, b]).to_f64(),
        [a, b, c, d] if size == 32 => f64::from(f32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] if size == 64 => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    };
    if !value.is_finite() {
        return None;
    }
    advance(context, size);
    Some(heap.float(value))
}

/// Takes the next `size` bits as a bitstring that shares their bytes.
pub fn get_binary<H: Heap + ?Sized>(heap: &mut H, context: Context, size: usize) -> Option<Term> {
    if size > context.remaining() {
        return None;
    }
    let whole = context.whole();
    let term = make_sub(heap, whole, context.position(), size);
    advance(context, size);
    Some(term)
}

/// All that is left, as a bitstring. The context stays where it is.
pub fn get_tail<H: Heap + ?Sized>(heap: &mut H, context: Context) -> Term {
    let whole = context.whole();
    make_sub(heap, whole, context.position(), context.remaining())
}

/// Passes over `size` bits.
#[inline]
pub fn skip(context: Context, size: usize) -> bool {
    let enough = size <= context.remaining();
    if enough {
        advance(context, size);
    }
    enough
}

/// Passes over `size` bits if they are the first of `expected`.
pub fn match_bytes(context: Context, size: usize, expected: &[u8]) -> bool {
    let Some(bits) = next(&context, size) else {
        return false;
    };
    let wanted = Bits::new(expected, 0, size);
    let same = match (bits.aligned(), wanted.aligned()) {
        (Some(bits), Some(wanted)) => bits == wanted,
        _ => (0..size.div_ceil(8)).all(|index| bits.byte(index) == wanted.byte(index)),
    };
    if same {
        advance(context, size);
    }
    same
}

/// Takes a code point in UTF-8.
pub fn get_utf8(context: Context) -> Option<u32> {
    let available = context.remaining().min(32) / 8 * 8;
    let (point, length) = utf::decode_utf8(&next(&context, available)?.to_bytes())?;
    advance(context, length * 8);
    Some(point)
}

/// Takes a code point in UTF-16.
pub fn get_utf16(context: Context, endianness: Endianness) -> Option<u32> {
    let available = context.remaining().min(32) / 16 * 16;
    let (point, length) = utf::decode_utf16(&next(&context, available)?.to_bytes(), endianness)?;
    advance(context, length * 8);
    Some(point)
}

/// Takes a code point in UTF-32.
pub fn get_utf32(context: Context, endianness: Endianness) -> Option<u32> {
    let bytes: [u8; 4] = next(&context, 32)?.to_bytes().as_ref().try_into().ok()?;
    let point = match endianness {
        Endianness::Big => u32::from_be_bytes(bytes),
        Endianness::Little => u32::from_le_bytes(bytes),
    };
    char::from_u32(point)?;
    advance(context, 32);
    Some(point)
}

/// Passes over `size` bits, 64 at most, if they are the number `expected`.
pub fn match_number(context: Context, size: usize, expected: u64) -> bool {
    let Some(bits) = next(&context, size) else {
        return false;
    };
    let wanted = (expected << (u64::BITS as usize - size.clamp(1, 64))).to_be_bytes();
    let wanted = Bits::new(&wanted, 0, size);
    let same = (0..size.div_ceil(8)).all(|index| bits.byte(index) == wanted.byte(index));
    if same {
        advance(context, size);
    }
    same
}
