//! A bounded run of what `fuzz/fuzz_targets/find.rs` does without end: patterns and subjects made of random pieces.
//! `FUZZ_ROUNDS` says how many tries there are.

#[path = "../fuzz/fuzz_targets/any_pattern.rs"]
mod any_pattern;
#[path = "../../../tests/support/random.rs"]
mod random;

use random::{Random, rounds};

/// What patterns consist of, more often than of random bytes.
const PIECES: &[&[u8]] = &[
    b"a",
    b"b",
    b".",
    b"*",
    b"+?",
    b"{2,}",
    b"{,3}",
    b"|",
    b"(",
    b")",
    b"(?:",
    b"(?=",
    b"(?<=a|bc)",
    b"(?>",
    b"[^a-",
    b"]",
    b"[[:alpha:]",
    b"\\d",
    b"\\X",
    b"\\R",
    b"\\K",
    b"\\1",
    b"\\g{-1}",
    b"(?1)",
    b"(?R)",
    b"(?<n>",
    b"(?&n)",
    b"(?(1)",
    b"(?|",
    b"(?x)",
    b"#",
    b"\\Q",
    b"\\E",
    b"\\p{Lu}",
    b"\\x{e4}",
    b"\\x",
    b"(*UTF8)",
    b"(*COMMIT)",
    b"(*ACCEPT)",
    b"$",
    b"^",
    b"\\b",
    b"\\C",
    b"\xc3\xa4",
    b"\xff",
    b"\0",
];

#[test]
fn random_patterns_are_refused_or_matched() {
    let mut random = Random::new(1);
    for _ in 0..rounds(50_000) {
        let mut bytes: Vec<u8> = (0..any_pattern::HEAD)
            .map(|_| random.below(256) as u8)
            .collect();
        // Random options mostly contradict each other.
        if random.below(4) > 0 {
            bytes[..4].fill(0);
        }
        for _ in 0..1 + random.below(7) {
            bytes.extend_from_slice(PIECES[random.below(PIECES.len())]);
        }
        any_pattern::run(&bytes);
    }
}
