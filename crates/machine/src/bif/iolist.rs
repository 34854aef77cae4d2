//! I/O lists: flattening, their sizes, and lists of bytes or bits from and to binaries.

use alloc::vec::Vec;

use brood_term::binary::{self, Bits, copy_bits};
use brood_term::{Heap, Term};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "list_to_binary", 1, list_to_binary),
    entry("binary", "list_to_bin", 1, list_to_binary),
    entry("erlang", "iolist_to_binary", 1, iolist_to_binary),
    entry("erlang", "iolist_size", 1, iolist_size),
    entry("erlang", "iolist_to_iovec", 1, iolist_to_iovec),
    entry("erlang", "list_to_bitstring", 1, list_to_bitstring),
    entry("erlang", "binary_to_list", 1, binary_to_list),
    entry("erlang", "binary_to_list", 3, binary_to_list_part),
    entry("erlang", "bitstring_to_list", 1, bitstring_to_list),
];

/// How many bytes a reduction pays for.
pub(super) const BYTES_PER_REDUCTION: usize = 256;
/// How many list cells a reduction pays for.
pub(super) const CELLS_PER_REDUCTION: usize = 16;

/// Up to this size in bytes a binary is copied into an I/O vector: OTP's limit.
const GATHERED_BINARY_LIMIT: usize = 256;

/// What an I/O list is made of.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// An element that is a byte.
    Byte(u8),
    /// A bitstring.
    Bits(Term, Bits<'a>),
}

/// Visits the pieces of an I/O list, or of a single bitstring, in order. Gives false, having visited what comes
/// before, as soon as `visit` does or something is found that is neither byte, bitstring nor list.
pub fn for_each_piece(data: Term, mut visit: impl FnMut(Piece<'_>) -> bool) -> bool {
    let mut pending: Vec<Term> = Vec::new();
    let mut current = data;
    loop {
        if let Some((head, tail)) = current.as_cons() {
            if let Some(value) = head.as_small() {
                match u8::try_from(value) {
                    Ok(byte) if visit(Piece::Byte(byte)) => current = tail,
                    _ => return false,
                }
            } else if head.is_list() {
                if !tail.is_nil() {
                    pending.push(tail);
                }
                current = head;
            } else {
                match head.as_bits() {
                    Some(bits) if visit(Piece::Bits(head, bits)) => current = tail,
                    _ => return false,
                }
            }
            continue;
        }
        if !current.is_nil() {
            match current.as_bits() {
                Some(bits) if visit(Piece::Bits(current, bits)) => {}
                _ => return false,
            }
        }
        match pending.pop() {
            Some(next) => current = next,
            None => return true,
        }
    }
}

/// The bytes of I/O data: a list as [`for_each_piece`] takes it, or a binary. `None` when it is neither.
pub fn to_bytes(data: Term) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let complete = for_each_piece(data, |piece| match piece {
        Piece::Byte(byte) => {
            bytes.push(byte);
            true
        }
        Piece::Bits(_, bits) => match bits.to_whole_bytes() {
            Some(part) => {
                bytes.extend_from_slice(&part);
                true
            }
            None => false,
        },
    });
    complete.then_some(bytes)
}

fn list_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_list() {
        return Err(badarg());
    }
    let bytes = to_bytes(arguments[0]).ok_or_else(badarg)?;
    context.charge(bytes.len() / BYTES_PER_REDUCTION);
    Ok(context.heap().binary(&bytes))
}

fn iolist_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_binary() {
        return Ok(arguments[0]);
    }
    list_to_binary(context, arguments)
}

fn iolist_size(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (mut size, mut pieces) = (0, 0);
    let complete = for_each_piece(arguments[0], |piece| {
        pieces += 1;
        match piece {
            Piece::Byte(_) => size += 1,
            Piece::Bits(_, bits) if bits.bit_size.is_multiple_of(8) => size += bits.bit_size / 8,
            Piece::Bits(..) => return false,
        }
        true
    });
    context.charge(pieces / CELLS_PER_REDUCTION);
    if !complete {
        return Err(badarg());
    }
    Ok(context.heap().unsigned(size as u64))
}

/// Large binaries stay what they are; what stands between them is gathered into one binary.
fn iolist_to_iovec(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    fn flush(heap: &mut impl Heap, gathered: &mut Vec<u8>, vector: &mut Vec<Term>) {
        if !gathered.is_empty() {
            vector.push(heap.binary(gathered));
            gathered.clear();
        }
    }
    let heap = context.heap();
    let (mut gathered, mut vector) = (Vec::new(), Vec::new());
    let mut size = 0;
    let complete = for_each_piece(arguments[0], |piece| match piece {
        Piece::Byte(byte) => {
            gathered.push(byte);
            true
        }
        Piece::Bits(term, bits) => {
            let Some(bytes) = bits.to_whole_bytes() else {
                return false;
            };
            if bytes.len() > GATHERED_BINARY_LIMIT {
                flush(heap, &mut gathered, &mut vector);
                vector.push(term);
            } else {
                gathered.extend_from_slice(&bytes);
                size += bytes.len();
            }
            true
        }
    });
    if !complete {
        return Err(badarg());
    }
    flush(heap, &mut gathered, &mut vector);
    let list = heap.list(&vector);
    context.charge(size / BYTES_PER_REDUCTION);
    Ok(list)
}

fn list_to_bitstring(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_list() {
        return Err(badarg());
    }
    let (mut bytes, mut size) = (Vec::new(), 0);
    let mut append = |bits: Bits<'_>| {
        bytes.resize((size + bits.bit_size).div_ceil(8), 0);
        copy_bits(bits, &mut bytes, size);
        size += bits.bit_size;
        true
    };
    let complete = for_each_piece(arguments[0], |piece| match piece {
        Piece::Byte(byte) => append(Bits::new(&[byte], 0, 8)),
        Piece::Bits(_, bits) => append(bits),
    });
    if !complete {
        return Err(badarg());
    }
    context.charge(bytes.len() / BYTES_PER_REDUCTION);
    Ok(binary::make_bits(context.heap(), &bytes, size))
}

fn binary_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    context.charge(bytes.len() / CELLS_PER_REDUCTION);
    Ok(context.heap().byte_list(&bytes, Term::NIL))
}

/// `binary_to_list(Bitstring, Start, Stop)`: positions of whole bytes count from 1, both inclusive.
fn binary_to_list_part(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bits = arguments[0].as_bits().ok_or_else(badarg)?;
    let bytes = bits.slice(0, bits.bit_size / 8 * 8).to_bytes();
    let start = arguments[1].as_usize().ok_or_else(badarg)?;
    let stop = arguments[2].as_usize().ok_or_else(badarg)?;
    if start < 1 || start > stop || stop > bytes.len() {
        return Err(badarg());
    }
    context.charge((stop - start) / CELLS_PER_REDUCTION);
    Ok(context.heap().byte_list(&bytes[start - 1..stop], Term::NIL))
}

/// The whole bytes, then what is left over as a bitstring.
fn bitstring_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bits = arguments[0].as_bits().ok_or_else(badarg)?;
    let whole = bits.bit_size / 8;
    let bytes = bits.to_bytes();
    context.charge(whole / CELLS_PER_REDUCTION);
    let heap = context.heap();
    let tail = match bits.bit_size % 8 {
        0 => Term::NIL,
        rest => {
            let last = binary::make_sub(heap, arguments[0], whole * 8, rest);
            heap.cons(last, Term::NIL)
        }
    };
    Ok(heap.byte_list(&bytes[..whole], tail))
}
