//! Loading code, and asking about functions.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;

use brood_term::boxed::{FunEntry, make_export, make_fun, make_reference};
use brood_term::{Heap, Mfa, Term, integer, known};

use super::{BifResult, Entry, entry};
use crate::code::module::Module;
use crate::context::Context;
use crate::exception::{Control, badarg};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "apply", 2, apply_2),
    entry("erlang", "apply", 3, apply_3),
    entry("erlang", "make_fun", 3, make_fun_3),
    entry("erlang", "fun_info", 2, fun_info_2),
    entry("erlang", "fun_info_mfa", 1, fun_info_mfa_1),
    entry("erlang", "is_builtin", 3, is_builtin_3),
    entry("erlang", "function_exported", 3, function_exported_3),
    entry("erlang", "module_loaded", 1, module_loaded_1),
    entry("erlang", "pre_loaded", 0, pre_loaded_0),
    entry("erlang", "loaded", 0, loaded_0),
    entry("erlang", "get_module_info", 1, get_module_info_1),
    entry("erlang", "get_module_info", 2, get_module_info_2),
    entry("erlang", "check_old_code", 1, check_old_code_1),
    entry("erlang", "delete_module", 1, delete_module_1),
    entry("erts_internal", "prepare_loading", 2, prepare_loading_2),
    entry(
        "erlang",
        "has_prepared_code_on_load",
        1,
        has_prepared_code_on_load_1,
    ),
    entry("erlang", "finish_loading", 1, finish_loading_1),
    entry(
        "erlang",
        "call_on_load_function",
        1,
        call_on_load_function_1,
    ),
    entry("erlang", "finish_after_on_load", 2, finish_after_on_load_2),
    entry("erts_internal", "purge_module", 2, purge_module_2),
    entry(
        "erts_internal",
        "release_literal_area_switch",
        0,
        release_literal_area_switch_0,
    ),
    entry("erts_internal", "beamfile_chunk", 2, beamfile_chunk_2),
    entry(
        "erts_internal",
        "beamfile_module_md5",
        1,
        beamfile_module_md5_1,
    ),
];

fn atom(context: &mut Context<'_>, text: &str) -> Result<Term, Control> {
    context
        .machine
        .atoms
        .intern(text)
        .map_err(|_| crate::exception::system_limit())
}

fn apply_2(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Err(Control::Apply {
        fun: arguments[0],
        arguments: arguments[1],
    })
}

fn apply_3(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (module, function, arguments) = (arguments[0], arguments[1], arguments[2]);
    let arity = arguments.list_length().ok_or_else(badarg)?;
    if !module.is_atom() || !function.is_atom() {
        return Err(badarg());
    }
    Err(Control::Call {
        mfa: Mfa {
            module,
            function,
            arity: arity as u32,
        },
        arguments,
    })
}

/// The function that three arguments name.
fn mfa(module: Term, function: Term, arity: Term) -> Result<Mfa, Control> {
    let arity = arity
        .as_usize()
        .filter(|arity| *arity <= usize::from(brood_beam::MAX_ARITY));
    match arity {
        Some(arity) if module.is_atom() && function.is_atom() => Ok(Mfa {
            module,
            function,
            arity: arity as u32,
        }),
        _ => Err(badarg()),
    }
}

fn make_fun_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let export = context
        .machine
        .code
        .export(mfa(arguments[0], arguments[1], arguments[2])?);
    Ok(make_export(context.heap(), &export.mfa))
}

fn fun_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (fun, item) = (arguments[0], arguments[1]);
    let name = context.machine.atoms.name(item).ok_or_else(badarg)?;
    let value = if let Some(entry) = fun.as_fun() {
        match name {
            "type" => known::LOCAL,
            "module" => entry.module,
            "name" => entry.function,
            "arity" => Term::small(i64::from(entry.arity)),
            "env" => context.heap().list(fun.fun_environment()),
            "pid" => fun.boxed_words()[1],
            "index" => Term::small(i64::from(entry.index)),
            "new_index" => Term::small(i64::from(entry.index)),
            "uniq" => context.heap().integer(i64::from(entry.old_uniq)),
            "new_uniq" => context.heap().binary(&entry.uniq),
            _ => return Err(badarg()),
        }
    } else if let Some(&mfa) = fun.as_export() {
        match name {
            "type" => known::EXTERNAL,
            "module" => mfa.module,
            "name" => mfa.function,
            "arity" => Term::small(i64::from(mfa.arity)),
            "env" => Term::NIL,
            "pid" | "index" | "new_index" | "uniq" | "new_uniq" => known::UNDEFINED,
            _ => return Err(badarg()),
        }
    } else {
        return Err(badarg());
    };
    Ok(context.heap().tuple(&[item, value]))
}

fn fun_info_mfa_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let fun = arguments[0];
    let (module, name, arity) = match (fun.as_fun(), fun.as_export()) {
        (Some(entry), _) => (entry.module, entry.function, entry.arity),
        (_, Some(mfa)) => (mfa.module, mfa.function, mfa.arity),
        _ => return Err(badarg()),
    };
    Ok(context
        .heap()
        .tuple(&[module, name, Term::small(i64::from(arity))]))
}

fn is_builtin_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mfa = mfa(arguments[0], arguments[1], arguments[2])?;
    Ok(Term::boolean(context.machine.code.bif(&mfa).is_some()))
}

fn function_exported_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mfa = mfa(arguments[0], arguments[1], arguments[2])?;
    let code = &context.machine.code;
    Ok(Term::boolean(
        code.is_exported(&mfa) || code.bif(&mfa).is_some(),
    ))
}

fn module_loaded_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_atom() {
        return Err(badarg());
    }
    Ok(Term::boolean(
        context.machine.code.module(arguments[0]).is_some(),
    ))
}

fn pre_loaded_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.process.heap.list(context.machine.code.preloaded()))
}

fn loaded_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let names: Vec<Term> = context.machine.code.loaded().collect();
    Ok(context.heap().list(&names))
}

fn loaded_module(context: &Context<'_>, name: Term) -> Result<&'static Module, Control> {
    context.machine.code.module(name).ok_or_else(badarg)
}

/// The items of `get_module_info/1`, in OTP's order.
const INFO_ITEMS: [&str; 5] = ["module", "exports", "attributes", "compile", "md5"];

fn get_module_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let module = loaded_module(context, arguments[0])?;
    let mut items = Vec::new();
    for name in INFO_ITEMS {
        let item = atom(context, name)?;
        let value = module_info(context, module, name)?;
        items.push(context.heap().tuple(&[item, value]));
    }
    Ok(context.heap().list(&items))
}

fn get_module_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let module = loaded_module(context, arguments[0])?;
    let item = context
        .machine
        .atoms
        .name(arguments[1])
        .ok_or_else(badarg)?;
    module_info(context, module, item)
}

fn module_info(context: &mut Context<'_>, module: &'static Module, item: &str) -> BifResult {
    let heap = context.heap();
    let mut named = |name: Term, arity: u8| heap.tuple(&[name, Term::small(i64::from(arity))]);
    Ok(match item {
        "module" => module.name,
        "exports" => {
            let exports: Vec<Term> = module
                .exports()
                .map(|(name, arity)| named(name, arity))
                .collect();
            heap.list(&exports)
        }
        "functions" => {
            let functions = module.functions.iter();
            let functions: Vec<Term> = functions
                .map(|function| named(function.name, function.arity))
                .collect();
            heap.list(&functions)
        }
        "nifs" => Term::NIL,
        "attributes" => module.attributes,
        "compile" => module.compile_info,
        "md5" => heap.binary(&module.md5),
        "native" => known::FALSE,
        _ => return Err(badarg()),
    })
}

fn check_old_code_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_atom() {
        return Err(badarg());
    }
    Ok(Term::boolean(
        context.machine.code.old_module(arguments[0]).is_some(),
    ))
}

fn delete_module_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = arguments[0];
    let code = &mut context.machine.code;
    if !name.is_atom() || (code.module(name).is_some() && code.old_module(name).is_some()) {
        return Err(badarg());
    }
    Ok(if code.retire(name) {
        known::TRUE
    } else {
        known::UNDEFINED
    })
}

/// Gives a reference that stands for the prepared module, or `{error, badfile}`.
fn prepare_loading_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (name, file) = (arguments[0], arguments[1]);
    if !name.is_atom() {
        return Err(badarg());
    }
    let bytes = file.as_binary().ok_or_else(badarg)?;
    match context.machine.prepare_module(&bytes) {
        Ok(module) if module.name == name => {
            let number = context.machine.new_reference();
            context.machine.code.keep_prepared(number, module);
            Ok(make_reference(context.heap(), number, 0))
        }
        outcome => {
            let text = match outcome {
                Ok(module) => alloc::format!(
                    "Loading of {}: the file has the module {}\n",
                    context.machine.atoms.text(name),
                    context.machine.atoms.text(module.name)
                ),
                Err(error) => {
                    alloc::format!("Loading of {}: {error}\n", context.machine.atoms.text(name))
                }
            };
            let stream = crate::platform::ConsoleStream::Error;
            context
                .machine
                .platform
                .console_write(stream, text.as_bytes());
            let badfile = atom(context, "badfile")?;
            Ok(context.heap().tuple(&[known::ERROR, badfile]))
        }
    }
}

/// The module that a reference stands for, and the reference's number.
fn prepared(context: &Context<'_>, reference: Term) -> Result<(u64, &'static Module), Control> {
    let (number, _) = reference.as_reference().ok_or_else(badarg)?;
    Ok((
        number,
        context.machine.code.prepared(number).ok_or_else(badarg)?,
    ))
}

fn has_prepared_code_on_load_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (_, module) = prepared(context, arguments[0])?;
    Ok(Term::boolean(context.machine.code.has_on_load(module)))
}

/// Installs prepared modules, all or none: `ok`, `{not_purged, Modules}`, or `{on_load, Modules}`, which is an error
/// when there are several and else tells to run the function.
fn finish_loading_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut list = arguments[0].list();
    let mut modules = Vec::new();
    for reference in list.by_ref() {
        modules.push(prepared(context, reference)?);
    }
    if !list.ended_proper() {
        return Err(badarg());
    }
    let code = &context.machine.code;
    let named = |wanted: &dyn Fn(&'static Module) -> bool| -> Vec<Term> {
        modules
            .iter()
            .filter(|(_, module)| wanted(module))
            .map(|(_, m)| m.name)
            .collect()
    };
    let unpurged = named(&|module| code.old_module(module.name).is_some());
    let on_load = named(&|module| code.has_on_load(module));
    let fails = !unpurged.is_empty() || (modules.len() > 1 && !on_load.is_empty());
    if !fails {
        for &(number, module) in &modules {
            context.machine.code.install(module);
            context.machine.code.forget_prepared(number);
        }
    }
    let (tag, names) = match (unpurged.is_empty(), on_load.is_empty()) {
        (false, _) => (atom(context, "not_purged")?, unpurged),
        (true, false) => (known::ON_LOAD, on_load),
        (true, true) => return Ok(known::OK),
    };
    let names = context.heap().list(&names);
    Ok(context.heap().tuple(&[tag, names]))
}

fn call_on_load_function_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let code = &context.machine.code;
    let module = code.on_load_module(arguments[0]).ok_or_else(badarg)?;
    let function = code.on_load_entry(module).ok_or_else(badarg)?;
    // The function need not be exported: it is called as a fun. There is one entry for each module that has one.
    let entry = Box::leak(Box::new(FunEntry {
        module: module.name,
        function: known::ON_LOAD,
        arity: 0,
        free_count: 0,
        index: u32::MAX,
        old_uniq: 0,
        uniq: module.md5,
        address: Cell::new(function.address()),
    }));
    let pid = context.process.pid;
    let fun = make_fun(context.heap(), entry, pid, &[]);
    Err(Control::Apply {
        fun,
        arguments: Term::NIL,
    })
}

fn finish_after_on_load_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let keep = arguments[1].as_boolean().ok_or_else(badarg)?;
    if context.machine.code.finish_on_load(arguments[0], keep) {
        Ok(known::TRUE)
    } else {
        Err(badarg())
    }
}

/// What `erts_code_purger` asks for, step by step. Old code stays in memory, since funs and stack traces may refer
/// to it; what the last step ends is that it counts as code of the module.
fn purge_module_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (name, step) = (arguments[0], arguments[1]);
    if !name.is_atom() {
        return Err(badarg());
    }
    let code = &mut context.machine.code;
    Ok(Term::boolean(match context.machine.atoms.name(step) {
        Some("prepare") => code.old_module(name).is_some(),
        Some("prepare_on_load") => code.on_load_module(name).is_some(),
        Some("abort") => true,
        Some("complete") => code.purge(name),
        _ => return Err(badarg()),
    }))
}

/// There is never a literal area to be released: literals stay.
fn release_literal_area_switch_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::FALSE)
}

fn beamfile_chunk_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let file = arguments[0].as_binary().ok_or_else(badarg)?;
    let mut id = Vec::new();
    for character in arguments[1].list() {
        let character = integer::to_u64(character).and_then(|value| u8::try_from(value).ok());
        id.push(character.ok_or_else(badarg)?);
    }
    match find_chunk(&file, &id) {
        Some(chunk) => Ok(context.heap().binary(chunk)),
        None => Ok(known::UNDEFINED),
    }
}

/// The contents of a chunk of an uncompressed file.
fn find_chunk<'a>(file: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let (form, mut rest) = file.split_at_checked(12)?;
    if !form.starts_with(b"FOR1") || !form.ends_with(b"BEAM") {
        return None;
    }
    loop {
        let (head, tail) = rest.split_at_checked(8)?;
        let (id, size) = head.split_at_checked(4)?;
        let size = u32::from_be_bytes(size.try_into().ok()?) as usize;
        let contents = tail.get(..size)?;
        if id == wanted {
            return Some(contents);
        }
        rest = tail.get(size.next_multiple_of(4)..)?;
    }
}

fn beamfile_module_md5_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let file = arguments[0].as_binary().ok_or_else(badarg)?;
    match brood_beam::Module::parse(&file) {
        Ok(module) => Ok(context.heap().binary(&module.md5)),
        Err(_) => Ok(known::UNDEFINED),
    }
}
