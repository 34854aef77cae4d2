//! The bit syntax: what the interpreter's matching and construction instructions do.

mod build;
mod matching;
#[cfg(test)]
mod tests;
mod utf;

pub use build::{Builder, init_writable};
pub use matching::{
    Context, get_binary, get_float, get_integer, get_tail, get_utf8, get_utf16, get_utf32,
    match_bytes, match_number, skip,
};
pub use utf::{utf8_size, utf16_size};

use brood_term::integer::Endianness;

/// How a segment is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flags {
    /// Byte order.
    pub endianness: Endianness,
    /// Whether an integer is in two's complement.
    pub signed: bool,
}

impl Flags {
    /// Big-endian, unsigned.
    pub const DEFAULT: Flags = Flags {
        endianness: Endianness::Big,
        signed: false,
    };

    /// Decodes the flags operand of an instruction: 2 little, 4 signed, 16 native (little here); 1 (aligned)
    /// and 8 (exact) mean nothing any more.
    pub const fn from_operand(operand: u64) -> Flags {
        let little = operand & (2 | 16) != 0;
        Flags {
            endianness: if little {
                Endianness::Little
            } else {
                Endianness::Big
            },
            signed: operand & 4 != 0,
        }
    }
}
