//! What the machine as a whole is watched for: `system_monitor` and `system_profile`.

use alloc::vec::Vec;

use brood_term::heap::Chunks;
use brood_term::{Heap, Mfa, Term, known};

use super::events::{Emitter, build_message, mfa_term};
use super::flags::Flags;
use crate::context::Context;
use crate::machine::Machine;
use crate::process::Process;

/// The least limit for a large heap, in words: OTP's.
pub const LEAST_LARGE_HEAP: u64 = 16_384;

/// What `system_monitor` watches for, and who is told. 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Monitor {
    /// Who is told.
    pub pid: Term,
    /// Collections of so many milliseconds.
    pub long_gc: u64,
    /// Slices of so many milliseconds.
    pub long_schedule: u64,
    /// Heaps of so many words.
    pub large_heap: u64,
    /// Processes that wait for a port. There are none.
    pub busy_port: bool,
    /// As `busy_port`, of ports to other nodes.
    pub busy_dist_port: bool,
}

/// What `system_profile` tells of, and whom.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Who is told.
    pub pid: Term,
    /// The scheduler, when it has something to do and when it has nothing.
    pub scheduler: bool,
    /// Processes, when they become runnable and when they wait.
    pub runnable_procs: bool,
    /// As `runnable_procs`, of ports. There are none.
    pub runnable_ports: bool,
    /// A synchronous profile. It is one anyway.
    pub exclusive: bool,
    /// The form of the time.
    pub stamp: Flags,
}

/// A process became runnable, or no longer is.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// The process.
    pub pid: Term,
    /// Which of the two.
    pub active: bool,
    /// Where it is; null for one that ends.
    pub address: *const u64,
}

impl Activity {
    /// What a process does now.
    pub fn of(process: &Process, active: bool) -> Activity {
        Activity {
            pid: process.pid,
            active,
            address: process.ip,
        }
    }
}

impl Emitter<'_> {
    /// Tells `system_monitor` of a process.
    fn tell_monitor(&mut self, pid: Term, tag: Term, data: Term) {
        let Some(monitor) = self.machine.tracing.monitor else {
            return;
        };
        if self.is_enabled(monitor.pid, pid) {
            let mut parts = [known::MONITOR, pid, tag, data];
            self.deliver(monitor.pid, |heap, literals| {
                build_message(heap, literals, &mut parts, 4, None)
            });
        }
    }

    /// Tells `system_profile`.
    fn tell_profile(&mut self, about: [Term; 4], count: usize) {
        let Some(profile) = self.machine.tracing.profile else {
            return;
        };
        if !self.is_enabled(profile.pid, about[0]) {
            return;
        }
        let stamp = self.machine.stamp(profile.stamp);
        let mut parts = [Term::NONE; 6];
        parts[0] = known::PROFILE;
        parts[1..=count].copy_from_slice(&about[..count]);
        self.deliver(profile.pid, |heap, literals| {
            build_message(heap, literals, &mut parts, count + 1, stamp)
        });
    }
}

impl Machine {
    /// Forgets a process that ends as one that is told of the system.
    pub fn watcher_ended(&mut self, pid: Term) {
        let tracing = &mut self.tracing;
        tracing.monitor.take_if(|monitor| monitor.pid == pid);
        if tracing
            .profile
            .take_if(|profile| profile.pid == pid)
            .is_some()
        {
            self.processes.record_activity(false);
        }
    }

    /// Tells that the only scheduler has something to do, or nothing.
    #[inline(always)]
    pub fn report_scheduler(&mut self, active: bool) {
        if self
            .tracing
            .profile
            .is_some_and(|profile| profile.scheduler)
        {
            let status = if active {
                known::ACTIVE
            } else {
                known::INACTIVE
            };
            let active = Term::small(i64::from(active));
            let about = [known::SCHEDULER, Term::small(1), status, active];
            self.emitter().tell_profile(about, 4);
        }
    }

    /// The limit of a slice in nanoseconds, if there is one.
    #[inline(always)]
    pub fn long_schedule_ns(&self) -> Option<u64> {
        let limit = self.tracing.monitor?.long_schedule;
        (limit > 0).then_some(limit.saturating_mul(1_000_000))
    }
}

impl Emitter<'_> {
    /// Tells of the processes that became runnable, or no longer are.
    #[inline(always)]
    pub fn report_activity(&mut self) {
        if self.machine.processes.has_activity() {
            self.report_recorded_activity();
        }
    }

    #[cold]
    fn report_recorded_activity(&mut self) {
        for Activity {
            pid,
            active,
            address,
        } in self.machine.processes.take_activity()
        {
            let mut words = Chunks::new();
            let place = self.machine.code.place(address);
            let place = place.map_or(Term::small(0), |place| mfa_term(&mut words, &place.mfa));
            let status = if active {
                known::ACTIVE
            } else {
                known::INACTIVE
            };
            self.tell_profile([pid, status, place, Term::NONE], 3);
        }
    }

    /// A process had the core for long: from where, to where.
    pub fn report_long_schedule(&mut self, pid: Term, took_ns: u64, places: [Option<Mfa>; 2]) {
        let mut words = Chunks::new();
        let names = [known::IN, known::OUT];
        let mut list = Vec::from([{
            let milliseconds = words.unsigned(took_ns / 1_000_000);
            words.tuple(&[known::TIMEOUT, milliseconds])
        }]);
        for (name, place) in names.into_iter().zip(places) {
            let place = place.map_or(known::UNDEFINED, |mfa| mfa_term(&mut words, &mfa));
            list.push(words.tuple(&[name, place]));
        }
        let list = words.list(&list);
        self.tell_monitor(pid, known::LONG_SCHEDULE, list);
    }
}

impl Context<'_> {
    /// Tells of a collection of the running process that took long, and of a heap that is large after one.
    pub fn report_collection(&mut self, took_ns: u64) {
        let Some(monitor) = self.machine.tracing.monitor else {
            return;
        };
        let took = took_ns / 1_000_000;
        let words = self.process.heap.total_heap_size() as u64;
        let pid = self.process.pid;
        if monitor.long_gc > 0 && took > monitor.long_gc {
            let list = self.heap_sizes(Some(took));
            self.emitter().tell_monitor(pid, known::LONG_GC, list.0);
        }
        if monitor.large_heap > 0 && words >= monitor.large_heap {
            let list = self.heap_sizes(None);
            self.emitter().tell_monitor(pid, known::LARGE_HEAP, list.0);
        }
    }

    /// The sizes that `system_monitor` tells, with the memory that they are in.
    fn heap_sizes(&mut self, timeout: Option<u64>) -> (Term, Chunks) {
        const NAMES: [&str; 6] = [
            "old_heap_block_size",
            "heap_block_size",
            "mbuf_size",
            "stack_size",
            "old_heap_size",
            "heap_size",
        ];
        let mut words = Chunks::new();
        let mut list = Vec::new();
        if let Some(timeout) = timeout {
            let timeout = words.unsigned(timeout);
            list.push(words.tuple(&[known::TIMEOUT, timeout]));
        }
        let information = self.process.heap.information();
        for name in NAMES {
            let value = information.iter().find(|(item, _)| *item == name);
            let value = words.unsigned(value.map_or(0, |(_, value)| *value as u64));
            let name = self.machine.atom(name);
            list.push(words.tuple(&[name, value]));
        }
        (words.list(&list), words)
    }
}
