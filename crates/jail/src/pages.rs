//! Where the instances of one worker hibernate: a directory of that worker alone, which goes with it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, Mode, OFlags, mkdirat, openat, unlinkat};
use rustix::io::Errno;

/// The directory of a worker. Dropping it removes it with what is in it.
pub(crate) struct Pages {
    parent: Arc<OwnedFd>,
    name: String,
    directory: OwnedFd,
}

impl Pages {
    /// A new one in `parent`, for the worker with this process id. What an earlier process of that number has left
    /// is removed.
    pub(crate) fn new(parent: &Arc<OwnedFd>, process: i32) -> io::Result<Pages> {
        let name = format!("worker-{process}");
        let open = || {
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            openat(parent, &name, flags, Mode::empty())
        };
        match mkdirat(parent, &name, Mode::RWXU) {
            Err(Errno::EXIST) => remove_files(open()?.as_fd())?,
            made => made?,
        }
        let directory = open()?;
        Ok(Pages {
            parent: Arc::clone(parent),
            name,
            directory,
        })
    }
}

impl AsFd for Pages {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let removed = remove_files(self.as_fd())
            .and_then(|()| Ok(unlinkat(&self.parent, &self.name, AtFlags::REMOVEDIR)?));
        match removed {
            // All of it has gone with the directory that it was in.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(name = self.name, %error, "what a worker kept on disk stays behind");
            }
            Ok(()) => {}
        }
    }
}

/// Removes the files in a directory. A worker can make nothing else there.
fn remove_files(directory: BorrowedFd<'_>) -> io::Result<()> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            unlinkat(directory, entry.file_name(), AtFlags::empty())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_goes_with_what_is_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let opened: Arc<OwnedFd> = Arc::new(std::fs::File::open(parent.path()).unwrap().into());
        let path = parent.path().join("worker-7");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("stale"), "secret").unwrap();
        let pages = Pages::new(&opened, 7).unwrap();
        assert!(!path.join("stale").exists());
        std::fs::write(path.join("1.pages"), "secret").unwrap();
        drop(pages);
        assert!(!path.exists());
        // Somebody may be quicker.
        let pages = Pages::new(&opened, 7).unwrap();
        std::fs::remove_dir(&path).unwrap();
        drop(pages);
    }
}
