//! A volume: nodes with numbers, and directories that give them names. It knows no paths.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::content::{Content, Room};
use super::error::PosixError;

/// The number of a node. No other node of the volume ever gets it.
pub type NodeNumber = u64;

/// The longest name in a directory, in bytes.
pub const LONGEST_NAME: usize = 255;

/// What a node takes of the room, and a name beside its bytes.
const NODE_CHARGE: u64 = 256;
const NAME_CHARGE: u64 = 64;

/// Files that are not kept, but made up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// Swallows everything, has nothing.
    Null,
    /// Swallows everything, has zeros without end.
    Zero,
    /// Is always full, has zeros without end.
    Full,
}

impl Device {
    /// Major and minor number, as Linux has them, in one.
    pub fn number(self) -> u32 {
        const MEMORY_MAJOR: u32 = 1 << 8;
        MEMORY_MAJOR
            + match self {
                Device::Null => 3,
                Device::Zero => 5,
                Device::Full => 7,
            }
    }
}

/// A directory's names, and where it is itself.
#[derive(Debug)]
pub struct Directory {
    /// The directory that this one is in; the root is in itself.
    pub parent: NodeNumber,
    /// The names in it.
    pub entries: BTreeMap<Box<[u8]>, NodeNumber>,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    /// A file with content.
    Regular(Content),
    /// A directory.
    Directory(Directory),
    /// A symbolic link and where it leads.
    Link(Box<[u8]>),
    /// A device.
    Device(Device),
}

/// What can be changed of a node from outside. Times are seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Attributes {
    /// Permissions, without the bits for the kind.
    pub mode: u32,
    /// The owner.
    pub user: u32,
    /// The owner's group.
    pub group: u32,
    /// When the content was last read, as far as that is noted.
    pub accessed: i64,
    /// When the content was last changed.
    pub modified: i64,
    /// When anything was last changed.
    pub changed: i64,
}

/// A file, directory, link or device.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its attributes.
    pub attributes: Attributes,
    /// How many names it has; a directory also counts its own `.` and the `..` of those in it.
    pub links: u32,
    /// How many times it is open.
    opened: u32,
}

impl Node {
    /// The directory that this node is.
    ///
    /// # Errors
    ///
    /// `enotdir`.
    pub fn directory(&self) -> Result<&Directory, PosixError> {
        match &self.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(PosixError::NotDirectory),
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    /// The content's size, as `stat` gives it.
    pub fn size(&self) -> u64 {
        /// Of any directory.
        const DIRECTORY_SIZE: u64 = 4096;
        match &self.kind {
            Kind::Regular(content) => content.len(),
            Kind::Directory(_) => DIRECTORY_SIZE,
            Kind::Link(target) => target.len() as u64,
            Kind::Device(_) => 0,
        }
    }
}

/// All nodes.
#[derive(Debug)]
pub struct Volume {
    nodes: HashMap<NodeNumber, Node>,
    next: NodeNumber,
    room: Rc<Room>,
    /// The time that changes are noted with.
    pub now: i64,
}

impl Volume {
    /// The root directory.
    pub const ROOT: NodeNumber = 1;

    /// A volume with an empty root directory.
    pub fn new(room: Rc<Room>) -> Volume {
        let mut volume = Volume {
            nodes: HashMap::new(),
            next: Volume::ROOT,
            room,
            now: 0,
        };
        let root = volume.insert(Volume::directory_kind(Volume::ROOT), 0o755);
        debug_assert!(root == Volume::ROOT);
        volume
    }

    /// The room that its files share.
    pub fn room(&self) -> &Rc<Room> {
        &self.room
    }

    /// What an empty directory is.
    pub fn directory_kind(parent: NodeNumber) -> Kind {
        Kind::Directory(Directory {
            parent,
            entries: BTreeMap::new(),
        })
    }

    /// What an empty file is.
    pub fn file_kind(&self) -> Kind {
        Kind::Regular(Content::new(&self.room))
    }

    /// The node of this number.
    ///
    /// # Errors
    ///
    /// `enoent` when it is gone.
    pub fn node(&self, number: NodeNumber) -> Result<&Node, PosixError> {
        self.nodes.get(&number).ok_or(PosixError::NotFound)
    }

    /// The node of this number, to be changed.
    ///
    /// # Errors
    ///
    /// `enoent` when it is gone.
    pub fn node_mut(&mut self, number: NodeNumber) -> Result<&mut Node, PosixError> {
        self.nodes.get_mut(&number).ok_or(PosixError::NotFound)
    }

    /// What a name stands for in a directory.
    ///
    /// # Errors
    ///
    /// `enotdir`, `enametoolong`, or `enoent`.
    pub fn lookup(&self, directory: NodeNumber, name: &[u8]) -> Result<NodeNumber, PosixError> {
        let directory_node = self.node(directory)?.directory()?;
        match name {
            b"." => Ok(directory),
            b".." => Ok(directory_node.parent),
            _ if name.len() > LONGEST_NAME => Err(PosixError::NameTooLong),
            _ => directory_node
                .entries
                .get(name)
                .copied()
                .ok_or(PosixError::NotFound),
        }
    }

    /// Makes a node with a name in a directory. What a new directory says of its parent must be this one.
    ///
    /// # Errors
    ///
    /// `eexist`, `enospc`, or that the directory is none, or gone.
    pub fn create(
        &mut self,
        directory: NodeNumber,
        name: &[u8],
        kind: Kind,
        mode: u32,
    ) -> Result<NodeNumber, PosixError> {
        self.check_new(directory, name)?;
        let extra = match &kind {
            Kind::Link(target) => target.len() as u64,
            _ => 0,
        };
        self.room.take(NODE_CHARGE + extra)?;
        let number = self.insert(kind, mode);
        match self.add_name(directory, name, number) {
            Ok(()) => Ok(number),
            Err(error) => {
                self.remove_if_unused(number);
                Err(error)
            }
        }
    }

    /// Gives a node one more name. A directory must have none.
    ///
    /// # Errors
    ///
    /// `eexist`, `enospc`, or that the directory is none, or gone.
    pub fn link(
        &mut self,
        directory: NodeNumber,
        name: &[u8],
        number: NodeNumber,
    ) -> Result<(), PosixError> {
        self.check_new(directory, name)?;
        self.add_name(directory, name, number)?;
        self.touch(number, false);
        Ok(())
    }

    /// Takes a name away, and the node with its last one unless it is open.
    ///
    /// # Errors
    ///
    /// As [`Volume::lookup`].
    pub fn unlink(&mut self, directory: NodeNumber, name: &[u8]) -> Result<(), PosixError> {
        let number = self.lookup(directory, name)?;
        self.remove_name(directory, name)?;
        self.touch(number, false);
        self.remove_if_unused(number);
        Ok(())
    }

    /// Moves a name to another place; what has the new name must have been taken away.
    ///
    /// # Errors
    ///
    /// As [`Volume::lookup`], and `enospc`; then nothing is changed.
    pub fn rename(
        &mut self,
        (from, old_name): (NodeNumber, &[u8]),
        (to, new_name): (NodeNumber, &[u8]),
    ) -> Result<(), PosixError> {
        let number = self.lookup(from, old_name)?;
        self.check_new(to, new_name)?;
        self.add_name(to, new_name, number)?;
        self.remove_name(from, old_name)?;
        if let Kind::Directory(directory) = &mut self.node_mut(number)?.kind {
            directory.parent = to;
        }
        self.touch(number, false);
        Ok(())
    }

    /// Notes that a node's attributes were changed, and its content, if `content` says so.
    pub fn touch(&mut self, number: NodeNumber, content: bool) {
        let now = self.now;
        if let Some(node) = self.nodes.get_mut(&number) {
            node.attributes.changed = now;
            if content {
                node.attributes.modified = now;
            }
        }
    }

    /// Notes that a node's content was read: only the first time after it was changed, and once a day, so that reading
    /// is mostly no writing.
    pub fn note_access(&mut self, number: NodeNumber) {
        const DAY: i64 = 24 * 60 * 60;
        let now = self.now;
        if let Some(Node { attributes, .. }) = self.nodes.get_mut(&number)
            && (attributes.accessed < attributes.modified || attributes.accessed + DAY < now)
        {
            attributes.accessed = now;
        }
    }

    /// Keeps a node as long as it is not closed as often.
    ///
    /// # Errors
    ///
    /// `enoent` when it is gone.
    pub fn open(&mut self, number: NodeNumber) -> Result<(), PosixError> {
        self.node_mut(number)?.opened += 1;
        Ok(())
    }

    /// What [`Volume::open`] kept may go.
    pub fn close(&mut self, number: NodeNumber) {
        if let Some(node) = self.nodes.get_mut(&number) {
            node.opened = node.opened.saturating_sub(1);
            self.remove_if_unused(number);
        }
    }

    /// Whether a new name can be in a directory.
    fn check_new(&self, directory: NodeNumber, name: &[u8]) -> Result<(), PosixError> {
        match self.lookup(directory, name) {
            Ok(_) => Err(PosixError::Exists),
            Err(PosixError::NotFound) => {
                // A directory that was removed while it was somebody's working directory has no names any more.
                let removed = directory != Volume::ROOT && self.node(directory)?.links == 0;
                if removed {
                    Err(PosixError::NotFound)
                } else {
                    Ok(())
                }
            }
            Err(error) => Err(error),
        }
    }

    fn insert(&mut self, kind: Kind, mode: u32) -> NodeNumber {
        let number = self.next;
        self.next += 1;
        let attributes = Attributes {
            mode,
            user: 0,
            group: 0,
            accessed: self.now,
            modified: self.now,
            changed: self.now,
        };
        // The root's name is the volume's.
        let links = if number == Volume::ROOT { 2 } else { 0 };
        let node = Node {
            kind,
            attributes,
            links,
            opened: 0,
        };
        self.nodes.insert(number, node);
        number
    }

    fn entries_mut(
        &mut self,
        directory: NodeNumber,
    ) -> Result<&mut BTreeMap<Box<[u8]>, NodeNumber>, PosixError> {
        match &mut self.node_mut(directory)?.kind {
            Kind::Directory(directory) => Ok(&mut directory.entries),
            _ => Err(PosixError::NotDirectory),
        }
    }

    fn add_name(
        &mut self,
        directory: NodeNumber,
        name: &[u8],
        number: NodeNumber,
    ) -> Result<(), PosixError> {
        self.room.take(NAME_CHARGE + name.len() as u64)?;
        self.entries_mut(directory)?.insert(name.into(), number);
        self.count_link(directory, number, 1);
        self.touch(directory, true);
        Ok(())
    }

    fn remove_name(&mut self, directory: NodeNumber, name: &[u8]) -> Result<(), PosixError> {
        let number = self.entries_mut(directory)?.remove(name);
        let number = number.ok_or(PosixError::NotFound)?;
        self.room.give_back(NAME_CHARGE + name.len() as u64);
        self.count_link(directory, number, -1);
        self.touch(directory, true);
        Ok(())
    }

    /// Counts a name of `number` in `directory` that was added or removed.
    fn count_link(&mut self, directory: NodeNumber, number: NodeNumber, change: i32) {
        let Some(node) = self.nodes.get_mut(&number) else {
            return;
        };
        if !node.is_directory() {
            node.links = node.links.saturating_add_signed(change);
            return;
        }
        // Its `.` and its `..` come and go with its name.
        node.links = node.links.saturating_add_signed(2 * change);
        if let Some(parent) = self.nodes.get_mut(&directory) {
            parent.links = parent.links.saturating_add_signed(change);
        }
    }

    fn remove_if_unused(&mut self, number: NodeNumber) {
        let Some(node) = self.nodes.get(&number) else {
            return;
        };
        if node.links == 0 && node.opened == 0 {
            let extra = match &node.kind {
                Kind::Link(target) => target.len() as u64,
                _ => 0,
            };
            self.nodes.remove(&number);
            self.room.give_back(NODE_CHARGE + extra);
        }
    }

    /// The directory that a directory is in, and its name there.
    ///
    /// # Errors
    ///
    /// `enoent` for the root, and for a directory that was removed.
    pub fn name_of(&self, directory: NodeNumber) -> Result<(NodeNumber, &[u8]), PosixError> {
        let parent = self.node(directory)?.directory()?.parent;
        let mut entries = self.node(parent)?.directory()?.entries.iter();
        let entry = entries.find(|&(_, &entry)| entry == directory);
        Ok((parent, entry.ok_or(PosixError::NotFound)?.0))
    }

    /// The absolute path of a directory.
    ///
    /// # Errors
    ///
    /// `enoent` when it was removed.
    pub fn path_of(&self, directory: NodeNumber) -> Result<Vec<u8>, PosixError> {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut number = directory;
        while number != Volume::ROOT {
            let (parent, name) = self.name_of(number)?;
            names.push(name);
            number = parent;
        }
        let mut path = Vec::new();
        for name in names.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        Ok(path)
    }
}
