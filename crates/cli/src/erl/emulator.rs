//! The flags of the emulator: which there are, which mean something in an instance, and what.
//!
//! All are checked as the emulator checks them. What is about threads, schedulers, allocators or
//! distribution means nothing where one core runs one machine: that is told once, and ignored.

use std::ffi::{OsStr, OsString};

use brood_gateway::Writer;

use super::command_line::Environment;

/// A limit that nobody reaches: of a value that has none of its own.
const ANY: i64 = i64::MAX;
/// Most processes, and most ports, that the emulator's tables can have.
const TABLE_MAX: i64 = (1 << 27) - 1;

/// What flags ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// What the machine is told, by name. The last one of a name counts.
    pub settings: Vec<(&'static str, Setting)>,
    /// The flags that mean nothing here, as they were written.
    pub ignored: Vec<String>,
    /// Asks for the version instead of a start.
    pub version: bool,
}

/// A value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A number.
    Number(i64),
    /// An atom; OTP's word for it.
    Atom(String),
}

impl Setting {
    /// As a term.
    pub fn write(&self, writer: &mut Writer) {
        match self {
            Setting::Number(number) => writer.integer(*number),
            Setting::Atom(name) => writer.atom(name),
        }
    }
}

/// Why the emulator does not start with a flag.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// What a flag's value must be.
enum Value {
    /// There is none; anything may follow in the same word.
    None,
    /// There is none, and nothing follows.
    Bare,
    /// Anything.
    Any,
    /// A number in this range.
    Number(i64, i64),
    /// A number in this range that begins with a digit or a minus; of others, letters are 0.
    Digits(i64, i64),
    /// A number in this range, or this word for another number.
    NumberOr(i64, i64, &'static str),
    /// Two numbers with a colon between them, of which one may be absent.
    Pair,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these letters; what follows it must be one of the second ones.
    Letter(&'static str, &'static str),
}

/// What becomes of a flag.
enum Effect {
    /// It sets this.
    Sets(&'static str),
    /// It sets this to the word.
    Is(&'static str, &'static str),
    /// It sets this to the word that belongs to its value's first letter.
    Names(&'static str, &'static [(u8, &'static str)]),
    /// Nothing: what it asks for is how it is anyway, if its value has one of these letters first.
    Already(&'static [u8]),
    /// Nothing.
    Ignored,
    /// It asks for the version.
    Version,
}

/// Name, value, effect, and what the emulator says of a value that is none.
type Flag = (&'static str, Value, Effect, &'static str);

use Effect::{Already, Ignored, Is, Names, Sets};
use Value::{Any, Bare, Digits, Letter, Number, NumberOr, Pair, Word};

const BOOLEAN: Value = Word(&["true", "false"]);
const WAIT: Value = Word(&["none", "very_short", "short", "medium", "long", "very_long"]);
const WAKE: Value = Word(&["very_low", "low", "medium", "high", "very_high"]);
const BIND: Value = Word(&[
    "u",
    "ns",
    "ts",
    "ps",
    "s",
    "nnts",
    "nnps",
    "tnnps",
    "db",
    "unbound",
    "no_spread",
    "thread_spread",
    "processor_spread",
    "spread",
    "no_node_thread_spread",
    "no_node_processor_spread",
    "thread_no_node_processor_spread",
    "default_bind",
]);
const STACK: Value = Number(20, 8192);

/// All flags. Of two that fit, the first one counts.
const FLAGS: &[Flag] = &[
    ("A", Number(0, 1024), Ignored, "bad number of async threads"),
    (
        "a",
        Number(16, 8192),
        Ignored,
        "bad stack size for async threads",
    ),
    (
        "C",
        Word(&["no_time_warp", "single_time_warp", "multi_time_warp"]),
        Already(b"n"),
        "Invalid time warp mode:",
    ),
    (
        "dcg",
        Digits(0, ANY),
        Ignored,
        "bad decentralized counter groups limit:",
    ),
    ("d", Value::None, Already(b""), ""),
    ("ec", Bare, Is("ets_compressed", "true"), ""),
    (
        "e",
        Number(0, ANY),
        Sets("ets_limit"),
        "bad maximum number of ets tables",
    ),
    (
        "fn",
        Letter("ual", "wie"),
        Already(b"ua"),
        "bad filename encoding",
    ),
    (
        "hmaxel",
        BOOLEAN,
        Sets("max_heap_error_logger"),
        "bad max heap error logger",
    ),
    ("hmaxk", BOOLEAN, Sets("max_heap_kill"), "bad max heap kill"),
    (
        "hmax",
        Number(0, (1 << 59) - 1),
        Sets("max_heap_size"),
        "bad max heap size",
    ),
    (
        "hmbs",
        Number(1, ANY),
        Sets("min_bin_vheap_size"),
        "bad heap size",
    ),
    (
        "hmqd",
        Word(&["on_heap", "off_heap"]),
        Sets("message_queue_data"),
        "Invalid message_queue_data flag:",
    ),
    (
        "hms",
        Number(1, ANY),
        Sets("min_heap_size"),
        "bad heap size",
    ),
    (
        "hpds",
        Number(1, 1 << 27),
        Ignored,
        "bad initial process dictionary size",
    ),
    ("h", Number(1, ANY), Sets("min_heap_size"), "bad heap size"),
    ("H", Value::None, Ignored, ""),
    ("IOPp", Number(0, 100), Ignored, "bad I/O poll percentage"),
    (
        "IOPt",
        Number(0, 100),
        Ignored,
        "bad I/O poll thread percentage number:",
    ),
    ("IOp", Number(1, 1024), Ignored, "bad I/O poll sets number:"),
    (
        "IOt",
        Number(1, 1024),
        Ignored,
        "bad I/O poll threads number:",
    ),
    ("IOs", BOOLEAN, Ignored, "bad I/O poll scheduler value:"),
    ("i", Any, Sets("boot_module"), ""),
    ("JDdump", BOOLEAN, Ignored, "bad +JDdump flag"),
    (
        "JPperf",
        Word(&["true", "false", "dump", "map", "fp", "no_fp"]),
        Ignored,
        "bad +JPperf support flag",
    ),
    ("JPfp", BOOLEAN, Ignored, "bad +JPfp flag"),
    ("JM", Any, Ignored, ""),
    ("K", Any, Ignored, ""),
    ("L", Value::None, Ignored, ""),
    ("M", Any, Ignored, ""),
    ("n", Letter("sad", ""), Ignored, "bad -n option"),
    (
        "pc",
        Word(&["latin1", "unicode"]),
        Sets("printable_characters"),
        "bad range of printable characters:",
    ),
    (
        "P",
        NumberOr(1024, TABLE_MAX, "legacy"),
        Sets("process_limit"),
        "bad number of processes",
    ),
    (
        "Q",
        NumberOr(1024, TABLE_MAX, "legacy"),
        Sets("port_limit"),
        "bad number of ports",
    ),
    ("rg", Digits(0, ANY), Ignored, "bad reader groups limit:"),
    ("r", Value::None, Ignored, ""),
    (
        "R",
        Number(23, ANY),
        Ignored,
        "bad compatibility release number",
    ),
    (
        "sbt",
        BIND,
        Ignored,
        "setting scheduler bind type failed: invalid type",
    ),
    (
        "sbwtdcpu",
        WAIT,
        Ignored,
        "bad dirty CPU scheduler busy wait threshold:",
    ),
    (
        "sbwtdio",
        WAIT,
        Ignored,
        "bad dirty IO scheduler busy wait threshold:",
    ),
    ("sbwt", WAIT, Ignored, "bad scheduler busy wait threshold:"),
    ("scl", BOOLEAN, Ignored, "bad scheduler compact load value"),
    ("sct", Any, Ignored, ""),
    ("secio", Any, Ignored, ""),
    (
        "sfwi",
        Number(0, ANY),
        Ignored,
        "bad scheduler forced wakeup interval",
    ),
    (
        "spp",
        BOOLEAN,
        Ignored,
        "bad port parallelism scheduling hint",
    ),
    ("srct", Value::None, Ignored, ""),
    ("ssrct", Value::None, Ignored, ""),
    (
        "sssdcpu",
        STACK,
        Ignored,
        "bad stack size for dirty CPU scheduler threads",
    ),
    (
        "sssdio",
        STACK,
        Ignored,
        "bad stack size for dirty IO scheduler threads",
    ),
    (
        "sss",
        STACK,
        Ignored,
        "bad stack size for scheduler threads",
    ),
    (
        "stbt",
        BIND,
        Ignored,
        "setting scheduler bind type failed: invalid type",
    ),
    (
        "sub",
        BOOLEAN,
        Ignored,
        "bad scheduler utilization balancing value",
    ),
    (
        "swct",
        Word(&["very_lazy", "lazy", "medium", "eager", "very_eager"]),
        Ignored,
        "scheduler wake cleanup threshold:",
    ),
    (
        "sws",
        Word(&["default", "legacy"]),
        Ignored,
        "scheduler wakeup strategy:",
    ),
    (
        "swtdcpu",
        WAKE,
        Ignored,
        "dirty CPU scheduler wakeup threshold:",
    ),
    (
        "swtdio",
        WAKE,
        Ignored,
        "dirty IO scheduler wakeup threshold:",
    ),
    ("swt", WAKE, Ignored, "scheduler wakeup threshold:"),
    (
        "SDPcpu",
        Pair,
        Ignored,
        "bad dirty CPU schedulers percentage specifier",
    ),
    ("SDcpu", Pair, Ignored, "bad amount of dirty CPU schedulers"),
    (
        "SDio",
        Number(1, 1024),
        Ignored,
        "bad number of dirty I/O schedulers",
    ),
    ("SP", Pair, Ignored, "bad schedulers percentage specifier"),
    ("S", Pair, Ignored, "bad amount of schedulers"),
    (
        "t",
        Number(8192, i32::MAX as i64),
        Sets("atom_limit"),
        "bad atom table size",
    ),
    ("T", Number(0, 9), Ignored, "bad modified timing level"),
    ("v", Value::None, Ignored, ""),
    ("V", Value::None, Effect::Version, ""),
    (
        "W",
        Letter("iew", ANY_LETTERS),
        Names(
            "warnings",
            &[(b'i', "info"), (b'e', "error"), (b'w', "warning")],
        ),
        "unrecognized warning_map option",
    ),
    (
        "zdbbl",
        Number(1, 2_097_151),
        Ignored,
        "Invalid dbbl limit:",
    ),
    (
        "zdntgc",
        NumberOr(0, 100_000_000, "infinity"),
        Ignored,
        "Invalid delayed node table gc:",
    ),
    (
        "zebwt",
        Word(&[
            "none",
            "very_short",
            "short",
            "medium",
            "long",
            "very_long",
            "extremely_long",
        ]),
        Ignored,
        "Invalid ets busy wait threshold:",
    ),
    (
        "zosrl",
        Number(1, TABLE_MAX),
        Ignored,
        "Invalid outstanding requests limit",
    ),
];

/// Variables of the environment that say what flags say.
const VARIABLES: [(&str, &str); 3] = [
    ("ERL_FULLSWEEP_AFTER", "fullsweep_after"),
    ("ERL_MAX_ETS_TABLES", "ets_limit"),
    ("ERL_MAX_PORTS", "port_limit"),
];

/// Of what may follow the letter of a value: everything.
const ANY_LETTERS: &str = "*";

/// Understands the emulator's flags, as [`CommandLine`](super::command_line::CommandLine) has them.
pub fn understand(words: &[OsString], environment: &Environment) -> Result<Flags, Refused> {
    let mut flags = Flags::default();
    for (name, setting) in VARIABLES {
        if let Some(value) = environment.get(OsStr::new(name)) {
            let number = leading_number(&value.to_string_lossy());
            flags.set(setting, Setting::Number(number.max(0)));
        }
    }
    let mut words = words.iter().map(|word| word.to_string_lossy()).peekable();
    while let Some(word) = words.next() {
        let Some(name) = word.strip_prefix('-') else {
            return Err(Refused(format!("{word}: a flag begins with a plus")));
        };
        // Two flags look at the next word only if it is one of theirs.
        if let Some((choice, taken)) = break_choice(name, words.peek().map(AsRef::as_ref)) {
            flags.set("break", Setting::Atom(choice.to_owned()));
            if taken {
                words.next();
            }
            continue;
        }
        if let Some(attached) = name.strip_prefix('c') {
            let next = words.next_if(|next| name == "c" && matches!(&**next, "true" | "false"));
            let value = next.as_deref().unwrap_or(attached);
            match value {
                "true" => {}
                "false" | "" => flags.ignored.push("+c false".to_owned()),
                other => {
                    return Err(Refused(format!("Invalid time correnction value: {other}")));
                }
            }
            continue;
        }
        let known = FLAGS.iter().find(|(known, value, ..)| match value {
            Bare => name == *known,
            _ => name.starts_with(known),
        });
        let Some((known, wanted, effect, complaint)) = known else {
            return Err(Refused(unknown(name)));
        };
        let attached = &name[known.len()..];
        let written = format!("+{name}");
        let (value, written) = match wanted {
            Value::None | Bare => (String::new(), written),
            _ if *known == "M" => match words.next_if(|next| !next.starts_with('-')) {
                Some(next) => (String::new(), format!("{written} {next}")),
                None => (String::new(), written),
            },
            _ if !attached.is_empty() => (attached.to_owned(), written),
            _ => match words.next() {
                Some(next) => (next.clone().into_owned(), format!("{written} {next}")),
                None => return Err(Refused("too few arguments".to_owned())),
            },
        };
        if !wanted.has(&value) {
            return Err(Refused(format!("{complaint} {value}")));
        }
        match effect {
            Sets(setting) => {
                if let Some(value) = wanted.setting(&value) {
                    flags.set(setting, value);
                }
            }
            Is(setting, value) => flags.set(setting, Setting::Atom((*value).to_owned())),
            Names(setting, names) => {
                let first = value.bytes().next();
                let named = names.iter().find(|(letter, _)| Some(*letter) == first);
                if let Some((_, name)) = named {
                    flags.set(setting, Setting::Atom((*name).to_owned()));
                }
            }
            Already(letters)
                if value
                    .bytes()
                    .next()
                    .is_none_or(|first| letters.contains(&first)) => {}
            Ignored | Already(_) => flags.ignored.push(written),
            Effect::Version => flags.version = true,
        }
    }
    Ok(flags)
}

/// What `+B` makes of Ctrl-C, and whether the next word was its value.
fn break_choice(name: &str, next: Option<&str>) -> Option<(&'static str, bool)> {
    let choice = |letter: &str| match letter {
        "i" => Some("ignore"),
        "c" => Some("shell"),
        "d" => Some("disabled"),
        _ => None,
    };
    let attached = name.strip_prefix('B')?;
    match (attached.get(..1), next.and_then(choice)) {
        (Some(letter), _) => choice(letter).map(|choice| (choice, false)),
        (None, Some(choice)) => Some((choice, true)),
        (None, None) => Some(("disabled", false)),
    }
}

/// What the emulator says of a flag that it doesn't know.
fn unknown(name: &str) -> String {
    match name.bytes().next() {
        Some(b's') => format!("bad scheduling option -{name}"),
        Some(b'z') => format!("bad -z option -{name}"),
        Some(b'J') => format!("invalid JIT option -{name}"),
        _ => format!("unknown flag -{name}"),
    }
}

impl Flags {
    fn set(&mut self, name: &'static str, value: Setting) {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value));
    }
}

impl Value {
    /// Whether a word is such a value.
    fn has(&self, word: &str) -> bool {
        let within = |low: i64, high: i64| (low..=high).contains(&leading_number(word));
        match self {
            Value::None | Bare | Any => true,
            Number(low, high) => within(*low, *high),
            Digits(low, high) => starts_with_number(word) && within(*low, *high),
            NumberOr(low, high, other) => word == *other || within(*low, *high),
            Pair => {
                let mut parts = word.splitn(2, ':');
                let number = |part: &str| part.is_empty() || starts_with_number(part);
                starts_with_number(word.trim_start_matches(':')) && parts.all(number)
            }
            Word(words) => words.contains(&word),
            Letter(letters, more) => {
                let mut characters = word.chars();
                let first = characters.next();
                let rest = characters.as_str();
                first.is_some_and(|first| letters.contains(first))
                    && (*more == ANY_LETTERS || rest.is_empty() || more.contains(rest))
            }
        }
    }

    /// What a word of this kind sets; nothing if it is the word for a default.
    fn setting(&self, word: &str) -> Option<Setting> {
        match self {
            Number(..) => Some(Setting::Number(leading_number(word))),
            NumberOr(_, _, other) if word == *other => None,
            NumberOr(..) => Some(Setting::Number(leading_number(word))),
            _ => Some(Setting::Atom(word.to_owned())),
        }
    }
}

fn starts_with_number(word: &str) -> bool {
    word.trim_start_matches('-')
        .starts_with(|first: char| first.is_ascii_digit())
}

/// The number that a word begins with, as C reads it: 0 if there is none.
fn leading_number(word: &str) -> i64 {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let number = digits[..end]
        .parse()
        .unwrap_or(if end == 0 { 0 } else { ANY });
    if digits.len() == word.len() {
        number
    } else {
        -number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> Result<Flags, Refused> {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        understand(&words, &Environment::new())
    }

    fn number(name: &'static str, number: i64) -> (&'static str, Setting) {
        (name, Setting::Number(number))
    }

    fn atom(name: &'static str, text: &str) -> (&'static str, Setting) {
        (name, Setting::Atom(text.to_owned()))
    }

    #[test]
    fn settings() {
        let text =
            "-P 5000 -Q2048x -hms 1000 -hmqd off_heap -Wi -ec -e 7 -B -c true -C no_time_warp -fnu";
        let set = flags(text).unwrap();
        assert_eq!(
            set.settings,
            [
                number("process_limit", 5000),
                number("port_limit", 2048),
                number("min_heap_size", 1000),
                atom("message_queue_data", "off_heap"),
                atom("warnings", "info"),
                atom("ets_compressed", "true"),
                number("ets_limit", 7),
                atom("break", "disabled"),
            ]
        );
        assert!(set.ignored.is_empty());
    }

    #[test]
    fn the_last_one_counts() {
        let set = flags("-P 5000 -P legacy -P 6000 -B i -Bc").unwrap();
        assert_eq!(
            set.settings,
            [number("process_limit", 6000), atom("break", "shell")]
        );
    }

    #[test]
    fn what_means_nothing_is_named() {
        let set = flags("-A 5 -sbtu -S 2:2 -MBas aobf -Mea min -rg9 -K true -d -c -fnl").unwrap();
        assert_eq!(
            set.ignored,
            [
                "+A 5",
                "+sbtu",
                "+S 2:2",
                "+MBas aobf",
                "+Mea min",
                "+rg9",
                "+K true",
                "+c false",
                "+fnl",
            ]
        );
        assert_eq!(set.settings, []);
    }

    #[test]
    fn variables_of_the_environment() {
        let environment = [("ERL_MAX_PORTS", "2048"), ("ERL_FULLSWEEP_AFTER", "x")];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let words = ["-Q", "4096"].map(OsString::from);
        let set = understand(&words, &environment.into()).unwrap();
        assert_eq!(
            set.settings,
            [number("fullsweep_after", 0), number("port_limit", 4096)]
        );
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (text, complaint) in [
            ("-P 5", "bad number of processes 5"),
            ("-P", "too few arguments"),
            ("-hmqd no", "Invalid message_queue_data flag: no"),
            ("-swt no", "scheduler wakeup threshold: no"),
            ("-sfoo", "bad scheduling option -sfoo"),
            ("-Zx", "unknown flag -Zx"),
            ("-S x", "bad amount of schedulers x"),
            ("-fnux", "bad filename encoding ux"),
            ("-cbad", "Invalid time correnction value: bad"),
        ] {
            assert_eq!(flags(text), Err(Refused(complaint.to_owned())), "{text}");
        }
    }

    #[test]
    fn numbers_as_c_reads_them() {
        for (text, number) in [("12", 12), ("12x", 12), ("x", 0), ("-3", -3), ("", 0)] {
            assert_eq!(leading_number(text), number, "{text}");
        }
        assert_eq!(leading_number("99999999999999999999"), ANY);
    }
}
