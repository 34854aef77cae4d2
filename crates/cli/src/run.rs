//! `brood run`: an instance on this terminal.

use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use anyhow::Context;
use brood_image::Image;
use brood_monitor::{Control, Exit, Launch, Limits, Monitor};

use crate::arguments;
use crate::crash_dump::CrashDump;
use crate::memory;
use crate::terminal::Attached;
use crate::volume;

/// Memory beyond what the image holds, in MiB.
const ROOM: u64 = 256;

/// Exit statuses that are not the instance's.
pub mod status {
    pub const TIMED_OUT: u8 = 124;
    pub const NOT_RUN: u8 = 125;
    pub const INTERRUPTED: u8 = 130;
    pub const CRASHED: u8 = 134;
    pub const OUT_OF_MEMORY: u8 = 137;
}

/// Runs.
pub fn run(options: &arguments::Run) -> ExitCode {
    ExitCode::from(started(options).unwrap_or_else(|error| {
        crate::complain(&error);
        status::NOT_RUN
    }))
}

fn started(options: &arguments::Run) -> anyhow::Result<u8> {
    let image = Image::open(&options.image)?;
    if !image.metadata().entry.contains("main ") {
        anyhow::bail!(
            "{} has no main function (its entry: {}): build it with --main, or serve it",
            options.image.display(),
            image.metadata().entry
        );
    }
    let memory_bytes = memory::of_clone(&image, options.memory, ROOM)?;
    let monitor = Monitor::new(options.backend.resolve()?.kind)?;
    let control = Control::new();
    let arguments: Vec<&[u8]> = options
        .arguments
        .iter()
        .map(|argument| argument.as_bytes())
        .collect();
    let argument = brood_gateway::encode_run(&arguments);
    let mut mounts = volume::mounts(&options.volumes)?;
    let crash_dump = options.crash_dump.as_deref();
    let crash_dump = crash_dump.map(CrashDump::prepare).transpose()?;
    if let Some(crash_dump) = &crash_dump {
        mounts.push(crash_dump.mount()?);
    }
    let launch = Launch {
        limits: Limits {
            memory_bytes,
            wall: options.timeout,
            // A terminal takes whatever comes.
            console_bytes: u64::MAX,
            ..Limits::default()
        },
        mounts: mounts.into(),
        control: Some(control.clone()),
        ..Launch::new(&argument)
    };
    let status = attached(&monitor, &image, &launch, &control)?;
    crash_dump.map_or(Ok(()), CrashDump::collect)?;
    Ok(status)
}

/// Runs an instance on this terminal, reached through `control`. Returns the exit status that tells
/// how it ended.
pub fn attached(
    monitor: &Monitor,
    image: &Image,
    launch: &Launch<'_>,
    control: &Control,
) -> anyhow::Result<u8> {
    let mut attached = Attached::new(control)?;
    let outcome = monitor.run(image, launch, &mut attached)?;
    tracing::debug!(instance = %outcome.id, phases = ?outcome.phases, usage = ?outcome.usage, "gone");
    let interrupted = attached.was_interrupted();
    (attached.detach()).context("cannot write what the instance prints")?;
    Ok(match outcome.exit {
        Exit::Status(status) => status,
        Exit::Slogan { status, text } => {
            eprintln!("{text}");
            status
        }
        Exit::Stopped if interrupted => status::INTERRUPTED,
        Exit::TimedOut => {
            eprintln!("error: the instance ran longer than --timeout allows");
            status::TIMED_OUT
        }
        Exit::OutOfMemory { asked } => {
            eprintln!(
                "error: the instance is out of memory (asking for {asked} bytes): give it more with --memory"
            );
            status::OUT_OF_MEMORY
        }
        Exit::Fault(report) => {
            eprint!("{report}");
            status::CRASHED
        }
        exit @ (Exit::Violation(_) | Exit::Stopped | Exit::CpuExceeded) => {
            eprintln!("error: instance {}: {exit}", outcome.id);
            status::CRASHED
        }
    })
}
