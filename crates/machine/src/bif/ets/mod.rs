//! `ets`: tables of tuples that processes share.
//!
//! Objects are copies with memory of their own; reading copies them to the heap of the reader.
//!
//! | module | idea |
//! | --- | --- |
//! | [`table`] | one table, whatever its type |
//! | [`object`], `packed` | one object, in memory of its own; terms as bytes |
//! | [`hash_store`], [`ordered_store`] | where a table's objects are |
//! | [`match_spec`], [`functions`] | match specifications as programs |
//! | `administration`, `objects`, `update`, `select`, `compiled` | the BIFs |

pub(crate) mod administration;
mod compiled;
pub mod functions;
pub mod hash_store;
pub mod match_spec;
pub mod object;
mod objects;
pub mod ordered_store;
mod packed;
mod select;
pub mod table;
mod update;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::{Atoms, Heap, OwnedTerm, Resource, Term};
use hashbrown::HashMap;

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, badarg_cause};
use crate::machine::Machine;
use match_spec::Scope;
use object::{Object, Opened};
use table::{Access, Heir, Identity, Store, Table};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("ets", "new", 2, administration::new_2),
    entry("ets", "delete", 1, administration::delete_1),
    entry("ets", "rename", 2, administration::rename_2),
    entry("ets", "give_away", 3, administration::give_away_3),
    entry("ets", "setopts", 2, administration::setopts_2),
    entry("ets", "safe_fixtable", 2, administration::safe_fixtable_2),
    entry("ets", "info", 1, administration::info_1),
    entry("ets", "info", 2, administration::info_2),
    entry("ets", "whereis", 1, administration::whereis_1),
    entry(
        "ets",
        "internal_request_all",
        0,
        administration::internal_request_all_0,
    ),
    entry("ets", "insert", 2, objects::insert_2),
    entry("ets", "insert_new", 2, objects::insert_new_2),
    entry("ets", "lookup", 2, objects::lookup_2),
    entry("ets", "lookup_element", 3, objects::lookup_element_3),
    entry("ets", "lookup_element", 4, objects::lookup_element_4),
    entry("ets", "member", 2, objects::member_2),
    entry("ets", "delete", 2, objects::delete_2),
    entry("ets", "delete_object", 2, objects::delete_object_2),
    entry(
        "ets",
        "internal_delete_all",
        2,
        objects::internal_delete_all_2,
    ),
    entry("ets", "take", 2, objects::take_2),
    entry("ets", "first", 1, objects::first_1),
    entry("ets", "last", 1, objects::last_1),
    entry("ets", "next", 2, objects::next_2),
    entry("ets", "prev", 2, objects::prev_2),
    entry("ets", "first_lookup", 1, objects::first_lookup_1),
    entry("ets", "last_lookup", 1, objects::last_lookup_1),
    entry("ets", "next_lookup", 2, objects::next_lookup_2),
    entry("ets", "prev_lookup", 2, objects::prev_lookup_2),
    entry("ets", "slot", 2, objects::slot_2),
    entry("ets", "update_counter", 3, update::update_counter_3),
    entry("ets", "update_counter", 4, update::update_counter_4),
    entry("ets", "update_element", 3, update::update_element_3),
    entry("ets", "update_element", 4, update::update_element_4),
    entry("ets", "match", 1, select::continue_1),
    entry("ets", "match", 2, select::match_2),
    entry("ets", "match", 3, select::match_3),
    entry("ets", "match_object", 1, select::continue_1),
    entry("ets", "match_object", 2, select::match_object_2),
    entry("ets", "match_object", 3, select::match_object_3),
    entry("ets", "select", 1, select::continue_1),
    entry("ets", "select", 2, select::select_2),
    entry("ets", "select", 3, select::select_3),
    entry("ets", "select_reverse", 1, select::continue_1),
    entry("ets", "select_reverse", 2, select::select_reverse_2),
    entry("ets", "select_reverse", 3, select::select_reverse_3),
    entry("ets", "select_count", 2, select::select_count_2),
    entry(
        "ets",
        "internal_select_delete",
        2,
        select::internal_select_delete_2,
    ),
    entry("ets", "select_replace", 2, select::select_replace_2),
    entry(
        "ets",
        "match_spec_compile",
        1,
        compiled::match_spec_compile_1,
    ),
    entry("ets", "is_compiled_ms", 1, compiled::is_compiled_ms_1),
    entry("ets", "match_spec_run_r", 3, compiled::match_spec_run_r_3),
    entry("erlang", "match_spec_test", 3, compiled::match_spec_test_3),
];

/// All tables.
#[derive(Debug, Default)]
pub struct Tables {
    /// By the number of their reference.
    tables: HashMap<u64, Table>,
    /// The numbers of the named ones.
    names: HashMap<Term, u64>,
    /// What is left of tables that are no more: freed bit by bit.
    graves: Vec<Store>,
    /// The numbers of tables that are fixed no longer and have something to forget: bit by bit, too.
    untidy: Vec<u64>,
    /// By process: the numbers of the tables that it owns, will inherit or has fixed. May name tables that are no more.
    concerned: HashMap<Term, BTreeSet<u64>>,
}

/// Objects that are freed between two slices, of tables that are no more or were fixed: more than a slice can make.
const OBJECTS_PER_SLICE: usize = 5000;

/// What a caller is about to do with a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Need {
    Nothing,
    Read,
    Write,
}

/// Why a BIF raises `badarg`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// Nothing that the explanation would tell.
    Plain,
    /// The `cause` in the error information.
    Cause(&'static str),
}

impl Fault {
    fn raise(self, atoms: &mut Atoms) -> Control {
        match self {
            Fault::Plain => badarg(),
            Fault::Cause(cause) => atoms.intern(cause).map_or_else(|_| badarg(), badarg_cause),
        }
    }
}

impl Tables {
    /// The number that a table identifier stands for: a registered name or a reference.
    fn number(&self, identifier: Term) -> Result<u64, Fault> {
        if identifier.is_atom() {
            return self
                .names
                .get(&identifier)
                .copied()
                .ok_or(Fault::Cause("id"));
        }
        let (number, _) = identifier.as_reference().ok_or(Fault::Cause("type"))?;
        if self.tables.contains_key(&number) {
            Ok(number)
        } else if identifier.as_resource::<Identity>().is_some() {
            Err(Fault::Cause("id"))
        } else {
            Err(Fault::Cause("type"))
        }
    }

    /// The table with this identifier, for `pid` to use.
    fn get(
        &mut self,
        identifier: Term,
        pid: Term,
        need: Need,
        atoms: &Atoms,
    ) -> Result<&mut Table, Fault> {
        let number = self.number(identifier)?;
        let table = self.tables.get_mut(&number).ok_or(Fault::Cause("id"))?;
        let allowed = match table.settings.access {
            _ if table.owner == pid => true,
            Access::Public => true,
            Access::Protected => need != Need::Write,
            Access::Private => need == Need::Nothing,
        };
        if !allowed {
            return Err(Fault::Cause("access"));
        }
        table.settle(usize::MAX, atoms);
        Ok(table)
    }

    /// Notes that the end of `pid` will concern a table.
    fn concern(&mut self, pid: Term, number: u64) {
        self.concerned.entry(pid).or_default().insert(number);
    }

    /// Forgets that the end of `pid` concerned a table, unless it still does.
    fn reconsider(&mut self, pid: Term, number: u64) {
        let concerns = |table: &Table| table.concerns(pid);
        if !self.tables.get(&number).is_some_and(concerns) {
            self.forget(pid, number);
        }
    }

    fn add(&mut self, table: Table) {
        if table.settings.named {
            self.names.insert(table.name, table.number);
        }
        self.concern(table.owner, table.number);
        if let Some(heir) = &table.settings.heir {
            self.concern(heir.pid, table.number);
        }
        self.tables.insert(table.number, table);
    }

    fn remove(&mut self, number: u64) {
        if let Some(table) = self.tables.remove(&number) {
            if table.settings.named {
                self.names.remove(&table.name);
            }
            self.forget(table.owner, number);
            if let Some(heir) = &table.settings.heir {
                self.forget(heir.pid, number);
            }
            self.bury(table.into_store());
        }
    }

    /// Takes a store that nobody uses any more.
    fn bury(&mut self, store: Store) {
        self.graves.push(store);
    }

    /// Takes back one fixation of a table by a process.
    fn unfix(&mut self, number: u64, pid: Term) {
        if let Some(table) = self.tables.get_mut(&number)
            && table.unfix(pid, false)
        {
            if table.is_untidy() {
                self.untidy.push(number);
            }
            self.reconsider(pid, number);
        }
    }

    /// Whether something is left of what was deleted.
    pub fn has_remains(&self) -> bool {
        !self.graves.is_empty() || !self.untidy.is_empty()
    }

    /// Frees a few of the objects that were deleted. Gives whether there was something to free.
    pub fn crumble(&mut self) -> bool {
        let had_remains = self.has_remains();
        let mut budget = OBJECTS_PER_SLICE;
        while budget > 0
            && let Some(store) = self.graves.last_mut()
        {
            if !store.crumble(&mut budget) {
                self.graves.pop();
                budget = budget.saturating_sub(1);
            }
        }
        while budget > 0
            && let Some(number) = self.untidy.last()
        {
            let table = self.tables.get_mut(number);
            if !table.is_some_and(|table| table.tidy(&mut budget)) {
                self.untidy.pop();
            }
        }
        had_remains
    }

    /// All tables.
    pub fn iter(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// All objects, each with the number of its table's reference.
    pub fn objects(&self) -> impl Iterator<Item = (u64, Opened)> {
        self.tables.iter().flat_map(|(&number, table)| {
            let objects = table.iter_held();
            objects.map(move |object| (number, object.open()))
        })
    }

    fn forget(&mut self, pid: Term, number: u64) {
        if let Some(numbers) = self.concerned.get_mut(&pid) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.concerned.remove(&pid);
            }
        }
    }

    /// Words that all tables take.
    pub fn memory_words(&self) -> usize {
        self.tables.values().map(Table::memory_words).sum()
    }

    /// How many tables there are.
    pub fn count(&self) -> usize {
        self.tables.len()
    }

    /// What follows from the end of the process `pid`: its fixations end, its tables go to their heirs or go.
    pub fn owner_ended(machine: &mut Machine, pid: Term) {
        let tag = machine.atom(TRANSFER);
        for number in machine.tables.concerned.remove(&pid).unwrap_or_default() {
            let Some(table) = machine.tables.tables.get_mut(&number) else {
                continue;
            };
            if table.unfix(pid, true) && table.is_untidy() {
                machine.tables.untidy.push(number);
            }
            if let Some(heir) = &mut table.settings.heir
                && heir.pid == pid
            {
                heir.ended = true;
            }
            if table.owner != pid {
                continue;
            }
            let lives = |heir: &&Heir| !heir.ended && machine.processes.get(heir.pid).is_some();
            let Some(heir) = table.settings.heir.as_ref().filter(lives) else {
                machine.tables.remove(number);
                continue;
            };
            let (heir, data) = (heir.pid, OwnedTerm::new(heir.data.term()));
            table.owner = heir;
            let table = table.identifier();
            machine.send_built(heir, |heap, literals| {
                let data = copy(data.term(), heap, literals);
                transfer(heap, tag, table, pid, data)
            });
        }
    }
}

/// What starts the message to the new owner of a table.
const TRANSFER: &str = "ETS-TRANSFER";

/// `{'ETS-TRANSFER', Table, From, Data}`; the table by its name or its reference.
fn transfer(
    heap: &mut dyn Heap,
    tag: Term,
    table: Result<Term, Resource>,
    from: Term,
    data: Term,
) -> Term {
    let table = table.unwrap_or_else(|identity| identity.into_term(heap));
    heap.tuple(&[tag, table, from, data])
}

/// Runs `body` with the table that `identifier` names.
fn with<R>(
    context: &mut Context<'_>,
    identifier: Term,
    need: Need,
    body: impl FnOnce(&mut Table, &mut Scope<'_>) -> Result<R, Fault>,
) -> Result<R, Control> {
    let node = context.machine.node_name;
    let Context { machine, process } = context;
    let Machine {
        tables,
        atoms,
        literals,
        ..
    } = &mut **machine;
    let mut scope = Scope {
        heap: &mut process.heap,
        atoms,
        literals,
        pid: process.pid,
        node,
        effects: None,
    };
    let result = tables
        .get(identifier, process.pid, need, scope.atoms)
        .and_then(|table| body(table, &mut scope));
    result.map_err(|fault| fault.raise(&mut context.machine.atoms))
}

/// A list of copies of objects, in their order, on the heap of the process.
fn import_all(objects: &[&Object], scope: &mut Scope<'_>) -> Term {
    let mut list = Term::NIL;
    for object in objects.iter().rev() {
        let copy = object.import(&mut *scope.heap, scope.literals);
        list = scope.heap.cons(copy, list);
    }
    list
}

/// `'$end_of_table'`.
fn end_of_table(context: &mut Context<'_>) -> BifResult {
    Ok(context.machine.atom("$end_of_table"))
}

#[cfg(test)]
mod tests;
