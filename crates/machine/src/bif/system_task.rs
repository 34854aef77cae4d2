//! What one process asks of another: that it be collected, or looked at for old code.
//!
//! A look is taken at once, on behalf of the process that asks. A collection waits for the end of its slice, when those who
//! trace it can be told, and for a process that holds collections back. The answer is a message.

use brood_term::copy::copy;
use brood_term::{OwnedTerm, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};
use crate::heap::Collection;
use crate::machine::Machine;
use crate::process::CollectionRequest;

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
    let priorities = ["max", "high", "normal", "low", "inherit"];
    let known_priority = priorities.contains(&context.machine.atoms.text(priority));
    let (kind, id, what) = match request.as_tuple() {
        Some(&[kind, id]) => (kind, id, Term::NIL),
        Some(&[kind, id, what]) => (kind, id, what),
        _ => return Err(badarg()),
    };
    if !target.is_local_pid() || !known_priority {
        return Err(badarg());
    }
    let answer = match context.machine.atoms.text(kind) {
        "garbage_collect" if target != context.process.pid => {
            let collection = collection(context, what);
            let id = OwnedTerm::new(id);
            let request = CollectionRequest { requester, id };
            let task = CollectionTask {
                target,
                collection,
                request,
            };
            context.machine.collections_asked.push(task);
            return Ok(known::OK);
        }
        "garbage_collect" => {
            let collection = collection(context, what);
            request_collection(context, collection);
            known::TRUE
        }
        "check_process_code" if what.is_atom() => {
            Term::boolean(crate::code::process_runs_old(context, target, what))
        }
        // For tests: nothing is done.
        "system_task_test" => known::TRUE,
        _ => return Err(badarg()),
    };
    answer_request(context, requester, kind, id, answer);
    Ok(known::OK)
}

/// A collection that a process asked of another.
#[derive(Debug)]
pub(crate) struct CollectionTask {
    target: Term,
    collection: Collection,
    request: CollectionRequest,
}

impl Machine {
    /// Carries out the collections that were asked for, while no process runs.
    #[inline]
    pub(crate) fn collect_as_asked(&mut self) {
        if !self.collections_asked.is_empty() {
            for task in core::mem::take(&mut self.collections_asked) {
                self.collect_other(task);
            }
        }
    }

    fn collect_other(&mut self, task: CollectionTask) {
        let CollectionTask {
            target,
            collection,
            request,
        } = task;
        if let Some(process) = self.processes.get_mut(target)
            && process.holds_collections
        {
            process.held_collections.push(request);
            return;
        }
        let collected = self.on_behalf_of(target, |context| {
            let words = context.process.heap.total_heap_size();
            let mut registers = core::mem::take(&mut context.process.registers);
            context.collect(collection, 0, &mut registers);
            context.process.registers = registers;
            words
        });
        let kind = self.atom("garbage_collect");
        let answer = Term::boolean(collected.is_some());
        if let Some(requester) = self.processes.get_mut(request.requester) {
            requester.reductions += (collected.unwrap_or(0) / WORDS_PER_REDUCTION) as u64;
        }
        self.send_built(request.requester, |heap, literals| {
            let id = copy(request.id.term(), heap, literals);
            heap.tuple(&[kind, id, answer])
        });
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
