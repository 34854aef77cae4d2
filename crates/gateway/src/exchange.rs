//! One request and its response, on the asynchronous side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use brood_monitor::{Control, Phases};
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::answer::{has_body, remove_hop_by_hop};
use crate::applications::Applications;
use crate::config::Config;
use crate::dispatcher::Dispatcher;
use crate::life::{self, Job, Reply};
use crate::refusal::Refusal;

const INSTANCE: HeaderName = HeaderName::from_static("brood-instance");
const REQUEST: HeaderName = HeaderName::from_static("brood-request");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// When a client that got 503 may try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// What every exchange of a server needs.
pub(crate) struct Desk {
    pub config: Arc<Config>,
    pub applications: Applications,
    pub dispatcher: Dispatcher,
    pub ids: RequestIds,
    /// Room for bodies, in KiB.
    pub room: Arc<Semaphore>,
}

/// Gives each request an id of its own.
pub(crate) struct RequestIds {
    next: AtomicU64,
}

impl RequestIds {
    /// Ids of different servers differ in their first half, which is random.
    pub(crate) fn new(seed: u32) -> RequestIds {
        RequestIds {
            next: AtomicU64::new(u64::from(seed) << 32),
        }
    }

    fn next(&self) -> String {
        format!("{:016x}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Ends the instance unless told that it is no longer needed: dropped with the exchange, when the
/// client leaves.
struct StopOnDrop(Option<Control>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(control) = self.0.take() {
            control.stop();
        }
    }
}

impl Desk {
    /// Answers a request.
    pub(crate) async fn exchange(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<Full<Bytes>> {
        let id = self.ids.next();
        let method = request.method().clone();
        let mut response = match self.instance(request, peer, &id).await {
            Ok(reply) => respond(reply, &method, &id),
            Err(refusal) => failure(&refusal, &method, &id),
        };
        // Hexadecimal digits are header text.
        if let Ok(value) = HeaderValue::try_from(&id) {
            response.headers_mut().insert(REQUEST, value);
        }
        tracing::debug!(request = %id, %method, status = response.status().as_u16(), "answered");
        response
    }

    /// Has an instance answer, unless something is in the way.
    async fn instance(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        id: &str,
    ) -> Result<Reply, Refusal> {
        if request.method() == Method::CONNECT {
            return Err(StatusCode::NOT_IMPLEMENTED.into());
        }
        let (mut parts, body) = request.into_parts();
        let application = self.applications.find(&parts).await?;
        let room = self.room_for(&body, id)?;
        let body = read_body(body, &self.config).await?;
        remove_hop_by_hop(&mut parts.headers);
        // In HTTP/2 the host is part of the request line.
        if let Some(authority) = parts.uri.authority()
            && !parts.headers.contains_key(header::HOST)
            && let Ok(value) = HeaderValue::try_from(authority.as_str())
        {
            parts.headers.insert(header::HOST, value);
        }
        let control = Control::new();
        let (reply, answer) = oneshot::channel();
        let job = Job {
            id: id.to_owned(),
            application,
            parts,
            body,
            room,
            peer: peer.to_string(),
            control: control.clone(),
            enqueued: Instant::now(),
            reply,
        };
        self.dispatcher.offer(job).map_err(|_| {
            tracing::warn!(request = id, "the queue is full");
            life::too_many()
        })?;
        let mut guard = StopOnDrop(Some(control));
        let reply = answer
            .await
            .map_err(|_| Refusal::from(StatusCode::INTERNAL_SERVER_ERROR))?;
        guard.0 = None;
        Ok(reply)
    }
}

impl Desk {
    /// Room for the longest that `body` can become.
    fn room_for(&self, body: &Incoming, id: &str) -> Result<OwnedSemaphorePermit, Refusal> {
        let limit = self.config.body_max as u64;
        let size = body.size_hint();
        if size.lower() > limit {
            return Err(StatusCode::PAYLOAD_TOO_LARGE.into());
        }
        // At most `body_max`, which is checked to be far below 4 TiB.
        let longest = size.upper().unwrap_or(limit).min(limit).div_ceil(1024) as u32;
        let room = Arc::clone(&self.room).try_acquire_many_owned(longest);
        room.map_err(|_| {
            tracing::warn!(request = id, "no room for one more body");
            Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too much is being sent at the moment",
            )
        })
    }
}

/// The whole body, within its length and time.
async fn read_body(body: Incoming, config: &Config) -> Result<Bytes, StatusCode> {
    let whole = Limited::new(body, config.body_max).collect();
    match tokio::time::timeout(config.read_timeout, whole).await {
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
    }
}

fn respond(reply: Reply, method: &Method, id: &str) -> Response<Full<Bytes>> {
    let Reply {
        result,
        life,
        queued,
    } = reply;
    let mut response = match result {
        Err(refusal) => failure(&refusal, method, id),
        Ok(life::Response {
            status,
            headers,
            body,
        }) => {
            let length = body.len();
            let has_body = has_body(method, status);
            let mut response = Response::new(Full::new(if has_body { body } else { Bytes::new() }));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            if *method == Method::HEAD {
                response
                    .headers_mut()
                    .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
            response
        }
    };
    if let Some((instance, phases)) = life {
        for (name, text) in [
            (INSTANCE, instance.to_string()),
            (SERVER_TIMING, timing(&phases, queued)),
        ] {
            // Digits and punctuation are header text.
            if let Ok(value) = HeaderValue::try_from(text) {
                response.headers_mut().append(name, value);
            }
        }
    }
    response
}

/// The life of an instance up to its answer, in milliseconds since its launch.
fn timing(phases: &Phases, queued: Duration) -> String {
    let mut text = format!("queued;dur={:.3}", queued.as_secs_f64() * 1e3);
    for (name, time) in life::named(phases) {
        text.push_str(&format!(", {name};dur={:.3}", time.as_secs_f64() * 1e3));
    }
    text
}

/// A response that the gateway makes itself.
fn failure(refusal: &Refusal, method: &Method, id: &str) -> Response<Full<Bytes>> {
    let Refusal { status, reason } = refusal;
    let colon = if reason.is_empty() { "" } else { ": " };
    let text = format!("{status}{colon}{reason}\nrequest {id}\n");
    let status = *status;
    let length = text.len();
    let body = if has_body(method, status) {
        Bytes::from(text)
    } else {
        Bytes::new()
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if *method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE || status == StatusCode::REQUEST_TIMEOUT {
        // The rest of the body is not wanted.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
