//! The external term format, version 131: `erlang:term_to_binary/2` and `erlang:binary_to_term/2`.
//!
//! The format is that of the ERTS User's Guide, "External Term Format". What [`encode()`] writes is byte for byte
//! what OTP 25 writes for terms without identifiers (which carry the node's name) and without atoms as keys of
//! large maps (whose order depends on when the atoms were made); compressed data depends on the compressor.
//! [`decode()`] takes bytes from anybody: it checks every length against what is left before it believes it.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

use crate::atom::known;
use crate::boxed::{FunEntry, Mfa};
use crate::resource::Resource;
use crate::term::Term;

pub use decode::{DecodeError, DecodeOptions, Decoded, decode};
pub use encode::{EncodeError, EncodeOptions, encode};

/// The first byte of every encoded term.
pub const VERSION: u8 = 131;

/// What stands for each kind of term.
#[allow(
    missing_docs,
    reason = "they are the guide's names without the suffix _EXT"
)]
pub mod tag {
    pub const RECORD: u8 = 67;
    pub const NEW_FLOAT: u8 = 70;
    pub const BIT_BINARY: u8 = 77;
    pub const COMPRESSED: u8 = 80;
    pub const NEW_PID: u8 = 88;
    pub const NEW_PORT: u8 = 89;
    pub const NEWER_REFERENCE: u8 = 90;
    pub const SMALL_INTEGER: u8 = 97;
    pub const INTEGER: u8 = 98;
    pub const FLOAT: u8 = 99;
    pub const ATOM: u8 = 100;
    pub const REFERENCE: u8 = 101;
    pub const PORT: u8 = 102;
    pub const PID: u8 = 103;
    pub const SMALL_TUPLE: u8 = 104;
    pub const LARGE_TUPLE: u8 = 105;
    pub const NIL: u8 = 106;
    pub const STRING: u8 = 107;
    pub const LIST: u8 = 108;
    pub const BINARY: u8 = 109;
    pub const SMALL_BIG: u8 = 110;
    pub const LARGE_BIG: u8 = 111;
    pub const NEW_FUN: u8 = 112;
    pub const EXPORT: u8 = 113;
    pub const NEW_REFERENCE: u8 = 114;
    pub const SMALL_ATOM: u8 = 115;
    pub const MAP: u8 = 116;
    pub const ATOM_UTF8: u8 = 118;
    pub const SMALL_ATOM_UTF8: u8 = 119;
    pub const V4_PORT: u8 = 120;
}

/// How a float's text is padded in the format of old ([`tag::FLOAT`]).
const FLOAT_TEXT_BYTES: usize = 31;
/// The most 32-bit numbers in a reference.
const MAX_REFERENCE_NUMBERS: usize = 5;
/// How many bits of a local pid's number are its number as others see it; the rest is its serial.
const PID_NUMBER_BITS: u32 = 15;
/// The bits of a local pid's number that are its serial.
const PID_SERIAL_BITS: u32 = 13;
/// How many bits of a local reference's number are its first 32-bit number.
const REFERENCE_FIRST_BITS: u32 = 18;

/// Under which name a machine's own pids, ports and references go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeIdentity {
    /// The node's name, an atom.
    pub node: Term,
    /// Which incarnation of the node it is; 0 while it is not distributed.
    pub creation: u32,
}

impl NodeIdentity {
    /// A machine that is not distributed.
    pub const NONODE: NodeIdentity = NodeIdentity {
        node: known::NONODE_AT_NOHOST,
        creation: 0,
    };
}

/// What identifies a closure's code in the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunKey {
    /// The module, an atom.
    pub module: Term,
    /// The number of arguments.
    pub arity: u8,
    /// The MD5 of the module.
    pub uniq: [u8; 16],
    /// Its index in the module.
    pub index: u32,
    /// The index in the format of old.
    pub old_index: i64,
    /// The hash in the format of old.
    pub old_uniq: i64,
    /// The number of free variables.
    pub free_count: u32,
}

/// Finds (or makes) what decoded funs and references of this node refer to.
pub trait Resolver {
    /// The entry of a closure. OTP makes one for a module that is not loaded. `None` refuses the term.
    fn fun(&mut self, key: &FunKey) -> Option<&'static FunEntry>;

    /// The entry of `fun module:function/arity`. With `existing`, only one that is exported by loaded code.
    /// `None` refuses the term.
    fn export(
        &mut self,
        module: Term,
        function: Term,
        arity: u32,
        existing: bool,
    ) -> Option<&'static Mfa>;

    /// The definition of a native record that loaded code has, if it equals `definition`: then records share it.
    fn record_definition(&mut self, definition: Term) -> Option<Term> {
        let _ = definition;
        None
    }

    /// The word of the pid of the process to which a reference of this node is an alias; 0 if it is none.
    fn alias_owner(&mut self, number: u64) -> u64 {
        let _ = number;
        0
    }

    /// The resource that the reference of this node with this number holds, if it lives.
    fn resource(&mut self, number: u64) -> Option<Resource> {
        let _ = number;
        None
    }
}

/// Refuses all funs and knows no alias.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoResolver;

impl Resolver for NoResolver {
    fn fun(&mut self, _: &FunKey) -> Option<&'static FunEntry> {
        None
    }

    fn export(&mut self, _: Term, _: Term, _: u32, _: bool) -> Option<&'static Mfa> {
        None
    }
}

/// The number and the serial of a local pid, as other nodes and programs see them.
pub const fn pid_parts(number: u64) -> (u32, u32) {
    (
        number as u32 & ((1 << PID_NUMBER_BITS) - 1),
        (number >> PID_NUMBER_BITS) as u32,
    )
}

/// The number and the serial of another node's pid, which keeps 32 bits of each.
pub const fn external_pid_parts(number: u64) -> (u32, u32) {
    (number as u32, (number >> 32) as u32)
}

/// The number of another node's pid that has these parts.
pub const fn external_pid_number(number: u32, serial: u32) -> u64 {
    (serial as u64) << 32 | number as u64
}

/// The local pid's number that has these parts.
pub const fn pid_from_parts(number: u32, serial: u32) -> u64 {
    (serial as u64) << PID_NUMBER_BITS | number as u64
}

/// The three numbers of a local reference, as other nodes and programs see them.
pub const fn reference_numbers(number: u64) -> [u32; 3] {
    let rest = number >> REFERENCE_FIRST_BITS;
    [
        number as u32 & ((1 << REFERENCE_FIRST_BITS) - 1),
        rest as u32,
        (rest >> 32) as u32,
    ]
}

/// The local reference's number that has these parts, if there is one.
pub const fn reference_from_numbers(numbers: [u32; 3]) -> Option<u64> {
    let [first, second, third] = numbers;
    let rest = (third as u64) << 32 | second as u64;
    if first >> REFERENCE_FIRST_BITS != 0 || rest >> (64 - REFERENCE_FIRST_BITS) != 0 {
        return None;
    }
    Some(rest << REFERENCE_FIRST_BITS | first as u64)
}

/// The 32-bit numbers in the words of another node's reference.
pub(crate) fn external_reference_numbers(words: &[Term]) -> impl DoubleEndedIterator<Item = u32> {
    let count = words[2].raw() as usize;
    (0..count).map(|index| (words[3 + index / 2].raw() >> (index % 2 * 32)) as u32)
}
