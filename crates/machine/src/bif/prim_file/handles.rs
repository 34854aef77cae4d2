//! Files that are open, by the number of their reference.

use alloc::vec::Vec;

use brood_term::{Heap, SharedBinary, Term, boxed, integer, known};
use hashbrown::HashMap;

use super::paths::{file_info, path_of};
use super::{BifResult, done, ok, posix_error};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::files::content::{Data, PAGE};
use crate::files::{Files, Handle, Mark, Modes, PosixError};
use crate::machine::Machine;

#[derive(Debug)]
struct OpenFile {
    /// The process that opened it; when it ends the file is closed.
    owner: Term,
    handle: Handle,
}

/// The files that are open.
#[derive(Debug, Default)]
pub struct OpenFiles {
    files: HashMap<u64, OpenFile>,
}

impl OpenFiles {
    /// A process that has a file of the host open.
    pub fn owner_on_host(&self) -> Option<Term> {
        let mut files = self.files.values();
        files
            .find(|file| file.handle.is_on_host())
            .map(|file| file.owner)
    }
}

impl Machine {
    /// Closes what a process had open that ended.
    pub(crate) fn close_files_of(&mut self, pid: Term) {
        let files = &mut self.open_files.files;
        let handles: Vec<Handle> = files
            .extract_if(|_, file| file.owner == pid)
            .map(|(_, file)| file.handle)
            .collect();
        for handle in handles {
            self.present_files().close(handle);
        }
    }
}

/// What `operation` gives for the open file that a reference names; `einval` when it is closed.
fn with_handle<T>(
    context: &mut Context<'_>,
    reference: Term,
    operation: impl FnOnce(&mut Files<'_>, &mut Handle) -> Result<T, PosixError>,
) -> Result<Result<T, PosixError>, Control> {
    let (number, _) = reference.as_reference().ok_or_else(badarg)?;
    let machine = &mut *context.machine;
    // Out of its place for as long as the file system is at work.
    let Some(mut file) = machine.open_files.files.remove(&number) else {
        return Ok(Err(PosixError::Invalid));
    };
    let result = operation(&mut machine.present_files(), &mut file.handle);
    machine.open_files.files.insert(number, file);
    Ok(result)
}

/// A number for a position or a count: `badarg` for what is no number, `einval` for one out of range.
fn position(term: Term) -> Result<Result<u64, PosixError>, Control> {
    if !term.is_number() {
        return Err(badarg());
    }
    let value = integer::to_i64(term).and_then(|value| u64::try_from(value).ok());
    Ok(value.ok_or(PosixError::Invalid))
}

pub(super) fn open_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [path, list] = *arguments else {
        return Err(badarg());
    };
    if !list.is_nil() && list.as_cons().is_none() {
        return Err(badarg());
    }
    let mut modes = Modes::default();
    for mode in list.list() {
        // Others are for the layers above.
        match context.machine.atoms.name(mode) {
            Some("read") => modes.read = true,
            Some("write") => modes.write = true,
            Some("append") => modes.append = true,
            Some("exclusive") => modes.exclusive = true,
            Some("sync") => modes.sync = true,
            Some("directory") => modes.directory = true,
            Some("skip_type_check") => modes.skip_type_check = true,
            _ => {}
        }
    }
    match path_of(&path).and_then(|path| context.machine.present_files().open(&path, modes)) {
        Ok(handle) => {
            let number = context.machine.new_reference();
            let owner = context.process.pid;
            let file = OpenFile { owner, handle };
            context.machine.open_files.files.insert(number, file);
            let reference = boxed::make_reference(context.heap(), number, 0);
            ok(context, reference)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn close_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (number, _) = arguments[0].as_reference().ok_or_else(badarg)?;
    match context.machine.open_files.files.remove(&number) {
        Some(file) => {
            context.machine.present_files().close(file.handle);
            Ok(known::OK)
        }
        None => posix_error(context, PosixError::Invalid),
    }
}

/// The files of processes that end are closed with them: there is nothing left to do.
pub(super) fn delayed_close_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    arguments[0].as_reference().ok_or_else(badarg)?;
    Ok(known::OK)
}

/// `{ok, Bytes}`, or `eof` for none.
fn bytes_read(context: &mut Context<'_>, result: Result<SharedBinary, PosixError>) -> BifResult {
    match result {
        Ok(bytes) if bytes.is_empty() => Ok(known::EOF),
        Ok(bytes) => {
            context.charge(bytes.len() / 1024);
            let bytes = bytes.to_term(context.heap());
            ok(context, bytes)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn read_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = position(arguments[1])?;
    let result = with_handle(context, arguments[0], |files, handle| {
        files.read(handle, count?)
    })?;
    bytes_read(context, result)
}

pub(super) fn pread_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (offset, count) = (position(arguments[1])?, position(arguments[2])?);
    let result = with_handle(context, arguments[0], |files, handle| {
        files.read_at(handle, offset?, count?)
    })?;
    bytes_read(context, result)
}

/// Writes the binaries of a list, one after the other, with `write`, until one can't be written as a whole.
fn write_all(
    context: &mut Context<'_>,
    reference: Term,
    list: Term,
    mut write: impl FnMut(&mut Files<'_>, &mut Handle, Data<'_>) -> Result<(), PosixError>,
) -> BifResult {
    let mut parts = list.list();
    if !parts.by_ref().all(|part| part.is_binary()) || !parts.ended_proper() {
        return Err(badarg());
    }
    let mut total = 0;
    let result = with_handle(context, reference, |files, handle| {
        if list.is_nil() {
            return write(files, handle, Data::Bytes(&[]));
        }
        if handle.is_on_host() {
            // One way out for all of them.
            let mut bytes = Vec::new();
            for part in list.list() {
                bytes.extend_from_slice(&part.as_binary().unwrap_or_default());
            }
            total = bytes.len();
            return write(files, handle, Data::Bytes(&bytes));
        }
        for part in list.list() {
            let bytes = part.as_binary().unwrap_or_default();
            total += bytes.len();
            match SharedBinary::shared_with(part) {
                Some(shared) if shared.len() >= PAGE => {
                    write(files, handle, Data::Shared(&shared))?;
                }
                _ => write(files, handle, Data::Bytes(&bytes))?,
            }
        }
        Ok(())
    })?;
    context.charge(total / 1024);
    done(context, result)
}

pub(super) fn write_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    write_all(
        context,
        arguments[0],
        arguments[1],
        |files, handle, data| files.write(handle, data).1,
    )
}

pub(super) fn pwrite_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut offset = position(arguments[1])?;
    write_all(
        context,
        arguments[0],
        arguments[2],
        |files, handle, data| {
            let at = offset?;
            let (written, result) = files.write_at(handle, at, data);
            offset = at.checked_add(written).ok_or(PosixError::Invalid);
            result
        },
    )
}

pub(super) fn seek_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let offset = integer::to_i64(arguments[2]).ok_or_else(badarg)?;
    let mark = match context.machine.atoms.name(arguments[1]) {
        Some("bof") => Mark::Beginning,
        Some("cur") => Mark::Current,
        Some("eof") => Mark::End,
        _ => return Err(badarg()),
    };
    let result = with_handle(context, arguments[0], |files, handle| {
        files.seek(handle, mark, offset)
    })?;
    match result {
        Ok(position) => {
            let position = context.heap().unsigned(position);
            ok(context, position)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn truncate_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let result = with_handle(context, arguments[0], |files, handle| {
        files.truncate(handle)
    })?;
    done(context, result)
}

pub(super) fn allocate_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (offset, length) = (position(arguments[1])?, position(arguments[2])?);
    let result = with_handle(context, arguments[0], |files, handle| {
        files.allocate(handle, offset?, length?)
    })?;
    done(context, result)
}

pub(super) fn sync_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let data_only = integer::to_i64(arguments[1]).ok_or_else(badarg)? != 0;
    let result = with_handle(context, arguments[0], |files, handle| {
        files.synchronise(handle, data_only)
    })?;
    done(context, result)
}

/// Advice is checked, and not needed.
pub(super) fn advise_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    const ADVICE: [&str; 6] = [
        "normal",
        "random",
        "sequential",
        "will_need",
        "dont_need",
        "no_reuse",
    ];
    let (offset, length) = (position(arguments[1])?, position(arguments[2])?);
    let advice = context.machine.atoms.name(arguments[3]);
    let known = advice.is_some_and(|advice| ADVICE.contains(&advice));
    let result = with_handle(context, arguments[0], |_, _| {
        offset?;
        length?;
        if known {
            Ok(())
        } else {
            Err(PosixError::Invalid)
        }
    })?;
    done(context, result)
}

/// At the offset stand a size and a position, 32 bits each, most significant byte first: reads what they point to.
/// `{ok, {Size, Position, Bytes | eof}}`, or `eof` for a header that is not there or too large a size.
pub(super) fn indirect_read_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    const SIZE_LIMIT: u64 = 1 << 31;
    let (offset, limit) = (position(arguments[1])?, position(arguments[2])?);
    let result = with_handle(context, arguments[0], |files, handle| {
        let limit = limit?;
        if limit >= SIZE_LIMIT {
            return Err(PosixError::Invalid);
        }
        let header = files.read_at(handle, offset?, 8)?;
        let Ok(header) = <[u8; 8]>::try_from(&*header) else {
            return Ok(None);
        };
        let header = u64::from_be_bytes(header);
        let (size, position) = (header >> 32, header & u64::from(u32::MAX));
        if size > limit {
            return Ok(None);
        }
        Ok(Some((
            size,
            position,
            files.read_at(handle, position, size)?,
        )))
    })?;
    match result {
        Ok(Some((size, position, bytes))) => {
            let heap = context.heap();
            let data = if bytes.is_empty() {
                known::EOF
            } else {
                bytes.to_term(heap)
            };
            let [size, position] = [size, position].map(|value| heap.unsigned(value));
            let triple = heap.tuple(&[size, position, data]);
            ok(context, triple)
        }
        Ok(None) => Ok(known::EOF),
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn read_handle_info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let result = with_handle(context, arguments[0], |files, handle| {
        files.handle_information(handle)
    })?;
    match result {
        Ok(information) => {
            // What the owner's permissions say, as OTP has it.
            let access = match information.attributes.mode >> 7 & 3 {
                0 => "none",
                1 => "write",
                2 => "read",
                _ => "read_write",
            };
            file_info(context, &information, access)
        }
        Err(error) => posix_error(context, error),
    }
}

/// There are no numbers of an operating system behind open files.
pub(super) fn get_handle_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let result: Result<(), _> =
        with_handle(context, arguments[0], |_, _| Err(PosixError::NotSupported))?;
    done(context, result)
}

/// No such number is open.
pub(super) fn file_desc_to_ref_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    integer::to_i64(arguments[0])
        .and_then(|number| i32::try_from(number).ok())
        .ok_or_else(badarg)?;
    posix_error(context, PosixError::BadDescriptor)
}
