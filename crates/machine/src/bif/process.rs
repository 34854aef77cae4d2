//! Processes: making them, ending them, naming them.

use brood_term::{Heap, Mfa, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause, error, system_limit};
use crate::process::{AliasMode, Monitored, Priority, SpawnOptions, State, Watcher};
use crate::signal::Signal;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "self", 0, self_0),
    entry("erlang", "spawn", 3, spawn_3),
    entry("erlang", "spawn_link", 3, spawn_link_3),
    entry("erlang", "spawn_opt", 4, spawn_opt_4),
    entry("erts_internal", "spawn_request", 4, spawn_request_4),
    entry(
        "erlang",
        "spawn_request_abandon",
        1,
        spawn_request_abandon_1,
    ),
    entry("erts_internal", "spawn_system_process", 3, spawn_3),
    entry("erlang", "exit", 2, exit_2),
    entry("erlang", "exit_signal", 2, exit_2),
    entry("erlang", "is_process_alive", 1, is_process_alive_1),
    entry("erlang", "processes", 0, processes_0),
    entry("erlang", "hibernate", 3, hibernate_3),
    entry("erlang", "register", 2, register_2),
    entry("erlang", "unregister", 1, unregister_1),
    entry("erlang", "whereis", 1, whereis_1),
    entry("erlang", "registered", 0, registered_0),
    entry("erlang", "group_leader", 0, group_leader_0),
    entry("erts_internal", "group_leader", 2, group_leader_2),
    entry("erts_internal", "suspend_process", 2, suspend_process_2),
    entry("erlang", "resume_process", 1, resume_process_1),
    entry("erts_internal", "garbage_collect", 1, garbage_collect_1),
    entry(
        "erts_internal",
        "check_process_code",
        1,
        check_process_code_1,
    ),
    entry(
        "erts_internal",
        "request_system_task",
        3,
        request_system_task_3,
    ),
];

fn self_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.process.pid)
}

fn spawn_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    spawn(context, arguments, &SpawnOptions::default())
}

fn spawn_link_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    spawn(
        context,
        arguments,
        &SpawnOptions {
            link: true,
            ..SpawnOptions::default()
        },
    )
}

fn spawn_opt_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let options = parse_options(context, arguments[3]).filter(|options| !options.wrong);
    let options = options.ok_or_else(|| badarg_cause(context.machine.atom("badopt")))?;
    spawn(context, &arguments[..3], &options.spawn)
}

/// Spawns `Module:Function(Arguments)` and gives the pid, or pid and monitor.
fn spawn(context: &mut Context<'_>, call: &[Term], options: &SpawnOptions) -> BifResult {
    let pid = start(context, call, options)?;
    match options.monitor {
        None => Ok(pid),
        Some((tag, alias)) => {
            let reference = monitor_child(context, pid, tag, alias);
            Ok(context.heap().tuple(&[pid, reference]))
        }
    }
}

fn start(
    context: &mut Context<'_>,
    call: &[Term],
    options: &SpawnOptions,
) -> Result<Term, Control> {
    let [module, function, arguments] = *call else {
        return Err(badarg());
    };
    if !module.is_atom() || !function.is_atom() {
        return Err(badarg());
    }
    let count = arguments.list_length().ok_or_else(badarg)?;
    if count > 255 {
        return Err(system_limit());
    }
    let mut values = [Term::NIL; 255];
    for (slot, value) in values.iter_mut().zip(arguments.list()) {
        *slot = value;
    }
    let mfa = Mfa {
        module,
        function,
        arity: count as u32,
    };
    let (parent, group_leader) = (context.process.pid, context.process.group_leader);
    let pid = context
        .machine
        .spawn(parent, group_leader, mfa, &values[..count], options)
        .ok_or_else(system_limit)?;
    if options.link {
        context.process.tie().links.insert(pid);
        if let Some(child) = context.machine.processes.get_mut(pid) {
            child.tie().links.insert(parent);
        }
    }
    context.charge(10);
    Ok(pid)
}

fn monitor_child(
    context: &mut Context<'_>,
    child: Term,
    tag: Term,
    alias: Option<AliasMode>,
) -> Term {
    super::link::add_monitor(context, Monitored::Identifier(child), tag, alias)
}

struct Options {
    spawn: SpawnOptions,
    /// Of `spawn_request`: the tag of the reply.
    reply_tag: Term,
    /// Of `spawn_request`: whether success and failure are replied to.
    reply: (bool, bool),
    /// Whether one of the options is none.
    wrong: bool,
}

/// Reads the option list of `spawn_opt` and `spawn_request`; `None` for what is no list.
fn parse_options(context: &mut Context<'_>, list: Term) -> Option<Options> {
    let mut options = Options {
        spawn: SpawnOptions::default(),
        reply_tag: context.machine.atom("spawn_reply"),
        reply: (true, true),
        wrong: false,
    };
    let mut elements = list.list();
    for option in elements.by_ref() {
        options.wrong |= !parse_option(context, option, &mut options);
    }
    elements.ended_proper().then_some(options)
}

fn parse_option(context: &mut Context<'_>, option: Term, options: &mut Options) -> bool {
    let spawn = &mut options.spawn;
    if option == known::LINK {
        spawn.link = true;
        return true;
    }
    if option == known::MONITOR {
        spawn.monitor = Some((known::DOWN, None));
        return true;
    }
    let Some(&[name, value]) = option.as_tuple_of::<2>() else {
        return false;
    };
    match (context.machine.atoms.text(name), value.as_usize()) {
        ("monitor", _) => match super::link::parse_monitor_options(value) {
            Some(parsed) => spawn.monitor = Some(parsed),
            None => return false,
        },
        ("priority", _) => match Priority::from_atom(value) {
            Some(priority) => spawn.priority = priority,
            None => return false,
        },
        ("fullsweep_after", Some(count)) => spawn.fullsweep_after = count.min(65_535) as u32,
        ("min_heap_size", Some(words)) => spawn.min_heap_words = words,
        // Sizes of the virtual binary heap and scheduler bindings have no effect on one core.
        ("min_bin_vheap_size" | "scheduler", Some(_)) => {}
        ("max_heap_size", _) => match super::flags::parse_max_heap_size(value) {
            Some(limit) => spawn.max_heap = limit,
            None => return false,
        },
        ("message_queue_data", _) => return value == known::ON_HEAP || value == known::OFF_HEAP,
        ("reply_tag", _) => options.reply_tag = value,
        ("reply", _) => match context.machine.atoms.text(value) {
            "yes" => options.reply = (true, true),
            "no" => options.reply = (false, false),
            "error_only" => options.reply = (false, true),
            "success_only" => options.reply = (true, false),
            _ => return false,
        },
        _ => return false,
    }
    true
}

/// Gives the request's reference, or the atom that says what is wrong with it.
fn spawn_request_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(options) = parse_options(context, arguments[3]) else {
        return Ok(context.machine.atom("badopt"));
    };
    let started = if options.wrong {
        Err(badarg())
    } else {
        start(context, &arguments[..3], &options.spawn)
    };
    let (result, value) = match started {
        Err(_) if options.wrong => (known::ERROR, context.machine.atom("badopt")),
        Ok(pid) => (known::OK, pid),
        Err(Control::Raise(exception)) if exception.reason == known::SYSTEM_LIMIT => {
            (known::ERROR, known::SYSTEM_LIMIT)
        }
        Err(_) => return Ok(known::BADARG),
    };
    let reference = match (started, options.spawn.monitor) {
        (Ok(pid), Some((tag, alias))) => monitor_child(context, pid, tag, alias),
        _ => {
            let number = context.machine.new_reference();
            brood_term::boxed::make_reference(context.heap(), number, 0)
        }
    };
    let wanted = if result == known::OK {
        options.reply.0
    } else {
        options.reply.1
    };
    if wanted {
        let reply = context
            .heap()
            .tuple(&[options.reply_tag, reference, result, value]);
        context.process.messages.push_resident(reply);
    }
    Ok(reference)
}

/// Requests are answered at once, so there is never one to abandon.
fn spawn_request_abandon_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_reference() {
        Ok(known::FALSE)
    } else {
        Err(badarg())
    }
}

fn exit_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [to, reason] = *arguments else {
        return Err(badarg());
    };
    if !to.is_pid() && !to.is_port() {
        return Err(badarg());
    }
    let (from, reason) = (context.process.pid, context.own(reason));
    context.machine.signals.push_back(Signal::Exit {
        from,
        to,
        reason,
        linked: false,
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

fn processes_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let mut pids: alloc::vec::Vec<Term> = context
        .machine
        .processes
        .iter()
        .map(|process| process.pid)
        .collect();
    pids.push(context.process.pid);
    pids.sort_by_key(|pid| pid.identifier_number());
    context.charge(pids.len() / 10);
    Ok(context.heap().list(&pids))
}

fn hibernate_3(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [module, function, list] = *arguments else {
        return Err(badarg());
    };
    let count = list
        .list_length()
        .filter(|count| *count <= 255)
        .ok_or_else(badarg)?;
    if !module.is_atom() || !function.is_atom() {
        return Err(badarg());
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
    if !name.is_atom() || name == known::UNDEFINED || !pid.is_local_pid() || taken {
        return Err(badarg_cause(known::NONE));
    }
    context.deliver_signals();
    let Some(process) = context
        .process_mut(pid)
        .filter(|process| !process.is_exiting())
    else {
        return Err(badarg_cause(context.machine.atom("notalive")));
    };
    if process.registered_name.is_some() {
        return Err(badarg_cause(context.machine.atom("registered_name")));
    }
    process.registered_name = Some(name);
    context.machine.registry.insert(name, pid);
    Ok(known::TRUE)
}

fn unregister_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = context
        .machine
        .registry
        .remove(&arguments[0])
        .ok_or_else(badarg)?;
    if let Some(process) = context.process_mut(pid) {
        process.registered_name = None;
    }
    Ok(known::TRUE)
}

fn whereis_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = arguments[0];
    if !name.is_atom() {
        return Err(badarg());
    }
    Ok(context
        .machine
        .registry
        .get(&name)
        .copied()
        .unwrap_or(known::UNDEFINED))
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

/// Gives `true`, or what is wrong.
fn suspend_process_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, options] = *arguments else {
        return Err(badarg());
    };
    if !pid.is_local_pid() || pid == context.process.pid {
        return Ok(known::BADARG);
    }
    let unless_suspending = context.machine.atom("unless_suspending");
    let mut list = options.list();
    let mut unless = false;
    let asynchronous = context.machine.atom("asynchronous");
    let mut tag = None;
    for option in list.by_ref() {
        match option.as_tuple_of::<2>() {
            Some(&[name, value]) if name == asynchronous => tag = Some(value),
            None if option == unless_suspending => unless = true,
            None if option == asynchronous => {}
            _ => return Ok(context.machine.atom("badopt")),
        }
    }
    if !list.ended_proper() {
        return Ok(context.machine.atom("badopt"));
    }
    let Some(process) = context.machine.processes.get_mut(pid) else {
        return Ok(known::BADARG);
    };
    if unless && process.suspend_count > 0 {
        return Ok(known::FALSE);
    }
    process.suspend_count += 1;
    if let Some(tag) = tag {
        let message = context.heap().tuple(&[tag, known::SUSPENDED]);
        context.process.messages.push_resident(message);
    }
    Ok(known::TRUE)
}

fn resume_process_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = arguments[0];
    let process = pid
        .is_local_pid()
        .then(|| context.machine.processes.get_mut(pid))
        .flatten()
        .filter(|process| process.suspend_count > 0)
        .ok_or_else(badarg)?;
    process.suspend_count -= 1;
    if process.suspend_count == 0 {
        context.machine.processes.requeue(pid);
    }
    Ok(known::TRUE)
}

/// The interpreter collects when this call returns, where it knows all roots.
fn garbage_collect_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let major = context.machine.atom("major");
    if arguments[0] == major {
        context.process.heap.request_major_collection();
    } else {
        context.process.heap.request_collection();
    }
    Ok(known::TRUE)
}

/// Whether the running process still runs old code of a module.
fn check_process_code_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_atom() {
        return Err(badarg());
    }
    let pid = context.process.pid;
    let runs_old = crate::code::process_runs_old(context, pid, arguments[0]);
    Ok(Term::boolean(runs_old))
}

/// `{garbage_collect, Id, Type}` and `{check_process_code, Id, Module}` for another process. The answer is a
/// message `{garbage_collect | check_process_code, Id, boolean()}`.
fn request_system_task_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [pid, _, request] = *arguments else {
        return Err(badarg());
    };
    let Some(&[kind, id, what]) = request.as_tuple_of::<3>() else {
        return Err(badarg());
    };
    if !pid.is_local_pid() {
        return Err(badarg());
    }
    let answer = match context.machine.atoms.text(kind) {
        "garbage_collect" => match context.machine.processes.get_mut(pid) {
            Some(process) => {
                process.compact(&context.machine.literals);
                known::TRUE
            }
            None => Term::boolean(pid == context.process.pid),
        },
        "check_process_code" => Term::boolean(crate::code::process_runs_old(context, pid, what)),
        _ => return Err(error(known::BADARG)),
    };
    let reply = context.heap().tuple(&[kind, id, answer]);
    context.process.messages.push_resident(reply);
    Ok(known::OK)
}

/// Tells a watcher that was set on `pid` where it stands.
pub(crate) fn watch(
    context: &mut Context<'_>,
    pid: Term,
    reference: u64,
    watcher: Watcher,
) -> bool {
    match context.process_mut(pid) {
        Some(process) if process.state != State::Exiting => {
            process.tie().monitored_by.insert(reference, watcher);
            true
        }
        _ => false,
    }
}
