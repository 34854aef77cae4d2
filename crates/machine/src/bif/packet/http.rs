//! What a line of HTTP says.

use alloc::vec::Vec;

/// Headers that are given as atoms, with their place as number.
pub(super) const HEADERS: [&str; 52] = [
    "Cache-Control",
    "Connection",
    "Date",
    "Pragma",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "From",
    "Host",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "User-Agent",
    "Age",
    "Location",
    "Proxy-Authenticate",
    "Public",
    "Retry-After",
    "Server",
    "Vary",
    "Warning",
    "Www-Authenticate",
    "Allow",
    "Content-Base",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Md5",
    "Content-Range",
    "Content-Type",
    "Etag",
    "Expires",
    "Last-Modified",
    "Accept-Ranges",
    "Set-Cookie",
    "Set-Cookie2",
    "X-Forwarded-For",
    "Cookie",
    "Keep-Alive",
    "Proxy-Connection",
];

/// Methods that are given as atoms.
pub(super) const METHODS: [&str; 7] = ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE"];

/// Names of headers up to this length are written in the usual way, `Like-This`.
const USUAL_NAME_LIMIT: usize = 50;

/// The version of a request that names none.
const OLDEST: (i32, i32) = (0, 9);

/// A line.
pub(super) enum Line<'a> {
    Start(Start<'a>),
    Header {
        /// The name, in the usual way.
        name: Vec<u8>,
        /// The name as it stands there.
        field: &'a [u8],
        value: &'a [u8],
    },
    EndOfHeaders,
}

/// What a message starts with.
pub(super) enum Start<'a> {
    Request {
        method: &'a [u8],
        uri: Uri<'a>,
        version: (i32, i32),
    },
    Response {
        version: (i32, i32),
        status: i32,
        phrase: &'a [u8],
    },
}

/// What a request is for.
pub(super) enum Uri<'a> {
    Star,
    Path(&'a [u8]),
    Absolute {
        scheme: &'static str,
        host: &'a [u8],
        port: Option<i32>,
        path: &'a [u8],
    },
    /// A scheme other than HTTP's, and the rest.
    Scheme(&'a [u8], &'a [u8]),
    Text(&'a [u8]),
}

/// The place of a header among those that are given as atoms.
pub(super) fn header_number(name: &[u8]) -> Option<usize> {
    HEADERS.iter().position(|known| known.as_bytes() == name)
}

/// Reads a line from its start.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A line without what ends it.
    pub fn of_line(line: &'a [u8]) -> Reader<'a> {
        let rest = match line {
            [rest @ .., b'\r', _] | [rest @ .., b'\n'] => rest,
            _ => line,
        };
        Reader { rest }
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().take_while(|byte| belongs(**byte)).count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn spaces(&mut self) -> &'a [u8] {
        self.take_while(is_space)
    }

    /// A number of digits, perhaps none, as C's `int`.
    fn digits(&mut self) -> (usize, i32) {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        (digits.len(), number(digits))
    }

    fn prefix(&mut self, prefix: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(prefix)?;
        Some(())
    }

    /// Two numbers with a point.
    fn version(&mut self) -> Option<(i32, i32)> {
        let (major_digits, major) = self.digits();
        self.prefix(b".")?;
        let (minor_digits, minor) = self.digits();
        (major_digits > 0 && minor_digits > 0).then_some((major, minor))
    }
}

fn number(digits: &[u8]) -> i32 {
    digits.iter().fold(0i32, |number, digit| {
        number
            .wrapping_mul(10)
            .wrapping_add(i32::from(digit - b'0'))
    })
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Whether a byte may be in the name of a method or a header.
fn is_of_name(byte: u8) -> bool {
    (33..128).contains(&byte) && !b"()<>@,;:\\\"/[]?={}".contains(&byte)
}

/// A request's or a response's first line.
pub(super) fn start<'a>(reader: &mut Reader<'a>) -> Option<Start<'a>> {
    if reader.prefix(b"HTTP/").is_some() {
        let version = reader.version()?;
        if reader.spaces().is_empty() {
            return None;
        }
        let (_, status) = reader.digits();
        if reader.spaces().is_empty() && !reader.rest.is_empty() {
            return None;
        }
        return Some(Start::Response {
            version,
            status,
            phrase: reader.rest,
        });
    }
    let method = reader.take_while(is_of_name);
    if method.is_empty() || reader.spaces().is_empty() {
        return None;
    }
    let uri = reader.take_while(|byte| !is_space(byte));
    if uri.is_empty() {
        return None;
    }
    reader.spaces();
    let version = if reader.rest.is_empty() {
        OLDEST
    } else if reader.rest.len() < "HTTP/1.1".len() {
        return None;
    } else {
        reader.prefix(b"HTTP/")?;
        reader.version()?
    };
    Some(Start::Request {
        method,
        uri: uri_of(uri),
        version,
    })
}

/// A header, or the empty line at their end.
pub(super) fn header<'a>(reader: &mut Reader<'a>) -> Option<Line<'a>> {
    if reader.rest.is_empty() {
        return Some(Line::EndOfHeaders);
    }
    let field = reader.take_while(is_of_name);
    reader.prefix(b":")?;
    reader.spaces();
    let mut name = field.to_vec();
    if name.len() <= USUAL_NAME_LIMIT {
        let mut starts_word = true;
        for byte in &mut name {
            if starts_word {
                byte.make_ascii_uppercase();
                starts_word = false;
            } else {
                byte.make_ascii_lowercase();
                starts_word = *byte == b'-';
            }
        }
    }
    Some(Line::Header {
        name,
        field,
        value: reader.rest,
    })
}

fn strip_scheme<'a>(uri: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start
        .eq_ignore_ascii_case(scheme.as_bytes())
        .then_some(rest)
}

fn uri_of(uri: &[u8]) -> Uri<'_> {
    if uri == b"*" {
        return Uri::Star;
    }
    if uri.len() <= 1 || uri[0] == b'/' {
        return Uri::Path(uri);
    }
    if let Some(rest) = strip_scheme(uri, "http://") {
        return absolute("http", rest);
    }
    if let Some(rest) = strip_scheme(uri, "https://") {
        return absolute("https", rest);
    }
    match memchr::memchr(b':', uri) {
        Some(at) => Uri::Scheme(&uri[..at], &uri[at + 1..]),
        None => Uri::Text(uri),
    }
}

/// What follows `http://`. A port that is no number, or 0, is none.
fn absolute<'a>(scheme: &'static str, rest: &'a [u8]) -> Uri<'a> {
    let (place, path) = match memchr::memchr(b'/', rest) {
        Some(at) => rest.split_at(at),
        None => (rest, &b"/"[..]),
    };
    let (host, port) = match memchr::memchr(b':', place) {
        Some(at) => (&place[..at], &place[at + 1..]),
        None => (place, &place[..0]),
    };
    let port = Some(port)
        .filter(|port| port.iter().all(u8::is_ascii_digit))
        .map(number)
        .filter(|port| *port != 0);
    Uri::Absolute {
        scheme,
        host,
        port,
        path,
    }
}
