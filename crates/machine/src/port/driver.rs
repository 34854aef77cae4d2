//! What is behind a port: the drivers of the machine, by name.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use brood_term::SharedBinary;

use super::{datagram, descriptor, ram_file, resolver, tty};
use crate::bif::environment::Environment;
use crate::files::content::Room;
use crate::host_signal::Interrupt;
use crate::platform::Platform;

/// What a driver gives to the process that its port is connected to.
#[derive(Debug)]
pub enum Output {
    /// `{Port, {data, Data}}`.
    Data {
        /// Bytes that are elements of a list in front of the body.
        header: Vec<u8>,
        /// A binary or a list of bytes, as the port was opened; the empty list if there is none.
        body: Option<SharedBinary>,
    },
    /// `{Port, Answer}`, an atom.
    Answer(&'static str),
    /// `{inet_reply, Port, {error, Reason}}`: what a socket answers with.
    Refusal(&'static str),
}

impl Output {
    /// Bytes without a header.
    pub fn bytes(bytes: &[u8]) -> Output {
        Output::Data {
            header: Vec::new(),
            body: Some(SharedBinary::copy_from(bytes)),
        }
    }
}

/// What is behind a port.
pub trait Driver: core::fmt::Debug {
    /// Takes what was sent to the port, and gives the answer, if there is one.
    fn command(&mut self, input: &[u8], outside: &mut dyn Platform) -> Option<Output>;

    /// Carries out what `port_control/3` asks for, and gives the answer; `None` for what it doesn't know.
    fn control(
        &mut self,
        _operation: u32,
        _input: &[u8],
        _outside: &mut dyn Platform,
    ) -> Option<Vec<u8>> {
        None
    }

    /// Whether the console's input is for it.
    fn reads_console(&self) -> bool {
        false
    }

    /// Whether it is that of open descriptors.
    fn is_descriptor(&self) -> bool {
        false
    }

    /// Takes input from the console, and gives what it makes of it.
    fn console_input(&mut self, bytes: &[u8], _outside: &mut dyn Platform) -> Option<Output> {
        Some(Output::bytes(bytes))
    }

    /// The window of the console's terminal has another size.
    fn window_changed(&mut self) {}

    /// What it holds of the outside that a frozen image could not keep, in a few words.
    fn holds(&self) -> Option<&'static str> {
        None
    }

    /// The port is closed.
    fn close(&mut self, _outside: &mut dyn Platform) {}
}

/// What a driver begins with.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Its name, and what follows it.
    pub command: &'a str,
    /// Whether the port is to read, that is, not only to write.
    pub reads: bool,
    /// Whether it is to write.
    pub writes: bool,
    /// The room for files.
    pub room: &'a Rc<Room>,
    /// The environment.
    pub environment: &'a Environment,
    /// What Ctrl-C does.
    pub interrupt: Interrupt,
}

/// A driver that begins, or the name of the error that `open_port/2` raises.
pub type Started = Result<Box<dyn Driver>, &'static str>;

/// How a driver begins.
pub type Start = fn(&Opening<'_>, &mut dyn Platform) -> Started;

/// Drivers by name, for `{spawn, Name}` and `{spawn_driver, Name}`.
const DRIVERS: [(&str, Start); 3] = [
    ("ram_file_drv", |opening, _| {
        Ok(Box::new(ram_file::RamFile::new(opening.room)))
    }),
    ("tty_sl", tty::start),
    ("udp_inet", |_, _| Ok(Box::new(datagram::Socket))),
];
/// Programs by name, for `{spawn_executable, File}`: those that OTP brings and can't do without.
const PROGRAMS: [(&str, Start); 1] = [("inet_gethost", |_, _| Ok(Box::new(resolver::Resolver)))];

/// The driver of this name.
pub fn driver(name: &str) -> Option<Start> {
    find(&DRIVERS, name)
}

/// The program of this name that stands in for one outside.
pub fn program(name: &str) -> Option<Start> {
    find(&PROGRAMS, name)
}

/// What stands for open descriptors, by the command that has their numbers: `INPUT/OUTPUT`.
pub const DESCRIPTORS: Start = descriptor::start;

/// The names of all drivers.
pub fn driver_names() -> impl Iterator<Item = &'static str> {
    DRIVERS.iter().map(|&(name, _)| name)
}

fn find(table: &[(&str, Start)], wanted: &str) -> Option<Start> {
    let line = table.iter().find(|(name, _)| *name == wanted);
    line.map(|&(_, start)| start)
}
