//! What is told of each process, line by line; the text of `system_info(procs)`.

use core::fmt::{self, Write};

use brood_term::{Term, known};

use super::View;
use crate::bif::process_info::memory_bytes;
use crate::process::{Monitored, Priority, Process, State};
use crate::tracing::saved_calls::Saved;

/// All processes.
pub(crate) fn processes(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    view.all_processes()
        .try_for_each(|process| write_process(view, process, to))
}

/// The process with this pid; nothing for one that is no more.
pub(crate) fn one_process(view: &View<'_>, pid: Term, to: &mut dyn Write) -> fmt::Result {
    let found = view.all_processes().find(|process| process.pid == pid);
    found.map_or(Ok(()), |process| write_process(view, process, to))
}

/// OTP's word for what a process does.
pub(super) fn state(view: &View<'_>, process: &Process) -> &'static str {
    match process.state {
        State::Exiting => "Exiting",
        _ if view.is_current(process) => "Running",
        _ if process.suspend_count > 0 => "Suspended",
        State::Runnable => "Scheduled",
        State::Running => "Running",
        State::Waiting => "Waiting",
    }
}

/// Priorities and flags.
pub(super) fn internal_state(
    view: &View<'_>,
    process: &Process,
    to: &mut dyn Write,
) -> fmt::Result {
    let priority = match process.priority {
        Priority::Max => "MAX",
        Priority::High => "HIGH",
        Priority::Normal => "NORMAL",
        Priority::Low => "LOW",
    };
    write!(
        to,
        "ACT_PRIO_{priority} | USR_PRIO_{priority} | PRQ_PRIO_{priority}"
    )?;
    let runs = view.is_current(process);
    let flags = [
        (process.state == State::Exiting, "EXITING"),
        (runs || process.state == State::Runnable, "ACTIVE"),
        (process.queued, "IN_RUNQ"),
        (runs, "RUNNING"),
        (process.suspend_count > 0, "SUSPENDED"),
        (process.message_queue_off_heap, "OFF_HEAP_MSGQ"),
        (view.dirty.runs(process.pid), "DIRTY_RUNNING"),
    ];
    for (_, name) in flags.iter().filter(|(is_set, _)| *is_set) {
        write!(to, " | {name}")?;
    }
    to.write_str("\n")
}

fn write_process(view: &View<'_>, process: &Process, to: &mut dyn Write) -> fmt::Result {
    let display = |term| view.display(term);
    writeln!(to, "=proc:{}", display(process.pid))?;
    writeln!(to, "State: {}", state(view, process))?;
    if let Some(name) = process.registered_name {
        writeln!(to, "Name: {}", display(name))?;
    }
    let call = process.initial_call;
    let (module, function) = (display(call.module), display(call.function));
    writeln!(to, "Spawned as: {module}:{function}/{}", call.arity)?;
    if let Some((mfa, _)) = view.code.function_at(process.ip) {
        let when = match view.is_current(process) {
            true => "Last scheduled in for",
            false => "Current call",
        };
        let (module, function) = (display(mfa.module), display(mfa.function));
        writeln!(to, "{when}: {module}:{function}/{}", mfa.arity)?;
    }
    let parent = match process.parent {
        Term::NONE => Term::NIL,
        parent => parent,
    };
    writeln!(to, "Spawned by: {}", display(parent))?;
    writeln!(to, "Message queue length: {}", process.messages.len())?;
    last_calls(view, process, to)?;
    ties(view, process, to)?;
    writeln!(to, "Reductions: {}", process.reductions_so_far())?;
    heap(process, to)?;
    writeln!(to, "Memory: {}", memory_bytes(process))?;
    let (ip, cp) = (process.ip, process.cp);
    writeln!(to, "Program counter: {ip:018p} ({})", view.spot(ip))?;
    if !cp.is_null() {
        writeln!(to, "CP: {cp:018p} ({})", view.spot(cp))?;
    }
    if !view.is_current(process) {
        writeln!(to, "arity = {}", process.registers.len())?;
    }
    to.write_str("Internal State: ")?;
    internal_state(view, process, to)
}

/// Sizes in words. What heaps of processes may gain in binaries is one limit for both generations.
fn heap(process: &Process, to: &mut dyn Write) -> fmt::Result {
    let [
        (_, old_block),
        (_, block),
        (_, fragments),
        _,
        _,
        (_, old_used),
        (_, used),
        (_, binaries),
        (_, binaries_limit),
        (_, old_binaries),
        (_, old_binaries_limit),
    ] = process.heap.information();
    let count = process.heap.fragment_count();
    let lines = [
        ("Number of heap fragments", count),
        ("Heap fragment data", fragments),
        ("Stack+heap", block),
        ("OldHeap", old_block),
        ("Heap unused", block - used),
        ("OldHeap unused", old_block - old_used),
        ("BinVHeap", binaries),
        ("OldBinVHeap", old_binaries),
        ("BinVHeap unused", binaries_limit.saturating_sub(binaries)),
    ];
    for (name, words) in lines {
        writeln!(to, "{name}: {words}")?;
    }
    match old_binaries_limit.checked_sub(old_binaries) {
        Some(unused) => writeln!(to, "OldBinVHeap unused: {unused}"),
        None => to.write_str("OldBinVHeap unused: overflow\n"),
    }
}

/// What `process_flag(save_calls, N)` has kept, the last one first, and an empty line.
fn last_calls(view: &View<'_>, process: &Process, to: &mut dyn Write) -> fmt::Result {
    let Some(calls) = &process.trace.saved_calls else {
        return Ok(());
    };
    to.write_str("Last calls:")?;
    for call in calls.newest_first() {
        match call {
            Saved::Call(mfa) => {
                let (module, function) = (view.display(mfa.module), view.display(mfa.function));
                writeln!(to, " {module}:{function}/{}", mfa.arity)?;
            }
            Saved::Send => to.write_str(" send\n")?,
            Saved::Receive => to.write_str(" 'receive'\n")?,
            Saved::Timeout => to.write_str(" timeout\n")?,
        }
    }
    to.write_str("\n")
}

/// Links, and monitors in both directions.
fn ties(view: &View<'_>, process: &Process, to: &mut dyn Write) -> fmt::Result {
    let Some(ties) = process.ties() else {
        return Ok(());
    };
    if ties.links.is_empty() && ties.monitors.is_empty() && ties.monitored_by.is_empty() {
        return Ok(());
    }
    to.write_str("Link list: [")?;
    super::write_list(view, to, ties.links.iter().copied())?;
    let mut comma = if ties.links.is_empty() { "" } else { ", " };
    for (&reference, monitor) in &ties.monitors {
        let reference = view.reference(reference);
        match monitor.target {
            Monitored::Identifier(id) => {
                write!(to, "{comma}{{to,{},{reference}}}", view.display(id))?;
            }
            Monitored::Named { name, .. } => {
                let (name, node) = (view.display(name), view.display(view.node_name));
                write!(to, "{comma}{{to,{{{name},{node}}},{reference}}}")?;
            }
            Monitored::TimeOffset => {
                let clock = view.display(known::CLOCK_SERVICE);
                write!(to, "{comma}{{to,{clock},{reference}}}")?;
            }
        }
        comma = ", ";
    }
    for (&reference, watcher) in &ties.monitored_by {
        let (pid, reference) = (view.display(watcher.pid), view.reference(reference));
        write!(to, "{comma}{{from,{pid},{reference}}}")?;
        comma = ", ";
    }
    to.write_str("]\n")
}
