//! `brood serve --applications` and `--usage`: many applications on one server, and what their
//! instances used.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;
use support::{PATIENCE, Served, backends, children_of, header, images, numbers_of, request, text};
use tempfile::TempDir;

/// A directory with links to the image of `routes` by these names.
fn directory(names: &[&str]) -> TempDir {
    let directory = tempfile::tempdir_in(images().path("routes").parent().unwrap()).unwrap();
    for name in names {
        link(&directory, name);
    }
    directory
}

fn link(directory: &TempDir, name: &str) {
    fs::hard_link(images().path("routes"), path(directory, name)).unwrap();
}

fn path(directory: &TempDir, name: &str) -> std::path::PathBuf {
    directory.path().join(format!("{name}.brood"))
}

fn ask(served: &Served, host: &str, path: &str) -> http::Response<Bytes> {
    let mut request = request(Method::GET, path, Bytes::new());
    let host = host.parse().unwrap();
    request.headers_mut().insert(http::header::HOST, host);
    served.send(request)
}

#[test]
fn applications_come_change_and_go() {
    for backend in backends() {
        let directory = directory(&["shop", "blog"]);
        let served = Served::applications(directory.path(), backend, &[]);
        for host in ["shop.localhost", "BLOG", "shop:8080"] {
            assert_eq!(
                ask(&served, host, "/echo").status(),
                StatusCode::OK,
                "{host}"
            );
        }
        let nobody = ask(&served, "chat.localhost", "/echo");
        assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
        assert!(text(&nobody).contains("no application chat here"));

        link(&directory, "chat");
        assert_eq!(ask(&served, "chat", "/echo").status(), StatusCode::OK);

        let whole = fs::read(images().path("routes")).unwrap();
        fs::write(path(&directory, "made"), &whole[..whole.len() / 2]).unwrap();
        fs::rename(path(&directory, "made"), path(&directory, "blog")).unwrap();
        let broken = ask(&served, "blog", "/echo");
        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(text(&broken).contains("blog can't be run"));
        served.says("truncated");
        assert_eq!(ask(&served, "shop", "/echo").status(), StatusCode::OK);

        fs::remove_file(path(&directory, "shop")).unwrap();
        assert_eq!(
            ask(&served, "shop", "/echo").status(),
            StatusCode::NOT_FOUND
        );
        served.stop();
    }
}

#[test]
fn an_image_without_a_handler_is_refused_by_itself() {
    let backend = backends()[0];
    let directory = directory(&["shop"]);
    fs::hard_link(images().path("program"), path(&directory, "program")).unwrap();
    let served = Served::applications(directory.path(), backend, &[]);
    let refused = ask(&served, "program", "/");
    assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
    served.says("has no handler");
    assert_eq!(ask(&served, "shop", "/echo").status(), StatusCode::OK);
    served.stop();
}

#[test]
fn a_busy_application_starves_nobody() {
    for backend in backends() {
        let directory = directory(&["busy", "calm"]);
        let options = ["--concurrency", "4", "--queue", "16", "--timeout", "300"];
        let served = Served::applications(directory.path(), backend, &options);
        let address = served.address;
        support::runtime().block_on(async {
            let mut busy = tokio::task::JoinSet::new();
            for _ in 0..40 {
                let mut endless = request(Method::GET, "/sleep?250000", Bytes::new());
                let host = "busy".parse().unwrap();
                endless.headers_mut().insert(http::header::HOST, host);
                busy.spawn(support::send(address, endless));
            }
            // Three quarters of the places are its share; 16 wait, the others are refused.
            for _ in 0..21 {
                let refused = busy.join_next().await.unwrap().unwrap();
                assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
            }
            for _ in 0..5 {
                let mut echo = request(Method::GET, "/echo", Bytes::new());
                let host = "calm".parse().unwrap();
                echo.headers_mut().insert(http::header::HOST, host);
                let start = Instant::now();
                let answer = support::send(address, echo).await;
                assert_eq!(answer.status(), StatusCode::OK);
                assert!(start.elapsed() < Duration::from_secs(120));
            }
            busy.abort_all();
        });
        served.stop();
    }
}

#[test]
fn limits_end_an_instance_by_their_names() {
    let options = ["--timeout", "250", "--cpu", "0.5", "--max-answer", "10"];
    for backend in backends() {
        let served = Served::start(backend, &options);
        for (path, status, says) in [
            ("/loop", 504, "processor time"),
            ("/alloc", 503, "memory"),
            ("/big?100000", 500, "answer"),
        ] {
            let response = served.get(path);
            assert_eq!(
                response.status().as_u16(),
                status,
                "{path}: {}",
                text(&response)
            );
            let reason = text(&response);
            assert!(reason.contains(says), "{path}: {reason}");
            served.says(&format!("limit=\"{says}\""));
        }
        assert_eq!(served.get("/echo").status(), StatusCode::OK);
        served.stop();
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn usage_survives_rotation() {
    let backend = backends()[0];
    let directory = tempfile::tempdir().unwrap();
    let [usage, moved] = ["usage", "moved"].map(|name| directory.path().join(name));
    let served = Served::start(backend, &["--usage", usage.to_str().unwrap()]);
    let first = served.get("/echo");
    let deadline = Instant::now() + PATIENCE;
    while lines(&usage).is_empty() {
        assert!(Instant::now() < deadline, "no line is written");
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::rename(&usage, &moved).unwrap();
    let process = served.process().to_string();
    let hangup = Command::new("kill").args(["-HUP", &process]).status();
    assert!(hangup.unwrap().success());
    while !usage.exists() {
        assert!(Instant::now() < deadline, "it is not opened anew");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = served.get("/echo");
    served.stop();
    for (path, response) in [(&moved, first), (&usage, second)] {
        let lines = lines(path);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["request"], header(&response, "brood-request"));
        assert_eq!(lines[0]["instance"], header(&response, "brood-instance"));
        assert_eq!(lines[0]["application"], "routes");
        assert_eq!(lines[0]["exit"], "exit");
        assert!(lines[0]["cpu_ms"].as_f64().unwrap() > 0.0);
    }
}

/// Processor time of a process, of those that it has started, and so on, in seconds. Of those that have gone it is in the
/// account of who has waited for them: what `getrusage` tells of children.
fn processor_time(process: u32) -> f64 {
    // `utime`, `stime`, `cutime` and `cstime` are those from the 14th on, in hundredths.
    let Some(own) = numbers_of(process) else {
        return 0.0;
    };
    let children = children_of(process).into_iter().map(processor_time);
    own[10..14].iter().sum::<u64>() as f64 / 100.0 + children.sum::<f64>()
}

/// All that the server and its processes use is compared with the sum of what it says that its instances have used. The
/// rest is the gateway's own work: that is little, since the requests are few and each has much to do.
#[test]
fn usage_agrees_with_the_operating_system() {
    let homes: [&[&str]; 2] = [&[], &["--jail"]];
    let ways = backends()
        .into_iter()
        .flat_map(|backend| homes.map(|home| (backend, home)));
    for (backend, home) in ways {
        let directory = tempfile::tempdir().unwrap();
        let usage = directory.path().join("usage");
        let options = ["--cpu", "0.4", "--timeout", "250", "--hibernate", "0.05"];
        let written = ["--usage", usage.to_str().unwrap()];
        let served = Served::start(backend, &[&options[..], &written, home].concat());
        // Whatever is made for the first one is made before.
        served.get("/echo");
        let until_written = |count| {
            let deadline = Instant::now() + PATIENCE;
            while lines(&usage).len() < count {
                assert!(Instant::now() < deadline, "{count} lines aren't written");
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        until_written(1);
        let before = processor_time(served.process());
        // One after the other, and several that take turns: such as end by themselves, reach a limit, or hibernate.
        let alone = [("/work?150", 200), ("/loop", 504), ("/alloc", 503)];
        for (path, status) in alone.iter().cycle().take(12) {
            let response = served.get(path);
            assert_eq!(response.status().as_u16(), *status, "{path}");
        }
        let address = served.address;
        support::runtime().block_on(async {
            let mut together = tokio::task::JoinSet::new();
            for path in ["/work?100", "/sleep?300"].iter().cycle().take(12) {
                together.spawn(support::send(
                    address,
                    request(Method::GET, path, Bytes::new()),
                ));
            }
            while let Some(response) = together.join_next().await {
                assert_eq!(response.unwrap().status(), StatusCode::OK);
            }
        });
        until_written(25);
        let by_host = processor_time(served.process()) - before;
        served.stop();
        let lines = lines(&usage);
        let metered = lines[1..]
            .iter()
            .map(|line| line["cpu_ms"].as_f64().unwrap());
        let metered = metered.sum::<f64>() / 1e3;
        assert!(by_host > 1.0, "{backend}: {by_host} s of work");
        let ratio = metered / by_host;
        assert!(
            (0.95..=1.05).contains(&ratio),
            "{backend} {home:?}: {metered} s metered, {by_host} s by the host"
        );
        eprintln!("{backend} {home:?}: {metered} s metered, {by_host} s by the host");
    }
}
