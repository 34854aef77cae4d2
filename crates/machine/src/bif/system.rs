//! The machine as a whole: what it is, how much it holds, what it has done, and its end.

use alloc::string::String;

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::break_handler::ABORTED;
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause};
use crate::machine::{Halt, Machine};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "halt", 2, halt_2),
    entry("erlang", "bump_reductions", 1, bump_reductions_1),
    entry("erlang", "yield", 0, yield_0),
    entry(
        "erlang",
        "garbage_collect_message_area",
        0,
        garbage_collect_message_area_0,
    ),
    entry("erlang", "load_nif", 2, load_nif_2),
    entry("erlang", "dt_get_tag", 0, nobody),
    entry("erlang", "dt_get_tag_data", 0, nobody),
    entry("erlang", "dt_put_tag", 1, nobody),
    entry("erlang", "dt_spread_tag", 1, always_true),
    entry("erlang", "dt_restore_tag", 1, always_true),
    entry("erlang", "dt_append_vm_tag_data", 1, first_argument),
    entry("erlang", "dt_prepend_vm_tag_data", 1, first_argument),
    entry("erts_internal", "time_unit", 0, nanoseconds),
    entry("erts_internal", "perf_counter_unit", 0, nanoseconds),
    entry("erts_internal", "system_check", 1, system_check_1),
    entry(
        "erts_internal",
        "no_aux_work_threads",
        0,
        no_aux_work_threads_0,
    ),
    entry("io", "printable_range", 0, printable_range_0),
    entry("error_logger", "warning_map", 0, warning_map_0),
];

impl Machine {
    /// The process that gets the emulator's reports, if there is one.
    pub fn system_logger(&self) -> Option<Term> {
        let logger = self.flags.system_logger;
        if logger.is_local_pid() {
            Some(logger)
        } else {
            self.registry.get(&logger).copied()
        }
    }

    /// Whether processes that start in this module belong to the emulator, which can't do without them.
    pub(crate) fn is_system_module(&self, module: Term) -> bool {
        SYSTEM_PROCESSES.contains(&self.atoms.text(module))
    }
}

/// Modules of OTP whose NIFs are part of the emulator: loading them succeeds. Those of their functions that are not in
/// the table of BIFs raise `undef`.
const STATIC_NIFS: [&str; 5] = ["prim_file", "prim_buffer", "prim_tty", "zlib", "erl_tracer"];

/// Modules whose processes belong to the emulator.
const SYSTEM_PROCESSES: [&str; 5] = [
    "erl_init",
    "erts_code_purger",
    "erts_literal_area_collector",
    "erts_dirty_process_signal_handler",
    "prim_file",
];

/// The longest slogan, in characters.
const MAX_SLOGAN: usize = 1023;

fn nobody(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::UNDEFINED)
}

fn always_true(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::TRUE)
}

fn first_argument(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(arguments[0])
}

/// The native units of time per second.
fn nanoseconds(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(Term::small(1_000_000_000))
}

/// `halt(Status, Options)`: a status, `abort`, or a slogan. Output is never held back, so flushing or not is the same.
fn halt_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [status, options] = *arguments else {
        return Err(badarg());
    };
    let mut list = options.list();
    for option in list.by_ref() {
        match option.as_tuple_of::<2>() {
            Some(&[known::FLUSH, flush]) if flush.as_boolean().is_some() => {}
            _ => return Err(badarg_cause(context.machine.atom("badopt"))),
        }
    }
    if !list.ended_proper() {
        return Err(badarg_cause(context.machine.atom("badopt")));
    }
    let halt = if let Some(status) = status.as_small() {
        Halt::Status(
            u32::try_from(status & 0x7fff_ffff)
                .ok()
                .filter(|_| status >= 0)
                .ok_or_else(badarg)? as i32,
        )
    } else if context.machine.atoms.name(status) == Some("abort") {
        Halt::Status(ABORTED)
    } else {
        let point = |point: Term| char::from_u32(u32::try_from(point.as_small()?).ok()?);
        let text: Option<String> = status.list().take(MAX_SLOGAN).map(point).collect();
        Halt::Slogan(
            text.filter(|_| status.list_length().is_some())
                .ok_or_else(badarg)?,
        )
    };
    context.machine.halt = Some(halt);
    Err(Control::Halt)
}

fn bump_reductions_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let reductions = arguments[0]
        .as_small()
        .filter(|&reductions| reductions >= 0)
        .ok_or_else(badarg)?;
    context.charge(usize::try_from(reductions).unwrap_or(usize::MAX));
    Ok(known::TRUE)
}

/// Lets others run. The call that is made again afterwards is the first thing in a new slice.
fn yield_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    if context.slice_begins() {
        return Ok(known::TRUE);
    }
    Err(Control::Again { wait: false })
}

/// There is no such area.
fn garbage_collect_message_area_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::FALSE)
}

fn load_nif_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let points = arguments[0]
        .is_list()
        .then(|| arguments[0].list())
        .ok_or_else(badarg)?;
    let path: Option<String> = points
        .map(|point| char::from_u32(u32::try_from(point.as_small()?).ok()?))
        .collect();
    let path = path
        .filter(|_| arguments[0].list_length().is_some())
        .ok_or_else(badarg)?;
    if STATIC_NIFS.contains(&path.as_str()) {
        return Ok(known::OK);
    }
    let text = alloc::format!(
        "Failed to load NIF library: '{path}: there is no native code to load in an instance'"
    );
    let failed = context.machine.atom("load_failed");
    let heap = context.heap();
    let text = heap.string(&text);
    let reason = heap.tuple(&[failed, text]);
    Ok(heap.tuple(&[known::ERROR, reason]))
}

/// That this runs shows that the scheduler does.
fn system_check_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match context.machine.atoms.name(arguments[0]) {
        Some("schedulers") => Ok(known::OK),
        _ => Err(badarg()),
    }
}

/// One scheduler, and the one more that callers take off.
fn no_aux_work_threads_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(Term::small(2))
}

fn printable_range_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.machine.flags.printable_characters)
}

fn warning_map_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let level = context.machine.flags.warnings_are;
    Ok(level.unwrap_or_else(|| context.machine.atom("warning")))
}
