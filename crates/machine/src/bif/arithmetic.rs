//! The operators on numbers as functions, and conversions between the number types.

use brood_term::integer::ArithmeticError;
use brood_term::{Heap, Term, arithmetic, integer};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarith, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "+", 1, plus),
    entry("erlang", "+", 2, add),
    entry("erlang", "-", 1, minus),
    entry("erlang", "-", 2, subtract),
    entry("erlang", "*", 2, multiply),
    entry("erlang", "/", 2, divide),
    entry("erlang", "div", 2, quotient),
    entry("erlang", "rem", 2, remainder),
    entry("erlang", "band", 2, band),
    entry("erlang", "bor", 2, bor),
    entry("erlang", "bxor", 2, bxor),
    entry("erlang", "bnot", 1, bnot),
    entry("erlang", "bsl", 2, bsl),
    entry("erlang", "bsr", 2, bsr),
    entry("erlang", "abs", 1, abs),
    entry("erlang", "float", 1, float),
    entry("erlang", "trunc", 1, trunc),
    entry("erlang", "round", 1, round),
    entry("erlang", "floor", 1, floor),
    entry("erlang", "ceil", 1, ceil),
];

/// How many products of limbs a reduction pays for.
const LIMB_PRODUCTS_PER_REDUCTION: usize = 512;

/// The exception of an operation that has no result.
pub fn arithmetic_error(error: ArithmeticError) -> Control {
    match error {
        ArithmeticError::Badarith => badarith(),
        ArithmeticError::SystemLimit => system_limit(),
    }
}

/// Defines BIFs that apply an operation of `brood_term` to their arguments.
macro_rules! operations {
    ($($name:ident($($index:literal),*) = $operation:path, $error:expr;)*) => {$(
        fn $name(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
            $operation(context.heap(), $(arguments[$index]),*).map_err($error)
        }
    )*};
}

operations! {
    add(0, 1) = arithmetic::add, arithmetic_error;
    minus(0) = arithmetic::neg, arithmetic_error;
    subtract(0, 1) = arithmetic::sub, arithmetic_error;
    divide(0, 1) = arithmetic::divide, arithmetic_error;
    band(0, 1) = integer::band, arithmetic_error;
    bor(0, 1) = integer::bor, arithmetic_error;
    bxor(0, 1) = integer::bxor, arithmetic_error;
    bnot(0) = integer::bnot, arithmetic_error;
    bsl(0, 1) = integer::bsl, arithmetic_error;
    bsr(0, 1) = integer::bsr, arithmetic_error;
    abs(0) = arithmetic::abs, |_| badarg();
    trunc(0) = arithmetic::trunc, |_| badarg();
    round(0) = arithmetic::round, |_| badarg();
    floor(0) = arithmetic::floor, |_| badarg();
    ceil(0) = arithmetic::ceil, |_| badarg();
}

/// Takes reductions for an operation whose time is the product of its operands' sizes.
fn charge_product(context: &mut Context<'_>, arguments: &[Term]) {
    let limbs = |term: Term| term.as_big().map_or(1, |(_, limbs)| limbs.len());
    let products = limbs(arguments[0]).saturating_mul(limbs(arguments[1]));
    context.charge(products / LIMB_PRODUCTS_PER_REDUCTION);
}

fn multiply(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    charge_product(context, arguments);
    arithmetic::mul(context.heap(), arguments[0], arguments[1]).map_err(arithmetic_error)
}

fn quotient(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    charge_product(context, arguments);
    integer::div(context.heap(), arguments[0], arguments[1]).map_err(arithmetic_error)
}

fn remainder(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    charge_product(context, arguments);
    integer::rem(context.heap(), arguments[0], arguments[1]).map_err(arithmetic_error)
}

fn plus(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_number() {
        Ok(arguments[0])
    } else {
        Err(badarith())
    }
}

fn float(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_float() {
        return Ok(arguments[0]);
    }
    let value = arithmetic::to_float(arguments[0]).map_err(|_| badarg())?;
    Ok(context.heap().float(value))
}
