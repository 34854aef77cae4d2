//! What passes between the two sides: frames on a stream socket.
//!
//! A frame is its length (32 bits, little-endian, of what follows) and a message in postcard's encoding. Descriptors come
//! with the first byte of the frame that they belong to, and only ever from the parent to the worker.
//!
//! The worker trusts what it reads, for it comes from its parent; the parent believes nothing (see `ledger`).

mod life;

pub(crate) use life::{LimitsOnWire, OutcomeOnWire, PhasesOnWire};

use std::time::{Duration, Instant};

use brood_monitor::{Limits, Phases, SignalAction};
use serde::{Deserialize, Serialize};

/// Bytes of a frame's length.
pub(crate) const LENGTH: usize = 4;
/// Longest message without the bytes of a console or of a message to the parent.
pub(crate) const PLAIN_MAX: usize = 128 << 10;

/// What instances of this jail run on, and what the worker may hold. The first message to it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// With `kvm`, the first descriptor is the device.
    pub kvm: bool,
    pub mounts: Vec<MountOnWire>,
    pub hibernation: Option<HibernationOnWire>,
    /// Threads that run instances.
    pub threads: u32,
    /// Most processes and threads.
    pub processes: u64,
    /// Most bytes of address space.
    pub address_space: u64,
    /// Most descriptors.
    pub descriptors: u64,
}

impl Setup {
    /// All directories, in the order in which their descriptors come.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &DirectoryOnWire> {
        let mounts = self.mounts.iter().map(|mount| &mount.directory);
        let hibernation = self.hibernation.iter();
        mounts.chain(hibernation.map(|hibernation| &hibernation.directory))
    }
}

/// A mount.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MountOnWire {
    #[serde(with = "serde_bytes")]
    pub guest_path: Vec<u8>,
    pub directory: DirectoryOnWire,
}

/// Instances hibernate.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HibernationOnWire {
    pub after: Duration,
    pub directory: DirectoryOnWire,
}

/// A directory, which comes as descriptor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DirectoryOnWire {
    pub purpose: Purpose,
    /// Where it is on the host. What is found there is taken only if it is the one that the descriptor
    /// leads to.
    #[serde(with = "serde_bytes")]
    pub host_path: Vec<u8>,
}

/// What a directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// A mount that stays as it is.
    Read,
    /// A mount.
    Write,
    /// The pages of who hibernates.
    Pages,
}

/// To the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request<'a> {
    /// What it is to be.
    Setup(Setup),
    /// An image, whose file comes as descriptor, is to be known by this number.
    Image { image: u32 },
    /// An image is needed no more.
    Forget { image: u32 },
    /// Launches an instance.
    Launch {
        launch: u64,
        image: u32,
        #[serde(with = "LimitsOnWire")]
        limits: Limits,
        /// Numbers of mounts, by their order in the setup.
        mounts: Vec<u32>,
        reuse: bool,
        /// Whether it may be told of signals.
        signals: bool,
        requested: Moment,
        #[serde(with = "serde_bytes", borrow)]
        argument: &'a [u8],
    },
    /// Ends an instance.
    Stop { launch: u64 },
    /// Console input.
    Input {
        launch: u64,
        #[serde(with = "serde_bytes", borrow)]
        bytes: &'a [u8],
    },
    /// The end of console input.
    EndOfInput { launch: u64 },
    /// Console input that was not read is to be forgotten.
    DiscardInput { launch: u64 },
    /// A signal, by its number.
    Signal { launch: u64, signal: u8 },
}

/// From the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event<'a> {
    /// The process id that it has for its parent. The first message.
    Born { process: i32 },
    /// It is set up and locked down; layers that are not in force, and why. The second message.
    Ready { missing: Vec<String> },
    /// It can't do its work.
    Failed { reason: &'a str },
    /// An instance wrote to its console.
    Console {
        launch: u64,
        errors: bool,
        #[serde(with = "serde_bytes", borrow)]
        bytes: &'a [u8],
    },
    /// An instance sent a message.
    Message {
        launch: u64,
        #[serde(with = "serde_bytes", borrow)]
        bytes: &'a [u8],
    },
    /// An instance's first message was passed on.
    Answered {
        launch: u64,
        instance: u64,
        #[serde(with = "PhasesOnWire")]
        phases: Phases,
    },
    /// An instance wants this to be done with a signal: their numbers.
    SignalAction { launch: u64, signal: u8, action: u8 },
    /// An instance is gone; or could not be run.
    Ended {
        launch: u64,
        #[serde(borrow)]
        outcome: Result<OutcomeOnWire, &'a str>,
    },
    /// Something for the log.
    Said { text: &'a str },
}

/// What can be done with a signal, by number.
pub(crate) const SIGNAL_ACTIONS: [SignalAction; 3] = [
    SignalAction::Default,
    SignalAction::Ignore,
    SignalAction::Deliver,
];

/// A moment, on the clock that all processes of a computer share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    nanoseconds: u64,
}

impl From<Instant> for Moment {
    fn from(instant: Instant) -> Moment {
        let ago = instant.elapsed().as_nanos();
        Moment {
            nanoseconds: monotonic().saturating_sub(ago as u64),
        }
    }
}

impl From<Moment> for Instant {
    fn from(moment: Moment) -> Instant {
        let ago = Duration::from_nanos(monotonic().saturating_sub(moment.nanoseconds));
        let now = Instant::now();
        now.checked_sub(ago).unwrap_or(now)
    }
}

fn monotonic() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Appends a frame with this message.
pub(crate) fn encode(message: &impl Serialize, frames: &mut Vec<u8>) {
    let start = frames.len();
    frames.extend([0; LENGTH]);
    // Serialising into memory fails only for types that aren't there: without a length, or too long for it.
    let written = postcard::to_io(message, &mut *frames);
    debug_assert!(written.is_ok(), "a message can't be encoded");
    let length = (frames.len() - start - LENGTH) as u32;
    frames[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// A frame is longer than it may be.
    #[error("a frame of {0} bytes")]
    Length(usize),
    /// A frame has something else in it.
    #[error("a frame that is no message")]
    Message,
}

/// The first frame's contents in `bytes`, if all of it is there and it is no longer than `most`.
pub(crate) fn first_frame(bytes: &[u8], most: usize) -> Result<Option<&[u8]>, Malformed> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length > most {
        return Err(Malformed::Length(length));
    }
    Ok(rest.get(..length))
}

/// The message that is a frame's contents, all of them.
pub(crate) fn decode<'a, M: Deserialize<'a>>(contents: &'a [u8]) -> Result<M, Malformed> {
    match postcard::take_from_bytes(contents) {
        Ok((message, [])) => Ok(message),
        _ => Err(Malformed::Message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_one_by_one_and_whole() {
        let mut frames = Vec::new();
        let event = Event::Console {
            launch: 7,
            errors: true,
            bytes: b"hello",
        };
        encode(&event, &mut frames);
        encode(&Event::Born { process: 5 }, &mut frames);
        for end in 0..frames.len() {
            let first = first_frame(&frames[..end], 100).unwrap();
            assert_eq!(first.is_some(), end >= 4 + frames[0] as usize, "{end}");
        }
        let first = first_frame(&frames, 100).unwrap().unwrap();
        let Event::Console { launch, bytes, .. } = decode(first).unwrap() else {
            panic!("another event");
        };
        assert_eq!((launch, bytes), (7, &b"hello"[..]));
        let more = [first, b"x"].concat();
        assert_eq!(decode::<Event<'_>>(&more).unwrap_err(), Malformed::Message);
        assert_eq!(first_frame(&frames, 3), Err(Malformed::Length(first.len())));
    }

    #[test]
    fn moments_are_the_same_on_both_sides() {
        let before = Instant::now();
        let moment = Moment::from(before);
        std::thread::sleep(Duration::from_millis(2));
        let after = Instant::from(moment);
        let error = after.max(before) - after.min(before);
        assert!(error < Duration::from_millis(1), "{error:?}");
    }
}
