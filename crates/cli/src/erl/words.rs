//! Words of a line: how `erl` splits what environment variables and arguments files hold.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// What stands between words.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// The words of `text`: quotes of both kinds group, a backslash outside of them takes the next
/// byte as it is, and with `comments` a `#` outside of them starts one, up to the end of its line.
pub fn split(text: &[u8], comments: bool) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(&first) = bytes.peek() {
        if is_space(first) {
            bytes.next();
        } else if comments && first == b'#' {
            while bytes.next_if(|&byte| byte != b'\n').is_some() {}
        } else {
            words.push(OsString::from_vec(word(&mut bytes, comments)));
        }
    }
    words
}

/// One word, from its first byte.
fn word(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>, comments: bool) -> Vec<u8> {
    let mut word = Vec::new();
    let ends = |byte: u8| is_space(byte) || comments && byte == b'#';
    while let Some(byte) = bytes.next_if(|&byte| !ends(byte)) {
        match byte {
            b'"' | b'\'' => word.extend(bytes.by_ref().take_while(|&inner| inner != byte)),
            b'\\' => word.extend(bytes.next()),
            byte => word.push(byte),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_text(text: &str, comments: bool) -> Vec<String> {
        split(text.as_bytes(), comments)
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect()
    }

    #[test]
    fn words_and_quotes() {
        for (text, words) in [
            ("", vec![]),
            (" \t\n", vec![]),
            ("one two\n three", vec!["one", "two", "three"]),
            ("'one two' \"it's\"", vec!["one two", "it's"]),
            ("a'b c'd", vec!["ab cd"]),
            (r"one\ two \'", vec!["one two", "'"]),
            (r"'a\b'", vec![r"a\b"]),
            ("'' x", vec!["", "x"]),
            ("'never closed", vec!["never closed"]),
        ] {
            assert_eq!(split_text(text, false), words, "{text:?}");
        }
    }

    #[test]
    fn comments_only_where_they_are_allowed() {
        let text = "-a # says a\n-b#c x\n'd#e'\n#";
        assert_eq!(split_text(text, true), ["-a", "-b", "d#e"]);
        assert_eq!(
            split_text(text, false),
            ["-a", "#", "says", "a", "-b#c", "x", "d#e", "#"]
        );
    }
}
