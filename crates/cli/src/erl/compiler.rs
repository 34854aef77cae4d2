//! The command line of `erlc`, as arguments of `erl`.
//!
//! The work is OTP's own: `erl_compile:compile_cmdline/0` chooses a compiler for each file.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What `erl` starts with, before the options for it and behind them.
const BEFORE: [&str; 5] = ["-noinput", "-mode", "minimal", "-boot", "no_dot_erlang"];
const BEHIND: [&str; 4] = ["-s", "erl_compile", "compile_cmdline", "-extra"];

/// A compilation.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compilation {
    /// The arguments of `erl`.
    pub arguments: Vec<OsString>,
    /// Directories that are written to: those of sources, and where the output goes.
    pub written: Vec<PathBuf>,
    /// Directories that are only read: those of header files.
    pub read: Vec<PathBuf>,
}

/// Why `erlc` does nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("erlc: No value given to -{0} option")]
pub struct NoValue(char);

/// Understands the words behind `erlc`.
pub fn understand(words: &[OsString]) -> Result<Compilation, NoValue> {
    let mut made = Compilation::default();
    let mut paths: Vec<OsString> = Vec::new();
    let mut passed: Vec<OsString> = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_bytes() {
            // How compilers are kept running between calls: here none is.
            b"-server" | b"-no-server" | b"-d" => {}
            [b'-', b'p', kind @ (b'a' | b'z'), attached @ ..] => {
                let value = match attached {
                    [] => words
                        .next()
                        .filter(|value| !value.as_bytes().starts_with(b"-"))
                        .cloned()
                        .ok_or(NoValue('p'))?,
                    attached => OsString::from_vec(attached.to_vec()),
                };
                let flag = OsString::from_vec(vec![b'-', b'p', *kind]);
                // The last one comes first, as each goes before those that are there.
                paths.splice(0..0, [flag, value]);
            }
            b"-smp" => {}
            [b'-', kind @ (b'o' | b'I'), attached @ ..] => {
                let next = words.as_slice().first();
                let directory = match attached {
                    [] => next.map(OsString::as_os_str),
                    attached => Some(OsStr::from_bytes(attached)),
                };
                if let Some(directory) = directory {
                    made.names(*kind, Path::new(directory));
                }
                passed.push(word.clone());
                if attached.is_empty() {
                    passed.extend(words.next().cloned());
                }
            }
            [b'-' | b'+' | b'@', ..] => passed.push(word.clone()),
            _ => {
                let parent = Path::new(word).parent().map(Path::to_owned);
                made.written.extend(parent.filter(|parent| *parent != *""));
                passed.push(word.clone());
            }
        }
    }
    made.arguments = paths;
    made.arguments.extend(BEFORE.map(OsString::from));
    made.arguments.extend(BEHIND.map(OsString::from));
    made.arguments.extend(passed);
    Ok(made)
}

impl Compilation {
    fn names(&mut self, kind: u8, directory: &Path) {
        let place = if kind == b'o' {
            &mut self.written
        } else {
            &mut self.read
        };
        place.push(directory.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compilation(text: &str) -> Result<Compilation, NoValue> {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        understand(&words)
    }

    #[test]
    fn options_for_erl_and_for_the_compiler() {
        let made =
            compilation("-pa ebin -pzlib -Iinclude -I ../h -o out +debug_info src/a.erl b.yrl")
                .unwrap();
        let words: Vec<_> = made
            .arguments
            .iter()
            .map(|word| word.to_str().unwrap())
            .collect();
        assert_eq!(
            words.join(" "),
            "-pz lib -pa ebin -noinput -mode minimal -boot no_dot_erlang -s erl_compile \
             compile_cmdline -extra -Iinclude -I ../h -o out +debug_info src/a.erl b.yrl"
        );
        assert_eq!(made.read, ["include", "../h"].map(PathBuf::from));
        assert_eq!(made.written, ["out", "src"].map(PathBuf::from));
    }

    #[test]
    fn a_path_needs_a_directory() {
        for text in ["-pa", "-pz -o x", "a.erl -pa"] {
            assert_eq!(compilation(text), Err(NoValue('p')), "{text}");
        }
    }
}
