//! `erlang:decode_packet/3`: the first packet of a stream.
//!
//! How long it is, by the type of packets, is in [`length`]; what a line of HTTP says, in [`http`].

mod http;
mod length;

use brood_term::{Heap, Term, binary, known};

use self::http::{Line, Reader, Start, Uri};
use self::length::{Length, Type};
use super::iolist::BYTES_PER_REDUCTION;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{badarg, badarg_cause};

pub(super) const TABLE: &[Entry] = &[entry("erlang", "decode_packet", 3, decode_packet)];

/// The types by name; those of lengths in front also have numbers.
const TYPES: [(&str, Type); 12] = [
    ("raw", Type::Raw),
    ("asn1", Type::Asn1),
    ("cdr", Type::Cdr),
    ("sunrm", Type::SunRm),
    ("fcgi", Type::Fcgi),
    ("tpkt", Type::Tpkt),
    ("line", Type::Line),
    ("http", Type::Http),
    ("http_bin", Type::Http),
    ("httph", Type::HttpHeader),
    ("httph_bin", Type::HttpHeader),
    ("ssl_tls", Type::SslTls),
];

/// The type that a term names, and whether text is to be binaries.
fn packet_type(context: &Context<'_>, term: Term) -> Option<(Type, bool)> {
    match term.as_small() {
        Some(0) => return Some((Type::Raw, false)),
        Some(1) => return Some((Type::Prefixed(1), false)),
        Some(2) => return Some((Type::Prefixed(2), false)),
        Some(4) => return Some((Type::Prefixed(4), false)),
        _ => {}
    }
    let name = context.machine.atoms.name(term)?;
    let (_, kind) = TYPES.iter().find(|(known, _)| *known == name)?;
    Some((*kind, name.ends_with("_bin")))
}

/// The limits that a list of options sets.
fn limits(context: &Context<'_>, kind: Type, list: Term) -> Option<length::Limits> {
    let mut limits = length::Limits {
        packet: 0,
        line: 0,
        delimiter: b'\n',
    };
    let mut list = list.list();
    for option in list.by_ref() {
        let &[name, value] = option.as_tuple_of()?;
        let value = u32::try_from(value.as_usize()?).ok()?;
        match context.machine.atoms.name(name)? {
            "packet_size" => limits.packet = value,
            "line_length" => limits.line = value,
            "line_delimiter" if kind == Type::Line => {
                limits.delimiter = u8::try_from(value).ok()?
            }
            _ => return None,
        }
    }
    list.ended_proper().then_some(limits)
}

/// `{ok, Packet, Rest}`, `{more, Length}` or `{error, Reason}`
fn decode_packet(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let &[kind, data, options] = arguments else {
        return Err(badarg());
    };
    let Some((kind, text_as_binary)) = packet_type(context, kind) else {
        return Err(badarg_cause(context.machine.atom("badopt")));
    };
    let bits = data.as_bits().ok_or_else(badarg)?;
    let limits = limits(context, kind, options).ok_or_else(badarg)?;
    let whole = bits.slice(0, bits.bit_size / 8 * 8);
    let bytes = whole.to_bytes();
    context.charge(1 + bytes.len().min(1 << 16) / BYTES_PER_REDUCTION);
    let size = match length::of_packet(kind, &bytes, limits) {
        Length::Known(size) if size <= bytes.len() => size,
        Length::Known(size) => return more(context, Some(size)),
        Length::Unknown => return more(context, None),
        Length::Invalid => {
            let invalid = known::INVALID;
            return Ok(context.heap().tuple(&[known::ERROR, invalid]));
        }
    };
    let packet = &bytes[..size];
    let parsed = match kind {
        Type::Http | Type::HttpHeader => {
            let mut builder = Builder {
                context,
                text_as_binary,
            };
            builder.http(packet, kind == Type::HttpHeader)
        }
        Type::SslTls => record(context, packet),
        _ => {
            let (skipped, padding) = length::framing(kind, packet);
            let body = size.saturating_sub(skipped + padding);
            binary::make_sub(context.heap(), data, skipped * 8, body * 8)
        }
    };
    let heap = context.heap();
    let rest = binary::make_sub(heap, data, size * 8, bits.bit_size - size * 8);
    Ok(heap.tuple(&[known::OK, parsed, rest]))
}

fn more(context: &mut Context<'_>, size: Option<usize>) -> BifResult {
    let more = context.machine.atom("more");
    let size = size.map_or(known::UNDEFINED, |size| Term::small(size as i64));
    Ok(context.heap().tuple(&[more, size]))
}

/// `{ssl_tls, [], ContentType, {Major, Minor}, Data}`. The greeting of SSL 2 is given as a handshake of its successors.
fn record(context: &mut Context<'_>, packet: &[u8]) -> Term {
    let tag = context.machine.atom("ssl_tls");
    let heap = context.heap();
    let (kind, version, data) = if length::is_ssl2_hello(packet) {
        let body = &packet[3..];
        let length = (body.len() as u32).to_be_bytes();
        let hello = [&[1, length[1], length[2], length[3]], body].concat();
        (22, [packet[3], packet[4]], heap.binary(&hello))
    } else {
        (packet[0], [packet[1], packet[2]], heap.binary(&packet[5..]))
    };
    let version = heap.tuple(&version.map(|part| Term::small(i64::from(part))));
    heap.tuple(&[tag, Term::NIL, Term::small(i64::from(kind)), version, data])
}

/// Builds the terms of HTTP.
struct Builder<'a, 'b> {
    context: &'a mut Context<'b>,
    text_as_binary: bool,
}

impl Builder<'_, '_> {
    fn text(&mut self, text: &[u8]) -> Term {
        if self.text_as_binary {
            self.context.heap().binary(text)
        } else {
            self.context.heap().byte_list(text, Term::NIL)
        }
    }

    fn version(&mut self, (major, minor): (i32, i32)) -> Term {
        let parts = [major, minor].map(|part| Term::small(i64::from(part)));
        self.context.heap().tuple(&parts)
    }

    /// A tuple with a tag.
    fn tagged(&mut self, tag: &'static str, parts: &[Term]) -> Term {
        let tag = self.context.machine.atom(tag);
        self.context.heap().tuple(&[&[tag], parts].concat())
    }

    fn http(&mut self, packet: &[u8], is_header: bool) -> Term {
        let mut reader = Reader::of_line(packet);
        let line = if is_header {
            http::header(&mut reader)
        } else {
            http::start(&mut reader).map(Line::Start)
        };
        match line {
            None => {
                let line = self.text(packet);
                self.tagged("http_error", &[line])
            }
            Some(Line::EndOfHeaders) => self.context.machine.atom("http_eoh"),
            Some(Line::Header { name, field, value }) => {
                let known = http::header_number(&name);
                let number = known.map_or(0, |index| index as i64 + 1);
                let name = match known {
                    Some(index) => self.context.machine.atom(http::HEADERS[index]),
                    None => self.text(&name),
                };
                let (field, value) = (self.text(field), self.text(value));
                self.tagged("http_header", &[Term::small(number), name, field, value])
            }
            Some(Line::Start(Start::Response {
                version,
                status,
                phrase,
            })) => {
                let version = self.version(version);
                let phrase = self.text(phrase);
                let status = Term::small(i64::from(status));
                self.tagged("http_response", &[version, status, phrase])
            }
            Some(Line::Start(Start::Request {
                method,
                uri,
                version,
            })) => {
                let method = match http::METHODS
                    .iter()
                    .find(|known| known.as_bytes() == method)
                {
                    Some(method) => self.context.machine.atom(method),
                    None => self.text(method),
                };
                let uri = self.uri(uri);
                let version = self.version(version);
                self.tagged("http_request", &[method, uri, version])
            }
        }
    }

    fn uri(&mut self, uri: Uri<'_>) -> Term {
        match uri {
            Uri::Star => self.context.machine.atom("*"),
            Uri::Text(text) => self.text(text),
            Uri::Path(path) => {
                let path = self.text(path);
                self.tagged("abs_path", &[path])
            }
            Uri::Scheme(scheme, rest) => {
                let parts = [self.text(scheme), self.text(rest)];
                self.tagged("scheme", &parts)
            }
            Uri::Absolute {
                scheme,
                host,
                port,
                path,
            } => {
                let scheme = self.context.machine.atom(scheme);
                let (host, path) = (self.text(host), self.text(path));
                let port = port.map_or(known::UNDEFINED, |port| Term::small(i64::from(port)));
                self.tagged("absoluteURI", &[scheme, host, port, path])
            }
        }
    }
}
