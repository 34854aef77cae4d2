//! The only way in which the machine sees the outside.

use alloc::vec::Vec;

use crate::files::host::{HostFiles, MountPoint};

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
    /// A signal of the host, by its number on Linux: one that [`Platform::signal_action`] asked for.
    Signal(u8),
    /// The deadline passed, or there was nothing.
    Nothing,
}

/// What is to be done with a signal of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SignalAction {
    /// What the host does by itself.
    #[default]
    Default,
    /// Nothing.
    Ignore,
    /// It comes as an [`Event::Signal`].
    Deliver,
}

/// What the console is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terminal {
    /// Whether input comes from a terminal.
    pub input: bool,
    /// Whether output goes to one.
    pub output: bool,
    /// Whether diagnostics do.
    pub errors: bool,
    /// The columns of its window; 0: not known.
    pub columns: u16,
    /// Its rows; 0: not known.
    pub rows: u16,
}

/// How a terminal treats what is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    /// The directories of the host that it may use.
    pub mounts: Vec<MountPoint>,
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

    /// What the console is at this moment. No terminal, unless a platform has one.
    fn terminal(&mut self) -> Terminal {
        Terminal::default()
    }

    /// Sets how the terminal treats what is typed; `None`: as it was found. Gives whether there is one.
    fn terminal_mode(&mut self, _mode: Option<TerminalMode>) -> bool {
        false
    }

    /// The mode that was set last, if it was another than the one that was found.
    fn current_terminal_mode(&self) -> Option<TerminalMode> {
        None
    }

    /// Says what is to be done with a signal of the host, by its number on Linux. Holds in clones, too. Without
    /// meaning where a platform has no signals.
    fn signal_action(&mut self, _signal: u8, _action: SignalAction) {}

    /// Whether something has happened that [`Platform::wait`] would tell of. Looked at after each slice, so it takes
    /// next to no time; it may miss what has happened only just now, and platforms where nothing happens meanwhile
    /// have none.
    fn has_attention(&self) -> bool {
        false
    }

    /// The directories of the host that [`Birth::mounts`] names; none where a platform has none.
    fn host_files(&mut self) -> Option<&mut dyn HostFiles> {
        None
    }

    /// Holds some memory back, or gives it out again: what a crash dump needs when all other memory is gone. A platform
    /// that has none to spare holds none back.
    fn hold_reserve(&mut self, _hold: bool) {}

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
