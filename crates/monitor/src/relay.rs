//! How orders reach an instance that another process runs.

use std::collections::VecDeque;
use std::fmt;

use brood_abi::Signal;

use crate::control::Control;

/// Something that came through a [`Control`] whose orders are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relayed<'a> {
    /// [`Control::stop`].
    Stop,
    /// [`Control::console_input`].
    Input(&'a [u8]),
    /// [`Control::console_eof`].
    EndOfInput,
    /// [`Control::discard_input`].
    DiscardInput,
    /// [`Control::signal`].
    Signal(Signal),
}

/// Who gets the orders. Called with the control's lock held, on the thread of whoever gives them.
pub(crate) type To = Box<dyn Fn(Relayed<'_>) + Send>;

/// Passes on orders, those that come once only once.
pub(crate) struct Relay {
    to: To,
    stopped: bool,
    ended: bool,
}

impl Relay {
    pub(crate) fn new(to: To) -> Relay {
        Relay {
            to,
            stopped: false,
            ended: false,
        }
    }

    /// Passes on what has come; takes it out.
    pub(crate) fn pass_on(
        &mut self,
        is_stopped: bool,
        input: &mut VecDeque<u8>,
        is_ended: bool,
        signals: &mut VecDeque<Signal>,
    ) {
        if is_stopped && !std::mem::replace(&mut self.stopped, true) {
            (self.to)(Relayed::Stop);
        }
        if !input.is_empty() {
            (self.to)(Relayed::Input(input.make_contiguous()));
            input.clear();
        }
        if is_ended && !std::mem::replace(&mut self.ended, true) {
            (self.to)(Relayed::EndOfInput);
        }
        for signal in signals.drain(..) {
            (self.to)(Relayed::Signal(signal));
        }
    }

    /// Input that was passed on and not read is to be forgotten.
    pub(crate) fn discard(&self) {
        (self.to)(Relayed::DiscardInput);
    }
}

/// Ends the passing on when dropped.
#[must_use = "orders are passed on as long as it lives"]
pub struct RelayGuard {
    pub(crate) control: Control,
}

impl fmt::Debug for RelayGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RelayGuard").finish_non_exhaustive()
    }
}

impl Drop for RelayGuard {
    fn drop(&mut self) {
        self.control.relay_no_more();
    }
}
