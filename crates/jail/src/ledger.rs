//! What a worker owes: the launches given to it, and what it may still say of each.
//!
//! The worker may have been taken over by a guest that broke out of its instance, so nothing that it
//! says is believed. It can speak of its own launches only, each within the limits that the launch
//! was made with, in the order in which an instance lives; times and amounts are cut to what can be
//! true by the parent's own clock and count. Whatever breaks this is a [`Breach`], which ends the worker.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use brood_monitor::{
    ConsoleStream, Error, Flow, InstanceId, Launch, Limits, Listener, Outcome, Phases, Signal,
    Usage,
};

use crate::protocol::{self, Event, LENGTH, Malformed, PLAIN_MAX};

/// How much longer than it may a worker can take to end an instance.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest slogan, text of an error or text for the log that is kept, in bytes.
const TEXT_MAX: usize = 16 << 10;
/// How many texts for the log are taken from a worker.
const SAID_MAX: u32 = 64;

/// How a worker broke the rules.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Breach {
    /// Its bytes are no messages.
    #[error("it sent {0}")]
    Malformed(#[from] Malformed),
    /// It spoke of a launch that it doesn't have.
    #[error("it spoke of launch {0}, which it does not have")]
    Unknown(u64),
    /// It spoke at the wrong time.
    #[error("it said {0:?} at the wrong time")]
    Order(&'static str),
    /// It passed on more than the instance may say.
    #[error("it passed on more than an instance may say")]
    Beyond,
    /// It doesn't take what it is sent.
    #[error("it did not take what it was sent")]
    Deaf,
    /// An instance lives longer than it may.
    #[error("it did not end an instance in time")]
    Overdue,
}

/// What is to be done about something that a worker said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// It lives, with this process id.
    Born(i32),
    /// It is set up; what is missing of its confinement.
    Ready(Vec<String>),
    /// It can't do its work.
    Failed(String),
    /// An instance is to be stopped.
    Stop(u64),
    /// Something for the log.
    Said(String),
}

/// What was ordered for an instance, by whoever has its control.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Bytes that it was given.
    given: AtomicU64,
    /// When it was told to stop.
    stopped: OnceLock<Instant>,
}

impl Orders {
    /// It is given more.
    pub(crate) fn give(&self, bytes: usize) {
        self.given.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// It is told to stop.
    pub(crate) fn stop(&self) {
        // Only the first time counts.
        let _ = self.stopped.set(Instant::now());
    }
}

/// Something that is kept as long as a launch is not over, and may be given when it is already.
#[derive(Clone, Default)]
pub(crate) struct Attachment {
    slot: Arc<Mutex<Slot>>,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Kept(#[allow(dead_code, reason = "it is there to be dropped")] Box<dyn Send>),
    Over,
}

impl Attachment {
    /// Keeps it; drops it if the launch is over.
    pub(crate) fn keep(&self, kept: Box<dyn Send>) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Slot::Empty = *slot {
            *slot = Slot::Kept(kept);
        }
    }

    fn end(&self) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = std::mem::replace(&mut *slot, Slot::Over);
        // Whatever it does when it is dropped, it does it without the lock.
        drop(slot);
        drop(kept);
    }
}

/// A launch that a worker has.
pub(crate) struct Live {
    /// Its place in the worker.
    seat: Arc<()>,
    listener: Box<dyn Listener>,
    requested: Instant,
    /// When it is gone at the latest.
    due: Option<Instant>,
    limits: Limits,
    orders: Arc<Orders>,
    console_bytes: u64,
    message_bytes: u64,
    messages: u32,
    answered: bool,
    stopped: bool,
    attachment: Attachment,
}

impl Live {
    /// A launch that is about to be sent to the worker.
    pub(crate) fn new(launch: &Launch<'_>, seat: Arc<()>, listener: Box<dyn Listener>) -> Live {
        let requested = launch.requested.unwrap_or_else(Instant::now);
        let wall = launch.limits.wall.unwrap_or(Duration::MAX);
        let orders = Orders::default();
        orders.give(launch.argument.len());
        Live {
            seat,
            listener,
            requested,
            due: requested.checked_add(wall.saturating_add(PATIENCE)),
            limits: launch.limits.clone(),
            orders: Arc::new(orders),
            console_bytes: 0,
            message_bytes: 0,
            messages: 0,
            answered: false,
            stopped: false,
            attachment: Attachment::default(),
        }
    }

    /// What is ordered for it from now on.
    pub(crate) fn orders(&self) -> Arc<Orders> {
        Arc::clone(&self.orders)
    }

    /// Whether it should be gone by now.
    fn is_overdue(&self, now: Instant) -> bool {
        let stopped = self.orders.stopped.get();
        self.due.is_some_and(|due| due <= now) || stopped.is_some_and(|at| *at + PATIENCE <= now)
    }

    /// Keeps something until the launch is over.
    pub(crate) fn attachment(&self) -> Attachment {
        self.attachment.clone()
    }

    /// It is over without the worker having said so.
    pub(crate) fn fail(self, error: Error) {
        self.attachment.end();
        // Whoever hears of the end may launch the next one at once.
        drop(self.seat);
        self.listener.ended(Err(error));
    }

    /// The most that is left for it to say in one message.
    fn room(&self) -> u64 {
        let console = self.limits.console_bytes.saturating_sub(self.console_bytes);
        let message = self.limits.message_bytes.saturating_sub(self.message_bytes);
        console.max(message)
    }

    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) -> Result<(), Breach> {
        self.console_bytes = spend(self.console_bytes, bytes, self.limits.console_bytes)?;
        self.listener.console(stream, bytes);
        Ok(())
    }

    fn message(&mut self, bytes: &[u8]) -> Result<Flow, Breach> {
        self.message_bytes = spend(self.message_bytes, bytes, self.limits.message_bytes)?;
        self.messages = self.messages.saturating_add(1);
        // What it says until it hears that it is stopped, nobody hears.
        if self.stopped {
            return Ok(Flow::Continue);
        }
        let flow = self.listener.message(bytes);
        if flow == Flow::Stop {
            self.stopped = true;
            self.orders.stop();
        }
        Ok(flow)
    }

    fn answered(&mut self, instance: u64, phases: Phases) -> Result<(), Breach> {
        if self.messages != 1 || std::mem::replace(&mut self.answered, true) {
            return Err(Breach::Order("answered"));
        }
        let phases = self.possible(phases);
        self.listener.answered(InstanceId(instance), &phases);
        Ok(())
    }

    fn signal_action(&mut self, signal: u8, action: u8) -> Result<(), Breach> {
        let action = protocol::SIGNAL_ACTIONS.get(usize::from(action));
        let terminal = self.listener.terminal();
        let known = Signal::from_code(signal).zip(action).zip(terminal);
        let ((signal, action), terminal) = known.ok_or(Breach::Order("signal action"))?;
        terminal.set_signal(signal, *action);
        Ok(())
    }

    /// Phases, none of them in the future.
    fn possible(&self, phases: Phases) -> Phases {
        let lived = self.requested.elapsed();
        let past = |time: Option<Duration>| time.map(|time| time.min(lived));
        Phases {
            memory: past(phases.memory),
            working_set: past(phases.working_set),
            shell: past(phases.shell),
            created: past(phases.created),
            entered: past(phases.entered),
            first_instruction: past(phases.first_instruction),
            answered: past(phases.answered),
            exited: past(phases.exited),
            gone: past(phases.gone),
        }
    }

    fn ended(self, outcome: Result<protocol::OutcomeOnWire, &str>) {
        self.attachment.end();
        let outcome = match outcome {
            Err(text) => Err(Error::Worker(cut(text))),
            Ok(outcome) => {
                let outcome = Outcome::from(outcome);
                Ok(Outcome {
                    id: outcome.id,
                    exit: outcome.exit,
                    phases: self.possible(outcome.phases),
                    usage: Usage {
                        console_bytes: self.console_bytes,
                        message_bytes: self.message_bytes,
                        bytes_in: outcome
                            .usage
                            .bytes_in
                            .min(self.orders.given.load(Ordering::Relaxed)),
                        cpu: outcome.usage.cpu.min(self.requested.elapsed()),
                        ..outcome.usage
                    },
                })
            }
        };
        // Whoever hears of the end may launch the next one at once.
        drop(self.seat);
        self.listener.ended(outcome);
    }
}

/// How much was said, with these bytes in addition.
fn spend(said: u64, bytes: &[u8], limit: u64) -> Result<u64, Breach> {
    let said = said.saturating_add(bytes.len() as u64);
    (said <= limit).then_some(said).ok_or(Breach::Beyond)
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_MAX)].to_owned()
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Started,
    Born,
    Ready,
}

/// The launches of one worker, and what it said.
#[derive(Default)]
pub(crate) struct Ledger {
    stage: Stage,
    live: HashMap<u64, Live>,
    said: u32,
    ended: u64,
}

impl Ledger {
    /// A launch that the worker is given.
    pub(crate) fn enter(&mut self, launch: u64, live: Live) {
        self.live.insert(launch, live);
    }

    /// Whether the worker has nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// How many launches the worker has brought to an end.
    pub(crate) fn ended(&self) -> u64 {
        self.ended
    }

    /// Takes all whole frames at the beginning of `bytes`; gives how many bytes those were. What is to
    /// be done is added to `notices`, also by what came before a breach. Stops behind what says that the
    /// worker is ready, so that its keeper knows that before anybody hears of an instance.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        notices: &mut Vec<Notice>,
    ) -> Result<usize, Breach> {
        let mut taken = 0;
        loop {
            let rest = &bytes[taken..];
            let most = self.longest_frame(rest);
            let Some(contents) = protocol::first_frame(rest, most)? else {
                return Ok(taken);
            };
            let event = protocol::decode(contents)?;
            let was_ready = self.stage == Stage::Ready;
            self.hear(event, notices)?;
            taken += LENGTH + contents.len();
            if !was_ready && self.stage == Stage::Ready {
                return Ok(taken);
            }
        }
    }

    /// How long the first frame in `bytes` may be.
    fn longest_frame(&self, bytes: &[u8]) -> usize {
        let is_plain = |length: &[u8; LENGTH]| u32::from_le_bytes(*length) as usize <= PLAIN_MAX;
        if bytes.first_chunk().is_none_or(is_plain) {
            return PLAIN_MAX;
        }
        let room = self.live.values().map(Live::room).max().unwrap_or(0);
        usize::try_from(room)
            .unwrap_or(usize::MAX)
            .saturating_add(PLAIN_MAX)
    }

    fn hear(&mut self, event: Event<'_>, notices: &mut Vec<Notice>) -> Result<(), Breach> {
        match (self.stage, event) {
            (Stage::Started, Event::Born { process }) => {
                self.stage = Stage::Born;
                notices.push(Notice::Born(process));
            }
            (Stage::Born, Event::Ready { missing }) => {
                self.stage = Stage::Ready;
                notices.push(Notice::Ready(missing));
            }
            (Stage::Started | Stage::Born, Event::Failed { reason }) => {
                notices.push(Notice::Failed(cut(reason)));
            }
            (_, Event::Said { text }) => {
                self.said = self.said.saturating_add(1);
                if self.said <= SAID_MAX {
                    notices.push(Notice::Said(cut(text)));
                }
            }
            (Stage::Ready, event) => return self.hear_of_launch(event, notices),
            (_, event) => return Err(Breach::Order(name(&event))),
        }
        Ok(())
    }

    fn hear_of_launch(
        &mut self,
        event: Event<'_>,
        notices: &mut Vec<Notice>,
    ) -> Result<(), Breach> {
        match event {
            Event::Console {
                launch,
                errors,
                bytes,
            } => {
                let stream = match errors {
                    true => ConsoleStream::Errors,
                    false => ConsoleStream::Output,
                };
                self.live_one(launch)?.console(stream, bytes)
            }
            Event::Message { launch, bytes } => {
                if self.live_one(launch)?.message(bytes)? == Flow::Stop {
                    notices.push(Notice::Stop(launch));
                }
                Ok(())
            }
            Event::Answered {
                launch,
                instance,
                phases,
            } => self.live_one(launch)?.answered(instance, phases),
            Event::Ended { launch, outcome } => {
                let live = self.live.remove(&launch).ok_or(Breach::Unknown(launch))?;
                self.ended += 1;
                live.ended(outcome);
                Ok(())
            }
            Event::SignalAction {
                launch,
                signal,
                action,
            } => self.live_one(launch)?.signal_action(signal, action),
            event => Err(Breach::Order(name(&event))),
        }
    }

    fn live_one(&mut self, launch: u64) -> Result<&mut Live, Breach> {
        self.live.get_mut(&launch).ok_or(Breach::Unknown(launch))
    }

    /// Sees whether every instance that should be gone by now is.
    pub(crate) fn check_time(&self) -> Result<(), Breach> {
        let now = Instant::now();
        if self.live.values().any(|live| live.is_overdue(now)) {
            return Err(Breach::Overdue);
        }
        Ok(())
    }

    /// The worker is gone: tells all who wait for it.
    pub(crate) fn fail_all(&mut self, text: &str) {
        for (_, live) in self.live.drain() {
            live.fail(Error::Worker(text.to_owned()));
        }
    }
}

fn name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Born { .. } => "born",
        Event::Ready { .. } => "ready",
        Event::Failed { .. } => "failed",
        Event::Console { .. } => "console",
        Event::Message { .. } => "message",
        Event::Answered { .. } => "answered",
        Event::SignalAction { .. } => "signal action",
        Event::Ended { .. } => "ended",
        Event::Said { .. } => "said",
    }
}

#[cfg(test)]
mod random_events;
