//! `brood build`: an application into an image.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow, bail};
use brood_image::Image;
use brood_monitor::{Built, Control, Exit, Limits, Monitor, Outcome};
use indicatif::{ProgressBar, ProgressStyle};

use crate::arguments;
use crate::console::Kept;
use crate::interrupt::stop_on_signal;
use crate::memory::mib;
use crate::package::{self, Package, Request};
use crate::show;

/// How long an application may take to load and start.
const BOOT_MAX: Duration = Duration::from_secs(120);

/// A spinner that shows only on a terminal.
pub fn spinner() -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
        progress.set_style(style);
    }
    progress.enable_steady_tick(Duration::from_millis(100));
    progress
}

/// Builds.
pub fn build(options: &arguments::Build) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let request = Request {
        directory: &options.directory,
        main: options.main.as_deref(),
        handler: options.handler.as_deref(),
        include: &options.include,
        nobeam: options.nobeam,
        otp: options.otp.as_deref(),
    };
    // Before any work: a backend that can't be used, or a place that can't be written to.
    let monitor = Monitor::new(options.backend.resolve()?.kind)?;
    let place = options
        .output
        .parent()
        .filter(|place| !place.as_os_str().is_empty());
    if let Some(place) = place.filter(|place| !place.is_dir()) {
        bail!("{} is no directory to write an image to", place.display());
    }
    // Ctrl-C ends `erl` by itself, and through this the instance, so that nothing half done is left behind.
    let control = Control::new();
    let interrupted = stop_on_signal(&control)?;
    let progress = spinner();
    let built = package::make(&request, &progress).and_then(|package| {
        image(
            &monitor,
            package,
            mib(options.memory)?,
            &options.output,
            start,
            &control,
            &progress,
        )
    });
    progress.finish_and_clear();
    if built.is_err() && interrupted.load(Ordering::Relaxed) {
        crate::complain(&anyhow!("interrupted: no image was written"));
        return Ok(ExitCode::from(crate::run::status::INTERRUPTED));
    }
    let image = built?;
    println!(
        "{}: {}, {} modules, built in {}",
        options.output.display(),
        show::bytes(image.file_bytes()),
        image.metadata().modules.len(),
        show::time(start.elapsed())
    );
    Ok(ExitCode::SUCCESS)
}

/// Starts the package in an instance, freezes that when it is ready, and writes it to `path`.
pub fn image(
    monitor: &Monitor,
    package: Package,
    memory_bytes: u64,
    path: &Path,
    start: Instant,
    control: &Control,
    progress: &ProgressBar,
) -> anyhow::Result<Image> {
    let Package {
        bytes,
        mut metadata,
    } = package;
    progress.set_message(format!("booting {} modules", metadata.modules.len()));
    let limits = Limits {
        memory_bytes,
        wall: Some(BOOT_MAX),
        ..Limits::default()
    };
    let mut kept = Kept::default();
    let built = monitor.build(crate::GUEST, &bytes, &limits, Some(control), &mut kept)?;
    let frozen = match built {
        Built::Frozen(frozen) => frozen,
        Built::Ended(outcome) => bail!("{}", why(&outcome, &kept)),
    };
    progress.set_message("freezing");
    metadata.brood_version = env!("CARGO_PKG_VERSION").to_owned();
    metadata.created_unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    metadata.build_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    brood_image::write(path, &frozen, &metadata)?;
    Image::open(path).context("the image that was just written can't be read")
}

/// What to tell about an instance that ended before it was ready.
fn why(outcome: &Outcome, kept: &Kept) -> String {
    let reason = match &outcome.exit {
        Exit::Fault(report) => format!("the runtime crashed\n{report}"),
        Exit::TimedOut => format!("it was not ready after {}", show::time(BOOT_MAX)),
        Exit::OutOfMemory { .. } => format!("{}: give it more with --memory", outcome.exit),
        exit => brood_gateway::harmless(exit.to_string().as_bytes()),
    };
    let reason = reason.trim_end();
    format!(
        "the application did not start in its instance: {reason}{}",
        kept.printed()
    )
}
