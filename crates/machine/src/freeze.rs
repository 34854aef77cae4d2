//! What can't be frozen, and what an image that is frozen leaves behind.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use brood_term::Term;
use brood_term::display::Display;

use crate::machine::{Halt, Machine};

#[cfg(test)]
mod tests;

/// Where `rand` and its predecessor keep a process' state, in its dictionary.
const SEEDS: [&str; 2] = ["rand_seed", "random_seed"];

/// Whether code can be loaded in clones of an image.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum CodeLoading {
    /// It can.
    #[default]
    Allowed,
    /// Not once the image is frozen: these files, which only loading needs, go then.
    UntilFrozen(Vec<Vec<u8>>),
    /// It can't.
    Refused,
}

impl Machine {
    /// Ends the machine if something can't be frozen, with the cause as its slogan.
    pub(crate) fn check_freezable(&mut self) {
        if let Some(cause) = self.unfreezable() {
            self.halt = Some(Halt::Slogan(format!("it can't be frozen: {cause}")));
        }
    }

    /// What can't be frozen: what belongs to the outside, of which clones would have to share one. The console, signals of
    /// the host and timers are nothing of that kind: each clone has its own, and asks for them anew.
    fn unfreezable(&self) -> Option<String> {
        if let Some((owner, name, what)) = self.ports.holding().next() {
            let owner = self.describe(owner);
            return Some(format!(
                "{owner} has the open port \"{name}\", which is {what}"
            ));
        }
        if let Some(owner) = self.native_terminal.owner() {
            let owner = self.describe(owner);
            return Some(format!("{owner} has set the mode of the terminal"));
        }
        let owner = self.open_files.owner_on_host()?;
        let owner = self.describe(owner);
        Some(format!("{owner} has a file open that is the host's"))
    }

    /// A process in words.
    fn describe(&self, pid: Term) -> String {
        let atoms = &self.atoms;
        let shown = |term| Display { term, atoms };
        let Some(process) = self.processes.get(pid) else {
            return format!("process {}", shown(pid));
        };
        if let Some(name) = process.registered_name {
            return format!("process {} ({})", shown(pid), shown(name));
        }
        let call = process.initial_call;
        let (module, function) = (shown(call.module), shown(call.function));
        let arity = call.arity;
        format!(
            "process {}, started with {module}:{function}/{arity},",
            shown(pid)
        )
    }

    /// Forgets what processes have seeded: all clones would draw the same numbers. Whoever draws one in a clone seeds
    /// anew; what a process keeps of it elsewhere than `rand` does can't be known.
    pub(crate) fn forget_seeds(&mut self) {
        let keys = SEEDS.map(|key| self.atoms.existing(key));
        for process in self.processes.iter_mut() {
            for key in keys.into_iter().flatten() {
                process.dictionary.erase(key);
            }
        }
    }

    /// From now on no code is loaded, if the package says so; what only loading needs goes.
    pub(crate) fn seal_code(&mut self) {
        if let CodeLoading::UntilFrozen(files) = &mut self.code_loading {
            for path in core::mem::take(files) {
                // One that the application itself has removed is none that takes room.
                let _ = self.present_files().delete_file(&path);
            }
            self.code_loading = CodeLoading::Refused;
            let unused: Vec<_> = self.code.ahead.take_all().collect();
            for module in unused {
                self.free_module(module);
            }
        }
    }
}
