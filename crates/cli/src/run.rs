//! `brood run`: an instance on this terminal.

use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::Context;
use brood_image::Image;
use brood_monitor::{ConsoleStream, Control, EventSink, Exit, Flow, Launch, Limits, Monitor};

use crate::arguments;
use crate::interrupt::stop_on_signal;
use crate::memory;

/// Memory beyond what the image holds, in MiB.
const ROOM: u64 = 256;
/// How much input is read ahead of the instance, in bytes.
const READ_AHEAD: usize = 256 << 10;

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
    ExitCode::from(attached(options).unwrap_or_else(|error| {
        crate::complain(&error);
        status::NOT_RUN
    }))
}

fn attached(options: &arguments::Run) -> anyhow::Result<u8> {
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
    let interrupted = stop_on_signal(&control)?;
    feed_input(&control)?;
    let arguments: Vec<&[u8]> = options
        .arguments
        .iter()
        .map(|argument| argument.as_bytes())
        .collect();
    let argument = brood_gateway::encode_run(&arguments);
    let launch = Launch {
        limits: Limits {
            memory_bytes,
            wall: options.timeout,
            // A terminal takes whatever comes.
            console_bytes: u64::MAX,
            ..Limits::default()
        },
        control: Some(&control),
        ..Launch::new(&argument)
    };
    let mut terminal = Terminal {
        control: control.clone(),
        failure: None,
    };
    let outcome = monitor.run(&image, &launch, &mut terminal)?;
    tracing::debug!(instance = %outcome.id, phases = ?outcome.phases, usage = ?outcome.usage, "gone");
    if let Some(error) = terminal.failure {
        return Err(error).context("cannot write what the instance prints");
    }
    Ok(match outcome.exit {
        Exit::Status(status) => status,
        Exit::Slogan { status, text } => {
            eprintln!("{text}");
            status
        }
        Exit::Stopped if interrupted.load(Ordering::Relaxed) => status::INTERRUPTED,
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
        exit @ (Exit::Violation(_) | Exit::Stopped) => {
            eprintln!("error: instance {}: {exit}", outcome.id);
            status::CRASHED
        }
    })
}

/// Passes standard input on, from a thread that ends with this program.
fn feed_input(control: &Control) -> anyhow::Result<()> {
    let control = control.clone();
    let feed = move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            control.wait_for_input_below(READ_AHEAD);
            match io::stdin().lock().read(&mut buffer) {
                Ok(0) => return control.console_eof(),
                Ok(length) => control.console_input(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::debug!(%error, "standard input");
                    return control.console_eof();
                }
            }
        }
    };
    std::thread::Builder::new()
        .name("brood-input".to_owned())
        .spawn(feed)
        .context("cannot start a thread for standard input")?;
    Ok(())
}

/// Standard output and standard error as an instance's console.
struct Terminal {
    control: Control,
    failure: Option<io::Error>,
}

impl EventSink for Terminal {
    fn console(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        fn write(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
            to.write_all(bytes)?;
            to.flush()
        }
        let written = match stream {
            ConsoleStream::Output => write(io::stdout().lock(), bytes),
            ConsoleStream::Errors => write(io::stderr().lock(), bytes),
        };
        if let Err(error) = written {
            self.failure.get_or_insert(error);
            self.control.stop();
        }
    }

    fn message(&mut self, _bytes: &[u8]) -> Flow {
        // A crash report, which the logger has printed already.
        Flow::Continue
    }
}
