//! BIFs without an interpreter: what stock Erlang answers to the same calls decides.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::collections::HashSet;
use std::process::Command;

use brood_term::display::Display;
use brood_term::external::DecodeOptions;
use brood_term::{Heap, Mfa, Term, binary, compare, known};

use super::{AREAS, BifResult};
use crate::context::Context;
use crate::exception::{Class, Control};
use crate::machine::{Config, Machine};
use crate::platform::{Birth, ConsoleStream, Event, Platform};
use crate::process::{Process, SpawnOptions};

/// Makes the calls of the script and writes `[{M, F, Arguments, {ok, Value} | {error, Reason}}]` in external term
/// format.
const ORACLE: &str = r#"
    {ok, Calls} = file:script(os:getenv("CALLS")),
    Results = [{M, F, A, try {ok, apply(M, F, A)} catch error:Reason -> {error, Reason} end} || {M, F, A} <- Calls],
    ok = file:write_file(os:getenv("RESULTS"), term_to_binary(Results)),
    halt().
"#;

/// An outside in which nothing happens.
struct Nowhere(Birth);

impl Platform for Nowhere {
    fn monotonic_ns(&mut self) -> u64 {
        0
    }
    fn system_time_ns(&mut self) -> i64 {
        0
    }
    fn fill_entropy(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
    fn console_write(&mut self, _: ConsoleStream, _: &[u8]) {}
    fn console_subscribe(&mut self) {}
    fn send_parent(&mut self, _: &[u8]) {}
    fn wait(&mut self, _: Option<u64>) -> Event {
        Event::Nothing
    }
    fn birth(&self) -> &Birth {
        &self.0
    }
    fn freeze(&mut self) {}
    fn stamp_first_instruction(&mut self) {}
}

/// Runs `test` in a machine with one process.
pub(super) fn in_machine<T>(test: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let mut machine = Machine::new(Config::default(), Box::new(Nowhere(Birth::default())));
    let mfa = Mfa {
        module: known::ERLANG,
        function: known::APPLY,
        arity: 2,
    };
    let options = SpawnOptions::default();
    let mut process = Process::new(Term::pid(1), Term::pid(1), Term::pid(1), mfa, &options);
    test(&mut Context {
        machine: &mut machine,
        process: &mut process,
    })
}

fn call(context: &mut Context<'_>, module: Term, function: Term, arguments: &[Term]) -> BifResult {
    let mfa = Mfa {
        module,
        function,
        arity: arguments.len() as u32,
    };
    let text = |atom| String::from(context.machine.atoms.text(atom));
    let name = format!("{}:{}/{}", text(module), text(function), mfa.arity);
    let bif = context
        .machine
        .code
        .bif(&mfa)
        .unwrap_or_else(|| panic!("{name} is no BIF"));
    loop {
        match bif(context, arguments) {
            Err(Control::Again { wait: false }) => {}
            result => return result,
        }
    }
}

/// `{ok, Value} | {error, Reason}`.
fn outcome(context: &mut Context<'_>, result: BifResult) -> Term {
    let elements = match result {
        Ok(value) => [known::OK, value],
        Err(Control::Raise(exception)) if exception.class == Class::Error => {
            [known::ERROR, exception.reason]
        }
        Err(other) => panic!("{other:?}"),
    };
    context.heap().tuple(&elements)
}

/// How far, in units in the last place, a value of the module `math` may be off: see [`super::math`].
const MATH_TOLERANCE: u64 = 3;

/// Whether an outcome is the expected one. Floats that are computed by another C library agree nearly.
fn agrees(context: &Context<'_>, module: Term, outcome: Term, expected: Term) -> bool {
    let float = |term: Term| {
        term.as_tuple_of::<2>()
            .and_then(|elements| elements[1].as_float())
    };
    if context.machine.atoms.text(module) == "math"
        && let (Some(a), Some(b)) = (float(outcome), float(expected))
    {
        return a.is_sign_negative() == b.is_sign_negative()
            && a.to_bits().abs_diff(b.to_bits()) <= MATH_TOLERANCE;
    }
    compare::exact_eq(outcome, expected)
}

/// The same bitstring, three bits off the start of a byte.
fn displaced(context: &mut Context<'_>, term: Term) -> Term {
    let Some(bits) = term.as_bits() else {
        return term;
    };
    let mut bytes = alloc::vec![0xa5; (bits.bit_size + 3).div_ceil(8)];
    binary::copy_bits(bits, &mut bytes, 3);
    let whole = binary::make(context.heap(), &bytes);
    binary::make_sub(context.heap(), whole, 3, bits.bit_size)
}

#[test]
fn calls_give_what_stock_erlang_gives() {
    let results = std::env::temp_dir().join(format!("brood-bif-{}", std::process::id()));
    let calls = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bif/tests/calls.script");
    let erl = Command::new("erl")
        .args(["-noinput", "-eval", ORACLE])
        .env("CALLS", calls)
        .env("RESULTS", &results)
        .output()
        .expect("stock Erlang is installed");
    assert!(
        erl.status.success(),
        "{}",
        String::from_utf8_lossy(&erl.stdout)
    );
    let bytes = std::fs::read(&results).expect("the oracle wrote its results");
    std::fs::remove_file(&results).expect("it is there");

    in_machine(|context| {
        let (list, _) = context
            .decode(&bytes, DecodeOptions::default())
            .expect("a term");
        let mut wrong = Vec::new();
        for case in list.list() {
            let &[module, function, arguments, expected] = case.as_tuple_of().expect("a case");
            let arguments: Vec<Term> = arguments.list().collect();
            let displaced: Vec<Term> = arguments
                .iter()
                .map(|argument| displaced(context, *argument))
                .collect();
            for arguments in [arguments, displaced] {
                let result = call(context, module, function, &arguments);
                let outcome = outcome(context, result);
                if !agrees(context, module, outcome, expected) {
                    let list = context.heap().list(&arguments);
                    let atoms = &context.machine.atoms;
                    let show = |term| format!("{}", Display { term, atoms });
                    wrong.push(format!(
                        "{}:{} {} gives {}, not {}",
                        show(module),
                        show(function),
                        show(list),
                        show(outcome),
                        show(expected)
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn every_entry_is_well_formed_and_stands_once() {
    let mut seen = HashSet::new();
    for entry in AREAS.iter().copied().flatten() {
        let name = (entry.module, entry.function, entry.arity);
        assert!(seen.insert(name), "{name:?} stands twice");
        assert!(
            !entry.module.is_empty() && !entry.function.is_empty(),
            "{name:?}"
        );
        assert!(
            entry
                .module
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_'),
            "{name:?}"
        );
    }
}

#[test]
fn long_work_takes_reductions() {
    in_machine(|context| {
        let list = context.heap().byte_list(&[7; 100_000], Term::NIL);
        let before = context.process.fuel;
        let lists = context.intern("lists").expect("an atom");
        let reverse = context.intern("reverse").expect("an atom");
        call(context, lists, reverse, &[list, Term::NIL]).expect("a list");
        assert!(context.process.fuel < before - 1000);
    });
}

#[test]
fn deep_data_needs_no_stack() {
    in_machine(|context| {
        let deep = (0..1_000_000).fold(Term::NIL, |term, _| context.heap().cons(term, Term::NIL));
        let erlang = known::ERLANG;
        for function in ["iolist_size", "phash2", "md5", "external_size", "length"] {
            let function = context.intern(function).expect("an atom");
            call(context, erlang, function, &[deep]).expect("a value");
        }
    });
}

#[test]
fn a_digest_is_taken_in_parts() {
    in_machine(|context| {
        let names = ["md5_init", "md5_update", "md5_final", "md5"];
        let [init, update, last, md5] = names.map(|name| context.intern(name).expect("an atom"));
        let erlang = known::ERLANG;
        let mut state = call(context, erlang, init, &[]).expect("a state");
        for part in [
            "some",
            " text that is longer than one block of the digest",
            " is",
        ] {
            let data = context.heap().string(part);
            state = call(context, erlang, update, &[state, data]).expect("a state");
        }
        let digest = call(context, erlang, last, &[state]).expect("a digest");
        let whole = "some text that is longer than one block of the digest is";
        let whole = context.heap().string(whole);
        let expected = call(context, erlang, md5, &[whole]).expect("a digest");
        assert!(compare::exact_eq(digest, expected));
    });
}

#[test]
fn a_compiled_pattern_finds_what_the_pattern_does() {
    in_machine(|context| {
        let names = ["binary", "compile_pattern", "matches"];
        let [module, compile, matches] = names.map(|name| context.intern(name).expect("an atom"));
        let heap = context.heap();
        let subject = heap.binary(b"abcabd");
        let (ab, abd) = (heap.binary(b"ab"), heap.binary(b"abd"));
        for pattern in [ab, context.heap().list(&[ab, abd])] {
            let compiled = call(context, module, compile, &[pattern]).expect("a pattern");
            let plain = call(context, module, matches, &[subject, pattern]).expect("a list");
            let found = call(context, module, matches, &[subject, compiled]).expect("a list");
            assert!(compare::exact_eq(plain, found) && plain.list_length() == Some(2));
        }
    });
}
