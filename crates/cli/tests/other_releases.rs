//! Another OTP than the installed one, `--otp DIR`: what its own `erl` and `erlc` do is done in an instance, too.
//!
//! Where that OTP can't be had, the tests say so and test nothing.

#[path = "support/pty.rs"]
mod pty;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pty::{OnTerminal, Screen};
use support::{PATIENCE, Said, brood, code_chunks, fetched, fixture};

/// The suite of Debian that has it.
const SUITE: &str = "trixie";

/// Where its `erl` and `erlc` are, and the root of OTP.
struct Otp {
    directory: PathBuf,
    root: PathBuf,
}

fn otp() -> Option<&'static Otp> {
    static OTP: OnceLock<Option<Otp>> = OnceLock::new();
    let found = OTP.get_or_init(|| {
        let compiler = fetched("other-otp", &[SUITE])?;
        let directory = compiler.parent()?.to_owned();
        Some(Otp {
            root: directory.join("root/usr/lib/erlang"),
            directory,
        })
    });
    if found.is_none() {
        eprintln!("NOT TESTED: the OTP of Debian {SUITE} can't be had here");
    }
    found.as_ref()
}

impl Otp {
    /// One of its programs, as it comes and in an instance, in this directory.
    fn both(&self, program: &str, directory: &Path) -> [Command; 2] {
        let theirs = Command::new(self.directory.join(program));
        let mut ours = brood([program, "--otp"]);
        ours.arg(&self.root);
        [theirs, ours].map(|mut command| {
            command
                .current_dir(directory)
                .env("HOME", "/tmp")
                .env("TERM", "xterm")
                .env("LC_ALL", "C.UTF-8")
                .stdin(std::process::Stdio::null());
            for flags in ["ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS"] {
                command.env_remove(flags);
            }
            command
        })
    }

    /// Both say the same and end in the same way. Returns what they said.
    #[track_caller]
    fn same(&self, program: &str, arguments: &[&str], directory: &Path) -> Said {
        let [expected, said] = self
            .both(program, directory)
            .map(|mut command| Said::of(command.args(arguments)));
        assert_eq!(said.output, expected.output, "{arguments:?}: {said:#?}");
        assert_eq!(said.errors, expected.errors, "{arguments:?}");
        assert_eq!(said.status, expected.status, "{arguments:?}");
        said
    }
}

#[test]
fn it_boots() {
    let Some(otp) = otp() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let evaluated = [
        "io:format(\"~p~n\", [[erlang:system_info(Item) || Item <- [otp_release, version]]]), halt().",
        "io:format(\"~p~n\", [lists:sort(application:which_applications())]), halt().",
        "io:format(\"~p~n\", [{code:root_dir(), code:lib_dir(stdlib), init:get_argument(progname)}]), halt().",
        "io:put_chars(json:encode(#{a => [1, 2.5, null], ~\"b\" => ~\"ü\"})), init:stop(3).",
        "io:format(standard_error, \"~ts~n\", [lists:enumerate(\"ab\")]), halt(4).",
        "io:format(\"~p~n\", [maps:groups_from_list(fun(X) -> X rem 2 end, [1, 2, 3])]), erlang:halt(0, [{flush, true}]).",
        "{ok, T} = file:open(\"t\", [write, read, {encoding, utf8}]), ok = io:format(T, \"~ts\", [[1080]]),
         {ok, 0} = file:position(T, 0), io:format(\"~p~n\", [io:get_line(T, \"\")]), halt().",
        "S = ets:new(s, [ordered_set]), ets:insert(S, [{N} || N <- lists:seq(1, 9)]),
         io:format(\"~p~n\", [ets:first_lookup(S)]), halt().",
        "error(planned).",
    ];
    for expression in evaluated {
        // What ends on an error says when, and where its dump is.
        let [expected, said] = otp.both("erl", place.path()).map(|mut command| {
            let arguments = ["-noshell", "-eval", expression];
            Said::of(command.args(arguments).env("ERL_CRASH_DUMP_BYTES", "0"))
        });
        assert_eq!(
            said.output, expected.output,
            "{expression}: {said:#?} {expected:#?}"
        );
        assert_eq!(said.status, expected.status, "{expression}: {said:#?}");
        if said.status != Some(1) {
            assert_eq!(said.errors, expected.errors, "{expression}");
        }
    }
    let said = otp.same(
        "erl",
        &[
            "-noshell",
            "-run",
            "io",
            "format",
            "~p~n",
            "-eval",
            "io:format(\"~p~n\", [init:get_plain_arguments()]), halt().",
            "-key",
            "value",
            "-extra",
            "one",
            "-two",
        ],
        place.path(),
    );
    assert_eq!(said.status, Some(0), "{said:#?}");
}

#[test]
fn it_compiles() {
    let Some(otp) = otp() else {
        return;
    };
    // What a module says of itself names its source, so both must be compiled in one place.
    let place = tempfile::tempdir().unwrap();
    std::fs::write(
        place.path().join("flawed.erl"),
        "-module(flawed).\n-export([f/0, g/0]).\nf() -> X = ~\"text\".\ng( -> ok.\n",
    )
    .unwrap();
    let sources = ["mnesia/kept.erl", "luerl/lua.erl"];
    for source in sources {
        let source = fixture("programs").join(source);
        let name = Path::new(source.file_name().unwrap()).to_owned();
        std::fs::copy(&source, place.path().join(&name)).unwrap();
        let compiled = place.path().join(name.with_extension("beam"));
        let modules = [0, 1].map(|which| {
            let mut command = otp
                .both("erlc", place.path())
                .into_iter()
                .nth(which)
                .unwrap();
            let said = Said::of(command.arg("+debug_info").arg(&name));
            assert_eq!(said.status, Some(0), "{said:#?}");
            let module = std::fs::read(&compiled).unwrap();
            std::fs::remove_file(&compiled).unwrap();
            module
        });
        let [expected, made] = modules.each_ref().map(|module| code_chunks(module));
        assert!(
            expected == made,
            "{} is compiled differently",
            name.display()
        );
    }
    let said = otp.same("erlc", &["flawed.erl"], place.path());
    assert_eq!(said.status, Some(1));
}

/// What is compared of a screen: the first line names the emulator and how it was built.
fn compared(terminal: &OnTerminal) -> Screen {
    let mut screen = terminal.screen();
    for row in &mut screen.rows {
        if row.starts_with("Erlang/OTP ") {
            row.truncate("Erlang/OTP NN".len());
        }
    }
    screen
}

#[test]
fn its_shell_answers_edits_and_completes() {
    let Some(otp) = otp() else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let [expected, shown] = otp.both("erl", place.path()).map(|mut command| {
        let mut terminal = OnTerminal::start(&mut command, 100, 50);
        terminal.dialogue(
            PATIENCE,
            &[
                ("", "1>"),
                ("X = lists:sum([1, 2, 3]).\r", "2>"),
                // Back over what was written, then on from its end.
                ("{c}.\x1b[D\x1b[D\x1b[D\x1b[Da, b, \x05\r", "3>"),
                ("lists:keyf\tb, 1, [{b, X}]).\r", "4>"),
                ("\x1b[A", "4> lists:keyfind(b, 1, [{b, X}])."),
                ("\x7f\x7f\x7f, {c, X}]).\r", "5>"),
                ("case X of\r", ".."),
                ("6 -> ~\"wie ü\"\r", ".."),
                ("end.\r", "6>"),
                ("1/0.\r", "7>"),
                ("io:columns().\r", "8>"),
            ],
        );
        compared(&terminal)
    });
    assert_eq!(shown, expected);
}
