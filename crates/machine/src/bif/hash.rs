//! Hashes of terms that are the same everywhere: `phash2` and the older `phash`.

use brood_term::{Heap, Term, hash, integer};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "phash2", 1, phash2),
    entry("erlang", "phash2", 2, phash2_range),
    entry("erlang", "phash", 2, phash),
];

/// The greatest range of a hash.
const MAX_RANGE: u64 = 1 << 32;

fn range(term: Term) -> Result<u64, Control> {
    integer::to_u64(term)
        .filter(|range| (1..=MAX_RANGE).contains(range))
        .ok_or_else(badarg)
}

fn phash2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let value = hash::phash2(arguments[0], &context.machine.atoms);
    Ok(Term::small(i64::from(value)))
}

fn phash2_range(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let range = range(arguments[1])?;
    let value = hash::portable_hash(arguments[0], &context.machine.atoms);
    Ok(context.heap().unsigned(u64::from(value) % range))
}

fn phash(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let range = range(arguments[1])?;
    let value = hash::phash(arguments[0], &context.machine.atoms);
    Ok(context.heap().unsigned(u64::from(value) % range + 1))
}
