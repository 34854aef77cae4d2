//! `erlang:system_flag/2`.

use alloc::vec::Vec;

use brood_term::{Heap, Mfa, Term, integer, known};

use super::flags::{max_heap_size_map, parse_max_heap_size};
use super::loop_limit::LoopLimits;
use super::statistics::reset_microstates;
use super::system_info::is_allocator;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause, error};
use crate::heap::sizes::next_size;
use crate::machine::Machine;
use crate::process::{Process, SpawnOptions};
use crate::tracing::tracer;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[entry("erlang", "system_flag", 2, system_flag_2)];

/// The most entries that a stack trace can be asked to have: OTP's limit.
pub const MAX_BACKTRACE_DEPTH: usize = 64;

/// How many tables of ETS there may be, in OTP.
const DEFAULT_ETS_LIMIT: usize = 8192;

/// What system flags say, and those of `erl`.
#[derive(Debug)]
pub struct Flags {
    /// Who gets the emulator's reports: a pid, a registered name, or `undefined`.
    pub system_logger: Term,
    /// Kept for programs that read it back: the machine answers requests one at a time.
    pub outstanding_system_requests_limit: u32,
    /// What processes are made with, unless `spawn_opt` says otherwise.
    pub spawn: SpawnOptions,
    /// The module that is started first.
    pub boot_module: Term,
    /// How many tables there may be, as programs are told.
    pub ets_limit: usize,
    /// Whether all tables are said to be compressed.
    pub ets_compressed: bool,
    /// Which characters are printed as such: `latin1` or `unicode`.
    pub printable_characters: Term,
    /// What warnings are reported as, if not as such.
    pub warnings_are: Option<Term>,
    /// How many entries a stack trace has at most.
    pub backtrace_depth: usize,
    /// A number that match specifications of traces read and write.
    pub trace_control_word: u32,
    /// The processes that block multi-scheduling, once for each time: the pid, and whether only normal schedulers are
    /// meant.
    pub scheduling_blockers: Vec<(Term, bool)>,
    /// Whether errors of the machine itself leave no crash dump.
    pub no_crash_dump: bool,
    /// Whether `erts_debug:set_internal_state(available_internal_state, true)` was called.
    pub internal_state: bool,
    /// How long each collection is to last at least, for tests of those who watch them, in milliseconds.
    pub least_collection_ms: u64,
    /// How many steps BIFs that go through long data may take in one slice, if tests have said so.
    pub loop_limits: LoopLimits,
}

impl Default for Flags {
    fn default() -> Self {
        Flags {
            system_logger: known::LOGGER,
            outstanding_system_requests_limit: 2,
            spawn: SpawnOptions::default(),
            boot_module: known::INIT,
            ets_limit: DEFAULT_ETS_LIMIT,
            ets_compressed: false,
            printable_characters: known::LATIN1,
            warnings_are: None,
            backtrace_depth: 8,
            trace_control_word: 0,
            scheduling_blockers: Vec::new(),
            no_crash_dump: false,
            internal_state: false,
            least_collection_ms: 0,
            loop_limits: LoopLimits::default(),
        }
    }
}

/// Sets a flag to a value and gives the value that it had.
type Setter = fn(&mut Context<'_>, Term) -> BifResult;

/// The flags that can be set. OTP has some more, for what is not here: they raise `notsup`.
const SETTERS: &[(&str, Setter)] = &[
    ("backtrace_depth", set_backtrace_depth),
    ("dirty_cpu_schedulers_online", set_schedulers_online),
    ("erts_alloc", set_allocator),
    ("fullsweep_after", set_fullsweep_after),
    ("max_heap_size", set_max_heap_size),
    ("microstate_accounting", set_microstate_accounting),
    ("min_bin_vheap_size", set_min_bin_vheap_size),
    ("min_heap_size", set_min_heap_size),
    ("multi_scheduling", set_multi_scheduling),
    ("outstanding_system_requests_limit", set_requests_limit),
    ("cpu_topology", set_cpu_topology),
    ("reset_seq_trace", reset_seq_trace),
    ("scheduler_bind_type", set_scheduler_bind_type),
    ("scheduler_wall_time", set_scheduler_wall_time),
    ("schedulers_online", set_schedulers_online),
    ("scheduling_statistics", not_supported),
    ("sequential_tracer", set_sequential_tracer),
    ("system_logger", set_system_logger),
    ("time_offset", set_time_offset),
    ("trace_control_word", set_trace_control_word),
];

fn system_flag_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [flag, value] = *arguments else {
        return Err(badarg());
    };
    let name = context.machine.atoms.name(flag);
    let setter = SETTERS.iter().find(|(flag, _)| Some(*flag) == name);
    match setter {
        Some((_, set)) => set(context, value),
        None => Err(badopt(context)),
    }
}

fn badopt(context: &mut Context<'_>) -> Control {
    badarg_cause(context.machine.atom("badopt"))
}

fn not_supported(context: &mut Context<'_>, _: Term) -> BifResult {
    Err(error(context.machine.atom("notsup")))
}

/// `{Allocator, Parameter, Value}`: no allocator has parameters that could be set.
fn set_allocator(context: &mut Context<'_>, value: Term) -> BifResult {
    match value.as_tuple_of::<3>() {
        Some(&[allocator, parameter, _])
            if is_allocator(context, allocator) && parameter.is_atom() =>
        {
            Ok(context.machine.atom("notsup"))
        }
        _ => Err(badarg()),
    }
}

/// Replaces a number by one that must not be negative.
fn replace_number(old: &mut usize, value: Term, new: impl FnOnce(usize) -> usize) -> BifResult {
    let value = value.as_usize().ok_or_else(badarg)?;
    let old = core::mem::replace(old, new(value));
    Ok(Term::small(old as i64))
}

fn set_backtrace_depth(context: &mut Context<'_>, value: Term) -> BifResult {
    let depth = &mut context.machine.flags.backtrace_depth;
    replace_number(depth, value, |depth| depth.min(MAX_BACKTRACE_DEPTH))
}

fn set_min_heap_size(context: &mut Context<'_>, value: Term) -> BifResult {
    replace_number(
        &mut context.machine.flags.spawn.min_heap_words,
        value,
        next_size,
    )
}

fn set_min_bin_vheap_size(context: &mut Context<'_>, value: Term) -> BifResult {
    replace_number(
        &mut context.machine.flags.spawn.min_binary_words,
        value,
        next_size,
    )
}

/// Takes their sequential trace tokens away from all processes and messages.
fn reset_seq_trace(context: &mut Context<'_>, value: Term) -> BifResult {
    if value != known::TRUE {
        return Err(badarg());
    }
    context.process.reset_token();
    context
        .machine
        .processes
        .iter_mut()
        .for_each(Process::reset_token);
    Ok(known::TRUE)
}

fn set_sequential_tracer(context: &mut Context<'_>, value: Term) -> BifResult {
    let tracer = tracer::parse_alone(value, &context.machine.atoms).ok_or_else(badarg)?;
    if !tracer.is_none() && !context.emitter().is_alive(tracer) {
        return Err(badarg());
    }
    let new = (!tracer.is_none()).then_some(tracer);
    let old = core::mem::replace(&mut context.machine.tracing.sequential_tracer, new);
    Ok(old.unwrap_or(known::FALSE))
}

fn set_fullsweep_after(context: &mut Context<'_>, value: Term) -> BifResult {
    let new = value.as_usize().ok_or_else(badarg)?.min(65_535) as u32;
    let old = core::mem::replace(&mut context.machine.flags.spawn.fullsweep_after, new);
    Ok(Term::small(i64::from(old)))
}

fn set_max_heap_size(context: &mut Context<'_>, value: Term) -> BifResult {
    let spawn = &mut context.machine.flags.spawn;
    let new = parse_max_heap_size(value, spawn.max_heap, spawn.min_heap_words);
    let old = core::mem::replace(&mut spawn.max_heap, new.ok_or_else(badarg)?);
    Ok(max_heap_size_map(context, old))
}

fn set_trace_control_word(context: &mut Context<'_>, value: Term) -> BifResult {
    let new = integer::to_u64(value).and_then(|word| u32::try_from(word).ok());
    let word = &mut context.machine.flags.trace_control_word;
    let old = core::mem::replace(word, new.ok_or_else(badarg)?);
    Ok(Term::small(i64::from(old)))
}

fn set_requests_limit(context: &mut Context<'_>, value: Term) -> BifResult {
    let limit = value
        .as_small()
        .filter(|limit| (1..=0x07ff_ffff).contains(limit))
        .ok_or_else(badarg)?;
    let old = &mut context.machine.flags.outstanding_system_requests_limit;
    let old = core::mem::replace(old, limit as u32);
    Ok(Term::small(i64::from(old)))
}

fn set_system_logger(context: &mut Context<'_>, value: Term) -> BifResult {
    let alive = value.is_local_pid() && context.is_alive(value);
    if !alive && value != known::LOGGER && value != known::UNDEFINED {
        return Err(badarg());
    }
    let logger = &mut context.machine.flags.system_logger;
    Ok(core::mem::replace(logger, value))
}

/// There is one of each kind, and it is online.
fn set_schedulers_online(_: &mut Context<'_>, value: Term) -> BifResult {
    if value == Term::small(1) {
        Ok(value)
    } else {
        Err(badarg())
    }
}

/// The one scheduler is bound to nothing, whatever is asked for.
fn set_scheduler_bind_type(context: &mut Context<'_>, value: Term) -> BifResult {
    const TYPES: [&str; 9] = [
        "default_bind",
        "no_node_processor_spread",
        "no_node_thread_spread",
        "no_spread",
        "processor_spread",
        "spread",
        "thread_no_node_processor_spread",
        "thread_spread",
        "unbound",
    ];
    match context.machine.atoms.name(value) {
        Some("unbound") => Ok(value),
        Some(name) if TYPES.contains(&name) => not_supported(context, value),
        _ => Err(badarg()),
    }
}

/// What there is can't be known, and is `undefined`.
fn set_cpu_topology(_: &mut Context<'_>, value: Term) -> BifResult {
    if value == known::UNDEFINED {
        Ok(known::UNDEFINED)
    } else {
        Err(badarg())
    }
}

/// The offset was final from the start.
fn set_time_offset(context: &mut Context<'_>, value: Term) -> BifResult {
    match context.machine.atoms.name(value) {
        Some("finalize") => Ok(context.machine.atom("final")),
        _ => Err(badopt(context)),
    }
}

/// Traps to the function of OTP that counts who wants it.
fn set_scheduler_wall_time(context: &mut Context<'_>, value: Term) -> BifResult {
    value.as_boolean().ok_or_else(badarg)?;
    let mfa = Mfa {
        module: known::ERTS_INTERNAL,
        function: context.machine.atom("system_flag_scheduler_wall_time"),
        arity: 1,
    };
    let arguments = context.heap().list(&[value]);
    Err(Control::Call { mfa, arguments })
}

fn set_microstate_accounting(context: &mut Context<'_>, value: Term) -> BifResult {
    let now = context.machine.monotonic_ns();
    let idle = context.machine.idle_ns;
    let microstates = &mut context.machine.statistics.microstates;
    let was_on = microstates.is_on();
    match (value.as_boolean(), context.machine.atoms.name(value)) {
        (Some(on), _) => microstates.turn(on, now, idle),
        (None, Some("reset")) => reset_microstates(context),
        _ => return Err(badopt(context)),
    }
    Ok(Term::boolean(was_on))
}

/// Blocking leaves one scheduler at work, and there is only one: what is kept is who blocks.
fn set_multi_scheduling(context: &mut Context<'_>, value: Term) -> BifResult {
    let (block, normal) = match context.machine.atoms.name(value) {
        Some("block") => (true, false),
        Some("block_normal") => (true, true),
        Some("unblock") => (false, false),
        Some("unblock_normal") => (false, true),
        _ => return Err(badarg()),
    };
    let me = (context.process.pid, normal);
    let blockers = &mut context.machine.flags.scheduling_blockers;
    if block {
        blockers.push(me);
    } else {
        let mine = blockers.iter().position(|&blocker| blocker == me);
        blockers.remove(mine.ok_or_else(badarg)?);
    }
    let state = context.machine.multi_scheduling();
    Ok(context.machine.atom(state))
}

impl Machine {
    /// Whether multi-scheduling is blocked: `blocked`, `blocked_normal` or `enabled`.
    pub(super) fn multi_scheduling(&self) -> &'static str {
        let blockers = &self.flags.scheduling_blockers;
        match blockers.iter().map(|(_, normal)| normal).min() {
            Some(false) => "blocked",
            Some(true) => "blocked_normal",
            None => "enabled",
        }
    }

    /// A process that ended blocks no longer, and is the logger no longer.
    pub(crate) fn reset_flags_of(&mut self, pid: Term) {
        let flags = &mut self.flags;
        flags
            .scheduling_blockers
            .retain(|&(blocker, _)| blocker != pid);
        if flags.system_logger == pid {
            flags.system_logger = known::LOGGER;
        }
    }
}
