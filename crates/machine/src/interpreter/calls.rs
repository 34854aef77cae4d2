//! Calls, returns and frames.

use brood_term::{FunEntry, Heap, Mfa, Term, known};

use super::{Interpreter, SliceEnd};
use crate::code::export::Export;
use crate::code::stream::Ip;
use crate::exception::{Class, Control, Exception, Trace};
use crate::interpreter::bifs::After;
use crate::interpreter::registers::MOST_ARGUMENTS;
use crate::tracing::saved_calls::Saved;

impl Interpreter<'_> {
    /// Goes on at a function's entry, where `live` arguments are in X registers, unless the slice is used up.
    #[inline(always)]
    pub(super) fn enter(&mut self, entry: Ip, live: usize) -> Ip {
        self.context.process.fuel -= 1;
        if self.context.process.fuel <= 0 {
            return self.enter_without_fuel(entry, live);
        }
        entry
    }

    /// Ends the slice, unless the process has fuel below 0: calls are saved.
    #[cold]
    fn enter_without_fuel(&mut self, entry: Ip, live: usize) -> Ip {
        if self.context.process.fuel_left() > 0 {
            return entry;
        }
        self.suspend(entry, live, SliceEnd::Yield)
    }

    /// As [`Interpreter::enter`], of an export.
    #[inline(always)]
    pub(super) fn enter_export(&mut self, export: &'static Export, live: usize) -> Ip {
        self.context.process.fuel -= 1;
        if self.context.process.fuel <= 0 {
            self.context.process.save_call(Saved::Call(&export.mfa));
            return self.enter_without_fuel(export.entry(), live);
        }
        export.entry()
    }

    #[inline(always)]
    pub(super) fn jump(&mut self, ip: Ip) -> Ip {
        ip.label()
    }

    #[inline(always)]
    pub(super) fn call(&mut self, ip: Ip) -> Ip {
        self.set_continuation(ip.skip(1));
        self.enter(ip.label(), ip.a())
    }

    #[inline(always)]
    pub(super) fn call_last(&mut self, ip: Ip) -> Ip {
        self.pop_frame(ip.word(1) as usize);
        self.enter(ip.label(), ip.a())
    }

    #[inline(always)]
    pub(super) fn call_only(&mut self, ip: Ip) -> Ip {
        self.enter(ip.label(), ip.a())
    }

    #[inline(always)]
    pub(super) fn call_external(&mut self, ip: Ip) -> Ip {
        self.set_continuation(ip.skip(2));
        self.enter_export(ip.export(1), ip.a())
    }

    #[inline(always)]
    pub(super) fn call_external_last(&mut self, ip: Ip) -> Ip {
        self.pop_frame(ip.b());
        self.enter_export(ip.export(1), ip.a())
    }

    #[inline(always)]
    pub(super) fn call_external_only(&mut self, ip: Ip) -> Ip {
        self.enter_export(ip.export(1), ip.a())
    }

    #[inline(always)]
    pub(super) fn return_(&mut self, _: Ip) -> Ip {
        self.take_continuation()
    }

    #[inline(always)]
    pub(super) fn deallocate_return(&mut self, ip: Ip) -> Ip {
        self.pop_frame(ip.a());
        self.take_continuation()
    }

    #[inline(always)]
    pub(super) fn allocate(&mut self, ip: Ip) -> Ip {
        self.push_frame(ip.a(), 0, ip.b());
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn allocate_heap(&mut self, ip: Ip) -> Ip {
        self.push_frame(ip.a(), ip.word(1) as usize, ip.b());
        ip.skip(2)
    }

    #[inline(always)]
    pub(super) fn deallocate(&mut self, ip: Ip) -> Ip {
        self.pop_frame(ip.a());
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn trim(&mut self, ip: Ip) -> Ip {
        self.trim_frame(ip.a());
        ip.skip(1)
    }

    #[inline(always)]
    pub(super) fn test_heap(&mut self, ip: Ip) -> Ip {
        self.ensure(ip.word(1) as usize, ip.a());
        ip.skip(2)
    }

    #[inline(always)]
    pub(super) fn init_y(&mut self, ip: Ip) -> Ip {
        let count = ip.a();
        for index in 1..=count {
            self.set_y(ip.word(index) as usize, Term::NIL);
        }
        ip.skip(1 + count)
    }

    #[cold]
    pub(super) fn process_end(&mut self, _: Ip) -> Ip {
        let reason = self.context.own(known::NORMAL);
        self.exit(reason)
    }

    /// A list of the first `count` X registers.
    pub(super) fn argument_list(&mut self, count: usize) -> Term {
        let arguments = self.x_slice(count);
        self.context.heap().list(arguments)
    }

    /// Calls an export without code: it may have got some; else the error handler is asked.
    #[cold]
    pub(super) fn call_export_stub(&mut self, ip: Ip) -> Ip {
        let export = ip.export(1);
        if export.is_defined() {
            return export.entry();
        }
        let mfa = export.mfa;
        let arguments = self.argument_list(mfa.arity as usize);
        let handler = Mfa {
            module: self.context.process.error_handler,
            function: known::UNDEFINED_FUNCTION,
            arity: 3,
        };
        match self.context.machine.code.defined(&handler) {
            Some(handler) => {
                self.set_x(0, mfa.module);
                self.set_x(1, mfa.function);
                self.set_x(2, arguments);
                handler.entry()
            }
            None => {
                let trace = Trace::Function { mfa, arguments };
                self.raise(
                    Exception {
                        trace,
                        ..Exception::error(known::UNDEF)
                    },
                    None,
                    None,
                )
            }
        }
    }

    #[inline(always)]
    pub(super) fn call_fun(&mut self, ip: Ip) -> Ip {
        let arity = ip.a();
        let fun = self.x(arity);
        self.apply_fun(fun, arity, ip, After::Continue(ip.skip(1)))
    }

    #[inline(always)]
    pub(super) fn call_fun2(&mut self, ip: Ip) -> Ip {
        let fun = self.source_at(ip, 1);
        self.apply_fun(fun, ip.a(), ip, After::Continue(ip.skip(2)))
    }

    #[inline(always)]
    pub(super) fn call_fun_last(&mut self, ip: Ip) -> Ip {
        let fun = self.source_at(ip, 1);
        self.apply_fun(fun, ip.a(), ip, After::Deallocate(ip.b()))
    }

    /// Calls `fun` with the arguments in X registers. `at` is where an exception would be raised.
    #[inline(always)]
    pub(super) fn apply_fun(&mut self, fun: Term, arity: usize, at: Ip, after: After) -> Ip {
        if let Some(entry) = fun.as_fun()
            && entry.arity as usize == arity
            && !entry.address.get().is_null()
        {
            let free = fun.fun_environment();
            for (index, &variable) in free.iter().enumerate() {
                self.set_x(arity + index, variable);
            }
            self.leave(after);
            // SAFETY: the address is that of the code of the fun's module, while it is loaded.
            let entry = unsafe { Ip::new(entry.address.get()) };
            return self.enter(entry, arity + free.len());
        }
        self.apply_other_fun(fun, arity, at, after)
    }

    /// Calls an external fun, or what can't be called.
    #[inline(never)]
    fn apply_other_fun(&mut self, fun: Term, arity: usize, at: Ip, after: After) -> Ip {
        if let Some(&mfa) = fun.as_export() {
            if mfa.arity as usize == arity {
                return self.apply_export(mfa, at, after);
            }
        } else if let Some(entry) = fun.as_fun() {
            if entry.arity as usize == arity {
                return self.apply_undefined_fun(fun, entry, arity, at, after);
            }
        } else {
            let exception = Exception::error_tuple(self.context.heap(), known::BADFUN, fun);
            return self.raise(exception, Some(at), None);
        }
        let arguments = self.argument_list(arity);
        let pair = self.context.heap().tuple(&[fun, arguments]);
        let exception = Exception::error_tuple(self.context.heap(), known::BADARITY, pair);
        self.raise(exception, Some(at), None)
    }

    /// Calls a closure whose module is not loaded: the error handler may load it. While its module is being purged the
    /// process is suspended first.
    fn apply_undefined_fun(
        &mut self,
        fun: Term,
        entry: &FunEntry,
        arity: usize,
        at: Ip,
        after: After,
    ) -> Ip {
        let arguments = self.argument_list(arity);
        let pid = self.context.process.pid;
        let waits = self.context.machine.code.await_purge(entry, pid);
        // The module is there, without this fun: nothing would bring it back.
        if !waits && self.context.machine.code.module(entry.module).is_some() {
            let exception = Exception::error_tuple(self.context.heap(), known::BADFUN, fun);
            return self.raise(exception, Some(at), None);
        }
        let handler = if waits {
            Mfa {
                module: self.context.machine.atom("erts_code_purger"),
                function: self.context.machine.atom("pending_purge_lambda"),
                arity: 3,
            }
        } else {
            Mfa {
                module: self.context.process.error_handler,
                function: known::UNDEFINED_LAMBDA,
                arity: 3,
            }
        };
        match self.context.machine.code.defined(&handler) {
            Some(handler) => {
                self.set_x(0, entry.module);
                self.set_x(1, fun);
                self.set_x(2, arguments);
                self.leave(after);
                if waits {
                    self.context.process.suspend_count += 1;
                    return self.suspend(handler.entry(), 3, SliceEnd::Yield);
                }
                self.enter(handler.entry(), 3)
            }
            None => {
                let exception = Exception::error_tuple(self.context.heap(), known::BADFUN, fun);
                self.raise(exception, Some(at), None)
            }
        }
    }

    /// Calls a function by name, with the arguments in X registers.
    pub(super) fn apply_export(&mut self, mfa: Mfa, at: Ip, after: After) -> Ip {
        let export: &'static Export = self.context.machine.code.export(mfa);
        match export.bif {
            // Called from here, so that it counts as called by the function at hand.
            Some(bif) if !export.is_traced() => {
                self.bif_call(Some(bif), export, at, Some(at), after)
            }
            _ => {
                if export.bif.is_some() && always_raises(&mfa) {
                    self.stay(at, after, mfa.arity as usize);
                } else {
                    self.leave(after);
                }
                self.enter_export(export, mfa.arity as usize)
            }
        }
    }

    /// Prepares the stack for a call that never returns, so that the function at hand is in the trace of what it raises.
    #[cold]
    fn stay(&mut self, at: Ip, after: After, live: usize) {
        if let After::Return = after {
            self.push_frame(0, 0, live);
        }
        self.set_continuation(at.skip(1));
    }

    pub(super) fn apply(&mut self, ip: Ip) -> Ip {
        self.apply_named(ip, After::Continue(ip.skip(1)))
    }

    pub(super) fn apply_last(&mut self, ip: Ip) -> Ip {
        self.apply_named(ip, After::Deallocate(ip.b()))
    }

    fn apply_named(&mut self, ip: Ip, after: After) -> Ip {
        let arity = ip.a();
        let (module, function) = (self.x(arity), self.x(arity + 1));
        if !module.is_atom() || !function.is_atom() {
            let arguments = self.argument_list(arity);
            let arguments = self.context.heap().list(&[module, function, arguments]);
            let mfa = Mfa {
                module: known::ERLANG,
                function: known::APPLY,
                arity: 3,
            };
            let trace = Trace::Function { mfa, arguments };
            return self.raise(
                Exception {
                    trace,
                    ..Exception::error(known::BADARG)
                },
                Some(ip),
                None,
            );
        }
        self.apply_export(
            Mfa {
                module,
                function,
                arity: arity as u32,
            },
            ip,
            after,
        )
    }

    /// Continues as `control` says, which a BIF gave that was called at `at` with `arity` arguments. `pc` is where
    /// an exception is raised: none if the BIF was not called from code.
    #[inline(never)]
    pub(super) fn control(
        &mut self,
        control: Control,
        export: &'static Export,
        at: Ip,
        pc: Option<Ip>,
        after: After,
    ) -> Ip {
        let arity = export.mfa.arity as usize;
        match control {
            Control::Raise(exception) => {
                let arguments = self.x_slice(arity);
                self.raise(exception, pc, Some((export, arguments)))
            }
            Control::Call { mfa, arguments } => match self.spread(arguments) {
                Ok(_) => self.apply_export(mfa, pc.unwrap_or(at), after),
                Err(control) => self.control(control, export, at, pc, after),
            },
            Control::Apply { fun, arguments } => match self.spread(arguments) {
                // The fun itself takes a register, too.
                Ok(arity) if arity == MOST_ARGUMENTS => {
                    self.control(crate::exception::system_limit(), export, at, pc, after)
                }
                Ok(arity) => self.apply_fun(fun, arity, pc.unwrap_or(at), after),
                Err(control) => self.control(control, export, at, pc, after),
            },
            Control::Again { wait } => {
                let end = if wait {
                    SliceEnd::Wait
                } else {
                    SliceEnd::Yield
                };
                if at.calls_bif(export) {
                    return self.suspend(at, arity, end);
                }
                // Applied: the operation at `at` has other arguments than the BIF.
                self.leave(after);
                self.suspend(export.late_entry(), arity, end)
            }
            Control::Hibernate { mfa, arguments } => match self.spread(arguments) {
                Ok(arity) => {
                    self.clear_stack();
                    let entry = self.context.machine.code.export(mfa).late_entry();
                    let waits = self.context.process.messages.is_empty();
                    self.context.process.hibernating = waits;
                    let end = if waits {
                        SliceEnd::Wait
                    } else {
                        SliceEnd::Yield
                    };
                    let ip = self.suspend(entry, arity, end);
                    let literals = &self.context.machine.literals;
                    // Without memory for it the heap stays as it is.
                    let _ = self.context.process.shrink_to_fit(literals);
                    ip
                }
                Err(control) => self.control(control, export, at, pc, after),
            },
            Control::Exit(reason) => {
                let reason = self.context.own(reason);
                self.exit(reason)
            }
            Control::Halt => self.suspend(at, arity, SliceEnd::Wait),
        }
    }

    #[cold]
    pub(super) fn function_clause(&mut self, ip: Ip) -> Ip {
        let arguments = self.argument_list(ip.a());
        let trace = Trace::Arguments {
            arguments,
            error_info: Term::NONE,
        };
        let exception = Exception {
            trace,
            ..Exception::new(Class::Error, known::FUNCTION_CLAUSE)
        };
        self.raise(exception, Some(ip), None)
    }
}

/// Whether a BIF does nothing but raise an exception.
fn always_raises(mfa: &Mfa) -> bool {
    let raises = mfa.arity == 1 || mfa.function == known::ERROR;
    raises && mfa.module == known::ERLANG && Class::from_atom(mfa.function).is_some()
}
