//! Against the bytes that stock `erl` writes and reads, and against bytes that nobody should.

use super::*;
use proptest::prelude::*;
use std::process::Command;

/// An answer as an instance would send it.
pub(crate) fn response(status: i32, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tuple(4);
    writer.atom("response");
    writer.bytes.push(tag::INTEGER);
    writer.bytes.extend(status.to_be_bytes());
    writer.list(headers.iter(), |writer, (name, value)| {
        writer.tuple(2);
        writer.binary(name.as_bytes());
        writer.binary(value.as_bytes());
    });
    writer.binary(body);
    writer.bytes
}

/// A crash as an instance would send it.
pub(crate) fn crash(status: i32, report: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.tuple(3);
    writer.atom("crash");
    writer.bytes.push(tag::INTEGER);
    writer.bytes.extend(status.to_be_bytes());
    writer.binary(report.as_bytes());
    writer.bytes
}

#[test]
fn reads_what_it_should() {
    let bytes = response(200, &[("a", "b"), ("c", "")], b"body");
    assert_eq!(
        Said::read(&bytes),
        Ok(Said::Response {
            status: 200,
            headers: vec![(b"a", b"b"), (b"c", b"")],
            body: b"body"
        })
    );
    let bytes = crash(500, "why");
    assert_eq!(
        Said::read(&bytes),
        Ok(Said::Crash {
            status: 500,
            report: b"why"
        })
    );
}

#[test]
fn refuses_what_it_should() {
    let good = response(200, &[("a", "b")], b"body");
    for length in 0..good.len() {
        assert!(
            Said::read(&good[..length]).is_err(),
            "cut to {length} bytes"
        );
    }
    let longer = [&good[..], b"x"].concat();
    assert_eq!(Said::read(&longer), Err(ReadError::Trailing(1)));
    let headers = vec![("a", "b"); HEADERS_MAX as usize + 1];
    assert_eq!(
        Said::read(&response(200, &headers, b"")),
        Err(ReadError::TooManyHeaders(257))
    );
    assert_eq!(
        Said::read(&encode_bench()),
        Err(ReadError::Unexpected {
            at: 1,
            expected: "a tuple",
            found: 119
        })
    );
    assert_eq!(Said::read(&encode_run(&["a"])), Err(ReadError::Shape));
    // A list that claims four thousand million elements.
    let huge = [
        131, 104, 4, 119, 8, b'r', b'e', b's', b'p', b'o', b'n', b's', b'e', 97, 200, 108, 255,
        255, 255, 255,
    ];
    assert_eq!(Said::read(&huge), Err(ReadError::TooManyHeaders(u32::MAX)));
}

proptest! {
    #[test]
    fn survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = Said::read(&bytes);
    }

    #[test]
    fn survives_damage(changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = response(200, &[("name", "value"), ("other", "one")], b"some body");
        for (index, value) in changes {
            let position = index.index(bytes.len());
            bytes[position] = value;
        }
        let _ = Said::read(&bytes);
    }

    #[test]
    fn reads_back(status in any::<i32>(), names in proptest::collection::vec("[a-z]{0,9}", 0..9), body in proptest::collection::vec(any::<u8>(), 0..99)) {
        let headers: Vec<_> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
        let bytes = response(status, &headers, &body);
        let expected = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        prop_assert_eq!(Said::read(&bytes), Ok(Said::Response { status, headers: expected, body: &body }));
    }
}

/// What stock `erl` prints of this expression; `None`, said aloud, where there is no `erl`.
fn erl(expression: &str) -> Option<String> {
    let output = match Command::new("erl")
        .args(["-noinput", "-eval", expression])
        .output()
    {
        Ok(output) => output,
        Err(error) => {
            eprintln!("NOT COMPARED with stock erl: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn stock_erl_reads_requests() {
    let request = Request {
        method: b"GET",
        path: b"/a%20b",
        query: b"x=1",
        headers: vec![(b"host", b"h"), (b"accept", b"*/*")],
        body: b"\x00\xff",
        peer: b"127.0.0.1:1",
        id: b"1f",
        previous: vec![("answered", Duration::from_micros(1500))],
    };
    let check = format!(
        "{{request, #{{method := <<\"GET\">>, path := <<\"/a%20b\">>, query := <<\"x=1\">>, \
         headers := [{{<<\"host\">>, <<\"h\">>}}, {{<<\"accept\">>, <<\"*/*\">>}}], body := <<0, 255>>, \
         peer := <<\"127.0.0.1:1\">>, id := <<\"1f\">>, previous := #{{answered := 1.5}}}} = M}} = \
         binary_to_term(binary:decode_hex(<<\"{}\">>)), {{run, [<<\"a\">>, <<>>]}} = \
         binary_to_term(binary:decode_hex(<<\"{}\">>)), bench = binary_to_term(binary:decode_hex(<<\"{}\">>)), \
         io:format(\"~b\", [map_size(M)]), halt(0).",
        hex(&request.encode()),
        hex(&encode_run(&["a", ""])),
        hex(&encode_bench()),
    );
    if let Some(output) = erl(&check) {
        assert_eq!(output, "8");
    }
}

#[test]
fn reads_what_stock_erl_writes() {
    let write = "io:put_chars(binary:encode_hex(term_to_binary({response, 404, [{<<\"a\">>, <<\"b\">>}], <<\"body\">>}))), halt(0).";
    let Some(output) = erl(write) else { return };
    let bytes: Vec<u8> = (0..output.len() / 2)
        .map(|index| u8::from_str_radix(&output[2 * index..2 * index + 2], 16).unwrap())
        .collect();
    assert_eq!(
        Said::read(&bytes),
        Ok(Said::Response {
            status: 404,
            headers: vec![(b"a", b"b")],
            body: b"body"
        })
    );
}
