//! Bounds, and no privileges.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::raw;
use crate::protocol::Setup;

/// Bounds what the worker can have. `counted`: its processes are counted by themselves, not with all
/// others of its user.
pub(crate) fn bound(setup: &Setup, counted: bool) -> io::Result<()> {
    let processes = counted.then_some((Resource::Nproc, setup.processes));
    let bounds = [
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
        (Resource::Nofile, setup.descriptors),
        (Resource::As, setup.address_space),
    ];
    for (resource, most) in bounds.into_iter().chain(processes) {
        // A lower one stays.
        let before = rustix::process::getrlimit(resource).maximum;
        let most = Some(before.map_or(most, |before| before.min(most)));
        let limit = Rlimit {
            current: most,
            maximum: most,
        };
        rustix::process::setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Gives up all capabilities, and the ways to gain some.
pub(crate) fn give_up() -> io::Result<()> {
    // Without the capability for it there is nothing to take away, and nothing can be gained below.
    if let Err(error) = raw::drop_bounding_set()
        && error.raw_os_error() != Some(libc::EPERM)
    {
        return Err(error);
    }
    rustix::thread::clear_ambient_capability_set()?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none)?;
    Ok(rustix::thread::set_no_new_privs(true)?)
}

/// Dies with the thread that started it.
pub(crate) fn die_with_parent() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(
        Signal::KILL,
    ))?)
}

/// Leaves no core and lets no process of the same user look into this one.
pub(crate) fn be_private() -> io::Result<()> {
    Ok(rustix::process::set_dumpable_behavior(
        DumpableBehavior::NotDumpable,
    )?)
}
