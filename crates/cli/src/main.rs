//! The command `brood`: builds, inspects, runs, serves and measures images.
//!
//! Everything it needs but Erlang's own compiler and libraries is inside this one program: the
//! guest that instances run, and the Erlang side in source.
//!
//! ## Principles
//!
//! * **Output is for whoever asked.** Results go to standard output (`--json` where a program would
//!   read them), everything else to standard error; progress only to a terminal.
//! * **An error says what to do.**
//! * **Exit statuses mean something.** They are in `brood --help`.
//!
//! ## Map
//!
//! * `arguments`: the command line
//! * `package`: Erlang code to a package, with the installed `erl`; `erlang`, `library`: what that takes
//! * `build`, `inspect`, `run`, `serve`, `bench`: the verbs
//! * `erl`: an installed OTP in an instance: the verbs `erl`, `erlc` and `escript`
//! * `images`: images as applications to be served
//! * `jail`: instances in a process of their own, which is this program called as `brood worker` by itself
//! * `cache`: where what was made once is kept
//! * `volume`: directories of the host for an instance
//! * `hibernation`: the directory where instances hibernate
//! * `console`: an instance's console, kept for when it is needed
//! * `terminal`: this program's terminal and signals, lent to an instance
//! * `show`: sizes, times and tables for people
#![forbid(unsafe_op_in_unsafe_fn)]

mod arguments;
mod bench;
mod build;
mod cache;
mod console;
mod crash_dump;
mod erl;
mod erlang;
mod hibernation;
mod images;
mod inspect;
mod interrupt;
mod jail;
mod library;
mod memory;
mod package;
mod run;
mod serve;
mod show;
mod terminal;
mod volume;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Verb};

/// The guest program.
static GUEST: &[u8] = include_bytes!(env!("BROOD_GUEST"));

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|verb| verb == "worker")
    {
        // Before anything else: what it gives up, it gives up for the only thread.
        return brood_jail::worker();
    }
    let arguments = Arguments::parse_from(arguments::separated(std::env::args_os()));
    log(arguments.verbose, matches!(arguments.verb, Verb::Serve(_)));
    let done = match &arguments.verb {
        Verb::Build(options) => build::build(options),
        Verb::Inspect(options) => inspect::inspect(options).map(|()| ExitCode::SUCCESS),
        Verb::Run(options) => return run::run(options),
        Verb::Erl(options) => return erl::erl(options),
        Verb::Erlc(options) => return erl::erlc(options),
        Verb::Escript(options) => return erl::escript(options),
        Verb::Serve(options) => serve::serve(options).map(|()| ExitCode::SUCCESS),
        Verb::Bench(options) => bench::bench(options).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

/// Says what went wrong, on standard error: each cause, unless what is before it says it already.
fn complain(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    eprintln!("error: {text}");
}

/// Logs to standard error: what `RUST_LOG` says, or else as much as `-v` asks for.
fn log(verbose: u8, serving: bool) {
    let level = match (verbose, serving) {
        (0, false) => "warn",
        (0, true) => "info",
        (1, _) => "debug",
        (2.., _) => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        // The HTTP library's own chatter is of interest at the highest level only.
        let libraries = if verbose >= 2 {
            ""
        } else {
            ",hyper=info,h2=info"
        };
        EnvFilter::new(format!("{level}{libraries}"))
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
