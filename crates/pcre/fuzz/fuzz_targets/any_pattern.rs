//! One try: bytes as options, a subject and a pattern.

use brood_pcre::{
    BackslashR, Code, CompileOptions, Limits, Newline, Subject, compile_option, match_option,
    message,
};

/// Options and subject take this many bytes, the pattern the rest.
pub const HEAD: usize = 24;

/// Little, so that no pattern takes long.
const LIMITS: Limits = Limits {
    matches: 2_000,
    depth: 500,
    heap: 1 << 10,
};

/// Compiles and matches; what comes out lies within what went in.
pub fn run(bytes: &[u8]) {
    let Some((head, pattern)) = bytes.split_at_checked(HEAD) else {
        return;
    };
    let bits = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    let options = CompileOptions {
        bits: bits & compile_option::ALL,
        newline: Newline::from_number(u32::from(head[4] % 6)).unwrap_or(Newline::Lf),
        backslash_r: if head[5] & 1 == 0 {
            BackslashR::Unicode
        } else {
            BackslashR::AnyCrLf
        },
    };
    let code = match Code::compile(pattern, options) {
        Ok(code) => code,
        Err(error) => {
            let (text, offset) = message::explain(error, pattern);
            assert!(!text.is_empty() && offset <= pattern.len() + 1);
            return;
        }
    };
    for (name, group) in code.names() {
        assert!(!name.is_empty() && group <= code.captures());
    }
    let subject = &head[8..];
    let start = usize::from(head[6]) % (subject.len() + 2);
    let match_bits = u32::from(head[7]) & match_option::ALL;
    let subjects = [
        Some(Subject::Bytes(subject)),
        str::from_utf8(subject).ok().map(Subject::Text),
        Some(Subject::Text("aab\u{e4}c a\r\nb")),
    ];
    for subject in subjects.into_iter().flatten() {
        let Ok(Some(spans)) = code.find(subject, start, match_bits, LIMITS) else {
            continue;
        };
        assert!((1..=code.captures() + 1).contains(&spans.len()));
        for (from, to) in spans.into_iter().flatten() {
            assert!(from <= subject.bytes().len() && to <= subject.bytes().len());
        }
    }
}
