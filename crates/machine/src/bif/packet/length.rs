//! Where a packet ends.

/// What packets are told apart by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    /// Whatever is there.
    Raw,
    /// A length of so many bytes in front.
    Prefixed(usize),
    Asn1,
    Cdr,
    SunRm,
    Fcgi,
    Tpkt,
    Line,
    /// A line that starts a request or a response.
    Http,
    /// A header, which may go on in further lines.
    HttpHeader,
    SslTls,
}

/// What the options say; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How long a packet may be, without what is in front of it.
    pub packet: u32,
    /// From which length on a line is cut.
    pub line: u32,
    pub delimiter: u8,
}

/// How long a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    Known(usize),
    /// There is not enough to know.
    Unknown,
    Invalid,
}

const CDR_MAGIC: &[u8] = b"GIOP";
const CDR_HEADER: usize = 12;
const FCGI_HEADER: usize = 8;
const FCGI_VERSION: u8 = 1;
const TPKT_HEADER: usize = 4;
const TPKT_VERSION: u8 = 3;
const TLS_HEADER: usize = 5;

/// A number of up to four bytes, the highest first.
fn big_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The length of the packet that `bytes` begin with.
pub(super) fn of_packet(kind: Type, bytes: &[u8], limits: Limits) -> Length {
    let framed = match kind {
        Type::Raw if bytes.is_empty() => return Length::Unknown,
        Type::Raw => return Length::Known(bytes.len()),
        Type::Line => return of_line(bytes, limits),
        Type::Http => return of_http(bytes, false, limits),
        Type::HttpHeader => return of_http(bytes, true, limits),
        Type::Prefixed(size) => bytes
            .get(..size)
            .map(|prefix| Some((size, big_endian(prefix)))),
        Type::SunRm => bytes
            .get(..4)
            .map(|prefix| Some((4, big_endian(prefix) & 0x7fff_ffff))),
        Type::Asn1 => of_asn1(bytes),
        Type::Cdr => bytes.get(..CDR_HEADER).map(|header| {
            let is_little = header[6] & 1 != 0;
            let mut size = [header[8], header[9], header[10], header[11]];
            if is_little {
                size.reverse();
            }
            header
                .starts_with(CDR_MAGIC)
                .then_some((CDR_HEADER, big_endian(&size)))
        }),
        Type::Fcgi => bytes.get(..FCGI_HEADER).map(|header| {
            let size = big_endian(&header[4..6]) + u32::from(header[6]);
            (header[0] == FCGI_VERSION).then_some((FCGI_HEADER, size))
        }),
        Type::Tpkt => bytes.get(..TPKT_HEADER).map(|header| {
            let size = big_endian(&header[2..4]).wrapping_sub(TPKT_HEADER as u32);
            (header[0] == TPKT_VERSION).then_some((TPKT_HEADER, size))
        }),
        Type::SslTls => bytes.get(..TLS_HEADER).map(|header| {
            let size = if is_ssl2_hello(header) {
                (big_endian(&header[..2]) & 0x7fff).wrapping_sub(3)
            } else {
                big_endian(&header[3..5])
            };
            Some((TLS_HEADER, size))
        }),
    };
    match framed {
        None => Length::Unknown,
        Some(None) => Length::Invalid,
        Some(Some((header, size))) => {
            // Lengths are those of C's `int`: what is beyond is invalid, as is less than the header.
            let total = (header as u32).wrapping_add(size);
            if limits.packet != 0 && size > limits.packet
                || total > i32::MAX as u32
                || (total as usize) < header
            {
                Length::Invalid
            } else {
                Length::Known(total as usize)
            }
        }
    }
}

/// What to leave off at both ends of a packet.
pub(super) fn framing(kind: Type, packet: &[u8]) -> (usize, usize) {
    match kind {
        Type::Prefixed(size) => (size, 0),
        Type::Fcgi => (0, usize::from(packet[6])),
        _ => (0, 0),
    }
}

/// Whether these bytes begin as the greeting of SSL 2 does.
pub(super) fn is_ssl2_hello(packet: &[u8]) -> bool {
    packet[0] & 0x80 != 0 && packet[2] == 1
}

/// The length of the header and of what follows; `None` when there is not enough, `Some(None)` when it is wrong.
fn of_asn1(bytes: &[u8]) -> Option<Option<(usize, u32)>> {
    if bytes.len() < 2 {
        return None;
    }
    let mut at = 1;
    if bytes[0] & 0x1f == 0x1f {
        while bytes.get(at).is_some_and(|byte| byte & 0x80 != 0) {
            at += 1;
        }
        at += 1;
        if at >= bytes.len() {
            return None;
        }
    }
    let first = bytes[at];
    at += 1;
    if first & 0x80 == 0 {
        return Some(Some((at, u32::from(first))));
    }
    let count = usize::from(first & 0x7f);
    let size = bytes.get(at..at + count)?;
    Some((count <= 4).then(|| (at + count, big_endian(size))))
}

fn of_line(bytes: &[u8], limits: Limits) -> Length {
    let (most, cut) = (limits.packet as usize, limits.line as usize);
    match memchr::memchr(limits.delimiter, bytes) {
        None if most != 0 && bytes.len() > most => Length::Invalid,
        None if cut != 0 && bytes.len() >= cut => Length::Known(cut),
        None => Length::Unknown,
        Some(end) if most != 0 && end + 1 > most => Length::Invalid,
        Some(end) if cut != 0 && end + 1 > cut => Length::Known(cut),
        Some(end) => Length::Known(end + 1),
    }
}

/// A header that is followed by white space goes on in the next line; so what follows it must be there.
fn of_http(bytes: &[u8], is_header: bool, limits: Limits) -> Length {
    if matches!(bytes, b"\n" | b"\r\n") {
        return Length::Known(bytes.len());
    }
    let most = match limits.packet {
        0 => limits.line as usize,
        most => most as usize,
    };
    let mut from = 0;
    loop {
        let Some(end) = memchr::memchr(b'\n', &bytes[from..]) else {
            return if most != 0 && bytes.len() >= most {
                Length::Invalid
            } else {
                Length::Unknown
            };
        };
        let size = from + end + 1;
        let goes_on = matches!(bytes.get(size), Some(b' ' | b'\t')) && size > 2;
        if is_header && goes_on {
            from = size;
            continue;
        }
        return if most != 0 && size > most {
            Length::Invalid
        } else if is_header && size == bytes.len() {
            Length::Unknown
        } else {
            Length::Known(size)
        };
    }
}
