//! Reads `.beam` files, as the compilers of Erlang/OTP 24 to 29 write them, into a checked [`Module`].
//!
//! What it is: bytes in, tables and generic operations out. [`Module::parse`] is the only way in; what it returns has
//! been checked, so that a loader may index tables with what it finds in operands.
//!
//! What it is not: it knows no terms and no heap. Literals, attributes and compile information stay in external term
//! format; atoms are text; operations are the *generic* ones of the file format, not what an interpreter executes.
//! That values are of the types that operations want is not checked: whoever executes them has to look.
//!
//! # Principles
//!
//! * **A file is an allegation.** Every index, label, register number, arity and length is checked before anything
//!   uses it, nothing is allocated from a length that the file can't back with bytes, and nothing recurses.
//!   No input makes it panic.
//! * **Errors say what and where**: the chunk, the offset in it, and in code the instruction ([`Error`]).
//! * **One table** ([`Opcode`]) holds number, name, operands and meaning of each operation; decoder, checks and
//!   disassembly read it.
//! * **As strict as OTP's own loader or stricter**: what the compiler never writes is refused.
//!
//! # What a parsed module promises
//!
//! * Atom, literal, import, lambda, line and string-table references are in range, and atom indices count from 0 in
//!   [`Module::atoms`].
//! * Operands are of the kinds that the operation's table line says ([`Opcode::operands`]), lists have the shape that
//!   [`OperandKind`] says.
//! * The code is a sequence of [`Function`]s, ended by `int_code_end`. A label is defined at most once; a label that
//!   is referred to exists. Calls go to entry labels of functions of that arity, other jumps stay in their function.
//! * Exports, locals and lambdas point to entry labels of functions with that name and arity.
//!
//! [`Module::verify`] adds what takes following the control flow: registers hold something when they are read, and frames
//! are what instructions take them for.
//!
//! # Map
//!
//! | module | what it holds |
//! | --- | --- |
//! | `container` | the IFF container, gzip and zlib around and in it |
//! | `tables` | atoms, imports, exports, lambdas, literals, lines |
//! | `records` | definitions of native records |
//! | `opcode` | the table of generic operations |
//! | `compact` | the compact term encoding of operands |
//! | `code` | the instruction stream |
//! | `commands` | the commands of `bs_match` |
//! | `check` | what can only be checked with all tables at hand |
//! | `verify` | what can only be checked along the control flow |
//! | `module` | [`Module`] and its digest |
//! | `display` | the disassembly |
//! | `error` | every way in which a file can be wrong |
//!
//! The format has no normative specification; the facts were read off `beam_asm`, `beam_dict`, `beam_lib` and the
//! emulator's `beam_file` of OTP 25 to 29.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod check;
mod code;
mod commands;
mod compact;
mod container;
mod display;
mod error;
mod module;
mod opcode;
mod operand;
mod reader;
mod records;
mod tables;
#[cfg(test)]
mod testing;
mod verify;

pub use code::{Code, Function, Instruction, Instructions};
pub use commands::{Command, commands};
pub use container::{ChunkId, MAX_INFLATED};
pub use error::{CodeError, ContainerError, Error, FlowError, FrameSize, ReadError, TableError};
pub use module::Module;
pub use opcode::{Opcode, OperandKind};
pub use operand::{
    AllocationList, AtomIndex, BigInteger, LabelNumber, LineIndex, Operand, TypeIndex,
};
pub use records::RecordDefinition;
pub use tables::{Export, Import, Lambda, LineItem, LineTable, Literals};
pub use verify::Clears;

/// The highest arity of a function, as in OTP (`MAX_ARG`).
pub const MAX_ARITY: u8 = 255;

/// The number of X, Y and floating-point registers that code may name, each numbered from 0, as in OTP (`MAX_REG`).
pub const MAX_REGISTERS: u16 = 1024;

/// The most words of heap that an operation may ask for: 64 MiB. Compilers ask for what one function builds without calls.
pub const MAX_HEAP_NEED: u64 = 1 << 23;

/// The longest atom, in characters (not bytes), as in OTP (`MAX_ATOM_CHARACTERS`).
pub const MAX_ATOM_CHARACTERS: usize = 255;
