//! What the kernel tells of a process' pages: which are private copies.
//!
//! See the kernel's Documentation/admin-guide/mm/pagemap.rst, on `PAGEMAP_SCAN` (Linux 6.7) and on the
//! file's entries, which say the same page by page.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

const PAGE: usize = brood_abi::layout::PAGE_SIZE as usize;

/// A process' `/proc/PID/pagemap`.
pub(crate) struct PageMap {
    file: File,
    /// Whether the kernel has the faster way.
    can_scan: AtomicBool,
}

/// The kernel's `struct pm_scan_arg`.
#[repr(C)]
#[derive(Default)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vector: u64,
    vector_length: u64,
    pages_max: u64,
    inverted: u64,
    mask: u64,
    any_of: u64,
    returned: u64,
}

/// The kernel's `struct page_region`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Found {
    start: u64,
    end: u64,
    categories: u64,
}

/// `_IOWR('f', 16, struct pm_scan_arg)`.
pub(crate) const PAGEMAP_SCAN: libc::c_ulong =
    3 << 30 | (size_of::<Scan>() as libc::c_ulong) << 16 | 0x66 << 8 | 16;
const IS_FILE: u64 = 1 << 2;
const IS_PRESENT: u64 = 1 << 3;
const IS_SWAPPED: u64 = 1 << 4;
const IS_ZERO_PAGE: u64 = 1 << 5;
/// Runs that are asked for at a time.
const RUNS: usize = 256;

impl PageMap {
    /// Opens that of this process.
    pub(crate) fn own() -> io::Result<PageMap> {
        PageMap::open("/proc/self/pagemap")
    }

    /// The same, as an older kernel has it.
    #[cfg(test)]
    pub(crate) fn own_entries() -> io::Result<PageMap> {
        let map = PageMap::own()?;
        map.can_scan.store(false, Ordering::Relaxed);
        Ok(map)
    }

    /// Opens that of another one.
    pub(crate) fn of(pid: libc::pid_t) -> io::Result<PageMap> {
        PageMap::open(&format!("/proc/{pid}/pagemap"))
    }

    fn open(path: &str) -> io::Result<PageMap> {
        Ok(PageMap {
            file: File::open(path)?,
            can_scan: AtomicBool::new(true),
        })
    }

    /// Offsets of the pages of these addresses that are private copies, not a file's and not untouched; as
    /// runs, in order.
    pub(crate) fn private_runs(&self, addresses: Range<u64>) -> io::Result<Vec<Range<usize>>> {
        if self.can_scan.load(Ordering::Relaxed) {
            match self.scan(&addresses) {
                Ok(runs) => return Ok(runs),
                Err(error) => {
                    tracing::debug!(%error, "PAGEMAP_SCAN");
                    self.can_scan.store(false, Ordering::Relaxed);
                }
            }
        }
        self.read(&addresses)
    }

    fn scan(&self, addresses: &Range<u64>) -> io::Result<Vec<Range<usize>>> {
        let Range { start: first, end } = *addresses;
        let mut vector = [Found::default(); RUNS];
        let mut runs = Vec::new();
        let mut start = first;
        while start < end {
            let mut scan = Scan {
                size: size_of::<Scan>() as u64,
                start,
                end,
                vector: vector.as_mut_ptr().addr() as u64,
                vector_length: RUNS as u64,
                inverted: IS_FILE | IS_ZERO_PAGE,
                mask: IS_FILE | IS_ZERO_PAGE,
                any_of: IS_PRESENT | IS_SWAPPED,
                returned: IS_FILE,
                ..Scan::default()
            };
            // SAFETY: the argument is the structure that this request takes, and the vector that it names has room
            // for as many as it says; both live through the call.
            let found = unsafe { libc::ioctl(self.file.as_raw_fd(), PAGEMAP_SCAN, &raw mut scan) };
            let found = usize::try_from(found).map_err(|_| io::Error::last_os_error())?;
            runs.extend(vector[..found.min(RUNS)].iter().map(|found| {
                let offset = |address: u64| address.saturating_sub(first) as usize;
                offset(found.start)..offset(found.end)
            }));
            if scan.walk_end <= start {
                return Err(io::ErrorKind::InvalidData.into());
            }
            start = scan.walk_end;
        }
        Ok(runs)
    }

    fn read(&self, addresses: &Range<u64>) -> io::Result<Vec<Range<usize>>> {
        const PRESENT: u64 = 1 << 63;
        const SWAPPED: u64 = 1 << 62;
        const OF_FILE: u64 = 1 << 61;
        let first = addresses.start / PAGE as u64;
        let length = addresses.end.saturating_sub(addresses.start) as usize;
        let mut entries = vec![0; length / PAGE * 8];
        self.file.read_exact_at(&mut entries, first * 8)?;
        let (entries, _) = entries.as_chunks::<8>();
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (number, entry) in entries.iter().enumerate() {
            let entry = u64::from_ne_bytes(*entry);
            if entry & (PRESENT | SWAPPED) == 0 || entry & OF_FILE != 0 {
                continue;
            }
            match runs.last_mut() {
                Some(last) if last.end == number * PAGE => last.end += PAGE,
                _ => runs.push(number * PAGE..(number + 1) * PAGE),
            }
        }
        Ok(runs)
    }
}
