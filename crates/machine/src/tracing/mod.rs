//! Tracing: what processes do, told to other processes as messages.
//!
//! | module | idea |
//! | --- | --- |
//! | [`flags`], [`tracer`] | what is traced of a process, and who is told |
//! | [`events`] | the messages, and sending them |
//! | [`pattern`] | match specifications of traced calls and messages |
//! | [`action`] | what those can do beyond matching |
//! | [`call`] | what happens at a breakpoint, and when a traced function returns |
//! | [`collection`] | collections |
//! | [`slice`] | getting the core, losing it, and ending |
//! | [`sequential`] | tokens that travel with messages: `seq_trace` |
//! | [`system`] | `system_monitor` and `system_profile` |
//! | [`saved_calls`] | the last calls of a process |
//!
//! A process that nobody traces pays for it with a test of a word here and there. Traced functions are found by
//! breakpoints ([`crate::code::breakpoint`]), so that others cost nothing. Trace messages are themselves not traced.

pub mod action;
pub mod call;
pub mod collection;
pub mod events;
pub mod flags;
pub mod pattern;
pub mod saved_calls;
pub mod sequential;
pub mod slice;
pub mod system;
pub mod tracer;

use alloc::boxed::Box;

use brood_term::Term;

use crate::code::breakpoint::Clock;
use crate::process::Process;
use flags::Flags;
use pattern::EventPattern;
use saved_calls::SavedCalls;
use sequential::Sequence;
use system::{Monitor, Profile};

/// The machine's part of tracing.
#[derive(Debug, Default)]
pub struct Tracing {
    /// How processes are traced that nobody has made yet.
    pub new_processes: Settings,
    /// As `new_processes`, of ports.
    pub new_ports: Settings,
    /// Which messages count as sent.
    pub sent: EventPattern,
    /// Which messages count as received.
    pub received: EventPattern,
    /// Who is told of sequential tracing.
    pub sequential_tracer: Option<Term>,
    /// `system_monitor`.
    pub monitor: Option<Monitor>,
    /// `system_profile`.
    pub profile: Option<Profile>,
    /// Whether the flag `timestamp` means processor time.
    pub cpu_timestamps: bool,
}

/// How one process is traced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// What is traced.
    pub flags: Flags,
    /// Who is told, or [`Term::NONE`].
    pub tracer: Term,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            flags: Flags::NONE,
            tracer: Term::NONE,
        }
    }
}

impl Settings {
    /// Whether nothing is traced.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// Adds or removes flags, for this tracer unless it is none. Without flags there is no tracer.
    pub fn change(&mut self, on: bool, flags: Flags, tracer: Term) {
        self.flags = if on {
            self.flags.with(flags)
        } else {
            self.flags.without(flags)
        };
        if self.flags.is_empty() {
            self.tracer = Term::NONE;
        } else if !tracer.is_none() {
            self.tracer = tracer;
        }
    }
}

/// A process' part of tracing.
#[derive(Debug, Default)]
pub struct ProcessTrace {
    /// How it is traced.
    pub settings: Settings,
    /// Whether there may be frames on its stack that want to know of exceptions.
    pub exceptions: bool,
    /// Its sequential trace token, if it ever had one.
    pub sequence: Option<Box<Sequence>>,
    /// The last calls, if they are kept.
    pub saved_calls: Option<Box<SavedCalls>>,
    /// The traced function that its time is counted for.
    pub clock: Option<Box<Clock>>,
}

/// A process that is traced, as its messages need to know it.
#[derive(Clone, Copy, Debug)]
pub struct Tracee {
    /// The process.
    pub pid: Term,
    /// How it is traced.
    pub settings: Settings,
}

impl Process {
    /// What messages about the process need to know, when it is traced with one of these flags and lets itself be.
    #[inline(always)]
    pub fn traced(&self, any: Flags) -> Option<Tracee> {
        if self.trace.settings.flags.has(any) && !self.sensitive {
            return Some(self.tracee());
        }
        None
    }

    /// What messages about the process need to know.
    pub fn tracee(&self) -> Tracee {
        Tracee {
            pid: self.pid,
            settings: self.trace.settings,
        }
    }
}
