//! Directories of the host that instances may use, and names in them.
//!
//! A guest names a file by a path below a mount; whatever it is, and whatever others do to the directory meanwhile, the
//! path must not lead out. The kernel sees to that: every path is resolved by `openat2` with `RESOLVE_BENEATH` and
//! `RESOLVE_NO_SYMLINKS`, in one step for which there is no "meanwhile". (A library that walks a path part by part in user
//! space, as `cap-std` does where it must, needs more system calls for the same promise, and follows links; here the
//! guest does that, see [`brood_abi::file`].) From then on an operation uses the descriptor, or the descriptor of the
//! parent directory and a last part that it doesn't follow.
//!
//! A descriptor is first made with `O_PATH`, which opens nothing: only when it turns out to be a regular file or a
//! directory is it opened, through `/proc/self/fd`, so that no device notices and no pipe blocks.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use brood_abi::Error as AbiError;
use brood_abi::file::{
    ACCESS_READ, ACCESS_WRITE, FileStatus, OPEN_APPEND, OPEN_BITS, OPEN_CREATE, OPEN_DIRECTORY,
    OPEN_EXCLUSIVE, OPEN_PERMISSIONS_SHIFT, OPEN_READ, OPEN_SYNCHRONOUS, OPEN_TRUNCATE, OPEN_WRITE,
    PATH_MAX,
};
use rustix::fs::{self, Access, AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// How often an operation begins anew when names change under it.
const ATTEMPTS: usize = 8;

/// Bits of permissions that can be set.
pub(crate) const PERMISSIONS: u32 = 0o1777;

/// A directory of the host that instances may be given. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Mount {
    directory: Arc<OwnedFd>,
    guest_path: Vec<u8>,
    read_only: bool,
}

/// Why a directory can't be mounted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MountError {
    /// The host's directory can't be opened.
    #[error("cannot mount {}: {source}", path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The guest's path is no absolute path without `.` and `..`.
    #[error(
        "cannot mount at {0:?}: in the instance a path is wanted that begins with / and has no . or .. in it"
    )]
    GuestPath(String),
    /// The kernel lacks what keeps a guest inside.
    #[error("cannot mount directories: this kernel has no openat2 (Linux 5.6 has it)")]
    Kernel,
}

/// Why a name did not lead to a file.
#[derive(Debug)]
pub(crate) enum Refusal {
    Error(AbiError),
    /// A symbolic link is in the way: where its name ends in the path, and where it leads.
    Link {
        end: usize,
        target: Vec<u8>,
    },
}

impl From<AbiError> for Refusal {
    fn from(error: AbiError) -> Refusal {
        Refusal::Error(error)
    }
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Refusal {
        Refusal::Error(posix(error))
    }
}

/// The contract's code for an error of the kernel.
pub(crate) fn posix(error: Errno) -> AbiError {
    AbiError::from_posix(error.raw_os_error())
}

impl Mount {
    /// The directory `host`, to be shown at `guest_path`.
    pub fn open(host: &Path, guest_path: &[u8], read_only: bool) -> Result<Mount, MountError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || {
            fs::open(host, flags, Mode::empty()).map_err(|error| MountError::Open {
                path: host.to_owned(),
                source: error.into(),
            })
        };
        Mount::new(open, guest_path, read_only)
    }

    /// A directory that somebody opened, to be shown at `guest_path`.
    pub fn on(directory: OwnedFd, guest_path: &[u8], read_only: bool) -> Result<Mount, MountError> {
        Mount::new(|| Ok(directory), guest_path, read_only)
    }

    fn new(
        directory: impl FnOnce() -> Result<OwnedFd, MountError>,
        guest_path: &[u8],
        read_only: bool,
    ) -> Result<Mount, MountError> {
        let parts = guest_path.split(|&byte| byte == b'/');
        let parts: Vec<&[u8]> = parts.filter(|part| !part.is_empty()).collect();
        let absolute = guest_path.first() == Some(&b'/');
        let strange = |part: &&[u8]| matches!(*part, b"." | b"..") || part.contains(&0);
        if !absolute || guest_path.len() > PATH_MAX || parts.iter().any(strange) {
            let path = String::from_utf8_lossy(guest_path).into_owned();
            return Err(MountError::GuestPath(path));
        }
        let mount = Mount {
            directory: Arc::new(directory()?),
            guest_path: [b"/".to_vec(), parts.join(&b'/')].concat(),
            read_only,
        };
        if let Err(Refusal::Error(AbiError::NotImplemented)) = mount.find(b"") {
            return Err(MountError::Kernel);
        }
        ignore_size_limit_signal();
        Ok(mount)
    }

    /// The directory, open as a path only.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Where the guest is to show it.
    pub fn guest_path(&self) -> &[u8] {
        &self.guest_path
    }

    /// Whether nothing can be changed in it.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// `erofs` when nothing can be changed.
    pub(crate) fn check_writable(&self) -> Result<(), AbiError> {
        if self.read_only {
            return Err(AbiError::ReadOnly);
        }
        Ok(())
    }

    fn resolve(&self, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let path = if path.is_empty() { b"." } else { path };
        beneath(&self.directory, path, flags, mode)
    }

    /// What is at `path`, looked at but not opened. The last part may be a link.
    pub(crate) fn find(&self, path: &[u8]) -> Result<Found, Refusal> {
        for _ in 0..ATTEMPTS {
            match self.resolve(path, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(descriptor) => {
                    let status = fs::fstat(&descriptor)?;
                    return Ok(Found { descriptor, status });
                }
                Err(Errno::LOOP) => self.find_link(path)?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(AbiError::Loop.into())
    }

    /// The same, but a link at the end is in the way, too.
    pub(crate) fn find_through(&self, path: &[u8]) -> Result<Found, Refusal> {
        let found = self.find(path)?;
        if found.is_link() {
            let (end, target) = (path.len(), found.target()?);
            return Err(Refusal::Link { end, target });
        }
        Ok(found)
    }

    /// Finds the first link among the parts of a path but the last; `Ok` when there is none any more.
    fn find_link(&self, path: &[u8]) -> Result<(), Refusal> {
        let ends = path.iter().enumerate().filter(|&(_, &byte)| byte == b'/');
        for (end, _) in ends {
            let flags = OFlags::PATH | OFlags::NOFOLLOW;
            let descriptor = self.resolve(&path[..end], flags, Mode::empty())?;
            let status = fs::fstat(&descriptor)?;
            let found = Found { descriptor, status };
            if found.is_link() {
                let target = found.target()?;
                return Err(Refusal::Link { end, target });
            }
        }
        Ok(())
    }

    /// The directory that a path's last part is in, and that part.
    pub(crate) fn parent<'p>(&self, path: &'p [u8]) -> Result<(OwnedFd, &'p [u8]), Refusal> {
        if path.is_empty() {
            return Err(AbiError::InUse.into());
        }
        let (directory, name) = match path.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&[][..], path),
        };
        Ok((self.find_through(directory)?.descriptor, name))
    }

    /// Opens what is at `path`, as the `OPEN_` bits and permissions in `how` say.
    pub(crate) fn open_file(&self, path: &[u8], how: u64) -> Result<OwnedFd, Refusal> {
        const CHANGES: u64 = OPEN_WRITE | OPEN_APPEND | OPEN_CREATE | OPEN_TRUNCATE;
        let has = |bits: u64| how & bits != 0;
        let permissions = how >> OPEN_PERMISSIONS_SHIFT;
        let consistent = how & ((1 << OPEN_PERMISSIONS_SHIFT) - 1) & !OPEN_BITS == 0
            && permissions & !u64::from(PERMISSIONS) == 0
            && has(OPEN_READ | OPEN_WRITE)
            && (has(OPEN_WRITE) || !has(OPEN_APPEND | OPEN_TRUNCATE))
            && (has(OPEN_CREATE) || !has(OPEN_EXCLUSIVE))
            && !(has(OPEN_DIRECTORY) && has(CHANGES));
        if !consistent {
            return Err(AbiError::Invalid.into());
        }
        if has(CHANGES) {
            self.check_writable()?;
        }
        let flags = open_flags(how);
        for _ in 0..ATTEMPTS {
            if !has(OPEN_EXCLUSIVE) {
                match self.find_through(path) {
                    Ok(found) => return found.open(flags, has(OPEN_DIRECTORY)),
                    Err(Refusal::Error(AbiError::NotFound)) if has(OPEN_CREATE) => {}
                    Err(refusal) => return Err(refusal),
                }
            }
            let (directory, name) = self.parent(path)?;
            let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
            let mode = Mode::from_raw_mode(permissions as u32);
            match beneath(&directory, name, flags, mode) {
                Err(Errno::EXIST) if !has(OPEN_EXCLUSIVE) => {}
                created => return Ok(created?),
            }
        }
        Err(AbiError::Io.into())
    }

    /// What a file is; what it allows is less on a read-only mount.
    pub(crate) fn status(&self, found: &Found) -> FileStatus {
        let mut access = 0;
        let path = path_of(&found.descriptor);
        let allowed = |access| fs::access(&*path, access).is_ok();
        if allowed(Access::READ_OK) {
            access |= ACCESS_READ;
        }
        if !self.read_only && allowed(Access::WRITE_OK) {
            access |= ACCESS_WRITE;
        }
        FileStatus {
            access,
            ..file_status(&found.status)
        }
    }
}

/// Something that a path led to, not opened.
#[derive(Debug)]
pub(crate) struct Found {
    pub descriptor: OwnedFd,
    pub status: fs::Stat,
}

impl Found {
    fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.status.st_mode)
    }

    pub(crate) fn is_link(&self) -> bool {
        self.kind() == FileType::Symlink
    }

    /// Where a link leads.
    pub(crate) fn target(&self) -> Result<Vec<u8>, AbiError> {
        if !self.is_link() {
            return Err(AbiError::Invalid);
        }
        let target = fs::readlinkat(&self.descriptor, "", Vec::new()).map_err(posix)?;
        Ok(target.into_bytes())
    }

    /// Opens a directory, if one is wanted, or a regular file.
    pub(crate) fn open(&self, flags: OFlags, directory: bool) -> Result<OwnedFd, Refusal> {
        match (self.kind(), directory) {
            (FileType::RegularFile, false) | (FileType::Directory, true) => {}
            (FileType::Directory, false) => return Err(AbiError::IsDirectory.into()),
            (_, true) => return Err(AbiError::NotDirectory.into()),
            (_, false) => return Err(AbiError::NoDevice.into()),
        }
        let path = path_of(&self.descriptor);
        Ok(fs::open(&*path, flags | OFlags::CLOEXEC, Mode::empty())?)
    }
}

/// Resolves a path that must not lead out of `directory`, nor through links.
fn beneath(
    directory: &impl AsFd,
    path: &[u8],
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    fs::openat2(directory, path, flags | OFlags::CLOEXEC, mode, resolve)
}

/// A path that leads to what is behind one of our own descriptors.
pub(crate) fn path_of(descriptor: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}

fn open_flags(how: u64) -> OFlags {
    let access = match (how & OPEN_READ != 0, how & OPEN_WRITE != 0) {
        (true, true) => OFlags::RDWR,
        (false, true) => OFlags::WRONLY,
        _ => OFlags::RDONLY,
    };
    let others = [
        (OPEN_APPEND, OFlags::APPEND),
        (OPEN_TRUNCATE, OFlags::TRUNC),
        (OPEN_SYNCHRONOUS, OFlags::SYNC),
        (OPEN_DIRECTORY, OFlags::DIRECTORY),
    ];
    let wanted = others.into_iter().filter(|&(bit, _)| how & bit != 0);
    wanted.fold(access | OFlags::NOCTTY, |flags, (_, flag)| flags | flag)
}

/// The contract's form of what `stat` says. Nothing about access.
pub(crate) fn file_status(status: &fs::Stat) -> FileStatus {
    FileStatus {
        size: status.st_size as u64,
        number: status.st_ino,
        device: status.st_dev,
        special_device: status.st_rdev,
        accessed: status.st_atime,
        modified: status.st_mtime,
        changed: status.st_ctime,
        mode: status.st_mode,
        links: u32::try_from(status.st_nlink).unwrap_or(u32::MAX),
        user: status.st_uid,
        group: status.st_gid,
        access: 0,
        reserved: 0,
    }
}

/// Checks a path below a mount.
pub(crate) fn check_path(path: &[u8]) -> Result<(), AbiError> {
    if path.len() > PATH_MAX {
        return Err(AbiError::NameTooLong);
    }
    let wrong = |part: &[u8]| matches!(part, b"" | b"." | b"..") || part.contains(&0);
    if !path.is_empty() && path.split(|&byte| byte == b'/').any(wrong) {
        return Err(AbiError::Invalid);
    }
    Ok(())
}

/// Gives a file's attributes through its descriptor's own path, which names it and nothing else.
pub(crate) fn change_attributes(
    found: &Found,
    change: &brood_abi::file::AttributeChange,
) -> Result<(), Refusal> {
    use brood_abi::file::{CHANGE_GROUP, CHANGE_MODE, CHANGE_TIMES, CHANGE_USER};
    const ALL: u32 = CHANGE_MODE | CHANGE_USER | CHANGE_GROUP | CHANGE_TIMES;
    /// -1 means "as it is" to the kernel.
    const NOBODY: u32 = u32::MAX;
    let has = |bit: u32| change.which & bit != 0;
    if change.which & !ALL != 0
        || has(CHANGE_USER) && change.user == NOBODY
        || has(CHANGE_GROUP) && change.group == NOBODY
    {
        return Err(AbiError::Invalid.into());
    }
    if has(CHANGE_MODE) && change.mode & !PERMISSIONS != 0 {
        return Err(AbiError::NotPermitted.into());
    }
    let path = path_of(&found.descriptor);
    if has(CHANGE_USER | CHANGE_GROUP) {
        let user = has(CHANGE_USER).then(|| fs::Uid::from_raw(change.user));
        let group = has(CHANGE_GROUP).then(|| fs::Gid::from_raw(change.group));
        fs::chownat(CWD, &*path, user, group, AtFlags::empty())?;
    }
    if has(CHANGE_MODE) {
        fs::chmod(&*path, Mode::from_raw_mode(change.mode))?;
    }
    if has(CHANGE_TIMES) {
        let time = |tv_sec| fs::Timespec { tv_sec, tv_nsec: 0 };
        let times = fs::Timestamps {
            last_access: time(change.accessed),
            last_modification: time(change.modified),
        };
        fs::utimensat(CWD, &*path, &times, AtFlags::empty())?;
    }
    Ok(())
}

/// A file that grows beyond the monitor's own limit is an error of the write, as beyond any other, and no reason to die.
fn ignore_size_limit_signal() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: `SIG_IGN` runs nothing. Nobody else here wants this signal.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    });
}
