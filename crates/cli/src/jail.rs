//! Instances in a process of their own: `brood serve --jail`, and what that process runs.

use std::ffi::OsStr;
use std::sync::Arc;

use brood_gateway::{Clones, Config, Instances};
use brood_image::Image;
use brood_jail::{Jail, Settings};
use brood_monitor::{BackendKind, Launch, Listener, Monitor, Mount};

/// Clones of an image that live in a jail.
struct Jailed {
    jail: Jail,
    image: Image,
    mounts: Arc<[Mount]>,
}

impl Instances for Jailed {
    fn launch(&self, launch: Launch<'static>, listener: Box<dyn Listener>) {
        let mounts = Arc::clone(&self.mounts);
        self.jail
            .launch(&self.image, Launch { mounts, ..launch }, listener);
    }
}

/// Clones of an image, run by this process.
pub fn free(
    backend: BackendKind,
    image: Image,
    mounts: Arc<[Mount]>,
) -> anyhow::Result<Arc<dyn Instances>> {
    Ok(Arc::new(Clones {
        scheduler: crate::serve::scheduler(Monitor::new(backend)?)?,
        image,
        mounts,
    }))
}

/// Clones of an image in a jail of their own, whose worker is there: what keeps it from working is said at
/// once. The application is its own tenant.
pub fn jailed(
    backend: BackendKind,
    image: Image,
    mounts: Arc<[Mount]>,
    config: &Config,
) -> anyhow::Result<Arc<dyn Instances>> {
    let name = image.path().file_stem().unwrap_or(OsStr::new("?"));
    let jail = Jail::new(Settings {
        mounts: Arc::clone(&mounts),
        instances: config.concurrency,
        memory_bytes: config.memory_bytes,
        open_files: config.open_files,
        ..Settings::new(name.to_string_lossy(), backend)
    })?;
    jail.prepare()?;
    for layer in jail.missing() {
        eprintln!("note: the jail is without {layer}");
    }
    Ok(Arc::new(Jailed {
        jail,
        image,
        mounts,
    }))
}
