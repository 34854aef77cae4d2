//! A bounded run of what `fuzz/fuzz_targets/answer.rs` does without end: answers made of random pieces. `FUZZ_ROUNDS` says
//! how many tries there are.

#[path = "../fuzz/fuzz_targets/any_answer.rs"]
mod any_answer;
#[path = "../../../tests/support/random.rs"]
mod random;

use random::{Random, rounds};

/// What answers consist of, more often than of random bytes.
const PIECES: &[&[u8]] = &[
    b"h\x04w\x08response",
    b"h\x03w\x05crash",
    b"d\0\x08response",
    b"a\xc8",
    b"b\0\0\x01\xf4",
    b"b\xff\xff\xff\xff",
    b"j",
    b"l\0\0\0\x01",
    b"l\xff\xff\xff\xff",
    b"h\x02",
    b"m\0\0\0\0",
    b"m\0\0\0\x04name",
    b"m\0\0\0\x0econtent-length",
    b"m\0\0\0\x0aconnection",
    b"m\0\0\0\x02\r\n",
    b"m\x7f\xff\xff\xff",
];

/// Most of these are answers, if nothing is changed.
const BEGINNINGS: &[&[u8]] = &[
    b"\x83",
    b"\x83h\x04w\x08response",
    b"\x83h\x04w\x08responsea\xc8j",
    b"\x83h\x04w\x08responsea\xc8l\0\0\0\x01h\x02",
    b"\x83h\x03w\x05crashb\0\0\x01\xf4",
];

#[test]
fn random_answers_are_refused_or_are_responses() {
    let mut random = Random::new(1);
    for _ in 0..rounds(50_000) {
        let mut bytes = BEGINNINGS[random.below(BEGINNINGS.len())].to_vec();
        for _ in 0..random.below(6) {
            bytes.extend_from_slice(PIECES[random.below(PIECES.len())]);
        }
        if random.below(3) == 0 {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        any_answer::run(&bytes);
    }
}
