//! Any pair of terms, taken as a match specification and an object: it is refused, or runs. What it gives is a term.
//! Run with `cargo fuzz run match_specification`.

#![no_main]

use brood_machine::bif::ets::match_spec::{Compiled, Keys, Program, Scope};
use brood_machine::heap::ProcessHeap;
use brood_term::external::{DecodeOptions, NoResolver, NodeIdentity, decode};
use brood_term::heap::Chunks;
use brood_term::{Atoms, LiteralArea, Term, display, known};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut source, mut atoms) = (Chunks::new(), Atoms::default());
    let identity = NodeIdentity {
        node: known::NONODE_AT_NOHOST,
        creation: 0,
    };
    let options = DecodeOptions::default();
    let Ok(decoded) = decode(&mut source, &mut atoms, bytes, identity, options, &mut NoResolver) else {
        return;
    };
    let Some(&[spec, object]) = decoded.term.as_tuple_of::<2>() else {
        return;
    };
    let (mut heap, literals) = (ProcessHeap::new(233), LiteralArea::new());
    let Ok(compiled) = Compiled::new(spec, &atoms) else {
        return;
    };
    let _ = Keys::of(spec, 0, &atoms);
    let _ = Program::keeps_key(spec, 0, &atoms);
    let mut scope = Scope {
        heap: &mut heap,
        atoms: &atoms,
        literals: &literals,
        pid: Term::pid(1),
        node: known::NONODE_AT_NOHOST,
        effects: None,
    };
    if let Some(result) = compiled.program().run(object, &mut scope) {
        display::to_bytes(result, &atoms);
    }
});
