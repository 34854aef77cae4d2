//! Starting a machine from a package.
//!
//! A package is `{brood_package, 1, #{files => [{Path, Content}], preloaded => [{Name, Beam}], args => [binary()]}}` in
//! external term format: the files of the image, the modules that are loaded before anything runs, and the arguments of
//! `erl`, which `init` reads. More keys may be there:
//!
//! * `nobeam => true`: when the image has been frozen no code is loaded any more, and what only that needs goes;
//! * `otp => {Release :: binary(), EmulatorVersion :: binary()}`: [which OTP](crate::otp) its modules are of;
//! * `known => [{Path, [Name]}]`: directories, and all that a host has in them beside what is in the package, so that it
//!   isn't asked for anything else there;
//! * `prepare => [Path]`: files of the package that are [prepared ahead](super::ahead) of time;
//! * `freeze => ready | before_boot`: when the image is frozen. With `ready`, which is the default, the boot script runs, and
//!   its last step asks for it. With `before_boot` all is frozen that stands before the first Erlang instruction, and each
//!   clone boots, with the arguments, the environment and the working directory that its own argument says:
//!   `{boot, #{arguments => [binary()], environment => [{Name, Value}], directory => binary()}}`, and with
//!   `flags => [{Name, Value}]` with those [flags](super::boot_flags).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brood_term::external::{DecodeError, DecodeOptions, NodeIdentity, decode};
use brood_term::heap::Chunks;
use brood_term::{Mfa, OwnedTerm, SharedBinary, Term, known, map};
use hashbrown::HashMap;
use thiserror::Error;

use super::loader::{CodeResolver, LoadError};
use crate::files::PosixError;
use crate::freeze::CodeLoading;
use crate::host_signal::Interrupt;
use crate::machine::Machine;
use crate::otp::Otp;
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
    /// The argument of a clone that is to boot.
    #[error(
        "the argument is not {{boot, #{{arguments, environment, directory}}}}, which this image is booted with: {0}"
    )]
    Argument(&'static str),
    /// A flag isn't known, or can't have its value.
    #[error("the flag {0}, or its value, is unknown")]
    Flag(&'static str),
    /// A clone can't begin in its working directory.
    #[error("working directory {0}: {1}")]
    Directory(String, &'static str),
}

fn named_otp(otp: Term) -> Option<Otp> {
    let &[release, emulator] = otp.as_tuple_of::<2>()?;
    let text = |part: Term| String::from_utf8(part.as_binary()?.to_vec()).ok();
    Some(Otp {
        release: text(release)?,
        emulator: text(emulator)?,
    })
}

impl Machine {
    /// Loads what the package has and makes the processes that a machine starts with. An image that is frozen before its
    /// boot is frozen here.
    ///
    /// # Errors
    ///
    /// What is wrong with the package, or with the argument of a clone that is to boot.
    pub fn boot(&mut self, package: &[u8]) -> Result<(), BootError> {
        let package = self.decode_for_boot(package)?;
        let Some(&[tag, PACKAGE_VERSION, contents]) = package.term().as_tuple_of::<3>() else {
            return Err(BootError::Form("no triple of version 1"));
        };
        if self.atoms.text(tag) != "brood_package" {
            return Err(BootError::Form("another tag"));
        }
        let mandatory = |name| self.field(contents, name).ok_or(BootError::Form(name));
        let files = mandatory("files")?;
        let preloaded = mandatory("preloaded")?;
        let arguments = mandatory("args")?;
        if let Some(otp) = self.field(contents, "otp") {
            self.otp = named_otp(otp).ok_or(BootError::Form("otp"))?;
        }
        let ahead = self.field(contents, "prepare").unwrap_or(Term::NIL);
        let freeze = self.field(contents, "freeze");
        let before_boot = match freeze.map(|freeze| self.atoms.name(freeze)) {
            None | Some(Some("ready")) => false,
            Some(Some("before_boot")) => true,
            Some(_) => return Err(BootError::Form("freeze")),
        };
        let nobeam = self.field(contents, "nobeam") == Some(known::TRUE);
        if nobeam && before_boot {
            return Err(BootError::Form(
                "nobeam, of an image that loads its code when it boots",
            ));
        }
        self.install_files(files, nobeam)?;
        self.learn_names(self.field(contents, "known").unwrap_or(Term::NIL))?;
        for module in preloaded.list() {
            self.preload(module)?;
        }
        self.prepare_files(ahead, files)?;
        if !before_boot {
            return self.spawn_system(arguments);
        }
        drop(package);
        self.freeze();
        self.starts_now();
        self.boot_clone()
    }

    fn decode_for_boot(&mut self, bytes: &[u8]) -> Result<OwnedTerm, DecodeError> {
        let mut heap = Chunks::new();
        let resolver = &mut CodeResolver(&mut self.code);
        let options = DecodeOptions::default();
        let identity = NodeIdentity::NONODE;
        let atoms = &mut self.atoms;
        let decoded = decode(&mut heap, atoms, bytes, identity, options, resolver)?;
        Ok(OwnedTerm::from_parts(decoded.term, heap))
    }

    /// The value of a key in a map.
    fn field(&self, map: Term, key: &str) -> Option<Term> {
        map::get(map, self.atoms.existing(key)?)
    }

    /// `[{Path, [Name]}]`, of directories.
    fn learn_names(&mut self, directories: Term) -> Result<(), BootError> {
        let malformed = BootError::Form("known");
        for directory in directories.list() {
            let &[path, names] = directory.as_tuple().unwrap_or_default() else {
                return Err(malformed);
            };
            let name = |name: Term| Some(Box::from(&*name.as_binary()?));
            let names: Option<BTreeSet<Box<[u8]>>> = names.list().map(name).collect();
            let (Some(path), Some(names)) = (path.as_binary(), names) else {
                return Err(malformed);
            };
            self.files.know(&path, names).map_err(|error| {
                BootError::File(String::from_utf8_lossy(&path).into_owned(), error.name())
            })?;
        }
        Ok(())
    }

    /// `[{Path, Content}]`. What only loading needs lies together if that goes before the image is frozen.
    fn install_files(&mut self, files: Term, nobeam: bool) -> Result<(), BootError> {
        let failure = |path: &[u8], error: PosixError| {
            BootError::File(String::from_utf8_lossy(path).into_owned(), error.name())
        };
        let form = || BootError::Form("files");
        let files: Vec<Term> = files.list().collect();
        let mut code = Vec::new();
        for file in &files {
            let [path, content] = file.as_tuple_of::<2>().ok_or_else(form)?;
            let path = path.as_binary().ok_or_else(form)?;
            if nobeam && path.ends_with(b".beam") {
                code.push((path, content.as_binary().ok_or_else(form)?));
            } else {
                let content = SharedBinary::of(*content).ok_or_else(form)?;
                self.files
                    .install(&path, &content)
                    .map_err(|error| failure(&path, error))?;
            }
        }
        if nobeam {
            self.files
                .install_together(&code)
                .map_err(|(path, error)| failure(path, error))?;
            let paths = code.into_iter().map(|(path, _)| path.into_owned());
            self.code_loading = CodeLoading::UntilFrozen(paths.collect());
        }
        Ok(())
    }

    /// Prepares those of the package's files that have these paths.
    fn prepare_files(&mut self, paths: Term, files: Term) -> Result<(), BootError> {
        let mut contents: HashMap<Vec<u8>, Term> = HashMap::new();
        for file in files.list() {
            if let Some(&[path, content]) = file.as_tuple_of::<2>() {
                let path = path.as_binary().ok_or(BootError::Form("files"))?;
                contents.insert(path.to_vec(), content);
            }
        }
        for path in paths.list() {
            let path = path.as_binary().ok_or(BootError::Form("prepare"))?;
            let bytes = contents.get(&*path).and_then(Term::as_binary);
            let bytes = bytes.ok_or(BootError::Form("prepare"))?;
            self.prepare_ahead(&bytes).map_err(|error| {
                BootError::Module(String::from_utf8_lossy(&path).into_owned(), error)
            })?;
        }
        Ok(())
    }

    /// `{Name, Beam}`.
    fn preload(&mut self, module: Term) -> Result<(), BootError> {
        let &[name, beam] = module
            .as_tuple_of::<2>()
            .ok_or(BootError::Form("preloaded"))?;
        let bytes = beam.as_binary().ok_or(BootError::Form("preloaded"))?;
        let loaded = self
            .load_module(&bytes)
            .map_err(|error| BootError::Module(self.atoms.text(name).to_string(), error))?;
        self.code.note_preloaded(loaded);
        Ok(())
    }

    /// Begins the life of a clone of an image that was frozen before its boot.
    fn boot_clone(&mut self) -> Result<(), BootError> {
        let argument = self.platform.birth().argument.clone();
        let argument = self
            .decode_for_boot(&argument)
            .map_err(|_| BootError::Argument("no term"))?;
        let Some(&[tag, wishes]) = argument.term().as_tuple_of::<2>() else {
            return Err(BootError::Argument("no pair"));
        };
        if self.atoms.text(tag) != "boot" {
            return Err(BootError::Argument("another tag"));
        }
        let mandatory = |name| self.field(wishes, name).ok_or(BootError::Argument(name));
        let arguments = mandatory("arguments")?;
        let environment = mandatory("environment")?;
        let directory = mandatory("directory")?;
        for variable in environment.list() {
            let Some((name, value)) = variable
                .as_tuple_of::<2>()
                .and_then(|[name, value]| Some((name.as_binary()?, value.as_binary()?)))
            else {
                return Err(BootError::Argument("environment"));
            };
            self.environment.set(&name, &value);
        }
        let directory = directory
            .as_binary()
            .ok_or(BootError::Argument("directory"))?;
        self.present_files()
            .set_working_directory(&directory)
            .map_err(|error| {
                let directory = String::from_utf8_lossy(&directory).into_owned();
                BootError::Directory(directory, error.name())
            })?;
        let flags = self.field(wishes, "flags").unwrap_or(Term::NIL);
        self.host_signals.interrupt = Interrupt::Menu;
        self.take_flags(flags)?;
        self.begin_signals(self.host_signals.interrupt);
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
            &[self.flags.boot_module, arguments],
            &options,
        );
        let parent = init.unwrap_or(Term::NONE);
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
