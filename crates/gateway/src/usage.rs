//! What instances used, a line of JSON each, at the end of a file.
//!
//! A line is made where an instance has ended, and waits in memory; a thread of its own writes all
//! that wait a few times a second. What the disk doesn't take is lost and counted, since serving must
//! not wait for it: that is said once, and once more when lines can be written again.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;

/// How long lines wait, so that many are written at once.
const GATHER: Duration = Duration::from_millis(100);
/// Bytes of lines that are written without waiting for more.
const SOON: usize = 256 << 10;
/// Bytes of lines that may wait.
const WAITING_MAX: usize = 16 << 20;

/// What one instance used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Record<'a> {
    /// Its id, as in the header `brood-instance`.
    pub instance: String,
    pub application: &'a str,
    /// The request's id, as in the header `brood-request`.
    pub request: &'a str,
    /// When it was launched: seconds since 1970.
    pub started: f64,
    /// Time on a processor by the kernel's clocks: its own, and the monitor's on its behalf, from making it
    /// to giving everything back.
    pub cpu_ms: f64,
    /// From its launch, when it had its place, until everything was given back; waiting and hibernating count.
    pub wall_ms: f64,
    /// The memory that was set aside for it, in MiB, times `wall_ms` in seconds: its limit, not what it
    /// touched of it, since it may touch all of it at any moment.
    pub mib_s: f64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How it ended, in a word: see [`exit_word`](crate::life::exit_word).
    pub exit: &'static str,
    /// Whether it had a recycled shell.
    pub reused: bool,
}

/// A number with no more digits than are meant: three behind the point.
pub(crate) fn thousandths(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// The file, and who writes it. Clones are the same; with the last one gone everything is written.
#[derive(Clone)]
pub struct UsageLog {
    writer: Arc<Writer>,
}

impl std::fmt::Debug for UsageLog {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("UsageLog").finish_non_exhaustive()
    }
}

struct Writer {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// Where lines are handed over.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<u8>,
    /// Lines that found no room.
    lost: u64,
    reopen: bool,
    closed: bool,
}

impl UsageLog {
    /// Appends to the file at `path`, which is made if there is none.
    ///
    /// # Errors
    /// It can't be opened, or there is no thread to write it.
    pub fn open(path: &Path) -> io::Result<UsageLog> {
        let file = Appended::open(path)?;
        let desk = Arc::new(Desk::default());
        let thread = std::thread::Builder::new().name("brood-usage".to_owned());
        let theirs = Arc::clone(&desk);
        let thread = thread.spawn(move || theirs.write_to(file))?;
        Ok(UsageLog {
            writer: Arc::new(Writer {
                desk,
                thread: Some(thread),
            }),
        })
    }

    /// Opens the path once more: for those who move the file away to begin a new one.
    pub fn reopen(&self) {
        self.writer.desk.lock().reopen = true;
        self.writer.desk.changed.notify_one();
    }

    /// Adds a line. Never waits for the disk.
    pub(crate) fn add(&self, record: &Record<'_>) {
        let desk = &self.writer.desk;
        let mut state = desk.lock();
        let before = state.lines.len();
        // Numbers and text always are JSON, and memory takes what it is given.
        if before > WAITING_MAX || serde_json::to_writer(&mut state.lines, record).is_err() {
            state.lines.truncate(before);
            state.lost += 1;
            return;
        }
        state.lines.push(b'\n');
        let wakes = before == 0 || (before < SOON && state.lines.len() >= SOON);
        drop(state);
        if wakes {
            desk.changed.notify_one();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.desk.lock().closed = true;
        self.desk.changed.notify_one();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the thread that writes the usage panicked");
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change leaves whole lines.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is handed over, until it is closed.
    fn write_to(&self, mut file: Appended) {
        loop {
            let idle = |state: &mut State| state.lines.is_empty() && !state.reopen && !state.closed;
            let waited = self.changed.wait_while(self.lock(), idle);
            let state = waited.unwrap_or_else(PoisonError::into_inner);
            let few =
                |state: &mut State| state.lines.len() < SOON && !state.reopen && !state.closed;
            let waited = self.changed.wait_timeout_while(state, GATHER, few);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let State {
                lines,
                lost,
                reopen,
                closed,
            } = std::mem::take(&mut *state);
            state.closed = closed;
            drop(state);
            // What was before the file was moved away belongs there.
            file.lose(lost, "more lines came than could be written");
            file.append(&lines);
            if reopen {
                file.reopen();
            }
            if closed {
                return;
            }
        }
    }
}

/// A file that grows by whole lines.
struct Appended {
    path: PathBuf,
    file: Option<File>,
    /// Lines that were not written since the last that was.
    lost: u64,
}

impl Appended {
    fn open(path: &Path) -> io::Result<Appended> {
        Ok(Appended {
            path: path.to_owned(),
            file: Some(open_to_append(path)?),
            lost: 0,
        })
    }

    fn reopen(&mut self) {
        match open_to_append(&self.path) {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                self.file = None;
                let path = self.path.display();
                tracing::error!(%path, %error, "the usage file can't be opened again");
            }
        }
    }

    fn append(&mut self, lines: &[u8]) {
        let mut rest = lines;
        while !rest.is_empty() {
            let written = match self.file.as_mut().map(|file| file.write(rest)) {
                Some(Ok(0)) => Err(io::ErrorKind::WriteZero.into()),
                Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
                Some(written) => written,
                None => Err(io::ErrorKind::NotFound.into()),
            };
            match written {
                Ok(length) => rest = &rest[length..],
                Err(error) => {
                    let done = lines.len() - rest.len();
                    let begun = lines[..done]
                        .iter()
                        .rev()
                        .take_while(|byte| **byte != b'\n');
                    let begun = begun.count();
                    self.cut(begun);
                    let lost = lines[done - begun..].iter().filter(|byte| **byte == b'\n');
                    return self.lose(lost.count() as u64, &error.to_string());
                }
            }
        }
        if self.lost > 0 && !lines.is_empty() {
            let (path, lost) = (self.path.display(), std::mem::take(&mut self.lost));
            tracing::warn!(%path, lost, "usage is written again; these lines are lost");
        }
    }

    /// Takes the beginning of a line away from the end.
    fn cut(&mut self, length: usize) {
        let Some(file) = self.file.as_ref().filter(|_| length > 0) else {
            return;
        };
        let cut = file.metadata().and_then(|metadata| {
            let whole = metadata.len().saturating_sub(length as u64);
            file.set_len(whole)
        });
        if let Err(error) = cut {
            let path = self.path.display();
            tracing::error!(%path, %error, "the usage file has a broken line");
        }
    }

    /// Counts lines that are not written. Says so when they are the first.
    fn lose(&mut self, lines: u64, reason: &str) {
        if lines > 0 && self.lost == 0 {
            let path = self.path.display();
            tracing::error!(%path, reason, "usage can't be written; serving goes on without");
        }
        self.lost += lines;
    }
}

fn open_to_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(request: &str) -> Record<'_> {
        Record {
            instance: "0123".to_owned(),
            application: "shop",
            request,
            started: 1_700_000_000.123,
            cpu_ms: thousandths(1.234_567),
            wall_ms: 2.5,
            mib_s: 0.16,
            bytes_in: 10,
            bytes_out: 20,
            exit: "status 0",
            reused: false,
        }
    }

    fn requests_in(path: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|value| value["request"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn lines_are_appended_and_whole_when_the_log_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("usage");
        for run in 0..2 {
            let log = UsageLog::open(&path).unwrap();
            for number in 0..3_000 {
                log.add(&record(&(run * 3_000 + number).to_string()));
            }
        }
        let expected: Vec<String> = (0..6_000).map(|number: u32| number.to_string()).collect();
        assert_eq!(requests_in(&path), expected);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"started\":1700000000.123,\"cpu_ms\":1.235,"));
    }

    #[test]
    fn a_file_that_was_moved_away_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let [path, moved] = ["usage", "usage.1"].map(|name| directory.path().join(name));
        let log = UsageLog::open(&path).unwrap();
        log.add(&record("before"));
        std::fs::rename(&path, &moved).unwrap();
        log.reopen();
        while !path.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        log.add(&record("after"));
        drop(log);
        assert_eq!(requests_in(&moved), ["before"]);
        assert_eq!(requests_in(&path), ["after"]);
    }

    #[test]
    fn a_full_disk_costs_lines_and_nothing_else() {
        let log = UsageLog::open(Path::new("/dev/full")).unwrap();
        log.add(&record("lost"));
        drop(log);

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("usage");
        let mut file = Appended::open(&path).unwrap();
        file.append(b"one\ntwo\n");
        let real = file.file.replace(File::open("/dev/null").unwrap());
        file.append(b"three\nfour\n");
        assert_eq!(file.lost, 2);
        file.file = real;
        file.append(b"five\nsi");
        file.cut(2);
        file.append(b"seven\n");
        assert_eq!(file.lost, 0);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "one\ntwo\nfive\nseven\n");
    }
}
