//! Arithmetic in floating-point registers.

use brood_term::{Heap, arithmetic};

use super::Interpreter;
use crate::code::stream::Ip;

impl Interpreter<'_> {
    pub(super) fn float_load(&mut self, ip: Ip) -> Ip {
        let value = self.source_at(ip, 1).as_float().unwrap_or(0.0);
        self.set_float(ip.a(), value);
        ip.skip(2)
    }

    pub(super) fn float_store(&mut self, ip: Ip) -> Ip {
        let value = self.float(ip.a());
        let term = self.context.heap().float(value);
        self.set_register(ip.b(), term);
        ip.skip(1)
    }

    pub(super) fn float_copy(&mut self, ip: Ip) -> Ip {
        self.set_float(ip.b(), self.float(ip.a()));
        ip.skip(1)
    }

    pub(super) fn float_convert(&mut self, ip: Ip) -> Ip {
        match arithmetic::to_float(self.source_at(ip, 1)) {
            Ok(value) => {
                self.set_float(ip.a(), value);
                ip.skip(2)
            }
            Err(_) => self.badarith(ip),
        }
    }

    #[inline(always)]
    fn float_operation(&mut self, ip: Ip, operation: fn(f64, f64) -> f64) -> Ip {
        let value = operation(self.float(ip.a()), self.float(ip.b()));
        if !value.is_finite() {
            return self.badarith(ip);
        }
        self.set_float(ip.c(), value);
        ip.skip(1)
    }

    pub(super) fn float_add(&mut self, ip: Ip) -> Ip {
        self.float_operation(ip, |a, b| a + b)
    }

    pub(super) fn float_subtract(&mut self, ip: Ip) -> Ip {
        self.float_operation(ip, |a, b| a - b)
    }

    pub(super) fn float_multiply(&mut self, ip: Ip) -> Ip {
        self.float_operation(ip, |a, b| a * b)
    }

    pub(super) fn float_divide(&mut self, ip: Ip) -> Ip {
        self.float_operation(ip, |a, b| a / b)
    }

    pub(super) fn float_negate(&mut self, ip: Ip) -> Ip {
        self.set_float(ip.b(), -self.float(ip.a()));
        ip.skip(1)
    }
}
