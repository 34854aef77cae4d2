//! `erts_debug:dirty_cpu/2`, `dirty_io/2` and `dirty/3`: what OTP's tests do on dirty schedulers.

use brood_term::{Heap, Term, integer, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::dirty::Kind;
use crate::exception::{Control, badarg, error};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erts_debug", "dirty_cpu", 2, |context, arguments| {
        on(context, Some(Kind::Cpu), arguments[0], arguments[1])
    }),
    entry("erts_debug", "dirty_io", 2, |context, arguments| {
        on(context, Some(Kind::Io), arguments[0], arguments[1])
    }),
    entry("erts_debug", "dirty", 3, dirty_3),
];

/// How many copies `copy` makes.
const COPIES: usize = 1000;
/// How long `ready_wait6_done` takes, in milliseconds.
const READY_TO_DONE_MS: i64 = 6000;

/// Where a call has got to.
enum Stage {
    /// It waits for the scheduler (none: the normal one); so much of `reschedule` is left.
    Entering(Option<Kind>, Option<i64>),
    /// It is at work.
    Working(Kind),
}

/// Chooses the scheduler.
fn dirty_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [kind, what, argument] = *arguments else {
        return Err(badarg());
    };
    let kind = match context.machine.atoms.text(kind) {
        "normal" => None,
        "dirty_cpu" => Some(Kind::Cpu),
        "dirty_io" => Some(Kind::Io),
        _ => return Err(badarg()),
    };
    on(context, kind, what, argument)
}

/// Does `what` on a scheduler, when there is a turn for it.
fn on(context: &mut Context<'_>, kind: Option<Kind>, what: Term, argument: Term) -> BifResult {
    let pid = context.process.pid;
    let (kind, left) = match context.resume::<Stage>() {
        Some((Stage::Working(kind), _)) if context.machine.dirty.is_occupied_by(kind, pid) => {
            return Err(context.wait(Stage::Working(kind)));
        }
        Some((Stage::Working(_), _)) => return done(context, what, argument),
        Some((Stage::Entering(kind, left), _)) => (kind, left),
        None => {
            if let Some(kind) = kind {
                let priority = context.process.priority;
                context.machine.enter_dirty(kind, pid, priority);
            }
            (kind, None)
        }
    };
    if let Some(kind) = kind
        && !context.machine.dirty.is_occupied_by(kind, pid)
    {
        return Err(context.wait(Stage::Entering(Some(kind), left)));
    }
    let result = work(context, kind, what, argument, left);
    let stays = context.process.trap.is_some();
    if let Some(kind) = kind.filter(|_| !stays) {
        context.machine.leave_dirty(kind);
    }
    result
}

impl Context<'_> {
    /// As [`Context::interrupt`], until somebody wakes the process.
    fn wait(&mut self, stage: Stage) -> Control {
        self.interrupt(stage, Term::NIL);
        Control::Again { wait: true }
    }

    fn tell(&mut self, to: Term, tag: &'static str) {
        let (tag, from) = (self.machine.atom(tag), self.process.pid);
        if to.is_local_pid() {
            self.send_built(to, |heap, _| heap.tuple(&[tag, from]));
        }
    }
}

/// What is done on the scheduler.
fn work(
    context: &mut Context<'_>,
    kind: Option<Kind>,
    what: Term,
    argument: Term,
    left: Option<i64>,
) -> BifResult {
    match context.machine.atoms.text(what) {
        "scheduler" if context.machine.atoms.text(argument) == "type" => {
            let name = match kind {
                None => "normal",
                Some(Kind::Cpu) => "dirty_cpu",
                Some(Kind::Io) => "dirty_io",
            };
            Ok(context.machine.atom(name))
        }
        "error" => match context.machine.atoms.text(argument) {
            "notsup" | "undef" | "badarith" | "noproc" | "system_limit" => Err(error(argument)),
            _ => Err(badarg()),
        },
        "copy" => {
            let mut list = Term::NIL;
            for _ in 0..COPIES {
                let copy = context.import(argument);
                list = context.heap().cons(copy, list);
            }
            Ok(list)
        }
        "send" => {
            context.tell(argument, "ok");
            Ok(known::OK)
        }
        "wait" => {
            let milliseconds = integer::to_i64(argument).ok_or_else(badarg)?;
            occupy(context, kind, milliseconds)
        }
        "reschedule" => reschedule(context, kind, left.or(integer::to_i64(argument))),
        "ready_wait6_done" => {
            context.tell(argument, "ready");
            occupy(context, kind, READY_TO_DONE_MS)?;
            done(context, what, argument)
        }
        // Nothing would end it on a normal scheduler.
        "alive_waitexiting" => {
            let kind = kind.ok_or_else(badarg)?;
            context.tell(argument, "alive");
            Err(context.wait(Stage::Working(kind)))
        }
        _ => Err(badarg()),
    }
}

/// The scheduler is busy for so many milliseconds: a dirty one while others run, the normal one while nobody does.
fn occupy(context: &mut Context<'_>, kind: Option<Kind>, milliseconds: i64) -> BifResult {
    let milliseconds = milliseconds.max(0) as u64;
    let Some(kind) = kind else {
        context.machine.stand_still(milliseconds);
        return Ok(known::OK);
    };
    let now = context.machine.monotonic_ns();
    if context.machine.multi_scheduling() == "blocked" {
        // Only one scheduler may be at work, so the normal one is not.
        context.machine.stand_still(milliseconds);
        context.machine.idle_ns += context.machine.monotonic_ns() - now;
        return Ok(known::OK);
    }
    let until = now.saturating_add(milliseconds.saturating_mul(1_000_000));
    context.machine.stay_dirty(kind, until);
    Err(context.wait(Stage::Working(kind)))
}

/// What follows when the work took its time.
fn done(context: &mut Context<'_>, what: Term, argument: Term) -> BifResult {
    if context.machine.atoms.text(what) == "ready_wait6_done" {
        context.tell(argument, "done");
    }
    Ok(known::OK)
}

/// Goes from scheduler to scheduler, with a number that falls by two: to 0 if it is even.
fn reschedule(context: &mut Context<'_>, kind: Option<Kind>, left: Option<i64>) -> BifResult {
    let left = left.filter(|left| *left >= 0).ok_or_else(badarg)?;
    if left == 0 {
        return Ok(known::OK);
    }
    let next = match kind {
        same if left % 4 != 0 => same,
        Some(Kind::Cpu) => Some(Kind::Io),
        Some(Kind::Io) => None,
        None => Some(Kind::Cpu),
    };
    if let Some(kind) = kind {
        context.machine.leave_dirty(kind);
    }
    if let Some(kind) = next {
        let (pid, priority) = (context.process.pid, context.process.priority);
        context.machine.enter_dirty(kind, pid, priority);
    }
    Err(context.interrupt(Stage::Entering(next, Some(left - 2)), Term::NIL))
}
