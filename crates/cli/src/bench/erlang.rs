//! `brood bench erlang`: programs in an instance, next to the same in the installed emulator.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use brood_image::Image;
use brood_monitor::{Control, Exit, Launch, Limits, Monitor};
use include_dir::{Dir, include_dir};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Machine, write_json};
use crate::arguments::BenchErlang;
use crate::build::{self, spinner};
use crate::console::Kept;
use crate::erlang::Otp;
use crate::memory::{self, mib};
use crate::package::{self, Request};
use crate::show;

/// The programs.
static PROGRAMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/bench/erlang");

/// Memory to build the image in, and what an instance has beyond it, in MiB.
const BUILD_MEMORY: u64 = 1024;
const ROOM: u64 = 2048;
/// No program takes longer, on either side.
const LONGEST: Duration = Duration::from_secs(300);
/// How the emulator runs: on one scheduler, as an instance does.
const ERL_FLAGS: [&str; 4] = ["+S", "1:1", "-noshell", "-noinput"];

/// All figures.
#[derive(Serialize)]
struct Report {
    programs: Vec<Row>,
    /// Of the ratios.
    geometric_mean: f64,
    rounds: u32,
    /// The emulator that was compared with.
    erl: String,
    machine: Machine,
}

/// One program: medians, and how often an instance takes the emulator's time.
#[derive(Serialize)]
struct Row {
    program: String,
    erl_us: u64,
    instance_us: u64,
    ratio: f64,
}

/// Measures.
pub fn bench(options: &BenchErlang) -> anyhow::Result<()> {
    let backend = options.measuring.backend.resolve()?;
    let monitor = Monitor::new(backend.kind)?;
    let otp = Otp::find(None)?;
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let emulator = Emulator::prepare(&otp, directory.path())?;
    let names: Vec<String> = emulator
        .output(&["list"])?
        .lines()
        .filter(|name| {
            options.programs.is_empty()
                || options
                    .programs
                    .iter()
                    .any(|part| name.contains(part.as_str()))
        })
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        bail!(
            "no program has a name like {}",
            options.programs.join(" or ")
        );
    }
    let image = image(&monitor, directory.path())?;
    let instances = Instances {
        monitor: &monitor,
        image: &image,
        memory_bytes: memory::of_clone(&image, None, ROOM)?,
    };
    let programs = measure(&names, options.rounds, &emulator, &instances)?;
    let report = Report {
        geometric_mean: geometric_mean(programs.iter().map(|row| row.ratio)),
        programs,
        rounds: options.rounds,
        erl: format!("OTP {}", image.metadata().otp_release),
        machine: Machine::this(backend.kind),
    };
    print!("{}", table(&report));
    let machine = &report.machine;
    println!("\n{}, {}", report.erl, machine.line());
    write_json(options.measuring.json.as_deref(), &report)
}

/// Every program on both sides in each round.
fn measure(
    names: &[String],
    rounds: u32,
    emulator: &Emulator<'_>,
    instances: &Instances<'_>,
) -> anyhow::Result<Vec<Row>> {
    let progress = ProgressBar::new(u64::from(rounds) * names.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}, {eta} left") {
        progress.set_style(style);
    }
    let mut times = vec![(Vec::new(), Vec::new()); names.len()];
    for _ in 0..rounds {
        for (name, (erl, instance)) in names.iter().zip(&mut times) {
            progress.set_message(name.clone());
            erl.push(microseconds(name, &emulator.output(&["run", name])?)?);
            instance.push(microseconds(name, &instances.output(&["run", name])?)?);
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    let row = |(name, (erl, instance)): (&String, (Vec<u64>, Vec<u64>))| {
        let (erl_us, instance_us) = (median(erl), median(instance));
        Row {
            program: name.clone(),
            erl_us,
            instance_us,
            ratio: instance_us.max(1) as f64 / erl_us.max(1) as f64,
        }
    };
    Ok(names.iter().zip(times).map(row).collect())
}

fn microseconds(name: &str, output: &str) -> anyhow::Result<u64> {
    let Ok(time) = output.trim().parse() else {
        bail!("{name} does not tell how long it took, but: {output}");
    };
    Ok(time)
}

/// The one in the middle, or 0 of none.
fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}

fn geometric_mean(ratios: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = ratios.len().max(1) as f64;
    (ratios.map(f64::ln).sum::<f64>() / count).exp()
}

/// The installed emulator with the programs.
struct Emulator<'a> {
    otp: &'a Otp,
    ebin: PathBuf,
}

impl Emulator<'_> {
    /// Writes the programs to `directory`/bench, and compiles them beside it.
    fn prepare<'a>(otp: &'a Otp, directory: &Path) -> anyhow::Result<Emulator<'a>> {
        let (sources, ebin) = (source_directory(directory), directory.join("ebin"));
        for path in [&sources, &ebin] {
            std::fs::create_dir(path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        PROGRAMS
            .extract(&sources)
            .context("cannot write the programs")?;
        let modules = PROGRAMS
            .files()
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "erl"))
            .map(|path| sources.join(path));
        let compiled = Command::new(&otp.erlc)
            .arg("-o")
            .arg(&ebin)
            .args(modules)
            .output()
            .with_context(|| format!("cannot run {}", otp.erlc.display()))?;
        if !compiled.status.success() {
            bail!(
                "{} does not compile the programs:\n{}",
                otp.erlc.display(),
                String::from_utf8_lossy(&compiled.stdout)
            );
        }
        Ok(Emulator { otp, ebin })
    }

    /// What `bench:main/1` prints.
    fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.otp.erl)
            .args(ERL_FLAGS)
            .arg("-pa")
            .arg(&self.ebin)
            .args(["-s", "bench", "main", "-extra"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", self.otp.erl.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!(
                "{arguments:?} fails in {}: {printed}{}",
                self.otp.erl.display(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(printed)
    }
}

fn source_directory(directory: &Path) -> PathBuf {
    directory.join("bench")
}

/// The image of the programs in `directory`. Its file goes with that; the image lives on.
fn image(monitor: &Monitor, directory: &Path) -> anyhow::Result<Image> {
    let source = source_directory(directory);
    let request = Request {
        directory: &source,
        main: Some("bench"),
        handler: None,
        include: &[],
        nobeam: false,
        otp: None,
    };
    let progress = spinner();
    let built = package::make(&request, &progress).and_then(|package| {
        build::image(
            monitor,
            package,
            mib(BUILD_MEMORY)?,
            &directory.join("bench.brood"),
            Instant::now(),
            &Control::new(),
            &progress,
        )
    });
    progress.finish_and_clear();
    built.context("cannot build the image of the programs")
}

/// Instances with the programs.
struct Instances<'a> {
    monitor: &'a Monitor,
    image: &'a Image,
    memory_bytes: u64,
}

impl Instances<'_> {
    /// What `bench:main/1` prints.
    fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let arguments: Vec<&[u8]> = arguments.iter().map(|text| text.as_bytes()).collect();
        let argument = brood_gateway::encode_run(&arguments);
        let launch = Launch {
            limits: Limits {
                memory_bytes: self.memory_bytes,
                wall: Some(LONGEST),
                ..Limits::default()
            },
            ..Launch::new(&argument)
        };
        let mut kept = Kept::default();
        let outcome = self.monitor.run(self.image, &launch, &mut kept)?;
        if !matches!(outcome.exit, Exit::Status(0)) {
            bail!(
                "the instance did not do what it should: it {}{}",
                outcome.exit,
                kept.printed()
            );
        }
        Ok(kept.text())
    }
}

fn table(report: &Report) -> String {
    let mut rows = vec![["", "erl", "instance", "ratio"].map(str::to_owned).to_vec()];
    let time = |microseconds| show::time(Duration::from_micros(microseconds));
    rows.extend(report.programs.iter().map(|row| {
        vec![
            row.program.clone(),
            time(row.erl_us),
            time(row.instance_us),
            format!("{:.2}", row.ratio),
        ]
    }));
    let mean = format!("{:.2}", report.geometric_mean);
    rows.push(
        ["geometric mean", "", "", &mean]
            .map(str::to_owned)
            .to_vec(),
    );
    show::table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_medians() {
        assert_eq!(median(vec![3, 1, 2]), 2);
        assert_eq!(median(Vec::new()), 0);
        assert!((geometric_mean([2.0, 8.0].into_iter()) - 4.0).abs() < 1e-9);
    }
}
