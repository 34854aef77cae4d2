//! The translation of the bit syntax.

use brood_beam::{Instruction, Opcode, Operand};
use brood_term::{Term, known};

use super::emit::Translator;
use super::loader::LoadError;
use super::operation::Operation as Op;

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
    pub(super) fn bits(&mut self, instruction: &Instruction<'a>) -> Result<(), LoadError> {
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
            (Opcode::BsTestTail2, &[Label(label), context, Unsigned(bits)]) => {
                let context = self.register(context, 0)?;
                self.emit_label(Op::BitsTestTail, context, label);
                self.word(bits);
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
            _ => Err(LoadError::Operation(opcode)),
        }
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
        let flags = self
            .constant(flags)
            .map_or(0, |flags| self.segment_flags(flags));
        self.word(kind as u64 | flags << 8 | (number & 0xffff) << 16 | unit << 32);
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
    fn segment_flags(&self, flags: Term) -> u64 {
        let bits = |flag: Term| match flag {
            known::LITTLE => flag::LITTLE,
            known::NATIVE => flag::NATIVE,
            known::SIGNED => flag::SIGNED,
            _ => 0,
        };
        flags.list().map(bits).fold(0, |all, bits| all | bits)
    }
}
