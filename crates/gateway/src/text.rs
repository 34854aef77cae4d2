//! What instances print, made harmless.

/// Text of any bytes that can be shown on a terminal or in a log: invalid UTF-8 and control
/// characters (other than line feed and tab) become visible escapes, so that nothing an instance
/// prints can move the cursor, colour the log or forge another entry.
pub fn harmless(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() && character != '\n' && character != '\t' {
                text.extend(character.escape_unicode());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_characters_stay() {
        assert_eq!(harmless("žluť\n\tok".as_bytes()), "žluť\n\tok");
        assert_eq!(harmless(b"a\x1b[2Jb\r\x00"), "a\\u{1b}[2Jb\\u{d}\\u{0}");
        assert_eq!(harmless(b"\xff\xfe!"), "\\xff\\xfe!");
        assert_eq!(harmless("\u{9b}31m".as_bytes()), "\\u{9b}31m");
    }
}
