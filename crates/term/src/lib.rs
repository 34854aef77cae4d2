//! Erlang terms as 64-bit tagged words, and what can be done to them without a machine.
//!
//! # What this is
//!
//! The memory layout of every Erlang value, the ways to build one on a [`Heap`], to read it back, to
//! compare, hash, copy, print and (de)serialise it. It builds without `std`.
//!
//! # What it is not
//!
//! It knows no processes, no scheduler and no garbage collector: those live in `brood-machine`, which
//! moves terms by the layout documented in [`boxed`].
//!
//! # Principles
//!
//! * **A term is a word.** [`Term`] is `Copy` and eight bytes; immediates carry their value, the rest
//!   is a pointer with a tag in the manner of BEAM.
//! * **Allocating never moves.** [`Heap::allocate`] hands out fresh words and leaves every existing term
//!   where it is. Only the machine's collector moves terms, at points where it knows every root.
//! * **The rooting rule.** A pointer term is valid until the collector next runs over the heap that holds
//!   it. Whoever keeps a [`Term`] across such a point roots it (a register, a stack slot, a process field
//!   that the collector visits) or keeps an [`OwnedTerm`]. Constructing a pointer term is `unsafe` and
//!   states this; reading one is safe to call on that ground.
//! * **No recursion on data.** Everything that walks a term uses an explicit stack, since terms can be
//!   as deep as memory is large.
//!
//! # Map
//!
//! | module | idea |
//! | --- | --- |
//! | [`term`] | the tagged word: immediates, pointers, predicates |
//! | [`boxed`] | headers and the layout of everything that is boxed |
//! | [`atom`] | the atom table and the atoms known at compile time |
//! | [`heap`] | the allocation trait, terms that own their memory |
//! | [`binary`] | reference-counted, heap and sub binaries; bit-exact views |
//! | [`shared`] | the bytes of a binary, kept outside any heap |
//! | [`resource`] | references that hold something of the machine |
//! | [`map`] | flat maps and hash array mapped tries |
//! | [`record`] | native records and their definitions |
//! | [`hash`] | the portable hash and the one inside maps |
//! | [`external`] | the external term format |
//! | [`display`] | printing terms |
//! | [`compare`] | exact equality, `==`, and the standard term order |
//! | [`integer`] | integers of any size: arithmetic, bit operations, conversions to and from bytes and text |
//! | [`arithmetic`] | operations on integers and floats alike |
//! | [`float`] | floats as text |
//! | [`copy`] | size and deep copy |
//! | [`literal`] | the memory of literals |

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod arithmetic;
pub mod atom;
pub mod binary;
pub mod boxed;
pub mod compare;
pub mod copy;
pub mod display;
pub mod external;
pub mod float;
pub mod hash;
pub mod heap;
pub mod integer;
pub mod literal;
pub mod map;
pub mod record;
pub mod resource;
pub mod shared;
pub mod term;

pub use atom::{Atoms, known};
pub use boxed::{FunEntry, Header, Mfa, Subtag};
pub use heap::{Heap, OffHeap, OwnedTerm};
pub use literal::{LiteralArea, Literals};
pub use resource::{Resource, Resources};
pub use shared::SharedBinary;
pub use term::{Kind, Term};
