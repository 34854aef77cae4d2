//! The NIFs of `prim_file`, over the instance's [file system](crate::files).

mod handles;
mod names;
mod paths;

use alloc::format;
use alloc::string::String;

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::files::{Files, PosixError};
use crate::machine::Machine;
use crate::platform::ConsoleStream;

pub use handles::OpenFiles;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("prim_file", "open_nif", 2, handles::open_2),
    entry("prim_file", "close_nif", 1, handles::close_1),
    entry(
        "prim_file",
        "delayed_close_nif",
        1,
        handles::delayed_close_1,
    ),
    entry("prim_file", "read_nif", 2, handles::read_2),
    entry("prim_file", "write_nif", 2, handles::write_2),
    entry("prim_file", "pread_nif", 3, handles::pread_3),
    entry("prim_file", "pwrite_nif", 3, handles::pwrite_3),
    entry("prim_file", "seek_nif", 3, handles::seek_3),
    entry("prim_file", "truncate_nif", 1, handles::truncate_1),
    entry("prim_file", "allocate_nif", 3, handles::allocate_3),
    entry("prim_file", "sync_nif", 2, handles::sync_2),
    entry("prim_file", "advise_nif", 4, handles::advise_4),
    entry(
        "prim_file",
        "ipread_s32bu_p32bu_nif",
        3,
        handles::indirect_read_3,
    ),
    entry(
        "prim_file",
        "read_handle_info_nif",
        1,
        handles::read_handle_info_1,
    ),
    entry("prim_file", "get_handle_nif", 1, handles::get_handle_1),
    entry(
        "prim_file",
        "file_desc_to_ref_nif",
        1,
        handles::file_desc_to_ref_1,
    ),
    entry("prim_file", "read_file_nif", 1, paths::read_file_1),
    entry("prim_file", "read_info_nif", 2, paths::read_info_2),
    entry("prim_file", "list_dir_nif", 1, paths::list_dir_1),
    entry("prim_file", "read_link_nif", 1, paths::read_link_1),
    entry("prim_file", "get_cwd_nif", 0, paths::get_cwd_0),
    entry("prim_file", "set_cwd_nif", 1, paths::set_cwd_1),
    entry(
        "prim_file",
        "get_device_cwd_nif",
        1,
        paths::get_device_cwd_1,
    ),
    entry("prim_file", "altname_nif", 1, paths::altname_1),
    entry(
        "prim_file",
        "set_permissions_nif",
        2,
        paths::set_permissions_2,
    ),
    entry("prim_file", "set_owner_nif", 3, paths::set_owner_3),
    entry("prim_file", "set_time_nif", 4, paths::set_time_4),
    entry(
        "prim_file",
        "make_hard_link_nif",
        2,
        paths::make_hard_link_2,
    ),
    entry(
        "prim_file",
        "make_soft_link_nif",
        2,
        paths::make_soft_link_2,
    ),
    entry("prim_file", "rename_nif", 2, paths::rename_2),
    entry("prim_file", "make_dir_nif", 1, paths::make_dir_1),
    entry("prim_file", "del_file_nif", 1, paths::del_file_1),
    entry("prim_file", "del_dir_nif", 1, paths::del_dir_1),
    entry("prim_file", "internal_name2native", 1, names::name2native_1),
    entry("prim_file", "internal_native2name", 1, names::native2name_1),
    entry(
        "prim_file",
        "internal_normalize_utf8",
        1,
        names::normalize_utf8_1,
    ),
    entry("prim_file", "is_translatable", 1, names::is_translatable_1),
    entry(
        "file",
        "native_name_encoding",
        0,
        names::native_name_encoding_0,
    ),
];

impl Machine {
    /// The file system, at the present time.
    pub(crate) fn present_files(&mut self) -> Files<'_> {
        const SECOND: i64 = 1_000_000_000;
        let now = self.platform.system_time_ns().div_euclid(SECOND);
        self.files.at_time(now, self.platform.host_files())
    }

    /// Mounts what the platform has now. What can't be mounted is told on the console.
    pub(crate) fn mount_files(&mut self) {
        let failures = self.files.mount(&self.platform.birth().mounts);
        for (point, error) in failures {
            let path = String::from_utf8_lossy(&point.path);
            let text = format!("cannot mount at {path}: {}\r\n", error.name());
            self.platform
                .console_write(ConsoleStream::Error, text.as_bytes());
        }
    }
}

/// `{error, Reason}`.
fn posix_error(context: &mut Context<'_>, error: PosixError) -> BifResult {
    let reason = context.machine.atom(error.name());
    Ok(context.heap().tuple(&[known::ERROR, reason]))
}

/// `ok`, or `{error, Reason}`.
fn done(context: &mut Context<'_>, result: Result<(), PosixError>) -> BifResult {
    match result {
        Ok(()) => Ok(known::OK),
        Err(error) => posix_error(context, error),
    }
}

/// `{ok, Value}`.
fn ok(context: &mut Context<'_>, value: Term) -> BifResult {
    Ok(context.heap().tuple(&[known::OK, value]))
}

#[cfg(test)]
mod tests;
