//! Signals of the host: what a process of an operating system gets, passed on as OTP's emulator passes them on.

use crate::machine::Machine;
use crate::platform::{SignalAction, TerminalMode};

/// OTP's names of the signals that can be handled, with their numbers on Linux.
const SIGNALS: [(&str, u8); 12] = [
    ("sighup", 1),
    ("sigint", INTERRUPT),
    ("sigquit", QUIT),
    ("sigabrt", 6),
    ("sigusr1", USER1),
    ("sigusr2", 12),
    ("sigalrm", 14),
    ("sigterm", TERMINATE),
    ("sigchld", CHILD),
    ("sigcont", CONTINUE),
    ("sigtstp", TERMINAL_STOP),
    ("sigwinch", WINDOW_CHANGE),
];

/// What Ctrl-C sends.
pub const INTERRUPT: u8 = 2;
/// What a process gets that goes on after it was stopped.
pub const CONTINUE: u8 = 18;
/// What tells of another size of the terminal's window.
pub const WINDOW_CHANGE: u8 = 28;
const QUIT: u8 = 3;
const USER1: u8 = 10;
const TERMINATE: u8 = 15;
const CHILD: u8 = 17;
const TERMINAL_STOP: u8 = 20;

/// What Ctrl-C does: what `erl` is told with `+B`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Interrupt {
    /// What the host does by itself: `+Bd`.
    #[default]
    Host,
    /// The [menu](crate::break_handler).
    Menu,
    /// Nothing, and so with other keys that are signals: `+Bi`.
    Ignore,
    /// It is a key, for the shell: `+Bc`.
    Shell,
}

impl Interrupt {
    /// Every choice by its name.
    const NAMES: [(&str, Interrupt); 4] = [
        ("disabled", Interrupt::Host),
        ("menu", Interrupt::Menu),
        ("ignore", Interrupt::Ignore),
        ("shell", Interrupt::Shell),
    ];

    /// The choice of this name.
    pub fn from_name(name: &str) -> Option<Interrupt> {
        let line = Interrupt::NAMES.iter().find(|(known, _)| *known == name);
        line.map(|&(_, interrupt)| interrupt)
    }
}

/// Which signals are for whom.
#[derive(Debug, Default)]
pub struct HostSignals {
    /// The numbers, as bits, of those that `erl_signal_server` is told of.
    handled: u32,
    /// What Ctrl-C does.
    pub interrupt: Interrupt,
}

/// The number of the signal that OTP calls so.
pub fn number(name: &str) -> Option<u8> {
    let line = SIGNALS.iter().find(|(known, _)| *known == name);
    line.map(|&(_, number)| number)
}

impl Machine {
    /// Begins with signals as OTP's emulator does: those that a system of its own handles are told of.
    pub(crate) fn begin_signals(&mut self, interrupt: Interrupt) {
        self.host_signals.interrupt = interrupt;
        for number in [TERMINATE, USER1, QUIT] {
            self.handle_signal(number, SignalAction::Deliver);
        }
        self.handle_signal(CHILD, SignalAction::Ignore);
        match interrupt {
            Interrupt::Host => {}
            Interrupt::Menu => self
                .platform
                .signal_action(INTERRUPT, SignalAction::Deliver),
            Interrupt::Ignore => {
                for number in [INTERRUPT, QUIT, TERMINAL_STOP] {
                    self.handle_signal(number, SignalAction::Ignore);
                }
            }
            Interrupt::Shell => {
                self.platform.terminal_mode(Some(TerminalMode {
                    canonical: true,
                    echo: true,
                    signals: true,
                    no_interrupt: true,
                }));
            }
        }
    }

    /// Says what is to be done with a signal: `os:set_signal/2`.
    pub fn handle_signal(&mut self, number: u8, action: SignalAction) {
        let bit = 1 << number;
        self.host_signals.handled &= !bit;
        if action == SignalAction::Deliver {
            self.host_signals.handled |= bit;
        }
        // The machine itself goes on being told of what concerns it.
        let is_own = match number {
            INTERRUPT => self.host_signals.interrupt == Interrupt::Menu,
            CONTINUE | WINDOW_CHANGE => true,
            _ => false,
        };
        let action = if is_own {
            SignalAction::Deliver
        } else {
            action
        };
        self.platform.signal_action(number, action);
    }

    /// Passes a signal on: to the menu, to the terminal, to `erl_signal_server` as `{notify, Name}`.
    pub(crate) fn take_signal(&mut self, number: u8) {
        if number == INTERRUPT && self.host_signals.interrupt == Interrupt::Menu {
            return self.break_in();
        }
        if number == WINDOW_CHANGE {
            self.ports.window_changed();
        }
        self.take_native_signal(number);
        let line = SIGNALS.iter().find(|(_, known)| *known == number);
        let handled = self.host_signals.handled & 1_u32.checked_shl(number.into()).unwrap_or(0);
        let Some(&(name, _)) = line.filter(|_| handled != 0) else {
            return;
        };
        let [server, notify, name] =
            ["erl_signal_server", "notify", name].map(|text| self.atom(text));
        if let Some(&pid) = self.registry.get(&server) {
            self.send_built(pid, |heap, _| heap.tuple(&[notify, name]));
        }
    }
}
