//! Operations on files: takes them apart, believes nothing, and has the [mount](crate::mount) do them.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use brood_abi::file::{
    AT_END, AttributeChange, DirectoryEntry, FileStatus, LIST_MIN, LOOK_THROUGH, LinkFound,
    OPEN_APPEND, OPEN_DIRECTORY, PATH_MAX, SYNCHRONISE_DATA, TARGET_MIN, TRANSFER_MAX,
};
use brood_abi::{Error as AbiError, Operation, Submission};
use brood_image::{Access, AddressSpace};
use rustix::fs::{self, AtFlags, FallocateFlags, Mode, OFlags, RawDir};
use rustix::io::{self, retry_on_intr};
use zerocopy::{FromBytes, IntoBytes};

use super::Trouble;
use crate::memory::{Allegation, Checked, GuestMemory, Lost};
use crate::mount::{
    Found, Mount, PERMISSIONS, Refusal, change_attributes, check_path, file_status, posix,
};

/// How much is copied at a time.
const PIECE: usize = 256 << 10;

/// The mounts of an instance, and what it has open.
pub(super) struct Files {
    mounts: Arc<[Mount]>,
    handles: Vec<Option<OpenFile>>,
    most_handles: usize,
    /// Memory for what is on its way; grows when it is first needed.
    buffer: Vec<u8>,
}

struct OpenFile {
    descriptor: OwnedFd,
    appends: bool,
    directory: bool,
}

/// Why an operation came to nothing.
enum Failure {
    /// The guest is told.
    Refused(Refusal),
    /// In the second path of two.
    RefusedSecond(Refusal),
    /// The guest is ended.
    Trouble(Trouble),
}

impl<T: Into<Refusal>> From<T> for Failure {
    fn from(refusal: T) -> Failure {
        Failure::Refused(refusal.into())
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        Failure::Trouble(trouble)
    }
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Failure {
        Failure::Trouble(lost.into())
    }
}

/// A submission with its ranges of memory checked.
struct Request<'r> {
    submission: &'r Submission,
    source: Checked,
    target: Checked,
}

impl Files {
    pub(super) fn new(mounts: Arc<[Mount]>, most_handles: usize) -> Files {
        Files {
            mounts,
            handles: Vec::new(),
            most_handles,
            buffer: Vec::new(),
        }
    }

    /// Whether a file is open.
    pub(super) fn any_open(&self) -> bool {
        self.handles.iter().any(Option::is_some)
    }

    /// Does an operation: its result, or the error's code.
    pub(super) fn perform(
        &mut self,
        memory: &mut dyn GuestMemory,
        (space, memory_end): (&AddressSpace, u64),
        operation: Operation,
        submission: &Submission,
    ) -> Result<i64, Trouble> {
        // Room is asked for with a number in the field of a length.
        let target_length = match operation {
            Operation::FileAllocate => 0,
            _ => submission.target_length,
        };
        let target = Allegation::new(submission.target_address, target_length);
        let request = Request {
            submission,
            source: Allegation::of(submission).check(space, memory_end, Access::Read)?,
            target: target.check(space, memory_end, Access::Write)?,
        };
        let (which, refusal) = match self.dispatch(memory, operation, &request) {
            Ok(result) => return Ok(result as i64),
            Err(Failure::Trouble(trouble)) => return Err(trouble),
            Err(Failure::Refused(refusal)) => (0, refusal),
            Err(Failure::RefusedSecond(refusal)) => (1, refusal),
        };
        let error = match refusal {
            Refusal::Error(error) => error,
            Refusal::Link { end, target } => {
                let found = LinkFound {
                    which,
                    end: end as u32,
                    length: target.len() as u32,
                    reserved: 0,
                };
                let found = [found.as_bytes(), &target].concat();
                if found.len() > request.target.length() {
                    AbiError::Range
                } else {
                    request.target.copy_in(memory, &found)?;
                    AbiError::Link
                }
            }
        };
        Ok(error.code())
    }

    fn dispatch(
        &mut self,
        memory: &mut dyn GuestMemory,
        operation: Operation,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        match operation {
            Operation::FileReadWhole => self.read_whole(memory, request),
            Operation::FileOpen => self.open(memory, request),
            Operation::FileClose => self.close(request),
            Operation::FileRead => self.read(memory, request),
            Operation::FileWrite => self.write(memory, request),
            Operation::FileStatus => {
                let status = self.handle_status(request)?;
                give_status(memory, request, &status)
            }
            Operation::FileTruncate => {
                let file = self.handle(request)?;
                nothing(fs::ftruncate(&file.descriptor, request.submission.offset))
            }
            Operation::FileSynchronise => self.synchronise(request),
            Operation::FileAllocate => {
                let (file, submission) = (self.handle(request)?, request.submission);
                let (offset, length) = (submission.offset, submission.target_length);
                let none = FallocateFlags::empty();
                nothing(fs::fallocate(&file.descriptor, none, offset, length))
            }
            Operation::FileLook => self.look(memory, request),
            Operation::FileChange => self.change(memory, request),
            Operation::FileList => self.list(memory, request),
            Operation::FileListNext => {
                let file = self.handle(request)?;
                if !file.directory {
                    return Err(AbiError::NotDirectory.into());
                }
                let (listed, _) = entries(&file.descriptor, room_for_list(request)?)?;
                request.target.copy_in(memory, &listed)?;
                Ok(listed.len() as u64)
            }
            Operation::FileMakeDirectory => self.make_directory(memory, request),
            Operation::FileRemoveDirectory => self.remove(memory, request, AtFlags::REMOVEDIR),
            Operation::FileUnlink => self.remove(memory, request, AtFlags::empty()),
            Operation::FileRename => self.two_paths(memory, request, |old, new| {
                fs::renameat(&old.0, old.1, &new.0, new.1)
            }),
            Operation::FileLink => self.two_paths(memory, request, |old, new| {
                fs::linkat(&old.0, old.1, &new.0, new.1, AtFlags::empty())
            }),
            Operation::FileMakeSymbolicLink => self.make_symbolic_link(memory, request),
            Operation::FileReadLink => {
                let path = path_of(memory, request)?;
                let target = self
                    .mount(request.submission.argument)?
                    .find(&path)?
                    .target()?;
                request.target.copy_in(memory, &target)?;
                Ok(target.len().min(request.target.length()) as u64)
            }
            // The caller sends no others.
            _ => Err(AbiError::NotImplemented.into()),
        }
    }

    fn mount(&self, number: u64) -> Result<&Mount, AbiError> {
        let number = usize::try_from(number).ok();
        let mount = number.and_then(|number| self.mounts.get(number));
        mount.ok_or(AbiError::NoDevice)
    }

    fn handle(&self, request: &Request<'_>) -> Result<&OpenFile, AbiError> {
        let number = usize::try_from(request.submission.argument).ok();
        let file = number.and_then(|number| self.handles.get(number)?.as_ref());
        file.ok_or(AbiError::BadHandle)
    }

    fn handle_status(&self, request: &Request<'_>) -> Result<FileStatus, AbiError> {
        let file = self.handle(request)?;
        let status = fs::fstat(&file.descriptor).map_err(posix)?;
        Ok(file_status(&status))
    }

    fn read_whole(
        &mut self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let path = path_of(memory, request)?;
        let found = self
            .mount(request.submission.argument)?
            .find_through(&path)?;
        let descriptor = found.open(OFlags::RDONLY | OFlags::NOCTTY, false)?;
        let size = found.status.st_size as u64;
        let target = request.target.first(TRANSFER_MAX as usize);
        // What says that it is empty may be made up as it is read, as in /proc.
        if size > target.length() as u64 {
            return Ok(size);
        }
        let read = self.read_into(memory, &descriptor, 0, target)?;
        if read == target.length() as u64 {
            // It may have grown meanwhile.
            let now = fs::fstat(&descriptor)?;
            return Ok(read.max(now.st_size as u64));
        }
        Ok(read)
    }

    fn open(
        &mut self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let path = path_of(memory, request)?;
        let free = self.handles.iter().position(Option::is_none);
        let number = free.unwrap_or(self.handles.len());
        if number >= self.most_handles {
            return Err(AbiError::TooManyOpen.into());
        }
        let submission = request.submission;
        let how = submission.offset;
        let descriptor = self.mount(submission.argument)?.open_file(&path, how)?;
        let status = file_status(&fs::fstat(&descriptor)?);
        let file = OpenFile {
            descriptor,
            appends: how & OPEN_APPEND != 0,
            directory: how & OPEN_DIRECTORY != 0,
        };
        if number == self.handles.len() {
            self.handles.push(None);
        }
        self.handles[number] = Some(file);
        request.target.copy_in(memory, status.as_bytes())?;
        Ok(number as u64)
    }

    fn close(&mut self, request: &Request<'_>) -> Result<u64, Failure> {
        self.handle(request)?;
        // The handle exists, so the number is a place in the vector.
        self.handles[request.submission.argument as usize] = None;
        Ok(0)
    }

    fn read(
        &mut self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let file = self.handle(request)?;
        if file.directory {
            return Err(AbiError::IsDirectory.into());
        }
        // For the length of the operation it is out of its place, so that the buffer can be lent.
        let number = request.submission.argument as usize;
        let Some(file) = self.handles[number].take() else {
            return Err(AbiError::BadHandle.into());
        };
        let offset = request.submission.offset;
        let target = request.target.first(TRANSFER_MAX as usize);
        let read = self.read_into(memory, &file.descriptor, offset, target);
        self.handles[number] = Some(file);
        read
    }

    /// Reads from `offset` on until the target is full or the file is at its end.
    fn read_into(
        &mut self,
        memory: &mut dyn GuestMemory,
        descriptor: &OwnedFd,
        offset: u64,
        target: Checked,
    ) -> Result<u64, Failure> {
        let mut done = 0;
        while done < target.length() {
            let piece = self.piece(target.length() - done);
            let at = offset.saturating_add(done as u64);
            let read = match retry_on_intr(|| io::pread(descriptor, &mut *piece, at)) {
                Ok(0) => break,
                Ok(read) => read,
                // What was read before can be given; the next operation will tell.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error.into()),
            };
            target.from(done).copy_in(memory, &piece[..read])?;
            done += read;
        }
        Ok(done as u64)
    }

    fn write(
        &mut self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let file = self.handle(request)?;
        let offset = request.submission.offset;
        if file.appends != (offset == AT_END) {
            return Err(AbiError::Invalid.into());
        }
        if file.directory {
            return Err(AbiError::BadHandle.into());
        }
        let number = request.submission.argument as usize;
        let Some(file) = self.handles[number].take() else {
            return Err(AbiError::BadHandle.into());
        };
        let written = self.write_from(memory, &file, offset, request);
        self.handles[number] = Some(file);
        let written = written?;
        if request.target.length() > 0 {
            let status = self.handle_status(request)?;
            give_status(memory, request, &status)?;
        }
        Ok(written)
    }

    fn write_from(
        &mut self,
        memory: &mut dyn GuestMemory,
        file: &OpenFile,
        offset: u64,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let source = request.source.first(TRANSFER_MAX as usize);
        let mut done = 0;
        loop {
            let piece = self.piece(source.length() - done);
            source.from(done).copy_to(memory, piece)?;
            let written = retry_on_intr(|| match file.appends {
                true => io::write(&file.descriptor, piece),
                false => io::pwrite(&file.descriptor, piece, offset.saturating_add(done as u64)),
            });
            match written {
                Ok(written) => done += written,
                // What was written before is written; the next operation will tell.
                Err(_) if done > 0 => return Ok(done as u64),
                Err(error) => return Err(error.into()),
            }
            if done == source.length() || written == Ok(0) {
                return Ok(done as u64);
            }
        }
    }

    /// Memory for the next `length` bytes, or as many as there are at a time.
    fn piece(&mut self, length: usize) -> &mut [u8] {
        let length = length.min(PIECE);
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        &mut self.buffer[..length]
    }

    fn synchronise(&self, request: &Request<'_>) -> Result<u64, Failure> {
        let descriptor = &self.handle(request)?.descriptor;
        match request.submission.offset {
            0 => nothing(retry_on_intr(|| fs::fsync(descriptor))),
            SYNCHRONISE_DATA => nothing(retry_on_intr(|| fs::fdatasync(descriptor))),
            _ => Err(AbiError::Invalid.into()),
        }
    }

    fn look(&self, memory: &mut dyn GuestMemory, request: &Request<'_>) -> Result<u64, Failure> {
        let path = path_of(memory, request)?;
        let mount = self.mount(request.submission.argument)?;
        let found = match request.submission.offset {
            0 => mount.find(&path)?,
            LOOK_THROUGH => mount.find_through(&path)?,
            _ => return Err(AbiError::Invalid.into()),
        };
        give_status(memory, request, &mount.status(&found))
    }

    fn change(&self, memory: &mut dyn GuestMemory, request: &Request<'_>) -> Result<u64, Failure> {
        const HEAD: usize = size_of::<AttributeChange>();
        let source = source_of(memory, request, HEAD + PATH_MAX)?;
        let Ok((change, path)) = AttributeChange::read_from_prefix(&source) else {
            return Err(AbiError::Invalid.into());
        };
        check_path(path)?;
        let mount = self.mount(request.submission.argument)?;
        let found = mount.find_through(path)?;
        mount.check_writable()?;
        change_attributes(&found, &change)?;
        Ok(0)
    }

    fn list(&self, memory: &mut dyn GuestMemory, request: &Request<'_>) -> Result<u64, Failure> {
        let path = path_of(memory, request)?;
        let room = room_for_list(request)?;
        let found: Found = self
            .mount(request.submission.argument)?
            .find_through(&path)?;
        let descriptor = found.open(OFlags::RDONLY | OFlags::DIRECTORY, true)?;
        let (listed, complete) = entries(&descriptor, room)?;
        if !complete {
            return Err(AbiError::Range.into());
        }
        request.target.copy_in(memory, &listed)?;
        Ok(listed.len() as u64)
    }

    fn make_directory(
        &self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let path = path_of(memory, request)?;
        let submission = request.submission;
        let permissions = u32::try_from(submission.offset).unwrap_or(u32::MAX);
        if permissions & !PERMISSIONS != 0 {
            return Err(AbiError::Invalid.into());
        }
        if path.is_empty() {
            return Err(AbiError::Exists.into());
        }
        let mount = self.mount(submission.argument)?;
        let (directory, name) = mount.parent(&path)?;
        mount.check_writable()?;
        let mode = Mode::from_raw_mode(permissions);
        nothing(fs::mkdirat(directory, name, mode))
    }

    fn remove(
        &self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
        flags: AtFlags,
    ) -> Result<u64, Failure> {
        let path = path_of(memory, request)?;
        let mount = self.mount(request.submission.argument)?;
        let (directory, name) = mount.parent(&path)?;
        mount.check_writable()?;
        nothing(fs::unlinkat(directory, name, flags))
    }

    fn two_paths(
        &self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
        perform: impl FnOnce((OwnedFd, &[u8]), (OwnedFd, &[u8])) -> rustix::io::Result<()>,
    ) -> Result<u64, Failure> {
        let source = source_of(memory, request, 2 * PATH_MAX + 1)?;
        let (old, new) = two_of(&source)?;
        check_path(old)?;
        check_path(new)?;
        let submission = request.submission;
        let (from, to) = (
            self.mount(submission.argument)?,
            self.mount(submission.offset)?,
        );
        let old = from.parent(old)?;
        let new = to.parent(new).map_err(Failure::RefusedSecond)?;
        to.check_writable()?;
        from.check_writable()?;
        nothing(perform(old, new))
    }

    fn make_symbolic_link(
        &self,
        memory: &mut dyn GuestMemory,
        request: &Request<'_>,
    ) -> Result<u64, Failure> {
        let source = source_of(memory, request, 2 * PATH_MAX + 1)?;
        let (path, target) = two_of(&source)?;
        check_path(path)?;
        let mount = self.mount(request.submission.argument)?;
        let (directory, name) = mount.parent(path)?;
        mount.check_writable()?;
        match target.len() {
            0 => Err(AbiError::NotFound.into()),
            1..=PATH_MAX if !target.contains(&0) => nothing(fs::symlinkat(target, directory, name)),
            1..=PATH_MAX => Err(AbiError::Invalid.into()),
            _ => Err(AbiError::NameTooLong.into()),
        }
    }
}

/// 0 for a call that gives nothing.
fn nothing(result: rustix::io::Result<()>) -> Result<u64, Failure> {
    Ok(result.map(|()| 0)?)
}

/// The source, if it is no longer than it can be.
fn source_of(
    memory: &dyn GuestMemory,
    request: &Request<'_>,
    longest: usize,
) -> Result<Vec<u8>, Failure> {
    if request.source.length() > longest {
        return Err(AbiError::NameTooLong.into());
    }
    if (request.target.length() as u64) < TARGET_MIN {
        return Err(AbiError::Range.into());
    }
    Ok(request.source.copy_out(memory)?)
}

/// The path that is the source.
fn path_of(memory: &dyn GuestMemory, request: &Request<'_>) -> Result<Vec<u8>, Failure> {
    let path = source_of(memory, request, PATH_MAX)?;
    check_path(&path)?;
    Ok(path)
}

/// What is before and what is behind the first zero byte.
fn two_of(source: &[u8]) -> Result<(&[u8], &[u8]), AbiError> {
    let zero = source.iter().position(|&byte| byte == 0);
    let zero = zero.ok_or(AbiError::Invalid)?;
    Ok((&source[..zero], &source[zero + 1..]))
}

fn give_status(
    memory: &mut dyn GuestMemory,
    request: &Request<'_>,
    status: &FileStatus,
) -> Result<u64, Failure> {
    if request.target.length() < size_of::<FileStatus>() {
        return Err(AbiError::Range.into());
    }
    request.target.copy_in(memory, status.as_bytes())?;
    Ok(0)
}

/// How many bytes of entries the guest has room for.
fn room_for_list(request: &Request<'_>) -> Result<usize, AbiError> {
    let length = request.target.length();
    if (length as u64) < LIST_MIN {
        return Err(AbiError::Range);
    }
    Ok(length.min(TRANSFER_MAX as usize))
}

/// Entries from where the directory was left, as many as surely fit, and whether these are the last.
fn entries(directory: &OwnedFd, room: usize) -> Result<(Vec<u8>, bool), AbiError> {
    // What the kernel puts in its buffer is longer than what becomes of it.
    const BUFFER: usize = LIST_MIN as usize;
    let mut listed = Vec::new();
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    loop {
        if entries.is_buffer_empty() && room - listed.len() < BUFFER {
            return Ok((listed, false));
        }
        let Some(entry) = entries.next() else {
            return Ok((listed, true));
        };
        let entry = entry.map_err(posix)?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            let head = DirectoryEntry {
                length: name.len() as u16,
                kind: kind_code(entry.file_type()),
                reserved: 0,
            };
            listed.extend_from_slice(head.as_bytes());
            listed.extend_from_slice(name);
        }
    }
}

/// `d_type` of Linux.
fn kind_code(kind: fs::FileType) -> u8 {
    const UNKNOWN: u8 = 0;
    match kind {
        fs::FileType::Unknown => UNKNOWN,
        kind => (kind.as_raw_mode() >> 12) as u8,
    }
}

#[cfg(test)]
mod tests;
