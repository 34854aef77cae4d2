//! Integers of any size: arithmetic and bit operations.
//!
//! An integer is a small when it fits 60 bits, else a big: sign and limbs ([`magnitude`]) on the heap. Every
//! operation takes integers in normal form and gives one back. Those that fit 128 bits are computed there;
//! larger ones on their limbs. Operations on any numbers are in [`crate::arithmetic`].

use alloc::vec::Vec;

use thiserror::Error;

use crate::boxed::{Subtag, raw_object};
use crate::heap::Heap;
use crate::term::Term;

mod bytes;
pub mod magnitude;
mod text;

#[cfg(test)]
mod tests;

pub use bytes::{
    Endianness, from_bits, from_magnitude_bytes, magnitude_bytes, to_bytes, write_bits,
};
pub use text::{parse, to_text};

/// How many limbs an integer has at most: OTP's limit, about 33.5 million bits.
pub const MAX_LIMBS: usize = (1 << 19) - 1;

/// Why an operation on numbers has no result. The names are those of the exceptions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ArithmeticError {
    /// An operand is of the wrong type, a divisor is zero, or a float would be too large.
    #[error("badarith")]
    Badarith,
    /// An integer would have more than [`MAX_LIMBS`] limbs.
    #[error("system_limit")]
    SystemLimit,
}

/// What every operation returns.
pub type Result<T = Term> = core::result::Result<T, ArithmeticError>;

/// An integer, small or big, as sign and limbs.
#[derive(Clone, Copy)]
pub(crate) struct Integer {
    term: Term,
    small: u64,
    negative: bool,
}

impl Integer {
    /// A view of the term if it is an integer.
    pub(crate) fn new(term: Term) -> Option<Integer> {
        let (small, negative) = match term.as_small() {
            Some(value) => (value.unsigned_abs(), value < 0),
            None => (0, term.as_big()?.0),
        };
        Some(Integer {
            term,
            small,
            negative,
        })
    }

    fn operand(term: Term) -> Result<Integer> {
        Integer::new(term).ok_or(ArithmeticError::Badarith)
    }

    /// Whether it is less than zero.
    pub(crate) fn negative(&self) -> bool {
        self.negative
    }

    /// The magnitude; empty for zero.
    pub(crate) fn limbs(&self) -> &[u64] {
        match self.term.as_big() {
            Some((_, limbs)) => limbs,
            None if self.small == 0 => &[],
            None => core::slice::from_ref(&self.small),
        }
    }

    fn to_i128(self) -> Option<i128> {
        let magnitude = match *self.limbs() {
            [] => 0,
            [limb] => i128::from(limb),
            [low, high] if high < 1 << 63 => i128::from(high) << 64 | i128::from(low),
            _ => return None,
        };
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// The `index`th limb in two's complement, where there are infinitely many. `borrow` starts as the sign.
    fn complement(&self, index: usize, borrow: &mut bool) -> u64 {
        let limb = self.limbs().get(index).copied().unwrap_or(0);
        if !self.negative {
            return limb;
        }
        let value;
        (value, *borrow) = limb.overflowing_sub(u64::from(*borrow));
        !value
    }
}

/// The integer with this sign and magnitude, which may have leading zeros.
pub fn make<H: Heap + ?Sized>(heap: &mut H, negative: bool, limbs: &[u64]) -> Result {
    let limbs = magnitude::trim(limbs);
    match *limbs {
        [] => return Ok(Term::small(0)),
        [limb] if limb <= 1 << 59 => {
            let value = if negative {
                -(limb as i64)
            } else {
                limb as i64
            };
            return Ok(heap.integer(value));
        }
        _ if limbs.len() > MAX_LIMBS => return Err(ArithmeticError::SystemLimit),
        _ => {}
    }
    let subtag = if negative {
        Subtag::BigNegative
    } else {
        Subtag::BigPositive
    };
    Ok(raw_object(heap, subtag, limbs))
}

/// The integer with this value.
pub fn from_i128<H: Heap + ?Sized>(heap: &mut H, value: i128) -> Term {
    if let Ok(value) = i64::try_from(value) {
        return heap.integer(value);
    }
    let magnitude = value.unsigned_abs();
    let limbs = [magnitude as u64, (magnitude >> 64) as u64];
    let subtag = if value < 0 {
        Subtag::BigNegative
    } else {
        Subtag::BigPositive
    };
    raw_object(heap, subtag, magnitude::trim(&limbs))
}

/// The value if the term is an integer that fits.
pub fn to_i64(term: Term) -> Option<i64> {
    match term.as_small() {
        Some(value) => Some(value),
        None => to_i128(term).and_then(|value| i64::try_from(value).ok()),
    }
}

/// The value if the term is an integer that fits.
pub fn to_u64(term: Term) -> Option<u64> {
    match term.as_small() {
        Some(value) => u64::try_from(value).ok(),
        None => to_i128(term).and_then(|value| u64::try_from(value).ok()),
    }
}

/// The value if the term is an integer that fits.
pub fn to_i128(term: Term) -> Option<i128> {
    Integer::new(term)?.to_i128()
}

/// The float nearest to an integer, rounded as OTP does; `None` when it is too large or no integer.
pub fn to_float(term: Term) -> Option<f64> {
    if let Some(value) = term.as_small() {
        return Some(value as f64);
    }
    let (negative, limbs) = term.as_big()?;
    let value = magnitude::to_float(limbs)?;
    Some(if negative { -value } else { value })
}

/// The whole part of a float, which must be finite.
pub fn from_float<H: Heap + ?Sized>(heap: &mut H, float: f64) -> Result {
    debug_assert!(float.is_finite());
    /// Below this the whole part fits a small integer.
    const LIMIT: f64 = (1u64 << 59) as f64;
    if float.abs() < LIMIT {
        return Ok(Term::small(float as i64));
    }
    make(heap, float < 0.0, &magnitude::from_float(float.abs()))
}

/// `a + b`.
pub fn add<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    let (a, b) = (Integer::operand(a)?, Integer::operand(b)?);
    sum(heap, a, b)
}

/// `a - b`.
pub fn sub<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    let (a, mut b) = (Integer::operand(a)?, Integer::operand(b)?);
    b.negative = !b.negative;
    sum(heap, a, b)
}

fn sum<H: Heap + ?Sized>(heap: &mut H, a: Integer, b: Integer) -> Result {
    if let (Some(a), Some(b)) = (a.to_i128(), b.to_i128())
        && let Some(sum) = a.checked_add(b)
    {
        return Ok(from_i128(heap, sum));
    }
    let (x, y) = (a.limbs(), b.limbs());
    if a.negative == b.negative {
        make(heap, a.negative, &magnitude::add(x, y))
    } else if magnitude::compare(x, y).is_ge() {
        make(heap, a.negative, &magnitude::subtract(x, y))
    } else {
        make(heap, b.negative, &magnitude::subtract(y, x))
    }
}

/// `a * b`.
pub fn mul<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    let (a, b) = (Integer::operand(a)?, Integer::operand(b)?);
    if let (Some(a), Some(b)) = (a.to_i128(), b.to_i128())
        && let Some(product) = a.checked_mul(b)
    {
        return Ok(from_i128(heap, product));
    }
    let (x, y) = (a.limbs(), b.limbs());
    // The product has at least this many limbs: refuse before computing.
    if (x.len() + y.len()).saturating_sub(1) > MAX_LIMBS {
        return Err(ArithmeticError::SystemLimit);
    }
    make(heap, a.negative != b.negative, &magnitude::multiply(x, y))
}

/// `a div b`, rounding towards zero.
pub fn div<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    let (a, b) = divisible(a, b)?;
    if let (Some(a), Some(b)) = (a.to_i128(), b.to_i128()) {
        return Ok(from_i128(heap, a / b));
    }
    let (quotient, _) = magnitude::divide(a.limbs(), b.limbs());
    make(heap, a.negative != b.negative, &quotient)
}

/// `a rem b`, with the sign of `a`.
pub fn rem<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    let (a, b) = divisible(a, b)?;
    if let (Some(a), Some(b)) = (a.to_i128(), b.to_i128()) {
        return Ok(from_i128(heap, a % b));
    }
    let (_, remainder) = magnitude::divide(a.limbs(), b.limbs());
    make(heap, a.negative, &remainder)
}

/// The operands of a division, the second not zero. (`i128::MIN` is no [`Integer::to_i128`], so that their
/// quotient can't overflow either.)
fn divisible(a: Term, b: Term) -> Result<(Integer, Integer)> {
    let (a, b) = (Integer::operand(a)?, Integer::operand(b)?);
    if b.limbs().is_empty() {
        return Err(ArithmeticError::Badarith);
    }
    Ok((a, b))
}

/// `-a`.
pub fn neg<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    let a = Integer::operand(a)?;
    make(heap, !a.negative, a.limbs())
}

/// `abs(a)`.
pub fn abs<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    let operand = Integer::operand(a)?;
    if operand.negative {
        make(heap, false, operand.limbs())
    } else {
        Ok(a)
    }
}

/// `a band b`.
#[inline]
pub fn band<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    bitwise(heap, a, b, |x, y| x & y)
}

/// `a bor b`.
#[inline]
pub fn bor<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    bitwise(heap, a, b, |x, y| x | y)
}

/// `a bxor b`.
#[inline]
pub fn bxor<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    bitwise(heap, a, b, |x, y| x ^ y)
}

#[inline]
fn bitwise<H: Heap + ?Sized>(
    heap: &mut H,
    a: Term,
    b: Term,
    operation: impl Fn(u64, u64) -> u64,
) -> Result {
    if a.both_small(b) {
        let value = operation(a.small_value() as u64, b.small_value() as u64);
        return Ok(Term::small(value as i64));
    }
    let (a, b) = (Integer::operand(a)?, Integer::operand(b)?);
    let (mut borrow_a, mut borrow_b) = (a.negative, b.negative);
    // One limb more than either has, so that the last one shows the sign.
    let count = a.limbs().len().max(b.limbs().len()) + 1;
    let limbs = (0..count).map(|index| {
        operation(
            a.complement(index, &mut borrow_a),
            b.complement(index, &mut borrow_b),
        )
    });
    from_complement(heap, limbs.collect())
}

/// The integer with these limbs in two's complement.
fn from_complement<H: Heap + ?Sized>(heap: &mut H, mut limbs: Vec<u64>) -> Result {
    let negative = limbs.last().is_some_and(|last| last >> 63 == 1);
    if negative {
        magnitude::negate(&mut limbs);
    }
    make(heap, negative, &limbs)
}

/// `bnot a`.
#[inline]
pub fn bnot<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    match a.as_small() {
        Some(value) => Ok(Term::small(!value)),
        // -a - 1
        None => {
            let mut negated = Integer::operand(a)?;
            negated.negative = !negated.negative;
            sum(heap, negated, Integer::operand(Term::small(-1))?)
        }
    }
}

/// `a bsl b`; a negative `b` shifts right.
#[inline]
pub fn bsl<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    if a.both_small(b) {
        let (value, count) = (a.small_value(), b.small_value());
        if (0..64).contains(&count) && (value << count) >> count == value {
            return Ok(heap.integer(value << count));
        }
    }
    let count = Integer::operand(b)?;
    shift(heap, Integer::operand(a)?, count, count.negative)
}

/// `a bsr b`, rounding towards minus infinity; a negative `b` shifts left.
#[inline]
pub fn bsr<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    if a.both_small(b) {
        let (value, count) = (a.small_value(), b.small_value());
        if count >= 0 {
            return Ok(Term::small(value >> count.min(63)));
        }
    }
    let count = Integer::operand(b)?;
    shift(heap, Integer::operand(a)?, count, !count.negative)
}

/// Shifts by the magnitude of `count`.
fn shift<H: Heap + ?Sized>(heap: &mut H, a: Integer, count: Integer, right: bool) -> Result {
    // A count of more limbs is beyond what any integer could be shifted by.
    let count = match *count.limbs() {
        [] => 0,
        [limb] => usize::try_from(limb).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let limbs = a.limbs();
    if limbs.is_empty() {
        return Ok(Term::small(0));
    }
    if right {
        let (shifted, lost) = magnitude::shift_right(limbs, count);
        // Rounded towards zero so far.
        if a.negative && lost {
            make(heap, true, &magnitude::add(magnitude::trim(&shifted), &[1]))
        } else {
            make(heap, a.negative, &shifted)
        }
    } else if magnitude::bit_length(limbs).saturating_add(count) > MAX_LIMBS * 64 {
        Err(ArithmeticError::SystemLimit)
    } else {
        make(heap, a.negative, &magnitude::shift_left(limbs, count))
    }
}
