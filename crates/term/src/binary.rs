//! Binaries and bitstrings.
//!
//! Three representations, as in OTP: small ones live on the heap (`HeapBinary`), large ones share
//! reference-counted bytes (`RefcBinary` → [`SharedBytes`]), and parts refer to a whole (`SubBinary`).
//! Only a sub binary has a size that is not whole bytes, or starts within one.

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::cell::Cell;

use crate::boxed::{Header, Subtag};
use crate::heap::Heap;
use crate::term::Term;

/// The largest binary that is kept on a heap, in bytes: OTP's limit.
pub const HEAP_BINARY_LIMIT: usize = 64;

/// Reference-counted bytes, shared by any number of `RefcBinary` objects. The machine is single-threaded.
#[derive(Debug)]
pub struct SharedBytes {
    references: Cell<usize>,
    length: Cell<usize>,
    capacity: Cell<usize>,
    data: Cell<*mut u8>,
}

impl SharedBytes {
    /// New bytes with one reference, `length` long (uninitialised bytes are zeroed), with room for `capacity`.
    pub fn allocate(length: usize, capacity: usize) -> *mut SharedBytes {
        let capacity = capacity.max(length);
        let layout = Self::layout(capacity);
        // SAFETY: the layout is not empty.
        let data = unsafe { alloc::alloc::alloc_zeroed(layout) };
        if data.is_null() {
            handle_alloc_error(layout);
        }
        Box::into_raw(Box::new(SharedBytes {
            references: Cell::new(1),
            length: Cell::new(length),
            capacity: Cell::new(capacity),
            data: Cell::new(data),
        }))
    }

    /// New bytes with one reference, copied from `bytes`.
    pub fn copy_from(bytes: &[u8]) -> *mut SharedBytes {
        let layout = Self::layout(bytes.len());
        // SAFETY: the layout is not empty.
        let data = unsafe { alloc(layout) };
        if data.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: `data` is fresh with room for `bytes.len()`.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len()) };
        Box::into_raw(Box::new(SharedBytes {
            references: Cell::new(1),
            length: Cell::new(bytes.len()),
            capacity: Cell::new(bytes.len()),
            data: Cell::new(data),
        }))
    }

    /// What holds so many bytes: never nothing, for which there is no memory.
    fn layout(capacity: usize) -> Layout {
        // A size beyond `isize::MAX` can't be had: reported like any other allocation that fails.
        Layout::from_size_align(capacity.max(1), 8)
            .unwrap_or_else(|_| handle_alloc_error(Layout::new::<u64>()))
    }

    /// Takes one more reference.
    ///
    /// # Safety
    ///
    /// `this` is alive.
    pub unsafe fn retain(this: *mut SharedBytes) {
        // SAFETY: the caller's contract.
        let this = unsafe { &*this };
        this.references.set(this.references.get() + 1);
    }

    /// Gives one reference back; the last one frees the bytes.
    ///
    /// # Safety
    ///
    /// `this` is alive and the caller owns a reference, which it gives up.
    pub unsafe fn release(this: *mut SharedBytes) {
        // SAFETY: the caller's contract.
        let shared = unsafe { &*this };
        let references = shared.references.get() - 1;
        shared.references.set(references);
        if references == 0 {
            // SAFETY: data was allocated with this layout; `this` came from `Box::into_raw`; nobody else
            // holds a reference.
            unsafe {
                dealloc(shared.data.get(), Self::layout(shared.capacity.get()));
                drop(Box::from_raw(this));
            }
        }
    }

    /// How many references there are.
    pub fn references(&self) -> usize {
        self.references.get()
    }

    /// The length in bytes.
    pub fn length(&self) -> usize {
        self.length.get()
    }

    /// The room in bytes.
    pub fn capacity(&self) -> usize {
        self.capacity.get()
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `data` holds `length` initialised bytes; they change only through `grow` and
        // `bytes_mut`, whose callers hold no such slice.
        unsafe { core::slice::from_raw_parts(self.data.get(), self.length.get()) }
    }

    /// The first byte, for filling in bytes that no term shows yet.
    pub fn data(&self) -> *mut u8 {
        self.data.get()
    }

    /// A capacity for `length` bytes that are likely to grow: twice as much when small, a quarter more when the
    /// room itself would weigh.
    pub fn roomy(length: usize) -> usize {
        const SMALL: usize = 1 << 20;
        length.saturating_add(if length < SMALL { length } else { length / 4 })
    }

    /// Makes the bytes `length` long, moving them when there is no room. New bytes are zero. Existing terms
    /// find the bytes through this object, so they stay valid; slices taken before don't.
    pub fn grow(&self, length: usize) {
        let capacity = self.capacity.get();
        if length > capacity {
            let wanted = Self::roomy(length);
            let _ = Self::layout(wanted);
            // SAFETY: data was allocated with the layout of `capacity`; the new size is not zero and was
            // checked to be a valid layout.
            let data = unsafe { realloc(self.data.get(), Self::layout(capacity), wanted) };
            if data.is_null() {
                handle_alloc_error(Self::layout(wanted));
            }
            // SAFETY: the block has `wanted` bytes, of which the first `capacity` are initialised.
            unsafe { core::ptr::write_bytes(data.add(capacity), 0, wanted - capacity) };
            self.data.set(data);
            self.capacity.set(wanted);
        }
        if length > self.length.get() {
            self.length.set(length);
        }
    }
}

/// A view of the bits of a binary: `bytes[0]` holds the first bit at `bit_offset` (0..8, from the most
/// significant), and there are `bit_size` bits.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    /// The bytes that hold the bits, no more than needed.
    pub bytes: &'a [u8],
    /// Where in the first byte the bits start.
    pub bit_offset: usize,
    /// How many bits there are.
    pub bit_size: usize,
}

impl<'a> Bits<'a> {
    /// The bits `first..first + size` of `bytes`, which must have them.
    pub fn new(bytes: &'a [u8], first: usize, size: usize) -> Bits<'a> {
        let bytes = &bytes[first / 8..(first + size).div_ceil(8)];
        Bits {
            bytes,
            bit_offset: first % 8,
            bit_size: size,
        }
    }

    /// A part of these bits.
    pub fn slice(&self, first: usize, size: usize) -> Bits<'a> {
        debug_assert!(first + size <= self.bit_size);
        Bits::new(self.bytes, self.bit_offset + first, size)
    }

    /// The bytes, if the bits are whole bytes that start at a byte.
    pub fn aligned(&self) -> Option<&'a [u8]> {
        (self.bit_offset == 0 && self.bit_size.is_multiple_of(8)).then_some(self.bytes)
    }

    /// The byte that starts at bit `index * 8`; bits past the end are zero.
    #[inline]
    pub fn byte(&self, index: usize) -> u8 {
        let high = self.bytes.get(index).copied().unwrap_or(0);
        let byte = if self.bit_offset == 0 {
            high
        } else {
            let low = self.bytes.get(index + 1).copied().unwrap_or(0);
            (high << self.bit_offset) | (low >> (8 - self.bit_offset))
        };
        let left = self.bit_size.saturating_sub(index * 8);
        if left >= 8 {
            byte
        } else {
            byte & !(0xffu16 >> left) as u8
        }
    }

    /// The bits as bytes from the first bit on; the unused low bits of the last one are zero.
    pub fn to_bytes(&self) -> Cow<'a, [u8]> {
        match self.aligned() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(
                (0..self.bit_size.div_ceil(8))
                    .map(|i| self.byte(i))
                    .collect(),
            ),
        }
    }

    /// The bytes, copied, if the bits are whole bytes.
    pub fn to_whole_bytes(&self) -> Option<Cow<'a, [u8]>> {
        self.bit_size.is_multiple_of(8).then(|| self.to_bytes())
    }
}

/// Copies the bits of `source` to `target` from bit `first` on, leaving the other bits as they are.
pub fn copy_bits(source: Bits<'_>, target: &mut [u8], first: usize) {
    if first.is_multiple_of(8)
        && let Some(bytes) = source.aligned()
    {
        target[first / 8..first / 8 + bytes.len()].copy_from_slice(bytes);
        return;
    }
    let mut position = first;
    let mut left = source.bit_size;
    let mut index = 0;
    while left > 0 {
        let count = left.min(8);
        write_bits(target, position, source.byte(index) >> (8 - count), count);
        position += count;
        left -= count;
        index += 1;
    }
}

/// Writes the `count` (1..=8) low bits of `value` to `target` at bit `first`.
#[inline]
pub fn write_bits(target: &mut [u8], first: usize, value: u8, count: usize) {
    let shift = 16 - first % 8 - count;
    let mask = ((1u16 << count) - 1) << shift;
    let bits = (u16::from(value) << shift) & mask;
    let index = first / 8;
    target[index] = target[index] & !(mask >> 8) as u8 | (bits >> 8) as u8;
    if mask & 0xff != 0 {
        target[index + 1] = target[index + 1] & !(mask as u8) | bits as u8;
    }
}

impl Term {
    /// The bits, if the term is a bitstring.
    ///
    /// The view is valid as long as the term (rooting rule) and until the bytes are next grown in place.
    #[inline]
    pub fn as_bits(&self) -> Option<Bits<'_>> {
        match self.subtag()? {
            Subtag::SubBinary => {
                let words = self.boxed_words();
                let (first, size) = (words[0].raw() as usize, words[1].raw() as usize);
                Some(Bits::new(words[3].whole_bytes()?, first, size))
            }
            Subtag::HeapBinary | Subtag::RefcBinary => {
                let bytes = self.whole_bytes()?;
                Some(Bits {
                    bytes,
                    bit_offset: 0,
                    bit_size: bytes.len() * 8,
                })
            }
            _ => None,
        }
    }

    /// The bytes, if the term is a heap or refc binary: what sub binaries and match contexts refer to.
    #[inline]
    pub fn whole_bytes(&self) -> Option<&[u8]> {
        let words = self.boxed_words();
        match self.subtag()? {
            // SAFETY: a heap binary's words after the size hold that many bytes.
            Subtag::HeapBinary => Some(unsafe {
                core::slice::from_raw_parts(words.as_ptr().add(1).cast(), words[0].raw() as usize)
            }),
            Subtag::RefcBinary => {
                // SAFETY: the object owns a reference to the shared bytes, which are at least `size` long.
                let shared = unsafe { &*(words[1].raw() as *const SharedBytes) };
                Some(&shared.bytes()[..words[2].raw() as usize])
            }
            _ => None,
        }
    }

    /// The size in bits, if the term is a bitstring.
    #[inline]
    pub fn bit_size(&self) -> Option<usize> {
        let words = self.boxed_words();
        match self.subtag()? {
            Subtag::HeapBinary => Some(words[0].raw() as usize * 8),
            Subtag::RefcBinary => Some(words[2].raw() as usize * 8),
            Subtag::SubBinary => Some(words[1].raw() as usize),
            _ => None,
        }
    }

    /// Whether the term is a binary: a bitstring of whole bytes.
    #[inline]
    pub fn is_binary(&self) -> bool {
        self.bit_size().is_some_and(|size| size.is_multiple_of(8))
    }

    /// The bytes, if the term is a binary; copied only when they don't start at a byte.
    pub fn as_binary(&self) -> Option<Cow<'_, [u8]>> {
        self.as_bits()?.to_whole_bytes()
    }

    /// How many bytes the memory of a shared binary has room for.
    pub fn shared_capacity(&self) -> Option<usize> {
        let shared = self.as_shared_bytes()?;
        // SAFETY: the term holds a reference to its bytes.
        Some(unsafe { (*shared).capacity() })
    }

    /// The shared bytes, if the term is a refc binary.
    pub fn as_shared_bytes(&self) -> Option<*mut SharedBytes> {
        (self.subtag() == Some(Subtag::RefcBinary))
            .then(|| self.boxed_words()[1].raw() as *mut SharedBytes)
    }
}

/// A binary with a copy of `bytes`.
pub fn make<H: Heap + ?Sized>(heap: &mut H, bytes: &[u8]) -> Term {
    if bytes.len() <= HEAP_BINARY_LIMIT {
        let (term, target) = make_heap_binary(heap, bytes.len());
        // SAFETY: `target` has room for `bytes.len()`.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        term
    } else {
        make_shared(heap, SharedBytes::copy_from(bytes), bytes.len())
    }
}

/// A zeroed heap binary of `size` bytes and where its bytes start, to be filled before the next collection.
pub fn make_heap_binary<H: Heap + ?Sized>(heap: &mut H, size: usize) -> (Term, *mut u8) {
    let data_words = size.div_ceil(8);
    let object = heap.allocate(2 + data_words);
    // SAFETY: `object` is fresh with room for header, size and data, all written here.
    unsafe {
        object.write(Term::header(Header::new(
            Subtag::HeapBinary,
            1 + data_words,
        )));
        object.add(1).write(Term::from_raw(size as u64));
        core::ptr::write_bytes(object.add(2).cast::<u8>(), 0, data_words * 8);
        (Term::from_boxed(object), object.add(2).cast())
    }
}

/// A refc binary of the first `size` bytes of `shared`, taking over one reference.
pub fn make_shared<H: Heap + ?Sized>(heap: &mut H, shared: *mut SharedBytes, size: usize) -> Term {
    let object = heap.allocate(4);
    // SAFETY: `object` is fresh with room for four words, all written here or by `link`; the reference
    // that the caller gives is owned by the object from now on.
    unsafe {
        object.write(Term::header(Header::new(Subtag::RefcBinary, 3)));
        object.add(2).write(Term::from_raw(shared as u64));
        object.add(3).write(Term::from_raw(size as u64));
        heap.off_heap().link(object);
        Term::from_boxed(object)
    }
}

/// A bitstring of `bit_size` bits whose bytes are `bytes` (unused low bits of the last one are zero).
pub fn make_bits<H: Heap + ?Sized>(heap: &mut H, bytes: &[u8], bit_size: usize) -> Term {
    let whole = make(heap, &bytes[..bit_size.div_ceil(8)]);
    make_sub(heap, whole, 0, bit_size)
}

/// The bits `first..first + size` of `binary` (any bitstring that has them). Never copies bytes: refers to the
/// whole that `binary` refers to, or is `binary` itself when it is all of it.
pub fn make_sub<H: Heap + ?Sized>(heap: &mut H, binary: Term, first: usize, size: usize) -> Term {
    debug_assert!(binary.bit_size().is_some_and(|all| first + size <= all));
    if first == 0 && binary.bit_size() == Some(size) {
        return binary;
    }
    let (whole, base) = whole_of(binary);
    make_sub_of_whole(heap, whole, base + first, size, 0)
}

/// A sub binary object that refers to `whole` (a heap or refc binary); `flags` is 1 when it may be appended to
/// in place.
pub fn make_sub_of_whole<H: Heap + ?Sized>(
    heap: &mut H,
    whole: Term,
    first: usize,
    size: usize,
    flags: u64,
) -> Term {
    let object = heap.allocate(5);
    // SAFETY: `object` is fresh with room for five words, all written here; `whole` is a live term.
    unsafe {
        object.write(Term::header(Header::new(Subtag::SubBinary, 4)));
        object.add(1).write(Term::from_raw(first as u64));
        object.add(2).write(Term::from_raw(size as u64));
        object.add(3).write(Term::from_raw(flags));
        object.add(4).write(whole);
        Term::from_boxed(object)
    }
}

/// The heap or refc binary that holds the bits of `binary`, and the bit at which they start there.
#[inline]
pub fn whole_of(binary: Term) -> (Term, usize) {
    match binary.subtag() {
        Some(Subtag::SubBinary) => {
            let words = binary.boxed_words();
            (words[3], words[0].raw() as usize)
        }
        _ => (binary, 0),
    }
}
