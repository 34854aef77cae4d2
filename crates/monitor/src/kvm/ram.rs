//! Guest memory on the host's side: a mapping that is a copy-on-write view of an image, zero where
//! the image has nothing.
//!
//! Invariants: `base` is the start of a mapping of `length` bytes that belongs to this value alone
//! and stays readable and writable until it is dropped. A guest may change its contents only while
//! its processor runs, which is never while a method of this type does.

use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

use brood_abi::layout::MEMORY_BASE;
use brood_image::Image;

use crate::error::Error;

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

    /// Drops every private page: what was mapped from an image reads as the image again, the rest
    /// as zeros.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        // SAFETY: the range is our own mapping; private pages may be dropped since nobody holds a
        // reference into it.
        let result =
            unsafe { libc::madvise(self.base.as_ptr().cast(), self.length, libc::MADV_DONTNEED) };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
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
    fn bounds_hold_and_reset_gives_zeros() {
        let mut ram = Ram::zeroed(8192).unwrap();
        let end = MEMORY_BASE + 8192;
        assert!(ram.write(end - 4, b"abcd"));
        assert!(!ram.write(end - 3, b"abcd"));
        assert!(!ram.write(MEMORY_BASE - 1, b"a"));
        assert!(!ram.write(u64::MAX, b"a"));
        let mut buffer = [0; 4];
        assert!(ram.read(end - 4, &mut buffer));
        assert_eq!(&buffer, b"abcd");
        ram.reset().unwrap();
        assert!(ram.read(end - 4, &mut buffer));
        assert_eq!(buffer, [0; 4]);
    }
}
