//! What users get wrong, and what is told them. None of this needs an instance.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Said, brood, fixture};
use tempfile::TempDir;

/// `brood build` of a directory with these files.
fn build(files: &[(&str, &[u8])], options: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    let output = directory.path().join("out.brood");
    let said = Said::of(
        brood(["build"])
            .arg(directory.path())
            .arg("-o")
            .arg(&output)
            .args(options),
    );
    assert!(!output.exists(), "a failed build leaves nothing");
    said
}

const MAIN: (&str, &[u8]) = (
    "a.erl",
    b"-module(a).\n-export([main/1]).\nmain(_) -> ok.\n",
);

#[test]
fn builds_of_what_is_no_application() {
    Said::of(&mut brood(["build", "/proc/nonexistent", "-o", "x.brood"]))
        .fails_with(1, "/proc/nonexistent is no directory");
    build(&[], &[]).fails_with(1, "there is no .erl and no .beam file");
    build(&[("a.beam", b"not a beam")], &[]).fails_with(1, "a.beam");
    build(&[("a.beam", b"")], &[]).fails_with(1, "a.beam");
    build(
        &[(
            "a.erl",
            b"-module(a).\n-export([main/1]).\nmain(_) -> b(.\n",
        )],
        &[],
    )
    .fails_with(1, "a.erl:3");
    build(
        &[("a.erl", b"-module(a).\n-export([f/0]).\nf() -> ok.\n")],
        &[],
    )
    .fails_with(1, "--handler or --main");
}

#[test]
fn builds_with_modules_that_are_not_there() {
    build(&[MAIN], &["--include", "no_such_module"]).fails_with(1, "no_such_module");
    build(&[MAIN], &["--main", "no_such_module"]).fails_with(1, "no_such_module");
    build(&[MAIN], &["--main", "a:no_such_function"]).fails_with(1, "no_such_function");
    build(&[MAIN], &["--handler", "a"]).fails_with(1, "handle/1");
}

#[test]
fn builds_without_erlang() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(MAIN.0), MAIN.1).unwrap();
    let mut command = brood(["build", "-o", "x.brood"]);
    command.arg(directory.path()).env("PATH", "/nonexistent");
    let said = Said::of(&mut command);
    said.fails_with(1, "there is no erl in PATH");
    said.fails_with(1, "apt-get install erlang-base");
    build(&[MAIN], &["--otp", "/nonexistent"]).fails_with(1, "there is no /nonexistent/bin/erl");
}

#[test]
fn builds_to_where_nothing_can_be_written() {
    let said =
        Said::of(brood(["build", "-o", "/proc/nonexistent/x.brood"]).arg(fixture("program")));
    said.fails_with(1, "/proc/nonexistent is no directory");
}

#[test]
fn images_that_are_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.brood");
    fs::write(&path, "#!/bin/sh\n").unwrap();
    for verb in ["inspect", "serve"] {
        Said::of(brood([verb]).arg(&path)).fails_with(1, "not a brood image");
        Said::of(brood([verb]).arg("/nonexistent.brood")).fails_with(1, "No such file");
    }
    Said::of(brood(["run"]).arg(&path)).fails_with(125, "not a brood image");
    Said::of(brood(["bench", "spawn"]).arg(&path)).fails_with(1, "not a brood image");
}

#[test]
fn command_lines_that_are_wrong() {
    for arguments in [
        &["frobnicate"][..],
        &["build", "."],
        &["run"],
        &["serve", "x.brood", "--listen", "nowhere"],
        &["serve", "x.brood", "--concurrency", "0"],
        &["run", "x.brood", "--timeout", "-1"],
        &["run", "x.brood", "--backend", "xen"],
    ] {
        let said = Said::of(&mut brood(arguments));
        said.fails_with(2, "--help");
    }
}

#[test]
fn help_has_examples() {
    for verb in [
        &["build"][..],
        &["inspect"],
        &["run"],
        &["serve"],
        &["bench", "spawn"],
        &["bench", "http"],
    ] {
        let said = Said::of(brood(verb).arg("--help"));
        assert_eq!(said.status, Some(0));
        assert!(
            said.output.contains("Examples:\n  brood "),
            "{verb:?}: {}",
            said.output
        );
    }
}

/// A `/dev/kvm` that is another device, for one process tree; needs the right to make namespaces.
#[test]
fn kvm_that_is_asked_for_and_not_there() {
    let program = env!("CARGO_BIN_EXE_brood");
    let directory: TempDir = tempfile::tempdir().unwrap();
    let output = directory.path().join("x.brood");
    let mut command = if Path::new("/dev/kvm").exists() {
        let script = "mount --bind /dev/null /dev/kvm && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--map-root-user",
            "sh",
            "-c",
            script,
            "sh",
            program,
        ]);
        let possible = Command::new("unshare")
            .args(["--mount", "--map-root-user", "true"])
            .output();
        if !possible.is_ok_and(|output| output.status.success()) {
            eprintln!("NOT TESTED: this user can make no namespaces, so /dev/kvm stays");
            return;
        }
        command
    } else {
        Command::new(program)
    };
    command
        .arg("build")
        .arg(fixture("program"))
        .arg("-o")
        .arg(&output)
        .args(["--backend", "kvm"]);
    Said::of(&mut command).fails_with(1, "kvm");
    assert!(!output.exists());
}
