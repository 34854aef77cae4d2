//! Every operation and every error code of the contract, each in one table.
//!
//! An operation that isn't in the table is a violation, not an error: there is nothing to probe.

/// Writes a fieldless enum with its codes, names and decoding from one table.
macro_rules! table {
    (
        $(#[$enum_doc:meta])* $enum:ident: $code:ty;
        $( $(#[$doc:meta])* $value:literal $variant:ident $name:literal )*
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr($code)]
        pub enum $enum { $( $(#[$doc])* $variant = $value, )* }

        impl $enum {
            /// Every entry of the table, in order.
            pub const ALL: &[$enum] = &[$( $enum::$variant, )*];

            /// The entry with this code.
            pub const fn from_code(code: $code) -> Option<$enum> {
                match code {
                    $( $value => Some($enum::$variant), )*
                    _ => None,
                }
            }

            /// The code in a ring entry.
            pub const fn code(self) -> $code {
                self as $code
            }

            /// The name in reports and documents.
            pub const fn name(self) -> &'static str {
                match self { $( $enum::$variant => $name, )* }
            }
        }
    };
}

table! {
    /// The operations. Each says what the fields of its [`Submission`](crate::Submission) mean and
    /// what the result of its [`Completion`](crate::Completion) is. `address` and `length` must lie
    /// in memory that the guest itself may read (or write, where the monitor writes); anything else
    /// is a violation.
    ///
    /// Numbers are reserved in ranges: `0x0001..` the instance itself, `0x0101..` streams,
    /// `0x0201..` files, `0x0301..` other instances.
    Operation: u16;

    /// Write `length` bytes at `address` to the console's stream `argument` (1: output, 2: errors).
    /// Result: `length`. The monitor may limit the total; more is a violation.
    0x0001 ConsoleWrite "console_write"

    /// Ask for console input: at most `length` bytes (at least 1) to `address`. Completes when
    /// there is some; result: the number of bytes, 0 at the end of the input. At most one is
    /// outstanding, a second one completes with [`Error::Busy`]. The buffer belongs to the
    /// monitor until the completion.
    0x0002 ConsoleRead "console_read"

    /// Give the `length` bytes at `address` to the parent. Result: 0. The parent may end the
    /// instance instead of letting it go on.
    0x0003 Message "message"

    /// Go on when a completion is there that was not there when the doorbell was rung, or at
    /// monotonic time `argument` (`u64::MAX`: no deadline). Must be the last submission of its
    /// doorbell. Result: 1 when there is a completion, 0 at the deadline. With completions of its
    /// own doorbell to take, it completes at once.
    0x0004 Wait "wait"

    /// Freeze here. Only while building an image ([`FLAG_BUILD`](crate::boot::FLAG_BUILD)), once,
    /// as the last submission of its doorbell, with no operation outstanding. `address`: end of the
    /// memory to keep, a page boundary in the heap; what lies behind is zero in a clone. No completion: the clone's rings are empty.
    0x0005 Ready "ready"

    /// End. `argument`: the status, 0..=255. The `length` bytes at `address` (may be none) are a
    /// slogan of at most [`SLOGAN_MAX`]: why, in UTF-8, for people. No completion, and no later submission is taken.
    0x0006 Exit "exit"

    /// End because memory ran out. `argument`: how many bytes were asked for. No completion.
    0x0007 OutOfMemory "out_of_memory"

    /// Ask for the next [`Signal`] that the parent got and the guest wants
    /// ([`Operation::SignalAction`]). Completes when there is one; result: its number. Signals of
    /// one number that come faster than they are asked for are one. At most one operation is
    /// outstanding, a second one completes with [`Error::Busy`]; with [`Error::Refused`], when the
    /// parent passes no signals on.
    0x0008 NextSignal "next_signal"

    /// Say what the parent is to do with a signal: `argument` is the signal's number plus 256 times
    /// [`ACTION_DEFAULT`], [`ACTION_IGNORE`] or [`ACTION_DELIVER`]. Result: 0, or
    /// [`Error::Refused`] when the parent has no signals.
    0x0009 SignalAction "signal_action"

    /// What the console is at this moment. Result: bits 0..16 the columns of its window, 16..32 the
    /// rows, both 0 when not known; and [`TERMINAL_INPUT`], [`TERMINAL_OUTPUT`] and
    /// [`TERMINAL_ERRORS`] for each stream that is a terminal. 0 for a console that isn't one.
    0x000a Terminal "terminal"

    /// Set how the terminal behind the console treats what is typed: `argument` is
    /// [`MODE_AS_FOUND`], or [`MODE_SET`] and more of the `MODE_` bits. It is put back when the
    /// instance ends. Result: 0, or [`Error::Refused`] when the input is no terminal.
    0x000b TerminalMode "terminal_mode"
}

table! {
    /// Signals of the parent's operating system that an instance can be told of, by their numbers
    /// on Linux.
    Signal: u8;

    /// The terminal is gone.
    1 Hangup "sighup"
    /// Typed: Ctrl-C.
    2 Interrupt "sigint"
    /// Typed: Ctrl-\.
    3 Quit "sigquit"
    /// Abort.
    6 Abort "sigabrt"
    /// The user's first own.
    10 User1 "sigusr1"
    /// The user's second own.
    12 User2 "sigusr2"
    /// A timer.
    14 Alarm "sigalrm"
    /// Please end.
    15 Terminate "sigterm"
    /// A child of the parent has changed.
    17 Child "sigchld"
    /// The parent goes on after it was stopped.
    18 Continue "sigcont"
    /// Typed: Ctrl-Z.
    20 TerminalStop "sigtstp"
    /// The terminal's window has another size.
    28 WindowChange "sigwinch"
}

table! {
    /// Why an operation failed; a completion's result is the code, negative.
    Error: i64;

    /// The resource is in use by an earlier operation.
    -1 Busy "busy"
    /// The parent doesn't take this (any more).
    -2 Refused "refused"
}

/// Longest slogan of an [`Operation::Exit`], in bytes.
pub const SLOGAN_MAX: u64 = 64 << 10;
/// [`Operation::ConsoleWrite`]'s `argument` for the output stream.
pub const CONSOLE_OUTPUT: u64 = 1;
/// [`Operation::ConsoleWrite`]'s `argument` for the error stream.
pub const CONSOLE_ERRORS: u64 = 2;
/// [`Operation::SignalAction`]: what the parent's system does by itself.
pub const ACTION_DEFAULT: u64 = 0;
/// [`Operation::SignalAction`]: nothing.
pub const ACTION_IGNORE: u64 = 1;
/// [`Operation::SignalAction`]: the guest is told.
pub const ACTION_DELIVER: u64 = 2;
/// [`Operation::Terminal`]: the console's input is a terminal.
pub const TERMINAL_INPUT: u64 = 1 << 32;
/// [`Operation::Terminal`]: its output is one.
pub const TERMINAL_OUTPUT: u64 = 1 << 33;
/// [`Operation::Terminal`]: its error stream is one.
pub const TERMINAL_ERRORS: u64 = 1 << 34;
/// [`Operation::TerminalMode`]: as it was when the instance was launched.
pub const MODE_AS_FOUND: u64 = 0;
/// [`Operation::TerminalMode`]: as the other bits say.
pub const MODE_SET: u64 = 1 << 0;
/// [`Operation::TerminalMode`]: input comes by the line, which can be edited, and output is
/// processed; without it, input comes by the byte and both go through as they are.
pub const MODE_CANONICAL: u64 = 1 << 1;
/// [`Operation::TerminalMode`]: what is typed is shown.
pub const MODE_ECHO: u64 = 1 << 2;
/// [`Operation::TerminalMode`]: Ctrl-C, Ctrl-\ and Ctrl-Z are signals.
pub const MODE_SIGNALS: u64 = 1 << 3;
/// [`Operation::TerminalMode`]: but Ctrl-C is none.
pub const MODE_NO_INTERRUPT: u64 = 1 << 4;
/// All bits of [`Operation::TerminalMode`].
pub const MODE_BITS: u64 = MODE_SET | MODE_CANONICAL | MODE_ECHO | MODE_SIGNALS | MODE_NO_INTERRUPT;
/// [`Operation::Wait`]'s `argument` for a wait without deadline.
pub const NO_DEADLINE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decode_to_themselves_and_nothing_else_does() {
        for &operation in Operation::ALL {
            assert_eq!(Operation::from_code(operation.code()), Some(operation));
        }
        let known = (0..=u16::MAX)
            .filter(|&code| Operation::from_code(code).is_some())
            .count();
        assert_eq!(known, Operation::ALL.len());
        for &error in Error::ALL {
            assert!(error.code() < 0);
            assert_eq!(Error::from_code(error.code()), Some(error));
        }
    }
}
