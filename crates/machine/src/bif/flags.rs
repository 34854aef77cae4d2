//! Process flags.

use alloc::boxed::Box;
use core::mem::replace;

use brood_term::{Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{badarg, badarg_cause};
use crate::heap::sizes::next_size;
use crate::machine::SLICE_REDUCTIONS;
use crate::process::{MaxHeapSize, Priority, Process};
use crate::tracing::saved_calls::{MOST_CALLS, SavedCalls};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "process_flag", 2, process_flag_2),
    entry("erts_internal", "process_flag", 3, process_flag_3),
];

fn process_flag_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [flag, value] = *arguments else {
        return Err(badarg());
    };
    if let Some(&[name, options]) = flag.as_tuple_of::<2>()
        && context.machine.atoms.text(name) == "monitor_nodes"
    {
        return monitor_nodes(context, value, options);
    }
    let Some(name) = context.machine.atoms.name(flag) else {
        return Err(badarg_cause(context.machine.atom("badopt")));
    };
    let defaults = &context.machine.flags.spawn;
    let process = &mut *context.process;
    let boolean = value.as_boolean().ok_or_else(badarg);
    let count = value.as_usize().ok_or_else(badarg);
    match name {
        "trap_exit" => Ok(Term::boolean(replace(&mut process.trap_exit, boolean?))),
        "async_dist" => Ok(Term::boolean(replace(&mut process.async_dist, boolean?))),
        "sensitive" => Ok(Term::boolean(replace(&mut process.sensitive, boolean?))),
        "error_handler" if value.is_atom() => Ok(replace(&mut process.error_handler, value)),
        "error_handler" => Err(badarg()),
        "priority" => {
            let new = Priority::from_atom(value).ok_or_else(badarg)?;
            Ok(replace(&mut process.priority, new).atom())
        }
        // There is one scheduler, which 0 leaves open.
        "scheduler" => {
            let new = count?;
            if new > 1 {
                return Err(badarg());
            }
            let was_bound = replace(&mut process.bound_to_scheduler, new == 1);
            Ok(Term::small(i64::from(was_bound)))
        }
        "min_heap_size" => {
            let new = next_size(count?).max(defaults.min_heap_words);
            let old = replace(&mut process.heap.min_heap_words, new);
            Ok(Term::small(old as i64))
        }
        "fullsweep_after" => {
            let new = u32::try_from(count?).unwrap_or(u32::MAX);
            let old = replace(&mut process.heap.fullsweep_after, new);
            Ok(Term::small(i64::from(old)))
        }
        "min_bin_vheap_size" => {
            let new = next_size(count?).max(defaults.min_binary_words);
            process.heap.set_min_binary_bytes(new * size_of::<Term>());
            let old = replace(&mut process.min_binary_words, new);
            Ok(Term::small(old as i64))
        }
        "max_heap_size" => {
            let least = process.heap.min_heap_words;
            let new = parse_max_heap_size(value, defaults.max_heap, least).ok_or_else(badarg)?;
            let old = replace(&mut process.max_heap, new);
            Ok(max_heap_size_map(context, old))
        }
        "message_queue_data" => {
            let new = parse_message_queue_data(value).ok_or_else(badarg)?;
            let old = replace(&mut process.message_queue_off_heap, new);
            Ok(message_queue_data(old))
        }
        "monitor_nodes" => monitor_nodes(context, value, Term::NIL),
        "save_calls" => save_calls(process, value),
        _ => Err(badarg_cause(context.machine.atom("badopt"))),
    }
}

/// Bits of what `monitor_nodes` asks to be told, with the names that its options have.
const NODE_MONITOR_OPTIONS: [(&str, &str, u8); 7] = [
    ("list", "true", 0),
    ("connection_id", "true", 1),
    ("connection_id", "false", 0),
    ("nodedown_reason", "true", 2),
    ("nodedown_reason", "false", 0),
    ("node_type", "visible", 4),
    ("node_type", "hidden", 8),
];
/// Both types of nodes.
const NODE_TYPES: u8 = 4 | 8;
/// Not in a list, but in a map.
const NODE_INFORMATION_MAP: u8 = 16;

/// Subscribes to nodes that come and go, of which there are none, or ends that. Gives how many times it had subscribed
/// with these options.
fn monitor_nodes(context: &mut Context<'_>, value: Term, options: Term) -> BifResult {
    let subscribe = value.as_boolean().ok_or_else(badarg)?;
    let mut mask = 0;
    if !options.is_nil() {
        map::size(options).ok_or_else(badarg)?;
        mask = NODE_INFORMATION_MAP;
        for (key, value) in map::entries(options) {
            match [key, value].map(|term| context.machine.atoms.text(term)) {
                ["node_type", "all"] => mask |= NODE_TYPES,
                ["list", "true"] => mask &= !NODE_INFORMATION_MAP,
                [key, value] => {
                    let mut known = NODE_MONITOR_OPTIONS.iter();
                    let option = known.find(|option| (option.0, option.1) == (key, value));
                    mask |= option.ok_or_else(badarg)?.2;
                }
            }
        }
    }
    let counts = &mut context.process.tie().node_monitors;
    let old = if subscribe {
        let count = counts.entry(mask).or_insert(0);
        *count += 1;
        *count - 1
    } else {
        counts.remove(&mask).unwrap_or(0)
    };
    Ok(Term::small(i64::from(old)))
}

/// Sets how many of the last calls are kept, and gives how many were before.
fn save_calls(process: &mut Process, value: Term) -> BifResult {
    let most = value.as_usize().filter(|most| *most <= MOST_CALLS);
    let most = most.ok_or_else(|| badarg_cause(known::NONE))?;
    let calls = (most > 0).then(|| Box::new(SavedCalls::new(most)));
    let old = replace(&mut process.trace.saved_calls, calls);
    // Without fuel above 0, every call looks whether it is to be saved.
    let floor = if most > 0 { -SLICE_REDUCTIONS } else { 0 };
    process.fuel += floor - replace(&mut process.fuel_floor, floor);
    Ok(Term::small(old.map_or(0, |calls| calls.most()) as i64))
}

/// Only `save_calls` can be set for another process.
fn process_flag_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, flag, value] = *arguments else {
        return Err(badarg());
    };
    let is_save_calls = context.machine.atoms.name(flag) == Some("save_calls");
    let badtype = context.machine.atom("badtype");
    let local = pid.is_local_pid().then_some(pid);
    match local.and_then(|pid| context.process_mut(pid)) {
        Some(process) if is_save_calls && !process.is_exiting() => {
            // `erlang:process_flag/3`, which calls this, names no cause.
            save_calls(process, value).or(Ok(known::BADARG))
        }
        Some(process) if !process.is_exiting() => Ok(known::BADARG),
        _ => Ok(badtype),
    }
}

/// `on_heap` or `off_heap`.
pub(crate) fn message_queue_data(off_heap: bool) -> Term {
    if off_heap {
        known::OFF_HEAP
    } else {
        known::ON_HEAP
    }
}

/// Reads `on_heap` or `off_heap`: whether it is the latter.
pub(crate) fn parse_message_queue_data(value: Term) -> Option<bool> {
    match value {
        known::ON_HEAP => Some(false),
        known::OFF_HEAP => Some(true),
        _ => None,
    }
}

/// Reads a size in words, or a map of `size`, `kill` and `error_logger`; what is not said is as in `default`. A limit
/// below the `least` size of the heap is none.
pub(crate) fn parse_max_heap_size(
    value: Term,
    default: MaxHeapSize,
    least: usize,
) -> Option<MaxHeapSize> {
    let mut limit = default;
    if value.is_small() {
        limit.words = value.as_usize()?;
    } else {
        map::size(value)?;
        limit.words = map::get(value, known::SIZE)?.as_usize()?;
        if let Some(kill) = map::get(value, known::KILL) {
            limit.kill = kill.as_boolean()?;
        }
        if let Some(error_logger) = map::get(value, known::ERROR_LOGGER) {
            limit.error_logger = error_logger.as_boolean()?;
        }
    }
    (limit.words == 0 || limit.words >= least).then_some(limit)
}

/// A `max_heap_size` as a map.
pub(crate) fn max_heap_size_map(context: &mut Context<'_>, limit: MaxHeapSize) -> Term {
    let mut pairs = alloc::vec![
        (known::ERROR_LOGGER, Term::boolean(limit.error_logger)),
        (known::KILL, Term::boolean(limit.kill)),
        (known::SIZE, Term::small(limit.words as i64)),
    ];
    map::from_pairs(
        &mut context.process.heap,
        &mut pairs,
        &context.machine.atoms,
    )
}
