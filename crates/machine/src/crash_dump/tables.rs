//! Ports, timers and tables of ETS.

use core::fmt::{self, Write};

use super::View;
use crate::bif::ets::administration::{access_atom, kind_atom};
use crate::bif::ets::table::Table;

/// The ports that are open.
pub(crate) fn ports(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    for id in view.ports.iter() {
        let Some(port) = view.ports.get(id) else {
            continue;
        };
        let flags = [
            (port.settings().binary, "|BINARY_IO"),
            (port.settings().eof, "|SOFT_EOF"),
        ];
        write!(to, "=port:{}\nState: CONNECTED", view.display(id))?;
        for (_, name) in flags.iter().filter(|(is_set, _)| *is_set) {
            to.write_str(name)?;
        }
        let (slot, connected) = (id.identifier_number(), view.display(port.connected));
        write!(to, "\nSlot: {slot}\nConnected: {connected}\n")?;
        if !port.links.is_empty() {
            to.write_str("Links: ")?;
            for &link in &port.links {
                write!(to, "{}", view.display(link))?;
            }
            to.write_str("\n")?;
        }
        if !port.monitored_by.is_empty() {
            to.write_str("Monitors: ")?;
            for (&reference, watcher) in &port.monitored_by {
                let (pid, reference) = (view.display(watcher.pid), view.reference(reference));
                write!(to, "({pid},{reference})")?;
            }
            to.write_str("\n")?;
        }
        if let Some(name) = port.registered_name {
            writeln!(to, "Registered as: {}", view.display(name))?;
        }
        let kind = match port.is_descriptor() {
            true => "Port is UNIX fd not opened by emulator",
            false => "Port controls linked-in driver",
        };
        let (name, input, output) = (&port.name, port.input, port.output);
        write!(to, "{kind}: {name}\nInput: {input}\nOutput: {output}\n")?;
        if let Some(data) = &port.data {
            writeln!(to, "Port Data: {}", view.display(data.term()))?;
        }
    }
    Ok(())
}

/// Timers that send a message.
pub(super) fn timers(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    for (deadline_ns, receiver, message) in view.timers.messages() {
        let left_ms = deadline_ns.saturating_sub(view.monotonic_ns) / 1_000_000;
        let (receiver, message) = (view.display(receiver), view.display(message));
        write!(
            to,
            "=timer:{receiver}\nMessage: {message}\nTime left: {left_ms}\n"
        )?;
    }
    Ok(())
}

/// The tables of ETS, without their objects.
pub(super) fn tables(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    for table in view.tables.iter() {
        head(view, table, to)?;
        account(view, table, to)?;
    }
    Ok(())
}

/// The tables of ETS with their objects.
pub(crate) fn tables_with_objects(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    for table in view.tables.iter() {
        head(view, table, to)?;
        for object in table.iter_held() {
            writeln!(to, "{}", view.display(object.open().term()))?;
        }
        account(view, table, to)?;
    }
    Ok(())
}

fn head(view: &View<'_>, table: &Table, to: &mut dyn Write) -> fmt::Result {
    let (owner, name) = (view.display(table.owner), view.display(table.name));
    write!(to, "=ets:{owner}\nSlot: {}\nTable: ", table.number)?;
    match table.settings.named {
        true => write!(to, "{name}")?,
        false => write!(to, "{}", view.reference(table.number))?,
    }
    writeln!(to, "\nName: {name}")
}

fn account(view: &View<'_>, table: &Table, to: &mut dyn Write) -> fmt::Result {
    let settings = &table.settings;
    match table.chain_lengths() {
        Some(chains) => {
            writeln!(to, "Buckets: {}", table.slots())?;
            let lengths = [
                ("Avg", chains.mean),
                ("Std Dev", chains.deviation),
                ("Expected Std Dev", chains.expected_deviation),
            ];
            for (name, length) in lengths {
                writeln!(to, "Chain Length {name}: {length:.6}")?;
            }
            writeln!(to, "Chain Length Max: {}", chains.greatest)?;
            writeln!(to, "Chain Length Min: {}", chains.least)?;
        }
        None => writeln!(to, "Ordered set (AVL tree), Elements: {}", table.count())?,
    }
    writeln!(to, "Fixed: {}", table.fixation.is_some())?;
    writeln!(
        to,
        "Objects: {}\nWords: {}",
        table.count(),
        table.memory_words()
    )?;
    writeln!(to, "Type: {}", view.display(kind_atom(settings.kind)))?;
    writeln!(
        to,
        "Protection: {}",
        view.display(access_atom(settings.access))
    )?;
    writeln!(to, "Compressed: {}", settings.compressed)?;
    // There is one scheduler.
    to.write_str("Write Concurrency: false\n")?;
    writeln!(to, "Read Concurrency: {}", settings.read_concurrency)
}
