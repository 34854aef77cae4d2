//! Release trees as `rebar3 release` lays them out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An application of a release.
pub struct Application<'a> {
    pub name: &'a str,
    pub version: &'a str,
    /// The directory with its resource file and its modules.
    pub source: PathBuf,
    pub modules: &'a [&'a str],
    /// Whether it is started, and not only loaded.
    pub starts: bool,
}

/// The version of an application of the installed OTP.
pub fn installed_version(application: &str) -> String {
    let print = format!(
        "application:load({application}), {{ok, V}} = application:get_key({application}, vsn), \
         io:put_chars(V), halt()."
    );
    let output = Command::new("erl")
        .args(["-noinput", "-noshell", "-eval", &print])
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// Compiles modules into a directory that is made.
pub fn compile<'a>(source: &Path, modules: impl IntoIterator<Item = &'a str>, ebin: &Path) {
    fs::create_dir_all(ebin).unwrap();
    let mut command = Command::new("erlc");
    command.args(["+debug_info", "-o"]).arg(ebin);
    command.args(
        modules
            .into_iter()
            .map(|module| source.join(module).with_extension("erl")),
    );
    assert!(command.status().unwrap().success());
}

/// Makes `lib/`, `releases/`, `bin/`, and `erts-*/`, which a tree with `include_erts` has.
pub fn make(root: &Path, name: &str, version: &str, applications: &[Application<'_>]) {
    let mut listed = ["kernel", "stdlib"]
        .map(|name| format!("{{{name}, \"{}\"}}", installed_version(name)))
        .to_vec();
    for application in applications {
        let place = format!("lib/{}-{}/ebin", application.name, application.version);
        let ebin = root.join(place);
        compile(
            &application.source,
            application.modules.iter().copied(),
            &ebin,
        );
        let resource = Path::new(application.name).with_extension("app");
        fs::copy(application.source.join(&resource), ebin.join(&resource)).unwrap();
        let kind = if application.starts { "" } else { ", load" };
        listed.push(format!(
            "{{{}, \"{}\"{kind}}}",
            application.name, application.version
        ));
    }
    let releases = root.join("releases").join(version);
    fs::create_dir_all(&releases).unwrap();
    fs::create_dir_all(root.join("erts-13.0/bin")).unwrap();
    fs::write(
        releases.join(name).with_extension("rel"),
        format!(
            "{{release, {{\"{name}\", \"{version}\"}}, {{erts, \"13.0\"}},\n [{}]}}.\n",
            listed.join(",\n  ")
        ),
    )
    .unwrap();
    fs::write(releases.join("vm.args"), format!("-sname {name}\n")).unwrap();
    fs::write(
        root.join("releases/start_erl.data"),
        format!("13.0 {version}\n"),
    )
    .unwrap();
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(root.join("bin").join(name), "#!/bin/sh\n").unwrap();
}
