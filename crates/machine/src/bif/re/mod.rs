//! Regular expressions: the functions of `re` that are not written in Erlang.
//!
//! Patterns are compiled and matched by [`brood_pcre`]. What a program gets to hold of a compiled pattern is, as in OTP,
//! a tuple `{re_pattern, Groups, Unicode, CrLf, Binary}`; the binary names the pattern by its options and its source (see
//! [`cache::Key`]), and what PCRE2 made of it stays in a [cache](cache::Patterns), out of reach. So such tuples can be
//! stored, sent to other machines and made up by anybody.
//!
//! What [`options`] are given, and how a match is [captured](capture), each has its file.

mod cache;
mod capture;
mod options;
mod subject;

use alloc::rc::Rc;

use brood_pcre::{Code, CompileError, Limits, MatchError, Newline, compile_option, message};
use brood_term::{Heap, Mfa, Term, known};

use self::cache::Key;
pub use self::cache::Patterns;
use self::capture::Capture;
use self::options::Options;
use super::iolist::to_bytes;
use super::loop_limit::Loop;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, error, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("re", "version", 0, version),
    entry("re", "compile", 1, compile),
    entry("re", "compile", 2, compile),
    entry("re", "run", 2, run_first),
    entry("re", "run", 3, run_first),
    entry("re", "internal_run", 4, internal_run),
    entry("re", "inspect", 2, inspect),
];

/// PCRE 8's limits, which OTP leaves as they are; and how much memory a match may take.
const LIMITS: Limits = Limits {
    matches: 10_000_000,
    depth: 10_000_000,
    heap: 256 << 10,
};

/// Continues in a function of `re` that is written in Erlang.
fn call(context: &mut Context<'_>, function: &'static str, arguments: &[Term]) -> Control {
    let mfa = Mfa {
        module: context.machine.atom("re"),
        function: context.machine.atom(function),
        arity: arguments.len() as u32,
    };
    let arguments = context.heap().list(arguments);
    Control::Call { mfa, arguments }
}

fn version(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(context.heap().binary(brood_pcre::version().as_bytes()))
}

/// `{re_pattern, Groups, Unicode, CrLf, Binary}`. `Unicode` and `CrLf` tell `re` how to go on after an empty match.
fn make_pattern(context: &mut Context<'_>, key: &Key, code: &Code, unicode: bool) -> Term {
    let cr_lf = matches!(
        code.newline(),
        Some(Newline::CrLf | Newline::Any | Newline::AnyCrLf)
    );
    let tag = context.machine.atom("re_pattern");
    let heap = context.heap();
    let binary = heap.binary(key.bytes());
    heap.tuple(&[
        tag,
        Term::small(code.captures() as i64),
        Term::small(i64::from(unicode)),
        Term::small(i64::from(cr_lf)),
        binary,
    ])
}

/// `{Text, Position}`
fn explain(context: &mut Context<'_>, error: CompileError, source: &[u8]) -> Term {
    let (text, offset) = message::explain(error, source);
    let heap = context.heap();
    let text = heap.string(&text);
    heap.tuple(&[text, Term::small(offset as i64)])
}

/// What a key made from options stands for.
fn code_for(
    context: &mut Context<'_>,
    key: &Key,
    options: &Options,
) -> Result<Rc<Code>, CompileError> {
    match options.conflict() {
        Some(error) => Err(error),
        None => context.machine.patterns.code(key),
    }
}

/// `{ok, Pattern}` or `{error, {Text, Position}}`
fn compile(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let list = arguments.get(1).copied().unwrap_or(Term::NIL);
    let options = Options::parse(context, list)?;
    if options.is_for_run {
        return Err(options::badopt(context));
    }
    if options.unicode && !arguments[0].is_binary() {
        return Err(call(context, "ucompile", &[arguments[0], list]));
    }
    let source = to_bytes(arguments[0]).ok_or_else(badarg)?;
    let key = Key::new(options.compile, &source);
    context.charge(source.len());
    match code_for(context, &key, &options) {
        Ok(code) => {
            let pattern = make_pattern(context, &key, &code, options.unicode);
            Ok(context.heap().tuple(&[known::OK, pattern]))
        }
        Err(error) => {
            let what = explain(context, error, &source);
            Ok(context.heap().tuple(&[known::ERROR, what]))
        }
    }
}

/// What the binary of a compiled pattern stands for.
fn compiled(context: &mut Context<'_>, pattern: Term) -> Result<(Key, Rc<Code>, bool), Control> {
    let Some(&[tag, groups, unicode, cr_lf, binary]) = pattern.as_tuple_of() else {
        return Err(badarg());
    };
    let numbers = [groups, unicode, cr_lf].map(Term::as_small);
    let [Some(_), Some(unicode), Some(_)] = numbers else {
        return Err(badarg());
    };
    if context.machine.atoms.name(tag) != Some("re_pattern") {
        return Err(badarg());
    }
    let bytes = binary.as_binary().ok_or_else(badarg)?;
    let key = Key::from_bytes(&bytes).ok_or_else(badarg)?;
    let code = context.machine.patterns.code(&key).map_err(|_| badarg())?;
    Ok((key, code, unicode != 0))
}

fn run_first(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let list = arguments.get(2).copied().unwrap_or(Term::NIL);
    run(context, [arguments[0], arguments[1], list])
}

/// `internal_run(Subject, Pattern, Options, IsFirst)`: what `IsFirst` tells, whether the subject may be known to be UTF-8,
/// is not taken on trust.
fn internal_run(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    arguments[3].as_boolean().ok_or_else(badarg)?;
    run(context, [arguments[0], arguments[1], arguments[2]])
}

/// `nomatch`, `match`, `{match, Captured}`, or `{error, Reason}` if the options ask for that.
fn run(context: &mut Context<'_>, [subject, pattern, list]: [Term; 3]) -> BifResult {
    let options = Options::parse(context, list)?;
    let wants_lists = options.capture.is_some_and(|(_, form)| form == known::LIST);
    // `re:urun/3` makes binaries of all of them, and lists of what was captured.
    let needs_binaries =
        |unicode: bool| unicode && (!subject.is_binary() || (wants_lists && !options.global));
    let code = if pattern.is_tuple() {
        if options.is_for_compile {
            return Err(badarg());
        }
        let (key, code, unicode) = compiled(context, pattern)?;
        if needs_binaries(unicode) {
            return Err(call(context, "urun", &[subject, pattern, list]));
        }
        if options.global {
            let how = context.heap().tuple(&[list, known::FALSE]);
            return Err(call(context, "grun", &[subject, pattern, how]));
        }
        if options.conflict().is_some() {
            return Err(badarg());
        }
        match key.with_line_ends(options.newline_given, options.backslash_r_given) {
            Some(key) => context.machine.patterns.code(&key).map_err(|_| badarg())?,
            None => code,
        }
    } else {
        if options.unicode && (!pattern.is_binary() || needs_binaries(true)) {
            return Err(call(context, "urun", &[subject, pattern, list]));
        }
        let source = to_bytes(pattern).ok_or_else(badarg)?;
        let key = Key::new(options.compile, &source);
        let code = match code_for(context, &key, &options) {
            Ok(code) => code,
            Err(error) if options.report_errors => {
                let what = explain(context, error, &source);
                let compile = known::COMPILE;
                let heap = context.heap();
                let what = heap.tuple(&[compile, what]);
                return Ok(heap.tuple(&[known::ERROR, what]));
            }
            Err(_) => return Err(badarg()),
        };
        if options.global {
            let compiled = make_pattern(context, &key, &code, options.unicode);
            let clean = Term::boolean(options.is_for_compile);
            let how = context.heap().tuple(&[list, clean, pattern]);
            return Err(call(context, "grun", &[subject, compiled, how]));
        }
        code
    };
    match_once(context, subject, &code, &options)
}

/// Matches once.
fn match_once(
    context: &mut Context<'_>,
    subject: Term,
    code: &Code,
    options: &Options,
) -> BifResult {
    let capture = match options.capture {
        Some((values, form)) => Capture::parse(context, code, values, form)?,
        None => Capture::default(),
    };
    let bytes = subject
        .as_binary()
        .map_or_else(|| to_bytes(subject).map(alloc::borrow::Cow::Owned), Some);
    let bytes = bytes.ok_or_else(badarg)?;
    let limits = Limits {
        matches: options.match_limit.unwrap_or(LIMITS.matches),
        depth: options.match_limit_recursion.unwrap_or(LIMITS.depth),
        ..LIMITS
    };
    let unicode = code.options() & compile_option::UTF != 0;
    let text = if unicode {
        subject::validate(context, subject, &bytes).ok_or_else(badarg)?
    } else {
        brood_pcre::Subject::Bytes(&bytes)
    };
    let result = code.find(text, options.offset, options.match_bits, limits);
    let end = match &result {
        Ok(Some(spans)) => spans.first().copied().flatten().map_or(0, |(_, end)| end),
        _ => bytes.len(),
    };
    context.charge_steps(Loop::Re, end.saturating_sub(options.offset));
    if !matches!(result, Ok(Some(_))) {
        context.machine.patterns.forget_subject();
    }
    let limit = match result {
        Ok(Some(spans)) => return Ok(capture.build(context, subject, &bytes, &spans)),
        Ok(None) | Err(MatchError::RecurseLoop) => None,
        Err(MatchError::MatchLimit) => Some("match_limit"),
        Err(MatchError::DepthLimit) => Some("match_limit_recursion"),
        Err(MatchError::BadUtf) => return Err(badarg()),
        Err(MatchError::NoMemory) => return Err(system_limit()),
        // OTP's answer, be it meant or not.
        Err(MatchError::BadOffset | MatchError::Internal(_)) => {
            return Err(error(context.machine.atom("internal_error")));
        }
    };
    match limit {
        Some(limit) if options.report_errors => {
            let limit = context.machine.atom(limit);
            Ok(context.heap().tuple(&[known::ERROR, limit]))
        }
        _ => Ok(context.machine.atom("nomatch")),
    }
}

/// `{namelist, Names}`
fn inspect(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (_, code, _) = compiled(context, arguments[0])?;
    if context.machine.atoms.name(arguments[1]) != Some("namelist") {
        return Err(badarg());
    }
    let mut names = code.names();
    names.dedup_by_key(|(name, _)| *name);
    let heap = context.heap();
    let names: alloc::vec::Vec<_> = names.iter().map(|(name, _)| heap.binary(name)).collect();
    let names = heap.list(&names);
    Ok(context.heap().tuple(&[arguments[1], names]))
}
