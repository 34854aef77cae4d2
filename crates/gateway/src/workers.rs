//! The queue, and the threads that run instances.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use brood_monitor::Phases;
use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::config::Config;
use crate::instances::Instances;
use crate::life::{self, Job};

/// The way in for jobs. When the last clone of it is gone, the workers end what they have and go.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: Sender<Job>,
}

impl Queue {
    /// Never waits. The job is dropped if the queue is full or closed: then its sender hears so.
    pub(crate) fn offer(&self, job: Job) -> Result<(), Full> {
        self.sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Full,
        })
    }
}

/// No more may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Running worker threads.
pub(crate) struct Workers {
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts as many as `config.concurrency` says.
    pub(crate) fn start(
        config: &Arc<Config>,
        instances: &Arc<dyn Instances>,
    ) -> io::Result<(Queue, Workers)> {
        let (sender, jobs) = crossbeam_channel::bounded(config.queue);
        let previous = Arc::new(Mutex::new(None));
        let threads = (0..config.concurrency)
            .map(|number| {
                let (config, instances) = (Arc::clone(config), Arc::clone(instances));
                let (jobs, previous) = (jobs.clone(), Arc::clone(&previous));
                std::thread::Builder::new()
                    .name(format!("brood-worker-{number}"))
                    .spawn(move || work(&config, &*instances, &jobs, &previous))
            })
            .collect::<io::Result<_>>()?;
        Ok((Queue { sender }, Workers { threads }))
    }

    /// Waits until all have ended. Blocks.
    pub(crate) fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker thread panicked");
            }
        }
    }
}

fn work(
    config: &Config,
    instances: &dyn Instances,
    jobs: &Receiver<Job>,
    previous: &Mutex<Option<Phases>>,
) {
    // The phases are plain values: a panic elsewhere can't leave them half written.
    let latest = || previous.lock().unwrap_or_else(PoisonError::into_inner);
    for job in jobs {
        let before = *latest();
        // A panic costs its request (whose reply channel it drops), not the worker.
        let lived = AssertUnwindSafe(|| life::live(instances, config, job, before));
        match std::panic::catch_unwind(lived) {
            Ok(None) => {}
            Ok(phases) => *latest() = phases,
            Err(_) => tracing::error!("running an instance panicked"),
        }
    }
}
