//! How other threads reach a running instance: to stop it, and to give it console input.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Why a running instance is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Its parent wants it to.
    Stop,
    /// Its time is up.
    TimeOut,
}

/// What makes a running instance come back to the monitor. Called with the control's lock held, so
/// that it never outlives what it points to.
pub(crate) type Kick = Box<dyn Fn() + Send>;

#[derive(Default)]
struct State {
    demand: Option<Demand>,
    kick: Option<Kick>,
    input: VecDeque<u8>,
    input_ended: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// A handle on one instance, usable from any thread before, while and after it runs. Clones are
/// the same handle.
#[derive(Clone, Default)]
pub struct Control {
    shared: Arc<Shared>,
}

impl fmt::Debug for Control {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Control").finish_non_exhaustive()
    }
}

impl Control {
    /// A handle for an instance that is yet to be launched.
    pub fn new() -> Control {
        Control::default()
    }

    /// Ends the instance as soon as possible, with [`Exit::Stopped`](crate::Exit::Stopped).
    pub fn stop(&self) {
        self.demand(Demand::Stop);
    }

    /// Gives the instance console input. What it doesn't read is kept until it ends.
    pub fn console_input(&self, bytes: &[u8]) {
        self.lock().input.extend(bytes);
        self.shared.changed.notify_all();
    }

    /// Blocks until fewer than `limit` bytes of console input wait to be read, or the instance is
    /// to end; for those who have more input than memory.
    pub fn wait_for_input_below(&self, limit: usize) {
        let mut state = self.lock();
        while state.demand.is_none() && state.input.len() >= limit {
            let changed = self.shared.changed.wait(state);
            state = changed.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the console input.
    pub fn console_eof(&self) {
        self.lock().input_ended = true;
        self.shared.changed.notify_all();
    }

    /// Ends the instance for this reason, unless there is one already.
    pub(crate) fn demand(&self, demand: Demand) {
        let mut state = self.lock();
        state.demand.get_or_insert(demand);
        if let Some(kick) = &state.kick {
            kick();
        }
        self.shared.changed.notify_all();
    }

    /// Why the instance is to end, if it is.
    pub(crate) fn demanded(&self) -> Option<Demand> {
        self.lock().demand
    }

    /// From now until the guard is dropped, `kick` is what makes the instance come back.
    pub(crate) fn kick_with(&self, kick: Kick) -> KickGuard {
        self.lock().kick = Some(kick);
        KickGuard {
            control: self.clone(),
        }
    }

    /// Blocks until there is a demand, or input (when `for_input`), or the deadline is there.
    pub(crate) fn wait(&self, deadline: Option<Instant>, for_input: bool) {
        let mut state = self.lock();
        while state.demand.is_none()
            && !(for_input && (state.input_ended || !state.input.is_empty()))
        {
            let changed = &self.shared.changed;
            state = match deadline {
                None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    let waited = changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// At most `limit` bytes of console input; empty at its end; `None` when there is none yet.
    pub(crate) fn take_input(&self, limit: usize) -> Option<Vec<u8>> {
        let mut state = self.lock();
        if state.input.is_empty() {
            return state.input_ended.then(Vec::new);
        }
        let length = limit.min(state.input.len());
        let taken = state.input.drain(..length).collect();
        drop(state);
        self.shared.changed.notify_all();
        Some(taken)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements, so a panic elsewhere spoils nothing.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the kick when dropped.
pub(crate) struct KickGuard {
    control: Control,
}

impl Drop for KickGuard {
    fn drop(&mut self) {
        self.control.lock().kick = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn the_first_demand_stays_and_kicks() {
        let control = Control::new();
        let kicks = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&kicks);
        let guard = control.kick_with(Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        }));
        control.demand(Demand::TimeOut);
        control.stop();
        drop(guard);
        control.stop();
        assert_eq!(control.demanded(), Some(Demand::TimeOut));
        assert_eq!(kicks.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn input_comes_in_order_then_ends() {
        let control = Control::new();
        assert_eq!(control.take_input(10), None);
        control.console_input(b"hello");
        control.console_eof();
        control.wait(None, true);
        assert_eq!(control.take_input(2).as_deref(), Some(&b"he"[..]));
        assert_eq!(control.take_input(10).as_deref(), Some(&b"llo"[..]));
        assert_eq!(control.take_input(10).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn a_giver_of_input_waits_for_the_reader() {
        let control = Control::new();
        control.console_input(b"hello");
        let reader = control.clone();
        let thread = std::thread::spawn(move || reader.take_input(10));
        control.wait_for_input_below(1);
        assert_eq!(thread.join().unwrap().as_deref(), Some(&b"hello"[..]));
        control.console_input(b"unread");
        control.stop();
        control.wait_for_input_below(1);
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_on_demand() {
        let control = Control::new();
        control.wait(Some(Instant::now() + Duration::from_millis(5)), true);
        let other = control.clone();
        let thread = std::thread::spawn(move || other.stop());
        control.wait(None, false);
        thread.join().unwrap();
        assert_eq!(control.demanded(), Some(Demand::Stop));
    }
}
