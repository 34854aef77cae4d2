//! `brood bench density` and `brood bench soak`, with small crowds: what they say of large ones is measured elsewhere.

mod support;

use support::{Said, backends, brood};

#[test]
fn a_crowd_waits_hibernates_and_answers() {
    for backend in backends() {
        let directory = tempfile::tempdir().unwrap();
        let json = directory.path().join("density.json");
        let measure = |more: &[&str]| {
            let mut command = brood(["bench", "density", "--backend", backend, "--json"]);
            let said = Said::of(command.arg(&json).args(more));
            assert_eq!(said.status, Some(0), "{said:?}");
            let report = std::fs::read_to_string(&json).unwrap();
            serde_json::from_str::<serde_json::Value>(&report).unwrap()
        };
        let report = measure(&["--count", "80"]);
        // 64 to a worker, and the program itself.
        let processes = report["with_all"]["processes"].as_u64().unwrap();
        assert!(processes >= 3, "{report}");
        assert_eq!(report["of_few"]["first"]["n"], 10);
        assert_eq!(report["of_all"]["first"]["n"], 80);
        for home in [&[][..], &["--one-process"]] {
            let report = measure(&[&["--count", "24", "--hibernate", "0.2"], home].concat());
            assert_eq!(report["count"], 24);
            // Whoever is on disk has some pages there, and was found again.
            assert!(report["hibernated"]["disk_bytes_each"].as_f64().unwrap() > 4096.0);
            assert_eq!(report["hibernated"]["woken"]["n"], 200);
        }
    }
}

#[test]
fn a_soak_prints_its_curve_and_ends_in_time() {
    for backend in backends() {
        let said = Said::of(&mut brood([
            "bench",
            "soak",
            "--count",
            "60",
            "--backend",
            backend,
        ]));
        assert_eq!(said.status, Some(0), "{said:?}");
        assert!(said.output.contains("descriptors"), "{said:?}");
        assert!(said.output.contains("\n60 instances in "), "{said:?}");
    }
    let said = Said::of(&mut brood(["bench", "soak", "--seconds", "0.2"]));
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(
        said.errors.contains("which is all the time there is"),
        "{said:?}"
    );
}
