//! Breakpoints on functions: how calls are traced and counted.
//!
//! A *local* breakpoint takes the place of a function's first operation, whose number is kept here; operands stay where
//! they are. It sees every call of that function. A *global* one stands in an export, and sees calls by name. Functions
//! without breakpoints cost nothing; calls of BIFs look at one flag of the export.
//!
//! Breakpoints belong to one version of a module: when it is replaced or deleted, they go.

use alloc::vec::Vec;

use brood_term::{Mfa, Term};
use hashbrown::HashMap;

use super::CodeServer;
use super::module::Module;
use super::operation::Operation;
use crate::tracing::pattern::Pattern;

/// A local breakpoint.
#[derive(Debug)]
pub struct Breakpoint {
    /// The function.
    pub mfa: Mfa,
    /// The operation that it stands for.
    pub original: Operation,
    /// Traced for the process' tracer: what calls must be like.
    pub local: Option<Pattern>,
    /// Traced for a tracer of its own.
    pub meta: Option<Meta>,
    /// Calls are counted.
    pub count: Option<Counter>,
    /// The time of calls is counted.
    pub time: Option<Times>,
    /// Calls go to the process' error handler instead: a debugger's breakpoint.
    pub debug: bool,
}

/// Meta tracing: all processes, one tracer.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Who is told; [`Term::NONE`] when he is gone.
    pub tracer: Term,
    /// What calls must be like.
    pub pattern: Pattern,
}

/// Counts calls.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    /// How many there were.
    pub calls: u64,
    /// Whether it counts on.
    pub active: bool,
}

/// Counts the time of calls, process by process.
#[derive(Debug)]
pub struct Times {
    /// Calls and nanoseconds, by pid.
    pub processes: HashMap<Term, (u64, u64)>,
    /// Whether it counts on.
    pub active: bool,
}

impl Times {
    /// Adds to what a process used.
    pub fn add(&mut self, pid: Term, calls: u64, nanoseconds: u64) {
        let entry = self.processes.entry(pid).or_default();
        entry.0 += calls;
        entry.1 += nanoseconds;
    }
}

/// The function whose time runs for a process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The address of its breakpoint; none when no function of the kind runs.
    pub function: Option<usize>,
    /// Since when, in nanoseconds.
    pub since: u64,
}

/// What kinds of local breakpoints are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "OTP's own names")]
pub struct Kinds {
    pub local: bool,
    pub meta: bool,
    pub call_count: bool,
    pub call_time: bool,
    pub debug: bool,
}

impl Kinds {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self != Kinds::default()
    }

    /// Both.
    pub fn with(self, other: Kinds) -> Kinds {
        Kinds {
            local: self.local || other.local,
            meta: self.meta || other.meta,
            call_count: self.call_count || other.call_count,
            call_time: self.call_time || other.call_time,
            debug: self.debug || other.debug,
        }
    }

    /// This without the other.
    pub fn without(self, other: Kinds) -> Kinds {
        Kinds {
            local: self.local && !other.local,
            meta: self.meta && !other.meta,
            call_count: self.call_count && !other.call_count,
            call_time: self.call_time && !other.call_time,
            debug: self.debug && !other.debug,
        }
    }

    /// Those that give way to global tracing.
    const TRACING: Kinds = Kinds {
        local: true,
        meta: true,
        call_count: true,
        call_time: true,
        debug: false,
    };

    /// A debugger's.
    pub const DEBUG: Kinds = Kinds {
        local: false,
        meta: false,
        call_count: false,
        call_time: false,
        debug: true,
    };
}

/// What is to be done to the breakpoints of functions.
#[derive(Clone, Debug)]
pub enum Switch {
    /// There are none.
    Off,
    /// There are, with these patterns: of local or global and of meta tracing. Counters start from 0.
    On {
        /// Of local and global tracing.
        pattern: Pattern,
        /// Of meta tracing.
        meta: Meta,
    },
    /// Counters that are there start from 0.
    Restart,
    /// Counters that are there stop.
    Pause,
}

/// Functions by name: what isn't given may be anything.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// The module.
    pub module: Option<Term>,
    /// The function.
    pub function: Option<Term>,
    /// The arity.
    pub arity: Option<u32>,
}

impl Selection {
    /// All functions of a module.
    fn module(name: Term) -> Selection {
        Selection {
            module: Some(name),
            function: None,
            arity: None,
        }
    }

    fn includes(&self, mfa: &Mfa) -> bool {
        self.module.is_none_or(|module| module == mfa.module)
            && self.function.is_none_or(|name| name == mfa.function)
            && self.arity.is_none_or(|arity| arity == mfa.arity)
    }
}

/// What new code is traced as: `trace_pattern(on_load, …)`.
#[derive(Debug, Default)]
pub struct OnLoad {
    /// Whether anything is set.
    pub on: bool,
    /// Local breakpoints; none is global tracing.
    pub kinds: Kinds,
    /// The pattern of local or global tracing.
    pub pattern: Pattern,
    /// The pattern of meta tracing.
    pub meta_pattern: Pattern,
    /// The tracer of meta tracing.
    pub meta_tracer: Option<Term>,
}

/// All breakpoints.
#[derive(Debug, Default)]
pub struct Breakpoints {
    local: HashMap<usize, Breakpoint>,
    global: HashMap<Mfa, Pattern>,
    /// What new code is traced as.
    pub on_load: OnLoad,
}

impl Breakpoints {
    /// The breakpoint at an address.
    pub fn at(&self, address: *const u64) -> Option<&Breakpoint> {
        self.local.get(&(address as usize))
    }

    /// The breakpoint at an address, for counting.
    pub fn at_mut(&mut self, address: usize) -> Option<&mut Breakpoint> {
        self.local.get_mut(&address)
    }

    /// The pattern of a function that is traced globally.
    pub fn global(&self, mfa: &Mfa) -> Option<&Pattern> {
        self.global.get(mfa)
    }
}

/// What `trace_info` finds of a function.
#[derive(Debug)]
pub enum Traced<'a> {
    /// No such function.
    Nowhere,
    /// Nothing.
    No,
    /// Calls by name.
    Global(&'a Pattern),
    /// At least one of the kinds.
    Local(&'a Breakpoint),
}

impl CodeServer {
    /// Sets or removes breakpoints: local ones of these kinds, or global ones if there are none. Gives how many
    /// functions were meant.
    pub fn switch_breakpoints(
        &mut self,
        selection: &Selection,
        kinds: Kinds,
        switch: &Switch,
    ) -> usize {
        let is_local = kinds.any();
        let mut exports: Vec<Mfa> = Vec::new();
        for (mfa, export) in &self.exports {
            if selection.includes(mfa) && export.is_defined() {
                exports.push(*mfa);
            }
        }
        for mfa in &exports {
            match switch {
                Switch::Off if is_local => {}
                Switch::Off => {
                    self.breakpoints.global.remove(mfa);
                }
                _ if is_local => {
                    self.breakpoints.global.remove(mfa);
                }
                Switch::On { pattern, .. } => {
                    self.breakpoints.global.insert(*mfa, pattern.clone());
                }
                Switch::Restart | Switch::Pause => {}
            }
        }
        let functions = self.functions_of(selection);
        match switch {
            Switch::Off if is_local => self.change(&functions, kinds, switch),
            Switch::Off => {}
            _ if is_local => self.change(&functions, kinds, switch),
            _ => self.change(&functions, Kinds::TRACING, &Switch::Off),
        }
        for mfa in exports.iter().chain(functions.iter().map(|(mfa, _)| mfa)) {
            self.update_export(mfa);
        }
        if is_local {
            functions.len()
        } else {
            exports.len()
        }
    }

    /// The functions in current code, with the addresses of their first operations.
    fn functions_of(&self, selection: &Selection) -> Vec<(Mfa, usize)> {
        let mut found = Vec::new();
        for (name, versions) in &self.modules {
            if selection.module.is_some_and(|module| module != *name) {
                continue;
            }
            let functions = versions.current.iter().flat_map(|module| module.entries());
            found.extend(functions.filter(|(mfa, _)| selection.includes(mfa)));
        }
        found
    }

    fn change(&mut self, functions: &[(Mfa, usize)], kinds: Kinds, switch: &Switch) {
        for &(mfa, address) in functions {
            let Some(module) = self
                .modules
                .get(&mfa.module)
                .and_then(|m| m.current.clone())
            else {
                continue;
            };
            let local = &mut self.breakpoints.local;
            if !local.contains_key(&address) {
                if !matches!(switch, Switch::On { .. }) {
                    continue;
                }
                let Some(original) = module.replace_operation(address, Operation::Breakpoint)
                else {
                    continue;
                };
                let breakpoint = Breakpoint {
                    mfa,
                    original,
                    local: None,
                    meta: None,
                    count: None,
                    time: None,
                    debug: false,
                };
                local.insert(address, breakpoint);
            }
            if let Some(breakpoint) = local.get_mut(&address) {
                breakpoint.change(kinds, switch);
                if breakpoint.is_idle() {
                    module.replace_operation(address, breakpoint.original);
                    local.remove(&address);
                }
            }
        }
    }

    /// Lets an export lead to its code or to a trampoline, as there is a global breakpoint or not, and lets calls of a BIF
    /// know that there is a breakpoint of either kind.
    fn update_export(&self, mfa: &Mfa) {
        if let Some(export) = self.exports.get(mfa) {
            let global = self.breakpoints.global.contains_key(mfa);
            let local = self.breakpoints.at(export.code().address()).is_some();
            export.set_traced(global, local);
        }
    }

    /// The breakpoints of a version of a module that is no longer current go.
    pub(super) fn clear_breakpoints(&mut self, module: &Module) {
        let Breakpoints { local, global, .. } = &mut self.breakpoints;
        if !local.is_empty() {
            for (_, address) in module.entries() {
                if let Some(breakpoint) = local.remove(&address) {
                    module.replace_operation(address, breakpoint.original);
                }
            }
        }
        if !global.is_empty() {
            global.retain(|mfa, _| mfa.module != module.name);
        }
        for (function, arity) in module.exports() {
            let mfa = Mfa {
                module: module.name,
                function,
                arity: u32::from(arity),
            };
            self.update_export(&mfa);
        }
    }

    /// A module was loaded: it is traced as new code is to be.
    pub(super) fn set_breakpoints_on_load(&mut self, name: Term) {
        for (function, arity) in self
            .module(name)
            .map_or_else(Vec::new, |module| module.exports().collect())
        {
            let mfa = Mfa {
                module: name,
                function,
                arity: u32::from(arity),
            };
            self.update_export(&mfa);
        }
        let on_load = &self.breakpoints.on_load;
        if !on_load.on {
            return;
        }
        let switch = Switch::On {
            pattern: on_load.pattern.clone(),
            meta: Meta {
                tracer: on_load.meta_tracer.unwrap_or(Term::NONE),
                pattern: on_load.meta_pattern.clone(),
            },
        };
        let kinds = on_load.kinds;
        self.switch_breakpoints(&Selection::module(name), kinds, &switch);
    }

    /// How a function is traced.
    pub fn traced(&self, mfa: &Mfa) -> Traced<'_> {
        if let Some(pattern) = self.breakpoints.global(mfa) {
            return Traced::Global(pattern);
        }
        let entry = self
            .module(mfa.module)
            .and_then(|module| module.entries().find(|(found, _)| found == mfa));
        match entry {
            Some((_, address)) => match self.breakpoints.local.get(&address) {
                Some(breakpoint) => Traced::Local(breakpoint),
                None => Traced::No,
            },
            None if self.defined(mfa).is_some() => Traced::No,
            None => Traced::Nowhere,
        }
    }
}

impl Breakpoint {
    fn change(&mut self, kinds: Kinds, switch: &Switch) {
        match switch {
            Switch::Off => {
                if kinds.local {
                    self.local = None;
                }
                if kinds.meta {
                    self.meta = None;
                }
                if kinds.call_count {
                    self.count = None;
                }
                if kinds.call_time {
                    self.time = None;
                }
                if kinds.debug {
                    self.debug = false;
                }
            }
            Switch::On { pattern, meta } => {
                self.debug |= kinds.debug;
                if kinds.local {
                    self.local = Some(pattern.clone());
                }
                if kinds.meta {
                    self.meta = Some(meta.clone());
                }
                if kinds.call_count {
                    self.count = Some(Counter {
                        calls: 0,
                        active: true,
                    });
                }
                if kinds.call_time {
                    self.time = Some(Times {
                        processes: HashMap::new(),
                        active: true,
                    });
                }
            }
            Switch::Restart | Switch::Pause => {
                let active = matches!(switch, Switch::Restart);
                if let Some(counter) = self.count.as_mut().filter(|_| kinds.call_count) {
                    counter.active = active;
                    if active {
                        counter.calls = 0;
                    }
                }
                if let Some(times) = self.time.as_mut().filter(|_| kinds.call_time) {
                    times.active = active;
                    if active {
                        times.processes.clear();
                    }
                }
            }
        }
    }

    /// Whether it has nothing to do any more.
    fn is_idle(&self) -> bool {
        let traces = self.local.is_some() || self.meta.is_some();
        let counts = self.count.is_some() || self.time.is_some();
        !traces && !counts && !self.debug
    }
}
