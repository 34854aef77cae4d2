//! The shell on a terminal: the same keys give the same screens as with the installed `erl`.

#[path = "support/pty.rs"]
mod pty;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use pty::{OnTerminal, Screen};
use rustix::process::{Signal, kill_process};

/// The longest that a step may take on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Room for the first line that `erl` prints.
const COLUMNS: u16 = 100;
const ROWS: u16 = 30;

/// One step of a scenario.
#[derive(Clone, Copy)]
enum Step {
    /// Keys that something is to be seen of.
    Keys(&'static str),
    /// Keys that nothing need be seen of.
    Quietly(&'static str),
    /// Another size of the window.
    Window(u16, u16),
}

use Step::{Keys, Quietly, Window};

/// An OTP: how its own `erl` is run, and what tells `brood erl` of it.
struct Otp {
    erl: PathBuf,
    options: Vec<OsString>,
}

impl Otp {
    /// The one that is installed.
    fn installed() -> Otp {
        Otp {
            erl: "erl".into(),
            options: Vec::new(),
        }
    }

    /// One of another release, where `scripts/other-otp` has put one: `BROOD_OTHER_OTP` is its directory.
    fn other() -> Option<Otp> {
        let directory = PathBuf::from(std::env::var_os("BROOD_OTHER_OTP")?);
        Some(Otp {
            erl: directory.join("erl"),
            options: vec!["--otp".into(), directory.join("root/usr/lib/erlang").into()],
        })
    }

    /// Its shell.
    fn stock(&self, flags: &[&str]) -> OnTerminal {
        started(Command::new(&self.erl).args(flags))
    }

    /// Its shell in an instance.
    fn ours(&self, flags: &[&str]) -> OnTerminal {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brood"));
        started(command.arg("erl").args(&self.options).args(flags))
    }
}

fn started(command: &mut Command) -> OnTerminal {
    started_in(&std::env::temp_dir(), command)
}

fn started_in(directory: &Path, command: &mut Command) -> OnTerminal {
    command
        .current_dir(directory)
        .env("HOME", std::env::temp_dir())
        .env("TERM", "xterm")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("ERL_FLAGS")
        .env_remove("ERL_AFLAGS")
        .env_remove("ERL_ZFLAGS")
        .env_remove("RUST_LOG");
    OnTerminal::start(command, COLUMNS, ROWS)
}

/// What is compared of a screen: all but what names the emulator, its version and how it was built.
fn compared(terminal: &OnTerminal) -> Screen {
    let mut screen = terminal.screen();
    for row in &mut screen.rows {
        if row.starts_with("Erlang/OTP ") {
            row.truncate("Erlang/OTP ".len());
        }
        if let Some(end) = row.find(" (").filter(|_| row.starts_with("Eshell V")) {
            row.replace_range(..end, "Eshell");
        }
    }
    screen
}

/// Waits for a shell's first prompt.
#[track_caller]
fn prompted(terminal: &OnTerminal) {
    terminal.expect("a prompt", PATIENCE, |screen| {
        screen.rows.iter().any(|row| row.starts_with("1>"))
    });
}

/// Both shells take each step, and then show the same.
#[track_caller]
fn same_screens(otp: &Otp, flags: &[&str], steps: &[Step]) {
    let mut both = [otp.stock(flags), otp.ours(flags)];
    for terminal in &both {
        prompted(terminal);
    }
    for (number, step) in steps.iter().enumerate() {
        let before = both.each_ref().map(OnTerminal::bytes);
        for terminal in &mut both {
            match *step {
                Keys(keys) | Quietly(keys) => terminal.keys(keys),
                Window(columns, rows) => terminal.resize(columns, rows),
            }
        }
        let start = Instant::now();
        loop {
            let [theirs, ours] = &both;
            let moved = !matches!(step, Keys(_))
                || (theirs.bytes() > before[0] && ours.bytes() > before[1]);
            let quiet = theirs.is_quiet() && ours.is_quiet();
            let (expected, shown) = (compared(theirs), compared(ours));
            if moved && quiet && expected == shown {
                break;
            }
            let shows = |screen: &Screen| screen.rows.join("\n").trim_end().to_owned();
            assert!(
                start.elapsed() < PATIENCE,
                "step {number}: erl shows, with the cursor at {:?},\n{}\n\nbrood shows, with the cursor at {:?},\n{}",
                expected.cursor,
                shows(&expected),
                shown.cursor,
                shows(&shown),
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

const LEFT: &str = "\x1b[D";
const RIGHT: &str = "\x1b[C";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";

/// Writes a test for each scenario, and a table of all.
macro_rules! scenarios {
    ($($name:ident: [$($step:expr),* $(,)?];)*) => {
        $(
            #[test]
            fn $name() {
                same_screens(&Otp::installed(), &[], &[$($step),*]);
            }
        )*

        /// Every scenario by name.
        const SCENARIOS: &[(&str, &[Step])] = &[$((stringify!($name), &[$($step),*]),)*];
    };
}

scenarios! {
    lines_are_edited: [
        Keys("lists:sum([1, 3])."),
        Keys(LEFT),
        Keys(LEFT),
        Keys(LEFT),
        Keys("2, "),
        Keys("\x01"),
        Keys("X = "),
        Keys("\x05"),
        Keys("\r"),
        Keys("atom_one atom_two three"),
        Keys("\x1bb"),
        Keys("\x1bb"),
        Keys("\x1bf"),
        Keys("\x17"),
        Keys("\x0b"),
        Keys("\x19"),
        Keys("\x14"),
        Keys("\x08\x7f"),
        Keys("\x04"),
        Keys("\x01\x0b"),
        Keys("'abc'. "),
        Quietly("\x1b[1~"),
        Quietly("\x1b[4~"),
        Quietly("\x1b[H"),
        Keys("\x1b[3~"),
        Keys("x\x15"),
        Keys("ok.\r"),
    ];
    history_is_kept_and_searched: [
        Keys("one.\r"),
        Keys("two.\r"),
        Keys("three.\r"),
        Keys(UP),
        Keys(UP),
        Keys(UP),
        Keys(DOWN),
        Keys("\r"),
        Keys("\x10"),
        Keys("\x0e"),
        Keys("\x12"),
        Keys("o"),
        Keys("n"),
        Keys("\r"),
        Keys("\x12"),
        Keys("thr"),
        Keys(LEFT),
        Keys("\r"),
        Keys("h().\r"),
    ];
    names_are_completed: [
        Keys("lists:su\t"),
        Keys("m([4]).\r"),
        Keys("lists:s\t"),
        Keys("\x15"),
        Keys("lists:key\t"),
        Keys("find(a, 1, []).\r"),
        Keys("erlan\t"),
        Keys("nosuchmodule_\t"),
        Keys("\x15"),
    ];
    wide_and_combining_characters_keep_their_columns: [
        Keys("\"中文 e\u{301} ñ\"."),
        Keys(LEFT),
        Keys(LEFT),
        Keys(LEFT),
        Keys(LEFT),
        Keys("字"),
        Keys("\x7f\x7f"),
        Keys("\x01"),
        Keys(RIGHT),
        Keys("\x1b[3~"),
        Keys("\x05"),
        Keys("\r"),
        Keys("io:put_chars(\"中文ñ\\n\").\r"),
        Keys("\"\u{1f600}\"."),
        Keys("\x7f\x7f\x7f"),
        Keys("\x15"),
    ];
    long_lines_go_on_in_the_next_row: [
        Window(60, ROWS),
        Keys("\"0123456789012345678901234567890123456789012345678"),
        Keys("901234"),
        Keys("5"),
        Keys("6"),
        Keys("7890123456789012345678901234567890123456789012345678901234567890\"."),
        Keys("\x01"),
        Keys("xyz"),
        Keys("\x7f\x7f\x7f"),
        Keys("\x05"),
        Keys("\x7f"),
        Keys("."),
        Keys("\x1bb"),
        Keys("\x1bb"),
        Keys("\x0b"),
        Keys("\x19"),
        Keys("\r"),
        Keys("lists:seq(1, 60).\r"),
    ];
    a_window_may_change_its_size: [
        Keys("io:columns().\r"),
        Window(40, 20),
        Keys("io:columns().\r"),
        Keys("io:rows().\r"),
        Keys("\"0123456789012345678901234567890123456789\"."),
        Keys("\x01"),
        Keys("\x05"),
        Keys("\r"),
        Window(80, 20),
        Keys("lists:seq(1, 30).\r"),
    ];
    jobs_are_controlled: [
        Keys("\x07"),
        Keys("h\r"),
        Keys("j\r"),
        Keys("s\r"),
        Keys("j\r"),
        Keys("c\r"),
        Keys("self(), job_two.\r"),
        Keys("\x07"),
        Keys("c 1\r"),
        Keys("\r"),
        Keys("receive after infinity -> ok end.\r"),
        Keys("\x07"),
        Keys("i\r"),
        Keys("c\r"),
        Keys("\x07"),
        Keys("k 2\r"),
        Keys("j\r"),
        Keys("nonsense\r"),
        Keys("c\r"),
        Keys("ok.\r"),
    ];
    what_computes_for_ever_is_interrupted: [
        Keys("F = fun(F) -> F(F) end.\r"),
        Keys("F(F).\r"),
        Keys("\x07"),
        Keys("i\r"),
        Keys("c\r"),
        Keys("back.\r"),
    ];
    an_expression_may_have_several_lines: [
        Keys("case 1 of\r"),
        Keys("1 -> one;\r"),
        Keys("_ -> other\r"),
        Keys("end.\r"),
        Keys("1 +.\r"),
        Keys("1/0.\r"),
        Keys("\"a string\rof two lines\".\r"),
    ];
    programs_read_lines: [
        Keys("io:get_line(\"name? \").\r"),
        Keys("Joe ü"),
        Keys(LEFT),
        Keys("\x7f"),
        Keys("\r"),
        Keys("io:get_chars(\"chars: \", 3).\r"),
        Keys("abcd\r"),
        Keys("\r"),
        Keys("io:fread(\"number: \", \"~d\").\r"),
        Keys("12\r"),
        Keys("io:get_password().\r"),
    ];
    output_comes_while_a_line_is_edited: [
        Keys(
            "spawn(fun() -> receive after 700 -> io:format(\"hello from behind~n\") end end), ok.\r",
        ),
        Keys("half a line"),
        Keys(" and the rest"),
        Keys("\x01"),
        Keys("\x0b"),
        Keys("io:format(\"~ts~n~s\", [\"ünï\", \"no newline\"]).\r"),
        Keys("io:format(\"\\e[31mred\\e[0m~n\").\r"),
        Keys("io:format(\"a\\tb\\tc\\b\\b~n\").\r"),
    ];
    other_encodings_and_options: [
        Keys("io:setopts([{encoding, latin1}]).\r"),
        Keys("io:format(\"~ts~n\", [[1080, 252]]).\r"),
        Keys("io:setopts([{encoding, unicode}]).\r"),
        Keys("io:format(\"~ts~n\", [[1080, 252]]).\r"),
        Keys("io:getopts().\r"),
    ];
    the_menu_of_ctrl_c_answers: [
        Keys("half"),
        Keys("\x03"),
        Keys("x\n"),
        Keys("v\n"),
        Keys(" a line'\x15"),
        Keys("ok.\r"),
        Keys("\x03"),
        Keys("c\n"),
        Keys("ok.\r"),
        Keys("\x03"),
        Keys("d\n"),
        Keys("ok.\r"),
    ];
    the_menu_comes_while_the_shell_computes: [
        Keys("F = fun(F) -> F(F) end.\r"),
        Keys("F(F).\r"),
        Keys("\x03"),
        Keys("c\n"),
        Keys("\x07"),
    ];
}

#[test]
fn shells_of_another_release_are_the_same() {
    let Some(otp) = Otp::other() else {
        eprintln!("NOT TESTED: BROOD_OTHER_OTP names no directory that scripts/other-otp made");
        return;
    };
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    for (name, steps) in SCENARIOS.iter().filter(|(name, _)| name.contains(&wanted)) {
        eprintln!("{name}");
        same_screens(&otp, &[], steps);
    }
}

/// The status with which a shell ends after these keys, and whether the terminal is as it was.
fn ends(flags: &[&str], keys: &[&str]) -> [(Option<i32>, bool); 2] {
    [Otp::installed().stock(flags), Otp::installed().ours(flags)].map(|mut terminal| {
        prompted(&terminal);
        for keys in keys {
            let before = terminal.bytes();
            terminal.keys(keys);
            terminal.expect("an echo", PATIENCE, |_| terminal.bytes() > before);
        }
        let status = terminal.end(PATIENCE);
        (status.code(), terminal.is_cooked())
    })
}

#[test]
fn shells_end_as_they_should_and_give_the_terminal_back() {
    let same: [&[&str]; 6] = [
        &["q().\r"],
        &["halt(3).\r"],
        &["\x03", "a\n"],
        &["\x03", "\x03"],
        &["\x07", "q\r"],
        &["init:stop(2).\r"],
    ];
    for keys in same {
        let [(expected, _), (status, cooked)] = ends(&[], keys);
        assert_eq!(status, expected, "{keys:?}");
        assert!(cooked, "after {keys:?}");
    }
}

#[test]
fn a_crash_dump_that_is_asked_for_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_brood"));
    let mut terminal = started_in(directory.path(), command.arg("erl"));
    prompted(&terminal);
    terminal.keys("\x03");
    terminal.expect("the menu", PATIENCE, |screen| {
        screen.rows.iter().any(|row| row.starts_with("BREAK:"))
    });
    terminal.keys("A\n");
    // What a shell says of a program that was aborted, as erl is.
    assert_eq!(terminal.end(PATIENCE).code(), Some(134));
    assert!(terminal.is_cooked());
    let screen = terminal.screen();
    let asked = |row: &String| row.contains("Crash dump requested by user");
    assert!(screen.rows.iter().any(asked), "{screen:#?}");
    let dump = std::fs::read_to_string(directory.path().join("erl_crash.dump")).unwrap();
    assert!(dump.starts_with("=erl_crash_dump:"));
}

#[test]
fn signals_end_a_shell_and_give_the_terminal_back() {
    for (signal, status) in [
        (Signal::TERM, Some(0)),
        (Signal::USR1, Some(1)),
        (Signal::HUP, None),
    ] {
        let mut terminal = Otp::installed().ours(&[]);
        prompted(&terminal);
        assert!(!terminal.is_cooked());
        kill_process(terminal.process(), signal).unwrap();
        assert_eq!(terminal.end(PATIENCE).code(), status, "{signal:?}");
        assert!(terminal.is_cooked(), "{signal:?}");
    }
}

#[test]
fn a_stopped_shell_lends_the_terminal_back() {
    let mut terminal = Otp::installed().ours(&[]);
    prompted(&terminal);
    terminal.keys("half");
    terminal.expect("an echo", PATIENCE, |screen| {
        screen.rows.iter().any(|row| row.ends_with("half"))
    });
    kill_process(terminal.process(), Signal::TSTP).unwrap();
    let start = Instant::now();
    while !terminal.is_cooked() {
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
    kill_process(terminal.process(), Signal::CONT).unwrap();
    while terminal.is_cooked() {
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
    terminal.keys("_atom.\r");
    terminal.expect("an answer", PATIENCE, |screen| {
        screen.rows.iter().any(|row| row == "half_atom")
    });
}

#[test]
fn what_ctrl_c_does_can_be_chosen() {
    let mut disabled = Otp::installed().ours(&["+B"]);
    prompted(&disabled);
    disabled.keys("\x03");
    assert_eq!(disabled.end(PATIENCE).code(), Some(130));
    same_screens(
        &Otp::installed(),
        &["+Bi"],
        &[Quietly("\x03"), Keys("ok.\r")],
    );
    same_screens(
        &Otp::installed(),
        &["+Bc"],
        &[Keys("half"), Keys("\x03"), Keys("ok.\r")],
    );
}
