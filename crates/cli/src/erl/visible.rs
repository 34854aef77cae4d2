//! What an instance sees of the host's files.
//!
//! Nothing, but for the directories that its command line names: each is mounted at its own path,
//! so that file names mean the same inside and outside. `/tmp` and everything else is the
//! instance's own memory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use brood_monitor::Mount;

/// A directory of the host and where it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    host: PathBuf,
    guest: PathBuf,
    read_only: bool,
}

fn directory_of(file: &Path) -> &Path {
    let parent = file.parent().filter(|parent| *parent != Path::new(""));
    parent.unwrap_or(Path::new("."))
}

/// Flags whose values are files that are read with what is beside them.
const READ: [&str; 2] = ["-boot", "-config"];

/// Directories of the host, each at its own path.
#[derive(Debug)]
pub struct Visible {
    working: PathBuf,
    named: Vec<Named>,
}

impl Visible {
    /// The working directory, and nothing else.
    pub fn new(working: &Path) -> Visible {
        let mut visible = Visible {
            working: working.to_owned(),
            named: Vec::new(),
        };
        visible.write(Path::new("."));
        visible
    }

    /// This directory may be read, if it exists.
    pub fn read(&mut self, directory: &Path) {
        self.add(directory, true);
    }

    /// This directory may be read and written, if it exists.
    pub fn write(&mut self, directory: &Path) {
        self.add(directory, false);
    }

    /// The directory of this file may be read, if it exists.
    pub fn read_beside(&mut self, file: &Path) {
        self.read(directory_of(file));
    }

    /// The directory of this file may be read and written, if it exists.
    pub fn write_beside(&mut self, file: &Path) {
        self.write(directory_of(file));
    }

    /// What the flags of `init` name: each value that is a directory, as it is or in quotes, and
    /// the directories of boot scripts and configurations.
    pub fn flags(&mut self, arguments: &[impl AsRef<OsStr>]) {
        let mut flag = OsStr::new("");
        for argument in arguments.iter().map(AsRef::as_ref) {
            if argument == "-extra" {
                break;
            }
            if argument.as_bytes().starts_with(b"-") {
                flag = argument;
            } else if READ.iter().any(|read| flag == *read) {
                self.read_beside(Path::new(argument));
            } else if flag == "-boot_var" {
                self.read(Path::new(argument));
            } else if flag != "--" && !flag.is_empty() {
                self.write(Path::new(unquoted(argument)));
            }
        }
    }

    /// The mounts.
    pub fn mounts(&self) -> anyhow::Result<Vec<Mount>> {
        let mount = |named: &Named| {
            let guest = named.guest.as_os_str().as_bytes();
            Mount::open(&named.host, guest, named.read_only)
                .with_context(|| format!("{} can't be seen", named.guest.display()))
        };
        self.named.iter().map(mount).collect()
    }

    fn add(&mut self, directory: &Path, read_only: bool) {
        let mut guest = PathBuf::new();
        let mut descended = false;
        for component in self.working.join(directory).components() {
            match component {
                Component::ParentDir => {
                    // What a path climbs out of must be there, too.
                    if descended {
                        self.mount(&guest, true);
                    }
                    guest.pop();
                    descended = false;
                }
                Component::CurDir => {}
                other => {
                    guest.push(other);
                    descended = true;
                }
            }
        }
        self.mount(&guest, read_only);
    }

    /// This directory at this absolute path without `.` and `..`, if it exists.
    fn mount(&mut self, guest: &Path, read_only: bool) {
        // The root as a whole is no directory that somebody names: everything would be in it.
        let is_root = guest.parent().is_none();
        let Some(host) = guest
            .canonicalize()
            .ok()
            .filter(|host| host.is_dir() && !is_root)
        else {
            return;
        };
        if self
            .named
            .iter()
            .any(|known| covers(known, &host, guest, read_only))
        {
            return;
        }
        let wanted = Named {
            host,
            guest: guest.to_owned(),
            read_only,
        };
        self.named
            .retain(|known| !covers(&wanted, &known.host, &known.guest, known.read_only));
        self.named.push(wanted);
    }
}

/// Whether a directory of the host is seen at its place through this mount already.
fn covers(mount: &Named, host: &Path, guest: &Path, read_only: bool) -> bool {
    let within = guest.strip_prefix(&mount.guest).ok();
    within.is_some_and(|within| (read_only || !mount.read_only) && mount.host.join(within) == *host)
}

/// A value as it is, or what is between its quotes: `-mnesia dir '"/var/lib/mnesia"'`.
fn unquoted(value: &OsStr) -> &OsStr {
    match value.as_bytes() {
        [b'"', inner @ .., b'"'] => OsStr::from_bytes(inner),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(mut visible: Visible) -> Vec<(PathBuf, bool)> {
        visible
            .named
            .sort_by(|one, other| one.guest.cmp(&other.guest));
        let named = visible.named.into_iter();
        named.map(|named| (named.guest, named.read_only)).collect()
    }

    /// A directory with `work/sub`, `library`, `data` in it.
    fn place() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for name in ["work/sub", "library", "data"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        (directory, root)
    }

    #[test]
    fn directories_that_flags_name() {
        let (_directory, root) = place();
        let mut visible = Visible::new(&root.join("work"));
        let data = format!("\"{}\"", root.join("data").display());
        let words = [
            "-pa",
            "sub",
            "../library",
            "-mnesia",
            "dir",
            &data,
            "-s",
            "m",
        ];
        visible.flags(&words);
        let expected = [("data", false), ("library", false), ("work", false)];
        assert_eq!(
            seen(visible),
            expected.map(|(name, only)| (root.join(name), only))
        );
    }

    #[test]
    fn what_is_no_flag_names_nothing() {
        let (_directory, root) = place();
        let library = root.join("library");
        let library = library.to_str().unwrap();
        for words in [
            vec!["--", library],
            vec!["-extra", "-pa", library],
            vec![library],
        ] {
            let mut visible = Visible::new(&root.join("work"));
            visible.flags(&words);
            assert_eq!(seen(visible), [(root.join("work"), false)], "{words:?}");
        }
    }

    #[test]
    fn boot_scripts_and_configurations_are_read() {
        let (_directory, root) = place();
        let mut visible = Visible::new(&root.join("work"));
        visible.flags(&[
            "-boot",
            "../library/start",
            "-config",
            "../data/sys.config",
            "other",
        ]);
        let expected = [("data", true), ("library", true), ("work", false)];
        assert_eq!(
            seen(visible),
            expected.map(|(name, only)| (root.join(name), only))
        );
    }

    #[test]
    fn one_mount_is_enough_and_the_wider_one_wins() {
        let (_directory, root) = place();
        let mut visible = Visible::new(&root.join("work/sub"));
        visible.read(&root.join("work/sub"));
        visible.write(&root.join("work"));
        assert_eq!(seen(visible), [(root.join("work"), false)]);
        let mut visible = Visible::new(&root.join("work/sub"));
        visible.read(&root.join("work"));
        let expected = [("work", true), ("work/sub", false)];
        assert_eq!(
            seen(visible),
            expected.map(|(name, only)| (root.join(name), only))
        );
    }

    #[test]
    fn a_link_out_of_a_mount_is_a_mount_of_its_own() {
        let (_directory, root) = place();
        std::os::unix::fs::symlink("../library", root.join("work/link")).unwrap();
        let mut visible = Visible::new(&root.join("work"));
        visible.read(Path::new("link"));
        let named = visible.named;
        assert_eq!(named.len(), 2, "{named:?}");
        assert_eq!(named[1].guest, root.join("work/link"));
        assert_eq!(named[1].host, root.join("library"));
    }

    #[test]
    fn what_a_path_climbs_out_of_is_there() {
        let (_directory, root) = place();
        let mut visible = Visible::new(&root.join("work"));
        visible.write(&root.join("data/../library"));
        let expected = [("data", true), ("library", false), ("work", false)];
        assert_eq!(
            seen(visible),
            expected.map(|(name, only)| (root.join(name), only))
        );
    }

    #[test]
    fn the_root_is_not_seen() {
        let mut visible = Visible::new(Path::new("/"));
        visible.write(Path::new("/"));
        visible.read(Path::new("/no/such/directory"));
        assert_eq!(seen(visible), []);
    }
}
