//! Making processes.

use brood_term::{Heap, Mfa, Term, known};

use super::flags::{parse_max_heap_size, parse_message_queue_data};
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause, system_limit};
use crate::heap::sizes::next_size;
use crate::process::{AliasMode, Monitored, Priority, SpawnOptions};
use crate::tracing::sequential::Carried;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "spawn", 3, spawn_3),
    entry("erlang", "spawn_link", 3, spawn_link_3),
    entry("erlang", "spawn_opt", 4, spawn_opt_4),
    entry("erts_internal", "spawn_request", 4, spawn_request_4),
    entry(
        "erts_internal",
        "dist_spawn_request",
        4,
        dist_spawn_request_4,
    ),
    entry(
        "erlang",
        "spawn_request_abandon",
        1,
        spawn_request_abandon_1,
    ),
    entry("erts_internal", "spawn_system_process", 3, spawn_3),
];

fn spawn_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let options = context.machine.flags.spawn.clone();
    spawn(context, arguments, &options)
}

fn spawn_link_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let options = SpawnOptions {
        link: true,
        ..context.machine.flags.spawn.clone()
    };
    spawn(context, arguments, &options)
}

fn spawn_opt_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let options = parse_options(context, arguments[3]).filter(|options| !options.wrong);
    let options = options.ok_or_else(|| badarg_cause(context.machine.atom("badopt")))?;
    spawn(context, &arguments[..3], &options.spawn)
}

/// Spawns `Module:Function(Arguments)` and gives the pid, or pid and monitor.
fn spawn(context: &mut Context<'_>, call: &[Term], options: &SpawnOptions) -> BifResult {
    let pid = start(context, call, options)?;
    let (reference, result) = match options.monitor {
        None => (Term::NONE, pid),
        Some((tag, alias)) => {
            let reference = monitor_child(context, pid, tag, alias);
            (reference, context.heap().tuple(&[pid, reference]))
        }
    };
    if context.process.carries_token() {
        let reference = if reference.is_none() {
            let number = context.machine.new_reference();
            brood_term::boxed::make_reference(context.heap(), number, 0)
        } else {
            reference
        };
        let tag = context.machine.atom("spawn_reply");
        let reply = [tag, reference, known::OK, pid];
        let reply = context.heap().tuple(&reply);
        pass_token(context, call, pid, reply, false);
    }
    Ok(result)
}

/// Gives the child a sequential trace token. Gives what the reply carries, if it is a message.
fn pass_token(
    context: &mut Context<'_>,
    call: &[Term],
    child: Term,
    reply: Term,
    replies: bool,
) -> Carried {
    let (&[module, function, arguments], Some(&[tag, reference, ..])) =
        (call, reply.as_tuple_of::<4>())
    else {
        return Carried::Nothing;
    };
    let arity = Term::small(arguments.list_length().unwrap_or(0) as i64);
    let name = context.machine.atom("spawn_request");
    let (pid, leader) = (context.process.pid, context.process.group_leader);
    let mfa = context.heap().tuple(&[module, function, arity]);
    let request = [name, reference, pid, leader, mfa, Term::NIL, tag, arguments];
    let request = context.heap().tuple(&request);
    context.spawn_token(child, request, reply, replies)
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
    context.trace_spawn(pid, mfa, arguments, options.link);
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
        spawn: context.machine.flags.spawn.clone(),
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
    if option == known::LINK {
        options.spawn.link = true;
        return true;
    }
    if option == known::MONITOR {
        options.spawn.monitor = Some((known::DOWN, None));
        return true;
    }
    let Some(&[name, value]) = option.as_tuple_of::<2>() else {
        return false;
    };
    set_option(context, name, value, options).is_some()
}

/// Sets the option `{name, value}`; `None` when that is none.
fn set_option(
    context: &mut Context<'_>,
    name: Term,
    value: Term,
    options: &mut Options,
) -> Option<()> {
    let spawn = &mut options.spawn;
    match context.machine.atoms.text(name) {
        "monitor" => spawn.monitor = Some(super::link::parse_monitor_options(value)?),
        "priority" => spawn.priority = Priority::from_atom(value)?,
        "fullsweep_after" => spawn.fullsweep_after = value.as_usize()?.min(65_535) as u32,
        "min_heap_size" => spawn.min_heap_words = next_size(value.as_usize()?),
        "min_bin_vheap_size" => spawn.min_binary_words = next_size(value.as_usize()?),
        // There is one scheduler, which 0 leaves open.
        "scheduler" => {
            let scheduler = value.as_usize().filter(|&scheduler| scheduler <= 1)?;
            spawn.bound_to_scheduler = scheduler == 1;
        }
        "max_heap_size" => {
            let default = context.machine.flags.spawn.max_heap;
            spawn.max_heap = parse_max_heap_size(value, default, spawn.min_heap_words)?;
        }
        "message_queue_data" => spawn.message_queue_off_heap = parse_message_queue_data(value)?,
        "async_dist" => spawn.async_dist = value.as_boolean()?,
        "reply_tag" => options.reply_tag = value,
        "reply" => {
            options.reply = match context.machine.atoms.text(value) {
                "yes" => (true, true),
                "no" => (false, false),
                "error_only" => (false, true),
                "success_only" => (true, false),
                _ => return None,
            }
        }
        _ => return None,
    }
    Some(())
}

/// Gives the request's reference, or the atom that says what is wrong with it.
fn spawn_request_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_atom() || !arguments[1].is_atom() || arguments[2].list_length().is_none() {
        return Ok(known::BADARG);
    }
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
    let reply = [options.reply_tag, reference, result, value];
    let reply = context.heap().tuple(&reply);
    let carried = if result == known::OK && context.process.carries_token() {
        pass_token(context, &arguments[..3], value, reply, wanted)
    } else {
        Carried::Unchanged
    };
    if wanted {
        context.process.messages.push_carrying(reply, carried);
    }
    Ok(reference)
}

/// A request to another node. There is none: the request fails as one to a node that can't be reached.
///
/// Gives the request's reference, for `spawn_opt` as `{Ref, IsMonitored}`; or the atom `badarg`.
fn dist_spawn_request_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [node, mfa, list, kind] = *arguments else {
        return Err(badarg());
    };
    let Some(&[module, function, call_arguments]) = mfa.as_tuple_of::<3>() else {
        return Ok(known::BADARG);
    };
    let callable = module.is_atom() && function.is_atom();
    let listed = call_arguments.list_length().is_some() && list.list_length().is_some();
    if !node.is_atom() || !callable || !listed {
        return Ok(known::BADARG);
    }
    let Some(options) = parse_options(context, list) else {
        return Ok(known::BADARG);
    };
    let reason = if options.wrong {
        context.machine.atom("badopt")
    } else {
        context.machine.atom("noconnection")
    };
    let number = context.machine.new_reference();
    let reference = brood_term::boxed::make_reference(context.heap(), number, 0);
    if options.reply.1 {
        let reply = [options.reply_tag, reference, known::ERROR, reason];
        let reply = context.heap().tuple(&reply);
        context.process.messages.push_resident(reply);
    }
    if context.machine.atoms.text(kind) == "spawn_opt" {
        let monitored = Term::boolean(options.spawn.monitor.is_some());
        return Ok(context.heap().tuple(&[reference, monitored]));
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
