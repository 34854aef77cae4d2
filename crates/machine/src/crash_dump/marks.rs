//! Which objects of a heap were found, and which of those are still to be written: two bits for each word of memory, in
//! pages for those parts of it where something was found.

use alloc::vec::Vec;

use brood_term::Term;
use hashbrown::HashMap;

/// Words of memory that a page is about.
const PAGE_WORDS: usize = 4096;
/// Words of a page for each of its two bits.
const PLANE: usize = PAGE_WORDS / u64::BITS as usize;
const WORD_BYTES: usize = size_of::<Term>();

/// The marks of the objects at addresses.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// The plane of what was found, then that of what is to be written.
    pages: HashMap<usize, Vec<u64>>,
    /// How many are to be written.
    pending: usize,
    /// The page where something was last found that is to be written.
    recent: usize,
}

/// Where the bits of an address are: page, word of a plane, bit.
fn position(address: usize) -> (usize, usize, u64) {
    let word = address / WORD_BYTES;
    let within = word % PAGE_WORDS;
    (word / PAGE_WORDS, within / 64, 1 << (within % 64))
}

impl Marks {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.pages.clear();
        self.pending = 0;
    }

    /// Notes that there is an object, which is to be written. Gives whether that is news. What there is no memory to
    /// note counts as known.
    pub fn find(&mut self, address: usize) -> bool {
        let (number, word, bit) = position(address);
        if !self.pages.contains_key(&number) {
            let mut page = Vec::new();
            let room = page.try_reserve_exact(2 * PLANE);
            if room.is_err() || self.pages.try_reserve(1).is_err() {
                return false;
            }
            page.resize(2 * PLANE, 0);
            self.pages.insert(number, page);
        }
        let Some(page) = self.pages.get_mut(&number) else {
            return false;
        };
        if page[word] & bit != 0 {
            return false;
        }
        page[word] |= bit;
        page[PLANE + word] |= bit;
        self.pending += 1;
        self.recent = number;
        true
    }

    /// Notes that an object is not to be written any more.
    pub fn settle(&mut self, address: usize) {
        let (number, word, bit) = position(address);
        if let Some(page) = self.pages.get_mut(&number)
            && page[PLANE + word] & bit != 0
        {
            page[PLANE + word] &= !bit;
            self.pending -= 1;
        }
    }

    /// The address of an object that is to be written, if there is one left.
    pub fn next(&mut self) -> Option<usize> {
        if self.pending == 0 {
            return None;
        }
        let in_page = |(&number, page): (&usize, &Vec<u64>)| {
            let word = page[PLANE..].iter().position(|bits| *bits != 0)?;
            let bit = page[PLANE + word].trailing_zeros() as usize;
            Some((number, (number * PAGE_WORDS + word * 64 + bit) * WORD_BYTES))
        };
        let recent = self.pages.get_key_value(&self.recent).and_then(in_page);
        let (number, address) = recent.or_else(|| self.pages.iter().find_map(in_page))?;
        self.recent = number;
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_is_written_once() {
        let mut marks = Marks::default();
        let addresses = [8, 16, 8 * 4095, 8 * 4096, 8 << 40];
        for address in addresses {
            assert!(marks.find(address));
            assert!(!marks.find(address));
        }
        marks.settle(16);
        marks.settle(16);
        let mut left = Vec::new();
        while let Some(address) = marks.next() {
            marks.settle(address);
            left.push(address);
        }
        left.sort_unstable();
        assert_eq!(left, [8, 8 * 4095, 8 * 4096, 8 << 40]);
        assert!(!marks.find(16));
        marks.clear();
        assert!(marks.find(16));
    }
}
