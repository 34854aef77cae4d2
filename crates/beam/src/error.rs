//! Every way in which a file can be wrong, and where.

use core::fmt::{self, Display, Formatter};

use thiserror::Error;

use crate::container::ChunkId;
use crate::opcode::{Opcode, OperandKind};
use crate::operand::{LabelNumber, Operand};

/// Why a file isn't a module that can be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The container is broken, or isn't one.
    #[error("offset {offset}: {problem}")]
    Container {
        /// In bytes, in the file (after decompression, when the whole file was compressed).
        offset: usize,
        /// What is wrong there.
        problem: ContainerError,
    },
    /// A chunk that each module needs isn't there.
    #[error("chunk {0} is missing")]
    MissingChunk(ChunkId),
    /// A chunk other than the instruction stream is broken.
    #[error("chunk {chunk}, offset {offset}: {problem}")]
    Table {
        /// Which chunk.
        chunk: ChunkId,
        /// In bytes, in the chunk's contents (of literals: in the uncompressed contents).
        offset: usize,
        /// What is wrong there.
        problem: TableError,
    },
    /// An instruction is wrong.
    #[error("chunk Code, offset {offset}, instruction {instruction}{}: {problem}", Name(*opcode))]
    Code {
        /// In bytes, in the chunk's contents; where the instruction begins.
        offset: usize,
        /// Its position in the instruction stream, from 0.
        instruction: usize,
        /// Its opcode, if it has a known one.
        opcode: Option<Opcode>,
        /// What is wrong with it.
        problem: CodeError,
    },
}

/// Prints the name of an opcode in parentheses, if there is one.
struct Name(Option<Opcode>);

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0
            .map_or(Ok(()), |opcode| write!(f, " ({})", opcode.name()))
    }
}

/// What is wrong with bytes, whatever they mean.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes end too early.
    #[error("truncated: {needed} bytes needed, {left} left")]
    Truncated {
        /// Bytes that should be there.
        needed: usize,
        /// Bytes that are.
        left: usize,
    },
    /// A count of things that the bytes left can't hold.
    #[error("a count of {count} with {left} bytes left")]
    Count {
        /// What the file says.
        count: u64,
        /// Bytes that are there.
        left: usize,
    },
    /// The length of a long number is itself malformed.
    #[error("the length of a number begins with {first:#04x}")]
    NumberLength {
        /// The first byte of the length.
        first: u8,
    },
    /// A number that can't be below zero is.
    #[error("an unsigned number is below zero")]
    Negative,
    /// A number that has to fit 32 bits doesn't.
    #[error("a number is too big for its place")]
    TooBig,
}

/// What is wrong with the container.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// It ends too early.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It doesn't begin as a `.beam` file, or as one compressed with gzip.
    #[error("not a .beam file")]
    NotBeam,
    /// The gzip header asks for something that gzip files don't have.
    #[error("unknown gzip method or flags")]
    GzipHeader,
    /// The compressed data is broken or is more than [`MAX_INFLATED`](crate::MAX_INFLATED) bytes.
    #[error("the compressed file is broken or too big")]
    Inflate,
    /// The compressed file's checksum or length is not that of the contents.
    #[error("the compressed file's checksum doesn't match")]
    Checksum,
    /// A chunk that counts is there twice.
    #[error("a second chunk {0}")]
    DuplicateChunk(ChunkId),
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// It ends too early, or has a malformed number.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Bytes follow the last entry.
    #[error("{0} bytes follow the last entry")]
    TrailingBytes(usize),
    /// There is no atom: the first is the module's name.
    #[error("there is no atom")]
    NoAtoms,
    /// Text isn't UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// An atom has more than 255 characters.
    #[error("an atom has {0} characters")]
    AtomLength(usize),
    /// An atom index (as in the file, from 1) beyond the atom table.
    #[error("atom {index} of {count}")]
    Atom {
        /// What the file says.
        index: u32,
        /// How many atoms there are.
        count: usize,
    },
    /// An arity above 255.
    #[error("arity {0}")]
    Arity(u32),
    /// A lambda has more free variables than arguments.
    #[error("{free} free variables with arity {arity}")]
    FreeVariables {
        /// What the file says.
        free: u32,
        /// The arity, free variables included.
        arity: u8,
    },
    /// A label that isn't the entry of a function with that name and arity.
    #[error("label {0} is not the entry of a function with that name and arity")]
    NotThatFunction(LabelNumber),
    /// The literals say that they are more than [`MAX_INFLATED`](crate::MAX_INFLATED) bytes.
    #[error("{0} bytes of literals")]
    LiteralsSize(u32),
    /// The literals' compressed data is broken or doesn't have the length that was said.
    #[error("the compressed literals are broken")]
    Inflate,
    /// A line table holds something other than line numbers and files.
    #[error("neither a line number nor a file")]
    LineItem,
    /// A file index beyond the list of file names.
    #[error("file {index} of {count}")]
    File {
        /// What the file says.
        index: u32,
        /// How many there are, the module's own included.
        count: usize,
    },
    /// The code header is not as this format version has it.
    #[error("code header of {size} bytes, format {format}")]
    CodeHeader {
        /// Its size, without the size itself.
        size: u32,
        /// The format number.
        format: u32,
    },
    /// The module uses operations of a later release than any that is known here.
    #[error("operations up to {0} are used, which is a later release's")]
    MaxOpcode(u32),
    /// More labels than the code has room for.
    #[error("{0} labels")]
    LabelCount(u32),
    /// Native records as a later release has them.
    #[error("native records of version {0}")]
    RecordsVersion(u32),
    /// The definition of a native record is malformed.
    #[error("malformed definition of a native record")]
    RecordDefinition,
    /// The number of fields of all native records is not what the chunk says.
    #[error("{found} fields of native records, the chunk says {said}")]
    RecordFields {
        /// What the chunk says.
        said: usize,
        /// How many there are.
        found: usize,
    },
    /// The number of functions is not what the header says.
    #[error("{found} functions, the header says {said}")]
    FunctionCount {
        /// What the header says.
        said: u32,
        /// How many there are.
        found: usize,
    },
}

/// What is wrong with an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The code ends too early, or has a malformed number.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No operation has that number.
    #[error("unknown opcode {0}")]
    UnknownOpcode(u8),
    /// The operation was dropped: a compiler older than OTP 24 wrote this.
    #[error("obsolete operation; compile the module with OTP 24 or later")]
    Obsolete,
    /// A register number of 1024 or above.
    #[error("register {number}")]
    Register {
        /// What the file says.
        number: u32,
    },
    /// Tag `h`, which no operation takes.
    #[error("a character operand")]
    CharacterOperand,
    /// A float in the instruction, as before OTP R16.
    #[error("a float operand")]
    FloatOperand,
    /// No extended operand has that number.
    #[error("extended operand {number}")]
    ExtendedTag {
        /// What the file says.
        number: u32,
    },
    /// An extended operand contains something else than it should.
    #[error("wrong contents of an extended operand")]
    ExtendedContents,
    /// An allocation list is malformed.
    #[error("malformed allocation list")]
    AllocationList,
    /// A list that isn't the last operand, or is in a list.
    #[error("a list in the wrong place")]
    ListPlace,
    /// An operand is not of the kind that the operation takes.
    #[error("operand {position} is {found:?} where {expected:?} is due")]
    Operand {
        /// From 0; elements of the list count on from the list's head.
        position: usize,
        /// What the operation takes.
        expected: OperandKind,
        /// What is there.
        found: Operand,
    },
    /// A list whose length isn't a multiple of what its elements come in.
    #[error("a list of {length} where groups of {group} are due")]
    ListLength {
        /// Elements that are there.
        length: usize,
        /// Elements that belong together.
        group: usize,
    },
    /// An index beyond a table.
    #[error("{table} {index} of {count}")]
    Index {
        /// What is indexed.
        table: &'static str,
        /// What the file says.
        index: u64,
        /// How many there are.
        count: usize,
    },
    /// An import or function of another arity than the operation says.
    #[error("arity {found} where {expected} is due")]
    Arity {
        /// What the operation says.
        expected: u64,
        /// What the table says.
        found: u64,
    },
    /// A label that is defined already.
    #[error("label {0} is defined twice")]
    LabelTwice(LabelNumber),
    /// A label that isn't defined.
    #[error("label {0} is not defined")]
    UndefinedLabel(LabelNumber),
    /// A jump into another function.
    #[error("label {0} belongs to another function")]
    ForeignLabel(LabelNumber),
    /// A call to something else than a function's entry.
    #[error("label {0} is not the entry of a function")]
    NotAnEntry(LabelNumber),
    /// `func_info` without a label before it (and maybe a `line` between) and a label after it.
    #[error("a function without its labels")]
    FunctionShape,
    /// An instruction outside any function.
    #[error("outside any function")]
    OutsideFunction,
    /// Something follows the end of the code.
    #[error("{0} bytes follow the end of the code")]
    AfterEnd(usize),
    /// What [`Module::verify`](crate::Module::verify) finds.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// What is wrong with an instruction where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FlowError {
    /// An X register is read, or said to be alive, on a way here that left nothing in it.
    #[error("x{0} holds nothing")]
    EmptyX(u16),
    /// A Y register is read on a way here that left nothing in it, or the marker of a `catch` or `try`.
    #[error("y{0} holds no term")]
    EmptyY(u16),
    /// A Y register beyond the frame.
    #[error("y{0} is not in the frame")]
    NoSuchSlot(u16),
    /// Memory may be collected, or an exception raised, while Y registers hold nothing.
    #[error("Y registers hold nothing yet")]
    EmptySlots,
    /// The frame has another size, or there is one, or none.
    #[error("there is {found} where {expected} is due")]
    Frame {
        /// What the instruction takes.
        expected: FrameSize,
        /// What there is.
        found: FrameSize,
    },
    /// A Y register that holds no marker of `catch` or `try`.
    #[error("y{0} holds no handler")]
    NoHandler(u16),
    /// Something else than `catch_end` or `try_case` where an exception may arrive.
    #[error("not the begin of a handler")]
    Handler,
    /// `try_case` where no exception arrives.
    #[error("reached without an exception")]
    NoException,
    /// Execution would run on into the next function.
    #[error("runs on into the next function")]
    RunsOn,
    /// `func_info` is reached in another way than by its label.
    #[error("reached from above")]
    FunctionInfo,
    /// A jump back that is no receiving.
    #[error("a jump back to label {0}")]
    JumpBack(LabelNumber),
    /// The function's jumps back change again and again what holds at their labels.
    #[error("too many jumps back")]
    JumpsBack,
}

/// What is known of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameSize {
    /// There is none.
    None,
    /// There is one, of some size.
    Some,
    /// There is one with so many slots.
    Slots(usize),
    /// It depends on the way here.
    Unknown,
}

impl Display for FrameSize {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            FrameSize::None => f.write_str("no frame"),
            FrameSize::Some => f.write_str("a frame"),
            FrameSize::Slots(slots) => write!(f, "a frame of {slots}"),
            FrameSize::Unknown => f.write_str("sometimes another frame"),
        }
    }
}

impl Error {
    pub(crate) fn table(chunk: ChunkId, offset: usize, problem: impl Into<TableError>) -> Error {
        let problem = problem.into();
        Error::Table {
            chunk,
            offset,
            problem,
        }
    }
}
