//! `erlang:memory/0,1`.

use alloc::vec::Vec;

use brood_term::{Heap, Term};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::crash_dump::View;
use crate::exception::{Control, badarg};
use crate::machine::Machine;
use crate::process::Process;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "memory", 0, memory_0),
    entry("erlang", "memory", 1, memory_1),
];

const WORD_BYTES: usize = size_of::<Term>();

/// What memory is used for, in bytes.
struct Memory {
    processes: usize,
    processes_used: usize,
    atom: usize,
    binary: usize,
    code: usize,
    ets: usize,
    /// The machine's tables.
    other: usize,
}

fn measure(view: &View<'_>) -> Memory {
    let (mut processes_words, mut used_words, mut binary) = (0, 0, 0);
    for process in view.all_processes() {
        processes_words += process.heap.total_heap_size();
        used_words += process.heap.used_words() + process.heap.stack_size();
        binary += process.heap.binary_bytes();
    }
    let word = WORD_BYTES;
    let structures = view.processes.count() * size_of::<Process>();
    // A text, and twice (in the table and its index) where it is.
    let atom_bytes =
        |index: usize| view.atoms.text(Term::atom(index as u32)).len() + 2 * size_of::<&str>();
    Memory {
        processes: processes_words * word + structures,
        processes_used: used_words * word + structures,
        atom: (0..view.atoms.count()).map(atom_bytes).sum(),
        binary,
        code: (view.literals.used_words() + view.code.code_words()) * word,
        ets: view.tables.memory_words() * word,
        other: size_of::<Machine>() + view.processes.slots() * word + view.timers.memory_bytes(),
    }
}

impl Memory {
    fn item(&self, name: &str) -> Option<usize> {
        let system = self.atom + self.binary + self.code + self.ets + self.other;
        Some(match name {
            "total" => self.processes + system,
            "processes" => self.processes,
            "processes_used" => self.processes_used,
            "system" => system,
            "atom" | "atom_used" => self.atom,
            "binary" => self.binary,
            "code" => self.code,
            "ets" => self.ets,
            _ => return None,
        })
    }
}

const MEMORY_ITEMS: [&str; 9] = [
    "total",
    "processes",
    "processes_used",
    "system",
    "atom",
    "atom_used",
    "binary",
    "code",
    "ets",
];

fn selected(context: &mut Context<'_>, items: &[Term]) -> Result<Term, Control> {
    let memory = measure(&view(context));
    let mut pairs = Vec::new();
    for &item in items {
        let name = context.machine.atoms.name(item).ok_or_else(badarg)?;
        let bytes = memory.item(name).ok_or_else(badarg)?;
        let value = context.heap().unsigned(bytes as u64);
        pairs.push(context.heap().tuple(&[item, value]));
    }
    Ok(context.heap().list(&pairs))
}

/// All items by name, in bytes.
pub(crate) fn items(view: &View<'_>) -> Vec<(&'static str, usize)> {
    let memory = measure(view);
    let item = |name| (name, memory.item(name).unwrap_or(0));
    MEMORY_ITEMS.map(item).to_vec()
}

/// Those of OTP's areas that are here, by name, in bytes.
pub(crate) fn areas(view: &View<'_>) -> [(&'static str, usize); 4] {
    [
        ("atom_space", measure(view).atom),
        ("loaded_code", view.code.code_words() * WORD_BYTES),
        ("bif_timer", view.timers.memory_bytes()),
        ("process_table", view.processes.slots() * WORD_BYTES),
    ]
}

fn view<'a>(context: &'a mut Context<'_>) -> View<'a> {
    View::of(context.machine, Some(context.process)).0
}

/// All items: `[{Item, Bytes}]`.
pub(super) fn memory_list(context: &mut Context<'_>) -> BifResult {
    let items = MEMORY_ITEMS.map(|item| context.machine.atom(item));
    selected(context, &items)
}

fn memory_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    memory_list(context)
}

fn memory_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if arguments[0].is_list() {
        arguments[0].list_length().ok_or_else(badarg)?;
        let items: Vec<Term> = arguments[0].list().collect();
        return selected(context, &items);
    }
    let name = context
        .machine
        .atoms
        .name(arguments[0])
        .ok_or_else(badarg)?;
    let bytes = measure(&view(context)).item(name).ok_or_else(badarg)?;
    Ok(context.heap().unsigned(bytes as u64))
}
