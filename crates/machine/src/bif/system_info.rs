//! `erlang:system_info/1` and `erlang:memory/0,1`.
//!
//! What OTP documents but has no meaning here raises `badarg`, as an unknown item does: allocators and their areas,
//! drivers, locks, distribution buffers, `check_io`, `info`, `loaded`, `procs`, and what tracing would tell.

use alloc::vec::Vec;

use brood_term::{Heap, Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::heap::DEFAULT_MIN_HEAP_WORDS;
use crate::process_table::PROCESS_LIMIT;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "system_info", 1, system_info_1),
    entry("erlang", "memory", 0, memory_0),
    entry("erlang", "memory", 1, memory_1),
];

/// The release of OTP whose emulator this machine stands in for, and that emulator's version.
const OTP_RELEASE: &str = "25";
const ERTS_VERSION: &str = "13.1.5";

/// The least virtual binary heap of a process, in words: OTP's default.
const MIN_BINARY_HEAP_WORDS: i64 = 46_422;
/// Minor collections between major ones: OTP's default.
const FULLSWEEP_AFTER: i64 = 65_535;
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
        "atom_count",
        Found(|context| number(context, context.machine.atoms.count())),
    ),
    (
        "atom_limit",
        Found(|context| number(context, context.machine.atoms.limit())),
    ),
    ("build_type", Atom("opt")),
    (
        "compat_rel",
        Found(|_| Term::small(OTP_RELEASE.parse().unwrap_or(0))),
    ),
    ("cpu_topology", Atom("undefined")),
    ("creation", Number(0)),
    ("debug_compiled", Atom("false")),
    ("delayed_node_table_gc", Atom("infinity")),
    ("dirty_cpu_schedulers", Number(0)),
    ("dirty_cpu_schedulers_online", Number(0)),
    ("dirty_io_schedulers", Number(0)),
    ("dist_ctrl", Found(|_| Term::NIL)),
    ("dynamic_trace", Atom("none")),
    ("dynamic_trace_probes", Atom("false")),
    ("emu_flavor", Atom("emu")),
    ("emu_type", Atom("opt")),
    (
        "end_time",
        Found(|context| context.heap().integer(i64::MAX)),
    ),
    (
        "ets_count",
        Found(|context| number(context, context.machine.tables.count())),
    ),
    // What OTP's limit has been since it limits nothing.
    ("ets_limit", Number(8192)),
    (
        "fullsweep_after",
        Found(|context| pair(context, "fullsweep_after", FULLSWEEP_AFTER)),
    ),
    ("garbage_collection", Found(garbage_collection)),
    ("heap_type", Atom("private")),
    ("kernel_poll", Atom("false")),
    ("lock_checking", Atom("false")),
    ("lock_counting", Atom("false")),
    ("logical_processors", Number(1)),
    ("logical_processors_available", Number(1)),
    ("logical_processors_online", Number(1)),
    ("machine", Text("BEAM")),
    ("max_heap_size", Found(max_heap_size)),
    ("message_queue_data", Atom("on_heap")),
    (
        "min_bin_vheap_size",
        Found(|context| pair(context, "min_bin_vheap_size", MIN_BINARY_HEAP_WORDS)),
    ),
    (
        "min_heap_size",
        Found(|context| pair(context, "min_heap_size", DEFAULT_MIN_HEAP_WORDS as i64)),
    ),
    ("modified_timing_level", Atom("undefined")),
    ("multi_scheduling", Atom("disabled")),
    ("multi_scheduling_blockers", Found(|_| Term::NIL)),
    ("normal_multi_scheduling_blockers", Found(|_| Term::NIL)),
    ("nif_version", Text("2.16")),
    ("os_type", Found(os_type)),
    ("os_version", Found(os_version)),
    ("otp_release", Text(OTP_RELEASE)),
    (
        "outstanding_system_requests_limit",
        Found(|context| {
            Term::small(i64::from(
                context.machine.flags.outstanding_system_requests_limit,
            ))
        }),
    ),
    ("port_count", Number(0)),
    ("port_limit", Number(0)),
    ("port_parallelism", Atom("false")),
    (
        "process_count",
        Found(|context| number(context, context.machine.processes.count())),
    ),
    ("process_limit", Number(PROCESS_LIMIT as i64)),
    ("scheduler_bind_type", Atom("unbound")),
    ("scheduler_bindings", Found(scheduler_bindings)),
    ("scheduler_id", Number(1)),
    ("schedulers", Number(1)),
    ("schedulers_online", Number(1)),
    ("smp_support", Atom("false")),
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
        Text(concat!(
            "Erlang/OTP 25 [brood-",
            env!("CARGO_PKG_VERSION"),
            "] [64-bit] [smp:1:1]\n"
        )),
    ),
    ("taints", Found(|_| Term::NIL)),
    ("thread_pool_size", Number(0)),
    ("threads", Atom("false")),
    ("time_correction", Atom("true")),
    ("time_offset", Atom("final")),
    ("time_warp_mode", Atom("no_time_warp")),
    ("tolerant_timeofday", Atom("enabled")),
    ("trace_control_word", Number(0)),
    ("update_cpu_info", Atom("unchanged")),
    ("version", Text(ERTS_VERSION)),
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
    if let Some(&[item, which]) = arguments[0].as_tuple_of::<2>() {
        let names = [item, which].map(|term| context.machine.atoms.name(term));
        return match names {
            [Some("wordsize"), Some("internal" | "external")] => Ok(Term::small(WORD_BYTES)),
            [Some("cpu_topology"), Some("defined" | "detected" | "used")] => Ok(known::UNDEFINED),
            _ => Err(badarg()),
        };
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
    Ok(match *item {
        Atom(text) => context.machine.atom(text),
        Number(value) => Term::small(value),
        Text(text) => context.heap().string(text),
        Found(find) => find(context),
    })
}

fn max_heap_size(context: &mut Context<'_>) -> Term {
    let mut pairs = [
        ("error_logger", known::TRUE),
        ("kill", known::TRUE),
        ("size", Term::small(0)),
    ]
    .map(|(name, value)| (context.machine.atom(name), value))
    .to_vec();
    map::from_pairs(
        &mut context.process.heap,
        &mut pairs,
        &context.machine.atoms,
    )
}

fn garbage_collection(context: &mut Context<'_>) -> Term {
    let items = [
        ("max_heap_size", 0),
        ("min_bin_vheap_size", MIN_BINARY_HEAP_WORDS),
        ("min_heap_size", DEFAULT_MIN_HEAP_WORDS as i64),
        ("fullsweep_after", FULLSWEEP_AFTER),
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

/// What memory is used for, in bytes. Small bookkeeping is not counted.
struct Memory {
    processes: usize,
    processes_used: usize,
    atom: usize,
    binary: usize,
    code: usize,
    ets: usize,
}

fn measure(context: &Context<'_>) -> Memory {
    let machine = &*context.machine;
    let processes = machine.processes.iter().chain([&*context.process]);
    let (mut processes_words, mut used_words, mut binary) = (0, 0, 0);
    for process in processes {
        processes_words += process.heap.total_heap_size();
        used_words += process.heap.used_words() + process.heap.stack_size();
        binary += process.heap.binary_bytes();
    }
    let word = WORD_BYTES as usize;
    // A text, and twice (in the table and its index) where it is.
    let atom_bytes =
        |index: usize| machine.atoms.text(Term::atom(index as u32)).len() + 2 * size_of::<&str>();
    Memory {
        processes: processes_words * word,
        processes_used: used_words * word,
        atom: (0..machine.atoms.count()).map(atom_bytes).sum(),
        binary,
        code: machine.literals.used_words() * word,
        ets: machine.tables.memory_words() * word,
    }
}

impl Memory {
    fn item(&self, name: &str) -> Option<usize> {
        let system = self.atom + self.binary + self.code + self.ets;
        Some(match name {
            "total" => self.processes + system,
            "processes" => self.processes,
            "processes_used" => self.processes_used,
            "system" => system,
            "atom" | "atom_used" => self.atom,
            "binary" => self.binary,
            "code" => self.code,
            "ets" => self.ets,
            _ => return None,
        })
    }
}

const MEMORY_ITEMS: [&str; 9] = [
    "total",
    "processes",
    "processes_used",
    "system",
    "atom",
    "atom_used",
    "binary",
    "code",
    "ets",
];

fn memory_list(context: &mut Context<'_>, items: &[Term]) -> Result<Term, Control> {
    let memory = measure(context);
    let mut pairs = Vec::new();
    for &item in items {
        let name = context.machine.atoms.name(item).ok_or_else(badarg)?;
        let value = number(context, memory.item(name).ok_or_else(badarg)?);
        pairs.push(context.heap().tuple(&[item, value]));
    }
    Ok(context.heap().list(&pairs))
}

fn memory_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let items = MEMORY_ITEMS.map(|item| context.machine.atom(item));
    memory_list(context, &items)
}

fn memory_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_list() {
        arguments[0].list_length().ok_or_else(badarg)?;
        let items: Vec<Term> = arguments[0].list().collect();
        return memory_list(context, &items);
    }
    let name = context
        .machine
        .atoms
        .name(arguments[0])
        .ok_or_else(badarg)?;
    let value = measure(context).item(name).ok_or_else(badarg)?;
    Ok(number(context, value))
}
