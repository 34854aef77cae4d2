//! Files that are open.

use brood_term::SharedBinary;

use super::content::{Data, LARGEST};
use super::error::PosixError;
use super::host::{HostFiles, HostHandle, HostPath, Opening, Refusal};
use super::path::{Follow, HostPlace, MemoryPlace};
use super::volume::{Device, Kind, NodeNumber};
use super::{FILE_MODE, FileSystem, Files, Information};

/// The permissions of a new file of the host, of which its umask takes away.
const HOST_FILE_MODE: u32 = 0o666;

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "OTP's own names")]
pub struct Modes {
    pub read: bool,
    pub write: bool,
    pub append: bool,
    pub exclusive: bool,
    pub sync: bool,
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
        sync: false,
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

/// What an open file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    Memory(NodeNumber),
    Host(HostHandle),
}

/// A file that is open. It must be given to [`Files::close`], or the file stays for ever.
#[derive(Debug)]
#[must_use]
pub struct Handle {
    target: Target,
    modes: Modes,
    position: u64,
}

impl Handle {
    /// Whether it is a file of the host, where each operation is a way out.
    pub fn is_on_host(&self) -> bool {
        matches!(self.target, Target::Host(_))
    }
}

impl FileSystem {
    fn open(&mut self, place: &MemoryPlace, modes: Modes) -> Result<NodeNumber, PosixError> {
        if modes.write {
            place.check_changeable()?;
        }
        let node = match self.at(place) {
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
        Ok(node)
    }

    /// Whether what exists can be opened so; empties it if that is wanted.
    fn check_open(&mut self, number: NodeNumber, modes: Modes) -> Result<NodeNumber, PosixError> {
        match &mut self.volume.node_mut(number)?.kind {
            Kind::Directory(_) if modes.write => return Err(PosixError::IsDirectory),
            Kind::Directory(_) if !modes.directory && !modes.skip_type_check => {
                return Err(PosixError::IsDirectory);
            }
            Kind::Directory(_) => {}
            _ if modes.directory => return Err(PosixError::NotDirectory),
            Kind::Regular(content) if modes.empties() => {
                content.truncate(0)?;
                self.volume.touch(number, true);
            }
            // Only the last part of an exclusive path may still be a link, and that exists.
            Kind::Link(_) => return Err(PosixError::Loop),
            Kind::Regular(_) | Kind::Device(_) => {}
        }
        Ok(number)
    }

    /// The bytes of a node at `position`, at most `count`, fewer only at the end.
    pub(super) fn read_node(
        &mut self,
        node: NodeNumber,
        position: u64,
        count: u64,
    ) -> Result<SharedBinary, PosixError> {
        let bytes = match &self.volume.node(node)?.kind {
            Kind::Regular(content) => content.read(position, count)?,
            Kind::Directory(_) => return Err(PosixError::IsDirectory),
            Kind::Link(_) => return Err(PosixError::Loop),
            Kind::Device(Device::Null) => SharedBinary::copy_from(&[]),
            Kind::Device(Device::Zero | Device::Full) => match usize::try_from(count) {
                Ok(length) if count <= self.room().limit() => SharedBinary::filled(length, |_| ()),
                _ => return Err(PosixError::NoMemory),
            },
        };
        self.volume.note_access(node);
        Ok(bytes)
    }

    /// Writes to a node, at its end or at `position`.
    fn write_node(
        &mut self,
        number: NodeNumber,
        appends: bool,
        position: u64,
        bytes: Data<'_>,
    ) -> (u64, Result<(), PosixError>) {
        let node = match self.volume.node_mut(number) {
            Ok(node) => node,
            Err(error) => return (0, Err(error)),
        };
        let (written, result) = match &mut node.kind {
            Kind::Regular(content) => {
                let position = if appends { content.len() } else { position };
                content.write(position, bytes)
            }
            Kind::Device(Device::Null | Device::Zero) => return (bytes.len() as u64, Ok(())),
            Kind::Device(Device::Full) if bytes.is_empty() => return (0, Ok(())),
            Kind::Device(Device::Full) => return (0, Err(PosixError::NoSpace)),
            Kind::Directory(_) | Kind::Link(_) => return (0, Err(PosixError::BadDescriptor)),
        };
        if written > 0 {
            self.volume.touch(number, true);
        }
        (written, result)
    }
}

impl Modes {
    /// Whether what is there goes when the file is opened.
    fn empties(self) -> bool {
        self.write && !self.read && !self.append
    }

    fn opening(self) -> Opening {
        Opening {
            read: self.read,
            write: self.write,
            append: self.append,
            create: self.write,
            exclusive: self.exclusive,
            truncate: self.empties(),
            synchronous: self.sync,
            directory: self.directory,
            mode: HOST_FILE_MODE,
        }
    }
}

/// Opens a file of the host.
fn open_on_host(
    host: &mut dyn HostFiles,
    at: HostPath<'_>,
    place: &HostPlace,
    modes: Modes,
) -> Result<HostHandle, Refusal> {
    if modes.write && modes.directory {
        return Err(PosixError::Invalid.into());
    }
    if modes.write && place.directory_wanted {
        return Err(PosixError::IsDirectory.into());
    }
    match host.open(at, modes.opening()) {
        Err(Refusal::Error(PosixError::IsDirectory)) if modes.skip_type_check && !modes.write => {
            let directory = true;
            host.open(at, Modes { directory, ..modes }.opening())
        }
        opened => opened,
    }
}

impl Files<'_> {
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
        let target = self.reach(
            path,
            follow,
            |tree, place| tree.open(&place, modes).map(Target::Memory),
            |host, at, place| open_on_host(host, at, place, modes).map(Target::Host),
        )?;
        Ok(Handle {
            target,
            modes,
            position: 0,
        })
    }

    /// Ends what [`Files::open`] began.
    pub fn close(&mut self, handle: Handle) {
        match (handle.target, self.host()) {
            (Target::Memory(node), _) => self.tree.volume.close(node),
            (Target::Host(number), Ok(host)) => host.close(number),
            (Target::Host(_), Err(_)) => {}
        }
    }

    /// What an open file is.
    ///
    /// # Errors
    ///
    /// As for `fstat` of POSIX.
    pub fn handle_information(&mut self, handle: &Handle) -> Result<Information, PosixError> {
        match handle.target {
            Target::Memory(node) => self.tree.information_of(node),
            Target::Host(number) => self.host()?.status(number),
        }
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
        /// What is read without asking first how much there is.
        const LITTLE: u64 = 64 << 10;
        if !handle.modes.read {
            return Err(PosixError::BadDescriptor);
        }
        let number = match handle.target {
            Target::Memory(node) => return self.tree.read_node(node, position, count),
            Target::Host(number) => number,
        };
        let count = if count <= LITTLE {
            count
        } else {
            let size = self.host()?.status(number)?.size;
            // What is made up as it is read may say that it is empty.
            count.min(size.saturating_sub(position).max(LITTLE))
        };
        match usize::try_from(count) {
            Ok(length) if count <= self.tree.room().limit() => {
                self.host()?.read(number, position, length)
            }
            _ => Err(PosixError::NoMemory),
        }
    }

    /// Writes at the current position, or at the end if the file is open for appending. Gives how many bytes were
    /// written, fewer only when there is an error.
    pub fn write(&mut self, handle: &mut Handle, bytes: Data<'_>) -> (u64, Result<(), PosixError>) {
        if !handle.modes.append {
            let (written, result) = self.write_at(handle, handle.position, bytes);
            handle.position += written;
            return (written, result);
        }
        match handle.target {
            Target::Memory(node) => {
                let (written, result) = self.tree.write_node(node, true, 0, bytes);
                if let Ok(node) = self.tree.volume.node(node) {
                    handle.position = node.size();
                }
                (written, result)
            }
            Target::Host(number) => {
                let (written, result) = match self.host() {
                    Ok(host) => host.append(number, &bytes),
                    Err(error) => (0, Err(error)),
                };
                handle.position = result.unwrap_or(handle.position + written);
                (written, result.map(drop))
            }
        }
    }

    /// Writes at `position`; at the end if the file is open for appending, as Linux does.
    pub fn write_at(
        &mut self,
        handle: &Handle,
        position: u64,
        bytes: Data<'_>,
    ) -> (u64, Result<(), PosixError>) {
        let Modes { write, append, .. } = handle.modes;
        match (handle.target, self.host()) {
            _ if !write => (0, Err(PosixError::BadDescriptor)),
            (Target::Memory(node), _) => self.tree.write_node(node, append, position, bytes),
            (Target::Host(_), Err(error)) => (0, Err(error)),
            (Target::Host(number), Ok(host)) if append => {
                let (written, result) = host.append(number, &bytes);
                (written, result.map(drop))
            }
            (Target::Host(number), Ok(host)) => host.write(number, position, &bytes),
        }
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
        let largest = match handle.target {
            Target::Memory(node) => {
                if let Kind::Device(_) = self.tree.volume.node(node)?.kind {
                    return Ok(0);
                }
                LARGEST
            }
            Target::Host(_) => i64::MAX as u64,
        };
        let base = match mark {
            Mark::Beginning => 0,
            Mark::Current => handle.position,
            Mark::End => self.handle_information(handle)?.size,
        };
        match base.checked_add_signed(offset) {
            Some(position) if position <= largest => {
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
        if !handle.modes.write {
            return Err(PosixError::Invalid);
        }
        let node = match handle.target {
            Target::Memory(node) => node,
            Target::Host(number) => return self.host()?.truncate(number, handle.position),
        };
        match &mut self.tree.volume.node_mut(node)?.kind {
            Kind::Regular(content) => content.truncate(handle.position)?,
            _ => return Err(PosixError::Invalid),
        }
        self.tree.volume.touch(node, true);
        Ok(())
    }

    /// Brings what was written to the disk, if there is one below.
    ///
    /// # Errors
    ///
    /// As for `fsync` of POSIX.
    pub fn synchronise(&mut self, handle: &Handle, data_only: bool) -> Result<(), PosixError> {
        match handle.target {
            Target::Memory(_) => Ok(()),
            Target::Host(number) => self.host()?.synchronise(number, data_only),
        }
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
        let node = match handle.target {
            Target::Memory(node) => node,
            Target::Host(number) => return self.host()?.allocate(number, position, count),
        };
        match &mut self.tree.volume.node_mut(node)?.kind {
            Kind::Regular(content) => content.allocate(position, count)?,
            _ => return Err(PosixError::NotSupported),
        }
        self.tree.volume.touch(node, true);
        Ok(())
    }
}
