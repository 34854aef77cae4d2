//! Ctrl-C, for the verbs that run one instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use brood_monitor::Control;

use crate::run::status;

/// Ctrl-C (or SIGTERM) ends the instance; again: this program, at once. Returns whether it came.
pub fn stop_on_signal(control: &Control) -> anyhow::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let (flag, control) = (Arc::clone(&interrupted), control.clone());
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(status::INTERRUPTED));
        }
        control.stop();
    })
    .context("cannot handle signals")?;
    Ok(interrupted)
}
