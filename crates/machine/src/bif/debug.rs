//! The module `erts_debug`, without the internal state.

use alloc::string::ToString;
use alloc::vec::Vec;

use brood_term::copy::copy_out;
use brood_term::display::Display;
use brood_term::{Heap, Term, known, map};
use hashbrown::{HashMap, HashSet};

use super::trace::selection;
use super::{BifResult, Entry, entry};
use crate::code::breakpoint::{Kinds, Meta, Switch};
use crate::code::operation::Operation;
use crate::context::Context;
use crate::exception::{badarg, error};
use crate::platform::ConsoleStream;
use crate::tracing::pattern::Pattern;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_debug", "breakpoint", 2, breakpoint_2),
    entry("erts_debug", "display", 1, display_1),
    entry("erts_debug", "size_shared", 1, size_shared_1),
    entry("erts_debug", "copy_shared", 2, copy_shared_2),
    entry("erts_debug", "map_info", 1, map_info_1),
    entry("erts_debug", "instructions", 0, instructions_0),
    entry("erts_debug", "disassemble", 1, disassemble_1),
    entry("erts_debug", "lcnt_control", 1, no_locks),
    entry("erts_debug", "lcnt_control", 2, no_locks),
    entry("erts_debug", "lcnt_collect", 0, lock_counting_is_off),
    entry("erts_debug", "lcnt_clear", 0, lock_counting_is_off),
];

/// Lets the error handler have calls of functions, or no longer. Gives how many functions are meant.
fn breakpoint_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let on = arguments[1].as_boolean().ok_or_else(badarg)?;
    let &[module, function, arity] = arguments[0].as_tuple_of::<3>().ok_or_else(badarg)?;
    let selection = selection(module, function, arity).ok_or_else(badarg)?;
    let switch = if on {
        Switch::On {
            pattern: Pattern::default(),
            meta: Meta {
                tracer: Term::NONE,
                pattern: Pattern::default(),
            },
        }
    } else {
        Switch::Off
    };
    let code = &mut context.machine.code;
    let count = code.switch_breakpoints(&selection, Kinds::DEBUG, &switch);
    Ok(Term::small(count as i64))
}

/// Prints the term and gives what was printed.
fn display_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let atoms = &context.machine.atoms;
    let mut text = Display {
        term: arguments[0],
        atoms,
    }
    .to_string();
    text.push('\n');
    let platform = &mut context.machine.platform;
    platform.console_write(ConsoleStream::Output, text.as_bytes());
    Ok(context.heap().string(&text))
}

/// The words that a term takes, what it shares with itself counted once and literals not at all.
fn size_shared_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut seen: HashSet<u64> = HashSet::new();
    let mut pending = Vec::from([arguments[0]]);
    let mut words = 0;
    while let Some(term) = pending.pop() {
        if !term.is_pointer() || context.machine.literals.contains(term) || !seen.insert(term.raw())
        {
            continue;
        }
        if let Some((head, tail)) = term.as_cons() {
            words += 2;
            pending.extend([head, tail]);
        } else if let Some(header) = term.boxed_header() {
            words += 1 + header.arity();
            pending.extend(&term.boxed_words()[header.raw_words()..]);
        }
    }
    context.charge(seen.len() / 10);
    Ok(context.heap().unsigned(words as u64))
}

/// A copy in which what is shared stays so; the second argument says whether literals are copied, too.
fn copy_shared_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [term, with_literals] = *arguments else {
        return Err(badarg());
    };
    let with_literals = with_literals.as_boolean().ok_or_else(badarg)?;
    let (mut copy, literals) = (term, &context.machine.literals);
    let copied = |term| with_literals || !literals.contains(term);
    copy_out(
        &mut copy,
        &mut context.process.heap,
        copied,
        &mut HashMap::new(),
    );
    Ok(copy)
}

/// Of a map that is a trie: `[{depth, Levels}, {arrays, Nodes, []}, {bitmaps, Nodes, BySize}, {leafs, Keys, ByLevel}]`, where
/// `BySize` counts nodes of one child, two and so on, and `ByLevel` keys that so many steps lead to.
fn map_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    const COLUMNS: usize = 16;
    let map = arguments[0];
    if map::size(map).is_none() {
        let heap = context.heap();
        let reason = heap.tuple(&[known::BADMAP, map]);
        return Err(error(reason));
    }
    if map::as_flat(&map).is_some() {
        return Err(badarg());
    }
    let (mut depth, mut arrays, mut keys) = (0, 0, 0);
    let (mut by_size, mut by_level) = ([0; COLUMNS], [0; COLUMNS]);
    let mut pending = Vec::from([(map, 0)]);
    while let Some((term, level)) = pending.pop() {
        depth = depth.max(level);
        if !term.is_map() {
            keys += 1;
            by_level[level.min(COLUMNS - 1)] += 1;
            continue;
        }
        let (_, children) = map::node(&term);
        if children.len() == COLUMNS {
            arrays += 1;
        } else {
            by_size[children.len().saturating_sub(1)] += 1;
        }
        pending.extend(children.iter().map(|&child| (child, level + 1)));
    }
    let names = ["depth", "arrays", "bitmaps", "leafs"];
    let [depth_key, arrays_key, bitmaps_key, leafs_key] =
        names.map(|name| context.machine.atom(name));
    let bitmaps = by_size.iter().sum();
    let heap = context.heap();
    let [by_size, by_level] =
        [by_size, by_level].map(|counts| heap.tuple(&counts.map(Term::small)));
    let items = [
        heap.tuple(&[depth_key, Term::small(depth as i64)]),
        heap.tuple(&[arrays_key, Term::small(arrays), Term::NIL]),
        heap.tuple(&[bitmaps_key, Term::small(bitmaps), by_size]),
        heap.tuple(&[leafs_key, Term::small(keys), by_level]),
    ];
    Ok(heap.list(&items))
}

/// The names of the operations that code consists of.
fn instructions_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let heap = context.heap();
    let names: Vec<Term> = Operation::NAMES
        .iter()
        .map(|name| heap.string(name))
        .collect();
    Ok(heap.list(&names))
}

/// Code is not shown: OTP's answer where it is machine code.
fn disassemble_1(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::FALSE)
}

/// OTP's answer where locks are not counted. There are none.
fn no_locks(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Err(badarg())
}

/// As [`no_locks`].
fn lock_counting_is_off(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::ERROR)
}
