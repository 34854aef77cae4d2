//! The external term format.

use alloc::vec::Vec;

use brood_term::external::{
    DecodeError, DecodeOptions, EncodeOptions, FunKey, NodeIdentity, Resolver, decode, encode,
};
use brood_term::{FunEntry, Heap, Mfa, Resource, Resources, Term};

use super::iolist::BYTES_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::code::loader::CodeResolver;
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "term_to_binary", 1, term_to_binary),
    entry("erlang", "term_to_binary", 2, term_to_binary),
    entry("erlang", "term_to_iovec", 1, term_to_iovec),
    entry("erlang", "term_to_iovec", 2, term_to_iovec),
    entry("erlang", "external_size", 1, external_size),
    entry("erlang", "external_size", 2, external_size),
    entry("erlang", "binary_to_term", 1, binary_to_term),
    entry("erlang", "binary_to_term", 2, binary_to_term),
];

/// The compression level of `compressed` alone.
const DEFAULT_COMPRESSION: u8 = 6;

/// Finds what terms refer to.
struct TermResolver<'a> {
    code: CodeResolver<'a>,
    resources: &'a Resources,
}

impl Resolver for TermResolver<'_> {
    fn fun(&mut self, key: &FunKey) -> Option<&'static FunEntry> {
        self.code.fun(key)
    }

    fn export(
        &mut self,
        module: Term,
        function: Term,
        arity: u32,
        existing: bool,
    ) -> Option<&'static Mfa> {
        self.code.export(module, function, arity, existing)
    }

    fn record_definition(&mut self, definition: Term) -> Option<Term> {
        self.code.0.canonical_definition(definition)
    }

    fn resource(&mut self, number: u64) -> Option<Resource> {
        self.resources.find(number)
    }
}

impl Context<'_> {
    /// The name under which the machine's identifiers are encoded.
    pub fn node_identity(&self) -> NodeIdentity {
        NodeIdentity {
            node: self.machine.node_name,
            creation: 0,
        }
    }

    /// Decodes the term that `bytes` start with on the heap of the process, and tells how many bytes it took.
    ///
    /// # Errors
    ///
    /// What [`decode`] finds wrong.
    pub fn decode(
        &mut self,
        bytes: &[u8],
        options: DecodeOptions,
    ) -> Result<(Term, usize), DecodeError> {
        let identity = self.node_identity();
        let Context { machine, process } = self;
        let mut resolver = TermResolver {
            code: CodeResolver(&mut machine.code),
            resources: &machine.resources,
        };
        let decoded = decode(
            &mut process.heap,
            &mut machine.atoms,
            bytes,
            identity,
            options,
            &mut resolver,
        )?;
        Ok((decoded.term, decoded.used))
    }
}

/// What the options that may follow as second argument say.
fn encode_options(context: &Context<'_>, arguments: &[Term]) -> Result<EncodeOptions, Control> {
    let mut options = EncodeOptions::default();
    let Some(list) = arguments.get(1) else {
        return Ok(options);
    };
    let name = |term: Term| context.machine.atoms.name(term);
    let mut list = list.list();
    for option in list.by_ref() {
        if let Some(&[key, value]) = option.as_tuple_of() {
            let value = value.as_usize().and_then(|value| u8::try_from(value).ok());
            match (name(key), value) {
                (Some("compressed"), Some(level @ 0..=9)) => options.compression = level,
                (Some("minor_version"), Some(version @ 0..=2)) => options.minor_version = version,
                _ => return Err(badarg()),
            }
            continue;
        }
        match name(option) {
            Some("compressed") => options.compression = DEFAULT_COMPRESSION,
            Some("deterministic") => options.deterministic = true,
            _ => return Err(badarg()),
        }
    }
    if list.ended_proper() {
        Ok(options)
    } else {
        Err(badarg())
    }
}

fn encoded(context: &mut Context<'_>, arguments: &[Term]) -> Result<Vec<u8>, Control> {
    let options = encode_options(context, arguments)?;
    let identity = context.node_identity();
    let bytes = encode(arguments[0], &context.machine.atoms, identity, options);
    let bytes = bytes.map_err(|_| system_limit())?;
    context.charge(bytes.len() / BYTES_PER_REDUCTION);
    Ok(bytes)
}

fn term_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = encoded(context, arguments)?;
    Ok(context.heap().binary(&bytes))
}

/// The encoded term as a list of binaries: of one.
fn term_to_iovec(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let binary = term_to_binary(context, arguments)?;
    Ok(context.heap().cons(binary, Term::NIL))
}

/// The size of the encoded term in bytes, not compressed.
fn external_size(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = encoded(context, arguments)?.len();
    Ok(context.heap().unsigned(size as u64))
}

/// `binary_to_term(Binary)` and `binary_to_term(Binary, [safe | used])`.
fn binary_to_term(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (mut options, mut wants_used) = (DecodeOptions::default(), false);
    if let Some(list) = arguments.get(1) {
        let badopt = context.intern("badopt")?;
        let mut list = list.list();
        for option in list.by_ref() {
            match context.machine.atoms.name(option) {
                Some("safe") => options.safe = true,
                Some("used") => wants_used = true,
                _ => return Err(badarg_cause(badopt)),
            }
        }
        if !list.ended_proper() {
            return Err(badarg_cause(badopt));
        }
    }
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    context.charge(bytes.len() / BYTES_PER_REDUCTION);
    let (term, used) = context
        .decode(&bytes, options)
        .map_err(|error| match error {
            DecodeError::AtomTable(error) => context.atoms_ran_out(error),
            _ => badarg(),
        })?;
    if !wants_used {
        return Ok(term);
    }
    let heap = context.heap();
    let used = heap.unsigned(used as u64);
    Ok(heap.tuple(&[term, used]))
}
