//! Has instances launched: now, or when there is a place for one.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::config::Config;
use crate::life::{self, Job};
use crate::queue::{Bounds, Offer, Queue};
use crate::usage::UsageLog;

/// The way in for jobs. Clones are the same dispatcher.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    shared: Arc<Shared>,
}

struct Shared {
    config: Arc<Config>,
    usage: Option<UsageLog>,
    queue: Queue<Job>,
    /// The last place was given back.
    emptied: Notify,
}

/// No more may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A place that an instance of an application has; it goes to the next when this is dropped.
pub(crate) struct Place {
    dispatcher: Dispatcher,
    application: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.dispatcher.pass_on(&self.application);
    }
}

impl Dispatcher {
    pub(crate) fn new(config: Arc<Config>, usage: Option<UsageLog>) -> Dispatcher {
        let bounds = Bounds {
            places: config.concurrency,
            share: config.share.min(config.concurrency),
            waiting: config.queue,
        };
        Dispatcher {
            shared: Arc::new(Shared {
                config,
                usage,
                queue: Queue::new(bounds),
                emptied: Notify::new(),
            }),
        }
    }

    /// Launches the job's instance if there is a place, and lets the job wait otherwise. Never waits
    /// itself. A job that can't wait is dropped, after whoever sent it was told.
    pub(crate) fn offer(&self, job: Job) -> Result<(), Full> {
        let application = Arc::clone(&job.application.name);
        match self.shared.queue.offer(&application, job) {
            Offer::Starts(job) => self.begin(job),
            Offer::Waits => {}
            Offer::Displaces(job) => job.displace(),
            Offer::Full(_) => return Err(Full),
        }
        Ok(())
    }

    /// Waits until there is no instance and nobody waits for one.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.shared.emptied.notified();
            if self.shared.queue.taken() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// Launches the job's instance in a place that was taken for it. One for which nobody waits any
    /// more leaves it to the next.
    fn begin(&self, job: Job) {
        let Shared { config, usage, .. } = &*self.shared;
        let mut next = Some(job);
        while let Some(job) = next {
            let application = Arc::clone(&job.application.name);
            if let Some(job) = job.still_wanted(config) {
                let place = Place {
                    dispatcher: self.clone(),
                    application,
                };
                return life::launch(config, usage.clone(), job, place);
            }
            next = self.leave(&application);
        }
    }

    /// Gives a place to the next job.
    fn pass_on(&self, application: &Arc<str>) {
        if let Some(job) = self.leave(application) {
            self.begin(job);
        }
    }

    fn leave(&self, application: &Arc<str>) -> Option<Job> {
        let next = self.shared.queue.leave(application);
        if next.is_none() && self.shared.queue.taken() == 0 {
            self.shared.emptied.notify_waiters();
        }
        next
    }
}
