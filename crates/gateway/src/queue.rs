//! Who gets the next place: requests wait in a line for each application, and applications take turns.
//!
//! * A free place goes to the application with the fewest instances alive; among those, to the one
//!   whose turn is the longest ago. One that is busy gets what the others leave.
//! * No application has more than its share of the places, so that another that comes finds one
//!   without waiting for an instance to end.
//! * When no more may wait, one from the longest line has to go, and it is the latest there. An
//!   application with one request is heard however many another has sent.
//!
//! An application that has no instance and no waiting request is not known here.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Places, and lines of jobs that wait for them.
pub(crate) struct Queue<J> {
    bounds: Bounds,
    state: Mutex<State<J>>,
}

/// The bounds of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Places of all applications together.
    pub places: usize,
    /// Places that one application may have.
    pub share: usize,
    /// Jobs that may wait.
    pub waiting: usize,
}

/// What becomes of a job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offer<J> {
    /// It has a place.
    Starts(J),
    /// It waits.
    Waits,
    /// It waits, and this one no longer does.
    Displaces(J),
    /// No more may wait.
    Full(J),
}

struct State<J> {
    taken: usize,
    waiting: usize,
    /// Grows with every turn.
    turns: u64,
    lines: HashMap<Arc<str>, Line<J>>,
    /// The lines in which somebody waits, the next first.
    order: BTreeSet<Rank>,
}

/// What decides whose turn it is: instances alive, then the time of the last turn.
type Rank = (usize, u64, Arc<str>);

struct Line<J> {
    alive: usize,
    turn: u64,
    waiting: VecDeque<J>,
}

impl<J> Queue<J> {
    /// No place is taken, nobody waits.
    pub(crate) fn new(bounds: Bounds) -> Queue<J> {
        Queue {
            bounds,
            state: Mutex::new(State {
                taken: 0,
                waiting: 0,
                turns: 0,
                lines: HashMap::new(),
                order: BTreeSet::new(),
            }),
        }
    }

    /// Gives a job of this application a place, or lets it wait. Whoever gets a place must
    /// [`leave`](Self::leave) it.
    pub(crate) fn offer(&self, application: &Arc<str>, job: J) -> Offer<J> {
        let mut state = self.lock();
        // Whoever waits while there are places has its share: the job passes nobody who could go.
        let is_free = state.taken < self.bounds.places;
        if is_free && state.alive(application) < self.bounds.share {
            state.take(application);
            return Offer::Starts(job);
        }
        let displaced = if state.waiting >= self.bounds.waiting {
            match state.displace(application) {
                Some(displaced) => Some(displaced),
                None => return Offer::Full(job),
            }
        } else {
            None
        };
        state.wait(application, job);
        displaced.map_or(Offer::Waits, Offer::Displaces)
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.lock().taken
    }

    /// Gives back a place that an instance of this application had. Who has it now, if anybody.
    pub(crate) fn leave(&self, application: &Arc<str>) -> Option<J> {
        let mut state = self.lock();
        state.give_back(application);
        let (alive, _, next) = state.order.first()?.clone();
        if alive >= self.bounds.share {
            return None;
        }
        let job = state.next_of(&next)?;
        state.take(&next);
        Some(job)
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        // Nothing in here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> State<J> {
    fn alive(&self, application: &Arc<str>) -> usize {
        self.lines.get(application).map_or(0, |line| line.alive)
    }

    /// Changes a line and puts it where it now belongs; one that is empty is forgotten.
    fn change<T>(&mut self, application: &Arc<str>, change: impl FnOnce(&mut Line<J>) -> T) -> T {
        let line = self.lines.entry(Arc::clone(application)).or_insert(Line {
            alive: 0,
            turn: self.turns,
            waiting: VecDeque::new(),
        });
        let rank = |line: &Line<J>| (line.alive, line.turn, Arc::clone(application));
        self.order.remove(&rank(line));
        let changed = change(line);
        if !line.waiting.is_empty() {
            self.order.insert(rank(line));
        } else if line.alive == 0 {
            self.lines.remove(application);
        }
        changed
    }

    fn take(&mut self, application: &Arc<str>) {
        self.taken += 1;
        self.turns += 1;
        let turn = self.turns;
        self.change(application, |line| {
            line.alive += 1;
            line.turn = turn;
        });
    }

    fn give_back(&mut self, application: &Arc<str>) {
        self.taken -= 1;
        self.change(application, |line| line.alive -= 1);
    }

    fn wait(&mut self, application: &Arc<str>, job: J) {
        self.waiting += 1;
        self.change(application, |line| line.waiting.push_back(job));
    }

    fn next_of(&mut self, application: &Arc<str>) -> Option<J> {
        let job = self.change(application, |line| line.waiting.pop_front())?;
        self.waiting -= 1;
        Some(job)
    }

    /// The latest of the longest line, if that would still be longer than this application's own
    /// with one more in it.
    fn displace(&mut self, application: &Arc<str>) -> Option<J> {
        let own = self.lines.get(application);
        let own = own.map_or(0, |line| line.waiting.len());
        let lengths = self.lines.iter();
        let (longest, length) = lengths
            .map(|(name, line)| (name, line.waiting.len()))
            .max_by_key(|(_, length)| *length)?;
        if length <= own + 1 {
            return None;
        }
        let longest = Arc::clone(longest);
        let job = self.change(&longest, |line| line.waiting.pop_back())?;
        self.waiting -= 1;
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(places: usize, share: usize, waiting: usize) -> Queue<u32> {
        Queue::new(Bounds {
            places,
            share,
            waiting,
        })
    }

    fn names() -> [Arc<str>; 3] {
        ["a", "b", "c"].map(Arc::from)
    }

    #[test]
    fn in_order_up_to_the_bound() {
        let queue = queue(2, 2, 2);
        let [a, ..] = names();
        assert_eq!(queue.offer(&a, 1), Offer::Starts(1));
        assert_eq!(queue.offer(&a, 2), Offer::Starts(2));
        assert_eq!(queue.offer(&a, 3), Offer::Waits);
        assert_eq!(queue.offer(&a, 4), Offer::Waits);
        assert_eq!(queue.offer(&a, 5), Offer::Full(5));
        assert_eq!(queue.leave(&a), Some(3));
        assert_eq!(queue.leave(&a), Some(4));
        assert_eq!(queue.leave(&a), None);
        assert_eq!(queue.leave(&a), None);
        let state = queue.lock();
        assert!(state.lines.is_empty() && state.order.is_empty());
        assert_eq!((state.taken, state.waiting), (0, 0));
    }

    #[test]
    fn a_busy_application_gets_what_the_others_leave() {
        let queue = queue(4, 4, 100);
        let [a, b, c] = names();
        for job in 0..20 {
            queue.offer(&a, job);
        }
        for job in 100..103 {
            assert_eq!(queue.offer(&b, job), Offer::Waits);
            assert_eq!(queue.offer(&c, job + 100), Offer::Waits);
        }
        // Four of `a` are alive. As they end, the others catch up; then it is by turns.
        let next: Vec<_> = (0..4).map(|_| queue.leave(&a).unwrap()).collect();
        assert_eq!(next, [100, 200, 4, 101]);
        assert_eq!(queue.leave(&b).unwrap(), 201);
        assert_eq!(queue.leave(&c).unwrap(), 5);
    }

    #[test]
    fn nobody_has_more_than_its_share() {
        let queue = queue(4, 3, 10);
        let [a, b, _] = names();
        for job in 0..3 {
            assert_eq!(queue.offer(&a, job), Offer::Starts(job));
        }
        assert_eq!(queue.offer(&a, 3), Offer::Waits);
        assert_eq!(queue.offer(&b, 10), Offer::Starts(10));
        assert_eq!(queue.leave(&b), None);
        assert_eq!(queue.offer(&b, 11), Offer::Starts(11));
        assert_eq!(queue.leave(&a).unwrap(), 3);
    }

    #[test]
    fn the_longest_line_makes_room() {
        let queue = queue(1, 1, 4);
        let [a, b, c] = names();
        assert_eq!(queue.offer(&a, 0), Offer::Starts(0));
        for job in 1..5 {
            assert_eq!(queue.offer(&a, job), Offer::Waits);
        }
        assert_eq!(queue.offer(&a, 5), Offer::Full(5));
        assert_eq!(queue.offer(&b, 10), Offer::Displaces(4));
        assert_eq!(queue.offer(&b, 11), Offer::Displaces(3));
        // Two each wait: `b` can't have more, one that has none can.
        assert_eq!(queue.offer(&b, 12), Offer::Full(12));
        assert!(matches!(queue.offer(&c, 20), Offer::Displaces(2 | 11)));
        assert_eq!(queue.lock().waiting, 4);
    }
}
