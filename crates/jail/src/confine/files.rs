//! Landlock: no file but those of the directories that were given, no port, no signal to and no socket of those outside.

use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use crate::protocol::Purpose;

/// The newest that is used where the kernel has it.
const NEWEST: ABI = ABI::V6;

/// What the kernel tells of the worker's own pages: it is opened when the monitor is made.
const PAGE_MAP: &str = "/proc/self/pagemap";
/// Where the same is told of cells.
const PROCESSES: &str = "/proc";

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

/// Restricts the calling thread, and those that it starts. `cells`: which pages are private to a cell will be asked;
/// only for a process that can't look into others anyway.
pub(crate) fn restrict<'a>(
    directories: impl Iterator<Item = (BorrowedFd<'a>, Purpose)>,
    cells: bool,
) -> Result<(), Unrestricted> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for (directory, purpose) in directories {
        ruleset = ruleset.add_rule(PathBeneath::new(directory, allowed(purpose)))?;
    }
    // Without it the monitor works a little slower.
    if let Ok(page_map) = PathFd::new(if cells { PROCESSES } else { PAGE_MAP }) {
        ruleset = ruleset.add_rule(PathBeneath::new(page_map, AccessFs::ReadFile))?;
    }
    match ruleset.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err(Unrestricted::Partial),
        RulesetStatus::NotEnforced => Err(Unrestricted::Absent),
    }
}

/// What may be done in a directory: nothing is executed, and no devices, sockets and pipes are made.
fn allowed(purpose: Purpose) -> BitFlags<AccessFs> {
    let special = AccessFs::Execute
        | AccessFs::MakeChar
        | AccessFs::MakeBlock
        | AccessFs::MakeSock
        | AccessFs::MakeFifo
        | AccessFs::IoctlDev;
    match purpose {
        Purpose::Read => AccessFs::from_read(NEWEST) & !special,
        Purpose::Write => AccessFs::from_all(NEWEST) & !special,
        Purpose::Pages => {
            AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::ReadFile | AccessFs::WriteFile
        }
    }
}
