//! Many requests leave nothing behind, on every backend that works here.

mod support;

use serde_json::Value;
use support::{Said, backends, brood};

/// Requests of a run; there are two runs.
const REQUESTS: u64 = 400;
/// What the second run may add to the memory of this size of program: noise of its allocator.
const GROWTH_MAX: u64 = 1 << 20;

/// Runs the benchmark twice in one program, and gives its figures.
fn figures(backend: &str, reuse: bool) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("figures.json");
    let requests = REQUESTS.to_string();
    let mut command = brood(["bench", "http", "--again", "--requests", &requests]);
    command.args(["--backend", backend, "--json"]).arg(&json);
    if reuse {
        command.arg("--reuse");
    }
    let said = Said::of(&mut command);
    assert_eq!(said.status, Some(0), "{said:?}");
    serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap()
}

#[test]
fn nothing_grows_from_run_to_run() {
    for backend in backends() {
        // Only virtual machines are recycled.
        for reuse in [false, true]
            .into_iter()
            .filter(|reuse| !reuse || backend == "kvm")
        {
            let figures = figures(backend, reuse);
            assert_eq!(figures["errors"], 0);
            assert_eq!(figures["instances"], REQUESTS, "an instance each");
            assert_eq!(figures["reuse"], reuse);
            let count = |when: &str, what: &str| figures[when][what].as_u64().unwrap();
            for what in ["descriptors", "threads"] {
                // Recycled machines are kept, as many as there were instances at a time.
                if !reuse {
                    assert_eq!(count("before", what), count("after", what), "{figures}");
                }
                assert!(
                    count("after_again", what) <= count("after", what),
                    "{figures}"
                );
            }
            let (first, second) = (
                count("after", "rss_bytes"),
                count("after_again", "rss_bytes"),
            );
            assert!(second <= first + GROWTH_MAX, "{figures}");
        }
    }
}
