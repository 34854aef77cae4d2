//! PCRE 8's dialect, written for PCRE2.
//!
//! Some things mean something else in PCRE2, and are rewritten:
//!
//! * A call of a group as a subroutine, `(?1)`, `(?R)`, `(?&name)`, `(?P>name)`, `\g<1>`: in PCRE 8 it isn't entered again
//!   to look for another match. It becomes an atomic group around the call.
//! * `{,3}` and `{1, 3}`, which are quantifiers in PCRE2 only: the brace gets a backslash.
//! * A hyphen behind a set of characters, `[\d-z]`, which is an error in PCRE2, stands for itself: it gets a backslash.
//! * A letter without a meaning behind a backslash stands for itself: it loses the backslash. In classes this goes for most
//!   letters.
//! * `\8` and `\9` are digits as long as there are not so many groups.
//! * `\p{Lu}` and the like tell the cases apart even if the pattern doesn't (but within classes they don't).
//! * `\c` may be followed by any ASCII character.
//! * `\x` without a number is the character 0.
//! * `(*UTF8)` at the start, which PCRE2 calls `(*UTF)`.
//!
//! The rewriting knows just enough of the syntax to tell these from what looks like them: in classes, in comments, and
//! where they are quoted.

use alloc::vec::Vec;

const ATOMIC: &[u8] = b"(?>";

/// Letters that mean nothing behind a backslash.
const PLAIN: &[u8] = b"FIJMOTYijmqy";

/// Letters that mean nothing behind a backslash in a class.
const PLAIN_IN_CLASS: &[u8] = b"ABCFGIJKMORTXYZgijkmqyz";

/// A pattern as PCRE2 is to read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Translation {
    /// The pattern.
    pub text: Vec<u8>,
    /// Where it was changed: from this byte of the text on, a byte is that much further on than it was.
    shifts: Vec<(usize, isize)>,
}

impl Translation {
    /// Rewrites a pattern, which has comments if it is `extended`.
    pub fn new(pattern: &[u8], extended: bool) -> Translation {
        let mut translator = Translator {
            rest: pattern,
            extended: Vec::from([extended]),
            captures: 0,
            result: Translation {
                text: Vec::with_capacity(pattern.len()),
                shifts: Vec::new(),
            },
        };
        translator.start();
        while !translator.rest.is_empty() {
            translator.step();
        }
        translator.result
    }

    /// Where the byte at `offset` of the text is in the original.
    pub fn original_offset(&self, offset: usize) -> usize {
        let passed = self.shifts.iter().take_while(|(from, _)| *from <= offset);
        let shift = passed.last().map_or(0, |(_, shift)| *shift);
        offset.saturating_add_signed(-shift)
    }
}

struct Translator<'a> {
    rest: &'a [u8],
    /// Whether white space and comments are skipped, for each open parenthesis.
    extended: Vec<bool>,
    /// How many groups that capture have begun.
    captures: usize,
    result: Translation,
}

impl Translator<'_> {
    /// Takes over so many bytes.
    fn copy(&mut self, count: usize) {
        let (copied, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.result.text.extend_from_slice(copied);
        self.rest = rest;
    }

    /// Takes over everything up to the end of the first `end`.
    fn copy_through(&mut self, end: &[u8]) {
        let found = self.rest.windows(end.len()).position(|part| part == end);
        self.copy(found.map_or(self.rest.len(), |at| at + end.len()));
    }

    fn shift(&mut self, by: isize) {
        let shift = self.result.shifts.last().map_or(0, |(_, shift)| *shift);
        self.result
            .shifts
            .push((self.result.text.len(), shift + by));
    }

    fn insert(&mut self, bytes: &[u8]) {
        self.result.text.extend_from_slice(bytes);
        self.shift(bytes.len() as isize);
    }

    /// Leaves a byte out.
    fn skip(&mut self) {
        self.rest = &self.rest[1..];
        self.shift(-1);
    }

    /// Takes over `\c` and a character, one that doesn't print as the number of what both mean.
    fn control(&mut self, byte: u8) {
        if !byte.is_ascii_control() {
            return self.copy(3);
        }
        let code = byte ^ 0x40;
        let number = alloc::format!("\\x{code:02x}");
        self.result.text.extend_from_slice(number.as_bytes());
        self.rest = &self.rest[3..];
        self.shift(1);
    }

    /// Takes over `\x`, which without a number is the character 0.
    fn copy_as_nul(&mut self) {
        self.copy(2);
        self.insert(b"00");
    }

    /// Takes over so many bytes, as an atomic group.
    fn copy_atomic(&mut self, count: usize) {
        self.insert(ATOMIC);
        self.copy(count);
        self.insert(b")");
    }

    /// What a pattern may say about itself before it starts.
    fn start(&mut self) {
        while let Some(name) = self.rest.strip_prefix(b"(*") {
            let length = name
                .iter()
                .take_while(|byte| byte.is_ascii_uppercase() || b"0123456789_=".contains(byte))
                .count();
            if name.get(length) != Some(&b')') {
                return;
            }
            if &name[..length] == b"UTF8" {
                self.copy(2 + 3);
                self.skip();
                self.copy(1);
            } else {
                self.copy(2 + length + 1);
            }
        }
    }

    fn step(&mut self) {
        let extended = self.extended.last().copied().unwrap_or(false);
        match self.rest {
            [b'\\', ..] => self.escape(),
            [b'[', ..] => self.class(),
            [b'(', b'?', b'#', ..] => self.copy_through(b")"),
            [b'(', b'?', after @ ..] => match subroutine(after) {
                Some(length) => self.copy_atomic(2 + length),
                None => self.group(),
            },
            [b'(', b'*', ..] => self.copy_through(b")"),
            [b'(', ..] => {
                self.extended.push(extended);
                self.captures += 1;
                self.copy(1);
            }
            [b')', ..] => {
                if self.extended.len() > 1 {
                    self.extended.pop();
                }
                self.copy(1);
            }
            [b'#', ..] if extended => self.copy_through(b"\n"),
            [b'{', after @ ..] => {
                if is_quantifier_of_pcre2_only(after) {
                    self.insert(b"\\");
                }
                self.copy(1);
            }
            _ => self.copy(1),
        }
    }

    /// Whether more groups than have begun are meant by the number behind a backslash.
    fn is_beyond_captures(&self) -> bool {
        let digits = self.rest[1..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let number = digits.fold(0usize, |number, digit| {
            number
                .saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'))
        });
        number > self.captures
    }

    /// A backslash and what it quotes.
    fn escape(&mut self) {
        match self.rest {
            [_, b'Q', ..] => self.copy_through(b"\\E"),
            [_, b'c', byte, ..] => self.control(*byte),
            [_, b'p' | b'P', name @ ..] if is_of_case(name) => {
                self.insert(b"(?-i:");
                self.copy_through(b"}");
                self.insert(b")");
            }
            [_, name, ..] if PLAIN.contains(name) => self.skip(),
            [_, b'8' | b'9', ..] if self.is_beyond_captures() => self.skip(),
            [_, b'g', open @ (b'<' | b'\''), name @ ..] => {
                let close = if *open == b'<' { b'>' } else { b'\'' };
                match name.iter().position(|byte| *byte == close) {
                    Some(length) => self.copy_atomic(3 + length + 1),
                    None => self.copy(3),
                }
            }
            [_, b'x', after @ ..] if !starts_number(after) => self.copy_as_nul(),
            [_, b'x' | b'o' | b'p' | b'P' | b'g' | b'k' | b'N', b'{', ..] => {
                self.copy_through(b"}")
            }
            _ => self.copy(2),
        }
    }

    /// A class of characters.
    fn class(&mut self) {
        self.copy(1);
        if self.rest.first() == Some(&b'^') {
            self.copy(1);
        }
        if self.rest.first() == Some(&b']') {
            self.copy(1);
        }
        loop {
            match self.rest {
                [] => return,
                [b']', ..] => return self.copy(1),
                [b'\\', b'Q', ..] => self.copy_through(b"\\E"),
                [b'\\', ..] => self.escape_in_class(),
                [b'[', kind @ (b':' | b'.' | b'='), name @ ..] => {
                    let length = name
                        .iter()
                        .take_while(|byte| byte.is_ascii_lowercase() || **byte == b'^')
                        .count();
                    if name[length..].starts_with(&[*kind, b']']) {
                        self.copy(2 + length + 2);
                        self.end_of_set();
                    } else {
                        self.copy(1);
                    }
                }
                _ => self.copy(1),
            }
        }
    }

    /// A backslash in a class, and what it quotes.
    fn escape_in_class(&mut self) {
        let is_set = self
            .rest
            .get(1)
            .is_some_and(|name| b"dDhHsSvVwW".contains(name));
        match self.rest {
            [_, b'x', after @ ..] if !starts_number(after) => return self.copy_as_nul(),
            [_, b'c', byte, ..] => return self.control(*byte),
            [_, name, ..] if PLAIN_IN_CLASS.contains(name) => return self.skip(),
            [_, b'p' | b'P', b'{', ..] => self.copy_through(b"}"),
            [_, b'p' | b'P', _, ..] => self.copy(3),
            _ => {
                self.copy(2);
                if !is_set {
                    return;
                }
            }
        }
        self.end_of_set();
    }

    /// Behind a set of characters within a class: no range begins here.
    fn end_of_set(&mut self) {
        while self.rest.starts_with(b"\\E") {
            self.copy(2);
        }
        if self.rest.first() == Some(&b'-') {
            self.insert(b"\\");
            self.copy(1);
        }
    }

    /// What begins with `(?` and isn't a call: a group, or options.
    fn group(&mut self) {
        let options = &self.rest[2..];
        self.captures += usize::from(is_named_group(options));
        let length = options
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-')
            .count();
        let outer = self.extended.last().copied().unwrap_or(false);
        let (on, off) = match options[..length].iter().position(|byte| *byte == b'-') {
            Some(at) => (&options[..at], &options[at..length]),
            None => (&options[..length], &options[..0]),
        };
        let inner = (outer || on.contains(&b'x')) && !off.contains(&b'x');
        match options.get(length) {
            // From here to the end of the group around.
            Some(b')') => {
                if let Some(current) = self.extended.last_mut() {
                    *current = inner;
                }
                self.copy(2 + length + 1);
            }
            Some(b':') => {
                self.extended.push(inner);
                self.copy(2 + length + 1);
            }
            _ => {
                self.extended.push(outer);
                self.copy(2);
            }
        }
    }
}

/// How long a subroutine's name and the parenthesis after it are, if these bytes follow `(?` and begin with them.
fn subroutine(after: &[u8]) -> Option<usize> {
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let run = |from: usize, of: &dyn Fn(&u8) -> bool| {
        let length = after
            .get(from..)?
            .iter()
            .take_while(|byte| of(byte))
            .count();
        (length > 0).then_some(from + length)
    };
    let digits = |from| run(from, &|byte: &u8| byte.is_ascii_digit());
    let end = match after {
        [b'R', ..] => Some(1),
        [b'&', ..] => run(1, &name),
        [b'P', b'>', ..] => run(2, &name),
        [b'+' | b'-', ..] => digits(1),
        _ => digits(0),
    }?;
    (after.get(end) == Some(&b')')).then_some(end + 1)
}

/// Whether a number in base 16 follows `\x`, perhaps in braces.
fn starts_number(after: &[u8]) -> bool {
    matches!(after, [b'{', ..]) || after.first().is_some_and(u8::is_ascii_hexdigit)
}

/// Whether a group with a name begins with `(?` and this.
fn is_named_group(after: &[u8]) -> bool {
    match after {
        [b'<', next, ..] => !b"=!".contains(next),
        _ => after.starts_with(b"'") || after.starts_with(b"P<"),
    }
}

/// Whether a property of letters of one case follows `\p`.
fn is_of_case(name: &[u8]) -> bool {
    [b"{Lu}", b"{Ll}", b"{Lt}"]
        .iter()
        .any(|case| name.starts_with(*case))
}

/// Whether what follows a brace makes a quantifier in PCRE2 but not in PCRE 8, where the least number must be there and
/// spaces must not.
fn is_quantifier_of_pcre2_only(after: &[u8]) -> bool {
    let Some(end) = after.iter().position(|byte| *byte == b'}') else {
        return false;
    };
    let body = &after[..end];
    let belongs = |byte: &u8| byte.is_ascii_digit() || b", \t".contains(byte);
    let has_digit = body.iter().any(u8::is_ascii_digit);
    has_digit
        && body.iter().all(belongs)
        && (!body[0].is_ascii_digit() || body.contains(&b' ') || body.contains(&b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pattern: &str) -> alloc::string::String {
        let text = Translation::new(pattern.as_bytes(), false).text;
        alloc::string::String::from_utf8(text).unwrap()
    }

    #[test]
    fn subroutines_become_atomic() {
        assert_eq!(translated("a(?1)(b)"), "a(?>(?1))(b)");
        assert_eq!(
            translated(r"(?R)\g<n>(?&n)(?P>n)"),
            r"(?>(?R))(?>\g<n>)(?>(?&n))(?>(?P>n))"
        );
        assert_eq!(
            translated("(?-i)(?+1)(?:x)(?P<n>y)"),
            "(?-i)(?>(?+1))(?:x)(?P<n>y)"
        );
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for pattern in [
            r"[(?1)]",
            r"\(?1)",
            r"\Q(?1)\E",
            "(?#(?1)x",
            "[]{,2}]",
            r"\x{,2}",
            "a{1,2}",
            "a{2}",
        ] {
            assert_eq!(translated(pattern), pattern);
        }
        assert_eq!(translated("(?x)a # (?1)\n(?1)"), "(?x)a # (?1)\n(?>(?1))");
        assert_eq!(translated("((?x)a)#(?1)"), "((?x)a)#(?>(?1))");
    }

    #[test]
    fn braces_and_verbs() {
        assert_eq!(translated("a{,3}b{1, 2}"), r"a\{,3}b\{1, 2}");
        assert_eq!(translated("(*UTF8)(*CRLF)a"), "(*UTF)(*CRLF)a");
        assert_eq!(translated(r"\8B\9(a)\1"), r"8B9(a)\1");
        assert_eq!(translated("\\c\u{7f}a\\cA"), r"\x3fa\cA");
        assert_eq!(translated(r"\c[(?1)[\c]]"), r"\c[(?>(?1))[\c]]");
        assert_eq!(translated(r"a\p{Lu}+"), r"a(?-i:\p{Lu})+");
        assert_eq!(translated(r"\xZ[\x]\x4"), r"\x00Z[\x00]\x4");
        assert_eq!(translated(r"\j[\z\C\R-z\d]\z"), r"j[zCR-z\d]\z");
        assert_eq!(
            translated(r"[\d-z][[:alpha:]-z][\p{Lu}-]"),
            r"[\d\-z][[:alpha:]\-z][\p{Lu}\-]"
        );
    }

    #[test]
    fn offsets_are_those_of_the_original() {
        let translation = Translation::new(b"(*UTF8)a(?1)b", false);
        assert_eq!(translation.text, b"(*UTF)a(?>(?1))b");
        assert_eq!(translation.original_offset(2), 2);
        assert_eq!(translation.original_offset(6), 7);
        assert_eq!(translation.original_offset(15), 12);
    }
}
