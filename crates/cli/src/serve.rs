//! `brood serve`: a new instance for each request.

use anyhow::{Context, bail};
use brood_gateway::{Config, Server, UsageLog};
use brood_monitor::{BackendKind, Hibernation, Monitor, Scheduler};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::arguments;
use crate::hibernation::Den;
use crate::images::Images;
use crate::jail::Home;
use crate::volume;

/// Memory beyond what the image holds, in MiB.
pub const ROOM: u64 = 64;

/// Exit status when told twice to stop.
const INTERRUPTED: i32 = 130;

/// Serves.
pub fn serve(options: &arguments::Serve) -> anyhow::Result<()> {
    let defaults = Config::default();
    let concurrency = options
        .concurrency
        .map_or(defaults.concurrency, |count| count as usize);
    let share = match (options.share, &options.applications) {
        (Some(share), _) => share as usize,
        (None, Some(_)) => (concurrency * 3 / 4).max(1),
        (None, None) => concurrency,
    };
    let config = Config {
        concurrency,
        share,
        queue: options.queue,
        timeout: options.timeout,
        cpu: options.cpu,
        body_max: options.max_body.saturating_mul(1024),
        answer_max: options.max_answer.saturating_mul(1024),
        console_bytes: options.max_console.saturating_mul(1024),
        open_files: options.max_files,
        reuse: options.reuse,
        ..defaults
    };
    let backend = options.backend.resolve()?;
    // Gone last, when nobody is in it any more.
    let den = match options.hibernate {
        None => None,
        Some(after) => Some(Den::new(after, options.hibernate_directory.as_deref())?),
    };
    let hibernation = den.as_ref().map(Den::hibernation);
    let home = Home::new(options.jail, backend.kind, &config, hibernation)?;
    let images = Images {
        home,
        mounts: volume::mounts(&options.volumes)?.into(),
        memory: options.memory,
    };
    let (what, applications) = match (&options.image, &options.applications) {
        (Some(image), _) => (image, images.one(image)?),
        (None, Some(directory)) => (directory, images.many(directory)?),
        (None, None) => bail!("an image or --applications is wanted"),
    };
    let usage = match &options.usage {
        None => None,
        Some(path) => {
            Some(UsageLog::open(path).with_context(|| format!("cannot write {}", path.display()))?)
        }
    };
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        if let Some(usage) = usage.clone() {
            reopen_on_hangup(usage)?;
        }
        let server = Server::bind(options.listen, config, applications, usage).await?;
        println!(
            "serving {} on http://{}/ ({}: {}; {concurrency} instances at a time)",
            what.display(),
            server.address(),
            backend.kind,
            backend.reason
        );
        if backend.kind == BackendKind::Process {
            eprintln!(
                "note: with the process backend each instance is a process locked down by seccomp, \
                 which isolates less than a virtual machine"
            );
        }
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let pages = den.as_ref().map(|den| den.path().to_owned());
        tokio::spawn(async move {
            signals.next().await;
            eprintln!("ending what has begun; once more to stop at once");
            // The server waits for it as long as it serves.
            let _ = stop.send(());
            signals.next().await;
            // Nothing is dropped on this way out. What is written just now the next server will find.
            let _ = pages.map(std::fs::remove_dir_all);
            std::process::exit(INTERRUPTED);
        });
        server
            .serve(async {
                if stopped.await.is_err() {
                    tracing::error!("signals are no longer heard");
                }
            })
            .await;
        Ok(())
    })
}

/// What runs the asynchronous side.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("cannot start threads")
}

/// Whoever moves the file away says so with SIGHUP.
fn reopen_on_hangup(usage: UsageLog) -> anyhow::Result<()> {
    let mut hangups = signal(SignalKind::hangup()).context("cannot handle signals")?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            usage.reopen();
        }
    });
    Ok(())
}

/// A scheduler with a worker for each processor.
pub fn scheduler(monitor: Monitor, hibernation: Option<Hibernation>) -> anyhow::Result<Scheduler> {
    Ok(Scheduler::start(monitor, processors(), hibernation)?)
}

/// How many processors this program may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Signals> {
        let signal = |kind| signal(kind).context("cannot handle signals");
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
