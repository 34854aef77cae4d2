//! Terms as bytes: what the elements of objects in a compressed table are.
//!
//! The form follows a term's structure and not its type: its words come one after the other, a pointer as what it
//! points to. A term is exactly what it was when it is unpacked, whatever the node is called by then.
//!
//! | two lowest bits of a number | rest of it | then |
//! | --- | --- | --- |
//! | `11` | an immediate, with these bits | |
//! | `01` | | a cons cell: head, tail |
//! | `10` | a header | a boxed object: raw words of eight bytes, terms |
//! | `00` | how many | so many cons cells with a byte as head: the bytes, the last tail |
//!
//! A number takes seven bits a byte, the lowest first, and a bit that says whether more follow; its sign is extended from the
//! last (signed LEB128). What holds something outside of the heap (a shared binary, a magic reference) can't be packed.

use alloc::vec::Vec;

use brood_term::{Header, Heap, Subtag, Term};

const KIND: u64 = 0b11;
const BYTES: u64 = 0b00;
const CONS: u64 = 0b01;
const BOXED: u64 = 0b10;

/// Words of a magic reference, without its header; another reference has two.
const REFERENCE_WORDS: usize = 2;

/// Appends a packed term to `bytes`. Gives whether it can be packed; if not, what was appended means nothing.
pub fn pack(term: Term, bytes: &mut Vec<u8>) -> bool {
    let mut pending = Vec::from([term]);
    while let Some(term) = pending.pop() {
        if !term.is_pointer() {
            put_number(term.raw(), bytes);
        } else if let Some((head, tail)) = term.as_cons() {
            let (run, behind) = byte_run(term);
            if run > 0 {
                put_number((run << 2) as u64 | BYTES, bytes);
                bytes.extend(term.list().take(run).filter_map(byte));
                pending.push(behind);
            } else {
                put_number(CONS, bytes);
                pending.extend([tail, head]);
            }
        } else if let Some(header) = term.boxed_header() {
            match header.subtag() {
                Subtag::RefcBinary | Subtag::MatchContext => return false,
                Subtag::Reference if header.arity() > REFERENCE_WORDS => return false,
                _ => {}
            }
            put_number(header.0 | BOXED, bytes);
            let (raw, terms) = term.boxed_words().split_at(header.raw_words());
            bytes.extend(raw.iter().flat_map(|word| word.raw().to_le_bytes()));
            pending.extend(terms.iter().rev());
        }
    }
    true
}

/// The value of a small integer that fits a byte.
fn byte(term: Term) -> Option<u8> {
    term.as_small().and_then(|value| u8::try_from(value).ok())
}

/// How many cells from this one on have a byte as head, and what the last of them has as tail.
fn byte_run(list: Term) -> (usize, Term) {
    let (mut run, mut rest) = (0, list);
    while let Some((head, tail)) = rest.as_cons()
        && byte(head).is_some()
    {
        run += 1;
        rest = tail;
    }
    (run, rest)
}

fn put_number(word: u64, bytes: &mut Vec<u8>) {
    let mut rest = word as i64;
    loop {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        let sign = if low & 0x40 == 0 { 0 } else { -1 };
        if rest == sign {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// The term at the start of `bytes`, built in `heap`.
///
/// # Safety
///
/// The bytes are what [`pack`] wrote, for a term whose raw words still mean what they did (functions stay where they are).
pub unsafe fn unpack<H: Heap + ?Sized>(bytes: &[u8], heap: &mut H) -> Term {
    let mut reader = Reader(bytes);
    let mut root = Term::NIL;
    let mut pending: Vec<*mut Term> = Vec::from([&raw mut root]);
    while let Some(mut slot) = pending.pop() {
        let number = reader.number();
        // SAFETY: each slot is the root or a word of an object that was allocated below and written once already; the
        // words of an object are all written before anything else is allocated. Immediates and headers are those that
        // were packed.
        unsafe {
            match number & KIND {
                CONS => {
                    let cell = heap.allocate(2);
                    cell.write(Term::NIL);
                    cell.add(1).write(Term::NIL);
                    slot.write(Term::from_cons(cell));
                    pending.extend([cell.add(1), cell]);
                }
                BOXED => {
                    let header = Header(number & !KIND);
                    let (raw, arity) = (header.raw_words(), header.arity());
                    let object = heap.allocate(1 + arity);
                    object.write(Term::header(header));
                    for index in 0..raw {
                        let word = u64::from_le_bytes(reader.take());
                        object.add(1 + index).write(Term::from_raw(word));
                    }
                    for index in raw..arity {
                        object.add(1 + index).write(Term::NIL);
                    }
                    slot.write(Term::from_boxed(object));
                    pending.extend((raw..arity).rev().map(|index| object.add(1 + index)));
                }
                BYTES => {
                    for _ in 0..number >> 2 {
                        let [byte] = reader.take();
                        let cell = heap.allocate(2);
                        cell.write(Term::small(byte.into()));
                        cell.add(1).write(Term::NIL);
                        slot.write(Term::from_cons(cell));
                        slot = cell.add(1);
                    }
                    pending.push(slot);
                }
                _ => slot.write(Term::from_raw(number)),
            }
        }
    }
    root
}

/// What is left of packed bytes. Beyond their end there are zeros.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((taken, rest)) = self.0.split_first_chunk() else {
            debug_assert!(false, "packed terms are whole");
            return [0; N];
        };
        self.0 = rest;
        *taken
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let [byte] = self.take();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let is_negative = byte & 0x40 != 0 && shift < u64::BITS;
                return number | if is_negative { u64::MAX << shift } else { 0 };
            }
        }
    }
}
