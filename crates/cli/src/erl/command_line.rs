//! The command line of `erl`: what OTP's `erlexec` makes of flags, environment and arguments files.
//!
//! Words come from the command line, from `ERL_AFLAGS`, `ERL_FLAGS` and `ERL_ZFLAGS`, and from
//! files that `-args_file` names. Those with a plus are flags of the emulator; the others are for
//! OTP's `init`, except for a few that are for this program.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::words;

/// The environment of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// Where OTP is, as the arguments of `init` tell it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its root.
    pub root: &'a Path,
    /// Where its programs are.
    pub bindir: &'a Path,
    /// Its release, `25`.
    pub release: &'a str,
}

/// A command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// The emulator's flags and their values, with a minus: `-P`, `5000`.
    pub emulator: Vec<OsString>,
    /// The arguments of `init`.
    pub init: Vec<OsString>,
    /// The environment that Erlang sees.
    pub environment: Environment,
    /// What to do with it.
    pub action: Action,
}

/// What to do with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start Erlang.
    Start,
    /// Start it in the background, without a terminal.
    Detach,
    /// Print this and end.
    Print(Vec<u8>),
    /// Show a manual page with these arguments of `man`, looking below this directory.
    Manual(OsString, Vec<OsString>),
}

/// Why a command line can't be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A flag without its value.
    #[error("Missing argument(s) for '{0}'.")]
    Missing(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// The name of the program that `erl` starts.
const EMULATOR: &str = "beam.smp";
/// Types and flavours of that program that are there in every OTP.
const TYPES: [&str; 1] = ["opt"];
const FLAVOURS: [&str; 3] = ["smp", "jit", "emu"];
/// How deep arguments files may name each other.
const DEPTH: usize = 64;

/// Understands the words behind `erl`.
pub fn understand(
    words: &[OsString],
    environment: &Environment,
    place: Place<'_>,
) -> Result<CommandLine, Wrong> {
    let words = gather(words, environment, place.release)?;
    refuse_other_emulators(&words)?;
    let mut reading = Reading {
        words: &words,
        next: 0,
        emulator: Vec::new(),
        arguments: Vec::new(),
        environment: environment.clone(),
        action: Action::Start,
        shows_arguments: None,
        halts: false,
        verbose: false,
        without_epmd: false,
        has_protocol: false,
    };
    reading.set_surroundings(place);
    reading.read(place)?;
    Ok(reading.finish(place))
}

/// The words of all sources in their order. Those behind `-extra` come last.
fn gather(
    words: &[OsString],
    environment: &Environment,
    release: &str,
) -> Result<Vec<OsString>, Wrong> {
    let variable = |name: &str| {
        let text = environment.get(OsStr::new(name));
        let mut found = text.map_or_else(Vec::new, |text| words::split(text.as_bytes(), false));
        if !found.is_empty() {
            found.push("--".into());
        }
        found
    };
    let before = [format!("ERL_OTP{release}_FLAGS"), "ERL_AFLAGS".to_owned()];
    let before = before.iter().map(|name| variable(name));
    let behind = ["ERL_FLAGS", "ERL_ZFLAGS"].into_iter().map(variable);
    let line = match words {
        [] => vec![],
        words => vec![words.to_vec(), vec!["--".into()]],
    };
    let sources: Vec<_> = before.chain(line).chain(behind).collect();
    let files = words
        .iter()
        .take_while(|word| *word != "-extra")
        .any(|word| word == "-args_file");
    let filled = sources.iter().filter(|source| !source.is_empty()).count();
    if filled <= 2 && !words.is_empty() && !files {
        return Ok(words.to_vec());
    }
    let mut gathered = Gathered::default();
    for source in sources {
        gathered.add(&source, 0)?;
    }
    let Gathered { mut plain, extra } = gathered;
    if !extra.is_empty() {
        plain.push("-extra".into());
        plain.extend(extra);
    }
    Ok(plain)
}

#[derive(Default)]
struct Gathered {
    plain: Vec<OsString>,
    extra: Vec<OsString>,
}

impl Gathered {
    fn add(&mut self, words: &[OsString], depth: usize) -> Result<(), Wrong> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "-args_file" {
                let name = words
                    .next()
                    .ok_or_else(|| Wrong::Missing("-args_file".to_owned()))?;
                self.add(&read_file(name, depth)?, depth + 1)?;
            } else if word == "-extra" {
                self.extra.extend(words.by_ref().cloned());
            } else {
                self.plain.push(word.clone());
            }
        }
        Ok(())
    }
}

fn read_file(name: &OsStr, depth: usize) -> Result<Vec<OsString>, Wrong> {
    if depth == DEPTH {
        return Err(Wrong::Other(format!(
            "arguments files name each other in a circle, {} at last",
            name.display()
        )));
    }
    let text = std::fs::read(name).map_err(|error| {
        let directory = std::env::current_dir().unwrap_or_default();
        Wrong::Other(format!(
            "Failed to open arguments file \"{}\" at \"{}\": {error}",
            name.display(),
            directory.display()
        ))
    })?;
    let mut words = words::split(&text, true);
    if !words.is_empty() {
        words.push("--".into());
    }
    Ok(words)
}

/// There is one emulator. Flags that choose another one are refused, as `erl` does where that one
/// isn't installed.
fn refuse_other_emulators(words: &[OsString]) -> Result<(), Wrong> {
    let mut words = words.iter().take_while(|word| *word != "-extra").peekable();
    while let Some(word) = words.next() {
        let (known, kind): (&[&str], _) = match word.as_bytes() {
            b"-smpdisable" => return Err(one_scheduler()),
            b"-smp" => match words.peek() {
                Some(value) if *value == "disable" => return Err(one_scheduler()),
                _ => continue,
            },
            b"-emu_type" => (&TYPES, "type"),
            b"-emu_flavor" => (&FLAVOURS, "flavor"),
            _ => continue,
        };
        let value = words
            .next()
            .filter(|value| *value != "--")
            .ok_or_else(|| Wrong::Missing(word.display().to_string()))?;
        if !known.iter().any(|known| value == known) {
            return Err(Wrong::Other(format!(
                "Invalid emulator {kind} {}: there is {}",
                value.display(),
                known.join(", ")
            )));
        }
    }
    Ok(())
}

fn one_scheduler() -> Wrong {
    Wrong::Other("Argument '-smp disable' not supported. Use \"+S 1\" instead.".to_owned())
}

struct Reading<'a> {
    words: &'a [OsString],
    next: usize,
    emulator: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Environment,
    action: Action,
    shows_arguments: Option<Shows>,
    halts: bool,
    verbose: bool,
    without_epmd: bool,
    has_protocol: bool,
}

/// How arguments are shown instead of being used.
#[derive(Clone, Copy)]
enum Shows {
    /// One on each line, without the emulator's name.
    Lines,
    /// All on one line, in quotes.
    Quoted,
}

impl Reading<'_> {
    /// What the script `erl` and `erlexec` put into the environment.
    fn set_surroundings(&mut self, place: Place<'_>) {
        let root = place.root.as_os_str();
        let bindir = place.bindir.as_os_str();
        for (name, value) in [
            ("ROOTDIR", root),
            ("BINDIR", bindir),
            ("EMU", OsStr::new("beam")),
            ("PROGNAME", OsStr::new("erl")),
        ] {
            self.environment.insert(name.into(), value.to_owned());
        }
        let path = search_path(self.environment.get(OsStr::new("PATH")), place);
        self.environment.insert("PATH".into(), path);
    }

    fn add(&mut self, words: &[&str]) {
        self.arguments.extend(words.iter().map(OsString::from));
    }

    /// The value of the flag that was just taken.
    fn value(&mut self, flag: &OsStr) -> Result<OsString, Wrong> {
        let value = self.words.get(self.next).filter(|value| *value != "--");
        let value = value.ok_or_else(|| Wrong::Missing(flag.display().to_string()))?;
        self.next += 1;
        Ok(value.clone())
    }

    fn read(&mut self, place: Place<'_>) -> Result<(), Wrong> {
        if let Some(home) = self.environment.get(OsStr::new("HOME")).cloned() {
            self.arguments.extend(["-home".into(), home]);
        }
        if let Some(port) = self.environment.get(OsStr::new("ERL_EPMD_PORT")).cloned() {
            self.arguments.extend(["-epmd_port".into(), port]);
        }
        self.add(&["--"]);
        while let Some(word) = self.words.get(self.next) {
            self.next += 1;
            match word.as_bytes().first() {
                Some(b'+') => self.emulator_flag(word)?,
                Some(b'-') if word == "-extra" => {
                    self.arguments
                        .extend_from_slice(&self.words[self.next - 1..]);
                    self.next = self.words.len();
                }
                Some(b'-') => self.flag(word, place)?,
                _ => self.arguments.push(word.clone()),
            }
        }
        if self.without_epmd && !self.has_protocol {
            return Err(Wrong::Other(
                "Missing -proto_dist option, expected when using -no_epmd.".to_owned(),
            ));
        }
        if self.halts {
            self.add(&["-s", "erlang", "halt"]);
        }
        Ok(())
    }

    /// A word with a minus.
    fn flag(&mut self, word: &OsStr, place: Place<'_>) -> Result<(), Wrong> {
        match word.as_bytes() {
            b"-compile" => {
                self.add(&["-noshell", "-noinput", "-s", "c", "lc_batch"]);
                self.emulator.push("-B".into());
            }
            b"-configfd" => {
                self.value(word)?;
                self.next -= 1;
                if self.words[self.next] == "0" {
                    self.add(&["-noshell", "-noinput"]);
                }
                self.arguments.push(word.to_owned());
            }
            b"-detached" => {
                self.action = Action::Detach;
                self.add(&["-noshell", "-noinput"]);
            }
            b"-emu_args" => self.verbose = true,
            b"-emu_args_exit" => self.shows_arguments = Some(Shows::Lines),
            b"-emu_qouted_cmd_exit" => self.shows_arguments = Some(Shows::Quoted),
            b"-emu_name_exit" => {
                self.action = Action::Print(format!("{EMULATOR}\n").into_bytes());
                self.next = self.words.len();
            }
            b"-env" => {
                let name = self.value(word)?;
                let value = self.value(word)?;
                self.environment.insert(name, value);
            }
            b"-epmd" => drop(self.value(word)?),
            b"-keep_window" => {}
            b"-make" => {
                self.add(&["-noshell", "-noinput", "-s", "make", "all_or_nothing"]);
                self.emulator.push("-B".into());
                self.halts = true;
                self.next = self.words.len();
            }
            b"-man" => {
                let directory = place.root.join("man").into_os_string();
                let rest = self.words[self.next..].to_vec();
                self.action = Action::Manual(directory, rest);
                self.next = self.words.len();
            }
            b"-noinput" => self.add(&["-noshell", "-noinput"]),
            b"-no_epmd" => {
                self.without_epmd = true;
                self.arguments.push(word.to_owned());
            }
            b"-name" | b"-sname" | b"-proto_dist" | b"-start_epmd" => {
                let value = self.value(word)?;
                self.has_protocol |= word == "-proto_dist";
                if word == "-start_epmd" && value != "true" && value != "false" {
                    return Err(Wrong::Other(
                        "Expected boolean argument for '-start_epmd'.".to_owned(),
                    ));
                }
                self.arguments.extend([word.to_owned(), value]);
            }
            b"-version" => self.emulator.push("-V".into()),
            _ => self.arguments.push(word.to_owned()),
        }
        Ok(())
    }

    /// A word with a plus.
    fn emulator_flag(&mut self, word: &OsStr) -> Result<(), Wrong> {
        let name = &word.as_bytes()[1..];
        let minus = |name: &[u8]| OsString::from_vec([b"-", name].concat());
        let takes = takes(name).ok_or_else(|| {
            // erlexec has turned this one around by the time it looks at the rest.
            let said = if name.starts_with(b"B") {
                minus(name)
            } else {
                word.to_owned()
            };
            Wrong::Missing(said.display().to_string())
        })?;
        let wanted = match takes {
            Takes::Value => {
                let value = self.value(word)?;
                self.emulator.extend([minus(name), value]);
                return Ok(());
            }
            Takes::Nothing => [].as_slice(),
            Takes::OneOf(words) => words,
        };
        self.emulator.push(minus(name));
        let next = self.words.get(self.next);
        if let Some(value) = next.filter(|next| wanted.iter().any(|word| *next == word)) {
            self.emulator.push(value.clone());
            self.next += 1;
        }
        Ok(())
    }

    fn finish(mut self, place: Place<'_>) -> CommandLine {
        let [root, bindir] = [place.root, place.bindir].map(|path| path.as_os_str().to_owned());
        let mut init: Vec<OsString> = vec!["-root".into(), root, "-bindir".into(), bindir];
        init.extend(["-progname", "erl", "--"].map(OsString::from));
        init.append(&mut self.arguments);
        let separator = OsString::from("--");
        let all = || self.emulator.iter().chain([&separator]).chain(&init);
        let program = place.bindir.join(EMULATOR).into_os_string();
        if let Some(shows) = self.shows_arguments
            && !matches!(self.action, Action::Print(_) | Action::Manual(..))
        {
            let mut shown = Vec::new();
            match shows {
                Shows::Lines => {
                    for word in all() {
                        shown.extend([word.as_bytes(), b"\n"].concat());
                    }
                }
                Shows::Quoted => {
                    for word in [&program].into_iter().chain(all()) {
                        shown.extend([b"\"", word.as_bytes(), b"\" "].concat());
                    }
                    shown.push(b'\n');
                }
            }
            self.action = Action::Print(shown);
        } else if self.verbose {
            let words: Vec<_> = [&program]
                .into_iter()
                .chain(all())
                .map(|word| word.to_string_lossy())
                .collect();
            println!("Executing: {}\n", words.join(" "));
        }
        CommandLine {
            emulator: self.emulator,
            init,
            environment: self.environment,
            action: self.action,
        }
    }
}

/// `PATH` with OTP's directory of programs at its front, and nowhere else.
fn search_path(path: Option<&OsString>, place: Place<'_>) -> OsString {
    let bindir = place.bindir.as_os_str().as_bytes();
    let mut made = [bindir, b":"].concat();
    let bin = place.root.join("bin");
    match path.map(|path| path.as_bytes()) {
        None => made.extend([bin.as_os_str().as_bytes(), b":"].concat()),
        Some(path) if !contains(path, place.root.as_os_str().as_bytes()) => {
            made.extend([bin.as_os_str().as_bytes(), b":", path].concat());
        }
        Some(path) => {
            let others: Vec<_> = path
                .split(|&byte| byte == b':')
                .filter(|directory| *directory != bindir)
                .collect();
            made.extend(others.join(&b':'));
        }
    }
    OsString::from_vec(made)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// What follows a flag of the emulator.
#[derive(Clone, Copy)]
enum Takes {
    /// Nothing: its value, if it has one, is in the same word.
    Nothing,
    /// The next word.
    Value,
    /// The next word if it is one of these.
    OneOf(&'static [&'static str]),
}

/// Flags of the emulator that take the next word. The same with more behind them have their
/// values in themselves.
const VALUED: [&str; 54] = [
    "a", "A", "C", "e", "i", "n", "P", "Q", "t", "T", "R", "W", "K", "IOt", "IOp", "IOPt", "IOPp",
    "IOs", "S", "SP", "SDcpu", "SDPcpu", "SDio", "h", "hms", "hmbs", "hpds", "hmax", "hmaxk",
    "hmaxel", "hmqd", "rg", "pc", "zdbbl", "zdntgc", "zebwt", "zosrl", "sbt", "sbwtdcpu",
    "sbwtdio", "sbwt", "scl", "sct", "secio", "sfwi", "stbt", "swct", "swtdcpu", "swtdio", "swt",
    "sws", "sss", "spp", "sub",
];
/// And these two, which are longer.
const VALUED_STACKS: [&str; 2] = ["sssdcpu", "sssdio"];

/// The allocators that `+M` names by a letter, and what it can say of each.
const ALLOCATORS: &[u8] = b"uBIDEFHLRSTZ";
const OF_AN_ALLOCATOR: [&str; 23] = [
    "as", "asbcst", "atags", "acul", "acnl", "acfml", "acful", "cp", "e", "t", "lmbcs", "mbcgs",
    "mbsd", "mmbcs", "mmmbc", "mmsbc", "msbclt", "ramv", "rmbcmt", "rsbcmt", "rsbcst", "sbct",
    "smbcs",
];
/// What `+M` can say of memory as a whole.
const OF_MEMORY: [&str; 21] = [
    "ea", "ummc", "uycs", "usac", "im", "is", "lpm", "Mamcbf", "Mrmcbf", "Mmcs", "Mscs", "Mscrfsd",
    "Msco", "Mscrpm", "Ye", "Ym", "Ytp", "Ytt", "Iscs", "Xscs", "dai",
];

/// What follows the flag of this name; `None` if there can't be one.
fn takes(name: &[u8]) -> Option<Takes> {
    let is = |known: &&str| known.as_bytes() == name;
    let starts = |known: &[&str]| known.iter().any(|known| name.starts_with(known.as_bytes()));
    Some(match name {
        _ if VALUED.iter().chain(&VALUED_STACKS).any(is) => Takes::Value,
        [b'J', ..] => Takes::Value,
        [b'I', ..] if !starts(&["IOt", "IOp", "IOPt", "IOPp", "IOs"]) => return None,
        [b'S', b'D', ..] if !starts(&["SDcpu", "SDPcpu", "SDio"]) => return None,
        b"B" => Takes::OneOf(&["i", "c", "d"]),
        [b'B', kind, ..] if !b"icd".contains(kind) => return None,
        b"c" => Takes::OneOf(&["true", "false"]),
        [b'M', rest @ ..] => {
            let memory = OF_MEMORY.iter().any(|known| known.as_bytes() == rest);
            let allocator = rest.split_first().is_some_and(|(letter, rest)| {
                ALLOCATORS.contains(letter)
                    && OF_AN_ALLOCATOR.iter().any(|known| known.as_bytes() == rest)
            });
            if memory || allocator {
                Takes::Value
            } else {
                Takes::Nothing
            }
        }
        _ => Takes::Nothing,
    })
}

#[cfg(test)]
mod tests;
