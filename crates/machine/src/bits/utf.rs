//! Code points as UTF-8 and UTF-16. Erlang's code points are Unicode scalar values: no surrogates.

use brood_term::integer::Endianness;

/// The code point that the bytes start with, and its length in bytes.
pub fn decode_utf8(bytes: &[u8]) -> Option<(u32, usize)> {
    let length = match *bytes.first()? {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let text = core::str::from_utf8(bytes.get(..length)?).ok()?;
    text.chars().next().map(|point| (point as u32, length))
}

/// The code point that the bytes start with, and its length in bytes.
pub fn decode_utf16(bytes: &[u8], endianness: Endianness) -> Option<(u32, usize)> {
    let mut units = bytes.chunks_exact(2).map(|unit| match endianness {
        Endianness::Big => u16::from_be_bytes([unit[0], unit[1]]),
        Endianness::Little => u16::from_le_bytes([unit[0], unit[1]]),
    });
    let point = char::decode_utf16(&mut units).next()?.ok()?;
    Some((point as u32, point.len_utf16() * 2))
}

/// How many bytes the code point takes in UTF-8; `None` when it is none.
pub fn utf8_size(point: i64) -> Option<usize> {
    code_point(point).map(char::len_utf8)
}

/// How many bytes the code point takes in UTF-16; `None` when it is none.
pub fn utf16_size(point: i64) -> Option<usize> {
    code_point(point).map(|point| point.len_utf16() * 2)
}

/// The code point with this number, if there is one.
pub fn code_point(point: i64) -> Option<char> {
    u32::try_from(point).ok().and_then(char::from_u32)
}
