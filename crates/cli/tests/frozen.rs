//! What `brood build` freezes: a system that has started. What of it is alive in clones, and what can't be frozen.

mod support;

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};
use support::release::{self, Application};
use support::{Said, backends, brood, fixture};

const MODULES: [&str; 3] = ["alive", "alive_server", "alive_signals"];

/// A release of the fixture `alive`, as an image.
fn image() -> PathBuf {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("alive");
        let alive = Application {
            name: "alive",
            version: "1.0.0",
            source: fixture("alive"),
            modules: &MODULES,
            starts: true,
        };
        release::make(&root, "alive", "1.0.0", &[alive]);
        let mut command = brood(["build", "--main", "alive:main", "-o"]);
        let said = Said::of(command.arg(directory.path().join("alive.brood")).arg(root));
        assert_eq!(said.status, Some(0), "{said:?}");
        // So that an hour of the image's is another one of the clone's.
        std::thread::sleep(Duration::from_secs(2));
        directory
    });
    directory.path().join("alive.brood")
}

fn run(backend: &str, what: &str) -> Said {
    let said = Said::of(
        brood(["run", "--backend", backend])
            .arg(image())
            .args(["--", what]),
    );
    assert_eq!(said.status, Some(0), "{said:?}");
    said
}

/// What the fixture's application tells of itself with the installed `erl`, where nothing was frozen.
fn unfrozen() -> String {
    let directory = tempfile::tempdir().unwrap();
    let source = fixture("alive");
    release::compile(&source, MODULES, directory.path());
    fs::copy(source.join("alive.app"), directory.path().join("alive.app")).unwrap();
    let files = format!("{:?}", directory.path().join("files"));
    let mut command = Command::new("erl");
    command.arg("-pa").arg(directory.path());
    command.args(["-alive", "directory", &files, "-noshell", "-eval"]);
    let said =
        Said::of(command.arg("ok = application:start(alive), alive:main([\"same\"]), halt()."));
    assert_eq!(said.status, Some(0), "{said:?}");
    said.output
}

#[test]
fn a_supervision_tree_lives_on_in_each_clone() {
    let expected = unfrozen();
    assert!(
        expected.contains("restart: {[true,none],shutdown}"),
        "{expected}"
    );
    // What goes through a port overtakes, and is overtaken.
    let sorted = |output: &str| {
        let mut lines: Vec<_> = output.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    for backend in backends() {
        for _ in 0..2 {
            let said = run(backend, "same");
            assert_eq!(sorted(&said.output), sorted(&expected), "{backend}");
        }
    }
}

#[test]
fn time_chance_and_references_are_each_clones_own() {
    let mut references = HashSet::new();
    let mut numbers = HashSet::new();
    for backend in backends() {
        for _ in 0..3 {
            let said = run(backend, "own");
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let lines: Vec<&str> = said.output.lines().collect();
            let [
                reference,
                number,
                after_a_seed,
                later,
                soon,
                newer,
                system,
                computed,
                unique,
            ] = lines[..]
            else {
                panic!("{said:?}");
            };
            assert!(references.insert(reference.to_owned()), "{reference}");
            for number in [number, after_a_seed] {
                assert!(numbers.insert(number.to_owned()), "{number}");
            }
            assert_eq!([later, soon, newer, unique], ["true"; 4], "{said:?}");
            for time in [system, computed] {
                let milliseconds: u64 = time.parse().unwrap();
                let difference = now.abs_diff(Duration::from_millis(milliseconds));
                assert!(difference < Duration::from_secs(30), "{said:?}");
            }
        }
    }
}

#[test]
fn who_asked_for_signals_of_the_host_gets_them_in_each_clone() {
    for backend in backends() {
        let mut command = brood(["run", "--backend", backend]);
        command.arg(image()).args(["--", "signal"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(output.next().unwrap().unwrap(), "waiting");
        let process = Pid::from_child(&child);
        kill_process(process, Signal::USR1).unwrap();
        assert_eq!(output.next().unwrap().unwrap(), "sigusr1");
        assert_eq!(support::wait(&mut child), Some(0));
    }
}

/// Builds an application that does this when it starts, and has to fail with `reason`.
#[track_caller]
fn refused(backend: &str, start: &str, reason: &str) {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("holder");
    fs::create_dir(&source).unwrap();
    let application = "{application, holder, [{vsn, \"1\"}, {mod, {holder, []}}]}.";
    fs::write(source.join("holder.app"), application).unwrap();
    let code = format!(
        "-module(holder).\n-export([start/2, main/1]).\nmain(_) -> ok.\n\
         start(_, _) ->\n    {start},\n    {{ok, spawn_link(fun() -> receive after infinity -> ok end end)}}.\n"
    );
    fs::write(source.join("holder.erl"), code).unwrap();
    let image = directory.path().join("holder.brood");
    let mut command = brood(["build", "--backend", backend, "-o"]);
    Said::of(command.arg(&image).arg(&source)).fails_with(1, reason);
    assert!(!image.exists());
}

#[test]
fn a_build_has_nothing_of_the_host_that_could_be_frozen() {
    for backend in backends() {
        let program = "open_port({spawn, \"cat\"}, [])";
        refused(backend, program, "holder");
        refused(backend, "open_port({fd, 3, 4}, [])", "ebadf");
        let terminal = "open_port({spawn_driver, \"tty_sl -c -e\"}, [])";
        refused(backend, terminal, "einval");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let file = format!(
            "{{ok, _}} = file:open({:?}, [raw, read])",
            path.display().to_string()
        );
        refused(backend, &file, "enoent");
    }
}
