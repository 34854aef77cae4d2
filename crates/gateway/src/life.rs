//! One instance, from its argument to the verdict about it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use brood_monitor::{
    ConsoleStream, Control, Error, EventSink, Exit, Flow, InstanceId, Launch, Limits, Listener,
    Outcome, Phases, Violation,
};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::answer::Answer;
use crate::applications::Application;
use crate::config::Config;
use crate::dispatcher::Place;
use crate::external::Request;
use crate::refusal::Refusal;
use crate::text::harmless;
use crate::usage::{Record, UsageLog, thousandths};

/// How much of what an instance prints is logged, in bytes.
const LOGGED_CONSOLE_MAX: usize = 64 << 10;

/// A request that waits for its instance.
pub(crate) struct Job {
    pub id: String,
    pub application: Application,
    pub parts: Parts,
    pub body: Bytes,
    /// Given back with the body.
    pub room: OwnedSemaphorePermit,
    pub peer: String,
    pub control: Control,
    pub enqueued: Instant,
    pub reply: oneshot::Sender<Reply>,
}

/// What the asynchronous side hears of an instance.
#[derive(Debug)]
pub(crate) struct Reply {
    pub result: Result<Response, Refusal>,
    /// Which instance it was and its life so far, if it lived.
    pub life: Option<(InstanceId, Phases)>,
    /// How long the request waited for the launch.
    pub queued: Duration,
}

/// What the application answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The phases that the next instance is told of this one, by their names there.
pub(crate) fn named(phases: &Phases) -> Vec<(&'static str, Duration)> {
    [
        ("created", phases.created),
        ("entered", phases.entered),
        ("first_erlang", phases.first_instruction),
        ("answered", phases.answered),
        ("exited", phases.exited),
        ("gone", phases.gone),
    ]
    .into_iter()
    .filter_map(|(name, time)| time.map(|time| (name, time)))
    .collect()
}

/// What a request hears that can't wait.
pub(crate) fn too_many() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too many requests are waiting",
    )
}

impl Job {
    /// The job, if somebody waits for it, and not for too long.
    pub(crate) fn still_wanted(self, config: &Config) -> Option<Job> {
        let queued = self.enqueued.elapsed();
        if self.reply.is_closed() {
            tracing::debug!(request = %self.id, "the client left before its instance was launched");
            return None;
        }
        if queued > config.timeout {
            tracing::warn!(request = %self.id, ?queued, "waited longer for a launch than an instance may live");
            self.refuse(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "it waited too long for its turn",
            ));
            return None;
        }
        Some(self)
    }

    /// It has to make room for one of another application.
    pub(crate) fn displace(self) {
        tracing::warn!(request = %self.id, application = %self.application.name, "the queue is full, of its application most of all");
        self.refuse(too_many());
    }

    fn refuse(self, refusal: Refusal) {
        // Nobody hears it if the client has left meanwhile.
        let _ = self.reply.send(Reply {
            result: Err(refusal),
            life: None,
            queued: self.enqueued.elapsed(),
        });
    }
}

/// Launches the instance for `job`. Its place is given back when it has gone.
pub(crate) fn launch(config: &Config, usage: Option<UsageLog>, job: Job, place: Place) {
    let Job {
        id,
        application,
        parts,
        body,
        room,
        peer,
        control,
        enqueued,
        reply,
    } = job;
    let requested = Instant::now();
    let argument = encode(&parts, &body, &peer, &id, application.previous());
    drop((parts, body, room));
    let launch = Launch {
        limits: Limits {
            memory_bytes: application.memory_bytes,
            wall: Some(config.timeout),
            cpu: config.cpu,
            after_answer: Some(config.grace),
            console_bytes: config.console_bytes,
            message_bytes: config.answer_max as u64,
            open_files: config.open_files,
        },
        reuse: config.reuse,
        control: Some(control),
        requested: Some(requested),
        ..Launch::new(argument)
    };
    let instances = Arc::clone(&application.instances);
    let exchange = Exchange {
        id,
        application,
        queued: requested - enqueued,
        launched: SystemTime::now(),
        heard: None,
        reply: Some(reply),
        console: Console::default(),
        usage,
        _place: place,
    };
    instances.launch(launch, Box::new(exchange));
}

fn encode(parts: &Parts, body: &[u8], peer: &str, id: &str, previous: Option<Phases>) -> Vec<u8> {
    let headers = parts.headers.iter();
    Request {
        method: parts.method.as_str().as_bytes(),
        path: parts.uri.path().as_bytes(),
        query: parts.uri.query().unwrap_or("").as_bytes(),
        headers: headers
            .map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
            .collect(),
        body,
        peer: peer.as_bytes(),
        id: id.as_bytes(),
        previous: previous.as_ref().map(named).unwrap_or_default(),
    }
    .encode()
}

/// Listens to one instance on behalf of a request.
struct Exchange {
    id: String,
    application: Application,
    queued: Duration,
    launched: SystemTime,
    /// The first message, judged, until it is passed on.
    heard: Option<Result<Answer, StatusCode>>,
    reply: Option<oneshot::Sender<Reply>>,
    console: Console,
    usage: Option<UsageLog>,
    /// Given back when all else is done.
    _place: Place,
}

impl EventSink for Exchange {
    fn console(&mut self, _stream: ConsoleStream, bytes: &[u8]) {
        // The whole of it is told at the end; whoever looks closely needn't wait for that.
        if self.console.keep(bytes) {
            tracing::debug!(request = self.id, text = harmless(bytes), "printing");
        }
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        if self.reply.is_none() || self.heard.is_some() {
            tracing::warn!(
                request = self.id,
                "an instance spoke again after its answer"
            );
            return Flow::Stop;
        }
        self.heard = Some(Answer::read(bytes).map_err(|error| {
            tracing::error!(request = self.id, %error, "an instance gave a bad answer");
            StatusCode::INTERNAL_SERVER_ERROR
        }));
        // It goes on: what it has begun to print is still to come.
        Flow::Continue
    }

    fn answered(&mut self, instance: InstanceId, phases: &Phases) {
        self.pass_on(instance, phases);
    }
}

impl Listener for Exchange {
    fn ended(mut self: Box<Self>, outcome: Result<Outcome, Error>) {
        match outcome {
            Ok(outcome) => {
                self.judge(&outcome);
                self.meter(&outcome);
                self.application.remember(outcome.phases);
            }
            Err(error) => {
                tracing::error!(request = self.id, %error, "an instance could not be run");
                let status = match error {
                    Error::Worker(_) => StatusCode::BAD_GATEWAY,
                    _ => StatusCode::SERVICE_UNAVAILABLE,
                };
                self.refuse(status, None);
            }
        }
    }
}

impl Exchange {
    /// Sends what was heard, if it wasn't sent.
    fn pass_on(&mut self, instance: InstanceId, phases: &Phases) {
        let result = match self.heard.take() {
            None => return,
            Some(Err(status)) => Err(status.into()),
            Some(Ok(Answer::Response {
                status,
                headers,
                body,
            })) => Ok(Response {
                status,
                headers,
                body,
            }),
            Some(Ok(Answer::Crash { status, report })) => {
                let report = harmless(&report);
                tracing::error!(request = self.id, %instance, report = %Below(&report), "the handler crashed");
                Err(status.into())
            }
        };
        self.send(Reply {
            result,
            life: Some((instance, *phases)),
            queued: self.queued,
        });
    }

    fn refuse(&mut self, refusal: impl Into<Refusal>, life: Option<(InstanceId, Phases)>) {
        self.send(Reply {
            result: Err(refusal.into()),
            life,
            queued: self.queued,
        });
    }

    fn send(&mut self, reply: Reply) {
        if let Some(sender) = self.reply.take() {
            // Nobody hears it if the client has left meanwhile.
            let _ = sender.send(reply);
        }
    }

    /// The instance is gone: says what has to be said about its end.
    fn judge(&mut self, outcome: &Outcome) {
        let (request, instance) = (self.id.clone(), outcome.id);
        if let Some(text) = self.console.text() {
            tracing::info!(request, %instance, text = %Below(&text), "the instance printed");
        }
        self.pass_on(instance, &outcome.phases);
        let answered = self.reply.is_none();
        let application = &*self.application.name;
        let exit = &outcome.exit;
        let limit = limit_of(exit);
        match exit {
            _ if limit.is_some() => {
                let limit = limit.as_ref().map(|(name, _)| *name);
                tracing::warn!(request, application, %instance, answered, limit, %exit, "an instance reached its limit");
            }
            Exit::Fault(report) => {
                let report = report.to_string();
                tracing::error!(request, application, %instance, answered, report = %Below(&report), "the runtime crashed");
            }
            Exit::Violation(violation) => {
                tracing::error!(request, application, %instance, answered, %violation, "an instance broke its contract");
            }
            Exit::Status(0) if answered => {
                tracing::debug!(request, %instance, phases = ?outcome.phases, "gone")
            }
            // After a crash report, status 1 is how it should end.
            Exit::Status(_) | Exit::Slogan { .. } if answered => {
                tracing::debug!(request, %instance, exit = %harmless(exit.to_string().as_bytes()), "gone");
            }
            Exit::Status(_) | Exit::Slogan { .. } => {
                let exit = harmless(exit.to_string().as_bytes());
                tracing::error!(request, application, %instance, %exit, "an instance ended without an answer");
            }
            // Ended by a client that left, or after it spoke again (that was said then), or since it
            // did not end by itself after its answer. The other ends are limits.
            _ => tracing::debug!(request, %instance, answered, %exit, "ended"),
        }
        let refusal = match (limit, exit) {
            (Some((_, refusal)), _) => refusal,
            (None, Exit::Stopped) => StatusCode::SERVICE_UNAVAILABLE.into(),
            (None, _) => StatusCode::INTERNAL_SERVER_ERROR.into(),
        };
        self.refuse(refusal, Some((instance, outcome.phases)));
    }

    /// Says what it used.
    fn meter(&self, outcome: &Outcome) {
        let Some(usage) = &self.usage else { return };
        let used = &outcome.usage;
        let since_1970 = self.launched.duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = outcome
            .phases
            .gone
            .or(outcome.phases.exited)
            .unwrap_or_default();
        let mib = self.application.memory_bytes as f64 / f64::from(1 << 20);
        usage.add(&Record {
            instance: outcome.id.to_string(),
            application: &self.application.name,
            request: &self.id,
            started: thousandths(since_1970.as_secs_f64()),
            cpu_ms: thousandths(used.cpu.as_secs_f64() * 1e3),
            wall_ms: thousandths(wall.as_secs_f64() * 1e3),
            mib_s: thousandths(mib * wall.as_secs_f64()),
            bytes_in: used.bytes_in,
            bytes_out: used.console_bytes + used.message_bytes,
            exit: exit_word(&outcome.exit),
            reused: used.reused,
        });
    }
}

/// The limit that ended an instance, by its name in logs, and what its client hears.
fn limit_of(exit: &Exit) -> Option<(&'static str, Refusal)> {
    let (limit, status, reason) = match exit {
        Exit::TimedOut => (
            "time",
            StatusCode::GATEWAY_TIMEOUT,
            "the instance took longer than it may",
        ),
        Exit::CpuExceeded => (
            "processor time",
            StatusCode::GATEWAY_TIMEOUT,
            "the instance used more processor time than it may",
        ),
        Exit::OutOfMemory { .. } => (
            "memory",
            StatusCode::SERVICE_UNAVAILABLE,
            "the instance needed more memory than it may have",
        ),
        Exit::Violation(Violation::MessageLimit(_)) => (
            "answer",
            StatusCode::INTERNAL_SERVER_ERROR,
            "the answer is longer than it may be",
        ),
        Exit::Violation(Violation::ConsoleLimit(_)) => (
            "console",
            StatusCode::INTERNAL_SERVER_ERROR,
            "the instance printed more than it may",
        ),
        _ => return None,
    };
    Some((limit, Refusal::new(status, reason)))
}

/// How an instance ended, in a word: `exit` (by itself), `stopped` (its client left, or it lived on
/// after its answer), `fault`, `violation`, or the name of the limit that it reached.
pub(crate) fn exit_word(exit: &Exit) -> &'static str {
    match exit {
        Exit::Status(_) | Exit::Slogan { .. } => "exit",
        Exit::Fault(_) => "fault",
        Exit::Stopped => "stopped",
        _ => limit_of(exit).map_or("violation", |(limit, _)| limit),
    }
}

/// Text of several lines, shown below the line of its log entry.
struct Below<'a>(&'a str);

impl fmt::Display for Below<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .trim_end()
            .lines()
            .try_for_each(|line| write!(formatter, "\n    {line}"))
    }
}

/// The beginning of what an instance printed.
#[derive(Default)]
struct Console {
    kept: Vec<u8>,
    dropped: usize,
}

impl Console {
    /// Gives whether all of it was kept.
    fn keep(&mut self, bytes: &[u8]) -> bool {
        let room = LOGGED_CONSOLE_MAX - self.kept.len();
        let (kept, dropped) = bytes.split_at(bytes.len().min(room));
        self.kept.extend(kept);
        self.dropped += dropped.len();
        dropped.is_empty()
    }

    fn text(&self) -> Option<String> {
        if self.kept.is_empty() {
            return None;
        }
        let mut text = harmless(&self.kept);
        text.truncate(text.trim_end().len());
        if self.dropped > 0 {
            text.push_str(&format!("\n[{} more bytes]", self.dropped));
        }
        Some(text)
    }
}
