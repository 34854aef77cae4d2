//! A process' memory: one block with the heap growing up and the stack growing down, an old generation,
//! and fragments for what did not fit.
//!
//! ```text
//!  start        high_water          top              stack            end
//!    │  mature      │   fresh        │     free        │  frames, Y…   │
//! ```
//!
//! Allocating from a BIF never collects: what finds no room goes to a fragment, and the interpreter collects at
//! the next point where it knows all roots ([`ProcessHeap::wants_collection`]).
//!
//! A heap under stress ([`ProcessHeap::stress`]) wants to be collected at each of these points, and has hardly more
//! room than was asked for, so that what a BIF builds goes to fragments. A term that is kept outside the roots is then
//! soon seen to be stale.

mod collector;
pub mod sizes;

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use alloc::vec::Vec;
use core::ptr::NonNull;

use brood_term::heap::Chunks;
use brood_term::{Heap, OffHeap, Term};

pub use collector::{Collection, VisitRoots, collect};
use sizes::next_size;

/// The heap size that a process starts with, in words: OTP's default.
pub const DEFAULT_MIN_HEAP_WORDS: usize = 233;

/// A block of words. Nothing but its address owns it: pointers into it stay good when the block moves, which those into a
/// box would not.
#[derive(Debug)]
struct Block {
    start: NonNull<Term>,
    words: usize,
}

/// There is no memory for so many words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory(pub usize);

impl Block {
    /// A block. Ends the program if there is no memory for it.
    fn new(words: usize) -> Block {
        Block::try_new(words).unwrap_or_else(|OutOfMemory(words)| {
            handle_alloc_error(Layout::array::<Term>(words).unwrap_or(Layout::new::<Term>()))
        })
    }

    /// A block, if there is memory for it.
    fn try_new(words: usize) -> Result<Block, OutOfMemory> {
        let layout = Layout::array::<Term>(words).map_err(|_| OutOfMemory(words))?;
        let start = match words {
            0 => NonNull::dangling(),
            // SAFETY: the layout's size is not 0.
            _ => NonNull::new(unsafe { alloc(layout) }.cast()).ok_or(OutOfMemory(words))?,
        };
        Ok(Block { start, words })
    }

    fn start(&self) -> *mut Term {
        self.start.as_ptr()
    }

    fn end(&self) -> *mut Term {
        self.start().wrapping_add(self.words)
    }

    fn len(&self) -> usize {
        self.words
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let (1.., Ok(layout)) = (self.words, Layout::array::<Term>(self.words)) {
            // SAFETY: `try_new` got it with this layout, and the block alone owned it.
            unsafe { dealloc(self.start.as_ptr().cast(), layout) }
        }
    }
}

/// The heap and stack of one process. See the module's documentation for the layout.
#[derive(Debug)]
pub struct ProcessHeap {
    young: Block,
    /// The first free word of the heap.
    pub top: *mut Term,
    /// The stack pointer: the word pushed last. Frames are above it.
    pub stack: *mut Term,
    high_water: *mut Term,
    old: Block,
    old_top: *mut Term,
    fragments: Chunks,
    off_heap: OffHeap,
    old_off_heap: OffHeap,
    /// The least size of the young block, in words.
    pub min_heap_words: usize,
    /// Bytes of shared binaries that it may gain at least before it is collected for them.
    min_binary_bytes: usize,
    /// After how many minor collections a major one must follow.
    pub fullsweep_after: u32,
    minor_collections: u32,
    binary_limit_bytes: usize,
    force: bool,
    force_major: bool,
    grow: bool,
    stress: bool,
    tight: bool,
    /// There was no memory for the usual room to spare.
    squeezed: bool,
    /// Words reclaimed by all collections so far, for statistics.
    pub words_reclaimed: u64,
    /// Collections so far, for statistics.
    pub collections: u64,
}

impl ProcessHeap {
    /// An empty heap and stack of at least `min_heap_words` words.
    pub fn new(min_heap_words: usize) -> ProcessHeap {
        let young = Block::new(next_size(min_heap_words));
        let (start, end) = (young.start(), young.end());
        let old = Block::new(0);
        let old_top = old.start();
        ProcessHeap {
            young,
            top: start,
            stack: end,
            high_water: start,
            old,
            old_top,
            fragments: Chunks::new(),
            off_heap: OffHeap::new(),
            old_off_heap: OffHeap::new(),
            min_heap_words,
            min_binary_bytes: 0,
            fullsweep_after: 65_535,
            minor_collections: 0,
            binary_limit_bytes: usize::MAX,
            force: false,
            force_major: false,
            grow: false,
            stress: false,
            tight: false,
            squeezed: false,
            words_reclaimed: 0,
            collections: 0,
        }
    }

    /// Sets how many bytes of shared binaries it may gain at least before it is collected for them.
    pub fn set_min_binary_bytes(&mut self, bytes: usize) {
        self.min_binary_bytes = bytes;
        self.binary_limit_bytes = bytes.max(self.binary_bytes().saturating_mul(2));
    }

    /// How many words are free between heap and stack.
    #[inline(always)]
    pub fn free_words(&self) -> usize {
        (self.stack as usize - self.top as usize) / size_of::<Term>()
    }

    /// The bottom of the stack: one past its last word.
    #[inline(always)]
    pub fn stack_end(&self) -> *mut Term {
        self.young.end()
    }

    /// The words on the stack, the one pushed last first.
    pub fn stack_words(&self) -> &[Term] {
        // SAFETY: all words between the stack pointer and the end of the block were pushed.
        unsafe { core::slice::from_raw_parts(self.stack, self.stack_size()) }
    }

    /// How many words are on the stack.
    pub fn stack_size(&self) -> usize {
        (self.stack_end() as usize - self.stack as usize) / size_of::<Term>()
    }

    /// Drops everything on the stack.
    pub fn clear_stack(&mut self) {
        self.stack = self.stack_end();
    }

    /// Whether a collection is due at the next point where all roots are known: something went to a
    /// fragment, many bytes of binaries were gained, or somebody asked.
    #[inline(always)]
    pub fn wants_collection(&self) -> bool {
        self.force
    }

    /// Asks for a collection at the next such point.
    pub fn request_collection(&mut self) {
        self.force = true;
    }

    /// Asks for a major collection at the next such point.
    pub fn request_major_collection(&mut self) {
        self.force = true;
        self.force_major = true;
    }

    /// Lets the next collection, a major one, leave no room beyond what is in use.
    pub fn shrink_to_fit(&mut self) {
        self.force_major = true;
        self.tight = true;
    }

    /// From now on collects wherever it may, as long as the heap is small.
    pub fn stress(&mut self) {
        self.stress = true;
        self.force = true;
    }

    /// The size of the young block in words (`heap_size` of `process_info`).
    pub fn heap_size(&self) -> usize {
        self.young.len()
    }

    /// All words that the process holds: young, old and fragments.
    pub fn total_heap_size(&self) -> usize {
        self.young.len() + self.old.len() + self.fragments.used_words()
    }

    /// The words in use on the heap, young, old and fragments.
    pub fn used_words(&self) -> usize {
        (self.top as usize - self.young.start() as usize) / size_of::<Term>()
            + (self.old_top as usize - self.old.start() as usize) / size_of::<Term>()
            + self.fragments.used_words()
    }

    /// The bytes of shared binaries that are linked.
    pub fn binary_bytes(&self) -> usize {
        self.off_heap.bytes + self.old_off_heap.bytes
    }

    /// Minor collections since the last major one.
    pub fn minor_collections(&self) -> u32 {
        self.minor_collections
    }

    /// What a report of this heap tells, under OTP's names: all in words, those of binaries, too.
    pub fn information(&self) -> [(&'static str, usize); 11] {
        let size = size_of::<Term>();
        let old_used = (self.old_top as usize - self.old.start() as usize) / size;
        let used = (self.top as usize - self.young.start() as usize) / size;
        let recent = (self.high_water as usize - self.young.start() as usize) / size;
        [
            ("old_heap_block_size", self.old.len()),
            ("heap_block_size", self.young.len()),
            ("mbuf_size", self.fragments.used_words()),
            ("recent_size", recent),
            ("stack_size", self.stack_size()),
            ("old_heap_size", old_used),
            ("heap_size", used),
            ("bin_vheap_size", self.off_heap.bytes / size),
            ("bin_vheap_block_size", self.binary_limit_bytes / size),
            ("bin_old_vheap_size", self.old_off_heap.bytes / size),
            ("bin_old_vheap_block_size", self.binary_limit_bytes / size),
        ]
    }

    /// The shared binaries that are linked: an id, the size in bytes, and how many refer to it.
    pub fn shared_binaries(&self) -> Vec<(u64, usize, usize)> {
        self.off_heap
            .iter()
            .chain(self.old_off_heap.iter())
            .collect()
    }

    /// Whether a word of heap or stack, taken as a term, is one that `wanted` accepts. Words that are no terms are asked
    /// about, too.
    pub fn any_word(&self, wanted: impl Fn(Term) -> bool) -> bool {
        let used = |block: &Block, top: *mut Term| {
            let length = (top as usize - block.start() as usize) / size_of::<Term>();
            // SAFETY: words below the top have been written.
            unsafe { core::slice::from_raw_parts(block.start(), length) }
        };
        [
            used(&self.young, self.top),
            used(&self.old, self.old_top),
            self.stack_words(),
        ]
        .into_iter()
        .flatten()
        .any(|word| wanted(*word))
            || self.fragments.any_word(wanted)
    }

    /// How many fragments there are.
    pub fn fragment_count(&self) -> usize {
        self.fragments.count()
    }

    /// Visits all terms on heap and stack, directly after a major collection: everything is in the young block then. They
    /// may be made to refer to fragments, which are fresh, so nothing counts as mature: what goes to the old block must
    /// not leave behind what it refers to.
    pub fn visit_terms(&mut self, visit: &mut dyn FnMut(&mut Term)) {
        debug_assert!(self.old.len() == 0 && self.fragments.is_empty());
        self.high_water = self.young.start();
        let mut word = self.young.start();
        while word < self.top {
            // SAFETY: a collection leaves object after object; raw words of an object are skipped with its header.
            unsafe {
                if (*word).is_header() {
                    word = word.add(1 + (*word).as_header().raw_words());
                } else {
                    visit(&mut *word);
                    word = word.add(1);
                }
            }
        }
        // SAFETY: all words between the stack pointer and the end of the block were pushed.
        let stack = unsafe { core::slice::from_raw_parts_mut(self.stack, self.stack_size()) };
        for word in stack.iter_mut().filter(|word| !word.is_header()) {
            visit(word);
        }
    }

    /// Takes over the memory of a term that was built elsewhere.
    pub fn adopt(&mut self, chunks: Chunks) {
        if !chunks.is_empty() {
            self.fragments.append(chunks);
            // A few small messages wait for the next collection that is needed anyway.
            self.force |= self.fragments.used_words() > self.young.len() / 2;
        }
    }
}

impl Heap for ProcessHeap {
    #[inline(always)]
    fn allocate(&mut self, words: usize) -> *mut Term {
        if words <= self.free_words() {
            let start = self.top;
            self.top = self.top.wrapping_add(words);
            start
        } else {
            self.force = true;
            self.fragments.allocate(words)
        }
    }

    fn off_heap(&mut self) -> &mut OffHeap {
        self.force |= self.off_heap.bytes > self.binary_limit_bytes;
        &mut self.off_heap
    }
}

impl Drop for ProcessHeap {
    fn drop(&mut self) {
        self.off_heap.release_all();
        self.old_off_heap.release_all();
    }
}
