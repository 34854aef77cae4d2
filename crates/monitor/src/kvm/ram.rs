//! Guest memory on the host's side: a mapping that is a copy-on-write view of an image, zero where
//! the image has nothing.
//!
//! Invariants: `base` is the start of a mapping of `length` bytes that belongs to this value alone
//! and stays readable and writable until it is dropped. A guest may change its contents only while
//! its processor runs, which is never while a method of this type does.

use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

use brood_abi::layout::MEMORY_BASE;
use brood_image::Image;

use crate::error::Error;
use crate::page_map::PageMap;

/// Memory of one instance (or of its page tables).
pub(crate) struct Ram {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to the value, not to a thread.
unsafe impl Send for Ram {}
// SAFETY: shared references only read, and nothing writes meanwhile (see the invariants).
unsafe impl Sync for Ram {}

impl Ram {
    /// `length` bytes of zeros, none of them touched.
    pub(crate) fn zeroed(length: u64) -> Result<Ram, Error> {
        let length = usize::try_from(length).map_err(|_| Error::MemoryLimit(length))?;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice disturbs nothing.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        match NonNull::new(base.cast()) {
            Some(start) if base != libc::MAP_FAILED => Ok(Ram {
                base: start,
                length,
            }),
            _ => Err(Error::last_os("mmap guest memory")),
        }
    }

    /// Puts a private view of the image's regions in place.
    pub(crate) fn map_image(&mut self, image: &Image) -> Result<(), Error> {
        for region in image.regions() {
            let start = self.range(region.address, region.length as usize).ok_or(
                Error::MemoryTooSmall {
                    limit: self.length as u64,
                    needed: image.memory_kept_end() - MEMORY_BASE,
                },
            )?;
            // SAFETY: `range` has checked that the region lies inside our own mapping, so
            // MAP_FIXED replaces nothing else; the file offset was checked when the image was opened.
            let mapped = unsafe {
                libc::mmap(
                    self.base.as_ptr().add(start).cast(),
                    region.length as usize,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE,
                    image.file().as_raw_fd(),
                    region.file_offset as libc::off_t,
                )
            };
            if mapped == libc::MAP_FAILED {
                return Err(Error::last_os("mmap the image"));
            }
        }
        Ok(())
    }

    /// Makes memory what it was after [`Ram::map_image`]: the private pages, all of which are in
    /// `private`, are dropped, so that they read as the image again, or as zeros; except for the pages in
    /// `kept`, which stay and are filled with that. Both are in order, without overlap.
    ///
    /// What isn't private is left alone: it is the image's already, and a processor that has seen it needn't
    /// ask for it again.
    pub(crate) fn reset(
        &mut self,
        image: &Image,
        private: &[Range<usize>],
        kept: &[Range<usize>],
    ) -> io::Result<()> {
        for run in without(private, kept) {
            self.advise(run, libc::MADV_DONTNEED)?;
        }
        kept.iter().try_for_each(|run| self.refill(image, run))
    }

    /// Keeps the memory out of processes that this one forks: they have no business there, and a
    /// fork would take the write permission from every page.
    pub(crate) fn keep_to_ourselves(&mut self) -> io::Result<()> {
        self.advise(0..self.length, libc::MADV_DONTFORK)
    }

    /// Brings in private pages for these runs, as if each had been written to.
    pub(crate) fn populate(&mut self, runs: &[Range<usize>]) -> io::Result<()> {
        runs.iter()
            .try_for_each(|run| self.advise(run.clone(), libc::MADV_POPULATE_WRITE))
    }

    /// Offsets of the pages that are private copies, not the image's and not untouched; as runs, in order.
    pub(crate) fn private_runs(&self, map: &PageMap) -> io::Result<Vec<Range<usize>>> {
        map.private_runs(self.host_address()..self.host_address() + self.length())
    }

    /// `madvise` for a part.
    fn advise(&mut self, part: Range<usize>, advice: libc::c_int) -> io::Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        if part.end > self.length {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the part lies inside our own mapping, as just checked. Private pages may be
        // dropped, and others be made, since nobody holds a reference into it.
        let result = unsafe {
            let start = self.base.as_ptr().add(part.start);
            libc::madvise(start.cast(), part.len(), advice)
        };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Fills a part with what the image has there, and zeros elsewhere.
    fn refill(&mut self, image: &Image, part: &Range<usize>) -> io::Result<()> {
        if part.start > part.end || part.end > self.length {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the part lies inside our own mapping, as just checked. Nothing else reads or
        // writes it while the whole is borrowed: no processor runs.
        let bytes = unsafe {
            let start = self.base.as_ptr().add(part.start);
            std::slice::from_raw_parts_mut(start, part.len())
        };
        read_image(image, MEMORY_BASE + part.start as u64, bytes)
    }

    /// The host's address of the first byte, for `KVM_SET_USER_MEMORY_REGION`.
    pub(crate) fn host_address(&self) -> u64 {
        self.base.as_ptr().addr() as u64
    }

    /// Length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length as u64
    }

    /// Copies out `buffer.len()` bytes at guest address `address`; `false` when they aren't all there.
    #[must_use]
    pub(crate) fn read(&self, address: u64, buffer: &mut [u8]) -> bool {
        let Some(start) = self.range(address, buffer.len()) else {
            return false;
        };
        // SAFETY: `range` has checked that the source lies inside the mapping; `buffer` is a
        // distinct object, since nobody has references into the mapping.
        unsafe {
            std::ptr::copy_nonoverlapping(
                self.base.as_ptr().add(start),
                buffer.as_mut_ptr(),
                buffer.len(),
            );
        }
        true
    }

    /// Copies in `bytes` at guest address `address`; `false` when there isn't room for all.
    #[must_use]
    pub(crate) fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let Some(start) = self.range(address, bytes.len()) else {
            return false;
        };
        // SAFETY: as in `read`, with the destination inside the mapping.
        unsafe {
            std::ptr::copy_nonoverlapping(
                bytes.as_ptr(),
                self.base.as_ptr().add(start),
                bytes.len(),
            );
        }
        true
    }

    /// Offset of a guest range in the mapping.
    fn range(&self, address: u64, length: usize) -> Option<usize> {
        let start = usize::try_from(address.checked_sub(MEMORY_BASE)?).ok()?;
        let end = start.checked_add(length)?;
        (end <= self.length).then_some(start)
    }
}

/// Fills `bytes` with what the image has from guest address `address` on, and zeros elsewhere.
pub(crate) fn read_image(image: &Image, address: u64, bytes: &mut [u8]) -> io::Result<()> {
    let end = address + bytes.len() as u64;
    let mut done = 0;
    for region in image.regions() {
        let start = region.address.max(address);
        let region_end = (region.address + region.length).min(end);
        if start < region_end {
            let part = (start - address) as usize..(region_end - address) as usize;
            let next = part.end;
            bytes[done..part.start].fill(0);
            let offset = region.file_offset + (start - region.address);
            read_at(image, &mut bytes[part], offset)?;
            done = next;
        }
    }
    bytes[done..].fill(0);
    Ok(())
}

/// Reads all of `bytes` from the image's file at `offset`.
fn read_at(image: &Image, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        let rest = &mut bytes[done..];
        let at = (offset + done as u64) as libc::off_t;
        let file = image.file().as_raw_fd();
        // SAFETY: the buffer is `rest`, for its length.
        let count = unsafe { libc::pread(file, rest.as_mut_ptr().cast(), rest.len(), at) };
        match usize::try_from(count) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => done += count,
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            },
        }
    }
    Ok(())
}

/// The parts of `runs` that are in none of `others`. Both are in order, without overlap.
fn without(runs: &[Range<usize>], others: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut parts = Vec::with_capacity(runs.len() + others.len());
    let mut others = others.iter().peekable();
    for run in runs {
        let mut start = run.start;
        while let Some(other) = others.peek() {
            if other.start >= run.end {
                break;
            }
            if start < other.start {
                parts.push(start..other.start);
            }
            start = start.max(other.end);
            if other.end > run.end {
                break;
            }
            others.next();
        }
        if start < run.end {
            parts.push(start..run.end);
        }
    }
    parts
}

impl Drop for Ram {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and nothing refers to it any more: a virtual machine that
        // used it is dropped before (see `kvm::Machine`).
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold() {
        let mut ram = Ram::zeroed(8192).unwrap();
        let end = MEMORY_BASE + 8192;
        assert!(ram.write(end - 4, b"abcd"));
        assert!(!ram.write(end - 3, b"abcd"));
        assert!(!ram.write(MEMORY_BASE - 1, b"a"));
        assert!(!ram.write(u64::MAX, b"a"));
        let mut buffer = [0; 4];
        assert!(ram.read(end - 4, &mut buffer));
        assert_eq!(&buffer, b"abcd");
        assert!(ram.advise(4096..8193, libc::MADV_DONTNEED).is_err());
    }

    #[test]
    fn runs_without_others() {
        let runs = [0..4, 6..10, 12..13];
        assert_eq!(without(&runs, &[]), runs);
        assert_eq!(without(&runs, &[0..5, 5..20]), []);
        assert_eq!(
            without(&runs, &[1..2, 3..7, 9..9, 11..12]),
            [0..1, 2..3, 7..9, 9..10, 12..13]
        );
        assert_eq!(
            without(&[0..10, 11..12], &[2..3, 5..6]),
            [0..2, 3..5, 6..10, 11..12]
        );
        assert_eq!(without(&[4..8, 9..10], &[0..2, 2..5, 7..9]), [5..7, 9..10]);
    }

    #[test]
    fn both_ways_find_the_private_pages() {
        let mut ram = Ram::zeroed(600 * 4096).unwrap();
        // More runs than are asked for at a time.
        for page in (1..600).step_by(2).chain([2]) {
            assert!(ram.write(MEMORY_BASE + page * 4096, b"a"));
        }
        let alone = (5..600).step_by(2);
        let expected: Vec<Range<usize>> = std::iter::once(4096..4 * 4096)
            .chain(alone.map(|page| page * 4096..(page + 1) * 4096))
            .collect();
        for map in [PageMap::own(), PageMap::own_entries()] {
            assert_eq!(ram.private_runs(&map.unwrap()).unwrap(), expected);
        }
    }

    #[test]
    fn populated_pages_are_private() {
        let mut ram = Ram::zeroed(8 * 4096).unwrap();
        assert!(ram.write(MEMORY_BASE + 5 * 4096, b"a"));
        ram.populate(&[4096..2 * 4096, 7 * 4096..8 * 4096]).unwrap();
        let map = PageMap::own().unwrap();
        let runs = [4096..2 * 4096, 5 * 4096..6 * 4096, 7 * 4096..8 * 4096];
        assert_eq!(ram.private_runs(&map).unwrap(), runs);
    }
}
