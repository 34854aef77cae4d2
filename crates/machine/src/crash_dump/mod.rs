//! Crash dumps: all that is known of a machine that ends, in the format of OTP's `erl_crash.dump`.
//!
//! A dump is written when the machine ends by a slogan (`halt("Slogan")`, a system process that ended, a full table of
//! atoms), when memory has run out, and from the menu of Ctrl-C. It goes to a directory of the host
//! ([`destination`]), as the environment says.
//!
//! Nothing of the machine is changed or copied for it: text is written as it is found, and what remembers which objects of a
//! heap were written ([`marks`]) takes a thirty-second part of that heap at most. So there is a dump even when memory has
//! run out, in the reserve that the platform holds back for it ([`Platform::hold_reserve`]).
//!
//! | module | idea |
//! | --- | --- |
//! | [`view`] | what is looked at |
//! | [`destination`] | where a dump goes, and how much of it |
//! | [`general`] | the head, memory, tables of the machine |
//! | [`scheduler`] | what the schedulers do |
//! | [`process`] | the line-by-line account of each process |
//! | [`tables`] | ports, timers, tables of ETS |
//! | [`code`] | modules, funs, atoms |
//! | [`heap`] | stacks, messages, dictionaries and all terms that they lead to |
//! | [`object`] | how a term is written |
//! | [`marks`] | which objects were found |

mod code;
mod destination;
mod general;
mod heap;
mod marks;
mod object;
mod process;
mod scheduler;
mod tables;
mod view;

use alloc::string::String;
use core::fmt::{self, Write};

use brood_term::Term;

pub(crate) use code::loaded;
pub(crate) use general::{distribution, information};
pub(crate) use process::processes;
pub(crate) use tables::{ports, tables_with_objects};
pub(crate) use view::{Spot, View};

use crate::context::Context;
use crate::machine::{Halt, Machine};
use crate::platform::{ConsoleStream, Platform};
use crate::process::Process;
use destination::Outcome;

/// A part of a dump.
pub(crate) type Section = fn(&View<'_>, &mut dyn Write) -> fmt::Result;

/// The parts that follow the head, in OTP's order.
const SECTIONS: [Section; 11] = [
    scheduler::schedulers,
    general::information,
    process::processes,
    tables::ports,
    tables::tables,
    tables::timers,
    general::distribution,
    code::modules,
    code::funs,
    heap::terms,
    code::atoms,
];

/// What is said where a dump was asked for and there is none.
pub(crate) const NO_DUMP: &str = "No crash dump was written: it is switched off, or there is no directory of the host to write it to.";

/// A part of a dump as a text of a machine that goes on.
pub(crate) fn text(context: &mut Context<'_>, section: Section) -> String {
    let view = View::of(context.machine, Some(context.process)).0;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = section(&view, &mut text);
    text
}

/// What is told of the process with this pid; nothing of one that is no more.
pub(crate) fn text_of_process(context: &mut Context<'_>, pid: Term) -> String {
    let view = View::of(context.machine, Some(context.process)).0;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = process::one_process(&view, pid, &mut text);
    text
}

/// All of a dump.
fn write_dump(view: &View<'_>, slogan: &str, to: &mut dyn Write) -> fmt::Result {
    general::head(view, slogan, to)?;
    for section in SECTIONS {
        section(view, to)?;
    }
    to.write_str("=end\n")
}

impl Machine {
    /// Does what follows when the machine ends so, and gives how it then ends.
    pub(crate) fn end(&mut self, halt: Halt) -> Halt {
        match halt {
            Halt::Slogan(slogan) if self.crash_dump(&slogan, None) => Halt::Status(1),
            halt => halt,
        }
    }

    /// Writes a crash dump, if one is wanted and there is a place for it, and tells that on the console after the slogan, as
    /// OTP does. Gives whether anything was told. `running` is the process that is out of the table, running.
    pub(crate) fn crash_dump(&mut self, slogan: &str, running: Option<&Process>) -> bool {
        self.platform.hold_reserve(false);
        if core::mem::replace(&mut self.has_dumped, true) {
            return false;
        }
        let Some(plan) = destination::Plan::of(self) else {
            return false;
        };
        if self.platform.current_terminal_mode().is_some() {
            self.platform.terminal_mode(None);
        }
        let opened = plan.open(self);
        let Some(opened) = opened.transpose() else {
            return false;
        };
        let (mut view, files, platform) = View::of(self, running);
        let name = &plan.path;
        let say = |platform: &mut dyn Platform, text: &str| {
            platform.console_write(ConsoleStream::Error, text.as_bytes());
        };
        say(platform, slogan.trim_end_matches('\n'));
        say(platform, "\n\nCrash dump is being written to: ");
        say(platform, name);
        say(platform, "...");
        view.crash_dumping = true;
        let outcome = match opened {
            Ok(handle) => {
                let mut writer = plan.writer(handle, files, platform);
                // What ended it the writer knows.
                let _ = write_dump(&view, slogan, &mut writer);
                writer.finish()
            }
            Err(error) => Outcome::Failed(error),
        };
        match outcome {
            Outcome::Complete => say(platform, "done\n"),
            Outcome::LimitReached => say(platform, "the size limit was reached\n"),
            Outcome::OutOfTime => say(platform, "the time was up\n"),
            Outcome::Failed(error) => {
                say(platform, error.name());
                say(platform, "\n");
            }
        }
        true
    }

    /// Has the platform hold memory back for a dump if there is somewhere to write one to.
    pub(crate) fn prepare_crash_dump(&mut self) {
        let has_mounts = !self.platform.birth().mounts.is_empty();
        self.platform.hold_reserve(has_mounts);
    }
}

/// A list of terms, separated by commas.
fn write_list(
    view: &View<'_>,
    to: &mut dyn Write,
    terms: impl Iterator<Item = Term>,
) -> fmt::Result {
    for (index, term) in terms.enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(to, "{comma}{}", view.display(term))?;
    }
    Ok(())
}
