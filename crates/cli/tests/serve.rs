//! `brood serve`, on every backend that works here, with a real HTTP client.

mod support;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use support::{
    PATIENCE, Said, Served, backends, brood, header, images, request, runtime, send, send_http_2,
    text,
};

/// Serves on each backend, and stops in order.
fn on_each_backend(options: &[&str], test: impl Fn(&Served)) {
    for backend in backends() {
        eprintln!("on {backend}:");
        let served = Served::start(backend, options);
        test(&served);
        served.stop();
    }
}

#[test]
fn requests_arrive_and_answers_return() {
    on_each_backend(&[], |served| {
        let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let mut post = request(Method::POST, "/echo?a=1&b=%20", body.clone());
        post.headers_mut().insert("x-test", "yes".parse().unwrap());
        let response = served.send(post);
        assert_eq!(response.status(), StatusCode::OK, "{}", text(&response));
        assert_eq!(response.body().as_ref(), body);
        for (name, value) in [
            ("x-method", "POST"),
            ("x-query", "a=1&b=%20"),
            ("x-test", "yes"),
        ] {
            assert_eq!(header(&response, name), value);
        }
        assert!(header(&response, "x-peer").starts_with("127.0.0.1:"));
        assert_eq!(
            header(&response, "x-id"),
            header(&response, "brood-request")
        );
        let response = served.get("/nothing");
        assert_eq!(
            (response.status(), text(&response).as_str()),
            (StatusCode::NOT_FOUND, "no such route")
        );
        let response = served.get("/big?3000000");
        assert_eq!(response.body().len(), 3_000_000);
        let head = served.send(request(Method::HEAD, "/big?1000", ""));
        assert_eq!(
            (header(&head, "content-length"), head.body().len()),
            ("1000", 0)
        );
        let response = runtime().block_on(send_http_2(
            served.address,
            http::Request::get(format!("http://{}/echo", served.address))
                .body(Default::default())
                .unwrap(),
        ));
        assert_eq!(
            (response.version(), response.status()),
            (http::Version::HTTP_2, StatusCode::OK)
        );
    });
}

#[test]
fn no_instance_sees_two_requests() {
    on_each_backend(&[], |served| {
        let (mut instances, mut values) = (HashSet::new(), HashSet::new());
        for _ in 0..50 {
            let response = served.get("/unique");
            assert!(
                text(&response).starts_with("{undefined,"),
                "{}",
                text(&response)
            );
            instances.insert(header(&response, "brood-instance").to_owned());
            values.insert(text(&response));
        }
        assert_eq!((instances.len(), values.len()), (50, 50));
    });
}

#[test]
fn responses_tell_the_life_of_their_instance() {
    on_each_backend(&[], |served| {
        let response = served.get("/echo");
        let timing = header(&response, "server-timing").to_owned();
        let times: Vec<f64> = ["created", "entered", "first_erlang", "answered"]
            .iter()
            .map(|phase| {
                let found = timing
                    .split(", ")
                    .find_map(|part| part.strip_prefix(phase)?.strip_prefix(";dur="));
                found
                    .unwrap_or_else(|| panic!("no {phase} in {timing}"))
                    .parse()
                    .unwrap()
            })
            .collect();
        assert!(times.is_sorted(), "{timing}");
        // The instance before this one is gone some day.
        let deadline = Instant::now() + PATIENCE;
        while !text(&served.get("/previous")).contains("gone") {
            assert!(Instant::now() < deadline);
        }
    });
}

#[test]
fn a_crash_costs_its_own_request() {
    for backend in backends() {
        let served = Served::start(backend, &[]);
        let mut ids = Vec::new();
        for path in [
            "/crash",
            "/exit",
            "/halt",
            "/bad-return",
            "/bad-status",
            "/bad-header",
        ] {
            let response = served.get(path);
            assert_eq!(
                response.status(),
                StatusCode::INTERNAL_SERVER_ERROR,
                "{path}"
            );
            let id = header(&response, "brood-request").to_owned();
            assert!(text(&response).contains(&id), "{path}: {}", text(&response));
            assert!(
                !text(&response).contains("on_purpose"),
                "the report is for the log"
            );
            ids.push(id);
            assert_eq!(served.get("/echo").status(), StatusCode::OK, "after {path}");
        }
        let log = served.stop();
        for id in ids {
            assert!(log.contains(&id), "{id} is not in the log: {log}");
        }
        assert!(
            log.contains("on_purpose") && log.contains("routes.erl"),
            "{log}"
        );
    }
}

#[test]
fn what_instances_print_is_in_the_log() {
    for backend in backends() {
        let served = Served::start(backend, &[]);
        let response = served.get("/print");
        let instance = header(&response, "brood-instance").to_owned();
        let log = served.stop();
        assert!(
            log.contains("printed by the handler") && log.contains(&instance),
            "{log}"
        );
    }
}

#[test]
fn an_instance_has_a_time_limit() {
    on_each_backend(&["--timeout", "2"], |served| {
        let start = Instant::now();
        assert_eq!(served.get("/loop").status(), StatusCode::GATEWAY_TIMEOUT);
        assert!(start.elapsed() >= Duration::from_secs(2));
        assert_eq!(
            served.get("/sleep?600000").status(),
            StatusCode::GATEWAY_TIMEOUT
        );
    });
}

#[test]
fn bodies_and_memory_have_limits() {
    on_each_backend(&["--timeout", "300", "--max-body", "10"], |served| {
        let response = served.get("/alloc");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!header(&response, "retry-after").is_empty());
        let post = |length: usize| {
            served
                .send(request(Method::POST, "/echo", vec![b'x'; length]))
                .status()
        };
        assert_eq!(post(10 * 1024), StatusCode::OK);
        assert_eq!(post(10 * 1024 + 1), StatusCode::PAYLOAD_TOO_LARGE);
    });
}

/// An instance that runs until the client leaves that asked for it.
async fn endless(served: &Served) -> tokio::task::JoinHandle<()> {
    let address = served.address;
    let client = tokio::spawn(async move {
        send(
            address,
            request(Method::GET, "/print-and-loop", Bytes::new()),
        )
        .await;
    });
    // It takes part of what has to be sent.
    tokio::task::yield_now().await;
    while !served.has_said("looping") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    client
}

#[test]
fn requests_queue_up_to_the_bound() {
    let options = ["--concurrency", "1", "--queue", "2", "--timeout", "300"];
    on_each_backend(&options, |served| {
        let address = served.address;
        runtime().block_on(async {
            let endless = endless(served).await;
            let mut requests = tokio::task::JoinSet::new();
            for _ in 0..10 {
                requests.spawn(send(address, request(Method::GET, "/echo", Bytes::new())));
            }
            for _ in 0..8 {
                let refused = requests.join_next().await.unwrap().unwrap();
                assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
                assert_eq!(header(&refused, "retry-after"), "1");
            }
            endless.abort();
            for response in requests.join_all().await {
                assert_eq!(response.status(), StatusCode::OK);
            }
        });
    });
}

#[test]
fn a_client_that_leaves_takes_its_instance_with_it() {
    on_each_backend(&["--concurrency", "1", "--timeout", "300"], |served| {
        let start = Instant::now();
        runtime().block_on(async {
            endless(served).await.abort();
        });
        assert_eq!(served.get("/echo").status(), StatusCode::OK);
        assert!(
            start.elapsed() < Duration::from_secs(200),
            "the place was free again"
        );
    });
}

/// An instance that answers after this many milliseconds, and has begun.
fn slow(served: &Served, milliseconds: u32) -> std::thread::JoinHandle<Response<Bytes>> {
    let address = served.address;
    let client = std::thread::spawn(move || {
        let path = format!("/print-and-sleep?{milliseconds}");
        runtime().block_on(send(address, request(Method::GET, &path, Bytes::new())))
    });
    served.says("sleeping");
    client
}

#[test]
fn interrupts_drain_then_abort() {
    for backend in backends() {
        let served = Served::start(backend, &[]);
        let answer = slow(&served, 500);
        served.stop();
        assert_eq!(text(&answer.join().unwrap()), "slept");

        let served = Served::start(backend, &["--timeout", "600"]);
        let start = Instant::now();
        // Nobody answers this client.
        let _ = slow(&served, 550_000);
        served.interrupt();
        served.says("once more to stop at once");
        served.interrupt();
        let (status, log) = served.ended();
        assert_eq!(status, Some(130), "{log}");
        assert!(start.elapsed() < Duration::from_secs(500));
    }
}

#[test]
fn a_port_in_use_is_named() {
    let backend = backends()[0];
    let served = Served::start(backend, &[]);
    let address = served.address.to_string();
    let said = Said::of(
        brood(["serve", "--listen", &address, "--backend", backend]).arg(images().path("routes")),
    );
    said.fails_with(1, &format!("{address} is in use"));
    served.stop();
}
