//! Directories of the host: what the file system asks of them.

use alloc::vec::Vec;

use brood_term::SharedBinary;

use super::error::PosixError;
use super::{Change, Information};

/// A directory of the host that is in the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MountPoint {
    /// Where it is: an absolute path.
    pub path: Vec<u8>,
    /// Whether nothing can be changed in it.
    pub read_only: bool,
}

/// Something below a mount. The parts of the path are separated by single slashes; none of them is empty, `.` or `..`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostPath<'a> {
    /// The mount's place in [`Birth::mounts`](crate::platform::Birth::mounts).
    pub mount: usize,
    /// The path below it; empty for the mount itself.
    pub path: &'a [u8],
}

/// Why an operation came to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// An error.
    Error(PosixError),
    /// A symbolic link is in the way. The host follows none.
    Link {
        /// Whether it is in the second of two paths.
        second: bool,
        /// Where its name ends in the path.
        end: usize,
        /// Where it leads.
        target: Vec<u8>,
    },
}

impl From<PosixError> for Refusal {
    fn from(error: PosixError) -> Refusal {
        Refusal::Error(error)
    }
}

/// How a file of the host is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "as for `open` of POSIX")]
pub struct Opening {
    pub read: bool,
    pub write: bool,
    pub append: bool,
    pub create: bool,
    pub exclusive: bool,
    pub truncate: bool,
    pub synchronous: bool,
    pub directory: bool,
    /// The permissions of a new file.
    pub mode: u32,
}

/// The number of an open file of the host.
pub type HostHandle = u64;

/// What the host does with its files: each method is the call of POSIX that it is named after. Where a link at the end of
/// a path is in the way as those before it are, it says so.
#[allow(clippy::missing_errors_doc, reason = "those of POSIX")]
pub trait HostFiles {
    /// The whole content of a file; `erange` if it is large: then it is to be opened and read. A link at the end is in
    /// the way.
    fn read_file(&mut self, at: HostPath<'_>) -> Result<SharedBinary, Refusal>;

    /// Opens a file. A link at the end is in the way, unless it is opened exclusively.
    fn open(&mut self, at: HostPath<'_>, how: Opening) -> Result<HostHandle, Refusal>;

    /// Closes it.
    fn close(&mut self, handle: HostHandle);

    /// `count` bytes from `position` on, fewer only at the end.
    fn read(
        &mut self,
        handle: HostHandle,
        position: u64,
        count: usize,
    ) -> Result<SharedBinary, PosixError>;

    /// Writes at `position`. Gives how many bytes were written, fewer only when there is an error.
    fn write(
        &mut self,
        handle: HostHandle,
        position: u64,
        bytes: &[u8],
    ) -> (u64, Result<(), PosixError>);

    /// Writes at the end. Gives how many bytes were written, fewer only when there is an error, and how large the file
    /// is then.
    fn append(&mut self, handle: HostHandle, bytes: &[u8]) -> (u64, Result<u64, PosixError>);

    /// What an open file is.
    fn status(&mut self, handle: HostHandle) -> Result<Information, PosixError>;

    /// Cuts it off, or lengthens it.
    fn truncate(&mut self, handle: HostHandle, length: u64) -> Result<(), PosixError>;

    /// Brings it to the disk.
    fn synchronise(&mut self, handle: HostHandle, data_only: bool) -> Result<(), PosixError>;

    /// Gives it room.
    fn allocate(&mut self, handle: HostHandle, position: u64, count: u64)
    -> Result<(), PosixError>;

    /// What is at a path. A link at the end is in the way if it is looked `through`.
    fn look(&mut self, at: HostPath<'_>, through: bool) -> Result<Information, Refusal>;

    /// Changes attributes. A link at the end is in the way.
    fn change(&mut self, at: HostPath<'_>, change: &Change) -> Result<(), Refusal>;

    /// The names in a directory. A link at the end is in the way.
    fn list(&mut self, at: HostPath<'_>) -> Result<Vec<Vec<u8>>, Refusal>;

    /// Makes a directory.
    fn make_directory(&mut self, at: HostPath<'_>, mode: u32) -> Result<(), Refusal>;

    /// Removes a directory.
    fn remove_directory(&mut self, at: HostPath<'_>) -> Result<(), Refusal>;

    /// Takes a name away.
    fn unlink(&mut self, at: HostPath<'_>) -> Result<(), Refusal>;

    /// Moves a name.
    fn rename(&mut self, old: HostPath<'_>, new: HostPath<'_>) -> Result<(), Refusal>;

    /// Gives one more name.
    fn link(&mut self, old: HostPath<'_>, new: HostPath<'_>) -> Result<(), Refusal>;

    /// Makes a symbolic link.
    fn make_symbolic_link(&mut self, at: HostPath<'_>, target: &[u8]) -> Result<(), Refusal>;

    /// Where one leads.
    fn read_link(&mut self, at: HostPath<'_>) -> Result<Vec<u8>, Refusal>;
}
