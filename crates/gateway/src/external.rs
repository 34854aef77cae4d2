//! The external term format, as far as a request and its answer need it.
//!
//! Writing makes exactly the terms that an instance can be started with. Reading accepts exactly
//! two terms, whatever bytes come: it never recurses, never allocates more than its input has, and
//! refuses anything that is left over. Tags and layouts: the "External Term Format" chapter of the
//! ERTS user's guide.

use std::time::Duration;

const VERSION: u8 = 131;

/// The tags used here, by the names of the ERTS user's guide.
mod tag {
    pub const NEW_FLOAT: u8 = 70;
    pub const SMALL_INTEGER: u8 = 97;
    pub const INTEGER: u8 = 98;
    pub const ATOM: u8 = 100;
    pub const SMALL_TUPLE: u8 = 104;
    pub const LARGE_TUPLE: u8 = 105;
    pub const NIL: u8 = 106;
    pub const LIST: u8 = 108;
    pub const BINARY: u8 = 109;
    pub const SMALL_BIG: u8 = 110;
    pub const SMALL_ATOM: u8 = 115;
    pub const MAP: u8 = 116;
    pub const ATOM_UTF8: u8 = 118;
    pub const SMALL_ATOM_UTF8: u8 = 119;
}

/// Most characters of an atom.
const ATOM_MAX: usize = 255;

/// Most headers of an answer.
pub(crate) const HEADERS_MAX: u32 = 256;

/// A request, as the application's `handle/1` gets it.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// `GET`, `POST` and so on.
    pub method: &'a [u8],
    /// Path of the URL, percent-encoded as it came.
    pub path: &'a [u8],
    /// What follows the question mark, percent-encoded as it came; empty when nothing does.
    pub query: &'a [u8],
    /// Names in lower case, in the order they came.
    pub headers: Vec<(&'a [u8], &'a [u8])>,
    /// The body.
    pub body: &'a [u8],
    /// Address and port of the client.
    pub peer: &'a [u8],
    /// The request's id.
    pub id: &'a [u8],
    /// The phases of the instance before this one, if there was one.
    pub previous: Vec<(&'static str, Duration)>,
}

impl Request<'_> {
    /// `{request, #{method, path, query, headers, body, peer, id[, previous]}}`.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.tuple(2);
        writer.atom("request");
        writer.map(if self.previous.is_empty() { 7 } else { 8 });
        for (key, value) in [
            ("method", self.method),
            ("path", self.path),
            ("query", self.query),
            ("body", self.body),
            ("peer", self.peer),
            ("id", self.id),
        ] {
            writer.atom(key);
            writer.binary(value);
        }
        writer.atom("headers");
        writer.list(self.headers.iter(), |writer, (name, value)| {
            writer.tuple(2);
            writer.binary(name);
            writer.binary(value);
        });
        if !self.previous.is_empty() {
            writer.atom("previous");
            writer.map(self.previous.len());
            for (phase, time) in &self.previous {
                writer.atom(phase);
                writer.float(time.as_secs_f64() * 1e3);
            }
        }
        writer.into_bytes()
    }
}

/// `{run, [Argument]}`: the argument of an instance that runs the application's main function.
pub fn encode_run<A: AsRef<[u8]>>(arguments: &[A]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tuple(2);
    writer.atom("run");
    writer.list(arguments.iter(), |writer, argument| {
        writer.binary(argument.as_ref())
    });
    writer.into_bytes()
}

/// `bench`: the argument of an instance that answers at once and ends.
pub fn encode_bench() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.atom("bench");
    writer.into_bytes()
}

/// Writes one term, part after part: a tuple, a list or a map is followed by what is in it.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer::new()
    }
}

impl Writer {
    /// Nothing is written yet.
    pub fn new() -> Writer {
        Writer {
            bytes: vec![VERSION],
        }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Lengths are 32 bits wide. All that is written is bounded far below: request heads and bodies
    /// by the configuration, arguments by the operating system, files by what a guest's memory holds.
    fn length(&mut self, length: usize) {
        let length = u32::try_from(length).expect("bounded by the configuration");
        self.bytes.extend(length.to_be_bytes());
    }

    /// A tuple of so many elements.
    pub fn tuple(&mut self, arity: u8) {
        self.bytes.extend([tag::SMALL_TUPLE, arity]);
    }

    /// A map of so many pairs: key, value, key, value.
    pub fn map(&mut self, pairs: usize) {
        self.bytes.push(tag::MAP);
        self.length(pairs);
    }

    /// An atom. What is longer than an atom may be is cut off.
    pub fn atom(&mut self, name: &str) {
        let end = name
            .char_indices()
            .map(|(at, _)| at)
            .nth(ATOM_MAX)
            .unwrap_or(name.len());
        let name = &name[..end];
        match u8::try_from(name.len()) {
            Ok(length) => self.bytes.extend([tag::SMALL_ATOM_UTF8, length]),
            Err(_) => {
                self.bytes.push(tag::ATOM_UTF8);
                // At most 255 characters of four bytes.
                self.bytes.extend((name.len() as u16).to_be_bytes());
            }
        }
        self.bytes.extend(name.as_bytes());
    }

    /// A binary.
    pub fn binary(&mut self, bytes: &[u8]) {
        self.bytes.push(tag::BINARY);
        self.length(bytes.len());
        self.bytes.extend(bytes);
    }

    /// An integer.
    pub fn integer(&mut self, value: i64) {
        match i32::try_from(value) {
            Ok(value) => {
                self.bytes.push(tag::INTEGER);
                self.bytes.extend(value.to_be_bytes());
            }
            Err(_) => {
                let sign = u8::from(value < 0);
                self.bytes.extend([tag::SMALL_BIG, 8, sign]);
                self.bytes.extend(value.unsigned_abs().to_le_bytes());
            }
        }
    }

    /// A float.
    pub fn float(&mut self, value: f64) {
        self.bytes.push(tag::NEW_FLOAT);
        self.bytes.extend(value.to_be_bytes());
    }

    /// A list, each element written by `write`.
    pub fn list<T>(
        &mut self,
        elements: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Writer, T),
    ) {
        if elements.len() > 0 {
            self.bytes.push(tag::LIST);
            self.length(elements.len());
            elements.for_each(|element| write(self, element));
        }
        self.bytes.push(tag::NIL);
    }
}

/// The name and the value of a header.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// What an instance said, borrowed from the bytes that it sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// `{response, Status, [{Name, Value}], Body}`
    Response {
        status: i32,
        headers: Vec<Pair<'a>>,
        body: &'a [u8],
    },
    /// `{crash, Status, Report}`
    Crash { status: i32, report: &'a [u8] },
}

/// Why bytes are no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("the term ends in its middle, at byte {0}")]
    Truncated(usize),
    #[error("at byte {at}: {expected} expected, tag {found} found")]
    Unexpected {
        at: usize,
        expected: &'static str,
        found: u8,
    },
    #[error("neither {{response, Status, Headers, Body}} nor {{crash, Status, Report}}")]
    Shape,
    #[error("{0} headers, {HEADERS_MAX} are allowed")]
    TooManyHeaders(u32),
    #[error("{0} bytes follow the term")]
    Trailing(usize),
}

impl<'a> Said<'a> {
    /// Reads one term and nothing else.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Said<'a>, ReadError> {
        let mut reader = Reader { bytes, position: 0 };
        let version = reader.byte()?;
        if version != VERSION {
            return Err(reader.unexpected("format version 131", version));
        }
        let arity = reader.tuple()?;
        let said = match (arity, reader.atom()?) {
            (4, b"response") => Said::Response {
                status: reader.integer()?,
                headers: reader.headers()?,
                body: reader.binary()?,
            },
            (3, b"crash") => Said::Crash {
                status: reader.integer()?,
                report: reader.binary()?,
            },
            _ => return Err(ReadError::Shape),
        };
        match bytes.len() - reader.position {
            0 => Ok(said),
            left => Err(ReadError::Trailing(left)),
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        let rest = &self.bytes[self.position..];
        let taken = rest
            .get(..length)
            .ok_or(ReadError::Truncated(self.position))?;
        self.position += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        self.array().map(|[byte]| byte)
    }

    fn length(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_be_bytes)
    }

    fn unexpected(&self, expected: &'static str, found: u8) -> ReadError {
        ReadError::Unexpected {
            at: self.position - 1,
            expected,
            found,
        }
    }

    fn tuple(&mut self) -> Result<u32, ReadError> {
        match self.byte()? {
            tag::SMALL_TUPLE => self.byte().map(u32::from),
            tag::LARGE_TUPLE => self.length(),
            other => Err(self.unexpected("a tuple", other)),
        }
    }

    fn atom(&mut self) -> Result<&'a [u8], ReadError> {
        let length = match self.byte()? {
            tag::SMALL_ATOM | tag::SMALL_ATOM_UTF8 => usize::from(self.byte()?),
            tag::ATOM | tag::ATOM_UTF8 => usize::from(u16::from_be_bytes(self.array()?)),
            other => return Err(self.unexpected("an atom", other)),
        };
        self.take(length)
    }

    fn integer(&mut self) -> Result<i32, ReadError> {
        match self.byte()? {
            tag::SMALL_INTEGER => self.byte().map(i32::from),
            tag::INTEGER => self.array().map(i32::from_be_bytes),
            other => Err(self.unexpected("an integer", other)),
        }
    }

    fn binary(&mut self) -> Result<&'a [u8], ReadError> {
        match self.byte()? {
            // Widening: this program runs on 64 bits.
            tag::BINARY => self.length().and_then(|length| self.take(length as usize)),
            other => Err(self.unexpected("a binary", other)),
        }
    }

    fn headers(&mut self) -> Result<Vec<Pair<'a>>, ReadError> {
        let count = match self.byte()? {
            tag::NIL => return Ok(Vec::new()),
            tag::LIST => self.length()?,
            other => return Err(self.unexpected("a list", other)),
        };
        if count > HEADERS_MAX {
            return Err(ReadError::TooManyHeaders(count));
        }
        let headers = (0..count)
            .map(|_| match self.tuple()? {
                2 => Ok((self.binary()?, self.binary()?)),
                _ => Err(ReadError::Shape),
            })
            .collect::<Result<_, _>>()?;
        match self.byte()? {
            tag::NIL => Ok(headers),
            other => Err(self.unexpected("the end of a list", other)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
