//! The file system of a worker: nothing but what the kernel tells of the worker itself, in `/proc`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode};
use rustix::mount::{MountFlags, MountPropagationFlags, OpenTreeFlags, UnmountFlags};

use super::raw;

/// A directory that is there on every system. Nothing is changed in it: other processes don't see what is
/// mounted here.
const PLACE: &str = "/tmp";

const HARMLESS: MountFlags = MountFlags::NOSUID
    .union(MountFlags::NODEV)
    .union(MountFlags::NOEXEC);

/// Makes an empty directory the root. For a process with a mount namespace of its own, and best with a pid
/// namespace.
pub(crate) fn make_empty() -> io::Result<()> {
    use rustix::mount::{mount, mount_bind_recursive, mount_change, mount_remount, unmount};
    let all = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", all)?;
    mount(
        "tmpfs",
        PLACE,
        "tmpfs",
        HARMLESS,
        c"size=4k,nr_inodes=4,mode=0555",
    )?;
    rustix::process::chdir(PLACE)?;
    rustix::fs::mkdir("proc", Mode::from_raw_mode(0o555))?;
    mount("proc", "proc", "proc", HARMLESS, c"subset=pid")
        .or_else(|_| mount_bind_recursive("/proc", "proc"))?;
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/")?;
    Ok(mount_remount("/", HARMLESS | MountFlags::RDONLY, c"")?)
}

/// A view of a directory that is a file system of its own: there is nothing above it, no device in it, and
/// nothing to execute. `path` is where it is; something else there is not taken.
pub(crate) fn view(directory: BorrowedFd<'_>, path: &[u8], read_only: bool) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let view = rustix::mount::open_tree(CWD, path, flags)?;
    let (ours, wanted) = (rustix::fs::fstat(&view)?, rustix::fs::fstat(directory)?);
    if (ours.st_dev, ours.st_ino) != (wanted.st_dev, wanted.st_ino) {
        return Err(io::Error::other("another directory is there now"));
    }
    let read_only = if read_only {
        libc::MOUNT_ATTR_RDONLY
    } else {
        0
    };
    let harmless = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOEXEC;
    raw::set_mount_attributes(view.as_fd(), harmless | read_only)?;
    Ok(view)
}
