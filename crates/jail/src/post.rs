//! The parent's way to one worker: whoever has something for it puts it here and never waits.
//!
//! What the socket takes at once goes at once, on the thread of whoever sends; the rest is kept, up to a
//! bound, and sent by the keeper as there is room.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use brood_image::Image;
use brood_monitor::{Launch, Listener};
use rustix::event::EventfdFlags;

use crate::channel;
use crate::ledger::{Attachment, Live, Orders};
use crate::protocol::{self, Request, Setup};

/// How much may wait to be sent, in bytes.
const WAITING_MAX: usize = 256 << 20;
/// Images that a worker knows at a time.
const IMAGES_MAX: usize = 16;

/// The way to one worker.
pub(crate) struct Post {
    socket: OwnedFd,
    /// Wakes the keeper.
    bell: OwnedFd,
    /// Launches that it takes at a time.
    room: usize,
    /// Every launch that is not over has a clone.
    seat: Arc<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Nothing is taken any more.
    closed: bool,
    /// Nothing will come any more.
    retiring: bool,
    /// More waits to be sent than may.
    deaf: bool,
    /// The worker has had its first message, so that it can be sent others.
    open: bool,
    frames: VecDeque<Frames>,
    /// Bytes in `frames`.
    waiting: usize,
    newcomers: Vec<Newcomer>,
    launches: u64,
    /// What the worker knows, and by which number; the one used last at the end.
    images: Vec<(Image, u32)>,
    next_image: u32,
}

/// Something to be sent, with descriptors on its first byte.
struct Frames {
    bytes: Vec<u8>,
    sent: usize,
    descriptors: Vec<OwnedFd>,
}

/// A launch that the keeper has not yet taken into its ledger.
pub(crate) struct Newcomer {
    pub number: u64,
    pub live: Live,
    /// Why it was not sent to the worker, if it wasn't.
    pub refused: Option<String>,
}

/// What is to be launched, and who listens.
pub(crate) type Order = (Launch<'static>, Box<dyn Listener>);

/// Why an order comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// It has as many launches as it takes.
    Now,
    /// It takes no more.
    ForEver,
}

/// A launch that was taken.
pub(crate) struct Taken {
    pub number: u64,
    pub orders: Arc<Orders>,
    pub attachment: Attachment,
}

impl Post {
    /// A way to a worker that is yet to be started and takes so many launches at a time, and the worker's end
    /// of it.
    pub(crate) fn new(room: usize) -> io::Result<(Post, OwnedFd)> {
        let (socket, theirs) = channel::pair()?;
        let post = Post {
            socket,
            bell: rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            room,
            seat: Arc::default(),
            state: Mutex::default(),
        };
        Ok((post, theirs))
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// Readable when the keeper is wanted.
    pub(crate) fn bell(&self) -> &OwnedFd {
        &self.bell
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change leaves a valid state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the keeper.
    fn ring(&self) {
        // It fails only if the bell has been rung often enough.
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    /// Sends the first message, and from now on what waits.
    pub(crate) fn open(&self, setup: Setup, descriptors: Vec<OwnedFd>) {
        let mut state = self.lock();
        let bytes = encoded(&Request::Setup(setup));
        state.waiting += bytes.len();
        state.frames.push_front(Frames {
            bytes,
            sent: 0,
            descriptors,
        });
        state.open = true;
        state.flush(&self.socket);
    }

    /// Gives the worker a launch, with the numbers of its mounts. Gives it back when the worker doesn't take it:
    /// another one may.
    #[allow(clippy::result_large_err, reason = "what was given comes back")]
    pub(crate) fn launch(
        &self,
        image: &Image,
        mounts: &Result<Vec<u32>, String>,
        (launch, mut listener): Order,
    ) -> Result<Taken, (Full, Order)> {
        let mut state = self.lock();
        if state.closed {
            return Err((Full::ForEver, (launch, listener)));
        }
        // Seats are taken under the lock; one that is given back meanwhile is found next time.
        if Arc::strong_count(&self.seat) > self.room {
            return Err((Full::Now, (launch, listener)));
        }
        let signals = listener.terminal().is_some();
        let live = Live::new(&launch, Arc::clone(&self.seat), listener);
        state.launches += 1;
        let taken = Taken {
            number: state.launches,
            orders: live.orders(),
            attachment: live.attachment(),
        };
        let refused = mounts.clone().and_then(|mounts| {
            let mut bytes = Vec::with_capacity(launch.argument.len() + 128);
            let request = Request::Launch {
                launch: taken.number,
                image: state.image_for(image, &launch)?,
                limits: launch.limits.clone(),
                mounts,
                reuse: launch.reuse,
                signals,
                requested: launch.requested.unwrap_or_else(Instant::now).into(),
                argument: &launch.argument,
            };
            protocol::encode(&request, &mut bytes);
            state.push(bytes, Vec::new());
            Ok(())
        });
        let refused = refused.err();
        let is_news = refused.is_some() || !state.open;
        state.newcomers.push(Newcomer {
            number: taken.number,
            live,
            refused,
        });
        self.flush(state, is_news);
        Ok(taken)
    }

    /// Sends something about a launch.
    pub(crate) fn send(&self, request: &Request<'_>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.push(encoded(request), Vec::new());
        state.deaf |= state.waiting > WAITING_MAX;
        let is_deaf = state.deaf;
        self.flush(state, is_deaf);
    }

    /// Whether the worker doesn't take what it is sent.
    pub(crate) fn is_deaf(&self) -> bool {
        self.lock().deaf
    }

    /// Sends what the socket takes; the keeper is woken for the rest.
    fn flush(&self, mut state: MutexGuard<'_, State>, is_news: bool) {
        let had_waiting = state.frames.len() > 1;
        state.flush(&self.socket);
        let is_news = is_news || (!had_waiting && !state.frames.is_empty());
        drop(state);
        if is_news {
            self.ring();
        }
    }

    /// For the keeper: sends what can be sent. Gives whether something is left.
    pub(crate) fn send_waiting(&self) -> bool {
        let mut state = self.lock();
        state.flush(&self.socket);
        state.open && !state.frames.is_empty()
    }

    /// For the keeper: the launches since the last time.
    pub(crate) fn newcomers(&self) -> Vec<Newcomer> {
        std::mem::take(&mut self.lock().newcomers)
    }

    /// For the keeper: closes, if nothing has come since the last time.
    pub(crate) fn close_if_quiet(&self) -> bool {
        let mut state = self.lock();
        state.closed = state.newcomers.is_empty();
        state.closed
    }

    /// Closes: what comes now goes to another worker.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.frames.clear();
        state.images.clear();
    }

    /// Nothing will come any more: the worker is to go when it has nothing to do.
    pub(crate) fn retire(&self) {
        self.lock().retiring = true;
        self.ring();
    }

    /// Whether it was told to retire.
    pub(crate) fn is_retiring(&self) -> bool {
        self.lock().retiring
    }
}

impl State {
    /// The number of a launch's image, if both can be sent.
    fn image_for(&mut self, image: &Image, launch: &Launch<'_>) -> Result<u32, String> {
        if self.waiting.saturating_add(launch.argument.len()) > WAITING_MAX {
            return Err("it does not take what it is sent".to_owned());
        }
        let known = self.image(image);
        known.map_err(|error| format!("the image cannot be passed on: {error}"))
    }

    /// The number by which the worker knows an image; it is passed on if it must be.
    fn image(&mut self, image: &Image) -> io::Result<u32> {
        let known = |(theirs, _): &(Image, u32)| theirs.checksum() == image.checksum();
        let found = match self.images.iter().position(known) {
            Some(place) => self.images.remove(place),
            None => {
                let file = image.file().try_clone_to_owned()?;
                let number = self.next_image;
                self.next_image += 1;
                let request = Request::Image { image: number };
                self.push(encoded(&request), vec![file]);
                (image.clone(), number)
            }
        };
        let number = found.1;
        self.images.push(found);
        if self.images.len() > IMAGES_MAX {
            let (_, oldest) = self.images.remove(0);
            self.push(encoded(&Request::Forget { image: oldest }), Vec::new());
        }
        Ok(number)
    }

    fn push(&mut self, bytes: Vec<u8>, descriptors: Vec<OwnedFd>) {
        self.waiting += bytes.len();
        self.frames.push_back(Frames {
            bytes,
            sent: 0,
            descriptors,
        });
    }

    fn flush(&mut self, socket: &OwnedFd) {
        if !self.open {
            return;
        }
        while let Some(frames) = self.frames.front_mut() {
            let rest = &frames.bytes[frames.sent..];
            match channel::send_now(socket, rest, &frames.descriptors) {
                Ok(sent) => {
                    frames.descriptors.clear();
                    frames.sent += sent;
                    if frames.sent < frames.bytes.len() {
                        return;
                    }
                }
                // There is no room, or no worker any more, which its keeper finds out.
                Err(_) => return,
            }
            self.waiting -= frames.bytes.len();
            self.frames.pop_front();
        }
    }
}

fn encoded(request: &Request<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    protocol::encode(request, &mut bytes);
    bytes
}
