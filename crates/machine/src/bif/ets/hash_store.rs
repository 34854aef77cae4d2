//! The objects of a set, bag or duplicate bag: a hash table of chains that grows and shrinks by one bucket at a time.
//!
//! This is linear hashing (Litwin 1980), as in OTP: no operation moves more than one bucket, however large the table.
//! Objects with the same key are neighbours in their chain, the one that came last first. A table that is fixed neither
//! grows nor shrinks, and what is deleted stays as a *ghost* in its chain, so that a traversal that stands there finds on.

use alloc::boxed::Box;
use alloc::vec::Vec;

use brood_term::Term;
use brood_term::compare::exact_eq;
use brood_term::hash::internal_hash;

use super::object::Object;

/// Buckets are allocated by so many.
const SEGMENT: usize = 512;
/// A new table has so many buckets, and never fewer.
const LEAST_BUCKETS: usize = 16;

/// By how many buckets an operation lets a table grow or shrink at most.
const MOST_STEPS: usize = 4;

/// The first object of a chain.
type Chain = Option<Object>;

/// A key has no place in a table: it is not there, and was not there when the table was fixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoPlace;

/// Buckets that will hardly ever be more.
#[derive(Debug)]
enum Buckets {
    /// Of a small table.
    Few(Box<[Chain; LEAST_BUCKETS]>),
    /// The segments; those beyond the active buckets are empty.
    Segments(Vec<Box<[Chain; SEGMENT]>>),
}

/// See the module's documentation.
#[derive(Debug)]
pub struct HashStore {
    /// Where in their objects the key is, from 0.
    key_index: usize,
    buckets: Buckets,
    active: usize,
    /// Objects, ghosts included.
    objects: usize,
    /// The hashes of the ghosts; may be those of some that are no more.
    ghosts: Vec<u32>,
}

/// How long chains are.
#[derive(Clone, Copy, Debug)]
pub struct ChainLengths {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub deviation: f64,
    /// What the deviation would be if keys were spread by chance.
    pub expected_deviation: f64,
    /// The shortest.
    pub least: usize,
    /// The longest.
    pub greatest: usize,
    /// Ghosts.
    pub ghosts: usize,
}

fn empty<const N: usize>() -> Box<[Chain; N]> {
    Box::new([const { None }; N])
}

/// The objects of a chain from one on.
fn chain(first: Option<&Object>) -> impl Iterator<Item = &Object> {
    core::iter::successors(first, |object| object.next())
}

/// Objects with one key.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    first: Option<&'a Object>,
    key: Term,
    key_index: usize,
}

impl<'a> Group<'a> {
    /// The objects, the one that came last first.
    pub fn iter(self) -> impl Iterator<Item = &'a Object> {
        chain(self.first)
            .take_while(move |object| exact_eq(object.key(self.key_index), self.key))
            .filter(|object| !object.is_ghost())
    }
}

impl HashStore {
    /// Nothing yet; keys are element `key_index` (from 0) of their objects.
    pub fn new(key_index: usize) -> HashStore {
        HashStore {
            key_index,
            buckets: Buckets::Few(empty()),
            active: LEAST_BUCKETS,
            objects: 0,
            ghosts: Vec::new(),
        }
    }

    /// How many buckets there are.
    pub fn buckets(&self) -> usize {
        self.active
    }

    /// The bucket of a key.
    pub fn bucket_of(&self, key: Term) -> usize {
        self.bucket_of_hash(internal_hash(key))
    }

    fn bucket_of_hash(&self, hash: u32) -> usize {
        let mask = self.active.next_power_of_two() - 1;
        let bucket = hash as usize & mask;
        if bucket < self.active {
            bucket
        } else {
            bucket & (mask >> 1)
        }
    }

    fn chain(&self, bucket: usize) -> Option<&Object> {
        match &self.buckets {
            Buckets::Few(buckets) => buckets.get(bucket)?.as_ref(),
            Buckets::Segments(segments) => {
                segments.get(bucket / SEGMENT)?[bucket % SEGMENT].as_ref()
            }
        }
    }

    /// The chain of a bucket that is active.
    fn chain_mut(&mut self, bucket: usize) -> &mut Chain {
        match &mut self.buckets {
            Buckets::Few(buckets) => &mut buckets[bucket],
            Buckets::Segments(segments) => &mut segments[bucket / SEGMENT][bucket % SEGMENT],
        }
    }

    /// The first object of a key's group, ghosts included.
    fn find(&self, key: Term) -> Option<&Object> {
        let hash = internal_hash(key);
        chain(self.chain(self.bucket_of_hash(hash)))
            .find(|object| object.hash() == hash && exact_eq(object.key(self.key_index), key))
    }

    /// The link to the first object of a key's group; to where it would be if there is none.
    fn find_link(&mut self, key: Term, hash: u32) -> &mut Chain {
        let key_index = self.key_index;
        let bucket = self.bucket_of_hash(hash);
        let mut link = self.chain_mut(bucket);
        while link
            .as_ref()
            .is_some_and(|object| object.hash() != hash || !exact_eq(object.key(key_index), key))
        {
            link = match link {
                Some(object) => object.next_mut(),
                None => return link,
            };
        }
        link
    }

    /// The objects of a key.
    pub fn get(&self, key: Term) -> Group<'_> {
        Group {
            first: self.find(key),
            key,
            key_index: self.key_index,
        }
    }

    /// The object of a key in a set; its key may not be changed.
    pub fn get_mut(&mut self, key: Term) -> Option<&mut Object> {
        let object = self.find_link(key, internal_hash(key)).as_mut()?;
        (!object.is_ghost()).then_some(object)
    }

    /// Puts an object in front of those with its key. With `only`, it takes the place of what is there, which is given
    /// back unless it was a ghost.
    pub fn insert(&mut self, mut object: Object, only: bool, fixed: bool) -> Option<Object> {
        let key = object.key(self.key_index);
        let hash = internal_hash(key);
        object.set_hash(hash);
        let key_index = self.key_index;
        let link = self.find_link(key, hash);
        if let Some(present) = link
            && (only || present.is_ghost())
            && exact_eq(present.key(key_index), key)
        {
            *object.next_mut() = present.next_mut().take();
            let old = core::mem::replace(present, object);
            return (!old.is_ghost()).then_some(old);
        }
        // A new group goes to the front of its chain.
        let at_front = link.is_none();
        let link = if at_front {
            let bucket = self.bucket_of_hash(hash);
            self.chain_mut(bucket)
        } else {
            self.find_link(key, hash)
        };
        *object.next_mut() = link.take();
        *link = Some(object);
        self.objects += 1;
        if !fixed {
            // A table that was fixed for long has something to catch up on.
            for _ in 0..MOST_STEPS {
                if self.objects > self.active {
                    self.grow();
                }
            }
        }
        None
    }

    fn grow(&mut self) {
        if let Buckets::Few(few) = &mut self.buckets {
            let mut segment: Box<[Chain; SEGMENT]> = empty();
            for (bucket, chain) in few.iter_mut().enumerate() {
                segment[bucket] = chain.take();
            }
            self.buckets = Buckets::Segments(Vec::from([segment]));
        }
        if let Buckets::Segments(segments) = &mut self.buckets
            && self.active == segments.len() * SEGMENT
        {
            segments.push(empty());
        }
        // The next bucket takes what is its own from the one that had its objects until now.
        let from = self.active & ((self.active + 1).next_power_of_two() / 2 - 1);
        let moves = self.active;
        let mut rest = self.chain_mut(from).take();
        self.active += 1;
        // Both keep their order: an object goes behind the last of its new chain.
        let mut chains: [Chain; 2] = [None, None];
        let mut ends: [Vec<Object>; 2] = [Vec::new(), Vec::new()];
        while let Some(mut object) = rest {
            rest = object.next_mut().take();
            ends[usize::from(self.bucket_of_hash(object.hash()) == moves)].push(object);
        }
        for (chain, objects) in chains.iter_mut().zip(ends) {
            for mut object in objects.into_iter().rev() {
                *object.next_mut() = chain.take();
                *chain = Some(object);
            }
        }
        let [stays, goes] = chains;
        *self.chain_mut(from) = stays;
        *self.chain_mut(moves) = goes;
    }

    fn shrink(&mut self) {
        let last = self.active - 1;
        let into = last & (self.active.next_power_of_two() / 2 - 1);
        let moved = self.chain_mut(last).take();
        let mut link = self.chain_mut(into);
        while let Some(object) = link {
            link = object.next_mut();
        }
        *link = moved;
        self.active = last;
        if let Buckets::Segments(segments) = &mut self.buckets {
            // One segment more than needed stays, so that a table at the border does not free and allocate by turns.
            while segments.len() > 1 && (segments.len() - 1) * SEGMENT > self.active + SEGMENT {
                segments.pop();
            }
        }
    }

    /// Removes the objects of a chain from `link` on that `keep` does not want, as long as `while_key` says; with `fixed`
    /// they become ghosts. Gives the objects removed, of which one may have the key that is asked for, and the hashes of
    /// the ghosts that were made.
    fn filter(
        link: &mut Chain,
        fixed: bool,
        of_group: &dyn Fn(&Object) -> bool,
        keep: &mut dyn FnMut(&Object) -> bool,
    ) -> (Vec<Object>, Vec<u32>) {
        let (mut removed, mut ghosts) = (Vec::new(), Vec::new());
        let mut link = link;
        while let Some(object) = link {
            if !of_group(object) {
                break;
            }
            if !object.is_ghost() && !keep(object) {
                if fixed {
                    object.make_ghost();
                    ghosts.push(object.hash());
                } else {
                    let next = object.next_mut().take();
                    removed.extend(core::mem::replace(link, next));
                    continue;
                }
            }
            link = match link {
                Some(object) => object.next_mut(),
                None => break,
            };
        }
        (removed, ghosts)
    }

    fn note_filtered(&mut self, (removed, ghosts): (Vec<Object>, Vec<u32>)) -> usize {
        let removed = removed.len();
        self.objects -= removed;
        self.ghosts.extend(&ghosts);
        if ghosts.is_empty() {
            for _ in 0..removed.min(MOST_STEPS) {
                if self.active > LEAST_BUCKETS && self.objects < self.active / 2 {
                    self.shrink();
                }
            }
        }
        removed + ghosts.len()
    }

    /// Removes the objects of `key` that `keep` does not want, and gives how many. With `fixed`, their places are kept.
    pub fn retain_of_key(
        &mut self,
        key: Term,
        fixed: bool,
        keep: &mut dyn FnMut(&Object) -> bool,
    ) -> usize {
        let (key_index, hash) = (self.key_index, internal_hash(key));
        let link = self.find_link(key, hash);
        let of_group = |object: &Object| exact_eq(object.key(key_index), key);
        let filtered = Self::filter(link, fixed, &of_group, keep);
        self.note_filtered(filtered)
    }

    /// Removes the objects of a bucket that `keep` does not want, and gives how many.
    pub fn retain_in(
        &mut self,
        bucket: usize,
        fixed: bool,
        keep: &mut dyn FnMut(&Object) -> bool,
    ) -> usize {
        if bucket >= self.active {
            return 0;
        }
        let filtered = Self::filter(self.chain_mut(bucket), fixed, &|_| true, keep);
        self.note_filtered(filtered)
    }

    /// Whether there are ghosts, perhaps.
    pub fn has_ghosts(&self) -> bool {
        !self.ghosts.is_empty()
    }

    /// Frees ghosts of a table that is fixed no longer, as far as the budget goes. Gives whether some are left.
    pub fn bury_ghosts(&mut self, budget: &mut usize) -> bool {
        while *budget > 0
            && let Some(hash) = self.ghosts.pop()
        {
            let bucket = self.bucket_of_hash(hash);
            // Those that were made one after the other are often in one bucket.
            while let Some(&hash) = self.ghosts.last()
                && self.bucket_of_hash(hash) == bucket
            {
                self.ghosts.pop();
            }
            let mut link = self.chain_mut(bucket);
            let (mut visited, mut buried) = (1, 0);
            while let Some(object) = link {
                visited += 1;
                if object.is_ghost() {
                    let next = object.next_mut().take();
                    *link = next;
                    buried += 1;
                } else {
                    link = match link {
                        Some(object) => object.next_mut(),
                        None => break,
                    };
                }
            }
            self.objects -= buried;
            *budget = budget.saturating_sub(visited);
        }
        self.has_ghosts()
    }

    /// The objects of a bucket, ghosts included.
    pub fn bucket_held(&self, bucket: usize) -> impl Iterator<Item = &Object> {
        chain((bucket < self.active).then(|| self.chain(bucket)).flatten())
    }

    /// The objects of a bucket.
    pub fn bucket(&self, bucket: usize) -> impl Iterator<Item = &Object> {
        self.bucket_held(bucket).filter(|object| !object.is_ghost())
    }

    /// Puts an object in the place of this one, which has the same key, and gives that back.
    pub fn replace(&mut self, object: Term, key: Term, mut replacement: Object) -> Option<Object> {
        let mut link = self.find_link(key, internal_hash(key)).as_mut();
        while let Some(present) = link {
            if present.kept() == object {
                replacement.set_hash(present.hash());
                *replacement.next_mut() = present.next_mut().take();
                return Some(core::mem::replace(present, replacement));
            }
            link = present.next_mut().as_mut();
        }
        None
    }

    /// The first key.
    pub fn first(&self) -> Option<Term> {
        self.first_from(0)
    }

    fn first_from(&self, bucket: usize) -> Option<Term> {
        let object = (bucket..self.active).find_map(|bucket| self.bucket(bucket).next())?;
        Some(object.key(self.key_index))
    }

    /// The key behind `key`, if there is one; `Err` when `key` has no place here.
    pub fn next(&self, key: Term) -> Result<Option<Term>, NoPlace> {
        let object = self.find(key).ok_or(NoPlace)?;
        let behind = chain(Some(object))
            .skip_while(|object| exact_eq(object.key(self.key_index), key))
            .find(|object| !object.is_ghost());
        match behind {
            Some(object) => Ok(Some(object.key(self.key_index))),
            None => Ok(self.first_from(self.bucket_of_hash(object.hash()) + 1)),
        }
    }

    /// How long chains are, ghosts not counted.
    pub fn chain_lengths(&self) -> ChainLengths {
        let (mut sum, mut squares) = (0.0, 0.0);
        let (mut least, mut greatest) = (usize::MAX, 0);
        for bucket in 0..self.active {
            let length = self.bucket(bucket).count();
            least = least.min(length);
            greatest = greatest.max(length);
            sum += length as f64;
            squares += (length * length) as f64;
        }
        let count = self.active as f64;
        let mean = sum / count;
        let variance = if count > 1.0 {
            (squares - sum * mean) / (count - 1.0)
        } else {
            0.0
        };
        ChainLengths {
            mean,
            deviation: libm::sqrt(variance.max(0.0)),
            expected_deviation: libm::sqrt(mean * (1.0 - 1.0 / count)),
            least,
            greatest,
            ghosts: self.ghosts.len(),
        }
    }

    /// Words that the store itself takes.
    pub fn overhead_words(&self) -> usize {
        match &self.buckets {
            Buckets::Few(_) => LEAST_BUCKETS,
            Buckets::Segments(segments) => segments.len() * SEGMENT + segments.capacity(),
        }
    }

    /// Frees objects of a store that nobody uses any more, as far as the budget goes. Gives whether some are left.
    pub fn crumble(&mut self, budget: &mut usize) -> bool {
        while self.active > 0 {
            let last = self.active - 1;
            // A chain may be long: one object at a time.
            while *budget > 0
                && let Some(mut object) = self.chain_mut(last).take()
            {
                *self.chain_mut(last) = object.next_mut().take();
                *budget -= 1;
            }
            if *budget == 0 {
                return true;
            }
            *budget -= 1;
            self.active = last;
            if let Buckets::Segments(segments) = &mut self.buckets {
                segments.truncate(self.active.div_ceil(SEGMENT));
            }
        }
        false
    }
}
