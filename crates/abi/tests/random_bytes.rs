//! A bounded run of what `fuzz/fuzz_targets/boot_block.rs` does without end. `FUZZ_ROUNDS` says how many tries there are.

#[path = "../fuzz/fuzz_targets/any_boot_block.rs"]
mod any_boot_block;
#[path = "../../../tests/support/random.rs"]
mod random;

use random::{Random, rounds};

#[test]
fn random_boot_blocks_are_read_within_their_bytes() {
    let mut random = Random::new(1);
    for _ in 0..rounds(20_000) {
        // Now and then too short for a block; and small numbers often, since lengths are numbers.
        let bytes: Vec<u8> = (0..random.below(600))
            .map(|_| match random.below(3) {
                0 => random.below(256) as u8,
                1 => random.below(12) as u8,
                _ => 0,
            })
            .collect();
        any_boot_block::run(&bytes);
    }
}
