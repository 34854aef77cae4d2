//! Files of the host: what the operations from 0x0201 on speak of.
//!
//! An instance has no files by itself. Its parent may give it directories of the host, *mounts*, and the boot block
//! says which ([`Mounts`]). A mount has a number, the path at which the parent would like the guest to show it (what
//! the guest does with that is its own affair), and may be read-only.
//!
//! # Paths
//!
//! An operation names a file by a mount's number and a path below the mount's directory: bytes, parts separated by
//! single slashes, at most [`PATH_MAX`] of them. No part is empty, `.` or `..`, and there is no zero byte; anything
//! else is [`Error::Invalid`](crate::Error::Invalid). The empty path is the mount's directory itself. So a path can't
//! lead out of its mount, and:
//!
//! **The monitor follows no symbolic links.** Where one is in the way, the operation completes with
//! [`Error::Link`](crate::Error::Link) and its *target* has a [`LinkFound`]: which part of the path it is, and where it
//! leads. The guest, which alone knows what its paths mean, goes on from there as it sees fit. Whether the last part of
//! a path may be a link that is in the way is said with each operation.
//!
//! # Buffers
//!
//! What a submission's `address` and `length` name is read (*source*), what its `target_address` and `target_length`
//! name is written (*target*). Operations on paths need a target of [`TARGET_MIN`] bytes, even those that write nothing
//! to it if all goes well, since there may be a link; [`Error::Range`](crate::Error::Range) otherwise.
//!
//! # Handles
//!
//! A file that is open has a handle, a small number. There is a limit to how many there are at a time
//! ([`Error::TooManyOpen`](crate::Error::TooManyOpen)). Handles have no position: each read and write says where. They
//! are closed when the instance ends, and there may be none when it freezes.
//!
//! Only regular files and directories are opened. Others (devices, pipes, sockets) can be looked at, renamed and
//! unlinked like any name, but opening them is [`Error::NoDevice`](crate::Error::NoDevice).
//!
//! # What is promised
//!
//! * Operations are done in order, each before the next. What a write has reported as written is in the file, for
//!   whoever reads it, and after [`FileSynchronise`](crate::Operation::FileSynchronise) also on the disk. An error of one
//!   operation takes nothing back that another has done.
//! * Each name is resolved at the moment of the operation. Others may change the directory meanwhile; whatever they do,
//!   no operation reaches beyond it.
//! * On a read-only mount all that would change something is [`Error::ReadOnly`](crate::Error::ReadOnly).
//! * Owners and permissions are the host's: the monitor is a user of it like any other. The bits "set user" and "set
//!   group" can't be set ([`Error::NotPermitted`](crate::Error::NotPermitted)).
//! * Times are whole seconds since 1970.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Longest path below a mount, and longest target of a symbolic link, in bytes.
pub const PATH_MAX: usize = 4095;
/// Least target of an operation on a path: a link that is in the way fits in.
pub const TARGET_MIN: u64 = 8192;
/// Least target of an operation that lists a directory.
pub const LIST_MIN: u64 = 32 << 10;
/// Most bytes that one operation reads or writes; what asks for more gets as many. Small enough for the monitor to do
/// one operation in well under a millisecond, so that limits act and others have their turn in between.
pub const TRANSFER_MAX: u64 = 1 << 20;

/// [`FileOpen`](crate::Operation::FileOpen): to be read.
pub const OPEN_READ: u64 = 1 << 0;
/// To be written.
pub const OPEN_WRITE: u64 = 1 << 1;
/// Each write goes to the end, wherever that is then.
pub const OPEN_APPEND: u64 = 1 << 2;
/// Make it if it isn't there.
pub const OPEN_CREATE: u64 = 1 << 3;
/// With [`OPEN_CREATE`]: it must not be there yet, not even as a link.
pub const OPEN_EXCLUSIVE: u64 = 1 << 4;
/// Empty it.
pub const OPEN_TRUNCATE: u64 = 1 << 5;
/// What is written is on the disk when the write completes.
pub const OPEN_SYNCHRONOUS: u64 = 1 << 6;
/// It must be a directory; without this, it must be none.
pub const OPEN_DIRECTORY: u64 = 1 << 7;
/// All bits of the kind of opening; the permissions of a new file stand above them.
pub const OPEN_BITS: u64 = 0xff;
/// How far the permissions are shifted in `offset` of [`FileOpen`](crate::Operation::FileOpen).
pub const OPEN_PERMISSIONS_SHIFT: u32 = 16;

/// [`FileLook`](crate::Operation::FileLook): a link at the end of the path is in the way.
pub const LOOK_THROUGH: u64 = 1 << 0;

/// [`FileWrite`](crate::Operation::FileWrite)'s `offset` for a handle that appends.
pub const AT_END: u64 = u64::MAX;

/// [`FileSynchronise`](crate::Operation::FileSynchronise): the content, and of the rest what is needed to read it.
pub const SYNCHRONISE_DATA: u64 = 1;

/// [`MountEntry::flags`]: nothing can be changed in it.
pub const MOUNT_READ_ONLY: u32 = 1 << 0;

/// [`FileStatus::access`]: the monitor may read it.
pub const ACCESS_READ: u32 = 1 << 0;
/// The monitor may write to it.
pub const ACCESS_WRITE: u32 = 1 << 1;

/// What a file is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct FileStatus {
    /// The content's size in bytes; of a link, that of its target.
    pub size: u64,
    /// Its number on its device.
    pub number: u64,
    /// The device that it is on.
    pub device: u64,
    /// The device that it is, if it is one.
    pub special_device: u64,
    /// When it was last read.
    pub accessed: i64,
    /// When its content was last changed.
    pub modified: i64,
    /// When anything of it was last changed.
    pub changed: i64,
    /// Kind and permissions: `st_mode` of Linux.
    pub mode: u32,
    /// How many names it has.
    pub links: u32,
    /// Its owner.
    pub user: u32,
    /// Its owner's group.
    pub group: u32,
    /// [`ACCESS_READ`], [`ACCESS_WRITE`].
    pub access: u32,
    /// Zero.
    pub reserved: u32,
}

/// What is to be changed of a file: the source of [`FileChange`](crate::Operation::FileChange) begins with it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct AttributeChange {
    /// With [`CHANGE_TIMES`]: when it was last read.
    pub accessed: i64,
    /// With [`CHANGE_TIMES`]: when its content was last changed.
    pub modified: i64,
    /// Which of the others count: `CHANGE_` bits.
    pub which: u32,
    /// With [`CHANGE_MODE`]: permissions.
    pub mode: u32,
    /// With [`CHANGE_USER`]: the owner.
    pub user: u32,
    /// With [`CHANGE_GROUP`]: the owner's group.
    pub group: u32,
}

/// [`AttributeChange::which`]: the permissions.
pub const CHANGE_MODE: u32 = 1 << 0;
/// The owner.
pub const CHANGE_USER: u32 = 1 << 1;
/// The group.
pub const CHANGE_GROUP: u32 = 1 << 2;
/// Both times.
pub const CHANGE_TIMES: u32 = 1 << 3;

/// A symbolic link that is in the way: what the target begins with when an operation completes with
/// [`Error::Link`](crate::Error::Link). Where the link leads, `length` bytes, comes behind it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct LinkFound {
    /// Which path it is in: 0, or 1 for the second.
    pub which: u32,
    /// Where its name ends in the path: the link is `path[..end]`.
    pub end: u32,
    /// How long its target is.
    pub length: u32,
    /// Zero.
    pub reserved: u32,
}

/// An entry of a directory: this, and `length` bytes of name. The next entry begins right behind it. `.` and `..` are
/// not among them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct DirectoryEntry {
    /// How long the name is.
    pub length: u16,
    /// What it is, if the host knows without looking: `d_type` of Linux, 0 if not.
    pub kind: u8,
    /// Zero.
    pub reserved: u8,
}

/// An entry of the table of mounts: this, `length` bytes of path, and zeros up to a multiple of eight bytes. The first
/// entry is mount 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct MountEntry {
    /// [`MOUNT_READ_ONLY`] or zero.
    pub flags: u32,
    /// How long the path is.
    pub length: u32,
}

/// Takes the first `T` of some bytes.
fn split<T: FromBytes>(bytes: &[u8]) -> Option<(T, &[u8])> {
    T::read_from_prefix(bytes).ok()
}

/// The table of mounts, as [`BootBlock::mounts`](crate::BootBlock::mounts) names it: flags and path of each. Stops at
/// what is none.
#[derive(Clone, Copy, Debug)]
pub struct Mounts<'a>(pub &'a [u8]);

impl<'a> Iterator for Mounts<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<(u32, &'a [u8])> {
        let (entry, rest) = split::<MountEntry>(self.0)?;
        let length = usize::try_from(entry.length).ok()?;
        let path = rest.get(..length)?;
        self.0 = rest.get(length.next_multiple_of(8)..).unwrap_or(&[]);
        Some((entry.flags, path))
    }
}

/// The entries of a directory: kind and name of each. Stops at what is none.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a>(pub &'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (entry, rest) = split::<DirectoryEntry>(self.0)?;
        let name = rest.get(..usize::from(entry.length))?;
        self.0 = &rest[name.len()..];
        Some((entry.kind, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_the_specified_one() {
        assert_eq!(size_of::<FileStatus>(), 80);
        assert_eq!(size_of::<AttributeChange>(), 32);
        assert_eq!(size_of::<LinkFound>(), 16);
        assert_eq!(size_of::<DirectoryEntry>(), 4);
        assert_eq!(size_of::<MountEntry>(), 8);
        const { assert!(TARGET_MIN as usize > size_of::<LinkFound>() + PATH_MAX) };
    }

    #[test]
    fn tables_are_read_as_far_as_they_go() {
        let table = *b"\x01\0\0\0\x04\0\0\0/mnt\0\0\0\0\0\0\0\0\x01\0\0\0/";
        let expected = [(1, &b"/mnt"[..]), (0, b"/")];
        assert!(Mounts(&table).eq(expected));
        assert!(Mounts(&table[..24]).eq(expected[..1].iter().copied()));
        assert_eq!(Mounts(b"\0\0\0\0\xff\xff\xff\xff/").next(), None);
        let entries = *b"\x02\0\x08\0ab\x01\0\x04\0c\x09\0\0\0";
        assert!(Entries(&entries).eq([(8, &b"ab"[..]), (4, b"c")]));
    }
}
