//! Landlock: no file but those of the mounts, no port, no signal to and no socket of those outside.

use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

/// The newest that is used where the kernel has it.
const NEWEST: ABI = ABI::V6;

/// What the kernel tells of the worker's own pages: it is opened when the monitor is made.
const PAGE_MAP: &str = "/proc/self/pagemap";

/// Why the layer is not, or not wholly, in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unrestricted {
    #[error(transparent)]
    Refused(#[from] RulesetError),
    #[error("the kernel does not have it")]
    Absent,
    #[error("the kernel has an older one, which restricts less")]
    Partial,
}

/// Restricts the calling thread, and those that it starts.
pub(crate) fn restrict<'a>(
    mounts: impl Iterator<Item = (BorrowedFd<'a>, bool)>,
) -> Result<(), Unrestricted> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for (directory, read_only) in mounts {
        ruleset = ruleset.add_rule(PathBeneath::new(directory, allowed(read_only)))?;
    }
    // Without it the monitor works a little slower.
    if let Ok(page_map) = PathFd::new(PAGE_MAP) {
        ruleset = ruleset.add_rule(PathBeneath::new(page_map, AccessFs::ReadFile))?;
    }
    match ruleset.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err(Unrestricted::Partial),
        RulesetStatus::NotEnforced => Err(Unrestricted::Absent),
    }
}

/// What may be done with the files of a mount: nothing is executed, and no devices, sockets and pipes are
/// made.
fn allowed(read_only: bool) -> BitFlags<AccessFs> {
    let special = AccessFs::Execute
        | AccessFs::MakeChar
        | AccessFs::MakeBlock
        | AccessFs::MakeSock
        | AccessFs::MakeFifo
        | AccessFs::IoctlDev;
    let all = match read_only {
        true => AccessFs::from_read(NEWEST),
        false => AccessFs::from_all(NEWEST),
    };
    all & !special
}
