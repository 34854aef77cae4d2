//! Loading code, and asking about functions.

use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::vec::Vec;

use brood_term::boxed::{make_export, make_fun};
use brood_term::{Heap, Mfa, Term, integer, known};

use super::absent::otp_bifs;
use super::{BifResult, Entry, entry};
use crate::code::module::Module;
use crate::code::purge::{Prepared, Purged};
use crate::context::Context;
use crate::exception::{Control, Exception, badarg, system_limit};
use crate::freeze::CodeLoading;
use crate::report;

/// Bytes of a file that are prepared for one reduction, about.
const BYTES_PER_REDUCTION: usize = 64;

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
        "erts_literal_area_collector",
        "release_area_switch",
        0,
        release_area_switch_0,
    ),
    entry(
        "erts_literal_area_collector",
        "send_copy_request",
        3,
        send_copy_request_3,
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

/// The function that three arguments name; `None` if none can have such an arity.
fn mfa(module: Term, function: Term, arity: Term) -> Result<Option<Mfa>, Control> {
    let arity = arity.as_small().ok_or_else(badarg)?;
    if !module.is_atom() || !function.is_atom() {
        return Err(badarg());
    }
    Ok(u8::try_from(arity).ok().map(|arity| Mfa {
        module,
        function,
        arity: u32::from(arity),
    }))
}

fn make_fun_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mfa = mfa(arguments[0], arguments[1], arguments[2])?.ok_or_else(badarg)?;
    let export = context.machine.code.export(mfa);
    Ok(make_export(context.heap(), &export.mfa))
}

fn fun_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (fun, item) = (arguments[0], arguments[1]);
    let name = context.machine.atoms.name(item).ok_or_else(badarg)?;
    let value = if let Some(entry) = fun.as_fun() {
        match name {
            "type" => known::LOCAL,
            "module" => entry.module,
            // OTP knows it from the code.
            "name" if entry.address.get().is_null() => Term::NIL,
            "name" => entry.function,
            "arity" => Term::small(i64::from(entry.arity)),
            "env" => context.heap().list(fun.fun_environment()),
            "pid" => fun.boxed_words()[1],
            "index" => Term::small(i64::from(entry.index)),
            "new_index" => Term::small(i64::from(entry.index)),
            "uniq" => context.heap().integer(i64::from(entry.old_uniq)),
            "new_uniq" => context.heap().binary(&entry.uniq),
            // The module's own counts, too.
            "refc" => Term::small(1 + context.count_closures(arguments, entry) as i64),
            _ => return Err(badarg()),
        }
    } else if let Some(&mfa) = fun.as_export() {
        match name {
            "type" => known::EXTERNAL,
            "module" => mfa.module,
            "name" => mfa.function,
            "arity" => Term::small(i64::from(mfa.arity)),
            "env" => Term::NIL,
            "pid" | "index" | "new_index" | "uniq" | "new_uniq" | "refc" => known::UNDEFINED,
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

/// Whether a function is one of OTP's BIFs. What takes the place of a module's own function is none, as OTP's NIFs are none.
fn is_builtin_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(mfa) = mfa(arguments[0], arguments[1], arguments[2])? else {
        return Ok(known::FALSE);
    };
    let atoms = &context.machine.atoms;
    let name = (atoms.text(mfa.module), atoms.text(mfa.function), mfa.arity);
    let is_instruction = matches!(name, ("erlang", "apply", 2 | 3) | ("erlang", "yield", 0));
    let is_here = context.machine.code.bif(&mfa).is_some();
    Ok(Term::boolean(
        is_instruction || is_here && otp_bifs().any(|bif| bif == name),
    ))
}

fn function_exported_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(mfa) = mfa(arguments[0], arguments[1], arguments[2])? else {
        return Ok(known::FALSE);
    };
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

fn loaded_module(context: &Context<'_>, name: Term) -> Result<Rc<Module>, Control> {
    let module = context.machine.code.module(name);
    module.cloned().ok_or_else(badarg)
}

/// The items of `get_module_info/1`, in OTP's order.
const INFO_ITEMS: [&str; 5] = ["module", "exports", "attributes", "compile", "md5"];

fn get_module_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let module = loaded_module(context, arguments[0])?;
    let mut items = Vec::new();
    for name in INFO_ITEMS {
        let item = atom(context, name)?;
        let value = module_info(context, &module, name)?;
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
    module_info(context, &module, item)
}

fn module_info(context: &mut Context<'_>, module: &Module, item: &str) -> BifResult {
    let nifs = if item == "nifs" {
        nifs(context, module)
    } else {
        Vec::new()
    };
    let heap = context.heap();
    let mut named = |name: Term, arity: u8| heap.tuple(&[name, Term::small(i64::from(arity))]);
    Ok(match item {
        "module" => module.name,
        // In the order of the source, as programs have come to expect: files list the last one first.
        "exports" => {
            let exports: Vec<Term> = module
                .exports()
                .rev()
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
        "nifs" => heap.list(&nifs),
        "attributes" => module.attributes,
        "compile" => module.compile_info,
        "md5" => heap.binary(&module.md5),
        "native" => known::FALSE,
        "native_addresses" => Term::NIL,
        _ => return Err(badarg()),
    })
}

/// The functions of a module that the machine has code for and OTP loads native code for.
fn nifs(context: &mut Context<'_>, module: &Module) -> Vec<Term> {
    let Context { machine, process } = context;
    let own = module.functions.iter().filter(|function| {
        let mfa = function.mfa(module.name);
        let text = |atom| machine.atoms.text(atom);
        let name = (text(mfa.module), text(mfa.function), mfa.arity);
        machine.code.bif(&mfa).is_some() && !otp_bifs().any(|bif| bif == name)
    });
    own.map(|function| {
        let arity = Term::small(i64::from(function.arity));
        process.heap.tuple(&[function.name, arity])
    })
    .collect()
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
    if !name.is_atom() {
        return Err(badarg());
    }
    let code = &mut context.machine.code;
    if code.old_module(name).is_some() {
        let format = "Module ~p must be purged before deleting~n";
        report::error(context, format, &[name]);
        return Err(badarg());
    }
    if !code.knows_module(name) {
        return Ok(known::UNDEFINED);
    }
    code.retire(name);
    Ok(known::TRUE)
}

/// Gives a reference that stands for the prepared module, or `{error, badfile}`; `{error, nobeam}` in an instance that was
/// built to load no code.
fn prepare_loading_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (name, file) = (arguments[0], arguments[1]);
    if !name.is_atom() {
        return Err(badarg());
    }
    let bytes = file.as_binary().ok_or_else(badarg)?;
    if context.machine.code_loading == CodeLoading::Refused {
        let nobeam = atom(context, "nobeam")?;
        return Ok(context.heap().tuple(&[known::ERROR, nobeam]));
    }
    context.charge(bytes.len() / BYTES_PER_REDUCTION);
    let problem = match context.machine.prepare_module(&bytes) {
        Ok(module) => {
            let (bytes, other) = (module.words() * size_of::<Term>(), module.name);
            let prepared = context.machine.code.prepared(module);
            if other == name {
                return Ok(context.make_resource(prepared, bytes));
            }
            let atoms = &context.machine.atoms;
            alloc::format!("the file has the module {}", atoms.text(other))
        }
        Err(error) => error.to_string(),
    };
    let format = alloc::format!(
        "Error loading module ~p:~n  {}~n",
        problem.replace('~', "~~")
    );
    report::error(context, &format, &[name]);
    let badfile = atom(context, "badfile")?;
    Ok(context.heap().tuple(&[known::ERROR, badfile]))
}

/// The module that a reference stands for and that has not been loaded.
fn prepared(reference: &Term) -> Result<&Prepared, Control> {
    let prepared = reference.as_resource::<Prepared>();
    let prepared = prepared.filter(|prepared| prepared.is_there());
    prepared.ok_or_else(badarg)
}

fn has_prepared_code_on_load_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(prepared(&arguments[0])?.has_on_load))
}

/// Installs prepared modules, all or none: `ok`, `{duplicated | not_purged, Modules}`, or `{on_load, [Module]}`, which
/// tells to run the function.
fn finish_loading_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut list = arguments[0].list();
    let references: Vec<Term> = list.by_ref().collect();
    if !list.ended_proper() {
        return Err(badarg());
    }
    let modules = references.iter().map(prepared);
    let modules = modules.collect::<Result<Vec<&Prepared>, Control>>()?;
    let on_load = modules.iter().any(|module| module.has_on_load);
    if modules.len() > 1 && on_load {
        return Err(system_limit());
    }
    let names: Vec<Term> = modules.iter().map(|module| module.name).collect();
    let again = names.iter().enumerate();
    let again = again.filter(|(index, name)| names[..*index].contains(name));
    let duplicated: Vec<Term> = again.map(|(_, name)| *name).collect();
    if !duplicated.is_empty() {
        return tagged_list(context, "duplicated", &duplicated);
    }
    let code = &context.machine.code;
    let both = |name: &&Term| code.module(**name).is_some() && code.old_module(**name).is_some();
    let not_purged: Vec<Term> = names.iter().filter(both).copied().collect();
    if !not_purged.is_empty() {
        return tagged_list(context, "not_purged", &not_purged);
    }
    for module in modules.iter().filter_map(|module| module.take()) {
        context.machine.code.install(module);
    }
    if on_load {
        return tagged_list(context, "on_load", &names);
    }
    Ok(known::OK)
}

/// `{Tag, Terms}`.
fn tagged_list(context: &mut Context<'_>, tag: &str, terms: &[Term]) -> BifResult {
    let tag = atom(context, tag)?;
    let list = context.heap().list(terms);
    Ok(context.heap().tuple(&[tag, list]))
}

fn call_on_load_function_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let module = context.machine.code.on_load_module(arguments[0]);
    let entry = module.and_then(|module| module.on_load_entry());
    let (entry, pid) = (entry.ok_or_else(badarg)?, context.process.pid);
    let fun = make_fun(context.heap(), entry, pid, &[]);
    Err(Control::Apply {
        fun,
        arguments: Term::NIL,
    })
}

/// Code whose function failed stays until it is purged.
fn finish_after_on_load_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let keep = arguments[1].as_boolean().ok_or_else(badarg)?;
    let code = &mut context.machine.code;
    if code.on_load_module(arguments[0]).is_none() {
        return Err(badarg());
    }
    if keep {
        code.finish_on_load(arguments[0]);
    }
    Ok(known::TRUE)
}

/// That the caller is one of OTP's system processes, which start in a module of their own.
fn only_for(context: &mut Context<'_>, module: &'static str) -> Result<(), Control> {
    let module = context.machine.atom(module);
    if context.process.initial_call.module == module {
        return Ok(());
    }
    let notsup = context.machine.atom("notsup");
    Err(Exception::error(notsup).into())
}

/// What `erts_code_purger` asks for, step by step.
fn purge_module_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (name, step) = (arguments[0], arguments[1]);
    only_for(context, "erts_code_purger")?;
    let step = context.machine.atoms.name(step).ok_or_else(badarg)?;
    if !name.is_atom() {
        return Err(badarg());
    }
    let code = &mut context.machine.code;
    let purged = match step {
        "prepare" | "prepare_on_load" => {
            let there = code.prepare_purge(name, step == "prepare_on_load");
            return there.map(Term::boolean).ok_or_else(badarg);
        }
        "abort" => code.abort_purge(name),
        "complete" => code.complete_purge(name),
        _ => return Err(badarg()),
    };
    let Purged { module, suspended } = purged.ok_or_else(badarg)?;
    for pid in suspended {
        if let Some(process) = context.machine.processes.get_mut(pid) {
            process.suspend_count = process.suspend_count.saturating_sub(1);
            context.machine.processes.requeue(pid);
        }
    }
    let purged = module.is_some();
    if let Some(module) = module {
        context.machine.releases.add_module(module);
    }
    Ok(Term::boolean(purged))
}

/// Whether there is another literal area to be released: never, since the machine does that by itself
/// ([`crate::release`]).
fn release_area_switch_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    only_for(context, "erts_literal_area_collector")?;
    Ok(known::FALSE)
}

/// Lets a process keep copies of literals that are to go. There is nothing to do, which is what the answer says.
fn send_copy_request_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    only_for(context, "erts_literal_area_collector")?;
    let (pid, area, phase) = (arguments[0], arguments[1], arguments[2]);
    let phases = ["init", "check_gc", "need_gc"];
    if !pid.is_local_pid() || !phases.contains(&context.machine.atoms.text(phase)) {
        return Err(badarg());
    }
    let copy_literals = context.machine.atom("copy_literals");
    let (heap, collector) = (&mut context.process.heap, context.process.pid);
    let request = heap.tuple(&[area, phase, pid]);
    let answer = heap.tuple(&[copy_literals, request, known::OK]);
    context.send(collector, answer);
    Ok(known::OK)
}

/// How long the name of a chunk is.
const CHUNK_ID_BYTES: usize = 4;

fn beamfile_chunk_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let file = arguments[0].as_binary().ok_or_else(badarg)?;
    let mut id = Vec::new();
    for character in arguments[1].list() {
        let character = integer::to_u64(character).and_then(|value| u8::try_from(value).ok());
        id.push(character.ok_or_else(badarg)?);
    }
    if id.len() != CHUNK_ID_BYTES {
        return Err(badarg());
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
