//! Searching in binaries: `match`, `matches` and `split`.
//!
//! What `compile_pattern` gives is, as in OTP, a tuple whose first element is `bm` for one pattern and `ac` for
//! several; the second one holds the patterns themselves. A search prepares them anew, which takes time proportional
//! to their size.

use alloc::vec::Vec;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use brood_term::{Heap, Term, binary};
use memchr::memmem;

use super::binary::range;
use super::loop_limit::Loop;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("binary", "compile_pattern", 1, compile_pattern),
    entry("binary", "match", 2, match_first),
    entry("binary", "match", 3, match_first),
    entry("binary", "matches", 2, match_all),
    entry("binary", "matches", 3, match_all),
    entry("binary", "split", 2, split),
    entry("binary", "split", 3, split),
];

/// Where something was found: first byte and length.
type Place = (usize, usize);

/// The patterns that a list consists of: binaries that are not empty, at least one.
fn listed_patterns(list: Term) -> Result<Vec<Term>, Control> {
    let patterns = super::lists::elements(list)?;
    if patterns.is_empty() || !patterns.iter().all(|pattern| is_pattern(*pattern)) {
        return Err(badarg());
    }
    Ok(patterns)
}

fn is_pattern(term: Term) -> bool {
    term.is_binary() && term.bit_size() != Some(0)
}

/// The patterns of a binary, a list of binaries, or what [`compile_pattern`] gave.
fn patterns(context: &Context<'_>, term: Term) -> Result<Vec<Term>, Control> {
    if is_pattern(term) {
        return Ok(Vec::from([term]));
    }
    match term.as_tuple_of() {
        None => listed_patterns(term),
        Some(&[kind, pattern]) => match context.machine.atoms.name(kind) {
            Some("bm") if is_pattern(pattern) => Ok(Vec::from([pattern])),
            Some("ac") => listed_patterns(pattern),
            _ => Err(badarg()),
        },
    }
}

fn compile_pattern(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let patterns = if is_pattern(arguments[0]) {
        Vec::from([arguments[0]])
    } else {
        listed_patterns(arguments[0])?
    };
    let (kind, compiled) = match patterns[..] {
        [pattern] => ("bm", pattern),
        _ => ("ac", arguments[0]),
    };
    let kind = context.intern(kind)?;
    Ok(context.heap().tuple(&[kind, compiled]))
}

/// The first `limit` places, that do not overlap, where one of the patterns is found in a part of `subject`: the
/// leftmost, of those the longest.
fn places(
    context: &mut Context<'_>,
    subject: &[u8],
    (first, length): Place,
    pattern: Term,
    limit: usize,
) -> Result<Vec<Place>, Control> {
    if length == 0 {
        return Ok(Vec::new());
    }
    let patterns = patterns(context, pattern)?;
    let haystack = &subject[first..first + length];
    context.charge_steps(Loop::Binary, length);
    let needles: Vec<_> = patterns.iter().filter_map(Term::as_binary).collect();
    Ok(match &needles[..] {
        [needle] => memmem::find_iter(haystack, needle)
            .take(limit)
            .map(|at| (first + at, needle.len()))
            .collect(),
        needles => AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(needles)
            .map_err(|_| system_limit())?
            .find_iter(haystack)
            .take(limit)
            .map(|found| (first + found.start(), found.len()))
            .collect(),
    })
}

/// What the options of the searches say.
struct Options {
    scope: Place,
    global: bool,
    trim: bool,
    trim_all: bool,
}

/// Options that follow as third argument, for a subject of `size` bytes. As in OTP, a list's tail doesn't matter.
fn options(
    context: &Context<'_>,
    arguments: &[Term],
    size: usize,
    for_split: bool,
) -> Result<Options, Control> {
    let mut options = Options {
        scope: (0, size),
        global: false,
        trim: false,
        trim_all: false,
    };
    let Some(list) = arguments.get(2) else {
        return Ok(options);
    };
    if !list.is_list() {
        return Err(badarg());
    }
    for option in list.list() {
        let name = |term: Term| context.machine.atoms.name(term);
        if let Some(&[key, scope]) = option.as_tuple_of()
            && name(key) == Some("scope")
        {
            let &[position, length] = scope.as_tuple_of().ok_or_else(badarg)?;
            options.scope = range(position, length, size).ok_or_else(badarg)?;
            continue;
        }
        match name(option) {
            Some("global") if for_split => options.global = true,
            Some("trim") if for_split => options.trim = true,
            Some("trim_all") if for_split => options.trim_all = true,
            _ => return Err(badarg()),
        }
    }
    Ok(options)
}

fn match_first(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let subject = arguments[0].as_binary().ok_or_else(badarg)?;
    let options = options(context, arguments, subject.len(), false)?;
    match places(context, &subject, options.scope, arguments[1], 1)?[..] {
        [place] => Ok(place_term(context, place)),
        _ => context.intern("nomatch"),
    }
}

fn place_term(context: &mut Context<'_>, (first, length): Place) -> Term {
    let heap = context.heap();
    let elements = [heap.unsigned(first as u64), heap.unsigned(length as u64)];
    heap.tuple(&elements)
}

fn match_all(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let subject = arguments[0].as_binary().ok_or_else(badarg)?;
    let options = options(context, arguments, subject.len(), false)?;
    let places = places(context, &subject, options.scope, arguments[1], usize::MAX)?;
    let places: Vec<Term> = places
        .into_iter()
        .map(|place| place_term(context, place))
        .collect();
    Ok(context.heap().list(&places))
}

fn split(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let subject = arguments[0].as_binary().ok_or_else(badarg)?;
    let options = options(context, arguments, subject.len(), true)?;
    let limit = if options.global { usize::MAX } else { 1 };
    let places = places(context, &subject, options.scope, arguments[1], limit)?;
    let (mut parts, mut start): (Vec<Place>, _) = (Vec::new(), 0);
    for (first, length) in places {
        parts.push((start, first - start));
        start = first + length;
    }
    parts.push((start, subject.len() - start));
    if options.trim_all {
        parts.retain(|(_, length)| *length > 0);
    } else if options.trim {
        let kept = parts.iter().rposition(|(_, length)| *length > 0);
        parts.truncate(kept.map_or(0, |last| last + 1));
    }
    let heap = context.heap();
    let parts: Vec<Term> = parts
        .into_iter()
        .map(|(first, length)| binary::make_sub(heap, arguments[0], first * 8, length * 8))
        .collect();
    Ok(heap.list(&parts))
}
