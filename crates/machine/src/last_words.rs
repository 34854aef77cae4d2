//! What a machine that can't go on says last: which process ran.
//!
//! When memory runs out in the middle of something, nobody up the stack can help, and the handler of that has nothing but
//! what is written down here.

use core::fmt::{self, Display};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use brood_term::Mfa;
use brood_term::display::Display as Shown;

use crate::machine::Machine;
use crate::process::Process;

static MACHINE: AtomicPtr<Machine> = AtomicPtr::new(ptr::null_mut());
static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Notes which process runs in which machine.
pub(crate) fn runs(machine: &mut Machine, process: &mut Process) {
    MACHINE.store(machine, Ordering::Relaxed);
    PROCESS.store(process, Ordering::Relaxed);
}

/// Notes that none runs.
pub(crate) fn nobody_runs() {
    PROCESS.store(ptr::null_mut(), Ordering::Relaxed);
}

/// The process that runs, as a text of one line; `None` if none does.
///
/// # Safety
///
/// There is only one machine, and nothing of it will ever run again: this is for the end of a panic.
pub unsafe fn running() -> Option<impl Display> {
    // SAFETY: what was noted is alive while it runs, and nobody else will use it (the caller's contract).
    unsafe {
        let machine = MACHINE.load(Ordering::Relaxed).as_ref()?;
        let process = PROCESS.load(Ordering::Relaxed).as_ref()?;
        Some(Words { machine, process })
    }
}

/// Writes a crash dump, if there is a place for it. Gives whether it has told the console why. Nothing is written twice.
///
/// # Safety
///
/// As for [`running`].
pub unsafe fn dump(slogan: &str) -> bool {
    // SAFETY: as in `running`; the machine is not used by anybody else any more.
    unsafe {
        let machine = MACHINE.load(Ordering::Relaxed).as_mut();
        let process = PROCESS.load(Ordering::Relaxed).as_ref();
        machine.is_some_and(|machine| machine.crash_dump(slogan, process))
    }
}

/// A process and what it is made of.
pub(crate) struct Words<'a> {
    pub machine: &'a Machine,
    pub process: &'a Process,
}

impl Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words { machine, process } = self;
        let atoms = &machine.atoms;
        let Mfa {
            module,
            function,
            arity,
        } = process.initial_call;
        let shown = |term| Shown { term, atoms };
        write!(f, "process {}", shown(process.pid))?;
        if let Some(name) = process.registered_name {
            write!(f, " ({})", shown(name))?;
        }
        let (heap, word) = (&process.heap, size_of::<usize>());
        write!(
            f,
            ", started with {}:{}/{arity}: {} bytes of heap, {} of stack, {} of binaries, {} messages",
            shown(module),
            shown(function),
            heap.used_words() * word,
            heap.stack_size() * word,
            heap.binary_bytes(),
            process.messages.len(),
        )
    }
}
