//! How a worker gives up everything that it doesn't need. In this order, since each step needs what the
//! later ones take away:
//!
//! 1. [`namespaces`]: a world of its own, without network, neighbours and other processes
//! 2. [`root`]: an empty file system, and views of the directories that don't lead out
//! 3. [`privileges`]: bounds, no capabilities, no way to gain any
//! 4. [`files`]: landlock: no file but those of the directories
//! 5. (the worker starts its threads, which have all of the above from birth)
//! 6. [`calls`]: seccomp for all threads: only the system calls that running instances takes
//!
//! The first two and the fourth are not permitted or not known everywhere. What is missing is said, and the
//! others hold without it.

mod calls;
mod files;
pub(crate) mod namespaces;
mod privileges;
mod raw;
mod root;
#[cfg(test)]
mod tests;

use std::os::fd::{AsFd, OwnedFd};

use crate::protocol::{DirectoryOnWire, Purpose, Setup};
use namespaces::Own;
pub(crate) use raw::close_from;

/// Layers of confinement that are not in force, and why.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    pub layers: Vec<String>,
}

impl Missing {
    /// The result of trying to put a layer in force: whether it is.
    fn note<E: std::fmt::Display>(&mut self, layer: &str, tried: Result<(), E>) -> bool {
        match tried {
            Ok(()) => true,
            Err(error) => {
                self.layers.push(format!("{layer}: {error}"));
                false
            }
        }
    }
}

/// Steps 2 to 4, on the only thread. Takes the directories of the setup, and gives those that are to be
/// used from now on.
pub(crate) fn before_threads(
    setup: &Setup,
    own: Own,
    directories: Vec<OwnedFd>,
    missing: &mut Missing,
) -> Result<Vec<OwnedFd>, String> {
    let mut used = Vec::new();
    for (described, directory) in setup.directories().zip(directories) {
        used.push(match own.mounts {
            true => view(described, directory, missing),
            false => directory,
        });
    }
    if own.mounts {
        missing.note("empty root", root::make_empty());
    }
    privileges::bound(setup, own.users).map_err(|error| format!("bounds: {error}"))?;
    privileges::give_up().map_err(|error| format!("privileges: {error}"))?;
    privileges::die_with_parent().map_err(|error| format!("death signal: {error}"))?;
    let purposes = setup.directories().map(|described| described.purpose);
    let directories = used.iter().map(AsFd::as_fd).zip(purposes);
    // In namespaces of its own it sees, and may look into, its cells alone.
    let is_alone = own.users && own.mounts;
    let cells = setup.hibernation.is_some() && !setup.kvm && is_alone;
    missing.note("landlock", files::restrict(directories, cells));
    Ok(used)
}

/// A view of a directory that doesn't lead out of it; or the directory itself.
fn view(described: &DirectoryOnWire, directory: OwnedFd, missing: &mut Missing) -> OwnedFd {
    let read_only = described.purpose == Purpose::Read;
    let made = root::view(directory.as_fd(), &described.host_path, read_only);
    let layer = format!("view of {}", String::from_utf8_lossy(&described.host_path));
    let mut view = None;
    missing.note(&layer, made.map(|made| view = Some(made)));
    view.unwrap_or(directory)
}

/// Step 6, for all threads.
pub(crate) fn after_threads(setup: &Setup) -> Result<(), String> {
    privileges::be_private().map_err(|error| format!("core dumps: {error}"))?;
    let work = calls::Work {
        kvm: setup.kvm,
        files: setup.directories().next().is_some(),
    };
    calls::restrict(work).map_err(|error| format!("seccomp: {error}"))
}
