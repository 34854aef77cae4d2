//! Checksums and digests of I/O data.

use brood_term::{Heap, Term, integer};
use md5::digest::common::hazmat::{SerializableState, SerializedState};
use md5::{Digest, Md5};

use super::iolist::{BYTES_PER_REDUCTION, Piece, for_each_piece};
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "crc32", 1, crc32),
    entry("erlang", "crc32", 2, crc32),
    entry("erlang", "crc32_combine", 3, crc32_combine),
    entry("erlang", "adler32", 1, adler32),
    entry("erlang", "adler32", 2, adler32),
    entry("erlang", "adler32_combine", 3, adler32_combine),
    entry("erlang", "md5", 1, md5),
    entry("erlang", "md5_init", 0, md5_init),
    entry("erlang", "md5_update", 2, md5_update),
    entry("erlang", "md5_final", 1, md5_final),
];

/// The modulus of Adler-32 (RFC 1950).
const ADLER_BASE: u64 = 65521;

/// Gives the bytes of I/O data to `update`, piece by piece.
fn feed(
    context: &mut Context<'_>,
    data: Term,
    mut update: impl FnMut(&[u8]),
) -> Result<(), Control> {
    let mut size = 0;
    let complete = for_each_piece(data, |piece| {
        match piece {
            Piece::Byte(byte) => {
                update(&[byte]);
                size += 1;
            }
            Piece::Bits(_, bits) => {
                let Some(bytes) = bits.to_whole_bytes() else {
                    return false;
                };
                update(&bytes);
                size += bytes.len();
            }
        }
        true
    });
    context.charge(size / BYTES_PER_REDUCTION);
    if complete { Ok(()) } else { Err(badarg()) }
}

/// A 32-bit number.
fn word(term: Term) -> Result<u32, Control> {
    integer::to_u64(term)
        .and_then(|value| u32::try_from(value).ok())
        .ok_or_else(badarg)
}

/// The data, which comes last, and the checksum that may come before it.
fn data_and_start(arguments: &[Term], start: u32) -> Result<(Term, u32), Control> {
    match *arguments {
        [start, data] => Ok((data, word(start)?)),
        _ => Ok((arguments[0], start)),
    }
}

fn crc32(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (data, start) = data_and_start(arguments, 0)?;
    let mut hasher = crc32fast::Hasher::new_with_initial(start);
    feed(context, data, |bytes| hasher.update(bytes))?;
    Ok(context.heap().unsigned(u64::from(hasher.finalize())))
}

fn crc32_combine(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (first, second) = (word(arguments[0])?, word(arguments[1])?);
    let size = u64::from(word(arguments[2])?);
    let mut combined = crc32fast::Hasher::new_with_initial(first);
    combined.combine(&crc32fast::Hasher::new_with_initial_len(second, size));
    Ok(context.heap().unsigned(u64::from(combined.finalize())))
}

fn adler32(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (data, start) = data_and_start(arguments, 1)?;
    let mut hasher = adler2::Adler32::from_checksum(start);
    feed(context, data, |bytes| hasher.write_slice(bytes))?;
    Ok(context.heap().unsigned(u64::from(hasher.checksum())))
}

/// The checksum of two parts from theirs and the size of the second one: either half is a sum that the second part
/// started at 1 and 0 instead of where the first part ended. Halves that are no remainders (checksums never have
/// such) come out as they do from zlib, whose subtractions these are.
fn adler32_combine(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let reduce = |sum: u64, modulus: u64| if sum >= modulus { sum - modulus } else { sum };
    let (first, second) = (
        u64::from(word(arguments[0])?),
        u64::from(word(arguments[1])?),
    );
    let size = u64::from(word(arguments[2])?) % ADLER_BASE;
    let (low_first, low_second) = (first & 0xffff, second & 0xffff);
    let low = low_first + low_second + ADLER_BASE - 1;
    let low = reduce(reduce(low, ADLER_BASE), ADLER_BASE);
    let high = size * low_first % ADLER_BASE + (first >> 16) + (second >> 16) + ADLER_BASE - size;
    let high = reduce(reduce(high, ADLER_BASE << 1), ADLER_BASE);
    Ok(context.heap().unsigned(low | high << 16))
}

fn digest(context: &mut Context<'_>, hasher: Md5) -> Term {
    let digest = hasher.finalize();
    context.heap().binary(&digest)
}

fn md5(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut hasher = Md5::new();
    feed(context, arguments[0], |bytes| hasher.update(bytes))?;
    Ok(digest(context, hasher))
}

/// The state of a digest as a binary, and back.
fn state_term(context: &mut Context<'_>, hasher: &Md5) -> Term {
    context.heap().binary(&hasher.serialize())
}

fn state(term: Term) -> Result<Md5, Control> {
    let bytes = term.as_binary().ok_or_else(badarg)?;
    let state = SerializedState::<Md5>::try_from(&bytes[..]).map_err(|_| badarg())?;
    Md5::deserialize(&state).map_err(|_| badarg())
}

fn md5_init(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(state_term(context, &Md5::new()))
}

fn md5_update(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut hasher = state(arguments[0])?;
    feed(context, arguments[1], |bytes| hasher.update(bytes))?;
    Ok(state_term(context, &hasher))
}

fn md5_final(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let hasher = state(arguments[0])?;
    Ok(digest(context, hasher))
}
