//! One table: its objects, whatever its type, and who may do what with it.

use alloc::vec::Vec;
use core::cmp::Ordering;

use brood_term::compare::{compare, exact_eq};
use brood_term::{Atoms, OwnedTerm, Resource, Term};
use smallvec::SmallVec;

use super::hash_store::{ChainLengths, HashStore, NoPlace};
use super::match_spec::{Keys, order_of_parts};
use super::object::{Form, Object};
use super::ordered_store::OrderedStore;

/// The type of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "OTP's own names")]
pub enum Kind {
    Set,
    OrderedSet,
    Bag,
    DuplicateBag,
}

/// Who may read and write, beside the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Others may do both.
    Public,
    /// Others may read.
    Protected,
    /// Others may do neither.
    Private,
}

/// Who inherits a table.
#[derive(Debug)]
pub struct Heir {
    /// The process.
    pub pid: Term,
    /// What it is told.
    pub data: OwnedTerm,
    /// Whether it has ended: another process with its pid inherits nothing.
    pub ended: bool,
}

/// What the magic reference to a table refers to. It tells the identifier of a table that is no more from a reference that
/// never was one.
#[derive(Debug)]
pub struct Identity;

/// What `ets:new/2` was told.
#[derive(Debug)]
#[allow(missing_docs, reason = "OTP's own names")]
pub struct Settings {
    pub kind: Kind,
    pub access: Access,
    pub named: bool,
    /// Where in objects the key is, from 0.
    pub key_index: usize,
    /// Who inherits the table, and what it is told.
    pub heir: Option<Heir>,
    /// Whether objects are kept packed.
    pub compressed: bool,
    pub read_concurrency: bool,
}

/// Where the objects of a table are.
#[derive(Debug)]
pub enum Store {
    /// Of a set, bag or duplicate bag.
    Hash(HashStore),
    /// Of an ordered set.
    Ordered(OrderedStore),
}

impl Store {
    fn new(settings: &Settings) -> Store {
        match settings.kind {
            Kind::OrderedSet => Store::Ordered(OrderedStore::new(settings.key_index)),
            _ => Store::Hash(HashStore::new(settings.key_index)),
        }
    }

    /// Frees objects of a store that nobody uses any more, as far as the budget goes. Gives whether some are left.
    pub fn crumble(&mut self, budget: &mut usize) -> bool {
        match self {
            Store::Hash(store) => store.crumble(budget),
            Store::Ordered(store) => store.crumble(budget),
        }
    }
}

/// Who has fixed a table, and how often.
#[derive(Debug)]
pub struct Fixation {
    /// Since when: native monotonic and system time.
    pub since: (u64, i64),
    /// Pids with counts.
    pub by: Vec<(Term, usize)>,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// The number of its reference.
    pub number: u64,
    /// What its reference refers to.
    identity: Resource,
    /// Its name, an atom, be it registered or not.
    pub name: Term,
    /// The process that owns it.
    pub owner: Term,
    /// How it was made.
    pub settings: Settings,
    /// Present while somebody has it fixed.
    pub fixation: Option<Fixation>,
    /// Objects of a long list that are being inserted, the next one last. Who looks at the table before they are all there
    /// puts the rest in ([`Table::settle`]), so that nobody sees a part of them.
    arriving: Vec<Object>,
    /// So many buckets, the first ones, still have objects that were all deleted while the table was fixed. Settled, too.
    clearing: usize,
    store: Store,
    objects: usize,
    /// Words of all objects.
    words: usize,
}

/// Where a traversal goes on.
#[derive(Debug)]
pub enum Cursor {
    /// At the beginning, or the end when it goes backwards.
    Start,
    /// At this bucket of a hashed table; when the keys are known, at this one of theirs.
    Bucket(usize),
    /// Behind this key, of an ordered table.
    Behind(OwnedTerm),
    /// There is nothing more.
    End,
}

/// The objects of one key.
pub type Objects<'a> = SmallVec<[&'a Object; 1]>;

impl Table {
    /// An empty table. Its reference has this number, and is to this [`Identity`].
    pub fn new(
        number: u64,
        identity: Resource,
        name: Term,
        owner: Term,
        settings: Settings,
    ) -> Table {
        Table {
            number,
            identity,
            name,
            owner,
            fixation: None,
            arriving: Vec::new(),
            clearing: 0,
            store: Store::new(&settings),
            settings,
            objects: 0,
            words: 0,
        }
    }

    /// How messages and lists name it: by its registered name, or by what its reference refers to.
    pub fn identifier(&self) -> Result<Term, Resource> {
        if self.settings.named {
            Ok(self.name)
        } else {
            Err(self.identity())
        }
    }

    /// What its reference refers to.
    pub fn identity(&self) -> Resource {
        self.identity.clone()
    }

    /// Whether the end of `pid` means something for the table.
    pub fn concerns(&self, pid: Term) -> bool {
        let is_heir = |heir: &Heir| heir.pid == pid;
        let has_fixed = |fixation: &Fixation| fixation.by.iter().any(|&(by, _)| by == pid);
        self.owner == pid
            || self.settings.heir.as_ref().is_some_and(is_heir)
            || self.fixation.as_ref().is_some_and(has_fixed)
    }

    /// Whether a key has one object at most.
    pub fn is_set(&self) -> bool {
        matches!(self.settings.kind, Kind::Set | Kind::OrderedSet)
    }

    /// How the table keeps its objects.
    pub fn form(&self) -> Form {
        if self.settings.compressed {
            Form::Compressed {
                key_index: self.settings.key_index,
            }
        } else {
            Form::Plain
        }
    }

    /// The key that an object would have here: it must be a tuple that is large enough.
    pub fn key_of(&self, object: Term) -> Option<Term> {
        object.as_tuple()?.get(self.settings.key_index).copied()
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.objects
    }

    /// Words that the table takes.
    pub fn memory_words(&self) -> usize {
        let store = match &self.store {
            Store::Hash(store) => store.overhead_words(),
            Store::Ordered(store) => store.overhead_words(),
        };
        size_of::<Table>() / size_of::<Term>() + store + self.words
    }

    /// The objects with a key, in the order in which they came.
    pub fn get(&self, key: Term, atoms: &Atoms) -> Objects<'_> {
        match &self.store {
            Store::Hash(store) => {
                let mut objects: Objects<'_> = store.get(key).iter().collect();
                objects.reverse();
                objects
            }
            Store::Ordered(store) => store.get(key, atoms).into_iter().collect(),
        }
    }

    /// The only object of a key of a set.
    pub fn get_only(&self, key: Term, atoms: &Atoms) -> Option<&Object> {
        match &self.store {
            Store::Hash(store) => store.get(key).iter().next(),
            Store::Ordered(store) => store.get(key, atoms),
        }
    }

    /// Whether there is an object with a key.
    pub fn contains(&self, key: Term, atoms: &Atoms) -> bool {
        self.get_only(key, atoms).is_some()
    }

    /// Puts an object in as its type demands.
    pub fn insert(&mut self, object: Object, atoms: &Atoms) {
        let fixed = self.fixation.is_some();
        let words = object.words();
        let replaced = match &mut self.store {
            Store::Hash(store) => {
                if self.settings.kind == Kind::Bag {
                    let opened = object.open();
                    let same = |present: &Object| exact_eq(present.open().term(), opened.term());
                    let key = object.key(self.settings.key_index);
                    if store.get(key).iter().any(same) {
                        return;
                    }
                }
                store.insert(object, self.settings.kind == Kind::Set, fixed)
            }
            Store::Ordered(store) => store.insert(object, atoms),
        };
        self.words += words;
        match replaced {
            Some(replaced) => self.words -= replaced.words(),
            None => self.objects += 1,
        }
    }

    /// Takes objects, the first to be inserted last, that [`Table::settle`] is to insert.
    pub fn arrive(&mut self, objects: Vec<Object>) {
        self.arriving = objects;
    }

    /// Deletes and inserts at most so many of the objects that are to be. Gives whether some are left.
    #[inline]
    pub fn settle(&mut self, count: usize, atoms: &Atoms) -> bool {
        if self.clearing == 0 && self.arriving.is_empty() {
            return false;
        }
        let mut budget = count;
        let fixed = self.fixation.is_some();
        if let Store::Hash(store) = &mut self.store {
            while self.clearing > 0 && budget > 0 {
                self.clearing -= 1;
                let removed = store.retain_in(self.clearing, fixed, &mut |_| false);
                budget = budget.saturating_sub(1 + removed);
            }
        }
        for _ in 0..budget {
            match self.arriving.pop() {
                Some(object) => self.insert(object, atoms),
                None => break,
            }
        }
        self.clearing > 0 || !self.arriving.is_empty()
    }

    fn get_mut(&mut self, key: Term, atoms: &Atoms) -> Option<&mut Object> {
        match &mut self.store {
            Store::Hash(store) => store.get_mut(key),
            Store::Ordered(store) => store.get_mut(key, atoms),
        }
    }

    /// Sets element `index` of the only object with `key`, when both the old and the new value are immediate. Gives whether
    /// it did.
    pub fn set_immediate(&mut self, key: Term, index: usize, value: Term, atoms: &Atoms) -> bool {
        self.get_mut(key, atoms)
            .is_some_and(|object| object.set_immediate(index, value))
    }

    /// Removes the objects with `key` that `keep` does not want, and gives how many.
    pub fn retain_of_key(
        &mut self,
        key: Term,
        atoms: &Atoms,
        keep: &mut dyn FnMut(&Object) -> bool,
    ) -> usize {
        let fixed = self.fixation.is_some();
        let words = &mut self.words;
        let mut keep = |object: &Object| {
            let keeps = keep(object);
            *words -= if keeps { 0 } else { object.words() };
            keeps
        };
        let removed = match &mut self.store {
            Store::Hash(store) => store.retain_of_key(key, fixed, &mut keep),
            Store::Ordered(store) => match store.get(key, atoms) {
                Some(object) if !keep(object) => usize::from(store.remove(key, atoms).is_some()),
                _ => 0,
            },
        };
        self.objects -= removed;
        removed
    }

    /// Takes all objects out. Gives how many, and their store; when the table is fixed, it has to [`Table::settle`] instead.
    pub fn clear(&mut self) -> (usize, Option<Store>) {
        let count = core::mem::take(&mut self.objects);
        self.words = 0;
        if let (Store::Hash(store), true) = (&self.store, self.fixation.is_some()) {
            // Traversals that stand somewhere here go on.
            self.clearing = store.buckets();
            return (count, None);
        }
        let empty = Store::new(&self.settings);
        (count, Some(core::mem::replace(&mut self.store, empty)))
    }

    /// The store, of a table that is no more.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// The first key.
    pub fn first(&self) -> Option<Term> {
        match &self.store {
            Store::Hash(store) => store.first(),
            Store::Ordered(store) => store.first(),
        }
    }

    /// The last key; of a hashed table, the first.
    pub fn last(&self) -> Option<Term> {
        match &self.store {
            Store::Hash(store) => store.first(),
            Store::Ordered(store) => store.last(),
        }
    }

    /// The key behind `key`, if there is one. `Err` when `key` has no place in a hashed table.
    pub fn next(&self, key: Term, atoms: &Atoms) -> Result<Option<Term>, NoPlace> {
        match &self.store {
            Store::Hash(store) => self.next_hashed(store, key),
            Store::Ordered(_) if is_end(key, atoms) => Err(NoPlace),
            Store::Ordered(store) => Ok(store.next(key, atoms)),
        }
    }

    fn next_hashed(&self, store: &HashStore, key: Term) -> Result<Option<Term>, NoPlace> {
        // Ghosts have a place as long as the table is fixed, be they buried or not.
        let is_gone = || store.get(key).iter().next().is_none();
        if self.fixation.is_none() && store.has_ghosts() && is_gone() {
            return Err(NoPlace);
        }
        store.next(key)
    }

    /// The key before `key`; a hashed table knows but one direction.
    pub fn previous(&self, key: Term, atoms: &Atoms) -> Result<Option<Term>, NoPlace> {
        match &self.store {
            Store::Hash(store) => self.next_hashed(store, key),
            Store::Ordered(_) if is_end(key, atoms) => Err(NoPlace),
            Store::Ordered(store) => Ok(store.previous(key, atoms)),
        }
    }

    /// How many slots there are: buckets, or objects in order.
    pub fn slots(&self) -> usize {
        match &self.store {
            Store::Hash(store) => store.buckets(),
            Store::Ordered(store) => store.count(),
        }
    }

    /// The objects in a slot.
    pub fn slot(&self, position: usize) -> Vec<&Object> {
        match &self.store {
            Store::Hash(store) => store.bucket(position).collect(),
            Store::Ordered(store) => store.slot(position).into_iter().collect(),
        }
    }

    /// How long the chains of a hashed table are.
    pub fn chain_lengths(&self) -> Option<ChainLengths> {
        match &self.store {
            Store::Hash(store) => Some(store.chain_lengths()),
            Store::Ordered(_) => None,
        }
    }

    /// All objects, and those that were deleted while the table is fixed.
    pub fn iter_held(&self) -> impl Iterator<Item = &Object> {
        let (hash, ordered) = match &self.store {
            Store::Hash(store) => (Some(store), None),
            Store::Ordered(store) => (None, Some(store)),
        };
        let chained = hash
            .into_iter()
            .flat_map(|store| (0..store.buckets()).flat_map(|bucket| store.bucket_held(bucket)));
        chained.chain(ordered.into_iter().flat_map(OrderedStore::iter))
    }

    /// Visits the objects with such keys from a place on, until `visit` gives false or there are no more; gives where to go
    /// on. The objects of a bucket are all visited, whatever `visit` says.
    pub fn scan(
        &self,
        from: &Cursor,
        reverse: bool,
        keys: &Keys,
        atoms: &Atoms,
        visit: &mut dyn FnMut(&Object) -> bool,
    ) -> Cursor {
        match &self.store {
            Store::Hash(store) => {
                let buckets = buckets_of(store, keys);
                let (mut at, count) = (from.bucket(), buckets.len(store));
                while at < count {
                    let mut goes_on = true;
                    for object in store.bucket(buckets.get(at)) {
                        goes_on &= visit(object);
                    }
                    at += 1;
                    if !goes_on {
                        break;
                    }
                }
                if at < count {
                    Cursor::Bucket(at)
                } else {
                    Cursor::End
                }
            }
            Store::Ordered(store) => {
                let behind = match from {
                    Cursor::Start => None,
                    Cursor::Behind(key) => Some(key.term()),
                    _ => return Cursor::End,
                };
                let key_index = self.settings.key_index;
                if let Keys::These(keys) = keys
                    && let [key] = keys[..]
                {
                    if behind.is_none()
                        && let Some(object) = store.get(key, atoms)
                    {
                        visit(object);
                    }
                    return Cursor::End;
                }
                let order = |key: Term| order_among(key, keys, atoms);
                let mut objects = store.range(behind, reverse, &order, atoms);
                match objects.find(|object| !visit(object)) {
                    Some(last) => Cursor::Behind(OwnedTerm::new(last.key(key_index))),
                    None => Cursor::End,
                }
            }
        }
    }

    /// Deletes (`None`) or replaces objects as `change` decides, which leaves alone those for which it gives nothing; from a
    /// place on, and until more than `budget` were visited. Gives where to go on, and how many were visited and changed.
    pub fn change(
        &mut self,
        from: &Cursor,
        keys: &Keys,
        budget: usize,
        atoms: &Atoms,
        change: &mut dyn FnMut(Term) -> Option<Option<Object>>,
    ) -> (Cursor, usize, usize) {
        let mut visited = 0;
        // Which objects change is known before any does: nothing moves under the traversal.
        let mut changes: Vec<(Term, Option<Object>)> = Vec::new();
        let cursor = self.scan(from, false, keys, atoms, &mut |object| {
            visited += 1;
            if let Some(changed) = change(object.open().term()) {
                changes.push((object.kept(), changed));
            }
            visited < budget
        });
        let changed = changes.len();
        let mut changes = changes.into_iter().peekable();
        while let Some((object, replacement)) = changes.next() {
            let Some(key) = self.key_of(object) else {
                continue;
            };
            if let Some(replacement) = replacement {
                self.replace(object, key, replacement, atoms);
                continue;
            }
            // Objects with one key follow each other: they go together.
            let mut gone = Vec::from([object.raw()]);
            while let Some((object, _)) = changes.next_if(|(next, replacement)| {
                replacement.is_none() && self.key_of(*next).is_some_and(|next| exact_eq(next, key))
            }) {
                gone.push(object.raw());
            }
            gone.sort_unstable();
            self.retain_of_key(key, atoms, &mut |present| {
                gone.binary_search(&present.kept().raw()).is_err()
            });
        }
        (cursor, visited, changed)
    }

    /// Puts an object in the place of one that is there (told by the tuple that it keeps), with the same key.
    fn replace(&mut self, object: Term, key: Term, replacement: Object, atoms: &Atoms) {
        let words = replacement.words();
        let present = match &mut self.store {
            Store::Hash(store) => store.replace(object, key, replacement),
            Store::Ordered(store) => store
                .get_mut(key, atoms)
                .map(|present| core::mem::replace(present, replacement)),
        };
        if let Some(present) = present {
            self.words = self.words + words - present.words();
        }
    }

    /// Fixes the table once more for a process. `now` is the native monotonic and system time.
    pub fn fix(&mut self, pid: Term, now: (u64, i64)) {
        let fixation = self.fixation.get_or_insert_with(|| Fixation {
            since: now,
            by: Vec::new(),
        });
        match fixation.by.iter_mut().find(|(by, _)| *by == pid) {
            Some((_, count)) => *count += 1,
            None => fixation.by.push((pid, 1)),
        }
    }

    /// Takes one fixation of a process back, or all. Gives whether it has none left.
    pub fn unfix(&mut self, pid: Term, all: bool) -> bool {
        let Some(fixation) = &mut self.fixation else {
            return true;
        };
        let Some(at) = fixation.by.iter().position(|(by, _)| *by == pid) else {
            return true;
        };
        fixation.by[at].1 -= 1;
        if !all && fixation.by[at].1 > 0 {
            return false;
        }
        fixation.by.swap_remove(at);
        if fixation.by.is_empty() {
            self.fixation = None;
        }
        true
    }

    /// Whether the table, fixed no longer, remembers objects that were deleted.
    pub fn is_untidy(&self) -> bool {
        matches!(&self.store, Store::Hash(store) if self.fixation.is_none() && store.has_ghosts())
    }

    /// Forgets such objects as far as the budget goes. Gives whether some are left.
    pub fn tidy(&mut self, budget: &mut usize) -> bool {
        match &mut self.store {
            Store::Hash(store) if self.fixation.is_none() => store.bury_ghosts(budget),
            _ => false,
        }
    }
}

/// Whether a key is what tells the end of a traversal.
fn is_end(key: Term, atoms: &Atoms) -> bool {
    atoms.name(key) == Some("$end_of_table")
}

impl Cursor {
    fn bucket(&self) -> usize {
        match self {
            Cursor::Start => 0,
            Cursor::Bucket(bucket) => *bucket,
            _ => usize::MAX,
        }
    }
}

/// The buckets that a traversal visits.
enum Buckets {
    All,
    These(Vec<usize>),
}

impl Buckets {
    fn len(&self, store: &HashStore) -> usize {
        match self {
            Buckets::All => store.buckets(),
            Buckets::These(buckets) => buckets.len(),
        }
    }

    fn get(&self, at: usize) -> usize {
        match self {
            Buckets::All => at,
            Buckets::These(buckets) => buckets[at],
        }
    }
}

fn buckets_of(store: &HashStore, keys: &Keys) -> Buckets {
    match keys {
        Keys::These(keys) => {
            let mut buckets: Vec<usize> = keys.iter().map(|&key| store.bucket_of(key)).collect();
            buckets.sort_unstable();
            buckets.dedup();
            Buckets::These(buckets)
        }
        _ => Buckets::All,
    }
}

/// How a key compares with a range that has all the keys: `Equal` within it.
fn order_among(key: Term, keys: &Keys, atoms: &Atoms) -> Ordering {
    let order = |orders: &mut dyn Iterator<Item = Ordering>| {
        // Within the range unless it is less than all, or greater than all.
        let (mut all_less, mut all_greater) = (true, true);
        for order in orders {
            all_less &= order.is_lt();
            all_greater &= order.is_gt();
        }
        match (all_less, all_greater) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // No keys at all.
            (true, true) => Ordering::Less,
            (false, false) => Ordering::Equal,
        }
    };
    match keys {
        Keys::All => Ordering::Equal,
        Keys::These(keys) => order(&mut keys.iter().map(|&bound| compare(key, bound, atoms))),
        Keys::Like(patterns) => order(
            &mut patterns
                .iter()
                .map(|&pattern| order_of_parts(key, pattern, atoms)),
        ),
    }
}
