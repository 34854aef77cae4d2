//! The descriptors that a program of Unix finds open, for `{fd, Input, Output}`: the console.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::driver::{Driver, Opening, Output, Started};
use crate::files::PosixError;
use crate::platform::{ConsoleStream, Platform};

/// The descriptor of the console's input.
const STANDARD_INPUT: u32 = 0;

/// What `port_control/3` asks a port of descriptors for the size of its window.
const GET_WINDOW_SIZE: u32 = 0x018b_0900 + 100;

/// A port of one descriptor or two.
#[derive(Debug)]
struct Descriptors {
    reads: bool,
    writes: Option<ConsoleStream>,
}

/// Begins with the descriptors that the command names.
pub fn start(opening: &Opening<'_>, _: &mut dyn Platform) -> Started {
    let bad = || PosixError::BadDescriptor.name();
    let (input, output) = opening.command.split_once('/').ok_or_else(bad)?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| bad());
    if opening.reads && number(input)? != STANDARD_INPUT {
        return Err(bad());
    }
    let writes = match opening.writes {
        true => Some(stream(number(output)?).ok_or_else(bad)?),
        false => None,
    };
    Ok(Box::new(Descriptors {
        reads: opening.reads,
        writes,
    }))
}

fn stream(descriptor: u32) -> Option<ConsoleStream> {
    match descriptor {
        1 => Some(ConsoleStream::Output),
        2 => Some(ConsoleStream::Error),
        _ => None,
    }
}

impl Driver for Descriptors {
    fn command(&mut self, input: &[u8], outside: &mut dyn Platform) -> Option<Output> {
        if let Some(stream) = self.writes {
            outside.console_write(stream, input);
        }
        None
    }

    fn control(&mut self, operation: u32, _: &[u8], outside: &mut dyn Platform) -> Option<Vec<u8>> {
        if operation != GET_WINDOW_SIZE {
            return None;
        }
        let terminal = outside.terminal();
        let is_terminal = match self.writes {
            Some(ConsoleStream::Output) => terminal.output,
            Some(ConsoleStream::Error) => terminal.errors,
            None => false,
        } || self.reads && terminal.input;
        is_terminal.then(|| {
            let sizes = [terminal.columns, terminal.rows];
            sizes.map(|size| u32::from(size).to_ne_bytes()).concat()
        })
    }

    fn reads_console(&self) -> bool {
        self.reads
    }

    fn is_descriptor(&self) -> bool {
        true
    }
}
