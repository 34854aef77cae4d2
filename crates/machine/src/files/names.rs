//! Making, removing, moving and listing names.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::host::{HostFiles, HostPath, Refusal};
use super::path::{Follow, HostPlace, MemoryPlace, Place, Position};
use super::volume::{Kind, NodeNumber, Volume};
use super::{DIRECTORY_MODE, FileSystem, Files, LONGEST_TARGET, PosixError};

/// The permissions of a new directory of the host, of which its umask takes away.
const HOST_DIRECTORY_MODE: u32 = 0o777;

impl FileSystem {
    /// The names in a directory in memory.
    fn names_in(&self, directory: NodeNumber) -> Result<Vec<Box<[u8]>>, PosixError> {
        let entries = &self.volume.node(directory)?.directory()?.entries;
        Ok(entries.keys().cloned().collect())
    }

    /// Whether something new that is no directory can be at a place.
    fn check_new(&self, place: &MemoryPlace) -> Result<(), PosixError> {
        match self.volume.lookup(place.directory, &place.name) {
            Ok(_) => Err(PosixError::Exists),
            Err(PosixError::NotFound) if !place.directory_wanted => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn delete_directory(&mut self, place: &MemoryPlace) -> Result<(), PosixError> {
        let number = self.at(place)?;
        let directory = self.volume.node(number)?.directory()?;
        match place.name.as_slice() {
            _ if number == Volume::ROOT => return Err(PosixError::Busy),
            b"." => return Err(PosixError::Invalid),
            _ => {}
        }
        if !directory.entries.is_empty() || place.is_special() {
            return Err(if self.working_directory == Position::Memory(number) {
                PosixError::Invalid
            } else {
                PosixError::Exists
            });
        }
        self.volume.unlink(place.directory, &place.name)
    }

    fn rename(&mut self, from: &MemoryPlace, mut to: MemoryPlace) -> Result<(), PosixError> {
        if from.is_special() || to.is_special() {
            return Err(PosixError::Busy);
        }
        from.check_changeable()?;
        to.check_changeable()?;
        let number = self.at(from)?;
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

    fn link(&mut self, existing: &MemoryPlace, new: &MemoryPlace) -> Result<(), PosixError> {
        let number = self.at(existing)?;
        self.check_new(new)?;
        if self.volume.node(number)?.is_directory() {
            return Err(PosixError::NotPermitted);
        }
        self.volume.link(new.directory, &new.name, number)
    }
}

impl Files<'_> {
    /// The names in a directory, sorted.
    ///
    /// # Errors
    ///
    /// As for `opendir` of POSIX.
    pub fn list(&mut self, path: &[u8]) -> Result<Vec<Box<[u8]>>, PosixError> {
        let mut over = None;
        let listed = self.reach(
            path,
            Follow::Yes,
            |tree, place| tree.names_in(tree.at(&place)?),
            |host, at, place| {
                over = place.at.over;
                if place.at.is_known {
                    return Ok(Vec::new());
                }
                let names = host.list(at)?;
                Ok(names.into_iter().map(Vec::into_boxed_slice).collect())
            },
        );
        let mut names = match listed {
            Err(PosixError::NotFound | PosixError::NotDirectory) if over.is_some() => Vec::new(),
            listed => listed?,
        };
        match over {
            Some(node) => {
                let known = self.tree.known.get(&node).into_iter().flatten().cloned();
                let own = self.tree.names_in(node)?.into_iter();
                let all: BTreeSet<_> = own.chain(known).chain(names).collect();
                Ok(all.into_iter().collect())
            }
            None => {
                names.sort_unstable();
                Ok(names)
            }
        }
    }

    /// Makes an empty directory.
    ///
    /// # Errors
    ///
    /// As for `mkdir` of POSIX.
    pub fn make_directory(&mut self, path: &[u8]) -> Result<(), PosixError> {
        self.reach(
            path,
            Follow::No,
            |tree, place| {
                let kind = Volume::directory_kind(place.directory);
                tree.volume
                    .create(place.directory, &place.name, kind, DIRECTORY_MODE)
                    .map(drop)
            },
            |host, at, place| {
                if place.at.over.is_some() || place.special {
                    return Err(PosixError::Exists.into());
                }
                host.make_directory(at, HOST_DIRECTORY_MODE)
            },
        )
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
        self.reach(
            path,
            Follow::No,
            |tree, place| {
                tree.check_new(&place)?;
                let kind = Kind::Link(target.into());
                tree.volume
                    .create(place.directory, &place.name, kind, 0o777)
                    .map(drop)
            },
            |host, at, place| {
                if place.at.over.is_some() || place.special {
                    return Err(PosixError::Exists.into());
                }
                if place.directory_wanted {
                    return Err(PosixError::NotFound.into());
                }
                host.make_symbolic_link(at, target)
            },
        )
    }

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// As for `readlink` of POSIX.
    pub fn read_link(&mut self, path: &[u8]) -> Result<Vec<u8>, PosixError> {
        self.reach(
            path,
            Follow::No,
            |tree, place| match &tree.volume.node(tree.at(&place)?)?.kind {
                Kind::Link(target) => Ok(target.to_vec()),
                _ => Err(PosixError::Invalid),
            },
            |host, at, _| host.read_link(at),
        )
    }

    /// Takes a name away that is not a directory's.
    ///
    /// # Errors
    ///
    /// As for `unlink` of POSIX, but `eperm` for a directory, as OTP has it.
    pub fn delete_file(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let deleted = self.reach(
            path,
            Follow::No,
            |tree, place| {
                place.check_changeable()?;
                let number = tree.at(&place)?;
                if tree.volume.node(number)?.is_directory() {
                    return Err(PosixError::NotPermitted);
                }
                tree.volume.unlink(place.directory, &place.name)
            },
            |host, at, place| {
                if place.at.path.is_empty() || place.at.over.is_some() {
                    return Err(PosixError::NotPermitted.into());
                }
                host.unlink(at)
            },
        );
        match deleted {
            Err(PosixError::IsDirectory) => Err(PosixError::NotPermitted),
            deleted => deleted,
        }
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    ///
    /// As for `rmdir` of POSIX, but `eexist` for one that is not empty and `einval` for one that is the working
    /// directory, as OTP has it.
    pub fn delete_directory(&mut self, path: &[u8]) -> Result<(), PosixError> {
        let working_directory = self.tree.working_directory.clone();
        let mut is_working_directory = false;
        let deleted = self.reach(
            path,
            Follow::No,
            |tree, place| tree.delete_directory(&place),
            |host, at, place| {
                is_working_directory = working_directory == Position::Host(place.at.clone());
                if place.special {
                    return Err(PosixError::Invalid.into());
                }
                place.check_movable()?;
                host.remove_directory(at)
            },
        );
        match deleted {
            Err(PosixError::NotEmpty | PosixError::Exists) if is_working_directory => {
                Err(PosixError::Invalid)
            }
            Err(PosixError::NotEmpty) => Err(PosixError::Exists),
            deleted => deleted,
        }
    }

    /// Moves what is at `old` to `new`, in the place of what is there.
    ///
    /// # Errors
    ///
    /// As for `rename` of POSIX, but `eexist` for a directory that is not empty and `einval` for the root, as OTP has it.
    pub fn rename(&mut self, old: &[u8], new: &[u8]) -> Result<(), PosixError> {
        let renamed = self.reach_two(
            old,
            new,
            |tree, from, to| tree.rename(&from, to),
            |host, from, to| host.rename(from, to),
        );
        match renamed {
            Err(_) if old == b"/" => Err(PosixError::Invalid),
            Err(PosixError::NotEmpty) => Err(PosixError::Exists),
            renamed => renamed,
        }
    }

    /// Gives what is at `existing` another name.
    ///
    /// # Errors
    ///
    /// As for `link` of POSIX.
    pub fn make_link(&mut self, existing: &[u8], new: &[u8]) -> Result<(), PosixError> {
        self.reach_two(
            existing,
            new,
            |tree, existing, new| tree.link(&existing, &new),
            |host, existing, new| host.link(existing, new),
        )
    }

    /// Does something with two places, if both are in memory or both below mounts.
    fn reach_two(
        &mut self,
        first: &[u8],
        second: &[u8],
        memory: impl FnOnce(&mut FileSystem, MemoryPlace, MemoryPlace) -> Result<(), PosixError>,
        mut host: impl FnMut(&mut dyn HostFiles, HostPath<'_>, HostPath<'_>) -> Result<(), Refusal>,
    ) -> Result<(), PosixError> {
        let mut walks = [self.begin(first)?, self.begin(second)?];
        let mut places = [None, None];
        loop {
            for (walk, place) in walks.iter_mut().zip(&mut places) {
                if place.is_none() {
                    *place = Some(self.walk(walk, Follow::No)?);
                }
            }
            let done = match &places {
                [Some(Place::Host(first)), Some(Place::Host(second))] => {
                    for place in [first, second] {
                        place.check_movable()?;
                        if place.special {
                            return Err(PosixError::Busy);
                        }
                    }
                    host(self.host()?, first.at.path(), second.at.path())
                }
                // Of two kinds, unless a link below the mount leads to memory.
                [Some(Place::Host(place)), Some(Place::Memory(_))] => self.find_link(place, false),
                [Some(Place::Memory(_)), Some(Place::Host(place))] => self.find_link(place, true),
                _ => match places {
                    [Some(Place::Memory(first)), Some(Place::Memory(second))] => {
                        return memory(self.tree, first, second);
                    }
                    _ => return Err(PosixError::Io),
                },
            };
            let (which, end, target) = match done {
                Ok(()) => return Ok(()),
                Err(Refusal::Error(error)) => return Err(error),
                Err(Refusal::Link {
                    second,
                    end,
                    target,
                }) => (usize::from(second), end, target),
            };
            if let Some(Place::Host(place)) = places[which].take() {
                self.follow_on_host(&mut walks[which], &place.at, end, &target)?;
            }
        }
    }

    /// The link that is in the way; `exdev` if there is none.
    fn find_link(&mut self, place: &HostPlace, second: bool) -> Result<(), Refusal> {
        if !second {
            place.check_movable()?;
        }
        match self.host()?.look(place.at.path(), false) {
            Err(Refusal::Link { end, target, .. }) => Err(Refusal::Link {
                second,
                end,
                target,
            }),
            Err(Refusal::Error(error)) if error != PosixError::NotFound || !second => {
                Err(error.into())
            }
            _ => Err(PosixError::CrossDevice.into()),
        }
    }
}
