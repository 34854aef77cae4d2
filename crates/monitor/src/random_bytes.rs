//! A bounded run of what `fuzz/fuzz_targets/rings.rs` does without end: ring pages of random submissions. `FUZZ_ROUNDS`
//! says how many tries there are.

#[path = "../fuzz/fuzz_targets/any_rings.rs"]
mod any_rings;
#[path = "../../../tests/support/random.rs"]
mod random;

use random::{Random, rounds};

use brood_abi::layout::{MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE, RING_PAGE};
use brood_abi::ring::submission_offset;
use brood_abi::{Indices, Operation, Submission};
use zerocopy::IntoBytes;

/// Addresses and lengths at which something begins or ends.
const INTERESTING: [u64; 7] = [
    0,
    MEMORY_BASE,
    RING_PAGE,
    PROGRAM_BASE,
    PROGRAM_BASE + 16 * PAGE_SIZE,
    1 << 63,
    u64::MAX,
];

fn number(random: &mut Random) -> u64 {
    match random.below(3) {
        0 => INTERESTING[random.below(INTERESTING.len())],
        _ => random.below(300) as u64,
    }
}

/// A ring page with some more submissions than those up to `tail`.
fn page(random: &mut Random, tail: &mut u32) -> Vec<u8> {
    let mut page = vec![0; PAGE_SIZE as usize];
    for _ in 0..random.below(34) {
        let operation = Operation::ALL[random.below(Operation::ALL.len())];
        let submission = Submission {
            operation: operation.code(),
            flags: random.below(2) as u16,
            address: number(random),
            length: number(random),
            argument: number(random),
            target_address: number(random),
            target_length: number(random),
            offset: number(random),
            ..Submission::default()
        };
        let at = submission_offset(*tail) as usize;
        page[at..at + size_of::<Submission>()].copy_from_slice(submission.as_bytes());
        *tail = tail.wrapping_add(1);
    }
    let indices = Indices {
        submission_tail: *tail,
        ..Indices::default()
    };
    page[..size_of::<Indices>()].copy_from_slice(indices.as_bytes());
    if random.below(4) == 0 {
        let at = random.below(page.len());
        page[at] = random.below(256) as u8;
    }
    page
}

#[test]
fn random_pages_do_no_harm() {
    let mut random = Random::new(1);
    for _ in 0..rounds(500) {
        let mut bytes = vec![random.below(2) as u8];
        let mut tail = 0;
        for _ in 0..=random.below(3) {
            bytes.extend(page(&mut random, &mut tail));
        }
        any_rings::run(&bytes);
    }
}
