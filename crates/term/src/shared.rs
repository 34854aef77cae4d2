//! A share in the bytes of a binary for code that keeps them outside any heap.

use alloc::borrow::Cow;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::binary::{self, SharedBytes};
use crate::heap::Heap;
use crate::term::Term;

/// One reference to [`SharedBytes`], given back when dropped. The bytes never change while it lives: what appends
/// to a binary in place adds behind them.
#[derive(Debug)]
pub struct SharedBinary {
    bytes: NonNull<SharedBytes>,
    /// Where this share's part starts, and how long it is.
    start: usize,
    length: usize,
}

impl SharedBinary {
    /// A copy of `bytes`.
    pub fn copy_from(bytes: &[u8]) -> SharedBinary {
        Self::own(SharedBytes::copy_from(bytes), bytes.len())
    }

    /// New bytes that `fill` writes; they are zero when it gets them.
    pub fn filled(length: usize, fill: impl FnOnce(&mut [u8])) -> SharedBinary {
        let shared = SharedBytes::allocate(length, length);
        // SAFETY: `shared` is fresh: `length` initialised bytes that nobody else knows of.
        fill(unsafe { core::slice::from_raw_parts_mut((*shared).data(), length) });
        Self::own(shared, length)
    }

    /// The bytes of a binary term: shared when it is reference-counted, else copied. `None` for what is no binary.
    pub fn of(term: Term) -> Option<SharedBinary> {
        match Self::shared_with(term) {
            Some(shared) => Some(shared),
            None => term.as_binary().map(|bytes| Self::copy_from(&bytes)),
        }
    }

    /// The bytes of a reference-counted binary, or of a part of one that starts at a byte; `None` for others.
    pub fn shared_with(term: Term) -> Option<SharedBinary> {
        let Some(Cow::Borrowed(part)) = term.as_binary() else {
            return None;
        };
        let (whole, first) = binary::whole_of(term);
        let shared = NonNull::new(whole.as_shared_bytes()?)?;
        // SAFETY: the term is alive and owns a reference, so the bytes are.
        unsafe { SharedBytes::retain(shared.as_ptr()) };
        Some(SharedBinary {
            bytes: shared,
            start: first / 8,
            length: part.len(),
        })
    }

    /// Takes over a fresh reference.
    fn own(shared: *mut SharedBytes, length: usize) -> SharedBinary {
        SharedBinary {
            bytes: NonNull::new(shared)
                .unwrap_or_else(|| unreachable!("fresh bytes are somewhere")),
            start: 0,
            length,
        }
    }

    /// A share in a part of the bytes; what is outside of them is cut off.
    pub fn part(&self, start: usize, length: usize) -> SharedBinary {
        let start = start.min(self.length);
        let mut part = self.clone();
        part.start += start;
        part.length = length.min(self.length - start);
        part
    }

    /// A share in `length` bytes from `start` on, which may lie beyond this part, but not beyond the binary: what is
    /// outside of that is cut off.
    pub fn stretched(&self, start: usize, length: usize) -> SharedBinary {
        let mut whole = self.clone();
        whole.length = self.shared().length() - self.start;
        whole.part(start, length)
    }

    /// How many bytes stay in memory because of this share.
    pub fn capacity(&self) -> usize {
        self.shared().capacity()
    }

    /// Whether the bytes of `other` lie directly behind these.
    pub fn continues_with(&self, other: &SharedBinary) -> bool {
        self.bytes == other.bytes && self.start + self.length == other.start
    }

    /// Whether both are parts of the same bytes.
    pub fn shares_with(&self, other: &SharedBinary) -> bool {
        self.bytes == other.bytes
    }

    /// The bytes as a binary on `heap`: not copied, unless they are few.
    pub fn to_term<H: Heap + ?Sized>(&self, heap: &mut H) -> Term {
        if self.length <= binary::HEAP_BINARY_LIMIT {
            return heap.binary(self);
        }
        // SAFETY: this share keeps the bytes alive; the term gets a reference of its own.
        unsafe { SharedBytes::retain(self.bytes.as_ptr()) };
        let all = self.shared().length();
        let whole = binary::make_shared(heap, self.bytes.as_ptr(), all);
        binary::make_sub(heap, whole, self.start * 8, self.length * 8)
    }

    fn shared(&self) -> &SharedBytes {
        // SAFETY: this share's reference keeps the bytes alive.
        unsafe { self.bytes.as_ref() }
    }
}

impl Deref for SharedBinary {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.shared().bytes()[self.start..self.start + self.length]
    }
}

impl Clone for SharedBinary {
    fn clone(&self) -> SharedBinary {
        // SAFETY: this share's reference keeps the bytes alive.
        unsafe { SharedBytes::retain(self.bytes.as_ptr()) };
        SharedBinary { ..*self }
    }
}

impl Drop for SharedBinary {
    fn drop(&mut self) {
        // SAFETY: this share owns one reference, given back here and nowhere else.
        unsafe { SharedBytes::release(self.bytes.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Chunks;

    #[test]
    fn shares_outlive_terms_and_become_terms() {
        let mut heap = Chunks::new();
        let bytes: alloc::vec::Vec<u8> = (0..200).collect();
        let term = heap.binary(&bytes);
        let sub = binary::make_sub(&mut heap, term, 8 * 8, 150 * 8);
        let shared = SharedBinary::of(sub).expect("a binary");
        assert!(SharedBinary::shared_with(term).is_some_and(|whole| whole.shares_with(&shared)));
        drop(heap);
        assert_eq!(*shared, bytes[8..158]);
        let (head, tail) = (shared.part(0, 70), shared.part(70, 999));
        assert!(head.continues_with(&tail) && !tail.continues_with(&head));
        drop(shared);
        let mut heap = Chunks::new();
        let term = tail.to_term(&mut heap);
        assert_eq!(term.as_binary().as_deref(), Some(&bytes[78..158]));
        let odd = binary::make_sub(&mut heap, term, 3, 80);
        assert!(SharedBinary::shared_with(odd).is_none());
        assert_eq!(SharedBinary::of(odd).map(|copy| copy.len()), Some(10));
        assert!(SharedBinary::of(Term::small(1)).is_none());
    }

    #[test]
    fn filled_bytes_are_what_was_written() {
        let filled = SharedBinary::filled(3, |bytes| bytes.copy_from_slice(b"abc"));
        assert_eq!(*filled, *b"abc");
    }
}
