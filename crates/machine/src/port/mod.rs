//! Ports: drivers that are built into the machine, and look to Erlang like programs outside.
//!
//! A driver is a [`Driver`]: it gets what is sent to its port, and gives what the port sends to the process that it is
//! connected to. A port has links and monitors as a process has; signals to ports come through
//! [`Context::port_signal`].

mod ram_file;
mod resolver;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::{OwnedTerm, SharedBinary, Term, known};
use hashbrown::{HashMap, HashSet};

use crate::bif::iolist;
use crate::context::Context;
use crate::files::content::Room;
use crate::platform::ConsoleStream;
use crate::process::{Monitored, Watcher};
use crate::signal::Signal;
use crate::tracing::sequential::Carried;

/// What a driver gives to the process that its port is connected to: `{Port, {data, Data}}`.
#[derive(Debug, Default)]
pub struct Output {
    /// Bytes that are elements of a list in front of the body.
    pub header: Vec<u8>,
    /// A binary or a list of bytes, as the port was opened; the empty list if there is none.
    pub body: Option<SharedBinary>,
}

/// What is behind a port.
pub trait Driver: core::fmt::Debug {
    /// Takes what was sent to the port, and gives the answer, if there is one.
    fn command(&mut self, input: &[u8]) -> Option<Output>;
}

/// How a driver begins: with the room for files, which it may need.
type Start = fn(&Rc<Room>) -> Box<dyn Driver>;

/// Drivers by name, for `{spawn, Name}` and `{spawn_driver, Name}`.
const DRIVERS: [(&str, Start); 1] = [("ram_file_drv", |room| {
    Box::new(ram_file::RamFile::new(room))
})];
/// Programs by name, for `{spawn_executable, File}`: those that OTP brings and can't do without.
const PROGRAMS: [(&str, Start); 1] = [("inet_gethost", |_| Box::new(resolver::Resolver))];

/// The driver of this name.
pub fn driver(name: &str) -> Option<Start> {
    find(&DRIVERS, name)
}

/// The program of this name that stands in for one outside.
pub fn program(name: &str) -> Option<Start> {
    find(&PROGRAMS, name)
}

/// The names of all drivers.
pub fn driver_names() -> impl Iterator<Item = &'static str> {
    DRIVERS.iter().map(|&(name, _)| name)
}

fn find(table: &[(&str, Start)], wanted: &str) -> Option<Start> {
    let line = table.iter().find(|(name, _)| *name == wanted);
    line.map(|&(_, start)| start)
}

/// A port that is open.
#[derive(Debug)]
#[allow(
    missing_docs,
    reason = "named after OTP's port_info items unless documented"
)]
pub struct Port {
    pub name: String,
    /// The process that gets the output.
    pub connected: Term,
    pub links: HashSet<Term>,
    /// The monitors that watch it, by reference number.
    pub monitored_by: HashMap<u64, Watcher>,
    pub registered_name: Option<Term>,
    /// What `port_set_data/2` set.
    pub data: Option<OwnedTerm>,
    /// Bytes that the driver gave.
    pub input: u64,
    /// Bytes that the driver got.
    pub output: u64,
    /// Whether the connected process gets binaries.
    binary: bool,
    end: End,
}

/// What is at the other end of a port.
#[derive(Debug)]
enum End {
    /// The console, which takes what it is sent.
    Console,
    Driver(Box<dyn Driver>),
}

impl Port {
    fn new(name: String, connected: Term, end: End, binary: bool) -> Port {
        Port {
            name,
            connected,
            links: HashSet::new(),
            monitored_by: HashMap::new(),
            registered_name: None,
            data: None,
            input: 0,
            output: 0,
            binary,
            end,
        }
    }
}

/// The number of the console's port. Others have greater ones.
const CONSOLE_NUMBER: u64 = 0;

/// The ports that are open, by number.
#[derive(Debug, Default)]
pub struct Ports {
    ports: BTreeMap<u64, Port>,
    next_number: u64,
}

impl Ports {
    /// The port that a term names.
    pub fn get(&self, port: Term) -> Option<&Port> {
        self.ports
            .get(&port.is_local_port().then(|| port.identifier_number())?)
    }

    /// The port that a term names, to be changed.
    pub fn get_mut(&mut self, port: Term) -> Option<&mut Port> {
        self.ports
            .get_mut(&port.is_local_port().then(|| port.identifier_number())?)
    }

    /// Opens the port of the console, which is there from the start.
    pub fn open_console(&mut self, connected: Term) {
        let console = Port::new(String::from("console"), connected, End::Console, false);
        self.ports.insert(CONSOLE_NUMBER, console);
    }

    /// All ports.
    pub fn iter(&self) -> impl Iterator<Item = Term> {
        self.ports.keys().map(|&number| Term::port(number))
    }
}

impl Context<'_> {
    /// Opens a port with this driver, connected and linked to the running process.
    pub fn open_port(&mut self, name: String, driver: Start, binary: bool) -> Term {
        let owner = self.process.pid;
        let end = End::Driver(driver(self.machine.files.shared_room()));
        let mut port = Port::new(name, owner, end, binary);
        port.links.insert(owner);
        let ports = &mut self.machine.ports;
        ports.next_number += 1;
        let id = Term::port(ports.next_number);
        ports.ports.insert(ports.next_number, port);
        self.process.tie().links.insert(id);
        id
    }

    /// Sends bytes to a port's driver, and its answer to the connected process. Gives whether the port is open.
    pub fn port_command(&mut self, id: Term, input: &[u8]) -> bool {
        let Some(port) = self.machine.ports.get_mut(id) else {
            return false;
        };
        port.output += input.len() as u64;
        let answer = match &mut port.end {
            End::Driver(driver) => driver.command(input),
            End::Console => {
                let platform = &mut self.machine.platform;
                platform.console_write(ConsoleStream::Output, input);
                None
            }
        };
        let Some(output) = answer else {
            return true;
        };
        let body_length = output.body.as_ref().map_or(0, |body| body.len());
        port.input += (output.header.len() + body_length) as u64;
        let (to, binary) = (port.connected, port.binary);
        let data_atom = self.machine.atom("data");
        self.deliver(id, Carried::Unchanged, to, |heap, _| {
            let body = match &output.body {
                Some(body) if binary => body.to_term(heap),
                Some(body) => heap.byte_list(body, Term::NIL),
                None => Term::NIL,
            };
            let data = heap.byte_list(&output.header, body);
            let data = heap.tuple(&[data_atom, data]);
            heap.tuple(&[id, data])
        });
        true
    }

    /// Closes a port: those who are linked to it, or watch it, learn of it. Gives whether it was open.
    pub fn close_port(&mut self, id: Term, reason: Term) -> bool {
        let port = id
            .is_local_port()
            .then(|| self.machine.ports.ports.remove(&id.identifier_number()));
        let Some(mut port) = port.flatten() else {
            return false;
        };
        if let Some(name) = port.registered_name {
            self.machine.registry.remove(&name);
        }
        for to in port.links.drain() {
            self.machine.signals.push_back(Signal::Exit {
                from: id,
                to,
                reason: OwnedTerm::new(reason),
                linked: true,
                carried: Carried::Unchanged,
            });
        }
        for (reference, Watcher { pid: to, .. }) in port.monitored_by.drain() {
            self.machine.signals.push_back(Signal::Down {
                to,
                reference,
                reason: OwnedTerm::new(reason),
            });
        }
        true
    }

    /// Connects a port to another process, which is linked to it, too. Gives whether port and process are there.
    pub fn connect_port(&mut self, id: Term, pid: Term) -> bool {
        if self.machine.ports.get(id).is_none() {
            return false;
        }
        let Some(process) = self
            .process_mut(pid)
            .filter(|process| !process.is_exiting())
        else {
            return false;
        };
        process.tie().links.insert(id);
        if let Some(port) = self.machine.ports.get_mut(id) {
            port.connected = pid;
            port.links.insert(pid);
        }
        true
    }

    /// `Port ! Message`, where the message is a tuple of the connected process and what is to be done. For anything
    /// else the sender gets an exit signal.
    pub fn send_to_port(&mut self, id: Term, message: Term) {
        let Some(port) = self.machine.ports.get(id) else {
            return;
        };
        let connected = port.connected;
        if self.port_request(id, connected, message).is_none() {
            let reason = self.machine.atom("badsig");
            self.machine.signals.push_back(Signal::Exit {
                from: id,
                to: self.process.pid,
                reason: OwnedTerm::new(reason),
                linked: false,
                carried: Carried::Unchanged,
            });
        }
    }

    /// `None` for what is no request.
    fn port_request(&mut self, id: Term, connected: Term, message: Term) -> Option<()> {
        let &[from, request] = message.as_tuple_of::<2>()?;
        if from != connected {
            return None;
        }
        let (name, argument) = match request.as_tuple_of::<2>() {
            Some(&[name, argument]) => (name, argument),
            None => (request, Term::NONE),
        };
        match (self.machine.atoms.name(name)?, argument) {
            ("close", Term::NONE) => {
                // Who asks for it is answered, and not told by an exit signal.
                if let Some(port) = self.machine.ports.get_mut(id) {
                    port.links.remove(&connected);
                }
                if let Some(ties) = self.ties_mut(connected) {
                    ties.links.remove(&id);
                }
                self.close_port(id, known::NORMAL);
                self.port_answer(id, connected, "closed");
            }
            ("command", data) if !data.is_none() => {
                let bytes = iolist::to_bytes(data)?;
                self.port_command(id, &bytes);
            }
            ("connect", pid) if pid.is_local_pid() => {
                if !self.connect_port(id, pid) {
                    return None;
                }
                self.port_answer(id, connected, "connected");
            }
            _ => return None,
        }
        Some(())
    }

    /// Sends `{Port, Answer}`.
    fn port_answer(&mut self, id: Term, to: Term, answer: &'static str) {
        let answer = self.machine.atom(answer);
        self.deliver(id, Carried::Unchanged, to, |heap, _| {
            heap.tuple(&[id, answer])
        });
    }

    /// Carries out a signal that is for a port, and gives back any other.
    pub fn port_signal(&mut self, signal: Signal) -> Option<Signal> {
        let id = signal.to();
        if !id.is_local_port() {
            return Some(signal);
        }
        let port = self.machine.ports.get_mut(id)?;
        match signal {
            Signal::Exit {
                from,
                reason,
                linked,
                ..
            } => {
                if linked && !port.links.remove(&from) {
                    return None;
                }
                let reason = reason.term();
                if reason != known::NORMAL || from == port.connected {
                    let reason = if reason == known::KILL && !linked {
                        known::KILLED
                    } else {
                        reason
                    };
                    self.close_port(id, reason);
                }
            }
            Signal::Demonitor { reference, .. } => {
                port.monitored_by.remove(&reference);
            }
            Signal::Unlink { from, .. } => {
                port.links.remove(&from);
            }
            Signal::Down { .. } => {}
        }
        None
    }

    /// Links the running process with a port. Gives whether the port is open.
    pub fn link_port(&mut self, id: Term) -> bool {
        let pid = self.process.pid;
        let Some(port) = self.machine.ports.get_mut(id) else {
            return false;
        };
        port.links.insert(pid);
        self.process.tie().links.insert(id);
        true
    }

    /// What a monitor of a port, or of the port with a name, is to watch; `None` if there is none.
    pub fn monitored_port(&self, target: Term) -> Option<Monitored> {
        if target.is_atom() {
            let id = *self.machine.registry.get(&target)?;
            self.machine.ports.get(id)?;
            return Some(Monitored::Named {
                name: target,
                pid: id,
            });
        }
        self.machine.ports.get(target)?;
        Some(Monitored::Identifier(target))
    }

    /// Registers a name for a port that has none. Gives whether that could be done.
    pub fn register_port(&mut self, name: Term, id: Term) -> bool {
        match self.machine.ports.get_mut(id) {
            Some(port) if port.registered_name.is_none() => {
                port.registered_name = Some(name);
                self.machine.registry.insert(name, id);
                true
            }
            _ => false,
        }
    }

    /// A copy of what `port_set_data/2` set, on the heap of the running process.
    pub fn port_data(&mut self, id: Term) -> Option<Term> {
        let data = self.machine.ports.get(id)?.data.as_ref()?.term();
        let heap = &mut self.process.heap;
        Some(copy(data, heap, &self.machine.literals))
    }
}
