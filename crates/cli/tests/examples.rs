//! The examples, built and served as the README says, on every backend that works here.

mod support;

use std::time::Instant;

use http::{Method, StatusCode};
use regex::Regex;
use support::{PATIENCE, Served, backends, built, example, header, request, text};

#[test]
fn zerg_shows_its_own_life_and_the_end_of_the_one_before() {
    let images = built([("zerg", example("zerg"))]);
    let row = |page: &str, phase: &str| -> Option<f64> {
        let row = Regex::new(&format!(r"<tr><td>{phase}<td>([\d.]+)")).unwrap();
        row.captures(page).map(|found| found[1].parse().unwrap())
    };
    for backend in backends() {
        let served = Served::image(&images.path("zerg"), backend, &[]);
        let first = served.get("/");
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(header(&first, "content-type"), "text/html; charset=utf-8");
        let page = text(&first);
        let own: Vec<f64> = [
            "Created, entered",
            "First Erlang instruction",
            "Handler called",
        ]
        .iter()
        .map(|phase| row(&page, phase).unwrap_or_else(|| panic!("no {phase}: {page}")))
        .collect();
        assert!(own.is_sorted() && own[0] > 0.0, "{own:?}");
        assert!(page.contains(&format!("Instance {}<", header(&first, "brood-instance"))));
        assert_eq!(row(&page, "Answered"), None, "there was none before it");
        for theirs in ["103.3", "3.0", "119.0", "0.9", "0.7", "1.2", "228.1"] {
            assert!(page.contains(&format!("<td>{theirs}")), "{theirs}: {page}");
        }
        assert!(!page.contains("src="), "no assets: {page}");
        // The one before is gone some day, and has answered before.
        let deadline = Instant::now() + PATIENCE;
        let (answered, gone) = loop {
            let page = text(&served.get("/"));
            match (
                row(&page, "Answered"),
                row(&page, "Destroyed, all given back"),
            ) {
                (Some(answered), Some(gone)) => break (answered, gone),
                _ => assert!(Instant::now() < deadline, "{page}"),
            }
        };
        assert!(0.0 < answered && answered < gone, "{answered} {gone}");
        assert_eq!(served.get("/nothing").status(), StatusCode::NOT_FOUND);
        served.stop();
    }
}

#[test]
fn pages_wake_up_with_what_their_supervised_server_holds() {
    let images = built([("pages", example("pages"))]);
    for backend in backends() {
        let served = Served::image(&images.path("pages"), backend, &[]);
        for _ in 0..3 {
            let home = served.get("/");
            assert_eq!(home.status(), StatusCode::OK, "{}", text(&home));
            let page = text(&home);
            // Each instance is the first to render, with templates that it did not compile.
            assert!(page.contains("has rendered 0 pages before"), "{page}");
            for application in ["kernel", "stdlib", "pages"] {
                assert!(page.contains(&format!("<li>{application} ")), "{page}");
            }
        }
        let words = text(&served.get("/words?text=to+be+or+not+to+b%C3%89"));
        assert!(words.contains("<tr><td>to<td>2<tr><td>be<td>1"), "{words}");
        assert!(words.contains("<tr><td>bé<td>1"), "{words}");

        let mut form = request(Method::POST, "/echo", "name=Ev%3Ca%3E&message=%26+more");
        let urlencoded = "application/x-www-form-urlencoded".parse().unwrap();
        form.headers_mut().insert("content-type", urlencoded);
        let echo = served.send(form);
        assert_eq!(echo.status(), StatusCode::OK);
        assert!(
            text(&echo).contains("<tr><td>name<td>Ev&lt;a&gt;"),
            "{}",
            text(&echo)
        );
        assert!(text(&echo).contains("<td>&amp; more"), "{}", text(&echo));

        let missing = served.get("/no/%3Cwhere%3E");
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        let put = served.send(request(Method::PUT, "/echo", ""));
        assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&put, "allow"), "GET, POST");
        served.stop();
    }
}
