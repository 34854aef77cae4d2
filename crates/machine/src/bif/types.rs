//! Type tests and sizes.

use brood_term::record::Record;
use brood_term::{Heap, Kind, Subtag, Term};

use super::iolist::CELLS_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::bits;
use crate::context::Context;
use crate::exception::badarg;

/// Defines BIFs that test the type of one argument.
macro_rules! tests {
    ($($name:ident = $test:expr;)*) => {$(
        fn $name(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
            let test: fn(Term) -> bool = $test;
            Ok(Term::boolean(test(arguments[0])))
        }
    )*};
}

tests! {
    is_atom = Term::is_atom;
    is_list = Term::is_list;
    is_tuple = Term::is_tuple;
    is_float = Term::is_float;
    is_integer = Term::is_integer;
    is_number = Term::is_number;
    is_pid = Term::is_pid;
    is_port = Term::is_port;
    is_reference = Term::is_reference;
    is_binary = |term| term.is_binary();
    is_bitstring = Term::is_bitstring;
    is_function = Term::is_function;
    is_map = Term::is_map;
    is_boolean = |term| term.as_boolean().is_some();
}

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "is_atom", 1, is_atom),
    entry("erlang", "is_list", 1, is_list),
    entry("erlang", "is_tuple", 1, is_tuple),
    entry("erlang", "is_float", 1, is_float),
    entry("erlang", "is_integer", 1, is_integer),
    entry("erlang", "is_number", 1, is_number),
    entry("erlang", "is_pid", 1, is_pid),
    entry("erlang", "is_port", 1, is_port),
    entry("erlang", "is_reference", 1, is_reference),
    entry("erlang", "is_binary", 1, is_binary),
    entry("erlang", "is_bitstring", 1, is_bitstring),
    entry("erlang", "is_function", 1, is_function),
    entry("erlang", "is_function", 2, is_function_of_arity),
    entry("erlang", "is_map", 1, is_map),
    entry("erlang", "is_boolean", 1, is_boolean),
    entry("erlang", "is_record", 1, is_native_record),
    entry("erlang", "is_record", 2, is_record),
    entry("erlang", "is_record", 3, is_record_of),
    entry("erlang", "size", 1, size),
    entry("erlang", "tuple_size", 1, tuple_size),
    entry("erlang", "byte_size", 1, byte_size),
    entry("erlang", "bit_size", 1, bit_size),
    entry("erlang", "length", 1, length),
    entry("erts_internal", "term_type", 1, term_type),
    entry("erts_debug", "same", 2, same),
    entry("erts_debug", "flat_size", 1, flat_size),
];

fn is_function_of_arity(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let arity = match arguments[1].as_small() {
        Some(arity) if arity >= 0 => Some(arity),
        Some(_) => return Err(badarg()),
        None => match arguments[1].as_big() {
            Some((false, _)) => None,
            _ => return Err(badarg()),
        },
    };
    let fun = arguments[0];
    let fun_arity = fun
        .as_fun()
        .map(|entry| entry.arity)
        .or_else(|| fun.as_export().map(|mfa| mfa.arity));
    Ok(Term::boolean(
        fun_arity.is_some() && fun_arity.map(i64::from) == arity,
    ))
}

/// A tuple with that tag, or a native record of that name.
fn is_record(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[1].is_atom() {
        return Err(badarg());
    }
    let tag = match Record::of(&arguments[0]) {
        Some(record) => Some(record.definition().name()),
        None => arguments[0]
            .as_tuple()
            .and_then(|elements| elements.first().copied()),
    };
    Ok(Term::boolean(tag == Some(arguments[1])))
}

fn is_native_record(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(Record::of(&arguments[0]).is_some()))
}

/// A tuple with that tag and of that size, or a native record of that module and name.
fn is_record_of(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[1].is_atom() {
        return Err(badarg());
    }
    let record = Record::of(&arguments[0]);
    // A release without native records wants a size here.
    if arguments[2].is_atom() && (record.is_some() || context.machine.otp.has_native_records()) {
        let matches = record.is_some_and(|record| {
            let definition = record.definition();
            (definition.module(), definition.name()) == (arguments[1], arguments[2])
        });
        return Ok(Term::boolean(matches));
    }
    let size = arguments[2].as_small().ok_or_else(badarg)?;
    let matches = arguments[0].as_tuple().is_some_and(|elements| {
        elements.len() as i64 == size && elements.first() == Some(&arguments[1])
    });
    Ok(Term::boolean(matches))
}

fn count(size: Option<usize>) -> BifResult {
    let size = size.ok_or_else(badarg)?;
    // What fits in memory has fewer than 2^59 parts.
    Ok(Term::small(size as i64))
}

/// The number of elements, or of whole bytes.
fn size(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let term = arguments[0];
    count(
        term.as_tuple()
            .map(<[Term]>::len)
            .or_else(|| term.bit_size().map(|bits| bits / 8)),
    )
}

fn tuple_size(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    count(arguments[0].as_tuple().map(<[Term]>::len))
}

/// The number of bytes, rounded up.
/// The bits of a bitstring, or those left in a match context: from OTP 26 on, compilers ask for these, too.
fn size_in_bits(term: Term) -> Option<usize> {
    term.bit_size()
        .or_else(|| Some(bits::Context::of(term)?.remaining()))
}

fn byte_size(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    count(size_in_bits(arguments[0]).map(|bits| bits.div_ceil(8)))
}

fn bit_size(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    count(size_in_bits(arguments[0]))
}

fn length(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let length = arguments[0].list_length();
    context.charge(length.unwrap_or(0) / CELLS_PER_REDUCTION);
    count(length)
}

/// The kinds of terms by OTP's names for how they are represented.
fn term_type(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = match arguments[0].kind() {
        Kind::Small(_) => "fixnum",
        Kind::Big => "bignum",
        Kind::Float => "hfloat",
        Kind::Atom(_) => "atom",
        Kind::Nil => "nil",
        Kind::Cons => "list",
        Kind::Tuple => "tuple",
        Kind::Record => "record",
        Kind::Map if arguments[0].subtag() == Some(Subtag::FlatMap) => "flatmap",
        Kind::Map if brood_term::map::size(arguments[0]).is_some() => "hashmap",
        Kind::Map => "hashmap_node",
        Kind::Binary | Kind::MatchContext => match arguments[0].subtag() {
            Some(Subtag::RefcBinary) => "refc_binary",
            Some(Subtag::HeapBinary) => "heap_binary",
            _ => "sub_binary",
        },
        Kind::Fun => "fun",
        Kind::Export => "export",
        Kind::Pid => "pid",
        Kind::Port => "port",
        Kind::Reference => "reference",
        Kind::ExternalPid => "external_pid",
        Kind::ExternalPort => "external_port",
        Kind::ExternalReference => "external_reference",
    };
    context.intern(name)
}

/// Whether both are the same word, or the same object in memory.
fn same(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(arguments[0] == arguments[1]))
}

/// The size in words of a copy.
fn flat_size(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let words = brood_term::copy::size_all(arguments[0]);
    Ok(context.heap().unsigned(words as u64))
}
