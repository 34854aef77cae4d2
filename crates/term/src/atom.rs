//! The atom table.
//!
//! Atoms are interned once and never freed, as in OTP. The atoms that Rust code names are interned first, in
//! the order of the table below, so that they are constants ([`known`]).

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;
use thiserror::Error;

use crate::term::Term;

/// The greatest number of characters in an atom.
pub const MAX_ATOM_CHARACTERS: usize = 255;
/// How many atoms a table holds, unless told otherwise: OTP's own default.
pub const DEFAULT_ATOM_LIMIT: usize = 1_048_576;

/// Why a text could not become an atom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum AtomError {
    /// More than [`MAX_ATOM_CHARACTERS`] characters.
    #[error("an atom has at most {MAX_ATOM_CHARACTERS} characters")]
    TooLong,
    /// The table is full.
    #[error("no more index entries in atom_tab (max={0})")]
    TableFull(usize),
}

/// All atoms of one machine.
#[derive(Debug)]
pub struct Atoms {
    names: Vec<&'static str>,
    index: HashMap<&'static str, u32>,
    limit: usize,
}

impl Atoms {
    /// A table that holds the [`known`] atoms and takes at most `limit`.
    pub fn new(limit: usize) -> Atoms {
        let mut atoms = Atoms {
            names: known::NAMES.to_vec(),
            index: HashMap::with_capacity(known::NAMES.len() * 2),
            limit: limit.max(known::NAMES.len()),
        };
        for (index, name) in known::NAMES.iter().enumerate() {
            let earlier = atoms.index.insert(name, index as u32);
            debug_assert_eq!(earlier, None, "the known atom {name} stands twice");
        }
        atoms
    }

    /// The atom with this text, made if it isn't there yet.
    pub fn intern(&mut self, text: &str) -> Result<Term, AtomError> {
        if let Some(atom) = self.existing(text) {
            return Ok(atom);
        }
        // Most atoms are short: counting characters only pays when there may be too many.
        if text.len() > MAX_ATOM_CHARACTERS && text.chars().count() > MAX_ATOM_CHARACTERS {
            return Err(AtomError::TooLong);
        }
        if self.names.len() >= self.limit {
            return Err(AtomError::TableFull(self.limit));
        }
        Ok(self.add(Box::leak(Box::from(text))))
    }

    /// The atom with a text that stands in a program's own code, made if it isn't there yet, even in a table that is full.
    pub fn intern_own(&mut self, text: &'static str) -> Term {
        match self.existing(text) {
            Some(atom) => atom,
            None => self.add(text),
        }
    }

    fn add(&mut self, name: &'static str) -> Term {
        let index = self.names.len() as u32;
        self.names.push(name);
        self.index.insert(name, index);
        Term::atom(index)
    }

    /// The atom with this text, if it is there.
    pub fn existing(&self, text: &str) -> Option<Term> {
        self.index.get(text).map(|&index| Term::atom(index))
    }

    /// The text of an atom; `None` for other terms. Texts live as long as the machine.
    pub fn name(&self, atom: Term) -> Option<&'static str> {
        let index = atom.as_atom()?;
        self.names.get(index as usize).copied()
    }

    /// The text of what is known to be an atom of this table; a word that isn't prints as such.
    pub fn text(&self, atom: Term) -> &'static str {
        self.name(atom).unwrap_or("<no atom>")
    }

    /// How many atoms there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// From now on there may be so many atoms, or as many as there are.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(self.names.len());
    }

    /// How many atoms there may be.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl Default for Atoms {
    fn default() -> Self {
        Atoms::new(DEFAULT_ATOM_LIMIT)
    }
}

macro_rules! known_atoms {
    ($($constant:ident = $text:literal,)*) => {
        /// Atoms that Rust code names, as constants.
        #[allow(missing_docs, reason = "each is the atom that it is named after")]
        pub mod known {
            use super::Term;

            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #[repr(u32)]
            enum Index { $($constant,)* }

            $(pub const $constant: Term = Term::atom(Index::$constant as u32);)*

            /// Their texts, in the order of their indices.
            pub(super) const NAMES: &[&str] = &[$($text,)*];
        }
    };
}

// Sorted by text, a line for each letter: add where it belongs.
known_atoms! {
    PLUS = "+", DIVIDE = "/", MINUS = "-", TIMES = "*", EMPTY = "", UNDERSCORE = "_",
    ABORTED = "aborted", ABS_PATH = "abs_path", ACCESS = "access", ACTIVE = "active", ACTIVE_TASKS = "active_tasks", ALIAS = "alias", ALL = "all", ALLOCATED = "allocated", ALREADY_LOADED = "already_loaded", AND = "and", ANY = "any", APPLY = "apply", ARGS = "args", ARITY = "arity", ATOM = "atom", ATOM_COUNT = "atom_count", ATOM_LIMIT = "atom_limit", ATOM_USED = "atom_used", ATTRIBUTES = "attributes",
    BACKTRACE = "backtrace", BADARG = "badarg", BADARITH = "badarith", BADARITY = "badarity", BADFIELD = "badfield", BADFUN = "badfun", BADKEY = "badkey", BADMAP = "badmap", BADMATCH = "badmatch", BADRECORD = "badrecord", BAND = "band", BAD_GENERATOR = "bad_generator", BAD_FILTER = "bad_filter", BAG = "bag", BIG = "big", BINARY = "binary", BOOLEAN = "boolean", BROOD_CONSOLE = "brood_console", BOR = "bor", BSL = "bsl", BSR = "bsr", BXOR = "bxor",
    CALL = "call", CANCEL = "cancel", CASE_CLAUSE = "case_clause", CAUSE = "cause", CLOCK_SERVICE = "clock_service", CODE = "code", COMPILE = "compile", COMPRESSED = "compressed", CPU_TIMESTAMP = "cpu_timestamp", CREATION = "creation", CURRENT_FUNCTION = "current_function", CURRENT_LOCATION = "current_location", CURRENT_STACKTRACE = "current_stacktrace",
    DEFAULT = "default", DEMONITOR = "demonitor", DICTIONARY = "dictionary", DIV = "div", DOWN = "DOWN", DUPLICATE_BAG = "duplicate_bag",
    ENABLED = "enabled", ENDIANNESS = "endianness", ENOENT = "enoent", ENV = "env", EOF = "eof", ERLANG = "erlang", ERROR = "error", ERROR_HANDLER = "error_handler", ERROR_INFO = "error_info", ERROR_LOGGER = "error_logger", ERTS_INTERNAL = "erts_internal", ETS = "ets", EXACT_REDUCTIONS = "exact_reductions", EXCEPTION_FROM = "exception_from", EXISTING = "existing", EXIT = "exit", EXITING = "exiting", EXIT_UPPER = "EXIT", EXPLICIT_UNALIAS = "explicit_unalias", EXPORTS = "exports", EXTERNAL = "external", EXTRA = "extra",
    FALSE = "false", FILE = "file", FLUSH = "flush", FULLSWEEP_AFTER = "fullsweep_after", FUN = "fun", FUNCTION = "function", FUNCTIONS = "functions", FUNCTION_CLAUSE = "function_clause",
    GARBAGE_COLLECTION = "garbage_collection", GC_MAJOR_END = "gc_major_end", GC_MAJOR_START = "gc_major_start", GC_MINOR_END = "gc_minor_end", GC_MINOR_START = "gc_minor_start", GENERAL = "general", GETTING_LINKED = "getting_linked", GETTING_UNLINKED = "getting_unlinked", GROUP_LEADER = "group_leader",
    HEAP_SIZE = "heap_size", HEIR = "heir", HIGH = "high", HIGHEST = "highest",
    ID = "id", IF_CLAUSE = "if_clause", IN = "in", INACTIVE = "inactive", INCOMPLETE = "incomplete", INDEX = "index", INFINITY = "infinity", INFO = "info", INIT = "init", INITIAL_CALL = "initial_call", INTEGER = "integer", INVALID = "invalid", IS_EXPORTED = "is_exported",
    KEYPOS = "keypos", KILL = "kill", KILLED = "killed",
    LABEL = "label", LARGE_HEAP = "large_heap", LATIN1 = "latin1", LINE = "line", LINK = "link", LINKS = "links", LIST = "list", LITTLE = "little", LOCAL = "local", LOGGER = "logger", LONG_GC = "long_gc", LONG_SCHEDULE = "long_schedule", LOW = "low",
    MATCH_SPEC_RESULT = "match_spec_result", MAX = "max", MAX_HEAP_SIZE = "max_heap_size", MD5 = "md5", MEMORY = "memory", MESSAGES = "messages", MESSAGE_QUEUE_DATA = "message_queue_data", MESSAGE_QUEUE_LEN = "message_queue_len", META = "meta", MICROSECOND = "microsecond", MILLISECOND = "millisecond", MIN_BIN_VHEAP_SIZE = "min_bin_vheap_size", MIN_HEAP_SIZE = "min_heap_size", MODULE = "module", MODULE_INFO = "module_info", MONITOR = "monitor", MONITORED_BY = "monitored_by", MONITORS = "monitors", MONOTONIC = "monotonic", MONOTONIC_TIMESTAMP = "monotonic_timestamp",
    NAME = "name", NAMED_TABLE = "named_table", NANOSECOND = "nanosecond", NATIVE = "native", NOCATCH = "nocatch", NOCONNECT = "noconnect", NOCONNECTION = "noconnection", NODE = "node", NONE = "none", NONODE_AT_NOHOST = "nonode@nohost", NOPROC = "noproc", NORMAL = "normal", NOSUSPEND = "nosuspend", NOT_LOADED = "not_loaded", NOVALUE = "novalue",
    OFF_HEAP = "off_heap", OK = "ok", ON_HEAP = "on_heap", ON_LOAD = "on_load", ORDERED_SET = "ordered_set", OUT = "out", OUT_EXITED = "out_exited", OWNER = "owner",
    PERF_COUNTER = "perf_counter", PID = "pid", PORT = "port", PORTS = "ports", PRINT = "print", PRIORITY = "priority", PRIVATE = "private", PROCESS = "process", PROCS = "procs", PROFILE = "profile", PROTECTED = "protected", PUBLIC = "public",
    READ_CONCURRENCY = "read_concurrency", RECEIVE = "receive", REDUCTIONS = "reductions", REGISTER = "register", REGISTERED_NAME = "registered_name", REPLY_DEMONITOR = "reply_demonitor", RETURN_FROM = "return_from", RETURN_TO = "return_to", RUNNABLE = "runnable", RUNNING = "running", RUNNING_PORTS = "running_ports", RUNNING_PROCS = "running_procs", REM = "rem",
    SCHEDULER = "scheduler", SCHEDULER_ID = "scheduler_id", SECOND = "second", SELF = "self", SEND = "send", SEND_TO_NON_EXISTING_PROCESS = "send_to_non_existing_process", SEQ_TRACE = "seq_trace", SEQUENTIAL_TRACE_TOKEN = "sequential_trace_token", SERIAL = "serial", SET = "set", SET_ON_FIRST_LINK = "set_on_first_link", SET_ON_FIRST_SPAWN = "set_on_first_spawn", SET_ON_LINK = "set_on_link", SET_ON_SPAWN = "set_on_spawn", SILENT = "silent", SIZE = "size", SIGNED = "signed", SPAWN = "spawn", SPAWNED = "spawned", STACK_SIZE = "stack_size", START = "start", STATUS = "status", STRICT_MONOTONIC = "strict_monotonic", STRICT_MONOTONIC_TIMESTAMP = "strict_monotonic_timestamp", SUSPENDED = "suspended", SYSTEM = "system", SYSTEM_LIMIT = "system_limit",
    TAG = "tag", THROW = "throw", TIME = "time", TIME_OFFSET = "time_offset", TIMEOUT = "timeout", TIMEOUT_VALUE = "timeout_value", TIMESTAMP = "timestamp", TOTAL_HEAP_SIZE = "total_heap_size", TRACE = "trace", TRACE_TS = "trace_ts", TRACER = "tracer", TRAP_EXIT = "trap_exit", TRUE = "true", TRY_CLAUSE = "try_clause", TYPE = "type",
    UNDEF = "undef", UNDEFINED = "undefined", UNDEFINED_FUNCTION = "undefined_function", UNDEFINED_LAMBDA = "undefined_lambda", UNICODE = "unicode", UNLINK = "unlink", UNREGISTER = "unregister", UTF8 = "utf8",
    VALUE = "value",
    WAITING = "waiting", WRITE_CONCURRENCY = "write_concurrency",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_atoms_have_their_texts() {
        let mut atoms = Atoms::default();
        assert_eq!(atoms.text(known::BADARG), "badarg");
        assert_eq!(atoms.intern("true"), Ok(known::TRUE));
        let fresh = atoms.intern("quite new").expect("room");
        assert_eq!(atoms.existing("quite new"), Some(fresh));
        assert_eq!(atoms.text(fresh), "quite new");
    }

    #[test]
    fn limits_are_kept() {
        let mut atoms = Atoms::new(0);
        assert!(matches!(
            atoms.intern("one too many"),
            Err(AtomError::TableFull(_))
        ));
        let mut atoms = Atoms::default();
        assert_eq!(atoms.intern(&"å".repeat(256)), Err(AtomError::TooLong));
        assert!(atoms.intern(&"å".repeat(255)).is_ok());
    }
}
