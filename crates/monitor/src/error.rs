//! What the host can't do, or the caller asked wrongly.

use std::io;

use crate::loader::LoadError;

/// Why an instance could not be run. Never the instance's own doing: that is an
/// [`Exit`](crate::Exit).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The `kvm` backend was asked for and can't be used here.
    #[error("the kvm backend cannot be used: {0}")]
    KvmUnavailable(String),
    /// The `process` backend was asked for and can't be used here.
    #[error("the process backend cannot be used: {0}")]
    ProcessUnavailable(String),
    /// A request to the operating system failed.
    #[error("{call}: {source}")]
    Host {
        /// What was asked.
        call: &'static str,
        /// The answer.
        source: io::Error,
    },
    /// The memory limit is outside what the contract allows, or not whole pages.
    #[error("{0} bytes of memory: an instance can have 4 MiB to 64 GiB, in whole pages")]
    MemoryLimit(u64),
    /// The image and the argument don't fit into the memory limit.
    #[error("{limit} bytes of memory are too few: the image and the argument need {needed}")]
    MemoryTooSmall {
        /// The limit.
        limit: u64,
        /// Least memory for this image and argument.
        needed: u64,
    },
    /// The program can't be loaded.
    #[error("the guest program cannot be loaded: {0}")]
    Load(#[from] LoadError),
    /// The virtual processor stopped in a way that no guest should be able to cause.
    #[error("the virtual processor stopped: {0}")]
    Processor(String),
    /// The process in which it ran, or was to run, is gone; or that process' own error.
    #[error("{0}")]
    Worker(String),
}

impl Error {
    /// The operating system's last error, from `call`.
    pub(crate) fn last_os(call: &'static str) -> Error {
        Error::Host {
            call,
            source: io::Error::last_os_error(),
        }
    }

    /// For `map_err`: an I/O error of `call`.
    pub(crate) fn host<E: Into<io::Error>>(call: &'static str) -> impl FnOnce(E) -> Error {
        move |source| Error::Host {
            call,
            source: source.into(),
        }
    }
}
