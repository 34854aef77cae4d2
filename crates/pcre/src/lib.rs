//! Perl-compatible regular expressions without an operating system.
//!
//! The matcher is PCRE2, compiled from its own sources by `build.rs`. OTP's `re` was made with PCRE 8; what PCRE2 reads
//! otherwise is put right here, so that a pattern means what it means there:
//!
//! * [`Code`]: compiling, asking, matching. The only module that calls PCRE2, and the only way to it.
//! * [`dialect`]: the few things that PCRE 8 and PCRE2 read differently, rewritten.
//! * [`message`]: what PCRE 8 says is wrong with a pattern.
//! * `tables`: the classes of characters of ISO 8859-1, which OTP uses when it isn't told to use Unicode's.
//! * `memory`: PCRE2's memory is Rust's.
//!
//! Nothing that a pattern or a subject consists of makes the machine read or write what it shouldn't: PCRE2 checks both,
//! compiled code never comes from outside, and matching takes its memory from the heap, within [`Limits`].

#![no_std]

extern crate alloc;

mod bindings;
mod code;
pub mod dialect;
mod memory;
pub mod message;
mod tables;

pub use code::{
    BackslashR, Code, CompileError, CompileOptions, Limits, MatchError, Newline, Span, Subject,
    compile_option, match_option, version,
};
