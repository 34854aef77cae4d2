//! Moving and building data.

use brood_term::boxed::{Header, make_fun};
use brood_term::{Heap, Subtag, Term, known};

use super::Interpreter;
use crate::code::stream::Ip;
use crate::exception::Exception;

/// An element of what the compiler knows to be a tuple that has it.
#[inline(always)]
fn element_of(tuple: Term, index: usize) -> Term {
    let elements = tuple.as_tuple().unwrap_or_default();
    elements.get(index).copied().unwrap_or(Term::NIL)
}

/// Head and tail of what the compiler knows to be a cons cell.
#[inline(always)]
fn cell(list: Term) -> (Term, Term) {
    list.as_cons().unwrap_or((Term::NIL, Term::NIL))
}

macro_rules! parts {
    ($($list:ident $head:ident $tail:ident $element:ident: $from:ident $set:ident;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $list(&mut self, ip: Ip) -> Ip {
                    let (head, tail) = cell(self.$from(ip.a()));
                    self.$set(ip.b(), head);
                    self.$set(ip.c(), tail);
                    ip.skip(1)
                }

                #[inline(always)]
                pub(super) fn $head(&mut self, ip: Ip) -> Ip {
                    let (head, _) = cell(self.$from(ip.a()));
                    self.$set(ip.b(), head);
                    ip.skip(1)
                }

                #[inline(always)]
                pub(super) fn $tail(&mut self, ip: Ip) -> Ip {
                    let (_, tail) = cell(self.$from(ip.a()));
                    self.$set(ip.b(), tail);
                    ip.skip(1)
                }

                #[inline(always)]
                pub(super) fn $element(&mut self, ip: Ip) -> Ip {
                    let element = element_of(self.$from(ip.a()), ip.b());
                    self.$set(ip.c(), element);
                    ip.skip(1)
                }
            )*
        }
    };
}

parts! {
    get_list get_head get_tail get_element: register set_register;
    get_list_xx get_head_xx get_tail_xx get_element_xx: x_register set_x_register;
    get_list_yx get_head_yx get_tail_yx get_element_yx: y_register set_x_register;
    get_list_xy get_head_xy get_tail_xy get_element_xy: x_register set_y_register;
}

macro_rules! put_lists {
    ($($handler:ident: $head:ident $tail:ident $set:ident;)*) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                pub(super) fn $handler(&mut self, ip: Ip) -> Ip {
                    let (head, tail) = (self.$head(ip, 1), self.$tail(ip, 2));
                    let list = self.context.heap().cons(head, tail);
                    self.$set(ip.a(), list);
                    ip.skip(3)
                }
            )*
        }
    };
}

put_lists! {
    put_list: source_at source_at set_register;
    put_list_xx: x_at x_at set_x_register;
    put_list_yx: y_at x_at set_x_register;
    put_list_xy: x_at y_at set_x_register;
    put_list_xc: x_at constant_at set_x_register;
    put_list_cx: constant_at x_at set_x_register;
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
        self.set_x(ip.a(), self.constant_at(ip, 1));
        ip.skip(2)
    }

    #[inline(always)]
    pub(super) fn move_cy(&mut self, ip: Ip) -> Ip {
        self.set_y(ip.a(), self.constant_at(ip, 1));
        ip.skip(2)
    }

    #[inline(always)]
    pub(super) fn swap(&mut self, ip: Ip) -> Ip {
        let (a, b) = (self.register(ip.a()), self.register(ip.b()));
        self.set_register(ip.a(), b);
        self.set_register(ip.b(), a);
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

    /// Builds a tuple of sources.
    #[inline(always)]
    pub(super) fn put_tuple(&mut self, ip: Ip) -> Ip {
        let count = ip.word(1) as usize;
        let object = self.context.heap().allocate(1 + count);
        // SAFETY: `object` is fresh with room for the header and the elements, all written here.
        let tuple = unsafe {
            object.write(Term::header(Header::new(Subtag::Tuple, count)));
            for index in 0..count {
                object.add(1 + index).write(self.source_at(ip, 2 + index));
            }
            Term::from_boxed(object)
        };
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
