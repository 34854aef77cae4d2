//! A bounded run of what `fuzz/fuzz_targets/decode.rs` does without end: terms in the external format, made of random
//! pieces. `FUZZ_ROUNDS` says how many tries there are.

#[path = "../fuzz/fuzz_targets/any_bytes.rs"]
mod any_bytes;
#[path = "../../../tests/support/random.rs"]
mod random;

use random::{Random, rounds};

/// What terms consist of, more often than of random bytes.
const PIECES: &[&[u8]] = &[
    b"a\x07",
    b"b\xff\xff\xff\xfe",
    b"j",
    b"h\x00",
    b"h\x02",
    b"i\0\0\0\x01",
    b"l\0\0\0\x01",
    b"l\0\0\0\x02",
    b"t\0\0\0\x01",
    b"t\0\0\0\x02",
    b"m\0\0\0\x03abc",
    b"M\0\0\0\x02\x05\xa1\xff",
    b"k\0\x02hi",
    b"w\x01a",
    b"w\x02\xc3\xa4",
    b"d\0\x01b",
    b"s\x01\xe4",
    b"v\0\x01c",
    b"F\x3f\xf8\0\0\0\0\0\0",
    b"F\x7f\xf0\0\0\0\0\0\0",
    b"c1.50000000000000000000e+00\0\0\0\0\0",
    b"n\x08\x01\xff\xff\xff\xff\xff\xff\xff\xff",
    b"n\x09\0\0\0\0\0\0\0\0\0\x01",
    b"o\0\0\0\x01\0\x01",
    b"Xw\x0dnonode@nohost\0\0\0\x01\0\0\0\0\0\0\0\0",
    b"gw\x01n\0\0\0\x01\0\0\0\0\x01",
    b"Zw\x01n",
    b"Z\0\x03w\x01n\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03",
    b"Yw\x01n\0\0\0\x01\0\0\0\0",
    b"qw\x01mw\x01fa\x02",
    b"p\0\0\0\x40\x01",
];

#[test]
fn random_bytes_are_refused_or_are_terms() {
    let mut random = Random::new(1);
    for _ in 0..rounds(50_000) {
        let mut bytes = vec![131];
        for _ in 0..1 + random.below(8) {
            bytes.extend_from_slice(PIECES[random.below(PIECES.len())]);
        }
        if random.below(3) == 0 {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        any_bytes::run(&bytes);
    }
}
