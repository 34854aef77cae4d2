//! What code that runs on behalf of a process gets to see: the machine, and the process.

use core::any::Any;

use brood_term::copy::copy;
use brood_term::heap::Chunks;
use brood_term::{Heap, LiteralArea, OwnedTerm, Term};

use crate::heap::ProcessHeap;
use crate::machine::Machine;
use crate::process::{AliasMode, Process, Ties};

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
        if to.is_local_pid() {
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
        self.send_built(pid, |heap, literals| copy(message, heap, literals))
    }

    /// Sends to a pid what `build` makes on the receiver's heap. Gives whether somebody was there.
    pub fn send_built(
        &mut self,
        pid: Term,
        build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term,
    ) -> bool {
        let literals = &self.machine.literals;
        if pid == self.process.pid {
            let message = build(&mut self.process.heap, literals);
            self.process.messages.push_resident(message);
            return true;
        }
        self.machine.send_built(pid, build)
    }
}

impl Machine {
    /// Sends to a pid other than the running process' what `build` makes on the receiver's heap. Gives whether
    /// somebody was there.
    pub fn send_built(
        &mut self,
        pid: Term,
        build: impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term,
    ) -> bool {
        let Some(receiver) = self.processes.get_mut(pid) else {
            return false;
        };
        if receiver.messages.len() < RESIDENT_MESSAGES && !receiver.message_queue_off_heap {
            let message = build(&mut receiver.heap, &self.literals);
            receiver.messages.push_resident(message);
        } else {
            let mut chunks = Chunks::new();
            let message = build(&mut chunks, &self.literals);
            receiver
                .messages
                .push(OwnedTerm::from_parts(message, chunks));
        }
        self.processes.wake(pid);
        true
    }
}
