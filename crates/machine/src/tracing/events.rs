//! Trace messages, and sending them.

use brood_term::copy::copy;
use brood_term::{Heap, LiteralArea, Mfa, Term, known};

use super::flags::Flags;
use super::pattern::Outcome;
use super::sequential::Carried;
use super::{Settings, Tracee};
use crate::context::Context;
use crate::machine::Machine;
use crate::process::{Process, State};

/// The most parts that a trace message has.
const MOST_PARTS: usize = 8;

/// The machine, and the process that runs, if one does: what it takes to send a message to any process.
#[derive(Debug)]
pub struct Emitter<'a> {
    /// The machine.
    pub machine: &'a mut Machine,
    /// The process that is out of the table.
    pub running: Option<&'a mut Process>,
}

/// What a trace message says. Terms may be anywhere: they are copied.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// What happened.
    pub tag: Term,
    /// What it happened to.
    pub data: Term,
    /// More of it, or [`Term::NONE`].
    pub extra: Term,
    /// What a match specification had to say, or [`known::TRUE`].
    pub result: Term,
}

impl Event {
    /// An event with one piece of data.
    pub fn new(tag: Term, data: Term) -> Event {
        Event {
            tag,
            data,
            extra: Term::NONE,
            result: known::TRUE,
        }
    }

    /// An event with two pieces of data.
    pub fn with(tag: Term, data: Term, extra: Term) -> Event {
        Event {
            extra,
            ..Event::new(tag, data)
        }
    }
}

/// The time of a message.
#[derive(Clone, Copy, Debug)]
pub enum Stamp {
    /// Three integers, from microseconds.
    Triple(i64),
    /// Nanoseconds.
    Monotonic(i64),
    /// Nanoseconds, and an integer that tells the order.
    Strict(i64, u64),
}

impl Stamp {
    /// The stamp as a term.
    pub fn build<H: Heap + ?Sized>(self, heap: &mut H) -> Term {
        match self {
            Stamp::Triple(microseconds) => {
                let parts = [
                    microseconds / 1_000_000_000_000,
                    microseconds / 1_000_000 % 1_000_000,
                    microseconds % 1_000_000,
                ];
                heap.tuple(&parts.map(Term::small))
            }
            Stamp::Monotonic(nanoseconds) => heap.integer(nanoseconds),
            Stamp::Strict(nanoseconds, order) => {
                let parts = [heap.integer(nanoseconds), heap.unsigned(order)];
                heap.tuple(&parts)
            }
        }
    }
}

impl Machine {
    /// The time as the flags want it; `None` when they want none.
    pub fn stamp(&mut self, flags: Flags) -> Option<Stamp> {
        if flags.has(Flags::TIMESTAMP) {
            Some(Stamp::Triple(if self.tracing.cpu_timestamps {
                let busy = self.monotonic_ns() - self.started_ns();
                busy.saturating_sub(self.idle_ns) as i64 / 1000
            } else {
                self.unique_microseconds()
            }))
        } else if flags.has(Flags::STRICT_MONOTONIC_TIMESTAMP) {
            let now = self.monotonic_ns() as i64;
            Some(Stamp::Strict(now, self.new_unique_integer()))
        } else if flags.has(Flags::MONOTONIC_TIMESTAMP) {
            Some(Stamp::Monotonic(self.monotonic_ns() as i64))
        } else {
            None
        }
    }

    /// For sending messages while no process runs.
    pub fn emitter(&mut self) -> Emitter<'_> {
        Emitter {
            machine: self,
            running: None,
        }
    }
}

impl Context<'_> {
    /// For sending trace messages.
    pub fn emitter(&mut self) -> Emitter<'_> {
        Emitter {
            machine: self.machine,
            running: Some(self.process),
        }
    }
}

impl Emitter<'_> {
    /// The process with this pid.
    pub fn process_mut(&mut self, pid: Term) -> Option<&mut Process> {
        match &mut self.running {
            Some(process) if process.pid == pid => Some(process),
            _ => self.machine.processes.get_mut(pid),
        }
    }

    /// Whether there is such a tracer. There are no ports.
    pub fn is_alive(&mut self, tracer: Term) -> bool {
        tracer.is_local_pid()
            && self
                .process_mut(tracer)
                .is_some_and(|process| process.state != State::Exiting)
    }

    /// Whether messages about a process can be sent to the tracer: nobody traces himself.
    pub fn is_enabled(&mut self, tracer: Term, pid: Term) -> bool {
        tracer != pid && self.is_alive(tracer)
    }

    /// Forgets the tracer of a process if it is no more. Gives whether there is one.
    pub fn check_tracer(&mut self, pid: Term) -> bool {
        let Some(process) = self.process_mut(pid) else {
            return false;
        };
        let tracer = process.trace.settings.tracer;
        if tracer.is_none() || self.is_alive(tracer) {
            return !tracer.is_none();
        }
        if let Some(process) = self.process_mut(pid) {
            process.trace.settings = Settings::default();
        }
        false
    }

    /// Sends to a process what `build` makes on its heap, which is not itself traced.
    pub fn deliver(&mut self, to: Term, build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term) {
        match &mut self.running {
            Some(process) if process.pid == to => {
                let message = build(&mut process.heap, &self.machine.literals);
                process.messages.push_resident(message);
            }
            _ => {
                self.machine.put_message(to, Carried::Unchanged, build);
            }
        }
    }

    /// Tells the tracer of a process what happened to it.
    pub fn emit(&mut self, tracee: Tracee, event: Event) {
        if self.is_enabled(tracee.settings.tracer, tracee.pid) {
            self.send(tracee, event);
        }
    }

    /// As [`Emitter::emit`], without looking whether the tracer may be told.
    pub fn send(&mut self, tracee: Tracee, event: Event) {
        let Settings { flags, tracer } = tracee.settings;
        let stamp = self.machine.stamp(flags);
        let tag = if stamp.is_some() {
            known::TRACE_TS
        } else {
            known::TRACE
        };
        let mut parts = [Term::NONE; MOST_PARTS];
        let mut count = 0;
        let mut add = |part: Term| {
            parts[count] = part;
            count += 1;
        };
        [tag, tracee.pid, event.tag, event.data]
            .into_iter()
            .for_each(&mut add);
        if !event.extra.is_none() {
            add(event.extra);
        }
        if event.result != known::TRUE {
            add(event.result);
        }
        if flags.has(Flags::SCHEDULER_ID) {
            add(Term::small(1));
        }
        self.deliver(tracer, |heap, literals| {
            build_message(heap, literals, &mut parts, count, stamp)
        });
    }

    /// A message arrived at a process that is traced, from a process, or from what an atom names.
    pub fn received(&mut self, tracee: Tracee, from: Term, message: Term) {
        let arguments = if from.is_atom() {
            [from, known::UNDEFINED, message]
        } else {
            [self.machine.node_name, from, message]
        };
        let pattern = self.machine.tracing.received.clone();
        pattern.when_matching(self, tracee.pid, &arguments, |emitter, result| {
            // The specification may have changed how the process is traced.
            emitter.emit(
                tracee,
                Event {
                    result,
                    ..Event::new(known::RECEIVE, message)
                },
            );
        });
    }

    /// A process gets the core or loses it, at that function.
    pub fn scheduled(&mut self, tracee: Tracee, tag: Term, function: Option<Mfa>) {
        if !self.is_enabled(tracee.settings.tracer, tracee.pid) {
            return;
        }
        let mut words = brood_term::heap::Chunks::new();
        let function = match function {
            Some(mfa) => mfa_term(&mut words, &mfa),
            None => Term::small(0),
        };
        self.send(tracee, Event::new(tag, function));
    }
}

/// A message of the first `count` parts and the time.
pub fn build_message(
    heap: &mut dyn Heap,
    literals: &LiteralArea,
    parts: &mut [Term],
    mut count: usize,
    stamp: Option<Stamp>,
) -> Term {
    for part in &mut parts[..count] {
        *part = copy(*part, heap, literals);
    }
    if let Some(stamp) = stamp {
        parts[count] = stamp.build(heap);
        count += 1;
    }
    heap.tuple(&parts[..count])
}

/// `{Module, Function, Arity}`.
pub fn mfa_term<H: Heap + ?Sized>(heap: &mut H, mfa: &Mfa) -> Term {
    heap.tuple(&[mfa.module, mfa.function, Term::small(i64::from(mfa.arity))])
}

impl Context<'_> {
    /// The running process sends a message: to a process, a name or an alias.
    #[inline(always)]
    pub fn trace_send(&mut self, to: Term, message: Term) {
        if let Some(tracee) = self.process.traced(Flags::SEND) {
            self.trace_sent(tracee, to, message);
        }
    }

    #[cold]
    fn trace_sent(&mut self, tracee: Tracee, to: Term, message: Term) {
        let gone = to.is_local_pid() && !self.is_alive(to);
        let tag = if gone {
            known::SEND_TO_NON_EXISTING_PROCESS
        } else {
            known::SEND
        };
        let pattern = self.machine.tracing.sent.clone();
        let mut emitter = self.emitter();
        pattern.when_matching(
            &mut emitter,
            tracee.pid,
            &[to, message],
            |emitter, result| {
                emitter.emit(
                    tracee,
                    Event {
                        result,
                        ..Event::with(tag, message, to)
                    },
                );
            },
        );
    }

    /// The running process waited for a message in vain.
    #[inline(always)]
    pub fn trace_timeout(&mut self) {
        if let Some(tracee) = self.process.traced(Flags::RECEIVE) {
            self.emitter()
                .received(tracee, known::CLOCK_SERVICE, known::TIMEOUT);
        }
    }

    /// Something happened to a process that `procs` tells of.
    #[inline(always)]
    pub fn trace_process(&mut self, pid: Term, tag: Term, data: Term) {
        if let Some(tracee) = self
            .process_mut(pid)
            .and_then(|process| process.traced(Flags::PROCS))
        {
            self.emitter().emit(tracee, Event::new(tag, data));
        }
    }

    /// The running process made a child: the child is traced as the parent wants it to be, and both are told of.
    pub fn trace_spawn(&mut self, child: Term, mfa: Mfa, arguments: Term, linked: bool) {
        let parent = self.process.pid;
        self.inherit(child, linked);
        let parent_traced = self.process.traced(Flags::PROCS);
        let child_traced = self
            .machine
            .processes
            .get(child)
            .and_then(|process| process.traced(Flags::PROCS));
        for (tracee, other, tags) in [
            (parent_traced, child, [known::SPAWN, known::LINK]),
            (
                child_traced,
                parent,
                [known::SPAWNED, known::GETTING_LINKED],
            ),
        ] {
            let Some(tracee) = tracee else {
                continue;
            };
            let call = [mfa.module, mfa.function, arguments];
            let call = self.heap().tuple(&call);
            let mut emitter = self.emitter();
            emitter.emit(tracee, Event::with(tags[0], other, call));
            if linked {
                emitter.emit(tracee, Event::new(tags[1], other));
            }
        }
    }

    /// Sets what the flags `set_on_spawn` and the like say.
    fn inherit(&mut self, child: Term, linked: bool) {
        let Context { machine, process } = self;
        let Some(child) = machine.processes.get_mut(child) else {
            return;
        };
        let spawn = [Flags::SET_ON_SPAWN, Flags::SET_ON_FIRST_SPAWN];
        let link = [Flags::SET_ON_LINK, Flags::SET_ON_FIRST_LINK];
        inherit(process, child, spawn);
        if linked {
            inherit(process, child, link);
        }
    }

    /// The running process linked to another.
    pub fn trace_link(&mut self, to: Term) {
        let Context { machine, process } = self;
        if let Some(other) = machine.processes.get_mut(to) {
            inherit(
                process,
                other,
                [Flags::SET_ON_LINK, Flags::SET_ON_FIRST_LINK],
            );
        }
        let from = self.process.pid;
        self.trace_process(to, known::GETTING_LINKED, from);
    }
}

/// Traces `child` as `parent`, if the parent has one of two flags: always, or only this first time.
fn inherit(parent: &mut Process, child: &mut Process, [always, first]: [Flags; 2]) {
    if parent.sensitive || !parent.trace.settings.flags.has(always.with(first)) {
        return;
    }
    let once = parent.trace.settings.flags.has(first);
    let Settings { flags, tracer } = parent.trace.settings;
    child.trace.settings.change(true, flags, tracer);
    if once {
        for settings in [&mut parent.trace.settings, &mut child.trace.settings] {
            settings.change(false, always.with(first), Term::NONE);
        }
    }
}

impl Outcome {
    /// Whether the match specification had nothing against a message.
    pub fn wants_message(&self) -> bool {
        self.result != known::FALSE
    }
}
