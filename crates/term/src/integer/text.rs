//! Integers as text in bases 2 to 36.

use alloc::string::{String, ToString};

use dashu_int::UBig;

use super::{Integer, MAX_LIMBS, make};
use crate::heap::Heap;
use crate::term::Term;

const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The digits of an integer in a base of 2 to 36, upper case, after a `-` if it is negative. `None` when the
/// term is no integer or the base is out of range.
pub fn to_text(term: Term, base: u32) -> Option<String> {
    if !(2..=36).contains(&base) {
        return None;
    }
    let integer = Integer::new(term)?;
    let mut text = String::new();
    if integer.negative() {
        text.push('-');
    }
    match integer.limbs() {
        [] => text.push('0'),
        [limb] => push_digits(&mut text, *limb, base),
        limbs => {
            let magnitude = UBig::from_words(limbs);
            if base == 10 {
                text.push_str(&magnitude.to_string());
            } else {
                let digits = magnitude.in_radix(base as u8).to_string();
                text.push_str(&digits.to_ascii_uppercase());
            }
        }
    }
    Some(text)
}

fn push_digits(text: &mut String, mut value: u64, base: u32) {
    let mut digits = [0; 64];
    let mut start = digits.len();
    while value != 0 {
        start -= 1;
        digits[start] = DIGITS[(value % u64::from(base)) as usize];
        value /= u64::from(base);
    }
    text.extend(digits[start..].iter().map(|digit| char::from(*digit)));
}

/// The integer that `text` is in a base of 2 to 36: digits of either case, after an optional sign. `None`
/// when it is anything else, or larger than integers get.
pub fn parse<H: Heap + ?Sized>(heap: &mut H, text: &[u8], base: u32) -> Option<Term> {
    if !(2..=36).contains(&base) {
        return None;
    }
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let is_digit = |byte: &u8| char::from(*byte).is_digit(base);
    if digits.is_empty() || !digits.iter().all(is_digit) {
        return None;
    }
    let digits = core::str::from_utf8(digits).ok()?;
    if let Ok(value) = u64::from_str_radix(digits, base) {
        return make(heap, negative, &[value]).ok();
    }
    // Each digit stands for at least `ilog2(base)` bits: what is sure to be too large isn't computed.
    let significant = digits.trim_start_matches('0');
    if significant.len().saturating_sub(1) * base.ilog2() as usize > MAX_LIMBS * 64 {
        return None;
    }
    let magnitude = UBig::from_str_radix(significant, base).ok()?;
    make(heap, negative, magnitude.as_words()).ok()
}
