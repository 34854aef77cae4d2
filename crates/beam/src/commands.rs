//! The commands of `bs_match`.

use crate::opcode::OperandKind::{self, Bits, Destination, Live, Source, Unsigned};
use crate::operand::Operand;

/// Generates [`Command`] from lines of variant, name, operands and meaning.
macro_rules! commands {
    ($($variant:ident $name:literal $operands:expr, $meaning:literal;)*) => {
        /// A command of `bs_match`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Command {
            $(
                #[doc = concat!("`", $name, "`: ", $meaning)]
                $variant,
            )*
        }

        impl Command {
            /// The command of that name.
            pub fn from_name(name: &str) -> Option<Command> {
                match name {
                    $($name => Some(Command::$variant),)*
                    _ => None,
                }
            }

            /// What follows its name.
            pub fn operands(self) -> &'static [OperandKind] {
                match self {
                    $(Command::$variant => &$operands,)*
                }
            }
        }
    };
}

commands! {
    EnsureAtLeast "ensure_at_least" [Bits, Unsigned], "Fails unless so many bits are left, and behind them whole units (size, unit).";
    EnsureExactly "ensure_exactly" [Bits], "Fails unless exactly so many bits are left.";
    Binary "binary" [Live, Source, Bits, Unsigned, Destination], "Takes a bit string (live, flags, size, unit, destination).";
    Integer "integer" [Live, Source, Bits, Unsigned, Destination], "Takes an integer (live, flags, size, unit, destination).";
    Equals "=:=" [Source, Unsigned, Unsigned], "Fails unless so many bits, 64 at most, are that number (nothing, size, value).";
    Skip "skip" [Bits], "Passes over so many bits.";
    GetTail "get_tail" [Live, Unsigned, Destination], "Takes all that is left as a bit string (live, unit, destination).";
}

impl Command {
    /// Whether it goes to the label when it fails. What the others take was made sure of before.
    pub fn may_fail(self) -> bool {
        matches!(
            self,
            Command::EnsureAtLeast | Command::EnsureExactly | Command::Equals
        )
    }
}

/// The widest integer that [`Command::Equals`] compares, in bits.
pub(crate) const WIDEST_COMPARED: u64 = 64;

/// Splits a list of commands: each with what follows its name. `name` gives the text of an atom.
///
/// The last item is `Err` with the position in the list of what is no command or too short, if there is such a thing.
pub fn commands<'a, 'm>(
    list: &'a [Operand],
    name: impl Fn(u32) -> Option<&'m str>,
) -> impl Iterator<Item = Result<(Command, &'a [Operand]), usize>> {
    let mut rest = list;
    core::iter::from_fn(move || {
        let (&first, behind) = rest.split_first()?;
        let position = list.len() - rest.len();
        let command = match first {
            Operand::Atom(index) => name(index).and_then(Command::from_name),
            _ => None,
        };
        let split = command.and_then(|command| {
            let (operands, behind) = behind.split_at_checked(command.operands().len())?;
            rest = behind;
            Some((command, operands))
        });
        if split.is_none() {
            rest = &[];
        }
        Some(split.ok_or(position))
    })
}
