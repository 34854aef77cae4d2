//! Where instances come from.

use std::sync::Arc;

use brood_image::Image;
use brood_monitor::{Launch, Listener, Mount, Scheduler};

/// Something that runs instances of one application.
pub trait Instances: Send + Sync + 'static {
    /// Runs one instance, and tells the listener. Never waits.
    fn launch(&self, launch: Launch<'static>, listener: Box<dyn Listener>);
}

/// Clones of an image.
#[derive(Clone, Debug)]
pub struct Clones {
    /// Who runs them.
    pub scheduler: Scheduler,
    /// What they are clones of.
    pub image: Image,
    /// Directories of the host that all of them may use.
    pub mounts: Arc<[Mount]>,
}

impl Instances for Clones {
    fn launch(&self, launch: Launch<'static>, listener: Box<dyn Listener>) {
        let mounts = Arc::clone(&self.mounts);
        let launch = Launch { mounts, ..launch };
        self.scheduler.launch(&self.image, launch, listener);
    }
}
