//! What runs out is named, soon, and takes nothing else with it, on every backend that works here.

mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use http::StatusCode;
use support::{Images, PATIENCE, Said, Served, backends, brood, built, fixture, header};

/// What is used up, and what the instance says about that: it names the process at least. Of what is used up in small pieces,
/// the last may be one of the heap of a process.
const RESOURCES: [(&str, &str); 15] = [
    ("heap", "eheap_alloc: Cannot allocate "),
    ("stack", "eheap_alloc: Cannot allocate "),
    ("stack_of_another", "eheap_alloc: Cannot allocate "),
    ("stack_of_lists", "eheap_alloc: Cannot allocate "),
    ("messages", "messages"),
    ("messages_of_another", "messages"),
    ("binaries", "Memory ran out in process <"),
    ("one_binary", "Memory ran out in process <"),
    ("appended_binary", "Memory ran out in process <"),
    ("bignum", "in process"),
    ("tables", " process <"),
    ("processes", " process <"),
    ("persistent_terms", " process <"),
    ("dictionary", " process <"),
    ("references", "eheap_alloc: Cannot allocate "),
];
/// Megabytes of an instance: few, so that it is soon over.
const MEMORY: &str = "96";

/// The image of the fixture.
fn image() -> &'static Path {
    static IMAGES: OnceLock<Images> = OnceLock::new();
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let images = IMAGES.get_or_init(|| built([("exhaustion", fixture("exhaustion"))]));
    PATH.get_or_init(|| images.path("exhaustion"))
}

#[test]
fn run_names_what_ran_out() {
    let seconds = PATIENCE.as_secs().to_string();
    for backend in backends() {
        for (what, report) in RESOURCES {
            let mut command = brood(["run", "--backend", backend, "--memory", MEMORY]);
            command.args(["--timeout", &seconds]);
            command.arg(image());
            let said = Said::of(command.args(["--", what]));
            let printed = format!("{}{}", said.output, said.errors);
            assert!(printed.contains(report), "{what} on {backend}: {said:?}");
            assert!(
                matches!(said.status, Some(1 | 137)),
                "{what} on {backend}: {said:?}"
            );
            assert!(
                !printed.contains("crashed"),
                "{what} on {backend}: {said:?}"
            );
        }
    }
}

#[test]
fn serve_answers_that_there_is_not_enough_and_serves_on() {
    let seconds = PATIENCE.as_secs().to_string();
    for backend in backends() {
        let options = ["--memory", MEMORY, "--timeout", &seconds];
        let served = Served::image(image(), backend, &options);
        for (what, report) in RESOURCES {
            let response = served.get(&format!("/{what}"));
            let status = response.status();
            assert!(
                [
                    StatusCode::SERVICE_UNAVAILABLE,
                    StatusCode::INTERNAL_SERVER_ERROR
                ]
                .contains(&status),
                "{what} on {backend}: {status}"
            );
            served.says(header(&response, "brood-request"));
            served.says(report);
            assert_eq!(served.get("/ok").status(), StatusCode::OK, "after {what}");
        }
        served.stop();
    }
}

#[test]
fn the_atom_table_is_full_before_memory_is() {
    for backend in backends() {
        let mut command = brood(["run", "--backend", backend, "--memory", "512"]);
        let said = Said::of(command.arg(image()).args(["--", "atoms"]));
        said.fails_with(1, "no more index entries in atom_tab (max=1048576)");
    }
}
