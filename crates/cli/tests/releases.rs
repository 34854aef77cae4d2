//! Release trees as `rebar3 release` lays them out, built and run on every backend that works here.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::release::{self, Application};
use support::{Said, backends, brood, fixture};

/// Makes `_build/default/rel/counting` below `directory`.
fn release(directory: &Path) -> PathBuf {
    let root = directory.join("_build/default/rel/counting");
    let source = fixture("release");
    let applications = [
        Application {
            name: "counting_library",
            version: "0.1.0",
            source: source.clone(),
            modules: &["counting_library"],
            starts: false,
        },
        Application {
            name: "counting",
            version: "1.2.0",
            source,
            modules: &["counting_app", "counting_server"],
            starts: true,
        },
    ];
    release::make(&root, "counting", "1.2.0", &applications);
    let private = root.join("lib/counting-1.2.0/priv");
    fs::create_dir_all(&private).unwrap();
    fs::write(private.join("start.txt"), "40").unwrap();
    // What rebar3 copies along and brood takes from the installed OTP.
    let stdlib = release::installed_version("stdlib");
    let ebin = root.join(format!("lib/stdlib-{stdlib}/ebin"));
    fs::create_dir_all(&ebin).unwrap();
    fs::write(ebin.join("lists.beam"), "not this one").unwrap();
    let configuration = root.join("releases/1.2.0/sys.config");
    fs::write(configuration, "[{counting, [{step, 2}]}].\n").unwrap();
    root
}

#[test]
fn a_release_is_started_as_its_resource_file_says() {
    let directory = tempfile::tempdir().unwrap();
    let root = release(directory.path());
    let image = directory.path().join("counting.brood");
    let mut command = brood(["build", "--main", "counting_app:main"]);
    let said = Said::of(command.arg(&root).arg("-o").arg(&image));
    assert_eq!(said.status, Some(0), "{said:?}");
    let said = Said::of(brood(["inspect", "--json"]).arg(&image));
    let description: serde_json::Value = serde_json::from_str(&said.output).unwrap();
    let modules = description["modules"].as_array().unwrap();
    for module in ["counting_app", "counting_server", "counting_library"] {
        let found = modules.iter().find(|entry| entry["name"] == module);
        assert_eq!(
            found.unwrap_or_else(|| panic!("no {module}"))["source"],
            "application"
        );
    }
    for backend in backends() {
        for _ in 0..2 {
            let mut command = brood(["run", "--backend", backend]);
            let said = Said::of(command.arg(&image).args(["--", "2"]));
            // From priv/ before the freeze; a step of sys.config, twice; nothing of the run before.
            assert_eq!(said.output, "44\n", "{said:?}");
            assert_eq!(said.status, Some(0));
        }
        let said = Said::of(brood(["run", "--backend", backend]).arg(&image));
        // `load` in the release resource file: known, not started.
        assert_eq!(
            said.output,
            "counting 1.2.0 started\ncounting_library 0.1.0 loaded\n"
        );
    }
}

#[test]
fn a_damaged_release_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let root = release(directory.path());
    let build = || {
        let mut command = brood(["build", "--main", "counting_app:main", "-o"]);
        Said::of(command.arg(directory.path().join("x.brood")).arg(&root))
    };
    let resource = root.join("releases/1.2.0/counting.rel");
    fs::write(&resource, "{release, broken").unwrap();
    build().fails_with(1, "counting.rel is not a release resource file");
    fs::remove_file(&resource).unwrap();
    fs::write(
        root.join("releases/1.2.0/sys.config"),
        "[{counting, [{step, 2}]",
    )
    .unwrap();
    build().fails_with(1, "sys.config");
}
