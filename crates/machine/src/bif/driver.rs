//! `erl_ddll`: the drivers that are built into the machine are there; no others can be loaded.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::boxed::make_reference;
use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;
use crate::port::driver;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erl_ddll", "try_load", 3, try_load_3),
    entry("erl_ddll", "try_unload", 2, try_unload_2),
    entry("erl_ddll", "loaded_drivers", 0, loaded_drivers_0),
    entry("erl_ddll", "info", 2, info_2),
    entry("erl_ddll", "format_error_int", 1, format_error_int_1),
    entry("erl_ddll", "monitor", 2, monitor_2),
    entry("erl_ddll", "demonitor", 1, demonitor_1),
];

/// OTP's number for a library that can't be opened.
const CANT_OPEN: i64 = -10;

/// The name of a driver: an atom or a list of characters.
fn name(context: &Context<'_>, term: Term) -> Option<String> {
    if let Some(name) = context.machine.atoms.name(term) {
        return Some(name.into());
    }
    let mut points = term.list();
    let name: Option<String> = points
        .by_ref()
        .map(|point| char::from_u32(u32::try_from(point.as_small()?).ok()?))
        .collect();
    name.filter(|_| points.ended_proper())
}

/// `{error, Reason}`.
fn failed(context: &mut Context<'_>, reason: Term) -> BifResult {
    Ok(context.heap().tuple(&[known::ERROR, reason]))
}

fn try_load_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = name(context, arguments[1]).ok_or_else(badarg)?;
    let reason = if driver::driver(&name).is_some() {
        context.machine.atom("linked_in_driver")
    } else {
        let open_error = context.machine.atom("open_error");
        context.heap().tuple(&[open_error, Term::small(CANT_OPEN)])
    };
    failed(context, reason)
}

fn try_unload_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = name(context, arguments[0]).ok_or_else(badarg)?;
    let reason = context.machine.atom(if driver::driver(&name).is_some() {
        "linked_in_driver"
    } else {
        "not_loaded"
    });
    failed(context, reason)
}

fn loaded_drivers_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let names: Vec<Term> = driver::driver_names()
        .map(|name| context.process.heap.string(name))
        .collect();
    let names = context.heap().list(&names);
    Ok(context.heap().tuple(&[known::OK, names]))
}

fn info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = name(context, arguments[0]).ok_or_else(badarg)?;
    if driver::driver(&name).is_none() {
        return Err(badarg());
    }
    let item = context.machine.atoms.name(arguments[1]);
    match item {
        Some("linked_in_driver") => Ok(known::TRUE),
        Some("permanent") => Ok(known::FALSE),
        Some(
            "processes" | "driver_options" | "port_count" | "awaiting_load" | "awaiting_unload",
        ) => Ok(context.machine.atom("linked_in_driver")),
        _ => Err(badarg()),
    }
}

fn format_error_int_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match arguments[0].as_small() {
        Some(CANT_OPEN) => Ok(context.heap().string("An instance can't load native code")),
        Some(_) => Ok(context.heap().string("Unknown dlload error")),
        None => Err(badarg()),
    }
}

/// What there is to be told is known: a driver is loaded, or will never be.
fn monitor_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let driver = context.machine.atom("driver");
    let Some(&[driver_name, state]) = arguments[1].as_tuple_of::<2>() else {
        return Err(badarg());
    };
    let loaded = driver::driver(&name(context, driver_name).ok_or_else(badarg)?).is_some();
    let (tag, reason) = match (context.machine.atoms.name(state), loaded) {
        _ if arguments[0] != driver => return Err(badarg()),
        (Some("loaded" | "unloaded" | "unloaded_only"), true) => ("UP", "permanent"),
        (Some("loaded"), false) => ("DOWN", "load_cancelled"),
        (Some("unloaded" | "unloaded_only"), false) => ("DOWN", "unloaded"),
        _ => return Err(badarg()),
    };
    let [tag, reason] = [tag, reason].map(|text| context.machine.atom(text));
    let number = context.machine.new_reference();
    let heap = context.heap();
    let reference = make_reference(heap, number, 0);
    let message = heap.tuple(&[tag, reference, driver, driver_name, reason]);
    context.process.messages.push_resident(message);
    Ok(reference)
}

/// No monitor waits for anything.
fn demonitor_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    arguments[0].as_reference().ok_or_else(badarg)?;
    Ok(known::TRUE)
}
