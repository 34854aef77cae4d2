//! Loads a file that may be hostile and runs what it exports, for a while.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use brood_machine::platform::{Birth, ConsoleStream, Event};
use brood_machine::process::{MaxHeapSize, SpawnOptions};
use brood_machine::{Config, Machine, Platform};
use brood_term::{Heap, Mfa, Term};

/// How often the machine may look at the clock, which it does for each slice of a process.
const LOOKS: u32 = 60;

/// The words that a process may have.
const LARGEST_HEAP: usize = 1 << 22;

/// The time is over.
struct Over;

/// A platform that ends a machine that runs for long.
struct Impatient {
    looks: u32,
    birth: Birth,
}

impl Platform for Impatient {
    fn monotonic_ns(&mut self) -> u64 {
        self.looks += 1;
        if self.looks > LOOKS {
            resume_unwind(Box::new(Over));
        }
        u64::from(self.looks) * 1_000_000
    }

    fn system_time_ns(&mut self) -> i64 {
        0
    }

    fn fill_entropy(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn console_write(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn console_subscribe(&mut self) {}

    fn send_parent(&mut self, _: &[u8]) {}

    fn wait(&mut self, _: Option<u64>) -> Event {
        resume_unwind(Box::new(Over))
    }

    fn birth(&self) -> &Birth {
        &self.birth
    }

    fn freeze(&mut self) {}

    fn stamp_first_instruction(&mut self) {}
}

/// What functions are called with, in turn.
fn arguments(heap: &mut impl Heap, count: usize, round: usize) -> Vec<Term> {
    let pair = heap.tuple(&[Term::small(1), Term::NIL]);
    let float = heap.float(2.5);
    let list = heap.list(&[Term::small(7), pair, float]);
    let binary = heap.binary(b"\0\x05helloabctail, and a rest");
    let all = [binary, list, pair, Term::small(3), float, Term::NIL];
    (0..count)
        .map(|index| all[(round + index) % all.len()])
        .collect()
}

/// Loads the file and, if that works, runs each of its exports with a few arguments. Gives whether it was loaded. Panics
/// if anything but the module's processes goes wrong.
pub fn load_and_run(file: &[u8]) -> bool {
    let platform = Impatient {
        looks: 0,
        birth: Birth::default(),
    };
    let config = Config {
        stress: true,
        ..Config::default()
    };
    let mut machine = Machine::new(config, Box::new(platform));
    let Ok(module) = machine.load_module(file) else {
        return false;
    };
    // A broken function may call itself without end, with frames as large as they come.
    let options = SpawnOptions {
        max_heap: MaxHeapSize {
            words: LARGEST_HEAP,
            ..MaxHeapSize::default()
        },
        ..SpawnOptions::default()
    };
    let parsed = brood_beam::Module::parse(file).expect("it was loaded");
    for export in &parsed.exports {
        for round in 0..3 {
            let mut heap = brood_term::heap::Chunks::new();
            let arguments = arguments(&mut heap, usize::from(export.arity), round);
            let name = parsed.atom(export.function).expect("an atom");
            let function = machine.atoms.intern(name).expect("room");
            let mfa = Mfa {
                module,
                function,
                arity: u32::from(export.arity),
            };
            machine.spawn(Term::NONE, Term::NONE, mfa, &arguments, &options);
        }
    }
    match catch_unwind(AssertUnwindSafe(|| machine.run())) {
        Err(payload) if !payload.is::<Over>() => resume_unwind(payload),
        // A machine that was left in the midst of something is not put in order any more.
        Err(_) => std::mem::forget(machine),
        Ok(_) => {}
    }
    true
}
