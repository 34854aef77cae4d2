//! What of a match is given back, and how.

use alloc::vec::Vec;

use brood_pcre::{Code, Span};
use brood_term::{Heap, Term, binary};

use super::super::iolist::to_bytes;
use crate::context::Context;
use crate::exception::{Control, badarg};

/// Binaries longer than this are shared by what is captured of them: OTP's limit.
const SHARED_FROM: usize = 64;

/// What a captured part is given as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Index,
    List,
    Binary,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Wanted {
    /// Nothing but that there is a match.
    None,
    /// All groups from this one on, up to the last that took part.
    From(usize),
    /// For each value the groups of which one may have it: the first that took part.
    Groups(Vec<Vec<usize>>),
}

/// What the option `capture` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Capture {
    wanted: Wanted,
    form: Form,
}

impl Default for Capture {
    fn default() -> Capture {
        Capture {
            wanted: Wanted::From(0),
            form: Form::Index,
        }
    }
}

/// The groups with a name.
fn groups_named(code: &Code, name: &[u8]) -> Vec<usize> {
    let names = code.names().into_iter();
    names
        .filter(|(other, _)| *other == name)
        .map(|(_, group)| group)
        .collect()
}

impl Capture {
    /// Reads what the option says.
    pub fn parse(
        context: &mut Context<'_>,
        code: &Code,
        values: Term,
        form: Term,
    ) -> Result<Capture, Control> {
        let form = match context.machine.atoms.name(form) {
            Some("index") => Form::Index,
            Some("list") => Form::List,
            Some("binary") => Form::Binary,
            _ => return Err(badarg()),
        };
        let wanted = match context.machine.atoms.name(values) {
            Some("all") => Wanted::From(0),
            Some("all_but_first") => Wanted::From(1),
            Some("none") => Wanted::None,
            Some("first") => Wanted::Groups(Vec::from([Vec::from([0])])),
            Some("all_names") => {
                let mut names = code.names();
                names.dedup_by_key(|(name, _)| *name);
                match names.is_empty() {
                    true => Wanted::None,
                    false => {
                        let names = names.into_iter();
                        Wanted::Groups(names.map(|(name, _)| groups_named(code, name)).collect())
                    }
                }
            }
            _ if values.is_nil() => Wanted::None,
            _ => {
                let mut groups = Vec::new();
                for value in super::super::lists::elements(values)? {
                    groups.push(Self::groups_of(context, code, value)?);
                }
                Wanted::Groups(groups)
            }
        };
        Ok(Capture { wanted, form })
    }

    /// The groups that a number or a name stands for; a number may be that of no group.
    fn groups_of(context: &Context<'_>, code: &Code, value: Term) -> Result<Vec<usize>, Control> {
        if let Some(number) = value.as_small() {
            return Ok(usize::try_from(number).into_iter().collect());
        }
        match context.machine.atoms.name(value) {
            Some(name) => Ok(groups_named(code, name.as_bytes())),
            None => {
                let name = to_bytes(value).ok_or_else(badarg)?;
                // As a text in C.
                let end = name.iter().position(|byte| *byte == 0);
                Ok(groups_named(code, &name[..end.unwrap_or(name.len())]))
            }
        }
    }

    /// `match` or `{match, Captured}`.
    pub fn build(
        &self,
        context: &mut Context<'_>,
        subject: Term,
        bytes: &[u8],
        spans: &[Option<Span>],
    ) -> Term {
        let tag = context.machine.atom("match");
        let selected: Vec<Option<Span>> = match &self.wanted {
            Wanted::None => return tag,
            Wanted::From(first) => spans.get(*first..).unwrap_or_default().to_vec(),
            Wanted::Groups(groups) => groups
                .iter()
                .map(|groups| {
                    let mut found = groups.iter().filter_map(|group| *spans.get(*group)?);
                    found.next()
                })
                .collect(),
        };
        let heap = context.heap();
        let values: Vec<Term> = selected
            .into_iter()
            .map(|span| self.value(heap, subject, bytes, span))
            .collect();
        let values = heap.list(&values);
        heap.tuple(&[tag, values])
    }

    /// A captured part; `{-1, 0}` or empty when it took no part.
    fn value(&self, heap: &mut impl Heap, subject: Term, bytes: &[u8], span: Option<Span>) -> Term {
        if self.form == Form::Index {
            let (first, length) = match span {
                Some((start, end)) => (start as i64, end as i64 - start as i64),
                None => (-1, 0),
            };
            return heap.tuple(&[Term::small(first), Term::small(length)]);
        }
        let (start, end) = span.unwrap_or((0, 0));
        let part = bytes.get(start..end).unwrap_or_default();
        match self.form {
            Form::List => heap.byte_list(part, Term::NIL),
            _ if subject.is_binary() && bytes.len() > SHARED_FROM => {
                binary::make_sub(heap, subject, start * 8, part.len() * 8)
            }
            _ => heap.binary(part),
        }
    }
}
