//! `brood bench spawn`: how fast instances come and go.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use brood_image::Image;
use brood_monitor::{Exit, Launch, Limits, Monitor, Phases};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Figures, Machine, children, image, write_json};
use crate::arguments::BenchSpawn;
use crate::console::Kept;
use crate::{erlang, memory, show};

/// Rounds before those that count.
const WARM_UP: u32 = 5;
/// One erl in so many rounds.
const ERL_EVERY: u32 = 20;
/// Memory beyond what the image holds, in MiB: that of `brood serve`.
const ROOM: u64 = crate::serve::ROOM;

/// All figures.
#[derive(Serialize)]
struct Report {
    r#true: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    erl: Option<Figures>,
    fresh: Stages,
    #[serde(skip_serializing_if = "Option::is_none")]
    reused: Option<Stages>,
    machine: Machine,
}

/// The stages of a life, since its launch.
#[derive(Serialize)]
struct Stages {
    first: Figures,
    answer: Figures,
    gone: Figures,
    /// All that it goes through, in order, by name; each since the one before.
    phases: Vec<(&'static str, Figures)>,
}

/// A moment of a life, as text for people and its place in the phases.
type Moment = (&'static str, fn(&Phases) -> Option<Duration>);

/// The moments of a life, in order. One that an instance doesn't have is left out.
const MOMENTS: [Moment; 8] = [
    ("memory mapped", |phases| phases.memory),
    ("working set brought in", |phases| phases.working_set),
    ("virtual machine made", |phases| phases.shell),
    ("processor set", |phases| phases.created),
    ("told what it is", |phases| phases.entered),
    ("first Erlang instruction", |phases| {
        phases.first_instruction
    }),
    ("answer", |phases| phases.answered),
    ("ended", |phases| phases.exited),
];

/// The lives of instances.
#[derive(Default)]
struct Lives(Vec<Phases>);

impl Lives {
    fn stages(&self) -> Option<Stages> {
        let figures = |moment: &dyn Fn(&Phases) -> Option<Duration>| {
            Figures::of(self.0.iter().filter_map(moment).collect())
        };
        let mut phases = Vec::new();
        for (number, (name, moment)) in MOMENTS.iter().enumerate() {
            let before = &MOMENTS[..number];
            let since_before = |phases: &Phases| {
                let mut earlier = before.iter().rev().map(|(_, moment)| moment(phases));
                let earlier = earlier.find_map(|time| time).unwrap_or_default();
                Some(moment(phases)?.saturating_sub(earlier))
            };
            phases.extend(figures(&since_before).map(|figures| (*name, figures)));
        }
        let giving_back = |phases: &Phases| {
            Some(
                phases
                    .gone?
                    .saturating_sub(phases.exited.unwrap_or_default()),
            )
        };
        phases.extend(figures(&giving_back).map(|figures| ("given back", figures)));
        Some(Stages {
            first: figures(&|phases| phases.first_instruction)?,
            answer: figures(&|phases| phases.answered)?,
            gone: figures(&|phases| phases.gone)?,
            phases,
        })
    }
}

/// Measures.
pub fn bench(options: &BenchSpawn) -> anyhow::Result<()> {
    let backend = options.measuring.backend.resolve()?;
    let monitor = Monitor::new(backend.kind)?;
    let image = image(options.image.as_deref(), &monitor)?;
    let report = measure(&monitor, &image, options.rounds)?;
    print!("{}", table(&report));
    if options.phases {
        print!("\n{}", phases_table(&report));
    }
    println!(
        "\n{} cores, {}, kernel {}, {} backend",
        report.machine.cores, report.machine.cpu, report.machine.kernel, report.machine.backend
    );
    write_json(options.measuring.json.as_deref(), &report)
}

fn measure(monitor: &Monitor, image: &Image, rounds: u32) -> anyhow::Result<Report> {
    let spawner = Spawner {
        monitor,
        image,
        argument: brood_gateway::encode_bench(),
        memory_bytes: memory::of_clone(image, None, ROOM)?,
    };
    let erl = erlang::program("erl", None).ok();
    if erl.is_none() {
        eprintln!("note: there is no erl in PATH to compare with");
    }
    let (mut trues, mut erls) = (Vec::new(), Vec::new());
    let (mut fresh, mut reused) = (Lives::default(), Lives::default());
    let progress = ProgressBar::new(u64::from(WARM_UP + rounds));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} rounds, {eta} left") {
        progress.set_style(style);
    }
    let true_program = true_program();
    for round in 0..WARM_UP + rounds {
        if round == WARM_UP {
            (trues, erls) = (Vec::new(), Vec::new());
            (fresh, reused) = (Lives::default(), Lives::default());
        }
        trues.push(children::time(&true_program, &[])?);
        spawner.spawn(false, &mut fresh)?;
        spawner.spawn(true, &mut reused)?;
        if let Some(erl) = erl
            .as_ref()
            .filter(|_| round % ERL_EVERY == WARM_UP % ERL_EVERY)
        {
            erls.push(children::time(erl, &["-noshell", "-eval", "halt()."])?);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let (Some(r#true), Some(fresh)) = (Figures::of(trues), fresh.stages()) else {
        bail!("nothing was measured");
    };
    let machine = Machine::this(monitor.backend());
    Ok(Report {
        r#true,
        erl: Figures::of(erls),
        fresh,
        reused: reused.stages(),
        machine,
    })
}

/// `/bin/true`, wherever it is.
fn true_program() -> PathBuf {
    let usual = Path::new("/bin/true");
    if usual.is_file() {
        return usual.to_owned();
    }
    erlang::program("true", None).unwrap_or_else(|_| usual.to_owned())
}

struct Spawner<'a> {
    monitor: &'a Monitor,
    image: &'a Image,
    argument: Vec<u8>,
    memory_bytes: u64,
}

impl Spawner<'_> {
    /// One instance. With `reuse` it counts only if it did get a recycled shell.
    fn spawn(&self, reuse: bool, lives: &mut Lives) -> anyhow::Result<()> {
        let launch = Launch {
            limits: Limits {
                memory_bytes: self.memory_bytes,
                wall: Some(Duration::from_secs(10)),
                ..Limits::default()
            },
            reuse,
            requested: Some(Instant::now()),
            ..Launch::new(&self.argument)
        };
        let mut kept = Kept::default();
        let outcome = self.monitor.run(self.image, &launch, &mut kept)?;
        if !matches!(outcome.exit, Exit::Status(0)) || kept.message.is_none() {
            bail!(
                "the instance did not do what it should: it {}{}",
                outcome.exit,
                kept.printed()
            );
        }
        if outcome.usage.reused != reuse {
            return Ok(());
        }
        if outcome.phases.first_instruction.is_none() {
            bail!("the instance does not tell when its first Erlang instruction ran");
        }
        lives.0.push(outcome.phases);
        Ok(())
    }
}

fn table(report: &Report) -> String {
    let heading = ["", "p50", "p99", "n", "× true"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let mut row = |name: &str, figures: &Figures| {
        let time = |microseconds: f64| show::time(Duration::from_secs_f64(microseconds / 1e6));
        rows.push(vec![
            name.to_owned(),
            time(figures.p50_us),
            time(figures.p99_us),
            figures.n.to_string(),
            format!("{:.2}", figures.p50_us / report.r#true.p50_us),
        ]);
    };
    row("/bin/true: fork, exec, wait", &report.r#true);
    if let Some(erl) = &report.erl {
        row("erl -noshell -eval 'halt().'", erl);
    }
    for (kind, stages) in [
        ("fresh", Some(&report.fresh)),
        ("reused", report.reused.as_ref()),
    ] {
        if let Some(stages) = stages {
            row(&format!("{kind}: first Erlang instruction"), &stages.first);
            row(&format!("{kind}: answer"), &stages.answer);
            row(&format!("{kind}: all given back"), &stages.gone);
        }
    }
    show::table(&rows)
}

/// What each phase takes, fresh and reused.
fn phases_table(report: &Report) -> String {
    let heading = [
        "each since the one before",
        "fresh p50",
        "p99",
        "reused p50",
        "p99",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let time = |microseconds: f64| show::time(Duration::from_secs_f64(microseconds / 1e6));
    for (name, fresh) in &report.fresh.phases {
        let reused = report.reused.as_ref().and_then(|reused| {
            let mut phases = reused.phases.iter();
            phases.find(|(theirs, _)| theirs == name)
        });
        let (p50, p99) = reused.map_or(("-".to_owned(), "-".to_owned()), |(_, figures)| {
            (time(figures.p50_us), time(figures.p99_us))
        });
        rows.push(vec![
            (*name).to_owned(),
            time(fresh.p50_us),
            time(fresh.p99_us),
            p50,
            p99,
        ]);
    }
    show::table(&rows)
}
