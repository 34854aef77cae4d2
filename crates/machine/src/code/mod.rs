//! Loaded code: modules in two versions, exports, funs, and the way from a `.beam` file to them.
//!
//! | module | idea |
//! | --- | --- |
//! | [`operation`] | the table of internal operations |
//! | [`stream`] | reading code |
//! | [`breakpoint`] | how calls are traced |
//! | [`export`] | functions called by name |
//! | [`module`] | one version of a module |
//! | [`record`] | definitions of native records |
//! | [`purge`] | the end of old versions |
//! | [`ahead`] | code that was prepared ahead of time |
//! | [`loader`] | from a parsed file to a module: tables |
//! | `emit` | … writing code |
//! | `translate`, `translate_bits` | … and instructions: which generic operation becomes which internal one |
//! | [`boot`] | starting a machine from a package; `boot_flags`: with flags of `erl` |

pub mod ahead;
pub mod boot;
mod boot_flags;
pub mod breakpoint;
pub(crate) mod emit;
pub mod export;
pub mod loader;
pub mod module;
pub mod operation;
pub mod purge;
pub mod record;
mod specialise;
pub mod stream;
mod translate;
pub(crate) mod translate_bits;
mod translate_records;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use brood_term::{Atoms, FunEntry, Mfa, Term};
use hashbrown::HashMap;

use crate::bif::{AREAS, Bif};
use crate::context::Context;
use ahead::PreparedAhead;
use breakpoint::Breakpoints;
use export::Export;
use module::{Module, Place};
use purge::{Abandoned, Prepared, Purge};

/// BIFs that OTP's loader has instructions for, so that calls in code are not traced.
const INSTRUCTIONS: [(&str, &str, u32); 5] = [
    ("erlang", "apply", 2),
    ("erlang", "apply", 3),
    ("erlang", "hibernate", 3),
    ("erlang", "yield", 0),
    ("os", "perf_counter", 0),
];

/// All code of a machine.
#[derive(Debug)]
pub struct CodeServer {
    bifs: HashMap<Mfa, Bif>,
    exports: HashMap<Mfa, &'static Export>,
    modules: HashMap<Term, Versions>,
    /// All code that processes may be in, by address.
    by_address: Vec<Rc<Module>>,
    funs: HashMap<(Term, [u8; 16], u32), &'static FunEntry>,
    /// Modules that were prepared for loading and never loaded.
    abandoned: Abandoned,
    /// The purge that has begun.
    purge: Option<Purge>,
    /// BIFs that OTP has instructions for.
    instructions: [Mfa; INSTRUCTIONS.len()],
    /// How calls are traced.
    pub breakpoints: Breakpoints,
    /// Modules that were prepared before anybody asked for them.
    pub ahead: PreparedAhead,
    /// The modules that were loaded before anything ran.
    preloaded: Vec<Term>,
}

/// The versions of a module. A module that failed to load, or was deleted, has no current one.
#[derive(Debug, Default)]
struct Versions {
    current: Option<Rc<Module>>,
    old: Option<Rc<Module>>,
    /// Loaded, but not to be called before its `on_load` function has returned `ok`.
    on_load: Option<Rc<Module>>,
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
            abandoned: Abandoned::default(),
            purge: None,
            instructions: INSTRUCTIONS.map(|(module, function, arity)| Mfa {
                module: atoms.intern(module).unwrap_or(brood_term::known::UNDEFINED),
                function: atoms
                    .intern(function)
                    .unwrap_or(brood_term::known::UNDEFINED),
                arity,
            }),
            breakpoints: Breakpoints::default(),
            ahead: PreparedAhead::default(),
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
        let export = Export::leak(mfa, self.bif(&mfa), self.instructions.contains(&mfa));
        self.exports.insert(mfa, export);
        export
    }

    /// Whether something names that function.
    pub fn knows_export(&self, mfa: &Mfa) -> bool {
        self.exports.contains_key(mfa)
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
    pub fn module(&self, name: Term) -> Option<&Rc<Module>> {
        self.modules.get(&name)?.current.as_ref()
    }

    /// The old version of a module.
    pub fn old_module(&self, name: Term) -> Option<&Rc<Module>> {
        self.modules.get(&name)?.old.as_ref()
    }

    /// The version of a module whose `on_load` function has not finished.
    pub fn on_load_module(&self, name: Term) -> Option<&Rc<Module>> {
        self.modules.get(&name)?.on_load.as_ref()
    }

    /// Whether a module of this name was ever loaded.
    pub fn knows_module(&self, name: Term) -> bool {
        self.modules.contains_key(&name)
    }

    /// The names of the modules that have a current or an old version.
    pub fn loaded(&self) -> impl Iterator<Item = Term> {
        self.modules
            .iter()
            .filter(|(_, versions)| versions.current.is_some() || versions.old.is_some())
            .map(|(name, _)| *name)
    }

    /// How many words all code takes, about.
    pub fn words(&self) -> usize {
        self.by_address.iter().map(|module| module.words()).sum()
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

    /// The entries of all `fun` expressions.
    pub(crate) fn funs(&self) -> impl Iterator<Item = &'static FunEntry> {
        self.funs.values().copied()
    }

    /// What may be loaded later.
    pub fn prepared(&self, module: Rc<Module>) -> Prepared {
        Prepared::new(module, &self.abandoned)
    }

    /// Modules that were prepared and will never be loaded, since nobody refers to them.
    pub(crate) fn take_abandoned(&mut self) -> Vec<Rc<Module>> {
        self.abandoned.take()
    }

    /// Makes a prepared module current; the version that was current becomes old. With an `on_load` function it
    /// can't be called until [`CodeServer::finish_on_load`].
    pub fn install(&mut self, module: Rc<Module>) {
        let start = |module: &Module| module.start();
        let at = self
            .by_address
            .partition_point(|other| start(other) < start(&module));
        self.by_address.insert(at, module.clone());
        for (entry, offset) in &module.lambdas {
            entry.address.set(module.at(*offset).address());
        }
        if module.on_load.is_some() {
            // The current version stays, but is traced no longer.
            if let Some(current) = self.module(module.name).cloned() {
                self.clear_breakpoints(&current);
            }
            let versions = self.modules.entry(module.name).or_default();
            versions.on_load = Some(module);
        } else {
            self.make_current(module);
        }
    }

    /// Forgets the addresses of a version that nobody is in any more.
    pub(crate) fn forget_addresses(&mut self, module: &Rc<Module>) {
        self.by_address.retain(|other| !Rc::ptr_eq(other, module));
    }

    fn make_current(&mut self, module: Rc<Module>) {
        self.retire(module.name);
        for &(function, arity, offset) in &module.exports {
            let mfa = Mfa {
                module: module.name,
                function,
                arity: u32::from(arity),
            };
            self.export(mfa).set_code(module.at(offset));
        }
        let name = module.name;
        self.modules.entry(name).or_default().current = Some(module);
        self.set_breakpoints_on_load(name);
    }

    /// Makes a module current whose `on_load` function succeeded. Gives whether there was one.
    pub fn finish_on_load(&mut self, name: Term) -> bool {
        let versions = self.modules.get_mut(&name);
        let Some(module) = versions.and_then(|versions| versions.on_load.take()) else {
            return false;
        };
        self.make_current(module);
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
        self.clear_breakpoints(&module);
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
        self.modules.entry(name).or_default().old = Some(module);
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

    /// How many words all code takes.
    pub fn code_words(&self) -> usize {
        self.by_address
            .iter()
            .map(|module| module.code_words())
            .sum()
    }

    /// The place of an address in code.
    pub fn place(&self, address: *const u64) -> Option<Place> {
        let (module, offset) = self.find(address)?;
        module.place(offset)
    }

    /// The function that an address in code is in, and how many bytes behind its start.
    pub(crate) fn function_at(&self, address: *const u64) -> Option<(Mfa, usize)> {
        let (module, offset) = self.find(address)?;
        let (mfa, words) = module.function_at(offset)?;
        Some((mfa, words * size_of::<u64>()))
    }

    /// The module whose code an address is in, and the offset there.
    fn find(&self, address: *const u64) -> Option<(&Module, u32)> {
        let after = self
            .by_address
            .partition_point(|module| module.start() <= address);
        let module = self.by_address.get(after.checked_sub(1)?)?;
        Some((module, module.offset_of(address)?))
    }

    /// What loaded modules call by name and is neither a BIF nor, when its module is loaded, exported by it:
    /// functions that should be in the table of BIFs.
    pub fn missing_bifs(&self) -> Vec<Mfa> {
        let mut missing: Vec<Mfa> = Vec::new();
        for module in self
            .modules
            .values()
            .filter_map(|versions| versions.current.as_ref())
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
    let Some(old) = context.machine.code.old_module(module).cloned() else {
        return false;
    };
    context
        .process_mut(pid)
        .is_some_and(|process| old.is_run_by(process))
}
