//! Match specifications by themselves: compiled, run over lists, tested.

use brood_term::{Heap, Term, known};

use super::match_spec::{Compiled, Program, Scope};
use super::select::compile;
use crate::bif::{BifResult, trace};
use crate::context::Context;
use crate::exception::{Control, badarg};

/// A list over which a specification was run in part. The rest of the list and the results are the trap's term.
struct Interrupted;

fn with_scope<R>(context: &mut Context<'_>, body: impl FnOnce(&mut Scope<'_>) -> R) -> R {
    let Context { machine, process } = context;
    body(&mut Scope {
        heap: &mut process.heap,
        atoms: &machine.atoms,
        literals: &machine.literals,
        pid: process.pid,
        node: machine.node_name,
        effects: None,
    })
}

pub fn match_spec_compile_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    compile(context, arguments[0])
}

pub fn is_compiled_ms_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(
        arguments[0].as_resource::<Compiled>().is_some(),
    ))
}

/// The results of a list's elements, the last first, in front of the third argument.
pub fn match_spec_run_r_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [list, compiled, results] = *arguments else {
        return Err(badarg());
    };
    let compiled: &Compiled = compiled.as_resource().ok_or_else(badarg)?;
    let (mut rest, mut results) = match context.resume::<Interrupted>() {
        Some((Interrupted, pair)) => pair.as_cons().ok_or_else(badarg)?,
        None => (list, results),
    };
    let budget = context.fuel();
    let mut visited = 0;
    with_scope(context, |scope| {
        while visited < budget
            && let Some((element, tail)) = rest.as_cons()
        {
            if let Some(result) = compiled.program().run(element, scope) {
                results = scope.heap.cons(result, results);
            }
            rest = tail;
            visited += 1;
        }
    });
    context.charge(visited);
    if rest.is_cons() {
        let pair = context.heap().cons(rest, results);
        return Err(context.interrupt(Interrupted, pair));
    }
    if rest.is_nil() {
        Ok(results)
    } else {
        Err(badarg())
    }
}

/// `{ok, Result, Flags, Warnings}` or `{error, [{error, Text}]}`.
pub fn match_spec_test_3(context: &mut Context<'_>, arguments: &[Term]) -> Result<Term, Control> {
    let [object, spec, kind] = *arguments else {
        return Err(badarg());
    };
    match context.machine.atoms.name(kind) {
        Some("table") => {}
        Some("trace") => return trace::match_spec_test(context, object, spec),
        _ => return Err(badarg()),
    }
    with_scope(context, |scope| match Program::compile(spec, scope.atoms) {
        Ok(program) => {
            let result = program.run(object, scope).unwrap_or(known::FALSE);
            Ok(scope.heap.tuple(&[known::OK, result, Term::NIL, Term::NIL]))
        }
        Err(text) => {
            let text = scope.heap.string(&text);
            let fault = scope.heap.tuple(&[known::ERROR, text]);
            let faults = scope.heap.list(&[fault]);
            Ok(scope.heap.tuple(&[known::ERROR, faults]))
        }
    })
}
