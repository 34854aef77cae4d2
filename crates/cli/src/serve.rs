//! `brood serve`: a new instance for each request.

use anyhow::{Context, bail};
use brood_gateway::{Config, Server};
use brood_image::Image;
use brood_monitor::{BackendKind, Monitor, Scheduler};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::arguments;
use crate::jail;
use crate::memory;
use crate::volume;

/// Memory beyond what the image holds, in MiB.
pub const ROOM: u64 = 64;

/// Exit status when told twice to stop.
const INTERRUPTED: i32 = 130;

/// Serves.
pub fn serve(options: &arguments::Serve) -> anyhow::Result<()> {
    let image = Image::open(&options.image)?;
    if !image.metadata().entry.contains("handler ") {
        bail!(
            "{} has no handler (its entry: {}): build it with --handler, or run it",
            options.image.display(),
            image.metadata().entry
        );
    }
    let defaults = Config::default();
    let config = Config {
        concurrency: options
            .concurrency
            .map_or(defaults.concurrency, |count| count as usize),
        queue: options.queue,
        timeout: options.timeout,
        memory_bytes: memory::of_clone(&image, options.memory, ROOM)?,
        body_max: options.max_body.saturating_mul(1024),
        reuse: options.reuse,
        ..defaults
    };
    let mounts = volume::mounts(&options.volumes)?;
    let backend = options.backend.resolve()?;
    let mounts = mounts.into();
    let instances = match options.jail {
        true => jail::jailed(backend.kind, image, mounts, &config)?,
        false => jail::free(backend.kind, image, mounts)?,
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let concurrency = config.concurrency;
        let server = Server::bind(options.listen, config, instances).await?;
        println!(
            "serving {} on http://{}/ ({}: {}; {concurrency} instances at a time)",
            options.image.display(),
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
        tokio::spawn(async move {
            signals.next().await;
            eprintln!("ending what has begun; once more to stop at once");
            // The server waits for it as long as it serves.
            let _ = stop.send(());
            signals.next().await;
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

/// A scheduler with a worker for each processor.
pub fn scheduler(monitor: Monitor) -> anyhow::Result<Scheduler> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Scheduler::start(monitor, workers)?)
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
