//! Trace flags: what of a process is traced, and how.

use brood_term::{Atoms, Heap, Term, known};

use super::tracer;

/// A set of trace flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags(u32);

macro_rules! flags {
    ($($name:ident $atom:ident $bit:literal $meaning:literal;)*) => {
        impl Flags {
            $(
                #[doc = $meaning]
                pub const $name: Flags = Flags(1 << $bit);
            )*

            /// Every flag.
            pub const ALL: Flags = Flags($(1 << $bit |)* 0);

            /// The flags with their atoms, in the order in which `trace_info` lists them from the end.
            const TABLE: &[(Flags, Term)] = &[$((Flags::$name, known::$atom),)*];
        }
    };
}

flags! {
    TIMESTAMP TIMESTAMP 0 "Messages have the time as `now/0` gives it.";
    STRICT_MONOTONIC_TIMESTAMP STRICT_MONOTONIC_TIMESTAMP 1 "Messages have monotonic time and a unique integer.";
    MONOTONIC_TIMESTAMP MONOTONIC_TIMESTAMP 2 "Messages have monotonic time.";
    SEND SEND 3 "Messages that it sends.";
    RECEIVE RECEIVE 4 "Messages that it gets.";
    SET_ON_SPAWN SET_ON_SPAWN 5 "What it spawns is traced, too.";
    CALL CALL 6 "Calls that a pattern covers.";
    PROCS PROCS 7 "Spawns, exits, links, names.";
    SET_ON_FIRST_SPAWN SET_ON_FIRST_SPAWN 8 "What it spawns first is traced, too.";
    SET_ON_LINK SET_ON_LINK 9 "What it links to is traced, too.";
    SET_ON_FIRST_LINK SET_ON_FIRST_LINK 10 "What it links to first is traced, too.";
    RUNNING RUNNING 11 "When it gets the core and loses it.";
    EXITING EXITING 12 "When it gets the core and loses it while it ends.";
    GARBAGE_COLLECTION GARBAGE_COLLECTION 13 "Collections.";
    ARITY ARITY 14 "Calls show the number of arguments only.";
    RETURN_TO RETURN_TO 15 "Where traced local calls return to.";
    SILENT SILENT 16 "No messages of calls.";
    SCHEDULER_ID SCHEDULER_ID 17 "Messages have the scheduler's number.";
    PORTS PORTS 18 "Of a port: what `PROCS` is for processes.";
    RUNNING_PORTS RUNNING_PORTS 19 "Of a port: what `RUNNING` is for processes.";
    RUNNING_PROCS RUNNING_PROCS 20 "As `RUNNING`.";
}

impl Flags {
    /// No flag.
    pub const NONE: Flags = Flags(0);
    /// The flags that say how messages look, and those that processes and ports have both.
    pub const MODIFIERS: Flags = Flags::SILENT
        .with(Flags::TIMESTAMP)
        .with(Flags::STRICT_MONOTONIC_TIMESTAMP)
        .with(Flags::MONOTONIC_TIMESTAMP)
        .with(Flags::SCHEDULER_ID)
        .with(Flags::RECEIVE)
        .with(Flags::SEND);
    /// What can be said of ports alone.
    const PORTS_ALONE: Flags = Flags::PORTS.with(Flags::RUNNING_PORTS);
    /// What can be said of ports.
    pub const OF_PORTS: Flags = Flags::MODIFIERS.with(Flags::PORTS_ALONE);
    /// What can be said of processes.
    pub const OF_PROCESSES: Flags = Flags::ALL.without(Flags::PORTS_ALONE);

    /// Both sets.
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// This set without those of another.
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// What both have.
    pub const fn common(self, other: Flags) -> Flags {
        Flags(self.0 & other.0)
    }

    /// The flags as bits of a number.
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it has one of the other set's flags.
    #[inline(always)]
    pub const fn has(self, any: Flags) -> bool {
        self.0 & any.0 != 0
    }

    /// The flag that an atom names; `all` names every one.
    pub fn from_atom(atom: Term) -> Option<Flags> {
        if atom == known::ALL {
            return Some(Flags::ALL);
        }
        Flags::TABLE
            .iter()
            .find(|(_, name)| *name == atom)
            .map(|(flag, _)| *flag)
    }

    /// The list of its flags, in OTP's order.
    pub fn to_list(self, heap: &mut impl Heap) -> Term {
        Flags::TABLE
            .iter()
            .filter(|(flag, _)| self.has(*flag))
            .fold(Term::NIL, |list, (_, name)| heap.cons(*name, list))
    }
}

/// What a list of flags says.
#[derive(Clone, Copy, Debug)]
pub struct FlagList {
    /// The flags.
    pub flags: Flags,
    /// The tracer, if one is given; else [`Term::NONE`].
    pub tracer: Term,
    /// Whether `cpu_timestamp` is among them.
    pub cpu_timestamp: bool,
}

impl FlagList {
    /// Reads a list of flags and `{tracer, Tracer}`; `None` when it is none.
    pub fn parse(list: Term, atoms: &Atoms) -> Option<FlagList> {
        let mut parsed = FlagList {
            flags: Flags::NONE,
            tracer: Term::NONE,
            cpu_timestamp: false,
        };
        let mut elements = list.list();
        for element in elements.by_ref() {
            if let Some(flag) = Flags::from_atom(element) {
                parsed.flags = parsed.flags.with(flag);
            } else if element == known::CPU_TIMESTAMP {
                parsed.cpu_timestamp = true;
            } else if element.is_tuple() {
                parsed.tracer = tracer::parse(element, known::TRACER, atoms)?;
            } else {
                return None;
            }
        }
        elements.ended_proper().then_some(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_processes_and_ports_share_the_modifiers() {
        assert_eq!(
            Flags::OF_PORTS.common(Flags::OF_PROCESSES),
            Flags::MODIFIERS
        );
        assert_eq!(Flags::OF_PORTS.with(Flags::OF_PROCESSES), Flags::ALL);
        assert!(!Flags::OF_PROCESSES.has(Flags::PORTS));
    }
}
