//! What an instance said, as HTTP: checked before it goes to a client.

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};

use crate::external::{ReadError, Said};

/// Most bytes of names and values of an answer's headers.
const HEADER_BYTES_MAX: usize = 32 << 10;

/// Headers that concern one connection, not the message (RFC 9110, 7.6.1), and those that the
/// gateway alone decides.
const NOT_PASSED_ON: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "brood-instance",
    "brood-request",
];

/// A checked answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A response for the client.
    Response {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    /// The handler crashed; the report is for the log.
    Crash { status: StatusCode, report: Bytes },
}

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadAnswer {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("status {0}: a response has one from 200 to 599")]
    Status(i32),
    #[error("{0:?} is no header name")]
    HeaderName(String),
    #[error("the value of header {0} has bytes that no header value can have")]
    HeaderValue(HeaderName),
    #[error("{0} bytes of headers, {HEADER_BYTES_MAX} are allowed")]
    HeaderBytes(usize),
}

impl Answer {
    /// Checks the first message of an instance.
    pub(crate) fn read(bytes: &[u8]) -> Result<Answer, BadAnswer> {
        Ok(match Said::read(bytes)? {
            Said::Response {
                status,
                headers,
                body,
            } => Answer::Response {
                status: checked_status(status)?,
                headers: checked_headers(&headers)?,
                body: Bytes::copy_from_slice(body),
            },
            Said::Crash { status, report } => Answer::Crash {
                status: checked_status(status)?,
                report: Bytes::copy_from_slice(report),
            },
        })
    }
}

fn checked_status(status: i32) -> Result<StatusCode, BadAnswer> {
    u16::try_from(status)
        .ok()
        .filter(|status| (200..=599).contains(status))
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or(BadAnswer::Status(status))
}

fn checked_headers(pairs: &[(&[u8], &[u8])]) -> Result<HeaderMap, BadAnswer> {
    let total = pairs
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if total > HEADER_BYTES_MAX {
        return Err(BadAnswer::HeaderBytes(total));
    }
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name)
            .map_err(|_| BadAnswer::HeaderName(String::from_utf8_lossy(name).into_owned()))?;
        let value =
            HeaderValue::from_bytes(value).map_err(|_| BadAnswer::HeaderValue(name.clone()))?;
        headers.append(name, value);
    }
    remove_hop_by_hop(&mut headers);
    Ok(headers)
}

/// Removes what is not passed on, and what a `connection` header names.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in NOT_PASSED_ON {
        headers.remove(name);
    }
}

/// Whether a response has a body (RFC 9110, 6.4.1).
pub(crate) fn has_body(method: &Method, status: StatusCode) -> bool {
    *method != Method::HEAD
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external::tests::{crash, response};

    fn headers_of(pairs: &[(&str, &str)]) -> Result<HeaderMap, BadAnswer> {
        match Answer::read(&response(200, pairs, b""))? {
            Answer::Response { headers, .. } => Ok(headers),
            Answer::Crash { .. } => unreachable!(),
        }
    }

    #[test]
    fn statuses() {
        for status in [200, 204, 404, 599] {
            assert!(Answer::read(&response(status, &[], b"")).is_ok());
        }
        for status in [i32::MIN, -1, 0, 100, 101, 199, 600, 999, 65_736, i32::MAX] {
            let error = Answer::read(&response(status, &[], b"")).unwrap_err();
            assert!(
                matches!(error, BadAnswer::Status(s) if s == status),
                "{error}"
            );
            assert!(Answer::read(&crash(status, "")).is_err());
        }
    }

    #[test]
    fn headers_that_are_none_are_refused() {
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("a:", "x"),
            ("ž", "x"),
            ("a\r\nb", "x"),
        ] {
            assert!(matches!(
                headers_of(&[(name, value)]),
                Err(BadAnswer::HeaderName(_))
            ));
        }
        for value in ["a\r\nset-cookie: x", "a\nb", "\0", "\x7f"] {
            assert!(matches!(
                headers_of(&[("a", value)]),
                Err(BadAnswer::HeaderValue(_))
            ));
        }
        let long = "x".repeat(HEADER_BYTES_MAX);
        assert!(matches!(
            headers_of(&[("a", &long)]),
            Err(BadAnswer::HeaderBytes(_))
        ));
    }

    #[test]
    fn hop_by_hop_headers_are_dropped_and_others_stay() {
        let headers = headers_of(&[
            ("Connection", "close, X-Private"),
            ("X-Private", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "3"),
            ("Brood-Instance", "forged"),
            ("Set-Cookie", "a"),
            ("Set-Cookie", "b"),
        ])
        .unwrap();
        assert_eq!(headers.len(), 2);
        assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    }
}
