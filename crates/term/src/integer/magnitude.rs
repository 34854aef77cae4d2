//! Magnitudes: unsigned integers as 64-bit limbs, least significant first.
//!
//! Arguments have no leading zero limb (zero is the empty slice); results may have some. What is linear is
//! written out here, so that it works on a heap's limbs as they are; multiplication and division of large
//! operands are `dashu-int`'s, whose algorithms are sub-quadratic.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use dashu_int::UBig;

/// The length in limbs of the shorter factor from which on the library multiplies.
const LIBRARY_FACTOR: usize = 16;

/// `limbs` without its leading zeros.
pub fn trim(limbs: &[u64]) -> &[u64] {
    let length = limbs.iter().rposition(|limb| *limb != 0);
    &limbs[..length.map_or(0, |last| last + 1)]
}

/// The number of bits up to the highest one that is set.
pub fn bit_length(limbs: &[u64]) -> usize {
    match limbs.last() {
        Some(last) => limbs.len() * 64 - last.leading_zeros() as usize,
        None => 0,
    }
}

/// Compares two magnitudes.
pub fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// Compares the value of a magnitude of at least 60 bits with that of a float, which is not negative.
pub fn compare_with_float(limbs: &[u64], float: f64) -> Ordering {
    let (significand, exponent) = decompose(float);
    // Both as a fraction of 64 bits, whose highest is set, times a power of two.
    let bits = bit_length(limbs);
    let float_bits = exponent + 64 - i64::from(significand.leading_zeros());
    (bits as i64).cmp(&float_bits).then_with(|| {
        let (top, rest) = top_64_bits(limbs, bits);
        top.cmp(&(significand << significand.leading_zeros()))
            .then(rest.cmp(&false))
    })
}

/// The 64 bits from the highest one on, and whether any bit below them is set.
fn top_64_bits(limbs: &[u64], bits: usize) -> (u64, bool) {
    if bits <= 64 {
        return (limbs.first().map_or(0, |limb| limb << (64 - bits)), false);
    }
    let (top, rest) = shift_right(limbs, bits - 64);
    (top[0], rest)
}

/// A float that is not negative as `significand * 2^exponent`.
fn decompose(float: f64) -> (u64, i64) {
    let bits = float.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) as i64 & 0x7ff {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

/// The whole part of a float that is not negative.
pub fn from_float(float: f64) -> Vec<u64> {
    let (significand, exponent) = decompose(float);
    if exponent >= 0 {
        shift_left(&[significand], exponent as usize)
    } else {
        vec![significand.checked_shr(-exponent as u32).unwrap_or(0)]
    }
}

/// The nearest float, limb by limb from the top: where it takes more than two limbs to hold an integer the
/// result may be one unit in the last place off, and is OTP's own. `None` when it is too large.
pub fn to_float(limbs: &[u64]) -> Option<f64> {
    const BASE: f64 = 18_446_744_073_709_551_616.0;
    let value = limbs
        .iter()
        .rev()
        .fold(0.0, |value, limb| value * BASE + *limb as f64);
    value.is_finite().then_some(value)
}

/// The sum.
pub fn add(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut sum = Vec::with_capacity(long.len() + 1);
    let mut carry = false;
    for (index, limb) in long.iter().enumerate() {
        let (partial, first) = limb.overflowing_add(short.get(index).copied().unwrap_or(0));
        let (total, second) = partial.overflowing_add(u64::from(carry));
        sum.push(total);
        carry = first | second;
    }
    if carry {
        sum.push(1);
    }
    sum
}

/// The difference of `a` and a `b` that is not greater.
pub fn subtract(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut difference = Vec::with_capacity(a.len());
    let mut borrow = false;
    for (index, limb) in a.iter().enumerate() {
        let (partial, first) = limb.overflowing_sub(b.get(index).copied().unwrap_or(0));
        let (total, second) = partial.overflowing_sub(u64::from(borrow));
        difference.push(total);
        borrow = first | second;
    }
    debug_assert!(!borrow);
    difference
}

/// The product.
pub fn multiply(a: &[u64], b: &[u64]) -> Vec<u64> {
    if a.len().min(b.len()) >= LIBRARY_FACTOR {
        return (UBig::from_words(a) * UBig::from_words(b))
            .as_words()
            .to_vec();
    }
    let mut product = vec![0; a.len() + b.len()];
    for (offset, factor) in a.iter().enumerate() {
        let mut carry = 0;
        for (index, limb) in b.iter().enumerate() {
            let slot = &mut product[offset + index];
            // At most (2^64 - 1)^2 + 2 (2^64 - 1) = 2^128 - 1.
            let value =
                u128::from(*factor) * u128::from(*limb) + u128::from(*slot) + u128::from(carry);
            *slot = value as u64;
            carry = (value >> 64) as u64;
        }
        product[offset + b.len()] = carry;
    }
    product
}

/// Quotient and remainder; the divisor is not zero.
pub fn divide(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    use dashu_int::ops::DivRem;

    if compare(a, b).is_lt() {
        return (Vec::new(), a.to_vec());
    }
    if let [divisor] = b {
        let mut quotient = vec![0; a.len()];
        let mut remainder = 0;
        for (slot, limb) in quotient.iter_mut().zip(a).rev() {
            let value = u128::from(remainder) << 64 | u128::from(*limb);
            *slot = (value / u128::from(*divisor)) as u64;
            remainder = (value % u128::from(*divisor)) as u64;
        }
        return (quotient, vec![remainder]);
    }
    let (quotient, remainder) = UBig::from_words(a).div_rem(UBig::from_words(b));
    (quotient.as_words().to_vec(), remainder.as_words().to_vec())
}

/// The magnitude times 2^`count`.
pub fn shift_left(limbs: &[u64], count: usize) -> Vec<u64> {
    let (whole, bits) = (count / 64, count % 64);
    let mut shifted = vec![0; whole];
    shifted.reserve(limbs.len() + 1);
    let mut carry = 0;
    for limb in limbs {
        let value = u128::from(*limb) << bits;
        shifted.push(value as u64 | carry);
        carry = (value >> 64) as u64;
    }
    shifted.push(carry);
    shifted
}

/// The magnitude divided by 2^`count`, and whether there was a remainder.
pub fn shift_right(limbs: &[u64], count: usize) -> (Vec<u64>, bool) {
    let (whole, bits) = (count / 64, count % 64);
    if whole >= limbs.len() {
        return (Vec::new(), !limbs.is_empty());
    }
    let kept = &limbs[whole..];
    let lost = limbs[..whole].iter().any(|limb| *limb != 0) || kept[0] & ((1 << bits) - 1) != 0;
    let shifted = kept.iter().enumerate().map(|(index, limb)| {
        let above = kept.get(index + 1).copied().unwrap_or(0);
        ((u128::from(above) << 64 | u128::from(*limb)) >> bits) as u64
    });
    (shifted.collect(), lost)
}

/// The negative of a number in two's complement, in place.
pub fn negate(limbs: &mut [u64]) {
    let mut carry = true;
    for limb in limbs {
        (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
    }
}
