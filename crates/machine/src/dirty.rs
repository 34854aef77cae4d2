//! Dirty schedulers: one for what uses the processor for long, one for what waits for devices.
//!
//! Nothing that a process does here needs them. What OTP runs on them runs in place: it is short, or interrupted
//! ([`crate::trap`]). They are there for what programs see of them. One can be occupied by one process at a time, which counts
//! as running meanwhile, while others run; who wants it, too, waits in its run queue.

use brood_term::Term;

use crate::machine::Machine;
use crate::process::Priority;
use crate::run_queue::RunQueue;
use crate::timer::{Action, TimerKey};

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
#[allow(missing_docs, reason = "OTP's own names")]
pub enum Kind {
    Cpu = 0,
    Io = 1,
}

impl Kind {
    /// Both, in OTP's order.
    pub const ALL: [Kind; 2] = [Kind::Cpu, Kind::Io];

    /// OTP's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Cpu => "cpu",
            Kind::Io => "io",
        }
    }
}

/// Who is at work on a dirty scheduler.
#[derive(Debug)]
struct Occupant {
    pid: Term,
    since_ns: u64,
    /// When its work is done; until it ends, if there is none.
    timer: Option<TimerKey>,
}

/// One of them.
#[derive(Debug, Default)]
struct DirtyScheduler {
    occupant: Option<Occupant>,
    queue: RunQueue,
    /// How long it was occupied before, in nanoseconds.
    busy_ns: u64,
}

/// Both.
#[derive(Debug, Default)]
pub struct DirtySchedulers([DirtyScheduler; 2]);

impl DirtySchedulers {
    /// Whether a process is at work on this one.
    pub fn is_occupied_by(&self, kind: Kind, pid: Term) -> bool {
        self.occupant(kind) == Some(pid)
    }

    /// The process that is at work on this one.
    pub fn occupant(&self, kind: Kind) -> Option<Term> {
        let occupant = self.0[kind as usize].occupant.as_ref();
        occupant.map(|occupant| occupant.pid)
    }

    /// Whether a process is at work on either.
    pub fn runs(&self, pid: Term) -> bool {
        Kind::ALL.iter().any(|&kind| self.is_occupied_by(kind, pid))
    }

    /// How many wait for it.
    pub fn queue_length(&self, kind: Kind) -> usize {
        self.0[kind as usize].queue.len()
    }

    /// How many of each priority do.
    pub fn queue_lengths(&self, kind: Kind) -> [usize; 4] {
        self.0[kind as usize].queue.lengths()
    }

    /// How long each was occupied so far, in nanoseconds.
    pub fn busy_ns(&self, now_ns: u64) -> [u64; 2] {
        self.0.each_ref().map(|scheduler| {
            let occupant = scheduler.occupant.as_ref();
            let current = occupant.map_or(0, |occupant| now_ns.saturating_sub(occupant.since_ns));
            scheduler.busy_ns + current
        })
    }
}

impl Machine {
    /// Lets a process have a dirty scheduler: at once if it is free, else when its turn comes, which wakes it.
    pub(crate) fn enter_dirty(&mut self, kind: Kind, pid: Term, priority: Priority) {
        let since_ns = self.monotonic_ns();
        let scheduler = &mut self.dirty.0[kind as usize];
        match &scheduler.occupant {
            Some(_) => scheduler.queue.push(priority, pid),
            None => {
                scheduler.occupant = Some(Occupant {
                    pid,
                    since_ns,
                    timer: None,
                });
            }
        }
    }

    /// The process at work on a dirty scheduler will be done then.
    pub(crate) fn stay_dirty(&mut self, kind: Kind, until_ns: u64) {
        if let Some(occupant) = &mut self.dirty.0[kind as usize].occupant {
            let timer = self.timers.start(until_ns, Action::LeaveDirty(kind));
            occupant.timer = Some(timer);
        }
    }

    /// The process at work on a dirty scheduler is done, and goes on; whose turn it is gets the scheduler.
    pub(crate) fn leave_dirty(&mut self, kind: Kind) {
        let now_ns = self.monotonic_ns();
        let scheduler = &mut self.dirty.0[kind as usize];
        let Some(occupant) = scheduler.occupant.take() else {
            return;
        };
        scheduler.busy_ns += now_ns.saturating_sub(occupant.since_ns);
        let next = scheduler.queue.pop();
        scheduler.occupant = next.map(|pid| Occupant {
            pid,
            since_ns: now_ns,
            timer: None,
        });
        if let Some(timer) = occupant.timer {
            self.timers.stop(timer);
        }
        self.processes.wake(occupant.pid);
        if let Some(pid) = next {
            self.processes.wake(pid);
        }
    }

    /// A process that ended is on no dirty scheduler, and waits for none.
    pub(crate) fn ended_dirty(&mut self, pid: Term) {
        for kind in Kind::ALL {
            if self.dirty.is_occupied_by(kind, pid) {
                self.leave_dirty(kind);
            } else if !self.dirty.0[kind as usize].queue.is_empty() {
                self.dirty.0[kind as usize].queue.remove(pid);
            }
        }
    }
}
