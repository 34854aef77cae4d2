//! The options of `re:compile` and `re:run`.

use brood_pcre::{BackslashR, CompileError, CompileOptions, Newline, compile_option, match_option};
use brood_term::{Term, known};

use crate::context::Context;
use crate::exception::{Control, badarg_cause};

/// What the options say.
#[derive(Debug)]
pub(super) struct Options {
    pub compile: CompileOptions,
    /// Bits of [`match_option`].
    pub match_bits: u32,
    /// Whether one of them is for `compile` only.
    pub is_for_compile: bool,
    /// Whether one of them is for `run` only.
    pub is_for_run: bool,
    pub unicode: bool,
    pub global: bool,
    pub report_errors: bool,
    pub offset: usize,
    pub match_limit: Option<u32>,
    pub match_limit_recursion: Option<u32>,
    /// What to capture, and in which form.
    pub capture: Option<(Term, Term)>,
    /// The numbers of the kinds of [`Newline`] that are given, as bits.
    newline_bits: u32,
    pub newline_given: Option<Newline>,
    pub backslash_r_given: Option<BackslashR>,
}

/// The bits of an option, for compiling and for matching.
enum Bits {
    Compile(u32),
    Match(u32),
    Both(u32, u32),
}

const BITS: [(&str, Bits); 18] = [
    (
        "anchored",
        Bits::Both(compile_option::ANCHORED, match_option::ANCHORED),
    ),
    ("notempty", Bits::Match(match_option::NOTEMPTY)),
    (
        "notempty_atstart",
        Bits::Match(match_option::NOTEMPTY_ATSTART),
    ),
    ("notbol", Bits::Match(match_option::NOTBOL)),
    ("noteol", Bits::Match(match_option::NOTEOL)),
    (
        "no_start_optimize",
        Bits::Compile(compile_option::NO_START_OPTIMIZE),
    ),
    ("caseless", Bits::Compile(compile_option::CASELESS)),
    (
        "dollar_endonly",
        Bits::Compile(compile_option::DOLLAR_ENDONLY),
    ),
    ("dotall", Bits::Compile(compile_option::DOTALL)),
    ("extended", Bits::Compile(compile_option::EXTENDED)),
    ("firstline", Bits::Compile(compile_option::FIRSTLINE)),
    ("multiline", Bits::Compile(compile_option::MULTILINE)),
    (
        "no_auto_capture",
        Bits::Compile(compile_option::NO_AUTO_CAPTURE),
    ),
    ("dupnames", Bits::Compile(compile_option::DUPNAMES)),
    ("ungreedy", Bits::Compile(compile_option::UNGREEDY)),
    ("ucp", Bits::Compile(compile_option::UCP)),
    ("never_utf", Bits::Compile(compile_option::NEVER_UTF)),
    ("unicode", Bits::Compile(compile_option::UTF)),
];

const NEWLINES: [(&str, Newline); 5] = [
    ("cr", Newline::Cr),
    ("lf", Newline::Lf),
    ("crlf", Newline::CrLf),
    ("any", Newline::Any),
    ("anycrlf", Newline::AnyCrLf),
];

/// `error(badarg)` for options that there aren't.
pub(super) fn badopt(context: &mut Context<'_>) -> Control {
    badarg_cause(context.machine.atom("badopt"))
}

/// A number as C's `int` has it, not negative.
fn number(term: Term) -> Option<u32> {
    term.as_small()
        .and_then(|number| i32::try_from(number).ok())
        .and_then(|number| u32::try_from(number).ok())
}

impl Options {
    /// What is wrong with the options for any pattern.
    pub fn conflict(&self) -> Option<CompileError> {
        let is_inconsistent = self.newline_bits != 0 && self.newline_given.is_none();
        is_inconsistent.then_some(CompileError::INCONSISTENT_NEWLINES)
    }

    /// Reads a list of options.
    pub fn parse(context: &mut Context<'_>, list: Term) -> Result<Options, Control> {
        Self::read(context, list).ok_or_else(|| badopt(context))
    }

    fn read(context: &Context<'_>, list: Term) -> Option<Options> {
        let mut options = Options {
            compile: CompileOptions {
                bits: 0,
                newline: Newline::Lf,
                backslash_r: BackslashR::Unicode,
            },
            match_bits: 0,
            is_for_compile: false,
            is_for_run: false,
            unicode: false,
            global: false,
            report_errors: false,
            offset: 0,
            match_limit: None,
            match_limit_recursion: None,
            capture: None,
            newline_bits: 0,
            newline_given: None,
            backslash_r_given: None,
        };
        let mut list = list.list();
        for option in list.by_ref() {
            match option.as_tuple() {
                Some(parts) => options.set_value(context, parts)?,
                None => options.set_flag(context.machine.atoms.name(option)?)?,
            }
        }
        options.compile.newline = options.newline_given.unwrap_or(options.compile.newline);
        options.compile.backslash_r = options
            .backslash_r_given
            .unwrap_or(options.compile.backslash_r);
        list.ended_proper().then_some(options)
    }

    fn set_flag(&mut self, name: &str) -> Option<()> {
        match name {
            "global" => self.global = true,
            "report_errors" => self.report_errors = true,
            "bsr_anycrlf" => self.backslash_r_given = Some(BackslashR::AnyCrLf),
            "bsr_unicode" => self.backslash_r_given = Some(BackslashR::Unicode),
            _ => {}
        }
        match name {
            "global" | "report_errors" => self.is_for_run = true,
            "bsr_anycrlf" | "bsr_unicode" => {}
            _ => match BITS.iter().find(|(option, _)| *option == name)?.1 {
                Bits::Compile(bits) => {
                    self.compile.bits |= bits;
                    self.is_for_compile = true;
                    self.unicode |= bits == compile_option::UTF;
                }
                Bits::Match(bits) => {
                    self.match_bits |= bits;
                    self.is_for_run = true;
                }
                Bits::Both(compile, matching) => {
                    self.compile.bits |= compile;
                    self.match_bits |= matching;
                }
            },
        }
        Some(())
    }

    fn set_value(&mut self, context: &Context<'_>, parts: &[Term]) -> Option<()> {
        let name = context.machine.atoms.name(*parts.first()?)?;
        match (name, &parts[1..]) {
            ("newline", [kind]) => {
                let kind = context.machine.atoms.name(*kind)?;
                let kind = NEWLINES.iter().find(|(name, _)| *name == kind)?.1;
                // PCRE 8's numbers of those given add up as bits, to another kind or to none.
                self.newline_bits |= kind as u32;
                self.newline_given = Newline::from_number(self.newline_bits);
                return Some(());
            }
            ("capture", [values]) => self.capture = Some((*values, known::INDEX)),
            ("capture", [values, form]) => self.capture = Some((*values, *form)),
            ("offset", [offset]) => self.offset = number(*offset)? as usize,
            ("match_limit", [limit]) => self.match_limit = Some(number(*limit)?),
            ("match_limit_recursion", [limit]) => {
                self.match_limit_recursion = Some(number(*limit)?);
            }
            _ => return None,
        }
        self.is_for_run = true;
        Some(())
    }
}
