//! Type tests, comparisons and selections.

use brood_term::compare::{compare, eq, exact_eq};
use brood_term::{Term, known};

use super::Interpreter;
use crate::code::stream::Ip;

/// Goes on behind an operation of `words` words if `holds`, else at its label.
#[inline(always)]
fn branch(ip: Ip, holds: bool, words: usize) -> Ip {
    if holds { ip.skip(words) } else { ip.label() }
}

macro_rules! type_tests {
    ($($handler:ident: $test:expr;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $handler(&mut self, ip: Ip) -> Ip {
                    let test: fn(Term) -> bool = $test;
                    branch(ip, test(self.register(ip.a())), 1)
                }
            )*
        }
    };
}

type_tests! {
    is_integer: Term::is_integer;
    is_float: Term::is_float;
    is_number: Term::is_number;
    is_atom: Term::is_atom;
    is_pid: Term::is_pid;
    is_reference: Term::is_reference;
    is_port: Term::is_port;
    is_nil: Term::is_nil;
    is_binary: |term| term.is_binary();
    is_bitstring: Term::is_bitstring;
    is_list: Term::is_list;
    is_nonempty_list: Term::is_cons;
    is_tuple: Term::is_tuple;
    is_map: Term::is_map;
    is_function: Term::is_function;
    is_boolean: |term| term == known::TRUE || term == known::FALSE;
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
    pub(super) fn test_arity(&mut self, ip: Ip) -> Ip {
        let arity = self
            .register(ip.a())
            .boxed_header()
            .map(|header| header.arity());
        branch(ip, arity == Some(ip.word(1) as usize), 2)
    }

    #[inline(always)]
    pub(super) fn is_tagged_tuple(&mut self, ip: Ip) -> Ip {
        let tuple = self.register(ip.a());
        let holds = match tuple.boxed_header() {
            Some(header) if header.0 == ip.word(1) => tuple
                .boxed_words()
                .first()
                .is_some_and(|tag| tag.raw() == ip.word(2)),
            _ => false,
        };
        branch(ip, holds, 3)
    }

    #[inline(always)]
    pub(super) fn is_less(&mut self, ip: Ip) -> Ip {
        let (a, b) = (self.source_at(ip, 1), self.source_at(ip, 2));
        let holds = if a.both_small(b) {
            (a.raw() as i64) < b.raw() as i64
        } else {
            compare(a, b, &self.context.machine.atoms).is_lt()
        };
        branch(ip, holds, 3)
    }

    #[inline(always)]
    pub(super) fn is_greater_equal(&mut self, ip: Ip) -> Ip {
        let (a, b) = (self.source_at(ip, 1), self.source_at(ip, 2));
        let holds = if a.both_small(b) {
            a.raw() as i64 >= b.raw() as i64
        } else {
            compare(a, b, &self.context.machine.atoms).is_ge()
        };
        branch(ip, holds, 3)
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
    pub(super) fn is_exact_equal(&mut self, ip: Ip) -> Ip {
        branch(
            ip,
            exact_eq(self.source_at(ip, 1), self.source_at(ip, 2)),
            3,
        )
    }

    #[inline(always)]
    pub(super) fn is_not_exact_equal(&mut self, ip: Ip) -> Ip {
        branch(
            ip,
            !exact_eq(self.source_at(ip, 1), self.source_at(ip, 2)),
            3,
        )
    }

    #[inline(always)]
    pub(super) fn is_immediate(&mut self, ip: Ip) -> Ip {
        branch(ip, self.register(ip.a()).raw() == ip.word(1), 2)
    }

    #[inline(always)]
    pub(super) fn is_not_immediate(&mut self, ip: Ip) -> Ip {
        branch(ip, self.register(ip.a()).raw() != ip.word(1), 2)
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
