//! `brood_sys`: what an instance has beyond what OTP knows.

use alloc::vec;

use brood_term::external::{DecodeOptions, EncodeOptions, encode};
use brood_term::{Heap, Term, known, map};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, system_limit};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("brood_sys", "freeze", 0, freeze_0),
    entry("brood_sys", "send_parent", 1, send_parent_1),
    entry("brood_sys", "birth", 0, birth_0),
    entry("brood_sys", "host_time_ns", 0, host_time_ns_0),
];

/// Waits until the machine has been frozen and this is a clone; gives the clone's argument, or `undefined` when it
/// has none. A clone that boots again (`init:restart/0`) gets it again. An argument that is no term raises `badarg`.
fn freeze_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    match context.machine.argument().map(<[u8]>::to_vec) {
        Some(argument) if argument.is_empty() => Ok(known::UNDEFINED),
        Some(argument) => {
            let decoded = context.decode(&argument, DecodeOptions::default());
            decoded.map(|(term, _)| term).map_err(|_| badarg())
        }
        None => {
            let pid = context.process.pid;
            context.machine.request_freeze(pid);
            Err(Control::Again { wait: true })
        }
    }
}

fn send_parent_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let identity = context.node_identity();
    let message = encode(
        arguments[0],
        &context.machine.atoms,
        identity,
        EncodeOptions::default(),
    );
    context
        .machine
        .platform
        .send_parent(&message.map_err(|_| system_limit())?);
    Ok(known::OK)
}

fn birth_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let first_erlang_ns = context.machine.first_erlang_ns();
    let birth = context.machine.platform.birth();
    let figures = [
        ("id", birth.instance_id),
        ("launched_ns", birth.launched_ns),
        ("entered_ns", birth.entered_ns),
        ("first_erlang_ns", first_erlang_ns),
    ];
    let mut pairs = vec![];
    for (name, figure) in figures {
        pairs.push((
            context.machine.atom(name),
            context.process.heap.unsigned(figure),
        ));
    }
    Ok(map::from_pairs(
        &mut context.process.heap,
        &mut pairs,
        &context.machine.atoms,
    ))
}

fn host_time_ns_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = context.machine.platform.monotonic_ns();
    Ok(context.heap().unsigned(now))
}
