//! Messages of 64-bit words on sequenced-packet sockets.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use zerocopy::IntoBytes;

/// A connected pair, closed on exec.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `ends` has room for two descriptors.
    if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both descriptors are new and nobody else's.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Sends one message.
pub(super) fn send(socket: &OwnedFd, words: &[u64]) -> io::Result<()> {
    let bytes = words.as_bytes();
    loop {
        // SAFETY: the range is that of `bytes`.
        let sent = unsafe {
            libc::send(
                socket.as_raw_fd(),
                bytes.as_ptr().cast(),
                bytes.len(),
                libc::MSG_NOSIGNAL,
            )
        };
        match sent {
            length if length == bytes.len() as isize => return Ok(()),
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Err(io::Error::last_os_error()),
            _ => return Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

/// Receives one message. Returns its length in words (rounded up; the true one, even when it was
/// longer than `words`); 0 when the other end is closed.
pub(super) fn receive(socket: &OwnedFd, words: &mut [u64]) -> io::Result<usize> {
    let bytes = words.as_mut_bytes();
    loop {
        // SAFETY: the range is that of `bytes`.
        let received = unsafe {
            libc::recv(
                socket.as_raw_fd(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                libc::MSG_TRUNC,
            )
        };
        match usize::try_from(received) {
            Ok(length) => return Ok(length.div_ceil(8)),
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_bounds() {
        let (ours, theirs) = pair().unwrap();
        send(&ours, &[1, 2, 3]).unwrap();
        send(&ours, &[4]).unwrap();
        let mut words = [0; 2];
        assert_eq!(receive(&theirs, &mut words).unwrap(), 3);
        assert_eq!(words, [1, 2]);
        assert_eq!(receive(&theirs, &mut words).unwrap(), 1);
        assert_eq!(words[0], 4);
        drop(ours);
        assert_eq!(receive(&theirs, &mut words).unwrap(), 0);
    }
}
