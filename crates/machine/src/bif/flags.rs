//! Process flags.

use brood_term::{Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{badarg, badarg_cause, error};
use crate::process::{MaxHeapSize, Priority};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "process_flag", 2, process_flag_2),
    entry("erts_internal", "process_flag", 3, process_flag_3),
];

fn process_flag_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [flag, value] = *arguments else {
        return Err(badarg());
    };
    let Some(name) = context.machine.atoms.name(flag) else {
        return Err(badarg_cause(context.machine.atom("badopt")));
    };
    let process = &mut *context.process;
    let boolean = value.as_boolean();
    let count = value.as_usize();
    match name {
        "trap_exit" => {
            let new = boolean.ok_or_else(badarg)?;
            Ok(Term::boolean(core::mem::replace(
                &mut process.trap_exit,
                new,
            )))
        }
        "sensitive" => {
            let new = boolean.ok_or_else(badarg)?;
            Ok(Term::boolean(core::mem::replace(
                &mut process.sensitive,
                new,
            )))
        }
        "error_handler" if value.is_atom() => {
            Ok(core::mem::replace(&mut process.error_handler, value))
        }
        "priority" => {
            let new = Priority::from_atom(value).ok_or_else(badarg)?;
            Ok(core::mem::replace(&mut process.priority, new).atom())
        }
        "min_heap_size" => {
            let new = count.ok_or_else(badarg)?;
            let old = core::mem::replace(&mut process.heap.min_heap_words, new);
            Ok(Term::small(old as i64))
        }
        "fullsweep_after" => {
            let new = count.ok_or_else(badarg)?.min(65_535) as u32;
            let old = core::mem::replace(&mut process.heap.fullsweep_after, new);
            Ok(Term::small(i64::from(old)))
        }
        // The collector weighs binaries by its own measure; the flag is kept for those who read it back.
        "min_bin_vheap_size" => {
            let new = count.ok_or_else(badarg)?;
            Ok(Term::small(
                core::mem::replace(&mut process.min_binary_words, new) as i64,
            ))
        }
        "max_heap_size" => {
            let new = parse_max_heap_size(value).ok_or_else(badarg)?;
            let old = core::mem::replace(&mut process.max_heap, new);
            Ok(max_heap_size_map(context, old))
        }
        "message_queue_data" => {
            let new = match value {
                known::ON_HEAP => false,
                known::OFF_HEAP => true,
                _ => return Err(badarg()),
            };
            let old = core::mem::replace(&mut process.message_queue_off_heap, new);
            Ok(message_queue_data(old))
        }
        "error_handler" => Err(badarg()),
        // Calls are not recorded.
        "save_calls" if count == Some(0) => Ok(value),
        "save_calls" if count.is_some() => Err(error(context.machine.atom("notsup"))),
        "save_calls" => Err(badarg_cause(known::NONE)),
        _ => Err(badarg_cause(context.machine.atom("badopt"))),
    }
}

/// Only `save_calls` can be set for another process, and calls are not recorded.
fn process_flag_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, ..] = *arguments else {
        return Err(badarg());
    };
    if !pid.is_local_pid() || !context.is_alive(pid) {
        return Ok(context.machine.atom("badtype"));
    }
    Ok(known::BADARG)
}

/// `on_heap` or `off_heap`.
pub(crate) fn message_queue_data(off_heap: bool) -> Term {
    if off_heap {
        known::OFF_HEAP
    } else {
        known::ON_HEAP
    }
}

/// Reads a size in words, or a map of `size`, `kill` and `error_logger`.
pub(crate) fn parse_max_heap_size(value: Term) -> Option<MaxHeapSize> {
    let mut limit = MaxHeapSize::default();
    if value.is_small() {
        limit.words = value.as_usize()?;
        return Some(limit);
    }
    map::size(value)?;
    limit.words = map::get(value, known::SIZE)?.as_usize()?;
    if let Some(kill) = map::get(value, known::KILL) {
        limit.kill = kill.as_boolean()?;
    }
    if let Some(error_logger) = map::get(value, known::ERROR_LOGGER) {
        limit.error_logger = error_logger.as_boolean()?;
    }
    Some(limit)
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
