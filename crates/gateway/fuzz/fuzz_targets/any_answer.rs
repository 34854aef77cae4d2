//! One try: whatever an instance answers is refused, or is a response that HTTP can have.

use crate::answer::Answer;

pub fn run(bytes: &[u8]) {
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
}
