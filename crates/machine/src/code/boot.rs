//! Starting a machine from a package.
//!
//! A package is `{brood_package, 1, #{files => [{Path, Content}], preloaded => [{Name, Beam}], args => [binary()]}}` in
//! external term format: the files of the image, the modules that are loaded before anything runs, and the arguments of
//! `erl`, which `init` reads.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brood_term::external::{DecodeError, DecodeOptions, NodeIdentity, decode};
use brood_term::heap::Chunks;
use brood_term::{Mfa, SharedBinary, Term, known, map};
use thiserror::Error;

use super::loader::{CodeResolver, LoadError};
use crate::machine::Machine;
use crate::process::{Priority, SpawnOptions};

/// The version of packages that this machine starts from.
const PACKAGE_VERSION: Term = Term::small(1);

/// System processes that start before all others but `init`, in the order of their pids: module, function, priority.
const SYSTEM_PROCESSES: [(&str, &str, Priority); 5] = [
    ("erts_code_purger", "start", Priority::High),
    ("erts_literal_area_collector", "start", Priority::High),
    (
        "erts_dirty_process_signal_handler",
        "start",
        Priority::Normal,
    ),
    ("erts_dirty_process_signal_handler", "start", Priority::High),
    ("erts_dirty_process_signal_handler", "start", Priority::Max),
];

/// Why a machine can't start from a package.
#[derive(Debug, Error)]
pub enum BootError {
    /// It is not a term.
    #[error("the package: {0}")]
    Term(#[from] DecodeError),
    /// It is a term of another form, or of a version that this machine does not know.
    #[error("the package is not {{brood_package, 1, #{{files, preloaded, args}}}}: {0}")]
    Form(&'static str),
    /// A file has no place.
    #[error("file {0}: {1}")]
    File(String, &'static str),
    /// A module can't be loaded.
    #[error("module {0}: {1}")]
    Module(String, LoadError),
    /// There is no module to start with.
    #[error("no module erl_init in the package")]
    NoInit,
}

impl Machine {
    /// Loads what the package has and makes the processes that a machine starts with.
    ///
    /// # Errors
    ///
    /// What is wrong with the package.
    pub fn boot(&mut self, package: &[u8]) -> Result<(), BootError> {
        let mut heap = Chunks::new();
        let resolver = &mut CodeResolver(&mut self.code);
        let options = DecodeOptions::default();
        let package = decode(
            &mut heap,
            &mut self.atoms,
            package,
            NodeIdentity::NONODE,
            options,
            resolver,
        )?;
        let Some(&[tag, PACKAGE_VERSION, contents]) = package.term.as_tuple_of::<3>() else {
            return Err(BootError::Form("no triple of version 1"));
        };
        if self.atoms.text(tag) != "brood_package" {
            return Err(BootError::Form("another tag"));
        }
        let field = |name: &'static str| {
            let key = self.atoms.existing(name);
            key.and_then(|key| map::get(contents, key))
                .ok_or(BootError::Form(name))
        };
        let (files, preloaded, arguments) = (field("files")?, field("preloaded")?, field("args")?);
        for file in files.list() {
            let Some(&[path, content]) = file.as_tuple_of::<2>() else {
                return Err(BootError::Form("files"));
            };
            let (Some(path), Some(content)) = (path.as_binary(), SharedBinary::of(content)) else {
                return Err(BootError::Form("files"));
            };
            self.files.install(&path, &content).map_err(|error| {
                BootError::File(String::from_utf8_lossy(&path).into_owned(), error.name())
            })?;
        }
        for module in preloaded.list() {
            let beam = module.as_tuple_of::<2>().map(|&[name, beam]| (name, beam));
            let Some((name, beam)) = beam else {
                return Err(BootError::Form("preloaded"));
            };
            let bytes = beam.as_binary().ok_or(BootError::Form("preloaded"))?;
            let loaded = self.load_module(&bytes);
            let loaded = loaded
                .map_err(|error| BootError::Module(self.atoms.text(name).to_string(), error))?;
            self.code.note_preloaded(loaded);
        }
        self.spawn_system(arguments)
    }

    /// Spawns `init`, through `erl_init` as ERTS does, and the system processes.
    fn spawn_system(&mut self, arguments: Term) -> Result<(), BootError> {
        let mut atom = |text: &str| self.atoms.intern(text).unwrap_or(known::UNDEFINED);
        let (erl_init, start) = (atom("erl_init"), known::START);
        let processes: Vec<(Mfa, Priority)> = SYSTEM_PROCESSES
            .iter()
            .map(|&(module, function, priority)| {
                (
                    Mfa {
                        module: atom(module),
                        function: atom(function),
                        arity: 0,
                    },
                    priority,
                )
            })
            .collect();
        let first = Mfa {
            module: erl_init,
            function: start,
            arity: 2,
        };
        if self.code.defined(&first).is_none() {
            return Err(BootError::NoInit);
        }
        let leader = Term::NONE;
        let options = SpawnOptions::default();
        let init = self.spawn(
            Term::NONE,
            leader,
            first,
            &[known::INIT, arguments],
            &options,
        );
        let parent = init.unwrap_or(Term::NONE);
        self.ports.open_console(parent);
        for (mfa, priority) in processes {
            if self.code.module(mfa.module).is_some() {
                let options = SpawnOptions {
                    priority,
                    ..SpawnOptions::default()
                };
                self.spawn(parent, parent, mfa, &[], &options);
            }
        }
        Ok(())
    }
}
