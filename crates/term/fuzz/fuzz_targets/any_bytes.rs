//! One try: bytes as the external term format of something.

use brood_term::external::{
    DecodeOptions, EncodeOptions, FunKey, NodeIdentity, Resolver, decode, encode,
};
use brood_term::heap::Chunks;
use brood_term::{Atoms, FunEntry, Mfa, Term, compare, display, hash};

/// Makes an entry for whatever is named. Entries live forever, so the fuzzer leaks them.
struct Obliging;

impl Resolver for Obliging {
    fn fun(&mut self, key: &FunKey) -> Option<&'static FunEntry> {
        Some(Box::leak(Box::new(FunEntry {
            module: key.module,
            function: key.module,
            arity: u32::from(key.arity),
            free_count: key.free_count,
            index: key.index,
            old_uniq: u32::try_from(key.old_uniq).ok()?,
            uniq: key.uniq,
            address: core::cell::Cell::new(core::ptr::null()),
        })))
    }

    fn export(
        &mut self,
        module: Term,
        function: Term,
        arity: u32,
        _: bool,
    ) -> Option<&'static Mfa> {
        Some(Box::leak(Box::new(Mfa {
            module,
            function,
            arity,
        })))
    }
}

/// Decodes, and takes what comes out for a term.
pub fn run(bytes: &[u8]) {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let identity = NodeIdentity::NONODE;
    let options = DecodeOptions {
        max_uncompressed: 1 << 20,
        ..DecodeOptions::default()
    };
    let Ok(decoded) = decode(
        &mut heap,
        &mut atoms,
        bytes,
        identity,
        options,
        &mut Obliging,
    ) else {
        return;
    };
    assert!(decoded.used <= bytes.len());
    hash::phash2(decoded.term, &atoms);
    display::to_bytes(decoded.term, &atoms);
    let own = encode(decoded.term, &atoms, identity, EncodeOptions::default()).expect("not large");
    let again = decode(
        &mut heap,
        &mut atoms,
        &own,
        identity,
        options,
        &mut Obliging,
    )
    .expect("own bytes are well-formed");
    assert!(compare::exact_eq(decoded.term, again.term));
    assert_eq!(
        hash::internal_hash(decoded.term),
        hash::internal_hash(again.term)
    );
}
