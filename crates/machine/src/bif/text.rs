//! Printing terms, and identifiers to and from text.

use alloc::format;
use alloc::string::String;

use brood_term::boxed::make_reference;
use brood_term::display::{self, Display};
use brood_term::external::{pid_from_parts, reference_from_numbers};
use brood_term::{Heap, Term};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::platform::ConsoleStream;

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "display", 1, display),
    entry("erlang", "display_string", 1, display_string),
    entry("erlang", "display_nl", 0, display_nl),
    entry("erlang", "pid_to_list", 1, pid_to_list),
    entry("erlang", "port_to_list", 1, port_to_list),
    entry("erlang", "ref_to_list", 1, ref_to_list),
    entry("erlang", "fun_to_list", 1, fun_to_list),
    entry("erlang", "list_to_pid", 1, list_to_pid),
    entry("erlang", "list_to_port", 1, list_to_port),
    entry("erlang", "list_to_ref", 1, list_to_ref),
];

/// The greatest number that a pid's first part can have.
const MAX_PID_NUMBER: u32 = (1 << 15) - 1;
/// The greatest number of a local port.
const MAX_PORT_NUMBER: u64 = (1 << 28) - 1;

fn write(context: &mut Context<'_>, stream: ConsoleStream, bytes: &[u8]) {
    context.machine.platform.console_write(stream, bytes);
}

/// Writes a term and a line end for a terminal in raw mode, as OTP does.
fn display(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut bytes = display::to_bytes(arguments[0], &context.machine.atoms);
    bytes.extend_from_slice(b"\r\n");
    write(context, ConsoleStream::Output, &bytes);
    Ok(Term::boolean(true))
}

/// Writes a list of characters in UTF-8, as OTP does to standard error.
fn display_string(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = list_text(arguments[0])?;
    write(context, ConsoleStream::Error, text.as_bytes());
    Ok(Term::boolean(true))
}

fn display_nl(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    write(context, ConsoleStream::Error, b"\r\n");
    Ok(Term::boolean(true))
}

/// The text of a list of characters.
pub(super) fn list_text(list: Term) -> Result<String, Control> {
    let mut list = list.list();
    let mut text = String::new();
    for element in list.by_ref() {
        let code = element.as_small().and_then(|code| u32::try_from(code).ok());
        text.push(code.and_then(char::from_u32).ok_or_else(badarg)?);
    }
    if list.ended_proper() {
        Ok(text)
    } else {
        Err(badarg())
    }
}

/// The printed form of what must pass a test.
fn printed(context: &mut Context<'_>, term: Term, test: fn(Term) -> bool) -> BifResult {
    if !test(term) {
        return Err(badarg());
    }
    let text = format!(
        "{}",
        Display {
            term,
            atoms: &context.machine.atoms
        }
    );
    Ok(context.heap().string(&text))
}

fn pid_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    printed(context, arguments[0], Term::is_pid)
}

fn port_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    printed(context, arguments[0], Term::is_port)
}

fn ref_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    printed(context, arguments[0], Term::is_reference)
}

fn fun_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    printed(context, arguments[0], Term::is_function)
}

/// The `N` numbers, of which the first is that of the local node, in text like `<0.1.2>`.
fn numbers<const N: usize>(list: Term, prefix: &str) -> Result<[u64; N], Control> {
    let text = list_text(list)?;
    let inner = text
        .strip_prefix(prefix)
        .and_then(|text| text.strip_suffix('>'));
    let mut parts = inner.ok_or_else(badarg)?.split('.');
    let mut numbers = [0; N];
    for number in &mut numbers {
        let digits = parts
            .next()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        *number = digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(badarg)?;
    }
    if numbers[0] == 0 && parts.next().is_none() {
        Ok(numbers)
    } else {
        Err(badarg())
    }
}

/// A number that fits 32 bits.
fn word(number: u64) -> Result<u32, Control> {
    u32::try_from(number).map_err(|_| badarg())
}

/// A pid of this node, whether it is or was in use or not.
fn list_to_pid(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [_, number, serial] = numbers(arguments[0], "<")?;
    let (number, serial) = (word(number)?, word(serial)?);
    if number > MAX_PID_NUMBER {
        return Err(badarg());
    }
    Ok(Term::pid(pid_from_parts(number, serial)))
}

fn list_to_port(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [_, number] = numbers(arguments[0], "#Port<")?;
    if number > MAX_PORT_NUMBER {
        Err(badarg())
    } else {
        Ok(Term::port(number))
    }
}

/// A reference of this node that is no alias.
fn list_to_ref(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [_, third, second, first] = numbers(arguments[0], "#Ref<")?;
    let parts = [word(first)?, word(second)?, word(third)?];
    let number = reference_from_numbers(parts).ok_or_else(badarg)?;
    Ok(make_reference(context.heap(), number, 0))
}
