//! One instance, from its argument to the verdict about it.

use std::fmt;
use std::time::{Duration, Instant};

use brood_monitor::{
    ConsoleStream, Control, Error, EventSink, Exit, Flow, InstanceId, Launch, Limits, Listener,
    Outcome, Phases,
};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::answer::Answer;
use crate::config::Config;
use crate::dispatcher::Place;
use crate::external::Request;
use crate::instances::Instances;
use crate::text::harmless;

/// How much of what an instance prints is logged, in bytes.
const LOGGED_CONSOLE_MAX: usize = 64 << 10;

/// A request that waits for its instance.
pub(crate) struct Job {
    pub id: String,
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
    pub result: Result<Response, StatusCode>,
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

/// Launches the instance for `job`, unless nobody waits for it any more. Its place is given back when
/// it has gone.
pub(crate) fn launch(instances: &dyn Instances, config: &Config, job: Job, place: Place) {
    let Job {
        id,
        parts,
        body,
        room,
        peer,
        control,
        enqueued,
        reply,
    } = job;
    let requested = Instant::now();
    let queued = requested - enqueued;
    if reply.is_closed() {
        tracing::debug!(request = %id, "the client left before its instance was launched");
        return;
    }
    if queued > config.timeout {
        tracing::warn!(request = %id, ?queued, "waited longer for a launch than an instance may live");
        let result = Err(StatusCode::SERVICE_UNAVAILABLE);
        // Nobody hears it if the client has left meanwhile.
        let _ = reply.send(Reply {
            result,
            life: None,
            queued,
        });
        return;
    }
    let argument = encode(&parts, &body, &peer, &id, place.previous());
    drop((parts, body, room));
    let launch = Launch {
        limits: Limits {
            memory_bytes: config.memory_bytes,
            wall: Some(config.timeout),
            cpu: None,
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
    let exchange = Exchange {
        id,
        queued,
        heard: None,
        reply: Some(reply),
        console: Console::default(),
        place,
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
    queued: Duration,
    /// The first message, judged, until it is passed on.
    heard: Option<Result<Answer, StatusCode>>,
    reply: Option<oneshot::Sender<Reply>>,
    console: Console,
    place: Place,
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
                self.place.set_previous(outcome.phases);
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
            Some(Err(status)) => Err(status),
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
                Err(status)
            }
        };
        self.send(Reply {
            result,
            life: Some((instance, *phases)),
            queued: self.queued,
        });
    }

    fn refuse(&mut self, status: StatusCode, life: Option<(InstanceId, Phases)>) {
        self.send(Reply {
            result: Err(status),
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
        let exit = &outcome.exit;
        match exit {
            Exit::Fault(report) => {
                let report = report.to_string();
                tracing::error!(request, %instance, answered, report = %Below(&report), "the runtime crashed");
            }
            Exit::Violation(violation) => {
                tracing::error!(request, %instance, answered, %violation, "an instance broke its contract");
            }
            Exit::Status(0) if answered => {
                tracing::debug!(request, %instance, phases = ?outcome.phases, "gone")
            }
            // Ended by a client that left, or after it spoke again (that was said then), or since it
            // did not end by itself after its answer.
            Exit::Stopped => tracing::debug!(request, %instance, answered, "stopped"),
            Exit::TimedOut | Exit::CpuExceeded | Exit::OutOfMemory { .. } => {
                tracing::warn!(request, %instance, answered, %exit, "an instance reached its limit");
            }
            // After a crash report, status 1 is how it should end.
            Exit::Status(_) | Exit::Slogan { .. } if answered => {
                tracing::debug!(request, %instance, exit = %harmless(exit.to_string().as_bytes()), "gone");
            }
            Exit::Status(_) | Exit::Slogan { .. } => {
                let exit = harmless(exit.to_string().as_bytes());
                tracing::error!(request, %instance, %exit, "an instance ended without an answer");
            }
        }
        let status = match exit {
            Exit::TimedOut | Exit::CpuExceeded => StatusCode::GATEWAY_TIMEOUT,
            Exit::OutOfMemory { .. } | Exit::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            Exit::Status(_) | Exit::Slogan { .. } | Exit::Fault(_) | Exit::Violation(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        self.refuse(status, Some((instance, outcome.phases)));
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
