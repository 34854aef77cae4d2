//! The machine as a whole: what all processes share, and the loop that runs them.

use alloc::alloc::{Layout, handle_alloc_error};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;

use brood_term::copy::copy;
use brood_term::heap::Chunks;
use brood_term::{Atoms, Heap, LiteralArea, Mfa, OwnedTerm, Resources, Term, known};
use hashbrown::HashMap;

use crate::bif::environment::Environment;
use crate::bif::ets::Tables;
use crate::bif::persistent_term::PersistentTerms;
use crate::bif::prim_file::OpenFiles;
use crate::bif::prim_tty::NativeTerminal;
use crate::bif::re::Patterns;
use crate::bif::statistics::Statistics;
use crate::bif::system_flag::Flags;
use crate::bif::system_task::SystemTasks;
use crate::code::CodeServer;
use crate::context::Context;
use crate::dirty::DirtySchedulers;
use crate::files::FileSystem;
use crate::freeze::CodeLoading;
use crate::heap::{Collection, OutOfMemory};
use crate::host_signal::HostSignals;
use crate::interpreter::{self, SliceEnd};
use crate::last_words::{self, Words};
use crate::otp::Otp;
use crate::platform::{ConsoleStream, Event, Platform};
use crate::port::Ports;
use crate::process::{Process, SpawnOptions, State};
use crate::process_table::ProcessTable;
use crate::release::Releases;
use crate::report;
use crate::signal::Signal;
use crate::timer::{Action, Timers};
use crate::tracing::Tracing;

/// The report of a process with too large a heap: OTP's text.
const HEAP_LIMIT_FORMAT: &str = concat!(
    "     Process:            ~p ~n",
    "     Context:            maximum heap size reached~n",
    "     Max Heap Size:      ~p~n",
    "     Total Heap Size:    ~p~n",
    "     Kill:               ~p~n",
    "     Error Logger:       ~p~n",
    "     Message Queue Len:  ~p~n",
    "     GC Info:            ~p~n",
);

/// Reductions that a process may use in one slice: OTP's number.
pub const SLICE_REDUCTIONS: i32 = 4000;

/// So many timers fire between two slices, however many are due.
const TIMERS_AT_ONCE: usize = 1000;

/// Sizes that are fixed when a machine is made.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How many atoms there may be.
    pub atom_limit: usize,
    /// Whether processes collect wherever they may (see [`crate::heap`]): slow, and made for finding terms that
    /// are missing among the roots.
    pub stress: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            atom_limit: brood_term::atom::DEFAULT_ATOM_LIMIT,
            stress: false,
        }
    }
}

/// How a machine ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// `halt(Status)`.
    Status(i32),
    /// `halt(Slogan)`, or a fault that ends the machine as a whole.
    Slogan(String),
}

/// Everything that the processes of one instance share.
#[allow(missing_docs, reason = "each field's type says what it is")]
pub struct Machine {
    pub platform: Box<dyn Platform>,
    pub atoms: Atoms,
    pub literals: LiteralArea,
    pub code: CodeServer,
    /// What is to be freed when no process refers to it any more.
    pub releases: Releases,
    pub processes: ProcessTable,
    pub dirty: DirtySchedulers,
    /// Registered names to pids.
    pub registry: HashMap<Term, Term>,
    pub signals: VecDeque<Signal>,
    /// What processes asked of others.
    pub system_tasks: SystemTasks,
    pub timers: Timers,
    /// What magic references hold.
    pub resources: Resources,
    pub tables: Tables,
    pub persistent_terms: PersistentTerms,
    /// Files in memory: what `prim_file` reads and writes.
    pub files: FileSystem,
    pub open_files: OpenFiles,
    pub ports: Ports,
    pub native_terminal: NativeTerminal,
    pub host_signals: HostSignals,
    pub patterns: Patterns,
    pub environment: Environment,
    /// Whether code can be loaded.
    pub code_loading: CodeLoading,
    pub flags: Flags,
    /// The OTP whose modules run.
    pub otp: Otp,
    pub tracing: Tracing,
    pub statistics: Statistics,
    /// Nanoseconds spent waiting for something to happen.
    pub idle_ns: u64,
    /// This node's name, an atom.
    pub node_name: Term,
    /// Set when the machine is to stop.
    pub halt: Option<Halt>,
    /// The process that ran last, a pid.
    pub(crate) ran_last: Term,
    /// Whether there was a crash dump.
    pub(crate) has_dumped: bool,
    /// X and floating-point registers of the process that runs.
    pub registers: interpreter::Registers,
    stress: bool,
    freeze: Freeze,
    /// When this life ran its first Erlang instruction, on the platform's clock.
    first_erlang_ns: u64,
    next_reference: u64,
    next_unique_integer: u64,
    /// How many strictly monotonic unique integers were given.
    pub monotonic_integers: u64,
    last_now: i64,
    /// Added to the platform's monotonic clock, so that time stands still while frozen.
    clock_offset_ns: i64,
    /// What is added to the monotonic clock to get system time, in nanoseconds. It changes only while frozen.
    pub time_offset_ns: i64,
    /// When this machine started, on its own clock.
    started_ns: u64,
    /// Reductions of all processes, for statistics.
    pub reductions: u64,
    /// Times a process was put on the core, for statistics.
    pub context_switches: u64,
    /// Words reclaimed by, and number of, collections of processes that ended, for statistics.
    pub collections: (u64, u64),
}

/// Where `brood_sys:freeze/0` has got to.
#[derive(Debug)]
enum Freeze {
    No,
    /// This process waits until everybody else does.
    Requested(Term),
    /// This is a clone.
    Done,
}

impl core::fmt::Debug for Machine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Machine")
            .field("processes", &self.processes.count())
            .field("atoms", &self.atoms.count())
            .field("halt", &self.halt)
            .finish_non_exhaustive()
    }
}

impl Machine {
    /// A machine without code or processes.
    pub fn new(config: Config, mut platform: Box<dyn Platform>) -> Machine {
        let mut seed = [0; 8];
        platform.fill_entropy(&mut seed);
        let started_ns = platform.monotonic_ns();
        let file_bytes = platform.birth().file_bytes;
        let time_offset_ns = platform.system_time_ns() - started_ns as i64;
        let mut atoms = Atoms::new(config.atom_limit);
        let code = CodeServer::new(&mut atoms);
        Machine {
            platform,
            atoms,
            literals: LiteralArea::new(),
            code,
            releases: Releases::default(),
            processes: ProcessTable::new(),
            dirty: DirtySchedulers::default(),
            registry: HashMap::new(),
            signals: VecDeque::new(),
            system_tasks: SystemTasks::default(),
            timers: Timers::default(),
            resources: Resources::default(),
            tables: Tables::default(),
            persistent_terms: PersistentTerms::default(),
            files: FileSystem::new(file_bytes),
            open_files: OpenFiles::default(),
            ports: Ports::default(),
            native_terminal: NativeTerminal::default(),
            host_signals: HostSignals::default(),
            patterns: Patterns::default(),
            environment: Environment::default(),
            code_loading: CodeLoading::default(),
            flags: Flags::default(),
            otp: Otp::default(),
            tracing: Tracing::default(),
            statistics: Statistics::default(),
            idle_ns: 0,
            node_name: known::NONODE_AT_NOHOST,
            halt: None,
            ran_last: Term::NIL,
            has_dumped: false,
            registers: interpreter::Registers::new(),
            stress: config.stress,
            freeze: Freeze::No,
            first_erlang_ns: started_ns,
            next_reference: first_reference(seed),
            next_unique_integer: 0,
            monotonic_integers: 0,
            last_now: 0,
            clock_offset_ns: 0,
            time_offset_ns,
            started_ns,
            reductions: 0,
            context_switches: 0,
            collections: (0, 0),
        }
    }

    /// The atom with a text that stands in the code of the machine: short, and one of a bounded number.
    pub fn atom(&mut self, text: &'static str) -> Term {
        self.atoms.intern_own(text)
    }

    /// The machine's monotonic clock in nanoseconds. It stands still while the machine is frozen.
    pub fn monotonic_ns(&mut self) -> u64 {
        self.platform
            .monotonic_ns()
            .wrapping_add_signed(self.clock_offset_ns)
    }

    /// Erlang's system time: Unix time as it was when this life began, and what has passed since.
    pub fn system_time_ns(&mut self) -> i64 {
        self.monotonic_ns() as i64 + self.time_offset_ns
    }

    /// Unix time in microseconds, but later than what this gave before: `erlang:now/0`.
    pub fn unique_microseconds(&mut self) -> i64 {
        let now = self.system_time_ns() / 1000;
        self.last_now = now.max(self.last_now + 1);
        self.last_now
    }

    /// When this life ran its first Erlang instruction, on the platform's clock.
    pub fn first_erlang_ns(&self) -> u64 {
        self.first_erlang_ns
    }

    /// When the machine started, on its monotonic clock.
    pub fn started_ns(&self) -> u64 {
        self.started_ns
    }

    /// A reference number that was not used before, in this life or an earlier one.
    pub fn new_reference(&mut self) -> u64 {
        self.next_reference += 1;
        self.next_reference
    }

    /// Counts up from 1: what makes unique integers unique.
    pub fn new_unique_integer(&mut self) -> u64 {
        self.next_unique_integer = self.next_unique_integer.wrapping_add(1);
        self.next_unique_integer
    }

    /// Counts up from 1: `erlang:unique_integer([monotonic, positive])`.
    pub fn new_monotonic_integer(&mut self) -> u64 {
        self.monotonic_integers = self.monotonic_integers.wrapping_add(1);
        self.monotonic_integers
    }

    /// Makes a process that will call `mfa` with `arguments` (terms of any heap: they are copied). `None` at the
    /// process limit. Links and monitors are the caller's business.
    pub fn spawn(
        &mut self,
        parent: Term,
        group_leader: Term,
        mfa: Mfa,
        arguments: &[Term],
        options: &SpawnOptions,
    ) -> Option<Term> {
        let pid = self.processes.reserve()?;
        let group_leader = if group_leader.is_none() {
            pid
        } else {
            group_leader
        };
        let mut process = Box::new(Process::new(pid, parent, group_leader, mfa, options));
        if self.stress {
            process.heap.stress();
        }
        process.registers.reserve_exact(arguments.len());
        for argument in arguments {
            let copy = copy(*argument, &mut process.heap, &self.literals);
            process.registers.push(copy);
        }
        process.trace.settings = self.tracing.new_processes;
        interpreter::prepare_call(self, &mut process, mfa);
        self.processes.insert(process);
        Some(pid)
    }

    /// Runs until the machine halts.
    pub fn run(&mut self) -> Halt {
        loop {
            if let Some(halt) = self.halt.take() {
                return self.end(halt);
            }
            self.fire_timers();
            self.emitter().report_activity();
            self.do_system_tasks();
            if self.releases.is_due(self.processes.runnable_count() == 0) {
                self.release();
            }
            if self.platform.has_attention() {
                let event = self.platform.wait(Some(0));
                self.take_event(event);
            }
            let buried = self.tables.crumble();
            match self.processes.take_next() {
                Some(process) => self.run_slice(process),
                None if buried => {}
                None => self.idle(),
            }
        }
    }

    fn run_slice(&mut self, mut process: Box<Process>) {
        self.context_switches += 1;
        process.fuel = SLICE_REDUCTIONS + process.fuel_floor;
        let slice = self.slice_begins(&mut process);
        self.ran_last = process.pid;
        last_words::runs(self, &mut process);
        let end = interpreter::run(&mut Context {
            machine: self,
            process: &mut process,
        });
        let used = (SLICE_REDUCTIONS - process.fuel_left()).max(0) as u64;
        process.reductions += used;
        self.reductions += used;
        if let Some(slice) = slice {
            self.slice_ends(&slice, &mut process, &end);
        }
        match end {
            SliceEnd::Yield => self.processes.put_back(process, State::Runnable),
            SliceEnd::Wait => self.processes.put_back(process, State::Waiting),
            SliceEnd::Exit(reason) => {
                let pid = process.pid;
                self.emitter().process_ends(&process, reason.term());
                self.process_ended(&mut process, reason.term());
                self.collections.0 += process.heap.collections;
                self.collections.1 += process.heap.words_reclaimed;
                // A context needs a process; the one that ended serves, out of the table as it is.
                Context {
                    machine: self,
                    process: &mut process,
                }
                .deliver_signals();
                self.processes.release(pid);
            }
        }
    }

    /// Nobody is runnable: freezes if that is wanted, else waits for a timer or an event.
    fn idle(&mut self) {
        if let Freeze::Requested(pid) = self.freeze {
            self.freeze_and_wake(pid);
            return;
        }
        let deadline = self.timers.next_deadline();
        let deadline = deadline.map(|ns| ns.wrapping_add_signed(-self.clock_offset_ns));
        self.report_scheduler(false);
        let before = self.platform.monotonic_ns();
        let event = self.platform.wait(deadline);
        self.idle_ns += self.platform.monotonic_ns().saturating_sub(before);
        self.report_scheduler(true);
        self.take_event(event);
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::ConsoleInput(bytes) if self.native_terminal.reads() => {
                self.take_native_input(&bytes);
            }
            Event::ConsoleInput(bytes) => self.take_console_input(&bytes),
            Event::Signal(number) => self.take_signal(number),
            Event::Nothing => {}
        }
    }

    fn fire_timers(&mut self) {
        let Some(first) = self.timers.next_deadline() else {
            return;
        };
        let now = self.monotonic_ns();
        if first > now {
            return;
        }
        for _ in 0..TIMERS_AT_ONCE {
            let Some(action) = self.timers.expire(now) else {
                return;
            };
            match action {
                Action::Wake(pid) => {
                    if let Some(process) = self.processes.get_mut(pid) {
                        process.receive_timer = None;
                        process.timed_out = true;
                        self.processes.wake(pid);
                    }
                }
                Action::LeaveDirty(kind) => self.leave_dirty(kind),
                Action::Send { to, message, .. } => {
                    let to = if to.is_atom() {
                        self.registry.get(&to).copied()
                    } else {
                        Some(to)
                    };
                    if let Some(pid) = to {
                        self.send_built(pid, |heap, literals| copy(message.term(), heap, literals));
                    }
                }
            }
        }
    }

    /// Asks for the machine to be frozen as soon as every process waits. The process that asks waits, too, and is
    /// woken in the clone, where there is an [`argument`](Machine::argument).
    pub fn request_freeze(&mut self, pid: Term) {
        self.freeze = Freeze::Requested(pid);
    }

    /// The argument that the parent gave (external term format), if this is a clone.
    pub fn argument(&self) -> Option<&[u8]> {
        match self.freeze {
            Freeze::Done => Some(&self.platform.birth().argument),
            Freeze::No | Freeze::Requested(_) => None,
        }
    }

    /// Freezes, and in the clone wakes who asked for it.
    fn freeze_and_wake(&mut self, pid: Term) {
        self.check_freezable();
        if self.halt.is_some() {
            return;
        }
        self.seal_code();
        self.forget_seeds();
        for process in self.processes.iter_mut() {
            // Without memory for it a heap stays as it is.
            let _ = process.compact(&self.literals);
        }
        self.freeze();
        self.processes.wake(pid);
    }

    /// Freezes the machine. What runs after this call runs in a clone, where all is renewed that must not be shared with
    /// other clones.
    pub(crate) fn freeze(&mut self) {
        let frozen_at = self.monotonic_ns();
        // Looking for them takes every process, and each clone would have to bring in those pages.
        let watchers = self.time_offset_watchers();
        self.platform.freeze();
        self.freeze = Freeze::Done;
        self.clock_offset_ns = 0;
        self.clock_offset_ns = frozen_at.wrapping_sub(self.platform.monotonic_ns()) as i64;
        self.time_offset_ns = self.platform.system_time_ns() - frozen_at as i64;
        self.time_offset_changed(watchers);
        let mut seed = [0; 8];
        self.platform.fill_entropy(&mut seed);
        self.next_reference = first_reference(seed);
        self.files.set_limit(self.platform.birth().file_bytes);
        self.mount_files();
        self.prepare_crash_dump();
        self.first_erlang_ns = self.platform.monotonic_ns();
        self.platform.stamp_first_instruction();
    }

    /// The machine starts only now, as far as Erlang can tell.
    pub(crate) fn starts_now(&mut self) {
        self.started_ns = self.monotonic_ns();
    }

    /// The tables that this process owned go, or go to their heirs.
    pub(crate) fn owner_ended(&mut self, pid: Term) {
        self.close_files_of(pid);
        self.terminal_owner_ended(pid);
        Tables::owner_ended(self, pid);
    }
}

/// Where reference numbers start: far from those of any other life.
fn first_reference(seed: [u8; 8]) -> u64 {
    u64::from_le_bytes(seed) >> 8
}

impl Machine {
    /// There is no memory for the heap of a process. That ends the machine.
    pub(crate) fn heap_exhausted(&mut self, process: &Process, words: usize) -> ! {
        let bytes = words.saturating_mul(size_of::<Term>());
        let machine = &*self;
        let text = alloc::format!(
            "eheap_alloc: Cannot allocate {bytes} bytes of memory (of type \"heap\") for {}\n",
            Words { machine, process }
        );
        last_words::nobody_runs();
        if !self.crash_dump(&text, Some(process)) {
            self.platform
                .console_write(ConsoleStream::Error, text.as_bytes());
        }
        handle_alloc_error(Layout::from_size_align(bytes, 8).unwrap_or(Layout::new::<Term>()))
    }

    /// Has something done in the name of a process that does not run, and wakes it if that ends it; `None` if it is not there.
    pub(crate) fn in_the_name_of<T>(
        &mut self,
        pid: Term,
        act: impl FnOnce(&mut Context<'_>) -> T,
    ) -> Option<T> {
        let mut process = self.processes.take(pid)?;
        let state = process.state;
        let done = act(&mut Context {
            machine: self,
            process: &mut process,
        });
        let ends = process.pending_exit.is_some();
        self.processes.put_back(process, state);
        if ends {
            self.processes.wake(pid);
        }
        Some(done)
    }

    /// A process that does not run has a larger heap than it may.
    pub(crate) fn heap_limit_reached_by(&mut self, pid: Term) {
        self.in_the_name_of(pid, |context| context.heap_limit_reached());
    }
}

impl Context<'_> {
    /// Collects the running process. `registers` are the live X registers.
    pub fn collect(&mut self, collection: Collection, need: usize, registers: &mut [Term]) {
        let watched = self.watched_collection_begins(collection, need);
        let began = self.machine.collection_begins();
        let literals = &self.machine.literals;
        let result = self.process.collect(literals, collection, need, registers);
        if let Err(OutOfMemory(words)) = result {
            self.machine.heap_exhausted(self.process, words);
        }
        if let Some(began) = began {
            self.machine.collection_ends(began);
        }
        if let Some(watched) = watched {
            self.watched_collection_ends(&watched);
        }
        if self.process.exceeds_max_heap() {
            self.heap_limit_reached();
        }
    }

    /// The process has a larger heap than its flag `max_heap_size` allows: that is reported, and the process killed,
    /// as the flag says.
    #[cold]
    fn heap_limit_reached(&mut self) {
        let limit = self.process.max_heap;
        if limit.error_logger {
            let mut chunks = Chunks::new();
            let information = self.process.heap.information().map(|(name, value)| {
                let name = self.machine.atom(name);
                chunks.tuple(&[name, Term::small(value as i64)])
            });
            let information = chunks.list(&information);
            let numbers = [limit.words, self.process.heap.total_heap_size()];
            let [limit_words, words] = numbers.map(|number| Term::small(number as i64));
            let arguments = [
                self.process.pid,
                limit_words,
                words,
                Term::boolean(limit.kill),
                known::TRUE,
                Term::small(self.process.messages.len() as i64),
                information,
            ];
            report::error(self, HEAP_LIMIT_FORMAT, &arguments);
        }
        if limit.kill {
            let killed = OwnedTerm::from_parts(known::KILLED, Chunks::new());
            self.process.pending_exit.get_or_insert(killed);
            // The slice ends with the next call.
            self.process.fuel = self.process.fuel_floor;
        }
    }
}
