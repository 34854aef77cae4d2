//! Comparisons and operations on booleans as functions.

use core::cmp::Ordering;

use brood_term::{Term, compare};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::badarg;

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "=:=", 2, exactly_equal),
    entry("erlang", "=/=", 2, exactly_unequal),
    entry("erlang", "==", 2, equal),
    entry("erlang", "/=", 2, unequal),
    entry("erlang", "max", 2, max),
    entry("erlang", "min", 2, min),
    entry("erlang", "<", 2, less),
    entry("erlang", ">", 2, greater),
    entry("erlang", "=<", 2, less_or_equal),
    entry("erlang", ">=", 2, greater_or_equal),
    entry("erts_internal", "cmp_term", 2, cmp_term),
    entry("erlang", "not", 1, not),
    entry("erlang", "and", 2, and),
    entry("erlang", "or", 2, or),
    entry("erlang", "xor", 2, xor),
];

fn exactly_equal(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(compare::exact_eq(arguments[0], arguments[1])))
}

fn exactly_unequal(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(!compare::exact_eq(
        arguments[0],
        arguments[1],
    )))
}

fn equal(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(compare::eq(arguments[0], arguments[1])))
}

fn unequal(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(!compare::eq(arguments[0], arguments[1])))
}

fn order(context: &Context<'_>, arguments: &[Term]) -> Ordering {
    compare::compare(arguments[0], arguments[1], &context.machine.atoms)
}

fn less(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(order(context, arguments).is_lt()))
}

fn greater(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(order(context, arguments).is_gt()))
}

fn less_or_equal(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(order(context, arguments).is_le()))
}

fn greater_or_equal(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(order(context, arguments).is_ge()))
}

fn max(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(arguments[usize::from(order(context, arguments).is_lt())])
}

fn min(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(arguments[usize::from(order(context, arguments).is_gt())])
}

/// The sign of the comparison in the order of map keys: -1, 0 or 1.
fn cmp_term(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let order = compare::compare_exact(arguments[0], arguments[1], &context.machine.atoms);
    Ok(Term::small(order as i64))
}

fn boolean(term: Term) -> Result<bool, crate::exception::Control> {
    term.as_boolean().ok_or_else(badarg)
}

fn not(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(!boolean(arguments[0])?))
}

fn and(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (a, b) = (boolean(arguments[0])?, boolean(arguments[1])?);
    Ok(Term::boolean(a && b))
}

fn or(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (a, b) = (boolean(arguments[0])?, boolean(arguments[1])?);
    Ok(Term::boolean(a || b))
}

fn xor(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    Ok(Term::boolean(
        boolean(arguments[0])? != boolean(arguments[1])?,
    ))
}
