//! The emulator's flags: what `erl` is told with a plus, by the names of what they set.
//!
//! A clone that boots gets them with its argument: `flags => [{Name, Value}]`. Whoever sends them has checked them.

use brood_term::{Term, known};

use super::boot::BootError;
use crate::heap::sizes::next_size;
use crate::host_signal::Interrupt;
use crate::machine::Machine;

/// Does what a flag says; `None` if it can't have this value.
type Set = fn(&mut Machine, Term) -> Option<()>;

/// All flags.
const FLAGS: &[(&str, Set)] = &[
    ("atom_limit", |machine, limit| {
        machine.atoms.set_limit(limit.as_usize()?);
        Some(())
    }),
    ("boot_module", |machine, module| {
        machine.flags.boot_module = module.is_atom().then_some(module)?;
        Some(())
    }),
    ("break", |machine, choice| {
        let choice = Interrupt::from_name(machine.atoms.name(choice)?)?;
        machine.host_signals.interrupt = choice;
        Some(())
    }),
    ("ets_compressed", |machine, on| {
        machine.flags.ets_compressed = on.as_boolean()?;
        Some(())
    }),
    ("ets_limit", |machine, limit| {
        let limit = limit.as_usize()?;
        machine.flags.ets_limit = machine.flags.ets_limit.max(limit);
        Some(())
    }),
    ("fullsweep_after", |machine, count| {
        machine.flags.spawn.fullsweep_after = u32::try_from(count.as_usize()?).ok()?;
        Some(())
    }),
    ("no_crash_dump", |machine, on| {
        machine.flags.no_crash_dump = on.as_boolean()?;
        Some(())
    }),
    ("max_heap_error_logger", |machine, on| {
        machine.flags.spawn.max_heap.error_logger = on.as_boolean()?;
        Some(())
    }),
    ("max_heap_kill", |machine, on| {
        machine.flags.spawn.max_heap.kill = on.as_boolean()?;
        Some(())
    }),
    ("max_heap_size", |machine, words| {
        machine.flags.spawn.max_heap.words = words.as_usize()?;
        Some(())
    }),
    ("message_queue_data", |machine, place| {
        let off_heap = place == known::OFF_HEAP;
        machine.flags.spawn.message_queue_off_heap = off_heap;
        (off_heap || place == known::ON_HEAP).then_some(())
    }),
    ("min_bin_vheap_size", |machine, words| {
        machine.flags.spawn.min_binary_words = next_size(words.as_usize()?);
        Some(())
    }),
    ("min_heap_size", |machine, words| {
        machine.flags.spawn.min_heap_words = next_size(words.as_usize()?);
        Some(())
    }),
    ("port_limit", |machine, limit| {
        machine.ports.set_limit(limit.as_usize()?);
        Some(())
    }),
    ("printable_characters", |machine, range| {
        machine.flags.printable_characters = range.is_atom().then_some(range)?;
        Some(())
    }),
    ("process_limit", |machine, limit| {
        machine.processes.set_limit(limit.as_usize()?);
        Some(())
    }),
    ("warnings", |machine, level| {
        machine.flags.warnings_are = Some(level.is_atom().then_some(level)?);
        Some(())
    }),
];

impl Machine {
    /// Takes the flags of a machine in which nothing runs yet.
    pub(super) fn take_flags(&mut self, flags: Term) -> Result<(), BootError> {
        for flag in flags.list() {
            let Some(&[name, value]) = flag.as_tuple_of::<2>() else {
                return Err(BootError::Argument("flags"));
            };
            let name = self.atoms.name(name);
            let known = FLAGS.iter().find(|(known, _)| Some(*known) == name);
            known
                .and_then(|(_, set)| set(self, value))
                .ok_or_else(|| BootError::Flag(name.unwrap_or_default()))?;
        }
        Ok(())
    }
}
