//! `brood bench`: measures.

mod applications;
mod boot;
mod children;
mod density;
mod erlang;
mod host;
mod http;
mod soak;
mod spawn;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use brood_image::Image;
use brood_monitor::{BackendKind, Control, Monitor};
use serde::Serialize;

use crate::arguments::{Bench, BenchVerb};
use crate::build::{self, spinner};
use crate::memory::mib;
use crate::package::{self, Request};

/// Measures.
pub fn bench(options: &Bench) -> anyhow::Result<()> {
    match &options.what {
        BenchVerb::Boot(options) => boot::bench(options),
        BenchVerb::Spawn(options) => spawn::bench(options),
        BenchVerb::Http(options) => http::bench(options),
        BenchVerb::Applications(options) => applications::bench(options),
        BenchVerb::Soak(options) => soak::bench(options),
        BenchVerb::Density(options) => density::bench(options),
        BenchVerb::Erlang(options) => erlang::bench(options),
    }
}

/// The minimal application, for those who name none.
const MINIMAL: (&str, &str) = ("minimal.erl", include_str!("minimal.erl"));
/// Memory to build it in, in MiB.
const MINIMAL_MEMORY: u64 = 512;

/// The image at `path`, or else one of the minimal application. The file of the latter has no name
/// any more when this returns; it lives as long as the image is open.
fn image(path: Option<&Path>, monitor: &Monitor) -> anyhow::Result<Image> {
    match path {
        Some(path) => Ok(Image::open(path)?),
        None => built_in(MINIMAL, monitor),
    }
}

/// An image of a module that this program carries: the name of its file, and its source.
fn built_in((name, text): (&str, &str), monitor: &Monitor) -> anyhow::Result<Image> {
    let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
    let source = directory.path().join(name.trim_end_matches(".erl"));
    std::fs::create_dir(&source).context("cannot make a temporary directory")?;
    std::fs::write(source.join(name), text).with_context(|| format!("cannot write {name}"))?;
    let request = Request {
        directory: &source,
        main: None,
        handler: None,
        include: &[],
        nobeam: false,
        otp: None,
    };
    let progress = spinner();
    let path = directory.path().join("built-in.brood");
    let built = package::make(&request, &progress).and_then(|package| {
        build::image(
            monitor,
            package,
            mib(MINIMAL_MEMORY)?,
            &path,
            Instant::now(),
            &Control::new(),
            &progress,
        )
    });
    progress.finish_and_clear();
    built.with_context(|| format!("cannot build an image of {name}"))
}

/// The computer that figures were measured on.
#[derive(Debug, Serialize)]
struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    backend: String,
    brood: &'static str,
}

impl Machine {
    fn this(backend: BackendKind) -> Machine {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Machine {
            cpu: model.map_or("unknown", |(_, model)| model).to_owned(),
            cores: crate::serve::processors(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            backend: backend.to_string(),
            brood: env!("CARGO_PKG_VERSION"),
        }
    }

    /// In a line.
    fn line(&self) -> String {
        format!(
            "{} cores, {}, kernel {}, {} backend",
            self.cores, self.cpu, self.kernel, self.backend
        )
    }
}

/// The distribution of a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Figures {
    p50_us: f64,
    p99_us: f64,
    n: usize,
}

impl Figures {
    /// Of these times; `None` of none. Percentiles by nearest rank.
    fn of(mut times: Vec<Duration>) -> Option<Figures> {
        times.sort_unstable();
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times
                .get(rank - 1)
                .map(|time| (time.as_secs_f64() * 1e7).round() / 10.0)
        };
        Some(Figures {
            p50_us: percentile(50)?,
            p99_us: percentile(99)?,
            n: times.len(),
        })
    }
}

/// Writes figures to a file.
fn write_json(path: Option<&Path>, figures: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let mut text = serde_json::to_string_pretty(figures)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        assert_eq!(Figures::of(Vec::new()), None);
        let figures = Figures::of((1..=200).rev().map(Duration::from_micros).collect());
        assert_eq!(
            figures,
            Some(Figures {
                p50_us: 100.0,
                p99_us: 198.0,
                n: 200
            })
        );
        let one = Figures::of(vec![Duration::from_nanos(1_240)]);
        assert_eq!(
            one,
            Some(Figures {
                p50_us: 1.2,
                p99_us: 1.2,
                n: 1
            })
        );
    }
}
