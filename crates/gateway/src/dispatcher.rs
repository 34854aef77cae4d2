//! Who may have an instance now, and who waits for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brood_monitor::Phases;
use tokio::sync::Notify;

use crate::config::Config;
use crate::instances::Instances;
use crate::life::{self, Job};

/// The way in for jobs. Clones are the same dispatcher.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    shared: Arc<Shared>,
}

struct Shared {
    config: Arc<Config>,
    instances: Arc<dyn Instances>,
    state: Mutex<State>,
    /// The last place was given back.
    emptied: Notify,
}

#[derive(Default)]
struct State {
    /// Places that are taken: `config.concurrency` at most.
    taken: usize,
    waiting: VecDeque<Job>,
    /// The phases of the instance that went last.
    previous: Option<Phases>,
}

/// No more may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// One of the places for instances; given to the next who waits when it is dropped.
pub(crate) struct Place {
    dispatcher: Dispatcher,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.dispatcher.pass_on();
    }
}

impl Place {
    /// The phases of the instance that went last.
    pub(crate) fn previous(&self) -> Option<Phases> {
        self.dispatcher.lock().previous
    }

    /// An instance has gone.
    pub(crate) fn set_previous(&self, phases: Phases) {
        self.dispatcher.lock().previous = Some(phases);
    }
}

impl Dispatcher {
    pub(crate) fn new(config: Arc<Config>, instances: Arc<dyn Instances>) -> Dispatcher {
        Dispatcher {
            shared: Arc::new(Shared {
                config,
                instances,
                state: Mutex::default(),
                emptied: Notify::new(),
            }),
        }
    }

    /// Launches the job's instance if there is a place, and lets the job wait otherwise. Never waits
    /// itself; the job is dropped if too many wait: then its sender hears so.
    pub(crate) fn offer(&self, job: Job) -> Result<(), Full> {
        let mut state = self.lock();
        if state.taken < self.shared.config.concurrency {
            state.taken += 1;
            drop(state);
            self.begin(job);
            return Ok(());
        }
        if state.waiting.len() >= self.shared.config.queue {
            return Err(Full);
        }
        state.waiting.push_back(job);
        Ok(())
    }

    /// Waits until there is no instance and nobody waits for one.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.shared.emptied.notified();
            if self.lock().taken == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// Launches the job's instance in a place that was taken for it.
    fn begin(&self, job: Job) {
        let Shared {
            config, instances, ..
        } = &*self.shared;
        let place = Place {
            dispatcher: self.clone(),
        };
        // A job for which nobody waits any more gives its place back by dropping it.
        life::launch(&**instances, config, job, place);
    }

    /// Gives a place to the next job.
    fn pass_on(&self) {
        let mut state = self.lock();
        if let Some(job) = state.waiting.pop_front() {
            drop(state);
            return self.begin(job);
        }
        state.taken -= 1;
        if state.taken == 0 {
            drop(state);
            self.shared.emptied.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is under this lock is consistent between any two statements.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
