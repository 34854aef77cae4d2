//! Calls of BIFs.

use brood_term::{Term, known};

use super::Interpreter;
use crate::bif::Bif;
use crate::code::export::Export;
use crate::code::stream::Ip;
use crate::exception::{Control, Exception, Trace};
use crate::tracing::saved_calls::Saved;

/// What follows a call.
#[derive(Clone, Copy)]
pub(super) enum After {
    /// The operation at this address.
    Continue(Ip),
    /// A return after deallocating so many slots.
    Deallocate(usize),
    /// A return; there is no frame.
    Return,
}

impl Interpreter<'_> {
    /// Prepares the stack for a call that is followed by `after`.
    #[inline(always)]
    pub(super) fn leave(&mut self, after: After) {
        match after {
            After::Continue(next) => self.set_continuation(next),
            After::Deallocate(slots) => self.pop_frame(slots),
            After::Return => {}
        }
    }

    /// Calls a BIF with the arguments in X registers. `at` is the operation, `pc` where an exception is raised.
    #[inline(always)]
    pub(super) fn bif_call(
        &mut self,
        bif: Option<Bif>,
        export: &'static Export,
        at: Ip,
        pc: Option<Ip>,
        after: After,
    ) -> Ip {
        let Some(bif) = bif else {
            return self.missing_bif(export, at);
        };
        self.context.process.ip = at.address();
        self.context.process.fuel -= 1;
        if self.context.process.fuel <= 0 {
            self.context.process.save_call(Saved::Call(&export.mfa));
        }
        let arguments = self.x_slice(export.mfa.arity as usize);
        match bif(&mut self.context, arguments) {
            Ok(value) => {
                self.set_x(0, value);
                if self.context.process.heap.wants_collection() {
                    self.collect(0, 1);
                }
                if let Some(end) = self.look_around() {
                    return end;
                }
                match after {
                    After::Continue(next) => next,
                    After::Deallocate(slots) => {
                        self.pop_frame(slots);
                        self.take_continuation()
                    }
                    After::Return => self.take_continuation(),
                }
            }
            Err(control) => {
                if let Some(end) = self.look_around() {
                    return end;
                }
                self.control(control, export, at, pc, after)
            }
        }
    }

    /// Delivers signals that the BIF sent, and looks whether the process itself is to end.
    #[inline(always)]
    fn look_around(&mut self) -> Option<Ip> {
        if !self.context.machine.signals.is_empty() {
            self.context.deliver_signals();
        }
        if self.context.process.pending_exit.is_some() {
            let reason = self.context.process.pending_exit.take()?;
            return Some(self.exit(reason));
        }
        None
    }

    #[inline(always)]
    pub(super) fn call_bif(&mut self, ip: Ip) -> Ip {
        self.call_bif_or_traced(ip, After::Continue(ip.skip(3)))
    }

    pub(super) fn call_bif_last(&mut self, ip: Ip) -> Ip {
        self.call_bif_or_traced(ip, After::Deallocate(ip.b()))
    }

    pub(super) fn call_bif_only(&mut self, ip: Ip) -> Ip {
        self.call_bif_or_traced(ip, After::Return)
    }

    #[inline(always)]
    fn call_bif_or_traced(&mut self, ip: Ip, after: After) -> Ip {
        let export = ip.export(2);
        if export.is_traced() {
            return self.call_traced_bif(export, ip, after);
        }
        self.bif_call(ip.bif(1), export, ip, Some(ip), after)
    }

    pub(super) fn bif_stub(&mut self, ip: Ip) -> Ip {
        self.bif_call(ip.bif(1), ip.export(2), ip, None, After::Return)
    }

    pub(super) fn send(&mut self, ip: Ip) -> Ip {
        self.bif_call(
            ip.bif(1),
            ip.export(2),
            ip,
            Some(ip),
            After::Continue(ip.skip(3)),
        )
    }

    #[cold]
    fn missing_bif(&mut self, export: &'static Export, ip: Ip) -> Ip {
        let trace = Trace::Function {
            mfa: export.mfa,
            arguments: Term::NONE,
        };
        self.raise(
            Exception {
                trace,
                ..Exception::error(known::UNDEF)
            },
            Some(ip),
            None,
        )
    }

    /// Calls a guard BIF.
    #[inline(always)]
    pub(super) fn bif(&mut self, ip: Ip) -> Ip {
        let counts = ip.word(1);
        let (live, count) = (counts & 0xffff, (counts >> 16 & 0xffff) as usize);
        let mut arguments = [Term::NIL; 3];
        for (index, argument) in arguments[..count].iter_mut().enumerate() {
            *argument = self.source_at(ip, 4 + index);
        }
        self.guard_bif(ip, live, &arguments[..count])
    }

    #[inline(always)]
    pub(super) fn guard_bif(&mut self, ip: Ip, live: u64, arguments: &[Term]) -> Ip {
        let export = ip.export(3);
        let Some(bif) = ip.bif(2) else {
            return self.missing_bif(export, ip);
        };
        match bif(&mut self.context, arguments) {
            Ok(value) => {
                let value = self.keep(value, live);
                self.set_register(ip.a(), value);
                ip.skip(4 + arguments.len())
            }
            Err(_) if ip.has_label() => ip.label(),
            Err(control) => {
                let exception = match control {
                    Control::Raise(exception) => exception,
                    // No guard BIF ends in another way.
                    _ => Exception::error(known::BADARG),
                };
                self.context.process.ip = ip.address();
                let unnamed = ip.word(1) >> 32 != 0;
                self.raise(
                    exception,
                    Some(ip),
                    (!unnamed).then_some((export, arguments)),
                )
            }
        }
    }
}
