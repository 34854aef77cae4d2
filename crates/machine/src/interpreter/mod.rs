//! The interpreter: a dispatch loop over the table of operations, and a handler for each.
//!
//! A handler gets the address of its operation and gives that of the next one to be executed. The slice ends when
//! that is [`stop`]. Handlers are grouped by what they deal with.

mod arithmetic;
mod bifs;
mod bits;
mod calls;
mod data;
mod exceptions;
mod floats;
mod maps;
mod predicates;
mod receive;
mod records;
mod registers;
mod tracing;

use alloc::vec::Vec;

use brood_term::{Mfa, OwnedTerm, Term};

use crate::code::operation::{Operation, operations};
use crate::code::stream::{Ip, process_end, stop};
use crate::context::Context;
use crate::machine::Machine;
use crate::process::Process;

pub use registers::Registers;

/// Why a process no longer runs.
#[derive(Debug)]
pub enum SliceEnd {
    /// It used up its reductions, or makes way for others.
    Yield,
    /// It waits for a message, a timer or the like.
    Wait,
    /// It ends for this reason.
    Exit(OwnedTerm),
}

/// What the handlers work on.
struct Interpreter<'a> {
    context: Context<'a>,
    x: *mut Term,
    floats: *mut f64,
    end: Option<SliceEnd>,
}

macro_rules! dispatch {
    (
        $($variant:ident $handler:ident $operands:literal $meaning:literal;)*
        @fused
        $($fused:ident $fused_handler:ident: $_1:ident $first:ident $words:literal then $_2:ident $second:ident;)*
    ) => {
        impl Interpreter<'_> {
            $(
                #[inline(always)]
                fn $fused_handler(&mut self, ip: Ip) -> Ip {
                    let (second, next) = (ip.skip($words), self.$first(ip));
                    if next != second {
                        return next;
                    }
                    self.$second(second)
                }
            )*

            /// Executes operations until the slice ends.
            #[inline(never)]
            fn execute(&mut self, mut ip: Ip) {
                let mut operation = ip.operation();
                loop {
                    ip = match operation {
                        Operation::Stop => return,
                        Operation::Breakpoint => {
                            match self.breakpoint(ip) {
                                Ok(original) => {
                                    operation = original;
                                    continue;
                                }
                                Err(elsewhere) => elsewhere,
                            }
                        }
                        $(Operation::$variant => self.$handler(ip),)*
                        $(Operation::$fused => self.$fused_handler(ip),)*
                    };
                    operation = ip.operation();
                }
            }
        }
    };
}
operations!(dispatch);

/// Runs the process of `context` until its slice ends.
pub fn run(context: &mut Context<'_>) -> SliceEnd {
    if let Some(reason) = context.process.pending_exit.take() {
        return SliceEnd::Exit(reason);
    }
    let (x, floats) = (
        context.machine.registers.x(),
        context.machine.registers.floats(),
    );
    let mut interpreter = Interpreter {
        context: Context {
            machine: &mut *context.machine,
            process: &mut *context.process,
        },
        x,
        floats,
        end: None,
    };
    let registers = core::mem::take(&mut interpreter.context.process.registers);
    for (index, &register) in registers.iter().enumerate() {
        interpreter.set_x(index, register);
    }
    interpreter.context.process.registers = registers;
    interpreter.context.process.registers.clear();
    // SAFETY: `ip` is set to an operation by `prepare_call` and whenever a slice ends.
    let ip = unsafe { Ip::new(interpreter.context.process.ip) };
    interpreter.execute(ip);
    interpreter.end.take().unwrap_or(SliceEnd::Yield)
}

/// Lets a process that has not run start with a call of `mfa`; `process.registers` are the arguments.
pub fn prepare_call(machine: &mut Machine, process: &mut Process, mfa: Mfa) {
    process.ip = machine.code.export(mfa).late_entry().address();
    process.cp = process_end().address();
}

impl Interpreter<'_> {
    /// Ends the slice. The process goes on at `ip` with the first `live` X registers.
    #[cold]
    fn suspend(&mut self, ip: Ip, live: usize, end: SliceEnd) -> Ip {
        let registers = self.x_slice(live);
        let process = &mut *self.context.process;
        process.ip = ip.address();
        let mut saved: Vec<Term> = core::mem::take(&mut process.registers);
        saved.clear();
        saved.extend_from_slice(registers);
        process.registers = saved;
        // One that is to end does not wait.
        let ends = process.pending_exit.is_some();
        self.end = Some(if ends { SliceEnd::Yield } else { end });
        stop()
    }

    /// Ends the slice and the process.
    #[cold]
    fn exit(&mut self, reason: OwnedTerm) -> Ip {
        self.end = Some(SliceEnd::Exit(reason));
        stop()
    }
}
