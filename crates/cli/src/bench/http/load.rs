//! Requests, as many as connections take or as a clock says, and what came of them.
//!
//! The client has a thread of its own, so that it never waits for the server's; what it does there is
//! as little as a client can do.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use indicatif::ProgressBar;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections of a load that has a rate: as many requests may be on their way. A request that finds
/// none free is late, which its time shows.
const PACED_CONNECTIONS: u32 = 128;

/// Where requests go.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub path: String,
    /// The header `host`.
    pub host: HeaderValue,
}

/// When requests are made.
#[derive(Clone, Copy)]
pub enum Pace {
    /// The next when the one before is answered, on so many connections.
    Full { connections: u32 },
    /// So many a second, whatever becomes of them. Times count from when a request should have been
    /// made.
    Rate(f64),
}

/// When there are enough.
#[derive(Clone, Copy, Default)]
pub struct Bound {
    pub requests: Option<u64>,
    pub time: Option<Duration>,
}

/// What came of requests.
#[derive(Default)]
pub struct Tally {
    pub times: Vec<Duration>,
    pub instances: HashSet<u64>,
    pub errors: u64,
    pub first_error: Option<String>,
    pub took: Duration,
}

/// Makes requests on a thread of their own. Without any bound there is no end.
pub async fn load(
    target: &Target,
    pace: Pace,
    bound: Bound,
    progress: &ProgressBar,
) -> anyhow::Result<Tally> {
    let (target, progress) = (target.clone(), progress.clone());
    let (done, tally) = tokio::sync::oneshot::channel();
    let client = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let tally = runtime
            .context("cannot start a client")
            .and_then(|runtime| runtime.block_on(run(target, pace, bound, progress)));
        // Whoever has left needs no answer.
        let _ = done.send(tally);
    };
    std::thread::Builder::new()
        .name("client".to_owned())
        .spawn(client)
        .context("cannot start a client")?;
    tally.await.context("the client broke down")?
}

async fn run(
    target: Target,
    pace: Pace,
    bound: Bound,
    progress: ProgressBar,
) -> anyhow::Result<Tally> {
    let start = Instant::now();
    let load = Arc::new(Load {
        target,
        bound,
        start,
        begun: AtomicU64::new(0),
        clock: match pace {
            Pace::Full { .. } => None,
            Pace::Rate(rate) => Some(Clock {
                interval: Duration::from_secs_f64(1.0 / rate),
                due: Semaphore::new(0),
            }),
        },
    });
    let connections = match pace {
        Pace::Full { connections } => connections,
        Pace::Rate(_) => {
            let load = Arc::clone(&load);
            // A thread wakes to the microsecond, a task to the millisecond.
            std::thread::Builder::new()
                .name("clock".to_owned())
                .spawn(move || load.tick())
                .context("cannot start a clock")?;
            PACED_CONNECTIONS
        }
    };
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(Arc::clone(&load), progress.clone()));
    }
    let mut all = Tally::default();
    while let Some(tally) = clients.join_next().await {
        let tally = tally.context("a client broke down")?;
        all.times.extend(tally.times);
        all.instances.extend(tally.instances);
        all.errors += tally.errors;
        all.first_error = all.first_error.or(tally.first_error);
    }
    all.took = start.elapsed();
    Ok(all)
}

struct Load {
    target: Target,
    bound: Bound,
    start: Instant,
    begun: AtomicU64,
    clock: Option<Clock>,
}

/// Lets requests go when it is time.
struct Clock {
    interval: Duration,
    /// Requests whose time has come and that nobody makes yet.
    due: Semaphore,
}

impl Load {
    /// The time of the next request, when it has come; `None`: there are enough.
    async fn next(&self) -> Option<Instant> {
        let mut time = None;
        if let Some(clock) = &self.clock {
            clock.due.acquire().await.ok()?.forget();
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        if let Some(clock) = &self.clock {
            time = Some(self.start + clock.interval.mul_f64(number as f64));
        }
        let time = time.unwrap_or_else(Instant::now);
        self.goes_on(number, time).then_some(time)
    }

    fn goes_on(&self, number: u64, time: Instant) -> bool {
        self.bound.requests.is_none_or(|requests| number < requests)
            && self
                .bound
                .time
                .is_none_or(|bound| time < self.start + bound)
    }

    /// Says for each request when its time has come, until there are enough.
    fn tick(&self) {
        let Some(clock) = &self.clock else { return };
        for number in 0.. {
            let time = self.start + clock.interval.mul_f64(number as f64);
            if !self.goes_on(number, time) {
                break;
            }
            std::thread::sleep(time.saturating_duration_since(Instant::now()));
            clock.due.add_permits(1);
        }
        // Requests beyond the last: there is none to make, and each client ends with one.
        clock.due.add_permits(PACED_CONNECTIONS as usize);
    }

    /// One request: the instance that answered it. The connection is taken away on failure.
    async fn request(&self, connection: &mut Option<Connection>) -> anyhow::Result<u64> {
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::new(self.target.address).await?,
        };
        let instance = open.ask(&self.target).await?;
        *connection = Some(open);
        Ok(instance)
    }
}

/// A connection that is kept for several requests.
pub struct Connection {
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    /// Of the runtime that this is called on.
    pub async fn new(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender; what breaks it off shows in the request.
        tokio::spawn(connection);
        Ok(Connection { sender })
    }

    /// One request: the instance that answered it.
    pub async fn ask(&mut self, target: &Target) -> anyhow::Result<u64> {
        let request = Request::get(target.path.as_str())
            .header(header::HOST, target.host.clone())
            .body(Empty::<Bytes>::new())?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let instance = response
            .headers()
            .get("brood-instance")
            .and_then(|value| u64::from_str_radix(value.to_str().ok()?, 16).ok());
        response.into_body().collect().await?;
        self.sender.ready().await?;
        match instance {
            Some(instance) if status == StatusCode::OK => Ok(instance),
            _ => bail!("{status}"),
        }
    }
}

async fn client(load: Arc<Load>, progress: ProgressBar) -> Tally {
    let mut tally = Tally::default();
    let mut connection = None;
    while let Some(time) = load.next().await {
        match load.request(&mut connection).await {
            Ok(instance) => {
                tally.times.push(time.elapsed());
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
