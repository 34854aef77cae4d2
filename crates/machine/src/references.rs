//! Who refers to what: to nodes, by identifiers of other nodes, and to the code of funs.
//!
//! OTP counts such references as they come and go. Here nothing is counted in advance: who asks has all terms looked at that
//! processes, tables, timers and persistent terms hold. Signals on their way are not looked at.

use alloc::vec::Vec;

use brood_term::{FunEntry, Subtag, Term};
use hashbrown::{HashMap, HashSet};

use crate::bif::ets::functions::node_of;
use crate::bif::ets::match_spec::Compiled;
use crate::context::Context;
use crate::process::Process;

/// Who holds a term.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Holder {
    /// A process: its stack, heap, dictionary or messages.
    Process(Term),
    /// A table, by the number of its reference.
    Table(u64),
    /// A timer's message: to whom.
    Timer(Term),
    /// The persistent terms.
    PersistentTerms,
    /// A compiled match specification, by the number of its reference.
    MatchSpec(u64),
}

/// How many identifiers of a node each holder has.
#[derive(Debug)]
pub struct NodeReferences {
    /// The node's name.
    pub name: Term,
    /// Which incarnation of it.
    pub creation: u32,
    /// The counts.
    pub holders: HashMap<Holder, usize>,
}

/// Goes through terms, each object once.
struct Survey<'a> {
    seen: HashSet<u64>,
    pending: Vec<Term>,
    see: &'a mut dyn FnMut(Holder, Term),
}

impl Survey<'_> {
    /// Shows what is pending, and what that refers to.
    fn look(&mut self, holder: Holder) {
        while let Some(term) = self.pending.pop() {
            if !term.is_pointer() || !self.seen.insert(term.raw()) {
                continue;
            }
            (self.see)(holder, term);
            if let Some(compiled) = term.as_resource::<Compiled>() {
                let number = term.as_reference().map_or(0, |(number, _)| number);
                self.look_from(compiled.spec(), Holder::MatchSpec(number));
            }
            if let Some((head, tail)) = term.as_cons() {
                self.pending.extend([tail, head]);
            } else if let Some(header) = term.boxed_header() {
                let parts = &term.boxed_words()[header.raw_words()..];
                self.pending.extend(parts);
            }
        }
    }

    /// Shows what a term refers to that somebody else holds than what is pending.
    fn look_from(&mut self, term: Term, holder: Holder) {
        let pending = core::mem::replace(&mut self.pending, Vec::from([term]));
        self.look(holder);
        self.pending = pending;
    }

    fn process(&mut self, process: &mut Process) {
        process.visit_held(&mut |term| self.pending.push(term));
        self.look(Holder::Process(process.pid));
    }
}

impl Context<'_> {
    /// Shows `see` each object that somebody holds, once, with a holder. `arguments` are those of the running BIF.
    fn survey(&mut self, arguments: &[Term], see: &mut dyn FnMut(Holder, Term)) {
        let mut survey = Survey {
            seen: HashSet::new(),
            pending: arguments.to_vec(),
            see,
        };
        survey.process(self.process);
        for process in self.machine.processes.iter_mut() {
            survey.process(process);
        }
        // All at a time: an object is told by where it is.
        let objects: Vec<_> = self.machine.tables.objects().collect();
        for (number, object) in &objects {
            survey.pending.push(object.term());
            survey.look(Holder::Table(*number));
        }
        for (_, to, message) in self.machine.timers.messages() {
            survey.pending.push(message);
            survey.look(Holder::Timer(to));
        }
        survey.pending.extend(self.machine.persistent_terms.iter());
        survey.look(Holder::PersistentTerms);
        self.charge(survey.seen.len() / 10);
    }

    /// How many closures of a fun there are.
    pub fn count_closures(&mut self, arguments: &[Term], entry: &FunEntry) -> usize {
        let mut count = 0;
        self.survey(arguments, &mut |_, term| {
            let found = term.as_fun();
            count += usize::from(found.is_some_and(|found| core::ptr::eq(found, entry)));
        });
        count
    }

    /// Who refers to which nodes, but for this one. Incarnations of a node come one after the other.
    pub fn node_references(&mut self, arguments: &[Term]) -> Vec<NodeReferences> {
        let mut references = HashMap::<(Term, u32), HashMap<Holder, usize>>::new();
        self.survey(arguments, &mut |holder, term| {
            if let Some(node) = external_node(term) {
                *references
                    .entry(node)
                    .or_default()
                    .entry(holder)
                    .or_default() += 1;
            }
        });
        let mut references: Vec<NodeReferences> = references
            .into_iter()
            .map(|((name, creation), holders)| NodeReferences {
                name,
                creation,
                holders,
            })
            .collect();
        references.sort_unstable_by_key(|node| (node.name.raw(), node.creation));
        references
    }
}

/// Name and creation of the node that another node's identifier names.
fn external_node(term: Term) -> Option<(Term, u32)> {
    let external = [
        Subtag::ExternalPid,
        Subtag::ExternalPort,
        Subtag::ExternalReference,
    ];
    if !external.contains(&term.subtag()?) {
        return None;
    }
    let name = node_of(term, Term::NONE)?;
    Some((name, term.boxed_words()[1].raw() as u32))
}
