//! Atoms to and from text.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::atom::{AtomError, MAX_ATOM_CHARACTERS};
use brood_term::{Heap, Term};

use super::text::list_text;
use super::{BifResult, Entry, entry};
use crate::Halt;
use crate::context::Context;
use crate::exception::{Control, badarg, system_limit};

pub(super) const TABLE: &[Entry] = &[
    entry("erlang", "atom_to_list", 1, atom_to_list),
    entry("erlang", "atom_to_binary", 2, atom_to_binary),
    entry("erlang", "list_to_atom", 1, list_to_atom),
    entry("erlang", "list_to_existing_atom", 1, list_to_existing_atom),
    entry("erlang", "binary_to_atom", 2, binary_to_atom),
    entry(
        "erlang",
        "binary_to_existing_atom",
        2,
        binary_to_existing_atom,
    ),
];

impl Context<'_> {
    /// The atom with this text, made if it isn't there yet.
    ///
    /// # Errors
    ///
    /// `system_limit` when the text is too long. A full table ends the machine, as it does OTP's.
    pub fn intern(&mut self, text: &str) -> BifResult {
        self.machine
            .atoms
            .intern(text)
            .map_err(|error| match error {
                AtomError::TooLong => system_limit(),
                AtomError::TableFull(_) => self.atoms_ran_out(error),
            })
    }

    /// Ends the machine, whose table of atoms is full.
    pub(super) fn atoms_ran_out(&mut self, error: AtomError) -> Control {
        self.machine.halt = Some(Halt::Slogan(alloc::format!("{error}")));
        Control::Halt
    }
}

/// How the text of an atom is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    /// Latin-1.
    Latin1,
    /// UTF-8.
    Utf8,
}

/// The encoding that an atom names.
pub(super) fn encoding(context: &Context<'_>, name: Term) -> Result<Encoding, Control> {
    match context.machine.atoms.name(name) {
        Some("latin1") => Ok(Encoding::Latin1),
        Some("utf8" | "unicode") => Ok(Encoding::Utf8),
        _ => Err(badarg()),
    }
}

fn text(context: &Context<'_>, atom: Term) -> Result<&'static str, Control> {
    context.machine.atoms.name(atom).ok_or_else(badarg)
}

fn atom_to_list(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = text(context, arguments[0])?;
    Ok(context.heap().string(text))
}

fn atom_to_binary(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = text(context, arguments[0])?;
    match encoding(context, arguments[1])? {
        Encoding::Utf8 => Ok(context.heap().binary(text.as_bytes())),
        Encoding::Latin1 => {
            let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
            let bytes = bytes.map_err(|_| badarg())?;
            Ok(context.heap().binary(&bytes))
        }
    }
}

/// What comes after the most characters that an atom can have is not looked at.
fn list_to_atom(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let is_character = |element: Term| {
        let code = element.as_small().and_then(|code| u32::try_from(code).ok());
        code.and_then(char::from_u32).is_some()
    };
    let mut list = arguments[0].list();
    if list.by_ref().take(MAX_ATOM_CHARACTERS).all(is_character) && list.tail().is_cons() {
        return Err(system_limit());
    }
    let text = list_text(arguments[0])?;
    context.intern(&text)
}

fn list_to_existing_atom(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = list_text(arguments[0])?;
    context.machine.atoms.existing(&text).ok_or_else(badarg)
}

/// The text of a binary. What is wrong behind the most characters that an atom can have raises `too_long`.
fn binary_text(
    context: &Context<'_>,
    arguments: &[Term],
    too_long: Control,
) -> Result<String, Control> {
    let encoding = encoding(context, arguments[1])?;
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    match encoding {
        Encoding::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Encoding::Utf8 => {
            core::str::from_utf8(&bytes)
                .map(String::from)
                .map_err(
                    |error| match bytes[..error.valid_up_to()].utf8_chunks().next() {
                        Some(text) if text.valid().chars().count() > MAX_ATOM_CHARACTERS => {
                            too_long
                        }
                        _ => badarg(),
                    },
                )
        }
    }
}

fn binary_to_atom(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = binary_text(context, arguments, system_limit())?;
    context.intern(&text)
}

fn binary_to_existing_atom(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let text = binary_text(context, arguments, badarg())?;
    context.machine.atoms.existing(&text).ok_or_else(badarg)
}
