//! The content of a regular file: pages, of which those that were never written take no room.
//!
//! A page either has bytes of its own, or is a part of a binary that it shares with whoever else has it: what is
//! written in large pieces is not copied, nor what is read where it was written so. Writing to one page leaves all
//! others alone, however large the file.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::ops::Deref;

use brood_term::SharedBinary;

use super::error::PosixError;

/// The size of a page in bytes.
pub const PAGE: usize = 16 << 10;
/// The largest size of a file in bytes: that of Linux' common file systems.
pub const LARGEST: u64 = 1 << 44;

/// The room that all files share, counted in bytes.
#[derive(Debug)]
pub struct Room {
    used: Cell<u64>,
    limit: Cell<u64>,
}

impl Room {
    /// Room for `limit` bytes.
    pub fn new(limit: u64) -> Rc<Room> {
        Rc::new(Room {
            used: Cell::new(0),
            limit: Cell::new(limit),
        })
    }

    /// Takes `bytes`.
    ///
    /// # Errors
    ///
    /// When there are not as many left; then nothing is taken.
    pub fn take(&self, bytes: u64) -> Result<(), PosixError> {
        match self.used.get().checked_add(bytes) {
            Some(used) if used <= self.limit.get() => {
                self.used.set(used);
                Ok(())
            }
            _ => Err(PosixError::NoSpace),
        }
    }

    /// Gives back `bytes` that were taken.
    pub fn give_back(&self, bytes: u64) {
        self.used.set(self.used.get() - bytes);
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// How many bytes there may be.
    pub fn limit(&self) -> u64 {
        self.limit.get()
    }

    /// Changes how many bytes there may be. What is there stays, even if it is more.
    pub fn set_limit(&self, limit: u64) {
        self.limit.set(limit);
    }
}

/// A binary that files have parts of; its bytes count as a whole until the last part is gone.
#[derive(Debug)]
pub struct Lent {
    room: Rc<Room>,
    charge: u64,
}

impl Lent {
    /// The right to have parts of `binary`.
    ///
    /// # Errors
    ///
    /// `enospc` when there is no room for it.
    pub fn new(room: &Rc<Room>, binary: &SharedBinary) -> Result<Rc<Lent>, PosixError> {
        let charge = binary.capacity() as u64;
        room.take(charge)?;
        let room = Rc::clone(room);
        Ok(Rc::new(Lent { room, charge }))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.room.give_back(self.charge);
    }
}

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// Bytes to be copied.
    Bytes(&'a [u8]),
    /// A binary that the file may share.
    Shared(&'a SharedBinary),
    /// A part of one that several files share.
    Part(&'a SharedBinary, &'a Rc<Lent>),
}

impl Deref for Data<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Data::Bytes(bytes) => bytes,
            Data::Shared(shared) | Data::Part(shared, _) => shared,
        }
    }
}

/// Up to [`PAGE`] bytes. What a page has not is zero.
#[derive(Debug)]
enum Page {
    Own(Vec<u8>),
    Part { part: SharedBinary, _lent: Rc<Lent> },
}

impl Page {
    fn bytes(&self) -> &[u8] {
        match self {
            Page::Own(bytes) => bytes,
            Page::Part { part, .. } => part,
        }
    }

    /// What the page itself takes of the room.
    fn charge(&self) -> u64 {
        match self {
            Page::Own(bytes) => bytes.capacity() as u64,
            Page::Part { .. } => 0,
        }
    }
}

/// The content of one file.
#[derive(Debug)]
pub struct Content {
    /// By number. Beyond the end of the file there are none.
    pages: BTreeMap<u64, Page>,
    length: u64,
    room: Rc<Room>,
}

/// The number of the page with the byte at `position`, and the byte's place there.
fn place(position: u64) -> (u64, usize) {
    (position / PAGE as u64, (position % PAGE as u64) as usize)
}

impl Content {
    /// An empty file.
    pub fn new(room: &Rc<Room>) -> Content {
        Content {
            pages: BTreeMap::new(),
            length: 0,
            room: Rc::clone(room),
        }
    }

    /// The length in bytes.
    #[allow(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// The bytes at `position`, at most `count`, fewer only at the end of the file.
    ///
    /// # Errors
    ///
    /// `enomem` when these are more than all files may have: a large hole.
    pub fn read(&self, position: u64, count: u64) -> Result<SharedBinary, PosixError> {
        let count = count.min(self.length.saturating_sub(position));
        if let Some(part) = self.shared_part(position, count) {
            return Ok(part);
        }
        let length = match usize::try_from(count) {
            Ok(length) if count <= self.room.limit().max(self.room.used()) => length,
            _ => return Err(PosixError::NoMemory),
        };
        Ok(SharedBinary::filled(length, |target| {
            self.copy_to(position, target);
        }))
    }

    /// Fills `target` with the bytes from `position` on, which lie within the file.
    pub fn copy_to(&self, position: u64, target: &mut [u8]) {
        let end = position + target.len() as u64;
        for (&number, page) in self.pages.range(place(position).0..=place(end).0) {
            let page_start = number * PAGE as u64;
            let from = position.max(page_start);
            let source = (from - page_start) as usize;
            let bytes = page.bytes();
            let upto = bytes.len().min((end - page_start) as usize);
            if source < upto {
                let at = (from - position) as usize;
                target[at..at + upto - source].copy_from_slice(&bytes[source..upto]);
            }
        }
    }

    /// The bytes, if they lie beside each other in one binary.
    fn shared_part(&self, position: u64, count: u64) -> Option<SharedBinary> {
        let (first, start) = place(position);
        let (last, _) = place(position + count.checked_sub(1)?);
        let Page::Part {
            part: first_part, ..
        } = self.pages.get(&first)?
        else {
            return None;
        };
        let mut previous = first_part;
        let mut available = first_part.len();
        for number in first + 1..=last {
            let Page::Part { part, .. } = self.pages.get(&number)? else {
                return None;
            };
            if previous.len() != PAGE || !previous.continues_with(part) {
                return None;
            }
            available += part.len();
            previous = part;
        }
        let count = usize::try_from(count).ok()?;
        (start + count <= available).then(|| first_part.stretched(start, count))
    }

    /// Writes the bytes of `source` at `position`. Gives how many were written, which are fewer only when there is an
    /// error.
    pub fn write(&mut self, position: u64, source: Data<'_>) -> (u64, Result<(), PosixError>) {
        let lent = self.borrow(source);
        let mut written = 0;
        while written < source.len() {
            let at = position.saturating_add(written as u64);
            if at >= LARGEST {
                return (written as u64, Err(PosixError::TooLarge));
            }
            let (number, start) = place(at);
            let count = (PAGE - start).min(source.len() - written);
            let whole = start == 0 && (count == PAGE || at + count as u64 >= self.length);
            let result = match &lent {
                Some((shared, lent)) if whole => {
                    let part = shared.part(written, count);
                    let _lent = Rc::clone(lent);
                    self.put(number, Page::Part { part, _lent });
                    Ok(())
                }
                _ => self.write_page(number, start, &source[written..written + count]),
            };
            if result.is_err() {
                return (written as u64, result);
            }
            written += count;
            self.length = self.length.max(at + count as u64);
        }
        (written as u64, Ok(()))
    }

    /// The right to have parts of `source`, if that is worth it: it is large, and most of the memory that it keeps.
    fn borrow<'a>(&self, source: Data<'a>) -> Option<(&'a SharedBinary, Rc<Lent>)> {
        match source {
            Data::Shared(shared) if shared.len() >= PAGE.max(shared.capacity() / 2) => {
                Some((shared, Lent::new(&self.room, shared).ok()?))
            }
            Data::Part(part, lent) => Some((part, Rc::clone(lent))),
            Data::Bytes(_) | Data::Shared(_) => None,
        }
    }

    /// Replaces a page.
    fn put(&mut self, number: u64, page: Page) {
        if let Some(old) = self.pages.insert(number, page) {
            self.room.give_back(old.charge());
        }
    }

    /// Writes `source` into one page, from `start` on.
    fn write_page(&mut self, number: u64, start: usize, source: &[u8]) -> Result<(), PosixError> {
        let end = start + source.len();
        let page = self.pages.get_mut(&number);
        if let Some(Page::Own(bytes)) = page
            && end <= bytes.capacity()
        {
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(source);
            return Ok(());
        }
        // The page is new, shared, or has to grow: its bytes move.
        let old = page.map_or(&[][..], |page| page.bytes());
        let length = end.max(old.len());
        let capacity = if old.is_empty() {
            length
        } else {
            (2 * length).min(PAGE)
        };
        let mut bytes = Vec::with_capacity(capacity);
        self.room.take(bytes.capacity() as u64)?;
        bytes.extend_from_slice(old);
        bytes.resize(length, 0);
        bytes[start..end].copy_from_slice(source);
        self.put(number, Page::Own(bytes));
        Ok(())
    }

    /// Cuts the file off, or lengthens it with a hole.
    ///
    /// # Errors
    ///
    /// `efbig` beyond the largest size, `enospc` when a page that is to be cut can't be copied.
    pub fn truncate(&mut self, length: u64) -> Result<(), PosixError> {
        if length > LARGEST {
            return Err(PosixError::TooLarge);
        }
        if length < self.length {
            let (number, keep) = place(length);
            match self.pages.get_mut(&number) {
                Some(Page::Own(bytes)) => bytes.truncate(keep),
                Some(Page::Part { part, .. }) => *part = part.part(0, keep),
                None => {}
            }
            let first_gone = number + u64::from(keep > 0);
            for page in self.pages.split_off(&first_gone).into_values() {
                self.room.give_back(page.charge());
            }
        }
        self.length = length;
        Ok(())
    }

    /// Sees to it that the bytes from `position` on have room of their own; lengthens the file to hold them.
    ///
    /// # Errors
    ///
    /// `efbig` or `enospc`; then some of them may have.
    pub fn allocate(&mut self, position: u64, count: u64) -> Result<(), PosixError> {
        let end = match position.checked_add(count) {
            Some(end) if end <= LARGEST => end,
            _ => return Err(PosixError::TooLarge),
        };
        let mut at = position;
        while at < end {
            let (number, _) = place(at);
            let page_end = ((number + 1) * PAGE as u64).min(end);
            let (_, last) = place(page_end - 1);
            let has = self.pages.get(&number).map_or(0, |page| page.bytes().len());
            if has <= last {
                self.write_page(number, has, &[0; PAGE][has..=last])?;
            }
            self.length = self.length.max(page_end);
            at = page_end;
        }
        Ok(())
    }

    /// How many bytes the file really has, in units of 512 as `stat` counts.
    pub fn blocks(&self) -> u64 {
        let bytes: usize = self.pages.values().map(|page| page.bytes().len()).sum();
        (bytes as u64).div_ceil(512)
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        let charge: u64 = self.pages.values().map(Page::charge).sum();
        self.room.give_back(charge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize, seed: usize) -> SharedBinary {
        SharedBinary::filled(length, |target| {
            for (index, byte) in target.iter_mut().enumerate() {
                *byte = (index * 31 + seed) as u8;
            }
        })
    }

    /// Writes, cuts and reads of all kinds against a plain vector.
    #[test]
    fn content_is_what_was_written() {
        let room = Room::new(64 << 20);
        let mut content = Content::new(&room);
        let mut model: Vec<u8> = Vec::new();
        let mut state = 12345_u64;
        let mut random = |limit: usize| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as usize % limit
        };
        for round in 0..600 {
            let unit = [1, PAGE][random(2)];
            let position = random(6 * PAGE) / unit * unit;
            match random(10) {
                0 => {
                    content.truncate(position as u64).expect("truncated");
                    model.resize(position, 0);
                }
                1 => {
                    let count = random(2 * PAGE);
                    content
                        .allocate(position as u64, count as u64)
                        .expect("allocated");
                    if count > 0 {
                        model.resize(model.len().max(position + count), 0);
                    }
                }
                _ => {
                    let limit = [10, PAGE, 4 * PAGE][random(3)];
                    let source = bytes(random(limit), round);
                    let (written, result) = content.write(position as u64, Data::Shared(&source));
                    assert_eq!((written, result), (source.len() as u64, Ok(())));
                    if !source.is_empty() {
                        model.resize(model.len().max(position + source.len()), 0);
                        model[position..position + source.len()].copy_from_slice(&source);
                    }
                }
            }
            assert_eq!(content.len(), model.len() as u64);
            let from = random(model.len() + 10);
            let count = random(7 * PAGE);
            let expected = &model[from.min(model.len())..(from + count).min(model.len())];
            let read = content.read(from as u64, count as u64).expect("read");
            assert!(*read == *expected, "round {round}: {count} at {from}");
        }
        assert!(room.used() > 0);
        drop(content);
        assert_eq!(room.used(), 0);
    }

    #[test]
    fn large_pieces_are_shared_and_holes_take_no_room() {
        let room = Room::new(1 << 20);
        let mut content = Content::new(&room);
        let source = bytes(10 * PAGE + 5, 1);
        assert_eq!(
            content.write(0, Data::Shared(&source)).0,
            source.len() as u64
        );
        assert!(room.used() < source.len() as u64 + 64);
        assert!(
            content
                .read(0, u64::MAX)
                .is_ok_and(|all| all.shares_with(&source))
        );
        assert!(
            content
                .read(20_000, 30_000)
                .is_ok_and(|part| part.shares_with(&source))
        );
        let small = bytes(3, 2);
        assert_eq!(
            content.write(5 * PAGE as u64 + 7, Data::Shared(&small)),
            (3, Ok(()))
        );
        let all = content.read(0, u64::MAX).expect("read");
        assert!(!all.shares_with(&source) && all[5 * PAGE + 7..][..3] == *small);
        assert_eq!(content.write(1 << 40, Data::Shared(&small)), (3, Ok(())));
        assert_eq!(content.read(0, 1 << 40).err(), Some(PosixError::NoMemory));
        assert_eq!(
            content.write(LARGEST - 1, Data::Shared(&small)),
            (1, Err(PosixError::TooLarge))
        );
    }

    #[test]
    fn beyond_the_limit_nothing_is_lost() {
        let room = Room::new(3 * PAGE as u64 + 100);
        let mut content = Content::new(&room);
        let piece = bytes(PAGE / 2, 3);
        let mut written = 0;
        let error = loop {
            let (count, result) = content.write(written, Data::Shared(&piece));
            written += count;
            if let Err(error) = result {
                break error;
            }
        };
        assert_eq!((error, content.len()), (PosixError::NoSpace, written));
        assert!(written >= 2 * PAGE as u64 && room.used() <= room.limit());
        let read = content.read(0, written).expect("read");
        assert!(
            read.chunks(PAGE / 2)
                .all(|chunk| *chunk == piece[..chunk.len()])
        );
        content.truncate(0).expect("truncated");
        assert_eq!(
            (content.write(0, Data::Shared(&piece)).1, content.len()),
            (Ok(()), piece.len() as u64)
        );
    }
}
