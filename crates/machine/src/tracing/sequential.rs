//! Sequential tracing: a token that goes from process to process with the messages they send.

use alloc::boxed::Box;
use alloc::rc::Rc;

use brood_term::heap::Chunks;
use brood_term::{Heap, OwnedTerm, Term, known};

use super::events::{Emitter, build_message};
use super::flags::Flags;
use crate::context::Context;
use crate::process::Process;

/// The flags of a token, as OTP numbers them.
const TOKEN_FLAGS: [(Term, u8); 6] = [
    (known::SEND, 1 << 0),
    (known::RECEIVE, 1 << 1),
    (known::PRINT, 1 << 2),
    (known::TIMESTAMP, 1 << 3),
    (known::STRICT_MONOTONIC_TIMESTAMP, 1 << 4),
    (known::MONOTONIC_TIMESTAMP, 1 << 5),
];

fn flag(name: Term) -> Option<u8> {
    TOKEN_FLAGS
        .iter()
        .find(|(atom, _)| *atom == name)
        .map(|(_, bit)| *bit)
}

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    flags: u8,
    label: Rc<OwnedTerm>,
    serial: i64,
    sender: Term,
    last: i64,
}

/// What a process knows of sequential tracing.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The token that it carries.
    token: Option<Token>,
    clock: i64,
    last: i64,
}

impl Sequence {
    const NEW: Sequence = Sequence {
        token: None,
        clock: 0,
        last: 0,
    };

    /// The process acts with its token, if it has one: the serial number moves on. Gives the token.
    fn advance(&mut self, pid: Term) -> Option<Token> {
        let token = self.token.as_mut()?;
        self.clock += 1;
        token.sender = pid;
        token.serial = self.clock;
        token.last = self.last;
        Some(token.clone())
    }
}

/// What a message does to the token of the process that receives it.
#[derive(Clone, Debug, Default)]
pub enum Carried {
    /// Takes it away.
    #[default]
    Nothing,
    /// Leaves it: the message is the machine's.
    Unchanged,
    /// Replaces it.
    Token(Box<Token>),
}

impl Token {
    fn new(sender: Term, last: i64) -> Token {
        Token {
            flags: 0,
            label: Rc::new(OwnedTerm::new(Term::small(0))),
            serial: 0,
            sender,
            last,
        }
    }

    /// The token as OTP's tuple of flags, label, serial, sender and last serial.
    pub(crate) fn to_term(&self, heap: &mut impl Heap) -> Term {
        let label = brood_term::copy::copy_all(self.label.term(), heap);
        heap.tuple(&[
            Term::small(i64::from(self.flags)),
            label,
            Term::small(self.serial),
            self.sender,
            Term::small(self.last),
        ])
    }

    fn trace_flags(&self) -> Flags {
        let stamps = [
            (known::TIMESTAMP, Flags::TIMESTAMP),
            (
                known::STRICT_MONOTONIC_TIMESTAMP,
                Flags::STRICT_MONOTONIC_TIMESTAMP,
            ),
            (known::MONOTONIC_TIMESTAMP, Flags::MONOTONIC_TIMESTAMP),
        ];
        stamps
            .iter()
            .filter(|(name, _)| flag(*name).is_some_and(|bit| self.flags & bit != 0))
            .fold(Flags::NONE, |flags, (_, stamp)| flags.with(*stamp))
    }
}

impl Process {
    /// Whether it carries a token.
    #[inline(always)]
    pub fn carries_token(&self) -> bool {
        self.token().is_some()
    }

    #[inline(always)]
    fn token(&self) -> Option<&Token> {
        self.trace.sequence.as_ref()?.token.as_ref()
    }

    /// Its token as a term, or `[]`.
    pub fn token_term(&self, heap: &mut impl Heap) -> Term {
        self.token().map_or(Term::NIL, |token| token.to_term(heap))
    }

    /// Sets a part of its token, which is made if it has none: `seq_trace/2`. Gives what was there before; `None` for
    /// what makes no sense.
    pub fn set_token(&mut self, part: Term, value: Term, heap: &mut impl Heap) -> Option<Term> {
        if part == known::SEQUENTIAL_TRACE_TOKEN {
            if value != Term::NIL {
                return None;
            }
            let old = self.token_term(heap);
            if let Some(sequence) = &mut self.trace.sequence {
                sequence.token = None;
            }
            return Some(old);
        }
        let pid = self.pid;
        let mut change = |change: &mut dyn FnMut(&mut Token, &mut i64, &mut i64) -> Term| {
            let sequence = self
                .trace
                .sequence
                .get_or_insert_with(|| Box::new(Sequence::NEW));
            let Sequence { token, clock, last } = &mut **sequence;
            let token = token.get_or_insert_with(|| Token::new(pid, *last));
            change(token, clock, last)
        };
        if let (Some(bit), Some(on)) = (flag(part), value.as_boolean()) {
            return Some(change(&mut |token, _, _| {
                let was = token.flags & bit != 0;
                token.flags = if on {
                    token.flags | bit
                } else {
                    token.flags & !bit
                };
                Term::boolean(was)
            }));
        }
        match part {
            known::LABEL => Some(change(&mut |token, _, _| {
                let old = core::mem::replace(&mut token.label, Rc::new(OwnedTerm::new(value)));
                brood_term::copy::copy_all(old.term(), heap)
            })),
            known::SERIAL => {
                let &[previous, current] = value.as_tuple_of::<2>()?;
                let (previous, current) = (previous.as_small()?, current.as_small()?);
                Some(change(&mut |token, clock, last| {
                    let old = [token.last, token.serial].map(Term::small);
                    (token.last, token.serial) = (previous, current);
                    (*clock, *last) = (current, previous);
                    heap.tuple(&old)
                }))
            }
            _ => None,
        }
    }

    /// A part of its token: `seq_trace_info/1` without the name of the part. `None` for what is no part.
    pub fn token_part(&self, part: Term, heap: &mut impl Heap) -> Option<TokenPart> {
        let Some(token) = self.token() else {
            return match part {
                known::LABEL | known::SERIAL => Some(TokenPart::NoToken),
                known::SPAWN => Some(TokenPart::Value(known::FALSE)),
                _ => flag(part).map(|_| TokenPart::Value(known::FALSE)),
            };
        };
        let value = match part {
            known::LABEL => brood_term::copy::copy_all(token.label.term(), heap),
            known::SERIAL => heap.tuple(&[Term::small(token.last), Term::small(token.serial)]),
            _ => Term::boolean(token.flags & flag(part)? != 0),
        };
        Some(TokenPart::Value(value))
    }

    /// What an exit signal of the process carries: its token, whose serial number moves on.
    pub fn exit_token(&mut self) -> Carried {
        let pid = self.pid;
        let Some(sequence) = self.trace.sequence.as_mut() else {
            return Carried::Nothing;
        };
        match sequence.advance(pid) {
            Some(token) => Carried::Token(Box::new(token)),
            None => Carried::Nothing,
        }
    }

    /// Forgets the token, and those of messages that wait: `seq_trace:reset_trace/0`.
    pub fn reset_token(&mut self) {
        self.trace.sequence = None;
        self.messages.forget_tokens();
    }
}

/// What a token says of a part.
#[derive(Clone, Copy, Debug)]
pub enum TokenPart {
    /// This.
    Value(Term),
    /// Nothing: there is no token.
    NoToken,
}

/// What a token tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Send,
    Receive,
    Print,
}

impl Kind {
    fn atom(self) -> Term {
        match self {
            Kind::Send => known::SEND,
            Kind::Receive => known::RECEIVE,
            Kind::Print => known::PRINT,
        }
    }
}

impl Context<'_> {
    /// The running process acts with its token: the serial number moves on.
    fn advance_token(&mut self) {
        let pid = self.process.pid;
        if let Some(tracer) = self.machine.tracing.sequential_tracer
            && !self.emitter().is_enabled(tracer, pid)
        {
            return;
        }
        if let Some(sequence) = &mut self.process.trace.sequence {
            sequence.advance(pid);
        }
    }

    /// Tells of the token of an exit signal that becomes a message.
    pub fn trace_exit_token(&mut self, carried: &Carried, from: Term, to: Term, reason: Term) {
        if let Carried::Token(token) = carried {
            let mut words = Chunks::new();
            let message = words.tuple(&[known::EXIT_UPPER, from, reason]);
            self.emitter()
                .tell_of_token(token, Kind::Send, to, message, (from, false));
        }
    }

    /// What a message of the running process carries, which is told of.
    #[inline(always)]
    pub fn send_token(&mut self, to: Term, message: Term) -> Carried {
        if self.process.trace.sequence.is_none() {
            return Carried::Nothing;
        }
        self.send_with_token(to, message)
    }

    #[cold]
    fn send_with_token(&mut self, to: Term, message: Term) -> Carried {
        if !self.process.carries_token() {
            return Carried::Nothing;
        }
        self.advance_token();
        let Some(token) = self.process.token().cloned() else {
            return Carried::Nothing;
        };
        let process = (self.process.pid, self.process.sensitive);
        self.emitter()
            .tell_of_token(&token, Kind::Send, to, message, process);
        Carried::Token(Box::new(token))
    }

    /// The running process took a message that carried this.
    #[inline(always)]
    pub fn receive_token(&mut self, carried: Carried, message: Term) {
        match carried {
            Carried::Nothing if self.process.trace.sequence.is_none() => {}
            Carried::Unchanged => {}
            carried => self.take_token(carried, message),
        }
    }

    #[cold]
    fn take_token(&mut self, carried: Carried, message: Term) {
        let sequence = self
            .process
            .trace
            .sequence
            .get_or_insert_with(|| Box::new(Sequence::NEW));
        let Carried::Token(token) = carried else {
            sequence.token = None;
            return;
        };
        sequence.last = token.serial;
        sequence.clock = sequence.clock.max(token.serial);
        sequence.token = Some((*token).clone());
        let process = (self.process.pid, self.process.sensitive);
        self.emitter()
            .tell_of_token(&token, Kind::Receive, process.0, message, process);
    }

    /// Tells of something that the running process wants to have told: `seq_trace:print`. Gives whether it has a token,
    /// with this label if one is given.
    pub fn print_with_token(&mut self, label: Option<Term>, message: Term) -> bool {
        let wanted = self.process.token().is_some_and(|token| {
            label.is_none_or(|label| brood_term::compare::exact_eq(label, token.label.term()))
        });
        if !wanted {
            return false;
        }
        self.advance_token();
        let process = (self.process.pid, self.process.sensitive);
        if let Some(token) = self.process.token().cloned() {
            self.emitter()
                .tell_of_token(&token, Kind::Print, Term::NIL, message, process);
        }
        true
    }

    /// The running process made a child, which gets a copy of the token. Told of are the request and (unless it comes as
    /// a message, which then carries what this gives) the reply.
    pub fn spawn_token(
        &mut self,
        child: Term,
        request: Term,
        reply: Term,
        replies: bool,
    ) -> Carried {
        if !self.process.carries_token() {
            return Carried::Nothing;
        }
        self.advance_token();
        let Some(token) = self.process.token().cloned() else {
            return Carried::Nothing;
        };
        let (pid, sensitive) = (self.process.pid, self.process.sensitive);
        let process = (pid, sensitive);
        let mut emitter = self.emitter();
        emitter.tell_of_token(&token, Kind::Send, child, request, process);
        emitter.tell_of_token(&token, Kind::Receive, child, request, process);
        let mut sequence = Box::new(Sequence {
            clock: token.serial,
            last: token.serial,
            token: Some(token),
        });
        let answer = sequence.advance(child);
        if let Some(process) = self.machine.processes.get_mut(child) {
            process.trace.sequence = Some(sequence);
        }
        let Some(answer) = answer else {
            return Carried::Nothing;
        };
        let mut emitter = self.emitter();
        emitter.tell_of_token(&answer, Kind::Send, pid, reply, process);
        if replies {
            return Carried::Token(Box::new(answer));
        }
        emitter.tell_of_token(&answer, Kind::Receive, pid, reply, process);
        if let Some(sequence) = &mut self.process.trace.sequence {
            (sequence.clock, sequence.last) = (answer.serial, answer.serial);
        }
        Carried::Nothing
    }
}

impl Emitter<'_> {
    /// Tells of a token, if it wants that. `process` is the pid of the one who acts and whether it lets itself be traced.
    fn tell_of_token(
        &mut self,
        token: &Token,
        kind: Kind,
        receiver: Term,
        message: Term,
        (pid, sensitive): (Term, bool),
    ) {
        let Some(tracer) = self.machine.tracing.sequential_tracer else {
            return;
        };
        let wanted = flag(kind.atom()).is_some_and(|bit| token.flags & bit != 0);
        if sensitive || !wanted || !self.is_enabled(tracer, pid) {
            return;
        }
        let mut words = Chunks::new();
        let serial = words.tuple(&[Term::small(token.last), Term::small(token.serial)]);
        let data = words.tuple(&[kind.atom(), serial, token.sender, receiver, message]);
        let stamp = self.machine.stamp(token.trace_flags());
        let mut parts = [known::SEQ_TRACE, token.label.term(), data, Term::NONE];
        self.deliver(tracer, |heap, literals| {
            build_message(heap, literals, &mut parts, 3, stamp)
        });
    }
}
