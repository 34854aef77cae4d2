//! How a port to what is outside cuts bytes into messages: not at all, by lengths in front of them, or by lines.

use alloc::vec::Vec;

/// How a port cuts bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Framing {
    /// As they come.
    #[default]
    Stream,
    /// Each message has its length before it, in so many bytes.
    Packet(usize),
    /// A message is a line, or so many bytes of a longer one.
    Line(usize),
}

/// A message that came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its bytes, without length or end of line.
    pub bytes: Vec<u8>,
    /// For lines: whether there was an end of line.
    pub ends_line: Option<bool>,
}

/// Cuts what comes in.
#[derive(Debug, Default)]
pub struct Frames {
    framing: Framing,
    /// The beginning of a message.
    begun: Vec<u8>,
}

impl Frames {
    /// Nothing came yet.
    pub fn new(framing: Framing) -> Frames {
        Frames {
            framing,
            begun: Vec::new(),
        }
    }

    /// The messages that are complete with these bytes.
    pub fn cut(&mut self, bytes: &[u8]) -> Vec<Frame> {
        match self.framing {
            Framing::Stream => Vec::from([Frame {
                bytes: bytes.to_vec(),
                ends_line: None,
            }]),
            Framing::Packet(size) => self.packets(size, bytes),
            Framing::Line(longest) => self.lines(longest, bytes),
        }
    }

    fn packets(&mut self, size: usize, bytes: &[u8]) -> Vec<Frame> {
        self.begun.extend_from_slice(bytes);
        let mut frames = Vec::new();
        let mut rest = &*self.begun;
        while let Some((head, body)) = rest.split_at_checked(size) {
            let length = head
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte));
            let Some((packet, after)) = body.split_at_checked(length) else {
                break;
            };
            frames.push(Frame {
                bytes: packet.to_vec(),
                ends_line: None,
            });
            rest = after;
        }
        self.begun = rest.to_vec();
        frames
    }

    fn lines(&mut self, longest: usize, bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for &byte in bytes {
            let is_end = byte == b'\n';
            if is_end || self.begun.len() == longest {
                frames.push(self.line(is_end));
            }
            if !is_end {
                self.begun.push(byte);
            }
        }
        frames
    }

    fn line(&mut self, is_end: bool) -> Frame {
        Frame {
            bytes: core::mem::take(&mut self.begun),
            ends_line: Some(is_end),
        }
    }

    /// The last message, when nothing more comes: a line without an end.
    pub fn end(&mut self) -> Option<Frame> {
        let is_line = matches!(self.framing, Framing::Line(_)) && !self.begun.is_empty();
        is_line.then(|| self.line(false))
    }

    /// What goes out for a message; `None` if its length can't be told.
    pub fn wrap(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Framing::Packet(size) = self.framing else {
            return Some(bytes.to_vec());
        };
        let length = (bytes.len() as u64).to_be_bytes();
        let (zeros, head) = length.split_at(length.len() - size);
        zeros
            .iter()
            .all(|&byte| byte == 0)
            .then(|| [head, bytes].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn texts(frames: Vec<Frame>) -> Vec<(Vec<u8>, Option<bool>)> {
        let pair = |frame: Frame| (frame.bytes, frame.ends_line);
        frames.into_iter().map(pair).collect()
    }

    #[test]
    fn packets_are_put_together() {
        let mut frames = Frames::new(Framing::Packet(2));
        assert!(frames.cut(b"\0").is_empty());
        assert!(frames.cut(b"\x03ab").is_empty());
        let expected = vec![(b"abc".to_vec(), None), (Vec::new(), None)];
        assert_eq!(texts(frames.cut(b"c\0\0\0\x01")), expected);
        assert_eq!(texts(frames.cut(b"x")), [(b"x".to_vec(), None)]);
        assert_eq!(frames.wrap(b"abc").as_deref(), Some(&b"\0\x03abc"[..]));
        assert_eq!(Frames::new(Framing::Packet(1)).wrap(&[0; 256]), None);
        assert_eq!(frames.end(), None);
    }

    #[test]
    fn lines_are_cut() {
        let mut frames = Frames::new(Framing::Line(3));
        assert!(frames.cut(b"ab").is_empty());
        let expected = vec![
            (b"ab".to_vec(), Some(true)),
            (b"abc".to_vec(), Some(true)),
            (b"abc".to_vec(), Some(false)),
            (b"d".to_vec(), Some(true)),
        ];
        assert_eq!(texts(frames.cut(b"\nabc\nabcd\ne")), expected);
        let end = frames.end().map(|frame| frame.bytes);
        assert_eq!(end.as_deref(), Some(&b"e"[..]));
        assert_eq!(frames.end(), None);
    }
}
