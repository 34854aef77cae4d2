//! Programs that others wrote in Erlang, unmodified, as Debian packages them. What their users do with them gives, with
//! `brood` in the place of `erl`, `erlc` and `escript`, what it gives with those: the same words, the same files.
//!
//! A test whose program can't be had here says so and tests nothing.

#[path = "support/pty.rs"]
mod pty;
mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use pty::OnTerminal;
use regex::Regex;
use support::{PATIENCE, Said, code_chunks, fetched, fixture};
use tempfile::TempDir;

/// Where the programs are, if they can be had.
fn programs() -> Option<&'static Path> {
    static PROGRAMS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PROGRAMS.get_or_init(|| fetched("programs", &[]));
    if found.is_none() {
        eprintln!("NOT TESTED: Debian's packages of programs in Erlang can't be had here");
    }
    found.as_deref()
}

/// A copy of a fixture to work in, and what is around it.
struct Workplace {
    programs: &'static Path,
    parent: TempDir,
    fixture: PathBuf,
}

/// Whose Erlang runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Installed,
    Ours,
}

use Whose::{Installed, Ours};

impl Workplace {
    /// None where the programs can't be had.
    fn new(name: &str) -> Option<Workplace> {
        let programs = programs()?;
        let parent = tempfile::tempdir().unwrap();
        let links = parent.path().join("bin");
        std::fs::create_dir(&links).unwrap();
        for name in ["erl", "erlc", "escript"] {
            symlink(env!("CARGO_BIN_EXE_brood"), links.join(name)).unwrap();
        }
        std::fs::create_dir(parent.path().join("home")).unwrap();
        let place = Workplace {
            programs,
            fixture: fixture("programs").join(name),
            parent,
        };
        place.begin_anew();
        Some(place)
    }

    /// Where the copy is.
    fn path(&self) -> PathBuf {
        self.parent.path().canonicalize().unwrap().join("work")
    }

    fn begin_anew(&self) {
        let _ = std::fs::remove_dir_all(self.path());
        copy(&self.fixture, &self.path());
    }

    /// One of the programs.
    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A command that finds this Erlang, and the programs' libraries, and prints no colours.
    fn command(&self, whose: Whose, words: &[&str]) -> Command {
        let mut command = Command::new("env");
        command
            .args(words)
            .current_dir(self.path())
            .env("HOME", self.parent.path().join("home"))
            .env(
                "XDG_CACHE_HOME",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"),
            )
            .env("ERL_LIBS", self.program("usr/lib/erlang/lib"))
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("REBAR_COLOR", "none")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        for flags in ["ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS"] {
            command.env_remove(flags);
        }
        if whose == Ours {
            command.env("PATH", self.path_with_ours());
        }
        command
    }

    fn path_with_ours(&self) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = [self.parent.path().join("bin")];
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).unwrap()
    }

    /// What each of these commands says, and the files that there are in the end.
    fn done(&self, whose: Whose, commands: &[&[&str]]) -> (Vec<Said>, BTreeMap<PathBuf, Vec<u8>>) {
        let said = commands
            .iter()
            .map(|words| comparable(Said::of(&mut self.command(whose, words))))
            .collect();
        (said, contents(&self.path()))
    }

    /// Both do the same, and leave the same files, but for the contents of those named. Returns what they said.
    #[track_caller]
    fn same(&self, commands: &[&[&str]], differing: &[&str]) -> Vec<Said> {
        let (expected, mut left) = self.done(Installed, commands);
        self.begin_anew();
        let (said, mut found) = self.done(Ours, commands);
        for ((words, expected), said) in commands.iter().zip(&expected).zip(&said) {
            assert_eq!(
                said.status, expected.status,
                "{words:?}: {said:#?} instead of {expected:#?}"
            );
            assert_eq!(said.output, expected.output, "{words:?}: {said:#?}");
            assert_eq!(said.errors, expected.errors, "{words:?}");
        }
        for name in differing {
            for files in [&mut left, &mut found] {
                let content = files.get_mut(Path::new(name));
                content
                    .unwrap_or_else(|| panic!("there is no {name}"))
                    .clear();
            }
        }
        let names = |files: &BTreeMap<PathBuf, _>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(&left));
        for (name, content) in &found {
            let same = if name
                .extension()
                .is_some_and(|extension| extension == "beam")
            {
                code_chunks(content) == code_chunks(&left[name])
            } else {
                *content == left[name]
            };
            assert!(same, "{} differs", name.display());
        }
        said
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copied = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &copied);
        } else {
            std::fs::copy(entry.path(), copied).unwrap();
        }
    }
}

/// The files below a directory.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            // What a link leads to is elsewhere, or found anyway.
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What was said, without what differs from run to run: times and identifiers of processes, and what brood remarks on flags.
fn comparable(said: Said) -> Said {
    static CHANGING: OnceLock<[(Regex, &str); 3]> = OnceLock::new();
    let changing = CHANGING.get_or_init(|| {
        [
            (r"(?m)^brood: without meaning.*\n", ""),
            (r"<0\.\d+\.\d+>", "<0.N.0>"),
            (r" ?\[(done in )?\d+\.\d+ s\] ?", ""),
        ]
        .map(|(pattern, instead)| (Regex::new(pattern).unwrap(), instead))
    });
    let plain = |text: String| {
        changing.iter().fold(text, |text, (pattern, instead)| {
            pattern.replace_all(&text, *instead).into_owned()
        })
    };
    Said {
        status: said.status,
        output: plain(said.output),
        errors: plain(said.errors),
    }
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn rebar3_compiles_a_project() {
    let Some(place) = Workplace::new("rebar3") else {
        return;
    };
    let rebar3 = place.program("usr/bin/rebar3");
    let rebar3 = rebar3.to_str().unwrap();
    let said = place.same(
        &[
            &["escript", rebar3, "compile"],
            &["escript", rebar3, "compile"],
            &[
                "erl",
                "-noshell",
                "-pa",
                "_build/default/lib/stack/ebin",
                "-eval",
                "ok = application:load(stack), {ok, 3} = application:get_env(stack, depth),
               io:format(\"~p~n\", [stack:pop(stack:push(1, stack:new()))]), halt().",
            ],
            &["escript", rebar3, "version"],
            &["mv", "broken/broken.erl", "src"],
            &["escript", rebar3, "compile"],
        ],
        &["_build/default/lib/.rebar3/rebar_compiler_erl/source_project_apps.dag"],
    );
    contains(&said[0].output, &["Compiling stack"]);
    contains(&said[2].output, &["{1,{stack,[]}}"]);
    assert_eq!(said[5].status, Some(1));
}

#[test]
fn lager_compiles_a_module_anew_when_levels_change() {
    let Some(place) = Workplace::new("lager") else {
        return;
    };
    let said = place.same(
        &[
            &["erlc", "logged.erl"],
            &[
                "erl", "-noshell", "-s", "logged", "main", "-s", "init", "stop",
            ],
        ],
        &[],
    );
    contains(
        &said[1].output,
        &[
            "the filter was compiled anew: true",
            "info alice: traced {1,\"one\"}",
        ],
    );
}

#[test]
fn proper_finds_a_planted_bug_and_shrinks_what_shows_it() {
    let Some(place) = Workplace::new("proper") else {
        return;
    };
    let said = place.same(
        &[
            &["erlc", "+debug_info", "buffer.erl"],
            &[
                "erl", "-noshell", "-s", "buffer", "main", "-s", "init", "stop",
            ],
        ],
        &[],
    );
    contains(
        &said[1].output,
        &[
            "prop_small: true",
            "prop_keeps_all: false, by [[0,0,0,0,0]]",
        ],
    );
}

#[test]
fn elixir_evaluates_a_script() {
    let Some(place) = Workplace::new("elixir") else {
        return;
    };
    let elixir = place.program("usr/bin/elixir");
    let elixir = elixir.to_str().unwrap();
    let said = place.same(
        &[
            &[elixir, "script.exs", "one", "-two"],
            &[
                elixir,
                "-e",
                "IO.puts(:stderr, Enum.join(1..3)); System.halt(4)",
            ],
            &[elixir, "-e", "IO.puts(System.version())"],
        ],
        &[],
    );
    contains(
        &said[0].output,
        &["fibonacci 610 (3, 0)", "STRASSE [\"one\", \"-two\"]"],
    );
    assert_eq!(said[0].status, Some(1));
    contains(&said[0].errors, &["at the end"]);
    assert_eq!(said[1].status, Some(4));
}

#[test]
fn iex_answers_on_a_terminal() {
    let Some(place) = Workplace::new("elixir") else {
        return;
    };
    let iex = place.program("usr/bin/iex");
    // Keys, and the prompt that comes when they have been answered.
    let dialogue = [
        ("", "iex(1)>"),
        ("x = 1 + 2\r", "iex(2)>"),
        ("Enum.map(1..x, &(&1 * 2))\r", "iex(3)>"),
        ("String.upcas\t(\"é\")\r", "iex(4)>"),
        ("raise \"planned\"\r", "iex(4)>"),
        ("defmodule M do\r", "...(4)>"),
        ("def f(a), do: {a, :answer}\r", "...(4)>"),
        ("end |> elem(1)\r", "iex(5)>"),
        ("M.f(:b)\r", "iex(6)>"),
        ("h Enum.count/1\r", "iex(7)>"),
    ];
    let screens = [Installed, Ours].map(|whose| {
        let mut command = place.command(whose, &[iex.to_str().unwrap()]);
        let mut terminal = OnTerminal::start(&mut command, 100, 60);
        terminal.dialogue(PATIENCE, &dialogue);
        terminal.screen()
    });
    // The first row names the emulator and how it was built.
    let [expected, shown] = screens.map(|screen| screen.rows[1..].join("\n"));
    assert_eq!(shown, expected);
}

#[test]
fn luerl_runs_a_lua_script() {
    let Some(place) = Workplace::new("luerl") else {
        return;
    };
    let said = place.same(
        &[
            &["erlc", "lua.erl"],
            &["erl", "-noshell", "-s", "lua", "main", "-s", "init", "stop"],
        ],
        &[],
    );
    contains(
        &said[1].output,
        &["3.14|2|THREE,ONE,TWO", "2432902008176640000"],
    );
}

#[test]
fn neotoma_generates_a_parser() {
    let Some(place) = Workplace::new("neotoma") else {
        return;
    };
    let json = place.program("usr/share/doc/erlang-neotoma/examples/json.peg");
    let said = place.same(
        &[
            &["erl", "-noshell", "-eval", "ok = neotoma:file(\"arithmetic.peg\"), halt()."],
            &["erlc", "arithmetic.erl"],
            &["erl", "-noshell", "-eval",
              "[io:format(\"~p~n\", [arithmetic:parse(Text)]) || Text <- [\"2*(3 + 4)\", \"1 + 2 * 30\", \"2*\", \"x\"]], halt()."],
            &["cp", json.to_str().unwrap(), "."],
            &["erl", "-noshell", "-eval", "ok = neotoma:file(\"json.peg\"), halt()."],
        ],
        &[],
    );
    contains(&said[2].output, &["14\n61\n"]);
}

#[test]
fn mnesia_keeps_a_table_of_the_host_across_runs() {
    let Some(place) = Workplace::new("mnesia") else {
        return;
    };
    let run = |whose, name| {
        let words = [
            "erl", "-noshell", "-mnesia", "dir", "\"data\"", "-run", "kept", "main", name,
        ];
        let said = comparable(Said::of(&mut place.command(whose, &words)));
        assert_eq!(said.status, Some(0), "{whose:?}: {said:#?}");
        said.output
    };
    // Each reads what the other one wrote.
    let rounds = [
        [Installed, Installed, Installed],
        [Ours, Ours, Ours],
        [Installed, Ours, Installed],
        [Ours, Installed, Ours],
    ]
    .map(|round| {
        place.begin_anew();
        let compiled = Said::of(&mut place.command(round[0], &["erlc", "kept.erl"]));
        assert_eq!(compiled.status, Some(0), "{compiled:#?}");
        let said = [
            (round[0], "first"),
            (round[1], "second"),
            (round[2], "third"),
        ];
        said.map(|(whose, name)| run(whose, name))
    });
    contains(&rounds[0][0], &["a new schema", "a new table"]);
    contains(
        &rounds[0][2],
        &[
            "there is a table",
            "{visit,<<\"everybody\">>,3,\"third\"}",
            "{visit,\"first\",1,\"first\"}",
        ],
    );
    for round in &rounds[1..] {
        assert_eq!(*round, rounds[0]);
    }
}

#[test]
fn eunit_runs_a_suite() {
    let Some(place) = Workplace::new("eunit") else {
        return;
    };
    let said = place.same(
        &[
            &["erlc", "suite.erl"],
            &[
                "erl",
                "-noshell",
                "-eval",
                "io:format(\"~p~n\", [eunit:test(suite, [verbose])]), halt().",
            ],
        ],
        &[],
    );
    contains(&said[1].output, &["Failed: 3.", "Passed: 6.", "cancelled"]);
}
