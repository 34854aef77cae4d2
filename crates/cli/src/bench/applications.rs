//! `brood bench applications`: very many applications in a directory, of which few have requests.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use brood_gateway::Config;
use brood_image::Image;
use brood_monitor::Monitor;
use http::HeaderValue;
use serde::Serialize;

use super::host::Host;
use super::http::{Connection, Served, Target, settled};
use super::{Figures, Machine, image, write_json};
use crate::arguments::BenchApplications;
use crate::images::Images;
use crate::jail::Home;
use crate::show;

/// Links to one file: file systems have bounds on that.
const LINKS_MAX: u32 = 30_000;
/// Requests before those that count, all for the application that is busy.
const WARM_UP: u32 = 20;

/// All figures.
#[derive(Serialize)]
struct Report {
    applications: u32,
    /// Different files that they are links to.
    files: u32,
    asked: u32,
    reuse: bool,
    first: Figures,
    second: Figures,
    busy: Figures,
    /// With the server and the busy application alone.
    before: Host,
    /// With all of them in the directory.
    registered: Host,
    /// After each of those that are asked has answered twice.
    after: Host,
    /// Memory for each application in the directory, and what more there is for each that has answered.
    bytes_registered: f64,
    bytes_asked: f64,
    machine: Machine,
}

/// Measures.
pub fn bench(options: &BenchApplications) -> anyhow::Result<()> {
    if options.asked >= options.count {
        bail!("--asked is how many of --count are asked, and one more is busy");
    }
    let backend = options.measuring.backend.resolve()?;
    let monitor = Monitor::new(backend.kind)?;
    let image = image(options.image.as_deref(), &monitor)?;
    let directory = match &options.directory {
        Some(path) => tempfile::tempdir_in(path),
        None => tempfile::tempdir(),
    };
    let directory = directory.context("cannot make a temporary directory")?;
    let config = Config {
        reuse: options.reuse,
        ..Config::default()
    };
    let images = Images {
        home: Home::new(options.jail, backend.kind, &config, None)?,
        mounts: Arc::default(),
        memory: None,
    };
    let runtime = crate::serve::runtime()?;
    let machine = Machine::this(backend.kind);
    let measured = measure(&image, directory.path(), images, config, options, machine);
    let report = runtime.block_on(measured)?;
    print!("{}", table(&report));
    write_json(options.measuring.json.as_deref(), &report)
}

async fn measure(
    image: &Image,
    directory: &Path,
    images: Images,
    config: Config,
    options: &BenchApplications,
    machine: Machine,
) -> anyhow::Result<Report> {
    let files = Files {
        image,
        directory,
        count: options.count,
    };
    files.link(0..1)?;
    let served = Served::start(config, images.many(directory)?).await?;
    let mut connection = Connection::new(served.address).await?;
    let mut ask = async |number: u32| {
        let target = Target {
            address: served.address,
            path: "/".to_owned(),
            host: HeaderValue::try_from(format!("{}.localhost", files.name(number)))?,
        };
        let start = Instant::now();
        connection.ask(&target).await?;
        anyhow::Ok(start.elapsed())
    };
    for _ in 0..WARM_UP {
        ask(0).await?;
    }
    let before = settled().await?;
    files.link(1..options.count)?;
    let registered = settled().await?;

    let (mut first, mut second, mut busy) = (Vec::new(), Vec::new(), Vec::new());
    let step = (options.count - 1) / options.asked;
    for number in (1..options.count)
        .step_by(step as usize)
        .take(options.asked as usize)
    {
        first.push(ask(number).await?);
        second.push(ask(number).await?);
        busy.push(ask(0).await?);
    }
    let figures = |times| Figures::of(times).context("nobody was asked");
    let (first, second, busy) = (figures(first)?, figures(second)?, figures(busy)?);
    let after = settled().await?;
    drop(connection);
    served.stop().await?;
    let grown = |to: &Host, from: &Host, by: u32| {
        (to.rss_bytes as f64 - from.rss_bytes as f64).max(0.0) / f64::from(by)
    };
    Ok(Report {
        applications: options.count,
        files: options.count.div_ceil(LINKS_MAX),
        asked: options.asked,
        reuse: options.reuse,
        first,
        second,
        busy,
        bytes_registered: grown(&registered, &before, options.count),
        bytes_asked: grown(&after, &registered, options.asked),
        before,
        registered,
        after,
        machine,
    })
}

/// The applications: links to a few files.
struct Files<'a> {
    image: &'a Image,
    directory: &'a Path,
    count: u32,
}

impl Files<'_> {
    fn name(&self, number: u32) -> String {
        format!("application-{number}")
    }

    fn path(&self, number: u32) -> PathBuf {
        self.directory
            .join(self.name(number))
            .with_extension("brood")
    }

    /// Makes these.
    fn link(&self, numbers: std::ops::Range<u32>) -> anyhow::Result<()> {
        let to = numbers.end.min(self.count);
        for number in numbers.start..to {
            let original = number - number % LINKS_MAX;
            let made = if number == original {
                self.copy(&self.path(number))
            } else {
                std::fs::hard_link(self.path(original), self.path(number))
            };
            made.with_context(|| format!("cannot make {}", self.path(number).display()))?;
        }
        Ok(())
    }

    /// The image's own file may have no name any more.
    fn copy(&self, path: &Path) -> io::Result<()> {
        let source = format!(
            "/proc/self/fd/{}",
            std::os::fd::AsRawFd::as_raw_fd(&self.image.file())
        );
        io::copy(&mut File::open(source)?, &mut File::create_new(path)?).map(drop)
    }
}

fn table(report: &Report) -> String {
    let time = |microseconds: f64| show::time(Duration::from_secs_f64(microseconds / 1e6));
    let figures =
        |figures: &Figures| format!("p50 {}, p99 {}", time(figures.p50_us), time(figures.p99_us));
    let series = |show: &dyn Fn(&Host) -> String| {
        format!(
            "{} without them, {} with them, {} after the requests",
            show(&report.before),
            show(&report.registered),
            show(&report.after)
        )
    };
    let lines = [
        (
            "applications",
            format!(
                "{}, links to {} files; {} asked",
                report.applications, report.files, report.asked
            ),
        ),
        ("first", figures(&report.first)),
        ("second", figures(&report.second)),
        ("busy", figures(&report.busy)),
        ("memory", series(&|host| show::bytes(host.rss_bytes))),
        (
            "for each",
            format!(
                "{:.0} bytes that is there, {:.0} more that has answered",
                report.bytes_registered, report.bytes_asked
            ),
        ),
        ("descriptors", series(&|host| host.descriptors.to_string())),
        ("machine", report.machine.line()),
    ];
    lines
        .iter()
        .map(|(name, value)| format!("{name:<13} {value}\n"))
        .collect()
}
