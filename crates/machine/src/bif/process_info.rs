//! `process_info/1,2`.

use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::heap::Chunks;
use brood_term::{Heap, Mfa, Term, known};

use super::{BifResult, Entry, backtrace, dictionary, entry, flags};
use crate::context::Context;
use crate::exception::badarg;
use crate::process::{Monitored, Process, State};
use crate::stack_trace;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "process_info", 1, process_info_1),
    entry("erlang", "process_info", 2, process_info_2),
];

/// Builds the value of an item of `process` on the heap of the process that asks, which may be the same.
type Item = fn(&mut Context<'_>, Term) -> Term;

/// The items by name, in OTP's order.
const ITEMS: &[(&str, Item)] = &[
    ("registered_name", registered_name),
    ("current_function", current_function),
    ("initial_call", initial_call),
    ("status", status),
    ("messages", messages),
    ("message_queue_len", message_queue_len),
    ("links", links),
    ("monitors", monitors),
    ("monitored_by", monitored_by),
    ("dictionary", dictionary_item),
    ("trap_exit", trap_exit),
    ("error_handler", error_handler),
    ("heap_size", heap_size),
    ("stack_size", stack_size),
    ("memory", memory),
    ("garbage_collection", garbage_collection),
    ("group_leader", group_leader),
    ("reductions", reductions),
    ("priority", priority),
    ("trace", trace_flags),
    ("binary", binary),
    ("sequential_trace_token", sequential_trace_token),
    ("catchlevel", catchlevel),
    ("backtrace", backtrace_item),
    ("last_calls", last_calls),
    ("total_heap_size", total_heap_size),
    ("suspending", suspending),
    ("min_heap_size", min_heap_size),
    ("min_bin_vheap_size", min_bin_vheap_size),
    ("max_heap_size", max_heap_size),
    ("current_location", current_location),
    ("current_stacktrace", current_stacktrace),
    ("message_queue_data", message_queue_data),
    ("garbage_collection_info", garbage_collection_info),
    ("magic_ref", magic_ref),
    ("fullsweep_after", fullsweep_after),
    ("parent", parent),
];

/// The items that `process_info/1` gives, in this order.
const BRIEF_ITEMS: [&str; 17] = [
    "registered_name",
    "current_function",
    "initial_call",
    "status",
    "message_queue_len",
    "links",
    "dictionary",
    "trap_exit",
    "error_handler",
    "priority",
    "group_leader",
    "total_heap_size",
    "heap_size",
    "stack_size",
    "reductions",
    "garbage_collection",
    "suspending",
];

/// What it costs to ask another process: in OTP both have to take their turns.
const ASKING_REDUCTIONS: usize = 50;

/// The names of all items.
pub(super) fn item_names(context: &mut Context<'_>) -> Vec<Term> {
    let names = ITEMS.iter().map(|(name, _)| context.machine.atom(name));
    names.collect()
}

fn process_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = check(context, arguments[0])?;
    let Some(pid) = pid else {
        return Ok(known::UNDEFINED);
    };
    let mut pairs = Vec::new();
    for name in BRIEF_ITEMS {
        let name = context.machine.atom(name);
        let value = find(context, name).ok_or_else(badarg)?(context, pid);
        // A process without a name has no such entry.
        if name == known::REGISTERED_NAME && value.is_nil() {
            continue;
        }
        pairs.push(context.heap().tuple(&[name, value]));
    }
    Ok(context.heap().list(&pairs))
}

fn process_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let spec = arguments[1];
    let pid = check(context, arguments[0])?;
    if pid.is_some_and(|pid| pid != context.process.pid) {
        context.charge(ASKING_REDUCTIONS);
    }
    if spec.is_atom() {
        let item = find(context, spec).ok_or_else(badarg)?;
        let Some(pid) = pid else {
            return Ok(known::UNDEFINED);
        };
        let value = item(context, pid);
        if spec == known::REGISTERED_NAME && value.is_nil() {
            return Ok(Term::NIL);
        }
        return Ok(context.heap().tuple(&[spec, value]));
    }
    let mut items = Vec::new();
    let mut specs = spec.list();
    for name in specs.by_ref() {
        items.push((name, find(context, name).ok_or_else(badarg)?));
    }
    if !specs.ended_proper() {
        return Err(badarg());
    }
    let Some(pid) = pid else {
        return Ok(known::UNDEFINED);
    };
    // An item that is asked for more than once is looked up once.
    let mut known_pairs: Vec<(Term, Term)> = Vec::new();
    let mut pairs = Vec::new();
    for (name, item) in items {
        let before = known_pairs.iter().find(|(known, _)| *known == name);
        let pair = match before {
            Some(&(_, pair)) => pair,
            None => {
                let value = item(context, pid);
                let pair = context.heap().tuple(&[name, value]);
                known_pairs.push((name, pair));
                pair
            }
        };
        pairs.push(pair);
    }
    context.charge(pairs.len());
    Ok(context.heap().list(&pairs))
}

/// The pid if the process is alive, after all signals that were sent to it.
fn check(context: &mut Context<'_>, pid: Term) -> Result<Option<Term>, crate::exception::Control> {
    if !pid.is_local_pid() {
        return Err(badarg());
    }
    context.deliver_signals();
    Ok(context.is_alive(pid).then_some(pid))
}

fn find(context: &Context<'_>, name: Term) -> Option<Item> {
    let name = context.machine.atoms.name(name)?;
    ITEMS
        .iter()
        .find(|(item, _)| *item == name)
        .map(|(_, item)| *item)
}

/// Reads something from a process that [`check`] found alive.
fn read<T>(context: &mut Context<'_>, pid: Term, read: impl FnOnce(&mut Process) -> T) -> T {
    match context.process_mut(pid) {
        Some(process) => read(process),
        None => unreachable!("nothing ends a process while its information is read"),
    }
}

fn integer(context: &mut Context<'_>, value: u64) -> Term {
    context.heap().unsigned(value)
}

fn registered_name(context: &mut Context<'_>, pid: Term) -> Term {
    read(context, pid, |process| {
        process.registered_name.unwrap_or(Term::NIL)
    })
}

fn mfa(context: &mut Context<'_>, mfa: Mfa) -> Term {
    context
        .heap()
        .tuple(&[mfa.module, mfa.function, Term::small(i64::from(mfa.arity))])
}

fn initial_call(context: &mut Context<'_>, pid: Term) -> Term {
    let call = read(context, pid, |process| process.initial_call);
    mfa(context, call)
}

fn current_function(context: &mut Context<'_>, pid: Term) -> Term {
    match stack_trace::current_function(context, pid) {
        Some(call) => mfa(context, call),
        None => known::UNDEFINED,
    }
}

fn current_location(context: &mut Context<'_>, pid: Term) -> Term {
    stack_trace::current_location(context, pid)
}

fn current_stacktrace(context: &mut Context<'_>, pid: Term) -> Term {
    stack_trace::current_stacktrace(context, pid)
}

fn status(context: &mut Context<'_>, pid: Term) -> Term {
    if context.machine.dirty.runs(pid) {
        return known::RUNNING;
    }
    read(context, pid, |process| match process.state {
        _ if process.suspend_count > 0 => known::SUSPENDED,
        State::Runnable => known::RUNNABLE,
        State::Running => known::RUNNING,
        State::Waiting => known::WAITING,
        State::Exiting => known::EXITING,
    })
}

fn message_queue_len(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| process.messages.len()) as i64)
}

fn messages(context: &mut Context<'_>, pid: Term) -> Term {
    let messages: Vec<Term> = read(context, pid, |process| {
        let shown = process.messages.iter().filter(|_| !process.sensitive);
        shown.collect()
    });
    let heap = &mut context.process.heap;
    // Even those of this process may be in memory that is not its heap's yet: all are copied.
    let copies: Vec<Term> = messages
        .into_iter()
        .map(|message| copy(message, heap, &context.machine.literals))
        .collect();
    heap.list(&copies)
}

fn links(context: &mut Context<'_>, pid: Term) -> Term {
    let links: Vec<Term> = read(context, pid, |process| {
        process
            .ties()
            .map_or(Vec::new(), |ties| ties.links.iter().copied().collect())
    });
    context.heap().list(&links)
}

fn dictionary_item(context: &mut Context<'_>, pid: Term) -> Term {
    let pairs: Vec<(Term, Term)> = read(context, pid, |process| {
        let shown = process.dictionary.iter().filter(|_| !process.sensitive);
        shown.collect()
    });
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| (context.import(key), context.import(value)))
        .collect();
    dictionary::pair_list(context, pairs)
}

fn trap_exit(context: &mut Context<'_>, pid: Term) -> Term {
    Term::boolean(read(context, pid, |process| process.trap_exit))
}

fn error_handler(context: &mut Context<'_>, pid: Term) -> Term {
    read(context, pid, |process| process.error_handler)
}

fn priority(context: &mut Context<'_>, pid: Term) -> Term {
    read(context, pid, |process| process.priority.atom())
}

fn group_leader(context: &mut Context<'_>, pid: Term) -> Term {
    read(context, pid, |process| process.group_leader)
}

fn parent(context: &mut Context<'_>, pid: Term) -> Term {
    let parent = read(context, pid, |process| process.parent);
    if parent.is_local_pid() {
        parent
    } else {
        known::UNDEFINED
    }
}

fn total_heap_size(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| process.heap.total_heap_size()) as i64)
}

fn heap_size(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| process.heap.heap_size()) as i64)
}

fn stack_size(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| process.heap.stack_size()) as i64)
}

fn min_heap_size(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| process.heap.min_heap_words) as i64)
}

fn fullsweep_after(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(i64::from(read(context, pid, |process| {
        process.heap.fullsweep_after
    })))
}

fn max_heap_size(context: &mut Context<'_>, pid: Term) -> Term {
    let limit = read(context, pid, |process| process.max_heap);
    flags::max_heap_size_map(context, limit)
}

fn message_queue_data(context: &mut Context<'_>, pid: Term) -> Term {
    flags::message_queue_data(read(context, pid, |process| process.message_queue_off_heap))
}

fn reductions(context: &mut Context<'_>, pid: Term) -> Term {
    let count = read(context, pid, |process| process.reductions_so_far());
    integer(context, count)
}

fn memory(context: &mut Context<'_>, pid: Term) -> Term {
    let bytes = read(context, pid, |process| memory_bytes(process));
    integer(context, bytes as u64)
}

/// What a process takes.
pub(crate) fn memory_bytes(process: &Process) -> usize {
    size_of::<Process>() + process.heap.total_heap_size() * size_of::<Term>()
}

fn garbage_collection(context: &mut Context<'_>, pid: Term) -> Term {
    let (max_heap, values) = read(context, pid, |process| {
        let values = [
            ("min_bin_vheap_size", process.min_binary_words),
            ("min_heap_size", process.heap.min_heap_words),
            ("fullsweep_after", process.heap.fullsweep_after as usize),
            ("minor_gcs", process.heap.minor_collections() as usize),
        ];
        (process.max_heap, values)
    });
    let limit = flags::max_heap_size_map(context, max_heap);
    let mut pairs = alloc::vec![(known::MAX_HEAP_SIZE, limit)];
    for (name, value) in values {
        pairs.push((context.machine.atom(name), Term::small(value as i64)));
    }
    dictionary::pair_list(context, pairs)
}

/// `[{Pid, Active, Outstanding}]`: suspensions take effect at once, so none is outstanding.
fn suspending(context: &mut Context<'_>, pid: Term) -> Term {
    let suspended: Vec<(Term, u32)> = read(context, pid, |process| {
        let counts = process.ties().map(|ties| ties.suspending.iter());
        let counts = counts.into_iter().flatten();
        counts.map(|(&pid, &count)| (pid, count)).collect()
    });
    let mut tuples = Vec::new();
    for (pid, count) in suspended {
        // One that ended is suspended no more.
        if !context.is_alive(pid) {
            continue;
        }
        let tuple = [pid, Term::small(i64::from(count)), Term::small(0)];
        tuples.push(context.heap().tuple(&tuple));
    }
    context.heap().list(&tuples)
}

/// The flags as a number, whose bits are the machine's own.
fn trace_flags(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| {
        process.trace.settings.flags.bits()
    }))
}

fn sequential_trace_token(context: &mut Context<'_>, pid: Term) -> Term {
    let mut words = Chunks::new();
    let token = read(context, pid, |process| process.token_term(&mut words));
    context.import(token)
}

fn last_calls(context: &mut Context<'_>, pid: Term) -> Term {
    let mut words = Chunks::new();
    let calls = read(context, pid, |process| {
        let calls = process.trace.saved_calls.as_ref();
        calls.map_or(known::FALSE, |calls| calls.to_list(&mut words))
    });
    context.import(calls)
}

fn backtrace_item(context: &mut Context<'_>, pid: Term) -> Term {
    let process = context
        .machine
        .processes
        .get(pid)
        .unwrap_or(context.process);
    if process.sensitive {
        return context.heap().binary(&[]);
    }
    let text = backtrace::text(&context.machine.code, &context.machine.atoms, process);
    context.heap().binary(text.as_bytes())
}

fn min_bin_vheap_size(context: &mut Context<'_>, pid: Term) -> Term {
    Term::small(read(context, pid, |process| process.min_binary_words) as i64)
}

fn garbage_collection_info(context: &mut Context<'_>, pid: Term) -> Term {
    let values = read(context, pid, |process| process.heap.information());
    let pairs = values.map(|(name, value)| {
        let name = context.machine.atom(name);
        (name, Term::small(value as i64))
    });
    dictionary::pair_list(context, pairs.to_vec())
}

/// References to things outside the heap, of which a list would have to say what they are.
fn magic_ref(_: &mut Context<'_>, _: Term) -> Term {
    Term::NIL
}

fn monitors(context: &mut Context<'_>, pid: Term) -> Term {
    let targets: Vec<Monitored> = read(context, pid, |process| {
        let monitors = process.ties().map(|ties| ties.monitors.values());
        monitors
            .into_iter()
            .flatten()
            .map(|monitor| monitor.target)
            .collect()
    });
    let node = context.machine.node_name;
    let mut tuples = Vec::new();
    for target in targets {
        let tuple = match target {
            Monitored::Identifier(target) => context.heap().tuple(&[known::PROCESS, target]),
            Monitored::Named { name, .. } => {
                let named = context.heap().tuple(&[name, node]);
                context.heap().tuple(&[known::PROCESS, named])
            }
            Monitored::TimeOffset => context
                .heap()
                .tuple(&[known::TIME_OFFSET, known::CLOCK_SERVICE]),
        };
        tuples.push(tuple);
    }
    context.heap().list(&tuples)
}

fn monitored_by(context: &mut Context<'_>, pid: Term) -> Term {
    let watchers: Vec<Term> = read(context, pid, |process| {
        let watchers = process.ties().map(|ties| ties.monitored_by.values());
        watchers
            .into_iter()
            .flatten()
            .map(|watcher| watcher.pid)
            .collect()
    });
    context.heap().list(&watchers)
}

/// `[{Id, Bytes, References}]` of the shared binaries that the process refers to.
fn binary(context: &mut Context<'_>, pid: Term) -> Term {
    let mut binaries = read(context, pid, |process| process.heap.shared_binaries());
    // In an order that collections don't change.
    binaries.sort_unstable();
    let mut tuples = Vec::new();
    for (id, bytes, references) in binaries {
        let id = integer(context, id);
        let (bytes, references) = (Term::small(bytes as i64), Term::small(references as i64));
        tuples.push(context.heap().tuple(&[id, bytes, references]));
    }
    context.heap().list(&tuples)
}

fn catchlevel(context: &mut Context<'_>, pid: Term) -> Term {
    let count = read(context, pid, |process| {
        process
            .heap
            .stack_words()
            .iter()
            .filter(|word| word.is_catch())
            .count()
    });
    Term::small(count as i64)
}
