//! Signals of the host: what a process of an operating system gets, passed on as OTP's emulator passes them on.

use crate::machine::Machine;

/// OTP's names of the signals that can be handled, with their numbers on Linux.
const SIGNALS: [(&str, u8); 12] = [
    ("sighup", 1),
    ("sigint", INTERRUPT),
    ("sigquit", 3),
    ("sigabrt", 6),
    ("sigusr1", 10),
    ("sigusr2", 12),
    ("sigalrm", 14),
    ("sigterm", 15),
    ("sigchld", 17),
    ("sigcont", 18),
    ("sigtstp", 20),
    ("sigwinch", 28),
];

/// What Ctrl-C sends.
pub const INTERRUPT: u8 = 2;

/// The number of the signal that OTP calls so.
pub fn number(name: &str) -> Option<u8> {
    let line = SIGNALS.iter().find(|(known, _)| *known == name);
    line.map(|&(_, number)| number)
}

impl Machine {
    /// Tells the process that is registered for it of a signal: `{notify, Name}` to `erl_signal_server`.
    pub(crate) fn take_signal(&mut self, number: u8) {
        let Some(&(name, _)) = SIGNALS.iter().find(|(_, known)| *known == number) else {
            return;
        };
        let [server, notify, name] =
            ["erl_signal_server", "notify", name].map(|text| self.atom(text));
        if let Some(&pid) = self.registry.get(&server) {
            self.send_built(pid, |heap, _| heap.tuple(&[notify, name]));
        }
    }
}
