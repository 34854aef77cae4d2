//! The Erlang side, carried in source and compiled once for each compiler that is met.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use include_dir::{Dir, File, include_dir};

use crate::cache;

static BROOD: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../lib/brood/src");
static RELEASE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../lib/brood_release/src");

/// What `brood_release` takes the `brood` application's resource from.
const RESOURCE: (&str, &str) = ("brood.app.src", "brood.app");

/// A directory with the Erlang side compiled by `erlc`: in the user's cache if there can be one, or
/// else in `scratch`.
pub fn compiled(erlc: &Path, scratch: &Path) -> anyhow::Result<PathBuf> {
    match cache::directory() {
        None => compile(erlc, &scratch.join("ebin")),
        Some(cache) => {
            let ebin = cache.join(format!("lib-{}", fingerprint(erlc)?));
            if ebin.is_dir() {
                return Ok(ebin);
            }
            match compile_into_cache(erlc, &cache, &ebin) {
                Ok(()) => Ok(ebin),
                Err(error) => {
                    tracing::debug!(cache = %cache.display(), "the cache can't be used: {error:#}");
                    compile(erlc, &scratch.join("ebin"))
                }
            }
        }
    }
}

fn files() -> impl Iterator<Item = &'static File<'static>> {
    BROOD.files().chain(RELEASE.files())
}

/// Tells apart sources and compilers: other OTP, other code.
fn fingerprint(erlc: &Path) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for file in files() {
        let name = file.path().as_os_str().as_encoded_bytes();
        for part in [name, file.contents()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    let program = erlc
        .canonicalize()
        .with_context(|| format!("cannot find {}", erlc.display()))?;
    let modified = program.metadata().and_then(|metadata| metadata.modified());
    hasher.update(format!("{} {modified:?}", program.display()).as_bytes());
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}

/// Compiled beside its place and put there by one rename, so that nobody sees it half done.
fn compile_into_cache(erlc: &Path, cache: &Path, ebin: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(cache)?;
    let beside = tempfile::tempdir_in(cache)?;
    let made = compile(erlc, &beside.path().join("ebin"))?;
    match fs::rename(made, ebin) {
        // Somebody else was faster.
        Err(_) if ebin.is_dir() => Ok(()),
        renamed => Ok(renamed?),
    }
}

fn compile(erlc: &Path, ebin: &Path) -> anyhow::Result<PathBuf> {
    let sources = ebin.with_extension("src");
    for directory in [ebin, &sources] {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
    }
    let mut command = Command::new(erlc);
    // The directory for the behaviours that modules name; the behaviours are compiled first.
    command.arg("-pa").arg(ebin).arg("-o").arg(ebin);
    let mut modules = Vec::new();
    for file in files() {
        let path = sources.join(file.path());
        fs::write(&path, file.contents())
            .with_context(|| format!("cannot write {}", path.display()))?;
        if path.extension().is_some_and(|extension| extension == "erl") {
            modules.push(path);
        } else if file.path() == Path::new(RESOURCE.0) {
            fs::copy(&path, ebin.join(RESOURCE.1))?;
        }
    }
    modules.sort_by_key(|path| !path.to_string_lossy().contains("handler"));
    let output = command
        .args(modules)
        .output()
        .with_context(|| format!("cannot run {}", erlc.display()))?;
    if !output.status.success() {
        bail!(
            "{} does not compile brood's own Erlang code; is it OTP 25 or later?\n{}{}",
            erlc.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(ebin.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_is_complete() {
        let names: Vec<_> = files()
            .map(|file| file.path().to_string_lossy().into_owned())
            .collect();
        for name in [
            "brood_sys.erl",
            "brood_boot.erl",
            "brood_release.erl",
            RESOURCE.0,
        ] {
            assert!(
                names.iter().any(|known| known == name),
                "{name} in {names:?}"
            );
        }
    }
}
