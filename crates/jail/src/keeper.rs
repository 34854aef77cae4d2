//! The thread that keeps one worker: starts it, hears it, and clears up when it is gone.
//!
//! The worker dies with this thread (`PR_SET_PDEATHSIG` is about the thread that started a process), so it
//! stays until the worker is gone.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brood_monitor::{BackendKind, Error};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use crate::channel;
use crate::jail::{Settings, Shared};
use crate::ledger::{Breach, Ledger, Notice};
use crate::pages::Pages;
use crate::post::Post;
use crate::process::{End, Process, Starter};
use crate::protocol::{DirectoryOnWire, HibernationOnWire, MountOnWire, Purpose, Request, Setup};

/// How long a worker may take to be set up.
const SETUP_MAX: Duration = Duration::from_secs(20);
/// How often the time is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long a worker may take to go when it was told to.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much is heard before something else is done, in bytes.
const AT_A_TIME: usize = 1 << 20;

/// Address space of a worker beside its instances: its program, its libraries, its threads' stacks and heaps.
const ADDRESS_SPACE_BASE: u64 = 4 << 30;
/// Address space of an instance beside its memory, and machines that are kept for later.
const ADDRESS_SPACE_EACH: u64 = 4 << 20;
const MACHINES_KEPT: u64 = 64;
/// Descriptors of a worker beside its instances', and of an instance.
const DESCRIPTORS_BASE: u64 = 256;
const DESCRIPTORS_EACH: u64 = 8;

/// Threads of a worker, and processes that are not instances.
const PROCESSES_BASE: u64 = 512;

/// How much of what a worker said last is told when it dies, in characters.
const SAID_MAX: usize = 300;

/// Why a worker is no more.
enum Death {
    /// It was not needed any more.
    Unneeded,
    /// It could not be started.
    NotStarted(String),
    /// Its process ended.
    Ended(End),
    /// It was ended for what it did.
    Breach(Breach),
    /// The thread that kept it did not get on.
    Lost(String),
}

impl std::fmt::Display for Death {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Death::Unneeded => formatter.write_str("is not needed any more"),
            Death::NotStarted(why) => write!(formatter, "could not be started: {why}"),
            Death::Ended(end) => end.fmt(formatter),
            Death::Breach(breach) => write!(formatter, "broke its rules and was ended: {breach}"),
            Death::Lost(why) => write!(formatter, "was lost: {why}"),
        }
    }
}

/// Keeps a worker until it is gone.
pub(crate) fn keep(shared: &Arc<Shared>, post: &Arc<Post>, theirs: OwnedFd) {
    let tenant = &shared.settings.tenant;
    let mut keeper = Keeper {
        shared,
        post,
        ledger: Ledger::default(),
        heard: Vec::new(),
        notices: Vec::new(),
        said: String::new(),
    };
    // A listener that panics takes the worker with it, but nobody waits for ever.
    let kept = std::panic::catch_unwind(AssertUnwindSafe(|| keeper.live(theirs)));
    let death = kept.unwrap_or_else(|_| Death::Lost("a listener panicked".to_owned()));
    let mut text = format!("the worker of tenant {tenant} {death}");
    if !keeper.said.is_empty() {
        text.push_str(&format!(" (it said: {})", keeper.said));
    }
    if matches!(death, Death::Unneeded) {
        tracing::debug!("{text}");
    } else {
        shared.has_died(keeper.ledger.ended() > 0, &text);
        tracing::error!("{text}");
    }
    // From here on launches go to another worker.
    post.close();
    shared.forget(post);
    keeper.take_newcomers();
    let failed = std::panic::catch_unwind(AssertUnwindSafe(|| keeper.ledger.fail_all(&text)));
    if failed.is_err() {
        tracing::error!(tenant, "a listener panicked");
    }
}

/// Refuses launches until a moment: workers have died too often.
pub(crate) fn pause(shared: &Arc<Shared>, post: &Arc<Post>, until: Instant, deaths: u32) {
    let tenant = &shared.settings.tenant;
    let text =
        format!("the workers of tenant {tenant} died {deaths} times in a row; there is a pause");
    let refuse_all = || {
        for newcomer in post.newcomers() {
            newcomer.live.fail(Error::Worker(text.clone()));
        }
    };
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || post.is_retiring() {
            break;
        }
        wait(&mut [PollFd::new(post.bell(), PollFlags::IN)], left);
        silence(post.bell());
        refuse_all();
    }
    post.close();
    shared.forget(post);
    refuse_all();
}

struct Keeper<'a> {
    shared: &'a Arc<Shared>,
    post: &'a Arc<Post>,
    ledger: Ledger,
    /// What has come and is no whole frame yet.
    heard: Vec<u8>,
    notices: Vec<Notice>,
    /// What the worker said last, for the log.
    said: String,
}

impl Keeper<'_> {
    /// The whole life of a worker.
    fn live(&mut self, theirs: OwnedFd) -> Death {
        let settings = &self.shared.settings;
        let starter = match Starter::start(&settings.command, theirs) {
            Ok(starter) => starter,
            Err(error) => return Death::NotStarted(error.to_string()),
        };
        let deadline = Instant::now() + SETUP_MAX;
        let born = match self.expect(deadline) {
            Ok(Notice::Born(process)) => starter.worker(process).map_err(|error| error.to_string()),
            Ok(Notice::Failed(why)) | Err(why) => {
                starter.abandon();
                Err(why)
            }
            Ok(_) => {
                starter.abandon();
                Err("it did not say so".to_owned())
            }
        };
        // Gone after the process, which has its files in it.
        let pages;
        let process = match born {
            Ok(process) => process,
            Err(why) => return Death::NotStarted(why),
        };
        let made = (settings.hibernation.as_ref())
            .map(|hibernation| {
                let pages = Pages::new(&hibernation.directory, process.id())?;
                Ok((hibernation.after, pages))
            })
            .transpose();
        pages = match made {
            Ok(pages) => pages,
            Err(error) => {
                let error: io::Error = error;
                return Death::NotStarted(format!("a directory to hibernate in: {error}"));
            }
        };
        let passed = pages.as_ref().map(|(after, pages)| (*after, pages.as_fd()));
        match setup(settings, passed) {
            Ok((setup, descriptors)) => self.post.open(setup, descriptors),
            Err(why) => return Death::NotStarted(why),
        }
        match self.expect(deadline) {
            Ok(Notice::Ready(missing)) => {
                let (tenant, id) = (&settings.tenant, process.id());
                tracing::debug!(tenant, process = id, ?missing, "a worker is ready");
                self.shared.has_started(self.post, id, missing);
            }
            Ok(Notice::Failed(why)) => return Death::NotStarted(why),
            Ok(_) => return Death::NotStarted("it did not say that it is ready".to_owned()),
            Err(why) => {
                let end = process.end(Duration::ZERO);
                return Death::NotStarted(format!("{why}: it {end}"));
            }
        }
        match self.serve(&process) {
            Death::Ended(_) => Death::Ended(process.end(FAREWELL)),
            Death::Unneeded => {
                // It goes when it can't hear its parent any more.
                let _ = rustix::net::shutdown(self.post.socket(), rustix::net::Shutdown::Both);
                process.end(FAREWELL);
                Death::Unneeded
            }
            death => death,
        }
    }

    /// The next thing that the worker says that has to do with its start.
    fn expect(&mut self, deadline: Instant) -> Result<Notice, String> {
        loop {
            match self.listen() {
                Ok(true) => {}
                Ok(false) => return Err("it closed its socket".to_owned()),
                Err(breach) => return Err(breach.to_string()),
            }
            while !self.notices.is_empty() {
                match self.notices.remove(0) {
                    Notice::Said(text) => self.log(&text),
                    notice => return Ok(notice),
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("it took too long".to_owned());
            }
            let more = self.wants_to_send();
            wait(&mut [PollFd::new(self.post.socket(), more)], left);
            self.post.send_waiting();
        }
    }

    fn wants_to_send(&self) -> PollFlags {
        match self.post.send_waiting() {
            true => PollFlags::IN | PollFlags::OUT,
            false => PollFlags::IN,
        }
    }

    /// Passes on what the worker says, until it is gone or not needed any more.
    fn serve(&mut self, process: &Process) -> Death {
        let mut quiet_since = Instant::now();
        let mut checked = quiet_since;
        // Something may have come together with what said that it is ready.
        let mut patience = Duration::ZERO;
        loop {
            let wanted = self.wants_to_send();
            let mut polled = [
                PollFd::new(self.post.socket(), wanted),
                PollFd::new(self.post.bell(), PollFlags::IN),
                PollFd::new(process.handle(), PollFlags::IN),
            ];
            wait(&mut polled, patience);
            patience = TICK;
            let [_, bell, handle] = &polled;
            let (was_rung, is_gone) = (!bell.revents().is_empty(), !handle.revents().is_empty());
            if was_rung {
                silence(self.post.bell());
            }
            match self.listen() {
                // What it said last was heard.
                Ok(true) if is_gone => return Death::Ended(End::Lost),
                Ok(true) => {}
                Ok(false) => return Death::Ended(End::Lost),
                Err(breach) => return Death::Breach(breach),
            }
            self.take_newcomers();
            for notice in std::mem::take(&mut self.notices) {
                match notice {
                    Notice::Stop(launch) => self.post.send(&Request::Stop { launch }),
                    Notice::Said(text) => self.log(&text),
                    // The ledger lets nothing of its start pass any more.
                    Notice::Born(_) | Notice::Ready(_) | Notice::Failed(_) => {}
                }
            }
            let now = Instant::now();
            if !self.ledger.is_empty() {
                quiet_since = now;
            }
            if self.post.is_deaf() {
                return Death::Breach(Breach::Deaf);
            }
            if now - checked >= TICK {
                checked = now;
                if let Err(breach) = self.ledger.check_time() {
                    return Death::Breach(breach);
                }
            }
            let is_long = now - quiet_since >= self.shared.settings.idle || self.post.is_retiring();
            if self.ledger.is_empty() && is_long && self.post.close_if_quiet() {
                return Death::Unneeded;
            }
        }
    }

    /// Takes in what has come. `false`: the other end is closed.
    fn listen(&mut self) -> Result<bool, Breach> {
        let mut total = 0;
        loop {
            let received = channel::receive_now(self.post.socket(), &mut self.heard);
            // A launch is entered before anything that is said of it is heard.
            self.take_newcomers();
            let taken = self.ledger.take(&self.heard, &mut self.notices)?;
            self.heard.drain(..taken);
            match received {
                Ok(0) => return Ok(false),
                Ok(length) => total += length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(_) => return Ok(false),
            }
            if total >= AT_A_TIME {
                return Ok(true);
            }
        }
    }

    fn take_newcomers(&mut self) {
        for newcomer in self.post.newcomers() {
            match newcomer.refused {
                None => self.ledger.enter(newcomer.number, newcomer.live),
                Some(why) => {
                    let tenant = &self.shared.settings.tenant;
                    let text =
                        format!("the worker of tenant {tenant} was not given an instance: {why}");
                    newcomer.live.fail(Error::Worker(text));
                }
            }
        }
    }

    fn log(&mut self, text: &str) {
        let tenant = &self.shared.settings.tenant;
        let text = text.escape_debug();
        tracing::warn!(tenant, %text, "the worker says");
        self.said = text.take(SAID_MAX).collect();
    }
}

/// Waits until something can be done with one of these, or for so long.
fn wait(polled: &mut [PollFd<'_>], patience: Duration) {
    let patience = Timespec::try_from(patience).ok();
    // Interrupted or not, the caller looks at everything.
    let _ = poll(polled, patience.as_ref());
}

fn silence(bell: &OwnedFd) {
    // It fails only if it wasn't rung.
    let _ = rustix::io::read(bell, &mut [0; 8]);
}

/// What a worker is told first, and what it is given.
fn setup(
    settings: &Settings,
    pages: Option<(Duration, BorrowedFd<'_>)>,
) -> Result<(Setup, Vec<OwnedFd>), String> {
    let mut descriptors = Vec::new();
    let kvm = settings.backend == BackendKind::Kvm;
    if kvm {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let device = rustix::fs::open("/dev/kvm", flags, rustix::fs::Mode::empty());
        descriptors.push(device.map_err(|error| format!("/dev/kvm: {error}"))?);
    }
    let mut pass = |directory: BorrowedFd<'_>, purpose: Purpose| {
        let link = format!("/proc/self/fd/{}", directory.as_raw_fd());
        let host_path = rustix::fs::readlink(link, Vec::new()).unwrap_or_default();
        let passed = directory.try_clone_to_owned();
        descriptors.push(passed.map_err(|error| error.to_string())?);
        Ok::<_, String>(DirectoryOnWire {
            purpose,
            host_path: host_path.into_bytes(),
        })
    };
    let mut mounts = Vec::new();
    for mount in settings.mounts.iter() {
        let purpose = match mount.is_read_only() {
            true => Purpose::Read,
            false => Purpose::Write,
        };
        mounts.push(MountOnWire {
            guest_path: mount.guest_path().to_vec(),
            directory: pass(mount.directory(), purpose)?,
        });
    }
    let hibernation = match pages {
        None => None,
        Some((after, directory)) => Some(HibernationOnWire {
            after,
            directory: pass(directory, Purpose::Pages)?,
        }),
    };
    let instances = settings.instances as u64;
    let each = settings.memory_bytes.saturating_add(ADDRESS_SPACE_EACH);
    let files = match settings.mounts.is_empty() {
        true => 0,
        false => settings.open_files as u64,
    };
    let all = each.saturating_mul(instances.saturating_add(MACHINES_KEPT));
    let setup = Setup {
        kvm,
        mounts,
        hibernation,
        threads: u32::try_from(settings.threads).unwrap_or(u32::MAX),
        processes: instances.saturating_add(PROCESSES_BASE),
        address_space: all.saturating_add(ADDRESS_SPACE_BASE),
        descriptors: instances
            .saturating_add(MACHINES_KEPT)
            .saturating_mul(DESCRIPTORS_EACH.saturating_add(files))
            .saturating_add(DESCRIPTORS_BASE),
    };
    Ok((setup, descriptors))
}
