//! A bounded run of what `fuzz/fuzz_targets/bit_syntax.rs` does without end. `FUZZ_ROUNDS` says how many tries there are.

#[path = "../fuzz/fuzz_targets/any_segments.rs"]
mod any_segments;
#[path = "support/poison.rs"]
mod poison;
#[path = "../../../tests/support/random.rs"]
mod random;

use poison::Poison;
use random::{Random, rounds};

#[global_allocator]
static ALLOCATOR: Poison = Poison;

#[test]
fn random_segments_match_as_the_model_says() {
    let mut random = Random::new(1);
    for _ in 0..rounds(50_000) {
        let count = 1 + random.below(15);
        let mut bytes = vec![count as u8, random.below(64) as u8];
        for _ in 0..count {
            // Mostly sizes of which several fit into what there is.
            let size = [8, 33, 256][random.below(3)];
            bytes.push(random.below(256) as u8);
            bytes.push(random.below(size) as u8);
            bytes.push(random.below(256) as u8);
        }
        // Text as well as noise.
        let most = [128, 256][random.below(2)];
        for _ in 0..random.below(100) {
            bytes.push(random.below(most) as u8);
        }
        any_segments::run(&bytes);
    }
}
