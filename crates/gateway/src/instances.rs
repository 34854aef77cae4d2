//! Where instances come from.

use brood_image::Image;
use brood_monitor::{Error, EventSink, Launch, Monitor, Mount, Outcome};

/// Something that runs instances of one application.
pub trait Instances: Send + Sync + 'static {
    /// Runs one instance on this thread until it has ended and everything is given back.
    ///
    /// # Errors
    /// What the host couldn't do; never what the instance did.
    fn run(&self, launch: &Launch<'_>, sink: &mut dyn EventSink) -> Result<Outcome, Error>;
}

/// Clones of an image.
#[derive(Clone, Debug)]
pub struct Clones {
    /// Who runs them.
    pub monitor: Monitor,
    /// What they are clones of.
    pub image: Image,
    /// Directories of the host that all of them may use.
    pub mounts: Vec<Mount>,
}

impl Instances for Clones {
    fn run(&self, launch: &Launch<'_>, sink: &mut dyn EventSink) -> Result<Outcome, Error> {
        let launch = Launch {
            mounts: &self.mounts,
            ..launch.clone()
        };
        self.monitor.run(&self.image, &launch, sink)
    }
}
