//! `erlang:statistics/1` and the scheduler's wall time.

use alloc::vec::Vec;

use brood_term::{Heap, Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::dirty::Kind;
use crate::exception::badarg;
use crate::machine::{Machine, SLICE_REDUCTIONS};
use crate::process::State;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "statistics", 1, statistics_1),
    entry(
        "erts_internal",
        "scheduler_wall_time",
        1,
        scheduler_wall_time_1,
    ),
];

/// What was told before, for items that tell the difference; and the scheduler's wall time while it is measured.
#[derive(Debug, Default)]
pub struct Statistics {
    reductions: u64,
    exact_reductions: u64,
    runtime_ms: u64,
    wall_clock_ms: u64,
    /// When measuring of the schedulers began.
    wall_time_since: Option<WallTime>,
    /// What the thread's time was used for.
    pub microstates: Microstates,
}

/// What schedulers had done at a time, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct WallTime {
    now: u64,
    /// How long the machine had been idle.
    idle: u64,
    /// How long dirty schedulers had been occupied.
    dirty: [u64; 2],
}

impl WallTime {
    fn of(machine: &mut Machine) -> WallTime {
        let now = machine.monotonic_ns();
        WallTime {
            now,
            idle: machine.idle_ns,
            dirty: machine.dirty.busy_ns(now),
        }
    }

    /// How long each scheduler has been at work since.
    fn active(&self, since: &WallTime) -> [u64; 3] {
        let dirty = [0, 1].map(|kind| self.dirty[kind] - since.dirty[kind]);
        let normal = (self.now - since.now).saturating_sub(self.idle - since.idle);
        [normal, dirty[0], dirty[1]]
    }
}

/// How long the thread was in which state while that was measured, in nanoseconds.
#[derive(Debug, Default)]
pub struct Microstates {
    /// When measuring began or went on, and how long the machine had been idle then.
    since: Option<(u64, u64)>,
    /// All time that was measured before.
    total_ns: u64,
    sleep_ns: u64,
    collection_ns: u64,
}

impl Microstates {
    /// Whether it is measured.
    pub fn is_on(&self) -> bool {
        self.since.is_some()
    }

    /// Measures from now on, or no longer.
    pub fn turn(&mut self, on: bool, now_ns: u64, idle_ns: u64) {
        if let Some((since_ns, idle_before_ns)) = self.since.take() {
            self.total_ns += now_ns.saturating_sub(since_ns);
            self.sleep_ns += idle_ns.saturating_sub(idle_before_ns);
        }
        if on {
            self.since = Some((now_ns, idle_ns));
        }
    }
}

/// Forgets what was measured.
pub(super) fn reset_microstates(context: &mut Context<'_>) {
    let now = (context.machine.monotonic_ns(), context.machine.idle_ns);
    let microstates = &mut context.machine.statistics.microstates;
    let since = microstates.since.map(|_| now);
    *microstates = Microstates {
        since,
        ..Microstates::default()
    };
}

/// `[#{counters => #{State => Nanoseconds}, id => 1, type => scheduler}]`.
fn microstate_accounting(context: &mut Context<'_>) -> Term {
    let (now, idle) = (context.machine.monotonic_ns(), context.machine.idle_ns);
    let microstates = &mut context.machine.statistics.microstates;
    let on = microstates.is_on();
    microstates.turn(on, now, idle);
    let (sleep, collection) = (microstates.sleep_ns, microstates.collection_ns);
    let emulator = microstates.total_ns.saturating_sub(sleep + collection);
    let counters = [
        ("aux", 0),
        ("check_io", 0),
        ("emulator", emulator),
        ("gc", collection),
        ("other", 0),
        ("port", 0),
        ("sleep", sleep),
    ];
    let mut pairs: Vec<(Term, Term)> = Vec::new();
    for (state, nanoseconds) in counters {
        let state = context.machine.atom(state);
        pairs.push((state, context.heap().unsigned(nanoseconds)));
    }
    let Context { machine, process } = context;
    let counters = map::from_pairs(&mut process.heap, &mut pairs, &machine.atoms);
    let [counters_key, id, kind, scheduler] =
        ["counters", "id", "type", "scheduler"].map(|name| machine.atom(name));
    let mut pairs = Vec::from([
        (counters_key, counters),
        (id, Term::small(1)),
        (kind, scheduler),
    ]);
    let thread = map::from_pairs(&mut process.heap, &mut pairs, &machine.atoms);
    process.heap.list(&[thread])
}

impl Machine {
    /// Notes that a collection begins, if somebody wants to know how long it takes: gives when.
    #[inline]
    pub(crate) fn collection_begins(&mut self) -> Option<u64> {
        let wanted = self.statistics.microstates.is_on() || self.flags.least_collection_ms > 0;
        wanted.then(|| self.monotonic_ns())
    }

    /// Notes that a collection ends that began at `began_ns`.
    #[cold]
    pub(crate) fn collection_ends(&mut self, began_ns: u64) {
        let least = self.flags.least_collection_ms;
        if least > 0 {
            self.stand_still(least);
        }
        let elapsed = self.monotonic_ns().saturating_sub(began_ns);
        let microstates = &mut self.statistics.microstates;
        if microstates.is_on() {
            microstates.collection_ns += elapsed;
        }
    }

    /// How many processes wait for their turn.
    pub fn runnable_processes(&self) -> usize {
        let runnable = |process: &&crate::process::Process| {
            process.state == State::Runnable && process.suspend_count == 0
        };
        self.processes.iter().filter(runnable).count()
    }
}

fn numbers(context: &mut Context<'_>, numbers: &[u64]) -> Vec<Term> {
    numbers
        .iter()
        .map(|&number| context.process.heap.unsigned(number))
        .collect()
}

/// `{Total, SinceLast}`.
fn since_last(
    context: &mut Context<'_>,
    total: u64,
    last: fn(&mut Statistics) -> &mut u64,
) -> Term {
    let before = core::mem::replace(last(&mut context.machine.statistics), total);
    let pair = numbers(context, &[total, total.saturating_sub(before)]);
    context.heap().tuple(&pair)
}

fn statistics_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let item = context
        .machine
        .atoms
        .name(arguments[0])
        .ok_or_else(badarg)?;
    let running = (SLICE_REDUCTIONS - context.process.fuel_left()).max(0) as u64;
    let waiting = context.machine.runnable_processes() as u64;
    let up_ns = context
        .machine
        .monotonic_ns()
        .saturating_sub(context.machine.started_ns());
    let idle_ns = context.machine.idle_ns;
    let dirty = Kind::ALL.map(|kind| context.machine.dirty.queue_length(kind) as u64);
    // Those of input and output are left out unless all are asked for.
    let schedulers = if item.ends_with("_all") { 3 } else { 2 };
    Ok(match item {
        // The caller is at work, too.
        "active_tasks" | "active_tasks_all" => {
            let list = numbers(context, &[waiting + 1, dirty[0], dirty[1]][..schedulers]);
            context.heap().list(&list)
        }
        "total_active_tasks" | "total_active_tasks_all" => context.heap().unsigned(waiting + 1),
        "run_queue_lengths" | "run_queue_lengths_all" => {
            let list = numbers(context, &[waiting, dirty[0], dirty[1]][..schedulers]);
            context.heap().list(&list)
        }
        "run_queue" | "total_run_queue_lengths" | "total_run_queue_lengths_all" => {
            context.heap().unsigned(waiting)
        }
        "context_switches" => {
            let pair = numbers(context, &[context.machine.context_switches, 0]);
            context.heap().tuple(&pair)
        }
        "reductions" => {
            let total = context.machine.reductions + running;
            since_last(context, total, |statistics| &mut statistics.reductions)
        }
        "exact_reductions" => {
            let total = context.machine.reductions + running;
            since_last(context, total, |statistics| {
                &mut statistics.exact_reductions
            })
        }
        "garbage_collection" => {
            let (mut count, mut words) = context.machine.collections;
            for process in context.machine.processes.iter().chain([&*context.process]) {
                count += process.heap.collections;
                words += process.heap.words_reclaimed;
            }
            let triple = numbers(context, &[count, words, 0]);
            context.heap().tuple(&triple)
        }
        // Ports are what it counts.
        "io" => {
            let pairs = ["input", "output"].map(|name| {
                let name = context.machine.atom(name);
                context.heap().tuple(&[name, Term::small(0)])
            });
            context.heap().tuple(&pairs)
        }
        "runtime" => since_last(
            context,
            up_ns.saturating_sub(idle_ns) / 1_000_000,
            |statistics| &mut statistics.runtime_ms,
        ),
        "wall_clock" => since_last(context, up_ns / 1_000_000, |statistics| {
            &mut statistics.wall_clock_ms
        }),
        "scheduler_wall_time" | "scheduler_wall_time_all" => {
            match context.machine.statistics.wall_time_since {
                None => known::UNDEFINED,
                Some(since) => {
                    let wall_time = WallTime::of(context.machine);
                    let total = wall_time.now - since.now;
                    let mut list = Vec::new();
                    for (id, active) in (1..).zip(wall_time.active(&since)).take(schedulers) {
                        let triple = numbers(context, &[id, active, total]);
                        list.push(context.heap().tuple(&triple));
                    }
                    context.heap().list(&list)
                }
            }
        }
        "microstate_accounting" => microstate_accounting(context),
        _ => return Err(badarg()),
    })
}

/// Starts or ends measuring; gives whether it was on.
fn scheduler_wall_time_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let enable = arguments[0].as_boolean().ok_or_else(badarg)?;
    let now = WallTime::of(context.machine);
    let since = &mut context.machine.statistics.wall_time_since;
    let was_on = since.is_some();
    *since = if enable { since.or(Some(now)) } else { None };
    Ok(Term::boolean(was_on))
}
