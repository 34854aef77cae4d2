//! Breakpoints and trace frames.

use alloc::vec::Vec;

use brood_term::{Mfa, Term, known};

use super::Interpreter;
use super::bifs::After;
use crate::code::export::Export;
use crate::code::operation::Operation;
use crate::code::stream::{Ip, Return};
use crate::exception::{Class, Exception};
use crate::tracing::call::{Follow, continuation};
use crate::tracing::flags::Flags;
use crate::tracing::pattern::Pattern;

impl Interpreter<'_> {
    /// Does what is to be done when a function with a local breakpoint is called, and gives the operation that the
    /// breakpoint stands for, or where to go on instead.
    #[cold]
    pub(super) fn breakpoint(&mut self, ip: Ip) -> Result<Operation, Ip> {
        let address = ip.address();
        let calls = self.context.process.traced(Flags::CALL).is_some();
        let Some(breakpoint) = self
            .context
            .machine
            .code
            .breakpoints
            .at_mut(address as usize)
        else {
            unreachable!("a breakpoint that is set is in the table");
        };
        let (mfa, original, debug) = (breakpoint.mfa, breakpoint.original, breakpoint.debug);
        if let Some(counter) = breakpoint.count.as_mut().filter(|counter| counter.active) {
            counter.calls += 1;
        }
        let is_timed = calls && breakpoint.time.as_ref().is_some_and(|times| times.active);
        let local = breakpoint.local.clone().filter(|_| calls);
        let meta = breakpoint.meta.clone();
        if let Some(pattern) = local {
            self.trace_call(&mfa, &pattern, None, true);
        }
        if let Some(meta) = meta {
            let follow = self.trace_call(&mfa, &meta.pattern, Some(meta.tracer), true);
            let breakpoints = &mut self.context.machine.code.breakpoints;
            if !follow.tracer_lives
                && let Some(breakpoint) = breakpoints.at_mut(address as usize)
                && let Some(meta) = &mut breakpoint.meta
            {
                meta.tracer = Term::NONE;
            }
        }
        if is_timed {
            self.time_call(address as usize, mfa.arity as usize);
        }
        if debug {
            return Err(self.debug_call(mfa, ip));
        }
        Ok(original)
    }

    /// The error handler of the process gets a call: its `breakpoint/3`, if it has one.
    fn debug_call(&mut self, mfa: Mfa, ip: Ip) -> Ip {
        let handler = Mfa {
            module: self.context.process.error_handler,
            function: self.context.machine.atom("breakpoint"),
            arity: 3,
        };
        let arguments = self.argument_list(mfa.arity as usize);
        let Some(handler) = self.context.machine.code.defined(&handler) else {
            return self.raise(Exception::error(known::UNDEF), Some(ip), None);
        };
        for (register, argument) in [mfa.module, mfa.function, arguments]
            .into_iter()
            .enumerate()
        {
            self.set_x(register, argument);
        }
        self.enter(handler.entry(), handler.mfa.arity as usize)
    }

    /// An export with a global breakpoint is called.
    #[cold]
    pub(super) fn global_breakpoint(&mut self, ip: Ip) -> Ip {
        let export = ip.export(1);
        let calls = self.context.process.traced(Flags::CALL).is_some();
        let pattern = self.context.machine.code.breakpoints.global(&export.mfa);
        if let Some(pattern) = pattern.filter(|_| calls).cloned() {
            self.trace_call(&export.mfa, &pattern, None, false);
        }
        export.code()
    }

    /// Calls a BIF that is traced as a function, so that breakpoints and trace frames find what they find elsewhere. What
    /// follows a tail call is the operation behind it.
    #[cold]
    pub(super) fn call_traced_bif(&mut self, export: &'static Export, ip: Ip, after: After) -> Ip {
        let behind = match after {
            After::Continue(next) => next,
            After::Deallocate(_) => ip.skip(3),
            After::Return => {
                self.push_frame(0, 0, export.mfa.arity as usize);
                ip.skip(3)
            }
        };
        self.set_continuation(behind);
        self.enter(export.entry(), export.mfa.arity as usize)
    }

    fn trace_call(
        &mut self,
        mfa: &Mfa,
        pattern: &Pattern,
        meta: Option<Term>,
        local: bool,
    ) -> Follow {
        let arity = mfa.arity as usize;
        let arguments = self.x_slice(arity);
        let follow = self
            .context
            .trace_call(mfa, arguments, pattern, meta, local);
        let (_, told) = continuation(self.context.process);
        if follow.return_to && !told {
            self.push_trace_frame(Return::To, &[], arity);
        }
        if follow.returns.any() {
            let kind = if follow.returns.exception {
                Return::Exception
            } else {
                Return::Value
            };
            let tracer = meta.unwrap_or(known::TRUE);
            let slots = [mfa.module, mfa.function, Term::small(arity as i64), tracer];
            self.push_trace_frame(kind, &slots, arity);
            self.context.process.trace.exceptions = true;
        }
        follow
    }

    fn time_call(&mut self, function: usize, arity: usize) {
        let before = self.context.start_clock(function);
        if Return::at(self.context.process.cp).is_none() {
            let before = before.map_or(Term::NIL, |address| Term::small(address as i64));
            self.push_trace_frame(Return::Time, &[before], arity);
        }
    }

    /// The current function is to return through a frame with these immediates.
    fn push_trace_frame(&mut self, kind: Return, slots: &[Term], live: usize) {
        self.push_frame(slots.len(), 0, live);
        for (index, &slot) in slots.iter().enumerate() {
            self.set_y(index, slot);
        }
        self.set_continuation(kind.entry());
    }

    /// A traced function returned the value of x0.
    #[cold]
    pub(super) fn return_trace(&mut self, _: Ip) -> Ip {
        let (mfa, tracer) = trace_slots([0, 1, 2, 3].map(|index| self.y(index)));
        let value = self.x(0);
        self.context.trace_return(&mfa, value, tracer);
        self.pop_frame(Return::Value.slots());
        self.take_continuation()
    }

    /// A traced function returned: where to is told.
    #[cold]
    pub(super) fn return_to_trace(&mut self, _: Ip) -> Ip {
        let (address, _) = continuation(self.context.process);
        self.context.trace_return_to(address);
        self.pop_frame(Return::To.slots());
        self.take_continuation()
    }

    /// A function whose time is counted returned.
    #[cold]
    pub(super) fn return_time_trace(&mut self, _: Ip) -> Ip {
        let before = self.y(0).as_usize();
        self.context.resume_clock(before);
        self.pop_frame(Return::Time.slots());
        self.take_continuation()
    }

    /// An exception is about to drop frames: those among them that are trace frames tell of it.
    #[cold]
    pub(super) fn trace_unwind(&mut self, class: Class, reason: Term) {
        let process = &*self.context.process;
        let words = process.heap.stack_words();
        let mut ended = Vec::new();
        let mut return_to = None;
        let mut told = false;
        let mut caught = false;
        // A frame: where its function returns to, its slots, and where the next one starts.
        let mut next = 0;
        let mut address = process.cp;
        loop {
            if !address.is_null() {
                match Return::at(address) {
                    Some(Return::Exception) => {
                        if let Some(&[_, a, b, c, d]) = words[next..].first_chunk() {
                            ended.push(trace_slots([a, b, c, d]));
                        }
                    }
                    Some(Return::Value | Return::Time | Return::Record) => {}
                    Some(Return::To) => {
                        told = true;
                        return_to = None;
                    }
                    None => {
                        return_to = core::mem::take(&mut told).then_some(address);
                    }
                }
            }
            let Some(word) = words.get(next) else {
                break;
            };
            address = word.raw() as *const u64;
            let slots = &words[next + 1..];
            let size = slots.iter().position(|word| word.is_header());
            let slots = &slots[..size.unwrap_or(slots.len())];
            if slots.iter().any(|word| word.is_catch()) {
                caught = true;
                break;
            }
            next += 1 + slots.len();
        }
        let (class, reason) = if class == Class::Throw && !caught {
            let reason = brood_term::Heap::tuple(self.context.heap(), &[known::NOCATCH, reason]);
            (Class::Error, reason)
        } else {
            (class, reason)
        };
        for (mfa, tracer) in ended {
            self.context.trace_exception(&mfa, class, reason, tracer);
        }
        if let Some(address) = return_to.filter(|_| caught) {
            self.context.trace_return_to(address);
        }
    }
}

/// What a trace frame of a return or exception has.
fn trace_slots([module, function, arity, tracer]: [Term; 4]) -> (Mfa, Term) {
    let arity = arity.as_usize().unwrap_or(0) as u32;
    (
        Mfa {
            module,
            function,
            arity,
        },
        tracer,
    )
}
