//! Type tests, comparisons and selections.

use core::cmp::Ordering;

use brood_term::compare::{compare, eq, exact_eq};
use brood_term::record::Record;
use brood_term::{Term, known};

use super::Interpreter;
use crate::code::stream::Ip;

/// Goes on behind an operation of `words` words if `holds`, else at its label.
#[inline(always)]
pub(super) fn branch(ip: Ip, holds: bool, words: usize) -> Ip {
    if holds { ip.skip(words) } else { ip.label() }
}

macro_rules! type_tests {
    ($($handler:ident $register:ident: $test:expr;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $handler(&mut self, ip: Ip) -> Ip {
                    let test: fn(Term) -> bool = $test;
                    branch(ip, test(self.$register(ip.a())), 1)
                }
            )*
        }
    };
}

type_tests! {
    is_integer register: Term::is_integer;
    is_integer_x x_register: Term::is_integer;
    is_float register: Term::is_float;
    is_float_x x_register: Term::is_float;
    is_number register: Term::is_number;
    is_atom register: Term::is_atom;
    is_atom_x x_register: Term::is_atom;
    is_pid register: Term::is_pid;
    is_reference register: Term::is_reference;
    is_port register: Term::is_port;
    is_nil register: Term::is_nil;
    is_nil_x x_register: Term::is_nil;
    is_binary register: |term| term.is_binary();
    is_binary_x x_register: |term| term.is_binary();
    is_bitstring register: Term::is_bitstring;
    is_list register: Term::is_list;
    is_list_x x_register: Term::is_list;
    is_nonempty_list register: Term::is_cons;
    is_nonempty_list_x x_register: Term::is_cons;
    is_tuple register: Term::is_tuple;
    is_tuple_x x_register: Term::is_tuple;
    is_any_native_record register: |term| Record::of(&term).is_some();
    is_map register: Term::is_map;
    is_map_x x_register: Term::is_map;
    is_function register: Term::is_function;
    is_boolean register: |term| term == known::TRUE || term == known::FALSE;
}

macro_rules! tests {
    ($($handler:ident $register:ident: $test:ident $words:literal;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $handler(&mut self, ip: Ip) -> Ip {
                    branch(ip, $test(ip, self.$register(ip.a())), $words)
                }
            )*
        }
    };
}

tests! {
    test_arity register: has_arity 2;
    test_arity_x x_register: has_arity 2;
    is_tagged_tuple register: has_tag 3;
    is_tagged_tuple_x x_register: has_tag 3;
    is_immediate register: is_word 2;
    is_immediate_x x_register: is_word 2;
    is_not_immediate register: is_other_word 2;
    is_not_immediate_x x_register: is_other_word 2;
}

/// Whether a tuple has as many elements as the operation says.
#[inline(always)]
fn has_arity(ip: Ip, tuple: Term) -> bool {
    tuple
        .boxed_header()
        .is_some_and(|header| header.arity() == ip.word(1) as usize)
}

/// Whether a term is a tuple with the header and the first element that the operation names.
#[inline(always)]
fn has_tag(ip: Ip, tuple: Term) -> bool {
    match tuple.boxed_header() {
        Some(header) if header.0 == ip.word(1) => tuple
            .boxed_words()
            .first()
            .is_some_and(|tag| tag.raw() == ip.word(2)),
        _ => false,
    }
}

#[inline(always)]
fn is_word(ip: Ip, term: Term) -> bool {
    term.raw() == ip.word(1)
}

#[inline(always)]
fn is_other_word(ip: Ip, term: Term) -> bool {
    term.raw() != ip.word(1)
}

macro_rules! comparisons {
    ($($handler:ident: $a:ident $comparison:ident $b:ident;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $handler(&mut self, ip: Ip) -> Ip {
                    let holds = self.$comparison(self.$a(ip, 1), self.$b(ip, 2));
                    branch(ip, holds, 3)
                }
            )*
        }
    };
}

comparisons! {
    is_less: source_at less source_at;
    is_less_xx: x_at less x_at;
    is_less_xs: x_at less constant_at;
    is_less_sx: constant_at less x_at;
    is_greater_equal: source_at greater_equal source_at;
    is_greater_equal_xx: x_at greater_equal x_at;
    is_greater_equal_xs: x_at greater_equal constant_at;
    is_greater_equal_sx: constant_at greater_equal x_at;
    is_exact_equal: source_at same source_at;
    is_exact_equal_xx: x_at same x_at;
    is_not_exact_equal: source_at different source_at;
    is_not_exact_equal_xx: x_at different x_at;
}

impl Interpreter<'_> {
    #[inline(always)]
    fn less(&self, a: Term, b: Term) -> bool {
        if a.both_small(b) {
            (a.raw() as i64) < b.raw() as i64
        } else {
            self.order(a, b).is_lt()
        }
    }

    #[inline(always)]
    fn greater_equal(&self, a: Term, b: Term) -> bool {
        !self.less(a, b)
    }

    #[inline(always)]
    fn same(&self, a: Term, b: Term) -> bool {
        exact_eq(a, b)
    }

    #[inline(always)]
    fn different(&self, a: Term, b: Term) -> bool {
        !exact_eq(a, b)
    }

    #[inline(never)]
    fn order(&self, a: Term, b: Term) -> Ordering {
        compare(a, b, &self.context.machine.atoms)
    }
}

impl Interpreter<'_> {
    pub(super) fn is_function2(&mut self, ip: Ip) -> Ip {
        let fun = self.register(ip.a());
        let arity = match (fun.as_fun(), fun.as_export()) {
            (Some(entry), _) => Some(entry.arity),
            (_, Some(mfa)) => Some(mfa.arity),
            _ => None,
        };
        let wanted = self.source_at(ip, 1).as_small();
        branch(ip, arity.is_some() && arity.map(i64::from) == wanted, 2)
    }

    #[inline(always)]
    pub(super) fn is_equal(&mut self, ip: Ip) -> Ip {
        branch(ip, eq(self.source_at(ip, 1), self.source_at(ip, 2)), 3)
    }

    #[inline(always)]
    pub(super) fn is_not_equal(&mut self, ip: Ip) -> Ip {
        branch(ip, !eq(self.source_at(ip, 1), self.source_at(ip, 2)), 3)
    }

    #[inline(always)]
    pub(super) fn select_immediate(&mut self, ip: Ip) -> Ip {
        select_sorted(ip, self.source_at(ip, 1).raw())
    }

    #[inline(always)]
    pub(super) fn select_arity(&mut self, ip: Ip) -> Ip {
        match self.source_at(ip, 1).as_tuple() {
            Some(elements) => select_sorted(ip, Term::small(elements.len() as i64).raw()),
            None => ip.label(),
        }
    }

    #[inline(always)]
    pub(super) fn select_dense(&mut self, ip: Ip) -> Ip {
        let (least, count) = (ip.word(2) as i64, ip.word(3));
        if let Some(value) = self.source_at(ip, 1).as_small() {
            let index = value.wrapping_sub(least) as u64;
            if index < count {
                let distance = ip.word(4 + index as usize);
                if distance != 0 {
                    return ip.offset(distance as isize);
                }
            }
        }
        ip.label()
    }

    pub(super) fn select_any(&mut self, ip: Ip) -> Ip {
        let value = self.source_at(ip, 1);
        let count = ip.word(2) as usize;
        for index in 0..count {
            if exact_eq(value, self.source_at(ip, 3 + index)) {
                return ip.offset(ip.word(3 + count + index) as isize);
            }
        }
        ip.label()
    }
}

/// Where the value `wanted` leads, of those that begin in the third word.
#[inline(always)]
fn select_sorted(ip: Ip, wanted: u64) -> Ip {
    let count = ip.word(2) as usize;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) / 2;
        let value = ip.word(3 + middle);
        if value == wanted {
            return ip.offset(ip.word(3 + count + middle) as isize);
        }
        if value < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    ip.label()
}
