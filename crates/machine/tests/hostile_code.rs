//! Broken `.beam` files: whatever the bytes, the machine refuses them or runs them without harm to itself.
//!
//! `fuzz/` has the open-ended form of this. `FUZZ_ROUNDS` says how many files are tried; by default it takes seconds.

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/poison.rs"]
mod poison;
#[path = "../../../tests/support/random.rs"]
mod random;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use poison::Poison;
use random::{Random, rounds};

#[global_allocator]
static ALLOCATOR: Poison = Poison;

const SOURCE: &str = r#"-module(hostile_sample).
-export([run/2, loop/1, build/2, maps/2, floats/2, catches/1]).

run(Binary, Other) ->
    F = fun(X) -> {X, Other, Binary} end,
    try
        <<Size:16, Rest:Size/binary, "abc", Tail/binary>> = Binary,
        case Other of
            one -> F(<<Rest/binary, "string", 7:32/little, 1.0/float>>);
            {A, _} -> [F(X) || X <- [1, 2, A], X * 2.5 > 4];
            [Head | _] -> receive {F, Got} -> Got; Head -> Tail after 3 -> timeout end;
            _ -> bits(Tail, [])
        end
    catch
        error:Reason:Stack -> erlang:raise(exit, {Reason, Stack}, []);
        throw:_ -> thrown
    end.

bits(<<A:3, B:5/signed, Rest/binary>>, Sum) -> bits(Rest, [{A, B} | Sum]);
bits(<<C/utf8, _/bits>>, Sum) -> [C | Sum];
bits(_, Sum) -> Sum.

loop(N) when is_integer(N), N > 0 -> self() ! {N, [N, N]}, receive {N, L} -> length(L) + loop(N - 1) end;
loop(N) when is_list(N) -> [{X, fun() -> X end} || X <- N];
loop(N) -> N.

build(A, B) ->
    T = {A, B, {B, A}, [A | B]},
    U = setelement(1, T, x),
    {element(2, U), U, <<(case A of _ when is_binary(A) -> A; _ -> <<>> end)/binary, 1:7>>}.

maps(K, V) ->
    M = #{K => V, a => 1, "k" => [V]},
    #{a := X} = M,
    {M#{a := X + 1, b => K}, is_map_key(K, M), catch map_get(V, M)}.

floats(A, B) when is_float(A), is_number(B) -> A * B + A / (B + 0.5) - 3.25;
floats(A, B) -> {A, B}.

catches(X) ->
    Y = (catch hd(X)),
    Z = try list_to_atom(X) of V -> V catch _:_ -> no after self() ! done end,
    {Y, Z, catch throw(X)}.
"#;

/// Compiles the sample; `None`, with a reason printed, without `erlc`.
fn compile(options: &[&str]) -> Option<Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("hostile")
        .join(options.concat());
    fs::create_dir_all(&directory).expect("a folder for tests");
    let source = directory.join("hostile_sample.erl");
    fs::write(&source, SOURCE).expect("a writable folder");
    match Command::new("erlc")
        .args(options)
        .arg("-o")
        .args([&directory, &source])
        .status()
    {
        Ok(status) => assert!(status.success()),
        Err(error) => {
            println!("SKIPPED: erlc can't be run: {error}");
            return None;
        }
    }
    Some(fs::read(directory.join("hostile_sample.beam")).expect("erlc wrote it"))
}

/// Where the contents of a chunk lie in a file.
fn chunk(file: &[u8], name: &[u8; 4]) -> std::ops::Range<usize> {
    let at = file
        .windows(4)
        .position(|bytes| bytes == name)
        .expect("it has that chunk");
    let size = u32::from_be_bytes(file[at + 4..at + 8].try_into().expect("four bytes"));
    at + 8..at + 8 + size as usize
}

#[test]
fn broken_files_are_refused_or_do_no_harm() {
    let rounds = rounds(1500);
    for options in [&[][..], &["+r23"]] {
        let Some(sample) = compile(options) else {
            return;
        };
        assert!(
            hostile::load_and_run(&sample),
            "the sample itself is loaded"
        );
        let code = chunk(&sample, b"Code");
        // Behind the header.
        let code = code.start + 20..code.end;
        let mut random = Random::new(1);
        let mut loaded = 0;
        for _ in 0..rounds {
            let mut file = sample.clone();
            for _ in 0..=random.below(2) {
                let at = code.start + random.below(code.len());
                file[at] = match random.below(3) {
                    0 => file[at] ^ 1 << random.below(8),
                    1 => file[code.start + random.below(code.len())],
                    _ => random.below(256) as u8,
                };
            }
            loaded += u32::from(hostile::load_and_run(&file));
        }
        println!("{loaded} of {rounds} broken files were loaded");
        assert!(loaded > rounds / 50, "too few: they test nothing");
    }
}
