//! Integers as bytes and bits: what the bit syntax and the external format need.

use alloc::vec;
use alloc::vec::Vec;

use super::{Integer, Result, from_complement, make};
use crate::binary::{self, Bits};
use crate::heap::Heap;
use crate::term::Term;

/// In which order the bytes of a number stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endianness {
    /// The most significant byte first.
    Big,
    /// The least significant byte first; a part of a byte comes last and is the most significant.
    Little,
}

/// The integer that these bits are: in two's complement if `signed`.
pub fn from_bits<H: Heap + ?Sized>(
    heap: &mut H,
    bits: Bits<'_>,
    endianness: Endianness,
    signed: bool,
) -> Result {
    let size = bits.bit_size;
    let count = size.div_ceil(8);
    let unused = count * 8 - size;
    // The `index`th byte from the least significant one; the top one holds what is left over.
    let byte = |index: usize| {
        let width = (size - index * 8).min(8);
        match endianness {
            Endianness::Little => bits.byte(index) >> (8 - width),
            Endianness::Big => {
                let first = size - index * 8 - width;
                bits.slice(first, width).byte(0) >> (8 - width)
            }
        }
    };
    if size <= 56 {
        let value = match endianness {
            Endianness::Little => (0..count).fold(0, |value, index| {
                value | i64::from(byte(index)) << (index * 8)
            }),
            Endianness::Big => {
                let all =
                    (0..count).fold(0, |value, index| value << 8 | i64::from(bits.byte(index)));
                all >> unused
            }
        };
        let sign_extension = if signed { 64 - size.max(1) } else { 0 };
        return Ok(Term::small(value << sign_extension >> sign_extension));
    }
    let negative = signed && byte(count - 1) >> (7 - unused) == 1;
    // One bit more than needed, so that the last limb shows the sign.
    let mut limbs = vec![0u64; size / 64 + 1];
    for index in 0..count {
        limbs[index / 8] |= u64::from(byte(index)) << (index % 8 * 8);
    }
    if negative {
        limbs[size / 64] |= !0 << (size % 64);
    }
    from_complement(heap, limbs)
}

/// Writes an integer modulo 2^`size` to bits `first..first + size` of `target`, in two's complement. False,
/// and nothing written, when the term is no integer.
pub fn write_bits(
    term: Term,
    target: &mut [u8],
    first: usize,
    size: usize,
    endianness: Endianness,
) -> bool {
    if first.is_multiple_of(8) && size.is_multiple_of(8) {
        return to_bytes(term, &mut target[first / 8..(first + size) / 8], endianness);
    }
    let mut bytes = vec![0; size.div_ceil(8)];
    if !to_bytes(term, &mut bytes, endianness) {
        return false;
    }
    let unused = bytes.len() * 8 - size;
    let bits = match endianness {
        Endianness::Big => Bits::new(&bytes, unused, size),
        Endianness::Little => {
            // The bits that are left over stand at the low end of the last byte.
            if let Some(last) = bytes.last_mut() {
                *last <<= unused;
            }
            Bits::new(&bytes, 0, size)
        }
    };
    binary::copy_bits(bits, target, first);
    true
}

/// Fills `target` with an integer modulo 2^(8 · length), in two's complement. False, and nothing written, when
/// the term is no integer.
pub fn to_bytes(term: Term, target: &mut [u8], endianness: Endianness) -> bool {
    let Some(integer) = Integer::new(term) else {
        return false;
    };
    let mut borrow = integer.negative();
    for (index, chunk) in target.chunks_mut(8).enumerate() {
        let bytes = integer.complement(index, &mut borrow).to_le_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
    if endianness == Endianness::Big {
        target.reverse();
    }
    true
}

/// The integer with this sign and magnitude, whose bytes may start with zeros.
pub fn from_magnitude_bytes<H: Heap + ?Sized>(
    heap: &mut H,
    negative: bool,
    magnitude: &[u8],
    endianness: Endianness,
) -> Result {
    let limb = |chunk: &mut dyn Iterator<Item = &u8>| {
        chunk
            .zip((0..64).step_by(8))
            .fold(0, |limb, (byte, shift)| limb | u64::from(*byte) << shift)
    };
    let limbs: Vec<u64> = match endianness {
        Endianness::Little => magnitude
            .chunks(8)
            .map(|chunk| limb(&mut chunk.iter()))
            .collect(),
        Endianness::Big => magnitude
            .rchunks(8)
            .map(|chunk| limb(&mut chunk.iter().rev()))
            .collect(),
    };
    make(heap, negative, &limbs)
}

/// Whether an integer is negative, and its magnitude, least significant byte first, without leading zeros.
/// `None` when the term is no integer.
pub fn magnitude_bytes(term: Term) -> Option<(bool, Vec<u8>)> {
    let integer = Integer::new(term)?;
    let mut bytes: Vec<u8> = integer
        .limbs()
        .iter()
        .flat_map(|limb| limb.to_le_bytes())
        .collect();
    let length = bytes.iter().rposition(|byte| *byte != 0);
    bytes.truncate(length.map_or(0, |last| last + 1));
    Some((integer.negative(), bytes))
}
