//! Runs many instances on a few threads.
//!
//! An instance is a value that goes from hand to hand: the queue of those that can go on, the worker
//! that runs one for a slice, and the place where those lie that wait. A parked instance holds no
//! thread and no timer of its own; what wakes it is its [`Control`](crate::Control), or its entry in
//! one ordered table of deadlines. Waking one takes one look into that table, however many there are.
//!
//! Whoever is parked for long may *hibernate*: a worker writes what is its own to disk and gives its
//! shell back; when it is woken, it gets another one.
//!
//! Who has ended is given back by one more thread, the *reaper*: the kernel takes its time to close a virtual
//! machine, most of which is waiting, and the next instance needn't wait as well.
//!
//! Another one, the *timekeeper*, wakes those whose deadline is there. While instances wait for
//! a worker it also interrupts whoever has had more than a slice; when nobody waits for a worker it
//! does nothing, and a running instance runs on.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use brood_image::Image;

use crate::control::Control;
use crate::error::Error;
use crate::instance::{End, Instance, Pause};
use crate::launch::{EventSink, Launch, Outcome};
use crate::monitor::Monitor;

/// How long an instance may keep a worker that another one waits for.
const SLICE: Duration = Duration::from_millis(2);

/// How many that have ended wait for the reaper, for each worker.
const ENDED_MAX: usize = 4;

/// What is as far away as this doesn't come.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Who listens to an instance that a scheduler runs. Called on the scheduler's threads, by one at a
/// time.
pub trait Listener: EventSink + Send {
    /// It is gone, and everything that it held is given back; or the host could not run it. Called
    /// last, unless the scheduler itself went before.
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>);
}

/// A few worker threads that run all instances given to them. Clones are the same scheduler; when the
/// last one is dropped, what still lives is given back without a word.
#[derive(Clone)]
pub struct Scheduler {
    threads: Arc<Threads>,
}

struct Threads {
    shared: Arc<Shared>,
    handles: Vec<JoinHandle<()>>,
}

struct Shared {
    monitor: Monitor,
    state: Mutex<State>,
    /// There is something to do, for a worker.
    work: Condvar,
    /// There is something to do, for the timekeeper.
    time: Condvar,
    /// There is something to do, for the reaper.
    end: Condvar,
    /// What each worker runs, and since when.
    slots: Box<[Slot]>,
    hibernation: Option<Hibernation>,
    /// The deadline of those that have none.
    never: Instant,
}

type Slot = Mutex<Option<(Control, Instant)>>;

/// A deadline, and a number that tells equal ones apart.
type Key = (Instant, u64);

#[derive(Default)]
struct State {
    ready: VecDeque<Task>,
    /// Those that have ended, to be given back.
    ended: VecDeque<(Box<Life>, End)>,
    /// All that are parked, by their deadline.
    sleeping: BTreeMap<Key, Arc<Parked>>,
    /// Those that may hibernate some day, by the moment from which on.
    drowsy: BTreeMap<Key, Arc<Parked>>,
    next_number: u64,
    /// Workers that wait for something to do.
    idle: usize,
    /// Whether the timekeeper knows that somebody waits for a worker.
    is_watching: bool,
    is_closed: bool,
}

enum Task {
    Launch(Box<(Image, Launch<'static>, Box<dyn Listener>)>),
    Run(Box<Life>),
    Hibernate(Arc<Parked>),
}

/// An instance and who listens to it.
struct Life {
    instance: Instance,
    listener: Box<dyn Listener>,
    /// Whether the next instance may have its shell.
    reuse: bool,
}

/// Where an instance lies while it waits: whoever takes it out puts it into the queue.
struct Parked {
    place: Mutex<Place>,
    /// Its key among those that sleep.
    key: Key,
    /// Its key among those that are drowsy.
    drowsy: Option<Key>,
}

enum Place {
    Lies(Box<Life>),
    /// It is being put to disk. Whether it was woken meanwhile.
    Away {
        is_woken: bool,
    },
    Gone,
}

/// What becomes of instances that are parked for long.
#[derive(Clone, Debug)]
pub struct Hibernation {
    /// How long an instance is parked before it hibernates.
    pub after: Duration,
    /// Where files for them are made: an open directory of this scheduler's own.
    pub directory: Arc<OwnedFd>,
}

impl Hibernation {
    /// In the directory of this path.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn at(directory: &Path, after: Duration) -> Result<Hibernation, Error> {
        let opened =
            File::open(directory).map_err(Error::host("open a directory to hibernate in"))?;
        Ok(Hibernation {
            after,
            directory: Arc::new(opened.into()),
        })
    }
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Scheduler")
            .field("monitor", &self.threads.shared.monitor)
            .field("workers", &self.threads.shared.slots.len())
            .finish_non_exhaustive()
    }
}

impl Scheduler {
    /// A scheduler with so many workers, at least one. Who is parked stays in memory, unless there is a place to
    /// hibernate in.
    ///
    /// # Errors
    /// When the threads can't be started.
    pub fn start(
        monitor: Monitor,
        workers: usize,
        hibernation: Option<Hibernation>,
    ) -> Result<Scheduler, Error> {
        let shared = Arc::new(Shared {
            monitor,
            state: Mutex::default(),
            work: Condvar::new(),
            time: Condvar::new(),
            end: Condvar::new(),
            slots: (0..workers.max(1)).map(|_| Slot::default()).collect(),
            hibernation,
            never: Instant::now() + NEVER,
        });
        let mut threads = Threads {
            shared: Arc::clone(&shared),
            handles: Vec::new(),
        };
        let mut spawn = |name: String, body: Box<dyn FnOnce() + Send>| {
            let spawned = std::thread::Builder::new().name(name).spawn(body);
            let handle = spawned.map_err(Error::host("start a thread of the scheduler"))?;
            threads.handles.push(handle);
            Ok::<(), Error>(())
        };
        for number in 0..shared.slots.len() {
            let shared = Arc::clone(&shared);
            let body = Box::new(move || shared.work(number));
            spawn(format!("brood-worker-{number}"), body)?;
        }
        let timekeeper = Arc::clone(&shared);
        let body = Box::new(move || timekeeper.keep_time());
        spawn("brood-time".to_owned(), body)?;
        let body = Box::new(move || shared.reap());
        spawn("brood-reaper".to_owned(), body)?;
        Ok(Scheduler {
            threads: Arc::new(threads),
        })
    }

    /// The monitor whose instances these are.
    pub fn monitor(&self) -> &Monitor {
        &self.threads.shared.monitor
    }

    /// Clones `image` and runs the clone, as soon as a worker has time for it. Never blocks.
    pub fn launch(&self, image: &Image, launch: Launch<'static>, listener: Box<dyn Listener>) {
        let task = Task::Launch(Box::new((image.clone(), launch, listener)));
        self.threads.shared.ready(task);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let ready = std::mem::take(&mut state.ready);
        let sleeping = std::mem::take(&mut state.sleeping);
        let drowsy = std::mem::take(&mut state.drowsy);
        drop(state);
        self.shared.work.notify_all();
        self.shared.time.notify_all();
        self.shared.end.notify_all();
        // Outside the lock, since a listener may hold anything. A parked instance is taken out, since its
        // control knows where it lies, and it knows its control.
        drop((ready, drowsy));
        for parked in sleeping.into_values() {
            drop(parked.leave());
        }
        for slot in &self.shared.slots {
            if let Some((control, _)) = &*lock(slot) {
                control.stop();
            }
        }
        let this = std::thread::current().id();
        for handle in self.handles.drain(..) {
            // A listener may hold the last clone; its thread can't wait for itself.
            if handle.thread().id() != this && handle.join().is_err() {
                tracing::error!("a thread of the scheduler panicked");
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Puts something into the queue.
    fn ready(&self, task: Task) {
        let mut state = self.lock();
        if state.is_closed {
            drop(state);
            return drop(task);
        }
        state.ready.push_back(task);
        if state.idle > 0 {
            drop(state);
            self.work.notify_one();
        } else {
            self.watch(&mut state);
        }
    }

    /// Somebody waits for a worker: has the timekeeper look after the slices, if it doesn't already.
    fn watch(&self, state: &mut State) {
        if !std::mem::replace(&mut state.is_watching, true) {
            self.time.notify_one();
        }
    }

    /// A worker's life.
    fn work(self: &Arc<Shared>, number: usize) {
        while let Some(task) = self.next() {
            surviving(|| self.perform(task, &self.slots[number]));
            *lock(&self.slots[number]) = None;
        }
    }

    /// What is to be done next; blocks until there is something, or everything ends.
    fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(task) = state.ready.pop_front() {
                // Whoever put in those that are left may have found a worker idle that was on its way already, so
                // the timekeeper doesn't know that somebody waits.
                if !state.ready.is_empty() {
                    self.watch(&mut state);
                }
                return Some(task);
            }
            state.idle += 1;
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Launches an instance or runs it on, until it gives way.
    fn perform(self: &Arc<Shared>, task: Task, slot: &Slot) {
        let mut life = match task {
            Task::Run(life) => life,
            Task::Hibernate(parked) => return self.hibernate(&parked),
            Task::Launch(order) => {
                let (image, launch, listener) = *order;
                match self.monitor.start(&image, &launch) {
                    Ok(instance) => Box::new(Life {
                        instance,
                        listener,
                        reuse: launch.reuse,
                    }),
                    Err(error) => return listener.ended(Err(error)),
                }
            }
        };
        *lock(slot) = Some((life.instance.control().clone(), Instant::now()));
        loop {
            let pause = life.instance.run(&mut *life.listener);
            life = match pause {
                Err(error) => return life.listener.ended(Err(error)),
                Ok(Pause::Ended(end)) => return self.end(life, end),
                Ok(Pause::Preempted) => return self.ready(Task::Run(life)),
                Ok(Pause::Parked(deadline)) => match self.park(life, deadline) {
                    Some(life) => life,
                    None => return,
                },
            }
        }
    }

    /// Lays an instance aside until what it waits for is there; gives it back if it is already.
    fn park(self: &Arc<Shared>, life: Box<Life>, deadline: Option<Instant>) -> Option<Box<Life>> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Some(life);
        }
        let (control, wanted) = (life.instance.control().clone(), life.instance.wanted());
        let parked = self.lay_down(life, deadline)?;
        let waker = {
            let (shared, parked) = (Arc::clone(self), Arc::clone(&parked));
            Box::new(move || shared.wake(&parked))
        };
        if control.park(wanted, waker) {
            return None;
        }
        // The timekeeper may have been quicker.
        self.take(&parked)
    }

    /// `None`, and the instance is gone, when everything ends.
    fn lay_down(&self, life: Box<Life>, deadline: Option<Instant>) -> Option<Arc<Parked>> {
        let mut state = self.lock();
        if state.is_closed {
            drop(state);
            drop(life);
            return None;
        }
        let key = (deadline.unwrap_or(self.never), state.next_number);
        let drowsy = (self.hibernation.as_ref())
            .and_then(|hibernation| Instant::now().checked_add(hibernation.after))
            .map(|moment| (moment, state.next_number));
        state.next_number += 1;
        let parked = Arc::new(Parked {
            place: Mutex::new(Place::Lies(life)),
            key,
            drowsy,
        });
        let before = state.next_moment();
        state.sleeping.insert(key, Arc::clone(&parked));
        if let Some(drowsy) = drowsy {
            state.drowsy.insert(drowsy, Arc::clone(&parked));
        }
        let is_earlier = state.next_moment() < before.or(Some(self.never));
        drop(state);
        if is_earlier {
            self.time.notify_one();
        }
        Some(parked)
    }

    /// Takes an instance from where it lies, unless somebody else has.
    fn take(&self, parked: &Parked) -> Option<Box<Life>> {
        let life = parked.leave()?;
        let mut state = self.lock();
        state.sleeping.remove(&parked.key);
        if let Some(key) = parked.drowsy {
            state.drowsy.remove(&key);
        }
        Some(life)
    }

    /// Puts an instance to disk, unless it has been woken; if that can't be done it stays in memory.
    fn hibernate(&self, parked: &Parked) {
        let Some(hibernation) = &self.hibernation else {
            return;
        };
        let mut place = lock(&parked.place);
        let mut life = match std::mem::replace(&mut *place, Place::Away { is_woken: false }) {
            Place::Lies(life) => life,
            other => return *place = other,
        };
        drop(place);
        if let Err(error) = life.instance.hibernate(&hibernation.directory) {
            tracing::warn!(%error, "an instance can't hibernate");
        }
        let mut place = lock(&parked.place);
        let is_woken = matches!(*place, Place::Away { is_woken: true });
        *place = Place::Lies(life);
        drop(place);
        if is_woken {
            self.wake(parked);
        }
    }

    fn wake(&self, parked: &Parked) {
        if let Some(life) = self.take(parked) {
            self.ready(Task::Run(life));
        }
    }

    /// Gives back what an instance held that has ended, or has the reaper do it. A shell that is wanted again
    /// is cheaper to keep than to hand over; and who has too much to do gets no more.
    fn end(&self, life: Box<Life>, end: End) {
        if !life.reuse {
            let mut state = self.lock();
            if !state.is_closed && state.ended.len() < self.slots.len() * ENDED_MAX {
                state.ended.push_back((life, end));
                drop(state);
                return self.end.notify_one();
            }
        }
        life.end(end);
    }

    /// The reaper's life.
    fn reap(&self) {
        let mut state = self.lock();
        loop {
            if let Some((life, end)) = state.ended.pop_front() {
                drop(state);
                surviving(|| life.end(end));
                state = self.lock();
            } else if state.is_closed {
                return;
            } else {
                state = (self.end.wait(state)).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// The timekeeper's life.
    fn keep_time(&self) {
        let mut state = self.lock();
        while !state.is_closed {
            let now = Instant::now();
            if let Some(parked) = due(&mut state.sleeping, now) {
                drop(state);
                self.wake(&parked);
                state = self.lock();
                continue;
            }
            if let Some(parked) = due(&mut state.drowsy, now) {
                drop(state);
                self.ready(Task::Hibernate(parked));
                state = self.lock();
                continue;
            }
            let mut next = state.next_moment();
            state.is_watching = !state.ready.is_empty();
            if state.is_watching {
                drop(state);
                let end_of_slice = self.end_slices(now);
                next = Some(next.map_or(end_of_slice, |next| next.min(end_of_slice)));
                state = self.lock();
                if state.is_closed {
                    return;
                }
            }
            state = match next {
                None => (self.time.wait(state)).unwrap_or_else(PoisonError::into_inner),
                Some(moment) => {
                    let left = moment.saturating_duration_since(Instant::now());
                    let waited = self.time.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Interrupts those that have had their slice; when the next one will have had it.
    fn end_slices(&self, now: Instant) -> Instant {
        let mut next = now + SLICE;
        for slot in &self.slots {
            if let Some((control, since)) = &*lock(slot) {
                let end = *since + SLICE;
                if end <= now {
                    control.preempt();
                } else {
                    next = next.min(end);
                }
            }
        }
        next
    }
}

impl State {
    /// When the timekeeper has something to do.
    fn next_moment(&self) -> Option<Instant> {
        let tables = [&self.sleeping, &self.drowsy];
        let first = tables.map(|table| table.first_key_value().map(|((moment, _), _)| *moment));
        first.into_iter().flatten().min()
    }
}

/// Takes out the first, if its moment has come.
fn due(table: &mut BTreeMap<Key, Arc<Parked>>, now: Instant) -> Option<Arc<Parked>> {
    let first = table.first_entry()?;
    let (moment, _) = *first.key();
    (moment <= now).then(|| first.remove())
}

impl Parked {
    /// Takes the instance out, unless somebody has. If it is away just now, it comes by itself.
    fn leave(&self) -> Option<Box<Life>> {
        let mut place = lock(&self.place);
        match std::mem::replace(&mut *place, Place::Gone) {
            Place::Lies(life) => Some(life),
            Place::Away { .. } => {
                *place = Place::Away { is_woken: true };
                None
            }
            Place::Gone => None,
        }
    }
}

impl Life {
    /// Gives everything back, and says so.
    fn end(self: Box<Self>, end: End) {
        let Life {
            instance, listener, ..
        } = *self;
        let outcome = instance.finish(end).map(|life| life.outcome);
        listener.ended(outcome);
    }
}

/// Does something with an instance and its listener, whose panic costs that instance and not the thread.
fn surviving(body: impl FnOnce()) {
    if std::panic::catch_unwind(AssertUnwindSafe(body)).is_err() {
        tracing::error!("listening to an instance panicked");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is under these locks is consistent between any two statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
