//! What an instance costs, phase by phase, next to `fork` + `exec` + wait of `/bin/true`,
//! interleaved in one run. Figures are microseconds since the request.
//!
//! `cargo run --release -p brood-monitor --example spawn -- GUEST [ROUNDS]`, where GUEST is the test
//! guest's ELF file.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use brood_image::{Image, Metadata};
use brood_monitor::{
    BackendKind, Built, ConsoleStream, EventSink, Exit, Flow, Launch, Limits, Monitor,
};

struct Answers(u64);

impl EventSink for Answers {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, _: &[u8]) -> Flow {
        self.0 += 1;
        Flow::Continue
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let guest = std::fs::read(arguments.next().ok_or("which guest?")?)?;
    let rounds: usize = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let mut monitors = Vec::new();
    for kind in [BackendKind::Kvm, BackendKind::Process] {
        match Monitor::new(kind) {
            Ok(monitor) => {
                let path = directory.path().join(format!("{kind}.brood"));
                let limits = Limits::default();
                let built = monitor.build(&guest, b"", &limits, None, &mut Answers(0))?;
                let Built::Frozen(frozen) = built else {
                    return Err(format!("not frozen: {built:?}").into());
                };
                brood_image::write(&path, &frozen, &Metadata::default())?;
                monitors.push((monitor, Image::open(&path)?));
            }
            Err(error) => println!("{kind}: {error}"),
        }
    }

    let mut figures: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for _ in 0..rounds {
        let start = Instant::now();
        Command::new("/bin/true").status()?;
        figures
            .entry("true".to_owned())
            .or_default()
            .push(start.elapsed());
        for (monitor, image) in &monitors {
            for reuse in [false, true] {
                if reuse && monitor.backend() == BackendKind::Process {
                    continue;
                }
                let launch = Launch {
                    reuse,
                    ..Launch::new(b"answer hello")
                };
                let outcome = monitor.run(image, &launch, &mut Answers(0))?;
                if !matches!(outcome.exit, Exit::Status(0)) {
                    return Err(outcome.exit.to_string().into());
                }
                let shell = if outcome.usage.reused {
                    "reused"
                } else {
                    "fresh"
                };
                let phases = outcome.phases;
                for (number, (phase, time)) in [
                    ("created", phases.created),
                    ("entered", phases.entered),
                    ("first", phases.first_instruction),
                    ("answer", phases.answered),
                    ("exited", phases.exited),
                    ("gone", phases.gone),
                ]
                .into_iter()
                .enumerate()
                {
                    let name = format!("{} {shell} {number} {phase}", monitor.backend());
                    figures.entry(name).or_default().extend(time);
                }
            }
        }
    }
    println!("{:32} {:>8} {:>8} {:>6}", "", "p50", "p99", "n");
    for (name, mut times) in figures {
        times.sort();
        let at = |quantile: usize| times[(times.len() - 1) * quantile / 100].as_micros();
        println!("{name:32} {:8} {:8} {:6}", at(50), at(99), times.len());
    }
    Ok(())
}
