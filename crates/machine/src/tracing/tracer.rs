//! Who gets trace messages.
//!
//! OTP's tracers are modules with natives, called with a state. The one module that has any in an instance is
//! `erl_tracer`, whose state is the process (or port) that messages are sent to. So a tracer is that process' pid,
//! and [`Term::NONE`] stands for none.

use brood_term::{Atoms, Term, known};

/// The tracer that a term names: a pid or port, `{Tag, Tracer}`, or `{Tag, erl_tracer, Tracer}`. No other module has
/// natives, so that, as with OTP, none can be a tracer.
pub fn parse(term: Term, tag: Term, atoms: &Atoms) -> Option<Term> {
    let tracer = match term.as_tuple() {
        Some(&[found, tracer]) if found == tag => tracer,
        Some(&[found, module, tracer]) if found == tag => {
            (atoms.name(module) == Some("erl_tracer")).then_some(tracer)?
        }
        Some(_) => return None,
        None => term,
    };
    (tracer.is_local_pid() || tracer.is_local_port()).then_some(tracer)
}

/// A tracer as `trace_info` tells it, or `otherwise` for none.
pub fn to_term(tracer: Term, otherwise: Term) -> Term {
    if tracer.is_none() { otherwise } else { tracer }
}

/// The tracer that a term names which stands alone: a pid or port, or `{erl_tracer, Pid}`; `false` and `[]` name none.
pub fn parse_alone(term: Term, atoms: &Atoms) -> Option<Term> {
    if term == known::FALSE || term == Term::NIL {
        return Some(Term::NONE);
    }
    let tracer = match term.as_tuple_of::<2>() {
        Some(&[module, tracer]) if atoms.name(module) == Some("erl_tracer") => tracer,
        _ => term,
    };
    (tracer.is_local_pid() || tracer.is_local_port()).then_some(tracer)
}
