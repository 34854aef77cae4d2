//! Loaded code: modules in two versions, exports, funs, and the way from a `.beam` file to them.
//!
//! | module | idea |
//! | --- | --- |
//! | [`operation`] | the table of internal operations |
//! | [`stream`] | reading code |
//! | [`export`] | functions called by name |
//! | [`module`] | one version of a module |
//! | [`loader`] | from a parsed file to a module: tables |
//! | `emit` | … writing code |
//! | `translate`, `translate_bits` | … and instructions: which generic operation becomes which internal one |
//! | [`boot`] | starting a machine from a package |

pub mod boot;
pub(crate) mod emit;
pub mod export;
pub mod loader;
pub mod module;
pub mod operation;
pub mod stream;
mod translate;
pub(crate) mod translate_bits;

use alloc::boxed::Box;
use alloc::vec::Vec;

use brood_term::{Atoms, FunEntry, Mfa, Term};
use hashbrown::HashMap;

use crate::bif::{AREAS, Bif};
use crate::context::Context;
use export::Export;
use module::{Module, Place};
use stream::Ip;

/// All code of a machine.
#[derive(Debug)]
pub struct CodeServer {
    bifs: HashMap<Mfa, Bif>,
    exports: HashMap<Mfa, &'static Export>,
    modules: HashMap<Term, Versions>,
    /// All code ever loaded, by address.
    by_address: Vec<&'static Module>,
    funs: HashMap<(Term, [u8; 16], u32), &'static FunEntry>,
    /// Modules that are prepared for loading, by the number of the reference that stands for them.
    prepared: HashMap<u64, &'static Module>,
    /// The modules that were loaded before anything ran.
    preloaded: Vec<Term>,
}

/// The versions of a module. A module that failed to load, or was deleted, has no current one.
#[derive(Debug, Default)]
struct Versions {
    current: Option<&'static Module>,
    old: Option<&'static Module>,
    /// Loaded, but not to be called before its `on_load` function has returned `ok`.
    on_load: Option<&'static Module>,
}

impl CodeServer {
    /// No modules; the BIFs of all areas.
    pub fn new(atoms: &mut Atoms) -> CodeServer {
        let mut bifs = HashMap::new();
        for entry in AREAS.iter().copied().flatten() {
            // The table's names are short and few: the atom table takes them.
            let mut atom = |text| atoms.intern(text).unwrap_or(brood_term::known::UNDEFINED);
            let (module, function) = (atom(entry.module), atom(entry.function));
            let mfa = Mfa {
                module,
                function,
                arity: u32::from(entry.arity),
            };
            let earlier = bifs.insert(mfa, entry.bif);
            debug_assert!(
                earlier.is_none(),
                "{}:{}/{} stands twice in the table of BIFs",
                entry.module,
                entry.function,
                entry.arity
            );
        }
        CodeServer {
            bifs,
            exports: HashMap::new(),
            modules: HashMap::new(),
            by_address: Vec::new(),
            funs: HashMap::new(),
            prepared: HashMap::new(),
            preloaded: Vec::new(),
        }
    }

    /// The BIF of that name.
    pub fn bif(&self, mfa: &Mfa) -> Option<Bif> {
        self.bifs.get(mfa).copied()
    }

    /// The export of that name, made if it isn't there.
    pub fn export(&mut self, mfa: Mfa) -> &'static Export {
        if let Some(export) = self.exports.get(&mfa) {
            return export;
        }
        let export = Export::leak(mfa, self.bif(&mfa));
        self.exports.insert(mfa, export);
        export
    }

    /// The export of that name, if it has code or is a BIF.
    pub fn defined(&self, mfa: &Mfa) -> Option<&'static Export> {
        self.exports
            .get(mfa)
            .copied()
            .filter(|export| export.is_defined())
    }

    /// Whether that function can be called: `erlang:function_exported/3`, which does not count BIFs.
    pub fn is_exported(&self, mfa: &Mfa) -> bool {
        self.exports
            .get(mfa)
            .is_some_and(|export| export.has_code())
    }

    /// The current version of a module.
    pub fn module(&self, name: Term) -> Option<&'static Module> {
        self.modules.get(&name)?.current
    }

    /// The old version of a module.
    pub fn old_module(&self, name: Term) -> Option<&'static Module> {
        self.modules.get(&name)?.old
    }

    /// The version of a module whose `on_load` function has not finished.
    pub fn on_load_module(&self, name: Term) -> Option<&'static Module> {
        self.modules.get(&name)?.on_load
    }

    /// The function that a module wants to be run when it is loaded.
    pub fn on_load_entry(&self, module: &Module) -> Option<Ip> {
        module.on_load.map(|offset| module.at(offset))
    }

    /// The names of the modules that have a current version.
    pub fn loaded(&self) -> impl Iterator<Item = Term> {
        self.modules
            .iter()
            .filter(|(_, versions)| versions.current.is_some())
            .map(|(name, _)| *name)
    }

    /// All exports.
    pub fn exports(&self) -> impl Iterator<Item = &'static Export> {
        self.exports.values().copied()
    }

    /// The entry for closures of a `fun` expression, made without code if it isn't there.
    #[allow(
        clippy::too_many_arguments,
        reason = "they are what an entry consists of"
    )]
    pub fn fun_entry(
        &mut self,
        module: Term,
        uniq: [u8; 16],
        index: u32,
        function: Term,
        arity: u32,
        free_count: u32,
        old_uniq: u32,
    ) -> &'static FunEntry {
        self.funs.entry((module, uniq, index)).or_insert_with(|| {
            Box::leak(Box::new(FunEntry {
                module,
                function,
                arity,
                free_count,
                index,
                old_uniq,
                uniq,
                address: core::cell::Cell::new(core::ptr::null()),
            }))
        })
    }

    /// Keeps a prepared module under a number.
    pub fn keep_prepared(&mut self, number: u64, module: &'static Module) {
        self.prepared.insert(number, module);
    }

    /// The prepared module with that number.
    pub fn prepared(&self, number: u64) -> Option<&'static Module> {
        self.prepared.get(&number).copied()
    }

    /// Whether a prepared module has an `on_load` function.
    pub fn has_on_load(&self, module: &Module) -> bool {
        module.on_load.is_some()
    }

    /// Forgets a prepared module.
    pub fn forget_prepared(&mut self, number: u64) {
        self.prepared.remove(&number);
    }

    /// Makes a prepared module current; the version that was current becomes old. With an `on_load` function it
    /// can't be called until [`CodeServer::finish_on_load`].
    pub fn install(&mut self, module: &'static Module) {
        let start = |module: &Module| module.code.as_ptr();
        let at = self
            .by_address
            .partition_point(|other| start(other) < start(module));
        self.by_address.insert(at, module);
        for (entry, offset) in &module.lambdas {
            entry.address.set(module.at(*offset).address());
        }
        if module.on_load.is_some() {
            self.modules.entry(module.name).or_default().on_load = Some(module);
        } else {
            self.make_current(module);
        }
    }

    fn make_current(&mut self, module: &'static Module) {
        self.retire(module.name);
        for &(function, arity, offset) in &module.exports {
            let mfa = Mfa {
                module: module.name,
                function,
                arity: u32::from(arity),
            };
            self.export(mfa).set_code(module.at(offset));
        }
        self.modules.entry(module.name).or_default().current = Some(module);
    }

    /// Ends the loading of a module with an `on_load` function. Gives whether there was one.
    pub fn finish_on_load(&mut self, name: Term, keep: bool) -> bool {
        let Some(module) = self
            .modules
            .get_mut(&name)
            .and_then(|versions| versions.on_load.take())
        else {
            return false;
        };
        if keep {
            self.make_current(module);
        }
        true
    }

    /// Makes the current version of a module old: its exports have no code any more. Gives whether there was one.
    pub fn retire(&mut self, name: Term) -> bool {
        let Some(versions) = self.modules.get_mut(&name) else {
            return false;
        };
        let Some(module) = versions.current.take() else {
            return false;
        };
        versions.old = Some(module);
        for &(function, arity, _) in &module.exports {
            let mfa = Mfa {
                module: name,
                function,
                arity: u32::from(arity),
            };
            if let Some(export) = self.exports.get(&mfa) {
                export.remove_code();
            }
        }
        true
    }

    /// Forgets the old version of a module: its funs have no code any more. Gives whether there was one.
    pub fn purge(&mut self, name: Term) -> bool {
        let Some(module) = self
            .modules
            .get_mut(&name)
            .and_then(|versions| versions.old.take())
        else {
            return false;
        };
        for (entry, offset) in &module.lambdas {
            if entry.address.get() == module.at(*offset).address() {
                entry.address.set(core::ptr::null());
            }
        }
        true
    }

    /// Notes that a module was loaded before anything ran.
    pub(super) fn note_preloaded(&mut self, name: Term) {
        self.preloaded.push(name);
    }

    /// The modules that were loaded before anything ran.
    pub fn preloaded(&self) -> &[Term] {
        &self.preloaded
    }

    /// The place of an address in code.
    pub fn place(&self, address: *const u64) -> Option<Place> {
        let after = self
            .by_address
            .partition_point(|module| module.code.as_ptr() <= address);
        let module = *self.by_address.get(after.checked_sub(1)?)?;
        module.place(module.offset_of(address)?)
    }

    /// What loaded modules call by name and is neither a BIF nor, when its module is loaded, exported by it:
    /// functions that should be in the table of BIFs.
    pub fn missing_bifs(&self) -> Vec<Mfa> {
        let mut missing: Vec<Mfa> = Vec::new();
        for module in self
            .modules
            .values()
            .filter_map(|versions| versions.current)
        {
            for export in &module.imports {
                let defined = export.is_defined();
                let ours = self.bifs.keys().any(|bif| bif.module == export.mfa.module);
                if !defined && (ours || self.module(export.mfa.module).is_some()) {
                    missing.push(export.mfa);
                }
            }
        }
        missing.sort_by_key(|mfa| (mfa.module.raw(), mfa.function.raw(), mfa.arity));
        missing.dedup();
        missing
    }
}

/// Whether a process is in the old code of a module, or returns to it.
pub fn process_runs_old(context: &mut Context<'_>, pid: Term, module: Term) -> bool {
    let Some(old) = context.machine.code.old_module(module) else {
        return false;
    };
    let Some(process) = context.process_mut(pid) else {
        return false;
    };
    let inside = |address: *const u64| old.offset_of(address).is_some();
    let mut stack = process
        .heap
        .stack_words()
        .iter()
        .filter(|word| word.is_header());
    inside(process.ip) || inside(process.cp) || stack.any(|word| inside(word.raw() as *const u64))
}
