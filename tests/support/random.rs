//! Random numbers that are the same on every run, and how many tries a test makes with them.

/// A linear congruential generator, of which the upper bits are used.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// `FUZZ_ROUNDS`, or so many if that says nothing.
pub fn rounds(usual: u32) -> u32 {
    let wanted = std::env::var("FUZZ_ROUNDS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(usual)
}
