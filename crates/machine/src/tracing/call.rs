//! Traced calls: what is told when one begins, returns or fails, and the time it takes.
//!
//! A call whose end is of interest has a *trace frame* on the stack, between the function's frame and its caller's: the
//! function returns to an operation that belongs to no module ([`Return`]), which finds in the frame what it needs, tells
//! of it, and returns to the caller.

use alloc::boxed::Box;
use alloc::vec::Vec;

use brood_term::heap::Chunks;
use brood_term::{Heap, Mfa, Term, known};

use super::action::Returns;
use super::events::{Event, mfa_term};
use super::flags::Flags;
use super::pattern::Pattern;
use super::{Settings, Tracee};
use crate::bits;
use crate::code::breakpoint::Clock;
use crate::code::stream::{Return, process_end};
use crate::context::Context;
use crate::exception::Class;
use crate::process::Process;

/// What follows from telling of a call.
#[derive(Clone, Copy, Debug)]
pub struct Follow {
    /// What is to be told of its end.
    pub returns: Returns,
    /// Whether to tell where it returns to.
    pub return_to: bool,
    /// Whether the tracer is still there.
    pub tracer_lives: bool,
}

impl Follow {
    const NOTHING: Follow = Follow {
        returns: Returns::NONE,
        return_to: false,
        tracer_lives: true,
    };
}

/// Where a process goes on when the current function and all trace frames under it have returned, and whether one of
/// those tells of it.
pub fn continuation(process: &Process) -> (*const u64, bool) {
    let words = process.heap.stack_words();
    let mut frames = words
        .iter()
        .enumerate()
        .filter(|(_, word)| word.is_header())
        .map(|(_, word)| word.raw() as *const u64);
    let mut address = if process.cp.is_null() {
        frames.next().unwrap_or_else(|| process_end().address())
    } else {
        process.cp
    };
    let mut told = false;
    while let Some(kind) = Return::at(address) {
        told |= kind == Return::To;
        match frames.next() {
            Some(next) => address = next,
            None => break,
        }
    }
    (address, told)
}

/// The address of the call that the running function was called by: in a function that knows its caller's frame.
pub fn caller_address(process: &Process) -> Option<*const u64> {
    let (address, _) = continuation(process);
    // The call is before the place to return to.
    (address != process_end().address()).then(|| address.wrapping_sub(1))
}

impl Context<'_> {
    /// Arguments as Erlang code may see them: what is left to match is a bitstring.
    fn shown(&mut self, arguments: &[Term]) -> Vec<Term> {
        arguments
            .iter()
            .map(|&term| match bits::Context::of(term) {
                Some(matched) => bits::get_tail(self.heap(), matched),
                None => term,
            })
            .collect()
    }

    /// A traced function is called: by name or (`local`) in any way, with a tracer of its own (`meta`) or that of the
    /// process.
    pub fn trace_call(
        &mut self,
        mfa: &Mfa,
        arguments: &[Term],
        pattern: &Pattern,
        meta: Option<Term>,
        local: bool,
    ) -> Follow {
        let pid = self.process.pid;
        let settings = match meta {
            Some(_) if self.process.sensitive => return Follow::NOTHING,
            Some(tracer) => {
                if tracer.is_none() || !self.emitter().is_alive(tracer) {
                    return Follow {
                        tracer_lives: false,
                        ..Follow::NOTHING
                    };
                }
                let flags = Flags::CALL.with(Flags::TIMESTAMP);
                Settings { flags, tracer }
            }
            None if !self.emitter().check_tracer(pid) => return Follow::NOTHING,
            None => self.process.trace.settings,
        };
        let tracer = settings.tracer;
        if tracer == pid {
            return Follow::NOTHING;
        }
        let arguments = self.shown(arguments);
        let mut scratch = Pattern::scratch();
        let outcome = pattern.run(&mut self.emitter(), pid, &arguments, &mut scratch, false);
        let returns = outcome.returns;
        let mut return_to = false;
        let mut flags = settings.flags;
        if meta.is_none() {
            flags = self.process.trace.settings.flags;
            if flags.has(Flags::SILENT) {
                return Follow::NOTHING;
            }
            return_to = local && flags.has(Flags::RETURN_TO);
        }
        let follow = Follow {
            returns,
            return_to,
            tracer_lives: true,
        };
        if !outcome.wants_message() {
            return Follow {
                return_to: false,
                ..follow
            };
        }
        let shown = if flags.has(Flags::ARITY) {
            Term::small(arguments.len() as i64)
        } else {
            scratch.list(&arguments)
        };
        let call = scratch.tuple(&[mfa.module, mfa.function, shown]);
        let settings = Settings { flags, tracer };
        self.emitter().send(
            Tracee { pid, settings },
            Event {
                result: outcome.result,
                ..Event::new(known::CALL, call)
            },
        );
        follow
    }

    /// A traced function ended: `tracer` is that of meta tracing, or `true` for that of the process.
    fn trace_end(&mut self, mfa: &Mfa, tag: Term, value: Term, tracer: Term) {
        let settings = if tracer == known::TRUE {
            let settings = self.process.trace.settings;
            if settings.tracer.is_none() || !settings.flags.has(Flags::CALL) {
                return;
            }
            settings
        } else {
            let flags = Flags::CALL.with(Flags::TIMESTAMP);
            Settings { flags, tracer }
        };
        let pid = self.process.pid;
        let mut words = Chunks::new();
        let function = mfa_term(&mut words, mfa);
        self.emitter()
            .send(Tracee { pid, settings }, Event::with(tag, function, value));
    }

    /// A traced function returned.
    pub fn trace_return(&mut self, mfa: &Mfa, value: Term, tracer: Term) {
        self.trace_end(mfa, known::RETURN_FROM, value, tracer);
    }

    /// A traced function ended by an exception.
    pub fn trace_exception(&mut self, mfa: &Mfa, class: Class, reason: Term, tracer: Term) {
        let mut words = Chunks::new();
        let exception = words.tuple(&[class.atom(), reason]);
        self.trace_end(mfa, known::EXCEPTION_FROM, exception, tracer);
    }

    /// A traced function returned, or an exception was caught, so that the process goes on at an address.
    pub fn trace_return_to(&mut self, address: *const u64) {
        let Some(tracee) = self.process.traced(Flags::RETURN_TO) else {
            return;
        };
        let mut words = Chunks::new();
        let place = self.machine.code.place(address.wrapping_sub(1));
        let function = place.map_or(known::UNDEFINED, |place| mfa_term(&mut words, &place.mfa));
        self.emitter()
            .send(tracee, Event::new(known::RETURN_TO, function));
    }

    /// A function whose time is counted is called. Gives the one whose time ran until now.
    pub fn start_clock(&mut self, function: usize) -> Option<usize> {
        let now = self.machine.monotonic_ns();
        let pid = self.process.pid;
        let clock = self.process.trace.clock.get_or_insert_with(|| {
            Box::new(Clock {
                function: None,
                since: now,
            })
        });
        let before = core::mem::replace(
            &mut **clock,
            Clock {
                function: Some(function),
                since: now,
            },
        );
        self.count_time(pid, before, now, 0);
        let started = Clock {
            function: Some(function),
            since: now,
        };
        self.count_time(pid, started, now, 1);
        before.function
    }

    /// Such a function returned: the time of `function` runs on.
    pub fn resume_clock(&mut self, function: Option<usize>) {
        let now = self.machine.monotonic_ns();
        let pid = self.process.pid;
        let since = Clock {
            function,
            since: now,
        };
        if let Some(clock) = &mut self.process.trace.clock {
            let before = core::mem::replace(&mut **clock, since);
            self.count_time(pid, before, now, 0);
        }
    }

    /// The process loses the core: time stands still.
    pub fn stop_clock(&mut self) {
        let pid = self.process.pid;
        if let Some(clock) = self.process.trace.clock.as_deref().copied()
            && self.process.traced(Flags::CALL).is_some()
        {
            let now = self.machine.monotonic_ns();
            self.count_time(pid, clock, now, 0);
        }
    }

    /// The process gets the core.
    pub fn continue_clock(&mut self) {
        if let Some(clock) = &mut self.process.trace.clock {
            clock.since = self.machine.monotonic_ns();
        }
    }

    /// Adds time since a clock was set, and calls, if its function's time is still counted.
    fn count_time(&mut self, pid: Term, clock: Clock, now: u64, calls: u64) {
        let Some(function) = clock.function else {
            return;
        };
        let breakpoint = self.machine.code.breakpoints.at_mut(function);
        if let Some(times) = breakpoint.and_then(|breakpoint| breakpoint.time.as_mut()) {
            times.add(pid, calls, now.saturating_sub(clock.since));
        }
    }
}
