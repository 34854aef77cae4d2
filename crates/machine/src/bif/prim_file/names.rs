//! The names of files: UTF-8 in the file system, characters in Erlang.

use alloc::string::String;
use alloc::vec::Vec;

use brood_term::{Heap, Term, known};

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

pub(super) fn is_translatable_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let bytes = arguments[0].as_binary().ok_or_else(badarg)?;
    Ok(Term::boolean(core::str::from_utf8(&bytes).is_ok()))
}

pub(super) fn native_name_encoding_0(_: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(known::UTF8)
}
