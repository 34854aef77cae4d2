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
    loop {
        match send_with(socket, words, 0) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// As [`send`], but with `WouldBlock` where the other end takes none: nobody waits for a cell.
pub(super) fn send_at_once(socket: &OwnedFd, words: &[u64]) -> io::Result<()> {
    send_with(socket, words, libc::MSG_DONTWAIT)
}

fn send_with(socket: &OwnedFd, words: &[u64], flags: libc::c_int) -> io::Result<()> {
    let bytes = words.as_bytes();
    // SAFETY: the range is that of `bytes`.
    let sent = unsafe {
        libc::send(
            socket.as_raw_fd(),
            bytes.as_ptr().cast(),
            bytes.len(),
            libc::MSG_NOSIGNAL | flags,
        )
    };
    match sent {
        length if length == bytes.len() as isize => Ok(()),
        -1 => Err(io::Error::last_os_error()),
        _ => Err(io::ErrorKind::WriteZero.into()),
    }
}

/// Makes a signal end [`receive_interruptibly`] even if its handler restarts calls: receiving with a
/// time limit is not restarted (signal(7)).
pub(super) fn set_interruptible(socket: &OwnedFd) -> io::Result<()> {
    let limit = libc::timeval {
        tv_sec: 3600,
        tv_usec: 0,
    };
    // SAFETY: the option's value is a `timeval` that lives through the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVTIMEO,
            (&raw const limit).cast(),
            size_of_val(&limit) as libc::socklen_t,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Receives one message. Returns its length in words (rounded up; the true one, even when it was
/// longer than `words`); 0 when the other end is closed.
pub(super) fn receive(socket: &OwnedFd, words: &mut [u64]) -> io::Result<usize> {
    loop {
        match receive_interruptibly(socket, words) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// As [`receive`], but a signal or a socket's time limit ends it with `Interrupted`.
pub(super) fn receive_interruptibly(socket: &OwnedFd, words: &mut [u64]) -> io::Result<usize> {
    let bytes = words.as_mut_bytes();
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
        Ok(length) => Ok(length.div_ceil(8)),
        Err(_) => Err(match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::WouldBlock => io::ErrorKind::Interrupted.into(),
            error => error,
        }),
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
        while send_at_once(&ours, &[5]).is_ok() {}
        assert_eq!(receive(&theirs, &mut words).unwrap(), 1);
        send_at_once(&ours, &[6]).unwrap();
        let full = send_at_once(&ours, &[7]).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        drop(ours);
        while receive(&theirs, &mut words).unwrap() == 1 {}
        assert_eq!(receive(&theirs, &mut words).unwrap(), 0);
    }
}
