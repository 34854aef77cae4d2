//! What processes hold: messages, dictionaries, stacks, and all terms that these lead to; then persistent terms, and the
//! literals that anything led to.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use brood_term::heap::Chunks;
use brood_term::{SharedBinary, Term};

use super::View;
use super::marks::Marks;
use super::object::{base64, element, object};
use crate::process::{Process, State};
use crate::tracing::sequential::Carried;

/// How many terms wait in order; those beyond are found by their marks.
const MOST_WAITING: usize = 1 << 14;

/// All terms that are kept.
pub(super) fn terms(view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
    let mut walk = Walk::default();
    for process in view.all_processes() {
        if !process.sensitive && process.state != State::Exiting {
            walk.write_process(view, process, to)?;
        }
    }
    walk.write_persistent_terms(view, to)?;
    walk.write_literals(view, to)
}

/// Goes from term to term.
#[derive(Default)]
struct Walk {
    /// Objects of the process.
    own: Marks,
    /// Literals of all.
    literals: Marks,
    /// Shared bytes.
    bytes: Marks,
    /// Some of the objects that are to be written.
    waiting: Vec<Term>,
    /// A term for each of the shared bytes that are to be written.
    shared: Vec<Term>,
}

impl Walk {
    /// Notes what a term points to.
    fn reach(&mut self, view: &View<'_>, term: Term) {
        if !term.is_pointer() {
            return;
        }
        let address = term.address().addr();
        if view.literals.contains(term) {
            self.literals.find(address);
            return;
        }
        if self.own.find(address) {
            self.wait(term);
        }
    }

    fn wait(&mut self, term: Term) {
        if self.waiting.len() < MOST_WAITING && self.waiting.try_reserve(1).is_ok() {
            self.waiting.push(term);
        }
    }

    /// Writes an object, and notes what it points to.
    fn write_object(&mut self, view: &View<'_>, term: Term, to: &mut dyn Write) -> fmt::Result {
        if let Some(shared) = term.as_shared_bytes()
            && self.bytes.find(shared.addr())
        {
            self.bytes.settle(shared.addr());
            // Without memory for it, its bytes are missing.
            if self.shared.try_reserve(1).is_ok() {
                self.shared.push(term);
            }
        }
        object(view, term, to, &mut |part| self.reach(view, part))
    }

    /// Writes the objects of a process that were found, and those that they lead to.
    fn write_own(&mut self, view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
        loop {
            while let Some(term) = self.waiting.pop() {
                self.own.settle(term.address().addr());
                self.write_object(view, term, to)?;
            }
            let Some(address) = self.own.next() else {
                return Ok(());
            };
            self.waiting.push(object_at(address));
        }
    }

    /// Writes the bytes of the shared binaries that were found.
    fn write_shared(&mut self, to: &mut dyn Write) -> fmt::Result {
        for term in core::mem::take(&mut self.shared) {
            let (Some(address), Some(part)) = (term.as_shared_bytes(), SharedBinary::of(term))
            else {
                continue;
            };
            // Others may know of more of it.
            let whole = part.stretched(0, usize::MAX);
            writeln!(to, "=binary:{:X}", address.addr())?;
            write!(to, "{:X}:", whole.len())?;
            base64(whole.iter().copied(), to)?;
            to.write_str("\n")?;
        }
        Ok(())
    }

    fn write_process(
        &mut self,
        view: &View<'_>,
        process: &Process,
        to: &mut dyn Write,
    ) -> fmt::Result {
        let pid = view.display(process.pid);
        self.own.clear();
        if !process.messages.is_empty() {
            writeln!(to, "=proc_messages:{pid}")?;
            for (message, carried) in process.messages.iter_with_tokens() {
                element(view, message, to)?;
                to.write_str(":")?;
                match carried {
                    Carried::Token(token) => {
                        let mut heap = Chunks::new();
                        let token = token.to_term(&mut heap);
                        writeln!(to, "S{}", view.display(token))?;
                    }
                    Carried::Nothing | Carried::Unchanged => to.write_str("N\n")?,
                }
            }
        }
        // A key and its value are an object that is only in the dump: it takes an address that no other has.
        let entries = process.dictionary.iter().count();
        if entries > 0 {
            writeln!(to, "=proc_dictionary:{pid}")?;
            for index in 0..entries {
                writeln!(to, "H{:X}", dictionary_address(index))?;
            }
        }
        writeln!(to, "=proc_stack:{pid}")?;
        write_stack(view, process, to)?;
        writeln!(to, "=proc_heap:{pid}")?;
        for (index, (key, value)) in process.dictionary.iter().enumerate() {
            write!(to, "{:X}:t2:", dictionary_address(index))?;
            element(view, key, to)?;
            to.write_str(",")?;
            element(view, value, to)?;
            to.write_str("\n")?;
            self.reach(view, key);
            self.reach(view, value);
        }
        let stack = process.heap.stack_words().iter().copied();
        for term in stack.chain(process.messages.iter()) {
            self.reach(view, term);
        }
        self.write_own(view, to)?;
        self.write_shared(to)
    }

    fn write_persistent_terms(&mut self, view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
        to.write_str("=persistent_terms\n")?;
        for (key, value) in view.persistent_terms.pairs() {
            element(view, key, to)?;
            to.write_str("|")?;
            element(view, value, to)?;
            to.write_str("\n")?;
            self.reach(view, key);
            self.reach(view, value);
        }
        Ok(())
    }

    fn write_literals(&mut self, view: &View<'_>, to: &mut dyn Write) -> fmt::Result {
        to.write_str("=literals\n")?;
        while let Some(address) = self.literals.next() {
            self.literals.settle(address);
            self.write_object(view, object_at(address), to)?;
        }
        self.write_shared(to)
    }
}

/// Where the pairs of a dictionary are in the dump: below all memory.
fn dictionary_address(index: usize) -> usize {
    8 * (index + 1)
}

/// The object at an address that was marked.
fn object_at(address: usize) -> Term {
    let object = core::ptr::with_exposed_provenance::<Term>(address);
    // SAFETY: marked addresses come from terms that were seen, and nothing was freed or moved since. Objects begin with a
    // header, which no element of a list is.
    unsafe {
        if (*object).is_header() {
            Term::from_boxed(object)
        } else {
            Term::from_cons(object)
        }
    }
}

/// The words of a stack, the one pushed last first.
fn write_stack(view: &View<'_>, process: &Process, to: &mut dyn Write) -> fmt::Result {
    let mut register = 0;
    for (index, &word) in process.heap.stack_words().iter().enumerate() {
        if word.is_header() && !word.is_none() {
            let at = process.heap.stack.wrapping_add(index);
            let address = word.raw() as *const u64;
            let spot = view.spot(address);
            writeln!(to, "{at:018p}:SReturn addr 0x{:X} ({spot})", address.addr())?;
            register = 0;
            continue;
        }
        write!(to, "y{register}:")?;
        if word.is_catch() {
            let address = word.catch_index() as *const u64;
            write!(to, "SCatch 0x{:X} ({})", address.addr(), view.spot(address))?;
        } else {
            element(view, word, to)?;
        }
        to.write_str("\n")?;
        register += 1;
    }
    Ok(())
}
