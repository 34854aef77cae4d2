//! A server with instances made up for the purpose, and a real HTTP client.

mod applications;
mod usage;

use super::*;
use crate::applications::Application;
use crate::external::tests::{crash, response};
use crate::instances::Instances;
use brood_monitor::{
    Cause, CrashReport, EventSink, Exit, Flow, InstanceId, Launch, Listener, Outcome, Phases,
    Usage, Violation,
};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Condvar, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

/// Instances that do at once what the path says.
#[derive(Default)]
struct Fake {
    gate: Gate,
    launched: AtomicU64,
    running: AtomicUsize,
    most_running: AtomicUsize,
    second_message: Mutex<Option<Flow>>,
    arguments: Mutex<Vec<Vec<u8>>>,
}

/// What `/slow` and `/lingers` wait for: open or not, and who is to hear of it.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let open = self.0.lock().unwrap();
        drop(self.1.wait_while(open, |open| !*open).unwrap());
    }
}

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Fake {
    fn behave(&self, id: InstanceId, launch: &Launch<'_>, sink: &mut dyn EventSink) -> Exit {
        let does = |path: &str| {
            launch
                .argument
                .windows(path.len())
                .any(|window| window == path.as_bytes())
        };
        let mut say = |bytes: &[u8]| {
            let flow = sink.message(bytes);
            let phases = Phases {
                answered: Some(Duration::from_micros(1234)),
                ..Phases::default()
            };
            sink.answered(id, &phases);
            flow
        };
        if does("/timeout") {
            return Exit::TimedOut;
        } else if does("/cpu") {
            return Exit::CpuExceeded;
        } else if does("/long-answer") {
            return Exit::Violation(Violation::MessageLimit(1));
        } else if does("/memory") {
            return Exit::OutOfMemory { asked: 1 };
        } else if does("/silent") {
            return Exit::Status(0);
        } else if does("/fault") {
            return Exit::Fault(Box::new(CrashReport {
                id,
                cause: Cause::NullPointer(8),
                note: None,
                registers: None,
                backtrace: Vec::new(),
            }));
        } else if does("/crash") {
            say(&crash(500, "report"));
            return Exit::Status(1);
        } else if does("/garbage") {
            say(b"garbage");
        } else if does("/status") {
            say(&response(101, &[], b""));
        } else if does("/twice") {
            say(&response(200, &[], b"first"));
            let flow = sink.message(&response(200, &[], b"second"));
            *self.second_message.lock().unwrap() = Some(flow);
            return Exit::Stopped;
        } else if does("/lingers") {
            say(&response(200, &[], b"early"));
            self.gate.wait();
        } else if does("/slow") {
            self.gate.wait();
            say(&response(200, &[], b"slow"));
        } else if does("/panic") {
            panic!("on purpose");
        } else {
            say(&response(200, &[("x-number", &id.0.to_string())], b"hello"));
        }
        Exit::Status(0)
    }
}

impl Fake {
    fn run(
        &self,
        launch: &Launch<'_>,
        sink: &mut dyn EventSink,
    ) -> Result<Outcome, brood_monitor::Error> {
        let id = InstanceId(self.launched.fetch_add(1, Ordering::SeqCst));
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_running.fetch_max(running, Ordering::SeqCst);
        self.arguments
            .lock()
            .unwrap()
            .push(launch.argument.to_vec());
        let exit = self.behave(id, launch, sink);
        self.running.fetch_sub(1, Ordering::SeqCst);
        if launch.argument.windows(5).any(|window| window == b"/host") {
            return Err(brood_monitor::Error::MemoryLimit(1));
        }
        let phases = Phases {
            gone: Some(Duration::from_millis(2)),
            ..Phases::default()
        };
        Ok(Outcome {
            id,
            exit,
            phases,
            usage: Usage::default(),
        })
    }
}

/// Each instance on a thread of its own.
struct Fakes(Arc<Fake>);

impl Instances for Fakes {
    fn launch(&self, launch: Launch<'static>, mut listener: Box<dyn Listener>) {
        let fake = Arc::clone(&self.0);
        std::thread::spawn(move || {
            let outcome = fake.run(&launch, &mut *listener);
            listener.ended(outcome);
        });
    }
}

type Http = Client<HttpConnector, Full<Bytes>>;

struct Running {
    fake: Arc<Fake>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
    http: Http,
}

impl Running {
    async fn start(config: Config) -> Running {
        let fake = Arc::new(Fake::default());
        let instances = Arc::new(Fakes(Arc::clone(&fake)));
        let one = Applications::One(Application::new("one", 64 << 20, instances));
        Running::with(fake, config, one, None).await
    }

    async fn with(
        fake: Arc<Fake>,
        config: Config,
        applications: Applications,
        usage: Option<UsageLog>,
    ) -> Running {
        let anywhere = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(anywhere, config, applications, usage)
            .await
            .unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(server.serve(async {
            let _ = stopped.await;
        }));
        let http = Client::builder(TokioExecutor::new()).build_http();
        Running {
            fake,
            address,
            stop,
            served,
            http,
        }
    }

    fn request(&self, method: Method, path: &str, body: &'static [u8]) -> Request<Full<Bytes>> {
        let uri = format!("http://{}{path}", self.address);
        Request::builder()
            .method(method)
            .uri(uri)
            .body(Full::new(Bytes::from_static(body)))
            .unwrap()
    }

    async fn get(&self, path: &str) -> Response<Bytes> {
        whole(
            self.http
                .request(self.request(Method::GET, path, b""))
                .await
                .unwrap(),
        )
        .await
    }

    /// Waits until an instance runs.
    async fn one_runs(&self) {
        while self.fake.running.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn stop(self) {
        drop(self.http);
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }
}

async fn whole(response: Response<Incoming>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

fn header<'a, B>(response: &'a Response<B>, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

fn small() -> Config {
    Config {
        concurrency: 2,
        queue: 64,
        timeout: PATIENCE,
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_an_instance_of_its_own() {
    let server = Running::start(small()).await;
    let mut instances = std::collections::HashSet::new();
    for _ in 0..20 {
        let response = server.get("/").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.body().as_ref(), b"hello");
        assert!(header(&response, "server-timing").contains("answered;dur=1.234"));
        assert_eq!(header(&response, "brood-request").len(), 16);
        assert_eq!(
            u64::from_str_radix(header(&response, "brood-instance"), 16)
                .unwrap()
                .to_string(),
            header(&response, "x-number")
        );
        instances.insert(header(&response, "brood-instance").to_owned());
    }
    assert_eq!(instances.len(), 20);
    let arguments = server.fake.arguments.lock().unwrap().clone();
    let has_previous = |argument: &[u8]| argument.windows(8).any(|window| window == b"previous");
    assert!(!has_previous(&arguments[0]));
    assert!(has_previous(&arguments[19]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_has_its_status() {
    let server = Running::start(small()).await;
    for (path, status) in [
        ("/timeout", 504),
        ("/cpu", 504),
        ("/long-answer", 500),
        ("/memory", 503),
        ("/silent", 500),
        ("/fault", 500),
        ("/crash", 500),
        ("/garbage", 500),
        ("/status", 500),
        ("/panic", 500),
        ("/panic", 500),
        ("/panic", 500),
        ("/host", 200),
    ] {
        let response = server.get(path).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        if status != 200 {
            let id = header(&response, "brood-request");
            let body = String::from_utf8(response.body().to_vec()).unwrap();
            assert!(body.contains(id), "{path}: {body}");
            assert!(!body.contains("report"), "a report is for the log");
        }
        assert_eq!(
            header(&response, "retry-after").is_empty(),
            status != 503,
            "{path}"
        );
        assert_eq!(
            server.get("/").await.status(),
            StatusCode::OK,
            "after {path}"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_message_stops_the_instance() {
    let server = Running::start(small()).await;
    assert_eq!(server.get("/twice").await.body().as_ref(), b"first");
    let fake = Arc::clone(&server.fake);
    server.stop().await;
    assert_eq!(*fake.second_message.lock().unwrap(), Some(Flow::Stop));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_response_does_not_wait_for_the_instances_end() {
    let server = Running::start(small()).await;
    let early = tokio::time::timeout(PATIENCE, server.get("/lingers"));
    assert_eq!(early.await.unwrap().body().as_ref(), b"early");
    let fake = Arc::clone(&server.fake);
    assert_eq!(fake.running.load(Ordering::SeqCst), 1);
    let stopped = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(
        !stopped.is_finished(),
        "draining waits for the instance's end"
    );
    fake.gate.open();
    stopped.await.unwrap();
    assert_eq!(fake.running.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_up_to_the_bound_and_no_further() {
    let server = Running::start(Config {
        concurrency: 1,
        queue: 2,
        ..small()
    })
    .await;
    let slow = || {
        server
            .http
            .request(server.request(Method::GET, "/slow", b""))
    };
    let mut all = JoinSet::new();
    all.spawn(slow());
    server.one_runs().await;
    for _ in 0..7 {
        all.spawn(slow());
    }
    for _ in 0..5 {
        let refused = all.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(header(&refused, "retry-after"), "1");
    }
    server.fake.gate.open();
    for response in all.join_all().await {
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(server.fake.most_running.load(Ordering::SeqCst), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_a_limit() {
    let server = Running::start(Config {
        body_max: 1000,
        ..small()
    })
    .await;
    static BODY: [u8; 1001] = [b'x'; 1001];
    let post = |body| server.http.request(server.request(Method::POST, "/", body));
    assert_eq!(post(&BODY[..1000]).await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        post(&BODY).await.unwrap().status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    // Without a length in advance.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
        .unwrap();
    for _ in 0..3 {
        stream
            .write_all(format!("190\r\n{}\r\n", "x".repeat(400)).as_bytes())
            .await
            .unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_together_have_a_limit() {
    let server = Running::start(Config {
        concurrency: 1,
        body_max: 1024,
        bodies_max: 2048,
        ..small()
    })
    .await;
    let slow = |body| {
        server
            .http
            .request(server.request(Method::POST, "/slow", body))
    };
    let mut all = JoinSet::new();
    // One has its instance, and so needs no room any more; two wait.
    all.spawn(slow(b"x"));
    server.one_runs().await;
    for _ in 0..4 {
        all.spawn(slow(b"x"));
    }
    let without_body = server.http.request(server.request(Method::GET, "/", b""));
    all.spawn(without_body);
    for _ in 0..2 {
        let refused = all.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    server.fake.gate.open();
    for response in all.join_all().await {
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(
        slow(b"x").await.unwrap().status(),
        StatusCode::OK,
        "the room is free again"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_not_waited_for() {
    let server = Running::start(Config {
        read_timeout: Duration::from_millis(200),
        ..small()
    })
    .await;
    for sent in [
        "",
        "GET / HT",
        "PRI * HTTP/2.0",
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nab",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        tokio::time::timeout(PATIENCE, read)
            .await
            .expect(sent)
            .unwrap();
        if sent.ends_with("ab") {
            assert!(
                answer.starts_with(b"HTTP/1.1 408"),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
    assert_eq!(server.fake.launched.load(Ordering::SeqCst), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_and_methods() {
    let server = Running::start(small()).await;
    let http: Http = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let response = http
        .request(server.request(Method::GET, "/a?b", b""))
        .await
        .unwrap();
    assert_eq!(
        (response.version(), response.status()),
        (Version::HTTP_2, StatusCode::OK)
    );
    let host = server.address.to_string();
    let argument = server.fake.arguments.lock().unwrap()[0].clone();
    assert!(
        argument
            .windows(host.len())
            .any(|window| window == host.as_bytes())
    );
    for http in [&http, &server.http] {
        let response = whole(
            http.request(server.request(Method::HEAD, "/", b""))
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(header(&response, "content-length"), "5");
        assert!(response.body().is_empty());
    }
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"CONNECT h:1 HTTP/1.1\r\nhost: h:1\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 501");
    drop((stream, http));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_ends_what_has_begun_and_accepts_no_more() {
    let server = Running::start(small()).await;
    let slow = tokio::spawn(
        server
            .http
            .request(server.request(Method::GET, "/slow", b"")),
    );
    server.one_runs().await;
    let address = server.address;
    server.stop.send(()).unwrap();
    server.fake.gate.open();
    let response = whole(slow.await.unwrap().unwrap()).await;
    assert_eq!(response.body().as_ref(), b"slow");
    drop(server.http);
    server.served.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let server = Running::start(small()).await;
    let fake = Arc::new(Fakes(Arc::default()));
    let one = Applications::One(Application::new("one", 64 << 20, fake));
    let error = Server::bind(server.address, small(), one, None)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(error, Error::AddressInUse(address) if address == server.address),
        "{error}"
    );
    server.stop().await;
}
