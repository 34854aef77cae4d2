//! `brood serve --jail`, on every backend that works here.

mod support;

use std::time::{Duration, Instant};

use http::StatusCode;
use support::{PATIENCE, Served, backends, children_of, header, text};

/// Serves in a jail on each backend, and stops in order.
fn on_each_backend(options: &[&str], test: impl Fn(&Served)) {
    for backend in backends() {
        eprintln!("on {backend}:");
        let options = [&["--jail"], options].concat();
        let served = Served::start(backend, &options);
        test(&served);
        served.stop();
    }
}

/// The worker's process: the only child.
fn worker_of(served: &Served) -> Option<u32> {
    let all = children_of(served.process());
    assert!(all.len() <= 1, "{all:?}");
    all.first().copied()
}

fn kill(process: u32) {
    let process = process.to_string();
    let status = std::process::Command::new("kill")
        .args(["-9", &process])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn requests_are_answered_from_a_jail_as_without() {
    on_each_backend(&[], |served| {
        let response = served.get("/echo?a=1");
        assert_eq!(response.status(), StatusCode::OK, "{}", text(&response));
        assert!(header(&response, "server-timing").contains("answered"));
        assert_eq!(served.get("/big?3000000").body().len(), 3_000_000);
        assert_eq!(
            served.get("/crash").status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
        served.says("the handler crashed");
        assert_eq!(served.get("/nothing").status(), StatusCode::NOT_FOUND);
        served.get("/print");
        served.says("the instance printed");
    });
    on_each_backend(&["--timeout", "0.3"], |served| {
        assert_eq!(served.get("/loop").status(), StatusCode::GATEWAY_TIMEOUT);
    });
}

#[test]
fn a_killed_worker_costs_the_requests_that_it_had() {
    on_each_backend(&["--concurrency", "4"], |served| {
        assert_eq!(served.get("/echo").status(), StatusCode::OK);
        for _ in 0..3 {
            let before = worker_of(served).unwrap();
            std::thread::scope(|scope| {
                let waiting: Vec<_> = (0..4)
                    .map(|_| scope.spawn(|| served.get("/loop")))
                    .collect();
                std::thread::sleep(Duration::from_millis(300));
                kill(before);
                for request in waiting {
                    let response = request.join().unwrap();
                    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
                    assert!(
                        text(&response).starts_with("502 Bad Gateway"),
                        "{}",
                        text(&response)
                    );
                }
            });
            served.says("the worker of tenant routes was killed by signal 9");
            assert_eq!(served.get("/echo").status(), StatusCode::OK);
            assert_ne!(worker_of(served).unwrap(), before);
        }
    });
}

#[test]
fn a_load_goes_on_around_a_worker_that_dies() {
    for backend in backends() {
        let served = Served::start(backend, &["--jail"]);
        assert_eq!(served.get("/echo").status(), StatusCode::OK);
        let end = Instant::now() + Duration::from_secs(2);
        let statuses: Vec<StatusCode> = std::thread::scope(|scope| {
            let client = || {
                let mut statuses = Vec::new();
                while Instant::now() < end {
                    statuses.push(served.get("/echo").status());
                }
                statuses
            };
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
            std::thread::sleep(Duration::from_millis(800));
            kill(worker_of(&served).unwrap());
            clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect()
        });
        let failed: Vec<_> = statuses
            .iter()
            .filter(|status| **status != StatusCode::OK)
            .collect();
        assert!(
            failed
                .iter()
                .all(|status| **status == StatusCode::BAD_GATEWAY),
            "{failed:?}"
        );
        // Those that it had; each client has one at a time.
        assert!(
            failed.len() <= 4 && statuses.len() > 20,
            "{failed:?} of {}",
            statuses.len()
        );
        served.stop();
    }
}

#[test]
fn the_worker_goes_with_its_parent() {
    for backend in backends() {
        let served = Served::start(backend, &["--jail"]);
        assert_eq!(served.get("/echo").status(), StatusCode::OK);
        let worker = worker_of(&served).unwrap();
        kill(served.process());
        drop(served);
        let deadline = Instant::now() + PATIENCE;
        while std::path::Path::new(&format!("/proc/{worker}")).exists() {
            assert!(Instant::now() < deadline, "the worker lives on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
