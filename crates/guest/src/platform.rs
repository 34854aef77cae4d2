//! The machine's outside, over the contract.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use brood_abi::boot::FLAG_BUILD;
use brood_abi::operation::{
    ACTION_DEFAULT, ACTION_DELIVER, ACTION_IGNORE, MODE_AS_FOUND, MODE_CANONICAL, MODE_ECHO,
    MODE_NO_INTERRUPT, MODE_SET, MODE_SIGNALS, TERMINAL_ERRORS, TERMINAL_INPUT, TERMINAL_OUTPUT,
};
use brood_abi::{Completion, Operation, Signal, Submission};
use brood_machine::files::host::HostFiles;
use brood_machine::platform::{
    Birth, ConsoleStream, Event, Platform, SignalAction, Terminal, TerminalMode,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::boot::{argument, boot_block, counter, mount_table};
use crate::files::{Window, mount_points};
use crate::rings::{Rings, Stream};

/// Most console input taken at once, in bytes.
const INPUT_BYTES: usize = 4096;
/// `user_data` of console reads.
const CONSOLE_READ: u64 = 1;
/// `user_data` of requests for signals.
const NEXT_SIGNAL: u64 = 2;
/// `user_data` of what is answered in the doorbell that asks.
const AT_ONCE: u64 = 3;

/// Console input: not wanted, wanted, or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    NotWanted,
    Wanted,
    /// The buffer is the monitor's until the completion.
    Asked,
}

/// Signals: nobody wants one, the next one is wanted, or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signals {
    NotWanted,
    Wanted,
    Asked,
}

/// The outside of the machine in an instance.
#[derive(Debug)]
pub struct InstancePlatform {
    rings: Rings,
    pub(crate) window: Window,
    birth: Birth,
    building: bool,
    random: ChaCha20Rng,
    input: Input,
    buffer: Box<[u8]>,
    signals: Signals,
    /// What is to be done with which signal, where that is not the host's own way.
    actions: Vec<(Signal, SignalAction)>,
    /// The mode that the terminal was put in.
    mode: Option<TerminalMode>,
    /// Completions that came while another one was awaited.
    put_off: VecDeque<Completion>,
}

impl InstancePlatform {
    /// The platform; uses these rings from now on.
    pub fn new(rings: Rings) -> InstancePlatform {
        InstancePlatform {
            rings,
            window: Window::default(),
            birth: birth(),
            building: is_building(),
            random: ChaCha20Rng::from_seed(boot_block().entropy),
            input: Input::NotWanted,
            buffer: vec![0; INPUT_BYTES].into_boxed_slice(),
            signals: Signals::NotWanted,
            actions: Vec::new(),
            mode: None,
            put_off: VecDeque::new(),
        }
    }

    /// Whether something is wanted that can be asked for. An instance that builds an image asks for nothing: what
    /// is outstanding can't be frozen.
    fn wants_to_ask(&self) -> bool {
        !self.building && (self.input == Input::Wanted || self.signals == Signals::Wanted)
    }

    /// Asks for what is wanted.
    fn ask(&mut self) {
        if !self.wants_to_ask() {
            return;
        }
        if self.input == Input::Wanted {
            // SAFETY: the buffer belongs to the platform, which lives as long as the machine, and
            // is not touched until the completion has been taken.
            unsafe { self.rings.console_read(&raw mut *self.buffer, CONSOLE_READ) };
            self.input = Input::Asked;
        }
        if self.signals == Signals::Wanted {
            self.rings.ask(Operation::NextSignal, 0, NEXT_SIGNAL);
            self.signals = Signals::Asked;
        }
    }

    fn take_event(&mut self) -> Option<Event> {
        loop {
            let completion = self.put_off.pop_front().or_else(|| self.rings.take())?;
            let event = match completion.user_data {
                CONSOLE_READ => Some(self.input_came(completion.result)),
                NEXT_SIGNAL => self.signal_came(completion.result),
                _ => None,
            };
            if event.is_some() {
                return event;
            }
        }
    }

    fn input_came(&mut self, result: i64) -> Event {
        let length = usize::try_from(result).unwrap_or(0).min(self.buffer.len());
        // After the end of the input there is nothing more to ask for.
        self.input = if length == 0 {
            Input::NotWanted
        } else {
            Input::Wanted
        };
        // SAFETY: the completion gave the buffer back. Volatile, since the monitor wrote it.
        let byte = |index: usize| unsafe { (&raw const self.buffer[index]).read_volatile() };
        Event::ConsoleInput((0..length).map(byte).collect())
    }

    /// Where the parent passes no signals on, there is nothing more to ask for.
    fn signal_came(&mut self, result: i64) -> Option<Event> {
        let number = u8::try_from(result).ok();
        self.signals = match number {
            Some(_) => Signals::Wanted,
            None => Signals::NotWanted,
        };
        number.map(Event::Signal)
    }

    /// Does an operation that is answered in its doorbell, and gives its result.
    fn at_once(&mut self, operation: Operation, argument: u64) -> i64 {
        self.perform(&Submission {
            operation: operation.code(),
            argument,
            ..Submission::default()
        })
    }

    /// The same for any such operation. What it points to has to stay until then.
    pub(crate) fn perform(&mut self, submission: &Submission) -> i64 {
        self.rings.submit(&Submission {
            user_data: AT_ONCE,
            ..*submission
        });
        self.rings.ring();
        let mut result = 0;
        while let Some(completion) = self.rings.take() {
            if completion.user_data == AT_ONCE {
                result = completion.result;
            } else {
                self.put_off.push_back(completion);
            }
        }
        result
    }

    fn say_action(&mut self, signal: Signal, action: SignalAction) {
        let action = match action {
            SignalAction::Default => ACTION_DEFAULT,
            SignalAction::Ignore => ACTION_IGNORE,
            SignalAction::Deliver => ACTION_DELIVER,
        };
        // Refused where there are no signals, which makes no difference.
        let argument = u64::from(signal.code()) | action << 8;
        self.rings.tell(Operation::SignalAction, argument);
    }
}

fn is_building() -> bool {
    boot_block().flags & FLAG_BUILD != 0
}

/// What the boot block says about this life.
fn birth() -> Birth {
    let block = boot_block();
    Birth {
        instance_id: block.instance_id,
        launched_ns: block.launched,
        entered_ns: block.entered,
        // As for other file systems in memory: half of it.
        file_bytes: Some(block.heap.length / 2),
        argument: argument(&block).to_vec(),
        mounts: mount_points(mount_table(&block)),
    }
}

impl Platform for InstancePlatform {
    fn monotonic_ns(&mut self) -> u64 {
        crate::boot::monotonic()
    }

    fn system_time_ns(&mut self) -> i64 {
        boot_block().clock.wall(counter())
    }

    fn fill_entropy(&mut self, bytes: &mut [u8]) {
        self.random.fill_bytes(bytes);
    }

    fn console_write(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        let stream = match stream {
            ConsoleStream::Output => Stream::Output,
            ConsoleStream::Error => Stream::Errors,
        };
        self.rings.console_write(stream, bytes);
    }

    fn console_subscribe(&mut self) {
        if self.input == Input::NotWanted {
            self.input = Input::Wanted;
        }
    }

    fn terminal(&mut self) -> Terminal {
        let state = self.at_once(Operation::Terminal, 0) as u64;
        Terminal {
            input: state & TERMINAL_INPUT != 0,
            output: state & TERMINAL_OUTPUT != 0,
            errors: state & TERMINAL_ERRORS != 0,
            columns: state as u16,
            rows: (state >> 16) as u16,
        }
    }

    fn terminal_mode(&mut self, mode: Option<TerminalMode>) -> bool {
        let argument = mode.map_or(MODE_AS_FOUND, |mode| {
            let bits = [
                (mode.canonical, MODE_CANONICAL),
                (mode.echo, MODE_ECHO),
                (mode.signals, MODE_SIGNALS),
                (mode.no_interrupt, MODE_NO_INTERRUPT),
            ];
            let set = bits.iter().filter(|(is_set, _)| *is_set);
            set.fold(MODE_SET, |bits, (_, bit)| bits | bit)
        });
        let is_set = self.at_once(Operation::TerminalMode, argument) == 0;
        self.mode = mode.filter(|_| is_set);
        is_set
    }

    fn current_terminal_mode(&self) -> Option<TerminalMode> {
        self.mode
    }

    fn signal_action(&mut self, signal: u8, action: SignalAction) {
        let Some(signal) = Signal::from_code(signal) else {
            return;
        };
        self.actions.retain(|(known, _)| *known != signal);
        if action != SignalAction::Default {
            self.actions.push((signal, action));
        }
        if action == SignalAction::Deliver && self.signals == Signals::NotWanted {
            self.signals = Signals::Wanted;
        }
        if !self.building {
            self.say_action(signal, action);
        }
    }

    fn has_attention(&self) -> bool {
        self.rings.has_attention() || self.wants_to_ask() || self.rings.queued() > 0
    }

    fn host_files(&mut self) -> Option<&mut dyn HostFiles> {
        Some(self)
    }

    fn hold_reserve(&mut self, hold: bool) {
        crate::heap::hold_reserve(hold);
    }

    fn send_parent(&mut self, message: &[u8]) {
        self.rings.message(message);
    }

    fn wait(&mut self, deadline_ns: Option<u64>) -> Event {
        if let Some(event) = self.take_event() {
            return event;
        }
        self.ask();
        if deadline_ns.is_some_and(|deadline| deadline <= crate::boot::monotonic()) {
            if self.rings.queued() > 0 || self.rings.has_attention() {
                self.rings.ring();
            }
        } else {
            self.rings.wait(deadline_ns);
        }
        self.take_event().unwrap_or(Event::Nothing)
    }

    fn birth(&self) -> &Birth {
        &self.birth
    }

    fn freeze(&mut self) {
        crate::clear_free();
        self.rings.ready(crate::claimed_end());
        self.birth = birth();
        self.building = is_building();
        self.random = ChaCha20Rng::from_seed(boot_block().entropy);
        for (signal, action) in self.actions.clone() {
            self.say_action(signal, action);
        }
    }

    fn stamp_first_instruction(&mut self) {
        self.rings.stamp_first_instruction();
    }
}
