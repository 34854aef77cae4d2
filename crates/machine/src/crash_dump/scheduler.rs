//! What the schedulers do: the one that there is, and the two dirty ones.

use core::fmt::{self, Write};

use super::View;
use super::process::{internal_state, state};
use crate::dirty::Kind;

/// The most words of a stack that are looked at from each end.
const STACK_WORDS: usize = 256;

/// All schedulers.
pub(super) fn schedulers(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    to.write_str("=scheduler:1\nScheduler Sleep Info Flags: \nScheduler Sleep Info Aux Work: \nCurrent Port: \n")?;
    run_queue(view.processes.queue_lengths(), to)?;
    current_process(view, to)?;
    for (number, kind) in (2..).zip(Kind::ALL) {
        let name = kind.name();
        let pid = view.dirty.occupant(kind);
        write!(
            to,
            "=dirty_{name}_scheduler:{number}\nScheduler Sleep Info Flags: \nScheduler Sleep Info Aux Work: \nCurrent Process: "
        )?;
        match pid {
            Some(pid) => writeln!(to, "{}", view.display(pid))?,
            None => to.write_str("\n")?,
        }
        writeln!(to, "=dirty_{name}_run_queue")?;
        run_queue(view.dirty.queue_lengths(kind), to)?;
    }
    Ok(())
}

fn run_queue(lengths: [usize; 4], to: &mut dyn Write) -> fmt::Result {
    for (priority, length) in ["Max", "High", "Normal", "Low"].iter().zip(lengths) {
        writeln!(to, "Run Queue {priority} Length: {length}")?;
    }
    to.write_str("Run Queue Port Length: 0\nRun Queue Flags: \n")
}

fn current_process(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    let Some(process) = view
        .all_processes()
        .find(|process| view.is_current(process))
    else {
        return to.write_str("Current Process: \n");
    };
    writeln!(to, "Current Process: {}", view.display(process.pid))?;
    writeln!(to, "Current Process State: {}", state(view, process))?;
    to.write_str("Current Process Internal State: ")?;
    internal_state(view, process, to)?;
    let (ip, cp) = (process.ip, process.cp);
    writeln!(
        to,
        "Current Process Program counter: {ip:018p} ({})",
        view.spot(ip)
    )?;
    if !cp.is_null() {
        writeln!(to, "Current Process CP: {cp:018p} ({})", view.spot(cp))?;
    }
    to.write_str("Current Process Limited Stack Trace:\n")?;
    if process.sensitive {
        return Ok(());
    }
    let words = process.heap.stack_words();
    let skipped = words.len().saturating_sub(2 * STACK_WORDS);
    for (index, &word) in words.iter().enumerate() {
        if skipped > 0 && index == STACK_WORDS {
            writeln!(to, "0x0: skipping {skipped} frames")?;
        }
        let is_shown = skipped == 0 || index < STACK_WORDS || index >= STACK_WORDS + skipped;
        if is_shown && word.is_header() && !word.is_none() {
            let at = process.heap.stack.wrapping_add(index);
            let address = word.raw() as *const u64;
            let spot = view.spot(address);
            writeln!(to, "{at:018p}:SReturn addr 0x{:X} ({spot})", address.addr())?;
        }
    }
    Ok(())
}
