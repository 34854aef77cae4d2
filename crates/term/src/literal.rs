//! The memory of literals: what code and `persistent_term` refer to, shared by all processes.
//!
//! ```
//! # use brood_term::{Heap, LiteralArea, Term};
//! let mut area = LiteralArea::new();
//! let mut builder = area.builder();
//! let value = builder.tuple(&[Term::small(1), Term::small(2)]);
//! let literals = builder.finish();
//! assert!(area.contains(value) && literals.contains(value));
//! area.free(literals);
//! assert!(!area.contains(value));
//! ```
//!
//! There is one [`LiteralArea`] in a machine. [`Literals`] are a part of it with one lifetime: those of a version of a
//! module, or a persistent term. Nothing in them points out of them.
//!
//! The area takes memory in blocks of whole granules, and knows for each granule of the address space whether it is
//! its own. So collector and copier tell a literal from other terms with one look into a small table, and leave it
//! where it is. Within the blocks room is given out by best fit, and a block that is empty goes back.
//!
//! What is kept where the machine does not look for literals when some go (tables, timers, signals) is copied with
//! [`copy_all`](crate::copy::copy_all) or [`OwnedTerm::new`](crate::OwnedTerm::new), which don't share them.

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::copy;
use crate::heap::{Heap, OffHeap};
use crate::term::Term;

/// The size of a granule: all of its addresses are the area's, or none.
const GRANULE_BYTES: usize = 1 << GRANULE_SHIFT;
const GRANULE_SHIFT: u32 = 18;
const WORD_BYTES: usize = size_of::<Term>();
/// The least run of words that a builder takes at once, and the most that it takes ahead.
const AHEAD_WORDS: core::ops::Range<usize> = 32..1 << 14;

/// The memory of all literals. See the module's documentation.
#[derive(Debug, Default)]
pub struct LiteralArea {
    /// A bit for each granule of the address space from `first_granule` on.
    granules: Vec<u64>,
    first_granule: u64,
    /// Blocks: start and length in words.
    blocks: BTreeMap<usize, usize>,
    /// Free runs: start and length in words; and the same the other way round.
    free: BTreeMap<usize, usize>,
    free_by_length: BTreeSet<(usize, usize)>,
    used: usize,
}

/// Literals that live and go together. [`LiteralArea::free`] gives their memory back: dropping them doesn't.
#[derive(Debug, Default)]
#[must_use = "the memory stays in use until it is given to `LiteralArea::free`"]
pub struct Literals {
    runs: Vec<Run>,
    off_heap: OffHeap,
}

/// Consecutive words.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: usize,
    words: usize,
}

impl Literals {
    /// Whether `term` points to one of them.
    pub fn contains(&self, term: Term) -> bool {
        self.runs
            .iter()
            .any(|run| (term.raw() as usize).wrapping_sub(run.start) < run.words * WORD_BYTES)
    }

    /// How many words they take.
    pub fn words(&self) -> usize {
        self.runs.iter().map(|run| run.words).sum()
    }

    /// The addresses that they take: start and end of each run.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> {
        self.runs.iter().map(|run| {
            (
                run.start as u64,
                (run.start + run.words * WORD_BYTES) as u64,
            )
        })
    }
}

impl LiteralArea {
    /// No literals, no memory.
    pub const fn new() -> LiteralArea {
        LiteralArea {
            granules: Vec::new(),
            first_granule: 0,
            blocks: BTreeMap::new(),
            free: BTreeMap::new(),
            free_by_length: BTreeSet::new(),
            used: 0,
        }
    }

    /// Whether `term` is a pointer to a literal; what is no pointer may give either.
    #[inline(always)]
    pub fn contains(&self, term: Term) -> bool {
        let granule = (term.raw() >> GRANULE_SHIFT).wrapping_sub(self.first_granule);
        match self.granules.get((granule / 64) as usize) {
            Some(bits) => bits >> (granule % 64) & 1 != 0,
            None => false,
        }
    }

    /// How many words are in use.
    pub fn used_words(&self) -> usize {
        self.used
    }

    /// How many words the blocks have, in use or not.
    pub fn block_words(&self) -> usize {
        self.blocks.values().sum()
    }

    /// A heap to build literals in.
    pub fn builder(&mut self) -> LiteralBuilder<'_> {
        LiteralBuilder {
            area: self,
            literals: Literals::default(),
            used: 0,
        }
    }

    /// A copy of `term` as literals of its own, which share nothing with others.
    pub fn intern(&mut self, term: Term) -> (Term, Literals) {
        let mut builder = self.builder();
        builder.reserve(copy::size_all(term));
        let copied = copy::copy_all(term, &mut builder);
        (copied, builder.finish())
    }

    /// Gives back the memory of `literals`, which nothing refers to any more.
    pub fn free(&mut self, mut literals: Literals) {
        self.release(&mut literals);
    }

    fn release(&mut self, literals: &mut Literals) {
        literals.off_heap.release_all();
        for run in literals.runs.drain(..) {
            self.used -= run.words;
            self.give(run);
        }
    }

    /// Takes `words` consecutive words.
    fn take(&mut self, words: usize) -> Run {
        let found = self.free_by_length.range((words, 0)..).next().copied();
        let (length, start) = match found {
            Some(found) => found,
            None => self.grow(words),
        };
        self.forget_free(start, length);
        if length > words {
            self.note_free(start + words * WORD_BYTES, length - words);
        }
        self.used += words;
        Run { start, words }
    }

    /// Takes back a run, joins it with free neighbours, and gives up the block if that is all of it.
    fn give(&mut self, run: Run) {
        let Run {
            mut start,
            mut words,
        } = run;
        let Some((&block, &block_words)) = self.blocks.range(..=start).next_back() else {
            return;
        };
        let before = self.free.range(block..start).next_back();
        if let Some((&other, &length)) = before
            && other + length * WORD_BYTES == start
        {
            self.forget_free(other, length);
            (start, words) = (other, words + length);
        }
        let end = start + words * WORD_BYTES;
        if end < block + block_words * WORD_BYTES
            && let Some(&length) = self.free.get(&end)
        {
            self.forget_free(end, length);
            words += length;
        }
        if words < block_words {
            self.note_free(start, words);
            return;
        }
        self.blocks.remove(&block);
        self.mark(block, block_words, false);
        // SAFETY: the block came from `alloc` with this layout, nothing of it is in use, and it is forgotten.
        unsafe { dealloc(block as *mut u8, layout(block_words)) };
    }

    /// A new block for at least `words` words, all of it free: its length and start.
    fn grow(&mut self, words: usize) -> (usize, usize) {
        let words = (words * WORD_BYTES).next_multiple_of(GRANULE_BYTES) / WORD_BYTES;
        let layout = layout(words);
        // SAFETY: the layout's size is not 0.
        let start = unsafe { alloc(layout) } as usize;
        if start == 0 {
            handle_alloc_error(layout);
        }
        self.blocks.insert(start, words);
        self.mark(start, words, true);
        self.note_free(start, words);
        (words, start)
    }

    /// Notes whether the granules of a block are the area's.
    fn mark(&mut self, start: usize, words: usize, ours: bool) {
        let first = (start >> GRANULE_SHIFT) as u64;
        let count = ((words * WORD_BYTES) >> GRANULE_SHIFT) as u64;
        if self.granules.is_empty() {
            self.first_granule = first / 64 * 64;
        }
        if first < self.first_granule {
            let missing = (self.first_granule - first).div_ceil(64);
            self.granules
                .splice(0..0, core::iter::repeat_n(0, missing as usize));
            self.first_granule -= missing * 64;
        }
        for granule in first - self.first_granule..first - self.first_granule + count {
            let word = (granule / 64) as usize;
            if word >= self.granules.len() {
                self.granules.resize(word + 1, 0);
            }
            let bit = 1 << (granule % 64);
            if ours {
                self.granules[word] |= bit;
            } else {
                self.granules[word] &= !bit;
            }
        }
    }

    fn note_free(&mut self, start: usize, words: usize) {
        self.free.insert(start, words);
        self.free_by_length.insert((words, start));
    }

    fn forget_free(&mut self, start: usize, words: usize) {
        self.free.remove(&start);
        self.free_by_length.remove(&(words, start));
    }
}

/// The layout of a block. A size beyond what a layout can have is one that can't be had.
fn layout(words: usize) -> Layout {
    match Layout::from_size_align(words * WORD_BYTES, GRANULE_BYTES) {
        Ok(layout) => layout,
        Err(_) => handle_alloc_error(Layout::new::<[u64; 1 << 40]>()),
    }
}

/// A heap for literals that will live and go together. What it holds goes back if it is not finished.
#[derive(Debug)]
pub struct LiteralBuilder<'a> {
    area: &'a mut LiteralArea,
    literals: Literals,
    /// The words in use of the last run.
    used: usize,
}

impl LiteralBuilder<'_> {
    /// Takes room for so many words at once.
    pub fn reserve(&mut self, words: usize) {
        if words > 0 {
            self.shrink();
            let run = self.area.take(words);
            self.literals.runs.push(run);
            self.used = 0;
        }
    }

    /// The literals. Room that is left goes back.
    pub fn finish(mut self) -> Literals {
        self.shrink();
        core::mem::take(&mut self.literals)
    }

    /// Gives back what is left of the last run.
    fn shrink(&mut self) {
        let Some(run) = self.literals.runs.last_mut() else {
            return;
        };
        let left = Run {
            start: run.start + self.used * WORD_BYTES,
            words: run.words - self.used,
        };
        run.words = self.used;
        if left.words > 0 {
            self.area.used -= left.words;
            self.area.give(left);
        }
        if self.used == 0 {
            self.literals.runs.pop();
        }
    }
}

impl Heap for LiteralBuilder<'_> {
    fn allocate(&mut self, words: usize) -> *mut Term {
        let left = self
            .literals
            .runs
            .last()
            .map_or(0, |run| run.words - self.used);
        if left < words {
            let ahead = self
                .literals
                .words()
                .clamp(AHEAD_WORDS.start, AHEAD_WORDS.end);
            self.reserve(words.max(ahead));
        }
        let start = self.literals.runs.last().map_or(0, |run| run.start);
        let object = start + self.used * WORD_BYTES;
        self.used += words;
        object as *mut Term
    }

    fn off_heap(&mut self) -> &mut OffHeap {
        &mut self.literals.off_heap
    }
}

impl Drop for LiteralBuilder<'_> {
    fn drop(&mut self) {
        let mut literals = core::mem::take(&mut self.literals);
        self.area.release(&mut literals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_share_blocks_and_go_one_by_one() {
        let mut area = LiteralArea::new();
        assert!(!area.contains(Term::NIL));
        let parts: Vec<(Term, Literals)> = (0..100)
            .map(|value| {
                let mut builder = area.builder();
                let list = builder.list(&[Term::small(value), Term::small(value)]);
                let large = builder.binary(&[value as u8; 100]);
                let pair = builder.tuple(&[list, large]);
                (pair, builder.finish())
            })
            .collect();
        assert_eq!(area.blocks.len(), 1);
        for (value, (term, literals)) in parts.iter().enumerate() {
            assert!(area.contains(*term) && literals.contains(*term));
            let [list, large] = *term.as_tuple_of::<2>().expect("a pair");
            assert_eq!(list.list().next(), Some(Term::small(value as i64)));
            assert_eq!(large.as_binary().expect("binary")[0], value as u8);
        }
        let used: usize = parts.iter().map(|(_, literals)| literals.words()).sum();
        assert_eq!(area.used_words(), used);
        let (odd, even): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .enumerate()
            .partition(|(index, _)| index % 2 == 1);
        for (_, (_, literals)) in odd.into_iter().chain(even) {
            area.free(literals);
        }
        assert_eq!((area.used_words(), area.blocks.len()), (0, 0));
        assert!(area.free.is_empty() && area.free_by_length.is_empty());
        assert!(area.granules.iter().all(|bits| *bits == 0));
    }

    #[test]
    fn large_literals_have_blocks_of_their_own() {
        let mut area = LiteralArea::new();
        let elements = alloc::vec![Term::NIL; 3 * GRANULE_BYTES / WORD_BYTES];
        let mut heap = crate::heap::Chunks::new();
        let tuple = heap.tuple(&elements);
        let (copied, literals) = area.intern(tuple);
        assert_eq!(copied.as_tuple(), Some(&elements[..]));
        assert_eq!(literals.words(), 1 + elements.len());
        // SAFETY: only compared with ranges, never followed.
        let last = unsafe { Term::from_raw(copied.raw() + 3 * GRANULE_BYTES as u64) };
        assert!(area.contains(last));
        let (small, other) = area.intern(Term::small(1));
        assert_eq!((small, other.words()), (Term::small(1), 0));
        area.free(other);
        area.free(literals);
        assert!(!area.contains(copied));
        assert_eq!(area.block_words(), 0);
    }

    #[test]
    fn what_is_not_finished_goes_back() {
        let mut area = LiteralArea::new();
        let mut builder = area.builder();
        builder.binary(&[1; 1000]);
        builder.list(&[Term::NIL; 100]);
        drop(builder);
        assert_eq!((area.used_words(), area.block_words()), (0, 0));
    }
}
