//! A bounded run of what `fuzz/fuzz_targets/rings.rs` does without end: attacks of random bytes. `FUZZ_ROUNDS` says how
//! many tries there are.

#[path = "../fuzz/fuzz_targets/any_rings.rs"]
pub(crate) mod any_rings;
#[path = "../../../tests/support/random.rs"]
mod random;

use any_rings::{Attack, Came};
use arbitrary::{Arbitrary, Unstructured};
use random::{Random, rounds};

#[test]
fn random_attacks_do_no_harm() {
    let mut random = Random::new(1);
    let all = rounds(1000);
    let (mut through, mut ended, mut violated) = (0, 0, 0);
    for _ in 0..all {
        let bytes: Vec<u8> = (0..random.below(3000))
            // Small numbers more often, since they choose among few.
            .map(|_| (random.below(256) >> random.below(8)) as u8)
            .collect();
        let attack = Attack::arbitrary_take_rest(Unstructured::new(&bytes));
        match any_rings::run(&attack.expect("any bytes will do"), &[]) {
            Came::Through => through += 1,
            Came::Ended => ended += 1,
            Came::Violated => violated += 1,
        }
    }
    // Each way is gone often enough to mean something.
    let least = all / 500;
    assert!(
        through >= least && ended >= least && violated >= least,
        "{through} through, {ended} ended, {violated} violated"
    );
}
