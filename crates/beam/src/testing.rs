//! Hand-made files for tests.

use alloc::vec::Vec;
use std::vec;

/// A chunk's name and contents.
pub(crate) type RawChunk = ([u8; 4], Vec<u8>);

/// A file of those chunks.
pub(crate) fn container(chunks: &[RawChunk]) -> Vec<u8> {
    let mut form = b"BEAM".to_vec();
    for (id, contents) in chunks {
        form.extend(id);
        form.extend((contents.len() as u32).to_be_bytes());
        form.extend(contents);
        form.resize(form.len().next_multiple_of(4), 0);
    }
    let mut file = b"FOR1".to_vec();
    file.extend((form.len() as u32).to_be_bytes());
    file.extend(form);
    file
}

/// 32-bit numbers, as most tables consist of.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A compact term whose value is below 16.
pub(crate) const fn u(value: u8) -> u8 {
    value << 4
}
pub(crate) const fn i(value: u8) -> u8 {
    value << 4 | 1
}
pub(crate) const fn a(index: u8) -> u8 {
    index << 4 | 2
}
pub(crate) const fn x(register: u8) -> u8 {
    register << 4 | 3
}
pub(crate) const fn y(register: u8) -> u8 {
    register << 4 | 4
}
pub(crate) const fn f(label: u8) -> u8 {
    label << 4 | 5
}
/// The head of a list; its length follows.
pub(crate) const LIST: u8 = 0x17;

pub(crate) const LABEL: u8 = 1;
pub(crate) const FUNC_INFO: u8 = 2;
pub(crate) const END: u8 = 3;
pub(crate) const RETURN: u8 = 19;

/// The code chunk of instructions that have labels below `labels` and so many functions.
pub(crate) fn code(labels: u32, functions: u32, instructions: &[u8]) -> Vec<u8> {
    [
        words(&[16, 0, 191, labels, functions]),
        instructions.to_vec(),
    ]
    .concat()
}

/// Atoms `sample`, `run`, `erlang`, `self`, `help`; `sample:run/1` calls `help/1` behind it; one import, one literal, one lambda.
/// `body` is what `run/1` does, with labels 5 to 9 for itself.
pub(crate) fn sample(body: &[u8]) -> Vec<RawChunk> {
    let run = [LABEL, u(1), FUNC_INFO, a(1), a(2), u(1), LABEL, u(2)];
    let help = [
        LABEL,
        u(3),
        FUNC_INFO,
        a(1),
        a(5),
        u(1),
        LABEL,
        u(4),
        RETURN,
        END,
    ];
    let atoms = b"\x06sample\x03run\x06erlang\x04self\x04help";
    let literals = words(&[0, 1, 3]);
    vec![
        (*b"AtU8", [&words(&[5])[..], &atoms[..]].concat()),
        (*b"Code", code(10, 2, &[&run[..], body, &help[..]].concat())),
        (*b"StrT", b"string".to_vec()),
        (*b"ImpT", words(&[1, 3, 4, 0])),
        (*b"ExpT", words(&[1, 2, 1, 2])),
        (*b"LocT", words(&[1, 5, 1, 4])),
        (*b"FunT", words(&[1, 5, 1, 4, 0, 1, 77])),
        (*b"LitT", [literals, vec![131, 97, 5]].concat()),
        (*b"Line", [words(&[0, 0, 1, 1, 0]), vec![i(7)]].concat()),
    ]
}

/// The contents of one chunk of a file to be.
pub(crate) fn chunk<'a>(chunks: &'a mut [RawChunk], id: &[u8; 4]) -> &'a mut Vec<u8> {
    let found = chunks.iter_mut().find(|(name, _)| name == id);
    &mut found.expect("the sample has that chunk").1
}
