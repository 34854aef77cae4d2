//! The monitor's words for the life of an instance, as they are sent.

use std::time::Duration;

use brood_monitor::{
    Cause, CrashReport, Exit, Frame, InstanceId, Limits, Outcome, Phases, Registers, Usage,
    Violation,
};
use serde::{Deserialize, Serialize};

/// Registers of a crash report.
const REGISTERS: usize = size_of::<Registers>() / size_of::<u64>();

/// [`Limits`], field by field.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Limits")]
pub(crate) struct LimitsOnWire {
    memory_bytes: u64,
    wall: Option<Duration>,
    cpu: Option<Duration>,
    after_answer: Option<Duration>,
    console_bytes: u64,
    message_bytes: u64,
    open_files: usize,
}

/// [`Phases`], field by field.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Phases")]
pub(crate) struct PhasesOnWire {
    memory: Option<Duration>,
    working_set: Option<Duration>,
    shell: Option<Duration>,
    created: Option<Duration>,
    entered: Option<Duration>,
    first_instruction: Option<Duration>,
    answered: Option<Duration>,
    exited: Option<Duration>,
    gone: Option<Duration>,
}

/// [`Usage`], field by field.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Usage")]
struct UsageOnWire {
    console_bytes: u64,
    message_bytes: u64,
    bytes_in: u64,
    cpu: Duration,
    doorbells: u64,
    reused: bool,
}

/// [`Outcome`]. What only people read is sent as the text that they read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OutcomeOnWire {
    instance: u64,
    exit: ExitOnWire,
    #[serde(with = "PhasesOnWire")]
    phases: Phases,
    #[serde(with = "UsageOnWire")]
    usage: Usage,
}

#[derive(Debug, Serialize, Deserialize)]
enum ExitOnWire {
    Status(u8),
    Slogan { status: u8, text: String },
    Fault(Box<ReportOnWire>),
    TimedOut,
    CpuExceeded,
    OutOfMemory { asked: u64 },
    Violation(String),
    Stopped,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReportOnWire {
    cause: String,
    note: Option<String>,
    registers: Option<[u64; REGISTERS]>,
    backtrace: Vec<(u64, Option<(String, u64)>)>,
}

impl From<Outcome> for OutcomeOnWire {
    fn from(outcome: Outcome) -> OutcomeOnWire {
        let exit = match outcome.exit {
            Exit::Status(status) => ExitOnWire::Status(status),
            Exit::Slogan { status, text } => ExitOnWire::Slogan { status, text },
            Exit::Fault(report) => ExitOnWire::Fault(Box::new((*report).into())),
            Exit::TimedOut => ExitOnWire::TimedOut,
            Exit::CpuExceeded => ExitOnWire::CpuExceeded,
            Exit::OutOfMemory { asked } => ExitOnWire::OutOfMemory { asked },
            Exit::Violation(violation) => ExitOnWire::Violation(violation.to_string()),
            Exit::Stopped => ExitOnWire::Stopped,
        };
        OutcomeOnWire {
            instance: outcome.id.0,
            exit,
            phases: outcome.phases,
            usage: outcome.usage,
        }
    }
}

impl From<OutcomeOnWire> for Outcome {
    fn from(outcome: OutcomeOnWire) -> Outcome {
        let id = InstanceId(outcome.instance);
        let exit = match outcome.exit {
            ExitOnWire::Status(status) => Exit::Status(status),
            ExitOnWire::Slogan { status, text } => Exit::Slogan { status, text },
            ExitOnWire::Fault(report) => Exit::Fault(Box::new(report.into_report(id))),
            ExitOnWire::TimedOut => Exit::TimedOut,
            ExitOnWire::CpuExceeded => Exit::CpuExceeded,
            ExitOnWire::OutOfMemory { asked } => Exit::OutOfMemory { asked },
            ExitOnWire::Violation(text) => Exit::Violation(Violation::Forbidden(text)),
            ExitOnWire::Stopped => Exit::Stopped,
        };
        Outcome {
            id,
            exit,
            phases: outcome.phases,
            usage: outcome.usage,
        }
    }
}

impl From<CrashReport> for ReportOnWire {
    fn from(report: CrashReport) -> ReportOnWire {
        let frames = report.backtrace.into_iter();
        ReportOnWire {
            cause: report.cause.to_string(),
            note: report.note,
            registers: report
                .registers
                .map(|registers| zerocopy::transmute!(registers)),
            backtrace: frames
                .map(|frame| (frame.address, frame.function))
                .collect(),
        }
    }
}

impl ReportOnWire {
    fn into_report(self, id: InstanceId) -> CrashReport {
        let frames = self.backtrace.into_iter();
        CrashReport {
            id,
            cause: Cause::Unknown(self.cause),
            note: self.note,
            registers: self
                .registers
                .map(|registers| zerocopy::transmute!(registers)),
            backtrace: frames
                .map(|(address, function)| Frame { address, function })
                .collect(),
        }
    }
}
