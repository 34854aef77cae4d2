//! The differential programs, with OTP's libraries, in a machine that collects wherever it may and whose freed memory is
//! poisoned: they must print what they print under stock `erl`, and end as they do there.
//!
//! One package is made of all programs. Each runs in a process of its own, which is this program again, so that
//! what breaks one leaves the others alone. `PROGRAM` in the environment names the only one to run, `COMPILER` the compiler
//! that the machine's programs are compiled with: that of OTP 27 (`scripts/other-otp trixie`), say. The files of OTP 28 and
//! later are more than the installed libraries can make a package of.

#[path = "../../../tests/differential/normalise.rs"]
mod normalise;
mod support;

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::rc::Rc;
use std::sync::Mutex;
use std::{env, fs, thread};

use brood_machine::{Config, Halt, Machine};
use normalise::normalise;
use support::TestPlatform;
use support::poison::Poison;

#[global_allocator]
static ALLOCATOR: Poison = Poison;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The folders of programs, and the module that starts a program by its name.
const FOLDERS: [&str; 3] = ["core", "programs", "reports"];
const ENTRY: &str = "differential_main";
/// How many programs are made up.
const RANDOM_COUNT: u32 = 60;
/// How long a program may take, in seconds. The slowest takes 10 on a computer that has nothing else to do. Only what
/// hangs gets there.
const LIMIT: &str = "300";
/// What tells this program that it is to run one: where the package is. The program's name is the machine's argument.
const CHILD: &str = "STRESSED_PACKAGE";

fn main() -> ExitCode {
    match env::var_os(CHILD) {
        Some(package) => run_machine(Path::new(&package)),
        // Filters and `--list` are for the tests of the default harness.
        None if env::args().any(|argument| argument == "--list") => ExitCode::SUCCESS,
        None => compare_all(),
    }
}

/// Runs one program under stress and ends as it does.
fn run_machine(package: &Path) -> ExitCode {
    let package = fs::read(package).expect("a readable package");
    let output = Rc::new(RefCell::new(Vec::new()));
    let config = Config {
        stress: true,
        ..Config::default()
    };
    let mut machine = Machine::new(config, Box::new(TestPlatform::new(&output)));
    machine.boot(&package).expect("a package that boots");
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| machine.run()));
    let _ = std::io::stdout().write_all(&output.borrow());
    match end {
        Ok(Halt::Status(status)) => ExitCode::from(status as u8),
        Ok(Halt::Slogan(slogan)) => {
            eprintln!("{slogan}");
            ExitCode::FAILURE
        }
        // It has said why, or every process waits for ever.
        Err(_) => ExitCode::from(101),
    }
}

/// What programs are compiled to.
struct Suite {
    beams: PathBuf,
    package: PathBuf,
    /// Where programs may leave files.
    scratch: PathBuf,
    programs: Vec<String>,
}

impl Suite {
    fn build() -> Suite {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stress");
        let (beams, library) = (target.join("beams"), target.join("library"));
        let _ = fs::remove_dir_all(&target);
        fs::create_dir_all(&beams).expect("a folder for tests");
        fs::create_dir_all(&library).expect("a folder for tests");
        let suite = Path::new("tests/differential");
        let folders = FOLDERS.map(|folder| sources(&suite.join(folder)));
        let generator = sources(&suite.join("generator"));
        succeed(
            Command::new("erlc")
                .args(["-W0", "-o"])
                .arg(&beams)
                .arg(suite.join(ENTRY).with_extension("erl"))
                .args(folders.iter().flatten().chain(&generator)),
        );
        let count = RANDOM_COUNT.to_string();
        succeed(
            erl(&beams)
                .args(["-run", "random_program", "compile"])
                .arg(&beams)
                .args(["1", &count]),
        );
        let packaged = match env::var_os("COMPILER") {
            Some(compiler) => {
                let others = target.join("others");
                fs::create_dir_all(&others).expect("a folder for tests");
                // What is an atom in OTP 25 is a word of the language since.
                succeed(
                    Command::new(compiler)
                        .args(["-W0", "-disable-feature", "maybe_expr", "-o"])
                        .arg(&others)
                        .arg(suite.join(ENTRY).with_extension("erl"))
                        .args(folders.iter().flatten()),
                );
                others
            }
            None => beams.clone(),
        };
        succeed(
            Command::new("erlc")
                .arg("-o")
                .arg(&library)
                .args(sources(Path::new("lib/brood/src")))
                .args(sources(Path::new("lib/brood_release/src"))),
        );
        let resource = Path::new(ROOT).join("lib/brood/src/brood.app.src");
        fs::copy(resource, library.join("brood.app")).expect("the library's resource");
        let package = target.join("package");
        succeed(
            erl(&library)
                .args(["-s", "brood_release", "main", "-extra"])
                .arg(&packaged)
                .arg("--output")
                .arg(&package)
                .args(["--main", ENTRY]),
        );
        let only = env::var("PROGRAM").ok();
        let name = |source: &PathBuf| {
            let stem = source.file_stem().expect("a source has a name");
            stem.to_string_lossy().into_owned()
        };
        let written = folders.iter().flatten().map(name);
        // Those that were made up are only there as forms.
        let random_count = if packaged == beams { RANDOM_COUNT } else { 0 };
        let random = (1..=random_count).map(|seed| format!("random_{seed}"));
        let programs = written
            .chain(random)
            .filter(|name| only.as_ref().is_none_or(|only| only == name))
            .collect();
        Suite {
            beams,
            package,
            scratch: target,
            programs,
        }
    }

    /// What is different under stress, if anything.
    fn difference(&self, program: &str) -> Option<String> {
        let start = format!("{ENTRY}:main([\"{program}\"]), halt(0).");
        let stock = end_of(
            limited("erl")
                .current_dir(&self.scratch)
                .args(["-noshell", "-pa"])
                .arg(&self.beams)
                .args(["-eval", &start]),
        );
        let this = env::current_exe().expect("this program has a path");
        let machine = end_of(
            limited(&this.to_string_lossy())
                .current_dir(&self.scratch)
                .env(CHILD, &self.package)
                .env("ARGUMENTS", program),
        );
        let [(_, expected_output, expected_errors), (_, output, errors)] =
            [&stock, &machine].map(|output| {
                let text = |bytes: &[u8]| normalise(&String::from_utf8_lossy(bytes));
                (output.status, text(&output.stdout), text(&output.stderr))
            });
        first_difference("standard output", &expected_output, &output)
            .or_else(|| first_difference("standard error", &expected_errors, &errors))
            .or_else(|| {
                (stock.status != machine.status)
                    .then(|| format!("stock: {}; machine: {}", stock.status, machine.status))
            })
    }
}

/// The first line that is not the same.
fn first_difference(stream: &str, stock: &str, machine: &str) -> Option<String> {
    if stock == machine {
        return None;
    }
    let (mut stock, mut machine) = (stock.lines(), machine.lines());
    for line in 1.. {
        match (stock.next(), machine.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => {
                let shown = |line: Option<&str>| line.unwrap_or("<end>").to_owned();
                return Some(format!(
                    "{stream}, line {line}\n  stock:   {}\n  machine: {}",
                    shown(a),
                    shown(b)
                ));
            }
        }
    }
    Some(format!("{stream}: ends of lines"))
}

/// The `.erl` files of a folder, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut sources: Vec<PathBuf> = fs::read_dir(Path::new(ROOT).join(folder))
        .expect("a folder of the project")
        .map(|entry| folder.join(entry.expect("an entry").file_name()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "erl"))
        .collect();
    sources.sort();
    sources
}

fn erl(path: &Path) -> Command {
    let mut erl = Command::new("erl");
    erl.args(["+Bd", "-noinput", "-noshell", "-pa"]).arg(path);
    erl
}

/// A command that ends at the limit.
fn limited(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", LIMIT, program]);
    command
}

/// Runs a command to its end.
fn end_of(command: &mut Command) -> Output {
    command
        .envs([("LC_ALL", "C.UTF-8"), ("ERL_CRASH_DUMP_SECONDS", "0")])
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Runs a step of the build, at the root: stack traces name sources as seen from there.
fn succeed(command: &mut Command) {
    let output = end_of(command.current_dir(ROOT));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs every program, as many at once as there are processors.
fn compare_all() -> ExitCode {
    let suite = Suite::build();
    let (todo, failed) = (Mutex::new(suite.programs.iter()), Mutex::new(Vec::new()));
    let next = || todo.lock().expect("no thread panics with it").next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(program) = next() {
                    if let Some(difference) = suite.difference(program) {
                        println!("{program} under stress: {difference}");
                        failed
                            .lock()
                            .expect("no thread panics with it")
                            .push(program);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no thread panicked");
    let passed = suite.programs.len() - failed.len();
    let (result, code) = match failed.is_empty() {
        true => ("ok", ExitCode::SUCCESS),
        false => ("FAILED", ExitCode::FAILURE),
    };
    println!(
        "test result: {result}. {passed} passed; {} failed; 0 ignored;",
        failed.len()
    );
    code
}
