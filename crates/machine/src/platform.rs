//! The only way in which the machine sees the outside.

use alloc::vec::Vec;

/// Which console stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsoleStream {
    /// What the program prints.
    Output,
    /// Diagnostics.
    Error,
}

/// Something that happened outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Console input; empty at its end.
    ConsoleInput(Vec<u8>),
    /// The deadline passed, or there was nothing.
    Nothing,
}

/// What an instance learns when it is born, or wakes up as a clone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Birth {
    /// The instance's id, unique on its node.
    pub instance_id: u64,
    /// When its launch was asked for, in nanoseconds of the host's monotonic clock.
    pub launched_ns: u64,
    /// When it was first entered, on the same clock.
    pub entered_ns: u64,
    /// How many bytes files may take beside those of the package, if that is bounded.
    pub file_bytes: Option<u64>,
    /// The argument that the parent gave, in external term format; empty when there is none.
    pub argument: Vec<u8>,
}

/// Time, chance, console, parent and waiting: implemented by the guest over the contract, and by tests.
pub trait Platform {
    /// The host's monotonic clock, in nanoseconds. Never goes back, not even from image to clone.
    fn monotonic_ns(&mut self) -> u64;

    /// Unix time in nanoseconds.
    fn system_time_ns(&mut self) -> i64;

    /// Fills `bytes` with fresh randomness, different in every clone.
    fn fill_entropy(&mut self, bytes: &mut [u8]);

    /// Writes to the console.
    fn console_write(&mut self, stream: ConsoleStream, bytes: &[u8]);

    /// From now on console input arrives as events.
    fn console_subscribe(&mut self);

    /// Sends a message (external term format) to the parent.
    fn send_parent(&mut self, message: &[u8]);

    /// Waits until something happens, or the monotonic clock reaches `deadline_ns` (`None`: for ever; a
    /// deadline in the past: only looks).
    fn wait(&mut self, deadline_ns: Option<u64>) -> Event;

    /// How this instance was born.
    fn birth(&self) -> &Birth;

    /// Ends the build of an image: what runs after this call runs in a clone. `birth` tells of the new life.
    fn freeze(&mut self);

    /// Notes that the first Erlang instruction of this life is about to run.
    fn stamp_first_instruction(&mut self);
}
