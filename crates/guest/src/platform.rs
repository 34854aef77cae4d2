//! The machine's outside, over the contract.

use alloc::boxed::Box;
use alloc::vec;

use brood_abi::Completion;
use brood_abi::boot::FLAG_BUILD;
use brood_machine::platform::{Birth, ConsoleStream, Event, Platform};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::boot::{argument, boot_block, counter};
use crate::rings::{Rings, Stream};

/// Most console input taken at once, in bytes.
const INPUT_BYTES: usize = 4096;
/// `user_data` of console reads.
const CONSOLE_READ: u64 = 1;

/// Console input: not wanted, wanted, or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    NotWanted,
    Wanted,
    /// The buffer is the monitor's until the completion.
    Asked,
}

/// The outside of the machine in an instance.
#[derive(Debug)]
pub struct InstancePlatform {
    rings: Rings,
    birth: Birth,
    random: ChaCha20Rng,
    input: Input,
    buffer: Box<[u8]>,
}

impl InstancePlatform {
    /// The platform; uses these rings from now on.
    pub fn new(rings: Rings) -> InstancePlatform {
        InstancePlatform {
            rings,
            birth: birth(),
            random: ChaCha20Rng::from_seed(boot_block().entropy),
            input: Input::NotWanted,
            buffer: vec![0; INPUT_BYTES].into_boxed_slice(),
        }
    }

    /// An instance that builds an image asks for nothing: what is outstanding can't be frozen.
    fn ask_for_input(&mut self) {
        if self.input == Input::Wanted && boot_block().flags & FLAG_BUILD == 0 {
            // SAFETY: the buffer belongs to the platform, which lives as long as the machine, and
            // is not touched until the completion has been taken.
            unsafe { self.rings.console_read(&raw mut *self.buffer, CONSOLE_READ) };
            self.input = Input::Asked;
        }
    }

    fn take_event(&mut self) -> Option<Event> {
        let Completion {
            user_data, result, ..
        } = self.rings.take()?;
        if user_data != CONSOLE_READ {
            return None;
        }
        let length = usize::try_from(result).unwrap_or(0).min(self.buffer.len());
        // After the end of the input there is nothing more to ask for.
        self.input = if length == 0 {
            Input::NotWanted
        } else {
            Input::Wanted
        };
        // SAFETY: the completion gave the buffer back. Volatile, since the monitor wrote it.
        let byte = |index: usize| unsafe { (&raw const self.buffer[index]).read_volatile() };
        Some(Event::ConsoleInput((0..length).map(byte).collect()))
    }
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

    fn send_parent(&mut self, message: &[u8]) {
        self.rings.message(message);
    }

    fn wait(&mut self, deadline_ns: Option<u64>) -> Event {
        if let Some(event) = self.take_event() {
            return event;
        }
        self.ask_for_input();
        if deadline_ns.is_some_and(|deadline| deadline <= crate::boot::monotonic()) {
            if self.rings.queued() > 0 {
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
        self.rings.ready(crate::claimed_end());
        self.birth = birth();
        self.random = ChaCha20Rng::from_seed(boot_block().entropy);
    }

    fn stamp_first_instruction(&mut self) {
        self.rings.stamp_first_instruction();
    }
}
