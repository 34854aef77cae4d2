//! Namespaces of its own: users, mounts, network, System V's and POSIX' messages, host name, control groups,
//! processes.

use std::io;

use rustix::thread::UnshareFlags;

use super::{Missing, raw};

/// Those after the one for users, which gives the right to make the others.
const OTHERS: [(&str, UnshareFlags); 6] = [
    ("mount namespace", UnshareFlags::NEWNS),
    ("network namespace", UnshareFlags::NEWNET),
    ("ipc namespace", UnshareFlags::NEWIPC),
    ("uts namespace", UnshareFlags::NEWUTS),
    ("cgroup namespace", UnshareFlags::NEWCGROUP),
    ("pid namespace", UnshareFlags::NEWPID),
];

/// Which of them a worker lives in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    pub users: bool,
    pub mounts: bool,
}

/// What this process is after [`enter`].
pub(crate) enum Role {
    /// Not the worker: that is a sibling with this process id.
    Starter(i32),
    /// The worker, of which a starter tells.
    Sibling,
    /// The worker, of which nobody else tells: there was no other process needed.
    Alone,
}

/// Leaves all namespaces that may be left.
///
/// # Safety
/// The process has one thread; and see [`raw::copy_as_sibling`].
pub(crate) unsafe fn enter(missing: &mut Missing) -> io::Result<(Role, Own)> {
    let users = missing.note("user namespace", own_users());
    let [mut mounts, mut processes] = [false; 2];
    for (name, flag) in OTHERS {
        // SAFETY: none of the flags has to do with what threads share.
        let left = unsafe { rustix::thread::unshare_unsafe(flag) };
        let has_left = missing.note(name, left);
        mounts |= has_left && flag == UnshareFlags::NEWNS;
        processes |= has_left && flag == UnshareFlags::NEWPID;
    }
    let own = Own { users, mounts };
    if !processes {
        return Ok((Role::Alone, own));
    }
    // The namespace of processes is that of children only. The worker is a child of the parent itself, who
    // can wait for it.
    // SAFETY: the caller's promise.
    let role = match unsafe { raw::copy_as_sibling() }? {
        0 => Role::Sibling,
        process => Role::Starter(process),
    };
    Ok((role, own))
}

/// A namespace in which this user is who it is outside, and nobody else is there.
fn own_users() -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    // SAFETY: the flag has nothing to do with what threads share.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}
