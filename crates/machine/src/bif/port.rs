//! Ports: none can be opened, since there is neither a driver nor a program outside.
//!
//! The functions of `erts_internal` answer with the reason for which the calling function of `erlang` raises an error.

use brood_term::{Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "ports", 0, ports_0),
    entry("erlang", "port_get_data", 1, no_port),
    entry("erlang", "port_set_data", 2, no_port),
    entry("erts_internal", "open_port", 2, open_port_2),
    entry("erts_internal", "port_command", 3, no_such_port),
    entry("erts_internal", "port_connect", 2, no_such_port),
    entry("erts_internal", "port_close", 1, no_such_port),
    entry("erts_internal", "port_control", 3, no_such_port),
    entry("erts_internal", "port_call", 3, no_such_port),
    entry("erts_internal", "port_info", 1, port_info),
    entry("erts_internal", "port_info", 2, port_info),
];

fn ports_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(Term::NIL)
}

fn no_port(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Err(badarg())
}

fn no_such_port(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::BADARG)
}

/// A port that is no more has no information.
fn port_info(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(if arguments[0].is_port() || arguments[0].is_atom() {
        known::UNDEFINED
    } else {
        known::BADARG
    })
}

/// What OTP answers where a program is not found, a driver is unknown, or a descriptor is not open.
fn open_port_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = arguments[0]
        .as_tuple()
        .and_then(|parts| parts.first())
        .copied()
        .unwrap_or(Term::NIL);
    Ok(match context.machine.atoms.name(name) {
        Some("spawn" | "spawn_executable") => known::ENOENT,
        Some("fd") => context.machine.atom("ebadf"),
        _ => known::BADARG,
    })
}
