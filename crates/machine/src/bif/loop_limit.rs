//! What BIFs that go through long data pay for it.
//!
//! Tests of OTP set how many steps such a BIF may take in one slice, with `erts_debug:set_internal_state/2`.

use crate::context::Context;
use crate::machine::SLICE_REDUCTIONS;

/// Which BIFs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loop {
    /// Those of `binary`.
    Binary,
    /// Those of `re`.
    Re,
    /// Those of `unicode`.
    Unicode,
}

/// Steps that one reduction pays for, unless there is a limit.
const STEPS_PER_REDUCTION: usize = super::iolist::BYTES_PER_REDUCTION;

/// The limits that were set.
#[derive(Clone, Copy, Default, Debug)]
pub struct LoopLimits([Option<usize>; 3]);

impl LoopLimits {
    /// Sets a limit, or takes it back; gives the one that held.
    pub fn set(&mut self, which: Loop, limit: Option<usize>) -> usize {
        let old = core::mem::replace(
            &mut self.0[which as usize],
            limit.filter(|limit| *limit > 0),
        );
        old.unwrap_or(SLICE_REDUCTIONS as usize * STEPS_PER_REDUCTION)
    }
}

impl Context<'_> {
    /// Takes reductions for steps of a loop.
    pub fn charge_steps(&mut self, which: Loop, steps: usize) {
        self.charge(match self.machine.flags.loop_limits.0[which as usize] {
            Some(limit) => steps.saturating_mul(SLICE_REDUCTIONS as usize) / limit,
            None => steps / STEPS_PER_REDUCTION,
        });
    }
}
