//! `brood bench boot`: how long Erlang takes to start, in an instance and in the installed emulator.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Figures, Machine, write_json};
use crate::arguments::BenchBoot;
use crate::{erlang, show};

/// Rounds before those that count: the first one may have to prepare OTP.
const WARM_UP: u32 = 2;
/// Functions of the large module.
const FUNCTIONS: usize = 150;
/// How long a shell is left alone before its memory counts.
const SETTLED: Duration = Duration::from_millis(500);

/// The script.
const SCRIPT: &str = "\
#!/usr/bin/env escript
main(Words) -> io:format(\"~p~n\", [length(Words)]).
";

/// What is timed: a name, which of OTP's programs, its words. Files are in the working directory.
const PROGRAMS: [(&str, &str, &[&str]); 3] = [
    ("start", "erl", &["-noshell", "-eval", "halt()."]),
    ("escript", "escript", &["script", "one", "two"]),
    (
        "compile",
        "erl",
        &[
            "-noshell",
            "-eval",
            "{ok, large} = compile:file(\"large\"), halt().",
        ],
    ),
];

/// All figures.
#[derive(Serialize)]
struct Report {
    programs: Vec<Row>,
    idle_shell: Sides<Memory>,
    rounds: u32,
    machine: Machine,
}

/// A program on both sides.
#[derive(Serialize)]
struct Row {
    program: &'static str,
    #[serde(flatten)]
    times: Sides<Figures>,
    /// How often an instance takes the emulator's time, by the medians.
    ratio: f64,
}

/// The same in the installed emulator and in an instance.
#[derive(Serialize)]
struct Sides<T> {
    erl: T,
    instance: T,
}

/// What a process has of the host's memory.
#[derive(Serialize)]
struct Memory {
    resident_bytes: u64,
    /// What no other process has, too.
    own_bytes: u64,
}

/// Measures.
pub fn bench(options: &BenchBoot) -> anyhow::Result<()> {
    let backend = options.measuring.backend.resolve()?;
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let place = directory.path();
    for (name, text) in [("script", SCRIPT.to_owned()), ("large.erl", large_module())] {
        fs::write(place.join(name), text).context("cannot write the programs")?;
    }
    let sides = Sides {
        erl: Side::Installed,
        instance: Side::Instance {
            own: std::env::current_exe().context("cannot find this program")?,
            backend: backend.kind.to_string(),
        },
    };
    let programs = measure(options.rounds, &sides, place)?;
    let report = Report {
        programs,
        idle_shell: Sides {
            erl: idle_shell(&sides.erl, place)?,
            instance: idle_shell(&sides.instance, place)?,
        },
        rounds: options.rounds,
        machine: Machine::this(backend.kind),
    };
    print!("{}", table(&report));
    let machine = &report.machine;
    println!("\n{}", machine.line());
    write_json(options.measuring.json.as_deref(), &report)
}

/// A module that takes a compiler a while: functions with cases, comprehensions, binaries, records.
fn large_module() -> String {
    let mut text =
        "-module(large).\n-compile(export_all).\n-record(point, {x = 0, y, z = []}).\n".to_owned();
    for number in 0..FUNCTIONS {
        let _ = write!(
            text,
            "f{number}(A, [B | C] = L) when A > {number} ->\n    \
                 D = [X * Y || X <- L, Y <- C, X < Y + {number}],\n    \
                 case {{A, B}} of\n        \
                     {{1, _}} -> #point{{x = A, y = D}};\n        \
                     {{N, #point{{x = N, z = Z}}}} -> <<N:16, (length(Z)):{}, \"t{number}\">>;\n        \
                     {{<<P:8, R/binary>>, Q}} when P > 3; Q =:= ok -> {{P, R, maps:from_list([{{Q, D}}])}};\n        \
                     _ -> try f{}(A - 1, C) catch error:E -> {{E, D}} end\n    \
                 end;\nf{number}(A, []) -> fun(X) -> X + A + {number} end.\n",
            1 + number % 24,
            (number + 1) % FUNCTIONS,
        );
    }
    text
}

/// Who runs OTP's programs.
enum Side {
    Installed,
    Instance { own: PathBuf, backend: String },
}

impl Side {
    /// One of OTP's programs, in this directory.
    fn command(&self, program: &str, directory: &Path) -> anyhow::Result<Command> {
        let mut command = match self {
            Side::Installed => Command::new(erlang::program(program, None)?),
            Side::Instance { own, backend } => {
                let mut command = Command::new(own);
                command.args([program, "--backend", backend]);
                command
            }
        };
        command.current_dir(directory).stderr(Stdio::inherit());
        Ok(command)
    }
}

/// Every program on both sides in each round.
fn measure(rounds: u32, sides: &Sides<Side>, directory: &Path) -> anyhow::Result<Vec<Row>> {
    let progress = ProgressBar::new(u64::from(WARM_UP + rounds));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} rounds, {eta} left") {
        progress.set_style(style);
    }
    let mut times = PROGRAMS.map(|_| (Vec::new(), Vec::new()));
    for round in 0..WARM_UP + rounds {
        for ((_, program, words), (erl, instance)) in PROGRAMS.iter().zip(&mut times) {
            let took = [&sides.erl, &sides.instance]
                .map(|side| time(&mut side.command(program, directory)?, words));
            let [one, other] = took;
            let (one, other) = (one?, other?);
            if round >= WARM_UP {
                erl.push(one);
                instance.push(other);
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let row = |((program, ..), (erl, instance)): ((&'static str, _, _), (Vec<_>, Vec<_>))| {
        let times = Sides {
            erl: Figures::of(erl)?,
            instance: Figures::of(instance)?,
        };
        let ratio = times.instance.p50_us / times.erl.p50_us.max(1.0);
        Some(Row {
            program,
            times,
            ratio: (ratio * 1e3).round() / 1e3,
        })
    };
    Ok(PROGRAMS.into_iter().zip(times).filter_map(row).collect())
}

/// How long a program takes from its start until it is gone.
fn time(command: &mut Command, words: &[&str]) -> anyhow::Result<Duration> {
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    let took = start.elapsed();
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(took)
}

/// The memory of a shell that has nothing to do.
fn idle_shell(side: &Side, directory: &Path) -> anyhow::Result<Memory> {
    let mut command = side.command("erl", directory)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = command
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let measured = settled_memory(&mut shell);
    // At the end of its input it ends; what it prints then is nobody's.
    drop(shell.stdin.take());
    let mut rest = Vec::new();
    if let Some(mut output) = shell.stdout.take() {
        let _ = output.read_to_end(&mut rest);
    }
    let _ = shell.wait();
    measured
}

fn settled_memory(shell: &mut Child) -> anyhow::Result<Memory> {
    let output = shell.stdout.take().context("the shell has no output")?;
    let mut output = BufReader::new(output);
    let mut greeting = String::new();
    output
        .read_line(&mut greeting)
        .context("the shell is lost")?;
    std::thread::sleep(SETTLED);
    shell.stdout = Some(output.into_inner());
    let path = format!("/proc/{}/smaps_rollup", shell.id());
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let bytes = |names: &[&str]| {
        let lines = text.lines().filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let kilobytes: u64 = rest.split_whitespace().next()?.parse().ok()?;
            names.contains(&name).then_some(kilobytes << 10)
        });
        lines.sum()
    };
    Ok(Memory {
        resident_bytes: bytes(&["Rss"]),
        own_bytes: bytes(&["Private_Clean", "Private_Dirty"]),
    })
}

fn table(report: &Report) -> String {
    let mut rows = vec![["", "erl", "instance", "ratio"].map(str::to_owned).to_vec()];
    let time = |figures: Figures| show::time(Duration::from_secs_f64(figures.p50_us / 1e6));
    rows.extend(report.programs.iter().map(|row| {
        vec![
            row.program.to_owned(),
            time(row.times.erl),
            time(row.times.instance),
            format!("{:.2}", row.ratio),
        ]
    }));
    let memory = [
        ("idle shell, resident", |memory: &Memory| {
            memory.resident_bytes
        }),
        ("idle shell, its own", |memory: &Memory| memory.own_bytes),
    ] as [(&str, fn(&Memory) -> u64); 2];
    rows.extend(memory.map(|(name, bytes)| {
        let (erl, instance) = (
            bytes(&report.idle_shell.erl),
            bytes(&report.idle_shell.instance),
        );
        vec![
            name.to_owned(),
            show::bytes(erl),
            show::bytes(instance),
            format!("{:.2}", instance as f64 / erl.max(1) as f64),
        ]
    }));
    show::table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_large_module_is_large() {
        let text = large_module();
        assert_eq!(text.matches("end.\n").count(), FUNCTIONS);
        assert!(text.len() > 50_000, "{}", text.len());
    }
}
