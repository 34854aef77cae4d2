//! `erlang:system_info/1`.
//!
//! What OTP tells of its build and of drivers, locks and sockets has no meaning here and raises `badarg`, as an unknown item
//! does: `compile_info`, `dist_buf_busy_limit`, `emu_args`, `instruction_counts`, `scheduling_statistics` and the
//! like.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Mfa, Term, known};

use super::absent::otp_bifs;
use super::dictionary::pair_list;
use super::flags::{max_heap_size_map, message_queue_data};
use super::{BifResult, Entry, entry, memory};
use crate::context::Context;
use crate::crash_dump::{self, Section, View};
use crate::exception::{Control, badarg};
use crate::heap::sizes::sizes;
use crate::host_signal::Interrupt;
use crate::machine::SLICE_REDUCTIONS;
use crate::otp::Otp;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "system_info", 1, system_info_1),
    entry(
        "erts_internal",
        "gather_alloc_histograms",
        1,
        no_allocator_answers_1,
    ),
    entry(
        "erts_internal",
        "gather_carrier_info",
        1,
        no_allocator_answers_1,
    ),
];

/// `[{Area, Bytes}]`, of those of OTP's areas that are here.
fn allocated_areas(context: &mut Context<'_>) -> Term {
    let areas = memory::areas(&View::of(context.machine, Some(context.process)).0);
    let mut list = Vec::new();
    for (name, bytes) in areas {
        let name = context.machine.atom(name);
        let heap = context.heap();
        let bytes = heap.unsigned(bytes as u64);
        list.push(heap.tuple(&[name, bytes]));
    }
    context.heap().list(&list)
}

const WORD_BYTES: i64 = size_of::<Term>() as i64;

/// What an item says.
#[derive(Clone, Copy, Debug)]
enum Item {
    /// An atom.
    Atom(&'static str),
    /// A number.
    Number(i64),
    /// A string.
    Text(&'static str),
    /// What a function finds.
    Found(fn(&mut Context<'_>) -> Term),
}

use Item::{Atom, Found, Number, Text};

/// All items.
const ITEMS: &[(&str, Item)] = &[
    (
        "all_schedulers_state",
        Found(|context| {
            let normal = schedulers(context, &[Atom("normal"), Number(1), Number(1), Number(1)]);
            let active = i64::from(context.machine.multi_scheduling() != "blocked");
            let dirty = ["dirty_cpu", "dirty_io"].map(|kind| {
                schedulers(context, &[Atom(kind), Number(1), Number(1), Number(active)])
            });
            context.heap().list(&[normal, dirty[0], dirty[1]])
        }),
    ),
    ("allocated_areas", Found(allocated_areas)),
    ("alloc_util_allocators", Found(disabled_allocators)),
    ("allocator", Found(allocator)),
    (
        "atom_count",
        Found(|context| number(context, context.machine.atoms.count())),
    ),
    (
        "atom_limit",
        Found(|context| number(context, context.machine.atoms.limit())),
    ),
    ("beam_jump_table", Atom("true")),
    (
        "break_ignored",
        Found(|context| Term::boolean(context.machine.host_signals.interrupt == Interrupt::Ignore)),
    ),
    ("build_type", Atom("opt")),
    ("c_compiler_used", Atom("undefined")),
    ("check_io", Found(|_| Term::NIL)),
    (
        "compat_rel",
        Found(|context| Term::small(context.machine.otp.release.parse().unwrap_or(0))),
    ),
    ("constant_pool_support", Atom("true")),
    ("context_reductions", Number(SLICE_REDUCTIONS as i64)),
    ("cpu_quota", Atom("unknown")),
    ("cpu_topology", Atom("undefined")),
    ("creation", Number(0)),
    ("debug_compiled", Atom("false")),
    ("delayed_node_table_gc", Atom("infinity")),
    ("dirty_cpu_schedulers", Number(1)),
    ("dirty_cpu_schedulers_online", Number(1)),
    ("dirty_io_schedulers", Number(1)),
    (
        "dist",
        Found(|context| binary(context, crash_dump::distribution)),
    ),
    ("dist_ctrl", Found(|_| Term::NIL)),
    ("dynamic_trace", Atom("none")),
    ("dynamic_trace_probes", Atom("false")),
    ("emu_flavor", Atom("emu")),
    ("emu_type", Atom("opt")),
    (
        "end_time",
        Found(|context| context.heap().integer(i64::MAX)),
    ),
    ("endian", Atom("little")),
    ("ethread_info", Found(ethread_info)),
    ("ethread_used_tse", Number(0)),
    (
        "ets_always_compress",
        Found(|context| Term::boolean(context.machine.flags.ets_compressed)),
    ),
    (
        "ets_count",
        Found(|context| number(context, context.machine.tables.count())),
    ),
    // It limits nothing, in OTP neither.
    (
        "ets_limit",
        Found(|context| number(context, context.machine.flags.ets_limit)),
    ),
    (
        "fullsweep_after",
        Found(|context| {
            let count = i64::from(context.machine.flags.spawn.fullsweep_after);
            pair(context, "fullsweep_after", count)
        }),
    ),
    ("garbage_collection", Found(garbage_collection)),
    ("heap_sizes", Found(heap_sizes)),
    ("heap_type", Atom("private")),
    ("hipe_architecture", Atom("undefined")),
    (
        "info",
        Found(|context| binary(context, crash_dump::information)),
    ),
    ("kernel_poll", Atom("false")),
    (
        "loaded",
        Found(|context| binary(context, crash_dump::loaded)),
    ),
    ("lock_checking", Atom("false")),
    ("lock_counting", Atom("false")),
    ("logical_processors", Number(1)),
    ("logical_processors_available", Number(1)),
    ("logical_processors_online", Number(1)),
    ("machine", Text("BEAM")),
    (
        "max_heap_size",
        Found(|context| {
            let limit = context.machine.flags.spawn.max_heap;
            max_heap_size_map(context, limit)
        }),
    ),
    (
        "message_queue_data",
        Found(|context| {
            let off_heap = context.machine.flags.spawn.message_queue_off_heap;
            message_queue_data(off_heap)
        }),
    ),
    (
        "min_bin_vheap_size",
        Found(|context| {
            let words = context.machine.flags.spawn.min_binary_words as i64;
            pair(context, "min_bin_vheap_size", words)
        }),
    ),
    (
        "min_heap_size",
        Found(|context| {
            let words = context.machine.flags.spawn.min_heap_words as i64;
            pair(context, "min_heap_size", words)
        }),
    ),
    ("modified_timing_level", Atom("undefined")),
    (
        "multi_scheduling",
        Found(|context| {
            let state = context.machine.multi_scheduling();
            context.machine.atom(state)
        }),
    ),
    (
        "multi_scheduling_blockers",
        Found(|context| scheduling_blockers(context, false)),
    ),
    (
        "normal_multi_scheduling_blockers",
        Found(|context| scheduling_blockers(context, true)),
    ),
    ("nif_version", Text("2.16")),
    (
        "os_monotonic_time_source",
        Found(|context| time_source(context, "monotonic_ns")),
    ),
    (
        "os_system_time_source",
        Found(|context| time_source(context, "system_time_ns")),
    ),
    ("os_type", Found(os_type)),
    ("os_version", Found(os_version)),
    (
        "otp_release",
        Found(|context| own_text(context, |otp| otp.release.clone())),
    ),
    (
        "outstanding_system_requests_limit",
        Found(|context| {
            Term::small(i64::from(
                context.machine.flags.outstanding_system_requests_limit,
            ))
        }),
    ),
    (
        "port_count",
        Found(|context| number(context, context.machine.ports.iter().count())),
    ),
    (
        "port_limit",
        Found(|context| number(context, context.machine.ports.limit())),
    ),
    ("port_parallelism", Atom("false")),
    (
        "process_count",
        Found(|context| number(context, context.machine.processes.count())),
    ),
    (
        "process_limit",
        Found(|context| number(context, context.machine.processes.limit())),
    ),
    (
        "procs",
        Found(|context| binary(context, crash_dump::processes)),
    ),
    ("run_queues", Number(1)),
    ("scheduler_bind_type", Atom("unbound")),
    ("scheduler_bindings", Found(scheduler_bindings)),
    ("scheduler_id", Number(1)),
    ("schedulers", Number(1)),
    ("schedulers_active", Number(1)),
    ("schedulers_online", Number(1)),
    (
        "schedulers_state",
        Found(|context| schedulers(context, &[Number(1), Number(1), Number(1)])),
    ),
    ("schedulers_total", Number(1)),
    (
        "sequential_tracer",
        Found(|context| {
            let tracer = context.machine.tracing.sequential_tracer;
            let name = context.machine.atom("sequential_tracer");
            let tracer = tracer.unwrap_or(known::FALSE);
            context.heap().tuple(&[name, tracer])
        }),
    ),
    ("smp_support", Atom("true")),
    ("snifs", Found(snifs)),
    (
        "start_time",
        Found(|context| number(context, context.machine.started_ns() as usize)),
    ),
    ("system_architecture", Text("x86_64-brood")),
    (
        "system_logger",
        Found(|context| context.machine.flags.system_logger),
    ),
    (
        "system_version",
        Found(|context| own_text(context, Otp::system_version)),
    ),
    ("taints", Found(|_| Term::NIL)),
    ("thread_pool_size", Number(0)),
    ("threads", Atom("false")),
    ("time_correction", Atom("true")),
    ("time_offset", Atom("final")),
    ("time_warp_mode", Atom("no_time_warp")),
    ("tolerant_timeofday", Atom("enabled")),
    (
        "trace_control_word",
        Found(|context| Term::small(i64::from(context.machine.flags.trace_control_word))),
    ),
    ("update_cpu_info", Atom("unchanged")),
    (
        "version",
        Found(|context| own_text(context, |otp| otp.emulator.clone())),
    ),
    ("wordsize", Number(WORD_BYTES)),
];

fn number(context: &mut Context<'_>, value: usize) -> Term {
    context.heap().unsigned(value as u64)
}

fn pair(context: &mut Context<'_>, name: &'static str, value: i64) -> Term {
    let name = context.machine.atom(name);
    context.heap().tuple(&[name, Term::small(value)])
}

fn system_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if let Some(parts) = arguments[0].as_tuple() {
        return parameterised(context, parts);
    }
    let name = context
        .machine
        .atoms
        .name(arguments[0])
        .ok_or_else(badarg)?;
    let (_, item) = ITEMS
        .iter()
        .find(|(item, _)| *item == name)
        .ok_or_else(badarg)?;
    Ok(value(context, item))
}

fn value(context: &mut Context<'_>, item: &Item) -> Term {
    match *item {
        Atom(text) => context.machine.atom(text),
        Number(value) => Term::small(value),
        Text(text) => context.heap().string(text),
        Found(find) => find(context),
    }
}

fn own_text(context: &mut Context<'_>, text: impl FnOnce(&Otp) -> String) -> Term {
    let text = text(&context.machine.otp);
    context.heap().string(&text)
}

/// Items that are tuples.
fn parameterised(context: &mut Context<'_>, parts: &[Term]) -> BifResult {
    let item = parts.first().map(|item| context.machine.atoms.text(*item));
    match (item, parts) {
        (Some("wordsize"), [_, which]) => match context.machine.atoms.text(*which) {
            "internal" | "external" => Ok(Term::small(WORD_BYTES)),
            _ => Err(badarg()),
        },
        (Some("cpu_topology"), [_, which]) => match context.machine.atoms.text(*which) {
            "defined" | "detected" | "used" => Ok(known::UNDEFINED),
            _ => Err(badarg()),
        },
        (Some("allocator" | "allocator_sizes"), &[_, which]) => {
            if is_allocator(context, which) {
                return Ok(known::FALSE);
            }
            let pairs = no_allocators(context, which)?;
            Ok(context.heap().list(&pairs))
        }
        // Answered by each thread; there is one.
        (Some("memory_internal"), &[_, reference, types]) if reference.is_reference() => {
            let pairs = no_allocators(context, types)?;
            let heap = context.heap();
            let list = heap.list(&pairs);
            let answer = heap.tuple(&[reference, Term::small(1), list]);
            context.process.messages.push_resident(answer);
            Ok(known::TRUE)
        }
        _ => Err(badarg()),
    }
}

/// OTP's allocators: one allocator that has none of their statistics stands for all of them.
const ALLOCATORS: [&str; 12] = [
    "binary_alloc",
    "driver_alloc",
    "eheap_alloc",
    "ets_alloc",
    "fix_alloc",
    "literal_alloc",
    "ll_alloc",
    "mseg_alloc",
    "sl_alloc",
    "std_alloc",
    "sys_alloc",
    "temp_alloc",
];

pub(super) fn is_allocator(context: &Context<'_>, name: Term) -> bool {
    ALLOCATORS.contains(&context.machine.atoms.text(name))
}

/// `{Allocator, Scheduler, Width, Start, Ref}` asks an allocator: gives how many messages with answers to expect.
fn no_allocator_answers_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match arguments[0].as_tuple_of::<5>() {
        Some(&[allocator, _, _, _, reference])
            if is_allocator(context, allocator) && reference.is_reference() =>
        {
            Ok(Term::small(0))
        }
        _ => Err(badarg()),
    }
}

/// `{Allocator, false}` for each of a list of allocators: it is disabled.
fn no_allocators(context: &mut Context<'_>, list: Term) -> Result<Vec<Term>, Control> {
    let mut pairs = Vec::new();
    let mut names = list.list();
    for name in names.by_ref() {
        if !is_allocator(context, name) {
            return Err(badarg());
        }
        pairs.push(context.heap().tuple(&[name, known::FALSE]));
    }
    if names.ended_proper() && !pairs.is_empty() {
        Ok(pairs)
    } else {
        Err(badarg())
    }
}

/// OTP's allocators that could have statistics. Those of each tell that it is disabled.
fn disabled_allocators(context: &mut Context<'_>) -> Term {
    let names = ALLOCATORS.map(|name| context.machine.atom(name));
    context.heap().list(&names)
}

/// `{Allocator, Version, Features, Settings}`.
fn allocator(context: &mut Context<'_>) -> Term {
    let parts = [known::UNDEFINED, Term::NIL, Term::NIL, Term::NIL];
    context.heap().tuple(&parts)
}

fn schedulers(context: &mut Context<'_>, items: &[Item]) -> Term {
    let items: Vec<Term> = items.iter().map(|item| value(context, item)).collect();
    context.heap().tuple(&items)
}

/// What makes memory operations atomic: there is one thread.
fn ethread_info(context: &mut Context<'_>) -> Term {
    let kinds = [
        ("32-bit native atomics", "single thread"),
        ("64-bit native atomics", "single thread"),
        ("Double word native atomics", "no"),
    ];
    let heap = context.heap();
    let tuples = kinds.map(|(kind, by)| {
        let (kind, by) = (heap.string(kind), heap.string(by));
        heap.tuple(&[kind, by, Term::NIL])
    });
    heap.list(&tuples)
}

fn heap_sizes(context: &mut Context<'_>) -> Term {
    let heap = context.heap();
    let sizes: Vec<Term> = sizes().map(|size| heap.unsigned(size as u64)).collect();
    heap.list(&sizes)
}

/// Who blocks multi-scheduling, each process once.
fn scheduling_blockers(context: &mut Context<'_>, normal: bool) -> Term {
    let blockers = &context.machine.flags.scheduling_blockers;
    let mut pids: Vec<Term> = blockers
        .iter()
        .filter(|blocker| blocker.1 == normal)
        .map(|blocker| blocker.0)
        .collect();
    pids.sort_unstable_by_key(|pid| pid.identifier_number());
    pids.dedup();
    context.heap().list(&pids)
}

/// `[{Property, Value}]` of a clock of the platform.
fn time_source(context: &mut Context<'_>, function: &'static str) -> Term {
    let time = if function == "monotonic_ns" {
        context.machine.platform.monotonic_ns() as i64
    } else {
        context.machine.platform.system_time_ns()
    };
    let time = context.heap().integer(time);
    let pairs = [
        ("function", context.machine.atom(function)),
        ("resolution", Term::small(1_000_000_000)),
        ("parallel", context.machine.atom("no")),
        ("time", time),
    ];
    let pairs = pairs.map(|(name, value)| (context.machine.atom(name), value));
    pair_list(context, pairs.to_vec())
}

fn binary(context: &mut Context<'_>, section: Section) -> Term {
    let text = crash_dump::text(context, section);
    context.heap().binary(text.as_bytes())
}

/// `[{Module, Function, Arity}]` of OTP's BIFs that are here.
fn snifs(context: &mut Context<'_>) -> Term {
    let mut tuples = Vec::new();
    for (module, function, arity) in otp_bifs() {
        let atoms = &context.machine.atoms;
        let (Some(module), Some(function)) = (atoms.existing(module), atoms.existing(function))
        else {
            continue;
        };
        let mfa = Mfa {
            module,
            function,
            arity,
        };
        if context.machine.code.bif(&mfa).is_some() {
            let arity = Term::small(i64::from(arity));
            tuples.push(context.heap().tuple(&[module, function, arity]));
        }
    }
    context.heap().list(&tuples)
}

fn garbage_collection(context: &mut Context<'_>) -> Term {
    let spawn = &context.machine.flags.spawn;
    let items = [
        ("max_heap_size", spawn.max_heap.words as i64),
        ("min_bin_vheap_size", spawn.min_binary_words as i64),
        ("min_heap_size", spawn.min_heap_words as i64),
        ("fullsweep_after", i64::from(spawn.fullsweep_after)),
    ];
    let pairs = items.map(|(name, value)| pair(context, name, value));
    context.heap().list(&pairs)
}

/// A Unix as far as names and paths go.
fn os_type(context: &mut Context<'_>) -> Term {
    let parts = ["unix", "brood"].map(|text| context.machine.atom(text));
    context.heap().tuple(&parts)
}

fn os_version(context: &mut Context<'_>) -> Term {
    let parts = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ];
    let parts = parts.map(|part| Term::small(part.parse().unwrap_or(0)));
    context.heap().tuple(&parts)
}

fn scheduler_bindings(context: &mut Context<'_>) -> Term {
    let unbound = context.machine.atom("unbound");
    context.heap().tuple(&[unbound])
}
