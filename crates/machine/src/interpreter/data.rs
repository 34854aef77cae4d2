//! Moving and building data.

use brood_term::boxed::make_fun;
use brood_term::{Heap, Term, known};

use super::Interpreter;
use crate::code::stream::Ip;
use crate::exception::Exception;

/// An element of what the compiler knows to be a tuple that has it.
#[inline(always)]
fn element_of(tuple: Term, index: usize) -> Term {
    let elements = tuple.as_tuple().unwrap_or_default();
    elements.get(index).copied().unwrap_or(Term::NIL)
}

impl Interpreter<'_> {
    #[inline(always)]
    pub(super) fn move_xx(&mut self, ip: Ip) -> Ip {
        self.set_x(ip.b(), self.x(ip.a()));
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn move_xy(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.b(), self.x(ip.a()));
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn move_yx(&mut self, ip: Ip) -> Ip {
        self.set_x(ip.b(), self.y(ip.a()));
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn move_yy(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.b(), self.y(ip.a()));
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn move_cx(&mut self, ip: Ip) -> Ip {
        self.set_x(ip.a(), self.source_at(ip, 1));
        ip.skip(2)
    }

    #[inline(always)]
    pub(super) fn move_cy(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.a(), self.source_at(ip, 1));
        ip.skip(2)
    }

    #[inline(always)]
    pub(super) fn swap(&mut self, ip: Ip) -> Ip {
        let (a, b) = (self.register(ip.a()), self.register(ip.b()));
        self.set_register(ip.a(), b);
        self.set_register(ip.b(), a);
        ip.skip(1)
    }

    /// Head and tail of what the compiler knows to be a cons cell.
    #[inline(always)]
    fn cell(&self, register: usize) -> (Term, Term) {
        self.register(register)
            .as_cons()
            .unwrap_or((Term::NIL, Term::NIL))
    }

    #[inline(always)]
    pub(super) fn get_list(&mut self, ip: Ip) -> Ip {
        let (head, tail) = self.cell(ip.a());
        self.set_register(ip.b(), head);
        self.set_register(ip.c(), tail);
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn get_head(&mut self, ip: Ip) -> Ip {
        let (head, _) = self.cell(ip.a());
        self.set_register(ip.b(), head);
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn get_tail(&mut self, ip: Ip) -> Ip {
        let (_, tail) = self.cell(ip.a());
        self.set_register(ip.b(), tail);
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn get_element(&mut self, ip: Ip) -> Ip {
        let element = element_of(self.register(ip.a()), ip.b());
        self.set_register(ip.c(), element);
        ip.skip(1)
    }

    pub(super) fn get_element_far(&mut self, ip: Ip) -> Ip {
        let element = element_of(self.register(ip.a()), ip.word(1) as usize);
        self.set_register(ip.b(), element);
        ip.skip(2)
    }

    pub(super) fn set_element(&mut self, ip: Ip) -> Ip {
        let (value, tuple) = (self.source_at(ip, 1), self.source_at(ip, 2));
        self.set_element_of(tuple, ip.word(3) as usize, value);
        ip.skip(4)
    }

    #[inline(always)]
    pub(super) fn put_list(&mut self, ip: Ip) -> Ip {
        let (head, tail) = (self.source_at(ip, 1), self.source_at(ip, 2));
        let list = self.context.heap().cons(head, tail);
        self.set_register(ip.a(), list);
        ip.skip(3)
    }

    /// Builds a tuple of `count` sources, which begin in the word at `first`.
    #[inline(always)]
    fn tuple_of(&mut self, ip: Ip, first: usize, count: usize) -> Term {
        // Small tuples are put together where no heap is in the way.
        const SMALL: usize = 16;
        if count <= SMALL {
            let mut elements = [Term::NIL; SMALL];
            for (index, element) in elements[..count].iter_mut().enumerate() {
                *element = self.source_at(ip, first + index);
            }
            return self.context.heap().tuple(&elements[..count]);
        }
        let elements: alloc::vec::Vec<Term> = (0..count)
            .map(|index| self.source_at(ip, first + index))
            .collect();
        self.context.heap().tuple(&elements)
    }

    #[inline(always)]
    pub(super) fn put_tuple(&mut self, ip: Ip) -> Ip {
        let count = ip.word(1) as usize;
        let tuple = self.tuple_of(ip, 2, count);
        self.set_register(ip.a(), tuple);
        ip.skip(2 + count)
    }

    pub(super) fn update_record(&mut self, ip: Ip) -> Ip {
        let old = self.source_at(ip, 1);
        let updates = ip.word(2) as usize;
        let Some(elements) = old.as_tuple() else {
            let exception = Exception::error_tuple(self.context.heap(), known::BADRECORD, old);
            return self.raise(exception, Some(ip), None);
        };
        let record = self.context.heap().tuple(elements);
        for index in 0..updates {
            let position = ip.word(3 + 2 * index) as usize;
            let value = self.source_at(ip, 4 + 2 * index);
            self.set_element_of(record, position - 1, value);
        }
        self.set_register(ip.a(), record);
        ip.skip(3 + 2 * updates)
    }

    pub(super) fn make_fun(&mut self, ip: Ip) -> Ip {
        let count = ip.b();
        let mut free = [Term::NIL; brood_beam::MAX_ARITY as usize];
        for (index, variable) in free[..count].iter_mut().enumerate() {
            *variable = self.source_at(ip, 2 + index);
        }
        let creator = self.context.process.pid;
        let fun = make_fun(
            self.context.heap(),
            ip.fun_entry(1),
            creator,
            &free[..count],
        );
        self.set_register(ip.a(), fun);
        ip.skip(2 + count)
    }
}
