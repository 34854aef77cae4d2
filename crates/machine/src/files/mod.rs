//! The file system of an instance: a tree in memory, with the files of the package in it from the start.
//!
//! Everything can be written to. What the package brought shares its bytes with the image until it is changed; what is
//! written takes *room*, which is counted and bounded: beyond its limit there is `enospc`, and what was written before
//! stays. When an image is frozen its files are a part of it, as every other memory is, and each clone changes its own.
//!
//! It behaves as Linux does for its super user: permissions are kept and shown, but keep nobody out.
//!
//! | module | idea |
//! | --- | --- |
//! | [`volume`] | nodes with numbers, directories, links; it knows no paths |
//! | [`content`] | the bytes of a file in pages, the room that they take |
//! | [`path`] | from paths to nodes |
//! | [`handle`] | files that are open |
//! | [`error`] | errors of POSIX |
//!
//! Other kinds of volume (a directory of the host) belong beside [`volume::Volume`]: all that is above it goes from paths
//! to places in it, and from there to nodes by number.

pub mod content;
pub mod error;
pub mod handle;
pub mod path;
pub mod volume;

#[cfg(test)]
mod tests;

use alloc::rc::Rc;
use alloc::vec::Vec;

use brood_term::SharedBinary;

use content::{Data, Room};
pub use error::PosixError;
pub use handle::{Handle, Mark, Modes};
pub use path::Follow;
use path::Place;
use volume::{Attributes, Device, Kind, NodeNumber, Volume};

/// The longest target of a symbolic link, in bytes.
const LONGEST_TARGET: usize = 4095;
/// The permissions of new files and directories.
const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;

/// What `stat` says of a node.
#[derive(Clone, Copy, Debug)]
pub struct Information {
    /// Its number.
    pub number: NodeNumber,
    /// The content's size in bytes.
    pub size: u64,
    /// OTP's word for its kind.
    pub kind: &'static str,
    /// The bits of `st_mode` for its kind.
    pub kind_bits: u32,
    /// How many names it has.
    pub links: u32,
    /// For a device its number, else 0.
    pub device: u32,
    /// Permissions, owner and times.
    pub attributes: Attributes,
}

/// The tree, and the working directory.
#[derive(Debug)]
pub struct FileSystem {
    volume: Volume,
    working_directory: NodeNumber,
    /// The room that came with the package.
    package_bytes: u64,
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
            working_directory: Volume::ROOT,
            package_bytes: 0,
        }
    }

    /// Changes how many bytes files may take beside those of the package. What there is stays, even if it is more.
    pub fn set_limit(&mut self, limit: Option<u64>) {
        let limit = limit.unwrap_or(u64::MAX);
        self.room()
            .set_limit(limit.saturating_add(self.package_bytes));
    }

    /// Sets the time, in seconds since 1970, that changes are noted with.
    pub fn at_time(&mut self, now: i64) -> &mut FileSystem {
        self.volume.now = now;
        self
    }

    /// The room that files share.
    pub fn room(&self) -> &Room {
        self.volume.room()
    }

    /// The same, for what keeps content outside of the tree.
    pub fn shared_room(&self) -> &Rc<Room> {
        self.volume.room()
    }

    /// Puts a file of the package in the tree, with the directories that it is in. It comes with its own room.
    ///
    /// # Errors
    ///
    /// When a part of its path is too long, or a file.
    pub fn install(&mut self, path: &[u8], bytes: &SharedBinary) -> Result<(), PosixError> {
        let before = self.room().used();
        let limit = self.room().limit();
        self.room().set_limit(u64::MAX);
        let result = self.install_unbounded(path, bytes);
        let added = self.room().used() - before;
        self.package_bytes += added;
        self.room().set_limit(limit.saturating_add(added));
        result
    }

    fn install_unbounded(&mut self, path: &[u8], bytes: &SharedBinary) -> Result<(), PosixError> {
        for (end, _) in path.iter().enumerate().filter(|&(_, &byte)| byte == b'/') {
            match self.make_directory(&path[..end]) {
                Ok(()) | Err(PosixError::Exists | PosixError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let mut handle = self.open(path, Modes::WRITE)?;
        let result = self.write(&mut handle, Data::Shared(bytes)).1;
        self.close(&handle);
        result
    }

    /// The whole content of a file.
    ///
    /// # Errors
    ///
    /// As for `open` and `read` of POSIX.
    pub fn read_file(&mut self, path: &[u8]) -> Result<SharedBinary, PosixError> {
        let mut handle = self.open(path, Modes::READ)?;
        let content = match self.information_of(handle.node()) {
            Ok(Information { kind: "device", .. }) => Err(PosixError::NotSupported),
            _ => self.read(&mut handle, u64::MAX),
        };
        self.close(&handle);
        content
    }

    /// What is at `path`.
    ///
    /// # Errors
    ///
    /// As for `stat` or `lstat` of POSIX.
    pub fn information(&self, path: &[u8], follow: Follow) -> Result<Information, PosixError> {
        self.information_of(self.resolve(path, follow)?)
    }

    /// What a node is.
    ///
    /// # Errors
    ///
    /// `enoent` when it is gone.
    pub fn information_of(&self, number: NodeNumber) -> Result<Information, PosixError> {
        let node = self.volume.node(number)?;
        let (kind, kind_bits, device) = match &node.kind {
            Kind::Regular(_) => ("regular", 0o100_000, 0),
            Kind::Directory(_) => ("directory", 0o040_000, 0),
            Kind::Link(_) => ("symlink", 0o120_000, 0),
            Kind::Device(device) => ("device", 0o020_000, device.number()),
        };
        Ok(Information {
            number,
            size: node.size(),
            kind,
            kind_bits,
            links: node.links,
            device,
            attributes: node.attributes,
        })
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    ///
    /// As for `opendir` of POSIX.
    pub fn list(&self, path: &[u8]) -> Result<Vec<&[u8]>, PosixError> {
        let directory = self.resolve(path, Follow::Yes)?;
        let entries = &self.volume.node(directory)?.directory()?.entries;
        Ok(entries.keys().map(|name| &**name).collect())
    }

    /// Changes the attributes of what is at `path`.
    ///
    /// # Errors
    ///
    /// As for `stat` of POSIX.
    pub fn change_attributes(
        &mut self,
        path: &[u8],
        change: impl FnOnce(&mut Attributes),
    ) -> Result<(), PosixError> {
        let number = self.resolve(path, Follow::Yes)?;
        change(&mut self.volume.node_mut(number)?.attributes);
        self.volume.touch(number, false);
        Ok(())
    }

    /// Makes an empty directory.
    ///
    /// # Errors
    ///
    /// As for `mkdir` of POSIX.
    pub fn make_directory(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let mut place = self.place(path, Follow::No)?;
        place.directory_wanted = false;
        let kind = Volume::directory_kind(place.directory);
        self.volume
            .create(place.directory, &place.name, kind, DIRECTORY_MODE)
            .map(drop)
    }

    /// Makes a symbolic link at `path` that leads to `target`, which need not exist.
    ///
    /// # Errors
    ///
    /// As for `symlink` of POSIX.
    pub fn make_symbolic_link(&mut self, target: &[u8], path: &[u8]) -> Result<(), PosixError> {
        match target.len() {
            0 => return Err(PosixError::NotFound),
            1..=LONGEST_TARGET => {}
            _ => return Err(PosixError::NameTooLong),
        }
        let place = self.new_place(path)?;
        self.volume
            .create(
                place.directory,
                &place.name,
                Kind::Link(target.into()),
                0o777,
            )
            .map(drop)
    }

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// As for `readlink` of POSIX.
    pub fn read_link(&self, path: &[u8]) -> Result<&[u8], PosixError> {
        match &self.volume.node(self.resolve(path, Follow::No)?)?.kind {
            Kind::Link(target) => Ok(target),
            _ => Err(PosixError::Invalid),
        }
    }

    /// Gives what is at `existing` another name.
    ///
    /// # Errors
    ///
    /// As for `link` of POSIX.
    pub fn make_link(&mut self, existing: &[u8], new: &[u8]) -> Result<(), PosixError> {
        let number = self.resolve(existing, Follow::No)?;
        let place = self.new_place(new)?;
        if self.volume.node(number)?.is_directory() {
            return Err(PosixError::NotPermitted);
        }
        self.volume.link(place.directory, &place.name, number)
    }

    /// The place for something new that is no directory.
    fn new_place(&self, path: &[u8]) -> Result<Place, PosixError> {
        let place = self.place(path, Follow::No)?;
        match self.volume.lookup(place.directory, &place.name) {
            Ok(_) => Err(PosixError::Exists),
            Err(PosixError::NotFound) if !place.directory_wanted => Ok(place),
            Err(error) => Err(error),
        }
    }

    /// Takes a name away that is not a directory's.
    ///
    /// # Errors
    ///
    /// As for `unlink` of POSIX, but `eperm` for a directory, as OTP has it.
    pub fn delete_file(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let place = self.place(path, Follow::No)?;
        let number = self.at(&place)?;
        if self.volume.node(number)?.is_directory() {
            return Err(PosixError::NotPermitted);
        }
        self.volume.unlink(place.directory, &place.name)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    ///
    /// As for `rmdir` of POSIX, but `eexist` for one that is not empty and `einval` for one that is the working
    /// directory, as OTP has it.
    pub fn delete_directory(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let place = self.place(path, Follow::No)?;
        let number = self.at(&place)?;
        let directory = self.volume.node(number)?.directory()?;
        match place.name.as_slice() {
            _ if number == Volume::ROOT => return Err(PosixError::Busy),
            b"." => return Err(PosixError::Invalid),
            _ => {}
        }
        if !directory.entries.is_empty() || place.is_special() {
            return Err(if number == self.working_directory {
                PosixError::Invalid
            } else {
                PosixError::Exists
            });
        }
        self.volume.unlink(place.directory, &place.name)
    }

    /// Moves what is at `old` to `new`, in the place of what is there.
    ///
    /// # Errors
    ///
    /// As for `rename` of POSIX, but `eexist` for a directory that is not empty and `einval` for the root, as OTP has it.
    pub fn rename(&mut self, old: &[u8], new: &[u8]) -> Result<(), PosixError> {
        let from = self.place(old, Follow::No)?;
        let mut to = self.place(new, Follow::No)?;
        if from.is_special() || to.is_special() {
            return Err(if old == b"/" {
                PosixError::Invalid
            } else {
                PosixError::Busy
            });
        }
        let number = self.at(&from)?;
        let moves_directory = self.volume.node(number)?.is_directory();
        if to.directory_wanted && !moves_directory {
            return Err(PosixError::NotDirectory);
        }
        to.directory_wanted = false;
        if moves_directory && self.is_within(to.directory, number)? {
            return Err(PosixError::Invalid);
        }
        match self.at(&to) {
            Ok(same) if same == number => return Ok(()),
            Ok(replaced) => {
                match (moves_directory, self.volume.node(replaced)?.directory()) {
                    (true, Err(error)) => return Err(error),
                    (false, Ok(_)) => return Err(PosixError::IsDirectory),
                    (true, Ok(directory)) if !directory.entries.is_empty() => {
                        return Err(PosixError::Exists);
                    }
                    _ => {}
                }
                self.volume.unlink(to.directory, &to.name)?;
            }
            Err(PosixError::NotFound) => {}
            Err(error) => return Err(error),
        }
        self.volume
            .rename((from.directory, &from.name), (to.directory, &to.name))
    }

    /// Whether `directory` is `ancestor`, or below it.
    fn is_within(&self, directory: NodeNumber, ancestor: NodeNumber) -> Result<bool, PosixError> {
        let mut number = directory;
        while number != ancestor {
            if number == Volume::ROOT {
                return Ok(false);
            }
            number = self.volume.node(number)?.directory()?.parent;
        }
        Ok(true)
    }

    /// The absolute path of the working directory.
    ///
    /// # Errors
    ///
    /// `enoent` when it was removed.
    pub fn working_directory(&self) -> Result<Vec<u8>, PosixError> {
        self.volume.path_of(self.working_directory)
    }

    /// Goes to another working directory.
    ///
    /// # Errors
    ///
    /// As for `chdir` of POSIX.
    pub fn set_working_directory(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let number = self.resolve(path, Follow::Yes)?;
        self.volume.node(number)?.directory()?;
        self.volume.open(number)?;
        let before = core::mem::replace(&mut self.working_directory, number);
        self.volume.close(before);
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
