//! Who runs next: runnable processes by priority.

use alloc::collections::VecDeque;

use brood_term::Term;

use crate::process::Priority;

/// How many turns a process of normal priority gets while one of low priority gets one: OTP's ratio.
const NORMAL_TURNS_PER_LOW: usize = 8;

/// Pids in the order in which their processes get their turns.
#[derive(Debug, Default)]
pub struct RunQueue {
    queues: [VecDeque<Term>; 4],
    /// What the low queue has a right to: its length grows it with each turn that it is passed over for a normal one.
    low_due: usize,
}

impl RunQueue {
    /// Puts a process at the end of the queue of its priority.
    pub fn push(&mut self, priority: Priority, pid: Term) {
        self.queues[priority as usize].push_back(pid);
    }

    /// Takes out whose turn it is.
    pub fn pop(&mut self) -> Option<Term> {
        let [max, high, normal, low] = &mut self.queues;
        if let Some(pid) = max.pop_front().or_else(|| high.pop_front()) {
            return Some(pid);
        }
        if low.is_empty() || normal.is_empty() {
            self.low_due = 0;
            return normal.pop_front().or_else(|| low.pop_front());
        }
        // So that each process gets its share, however many there are of either priority.
        let round = NORMAL_TURNS_PER_LOW * normal.len() + low.len();
        self.low_due += low.len();
        if self.low_due < round {
            return normal.pop_front();
        }
        self.low_due -= round;
        low.pop_front()
    }

    /// The highest priority of those that wait.
    pub fn highest(&self) -> Option<Priority> {
        let first = self.queues.iter().position(|queue| !queue.is_empty())?;
        Some(Priority::TABLE[first].0)
    }

    /// Takes a process out before its turn.
    pub fn remove(&mut self, pid: Term) {
        for queue in &mut self.queues {
            queue.retain(|waiting| *waiting != pid);
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.lengths().into_iter().sum()
    }

    /// How many wait of each priority.
    pub fn lengths(&self) -> [usize; 4] {
        self.queues.each_ref().map(VecDeque::len)
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
