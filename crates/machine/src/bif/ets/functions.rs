//! The functions that match specifications can call: the guard functions that OTP allows there.

use core::cmp::Ordering;

use brood_term::compare::{compare, eq, exact_eq};
use brood_term::{Heap, Subtag, Term, arithmetic, integer, map};

use super::match_spec::Scope;
use crate::heap::ProcessHeap;

/// A function. It gives `None` where the Erlang function raises an exception.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// With how many arguments it can be called.
    pub arities: &'static [usize],
    /// Its code.
    pub run: fn(&[Term], &mut Scope<'_>) -> Option<Term>,
}

const fn function(
    name: &'static str,
    arities: &'static [usize],
    run: fn(&[Term], &mut Scope<'_>) -> Option<Term>,
) -> Function {
    Function { name, arities, run }
}

/// What only specifications for tracing can say.
pub const WRONG_DIALECT: &[&str] = &[
    "is_seq_trace",
    "set_seq_token",
    "get_seq_token",
    "message",
    "return_trace",
    "exception_trace",
    "process_dump",
    "enable_trace",
    "disable_trace",
    "trace",
    "display",
    "caller",
    "caller_line",
    "current_stacktrace",
    "silent",
];

macro_rules! test {
    ($name:literal, $test:expr) => {
        function($name, &[1], |arguments, _| {
            let test: fn(Term) -> bool = $test;
            Some(Term::boolean(test(arguments[0])))
        })
    };
}

macro_rules! compared {
    ($name:literal, $test:expr) => {
        function($name, &[2], |arguments, scope| {
            let test: fn(Ordering) -> bool = $test;
            Some(Term::boolean(test(compare(
                arguments[0],
                arguments[1],
                scope.atoms,
            ))))
        })
    };
}

/// An operator of two numbers.
macro_rules! computed {
    ($name:literal, $compute:expr) => {
        function($name, &[2], |arguments, scope| {
            $compute(&mut *scope.heap, arguments[0], arguments[1]).ok()
        })
    };
}

/// A function of one number.
macro_rules! converted {
    ($name:literal, $convert:expr) => {
        function($name, &[1], |arguments, scope| {
            $convert(&mut *scope.heap, arguments[0]).ok()
        })
    };
}

/// All functions.
pub static FUNCTIONS: &[Function] = &[
    test!("is_atom", |term| term.is_atom()),
    test!("is_float", |term| term.is_float()),
    test!("is_integer", |term| term.is_integer()),
    test!("is_list", |term| term.is_list()),
    test!("is_number", |term| term.is_number()),
    test!("is_pid", |term| term.is_pid()),
    test!("is_port", |term| term.is_port()),
    test!("is_reference", |term| term.is_reference()),
    test!("is_tuple", |term| term.is_tuple()),
    test!("is_map", |term| term.is_map()),
    test!("is_binary", |term| term.is_binary()),
    test!("is_function", |term| term.is_function()),
    function("is_record", &[3], |arguments, _| {
        let [term, tag, size] = *arguments else {
            return None;
        };
        let size = size.as_usize().filter(|_| tag.is_atom())?;
        let elements = term.as_tuple().unwrap_or(&[]);
        Some(Term::boolean(
            elements.len() == size && elements.first() == Some(&tag),
        ))
    }),
    function("is_map_key", &[2], |arguments, _| {
        map::size(arguments[1])?;
        Some(Term::boolean(
            map::get(arguments[1], arguments[0]).is_some(),
        ))
    }),
    function("not", &[1], |arguments, _| {
        Some(Term::boolean(!arguments[0].as_boolean()?))
    }),
    function("xor", &[2], |arguments, _| {
        Some(Term::boolean(
            arguments[0].as_boolean()? != arguments[1].as_boolean()?,
        ))
    }),
    function("=:=", &[2], |arguments, _| {
        Some(Term::boolean(exact_eq(arguments[0], arguments[1])))
    }),
    function("=/=", &[2], |arguments, _| {
        Some(Term::boolean(!exact_eq(arguments[0], arguments[1])))
    }),
    function("==", &[2], |arguments, _| {
        Some(Term::boolean(eq(arguments[0], arguments[1])))
    }),
    function("/=", &[2], |arguments, _| {
        Some(Term::boolean(!eq(arguments[0], arguments[1])))
    }),
    compared!("<", Ordering::is_lt),
    compared!("=<", Ordering::is_le),
    compared!(">", Ordering::is_gt),
    compared!(">=", Ordering::is_ge),
    function("+", &[1], |arguments, _| {
        arguments[0].is_number().then_some(arguments[0])
    }),
    converted!("-", arithmetic::neg::<ProcessHeap>),
    computed!("+", arithmetic::add::<ProcessHeap>),
    computed!("-", arithmetic::sub::<ProcessHeap>),
    computed!("*", arithmetic::mul::<ProcessHeap>),
    computed!("/", arithmetic::divide::<ProcessHeap>),
    computed!("div", integer::div::<ProcessHeap>),
    computed!("rem", integer::rem::<ProcessHeap>),
    computed!("band", integer::band::<ProcessHeap>),
    computed!("bor", integer::bor::<ProcessHeap>),
    computed!("bxor", integer::bxor::<ProcessHeap>),
    computed!("bsl", integer::bsl::<ProcessHeap>),
    computed!("bsr", integer::bsr::<ProcessHeap>),
    converted!("bnot", integer::bnot::<ProcessHeap>),
    converted!("abs", arithmetic::abs::<ProcessHeap>),
    converted!("round", arithmetic::round::<ProcessHeap>),
    converted!("trunc", arithmetic::trunc::<ProcessHeap>),
    function("float", &[1], |arguments, scope| {
        arithmetic::to_float(arguments[0])
            .ok()
            .map(|value| scope.heap.float(value))
    }),
    function("element", &[2], |arguments, _| {
        let index = arguments[0].as_usize()?.checked_sub(1)?;
        arguments[1].as_tuple()?.get(index).copied()
    }),
    function("hd", &[1], |arguments, _| {
        arguments[0].as_cons().map(|(head, _)| head)
    }),
    function("tl", &[1], |arguments, _| {
        arguments[0].as_cons().map(|(_, tail)| tail)
    }),
    function("length", &[1], |arguments, scope| {
        sized(arguments[0].list_length(), scope)
    }),
    function("size", &[1], |arguments, scope| {
        let size = match arguments[0].as_tuple() {
            Some(elements) => Some(elements.len()),
            None => arguments[0].bit_size().map(|bits| bits / 8),
        };
        sized(size, scope)
    }),
    function("bit_size", &[1], |arguments, scope| {
        sized(arguments[0].bit_size(), scope)
    }),
    function("byte_size", &[1], |arguments, scope| {
        sized(arguments[0].bit_size().map(|bits| bits.div_ceil(8)), scope)
    }),
    function("map_size", &[1], |arguments, scope| {
        sized(map::size(arguments[0]), scope)
    }),
    function("map_get", &[2], |arguments, _| {
        map::get(arguments[1], arguments[0])
    }),
    function("binary_part", &[2], |arguments, scope| {
        let &[start, length] = arguments[1].as_tuple_of::<2>()?;
        binary_part(arguments[0], start, length, scope)
    }),
    function("binary_part", &[3], |arguments, scope| {
        binary_part(arguments[0], arguments[1], arguments[2], scope)
    }),
    function("self", &[0], |_, scope| Some(scope.pid)),
    function("node", &[0, 1], |arguments, scope| {
        match arguments.first() {
            None => Some(scope.node),
            Some(&term) => node_of(term, scope.node),
        }
    }),
];

fn sized(size: Option<usize>, scope: &mut Scope<'_>) -> Option<Term> {
    size.map(|size| scope.heap.unsigned(size as u64))
}

fn binary_part(term: Term, start: Term, length: Term, scope: &mut Scope<'_>) -> Option<Term> {
    let size = term.bit_size().filter(|_| term.is_binary())? / 8;
    let (start, length) = (start.as_usize()?, length.as_small()?);
    let end = start.checked_add_signed(isize::try_from(length).ok()?)?;
    let (first, last) = (start.min(end), start.max(end));
    (last <= size).then(|| {
        // The part must not refer to what may be a table's memory.
        let bytes = term.as_binary().unwrap_or_default();
        scope.heap.binary(&bytes[first..last])
    })
}

/// The node of a pid, port or reference.
pub fn node_of(term: Term, local: Term) -> Option<Term> {
    match term.subtag() {
        Some(Subtag::ExternalPid | Subtag::ExternalPort | Subtag::ExternalReference) => {
            // The node's name is the first word, raw: an atom's word.
            // SAFETY: the word was an atom's when the object was built, an immediate.
            Some(unsafe { Term::from_raw(term.boxed_words()[0].raw()) })
        }
        Some(Subtag::Reference) => Some(local),
        _ => (term.is_local_pid() || term.is_local_port()).then_some(local),
    }
}
