//! A release is upgraded while it runs, with OTP's own tools, in an instance as with the installed `erl`.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Said, backends, brood, fixture, release};

/// Both versions of the application below `directory`, and who upgrades it.
fn compiled(directory: &Path) {
    let source = fixture("upgrade");
    release::compile(&source, ["upgrade"], &directory.join("tools"));
    for (version, number, modules) in [
        ("one", 1, &["up", "up_server"][..]),
        ("two", 2, &["up", "up_server", "up_library"]),
    ] {
        let ebin = directory.join(format!("lib/up-{number}.0/ebin"));
        let source = source.join(version);
        release::compile(&source, modules.iter().copied(), &ebin);
        for name in ["up.app", "up.appup"] {
            let resource = source.join(name);
            if resource.exists() {
                fs::copy(resource, ebin.join(name)).unwrap();
            }
        }
    }
}

/// Makes the releases, starts the first one and upgrades it, and starts what is to be started then. Each is a run of `erl`.
fn upgraded(directory: &Path, erl: impl Fn() -> Command) -> String {
    let mut printed = String::new();
    let mut run = |arguments: &[&str]| {
        let mut command = erl();
        command.current_dir(directory).env_remove("ERL_LIBS");
        let said = Said::of(command.arg("-noshell").args(arguments));
        assert_eq!(said.status, Some(0), "{said:?}");
        printed.push_str(&said.output);
    };
    run(&["-pa", "tools", "-eval", "upgrade:make(), halt()."]);
    for function in ["upgrade", "started"] {
        let start = fs::read_to_string(directory.join("releases/start_erl.data")).unwrap();
        let version = start.split_whitespace().last().unwrap();
        let releases = directory.join("releases");
        let this = releases.join(version);
        let [boot, configuration] = ["start", "sys"].map(|name| this.join(name));
        let evaluate = format!(
            "{{module, _}} = code:load_abs(\"tools/upgrade\"), upgrade:{function}(), halt()."
        );
        run(&[
            "-mode",
            "embedded",
            "-boot",
            boot.to_str().unwrap(),
            "-config",
            configuration.to_str().unwrap(),
            "-boot_var",
            "UP",
            directory.to_str().unwrap(),
            "-sasl",
            "releases_dir",
            &format!("{releases:?}"),
            "-eval",
            &evaluate,
        ]);
    }
    printed
}

#[test]
fn a_release_is_upgraded_while_it_runs() {
    let place = |erl: &dyn Fn() -> Command| {
        let directory = tempfile::tempdir().unwrap();
        compiled(directory.path());
        upgraded(directory.path(), erl)
    };
    let expected = place(&|| {
        let mut erl = Command::new("erl");
        erl.stdin(Stdio::null());
        erl
    });
    for line in [
        // The state was changed, and kept, up and down, in the same process.
        "second: {{two,{4,[3,library]}},",
        "first: {{one,4},",
        "kept: true",
        "permanent: ok",
        "started: {{two,{0,[]}},",
    ] {
        assert!(expected.contains(line), "{line}: {expected}");
    }
    for backend in backends() {
        let printed = place(&|| brood(["erl", "--backend", backend]));
        assert_eq!(printed, expected, "{backend}");
    }
}
