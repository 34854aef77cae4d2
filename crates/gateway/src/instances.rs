//! Where instances come from.

use brood_image::Image;
use brood_monitor::{Error, EventSink, Launch, Monitor, Outcome};

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
}

impl Instances for Clones {
    fn run(&self, launch: &Launch<'_>, sink: &mut dyn EventSink) -> Result<Outcome, Error> {
        self.monitor.run(&self.image, launch, sink)
    }
}
