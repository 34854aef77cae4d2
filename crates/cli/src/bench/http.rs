//! `brood bench http`: a served application under load, client and server in this program.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use brood_gateway::{Config, Server};
use brood_monitor::Monitor;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::host::Host;
use super::{Figures, Machine, image, write_json};
use crate::arguments::BenchHttp;
use crate::{jail, memory, show};

/// Requests of each connection before those that count.
const WARM_UP: u64 = 20;
/// How long, unless it is said.
const SECONDS: Duration = Duration::from_secs(10);
/// How long the host gets to settle between two looks at it, and how often it is looked at until it has.
const SETTLE: Duration = Duration::from_millis(300);
const LOOKS: u32 = 20;

/// All figures.
#[derive(Serialize)]
struct Report {
    requests: u64,
    seconds: f64,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    errors: u64,
    /// Different instances that answered.
    instances: usize,
    connections: u32,
    /// Whether instances could get recycled machines.
    reuse: bool,
    /// Whether they lived in a jail.
    jail: bool,
    /// After the warm-up, without clients.
    before: Host,
    /// After the load, without clients.
    after: Host,
    /// After the same load once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_again: Option<Host>,
    machine: Machine,
}

/// Measures.
pub fn bench(options: &BenchHttp) -> anyhow::Result<()> {
    let backend = options.backend.resolve()?;
    let monitor = Monitor::new(backend.kind)?;
    let image = image(options.image.as_deref(), &monitor)?;
    let defaults = Config::default();
    let connections = options
        .concurrency
        .unwrap_or(u32::try_from(defaults.concurrency)?);
    let config = Config {
        memory_bytes: memory::of_clone(&image, None, crate::serve::ROOM)?,
        queue: connections as usize,
        connections: connections as usize + 16,
        reuse: options.reuse,
        ..defaults
    };
    let machine = Machine::this(backend.kind);
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    let report = runtime.block_on(measure(
        monitor,
        image,
        config,
        connections,
        options,
        machine,
    ))?;
    print!("{}", table(&report));
    write_json(options.json.as_deref(), &report)
}

async fn measure(
    monitor: Monitor,
    image: brood_image::Image,
    config: Config,
    connections: u32,
    options: &BenchHttp,
    machine: Machine,
) -> anyhow::Result<Report> {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mounts = Arc::default();
    let instances = match options.jail {
        true => jail::jailed(monitor.backend(), image, mounts, &config)?,
        false => jail::free(monitor.backend(), image, mounts)?,
    };
    let server = Server::bind(anywhere, config, instances).await?;
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(server.serve(async {
        // Stopped by a word, or by the loss of who could say it.
        let _ = stopped.await;
    }));

    let warm_up = WARM_UP * u64::from(connections);
    let load = Load {
        address,
        path: options.path.clone(),
        requests: Some(warm_up),
        until: None,
    };
    let warmed = load.run(connections, &ProgressBar::hidden()).await?;
    if warmed.errors > 0 {
        bail!(
            "{} of {warm_up} requests to warm up failed: {}",
            warmed.errors,
            warmed.first_error.unwrap_or_default()
        );
    }
    let before = settled().await?;

    let time = options
        .seconds
        .or(options.requests.is_none().then_some(SECONDS));
    let load = async || {
        let progress = progress(options.requests, time);
        let start = Instant::now();
        let load = Load {
            address,
            path: options.path.clone(),
            requests: options.requests,
            until: time.map(|time| start + time),
        };
        let tally = load.run(connections, &progress).await?;
        let took = start.elapsed();
        progress.finish_and_clear();
        anyhow::Ok((tally, took))
    };
    let (tally, took) = load().await?;
    let Tally {
        times,
        instances,
        mut errors,
        first_error,
    } = tally;
    if let Some(error) = first_error {
        eprintln!("note: the first of {errors} errors: {error}");
    }
    // What the client noted is not the server's: it is gone before the host is looked at again.
    let different = instances.len();
    drop(instances);
    let requests = times.len() as u64 + errors;
    let Some(figures) = Figures::of(times) else {
        bail!("no request was answered");
    };
    let after = settled().await?;
    let mut after_again = None;
    if options.again {
        errors += load().await?.0.errors;
        after_again = Some(settled().await?);
    }
    if stop.send(()).is_err() || served.await.is_err() {
        bail!("the server broke down");
    }
    Ok(Report {
        requests,
        seconds: took.as_secs_f64(),
        per_second: figures.n as f64 / took.as_secs_f64(),
        p50_us: figures.p50_us,
        p99_us: figures.p99_us,
        errors,
        instances: different,
        connections,
        reuse: options.reuse,
        jail: options.jail,
        before,
        after,
        after_again,
        machine,
    })
}

/// Looks at the host when two looks in a row find as many descriptors and threads.
async fn settled() -> anyhow::Result<Host> {
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

fn progress(requests: Option<u64>, time: Option<Duration>) -> ProgressBar {
    let (bar, template) = match (requests, time) {
        (Some(requests), _) => (
            ProgressBar::new(requests),
            "{bar:40} {pos} of {len} requests, {per_sec}, {eta} left",
        ),
        (None, _) => (
            ProgressBar::new_spinner(),
            "{spinner} {pos} requests, {per_sec}, {elapsed}",
        ),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Requests to be made.
struct Load {
    address: SocketAddr,
    path: String,
    requests: Option<u64>,
    until: Option<Instant>,
}

/// What came of requests.
#[derive(Default)]
struct Tally {
    times: Vec<Duration>,
    instances: HashSet<u64>,
    errors: u64,
    first_error: Option<String>,
}

impl Load {
    /// Makes them, on so many connections.
    async fn run(self, connections: u32, progress: &ProgressBar) -> anyhow::Result<Tally> {
        let load = Arc::new(self);
        let begun = Arc::new(AtomicU64::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..connections {
            clients.spawn(client(
                Arc::clone(&load),
                Arc::clone(&begun),
                progress.clone(),
            ));
        }
        let mut all = Tally::default();
        while let Some(tally) = clients.join_next().await {
            let tally = tally.context("a client broke down")?;
            all.times.extend(tally.times);
            all.instances.extend(tally.instances);
            all.errors += tally.errors;
            all.first_error = all.first_error.or(tally.first_error);
        }
        Ok(all)
    }

    /// Whether there is one more to make.
    fn next(&self, begun: &AtomicU64) -> bool {
        let number = begun.fetch_add(1, Ordering::Relaxed);
        self.requests.is_none_or(|requests| number < requests)
            && self.until.is_none_or(|until| Instant::now() < until)
    }

    /// One request: the instance that answered it. The connection is taken away on failure.
    async fn request(&self, connection: &mut Option<Connection>) -> anyhow::Result<u64> {
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::new(self.address).await?,
        };
        let request = Request::get(self.path.as_str())
            .header(header::HOST, self.address.to_string())
            .body(Empty::<Bytes>::new())?;
        let response = open.sender.send_request(request).await?;
        let status = response.status();
        let instance = response
            .headers()
            .get("brood-instance")
            .and_then(|value| u64::from_str_radix(value.to_str().ok()?, 16).ok());
        response.into_body().collect().await?;
        open.sender.ready().await?;
        *connection = Some(open);
        match instance {
            Some(instance) if status == StatusCode::OK => Ok(instance),
            _ => bail!("{status}"),
        }
    }
}

/// A connection that is kept for several requests.
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    async fn new(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender; what breaks it off shows in the request.
        tokio::spawn(connection);
        Ok(Connection { sender })
    }
}

async fn client(load: Arc<Load>, begun: Arc<AtomicU64>, progress: ProgressBar) -> Tally {
    let mut tally = Tally::default();
    let mut connection = None;
    while load.next(&begun) {
        let start = Instant::now();
        match load.request(&mut connection).await {
            Ok(instance) => {
                tally.times.push(start.elapsed());
                tally.instances.insert(instance);
            }
            Err(error) => {
                tally.errors += 1;
                tally
                    .first_error
                    .get_or_insert_with(|| format!("{error:#}"));
            }
        }
        progress.inc(1);
    }
    tally
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
    let time = |microseconds: f64| show::time(Duration::from_secs_f64(microseconds / 1e6));
    let lines = [
        (
            "requests",
            format!(
                "{} in {:.1} s on {} connections",
                report.requests, report.seconds, report.connections
            ),
        ),
        ("per second", format!("{:.1}", report.per_second)),
        (
            "latency",
            format!("p50 {}, p99 {}", time(report.p50_us), time(report.p99_us)),
        ),
        ("errors", report.errors.to_string()),
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
        (
            "machine",
            format!(
                "{} cores, {}, kernel {}, {} backend",
                machine.cores, machine.cpu, machine.kernel, machine.backend
            ),
        ),
    ];
    lines
        .iter()
        .map(|(name, value)| format!("{name:<12} {value}\n"))
        .collect()
}
