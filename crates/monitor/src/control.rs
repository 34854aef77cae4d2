//! How other threads reach a running instance: to stop it, and to give it console input and signals.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use brood_abi::Signal;

use crate::relay::{Relay, RelayGuard, Relayed};

/// Why a running instance is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Its parent wants it to.
    Stop,
    /// Its time is up.
    TimeOut,
}

/// The ways to reach an instance while it runs. Called with the control's lock held, so that
/// they never outlive what they point to.
pub(crate) struct Reach {
    /// Makes it come back to the monitor, never to go on.
    pub kick: Box<dyn Fn() + Send>,
    /// Makes the thread that runs it come back from it, if it is in it just now. Whoever wants to be
    /// sure does it again.
    pub preempt: Box<dyn Fn() + Send>,
    /// Sets its attention word.
    pub attention: Box<dyn Fn(u32) + Send>,
}

/// What an instance waits for, beside an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub input: bool,
    pub signal: bool,
}

/// Called once, when there is a demand or what a parked instance wants.
pub(crate) type Waker = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    demand: Option<Demand>,
    reach: Option<Reach>,
    /// Whether it is to give way to others.
    preempted: bool,
    /// What a parked instance waits for, and who is to hear of it.
    parked: Option<(Wanted, Waker)>,
    /// Whether the attention word is set.
    alerted: bool,
    input: VecDeque<u8>,
    input_ended: bool,
    /// How much the instance waits to read while there is nothing to be read.
    reading: Option<usize>,
    signals: VecDeque<Signal>,
    /// Where all of this goes, if another process runs the instance.
    relay: Option<Relay>,
}

impl State {
    /// Whether there is a demand, or something that is wanted.
    fn has(&self, wanted: Wanted) -> bool {
        self.demand.is_some()
            || (wanted.input && (self.input_ended || !self.input.is_empty()))
            || (wanted.signal && !self.signals.is_empty())
    }

    /// Passes on what has come, if that is to be done.
    fn pass_on(&mut self) {
        if let Some(relay) = &mut self.relay {
            let is_stopped = self.demand.is_some();
            relay.pass_on(
                is_stopped,
                &mut self.input,
                self.input_ended,
                &mut self.signals,
            );
        }
    }

    /// Something is there that the instance gets when it looks: makes it look.
    fn alert(&mut self) {
        if let Some(reach) = self.reach.as_ref().filter(|_| !self.alerted) {
            (reach.attention)(1);
            self.alerted = true;
        }
    }
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
        let mut state = self.lock();
        state.input.extend(bytes);
        state.reading = None;
        state.alert();
        self.changed(state);
    }

    /// Blocks until the instance waits for console input and there is none, and gives how many
    /// bytes it would take; `None` when it is to end. For those who take input from somebody else,
    /// who may want to have what this instance doesn't read. (What an instance in another process waits
    /// for isn't known here; it would take whatever there is.)
    pub fn wait_for_reader(&self) -> Option<usize> {
        let mut state = self.lock();
        while state.demand.is_none() {
            if state.relay.is_some() {
                return Some(usize::MAX);
            }
            if let Some(length) = state.reading {
                return Some(length);
            }
            let changed = self.shared.changed.wait(state);
            state = changed.unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Forgets the console input that has not been read.
    pub fn discard_input(&self) {
        let mut state = self.lock();
        state.input.clear();
        if let Some(relay) = &state.relay {
            relay.discard();
        }
    }

    /// Ends the console input.
    pub fn console_eof(&self) {
        let mut state = self.lock();
        state.input_ended = true;
        state.reading = None;
        state.alert();
        self.changed(state);
    }

    /// Tells the instance of a signal. As in an operating system, one that it has not taken yet is
    /// not told of twice.
    pub fn signal(&self, signal: Signal) {
        let mut state = self.lock();
        if !state.signals.contains(&signal) {
            state.signals.push_back(signal);
        }
        state.alert();
        self.changed(state);
    }

    /// Whether the instance was told of this signal and has not taken it yet.
    pub fn is_pending(&self, signal: Signal) -> bool {
        self.lock().signals.contains(&signal)
    }

    /// From now on whatever comes, and what has come before, goes to `to`, until the guard is dropped: for
    /// those who have the instance run by another process.
    pub fn relay(&self, to: Box<dyn Fn(Relayed<'_>) + Send>) -> RelayGuard {
        let mut state = self.lock();
        state.relay = Some(Relay::new(to));
        self.changed(state);
        RelayGuard {
            control: self.clone(),
        }
    }

    pub(crate) fn relay_no_more(&self) {
        let relay = self.lock().relay.take();
        drop(relay);
    }

    /// Ends the instance for this reason, unless there is one already.
    pub(crate) fn demand(&self, demand: Demand) {
        let mut state = self.lock();
        state.demand.get_or_insert(demand);
        if let Some(reach) = &state.reach {
            (reach.kick)();
        }
        self.changed(state);
    }

    /// Makes the instance give way, if it runs just now or is about to.
    pub(crate) fn preempt(&self) {
        let mut state = self.lock();
        state.preempted = true;
        if let Some(reach) = &state.reach {
            (reach.preempt)();
        }
    }

    /// Whether it is to give way; told once.
    pub(crate) fn take_preempted(&self) -> bool {
        std::mem::take(&mut self.lock().preempted)
    }

    /// Whether it is to end or to give way: whoever does something for it leaves off.
    pub(crate) fn is_called(&self) -> bool {
        let state = self.lock();
        state.demand.is_some() || state.preempted
    }

    /// From now on `waker` is called, once, when there is a demand or what is wanted; the one of
    /// before no more. `false`, and nothing will be called, if there is already.
    pub(crate) fn park(&self, wanted: Wanted, waker: Waker) -> bool {
        let mut state = self.lock();
        if state.has(wanted) {
            state.parked = None;
            return false;
        }
        state.parked = Some((wanted, waker));
        true
    }

    /// Something has come: tells those who wait for it.
    fn changed(&self, mut state: MutexGuard<'_, State>) {
        state.pass_on();
        let wanted = state.parked.as_ref().map(|(wanted, _)| *wanted);
        let parked = match wanted {
            Some(wanted) if state.has(wanted) => state.parked.take(),
            _ => None,
        };
        drop(state);
        if let Some((_, waker)) = parked {
            waker();
        }
        self.shared.changed.notify_all();
    }

    /// Why the instance is to end, if it is.
    pub(crate) fn demanded(&self) -> Option<Demand> {
        self.lock().demand
    }

    /// From now until the guard is dropped, this is how the instance is reached.
    pub(crate) fn reach_with(&self, reach: Reach) -> ReachGuard {
        let mut state = self.lock();
        state.reach = Some(reach);
        state.alerted = false;
        if !state.input.is_empty() || !state.signals.is_empty() {
            state.alert();
        }
        ReachGuard {
            control: self.clone(),
        }
    }

    /// The instance is in a doorbell, where it is given what it asked for.
    pub(crate) fn is_attended(&self) {
        let mut state = self.lock();
        if let Some(reach) = state.reach.as_ref().filter(|_| state.alerted) {
            (reach.attention)(0);
            state.alerted = false;
        }
    }

    /// Blocks until there is a demand, or something that is wanted, or the deadline is there.
    pub(crate) fn wait(&self, deadline: Option<Instant>, wanted: Wanted) {
        let mut state = self.lock();
        while !state.has(wanted) {
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
        if !state.input.is_empty() {
            let length = limit.min(state.input.len());
            return Some(state.input.drain(..length).collect());
        }
        if state.input_ended {
            return Some(Vec::new());
        }
        let is_news = state.reading.replace(limit).is_none();
        drop(state);
        if is_news {
            self.shared.changed.notify_all();
        }
        None
    }

    /// The next signal.
    pub(crate) fn take_signal(&self) -> Option<Signal> {
        self.lock().signals.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements, so a panic elsewhere spoils nothing.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets how the instance was reached when dropped.
pub(crate) struct ReachGuard {
    control: Control,
}

impl Drop for ReachGuard {
    fn drop(&mut self) {
        self.control.lock().reach = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    const INPUT: Wanted = Wanted {
        input: true,
        signal: false,
    };

    #[test]
    fn the_first_demand_stays_and_kicks() {
        let control = Control::new();
        let kicks = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&kicks);
        let guard = control.reach_with(Reach {
            kick: Box::new(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            }),
            preempt: Box::new(|| {}),
            attention: Box::new(|_| {}),
        });
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
        control.wait(None, INPUT);
        assert_eq!(control.take_input(2).as_deref(), Some(&b"he"[..]));
        assert_eq!(control.take_input(10).as_deref(), Some(&b"llo"[..]));
        assert_eq!(control.take_input(10).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn a_giver_of_input_waits_for_the_reader() {
        let control = Control::new();
        let giver = control.clone();
        let thread = std::thread::spawn(move || {
            let wanted = giver.wait_for_reader();
            giver.console_input(b"hello");
            (wanted, giver.wait_for_reader())
        });
        assert_eq!(control.take_input(10), None);
        control.wait(None, INPUT);
        assert_eq!(control.take_input(10).as_deref(), Some(&b"hello"[..]));
        control.stop();
        assert_eq!(thread.join().unwrap(), (Some(10), None));
    }

    #[test]
    fn signals_come_once_and_draw_attention() {
        let control = Control::new();
        let word = Arc::new(AtomicUsize::new(0));
        let attention = Arc::clone(&word);
        let _guard = control.reach_with(Reach {
            kick: Box::new(|| {}),
            preempt: Box::new(|| {}),
            attention: Box::new(move |value| attention.store(value as usize, Ordering::Relaxed)),
        });
        control.signal(Signal::Hangup);
        control.signal(Signal::Interrupt);
        control.signal(Signal::Hangup);
        assert_eq!(word.load(Ordering::Relaxed), 1);
        assert!(control.is_pending(Signal::Interrupt));
        control.is_attended();
        assert_eq!(word.load(Ordering::Relaxed), 0);
        let signal = Wanted {
            signal: true,
            ..Wanted::default()
        };
        control.wait(None, signal);
        let taken: Vec<Signal> = std::iter::from_fn(|| control.take_signal()).collect();
        assert_eq!(taken, [Signal::Hangup, Signal::Interrupt]);
    }

    #[test]
    fn what_comes_is_passed_on_once_and_what_came_before_too() {
        let control = Control::new();
        control.console_input(b"before");
        let passed = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&passed);
        let guard = control.relay(Box::new(move |order| {
            list.lock().unwrap().push(format!("{order:?}"));
        }));
        assert_eq!(control.wait_for_reader(), Some(usize::MAX));
        control.signal(Signal::Hangup);
        control.console_eof();
        control.discard_input();
        control.stop();
        control.stop();
        drop(guard);
        control.console_input(b"behind");
        let wanted = [
            "Input([98, 101, 102, 111, 114, 101])",
            "Signal(Hangup)",
            "EndOfInput",
            "DiscardInput",
            "Stop",
        ];
        assert_eq!(*passed.lock().unwrap(), wanted);
        assert_eq!(control.take_input(9).as_deref(), Some(&b"behind"[..]));
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_on_demand() {
        let control = Control::new();
        control.wait(Some(Instant::now() + Duration::from_millis(5)), INPUT);
        let other = control.clone();
        let thread = std::thread::spawn(move || other.stop());
        control.wait(None, Wanted::default());
        thread.join().unwrap();
        assert_eq!(control.demanded(), Some(Demand::Stop));
    }
}
