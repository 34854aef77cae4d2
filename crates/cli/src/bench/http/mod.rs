//! `brood bench http`: a served application under load, client and server in this program.
//!
//! First as many requests as connections take; then, where a time was given, half as many a second
//! as that was; then, after a pause, all of it again at once.

mod load;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use brood_gateway::{Applications, Config, Server};
use brood_monitor::Monitor;
use http::HeaderValue;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::host::Host;
use super::{Figures, Machine, image, write_json};
use crate::arguments::BenchHttp;
use crate::images::Images;
use crate::jail::Home;
use crate::show;
use load::{Bound, Pace, Tally, load};
pub use load::{Connection, Target};

/// Requests of each connection before those that count.
const WARM_UP: u64 = 20;
/// How long, unless it is said.
const SECONDS: Duration = Duration::from_secs(10);
/// What a load other than the first takes at most.
const PACED_MAX: Duration = Duration::from_secs(20);
/// How long the host gets to settle between two looks at it, and how often it is looked at until it has.
const SETTLE: Duration = Duration::from_millis(300);
const LOOKS: u32 = 20;
/// How long nothing is asked before a step: longer than an instance lives on after its answer.
const PAUSE: Duration = Duration::from_secs(2);
/// What of a step counts by itself.
const STEP: Duration = Duration::from_secs(2);

/// All figures. Those of the first load are at the top.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    full: Loaded,
    /// Different instances that answered.
    instances: usize,
    connections: u32,
    /// Whether instances could get recycled machines.
    reuse: bool,
    /// Whether they lived in a jail.
    jail: bool,
    /// Half of the first load's rate. Here and at a given rate, times count from when a request
    /// should have been made.
    #[serde(skip_serializing_if = "Option::is_none")]
    half: Option<Loaded>,
    /// From no load to the full one at once, its first two seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Loaded>,
    /// At a given rate, after a pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    paced: Option<Loaded>,
    /// After the warm-up, without clients.
    before: Host,
    /// After the load, without clients.
    after: Host,
    /// After the same load once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_again: Option<Host>,
    machine: Machine,
}

/// What came of a load.
#[derive(Debug, Serialize)]
struct Loaded {
    requests: u64,
    seconds: f64,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    errors: u64,
}

impl Loaded {
    /// Of a tally with an answer in it.
    fn of(tally: Tally) -> anyhow::Result<Loaded> {
        if let Some(error) = &tally.first_error {
            eprintln!("note: the first of {} errors: {error}", tally.errors);
        }
        let max = tally.times.iter().max().copied().unwrap_or_default();
        let figures = Figures::of(tally.times).context("no request was answered")?;
        let seconds = tally.took.as_secs_f64();
        Ok(Loaded {
            requests: figures.n as u64 + tally.errors,
            seconds,
            per_second: figures.n as f64 / seconds,
            p50_us: figures.p50_us,
            p99_us: figures.p99_us,
            max_us: (max.as_secs_f64() * 1e7).round() / 10.0,
            errors: tally.errors,
        })
    }
}

/// Measures.
pub fn bench(options: &BenchHttp) -> anyhow::Result<()> {
    let backend = options.measuring.backend.resolve()?;
    let monitor = Monitor::new(backend.kind)?;
    let image = image(options.image.as_deref(), &monitor)?;
    let config = Config {
        reuse: options.reuse,
        ..Config::default()
    };
    let images = Images {
        home: Home::new(options.jail, backend.kind, &config, None)?,
        mounts: Arc::default(),
        memory: None,
    };
    let application = images.only("bench", image)?;
    let machine = Machine::this(backend.kind);
    let runtime = crate::serve::runtime()?;
    let report = runtime.block_on(measure(application, config, options, machine))?;
    print!("{}", table(&report));
    write_json(options.measuring.json.as_deref(), &report)
}

/// A server of this program, to be put under load.
pub struct Served {
    pub address: SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl Served {
    pub async fn start(config: Config, applications: Applications) -> anyhow::Result<Served> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::bind(anywhere, config, applications, None).await?;
        let address = server.address();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(server.serve(async {
            // Stopped by a word, or by the loss of who could say it.
            let _ = stopped.await;
        }));
        Ok(Served {
            address,
            stop,
            served,
        })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        if self.stop.send(()).is_err() || self.served.await.is_err() {
            bail!("the server broke down");
        }
        Ok(())
    }
}

async fn measure(
    application: Applications,
    config: Config,
    options: &BenchHttp,
    machine: Machine,
) -> anyhow::Result<Report> {
    let connections = match options.concurrency {
        Some(connections) => connections,
        None => 2 * u32::try_from(machine.cores)?,
    };
    let reuse = config.reuse;
    let served = Served::start(config, application).await?;
    let target = Target {
        address: served.address,
        path: options.path.clone(),
        host: HeaderValue::try_from(served.address.to_string())?,
    };
    let full = Pace::Full { connections };
    let hidden = ProgressBar::hidden();

    let warm_up = WARM_UP * u64::from(connections);
    let requests = Bound {
        requests: Some(warm_up),
        time: None,
    };
    let warmed = load(&target, full, requests, &hidden).await?;
    if warmed.errors > 0 {
        bail!(
            "{} of {warm_up} requests to warm up failed: {}",
            warmed.errors,
            warmed.first_error.unwrap_or_default()
        );
    }
    let before = settled().await?;

    let bound = Bound {
        requests: options.requests,
        time: options
            .seconds
            .or(options.requests.is_none().then_some(SECONDS)),
    };
    let shown = async |pace, bound| {
        let progress = progress(bound);
        let tally = load(&target, pace, bound, &progress).await?;
        progress.finish_and_clear();
        anyhow::Ok(tally)
    };
    let mut tally = shown(full, bound).await?;
    // What the client noted is not the server's: it is gone before the host is looked at again.
    let instances = std::mem::take(&mut tally.instances).len();
    let mut loaded = Loaded::of(tally)?;
    let after = settled().await?;
    let mut after_again = None;
    if options.again {
        loaded.errors += shown(full, bound).await?.errors;
        after_again = Some(settled().await?);
    }

    let (mut half, mut step, mut paced) = (None, None, None);
    let for_at_most = |most: Duration| Bound {
        requests: None,
        time: bound.time.map(|time| time.min(most)),
    };
    if bound.time.is_some() {
        let rate = Pace::Rate(loaded.per_second / 2.0);
        half = Some(Loaded::of(shown(rate, for_at_most(PACED_MAX)).await?)?);
        tokio::time::sleep(PAUSE).await;
        step = Some(Loaded::of(shown(full, for_at_most(STEP)).await?)?);
    }
    if let Some(rate) = options.rate {
        tokio::time::sleep(PAUSE).await;
        paced = Some(Loaded::of(shown(Pace::Rate(rate), bound).await?)?);
    }
    served.stop().await?;
    Ok(Report {
        full: loaded,
        instances,
        connections,
        reuse,
        jail: options.jail,
        half,
        step,
        paced,
        before,
        after,
        after_again,
        machine,
    })
}

/// Looks at the host when two looks in a row find as many descriptors and threads.
pub async fn settled() -> anyhow::Result<Host> {
    let mut before = Host::now()?;
    for _ in 0..LOOKS {
        tokio::time::sleep(SETTLE).await;
        let now = Host::now()?;
        let same = (now.descriptors, now.threads) == (before.descriptors, before.threads);
        before = now;
        if same {
            break;
        }
    }
    Ok(before)
}

fn progress(bound: Bound) -> ProgressBar {
    let (bar, template) = match bound.requests {
        Some(requests) => (
            ProgressBar::new(requests),
            "{bar:40} {pos} of {len} requests, {per_sec}, {eta} left",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {pos} requests, {per_sec}, {elapsed}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Something of the host, at each look at it.
fn series(report: &Report, show: impl Fn(&Host) -> String) -> String {
    let mut text = format!(
        "{} before, {} after",
        show(&report.before),
        show(&report.after)
    );
    if let Some(again) = &report.after_again {
        text.push_str(&format!(", {} after once more", show(again)));
    }
    text
}

fn table(report: &Report) -> String {
    let machine = &report.machine;
    let full = &report.full;
    let mut lines = vec![
        (
            "requests",
            format!(
                "{} in {:.1} s on {} connections",
                full.requests, full.seconds, report.connections
            ),
        ),
        ("full load", line(full)),
    ];
    let others = [
        ("half of it", &report.half),
        ("step", &report.step),
        ("paced", &report.paced),
    ];
    for (name, loaded) in others {
        lines.extend(loaded.as_ref().map(|loaded| (name, line(loaded))));
    }
    lines.extend([
        ("instances", report.instances.to_string()),
        ("memory", series(report, |host| show::bytes(host.rss_bytes))),
        (
            "of the host",
            series(report, |host| show::bytes(host.memory_available_bytes)) + " available",
        ),
        (
            "descriptors",
            series(report, |host| host.descriptors.to_string()),
        ),
        ("threads", series(report, |host| host.threads.to_string())),
        ("machine", machine.line()),
    ]);
    lines
        .iter()
        .map(|(name, value)| format!("{name:<12} {value}\n"))
        .collect()
}

/// A load in a line.
fn line(loaded: &Loaded) -> String {
    let time = |microseconds: f64| show::time(Duration::from_secs_f64(microseconds / 1e6));
    format!(
        "{:.1} a second, p50 {}, p99 {}, longest {}, {} errors",
        loaded.per_second,
        time(loaded.p50_us),
        time(loaded.p99_us),
        time(loaded.max_us),
        loaded.errors
    )
}
