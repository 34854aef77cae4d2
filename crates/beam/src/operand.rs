//! Operands of generic operations.

use alloc::vec::Vec;

/// An index into [`Module::atoms`](crate::Module::atoms), from 0 (files count from 1 and use 0 for `[]`).
pub type AtomIndex = u32;

/// The number of a label: from 1 up to, not including, [`Code::label_count`](crate::Code::label_count). 0 means
/// "no label" where an operation may have none.
pub type LabelNumber = u32;

/// An index into [`LineTable::items`](crate::LineTable::items). 0 is the unknown position.
pub type LineIndex = u32;

/// An index into the type table of the `Type` chunk, which comes with a register that the compiler knows more about.
///
/// It isn't checked against that table, whose format differs between releases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeIndex(pub u32);

impl TypeIndex {
    /// Nothing is known: the first entry of each type table is "any term".
    pub const ANY: TypeIndex = TypeIndex(0);
}

/// One operand of an instruction; 16 bytes, no heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A count, an index, flags or the like (tag `u`).
    Unsigned(u64),
    /// A tag `u` number that needs more than 64 bits. Only a `bs_match` command may have one, as a number of bits that
    /// no binary has.
    Overflow,
    /// An integer term (tag `i`) that fits 64 bits. It may be too big for a small integer of the machine.
    Integer(i64),
    /// Any other integer term: an index into [`Code::big_integers`](crate::Code::big_integers).
    BigInteger(u32),
    /// The empty list (tag `a`, atom 0 of the file).
    Nil,
    /// An atom (tag `a`).
    Atom(AtomIndex),
    /// X register and what is known about its type (tag `x`).
    X(u16, TypeIndex),
    /// Y register, a stack slot counted from the top of the frame, and what is known about its type (tag `y`).
    Y(u16, TypeIndex),
    /// A label, or 0 for none (tag `f`).
    Label(LabelNumber),
    /// A floating-point register (extended tag 2).
    FloatRegister(u16),
    /// What `test_heap` and its like shall make room for (extended tag 3).
    AllocationList(AllocationList),
    /// A literal: an index into [`Module::literals`](crate::Module::literals) (extended tag 4).
    Literal(u32),
    /// A list of that many operands (extended tag 1), found in [`Instruction::list`](crate::Instruction::list).
    /// It is always the last operand.
    List(u32),
}

/// A need for heap space, by what it will hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocationList {
    /// Plain words.
    pub words: u32,
    /// Boxed floats.
    pub floats: u32,
    /// Funs, without their environment, which is counted in `words`.
    pub funs: u32,
}

impl AllocationList {
    /// All that as words.
    pub fn heap_words(&self) -> u64 {
        const FLOAT: u64 = 2;
        const FUN: u64 = 3;
        u64::from(self.words) + FLOAT * u64::from(self.floats) + FUN * u64::from(self.funs)
    }
}

/// An integer beyond 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigInteger {
    /// Whether it is below zero.
    pub negative: bool,
    /// Its absolute value, least significant byte first, without leading zeros.
    pub magnitude: Vec<u8>,
}
