//! Random terms, and what stock Erlang makes of them: external format, hashes, printing, order.
//!
//! Needs OTP 25's `erl` on the path; without it the tests say so and check nothing.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use brood_term::external::{
    DecodeOptions, EncodeOptions, FunKey, NodeIdentity, Resolver, decode, encode,
    external_pid_number,
};
use brood_term::heap::Chunks;
use brood_term::{
    Atoms, FunEntry, Heap, Mfa, Subtag, Term, binary, boxed, compare, display, hash, map,
};

const TERMS: usize = 4_000;

/// A generator of pseudo-random terms (xorshift), so that runs repeat.
struct Generator {
    state: u64,
    heap: Chunks,
    atoms: Atoms,
}

impl Generator {
    fn new(seed: u64) -> Generator {
        Generator {
            state: seed,
            heap: Chunks::new(),
            atoms: Atoms::default(),
        }
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random() >> 16) as usize % limit
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn atom(&mut self) -> Term {
        let long = "x".repeat(255);
        let wide = "日".repeat(200);
        let text = self.pick(&[
            "",
            "a",
            "ok",
            "true",
            "Upper",
            "with space",
            "quo'te",
            "back\\slash",
            "new\nline",
            "å",
            "Åäö",
            "÷",
            "×",
            "日本",
            "a_b@c",
            "a1B2",
            "@",
            "_x",
            "\u{1}\u{7f}",
            "aé",
            "\u{85}x",
            "aĀ",
            "€",
            "erlang",
            "[]",
            "\t\r\x08\x0b\x0c",
            &long,
            &wide,
        ]);
        self.atoms.intern(text).expect("room")
    }

    fn integer(&mut self) -> Term {
        let edges = [
            0,
            1,
            255,
            256,
            1 << 27,
            (1 << 27) - 1,
            1 << 31,
            (1 << 31) - 1,
            1 << 32,
            1 << 59,
            (1 << 59) - 1,
            (1 << 60) - 1,
            i64::MAX - 1,
        ];
        match self.below(6) {
            0 | 1 => Term::small(self.below(300) as i64 - 20),
            2 | 3 => {
                let value = self.pick(&edges) - 1 + self.below(3) as i64;
                let value = if self.below(2) == 0 { value } else { -value };
                self.heap.integer(value)
            }
            4 => {
                let shift = self.below(64);
                let value = self.random() as i64 >> shift;
                self.heap.integer(value)
            }
            _ => {
                let count = 1 + self.below(40);
                let mut limbs: Vec<u64> = (0..count).map(|_| self.random()).collect();
                *limbs.last_mut().expect("one or more") |= 1 << self.pick(&[60, 61, 63]);
                let subtag = self.pick(&[Subtag::BigPositive, Subtag::BigNegative]);
                boxed::raw_object(&mut self.heap, subtag, &limbs)
            }
        }
    }

    fn float(&mut self) -> Term {
        let value = match self.below(4) {
            0 => self.pick(&[0.0, 1.0, -1.5, 1e100, 5e-324, f64::MAX, 0.1, 123_456.789]),
            1 => self.below(1000) as f64,
            _ => f64::from_bits(self.random()),
        };
        self.heap.float(if value.is_finite() { value } else { 2.5 })
    }

    fn bits(&mut self) -> Term {
        let size = self.pick(&[0, 1, 3, 11, 12, 13, 24, 64, 65, 200]);
        let bytes: Vec<u8> = match self.below(2) {
            0 => (0..size).map(|_| b' ' + self.below(95) as u8).collect(),
            _ => (0..size).map(|_| self.random() as u8).collect(),
        };
        let whole = self.heap.binary(&bytes);
        if self.below(2) == 0 {
            return whole;
        }
        let first = self.below(size * 8 + 1);
        let length = self.below(size * 8 - first + 1);
        let length = if self.below(2) == 0 {
            length
        } else {
            length / 8 * 8
        };
        binary::make_sub(&mut self.heap, whole, first, length)
    }

    fn identifier(&mut self) -> Term {
        let node = self.atoms.intern("far@away").expect("room").raw();
        let number = self.random();
        match self.below(6) {
            0 => Term::pid(number & 0x0fff_ffff),
            1 => Term::port(number & 0x0fff_ffff),
            2 => boxed::make_reference(&mut self.heap, number, 0),
            3 => {
                let number =
                    external_pid_number(number as u32 & 0x7fff, (number >> 40) as u32 & 0x1fff);
                boxed::raw_object(&mut self.heap, Subtag::ExternalPid, &[node, 2, number])
            }
            4 => boxed::raw_object(
                &mut self.heap,
                Subtag::ExternalPort,
                &[node, 2, number >> 38],
            ),
            _ => {
                let words = [
                    node,
                    2,
                    3,
                    number >> 14 & 0x1_ffff | number << 32,
                    number >> 32,
                ];
                boxed::raw_object(&mut self.heap, Subtag::ExternalReference, &words)
            }
        }
    }

    fn terms(&mut self, limit: usize, depth: usize) -> Vec<Term> {
        let count = self.below(limit);
        (0..count).map(|_| self.term(depth)).collect()
    }

    fn list(&mut self, depth: usize) -> Term {
        match self.below(4) {
            0 => {
                let size = self.below(40);
                let printable = self.below(2) == 0;
                let bytes: Vec<u8> = (0..size)
                    .map(|_| match printable {
                        true => self.pick(b"az AZ\n\r\t\"\\~\xe5\xff\xa0"),
                        false => self.random() as u8,
                    })
                    .collect();
                self.heap.byte_list(&bytes, Term::NIL)
            }
            1 => {
                let elements = self.terms(5, depth);
                let tail = self.term(depth);
                self.heap.list_with_tail(&elements, tail)
            }
            _ => {
                let elements = self.terms(8, depth);
                self.heap.list(&elements)
            }
        }
    }

    /// A map; large ones have only keys without atoms, as those decide the order of the rest.
    fn map(&mut self, depth: usize) -> Term {
        let mut pairs = Vec::new();
        if depth > 2 && self.below(3) == 0 {
            for _ in 0..self.pick(&[20, 33, 40, 200, 1000]) {
                let key = match self.below(5) {
                    0 => self.integer(),
                    1 => self.float(),
                    2 => self.bits(),
                    3 => {
                        let inner = [self.integer(), self.bits()];
                        match self.below(3) {
                            0 => self.heap.tuple(&inner),
                            1 => self.heap.list(&inner),
                            _ => self.heap.cons(inner[0], inner[1]),
                        }
                    }
                    _ => {
                        let bytes: Vec<u8> =
                            (0..self.below(9)).map(|_| self.random() as u8).collect();
                        let tail = self.integer();
                        self.heap.byte_list(&bytes, tail)
                    }
                };
                pairs.push((key, Term::small(pairs.len() as i64)));
            }
        } else {
            for _ in 0..self.below(9) {
                pairs.push((self.term(depth), self.term(depth)));
            }
        }
        map::from_pairs(&mut self.heap, &mut pairs, &self.atoms)
    }

    fn export(&mut self) -> Term {
        let mfa = Mfa {
            module: self.atom(),
            function: self.atom(),
            arity: self.below(4) as u32,
        };
        boxed::make_export(&mut self.heap, Box::leak(Box::new(mfa)))
    }

    fn term(&mut self, depth: usize) -> Term {
        let kinds = if depth == 0 { 7 } else { 12 };
        match self.below(kinds) {
            0 => self.atom(),
            1 | 2 => self.integer(),
            3 => self.float(),
            4 => self.bits(),
            5 => self.identifier(),
            6 => match self.below(2) {
                0 => Term::NIL,
                _ => self.export(),
            },
            7 | 8 => {
                let elements = self.terms(6, depth - 1);
                self.heap.tuple(&elements)
            }
            9 | 10 => self.list(depth - 1),
            _ => self.map(depth - 1),
        }
    }
}

/// What is asked of Erlang for each term.
const SCRIPT: &str = r#"
    [Path] = init:get_plain_arguments(),
    {ok, In} = file:read_file(Path ++ "/terms"),
    Terms = [binary_to_term(B) || <<S:32, B:S/binary>> <= In],
    Out = fun(Name, Binaries) ->
        ok = file:write_file(Path ++ "/" ++ Name, [<<(byte_size(B)):32, B/binary>> || B <- Binaries])
    end,
    Out("v1", [term_to_binary(T) || T <- Terms]),
    Out("v0", [term_to_binary(T, [{minor_version, 0}]) || T <- Terms]),
    Out("v2", [term_to_binary(T, [{minor_version, 2}]) || T <- Terms]),
    Out("sorted_keys", [term_to_binary(T, [deterministic]) || T <- Terms]),
    Out("compressed", [term_to_binary(T, [compressed]) || T <- Terms]),
    Out("phash2", [<<(erlang:phash2(T, 1 bsl 32)):32>> || T <- Terms]),
    Out("phash27", [<<(erlang:phash2(T)):32>> || T <- Terms]),
    Out("phash", [<<(erlang:phash(T, 1 bsl 32)):32>> || T <- Terms]),
    Out("lists", [term_to_binary(maps:to_list(T)) || T <- Terms, is_map(T)]),
    Out("keys", [term_to_binary(maps:keys(T)) || T <- Terms, is_map(T)]),
    Out("order", [term_to_binary(T) || T <- lists:sort(fun(A, B) -> A =< B end, Terms)]),
    [erlang:display(T) || T <- Terms],
    halt().
"#;

/// Erlang's answers about the terms of a generator.
struct Oracle {
    folder: PathBuf,
    displayed: Vec<u8>,
}

impl Oracle {
    fn ask(name: &str, script: &str, encoded: &[Vec<u8>]) -> Option<Oracle> {
        let folder = std::env::temp_dir().join(format!("brood-term-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        let mut file = Vec::new();
        for bytes in encoded {
            file.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            file.extend_from_slice(bytes);
        }
        fs::write(folder.join("terms"), file).expect("room on the disk");
        let output = Command::new("erl")
            .args(["-noshell", "-eval", script, "-extra"])
            .arg(&folder)
            .output();
        let Ok(output) = output else {
            eprintln!("SKIPPED: no `erl` on the path, so nothing was compared with it");
            return None;
        };
        assert!(
            output.status.success(),
            "erl: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        Some(Oracle {
            folder,
            displayed: output.stdout,
        })
    }

    fn answers(&self, name: &str) -> Vec<Vec<u8>> {
        let file = fs::read(self.folder.join(name)).expect("an answer");
        let mut rest = &file[..];
        let mut answers = Vec::new();
        while let Some((size, after)) = rest.split_first_chunk::<4>() {
            let (answer, after) = after.split_at(u32::from_be_bytes(*size) as usize);
            answers.push(answer.to_vec());
            rest = after;
        }
        answers
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Leaving a temporary folder behind harms nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn erlang_agrees() {
    let mut generator = Generator::new(0x1234_5678_9abc_def1);
    let terms: Vec<Term> = (0..TERMS).map(|_| generator.term(4)).collect();
    let Generator {
        mut heap,
        mut atoms,
        ..
    } = generator;
    let write = |term: Term, atoms: &Atoms, options: EncodeOptions| {
        encode(term, atoms, NodeIdentity::NONODE, options).expect("small")
    };
    let plain = EncodeOptions::default();
    let encoded: Vec<Vec<u8>> = terms
        .iter()
        .map(|&term| write(term, &atoms, plain))
        .collect();
    let Some(oracle) = Oracle::ask("terms", SCRIPT, &encoded) else {
        return;
    };

    let versions = [
        ("v1", plain),
        (
            "v0",
            EncodeOptions {
                minor_version: 0,
                ..plain
            },
        ),
        (
            "v2",
            EncodeOptions {
                minor_version: 2,
                ..plain
            },
        ),
        (
            "sorted_keys",
            EncodeOptions {
                deterministic: true,
                ..plain
            },
        ),
    ];
    for (name, options) in versions {
        let answers = oracle.answers(name);
        let ours = terms.iter().map(|&term| write(term, &atoms, options));
        assert_same(name, &terms, &atoms, ours, &answers);
    }

    for (&term, answer) in terms.iter().zip(oracle.answers("compressed")) {
        let identity = NodeIdentity::NONODE;
        let options = DecodeOptions::default();
        let decoded = decode(
            &mut heap,
            &mut atoms,
            &answer,
            identity,
            options,
            &mut Obliging,
        )
        .expect("what Erlang wrote");
        assert_eq!(decoded.used, answer.len());
        assert!(
            compare::exact_eq(decoded.term, term),
            "{}",
            describe(term, &atoms)
        );
        assert_eq!(hash::internal_hash(decoded.term), hash::internal_hash(term));
    }

    for name in ["phash2", "phash27", "phash"] {
        let ours = terms.iter().map(|&term| {
            let hash = match name {
                "phash2" => hash::portable_hash(term, &atoms),
                "phash27" => hash::phash2(term, &atoms),
                // It counts from 1.
                _ => hash::phash(term, &atoms).wrapping_add(1),
            };
            hash.to_be_bytes().to_vec()
        });
        assert_same(name, &terms, &atoms, ours, &oracle.answers(name));
    }

    let maps: Vec<Term> = terms.iter().copied().filter(|term| term.is_map()).collect();
    assert!(
        maps.iter().any(|&map| map::as_flat(&map).is_none()),
        "no large map"
    );
    for (&map, (list, keys)) in maps
        .iter()
        .zip(oracle.answers("lists").iter().zip(oracle.answers("keys")))
    {
        let mut pairs = Term::NIL;
        let mut path = Term::small(0);
        loop {
            let next = map::map_next(&mut heap, path, map, map::NextMode::List(pairs), 33);
            let next = next.expect("a good path");
            match next.as_cons() {
                Some((rest, more)) if rest.is_integer() => {
                    (path, pairs) = (rest, more.as_cons().expect("the map").1);
                }
                _ => {
                    pairs = next;
                    break;
                }
            }
        }
        assert_eq!(write(pairs, &atoms, plain), *list);
        let ours = map::keys(&mut heap, map);
        assert_eq!(write(ours, &atoms, plain), keys);
    }

    // Other nodes' identifiers show the node's index in the atom table, which differs.
    let printed: String = oracle
        .displayed
        .iter()
        .map(|&byte| char::from(byte))
        .collect();
    let theirs: Vec<Vec<u8>> = printed
        .split_terminator("\r\n")
        .map(|line| without_channels(line).into_bytes())
        .collect();
    let ours = terms.iter().map(|&term| {
        let bytes = display::to_bytes(term, &atoms);
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        without_channels(&text).into_bytes()
    });
    assert_same("display", &terms, &atoms, ours, &theirs);

    let mut sorted = terms.clone();
    sorted.sort_by(|&a, &b| compare::compare(a, b, &atoms));
    let ours = sorted.iter().map(|&term| write(term, &atoms, plain));
    assert_same(
        "order around",
        &sorted,
        &atoms,
        ours,
        &oracle.answers("order"),
    );
}

/// What is asked about closures, which only Erlang can make.
const FUNS_SCRIPT: &str = r#"
    [Path] = init:get_plain_arguments(),
    A = {some, "environment", 1 bsl 70},
    {module, Tool} = code:ensure_loaded(lists),
    Terms = [fun() -> A end, fun(X) -> {X, A} end, [fun(X, _) -> X end, A], fun Tool:map/2,
             #{fun() -> ok end => 1.0}],
    Out = fun(Name, Binaries) ->
        ok = file:write_file(Path ++ "/" ++ Name, [<<(byte_size(B)):32, B/binary>> || B <- Binaries])
    end,
    Out("funs", [term_to_binary(T) || T <- Terms]),
    Out("phash2", [<<(erlang:phash2(T)):32>> || T <- Terms]),
    [erlang:display(T) || T <- Terms],
    halt().
"#;

/// Makes an entry for each fun that is named.
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
            address: Cell::new(std::ptr::null()),
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

#[test]
fn erlang_agrees_about_funs() {
    let Some(oracle) = Oracle::ask("funs", FUNS_SCRIPT, &[]) else {
        return;
    };
    let (mut heap, mut atoms) = (Chunks::new(), Atoms::default());
    let identity = NodeIdentity::NONODE;
    let funs = oracle.answers("funs");
    assert_eq!(funs.len(), 5);
    let printed = String::from_utf8_lossy(&oracle.displayed).into_owned();
    let lines = printed.split_terminator("\r\n");
    for ((bytes, phash2), line) in funs.iter().zip(oracle.answers("phash2")).zip(lines) {
        let options = DecodeOptions::default();
        let decoded = decode(
            &mut heap,
            &mut atoms,
            bytes,
            identity,
            options,
            &mut Obliging,
        );
        let term = decoded.expect("what Erlang wrote").term;
        let ours = encode(term, &atoms, identity, EncodeOptions::default()).expect("small");
        assert_eq!(ours, *bytes, "{line}");
        assert_eq!(
            hash::phash2(term, &atoms).to_be_bytes()[..],
            phash2,
            "{line}"
        );
        assert_eq!(describe(term, &atoms), line);
    }
}

fn describe(term: Term, atoms: &Atoms) -> String {
    display::Display { term, atoms }.to_string()
}

/// Fails with the smallest of the terms for which the answers differ.
fn assert_same(
    name: &str,
    terms: &[Term],
    atoms: &Atoms,
    ours: impl Iterator<Item = Vec<u8>>,
    theirs: &[Vec<u8>],
) {
    assert_eq!(terms.len(), theirs.len());
    let smallest = terms
        .iter()
        .zip(ours.zip(theirs))
        .filter(|(_, (ours, theirs))| ours != *theirs)
        .map(|(&term, answers)| (describe(term, atoms), answers))
        .min_by_key(|(text, _)| text.len());
    if let Some((text, (ours, theirs))) = smallest {
        panic!("{name} of {text}:\n  ours   {ours:?}\n  theirs {theirs:?}");
    }
}

/// A printed line with the first number of `<N.`, `#Ref<N.` and `#Port<N.` as `N`.
fn without_channels(line: &str) -> String {
    let mut result = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start + 1);
        result.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && after[digits..].starts_with('.') {
            result.push('N');
            rest = &after[digits..];
        } else {
            rest = after;
        }
    }
    result + rest
}
