//! Files of the host, over the contract.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use brood_abi::boot::Extent;
use brood_abi::file::{
    ACCESS_READ, ACCESS_WRITE, AT_END, AttributeChange, CHANGE_GROUP, CHANGE_MODE, CHANGE_TIMES,
    CHANGE_USER, Entries, FileStatus, LOOK_THROUGH, LinkFound, MOUNT_READ_ONLY, Mounts,
    OPEN_APPEND, OPEN_CREATE, OPEN_DIRECTORY, OPEN_EXCLUSIVE, OPEN_PERMISSIONS_SHIFT, OPEN_READ,
    OPEN_SYNCHRONOUS, OPEN_TRUNCATE, OPEN_WRITE, SYNCHRONISE_DATA,
};
use brood_abi::{Error, Operation, Submission};
use brood_machine::SharedBinary;
use brood_machine::files::host::{HostFiles, HostHandle, HostPath, MountPoint, Opening, Refusal};
use brood_machine::files::volume::Attributes;
use brood_machine::files::{Change, Information, PosixError};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use crate::platform::InstancePlatform;
use crate::rings::with_bytes;

/// Memory for what the monitor answers. Most files and directories fit in.
const WINDOW: usize = 256 << 10;

/// The mounts that the boot block tells of.
pub(crate) fn mount_points(table: &[u8]) -> Vec<MountPoint> {
    let point = |(flags, path): (u32, &[u8])| MountPoint {
        path: path.to_vec(),
        read_only: flags & MOUNT_READ_ONLY != 0,
    };
    Mounts(table).map(point).collect()
}

/// The window, made when it is first needed, so that only who uses files has one.
#[derive(Debug, Default)]
pub(crate) struct Window(Option<Box<[u8]>>);

impl Window {
    fn extent(&mut self) -> Extent {
        let memory = self
            .0
            .get_or_insert_with(|| vec![0; WINDOW].into_boxed_slice());
        extent(memory)
    }

    /// What the monitor has written there.
    fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }

    fn read<T: FromBytes + FromZeros>(&self) -> T {
        T::read_from_prefix(self.bytes()).map_or_else(|_| T::new_zeroed(), |(value, _)| value)
    }
}

fn extent(memory: &mut [u8]) -> Extent {
    Extent {
        address: memory.as_mut_ptr().expose_provenance() as u64,
        length: memory.len() as u64,
    }
}

/// The machine's word for an error of the contract.
fn posix(code: i64) -> PosixError {
    let error = Error::from_code(code);
    error
        .and_then(|error| PosixError::from_name(error.name()))
        .unwrap_or(PosixError::Io)
}

impl InstancePlatform {
    /// Does an operation on a handle, with a target.
    fn on_handle(
        &mut self,
        operation: Operation,
        handle: HostHandle,
        target: Extent,
        rest: Submission,
    ) -> Result<u64, PosixError> {
        let result = self.perform(&Submission {
            operation: operation.code(),
            argument: handle,
            target_address: target.address,
            target_length: target.length,
            ..rest
        });
        u64::try_from(result).map_err(|_| posix(result))
    }

    /// Does an operation on one path or two, with the window as target.
    fn on_path(
        &mut self,
        operation: Operation,
        mount: usize,
        source: &[u8],
        offset: u64,
    ) -> Result<u64, Refusal> {
        let target = self.window.extent();
        let result = self.perform(&Submission {
            argument: mount as u64,
            target_address: target.address,
            target_length: target.length,
            offset,
            ..with_bytes(operation, source)
        });
        if result == Error::Link.code() {
            let found: LinkFound = self.window.read();
            let target = self.window.bytes().get(size_of::<LinkFound>()..);
            let target = target.and_then(|bytes| bytes.get(..found.length as usize));
            return Err(Refusal::Link {
                second: found.which == 1,
                end: found.end as usize,
                target: target.unwrap_or_default().to_vec(),
            });
        }
        u64::try_from(result).map_err(|_| posix(result).into())
    }

    /// The same for two paths.
    fn on_two(
        &mut self,
        operation: Operation,
        first: HostPath<'_>,
        second: HostPath<'_>,
    ) -> Result<(), Refusal> {
        let source = [first.path, b"\0", second.path].concat();
        self.on_path(operation, first.mount, &source, second.mount as u64)
            .map(drop)
    }

    fn status_in_window(&self) -> Information {
        information(&self.window.read())
    }

    /// As [`HostFiles::write`], for `offset` that may be the end.
    fn write_pieces(
        &mut self,
        handle: HostHandle,
        offset: u64,
        bytes: &[u8],
    ) -> (u64, Result<(), PosixError>) {
        let mut written = 0;
        loop {
            let submission = Submission {
                offset: match offset {
                    AT_END => AT_END,
                    start => start.saturating_add(written as u64),
                },
                ..with_bytes(Operation::FileWrite, &bytes[written..])
            };
            let target = self.window.extent();
            match self.on_handle(Operation::FileWrite, handle, target, submission) {
                Ok(count) => written += count as usize,
                Err(error) => return (written as u64, Err(error)),
            }
            if written >= bytes.len() {
                return (written as u64, Ok(()));
            }
        }
    }

    fn list_pieces(&mut self, at: HostPath<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
        let directory = Opening {
            read: true,
            directory: true,
            ..Opening::default()
        };
        let handle = self.open(at, directory)?;
        let mut names = Vec::new();
        let listed = loop {
            let target = self.window.extent();
            let none = Submission::default();
            match self.on_handle(Operation::FileListNext, handle, target, none) {
                Ok(0) => break Ok(names),
                Ok(length) => names.extend(self.names_in_window(length)),
                Err(error) => break Err(error.into()),
            }
        };
        self.close(handle);
        listed
    }

    fn names_in_window(&self, length: u64) -> Vec<Vec<u8>> {
        let listed = self.window.bytes().get(..length as usize);
        let entries = Entries(listed.unwrap_or_default());
        entries.map(|(_, name)| name.to_vec()).collect()
    }
}

/// What the machine wants to know of a file.
fn information(status: &FileStatus) -> Information {
    const KIND: u32 = 0o170_000;
    let kind_bits = status.mode & KIND;
    Information {
        volume: status.device,
        number: status.number,
        size: status.size,
        kind: match kind_bits {
            0o100_000 => "regular",
            0o040_000 => "directory",
            0o120_000 => "symlink",
            0o020_000 | 0o060_000 => "device",
            _ => "other",
        },
        access: match (
            status.access & ACCESS_READ != 0,
            status.access & ACCESS_WRITE != 0,
        ) {
            (true, true) => "read_write",
            (true, false) => "read",
            (false, true) => "write",
            (false, false) => "none",
        },
        kind_bits,
        links: status.links,
        device: status.special_device,
        attributes: Attributes {
            mode: status.mode & !KIND,
            user: status.user,
            group: status.group,
            accessed: status.accessed,
            modified: status.modified,
            changed: status.changed,
        },
    }
}

impl HostFiles for InstancePlatform {
    fn read_file(&mut self, at: HostPath<'_>) -> Result<SharedBinary, Refusal> {
        let size = self.on_path(Operation::FileReadWhole, at.mount, at.path, 0)?;
        let content = self.window.bytes().get(..size as usize);
        content
            .map(SharedBinary::copy_from)
            .ok_or(PosixError::Range.into())
    }

    fn open(&mut self, at: HostPath<'_>, how: Opening) -> Result<HostHandle, Refusal> {
        let bits = [
            (how.read, OPEN_READ),
            (how.write, OPEN_WRITE),
            (how.append, OPEN_APPEND),
            (how.create, OPEN_CREATE),
            (how.exclusive, OPEN_EXCLUSIVE),
            (how.truncate, OPEN_TRUNCATE),
            (how.synchronous, OPEN_SYNCHRONOUS),
            (how.directory, OPEN_DIRECTORY),
        ];
        let set = bits.iter().filter(|(is_set, _)| *is_set);
        let mode = u64::from(how.mode) << OPEN_PERMISSIONS_SHIFT;
        let how = set.fold(mode, |how, (_, bit)| how | bit);
        self.on_path(Operation::FileOpen, at.mount, at.path, how)
    }

    fn close(&mut self, handle: HostHandle) {
        let none = Submission::default();
        // The handle is known, so nothing can go wrong.
        let _ = self.on_handle(Operation::FileClose, handle, Extent::default(), none);
    }

    fn read(
        &mut self,
        handle: HostHandle,
        position: u64,
        count: usize,
    ) -> Result<SharedBinary, PosixError> {
        let at = |position| Submission {
            offset: position,
            ..Submission::default()
        };
        if count <= WINDOW {
            let mut target = self.window.extent();
            target.length = count as u64;
            let read = self.on_handle(Operation::FileRead, handle, target, at(position))?;
            let content = self.window.bytes().get(..read as usize);
            return Ok(SharedBinary::copy_from(content.unwrap_or_default()));
        }
        let mut done = 0;
        let mut result = Ok(());
        let content = SharedBinary::filled(count, |memory| {
            while done < count {
                let target = extent(&mut memory[done..]);
                let from = at(position.saturating_add(done as u64));
                match self.on_handle(Operation::FileRead, handle, target, from) {
                    Ok(0) => break,
                    Ok(read) => done += read as usize,
                    Err(_) if done > 0 => break,
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
            }
        });
        result?;
        Ok(if done < count {
            content.part(0, done)
        } else {
            content
        })
    }

    fn write(
        &mut self,
        handle: HostHandle,
        position: u64,
        bytes: &[u8],
    ) -> (u64, Result<(), PosixError>) {
        self.write_pieces(handle, position, bytes)
    }

    fn append(&mut self, handle: HostHandle, bytes: &[u8]) -> (u64, Result<u64, PosixError>) {
        let (written, result) = self.write_pieces(handle, AT_END, bytes);
        (written, result.map(|()| self.status_in_window().size))
    }

    fn status(&mut self, handle: HostHandle) -> Result<Information, PosixError> {
        let target = self.window.extent();
        self.on_handle(Operation::FileStatus, handle, target, Submission::default())?;
        Ok(self.status_in_window())
    }

    fn truncate(&mut self, handle: HostHandle, length: u64) -> Result<(), PosixError> {
        let offset = Submission {
            offset: length,
            ..Submission::default()
        };
        self.on_handle(Operation::FileTruncate, handle, Extent::default(), offset)
            .map(drop)
    }

    fn synchronise(&mut self, handle: HostHandle, data_only: bool) -> Result<(), PosixError> {
        let how = Submission {
            offset: u64::from(data_only) * SYNCHRONISE_DATA,
            ..Submission::default()
        };
        self.on_handle(Operation::FileSynchronise, handle, Extent::default(), how)
            .map(drop)
    }

    fn allocate(
        &mut self,
        handle: HostHandle,
        position: u64,
        count: u64,
    ) -> Result<(), PosixError> {
        let room = Extent {
            address: 0,
            length: count,
        };
        let offset = Submission {
            offset: position,
            ..Submission::default()
        };
        self.on_handle(Operation::FileAllocate, handle, room, offset)
            .map(drop)
    }

    fn look(&mut self, at: HostPath<'_>, through: bool) -> Result<Information, Refusal> {
        let how = u64::from(through) * LOOK_THROUGH;
        self.on_path(Operation::FileLook, at.mount, at.path, how)?;
        Ok(self.status_in_window())
    }

    fn change(&mut self, at: HostPath<'_>, change: &Change) -> Result<(), Refusal> {
        let which = [
            (change.mode.is_some(), CHANGE_MODE),
            (change.user.is_some(), CHANGE_USER),
            (change.group.is_some(), CHANGE_GROUP),
            (change.times.is_some(), CHANGE_TIMES),
        ];
        let set = which.iter().filter(|(is_set, _)| *is_set);
        let (accessed, modified) = change.times.unwrap_or_default();
        let change = AttributeChange {
            accessed,
            modified,
            which: set.fold(0, |which, (_, bit)| which | bit),
            mode: change.mode.unwrap_or_default(),
            user: change.user.unwrap_or_default(),
            group: change.group.unwrap_or_default(),
        };
        let source = [change.as_bytes(), at.path].concat();
        self.on_path(Operation::FileChange, at.mount, &source, 0)
            .map(drop)
    }

    fn list(&mut self, at: HostPath<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
        match self.on_path(Operation::FileList, at.mount, at.path, 0) {
            Ok(length) => Ok(self.names_in_window(length)),
            Err(Refusal::Error(PosixError::Range)) => self.list_pieces(at),
            Err(refusal) => Err(refusal),
        }
    }

    fn make_directory(&mut self, at: HostPath<'_>, mode: u32) -> Result<(), Refusal> {
        let operation = Operation::FileMakeDirectory;
        self.on_path(operation, at.mount, at.path, u64::from(mode))
            .map(drop)
    }

    fn remove_directory(&mut self, at: HostPath<'_>) -> Result<(), Refusal> {
        self.on_path(Operation::FileRemoveDirectory, at.mount, at.path, 0)
            .map(drop)
    }

    fn unlink(&mut self, at: HostPath<'_>) -> Result<(), Refusal> {
        self.on_path(Operation::FileUnlink, at.mount, at.path, 0)
            .map(drop)
    }

    fn rename(&mut self, old: HostPath<'_>, new: HostPath<'_>) -> Result<(), Refusal> {
        self.on_two(Operation::FileRename, old, new)
    }

    fn link(&mut self, old: HostPath<'_>, new: HostPath<'_>) -> Result<(), Refusal> {
        self.on_two(Operation::FileLink, old, new)
    }

    fn make_symbolic_link(&mut self, at: HostPath<'_>, target: &[u8]) -> Result<(), Refusal> {
        let source = [at.path, b"\0", target].concat();
        self.on_path(Operation::FileMakeSymbolicLink, at.mount, &source, 0)
            .map(drop)
    }

    fn read_link(&mut self, at: HostPath<'_>) -> Result<Vec<u8>, Refusal> {
        let length = self.on_path(Operation::FileReadLink, at.mount, at.path, 0)?;
        let target = self.window.bytes().get(..length as usize);
        Ok(target.unwrap_or_default().to_vec())
    }
}
