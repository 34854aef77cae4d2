//! How terms are written: elements in a line, and the objects that they point to, a line each.
//!
//! An *element* is an immediate, or `H` and the address of an object. The line of an object is its address, a colon, a
//! letter or two for its kind, and what it consists of.

use core::fmt::{self, Write};

use brood_term::binary::{Bits, whole_of};
use brood_term::boxed::fun_without_environment;
use brood_term::external::{EncodeOptions, encode};
use brood_term::heap::Chunks;
use brood_term::map;
use brood_term::term::Kind;
use brood_term::{Subtag, Term};

use super::View;

/// Bytes as base 64.
pub(super) fn base64(bytes: impl Iterator<Item = u8>, to: &mut dyn Write) -> fmt::Result {
    const DIGITS: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = bytes.fuse();
    let (mut text, mut length) = ([0; 256], 0);
    while let Some(first) = bytes.next() {
        let (second, third) = (bytes.next(), bytes.next());
        let [high, middle, low] = [first, second.unwrap_or(0), third.unwrap_or(0)].map(u32::from);
        let word = high << 16 | middle << 8 | low;
        let digit = |shift: u32| DIGITS[(word >> shift) as usize & 63];
        text[length] = digit(18);
        text[length + 1] = digit(12);
        text[length + 2] = second.map_or(b'=', |_| digit(6));
        text[length + 3] = third.map_or(b'=', |_| digit(0));
        length += 4;
        if length == text.len() {
            to.write_str(core::str::from_utf8(&text).unwrap_or_default())?;
            length = 0;
        }
    }
    to.write_str(core::str::from_utf8(&text[..length]).unwrap_or_default())
}

/// An element. Words that are no terms are written as the empty list.
pub(super) fn element(view: &View<'_>, term: Term, to: &mut dyn Write) -> fmt::Result {
    if term.is_pointer() {
        return write!(to, "H{:X}", term.address().addr());
    }
    match term.kind() {
        Kind::Small(value) => write!(to, "I{value}"),
        Kind::Atom(_) => {
            let text = view.atoms.text(term);
            write!(to, "A{:X}:", text.len())?;
            // Lines have no way to tell of an end of line.
            let mut parts = text.split(['\n', '\r']);
            to.write_str(parts.next().unwrap_or_default())?;
            parts.try_for_each(|part| write!(to, " {part}"))
        }
        Kind::Pid => write!(to, "P{}", view.display(term)),
        Kind::Port => write!(to, "p<0.{}>", term.identifier_number()),
        _ => to.write_char('N'),
    }
}

fn elements(view: &View<'_>, terms: &[Term], to: &mut dyn Write) -> fmt::Result {
    for (index, &term) in terms.iter().enumerate() {
        if index > 0 {
            to.write_char(',')?;
        }
        element(view, term, to)?;
    }
    Ok(())
}

/// Writes the line of the object that `term` points to, and visits the pointers in it.
pub(super) fn object(
    view: &View<'_>,
    term: Term,
    to: &mut dyn Write,
    visit: &mut dyn FnMut(Term),
) -> fmt::Result {
    write!(to, "{:X}:", term.address().addr())?;
    if let Some((head, tail)) = term.as_cons() {
        to.write_char('l')?;
        element(view, head, to)?;
        to.write_char('|')?;
        element(view, tail, to)?;
        visit(tail);
        visit(head);
        return to.write_char('\n');
    }
    match term.kind() {
        Kind::Tuple | Kind::Record => {
            let parts = term.boxed_words();
            write!(to, "t{:X}:", parts.len())?;
            elements(view, parts, to)?;
            parts.iter().copied().for_each(&mut *visit);
        }
        Kind::Map => write_map(view, term, to, visit)?,
        // Every finite number is a text of this form.
        Kind::Float => {
            let text = alloc::format!("{:.20e}", term.as_float().unwrap_or(0.0));
            write!(to, "F{:X}:{text}", text.len())?;
        }
        Kind::Big => big(term, to)?,
        Kind::Binary | Kind::MatchContext => binary(term, to, visit)?,
        Kind::ExternalPid => write!(to, "P{}", view.display(term))?,
        Kind::ExternalPort => {
            let text = alloc::format!("{}", view.display(term));
            write!(to, "p{}", text.trim_start_matches("#Port"))?;
        }
        Kind::Fun => {
            // What it holds may be large, and nobody can look at it in a fun of the external format.
            let mut heap = Chunks::new();
            let bare = fun_without_environment(&mut heap, term);
            external(view, bare, to)?;
        }
        _ => external(view, term, to)?,
    }
    to.write_char('\n')
}

fn write_map(
    view: &View<'_>,
    term: Term,
    to: &mut dyn Write,
    visit: &mut dyn FnMut(Term),
) -> fmt::Result {
    if term.subtag() == Some(Subtag::FlatMap) {
        let [keys, values @ ..] = term.boxed_words() else {
            return Ok(());
        };
        write!(to, "Mf{:X}:", values.len())?;
        element(view, *keys, to)?;
        to.write_char(':')?;
        elements(view, values, to)?;
        values.iter().copied().for_each(&mut *visit);
        visit(*keys);
        return Ok(());
    }
    let (_, children) = map::node(&term);
    match map::size(term) {
        Some(size) => write!(to, "Mh{size:X}:{:X}:", children.len())?,
        None => write!(to, "Mn{:X}:", children.len())?,
    }
    elements(view, children, to)?;
    children.iter().copied().for_each(visit);
    Ok(())
}

/// An integer in hexadecimal digits: decimal ones would take time and memory.
fn big(term: Term, to: &mut dyn Write) -> fmt::Result {
    let Some((is_negative, limbs)) = term.as_big() else {
        return Ok(());
    };
    to.write_str(if is_negative { "B-16#" } else { "B16#" })?;
    let mut limbs = limbs.iter().rev();
    write!(to, "{:X}", limbs.next().copied().unwrap_or(0))?;
    limbs.try_for_each(|limb| write!(to, "{limb:016X}"))
}

/// Whole bytes: small ones in the line, those that are shared by where they are. What follows the last whole byte is left
/// out, as OTP does.
fn binary(term: Term, to: &mut dyn Write, visit: &mut dyn FnMut(Term)) -> fmt::Result {
    let (whole, first, size) = match term.subtag() {
        Some(Subtag::MatchContext) => {
            let words = term.boxed_words();
            let [first, end] = [words[0], words[1]].map(|word| word.raw() as usize);
            (words[2], first, end.saturating_sub(first))
        }
        _ => {
            let (whole, first) = whole_of(term);
            (whole, first, term.bit_size().unwrap_or(0))
        }
    };
    let bytes = size / 8;
    if !first.is_multiple_of(8) {
        write!(to, "Yh{bytes:X}:")?;
        let bits = Bits::new(whole.whole_bytes().unwrap_or(&[]), first, bytes * 8);
        return base64((0..bytes).map(|index| bits.byte(index)), to);
    }
    let is_part = term != whole;
    match (whole.as_shared_bytes(), whole.whole_bytes()) {
        (Some(shared), _) => {
            let (letter, address) = (if is_part { 's' } else { 'c' }, shared.addr());
            visit(whole);
            write!(to, "Y{letter}{address:X}:{:X}:{bytes:X}", first / 8)
        }
        (None, Some(content)) if !is_part => {
            write!(to, "Yh{bytes:X}:")?;
            base64(content.iter().copied(), to)
        }
        _ => {
            visit(whole);
            write!(
                to,
                "Ys{:X}:{:X}:{bytes:X}",
                whole.address().addr(),
                first / 8
            )
        }
    }
}

/// A term in external format.
fn external(view: &View<'_>, term: Term, to: &mut dyn Write) -> fmt::Result {
    let Ok(bytes) = encode(term, view.atoms, view.identity(), EncodeOptions::default()) else {
        return Ok(());
    };
    write!(to, "E{:X}:", bytes.len())?;
    base64(bytes.iter().copied(), to)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    #[test]
    fn bytes_are_written_in_base_64() {
        let cases: [(&[u8], &str); 4] = [
            (b"", ""),
            (b"M", "TQ=="),
            (b"Ma", "TWE="),
            (b"Man\xff", "TWFu/w=="),
        ];
        for (bytes, expected) in cases {
            let mut text = String::new();
            super::base64(bytes.iter().copied(), &mut text).expect("a string takes everything");
            assert_eq!(text, expected);
        }
    }
}
