//! `erlang:trace/3`, `trace_pattern/2,3`, `trace_info/2` and what belongs to them.

use brood_term::boxed::make_reference;
use brood_term::{Heap, Mfa, Term, known};

use super::ets::match_spec::Dialect;
use super::{BifResult, Entry, entry};
use crate::code::breakpoint::{Breakpoint, Kinds, Meta, Selection, Switch, Traced};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause};
use crate::report;
use crate::tracing::action::Subject;
use crate::tracing::flags::{FlagList, Flags};
use crate::tracing::pattern::{EventPattern, Pattern};
use crate::tracing::tracer;
use crate::tracing::{Settings, Tracing};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_internal", "trace", 3, trace_3),
    entry("erts_internal", "trace_pattern", 3, trace_pattern_3),
    entry("erlang", "trace_info", 2, trace_info_2),
    entry("erlang", "trace_delivered", 1, trace_delivered_1),
    entry("erl_tracer", "enabled", 3, enabled_3),
    entry("erl_tracer", "trace", 5, trace_5),
];

fn badopt(context: &mut Context<'_>) -> Control {
    badarg_cause(context.machine.atom("badopt"))
}

/// Whom `trace/3` is about, beyond one process.
struct Many {
    existing: bool,
    new: bool,
    processes: bool,
    ports: bool,
}

impl Many {
    fn parse(name: &str) -> Option<Many> {
        let (existing, new, kind) = match name {
            "all" => (true, true, "both"),
            "existing" => (true, false, "both"),
            "new" => (false, true, "both"),
            "processes" | "ports" => (true, true, name),
            _ => match name.split_once('_')? {
                ("existing", kind) => (true, false, kind),
                ("new", kind) => (false, true, kind),
                _ => return None,
            },
        };
        matches!(kind, "both" | "processes" | "ports").then_some(Many {
            existing,
            new,
            processes: kind != "ports",
            ports: kind != "processes",
        })
    }
}

fn trace_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [whom, how, list] = *arguments else {
        return Err(badarg());
    };
    let Some(list) = FlagList::parse(list, &context.machine.atoms) else {
        return Err(badopt(context));
    };
    let on = how.as_boolean().ok_or_else(badarg)?;
    let tracer = if on && list.tracer.is_none() {
        context.process.pid
    } else {
        list.tracer
    };
    if whom.is_local_pid() {
        if list.cpu_timestamp || !context.is_alive(whom) {
            return Err(badarg());
        }
        if !start_trace(context, whom, on, list.flags, tracer) {
            report::error(context, "** can only have one tracer per process~n", &[]);
            return Err(badarg());
        }
        return Ok(Term::small(1));
    }
    let name = context.machine.atoms.name(whom).ok_or_else(badarg)?;
    let many = Many::parse(name).ok_or_else(badarg)?;
    if list.cpu_timestamp {
        if name != "all" {
            return Err(badarg());
        }
        context.machine.tracing.cpu_timestamps = on;
    }
    let mut matches = 0;
    let of_processes = list.flags.common(Flags::OF_PROCESSES);
    let of_ports = list.flags.common(Flags::OF_PORTS);
    if many.existing && many.processes && !of_processes.is_empty() {
        let mut pids: alloc::vec::Vec<Term> = context
            .machine
            .processes
            .iter()
            .map(|process| process.pid)
            .collect();
        pids.push(context.process.pid);
        for pid in pids {
            matches += i64::from(start_trace(context, pid, on, list.flags, tracer));
        }
    }
    let tracing = &mut context.machine.tracing;
    if many.new && many.processes && !of_processes.is_empty() {
        tracing.new_processes.change(on, of_processes, tracer);
    }
    if many.new && many.ports && !of_ports.is_empty() {
        tracing.new_ports.change(on, of_ports, tracer);
    }
    Ok(Term::small(matches))
}

/// Changes how a process is traced, unless it has another tracer that lives.
fn start_trace(context: &mut Context<'_>, pid: Term, on: bool, flags: Flags, tracer: Term) -> bool {
    let mut emitter = context.emitter();
    let Some(process) = emitter.process_mut(pid) else {
        return false;
    };
    let Settings {
        flags: old_flags,
        tracer: old,
    } = process.trace.settings;
    let taken = !tracer.is_none() && !old.is_none() && !old_flags.is_empty() && old != tracer;
    if taken && emitter.is_alive(old) {
        return false;
    }
    if let Some(process) = emitter.process_mut(pid) {
        process.trace.settings.change(on, flags, tracer);
    }
    true
}

/// Of a list of flags of `trace_pattern/3`.
struct PatternFlags {
    kinds: Kinds,
    meta_tracer: Term,
}

impl PatternFlags {
    fn parse(list: Term, context: &Context<'_>) -> Option<PatternFlags> {
        let mut flags = PatternFlags {
            kinds: Kinds::default(),
            meta_tracer: Term::NONE,
        };
        let mut global = false;
        let atoms = &context.machine.atoms;
        let mut elements = list.list();
        for element in elements.by_ref() {
            let kinds = &mut flags.kinds;
            if element.is_tuple() {
                flags.meta_tracer = tracer::parse(element, known::META, atoms)?;
                kinds.meta = true;
                continue;
            }
            match atoms.name(element)? {
                "global" if !kinds.any() => global = true,
                _ if global => return None,
                "local" => kinds.local = true,
                "call_count" => kinds.call_count = true,
                "call_time" => kinds.call_time = true,
                "meta" => {
                    kinds.meta = true;
                    if flags.meta_tracer.is_none() {
                        flags.meta_tracer = context.process.pid;
                    }
                }
                _ => return None,
            }
        }
        elements.ended_proper().then_some(flags)
    }
}

/// What the second argument of `trace_pattern` says.
enum Specified {
    Off,
    On(Pattern),
    Restart,
    Pause,
}

fn trace_pattern_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [what, specification, list] = *arguments else {
        return Err(badarg());
    };
    let subject = match what {
        known::RECEIVE => Subject::Receive,
        known::SEND => Subject::Send,
        _ => Subject::Call,
    };
    let specified = match context.machine.atoms.name(specification) {
        Some("false") => Specified::Off,
        Some("true") => Specified::On(Pattern::default()),
        Some("restart") => Specified::Restart,
        Some("pause") => Specified::Pause,
        _ if specification == Term::NIL => Specified::On(Pattern::default()),
        _ => {
            let dialect = Dialect::Trace(subject);
            let pattern = Pattern::compile(specification, dialect, &context.machine.atoms);
            Specified::On(pattern.map_err(|_| badarg_cause(context.machine.atom("match_spec")))?)
        }
    };
    let Some(flags) = PatternFlags::parse(list, context) else {
        return Err(badopt(context));
    };
    let kinds = flags.kinds;
    let counts_only = kinds.any() && !kinds.local && !kinds.meta;
    if counts_only && matches!(&specified, Specified::On(pattern) if pattern.source().is_some()) {
        return Err(badarg_cause(context.machine.atom("call_count")));
    }
    let switch = |specified: Specified| match specified {
        Specified::Off => Switch::Off,
        Specified::Restart => Switch::Restart,
        Specified::Pause => Switch::Pause,
        Specified::On(pattern) => Switch::On {
            meta: Meta {
                tracer: flags.meta_tracer,
                pattern: pattern.clone(),
            },
            pattern,
        },
    };
    let matches = if what == known::ON_LOAD {
        trace_on_load(context, kinds, specified, flags.meta_tracer);
        0
    } else if let Some(&[module, function, arity]) = what.as_tuple_of::<3>() {
        let selection =
            selection(module, function, arity).ok_or_else(|| badarg_cause(known::NONE))?;
        let code = &mut context.machine.code;
        code.switch_breakpoints(&selection, kinds, &switch(specified))
    } else {
        let (on, pattern) = match specified {
            Specified::Off => (false, Pattern::default()),
            Specified::On(pattern) => (true, pattern),
            Specified::Restart | Specified::Pause => return Err(badarg_cause(known::NONE)),
        };
        // `global` says nothing of messages, but OTP does not accept it.
        if !list.is_nil() || subject == Subject::Call {
            return Err(badarg_cause(known::NONE));
        }
        let tracing = &mut context.machine.tracing;
        let pattern = EventPattern { on, pattern };
        if subject == Subject::Send {
            tracing.sent = pattern;
        } else {
            tracing.received = pattern;
        }
        1
    };
    Ok(Term::small(matches as i64))
}

/// Functions by name: `'_'` stands for any, and then for any that follows.
pub(super) fn selection(module: Term, function: Term, arity: Term) -> Option<Selection> {
    let named = |term: Term| (term != known::UNDERSCORE).then_some(term);
    let number = arity.as_usize().and_then(|arity| u32::try_from(arity).ok());
    let selection = Selection {
        module: named(module),
        function: named(function),
        arity: if arity == known::UNDERSCORE {
            None
        } else {
            Some(number?)
        },
    };
    let in_order = (selection.module.is_some() || selection.function.is_none())
        && (selection.function.is_some() || selection.arity.is_none());
    (module.is_atom() && function.is_atom() && in_order).then_some(selection)
}

/// `trace_pattern(on_load, …)`.
fn trace_on_load(context: &mut Context<'_>, kinds: Kinds, specified: Specified, tracer: Term) {
    let on_load = &mut context.machine.code.breakpoints.on_load;
    let is_global = !kinds.any();
    let (on, starts, pattern) = match specified {
        Specified::Off => (false, false, Pattern::default()),
        Specified::On(pattern) => (true, true, pattern),
        Specified::Restart | Specified::Pause => (true, false, Pattern::default()),
    };
    if kinds.local || is_global {
        on_load.pattern = pattern.clone();
    }
    if kinds.meta {
        on_load.meta_pattern = pattern;
        on_load.meta_tracer = (!tracer.is_none()).then_some(tracer);
    } else if is_global {
        on_load.meta_pattern = Pattern::default();
        on_load.meta_tracer = None;
    }
    let counters = Kinds {
        call_count: true,
        call_time: true,
        ..Kinds::default()
    };
    let added = if starts {
        kinds
    } else {
        kinds.without(counters)
    };
    let was_global = !on_load.kinds.any();
    match (was_global, is_global) {
        (false, false) if on => on_load.kinds = on_load.kinds.with(added),
        (false, false) => {
            on_load.kinds = on_load.kinds.without(kinds);
            on_load.on = on_load.kinds.any();
        }
        (true, true) => on_load.on = on,
        (false, true) if on => {
            on_load.kinds = Kinds::default();
            on_load.on = true;
        }
        (true, false) if on => {
            on_load.kinds = added;
            on_load.on = added.any();
        }
        _ => {}
    }
}

fn trace_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [what, item] = *arguments else {
        return Err(badarg());
    };
    let name = context.machine.atoms.name(item).ok_or_else(badarg)?;
    let value = match context.machine.atoms.name(what) {
        Some("on_load") => on_load_info(context, name)?,
        Some("send" | "receive") => event_info(context, what, name)?,
        Some("new" | "new_processes") => {
            let settings = live_settings(context, |tracing| &mut tracing.new_processes);
            settings_info(context, settings, name)?
        }
        Some("new_ports") => {
            let settings = live_settings(context, |tracing| &mut tracing.new_ports);
            settings_info(context, settings, name)?
        }
        _ if what.is_local_pid() => {
            if !matches!(name, "flags" | "tracer") {
                return Err(badarg());
            }
            if !context.is_alive(what) {
                return Ok(known::UNDEFINED);
            }
            let mut emitter = context.emitter();
            emitter.check_tracer(what);
            let settings = emitter
                .process_mut(what)
                .map_or_else(Settings::default, |process| process.trace.settings);
            settings_info(context, settings, name)?
        }
        _ if what.is_local_port() => return Ok(known::UNDEFINED),
        _ => {
            let Some(&[module, function, arity]) = what.as_tuple_of::<3>() else {
                return Err(badopt(context));
            };
            let arity = arity
                .as_usize()
                .filter(|_| module.is_atom() && function.is_atom());
            let mfa = Mfa {
                module,
                function,
                arity: arity
                    .and_then(|arity| u32::try_from(arity).ok())
                    .ok_or_else(badarg)?,
            };
            function_info(context, &mfa, name)?
        }
    };
    Ok(context.heap().tuple(&[item, value]))
}

/// How what nobody has made yet is traced; not at all when its tracer is gone.
fn live_settings(
    context: &mut Context<'_>,
    settings: fn(&mut Tracing) -> &mut Settings,
) -> Settings {
    let tracer = settings(&mut context.machine.tracing).tracer;
    if !tracer.is_none() && !context.emitter().is_alive(tracer) {
        *settings(&mut context.machine.tracing) = Settings::default();
    }
    *settings(&mut context.machine.tracing)
}

fn settings_info(context: &mut Context<'_>, settings: Settings, item: &str) -> BifResult {
    match item {
        "flags" => Ok(settings.flags.to_list(context.heap())),
        "tracer" => Ok(tracer::to_term(settings.tracer, Term::NIL)),
        _ => Err(badarg()),
    }
}

fn event_info(context: &mut Context<'_>, event: Term, item: &str) -> BifResult {
    if item != "match_spec" {
        return Err(badarg());
    }
    let tracing = &context.machine.tracing;
    let pattern = if event == known::SEND {
        tracing.sent.clone()
    } else {
        tracing.received.clone()
    };
    Ok(match pattern.pattern.source() {
        Some(source) if pattern.on => context.import(source),
        _ => Term::boolean(pattern.on),
    })
}

/// `{Item, Value}` for each, in OTP's order.
fn all<const N: usize>(
    context: &mut Context<'_>,
    items: [&'static str; N],
    mut value: impl FnMut(&mut Context<'_>, &str) -> BifResult,
) -> BifResult {
    let mut pairs = [Term::NIL; N];
    for (pair, item) in pairs.iter_mut().zip(items) {
        let value = value(context, item)?;
        let item = context.machine.atom(item);
        *pair = context.heap().tuple(&[item, value]);
    }
    Ok(context.heap().list(&pairs))
}

fn on_load_info(context: &mut Context<'_>, item: &str) -> BifResult {
    let on_load = &context.machine.code.breakpoints.on_load;
    if !on_load.on {
        return Ok(known::FALSE);
    }
    let kinds = on_load.kinds;
    let is_global = !kinds.any();
    let (pattern, meta_pattern) = (on_load.pattern.clone(), on_load.meta_pattern.clone());
    let meta_tracer = on_load.meta_tracer.unwrap_or(Term::NONE);
    let source = |context: &mut Context<'_>, pattern: &Pattern, on: bool| match pattern.source() {
        Some(source) if on => context.import(source),
        None if on => Term::NIL,
        _ => known::FALSE,
    };
    Ok(match item {
        "traced" if is_global => context.machine.atom("global"),
        "traced" if kinds.local => known::LOCAL,
        "traced" => known::FALSE,
        "match_spec" => source(context, &pattern, is_global || kinds.local),
        "meta" => tracer::to_term(meta_tracer, known::FALSE),
        "meta_match_spec" => source(context, &meta_pattern, kinds.meta),
        "call_count" => Term::boolean(kinds.call_count),
        "call_time" => Term::boolean(kinds.call_time),
        "all" => {
            let items = [
                "traced",
                "match_spec",
                "meta",
                "meta_match_spec",
                "call_count",
            ];
            return all(context, items, on_load_info);
        }
        _ => return Err(badarg()),
    })
}

/// How a function is traced, out of the tables.
struct FunctionTrace {
    traced: Term,
    pattern: Option<Pattern>,
    meta: Option<Meta>,
    count: Option<u64>,
    times: Option<alloc::vec::Vec<(Term, (u64, u64))>>,
}

impl FunctionTrace {
    fn of(breakpoint: &Breakpoint) -> FunctionTrace {
        let times = breakpoint.time.as_ref();
        FunctionTrace {
            traced: if breakpoint.local.is_some() {
                known::LOCAL
            } else {
                known::FALSE
            },
            pattern: breakpoint.local.clone(),
            meta: breakpoint.meta.clone(),
            count: breakpoint.count.map(|counter| counter.calls),
            times: times.map(|times| {
                times
                    .processes
                    .iter()
                    .map(|(&pid, &used)| (pid, used))
                    .collect()
            }),
        }
    }
}

fn function_info(context: &mut Context<'_>, mfa: &Mfa, item: &str) -> BifResult {
    let trace = match context.machine.code.traced(mfa) {
        Traced::Nowhere => return Ok(known::UNDEFINED),
        Traced::No => return Ok(known::FALSE),
        Traced::Local(breakpoint) => FunctionTrace::of(breakpoint),
        Traced::Global(pattern) => FunctionTrace {
            pattern: Some(pattern.clone()),
            traced: Term::NONE,
            meta: None,
            count: None,
            times: None,
        },
    };
    let traced = if trace.traced.is_none() {
        context.machine.atom("global")
    } else {
        trace.traced
    };
    match item {
        "all" => {
            let items = [
                "traced",
                "match_spec",
                "meta",
                "meta_match_spec",
                "call_time",
                "call_count",
            ];
            all(context, items, |context, item| {
                match function_item(context, &trace, traced, item)? {
                    // Alone, the item has another value when there is no tracer.
                    Term::NIL if item == "meta" => Ok(known::FALSE),
                    value => Ok(value),
                }
            })
        }
        _ => function_item(context, &trace, traced, item),
    }
}

fn function_item(
    context: &mut Context<'_>,
    trace: &FunctionTrace,
    traced: Term,
    item: &str,
) -> BifResult {
    let source = |context: &mut Context<'_>, pattern: Option<&Pattern>| match pattern {
        None => known::FALSE,
        Some(pattern) => match pattern.source() {
            None => Term::NIL,
            Some(source) => context.import(source),
        },
    };
    Ok(match item {
        "traced" => traced,
        "match_spec" => source(context, trace.pattern.as_ref()),
        "meta" => {
            let tracer = trace.meta.as_ref().map_or(Term::NONE, |meta| meta.tracer);
            tracer::to_term(tracer, Term::NIL)
        }
        "meta_match_spec" => source(context, trace.meta.as_ref().map(|meta| &meta.pattern)),
        "call_count" => match trace.count {
            Some(count) => context.heap().unsigned(count),
            None => known::FALSE,
        },
        "call_time" => match &trace.times {
            None => known::FALSE,
            Some(times) => {
                let heap = context.heap();
                let mut list = Term::NIL;
                for &(pid, (calls, nanoseconds)) in times {
                    let calls = heap.unsigned(calls);
                    let seconds = heap.unsigned(nanoseconds / 1_000_000_000);
                    let rest = Term::small((nanoseconds / 1000 % 1_000_000) as i64);
                    let used = heap.tuple(&[pid, calls, seconds, rest]);
                    list = heap.cons(used, list);
                }
                list
            }
        },
        _ => return Err(badarg()),
    })
}

/// Trace messages are there as soon as what they tell of has happened.
fn trace_delivered_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let tracee = arguments[0];
    if tracee != known::ALL && !tracee.is_local_pid() {
        return Err(badarg());
    }
    let number = context.machine.new_reference();
    let reference = make_reference(context.heap(), number, 0);
    let pid = context.process.pid;
    let delivered = context.machine.atom("trace_delivered");
    let message = context.heap().tuple(&[delivered, tracee, reference]);
    context.send(pid, message);
    Ok(reference)
}

/// `erl_tracer:enabled/3`: `trace`, `discard`, or `remove`.
fn enabled_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [tag, tracer, tracee] = *arguments else {
        return Err(badarg());
    };
    let is_status = context.machine.atoms.name(tag) == Some("trace_status");
    let answer = if !context.emitter().is_alive(tracer) {
        if is_status { "remove" } else { "discard" }
    } else if tracer == tracee {
        "discard"
    } else {
        "trace"
    };
    Ok(context.machine.atom(answer))
}

/// `erl_tracer:trace/5`.
fn trace_5(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [tag, tracer, tracee, data, options] = *arguments else {
        return Err(badarg());
    };
    let option = |name: Term| brood_term::map::get(options, name);
    let stamp = option(known::TIMESTAMP).and_then(|stamp| match stamp {
        known::TIMESTAMP | known::CPU_TIMESTAMP => Some(Flags::TIMESTAMP),
        known::MONOTONIC => Some(Flags::MONOTONIC_TIMESTAMP),
        known::STRICT_MONOTONIC => Some(Flags::STRICT_MONOTONIC_TIMESTAMP),
        _ => None,
    });
    let mut parts = alloc::vec![known::TRACE, tracee, tag, data];
    if tag == known::SEQ_TRACE {
        parts = alloc::vec![tag, tracee, data];
    } else if stamp.is_some() {
        parts[0] = known::TRACE_TS;
    }
    let further = [known::EXTRA, known::MATCH_SPEC_RESULT, known::SCHEDULER_ID];
    parts.extend(further.into_iter().filter_map(option));
    if let Some(stamp) = stamp.and_then(|flags| context.machine.stamp(flags)) {
        parts.push(stamp.build(context.heap()));
    }
    let message = context.heap().tuple(&parts);
    if tracer.is_local_pid() {
        context.send(tracer, message);
    }
    Ok(known::OK)
}

/// `erlang:match_spec_test/3` of the type `trace`: nothing but trace flags is changed.
pub fn match_spec_test(context: &mut Context<'_>, list: Term, specification: Term) -> BifResult {
    let mut elements = list.list();
    let arguments: alloc::vec::Vec<Term> = elements.by_ref().collect();
    if !list.is_list() {
        return Err(badarg());
    }
    let dialect = Dialect::Trace(Subject::Call);
    let compiled = Pattern::compile(specification, dialect, &context.machine.atoms);
    match compiled {
        Ok(pattern) => {
            let pid = context.process.pid;
            let mut scratch = Pattern::scratch();
            let mut emitter = context.emitter();
            let outcome = pattern.run(&mut emitter, pid, &arguments, &mut scratch, true);
            let result = context.import(outcome.result);
            let mut flags = Term::NIL;
            for (on, name) in [
                (outcome.returns.exception, "exception_trace"),
                (outcome.returns.value, "return_trace"),
            ] {
                if on {
                    let name = context.machine.atom(name);
                    flags = context.heap().cons(name, flags);
                }
            }
            Ok(context.heap().tuple(&[known::OK, result, flags, Term::NIL]))
        }
        Err(text) => {
            let heap = context.heap();
            let text = heap.string(&text);
            let fault = heap.tuple(&[known::ERROR, text]);
            let faults = heap.list(&[fault]);
            Ok(heap.tuple(&[known::ERROR, faults]))
        }
    }
}
