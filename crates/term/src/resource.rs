//! Resources: things of the machine that live as long as a term refers to them.
//!
//! A *magic reference* is a reference that holds a [`Resource`]: a compiled match specification, an array of counters,
//! an open file, a stream. To Erlang it is an ordinary reference: it compares, hashes, prints and is encoded by its number.
//! Copies of it (messages, tables, literals) hold the same resource. Heaps list magic references beside their shared
//! binaries ([`crate::OffHeap`]), so the collector releases those that died, and counts the bytes that a resource says it
//! takes when it decides whether a collection pays.
//!
//! ```text
//! let term = resources.make(heap, number, payload, bytes);   // in a BIF: Context::make_resource
//! let payload: &Payload = term.as_resource()?;               // None: another type, or no magic reference
//! ```
//!
//! The payload is shared: what changes in it is in a `Cell` or `RefCell`. When the last reference is gone the payload is
//! dropped, perhaps in the middle of a collection. Its `Drop` may free what it owns, terms with their own memory
//! included; what must be told to the machine it puts where the machine looks later (a queue that both share).
//!
//! A reference that was written in the external format and is read again while its resource lives is a magic reference
//! again ([`Resources::find`]).

use alloc::boxed::Box;
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::any::Any;
use core::cell::{Cell, RefCell};
use core::fmt;

use hashbrown::HashMap;

use crate::boxed::{Header, MAGIC_REFERENCE_WORDS, Subtag};
use crate::heap::Heap;
use crate::term::Term;

/// A hold on a resource. The resource lives as long as there is one, be it this or a term's.
#[derive(Clone, Debug)]
pub struct Resource(Rc<Inner>);

/// What holds on a resource share.
pub(crate) struct Inner {
    number: u64,
    bytes: usize,
    /// Taken when the resource dies.
    payload: Option<Box<dyn Any>>,
    registry: Rc<Registry>,
}

/// All resources that are alive.
#[derive(Debug, Default)]
pub struct Resources(Rc<Registry>);

#[derive(Debug, Default)]
struct Registry {
    alive: RefCell<HashMap<u64, Weak<Inner>>>,
    /// Payloads that are to be dropped one after another: one may hold the last reference to the next, and so on.
    dying: RefCell<Vec<Box<dyn Any>>>,
    burying: Cell<bool>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("number", &self.number)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Registry {
    fn bury(&self, payload: Box<dyn Any>) {
        self.dying.borrow_mut().push(payload);
        if self.burying.replace(true) {
            return;
        }
        loop {
            // The borrow ends before the payload is dropped, which may push more.
            let next = self.dying.borrow_mut().pop();
            match next {
                Some(payload) => drop(payload),
                None => break,
            }
        }
        self.burying.set(false);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.registry.alive.borrow_mut().remove(&self.number);
        if let Some(payload) = self.payload.take() {
            self.registry.bury(payload);
        }
    }
}

impl Resources {
    /// A magic reference with this number, which no other reference has, to a new resource. `bytes` is what the payload
    /// takes.
    pub fn make<T: Any>(
        &self,
        heap: &mut (impl Heap + ?Sized),
        number: u64,
        payload: T,
        bytes: usize,
    ) -> Term {
        let inner = Rc::new(Inner {
            number,
            bytes,
            payload: Some(Box::new(payload)),
            registry: self.0.clone(),
        });
        self.0
            .alive
            .borrow_mut()
            .insert(number, Rc::downgrade(&inner));
        Resource(inner).into_term(heap)
    }

    /// The resource that the reference with this number holds, if it lives.
    pub fn find(&self, number: u64) -> Option<Resource> {
        let inner = self.0.alive.borrow().get(&number)?.upgrade()?;
        Some(Resource(inner))
    }

    /// How many resources are alive.
    pub fn count(&self) -> usize {
        self.0.alive.borrow().len()
    }
}

impl Resource {
    /// A magic reference that takes over this hold.
    pub fn into_term(self, heap: &mut (impl Heap + ?Sized)) -> Term {
        let (number, bytes) = (self.0.number, self.0.bytes);
        let object = heap.allocate(1 + MAGIC_REFERENCE_WORDS);
        let words = [number, 0, 0, Rc::into_raw(self.0) as u64, bytes as u64];
        // SAFETY: `object` is fresh with room for header and words, all raw; the hold is the object's from now on, which
        // `link` lists.
        unsafe {
            object.write(Term::header(Header::new(
                Subtag::Reference,
                MAGIC_REFERENCE_WORDS,
            )));
            core::ptr::copy_nonoverlapping(words.as_ptr(), object.add(1).cast(), words.len());
            heap.off_heap().link(object);
            Term::from_boxed(object)
        }
    }

    /// How many others hold on it.
    pub fn other_holds(&self) -> usize {
        Rc::strong_count(&self.0) - 1
    }

    /// Where it is: a number that no other has while it lives.
    pub fn address(&self) -> u64 {
        Rc::as_ptr(&self.0) as u64
    }

    /// The payload, if it is of this type.
    pub fn payload<T: Any>(&self) -> Option<&T> {
        self.0.payload.as_ref()?.downcast_ref()
    }
}

/// Gives back the hold of a magic reference that died.
///
/// # Safety
///
/// `inner` is the resource word of a magic reference that is never read again.
pub(crate) unsafe fn release(inner: *const Inner) {
    // SAFETY: the word came from `Rc::into_raw`, and the object's hold was not given back before.
    drop(unsafe { Rc::from_raw(inner) });
}

impl Term {
    fn as_resource_word(&self) -> Option<*const Inner> {
        let header = self.boxed_header()?;
        (header == Header::new(Subtag::Reference, MAGIC_REFERENCE_WORDS))
            .then(|| self.boxed_words()[3].raw() as *const Inner)
    }

    /// The payload, if the term is a magic reference to one of this type.
    pub fn as_resource<T: Any>(&self) -> Option<&T> {
        let inner = self.as_resource_word()?;
        // SAFETY: the object has a hold on the resource; the borrow is as long as this copy of the term, which the
        // rooting rule keeps valid.
        let inner = unsafe { &*inner };
        inner.payload.as_ref()?.downcast_ref()
    }

    /// One more hold on the resource, if the term is a magic reference.
    pub fn to_resource(&self) -> Option<Resource> {
        let inner = self.as_resource_word()?;
        // SAFETY: the word came from `Rc::into_raw` and the object has a hold on it, so it is alive.
        unsafe {
            Rc::increment_strong_count(inner);
            Some(Resource(Rc::from_raw(inner)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Chunks, OwnedTerm};

    /// Counts itself out.
    struct Payload(
        Rc<Cell<u32>>,
        #[allow(dead_code, reason = "it is there to be dropped")] Option<OwnedTerm>,
    );

    impl Drop for Payload {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_resource_lives_as_long_as_a_term_refers_to_it() {
        let resources = Resources::default();
        let dropped = Rc::new(Cell::new(0));
        let mut heap = Chunks::new();
        let term = resources.make(&mut heap, 7, Payload(dropped.clone(), None), 100);
        assert_eq!(term.as_reference(), Some((7, 0)));
        assert!(term.as_resource::<Payload>().is_some());
        assert!(term.as_resource::<u32>().is_none());
        let copy = OwnedTerm::new(term);
        drop(heap);
        assert_eq!(dropped.get(), 0);
        assert!(copy.term().as_resource::<Payload>().is_some());
        let hold = resources.find(7).expect("alive");
        drop(copy);
        assert_eq!((dropped.get(), resources.count()), (0, 1));
        drop(hold);
        assert_eq!((dropped.get(), resources.count()), (1, 0));
        assert!(resources.find(7).is_none());
    }

    #[test]
    fn a_magic_reference_equals_the_plain_one() {
        let resources = Resources::default();
        let mut heap = Chunks::new();
        let magic = resources.make(&mut heap, 7, (), 0);
        let plain = crate::boxed::make_reference(&mut heap, 7, 0);
        assert!(crate::compare::exact_eq(magic, plain));
        assert!(crate::compare::exact_eq(plain, magic));
        assert_eq!(
            crate::hash::internal_hash(magic),
            crate::hash::internal_hash(plain)
        );
    }

    #[test]
    fn a_long_chain_of_resources_dies_without_recursion() {
        let resources = Resources::default();
        let dropped = Rc::new(Cell::new(0));
        let mut last = None;
        let count = if cfg!(miri) { 100 } else { 100_000 };
        for number in 0..count {
            let mut heap = Chunks::new();
            let payload = Payload(dropped.clone(), last.take());
            let term = resources.make(&mut heap, number, payload, 0);
            last = Some(OwnedTerm::new(term));
        }
        drop(last);
        assert_eq!(u64::from(dropped.get()), count);
    }
}
