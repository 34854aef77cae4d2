//! The installed Erlang.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// The programs of an OTP.
#[derive(Debug)]
pub struct Otp {
    /// The emulator.
    pub erl: PathBuf,
    /// The compiler.
    pub erlc: PathBuf,
}

impl Otp {
    /// That below `root`, or the one in `PATH`.
    pub fn find(root: Option<&Path>) -> anyhow::Result<Otp> {
        Ok(Otp {
            erl: program("erl", root)?,
            erlc: program("erlc", root)?,
        })
    }
}

/// Where the program of this name is; an error that says how to get it.
pub fn program(name: &str, root: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(root) = root {
        let path = root.join("bin").join(name);
        if !path.is_file() {
            bail!(
                "there is no {}: --otp wants a directory with bin/erl and bin/erlc in it",
                path.display()
            );
        }
        return Ok(path);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|path| path.is_file());
    match found {
        Some(path) => Ok(path),
        None => bail!(
            "there is no {name} in PATH: brood builds with the installed Erlang.\n  \
             On Debian: apt-get install erlang-base erlang-dev\n  \
             Elsewhere: name its directory with --otp DIR"
        ),
    }
}
