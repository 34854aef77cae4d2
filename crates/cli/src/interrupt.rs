//! Ctrl-C, for verbs whose instance has no use for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use brood_monitor::Control;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::status;

/// Ctrl-C (or SIGTERM, or SIGHUP) ends the instance; again: this program, at once. Returns whether it came.
pub fn stop_on_signal(control: &Control) -> anyhow::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let (flag, control) = (Arc::clone(&interrupted), control.clone());
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot handle signals")?;
    let stop = move || {
        for _ in signals.forever() {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(i32::from(status::INTERRUPTED));
            }
            control.stop();
        }
    };
    std::thread::Builder::new()
        .name("brood-signals".to_owned())
        .spawn(stop)
        .context("cannot start a thread for signals")?;
    Ok(interrupted)
}
