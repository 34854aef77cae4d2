//! `system_monitor` and `system_profile`.

use alloc::vec::Vec;

use brood_term::{Heap, Term, integer, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::tracing::flags::Flags;
use crate::tracing::system::{LEAST_LARGE_HEAP, Monitor, Profile};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "system_monitor", 0, system_monitor_0),
    entry("erlang", "system_monitor", 1, system_monitor_1),
    entry("erlang", "system_monitor", 2, system_monitor_2),
    entry("erts_internal", "system_monitor", 1, session_monitor_1),
    entry("erts_internal", "system_monitor", 3, session_monitor_3),
    entry("erlang", "system_profile", 0, system_profile_0),
    entry("erlang", "system_profile", 2, system_profile_2),
];

/// `{Pid, Options}`, or `undefined`.
fn system_monitor_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let Some(monitor) = context.machine.tracing.monitor else {
        return Ok(known::UNDEFINED);
    };
    let mut options = Vec::new();
    for (on, name) in [
        (monitor.busy_dist_port, "busy_dist_port"),
        (monitor.busy_port, "busy_port"),
    ] {
        if on {
            options.push(context.machine.atom(name));
        }
    }
    for (limit, name) in [
        (monitor.large_heap, known::LARGE_HEAP),
        (monitor.long_schedule, known::LONG_SCHEDULE),
        (monitor.long_gc, known::LONG_GC),
    ] {
        if limit > 0 {
            let limit = context.heap().unsigned(limit);
            options.push(context.heap().tuple(&[name, limit]));
        }
    }
    let list = context.heap().list(&options);
    Ok(context.heap().tuple(&[monitor.pid, list]))
}

/// What `system_monitor/0` is made of from OTP 29 on, for the only session of tracing that there is: the one without a name.
fn session_monitor_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    is_legacy(context, arguments[0])?;
    system_monitor_0(context, &[])
}

/// As [`session_monitor_1`], of `system_monitor/2`.
fn session_monitor_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    is_legacy(context, arguments[0])?;
    system_monitor_2(context, &arguments[1..])
}

fn is_legacy(context: &Context<'_>, session: Term) -> Result<(), Control> {
    match context.machine.atoms.name(session) {
        Some("legacy") => Ok(()),
        _ => Err(badarg()),
    }
}

fn system_monitor_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0] == known::UNDEFINED {
        return system_monitor_2(context, &[known::UNDEFINED, Term::NIL]);
    }
    match arguments[0].as_tuple_of::<2>() {
        Some(arguments) => system_monitor_2(context, arguments),
        None => Err(badarg()),
    }
}

fn system_monitor_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, list] = *arguments else {
        return Err(badarg());
    };
    let before = system_monitor_0(context, &[])?;
    if pid == known::UNDEFINED || list == Term::NIL {
        context.machine.tracing.monitor = None;
        return Ok(before);
    }
    if !pid.is_local_pid() || !context.is_alive(pid) {
        return Err(badarg());
    }
    let mut monitor = Monitor {
        pid,
        long_gc: 0,
        long_schedule: 0,
        large_heap: 0,
        busy_port: false,
        busy_dist_port: false,
    };
    let mut options = list.list();
    for option in options.by_ref() {
        if let Some(&[name, limit]) = option.as_tuple_of::<2>() {
            let limit = integer::to_u64(limit).ok_or_else(badarg)?;
            match name {
                known::LONG_GC => monitor.long_gc = limit.max(1),
                known::LONG_SCHEDULE => monitor.long_schedule = limit.max(1),
                known::LARGE_HEAP => monitor.large_heap = limit.max(LEAST_LARGE_HEAP),
                _ => return Err(badarg()),
            }
            continue;
        }
        match context.machine.atoms.name(option) {
            Some("busy_port") => monitor.busy_port = true,
            Some("busy_dist_port") => monitor.busy_dist_port = true,
            _ => return Err(badarg()),
        }
    }
    if !options.ended_proper() {
        return Err(badarg());
    }
    context.machine.tracing.monitor = Some(monitor);
    Ok(before)
}

/// `{Pid, Options}`, or `undefined`.
fn system_profile_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let Some(profile) = context.machine.tracing.profile else {
        return Ok(known::UNDEFINED);
    };
    let mut options = Vec::new();
    for (on, name) in [
        (profile.exclusive, "exclusive"),
        (profile.scheduler, "scheduler"),
        (profile.runnable_procs, "runnable_procs"),
        (profile.runnable_ports, "runnable_ports"),
    ] {
        if on {
            options.push(context.machine.atom(name));
        }
    }
    let list = context.heap().list(&options);
    Ok(context.heap().tuple(&[profile.pid, list]))
}

fn system_profile_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, list] = *arguments else {
        return Err(badarg());
    };
    let before = system_profile_0(context, &[])?;
    if pid == known::UNDEFINED || list == Term::NIL {
        set_profile(context, None);
        return Ok(before);
    }
    if !pid.is_local_pid() || !context.is_alive(pid) {
        return Err(badarg());
    }
    let mut profile = Profile {
        pid,
        scheduler: false,
        runnable_procs: false,
        runnable_ports: false,
        exclusive: false,
        stamp: Flags::TIMESTAMP,
    };
    let mut options = list.list();
    for option in options.by_ref() {
        match context.machine.atoms.name(option).ok_or_else(badarg)? {
            "scheduler" => profile.scheduler = true,
            "runnable_procs" => profile.runnable_procs = true,
            "runnable_ports" => profile.runnable_ports = true,
            "exclusive" => profile.exclusive = true,
            "timestamp" | "monotonic_timestamp" | "strict_monotonic_timestamp" => {
                profile.stamp = Flags::from_atom(option).ok_or_else(badarg)?;
            }
            _ => return Err(badarg()),
        }
    }
    if !options.ended_proper() {
        return Err(badarg());
    }
    set_profile(context, Some(profile));
    Ok(before)
}

fn set_profile(context: &mut Context<'_>, profile: Option<Profile>) {
    // What happened so far is told to the one who was to know of it.
    context.emitter().report_activity();
    let record = profile.is_some_and(|profile| profile.runnable_procs);
    context.machine.processes.record_activity(record);
    context.machine.tracing.profile = profile;
}
