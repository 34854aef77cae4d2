//! docs/compatibility.md: which applications of OTP start in an instance. The table is what this
//! test finds; with `UPDATE=1` it is written, otherwise it must be what the file says.
//!
//! Applications are those of the installed OTP and of `ERL_LIBS`. Lines of others stay as they are.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Said, brood};

/// What there is to say of applications that don't start, and of those that do but can't do
/// everything yet.
const NOTES: [(&str, &str); 23] = [
    ("asn1", "its compiler; generated code for BER uses a NIF"),
    (
        "common_test",
        "without peer nodes: distribution needs sockets",
    ),
    (
        "crypto",
        "its functions do not load: they are a NIF, over OpenSSL",
    ),
    ("diameter", "its connections need sockets"),
    ("eldap", "its connections need sockets"),
    (
        "erl_interface",
        "a library for programs in C; no Erlang code",
    ),
    ("ftp", "its connections need sockets"),
    ("inets", "its clients and servers need sockets"),
    (
        "kernel",
        "without sockets, distribution and programs behind ports",
    ),
    ("megaco", "its connections need sockets"),
    ("mnesia", "on one node: distribution needs sockets"),
    (
        "observer",
        "`etop` and `ttb` on this node; windows need `wx`",
    ),
    ("odbc", "its work is done by a program behind a port"),
    (
        "os_mon",
        "its measurements are made by programs behind ports",
    ),
    (
        "public_key",
        "keys and certificates are read and written; signatures need crypto",
    ),
    ("reltool", "releases; windows need `wx`"),
    ("runtime_tools", "without NIFs for DTrace and LTTng"),
    (
        "snmp",
        "its managers and agents need sockets, and crypto for some kinds of security",
    ),
    ("ssh", "its connections need sockets and crypto"),
    ("ssl", "its connections need sockets and crypto"),
    ("tftp", "its connections need sockets"),
    (
        "tools",
        "`fprof`, `eprof`, `cover`, `xref`, `make`; `erl_memory` excepted, which reads files of a native tool",
    ),
    ("wx", "its code is a NIF, over wxWidgets"),
];

const HEAD: &str = "\
# Compatibility

Applications of Erlang/OTP 25, unmodified, in an instance that `brood erl` starts: whether
`application:ensure_all_started/1` starts them, and what they can't do there. Written by
`UPDATE=1 cargo test -p brood-cli --test compatibility`; the test fails where this file says something else than
what it finds.

What runs on `erl` without a NIF, a port program or a socket of its own runs in an instance.

| application | starts | |
| --- | --- | --- |
";

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md")
}

/// The applications of the installed OTP and of `ERL_LIBS`, each with the directory of its code.
fn applications() -> BTreeMap<String, PathBuf> {
    let output = Command::new("erl")
        .args(["-noshell", "-eval", "io:put_chars(code:lib_dir()), halt()."])
        .output()
        .unwrap();
    let installed = PathBuf::from(String::from_utf8(output.stdout).unwrap());
    let others = std::env::var_os("ERL_LIBS").unwrap_or_default();
    let mut found = BTreeMap::new();
    for directory in [installed]
        .into_iter()
        .chain(std::env::split_paths(&others))
    {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let name = name.split('-').next().unwrap().to_owned();
            // Of OTP itself, as opposed to what others made for it.
            let ours = path.join(format!("ebin/{name}.app"));
            if is_of_otp(&name) && ours.is_file() {
                found.entry(name).or_insert(path);
            }
        }
    }
    found
}

/// All applications that OTP has.
const OTP: [&str; 34] = [
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eldap",
    "erl_interface",
    "et",
    "eunit",
    "ftp",
    "inets",
    "kernel",
    "megaco",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tftp",
    "tools",
    "wx",
    "xmerl",
];

fn is_of_otp(name: &str) -> bool {
    OTP.contains(&name)
}

/// Whether an application starts; else the one of those that it needs that doesn't.
fn start(application: &str) -> Result<(), String> {
    let expression = format!(
        "case application:ensure_all_started('{application}') of \
             {{ok, _}} -> io:put_chars(\"started\"); \
             {{error, {{Failed, _}}}} -> io:format(\"~p\", [Failed]) \
         end, halt()."
    );
    let said = Said::of(
        brood(["erl", "-noshell", "-eval", &expression]).current_dir(std::env::temp_dir()),
    );
    match (said.status, said.output.lines().last()) {
        (Some(0), Some("started")) => Ok(()),
        (Some(0), Some(failed)) => Err(failed.to_owned()),
        _ => panic!("{application}: {said:?}"),
    }
}

fn line(application: &str) -> String {
    let note = NOTES.iter().find(|(known, _)| *known == application);
    let note = note.map_or("", |(_, note)| note);
    let starts = match start(application) {
        Ok(()) => "yes".to_owned(),
        Err(failed) if failed == application => "no".to_owned(),
        Err(failed) => format!("no, since {failed} does not"),
    };
    assert!(
        starts == "yes" || !note.is_empty(),
        "{application} starts: {starts}; and no note says why"
    );
    format!("| {application} | {starts} | {note} |")
}

#[test]
fn the_table_is_what_is_found() {
    let found = applications();
    assert!(
        found.contains_key("kernel") && found.contains_key("stdlib"),
        "{found:?}"
    );
    let text = fs::read_to_string(file()).unwrap_or_default();
    let mut lines: BTreeMap<String, String> = text
        .lines()
        .filter_map(|line| {
            let name = line.strip_prefix("| ")?.split(" |").next()?;
            is_of_otp(name).then(|| (name.to_owned(), line.to_owned()))
        })
        .collect();
    for name in lines.keys().filter(|name| !found.contains_key(*name)) {
        eprintln!("NOT TESTED: {name} is not installed");
    }
    for name in found.keys() {
        lines.insert(name.clone(), line(name));
    }
    let table: String = lines.values().map(|line| format!("{line}\n")).collect();
    let made = format!("{HEAD}{table}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file(), made).unwrap();
    } else {
        assert_eq!(text, made, "UPDATE=1 writes it");
    }
}
