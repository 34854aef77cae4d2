//! `tty_sl`: the terminal of OTP up to 25, with a line that can be edited. What is typed is for the connected process
//! (`user_drv`), which knows the keys; the driver puts, moves and deletes as that process orders.

pub mod capability;
mod line;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::driver::{Driver, Opening, Output, Started};
use crate::host_signal::{Interrupt, WINDOW_CHANGE};
use crate::platform::{ConsoleStream, Platform, SignalAction, TerminalMode};
use line::Line;

/// First bytes of commands.
const PUT: u8 = 0;
const MOVE: u8 = 1;
const INSERT: u8 = 2;
const DELETE: u8 = 3;
const BEEP: u8 = 4;
const PUT_AND_ANSWER: u8 = 5;

/// What `port_control/3` asks for is above this.
const CONTROL: u32 = 0x018b_0900;
const GET_WINDOW_SIZE: u32 = CONTROL + 100;
const GET_UNICODE: u32 = CONTROL + 101;
const SET_UNICODE: u32 = CONTROL + 102;

/// A line of so many cells is ended before more is put there.
const LONGEST: usize = 1 << 16;

/// The driver.
#[derive(Debug)]
struct Terminal {
    line: Line,
    /// The window has changed since the line was written.
    resized: bool,
    /// The beginning of a character that is not complete.
    incomplete: Vec<u8>,
}

/// Begins, if the console is a terminal that can move its cursor.
pub fn start(opening: &Opening<'_>, outside: &mut dyn Platform) -> Started {
    const REFUSED: &str = "einval";
    let terminal = outside.terminal();
    let mode = mode(opening.command, opening.interrupt).ok_or(REFUSED)?;
    let is_known = capability::is_known(opening.environment.get("TERM"));
    if !terminal.input || !terminal.output || !is_known || !outside.terminal_mode(Some(mode)) {
        return Err(REFUSED);
    }
    outside.signal_action(WINDOW_CHANGE, SignalAction::Deliver);
    let utf8 = capability::is_utf8(opening.environment);
    Ok(Box::new(Terminal {
        line: Line::new(capability::size(terminal).0, utf8),
        resized: false,
        incomplete: Vec::new(),
    }))
}

/// The mode that flags behind the driver's name ask for; `None` if it is another terminal that is named.
fn mode(command: &str, interrupt: Interrupt) -> Option<TerminalMode> {
    let mut mode = TerminalMode {
        canonical: true,
        echo: true,
        signals: true,
        no_interrupt: interrupt == Interrupt::Shell,
    };
    for flag in command.split(' ').skip(1) {
        let is_set = match flag.as_bytes().first() {
            Some(b'+') => true,
            Some(b'-') => false,
            Some(_) => return None,
            None => continue,
        };
        match flag.as_bytes().get(1) {
            Some(b'c') => mode.canonical = is_set,
            Some(b'e') => mode.echo = is_set,
            Some(b's') => mode.signals = is_set,
            _ => {}
        }
    }
    Some(mode)
}

impl Terminal {
    /// Input as UTF-8. Once it isn't, the terminal is taken for one of Latin-1.
    fn decode(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut input = core::mem::take(&mut self.incomplete);
        input.extend_from_slice(bytes);
        let valid = match core::str::from_utf8(&input) {
            _ if !self.line.utf8 => 0,
            Ok(_) => return input,
            Err(error) if error.error_len().is_none() => {
                self.incomplete = input.split_off(error.valid_up_to());
                return input;
            }
            Err(error) => {
                self.line.utf8 = false;
                error.valid_up_to()
            }
        };
        let mut decoded = input[..valid].to_vec();
        for &byte in &input[valid..] {
            let character = char::from(byte);
            decoded.extend_from_slice(character.encode_utf8(&mut [0; 2]).as_bytes());
        }
        decoded
    }
}

impl Driver for Terminal {
    fn holds(&self) -> Option<&'static str> {
        Some("the terminal")
    }

    fn command(&mut self, input: &[u8], outside: &mut dyn Platform) -> Option<Output> {
        let (&operation, operand) = input.split_first()?;
        let number = || {
            operand
                .first_chunk()
                .map(|bytes| i16::from_be_bytes(*bytes))
        };
        if core::mem::take(&mut self.resized) {
            self.line.resize(capability::size(outside.terminal()).0);
        }
        let mut out = Vec::new();
        let line = &mut self.line;
        if line.position() > LONGEST {
            line.put(b"\n", &mut out);
        }
        match operation {
            PUT | PUT_AND_ANSWER => line.put(operand, &mut out),
            MOVE => line.move_by(number()?, &mut out),
            INSERT => line.insert(operand, &mut out),
            DELETE => line.delete(number()?, &mut out),
            BEEP => out.push(0x07),
            _ => {}
        }
        if !out.is_empty() {
            outside.console_write(ConsoleStream::Output, &out);
        }
        (operation == PUT_AND_ANSWER).then_some(Output::Answer("ok"))
    }

    fn control(
        &mut self,
        operation: u32,
        input: &[u8],
        outside: &mut dyn Platform,
    ) -> Option<Vec<u8>> {
        match operation {
            GET_WINDOW_SIZE => {
                let (columns, rows) = capability::size(outside.terminal());
                let numbers = [columns, rows].map(|size| u32::from(size).to_ne_bytes());
                Some(numbers.concat())
            }
            GET_UNICODE => Some(Vec::from([u8::from(self.line.utf8)])),
            SET_UNICODE => {
                let Some(&wanted) = input.first() else {
                    return Some(Vec::new());
                };
                let before = core::mem::replace(&mut self.line.utf8, wanted != 0);
                Some(Vec::from([u8::from(before)]))
            }
            _ => None,
        }
    }

    fn reads_console(&self) -> bool {
        true
    }

    fn console_input(&mut self, bytes: &[u8], _: &mut dyn Platform) -> Option<Output> {
        Some(Output::bytes(&self.decode(bytes)))
    }

    fn window_changed(&mut self) {
        self.resized = true;
    }

    fn close(&mut self, outside: &mut dyn Platform) {
        outside.terminal_mode(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_say_the_mode() {
        let raw = mode("tty_sl -c -e", Interrupt::Menu).unwrap();
        assert!(!raw.canonical && !raw.echo && raw.signals && !raw.no_interrupt);
        let without_signals = mode("tty_sl -s +c", Interrupt::Shell).unwrap();
        assert!(!without_signals.signals && without_signals.no_interrupt);
        assert_eq!(mode("tty_sl /dev/tty1", Interrupt::Menu), None);
    }

    #[test]
    fn input_that_is_not_utf8_is_latin1_from_then_on() {
        let mut terminal = Terminal {
            line: Line::new(80, true),
            resized: false,
            incomplete: Vec::new(),
        };
        assert_eq!(terminal.decode(&[b'a', 0xc3]), b"a");
        assert_eq!(terminal.decode(&[0xa9]), "é".as_bytes());
        assert_eq!(terminal.decode(&[b'a', 0xff]), "aÿ".as_bytes());
        assert_eq!(terminal.decode(&[0xc3, 0xa9]), "Ã©".as_bytes());
    }
}
