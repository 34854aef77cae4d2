//! The compact term encoding: how operands (and lengths in the `AtU8` and `Line` chunks) are written.
//!
//! The low three bits of the first byte are the tag. The value follows in one of four forms, told apart by the bits
//! above: 4 bits in the same byte, 11 bits in two bytes, 2 to 8 bytes in two's complement, or a length of 9 or more
//! (itself in this encoding) and as many bytes. Tag 7 is an escape: its value names an extended tag, whose contents
//! follow.

use alloc::vec::Vec;

use crate::MAX_REGISTERS;
use crate::error::{CodeError, ReadError};
use crate::operand::{AllocationList, BigInteger, Operand, TypeIndex};
use crate::reader::Reader;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Unsigned,
    Integer,
    Atom,
    X,
    Y,
    Label,
    Character,
    Extended,
}

const TAGS: [Tag; 8] = [
    Tag::Unsigned,
    Tag::Integer,
    Tag::Atom,
    Tag::X,
    Tag::Y,
    Tag::Label,
    Tag::Character,
    Tag::Extended,
];

/// The longest length of a length, in bytes: no file has more.
const MAX_SIZE_PREFIX: u64 = u32::MAX as u64;

/// A number with its tag, not yet interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagged<'a> {
    pub(crate) tag: Tag,
    pub(crate) value: Value<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// At most 11 bits, unsigned.
    Short(u16),
    /// Two bytes or more, two's complement.
    Bytes(&'a [u8]),
}

impl<'a> Tagged<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, ReadError> {
        let first = reader.u8()?;
        let tag = TAGS[usize::from(first & 0b111)];
        let value = if first & 0b0000_1000 == 0 {
            Value::Short(u16::from(first >> 4))
        } else if first & 0b0001_0000 == 0 {
            Value::Short(u16::from(first >> 5) << 8 | u16::from(reader.u8()?))
        } else {
            let length = match first >> 5 {
                0b111 => Self::read_length(reader)?,
                short => usize::from(short) + 2,
            };
            Value::Bytes(reader.take(length)?)
        };
        Ok(Tagged { tag, value })
    }

    /// The length of a number of 9 bytes or more. It is never such a number itself, which keeps this flat.
    fn read_length(reader: &mut Reader<'a>) -> Result<usize, ReadError> {
        let first = reader.u8()?;
        let length = if first & 0b1111 == 0 {
            u64::from(first >> 4)
        } else if first & 0b1_1111 == 0b0_1000 {
            u64::from(first >> 5) << 8 | u64::from(reader.u8()?)
        } else if first & 0b1_1111 == 0b1_1000 && first >> 5 != 0b111 {
            let bytes = reader.take(usize::from(first >> 5) + 2)?;
            bytes
                .iter()
                .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
        } else {
            return Err(ReadError::NumberLength { first });
        };
        let length = length.min(MAX_SIZE_PREFIX) + 9;
        reader.backed(length, 1)
    }

    /// The value as an unsigned number; `None` when it needs more than 64 bits.
    pub(crate) fn unsigned(&self) -> Result<Option<u64>, ReadError> {
        match self.value {
            Value::Short(value) => Ok(Some(u64::from(value))),
            Value::Bytes(bytes) if is_negative(bytes) => Err(ReadError::Negative),
            Value::Bytes(bytes) => {
                let significant = without_leading(bytes, 0);
                Ok((significant.len() <= 8).then(|| big_endian(significant)))
            }
        }
    }

    /// The value as an unsigned number of at most 32 bits.
    pub(crate) fn unsigned_32(&self) -> Result<u32, ReadError> {
        self.unsigned()?
            .and_then(|value| u32::try_from(value).ok())
            .ok_or(ReadError::TooBig)
    }

    /// The value as a signed number, or the bytes of one that needs more than 64 bits.
    fn integer(&self) -> Result<i64, BigInteger> {
        match self.value {
            Value::Short(value) => Ok(i64::from(value)),
            Value::Bytes(bytes) => {
                let negative = is_negative(bytes);
                let sign = if negative { 0xff } else { 0 };
                let significant = without_leading(bytes, sign);
                let fits = match significant {
                    [] => true,
                    [first, ..] => {
                        significant.len() < 8
                            || significant.len() == 8 && (first & 0x80 != 0) == negative
                    }
                };
                if fits {
                    let mut word = [sign; 8];
                    word[8 - significant.len()..].copy_from_slice(significant);
                    Ok(i64::from_be_bytes(word))
                } else {
                    Err(big_integer(bytes, negative))
                }
            }
        }
    }
}

fn is_negative(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first & 0x80 != 0)
}

fn without_leading(bytes: &[u8], leading: u8) -> &[u8] {
    let first = bytes.iter().position(|&byte| byte != leading);
    &bytes[first.unwrap_or(bytes.len())..]
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

fn big_integer(bytes: &[u8], negative: bool) -> BigInteger {
    let mut magnitude: Vec<u8> = bytes.iter().rev().copied().collect();
    if negative {
        let mut carry = true;
        for byte in &mut magnitude {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
        if carry {
            // Only zero negates to zero, and a negative number isn't zero.
            magnitude.push(1);
        }
    }
    while magnitude.last() == Some(&0) {
        magnitude.pop();
    }
    BigInteger {
        negative,
        magnitude,
    }
}

/// Reads one operand. Of a list only its head is read, as [`Operand::List`]: its elements follow in the stream.
/// Integers beyond 64 bits are appended to `big_integers`.
///
/// Registers are checked; indices into tables aren't.
pub(crate) fn read_operand(
    reader: &mut Reader<'_>,
    big_integers: &mut Vec<BigInteger>,
) -> Result<Operand, CodeError> {
    let tagged = Tagged::read(reader)?;
    Ok(match tagged.tag {
        Tag::Unsigned => match tagged.unsigned()? {
            Some(value) => Operand::Unsigned(value),
            None => Operand::Overflow,
        },
        Tag::Integer => match tagged.integer() {
            Ok(value) => Operand::Integer(value),
            Err(big) => {
                // As many numbers as bytes at most, and a file has at most 4 GiB of them.
                let index = big_integers.len() as u32;
                big_integers.push(big);
                Operand::BigInteger(index)
            }
        },
        Tag::Atom => match tagged.unsigned_32()? {
            0 => Operand::Nil,
            index => Operand::Atom(index - 1),
        },
        Tag::X | Tag::Y => register(&tagged, TypeIndex::ANY)?,
        Tag::Label => Operand::Label(tagged.unsigned_32()?),
        Tag::Character => return Err(CodeError::CharacterOperand),
        Tag::Extended => match tagged.unsigned_32()? {
            0 => return Err(CodeError::FloatOperand),
            1 => {
                let count = plain(reader)?;
                reader.backed(u64::from(count), 1)?;
                Operand::List(count)
            }
            2 => Operand::FloatRegister(register_number(plain(reader)?)?),
            3 => Operand::AllocationList(allocation_list(reader)?),
            4 => Operand::Literal(plain(reader)?),
            5 => {
                let inner = Tagged::read(reader)?;
                let type_index = TypeIndex(plain(reader)?);
                register(&inner, type_index)?
            }
            number => return Err(CodeError::ExtendedTag { number }),
        },
    })
}

/// Reads a tag `u` number of at most 32 bits.
fn plain(reader: &mut Reader<'_>) -> Result<u32, CodeError> {
    let tagged = Tagged::read(reader)?;
    match tagged.tag {
        Tag::Unsigned => Ok(tagged.unsigned_32()?),
        _ => Err(CodeError::ExtendedContents),
    }
}

fn register(tagged: &Tagged<'_>, type_index: TypeIndex) -> Result<Operand, CodeError> {
    let number = || register_number(tagged.unsigned_32()?);
    match tagged.tag {
        Tag::X => Ok(Operand::X(number()?, type_index)),
        Tag::Y => Ok(Operand::Y(number()?, type_index)),
        _ => Err(CodeError::ExtendedContents),
    }
}

fn register_number(number: u32) -> Result<u16, CodeError> {
    match u16::try_from(number) {
        Ok(register) if register < MAX_REGISTERS => Ok(register),
        _ => Err(CodeError::Register { number }),
    }
}

fn allocation_list(reader: &mut Reader<'_>) -> Result<AllocationList, CodeError> {
    let mut list = AllocationList::default();
    let count = plain(reader)?;
    if count > 3 {
        return Err(CodeError::AllocationList);
    }
    for _ in 0..count {
        let kind = plain(reader)?;
        let number = plain(reader)?;
        let sum = match kind {
            0 => &mut list.words,
            1 => &mut list.floats,
            2 => &mut list.funs,
            _ => return Err(CodeError::AllocationList),
        };
        *sum = sum.checked_add(number).ok_or(CodeError::AllocationList)?;
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn operand(bytes: &[u8]) -> Result<(Operand, Vec<BigInteger>), CodeError> {
        let mut reader = Reader::new(bytes);
        let mut big = Vec::new();
        let operand = read_operand(&mut reader, &mut big)?;
        assert!(
            reader.is_empty(),
            "{} bytes left of {bytes:?}",
            reader.remaining()
        );
        Ok((operand, big))
    }

    fn plain_operand(bytes: &[u8]) -> Operand {
        let (operand, big) = operand(bytes).unwrap();
        assert!(big.is_empty());
        operand
    }

    fn big(bytes: &[u8]) -> BigInteger {
        let (operand, mut big) = operand(bytes).unwrap();
        assert_eq!(operand, Operand::BigInteger(0));
        big.remove(0)
    }

    #[test]
    fn numbers_in_each_form() {
        assert_eq!(plain_operand(&[0x00]), Operand::Unsigned(0));
        assert_eq!(plain_operand(&[0xf0]), Operand::Unsigned(15));
        assert_eq!(plain_operand(&[0x08, 0x10]), Operand::Unsigned(16));
        assert_eq!(plain_operand(&[0xe8, 0xff]), Operand::Unsigned(2047));
        assert_eq!(plain_operand(&[0x18, 0x08, 0x00]), Operand::Unsigned(2048));
        assert_eq!(
            plain_operand(&[0x18 | 1 << 5, 0x00, 0x80, 0x00]),
            Operand::Unsigned(0x8000)
        );
        assert_eq!(
            plain_operand(&[
                0xf8, 0x00, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
            ]),
            Operand::Unsigned(u64::MAX)
        );
        assert_eq!(
            plain_operand(&[0xf8, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
            Operand::Overflow
        );
    }

    #[test]
    fn integers_are_signed() {
        assert_eq!(plain_operand(&[0x19, 0xff, 0xff]), Operand::Integer(-1));
        assert_eq!(plain_operand(&[0x19, 0x80, 0x00]), Operand::Integer(-32768));
        assert_eq!(plain_operand(&[0xe9, 0xff]), Operand::Integer(2047));
        assert_eq!(
            plain_operand(&[0xd9, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Operand::Integer(i64::MAX)
        );
        assert_eq!(
            plain_operand(&[0xd9, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Operand::Integer(i64::MIN)
        );
        // Needlessly long, but within 64 bits.
        assert_eq!(
            plain_operand(&[0xf9, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 5]),
            Operand::Integer(5)
        );
        assert_eq!(
            plain_operand(&[0xf9, 0x00, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Operand::Integer(i64::MIN)
        );
    }

    #[test]
    fn integers_beyond_64_bits() {
        let two_to_63 = big(&[0xf9, 0x00, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            two_to_63,
            BigInteger {
                negative: false,
                magnitude: vec![0, 0, 0, 0, 0, 0, 0, 0x80]
            }
        );
        let minus_two_to_63_less_one = big(&[
            0xf9, 0x00, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ]);
        assert_eq!(
            minus_two_to_63_less_one,
            BigInteger {
                negative: true,
                magnitude: vec![1, 0, 0, 0, 0, 0, 0, 0x80]
            }
        );
        let minus_two_to_71 = big(&[0xf9, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            minus_two_to_71,
            BigInteger {
                negative: true,
                magnitude: vec![0, 0, 0, 0, 0, 0, 0, 0, 0x80]
            }
        );
        let minus_two_to_64 = big(&[0xf9, 0x00, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(
            minus_two_to_64,
            BigInteger {
                negative: true,
                magnitude: vec![0, 0, 0, 0, 0, 0, 0, 0, 1]
            }
        );
    }

    #[test]
    fn atoms_registers_and_labels() {
        assert_eq!(plain_operand(&[0x02]), Operand::Nil);
        assert_eq!(plain_operand(&[0x12]), Operand::Atom(0));
        assert_eq!(plain_operand(&[0x33]), Operand::X(3, TypeIndex::ANY));
        assert_eq!(plain_operand(&[0x24]), Operand::Y(2, TypeIndex::ANY));
        assert_eq!(plain_operand(&[0x05]), Operand::Label(0));
        assert_eq!(plain_operand(&[0x0d, 0x2a]), Operand::Label(42));
        assert_eq!(
            plain_operand(&[0x6b, 0xff]),
            Operand::X(1023, TypeIndex::ANY)
        );
        assert_eq!(
            operand(&[0x8b, 0x00]),
            Err(CodeError::Register { number: 1024 })
        );
        assert_eq!(
            operand(&[0x1b, 0x7f, 0xff]),
            Err(CodeError::Register { number: 0x7fff })
        );
        assert_eq!(operand(&[0x16]), Err(CodeError::CharacterOperand));
    }

    #[test]
    fn extended_operands() {
        assert_eq!(plain_operand(&[0x17, 0x00]), Operand::List(0));
        assert_eq!(
            operand(&[0x17, 0x10]),
            Err(ReadError::Count { count: 1, left: 0 }.into())
        );
        assert_eq!(plain_operand(&[0x27, 0x10]), Operand::FloatRegister(1));
        assert_eq!(
            plain_operand(&[0x37, 0x20, 0x00, 0x50, 0x10, 0x30]),
            Operand::AllocationList(AllocationList {
                words: 5,
                floats: 3,
                funs: 0
            })
        );
        assert_eq!(operand(&[0x37, 0x40]), Err(CodeError::AllocationList));
        assert_eq!(
            operand(&[0x37, 0x10, 0x30, 0x10]),
            Err(CodeError::AllocationList)
        );
        assert_eq!(plain_operand(&[0x47, 0x70]), Operand::Literal(7));
        assert_eq!(
            plain_operand(&[0x57, 0x13, 0x20]),
            Operand::X(1, TypeIndex(2))
        );
        assert_eq!(
            plain_operand(&[0x57, 0x14, 0x20]),
            Operand::Y(1, TypeIndex(2))
        );
        assert_eq!(
            operand(&[0x57, 0x10, 0x20]),
            Err(CodeError::ExtendedContents)
        );
        assert_eq!(operand(&[0x47, 0x11]), Err(CodeError::ExtendedContents));
        assert_eq!(operand(&[0x07]), Err(CodeError::FloatOperand));
        assert_eq!(operand(&[0x67]), Err(CodeError::ExtendedTag { number: 6 }));
    }

    #[test]
    fn malformed_numbers() {
        assert_eq!(
            operand(&[]),
            Err(ReadError::Truncated { needed: 1, left: 0 }.into())
        );
        assert_eq!(
            operand(&[0x08]),
            Err(ReadError::Truncated { needed: 1, left: 0 }.into())
        );
        assert_eq!(
            operand(&[0x18, 0]),
            Err(ReadError::Truncated { needed: 2, left: 1 }.into())
        );
        assert_eq!(operand(&[0x18, 0x80, 0]), Err(ReadError::Negative.into()));
        assert_eq!(
            operand(&[0x1d | 3 << 5, 1, 0, 0, 0, 0]),
            Err(ReadError::TooBig.into())
        );
        // A length whose own length needs a length, and so on.
        assert_eq!(
            operand(&[0xf8; 64]),
            Err(ReadError::NumberLength { first: 0xf8 }.into())
        );
        assert_eq!(
            operand(&[0xf9, 0x01]),
            Err(ReadError::NumberLength { first: 0x01 }.into())
        );
        let long = operand(&[
            0xf9, 0xd8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
        ]);
        assert_eq!(
            long,
            Err(ReadError::Count {
                count: 0x1_0000_0008,
                left: 1
            }
            .into())
        );
    }
}
