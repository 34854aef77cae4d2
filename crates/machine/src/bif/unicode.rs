//! Characters from lists of characters and encoded binaries.

use alloc::vec::Vec;

use brood_term::{Heap, Kind, Mfa, Term, binary, known};

use super::atoms::{Encoding, encoding};
use super::loop_limit::Loop;
use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{Control, badarg};

pub(super) const TABLE: &[Entry] = &[
    entry("unicode", "characters_to_binary", 2, characters_to_binary),
    entry("unicode", "characters_to_list", 2, characters_to_list),
    entry("unicode", "bin_is_7bit", 1, bin_is_7bit),
];

/// What the front of some bytes is, in UTF-8.
enum Step {
    /// A character.
    Character,
    /// The beginning of a character.
    Incomplete,
    /// No character.
    Invalid,
}

/// Looks at the front of `bytes`, of which there is at least one. As in OTP, what could be completed as far as the
/// number of bytes goes is incomplete even if no such character exists.
fn step(bytes: &[u8]) -> Step {
    let length = match bytes[0] {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => return Step::Invalid,
    };
    let present = &bytes[..length.min(bytes.len())];
    if present[1..].iter().any(|byte| byte & 0xc0 != 0x80) {
        Step::Invalid
    } else if present.len() < length {
        Step::Incomplete
    } else if core::str::from_utf8(present).is_ok() {
        Step::Character
    } else {
        Step::Invalid
    }
}

/// How a conversion stopped.
enum Stop {
    /// At the end.
    Complete,
    /// At the end, within a character whose first bytes are these.
    Incomplete(Vec<u8>),
    /// Before something that is no character: what is left.
    Error(Term),
}

/// Characters read from data so far, and the way through the rest.
struct Converter<'a, H: Heap> {
    heap: &'a mut H,
    encoding: Encoding,
    /// What was read, in UTF-8.
    output: Vec<u8>,
    /// The tails of the lists that the current one is nested in.
    pending: Vec<Term>,
    /// The first bytes of a character that a binary ended with.
    left_over: Vec<u8>,
}

/// Whether `data` has the structure of characters: lists of integers, binaries and such lists, the tails also
/// binaries. Gives its size, roughly in bytes.
fn check(data: Term) -> Result<usize, Control> {
    let mut pending = Vec::new();
    let mut current = data;
    let mut size = 0;
    loop {
        while let Some((head, tail)) = current.as_cons() {
            size += 1;
            if head.is_cons() {
                pending.push(tail);
                current = head;
                continue;
            }
            match head.kind() {
                Kind::Small(_) | Kind::Big | Kind::Nil => {}
                Kind::Binary if head.is_binary() => size += head.bit_size().unwrap_or(0) / 8,
                _ => return Err(badarg()),
            }
            current = tail;
        }
        if current.is_binary() {
            size += current.bit_size().unwrap_or(0) / 8;
        } else if !current.is_nil() {
            return Err(badarg());
        }
        match pending.pop() {
            Some(tail) => current = tail,
            None => return Ok(size),
        }
    }
}

impl<H: Heap> Converter<'_, H> {
    /// Converts what [`check`] has accepted.
    fn run(&mut self, data: Term) -> Stop {
        let mut current = data;
        loop {
            if let Some((head, tail)) = current.as_cons() {
                if head.is_list() {
                    self.pending.push(tail);
                    current = head;
                    continue;
                }
                if head.is_bitstring() {
                    if let Some(rest) = self.binary(head) {
                        return match rest {
                            Some(rest) => {
                                let rest = self.heap.cons(rest, tail);
                                Stop::Error(self.remaining(rest))
                            }
                            None => Stop::Error(self.remaining(current)),
                        };
                    }
                } else if !self.character(head) {
                    return Stop::Error(self.remaining(current));
                }
                current = tail;
                continue;
            }
            if current.is_bitstring()
                && let Some(rest) = self.binary(current)
            {
                return Stop::Error(self.remaining(rest.unwrap_or(current)));
            }
            match self.pending.pop() {
                Some(tail) => current = tail,
                None if self.left_over.is_empty() => return Stop::Complete,
                None => return Stop::Incomplete(core::mem::take(&mut self.left_over)),
            }
        }
    }

    /// Everything from `current` on as data of the same structure, after what is left over from before.
    fn remaining(&mut self, current: Term) -> Term {
        let mut rest = current;
        while let Some(tail) = self.pending.pop() {
            rest = self.heap.cons(rest, tail);
        }
        if self.left_over.is_empty() {
            return rest;
        }
        let left_over = self.heap.binary(&self.left_over);
        self.heap.list(&[left_over, rest])
    }

    /// Takes an integer; false if it is no character, or comes within one.
    fn character(&mut self, value: Term) -> bool {
        let limit = match self.encoding {
            Encoding::Latin1 => 0xff,
            Encoding::Utf8 => u32::MAX,
        };
        let code = value.as_small().and_then(|code| u32::try_from(code).ok());
        match code.filter(|code| *code <= limit).and_then(char::from_u32) {
            Some(character) if self.left_over.is_empty() => {
                self.push(character);
                true
            }
            _ => false,
        }
    }

    fn push(&mut self, character: char) {
        let mut buffer = [0; 4];
        self.output
            .extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }

    /// Takes a binary. At an error, gives the rest of it: `Some(None)` for all of it.
    fn binary(&mut self, term: Term) -> Option<Option<Term>> {
        let bits = term.as_bits()?;
        let bytes = bits.to_bytes();
        if self.encoding == Encoding::Latin1 {
            bytes.iter().for_each(|byte| self.push(char::from(*byte)));
            return None;
        }
        let mut first = 0;
        while !self.left_over.is_empty() {
            self.left_over.push(*bytes.get(first)?);
            first += 1;
            match step(&self.left_over) {
                Step::Incomplete => {}
                Step::Character => self.output.append(&mut self.left_over),
                Step::Invalid => {
                    self.left_over.truncate(self.left_over.len() - first);
                    return Some(None);
                }
            }
        }
        let rest = &bytes[first..];
        let valid = match core::str::from_utf8(rest) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        self.output.extend_from_slice(&rest[..valid]);
        let rest = &rest[valid..];
        if rest.is_empty() {
            return None;
        }
        if let Step::Incomplete = step(rest) {
            self.left_over.extend_from_slice(rest);
            return None;
        }
        let (first, size) = ((first + valid) * 8, rest.len() * 8);
        Some(Some(binary::make_sub(self.heap, term, first, size)))
    }
}

/// Converts, and gives what `value` makes of the characters, or that with what is wrong:
/// `{error | incomplete, Characters, Rest}`.
fn convert<'a, 'b>(
    context: &'a mut Context<'b>,
    arguments: &[Term],
    value: fn(&mut Context<'b>, &[u8]) -> Term,
) -> BifResult {
    let encoding = encoding(context, arguments[1])?;
    let size = check(arguments[0])?;
    context.charge_steps(Loop::Unicode, size);
    let mut converter = Converter {
        heap: context.heap(),
        encoding,
        output: Vec::with_capacity(size),
        pending: Vec::new(),
        left_over: Vec::new(),
    };
    let stop = converter.run(arguments[0]);
    let output = converter.output;
    let characters = value(context, &output);
    let heap = context.heap();
    let (tag, rest) = match stop {
        Stop::Complete => return Ok(characters),
        Stop::Incomplete(bytes) => (known::INCOMPLETE, heap.binary(&bytes)),
        Stop::Error(rest) => (known::ERROR, rest),
    };
    Ok(heap.tuple(&[tag, characters, rest]))
}

/// The call that converts from an encoding other than Latin-1 and UTF-8: OTP does that in Erlang, which also
/// refuses what is no encoding.
fn other_encoding(
    context: &mut Context<'_>,
    function: &'static str,
    arguments: &[Term],
) -> Option<Control> {
    if encoding(context, arguments[1]).is_ok() {
        return None;
    }
    let mfa = Mfa {
        module: context.machine.atom("unicode"),
        function: context.machine.atom(function),
        arity: 2,
    };
    let arguments = context.heap().list(arguments);
    Some(Control::Call { mfa, arguments })
}

/// A list of one binary is taken for that binary, as OTP does it: what is left of it at an error is no list.
fn characters_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if let Some(call) = other_encoding(context, "characters_to_binary_int", arguments) {
        return Err(call);
    }
    let data = match arguments[0].as_cons() {
        Some((binary, Term::NIL)) if binary.is_bitstring() => binary,
        _ => arguments[0],
    };
    convert(context, &[data, arguments[1]], |context, output| {
        context.heap().binary(output)
    })
}

fn characters_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if let Some(call) = other_encoding(context, "characters_to_list_int", arguments) {
        return Err(call);
    }
    convert(context, arguments, |context, output| {
        // The converter writes UTF-8 only.
        let text = core::str::from_utf8(output).unwrap_or_default();
        context.heap().string(text)
    })
}

/// Whether the term is a binary of ASCII alone.
fn bin_is_7bit(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let Some(bytes) = arguments[0].as_binary() else {
        return Ok(known::FALSE);
    };
    context.charge_steps(Loop::Unicode, bytes.len());
    Ok(Term::boolean(bytes.is_ascii()))
}
