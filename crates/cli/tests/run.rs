//! `brood run`, on every backend that works here.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use support::{Said, backends, brood, images, interrupt, wait};

/// `brood run` of the fixture `program`.
fn program(backend: &str, options: &[&str], arguments: &[&str]) -> Command {
    let mut command = brood(["run", "--backend", backend]);
    command
        .args(options)
        .arg(images().path("program"))
        .arg("--")
        .args(arguments);
    command
}

#[test]
fn arguments_and_statuses() {
    for backend in backends() {
        let said = Said::of(&mut program(
            backend,
            &[],
            &["arguments", "one", "", "žluť"],
        ));
        assert_eq!(said.output, "[\"one\",[],[382,108,117,357]]\n", "{said:?}");
        assert_eq!(said.status, Some(0));
        let said = Said::of(&mut program(backend, &[], &["halt", "42"]));
        assert_eq!(said.status, Some(42), "{said:?}");
        let said = Said::of(&mut program(backend, &[], &["slogan"]));
        said.fails_with(1, "the slogan");
    }
}

#[test]
fn what_is_logged_is_printed() {
    for backend in backends() {
        let said = Said::of(&mut program(backend, &[], &["log"]));
        let report = said.output.starts_with("=ERROR REPORT====");
        assert!(
            report && said.output.ends_with("\nit is logged\n"),
            "{said:?}"
        );
        assert_eq!(said.status, Some(0), "{said:?}");
    }
}

#[test]
fn console() {
    for backend in backends() {
        let said = Said::of(&mut program(backend, &[], &["errors"]));
        assert_eq!(
            (said.output.as_str(), said.errors.as_str()),
            ("", "to standard error\n")
        );
        let mut command = program(backend, &[], &["read"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"a line\nanother\n")
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "read \"a line\\n\"\n");
        assert_eq!(wait(&mut child), Some(0));
        let said = Said::of(&mut program(backend, &[], &["read"]));
        assert_eq!(said.output, "read eof\n");
    }
}

#[test]
fn an_erlang_crash_prints_its_report() {
    for backend in backends() {
        let said = Said::of(&mut program(backend, &[], &["crash"]));
        assert_eq!(said.status, Some(1), "{said:?}");
        let printed = said.output + &said.errors;
        assert!(printed.contains("Error in process"), "{printed}");
        assert!(printed.contains("on_purpose"), "{printed}");
        assert!(printed.contains("program.erl"), "{printed}");
    }
}

#[test]
fn limits() {
    for backend in backends() {
        let said = Said::of(&mut program(backend, &["--timeout", "1"], &["loop"]));
        said.fails_with(124, "--timeout");
        let said = Said::of(&mut program(backend, &["--timeout", "1"], &["sleep"]));
        said.fails_with(124, "--timeout");
        let said = Said::of(&mut program(backend, &["--timeout", "300"], &["allocate"]));
        said.fails_with(137, "--memory");
    }
}

#[test]
fn interrupts() {
    for backend in backends() {
        let mut command = program(backend, &[], &["sleep"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "sleeping\n");
        interrupt(&child);
        assert_eq!(wait(&mut child), Some(130));
    }
}
