//! Compiled patterns.

use alloc::vec::Vec;
use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};
use core::slice;

use crate::bindings::{self as pcre2, CompileContext, MatchContext, MatchData, RawCode};
use crate::dialect::Translation;
use crate::tables;

/// How deep parentheses may nest: about where PCRE 8 runs out of room to compile.
const NESTING_LIMIT: u32 = 798;

/// Options of patterns, as bits; PCRE2's own.
#[allow(missing_docs, reason = "OTP documents what each name means")]
pub mod compile_option {
    pub const ANCHORED: u32 = 0x8000_0000;
    pub const CASELESS: u32 = 0x8;
    pub const DOLLAR_ENDONLY: u32 = 0x10;
    pub const DOTALL: u32 = 0x20;
    pub const DUPNAMES: u32 = 0x40;
    pub const EXTENDED: u32 = 0x80;
    pub const FIRSTLINE: u32 = 0x100;
    pub const MULTILINE: u32 = 0x400;
    pub const NEVER_UTF: u32 = 0x1000;
    pub const NO_AUTO_CAPTURE: u32 = 0x2000;
    pub const NO_START_OPTIMIZE: u32 = 0x1_0000;
    pub const UCP: u32 = 0x2_0000;
    pub const UNGREEDY: u32 = 0x4_0000;
    pub const UTF: u32 = 0x8_0000;
    /// All of them.
    pub const ALL: u32 = ANCHORED
        | CASELESS
        | DOLLAR_ENDONLY
        | DOTALL
        | DUPNAMES
        | EXTENDED
        | FIRSTLINE
        | MULTILINE
        | NEVER_UTF
        | NO_AUTO_CAPTURE
        | NO_START_OPTIMIZE
        | UCP
        | UNGREEDY
        | UTF;
}

/// Options of matching, as bits; PCRE2's own.
#[allow(missing_docs, reason = "OTP documents what each name means")]
pub mod match_option {
    pub const ANCHORED: u32 = 0x8000_0000;
    pub const NOTBOL: u32 = 0x1;
    pub const NOTEOL: u32 = 0x2;
    pub const NOTEMPTY: u32 = 0x4;
    pub const NOTEMPTY_ATSTART: u32 = 0x8;
    /// All of them.
    pub const ALL: u32 = ANCHORED | NOTBOL | NOTEOL | NOTEMPTY | NOTEMPTY_ATSTART;
}

/// What ends a line. The numbers are those of PCRE 8 and PCRE2 alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Newline {
    Cr = 1,
    Lf = 2,
    CrLf = 3,
    Any = 4,
    AnyCrLf = 5,
}

impl Newline {
    /// The kind with this number.
    pub fn from_number(number: u32) -> Option<Newline> {
        use Newline::*;
        [Cr, Lf, CrLf, Any, AnyCrLf]
            .into_iter()
            .find(|kind| *kind as u32 == number)
    }
}

/// What `\R` matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BackslashR {
    /// What Unicode says ends a line.
    Unicode = 1,
    /// CR, LF and CRLF.
    AnyCrLf = 2,
}

/// How a pattern is to be compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompileOptions {
    /// Bits of [`compile_option`].
    pub bits: u32,
    /// What ends a line, unless the pattern says it.
    pub newline: Newline,
    /// What `\R` matches, unless the pattern says it.
    pub backslash_r: BackslashR,
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// PCRE2's number: see [`crate::message`].
    pub number: i32,
    /// The byte in the pattern where it was noticed.
    pub offset: usize,
}

impl CompileError {
    /// More than one kind of line ends is asked for.
    pub const INCONSISTENT_NEWLINES: CompileError = CompileError {
        number: 156,
        offset: 0,
    };
}

/// Why a match was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchError {
    /// The subject is no UTF-8, or does not begin with a character at the offset.
    BadUtf,
    /// The offset is beyond the subject.
    BadOffset,
    /// [`Limits::matches`]
    MatchLimit,
    /// [`Limits::depth`] or [`Limits::heap`]
    DepthLimit,
    /// The pattern refers to itself without end.
    RecurseLoop,
    /// There is no more memory.
    NoMemory,
    /// PCRE2 found itself in a state that should not be.
    Internal(i32),
}

/// How far a match may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How often the matcher may begin something that it may have to take back.
    pub matches: u32,
    /// How many of those may be pending at a time.
    pub depth: u32,
    /// How much memory that may take, in KiB.
    pub heap: u32,
}

/// What is matched.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Bytes; for a pattern in Unicode mode they are checked to be UTF-8.
    Bytes(&'a [u8]),
    /// Text, which is UTF-8.
    Text(&'a str),
}

impl<'a> Subject<'a> {
    /// The bytes.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Subject::Bytes(bytes) => bytes,
            Subject::Text(text) => text.as_bytes(),
        }
    }
}

/// Where a group matched: from and to. The end is before the start when `\K` in an assertion put it there.
pub type Span = (usize, usize);

/// Calls a function when it is dropped.
struct Owned<T>(NonNull<T>, unsafe extern "C" fn(*mut T));

impl<T> Owned<T> {
    fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Option<Owned<T>> {
        NonNull::new(pointer).map(|pointer| Owned(pointer, free))
    }

    fn pointer(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the function that belongs to this one, and is not used any more.
        unsafe { (self.1)(self.pointer()) }
    }
}

/// A compiled pattern.
pub struct Code {
    raw: Owned<RawCode>,
}

impl core::fmt::Debug for Code {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Code").finish_non_exhaustive()
    }
}

impl Code {
    /// Compiles a pattern of PCRE 8.
    ///
    /// # Errors
    ///
    /// What is wrong with the pattern, and where.
    pub fn compile(pattern: &[u8], options: CompileOptions) -> Result<Code, CompileError> {
        let extended = options.bits & compile_option::EXTENDED != 0;
        let translation = Translation::new(pattern, extended);
        let result = Self::compile_translated(&translation.text, options);
        result.map_err(|error| CompileError {
            offset: translation.original_offset(error.offset),
            ..error
        })
    }

    fn compile_translated(pattern: &[u8], options: CompileOptions) -> Result<Code, CompileError> {
        let failed = |number, offset| CompileError { number, offset };
        // SAFETY: no general context is asked for; the functions belong together.
        let context = Owned::<CompileContext>::new(
            unsafe { pcre2::pcre2_compile_context_create_8(ptr::null_mut()) },
            pcre2::pcre2_compile_context_free_8,
        )
        .ok_or(failed(pcre2::ERROR_NO_MEMORY, 0))?;
        let (mut number, mut offset): (c_int, usize) = (0, 0);
        // SAFETY: the context is alive, the tables live for ever and have the form that PCRE2 expects, the pattern is as
        // long as it is said to be, and both results have a place.
        let raw = unsafe {
            pcre2::pcre2_set_newline_8(context.pointer(), options.newline as u32);
            pcre2::pcre2_set_bsr_8(context.pointer(), options.backslash_r as u32);
            pcre2::pcre2_set_character_tables_8(context.pointer(), tables::LATIN_1.as_ptr());
            pcre2::pcre2_set_compile_extra_options_8(
                context.pointer(),
                pcre2::EXTRA_ALLOW_LOOKAROUND_BSK,
            );
            pcre2::pcre2_set_parens_nest_limit_8(context.pointer(), NESTING_LIMIT);
            pcre2::pcre2_set_max_varlookbehind_8(context.pointer(), 0);
            pcre2::pcre2_compile_8(
                pattern.as_ptr(),
                pattern.len(),
                options.bits & compile_option::ALL,
                &mut number,
                &mut offset,
                context.pointer(),
            )
        };
        Owned::new(raw, pcre2::pcre2_code_free_8)
            .map(|raw| Code { raw })
            .ok_or(failed(number, offset.min(pattern.len())))
    }

    fn info<T: Default>(&self, what: u32) -> T {
        let mut result = T::default();
        // SAFETY: the code is alive, and each caller names the type that PCRE2 has for what it asks.
        unsafe {
            pcre2::pcre2_pattern_info_8(
                self.raw.pointer(),
                what,
                (&raw mut result).cast::<c_void>(),
            );
        }
        result
    }

    /// The number of groups that capture.
    pub fn captures(&self) -> usize {
        self.info::<u32>(pcre2::INFO_CAPTURE_COUNT) as usize
    }

    /// The options that hold, bits of [`compile_option`] among others: those given and those that the pattern sets.
    pub fn options(&self) -> u32 {
        self.info(pcre2::INFO_ALL_OPTIONS)
    }

    /// What ends a line. `None` is a kind that only PCRE2 knows.
    pub fn newline(&self) -> Option<Newline> {
        Newline::from_number(self.info(pcre2::INFO_NEWLINE))
    }

    /// The names of groups with their numbers, in order; a name that several groups have comes several times.
    pub fn names(&self) -> Vec<(&[u8], usize)> {
        let count: u32 = self.info(pcre2::INFO_NAME_COUNT);
        let size: u32 = self.info(pcre2::INFO_NAME_ENTRY_SIZE);
        let (count, size) = (count as usize, size as usize);
        if count == 0 {
            return Vec::new();
        }
        let mut table: *const u8 = ptr::null();
        // SAFETY: the code is alive, and what is asked for is a pointer.
        unsafe {
            pcre2::pcre2_pattern_info_8(
                self.raw.pointer(),
                pcre2::INFO_NAME_TABLE,
                (&raw mut table).cast::<c_void>(),
            );
        }
        // SAFETY: the table is part of the code, which outlives the result, and has that many entries of that size.
        let table = unsafe { slice::from_raw_parts(table, count * size) };
        table
            .chunks(size)
            .map(|entry| {
                let number = usize::from(u16::from_be_bytes([entry[0], entry[1]]));
                let name = &entry[2..];
                let end = name.iter().position(|byte| *byte == 0);
                (&name[..end.unwrap_or(name.len())], number)
            })
            .collect()
    }

    /// Looks for the first match that begins at `start` or later. Gives the spans of the whole match and of the groups,
    /// up to the last one that took part; `None` when there is no match.
    ///
    /// # Errors
    ///
    /// Why it is not known whether there is one.
    pub fn find(
        &self,
        subject: Subject<'_>,
        start: usize,
        options: u32,
        limits: Limits,
    ) -> Result<Option<Vec<Option<Span>>>, MatchError> {
        let mut options = options & match_option::ALL;
        let bytes = subject.bytes();
        if start > bytes.len() {
            return Err(MatchError::BadOffset);
        }
        if let Subject::Text(text) = subject
            && self.options() & compile_option::UTF != 0
        {
            if !text.is_char_boundary(start) {
                return Err(MatchError::BadUtf);
            }
            options |= pcre2::NO_UTF_CHECK;
        }
        // SAFETY: the code is alive, no general context is asked for, and the functions belong together.
        let (data, context) = unsafe {
            let data =
                pcre2::pcre2_match_data_create_from_pattern_8(self.raw.pointer(), ptr::null_mut());
            let context = pcre2::pcre2_match_context_create_8(ptr::null_mut());
            (
                Owned::<MatchData>::new(data, pcre2::pcre2_match_data_free_8),
                Owned::<MatchContext>::new(context, pcre2::pcre2_match_context_free_8),
            )
        };
        let (Some(data), Some(context)) = (data, context) else {
            return Err(MatchError::NoMemory);
        };
        // SAFETY: all of them are alive; the subject is as long as it is said to be, the start is in it, and it is UTF-8 if
        // PCRE2 is told not to check that.
        let result = unsafe {
            pcre2::pcre2_set_match_limit_8(context.pointer(), limits.matches);
            pcre2::pcre2_set_depth_limit_8(context.pointer(), limits.depth);
            pcre2::pcre2_set_heap_limit_8(context.pointer(), limits.heap);
            pcre2::pcre2_match_8(
                self.raw.pointer(),
                bytes.as_ptr(),
                bytes.len(),
                start,
                options,
                data.pointer(),
                context.pointer(),
            )
        };
        match result {
            count @ 1.. => {
                let count = count as usize;
                // SAFETY: the data has room for all groups, of which the first `count` were set.
                let ends = unsafe {
                    slice::from_raw_parts(
                        pcre2::pcre2_get_ovector_pointer_8(data.pointer()),
                        2 * count,
                    )
                };
                let spans = ends.chunks(2).map(|span| {
                    let within = span[0] <= bytes.len() && span[1] <= bytes.len();
                    within.then_some((span[0], span[1]))
                });
                Ok(Some(spans.collect()))
            }
            pcre2::ERROR_NO_MATCH => Ok(None),
            pcre2::ERROR_MATCH_LIMIT => Err(MatchError::MatchLimit),
            pcre2::ERROR_DEPTH_LIMIT | pcre2::ERROR_HEAP_LIMIT => Err(MatchError::DepthLimit),
            pcre2::ERROR_RECURSE_LOOP => Err(MatchError::RecurseLoop),
            pcre2::ERROR_NO_MEMORY => Err(MatchError::NoMemory),
            pcre2::ERROR_BAD_OFFSET => Err(MatchError::BadOffset),
            pcre2::ERROR_BAD_UTF_OFFSET => Err(MatchError::BadUtf),
            error if (pcre2::ERRORS_OF_UTF.0..=pcre2::ERRORS_OF_UTF.1).contains(&error) => {
                Err(MatchError::BadUtf)
            }
            error => Err(MatchError::Internal(error)),
        }
    }
}

/// PCRE2 would look once more at each compiled pattern, for ways to skip parts of a subject. OTP has PCRE 8 not do that, and it
/// can be seen: in what verbs such as `(*COMMIT)` do, and in letters beyond ASCII, for which it looks up the wrong table.
#[unsafe(no_mangle)]
extern "C" fn _pcre2_study_8(_: *mut RawCode) -> c_int {
    0
}

/// The version of PCRE2, with its date.
pub fn version() -> &'static str {
    env!("PCRE2_VERSION")
}
