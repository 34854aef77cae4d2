//! The parent's side: a jail for each tenant, with workers while there is something to do.
//!
//! One worker has a bounded number of instances; when all have as many as they take, there is one more. The kernel
//! tells every virtual machine of a process of each change to that process' memory, so what a page fault or a
//! mapping costs grows with the machines of a process; with a bound it stays what it is among a few. It also keeps
//! the mappings and descriptors of a process within what the kernel allows one.

use std::ffi::OsString;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use brood_image::Image;
use brood_monitor::{BackendKind, Error, Hibernation, Launch, Listener, Mount, Relayed};

use crate::channel::DESCRIPTORS_MAX;
use crate::keeper;
use crate::ledger::Orders;
use crate::post::{Full, Post, Taken};
use crate::protocol::Request;

/// Most directories; a worker gets a device and one to hibernate in besides.
const MOUNTS_MAX: usize = DESCRIPTORS_MAX - 2;
/// Longest pause between the starts of workers that die one after the other.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// The pause after the second death.
const PAUSE: Duration = Duration::from_millis(100);

/// What a jail is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose instances run in it.
    pub tenant: String,
    /// What isolates instances from one another.
    pub backend: BackendKind,
    /// The directories that its instances may use: those of all launches.
    pub mounts: Arc<[Mount]>,
    /// How many instances a worker has at a time, at least one: for more there are more workers. Together with
    /// the next two, this bounds what a worker can have of the host, not what can be launched.
    pub instances: usize,
    /// The most memory that any instance has, in bytes.
    pub memory_bytes: u64,
    /// The most files that any instance has open.
    pub open_files: usize,
    /// Whether and where instances that wait for long are put to disk. Each worker has a directory of its own there.
    pub hibernation: Option<Hibernation>,
    /// Threads of a worker that run instances.
    pub threads: usize,
    /// How long a worker without instances is kept.
    pub idle: Duration,
    /// What starts a worker: a program that calls [`worker`](crate::worker), with its arguments.
    pub command: Vec<OsString>,
}

impl Settings {
    /// A jail for this tenant without directories: 64 instances to a worker, of 64 MiB and 64 files, a thread for
    /// each processor, workers that stay for a minute, started as `brood worker` by this very program.
    pub fn new(tenant: impl Into<String>, backend: BackendKind) -> Settings {
        Settings {
            tenant: tenant.into(),
            backend,
            mounts: Arc::default(),
            instances: 64,
            memory_bytes: 64 << 20,
            open_files: 64,
            hibernation: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            idle: Duration::from_secs(60),
            command: vec!["/proc/self/exe".into(), "worker".into()],
        }
    }
}

/// Runs the instances of one tenant in processes of their own. Clones are the same jail; when the last
/// one is dropped, its workers end what they have and go.
#[derive(Clone, Debug)]
pub struct Jail {
    held: Arc<Held>,
}

/// What ends with the last clone of a jail.
#[derive(Debug)]
struct Held {
    shared: Arc<Shared>,
}

/// What a jail and its keepers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    state: Mutex<State>,
    /// A worker is there, or isn't any more.
    changed: Condvar,
}

/// A worker, or one that is being started.
struct Worker {
    post: Arc<Post>,
    /// Its process, when it is set up.
    process: Option<i32>,
}

#[derive(Default)]
struct State {
    /// The oldest first.
    workers: Vec<Worker>,
    /// How many there have been.
    started: u64,
    /// Workers that died one after the other without having brought anything to an end.
    deaths: u32,
    /// When the next one may be started.
    not_before: Option<Instant>,
    /// Of the worker that was set up last.
    missing: Vec<String>,
    /// What became of the worker that died last.
    last: String,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("State")
            .field("processes", &self.processes())
            .field("deaths", &self.deaths)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl Jail {
    /// A jail. Its workers are started when they are needed.
    ///
    /// # Errors
    /// When there are more directories than can be passed to a worker.
    pub fn new(settings: Settings) -> Result<Jail, Error> {
        if settings.mounts.len() > MOUNTS_MAX {
            return Err(Error::Worker(format!(
                "{} directories: a jail can have {} at most",
                settings.mounts.len(),
                MOUNTS_MAX
            )));
        }
        let shared = Arc::new(Shared {
            settings,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        Ok(Jail {
            held: Arc::new(Held { shared }),
        })
    }

    /// Waits until there is a worker: for those who want to know beforehand that the jail works.
    ///
    /// # Errors
    /// Why there is none.
    pub fn prepare(&self) -> Result<(), Error> {
        let shared = &self.held.shared;
        let (posts, started) = shared.posts();
        if posts.is_empty() {
            shared.start_another(started)?;
        }
        let mut state = shared.lock();
        while state.processes().is_empty() {
            if state.workers.is_empty() {
                return Err(Error::Worker(state.last.clone()));
            }
            let changed = shared.changed.wait(state);
            state = changed.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Whose instances run in it.
    pub fn tenant(&self) -> &str {
        &self.held.shared.settings.tenant
    }

    /// The process ids of its workers, of those that are set up; the oldest first.
    pub fn processes(&self) -> Vec<i32> {
        self.held.shared.lock().processes()
    }

    /// What the worker that was set up last could not be confined by, and why.
    pub fn missing(&self) -> Vec<String> {
        self.held.shared.lock().missing.clone()
    }

    /// Clones `image` and runs the clone in a worker of the jail. Never blocks. The listener is called on
    /// a thread of the jail. Of its terminal the instance has the signals only: the console itself is none.
    pub fn launch(&self, image: &Image, mut launch: Launch<'static>, listener: Box<dyn Listener>) {
        let shared = &self.held.shared;
        let mounts = shared.settings.numbers_of(&launch.mounts);
        let control = launch.control.take();
        let mut order = (launch, listener);
        loop {
            let (posts, started) = shared.posts();
            // The oldest that has room: so the younger ones run dry, and go.
            for post in posts {
                let full = match post.launch(image, &mounts, order) {
                    Ok(taken) => {
                        if let Some(control) = control {
                            attach(&control, post, taken);
                        }
                        return;
                    }
                    Err((full, back)) => {
                        order = back;
                        full
                    }
                };
                if full == Full::ForEver {
                    shared.forget(&post);
                }
            }
            if let Err(error) = shared.start_another(started) {
                // Nothing was started that could tell the listener; the thread is for that alone.
                return tell_of(error, order.1);
            }
        }
    }
}

/// Passes on whatever comes through `control`, as long as the launch is not over.
fn attach(control: &brood_monitor::Control, post: Arc<Post>, taken: Taken) {
    let Taken {
        number: launch,
        orders,
        attachment,
    } = taken;
    let relay = control.relay(Box::new(move |order| relay(&post, launch, &orders, order)));
    attachment.keep(Box::new(relay));
}

fn relay(post: &Post, launch: u64, orders: &Orders, order: Relayed<'_>) {
    post.send(&match order {
        Relayed::Stop => {
            orders.stop();
            Request::Stop { launch }
        }
        Relayed::Input(bytes) => {
            orders.give(bytes.len());
            Request::Input { launch, bytes }
        }
        Relayed::EndOfInput => Request::EndOfInput { launch },
        Relayed::DiscardInput => Request::DiscardInput { launch },
        Relayed::Signal(signal) => Request::Signal {
            launch,
            signal: signal.code(),
        },
    });
}

fn tell_of(error: Error, listener: Box<dyn Listener>) {
    let told = std::thread::Builder::new().spawn(move || listener.ended(Err(error)));
    if let Err(error) = told {
        tracing::error!(%error, "there is no thread to say that an instance could not be run");
    }
}

impl Settings {
    /// Which mounts of the jail these are.
    fn numbers_of(&self, mounts: &[Mount]) -> Result<Vec<u32>, String> {
        let same =
            |one: BorrowedFd<'_>, other: BorrowedFd<'_>| one.as_raw_fd() == other.as_raw_fd();
        let number = |mount: &Mount| {
            let is_it = |ours: &Mount| {
                same(ours.directory(), mount.directory())
                    && ours.guest_path() == mount.guest_path()
                    && ours.is_read_only() == mount.is_read_only()
            };
            let position = self.mounts.iter().position(is_it);
            position.map(|position| position as u32).ok_or_else(|| {
                let path = String::from_utf8_lossy(mount.guest_path());
                format!("the directory for {path} is none of those that it was started with")
            })
        };
        mounts.iter().map(number).collect()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change leaves a valid state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ways to all workers, and how many there have been.
    fn posts(&self) -> (Vec<Arc<Post>>, u64) {
        let state = self.lock();
        let posts = state.workers.iter().map(|worker| Arc::clone(&worker.post));
        (posts.collect(), state.started)
    }

    /// Starts a worker, unless there has been another one since there had been so many.
    fn start_another(self: &Arc<Shared>, started: u64) -> Result<(), Error> {
        let mut state = self.lock();
        if state.started != started {
            return Ok(());
        }
        let pause = (state.not_before).filter(|not_before| *not_before > Instant::now());
        // In a pause all are refused, however many they are.
        let room = match pause {
            Some(_) => usize::MAX,
            None => self.settings.instances.max(1),
        };
        let host = |call| move |source| Error::Host { call, source };
        let (post, theirs) = Post::new(room).map_err(host("socketpair"))?;
        let post = Arc::new(post);
        let (kept, shared, deaths) = (Arc::clone(&post), Arc::clone(self), state.deaths);
        std::thread::Builder::new()
            .name("brood-keeper".to_owned())
            .spawn(move || match pause {
                Some(until) => keeper::pause(&shared, &kept, until, deaths),
                None => keeper::keep(&shared, &kept, theirs),
            })
            .map_err(host("start a thread"))?;
        state.started += 1;
        state.workers.push(Worker {
            post,
            process: None,
        });
        Ok(())
    }

    /// This way leads nowhere any more.
    pub(crate) fn forget(&self, post: &Arc<Post>) {
        let mut state = self.lock();
        (state.workers).retain(|worker| !Arc::ptr_eq(&worker.post, post));
        self.changed.notify_all();
    }

    /// A worker is set up.
    pub(crate) fn has_started(&self, post: &Arc<Post>, process: i32, missing: Vec<String>) {
        let mut state = self.lock();
        let mut workers = state.workers.iter_mut();
        if let Some(worker) = workers.find(|worker| Arc::ptr_eq(&worker.post, post)) {
            worker.process = Some(process);
        }
        state.missing = missing;
        self.changed.notify_all();
    }

    /// A worker died, or could not be started. `useful`: it had brought something to an end.
    pub(crate) fn has_died(&self, useful: bool, text: &str) {
        let mut state = self.lock();
        text.clone_into(&mut state.last);
        state.deaths = if useful {
            1
        } else {
            state.deaths.saturating_add(1)
        };
        state.not_before = (state.deaths.checked_sub(2))
            .map(|more| PAUSE.saturating_mul(1 << more.min(16)).min(PAUSE_MAX))
            .map(|pause| Instant::now() + pause);
    }
}

impl State {
    fn processes(&self) -> Vec<i32> {
        let processes = self.workers.iter().filter_map(|worker| worker.process);
        processes.collect()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for worker in self.shared.lock().workers.drain(..) {
            worker.post.retire();
        }
    }
}
