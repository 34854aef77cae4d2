//! What one process asks of another: that it be collected, or looked at for old code.
//!
//! A task is done between two slices, as soon as no process of a higher priority wants to run; one of low priority after eight
//! of normal priority, if there are any. The answer is a message.

use alloc::collections::VecDeque;

use brood_term::copy::copy;
use brood_term::{OwnedTerm, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::heap::Collection;
use crate::machine::Machine;
use crate::process::{CollectionRequest, Priority};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_internal", "garbage_collect", 1, garbage_collect_1),
    entry(
        "erts_internal",
        "check_process_code",
        1,
        check_process_code_1,
    ),
    entry(
        "erts_internal",
        "request_system_task",
        3,
        request_system_task_3,
    ),
    entry(
        "erts_internal",
        "request_system_task",
        4,
        request_system_task_4,
    ),
    entry(
        "erts_internal",
        "dirty_process_handle_signals",
        1,
        dirty_process_handle_signals_1,
    ),
    entry(
        "erts_internal",
        "is_process_executing_dirty",
        1,
        is_process_executing_dirty_1,
    ),
    entry(
        "erts_internal",
        "check_dirty_process_code",
        2,
        check_dirty_process_code_2,
    ),
];

/// Words of a heap that are collected for one reduction, about.
const WORDS_PER_REDUCTION: usize = 10;

fn garbage_collect_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let collection = match context.machine.atoms.text(arguments[0]) {
        "major" => Collection::Major,
        _ => Collection::Minor,
    };
    request_collection(context, collection);
    Ok(known::TRUE)
}

/// Whether the running process still runs old code of a module.
fn check_process_code_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_atom() {
        return Err(badarg());
    }
    let pid = context.process.pid;
    let runs_old = crate::code::process_runs_old(context, pid, arguments[0]);
    Ok(Term::boolean(runs_old))
}

/// `request_system_task(Pid, Priority, Request)`.
fn request_system_task_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [target, priority, request] = *arguments else {
        return Err(badarg());
    };
    let requester = context.process.pid;
    request_system_task(context, requester, target, priority, request)
}

/// `request_system_task(Requester, Pid, Priority, Request)`.
fn request_system_task_4(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [requester, target, priority, request] = *arguments else {
        return Err(badarg());
    };
    if !requester.is_local_pid() {
        return Err(badarg());
    }
    request_system_task(context, requester, target, priority, request)
}

/// The requests are `{garbage_collect, Id, major | minor}`, `{check_process_code, Id, Module}` and `{system_task_test, Id}`;
/// the answers are messages of the request's name, `{Name, Id, boolean()}`.
fn request_system_task(
    context: &mut Context<'_>,
    requester: Term,
    target: Term,
    priority: Term,
    request: Term,
) -> BifResult {
    let priority = match Priority::from_atom(priority) {
        Some(priority) => priority,
        None if context.machine.atoms.text(priority) == "inherit" => context.process.priority,
        None => return Err(badarg()),
    };
    let (kind, id, what) = match request.as_tuple() {
        Some(&[kind, id]) => (kind, id, Term::NIL),
        Some(&[kind, id, what]) => (kind, id, what),
        _ => return Err(badarg()),
    };
    if !target.is_local_pid() {
        return Err(badarg());
    }
    let work = match context.machine.atoms.text(kind) {
        "garbage_collect" => Work::Collect(collection(context, what)),
        "check_process_code" if what.is_atom() => Work::LookForOld(what),
        "system_task_test" => Work::Nothing,
        _ => return Err(badarg()),
    };
    let id = OwnedTerm::new(id);
    let task = Task {
        target,
        kind,
        work,
        request: CollectionRequest { requester, id },
    };
    context.machine.system_tasks.push(priority, task);
    Ok(known::OK)
}

/// What a process is to do.
#[derive(Debug)]
enum Work {
    Collect(Collection),
    /// Look whether it runs old code of a module.
    LookForOld(Term),
    /// What tests ask for.
    Nothing,
}

/// What a process asked of another.
#[derive(Debug)]
struct Task {
    target: Term,
    /// What the answer begins with.
    kind: Term,
    work: Work,
    request: CollectionRequest,
}

/// How many tasks of normal priority are done before one of low priority is.
const NORMAL_TASKS_PER_LOW: usize = 8;

/// Tasks that are to be done, by priority.
#[derive(Debug, Default)]
pub struct SystemTasks {
    queues: [VecDeque<Task>; 4],
    /// Tasks of normal priority that were done since one of low priority was.
    normal_done: usize,
}

impl SystemTasks {
    fn push(&mut self, priority: Priority, task: Task) {
        self.queues[priority as usize].push_back(task);
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty)
    }

    /// Takes out the next, unless a process of this priority goes before it.
    fn pop(&mut self, runs: Option<Priority>) -> Option<Task> {
        let [max, high, normal, low] = &self.queues;
        let priority = match (max.is_empty(), high.is_empty()) {
            (false, _) => Priority::Max,
            (true, false) => Priority::High,
            _ if normal.is_empty() => Priority::Low,
            _ if !low.is_empty() && self.normal_done >= NORMAL_TASKS_PER_LOW => Priority::Low,
            _ => Priority::Normal,
        };
        // What runs at normal priority keeps no task of low priority waiting, which would keep others waiting.
        if runs.is_some_and(|runs| runs < priority.min(Priority::Normal)) {
            return None;
        }
        match priority {
            Priority::Normal => self.normal_done += 1,
            Priority::Low => self.normal_done = 0,
            Priority::Max | Priority::High => {}
        }
        self.queues[priority as usize].pop_front()
    }
}

impl Machine {
    /// Does what processes asked of others, while no process runs.
    #[inline]
    pub(crate) fn do_system_tasks(&mut self) {
        while !self.system_tasks.is_empty() {
            let runs = self.processes.highest_priority();
            let Some(task) = self.system_tasks.pop(runs) else {
                return;
            };
            self.do_system_task(task);
        }
    }

    fn do_system_task(&mut self, task: Task) {
        let Task {
            target,
            kind,
            work,
            request,
        } = task;
        let answer = match work {
            Work::Collect(collection) => {
                if let Some(process) = self.processes.get_mut(target)
                    && process.holds_collections
                {
                    process.held_collections.push(request);
                    return;
                }
                self.collect_other(target, collection, request.requester)
            }
            Work::LookForOld(module) => self.runs_old_code(target, module),
            Work::Nothing => self.processes.get(target).is_some(),
        };
        self.send_built(request.requester, |heap, literals| {
            let id = copy(request.id.term(), heap, literals);
            heap.tuple(&[kind, id, Term::boolean(answer)])
        });
    }

    /// Collects a process at the cost of the one that asked. Gives whether it is there.
    fn collect_other(&mut self, target: Term, collection: Collection, requester: Term) -> bool {
        let words = self.on_behalf_of(target, |context| {
            let words = context.process.heap.total_heap_size();
            let mut registers = core::mem::take(&mut context.process.registers);
            context.collect(collection, 0, &mut registers);
            context.process.registers = registers;
            words
        });
        if let Some(words) = words
            && let Some(requester) = self.processes.get_mut(requester)
        {
            requester.reductions += (words / WORDS_PER_REDUCTION) as u64;
        }
        words.is_some()
    }
}

/// What kind of collection is meant: `minor`, or else everything.
fn collection(context: &Context<'_>, kind: Term) -> Collection {
    match context.machine.atoms.text(kind) {
        "minor" => Collection::Minor,
        _ => Collection::Major,
    }
}

/// Lets the interpreter collect the running process when this call returns, where it knows all roots.
fn request_collection(context: &mut Context<'_>, collection: Collection) {
    match collection {
        Collection::Minor => context.process.heap.request_collection(),
        Collection::Major | Collection::Compact => context.process.heap.request_major_collection(),
    }
}

fn answer_request(context: &mut Context<'_>, requester: Term, kind: Term, id: Term, answer: Term) {
    context.send_built(requester, |heap, literals| {
        let id = copy(id, heap, literals);
        heap.tuple(&[kind, id, answer])
    });
}

/// Lets the running process hold collections back that others ask for, or carries out those held back. Gives whether it
/// was collected before.
pub(super) fn hold_collections(context: &mut Context<'_>, hold: bool) -> bool {
    let held = core::mem::replace(&mut context.process.holds_collections, hold);
    if !hold {
        let requests = core::mem::take(&mut context.process.held_collections);
        if !requests.is_empty() {
            context.process.heap.request_major_collection();
        }
        let kind = context.machine.atom("garbage_collect");
        for CollectionRequest { requester, id } in requests {
            answer_request(context, requester, kind, id.term(), known::TRUE);
        }
    }
    !held
}

/// A pid of this node.
fn local(pid: Term) -> Result<Term, Control> {
    if pid.is_local_pid() {
        Ok(pid)
    } else {
        Err(badarg())
    }
}

/// Signals reach a process on a dirty scheduler as any other: there is nothing to be done for it.
fn dirty_process_handle_signals_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = local(arguments[0])?;
    Ok(if context.is_alive(pid) {
        known::NORMAL
    } else {
        known::NOPROC
    })
}

fn is_process_executing_dirty_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = local(arguments[0])?;
    Ok(Term::boolean(context.machine.dirty.runs(pid)))
}

/// A process on a dirty scheduler can be asked as any other.
fn check_dirty_process_code_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let pid = local(arguments[0])?;
    if !arguments[1].is_atom() {
        return Err(badarg());
    }
    Ok(if context.is_alive(pid) {
        known::NORMAL
    } else {
        known::FALSE
    })
}
