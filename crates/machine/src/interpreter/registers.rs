//! Registers and stack frames: the interpreter's raw memory.
//!
//! What makes this sound: register and slot numbers come from code that was read and verified
//! ([`brood_beam::Module::verify`]). It names registers below [`brood_beam::MAX_REGISTERS`], Y registers that the frame
//! has, and reads what was written. What a register holds is a valid term at every point where the collector runs: the
//! operations' numbers of live registers say which.

use alloc::boxed::Box;
use alloc::vec;

use brood_term::Term;

use super::Interpreter;
use crate::code::emit::{LIVE_UNKNOWN, SCRATCH_COUNT};
use crate::code::stream::{Ip, process_end};
use crate::exception::Control;
use crate::heap::Collection;

const X_COUNT: usize = brood_beam::MAX_REGISTERS as usize + SCRATCH_COUNT;
const FLOAT_COUNT: usize = brood_beam::MAX_REGISTERS as usize;
/// How many arguments can be applied: more than any function has, so that it is said to be undefined.
pub(super) const MOST_ARGUMENTS: usize = brood_beam::MAX_REGISTERS as usize - 1;

/// The X and floating-point registers of a machine.
#[derive(Debug)]
pub struct Registers {
    x: *mut Term,
    floats: *mut f64,
}

impl Registers {
    /// Registers that hold nothing.
    pub fn new() -> Registers {
        Registers {
            x: Box::into_raw(vec![Term::NIL; X_COUNT].into_boxed_slice()).cast(),
            floats: Box::into_raw(vec![0.0; FLOAT_COUNT].into_boxed_slice()).cast(),
        }
    }

    pub(super) fn x(&self) -> *mut Term {
        self.x
    }

    pub(super) fn floats(&self) -> *mut f64 {
        self.floats
    }
}

impl Default for Registers {
    fn default() -> Self {
        Registers::new()
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        // SAFETY: both come from `Box::into_raw` of slices of these lengths.
        unsafe {
            drop(Box::from_raw(core::ptr::slice_from_raw_parts_mut(
                self.x, X_COUNT,
            )));
            drop(Box::from_raw(core::ptr::slice_from_raw_parts_mut(
                self.floats,
                FLOAT_COUNT,
            )));
        }
    }
}

impl Interpreter<'_> {
    /// An X register.
    #[inline(always)]
    pub(super) fn x(&self, index: usize) -> Term {
        debug_assert!(index < X_COUNT);
        // SAFETY: as the module says.
        unsafe { *self.x.add(index) }
    }

    /// Sets an X register.
    #[inline(always)]
    pub(super) fn set_x(&mut self, index: usize, term: Term) {
        debug_assert!(index < X_COUNT);
        // SAFETY: as the module says.
        unsafe { *self.x.add(index) = term };
    }

    /// The first `count` X registers.
    #[inline(always)]
    pub(super) fn x_slice<'b>(&self, count: usize) -> &'b [Term] {
        debug_assert!(count <= X_COUNT);
        // SAFETY: as the module says. Who gets the slice (a BIF, say) does not set X registers meanwhile.
        unsafe { core::slice::from_raw_parts(self.x, count) }
    }

    #[inline(always)]
    fn slots(&self) -> *mut Term {
        // SAFETY: the stack pointer points to the frame's continuation pointer; its slots follow.
        unsafe { self.context.process.heap.stack.add(1) }
    }

    /// A Y register.
    #[inline(always)]
    pub(super) fn y(&self, index: usize) -> Term {
        // SAFETY: as the module says.
        unsafe { *self.slots().add(index) }
    }

    /// Sets a Y register.
    #[inline(always)]
    pub(super) fn set_y(&mut self, index: usize, term: Term) {
        // SAFETY: as the module says.
        unsafe { *self.slots().add(index) = term };
    }

    #[inline(always)]
    fn register_address(&self, register: usize) -> *mut Term {
        let base = if register & 1 == 0 {
            self.x
        } else {
            self.slots()
        };
        // SAFETY: as the module says.
        unsafe { base.add(register >> 1) }
    }

    /// The register that a 16-bit operand names.
    #[inline(always)]
    pub(super) fn register(&self, register: usize) -> Term {
        // SAFETY: as the module says.
        unsafe { *self.register_address(register) }
    }

    /// Sets the register that a 16-bit operand names.
    #[inline(always)]
    pub(super) fn set_register(&mut self, register: usize, term: Term) {
        // SAFETY: as the module says.
        unsafe { *self.register_address(register) = term };
    }

    #[inline(always)]
    fn word_address(&self, word: u64) -> *mut Term {
        let base = if word & 4 == 0 { self.x } else { self.slots() };
        // SAFETY: as the module says: the word is eight times a register's number, plus a flag.
        unsafe { base.byte_add((word & !7) as usize) }
    }

    /// The source that a word is: a term or a register.
    #[inline(always)]
    pub(super) fn source(&self, word: u64) -> Term {
        if word & 3 != 0 {
            // SAFETY: the loader wrote a term: an immediate, or a literal, which stays.
            unsafe { Term::from_raw(word) }
        } else {
            // SAFETY: as the module says.
            unsafe { *self.word_address(word) }
        }
    }

    /// Sets the register that a word names.
    #[inline(always)]
    pub(super) fn set_word(&mut self, word: u64, term: Term) {
        // SAFETY: as the module says.
        unsafe { *self.word_address(word) = term };
    }

    /// The source in the word at `index` of an operation.
    #[inline(always)]
    pub(super) fn source_at(&self, ip: Ip, index: usize) -> Term {
        self.source(ip.word(index))
    }

    /// The X register that the word at `index` of an operation names.
    #[inline(always)]
    pub(super) fn x_at(&self, ip: Ip, index: usize) -> Term {
        // SAFETY: as the module says: the word is eight times a register's number.
        unsafe { *self.x.byte_add(ip.word(index) as usize) }
    }

    /// The Y register that the word at `index` of an operation names.
    #[inline(always)]
    pub(super) fn y_at(&self, ip: Ip, index: usize) -> Term {
        // SAFETY: as the module says: the word is eight times a register's number, plus 4.
        unsafe { *self.slots().byte_add(ip.word(index) as usize - 4) }
    }

    /// The term that the word at `index` of an operation is.
    #[inline(always)]
    pub(super) fn constant_at(&self, ip: Ip, index: usize) -> Term {
        // SAFETY: the loader wrote a term: an immediate, or a literal, which stays.
        unsafe { Term::from_raw(ip.word(index)) }
    }

    /// The X register that a 16-bit operand for any register names.
    #[inline(always)]
    pub(super) fn x_register(&self, register: usize) -> Term {
        self.x(register >> 1)
    }

    /// Sets the X register that a 16-bit operand for any register names.
    #[inline(always)]
    pub(super) fn set_x_register(&mut self, register: usize, term: Term) {
        self.set_x(register >> 1, term);
    }

    /// The Y register that a 16-bit operand for any register names.
    #[inline(always)]
    pub(super) fn y_register(&self, register: usize) -> Term {
        self.y(register >> 1)
    }

    /// Sets the Y register that a 16-bit operand for any register names.
    #[inline(always)]
    pub(super) fn set_y_register(&mut self, register: usize, term: Term) {
        self.set_y(register >> 1, term);
    }

    /// A floating-point register.
    #[inline(always)]
    pub(super) fn float(&self, index: usize) -> f64 {
        debug_assert!(index < FLOAT_COUNT);
        // SAFETY: as the module says.
        unsafe { *self.floats.add(index) }
    }

    /// Sets a floating-point register.
    #[inline(always)]
    pub(super) fn set_float(&mut self, index: usize, value: f64) {
        debug_assert!(index < FLOAT_COUNT);
        // SAFETY: as the module says.
        unsafe { *self.floats.add(index) = value };
    }

    /// Overwrites an element of a tuple on the heap, or a word of a native record.
    #[inline(always)]
    pub(super) fn set_element_of(&mut self, tuple: Term, index: usize, value: Term) {
        if index < tuple.boxed_words().len() {
            // SAFETY: the object has that word, which is no raw one.
            unsafe { tuple.address().add(1 + index).write(value) };
        }
    }

    /// Where the current function returns to. From now on that is unknown.
    #[inline(always)]
    pub(super) fn take_continuation(&mut self) -> Ip {
        let address = core::mem::replace(&mut self.context.process.cp, core::ptr::null());
        // SAFETY: there is no frame, so `cp` is set, to an address that a call put there.
        unsafe { Ip::new(address) }
    }

    /// The current function shall return to `ip`.
    #[inline(always)]
    pub(super) fn set_continuation(&mut self, ip: Ip) {
        self.context.process.cp = ip.address();
    }

    /// Pushes a frame of `slots` slots after making sure of `need` words of heap.
    #[inline(always)]
    pub(super) fn push_frame(&mut self, slots: usize, need: usize, live: usize) {
        self.ensure(slots + 1 + need, live);
        let process = &mut *self.context.process;
        // SAFETY: there is room for the frame.
        unsafe {
            process.heap.stack = process.heap.stack.sub(slots + 1);
            *process.heap.stack = Term::from_raw(process.cp as u64);
        }
        process.cp = core::ptr::null();
    }

    /// Pops a frame of `slots` slots.
    #[inline(always)]
    pub(super) fn pop_frame(&mut self, slots: usize) {
        let process = &mut *self.context.process;
        // SAFETY: the current frame has that many slots.
        unsafe {
            process.cp = (*process.heap.stack).raw() as *const u64;
            process.heap.stack = process.heap.stack.add(slots + 1);
        }
    }

    /// Drops the first `slots` slots of the frame.
    #[inline(always)]
    pub(super) fn trim_frame(&mut self, slots: usize) {
        let process = &mut *self.context.process;
        // SAFETY: the current frame has more slots than that.
        unsafe {
            let continuation = *process.heap.stack;
            process.heap.stack = process.heap.stack.add(slots);
            *process.heap.stack = continuation;
        }
    }

    /// Drops all frames above the innermost one that has a catch marker, and gives where its handler is.
    pub(super) fn unwind(&mut self) -> Option<Ip> {
        let process = &mut *self.context.process;
        let mut frame = 0;
        let found = process
            .heap
            .stack_words()
            .iter()
            .enumerate()
            .find_map(|(index, word)| {
                if word.is_header() {
                    frame = index;
                }
                word.is_catch().then(|| word.catch_index())
            })?;
        process.cp = core::ptr::null();
        // SAFETY: `frame` is within the stack. A catch marker holds the address of a handler.
        unsafe {
            process.heap.stack = process.heap.stack.add(frame);
            Some(Ip::new(found as *const u64))
        }
    }

    /// Throws the stack away.
    pub(super) fn clear_stack(&mut self) {
        self.context.process.heap.clear_stack();
        self.set_continuation(process_end());
    }

    /// Makes sure that `words` words are free, and collects if somebody asked for it.
    #[inline(always)]
    pub(super) fn ensure(&mut self, words: usize, live: usize) {
        let heap = &self.context.process.heap;
        if heap.free_words() < words || heap.wants_collection() {
            self.collect(words, live);
        }
    }

    /// Collects; the first `live` X registers are roots.
    #[inline(never)]
    pub(super) fn collect(&mut self, need: usize, live: usize) {
        // SAFETY: as the module says; nobody else uses the registers meanwhile.
        let registers = unsafe { core::slice::from_raw_parts_mut(self.x, live) };
        self.context.collect(Collection::Minor, need, registers);
    }

    /// Collects if `term` or what was built before it did not find room, with `term` as a further root.
    #[inline(always)]
    pub(super) fn keep(&mut self, term: Term, live: u64) -> Term {
        if self.context.process.heap.wants_collection() && live != LIVE_UNKNOWN {
            let live = live as usize;
            self.set_x(live, term);
            self.collect(0, live + 1);
            return self.x(live);
        }
        term
    }

    /// Puts the elements of a list into the X registers and gives how many there are.
    pub(super) fn spread(&mut self, arguments: Term) -> Result<usize, Control> {
        let mut count = 0;
        let mut list = arguments.list();
        for argument in list.by_ref() {
            if count == MOST_ARGUMENTS {
                return Err(crate::exception::system_limit());
            }
            self.set_x(count, argument);
            count += 1;
        }
        if list.ended_proper() {
            Ok(count)
        } else {
            Err(crate::exception::badarg())
        }
    }
}
