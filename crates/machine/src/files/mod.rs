//! The file system of an instance: a tree in memory, with the files of the package in it from the start, and
//! directories of the host in it where the parent has mounted some.
//!
//! In memory everything can be written to. What the package brought shares its bytes with the image until it is changed;
//! what is written takes *room*, which is counted and bounded: beyond its limit there is `enospc`, and what was written
//! before stays. When an image is frozen its files are a part of it, as every other memory is, and each clone changes its
//! own. Memory behaves as Linux does for its super user: permissions are kept and shown, but keep nobody out.
//!
//! Below a *mount* files are the host's, with its owners, permissions and errors; what an image brought there lies over
//! them and can't be changed. Names can't be moved or linked from one to the other (`exdev`).
//!
//! | module | idea |
//! | --- | --- |
//! | [`volume`] | nodes with numbers, directories, links; it knows no paths |
//! | [`content`] | the bytes of a file in pages, the room that they take |
//! | [`host`] | what is asked of directories of the host |
//! | [`path`] | from paths to places, in memory or below a mount |
//! | [`names`] | making, removing, moving and listing names |
//! | [`handle`] | files that are open |
//! | [`error`] | errors of POSIX |
//!
//! [`FileSystem`] is what there is; [`Files`] is that at a moment, with the host at hand, and does everything.

pub mod content;
pub mod error;
pub mod handle;
pub mod host;
pub mod names;
pub mod path;
pub mod volume;

#[cfg(test)]
mod tests;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::vec::Vec;

use brood_term::SharedBinary;
use hashbrown::HashMap;

use content::{Data, Lent, Room};
pub use error::PosixError;
pub use handle::{Handle, Mark, Modes};
use host::{HostFiles, HostPath, MountPoint, Refusal};
pub use path::Follow;
use path::{HostPlace, MemoryPlace, Place, Position};
use volume::{Attributes, Device, Kind, NodeNumber, Volume};

/// A file of a package: its path and its content.
pub(crate) type PackageFile<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The longest target of a symbolic link, in bytes.
const LONGEST_TARGET: usize = 4095;
/// The permissions of new files and directories.
const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;
/// The number of the volume in memory.
const MEMORY_VOLUME: u64 = 1;
/// OTP's word for directories.
const DIRECTORY: &str = "directory";

/// What `stat` says of a file.
#[derive(Clone, Copy, Debug)]
pub struct Information {
    /// The volume that it is on.
    pub volume: u64,
    /// Its number there.
    pub number: u64,
    /// The content's size in bytes.
    pub size: u64,
    /// OTP's word for its kind.
    pub kind: &'static str,
    /// OTP's word for what can be done with it.
    pub access: &'static str,
    /// The bits of `st_mode` for its kind.
    pub kind_bits: u32,
    /// How many names it has.
    pub links: u32,
    /// For a device its number, else 0.
    pub device: u64,
    /// Permissions, owner and times.
    pub attributes: Attributes,
}

/// What is to be changed of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// The permissions.
    pub mode: Option<u32>,
    /// The owner.
    pub user: Option<u32>,
    /// The owner's group.
    pub group: Option<u32>,
    /// When it was last read, and when it was last changed.
    pub times: Option<(i64, i64)>,
}

/// The tree, and the working directory.
#[derive(Debug)]
pub struct FileSystem {
    volume: Volume,
    /// The directories in memory at which directories of the host are mounted. `None`: one that could not be.
    mounts: Vec<Option<NodeNumber>>,
    mount_points: Vec<MountPoint>,
    working_directory: Position,
    /// Directories in memory, and all names that those of the host have that they lie over.
    known: HashMap<NodeNumber, BTreeSet<Box<[u8]>>>,
    /// The room that came with the package.
    package_bytes: u64,
}

/// The file system at a moment.
pub struct Files<'a> {
    tree: &'a mut FileSystem,
    host: Option<&'a mut dyn HostFiles>,
}

impl FileSystem {
    /// A tree with what programs expect of any: `/tmp`, `/dev/null` and its like. Files may take `limit` bytes, or any
    /// number.
    pub fn new(limit: Option<u64>) -> FileSystem {
        let mut volume = Volume::new(Room::new(limit.unwrap_or(u64::MAX)));
        // A room too small even for these has none of them.
        let _ = standard_tree(&mut volume);
        FileSystem {
            volume,
            mounts: Vec::new(),
            mount_points: Vec::new(),
            working_directory: Position::Memory(Volume::ROOT),
            known: HashMap::new(),
            package_bytes: 0,
        }
    }

    /// The tree at a time, in seconds since 1970, that changes are noted with.
    pub fn at_time<'a>(&'a mut self, now: i64, host: Option<&'a mut dyn HostFiles>) -> Files<'a> {
        self.volume.now = now;
        Files { tree: self, host }
    }

    /// Changes how many bytes files may take beside those of the package. What there is stays, even if it is more.
    pub fn set_limit(&mut self, limit: Option<u64>) {
        let limit = limit.unwrap_or(u64::MAX);
        self.room()
            .set_limit(limit.saturating_add(self.package_bytes));
    }

    /// The room that files in memory share.
    pub fn room(&self) -> &Room {
        self.volume.room()
    }

    /// The same, for what keeps content outside of the tree.
    pub fn shared_room(&self) -> &Rc<Room> {
        self.volume.room()
    }

    /// Mounts these directories of the host, instead of those that are mounted. Gives those that could not be, and why.
    pub fn mount(&mut self, mount_points: &[MountPoint]) -> Vec<(MountPoint, PosixError)> {
        for node in self.mounts.drain(..).flatten() {
            self.volume.close(node);
        }
        let mut failures = Vec::new();
        for point in mount_points {
            let node = self.mount_node(&point.path);
            self.mounts.push(node.ok());
            failures.extend(node.err().map(|error| (point.clone(), error)));
        }
        self.mount_points = mount_points.to_vec();
        if let Position::Memory(node) = self.working_directory {
            self.working_directory = self.position_of(node);
        }
        failures
    }

    /// The directory in memory at a path; it stays until it is closed.
    fn mount_node(&mut self, path: &[u8]) -> Result<NodeNumber, PosixError> {
        let node = self.directory_at(path)?;
        self.volume.open(node)?;
        Ok(node)
    }

    /// The directory in memory at a path, made if it isn't there.
    fn directory_at(&mut self, path: &[u8]) -> Result<NodeNumber, PosixError> {
        let mut node = Volume::ROOT;
        for name in path
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
        {
            node = match self.volume.lookup(node, name) {
                Ok(below) => below,
                Err(PosixError::NotFound) => {
                    let kind = Volume::directory_kind(node);
                    self.volume.create(node, name, kind, DIRECTORY_MODE)?
                }
                Err(error) => return Err(error),
            };
            self.volume.node(node)?.directory()?;
        }
        Ok(node)
    }

    /// Puts a file of the package in the tree, with the directories that it is in. It comes with its own room.
    ///
    /// # Errors
    ///
    /// When a part of its path is too long, or a file.
    pub fn install(&mut self, path: &[u8], bytes: &SharedBinary) -> Result<(), PosixError> {
        self.bring_room(|tree| tree.install_unbounded(path, Data::Shared(bytes)))
    }

    /// Does the same with files whose contents are to lie beside each other: when all of them are gone, the memory is free
    /// in one piece.
    ///
    /// # Errors
    ///
    /// As above, and the path.
    pub fn install_together<'a>(
        &mut self,
        files: &'a [PackageFile<'_>],
    ) -> Result<(), (&'a [u8], PosixError)> {
        let contents = || files.iter().map(|(_, content)| content);
        let length = contents().map(|content| content.len()).sum();
        let all = SharedBinary::filled(length, |mut target| {
            for content in contents() {
                let (place, rest) = target.split_at_mut(content.len());
                place.copy_from_slice(content);
                target = rest;
            }
        });
        self.bring_room(|tree| {
            let lent = Lent::new(tree.shared_room(), &all).map_err(|error| (&b""[..], error))?;
            let mut start = 0;
            for (path, content) in files {
                let part = all.part(start, content.len());
                start += content.len();
                tree.install_unbounded(path, Data::Part(&part, &lent))
                    .map_err(|error| (&**path, error))?;
            }
            Ok(())
        })
    }

    /// The host has these names in its directory of this path, and no others but those of the package: it is not to be
    /// asked for them.
    ///
    /// # Errors
    ///
    /// When there is a file in memory at that path.
    pub fn know(&mut self, path: &[u8], names: BTreeSet<Box<[u8]>>) -> Result<(), PosixError> {
        let node = self.bring_room(|tree| tree.directory_at(path))?;
        self.known.insert(node, names);
        Ok(())
    }

    /// What this installs comes with its own room.
    fn bring_room<T>(&mut self, install: impl FnOnce(&mut FileSystem) -> T) -> T {
        let before = self.room().used();
        let limit = self.room().limit();
        self.room().set_limit(u64::MAX);
        let result = install(self);
        let added = self.room().used() - before;
        self.package_bytes += added;
        self.room().set_limit(limit.saturating_add(added));
        result
    }

    fn install_unbounded(&mut self, path: &[u8], content: Data<'_>) -> Result<(), PosixError> {
        let now = self.volume.now;
        let mut files = self.at_time(now, None);
        for (end, _) in path.iter().enumerate().filter(|&(_, &byte)| byte == b'/') {
            match files.make_directory(&path[..end]) {
                Ok(()) | Err(PosixError::Exists | PosixError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let mut handle = files.open(path, Modes::WRITE)?;
        let result = files.write(&mut handle, content).1;
        files.close(handle);
        result
    }

    /// What a node in memory is.
    ///
    /// # Errors
    ///
    /// `enoent` when it is gone.
    fn information_of(&self, number: NodeNumber) -> Result<Information, PosixError> {
        let node = self.volume.node(number)?;
        let (kind, kind_bits, device) = match &node.kind {
            Kind::Regular(_) => ("regular", 0o100_000, 0),
            Kind::Directory(_) => (DIRECTORY, 0o040_000, 0),
            Kind::Link(_) => ("symlink", 0o120_000, 0),
            Kind::Device(device) => ("device", 0o020_000, device.number()),
        };
        Ok(Information {
            volume: MEMORY_VOLUME,
            number,
            size: node.size(),
            kind,
            // The super user may do everything.
            access: "read_write",
            kind_bits,
            links: node.links,
            device: u64::from(device),
            attributes: node.attributes,
        })
    }
}

impl<'a> Files<'a> {
    fn host(&mut self) -> Result<&mut (dyn HostFiles + 'a), PosixError> {
        self.host.as_deref_mut().ok_or(PosixError::NotSupported)
    }

    /// Does with what is at `path` what `memory` does there, or `host`: this until no link is in the way any more.
    fn reach<T>(
        &mut self,
        path: &[u8],
        follow: Follow,
        memory: impl FnOnce(&mut FileSystem, MemoryPlace) -> Result<T, PosixError>,
        mut host: impl FnMut(&mut dyn HostFiles, HostPath<'_>, &HostPlace) -> Result<T, Refusal>,
    ) -> Result<T, PosixError> {
        let mut walk = self.begin(path)?;
        loop {
            let place = match self.walk(&mut walk, follow)? {
                Place::Memory(place) => return memory(self.tree, place),
                Place::Host(place) => place,
            };
            match host(self.host()?, place.at.path(), &place) {
                Ok(result) => return Ok(result),
                Err(Refusal::Error(error)) => return Err(error),
                Err(Refusal::Link { end, target, .. }) => {
                    self.follow_on_host(&mut walk, &place.at, end, &target)?;
                }
            }
        }
    }

    /// The whole content of a file.
    ///
    /// # Errors
    ///
    /// As for `open` and `read` of POSIX.
    pub fn read_file(&mut self, path: &[u8]) -> Result<SharedBinary, PosixError> {
        let content = self.reach(
            path,
            Follow::Yes,
            |tree, place| {
                let node = tree.at(&place)?;
                match &tree.volume.node(node)?.kind {
                    Kind::Regular(_) => tree.read_node(node, 0, u64::MAX),
                    Kind::Directory(_) => Err(PosixError::IsDirectory),
                    Kind::Link(_) | Kind::Device(_) => Err(PosixError::NotSupported),
                }
            },
            |host, at, _| host.read_file(at),
        );
        if !matches!(content, Err(PosixError::Range)) {
            return content;
        }
        let mut handle = self.open(path, Modes::READ)?;
        let content = self.read(&mut handle, u64::MAX);
        self.close(handle);
        content
    }

    /// What is at `path`.
    ///
    /// # Errors
    ///
    /// As for `stat` or `lstat` of POSIX.
    pub fn information(&mut self, path: &[u8], follow: Follow) -> Result<Information, PosixError> {
        let mut over = None;
        let found = self.reach(
            path,
            follow,
            |tree, place| tree.information_of(tree.at(&place)?),
            |host, at, place| {
                over = place.at.over;
                host.look(at, follow == Follow::Yes)
            },
        );
        match (found, over) {
            // A directory that only the image has.
            (Err(PosixError::NotFound), Some(node)) => self.tree.information_of(node),
            (found, _) => found,
        }
    }

    /// Changes the attributes of what is at `path`.
    ///
    /// # Errors
    ///
    /// As for `chmod`, `chown` and `utime` of POSIX.
    pub fn change_attributes(&mut self, path: &[u8], change: &Change) -> Result<(), PosixError> {
        self.reach(
            path,
            Follow::Yes,
            |tree, place| {
                place.check_changeable()?;
                let number = tree.at(&place)?;
                let attributes = &mut tree.volume.node_mut(number)?.attributes;
                attributes.mode = change.mode.unwrap_or(attributes.mode);
                attributes.user = change.user.unwrap_or(attributes.user);
                attributes.group = change.group.unwrap_or(attributes.group);
                if let Some((accessed, modified)) = change.times {
                    attributes.accessed = accessed;
                    attributes.modified = modified;
                }
                tree.volume.touch(number, false);
                Ok(())
            },
            |host, at, _| host.change(at, change),
        )
    }

    /// The absolute path of the working directory.
    ///
    /// # Errors
    ///
    /// `enoent` when it was removed.
    pub fn working_directory(&self) -> Result<Vec<u8>, PosixError> {
        match &self.tree.working_directory {
            Position::Memory(node) => self.tree.volume.path_of(*node),
            Position::Host(at) => {
                let mount = self.tree.mounts.get(at.mount).copied().flatten();
                let mut path = self
                    .tree
                    .volume
                    .path_of(mount.ok_or(PosixError::NotFound)?)?;
                if !at.path.is_empty() {
                    if path.last() != Some(&b'/') {
                        path.push(b'/');
                    }
                    path.extend_from_slice(&at.path);
                }
                Ok(path)
            }
        }
    }

    /// Goes to another working directory.
    ///
    /// # Errors
    ///
    /// As for `chdir` of POSIX.
    pub fn set_working_directory(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let next = self.reach(
            path,
            Follow::Yes,
            |tree, place| {
                let number = tree.at(&place)?;
                tree.volume.node(number)?.directory()?;
                tree.volume.open(number)?;
                Ok(Position::Memory(number))
            },
            |host, at, place| match host.look(at, true) {
                Ok(information) if information.kind != DIRECTORY => {
                    Err(PosixError::NotDirectory.into())
                }
                Err(Refusal::Error(PosixError::NotFound)) if place.at.over.is_some() => {
                    Ok(Position::Host(place.at.clone()))
                }
                looked => looked.map(|_| Position::Host(place.at.clone())),
            },
        )?;
        let before = core::mem::replace(&mut self.tree.working_directory, next);
        if let Position::Memory(node) = before {
            self.tree.volume.close(node);
        }
        Ok(())
    }
}

/// What there is besides the package: the directories that programs of Unix take for granted, and devices.
fn standard_tree(volume: &mut Volume) -> Result<(), PosixError> {
    const DIRECTORIES: [&[u8]; 5] = [b"etc", b"home", b"root", b"usr", b"var"];
    const DEVICES: [(&[u8], Device); 3] = [
        (b"null", Device::Null),
        (b"zero", Device::Zero),
        (b"full", Device::Full),
    ];
    let mut directory = |name: &[u8], mode| {
        let kind = Volume::directory_kind(Volume::ROOT);
        volume.create(Volume::ROOT, name, kind, mode)
    };
    for name in DIRECTORIES {
        directory(name, DIRECTORY_MODE)?;
    }
    directory(b"tmp", 0o1777)?;
    let devices = directory(b"dev", DIRECTORY_MODE)?;
    for (name, device) in DEVICES {
        volume.create(devices, name, Kind::Device(device), 0o666)?;
    }
    Ok(())
}
