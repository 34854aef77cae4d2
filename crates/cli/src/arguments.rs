//! The command line.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use brood_monitor::Choice;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::volume::Volume;

/// Runs Erlang without an operating system: builds an application into an image, of which an
/// instance, a virtual machine of its own, starts about as fast as a Unix process.
#[derive(Debug, Parser)]
#[command(name = "brood", version, after_long_help = EXIT_STATUSES, arg_required_else_help = true)]
pub struct Arguments {
    /// Log more; twice: everything. RUST_LOG decides in detail.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_STATUSES: &str = "\
Exit status:
  0    done
  1    not done; standard error says why
  2    the command line is wrong
  130  stopped by Ctrl-C

Exit status of `brood run`: the instance's own (as of erlang:halt/1), or
  124  it ran longer than --timeout
  125  it could not be run at all: no such image, no such backend, ...
  134  the runtime crashed; the report is on standard error
  137  it needed more memory than --memory";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Build an application into an image.
    Build(Build),
    /// Describe an image.
    Inspect(Inspect),
    /// Run an instance on this terminal.
    Run(Run),
    /// Run Erlang in an instance, as erl does.
    #[command(after_help = ERL_HELP)]
    Erl(Erl),
    /// Compile in an instance, as erlc does.
    #[command(after_help = ERLC_HELP)]
    Erlc(Erl),
    /// Run a script in an instance, as escript does.
    #[command(after_help = ESCRIPT_HELP)]
    Escript(Erl),
    /// Serve HTTP: a new instance for each request.
    Serve(Serve),
    /// Measure.
    Bench(Bench),
}

/// `brood build`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood build hello -o hello.brood               the .erl and .beam files in hello/
  brood build _build/default/rel/shop -o shop.brood    a release made by rebar3
  brood build . -o app.brood --main app:start    enter at app:start/1 or app:start/0
  brood build . -o app.brood --include crypto_fallback    a module that only data names")]
pub struct Build {
    /// Directory with .erl and .beam files, an application (src/, ebin/, priv/), or a release tree.
    pub directory: PathBuf,
    /// Where to write the image.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Main function, run by `brood run` [default: the only main/1 there is].
    #[arg(long, value_name = "M[:F]")]
    pub main: Option<String>,
    /// Handler, asked by `brood serve` [default: the only module with behaviour brood_handler].
    #[arg(long, value_name = "M")]
    pub handler: Option<String>,
    /// A module of the installed OTP to put in though no call names it; may be repeated.
    #[arg(long, value_name = "M")]
    pub include: Vec<String>,
    /// Instances load no code: what only that needs is left out of the image.
    #[arg(long)]
    pub nobeam: bool,
    /// The OTP to build with: a directory with bin/erl in it [default: erl in PATH].
    #[arg(long, value_name = "DIR")]
    pub otp: Option<PathBuf>,
    /// What isolates the instance that is frozen: auto, kvm or process.
    #[arg(long, default_value = "auto")]
    pub backend: Choice,
    /// Memory to load and start in, in MiB; the image keeps what is used of it.
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    pub memory: u64,
}

/// `brood inspect`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood inspect app.brood
  brood inspect app.brood --json | jq -r '.modules[] | select(.source == \"application\").name'")]
pub struct Inspect {
    /// The image.
    pub image: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `brood run`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood run app.brood
  brood run app.brood -- one two       the main function gets [\"one\", \"two\"]
  echo 6 | brood run app.brood --timeout 5
  brood run app.brood -v ./data:/data        the instance may read and write ./data as /data
  brood run app.brood -v /etc/ssl:/etc/ssl:ro -v ./out:/out -- one
  brood run app.brood --crash-dump erl_crash.dump

Exit status: the instance's own, or 124 (--timeout), 125 (could not be run), 130 (Ctrl-C),
134 (the runtime crashed), 137 (--memory).")]
pub struct Run {
    /// The image.
    pub image: PathBuf,
    /// What isolates the instance: auto, kvm or process.
    #[arg(long, default_value = "auto")]
    pub backend: Choice,
    /// Longest life in seconds [default: none].
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub timeout: Option<std::time::Duration>,
    /// Memory in MiB [default: what the image holds, and 256 more].
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u64>,
    /// A directory of this computer that the instance may use, as path of its own; with :ro only to
    /// read. May be repeated. It sees nothing else of this computer's files.
    #[arg(short = 'v', long = "volume", value_name = "HOST:GUEST[:ro]")]
    pub volumes: Vec<Volume>,
    /// Where to write a crash dump, as OTP's crashdump viewer reads it, if the instance ends by
    /// halt("Slogan") or the like, or runs out of memory.
    #[arg(long, value_name = "FILE")]
    pub crash_dump: Option<PathBuf>,
    /// Arguments of the main function.
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<OsString>,
}

/// `brood erl`, `brood erlc` and `brood escript`
#[derive(Debug, Args)]
pub struct Erl {
    /// What the instance is made of.
    #[command(flatten)]
    pub surroundings: Surroundings,
    /// What OTP's program of this name takes: everything from the first word on that is no option
    /// of those below.
    #[arg(last = true, value_name = "WORDS")]
    pub words: Vec<OsString>,
}

/// What an instance with an installed OTP is made of. Each option can be an environment variable,
/// for programs that start `erl` themselves.
#[derive(Debug, Args)]
pub struct Surroundings {
    /// The root of the OTP: the directory with lib/ and erts-VERSION/ [default: that of erl in PATH].
    #[arg(long, value_name = "DIR", env = "BROOD_OTP")]
    pub otp: Option<PathBuf>,
    /// Memory in MiB [default: what the base image holds, and 2048 more].
    #[arg(long, value_name = "MIB", env = "BROOD_MEMORY")]
    pub memory: Option<u64>,
    /// What isolates the instance: auto, kvm or process.
    #[arg(long, default_value = "auto", env = "BROOD_BACKEND")]
    pub backend: Choice,
    /// Say nothing of flags that have no meaning in an instance.
    #[arg(long, env = "BROOD_QUIET")]
    pub quiet: bool,
}

const ERL_HELP: &str = "\
Examples:
  brood erl                                      Erlang's shell
  brood erl -noshell -eval 'io:put_chars(\"hello\\n\"), halt().'
  brood erl --memory 4096 -pa ebin -s my_program
  brood erl --otp /opt/otp-27 +P 1000000

All of erl's flags are taken; +flags about threads, schedulers and allocators have no meaning in an
instance and are named and ignored. There are no sockets yet, so no -name and no -sname.

What the instance sees of this computer's files: the working directory, the directories that flags
name (-pa, -pz, -mnesia dir, ...; those of -boot, -config and ERL_LIBS, and OTP itself, read-only),
each at its own path, and nothing else. /tmp and everything else is its own memory, gone with it.

The first run prepares the code of the OTP, once, and keeps it in $XDG_CACHE_HOME/brood or
~/.cache/brood: a new or changed OTP, or a new brood, is prepared again.

Exit status: as of erl, or 125 (could not be run), 130 (Ctrl-C), 134 (the runtime crashed),
137 (--memory).";

const ERLC_HELP: &str = "\
Examples:
  brood erlc -o ebin +debug_info -I include src/a.erl src/b.yrl

All that erlc takes. The instance sees the working directory, those of the sources, and those that
-o, -pa, -pz and -I name.";

const ESCRIPT_HELP: &str = "\
Examples:
  brood escript script.escript one two
  brood escript ./rebar3 compile

All that escript takes. The instance sees the working directory, and that of the script (read-only).";

/// `brood serve`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood serve app.brood
  brood serve app.brood --listen 0.0.0.0:80 --concurrency 8 --timeout 10
  brood serve app.brood -v ./templates:/templates:ro -v ./uploads:/uploads
  brood serve --applications /srv/apps        http://shop.localhost:8080/ is /srv/apps/shop.brood
  brood serve app.brood --cpu 0.5 --usage usage.jsonl
  brood serve app.brood --timeout 3600 --concurrency 1000 --jail --hibernate 5
  RUST_LOG=brood_gateway=debug brood serve app.brood

Each response has the headers brood-instance, brood-request and server-timing (the life of its
instance in milliseconds). A handler that crashes: 500, the report is in the log under the id in
brood-request. Longer than --timeout or --cpu: 504. More memory than --memory, or more requests than
--queue: 503. A longer body than --max-body: 413. No such application: 404. Ctrl-C ends what has
begun; again: at once. SIGHUP: the file of --usage is opened anew.")]
pub struct Serve {
    /// The image.
    #[arg(
        required_unless_present = "applications",
        conflicts_with = "applications"
    )]
    pub image: Option<PathBuf>,
    /// Serve many applications: NAME.brood in this directory gets the requests for the hosts NAME
    /// and NAME.anything. Files may come, change and go.
    #[arg(long, value_name = "DIR")]
    pub applications: Option<PathBuf>,
    /// Address and port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Instances alive at a time [default: 32 for each processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub concurrency: Option<u32>,
    /// Instances of one application of many [default: three quarters of --concurrency].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536), requires = "applications")]
    pub share: Option<u32>,
    /// Requests that may wait for a place.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub queue: usize,
    /// Longest life of an instance in seconds.
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "30")]
    pub timeout: std::time::Duration,
    /// Most processor time of an instance in seconds [default: as much as --timeout has].
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub cpu: Option<std::time::Duration>,
    /// Memory of an instance in MiB [default: what the image holds, and 64 more].
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u64>,
    /// A directory of this computer that all instances may use, as path of their own; with :ro only
    /// to read. May be repeated.
    #[arg(short = 'v', long = "volume", value_name = "HOST:GUEST[:ro]")]
    pub volumes: Vec<Volume>,
    /// Files of such directories that an instance may have open.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_files: usize,
    /// Longest request body in KiB.
    #[arg(long, value_name = "KIB", default_value_t = 8192)]
    pub max_body: usize,
    /// Longest answer in KiB.
    #[arg(long, value_name = "KIB", default_value_t = 32768)]
    pub max_answer: usize,
    /// How much an instance may print, in KiB.
    #[arg(long, value_name = "KIB", default_value_t = 1024)]
    pub max_console: u64,
    /// Append what each instance used to this file, as a line of JSON.
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// Let instances have recycled virtual machines: reset, and only ever of the same image.
    #[arg(long)]
    pub reuse: bool,
    /// Run the instances of each application in a process of their own that has nothing else in reach.
    #[arg(long)]
    pub jail: bool,
    /// Put instances that have waited this many seconds to disk, until what they wait for is there.
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub hibernate: Option<std::time::Duration>,
    /// Where: a directory in which one for this server alone is made [default: where temporary files
    /// are, which may be memory].
    #[arg(long, value_name = "DIR", requires = "hibernate")]
    pub hibernate_directory: Option<PathBuf>,
    /// What isolates the instances: auto, kvm or process.
    #[arg(long, default_value = "auto")]
    pub backend: Choice,
}

/// `brood bench`
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure.
    #[command(subcommand)]
    pub what: BenchVerb,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum BenchVerb {
    /// How fast instances come and go, next to /bin/true and erl, interleaved in one run.
    Spawn(BenchSpawn),
    /// How fast Erlang starts in an instance, next to the installed erl, interleaved in one run.
    Boot(BenchBoot),
    /// A served application under load.
    Http(BenchHttp),
    /// Very many applications in a directory, of which few have requests.
    Applications(BenchApplications),
    /// Very many instances one after the other: nothing may fail, nothing may grow.
    Soak(BenchSoak),
    /// Very many instances that wait, all at once.
    Density(BenchDensity),
    /// Erlang programs, next to the installed emulator, interleaved in one run.
    Erlang(BenchErlang),
}

/// What all measurements have.
#[derive(Debug, Args)]
pub struct Measuring {
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What isolates the instances: auto, kvm or process.
    #[arg(long, default_value = "auto")]
    pub backend: Choice,
}

/// `brood bench spawn`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench spawn
  brood bench spawn --rounds 1000 --json spawn.json

`first`: launch to the first Erlang instruction; `answer`: to its answer; `gone`: to everything
given back. `fresh`: a new virtual machine each; `reused`: a recycled one, where that exists.")]
pub struct BenchSpawn {
    /// The image [default: a minimal one, built for the purpose].
    pub image: Option<PathBuf>,
    /// Also show where the time goes.
    #[arg(long)]
    pub phases: bool,
    /// How many of each; of erl, which is slow, a twentieth.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// `brood bench boot`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench boot --json boot.json

`start`: erl -noshell -eval 'halt().'; `escript`: a script in source; `compile`: compile:file/1 of a
large module; each from its start until it is gone. `idle shell`: the memory of a shell that has
nothing to do, all of it that is resident, and what no other process has.")]
pub struct BenchBoot {
    /// How many times each; the median counts.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// `brood bench http`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench http --seconds 30
  brood bench http --requests 25001 --again --json http.json app.brood
  brood bench http --reuse --seconds 60
  brood bench http --rate 500

First as many requests as the connections take; unless a number of requests is given, then half as
many a second, made when it is time and not when there is an answer; then, after a pause, all at
once again: a step.")]
pub struct BenchHttp {
    /// The image [default: a minimal one, built for the purpose].
    pub image: Option<PathBuf>,
    /// How long [default: 10, unless --requests is given].
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub seconds: Option<std::time::Duration>,
    /// How many requests.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub requests: Option<u64>,
    /// Connections of the client, each with a request at a time [default: two for each processor].
    #[arg(long, value_name = "C", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub concurrency: Option<u32>,
    /// At last so many requests a second, made when it is time.
    #[arg(long, value_name = "R", value_parser = rate)]
    pub rate: Option<f64>,
    /// Path of the requests.
    #[arg(long, default_value = "/")]
    pub path: String,
    /// Let instances have recycled virtual machines.
    #[arg(long)]
    pub reuse: bool,
    /// Run the instances in a jail.
    #[arg(long)]
    pub jail: bool,
    /// Make the same load once more afterwards: what the host holds must not grow from run to run.
    #[arg(long)]
    pub again: bool,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// `brood bench soak`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench soak --count 10000
  brood bench soak --fresh --count 100000 --json soak.json

Prints what this program held along the way. Exit status 1 when an instance failed, memory,
descriptors or threads grew, or the time was over before all instances were.")]
pub struct BenchSoak {
    /// The image [default: a minimal one, built for the purpose].
    pub image: Option<PathBuf>,
    /// How many instances.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: u64,
    /// The longest that it may take.
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "3600")]
    pub seconds: std::time::Duration,
    /// A new virtual machine for each instance, instead of recycled ones.
    #[arg(long)]
    pub fresh: bool,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// `brood bench density`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench density --json density.json
  brood bench density --count 500 --hibernate 1

Memory is what the host has less than before, with the kernel's own for virtual machines. Each
instance is called once at least, and must answer. They live in a jail, some dozens to a process:
the kernel tells every virtual machine of a process of each change to that process' memory, so
with --one-process launching and first calls take the longer the more there are.")]
pub struct BenchDensity {
    /// How many instances.
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub count: u32,
    /// Run all of them in this process, not in a jail.
    #[arg(long)]
    pub one_process: bool,
    /// Let those that waited this long hibernate, and measure that, too.
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub hibernate: Option<std::time::Duration>,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// `brood bench applications`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench applications --json applications.json
  brood bench applications --count 10000 --asked 500

All are links to a few files of the same contents. `memory` is this program's, the server in it.
`first`: an application's first request; `second`: its next, at once; `busy`: between the others,
requests for one that has them all the time.")]
pub struct BenchApplications {
    /// The image [default: a minimal one, built for the purpose].
    pub image: Option<PathBuf>,
    /// How many applications there are.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,
    /// How many of them are asked.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub asked: u32,
    /// Where to make the directory with them [default: where temporary files are].
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Let instances have recycled virtual machines.
    #[arg(long)]
    pub reuse: bool,
    /// Run the instances in jails.
    #[arg(long)]
    pub jail: bool,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// `brood bench erlang`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  brood bench erlang --json erlang.json
  brood bench erlang --rounds 3 fib estone    only the programs with these in their names

Each program runs twice in a fresh instance and in a fresh erl with one scheduler, in turns; the
second time counts. Every program checks its own result.")]
pub struct BenchErlang {
    /// Parts of the names of the programs to run [default: all].
    pub programs: Vec<String>,
    /// How many times each; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// On what, and where to.
    #[command(flatten)]
    pub measuring: Measuring,
}

/// Verbs whose words are another program's: behind brood's own options everything is theirs.
const FOREIGN: [&str; 3] = ["erl", "erlc", "escript"];

/// The command line with `--` before the words that are another program's. Called by the name of
/// such a program, through a link, say, brood is that program.
pub fn separated(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words.into_iter();
    let mut made: Vec<OsString> = words.next().into_iter().collect();
    let called = made.first().and_then(|name| Path::new(name).file_name());
    if let Some(verb) = called.filter(|name| is_foreign(name)) {
        let verb = verb.to_owned();
        made.extend([verb, "--".into()]);
        made.extend(words);
        return made;
    }
    // Before the verb there may be options of brood itself, which take no values.
    let verb = loop {
        let Some(word) = words.next() else {
            return made;
        };
        made.push(word.clone());
        if !word.as_encoded_bytes().starts_with(b"-") {
            break word;
        }
    };
    let command = Arguments::command();
    let verb = command.find_subcommand(&verb).filter(|_| is_foreign(&verb));
    let Some(verb) = verb else {
        made.extend(words);
        return made;
    };
    let takes_value = |name: &str| {
        let mut options = verb.get_arguments();
        options.any(|option| option.get_long() == Some(name) && option.get_action().takes_values())
    };
    let mut rest = words.peekable();
    while let Some(option) = rest.next_if(|word| is_own(word)) {
        let has_value = takes_value(&option.to_string_lossy()[2..]);
        made.push(option);
        if has_value {
            made.extend(rest.next());
        }
    }
    made.push("--".into());
    made.extend(rest);
    made
}

fn is_foreign(verb: &OsStr) -> bool {
    FOREIGN.iter().any(|foreign| verb == *foreign)
}

/// Whether a word is an option of brood: two hyphens and more. OTP's flags have one.
fn is_own(word: &OsStr) -> bool {
    let bytes = word.as_encoded_bytes();
    bytes.starts_with(b"--") && bytes.len() > 2
}

/// A positive number of seconds, with or without a fraction.
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("{text:?} is no positive number of seconds");
    let number: f64 = text.parse().map_err(|_| wrong())?;
    std::time::Duration::try_from_secs_f64(number)
        .ok()
        .filter(|duration| {
            !duration.is_zero() && *duration <= std::time::Duration::from_secs(86_400 * 365)
        })
        .ok_or_else(wrong)
}

/// How many a second: a number from 0.01 to a million.
fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (0.01..=1e6).contains(number))
        .ok_or_else(|| format!("{text:?} is no number from 0.01 to 1000000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn words_of_other_programs_are_separated() {
        for (line, made) in [
            ("brood erl", "brood erl --"),
            ("brood erl -noshell -- x", "brood erl -- -noshell -- x"),
            (
                "brood -v erl --memory 5 -v",
                "brood -v erl --memory 5 -- -v",
            ),
            (
                "brood erl --quiet --otp=/x --otp /y --z",
                "brood erl --quiet --otp=/x --otp /y --z --",
            ),
            ("brood erl --", "brood erl -- --"),
            ("brood escript --memory", "brood escript --memory --"),
            ("brood run x -- erl", "brood run x -- erl"),
            ("brood", "brood"),
            (
                "/usr/local/bin/erl --memory 5",
                "/usr/local/bin/erl erl -- --memory 5",
            ),
        ] {
            let words = separated(line.split(' ').map(OsString::from));
            let made: Vec<_> = made.split(' ').map(OsString::from).collect();
            assert_eq!(words, made, "{line}");
        }
    }

    #[test]
    fn seconds_are_positive() {
        assert_eq!(seconds("0.5"), Ok(std::time::Duration::from_millis(500)));
        for text in ["0", "-1", "nan", "inf", "1e300", "", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
