//! The socket between parent and worker, and descriptors on it.

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use crate::protocol::{self, LENGTH};

/// Most descriptors with one frame.
pub(crate) const DESCRIPTORS_MAX: usize = 128;
/// How much is read at a time.
const PIECE: usize = 64 << 10;

/// A connected pair, closed on exec.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    Ok(rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        flags,
        None,
    )?)
}

/// Sends what can be sent at once, descriptors with the first byte; gives how many bytes that was.
pub(crate) fn send_now(
    socket: &OwnedFd,
    bytes: &[u8],
    descriptors: &[OwnedFd],
) -> io::Result<usize> {
    let borrowed: Vec<BorrowedFd<'_>> = descriptors.iter().map(OwnedFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !borrowed.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(&borrowed)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let sent = rustix::io::retry_on_intr(|| {
        rustix::net::sendmsg(socket, &[io::IoSlice::new(bytes)], &mut ancillary, flags)
    });
    Ok(sent?)
}

/// Sends all of it, however long that takes.
pub(crate) fn send_all(socket: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let send = || rustix::net::send(socket, bytes, SendFlags::NOSIGNAL);
        let sent = rustix::io::retry_on_intr(send)?;
        bytes = &bytes[sent..];
    }
    Ok(())
}

/// Appends what has come to `bytes`, without waiting and without taking descriptors; gives how much
/// it was: 0 when the other end is closed.
pub(crate) fn receive_now(socket: &OwnedFd, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let start = bytes.len();
    bytes.resize(start + PIECE, 0);
    let receive = || rustix::net::recv(socket, &mut bytes[start..], RecvFlags::DONTWAIT);
    let received = rustix::io::retry_on_intr(receive);
    let length = received.as_ref().map_or(0, |(length, _)| *length);
    bytes.truncate(start + length);
    Ok(received.map(|(length, _)| length)?)
}

/// The worker's end: frames and descriptors as they come.
pub(crate) struct Incoming {
    socket: OwnedFd,
    bytes: Vec<u8>,
    /// How much of it was given.
    given: usize,
    descriptors: VecDeque<OwnedFd>,
}

impl Incoming {
    pub(crate) fn new(socket: OwnedFd) -> Incoming {
        Incoming {
            socket,
            bytes: Vec::new(),
            given: 0,
            descriptors: VecDeque::new(),
        }
    }

    /// Waits for the next frame and gives its contents; `None` when the parent is gone.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.bytes.drain(..self.given);
        self.given = 0;
        loop {
            let first = protocol::first_frame(&self.bytes, usize::MAX);
            let first = first.map_err(io::Error::other)?;
            if let Some(length) = first.map(<[u8]>::len) {
                self.given = LENGTH + length;
                return Ok(Some(&self.bytes[LENGTH..self.given]));
            }
            if !self.receive()? {
                return Ok(None);
            }
        }
    }

    /// The next descriptor, of those that came with the frames up to the one given last.
    pub(crate) fn descriptor(&mut self) -> io::Result<OwnedFd> {
        let missing = || io::Error::other("a descriptor is missing");
        self.descriptors.pop_front().ok_or_else(missing)
    }

    fn receive(&mut self) -> io::Result<bool> {
        let start = self.bytes.len();
        self.bytes.resize(start + PIECE, 0);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = rustix::io::retry_on_intr(|| {
            let mut buffers = [io::IoSliceMut::new(&mut self.bytes[start..])];
            let flags = RecvFlags::CMSG_CLOEXEC;
            rustix::net::recvmsg(&self.socket, &mut buffers, &mut ancillary, flags)
        });
        let length = received.as_ref().map_or(0, |received| received.bytes);
        self.bytes.truncate(start + length);
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        received?;
        Ok(length > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Event, Request};
    use std::os::fd::AsRawFd;

    #[test]
    fn descriptors_come_with_their_frame() {
        let (ours, theirs) = pair().unwrap();
        let mut incoming = Incoming::new(theirs);
        let mut frames = Vec::new();
        protocol::encode(&Request::Forget { image: 1 }, &mut frames);
        send_now(&ours, &frames, &[]).unwrap();
        frames.clear();
        protocol::encode(&Request::Image { image: 2 }, &mut frames);
        let null = std::fs::File::open("/dev/null").unwrap();
        send_now(&ours, &frames, &[null.into()]).unwrap();
        for wanted in [1, 2] {
            let request = protocol::decode(incoming.next().unwrap().unwrap()).unwrap();
            let (Request::Forget { image } | Request::Image { image }) = request else {
                panic!("another request");
            };
            assert_eq!(image, wanted);
        }
        assert!(incoming.descriptor().unwrap().as_raw_fd() > 2);
        assert!(incoming.descriptor().is_err());
        drop(ours);
        assert!(incoming.next().unwrap().is_none());
    }

    #[test]
    fn the_parent_takes_no_descriptors_and_never_waits() {
        let (ours, theirs) = pair().unwrap();
        let mut bytes = Vec::new();
        let error = receive_now(&ours, &mut bytes).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let mut frames = Vec::new();
        protocol::encode(&Event::Born { process: 1 }, &mut frames);
        let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let before = open();
        for _ in 0..20 {
            let null = std::fs::File::open("/dev/null").unwrap();
            send_now(&theirs, &frames, &[null.into()]).unwrap();
            receive_now(&ours, &mut bytes).unwrap();
        }
        assert_eq!(bytes.len(), 20 * frames.len());
        // Other tests of this program open and close some at the same time.
        assert!(open() < before + 15);
        let full = vec![0; 1 << 20];
        while send_now(&ours, &full, &[]).is_ok() {}
        assert!(send_all(&theirs, b"x").is_ok());
    }
}
