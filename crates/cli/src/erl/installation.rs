//! An installed OTP: its root, and what is in it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// What is searched instead of `PATH` where an `erl` in it turned out to start this program.
const SEARCHED: &str = "BROOD_ERL_PATH";

/// An OTP on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Its root, the directory of `lib` and `releases`.
    pub root: PathBuf,
    /// The version of its emulator, `13.1.5`.
    pub erts: String,
    /// Its release, `25`.
    pub release: String,
}

impl Installation {
    /// That at `root`, or the one whose `erl` is in `PATH`.
    pub fn find(root: Option<&Path>) -> anyhow::Result<Installation> {
        match root {
            Some(root) => Installation::at(root).with_context(|| {
                format!(
                    "{} is no root of an OTP: --otp wants the directory with lib/ and erts-VERSION/ in it",
                    root.display()
                )
            }),
            None => Installation::in_path(),
        }
    }

    /// The one with this root.
    fn at(root: &Path) -> anyhow::Result<Installation> {
        let root = std::path::absolute(root)?;
        let erts = version_of(&root.join("lib"), "erts-")
            .or_else(|_| version_of(&root, "erts-"))
            .context("there is no erts-VERSION in it")?;
        version_of(&root.join("lib"), "kernel-").context("there is no lib/kernel-VERSION in it")?;
        let release = release(&root).context("there is no release in releases/")?;
        Ok(Installation {
            root,
            erts,
            release,
        })
    }

    fn in_path() -> anyhow::Result<Installation> {
        let Found { program, behind } = program()?;
        let resolved = program
            .canonicalize()
            .with_context(|| format!("cannot find {}", program.display()))?;
        // ROOT/bin/erl or ROOT/erts-VERSION/bin/erl.
        let above = resolved.ancestors().skip(2).take(2);
        if let Some(found) = above.filter_map(|root| Installation::at(root).ok()).next() {
            return Ok(found);
        }
        // It is somewhere else, or starts another one. It knows where its root is; should it start
        // this program, the one behind it is asked.
        let output = Command::new(&program)
            .args(["-boot", "no_dot_erlang", "-noshell", "-noinput", "-eval"])
            .arg("io:put_chars(code:root_dir()), halt().")
            .env(SEARCHED, behind)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let root = String::from_utf8_lossy(&output.stdout).into_owned();
        Installation::at(Path::new(&root)).with_context(|| {
            format!(
                "{} does not tell where its OTP is: name its root with --otp DIR",
                program.display()
            )
        })
    }

    /// Where its programs are.
    pub fn bindir(&self) -> PathBuf {
        self.root.join(format!("erts-{}/bin", self.erts))
    }

    /// Where the modules are that the emulator has in itself.
    pub fn preloaded(&self) -> PathBuf {
        let name = format!("erts-{}/ebin", self.erts);
        let library = self.root.join("lib").join(&name);
        if library.is_dir() {
            library
        } else {
            self.root.join(name)
        }
    }

    /// Where the code of an application is, if it is installed. `names`: those in `lib`, so that whoever looks for
    /// many reads them once.
    pub fn ebin(&self, names: &[OsString], application: &str) -> Option<PathBuf> {
        let prefix = format!("{application}-");
        let version = newest(names.iter().filter_map(|name| name.to_str()), &prefix)?;
        let directory = self.root.join("lib").join(format!("{prefix}{version}"));
        let ebin = directory.join("ebin");
        ebin.is_dir().then_some(ebin)
    }
}

/// An `erl`, and the directories of `PATH` behind its own.
struct Found {
    program: PathBuf,
    behind: OsString,
}

/// `erl` in `PATH`: the first one that isn't this program under that name.
fn program() -> anyhow::Result<Found> {
    let own = std::env::current_exe().and_then(|own| own.canonicalize());
    let path = std::env::var_os(SEARCHED).or_else(|| std::env::var_os("PATH"));
    let path = path.unwrap_or_default();
    let mut directories = std::env::split_paths(&path);
    let found = directories
        .by_ref()
        .map(|directory| directory.join("erl"))
        .find(|path| {
            let real = path.canonicalize();
            path.is_file() && real.is_ok_and(|real| !own.as_ref().is_ok_and(|own| *own == real))
        });
    match found {
        Some(program) => Ok(Found {
            program,
            behind: std::env::join_paths(directories)?,
        }),
        None => bail!(
            "there is no Erlang/OTP: no erl in PATH. Its libraries are what runs in an instance.\n  \
             On Debian: apt-get install erlang-base\n  \
             Elsewhere: name its root with --otp DIR"
        ),
    }
}

/// What follows `prefix` in the name of the newest directory in `parent` that begins with it.
fn version_of(parent: &Path, prefix: &str) -> anyhow::Result<String> {
    let names: Vec<String> = fs::read_dir(parent)
        .with_context(|| format!("cannot read {}", parent.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    newest(names.iter().map(String::as_str), prefix)
        .map(str::to_owned)
        .with_context(|| format!("no {prefix}VERSION in {}", parent.display()))
}

/// What follows `prefix` in the newest of these names that begins with it.
fn newest<'a>(names: impl Iterator<Item = &'a str>, prefix: &str) -> Option<&'a str> {
    names
        .filter_map(|name| name.strip_prefix(prefix))
        .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
        .max_by_key(|version| numbers(version))
}

fn numbers(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

/// The release that `releases/start_erl.data` names, or else the newest one there.
fn release(root: &Path) -> Option<String> {
    let releases = root.join("releases");
    let data = fs::read_to_string(releases.join("start_erl.data")).unwrap_or_default();
    let named = data.split_whitespace().nth(1).map(str::to_owned);
    named.or_else(|| version_of(&releases, "").ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_recognised() {
        let root = tempfile::tempdir().unwrap();
        for directory in [
            "lib/kernel-8.9.1/ebin",
            "lib/kernel-8.10/ebin",
            "erts-13.2/bin",
            "releases/25",
        ] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        let found = Installation::find(Some(root.path())).unwrap();
        assert_eq!(
            (found.erts.as_str(), found.release.as_str()),
            ("13.2", "25")
        );
        let names = ["kernel-8.10", "kernel-8.9.1"].map(OsString::from);
        let ebin = found.ebin(&names, "kernel").unwrap();
        assert!(ebin.ends_with("lib/kernel-8.10/ebin"), "{ebin:?}");
        assert_eq!(found.ebin(&names, "stdlib"), None);
        assert!(found.preloaded().ends_with("erts-13.2/ebin"));
    }

    #[test]
    fn something_else_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let error = Installation::find(Some(root.path())).unwrap_err();
        assert!(error.to_string().contains("--otp"), "{error}");
    }
}
