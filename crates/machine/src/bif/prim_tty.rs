//! The natives of `prim_tty`: the terminal of OTP from 26 on, whose lines are edited in Erlang. What is left to natives
//! is the terminal itself: its mode, its size, its capabilities, bytes in and out. That there is something to be read is
//! told by messages, as `enif_select` tells it.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::{Heap, LiteralArea, OwnedTerm, Term, known, map};

use super::{BifResult, Entry, entry, iolist};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::host_signal::{CONTINUE, Interrupt, WINDOW_CHANGE};
use crate::machine::Machine;
use crate::platform::{ConsoleStream, SignalAction, TerminalMode};
use crate::port::tty::capability;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("prim_tty", "isatty", 1, isatty_1),
    entry("prim_tty", "tty_create", 0, tty_create_0),
    entry("prim_tty", "tty_init", 3, tty_init_3),
    entry("prim_tty", "tty_set", 1, tty_set_1),
    entry("prim_tty", "tty_select", 3, tty_select_3),
    entry("prim_tty", "tty_read_signal", 2, tty_read_signal_2),
    entry("prim_tty", "tty_window_size", 1, tty_window_size_1),
    entry("prim_tty", "tty_encoding", 1, tty_encoding_1),
    entry("prim_tty", "setlocale", 1, setlocale_1),
    entry("prim_tty", "read_nif", 2, read_nif_2),
    entry("prim_tty", "write_nif", 2, write_nif_2),
    entry("prim_tty", "isprint", 1, isprint_1),
    entry("prim_tty", "wcwidth", 1, wcwidth_1),
    entry("prim_tty", "wcswidth", 1, wcswidth_1),
    entry("prim_tty", "sizeof_wchar", 0, sizeof_wchar_0),
    entry("prim_tty", "tgetent_nif", 1, tgetent_nif_1),
    entry("prim_tty", "tgetnum_nif", 1, tgetnum_nif_1),
    entry("prim_tty", "tgetflag_nif", 1, tgetflag_nif_1),
    entry("prim_tty", "tgetstr_nif", 1, tgetstr_nif_1),
    entry("prim_tty", "tgoto_nif", 1, tgoto_nif),
    entry("prim_tty", "tgoto_nif", 2, tgoto_nif),
    entry("prim_tty", "tgoto_nif", 3, tgoto_nif),
];

/// Most bytes that are read at once.
const READ_BYTES: usize = 1024;
/// Bytes of a wide character of C.
const WIDE_BYTES: usize = 4;

/// What a reference to the terminal holds: nothing, there is one terminal.
#[derive(Debug)]
struct Tty;

/// The terminal that natives read.
#[derive(Debug, Default)]
pub struct NativeTerminal {
    /// The mode that `tty_set/1` sets, and the process that it is for.
    mode: Option<(Term, TerminalMode)>,
    reader: Option<Reader>,
    input: Vec<u8>,
    ended: bool,
    /// Names of signals that have not been read.
    signals: VecDeque<&'static str>,
}

/// The process that is told when there is something to be read.
#[derive(Debug)]
struct Reader {
    pid: Term,
    tty: OwnedTerm,
    /// The references in the messages about signals, and about input; whether one is to be sent.
    signal: (OwnedTerm, bool),
    input: (OwnedTerm, bool),
}

/// Messages that are to be sent to a reader; the terms are its own.
struct Due {
    pid: Term,
    tty: Term,
    references: Vec<Term>,
}

impl NativeTerminal {
    /// Whether the console's input is for it.
    pub fn reads(&self) -> bool {
        self.reader.is_some()
    }

    /// The process that has set its mode.
    pub fn owner(&self) -> Option<Term> {
        self.mode.map(|(pid, _)| pid)
    }

    /// What the reader wants to be told of and there is: from now on it has been told.
    fn due(&mut self) -> Option<Due> {
        let has_input = self.ended || !self.input.is_empty();
        let has_signal = !self.signals.is_empty();
        let reader = self.reader.as_mut()?;
        let mut references = Vec::new();
        let wanted = [
            (&mut reader.signal, has_signal),
            (&mut reader.input, has_input),
        ];
        for ((reference, wants), is_there) in wanted {
            if *wants && is_there {
                *wants = false;
                references.push(reference.term());
            }
        }
        Some(Due {
            pid: reader.pid,
            tty: reader.tty.term(),
            references,
        })
    }
}

impl Machine {
    /// Input from the console; none is its end.
    pub(crate) fn take_native_input(&mut self, bytes: &[u8]) {
        self.native_terminal.input.extend_from_slice(bytes);
        self.native_terminal.ended |= bytes.is_empty();
        self.tell_reader();
    }

    /// A signal that the terminal's reader is to learn of.
    pub(crate) fn take_native_signal(&mut self, number: u8) {
        let name = match number {
            WINDOW_CHANGE => "winch",
            CONTINUE => "cont",
            _ => return,
        };
        if self.native_terminal.reads() {
            self.native_terminal.signals.push_back(name);
            self.tell_reader();
        }
    }

    /// Tells the reader of what there is.
    fn tell_reader(&mut self) {
        let [select, ready] = ["select", "ready_input"].map(|name| self.atom(name));
        let Some(due) = self.native_terminal.due() else {
            return;
        };
        for reference in due.references {
            self.send_built(due.pid, ready_message([select, due.tty, reference, ready]));
        }
    }

    /// The process that had the terminal, or read it, has ended.
    pub(crate) fn terminal_owner_ended(&mut self, pid: Term) {
        let terminal = &mut self.native_terminal;
        terminal.reader.take_if(|reader| reader.pid == pid);
        if terminal.mode.take_if(|(owner, _)| *owner == pid).is_some() {
            self.platform.terminal_mode(None);
        }
    }
}

fn tty(term: Term) -> Result<(), Control> {
    term.as_resource::<Tty>().map(drop).ok_or_else(badarg)
}

/// `{ok, Value}`
fn ok(context: &mut Context<'_>, value: Term) -> BifResult {
    Ok(context.heap().tuple(&[known::OK, value]))
}

/// `{error, Reason}`
fn failed(context: &mut Context<'_>, reason: &'static str) -> BifResult {
    let reason = context.machine.atom(reason);
    Ok(context.heap().tuple(&[known::ERROR, reason]))
}

fn isatty_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let terminal = context.machine.platform.terminal();
    let is_terminal = match context.machine.atoms.name(arguments[0]) {
        Some("stdin") => terminal.input,
        Some("stdout") => terminal.output,
        Some("stderr") => terminal.errors,
        _ => return Err(badarg()),
    };
    Ok(Term::boolean(is_terminal))
}

fn tty_create_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let tty = context.make_resource(Tty, size_of::<NativeTerminal>());
    ok(context, tty)
}

fn tty_init_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    if !arguments[2].is_map() {
        return Err(badarg());
    }
    if !context.machine.platform.terminal().input {
        return failed(context, "enotsup");
    }
    let no_interrupt = context.machine.host_signals.interrupt == Interrupt::Shell;
    let mut option = |name| {
        let key = context.machine.atom(name);
        map::get(arguments[2], key).and_then(Term::as_boolean)
    };
    let mode = TerminalMode {
        canonical: option("canon").unwrap_or(true),
        echo: option("echo").unwrap_or(true),
        signals: option("sig").unwrap_or(true),
        no_interrupt,
    };
    context.machine.native_terminal.mode = Some((context.process.pid, mode));
    Ok(known::OK)
}

fn tty_set_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    let mode = context.machine.native_terminal.mode.map(|(_, mode)| mode);
    if mode.is_none() || !context.machine.platform.terminal_mode(mode) {
        return failed(context, "enotsup");
    }
    Ok(known::OK)
}

/// From now on the caller is told of signals and of input.
fn tty_select_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [terminal, signal, input] = *arguments else {
        return Err(badarg());
    };
    tty(terminal)?;
    let machine = &mut *context.machine;
    machine.native_terminal.reader = Some(Reader {
        pid: context.process.pid,
        tty: OwnedTerm::new(terminal),
        signal: (OwnedTerm::new(signal), true),
        input: (OwnedTerm::new(input), true),
    });
    for signal in [WINDOW_CHANGE, CONTINUE] {
        machine
            .platform
            .signal_action(signal, SignalAction::Deliver);
    }
    machine.platform.console_subscribe();
    select_again(context);
    Ok(known::OK)
}

/// Tells the reader of what there is already.
fn select_again(context: &mut Context<'_>) {
    let [select, ready] = ["select", "ready_input"].map(|name| context.machine.atom(name));
    let Some(due) = context.machine.native_terminal.due() else {
        return;
    };
    for reference in due.references {
        context.send_built(due.pid, ready_message([select, due.tty, reference, ready]));
    }
}

/// `{select, Tty, Reference, ready_input}`
fn ready_message(parts: [Term; 4]) -> impl FnOnce(&mut dyn Heap, &LiteralArea) -> Term {
    move |heap, literals| {
        let parts = parts.map(|part| copy(part, heap, literals));
        heap.tuple(&parts)
    }
}

fn tty_read_signal_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    let terminal = &mut context.machine.native_terminal;
    let signal = terminal.signals.pop_front();
    if let Some(reader) = &mut terminal.reader {
        reader.signal = (OwnedTerm::new(arguments[1]), true);
    }
    select_again(context);
    match signal {
        Some(name) => {
            let name = context.machine.atom(name);
            ok(context, name)
        }
        None => failed(context, "eagain"),
    }
}

fn tty_window_size_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    let terminal = context.machine.platform.terminal();
    if !terminal.input && !terminal.output {
        return failed(context, "enotsup");
    }
    let (columns, rows) = capability::size(terminal);
    let sizes = [columns, rows].map(|size| Term::small(i64::from(size)));
    let size = context.heap().tuple(&sizes);
    ok(context, size)
}

fn tty_encoding_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    Ok(context.machine.atom("utf8"))
}

fn setlocale_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    let is_utf8 = capability::is_utf8(&context.machine.environment);
    Ok(Term::boolean(is_utf8))
}

fn read_nif_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    let terminal = &mut context.machine.native_terminal;
    if terminal.input.is_empty() && terminal.ended {
        return failed(context, "closed");
    }
    let length = terminal.input.len().min(READ_BYTES);
    let bytes: Vec<u8> = terminal.input.drain(..length).collect();
    if let Some(reader) = &mut terminal.reader {
        reader.input = (OwnedTerm::new(arguments[1]), true);
    }
    select_again(context);
    let bytes = context.heap().binary(&bytes);
    ok(context, bytes)
}

fn write_nif_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    tty(arguments[0])?;
    let bytes = iolist::to_bytes(arguments[1]).ok_or_else(badarg)?;
    context.charge(bytes.len() / 64);
    let platform = &mut context.machine.platform;
    platform.console_write(ConsoleStream::Output, &bytes);
    Ok(known::OK)
}

/// In any locale that has UTF-8, and in the one of C.
fn isprint_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let character = arguments[0].as_small().ok_or_else(badarg)?;
    Ok(Term::boolean((0x20..0x7f).contains(&character)))
}

fn wcwidth_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let character = arguments[0].as_small().ok_or_else(badarg)?;
    match u32::try_from(character).ok().and_then(capability::width) {
        Some(width) => Ok(Term::small(width as i64)),
        None => failed(context, "not_printable"),
    }
}

fn wcswidth_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = iolist::to_bytes(arguments[0]).ok_or_else(badarg)?;
    let (characters, _) = bytes.as_chunks::<WIDE_BYTES>();
    let widths = characters
        .iter()
        .map(|bytes| capability::width(u32::from_ne_bytes(*bytes)));
    match widths.sum::<Option<usize>>() {
        Some(width) => ok(context, Term::small(width as i64)),
        None => failed(context, "not_printable"),
    }
}

fn sizeof_wchar_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(Term::small(WIDE_BYTES as i64))
}

/// Text that ends with a zero.
fn c_string(term: Term) -> Result<Vec<u8>, Control> {
    let mut bytes = iolist::to_bytes(term).ok_or_else(badarg)?;
    if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

fn name(term: Term) -> Result<String, Control> {
    String::from_utf8(c_string(term)?).map_err(|_| badarg())
}

fn tgetent_nif_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if capability::is_known(Some(&name(arguments[0])?)) {
        return Ok(known::OK);
    }
    failed(context, "enotsup")
}

fn tgetnum_nif_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let terminal = context.machine.platform.terminal();
    let number = capability::number(&name(arguments[0])?, terminal);
    // As in termcap.
    let number = number.map_or(-1, i64::from);
    ok(context, Term::small(number))
}

fn tgetflag_nif_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(capability::flag(&name(arguments[0])?)))
}

fn tgetstr_nif_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    match capability::text(&name(arguments[0])?) {
        Some(text) => {
            let text = context.heap().binary(text);
            ok(context, text)
        }
        None => Ok(known::FALSE),
    }
}

/// A capability with its parameters put in: the last one first.
fn tgoto_nif(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = c_string(arguments[0])?;
    let mut parameters = [0; 2];
    for (parameter, argument) in parameters.iter_mut().zip(arguments[1..].iter().rev()) {
        *parameter = argument.as_small().ok_or_else(badarg)?;
    }
    match capability::expand(&text, parameters) {
        Some(expanded) => {
            let expanded = context.heap().binary(&expanded);
            ok(context, expanded)
        }
        None => failed(context, "tgoto"),
    }
}
