//! Native records: values with named fields, of a definition that a module has.
//!
//! A record refers to its definition, which is a tuple that Erlang code never sees:
//!
//! ```text
//! {FieldOrder, Hash, Module, Name, IsExported, Key, ...}
//! ```
//!
//! Keys, and the values of records with them, are in the order of the atoms' indices. `FieldOrder` is a tuple with the
//! place (from 0) of each field in the order of declaration; `Hash` is the portable hash of module, name, whether it is
//! exported, and the keys in the order of declaration. Records of one definition usually share it: a module's
//! definitions are literals of it. Records that were made otherwise have an equal one of their own.

use alloc::vec::Vec;

use crate::atom::{Atoms, known};
use crate::boxed::{Header, Subtag};
use crate::hash::portable_hash;
use crate::heap::{Chunks, Heap};
use crate::term::Term;

const FIELD_ORDER: usize = 0;
const HASH: usize = 1;
const MODULE: usize = 2;
const NAME: usize = 3;
const IS_EXPORTED: usize = 4;
const FIRST_KEY: usize = 5;

/// A view of what [`define`] gave.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a>(&'a [Term]);

impl<'a> Definition<'a> {
    /// The view of the definition that `definition` is.
    pub fn of(definition: &'a Term) -> Definition<'a> {
        Definition(definition.boxed_words())
    }

    /// The module that defines it, an atom.
    pub fn module(&self) -> Term {
        self.0[MODULE]
    }

    /// Its name, an atom.
    pub fn name(&self) -> Term {
        self.0[NAME]
    }

    /// Whether other modules may look into such records.
    pub fn is_exported(&self) -> bool {
        self.0[IS_EXPORTED] == known::TRUE
    }

    /// The names of the fields, in the order of the values.
    pub fn keys(&self) -> &'a [Term] {
        &self.0[FIRST_KEY..]
    }

    /// The place of each field in the order of declaration.
    pub fn field_order(&self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator + 'a {
        let order = self.0[FIELD_ORDER].boxed_words();
        order.iter().map(|place| place.small_value() as usize)
    }

    /// The portable hash of all that.
    pub(crate) fn hash(&self) -> u32 {
        self.0[HASH].small_value() as u32
    }
}

/// A view of a record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    definition: Definition<'a>,
    values: &'a [Term],
}

impl<'a> Record<'a> {
    /// The view of `term`, if it is a record.
    #[inline]
    pub fn of(term: &'a Term) -> Option<Record<'a>> {
        if term.subtag() != Some(Subtag::Record) {
            return None;
        }
        let (definition, values) = term.boxed_words().split_first()?;
        Some(Record {
            definition: Definition::of(definition),
            values,
        })
    }

    /// Its definition.
    pub fn definition(&self) -> Definition<'a> {
        self.definition
    }

    /// The values, in the order of the definition's keys.
    pub fn values(&self) -> &'a [Term] {
        self.values
    }

    /// Names and values, in the order of declaration.
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = (Term, Term)> + 'a {
        let (keys, values) = (self.definition.keys(), self.values);
        let order = self.definition.field_order();
        order.map(move |place| (keys[place], values[place]))
    }

    /// The value of the field of that name.
    pub fn get(&self, key: Term) -> Option<Term> {
        let place = self
            .definition
            .keys()
            .iter()
            .position(|&other| other == key)?;
        self.values.get(place).copied()
    }
}

/// Builds the definition of a record with fields of these names, which are atoms as are the others; `None` if a name
/// occurs twice.
pub fn define(
    heap: &mut (impl Heap + ?Sized),
    atoms: &Atoms,
    module: Term,
    name: Term,
    is_exported: bool,
    fields: &[Term],
) -> Option<Term> {
    let is_exported = Term::boolean(is_exported);
    let mut places: Vec<usize> = (0..fields.len()).collect();
    places.sort_by_key(|&index| fields[index].raw());
    if places
        .windows(2)
        .any(|pair| fields[pair[0]] == fields[pair[1]])
    {
        return None;
    }
    let mut order = alloc::vec![Term::NIL; fields.len()];
    for (place, &index) in places.iter().enumerate() {
        order[index] = Term::small(place as i64);
    }
    let hashed = [&[module, name, is_exported], fields].concat();
    let hash = portable_hash(Chunks::new().tuple(&hashed), atoms);
    let mut words = Vec::with_capacity(FIRST_KEY + fields.len());
    words.extend([
        heap.tuple(&order),
        Term::small(i64::from(hash)),
        module,
        name,
        is_exported,
    ]);
    words.extend(places.iter().map(|&index| fields[index]));
    Some(heap.tuple(&words))
}

/// Builds a record of a definition that [`define`] made, with these values in the order of its keys. There are as many.
pub fn make(heap: &mut (impl Heap + ?Sized), definition: Term, values: &[Term]) -> Term {
    debug_assert_eq!(Definition::of(&definition).keys().len(), values.len());
    let object = heap.allocate(2 + values.len());
    // SAFETY: `object` is fresh with room for the header, the definition and the values, all written here.
    unsafe {
        object.write(Term::header(Header::new(Subtag::Record, 1 + values.len())));
        object.add(1).write(definition);
        core::ptr::copy_nonoverlapping(values.as_ptr(), object.add(2), values.len());
        Term::from_boxed(object)
    }
}

/// As [`make`], with the values in the order of declaration.
pub fn make_in_order(heap: &mut (impl Heap + ?Sized), definition: Term, values: &[Term]) -> Term {
    let mut placed = alloc::vec![Term::NIL; values.len()];
    for (place, &value) in Definition::of(&definition).field_order().zip(values) {
        placed[place] = value;
    }
    make(heap, definition, &placed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{compare, eq, exact_eq};
    use crate::external::{
        DecodeError, DecodeOptions, EncodeOptions, NoResolver, NodeIdentity, decode, encode,
    };
    use crate::hash::{internal_hash, phash};
    use alloc::string::ToString;

    struct World {
        heap: Chunks,
        atoms: Atoms,
    }

    impl World {
        fn new() -> World {
            let mut atoms = Atoms::new(10_000);
            // Their indices are in this order.
            for name in ["rx", "zeta", "alpha"] {
                atoms.intern(name).expect("room");
            }
            let heap = Chunks::new();
            World { heap, atoms }
        }

        fn atom(&mut self, text: &str) -> Term {
            self.atoms.intern(text).expect("room")
        }

        fn record(&mut self, name: &str, is_exported: bool, fields: &[(&str, i64)]) -> Term {
            let (module, name) = (self.atom("rx"), self.atom(name));
            let keys: Vec<Term> = fields.iter().map(|(key, _)| self.atom(key)).collect();
            let values: Vec<Term> = fields
                .iter()
                .map(|&(_, value)| Term::small(value))
                .collect();
            let definition = define(
                &mut self.heap,
                &self.atoms,
                module,
                name,
                is_exported,
                &keys,
            )
            .expect("distinct names");
            make_in_order(&mut self.heap, definition, &values)
        }
    }

    #[test]
    fn fields_keep_the_order_of_declaration() {
        let mut world = World::new();
        let term = world.record("a", false, &[("alpha", 1), ("zeta", 2)]);
        let (alpha, zeta) = (world.atom("alpha"), world.atom("zeta"));
        let record = Record::of(&term).expect("a record");
        let fields: Vec<_> = record.fields().collect();
        assert_eq!(fields, [(alpha, Term::small(1)), (zeta, Term::small(2))]);
        assert_eq!(record.definition().keys(), [zeta, alpha]);
        assert_eq!(record.get(zeta), Some(Term::small(2)));
        assert_eq!(record.get(world.atom("rx")), None);
        let shown = crate::display::Display {
            term,
            atoms: &world.atoms,
        };
        assert_eq!(shown.to_string(), "#rx:a{zeta=2,alpha=1}");
    }

    #[test]
    fn records_compare_by_definition_then_by_values_as_declared() {
        let mut world = World::new();
        let sorted = [
            world.record("a", false, &[("zeta", 9)]),
            world.record("a", false, &[("alpha", 1), ("zeta", 5)]),
            world.record("a", false, &[("alpha", 2), ("zeta", 1)]),
            world.record("a", false, &[("zeta", 0), ("alpha", 0)]),
            world.record("a", true, &[("alpha", 0)]),
            world.record("b", false, &[]),
        ];
        for (i, &a) in sorted.iter().enumerate() {
            for (j, &b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b, &world.atoms), i.cmp(&j), "{i} {j}");
                assert_eq!(exact_eq(a, b), i == j);
            }
        }
        let again = world.record("a", true, &[("alpha", 0)]);
        assert!(exact_eq(sorted[4], again) && eq(again, sorted[4]));
        assert_eq!(internal_hash(sorted[4]), internal_hash(again));
    }

    /// The values are those of OTP 29.
    #[test]
    fn hashes_are_those_of_otp() {
        let mut world = World::new();
        let x = world.atom("x");
        let y = world.atom("y");
        assert!(x.raw() < y.raw());
        let records = [
            (world.record("empty", false, &[]), 204_066_004),
            (world.record("empty", true, &[]), 1_620_681_380),
            (world.record("a", false, &[("x", 1)]), 4_049_008_871),
            (
                world.record("a", false, &[("x", 1), ("y", 2)]),
                1_700_958_483,
            ),
            (
                world.record("a", false, &[("y", 2), ("x", 1)]),
                1_657_900_528,
            ),
        ];
        for (record, hash) in records {
            assert_eq!(portable_hash(record, &world.atoms), hash);
        }
        assert_eq!(phash(records[0].0, &world.atoms), 2_423_491_587);
        assert_eq!(phash(records[1].0, &world.atoms), 3_258_977_429);
        assert_eq!(phash(records[2].0, &world.atoms), 1_320_102_367);
    }

    #[test]
    fn the_external_format_is_that_of_otp() {
        let mut world = World::new();
        let record = world.record("exp", true, &[("zeta", 1), ("alpha", 2)]);
        let options = EncodeOptions {
            minor_version: 2,
            ..EncodeOptions::default()
        };
        let identity = NodeIdentity::NONODE;
        let bytes = encode(record, &world.atoms, identity, options).expect("small");
        assert_eq!(
            bytes,
            b"\x83C\0\0\0\x02\x01w\x02rxw\x03expw\x04zetaw\x05alphaa\x01a\x02"
        );
        let mut read = |bytes: &[u8]| {
            let World { heap, atoms } = &mut world;
            let options = DecodeOptions::default();
            decode(heap, atoms, bytes, identity, options, &mut NoResolver).map(|read| read.term)
        };
        assert!(exact_eq(read(&bytes).expect("what was written"), record));
        let mut wrong = bytes.clone();
        wrong[6] = 2;
        assert_eq!(read(&wrong), Err(DecodeError::Malformed));
        let twice = b"\x83C\0\0\0\x02\x01w\x02rxw\x03expw\x01aw\x01aa\x01a\x02";
        assert_eq!(read(twice), Err(DecodeError::DuplicateKey));
        assert_eq!(
            read(b"\x83C\xff\xff\xff\xff\x01w\x02rxw\x03exp"),
            Err(DecodeError::Truncated)
        );
    }
}
