//! Nodes: this one, and no other, for there is no distribution.

use alloc::vec;
use alloc::vec::Vec;

use brood_term::{Heap, Term, known, map};

use super::ets::functions::node_of;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, error};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "node", 0, node_0),
    entry("erlang", "node", 1, node_1),
    entry("erlang", "nodes", 0, nodes_0),
    entry("erlang", "nodes", 1, nodes_1),
    entry("erlang", "nodes", 2, nodes_2),
    entry("erlang", "setnode", 2, setnode_2),
    entry("erlang", "monitor_node", 2, monitor_node),
    entry("erlang", "monitor_node", 3, monitor_node),
    entry("erts_internal", "get_creation", 0, get_creation_0),
    entry("net_kernel", "dflag_unicode_io", 1, dflag_unicode_io_1),
];

fn node_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.machine.node_name)
}

fn node_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    node_of(arguments[0], context.machine.node_name).ok_or_else(badarg)
}

/// No other node is visible.
fn nodes_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(Term::NIL)
}

/// This node's type, if the argument (a type or a list of types) asks for this node.
fn this_node(context: &Context<'_>, types: Term) -> Result<Option<Term>, Control> {
    let atoms = &context.machine.atoms;
    let mut types = if types.is_list() {
        types.list_length().ok_or_else(badarg)?;
        types.list().collect()
    } else {
        vec![types]
    };
    types.retain(|&kind| !matches!(atoms.name(kind), Some("visible" | "hidden" | "connected")));
    let known = |kind: &Term| matches!(atoms.name(*kind), Some("this" | "known"));
    if !types.iter().all(known) {
        return Err(badarg());
    }
    Ok(types.first().copied())
}

fn nodes_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match this_node(context, arguments[0])? {
        Some(kind) => {
            let mut nodes = vec![context.machine.node_name];
            if context.machine.atoms.name(kind) == Some("known") {
                let references = context.node_references(arguments);
                nodes.extend(references.iter().map(|node| node.name));
                // Incarnations of a node come one after the other.
                nodes.dedup();
            }
            Ok(context.heap().list(&nodes))
        }
        None => Ok(Term::NIL),
    }
}

/// As `nodes/1`, with `{Node, Info}`. The second argument says what of: `#{connection_id => boolean(), node_type =>
/// boolean()}`.
fn nodes_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let this = this_node(context, arguments[0])?;
    map::size(arguments[1]).ok_or_else(badarg)?;
    let kind = context.machine.atom("this");
    let mut wanted = Vec::new();
    for (key, value) in map::entries(arguments[1]) {
        let answer = match context.machine.atoms.name(key) {
            Some("connection_id") => known::UNDEFINED,
            Some("node_type") => kind,
            _ => return Err(badarg()),
        };
        if value.as_boolean().ok_or_else(badarg)? {
            wanted.push((key, answer));
        }
    }
    if this.is_none() {
        return Ok(Term::NIL);
    }
    let node = context.machine.node_name;
    let info = map::from_pairs(
        &mut context.process.heap,
        &mut wanted,
        &context.machine.atoms,
    );
    let pair = context.heap().tuple(&[node, info]);
    Ok(context.heap().list(&[pair]))
}

fn setnode_2(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Err(badarg())
}

/// The local node is always up; there is none other to watch.
fn monitor_node(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [node, flag, ..] = *arguments else {
        return Err(badarg());
    };
    if !node.is_atom() {
        return Err(badarg());
    }
    if node != context.machine.node_name {
        return Err(error(context.machine.atom("notalive")));
    }
    flag.as_boolean().map(|_| known::TRUE).ok_or_else(badarg)
}

/// Only a distributed node has one.
fn get_creation_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::UNDEFINED)
}

/// Whether the node of a pid understands Unicode in the I/O protocol: this one does.
fn dflag_unicode_io_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_pid() {
        Ok(known::TRUE)
    } else {
        Err(badarg())
    }
}
