//! Numbers to and from text.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::float::{self, Format};
use brood_term::{Heap, Term, integer, known};

use super::iolist::CELLS_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "integer_to_list", 1, integer_to_list),
    entry("erlang", "integer_to_list", 2, integer_to_list),
    entry("erlang", "integer_to_binary", 1, integer_to_binary),
    entry("erlang", "integer_to_binary", 2, integer_to_binary),
    entry("erlang", "list_to_integer", 1, list_to_integer),
    entry("erlang", "list_to_integer", 2, list_to_integer),
    entry("erlang", "binary_to_integer", 1, binary_to_integer),
    entry("erlang", "binary_to_integer", 2, binary_to_integer),
    entry("erlang", "float_to_list", 1, float_to_list),
    entry("erlang", "float_to_list", 2, float_to_list),
    entry("erlang", "float_to_binary", 1, float_to_binary),
    entry("erlang", "float_to_binary", 2, float_to_binary),
    entry("erlang", "list_to_float", 1, list_to_float),
    entry("erlang", "binary_to_float", 1, binary_to_float),
    entry(
        "erts_internal",
        "binary_to_integer",
        2,
        binary_to_integer_or,
    ),
    entry("erts_internal", "list_to_integer", 2, list_to_integer_and),
    entry("string", "list_to_integer", 1, scan_integer),
    entry("string", "list_to_float", 1, scan_float),
];

/// The base that may follow as second argument.
fn base(arguments: &[Term]) -> Result<u32, Control> {
    match arguments.get(1) {
        None => Ok(10),
        Some(base) => {
            let base = base.as_usize().filter(|base| (2..=36).contains(base));
            base.map(|base| base as u32).ok_or_else(badarg)
        }
    }
}

fn integer_text(context: &mut Context<'_>, arguments: &[Term]) -> Result<String, Control> {
    let text = integer::to_text(arguments[0], base(arguments)?).ok_or_else(badarg)?;
    context.charge(text.len() / CELLS_PER_REDUCTION);
    Ok(text)
}

fn integer_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = integer_text(context, arguments)?;
    Ok(context.heap().byte_list(text.as_bytes(), Term::NIL))
}

fn integer_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = integer_text(context, arguments)?;
    Ok(context.heap().binary(text.as_bytes()))
}

/// The bytes of a proper list of bytes.
fn list_bytes(list: Term) -> Result<Vec<u8>, Control> {
    let mut list = list.list();
    let byte = |element: Term| {
        element
            .as_small()
            .and_then(|value| u8::try_from(value).ok())
    };
    let bytes: Option<Vec<u8>> = list.by_ref().map(byte).collect();
    bytes.filter(|_| list.ended_proper()).ok_or_else(badarg)
}

fn parse_integer(context: &mut Context<'_>, text: &[u8], base: u32) -> BifResult {
    context.charge(text.len() / CELLS_PER_REDUCTION);
    integer::parse(context.heap(), text, base).ok_or_else(badarg)
}

fn list_to_integer(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let base = base(arguments)?;
    parse_integer(context, &list_bytes(arguments[0])?, base)
}

fn binary_to_integer(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let base = base(arguments)?;
    let text = arguments[0].as_binary().ok_or_else(badarg)?;
    parse_integer(context, &text, base)
}

/// What `binary_to_integer/2` is made of from OTP 27 on: it gives `badarg` instead of raising it.
fn binary_to_integer_or(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match binary_to_integer(context, arguments) {
        Err(Control::Raise(_)) => Ok(known::BADARG),
        other => other,
    }
}

/// What `list_to_integer/2` is made of from OTP 27 on: the integer that a list starts with, and the rest.
fn list_to_integer_and(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Ok(base) = base(arguments) else {
        return Ok(known::BADARG);
    };
    let Some(mut scanner) = Scanner::of(arguments[0]) else {
        return context.intern("not_a_list");
    };
    scanner.take(b"+-");
    if !scanner.digits_of(base) {
        return context.intern("no_integer");
    }
    let value = parse_integer(context, &scanner.text, base)?;
    Ok(context.heap().tuple(&[value, scanner.rest]))
}

/// The format that a list of options asks for: the last one that names a format decides.
fn format(context: &Context<'_>, options: Term) -> Result<Format, Control> {
    let name = |term: Term| context.machine.atoms.name(term);
    let (mut format, mut compacted) = (Format::DEFAULT, false);
    let mut options = options.list();
    for option in options.by_ref() {
        if let Some(&[option, value]) = option.as_tuple_of() {
            let digits = value.as_usize().ok_or_else(badarg)?;
            format = match name(option) {
                Some("decimals") => Format::Decimals {
                    digits,
                    compact: false,
                },
                Some("scientific") => Format::Scientific(digits),
                _ => return Err(badarg()),
            };
        } else {
            match name(option) {
                Some("short") => format = Format::Short,
                Some("compact") => compacted = true,
                _ => return Err(badarg()),
            }
        }
    }
    if !options.ended_proper() {
        return Err(badarg());
    }
    if let Format::Decimals { compact, .. } = &mut format {
        *compact = compacted;
    }
    Ok(format)
}

fn float_text(context: &Context<'_>, arguments: &[Term]) -> Result<String, Control> {
    let value = arguments[0].as_float().ok_or_else(badarg)?;
    let format = match arguments.get(1) {
        None => Format::DEFAULT,
        Some(options) => format(context, *options)?,
    };
    float::to_text(value, format).ok_or_else(badarg)
}

fn float_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = float_text(context, arguments)?;
    Ok(context.heap().byte_list(text.as_bytes(), Term::NIL))
}

fn float_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = float_text(context, arguments)?;
    Ok(context.heap().binary(text.as_bytes()))
}

fn list_to_float(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let value = float::parse(&list_bytes(arguments[0])?).ok_or_else(badarg)?;
    Ok(context.heap().float(value))
}

fn binary_to_float(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = arguments[0].as_binary().ok_or_else(badarg)?;
    let value = float::parse(&text).ok_or_else(badarg)?;
    Ok(context.heap().float(value))
}

/// Reads characters off the front of a list.
struct Scanner {
    rest: Term,
    text: Vec<u8>,
}

impl Scanner {
    /// At the front of `list`, if that is one.
    fn of(list: Term) -> Option<Scanner> {
        list.is_list().then(|| Scanner {
            rest: list,
            text: Vec::new(),
        })
    }

    /// Takes the next character if it is one of these.
    fn take(&mut self, wanted: &[u8]) -> bool {
        let Some((head, tail)) = self.rest.as_cons() else {
            return false;
        };
        let byte = head.as_small().and_then(|value| u8::try_from(value).ok());
        match byte.filter(|byte| wanted.contains(byte)) {
            Some(byte) => {
                self.text.push(byte);
                self.rest = tail;
                true
            }
            None => false,
        }
    }

    /// Takes as many digits as there are; false when there is none.
    fn digits(&mut self) -> bool {
        self.digits_of(10)
    }

    /// As [`Scanner::digits`], to a base up to 36.
    fn digits_of(&mut self, base: u32) -> bool {
        let before = self.text.len();
        while let Some((head, tail)) = self.rest.as_cons()
            && let Some(byte) = head.as_small().and_then(|value| u8::try_from(value).ok())
            && char::from(byte).is_digit(base)
        {
            self.text.push(byte);
            self.rest = tail;
        }
        self.text.len() > before
    }
}

/// `{error, Reason}`.
fn scan_error(context: &mut Context<'_>, reason: &str) -> BifResult {
    let reason = context.intern(reason)?;
    Ok(context.heap().tuple(&[brood_term::known::ERROR, reason]))
}

/// `string:list_to_integer/1`: the integer that a list starts with, and the rest.
fn scan_integer(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(mut scanner) = Scanner::of(arguments[0]) else {
        return scan_error(context, "not_a_list");
    };
    scanner.take(b"+-");
    if !scanner.digits() {
        return scan_error(context, "no_integer");
    }
    match integer::parse(context.heap(), &scanner.text, 10) {
        Some(value) => Ok(context.heap().tuple(&[value, scanner.rest])),
        None => Err(crate::exception::system_limit()),
    }
}

/// `string:list_to_float/1`: the float that a list starts with, and the rest. An exponent that is not complete
/// belongs to the rest.
fn scan_float(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(mut scanner) = Scanner::of(arguments[0]) else {
        return scan_error(context, "not_a_list");
    };
    scanner.take(b"+-");
    if !(scanner.digits() && scanner.take(b".,") && scanner.digits()) {
        return scan_error(context, "no_float");
    }
    let (rest, length) = (scanner.rest, scanner.text.len());
    let has_exponent = scanner.take(b"eE") && {
        scanner.take(b"+-");
        scanner.digits()
    };
    if !has_exponent {
        scanner.rest = rest;
        scanner.text.truncate(length);
    }
    match float::parse(&scanner.text) {
        Some(value) => {
            let heap = context.heap();
            let value = heap.float(value);
            Ok(heap.tuple(&[value, scanner.rest]))
        }
        None => scan_error(context, "no_float"),
    }
}
