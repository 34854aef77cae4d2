//! From paths to nodes.

use alloc::vec::Vec;

use super::FileSystem;
use super::error::PosixError;
use super::volume::{Kind, NodeNumber, Volume};

/// The longest path, in bytes.
const LONGEST_PATH: usize = 4095;
/// How many symbolic links a path may lead through.
const MOST_LINKS: usize = 40;

/// Where a path leads to: a name in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The directory.
    pub directory: NodeNumber,
    /// The name in it; `.` for the root, and `.` or `..` when the path ends so.
    pub name: Vec<u8>,
    /// Whether the path ends in a separator, so that only a directory is meant.
    pub directory_wanted: bool,
}

impl Place {
    /// Whether the path names a directory from within: `/`, `.` or `..`.
    pub fn is_special(&self) -> bool {
        matches!(self.name.as_slice(), b"." | b"..")
    }
}

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Follow {
    /// What it leads to is meant.
    Yes,
    /// The link itself is meant.
    No,
}

impl FileSystem {
    /// What is at `path`.
    ///
    /// # Errors
    ///
    /// As for `stat` of POSIX.
    pub(super) fn resolve(&self, path: &[u8], follow: Follow) -> Result<NodeNumber, PosixError> {
        let place = self.place(path, follow)?;
        self.at(&place)
    }

    /// What is at a place.
    pub(super) fn at(&self, place: &Place) -> Result<NodeNumber, PosixError> {
        let number = self.volume.lookup(place.directory, &place.name)?;
        if place.directory_wanted {
            self.volume.node(number)?.directory()?;
        }
        Ok(number)
    }

    /// The directory and the name that a path leads to; there need not be anything of that name. With
    /// [`Follow::Yes`], or a separator behind it, the name is not that of a symbolic link.
    pub(super) fn place(&self, path: &[u8], follow: Follow) -> Result<Place, PosixError> {
        if path.is_empty() {
            return Err(PosixError::NotFound);
        }
        // What is still to be walked, last part first.
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut directory = self.working_directory;
        let mut directory_wanted = self.push_parts(path, &mut parts, &mut directory)?;
        let mut links = 0;
        loop {
            let Some(name) = parts.pop() else {
                // Only separators: the root.
                return Ok(Place {
                    directory,
                    name: b".".to_vec(),
                    directory_wanted: true,
                });
            };
            let last = parts.is_empty();
            let found = self.volume.lookup(directory, &name);
            let target = match found.and_then(|number| self.volume.node(number)) {
                Ok(node) => match &node.kind {
                    Kind::Link(target) if !last || follow == Follow::Yes || directory_wanted => {
                        Some(target)
                    }
                    _ => None,
                },
                Err(PosixError::NotFound) if last => None,
                Err(error) => return Err(error),
            };
            if let Some(target) = target {
                links += 1;
                if links > MOST_LINKS {
                    return Err(PosixError::Loop);
                }
                let target_wanted = self.push_parts(target, &mut parts, &mut directory)?;
                if last {
                    directory_wanted |= target_wanted;
                }
                continue;
            }
            if last {
                return Ok(Place {
                    directory,
                    name,
                    directory_wanted,
                });
            }
            directory = found?;
            self.volume.node(directory)?.directory()?;
        }
    }

    /// Adds the parts of a path to those that are to be walked, and goes to the root if it is absolute. Gives whether it
    /// ends in a separator.
    fn push_parts(
        &self,
        path: &[u8],
        parts: &mut Vec<Vec<u8>>,
        directory: &mut NodeNumber,
    ) -> Result<bool, PosixError> {
        if path.len() > LONGEST_PATH {
            return Err(PosixError::NameTooLong);
        }
        if path.first() == Some(&b'/') {
            *directory = Volume::ROOT;
        }
        let names = path.split(|&byte| byte == b'/').rev();
        parts.extend(names.filter(|name| !name.is_empty()).map(<[u8]>::to_vec));
        Ok(path.last() == Some(&b'/'))
    }
}
