//! The last calls of a process: `process_flag(save_calls, N)`.

use alloc::collections::VecDeque;

use brood_term::{Heap, Mfa, Term, known};

use super::events::mfa_term;
use crate::process::Process;

/// The most calls that can be kept: OTP's limit.
pub const MOST_CALLS: usize = 10_000;

/// Something that is remembered.
#[derive(Clone, Copy, Debug)]
pub enum Saved {
    /// A call by name.
    Call(&'static Mfa),
    /// A message sent.
    Send,
    /// A message received.
    Receive,
    /// A receive that timed out.
    Timeout,
}

/// What a process did last.
#[derive(Debug)]
pub struct SavedCalls {
    most: usize,
    calls: VecDeque<Saved>,
}

impl SavedCalls {
    /// Room for so many calls.
    pub fn new(most: usize) -> SavedCalls {
        SavedCalls {
            most,
            calls: VecDeque::new(),
        }
    }

    /// How many calls are kept at most.
    pub fn most(&self) -> usize {
        self.most
    }

    fn push(&mut self, call: Saved) {
        if self.calls.len() == self.most {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// The calls, the last one first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Saved> {
        self.calls.iter().rev()
    }

    /// The calls as a list, oldest first, as `process_info` tells them.
    pub fn to_list(&self, heap: &mut impl Heap) -> Term {
        self.calls.iter().rev().fold(Term::NIL, |list, call| {
            let call = match call {
                Saved::Call(mfa) => mfa_term(heap, mfa),
                Saved::Send => known::SEND,
                Saved::Receive => known::RECEIVE,
                Saved::Timeout => known::TIMEOUT,
            };
            heap.cons(call, list)
        })
    }
}

impl Process {
    /// Remembers a call, if calls are kept.
    #[inline(always)]
    pub fn save_call(&mut self, call: Saved) {
        if let Some(calls) = &mut self.trace.saved_calls
            && !self.sensitive
        {
            calls.push(call);
        }
    }
}
