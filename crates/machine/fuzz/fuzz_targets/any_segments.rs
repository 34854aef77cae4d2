//! One try: bytes as a bitstring and as the segments that it is matched against, next to a model that goes bit by bit.

use brood_machine::bits::{self, Context, Flags};
use brood_term::binary::make_sub;
use brood_term::heap::Chunks;
use brood_term::integer::{self, Endianness};
use brood_term::{Heap, Term};

/// Bytes that say what a segment is.
pub const SEGMENT: usize = 3;

/// The bits that are left, the next one first.
struct Model<'a> {
    bits: &'a [bool],
}

impl<'a> Model<'a> {
    /// The next bits; they stay.
    fn next(&self, size: usize) -> Option<&'a [bool]> {
        self.bits.get(..size)
    }

    fn advance(&mut self, size: usize) {
        self.bits = &self.bits[size..];
    }
}

fn bits_of(bytes: &[u8]) -> Vec<bool> {
    let of_byte = |byte: &u8| {
        let byte = *byte;
        (0..8).rev().map(move |bit| byte >> bit & 1 == 1)
    };
    bytes.iter().flat_map(of_byte).collect()
}

/// Bits as bytes; the last one is filled up with zeros.
fn bytes_of(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| {
        (0..8).fold(0, |byte, at| {
            byte << 1 | u8::from(bits.get(at) == Some(&true))
        })
    };
    bits.chunks(8).map(byte).collect()
}

/// The integer that bits are, in base 2.
fn number(bits: &[bool], flags: Flags) -> String {
    let mut digits: Vec<bool> = match flags.endianness {
        Endianness::Big => bits.to_vec(),
        Endianness::Little => bits.chunks(8).rev().flatten().copied().collect(),
    };
    let negative = flags.signed && digits.first() == Some(&true);
    if negative {
        // Two's complement: all digits in front of the last 1 are turned over.
        let last = digits.iter().rposition(|digit| *digit).unwrap_or(0);
        digits[..last].iter_mut().for_each(|digit| *digit = !*digit);
    }
    let text: String = digits
        .iter()
        .map(|digit| if *digit { '1' } else { '0' })
        .collect();
    match text.trim_start_matches('0') {
        "" => "0".into(),
        text if negative => format!("-{text}"),
        text => text.into(),
    }
}

/// A float of these bits, unless they are none or not finite.
fn float(bits: &[bool], flags: Flags) -> Option<f64> {
    let mut bytes = bytes_of(bits);
    if flags.endianness == Endianness::Little {
        bytes.reverse();
    }
    let (exponent_bits, bias) = match bits.len() {
        0 => return Some(0.0),
        16 => (5, 15),
        32 => (8, 127),
        64 => (11, 1023),
        _ => return None,
    };
    let bits = bits_of(&bytes);
    let value = |bits: &[bool]| {
        bits.iter()
            .fold(0_u64, |value, bit| value << 1 | u64::from(*bit))
    };
    let (exponent, fraction) = bits[1..].split_at(exponent_bits);
    let scale = 2_f64.powi(-(fraction.len() as i32));
    let part = value(fraction) as f64 * scale;
    let magnitude = match value(exponent) {
        // In two steps: the power alone would be too small for a float.
        0 => part * 2_f64.powi(-bias / 2) * 2_f64.powi(1 - bias + bias / 2),
        most if most + 1 == 1 << exponent_bits => return None,
        exponent => (1.0 + part) * 2_f64.powi(exponent as i32 - bias),
    };
    Some(if bits[0] { -magnitude } else { magnitude })
}

/// The character at the front, and its size in bits.
fn character(model: &Model<'_>, form: u8, endianness: Endianness) -> Option<(u32, usize)> {
    let units = |size: usize| -> Vec<u32> {
        let whole = model.bits.chunks_exact(size).take(4);
        let unit = |bits| {
            u32::from_str_radix(
                &number(
                    bits,
                    Flags {
                        endianness,
                        signed: false,
                    },
                ),
                2,
            )
        };
        whole
            .map(|bits| unit(bits).expect("at most 32 digits"))
            .collect()
    };
    match form {
        0 => {
            let bytes: Vec<u8> = units(8).into_iter().map(|byte| byte as u8).collect();
            let text =
                (1..=bytes.len()).find_map(|length| str::from_utf8(&bytes[..length]).ok())?;
            Some((u32::from(text.chars().next()?), text.len() * 8))
        }
        1 => {
            let units = units(16).into_iter().map(|unit| unit as u16);
            let point = char::decode_utf16(units).next()?.ok()?;
            Some((u32::from(point), point.len_utf16() * 16))
        }
        _ => {
            let point = char::from_u32(*units(32).first()?)?;
            Some((u32::from(point), 32))
        }
    }
}

fn assert_bits(term: Term, expected: &[bool]) {
    let bits = term.as_bits().expect("a bitstring");
    assert_eq!(term.bit_size(), Some(expected.len()));
    assert_eq!(&bits_of(&bits.to_bytes())[..expected.len()], expected);
}

/// Matches the segments in turn and compares what each takes. The first byte says how many segments there are, the
/// second which bits of the rest are the bitstring.
pub fn run(bytes: &[u8]) {
    let &[count, cut, ref rest @ ..] = bytes else {
        return;
    };
    let (segments, data) = rest.split_at(rest.len().min(usize::from(count % 16) * SEGMENT));
    let mut heap = Chunks::new();
    let whole = heap.binary(data);
    let first = usize::from(cut % 8).min(data.len() * 8);
    let size = (data.len() * 8 - first).saturating_sub(usize::from(cut / 8 % 8));
    let bitstring = make_sub(&mut heap, whole, first, size);
    let all = bits_of(data);
    let mut model = Model {
        bits: &all[first..first + size],
    };
    let context = Context::start(&mut heap, bitstring).expect("a bitstring");
    for segment in segments.chunks_exact(SEGMENT) {
        let flags = Flags::from_operand(u64::from(segment[0] >> 4));
        let size = usize::from(segment[1]);
        let matched = match segment[0] % 9 {
            0 => {
                let found = bits::get_integer(&mut heap, context, size, flags);
                let found = found.map(|term| integer::to_text(term, 2).expect("an integer"));
                let expected = model.next(size);
                assert_eq!(found, expected.map(|bits| number(bits, flags)));
                expected.map(|_| size)
            }
            1 => {
                let size = [size, 0, 16, 32, 64][usize::from(segment[2]) % 5];
                let found = bits::get_float(&mut heap, context, size, flags);
                let expected = model.next(size).and_then(|bits| float(bits, flags));
                let bits = |float: f64| float.to_bits();
                let found = found.map(|term| bits(term.as_float().expect("a float")));
                assert_eq!(found, expected.map(bits));
                expected.map(|_| size)
            }
            2 => {
                let found = bits::get_binary(&mut heap, context, size);
                let expected = model.next(size);
                assert_eq!(found.is_some(), expected.is_some());
                if let (Some(found), Some(expected)) = (found, expected) {
                    assert_bits(found, expected);
                }
                expected.map(|_| size)
            }
            3 => {
                let expected = model.next(size).map(|_| size);
                assert_eq!(bits::skip(context, size), expected.is_some());
                expected
            }
            4 => {
                // The bytes that come, one of them perhaps broken.
                let mut bytes = model.next(size).map_or(vec![0; 32], bytes_of);
                let broken = usize::from(segment[2]);
                if let Some(byte) = bytes.get_mut(broken / 8) {
                    *byte ^= 0x80 >> (broken % 8);
                }
                let wanted = &bits_of(&bytes)[..size];
                let matches = model.next(size) == Some(wanted);
                assert_eq!(bits::match_bytes(context, size, &bytes), matches);
                matches.then_some(size)
            }
            5 => {
                let size = size % 65;
                let bits = model.next(size).unwrap_or_default();
                let right = bits
                    .iter()
                    .fold(0, |value, bit| value << 1 | u64::from(*bit));
                let wanted = right ^ u64::from(segment[2] == 1 && size > 0);
                let matches = model.next(size).is_some() && wanted == right;
                assert_eq!(bits::match_number(context, size, wanted), matches);
                matches.then_some(size)
            }
            6 => {
                assert_bits(bits::get_tail(&mut heap, context), model.bits);
                Some(0)
            }
            7 => {
                let start = context.position();
                let expected = model.next(size);
                assert_eq!(bits::skip(context, size), expected.is_some());
                context.set_position(start);
                Some(0)
            }
            _ => {
                let form = segment[2] % 3;
                let found = match form {
                    0 => bits::get_utf8(context),
                    1 => bits::get_utf16(context, flags.endianness),
                    _ => bits::get_utf32(context, flags.endianness),
                };
                let expected = character(&model, form, flags.endianness);
                assert_eq!(found, expected.map(|(point, _)| point));
                expected.map(|(_, size)| size)
            }
        };
        model.advance(matched.unwrap_or(0));
        assert_eq!(context.remaining(), model.bits.len());
    }
}
