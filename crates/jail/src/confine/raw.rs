//! System calls that no library has in the form that is needed here.

use std::ffi::c_long;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Closes this and all higher descriptors. Nobody may own any of them.
///
/// # Safety
/// As for closing each.
pub(crate) unsafe fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: the caller's promise.
    checked(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// Makes a copy of this process as another child of this one's parent: 0 in the copy, its process id
/// here.
///
/// # Safety
/// The process has one thread. The C library doesn't know of the copy: what it remembers as the first
/// thread's id is the original's, so nobody may signal that thread by its handle.
pub(crate) unsafe fn copy_as_sibling() -> io::Result<i32> {
    let flags = c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    // SAFETY: without CLONE_VM this is a fork; the copy goes on with its own copy of the stack.
    let process = checked(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })?;
    Ok(process as i32)
}

/// Sets attributes of all mounts of a tree.
pub(crate) fn set_mount_attributes(tree: BorrowedFd<'_>, attributes: u64) -> io::Result<()> {
    let change = libc::mount_attr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is a C string and the structure is as long as it is said to be; the call reads both.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const change,
            size_of_val(&change),
        )
    };
    checked(result).map(drop)
}

/// Takes all capabilities from what programs started later could gain.
pub(crate) fn drop_bounding_set() -> io::Result<()> {
    for capability in 0..64 {
        // SAFETY: takes numbers only.
        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        match checked(c_long::from(result)) {
            Ok(_) => {}
            // The kernel has no more.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn checked(result: c_long) -> io::Result<c_long> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}
