//! What match specifications of traces can do beyond matching.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use brood_term::display::Display;
use brood_term::{Heap, Mfa, Term, integer, known};
use hashbrown::HashMap;

use super::Settings;
use super::call::caller_address;
use super::events::mfa_term;
use super::flags::{FlagList, Flags};
use super::sequential::TokenPart;
use crate::bif::backtrace;
use crate::bif::ets::functions::Function;
use crate::bif::ets::match_spec::Scope;
use crate::code::CodeServer;
use crate::process::{Process, State};
use crate::process_table::ProcessTable;

/// What a specification wants to have told of the end of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Returns {
    /// The value it returns.
    pub value: bool,
    /// The value, or the exception.
    pub exception: bool,
}

impl Returns {
    /// Nothing.
    pub const NONE: Returns = Returns {
        value: false,
        exception: false,
    };

    /// Whether anything.
    pub fn any(self) -> bool {
        self.value || self.exception
    }
}

/// What actions work on.
#[derive(Debug)]
pub struct Effects<'a> {
    /// The process that the call or message is of, when it runs.
    pub process: Option<&'a mut Process>,
    /// All others.
    pub processes: &'a mut ProcessTable,
    /// Registered names.
    pub registry: &'a HashMap<Term, Term>,
    /// All code.
    pub code: &'a CodeServer,
    /// What `get_tcw` gives.
    pub control_word: &'a mut u32,
    /// What is to be displayed.
    pub displayed: String,
    /// What `{message, Term}` said last.
    pub message: Term,
    /// What is to be told of the end of the call.
    pub returns: Returns,
    /// Whether this only tests a specification: tokens, control word and silence stay.
    pub test: bool,
}

/// What a specification is about: what actions there are depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Subject {
    /// Messages that arrive. Nothing of the process can be changed.
    Receive,
    /// Messages that are sent.
    Send,
    /// Calls.
    Call,
}

/// Where in a specification an action stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// What it is about.
    pub subject: Subject,
    /// Whether it is in a guard.
    pub guard: bool,
}

/// An action.
struct Action {
    function: Function,
    /// Whether guards can have it.
    in_guards: bool,
    /// The least subject that has it.
    subject: Subject,
}

type Run = fn(&[Term], &mut Scope<'_>) -> Option<Term>;

const fn action(
    name: &'static str,
    arities: &'static [usize],
    subject: Subject,
    run: Run,
) -> Action {
    Action {
        function: Function { name, arities, run },
        in_guards: false,
        subject,
    }
}

const fn in_guards(name: &'static str, subject: Subject, run: Run) -> Action {
    Action {
        in_guards: true,
        ..action(name, &[0], subject, run)
    }
}

static ACTIONS: &[Action] = &[
    action("message", &[1], Subject::Receive, message),
    action("return_trace", &[0], Subject::Receive, return_trace),
    action("exception_trace", &[0], Subject::Receive, exception_trace),
    action("display", &[1], Subject::Receive, display),
    in_guards("is_seq_trace", Subject::Send, is_seq_trace),
    action("set_seq_token", &[2], Subject::Send, set_seq_token),
    action("get_seq_token", &[0], Subject::Send, get_seq_token),
    action("process_dump", &[0], Subject::Send, process_dump),
    action("enable_trace", &[1, 2], Subject::Send, enable_trace),
    action("disable_trace", &[1, 2], Subject::Send, disable_trace),
    action("trace", &[2, 3], Subject::Send, trace),
    action("silent", &[1], Subject::Send, silent),
    action("caller", &[0], Subject::Call, caller),
    action("caller_line", &[0], Subject::Call, caller_line),
];

/// Functions that are no special forms: what is wrong with their use is said in other words.
static CONTROL_WORD: &[Action] = &[
    in_guards("get_tcw", Subject::Receive, get_tcw),
    action("set_tcw", &[1], Subject::Receive, set_tcw),
];

/// The action of that name, or what is wrong with its use there; `None` for what is no action. `term` prints the call.
pub fn find(
    name: &str,
    arity: usize,
    place: Place,
    term: impl FnOnce() -> String,
) -> Option<Result<&'static Function, String>> {
    let named = |actions: &'static [Action]| actions.iter().find(|a| a.function.name == name);
    if let Some(function) = named(CONTROL_WORD) {
        if !function.function.arities.contains(&arity) {
            return None;
        }
        return Some(if place.guard && !function.in_guards {
            Err(format!(
                "Function {name}/{arity} cannot be called in this context."
            ))
        } else {
            Ok(&function.function)
        });
    }
    let action = named(ACTIONS)?;
    let wrong = |what: &str| Some(Err(format!("Special form '{name}' {what}")));
    if place.subject < action.subject {
        return wrong("not allow for this trace event.");
    }
    if place.guard && !action.in_guards {
        return wrong("called in guard context.");
    }
    if !action.function.arities.contains(&arity) {
        let problem = if action.function.arities == [0] {
            "arguments"
        } else {
            "wrong number of arguments"
        };
        return wrong(&format!("called with {problem} in {}.", term()));
    }
    Some(Ok(&action.function))
}

impl Effects<'_> {
    /// Another process, or this one, by pid or name.
    fn process_mut(&mut self, id: Term) -> Option<&mut Process> {
        let pid = if id.is_atom() {
            *self.registry.get(&id)?
        } else {
            id
        };
        match &mut self.process {
            Some(process) if process.pid == pid => Some(process),
            _ if pid.is_local_pid() => self.processes.get_mut(pid),
            _ => None,
        }
    }

    fn settings(&self) -> Option<Settings> {
        Some(self.process.as_ref()?.trace.settings)
    }
}

fn message(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    scope.effects.as_mut()?.message = arguments[0];
    Some(known::TRUE)
}

fn return_trace(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    scope.effects.as_mut()?.returns.value = true;
    Some(known::TRUE)
}

fn exception_trace(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    scope.effects.as_mut()?.returns.exception = true;
    Some(known::TRUE)
}

fn display(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let (term, atoms) = (arguments[0], scope.atoms);
    let displayed = &mut scope.effects.as_mut()?.displayed;
    // Writing to a string does not fail.
    let _ = writeln!(displayed, "{}", Display { term, atoms });
    Some(known::TRUE)
}

fn is_seq_trace(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let process = scope.effects.as_ref()?.process.as_ref()?;
    Some(Term::boolean(process.carries_token()))
}

fn set_seq_token(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let effects = scope.effects.as_mut()?;
    let process = effects.process.as_mut()?;
    if effects.test {
        return match process.token_part(arguments[0], scope.heap)? {
            TokenPart::Value(value) => Some(value),
            TokenPart::NoToken => Some(Term::NIL),
        };
    }
    process.set_token(arguments[0], arguments[1], scope.heap)?;
    Some(known::TRUE)
}

fn get_seq_token(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let process = scope.effects.as_ref()?.process.as_ref()?;
    Some(process.token_term(scope.heap))
}

fn process_dump(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let effects = scope.effects.as_ref()?;
    let process = effects.process.as_ref()?;
    let text = backtrace::text(effects.code, scope.atoms, process);
    Some(scope.heap.binary(text.as_bytes()))
}

/// Changes flags of a process, whose tracer becomes that of the running process.
fn change(id: Option<Term>, off: Flags, on: Flags, scope: &mut Scope<'_>) -> Option<Term> {
    let effects = scope.effects.as_mut()?;
    let tracer = effects.settings()?.tracer;
    let process = match id {
        Some(id) => effects.process_mut(id)?,
        None => effects.process.as_deref_mut()?,
    };
    apply(process, tracer, off, on);
    Some(known::TRUE)
}

/// Sets tracer and flags, and gives whether that changed anything.
fn apply(process: &mut Process, tracer: Term, off: Flags, on: Flags) -> bool {
    let flags = if tracer.is_none() {
        Flags::NONE
    } else {
        process.trace.settings.flags.without(off).with(on)
    };
    let new = Settings {
        flags,
        tracer: if flags.is_empty() { Term::NONE } else { tracer },
    };
    core::mem::replace(&mut process.trace.settings, new) != new
}

fn enable_trace(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let (id, flag) = split(arguments);
    change(id, Flags::NONE, Flags::from_atom(flag)?, scope)
}

fn disable_trace(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let (id, flag) = split(arguments);
    change(id, Flags::from_atom(flag)?, Flags::NONE, scope)
}

/// The process, if one is given, and the flag.
fn split(arguments: &[Term]) -> (Option<Term>, Term) {
    match *arguments {
        [id, flag] => (Some(id), flag),
        _ => (None, arguments[0]),
    }
}

/// `{trace, [Id,] Off, On}`.
fn trace(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let (id, off, on) = match *arguments {
        [off, on] => (None, off, on),
        [id, off, on] => (Some(id), off, on),
        _ => return None,
    };
    let atoms = scope.atoms;
    let effects = scope.effects.as_mut()?;
    let (off, on) = (FlagList::parse(off, atoms)?, FlagList::parse(on, atoms)?);
    if off.cpu_timestamp || on.cpu_timestamp {
        return None;
    }
    let mut tracer = effects.settings()?.tracer;
    for given in [off.tracer, on.tracer] {
        if !given.is_none() {
            tracer = given;
        }
    }
    let alive = |process: &mut Process| process.state != State::Exiting;
    if !tracer.is_none() && !effects.process_mut(tracer).is_some_and(alive) {
        return None;
    }
    let process = match id {
        Some(id) => effects.process_mut(id)?,
        None => effects.process.as_deref_mut()?,
    };
    Some(Term::boolean(apply(process, tracer, off.flags, on.flags)))
}

fn silent(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let effects = scope.effects.as_mut()?;
    if !effects.test
        && let Some(silent) = arguments[0].as_boolean()
    {
        let settings = &mut effects.process.as_mut()?.trace.settings;
        settings.flags = if silent {
            settings.flags.with(Flags::SILENT)
        } else {
            settings.flags.without(Flags::SILENT)
        };
    }
    Some(known::TRUE)
}

/// The function that called: the one that the call returns to. A test has no caller.
fn caller_place(scope: &Scope<'_>) -> Option<crate::code::module::Place> {
    let effects = scope.effects.as_ref().filter(|effects| !effects.test)?;
    let address = caller_address(effects.process.as_ref()?)?;
    effects.code.place(address)
}

fn caller(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    Some(match caller_place(scope) {
        Some(place) => mfa_term(scope.heap, &place.mfa),
        None => known::UNDEFINED,
    })
}

fn caller_line(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let Some(place) = caller_place(scope) else {
        return Some(known::UNDEFINED);
    };
    let heap = &mut *scope.heap;
    let position = match place.position {
        Some((file, line)) => {
            let file = heap.string(&file);
            heap.tuple(&[file, Term::small(i64::from(line))])
        }
        None => known::UNDEFINED,
    };
    let Mfa {
        module,
        function,
        arity,
    } = place.mfa;
    Some(heap.tuple(&[module, function, Term::small(i64::from(arity)), position]))
}

fn get_tcw(_: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let word = *scope.effects.as_ref()?.control_word;
    Some(Term::small(i64::from(word)))
}

fn set_tcw(arguments: &[Term], scope: &mut Scope<'_>) -> Option<Term> {
    let effects = scope.effects.as_mut()?;
    let new = u32::try_from(integer::to_u64(arguments[0])?).ok()?;
    let word = &mut *effects.control_word;
    let old = Term::small(i64::from(*word));
    if !effects.test {
        *word = new;
    }
    Some(old)
}
