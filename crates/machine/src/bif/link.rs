//! Links, monitors and aliases.

use brood_term::boxed::make_reference;
use brood_term::{Heap, Mfa, OwnedTerm, Term, known};

use super::process::watch;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause, error};
use crate::process::{AliasMode, Monitor, Monitored, Watcher};
use crate::signal::Signal;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "link", 1, link_1),
    entry("erlang", "unlink", 1, unlink_1),
    entry("erlang", "monitor", 2, monitor_2),
    entry("erlang", "monitor", 3, monitor_3),
    entry("erlang", "demonitor", 1, demonitor_1),
    entry("erlang", "demonitor", 2, demonitor_2),
    entry("erlang", "alias", 1, alias_1),
    entry("erlang", "unalias", 1, unalias_1),
];

fn link_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let to = arguments[0];
    let from = context.process.pid;
    if !to.is_local_pid() {
        return link_elsewhere(context, to);
    }
    context.trace_process(from, known::LINK, to);
    if to == from {
        return Ok(known::TRUE);
    }
    context.deliver_signals();
    if context.machine.processes.get(to).is_none() {
        return link_nobody(context, to);
    }
    let is_new = context.process.tie().links.insert(to);
    if let Some(process) = context.machine.processes.get_mut(to) {
        process.tie().links.insert(from);
    }
    if is_new {
        context.trace_link(to);
    }
    Ok(known::TRUE)
}

fn link_elsewhere(context: &mut Context<'_>, to: Term) -> BifResult {
    if to.is_pid() {
        let reason = unreachable_because(context, to);
        if reason != known::NOPROC {
            return Ok(break_link(context, to, reason));
        }
    } else if context.link_port(to) {
        return Ok(known::TRUE);
    } else if !to.is_port() {
        return Err(badarg());
    }
    link_nobody(context, to)
}

/// A link to what has been of this node, but is there no more: an error, unless the process traps exits.
fn link_nobody(context: &mut Context<'_>, to: Term) -> BifResult {
    if !context.process.trap_exit {
        return Err(error(known::NOPROC));
    }
    Ok(break_link(context, to, known::NOPROC))
}

/// The process gets the exit signal of a link that is broken.
fn break_link(context: &mut Context<'_>, to: Term, reason: Term) -> Term {
    if context.process.trap_exit {
        let message = context.heap().tuple(&[known::EXIT_UPPER, to, reason]);
        context.process.messages.push_resident(message);
    } else {
        let reason = OwnedTerm::from_parts(reason, Default::default());
        context.process.pending_exit.get_or_insert(reason);
    }
    known::TRUE
}

fn unlink_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let to = arguments[0];
    if !to.is_pid() && !to.is_port() {
        return Err(badarg());
    }
    let from = context.process.pid;
    context.trace_process(from, known::UNLINK, to);
    let ties = context.process.ties_mut();
    if ties.is_some_and(|ties| ties.links.remove(&to)) {
        context
            .machine
            .signals
            .push_back(Signal::Unlink { to, from });
    }
    Ok(known::TRUE)
}

fn monitor_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    monitor(context, arguments[0], arguments[1], known::DOWN, None)
}

fn monitor_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some((tag, alias)) = parse_monitor_options(arguments[2]) else {
        return Err(badarg_cause(context.machine.atom("badopt")));
    };
    monitor(context, arguments[0], arguments[1], tag, alias)
}

/// Reads `[{alias, Mode} | {tag, Tag}]`: the tag and the alias mode.
pub(crate) fn parse_monitor_options(list: Term) -> Option<(Term, Option<AliasMode>)> {
    let (mut tag, mut alias) = (known::DOWN, None);
    let mut elements = list.list();
    for option in elements.by_ref() {
        match *option.as_tuple_of::<2>()? {
            [known::TAG, value] => tag = value,
            [known::ALIAS, known::EXPLICIT_UNALIAS] => alias = Some(AliasMode::ExplicitUnalias),
            [known::ALIAS, known::DEMONITOR] => alias = Some(AliasMode::Demonitor),
            [known::ALIAS, known::REPLY_DEMONITOR] => alias = Some(AliasMode::ReplyDemonitor),
            _ => return None,
        }
    }
    elements.ended_proper().then_some((tag, alias))
}

fn monitor(
    context: &mut Context<'_>,
    kind: Term,
    target: Term,
    tag: Term,
    alias: Option<AliasMode>,
) -> BifResult {
    context.deliver_signals();
    let monitored = match kind {
        known::PROCESS if target.is_local_pid() => Monitored::Identifier(target),
        known::PROCESS if target.is_pid() => {
            let reason = unreachable_because(context, target);
            return Ok(fire_at_once(context, kind, target, reason, tag, alias));
        }
        // Also one of an earlier life of this node, but none of another.
        known::PORT if target.is_port() && is_of_this_node(context, target) => {
            match context.monitored_port(target) {
                Some(monitored) => monitored,
                None => {
                    return Ok(fire_at_once(
                        context,
                        kind,
                        target,
                        known::NOPROC,
                        tag,
                        alias,
                    ));
                }
            }
        }
        known::PROCESS | known::PORT => {
            let (name, node) = match target.as_tuple_of::<2>() {
                Some(&[name, node]) => (name, node),
                None => (target, context.machine.node_name),
            };
            // No other node can be reached: there is no distribution.
            if !name.is_atom() || node != context.machine.node_name {
                return Err(badarg());
            }
            let pid = context.machine.registry.get(&name).copied();
            if kind == known::PORT {
                match context.monitored_port(name) {
                    Some(monitored) => monitored,
                    None => {
                        let object = context.heap().tuple(&[name, node]);
                        return Ok(fire_at_once(
                            context,
                            kind,
                            object,
                            known::NOPROC,
                            tag,
                            alias,
                        ));
                    }
                }
            } else {
                Monitored::Named {
                    name,
                    pid: pid.unwrap_or(Term::NONE),
                }
            }
        }
        known::TIME_OFFSET if target == known::CLOCK_SERVICE => Monitored::TimeOffset,
        known::TIME_OFFSET => return Err(badarg()),
        _ => return Err(badarg_cause(context.machine.atom("badtype"))),
    };
    Ok(add_monitor(context, monitored, tag, alias))
}

/// Why nobody answers for a pid of elsewhere: an earlier life of this node has ended, other nodes can't be reached.
fn unreachable_because(context: &Context<'_>, pid: Term) -> Term {
    if is_of_this_node(context, pid) {
        known::NOPROC
    } else {
        known::NOCONNECTION
    }
}

/// Whether an identifier is of a node of this name, whatever its creation.
fn is_of_this_node(context: &Context<'_>, identifier: Term) -> bool {
    let here = context.machine.node_name;
    super::ets::functions::node_of(identifier, here) == Some(here)
}

/// A monitor of what is not there: the message is sent, and all that may be left is the alias.
fn fire_at_once(
    context: &mut Context<'_>,
    kind: Term,
    object: Term,
    reason: Term,
    tag: Term,
    alias: Option<AliasMode>,
) -> Term {
    let number = context.machine.new_reference();
    if let Some(mode @ AliasMode::ExplicitUnalias) = alias {
        context.process.tie().aliases.insert(number, mode);
    }
    let owner = if alias.is_some() {
        context.process.pid.raw()
    } else {
        0
    };
    let heap = context.heap();
    let reference = make_reference(heap, number, owner);
    let message = heap.tuple(&[tag, reference, kind, object, reason]);
    context.process.messages.push_resident(message);
    reference
}

/// Makes the running process monitor `target`: the reference. When nobody is there the monitor fires at once.
pub(crate) fn add_monitor(
    context: &mut Context<'_>,
    target: Monitored,
    tag: Term,
    alias: Option<AliasMode>,
) -> Term {
    let number = context.machine.new_reference();
    let me = context.process.pid;
    let tag = context.own(tag);
    context.process.tie().monitors.insert(
        number,
        Monitor {
            target,
            tag,
            alias: alias.is_some(),
        },
    );
    if let Some(mode) = alias {
        context.process.tie().aliases.insert(number, mode);
    }
    let (pid, name) = match target {
        Monitored::Identifier(pid) => (pid, Term::NONE),
        Monitored::Named { name, pid } => (pid, name),
        Monitored::TimeOffset => (me, Term::NONE),
    };
    let fires = match target {
        // A process that monitors itself gets nothing, ever.
        Monitored::TimeOffset => false,
        Monitored::Identifier(pid) | Monitored::Named { pid, .. } if pid == me => false,
        _ => pid.is_none() || !watch(context, pid, number, Watcher { pid: me, name }),
    };
    if fires {
        let reason = OwnedTerm::from_parts(known::NOPROC, Default::default());
        context.machine.signals.push_back(Signal::Down {
            to: me,
            reference: number,
            reason,
        });
    }
    let owner = if alias.is_some() { me.raw() } else { 0 };
    make_reference(context.heap(), number, owner)
}

fn demonitor_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    demonitor(context, arguments[0])?;
    Ok(known::TRUE)
}

fn demonitor_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [reference, list] = *arguments else {
        return Err(badarg());
    };
    let (mut flush, mut info) = (false, false);
    let mut options = list.list();
    for option in options.by_ref() {
        match option {
            known::FLUSH => flush = true,
            known::INFO => info = true,
            _ => return Err(badarg()),
        }
    }
    if !options.ended_proper() {
        return Err(badarg());
    }
    let removed = demonitor(context, reference)?;
    if flush && !removed {
        // Erlang code removes the message, if it is there, and answers.
        let result = if info { known::FALSE } else { known::TRUE };
        let function = context.machine.atom("flush_monitor_messages");
        let mfa = Mfa {
            module: known::ERTS_INTERNAL,
            function,
            arity: 3,
        };
        let arguments = context.heap().list(&[reference, known::FALSE, result]);
        return Err(Control::Call { mfa, arguments });
    }
    Ok(Term::boolean(removed || !info))
}

/// Removes a monitor of the running process. Gives whether it was there.
fn demonitor(context: &mut Context<'_>, reference: Term) -> Result<bool, Control> {
    let Some((number, _)) = reference.as_reference() else {
        return if reference.is_reference() {
            Ok(false)
        } else {
            Err(badarg())
        };
    };
    let Some(ties) = context.process.ties_mut() else {
        return Ok(false);
    };
    let Some(monitor) = ties.monitors.remove(&number) else {
        return Ok(false);
    };
    let alias = ties.aliases.get(&number);
    if alias.is_some_and(|mode| mode.ends_with_monitor()) {
        ties.aliases.remove(&number);
    }
    context.machine.forget_watcher(monitor.target, number);
    Ok(true)
}

fn alias_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut mode = AliasMode::ExplicitUnalias;
    let mut options = arguments[0].list();
    let reply = context.machine.atom("reply");
    for option in options.by_ref() {
        mode = match option {
            known::EXPLICIT_UNALIAS => AliasMode::ExplicitUnalias,
            option if option == reply => AliasMode::ReplyDemonitor,
            _ => return Err(badarg()),
        };
    }
    if !options.ended_proper() {
        return Err(badarg());
    }
    let number = context.machine.new_reference();
    context.process.tie().aliases.insert(number, mode);
    let owner = context.process.pid.raw();
    Ok(make_reference(context.heap(), number, owner))
}

fn unalias_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let reference = arguments[0];
    match reference.as_reference() {
        Some((number, _)) => {
            let ties = context.process.ties_mut();
            let removed = ties.and_then(|ties| ties.aliases.remove(&number));
            Ok(Term::boolean(removed.is_some()))
        }
        None if reference.is_reference() => Ok(known::FALSE),
        None => Err(badarg()),
    }
}
