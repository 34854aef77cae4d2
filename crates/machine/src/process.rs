//! A process: its heap, its registers while it does not run, and what ties it to others.

use alloc::boxed::Box;
use alloc::vec::Vec;

use brood_term::copy::copy_out;
use brood_term::heap::Chunks;
use brood_term::{LiteralArea, Mfa, OwnedTerm, Term, known};
use hashbrown::{HashMap, HashSet};

use crate::dictionary::Dictionary;
use crate::heap::{Collection, OutOfMemory, ProcessHeap, collect};
use crate::message::MessageQueue;
use crate::release::Ranges;
use crate::timer::TimerKey;
use crate::tracing::ProcessTrace;
use crate::trap::Trap;

/// Scheduling priority.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
#[allow(missing_docs, reason = "OTP's own names")]
pub enum Priority {
    Max = 0,
    High = 1,
    Normal = 2,
    Low = 3,
}

impl Priority {
    /// The priorities with their atoms.
    pub const TABLE: [(Priority, Term); 4] = [
        (Priority::Max, known::MAX),
        (Priority::High, known::HIGH),
        (Priority::Normal, known::NORMAL),
        (Priority::Low, known::LOW),
    ];

    /// The atom.
    pub fn atom(self) -> Term {
        Self::TABLE[self as usize].1
    }

    /// The priority that an atom names.
    pub fn from_atom(atom: Term) -> Option<Priority> {
        Self::TABLE
            .iter()
            .find(|(_, name)| *name == atom)
            .map(|(priority, _)| *priority)
    }
}

/// What a process is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// In a run queue.
    Runnable,
    /// On the core.
    Running,
    /// In `receive`, or hibernating.
    Waiting,
    /// Its exit signals have been sent: it is only still here to be dropped.
    Exiting,
}

/// What a monitor that this process set watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Monitored {
    /// A process.
    Identifier(Term),
    /// A process by the name (an atom) it was registered under.
    Named {
        /// The name.
        name: Term,
        /// The pid it was resolved to; [`Term::NONE`] when there was none.
        pid: Term,
    },
    /// The time offset: never fires, since the clock does not jump.
    TimeOffset,
}

/// How an alias reference ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AliasMode {
    /// By `unalias/1` only.
    ExplicitUnalias,
    /// Also when its monitor is removed or fires.
    Demonitor,
    /// Also when a message arrives through it.
    ReplyDemonitor,
}

impl AliasMode {
    /// Whether the alias ends when its monitor is removed or fires.
    pub fn ends_with_monitor(self) -> bool {
        self != AliasMode::ExplicitUnalias
    }
}

/// A monitor that this process set.
#[derive(Debug)]
pub struct Monitor {
    /// What it watches.
    pub target: Monitored,
    /// The first element of the message when it fires: `'DOWN'` unless a tag was given.
    pub tag: OwnedTerm,
    /// Whether its reference was made as an alias, so that it is printed and compared as one.
    pub alias: bool,
}

/// A monitor that watches this process.
#[derive(Clone, Copy, Debug)]
pub struct Watcher {
    /// The process to be told.
    pub pid: Term,
    /// The name (an atom) the monitor was set on; [`Term::NONE`] when it was set on the pid.
    pub name: Term,
}

/// A value of the flag `max_heap_size`.
#[derive(Clone, Copy, Debug)]
pub struct MaxHeapSize {
    /// The limit in words; 0 for none.
    pub words: usize,
    /// Whether the process is killed beyond it.
    pub kill: bool,
    /// Whether that is logged.
    pub error_logger: bool,
}

impl Default for MaxHeapSize {
    fn default() -> Self {
        MaxHeapSize {
            words: 0,
            kill: true,
            error_logger: true,
        }
    }
}

/// The least size of a process' virtual heap of binaries, in words: OTP's default.
pub const DEFAULT_MIN_BINARY_WORDS: usize = 46_422;
/// Minor collections between major ones: OTP's default.
pub const DEFAULT_FULLSWEEP_AFTER: u32 = 65_535;

/// Options of `spawn_opt`, with their defaults.
#[derive(Clone, Debug)]
pub struct SpawnOptions {
    /// Link to the parent.
    pub link: bool,
    /// Let the parent monitor the child: the tag, and the alias mode if wanted.
    pub monitor: Option<(Term, Option<AliasMode>)>,
    /// Its priority.
    pub priority: Priority,
    /// Least heap size in words.
    pub min_heap_words: usize,
    /// Minor collections between major ones.
    pub fullsweep_after: u32,
    /// The limit of its heap.
    pub max_heap: MaxHeapSize,
    /// Least size of its virtual heap of binaries in words.
    pub min_binary_words: usize,
    /// Whether messages stay off its heap until they are received.
    pub message_queue_off_heap: bool,
    /// Whether signals to other nodes need not wait for their connection.
    pub async_dist: bool,
    /// Whether it runs on the scheduler alone that there is.
    pub bound_to_scheduler: bool,
}

/// What ties a process to others, and what it does about their answers. A process that only computes and answers,
/// as those do that live in great numbers, has no use for any of it.
#[derive(Debug, Default)]
pub struct Ties {
    /// The processes that it is linked to.
    pub links: HashSet<Term>,
    /// The monitors that it set, by reference number.
    pub monitors: HashMap<u64, Monitor>,
    /// The monitors that watch it, by reference number.
    pub monitored_by: HashMap<u64, Watcher>,
    /// Its active aliases, by reference number.
    pub aliases: HashMap<u64, AliasMode>,
    /// Message queue positions bound to references (`recv_marker_bind`), newest last.
    pub receive_markers: Vec<(Term, u64)>,
    /// The processes that it suspends, and how many times each.
    pub suspending: HashMap<Term, u32>,
    /// How often it subscribed to nodes that come and go, by what it wants to be told of them.
    pub node_monitors: HashMap<u8, u32>,
}

/// A collection that another process asked for, held back until the process may be collected.
#[derive(Debug)]
pub struct CollectionRequest {
    /// Who asked.
    pub requester: Term,
    /// What the answer is to carry.
    pub id: OwnedTerm,
}

/// A process. Fields are the machine's business; Erlang code sees them through `process_info` and flags.
#[derive(Debug)]
#[allow(
    missing_docs,
    reason = "named after OTP's process_info items unless documented"
)]
pub struct Process {
    pub pid: Term,
    pub heap: ProcessHeap,
    /// Where it goes on: an address in loaded code.
    pub ip: *const u64,
    /// The continuation pointer: where the current function returns to.
    pub cp: *const u64,
    /// The X registers that are live, while it does not run.
    pub registers: Vec<Term>,
    pub state: State,
    pub priority: Priority,
    /// Reductions left in this slice, above the floor.
    pub fuel: i32,
    /// Where fuel ends: 0; so much below that each call looks, when calls are saved.
    pub fuel_floor: i32,
    /// Reductions used in earlier slices.
    pub reductions: u64,
    pub messages: MessageQueue,
    pub dictionary: Dictionary,
    pub trap_exit: bool,
    pub sensitive: bool,
    pub error_handler: Term,
    /// What a function that was interrupted left for when it is called again.
    pub trap: Option<Trap>,
    pub group_leader: Term,
    pub parent: Term,
    pub registered_name: Option<Term>,
    pub initial_call: Mfa,
    ties: Option<Box<Ties>>,
    /// An exit signal that ends it as soon as it is looked at: the reason.
    pub pending_exit: Option<OwnedTerm>,
    /// The timer of the `receive … after` it waits in.
    pub receive_timer: Option<TimerKey>,
    /// That timer has fired.
    pub timed_out: bool,
    /// It is in a run queue.
    pub queued: bool,
    pub suspend_count: u32,
    pub max_heap: MaxHeapSize,
    pub message_queue_off_heap: bool,
    pub async_dist: bool,
    pub min_binary_words: usize,
    /// It waits in `hibernate/3`.
    pub hibernating: bool,
    /// How it is traced.
    pub trace: ProcessTrace,
    /// The flag `scheduler`.
    pub bound_to_scheduler: bool,
    /// Collections that others ask for are held back: only tests want that.
    pub holds_collections: bool,
    /// Those that were.
    pub held_collections: Vec<CollectionRequest>,
}

impl Process {
    /// A process that has not run. The caller sets `ip` and `registers`.
    pub fn new(
        pid: Term,
        parent: Term,
        group_leader: Term,
        initial_call: Mfa,
        options: &SpawnOptions,
    ) -> Process {
        let mut heap = ProcessHeap::new(options.min_heap_words);
        heap.fullsweep_after = options.fullsweep_after;
        heap.set_min_binary_bytes(options.min_binary_words * size_of::<Term>());
        Process {
            pid,
            heap,
            ip: core::ptr::null(),
            cp: core::ptr::null(),
            registers: Vec::new(),
            state: State::Runnable,
            priority: options.priority,
            fuel: 0,
            fuel_floor: 0,
            reductions: 0,
            messages: MessageQueue::default(),
            dictionary: Dictionary::default(),
            trap_exit: false,
            sensitive: false,
            error_handler: known::ERROR_HANDLER,
            trap: None,
            group_leader,
            parent,
            registered_name: None,
            initial_call,
            ties: None,
            pending_exit: None,
            receive_timer: None,
            timed_out: false,
            queued: false,
            suspend_count: 0,
            max_heap: options.max_heap,
            message_queue_off_heap: options.message_queue_off_heap,
            async_dist: options.async_dist,
            min_binary_words: options.min_binary_words,
            hibernating: false,
            trace: ProcessTrace::default(),
            bound_to_scheduler: options.bound_to_scheduler,
            holds_collections: false,
            held_collections: Vec::new(),
        }
    }

    /// Its ties, if it ever had any.
    pub fn ties(&self) -> Option<&Ties> {
        self.ties.as_deref()
    }

    /// Its ties, if it ever had any, for ending some.
    pub fn ties_mut(&mut self) -> Option<&mut Ties> {
        self.ties.as_deref_mut()
    }

    /// Its ties, for adding to them.
    pub fn tie(&mut self) -> &mut Ties {
        self.ties.get_or_insert_default()
    }

    /// Reductions left in this slice.
    #[inline]
    pub fn fuel_left(&self) -> i32 {
        self.fuel - self.fuel_floor
    }

    /// Whether it has ended, or is about to.
    pub fn is_exiting(&self) -> bool {
        self.state == State::Exiting || self.pending_exit.is_some()
    }

    /// Reductions used so far, this slice included.
    pub fn reductions_so_far(&self) -> u64 {
        let running = self.state == State::Running;
        let slice = if running {
            crate::machine::SLICE_REDUCTIONS - self.fuel_left()
        } else {
            0
        };
        self.reductions + slice.max(0) as u64
    }

    /// Collects the heap. `registers` are the live X registers; all other roots are known here.
    pub fn collect(
        &mut self,
        literals: &LiteralArea,
        collection: Collection,
        need: usize,
        registers: &mut [Term],
    ) -> Result<(), OutOfMemory> {
        let Process {
            heap,
            messages,
            dictionary,
            ties,
            trap,
            ..
        } = self;
        collect(heap, literals, collection, need, &mut |visit| {
            registers.iter_mut().for_each(&mut *visit);
            visit_roots(messages, dictionary, ties, trap, visit);
        })
    }

    /// Whether its heap is larger than its flag `max_heap_size` allows.
    pub fn exceeds_max_heap(&self) -> bool {
        let limit = self.max_heap.words;
        limit > 0 && self.heap.total_heap_size() > limit
    }

    /// Shows what the process itself holds: its stack, the registers of one that does not run, dictionary and messages.
    pub(crate) fn visit_held(&mut self, visit: &mut dyn FnMut(Term)) {
        let Process {
            heap,
            messages,
            dictionary,
            ties,
            trap,
            registers,
            ..
        } = self;
        let stack = heap.stack_words().iter().filter(|word| !word.is_header());
        stack
            .copied()
            .chain(registers.iter().copied())
            .chain(messages.iter())
            .for_each(&mut *visit);
        visit_roots(messages, dictionary, ties, trap, &mut |term| visit(*term));
    }

    /// Lets a process that does not run have copies, on its own heap, of what it refers to in these ranges. Gives whether
    /// there was anything.
    pub(crate) fn keep_copies(
        &mut self,
        ranges: &Ranges,
        literals: &LiteralArea,
    ) -> Result<bool, OutOfMemory> {
        let inside = |term: Term| ranges.contain(term);
        self.messages.adopt_where(&mut self.heap, inside);
        let mut found = self.heap.any_word(inside);
        let Process {
            messages,
            dictionary,
            ties,
            trap,
            registers,
            ..
        } = self;
        found |= registers.iter().any(|term| inside(*term));
        visit_roots(messages, dictionary, ties, trap, &mut |term| {
            found |= inside(*term);
        });
        if !found {
            return Ok(false);
        }
        self.compact(literals)?;
        let (mut copies, mut done) = (Chunks::new(), HashMap::new());
        let mut keep = |term: &mut Term| copy_out(term, &mut copies, inside, &mut done);
        self.heap.visit_terms(&mut keep);
        let Process {
            messages,
            dictionary,
            ties,
            trap,
            registers,
            ..
        } = self;
        registers.iter_mut().for_each(&mut keep);
        visit_roots(messages, dictionary, ties, trap, &mut keep);
        self.heap.adopt(copies);
        if self.hibernating {
            self.shrink_to_fit(literals)?;
        }
        Ok(true)
    }

    /// Collects a process that hibernates: its heap has no room left.
    pub fn shrink_to_fit(&mut self, literals: &LiteralArea) -> Result<(), OutOfMemory> {
        self.heap.shrink_to_fit();
        self.compact(literals)
    }

    /// Collects a process that does not run, completely.
    pub fn compact(&mut self, literals: &LiteralArea) -> Result<(), OutOfMemory> {
        let mut registers = core::mem::take(&mut self.registers);
        let result = self.collect(literals, Collection::Major, 0, &mut registers);
        self.registers = registers;
        result
    }
}

/// Visits the roots that are neither on the stack nor in registers.
fn visit_roots(
    messages: &mut MessageQueue,
    dictionary: &mut Dictionary,
    ties: &mut Option<Box<Ties>>,
    trap: &mut Option<Trap>,
    visit: &mut dyn FnMut(&mut Term),
) {
    messages.visit_roots(visit);
    dictionary.visit_roots(visit);
    trap.iter_mut().for_each(|trap| visit(&mut trap.root));
    ties.iter_mut()
        .flat_map(|ties| &mut ties.receive_markers)
        .for_each(|(reference, _)| visit(reference));
}

impl Default for SpawnOptions {
    fn default() -> Self {
        SpawnOptions {
            link: false,
            monitor: None,
            priority: Priority::Normal,
            min_heap_words: crate::heap::DEFAULT_MIN_HEAP_WORDS,
            fullsweep_after: DEFAULT_FULLSWEEP_AFTER,
            max_heap: MaxHeapSize::default(),
            min_binary_words: DEFAULT_MIN_BINARY_WORDS,
            message_queue_off_heap: false,
            async_dist: false,
            bound_to_scheduler: false,
        }
    }
}
