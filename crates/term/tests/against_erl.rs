//! Numbers, their texts and the order of terms, compared with what a stock `erl` says. Skipped where there is
//! none on the path.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::process::Command;

use brood_term::binary::{self, Bits};
use brood_term::boxed::{Mfa, make_export};
use brood_term::float::{self, Format};
use brood_term::heap::Chunks;
use brood_term::integer::{self, ArithmeticError, Endianness};
use brood_term::{Atoms, Heap, Term, arithmetic, compare, map};

/// Evaluates each line of its first argument, a file of Erlang terms, and writes a line for each to the second.
const EVALUATOR: &str = r##"#!/usr/bin/env escript
-mode(compile).
main([In, Out]) ->
    {ok, Terms} = file:consult(In),
    ok = file:write_file(Out, [[line(T), $\n] || T <- Terms]).

line({apply, Function, Arguments}) ->
    try show(apply(erlang, Function, Arguments)) catch error:Reason -> show(Reason) end;
line({write, Integer, Size, Endianness}) ->
    Bits = case Endianness of
               big -> <<Integer:Size/big>>;
               little -> <<Integer:Size/little>>
           end,
    <<A:Size/big-unsigned>> = Bits,
    <<B:Size/big-signed>> = Bits,
    <<C:Size/little-unsigned>> = Bits,
    <<D:Size/little-signed>> = Bits,
    show([A, B, C, D]);
line({compare, Terms}) ->
    [order(A, B) || A <- Terms, B <- Terms].

order(A, B) when A =:= B -> $=;
order(A, B) when A == B -> $~;
order(A, B) when A < B -> $<;
order(_, _) -> $>.

show(Float) when is_float(Float) -> <<Bits:64>> = <<Float/float>>, ["f", integer_to_list(Bits)];
show(Other) -> io_lib:format("~w", [Other]).
"##;

/// What the evaluator writes for these lines; `None` without `escript`.
fn evaluate(name: &str, lines: &[String]) -> Option<Vec<String>> {
    let directory = std::env::temp_dir().join(format!("brood-term-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let path = |file: &str| directory.join(file);
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}.").expect("a string takes all");
    }
    std::fs::write(path("evaluator.escript"), EVALUATOR).expect("written");
    std::fs::write(path("in"), text).expect("written");
    let status = Command::new("escript")
        .args([path("evaluator.escript"), path("in"), path("out")])
        .status();
    let results = match status {
        Err(_) => {
            println!("skipped: no escript on the path");
            None
        }
        Ok(status) => {
            assert!(status.success(), "the evaluator failed");
            let out = std::fs::read_to_string(path("out")).expect("results");
            Some(out.lines().map(String::from).collect())
        }
    };
    std::fs::remove_dir_all(&directory).expect("removed");
    results
}

/// Compares what Erlang answers for each line with what is expected.
fn check(name: &str, cases: &[(String, String)]) {
    let lines: Vec<String> = cases.iter().map(|(line, _)| line.clone()).collect();
    let Some(results) = evaluate(name, &lines) else {
        return;
    };
    assert_eq!(results.len(), cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .zip(&results)
        .filter(|((_, ours), theirs)| ours != *theirs)
        .map(|((line, ours), theirs)| format!("{line}\n  ours   {ours}\n  theirs {theirs}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} differ\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(10)].join("\n")
    );
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// An integer: small, near a power of two, or of random limbs.
    fn integer(&mut self, heap: &mut Chunks) -> Term {
        let negative = self.below(2) == 0;
        let limbs = match self.below(6) {
            0 => vec![self.next() % 10],
            1 => vec![self.next() >> self.below(64)],
            2 | 3 => {
                let mut limbs = vec![0; 5];
                let bit = [self.below(310), 59, 60, 63, 64, 128][self.below(6)];
                limbs[bit / 64] = 1 << (bit % 64);
                let power = integer::make(heap, negative, &limbs).expect("within limits");
                let step = Term::small(self.below(5) as i64 - 2);
                return integer::add(heap, power, step).expect("integers");
            }
            4 => (0..1 + self.below(4)).map(|_| self.next()).collect(),
            _ => {
                // Runs of ones and zeros find the carries.
                let limb = |random: &mut Self| [0, u64::MAX, 1 << 63, 1][random.below(4)];
                (0..1 + self.below(5)).map(|_| limb(self)).collect()
            }
        };
        integer::make(heap, negative, &limbs).expect("within limits")
    }

    /// A finite float.
    fn float(&mut self) -> f64 {
        loop {
            let value = match self.below(6) {
                0 => self.below(2000) as f64 - 1000.0,
                1 => (self.below(2_000_000) as f64 - 1_000_000.0) / 1000.0,
                2 => self.below(1 << 20) as f64 * 10f64.powi(self.below(40) as i32 - 20),
                3 => {
                    (self.next() >> self.below(64)) as f64
                        * if self.below(2) == 0 { -0.5 } else { 1.0 }
                }
                4 => ((1u64 << 53) as f64) + self.below(8) as f64 - 4.0,
                _ => f64::from_bits(self.next()),
            };
            if value.is_finite() {
                return value;
            }
        }
    }

    fn number(&mut self, heap: &mut Chunks) -> Term {
        if self.below(2) == 0 {
            self.integer(heap)
        } else {
            let value = self.float();
            heap.float(value)
        }
    }
}

/// The source text of a number. Erlang's own float syntax, with digits enough for any float.
fn source(number: Term) -> String {
    match number.as_float() {
        Some(value) => format!("{value:.17e}"),
        None => integer::to_text(number, 10).expect("an integer"),
    }
}

fn show(result: Result<Term, ArithmeticError>) -> String {
    match result {
        Ok(term) => match term.as_float() {
            Some(value) => format!("f{}", value.to_bits()),
            None => integer::to_text(term, 10).expect("an integer"),
        },
        Err(error) => error.to_string(),
    }
}

type Binary = fn(&mut Chunks, Term, Term) -> integer::Result;
type Unary = fn(&mut Chunks, Term) -> integer::Result;

const ON_NUMBERS: [(&str, Binary); 4] = [
    ("'+'", arithmetic::add),
    ("'-'", arithmetic::sub),
    ("'*'", arithmetic::mul),
    ("'/'", arithmetic::divide),
];

const ON_INTEGERS: [(&str, Binary); 5] = [
    ("'div'", integer::div),
    ("'rem'", integer::rem),
    ("'band'", integer::band),
    ("'bor'", integer::bor),
    ("'bxor'", integer::bxor),
];

const SHIFTS: [(&str, Binary); 2] = [("'bsl'", integer::bsl), ("'bsr'", integer::bsr)];

const ON_ONE_NUMBER: [(&str, Unary); 6] = [
    ("'-'", arithmetic::neg),
    ("abs", arithmetic::abs),
    ("trunc", arithmetic::trunc),
    ("round", arithmetic::round),
    ("floor", arithmetic::floor),
    ("ceil", arithmetic::ceil),
];

#[test]
fn arithmetic_agrees() {
    let random = &mut Random(1);
    let heap = &mut Chunks::new();
    let mut cases = Vec::new();
    for _ in 0..800 {
        for (name, operation) in ON_INTEGERS.iter().chain(&ON_NUMBERS) {
            let (a, b) = (random.integer(heap), random.integer(heap));
            let line = format!("{{apply,{name},[{},{}]}}", source(a), source(b));
            cases.push((line, show(operation(heap, a, b))));
        }
        for (name, operation) in ON_NUMBERS {
            let (a, b) = (random.number(heap), random.number(heap));
            let line = format!("{{apply,{name},[{},{}]}}", source(a), source(b));
            cases.push((line, show(operation(heap, a, b))));
        }
        for (name, operation) in SHIFTS {
            let (a, b) = (random.integer(heap), random.below(400) as i64 - 200);
            let line = format!("{{apply,{name},[{},{b}]}}", source(a));
            cases.push((line, show(operation(heap, a, Term::small(b)))));
        }
        for (name, operation) in ON_ONE_NUMBER {
            let a = random.number(heap);
            let line = format!("{{apply,{name},[{}]}}", source(a));
            cases.push((line, show(operation(heap, a))));
        }
        let a = random.integer(heap);
        let line = format!("{{apply,'bnot',[{}]}}", source(a));
        cases.push((line, show(integer::bnot(heap, a))));
        let line = format!("{{apply,float,[{}]}}", source(a));
        let value = arithmetic::to_float(a).and_then(|value| arithmetic::float(heap, value));
        cases.push((line, show(value)));
    }
    // Factors and divisors of many limbs are the library's.
    for _ in 0..20 {
        let mut large = || {
            let limbs: Vec<u64> = (0..20 + random.below(60)).map(|_| random.next()).collect();
            integer::make(heap, random.below(2) == 0, &limbs).expect("within limits")
        };
        let (a, b, c) = (large(), large(), large());
        let a = integer::mul(heap, a, b).expect("integers");
        for (name, operation) in ON_INTEGERS.iter().chain(&ON_NUMBERS[..3]) {
            let line = format!("{{apply,{name},[{},{}]}}", source(a), source(c));
            cases.push((line, show(operation(heap, a, c))));
        }
    }
    // Limits.
    for (name, a, b) in [
        ("'bsl'", "1", "33554367"),
        ("'bsl'", "1", "33554368"),
        ("'bsl'", "-1", "100000000000000000000000000"),
        ("'bsl'", "0", "100000000000000000000000000"),
        ("'bsl'", "-1", "-100000000000000000000000000"),
        ("'bsr'", "-7", "100000000000000000000000000"),
        ("'bsr'", "-7", "-100000000000000000000000000"),
        ("'bsr'", "-18446744073709551616", "64"),
        ("'bsr'", "-18446744073709551617", "64"),
        ("'div'", "1", "0"),
        ("'rem'", "18446744073709551616", "0"),
    ] {
        let mut operations = ON_INTEGERS.iter().chain(&SHIFTS);
        let (_, operation) = operations.find(|entry| entry.0 == name).expect("listed");
        let parse = |heap: &mut Chunks, text: &str| integer::parse(heap, text.as_bytes(), 10);
        let x = parse(heap, a).expect("digits");
        let y = parse(heap, b).expect("digits");
        let result = operation(heap, x, y);
        if result.is_ok_and(|term| term.as_big().is_some_and(|(_, limbs)| limbs.len() > 1000)) {
            // Printing ten million digits takes stock Erlang minutes.
            continue;
        }
        cases.push((format!("{{apply,{name},[{a},{b}]}}"), show(result)));
    }
    check("arithmetic", &cases);
}

#[test]
fn integer_texts_agree() {
    let random = &mut Random(2);
    let heap = &mut Chunks::new();
    let mut cases = Vec::new();
    for _ in 0..2000 {
        let (a, base) = (random.integer(heap), 2 + random.below(35) as u32);
        let text = integer::to_text(a, base).expect("an integer");
        cases.push((
            format!("{{apply,list_to_integer,[\"{text}\",{base}]}}"),
            source(a),
        ));
        let bytes: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
        cases.push((
            format!("{{apply,integer_to_list,[{},{base}]}}", source(a)),
            format!("[{}]", bytes.join(",")),
        ));
        let again = integer::parse(heap, text.to_lowercase().as_bytes(), base).expect("digits");
        assert!(compare::exact_eq(a, again));
    }
    for text in [
        "", "-", "+", "+1", "-0", "1_0", " 1", "1 ", "--1", "12a", "007", "1.0",
    ] {
        let ours = match integer::parse(heap, text.as_bytes(), 10) {
            Some(term) => source(term),
            None => String::from("badarg"),
        };
        cases.push((format!("{{apply,list_to_integer,[\"{text}\"]}}"), ours));
    }
    check("integer-texts", &cases);
}

#[test]
fn bits_agree() {
    let random = &mut Random(3);
    let heap = &mut Chunks::new();
    let mut cases = Vec::new();
    for _ in 0..3000 {
        let a = random.integer(heap);
        let size = [random.below(200), random.below(10) * 8, 64][random.below(3)];
        let offset = random.below(9);
        let (endianness, name) = match random.below(2) {
            0 => (Endianness::Big, "big"),
            _ => (Endianness::Little, "little"),
        };
        let mut target = vec![0xa5; (offset + size).div_ceil(8)];
        assert!(integer::write_bits(
            a,
            &mut target,
            offset,
            size,
            endianness
        ));
        let bits = Bits::new(&target, offset, size);
        let mut read = |endianness, signed| {
            source(integer::from_bits(heap, bits, endianness, signed).expect("within limits"))
        };
        let ours = [
            read(Endianness::Big, false),
            read(Endianness::Big, true),
            read(Endianness::Little, false),
            read(Endianness::Little, true),
        ];
        cases.push((
            format!("{{write,{},{size},{name}}}", source(a)),
            format!("[{}]", ours.join(",")),
        ));
    }
    check("bits", &cases);
}

#[test]
fn float_texts_agree() {
    let random = &mut Random(4);
    let mut cases = Vec::new();
    for round in 0..6000 {
        let value = random.float();
        let digits = random.below(if round % 20 == 0 { 256 } else { 24 });
        let compact = random.below(2) == 0;
        let (format, options) = match round % 4 {
            0 => (Format::DEFAULT, String::from("[]")),
            1 => (
                Format::Scientific(digits),
                format!("[{{scientific,{digits}}}]"),
            ),
            2 => {
                // Stock Erlang drops the zeros of the integer here: 1.0e20 becomes 1.
                let compact = compact && digits > 0;
                let word = if compact { ",compact" } else { "" };
                (
                    Format::Decimals { digits, compact },
                    format!("[{{decimals,{digits}}}{word}]"),
                )
            }
            _ => (Format::Short, String::from("[short]")),
        };
        let ours = match float::to_text(value, format) {
            Some(text) => {
                let bytes: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
                assert!(format != Format::Short || float::parse(text.as_bytes()) == Some(value));
                format!("[{}]", bytes.join(","))
            }
            None => String::from("badarg"),
        };
        cases.push((
            format!("{{apply,float_to_list,[{value:.17e},{options}]}}"),
            ours,
        ));
    }
    for text in [
        "1.0",
        "+1.0",
        "-1.0",
        "1",
        "1.",
        "1.0e",
        "1.0e5",
        "1.0E5",
        "1.0e+5",
        "1.0e-5",
        ".5",
        " 1.0",
        "1.0 ",
        "1e5",
        "1.0e400",
        "1.0e-400",
        "01.0",
        "1.0e05",
        "1_0.0",
        "-+1.0",
        "",
        "-",
        "1.e5",
        "1.0e+",
        "1.0e5.0",
        "1,0",
        "inf",
        "nan",
        "infinity",
        "0x1.0p3",
        "1.0d5",
        "4.9e-324",
        "2.0e-324",
        "-0.0",
        "1.0e-99999999999",
        "0.1e1",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "2.2250738585072011e-308",
    ] {
        let ours = match float::parse(text.as_bytes()) {
            Some(value) => format!("f{}", value.to_bits()),
            None => String::from("badarg"),
        };
        cases.push((format!("{{apply,list_to_float,[\"{text}\"]}}"), ours));
    }
    check("float-texts", &cases);
}

/// Makes random terms together with their source text.
struct Terms<'a> {
    random: Random,
    heap: Chunks,
    atoms: &'a mut Atoms,
}

impl Terms<'_> {
    fn term(&mut self, depth: usize) -> (Term, String) {
        let kinds = if depth == 0 { 6 } else { 9 };
        match self.random.below(kinds) {
            0 | 1 => {
                // Few values, so that many are equal or nearly so.
                let value = [
                    0.0,
                    1.0,
                    2.0,
                    576460752303423488.0,
                    18446744073709551616.0,
                    1.0e30,
                ][self.random.below(6)];
                let term = match self.random.below(4) {
                    0 => self.heap.float(value),
                    1 => self.heap.float(-value + 0.5),
                    step => {
                        let whole = integer::from_float(&mut self.heap, value).expect("finite");
                        let step = Term::small(step as i64 - 2);
                        integer::add(&mut self.heap, whole, step).expect("integers")
                    }
                };
                (term, source(term))
            }
            2 => {
                let text = ["a", "b", "aa", "å", "Ω", "", "z"][self.random.below(7)];
                (self.atoms.intern(text).expect("room"), format!("'{text}'"))
            }
            3 => (Term::NIL, String::from("[]")),
            4 => self.bitstring(),
            5 => self.export(),
            6 => self.list(depth),
            7 => {
                let (terms, texts) = self.terms(depth, 4);
                (self.heap.tuple(&terms), format!("{{{}}}", texts.join(",")))
            }
            _ => self.map(depth),
        }
    }

    fn terms(&mut self, depth: usize, limit: usize) -> (Vec<Term>, Vec<String>) {
        let count = self.random.below(limit);
        (0..count).map(|_| self.term(depth - 1)).unzip()
    }

    fn bitstring(&mut self) -> (Term, String) {
        let bytes: Vec<u8> = (0..3).map(|_| [0, 1, 255][self.random.below(3)]).collect();
        let size = self.random.below(25);
        let whole = binary::make(&mut self.heap, &bytes);
        let term = binary::make_sub(&mut self.heap, whole, 24 - size, size);
        let value = bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u32::from(*byte));
        (term, format!("<<{}:{size}>>", value & ((1 << size) - 1)))
    }

    fn export(&mut self) -> (Term, String) {
        let (module, function) = (
            ["m", "n"][self.random.below(2)],
            ["f", "g"][self.random.below(2)],
        );
        let arity = self.random.below(2) as u32;
        let mfa = Mfa {
            module: self.atoms.intern(module).expect("room"),
            function: self.atoms.intern(function).expect("room"),
            arity,
        };
        let term = make_export(&mut self.heap, Box::leak(Box::new(mfa)));
        (term, format!("fun {module}:{function}/{arity}"))
    }

    fn list(&mut self, depth: usize) -> (Term, String) {
        let (terms, texts) = self.terms(depth, 4);
        if terms.is_empty() {
            return (Term::NIL, String::from("[]"));
        }
        let (tail, tail_text) = self.term(0);
        (
            self.heap.list_with_tail(&terms, tail),
            format!("[{}|{tail_text}]", texts.join(",")),
        )
    }

    fn map(&mut self, depth: usize) -> (Term, String) {
        let (keys, key_texts) = self.terms(depth, 3);
        let mut text = String::new();
        let mut term = map::empty(&mut self.heap);
        let mut put = |terms: &mut Self, key, key_text: &str, value: (Term, String)| {
            term = map::put(&mut terms.heap, term, key, value.0, terms.atoms);
            let comma = if text.is_empty() { "" } else { "," };
            write!(text, "{comma}{key_text}=>{}", value.1).expect("a string takes all");
        };
        for (key, key_text) in keys.iter().zip(&key_texts) {
            let value = self.term(depth - 1);
            put(self, *key, key_text, value);
        }
        if self.random.below(3) == 0 {
            // Enough for a trie.
            for key in 0..40 {
                let value = self.random.below(2).max(usize::from(key != 7)) as i64;
                put(
                    self,
                    Term::small(100 + key),
                    &(100 + key).to_string(),
                    (Term::small(value), value.to_string()),
                );
            }
        }
        (term, format!("#{{{text}}}"))
    }
}

#[test]
fn the_order_of_terms_agrees() {
    let mut atoms = Atoms::default();
    let mut cases = Vec::new();
    for seed in 0..8 {
        let mut generator = Terms {
            random: Random(seed),
            heap: Chunks::new(),
            atoms: &mut atoms,
        };
        let (terms, texts): (Vec<Term>, Vec<String>) = (0..120).map(|_| generator.term(3)).unzip();
        let heap = generator.heap;
        let mut ours = String::new();
        for a in &terms {
            for b in &terms {
                let order = compare::compare(*a, *b, &atoms);
                let exact = compare::compare_exact(*a, *b, &atoms);
                assert_eq!(compare::exact_eq(*a, *b), exact.is_eq());
                assert_eq!(compare::eq(*a, *b), order.is_eq());
                ours.push(match (order, exact) {
                    (Ordering::Equal, Ordering::Equal) => '=',
                    (Ordering::Equal, _) => '~',
                    (Ordering::Less, _) => '<',
                    (Ordering::Greater, _) => '>',
                });
            }
        }
        drop(heap);
        cases.push((format!("{{compare,[{}]}}", texts.join(",")), ours));
    }
    check("order", &cases);
}

#[test]
fn numbers_compare_by_value() {
    let random = &mut Random(5);
    let heap = &mut Chunks::new();
    let atoms = Atoms::default();
    let mut cases = Vec::new();
    for _ in 0..3000 {
        let a = random.integer(heap);
        let near = integer::to_float(a).expect("within the range of floats");
        let value = [near, near.next_up(), near.next_down(), random.float()][random.below(4)];
        let b = heap.float(value);
        let order = compare::compare(a, b, &atoms);
        assert_eq!(compare::compare(b, a, &atoms), order.reverse());
        let pair = match order {
            Ordering::Less => "=<>=",
            Ordering::Equal => "=~~=",
            Ordering::Greater => "=><=",
        };
        cases.push((
            format!("{{compare,[{},{}]}}", source(a), source(b)),
            String::from(pair),
        ));
    }
    check("numbers", &cases);
}
