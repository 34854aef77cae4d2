//! Where instances of `brood serve` hibernate: a directory of this process alone, which goes with it.
//!
//! A process that is killed leaves its directory behind. It holds a lock as long as it lives, so the next one that
//! makes a directory in the same place can tell what nobody needs any more, and removes that.

use std::fs::{DirEntry, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use brood_monitor::Hibernation;
use tempfile::{Builder, TempDir};

/// How the names of such directories begin.
const PREFIX: &str = "brood-hibernating-";

/// A directory that only its owner can read. Dropping it removes it.
pub struct Den {
    directory: TempDir,
    after: Duration,
    /// Open, and locked as long as it is.
    lock: Arc<OwnedFd>,
}

impl Den {
    /// A new one in `parent`, or where temporary files are, for who is parked for so long.
    pub fn new(after: Duration, parent: Option<&Path>) -> anyhow::Result<Den> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let made = remove_orphans(&parent).and_then(|()| Den::within(&parent, after));
        made.with_context(|| {
            let place = parent.display();
            format!("cannot make a directory in {place}, for instances to hibernate in")
        })
    }

    fn within(parent: &Path, after: Duration) -> io::Result<Den> {
        loop {
            let directory = Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent)?;
            let lock = match File::open(directory.path()) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other?,
            };
            lock.lock()?;
            // Another process may have taken it for an orphan before it was locked.
            if directory.path().exists() {
                return Ok(Den {
                    directory,
                    after,
                    lock: Arc::new(lock.into()),
                });
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What those are told of it who put instances there.
    pub fn hibernation(&self) -> Hibernation {
        Hibernation {
            after: self.after,
            directory: Arc::clone(&self.lock),
        }
    }
}

/// Removes what processes have left that are gone.
fn remove_orphans(parent: &Path) -> io::Result<()> {
    for entry in parent.read_dir()? {
        let entry = entry?;
        if !entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes())
        {
            continue;
        }
        let path = entry.path();
        // It isn't ours to remove, or has gone meanwhile; either way it is in nobody's way.
        if let Ok(Some(_lock)) = locked(&entry) {
            match std::fs::remove_dir_all(&path) {
                Ok(()) => {
                    tracing::info!(path = %path.display(), "removed what a server that was killed has left");
                }
                Err(error) => tracing::warn!(path = %path.display(), %error, "can't be removed"),
            }
        }
    }
    Ok(())
}

/// A directory of the same user as this process, if nobody holds its lock; now this process does.
fn locked(entry: &DirEntry) -> io::Result<Option<File>> {
    let directory = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW)
        .open(entry.path())?;
    let is_ours = directory.metadata()?.uid() == rustix::process::geteuid().as_raw();
    Ok((is_ours && directory.try_lock().is_ok()).then_some(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_needs_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let orphan = parent.path().join(format!("{PREFIX}orphan"));
        let other = parent.path().join("other");
        let link = parent.path().join(format!("{PREFIX}link"));
        std::fs::create_dir(&orphan).unwrap();
        std::fs::write(orphan.join("0.pages"), "secret").unwrap();
        std::fs::create_dir(&other).unwrap();
        std::os::unix::fs::symlink(&other, &link).unwrap();
        let den = || Den::new(Duration::from_secs(1), Some(parent.path())).unwrap();
        let first = den();
        let path = first.path().to_owned();
        assert!(!orphan.exists() && other.exists() && link.exists());
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);

        let second = den();
        assert!(path.exists());
        drop(first);
        assert!(!path.exists() && second.path().exists());
    }
}
