//! Where terms live: the allocation trait, and memory that a term owns by itself.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

use crate::binary::{self, SharedBytes};
use crate::boxed::{Header, Subtag, raw_object};
use crate::copy;
use crate::resource;
use crate::term::Term;

/// A place that hands out words for terms. Allocating never moves what is there.
pub trait Heap {
    /// `words` consecutive words, uninitialised, valid until the heap is collected or dropped. The caller
    /// writes all of them before it allocates again or the heap is next read.
    ///
    /// Running out of memory ends the machine (through the global allocator's error handler): there is no
    /// way to continue from the middle of building a term.
    fn allocate(&mut self, words: usize) -> *mut Term;

    /// The shared binaries and resources that objects of this heap hold.
    fn off_heap(&mut self) -> &mut OffHeap;

    /// `[Head | Tail]`.
    #[inline]
    fn cons(&mut self, head: Term, tail: Term) -> Term {
        let cell = self.allocate(2);
        // SAFETY: `cell` is fresh with room for two words, both written here.
        unsafe {
            cell.write(head);
            cell.add(1).write(tail);
            Term::from_cons(cell)
        }
    }

    /// A tuple of these elements.
    #[inline]
    fn tuple(&mut self, elements: &[Term]) -> Term {
        let object = self.allocate(1 + elements.len());
        // SAFETY: `object` is fresh with room for the header and the elements, all written here.
        unsafe {
            object.write(Term::header(Header::new(Subtag::Tuple, elements.len())));
            core::ptr::copy_nonoverlapping(elements.as_ptr(), object.add(1), elements.len());
            Term::from_boxed(object)
        }
    }

    /// A proper list of these elements.
    fn list(&mut self, elements: &[Term]) -> Term {
        self.list_with_tail(elements, Term::NIL)
    }

    /// A list of these elements that ends in `tail`.
    fn list_with_tail(&mut self, elements: &[Term], tail: Term) -> Term {
        if elements.is_empty() {
            return tail;
        }
        let cells = self.allocate(2 * elements.len());
        // SAFETY: `cells` is fresh with room for a cell per element; each cell's tail is the next cell, the
        // last one's is `tail`.
        unsafe {
            for (index, element) in elements.iter().enumerate() {
                let cell = cells.add(2 * index);
                cell.write(*element);
                cell.add(1).write(if index + 1 < elements.len() {
                    Term::from_cons(cell.add(2))
                } else {
                    tail
                });
            }
            Term::from_cons(cells)
        }
    }

    /// A list of small integers, one per byte.
    fn byte_list(&mut self, bytes: &[u8], tail: Term) -> Term {
        if bytes.is_empty() {
            return tail;
        }
        let cells = self.allocate(2 * bytes.len());
        // SAFETY: as in `list_with_tail`.
        unsafe {
            for (index, byte) in bytes.iter().enumerate() {
                let cell = cells.add(2 * index);
                cell.write(Term::small(i64::from(*byte)));
                cell.add(1).write(if index + 1 < bytes.len() {
                    Term::from_cons(cell.add(2))
                } else {
                    tail
                });
            }
            Term::from_cons(cells)
        }
    }

    /// A list of the code points of `text`.
    fn string(&mut self, text: &str) -> Term {
        let points: Vec<Term> = text.chars().map(|c| Term::small(c as i64)).collect();
        self.list(&points)
    }

    /// A float, which must be finite to be an Erlang value (checked in debug builds).
    #[inline]
    fn float(&mut self, value: f64) -> Term {
        debug_assert!(value.is_finite());
        raw_object(self, Subtag::Float, &[value.to_bits()])
    }

    /// An integer.
    #[inline]
    fn integer(&mut self, value: i64) -> Term {
        Term::try_small(value).unwrap_or_else(|| {
            let subtag = if value < 0 {
                Subtag::BigNegative
            } else {
                Subtag::BigPositive
            };
            raw_object(self, subtag, &[value.unsigned_abs()])
        })
    }

    /// An unsigned integer.
    #[inline]
    fn unsigned(&mut self, value: u64) -> Term {
        match i64::try_from(value) {
            Ok(value) => self.integer(value),
            Err(_) => raw_object(self, Subtag::BigPositive, &[value]),
        }
    }

    /// A binary with a copy of these bytes: on the heap when small, shared otherwise.
    fn binary(&mut self, bytes: &[u8]) -> Term {
        binary::make(self, bytes)
    }
}

/// What a heap's objects hold outside of it: shared binaries, and the resources of magic references. A list through
/// these objects, walked by the collector to release what died.
#[derive(Debug)]
pub struct OffHeap {
    /// The object linked last; null when there is none.
    pub first: *mut Term,
    /// The bytes that the linked objects hold, for deciding when a collection pays.
    pub bytes: usize,
}

/// Where an object that can be linked has its link; pointer and size in bytes follow. `header` is its header.
#[inline(always)]
const fn link_word(header: Header) -> usize {
    match header.subtag() {
        Subtag::Reference => 3,
        _ => 1,
    }
}

/// The header of a linked object, which may have been replaced by the term of a copy.
///
/// # Safety
///
/// The object is as it was linked, or its first word is the term of an initialised copy.
unsafe fn header_of(object: *const Term) -> Header {
    // SAFETY: the caller's contract.
    unsafe {
        let first = *object;
        let header = if first.is_header() {
            first
        } else {
            *first.address()
        };
        header.as_header()
    }
}

impl OffHeap {
    /// Nothing.
    pub const fn new() -> OffHeap {
        OffHeap {
            first: core::ptr::null_mut(),
            bytes: 0,
        }
    }

    /// Links the `RefcBinary` or magic reference at `object`, which owns one reference to what it points to.
    ///
    /// # Safety
    ///
    /// `object` is an initialised object of these kinds, not linked anywhere, that stays where it is until the list is
    /// swept or taken over by a collector.
    #[inline]
    pub unsafe fn link(&mut self, object: *mut Term) {
        // SAFETY: the caller's contract: link and size are where the header says.
        unsafe {
            let link = object.add(link_word((*object).as_header()));
            link.write(Term::from_raw(self.first as u64));
            self.bytes += link.add(2).read().raw() as usize;
        }
        self.first = object;
    }

    /// The linked binaries: an id (the address of the shared bytes), the size in bytes, and the number of
    /// references.
    pub fn iter(&self) -> impl Iterator<Item = (u64, usize, usize)> {
        let mut object = self.first;
        core::iter::from_fn(move || {
            while !object.is_null() {
                // SAFETY: linked objects are initialised; a binary's pointer is to shared bytes of which it owns one
                // reference.
                unsafe {
                    let header = (*object).as_header();
                    let link = object.add(link_word(header));
                    object = (*link).raw() as *mut Term;
                    if header.subtag() == Subtag::RefcBinary {
                        let shared = (*link.add(1)).raw() as *const SharedBytes;
                        return Some((shared as u64, (*shared).length(), (*shared).references()));
                    }
                }
            }
            None
        })
    }

    /// Moves all of `other`'s objects here. Those of `other` may have been moved by a collection, as for
    /// [`OffHeap::sweep`].
    pub fn append(&mut self, other: &mut OffHeap) {
        if other.first.is_null() {
            return;
        }
        let mut last = other.first;
        // SAFETY: linked objects are initialised and their link is to the next or null, also when they were moved.
        unsafe {
            let end = loop {
                let link = last.add(link_word(header_of(last)));
                let next = link.read().raw() as *mut Term;
                if next.is_null() {
                    break link;
                }
                last = next;
            };
            end.write(Term::from_raw(self.first as u64));
        }
        self.first = other.first;
        self.bytes += other.bytes;
        *other = OffHeap::new();
    }

    /// Releases what each linked object holds and forgets them all. The objects must not be read any more.
    pub fn release_all(&mut self) {
        // SAFETY: none of the listed objects was moved: they count as dead.
        unsafe { core::mem::take(self).sweep(|_| ()) };
    }

    /// Walks the list after a collection moved what lives. A dead object releases what it holds. One that was moved has
    /// the pointer to its copy in the place of its header; `moved` is given the copy, for linking it.
    ///
    /// # Safety
    ///
    /// The listed objects are as they were linked, except that the first word of some was replaced by the term of an
    /// initialised copy, which is linked nowhere. They are never read again.
    pub unsafe fn sweep(self, mut moved: impl FnMut(*mut Term)) {
        let mut object = self.first;
        while !object.is_null() {
            // SAFETY: the caller's contract. Link and pointer of the original are still there.
            unsafe {
                let first = *object;
                let is_dead = first.is_header();
                let header = header_of(object);
                let link = object.add(link_word(header));
                let next = (*link).raw() as *mut Term;
                if !is_dead {
                    moved(first.address());
                } else if header.subtag() == Subtag::RefcBinary {
                    SharedBytes::release((*link.add(1)).raw() as *mut SharedBytes);
                } else {
                    resource::release((*link.add(1)).raw() as *const resource::Inner);
                }
                object = next;
            }
        }
    }
}

impl Default for OffHeap {
    fn default() -> Self {
        OffHeap::new()
    }
}

/// A heap that grows by chunks which never move: fragments of a process' heap, decoded messages, and the
/// memory of an [`OwnedTerm`].
#[derive(Debug, Default)]
pub struct Chunks {
    chunks: Vec<Chunk>,
    off_heap: OffHeap,
    used: usize,
}

#[derive(Debug)]
struct Chunk {
    /// A vector, since a box claims when it is moved that nobody else points into it.
    words: Vec<MaybeUninit<Term>>,
    used: usize,
}

const LEAST_CHUNK_WORDS: usize = 32;

impl Chunks {
    /// No memory yet.
    pub const fn new() -> Chunks {
        Chunks {
            chunks: Vec::new(),
            off_heap: OffHeap::new(),
            used: 0,
        }
    }

    /// Room for `words` in one chunk.
    pub fn with_capacity(words: usize) -> Chunks {
        let mut chunks = Chunks::new();
        if words > 0 {
            chunks.chunks.push(Chunk {
                words: Box::new_uninit_slice(words).into(),
                used: 0,
            });
        }
        chunks
    }

    /// How many words have been handed out.
    pub fn used_words(&self) -> usize {
        self.used
    }

    /// Whether one of the words that were handed out, taken as a term, is one that `wanted` accepts. Words that are no
    /// terms are asked about, too.
    pub fn any_word(&self, mut wanted: impl FnMut(Term) -> bool) -> bool {
        self.chunks.iter().any(|chunk| {
            // SAFETY: words that were handed out have been written (contract of `allocate`).
            let words = chunk.words[..chunk.used]
                .iter()
                .map(|word| unsafe { word.assume_init() });
            words.into_iter().any(&mut wanted)
        })
    }

    /// How many chunks there are.
    pub fn count(&self) -> usize {
        self.chunks.len()
    }

    /// Whether nothing has been allocated.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Takes over the memory and binaries of `other`; its terms stay where they are.
    pub fn append(&mut self, mut other: Chunks) {
        self.used += other.used;
        self.off_heap.append(&mut other.off_heap);
        self.chunks.append(&mut other.chunks);
        other.used = 0;
    }

    /// Hands the binaries to a collector, which then decides about each.
    pub fn take_off_heap(&mut self) -> OffHeap {
        core::mem::take(&mut self.off_heap)
    }
}

impl Heap for Chunks {
    fn allocate(&mut self, words: usize) -> *mut Term {
        self.used += words;
        if let Some(chunk) = self.chunks.last_mut()
            && chunk.words.len() - chunk.used >= words
        {
            // SAFETY: `used + words` is within the chunk.
            let start = unsafe { chunk.words.as_mut_ptr().add(chunk.used) };
            chunk.used += words;
            return start.cast();
        }
        let size = words.max(LEAST_CHUNK_WORDS).max(self.used.min(1 << 16));
        let mut chunk = Chunk {
            words: Box::new_uninit_slice(size).into(),
            used: words,
        };
        let start = chunk.words.as_mut_ptr();
        self.chunks.push(chunk);
        start.cast()
    }

    fn off_heap(&mut self) -> &mut OffHeap {
        &mut self.off_heap
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        self.off_heap.release_all();
    }
}

/// A deep copy of a term in memory of its own: what is kept outside any process' heap (a timer's message, a
/// table's object). Dropping it releases the memory and the binaries.
#[derive(Debug)]
pub struct OwnedTerm {
    root: Term,
    /// Absent for immediates, which need no memory.
    heap: Option<Box<Chunks>>,
}

impl OwnedTerm {
    /// Copies `term`, literals too: they may go while this stays.
    pub fn new(term: Term) -> OwnedTerm {
        if !term.is_pointer() {
            return OwnedTerm {
                root: term,
                heap: None,
            };
        }
        let mut heap = Box::new(Chunks::with_capacity(copy::size_all(term)));
        let root = copy::copy_all(term, &mut *heap);
        OwnedTerm {
            root,
            heap: Some(heap),
        }
    }

    /// A term already built in `heap`.
    pub fn from_parts(root: Term, heap: Chunks) -> OwnedTerm {
        let heap = (!heap.is_empty()).then(|| Box::new(heap));
        OwnedTerm { root, heap }
    }

    /// The term; valid as long as `self`.
    #[inline]
    pub fn term(&self) -> Term {
        self.root
    }

    /// How many words it holds.
    pub fn words(&self) -> usize {
        self.heap.as_ref().map_or(0, |heap| heap.used_words())
    }

    /// The term and its memory, for a heap that takes both over.
    pub fn into_parts(self) -> (Term, Option<Box<Chunks>>) {
        (self.root, self.heap)
    }
}
