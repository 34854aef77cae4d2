//! Ports: drivers that are built into the machine, and look to Erlang like programs outside.
//!
//! A port has links and monitors as a process has; signals to ports come through [`Context::port_signal`].
//!
//! | module | idea |
//! | --- | --- |
//! | [`driver`] | what is behind a port |
//! | [`framing`] | how bytes become messages |
//! | `datagram`, `descriptor`, `ram_file`, `resolver`, [`tty`] | the drivers |

mod datagram;
mod descriptor;
pub mod driver;
pub mod framing;
mod ram_file;
mod resolver;
pub mod tty;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::{Heap, OwnedTerm, Term, known};
use hashbrown::{HashMap, HashSet};

use crate::bif::iolist;
use crate::context::Context;
use crate::machine::Machine;
use crate::process::{Monitored, Watcher};
use crate::signal::Signal;
use crate::tracing::sequential::Carried;
use driver::{Driver, Opening, Output, Start};
use framing::{Frame, Frames, Framing};

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
    settings: Settings,
    frames: Frames,
    driver: Box<dyn Driver>,
}

impl Port {
    /// How it was opened.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether it is one of open descriptors, rather than of a driver by name.
    pub fn is_descriptor(&self) -> bool {
        self.driver.is_descriptor()
    }
}

/// How a port is opened.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether the connected process gets binaries.
    pub binary: bool,
    /// Whether it is told of the end of input, rather than by the port's end.
    pub eof: bool,
    /// Whether it is told at all of what comes in.
    pub reads: bool,
    /// Whether anything goes out.
    pub writes: bool,
    /// How bytes become messages, where it is not the driver that makes them.
    pub framing: Framing,
}

/// How many ports there may be: OTP's default, and the least. Powers of two.
const DEFAULT_LIMIT: usize = 1 << 16;
const LEAST_LIMIT: usize = 1 << 10;

/// The ports that are open, by number.
#[derive(Debug)]
pub struct Ports {
    ports: BTreeMap<u64, Port>,
    limit: usize,
    next_number: u64,
    /// The number of the port that the console's input is for.
    console_reader: Option<u64>,
    /// Input that came when there was none.
    unread: Vec<Vec<u8>>,
}

impl Default for Ports {
    fn default() -> Ports {
        Ports {
            ports: BTreeMap::new(),
            limit: DEFAULT_LIMIT,
            next_number: 0,
            console_reader: None,
            unread: Vec::new(),
        }
    }
}

impl Ports {
    /// How many there may be.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// From now on there may be so many or a few more.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(LEAST_LIMIT).next_power_of_two();
    }

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

    /// The window of the console's terminal has another size.
    pub fn window_changed(&mut self) {
        for port in self.ports.values_mut() {
            port.driver.window_changed();
        }
    }

    /// The ports that hold something of the outside that can't be frozen: their owners, their names, and what it is.
    pub fn holding(&self) -> impl Iterator<Item = (Term, &str, &'static str)> {
        self.ports
            .values()
            .filter_map(|port| Some((port.connected, &*port.name, port.driver.holds()?)))
    }

    /// All ports.
    pub fn iter(&self) -> impl Iterator<Item = Term> {
        self.ports.keys().map(|&number| Term::port(number))
    }
}

impl Context<'_> {
    /// Opens a port with this driver, connected and linked to the running process. Without one gives the name of the error.
    pub fn open_port(
        &mut self,
        name: String,
        start: Start,
        settings: Settings,
    ) -> Result<Term, &'static str> {
        let owner = self.process.pid;
        let machine = &mut *self.machine;
        if machine.ports.ports.len() >= machine.ports.limit {
            return Err("system_limit");
        }
        let opening = Opening {
            command: &name,
            reads: settings.reads,
            writes: settings.writes,
            room: machine.files.shared_room(),
            environment: &machine.environment,
            interrupt: machine.host_signals.interrupt,
        };
        let driver = start(&opening, &mut *machine.platform)?;
        let reads_console = driver.reads_console();
        let port = Port {
            name,
            connected: owner,
            links: HashSet::from([owner]),
            monitored_by: HashMap::new(),
            registered_name: None,
            data: None,
            input: 0,
            output: 0,
            settings,
            frames: Frames::new(settings.framing),
            driver,
        };
        let ports = &mut machine.ports;
        ports.next_number += 1;
        let number = ports.next_number;
        ports.ports.insert(number, port);
        let id = Term::port(number);
        self.process.tie().links.insert(id);
        if reads_console {
            self.read_console(number);
        }
        Ok(id)
    }

    /// From now on the console's input is for this port.
    fn read_console(&mut self, number: u64) {
        self.machine.ports.console_reader = Some(number);
        self.machine.platform.console_subscribe();
        for bytes in core::mem::take(&mut self.machine.ports.unread) {
            self.console_input(&bytes);
        }
    }

    /// Sends bytes to a port's driver, and its answer to the connected process. Gives whether the port is open.
    pub fn port_command(&mut self, id: Term, input: &[u8]) -> bool {
        let machine = &mut *self.machine;
        let Some(port) = machine.ports.get_mut(id) else {
            return false;
        };
        port.output += input.len() as u64;
        let Some(input) = port.frames.wrap(input) else {
            // A message whose length can't be told breaks the port.
            let reason = self.machine.atom("einval");
            self.close_port(id, reason);
            return true;
        };
        if let Some(output) = port.driver.command(&input, &mut *machine.platform) {
            self.port_gives(id, &output);
        }
        true
    }

    /// Asks a port's driver for what it does with `port_control/3`; `None` if it does not know of that.
    pub fn port_control(&mut self, id: Term, operation: u32, input: &[u8]) -> Option<Vec<u8>> {
        let machine = &mut *self.machine;
        let driver = &mut machine.ports.get_mut(id)?.driver;
        driver.control(operation, input, &mut *machine.platform)
    }

    /// Input from the console: for the port that reads it. None is its end.
    pub(crate) fn console_input(&mut self, bytes: &[u8]) {
        let machine = &mut *self.machine;
        let Some(number) = machine.ports.console_reader else {
            return machine.ports.unread.push(bytes.to_vec());
        };
        let id = Term::port(number);
        let Some(port) = machine.ports.get_mut(id) else {
            return;
        };
        let is_stream = port.settings.framing == Framing::Stream;
        if bytes.is_empty() {
            if let Some(frame) = port.frames.end() {
                self.port_gives_frame(id, &frame);
            }
            self.input_ends(id);
        } else if is_stream {
            let output = port.driver.console_input(bytes, &mut *machine.platform);
            if let Some(output) = output {
                self.port_gives(id, &output);
            }
        } else {
            for frame in port.frames.cut(bytes) {
                self.port_gives_frame(id, &frame);
            }
        }
    }

    /// Nothing more will come in: `{Port, eof}`, or the port's end.
    fn input_ends(&mut self, id: Term) {
        let Some(port) = self.machine.ports.get(id) else {
            return;
        };
        let to = port.connected;
        if port.settings.eof {
            let message = |heap: &mut dyn Heap, _: &_| heap.tuple(&[id, known::EOF]);
            self.deliver(id, Carried::Unchanged, to, message);
        } else {
            self.close_port(id, known::NORMAL);
            self.deliver_signals();
        }
    }

    /// What the driver gives, to the connected process.
    fn port_gives(&mut self, id: Term, output: &Output) {
        let Some(port) = self.machine.ports.get_mut(id) else {
            return;
        };
        let (header, body) = match output {
            Output::Data { header, body } => (header, body),
            Output::Answer(answer) => {
                let to = port.connected;
                return self.port_answer(id, to, answer);
            }
            Output::Refusal(reason) => {
                let to = port.connected;
                let [reply, reason] = ["inet_reply", reason].map(|name| self.machine.atom(name));
                self.deliver(id, Carried::Unchanged, to, |heap, _| {
                    let error = heap.tuple(&[known::ERROR, reason]);
                    heap.tuple(&[reply, id, error])
                });
                return;
            }
        };
        let body_length = body.as_ref().map_or(0, |body| body.len());
        port.input += (header.len() + body_length) as u64;
        let (to, binary) = (port.connected, port.settings.binary);
        let data_atom = self.machine.atom("data");
        self.deliver(id, Carried::Unchanged, to, |heap, _| {
            let body = match body {
                Some(body) if binary => body.to_term(heap),
                Some(body) => heap.byte_list(body, Term::NIL),
                None => Term::NIL,
            };
            let data = heap.byte_list(header, body);
            let data = heap.tuple(&[data_atom, data]);
            heap.tuple(&[id, data])
        });
    }

    /// The same for a message that was cut from a stream; a line is `{eol | noeol, Data}`.
    fn port_gives_frame(&mut self, id: Term, frame: &Frame) {
        let Some(ends_line) = frame.ends_line else {
            return self.port_gives(id, &Output::bytes(&frame.bytes));
        };
        let Some(port) = self.machine.ports.get_mut(id) else {
            return;
        };
        port.input += frame.bytes.len() as u64;
        let (to, binary) = (port.connected, port.settings.binary);
        let tag = if ends_line { "eol" } else { "noeol" };
        let [data_atom, tag] = ["data", tag].map(|name| self.machine.atom(name));
        self.deliver(id, Carried::Unchanged, to, |heap, _| {
            let line = match binary {
                true => heap.binary(&frame.bytes),
                false => heap.byte_list(&frame.bytes, Term::NIL),
            };
            let line = heap.tuple(&[tag, line]);
            let data = heap.tuple(&[data_atom, line]);
            heap.tuple(&[id, data])
        });
    }

    /// Closes a port: those who are linked to it, or watch it, learn of it. Gives whether it was open.
    pub fn close_port(&mut self, id: Term, reason: Term) -> bool {
        let machine = &mut *self.machine;
        let ports = &mut machine.ports;
        let port = id
            .is_local_port()
            .then(|| ports.ports.remove(&id.identifier_number()));
        let Some(mut port) = port.flatten() else {
            return false;
        };
        ports
            .console_reader
            .take_if(|number| *number == id.identifier_number());
        port.driver.close(&mut *machine.platform);
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

    /// Connects a port to another process, which is linked to it, too: `port_connect/2`. Gives whether port and process
    /// are there.
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
    /// else the connected process gets an exit signal.
    pub fn send_to_port(&mut self, id: Term, message: Term) {
        let Some(port) = self.machine.ports.get(id) else {
            return;
        };
        let connected = port.connected;
        if self.port_request(id, connected, message).is_none() {
            let reason = self.machine.atom("badsig");
            self.machine.signals.push_back(Signal::Exit {
                from: id,
                to: connected,
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
                self.close_port(id, known::NORMAL);
                // Who is linked to it is told before the one that asked is answered.
                self.deliver_signals();
                self.port_answer(id, connected, "closed");
            }
            ("command", data) if !data.is_none() => {
                let bytes = iolist::to_bytes(data)?;
                self.port_command(id, &bytes);
            }
            // It needs not be alive, and is not linked.
            ("connect", pid) if pid.is_local_pid() => {
                if let Some(port) = self.machine.ports.get_mut(id) {
                    port.connected = pid;
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

impl Machine {
    /// Input from the console, while no process runs; none is its end.
    pub(crate) fn take_console_input(&mut self, bytes: &[u8]) {
        let reader = self.ports.console_reader.map(Term::port);
        let reader = reader.and_then(|id| self.ports.get(id));
        let Some(pid) = reader.map(|port| port.connected) else {
            return self.ports.unread.push(bytes.to_vec());
        };
        if self
            .in_the_name_of(pid, |context| context.console_input(bytes))
            .is_some()
        {
            self.processes.wake(pid);
        }
    }
}
