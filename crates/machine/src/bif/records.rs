//! The module `records`: native records whose definition isn't known when code is compiled.

use alloc::vec::Vec;
use core::cmp::Ordering;

use brood_term::record::{self, Definition, Record};
use brood_term::{Atoms, Heap, Term, compare, known, map};

use super::{BifResult, Entry, entry};
use crate::code::record::NO_DEFAULT;
use crate::context::Context;
use crate::exception::{Control, Exception, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("records", "create", 4, create),
    entry("records", "update", 4, update),
    entry("records", "get", 2, get),
    entry("records", "get_module", 1, get_module),
    entry("records", "get_name", 1, get_name),
    entry("records", "get_field_names", 1, get_field_names),
    entry("records", "is_exported", 1, is_exported),
    entry("records", "get_definition", 2, get_definition),
];

fn failure(context: &mut Context<'_>, tag: Term, value: Term) -> Control {
    Exception::error_tuple(context.heap(), tag, value).into()
}

/// `{badfield, {{Module, Name}, Key}}`
fn bad_field(context: &mut Context<'_>, module: Term, name: Term, key: Term) -> Control {
    let heap = context.heap();
    let id = heap.tuple(&[module, name]);
    let value = heap.tuple(&[id, key]);
    failure(context, known::BADFIELD, value)
}

/// `create(Module, Name, [{Field, Value}], #{is_exported => Boolean})`
fn create(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let &[module, name, fields, options] = arguments else {
        return Err(badarg());
    };
    if !module.is_atom() || !name.is_atom() {
        return Err(failure(context, known::BADRECORD, name));
    }
    if !options.is_map() {
        return Err(failure(context, known::BADMAP, options));
    }
    let is_exported = map::get(options, known::IS_EXPORTED)
        .filter(|_| map::size(options) == Some(1))
        .and_then(Term::as_boolean)
        .ok_or_else(badarg)?;
    let count = fields.list_length().ok_or_else(badarg)?;
    let (mut keys, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for field in fields.list() {
        let &[key, value] = field.as_tuple_of().ok_or_else(badarg)?;
        if !key.is_atom() {
            return Err(bad_field(context, module, name, key));
        }
        keys.push(key);
        values.push(value);
    }
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    let definition = record::define(heap, &machine.atoms, module, name, is_exported, &keys)
        .ok_or_else(badarg)?;
    let definition = machine
        .code
        .canonical_definition(definition)
        .unwrap_or(definition);
    Ok(record::make_in_order(heap, definition, &values))
}

/// `update(Record, Module, Name, #{Field => Value})`; the name `_` is that of any record.
fn update(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let &[old, module, name, changes] = arguments else {
        return Err(badarg());
    };
    let Some(record) = Record::of(&old) else {
        return Err(failure(context, known::BADRECORD, old));
    };
    let definition = record.definition();
    if name != known::UNDERSCORE && (definition.module(), definition.name()) != (module, name) {
        return Err(failure(context, known::BADRECORD, name));
    }
    if !changes.is_map() {
        return Err(failure(context, known::BADMAP, changes));
    }
    let mut values = record.values().to_vec();
    let mut unknown = None;
    for (key, value) in map::entries(changes) {
        match definition.keys().iter().position(|&other| other == key) {
            Some(place) => values[place] = value,
            None => {
                let atoms = &context.machine.atoms;
                unknown = unknown
                    .into_iter()
                    .chain([key])
                    .min_by(|&a, &b| key_order(a, b, atoms));
            }
        }
    }
    if let Some(key) = unknown {
        let (module, name) = (definition.module(), definition.name());
        return Err(bad_field(context, module, name, key));
    }
    Ok(record::make(context.heap(), old.boxed_words()[0], &values))
}

/// The order of keys: that of terms, but atoms are in the order of their indices.
fn key_order(a: Term, b: Term, atoms: &Atoms) -> Ordering {
    match (a.as_atom(), b.as_atom()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => compare::compare_exact(a, b, atoms),
    }
}

fn get(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let record = Record::of(&arguments[1]).ok_or_else(badarg)?;
    record.get(arguments[0]).ok_or_else(badarg)
}

fn get_module(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let record = Record::of(&arguments[0]).ok_or_else(badarg)?;
    Ok(record.definition().module())
}

fn get_name(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let record = Record::of(&arguments[0]).ok_or_else(badarg)?;
    Ok(record.definition().name())
}

fn get_field_names(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(record) = Record::of(&arguments[0]) else {
        return Err(failure(context, known::BADRECORD, arguments[0]));
    };
    let names: Vec<Term> = record.fields().map(|(key, _)| key).collect();
    Ok(context.heap().list(&names))
}

fn is_exported(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match Record::of(&arguments[0]) {
        Some(record) => Ok(Term::boolean(record.definition().is_exported())),
        None => Err(failure(context, known::BADRECORD, arguments[0])),
    }
}

/// `{#{is_exported => Boolean}, [{Field, Default} | Field]}`
fn get_definition(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let found = context.machine.code.record(arguments[0], arguments[1]);
    let found = found.ok_or_else(badarg)?;
    let definition = Definition::of(&found.definition);
    let defaults = found.defaults.boxed_words();
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    let fields: Vec<Term> = definition
        .field_order()
        .map(|place| match (definition.keys()[place], defaults[place]) {
            (key, NO_DEFAULT) => key,
            (key, default) => heap.tuple(&[key, default]),
        })
        .collect();
    let fields = heap.list(&fields);
    let is_exported = Term::boolean(definition.is_exported());
    let pairs = [(known::IS_EXPORTED, is_exported)];
    let options = map::from_pairs(heap, &mut Vec::from(pairs), &machine.atoms);
    Ok(heap.tuple(&[options, fields]))
}
