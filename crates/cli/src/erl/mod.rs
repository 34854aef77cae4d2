//! `brood erl`, `brood erlc`, `brood escript`: an installed OTP, unmodified, in an instance.
//!
//! The instance is a clone of a [base image](base): OTP's modules prepared, nothing started. It boots
//! as `erl` does, with the arguments, the environment and the working directory of the caller, and
//! sees the directories that its command line names.
//!
//! | module | idea |
//! | --- | --- |
//! | [`installation`] | where OTP is |
//! | [`command_line`] | what OTP's `erlexec` makes of flags; [`words`]: of variables and files |
//! | [`emulator`] | the emulator's own flags |
//! | [`compiler`], [`script`] | `erlc` and `escript` as arguments of `erl` |
//! | [`visible`] | what the instance sees of the host |
//! | [`base`] | the image that is cloned, and its cache |

mod base;
mod command_line;
mod compiler;
mod emulator;
mod installation;
mod script;
mod visible;
mod words;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use brood_gateway::Writer;
use brood_image::Image;
use brood_monitor::{Control, Launch, Limits, Monitor};

use crate::arguments::{Erl, Surroundings};
use crate::memory;
use crate::run::{self, status};
use command_line::{Action, CommandLine, Environment, Place};
use emulator::Flags;
use installation::Installation;
use visible::Visible;

/// Memory beyond what the image holds, in MiB.
const ROOM: u64 = 2048;
/// Set for the process that `-detached` leaves behind.
const DETACHED: &str = "BROOD_DETACHED";

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The command line is wrong; `erl` would have said the same.
    #[error("{0}")]
    Refused(String),
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Failure {
    fn refused(reason: impl ToString) -> Failure {
        Failure::Refused(reason.to_string())
    }
}

/// What is to be run.
#[derive(Default)]
struct Program {
    arguments: Vec<OsString>,
    /// `ESCRIPT_NAME`, if it is a script.
    script: Option<OsString>,
    /// Directories of the host that are named besides those in `arguments`.
    read: Vec<PathBuf>,
    written: Vec<PathBuf>,
}

/// `brood erl`
pub fn erl(options: &Erl) -> ExitCode {
    let program = Program {
        arguments: options.words.clone(),
        ..Program::default()
    };
    finish(run(&options.surroundings, program))
}

/// `brood erlc`
pub fn erlc(options: &Erl) -> ExitCode {
    let program = compiler::understand(&options.words)
        .map_err(Failure::refused)
        .map(|compilation| Program {
            arguments: compilation.arguments,
            script: Some("erlc".into()),
            read: compilation.read,
            written: compilation.written,
        });
    finish(program.and_then(|program| run(&options.surroundings, program)))
}

/// `brood escript`
pub fn escript(options: &Erl) -> ExitCode {
    let program = script::understand(&options.words)
        .map_err(Failure::refused)
        .map(|script| {
            let directory = script.file.parent().map(Path::to_owned);
            Program {
                arguments: script.arguments,
                script: Some(script.file.into_os_string()),
                read: directory
                    .into_iter()
                    .filter(|parent| *parent != *"")
                    .collect(),
                written: Vec::new(),
            }
        });
    finish(program.and_then(|program| run(&options.surroundings, program)))
}

fn finish(run: Result<u8, Failure>) -> ExitCode {
    ExitCode::from(run.unwrap_or_else(|failure| match failure {
        Failure::Refused(reason) => {
            eprintln!("{reason}");
            1
        }
        Failure::Other(error) => {
            crate::complain(&error);
            status::NOT_RUN
        }
    }))
}

fn run(surroundings: &Surroundings, program: Program) -> Result<u8, Failure> {
    let installation = Installation::find(surroundings.otp.as_deref())?;
    let bindir = installation.bindir();
    let place = Place {
        root: &installation.root,
        bindir: &bindir,
        release: &installation.release,
    };
    let detached = std::env::var_os(DETACHED).is_some();
    let environment = environment(&program);
    let command = command_line::understand(&program.arguments, &environment, place)
        .map_err(Failure::refused)?;
    match &command.action {
        Action::Print(text) => {
            let written = std::io::stdout().lock().write_all(text);
            written.context("cannot write to standard output")?;
            return Ok(0);
        }
        Action::Manual(directory, arguments) => {
            let mut manual = Command::new("man");
            let error = manual.args(arguments).env("MANPATH", directory).exec();
            return Err(Failure::refused(format!(
                "Could not execute the 'man' command: {error}"
            )));
        }
        Action::Detach if !detached => return Ok(leave_behind()?),
        Action::Start | Action::Detach => {}
    }
    let flags =
        emulator::understand(&command.emulator, &command.environment).map_err(Failure::refused)?;
    if flags.version {
        eprintln!(
            "Erlang (BROOD) (BEAM) emulator version {}",
            installation.erts
        );
        return Ok(0);
    }
    refuse(&command.init)?;
    if !flags.ignored.is_empty() && !surroundings.quiet {
        eprintln!(
            "brood: without meaning in an instance, ignored (--quiet: silently): {}",
            flags.ignored.join(", ")
        );
    }
    start(surroundings, &installation, &program, &command, &flags)
}

/// Flags of `init` that need what an instance doesn't have, and what that is.
const REFUSED: [(&str, &str); 4] = [
    (
        "-sname",
        "a node needs sockets, which an instance does not have yet",
    ),
    (
        "-name",
        "a node needs sockets, which an instance does not have yet",
    ),
    (
        "-remsh",
        "a remote shell needs sockets, which an instance does not have yet",
    ),
    (
        "-heart",
        "heart is a program of its own, which an instance cannot start",
    ),
];

fn refuse(arguments: &[OsString]) -> Result<(), Failure> {
    let flags = arguments
        .iter()
        .take_while(|argument| *argument != "-extra");
    for flag in flags {
        if let Some((name, reason)) = REFUSED.iter().find(|(name, _)| flag == name) {
            return Err(Failure::refused(format!("brood: {name}: {reason}")));
        }
    }
    Ok(())
}

/// The caller's environment, as the program is to see it.
fn environment(program: &Program) -> Environment {
    let mut environment: Environment = std::env::vars_os()
        .filter(|(name, _)| name != DETACHED)
        .collect();
    if let Some(script) = &program.script {
        environment.insert("ESCRIPT_NAME".into(), script.clone());
    }
    environment
}

/// Starts this command once more, in the background, in a session of its own.
fn leave_behind() -> anyhow::Result<u8> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(own);
    command
        .args(std::env::args_os().skip(1))
        .env(DETACHED, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: setsid is async-signal-safe, and the closure does nothing else.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
    }
    command.spawn().context("cannot start in the background")?;
    Ok(0)
}

fn start(
    surroundings: &Surroundings,
    installation: &Installation,
    program: &Program,
    command: &CommandLine,
    flags: &Flags,
) -> Result<u8, Failure> {
    let working = std::env::current_dir().context("there is no working directory")?;
    let mut visible = Visible::new(&working);
    visible.read(&installation.root);
    if let Some(libraries) = command.environment.get(OsStr::new("ERL_LIBS")) {
        for library in std::env::split_paths(libraries) {
            visible.read(&library);
        }
    }
    if let Some(dump) = command.environment.get(OsStr::new("ERL_CRASH_DUMP")) {
        visible.write_beside(Path::new(dump));
    }
    visible.flags(user_flags(&command.init));
    for directory in &program.read {
        visible.read(directory);
    }
    for directory in &program.written {
        visible.write(directory);
    }
    let monitor =
        Monitor::new(surroundings.backend.resolve().map_err(other)?.kind).map_err(other)?;
    let control = Control::new();
    let image = base::image(installation, &monitor)?;
    let argument = argument(command, flags, &working);
    tracing::debug!(?visible);
    let mounts = visible.mounts()?;
    let launch = Launch {
        mounts: mounts.into(),
        limits: limits(surroundings, &image)?,
        control: Some(control.clone()),
        ..Launch::new(&argument)
    };
    Ok(run::attached(&monitor, &image, &launch, &control)?)
}

fn other(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Other(error.into())
}

fn limits(surroundings: &Surroundings, image: &Image) -> anyhow::Result<Limits> {
    Ok(Limits {
        memory_bytes: memory::of_clone(image, surroundings.memory, ROOM)?,
        // A terminal takes whatever comes.
        console_bytes: u64::MAX,
        ..Limits::default()
    })
}

/// What the user wrote: behind `-root`, `-bindir`, `-progname`, `-home` and their separators.
fn user_flags(init: &[OsString]) -> &[OsString] {
    let mut parts = init.splitn(3, |word| word == "--");
    parts.nth(2).unwrap_or_default()
}

/// `{boot, #{arguments, environment, directory, flags}}`, as the machine documents it.
fn argument(command: &CommandLine, flags: &Flags, working: &Path) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tuple(2);
    writer.atom("boot");
    writer.map(4);
    writer.atom("arguments");
    writer.list(command.init.iter(), |writer, argument| {
        writer.binary(argument.as_encoded_bytes());
    });
    writer.atom("environment");
    writer.list(command.environment.iter(), |writer, (name, value)| {
        writer.tuple(2);
        writer.binary(name.as_encoded_bytes());
        writer.binary(value.as_encoded_bytes());
    });
    writer.atom("directory");
    writer.binary(working.as_os_str().as_encoded_bytes());
    writer.atom("flags");
    writer.list(flags.settings.iter(), |writer, (name, value)| {
        writer.tuple(2);
        writer.atom(name);
        value.write(writer);
    });
    writer.into_bytes()
}
