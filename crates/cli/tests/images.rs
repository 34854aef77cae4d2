//! Building, inspecting, and images that are damaged.

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use support::{Said, backends, brood, fixture, images, interrupt, wait};

#[test]
fn inspect_describes_an_image() {
    let path = images().path("routes");
    let said = Said::of(brood(["inspect", "--json"]).arg(&path));
    assert_eq!(said.status, Some(0), "{said:?}");
    let description: serde_json::Value = serde_json::from_str(&said.output).unwrap();
    assert_eq!(description["entry"], "handler routes");
    assert_eq!(description["name"], "routes");
    assert_eq!(description["checksum"].as_str().unwrap().len(), 64);
    assert_eq!(
        description["file_bytes"],
        fs::metadata(&path).unwrap().blocks() * 512
    );
    assert!(description["abi"].as_u64().unwrap() > 0);
    assert!(
        description["otp_release"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            >= 25
    );
    let modules = description["modules"].as_array().unwrap();
    let source = |name: &str| {
        let module = modules.iter().find(|module| module["name"] == name);
        module.unwrap_or_else(|| panic!("no {name}"))["source"]
            .as_str()
            .unwrap()
    };
    assert_eq!(source("routes"), "application");
    assert_eq!(source("lists"), "otp/stdlib");
    assert_eq!(source("erlang"), "otp/erts");
    assert_eq!(source("brood_boot"), "brood");
    let said = Said::of(brood(["inspect"]).arg(&path));
    assert!(said.output.contains("handler routes"), "{said:?}");
}

/// Where the header has the version of the contract.
const ABI_OFFSET: usize = 12;

#[test]
fn damaged_images_are_refused() {
    let whole = fs::read(images().path("routes")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.brood");
    let refused = |image: &[u8], reason: &str| {
        fs::write(&path, image).unwrap();
        Said::of(brood(["inspect"]).arg(&path)).fails_with(1, reason);
        Said::of(brood(["serve", "--listen", "127.0.0.1:0"]).arg(&path)).fails_with(1, reason);
        Said::of(brood(["run"]).arg(&path)).fails_with(125, reason);
    };
    refused(&whole[..whole.len() / 2], "truncated");
    refused(&whole[..100], "truncated");
    refused(&[], "not a brood image");
    let mut changed = whole.clone();
    changed[ABI_OFFSET] ^= 0x40;
    refused(&changed, "contract (ABI) version");
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    refused(&changed, "checksum");
}

#[test]
fn an_image_is_used_for_what_it_was_built_for() {
    Said::of(brood(["run"]).arg(images().path("routes"))).fails_with(125, "has no main function");
    let said = Said::of(brood(["serve", "--listen", "127.0.0.1:0"]).arg(images().path("program")));
    said.fails_with(1, "has no handler");
    let said = Said::of(brood(["run", "--memory", "1"]).arg(images().path("program")));
    said.fails_with(125, "--memory 1 is too little");
}

#[test]
fn without_loading_an_image_has_nothing_that_only_loading_needs() {
    let directory = tempfile::tempdir().unwrap();
    let [with, without] = [&[][..], &["--nobeam"]].map(|options| {
        let path = directory
            .path()
            .join(format!("loading{}.brood", options.len()));
        let mut command = brood(["build", "-o"]);
        command.arg(&path).args(options).arg(fixture("loading"));
        let said = Said::of(&mut command);
        assert_eq!(said.status, Some(0), "{said:?}");
        path
    });
    let room = |path: &Path| fs::metadata(path).unwrap().blocks() * 512;
    // Whole kernel and stdlib are 2.9 MB.
    assert!(
        room(&without) + (2 << 20) < room(&with),
        "{} {}",
        room(&without),
        room(&with)
    );
    for backend in backends() {
        let printed = |path: &Path| {
            let said = Said::of(brood(["run", "--backend", backend]).arg(path));
            assert_eq!(said.status, Some(0), "{said:?}");
            said.output
        };
        assert_eq!(
            printed(&without),
            "{beams,0}\n{prepared,{error,nobeam}}\n{object_code,false}\n{file,{error,nofile}}\n\
             {loaded,true}\n{version,true}\n"
        );
        let loads = printed(&with);
        assert!(
            !loads.contains("{beams,0}") && loads.contains("{prepared,{error,badfile}}"),
            "{loads}"
        );
        assert!(loads.contains("{file,{module,loading}}"), "{loads}");
    }
}

#[test]
fn an_interrupted_build_ends_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("sleepy");
    fs::create_dir(&source).unwrap();
    let application = "{application, sleepy, [{vsn, \"1\"}, {mod, {sleepy, []}}]}.";
    fs::write(source.join("sleepy.app"), application).unwrap();
    let code = "-module(sleepy).\n-export([start/2, main/1]).\n\
                start(_, _) -> timer:sleep(infinity).\nmain(_) -> ok.\n";
    fs::write(source.join("sleepy.erl"), code).unwrap();
    let output = directory.path().join("sleepy.brood");
    for backend in backends() {
        // While the package is made, and while the application starts.
        for milliseconds in [200, 5_000] {
            let mut command = brood(["build", "--backend", backend, "-o"]);
            command.arg(&output).arg(&source).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            std::thread::sleep(Duration::from_millis(milliseconds));
            assert_eq!(child.try_wait().unwrap(), None, "it is at work");
            interrupt(&child);
            assert_eq!(wait(&mut child), Some(130));
            let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
            assert_eq!(left.len(), 1, "{left:?}");
        }
    }
}
