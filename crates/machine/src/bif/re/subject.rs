//! Subjects in Unicode mode, which must be UTF-8.
//!
//! Whoever looks for all matches in a long binary asks for it again and again. So the last long one that was found to be
//! right is remembered, and held, until a search in it comes to nothing.

use brood_pcre::Subject;
use brood_term::{Term, binary};

use super::super::loop_limit::Loop;
use crate::context::Context;

/// The bytes as text, if they are: the bytes of `subject`, be it a binary or a list.
pub(super) fn validate<'a>(
    context: &mut Context<'_>,
    subject: Term,
    bytes: &'a [u8],
) -> Option<Subject<'a>> {
    let known = context.machine.patterns.subject.as_ref();
    if known.is_some_and(|known| is_same(known.term(), subject)) {
        // SAFETY: `bytes` are those of a binary that was found to be UTF-8. It is held since, so its memory is still its
        // own, and what a binary holds never changes.
        return Some(Subject::Text(unsafe { str::from_utf8_unchecked(bytes) }));
    }
    context.charge_steps(Loop::Re, bytes.len());
    let text = str::from_utf8(bytes).ok()?;
    if is_shared(subject) {
        context.machine.patterns.subject = Some(context.own(subject));
    }
    Some(Subject::Text(text))
}

/// Whether a binary's bytes are held by reference, at whole bytes.
fn is_shared(subject: Term) -> bool {
    let (whole, first) = if subject.is_binary() {
        binary::whole_of(subject)
    } else {
        return false;
    };
    whole.as_shared_bytes().is_some() && first.is_multiple_of(8)
}

/// Whether both are the same part of the same bytes.
fn is_same(known: Term, subject: Term) -> bool {
    if !is_shared(subject) || known.bit_size() != subject.bit_size() {
        return false;
    }
    let (one, one_first) = binary::whole_of(known);
    let (other, other_first) = binary::whole_of(subject);
    one.as_shared_bytes().is_some()
        && one.as_shared_bytes() == other.as_shared_bytes()
        && one_first == other_first
}
