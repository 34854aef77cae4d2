//! Making, naming, owning and describing tables.

use alloc::vec::Vec;

use brood_term::copy::copy;
use brood_term::{Atoms, Heap, Term, boxed, known};

use super::object::Object;
use super::table::{Access, Heir, Identity, Kind, Settings, Table};
use super::{Fault, Need, Scope, TRANSFER, transfer, with};
use crate::bif::BifResult;
use crate::context::Context;
use crate::exception::{Control, badarg};

const KINDS: [(Kind, Term); 4] = [
    (Kind::Set, known::SET),
    (Kind::OrderedSet, known::ORDERED_SET),
    (Kind::Bag, known::BAG),
    (Kind::DuplicateBag, known::DUPLICATE_BAG),
];

const ACCESSES: [(Access, Term); 3] = [
    (Access::Public, known::PUBLIC),
    (Access::Protected, known::PROTECTED),
    (Access::Private, known::PRIVATE),
];

fn by_atom<T: Copy>(table: &[(T, Term)], atom: Term) -> Option<T> {
    table
        .iter()
        .find(|(_, candidate)| *candidate == atom)
        .map(|(value, _)| *value)
}

fn atom_of<T: PartialEq>(table: &[(T, Term)], value: T) -> Term {
    table
        .iter()
        .find(|(candidate, _)| *candidate == value)
        .map_or(known::UNDEFINED, |(_, atom)| *atom)
}

/// What `info` says of a type.
pub(crate) fn kind_atom(kind: Kind) -> Term {
    atom_of(&KINDS, kind)
}

/// What `info` says of who may read and write.
pub(crate) fn access_atom(access: Access) -> Term {
    atom_of(&ACCESSES, access)
}

pub fn new_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [name, options] = *arguments else {
        return Err(badarg());
    };
    if !name.is_atom() {
        return Err(badarg());
    }
    let mut settings = Settings {
        kind: Kind::Set,
        access: Access::Protected,
        named: false,
        key_index: 0,
        heir: None,
        compressed: context.machine.flags.ets_compressed,
        read_concurrency: false,
    };
    let mut list = options.list();
    let mut sets_locks = false;
    for option in list.by_ref() {
        if let Some(&[known::WRITE_CONCURRENCY, value]) = option.as_tuple_of::<2>() {
            sets_locks = checks_write_concurrency(value, &context.machine.atoms)?;
        } else {
            set_option(context, &mut settings, option)?;
        }
    }
    if !list.ended_proper() {
        return Err(badarg());
    }
    if settings.named && context.machine.tables.names.contains_key(&name) {
        return Err(Fault::Cause("already_exists").raise(&mut context.machine.atoms));
    }
    if settings.kind == Kind::OrderedSet && sets_locks {
        return Err(badarg());
    }
    let named = settings.named;
    let reference = context.make_resource(Identity, 0);
    let (number, _) = reference.as_reference().ok_or_else(badarg)?;
    let identity = reference.to_resource().ok_or_else(badarg)?;
    let table = Table::new(number, identity, name, context.process.pid, settings);
    context.machine.tables.add(table);
    Ok(if named { name } else { reference })
}

fn set_option(
    context: &mut Context<'_>,
    settings: &mut Settings,
    option: Term,
) -> Result<(), Control> {
    if option == known::SET {
        // The default: as in OTP it does not take another type back.
    } else if let Some(kind) = by_atom(&KINDS, option) {
        settings.kind = kind;
    } else if let Some(access) = by_atom(&ACCESSES, option) {
        settings.access = access;
    } else if option == known::NAMED_TABLE {
        settings.named = true;
    } else if option == known::COMPRESSED {
        settings.compressed = true;
    } else if let Some(&[name, value]) = option.as_tuple_of::<2>() {
        match name {
            known::KEYPOS => {
                settings.key_index = value
                    .as_usize()
                    .and_then(|position| position.checked_sub(1))
                    .ok_or_else(badarg)?;
            }
            known::READ_CONCURRENCY => {
                settings.read_concurrency = value.as_boolean().ok_or_else(badarg)?;
            }
            _ if context.machine.atoms.name(name) == Some("decentralized_counters") => {
                // Without schedulers beside each other it changes nothing, and `info` does not tell it.
                value.as_boolean().ok_or_else(badarg)?;
            }
            _ => settings.heir = heir_option(context, option)?,
        }
    } else {
        settings.heir = heir_option(context, option)?;
    }
    Ok(())
}

/// The numbers of locks that a table can be told to have.
const LOCKS: core::ops::RangeInclusive<usize> = 1..=32_768;

/// Checks the value of `write_concurrency`, which as in OTP changes nothing where there is one scheduler, and which `info`
/// does not tell then. Gives whether it is a number of locks, which an ordered table refuses all the same.
fn checks_write_concurrency(value: Term, atoms: &Atoms) -> Result<bool, Control> {
    let is_locks = value.as_tuple_of::<2>().is_some_and(|&[name, locks]| {
        atoms.name(name) == Some("debug_hash_fixed_number_of_locks")
            && locks.as_usize().is_some_and(|locks| LOCKS.contains(&locks))
    });
    let is_mode = value.as_boolean().is_some() || atoms.name(value) == Some("auto");
    if is_locks || is_mode {
        Ok(is_locks)
    } else {
        Err(badarg())
    }
}

/// `{heir, none}` or `{heir, Pid, Data}`. Who has ended inherits nothing.
fn heir_option(context: &mut Context<'_>, option: Term) -> Result<Option<Heir>, Control> {
    match option.as_tuple() {
        Some([known::HEIR, known::NONE]) => Ok(None),
        Some(&[known::HEIR, pid, data]) if pid.is_local_pid() => {
            Ok(context.is_alive(pid).then(|| Heir {
                pid,
                data: context.own(data),
                ended: false,
            }))
        }
        _ => Err(badarg()),
    }
}

pub fn delete_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if context.resume::<Burial>().is_none() {
        let number = with(context, arguments[0], Need::Write, |table, _| {
            Ok(table.number)
        })?;
        context.machine.tables.remove(number);
        context.machine.tables.crumble();
    }
    wait_for_burial(context)
}

/// A function waits until what it left of a table is freed.
struct Burial;

/// Gives `true` when all that is left of what was deleted is freed: who deletes much has others run meanwhile, but does not
/// get ahead of that.
fn wait_for_burial(context: &mut Context<'_>) -> BifResult {
    if context.machine.tables.has_remains() {
        return Err(context.interrupt(Burial, Term::NIL));
    }
    Ok(known::TRUE)
}

pub fn rename_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let name = arguments[1];
    let (number, old, named) = with(context, arguments[0], Need::Write, |table, _| {
        Ok((table.number, table.name, table.settings.named))
    })?;
    let names = &mut context.machine.tables.names;
    if !name.is_atom() || (named && names.contains_key(&name)) {
        return Err(badarg());
    }
    if named {
        names.remove(&old);
        names.insert(name, number);
    }
    if let Some(table) = context.machine.tables.tables.get_mut(&number) {
        table.name = name;
    }
    Ok(if named { name } else { arguments[0] })
}

pub fn give_away_3(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let [identifier, pid, gift] = *arguments else {
        return Err(badarg());
    };
    let from = context.process.pid;
    let (number, table, owner) = with(context, identifier, Need::Write, |table, _| {
        Ok((table.number, table.identifier(), table.owner))
    })?;
    let fault = |context: &mut Context<'_>, cause| {
        Err(Fault::Cause(cause).raise(&mut context.machine.atoms))
    };
    if !pid.is_local_pid() {
        return Err(badarg());
    }
    if owner != from {
        return fault(context, "not_owner");
    }
    if pid == from {
        return fault(context, "owner");
    }
    if !context.is_alive(pid) {
        return Err(badarg());
    }
    with(context, identifier, Need::Write, |table, _| {
        table.owner = pid;
        Ok(())
    })?;
    context.machine.tables.concern(pid, number);
    context.machine.tables.reconsider(from, number);
    let tag = context.machine.atom(TRANSFER);
    context.send_built(pid, |heap, literals| {
        let gift = copy(gift, heap, literals);
        transfer(heap, tag, table, from, gift)
    });
    Ok(known::TRUE)
}

/// An option that can be set again.
enum Setting {
    Heir(Option<Heir>),
    Protection(Access),
}

fn setting(context: &mut Context<'_>, option: Term) -> Result<Setting, Control> {
    if let Some(&[name, access]) = option.as_tuple_of::<2>()
        && context.machine.atoms.name(name) == Some("protection")
    {
        let access = by_atom(&ACCESSES, access).ok_or_else(badarg)?;
        return Ok(Setting::Protection(access));
    }
    heir_option(context, option).map(Setting::Heir)
}

/// One option, or a list in which each comes at most once.
pub fn setopts_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    with(context, arguments[0], Need::Write, |_, _| Ok(()))?;
    let (mut heir, mut access) = (None, None);
    let one = [arguments[1]];
    let mut list = arguments[1].list();
    let options: &mut dyn Iterator<Item = Term> = if arguments[1].is_list() {
        &mut list
    } else {
        &mut one.into_iter()
    };
    for option in options {
        let repeated = match setting(context, option)? {
            Setting::Heir(value) => heir.replace(value).is_some(),
            Setting::Protection(value) => access.replace(value).is_some(),
        };
        if repeated {
            return Err(badarg());
        }
    }
    if arguments[1].is_list() && !list.ended_proper() {
        return Err(badarg());
    }
    let pid_of = |heir: &Option<Heir>| heir.as_ref().map(|heir| heir.pid);
    let (number, before, after) = with(context, arguments[0], Need::Write, |table, scope| {
        if table.owner != scope.pid {
            return Err(Fault::Plain);
        }
        let before = pid_of(&table.settings.heir);
        if let Some(heir) = heir {
            table.settings.heir = heir;
        }
        if let Some(access) = access {
            table.settings.access = access;
        }
        Ok((table.number, before, pid_of(&table.settings.heir)))
    })?;
    let tables = &mut context.machine.tables;
    if let Some(heir) = before {
        tables.reconsider(heir, number);
    }
    if let Some(heir) = after {
        tables.concern(heir, number);
    }
    Ok(known::TRUE)
}

/// Fixes a table for the process once more.
pub fn fix(context: &mut Context<'_>, number: u64) {
    let monotonic = context.machine.monotonic_ns();
    let system = context.machine.time_offset_ns + monotonic as i64;
    let now = (monotonic, system);
    let pid = context.process.pid;
    if let Some(table) = context.machine.tables.tables.get_mut(&number) {
        table.fix(pid, now);
        context.machine.tables.concern(pid, number);
    }
}

/// Takes back one fixation of a table by the process.
pub fn unfix(context: &mut Context<'_>, number: u64) {
    let pid = context.process.pid;
    context.machine.tables.unfix(number, pid);
}

pub fn safe_fixtable_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if context.resume::<Burial>().is_some() {
        return wait_for_burial(context);
    }
    let (number, fixes) = with(context, arguments[0], Need::Read, |table, _| {
        let fixes = arguments[1].as_boolean().ok_or(Fault::Plain)?;
        Ok((table.number, fixes))
    })?;
    if fixes {
        fix(context, number);
        return Ok(known::TRUE);
    }
    unfix(context, number);
    context.machine.tables.crumble();
    wait_for_burial(context)
}

pub fn whereis_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if !arguments[0].is_atom() {
        return Err(badarg());
    }
    if !context.machine.tables.names.contains_key(&arguments[0]) {
        return Ok(known::UNDEFINED);
    }
    with(context, arguments[0], Need::Nothing, |table, scope| {
        Ok(table.identity().into_term(&mut *scope.heap))
    })
}

/// The one scheduler answers `{Reference, [Table]}`.
pub fn internal_request_all_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let number = context.machine.new_reference();
    let Context { machine, process } = context;
    let heap = &mut process.heap;
    let tables: Vec<Term> = machine
        .tables
        .tables
        .values()
        .map(|table| {
            table
                .identifier()
                .unwrap_or_else(|identity| identity.into_term(heap))
        })
        .collect();
    let tables = heap.list(&tables);
    let reference = boxed::make_reference(heap, number, 0);
    let answer = heap.tuple(&[reference, tables]);
    process.messages.push_resident(answer);
    Ok(reference)
}

/// The items of `info/1`, in OTP's order.
const ITEMS: [&str; 15] = [
    "id",
    "decentralized_counters",
    "read_concurrency",
    "write_concurrency",
    "compressed",
    "memory",
    "owner",
    "heir",
    "name",
    "size",
    "node",
    "named_table",
    "type",
    "keypos",
    "protection",
];

pub fn info_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if is_gone(context, arguments[0])? {
        return Ok(known::UNDEFINED);
    }
    let names: Vec<Term> = ITEMS
        .iter()
        .map(|item| context.machine.atom(item))
        .collect();
    with(context, arguments[0], Need::Nothing, |table, scope| {
        let pairs: Option<Vec<Term>> = names
            .iter()
            .zip(ITEMS)
            .map(|(&name, item)| {
                let value = item_of(table, item, scope)?;
                Some(scope.heap.tuple(&[name, value]))
            })
            .collect();
        Ok(scope.heap.list(&pairs.ok_or(Fault::Plain)?))
    })
}

pub fn info_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if is_gone(context, arguments[0])? {
        return Ok(known::UNDEFINED);
    }
    let item = context
        .machine
        .atoms
        .name(arguments[1])
        .ok_or_else(badarg)?;
    with(context, arguments[0], Need::Nothing, |table, scope| {
        item_of(table, item, scope).ok_or(Fault::Plain)
    })
}

/// Whether the identifier is well-formed but names no table.
fn is_gone(context: &mut Context<'_>, identifier: Term) -> Result<bool, Control> {
    match context.machine.tables.number(identifier) {
        Ok(_) => Ok(false),
        Err(Fault::Cause("id")) => Ok(true),
        Err(fault) => Err(fault.raise(&mut context.machine.atoms)),
    }
}

fn item_of(table: &Table, item: &str, scope: &mut Scope<'_>) -> Option<Term> {
    let settings = &table.settings;
    let heap = &mut *scope.heap;
    Some(match item {
        "id" => table.identity().into_term(heap),
        "decentralized_counters" | "write_concurrency" => known::FALSE,
        "read_concurrency" => Term::boolean(settings.read_concurrency),
        "compressed" => Term::boolean(settings.compressed),
        "memory" => heap.unsigned(table.memory_words() as u64),
        "owner" => table.owner,
        "heir" => settings.heir.as_ref().map_or(known::NONE, |heir| heir.pid),
        "name" => table.name,
        "size" => heap.unsigned(table.count() as u64),
        "node" => scope.node,
        "named_table" => Term::boolean(settings.named),
        "type" => atom_of(&KINDS, settings.kind),
        "keypos" => heap.unsigned(settings.key_index as u64 + 1),
        "protection" => atom_of(&ACCESSES, settings.access),
        "fixed" => Term::boolean(table.fixation.is_some()),
        "safe_fixed" | "safe_fixed_monotonic_time" => match &table.fixation {
            None => known::FALSE,
            Some(fixation) => {
                let by: Vec<Term> = fixation
                    .by
                    .iter()
                    .map(|&(pid, count)| heap.tuple(&[pid, Term::small(count as i64)]))
                    .collect();
                let by = heap.list(&by);
                let since = match item {
                    "safe_fixed" => timestamp(heap, fixation.since.1),
                    _ => heap.unsigned(fixation.since.0),
                };
                heap.tuple(&[since, by])
            }
        },
        "binary" => {
            let binaries = table.iter_held().flat_map(Object::shared_binaries);
            binaries.fold(Term::NIL, |rest, (id, bytes, references)| {
                let numbers = [id, bytes as u64, references as u64];
                let numbers = numbers.map(|number| heap.unsigned(number));
                let binary = heap.tuple(&numbers);
                heap.cons(binary, rest)
            })
        }
        "stats" => match table.chain_lengths() {
            None => known::FALSE,
            Some(lengths) => {
                let counts = [
                    table.slots(),
                    lengths.least,
                    lengths.greatest,
                    lengths.ghosts,
                ];
                let [slots, least, greatest, ghosts] =
                    counts.map(|count| Term::small(count as i64));
                let figures = [lengths.mean, lengths.deviation, lengths.expected_deviation];
                let [mean, deviation, expected] = figures.map(|figure| heap.float(figure));
                let locks = Term::small(1);
                heap.tuple(&[
                    slots, mean, deviation, expected, least, greatest, ghosts, locks,
                ])
            }
        },
        _ => return None,
    })
}

/// `{MegaSeconds, Seconds, MicroSeconds}`.
fn timestamp(heap: &mut impl Heap, system_ns: i64) -> Term {
    let microseconds = system_ns.div_euclid(1000);
    let seconds = microseconds.div_euclid(1_000_000);
    let parts = [
        seconds.div_euclid(1_000_000),
        seconds.rem_euclid(1_000_000),
        microseconds.rem_euclid(1_000_000),
    ];
    heap.tuple(&parts.map(Term::small))
}
