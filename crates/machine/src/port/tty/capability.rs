//! What terminals can do. Every terminal of today takes the control sequences of ECMA-48 (which is what `xterm`, `vt100`,
//! `linux`, `screen` and all their relatives are), so there is no data base of terminals here: a terminal has these
//! capabilities, or says that it is none of that kind.

use alloc::vec::Vec;

use crate::bif::environment::Environment;
use crate::platform::Terminal;

/// Columns of a window whose size is not known.
pub const DEFAULT_COLUMNS: u16 = 80;
/// Rows of one.
pub const DEFAULT_ROWS: u16 = 24;

/// Moves the cursor up, down, left and right by one.
pub const UP: &[u8] = b"\x1b[A";
/// See [`UP`].
pub const DOWN: &[u8] = b"\n";
/// See [`UP`].
pub const LEFT: &[u8] = b"\x08";
/// See [`UP`].
pub const RIGHT: &[u8] = b"\x1b[C";

/// The capabilities that are text, by the names of termcap and of terminfo.
const TEXTS: [(&str, &str, &[u8]); 11] = [
    ("up", "cuu1", UP),
    ("do", "cud1", DOWN),
    ("le", "cub1", LEFT),
    ("nd", "cuf1", RIGHT),
    ("cl", "clear", b"\x1b[H\x1b[2J"),
    ("cd", "ed", b"\x1b[J"),
    ("ta", "ht", b"\t"),
    ("IC", "ich", b"\x1b[%p1%d@"),
    ("DC", "dch", b"\x1b[%p1%dP"),
    ("u6", "u6", b"\x1b[%i%d;%dR"),
    ("u7", "u7", b"\x1b[6n"),
];

/// The capabilities that it has: a cursor that stays behind the last column until more is written, and moves left by
/// a backspace.
const FLAGS: [(&str, &str); 3] = [("xn", "xenl"), ("bs", "OTbs"), ("am", "am")];

/// Values of `TERM` of terminals that can't move their cursor.
const DUMB: [&str; 5] = ["", "dumb", "emacs", "unknown", "network"];

/// Whether a terminal of this type, the value of `TERM`, has the capabilities.
pub fn is_known(kind: Option<&str>) -> bool {
    kind.is_some_and(|kind| !DUMB.contains(&kind) && !kind.starts_with("dumb-"))
}

/// The capability of this name that is text. As in termcap, two letters of the name count.
pub fn text(name: &str) -> Option<&'static [u8]> {
    let line = TEXTS.iter().find(|(code, full, _)| names(code, full, name));
    line.map(|(_, _, text)| *text)
}

/// Whether there is the capability of this name.
pub fn flag(name: &str) -> bool {
    FLAGS.iter().any(|(code, full)| names(code, full, name))
}

/// The capability of this name that is a number.
pub fn number(name: &str, terminal: Terminal) -> Option<u16> {
    match name {
        "co" | "cols" => Some(size(terminal).0),
        "li" | "lines" => Some(size(terminal).1),
        _ => None,
    }
}

fn names(code: &str, full: &str, name: &str) -> bool {
    full == name || name.get(..2).unwrap_or(name) == code
}

/// Columns and rows of a terminal's window.
pub fn size(terminal: Terminal) -> (u16, u16) {
    let or = |size: u16, default| if size == 0 { default } else { size };
    (
        or(terminal.columns, DEFAULT_COLUMNS),
        or(terminal.rows, DEFAULT_ROWS),
    )
}

/// A capability with parameters put in, as `tparm` does: `%i` counts from one, `%pN` takes a parameter, `%d` puts it
/// out. `None` where more is asked for.
pub fn expand(text: &[u8], mut parameters: [i64; 2]) -> Option<Vec<u8>> {
    let mut expanded = Vec::new();
    let mut taken = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'%' => match *bytes.next()? {
                b'%' => expanded.push(b'%'),
                b'i' => parameters = parameters.map(|parameter| parameter.saturating_add(1)),
                b'p' => {
                    let number = usize::from(bytes.next()?.checked_sub(b'1')?);
                    taken.push(*parameters.get(number)?);
                }
                b'd' => expanded.extend_from_slice(alloc::format!("{}", taken.pop()?).as_bytes()),
                _ => return None,
            },
            byte => expanded.push(byte),
        }
    }
    Some(expanded)
}

/// Whether the locale that the environment names has UTF-8.
pub fn is_utf8(environment: &Environment) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| environment.get(name))
        .find(|value| !value.is_empty());
    named.is_some_and(|locale| {
        let mut codeset = locale
            .split('@')
            .next()
            .into_iter()
            .flat_map(|locale| locale.split('.').nth(1));
        codeset.any(|codeset| {
            codeset.eq_ignore_ascii_case("UTF-8") || codeset.eq_ignore_ascii_case("UTF8")
        })
    })
}

/// How many columns a character takes; `None` for one that is not printed.
pub fn width(character: u32) -> Option<usize> {
    unicode_width::UnicodeWidthChar::width(char::from_u32(character)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_have_two_names() {
        assert_eq!(text("clear"), text("cl"));
        assert_eq!(text("up"), Some(UP));
        assert_eq!(text("cuu1"), Some(UP));
        assert_eq!(text("bc"), None);
        assert!(flag("xn") && flag("xenl") && !flag("os"));
        assert!(is_known(Some("xterm-256color")));
        assert!(!is_known(Some("dumb")) && !is_known(None));
    }

    #[test]
    fn parameters_are_put_in() {
        assert_eq!(expand(b"\x1b[%p1%d@", [7, 0]).unwrap(), b"\x1b[7@");
        assert_eq!(
            expand(b"\x1b[%i%p2%d;%p1%dH", [0, 4]).unwrap(),
            b"\x1b[5;1H"
        );
        assert_eq!(expand(b"%p9%d", [0, 0]), None);
        assert_eq!(expand(b"%", [0, 0]), None);
    }

    #[test]
    fn the_locale_is_the_first_that_is_set() {
        let mut environment = Environment::default();
        assert!(!is_utf8(&environment));
        environment.set(b"LANG", b"C.UTF-8");
        assert!(is_utf8(&environment));
        environment.set(b"LC_ALL", b"C");
        assert!(!is_utf8(&environment));
        environment.set(b"LC_ALL", b"de_DE.utf8@euro");
        assert!(is_utf8(&environment));
    }

    #[test]
    fn characters_have_widths() {
        let widths = ['a', '\u{4e2d}', '\u{301}', '\u{1f600}'].map(|c| width(c as u32));
        assert_eq!(widths, [Some(1), Some(2), Some(0), Some(2)]);
        assert_eq!([7, 0x7f, 0xd800].map(width), [None; 3]);
    }
}
