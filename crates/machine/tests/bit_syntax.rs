//! A bounded run of what `fuzz/fuzz_targets/bit_syntax.rs` does without end. `FUZZ_ROUNDS` says how many tries there are.

#[path = "../fuzz/fuzz_targets/any_segments.rs"]
mod any_segments;
#[path = "support/poison.rs"]
mod poison;

use poison::Poison;

#[global_allocator]
static ALLOCATOR: Poison = Poison;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn random_segments_match_as_the_model_says() {
    let rounds = std::env::var("FUZZ_ROUNDS").ok();
    let rounds: u32 = rounds.and_then(|text| text.parse().ok()).unwrap_or(50_000);
    let mut random = Random(1);
    for _ in 0..rounds {
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
