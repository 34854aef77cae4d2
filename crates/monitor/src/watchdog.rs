//! Ends instances whose time is up, and interrupts those that are to be looked at: one thread for all
//! instances of a monitor.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::control::{Control, Demand};
use crate::error::Error;

/// What happens to an instance at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// It ends.
    End(Demand),
    /// It comes back to the monitor, if it runs.
    Preempt,
}

#[derive(Default)]
struct State {
    /// By deadline; the number tells equal deadlines apart.
    watched: BTreeMap<(Instant, u64), (Control, Alarm)>,
    next_number: u64,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    earlier: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The watching thread; ends when this is dropped.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// An instance being watched, until dropped.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    key: (Instant, u64),
}

impl Watchdog {
    pub(crate) fn start() -> Result<Watchdog, Error> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("brood-watchdog".to_owned())
            .spawn(move || watch(&watched))
            .map_err(Error::host("start the watchdog thread"))?;
        Ok(Watchdog {
            shared,
            thread: Some(thread),
        })
    }

    /// Does `alarm` to the instance behind `control` at `deadline`.
    pub(crate) fn watch(&self, deadline: Instant, control: &Control, alarm: Alarm) -> Watch {
        let mut state = self.shared.lock();
        let key = (deadline, state.next_number);
        state.next_number += 1;
        let is_earliest = state
            .watched
            .first_key_value()
            .is_none_or(|(first, _)| key < *first);
        state.watched.insert(key, (control.clone(), alarm));
        drop(state);
        if is_earliest {
            self.shared.earlier.notify_one();
        }
        Watch {
            shared: Arc::clone(&self.shared),
            key,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().watched.remove(&self.key);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.earlier.notify_one();
        if let Some(thread) = self.thread.take() {
            // It panics only if a kick does, and has then said so.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared) {
    let mut state = shared.lock();
    while !state.closed {
        let now = Instant::now();
        let first = state
            .watched
            .first_key_value()
            .map(|(&(deadline, _), _)| deadline);
        state = match first {
            Some(deadline) if deadline <= now => {
                let expired = state.watched.pop_first();
                drop(state);
                match expired {
                    Some((_, (control, Alarm::End(demand)))) => control.demand(demand),
                    Some((_, (control, Alarm::Preempt))) => control.preempt(),
                    None => {}
                }
                shared.lock()
            }
            Some(deadline) => {
                let waited = shared.earlier.wait_timeout(state, deadline - now);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => shared
                .earlier
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_watched_instances_are_ended_and_in_time() {
        let watchdog = Watchdog::start().unwrap();
        let (late, soon, released) = (Control::new(), Control::new(), Control::new());
        let start = Instant::now();
        let _late = watchdog.watch(
            start + Duration::from_secs(60),
            &late,
            Alarm::End(Demand::TimeOut),
        );
        let _soon = watchdog.watch(
            start + Duration::from_millis(20),
            &soon,
            Alarm::End(Demand::Stop),
        );
        drop(watchdog.watch(
            start + Duration::from_millis(5),
            &released,
            Alarm::End(Demand::Stop),
        ));
        soon.wait(None, crate::control::Wanted::default());
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(soon.demanded(), Some(Demand::Stop));
        assert_eq!(late.demanded(), None);
        assert_eq!(released.demanded(), None);
    }
}
