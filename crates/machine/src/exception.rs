//! Exceptions on their way from where they are raised to where they are caught.

use brood_term::{Heap, Mfa, Term, known};

/// The class of an exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// `error`
    Error,
    /// `exit`
    Exit,
    /// `throw`
    Throw,
}

impl Class {
    const TABLE: [(Class, Term); 3] = [
        (Class::Error, known::ERROR),
        (Class::Exit, known::EXIT),
        (Class::Throw, known::THROW),
    ];

    /// The atom.
    pub fn atom(self) -> Term {
        Self::TABLE[self as usize].1
    }

    /// The class that an atom names.
    pub fn from_atom(atom: Term) -> Option<Class> {
        Self::TABLE
            .iter()
            .find(|(_, name)| *name == atom)
            .map(|(class, _)| *class)
    }
}

/// What the stack trace of an exception starts from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Trace {
    /// Where it is raised: the BIF called (if one raises it), then the stack.
    Here,
    /// As [`Trace::Here`], but the first entry has this argument list (`erlang:error/2`, `function_clause`)
    /// and, unless [`Term::NONE`], these options of `erlang:error/3`.
    Arguments {
        /// A list of arguments, or `none`.
        arguments: Term,
        /// The `error_info` map given to `error/3`, or [`Term::NONE`].
        error_info: Term,
    },
    /// A stack trace that Erlang code gives: a list, or the raw form that `catch` passes on.
    Given(Term),
    /// As [`Trace::Here`], but the first entry is this function with these arguments.
    Function {
        /// The function.
        mfa: Mfa,
        /// The list of its arguments, or [`Term::NONE`] for its arity alone.
        arguments: Term,
    },
}

/// An exception.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exception {
    /// Its class.
    pub class: Class,
    /// Its reason.
    pub reason: Term,
    /// Where its stack trace comes from.
    pub trace: Trace,
    /// An atom or term that the `error_info` of a BIF's entry carries as `cause`; [`Term::NONE`] when none.
    pub cause: Term,
}

impl Exception {
    /// An exception raised here.
    pub fn new(class: Class, reason: Term) -> Exception {
        Exception {
            class,
            reason,
            trace: Trace::Here,
            cause: Term::NONE,
        }
    }

    /// An error raised here.
    pub fn error(reason: Term) -> Exception {
        Exception::new(Class::Error, reason)
    }

    /// `error({Tag, Value})`, raised here.
    pub fn error_tuple(heap: &mut impl Heap, tag: Term, value: Term) -> Exception {
        Exception::error(heap.tuple(&[tag, value]))
    }
}

/// How a BIF ends, other than by giving a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Control {
    /// It raises an exception.
    Raise(Exception),
    /// It continues as a call of this function, which must be in the registers' place: `arguments` is a list.
    Call {
        /// The function; its arity is the list's length.
        mfa: Mfa,
        /// A proper list of its arguments, of at most 255.
        arguments: Term,
    },
    /// As `Call`, of a fun.
    Apply {
        /// The fun.
        fun: Term,
        /// A proper list of its arguments.
        arguments: Term,
    },
    /// It is called again with the same arguments when the process runs next: at once (to let others run) or
    /// after something woke the process.
    Again {
        /// Whether to wait until the process is woken.
        wait: bool,
    },
    /// Throws the stack away, waits for a message and then calls this function: `hibernate/3`.
    Hibernate {
        /// The function.
        mfa: Mfa,
        /// A proper list of its arguments.
        arguments: Term,
    },
    /// The process ends with this reason, uncatchably.
    Exit(Term),
    /// The machine stops: see [`crate::Machine::halt`].
    Halt,
}

impl From<Exception> for Control {
    fn from(exception: Exception) -> Control {
        Control::Raise(exception)
    }
}

/// `error(badarg)`.
pub fn badarg() -> Control {
    Control::Raise(Exception::error(known::BADARG))
}

/// `error(badarg)` with a cause that the shell's explanation names.
pub fn badarg_cause(cause: Term) -> Control {
    Control::Raise(Exception {
        cause,
        ..Exception::error(known::BADARG)
    })
}

/// `error(badarith)`.
pub fn badarith() -> Control {
    Control::Raise(Exception::error(known::BADARITH))
}

/// `error(system_limit)`.
pub fn system_limit() -> Control {
    Control::Raise(Exception::error(known::SYSTEM_LIMIT))
}

/// `error(Reason)`.
pub fn error(reason: Term) -> Control {
    Control::Raise(Exception::error(reason))
}
