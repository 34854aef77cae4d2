//! The end of a version of a module: purging old code, and code that never was loaded.
//!
//! A purge has two phases, between which `erts_code_purger` looks for processes that are in the old code, or return to
//! it, and kills them or gives up. So that none enters the code meanwhile, its funs have no code while the purge lasts:
//! processes that call one are suspended and try again when the purge is over.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem::take;

use brood_term::{FunEntry, Term};

use super::CodeServer;
use super::module::Module;
use crate::machine::Machine;

/// A purge that has begun.
#[derive(Debug)]
pub struct Purge {
    module: Term,
    /// The funs of the old code, with their addresses.
    funs: Vec<(&'static FunEntry, *const u64)>,
    /// Processes that wait for its end.
    suspended: Vec<Term>,
    /// What was the old version, where the one that is purged is of an `on_load` function that failed.
    saved_old: Option<Rc<Module>>,
}

/// What is left to do after a purge.
#[derive(Debug)]
pub struct Purged {
    /// The version that was purged.
    pub module: Option<Rc<Module>>,
    /// Processes that waited for the end of the purge.
    pub suspended: Vec<Term>,
}

impl CodeServer {
    /// Begins to purge the old version of a module; with `on_load`, that of an `on_load` function that failed. Gives
    /// whether there is one; `None` if another purge has begun.
    pub fn prepare_purge(&mut self, name: Term, on_load: bool) -> Option<bool> {
        if self.purge.is_some() {
            return None;
        }
        let Some(versions) = self.modules.get_mut(&name) else {
            return Some(false);
        };
        let mut saved_old = None;
        if on_load {
            let Some(failed) = versions.on_load.take() else {
                return Some(false);
            };
            saved_old = versions.old.replace(failed);
        }
        let Some(old) = &versions.old else {
            return Some(false);
        };
        let mut funs = Vec::new();
        for (entry, offset) in &old.lambdas {
            let address = old.at(*offset).address();
            // A version that was loaded twice has its funs in the new code.
            if entry.address.get() == address {
                entry.address.set(core::ptr::null());
                funs.push((*entry, address));
            }
        }
        self.purge = Some(Purge {
            module: name,
            funs,
            suspended: Vec::new(),
            saved_old,
        });
        Some(true)
    }

    /// Notes that a process waits for the end of the purge, if that is what keeps a fun from being called.
    pub fn await_purge(&mut self, entry: &FunEntry, pid: Term) -> bool {
        match &mut self.purge {
            Some(purge) if purge.funs.iter().any(|(fun, _)| core::ptr::eq(*fun, entry)) => {
                purge.suspended.push(pid);
                true
            }
            _ => false,
        }
    }

    /// Gives up the purge of a module: its funs can be called again. `None` if it has not begun.
    pub fn abort_purge(&mut self, name: Term) -> Option<Purged> {
        let purge = self.take_purge(name)?;
        for (entry, address) in purge.funs {
            if entry.address.get().is_null() {
                entry.address.set(address);
            }
        }
        Some(Purged {
            module: None,
            suspended: purge.suspended,
        })
    }

    /// Ends the purge of a module, which then has no old version. `None` if it has not begun.
    pub fn complete_purge(&mut self, name: Term) -> Option<Purged> {
        let purge = self.take_purge(name)?;
        let versions = self.modules.entry(name).or_default();
        let module = core::mem::replace(&mut versions.old, purge.saved_old);
        Some(Purged {
            module,
            suspended: purge.suspended,
        })
    }

    fn take_purge(&mut self, name: Term) -> Option<Purge> {
        self.purge.take_if(|purge| purge.module == name)
    }
}

impl Machine {
    /// Whether a process that does not run is in the old code of a module, or returns to it.
    pub fn runs_old_code(&self, pid: Term, module: Term) -> bool {
        let process = self.processes.get(pid);
        let old = self.code.old_module(module);
        process.is_some_and(|process| old.is_some_and(|old| old.is_run_by(process)))
    }
}

/// A module that is prepared for loading: what a reference holds.
#[derive(Debug)]
pub struct Prepared {
    /// Its name.
    pub name: Term,
    /// Whether it has a function to be run when it is loaded.
    pub has_on_load: bool,
    module: RefCell<Option<Rc<Module>>>,
    abandoned: Abandoned,
}

/// Where prepared modules go that nobody refers to any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Abandoned(Rc<RefCell<Vec<Rc<Module>>>>);

impl Abandoned {
    pub(super) fn take(&self) -> Vec<Rc<Module>> {
        take(&mut *self.0.borrow_mut())
    }
}

impl Prepared {
    pub(super) fn new(module: Rc<Module>, abandoned: &Abandoned) -> Prepared {
        Prepared {
            name: module.name,
            has_on_load: module.has_on_load(),
            module: RefCell::new(Some(module)),
            abandoned: abandoned.clone(),
        }
    }

    /// Whether it has not been loaded.
    pub fn is_there(&self) -> bool {
        self.module.borrow().is_some()
    }

    /// The module, once.
    pub fn take(&self) -> Option<Rc<Module>> {
        self.module.take()
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let module = self.module.take();
        self.abandoned.0.borrow_mut().extend(module);
    }
}
