//! Instances on disk: the pages that one has of its own lie in a file, and its shell is given back.
//!
//! What an instance is, is the image's pages, its private ones, and a stack pointer: it stands behind a
//! doorbell, where the contract says what its registers are. So reviving it is what cloning an image is, with a few
//! pages more. The file belongs to this monitor and lives as long as the [`Hibernated`] does.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use brood_abi::BootBlock;
use brood_abi::layout::MEMORY_BASE;
use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};

use crate::backend::{Stop, Vessel};
use crate::control::{Control, Reach, ReachGuard};
use crate::error::Error;
use crate::launch::InstanceId;
use crate::memory::{GuestMemory, Lost};

/// How much is copied at a time.
const PIECE: usize = 256 << 10;

/// An instance that lies on disk. It has no memory and can't be entered.
pub(crate) struct Hibernated {
    directory: Arc<OwnedFd>,
    /// Of the file in it.
    name: String,
    /// Offsets of its pages in guest memory, in the order of the file.
    runs: Vec<Range<usize>>,
    stack_pointer: u64,
}

impl Hibernated {
    /// Writes the private pages of a vessel that stands behind a doorbell to a new file in `directory`.
    pub(crate) fn write(
        directory: &Arc<OwnedFd>,
        id: InstanceId,
        vessel: &mut dyn Vessel,
    ) -> Result<Hibernated, Error> {
        let runs = vessel.private_runs()?;
        let stack_pointer = vessel.stack_pointer()?;
        let name = format!("{id}.pages");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(directory, &name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| Error::host("create a file to hibernate to")(error))?;
        // From here on dropping it removes the file.
        let hibernated = Hibernated {
            directory: Arc::clone(directory),
            name,
            runs,
            stack_pointer,
        };
        let written = hibernated.copy_out(&File::from(file), vessel);
        written.map_err(Error::host("write a file to hibernate to"))?;
        Ok(hibernated)
    }

    /// Where its stack was.
    pub(crate) fn stack_pointer(&self) -> u64 {
        self.stack_pointer
    }

    fn copy_out(&self, file: &File, vessel: &dyn Vessel) -> io::Result<()> {
        let mut file = BufWriter::with_capacity(PIECE, file);
        let mut piece = vec![0; PIECE];
        for part in self.parts() {
            let bytes = &mut piece[..part.len()];
            let address = MEMORY_BASE + part.start as u64;
            let read = vessel.read(address, bytes);
            read.map_err(|Lost| io::Error::other("its memory is gone"))?;
            file.write_all(bytes)?;
        }
        file.flush()
    }

    /// Puts the pages where they were, into a fresh clone of the same image.
    pub(crate) fn restore(&self, vessel: &mut dyn Vessel) -> Result<(), Error> {
        let host = Error::host("read what hibernated");
        let mut copy_in = || {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let file = openat(&self.directory, &self.name, flags, Mode::empty())?;
            let mut file = BufReader::with_capacity(PIECE, File::from(file));
            let mut piece = vec![0; PIECE];
            for part in self.parts() {
                let bytes = &mut piece[..part.len()];
                file.read_exact(bytes)?;
                let address = MEMORY_BASE + part.start as u64;
                let written = vessel.write(address, bytes);
                written.map_err(|Lost| io::Error::other("its memory is gone"))?;
            }
            Ok::<(), io::Error>(())
        };
        copy_in().map_err(host)
    }

    /// The runs, in parts that are copied at a time.
    fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        self.runs.iter().flat_map(|run| {
            let starts = run.clone().step_by(PIECE);
            starts.map(|start| start..run.end.min(start + PIECE))
        })
    }
}

impl Drop for Hibernated {
    fn drop(&mut self) {
        if let Err(error) = unlinkat(&self.directory, &self.name, AtFlags::empty()) {
            tracing::warn!(name = self.name, %error, "a file of a hibernated instance stays behind");
        }
    }
}

impl GuestMemory for Hibernated {
    fn read(&self, _: u64, _: &mut [u8]) -> Result<(), Lost> {
        Err(Lost)
    }

    fn write(&mut self, _: u64, _: &[u8]) -> Result<(), Lost> {
        Err(Lost)
    }
}

/// What can be asked of an instance wherever it is.
impl Vessel for Hibernated {
    fn write_boot_block(&mut self, _: &BootBlock) -> Result<(), Error> {
        Err(asleep())
    }

    fn enter(&mut self) -> Result<Stop, Error> {
        Err(asleep())
    }

    fn stack_pointer(&mut self) -> Result<u64, Error> {
        Err(asleep())
    }

    fn counter_offset(&self) -> Result<u64, Error> {
        Err(asleep())
    }

    fn reachable(&mut self, control: &Control) -> ReachGuard {
        control.reach_with(Reach {
            kick: Box::new(|| {}),
            preempt: Box::new(|| {}),
            attention: Box::new(|_| {}),
        })
    }

    fn private_runs(&self) -> Result<Vec<Range<usize>>, Error> {
        Err(asleep())
    }

    fn reused(&self) -> bool {
        false
    }

    fn hibernated(&self) -> Option<&Hibernated> {
        Some(self)
    }

    fn retire(self: Box<Self>, _: bool) -> Duration {
        Duration::ZERO
    }
}

fn asleep() -> Error {
    Error::Processor("the instance hibernates".to_owned())
}
