//! What is told of a process when it gets the core and when it loses it, and when it ends.

use brood_term::{Mfa, Term, known};

use super::events::{Emitter, Event};
use super::flags::Flags;
use crate::code::operation::Operation;
use crate::code::stream::Ip;
use crate::context::Context;
use crate::interpreter::SliceEnd;
use crate::machine::Machine;
use crate::process::Process;

/// A slice of a process that is watched.
#[derive(Debug)]
pub struct Slice {
    began_ns: u64,
    began_in: Option<Mfa>,
}

impl Machine {
    /// The function that a process that does not run is in, or is about to call; a BIF that was interrupted.
    pub fn function_of(&self, process: &Process) -> Option<Mfa> {
        if process.trap.is_some() {
            // SAFETY: as below.
            let ip = unsafe { Ip::new(process.ip) };
            if let Some(bif) = ip.called_bif() {
                return Some(bif.mfa);
            }
        }
        if let Some(place) = self.code.place(process.ip) {
            return Some(place.mfa);
        }
        // SAFETY: `ip` is set to an operation by `prepare_call` and whenever a slice ends.
        let ip = unsafe { Ip::new(process.ip) };
        match ip.operation() {
            Operation::CallExportStub | Operation::GlobalBreakpoint => Some(ip.export(1).mfa),
            Operation::BifStub => Some(ip.export(2).mfa),
            _ => None,
        }
    }

    /// A process gets the core.
    #[inline(always)]
    pub fn slice_begins(&mut self, process: &mut Process) -> Option<Slice> {
        if process.trace.settings.tracer.is_none() && self.tracing.monitor.is_none() {
            return None;
        }
        Some(self.watched_slice_begins(process))
    }

    #[cold]
    fn watched_slice_begins(&mut self, process: &mut Process) -> Slice {
        let began_in = self.function_of(process);
        let pid = process.pid;
        let mut context = Context {
            machine: self,
            process,
        };
        context.emitter().check_tracer(pid);
        if let Some(tracee) = context.process.traced(RUNNING) {
            context.emitter().scheduled(tracee, known::IN, began_in);
        }
        if context.process.traced(Flags::CALL).is_some() {
            context.continue_clock();
        }
        Slice {
            began_ns: self.monotonic_ns(),
            began_in,
        }
    }

    /// A process that was watched loses the core.
    #[cold]
    pub fn slice_ends(&mut self, slice: &Slice, process: &mut Process, end: &SliceEnd) {
        let took = self.monotonic_ns().saturating_sub(slice.began_ns);
        let ended_in = self.function_of(process);
        let is_long = self.long_schedule_ns().is_some_and(|limit| took > limit);
        let mut context = Context {
            machine: self,
            process,
        };
        if is_long {
            let pid = context.process.pid;
            let places = [slice.began_in, ended_in];
            context.emitter().report_long_schedule(pid, took, places);
        }
        context.stop_clock();
        if matches!(end, SliceEnd::Exit(_)) {
            return;
        }
        if let Some(tracee) = context.process.traced(RUNNING) {
            context.emitter().scheduled(tracee, known::OUT, ended_in);
        }
    }
}

const RUNNING: Flags = Flags::RUNNING.with(Flags::RUNNING_PROCS);

impl Emitter<'_> {
    /// A process that is out of the table ends.
    #[inline(always)]
    pub fn process_ends(&mut self, process: &Process, reason: Term) {
        if !process.trace.settings.tracer.is_none() {
            self.traced_process_ends(process, reason);
        }
    }

    #[cold]
    fn traced_process_ends(&mut self, process: &Process, reason: Term) {
        if let Some(tracee) = process.traced(Flags::PROCS) {
            self.emit(tracee, Event::new(known::EXIT, reason));
            if let Some(name) = process.registered_name {
                self.emit(tracee, Event::new(known::UNREGISTER, name));
            }
        }
        if let Some(tracee) = process.traced(Flags::EXITING) {
            self.scheduled(tracee, known::OUT_EXITED, None);
        }
    }
}
