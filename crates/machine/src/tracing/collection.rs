//! What is told of collections.

use alloc::vec::Vec;

use brood_term::heap::Chunks;
use brood_term::{Heap, Term, known};

use super::events::Event;
use super::flags::Flags;
use crate::context::Context;
use crate::heap::Collection;

/// A collection that is watched.
#[derive(Debug)]
pub struct Watched {
    is_major: bool,
    began_ns: u64,
    reclaimed: u64,
}

impl Context<'_> {
    /// A collection of the running process begins that is to make room for `need` words.
    #[inline(always)]
    pub fn watched_collection_begins(
        &mut self,
        collection: Collection,
        need: usize,
    ) -> Option<Watched> {
        let flags = self.process.trace.settings.flags;
        if !flags.has(Flags::GARBAGE_COLLECTION) && self.machine.tracing.monitor.is_none() {
            return None;
        }
        Some(self.begin_watching(collection, need))
    }

    #[cold]
    fn begin_watching(&mut self, collection: Collection, need: usize) -> Watched {
        let is_major = self.process.heap.collects_all(collection);
        let tag = if is_major {
            known::GC_MAJOR_START
        } else {
            known::GC_MINOR_START
        };
        self.trace_collection(tag, need as u64);
        Watched {
            is_major,
            began_ns: self.machine.monotonic_ns(),
            reclaimed: self.process.heap.words_reclaimed,
        }
    }

    /// A collection that was watched is over.
    #[cold]
    pub fn watched_collection_ends(&mut self, watched: &Watched) {
        let took = self.machine.monotonic_ns().saturating_sub(watched.began_ns);
        let tag = if watched.is_major {
            known::GC_MAJOR_END
        } else {
            known::GC_MINOR_END
        };
        let reclaimed = self.process.heap.words_reclaimed - watched.reclaimed;
        self.trace_collection(tag, reclaimed);
        self.report_collection(took);
    }

    fn trace_collection(&mut self, tag: Term, words: u64) {
        let Some(tracee) = self.process.traced(Flags::GARBAGE_COLLECTION) else {
            return;
        };
        let mut memory = Chunks::new();
        let mut list = Vec::new();
        let information = self.process.heap.information();
        let information = information.map(|(name, value)| (name, value as u64));
        for (name, value) in [("wordsize", words)].into_iter().chain(information) {
            let value = memory.unsigned(value);
            let name = self.machine.atom(name);
            list.push(memory.tuple(&[name, value]));
        }
        let list = memory.list(&list);
        self.emitter().emit(tracee, Event::new(tag, list));
    }
}
