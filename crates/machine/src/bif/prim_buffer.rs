//! The NIFs of `prim_buffer`: a queue of bytes for one process, which `prim_file` reads ahead into.

use alloc::vec::Vec;

use brood_term::{Heap, Term, boxed, known};
use hashbrown::HashMap;

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

/// All buffers, by the number of their reference. One goes when the process that made it ends.
#[derive(Debug, Default)]
pub struct Buffers {
    buffers: HashMap<u64, Buffer>,
}

#[derive(Debug)]
struct Buffer {
    owner: Term,
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

impl Buffers {
    /// Drops what the process made.
    pub fn owner_ended(&mut self, pid: Term) {
        self.buffers.retain(|_, buffer| buffer.owner != pid);
    }
}

fn buffer<'a>(context: &'a mut Context<'_>, term: Term) -> Result<&'a mut Buffer, Control> {
    let (number, _) = term.as_reference().ok_or_else(badarg)?;
    context
        .machine
        .buffers
        .buffers
        .get_mut(&number)
        .ok_or_else(badarg)
}

fn new_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let number = context.machine.new_reference();
    let buffer = Buffer {
        owner: context.process.pid,
        bytes: Vec::new(),
        start: 0,
        locked: false,
    };
    context.machine.buffers.buffers.insert(number, buffer);
    Ok(boxed::make_reference(context.heap(), number, 0))
}

fn size_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let size = buffer(context, arguments[0])?.unread().len();
    Ok(context.heap().unsigned(size as u64))
}

fn peek_head_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = buffer(context, arguments[0])?.unread().to_vec();
    if bytes.is_empty() {
        return Err(badarg());
    }
    Ok(context.heap().binary(&bytes))
}

fn copying_read_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = arguments[1].as_usize().ok_or_else(badarg)?;
    let buffer = buffer(context, arguments[0])?;
    let bytes = buffer.unread().get(..count).ok_or_else(badarg)?.to_vec();
    buffer.skip(count);
    Ok(context.heap().binary(&bytes))
}

fn write_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut written = Vec::new();
    let mut parts = arguments[1].list();
    for part in parts.by_ref() {
        written.extend_from_slice(&part.as_binary().ok_or_else(badarg)?);
    }
    if !parts.ended_proper() {
        return Err(badarg());
    }
    buffer(context, arguments[0])?.bytes.append(&mut written);
    Ok(known::OK)
}

fn skip_2(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let count = arguments[1].as_usize().ok_or_else(badarg)?;
    let buffer = buffer(context, arguments[0])?;
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
    let index = buffer(context, arguments[0])?
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
    let was_locked = core::mem::replace(&mut buffer(context, arguments[0])?.locked, true);
    Ok(context
        .machine
        .atom(if was_locked { "busy" } else { "acquired" }))
}

fn unlock_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if core::mem::take(&mut buffer(context, arguments[0])?.locked) {
        Ok(known::OK)
    } else {
        Err(error(context.machine.atom("lock_order_violation")))
    }
}
