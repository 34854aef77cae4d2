//! `brood run --crash-dump FILE`: where the crash dump of an instance goes.
//!
//! The instance gets an empty directory for it, at the path where its machine looks for one. Nothing else that lies beside
//! the file is seen in the instance.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use brood_monitor::Mount;
use tempfile::TempDir;

/// Where the machine looks for a directory for crash dumps.
const GUEST_DIRECTORY: &[u8] = b"/var/crash";
/// How it names them.
const NAME: &str = "erl_crash.dump";

/// A place for a crash dump.
pub struct CrashDump {
    file: PathBuf,
    directory: TempDir,
}

impl CrashDump {
    /// Prepares for a crash dump that becomes `file`.
    pub fn prepare(file: &Path) -> anyhow::Result<CrashDump> {
        // Beside it, so that it need not be copied.
        let parent = file.parent().filter(|parent| *parent != Path::new(""));
        let directory = tempfile::Builder::new()
            .prefix(".crash-dump-")
            .tempdir_in(parent.unwrap_or(Path::new(".")))
            .with_context(|| format!("cannot write a crash dump to {}", file.display()))?;
        Ok(CrashDump {
            file: file.to_owned(),
            directory,
        })
    }

    /// What the instance gets.
    pub fn mount(&self) -> anyhow::Result<Mount> {
        Ok(Mount::open(self.directory.path(), GUEST_DIRECTORY, false)?)
    }

    /// Puts the dump where it belongs, if there is one.
    pub fn collect(self) -> anyhow::Result<()> {
        match std::fs::rename(self.directory.path().join(NAME), &self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error)
                .with_context(|| format!("cannot write the crash dump {}", self.file.display())),
            _ => Ok(()),
        }
    }
}
