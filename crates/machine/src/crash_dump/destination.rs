//! Where a dump goes, and how much of it: what `ERL_CRASH_DUMP`, `ERL_CRASH_DUMP_SECONDS` and `ERL_CRASH_DUMP_BYTES` say, as
//! for OTP.
//!
//! Only a directory of the host outlives the machine. Without `ERL_CRASH_DUMP` a dump goes to `erl_crash.dump` in
//! [`DIRECTORY`] if one is mounted there, else in the working directory. Where that is memory, there is no dump.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::files::content::Data;
use crate::files::{Change, FileSystem, Handle, Modes, PosixError};
use crate::machine::Machine;
use crate::platform::Platform;

/// A directory for crash dumps, if one of the host is mounted there.
const DIRECTORY: &[u8] = b"/var/crash";
/// OTP's name.
const NAME: &str = "erl_crash.dump";
/// What a dump has in it concerns few.
const PERMISSIONS: u32 = 0o640;
/// How much is written at once.
const BUFFER_BYTES: usize = 64 << 10;
/// What stands at the end of a dump that is too long.
const LIMIT_REACHED: &str = "\n=abort:CRASH DUMP SIZE LIMIT REACHED\n";

/// What is wanted.
pub(super) struct Plan {
    /// The file.
    pub path: String,
    /// The most bytes.
    limit: u64,
    /// When to end, on the platform's clock.
    deadline_ns: Option<u64>,
}

/// How far a dump got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Complete,
    LimitReached,
    OutOfTime,
    Failed(PosixError),
}

/// The number that a text begins with, 0 if it begins with none.
fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let magnitude = digits[..end.unwrap_or(digits.len())].parse().unwrap_or(0);
    if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    }
}

impl Plan {
    /// What is wanted of this machine, unless that is nothing.
    pub fn of(machine: &mut Machine) -> Option<Plan> {
        let variable = |name| machine.environment.get(name);
        let seconds = variable("ERL_CRASH_DUMP_SECONDS").map_or(-1, leading_number);
        let bytes = variable("ERL_CRASH_DUMP_BYTES").and_then(|text| text.parse::<i64>().ok());
        let limit = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        if seconds == 0 || limit == Some(0) {
            return None;
        }
        let path = variable("ERL_CRASH_DUMP").map(String::from);
        let mounts = &machine.platform.birth().mounts;
        let has_directory = mounts.iter().any(|point| point.path == DIRECTORY);
        let path = path.unwrap_or_else(|| match has_directory {
            true => String::from("/var/crash/") + NAME,
            false => String::from(NAME),
        });
        let wait_ns = u64::try_from(seconds)
            .ok()
            .map(|s| s.saturating_mul(1_000_000_000));
        let now = machine.platform.monotonic_ns();
        Some(Plan {
            path,
            limit: limit.unwrap_or(u64::MAX),
            deadline_ns: wait_ns.map(|ns| now.saturating_add(ns)),
        })
    }

    /// Opens the file. `None` if it is one in memory.
    pub fn open(&self, machine: &mut Machine) -> Result<Option<Handle>, PosixError> {
        let path = self.path.as_bytes();
        let mut files = machine.present_files();
        let handle = files.open(path, Modes::WRITE)?;
        if !handle.is_on_host() {
            files.close(handle);
            return Ok(None);
        }
        let mode = Change {
            mode: Some(PERMISSIONS),
            ..Change::default()
        };
        // A file that was somebody else's stays as it is.
        let _ = files.change_attributes(path, &mode);
        Ok(Some(handle))
    }

    /// What writes to it.
    pub fn writer<'a>(
        &self,
        handle: Handle,
        files: &'a mut FileSystem,
        platform: &'a mut dyn Platform,
    ) -> Writer<'a> {
        let mut buffer = Vec::new();
        // Without memory for it, each piece of text goes out by itself.
        let _ = buffer.try_reserve_exact(BUFFER_BYTES);
        Writer {
            files,
            platform,
            handle,
            buffer,
            left: self.limit,
            deadline_ns: self.deadline_ns,
            outcome: Outcome::Complete,
        }
    }
}

/// Writes a dump until something ends it.
pub(super) struct Writer<'a> {
    files: &'a mut FileSystem,
    platform: &'a mut dyn Platform,
    handle: Handle,
    buffer: Vec<u8>,
    /// How many bytes may be written yet.
    left: u64,
    deadline_ns: Option<u64>,
    outcome: Outcome,
}

impl Writer<'_> {
    /// Writes to the file, or says why not.
    fn put(&mut self, bytes: &[u8]) -> fmt::Result {
        let mut files = self.files.at_time(0, self.platform.host_files());
        let (_, result) = files.write(&mut self.handle, Data::Bytes(bytes));
        result.or_else(|error| self.end(Outcome::Failed(error)))
    }

    fn end(&mut self, outcome: Outcome) -> fmt::Result {
        self.outcome = outcome;
        Err(fmt::Error)
    }

    fn flush(&mut self) -> fmt::Result {
        let buffer = core::mem::take(&mut self.buffer);
        let result = self.put(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        result?;
        let late = |deadline| self.platform.monotonic_ns() >= deadline;
        if self.deadline_ns.is_some_and(late) {
            return self.end(Outcome::OutOfTime);
        }
        Ok(())
    }

    fn write_bytes(&mut self, mut bytes: &[u8]) -> fmt::Result {
        if self.buffer.capacity() == 0 {
            return self.put(bytes);
        }
        while !bytes.is_empty() {
            let room = self.buffer.capacity() - self.buffer.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == self.buffer.capacity() {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Brings everything to the file, and tells how far it got.
    pub fn finish(mut self) -> Outcome {
        if matches!(self.outcome, Outcome::Complete | Outcome::LimitReached) {
            // The outcome is the writer's.
            let _ = self.flush();
        }
        let mut files = self.files.at_time(0, self.platform.host_files());
        files.close(self.handle);
        self.outcome
    }
}

impl Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.outcome != Outcome::Complete {
            return Err(fmt::Error);
        }
        let bytes = text.as_bytes();
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            self.write_bytes(&bytes[..self.left as usize])?;
            self.write_bytes(LIMIT_REACHED.as_bytes())?;
            return self.end(Outcome::LimitReached);
        };
        self.left = left;
        self.write_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_atoi_does() {
        let cases = [("12", 12), (" -3x", -3), ("", 0), ("x1", 0), ("+7.5", 7)];
        for (text, number) in cases {
            assert_eq!(leading_number(text), number, "{text:?}");
        }
    }
}
