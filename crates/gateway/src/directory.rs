//! Applications in a directory: `NAME.brood` each, found when a request for it comes.
//!
//! Nothing is known of an application that has no request: it is a file, no more. On its first
//! request the file is opened and checked, and stays open as long as requests come: within the
//! bounds, and unless others need the place. Each request looks at the file's identity, so that a
//! file that was replaced serves from the next request on, and one that is gone from the next
//! request on doesn't. Instances that run keep the image that they have.
//!
//! What was found out about a file's contents is remembered for longer than the file is open, by
//! its identity: a sound one is opened again without reading all of it, and a broken one is not
//! read again for each request.

use std::fs::Metadata;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use lru::LruCache;
use tokio::sync::{OnceCell, Semaphore};

use crate::applications::Application;
use crate::instances::Instances;
use crate::name::Name;
use crate::refusal::Refusal;

/// Files whose contents are remembered to be sound or broken: 100 bytes each.
const KNOWN: NonZeroUsize = NonZeroUsize::new(16 << 10).unwrap();
/// A file that changed as recently as this may change again without its times telling.
const RACY: Duration = Duration::from_secs(1);
/// Files that are opened at a time, and requests that may wait for that.
const OPENING: usize = 2;
const OPENING_WAITS: usize = 256;
/// How often a file that changes while it is opened is opened again.
const TRIES: usize = 3;

/// Makes a file something that runs.
pub trait Opener: Send + Sync + 'static {
    /// Opens the file; unless its contents are `known` to be sound, checks all of it. Blocks.
    ///
    /// # Errors
    /// Why it can't be run.
    fn open(&self, path: &Path, known: bool) -> Result<Opened, Unfit>;
}

/// An open file that can be run.
pub struct Opened {
    /// What runs it.
    pub instances: Arc<dyn Instances>,
    /// Memory of each instance.
    pub memory_bytes: u64,
    /// Of the file that was opened.
    pub metadata: Metadata,
}

/// Why a file can't be run.
#[derive(Clone, Debug)]
pub struct Unfit {
    /// In words, for the log.
    pub reason: String,
    /// Whether it is as long as the file doesn't change.
    pub lasting: bool,
}

/// What may be open of a [`Directory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryBounds {
    /// Open applications.
    pub open: NonZeroUsize,
    /// How long one is open without a request.
    pub idle: Duration,
}

impl Default for DirectoryBounds {
    /// 64, for a minute.
    fn default() -> DirectoryBounds {
        DirectoryBounds {
            open: const { NonZeroUsize::new(64).unwrap() },
            idle: Duration::from_secs(60),
        }
    }
}

/// A directory with applications. Clones are the same.
#[derive(Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    opener: Box<dyn Opener>,
    bounds: DirectoryBounds,
    state: Mutex<State>,
    opening: Semaphore,
    opening_waits: Semaphore,
}

struct State {
    open: LruCache<Name, Entry>,
    known: LruCache<Identity, Soundness>,
}

struct Entry {
    identity: Identity,
    used: Instant,
    /// Empty while it is being opened.
    application: Arc<OnceCell<Application>>,
}

/// What is known of a file's contents: sound, or why not.
type Soundness = Result<(), Arc<str>>;

/// What a file is told apart by from what was in its place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    /// When its contents changed, and when anything did; with nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Identity {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether it would have changed if the contents had changed since.
    fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, nanoseconds) = self.changed;
        let changed = Duration::new(
            u64::try_from(seconds).unwrap_or(0),
            u32::try_from(nanoseconds).unwrap_or(0),
        );
        now.checked_sub(changed).is_some_and(|age| age > RACY)
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Directory")
            .field("path", &self.inner.path)
            .field("bounds", &self.inner.bounds)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// The applications in the directory at `path`. Looks at none of them.
    ///
    /// # Errors
    /// It is no directory that can be read.
    pub fn new(path: &Path, bounds: DirectoryBounds, opener: impl Opener) -> io::Result<Directory> {
        std::fs::read_dir(path)?;
        Ok(Directory {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                opener: Box::new(opener),
                bounds,
                state: Mutex::new(State {
                    open: LruCache::new(bounds.open),
                    known: LruCache::new(KNOWN),
                }),
                opening: Semaphore::new(OPENING),
                opening_waits: Semaphore::new(OPENING_WAITS),
            }),
        })
    }

    /// The application of this name.
    pub(crate) async fn find(&self, name: &Name) -> Result<Application, Refusal> {
        let path = self.inner.path.join(format!("{name}.brood"));
        // One call on a file system of this host: not worth another thread.
        let identity = match identity(&path) {
            Ok(Some(identity)) => identity,
            Ok(None) => {
                self.inner.lock().open.pop(name);
                return Err(nowhere(name));
            }
            Err(error) => {
                tracing::error!(application = %name, %error, "cannot look for an application");
                return Err(unfit(name));
            }
        };
        let cell = self.inner.lock().entry(name, identity);
        let opened = cell.get_or_try_init(|| self.open(name, path)).await;
        if opened.is_err() {
            self.inner.lock().give_up(name, &cell);
        }
        opened.cloned()
    }

    async fn open(&self, name: &Name, path: PathBuf) -> Result<Application, Refusal> {
        let busy = |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too much is being opened");
        let _waits = self.inner.opening_waits.try_acquire().map_err(busy)?;
        let _turn = self
            .inner
            .opening
            .acquire()
            .await
            .map_err(|_| unfit(name))?;
        let inner = Arc::clone(&self.inner);
        let opened = tokio::task::spawn_blocking(move || inner.open(&path)).await;
        match opened {
            Ok(Ok(Some(opened))) => {
                tracing::debug!(application = %name, "opened");
                let name = Arc::clone(name.shared());
                Ok(Application::new(
                    name,
                    opened.memory_bytes,
                    opened.instances,
                ))
            }
            Ok(Ok(None)) => Err(nowhere(name)),
            Ok(Err(Unfit { reason, .. })) => {
                tracing::error!(application = %name, reason, "an application can't be run");
                Err(unfit(name))
            }
            Err(error) => {
                tracing::error!(application = %name, %error, "opening an application broke off");
                Err(unfit(name))
            }
        }
    }

    /// Closes what nobody uses any more, again and again.
    pub(crate) async fn keep_tidy(&self) {
        loop {
            tokio::time::sleep(self.inner.bounds.idle / 4).await;
            self.inner.tidy(Instant::now());
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one call of the cache.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a file that is sound, `None` if there is none. Blocks.
    fn open(&self, path: &Path) -> Result<Option<Opened>, Unfit> {
        for _ in 0..TRIES {
            let now = SystemTime::now();
            let failed = |error: io::Error| Unfit {
                reason: error.to_string(),
                lasting: false,
            };
            let Some(before) = identity(path).map_err(failed)? else {
                return Ok(None);
            };
            let known = self.lock().known.get(&before).cloned();
            if let Some(Err(reason)) = known {
                return Err(Unfit {
                    reason: reason.to_string(),
                    lasting: true,
                });
            }
            let is_known = known.is_some();
            let opened = self.opener.open(path, is_known);
            let (found, soundness) = match &opened {
                Ok(opened) => (Identity::of(&opened.metadata), Ok(())),
                Err(unfit) if unfit.lasting => (before, Err(Arc::from(unfit.reason.as_str()))),
                Err(_) => return opened.map(Some),
            };
            if is_known && found != before {
                // Another file than the one that was looked at.
                continue;
            }
            if found.is_settled(now) {
                self.lock().known.put(found, soundness);
            }
            return opened.map(Some);
        }
        Err(Unfit {
            reason: "it changes all the time".to_owned(),
            lasting: false,
        })
    }

    /// Closes what has had no request for long, what was replaced and what is gone.
    fn tidy(&self, now: Instant) {
        let open: Vec<_> = {
            let state = self.lock();
            let open = state.open.iter();
            open.map(|(name, entry)| (name.clone(), entry.identity, entry.used))
                .collect()
        };
        for (name, of_entry, used) in open {
            let is_idle = now.saturating_duration_since(used) >= self.bounds.idle;
            let path = self.path.join(format!("{name}.brood"));
            if is_idle || !identity(&path).is_ok_and(|found| found == Some(of_entry)) {
                let mut state = self.lock();
                // Unless it was used or opened again meanwhile.
                if state
                    .open
                    .peek(&name)
                    .is_some_and(|entry| entry.used == used)
                {
                    state.open.pop(&name);
                }
            }
        }
    }
}

impl State {
    /// What is open of this name and identity, or to be opened.
    fn entry(&mut self, name: &Name, identity: Identity) -> Arc<OnceCell<Application>> {
        let used = Instant::now();
        match self
            .open
            .get_mut(name)
            .filter(|entry| entry.identity == identity)
        {
            Some(entry) => {
                entry.used = used;
                Arc::clone(&entry.application)
            }
            None => {
                let application = Arc::default();
                let entry = Entry {
                    identity,
                    used,
                    application: Arc::clone(&application),
                };
                self.open.put(name.clone(), entry);
                application
            }
        }
    }

    /// Forgets what could not be opened.
    fn give_up(&mut self, name: &Name, application: &Arc<OnceCell<Application>>) {
        let is_it = |entry: &Entry| Arc::ptr_eq(&entry.application, application);
        if !application.initialized() && self.open.peek(name).is_some_and(is_it) {
            self.open.pop(name);
        }
    }
}

/// The identity of the file at `path`; `None` if there is no file.
fn identity(path: &Path) -> io::Result<Option<Identity>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file().then(|| Identity::of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn nowhere(name: &Name) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        format!("there is no application {name} here"),
    )
}

fn unfit(name: &Name) -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("the application {name} can't be run"),
    )
}

#[cfg(test)]
mod tests;
