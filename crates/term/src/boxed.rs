//! Headers, and the layout of everything that is boxed.
//!
//! A boxed object is a header word, then `arity` words. Raw words come before term words, so that a
//! collector that walks memory word by word skips [`Header::raw_words`] after a header and finds only terms.
//!
//! | subtag | raw words | then terms |
//! | --- | --- | --- |
//! | `Tuple` | | the elements |
//! | `FlatMap` | | keys (a sorted tuple), then the values in the keys' order |
//! | `Record` | | the definition (see [`crate::record`]), then the values |
//! | `HashMap` | node info (see [`crate::map`]) | the children |
//! | `MatchContext` | position, end (bits from the start of the binary) | the binary matched |
//! | `SubBinary` | first bit, size in bits, flags | the binary that holds the bytes |
//! | `Fun` | pointer to its [`FunEntry`] | the creator's pid, the free variables |
//! | `Export` | pointer to an [`Mfa`] | |
//! | `BigPositive`, `BigNegative` | the magnitude, least significant limb first | |
//! | `Float` | the bits | |
//! | `HeapBinary` | size in bytes, the bytes | |
//! | `RefcBinary` | link to the next in its heap's [`crate::OffHeap`], pointer to the shared bytes, size in bytes | |
//! | `Reference` | number, owner's pid word (0 unless an alias) | |
//! | magic `Reference` | number, 0, link as in `RefcBinary`, pointer to the resource (see [`crate::resource`]), its size in bytes | |
//! | `ExternalPid`, `ExternalPort` | node atom word, creation, number | |
//! | `ExternalReference` | node atom word, creation, count of 32-bit numbers, the numbers two a word | |

use core::cell::Cell;

use crate::heap::Heap;
use crate::term::Term;

/// A header word: what kind of object follows and how many words it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Header(pub u64);

/// What kind of boxed object a header announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(
    missing_docs,
    reason = "the table at the top of the module is their documentation"
)]
pub enum Subtag {
    Tuple = 0,
    MatchContext = 1,
    BigPositive = 2,
    BigNegative = 3,
    Reference = 4,
    Fun = 5,
    Float = 6,
    Export = 7,
    RefcBinary = 8,
    HeapBinary = 9,
    SubBinary = 10,
    FlatMap = 11,
    HashMap = 12,
    ExternalPid = 13,
    ExternalPort = 14,
    ExternalReference = 15,
    Record = 16,
}

/// The words of a magic reference; others have two.
pub(crate) const MAGIC_REFERENCE_WORDS: usize = 5;

const ALL_RAW: u8 = u8::MAX;

/// How many bits of a header are the subtag, above the two of the primary tag; those above are the arity.
const SUBTAG_BITS: u32 = 5;
const ARITY_SHIFT: u32 = 2 + SUBTAG_BITS;

/// The subtags by number, with the number of raw words after the header.
const SUBTAGS: [(Subtag, u8); 17] = [
    (Subtag::Tuple, 0),
    (Subtag::MatchContext, 2),
    (Subtag::BigPositive, ALL_RAW),
    (Subtag::BigNegative, ALL_RAW),
    (Subtag::Reference, ALL_RAW),
    (Subtag::Fun, 1),
    (Subtag::Float, ALL_RAW),
    (Subtag::Export, ALL_RAW),
    (Subtag::RefcBinary, ALL_RAW),
    (Subtag::HeapBinary, ALL_RAW),
    (Subtag::SubBinary, 3),
    (Subtag::FlatMap, 0),
    (Subtag::HashMap, 1),
    (Subtag::ExternalPid, ALL_RAW),
    (Subtag::ExternalPort, ALL_RAW),
    (Subtag::ExternalReference, ALL_RAW),
    (Subtag::Record, 0),
];

/// The entry of [`SUBTAGS`] for each number that a header has room for; no header has one above the last.
const BY_NUMBER: [(Subtag, u8); 1 << SUBTAG_BITS] = {
    let mut table = [SUBTAGS[SUBTAGS.len() - 1]; 1 << SUBTAG_BITS];
    let mut number = 0;
    while number < SUBTAGS.len() {
        table[number] = SUBTAGS[number];
        number += 1;
    }
    table
};

impl Header {
    /// A header for an object of `arity` words.
    #[inline(always)]
    pub const fn new(subtag: Subtag, arity: usize) -> Header {
        Header(((arity as u64) << ARITY_SHIFT) | ((subtag as u64) << 2))
    }

    #[inline(always)]
    const fn entry(self) -> (Subtag, u8) {
        BY_NUMBER[(self.0 >> 2) as usize & (BY_NUMBER.len() - 1)]
    }

    /// The kind of object.
    #[inline(always)]
    pub const fn subtag(self) -> Subtag {
        self.entry().0
    }

    /// The number of words after the header.
    #[inline(always)]
    pub const fn arity(self) -> usize {
        (self.0 >> ARITY_SHIFT) as usize
    }

    /// How many of the words after the header are raw data.
    #[inline(always)]
    pub const fn raw_words(self) -> usize {
        match self.entry().1 {
            ALL_RAW => self.arity(),
            count => count as usize,
        }
    }
}

/// Module, function and arity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C)]
pub struct Mfa {
    /// The module's name, an atom.
    pub module: Term,
    /// The function's name, an atom.
    pub function: Term,
    /// The number of arguments.
    pub arity: u32,
}

/// What all closures of one `fun` expression share. Entries live for as long as the machine, so that a fun
/// outlives its module's code (calling it is then `badfun`).
#[derive(Debug)]
pub struct FunEntry {
    /// The module in which the `fun` expression stands.
    pub module: Term,
    /// The compiler's name for its code: `-f/1-fun-0-`.
    pub function: Term,
    /// The number of arguments, free variables not counted.
    pub arity: u32,
    /// The number of free variables.
    pub free_count: u32,
    /// Its index in the module.
    pub index: u32,
    /// The `uniq` of old: part of the external format.
    pub old_uniq: u32,
    /// The MD5 of the module that defines it.
    pub uniq: [u8; 16],
    /// Where its code starts, as the machine sees addresses; null when the module is not loaded.
    pub address: Cell<*const u64>,
}

impl Term {
    /// The entry, if the term is a closure.
    #[inline]
    pub fn as_fun(&self) -> Option<&FunEntry> {
        if self.subtag() == Some(crate::Subtag::Fun) {
            // SAFETY: the first word of a fun points to an entry that lives as long as the machine.
            Some(unsafe { &*(self.boxed_words()[0].raw() as *const FunEntry) })
        } else {
            None
        }
    }

    /// The free variables of a closure; empty for anything else.
    #[inline]
    pub fn fun_environment(&self) -> &[Term] {
        match self.subtag() {
            Some(Subtag::Fun) => &self.boxed_words()[2..],
            _ => &[],
        }
    }

    /// Module, function and arity, if the term is an external fun.
    #[inline]
    pub fn as_export(&self) -> Option<&Mfa> {
        if self.subtag() == Some(crate::Subtag::Export) {
            // SAFETY: the word of an export points to an `Mfa` that lives as long as the machine.
            Some(unsafe { &*(self.boxed_words()[0].raw() as *const Mfa) })
        } else {
            None
        }
    }

    /// Number and owner word (0 unless it is an alias) if the term is a local reference.
    #[inline]
    pub fn as_reference(&self) -> Option<(u64, u64)> {
        match self.subtag() {
            Some(Subtag::Reference) => {
                let words = self.boxed_words();
                Some((words[0].raw(), words[1].raw()))
            }
            _ => None,
        }
    }

    /// Whether the term is a negative big integer, and its limbs, if it is a big integer.
    #[inline]
    pub fn as_big(&self) -> Option<(bool, &[u64])> {
        let negative = match self.subtag()? {
            Subtag::BigPositive => false,
            Subtag::BigNegative => true,
            _ => return None,
        };
        let words = self.boxed_words();
        // SAFETY: `Term` is a transparent `u64`; the words of a big integer are raw limbs.
        let limbs = unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), words.len()) };
        Some((negative, limbs))
    }
}

/// Builds a closure of `entry` made by process `creator` with these free variables.
pub fn make_fun(
    heap: &mut (impl Heap + ?Sized),
    entry: &'static FunEntry,
    creator: Term,
    free: &[Term],
) -> Term {
    let arity = 2 + free.len();
    let object = heap.allocate(1 + arity);
    // SAFETY: `object` is fresh and has room for the header and `arity` words, all written here; the
    // entry is 'static.
    unsafe {
        object.write(Term::header(Header::new(Subtag::Fun, arity)));
        object
            .add(1)
            .write(Term::from_raw(entry as *const FunEntry as u64));
        object.add(2).write(creator);
        core::ptr::copy_nonoverlapping(free.as_ptr(), object.add(3), free.len());
        Term::from_boxed(object)
    }
}

/// Builds a closure like `fun`, which is one, with `[]` for each of its free variables.
pub fn fun_without_environment(heap: &mut (impl Heap + ?Sized), fun: Term) -> Term {
    let words = fun.boxed_words();
    let object = heap.allocate(1 + words.len());
    // SAFETY: as in `make_fun`; the entry is that of a closure.
    unsafe {
        object.write(Term::header(Header::new(Subtag::Fun, words.len())));
        for (index, &word) in words.iter().enumerate() {
            object
                .add(1 + index)
                .write(if index < 2 { word } else { Term::NIL });
        }
        Term::from_boxed(object)
    }
}

/// Builds `fun M:F/A` from an entry that lives as long as the machine.
pub fn make_export(heap: &mut (impl Heap + ?Sized), mfa: &'static Mfa) -> Term {
    raw_object(heap, Subtag::Export, &[mfa as *const Mfa as u64])
}

/// Builds a local reference; `owner` is the pid word of an alias' process, else 0.
pub fn make_reference(heap: &mut (impl Heap + ?Sized), number: u64, owner: u64) -> Term {
    raw_object(heap, Subtag::Reference, &[number, owner])
}

/// Builds a boxed object that consists of raw words alone.
pub fn raw_object(heap: &mut (impl Heap + ?Sized), subtag: Subtag, words: &[u64]) -> Term {
    let object = heap.allocate(1 + words.len());
    // SAFETY: `object` is fresh with room for all words; `Term` is a transparent `u64`, and every word of
    // an all-raw subtag is opaque to readers and collector.
    unsafe {
        object.write(Term::header(Header::new(subtag, words.len())));
        core::ptr::copy_nonoverlapping(words.as_ptr(), object.add(1).cast(), words.len());
        Term::from_boxed(object)
    }
}
