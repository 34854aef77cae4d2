//! A worker's process, as its parent sees it: started, killed, waited for.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions};

/// A process that was started to become a worker, or to start one in a process id space of its own.
pub(crate) struct Starter {
    child: Child,
}

impl Starter {
    /// Starts `command` with the worker's end of the socket as standard input, and nothing else.
    pub(crate) fn start(command: &[OsString], socket: OwnedFd) -> io::Result<Starter> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::from(socket))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Starter { child })
    }

    /// The worker, which says that it has this process id.
    pub(crate) fn worker(mut self, process: i32) -> io::Result<Process> {
        if process != self.child.id() as i32 {
            // It has started the worker as another child of ours, and ends.
            self.child.wait()?;
        }
        let wrong = || io::Error::other(format!("{process} is no process id"));
        let pid = Pid::from_raw(process).ok_or_else(wrong)?;
        // Only what is a child of ours can be waited for, so this is nobody else's process.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        rustix::process::waitid(WaitId::Pid(pid), options)?;
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
        Ok(Process {
            pid,
            handle,
            reaped: false,
        })
    }

    /// Ends it before it has become a worker.
    pub(crate) fn abandon(mut self) {
        // Both fail only for a process that isn't there any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a worker's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Status(i32),
    /// By a signal.
    Signal(i32),
    /// Nobody knows.
    Lost,
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Status(status) => write!(formatter, "ended with status {status}"),
            End::Signal(signal) => write!(formatter, "was killed by signal {signal}"),
            End::Lost => formatter.write_str("is gone"),
        }
    }
}

/// A worker's process; killed when dropped.
pub(crate) struct Process {
    pid: Pid,
    handle: OwnedFd,
    reaped: bool,
}

impl Process {
    /// Its id.
    pub(crate) fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Readable when it is gone.
    pub(crate) fn handle(&self) -> &OwnedFd {
        &self.handle
    }

    /// Waits until it has ended, but no longer than `patience`; then it is killed.
    pub(crate) fn end(mut self, patience: Duration) -> End {
        let patience = Timespec::try_from(patience).ok();
        let mut polled = [PollFd::new(&self.handle, PollFlags::IN)];
        if !matches!(poll(&mut polled, patience.as_ref()), Ok(1..)) {
            self.kill();
        }
        self.reap()
    }

    fn kill(&self) {
        // It fails only for a process that isn't there any more.
        let _ = rustix::process::pidfd_send_signal(&self.handle, Signal::KILL);
    }

    fn reap(&mut self) -> End {
        self.reaped = true;
        let wait = || rustix::process::waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED);
        match rustix::io::retry_on_intr(wait) {
            Ok(Some(status)) => (status.exit_status().map(End::Status))
                .or(status.terminating_signal().map(End::Signal))
                .unwrap_or(End::Lost),
            _ => End::Lost,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            self.reap();
        }
    }
}
