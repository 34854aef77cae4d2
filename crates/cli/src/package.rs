//! Erlang code to a package, with the installed `erl`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use brood_image::Metadata;
use indicatif::ProgressBar;

use crate::erlang::Otp;
use crate::library;

/// What goes into a package.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The application.
    pub directory: &'a Path,
    /// `M[:F]`.
    pub main: Option<&'a str>,
    /// `M`.
    pub handler: Option<&'a str>,
    /// Modules that no call names.
    pub include: &'a [String],
    /// Instances load no code.
    pub nobeam: bool,
    /// Which OTP.
    pub otp: Option<&'a Path>,
}

/// What a guest is started with to become an image.
#[derive(Debug)]
pub struct Package {
    /// For the guest.
    pub bytes: Vec<u8>,
    /// For people.
    pub metadata: Metadata,
}

/// Collects, compiles and packages. Compiler messages and warnings go to standard error.
pub fn make(request: &Request<'_>, progress: &ProgressBar) -> anyhow::Result<Package> {
    if !request.directory.is_dir() {
        bail!("{} is no directory", request.directory.display());
    }
    let otp = Otp::find(request.otp)?;
    let scratch = tempfile::tempdir().context("cannot make a temporary directory")?;
    progress.set_message("preparing");
    let ebin = library::compiled(&otp.erlc, scratch.path())?;
    let (package, description) = (
        scratch.path().join("package"),
        scratch.path().join("description"),
    );
    let mut command = Command::new(&otp.erl);
    command
        // `+Bd`: Ctrl-C ends it, without a menu.
        .args(["+Bd", "-noinput", "-noshell", "-pa"])
        .arg(&ebin)
        .args(["-s", "brood_release", "main", "-extra"])
        .arg(request.directory)
        .arg("--output")
        .arg(&package)
        .arg("--describe")
        .arg(&description);
    let single = [("--main", request.main), ("--handler", request.handler)];
    let repeated = request
        .include
        .iter()
        .map(|module| ("--include", Some(module.as_str())));
    for (option, value) in single.into_iter().chain(repeated) {
        if let Some(value) = value {
            command.arg(option).arg(value);
        }
    }
    if request.nobeam {
        command.arg("--nobeam");
    }
    progress.set_message("collecting");
    collect(&mut command, &otp.erl, progress)?;
    let bytes = std::fs::read(&package).context("erl left no package")?;
    let description =
        std::fs::read(&description).context("erl left no description of the package")?;
    let metadata =
        serde_json::from_slice(&description).context("erl left a description that is none")?;
    Ok(Package { bytes, metadata })
}

/// Runs the packager. It speaks in lines on standard error.
fn collect(command: &mut Command, erl: &Path, progress: &ProgressBar) -> anyhow::Result<()> {
    let running = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut running = running.with_context(|| format!("cannot run {}", erl.display()))?;
    let mut error = None;
    if let Some(lines) = running.stderr.take() {
        for line in BufReader::new(lines).split(b'\n') {
            let line = line.context("erl stopped talking")?;
            let line = String::from_utf8_lossy(&line);
            match line.split_once([' ', ':']) {
                Some(("progress", step)) => progress.set_message(shown(step)),
                Some(("error", text)) => {
                    error
                        .get_or_insert_with(String::new)
                        .push_str(text.trim_start());
                }
                // What belongs to an error that has several lines.
                _ if error.is_some() => error.iter_mut().for_each(|error| {
                    error.push('\n');
                    error.push_str(&line);
                }),
                _ => progress.suspend(|| eprintln!("{line}")),
            }
        }
    }
    let status = running.wait().context("erl is lost")?;
    match error {
        Some(error) => bail!("{}", error.trim_end()),
        None if status.success() => Ok(()),
        None => bail!(
            "the packager ended with {status}: {:?}",
            command.get_args().collect::<Vec<&OsStr>>()
        ),
    }
}

/// `N TOTAL TEXT`, for people.
fn shown(step: &str) -> String {
    let mut parts = step.splitn(3, ' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("1"), Some("1"), Some(text)) => text.to_owned(),
        (Some(number), Some(total), Some(text)) => format!("{text} ({number} of {total})"),
        _ => step.to_owned(),
    }
}
