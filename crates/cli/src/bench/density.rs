//! `brood bench density`: how many instances wait side by side, what each costs, and that it answers.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use brood_gateway::{Config, Instances};
use brood_image::Image;
use brood_monitor::{
    BackendKind, ConsoleStream, Control, Error, EventSink, Flow, Hibernation, Launch, Limits,
    Listener, Monitor, Outcome,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::host::{self, Host};
use super::{Figures, Machine, built_in, write_json};
use crate::arguments::BenchDensity;
use crate::jail::Home;
use crate::{memory, show};

/// What waits.
const WAITING: (&str, &str) = ("waiting.erl", include_str!("waiting.erl"));
/// Instances of the crowd that the large one is compared with.
const FEW: usize = 10;
/// How many are called, for the time it takes.
const CALLED: usize = 200;
/// The longest that one may let us wait.
const PATIENCE: Duration = Duration::from_secs(60);
/// Descriptors of an instance: its machine and its processor, or its process' socket, pages and handle.
const DESCRIPTORS_EACH: u64 = 3;
/// Memory beyond what the image holds, in MiB.
const ROOM: u64 = 16;

/// All figures.
#[derive(Serialize)]
struct Report {
    count: usize,
    /// From the first launch until all waited.
    launched_ms: f64,
    /// What the host gave, kernel and all, for each instance.
    bytes_each: f64,
    /// The same, for the second half alone.
    bytes_each_further: f64,
    bytes_all: f64,
    /// With few instances, and with all.
    of_few: Called,
    of_all: Called,
    #[serde(skip_serializing_if = "Option::is_none")]
    hibernated: Option<Hibernated>,
    before: Host,
    with_all: Host,
    after: Host,
    machine: Machine,
}

/// From call to answer.
#[derive(Serialize)]
struct Called {
    /// An instance that was never called before: it has yet to write to some pages, and gets its own of them.
    first: Figures,
    /// One that was.
    again: Figures,
}

/// With all of them on disk.
#[derive(Serialize)]
struct Hibernated {
    bytes_each: f64,
    disk_bytes_each: f64,
    woken: Figures,
    host: Host,
}

/// Measures.
pub fn bench(options: &BenchDensity) -> anyhow::Result<()> {
    let backend = options.measuring.backend.resolve()?.kind;
    let monitor = Monitor::new(backend)?;
    let image = built_in(WAITING, &monitor)?;
    let count = options.count as usize;
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let memory_bytes = memory::of_clone(&image, None, ROOM)?;
    let instances = instances(options, backend, image, memory_bytes, directory.path())?;
    let mut crowd = Crowd::new(instances, memory_bytes);
    // What the first ones bring with them is not theirs alone.
    crowd.grow(FEW)?;
    let of_few = crowd.call_all_and_again()?;
    let before = Host::now()?;

    let progress = ProgressBar::new(count as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} wait, {eta} left") {
        progress.set_style(style);
    }
    let start = Instant::now();
    let half = FEW + count.saturating_sub(FEW) / 2;
    crowd.grow_showing(half, &progress)?;
    let with_half = Host::now()?;
    crowd.grow_showing(count, &progress)?;
    let launched = start.elapsed();
    progress.finish_and_clear();
    let with_all = Host::now()?;
    let of_all = crowd.call_all_and_again()?;
    let hibernated = match options.hibernate {
        None => None,
        Some(_) => Some(asleep(&mut crowd, directory.path(), &before)?),
    };
    crowd.end()?;
    let each = |host: &Host, than: &Host, count: usize| {
        let taken = than.memory_available_bytes as f64 - host.memory_available_bytes as f64;
        taken / count.max(1) as f64
    };
    let added = count.saturating_sub(FEW);
    let report = Report {
        count,
        launched_ms: launched.as_secs_f64() * 1e3,
        bytes_each: each(&with_all, &before, added),
        bytes_each_further: each(&with_all, &with_half, count - half),
        bytes_all: each(&with_all, &before, 1),
        of_few,
        of_all,
        hibernated,
        before,
        with_all,
        after: Host::now()?,
        machine: Machine::this(backend),
    };
    print!("{}", text(&report));
    write_json(options.measuring.json.as_deref(), &report)
}

/// Where instances of the image come from.
fn instances(
    options: &BenchDensity,
    backend: BackendKind,
    image: Image,
    memory_bytes: u64,
    directory: &Path,
) -> anyhow::Result<Arc<dyn Instances>> {
    let count = options.count as usize;
    let config = Config {
        concurrency: count,
        share: count,
        ..Config::default()
    };
    if options.one_process {
        host::raise_descriptors(count as u64 * DESCRIPTORS_EACH + 256)?;
    }
    let hibernation = (options.hibernate)
        .map(|after| Hibernation::at(directory, after))
        .transpose()?;
    let home = Home::new(!options.one_process, backend, &config, hibernation)?;
    home.instances("density", image, Arc::default(), memory_bytes)
}

/// Waits until all of them are on disk, and looks.
fn asleep(crowd: &mut Crowd, directory: &Path, before: &Host) -> anyhow::Result<Hibernated> {
    let count = crowd.controls.len();
    let mut progress = (0, Instant::now());
    loop {
        let (asleep, _) = files(directory)?;
        if asleep >= count {
            break;
        }
        if asleep > progress.0 {
            progress = (asleep, Instant::now());
        }
        if progress.1.elapsed() > PATIENCE {
            bail!("only {asleep} of {count} instances hibernate");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let (_, disk) = files(directory)?;
    let host = Host::now()?;
    let taken = before.memory_available_bytes as f64 - host.memory_available_bytes as f64;
    Ok(Hibernated {
        bytes_each: taken / count as f64,
        disk_bytes_each: disk as f64 / count as f64,
        woken: crowd.call(CALLED)?,
        host,
    })
}

/// How many files there are in a directory and those below it, and their bytes.
fn files(directory: &Path) -> anyhow::Result<(usize, u64)> {
    let mut found = (0, 0);
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let (count, bytes) = match metadata.is_dir() {
            true => files(&entry.path())?,
            false => (1, metadata.len()),
        };
        found = (found.0 + count, found.1 + bytes);
    }
    Ok(found)
}

/// What an instance does.
enum Event {
    Printed(Vec<u8>),
    Ended(Box<Result<Outcome, Error>>),
}

/// Instances that wait.
struct Crowd {
    instances: Arc<dyn Instances>,
    argument: Vec<u8>,
    memory_bytes: u64,
    controls: Vec<Control>,
    sender: Sender<(usize, Event)>,
    events: Receiver<(usize, Event)>,
}

impl Crowd {
    fn new(instances: Arc<dyn Instances>, memory_bytes: u64) -> Crowd {
        let (sender, events) = channel();
        Crowd {
            instances,
            argument: brood_gateway::encode_run::<&[u8]>(&[]),
            memory_bytes,
            controls: Vec::new(),
            sender,
            events,
        }
    }

    fn grow(&mut self, count: usize) -> anyhow::Result<()> {
        self.grow_showing(count, &ProgressBar::hidden())
    }

    /// Launches as many as are missing, and waits until all of them wait.
    fn grow_showing(&mut self, count: usize, progress: &ProgressBar) -> anyhow::Result<()> {
        let missing = count.saturating_sub(self.controls.len());
        for _ in 0..missing {
            let control = Control::new();
            let launch = Launch {
                limits: Limits {
                    memory_bytes: self.memory_bytes,
                    ..Limits::default()
                },
                control: Some(control.clone()),
                ..Launch::new(self.argument.clone())
            };
            let ear = Ear {
                number: self.controls.len(),
                sender: self.sender.clone(),
            };
            self.controls.push(control);
            self.instances.launch(launch, Box::new(ear));
        }
        for _ in 0..missing {
            let (_, line) = self.line()?;
            if line != "ready\n" {
                bail!("an instance printed {line:?} instead of that it is ready");
            }
            progress.set_position(progress.position() + 1);
        }
        // Each reads, and so waits, soon after it has said that it is ready.
        for control in &self.controls {
            control.wait_for_reader();
        }
        Ok(())
    }

    /// The next line that an instance prints.
    fn line(&self) -> anyhow::Result<(usize, String)> {
        let mut line = Vec::new();
        loop {
            let event = self.events.recv_timeout(PATIENCE);
            match event.context("no instance says anything any more")? {
                (number, Event::Printed(bytes)) => {
                    line.extend(bytes);
                    if line.ends_with(b"\n") {
                        return Ok((number, String::from_utf8_lossy(&line).into_owned()));
                    }
                }
                (number, Event::Ended(outcome)) => match *outcome {
                    Ok(outcome) => bail!("instance {number} is gone: it {}", outcome.exit),
                    Err(error) => return Err(error).context(HOW_MANY),
                },
            }
        }
    }

    /// Calls everyone, and then some again.
    fn call_all_and_again(&self) -> anyhow::Result<Called> {
        Ok(Called {
            first: self.call(self.controls.len())?,
            again: self.call(CALLED)?,
        })
    }

    /// Calls this many, one after the other, all over the crowd; each must answer.
    fn call(&self, count: usize) -> anyhow::Result<Figures> {
        let all = self.controls.len();
        // A step that shares no factor with the size visits everyone before it visits one again.
        let step = (all * 3 / 5..).find(|step| greatest_common_divisor(*step, all) == 1);
        let mut times = Vec::new();
        for round in 0..count {
            let number = round * step.unwrap_or(1) % all;
            let start = Instant::now();
            self.controls[number].console_input(format!("{round}\n").as_bytes());
            let heard = self.line()?;
            times.push(start.elapsed());
            if heard != (number, format!("heard {round}\n")) {
                bail!("instance {number} was told {round}, and {heard:?} is what came");
            }
        }
        Figures::of(times).context("nothing was measured")
    }

    /// Has all of them end.
    fn end(&mut self) -> anyhow::Result<()> {
        self.controls.iter().for_each(Control::console_eof);
        for _ in 0..self.controls.len() {
            let event = self.events.recv_timeout(PATIENCE);
            match event.context("not all instances end")? {
                (number, Event::Ended(outcome)) => {
                    let exit = (*outcome)?.exit;
                    if !exit.is_success() {
                        bail!("instance {number} {exit}");
                    }
                }
                (number, Event::Printed(bytes)) => {
                    bail!("instance {number} printed {bytes:?} at its end")
                }
            }
        }
        Ok(())
    }
}

/// What to do about a host that can't have more.
const HOW_MANY: &str = "the host can't have that many instances (see `sysctl vm.max_map_count` and \
                        `ulimit -n`)";

fn greatest_common_divisor(one: usize, other: usize) -> usize {
    match other {
        0 => one,
        _ => greatest_common_divisor(other, one % other),
    }
}

/// Listens to one of them.
struct Ear {
    number: usize,
    sender: Sender<(usize, Event)>,
}

impl EventSink for Ear {
    fn console(&mut self, _: ConsoleStream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        // Nobody listens any more when the run has failed.
        let _ = self
            .sender
            .send((self.number, Event::Printed(bytes.to_vec())));
    }

    fn message(&mut self, _: &[u8]) -> Flow {
        Flow::Continue
    }
}

impl Listener for Ear {
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>) {
        let _ = self
            .sender
            .send((self.number, Event::Ended(Box::new(outcome))));
    }
}

fn text(report: &Report) -> String {
    let time = |microseconds: f64| show::time(Duration::from_secs_f64(microseconds / 1e6));
    let bytes = |count: f64| show::bytes(count.max(0.0) as u64);
    let woken = |figures: &Figures| format!("{} ({})", time(figures.p50_us), time(figures.p99_us));
    let mut rows = vec![
        ["waiting at once".to_owned(), report.count.to_string()],
        [
            "all launched after".to_owned(),
            time(report.launched_ms * 1e3),
        ],
        [
            "memory of the host, all".to_owned(),
            bytes(report.bytes_all),
        ],
        ["each".to_owned(), bytes(report.bytes_each)],
        [
            "each of the second half".to_owned(),
            bytes(report.bytes_each_further),
        ],
        [
            format!("first call to answer, of {FEW}: p50 (p99)"),
            woken(&report.of_few.first),
        ],
        ["of all".to_owned(), woken(&report.of_all.first)],
        [
            format!("called again, of {FEW}"),
            woken(&report.of_few.again),
        ],
        ["of all".to_owned(), woken(&report.of_all.again)],
        [
            "processes".to_owned(),
            report.with_all.processes.to_string(),
        ],
        ["threads".to_owned(), report.with_all.threads.to_string()],
        [
            "descriptors".to_owned(),
            report.with_all.descriptors.to_string(),
        ],
    ];
    if let Some(asleep) = &report.hibernated {
        rows.extend([
            [
                "hibernated, memory each".to_owned(),
                bytes(asleep.bytes_each),
            ],
            ["on disk each".to_owned(), bytes(asleep.disk_bytes_each)],
            ["call to answer".to_owned(), woken(&asleep.woken)],
        ]);
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    format!("{}\n{}\n", show::table(&rows), report.machine.line())
}
