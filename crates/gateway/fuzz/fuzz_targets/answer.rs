//! Whatever an instance answers is refused, or is a response that HTTP can have.

#![no_main]

// The gateway keeps these to itself, so they are compiled into the target.
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/answer.rs"]
mod answer;
#[allow(dead_code, reason = "a part is under test")]
#[path = "../../src/external.rs"]
mod external;

use answer::Answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Answer::Response {
        status,
        headers,
        body,
    }) = Answer::read(bytes)
    {
        assert!((200..=599).contains(&status.as_u16()));
        assert!(!headers.contains_key("content-length") && !headers.contains_key("connection"));
        assert!(body.len() <= bytes.len());
    }
});
