//! Arithmetic on small integers in place; all else is left to the BIFs.

use brood_term::Term;

use super::Interpreter;
use crate::code::stream::Ip;

macro_rules! arithmetic {
    ($($handler:ident: $operation:ident($a:ident, $b:ident) $set:ident;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $handler(&mut self, ip: Ip) -> Ip {
                    let (a, b) = (self.$a(ip, 4), self.$b(ip, 5));
                    match a.$operation(b) {
                        Some(result) => {
                            self.$set(ip.a(), result);
                            ip.skip(6)
                        }
                        None => self.slow_arithmetic(ip, a, b),
                    }
                }
            )*
        }
    };
}

arithmetic! {
    add: add_small(source_at, source_at) set_register;
    add_xx: add_small(x_at, x_at) set_x_register;
    add_xs: add_small(x_at, constant_at) set_x_register;
    add_yx: add_small(y_at, x_at) set_x_register;
    add_ys: add_small(y_at, constant_at) set_x_register;
    subtract: subtract_small(source_at, source_at) set_register;
    subtract_xx: subtract_small(x_at, x_at) set_x_register;
    subtract_xs: subtract_small(x_at, constant_at) set_x_register;
    subtract_ys: subtract_small(y_at, constant_at) set_x_register;
    multiply: multiply_small(source_at, source_at) set_register;
    multiply_xx: multiply_small(x_at, x_at) set_x_register;
    quotient: divide_small(source_at, source_at) set_register;
    quotient_xs: divide_small(x_at, constant_at) set_x_register;
    remainder: remainder_small(source_at, source_at) set_register;
    remainder_xx: remainder_small(x_at, x_at) set_x_register;
    remainder_xs: remainder_small(x_at, constant_at) set_x_register;
    band: and_small(source_at, source_at) set_register;
    band_xs: and_small(x_at, constant_at) set_x_register;
    bor: or_small(source_at, source_at) set_register;
    bxor: xor_small(source_at, source_at) set_register;
    bsl: shift_left_small(source_at, source_at) set_register;
    bsl_xs: shift_left_small(x_at, constant_at) set_x_register;
    bsr: shift_right_small(source_at, source_at) set_register;
    bsr_xs: shift_right_small(x_at, constant_at) set_x_register;
}

impl Interpreter<'_> {
    #[inline(never)]
    fn slow_arithmetic(&mut self, ip: Ip, a: Term, b: Term) -> Ip {
        self.guard_bif(ip, ip.word(1) & 0xffff, &[a, b])
    }
}
