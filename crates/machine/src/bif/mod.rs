//! The functions of OTP modules that are written in Rust, by area, registered in one table.
//!
//! To add one: write `pub fn name(context: &mut Context<'_>, arguments: &[Term]) -> BifResult` in the file of its
//! area and add `entry("module", "function", arity, name)` to that file's `TABLE`. The loader binds imports to
//! the table's functions, and lets them override Erlang functions of the same name in a module that is loaded (OTP's own modules
//! have bodies for them that only say that they were not loaded).
//!
//! A BIF must not keep a [`Term`] anywhere outside the process' heap and must not collect. What it allocates never
//! moves while it runs. A BIF of more than a few microseconds takes reductions with [`Context::charge`].

use brood_term::Term;

use crate::context::Context;
use crate::exception::Control;
use crate::machine::SLICE_REDUCTIONS;

/// What a BIF gives: its value, or how else it ends.
pub type BifResult = Result<Term, Control>;

/// A BIF. The slice has exactly as many arguments as its table entry says.
pub type Bif = fn(&mut Context<'_>, &[Term]) -> BifResult;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The module.
    pub module: &'static str,
    /// The function.
    pub function: &'static str,
    /// The number of arguments.
    pub arity: u8,
    /// Its code.
    pub bif: Bif,
}

/// Makes a line of the table.
pub const fn entry(module: &'static str, function: &'static str, arity: u8, bif: Bif) -> Entry {
    Entry {
        module,
        function,
        arity,
        bif,
    }
}

/// No debt of reductions is larger, so that calls can go on counting.
const LEAST_FUEL: i32 = i32::MIN / 2;

impl Context<'_> {
    /// Takes `reductions` from the slice of the running process.
    #[inline]
    pub fn charge(&mut self, reductions: usize) {
        let reductions = i32::try_from(reductions).unwrap_or(i32::MAX);
        let fuel = self.process.fuel.saturating_sub(reductions);
        self.process.fuel = fuel.max(LEAST_FUEL);
    }

    /// Whether the BIF that is called is the first thing that the process does in its slice.
    pub fn slice_begins(&self) -> bool {
        self.process.fuel_left() == SLICE_REDUCTIONS - 1
    }
}

pub mod loop_limit;

macro_rules! areas {
    ($($(#[$doc:meta])* $area:ident,)*) => {
        $($(#[$doc])* pub mod $area;)*

        /// All BIFs, area by area.
        pub const AREAS: &[&[Entry]] = &[$($area::TABLE,)*];
    };
}

areas! {
    /// Loading code, and asking about functions.
    code,
    /// Processes: which there are, their ends, their names.
    process,
    /// Making processes.
    spawn,
    /// Suspending processes.
    suspend,
    /// Collections and checks that one process asks of another.
    system_task,
    /// Links, monitors and aliases.
    link,
    /// Sending.
    messaging,
    /// Process flags.
    flags,
    /// `process_info/1,2`.
    process_info,
    /// Stacks as text.
    backtrace,
    /// Timers and time.
    time,
    /// The process dictionary.
    dictionary,
    /// Errors and exits raised by functions.
    raise,
    /// Tables of tuples.
    ets,
    /// Terms that all processes read without copying.
    persistent_term,
    /// Operators on numbers, and conversions between their types.
    arithmetic,
    /// Comparisons and booleans.
    comparison,
    /// Type tests and sizes.
    types,
    /// Atoms to and from text.
    atoms,
    /// Numbers to and from text.
    convert,
    /// Tuples.
    tuples,
    /// Native records.
    records,
    /// Lists.
    lists,
    /// Maps.
    maps,
    /// I/O lists.
    iolist,
    /// Binaries.
    binary,
    /// Searching in binaries.
    search,
    /// Characters.
    unicode,
    /// Regular expressions.
    re,
    /// The module `math`.
    math,
    /// Hashes of terms.
    hash,
    /// Checksums and digests.
    checksum,
    /// The external term format.
    external,
    /// Packets of streams.
    packet,
    /// Printing terms; identifiers to and from text.
    text,
    /// Files of the image.
    prim_file,
    /// Buffers of bytes for files.
    prim_buffer,
    /// The terminal of OTP from 26 on.
    prim_tty,
    /// Compression.
    zlib,
    /// Arrays of integers that processes share.
    counters,
    /// The environment variables.
    environment,
    /// Tracing.
    trace,
    /// Sequential tracing.
    seq_trace,
    /// Watching the machine as a whole.
    system_watch,
    /// What the machine is, and its end.
    system,
    /// What the machine is made of.
    system_info,
    /// Flags of the machine as a whole.
    system_flag,
    /// What memory is used for.
    memory,
    /// The module `erts_debug`.
    debug,
    /// Work on dirty schedulers.
    dirty,
    /// What OTP's tests look at and turn.
    internal_state,
    /// What the machine has done.
    statistics,
    /// Nodes.
    node,
    /// What OTP's distribution asks for.
    distribution,
    /// What releases after 25 ask for.
    later,
    /// Ports.
    port,
    /// Drivers.
    driver,
    /// What an instance has beyond OTP.
    brood,
}

pub mod absent;

#[cfg(test)]
mod tests;
