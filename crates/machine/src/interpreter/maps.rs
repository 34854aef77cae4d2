//! Operations on maps.

use alloc::vec::Vec;

use brood_term::{Term, compare, known, map};

use super::Interpreter;
use crate::code::stream::Ip;
use crate::exception::Exception;

/// Whether the word of a source is a term, and not a register.
fn is_constant(word: u64) -> bool {
    word & 3 != 0
}

impl Interpreter<'_> {
    /// The pairs of sources that begin in the third word.
    fn pairs(&self, ip: Ip, count: usize) -> Vec<(Term, Term)> {
        (0..count)
            .map(|index| {
                (
                    self.source_at(ip, 3 + 2 * index),
                    self.source_at(ip, 4 + 2 * index),
                )
            })
            .collect()
    }

    pub(super) fn put_map_assoc(&mut self, ip: Ip) -> Ip {
        self.put_map(ip, false)
    }

    pub(super) fn put_map_exact(&mut self, ip: Ip) -> Ip {
        self.put_map(ip, true)
    }

    fn put_map(&mut self, ip: Ip, exact: bool) -> Ip {
        let counts = ip.word(1);
        let (live, count) = (counts & 0xffff, (counts >> 16) as usize);
        let old = self.source_at(ip, 2);
        if !old.is_map() {
            return self.fail_or_raise(ip, known::BADMAP, old);
        }
        let pairs = self.pairs(ip, count);
        let (heap, atoms) = (&mut self.context.process.heap, &self.context.machine.atoms);
        let new = if exact {
            match map::put_exact(heap, old, &pairs) {
                Ok(new) => new,
                Err(key) => {
                    let key = self.first_missing(ip, old, count).unwrap_or(key);
                    return self.fail_or_raise(ip, known::BADKEY, key);
                }
            }
        } else {
            map::put_assoc(heap, old, &pairs, atoms)
        };
        let new = self.keep(new, live);
        self.set_register(ip.a(), new);
        ip.skip(3 + 2 * count)
    }

    /// Of keys that are constants, OTP misses the first in the exact term order; of others, the first that it comes upon.
    #[cold]
    fn first_missing(&self, ip: Ip, map: Term, count: usize) -> Option<Term> {
        let indices = (0..count).map(|index| 3 + 2 * index);
        if !indices.clone().all(|index| is_constant(ip.word(index))) {
            return None;
        }
        let atoms = &self.context.machine.atoms;
        indices
            .map(|index| self.source_at(ip, index))
            .filter(|key| map::get(map, *key).is_none())
            .min_by(|a, b| compare::compare_exact(*a, *b, atoms))
    }

    /// Goes to the operation's label, or raises `{tag, value}` if it has none.
    #[cold]
    pub(super) fn fail_or_raise(&mut self, ip: Ip, tag: Term, value: Term) -> Ip {
        if ip.has_label() {
            return ip.label();
        }
        let exception = Exception::error_tuple(self.context.heap(), tag, value);
        self.raise(exception, Some(ip), None)
    }

    pub(super) fn get_map_elements(&mut self, ip: Ip) -> Ip {
        let source = self.register(ip.a());
        let count = ip.word(1) as usize;
        for index in 0..count {
            let key = self.source_at(ip, 2 + 2 * index);
            match map::get(source, key) {
                Some(value) => self.set_word(ip.word(3 + 2 * index), value),
                None => return ip.label(),
            }
        }
        ip.skip(2 + 2 * count)
    }

    pub(super) fn has_map_fields(&mut self, ip: Ip) -> Ip {
        let source = self.register(ip.a());
        let count = ip.word(1) as usize;
        for index in 0..count {
            if map::get(source, self.source_at(ip, 2 + index)).is_none() {
                return ip.label();
            }
        }
        ip.skip(2 + count)
    }
}
