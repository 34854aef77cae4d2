//! What Ctrl-C calls: everything stands still, and who typed it is asked what to do.

use alloc::format;
use alloc::vec::Vec;

use brood_term::{OwnedTerm, Term, known};

use crate::context::Context;
use crate::crash_dump::{self, Section};
use crate::host_signal::INTERRUPT;
use crate::machine::{Halt, Machine};
use crate::platform::{ConsoleStream, Event};
use crate::signal::Signal;
use crate::tracing::sequential::Carried;

/// OTP's own words.
const MENU: &str = "BREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n       (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n";

/// Exit status of what a shell takes for aborted.
pub(crate) const ABORTED: i32 = 134;
/// What is told about the machine, by key.
const TOLD: [(u8, &[Section]); 7] = [
    (b'p', &[crash_dump::processes, crash_dump::ports]),
    (b'o', &[crash_dump::ports]),
    (b'i', &[crash_dump::information]),
    (b'l', &[crash_dump::loaded]),
    (
        b'v',
        &[|view, to| to.write_str(&view.otp.emulator_version())],
    ),
    (b'd', &[crash_dump::distribution]),
    (b'D', &[crash_dump::tables_with_objects]),
];

/// The machine is to end.
struct Ends;

impl Machine {
    /// Asks what to do, with the terminal as it was found, and does it.
    #[cold]
    pub(crate) fn break_in(&mut self) {
        let mode = self.platform.current_terminal_mode();
        if mode.is_some() {
            self.platform.terminal_mode(None);
        }
        // Whatever the answer is, the machine goes on or has been told how to end.
        let _ = self.ask();
        if mode.is_some() {
            self.platform.terminal_mode(mode);
        }
    }

    fn say(&mut self, text: &str) {
        let platform = &mut self.platform;
        platform.console_write(ConsoleStream::Output, text.as_bytes());
    }

    /// The first byte of the next input.
    fn key(&mut self) -> Result<u8, Ends> {
        self.platform.console_subscribe();
        let mut put_off = Vec::new();
        let key = loop {
            match self.platform.wait(None) {
                Event::ConsoleInput(bytes) => break bytes.first().copied(),
                // Ctrl-C again is an end, as that of the input is.
                Event::Signal(INTERRUPT) => break None,
                Event::Signal(number) => put_off.push(number),
                Event::Nothing => {}
            }
        };
        for number in put_off {
            self.take_signal(number);
        }
        key.ok_or_else(|| {
            self.halt = Some(Halt::Status(0));
            Ends
        })
    }

    fn ask(&mut self) -> Result<(), Ends> {
        self.say(&format!("\n{MENU}"));
        loop {
            let key = self.key()?;
            match key {
                b'a' | b'q' | b'*' => {
                    self.halt = Some(Halt::Status(0));
                    return Err(Ends);
                }
                b'A' => {
                    self.dump_and_halt();
                    return Err(Ends);
                }
                b'c' | b'm' => return Ok(()),
                b'k' => return self.offer_to_kill(),
                b'\n' => {}
                key => match TOLD.iter().find(|(known, _)| *known == key) {
                    Some((_, parts)) => {
                        for part in *parts {
                            let text =
                                self.with_some_process(|context| crash_dump::text(context, *part));
                            self.say(&text);
                        }
                        return Ok(());
                    }
                    None => self.say(&format!(
                        "Invalid option '{}'. Please enter one of the following:\n{MENU}",
                        char::from(key)
                    )),
                },
            }
        }
    }

    /// A context needs a process: any that is there.
    fn with_some_process<R: Default>(&mut self, tell: impl FnOnce(&mut Context<'_>) -> R) -> R {
        let pid = self.processes.iter().next().map(|process| process.pid);
        pid.and_then(|pid| self.in_the_name_of(pid, tell))
            .unwrap_or_default()
    }

    /// Ends as OTP's emulator does after an error of its own: by an abortion.
    fn dump_and_halt(&mut self) {
        const SLOGAN: &str = "Crash dump requested by user";
        if self.flags.no_crash_dump || !self.crash_dump(SLOGAN, None) {
            let text = format!("{SLOGAN}\n{}\n", crash_dump::NO_DUMP);
            let platform = &mut self.platform;
            platform.console_write(ConsoleStream::Error, text.as_bytes());
        }
        self.halt = Some(Halt::Status(ABORTED));
    }

    /// Shows one process after another, the youngest first, and kills those that are to be killed.
    fn offer_to_kill(&mut self) -> Result<(), Ends> {
        const LINE: &str = "--------------------------------------------------\n";
        self.say(&format!("\n\nProcess Information\n\n{LINE}"));
        let mut pids: Vec<Term> = self.processes.iter().map(|process| process.pid).collect();
        pids.sort_by_key(|pid| core::cmp::Reverse(pid.identifier_number()));
        for pid in pids {
            let text = self.with_some_process(|context| crash_dump::text_of_process(context, pid));
            self.say(&text);
            self.say("(k)ill (n)ext (r)eturn:\n");
            match self.key()? {
                b'k' => self.with_some_process(|context| {
                    context.machine.signals.push_back(Signal::Exit {
                        from: context.process.pid,
                        to: pid,
                        reason: OwnedTerm::new(known::KILL),
                        linked: false,
                        carried: Carried::Unchanged,
                    });
                    context.deliver_signals();
                }),
                b'n' => {}
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}
