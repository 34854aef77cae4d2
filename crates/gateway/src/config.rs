//! What a server may use.

use std::time::Duration;

/// The bounds of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How many instances are alive at a time: running, or waiting for something.
    pub concurrency: usize,
    /// How many of them one application may have.
    pub share: usize,
    /// How many requests may wait for a free place; one more gets 503.
    pub queue: usize,
    /// How long an instance may live, and how long a request may wait for its launch.
    pub timeout: Duration,
    /// How much processor time an instance may use: its own, and what it takes to make it and to serve it.
    pub cpu: Option<Duration>,
    /// How long an instance may live on after its answer, to end in order and print what is left.
    pub grace: Duration,
    /// Longest request body in bytes.
    pub body_max: usize,
    /// How many bytes of bodies may be in memory for requests whose instance is yet to be launched; a
    /// request beyond gets 503. A body of unknown length counts as the longest.
    pub bodies_max: usize,
    /// Longest answer of an instance in bytes.
    pub answer_max: usize,
    /// How much an instance may print, in bytes. The log keeps the beginning only.
    pub console_bytes: u64,
    /// How many files of the host an instance may have open, if it may use any: they are this program's.
    pub open_files: usize,
    /// How many connections may be open; further ones wait to be accepted.
    pub connections: usize,
    /// How long a client may take to send a request's head, and to send its body.
    pub read_timeout: Duration,
    /// Whether instances may get recycled shells: machines whose instance has ended, and which were reset.
    pub reuse: bool,
}

impl Default for Config {
    /// 32 instances for each processor, all of one application if it needs them, a queue of 256, 30 s
    /// and 100 ms of grace, no limit of processor time, bodies of 8 MiB, 256 MiB of bodies, answers
    /// of 32 MiB, 1 MiB of console, 64 open files, 1024 connections, 15 s to read.
    fn default() -> Config {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Config {
            concurrency: 32 * processors,
            share: usize::MAX,
            queue: 256,
            timeout: Duration::from_secs(30),
            cpu: None,
            grace: Duration::from_millis(100),
            body_max: 8 << 20,
            bodies_max: 256 << 20,
            answer_max: 32 << 20,
            console_bytes: 1 << 20,
            open_files: 64,
            connections: 1024,
            read_timeout: Duration::from_secs(15),
            reuse: false,
        }
    }
}
