//! Images as applications to be served: one, or those in a directory.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use brood_gateway::{Application, Applications, Directory, DirectoryBounds, Opened, Opener, Unfit};
use brood_image::Image;
use brood_monitor::Mount;

use crate::jail::Home;
use crate::memory;
use crate::serve::ROOM;

/// What is the same for the instances of all images.
pub struct Images {
    pub home: Home,
    /// Directories of the host that they may use.
    pub mounts: Arc<[Mount]>,
    /// Memory of an instance in MiB, if it is not for each image to say.
    pub memory: Option<u64>,
}

impl Images {
    /// The application whose image is at `path`.
    pub fn one(self, path: &Path) -> anyhow::Result<Applications> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        self.only(&name, Image::open(path)?)
    }

    /// The application of an open image.
    pub fn only(self, name: &str, image: Image) -> anyhow::Result<Applications> {
        let memory = self.memory_of(&image)?;
        let instances = self.home.instances(name, image, self.mounts, memory)?;
        Ok(Applications::One(Application::new(name, memory, instances)))
    }

    /// Those in the directory at `path`.
    pub fn many(self, path: &Path) -> anyhow::Result<Applications> {
        let directory = Directory::new(path, DirectoryBounds::default(), self)
            .with_context(|| format!("cannot read the directory {}", path.display()))?;
        Ok(Applications::Directory(directory))
    }

    /// What an instance of this image gets, if it can serve.
    fn memory_of(&self, image: &Image) -> anyhow::Result<u64> {
        if !image.metadata().entry.contains("handler ") {
            bail!(
                "{} has no handler (its entry: {}): build it with --handler, or run it",
                image.path().display(),
                image.metadata().entry
            );
        }
        memory::of_clone(image, self.memory, ROOM)
    }
}

impl Opener for Images {
    fn open(&self, path: &Path, known: bool) -> Result<Opened, Unfit> {
        let image = if known {
            Image::open_known(path)
        } else {
            Image::open(path)
        };
        let image = image.map_err(|error| Unfit {
            lasting: !matches!(error, brood_image::Error::Io { .. }),
            reason: error.to_string(),
        })?;
        let unfit = |lasting| {
            move |error: anyhow::Error| Unfit {
                reason: format!("{error:#}"),
                lasting,
            }
        };
        let memory_bytes = self.memory_of(&image).map_err(unfit(true))?;
        let file = image.file().try_clone_to_owned().map(File::from);
        let metadata = file
            .and_then(|file| file.metadata())
            .with_context(|| format!("cannot examine {}", path.display()))
            .map_err(unfit(false))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mounts = Arc::clone(&self.mounts);
        let instances = self.home.instances(&name, image, mounts, memory_bytes);
        Ok(Opened {
            instances: instances.map_err(unfit(false))?,
            memory_bytes,
            metadata,
        })
    }
}
