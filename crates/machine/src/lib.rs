//! A BEAM-compatible virtual machine that needs no operating system.
//!
//! # What this is
//!
//! Everything between `.beam` files and running Erlang processes: code, scheduler, heaps and their
//! collection, messages and signals, timers, and the functions that OTP's modules expect from an emulator.
//!
//! # What it is not
//!
//! It has no standard library of its own: OTP's modules run unmodified. It knows nothing of hypervisors: the outside
//! is one trait, [`Platform`].
//!
//! # Principles
//!
//! * **One core.** No locks and no atomics; parallelism is more instances.
//! * **Rooted by construction.** BIFs never collect and what they allocate never moves. The interpreter collects
//!   where the compiler told it which registers are live.
//! * **Tables.** Instructions, BIFs and their specialisations are lines of tables; adding one is one line and its
//!   function.
//! * **Loud.** What is missing raises `undef` with its name. Nothing answers something plausible.
//!
//! # Map
//!
//! | module | idea |
//! | --- | --- |
//! | [`machine`] | what processes share, and the loop that runs them |
//! | [`process`], [`process_table`], [`message`], [`dictionary`] | one process; all of them |
//! | [`run_queue`], [`dirty`] | whose turn it is, on which scheduler |
//! | [`heap`] | a process' memory and the generational collector |
//! | [`code`] | loaded modules, exports, the loader and its table of internal operations |
//! | [`interpreter`] | the dispatch loop |
//! | [`bits`] | the bit syntax |
//! | [`freeze`] | what can't be frozen, and what an image leaves behind |
//! | [`exception`], [`trace`] | exceptions, stack traces |
//! | [`release`] | memory that is freed when nobody refers to it |
//! | [`last_words`] | what is said of the process that runs when memory runs out |
//! | [`report`] | what the machine itself reports |
//! | [`signal`] | exits, links, monitors |
//! | `break_handler` | the menu of Ctrl-C |
//! | `crash_dump` | all that is known of a machine that ends |
//! | [`host_signal`] | signals of the operating system outside |
//! | [`timer`] | timers |
//! | [`tracing`] | what processes do, told to others |
//! | [`trap`] | functions that take longer than a slice |
//! | [`bif`] | functions written in Rust, by area |
//! | [`files`] | the file system in memory |
//! | [`port`] | ports and the drivers behind them |
//! | [`otp`] | which OTP it is |
//! | [`platform`] | the outside |

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bif;
pub mod bits;
mod break_handler;
pub mod code;
pub mod context;
mod crash_dump;
pub mod dictionary;
pub mod dirty;
pub mod exception;
pub mod files;
pub mod freeze;
pub mod heap;
pub mod host_signal;
pub mod interpreter;
pub mod last_words;
pub mod machine;
pub mod message;
pub mod otp;
pub mod platform;
pub mod port;
pub mod process;
pub mod process_table;
pub mod references;
pub mod release;
pub mod report;
pub mod run_queue;
pub mod signal;
pub mod stack_trace;
pub mod timer;
pub mod tracing;
pub mod trap;

pub use brood_term::SharedBinary;
pub use context::Context;
pub use machine::{Config, Halt, Machine};
pub use platform::Platform;
