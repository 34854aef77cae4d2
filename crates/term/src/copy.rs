//! Size and deep copy of terms.
//!
//! Sharing inside a term is not kept, as in OTP's message passing. Literals are shared, not copied, unless the copy is
//! to be kept where nobody looks for them when they go ([`copy_all`]). Sub
//! binaries keep referring to their whole when it is a refc binary; a part of a heap binary is copied out.

use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::binary::{self, SharedBytes};
use crate::boxed::{MAGIC_REFERENCE_WORDS, Subtag};
use crate::heap::Heap;
use crate::literal::LiteralArea;
use crate::term::Term;

/// How many words [`copy`] allocates for `term`.
pub fn size(term: Term, literals: &LiteralArea) -> usize {
    let mut words = 0;
    let mut pending: Vec<Term> = Vec::new();
    let mut next = Some(term);
    while let Some(term) = next.take().or_else(|| pending.pop()) {
        if !term.is_pointer() || literals.contains(term) {
            continue;
        }
        if let Some((head, tail)) = term.as_cons() {
            words += 2;
            if head.is_pointer() {
                pending.push(head);
            }
            next = Some(tail);
            continue;
        }
        let Some(header) = term.boxed_header() else {
            continue;
        };
        match header.subtag() {
            Subtag::SubBinary | Subtag::MatchContext => words += bits_size(term),
            _ => {
                words += 1 + header.arity();
                pending.extend(
                    term.boxed_words()[header.raw_words()..]
                        .iter()
                        .filter(|word| word.is_pointer()),
                );
            }
        }
    }
    words
}

/// How many words [`copy_all`] allocates for `term`.
pub fn size_all(term: Term) -> usize {
    size(term, &LiteralArea::new())
}

/// A deep copy of `term` in `heap`, of literals too.
pub fn copy_all<H: Heap + ?Sized>(term: Term, heap: &mut H) -> Term {
    copy(term, heap, &LiteralArea::new())
}

/// The words for a copy of a sub binary: by reference when the whole is shared, else by value.
fn bits_size(term: Term) -> usize {
    let (whole, _) = binary::whole_of(term);
    let bits = term.bit_size().unwrap_or(0);
    match whole.subtag() {
        Some(Subtag::RefcBinary) => 4 + 5,
        _ => 2 + bits.div_ceil(8).div_ceil(8) + if bits.is_multiple_of(8) { 0 } else { 5 },
    }
}

/// A deep copy of `term` in `heap`; what lies in `literals` is shared.
///
/// A match context can't be copied: it is never an Erlang value.
pub fn copy<H: Heap + ?Sized>(term: Term, heap: &mut H, literals: &LiteralArea) -> Term {
    let mut root = Term::NONE;
    // Each entry: a term still to be copied, and the word that is to hold the copy.
    let mut pending: Vec<(Term, *mut Term)> = Vec::new();
    pending.push((term, &raw mut root));
    while let Some((mut source, mut slot)) = pending.pop() {
        // Follows the tails of a list in this inner loop, so that long lists need no stack.
        loop {
            if !source.is_pointer() || literals.contains(source) {
                // SAFETY: `slot` is the root, or a word of an object allocated below that is still to be set.
                unsafe { slot.write(source) };
                break;
            }
            if let Some((head, tail)) = source.as_cons() {
                let cell = heap.allocate(2);
                // SAFETY: `cell` is fresh; both words are set now or through `pending`/the next turn,
                // before anybody reads them.
                unsafe {
                    slot.write(Term::from_cons(cell));
                    cell.write(head);
                    cell.add(1).write(Term::NIL);
                    if head.is_pointer() {
                        pending.push((head, cell));
                    }
                    slot = cell.add(1);
                }
                source = tail;
                continue;
            }
            let copied = copy_boxed(source, heap, &mut pending);
            // SAFETY: as above.
            unsafe { slot.write(copied) };
            break;
        }
    }
    root
}

/// Copies what `slot` refers to into `heap`, as far as it lies where `inside` says, and lets `slot` refer to the copy.
/// `copies` has what was copied earlier, by word, so that what several places refer to is copied once.
///
/// Nothing inside refers to anything outside.
pub fn copy_out<H: Heap + ?Sized>(
    slot: &mut Term,
    heap: &mut H,
    inside: impl Fn(Term) -> bool,
    copies: &mut HashMap<u64, Term>,
) {
    let mut pending: Vec<(Term, *mut Term)> = Vec::new();
    pending.push((*slot, &raw mut *slot));
    while let Some((source, slot)) = pending.pop() {
        if !source.is_pointer() || !inside(source) {
            // SAFETY: `slot` is the caller's, or a word of an object allocated below that is still to be set.
            unsafe { slot.write(source) };
            continue;
        }
        let copied = match copies.get(&source.raw()) {
            Some(&copied) => copied,
            None => {
                let copied = match source.as_cons() {
                    Some((head, tail)) => {
                        let cell = heap.allocate(2);
                        // SAFETY: `cell` is fresh; both words are set through `pending`, before anybody reads them.
                        unsafe {
                            cell.write(Term::NIL);
                            cell.add(1).write(Term::NIL);
                            pending.push((head, cell));
                            pending.push((tail, cell.add(1)));
                            Term::from_cons(cell)
                        }
                    }
                    None => copy_boxed(source, heap, &mut pending),
                };
                copies.insert(source.raw(), copied);
                copied
            }
        };
        // SAFETY: as above.
        unsafe { slot.write(copied) };
    }
}

fn copy_boxed<H: Heap + ?Sized>(
    source: Term,
    heap: &mut H,
    pending: &mut Vec<(Term, *mut Term)>,
) -> Term {
    let Some(header) = source.boxed_header() else {
        return source;
    };
    let words = source.boxed_words();
    match header.subtag() {
        Subtag::RefcBinary => share(source, heap),
        Subtag::SubBinary => {
            let (whole, first) = binary::whole_of(source);
            let size = words[1].raw() as usize;
            match whole.subtag() {
                Some(Subtag::RefcBinary) => {
                    let whole = share(whole, heap);
                    binary::make_sub_of_whole(heap, whole, first, size, 0)
                }
                _ => match source.as_bits() {
                    Some(bits) => binary::make_bits(heap, &bits.to_bytes(), size),
                    None => Term::NIL,
                },
            }
        }
        Subtag::Reference if words.len() == MAGIC_REFERENCE_WORDS => source
            .to_resource()
            .map_or(source, |resource| resource.into_term(heap)),
        _ => {
            let object = heap.allocate(1 + words.len());
            // SAFETY: `object` is fresh with room for the header and its words, all written here; those
            // that are pointers are replaced through `pending` before anybody reads them.
            unsafe {
                object.write(Term::header(header));
                core::ptr::copy_nonoverlapping(words.as_ptr(), object.add(1), words.len());
                for (index, word) in words.iter().enumerate().skip(header.raw_words()) {
                    if word.is_pointer() {
                        pending.push((*word, object.add(1 + index)));
                    }
                }
                Term::from_boxed(object)
            }
        }
    }
}

/// A new `RefcBinary` object for the same shared bytes.
fn share<H: Heap + ?Sized>(source: Term, heap: &mut H) -> Term {
    let words = source.boxed_words();
    let shared = words[1].raw() as *mut SharedBytes;
    // SAFETY: `source` is alive and owns a reference, so the shared bytes are alive.
    unsafe { SharedBytes::retain(shared) };
    binary::make_shared(heap, shared, words[2].raw() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Chunks, OwnedTerm};

    #[test]
    fn copies_are_deep_and_sized_exactly() {
        let literals = LiteralArea::new();
        let mut heap = Chunks::new();
        let large = heap.binary(&[7; 1000]);
        let part = binary::make_sub(&mut heap, large, 8, 99);
        let small = heap.binary(b"abc");
        let small_part = binary::make_sub(&mut heap, small, 3, 9);
        let list = heap.list(&[Term::small(1), large, part, small, small_part]);
        let tuple = heap.tuple(&[list, Term::NIL, list]);
        let expected = size(tuple, &literals);
        let owned = OwnedTerm::new(tuple);
        assert_eq!(owned.words(), expected);
        drop(heap);
        let [first, nil, _] = owned.term().as_tuple_of::<3>().copied().expect("a triple");
        assert!(nil.is_nil());
        let elements: Vec<Term> = first.list().collect();
        assert_eq!(elements[1].as_binary().expect("binary").len(), 1000);
        assert_eq!(elements[2].bit_size(), Some(99));
        assert_eq!(elements[4].as_bits().expect("bits").byte(0), 0b0000_1011);
    }

    #[test]
    fn long_lists_and_deep_nesting_need_no_recursion() {
        let mut heap = Chunks::new();
        let mut deep = Term::NIL;
        let depth = if cfg!(miri) { 200 } else { 200_000 };
        for _ in 0..depth {
            deep = heap.cons(deep, Term::NIL);
        }
        let owned = OwnedTerm::new(deep);
        assert_eq!(owned.words(), 2 * depth);
    }
}
