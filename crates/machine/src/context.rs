//! What code that runs on behalf of a process gets to see: the machine, and the process.

use core::any::Any;

use brood_term::copy::copy;
use brood_term::heap::Chunks;
use brood_term::{Heap, LiteralArea, OwnedTerm, Term, known};

use crate::heap::ProcessHeap;
use crate::machine::Machine;
use crate::process::{AliasMode, Process, Ties};
use crate::tracing::Tracee;
use crate::tracing::flags::Flags;
use crate::tracing::sequential::Carried;

/// A message queue longer than this keeps further messages off the heap, so that collections need not visit them.
const RESIDENT_MESSAGES: usize = 128;

/// The machine and the process that runs, which is out of the process table while it does.
///
/// Terms are built with [`Context::heap`]. Nothing moves while a BIF runs, so terms need no rooting there.
#[derive(Debug)]
pub struct Context<'a> {
    /// The machine.
    pub machine: &'a mut Machine,
    /// The process.
    pub process: &'a mut Process,
}

impl Context<'_> {
    /// The heap of the process.
    #[inline(always)]
    pub fn heap(&mut self) -> &mut ProcessHeap {
        &mut self.process.heap
    }

    /// A copy of a term that lives elsewhere (a table, another process) on the heap of the process.
    pub fn import(&mut self, term: Term) -> Term {
        copy(term, &mut self.process.heap, &self.machine.literals)
    }

    /// A copy of `term` that owns its memory.
    pub fn own(&self, term: Term) -> OwnedTerm {
        OwnedTerm::new(term)
    }

    /// A magic reference to a resource: `payload` lives as long as a term refers to it. `bytes` is what it takes.
    pub fn make_resource<T: Any>(&mut self, payload: T, bytes: usize) -> Term {
        let number = self.machine.new_reference();
        let Context { machine, process } = self;
        machine
            .resources
            .make(&mut process.heap, number, payload, bytes)
    }

    /// The process with this pid, be it the running one or another.
    pub fn process_mut(&mut self, pid: Term) -> Option<&mut Process> {
        if pid == self.process.pid {
            Some(self.process)
        } else {
            self.machine.processes.get_mut(pid)
        }
    }

    /// The ties of the process with this pid, if it ever had any.
    pub fn ties_mut(&mut self, pid: Term) -> Option<&mut Ties> {
        self.process_mut(pid)?.ties_mut()
    }

    /// Whether there is such a process, and it is not about to end.
    pub fn is_alive(&mut self, pid: Term) -> bool {
        self.process_mut(pid)
            .is_some_and(|process| !process.is_exiting())
    }

    /// The pid that a destination stands for: a pid, a registered name, or an active alias (which one message may
    /// use up). `None` when nobody is there, which is no error for a message to a pid or alias.
    pub fn resolve_destination(&mut self, to: Term) -> Option<Term> {
        if to.is_local_pid() || to.is_local_port() {
            return Some(to);
        }
        if to.is_atom() {
            return self.machine.registry.get(&to).copied();
        }
        let (number, owner) = to.as_reference()?;
        if owner == 0 {
            return None;
        }
        // SAFETY: an alias' owner word is the word of a local pid, an immediate.
        let pid = unsafe { Term::from_raw(owner) };
        let ties = self.ties_mut(pid)?;
        let mode = *ties.aliases.get(&number)?;
        if mode == AliasMode::ReplyDemonitor {
            ties.aliases.remove(&number);
            if let Some(monitor) = ties.monitors.remove(&number) {
                self.machine.forget_watcher(monitor.target, number);
            }
        }
        Some(pid)
    }

    /// Sends a copy of `message` to a pid, registered name or alias. Gives whether somebody was there.
    pub fn send(&mut self, to: Term, message: Term) -> bool {
        let Some(pid) = self.resolve_destination(to) else {
            return false;
        };
        if pid.is_local_port() {
            self.send_to_port(pid, message);
            return true;
        }
        let told = if to.is_reference() { to } else { pid };
        let carried = self.send_token(told, message);
        let from = self.process.pid;
        self.deliver(from, carried, pid, |heap, literals| {
            copy(message, heap, literals)
        })
    }

    /// Sends to a pid what `build` makes on the receiver's heap. Gives whether somebody was there.
    pub fn send_built(
        &mut self,
        pid: Term,
        build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term,
    ) -> bool {
        let from = self.process.pid;
        self.deliver(from, Carried::Unchanged, pid, build)
    }

    /// As [`Context::send_built`], a message that comes from a process, and carries a sequential trace token or not.
    pub fn deliver(
        &mut self,
        from: Term,
        carried: Carried,
        pid: Term,
        build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term,
    ) -> bool {
        let (message, tracee) = if pid == self.process.pid {
            let message = build(&mut self.process.heap, &self.machine.literals);
            self.process.messages.push_carrying(message, carried);
            (message, self.process.traced(Flags::RECEIVE))
        } else {
            match self.machine.put_message(pid, carried, build) {
                Some(put) => put,
                None => return false,
            }
        };
        if let Some(tracee) = tracee {
            self.emitter().received(tracee, from, message);
        }
        true
    }
}

impl Machine {
    /// Does something for a process that does not run as if it ran, if it is there.
    pub(crate) fn on_behalf_of<R>(
        &mut self,
        pid: Term,
        body: impl FnOnce(&mut Context<'_>) -> R,
    ) -> Option<R> {
        let mut process = self.processes.take(pid)?;
        let result = body(&mut Context {
            machine: self,
            process: &mut process,
        });
        let ends = process.pending_exit.is_some();
        self.processes.give_back(process);
        if ends {
            self.processes.wake(pid);
        }
        Some(result)
    }

    /// Sends to a pid other than the running process' what `build` makes on the receiver's heap. Gives whether
    /// somebody was there.
    pub fn send_built(
        &mut self,
        pid: Term,
        build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term,
    ) -> bool {
        let Some((message, tracee)) = self.put_message(pid, Carried::Unchanged, build) else {
            return false;
        };
        if let Some(tracee) = tracee {
            self.emitter().received(tracee, known::SYSTEM, message);
        }
        true
    }

    /// Puts what `build` makes into the message queue of a process other than the running one, and gives it, with how
    /// the process is traced if it is to be told of. `None` if nobody is there.
    pub(crate) fn put_message(
        &mut self,
        pid: Term,
        carried: Carried,
        build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term,
    ) -> Option<(Term, Option<Tracee>)> {
        let receiver = self.processes.get_mut(pid)?;
        let message;
        if receiver.messages.len() < RESIDENT_MESSAGES && !receiver.message_queue_off_heap {
            message = build(&mut receiver.heap, &self.literals);
            receiver.messages.push_carrying(message, carried);
        } else {
            let mut chunks = Chunks::new();
            message = build(&mut chunks, &self.literals);
            let owned = OwnedTerm::from_parts(message, chunks);
            receiver.messages.push(owned, carried);
        }
        let tracee = receiver.traced(Flags::RECEIVE);
        self.processes.wake(pid);
        Some((message, tracee))
    }
}
