//! Functions that take longer than a slice.
//!
//! A BIF that has used up the reductions of its process leaves what it has got so far with [`Context::interrupt`]. It is
//! called again with the same arguments when the process runs next, takes that back with [`Context::resume`], and goes on.
//! Others run in between: what it holds of the machine's (a table, say) may have changed or gone by then.

use alloc::boxed::Box;
use core::any::Any;

use brood_term::Term;

use crate::context::Context;
use crate::exception::Control;

/// What an interrupted BIF left.
#[derive(Debug)]
pub struct Trap {
    /// A term on the heap of the process, which the collector visits.
    pub root: Term,
    state: Box<dyn Any>,
}

impl Context<'_> {
    /// What this BIF left when it was interrupted: its state and a term. `None` when this is a new call.
    pub fn resume<T: Any>(&mut self) -> Option<(T, Term)> {
        let trap = self.process.trap.take()?;
        let state = trap.state.downcast::<T>().ok()?;
        Some((*state, trap.root))
    }

    /// Leaves `state`, and a term of the heap, and has the BIF called again when the process runs next.
    pub fn interrupt<T: Any>(&mut self, state: T, root: Term) -> Control {
        self.process.trap = Some(Trap {
            root,
            state: Box::new(state),
        });
        Control::Again { wait: false }
    }

    /// The reductions that are left of the slice: at least one, so that who is called again gets on.
    pub fn fuel(&self) -> usize {
        usize::try_from(self.process.fuel_left())
            .unwrap_or(0)
            .max(1)
    }
}
