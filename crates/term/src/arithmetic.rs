//! Operations on numbers of either type: integers and floats.
//!
//! An operation on an integer and a float is one on floats. A result that no finite float is near is
//! [`ArithmeticError::Badarith`], as is an operand that is no number.

use crate::heap::Heap;
use crate::integer::{self, ArithmeticError, Result};
use crate::term::Term;

/// `a + b`.
#[inline(always)]
pub fn add<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    if a.both_small(b) {
        // Two 60-bit integers: their sum fits 61 bits.
        return Ok(heap.integer(a.small_value() + b.small_value()));
    }
    mixed(heap, a, b, |a, b| a + b, integer::add)
}

/// `a - b`.
#[inline(always)]
pub fn sub<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    if a.both_small(b) {
        return Ok(heap.integer(a.small_value() - b.small_value()));
    }
    mixed(heap, a, b, |a, b| a - b, integer::sub)
}

/// `a * b`.
#[inline(always)]
pub fn mul<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    if a.both_small(b)
        && let Some(product) = a.small_value().checked_mul(b.small_value())
    {
        return Ok(heap.integer(product));
    }
    mixed(heap, a, b, |a, b| a * b, integer::mul)
}

#[inline(never)]
fn mixed<H: Heap + ?Sized>(
    heap: &mut H,
    a: Term,
    b: Term,
    of_floats: fn(f64, f64) -> f64,
    of_integers: fn(&mut H, Term, Term) -> Result,
) -> Result {
    if a.is_float() || b.is_float() {
        let value = of_floats(to_float(a)?, to_float(b)?);
        float(heap, value)
    } else {
        of_integers(heap, a, b)
    }
}

/// `a / b`: always a float.
pub fn divide<H: Heap + ?Sized>(heap: &mut H, a: Term, b: Term) -> Result {
    let (a, b) = (to_float(a)?, to_float(b)?);
    // Division by zero is neither finite.
    float(heap, a / b)
}

/// `-a`.
#[inline]
pub fn neg<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    match (a.as_small(), a.as_float()) {
        (Some(value), _) => Ok(heap.integer(-value)),
        (_, Some(value)) => float(heap, -value),
        _ => integer::neg(heap, a),
    }
}

/// `abs(a)`. Minus zero stays what it is, as in OTP before 27.
pub fn abs<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    match a.as_float() {
        Some(value) if value < 0.0 => float(heap, -value),
        Some(_) => Ok(a),
        None => integer::abs(heap, a),
    }
}

/// The value of a number as a float; `Badarith` when it is too large or no number.
#[inline]
pub fn to_float(term: Term) -> Result<f64> {
    term.as_float()
        .or_else(|| integer::to_float(term))
        .ok_or(ArithmeticError::Badarith)
}

/// The float `value`, if it is finite.
#[inline]
pub fn float<H: Heap + ?Sized>(heap: &mut H, value: f64) -> Result {
    if value.is_finite() {
        Ok(heap.float(value))
    } else {
        Err(ArithmeticError::Badarith)
    }
}

/// `trunc(a)`: the integer towards zero.
pub fn trunc<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    whole(heap, a, |value| value)
}

/// `round(a)`: the nearest integer, halves away from zero.
pub fn round<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    whole(heap, a, libm::round)
}

/// `floor(a)`: the integer towards minus infinity.
pub fn floor<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    whole(heap, a, libm::floor)
}

/// `ceil(a)`: the integer towards infinity.
pub fn ceil<H: Heap + ?Sized>(heap: &mut H, a: Term) -> Result {
    whole(heap, a, libm::ceil)
}

fn whole<H: Heap + ?Sized>(heap: &mut H, a: Term, rounding: fn(f64) -> f64) -> Result {
    match a.as_float() {
        Some(value) => integer::from_float(heap, rounding(value)),
        None if a.is_integer() => Ok(a),
        None => Err(ArithmeticError::Badarith),
    }
}
