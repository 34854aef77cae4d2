//! The pages that every clone of an image writes: found in its first clones, brought in for the later
//! ones with a few calls instead of a fault each, and put back as they were when a machine is
//! recycled.
//!
//! Only speed depends on it: a page that is not in the set is brought in by a fault, and dropped.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lives that are looked at. What all of them wrote is the set.
const LIVES: u32 = 3;
/// Larger sets are none: a clone that writes this much gains little from it.
const BYTES_MAX: usize = 4 << 20;
/// Runs with no more than this between them become one.
const GAP_MAX: usize = 2 * 4096;

/// Offsets in guest memory; whole pages.
type Run = Range<usize>;

/// The working set of an image's clones.
#[derive(Default)]
pub(super) struct WorkingSet {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lives: u32,
    pages: Vec<usize>,
    runs: Arc<[Run]>,
}

impl WorkingSet {
    /// The set, in order, without overlap; empty while it isn't known.
    pub(super) fn runs(&self) -> Arc<[Run]> {
        Arc::clone(&self.lock().runs)
    }

    /// Whether more lives are to be looked at.
    pub(super) fn is_curious(&self) -> bool {
        self.lock().lives < LIVES
    }

    /// Looks at the private pages of a clone that has ended, if it is one of the first.
    pub(super) fn learn(&self, private: &[Run]) {
        let mut state = self.lock();
        if state.lives >= LIVES {
            return;
        }
        let written: Vec<usize> = (private.iter())
            .flat_map(|run| run.clone().step_by(4096))
            .collect();
        if state.lives == 0 {
            state.pages = written;
        } else {
            let still = |page: &usize| written.binary_search(page).is_ok();
            state.pages.retain(still);
        }
        state.lives += 1;
        if state.lives == LIVES {
            state.runs = runs(&std::mem::take(&mut state.pages));
            tracing::debug!(runs = ?state.runs, "the working set is known");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each assignment leaves a valid state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Offsets of pages, in order, as runs.
fn runs(pages: &[usize]) -> Arc<[Run]> {
    let mut runs: Vec<Run> = Vec::new();
    for &page in pages {
        match runs.last_mut() {
            Some(last) if page - last.end <= GAP_MAX => last.end = page + 4096,
            _ => runs.push(page..page + 4096),
        }
    }
    if runs.iter().map(Range::len).sum::<usize>() > BYTES_MAX {
        runs.clear();
    }
    runs.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_pages_are_one_run_and_too_many_none() {
        let page = |number: usize| number * 4096;
        assert_eq!(*runs(&[]), []);
        assert_eq!(
            *runs(&[page(1), page(2), page(5), page(9)]),
            [page(1)..page(6), page(9)..page(10)]
        );
        let many: Vec<usize> = (0..=BYTES_MAX / 4096).map(page).collect();
        assert_eq!(*runs(&many), []);
    }

    #[test]
    fn what_all_of_the_first_lives_wrote_is_the_set() {
        let set = WorkingSet::default();
        for life in 0..LIVES as usize {
            assert_eq!(*set.runs(), []);
            let page = |number: usize| number * 4096..(number + 1) * 4096;
            assert!(set.is_curious());
            set.learn(&[3 * 4096..5 * 4096, page(20 + life)]);
        }
        assert!(!set.is_curious());
        assert_eq!(set.runs().len(), 1);
        assert_eq!(set.runs()[0], 3 * 4096..5 * 4096);
    }
}
