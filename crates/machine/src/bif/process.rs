//! Processes: which there are, their ends, their names.

use alloc::vec::Vec;

use brood_term::{Heap, Mfa, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause, system_limit};
use crate::process::{State, Watcher};
use crate::signal::Signal;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "self", 0, self_0),
    entry("erlang", "exit", 2, exit_2),
    entry("erlang", "exit_signal", 2, exit_2),
    entry("erlang", "is_process_alive", 1, is_process_alive_1),
    entry("erts_internal", "is_process_alive", 2, is_process_alive_2),
    entry("erlang", "processes", 0, processes_0),
    entry("erts_internal", "processes_next", 1, processes_next_1),
    entry("erlang", "ptab_list_continue", 2, ptab_list_continue_2),
    entry("erlang", "hibernate", 3, hibernate_3),
    entry("erlang", "register", 2, register_2),
    entry("erlang", "unregister", 1, unregister_1),
    entry("erlang", "whereis", 1, whereis_1),
    entry("erlang", "registered", 0, registered_0),
    entry("erlang", "group_leader", 0, group_leader_0),
    entry("erts_internal", "group_leader", 2, group_leader_2),
    entry("erts_internal", "group_leader", 3, group_leader_3),
    entry("erts_internal", "is_system_process", 1, is_system_process_1),
];

fn self_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.process.pid)
}

fn exit_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [to, reason] = *arguments else {
        return Err(badarg());
    };
    if !to.is_pid() && !to.is_port() {
        return Err(badarg());
    }
    let (from, reason) = (context.process.pid, context.own(reason));
    let carried = context.process.exit_token();
    context.machine.signals.push_back(Signal::Exit {
        from,
        to,
        reason,
        linked: false,
        carried,
    });
    Ok(known::TRUE)
}

fn is_process_alive_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = arguments[0];
    if !pid.is_local_pid() {
        return Err(badarg());
    }
    context.deliver_signals();
    Ok(Term::boolean(context.is_alive(pid)))
}

/// Answers with a message: `{Ref, boolean()}`.
fn is_process_alive_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let alive = is_process_alive_1(context, &arguments[..1])?;
    reply(context, arguments[1], alive)
}

/// Sends `{Ref, Result}` to the running process and gives `ok`.
fn reply(context: &mut Context<'_>, reference: Term, result: Term) -> BifResult {
    if !reference.is_reference() {
        return Err(badarg());
    }
    let message = context.heap().tuple(&[reference, result]);
    context.process.messages.push_resident(message);
    Ok(known::OK)
}

/// What `processes/0` costs, as `erts_debug:get_internal_state(processes_bif_info)` tells: slots of the process table
/// that are looked at in one reduction, and list cells that are built in one.
pub(super) const SLOTS_PER_REDUCTION: usize = 25;
/// See [`SLOTS_PER_REDUCTION`].
pub(super) const CELLS_PER_REDUCTION: usize = 25;

/// All processes: those that were there at one point in time. What that costs beyond the slice is waited off
/// afterwards.
fn processes_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let slots = context.machine.processes.slots();
    let pids = all_pids(context);
    context.charge(slots / SLOTS_PER_REDUCTION + pids.len() / CELLS_PER_REDUCTION);
    let list = context.heap().list(&pids);
    if context.process.fuel_left() > 0 {
        return Ok(list);
    }
    let mfa = Mfa {
        module: known::ERLANG,
        function: context.machine.atom("ptab_list_continue"),
        arity: 2,
    };
    let arguments = context.heap().list(&[list, Term::NIL]);
    Err(Control::Call { mfa, arguments })
}

/// How many processes [`processes_next_1`] gives at a time.
const PROCESSES_AT_A_TIME: usize = 1000;

/// The next few processes, from the one with this number on, and the number to go on with: what `processes_next/1` is
/// made of from OTP 28 on.
fn processes_next_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let from = arguments[0].as_usize().ok_or_else(badarg)? as u64;
    let slots = context.machine.processes.slots();
    let mut pids = all_pids(context);
    context.charge(slots / SLOTS_PER_REDUCTION);
    let passed = pids.partition_point(|pid| pid.identifier_number() < from);
    pids.drain(..passed);
    pids.truncate(PROCESSES_AT_A_TIME);
    let Some(last) = pids.last() else {
        return Ok(known::NONE);
    };
    let next = Term::small(last.identifier_number() as i64 + 1);
    let list = context.heap().list(&pids);
    Ok(context.heap().tuple(&[next, list]))
}

/// The second half of `processes/0` when the slice is used up: gives the list in the next one.
fn ptab_list_continue_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if context.process.fuel_left() > 0 {
        Ok(arguments[0])
    } else {
        Err(Control::Again { wait: false })
    }
}

/// The pids of all processes, in the order in which they came to be.
pub(super) fn all_pids(context: &Context<'_>) -> Vec<Term> {
    let others = context.machine.processes.iter();
    let mut pids: Vec<Term> = others.map(|process| process.pid).collect();
    pids.push(context.process.pid);
    pids.sort_unstable_by_key(|pid| pid.identifier_number());
    pids
}

fn hibernate_3(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [module, function, list] = *arguments else {
        return Err(badarg());
    };
    let count = list.list_length().ok_or_else(badarg)?;
    if !module.is_atom() || !function.is_atom() {
        return Err(badarg());
    }
    if count > 255 {
        return Err(system_limit());
    }
    let mfa = Mfa {
        module,
        function,
        arity: count as u32,
    };
    Err(Control::Hibernate {
        mfa,
        arguments: list,
    })
}

fn register_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [name, pid] = *arguments else {
        return Err(badarg());
    };
    let taken = context.machine.registry.contains_key(&name);
    let kind_fits = pid.is_local_pid() || pid.is_local_port();
    if !name.is_atom() || name == known::UNDEFINED || !kind_fits {
        return Err(badarg_cause(known::NONE));
    }
    context.deliver_signals();
    if pid.is_local_port() {
        return match !taken && context.register_port(name, pid) {
            true => Ok(known::TRUE),
            false => Err(badarg_cause(known::NONE)),
        };
    }
    let Some(process) = context
        .process_mut(pid)
        .filter(|process| !process.is_exiting())
    else {
        return Err(badarg_cause(context.machine.atom("notalive")));
    };
    if process.registered_name.is_some() {
        return Err(badarg_cause(context.machine.atom("registered_name")));
    }
    if taken {
        return Err(badarg_cause(known::NONE));
    }
    process.registered_name = Some(name);
    context.machine.registry.insert(name, pid);
    context.trace_process(pid, known::REGISTER, name);
    Ok(known::TRUE)
}

fn unregister_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = context
        .machine
        .registry
        .remove(&arguments[0])
        .ok_or_else(badarg)?;
    if let Some(port) = context.machine.ports.get_mut(pid) {
        port.registered_name = None;
    } else if let Some(process) = context.process_mut(pid) {
        process.registered_name = None;
    }
    context.trace_process(pid, known::UNREGISTER, arguments[0]);
    Ok(known::TRUE)
}

/// Who asks for a name that nobody has lets others run first, once: a process that was just spawned may be about to
/// register it, and some programs wait long before they ask again.
fn whereis_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = arguments[0];
    if !name.is_atom() {
        return Err(badarg());
    }
    match context.machine.registry.get(&name) {
        Some(registered) => Ok(*registered),
        None if context.machine.processes.runnable_count() > 0 && !context.slice_begins() => {
            Err(Control::Again { wait: false })
        }
        None => Ok(known::UNDEFINED),
    }
}

fn registered_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let names: alloc::vec::Vec<Term> = context.machine.registry.keys().copied().collect();
    Ok(context.heap().list(&names))
}

fn group_leader_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.process.group_leader)
}

/// Gives `true`, or the atom `badarg`, which `erlang:group_leader/2` raises.
fn group_leader_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [leader, pid] = *arguments else {
        return Err(badarg());
    };
    if !leader.is_local_pid() || !pid.is_local_pid() {
        return Ok(known::BADARG);
    }
    match context.process_mut(pid) {
        Some(process) => {
            process.group_leader = leader;
            Ok(known::TRUE)
        }
        None => Ok(known::BADARG),
    }
}

/// The request that is sent when [`group_leader_2`] does not answer at once. It always does; the answer here is the same.
fn group_leader_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let result = group_leader_2(context, &arguments[..2])?;
    reply(context, arguments[2], result)
}

fn is_system_process_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_pid() {
        return Err(badarg());
    }
    if !arguments[0].is_local_pid() {
        return Ok(known::FALSE);
    }
    let module = context
        .process_mut(arguments[0])
        .map(|process| process.initial_call.module);
    Ok(Term::boolean(module.is_some_and(|module| {
        context.machine.is_system_module(module)
    })))
}

/// Tells a watcher that was set on `pid` where it stands.
pub(crate) fn watch(
    context: &mut Context<'_>,
    pid: Term,
    reference: u64,
    watcher: Watcher,
) -> bool {
    if let Some(port) = context.machine.ports.get_mut(pid) {
        port.monitored_by.insert(reference, watcher);
        return true;
    }
    match context.process_mut(pid) {
        Some(process) if process.state != State::Exiting => {
            process.tie().monitored_by.insert(reference, watcher);
            true
        }
        _ => false,
    }
}
