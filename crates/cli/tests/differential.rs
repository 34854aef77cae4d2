//! The differential suite: Erlang programs whose printed results and exit status inside an instance
//! must be those of the stock `erl`.
//!
//! The programs stand in `tests/differential` at the root of the workspace, one theme each, one module each,
//! exporting `main/0`:
//!
//! | folder      | what its programs may use                                                          |
//! | ----------- | ---------------------------------------------------------------------------------- |
//! | `core/`     | the `erlang` module alone; they print through `erlang:display/1`                    |
//! | `programs/` | OTP's libraries; they print through `io:format`                                    |
//! | `reports/`  | whatever ends in a report of the default logger; times and pids are normalised      |
//!
//! The comment at a program's head has a line `%% tier: N` (0-5: how much of a machine it demands) and, where the
//! default limit does not do, a line `%% limit: SECONDS`.
//!
//! All programs are compiled by one `erlc` and built by one `brood build` into one image, when the first test
//! asks for it. Beside them are programs that `generator/random_program.erl` makes up: those of the seeds from
//! `RANDOM_SEED` on, `RANDOM_COUNT` of them, named `random_SEED`. A test is named `tierN::PROGRAM::BACKEND`, so that a filter picks a tier, a program or a backend:
//! `cargo test -p brood-cli --test differential -- tier0 --exact`.

#[path = "../../../tests/differential/normalise.rs"]
mod normalise;

use std::fmt::{self, Write as _};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use normalise::normalise;
use similar::TextDiff;
use tempfile::TempDir;

/// Where the programs are.
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/differential");

/// The folders of programs, and the module that starts a program by its name.
const FOLDERS: [&str; 3] = ["core", "programs", "reports"];
const ENTRY: &str = "differential_main";

/// The module that makes up programs, how many of them and from which seed on unless the environment says otherwise,
/// and the tier that they count for.
const GENERATOR: &str = "random_program";
const RANDOM_SEED: u32 = 1;
const RANDOM_COUNT: u32 = 80;
const RANDOM_TIER: u32 = 5;

/// How long a program may run, unless its head says otherwise. Stock needs a second at most: the rest is for
/// unoptimised builds on a busy computer. Only what hangs gets there.
const LIMIT: Duration = Duration::from_secs(180);
/// How long compiling and building everything may take.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);

/// The same locale for both, and no crash dumps.
const ENVIRONMENT: [(&str, &str); 2] = [("LC_ALL", "C.UTF-8"), ("ERL_CRASH_DUMP_SECONDS", "0")];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs = match Program::all(Path::new(SUITE)) {
        Ok(programs) => programs,
        Err(error) => {
            eprintln!("cannot read the programs in {SUITE}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let trials = programs
        .into_iter()
        .map(Arc::new)
        .flat_map(|program| {
            backends().map(move |(backend, usable)| {
                let program = Arc::clone(&program);
                let name = format!("tier{}::{}::{backend}", program.tier, program.name);
                Trial::test(name, move || program.compare(backend)).with_ignored_flag(!usable)
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The backends to test, and whether this computer can run each.
fn backends() -> impl Iterator<Item = (&'static str, bool)> {
    let kvm = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm");
    [("kvm", kvm.is_ok()), ("process", true)].into_iter()
}

/// One Erlang program, and what stock `erl` makes of it.
struct Program {
    name: String,
    tier: u32,
    limit: Duration,
    stock: OnceLock<Result<Observation, String>>,
}

impl Program {
    /// Every program of every folder, in order of rising demands.
    fn all(suite: &Path) -> std::io::Result<Vec<Self>> {
        let mut programs = Vec::new();
        for source in FOLDERS
            .iter()
            .flat_map(|folder| sources(&suite.join(folder)))
        {
            programs.push(Self::read(&source?)?);
        }
        let (seed, count) = random_seeds()?;
        programs.extend((seed..seed + count).map(|seed| Self {
            name: format!("random_{seed}"),
            tier: RANDOM_TIER,
            limit: LIMIT,
            stock: OnceLock::new(),
        }));
        programs.sort_by(|a, b| (a.tier, &a.name).cmp(&(b.tier, &b.name)));
        Ok(programs)
    }

    /// Reads a program's demands off the comment at its head.
    fn read(source: &Path) -> std::io::Result<Self> {
        let text = fs::read_to_string(source)?;
        let field = |name: &str| {
            text.lines()
                .map_while(|line| line.strip_prefix("%% "))
                .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        };
        let invalid = |what: &str| std::io::Error::other(format!("{}: {what}", source.display()));
        Ok(Self {
            name: source
                .file_stem()
                .and_then(|stem| stem.to_str())
                .ok_or_else(|| invalid("a name that is no module's"))?
                .to_owned(),
            tier: field("tier:").ok_or_else(|| invalid("no line `%% tier: N` at its head"))?,
            limit: field("limit:").map_or(LIMIT, |seconds| Duration::from_secs(seconds.into())),
            stock: OnceLock::new(),
        })
    }

    /// Fails, with the difference, if the program behaves otherwise in an instance than under stock `erl`.
    fn compare(&self, backend: &str) -> Result<(), Failed> {
        let suite = Suite::get()?;
        let stock = self
            .stock
            .get_or_init(|| suite.run_stock(self))
            .as_ref()
            .map_err(Failed::from)?;
        let instance = suite.run_instance(self, backend)?;
        match stock.difference(&instance) {
            None => Ok(()),
            Some(difference) => Err(difference.into()),
        }
    }
}

/// The first seed of the programs that are made up, and how many there are.
fn random_seeds() -> std::io::Result<(u32, u32)> {
    let number = |name: &str, default| match std::env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => text
            .parse()
            .map_err(|_| std::io::Error::other(format!("{name}={text}: a number is wanted"))),
    };
    Ok((
        number("RANDOM_SEED", RANDOM_SEED)?,
        number("RANDOM_COUNT", RANDOM_COUNT)?,
    ))
}

/// The `.erl` files of a folder.
fn sources(folder: &Path) -> Vec<std::io::Result<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) => vec![Err(error)],
        Ok(entries) => entries
            .map(|entry| Ok(entry?.path()))
            .filter(|path| {
                path.as_ref()
                    .map_or(true, |path| path.extension().is_some_and(|e| e == "erl"))
            })
            .collect(),
    }
}

/// The compiled programs and the image built of them.
struct Suite {
    beams: TempDir,
    image: TempDir,
}

impl Suite {
    /// The suite, compiled and built when first asked for.
    fn get() -> Result<&'static Self, Failed> {
        static SUITE: LazyLock<Result<Suite, String>> = LazyLock::new(Suite::build);
        SUITE.as_ref().map_err(Failed::from)
    }

    fn build() -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let suite = Path::new(self::SUITE);
        let beams = TempDir::new().map_err(text)?;
        let image = TempDir::new().map_err(text)?;
        let mut compile = Command::new("erlc");
        // Many programs do on purpose what the compiler warns of.
        compile.arg("-W0").arg("-o").arg(beams.path());
        compile.arg(suite.join(ENTRY).with_extension("erl"));
        compile.arg(
            suite
                .join("generator")
                .join(GENERATOR)
                .with_extension("erl"),
        );
        for source in FOLDERS
            .iter()
            .flat_map(|folder| sources(&suite.join(folder)))
        {
            compile.arg(source.map_err(text)?);
        }
        succeed("erlc", &mut compile)?;
        let (seed, count) = random_seeds().map_err(text)?;
        let mut generate = Command::new("erl");
        generate.args(["-noshell", "-pa"]).arg(beams.path());
        generate
            .args(["-run", GENERATOR, "compile"])
            .arg(beams.path())
            .args([seed.to_string(), count.to_string()]);
        succeed(GENERATOR, &mut generate)?;
        let mut build = Command::new(env!("CARGO_BIN_EXE_brood"));
        build.arg("build").arg(beams.path());
        build.arg("-o").arg(image.path().join("suite.brood"));
        build.args(["--main", ENTRY]);
        succeed("brood build", &mut build)?;
        Ok(Self { beams, image })
    }

    fn run_stock(&self, program: &Program) -> Result<Observation, String> {
        let start = format!("{ENTRY}:main([\"{}\"]), halt(0).", program.name);
        let mut erl = Command::new("erl");
        erl.args(["-noshell", "-pa"]).arg(self.beams.path());
        erl.args(["-eval", &start]);
        // What it writes is gone with the rest.
        erl.current_dir(self.image.path());
        Observation::of(&mut erl, program.limit).map_err(|error| format!("erl: {error}"))
    }

    fn run_instance(&self, program: &Program, backend: &str) -> Result<Observation, String> {
        let mut brood = Command::new(env!("CARGO_BIN_EXE_brood"));
        brood.arg("run").arg(self.image.path().join("suite.brood"));
        brood.args(["--backend", backend, "--", &program.name]);
        Observation::of(&mut brood, program.limit).map_err(|error| format!("brood run: {error}"))
    }
}

/// Runs a step of the build, which must succeed.
fn succeed(what: &str, command: &mut Command) -> Result<(), String> {
    let seen = Observation::of(command, BUILD_LIMIT).map_err(|error| format!("{what}: {error}"))?;
    match seen.status {
        Status::Exited(0) => Ok(()),
        _ => Err(format!(
            "{what}: {}\n{}{}",
            seen.status, seen.stdout, seen.stderr
        )),
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Exited(i32),
    Signalled,
    TimedOut,
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(formatter, "exit status {status}"),
            Self::Signalled => formatter.write_str("ended by a signal"),
            Self::TimedOut => formatter.write_str("stopped at its time limit"),
        }
    }
}

impl From<ExitStatus> for Status {
    fn from(status: ExitStatus) -> Self {
        status.code().map_or(Self::Signalled, Self::Exited)
    }
}

/// What a run printed, normalised, and how it ended.
struct Observation {
    status: Status,
    stdout: String,
    stderr: String,
}

impl Observation {
    /// Runs a command without input, and stops it at the limit.
    fn of(command: &mut Command, limit: Duration) -> std::io::Result<Self> {
        let mut child = command
            .envs(ENVIRONMENT)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status.into();
            }
            if Instant::now() >= deadline {
                child.kill()?;
                child.wait()?;
                break Status::TimedOut;
            }
            thread::sleep(Duration::from_millis(2));
        };
        let text = |reader: thread::JoinHandle<Vec<u8>>| {
            normalise(
                &reader
                    .join()
                    .map(|bytes| lossless(&bytes))
                    .unwrap_or_default(),
            )
        };
        Ok(Self {
            status,
            stdout: text(stdout),
            stderr: text(stderr),
        })
    }

    /// What differs in the other run, as text for people.
    fn difference(&self, other: &Self) -> Option<String> {
        let mut text = String::new();
        if self.status != other.status {
            let _ = writeln!(text, "stock: {}; instance: {}", self.status, other.status);
        }
        for (stream, stock, instance) in [
            ("stdout", &self.stdout, &other.stdout),
            ("stderr", &self.stderr, &other.stderr),
        ] {
            if stock != instance {
                let lines = TextDiff::from_lines(stock, instance);
                let mut unified = lines.unified_diff();
                let shown = unified
                    .context_radius(2)
                    .header(&format!("stock {stream}"), &format!("instance {stream}"))
                    .to_string();
                text.push_str(&shown);
            }
        }
        (!text.is_empty()).then_some(text)
    }
}

/// Reads a stream to its end on a thread of its own, so that neither stream can block the child.
fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // A stream that breaks off shows in the comparison.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Text of any bytes, in which bytes that are no UTF-8 stay distinguishable.
fn lossless(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
