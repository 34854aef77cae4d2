//! What a caller may lend to an instance: its terminal, and the signals that its own process gets.

pub use brood_abi::Signal;
use brood_abi::operation::{
    ACTION_DEFAULT, ACTION_DELIVER, ACTION_IGNORE, MODE_BITS, MODE_CANONICAL, MODE_ECHO,
    MODE_NO_INTERRUPT, MODE_SET, MODE_SIGNALS, TERMINAL_ERRORS, TERMINAL_INPUT, TERMINAL_OUTPUT,
};

/// A terminal and signals. The monitor itself has neither: whoever has implements this, lends it with
/// [`EventSink::terminal`](crate::EventSink::terminal), and passes signals on with
/// [`Control::signal`](crate::Control::signal). Called on the thread that runs the instance, while
/// it stands still.
pub trait Terminal {
    /// What the console is at this moment.
    fn state(&mut self) -> TerminalState;
    /// Sets how the terminal treats what is typed; `None`: as it was found. Gives whether the input
    /// is a terminal.
    fn set_mode(&mut self, mode: Option<TerminalMode>) -> bool;
    /// Says what is to be done with a signal.
    fn set_signal(&mut self, signal: Signal, action: SignalAction);
}

/// What a console is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalState {
    /// Whether input comes from a terminal.
    pub input: bool,
    /// Whether output goes to one.
    pub output: bool,
    /// Whether errors do.
    pub errors: bool,
    /// Columns of its window; 0: not known.
    pub columns: u16,
    /// Rows of its window; 0: not known.
    pub rows: u16,
}

impl TerminalState {
    /// The result of [`Operation::Terminal`](brood_abi::Operation::Terminal).
    pub(crate) fn encode(self) -> i64 {
        let flags = [
            (self.input, TERMINAL_INPUT),
            (self.output, TERMINAL_OUTPUT),
            (self.errors, TERMINAL_ERRORS),
        ];
        let set = flags.iter().filter(|(is_set, _)| *is_set);
        let flags: u64 = set.map(|(_, flag)| flag).sum();
        (flags | u64::from(self.rows) << 16 | u64::from(self.columns)) as i64
    }
}

/// How a terminal treats what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalMode {
    /// Input comes by the line, edited by the terminal, and output is processed by it.
    pub canonical: bool,
    /// What is typed is shown.
    pub echo: bool,
    /// Ctrl-C, Ctrl-\ and Ctrl-Z are signals.
    pub signals: bool,
    /// But Ctrl-C is none.
    pub no_interrupt: bool,
}

impl TerminalMode {
    /// The mode that the argument of an
    /// [`Operation::TerminalMode`](brood_abi::Operation::TerminalMode) says, `None` for the one that
    /// was found; nothing for what is no mode.
    pub(crate) fn decode(argument: u64) -> Option<Option<TerminalMode>> {
        if argument & !MODE_BITS != 0 {
            return None;
        }
        if argument & MODE_SET == 0 {
            return (argument == 0).then_some(None);
        }
        Some(Some(TerminalMode {
            canonical: argument & MODE_CANONICAL != 0,
            echo: argument & MODE_ECHO != 0,
            signals: argument & MODE_SIGNALS != 0,
            no_interrupt: argument & MODE_NO_INTERRUPT != 0,
        }))
    }
}

/// What is to be done with a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignalAction {
    /// What the system does by itself, or the caller would do without the instance.
    #[default]
    Default,
    /// Nothing.
    Ignore,
    /// The instance is told.
    Deliver,
}

impl SignalAction {
    /// The signal and the action that the argument of an
    /// [`Operation::SignalAction`](brood_abi::Operation::SignalAction) names.
    pub(crate) fn decode(argument: u64) -> Option<(Signal, SignalAction)> {
        let signal = Signal::from_code(argument as u8)?;
        let action = match argument >> 8 {
            ACTION_DEFAULT => SignalAction::Default,
            ACTION_IGNORE => SignalAction::Ignore,
            ACTION_DELIVER => SignalAction::Deliver,
            _ => return None,
        };
        Some((signal, action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_guest_says_is_decoded_and_nothing_else() {
        assert_eq!(TerminalMode::decode(0), Some(None));
        let raw = TerminalMode {
            canonical: false,
            echo: false,
            signals: true,
            no_interrupt: false,
        };
        assert_eq!(
            TerminalMode::decode(MODE_SET | MODE_SIGNALS),
            Some(Some(raw))
        );
        assert_eq!(TerminalMode::decode(MODE_ECHO), None);
        assert_eq!(TerminalMode::decode(1 << 20 | MODE_SET), None);
        assert_eq!(
            SignalAction::decode(2 + 256 * 2),
            Some((Signal::Interrupt, SignalAction::Deliver))
        );
        assert_eq!(SignalAction::decode(9), None);
        assert_eq!(SignalAction::decode(2 + 256 * 3), None);
    }

    #[test]
    fn states_are_encoded() {
        let state = TerminalState {
            output: true,
            columns: 80,
            rows: 24,
            ..TerminalState::default()
        };
        assert_eq!(state.encode() as u64, 80 + (24 << 16) + (1 << 33));
    }
}
