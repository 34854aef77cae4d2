//! The NIFs of `prim_buffer`: a queue of bytes for one process, which `prim_file` reads ahead into.

use alloc::vec::Vec;
use core::cell::{RefCell, RefMut};

use brood_term::{Heap, Term, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg, error};

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("prim_buffer", "new", 0, new_0),
    entry("prim_buffer", "size", 1, size_1),
    entry("prim_buffer", "peek_head", 1, peek_head_1),
    entry("prim_buffer", "copying_read", 2, copying_read_2),
    entry("prim_buffer", "write", 2, write_2),
    entry("prim_buffer", "skip", 2, skip_2),
    entry("prim_buffer", "find_byte_index", 2, find_byte_index_2),
    entry("prim_buffer", "try_lock", 1, try_lock_1),
    entry("prim_buffer", "unlock", 1, unlock_1),
];

/// What a reference to a buffer holds.
#[derive(Debug, Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// How many of the bytes were read already.
    start: usize,
    locked: bool,
}

impl Buffer {
    fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Forgets the first `count` unread bytes.
    fn skip(&mut self, count: usize) {
        self.start += count;
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }
}

fn buffer(term: &Term) -> Result<RefMut<'_, Buffer>, Control> {
    let buffer = term.as_resource::<RefCell<Buffer>>().ok_or_else(badarg)?;
    Ok(buffer.borrow_mut())
}

fn new_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    /// What a buffer usually takes: as much as is read ahead.
    const USUAL_BYTES: usize = 1 << 10;
    let buffer = RefCell::new(Buffer::default());
    Ok(context.make_resource(buffer, USUAL_BYTES))
}

fn size_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = buffer(&arguments[0])?.unread().len();
    Ok(context.heap().unsigned(size as u64))
}

fn peek_head_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let buffer = buffer(&arguments[0])?;
    if buffer.unread().is_empty() {
        return Err(badarg());
    }
    Ok(context.heap().binary(buffer.unread()))
}

fn copying_read_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = arguments[1].as_usize().ok_or_else(badarg)?;
    let mut buffer = buffer(&arguments[0])?;
    let bytes = buffer.unread().get(..count).ok_or_else(badarg)?;
    let binary = context.heap().binary(bytes);
    buffer.skip(count);
    Ok(binary)
}

fn write_2(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut buffer = buffer(&arguments[0])?;
    let mut parts = arguments[1].list();
    if !parts.by_ref().all(|part| part.is_binary()) || !parts.ended_proper() {
        return Err(badarg());
    }
    for part in arguments[1].list() {
        buffer
            .bytes
            .extend_from_slice(&part.as_binary().unwrap_or_default());
    }
    Ok(known::OK)
}

fn skip_2(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = arguments[1].as_usize().ok_or_else(badarg)?;
    let mut buffer = buffer(&arguments[0])?;
    if count > buffer.unread().len() {
        return Err(badarg());
    }
    buffer.skip(count);
    Ok(known::OK)
}

fn find_byte_index_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let byte = arguments[1]
        .as_small()
        .and_then(|value| u8::try_from(value).ok())
        .ok_or_else(badarg)?;
    let index = buffer(&arguments[0])?
        .unread()
        .iter()
        .position(|&candidate| candidate == byte);
    match index {
        Some(index) => {
            let index = context.heap().unsigned(index as u64);
            Ok(context.heap().tuple(&[known::OK, index]))
        }
        None => Ok(context.machine.atom("not_found")),
    }
}

fn try_lock_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let was_locked = core::mem::replace(&mut buffer(&arguments[0])?.locked, true);
    Ok(context
        .machine
        .atom(if was_locked { "busy" } else { "acquired" }))
}

fn unlock_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if core::mem::take(&mut buffer(&arguments[0])?.locked) {
        Ok(known::OK)
    } else {
        Err(error(context.machine.atom("lock_order_violation")))
    }
}
