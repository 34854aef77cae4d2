//! Binaries: their parts, bytes and numbers. Searching in them is in [`super::search`].

use alloc::borrow::Cow;
use alloc::vec::Vec;

use brood_term::integer::{self, Endianness};
use brood_term::{Heap, Term, binary, known};

use super::arithmetic::arithmetic_error;
use super::loop_limit::Loop;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "split_binary", 2, split_binary),
    entry("erlang", "binary_part", 2, part_of_tuple),
    entry("erlang", "binary_part", 3, part),
    entry("binary", "part", 2, part_of_tuple),
    entry("binary", "part", 3, part),
    entry("binary", "at", 2, at),
    entry("binary", "first", 1, first),
    entry("binary", "last", 1, last),
    entry("binary", "copy", 1, copy),
    entry("binary", "copy", 2, copy),
    entry("binary", "referenced_byte_size", 1, referenced_byte_size),
    entry("binary", "longest_common_prefix", 1, longest_common_prefix),
    entry("binary", "longest_common_suffix", 1, longest_common_suffix),
    entry("binary", "encode_unsigned", 1, encode_unsigned),
    entry("binary", "encode_unsigned", 2, encode_unsigned),
    entry("binary", "decode_unsigned", 1, decode_unsigned),
    entry("binary", "decode_unsigned", 2, decode_unsigned),
];

/// The first byte and the length of a part that is given as position and length, the latter maybe negative: then it
/// ends at the position. `None` when it is not wholly inside `size` bytes.
pub(super) fn range(position: Term, length: Term, size: usize) -> Option<(usize, usize)> {
    let position = position.as_usize()?;
    let length = length.as_small()?;
    let other = position.checked_add_signed(isize::try_from(length).ok()?)?;
    let (first, end) = (position.min(other), position.max(other));
    (end <= size).then_some((first, end - first))
}

/// Splits off the first bytes; the rest keeps bits that are no whole byte.
fn split_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (whole, at) = (arguments[0], arguments[1].as_usize().ok_or_else(badarg)?);
    let bits = whole.bit_size().ok_or_else(badarg)?;
    if at > bits / 8 {
        return Err(badarg());
    }
    let heap = context.heap();
    let front = binary::make_sub(heap, whole, 0, at * 8);
    let back = binary::make_sub(heap, whole, at * 8, bits - at * 8);
    Ok(heap.tuple(&[front, back]))
}

fn part(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = arguments[0].bit_size().ok_or_else(badarg)? / 8;
    let (first, length) = range(arguments[1], arguments[2], size).ok_or_else(badarg)?;
    Ok(binary::make_sub(
        context.heap(),
        arguments[0],
        first * 8,
        length * 8,
    ))
}

fn part_of_tuple(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let &[position, length] = arguments[1].as_tuple_of().ok_or_else(badarg)?;
    part(context, &[arguments[0], position, length])
}

/// The bytes of what must be a binary.
fn bytes(term: &Term) -> Result<Cow<'_, [u8]>, Control> {
    term.as_binary().ok_or_else(badarg)
}

/// The size in bytes of what must be a binary.
fn whole_size(term: Term) -> Result<usize, Control> {
    match term.bit_size() {
        Some(bits) if bits.is_multiple_of(8) => Ok(bits / 8),
        _ => Err(badarg()),
    }
}

/// The byte at an index of what must be a binary.
fn byte_at(term: Term, index: Option<usize>) -> BifResult {
    let size = whole_size(term)?;
    let index = index.filter(|index| *index < size).ok_or_else(badarg)?;
    let bits = term.as_bits().ok_or_else(badarg)?;
    Ok(Term::small(i64::from(bits.byte(index))))
}

fn at(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    byte_at(arguments[0], arguments[1].as_usize())
}

fn first(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    byte_at(arguments[0], Some(0))
}

fn last(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    byte_at(arguments[0], whole_size(arguments[0])?.checked_sub(1))
}

/// `copy(Binary)` and `copy(Binary, Count)`: bytes of its own.
fn copy(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = bytes(&arguments[0])?;
    let count = match arguments.get(1) {
        Some(count) => count.as_usize().ok_or_else(badarg)?,
        None => 1,
    };
    let size = bytes
        .len()
        .checked_mul(count)
        .filter(|size| *size <= isize::MAX as usize);
    let size = size.ok_or_else(system_limit)?;
    context.charge_steps(Loop::Binary, size);
    if size == 0 || count == 1 {
        return Ok(context.heap().binary(&bytes[..size]));
    }
    let copies = bytes.repeat(count);
    Ok(context.heap().binary(&copies))
}

/// The size of the bytes that a binary keeps alive.
fn referenced_byte_size(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_bitstring() {
        return Err(badarg());
    }
    let (whole, _) = binary::whole_of(arguments[0]);
    let size = whole.whole_bytes().map_or(0, <[u8]>::len);
    Ok(context.heap().unsigned(size as u64))
}

/// How many bytes, counted by `common`, the first binary of a list shares with all others.
fn longest_common(
    context: &mut Context<'_>,
    list: Term,
    common: fn(&[u8], &[u8]) -> usize,
) -> BifResult {
    let mut list = list.list();
    let first = list.next().ok_or_else(badarg)?;
    let first = bytes(&first)?;
    let mut length = first.len();
    for other in list.by_ref() {
        length = length.min(common(&first, &bytes(&other)?));
        context.charge_steps(Loop::Binary, length);
    }
    if !list.ended_proper() {
        return Err(badarg());
    }
    Ok(context.heap().unsigned(length as u64))
}

fn longest_common_prefix(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    longest_common(context, arguments[0], |a, b| {
        a.iter().zip(b).take_while(|(a, b)| a == b).count()
    })
}

fn longest_common_suffix(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    longest_common(context, arguments[0], |a, b| {
        a.iter()
            .rev()
            .zip(b.iter().rev())
            .take_while(|(a, b)| a == b)
            .count()
    })
}

/// The endianness that may follow as second argument.
fn endianness(arguments: &[Term]) -> Result<Endianness, Control> {
    match arguments.get(1) {
        None | Some(&known::BIG) => Ok(Endianness::Big),
        Some(&known::LITTLE) => Ok(Endianness::Little),
        Some(_) => Err(badarg()),
    }
}

/// An integer that is not negative as its bytes, of which zero has one.
fn encode_unsigned(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let endianness = endianness(arguments)?;
    let mut bytes: Vec<u8> = match integer::magnitude_bytes(arguments[0]) {
        Some((false, bytes)) => bytes,
        _ => return Err(badarg()),
    };
    if bytes.is_empty() {
        bytes.push(0);
    }
    if endianness == Endianness::Big {
        bytes.reverse();
    }
    context.charge_steps(Loop::Binary, bytes.len());
    Ok(context.heap().binary(&bytes))
}

fn decode_unsigned(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let endianness = endianness(arguments)?;
    let bytes = bytes(&arguments[0])?;
    context.charge_steps(Loop::Binary, bytes.len());
    integer::from_magnitude_bytes(context.heap(), false, &bytes, endianness)
        .map_err(arithmetic_error)
}
