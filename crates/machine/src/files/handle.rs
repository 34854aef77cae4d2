//! Files that are open.

use brood_term::SharedBinary;

use super::content::{Data, LARGEST};
use super::error::PosixError;
use super::path::Follow;
use super::volume::{Device, Kind, NodeNumber};
use super::{FILE_MODE, FileSystem};

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "OTP's own names")]
pub struct Modes {
    pub read: bool,
    pub write: bool,
    pub append: bool,
    pub exclusive: bool,
    pub directory: bool,
    pub skip_type_check: bool,
}

impl Modes {
    /// For reading.
    pub const READ: Modes = Modes {
        read: true,
        write: false,
        append: false,
        exclusive: false,
        directory: false,
        skip_type_check: false,
    };
    /// For writing, from empty.
    pub const WRITE: Modes = Modes {
        read: false,
        write: true,
        ..Modes::READ
    };
}

/// What a position is counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// The beginning of the file.
    Beginning,
    /// The current position.
    Current,
    /// The end of the file.
    End,
}

/// A file that is open. It must be given to [`FileSystem::close`], or the file stays for ever.
#[derive(Debug)]
#[must_use]
pub struct Handle {
    node: NodeNumber,
    modes: Modes,
    position: u64,
}

impl Handle {
    /// The number of the node that is open.
    pub fn node(&self) -> NodeNumber {
        self.node
    }
}

impl FileSystem {
    /// Opens the file at `path`; makes it if it is to be written and not there.
    ///
    /// # Errors
    ///
    /// As for `open` of POSIX, and `eisdir` for a directory unless one is wanted.
    pub fn open(&mut self, path: &[u8], mut modes: Modes) -> Result<Handle, PosixError> {
        modes.write |= modes.append || modes.exclusive;
        modes.read |= !modes.write;
        let follow = if modes.exclusive {
            Follow::No
        } else {
            Follow::Yes
        };
        let place = self.place(path, follow)?;
        let node = match self.at(&place) {
            Ok(_) if modes.exclusive => return Err(PosixError::Exists),
            Ok(number) => self.check_open(number, modes)?,
            Err(PosixError::NotFound) if modes.write && place.directory_wanted => {
                return Err(PosixError::IsDirectory);
            }
            Err(PosixError::NotFound) if modes.write && modes.directory => {
                return Err(PosixError::Invalid);
            }
            Err(PosixError::NotFound) if modes.write => {
                let kind = self.volume.file_kind();
                self.volume
                    .create(place.directory, &place.name, kind, FILE_MODE)?
            }
            Err(error) => return Err(error),
        };
        self.volume.open(node)?;
        Ok(Handle {
            node,
            modes,
            position: 0,
        })
    }

    /// Whether what exists can be opened so; empties it if that is wanted.
    fn check_open(&mut self, number: NodeNumber, modes: Modes) -> Result<NodeNumber, PosixError> {
        let empties = modes.write && !modes.read && !modes.append;
        match &mut self.volume.node_mut(number)?.kind {
            Kind::Directory(_) if modes.write => return Err(PosixError::IsDirectory),
            Kind::Directory(_) if !modes.directory && !modes.skip_type_check => {
                return Err(PosixError::IsDirectory);
            }
            Kind::Directory(_) => {}
            _ if modes.directory => return Err(PosixError::NotDirectory),
            Kind::Regular(content) if empties => {
                content.truncate(0)?;
                self.volume.touch(number, true);
            }
            // Only the last part of an exclusive path may still be a link, and that exists.
            Kind::Link(_) => return Err(PosixError::Loop),
            Kind::Regular(_) | Kind::Device(_) => {}
        }
        Ok(number)
    }

    /// Ends what [`FileSystem::open`] began.
    pub fn close(&mut self, handle: &Handle) {
        self.volume.close(handle.node);
    }

    /// The next bytes, at most `count`; none at the end.
    ///
    /// # Errors
    ///
    /// As for `read` of POSIX.
    pub fn read(&mut self, handle: &mut Handle, count: u64) -> Result<SharedBinary, PosixError> {
        let bytes = self.read_at(handle, handle.position, count)?;
        handle.position += bytes.len() as u64;
        Ok(bytes)
    }

    /// The bytes at `position`, at most `count`, fewer only at the end.
    ///
    /// # Errors
    ///
    /// As for `pread` of POSIX.
    pub fn read_at(
        &mut self,
        handle: &Handle,
        position: u64,
        count: u64,
    ) -> Result<SharedBinary, PosixError> {
        if !handle.modes.read {
            return Err(PosixError::BadDescriptor);
        }
        let bytes = match &self.volume.node(handle.node)?.kind {
            Kind::Regular(content) => content.read(position, count)?,
            Kind::Directory(_) => return Err(PosixError::IsDirectory),
            Kind::Link(_) => return Err(PosixError::Loop),
            Kind::Device(Device::Null) => SharedBinary::copy_from(&[]),
            Kind::Device(Device::Zero | Device::Full) => match usize::try_from(count) {
                Ok(length) if count <= self.room().limit() => SharedBinary::filled(length, |_| ()),
                _ => return Err(PosixError::NoMemory),
            },
        };
        self.volume.note_access(handle.node);
        Ok(bytes)
    }

    /// Writes at the current position, or at the end if the file is open for appending. Gives how many bytes were
    /// written, fewer only when there is an error.
    pub fn write(&mut self, handle: &mut Handle, bytes: Data<'_>) -> (u64, Result<(), PosixError>) {
        if handle.modes.append
            && let Ok(node) = self.volume.node(handle.node)
        {
            handle.position = node.size();
        }
        let (written, result) = self.write_at(handle, handle.position, bytes);
        handle.position += written;
        (written, result)
    }

    /// Writes at `position`; at the end if the file is open for appending, as Linux does.
    pub fn write_at(
        &mut self,
        handle: &Handle,
        position: u64,
        bytes: Data<'_>,
    ) -> (u64, Result<(), PosixError>) {
        if !handle.modes.write {
            return (0, Err(PosixError::BadDescriptor));
        }
        let node = match self.volume.node_mut(handle.node) {
            Ok(node) => node,
            Err(error) => return (0, Err(error)),
        };
        let (written, result) = match &mut node.kind {
            Kind::Regular(content) => {
                let position = if handle.modes.append {
                    content.len()
                } else {
                    position
                };
                content.write(position, bytes)
            }
            Kind::Device(Device::Null | Device::Zero) => return (bytes.len() as u64, Ok(())),
            Kind::Device(Device::Full) if bytes.is_empty() => return (0, Ok(())),
            Kind::Device(Device::Full) => return (0, Err(PosixError::NoSpace)),
            Kind::Directory(_) | Kind::Link(_) => return (0, Err(PosixError::BadDescriptor)),
        };
        if written > 0 {
            self.volume.touch(handle.node, true);
        }
        (written, result)
    }

    /// Moves the current position, and gives it.
    ///
    /// # Errors
    ///
    /// `einval` for a position before the beginning, or beyond the largest file.
    pub fn seek(
        &mut self,
        handle: &mut Handle,
        mark: Mark,
        offset: i64,
    ) -> Result<u64, PosixError> {
        let node = self.volume.node(handle.node)?;
        if let Kind::Device(_) = node.kind {
            return Ok(0);
        }
        let base = match mark {
            Mark::Beginning => 0,
            Mark::Current => handle.position,
            Mark::End => node.size(),
        };
        match base.checked_add_signed(offset) {
            Some(position) if position <= LARGEST => {
                handle.position = position;
                Ok(position)
            }
            _ => Err(PosixError::Invalid),
        }
    }

    /// Cuts the file off at the current position, or lengthens it up to there.
    ///
    /// # Errors
    ///
    /// As for `ftruncate` of POSIX.
    pub fn truncate(&mut self, handle: &Handle) -> Result<(), PosixError> {
        match &mut self.volume.node_mut(handle.node)?.kind {
            Kind::Regular(content) if handle.modes.write => content.truncate(handle.position)?,
            _ => return Err(PosixError::Invalid),
        }
        self.volume.touch(handle.node, true);
        Ok(())
    }

    /// Sees to it that `count` bytes from `position` on can be written without further room.
    ///
    /// # Errors
    ///
    /// As for `fallocate` of Linux.
    pub fn allocate(
        &mut self,
        handle: &Handle,
        position: u64,
        count: u64,
    ) -> Result<(), PosixError> {
        if !handle.modes.write {
            return Err(PosixError::BadDescriptor);
        }
        if count == 0 {
            return Err(PosixError::Invalid);
        }
        match &mut self.volume.node_mut(handle.node)?.kind {
            Kind::Regular(content) => content.allocate(position, count)?,
            _ => return Err(PosixError::NotSupported),
        }
        self.volume.touch(handle.node, true);
        Ok(())
    }
}
