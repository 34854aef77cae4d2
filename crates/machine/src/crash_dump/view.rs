//! What a dump is about: the machine, all but its files and its outside, to which the dump is written meanwhile.

use core::fmt;

use brood_term::display::Display;
use brood_term::external::{NodeIdentity, reference_numbers};
use brood_term::{Atoms, LiteralArea, Term};
use hashbrown::HashMap;

use crate::bif::ets::Tables;
use crate::bif::persistent_term::PersistentTerms;
use crate::code::CodeServer;
use crate::code::stream::process_end;
use crate::dirty::DirtySchedulers;
use crate::files::FileSystem;
use crate::machine::Machine;
use crate::otp::Otp;
use crate::platform::Platform;
use crate::port::Ports;
use crate::process::Process;
use crate::process_table::ProcessTable;
use crate::timer::Timers;

/// A machine that stands still.
#[allow(missing_docs, reason = "as in Machine")]
pub(crate) struct View<'a> {
    pub atoms: &'a Atoms,
    pub literals: &'a LiteralArea,
    pub code: &'a CodeServer,
    pub processes: &'a ProcessTable,
    pub dirty: &'a DirtySchedulers,
    pub registry: &'a HashMap<Term, Term>,
    pub ports: &'a Ports,
    pub timers: &'a Timers,
    pub tables: &'a Tables,
    pub persistent_terms: &'a PersistentTerms,
    pub otp: &'a Otp,
    pub node_name: Term,
    /// The process that runs, and so is not in the table.
    pub running: Option<&'a Process>,
    /// The process that ran last.
    pub ran_last: Term,
    pub monotonic_ns: u64,
    pub system_time_ns: i64,
    /// Whether a crash dump is written, not a text about a machine that goes on.
    pub crash_dumping: bool,
}

impl<'a> View<'a> {
    /// A view of the machine, and what it leaves out.
    pub fn of(
        machine: &'a mut Machine,
        running: Option<&'a Process>,
    ) -> (
        View<'a>,
        &'a mut FileSystem,
        &'a mut (dyn Platform + 'static),
    ) {
        let monotonic_ns = machine.monotonic_ns();
        let system_time_ns = machine.system_time_ns();
        let Machine {
            platform,
            files,
            atoms,
            literals,
            code,
            processes,
            dirty,
            registry,
            ports,
            timers,
            tables,
            persistent_terms,
            otp,
            node_name,
            ran_last,
            ..
        } = machine;
        let view = View {
            atoms,
            literals,
            code,
            processes,
            dirty,
            registry,
            ports,
            timers,
            tables,
            persistent_terms,
            otp,
            node_name: *node_name,
            running,
            ran_last: *ran_last,
            monotonic_ns,
            system_time_ns,
            crash_dumping: false,
        };
        (view, files, &mut **platform)
    }

    /// Every process.
    pub fn all_processes(&self) -> impl Iterator<Item = &'a Process> {
        self.processes.iter().chain(self.running)
    }

    /// Whether this process runs, or ran until the machine ended.
    pub fn is_current(&self, process: &Process) -> bool {
        match self.running {
            Some(running) => running.pid == process.pid,
            None => self.crash_dumping && process.pid == self.ran_last,
        }
    }

    /// A term as `erlang:display/1` shows it.
    pub fn display(&self, term: Term) -> Display<'a> {
        Display {
            term,
            atoms: self.atoms,
        }
    }

    /// A reference of this machine.
    pub fn reference(&self, number: u64) -> impl fmt::Display {
        let [first, second, third] = reference_numbers(number);
        fmt::from_fn(move |f| write!(f, "#Ref<0.{third}.{second}.{first}>"))
    }

    /// A place in code.
    pub fn spot(&self, address: *const u64) -> Spot<'a> {
        Spot {
            code: self.code,
            atoms: self.atoms,
            address,
        }
    }

    /// The name under which the machine's identifiers are encoded.
    pub fn identity(&self) -> NodeIdentity {
        NodeIdentity {
            node: self.node_name,
            creation: 0,
        }
    }
}

/// A place in code, shown as `Module:Function/Arity + Bytes`.
pub(crate) struct Spot<'a> {
    pub code: &'a CodeServer,
    pub atoms: &'a Atoms,
    pub address: *const u64,
}

impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.address == process_end().address() {
            return f.write_str("<terminate process normally>");
        }
        let Some((mfa, bytes)) = self.code.function_at(self.address) else {
            return f.write_str("unknown function");
        };
        let atoms = self.atoms;
        let [module, function] = [mfa.module, mfa.function].map(|term| Display { term, atoms });
        write!(f, "{module}:{function}/{} + {bytes}", mfa.arity)
    }
}
