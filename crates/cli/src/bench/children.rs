//! Unix processes to compare with.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long `fork`, `exec` and waiting for the program's end take.
pub fn time(program: &Path, arguments: &[&str]) -> anyhow::Result<Duration> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    // SAFETY: the closure does nothing, so nothing that is not async-signal-safe happens between
    // fork and exec. Its presence makes the library fork instead of using `posix_spawn`.
    unsafe { command.pre_exec(|| Ok(())) };
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let took = start.elapsed();
    if !status.success() {
        bail!("{} ended with {status}", program.display());
    }
    Ok(took)
}
