//! What this program holds of the host.

use std::path::Path;

use anyhow::Context;
use serde::Serialize;

/// What this program holds of the host.
#[derive(Debug, Serialize)]
pub struct Host {
    /// Resident memory of this program, less what its allocator holds free.
    pub rss_bytes: u64,
    /// Open descriptors of this program.
    pub descriptors: usize,
    /// Threads of this program.
    pub threads: usize,
    /// What the host could give to programs.
    pub memory_available_bytes: u64,
}

impl Host {
    /// Looks.
    pub fn now() -> anyhow::Result<Host> {
        trim();
        let entries = |path: &str| {
            std::fs::read_dir(path)
                .map(Iterator::count)
                .with_context(|| format!("cannot read {path}"))
        };
        Ok(Host {
            rss_bytes: kib_of("/proc/self/status", "VmRSS:")? * 1024,
            // Less the one that the directory itself is read by.
            descriptors: entries("/proc/self/fd")? - 1,
            threads: entries("/proc/self/task")?,
            memory_available_bytes: kib_of("/proc/meminfo", "MemAvailable:")? * 1024,
        })
    }
}

/// Lets this program have so many descriptors.
pub fn raise_descriptors(wanted: u64) -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|maximum| maximum.max(wanted));
    let raised = Rlimit {
        current: Some(wanted),
        maximum,
    };
    setrlimit(Resource::Nofile, raised).with_context(|| {
        format!(
            "{wanted} descriptors are needed, and no more than {maximum:?} may be had (ulimit -n)"
        )
    })
}

/// Has the allocator give back what nobody uses: the client's own notes are freed in between, and
/// would show as memory that the server kept.
fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: no preconditions.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// The number in the line of `path` that begins with `name`.
fn kib_of(path: &str, name: &str) -> anyhow::Result<u64> {
    let text =
        std::fs::read_to_string(Path::new(path)).with_context(|| format!("cannot read {path}"))?;
    let value = text.lines().find_map(|line| {
        line.strip_prefix(name)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    value.with_context(|| format!("{path} does not tell {name}"))
}
