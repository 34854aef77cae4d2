//! Files without a name.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use brood_abi::layout::PAGE_SIZE;
use brood_image::Region;

/// Newer kernels want to be told that a file may be executed; older ones don't know the flag.
const MFD_EXEC: libc::c_uint = 0x10;

/// A file to execute, which nobody can change any more.
pub(super) fn executable(name: &str, contents: &[u8]) -> io::Result<OwnedFd> {
    let file = create(name, MFD_EXEC).or_else(|_| create(name, 0))?;
    seal(filled(file, contents)?)
}

/// A file which nobody can change any more.
pub(super) fn sealed(name: &str, contents: &[u8]) -> io::Result<OwnedFd> {
    seal(filled(create(name, 0)?, contents)?)
}

/// A file that may change.
pub(super) fn shared(name: &str, contents: &[u8]) -> io::Result<File> {
    filled(create(name, 0)?, contents)
}

/// A file with these contents of guest memory, page by page, and where each is in it. Contents are
/// in order; two that share a page become one region.
pub(super) fn pages_of<'a>(
    contents: impl Iterator<Item = (u64, &'a [u8])>,
) -> io::Result<(OwnedFd, Vec<Region>)> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut regions: Vec<Region> = Vec::new();
    for (address, content) in contents.filter(|(_, content)| !content.is_empty()) {
        let start = address / PAGE_SIZE * PAGE_SIZE;
        bytes.resize(bytes.len().next_multiple_of(PAGE_SIZE as usize), 0);
        let file_offset = bytes.len() as u64;
        bytes.resize(bytes.len() + (address - start) as usize, 0);
        bytes.extend(content);
        let length = (bytes.len() as u64 - file_offset).next_multiple_of(PAGE_SIZE);
        regions.push(Region {
            address: start,
            length,
            file_offset,
        });
    }
    bytes.resize(bytes.len().next_multiple_of(PAGE_SIZE as usize), 0);
    Ok((sealed("brood-program", &bytes)?, regions))
}

fn create(name: &str, flags: libc::c_uint) -> io::Result<File> {
    let name = CString::new(name)?;
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING | flags;
    // SAFETY: `name` is a C string that lives through the call.
    let descriptor = unsafe { libc::memfd_create(name.as_ptr(), flags) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}

fn filled(mut file: File, contents: &[u8]) -> io::Result<File> {
    file.write_all(contents)?;
    Ok(file)
}

fn seal(file: File) -> io::Result<OwnedFd> {
    let seals = libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;
    // SAFETY: changes a flag of our own file.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(file.into())
}
