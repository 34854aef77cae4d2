//! What a caller asks for, and what comes of it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brood_image::Frozen;

use crate::control::Control;
use crate::mount::Mount;
use crate::report::CrashReport;
use crate::session::Violation;
use crate::terminal::Terminal;

/// What an instance may use. What goes beyond ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its memory in bytes, everything included; whole pages, 4 MiB to 64 GiB.
    pub memory_bytes: u64,
    /// How long it may live, from launch.
    pub wall: Option<Duration>,
    /// How much processor time it may use, that for making it and the monitor's work for it included.
    pub cpu: Option<Duration>,
    /// How long it may live on after its first message; then it ends with [`Exit::Stopped`].
    pub after_answer: Option<Duration>,
    /// How much it may write to the console, in bytes.
    pub console_bytes: u64,
    /// How much it may send to its parent, in bytes.
    pub message_bytes: u64,
    /// How many files of its mounts it may have open at a time.
    pub open_files: usize,
}

impl Default for Limits {
    /// 64 MiB of memory, no end of time or processor time, nor after the answer, 16 MiB of console, 64 MiB of messages,
    /// 512 open files.
    fn default() -> Limits {
        Limits {
            memory_bytes: 64 << 20,
            wall: None,
            cpu: None,
            after_answer: None,
            console_bytes: 16 << 20,
            message_bytes: 64 << 20,
            open_files: 512,
        }
    }
}

/// One instance asked for.
#[derive(Clone, Debug)]
pub struct Launch<'a> {
    /// What it is told; bytes that only the guest understands.
    pub argument: Cow<'a, [u8]>,
    /// What it may use.
    pub limits: Limits,
    /// Directories of the host that it may use.
    pub mounts: Arc<[Mount]>,
    /// Whether it may get a recycled shell (a virtual machine whose instance has ended and whose
    /// memory and registers were reset), where the backend has one.
    pub reuse: bool,
    /// How other threads reach it. A control serves one instance.
    pub control: Option<Control>,
    /// When it was wanted: the zero of [`Phases`]. Without it, the moment of the call.
    pub requested: Option<Instant>,
}

impl<'a> Launch<'a> {
    /// An instance with this argument and default limits.
    pub fn new(argument: impl Into<Cow<'a, [u8]>>) -> Launch<'a> {
        Launch {
            argument: argument.into(),
            limits: Limits::default(),
            mounts: Arc::default(),
            reuse: false,
            control: None,
            requested: None,
        }
    }
}

/// A console stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleStream {
    /// Ordinary output.
    Output,
    /// Errors and reports.
    Errors,
}

/// Whether an instance goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    Continue,
    /// It ends here, with [`Exit::Stopped`].
    Stop,
}

/// Who gets what an instance says. Called on the thread that runs it, while it stands still.
pub trait EventSink {
    /// The instance wrote to its console.
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]);
    /// The instance sent a message to its parent.
    fn message(&mut self, bytes: &[u8]) -> Flow;
    /// The first message was given to [`EventSink::message`] just before: which instance it was,
    /// and its life up to there. Called once at most, before anything else is done for the
    /// instance, so that an answer can be passed on with its phases while the instance still ends.
    fn answered(&mut self, _id: InstanceId, _phases: &Phases) {}
    /// The terminal and the signals that the instance may use, if there are any. Without, its
    /// console is none, and it is told of no signals.
    fn terminal(&mut self) -> Option<&mut dyn Terminal> {
        None
    }
}

/// An instance's id: unique among the instances of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u64);

impl fmt::Display for InstanceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// How an instance ended.
#[derive(Debug)]
pub enum Exit {
    /// By itself, with a status.
    Status(u8),
    /// By itself, with a status and a reason in words.
    Slogan {
        /// The status.
        status: u8,
        /// The reason.
        text: String,
    },
    /// By a fault of its program: an address that isn't there, an instruction that isn't allowed.
    Fault(Box<CrashReport>),
    /// Its wall-clock limit passed.
    TimedOut,
    /// It used more processor time than it may.
    CpuExceeded,
    /// It wanted more memory than it has.
    OutOfMemory {
        /// How much it asked for, by its own account.
        asked: u64,
    },
    /// It broke the contract, or wrote more than it may.
    Violation(Violation),
    /// Its parent ended it.
    Stopped,
}

impl Exit {
    /// Whether it ended by itself, with status 0.
    pub fn is_success(&self) -> bool {
        matches!(self, Exit::Status(0))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Status(status) => write!(formatter, "exited with status {status}"),
            Exit::Slogan { status, text } => {
                write!(formatter, "exited with status {status}: {text}")
            }
            Exit::Fault(report) => write!(formatter, "{}", report.cause),
            Exit::TimedOut => write!(formatter, "ran longer than it may"),
            Exit::CpuExceeded => write!(formatter, "used more processor time than it may"),
            Exit::OutOfMemory { asked } => {
                write!(formatter, "out of memory, asking for {asked} bytes")
            }
            Exit::Violation(violation) => write!(formatter, "broke the contract: {violation}"),
            Exit::Stopped => write!(formatter, "stopped by its parent"),
        }
    }
}

/// When an instance reached the stages of its life, since [`Launch::requested`]. `None`: it never did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Its memory was there, as a view of the image. Not of a recycled shell, which has it.
    pub memory: Option<Duration>,
    /// The pages of it that clones of the image write were there.
    pub working_set: Option<Duration>,
    /// Its shell was there: a virtual machine, new or recycled.
    pub shell: Option<Duration>,
    /// Its shell (virtual machine or process) was ready to run it.
    pub created: Option<Duration>,
    /// It was entered for the first time.
    pub entered: Option<Duration>,
    /// Its application's first instruction ran, by its own account.
    pub first_instruction: Option<Duration>,
    /// Its first message to the parent arrived.
    pub answered: Option<Duration>,
    /// It ended.
    pub exited: Option<Duration>,
    /// Everything it held was given back.
    pub gone: Option<Duration>,
}

/// What an instance used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes written to the console.
    pub console_bytes: u64,
    /// Bytes sent to the parent.
    pub message_bytes: u64,
    /// Bytes that it was given: its argument and console input.
    pub bytes_in: u64,
    /// Processor time: that of making it, of its own code, of the monitor's work for it, and of
    /// giving everything back.
    pub cpu: Duration,
    /// Times the doorbell was rung.
    pub doorbells: u64,
    /// Whether it had a recycled shell.
    pub reused: bool,
}

/// An instance's whole life.
#[derive(Debug)]
pub struct Outcome {
    /// Its id.
    pub id: InstanceId,
    /// How it ended.
    pub exit: Exit,
    /// When it did what.
    pub phases: Phases,
    /// What it used.
    pub usage: Usage,
}

/// What came of building.
#[derive(Debug)]
pub enum Built {
    /// The instance said "ready" and was frozen.
    Frozen(Frozen),
    /// It ended before that.
    Ended(Outcome),
}
