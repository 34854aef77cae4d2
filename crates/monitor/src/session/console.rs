//! What a console has beyond its two streams: input, the terminal behind it, and signals.

use brood_abi::{Error as AbiError, Operation, Submission};

use super::{Session, Trouble, Violation};
use crate::control::{Control, Wanted};
use crate::launch::EventSink;
use crate::memory::{Checked, GuestMemory};
use crate::terminal::{SignalAction, TerminalMode};

/// What the guest asked for and has not got yet.
#[derive(Default)]
pub(super) struct Outstanding {
    input: Option<(u64, Checked)>,
    signal: Option<u64>,
}

impl Outstanding {
    pub(super) fn is_empty(&self) -> bool {
        self.input.is_none() && self.signal.is_none()
    }
}

impl Session {
    /// Asks for input.
    pub(super) fn console_read(
        &mut self,
        memory: &mut dyn GuestMemory,
        submission: &Submission,
        buffer: Checked,
    ) -> Result<(), Trouble> {
        if buffer.length() == 0 {
            return Err(Violation::Address {
                address: submission.address,
                length: 0,
            }
            .into());
        }
        if self.outstanding.input.is_some() {
            return self.fail(memory, submission, AbiError::Busy);
        }
        self.outstanding.input = Some((submission.user_data, buffer));
        Ok(())
    }

    /// Carries out an operation about the terminal, or signals.
    pub(super) fn terminal_operation(
        &mut self,
        memory: &mut dyn GuestMemory,
        sink: &mut dyn EventSink,
        operation: Operation,
        submission: &Submission,
    ) -> Result<(), Trouble> {
        let argument = submission.argument;
        let bad_argument = Violation::Argument {
            operation: operation.name(),
            argument,
        };
        let terminal = sink.terminal();
        let result = match operation {
            Operation::NextSignal if self.outstanding.signal.is_some() => Err(AbiError::Busy),
            Operation::NextSignal if terminal.is_none() => Err(AbiError::Refused),
            Operation::NextSignal => {
                self.outstanding.signal = Some(submission.user_data);
                return Ok(());
            }
            Operation::SignalAction => {
                let (signal, action) = SignalAction::decode(argument).ok_or(bad_argument)?;
                match terminal {
                    Some(terminal) => {
                        terminal.set_signal(signal, action);
                        Ok(0)
                    }
                    None => Err(AbiError::Refused),
                }
            }
            Operation::Terminal => Ok(terminal.map_or(0, |terminal| terminal.state().encode())),
            Operation::TerminalMode => {
                let mode = TerminalMode::decode(argument).ok_or(bad_argument)?;
                let is_set = terminal.is_some_and(|terminal| terminal.set_mode(mode));
                is_set.then_some(0).ok_or(AbiError::Refused)
            }
            _ => return Err(Violation::Operation(operation.code()).into()),
        };
        match result {
            Ok(result) => self.succeed(memory, submission, result),
            Err(error) => self.fail(memory, submission, error),
        }
    }

    /// Gives the guest what it asked for, as far as it is there. Returns whether anything was.
    pub(crate) fn deliver(
        &mut self,
        memory: &mut dyn GuestMemory,
        control: &Control,
    ) -> Result<bool, Trouble> {
        let mut delivered = false;
        if let Some(user_data) = self.outstanding.signal
            && let Some(signal) = control.take_signal()
        {
            self.outstanding.signal = None;
            self.complete(memory, user_data, i64::from(signal.code()))?;
            delivered = true;
        }
        if let Some((user_data, buffer)) = self.outstanding.input
            && let Some(bytes) = control.take_input(buffer.length())
        {
            self.outstanding.input = None;
            buffer.copy_in(memory, &bytes)?;
            self.usage.bytes_in += bytes.len() as u64;
            self.complete(memory, user_data, bytes.len() as i64)?;
            delivered = true;
        }
        if delivered {
            self.publish(memory)?;
        }
        Ok(delivered)
    }

    /// What the guest waits for.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            input: self.outstanding.input.is_some(),
            signal: self.outstanding.signal.is_some(),
        }
    }
}
