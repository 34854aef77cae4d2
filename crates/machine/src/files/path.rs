//! From paths to places: nodes of the volume in memory, or names below a mount.
//!
//! In memory the way is walked part by part. Below a mount the parts are only gathered, and the host is asked about all
//! of them at once; it follows no links, but says where one is in the way, and from there the walk goes on.
//!
//! What is in memory below a mount lies over it: its files hide those of the host, its directories are one with theirs,
//! but for those of which the image knows all names: the host isn't asked for others.

use alloc::vec::Vec;

use super::error::PosixError;
use super::host::{HostPath, Refusal};
use super::volume::{Kind, NodeNumber, Volume};
use super::{DIRECTORY, FileSystem, Files, Information};

/// The longest path, in bytes.
const LONGEST_PATH: usize = 4095;
/// How many symbolic links a path may lead through.
const MOST_LINKS: usize = 40;

/// A directory that a walk comes through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Position {
    Memory(NodeNumber),
    Host(HostPosition),
}

/// A directory below a mount, or the mount itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HostPosition {
    pub mount: usize,
    pub path: Vec<u8>,
    /// The directory in memory that is one with it.
    pub over: Option<NodeNumber>,
    /// Whether all names that the host has there are known, so that it need not be asked for others.
    pub is_known: bool,
}

impl HostPosition {
    /// For the host.
    pub fn path(&self) -> HostPath<'_> {
        HostPath {
            mount: self.mount,
            path: &self.path,
        }
    }
}

/// Where a path leads to.
#[derive(Debug)]
pub(super) enum Place {
    Memory(MemoryPlace),
    Host(HostPlace),
}

/// A name in a directory in memory.
#[derive(Debug)]
pub(super) struct MemoryPlace {
    pub directory: NodeNumber,
    /// `.` for the root, and `.` or `..` when the path ends so.
    pub name: Vec<u8>,
    /// Whether the path ends in a separator, so that only a directory is meant.
    pub directory_wanted: bool,
    /// Whether it lies over a mount.
    pub over_mount: bool,
}

impl MemoryPlace {
    /// Whether the path names a directory from within: `/`, `.` or `..`.
    pub fn is_special(&self) -> bool {
        is_special(&self.name)
    }

    /// What lies over a mount came with the image, and stays.
    pub fn check_changeable(&self) -> Result<(), PosixError> {
        if self.over_mount {
            return Err(PosixError::ReadOnly);
        }
        Ok(())
    }
}

/// Something below a mount, if it is there. Links may be in the way.
#[derive(Debug)]
pub(super) struct HostPlace {
    pub at: HostPosition,
    /// Whether the path ended in `.` or `..`.
    pub special: bool,
    /// As in [`MemoryPlace`]. Then what is there has been found to be a directory, or nothing.
    pub directory_wanted: bool,
}

impl HostPlace {
    /// The mount itself, and directories that have something lying over them, stay where they are.
    pub fn check_movable(&self) -> Result<(), PosixError> {
        if self.at.path.is_empty() || self.at.over.is_some() {
            return Err(PosixError::Busy);
        }
        Ok(())
    }
}

fn is_special(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Follow {
    /// What it leads to is meant.
    Yes,
    /// The link itself is meant.
    No,
}

/// A walk along a path.
#[derive(Debug)]
pub(super) struct Walk {
    at: Position,
    /// What is still to be walked, last part first.
    parts: Vec<Vec<u8>>,
    directory_wanted: bool,
    links: usize,
}

impl Walk {
    fn push_parts(&mut self, path: &[u8]) -> Result<(), PosixError> {
        if path.len() > LONGEST_PATH {
            return Err(PosixError::NameTooLong);
        }
        let names = path.split(|&byte| byte == b'/').rev();
        let names = names.filter(|name| !name.is_empty());
        self.parts.extend(names.map(<[u8]>::to_vec));
        Ok(())
    }

    /// Whether a link at the end is followed.
    fn follows(&self, follow: Follow) -> bool {
        follow == Follow::Yes || self.directory_wanted
    }

    /// At `next`, one part further: its place, if that was the last part.
    fn arrive(&mut self, next: Position, special: bool) -> Option<Place> {
        if !self.parts.is_empty() {
            self.at = next;
            return None;
        }
        Some(match next {
            Position::Host(at) => Place::Host(HostPlace {
                at,
                special,
                directory_wanted: self.directory_wanted,
            }),
            memory => directory_itself(memory),
        })
    }

    fn memory_place(&self, directory: NodeNumber, name: Vec<u8>, over_mount: bool) -> Place {
        Place::Memory(MemoryPlace {
            directory,
            name,
            directory_wanted: self.directory_wanted,
            over_mount,
        })
    }

    /// Goes on where a symbolic link leads.
    fn follow(&mut self, target: &[u8], tree: &FileSystem) -> Result<(), PosixError> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(PosixError::Loop);
        }
        if self.parts.is_empty() {
            self.directory_wanted |= target.last() == Some(&b'/');
        }
        if target.first() == Some(&b'/') {
            self.at = tree.position_of(Volume::ROOT);
        }
        self.push_parts(target)
    }
}

impl FileSystem {
    /// The mount at a node of memory.
    fn mount_at(&self, node: NodeNumber) -> Option<usize> {
        self.mounts.iter().position(|&mount| mount == Some(node))
    }

    /// The directory that a node of memory is, as seen from outside: it may be a mount, or lie over one.
    pub(super) fn position_of(&self, node: NodeNumber) -> Position {
        if self.mounts.is_empty() {
            return Position::Memory(node);
        }
        let mut names: Vec<&[u8]> = Vec::new();
        let mut number = node;
        loop {
            if let Some(mount) = self.mount_at(number) {
                names.reverse();
                return Position::Host(HostPosition {
                    mount,
                    path: names.join(&b'/'),
                    over: Some(node),
                    is_known: self.is_known(Some(node)),
                });
            }
            match self.volume.name_of(number) {
                Ok((parent, name)) => {
                    names.push(name);
                    number = parent;
                }
                // The root, or a directory that was removed.
                Err(_) => return Position::Memory(node),
            }
        }
    }

    /// The directory that a directory below a mount, or the mount itself, is in.
    fn above(&self, at: &HostPosition) -> Result<Position, PosixError> {
        if !at.path.is_empty() {
            let slash = at.path.iter().rposition(|&byte| byte == b'/');
            let path = &at.path[..slash.unwrap_or(0)];
            return Ok(Position::Host(self.host_position(at.mount, path)));
        }
        let mount = self.mounts.get(at.mount).copied().flatten();
        let mount = mount.ok_or(PosixError::NotFound)?;
        match self.volume.node(mount)?.directory()?.parent {
            // The root is in itself.
            parent if parent == mount => Ok(Position::Host(at.clone())),
            parent => Ok(self.position_of(parent)),
        }
    }

    /// A directory below a mount.
    fn host_position(&self, mount: usize, path: &[u8]) -> HostPosition {
        let mut over = self.mounts.get(mount).copied().flatten();
        for part in path.split(|&byte| byte == b'/') {
            if part.is_empty() {
                break;
            }
            over = over.and_then(|directory| {
                let number = self.volume.lookup(directory, part).ok()?;
                let is_directory = self.volume.node(number).ok()?.is_directory();
                is_directory.then_some(number)
            });
        }
        HostPosition {
            mount,
            path: path.to_vec(),
            over,
            is_known: self.is_known(over),
        }
    }

    fn is_known(&self, over: Option<NodeNumber>) -> bool {
        over.is_some_and(|directory| self.known.contains_key(&directory))
    }

    /// Whether the host may have a name in its directory that this one in memory lies over.
    fn may_have(&self, over: NodeNumber, name: &[u8]) -> bool {
        let names = self.known.get(&over);
        names.is_none_or(|names| names.contains(name))
    }

    /// What is at a place in memory.
    pub(super) fn at(&self, place: &MemoryPlace) -> Result<NodeNumber, PosixError> {
        let number = self.volume.lookup(place.directory, &place.name)?;
        if place.directory_wanted {
            self.volume.node(number)?.directory()?;
        }
        Ok(number)
    }
}

impl Files<'_> {
    pub(super) fn begin(&self, path: &[u8]) -> Result<Walk, PosixError> {
        if path.is_empty() {
            return Err(PosixError::NotFound);
        }
        let at = match path.first() {
            Some(b'/') => self.tree.position_of(Volume::ROOT),
            _ => self.tree.working_directory.clone(),
        };
        let mut walk = Walk {
            at,
            parts: Vec::new(),
            directory_wanted: path.last() == Some(&b'/'),
            links: 0,
        };
        walk.push_parts(path)?;
        Ok(walk)
    }

    /// Walks on to the place where the path leads to; there need not be anything. In memory, with [`Follow::Yes`] or a
    /// separator behind it, it is not that of a symbolic link.
    pub(super) fn walk(&mut self, walk: &mut Walk, follow: Follow) -> Result<Place, PosixError> {
        loop {
            let place = match (walk.at.clone(), walk.parts.pop()) {
                (Position::Memory(directory), Some(name)) => {
                    self.step_in_memory(walk, directory, name, follow)?
                }
                (Position::Host(at), Some(name)) => self.step_on_host(walk, at, name, follow)?,
                // Only separators: the directory itself.
                (at, None) => Some(directory_itself(at)),
            };
            match place {
                Some(Place::Host(place))
                    if place.directory_wanted
                        && self.look_for_directory(walk, &place.at)? == Looked::LinkFollowed => {}
                Some(place) => return Ok(place),
                None => {}
            }
        }
    }

    /// One part further; the place, if it was the last.
    fn step_in_memory(
        &mut self,
        walk: &mut Walk,
        directory: NodeNumber,
        name: Vec<u8>,
        follow: Follow,
    ) -> Result<Option<Place>, PosixError> {
        let tree = &*self.tree;
        let last = walk.parts.is_empty();
        match tree.volume.lookup(directory, &name) {
            Ok(number) => {
                let node = tree.volume.node(number)?;
                match &node.kind {
                    Kind::Link(target) if !last || walk.follows(follow) => {
                        walk.follow(target, tree)?;
                        return Ok(None);
                    }
                    _ if last && tree.mount_at(number).is_none() => {}
                    _ => {
                        node.directory()?;
                        let next = match tree.mount_at(number) {
                            Some(mount) => Position::Host(tree.host_position(mount, b"")),
                            None => Position::Memory(number),
                        };
                        return Ok(walk.arrive(next, is_special(&name)));
                    }
                }
            }
            Err(PosixError::NotFound) if last => {}
            Err(error) => return Err(error),
        }
        Ok(Some(walk.memory_place(directory, name, false)))
    }

    /// The same below a mount.
    fn step_on_host(
        &mut self,
        walk: &mut Walk,
        at: HostPosition,
        name: Vec<u8>,
        follow: Follow,
    ) -> Result<Option<Place>, PosixError> {
        let last = walk.parts.is_empty();
        let special = is_special(&name);
        let next = match &*name {
            b"." => {
                walk.directory_wanted |= last;
                Position::Host(at)
            }
            b".." => {
                // It leads up from where a link leads, not from where that is.
                walk.parts.push(name);
                match self.look_for_directory(walk, &at)? {
                    Looked::Directory => walk.parts.pop(),
                    Looked::Nothing => return Err(PosixError::NotFound),
                    Looked::LinkFollowed => return Ok(None),
                };
                self.tree.above(&at)?
            }
            _ => {
                let tree = &*self.tree;
                let over = at.over.and_then(|directory| {
                    let number = tree.volume.lookup(directory, &name).ok()?;
                    Some((directory, number))
                });
                match over {
                    None => match at.over.filter(|&over| !tree.may_have(over, &name)) {
                        Some(directory) if last => {
                            return Ok(Some(walk.memory_place(directory, name, true)));
                        }
                        Some(_) => return Err(PosixError::NotFound),
                        None => {}
                    },
                    Some((directory, number)) => match &tree.volume.node(number)?.kind {
                        Kind::Directory(_) => {
                            if let Some(mount) = tree.mount_at(number) {
                                let next = tree.host_position(mount, b"");
                                return Ok(walk.arrive(Position::Host(next), false));
                            }
                        }
                        Kind::Link(target) if !last || walk.follows(follow) => {
                            walk.follow(target, tree)?;
                            return Ok(None);
                        }
                        _ if !last => return Err(PosixError::NotDirectory),
                        _ => return Ok(Some(walk.memory_place(directory, name, true))),
                    },
                }
                let mut path = at.path;
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(&name);
                let over = over.map(|(_, number)| number);
                Position::Host(HostPosition {
                    mount: at.mount,
                    path,
                    over,
                    is_known: tree.is_known(over),
                })
            }
        };
        Ok(walk.arrive(next, special))
    }

    /// What the host has at a place that must be a directory, if it is anything.
    fn look_for_directory(
        &mut self,
        walk: &mut Walk,
        at: &HostPosition,
    ) -> Result<Looked, PosixError> {
        if at.path.is_empty() {
            return Ok(Looked::Directory);
        }
        match self.host()?.look(at.path(), true) {
            Ok(Information { kind, .. }) if kind == DIRECTORY => Ok(Looked::Directory),
            _ if at.over.is_some() => Ok(Looked::Directory),
            Ok(_) => Err(PosixError::NotDirectory),
            Err(Refusal::Error(PosixError::NotFound)) => Ok(Looked::Nothing),
            Err(Refusal::Error(error)) => Err(error),
            Err(Refusal::Link { end, target, .. }) => {
                self.follow_on_host(walk, at, end, &target)?;
                Ok(Looked::LinkFollowed)
            }
        }
    }

    /// Goes on from a link that is in the way: `at.path[..end]` is the link.
    pub(super) fn follow_on_host(
        &mut self,
        walk: &mut Walk,
        at: &HostPosition,
        end: usize,
        target: &[u8],
    ) -> Result<(), PosixError> {
        let (link, rest) = at.path.split_at_checked(end).ok_or(PosixError::Io)?;
        let slash = link.iter().rposition(|&byte| byte == b'/');
        let directory = &link[..slash.unwrap_or(0)];
        walk.at = Position::Host(self.tree.host_position(at.mount, directory));
        walk.push_parts(rest)?;
        walk.follow(target, self.tree)
    }
}

/// What was found where a directory is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Looked {
    Directory,
    Nothing,
    /// The walk is to go on.
    LinkFollowed,
}

/// The place of a directory that a path ends in without naming it.
fn directory_itself(at: Position) -> Place {
    match at {
        Position::Memory(directory) => Place::Memory(MemoryPlace {
            directory,
            name: b".".to_vec(),
            directory_wanted: true,
            over_mount: false,
        }),
        Position::Host(at) => Place::Host(HostPlace {
            at,
            special: true,
            directory_wanted: true,
        }),
    }
}
