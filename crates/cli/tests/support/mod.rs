//! What the end-to-end tests share: the command, images of the fixtures, servers, an HTTP client.
#![allow(dead_code, reason = "each test program uses a part")]

pub mod release;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;

/// The longest that anything here may take.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The backends that can be tested here. One that can't is named on standard error: a test that
/// could not run must not look like one that passed.
pub fn backends() -> Vec<&'static str> {
    let kvm = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm");
    if let Err(error) = &kvm {
        eprintln!("NOT TESTED on kvm: /dev/kvm: {error}");
    }
    kvm.is_ok()
        .then_some("kvm")
        .into_iter()
        .chain(["process"])
        .collect()
}

/// `brood` with these arguments, without input.
pub fn brood<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brood"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("RUST_LOG");
    command
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub output: String,
    pub errors: String,
}

impl Said {
    /// Runs a command to its end, which must come within the patience of a test.
    #[track_caller]
    pub fn of(command: &mut Command) -> Said {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it can be run");
        let output = collect(child.stdout.take().unwrap());
        let errors = collect(child.stderr.take().unwrap());
        let status = wait(&mut child);
        Said {
            status,
            output: output.join().unwrap(),
            errors: errors.join().unwrap(),
        }
    }

    /// It failed, said this, and said it in an orderly way.
    #[track_caller]
    pub fn fails_with(&self, status: i32, text: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert!(
            self.errors.contains(text),
            "{text:?} is not in: {}",
            self.errors
        );
        assert!(!self.errors.contains("panicked"), "{}", self.errors);
    }
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The path that this script of the project prints, if it succeeds.
pub fn fetched(script: &str, arguments: &[&str]) -> Option<PathBuf> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
    let output = Command::new(scripts.join(script))
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("the script is there");
    let printed = String::from_utf8(output.stdout).expect("a path");
    output
        .status
        .success()
        .then(|| PathBuf::from(printed.trim_end()))
}

/// The chunks of a `.beam` file but for what is compressed, which each zlib does in its own way, and what has a digest of
/// all in it.
pub fn code_chunks(file: &[u8]) -> BTreeMap<&[u8], &[u8]> {
    let mut chunks = BTreeMap::new();
    let mut rest = file.get(12..).expect("a header");
    while let Some((header, behind)) = rest.split_at_checked(8) {
        let (name, length) = header.split_at(4);
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        chunks.insert(name, &behind[..length]);
        rest = behind.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    for changing in [b"LitT", b"CInf", b"Dbgi", b"Meta", b"FunT", b"Attr"] {
        chunks.remove(&changing[..]);
    }
    chunks
}

/// An example's directory.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name)
}

/// The image of a fixture, built once by each test program.
pub struct Images {
    directory: TempDir,
}

impl Images {
    pub fn path(&self, fixture: &str) -> PathBuf {
        self.directory.path().join(fixture).with_extension("brood")
    }
}

/// The images of both fixtures.
pub fn images() -> &'static Images {
    static IMAGES: OnceLock<Images> = OnceLock::new();
    IMAGES.get_or_init(|| built(["routes", "program"].map(|name| (name, fixture(name)))))
}

/// Images of what is in these directories, by these names.
pub fn built<'a>(directories: impl IntoIterator<Item = (&'a str, PathBuf)>) -> Images {
    let images = Images {
        directory: tempfile::tempdir().unwrap(),
    };
    for (name, directory) in directories {
        let mut command = brood(["build"]);
        command.arg(directory).arg("-o").arg(images.path(name));
        let said = Said::of(&mut command);
        assert_eq!(said.status, Some(0), "building {name}: {said:?}");
        assert!(images.path(name).is_file());
    }
    images
}

/// A running `brood serve`; killed when dropped.
pub struct Served {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<String>>,
    logger: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves the fixture `routes` on a free port.
    pub fn start(backend: &str, options: &[&str]) -> Served {
        Served::image(&images().path("routes"), backend, options)
    }

    /// Serves an image on a free port.
    pub fn image(image: &Path, backend: &str, options: &[&str]) -> Served {
        Served::what(&[image.as_os_str()], backend, options)
    }

    /// Serves the applications in a directory on a free port.
    pub fn applications(directory: &Path, backend: &str, options: &[&str]) -> Served {
        let what = ["--applications".as_ref(), directory.as_os_str()];
        Served::what(&what, backend, options)
    }

    fn what(what: &[&OsStr], backend: &str, options: &[&str]) -> Served {
        let mut command = brood(["serve", "--listen", "127.0.0.1:0", "--backend", backend]);
        command
            .args(what)
            .args(options)
            // What instances print is in the log as it comes.
            .env("RUST_LOG", "info,brood_gateway=debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::default();
        let logger = follow(child.stderr.take().unwrap(), Arc::clone(&log));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next()?.parse().ok());
        let Some(address) = address else {
            child.wait().unwrap();
            logger.join().unwrap();
            panic!("not serving: {line:?} {}", log.lock().unwrap());
        };
        Served {
            child,
            address,
            log,
            logger: Some(logger),
        }
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether the log says this by now.
    pub fn has_said(&self, text: &str) -> bool {
        self.log.lock().unwrap().contains(text)
    }

    /// Waits until the log says this.
    #[track_caller]
    pub fn says(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_said(text) {
            assert!(
                Instant::now() < deadline,
                "it never says {text:?}: {}",
                self.log.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn get(&self, path: &str) -> Response<Bytes> {
        self.send(request(Method::GET, path, Bytes::new()))
    }

    pub fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        runtime().block_on(send(self.address, request))
    }

    /// Sends Ctrl-C.
    pub fn interrupt(&self) {
        interrupt(&self.child);
    }

    /// Waits for the end. Returns its exit status and its log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let status = wait(&mut self.child);
        self.logger.take().unwrap().join().unwrap();
        (status, std::mem::take(&mut *self.log.lock().unwrap()))
    }

    /// Ctrl-C, and the end of it.
    pub fn stop(self) -> String {
        self.interrupt();
        let (status, log) = self.ended();
        assert_eq!(status, Some(0), "{log}");
        log
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bit of SIGINT in the masks of `/proc/PID/status`.
const SIGINT_BIT: u64 = 1 << 1;

/// Sends Ctrl-C to a program as soon as it listens for it.
#[track_caller]
pub fn interrupt(child: &Child) {
    let path = format!("/proc/{}/status", child.id());
    let listens = || {
        let status = std::fs::read_to_string(&path).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_none_or(|mask| mask & SIGINT_BIT != 0)
    };
    let deadline = Instant::now() + PATIENCE;
    while !listens() {
        assert!(Instant::now() < deadline, "it does not listen for Ctrl-C");
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Adds the lines of a stream to a log, to its end.
fn follow(stream: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).unwrap() > 0 {
            log.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// Reads a stream to its end on a thread of its own, so that it never blocks who writes it.
fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The numbers of `/proc/PID/stat` behind the name and the state: the 4th field, the parent's id, and so on.
pub fn numbers_of(process: u32) -> Option<Vec<u64>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let fields = fields.split_whitespace().skip(1);
    Some(fields.map(|field| field.parse().unwrap_or(0)).collect())
}

/// The processes that a process has started.
pub fn children_of(process: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap();
    let all = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_child = |&other: &u32| numbers_of(other).is_some_and(|its| its[0] == u64::from(process));
    all.filter(is_child).collect()
}

/// The exit status, which comes within the patience of a test.
#[track_caller]
pub fn wait(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

pub fn request(method: Method, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "test")
        .body(Full::new(body.into()))
        .unwrap()
}

/// One request on a connection of its own, HTTP/1.1.
pub async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let exchange = async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        let response = whole(sender.send_request(request).await.unwrap()).await;
        drop(sender);
        // The server may close before all of a refused body is written.
        let _ = connection.await.unwrap();
        response
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .expect("an answer comes in time")
}

/// One request on a connection of its own, HTTP/2 with prior knowledge.
pub async fn send_http_2(address: SocketAddr, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let exchange = async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        whole(sender.send_request(request).await.unwrap()).await
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .expect("an answer comes in time")
}

async fn whole(response: Response<hyper::body::Incoming>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

pub fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

pub fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}
