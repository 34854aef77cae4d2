//! The translation of the bit syntax.

use alloc::vec::Vec;

use brood_beam::{Command, Instruction, Opcode, Operand, commands};
use brood_term::{Term, known};

use super::emit::{LIVE_UNKNOWN, Translator};
use super::loader::LoadError;
use super::operation::Operation as Op;

/// The number of segments that come from the instructions of before OTP 25, whose failures nothing explains.
pub(crate) const UNNUMBERED: u64 = 0;

/// A size that no bitstring has, as a small integer.
const MOST_UNITS: u64 = 1 << 58;

/// The flags of a segment, as the operations for single segments have them.
mod flag {
    pub const LITTLE: u64 = 2;
    pub const SIGNED: u64 = 4;
    pub const NATIVE: u64 = 16;
}

/// The types of segments of `bs_create_bin`, with their numbers.
const SEGMENT_TYPES: [(&str, SegmentType); 9] = [
    ("integer", SegmentType::Integer),
    ("float", SegmentType::Float),
    ("binary", SegmentType::Binary),
    ("utf8", SegmentType::Utf8),
    ("utf16", SegmentType::Utf16),
    ("utf32", SegmentType::Utf32),
    ("string", SegmentType::String),
    ("append", SegmentType::Append),
    ("private_append", SegmentType::PrivateAppend),
];

/// The type of a segment of `bs_create_bin`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "named as in the file format")]
pub(crate) enum SegmentType {
    Integer,
    Float,
    Binary,
    Utf8,
    Utf16,
    Utf32,
    String,
    Append,
    PrivateAppend,
}

impl SegmentType {
    /// The type with this number.
    pub(crate) fn from_number(number: u64) -> (&'static str, SegmentType) {
        SEGMENT_TYPES[number as usize % SEGMENT_TYPES.len()]
    }
}

impl<'a> Translator<'a> {
    /// Translates an operation of the bit syntax.
    pub(super) fn bits(&mut self, instruction: &Instruction<'_>) -> Result<(), LoadError> {
        use Operand::{Label, Unsigned};
        let list = instruction.list;
        let opcode = instruction.opcode;
        match (opcode, instruction.operands) {
            (Opcode::BsStartMatch3, &[Label(label), binary, Unsigned(live), to]) => {
                self.start_match(label, live, binary, to)
            }
            (Opcode::BsStartMatch4, &[Label(label), Unsigned(live), binary, to]) => {
                self.start_match(label, live, binary, to)
            }
            // `no_fail` and `resume`: the compiler knows that it is a binary, or a context.
            (Opcode::BsStartMatch4, &[_, Unsigned(live), binary, to]) => {
                self.start_match(0, live, binary, to)
            }
            (
                Opcode::BsGetInteger2 | Opcode::BsGetFloat2 | Opcode::BsGetBinary2,
                &[
                    Label(label),
                    context,
                    Unsigned(live),
                    size,
                    Unsigned(unit),
                    Unsigned(flags),
                    to,
                ],
            ) => {
                let operation = match opcode {
                    Opcode::BsGetInteger2 => Op::BitsGetInteger,
                    Opcode::BsGetFloat2 => Op::BitsGetFloat,
                    _ => Op::BitsGetBinary,
                };
                let context = self.register(context, 0)?;
                let to = self.register(to, 1)?;
                self.emit_label(operation, to, label);
                self.word(u64::from(context) | live << 16 | flags << 32);
                self.source_word(size)?;
                self.word(unit);
                Ok(())
            }
            (Opcode::BsSkipBits2, &[Label(label), context, size, Unsigned(unit), Unsigned(_)]) => {
                let context = self.register(context, 0)?;
                self.emit_label(Op::BitsSkip, context, label);
                self.source_word(size)?;
                self.word(unit);
                Ok(())
            }
            (Opcode::BsTestTail2, &[Label(label), context, size]) => {
                let context = self.register(context, 0)?;
                self.emit_label(Op::BitsTestTail, context, label);
                self.word(bit_count(size));
                Ok(())
            }
            (Opcode::BsTestUnit, &[Label(label), context, Unsigned(unit)]) => {
                let context = self.register(context, 0)?;
                self.emit_label(Op::BitsTestUnit, context, label);
                self.word(unit);
                Ok(())
            }
            (Opcode::BsMatchString, &[Label(label), context, Unsigned(bits), Unsigned(offset)]) => {
                let context = self.register(context, 0)?;
                self.emit_label(Op::BitsMatchString, context, label);
                self.word(bits);
                self.string(offset, bits.div_ceil(8));
                Ok(())
            }
            (
                Opcode::BsGetUtf8 | Opcode::BsGetUtf16 | Opcode::BsGetUtf32,
                &[Label(label), context, _, Unsigned(flags), to],
            ) => {
                let width = match opcode {
                    Opcode::BsGetUtf8 => 8,
                    Opcode::BsGetUtf16 => 16,
                    _ => 32,
                };
                let context = self.register(context, 0)?;
                let to = self.register(to, 1)?;
                self.emit_label(Op::BitsGetUtf, to, label);
                self.word(u64::from(context) | width << 16 | flags << 32);
                Ok(())
            }
            (
                Opcode::BsSkipUtf8 | Opcode::BsSkipUtf16 | Opcode::BsSkipUtf32,
                &[Label(label), context, _, Unsigned(flags)],
            ) => {
                let width = match opcode {
                    Opcode::BsSkipUtf8 => 8,
                    Opcode::BsSkipUtf16 => 16,
                    _ => 32,
                };
                let context = self.register(context, 0)?;
                self.emit_label(Op::BitsSkipUtf, context, label);
                self.word(width << 16 | flags << 32);
                Ok(())
            }
            (Opcode::BsGetTail, &[context, to, Unsigned(live)]) => {
                let context = self.register(context, 0)?;
                let to = self.register(to, 1)?;
                self.emit(Op::BitsGetTail, to, context, live as u16);
                Ok(())
            }
            (Opcode::BsGetPosition, &[context, to, _]) => {
                let context = self.register(context, 0)?;
                let to = self.register(to, 1)?;
                self.emit(Op::BitsGetPosition, to, context, 0);
                Ok(())
            }
            (Opcode::BsSetPosition, &[context, position]) => {
                let context = self.register(context, 0)?;
                self.emit(Op::BitsSetPosition, context, 0, 0);
                self.source_word(position)
            }
            (Opcode::BsInitWritable, _) => {
                self.emit(Op::BitsInitWritable, 0, 0, 0);
                Ok(())
            }
            (Opcode::BsCreateBin, &[Label(label), _, Unsigned(live), Unsigned(_), to, _]) => {
                let to = self.register(to, 0)?;
                self.emit_label(Op::BitsCreate, to, label);
                self.word(live | (list.len() as u64 / 6) << 16);
                list.chunks_exact(6)
                    .try_for_each(|segment| self.segment(opcode, segment))
            }
            (Opcode::BsMatch, &[Label(label), context, _]) => {
                let module = self.tables.module;
                let all = commands(list, |index| module.atom(index));
                for (command, operands) in all.flatten() {
                    self.match_command(label, context, command, operands)?;
                }
                Ok(())
            }
            _ => self.old_construction(instruction),
        }
    }

    /// A command of `bs_match` becomes the operation that does the same. Those that can't fail have no label.
    fn match_command(
        &mut self,
        label: u32,
        context: Operand,
        command: Command,
        operands: &[Operand],
    ) -> Result<(), LoadError> {
        use Operand::Unsigned;
        let context = self.register(context, 0)?;
        match (command, operands) {
            (Command::EnsureAtLeast, &[size, Unsigned(unit)]) => {
                self.emit_label(Op::BitsTestLeast, context, label);
                self.word(bit_count(size));
                self.word(unit);
            }
            (Command::EnsureExactly, &[size]) => {
                self.emit_label(Op::BitsTestTail, context, label);
                self.word(bit_count(size));
            }
            (
                Command::Integer | Command::Binary,
                &[Unsigned(live), flags, size, Unsigned(unit), to],
            ) => {
                let operation = match command {
                    Command::Integer => Op::BitsGetInteger,
                    _ => Op::BitsGetBinary,
                };
                let flags = self.flags_of(flags);
                let size = Term::small(bit_count(size).min(MOST_UNITS) as i64);
                let to = self.register(to, 1)?;
                self.emit(operation, to, 0, 0);
                self.word(u64::from(context) | live << 16 | flags << 32);
                self.word(size.raw());
                self.word(unit);
            }
            (Command::Equals, &[_, Unsigned(size), Unsigned(value)]) => {
                self.emit_label(Op::BitsMatchNumber, context, label);
                self.word(size);
                self.word(value);
            }
            (Command::Skip, &[size]) => {
                self.emit(Op::BitsSkip, context, 0, 0);
                self.word(Term::small(bit_count(size).min(MOST_UNITS) as i64).raw());
                self.word(1);
            }
            (Command::GetTail, &[Unsigned(live), _, to]) => {
                let to = self.register(to, 1)?;
                self.emit(Op::BitsGetTail, to, context, live as u16);
            }
            _ => return Err(LoadError::Operation(Opcode::BsMatch)),
        }
        Ok(())
    }

    /// Construction before OTP 25: an instruction that knows the whole size, and one for each segment right behind it.
    /// They become one operation, as `bs_create_bin` does; its own sizes are what counts.
    fn old_construction(&mut self, instruction: &Instruction<'_>) -> Result<(), LoadError> {
        use Operand::{Label, Unsigned};
        let opcode = instruction.opcode;
        let index = instruction.index;
        let append = SegmentType::Append as u64;
        match (opcode, instruction.operands) {
            (
                Opcode::BsInit2 | Opcode::BsInitBits,
                &[Label(label), _, _, Unsigned(live), _, to],
            ) => self.create(index, label, live, to, None),
            (
                Opcode::BsAppend,
                &[
                    Label(label),
                    size,
                    _,
                    Unsigned(live),
                    Unsigned(unit),
                    binary,
                    Unsigned(_),
                    to,
                ],
            ) => self.create(index, label, live, to, Some((append, unit, binary, size))),
            (
                Opcode::BsPrivateAppend,
                &[Label(label), size, Unsigned(unit), binary, Unsigned(_), to],
            ) => self.create(
                index,
                label,
                LIVE_UNKNOWN,
                to,
                Some((append, unit, binary, size)),
            ),
            (Opcode::BsAdd, &[Label(label), sum, more, Unsigned(unit), to]) => {
                let to = self.register(to, 0)?;
                self.emit_label(Op::BitsAdd, to, label);
                self.source_word(sum)?;
                self.source_word(more)?;
                self.word(unit);
                Ok(())
            }
            (Opcode::BsUtf8Size | Opcode::BsUtf16Size, &[_, point, to]) => {
                let to = self.register(to, 0)?;
                let width = if opcode == Opcode::BsUtf8Size { 8 } else { 16 };
                self.emit(Op::BitsUtfSize, to, width, 0);
                self.source_word(point)
            }
            // Part of the operation that the one before has become, or in the wrong place.
            _ if is_put(opcode) && self.follows_construction(index) => Ok(()),
            _ => Err(LoadError::Operation(opcode)),
        }
    }

    /// The instruction at `index`, if there is one, and how many `line`s to pass over before it.
    fn passing_lines(&self, mut index: usize) -> Option<Instruction<'a>> {
        loop {
            let instruction = self.tables.module.code.instruction(index)?;
            if instruction.opcode != Opcode::Line {
                return Some(instruction);
            }
            index += 1;
        }
    }

    fn follows_construction(&self, index: usize) -> bool {
        let code = &self.tables.module.code;
        let before = (0..index).rev().filter_map(|index| code.instruction(index));
        let mut before = before.map(|instruction| instruction.opcode);
        before
            .find(|opcode| *opcode != Opcode::Line)
            .is_some_and(|opcode| is_put(opcode) || begins_construction(opcode))
    }

    /// The operation for the construction that begins at `index`, with what it appends to: type, unit, value and size.
    fn create(
        &mut self,
        index: usize,
        label: u32,
        live: u64,
        to: Operand,
        appended: Option<(u64, u64, Operand, Operand)>,
    ) -> Result<(), LoadError> {
        let mut puts = Vec::new();
        let mut next = self.passing_lines(index + 1);
        while let Some(put) = next.filter(|instruction| is_put(instruction.opcode)) {
            next = self.passing_lines(put.index + 1);
            puts.push(put);
        }
        let (register, count) = (
            self.register(to, 0)?,
            puts.len() + usize::from(appended.is_some()),
        );
        self.emit_label(Op::BitsCreate, register, label);
        self.word(live | (count as u64) << 16);
        if let Some((kind, unit, binary, size)) = appended {
            self.word(segment_word(kind, 0, UNNUMBERED, unit));
            self.source_word(binary)?;
            self.source_word(size)?;
        }
        puts.iter().try_for_each(|put| self.put(label, to, put))
    }

    /// The segment of a put, which has to fail where its construction does, and can't take what is only being made.
    fn put(
        &mut self,
        label: u32,
        constructed: Operand,
        put: &Instruction<'_>,
    ) -> Result<(), LoadError> {
        use Operand::{Label, Unsigned};
        let wrong = Err(LoadError::Operation(put.opcode));
        let kind = match put.opcode {
            Opcode::BsPutInteger => SegmentType::Integer,
            Opcode::BsPutFloat => SegmentType::Float,
            Opcode::BsPutBinary => SegmentType::Binary,
            Opcode::BsPutUtf8 => SegmentType::Utf8,
            Opcode::BsPutUtf16 => SegmentType::Utf16,
            Opcode::BsPutUtf32 => SegmentType::Utf32,
            _ => SegmentType::String,
        };
        let (unit, flags, value, size) = match *put.operands {
            [Unsigned(length), Unsigned(offset)] => {
                self.word(segment_word(kind as u64, 0, UNNUMBERED, 8));
                self.string(offset, length);
                self.word(length);
                return Ok(());
            }
            [Label(fail), size, Unsigned(unit), Unsigned(flags), value] if fail == label => {
                (unit, flags, value, size)
            }
            [Label(fail), Unsigned(flags), value] if fail == label => {
                (1, flags, value, Operand::Integer(0))
            }
            _ => return wrong,
        };
        if same_register(value, constructed) || same_register(size, constructed) {
            return wrong;
        }
        self.word(segment_word(kind as u64, flags, UNNUMBERED, unit));
        self.source_word(value)?;
        self.source_word(size)
    }

    fn start_match(
        &mut self,
        label: u32,
        live: u64,
        binary: Operand,
        to: Operand,
    ) -> Result<(), LoadError> {
        let to = self.register(to, 0)?;
        self.emit_label(Op::BitsStartMatch, to, label);
        self.word(live);
        self.source_word(binary)
    }

    /// The address of bytes of the string table.
    fn string(&mut self, offset: u64, length: u64) {
        // The reader checked that they are there.
        let (start, end) = (offset as usize, (offset + length) as usize);
        let bytes = self.tables.strings.get(start..end).unwrap_or_default();
        self.word(bytes.as_ptr() as u64);
    }

    /// Three words: type, flags, sequence number and unit; value; size.
    fn segment(&mut self, opcode: Opcode, segment: &[Operand]) -> Result<(), LoadError> {
        let &[
            Operand::Atom(kind),
            Operand::Unsigned(number),
            Operand::Unsigned(unit),
            flags,
            value,
            size,
        ] = segment
        else {
            return Err(LoadError::Operation(opcode));
        };
        let module = self.tables.module;
        let kind = module.atom(kind).unwrap_or_default();
        let Some(kind) = SEGMENT_TYPES.iter().position(|(name, _)| *name == kind) else {
            return Err(LoadError::Operation(opcode));
        };
        let flags = self.flags_of(flags);
        self.word(segment_word(kind as u64, flags, number, unit));
        if SEGMENT_TYPES[kind].1 == SegmentType::String {
            let (Operand::Unsigned(offset), Operand::Integer(length)) = (value, size) else {
                return Err(LoadError::Operation(opcode));
            };
            self.string(offset, length as u64);
            self.word(length as u64);
            Ok(())
        } else {
            self.source_word(value)?;
            self.source_word(size)
        }
    }

    /// The flags that a list of atoms names.
    fn flags_of(&mut self, flags: Operand) -> u64 {
        let bits = |flag: Term| match flag {
            known::LITTLE => flag::LITTLE,
            known::NATIVE => flag::NATIVE,
            known::SIGNED => flag::SIGNED,
            _ => 0,
        };
        let flags = self.constant(flags).unwrap_or(Term::NIL);
        flags.list().map(bits).fold(0, |all, bits| all | bits)
    }
}

/// The first word of a segment.
fn segment_word(kind: u64, flags: u64, number: u64, unit: u64) -> u64 {
    kind | (flags & 0xff) << 8 | (number & 0xffff) << 16 | unit << 32
}

/// A number of bits; as many as there can't be for one that is too big.
fn bit_count(size: Operand) -> u64 {
    match size {
        Operand::Unsigned(bits) => bits,
        _ => u64::MAX,
    }
}

fn is_put(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::BsPutInteger
            | Opcode::BsPutBinary
            | Opcode::BsPutFloat
            | Opcode::BsPutString
            | Opcode::BsPutUtf8
            | Opcode::BsPutUtf16
            | Opcode::BsPutUtf32
    )
}

fn begins_construction(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::BsInit2 | Opcode::BsInitBits | Opcode::BsAppend | Opcode::BsPrivateAppend
    )
}

fn same_register(a: Operand, b: Operand) -> bool {
    match (a, b) {
        (Operand::X(a, _), Operand::X(b, _)) | (Operand::Y(a, _), Operand::Y(b, _)) => a == b,
        _ => false,
    }
}
