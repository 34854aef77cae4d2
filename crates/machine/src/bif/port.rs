//! Ports, to [drivers](crate::port) in the machine. There are no programs outside that could be run.
//!
//! The functions of `erts_internal` answer with the reason for which the calling function of `erlang` raises an error.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry, iolist};
use crate::context::Context;
use crate::exception::badarg;
use crate::files::{Follow, PosixError};
use crate::port::framing::Framing;
use crate::port::{Port, Settings, driver};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "ports", 0, ports_0),
    entry("erlang", "port_get_data", 1, port_get_data_1),
    entry("erlang", "port_set_data", 2, port_set_data_2),
    entry("erts_internal", "open_port", 2, open_port_2),
    entry("erts_internal", "port_command", 3, port_command_3),
    entry("erts_internal", "port_connect", 2, port_connect_2),
    entry("erts_internal", "port_close", 1, port_close_1),
    entry("erts_internal", "port_control", 3, port_control_3),
    entry("erts_internal", "port_call", 3, port_call_3),
    entry("erts_internal", "port_info", 1, port_info_1),
    entry("erts_internal", "port_info", 2, port_info_2),
];

fn ports_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let ports: Vec<Term> = context.machine.ports.iter().collect();
    Ok(context.heap().list(&ports))
}

/// The identifier of the open port that a term names: an identifier, or a registered name.
fn find(context: &Context<'_>, port: Term) -> Option<Term> {
    let id = if port.is_atom() {
        *context.machine.registry.get(&port)?
    } else {
        port
    };
    context.machine.ports.get(id).map(|_| id)
}

fn port_get_data_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let id = find(context, arguments[0]).ok_or_else(badarg)?;
    Ok(context.port_data(id).unwrap_or(known::UNDEFINED))
}

fn port_set_data_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let id = find(context, arguments[0]).ok_or_else(badarg)?;
    let data = context.own(arguments[1]);
    if let Some(port) = context.machine.ports.get_mut(id) {
        port.data = Some(data);
    }
    Ok(known::TRUE)
}

/// What a port is opened with.
#[derive(Debug, Default)]
struct Options {
    binary: bool,
    eof: bool,
    framing: Framing,
    input: bool,
    output: bool,
    arguments: bool,
}

impl Options {
    fn settings(&self) -> Settings {
        let both = self.input == self.output;
        Settings {
            binary: self.binary,
            eof: self.eof,
            reads: self.input || both,
            writes: self.output || both,
            framing: self.framing,
        }
    }
}

/// Reads the options; `None` for bad ones.
fn options(context: &Context<'_>, list: Term) -> Option<Options> {
    let mut found = Options::default();
    let (mut packet, mut line) = (None, None);
    let (mut stdio, mut stderr) = (true, false);
    let mut options = list.list();
    for option in options.by_ref() {
        let name = |term| context.machine.atoms.name(term);
        if let Some(&[key, value]) = option.as_tuple_of::<2>() {
            match (name(key)?, value.as_small()) {
                ("packet", Some(size @ (1 | 2 | 4))) => packet = Some(size as usize),
                ("line", Some(longest @ 1..)) => line = Some(longest as usize),
                ("args", _) => {
                    let mut arguments = value.list();
                    let texts = |argument: Term| argument.is_binary() || is_text(argument);
                    if !arguments.by_ref().all(texts) || !arguments.ended_proper() {
                        return None;
                    }
                    found.arguments = true;
                }
                ("env", _) => value.list_length().map(drop)?,
                ("cd" | "arg0", _) if value.is_binary() || is_text(value) => {}
                ("parallelism", _) => value.as_boolean().map(drop)?,
                ("busy_limits_port" | "busy_limits_msgq", _) => {}
                _ => return None,
            }
            continue;
        }
        match name(option)? {
            "stream" => packet = None,
            "binary" => found.binary = true,
            "eof" => found.eof = true,
            "in" => found.input = true,
            "out" => found.output = true,
            "line" => line = Some(LINE_BYTES),
            "use_stdio" => stdio = true,
            "nouse_stdio" => stdio = false,
            "stderr_to_stdout" => stderr = true,
            "exit_status" | "hide" | "overlapped_io" => {}
            _ => return None,
        }
    }
    found.framing = match (packet, line) {
        (None, None) => Framing::Stream,
        (Some(size), None) => Framing::Packet(size),
        (None, Some(longest)) => Framing::Line(longest),
        (Some(_), Some(_)) => return None,
    };
    let contradictory = stderr && !stdio;
    (options.ended_proper() && !contradictory).then_some(found)
}

fn is_text(term: Term) -> bool {
    text(term).is_some()
}

/// A list of characters, or a binary, as text.
fn text(term: Term) -> Option<String> {
    if let Some(bytes) = term.as_binary() {
        return String::from_utf8(bytes.into_owned()).ok();
    }
    let mut points = term.list();
    let text: Option<String> = points
        .by_ref()
        .map(|point| {
            let point = u32::try_from(point.as_small()?).ok()?;
            char::from_u32(point).filter(|&character| character != '\0')
        })
        .collect();
    text.filter(|_| points.ended_proper())
}

/// Bytes of a line where no option says how many.
const LINE_BYTES: usize = 512;

/// A port to a driver of the machine, or to the console's descriptors. For anything else, what OTP answers where a program can't be run, a driver is
/// unknown, or a descriptor is not open.
fn open_port_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(options) = options(context, arguments[1]) else {
        return Ok(context.machine.atom("badopt"));
    };
    let name = arguments[0].as_tuple().unwrap_or_default();
    let kind = name
        .first()
        .and_then(|&kind| context.machine.atoms.name(kind));
    let (kind, command) = match (kind, name) {
        (Some("fd"), [_, input, output]) => {
            let (Some(input), Some(output)) = (input.as_small(), output.as_small()) else {
                return Ok(known::BADARG);
            };
            let name = alloc::format!("{input}/{output}");
            return opened(context, name, driver::DESCRIPTORS, options.settings());
        }
        (Some(kind @ ("spawn" | "spawn_driver" | "spawn_executable")), [_, command]) => {
            // Atoms name programs and drivers, but not files.
            let atom = context.machine.atoms.name(*command).map(String::from);
            (
                kind,
                atom.filter(|_| kind != "spawn_executable")
                    .or_else(|| text(*command)),
            )
        }
        _ => return Ok(known::BADARG),
    };
    let only_for_programs = options.arguments && kind != "spawn_executable";
    let Some(command) = command.filter(|_| !only_for_programs) else {
        return Ok(known::BADARG);
    };
    let driver = match kind {
        "spawn_executable" => driver::program(command.rsplit('/').next().unwrap_or_default()),
        _ => command.split_whitespace().next().and_then(driver::driver),
    };
    match driver {
        Some(driver) => {
            // These make their own messages.
            let framing = Framing::Stream;
            let settings = Settings {
                framing,
                ..options.settings()
            };
            opened(context, command, driver, settings)
        }
        None if kind == "spawn_driver" => Ok(known::BADARG),
        None => {
            let path = match kind {
                "spawn" => command.split_whitespace().next().unwrap_or_default(),
                _ => &command,
            };
            let error = not_runnable(context, path);
            Ok(context.machine.atom(error.name()))
        }
    }
}

/// The port that was opened, or the reason why it can't be.
fn opened(
    context: &mut Context<'_>,
    name: String,
    start: driver::Start,
    settings: Settings,
) -> BifResult {
    let port = context.open_port(name, start, settings);
    Ok(port.unwrap_or_else(|error| context.machine.atom(error)))
}

/// Why a program can't be run: mostly because it isn't there.
fn not_runnable(context: &mut Context<'_>, path: &str) -> PosixError {
    const EXECUTABLE: u32 = 0o111;
    match context
        .machine
        .present_files()
        .information(path.as_bytes(), Follow::Yes)
    {
        Err(error) => error,
        Ok(file) if file.kind != "regular" || file.attributes.mode & EXECUTABLE == 0 => {
            PosixError::NotAllowed
        }
        Ok(_) => PosixError::NotExecutable,
    }
}

fn port_command_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [port, data, list] = *arguments else {
        return Err(badarg());
    };
    let mut options = list.list();
    let atoms = &context.machine.atoms;
    let known_option = |option| matches!(atoms.name(option), Some("force" | "nosuspend"));
    if !options.by_ref().all(known_option) || !options.ended_proper() {
        return Ok(context.machine.atom("badopt"));
    }
    let (Some(id), Some(bytes)) = (find(context, port), iolist::to_bytes(data)) else {
        return Ok(known::BADARG);
    };
    context.charge(bytes.len() / 1024);
    Ok(Term::boolean(context.port_command(id, &bytes)))
}

fn port_connect_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let connected = find(context, arguments[0])
        .filter(|_| arguments[1].is_local_pid())
        .is_some_and(|id| context.connect_port(id, arguments[1]));
    Ok(if connected {
        known::TRUE
    } else {
        known::BADARG
    })
}

fn port_close_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let closed =
        find(context, arguments[0]).is_some_and(|id| context.close_port(id, known::NORMAL));
    context.deliver_signals();
    Ok(if closed { known::TRUE } else { known::BADARG })
}

/// The driver's answer as a list of bytes, or `badarg`.
fn port_control_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let operation = arguments[1].as_small().map(u32::try_from);
    let (Some(id), Some(Ok(operation)), Some(bytes)) = (
        find(context, arguments[0]),
        operation,
        iolist::to_bytes(arguments[2]),
    ) else {
        return Ok(known::BADARG);
    };
    Ok(match context.port_control(id, operation, &bytes) {
        Some(answer) => context.heap().byte_list(&answer, Term::NIL),
        None => known::BADARG,
    })
}

/// No driver has this way in.
fn port_call_3(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::BADARG)
}

/// `undefined` for a port that is no more, `badarg` for what is none.
fn not_open(port: Term) -> Term {
    if port.is_port() || port.is_atom() {
        known::UNDEFINED
    } else {
        known::BADARG
    }
}

/// The items of `port_info/1`, in OTP's order.
const ITEMS: [&str; 7] = [
    "name",
    "links",
    "id",
    "connected",
    "input",
    "output",
    "os_pid",
];

fn port_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(id) = find(context, arguments[0]) else {
        return Ok(not_open(arguments[0]));
    };
    let mut pairs = Vec::new();
    if let Some(name) = item(context, id, "registered_name").filter(|name| !name.is_nil()) {
        pairs.push(name);
    }
    for name in ITEMS {
        pairs.extend(item(context, id, name));
    }
    Ok(context.heap().list(&pairs))
}

fn port_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(id) = find(context, arguments[0]) else {
        return Ok(not_open(arguments[0]));
    };
    let Some(name) = context.machine.atoms.name(arguments[1]).map(str::to_string) else {
        return Ok(context.machine.atom("badtype"));
    };
    match item(context, id, &name) {
        Some(item) => Ok(item),
        None => Ok(context.machine.atom("badtype")),
    }
}

/// `{Item, Value}`; `[]` for the name of a port that has none; `None` for an item that there isn't.
fn item(context: &mut Context<'_>, id: Term, name: &str) -> Option<Term> {
    let locking = context.machine.atom("port_level");
    let key = context.machine.atoms.existing(name)?;
    let Context { machine, process } = context;
    let port: &Port = machine.ports.get(id)?;
    let heap = &mut process.heap;
    let value = match name {
        "registered_name" => match port.registered_name {
            Some(name) => name,
            None => return Some(Term::NIL),
        },
        "name" => heap.string(&port.name),
        "links" => {
            let links: Vec<Term> = port.links.iter().copied().collect();
            heap.list(&links)
        }
        "id" => heap.unsigned(id.identifier_number()),
        "connected" => port.connected,
        "input" => heap.unsigned(port.input),
        "output" => heap.unsigned(port.output),
        "os_pid" => known::UNDEFINED,
        "monitors" => Term::NIL,
        "monitored_by" => {
            let watchers: Vec<Term> = port
                .monitored_by
                .values()
                .map(|watcher| watcher.pid)
                .collect();
            heap.list(&watchers)
        }
        "parallelism" => known::FALSE,
        "queue_size" => Term::small(0),
        "memory" => Term::small(size_of::<Port>() as i64),
        "locking" => locking,
        _ => return None,
    };
    Some(heap.tuple(&[key, value]))
}
