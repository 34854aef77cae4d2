//! The command line of `escript`, as arguments of `erl`.
//!
//! The work is OTP's own: `escript:start/0` reads the script, be it source, compiled, or an archive.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The longest line that arguments are looked for in, in bytes.
const LINE_MAX: u64 = 1023;

/// A script to run.
#[derive(Debug, PartialEq, Eq)]
pub struct Script {
    /// Its file, as it was named.
    pub file: PathBuf,
    /// The arguments of `erl`.
    pub arguments: Vec<OsString>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoScript {
    /// None was named.
    #[error("escript: Missing filename")]
    Missing,
    /// It can't be read.
    #[error("escript: Failed to open file: {}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Understands the words behind `escript`: options, the script's file, its arguments.
pub fn understand(words: &[OsString]) -> Result<Script, NoScript> {
    let is_option = |word: &&OsString| word.as_bytes().starts_with(b"-");
    let options: Vec<_> = words.iter().take_while(is_option).collect();
    let (name, script_arguments) = words[options.len()..]
        .split_first()
        .ok_or(NoScript::Missing)?;
    let file = PathBuf::from(name);
    let line = arguments_line(&file).map_err(|error| NoScript::Unreadable {
        file: file.clone(),
        error,
    })?;
    let mut arguments: Vec<OsString> = ["+B", "-boot", "no_dot_erlang", "-noshell"]
        .map(OsString::from)
        .into();
    arguments.extend(
        line.split(|&byte| byte == b' ')
            .filter(|word| !word.is_empty())
            .map(|word| OsString::from_vec(word.to_vec())),
    );
    arguments.extend(["-run", "escript", "start"].map(OsString::from));
    let without_hyphen = |word: &OsString| OsString::from_vec(word.as_bytes()[1..].to_vec());
    arguments.extend(options.into_iter().map(without_hyphen));
    arguments.extend(["-extra".into(), name.clone()]);
    arguments.extend_from_slice(script_arguments);
    Ok(Script { file, arguments })
}

/// What follows `%%!` in the second or third line of a script.
fn arguments_line(file: &std::path::Path) -> std::io::Result<Vec<u8>> {
    let mut reader = BufReader::new(File::open(file)?);
    for number in 1..=3 {
        let mut line = Vec::new();
        reader
            .by_ref()
            .take(LINE_MAX)
            .read_until(b'\n', &mut line)?;
        let found = line.strip_prefix(b"%%!").filter(|_| number > 1);
        if let Some(found) = found {
            let end = found.iter().position(|&byte| byte == b'\n');
            return Ok(found[..end.unwrap_or(found.len())].to_vec());
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str, words: &str) -> (tempfile::TempDir, Result<Vec<String>, NoScript>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("script");
        std::fs::write(&path, text).unwrap();
        let words: Vec<OsString> = words
            .replace("FILE", path.to_str().unwrap())
            .split_whitespace()
            .map(OsString::from)
            .collect();
        let made = understand(&words).map(|script| {
            let replaced = |word: OsString| {
                let word = word.into_string().unwrap();
                word.replace(path.to_str().unwrap(), "FILE")
            };
            script.arguments.into_iter().map(replaced).collect()
        });
        (directory, made)
    }

    #[test]
    fn arguments_in_the_first_lines() {
        for (text, line) in [
            (
                "#!/usr/bin/env escript\n%%! -smp  auto -a b\nmain(_) -> ok.\n",
                "-smp auto -a b ",
            ),
            ("#!x\n%% -*- erlang -*-\n%%! -pa lib\n", "-pa lib "),
            ("#!x\n%%\n%%\n%%! -pa lib\n", ""),
            ("%%! -pa lib\n", ""),
            ("#!x\n%%! -last", "-last "),
        ] {
            let (_directory, made) = script(text, "-c -x FILE one -two");
            let expected = format!(
                "+B -boot no_dot_erlang -noshell {line}-run escript start c x -extra FILE one -two"
            );
            assert_eq!(made.unwrap().join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn no_script() {
        let (_directory, made) = script("", "-c -x");
        assert!(matches!(made, Err(NoScript::Missing)), "{made:?}");
        let (_directory, made) = script("", "FILE.not");
        assert!(matches!(made, Err(NoScript::Unreadable { .. })), "{made:?}");
    }
}
