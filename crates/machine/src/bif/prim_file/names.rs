//! The names of files: UTF-8 in the file system, characters in Erlang.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Term, known};
use unicode_normalization::char::{canonical_combining_class, compose};

use super::BifResult;
use crate::context::Context;
use crate::exception::badarg;

/// A name, a binary or a list of characters (deep), as a binary that ends in a zero byte.
pub(super) fn name2native_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let mut bytes: Vec<u8> = match arguments[0].as_binary() {
        Some(bytes) => bytes.into_owned(),
        None => {
            let mut text = String::new();
            let mut pending = Vec::from([arguments[0]]);
            while let Some(term) = pending.pop() {
                if let Some((head, tail)) = term.as_cons() {
                    pending.extend([tail, head]);
                } else if !term.is_nil() {
                    let point = term.as_small().and_then(|value| u32::try_from(value).ok());
                    text.push(point.and_then(char::from_u32).ok_or_else(badarg)?);
                }
            }
            text.into_bytes()
        }
    };
    if bytes.contains(&0) {
        return Err(badarg());
    }
    bytes.push(0);
    Ok(context.heap().binary(&bytes))
}

/// The characters of a native name; `{error, warning}` for one that is not UTF-8.
pub(super) fn native2name_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    match core::str::from_utf8(&bytes) {
        Ok(text) => Ok(context.heap().string(text)),
        Err(_) => {
            let warning = context.machine.atom("warning");
            Ok(context.heap().tuple(&[known::ERROR, warning]))
        }
    }
}

/// The characters of a binary, letters and the marks on them composed.
pub(super) fn normalize_utf8_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    let text = core::str::from_utf8(&bytes).map_err(|_| badarg())?;
    Ok(context.heap().string(&composed(text)))
}

/// The text with each letter and the marks behind it as one character, where there is one for them.
fn composed(text: &str) -> String {
    let mut characters: Vec<char> = Vec::with_capacity(text.len());
    // Where the letter is that marks belong to, and the class of the last mark that could not be composed.
    let (mut letter, mut last_class) = (None, 0);
    for character in text.chars() {
        let class = canonical_combining_class(character);
        if let Some(position) = letter
            && (last_class == 0 || last_class < class)
            && let Some(both) = compose(characters[position], character)
        {
            characters[position] = both;
            continue;
        }
        if class == 0 {
            letter = Some(characters.len());
        }
        last_class = class;
        characters.push(character);
    }
    characters.into_iter().collect()
}

pub(super) fn is_translatable_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    Ok(Term::boolean(core::str::from_utf8(&bytes).is_ok()))
}

pub(super) fn native_name_encoding_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::UTF8)
}

#[cfg(test)]
mod tests {
    use super::composed;

    #[test]
    fn letters_and_marks_are_composed() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("e\u{301}a\u{30a}", "\u{e9}\u{e5}"),
            ("\u{301}e", "\u{301}e"),
            // A mark of a lower class does not stand between a letter and one of a higher.
            ("a\u{323}\u{302}", "\u{1ead}"),
            ("q\u{323}\u{301}", "q\u{323}\u{301}"),
            ("\u{1100}\u{1161}\u{11a8}", "\u{ac01}"),
        ] {
            assert_eq!(composed(text), expected, "{text}");
        }
    }
}
