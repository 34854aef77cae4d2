//! Functions of the module `math`. The values are those of `libm`: at times they differ from those of the C library
//! under stock Erlang in the last place, those of `erfc` and `tanh` by up to three units in it.

use brood_term::{Term, arithmetic};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarith};

pub(super) const TABLE: &[Entry] = &[
    entry("math", "sin", 1, sin),
    entry("math", "cos", 1, cos),
    entry("math", "tan", 1, tan),
    entry("math", "asin", 1, asin),
    entry("math", "acos", 1, acos),
    entry("math", "atan", 1, atan),
    entry("math", "atan2", 2, atan2),
    entry("math", "sinh", 1, sinh),
    entry("math", "cosh", 1, cosh),
    entry("math", "tanh", 1, tanh),
    entry("math", "asinh", 1, asinh),
    entry("math", "acosh", 1, acosh),
    entry("math", "atanh", 1, atanh),
    entry("math", "exp", 1, exp),
    entry("math", "log", 1, log),
    entry("math", "log2", 1, log2),
    entry("math", "log10", 1, log10),
    entry("math", "pow", 2, pow),
    entry("math", "sqrt", 1, sqrt),
    entry("math", "erf", 1, erf),
    entry("math", "erfc", 1, erfc),
    entry("math", "floor", 1, floor),
    entry("math", "ceil", 1, ceil),
    entry("math", "fmod", 2, fmod),
];

/// The value of a number; one that is too large for a float is `badarith`.
fn operand(term: Term) -> Result<f64, Control> {
    if !term.is_number() {
        return Err(badarg());
    }
    arithmetic::to_float(term).map_err(|_| badarith())
}

/// Defines BIFs on floats: a result that is not finite is `badarith`.
macro_rules! functions {
    ($($name:ident($($index:literal),*) = $function:path;)*) => {$(
        fn $name(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
            let value = $function($(operand(arguments[$index])?),*);
            arithmetic::float(context.heap(), value).map_err(|_| badarith())
        }
    )*};
}

functions! {
    sin(0) = libm::sin;
    cos(0) = libm::cos;
    tan(0) = libm::tan;
    asin(0) = libm::asin;
    acos(0) = libm::acos;
    atan(0) = libm::atan;
    atan2(0, 1) = libm::atan2;
    sinh(0) = libm::sinh;
    cosh(0) = libm::cosh;
    tanh(0) = libm::tanh;
    asinh(0) = libm::asinh;
    acosh(0) = libm::acosh;
    atanh(0) = libm::atanh;
    exp(0) = libm::exp;
    log(0) = libm::log;
    log2(0) = libm::log2;
    log10(0) = libm::log10;
    pow(0, 1) = libm::pow;
    sqrt(0) = libm::sqrt;
    erf(0) = libm::erf;
    erfc(0) = libm::erfc;
    floor(0) = libm::floor;
    ceil(0) = libm::ceil;
    fmod(0, 1) = libm::fmod;
}
