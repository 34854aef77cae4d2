//! Runs the differential programs in a machine, also one under stress, and under stock `erl`, and compares what they print.
//!
//! `PROGRAM` in the environment names the only one to run, `PROGRAMS` a folder to take them from.
//!
//! A program is a module with `main/0` that prints through `erlang:display/1` only. `erl` and `erlc` must be installed.

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::OnceLock;

use brood_machine::process::SpawnOptions;
use brood_machine::{Config, Machine};
use brood_term::{Mfa, Term};
use support::poison::Poison;
use support::{Over, TestPlatform};

#[global_allocator]
static ALLOCATOR: Poison = Poison;

/// Modules that a machine has before anything runs, and that programs need without calling them by name.
const ALWAYS: [&str; 2] = ["erlang", "erts_internal"];

/// The program that runs the program.
const DRIVER: &str = "
-module(differential_driver).
-export([start/1]).
start(Module) ->
    {_, Reference} = spawn_monitor(Module, main, []),
    receive
        {'DOWN', Reference, _, _, normal} -> erlang:display(finished);
        {'DOWN', Reference, _, _, Reason} -> erlang:display({crashed, Reason})
    end.
";

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("erl and erlc are installed");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn otp_folders() -> Vec<PathBuf> {
    let root = run(Command::new("erl").args([
        "-noshell",
        "-eval",
        "io:put_chars(code:lib_dir()), halt().",
    ]));
    let root = PathBuf::from(String::from_utf8(root).expect("a path"));
    let wanted = ["erts-", "stdlib-", "kernel-"];
    fs::read_dir(root)
        .expect("OTP's folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            wanted.iter().any(|prefix| name.starts_with(prefix))
        })
        .map(|path| path.join("ebin"))
        .collect()
}

fn source_folder(kind: &str) -> PathBuf {
    if let Ok(folder) = std::env::var("PROGRAMS") {
        return PathBuf::from(folder);
    }
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/differential")
        .join(kind)
}

/// Loads a module and, in turn, the modules that it calls, as far as they are found.
fn load_closure(
    machine: &mut Machine,
    name: &str,
    folders: &[PathBuf],
    loaded: &mut BTreeSet<String>,
    ahead: bool,
) {
    let mut pending = vec![name.to_string()];
    while let Some(name) = pending.pop() {
        if name == "error_handler" || !loaded.insert(name.clone()) {
            continue;
        }
        let found = folders
            .iter()
            .map(|folder| folder.join(format!("{name}.beam")));
        let Some(path) = found.into_iter().find(|path| path.exists()) else {
            continue;
        };
        let bytes = fs::read(&path).expect("a readable file");
        let prepared = if ahead {
            machine.prepare_ahead(&bytes)
        } else {
            Ok(())
        };
        if let Err(error) = prepared.and_then(|()| machine.load_module(&bytes)) {
            panic!("{name}: {error}");
        }
        let parsed = brood_beam::Module::parse(&bytes).expect("it was loaded");
        for import in &parsed.imports {
            let module = parsed.atom(import.module).expect("an atom").to_string();
            if !module.starts_with("no_such") {
                pending.push(module);
            }
        }
    }
}

/// How a program is run.
#[derive(Clone, Copy)]
struct Way {
    words: &'static str,
    /// In a machine that collects wherever it may.
    stress: bool,
    /// With code that was prepared ahead.
    ahead: bool,
}

const PLAIN: Way = Way {
    words: "",
    stress: false,
    ahead: false,
};
const STRESSED: Way = Way {
    words: " under stress",
    stress: true,
    ahead: false,
};
const AHEAD: Way = Way {
    words: " prepared ahead, under stress",
    stress: true,
    ahead: true,
};

/// What a program prints in a machine.
fn run_in_machine(name: &str, folders: &[PathBuf], way: Way) -> String {
    let output = Rc::new(RefCell::new(Vec::new()));
    let platform = TestPlatform::new(&output);
    let config = Config {
        stress: way.stress,
        ..Config::default()
    };
    let mut machine = Machine::new(config, Box::new(platform));
    let mut loaded = BTreeSet::new();
    for module in ALWAYS.into_iter().chain(["differential_driver", name]) {
        load_closure(&mut machine, module, folders, &mut loaded, way.ahead);
    }
    let mut atom = |text| machine.atoms.intern(text).expect("room");
    let mfa = Mfa {
        module: atom("differential_driver"),
        function: atom("start"),
        arity: 1,
    };
    let argument = atom(name);
    machine.spawn(
        Term::NONE,
        Term::NONE,
        mfa,
        &[argument],
        &SpawnOptions::default(),
    );
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| machine.run()));
    let printed = String::from_utf8_lossy(&output.borrow()).into_owned();
    match end {
        Err(payload) if payload.is::<Over>() => printed,
        Err(_) => format!("{printed}<panic>\n"),
        Ok(halt) => format!("{printed}<{halt:?}>\n"),
    }
}

fn programs(kind: &str, wanted: &str) -> Vec<String> {
    let only = std::env::var("PROGRAM").ok();
    let mut names: Vec<String> = fs::read_dir(source_folder(kind))
        .expect("the programs' folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == wanted)
        })
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    names.sort();
    names
}

/// A folder for what a test compiles.
fn target_folder(name: &str) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&target).expect("a folder for tests");
    target
}

/// Compiles programs to a folder.
fn compile(compiler: &Path, options: &[&str], target: &Path, sources: &[PathBuf]) {
    run(Command::new(compiler)
        .args(options)
        .arg("-o")
        .arg(target)
        .args(sources));
}

/// The core programs, compiled by the installed compiler, and what each prints under stock `erl`: once for all tests,
/// which run side by side.
fn core_programs() -> &'static [(String, String)] {
    static CORE: OnceLock<Vec<(String, String)>> = OnceLock::new();
    CORE.get_or_init(|| {
        let names = programs("core", "erl");
        let target = target_folder("core");
        compile(
            Path::new("erlc"),
            &[],
            &target,
            &sources("core", "erl", &names),
        );
        expected(Path::new("erl"), names, &target)
    })
}

/// The folder of the compiled driver: compiled once for all tests, so that none finds half of it.
fn driver_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = target_folder("driver");
        let driver = folder.join("differential_driver.erl");
        fs::write(&driver, DRIVER).expect("a writable folder");
        compile(Path::new("erlc"), &[], &folder, &[driver]);
        folder
    })
}

/// What compiled programs print under a stock emulator.
fn expected(emulator: &Path, names: Vec<String>, target: &Path) -> Vec<(String, String)> {
    let folder = driver_folder();
    names
        .into_iter()
        .map(|name| {
            let start = format!("differential_driver:start({name}), halt().");
            let printed = Command::new(emulator)
                .args(["-noshell", "-pa"])
                .args([folder, target])
                .args(["-eval", &start])
                .output()
                .expect("erl runs");
            (name, String::from_utf8_lossy(&printed.stdout).into_owned())
        })
        .collect()
}

fn sources(kind: &str, extension: &str, names: &[String]) -> Vec<PathBuf> {
    let source = |name: &String| source_folder(kind).join(format!("{name}.{extension}"));
    names.iter().map(source).collect()
}

/// Runs programs from a folder in a machine and compares what they print.
fn compare(expected: &[(String, String)], target: &Path, ways: &[Way]) {
    let mut folders = vec![target.to_path_buf()];
    folders.extend(otp_folders());
    folders.push(driver_folder().to_path_buf());
    let mut failed = Vec::new();
    for (name, expected) in expected {
        for &way in ways {
            let under = way.words;
            let found = run_in_machine(name, &folders, way);
            if expected.lines().eq(found.lines()) {
                println!("{name}{under}: the same");
                continue;
            }
            let differs = expected
                .lines()
                .zip(found.lines())
                .position(|(a, b)| a != b);
            let line = differs.unwrap_or(expected.lines().count().min(found.lines().count()));
            println!(
                "{name}{under}: line {} differs\n  stock:   {}\n  machine: {}",
                line + 1,
                expected.lines().nth(line).unwrap_or("<end>"),
                found.lines().nth(line).unwrap_or("<end>"),
            );
            failed.push(format!("{name}{under}"));
        }
    }
    assert!(failed.is_empty(), "different: {failed:?}");
}

#[test]
fn core_programs_print_what_they_print_under_stock_erl() {
    let ways = [PLAIN, STRESSED, AHEAD];
    compare(core_programs(), &target_folder("core"), &ways);
}

#[test]
fn assembly_prints_what_it_prints_under_stock_erl() {
    let (names, target) = (programs("assembly", "S"), target_folder("assembly"));
    let assembler = source_folder("assembly").join("assemble.erl");
    compile(Path::new("erlc"), &[], &target, &[assembler]);
    run(Command::new("erl")
        .args(["-noshell", "-pa"])
        .arg(&target)
        .args(["-run", "assemble", "files"])
        .arg(&target)
        .args(sources("assembly", "S", &names)));
    let expected = expected(Path::new("erl"), names, &target);
    compare(&expected, &target, &[PLAIN, STRESSED]);
}

/// Instructions of before OTP 25, as the installed compiler still emits them. Stack traces aren't compared: where
/// arithmetic on floats raises, those of stock name the operator as a function that was called.
#[test]
fn core_programs_compiled_for_older_releases_print_the_same() {
    let mut names = programs("core", "erl");
    names.retain(|name| name != "core_stacktraces");
    let sources = sources("core", "erl", &names);
    for release in ["+r22", "+r23", "+r24"] {
        let target = target_folder(&format!("core{release}"));
        compile(Path::new("erlc"), &[release], &target, &sources);
        let expected = expected(Path::new("erl"), names.clone(), &target);
        compare(&expected, &target, &[PLAIN]);
    }
}

/// The compiler of a suite of Debian, if it can be had; its emulator is beside it.
fn other_compiler(suite: &str) -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/other-otp");
    let output = Command::new(script).arg(suite).output();
    match &output {
        Ok(output) if output.status.success() => {
            let path = String::from_utf8_lossy(&output.stdout);
            Some(PathBuf::from(path.trim()))
        }
        other => {
            println!("SKIPPED: no compiler of Debian {suite}'s OTP: {other:?}");
            None
        }
    }
}

/// What the compilers of other releases emit: those of Debian's suites, as far as they can be had.
#[test]
fn core_programs_compiled_by_other_releases_print_the_same() {
    let expected = core_programs();
    let names: Vec<String> = expected.iter().map(|(name, _)| name.clone()).collect();
    for suite in ["trixie", "sid"] {
        let Some(compiler) = other_compiler(suite) else {
            continue;
        };
        let target = target_folder(&format!("core-{suite}"));
        compile(&compiler, &[], &target, &sources("core", "erl", &names));
        compare(expected, &target, &[PLAIN, STRESSED]);
    }
}

/// What OTP 29 brings that can be told from outside: its own emulator is the judge.
#[test]
fn programs_for_otp_29_print_what_they_print_under_its_erl() {
    let Some(compiler) = other_compiler("sid") else {
        return;
    };
    let (names, target) = (programs("otp29", "erl"), target_folder("otp29"));
    compile(&compiler, &[], &target, &sources("otp29", "erl", &names));
    let expected = expected(&compiler.with_file_name("erl"), names, &target);
    compare(&expected, &target, &[PLAIN, STRESSED]);
}
