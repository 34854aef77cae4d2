//! All processes, and the order in which they run.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use brood_term::Term;

use crate::process::{Priority, Process, State};
use crate::run_queue::RunQueue;
use crate::tracing::system::Activity;

/// How many processes there may be: OTP's default, and what it can be. Powers of two.
const DEFAULT_LIMIT: usize = 1 << 18;
const LIMITS: RangeInclusive<usize> = 1 << 10..=1 << 27;
/// The bits of a pid's number: 28 are what a pid shows, and what the external format has room for.
const NUMBER_MASK: u64 = 0x0fff_ffff;

#[derive(Debug)]
enum Slot {
    Free,
    /// Taken out to run.
    Running,
    Present(Box<Process>),
}

/// Processes by pid, and the run queue.
///
/// A pid's number counts up; the low bits are its slot. So pids look as they do in OTP (`<0.80.0>`,
/// `<0.81.0>`), and are not used again soon. A process that runs is taken out of its slot, so that the machine and
/// the running process can both be borrowed.
#[derive(Debug)]
pub struct ProcessTable {
    slots: Vec<Slot>,
    /// How many slots there may be: a power of two.
    limit: usize,
    next_number: u64,
    count: usize,
    queue: RunQueue,
    /// Which processes became runnable, or no longer are, if somebody wants to know.
    activity: Option<Vec<Activity>>,
}

impl ProcessTable {
    /// No processes.
    pub fn new() -> ProcessTable {
        ProcessTable {
            slots: Vec::new(),
            limit: DEFAULT_LIMIT,
            next_number: 0,
            count: 0,
            queue: RunQueue::default(),
            activity: None,
        }
    }

    /// A pid for a new process, which the caller inserts; `None` at the limit.
    pub fn reserve(&mut self) -> Option<Term> {
        if self.count >= self.limit {
            return None;
        }
        loop {
            let number = self.next_number;
            self.next_number = (self.next_number + 1) & NUMBER_MASK;
            let slot = self.slot_of(number);
            if slot >= self.slots.len() {
                self.slots.resize_with(slot + 1, || Slot::Free);
            }
            if matches!(self.slots[slot], Slot::Free) {
                return Some(Term::pid(number));
            }
        }
    }

    fn slot_of(&self, number: u64) -> usize {
        (number as usize) & (self.limit - 1)
    }

    /// How many processes there may be.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// From now on there may be so many processes or a few more. Only for a table that has none.
    pub fn set_limit(&mut self, limit: usize) {
        debug_assert_eq!(self.count, 0);
        self.limit = limit
            .clamp(*LIMITS.start(), *LIMITS.end())
            .next_power_of_two();
    }

    /// Puts a new process in, and in its run queue.
    pub fn insert(&mut self, mut process: Box<Process>) {
        let pid = process.pid;
        self.note_activity(&process, true);
        enqueue(&mut self.queue, &mut process);
        let slot = self.slot_of(pid.identifier_number());
        self.slots[slot] = Slot::Present(process);
        self.count += 1;
    }

    /// The process with this pid, unless it runs now or is no more.
    pub fn get(&self, pid: Term) -> Option<&Process> {
        match self.slots.get(self.slot_of(pid.identifier_number()))? {
            Slot::Present(process) if process.pid == pid => Some(process),
            _ => None,
        }
    }

    /// The process with this pid, unless it runs now or is no more.
    pub fn get_mut(&mut self, pid: Term) -> Option<&mut Process> {
        let slot = self.slot_of(pid.identifier_number());
        match self.slots.get_mut(slot)? {
            Slot::Present(process) if process.pid == pid => Some(process),
            _ => None,
        }
    }

    /// Takes the next process out to run.
    pub fn take_next(&mut self) -> Option<Box<Process>> {
        loop {
            let pid = self.queue.pop()?;
            let slot = self.slot_of(pid.identifier_number());
            let slot = &mut self.slots[slot];
            // Queues may name processes that ended or were suspended since.
            let Slot::Present(process) = slot else {
                continue;
            };
            if process.pid != pid {
                continue;
            }
            process.queued = false;
            if process.state != State::Runnable || process.suspend_count > 0 {
                continue;
            }
            let Slot::Present(mut process) = core::mem::replace(slot, Slot::Running) else {
                continue;
            };
            process.state = State::Running;
            process.hibernating = false;
            return Some(process);
        }
    }

    /// How many processes are in the run queue.
    pub fn runnable_count(&self) -> usize {
        self.queue.len()
    }

    /// The highest priority of those in the run queue.
    pub fn highest_priority(&self) -> Option<Priority> {
        self.queue.highest()
    }

    /// How many processes are in the run queue of each priority.
    pub fn queue_lengths(&self) -> [usize; 4] {
        self.queue.lengths()
    }

    /// Takes out a process that is not to run, for something that wants it like one that runs.
    pub fn take(&mut self, pid: Term) -> Option<Box<Process>> {
        let slot = self.slot_of(pid.identifier_number());
        let slot = self.slots.get_mut(slot)?;
        match core::mem::replace(slot, Slot::Running) {
            Slot::Present(process) if process.pid == pid => Some(process),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Puts a process back that was taken out and did not run.
    pub fn give_back(&mut self, process: Box<Process>) {
        let slot = self.slot_of(process.pid.identifier_number());
        self.slots[slot] = Slot::Present(process);
    }

    /// Puts a process that ran back: runnable ones at the end of their queue.
    pub fn put_back(&mut self, mut process: Box<Process>, state: State) {
        process.state = state;
        if state == State::Waiting {
            self.note_activity(&process, false);
        }
        let pid = process.pid;
        if state == State::Runnable {
            enqueue(&mut self.queue, &mut process);
        }
        let slot = self.slot_of(pid.identifier_number());
        self.slots[slot] = Slot::Present(process);
    }

    /// Makes a waiting process runnable.
    pub fn wake(&mut self, pid: Term) {
        let slot = self.slot_of(pid.identifier_number());
        let ProcessTable {
            slots,
            queue,
            activity,
            ..
        } = self;
        if let Some(Slot::Present(process)) = slots.get_mut(slot)
            && process.pid == pid
            && process.state == State::Waiting
        {
            process.state = State::Runnable;
            if let Some(activity) = activity {
                activity.push(Activity::of(process, true));
            }
            enqueue(queue, process);
        }
    }

    /// Puts a process that was suspended back into its run queue.
    pub fn requeue(&mut self, pid: Term) {
        let slot = self.slot_of(pid.identifier_number());
        let ProcessTable { slots, queue, .. } = self;
        if let Some(Slot::Present(process)) = slots.get_mut(slot)
            && process.pid == pid
            && process.state == State::Runnable
        {
            enqueue(queue, process);
        }
    }

    /// Takes a process out for good.
    pub fn remove(&mut self, pid: Term) -> Option<Box<Process>> {
        let slot = self.slot_of(pid.identifier_number());
        let slot = self.slots.get_mut(slot)?;
        match slot {
            Slot::Present(process) if process.pid == pid => {}
            _ => return None,
        }
        self.count -= 1;
        match core::mem::replace(slot, Slot::Free) {
            Slot::Present(process) => {
                if process.state == State::Runnable {
                    self.note_end(pid);
                }
                Some(process)
            }
            _ => None,
        }
    }

    /// Frees the slot of a process that was taken out to run and ended.
    pub fn release(&mut self, pid: Term) {
        let slot = self.slot_of(pid.identifier_number());
        let slot = &mut self.slots[slot];
        debug_assert!(matches!(slot, Slot::Running));
        *slot = Slot::Free;
        self.count -= 1;
        self.note_end(pid);
    }

    /// From now on notes which processes become runnable, or no longer are; or no more.
    pub fn record_activity(&mut self, on: bool) {
        self.activity = on.then(Vec::new);
    }

    /// Whether something was noted.
    #[inline(always)]
    pub fn has_activity(&self) -> bool {
        self.activity
            .as_ref()
            .is_some_and(|noted| !noted.is_empty())
    }

    /// What was noted since this was asked.
    pub fn take_activity(&mut self) -> Vec<Activity> {
        self.activity
            .as_mut()
            .map(core::mem::take)
            .unwrap_or_default()
    }

    #[inline(always)]
    fn note_activity(&mut self, process: &Process, active: bool) {
        if let Some(activity) = &mut self.activity {
            activity.push(Activity::of(process, active));
        }
    }

    fn note_end(&mut self, pid: Term) {
        if let Some(activity) = &mut self.activity {
            activity.push(Activity {
                pid,
                active: false,
                address: core::ptr::null(),
            });
        }
    }

    /// How many slots have been in use, and so are looked at to find all processes.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The number of the pid that the next process gets.
    pub fn next_number(&self) -> u64 {
        let mut numbers = self.next_number..=self.next_number + self.limit as u64;
        let numbers = numbers.by_ref().map(|number| number & NUMBER_MASK);
        let free = |number: &u64| {
            !matches!(
                self.slots.get(self.slot_of(*number)),
                Some(Slot::Running | Slot::Present(_))
            )
        };
        numbers.into_iter().find(free).unwrap_or(self.next_number)
    }

    /// Lets the next process get the first free number from `number` on, and gives that.
    pub fn set_next_number(&mut self, number: u64) -> u64 {
        self.next_number = number & NUMBER_MASK;
        self.next_number()
    }

    /// How many processes there are, the running one included.
    pub fn count(&self) -> usize {
        self.count
    }

    /// All processes but the running one, by pid number.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Present(process) => Some(&**process),
            _ => None,
        })
    }

    /// All processes but the running one.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Process> {
        self.slots.iter_mut().filter_map(|slot| match slot {
            Slot::Present(process) => Some(&mut **process),
            _ => None,
        })
    }
}

impl Default for ProcessTable {
    fn default() -> Self {
        ProcessTable::new()
    }
}

/// Puts a process at the end of the queue of its priority, unless it is in a queue.
fn enqueue(queue: &mut RunQueue, process: &mut Process) {
    if !core::mem::replace(&mut process.queued, true) {
        queue.push(process.priority, process.pid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::SpawnOptions;
    use brood_term::{Mfa, known};

    /// How many slices processes of normal and of low priority get of so many.
    fn shares(normal: usize, low: usize, slices: usize) -> [usize; 2] {
        let mut table = ProcessTable::new();
        let mfa = Mfa {
            module: known::ERLANG,
            function: known::APPLY,
            arity: 3,
        };
        for (priority, count) in [(Priority::Normal, normal), (Priority::Low, low)] {
            for _ in 0..count {
                let pid = table.reserve().expect("room");
                let options = SpawnOptions {
                    priority,
                    ..SpawnOptions::default()
                };
                table.insert(Box::new(Process::new(pid, Term::NONE, pid, mfa, &options)));
            }
        }
        let mut shares = [0; 2];
        for _ in 0..slices {
            let process = table.take_next().expect("all are runnable");
            shares[usize::from(process.priority == Priority::Low)] += 1;
            table.put_back(process, State::Runnable);
        }
        shares
    }

    #[test]
    fn a_process_of_low_priority_gets_an_eighth() {
        for (normal, low) in [(1, 1), (100, 2), (2, 100), (50, 50)] {
            let [normal_slices, low_slices] = shares(normal, low, 90_000);
            let [normal_share, low_share] = [normal_slices / normal, low_slices / low];
            assert!(
                normal_share.abs_diff(8 * low_share) <= 16,
                "{normal} and {low}: {normal_share} and {low_share}"
            );
        }
    }

    #[test]
    fn a_process_is_queued_once_however_often_it_is_resumed() {
        let mut table = ProcessTable::new();
        let pid = table.reserve().expect("room");
        let mfa = Mfa {
            module: known::ERLANG,
            function: known::APPLY,
            arity: 3,
        };
        let options = SpawnOptions::default();
        table.insert(Box::new(Process::new(pid, Term::NONE, pid, mfa, &options)));
        for _ in 0..3 {
            table.requeue(pid);
        }
        assert_eq!(table.runnable_count(), 1);
        let process = table.take_next().expect("it is runnable");
        assert!(table.take_next().is_none());
        table.put_back(process, State::Waiting);
        assert!(table.take_next().is_none());
        table.wake(pid);
        table.wake(pid);
        assert_eq!(table.runnable_count(), 1);
        assert!(table.take_next().is_some());
    }
}
