//! What is done with paths. They arrive as binaries that end in zero bytes, as `internal_name2native/1` makes them.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use brood_term::{Heap, Term, integer};

use super::{BifResult, done, ok, posix_error};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::files::{Change, Files, Follow, Information, PosixError};

/// The path in a binary, without the zero bytes at its end; there must be one, and none elsewhere.
pub(super) fn path_of(term: &Term) -> Result<Cow<'_, [u8]>, PosixError> {
    let mut path = term.as_binary().ok_or(PosixError::Invalid)?;
    let Some(length) = path.iter().position(|&byte| byte == 0) else {
        return Err(PosixError::Invalid);
    };
    if path[length..].iter().any(|&byte| byte != 0) {
        return Err(PosixError::Invalid);
    }
    match &mut path {
        Cow::Borrowed(bytes) => *bytes = &bytes[..length],
        Cow::Owned(bytes) => bytes.truncate(length),
    }
    Ok(path)
}

/// `ok` for what `change` does with a path.
fn change(
    context: &mut Context<'_>,
    path: Term,
    change: impl FnOnce(&mut Files<'_>, &[u8]) -> Result<(), PosixError>,
) -> BifResult {
    let result =
        path_of(&path).and_then(|path| change(&mut context.machine.present_files(), &path));
    done(context, result)
}

/// `ok` for what `change` does with two paths.
fn change_two(
    context: &mut Context<'_>,
    arguments: &[Term],
    change: impl FnOnce(&mut Files<'_>, &[u8], &[u8]) -> Result<(), PosixError>,
) -> BifResult {
    self::change(context, arguments[0], |files, first| {
        change(files, first, &path_of(&arguments[1])?)
    })
}

pub(super) fn read_file_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let content =
        path_of(&arguments[0]).and_then(|path| context.machine.present_files().read_file(&path));
    match content {
        Ok(content) => {
            context.charge(content.len() / 1024);
            let content = content.to_term(context.heap());
            ok(context, content)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn read_info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let follow = match integer::to_i64(arguments[1]).ok_or_else(badarg)? {
        0 => Follow::No,
        _ => Follow::Yes,
    };
    let information = path_of(&arguments[0])
        .and_then(|path| context.machine.present_files().information(&path, follow));
    match information {
        Ok(information) => file_info(context, &information, information.access),
        Err(error) => posix_error(context, error),
    }
}

/// The record `file_info`, with times in seconds since 1970.
pub(super) fn file_info(
    context: &mut Context<'_>,
    information: &Information,
    access: &'static str,
) -> BifResult {
    let attributes = information.attributes;
    let [tag, kind, access] =
        ["file_info", information.kind, access].map(|text| context.machine.atom(text));
    let heap = context.heap();
    let size = heap.unsigned(information.size);
    let [accessed, modified, changed] =
        [attributes.accessed, attributes.modified, attributes.changed]
            .map(|time| heap.integer(time));
    let [mode, links, major, minor, number, user, group] = [
        u64::from(information.kind_bits | attributes.mode),
        u64::from(information.links),
        information.volume,
        information.device,
        information.number,
        u64::from(attributes.user),
        u64::from(attributes.group),
    ]
    .map(|value| heap.unsigned(value));
    Ok(heap.tuple(&[
        tag, size, kind, access, accessed, modified, changed, mode, links, major, minor, number,
        user, group,
    ]))
}

/// The names in an order that `prim_file` turns round.
pub(super) fn list_dir_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Context { machine, process } = context;
    let names = path_of(&arguments[0]).and_then(|path| machine.present_files().list(&path));
    match names {
        Ok(names) => {
            let names: Vec<Term> = names
                .iter()
                .rev()
                .map(|name| process.heap.binary(name))
                .collect();
            let names = process.heap.list(&names);
            ok(context, names)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn read_link_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Context { machine, process } = context;
    match path_of(&arguments[0]).and_then(|path| machine.present_files().read_link(&path)) {
        Ok(target) => {
            let target = process.heap.binary(&target);
            ok(context, target)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn get_cwd_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    match context.machine.present_files().working_directory() {
        Ok(path) => {
            let path = context.heap().binary(&path);
            ok(context, path)
        }
        Err(error) => posix_error(context, error),
    }
}

pub(super) fn set_cwd_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(context, arguments[0], |files, path| {
        files.set_working_directory(path)
    })
}

/// There are no drives with letters.
pub(super) fn get_device_cwd_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    integer::to_i64(arguments[0]).ok_or_else(badarg)?;
    posix_error(context, PosixError::NotSupported)
}

/// There are no names in two forms.
pub(super) fn altname_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let error = path_of(&arguments[0]).err();
    posix_error(context, error.unwrap_or(PosixError::NotSupported))
}

pub(super) fn set_permissions_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    /// Reading, writing, executing; "set user" and "set group".
    const CHANGEABLE: u32 = 0o6777;
    let mode = unsigned_32(arguments[1])?;
    change(context, arguments[0], |files, path| {
        let mode = Some(mode & CHANGEABLE);
        let change = Change {
            mode,
            ..Change::default()
        };
        files.change_attributes(path, &change)
    })
}

/// -1 stands for the owner or the group that there is.
pub(super) fn set_owner_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let number = |term: Term| match integer::to_i64(term).map(i32::try_from) {
        Some(Ok(number)) => Ok((number != -1).then_some(number as u32)),
        _ => Err(badarg()),
    };
    let (user, group) = (number(arguments[1])?, number(arguments[2])?);
    change(context, arguments[0], |files, path| {
        let change = Change {
            user,
            group,
            ..Change::default()
        };
        files.change_attributes(path, &change)
    })
}

/// The third time is meant for systems that know when a file was made.
pub(super) fn set_time_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let time = |term| integer::to_i64(term).ok_or_else(badarg);
    let (accessed, modified) = (time(arguments[1])?, time(arguments[2])?);
    time(arguments[3])?;
    change(context, arguments[0], |files, path| {
        let times = Some((accessed, modified));
        let change = Change {
            times,
            ..Change::default()
        };
        files.change_attributes(path, &change)
    })
}

pub(super) fn make_hard_link_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change_two(context, arguments, |files, first, second| {
        files.make_link(first, second)
    })
}

pub(super) fn make_soft_link_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change_two(context, arguments, |files, first, second| {
        files.make_symbolic_link(first, second)
    })
}

pub(super) fn rename_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change_two(context, arguments, |files, first, second| {
        files.rename(first, second)
    })
}

pub(super) fn make_dir_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(context, arguments[0], |files, path| {
        files.make_directory(path)
    })
}

pub(super) fn del_file_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(context, arguments[0], |files, path| files.delete_file(path))
}

pub(super) fn del_dir_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    change(context, arguments[0], |files, path| {
        files.delete_directory(path)
    })
}

fn unsigned_32(term: Term) -> Result<u32, Control> {
    let value = integer::to_u64(term).and_then(|value| u32::try_from(value).ok());
    value.ok_or_else(badarg)
}
