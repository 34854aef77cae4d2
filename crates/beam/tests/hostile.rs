//! Broken files: whatever the bytes, parsing ends with a module or an error, and soon.
//!
//! `fuzz/` has the open-ended form of this.

#[path = "../../../tests/support/random.rs"]
mod random;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use brood_beam::{Error, Module, Opcode};
use random::{Random, rounds};

const SOURCE: &str = r#"-module(hostile_sample).
-export([run/2, big/0]).

run(Binary, Map) when is_map(Map) ->
    F = fun(X) -> {X, Map, Binary} end,
    try
        <<Size:16, Rest:Size/binary, "tail", _/binary>> = Binary,
        #{key := Value, "literal key" := 1.5} = Map,
        case Value of
            one -> F(<<Rest/binary, "string", 7:32/little, 1.0/float>>);
            two -> [F(X) || X <- lists:seq(1, Size), X * 2.5 > 7];
            {_, _} -> receive {F, Got} -> Got after 100 -> timeout end
        end
    catch
        error:Reason:Stack ->
            erlang:raise(exit, {Reason, Stack, big()}, [])
    end.

big() ->
    16#123456789abcdef0123456789abcdef - 1 bsl 70.
"#;

/// Compiles the sample; `None`, with a reason printed, without `erlc`.
fn compile(test: &str, options: &[&str]) -> Option<Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&directory).unwrap();
    let source = directory.join("hostile_sample.erl");
    fs::write(&source, SOURCE).unwrap();
    let status = Command::new("erlc")
        .args(options)
        .arg("-o")
        .args([&directory, &source])
        .status();
    match status {
        Ok(status) => assert!(status.success()),
        Err(error) => {
            println!("skipped: erlc can't be run: {error}");
            return None;
        }
    }
    Some(fs::read(directory.join("hostile_sample.beam")).unwrap())
}

#[test]
fn the_sample_is_read_with_its_positions() {
    let Some(file) = compile("positions", &[]) else {
        return;
    };
    let module = Module::parse(&file).unwrap();
    let lines = module.lines.as_ref().unwrap();
    let receive = module
        .code
        .instructions()
        .find(|instruction| instruction.opcode == Opcode::BsCreateBin);
    let position = lines.position(receive.unwrap().line);
    let (name, line) = position.unwrap();
    assert!(name.ends_with("hostile_sample.erl"), "{name}");
    assert_eq!(line, 10);
    assert!(!module.lambdas.is_empty());
    assert!(!module.code.functions.is_empty());
}

#[test]
fn compressed_and_stripped_files_are_the_same_code() {
    let Some(plain) = compile("plain", &[]) else {
        return;
    };
    let Some(compressed) = compile("compressed", &["+compressed"]) else {
        return;
    };
    let Some(slim) = compile("slim", &["+slim"]) else {
        return;
    };
    assert_eq!(compressed[..2], [0x1f, 0x8b]);
    let module = Module::parse(&plain).unwrap();
    assert_eq!(Module::parse(&compressed).unwrap().code, module.code);
    let slim = Module::parse(&slim).unwrap();
    assert_eq!((slim.lines, slim.code.len()), (None, module.code.len()));
}

#[test]
fn every_truncation_is_an_error() {
    for (test, options) in [("truncated", &[][..]), ("truncated_gzip", &["+compressed"])] {
        let Some(file) = compile(test, options) else {
            return;
        };
        for length in 0..file.len() {
            let result = Module::parse(&file[..length]);
            assert!(
                matches!(result, Err(Error::Container { .. })),
                "{length} bytes: {result:?}"
            );
        }
    }
}

/// The chunks of a file: name, and where the contents are.
fn chunks(file: &[u8]) -> Vec<([u8; 4], std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 12;
    while at < file.len() {
        let size = u32::from_be_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
        found.push((file[at..at + 4].try_into().unwrap(), at + 8..at + 8 + size));
        at += 8 + size.next_multiple_of(4);
    }
    found
}

/// The file with one chunk's contents replaced.
fn with_chunk(file: &[u8], id: [u8; 4], contents: &[u8]) -> Vec<u8> {
    let mut form = b"BEAM".to_vec();
    for (name, range) in chunks(file) {
        let contents = if name == id { contents } else { &file[range] };
        form.extend(name);
        form.extend((contents.len() as u32).to_be_bytes());
        form.extend(contents);
        form.resize(form.len().next_multiple_of(4), 0);
    }
    [b"FOR1", &(form.len() as u32).to_be_bytes()[..], &form].concat()
}

#[test]
fn every_truncation_of_a_chunk_is_an_error() {
    let Some(file) = compile("truncated_chunks", &[]) else {
        return;
    };
    let checked = [
        *b"AtU8", *b"Code", *b"StrT", *b"ImpT", *b"ExpT", *b"LocT", *b"FunT", *b"LitT", *b"Line",
    ];
    for (id, range) in chunks(&file) {
        if !checked.contains(&id) {
            continue;
        }
        // An empty chunk is as good as none, and most may be missing.
        for length in 1..range.len() {
            let broken = with_chunk(&file, id, &file[range.start..range.start + length]);
            let result = Module::parse(&broken);
            assert!(result.is_err(), "{} with {length} bytes", id.escape_ascii());
        }
    }
}

/// Everything that a parsed module promises to be safe to look at.
fn look_at(module: &Module) {
    for instruction in module.code.instructions() {
        assert_eq!(instruction.operands.len(), instruction.opcode.arity());
    }
    assert!(!module.to_string().contains("literal4294967295"));
    for export in &module.exports {
        let function = module.code.function_at(export.label).unwrap();
        assert_eq!(
            (function.name, function.arity),
            (export.function, export.arity)
        );
    }
}

#[test]
fn mutations_never_panic() {
    let Some(file) = compile("mutated", &[]) else {
        return;
    };
    let mut random = Random::new(1);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..rounds(30_000) {
        let mut broken = file.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(broken.len());
            match random.below(4) {
                0 => broken[at] ^= 1 << random.below(8),
                1 => broken[at] = random.below(256) as u8,
                2 => broken[at] = [0, 0x7f, 0x80, 0xff, 0x17, 0xf8][random.below(6)],
                _ => {
                    let from = random.below(broken.len());
                    let length = random.below(16).min(broken.len() - at.max(from));
                    broken.copy_within(from..from + length, at);
                }
            }
        }
        match Module::parse(&broken) {
            Ok(module) => {
                look_at(&module);
                accepted += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 100 && refused > 1000);
}
