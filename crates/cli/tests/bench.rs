//! `brood bench`, on every backend that works here: that it measures, not what.

mod support;

use serde_json::Value;
use support::{Said, backends, brood, images};

/// Runs a benchmark, and reads the JSON that it leaves.
fn bench(arguments: &[&str], backend: &str) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("figures.json");
    let mut command = brood(["bench"]);
    command
        .args(arguments)
        .args(["--backend", backend, "--json"])
        .arg(&json);
    let said = Said::of(&mut command);
    assert_eq!(said.status, Some(0), "{said:?}");
    serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap()
}

#[test]
fn spawn() {
    for backend in backends() {
        let figures = bench(&["spawn", "--rounds", "21"], backend);
        for path in ["/true", "/fresh/first", "/fresh/answer", "/fresh/gone"] {
            let row = figures
                .pointer(path)
                .unwrap_or_else(|| panic!("no {path} in {figures}"));
            assert_eq!(row["n"], 21, "{path}");
            let (p50, p99) = (
                row["p50_us"].as_f64().unwrap(),
                row["p99_us"].as_f64().unwrap(),
            );
            assert!(0.0 < p50 && p50 <= p99, "{path}: {row}");
        }
        assert_eq!(figures["erl"]["n"], 2);
        assert_eq!(figures["machine"]["backend"], backend);
        let stage = |name: &str| figures["fresh"][name]["p50_us"].as_f64().unwrap();
        assert!(stage("first") <= stage("answer") && stage("answer") <= stage("gone"));
    }
}

#[test]
fn boot() {
    for backend in backends() {
        let figures = bench(&["boot", "--rounds", "1"], backend);
        let names: Vec<_> = figures["programs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["program"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["start", "escript", "compile"]);
        for side in ["erl", "instance"] {
            assert_eq!(figures["programs"][0][side]["n"], 1);
            let memory = &figures["idle_shell"][side];
            assert!(memory["own_bytes"].as_u64() <= memory["resident_bytes"].as_u64());
            assert!(memory["own_bytes"].as_u64() > Some(1 << 20), "{memory}");
        }
    }
}

#[test]
fn http() {
    let routes = images().path("routes");
    for backend in backends() {
        let arguments = [
            "http",
            "--requests",
            "200",
            "--path",
            "/echo",
            routes.to_str().unwrap(),
        ];
        let figures = bench(&arguments, backend);
        assert_eq!(figures["requests"], 200);
        assert_eq!(figures["errors"], 0);
        assert_eq!(
            figures["instances"], 200,
            "each request has an instance of its own"
        );
        assert!(figures["per_second"].as_f64().unwrap() > 0.0);
        assert_eq!(
            figures["before"]["descriptors"],
            figures["after"]["descriptors"]
        );
        assert_eq!(figures["before"]["threads"], figures["after"]["threads"]);
        let figures = bench(&["http", "--seconds", "1", "--rate", "20"], backend);
        for path in ["", "/half", "/step", "/paced"] {
            let load = figures.pointer(path).unwrap();
            assert!(load["requests"].as_u64().unwrap() > 0, "{path}: {load}");
            assert_eq!(load["errors"], 0, "{path}: {load}");
        }
        let number = |path: &str| figures.pointer(path).unwrap().as_f64().unwrap();
        assert_eq!(number("/paced/requests"), 20.0);
        assert!(number("/half/requests") <= number("/requests") / number("/seconds"));
    }
}

#[test]
fn applications() {
    for backend in backends() {
        let arguments = ["applications", "--count", "3000", "--asked", "100"];
        let figures = bench(&arguments, backend);
        for load in ["first", "second", "busy"] {
            assert_eq!(figures[load]["n"], 100);
        }
        let bytes = |at: &str| figures[at]["rss_bytes"].as_f64().unwrap();
        let each = (bytes("after") - bytes("before")) / 3000.0;
        assert!(each < 1024.0, "{each} bytes for each application");
        // What is open is bounded, and so is what is kept of images that are not.
        let open = |at: &str| figures[at]["descriptors"].as_u64().unwrap();
        assert!(open("registered") == open("before") && open("after") <= open("before") + 80);
    }
}
