//! Round trips, and bytes that nobody should trust. What OTP makes of the format is compared in
//! `tests/oracle.rs`.

use alloc::vec::Vec;

use super::*;
use crate::atom::Atoms;
use crate::compare::exact_eq;
use crate::heap::{Chunks, Heap};
use crate::map;

fn decode_with(heap: &mut Chunks, atoms: &mut Atoms, bytes: &[u8]) -> Result<Decoded, DecodeError> {
    decode(
        heap,
        atoms,
        bytes,
        NodeIdentity::NONODE,
        DecodeOptions {
            max_uncompressed: 1 << 20,
            ..DecodeOptions::default()
        },
        &mut NoResolver,
    )
}

/// A term with everything in it that has an encoding, but for funs.
fn everything(heap: &mut Chunks, atoms: &mut Atoms) -> Term {
    let node = atoms.intern("other@host").expect("room");
    let words = |rest: &[u64]| [&[node.raw(), 3], rest].concat();
    let mut parts = Vec::from([
        Term::NIL,
        Term::small(255),
        Term::small(-1),
        Term::small(Term::MIN_SMALL),
        heap.unsigned(u64::MAX),
        heap.float(-0.5),
        atoms.intern("årsmöte").expect("room"),
        atoms.intern("日本").expect("room"),
        heap.string("string"),
        heap.list_with_tail(&[Term::small(300), Term::NIL], Term::small(1)),
        heap.binary(&[7; 100]),
        crate::binary::make_bits(heap, &[0xff, 0xe0], 11),
        Term::pid(pid_from_parts(77, 3)),
        Term::port(1 << 40),
        crate::boxed::make_reference(heap, u64::MAX, 0),
        crate::boxed::raw_object(heap, crate::Subtag::ExternalPid, &words(&[u64::MAX])),
        crate::boxed::raw_object(heap, crate::Subtag::ExternalPort, &words(&[9])),
        crate::boxed::raw_object(
            heap,
            crate::Subtag::ExternalReference,
            &words(&[5, 1 << 40 | 1, 2, 3]),
        ),
    ]);
    for size in [3, 70] {
        let mut pairs = (0..size).map(|n| (Term::small(n), Term::NIL)).collect();
        parts.push(map::from_pairs(heap, &mut pairs, atoms));
    }
    parts.push(heap.tuple(&[]));
    heap.tuple(&parts)
}

#[test]
fn everything_comes_back() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let term = everything(&mut heap, &mut atoms);
    for minor_version in 0..=2 {
        for compression in [0, 9] {
            let options = EncodeOptions {
                minor_version,
                compression,
                deterministic: minor_version == 2,
            };
            let mut bytes = encode(term, &atoms, NodeIdentity::NONODE, options).expect("small");
            assert_eq!(bytes[1] == tag::COMPRESSED, compression > 0);
            let size = bytes.len();
            bytes.extend_from_slice(b"more");
            let decoded = decode_with(&mut heap, &mut atoms, &bytes).expect("well-formed");
            assert_eq!(decoded.used, size);
            assert!(exact_eq(decoded.term, term));
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let term = everything(&mut heap, &mut atoms);
    for compression in [0, 6] {
        let options = EncodeOptions {
            compression,
            ..EncodeOptions::default()
        };
        let bytes = encode(term, &atoms, NodeIdentity::NONODE, options).expect("small");
        for end in 0..bytes.len() {
            assert!(decode_with(&mut heap, &mut atoms, &bytes[..end]).is_err());
        }
    }
}

#[test]
fn flipped_bits_never_break_the_decoder() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let term = everything(&mut heap, &mut atoms);
    let bytes =
        encode(term, &atoms, NodeIdentity::NONODE, EncodeOptions::default()).expect("small");
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut heap = Chunks::new();
        let Ok(decoded) = decode_with(&mut heap, &mut atoms, &bytes) else {
            continue;
        };
        // What was accepted is a term like any other.
        let options = EncodeOptions::default();
        let again = encode(decoded.term, &atoms, NodeIdentity::NONODE, options).expect("small");
        let decoded_again = decode_with(&mut heap, &mut atoms, &again).expect("own bytes");
        assert!(exact_eq(decoded.term, decoded_again.term));
    }
}

#[test]
fn lengths_are_not_believed() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    for tag in [
        tag::LARGE_TUPLE,
        tag::LIST,
        tag::MAP,
        tag::BINARY,
        tag::LARGE_BIG,
        tag::BIT_BINARY,
        tag::COMPRESSED,
    ] {
        let bytes = [VERSION, tag, 0xff, 0xff, 0xff, 0xff, 1, 2, 3];
        assert!(decode_with(&mut heap, &mut atoms, &bytes).is_err());
        assert_eq!(heap.used_words(), 0);
    }
}

#[test]
fn nesting_needs_no_recursion() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    for (open, close) in [
        (&[tag::SMALL_TUPLE, 1][..], &[tag::NIL][..]),
        (&[tag::LIST, 0, 0, 0, 1], &[]),
        (&[tag::MAP, 0, 0, 0, 1, tag::NIL], &[tag::NIL]),
    ] {
        let depth = 300_000;
        let mut bytes = Vec::from([VERSION]);
        for _ in 0..depth {
            bytes.extend_from_slice(open);
        }
        bytes.extend_from_slice(close);
        if close.is_empty() {
            bytes.resize(bytes.len() + depth + 1, tag::NIL);
        }
        let decoded = decode_with(&mut heap, &mut atoms, &bytes).expect("well-formed");
        let again = encode(
            decoded.term,
            &atoms,
            NodeIdentity::NONODE,
            EncodeOptions::default(),
        );
        assert_eq!(again.expect("small"), bytes);
        crate::hash::phash2(decoded.term, &atoms);
        crate::hash::internal_hash(decoded.term);
        assert!(crate::display::to_bytes(decoded.term, &atoms).len() > depth);
    }
    // An export's arity that is an export, and so on, is refused at the first.
    let mut bytes = Vec::from([VERSION]);
    for _ in 0..300_000 {
        bytes.extend_from_slice(&[
            tag::EXPORT,
            tag::SMALL_ATOM,
            1,
            b'm',
            tag::SMALL_ATOM,
            1,
            b'f',
        ]);
    }
    assert!(matches!(
        decode_with(&mut heap, &mut atoms, &bytes),
        Err(DecodeError::Fun)
    ));
}

#[test]
fn what_is_not_a_term_is_refused() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let cases: &[(&[u8], DecodeError)] = &[
        (&[130, tag::NIL], DecodeError::Version),
        (&[VERSION], DecodeError::Truncated),
        (&[VERSION, 1], DecodeError::Tag(1)),
        (&[VERSION, tag::SMALL_ATOM_UTF8, 1, 0xff], DecodeError::Atom),
        (
            &[VERSION, tag::NEW_FLOAT, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
            DecodeError::Number,
        ),
        (
            &[VERSION, tag::BIT_BINARY, 0, 0, 0, 1, 9, 0],
            DecodeError::Malformed,
        ),
        (
            &[
                VERSION,
                tag::MAP,
                0,
                0,
                0,
                2,
                tag::NIL,
                tag::NIL,
                tag::NIL,
                tag::NIL,
            ],
            DecodeError::DuplicateKey,
        ),
        (
            &[
                VERSION,
                tag::EXPORT,
                tag::SMALL_ATOM,
                0,
                tag::SMALL_ATOM,
                0,
                tag::SMALL_INTEGER,
                1,
            ],
            DecodeError::Fun,
        ),
        (
            &[
                VERSION,
                tag::PID,
                tag::SMALL_ATOM,
                0,
                0,
                0,
                0,
                1,
                0,
                0,
                0,
                1,
                4,
            ],
            DecodeError::Malformed,
        ),
    ];
    for (bytes, error) in cases {
        let result = decode_with(&mut heap, &mut atoms, bytes);
        assert_eq!(result.err(), Some(*error), "{bytes:?}");
    }
}

#[test]
fn safe_decoding_makes_no_atoms() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let options = DecodeOptions {
        safe: true,
        ..DecodeOptions::default()
    };
    let mut decode = |bytes: &[u8]| {
        let identity = NodeIdentity::NONODE;
        decode(
            &mut heap,
            &mut atoms,
            bytes,
            identity,
            options,
            &mut NoResolver,
        )
        .map(|decoded| decoded.term)
    };
    assert_eq!(
        decode(&[VERSION, tag::SMALL_ATOM, 3, b'n', b'e', b'w']),
        Err(DecodeError::NewAtom)
    );
    assert_eq!(
        decode(&[VERSION, tag::ATOM, 0, 2, b'o', b'k']),
        Ok(known::OK)
    );
}

#[test]
fn compressed_data_is_bounded() {
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let large = heap.binary(&alloc::vec![0; 2 << 20]);
    let options = EncodeOptions {
        compression: 9,
        ..EncodeOptions::default()
    };
    let bytes = encode(large, &atoms, NodeIdentity::NONODE, options).expect("small");
    assert!(bytes.len() < 10_000);
    let result = decode_with(&mut heap, &mut atoms, &bytes);
    assert!(matches!(result, Err(DecodeError::Compressed)));
}

#[test]
fn identifiers_keep_their_parts() {
    for number in [0, 1, (1 << 18) - 1, 1 << 18, u64::MAX] {
        assert_eq!(
            reference_from_numbers(reference_numbers(number)),
            Some(number)
        );
    }
    assert_eq!(reference_from_numbers([1 << 18, 0, 0]), None);
    for number in [0, 32_767, 32_768, (1 << 47) - 1] {
        let (low, serial) = pid_parts(number);
        assert_eq!(pid_from_parts(low, serial), number);
    }
}
