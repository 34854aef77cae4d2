//! Memory that processes may still refer to, freed when none does any more: purged code and literals.
//!
//! A process may hold literals of a module that is purged, or of a persistent term that is replaced, and may even be in
//! purged code, if the purge did not wait for it. So what is to go is only noted at first. Between two slices, when no
//! process runs, the machine looks through all of them: those that hold literals get copies on their own heap, which is
//! what `erts_literal_area_collector` has processes do in OTP. Then the memory is freed, but for code that somebody is in.
//!
//! Looking through all processes takes time. Code, which is seldom purged, goes at once; literals when there is nothing
//! else to do, or enough to be had.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::mem::take;

use brood_term::{Literals, Term};

use crate::code::module::Module;
use crate::heap::OutOfMemory;
use crate::machine::Machine;
use crate::process::Process;

/// So many words are not worth looking through all processes while there is other work.
const FEW_WORDS: usize = 1 << 16;
/// Nor is less than this part of what was looked through the last time.
const WORTH_ONE_IN: usize = 8;

/// What is to be freed.
#[derive(Debug, Default)]
pub struct Releases {
    modules: Vec<Rc<Module>>,
    literals: Vec<Literals>,
    /// Words added since processes were looked through.
    words: usize,
    /// Some of them are to go at once.
    urgent: bool,
    /// Words that the processes had then.
    searched: usize,
}

impl Releases {
    /// Adds the literals of something that is gone.
    pub fn add_literals(&mut self, literals: Literals) {
        // What has no words nobody refers to.
        if literals.words() > 0 {
            self.words += literals.words();
            self.literals.push(literals);
        }
    }

    /// Adds a version of a module that was purged.
    pub fn add_module(&mut self, module: Rc<Module>) {
        self.words += module.words();
        self.urgent = true;
        self.modules.push(module);
    }

    /// Whether it is time to look through the processes.
    #[inline]
    pub fn is_due(&self, idle: bool) -> bool {
        let enough = FEW_WORDS.max(self.searched / WORTH_ONE_IN);
        self.words > 0 && (idle || self.urgent || self.words >= enough)
    }
}

/// Addresses, as sorted ranges that don't overlap.
#[derive(Debug)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    fn new(ranges: impl Iterator<Item = (u64, u64)>) -> Ranges {
        let mut ranges: Vec<(u64, u64)> = ranges.collect();
        ranges.sort_unstable();
        Ranges(ranges)
    }

    /// Whether the word of `term` is an address in one of them.
    #[inline]
    pub fn contain(&self, term: Term) -> bool {
        let address = term.raw();
        let after = self.0.partition_point(|&(start, _)| start <= address);
        after > 0 && address < self.0[after - 1].1
    }
}

impl Machine {
    /// Frees what is to be freed, between two slices.
    pub(crate) fn release(&mut self) {
        for module in self.code.take_abandoned() {
            self.free_module(module);
        }
        // A heap that must not be collected can't be searched either.
        if self
            .processes
            .iter()
            .any(|process| process.holds_collections)
        {
            return;
        }
        let releases = take(&mut self.releases);
        let processes = || self.processes.iter();
        let (in_use, modules): (Vec<_>, Vec<_>) = releases
            .modules
            .into_iter()
            .partition(|module| processes().any(|process| module.is_run_by(process)));
        self.releases.searched = processes().map(|process| process.heap.used_words()).sum();
        self.releases.modules = in_use;
        let literals = modules.iter().map(|module| &module.literals);
        let ranges = Ranges::new(
            literals
                .chain(&releases.literals)
                .flat_map(Literals::ranges),
        );
        let mut grown = Vec::new();
        let mut exhausted = None;
        for process in self.processes.iter_mut() {
            match process.keep_copies(&ranges, &self.literals) {
                Ok(true) if process.exceeds_max_heap() => grown.push(process.pid),
                Ok(_) => {}
                Err(OutOfMemory(words)) => {
                    exhausted = Some((process.pid, words));
                    break;
                }
            }
        }
        if let Some((pid, words)) = exhausted
            && let Some(process) = self.processes.take(pid)
        {
            self.heap_exhausted(&process, words);
        }
        for module in modules {
            self.code.forget_addresses(&module);
            self.free_module(module);
        }
        for literals in releases.literals {
            self.literals.free(literals);
        }
        for pid in grown {
            self.heap_limit_reached_by(pid);
        }
    }

    /// Frees a module that nobody refers to.
    pub(crate) fn free_module(&mut self, module: Rc<Module>) {
        if let Some(module) = Rc::into_inner(module) {
            self.literals.free(module.literals);
        }
    }
}

impl Module {
    /// Whether a process is in the code, or returns to it.
    pub fn is_run_by(&self, process: &Process) -> bool {
        let inside = |address: *const u64| self.offset_of(address).is_some();
        let mut frames = process
            .heap
            .stack_words()
            .iter()
            .filter(|word| word.is_header());
        inside(process.ip)
            || inside(process.cp)
            || frames.any(|word| inside(word.raw() as *const u64))
    }
}
