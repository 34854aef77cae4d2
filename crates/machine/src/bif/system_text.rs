//! What `system_info` tells as text: `info`, `procs`, `loaded` and `dist`, in the layout of OTP's crash dumps.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use brood_term::Term;
use brood_term::display::Display;

use super::memory;
use crate::context::Context;
use crate::process::{Process, State};

/// Terms, separated by commas.
fn list(context: &Context<'_>, terms: impl Iterator<Item = Term>) -> String {
    let atoms = &context.machine.atoms;
    let terms: Vec<String> = terms
        .map(|term| alloc::format!("{}", Display { term, atoms }))
        .collect();
    terms.join(", ")
}

fn process(context: &Context<'_>, process: &Process, text: &mut String) -> core::fmt::Result {
    let atoms = &context.machine.atoms;
    let display = |term| Display { term, atoms };
    let state = match process.state {
        _ if process.suspend_count > 0 => "Suspended",
        State::Runnable => "Scheduled",
        State::Running => "Running",
        State::Waiting => "Waiting",
        State::Exiting => "Exiting",
    };
    let call = process.initial_call;
    writeln!(text, "=proc:{}\nState: {state}", display(process.pid))?;
    if let Some(name) = process.registered_name {
        writeln!(text, "Name: {}", display(name))?;
    }
    let (module, function) = (display(call.module), display(call.function));
    writeln!(text, "Spawned as: {module}:{function}/{}", call.arity)?;
    writeln!(text, "Spawned by: {}", display(process.parent))?;
    writeln!(text, "Message queue length: {}", process.messages.len())?;
    if let Some(ties) = process.ties() {
        writeln!(
            text,
            "Link list: [{}]",
            list(context, ties.links.iter().copied())
        )?;
    }
    writeln!(text, "Reductions: {}", process.reductions_so_far())?;
    for (name, words) in process.heap.information() {
        writeln!(text, "{name}: {words}")?;
    }
    Ok(())
}

/// All processes.
pub(crate) fn processes(context: &Context<'_>) -> String {
    let mut text = String::new();
    for each in context.machine.processes.iter().chain([&*context.process]) {
        // Writing to a string does not fail.
        let _ = process(context, each, &mut text);
    }
    text
}

/// The process with this pid; nothing for one that is no more.
pub(crate) fn one_process(context: &Context<'_>, pid: Term) -> String {
    let mut text = String::new();
    let mut all = context.machine.processes.iter().chain([&*context.process]);
    if let Some(found) = all.find(|each| each.pid == pid) {
        let _ = process(context, found, &mut text);
    }
    text
}

/// The ports that are open.
pub(crate) fn ports(context: &Context<'_>) -> String {
    let machine = &context.machine;
    let display = |term| Display {
        term,
        atoms: &machine.atoms,
    };
    let mut text = String::new();
    for id in machine.ports.iter() {
        let Some(port) = machine.ports.get(id) else {
            continue;
        };
        let (slot, connected) = (id.identifier_number(), display(port.connected));
        let _ = write!(
            text,
            "=port:{}\nState: CONNECTED\nSlot: {slot}\nConnected: {connected}\n",
            display(id)
        );
        if !port.links.is_empty() {
            let links = list(context, port.links.iter().copied());
            let _ = writeln!(text, "Links: {links}");
        }
        if let Some(name) = port.registered_name {
            let _ = writeln!(text, "Registered as: {}", display(name));
        }
        let (name, input, output) = (&port.name, port.input, port.output);
        let _ = write!(
            text,
            "Port controls linked-in driver: {name}\nInput: {input}\nOutput: {output}\n"
        );
    }
    text
}

/// The tables of ETS with their objects.
pub(crate) fn tables(context: &Context<'_>) -> String {
    let atoms = &context.machine.atoms;
    let display = |term| Display { term, atoms };
    let mut text = String::new();
    for table in context.machine.tables.iter() {
        let (owner, name) = (display(table.owner), display(table.name));
        let number = table.number;
        let _ = write!(
            text,
            "=ets:{owner}\nSlot: {number}\nTable: {name}\nName: {name}\n"
        );
        for object in table.iter_held() {
            let _ = writeln!(text, "{}", display(object.term()));
        }
        let (objects, words) = (table.count(), table.memory_words());
        let _ = writeln!(text, "Objects: {objects}\nWords: {words}");
    }
    text
}

/// The loaded modules, with the bytes of their code.
pub(crate) fn loaded(context: &Context<'_>) -> String {
    let code = &context.machine.code;
    let mut text = alloc::format!("Current code: {}\n", code.code_words() * size_of::<u64>());
    for name in code.loaded() {
        let words = code.module(name).map_or(0, |module| module.code_words());
        let name = context.machine.atoms.text(name);
        let _ = writeln!(text, "{name} {}", words * size_of::<u64>());
    }
    text
}

/// What memory is used for, and how much there is of what is limited.
pub(crate) fn information(context: &Context<'_>) -> String {
    let mut text = String::from("=memory\n");
    for (name, bytes) in memory::items(context) {
        let _ = writeln!(text, "{name}: {bytes}");
    }
    let machine = &context.machine;
    let tables = [
        ("atom_tab", machine.atoms.count()),
        ("process_reg", machine.registry.len()),
        ("process_table", machine.processes.count()),
        ("ets_tables", machine.tables.count()),
    ];
    for (name, entries) in tables {
        let _ = writeln!(text, "=hash_table:{name}\nobjs: {entries}");
    }
    text
}

/// There is no distribution.
pub(crate) fn distribution(context: &Context<'_>) -> String {
    let atoms = &context.machine.atoms;
    let term = context.machine.node_name;
    alloc::format!("=node:{}\n=no_distribution\n", Display { term, atoms })
}
