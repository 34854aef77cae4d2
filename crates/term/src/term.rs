//! The tagged word.
//!
//! The low two bits are the primary tag; immediates have two or four more. The scheme is BEAM's, so that
//! what is known about BEAM's layout holds here too:
//!
//! ```text
//! …00  header of a boxed object (only in a heap) or a continuation pointer (only on a stack)
//! …01  pointer to a cons cell (two words: head, tail)
//! …10  pointer to a boxed object (a header word, then its words)
//! …0011 local pid      …0111 local port     …1111 small integer (60 bits)
//! …00_1011 atom        …01_1011 catch       …11_1011 nil
//! ```

use core::fmt;

use crate::boxed::{Header, Subtag};

/// One Erlang value, or a pointer to one.
///
/// `==` on `Term` compares words: identity, not Erlang equality. See [`crate::compare`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Term(u64);

const PRIMARY_MASK: u64 = 0b11;
const PRIMARY_CONS: u64 = 0b01;
const PRIMARY_BOXED: u64 = 0b10;
const IMMEDIATE1_MASK: u64 = 0b1111;
const TAG_PID: u64 = 0b0011;
const TAG_PORT: u64 = 0b0111;
const TAG_SMALL: u64 = 0b1111;
const IMMEDIATE2_MASK: u64 = 0b11_1111;
const TAG_ATOM: u64 = 0b00_1011;
const TAG_CATCH: u64 = 0b01_1011;
const TAG_NIL: u64 = 0b11_1011;

/// What a term is, decoded once. Pointers stay in the [`Term`]; use the accessor that fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A 60-bit integer.
    Small(i64),
    /// An integer that does not fit 60 bits.
    Big,
    /// A 64-bit float.
    Float,
    /// An atom, by index in the table.
    Atom(u32),
    /// The empty list.
    Nil,
    /// A cons cell.
    Cons,
    /// A tuple.
    Tuple,
    /// A native record.
    Record,
    /// A flat map or a hash map.
    Map,
    /// Any of the three binary representations, bitstrings included.
    Binary,
    /// A binary matching context: never visible to Erlang code as a value.
    MatchContext,
    /// A closure.
    Fun,
    /// `fun M:F/A`.
    Export,
    /// A local process identifier.
    Pid,
    /// A local port identifier.
    Port,
    /// A local reference.
    Reference,
    /// A pid of another node.
    ExternalPid,
    /// A port of another node.
    ExternalPort,
    /// A reference of another node.
    ExternalReference,
}

impl Term {
    /// The empty list.
    pub const NIL: Term = Term(TAG_NIL);
    /// What a register holds that was never set, and what `receive` and the collector take for "no value".
    /// It is not an Erlang value: a header word of an empty tuple.
    pub const NONE: Term = Term(0);
    /// The least small integer, -2^59.
    pub const MIN_SMALL: i64 = -(1 << 59);
    /// The greatest small integer, 2^59 - 1.
    pub const MAX_SMALL: i64 = (1 << 59) - 1;

    /// The term with this word, which must come from [`Term::raw`] (or be one that follows the scheme).
    ///
    /// # Safety
    ///
    /// If the word is tagged as a pointer it points to a well-formed cons cell or boxed object, which stays
    /// valid as the crate's rooting rule says.
    #[inline(always)]
    pub const unsafe fn from_raw(word: u64) -> Term {
        Term(word)
    }

    /// The word.
    #[inline(always)]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The small integer `value`, which must be in the small range (checked in debug builds).
    #[inline(always)]
    pub const fn small(value: i64) -> Term {
        debug_assert!(value >= Self::MIN_SMALL && value <= Self::MAX_SMALL);
        Term(((value as u64) << 4) | TAG_SMALL)
    }

    /// The small integer `value` if it is in the small range.
    #[inline(always)]
    pub const fn try_small(value: i64) -> Option<Term> {
        if value >= Self::MIN_SMALL && value <= Self::MAX_SMALL {
            Some(Term(((value as u64) << 4) | TAG_SMALL))
        } else {
            None
        }
    }

    /// The atom with this index in the table.
    #[inline(always)]
    pub const fn atom(index: u32) -> Term {
        Term(((index as u64) << 6) | TAG_ATOM)
    }

    /// `true` or `false`.
    #[inline(always)]
    pub const fn boolean(value: bool) -> Term {
        if value {
            crate::known::TRUE
        } else {
            crate::known::FALSE
        }
    }

    /// The local pid with this number (60 bits; its meaning is the machine's).
    #[inline(always)]
    pub const fn pid(number: u64) -> Term {
        Term((number << 4) | TAG_PID)
    }

    /// The local port with this number (60 bits).
    #[inline(always)]
    pub const fn port(number: u64) -> Term {
        Term((number << 4) | TAG_PORT)
    }

    /// A catch marker for a stack, holding a catch index.
    #[inline(always)]
    pub const fn catch(index: u64) -> Term {
        Term((index << 6) | TAG_CATCH)
    }

    /// A header word as it stands in a heap.
    #[inline(always)]
    pub const fn header(header: Header) -> Term {
        Term(header.0)
    }

    /// A pointer to the cons cell at `cell`.
    ///
    /// # Safety
    ///
    /// `cell` is 8-aligned and points to two initialised words that stay valid as the rooting rule says.
    #[inline(always)]
    pub unsafe fn from_cons(cell: *const Term) -> Term {
        Term(cell as u64 | PRIMARY_CONS)
    }

    /// A pointer to the boxed object at `object`.
    ///
    /// # Safety
    ///
    /// `object` is 8-aligned and points to a header and the words it announces, initialised and laid out
    /// as [`crate::boxed`] says, that stay valid as the rooting rule says.
    #[inline(always)]
    pub unsafe fn from_boxed(object: *const Term) -> Term {
        Term(object as u64 | PRIMARY_BOXED)
    }

    /// Whether the word is a header (in a heap) or a continuation pointer (on a stack).
    #[inline(always)]
    pub const fn is_header(self) -> bool {
        self.0 & PRIMARY_MASK == 0
    }

    /// The header that this word is, when [`Term::is_header`].
    #[inline(always)]
    pub const fn as_header(self) -> Header {
        Header(self.0)
    }

    /// Whether the term is a cons cell.
    #[inline(always)]
    pub const fn is_cons(self) -> bool {
        self.0 & PRIMARY_MASK == PRIMARY_CONS
    }

    /// Whether the term is a pointer to a boxed object.
    #[inline(always)]
    pub const fn is_boxed(self) -> bool {
        self.0 & PRIMARY_MASK == PRIMARY_BOXED
    }

    /// Whether the term is a cons or boxed pointer.
    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.is_cons() || self.is_boxed()
    }

    /// Whether the term carries its whole value.
    #[inline(always)]
    pub const fn is_immediate(self) -> bool {
        self.0 & PRIMARY_MASK == 0b11
    }

    /// Whether the term is a small integer.
    #[inline(always)]
    pub const fn is_small(self) -> bool {
        self.0 & IMMEDIATE1_MASK == TAG_SMALL
    }

    /// Whether both terms are small integers.
    #[inline(always)]
    pub const fn both_small(self, other: Term) -> bool {
        self.0 & other.0 & IMMEDIATE1_MASK == TAG_SMALL
    }

    /// Whether the term is an atom.
    #[inline(always)]
    pub const fn is_atom(self) -> bool {
        self.0 & IMMEDIATE2_MASK == TAG_ATOM
    }

    /// Whether the term is `[]`.
    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.0 == TAG_NIL
    }

    /// Whether the term is `[]` or a cons cell.
    #[inline(always)]
    pub const fn is_list(self) -> bool {
        self.is_cons() || self.is_nil()
    }

    /// Whether the term is [`Term::NONE`].
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether the word is a catch marker.
    #[inline(always)]
    pub const fn is_catch(self) -> bool {
        self.0 & IMMEDIATE2_MASK == TAG_CATCH
    }

    /// The index in a catch marker.
    #[inline(always)]
    pub const fn catch_index(self) -> u64 {
        self.0 >> 6
    }

    /// The value of a small integer, which the term must be (checked in debug builds).
    #[inline(always)]
    pub const fn small_value(self) -> i64 {
        debug_assert!(self.is_small());
        (self.0 as i64) >> 4
    }

    /// The value if the term is a small integer.
    #[inline(always)]
    pub const fn as_small(self) -> Option<i64> {
        if self.is_small() {
            Some((self.0 as i64) >> 4)
        } else {
            None
        }
    }

    /// The sum of two small integers, if they are and it is: the words overflow when the value leaves the range.
    #[inline(always)]
    pub const fn add_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) {
            return None;
        }
        match (self.0 as i64).checked_add((other.0 - TAG_SMALL) as i64) {
            Some(word) => Some(Term(word as u64)),
            None => None,
        }
    }

    /// As [`Term::add_small`], the difference.
    #[inline(always)]
    pub const fn subtract_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) {
            return None;
        }
        match (self.0 as i64).checked_sub((other.0 - TAG_SMALL) as i64) {
            Some(word) => Some(Term(word as u64)),
            None => None,
        }
    }

    /// As [`Term::add_small`], the product.
    #[inline(always)]
    pub const fn multiply_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) {
            return None;
        }
        match ((self.0 - TAG_SMALL) as i64).checked_mul(other.small_value()) {
            Some(word) => Some(Term(word as u64 | TAG_SMALL)),
            None => None,
        }
    }

    /// As [`Term::add_small`], the quotient, rounded towards 0.
    #[inline(always)]
    pub const fn divide_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) || other.small_value() == 0 {
            return None;
        }
        Term::try_small(self.small_value().wrapping_div(other.small_value()))
    }

    /// As [`Term::add_small`], the remainder.
    #[inline(always)]
    pub const fn remainder_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) || other.small_value() == 0 {
            return None;
        }
        Some(Term::small(
            self.small_value().wrapping_rem(other.small_value()),
        ))
    }

    /// As [`Term::add_small`], bitwise and.
    #[inline(always)]
    pub const fn and_small(self, other: Term) -> Option<Term> {
        if self.both_small(other) {
            Some(Term(self.0 & other.0))
        } else {
            None
        }
    }

    /// As [`Term::add_small`], bitwise or.
    #[inline(always)]
    pub const fn or_small(self, other: Term) -> Option<Term> {
        if self.both_small(other) {
            Some(Term(self.0 | other.0))
        } else {
            None
        }
    }

    /// As [`Term::add_small`], bitwise exclusive or.
    #[inline(always)]
    pub const fn xor_small(self, other: Term) -> Option<Term> {
        if self.both_small(other) {
            Some(Term((self.0 ^ other.0) | TAG_SMALL))
        } else {
            None
        }
    }

    /// As [`Term::add_small`], shifted to the left by less than 64 bits.
    #[inline(always)]
    pub const fn shift_left_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) || other.small_value() as u64 > 63 {
            return None;
        }
        let (word, bits) = ((self.0 - TAG_SMALL) as i64, other.small_value());
        let shifted = word << bits;
        if shifted >> bits == word {
            Some(Term(shifted as u64 | TAG_SMALL))
        } else {
            None
        }
    }

    /// As [`Term::add_small`], shifted to the right by less than 64 bits.
    #[inline(always)]
    pub const fn shift_right_small(self, other: Term) -> Option<Term> {
        if !self.both_small(other) || other.small_value() as u64 > 63 {
            return None;
        }
        Some(Term::small(self.small_value() >> other.small_value()))
    }

    /// The value if the term is a small integer that fits `usize`.
    #[inline]
    pub fn as_usize(self) -> Option<usize> {
        self.as_small()
            .and_then(|value| usize::try_from(value).ok())
    }

    /// The index if the term is an atom.
    #[inline(always)]
    pub const fn as_atom(self) -> Option<u32> {
        if self.is_atom() {
            Some((self.0 >> 6) as u32)
        } else {
            None
        }
    }

    /// The value if the term is `true` or `false`.
    #[inline(always)]
    pub fn as_boolean(self) -> Option<bool> {
        match self {
            crate::known::TRUE => Some(true),
            crate::known::FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether the term is a local pid.
    #[inline(always)]
    pub const fn is_local_pid(self) -> bool {
        self.0 & IMMEDIATE1_MASK == TAG_PID
    }

    /// Whether the term is a local port.
    #[inline(always)]
    pub const fn is_local_port(self) -> bool {
        self.0 & IMMEDIATE1_MASK == TAG_PORT
    }

    /// The number of a local pid or port.
    #[inline(always)]
    pub const fn identifier_number(self) -> u64 {
        debug_assert!(self.is_local_pid() || self.is_local_port());
        self.0 >> 4
    }

    /// The address that a cons or boxed pointer holds.
    #[inline(always)]
    pub const fn address(self) -> *mut Term {
        debug_assert!(self.is_pointer());
        (self.0 & !PRIMARY_MASK) as *mut Term
    }

    /// Head and tail, if the term is a cons cell.
    #[inline(always)]
    pub fn as_cons(self) -> Option<(Term, Term)> {
        if self.is_cons() {
            // SAFETY: a cons-tagged term points to two initialised words (constructor's contract).
            unsafe { Some((*self.address(), *self.address().add(1))) }
        } else {
            None
        }
    }

    /// The header of the boxed object, if the term is one.
    #[inline(always)]
    pub fn boxed_header(self) -> Option<Header> {
        if self.is_boxed() {
            // SAFETY: a boxed-tagged term points to a header (constructor's contract).
            Some(unsafe { (*self.address()).as_header() })
        } else {
            None
        }
    }

    /// The subtag of the boxed object, if the term is one.
    #[inline(always)]
    pub fn subtag(self) -> Option<Subtag> {
        self.boxed_header().map(Header::subtag)
    }

    /// The words after the header of the boxed object; empty when the term is none. Some may be raw data.
    #[inline(always)]
    pub fn boxed_words(&self) -> &[Term] {
        match self.boxed_header() {
            // SAFETY: the object has as many words as its header announces (constructor's contract). The
            // borrow is as long as this copy of the term, which the rooting rule keeps valid.
            Some(header) => unsafe {
                core::slice::from_raw_parts(self.address().add(1), header.arity())
            },
            None => &[],
        }
    }

    /// What the term is.
    #[inline]
    pub fn kind(self) -> Kind {
        match self.0 & PRIMARY_MASK {
            PRIMARY_CONS => Kind::Cons,
            PRIMARY_BOXED => match self.subtag() {
                Some(Subtag::Tuple) | None => Kind::Tuple,
                Some(Subtag::BigPositive | Subtag::BigNegative) => Kind::Big,
                Some(Subtag::Float) => Kind::Float,
                Some(Subtag::RefcBinary | Subtag::HeapBinary | Subtag::SubBinary) => Kind::Binary,
                Some(Subtag::MatchContext) => Kind::MatchContext,
                Some(Subtag::FlatMap | Subtag::HashMap) => Kind::Map,
                Some(Subtag::Record) => Kind::Record,
                Some(Subtag::Fun) => Kind::Fun,
                Some(Subtag::Export) => Kind::Export,
                Some(Subtag::Reference) => Kind::Reference,
                Some(Subtag::ExternalPid) => Kind::ExternalPid,
                Some(Subtag::ExternalPort) => Kind::ExternalPort,
                Some(Subtag::ExternalReference) => Kind::ExternalReference,
            },
            _ => match self.0 & IMMEDIATE1_MASK {
                TAG_SMALL => Kind::Small((self.0 as i64) >> 4),
                TAG_PID => Kind::Pid,
                TAG_PORT => Kind::Port,
                _ if self.is_atom() => Kind::Atom((self.0 >> 6) as u32),
                _ => Kind::Nil,
            },
        }
    }

    /// Whether the term is an integer of any size.
    #[inline]
    pub fn is_integer(self) -> bool {
        self.is_small()
            || matches!(
                self.subtag(),
                Some(Subtag::BigPositive | Subtag::BigNegative)
            )
    }

    /// Whether the term is a float.
    #[inline]
    pub fn is_float(self) -> bool {
        self.subtag() == Some(Subtag::Float)
    }

    /// Whether the term is a number.
    #[inline]
    pub fn is_number(self) -> bool {
        self.is_integer() || self.is_float()
    }

    /// Whether the term is a tuple.
    #[inline]
    pub fn is_tuple(self) -> bool {
        self.subtag() == Some(Subtag::Tuple)
    }

    /// Whether the term is a map.
    #[inline]
    pub fn is_map(self) -> bool {
        matches!(self.subtag(), Some(Subtag::FlatMap | Subtag::HashMap))
    }

    /// Whether the term is a bitstring (a binary has a whole number of bytes).
    #[inline]
    pub fn is_bitstring(self) -> bool {
        matches!(
            self.subtag(),
            Some(Subtag::RefcBinary | Subtag::HeapBinary | Subtag::SubBinary)
        )
    }

    /// Whether the term is a fun, local or external.
    #[inline]
    pub fn is_function(self) -> bool {
        matches!(self.subtag(), Some(Subtag::Fun | Subtag::Export))
    }

    /// Whether the term is a pid, local or external.
    #[inline]
    pub fn is_pid(self) -> bool {
        self.is_local_pid() || self.subtag() == Some(Subtag::ExternalPid)
    }

    /// Whether the term is a port, local or external.
    #[inline]
    pub fn is_port(self) -> bool {
        self.is_local_port() || self.subtag() == Some(Subtag::ExternalPort)
    }

    /// Whether the term is a reference, local or external.
    #[inline]
    pub fn is_reference(self) -> bool {
        matches!(
            self.subtag(),
            Some(Subtag::Reference | Subtag::ExternalReference)
        )
    }

    /// The elements, if the term is a tuple.
    #[inline(always)]
    pub fn as_tuple(&self) -> Option<&[Term]> {
        if self.is_tuple() {
            Some(self.boxed_words())
        } else {
            None
        }
    }

    /// The elements, if the term is a tuple of `N` elements.
    #[inline]
    pub fn as_tuple_of<const N: usize>(&self) -> Option<&[Term; N]> {
        self.as_tuple()
            .and_then(|elements| elements.try_into().ok())
    }

    /// The value, if the term is a float.
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        if self.is_float() {
            Some(f64::from_bits(self.boxed_words()[0].0))
        } else {
            None
        }
    }

    /// Iterates over the elements of a list; see [`ListIterator::tail`] for how it ended.
    #[inline]
    pub fn list(self) -> ListIterator {
        ListIterator { rest: self }
    }

    /// The length, if the term is a proper list.
    pub fn list_length(self) -> Option<usize> {
        let mut list = self.list();
        let length = list.by_ref().count();
        list.tail().is_nil().then_some(length)
    }
}

/// Iterates over a list's elements and remembers what is left.
#[derive(Clone, Copy)]
pub struct ListIterator {
    rest: Term,
}

impl ListIterator {
    /// What has not been visited: `[]` at the end of a proper list, another non-cons at an improper one's.
    #[inline]
    pub fn tail(&self) -> Term {
        self.rest
    }

    /// Whether the list ended properly; call it after the last element.
    #[inline]
    pub fn ended_proper(&self) -> bool {
        self.rest.is_nil()
    }
}

impl Iterator for ListIterator {
    type Item = Term;

    #[inline(always)]
    fn next(&mut self) -> Option<Term> {
        let (head, tail) = self.rest.as_cons()?;
        self.rest = tail;
        Some(head)
    }
}

impl fmt::Debug for Term {
    /// Shows the word and, for immediates, the value. Printing whole terms needs the atom table:
    /// see the display module.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_header() {
            return write!(f, "Header({:#x})", self.0);
        }
        match self.kind() {
            Kind::Small(value) => write!(f, "{value}"),
            Kind::Atom(index) => write!(f, "Atom({index})"),
            Kind::Nil => f.write_str("[]"),
            kind => write!(f, "{kind:?}({:#x})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_keep_sign_and_range() {
        for value in [0, 1, -1, 42, Term::MIN_SMALL, Term::MAX_SMALL] {
            let term = Term::small(value);
            assert!(term.is_small() && term.is_immediate() && !term.is_atom());
            assert_eq!(term.small_value(), value);
        }
        assert_eq!(Term::try_small(Term::MAX_SMALL + 1), None);
        assert_eq!(Term::try_small(Term::MIN_SMALL - 1), None);
    }

    #[test]
    fn immediates_are_told_apart() {
        let terms = [
            Term::NIL,
            Term::small(11),
            Term::atom(11),
            Term::pid(11),
            Term::port(11),
        ];
        for (i, a) in terms.iter().enumerate() {
            for (j, b) in terms.iter().enumerate() {
                assert_eq!(i == j, a == b);
            }
            assert!(!a.is_pointer() && !a.is_header());
        }
        assert_eq!(Term::pid(77).identifier_number(), 77);
        assert_eq!(Term::atom(9).as_atom(), Some(9));
    }
}
