//! Match specifications of traced calls and messages.

use alloc::rc::Rc;
use alloc::string::String;

use brood_term::{Atoms, Heap, OwnedTerm, Term, known};

use super::action::{Effects, Returns};
use super::events::Emitter;
use super::flags::Flags;
use crate::bif::ets::match_spec::{Dialect, Program, Scope};
use crate::heap::{DEFAULT_MIN_HEAP_WORDS, ProcessHeap};
use crate::platform::ConsoleStream;

/// A compiled specification, with the terms that it refers to.
#[derive(Debug)]
struct Specification {
    program: Program,
    source: OwnedTerm,
}

/// What calls or messages must be like to be told of: a specification, or nothing in particular.
#[derive(Clone, Debug, Default)]
pub struct Pattern(Option<Rc<Specification>>);

/// What came of running a specification.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// What `{message, Term}` said; `false` when nothing matched, or nothing is to be sent; `true` by default.
    pub result: Term,
    /// What is to be told of the end of the call.
    pub returns: Returns,
}

impl Outcome {
    const PLAIN: Outcome = Outcome {
        result: known::TRUE,
        returns: Returns::NONE,
    };
}

impl Pattern {
    /// Compiles a specification.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn compile(
        specification: Term,
        dialect: Dialect,
        atoms: &Atoms,
    ) -> Result<Pattern, String> {
        let source = OwnedTerm::new(specification);
        let program = Program::compile_as(source.term(), dialect, atoms)?;
        Ok(Pattern(Some(Rc::new(Specification { program, source }))))
    }

    /// The specification, if there is one.
    pub fn source(&self) -> Option<Term> {
        Some(self.0.as_ref()?.source.term())
    }

    /// Runs the specification for a process and arguments. What is built goes to `scratch`, and the outcome may refer
    /// to it. In a `test`, nothing but trace flags is changed.
    pub fn run(
        &self,
        emitter: &mut Emitter<'_>,
        pid: Term,
        arguments: &[Term],
        scratch: &mut ProcessHeap,
        test: bool,
    ) -> Outcome {
        let Some(specification) = &self.0 else {
            return Outcome::PLAIN;
        };
        let arguments = scratch.list(arguments);
        let machine = &mut *emitter.machine;
        let mut scope = Scope {
            heap: scratch,
            atoms: &machine.atoms,
            literals: &machine.literals,
            pid,
            node: machine.node_name,
            effects: Some(Effects {
                process: emitter.running.as_deref_mut(),
                processes: &mut machine.processes,
                registry: &machine.registry,
                code: &machine.code,
                control_word: &mut machine.flags.trace_control_word,
                displayed: String::new(),
                message: known::TRUE,
                returns: Returns::NONE,
                test,
            }),
        };
        let matched = specification.program.run_for_effect(arguments, &mut scope);
        let effects = scope.effects.take();
        if let Some(text) = effects.as_ref().map(|effects| effects.displayed.as_bytes())
            && !text.is_empty()
        {
            machine.platform.console_write(ConsoleStream::Output, text);
        }
        match effects {
            Some(effects) if matched => Outcome {
                result: effects.message,
                returns: effects.returns,
            },
            _ => Outcome {
                result: known::FALSE,
                returns: Returns::NONE,
            },
        }
    }

    /// A heap for [`Pattern::run`].
    pub fn scratch() -> ProcessHeap {
        ProcessHeap::new(DEFAULT_MIN_HEAP_WORDS)
    }
}

/// Which messages are told of.
#[derive(Clone, Debug)]
pub struct EventPattern {
    /// Whether any is.
    pub on: bool,
    /// What they must be like.
    pub pattern: Pattern,
}

impl Default for EventPattern {
    fn default() -> Self {
        EventPattern {
            on: true,
            pattern: Pattern::default(),
        }
    }
}

impl EventPattern {
    /// Calls `then` with the specification's result if it wants a message about the process to be sent.
    pub fn when_matching(
        &self,
        emitter: &mut Emitter<'_>,
        pid: Term,
        arguments: &[Term],
        then: impl FnOnce(&mut Emitter<'_>, Term),
    ) {
        if !self.on {
            return;
        }
        if self.pattern.0.is_none() {
            return then(emitter, known::TRUE);
        }
        let mut scratch = Pattern::scratch();
        let outcome = self
            .pattern
            .run(emitter, pid, arguments, &mut scratch, false);
        let silent = emitter
            .process_mut(pid)
            .is_some_and(|process| process.trace.settings.flags.has(Flags::SILENT));
        if outcome.wants_message() && !silent {
            then(emitter, outcome.result);
        }
    }
}
