//! `brood bench soak`: very many instances, one after the other and a few at a time; what this program
//! holds must not grow.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use brood_monitor::{
    ConsoleStream, Error, EventSink, Flow, Launch, Limits, Listener, Monitor, Outcome,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::host::Host;
use super::{Machine, image, write_json};
use crate::arguments::BenchSoak;
use crate::{memory, show};

/// Points of the curve.
const POINTS: u64 = 20;
/// Part of the run in which things may still be on their way to what they come to.
const SETTLING: f64 = 0.1;
/// How much memory may grow once they have settled: that of an allocator that never has the same holes twice.
const GROWTH_MAX: u64 = 4 << 20;
/// How long one instance may take.
const LONGEST: Duration = Duration::from_secs(60);

/// All figures.
#[derive(Serialize)]
struct Report {
    instances: u64,
    seconds: f64,
    per_second: f64,
    reused: u64,
    curve: Vec<Point>,
    machine: Machine,
}

/// What this program held after so many instances, when none lived.
#[derive(Serialize)]
struct Point {
    instances: u64,
    #[serde(flatten)]
    host: Host,
}

/// Measures; an error when something failed or grew.
pub fn bench(options: &BenchSoak) -> anyhow::Result<()> {
    let backend = options.measuring.backend.resolve()?;
    let monitor = Monitor::new(backend.kind)?;
    let image = image(options.image.as_deref(), &monitor)?;
    let scheduler = crate::serve::scheduler(monitor.clone(), None)?;
    let at_a_time = 2 * crate::serve::processors();
    let argument = brood_gateway::encode_bench();
    let memory_bytes = memory::of_clone(&image, None, crate::serve::ROOM)?;
    let launch = || Launch {
        limits: Limits {
            memory_bytes,
            wall: Some(LONGEST),
            ..Limits::default()
        },
        reuse: !options.fresh,
        ..Launch::new(argument.clone())
    };

    let (sender, ends) = sync_channel(at_a_time);
    let sender = Arc::new(sender);
    let progress = ProgressBar::new(options.count);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos} of {len} instances, {per_sec}, {eta} left")
    {
        progress.set_style(style);
    }
    let start = Instant::now();
    let mut curve = vec![Point {
        instances: 0,
        host: Host::now()?,
    }];
    let (mut done, mut reused) = (0, 0);
    while done < options.count {
        let share = (options.count.div_ceil(POINTS)).min(options.count - done);
        let mut launched = 0;
        for ended in 0..share {
            if start.elapsed() > options.seconds {
                bail!(
                    "{} of {} instances in {}, which is all the time there is: see --seconds",
                    done + ended,
                    options.count,
                    show::time(options.seconds)
                );
            }
            while launched < share && launched < ended + at_a_time as u64 {
                let ear = Ear {
                    has_answered: false,
                    sender: Arc::clone(&sender),
                };
                scheduler.launch(&image, launch(), Box::new(ear));
                launched += 1;
            }
            reused += u64::from(well_ended(&ends)?);
            progress.inc(1);
        }
        done += share;
        curve.push(Point {
            instances: done,
            host: Host::now()?,
        });
    }
    progress.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let report = Report {
        instances: done,
        seconds,
        per_second: done as f64 / seconds,
        reused,
        curve,
        machine: Machine::this(monitor.backend()),
    };
    print!("{}", text(&report));
    write_json(options.measuring.json.as_deref(), &report)?;
    flat(&report)
}

/// Waits for an end; whether the instance had a recycled shell.
fn well_ended(ends: &Receiver<End>) -> anyhow::Result<bool> {
    let end = ends.recv_timeout(2 * LONGEST);
    let (has_answered, outcome) = end.context("no instance ends any more")?;
    let outcome = outcome?;
    if !outcome.exit.is_success() || !has_answered {
        bail!(
            "instance {} {}, and has {}answered",
            outcome.id,
            outcome.exit,
            if has_answered { "" } else { "not " }
        );
    }
    Ok(outcome.usage.reused)
}

/// Whether nothing grew after it had settled.
fn flat(report: &Report) -> anyhow::Result<()> {
    let settled = report.instances as f64 * SETTLING;
    let mut points = report.curve.iter();
    let first = points.find(|point| point.instances as f64 >= settled);
    let (Some(Point { host: early, .. }), Some(Point { host: late, .. })) =
        (first, report.curve.last())
    else {
        bail!("nothing was measured");
    };
    if late.rss_bytes > early.rss_bytes + GROWTH_MAX {
        bail!(
            "memory grows: {} early, {} at the end",
            show::bytes(early.rss_bytes),
            show::bytes(late.rss_bytes)
        );
    }
    // What is kept for reuse may be one machine more or less for each that is launched at a time.
    let slack = 8;
    for (what, early, late) in [
        ("descriptors", early.descriptors, late.descriptors),
        ("threads", early.threads, late.threads),
    ] {
        if late > early + slack {
            bail!("{what} grow: {early} early, {late} at the end");
        }
    }
    Ok(())
}

/// Whether an instance answered, and how it ended.
type End = (bool, Result<Outcome, Error>);

/// Listens to one instance.
struct Ear {
    has_answered: bool,
    sender: Arc<SyncSender<End>>,
}

impl EventSink for Ear {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, _: &[u8]) -> Flow {
        self.has_answered = true;
        Flow::Continue
    }
}

impl Listener for Ear {
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>) {
        // Nobody listens any more when the run has failed.
        let _ = self.sender.send((self.has_answered, outcome));
    }
}

fn text(report: &Report) -> String {
    let heading = ["instances", "memory", "descriptors", "threads"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(report.curve.iter().map(|point| {
        vec![
            point.instances.to_string(),
            show::bytes(point.host.rss_bytes),
            point.host.descriptors.to_string(),
            point.host.threads.to_string(),
        ]
    }));
    format!(
        "{}\n{} instances in {}, {:.0} a second, {} with recycled machines\n{}\n",
        show::table(&rows),
        report.instances,
        show::time(Duration::from_secs_f64(report.seconds)),
        report.per_second,
        report.reused,
        report.machine.line()
    )
}
