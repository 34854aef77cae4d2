//! Operations on native records.

use brood_term::record::{self, Definition, Record};
use brood_term::{Heap, Mfa, Term, known};

use super::Interpreter;
use super::predicates::branch;
use crate::code::stream::{Ip, Return};

impl Interpreter<'_> {
    pub(super) fn is_native_record(&mut self, ip: Ip) -> Ip {
        let term = self.register(ip.a());
        let (module, name) = (self.constant_at(ip, 1), self.constant_at(ip, 2));
        let holds = Record::of(&term).is_some_and(|record| {
            let definition = record.definition();
            definition.module() == module && definition.name() == name
        });
        branch(ip, holds, 3)
    }

    pub(super) fn is_record_accessible(&mut self, ip: Ip) -> Ip {
        let term = self.register(ip.a());
        let module = self.constant_at(ip, 1);
        let holds = Record::of(&term).is_some_and(|record| {
            let definition = record.definition();
            definition.is_exported() || definition.module() == module
        });
        branch(ip, holds, 2)
    }

    /// The keys are in the order in which records have them, so that one pass finds all.
    pub(super) fn get_record_elements(&mut self, ip: Ip) -> Ip {
        let term = self.register(ip.a());
        let count = ip.word(1) as usize;
        let Some(record) = Record::of(&term) else {
            return ip.label();
        };
        let keys = record.definition().keys();
        let mut found = 0;
        for (&key, &value) in keys.iter().zip(record.values()) {
            if found == count {
                break;
            }
            if self.constant_at(ip, 2 + 2 * found) == key {
                self.set_word(ip.word(3 + 2 * found), value);
                found += 1;
            }
        }
        branch(ip, found == count, 2 + 2 * count)
    }

    pub(super) fn get_record_field(&mut self, ip: Ip) -> Ip {
        let term = self.source_at(ip, 1);
        let [module, name, field] = [2, 3, 4].map(|index| self.constant_at(ip, index));
        let fits = |definition: &Definition<'_>| {
            if module.is_nil() {
                name == known::UNDERSCORE || definition.name() == name
            } else {
                definition.module() == module
                    && definition.name() == name
                    && definition.is_exported()
            }
        };
        let Some(record) = Record::of(&term).filter(|record| fits(&record.definition())) else {
            return self.fail_or_raise(ip, known::BADRECORD, term);
        };
        match record.get(field) {
            Some(value) => {
                self.set_register(ip.a(), value);
                ip.skip(5)
            }
            None => self.field_failure(ip, known::BADFIELD, record.definition(), field),
        }
    }

    pub(super) fn update_native_record(&mut self, ip: Ip) -> Ip {
        let old = self.source_at(ip, 2);
        let Some(record) = Record::of(&old) else {
            return self.fail_or_raise(ip, known::BADRECORD, old);
        };
        let definition = old.boxed_words()[0];
        let new = record::make(self.context.heap(), definition, record.values());
        self.finish_record(ip, new, 3)
    }

    pub(super) fn create_record(&mut self, ip: Ip) -> Ip {
        let (definition, defaults) = (self.constant_at(ip, 2), self.constant_at(ip, 3));
        let new = record::make(self.context.heap(), definition, defaults.boxed_words());
        self.finish_record(ip, new, 4)
    }

    pub(super) fn create_external_record(&mut self, ip: Ip) -> Ip {
        self.create_record_of(ip, true)
    }

    /// Makes a record of another module. If that isn't loaded, `code` may be asked for it first.
    fn create_record_of(&mut self, ip: Ip, may_load: bool) -> Ip {
        let (module, name) = (self.constant_at(ip, 2), self.constant_at(ip, 3));
        let code = &self.context.machine.code;
        let exported = code
            .record(module, name)
            .filter(|record| record.view().is_exported());
        if let Some(found) = exported {
            let defaults = found.defaults.boxed_words();
            let new = record::make(self.context.heap(), found.definition, defaults);
            return self.finish_record(ip, new, 4);
        }
        if may_load && code.module(module).is_none() {
            return self.load_module_of_record(ip, module);
        }
        let id = self.context.heap().tuple(&[module, name]);
        self.fail_or_raise(ip, known::BADRECORD, id)
    }

    /// Calls `code:ensure_loaded(Module)`; the operation goes on when that returns.
    #[cold]
    fn load_module_of_record(&mut self, ip: Ip, module: Term) -> Ip {
        let live = (ip.word(1) & 0xffff) as usize;
        // What the function itself returns to, if it has no frame; then what the operation needs again.
        self.push_frame(0, 0, live);
        self.set_continuation(ip);
        self.push_frame(Return::Record.slots(), 0, live);
        self.set_y(0, Term::NIL);
        let registers = self.x_slice(live);
        let registers = self.context.heap().tuple(registers);
        self.set_y(0, registers);
        self.set_continuation(Return::Record.entry());
        self.set_x(0, module);
        let function = self.context.machine.atom("ensure_loaded");
        let loader = Mfa {
            module: known::CODE,
            function,
            arity: 1,
        };
        let export = self.context.machine.code.export(loader);
        self.enter_export(export, 1)
    }

    /// The module of a record that is to be made has been asked for.
    #[cold]
    pub(super) fn record_loaded(&mut self, _: Ip) -> Ip {
        let registers = self.y(0);
        for (index, &register) in registers.boxed_words().iter().enumerate() {
            self.set_x(index, register);
        }
        self.pop_frame(Return::Record.slots());
        let operation = self.take_continuation();
        self.pop_frame(0);
        self.create_record_of(operation, false)
    }

    /// Sets the fields of a record that was just made to what the pairs from the word `first` on say. Their keys are in the
    /// order in which records have them.
    fn finish_record(&mut self, ip: Ip, new: Term, first: usize) -> Ip {
        let counts = ip.word(1);
        let (live, count) = (counts & 0xffff, (counts >> 16) as usize);
        let Some(record) = Record::of(&new) else {
            return self.fail_or_raise(ip, known::BADRECORD, new);
        };
        let definition = record.definition();
        let (mut set, mut missing) = (0, None);
        for (place, &key) in definition.keys().iter().enumerate() {
            if set < count && self.constant_at(ip, first + 2 * set) == key {
                let value = self.source_at(ip, first + 2 * set + 1);
                // The definition comes before the values.
                self.set_element_of(new, 1 + place, value);
                set += 1;
            } else if record.values()[place].is_catch() {
                missing = missing.or(Some(key));
            }
        }
        if set < count {
            let key = self.constant_at(ip, first + 2 * set);
            return self.field_failure(ip, known::BADFIELD, definition, key);
        }
        if let Some(key) = missing {
            return self.field_failure(ip, known::NOVALUE, definition, key);
        }
        let new = self.keep(new, live);
        self.set_register(ip.a(), new);
        ip.skip(first + 2 * count)
    }

    /// `{Tag, {{Module, Name}, Field}}`.
    #[cold]
    fn field_failure(&mut self, ip: Ip, tag: Term, definition: Definition<'_>, field: Term) -> Ip {
        let heap = self.context.heap();
        let id = heap.tuple(&[definition.module(), definition.name()]);
        let value = heap.tuple(&[id, field]);
        self.fail_or_raise(ip, tag, value)
    }
}
