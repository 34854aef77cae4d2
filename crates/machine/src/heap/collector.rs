//! The generational copying collector.
//!
//! The scheme is BEAM's: survivors of one minor collection stay in the young block, below its high-water
//! mark; survivors of two move to the old block. Terms are immutable, so nothing old points to anything
//! young and no write barrier is needed. A major collection copies everything into one new young block.
//!
//! Scanning is Cheney's: the copied objects are the queue. Objects lay raw words before term words
//! ([`brood_term::boxed`]), so a scan needs only headers. Forwarding: a moved cons cell has [`Term::NONE`] as head
//! and the new pointer as tail; a moved boxed object has the new pointer in place of its header.

use brood_term::{LiteralArea, OffHeap, Term};

use super::sizes::next_size;
use super::{Block, OutOfMemory, ProcessHeap};

/// Calls the function that it is given for every root outside the stack.
pub type VisitRoots<'a> = dyn FnMut(&mut dyn FnMut(&mut Term)) + 'a;

/// A block that is so many times larger than what is wanted after a major collection is replaced by a small one.
const SHRINK_FACTOR: usize = 4;
/// A minor collection leaves a large block as it is, unless it is so many times larger than what is wanted.
const LARGE_SHRINK_FACTOR: usize = 16;
/// Words of such a block.
const LARGE_WORDS: usize = 1 << 17;
/// Without memory for the usual room to spare, a collection has to leave this part of the block free. With less the process
/// would be collected for every few words, and hardly advance.
const LEAST_FREE_PART: usize = 16;
/// Under stress every so many collections are major ones: objects live through both generations before.
const STRESS_COLLECTIONS_PER_MAJOR: u64 = 5;
/// The words in use beyond which a heap is spared the stress, which would cost the square of its size.
const STRESS_MOST_WORDS: usize = 4096;

/// What a collection is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collection {
    /// A minor one where that suffices.
    Minor,
    /// Everything.
    Major,
    /// Everything, into a block without room to spare: for a process that is to wait for long.
    Compact,
}

impl ProcessHeap {
    /// Whether a collection would be a major one.
    pub fn collects_all(&self, collection: Collection) -> bool {
        let mature = words_between(self.young.start(), self.high_water);
        collection == Collection::Major
            || self.force_major
            || (self.stress
                && self
                    .collections
                    .is_multiple_of(STRESS_COLLECTIONS_PER_MAJOR))
            || self.minor_collections >= self.fullsweep_after
            || (self.old.len() > 0 && words_between(self.old_top, self.old.end()) < mature)
            || self.old_off_heap.bytes > self.binary_limit_bytes
    }
}

/// Collects `heap` so that `need` words are free afterwards. Without memory for that, or for more than just that, it is still
/// what it was, but perhaps elsewhere.
///
/// `visit_roots` is called, perhaps twice, with a function to be applied to every root outside the stack: registers,
/// dictionary, messages taken in, and so on. Roots on the stack are found by walking it: words tagged as headers
/// there are continuation pointers.
pub fn collect(
    heap: &mut ProcessHeap,
    literals: &LiteralArea,
    collection: Collection,
    need: usize,
    visit_roots: &mut VisitRoots<'_>,
) -> Result<(), OutOfMemory> {
    let used_before = heap.used_words();
    let mature = words_between(heap.young.start(), heap.high_water);
    let major = heap.collects_all(collection);
    if major {
        collect_major(heap, literals, need, visit_roots)?;
    } else {
        collect_minor(heap, literals, need, mature, heap.young.len(), visit_roots)?;
        if heap.free_words() < need {
            collect_major(heap, literals, need, visit_roots)?;
        }
    }
    // The block had to have room for everything: now that the little that lives is known, a small one does. Where there
    // is no memory for that it stays.
    let used = words_between(heap.young.start(), heap.top) + heap.stack_size() + need;
    let least = next_size(used.max(heap.min_heap_words));
    if major && (heap.tight || heap.young.len() / SHRINK_FACTOR > least) {
        heap.grow = false;
        let _ = collect_major(heap, literals, need, visit_roots);
    } else if heap.young.len() > LARGE_WORDS && heap.young.len() / LARGE_SHRINK_FACTOR > least {
        heap.grow = false;
        let smaller = heap.young.len() / SHRINK_FACTOR;
        let _ = collect_minor(heap, literals, need, 0, smaller, visit_roots);
    }
    heap.force = under_stress(heap);
    heap.force_major = false;
    heap.tight = false;
    heap.collections += 1;
    heap.words_reclaimed += used_before.saturating_sub(heap.used_words()) as u64;
    // Mostly full after a collection: the next block is a size larger, so that collections stay rare.
    let used = words_between(heap.young.start(), heap.top) + heap.stack_size() + need;
    if heap.squeezed && heap.young.len() - used < heap.young.len() / LEAST_FREE_PART {
        return Err(OutOfMemory(next_size(used)));
    }
    heap.grow = used > heap.young.len() / 4 * 3;
    heap.set_min_binary_bytes(heap.min_binary_bytes);
    Ok(())
}

/// Whether to collect, and leave little room, wherever possible.
fn under_stress(heap: &ProcessHeap) -> bool {
    heap.stress && heap.used_words() + heap.stack_size() <= STRESS_MOST_WORDS
}

fn collect_minor(
    heap: &mut ProcessHeap,
    literals: &LiteralArea,
    need: usize,
    mature: usize,
    least: usize,
    visit_roots: &mut VisitRoots<'_>,
) -> Result<(), OutOfMemory> {
    if heap.old.len() == 0 && mature > 0 {
        heap.old = Block::try_new(next_size(mature * 2))?;
        heap.old_top = heap.old.start();
    }
    let all = words_between(heap.young.start(), heap.top);
    let fresh = all - mature + heap.fragments.used_words();
    // Little of it will live, as a rule, which leaves room for what is needed. If it does not, all is collected.
    let room = if under_stress(heap) { need } else { 0 };
    let least = least.max(next_size(heap.stack_size() + need));
    let target = new_block(heap, fresh, room, least)?;
    let mut evacuator = Evacuator {
        literals,
        ignored: (heap.old.start() as u64, heap.old.len() as u64 * 8),
        mature: (heap.young.start() as u64, mature as u64 * 8),
        young_top: target.start(),
        old_top: heap.old_top,
    };
    let old_scan = heap.old_top;
    run(heap, &mut evacuator, &target, old_scan, visit_roots);

    let mut off_heap = core::mem::take(&mut heap.off_heap);
    let mut fragments_off_heap = heap.fragments.take_off_heap();
    off_heap.append(&mut fragments_off_heap);
    let (young_top, old_top) = (evacuator.young_top, evacuator.old_top);
    let old = (heap.old.start() as u64, heap.old.len() as u64 * 8);
    heap.off_heap = sweep(off_heap, old, &mut heap.old_off_heap);
    heap.old_top = old_top;
    heap.minor_collections += 1;
    finish(heap, target, young_top);
    Ok(())
}

fn collect_major(
    heap: &mut ProcessHeap,
    literals: &LiteralArea,
    need: usize,
    visit_roots: &mut VisitRoots<'_>,
) -> Result<(), OutOfMemory> {
    let all = heap.used_words();
    let target = new_block(heap, all, need, heap.min_heap_words)?;
    let mut evacuator = Evacuator {
        literals,
        ignored: (0, 0),
        mature: (0, 0),
        young_top: target.start(),
        old_top: core::ptr::null_mut(),
    };
    run(
        heap,
        &mut evacuator,
        &target,
        core::ptr::null_mut(),
        visit_roots,
    );

    let mut off_heap = core::mem::take(&mut heap.off_heap);
    off_heap.append(&mut heap.old_off_heap);
    let mut fragments_off_heap = heap.fragments.take_off_heap();
    off_heap.append(&mut fragments_off_heap);
    heap.off_heap = sweep(off_heap, (0, 0), &mut heap.old_off_heap);
    heap.old = Block::new(0);
    heap.old_top = heap.old.start();
    heap.minor_collections = 0;
    finish(heap, target, evacuator.young_top);
    Ok(())
}

/// A block for at most `live` words of heap, the stack and `need` more, with the stack copied to its end. It has room to
/// spare if there is memory for that.
fn new_block(
    heap: &mut ProcessHeap,
    live: usize,
    need: usize,
    least: usize,
) -> Result<Block, OutOfMemory> {
    let stack = heap.stack_size();
    let needed = live.saturating_add(stack).saturating_add(need);
    let mut size = needed;
    if !under_stress(heap) && !heap.tight {
        size = next_size(size.max(least).max(heap.min_heap_words));
        if heap.grow {
            size = next_size(size + 1);
        }
    }
    let block = match Block::try_new(size) {
        Err(_) if size > needed => {
            let block = Block::try_new(needed)?;
            heap.squeezed = true;
            block
        }
        block => {
            heap.squeezed = false;
            block?
        }
    };
    let target = block.end().wrapping_sub(stack);
    // SAFETY: the block has room for the stack at its end; the source is all of the old stack.
    unsafe { core::ptr::copy_nonoverlapping(heap.stack, target, stack) };
    heap.stack = target;
    Ok(block)
}

/// Evacuates all roots, then everything reachable from what was evacuated.
fn run(
    heap: &mut ProcessHeap,
    evacuator: &mut Evacuator<'_>,
    target: &Block,
    mut old_scan: *mut Term,
    visit_roots: &mut VisitRoots<'_>,
) {
    // SAFETY: roots and stack words are valid terms or continuation pointers; the target blocks have room
    // for everything in from-space (`new_block` and the check for room in the old block).
    unsafe {
        visit_roots(&mut |root| evacuator.evacuate(root));
        let mut slot = heap.stack;
        while slot < target.end() {
            evacuator.evacuate(slot);
            slot = slot.add(1);
        }
        let mut scan = target.start();
        while scan < evacuator.young_top || old_scan < evacuator.old_top {
            while scan < evacuator.young_top {
                scan = evacuator.scan_word(scan);
            }
            while old_scan < evacuator.old_top {
                old_scan = evacuator.scan_word(old_scan);
            }
        }
    }
}

fn finish(heap: &mut ProcessHeap, target: Block, young_top: *mut Term) {
    heap.young = target;
    heap.top = young_top;
    heap.high_water = young_top;
    heap.fragments = Default::default();
}

struct Evacuator<'a> {
    literals: &'a LiteralArea,
    /// Start and length in bytes of the block whose objects stay: the old one, in a minor collection.
    ignored: (u64, u64),
    /// Start and length in bytes of the part of the young block whose objects move to the old block.
    mature: (u64, u64),
    young_top: *mut Term,
    old_top: *mut Term,
}

impl Evacuator<'_> {
    /// Moves what `slot` points to, unless it stays or has moved already, and lets `slot` point there.
    ///
    /// # Safety
    ///
    /// `slot` holds a valid term (or, on a stack, a continuation pointer), and the target blocks have room.
    #[inline]
    unsafe fn evacuate(&mut self, slot: *mut Term) {
        // SAFETY: the caller's contract; from-space objects are well-formed or forwarded.
        unsafe {
            let term = *slot;
            if !term.is_pointer()
                || term.raw().wrapping_sub(self.ignored.0) < self.ignored.1
                || self.literals.contains(term)
            {
                return;
            }
            let source = term.address();
            let first = *source;
            if term.is_cons() {
                if first.is_none() {
                    *slot = *source.add(1);
                    return;
                }
                let target = self.take(term, 2);
                *target = first;
                *target.add(1) = *source.add(1);
                let moved = Term::from_cons(target);
                *source = Term::NONE;
                *source.add(1) = moved;
                *slot = moved;
            } else {
                if !first.is_header() {
                    *slot = first;
                    return;
                }
                let words = 1 + first.as_header().arity();
                let target = self.take(term, words);
                core::ptr::copy_nonoverlapping(source, target, words);
                let moved = Term::from_boxed(target);
                *source = moved;
                *slot = moved;
            }
        }
    }

    /// Room for an object in the generation it goes to.
    #[inline]
    unsafe fn take(&mut self, term: Term, words: usize) -> *mut Term {
        let top = if term.raw().wrapping_sub(self.mature.0) < self.mature.1 {
            &mut self.old_top
        } else {
            &mut self.young_top
        };
        let target = *top;
        // SAFETY: the target blocks have room (contract of `evacuate`).
        *top = unsafe { target.add(words) };
        target
    }

    /// Evacuates what the word at `scan` refers to, or skips the raw words after a header.
    ///
    /// # Safety
    ///
    /// `scan` is at the start of an object, or at a term word of one, in a target block.
    #[inline]
    unsafe fn scan_word(&mut self, scan: *mut Term) -> *mut Term {
        // SAFETY: the caller's contract.
        unsafe {
            let word = *scan;
            if word.is_header() {
                scan.add(1 + word.as_header().raw_words())
            } else {
                self.evacuate(scan);
                scan.add(1)
            }
        }
    }
}

/// Follows a list of objects that hold something outside the heap after evacuation, and releases what the dead ones hold.
/// Those that moved into the `old` block (start, length in bytes) are linked to `old_list`; the others make up the list
/// that is given back.
fn sweep(off_heap: OffHeap, old: (u64, u64), old_list: &mut OffHeap) -> OffHeap {
    let mut kept = OffHeap::new();
    // SAFETY: evacuation put the pointer to the copy in the place of a moved object's header and changed nothing else of
    // it; the copies are initialised, and linked nowhere yet.
    unsafe {
        off_heap.sweep(|moved| {
            let in_old = (moved as u64).wrapping_sub(old.0) < old.1;
            if in_old { &mut *old_list } else { &mut kept }.link(moved);
        });
    }
    kept
}

fn words_between(low: *mut Term, high: *mut Term) -> usize {
    (high as usize - low as usize) / size_of::<Term>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use brood_term::binary::SharedBytes;
    use brood_term::{Atoms, FunEntry, Heap, OwnedTerm, Resources, binary, boxed, compare, map};
    use core::cell::Cell;
    use core::sync::atomic::{AtomicPtr, Ordering};

    fn run_collection(heap: &mut ProcessHeap, roots: &mut [Term], kind: Collection, need: usize) {
        let literals = LiteralArea::new();
        collect(heap, &literals, kind, need, &mut |visit| {
            roots.iter_mut().for_each(&mut *visit)
        })
        .expect("memory");
    }

    fn build(heap: &mut ProcessHeap, count: i64) -> Term {
        let mut list = Term::NIL;
        for value in 0..count {
            let large = heap.binary(&[value as u8; 100]);
            let small = heap.binary(&[value as u8; 5]);
            let part = binary::make_sub(heap, large, 16, 24);
            let float = heap.float(value as f64);
            let big = heap.integer(i64::MAX - value);
            let tuple = heap.tuple(&[Term::small(value), large, small, part, float, big]);
            list = heap.cons(tuple, list);
        }
        list
    }

    fn check(list: Term, count: i64) {
        let mut expected = count;
        for tuple in list.list() {
            expected -= 1;
            let [value, large, small, part, float, big] =
                tuple.as_tuple_of::<6>().copied().expect("six elements");
            assert_eq!(value, Term::small(expected));
            assert_eq!(
                large.as_binary().expect("binary").as_ref(),
                [expected as u8; 100]
            );
            assert_eq!(
                small.as_binary().expect("binary").as_ref(),
                [expected as u8; 5]
            );
            assert_eq!(
                part.as_binary().expect("binary").as_ref(),
                [expected as u8; 3]
            );
            assert_eq!(float.as_float(), Some(expected as f64));
            assert_eq!(
                big.as_big(),
                Some((false, &[(i64::MAX - expected) as u64][..]))
            );
        }
        assert_eq!(expected, 0);
    }

    #[test]
    fn survivors_keep_their_values_through_generations() {
        let mut heap = ProcessHeap::new(233);
        let mut roots = [build(&mut heap, 50), Term::NIL];
        for round in 0..8 {
            let kind = if round % 4 == 3 {
                Collection::Major
            } else {
                Collection::Minor
            };
            run_collection(&mut heap, &mut roots, kind, 100);
            assert!(heap.free_words() >= 100);
            check(roots[0], 50);
            roots[1] = build(&mut heap, 20);
            run_collection(&mut heap, &mut roots, Collection::Minor, 0);
            check(roots[0], 50);
            check(roots[1], 20);
        }
    }

    /// One of each kind of object that refers to others or to what is outside the heap, in a tuple.
    fn one_of_each(
        heap: &mut ProcessHeap,
        resources: &Resources,
        entry: &'static FunEntry,
    ) -> Term {
        let atoms = Atoms::default();
        let large = heap.binary(&[7; 300]);
        let part = binary::make_sub(heap, large, 3, 1001);
        let mut map = |count: i64| {
            let mut pairs = Vec::new();
            for key in 0..count {
                let value = heap.float(key as f64);
                pairs.push((Term::small(key), value));
            }
            map::from_pairs(heap, &mut pairs, &atoms)
        };
        let (flat, trie) = (map(5), map(100));
        let number = resources.count() as u64 + 1;
        let magic = resources.make(heap, number, (), 100);
        let plain = boxed::make_reference(heap, u64::MAX, 0);
        let fun = boxed::make_fun(heap, entry, Term::NIL, &[part, magic, flat]);
        let again = heap.cons(fun, part);
        heap.tuple(&[large, part, flat, trie, magic, plain, fun, again])
    }

    #[test]
    fn objects_of_every_kind_survive_both_collections() {
        let entry: &'static FunEntry = Box::leak(Box::new(FunEntry {
            module: Term::NIL,
            function: Term::NIL,
            arity: 1,
            free_count: 3,
            index: 0,
            old_uniq: 0,
            uniq: [0; 16],
            address: Cell::new(core::ptr::null()),
        }));
        // Kept in reach as those of the code are: it is not lost.
        static ENTRY: AtomicPtr<FunEntry> = AtomicPtr::new(core::ptr::null_mut());
        ENTRY.store(core::ptr::from_ref(entry).cast_mut(), Ordering::Relaxed);
        let resources = Resources::default();
        let mut heap = ProcessHeap::new(233);
        let first = one_of_each(&mut heap, &resources, entry);
        let expected = OwnedTerm::new(first);
        let mut roots = [first, Term::NIL];
        for kind in [
            Collection::Minor,
            Collection::Minor,
            Collection::Major,
            Collection::Minor,
            Collection::Compact,
            Collection::Minor,
        ] {
            // What the last round left dies in the one generation or the other.
            roots[1] = one_of_each(&mut heap, &resources, entry);
            run_collection(&mut heap, &mut roots, kind, 10);
            assert!(compare::exact_eq(roots[0], expected.term()));
            let elements = roots[0].as_tuple().expect("a tuple");
            let (fun, part) = elements[7].as_cons().expect("a cell");
            let environment = fun.fun_environment();
            assert!(
                [environment[0], part].map(Term::raw) == [elements[1].raw(); 2],
                "still one"
            );
            assert!(environment[1].as_resource::<()>().is_some());
        }
        roots = [Term::NIL; 2];
        run_collection(&mut heap, &mut roots, Collection::Major, 0);
        assert_eq!((heap.used_words(), heap.binary_bytes()), (0, 0));
        assert_eq!(resources.count(), 1, "that of the copy");
        drop(expected);
        assert_eq!(resources.count(), 0);
    }

    #[test]
    fn dead_binaries_are_released() {
        let mut heap = ProcessHeap::new(233);
        let shared = SharedBytes::copy_from(&[1; 500]);
        // SAFETY: alive; this reference is kept by the test.
        unsafe { SharedBytes::retain(shared) };
        let mut roots = [binary::make_shared(&mut heap, shared, 500)];
        for _ in 0..3 {
            run_collection(&mut heap, &mut roots, Collection::Minor, 0);
        }
        // SAFETY: alive until released below.
        let references = || unsafe { (*shared).references() };
        assert_eq!(references(), 2);
        roots[0] = Term::NIL;
        run_collection(&mut heap, &mut roots, Collection::Minor, 0);
        assert_eq!(references(), 2, "it is in the old generation");
        run_collection(&mut heap, &mut roots, Collection::Major, 0);
        assert_eq!(references(), 1);
        // SAFETY: the test's own reference.
        unsafe { SharedBytes::release(shared) };
    }

    #[test]
    fn the_stack_moves_and_is_a_root() {
        let mut heap = ProcessHeap::new(233);
        let term = build(&mut heap, 3);
        // SAFETY: there is room for two words.
        unsafe {
            heap.stack = heap.stack.sub(2);
            *heap.stack = Term::from_raw(0x1000);
            *heap.stack.add(1) = term;
        }
        run_collection(&mut heap, &mut [], Collection::Major, 10_000);
        assert!(heap.free_words() >= 10_000);
        assert_eq!(heap.stack_words()[0].raw(), 0x1000);
        check(heap.stack_words()[1], 3);
    }

    #[test]
    fn a_heap_with_little_left_is_small() {
        let mut heap = ProcessHeap::new(233);
        // Miri is a thousand times slower.
        let many = if cfg!(miri) { 1_000 } else { 10_000 };
        let mut roots = [build(&mut heap, many)];
        run_collection(&mut heap, &mut roots, Collection::Minor, 0);
        assert!(heap.total_heap_size() > 20 * many as usize);
        roots[0] = roots[0]
            .list()
            .last()
            .map_or(Term::NIL, |last| heap.cons(last, Term::NIL));
        run_collection(&mut heap, &mut roots, Collection::Major, 300);
        check(roots[0], 1);
        assert!(heap.free_words() >= 300);
        assert!(heap.total_heap_size() < 1000);
        run_collection(&mut heap, &mut roots, Collection::Minor, 0);
        check(roots[0], 1);
    }

    #[test]
    fn under_stress_every_chance_to_collect_is_taken() {
        let mut heap = ProcessHeap::new(233);
        heap.stress();
        let mut roots = [build(&mut heap, 20)];
        let mut sizes = Vec::new();
        for _ in 0..20 {
            assert!(heap.wants_collection());
            run_collection(&mut heap, &mut roots, Collection::Minor, 10);
            sizes.push(heap.minor_collections());
            check(roots[0], 20);
        }
        assert!(
            sizes.contains(&0) && sizes.contains(&4),
            "minor and major ones"
        );
    }
}
