//! What is said about a wrong pattern: PCRE 8's texts, by PCRE2's numbers.

use alloc::string::String;

use crate::CompileError;
use crate::bindings;

const UNKNOWN_GROUP: i32 = 111;
const MISSING_PARENTHESIS: i32 = 114;
const NO_SUCH_GROUP: i32 = 115;
const CONDITION_EXPECTED: i32 = 128;
const UNKNOWN_CLASS: i32 = 130;
const UNKNOWN_AFTER_P: i32 = 141;
const DUPLICATE_NAME: i32 = 143;
const INVALID_RANGE: i32 = 150;
const NOT_SUPPORTED: i32 = 137;
const UNKNOWN_PROPERTY: i32 = 147;
const NAME_EXPECTED: i32 = 162;
const NO_CHARACTER_IN_CLASS: i32 = 171;

/// Where PCRE 8 says it otherwise than PCRE2.
const TEXTS: [(i32, &str); 54] = [
    (107, "invalid escape sequence in character class"),
    (109, "nothing to repeat"),
    (110, "internal error: unexpected repeat"),
    (111, "unrecognized character after (? or (?-"),
    (112, "POSIX named classes are supported only within a class"),
    (113, "POSIX collating elements are not supported"),
    (114, "missing )"),
    (117, "unknown option bit(s) set"),
    (118, "missing ) after comment"),
    (119, "regular expression is too complicated"),
    (121, "failed to get memory"),
    (122, "unmatched parentheses"),
    (124, "malformed number or name after (?("),
    (125, "lookbehind assertion is not fixed length"),
    (126, "invalid condition (?(0)"),
    (127, "conditional group contains more than two branches"),
    (128, "assertion expected after (?( or (?(?C)"),
    (129, "digit expected after (?+"),
    (134, r"character value in \x{} or \o{} is too large"),
    (135, "regular expression is too complicated"),
    (136, r"\C not allowed in lookbehind assertion"),
    (137, r"PCRE does not support \L, \l, \N{name}, \U, or \u"),
    (138, "number after (?C is > 255"),
    (139, "closing ) for (?C expected"),
    (142, "syntax error in subpattern name (missing terminator)"),
    (143, "two named subpatterns have the same name"),
    (144, "group name must start with a non-digit"),
    (145, r"support for \P, \p, and \X has not been compiled"),
    (147, r"unknown property name after \P or \p"),
    (148, "subpattern name is too long (maximum 32 characters)"),
    (150, "invalid range in character class"),
    (154, "DEFINE group contains more than one branch"),
    (155, r"missing opening brace after \o"),
    (156, "inconsistent NEWLINE options"),
    (158, "(?R or (?[+-]digits must be followed by )"),
    (
        159,
        "an argument is not allowed for (*ACCEPT), (*FAIL), or (*COMMIT)",
    ),
    (161, "number is too big"),
    (163, "digit expected after (?+"),
    (164, r"non-octal character in \o{} (closing brace missing?)"),
    (167, r"non-hex character in \x{} (closing brace missing?)"),
    (168, r"\c must be followed by an ASCII character"),
    (170, "internal error: unknown opcode in find_fixedlength()"),
    (174, "setting UTF is disabled by the application"),
    (
        176,
        "name is too long in (*MARK), (*PRUNE), (*SKIP), or (*THEN)",
    ),
    (177, r"character value in \u.... sequence is too large"),
    (178, r"digits missing in \x{} or \o{}"),
    (184, "regular expression is too complicated"),
    (186, "regular expression is too complicated"),
    (187, "lookbehind assertion is not fixed length"),
    (188, "regular expression is too large"),
    (194, "unrecognized character after (? or (?-"),
    (195, "(*VERB) not recognized or malformed"),
    (197, "number is too big"),
    (200, "lookbehind assertion is not fixed length"),
];

/// The text about the error with this number.
fn text(number: i32) -> String {
    if is_bad_utf(number) {
        return String::from("invalid UTF-8 string");
    }
    if let Some((_, text)) = TEXTS.iter().find(|(known, _)| *known == number) {
        return String::from(*text);
    }
    let mut buffer = [0; 256];
    // SAFETY: the buffer is as long as it is said to be.
    let length =
        unsafe { bindings::pcre2_get_error_message_8(number, buffer.as_mut_ptr(), buffer.len()) };
    let length = usize::try_from(length).unwrap_or(0).min(buffer.len());
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// What PCRE 8 says about an error in `pattern`, and the byte where it says so: it reads some things a little further, and
/// notices some only at the end.
pub fn explain(error: CompileError, pattern: &[u8]) -> (String, usize) {
    let CompileError { number, offset } = error;
    let (before, after) = pattern.split_at(offset.min(pattern.len()));
    let beyond = |belongs: &dyn Fn(u8) -> bool| {
        let length = after.iter().take_while(|byte| belongs(**byte)).count();
        offset + length
    };
    match number {
        MISSING_PARENTHESIS if before.ends_with(b"(?") => (text(UNKNOWN_GROUP), offset),
        MISSING_PARENTHESIS if before.ends_with(b"(?P") => (text(UNKNOWN_AFTER_P), offset),
        NAME_EXPECTED if before.ends_with(b"(?<") => {
            (String::from("unrecognized character after (?<"), offset)
        }
        CONDITION_EXPECTED => (text(number), offset + 1),
        UNKNOWN_CLASS => {
            let name = before.windows(2).rposition(|start| start == b"[:");
            (text(number), name.map_or(offset, |at| at + 2))
        }
        INVALID_RANGE
        | DUPLICATE_NAME
        | NO_CHARACTER_IN_CLASS
        | NOT_SUPPORTED
        | UNKNOWN_PROPERTY => (text(number), offset.saturating_sub(1)),
        NO_SUCH_GROUP if before.ends_with(b"\\g") => {
            let place = match after {
                [b'{', b'-' | b'+', ..] | [b'-' | b'+', ..] => {
                    beyond(&|byte| byte.is_ascii_digit() || b"{-+".contains(&byte))
                }
                _ => pattern.len(),
            };
            (text(number), place)
        }
        NO_SUCH_GROUP if before.ends_with(b"\\") => (text(number), pattern.len()),
        NO_SUCH_GROUP => {
            let place = beyond(&|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            (text(number), place)
        }
        _ => (text(number), offset),
    }
}

fn is_bad_utf(number: i32) -> bool {
    (bindings::ERRORS_OF_UTF.0..=bindings::ERRORS_OF_UTF.1).contains(&number)
}
