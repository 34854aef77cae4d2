//! The native records that modules define.

use alloc::vec::Vec;

use brood_beam::RecordDefinition;
use brood_term::record::{self, Definition};
use brood_term::{Atoms, Heap, Term, compare};

use super::CodeServer;

/// What stands for the default of a field that has none. It is no value.
pub const NO_DEFAULT: Term = Term::catch(0);

/// The definition of a native record, all of it literals of its module.
#[derive(Clone, Copy, Debug)]
pub struct NativeRecord {
    /// What records refer to.
    pub definition: Term,
    /// A tuple of the defaults, in the order of the definition's keys.
    pub defaults: Term,
}

impl NativeRecord {
    /// The definition in the module of that name as its file has it, given what atoms and constants of the file are;
    /// `None` if two fields have the same name.
    pub(super) fn new(
        heap: &mut impl Heap,
        atoms: &Atoms,
        module: Term,
        parsed: &RecordDefinition,
        atom: impl Fn(u32) -> Term,
        defaults: &[Option<Term>],
    ) -> Option<NativeRecord> {
        let keys: Vec<Term> = parsed.fields.iter().map(|&(key, _)| atom(key)).collect();
        let (name, is_exported) = (atom(parsed.name), parsed.is_exported);
        let definition = record::define(heap, atoms, module, name, is_exported, &keys)?;
        let mut placed = alloc::vec![NO_DEFAULT; defaults.len()];
        for (place, default) in Definition::of(&definition).field_order().zip(defaults) {
            placed[place] = default.unwrap_or(NO_DEFAULT);
        }
        let defaults = heap.tuple(&placed);
        Some(NativeRecord {
            definition,
            defaults,
        })
    }

    /// A view of its definition.
    pub fn view(&self) -> Definition<'_> {
        Definition::of(&self.definition)
    }
}

impl CodeServer {
    /// The definition in the current version of a module.
    pub fn record(&self, module: Term, name: Term) -> Option<NativeRecord> {
        let records = &self.module(module)?.records;
        records
            .iter()
            .find(|record| record.view().name() == name)
            .copied()
    }

    /// The definition in the current version of a module that equals `definition`.
    pub fn canonical_definition(&self, definition: Term) -> Option<Term> {
        let view = Definition::of(&definition);
        self.record(view.module(), view.name())
            .map(|record| record.definition)
            .filter(|&canonical| compare::exact_eq(canonical, definition))
    }
}
