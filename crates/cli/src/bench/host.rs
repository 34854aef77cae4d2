//! What this program and its children hold of the host.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

/// What this program and its children (workers of jails, instances of the `process` backend) hold of the host.
#[derive(Debug, Default, Serialize)]
pub struct Host {
    /// These processes.
    pub processes: usize,
    /// Their resident memory, less what this program's allocator holds free.
    pub rss_bytes: u64,
    /// Their open descriptors.
    pub descriptors: usize,
    /// Their threads, with those that the kernel adds for virtual machines.
    pub threads: usize,
    /// What the host could give to programs.
    pub memory_available_bytes: u64,
}

impl Host {
    /// Looks.
    pub fn now() -> anyhow::Result<Host> {
        trim();
        let mut host = Host {
            memory_available_bytes: kib_of(Path::new("/proc/meminfo"), "MemAvailable:")? * 1024,
            ..Host::default()
        };
        host.add(Path::new("/proc/self"))?;
        // Less the one that the directory itself is read by.
        host.descriptors -= 1;
        for child in children()? {
            // It may end meanwhile.
            if let Err(error) = host.add(&child) {
                tracing::debug!(%error, "a child has gone");
            }
        }
        Ok(host)
    }

    /// Adds a process; all of it or nothing.
    fn add(&mut self, process: &Path) -> anyhow::Result<()> {
        let entries = |name: &str| {
            let path = process.join(name);
            std::fs::read_dir(&path)
                .map(Iterator::count)
                .with_context(|| format!("cannot read {}", path.display()))
        };
        let rss_bytes = kib_of(&process.join("status"), "VmRSS:")? * 1024;
        let (descriptors, threads) = (entries("fd")?, entries("task")?);
        self.processes += 1;
        self.rss_bytes += rss_bytes;
        self.descriptors += descriptors;
        self.threads += threads;
        Ok(())
    }
}

/// The children of this process, as directories. (`/proc/self/task/*/children` isn't there on every kernel.)
fn children() -> anyhow::Result<Vec<PathBuf>> {
    let own = std::process::id().to_string();
    let is_child = |process: &PathBuf| {
        let status = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        // The name, which may hold anything, is in parentheses; then come the state and the parent.
        let parent = status
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split(' ').nth(2));
        parent == Some(&own)
    };
    let entries = std::fs::read_dir("/proc").context("cannot read /proc")?;
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths.filter(is_child).collect())
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
fn kib_of(path: &Path, name: &str) -> anyhow::Result<u64> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value = text.lines().find_map(|line| {
        line.strip_prefix(name)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    value.with_context(|| format!("{} does not tell {name}", path.display()))
}
