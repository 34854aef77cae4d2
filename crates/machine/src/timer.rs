//! Timers: `erlang:send_after` and friends, and `receive … after`.

use alloc::collections::BTreeMap;

use brood_term::{OwnedTerm, Term};
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use crate::dirty::Kind;

/// Names a timer that is running: when it fires, and a number that tells it from others of that time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimerKey {
    /// When it fires, in nanoseconds of the machine's monotonic clock.
    pub deadline_ns: u64,
    number: u64,
}

/// What happens when a timer fires.
#[derive(Debug)]
pub enum Action {
    /// A process' `receive … after` is over.
    Wake(Term),
    /// The work of a process on a dirty scheduler is done.
    LeaveDirty(Kind),
    /// A message is sent.
    Send {
        /// A pid, or a registered name looked up when it fires.
        to: Term,
        /// The message as it is to be delivered.
        message: OwnedTerm,
        /// The number of the timer's reference.
        reference: u64,
    },
}

/// All running timers.
#[derive(Debug, Default)]
pub struct Timers {
    queue: BTreeMap<TimerKey, Action>,
    by_reference: HashMap<u64, TimerKey>,
    /// The references of those that send to a pid, which end with the process.
    by_receiver: HashMap<Term, HashSet<u64>>,
    next_number: u64,
}

impl Timers {
    /// Starts a timer.
    pub fn start(&mut self, deadline_ns: u64, action: Action) -> TimerKey {
        let key = TimerKey {
            deadline_ns,
            number: self.next_number,
        };
        self.next_number += 1;
        if let Action::Send { reference, to, .. } = &action {
            self.by_reference.insert(*reference, key);
            if to.is_local_pid() {
                self.by_receiver.entry(*to).or_default().insert(*reference);
            }
        }
        self.queue.insert(key, action);
        key
    }

    /// Stops all timers that send to a process, which has ended.
    pub fn receiver_ended(&mut self, pid: Term) {
        for reference in self.by_receiver.remove(&pid).unwrap_or_default() {
            self.cancel(reference);
        }
    }

    /// The messages that are to be sent, each with when and where to.
    pub fn messages(&self) -> impl Iterator<Item = (u64, Term, Term)> {
        self.queue.iter().filter_map(|(key, action)| match action {
            Action::Send { to, message, .. } => Some((key.deadline_ns, *to, message.term())),
            Action::Wake(_) | Action::LeaveDirty(_) => None,
        })
    }

    /// How many bytes timers take.
    pub fn memory_bytes(&self) -> usize {
        let messages = self.queue.values().map(|action| match action {
            Action::Wake(_) | Action::LeaveDirty(_) => 0,
            Action::Send { message, .. } => message.words() * size_of::<Term>(),
        });
        self.queue.len() * size_of::<(TimerKey, Action)>() + messages.sum::<usize>()
    }

    /// Stops a timer that has not fired.
    pub fn stop(&mut self, key: TimerKey) {
        self.forget_reference(key);
    }

    /// Stops the timer with this reference number; gives when it would have fired.
    pub fn cancel(&mut self, reference: u64) -> Option<u64> {
        let key = *self.by_reference.get(&reference)?;
        self.forget_reference(key);
        Some(key.deadline_ns)
    }

    /// When the timer with this reference number fires.
    pub fn deadline(&self, reference: u64) -> Option<u64> {
        self.by_reference.get(&reference).map(|key| key.deadline_ns)
    }

    /// When the next timer fires.
    pub fn next_deadline(&self) -> Option<u64> {
        self.queue.first_key_value().map(|(key, _)| key.deadline_ns)
    }

    /// Takes the next timer that is due at `now_ns`.
    pub fn expire(&mut self, now_ns: u64) -> Option<Action> {
        let (key, _) = self.queue.first_key_value()?;
        if key.deadline_ns > now_ns {
            return None;
        }
        let key = *key;
        self.forget_reference(key)
    }

    fn forget_reference(&mut self, key: TimerKey) -> Option<Action> {
        let action = self.queue.remove(&key)?;
        if let Action::Send { reference, to, .. } = &action {
            self.by_reference.remove(reference);
            if let Entry::Occupied(mut references) = self.by_receiver.entry(*to) {
                references.get_mut().remove(reference);
                if references.get().is_empty() {
                    references.remove();
                }
            }
        }
        Some(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wake(number: u64) -> Action {
        Action::Wake(Term::pid(number))
    }

    #[test]
    fn timers_fire_in_order_of_deadline_then_start() {
        let mut timers = Timers::default();
        timers.start(30, wake(3));
        timers.start(10, wake(1));
        timers.start(10, wake(2));
        let stopped = timers.start(10, wake(9));
        timers.stop(stopped);
        assert_eq!(timers.next_deadline(), Some(10));
        let mut fired = alloc::vec::Vec::new();
        while let Some(Action::Wake(pid)) = timers.expire(30) {
            fired.push(pid.identifier_number());
        }
        assert_eq!(fired, [1, 2, 3]);
    }

    #[test]
    fn cancelling_tells_the_deadline_once() {
        let mut timers = Timers::default();
        let message = OwnedTerm::new(Term::NIL);
        timers.start(
            50,
            Action::Send {
                to: Term::pid(1),
                message,
                reference: 7,
            },
        );
        assert_eq!(timers.deadline(7), Some(50));
        assert_eq!(timers.cancel(7), Some(50));
        assert_eq!(timers.cancel(7), None);
        assert!(timers.expire(100).is_none());
    }

    #[test]
    fn a_hundred_thousand_timers_live_at_once() {
        const COUNT: u64 = 100_000;
        let mut timers = Timers::default();
        let deadline = |reference: u64| reference * 7919 % COUNT;
        for reference in 0..COUNT {
            let action = Action::Send {
                to: Term::pid(reference % 10),
                message: OwnedTerm::new(Term::NIL),
                reference,
            };
            timers.start(deadline(reference), action);
        }
        assert!((0..COUNT).all(|number| timers.deadline(number) == Some(deadline(number))));
        for reference in (0..COUNT).step_by(2) {
            assert_eq!(timers.cancel(reference), Some(deadline(reference)));
        }
        let mut fired = alloc::vec::Vec::new();
        while let Some(Action::Send { reference, .. }) = timers.expire(COUNT) {
            fired.push(deadline(reference));
        }
        assert_eq!(fired.len() as u64, COUNT / 2);
        assert!(fired.is_sorted());
        assert!(timers.by_reference.is_empty() && timers.by_receiver.is_empty());
    }

    #[test]
    fn timers_end_with_their_receiver() {
        let mut timers = Timers::default();
        for (reference, to) in [(1, 1), (2, 1), (3, 2)] {
            let action = Action::Send {
                to: Term::pid(to),
                message: OwnedTerm::new(Term::NIL),
                reference,
            };
            timers.start(10, action);
        }
        timers.receiver_ended(Term::pid(1));
        assert_eq!(
            [1, 2, 3].map(|number| timers.deadline(number)),
            [None, None, Some(10)]
        );
        assert!(timers.expire(10).is_some());
        assert!(timers.by_receiver.is_empty());
    }
}
