//! Regular expressions: the part of `re` that a library without Perl's extensions can do exactly as OTP does.
//!
//! A pattern is parsed by `regex-syntax`, [checked](Pattern) to hold only what means the same in both syntaxes, and
//! matched by `regex-automata`, which prefers matches as a backtracking matcher does. What is left out raises
//! `{notsup, {re, What}}`: look-around, back references, possessive repetition, options within patterns, and `$` before a
//! final line end; named classes and case folding only where there is nothing but ASCII to match.
//!
//! The compiled form is OTP's tuple `{re_pattern, Groups, Unicode, 0, Binary}`; the binary holds the options and the source.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Mfa, Term, known};
use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::{Anchored, Input};
use regex_syntax::ast::{self, AssertionKind, Ast, ClassSet, ClassSetItem, ErrorKind, GroupKind};
use regex_syntax::hir::translate::TranslatorBuilder;

use super::iolist::{BYTES_PER_REDUCTION, to_bytes};
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, error};

pub(super) const TABLE: &[Entry] = &[
    entry("re", "compile", 1, compile),
    entry("re", "compile", 2, compile),
    entry("re", "run", 2, run),
    entry("re", "run", 3, run),
    entry("re", "internal_run", 4, internal_run),
];

/// The options of a pattern, as bits.
mod option {
    pub const UNICODE: u8 = 1;
    pub const ANCHORED: u8 = 2;
    pub const CASELESS: u8 = 4;
    pub const DOTALL: u8 = 8;
    pub const MULTILINE: u8 = 16;
    pub const UNGREEDY: u8 = 32;
    pub const DOLLAR_ENDONLY: u8 = 64;
}

const OPTIONS: [(&str, u8); 9] = [
    ("unicode", option::UNICODE),
    ("anchored", option::ANCHORED),
    ("caseless", option::CASELESS),
    ("dotall", option::DOTALL),
    ("multiline", option::MULTILINE),
    ("ungreedy", option::UNGREEDY),
    ("dollar_endonly", option::DOLLAR_ENDONLY),
    // These change nothing that can be seen.
    ("no_start_optimize", 0),
    ("report_errors", 0),
];

/// What a pattern can't be: an error in it (a text and where), or something that is not done here.
enum Refusal {
    Wrong(&'static str, usize),
    Unsupported(&'static str),
}

/// A pattern that was parsed and found to hold only what is done here exactly.
struct Pattern<'a> {
    source: &'a str,
    options: u8,
    ast: Ast,
    groups: u32,
    /// It depends on which characters are letters, digits or spaces.
    names_classes: bool,
    /// It has a `$` that also matches before a line end which ends the subject.
    has_dollar: bool,
    /// An empty match may be preferred to another one at the same place.
    has_choice: bool,
}

impl<'a> Pattern<'a> {
    fn parse(source: &'a [u8], options: u8) -> Result<Pattern<'a>, Refusal> {
        let source = core::str::from_utf8(source).ok();
        let source = source.filter(|text| options & option::UNICODE != 0 || text.is_ascii());
        let source = source.ok_or(Refusal::Unsupported("a pattern in Latin-1"))?;
        let ast = ast::parse::Parser::new().parse(source).map_err(|error| {
            let start = error.span().start.offset;
            match error.kind() {
                ErrorKind::GroupUnclosed => Refusal::Wrong("missing )", source.len()),
                ErrorKind::GroupUnopened => Refusal::Wrong("unmatched parentheses", start),
                ErrorKind::RepetitionMissing => Refusal::Wrong("nothing to repeat", start),
                ErrorKind::UnsupportedBackreference => Refusal::Unsupported("back references"),
                ErrorKind::UnsupportedLookAround => Refusal::Unsupported("look-around"),
                _ => Refusal::Unsupported("this syntax"),
            }
        })?;
        let mut pattern = Pattern {
            source,
            options,
            ast: Ast::empty(ast::Span::splat(ast::Position::new(0, 1, 1))),
            groups: 0,
            names_classes: options & option::CASELESS != 0,
            has_dollar: false,
            has_choice: options & option::UNGREEDY != 0,
        };
        pattern.check(&ast)?;
        pattern.ast = ast;
        Ok(pattern)
    }

    fn check(&mut self, ast: &Ast) -> Result<(), Refusal> {
        match ast {
            Ast::Empty(_) | Ast::Dot(_) => Ok(()),
            Ast::Literal(literal) => check_literal(literal),
            Ast::Assertion(assertion) => {
                self.has_choice = true;
                match assertion.kind {
                    AssertionKind::StartLine | AssertionKind::StartText | AssertionKind::EndText => {}
                    AssertionKind::EndLine => {
                        let exact = option::MULTILINE | option::DOLLAR_ENDONLY;
                        self.has_dollar |= self.options & exact == 0;
                    }
                    AssertionKind::WordBoundary | AssertionKind::NotWordBoundary => {
                        self.names_classes = true;
                    }
                    _ => return Err(Refusal::Unsupported("this escape")),
                }
                Ok(())
            }
            Ast::ClassPerl(_) => {
                self.names_classes = true;
                Ok(())
            }
            Ast::ClassBracketed(class) => match &class.kind {
                ClassSet::Item(item) => self.check_item(item),
                ClassSet::BinaryOp(_) => Err(Refusal::Unsupported("doubled signs in a class")),
            },
            Ast::Repetition(repetition) => {
                self.has_choice |= !repetition.greedy;
                match &*repetition.ast {
                    Ast::Repetition(_) => Err(Refusal::Unsupported("possessive repetition")),
                    Ast::Assertion(_) => Err(Refusal::Unsupported("repeated assertions")),
                    body => {
                        let before = self.groups;
                        self.check(body)?;
                        if self.groups > before && may_be_empty(body) {
                            return Err(Refusal::Unsupported("repeated groups that match nothing"));
                        }
                        Ok(())
                    }
                }
            }
            Ast::Group(group) => {
                match &group.kind {
                    GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => self.groups += 1,
                    GroupKind::NonCapturing(flags) if flags.items.is_empty() => {}
                    GroupKind::NonCapturing(_) => {
                        return Err(Refusal::Unsupported("options within a pattern"));
                    }
                }
                self.check(&group.ast)
            }
            Ast::Alternation(alternation) => {
                self.has_choice = true;
                alternation.asts.iter().try_for_each(|ast| self.check(ast))
            }
            Ast::Concat(concat) => concat.asts.iter().try_for_each(|ast| self.check(ast)),
            Ast::Flags(_) => Err(Refusal::Unsupported("options within a pattern")),
            Ast::ClassUnicode(_) => Err(Refusal::Unsupported("properties of characters")),
        }
    }

    fn check_item(&mut self, item: &ClassSetItem) -> Result<(), Refusal> {
        match item {
            ClassSetItem::Empty(_) => Ok(()),
            ClassSetItem::Literal(literal) => check_literal(literal),
            ClassSetItem::Range(range) => {
                check_literal(&range.start)?;
                check_literal(&range.end)
            }
            ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) => {
                self.names_classes = true;
                Ok(())
            }
            ClassSetItem::Union(union) => {
                let mut items = union.items.iter();
                items.try_for_each(|item| self.check_item(item))
            }
            ClassSetItem::Bracketed(_) => Err(Refusal::Unsupported("a class within a class")),
            ClassSetItem::Unicode(_) => Err(Refusal::Unsupported("properties of characters")),
        }
    }

    /// The matcher for a subject.
    fn matcher(&self, subject: &[u8]) -> Result<PikeVM, Refusal> {
        let ascii = subject.is_ascii();
        if self.names_classes && !ascii {
            let what = "named classes and case folding beyond ASCII";
            return Err(Refusal::Unsupported(what));
        }
        if self.has_dollar && subject.last() == Some(&b'\n') {
            return Err(Refusal::Unsupported("$ before a line end at the end"));
        }
        let unicode = self.options & option::UNICODE != 0 && !(ascii && self.source.is_ascii());
        let has = |option| self.options & option != 0;
        let hir = TranslatorBuilder::new()
            .unicode(unicode)
            .utf8(unicode)
            .case_insensitive(has(option::CASELESS))
            .dot_matches_new_line(has(option::DOTALL))
            .multi_line(has(option::MULTILINE))
            .swap_greed(has(option::UNGREEDY))
            .build()
            .translate(self.source, &self.ast)
            .map_err(|_| Refusal::Unsupported("this combination"))?;
        let config = thompson::Config::new().utf8(unicode);
        let nfa = thompson::Compiler::new()
            .configure(config)
            .build_from_hir(&hir);
        nfa.and_then(PikeVM::new_from_nfa)
            .map_err(|_| Refusal::Unsupported("a pattern of this size"))
    }
}

/// Escapes of the same meaning only.
fn check_literal(literal: &ast::Literal) -> Result<(), Refusal> {
    use ast::{HexLiteralKind, LiteralKind, SpecialLiteralKind};
    match &literal.kind {
        LiteralKind::Verbatim | LiteralKind::Meta | LiteralKind::Superfluous => Ok(()),
        LiteralKind::HexFixed(HexLiteralKind::X) | LiteralKind::HexBrace(HexLiteralKind::X)
            if literal.c.is_ascii() =>
        {
            Ok(())
        }
        LiteralKind::Special(kind) if *kind != SpecialLiteralKind::VerticalTab => Ok(()),
        _ => Err(Refusal::Unsupported("this escape")),
    }
}

fn may_be_empty(ast: &Ast) -> bool {
    match ast {
        Ast::Empty(_) | Ast::Assertion(_) | Ast::Flags(_) => true,
        Ast::Repetition(repetition) => {
            use ast::{RepetitionKind, RepetitionRange};
            let least_is_zero = match &repetition.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => true,
                RepetitionKind::OneOrMore => false,
                RepetitionKind::Range(
                    RepetitionRange::Exactly(least)
                    | RepetitionRange::AtLeast(least)
                    | RepetitionRange::Bounded(least, _),
                ) => *least == 0,
            };
            least_is_zero || may_be_empty(&repetition.ast)
        }
        Ast::Group(group) => may_be_empty(&group.ast),
        Ast::Alternation(alternation) => alternation.asts.iter().any(may_be_empty),
        Ast::Concat(concat) => concat.asts.iter().all(may_be_empty),
        _ => false,
    }
}

fn unsupported(context: &mut Context<'_>, what: &str) -> Control {
    let re = context.machine.atom("re");
    let notsup = context.machine.atom("notsup");
    let heap = context.heap();
    let what = heap.string(what);
    let what = heap.tuple(&[re, what]);
    error(heap.tuple(&[notsup, what]))
}

fn call(context: &mut Context<'_>, function: &'static str, arguments: &[Term]) -> Control {
    let mfa = Mfa {
        module: context.machine.atom("re"),
        function: context.machine.atom(function),
        arity: arguments.len() as u32,
    };
    let arguments = context.heap().list(arguments);
    Control::Call { mfa, arguments }
}

/// What a match is given as.
#[derive(Clone, Copy)]
enum Form {
    Index,
    List,
    Binary,
}

/// Options of `run` and `compile`.
struct Options {
    pattern: u8,
    global: bool,
    not_empty_at_start: bool,
    offset: usize,
    capture: Term,
    form: Form,
}

fn parse_options(context: &mut Context<'_>, list: Term) -> Result<Options, Control> {
    let mut options = Options {
        pattern: 0,
        global: false,
        not_empty_at_start: false,
        offset: 0,
        capture: known::ALL,
        form: Form::Index,
    };
    let mut elements = list.list();
    for element in elements.by_ref() {
        let parts = element.as_tuple().unwrap_or(core::slice::from_ref(&element));
        let name = context.machine.atoms.name(parts[0]).ok_or_else(badarg)?;
        match (name, &parts[1..]) {
            ("global", []) => options.global = true,
            ("notempty_atstart", []) => options.not_empty_at_start = true,
            ("offset", [offset]) => options.offset = offset.as_usize().ok_or_else(badarg)?,
            ("newline", [kind]) if context.machine.atoms.name(*kind) == Some("lf") => {}
            ("capture", [what]) => options.capture = *what,
            ("capture", [what, form]) => {
                options.capture = *what;
                options.form = match context.machine.atoms.name(*form) {
                    Some("index") => Form::Index,
                    Some("list") => Form::List,
                    Some("binary") => Form::Binary,
                    _ => return Err(badarg()),
                };
            }
            (name, []) => match OPTIONS.iter().find(|(option, _)| *option == name) {
                Some((_, bit)) => options.pattern |= bit,
                None => return Err(unsupported(context, name)),
            },
            (name, _) => return Err(unsupported(context, name)),
        }
    }
    if elements.ended_proper() {
        Ok(options)
    } else {
        Err(badarg())
    }
}

/// `{re_pattern, Groups, Unicode, 0, Binary}`
fn make_pattern(context: &mut Context<'_>, pattern: &Pattern<'_>) -> Term {
    let mut bytes = Vec::from([pattern.options]);
    bytes.extend_from_slice(pattern.source.as_bytes());
    let tag = context.machine.atom("re_pattern");
    let heap = context.heap();
    let binary = heap.binary(&bytes);
    let unicode = i64::from(pattern.options & option::UNICODE);
    let groups = Term::small(i64::from(pattern.groups));
    heap.tuple(&[tag, groups, Term::small(unicode), Term::small(0), binary])
}

/// `{ok, Pattern}` or `{error, {Text, Position}}`
fn compile(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let list = arguments.get(1).copied().unwrap_or(Term::NIL);
    let options = parse_options(context, list)?;
    if options.pattern & option::UNICODE != 0 && !arguments[0].is_binary() {
        return Err(call(context, "ucompile", &[arguments[0], list]));
    }
    let source = to_bytes(arguments[0]).ok_or_else(badarg)?;
    match Pattern::parse(&source, options.pattern) {
        Ok(pattern) => {
            let pattern = make_pattern(context, &pattern);
            Ok(context.heap().tuple(&[known::OK, pattern]))
        }
        Err(Refusal::Wrong(text, position)) => {
            let heap = context.heap();
            let text = heap.string(text);
            let what = heap.tuple(&[text, Term::small(position as i64)]);
            Ok(heap.tuple(&[known::ERROR, what]))
        }
        Err(Refusal::Unsupported(what)) => Err(unsupported(context, what)),
    }
}

fn internal_run(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    run(context, &arguments[..3])
}

/// `nomatch`, `match` or `{match, Captured}`
fn run(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (subject, re) = (arguments[0], arguments[1]);
    let list = arguments.get(2).copied().unwrap_or(Term::NIL);
    let options = parse_options(context, list)?;
    let compiled = re
        .as_tuple_of::<5>()
        .filter(|parts| context.machine.atoms.name(parts[0]) == Some("re_pattern"))
        .map(|parts| parts[4].as_binary().ok_or_else(badarg))
        .transpose()?;
    let bits = match compiled.as_deref() {
        Some([bits, ..]) => *bits | options.pattern & option::ANCHORED,
        _ => options.pattern,
    };
    let unicode = bits & option::UNICODE != 0;
    if unicode && (!subject.is_binary() || (compiled.is_none() && !re.is_binary())) {
        return Err(call(context, "urun", &[subject, re, list]));
    }
    let source = match compiled.as_deref() {
        Some([_, source @ ..]) => source.to_vec(),
        _ => to_bytes(re).ok_or_else(badarg)?,
    };
    let pattern = match Pattern::parse(&source, bits) {
        Ok(pattern) => pattern,
        Err(Refusal::Wrong(..)) => return Err(badarg()),
        Err(Refusal::Unsupported(what)) => return Err(unsupported(context, what)),
    };
    if options.global {
        let (re, how) = if compiled.is_some() {
            let how = context.heap().tuple(&[list, known::FALSE]);
            (re, how)
        } else {
            let how = context.heap().tuple(&[list, known::TRUE, re]);
            (make_pattern(context, &pattern), how)
        };
        return Err(call(context, "grun", &[subject, re, how]));
    }
    let subject = to_bytes(subject).ok_or_else(badarg)?;
    if options.offset > subject.len() || (unicode && core::str::from_utf8(&subject).is_err()) {
        return Err(badarg());
    }
    context.charge(subject.len() / BYTES_PER_REDUCTION);
    let matcher = match pattern.matcher(&subject) {
        Ok(matcher) => matcher,
        Err(Refusal::Wrong(what, _) | Refusal::Unsupported(what)) => {
            return Err(unsupported(context, what));
        }
    };
    let anchored = if bits & option::ANCHORED != 0 {
        Anchored::Yes
    } else {
        Anchored::No
    };
    let input = Input::new(&subject).range(options.offset..).anchored(anchored);
    let mut captures = matcher.create_captures();
    matcher.captures(&mut matcher.create_cache(), input, &mut captures);
    let Some(whole) = captures.get_match() else {
        return Ok(context.machine.atom("nomatch"));
    };
    if options.not_empty_at_start && whole.is_empty() && whole.start() == options.offset {
        if pattern.has_choice || anchored == Anchored::No {
            return Err(unsupported(context, "matching again after an empty match"));
        }
        // All repetitions are greedy and there is nothing else to choose from: what is not empty would have come first.
        return Ok(context.machine.atom("nomatch"));
    }
    let spans: Vec<Option<(usize, usize)>> = (0..=pattern.groups as usize)
        .map(|group| captures.get_group(group).map(|span| (span.start, span.end)))
        .collect();
    let set = spans.iter().rposition(Option::is_some).unwrap_or(0) + 1;
    let wanted = match context.machine.atoms.name(options.capture) {
        Some("none") => return Ok(context.machine.atom("match")),
        Some("all") => spans[..set].to_vec(),
        Some("all_but_first") => spans[1..set].to_vec(),
        Some("first") => spans[..1].to_vec(),
        _ => {
            let mut wanted = Vec::new();
            for value in options.capture.list() {
                match value.as_usize() {
                    Some(group) => wanted.push(spans.get(group).copied().flatten()),
                    None => return Err(unsupported(context, "capture by name")),
                }
            }
            wanted
        }
    };
    if wanted.is_empty() {
        return Ok(context.machine.atom("match"));
    }
    let values: Vec<Term> = wanted
        .into_iter()
        .map(|span| capture(context, &subject, span, options.form, unicode))
        .collect();
    let values = context.heap().list(&values);
    let tag = context.machine.atom("match");
    Ok(context.heap().tuple(&[tag, values]))
}

/// A captured part, `{-1, 0}` or empty when it took no part.
fn capture(
    context: &mut Context<'_>,
    subject: &[u8],
    span: Option<(usize, usize)>,
    form: Form,
    unicode: bool,
) -> Term {
    let heap = context.heap();
    let (start, end) = span.unwrap_or((0, 0));
    let part = &subject[start..end];
    match form {
        Form::Index => {
            let start = span.map_or(-1, |(start, _)| start as i64);
            heap.tuple(&[Term::small(start), Term::small(part.len() as i64)])
        }
        Form::Binary => heap.binary(part),
        Form::List if unicode => heap.string(&String::from_utf8_lossy(part)),
        Form::List => heap.byte_list(part, Term::NIL),
    }
}
