//! Suspending processes.
//!
//! A process runs unless somebody suspends it. Who suspends whom, and how often, is noted with the one who does; the one
//! suspended counts.

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;
use crate::machine::Machine;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_internal", "suspend_process", 2, suspend_process_2),
    entry("erlang", "resume_process", 1, resume_process_1),
];

/// What the options say.
#[derive(Default)]
struct Options {
    /// Not if this process suspends it already.
    unless_suspending: bool,
    /// Nobody waits for the answer.
    asynchronous: bool,
    /// The first element of a message with the answer.
    tag: Option<Term>,
}

fn parse_options(context: &mut Context<'_>, list: Term) -> Option<Options> {
    let mut options = Options::default();
    let mut elements = list.list();
    for option in elements.by_ref() {
        match (
            option.as_tuple_of::<2>(),
            context.machine.atoms.text(option),
        ) {
            (Some(&[name, tag]), _) if context.machine.atoms.text(name) == "asynchronous" => {
                options.asynchronous = true;
                options.tag = Some(tag);
            }
            (None, "asynchronous") => options.asynchronous = true,
            (None, "unless_suspending") => options.unless_suspending = true,
            _ => return None,
        }
    }
    elements.ended_proper().then_some(options)
}

/// Gives whether it is suspended now, or what is wrong: `badarg` or `badopt`.
fn suspend_process_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, options] = *arguments else {
        return Err(badarg());
    };
    if !pid.is_local_pid() || pid == context.process.pid {
        return Ok(known::BADARG);
    }
    let Some(options) = parse_options(context, options) else {
        return Ok(context.machine.atom("badopt"));
    };
    context.deliver_signals();
    let counts = &mut context.process.tie().suspending;
    let suspends = counts.contains_key(&pid) && options.unless_suspending;
    let exited = match context.machine.processes.get_mut(pid) {
        Some(_) if suspends => return Ok(known::FALSE),
        Some(process) => {
            process.suspend_count += 1;
            *counts.entry(pid).or_default() += 1;
            false
        }
        None if options.asynchronous => true,
        None => return Ok(known::BADARG),
    };
    if let Some(tag) = options.tag {
        let state = if exited {
            context.machine.atom("exited")
        } else {
            known::SUSPENDED
        };
        let message = context.heap().tuple(&[tag, state]);
        context.process.messages.push_resident(message);
    }
    Ok(known::TRUE)
}

/// Takes back one suspension of the running process.
fn resume_process_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = arguments[0];
    if !pid.is_local_pid() || !context.is_alive(pid) {
        return Err(badarg());
    }
    let ties = context.process.ties_mut().ok_or_else(badarg)?;
    let count = ties.suspending.get_mut(&pid).ok_or_else(badarg)?;
    *count -= 1;
    if *count == 0 {
        ties.suspending.remove(&pid);
    }
    context.machine.resume(pid, 1);
    Ok(known::TRUE)
}

impl Machine {
    /// Takes back so many suspensions of a process. It runs on when there are no more.
    pub(crate) fn resume(&mut self, pid: Term, count: u32) {
        let Some(process) = self.processes.get_mut(pid) else {
            return;
        };
        process.suspend_count = process.suspend_count.saturating_sub(count);
        if process.suspend_count == 0 {
            self.processes.requeue(pid);
        }
    }
}
