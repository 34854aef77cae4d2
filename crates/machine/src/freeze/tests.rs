//! What a process may not have when the machine is frozen.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Mfa, SharedBinary, Term, known, map};

use crate::context::Context;
use crate::files::host::{HostFiles, HostHandle, HostPath, MountPoint, Opening, Refusal};
use crate::files::{Change, Information, PosixError};
use crate::machine::{Config, Halt, Machine};
use crate::platform::{Birth, ConsoleStream, Event, Platform, Terminal, TerminalMode};
use crate::process::SpawnOptions;

/// An outside with a terminal, and a directory in which every file can be opened.
struct Outside(Birth);

impl Platform for Outside {
    fn monotonic_ns(&mut self) -> u64 {
        0
    }
    fn system_time_ns(&mut self) -> i64 {
        0
    }
    fn fill_entropy(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
    fn console_write(&mut self, _: ConsoleStream, _: &[u8]) {}
    fn console_subscribe(&mut self) {}
    fn terminal(&mut self) -> Terminal {
        Terminal {
            input: true,
            output: true,
            ..Terminal::default()
        }
    }
    fn terminal_mode(&mut self, _: Option<TerminalMode>) -> bool {
        true
    }
    fn host_files(&mut self) -> Option<&mut dyn HostFiles> {
        Some(self)
    }
    fn send_parent(&mut self, _: &[u8]) {}
    fn wait(&mut self, _: Option<u64>) -> Event {
        Event::Nothing
    }
    fn birth(&self) -> &Birth {
        &self.0
    }
    fn freeze(&mut self) {}
    fn stamp_first_instruction(&mut self) {}
}

/// What nobody asks for here.
const REFUSED: PosixError = PosixError::Io;

impl HostFiles for Outside {
    fn open(&mut self, _: HostPath<'_>, _: Opening) -> Result<HostHandle, Refusal> {
        Ok(1)
    }
    fn close(&mut self, _: HostHandle) {}
    fn read_file(&mut self, _: HostPath<'_>) -> Result<SharedBinary, Refusal> {
        Err(REFUSED.into())
    }
    fn read(&mut self, _: HostHandle, _: u64, _: usize) -> Result<SharedBinary, PosixError> {
        Err(REFUSED)
    }
    fn write(&mut self, _: HostHandle, _: u64, _: &[u8]) -> (u64, Result<(), PosixError>) {
        (0, Err(REFUSED))
    }
    fn append(&mut self, _: HostHandle, _: &[u8]) -> (u64, Result<u64, PosixError>) {
        (0, Err(REFUSED))
    }
    fn status(&mut self, _: HostHandle) -> Result<Information, PosixError> {
        Err(REFUSED)
    }
    fn truncate(&mut self, _: HostHandle, _: u64) -> Result<(), PosixError> {
        Err(REFUSED)
    }
    fn synchronise(&mut self, _: HostHandle, _: bool) -> Result<(), PosixError> {
        Err(REFUSED)
    }
    fn allocate(&mut self, _: HostHandle, _: u64, _: u64) -> Result<(), PosixError> {
        Err(REFUSED)
    }
    fn look(&mut self, _: HostPath<'_>, _: bool) -> Result<Information, Refusal> {
        Err(REFUSED.into())
    }
    fn change(&mut self, _: HostPath<'_>, _: &Change) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn list(&mut self, _: HostPath<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
        Err(REFUSED.into())
    }
    fn make_directory(&mut self, _: HostPath<'_>, _: u32) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn remove_directory(&mut self, _: HostPath<'_>) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn unlink(&mut self, _: HostPath<'_>) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn rename(&mut self, _: HostPath<'_>, _: HostPath<'_>) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn link(&mut self, _: HostPath<'_>, _: HostPath<'_>) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn make_symbolic_link(&mut self, _: HostPath<'_>, _: &[u8]) -> Result<(), Refusal> {
        Err(REFUSED.into())
    }
    fn read_link(&mut self, _: HostPath<'_>) -> Result<Vec<u8>, Refusal> {
        Err(REFUSED.into())
    }
}

/// Calls a BIF.
fn call(
    context: &mut Context<'_>,
    module: &'static str,
    function: &'static str,
    arguments: &[Term],
) -> Term {
    let mfa = Mfa {
        module: context.machine.atom(module),
        function: context.machine.atom(function),
        arity: arguments.len() as u32,
    };
    let bif = context.machine.code.bif(&mfa).expect("a BIF");
    bif(context, arguments).expect("a value")
}

/// Why a machine can't be frozen when a process has done this, if that is so.
fn refusal(act: impl FnOnce(&mut Context<'_>)) -> Option<String> {
    let mounts = Vec::from([MountPoint {
        path: b"/host".to_vec(),
        read_only: false,
    }]);
    let birth = Birth {
        mounts,
        ..Birth::default()
    };
    let mut machine = Machine::new(Config::default(), Box::new(Outside(birth)));
    machine.environment.set(b"TERM", b"xterm");
    machine.freeze();
    let mfa = Mfa {
        module: known::ERLANG,
        function: known::APPLY,
        arity: 2,
    };
    let options = SpawnOptions::default();
    let pid = machine.spawn(Term::NONE, Term::NONE, mfa, &[], &options);
    machine.in_the_name_of(pid.expect("a process"), act);
    machine.check_freezable();
    match machine.halt.take()? {
        Halt::Slogan(slogan) => Some(slogan),
        Halt::Status(status) => panic!("ended with {status}"),
    }
}

fn open(context: &mut Context<'_>, path: &str) {
    let path = context.heap().binary(&[path.as_bytes(), b"\0"].concat());
    let [read, raw] = ["read", "raw"].map(|mode| context.machine.atom(mode));
    let modes = context.heap().list(&[read, raw]);
    let opened = call(context, "prim_file", "open_nif", &[path, modes]);
    let is_open = opened
        .as_tuple_of::<2>()
        .is_some_and(|opened| opened[0] == known::OK);
    assert!(is_open, "{path:?}");
}

fn open_port(context: &mut Context<'_>, kind: &'static str, command: &[Term]) {
    let kind = context.machine.atom(kind);
    let elements: Vec<Term> = [kind].into_iter().chain(command.iter().copied()).collect();
    let name = context.heap().tuple(&elements);
    let opened = call(context, "erts_internal", "open_port", &[name, Term::NIL]);
    assert!(opened.is_local_port(), "{opened:?}");
}

fn text(context: &mut Context<'_>, text: &str) -> Term {
    context.heap().byte_list(text.as_bytes(), Term::NIL)
}

#[test]
fn what_is_the_outsides_is_refused_with_its_owner() {
    const OWNER: &str = "it can't be frozen: process <0.0.0>, started with erlang:apply/2,";
    let expect = |what: &str, act: fn(&mut Context<'_>)| {
        let refusal = refusal(act).expect("it is refused");
        assert_eq!(refusal, alloc::format!("{OWNER} {what}"));
    };
    expect("has a file open that is the host's", |context| {
        open(context, "/host/file");
    });
    let port = "has the open port \"tty_sl -c -e\", which is the terminal";
    expect(port, |context| {
        let command = text(context, "tty_sl -c -e");
        open_port(context, "spawn", &[command]);
    });
    expect("has set the mode of the terminal", |context| {
        let tty = call(context, "prim_tty", "tty_create", &[]);
        let tty = tty.as_tuple_of::<2>().expect("{ok, Tty}")[1];
        let (raw, options) = (context.machine.atom("raw"), map::empty(context.heap()));
        let set = call(context, "prim_tty", "tty_init", &[tty, raw, options]);
        assert_eq!(set, known::OK);
    });
    let named = refusal(|context| {
        let (pid, name) = (context.process.pid, context.machine.atom("reader"));
        call(context, "erlang", "register", &[name, pid]);
        open(context, "/host/file");
    });
    let expected =
        "it can't be frozen: process <0.0.0> (reader) has a file open that is the host's";
    assert_eq!(named.as_deref(), Some(expected));
}

#[test]
fn what_each_clone_has_itself_is_frozen() {
    assert_eq!(refusal(|context| open(context, "/dev/null")), None);
    let ports: fn(&mut Context<'_>) = |context| {
        open_port(context, "fd", &[Term::small(0), Term::small(1)]);
        for driver in ["ram_file_drv", "udp_inet"] {
            let command = text(context, driver);
            open_port(context, "spawn_driver", &[command]);
        }
    };
    assert_eq!(refusal(ports), None);
    let signals: fn(&mut Context<'_>) = |context| {
        let [signal, handle] = ["sigusr1", "handle"].map(|name| context.machine.atom(name));
        call(context, "os", "set_signal", &[signal, handle]);
    };
    assert_eq!(refusal(signals), None);
}
