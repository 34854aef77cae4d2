//! Printing terms as `erlang:display/1` does.
//!
//! This is the emulator's own printer (`%T` in its C sources), which differs from `io:format("~p")`: floats have
//! six decimals, large maps show the nodes of their trie, lists of Latin-1 characters are strings.

use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::atom::Atoms;
use crate::binary::Bits;
use crate::boxed::Subtag;
use crate::external::{
    external_pid_parts, external_reference_numbers, pid_parts, reference_numbers,
};
use crate::integer::to_text;
use crate::map;
use crate::record::Record;
use crate::term::{Kind, Term};

/// Prints a term with `{}`. Characters of strings are characters here, where `erlang:display/1` writes bytes:
/// see [`to_bytes`].
#[derive(Clone, Copy, Debug)]
pub struct Display<'a> {
    /// What to print.
    pub term: Term,
    /// Where the texts of its atoms are.
    pub atoms: &'a Atoms,
}

impl fmt::Display for Display<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer {
            out: &mut Characters(f),
            atoms: self.atoms,
            pending: Vec::new(),
        }
        .run(self.term)
    }
}

/// The bytes that `erlang:display/1` writes for `term`, without the line end: atoms in UTF-8, strings in
/// Latin-1.
pub fn to_bytes(term: Term, atoms: &Atoms) -> Vec<u8> {
    let mut bytes = Bytes(Vec::new());
    // Writing to memory does not fail.
    let _ = Printer {
        out: &mut bytes,
        atoms,
        pending: Vec::new(),
    }
    .run(term);
    bytes.0
}

/// Where a printer writes: text, and the Latin-1 characters of strings.
trait Output: Write {
    fn latin1(&mut self, character: u8) -> fmt::Result;
}

struct Characters<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Characters<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }
}

impl Output for Characters<'_, '_> {
    fn latin1(&mut self, character: u8) -> fmt::Result {
        self.0.write_char(char::from(character))
    }
}

struct Bytes(Vec<u8>);

impl Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Output for Bytes {
    fn latin1(&mut self, character: u8) -> fmt::Result {
        self.0.push(character);
        Ok(())
    }
}

/// What is still to be printed.
enum Pending {
    Text(&'static str),
    Term(Term),
    /// What follows an element of a list.
    Tail(Term),
}

struct Printer<'a, O: Output> {
    out: &'a mut O,
    atoms: &'a Atoms,
    pending: Vec<Pending>,
}

impl<O: Output> Printer<'_, O> {
    fn run(&mut self, term: Term) -> fmt::Result {
        self.term(term)?;
        while let Some(pending) = self.pending.pop() {
            match pending {
                Pending::Text(text) => self.out.write_str(text)?,
                Pending::Term(term) => self.term(term)?,
                Pending::Tail(Term::NIL) => self.out.write_str("]")?,
                Pending::Tail(tail) => match tail.as_cons() {
                    Some((head, tail)) => {
                        self.out.write_str(",")?;
                        self.pending.push(Pending::Tail(tail));
                        self.term(head)?;
                    }
                    None => {
                        self.out.write_str("|")?;
                        self.pending.push(Pending::Text("]"));
                        self.term(tail)?;
                    }
                },
            }
        }
        Ok(())
    }

    fn term(&mut self, term: Term) -> fmt::Result {
        let words = term.boxed_words();
        match term.kind() {
            Kind::Small(value) => write!(self.out, "{value}"),
            Kind::Big => self.out.write_str(&to_text(term, 10).unwrap_or_default()),
            Kind::Float => self.float(term.as_float().unwrap_or(0.0)),
            Kind::Atom(_) => self.atom(self.atoms.text(term)),
            Kind::Nil => self.out.write_str("[]"),
            Kind::Cons if is_printable(term) => self.string(term),
            Kind::Cons => {
                self.out.write_str("[")?;
                if let Some((head, tail)) = term.as_cons() {
                    self.pending.push(Pending::Tail(tail));
                    self.pending.push(Pending::Term(head));
                }
                Ok(())
            }
            Kind::Tuple => {
                self.out.write_str("{")?;
                self.separated(words);
                Ok(())
            }
            Kind::Record => self.record(term),
            Kind::Map => self.map(term),
            Kind::Binary => term.as_bits().map_or(Ok(()), |bits| self.binary(bits)),
            Kind::Fun => match term.as_fun() {
                Some(entry) => {
                    let module = self.atoms.text(entry.module);
                    write!(
                        self.out,
                        "#Fun<{module}.{}.{}>",
                        entry.index, entry.old_uniq
                    )
                }
                None => Ok(()),
            },
            Kind::Export => match term.as_export() {
                Some(mfa) => {
                    self.out.write_str("fun ")?;
                    self.atom(self.atoms.text(mfa.module))?;
                    self.out.write_str(":")?;
                    self.atom(self.atoms.text(mfa.function))?;
                    write!(self.out, "/{}", mfa.arity)
                }
                None => Ok(()),
            },
            Kind::Pid => {
                let (number, serial) = pid_parts(term.identifier_number());
                write!(self.out, "<0.{number}.{serial}>")
            }
            Kind::Port => write!(self.out, "#Port<0.{}>", term.identifier_number()),
            Kind::Reference => self.reference(0, reference_numbers(words[0].raw()).into_iter()),
            Kind::ExternalPid => {
                let (number, serial) = external_pid_parts(words[2].raw());
                write!(self.out, "<{}.{number}.{serial}>", channel(words))
            }
            Kind::ExternalPort => {
                write!(self.out, "#Port<{}.{}>", channel(words), words[2].raw())
            }
            Kind::ExternalReference => {
                self.reference(channel(words), external_reference_numbers(words))
            }
            Kind::MatchContext => self.out.write_str("#MatchState"),
        }
    }

    /// Prints terms with commas between them and `}` after them, later.
    fn separated(&mut self, terms: &[Term]) {
        self.pending.push(Pending::Text("}"));
        for (index, term) in terms.iter().enumerate().rev() {
            self.pending.push(Pending::Term(*term));
            if index > 0 {
                self.pending.push(Pending::Text(","));
            }
        }
    }

    /// A float as C's `%e` prints it.
    fn float(&mut self, value: f64) -> fmt::Result {
        let text = alloc::format!("{value:.6e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        write!(self.out, "{digits}e{sign}{exponent:0>2}")
    }

    fn atom(&mut self, text: &str) -> fmt::Result {
        if !needs_quotes(text) {
            return self.out.write_str(text);
        }
        self.out.write_char('\'')?;
        for character in text.chars() {
            match character {
                '\'' => self.out.write_str("\\'")?,
                '\\' => self.out.write_str("\\\\")?,
                '\n' => self.out.write_str("\\n")?,
                '\x0c' => self.out.write_str("\\f")?,
                '\t' => self.out.write_str("\\t")?,
                '\r' => self.out.write_str("\\r")?,
                '\x08' => self.out.write_str("\\b")?,
                '\x0b' => self.out.write_str("\\v")?,
                '\0'..' ' | '\u{80}'..'\u{a0}' => write!(self.out, "\\{:03o}", character as u32)?,
                _ => self.out.write_char(character)?,
            }
        }
        self.out.write_char('\'')
    }

    fn string(&mut self, list: Term) -> fmt::Result {
        self.out.write_str("\"")?;
        for character in list.list().filter_map(byte) {
            match character {
                b'\n' => self.out.write_str("\\n")?,
                b'"' => self.out.write_str("\\\"")?,
                _ => self.out.latin1(character)?,
            }
        }
        self.out.write_str("\"")
    }

    fn binary(&mut self, bits: Bits<'_>) -> fmt::Result {
        let (whole, odd) = (bits.bit_size / 8, bits.bit_size % 8);
        let bytes = bits.to_bytes();
        let printable = |byte: &u8| (b' '..127).contains(byte);
        if odd == 0 && whole > 0 && bytes.iter().all(printable) {
            self.out.write_str("<<\"")?;
            for &byte in bytes.iter() {
                if byte == b'"' {
                    self.out.write_str("\\")?;
                }
                self.out.latin1(byte)?;
            }
            return self.out.write_str("\">>");
        }
        self.out.write_str("<<")?;
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 {
                self.out.write_str(",")?;
            }
            if index < whole {
                write!(self.out, "{byte}")?;
            } else {
                write!(self.out, "{}:{odd}", byte >> (8 - odd))?;
            }
        }
        self.out.write_str(">>")
    }

    fn record(&mut self, term: Term) -> fmt::Result {
        let Some(record) = Record::of(&term) else {
            return Ok(());
        };
        let definition = record.definition();
        self.out.write_str("#")?;
        self.atom(self.atoms.text(definition.module()))?;
        self.out.write_str(":")?;
        self.atom(self.atoms.text(definition.name()))?;
        self.out.write_str("{")?;
        self.pending.push(Pending::Text("}"));
        self.pairs(definition.keys(), "=", record.values());
        Ok(())
    }

    fn pairs(&mut self, keys: &[Term], between: &'static str, values: &[Term]) {
        for (index, (key, value)) in keys.iter().zip(values).enumerate().rev() {
            self.pending.push(Pending::Term(*value));
            self.pending.push(Pending::Text(between));
            self.pending.push(Pending::Term(*key));
            if index > 0 {
                self.pending.push(Pending::Text(","));
            }
        }
    }

    fn map(&mut self, term: Term) -> fmt::Result {
        if let Some((keys, values)) = map::as_flat(&term) {
            self.out.write_str("#{")?;
            self.pending.push(Pending::Text("}"));
            self.pairs(keys, "=>", values);
            return Ok(());
        }
        debug_assert_eq!(term.subtag(), Some(Subtag::HashMap));
        let (slots, children) = map::node(&term);
        let root = if map::size(term).is_some() { "#" } else { "" };
        write!(self.out, "{root}<{slots:x}>{{")?;
        self.separated(children);
        Ok(())
    }

    fn reference(
        &mut self,
        channel: u64,
        numbers: impl DoubleEndedIterator<Item = u32>,
    ) -> fmt::Result {
        write!(self.out, "#Ref<{channel}")?;
        for number in numbers.rev() {
            write!(self.out, ".{number}")?;
        }
        self.out.write_str(">")
    }
}

/// The number that stands for another node: the index of its name.
fn channel(words: &[Term]) -> u64 {
    words[0].as_atom().map_or(0, u64::from)
}

fn byte(term: Term) -> Option<u8> {
    term.as_small().and_then(|value| u8::try_from(value).ok())
}

/// Whether the term is a non-empty list of printable Latin-1 characters and white space.
fn is_printable(list: Term) -> bool {
    let mut elements = list.list();
    let printable = elements.by_ref().all(|element| {
        matches!(
            byte(element),
            Some(b' '..=126 | 160..=255 | b'\n' | b'\t' | b'\r')
        )
    });
    printable && elements.ended_proper()
}

/// Whether an atom's text is not a Latin-1 lower case letter followed by Latin-1 letters, digits and `_`.
fn needs_quotes(text: &str) -> bool {
    let is_lower = |c: u32| (0x61..=0x7a).contains(&c) || (0xdf..=0xff).contains(&c) && c != 0xf7;
    let is_upper = |c: u32| (0x41..=0x5a).contains(&c) || (0xc0..=0xde).contains(&c) && c != 0xd7;
    let is_rest = |c: u32| is_lower(c) || is_upper(c) || (0x30..=0x39).contains(&c) || c == 0x5f;
    let mut characters = text.chars().map(u32::from);
    match characters.next() {
        Some(first) => !is_lower(first) || !characters.all(is_rest),
        None => true,
    }
}
