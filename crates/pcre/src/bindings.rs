//! PCRE2's functions and numbers, as its header has them, as far as they are used.

use core::ffi::{c_int, c_void};

/// A compiled pattern.
#[repr(C)]
pub struct RawCode {
    _opaque: [u8; 0],
}

/// What matters when a pattern is compiled.
#[repr(C)]
pub struct CompileContext {
    _opaque: [u8; 0],
}

/// What matters when a pattern is matched.
#[repr(C)]
pub struct MatchContext {
    _opaque: [u8; 0],
}

/// The result of a match, and the memory that it takes.
#[repr(C)]
pub struct MatchData {
    _opaque: [u8; 0],
}

pub const NO_UTF_CHECK: u32 = 0x4000_0000;
pub const EXTRA_ALLOW_LOOKAROUND_BSK: u32 = 0x40;

pub const INFO_ALL_OPTIONS: u32 = 0;
pub const INFO_CAPTURE_COUNT: u32 = 4;
pub const INFO_NAME_COUNT: u32 = 17;
pub const INFO_NAME_ENTRY_SIZE: u32 = 18;
pub const INFO_NAME_TABLE: u32 = 19;
pub const INFO_NEWLINE: u32 = 20;

pub const ERROR_NO_MATCH: c_int = -1;
/// The first and the last of the errors that say what is wrong with a subject in UTF-8.
pub const ERRORS_OF_UTF: (c_int, c_int) = (-22, -3);
pub const ERROR_BAD_OFFSET: c_int = -33;
pub const ERROR_BAD_UTF_OFFSET: c_int = -36;
pub const ERROR_MATCH_LIMIT: c_int = -47;
pub const ERROR_NO_MEMORY: c_int = -48;
pub const ERROR_RECURSE_LOOP: c_int = -52;
pub const ERROR_DEPTH_LIMIT: c_int = -53;
pub const ERROR_HEAP_LIMIT: c_int = -63;

unsafe extern "C" {
    pub fn pcre2_compile_context_create_8(general: *mut c_void) -> *mut CompileContext;
    pub fn pcre2_compile_context_free_8(context: *mut CompileContext);
    pub fn pcre2_set_newline_8(context: *mut CompileContext, newline: u32) -> c_int;
    pub fn pcre2_set_bsr_8(context: *mut CompileContext, value: u32) -> c_int;
    pub fn pcre2_set_character_tables_8(context: *mut CompileContext, tables: *const u8) -> c_int;
    pub fn pcre2_set_compile_extra_options_8(context: *mut CompileContext, options: u32) -> c_int;
    pub fn pcre2_set_parens_nest_limit_8(context: *mut CompileContext, limit: u32) -> c_int;
    pub fn pcre2_set_max_varlookbehind_8(context: *mut CompileContext, limit: u32) -> c_int;
    pub fn pcre2_compile_8(
        pattern: *const u8,
        length: usize,
        options: u32,
        error: *mut c_int,
        offset: *mut usize,
        context: *mut CompileContext,
    ) -> *mut RawCode;
    pub fn pcre2_code_free_8(code: *mut RawCode);
    pub fn pcre2_pattern_info_8(code: *const RawCode, what: u32, result: *mut c_void) -> c_int;
    pub fn pcre2_match_context_create_8(general: *mut c_void) -> *mut MatchContext;
    pub fn pcre2_match_context_free_8(context: *mut MatchContext);
    pub fn pcre2_set_match_limit_8(context: *mut MatchContext, limit: u32) -> c_int;
    pub fn pcre2_set_depth_limit_8(context: *mut MatchContext, limit: u32) -> c_int;
    pub fn pcre2_set_heap_limit_8(context: *mut MatchContext, kilobytes: u32) -> c_int;
    pub fn pcre2_match_data_create_from_pattern_8(
        code: *const RawCode,
        general: *mut c_void,
    ) -> *mut MatchData;
    pub fn pcre2_match_data_free_8(data: *mut MatchData);
    pub fn pcre2_match_8(
        code: *const RawCode,
        subject: *const u8,
        length: usize,
        start: usize,
        options: u32,
        data: *mut MatchData,
        context: *mut MatchContext,
    ) -> c_int;
    pub fn pcre2_get_ovector_pointer_8(data: *mut MatchData) -> *const usize;
    pub fn pcre2_get_error_message_8(error: c_int, buffer: *mut u8, size: usize) -> c_int;
}
