//! One object of a table: a tuple with all that it refers to, in one block of memory.
//!
//! ```text
//! next │ hash, kept │ words │ off-heap list │ the tuple, then its parts …
//! ```
//!
//! The block starts with what tables need to find their way: the next object of a bucket and the hash of the key. So an
//! object costs four words more than its terms.
//!
//! In a compressed table the elements but the key are [`packed`](super::packed), behind the parts of those that are not, as
//! far as that makes them smaller: the tuple has in their places where their bytes are. [`Object::open`] gives the terms
//! whatever the form.

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use alloc::vec::Vec;
use core::ptr::NonNull;

use brood_term::copy::{copy, copy_all, size_all};
use brood_term::heap::Chunks;
use brood_term::{Header, Heap, LiteralArea, OffHeap, OwnedTerm, Subtag, Term};

use super::packed::{pack, unpack};

/// What precedes the words of the terms.
#[repr(C)]
#[derive(Debug)]
struct Prefix {
    next: Option<Object>,
    hash: u32,
    /// Deleted while the table was fixed: it only tells where its key was.
    is_ghost: bool,
    /// Whether elements are packed: the tuple has *places* of theirs, [`Term::catch`] with the offset of their bytes from
    /// the tuple.
    is_packed: bool,
    words: usize,
    /// The objects in the block that hold something outside of it.
    off_heap: *mut Term,
}

/// An object. Dropping it frees the objects chained behind it, too, one after another.
#[derive(Debug)]
#[repr(transparent)]
pub struct Object(NonNull<Prefix>);

/// How a table keeps its objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As terms.
    Plain,
    /// The elements packed, but for the key (its index from 0).
    #[allow(missing_docs, reason = "told above")]
    Compressed { key_index: usize },
}

/// The terms of an object.
#[derive(Debug)]
pub enum Opened {
    /// In the object's own memory: valid as long as that.
    AsKept(Term),
    /// In memory of their own.
    Unpacked(OwnedTerm),
}

impl Opened {
    /// The tuple; valid as long as `self` and the object.
    #[inline]
    pub fn term(&self) -> Term {
        match self {
            Opened::AsKept(term) => *term,
            Opened::Unpacked(term) => term.term(),
        }
    }
}

/// The room of a block while it is filled.
struct Room {
    free: *mut Term,
    left: usize,
    off_heap: OffHeap,
}

impl Heap for Room {
    fn allocate(&mut self, words: usize) -> *mut Term {
        assert!(
            words <= self.left,
            "a copy takes the words that were counted"
        );
        let start = self.free;
        self.left -= words;
        // SAFETY: there are `left` words from `free` on.
        self.free = unsafe { start.add(words) };
        start
    }

    fn off_heap(&mut self) -> &mut OffHeap {
        &mut self.off_heap
    }
}

impl Object {
    fn layout(words: usize) -> Layout {
        words
            .checked_mul(size_of::<Term>())
            .and_then(|bytes| bytes.checked_add(size_of::<Prefix>()))
            .and_then(|bytes| Layout::from_size_align(bytes, align_of::<Prefix>()).ok())
            .unwrap_or_else(|| handle_alloc_error(Layout::new::<Prefix>()))
    }

    /// A deep copy of the tuple with these elements.
    pub fn new(elements: &[Term], form: Form) -> Object {
        let Form::Compressed { key_index } = form else {
            return Self::with_packed(elements, &[]);
        };
        let mut bytes = Vec::new();
        // What stands in the tuple: the element, or where its bytes start among those that are packed.
        let mut places = Vec::from(elements);
        for (index, place) in places.iter_mut().enumerate() {
            let (start, element) = (bytes.len(), *place);
            if index == key_index || !element.is_pointer() {
                continue;
            }
            if pack(element, &mut bytes)
                && bytes.len() - start < size_all(element) * size_of::<Term>()
            {
                *place = Term::catch(start as u64);
            } else {
                bytes.truncate(start);
            }
        }
        Self::with_packed(&places, &bytes)
    }

    /// As [`Object::new`], with places among `bytes` in the stead of elements that are packed.
    fn with_packed(elements: &[Term], bytes: &[u8]) -> Object {
        let parts = elements.iter().filter(|element| element.is_pointer());
        let plain = 1 + elements.len() + parts.map(|&part| size_all(part)).sum::<usize>();
        let words = plain + bytes.len().div_ceil(size_of::<Term>());
        let layout = Self::layout(words);
        // SAFETY: the layout is not empty.
        let Some(prefix) = NonNull::new(unsafe { alloc(layout) }.cast::<Prefix>()) else {
            handle_alloc_error(layout)
        };
        // SAFETY: the block has room for the prefix and `words` words behind it: `plain` of them for the tuple and copies of
        // its elements, then the packed bytes. The tuple's words are all written: the header, and each element as itself,
        // as its copy in the block or as its place there.
        unsafe {
            let tuple = prefix.add(1).cast::<Term>().as_ptr();
            let used = 1 + elements.len();
            tuple.write(Term::header(Header::new(Subtag::Tuple, elements.len())));
            let mut room = Room {
                free: tuple.add(used),
                left: plain - used,
                off_heap: OffHeap::new(),
            };
            for (index, &element) in elements.iter().enumerate() {
                let word = if element.is_pointer() {
                    copy_all(element, &mut room)
                } else if element.is_catch() {
                    Term::catch(element.catch_index() + (plain * size_of::<Term>()) as u64)
                } else {
                    element
                };
                tuple.add(1 + index).write(word);
            }
            if !bytes.is_empty() {
                // Packed bytes may end within the last word.
                tuple.add(words - 1).write(Term::NIL);
            }
            let packed = tuple.add(plain).cast::<u8>();
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), packed, bytes.len());
            prefix.write(Prefix {
                next: None,
                hash: 0,
                is_ghost: false,
                is_packed: !bytes.is_empty(),
                words,
                off_heap: room.off_heap.first,
            });
        }
        Object(prefix)
    }

    fn prefix(&self) -> &Prefix {
        // SAFETY: the block is alive as long as `self`.
        unsafe { self.0.as_ref() }
    }

    fn prefix_mut(&mut self) -> &mut Prefix {
        // SAFETY: as in `prefix`; the borrow is unique.
        unsafe { self.0.as_mut() }
    }

    /// The tuple as it is kept, valid as long as the object: only the key is sure to be an Erlang value there.
    #[inline]
    pub fn kept(&self) -> Term {
        // SAFETY: the tuple stands behind the prefix and lives as long as the block.
        unsafe { Term::from_boxed(self.0.add(1).cast().as_ptr()) }
    }

    /// The object's terms, to look at.
    #[inline]
    pub fn open(&self) -> Opened {
        if !self.prefix().is_packed {
            return Opened::AsKept(self.kept());
        }
        let mut room = Chunks::new();
        let tuple = self.import(&mut room, &LiteralArea::new());
        Opened::Unpacked(OwnedTerm::from_parts(tuple, room))
    }

    /// A copy of the tuple in `heap`, which shares `literals`.
    pub fn import<H: Heap + ?Sized>(&self, heap: &mut H, literals: &LiteralArea) -> Term {
        let kept = self.kept();
        if !self.prefix().is_packed {
            return copy(kept, heap, literals);
        }
        let kept = kept.as_tuple().unwrap_or(&[]);
        let elements: Vec<Term> = kept
            .iter()
            .map(|&element| self.import_kept(element, heap, literals))
            .collect();
        heap.tuple(&elements)
    }

    /// A copy of the element at `index` (from 0), as [`Object::import`] makes it.
    pub fn import_element<H: Heap + ?Sized>(
        &self,
        index: usize,
        heap: &mut H,
        literals: &LiteralArea,
    ) -> Option<Term> {
        let element = *self.kept().as_tuple()?.get(index)?;
        Some(self.import_kept(element, heap, literals))
    }

    /// A copy of what stands in the tuple.
    fn import_kept<H: Heap + ?Sized>(
        &self,
        element: Term,
        heap: &mut H,
        literals: &LiteralArea,
    ) -> Term {
        if !element.is_catch() {
            return copy(element, heap, literals);
        }
        let offset = element.catch_index() as usize;
        let length = self.prefix().words * size_of::<Term>() - offset;
        // SAFETY: a place is the offset of packed bytes from the tuple, within the block; what is behind them is
        // initialised, too, up to the last word, which `unpack` does not read beyond its term.
        unsafe {
            let bytes = self.kept().address().cast::<u8>().add(offset);
            unpack(core::slice::from_raw_parts(bytes, length), heap)
        }
    }

    /// The element at `index` (from 0), which every object of a table has that asks for its key.
    #[inline]
    pub fn key(&self, index: usize) -> Term {
        let tuple = self.kept();
        let element = tuple.as_tuple().and_then(|elements| elements.get(index));
        element.copied().unwrap_or(Term::NIL)
    }

    /// Words of the block.
    pub fn words(&self) -> usize {
        self.prefix().words + size_of::<Prefix>() / size_of::<Term>()
    }

    /// The hash of the key, as it was set.
    #[inline]
    pub fn hash(&self) -> u32 {
        self.prefix().hash
    }

    /// Sets the hash of the key.
    pub fn set_hash(&mut self, hash: u32) {
        self.prefix_mut().hash = hash;
    }

    /// Whether the object counts as deleted.
    #[inline]
    pub fn is_ghost(&self) -> bool {
        self.prefix().is_ghost
    }

    /// Makes it count as deleted.
    pub fn make_ghost(&mut self) {
        self.prefix_mut().is_ghost = true;
    }

    /// The object behind it in its bucket.
    #[inline]
    pub fn next(&self) -> Option<&Object> {
        self.prefix().next.as_ref()
    }

    /// The link to the object behind it.
    #[inline]
    pub fn next_mut(&mut self) -> &mut Option<Object> {
        &mut self.prefix_mut().next
    }

    /// Sets element `index` of the tuple, when both the old and the new value are immediate: then no memory changes hands.
    /// Gives whether it did.
    pub fn set_immediate(&mut self, index: usize, value: Term) -> bool {
        let tuple = self.kept();
        let is_immediate = |element: &Term| element.is_immediate() && !element.is_catch();
        let old = tuple.as_tuple().and_then(|elements| elements.get(index));
        if !value.is_immediate() || !old.is_some_and(is_immediate) {
            return false;
        }
        // SAFETY: the tuple lies in the object's own block, which is borrowed mutably; the index is within it, and both
        // words are immediates.
        unsafe { tuple.address().add(1 + index).write(value) };
        true
    }

    /// The shared binaries that it refers to: an id, the size in bytes, and how many refer to it.
    pub fn shared_binaries(&self) -> Vec<(u64, usize, usize)> {
        let list = OffHeap {
            first: self.prefix().off_heap,
            bytes: 0,
        };
        list.iter().collect()
    }

    /// Frees the block, and gives the object that was behind it.
    fn free(self) -> Option<Object> {
        let mut this = core::mem::ManuallyDrop::new(self);
        let prefix = this.prefix_mut();
        let next = prefix.next.take();
        let layout = Self::layout(prefix.words);
        let mut off_heap = OffHeap {
            first: prefix.off_heap,
            bytes: 0,
        };
        off_heap.release_all();
        // SAFETY: the block was allocated with this layout, and nobody uses it any more: `this` is never dropped.
        unsafe { dealloc(this.0.cast().as_ptr(), layout) };
        next
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        let mut next = self.next_mut().take();
        while let Some(object) = next {
            next = object.free();
        }
        drop_block(self);
    }
}

/// Frees the block of an object that is being dropped and has none behind it.
fn drop_block(object: &mut Object) {
    // SAFETY: the object is being dropped, so this is the last use of its block; `free` does not drop it again.
    let last = Object(object.0);
    last.free();
}
