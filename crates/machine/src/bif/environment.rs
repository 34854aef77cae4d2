//! Environment variables: what the machine was started with, and what programs set is kept in memory.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause};
use crate::host_signal;
use crate::platform::SignalAction;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("os", "getenv", 1, getenv_1),
    entry("os", "putenv", 2, putenv_2),
    entry("os", "unsetenv", 1, unsetenv_1),
    entry("os", "env", 0, env_0),
    entry("os", "getpid", 0, getpid_0),
    entry("os", "set_signal", 2, set_signal_2),
];

/// The variables and their values.
#[derive(Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Sets a variable. Bytes that are no UTF-8 stand for characters of Latin-1, as in OTP.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        self.variables.insert(characters(name), characters(value));
    }

    /// The value of a variable that is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}

fn characters(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) => String::from(text),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The text of a list of characters without zeros.
fn text(term: Term) -> Result<String, Control> {
    let mut points = term.list();
    let text: Option<String> = points
        .by_ref()
        .map(|point| {
            let point = point.as_small().and_then(|value| u32::try_from(value).ok());
            point
                .and_then(char::from_u32)
                .filter(|&character| character != '\0')
        })
        .collect();
    text.filter(|_| points.ended_proper()).ok_or_else(badarg)
}

/// A name holds no `=`.
fn name(term: Term) -> Result<String, Control> {
    let name = text(term)?;
    if name.contains('=') {
        return Err(badarg());
    }
    Ok(name)
}

fn getenv_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = name(arguments[0])?;
    let Context { machine, process } = context;
    Ok(match machine.environment.variables.get(&name) {
        Some(value) => process.heap.string(value),
        None => known::FALSE,
    })
}

fn putenv_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (name, value) = (name(arguments[0])?, text(arguments[1])?);
    if name.is_empty() {
        return Err(badarg());
    }
    context.machine.environment.variables.insert(name, value);
    Ok(known::TRUE)
}

fn unsetenv_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = name(arguments[0])?;
    if name.is_empty() {
        return Err(badarg());
    }
    context.machine.environment.variables.remove(&name);
    Ok(known::TRUE)
}

/// `[{Name, Value}]`.
fn env_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    let pairs: Vec<Term> = machine
        .environment
        .variables
        .iter()
        .map(|(name, value)| {
            let (name, value) = (heap.string(name), heap.string(value));
            heap.tuple(&[name, value])
        })
        .collect();
    Ok(heap.list(&pairs))
}

/// The instance's id, in decimal: there is no other process beside it.
fn getpid_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let id = alloc::format!("{}", context.machine.platform.birth().instance_id);
    Ok(context.heap().string(&id))
}

/// What is to be done with a signal of the host. That it should stop can't be handled.
fn set_signal_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let atoms = &context.machine.atoms;
    let (name, choice) = (atoms.name(arguments[0]), atoms.name(arguments[1]));
    let number = name.and_then(host_signal::number);
    if number.is_none() && name != Some("sigstop") {
        return Err(badarg());
    }
    let action = match choice {
        Some("ignore") => SignalAction::Ignore,
        Some("default") => SignalAction::Default,
        Some("handle") => SignalAction::Deliver,
        _ => return Err(badarg_cause(context.machine.atom("badopt"))),
    };
    if let Some(number) = number {
        context.machine.handle_signal(number, action);
    }
    Ok(known::OK)
}
