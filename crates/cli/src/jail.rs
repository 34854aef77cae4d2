//! Instances in a process of their own: `brood serve --jail`, and what that process runs.

use std::sync::{Arc, Once};

use brood_gateway::{Clones, Config, Instances};
use brood_image::Image;
use brood_jail::{Jail, Settings};
use brood_monitor::{BackendKind, Hibernation, Launch, Listener, Monitor, Mount, Scheduler};

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

/// Where instances live.
pub enum Home {
    /// In this process.
    Here(Scheduler),
    /// In processes for each application, which is its own tenant.
    Jail {
        backend: BackendKind,
        instances: usize,
        open_files: usize,
        hibernation: Option<Hibernation>,
        /// What jails are without was said.
        said: Once,
    },
}

impl Home {
    /// A home for instances with these bounds.
    pub fn new(
        jail: bool,
        backend: BackendKind,
        config: &Config,
        hibernation: Option<Hibernation>,
    ) -> anyhow::Result<Home> {
        if !jail {
            let monitor = Monitor::new(backend)?;
            let scheduler = crate::serve::scheduler(monitor, hibernation)?;
            return Ok(Home::Here(scheduler));
        }
        Ok(Home::Jail {
            backend,
            instances: config.share.min(config.concurrency),
            open_files: config.open_files,
            hibernation,
            said: Once::new(),
        })
    }

    /// Clones of an image, which live there. A jail's worker is there when this returns: what keeps it
    /// from working is said at once.
    pub fn instances(
        &self,
        application: &str,
        image: Image,
        mounts: Arc<[Mount]>,
        memory_bytes: u64,
    ) -> anyhow::Result<Arc<dyn Instances>> {
        let (settings, said) = match self {
            Home::Here(scheduler) => {
                return Ok(Arc::new(Clones {
                    scheduler: scheduler.clone(),
                    image,
                    mounts,
                }));
            }
            Home::Jail {
                backend,
                instances,
                open_files,
                hibernation,
                said,
            } => {
                let settings = Settings::new(application, *backend);
                let settings = Settings {
                    mounts: Arc::clone(&mounts),
                    instances: settings.instances.min(*instances),
                    memory_bytes,
                    open_files: *open_files,
                    hibernation: hibernation.clone(),
                    ..settings
                };
                (settings, said)
            }
        };
        let jail = Jail::new(settings)?;
        jail.prepare()?;
        said.call_once(|| {
            for layer in jail.missing() {
                eprintln!("note: the jail is without {layer}");
            }
        });
        Ok(Arc::new(Jailed {
            jail,
            image,
            mounts,
        }))
    }
}
