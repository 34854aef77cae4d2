//! Signals between processes: exits, links and monitors.
//!
//! A signal is queued in the machine and delivered by [`Context::deliver_signals`] before the sender runs on, so
//! that what a sender sees is in the order in which it acted. One loop delivers them all, since the death of a
//! process sends more. Messages are delivered at once: see [`Context::send`].

use alloc::format;
use alloc::vec::Vec;

use brood_term::boxed::make_reference;
use brood_term::copy::copy;
use brood_term::display::Display;
use brood_term::{OwnedTerm, Term, known};

use crate::context::Context;
use crate::machine::{Halt, Machine};
use crate::process::{CollectionRequest, Monitored, Process, State, Watcher};
use crate::tracing::sequential::Carried;

/// A signal on its way.
#[derive(Debug)]
pub enum Signal {
    /// An exit signal.
    Exit {
        /// Who sends it.
        from: Term,
        /// To whom.
        to: Term,
        /// Why.
        reason: OwnedTerm,
        /// Whether it comes over a link, which it then removes; else from `exit/2`, where `kill` can't be trapped.
        linked: bool,
        /// The sequential trace token that it carries.
        carried: Carried,
    },
    /// The monitor with this reference number fires.
    Down {
        /// Who is told.
        to: Term,
        /// The monitor.
        reference: u64,
        /// Why the process it watched ended.
        reason: OwnedTerm,
    },
    /// The monitor with this reference number is no more: its target forgets it.
    Demonitor {
        /// Who was watched.
        to: Term,
        /// The monitor.
        reference: u64,
    },
    /// Removes the link at the other end.
    Unlink {
        /// Whose link is removed.
        to: Term,
        /// Who unlinks.
        from: Term,
    },
}

impl Signal {
    /// Whom it is for.
    pub fn to(&self) -> Term {
        match *self {
            Signal::Exit { to, .. }
            | Signal::Down { to, .. }
            | Signal::Demonitor { to, .. }
            | Signal::Unlink { to, .. } => to,
        }
    }
}

impl Context<'_> {
    /// Delivers all signals that are queued, and those that their delivery sends.
    pub fn deliver_signals(&mut self) {
        while let Some(signal) = self.machine.signals.pop_front() {
            let Some(signal) = self.port_signal(signal) else {
                continue;
            };
            match signal {
                Signal::Exit {
                    from,
                    to,
                    reason,
                    linked,
                    carried,
                } => self.deliver_exit(from, to, reason, linked, carried),
                Signal::Down {
                    to,
                    reference,
                    reason,
                } => self.deliver_down(to, reference, reason),
                Signal::Demonitor { to, reference } => {
                    if let Some(ties) = self.ties_mut(to) {
                        ties.monitored_by.remove(&reference);
                    }
                }
                Signal::Unlink { to, from } => {
                    let ties = self.ties_mut(to);
                    if ties.is_some_and(|ties| ties.links.remove(&from)) {
                        self.trace_process(to, known::GETTING_UNLINKED, from);
                    }
                }
            }
        }
    }

    fn deliver_exit(
        &mut self,
        from: Term,
        to: Term,
        reason: OwnedTerm,
        linked: bool,
        carried: Carried,
    ) {
        let Some(target) = self.process_mut(to) else {
            return;
        };
        // A link that is gone at this end takes its exit signal with it.
        let unlinked = |target: &mut Process| target.ties_mut()?.links.take(&from);
        if target.is_exiting() || (linked && unlinked(target).is_none()) {
            return;
        }
        let kill = !linked && reason.term() == known::KILL;
        if target.trap_exit && !kill {
            let reason = reason.term();
            self.trace_exit_token(&carried, from, to, reason);
            self.deliver(from, carried, to, |heap, literals| {
                let reason = copy(reason, heap, literals);
                heap.tuple(&[known::EXIT_UPPER, from, reason])
            });
        } else if kill {
            self.exit_process(to, OwnedTerm::from_parts(known::KILLED, Default::default()));
        } else if reason.term() != known::NORMAL || from == to {
            return self.exit_process(to, reason);
        }
        if linked {
            self.trace_process(to, known::GETTING_UNLINKED, from);
        }
    }

    /// Ends the process `to` with `reason`: the running one at the next point where it looks, any other now.
    fn exit_process(&mut self, to: Term, reason: OwnedTerm) {
        if to == self.process.pid {
            self.process.pending_exit.get_or_insert(reason);
        } else if let Some(mut process) = self.machine.processes.remove(to) {
            self.emitter().process_ends(&process, reason.term());
            self.machine.process_ended(&mut process, reason.term());
        }
    }

    fn deliver_down(&mut self, to: Term, reference: u64, reason: OwnedTerm) {
        let Some(watcher) = self.ties_mut(to) else {
            return;
        };
        let Some(monitor) = watcher.monitors.remove(&reference) else {
            return;
        };
        if watcher
            .aliases
            .get(&reference)
            .is_some_and(|mode| mode.ends_with_monitor())
        {
            watcher.aliases.remove(&reference);
        }
        let owner = if monitor.alias { to.raw() } else { 0 };
        let node = self.machine.node_name;
        let reason = reason.term();
        self.send_built(to, |heap, literals| {
            let kind_of = |id: Term| {
                if id.is_port() {
                    known::PORT
                } else {
                    known::PROCESS
                }
            };
            let (kind, object) = match monitor.target {
                Monitored::Named { name, pid } => (kind_of(pid), heap.tuple(&[name, node])),
                Monitored::Identifier(id) => (kind_of(id), id),
                Monitored::TimeOffset => (known::TIME_OFFSET, known::CLOCK_SERVICE),
            };
            let tag = copy(monitor.tag.term(), heap, literals);
            let reason = copy(reason, heap, literals);
            let reference = make_reference(heap, reference, owner);
            heap.tuple(&[tag, reference, kind, object, reason])
        });
    }
}

impl Machine {
    /// What follows from the end of `process`, which is out of the table: its name, timers, tables, links and
    /// monitors go, and the signals they owe are queued.
    pub fn process_ended(&mut self, process: &mut Process, reason: Term) {
        process.state = State::Exiting;
        if self.is_system_module(process.initial_call.module) {
            let atoms = &self.atoms;
            let [pid, reason] = [process.pid, reason].map(|term| Display { term, atoms });
            let slogan = format!("System process {pid} terminated: {reason}");
            self.halt.get_or_insert(Halt::Slogan(slogan));
        }
        if let Some(name) = process.registered_name.take() {
            self.registry.remove(&name);
        }
        if let Some(timer) = process.receive_timer.take() {
            self.timers.stop(timer);
        }
        let from = process.pid;
        let mut ties = core::mem::take(process.tie());
        for to in ties.links.drain() {
            let reason = OwnedTerm::new(reason);
            let carried = process.exit_token();
            self.signals.push_back(Signal::Exit {
                from,
                to,
                reason,
                linked: true,
                carried,
            });
        }
        for (reference, Watcher { pid: to, .. }) in ties.monitored_by.drain() {
            let reason = OwnedTerm::new(reason);
            self.signals.push_back(Signal::Down {
                to,
                reference,
                reason,
            });
        }
        for (reference, monitor) in ties.monitors.drain() {
            self.forget_watcher(monitor.target, reference);
        }
        for (pid, count) in ties.suspending.drain() {
            self.resume(pid, count);
        }
        self.held_requests_failed(process);
        self.ended_dirty(from);
        self.reset_flags_of(from);
        self.timers.receiver_ended(from);
        self.watcher_ended(from);
        self.owner_ended(from);
    }

    /// Those who monitor the time offset: process, monitor's number, and owner of its alias.
    pub(crate) fn time_offset_watchers(&self) -> Vec<(Term, u64, u64)> {
        let mut watchers = Vec::new();
        for process in self.processes.iter() {
            let monitors = process.ties().into_iter().flat_map(|ties| &ties.monitors);
            for (&reference, monitor) in monitors {
                if monitor.target == Monitored::TimeOffset {
                    let owner = if monitor.alias { process.pid.raw() } else { 0 };
                    watchers.push((process.pid, reference, owner));
                }
            }
        }
        watchers
    }

    /// Tells those who monitor the time offset what it is now: `{'CHANGE', Ref, time_offset, clock_service, Offset}`.
    pub(crate) fn time_offset_changed(&mut self, watchers: Vec<(Term, u64, u64)>) {
        let offset = self.time_offset_ns;
        for (pid, reference, owner) in watchers {
            let change = self.atom("CHANGE");
            self.send_built(pid, |heap, _| {
                let reference = make_reference(heap, reference, owner);
                let offset = heap.integer(offset);
                let parts = [
                    change,
                    reference,
                    known::TIME_OFFSET,
                    known::CLOCK_SERVICE,
                    offset,
                ];
                heap.tuple(&parts)
            });
        }
    }

    /// Answers those that waited for a process that ends to be collected.
    fn held_requests_failed(&mut self, process: &mut Process) {
        let kind = self.atom("garbage_collect");
        for CollectionRequest { requester, id } in core::mem::take(&mut process.held_collections) {
            self.send_built(requester, |heap, literals| {
                let id = copy(id.term(), heap, literals);
                heap.tuple(&[kind, id, known::FALSE])
            });
        }
    }

    /// The monitor with this number no longer watches its target.
    pub fn forget_watcher(&mut self, target: Monitored, reference: u64) {
        let to = match target {
            Monitored::Identifier(pid) | Monitored::Named { pid, .. } => pid,
            Monitored::TimeOffset => return,
        };
        self.signals.push_back(Signal::Demonitor { to, reference });
    }
}
