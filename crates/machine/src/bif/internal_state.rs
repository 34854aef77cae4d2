//! `erts_debug:get_internal_state/1` and `set_internal_state/2`: what OTP's own tests look at and turn.
//!
//! Both raise `undef` until `set_internal_state(available_internal_state, true)`. What asks for parts of OTP's emulator that are
//! not here (node tables, distribution channels, check-I/O of descriptors in detail, lock graphs) raises `badarg`.

use alloc::vec::Vec;

use brood_term::boxed::raw_object;
use brood_term::copy::copy;
use brood_term::heap::Chunks;
use brood_term::{Heap, Subtag, Term, binary, hash, integer, known, map};

use super::loop_limit::Loop;
use super::process::{CELLS_PER_REDUCTION, SLOTS_PER_REDUCTION, all_pids};
use super::system_task::hold_collections;
use super::time::unique_integer;
use super::{BifResult, Entry, entry, memory, process_info};
use crate::context::Context;
use crate::exception::{Control, badarg, error, system_limit};
use crate::machine::{Machine, SLICE_REDUCTIONS};
use crate::process::{Monitored, State};
use crate::references::{Holder, NodeReferences};
use crate::timer::Action;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_debug", "get_internal_state", 1, get_internal_state_1),
    entry("erts_debug", "set_internal_state", 2, set_internal_state_2),
];

/// Gives an item.
type Get = fn(&mut Context<'_>) -> BifResult;
/// Gives an item that takes an argument.
type GetOf = fn(&mut Context<'_>, Term) -> BifResult;
/// Sets an item to a value.
type Set = fn(&mut Context<'_>, Term) -> BifResult;

const ITEMS: &[(&str, Get)] = &[
    ("available_internal_state", |_| Ok(known::TRUE)),
    ("check_io_debug", no_descriptors),
    ("flxctr_memory_usage", not_supported),
    ("force_heap_frags", |_| Ok(known::FALSE)),
    ("lc_graph", not_supported),
    ("memory", memory::memory_list),
    ("min_unique_integer", least_unique_integer),
    ("min_unique_monotonic_integer", least_unique_integer),
    // Schedulers are not balanced: there is one.
    ("nbalance", |_| Ok(Term::small(0))),
    ("next_pid", |context| {
        let number = context.machine.processes.next_number();
        Ok(context.heap().unsigned(number))
    }),
    ("node_and_dist_references", node_references),
    ("persistent_term", persistent_term_table),
    ("process_info_args", |context| {
        let names = process_info::item_names(context);
        Ok(context.heap().list(&names))
    }),
    ("processes", |context| {
        let pids = all_pids(context);
        Ok(context.heap().list(&pids))
    }),
    ("processes_bif_info", processes_bif_info),
    ("reds_left", |context| {
        Ok(Term::small(i64::from(context.process.fuel_left().max(0))))
    }),
    ("scheduler_dump", |_| Ok(known::FALSE)),
    ("unique_monotonic_integer_state", |context| {
        let number = context.machine.monotonic_integers;
        Ok(context.heap().unsigned(number))
    }),
];

const ITEMS_OF: &[(&str, GetOf)] = &[
    ("atom", atom_at),
    ("binary_info", binary_info),
    ("internal_hash", |context, term| {
        Ok(context
            .heap()
            .unsigned(u64::from(hash::internal_hash(term))))
    }),
    ("link_list", link_list),
    ("magic_ref", magic_reference),
    ("monitor_list", monitor_list),
    ("process_status", process_status),
];

const SETTERS: &[(&str, Set)] = &[
    ("binary", new_binary),
    ("binary_loop_limit", |context, limit| {
        set_loop_limit(context, Loop::Binary, limit)
    }),
    ("block", sleep),
    ("block_scheduler", sleep),
    ("ets_force_trap", |context, _| not_supported(context)),
    ("fill_heap", fill_heap),
    ("force_gc", force_collection),
    ("gc_state", |context, value| {
        let collects = value.as_boolean().ok_or_else(badarg)?;
        let did = hold_collections(context, !collects);
        Ok(Term::boolean(did))
    }),
    ("make", make),
    ("mbuf", in_fragment),
    ("multizero_timeout_in_timeout", timeout_in_timeout),
    ("next_pid", |context, value| {
        let number = integer::to_u64(value).ok_or_else(badarg)?;
        let number = context.machine.processes.set_next_number(number);
        Ok(context.heap().unsigned(number))
    }),
    // What nobody refers to any more is gone at once.
    ("node_tab_delayed_delete", |_, value| {
        integer::to_i64(value).map(|_| known::OK).ok_or_else(badarg)
    }),
    // Such buffers let schedulers signal a process in parallel.
    ("proc_sig_buffers", |context, _| not_supported(context)),
    ("process_uniq_counter", set_marker_counter),
    ("re_loop_limit", |context, limit| {
        set_loop_limit(context, Loop::Re, limit)
    }),
    ("reds_left", set_reductions_left),
    ("sleep", sleep),
    ("test_long_gc_sleep", |context, value| {
        let milliseconds = integer::to_u64(value).ok_or_else(badarg)?;
        context.machine.flags.least_collection_ms = milliseconds;
        Ok(known::TRUE)
    }),
    ("unicode_loop_limit", |context, limit| {
        set_loop_limit(context, Loop::Unicode, limit)
    }),
    ("unique_monotonic_integer_state", |context, value| {
        let number = integer::to_u64(value).ok_or_else(badarg)?;
        context.machine.monotonic_integers = number;
        Ok(known::TRUE)
    }),
    ("wait", wait),
];

/// Moves the counter that receive markers are made of, to its remainder where that ends.
fn set_marker_counter(context: &mut Context<'_>, value: Term) -> BifResult {
    let next = integer::to_i64(value).ok_or_else(badarg)?;
    context.process.messages.renumber(next as u64);
    if let Some(ties) = context.process.ties_mut() {
        ties.receive_markers.clear();
    }
    Ok(known::OK)
}

/// Sets how far a loop goes in one slice: a number, or `default`.
fn set_loop_limit(context: &mut Context<'_>, which: Loop, limit: Term) -> BifResult {
    let limit = match context.machine.atoms.name(limit) {
        Some("default") => None,
        _ => Some(limit.as_usize().ok_or_else(badarg)?),
    };
    let old = context.machine.flags.loop_limits.set(which, limit);
    Ok(context.heap().unsigned(old as u64))
}

/// What is not there as long as nobody asked for it.
fn undefined() -> Control {
    error(known::UNDEF)
}

fn not_supported(context: &mut Context<'_>) -> BifResult {
    Ok(context.machine.atom("notsup"))
}

fn get_internal_state_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !context.machine.flags.internal_state {
        return Err(undefined());
    }
    let what = arguments[0];
    if let Some(name) = context.machine.atoms.name(what) {
        let item = ITEMS.iter().find(|(item, _)| *item == name);
        return item.ok_or_else(badarg)?.1(context);
    }
    match *what.as_tuple().ok_or_else(badarg)? {
        [name, argument] => {
            let name = context.machine.atoms.text(name);
            let item = ITEMS_OF.iter().find(|(item, _)| *item == name);
            item.ok_or_else(badarg)?.1(context, argument)
        }
        [name, correction, mode] if context.machine.atoms.text(name) == "check_time_config" => {
            correction.as_boolean().ok_or_else(badarg)?;
            // The one that there is.
            let same = context.machine.atoms.text(mode) == "no_time_warp";
            Ok(Term::boolean(same && correction == known::TRUE))
        }
        [name, thread, value] if context.machine.atoms.text(name) == "make_unique_integer" => {
            let [thread, value] = [thread, value].map(integer::to_u64);
            let (thread, value) = (thread.ok_or_else(badarg)?, value.ok_or_else(badarg)?);
            Ok(unique_integer(context, thread, value, false))
        }
        _ => Err(badarg()),
    }
}

fn set_internal_state_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [what, value] = *arguments else {
        return Err(badarg());
    };
    let name = context.machine.atoms.text(what);
    if let ("available_internal_state", Some(available)) = (name, value.as_boolean()) {
        let available = core::mem::replace(&mut context.machine.flags.internal_state, available);
        return Ok(Term::boolean(available));
    }
    if !context.machine.flags.internal_state {
        return Err(undefined());
    }
    let setter = SETTERS.iter().find(|(item, _)| *item == name);
    setter.ok_or_else(badarg)?.1(context, value)
}

/// `{Errors, Descriptors, DriverSelected, NifSelected}`: there are no descriptors.
fn no_descriptors(context: &mut Context<'_>) -> BifResult {
    Ok(context.heap().tuple(&[Term::small(0); 4]))
}

/// `{{node_references, [{{Name, Creation}, Count, [{Referrer, [{Kind, Count}]}]}]}, {dist_references, [{Name, Count, Referrers}]}}`,
/// where creations of a node refer to its name.
fn node_references(context: &mut Context<'_>) -> BifResult {
    let references = context.node_references(&[]);
    let names = [
        "node_references",
        "dist_references",
        "node",
        "heap",
        "timer",
        "ets",
        "persistent_term",
        "match_spec",
        "binary",
    ];
    let [
        nodes_tag,
        names_tag,
        node_tag,
        heap_tag,
        timer_tag,
        ets_tag,
        literal_tag,
        match_spec_tag,
        binary_tag,
    ] = names.map(|name| context.machine.atom(name));
    let heap = context.heap();
    let number = |count: usize| Term::small(count as i64);
    let (mut nodes, mut creations) = (Vec::new(), Vec::<(Term, usize)>::new());
    for NodeReferences {
        name,
        creation,
        holders,
    } in references
    {
        match creations.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => creations.push((name, 1)),
        }
        let mut total = 0;
        let mut referrers = Vec::new();
        for (holder, count) in holders {
            let (kind, who, what) = match holder {
                Holder::Process(pid) => (known::PROCESS, pid, heap_tag),
                Holder::Timer(to) => (known::PROCESS, to, timer_tag),
                Holder::Table(number) => {
                    let table = brood_term::boxed::make_reference(heap, number, 0);
                    (ets_tag, table, ets_tag)
                }
                Holder::PersistentTerms => (literal_tag, known::UNDEFINED, literal_tag),
                Holder::MatchSpec(number) => (match_spec_tag, heap.unsigned(number), binary_tag),
            };
            let referrer = heap.tuple(&[kind, who]);
            let counted = heap.tuple(&[what, number(count)]);
            let counted = heap.list(&[counted]);
            referrers.push(heap.tuple(&[referrer, counted]));
            total += count;
        }
        let node = heap.tuple(&[name, Term::small(i64::from(creation))]);
        let referrers = heap.list(&referrers);
        nodes.push(heap.tuple(&[node, number(total), referrers]));
    }
    let mut by_name = Vec::new();
    for (name, count) in creations {
        let referrer = heap.tuple(&[node_tag, name]);
        let counted = heap.tuple(&[node_tag, number(count)]);
        let counted = heap.list(&[counted]);
        let referrer = heap.tuple(&[referrer, counted]);
        let referrers = heap.list(&[referrer]);
        by_name.push(heap.tuple(&[name, number(count), referrers]));
    }
    let (nodes, by_name) = (heap.list(&nodes), heap.list(&by_name));
    let nodes = heap.tuple(&[nodes_tag, nodes]);
    let by_name = heap.tuple(&[names_tag, by_name]);
    Ok(heap.tuple(&[nodes, by_name]))
}

/// `#{table => Slots}`: how many slots of the table of persistent terms are in use.
fn persistent_term_table(context: &mut Context<'_>) -> BifResult {
    let slots = context.machine.persistent_terms.count() as i64;
    let mut pairs = Vec::from([(context.machine.atom("table"), Term::small(slots))]);
    let Context { machine, process } = context;
    Ok(map::from_pairs(
        &mut process.heap,
        &mut pairs,
        &machine.atoms,
    ))
}

fn least_unique_integer(context: &mut Context<'_>) -> BifResult {
    Ok(context.heap().integer(Term::MIN_SMALL))
}

/// The record `ptab_list_bif_info`.
fn processes_bif_info(context: &mut Context<'_>) -> BifResult {
    const CHUNK: usize = 1024;
    let numbers = [
        1,
        context.machine.processes.limit() / CHUNK,
        CHUNK,
        SLOTS_PER_REDUCTION,
        0,
        SLOTS_PER_REDUCTION,
        0,
        CELLS_PER_REDUCTION,
        0,
    ];
    let tag = context.machine.atom("ptab_list_bif_info");
    let mut record = Vec::from([tag]);
    record.extend(numbers.map(|number| Term::small(number as i64)));
    Ok(context.heap().tuple(&record))
}

/// The atom with a number. Those below it that are not there yet come to be.
fn atom_at(context: &mut Context<'_>, index: Term) -> BifResult {
    let index = index.as_usize().ok_or_else(badarg)?;
    let atoms = &mut context.machine.atoms;
    if index >= atoms.limit() {
        return Err(system_limit());
    }
    while index >= atoms.count() {
        let name = alloc::format!("am{:x}", atoms.count());
        // A name that is taken makes no new atom: another does.
        let before = atoms.count();
        atoms.intern(&name).map_err(|_| system_limit())?;
        if atoms.count() == before {
            atoms
                .intern(&alloc::format!("{name}_"))
                .map_err(|_| system_limit())?;
        }
    }
    u32::try_from(index).map(Term::atom).map_err(|_| badarg())
}

/// `heap_binary`, or `{refc_binary, Size, {binary, Capacity}, Flags}`.
fn binary_info(context: &mut Context<'_>, term: Term) -> BifResult {
    if !term.is_bitstring() {
        return Err(badarg());
    }
    let (whole, _) = binary::whole_of(term);
    let Some(capacity) = whole.shared_capacity() else {
        return Ok(context.machine.atom("heap_binary"));
    };
    let size = whole.bit_size().unwrap_or(0) / 8;
    let [binary, refc_binary] = ["binary", "refc_binary"].map(|name| context.machine.atom(name));
    let heap = context.heap();
    let bytes = heap.tuple(&[binary, Term::small(capacity as i64)]);
    let size = Term::small(size as i64);
    Ok(heap.tuple(&[refc_binary, size, bytes, Term::small(0)]))
}

/// A pid; what is none but an atom names a node, and none is connected.
fn subject(what: Term) -> Result<Option<Term>, Control> {
    if what.is_local_pid() {
        Ok(Some(what))
    } else if what.is_atom() {
        Ok(None)
    } else {
        Err(badarg())
    }
}

/// `[{erl_link, process, Pid, linked, Id}]`.
fn link_list(context: &mut Context<'_>, what: Term) -> BifResult {
    let Some(pid) = subject(what)? else {
        return Ok(known::UNDEFINED);
    };
    context.deliver_signals();
    let Some(process) = context.process_mut(pid) else {
        return Ok(known::UNDEFINED);
    };
    let links: Vec<Term> = process
        .ties()
        .map_or(Vec::new(), |ties| ties.links.iter().copied().collect());
    let [tag, linked] = ["erl_link", "linked"].map(|name| context.machine.atom(name));
    let heap = context.heap();
    let mut records = Vec::new();
    for to in links {
        let kind = if to.is_port() {
            known::PORT
        } else {
            known::PROCESS
        };
        let id = Term::small(to.identifier_number() as i64);
        records.push(heap.tuple(&[tag, kind, to, linked, id]));
    }
    Ok(heap.list(&records))
}

/// `[{erl_monitor, Type, origin | target, Ref, Pid, Name | []}]`.
fn monitor_list(context: &mut Context<'_>, what: Term) -> BifResult {
    let Some(pid) = subject(what)? else {
        return Ok(known::UNDEFINED);
    };
    context.deliver_signals();
    let Some(process) = context.process_mut(pid) else {
        return Ok(known::UNDEFINED);
    };
    // Direction, reference and its owner, type, pid, name.
    let mut monitors: Vec<(&'static str, u64, u64, Term, Term, Term)> = Vec::new();
    if let Some(ties) = process.ties() {
        for (&number, monitor) in &ties.monitors {
            let owner = if monitor.alias { pid.raw() } else { 0 };
            let (kind, target, name) = match monitor.target {
                Monitored::Identifier(target) if target.is_port() => {
                    (known::PORT, target, Term::NIL)
                }
                // A process does not watch itself: such a monitor never fires.
                Monitored::Identifier(target) | Monitored::Named { pid: target, .. }
                    if target == pid =>
                {
                    continue;
                }
                Monitored::Identifier(target) => (known::PROCESS, target, Term::NIL),
                Monitored::Named { name, pid } => (known::PROCESS, pid, name),
                Monitored::TimeOffset => (known::TIME_OFFSET, known::CLOCK_SERVICE, Term::NIL),
            };
            monitors.push(("origin", number, owner, kind, target, name));
        }
        for (&number, watcher) in &ties.monitored_by {
            let name = if watcher.name.is_none() {
                Term::NIL
            } else {
                watcher.name
            };
            monitors.push(("target", number, 0, known::PROCESS, watcher.pid, name));
        }
    }
    let tag = context.machine.atom("erl_monitor");
    let mut records = Vec::new();
    for (direction, number, owner, kind, target, name) in monitors {
        let direction = context.machine.atom(direction);
        let heap = context.heap();
        let reference = brood_term::boxed::make_reference(heap, number, owner);
        records.push(heap.tuple(&[tag, kind, direction, reference, target, name]));
    }
    Ok(context.heap().list(&records))
}

/// `{Address, Holds, IsAlive}` of what a magic reference holds; `true` for other references.
fn magic_reference(context: &mut Context<'_>, term: Term) -> BifResult {
    let Some(resource) = term.to_resource() else {
        return Ok(Term::boolean(term.is_reference()));
    };
    let heap = context.heap();
    let address = heap.unsigned(resource.address());
    let holds = heap.unsigned(resource.other_holds() as u64);
    Ok(heap.tuple(&[address, holds, known::TRUE]))
}

/// `{MagicReference, Address}`, where the reference holds nothing of interest.
fn make(context: &mut Context<'_>, what: Term) -> BifResult {
    if context.machine.atoms.text(what) != "magic_ref" {
        return Err(badarg());
    }
    let reference = context.make_resource((), 0);
    let address = reference
        .to_resource()
        .map_or(0, |resource| resource.address());
    let heap = context.heap();
    let address = heap.unsigned(address);
    Ok(heap.tuple(&[reference, address]))
}

/// As `process_info`'s item; `undefined` once nothing is left of the process.
fn process_status(context: &mut Context<'_>, pid: Term) -> BifResult {
    if !pid.is_local_pid() {
        return Err(badarg());
    }
    Ok(match context.process_mut(pid) {
        None => known::UNDEFINED,
        Some(process) if process.suspend_count > 0 => known::SUSPENDED,
        Some(process) => match process.state {
            State::Runnable => known::RUNNABLE,
            State::Running => known::RUNNING,
            State::Waiting => known::WAITING,
            State::Exiting => known::EXITING,
        },
    })
}

/// A binary of so many zeros; `false` when there is no room for it.
fn new_binary(context: &mut Context<'_>, size: Term) -> BifResult {
    let size = size.as_usize().ok_or_else(badarg)?;
    let mut zeros = Vec::new();
    if zeros.try_reserve_exact(size).is_err() {
        return Ok(known::FALSE);
    }
    zeros.resize(size, 0);
    Ok(binary::make(context.heap(), &zeros))
}

/// Nothing runs for so many milliseconds.
fn sleep(context: &mut Context<'_>, milliseconds: Term) -> BifResult {
    let milliseconds = integer::to_u64(milliseconds).ok_or_else(badarg)?;
    context.machine.stand_still(milliseconds);
    Ok(known::TRUE)
}

/// A message `multizero_timeout_in_timeout_done` after so many milliseconds. In OTP timers with callbacks, which are not
/// here, come before it.
fn timeout_in_timeout(context: &mut Context<'_>, milliseconds: Term) -> BifResult {
    let milliseconds = integer::to_i64(milliseconds).ok_or_else(badarg)?.max(0) as u64;
    let message = context.machine.atom("multizero_timeout_in_timeout_done");
    let now = context.machine.monotonic_ns();
    let deadline = now.saturating_add(milliseconds.saturating_mul(1_000_000));
    let reference = context.machine.new_reference();
    let action = Action::Send {
        to: context.process.pid,
        message: context.own(message),
        reference,
    };
    context.machine.timers.start(deadline, action);
    Ok(known::OK)
}

impl Machine {
    /// Lets so many milliseconds pass.
    pub(crate) fn stand_still(&mut self, milliseconds: u64) {
        let nanoseconds = milliseconds.saturating_mul(1_000_000);
        let end = self.monotonic_ns().saturating_add(nanoseconds);
        while self.monotonic_ns() < end {
            core::hint::spin_loop();
        }
    }
}

/// Leaves no room on the heap of the process.
fn fill_heap(context: &mut Context<'_>, major: Term) -> BifResult {
    let heap = context.heap();
    let free = heap.free_words();
    if free > 1 {
        raw_object(heap, Subtag::BigPositive, &alloc::vec![0; free - 1]);
    }
    if major == known::TRUE {
        heap.request_major_collection();
    }
    Ok(known::OK)
}

/// Collects the running process, if the one that is named is there.
fn force_collection(context: &mut Context<'_>, pid: Term) -> BifResult {
    let alive = pid.is_local_pid() && context.is_alive(pid);
    if alive {
        context.process.heap.request_major_collection();
    }
    Ok(Term::boolean(alive))
}

/// A copy of the term in a heap fragment of its own.
fn in_fragment(context: &mut Context<'_>, term: Term) -> BifResult {
    let mut fragment = Chunks::new();
    let term = copy(term, &mut fragment, &context.machine.literals);
    context.heap().adopt(fragment);
    Ok(term)
}

fn set_reductions_left(context: &mut Context<'_>, value: Term) -> BifResult {
    let reductions = value.as_small().ok_or_else(badarg)?;
    if (0..=i64::from(SLICE_REDUCTIONS)).contains(&reductions) {
        context.process.fuel = reductions as i32 + context.process.fuel_floor;
    }
    Ok(known::TRUE)
}

/// Nothing is put off that could be waited for.
fn wait(context: &mut Context<'_>, what: Term) -> BifResult {
    match context.machine.atoms.text(what) {
        "aux_work" | "deallocations" | "thread_progress" | "timer_cancellations" => Ok(known::OK),
        _ => Err(badarg()),
    }
}
