//! Raising and catching.

use brood_term::{Heap, Term, known};

use super::Interpreter;
use crate::code::export::Export;
use crate::code::stream::Ip;
use crate::exception::{Class, Exception};
use crate::stack_trace::{self, Origin};
use crate::tracing::flags::Flags;

impl Interpreter<'_> {
    /// Raises an exception at `pc` (none if it is not in code), in a BIF called with arguments if it is given.
    #[inline(never)]
    pub(super) fn raise(
        &mut self,
        exception: Exception,
        pc: Option<Ip>,
        bif: Option<(&'static Export, &[Term])>,
    ) -> Ip {
        let origin = Origin {
            pc: pc.map(Ip::address),
            bif,
        };
        let raw = stack_trace::raw(&mut self.context, &exception, origin);
        self.handle(exception.class, exception.reason, raw)
    }

    /// Goes to the innermost handler, or ends the process.
    fn handle(&mut self, class: Class, reason: Term, raw: Term) -> Ip {
        let trace = &self.context.process.trace;
        if trace.exceptions || trace.settings.flags.has(Flags::RETURN_TO) {
            self.trace_unwind(class, reason);
        }
        match self.unwind() {
            Some(handler) => {
                self.set_x(0, Term::NONE);
                self.set_x(1, class.atom());
                self.set_x(2, reason);
                self.set_x(3, raw);
                handler
            }
            None => {
                let reason = stack_trace::uncaught(&mut self.context, class, reason, raw);
                self.exit(reason)
            }
        }
    }

    #[inline(always)]
    pub(super) fn catch(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.a(), self.source_at(ip, 1));
        ip.skip(2)
    }

    pub(super) fn catch_end(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.a(), Term::NIL);
        if self.x(0).is_none() {
            let (class, reason, raw) = (self.x(1), self.x(2), self.x(3));
            let value = match Class::from_atom(class) {
                Some(Class::Throw) => reason,
                Some(Class::Error) => {
                    let list = stack_trace::build(&mut self.context, raw);
                    let reason = self.context.heap().tuple(&[reason, list]);
                    self.context.heap().tuple(&[known::EXIT_UPPER, reason])
                }
                _ => self.context.heap().tuple(&[known::EXIT_UPPER, reason]),
            };
            self.set_x(0, value);
            self.ensure(0, 1);
        }
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn try_end(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.a(), Term::NIL);
        ip.skip(1)
    }

    pub(super) fn try_case(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.a(), Term::NIL);
        if self.x(0).is_none() {
            for index in 0..3 {
                self.set_x(index, self.x(index + 1));
            }
        } else {
            // Behind a `raw_raise` that didn't raise, which the compiler knew would not happen.
            self.set_x(1, Term::NIL);
            self.set_x(2, Term::NIL);
        }
        ip.skip(1)
    }

    #[cold]
    pub(super) fn raise_value(&mut self, ip: Ip) -> Ip {
        let (tag, value) = (self.source_at(ip, 1), self.source_at(ip, 2));
        let exception = Exception::error_tuple(self.context.heap(), tag, value);
        self.raise(exception, Some(ip), None)
    }

    #[cold]
    pub(super) fn if_end(&mut self, ip: Ip) -> Ip {
        self.raise(Exception::error(known::IF_CLAUSE), Some(ip), None)
    }

    #[cold]
    pub(super) fn badarith(&mut self, ip: Ip) -> Ip {
        self.raise(Exception::error(known::BADARITH), Some(ip), None)
    }

    pub(super) fn raise_again(&mut self, class: Class, reason: Term, raw: Term) -> Ip {
        let raw = stack_trace::with_class(&mut self.context, class, raw);
        self.handle(class, reason, raw)
    }

    #[inline(never)]
    pub(super) fn re_raise(&mut self, ip: Ip) -> Ip {
        let (raw, reason) = (self.source_at(ip, 1), self.source_at(ip, 2));
        let class = stack_trace::class_of(raw);
        self.raise_again(class, reason, raw)
    }

    #[inline(never)]
    pub(super) fn raw_raise(&mut self, ip: Ip) -> Ip {
        let (class, reason, raw) = (self.x(0), self.x(1), self.x(2));
        match Class::from_atom(class) {
            Some(class) => self.raise_again(class, reason, raw),
            None => {
                self.set_x(0, known::BADARG);
                ip.skip(1)
            }
        }
    }

    pub(super) fn build_stacktrace(&mut self, ip: Ip) -> Ip {
        let raw = self.x(0);
        let list = stack_trace::build(&mut self.context, raw);
        self.set_x(0, list);
        self.ensure(0, 1);
        ip.skip(1)
    }
}
