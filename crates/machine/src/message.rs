//! A process' message queue, with the position that `receive` has reached.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use brood_term::heap::Chunks;
use brood_term::{OwnedTerm, Term};

use crate::heap::ProcessHeap;
use crate::tracing::sequential::Carried;

/// Sequence numbers wrap here: receive markers are small integers.
const LAST_SEQUENCE: u64 = Term::MAX_SMALL as u64;

/// A message that waits.
#[derive(Debug)]
struct Message {
    /// Counts up along the queue: receive markers name messages by it.
    sequence: u64,
    term: Term,
    /// The memory of a message that the process has not looked at yet. Once it has, the memory belongs to its
    /// heap and the term is a root.
    own: Option<Box<Chunks>>,
    /// What it does to the receiver's sequential trace token.
    carried: Carried,
}

/// What [`MessageQueue::peek`] found.
#[derive(Debug)]
pub enum Peek {
    /// A message, and memory that the heap must adopt before the term is used.
    Message(Term, Option<Box<Chunks>>),
    /// Nothing more.
    End,
}

/// The messages of one process in the order of their arrival.
#[derive(Debug, Default)]
pub struct MessageQueue {
    messages: VecDeque<Message>,
    next_sequence: u64,
    /// Index of the message that `receive` looks at next.
    position: usize,
}

impl MessageQueue {
    /// Adds a message that owns its memory.
    pub fn push(&mut self, message: OwnedTerm, carried: Carried) {
        let (term, own) = message.into_parts();
        self.push_message(term, own, carried);
    }

    /// Adds a message whose memory is on the process' heap already (or an immediate or literal).
    pub fn push_resident(&mut self, term: Term) {
        self.push_carrying(term, Carried::Unchanged);
    }

    /// As [`MessageQueue::push_resident`], with what the message does to the receiver's sequential trace token.
    pub fn push_carrying(&mut self, term: Term, carried: Carried) {
        self.push_message(term, None, carried);
    }

    fn push_message(&mut self, term: Term, own: Option<Box<Chunks>>, carried: Carried) {
        let sequence = self.next_sequence;
        self.next_sequence = (sequence + 1) & LAST_SEQUENCE;
        self.messages.push_back(Message {
            sequence,
            term,
            own,
            carried,
        });
    }

    /// The message that `receive` looks at next.
    #[inline]
    pub fn peek(&mut self) -> Peek {
        match self.messages.get_mut(self.position) {
            Some(message) => Peek::Message(message.term, message.own.take()),
            None => Peek::End,
        }
    }

    /// The message looked at did not match: go on to the next.
    #[inline]
    pub fn skip(&mut self) {
        self.position += 1;
    }

    /// The message looked at matched: remove it, and start from the front next time. Gives what it carried, and it.
    #[inline]
    pub fn remove(&mut self) -> Option<(Carried, Term)> {
        let message = self.messages.remove(self.position)?;
        self.position = 0;
        Some((message.carried, message.term))
    }

    /// Takes their sequential trace tokens away from all messages.
    pub fn forget_tokens(&mut self) {
        for message in &mut self.messages {
            if let Carried::Token(_) = message.carried {
                message.carried = Carried::Nothing;
            }
        }
    }

    /// Start from the front next time.
    #[inline]
    pub fn restart(&mut self) {
        self.position = 0;
    }

    /// The sequence number that the next message will have: what a receive marker stores.
    pub fn marker(&self) -> u64 {
        self.next_sequence
    }

    /// Skips all messages that were there when `marker` was made.
    pub fn seek(&mut self, marker: u64) {
        let next = self.next_sequence;
        let first = self
            .messages
            .front()
            .map_or(next, |message| message.sequence);
        let from_first = |sequence: u64| sequence.wrapping_sub(first) & LAST_SEQUENCE;
        let skipped = from_first(marker);
        self.position = if skipped <= from_first(next) {
            self.messages
                .partition_point(|message| from_first(message.sequence) < skipped)
        } else {
            // All that were there then are gone.
            0
        };
    }

    /// Numbers the messages anew, so that the next one has the number `next`. Markers that were made before are void.
    pub fn renumber(&mut self, next: u64) {
        self.next_sequence = next & LAST_SEQUENCE;
        let mut sequence = next;
        for message in self.messages.iter_mut().rev() {
            sequence = sequence.wrapping_sub(1);
            message.sequence = sequence & LAST_SEQUENCE;
        }
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// All messages, oldest first. Their memory may not be the heap's: copy before keeping.
    pub fn iter(&self) -> impl Iterator<Item = Term> {
        self.messages.iter().map(|message| message.term)
    }

    /// As [`MessageQueue::iter`], with what the messages carry.
    pub fn iter_with_tokens(&self) -> impl Iterator<Item = (Term, &Carried)> {
        let messages = self.messages.iter();
        messages.map(|message| (message.term, &message.carried))
    }

    /// Gives `heap` the memory of those messages that have a word that `wanted` accepts (see [`Chunks::any_word`]).
    pub fn adopt_where(&mut self, heap: &mut ProcessHeap, wanted: impl Fn(Term) -> bool) {
        for message in &mut self.messages {
            let found = |own: &mut Box<Chunks>| wanted(message.term) || own.any_word(&wanted);
            if let Some(own) = message.own.take_if(found) {
                heap.adopt(*own);
            }
        }
    }

    /// Visits the messages that are on the process' heap.
    pub fn visit_roots(&mut self, visit: &mut dyn FnMut(&mut Term)) {
        for message in self
            .messages
            .iter_mut()
            .filter(|message| message.own.is_none())
        {
            visit(&mut message.term);
        }
    }
}
