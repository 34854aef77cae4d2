//! The instruction stream.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::compact::read_operand;
use crate::container::ChunkId;
use crate::error::{CodeError, Error, TableError};
use crate::opcode::Opcode;
use crate::operand::{AtomIndex, BigInteger, LabelNumber, LineIndex, Operand};
use crate::reader::Reader;

/// The only format number there has ever been.
const FORMAT: u32 = 0;

/// Labels that any code may have; more need as many bytes of code. Each takes four bytes here.
const FREE_LABELS: usize = 1 << 16;

/// What [`Code::labels`] has for a label that isn't defined.
const UNDEFINED: u32 = u32::MAX;

/// The code of a module: instructions in the order of the file, all operands in one vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Labels are numbered from 1 to below this.
    pub label_count: u32,
    /// The functions, in the order of the code, which they cover but for `int_code_end`.
    pub functions: Vec<Function>,
    /// What [`Operand::BigInteger`] refers to.
    pub big_integers: Vec<BigInteger>,
    pub(crate) instructions: Vec<Record>,
    operands: Vec<Operand>,
    labels: Vec<u32>,
}

/// An instruction in [`Code`]. Its operands, then the elements of its list, end where those of the next begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) opcode: Opcode,
    pub(crate) operands: u32,
    pub(crate) line: LineIndex,
    pub(crate) offset: u32,
}

/// A function: `label`, maybe `line`, `func_info`, entry label and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The module that it says it is of, which is this one.
    pub module: AtomIndex,
    /// Its name.
    pub name: AtomIndex,
    /// Its arity.
    pub arity: u8,
    /// The label of its `func_info`: where to go when no clause matches.
    pub info_label: LabelNumber,
    /// The label behind `func_info`, which calls go to.
    pub entry_label: LabelNumber,
    /// Its instructions, from the label of its `func_info` on.
    pub instructions: Range<usize>,
}

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction<'a> {
    /// Its position in the code, from 0.
    pub index: usize,
    /// What it does.
    pub opcode: Opcode,
    /// Its operands, as many as [`Opcode::arity`] says. A list is the last of them, as [`Operand::List`] …
    pub operands: &'a [Operand],
    /// … and its elements are here.
    pub list: &'a [Operand],
    /// Its source position: that of the last `line` of the function; 0 if there was none.
    pub line: LineIndex,
    /// Where in the `Code` chunk's contents it begins, in bytes.
    pub offset: usize,
}

impl Code {
    /// Decodes the chunk. Operands aren't checked here beyond their encoding; `functions` stays empty.
    pub(crate) fn decode(chunk: &[u8]) -> Result<(Code, Header), Error> {
        let table = |offset, problem| Error::table(ChunkId::CODE, offset, problem);
        let mut reader = Reader::new(chunk);
        let header =
            Header::read(&mut reader).map_err(|problem| table(reader.position(), problem))?;
        let most_labels = reader.remaining().max(FREE_LABELS);
        if header.label_count as usize > most_labels {
            return Err(table(12, TableError::LabelCount(header.label_count)));
        }

        let mut code = Code {
            label_count: header.label_count,
            functions: Vec::new(),
            big_integers: Vec::new(),
            instructions: Vec::new(),
            operands: Vec::new(),
            labels: vec![UNDEFINED; header.label_count as usize],
        };
        loop {
            let offset = reader.position();
            let mut opcode = None;
            match code.decode_instruction(&mut reader, &mut opcode) {
                Ok(Opcode::IntCodeEnd) => break,
                Ok(_) => {}
                Err(problem) => {
                    let instruction = code.instructions.len();
                    return Err(Error::Code {
                        offset,
                        instruction,
                        opcode,
                        problem,
                    });
                }
            }
        }
        if !reader.is_empty() {
            let last = code.instructions.len() - 1;
            return Err(code.error(last, CodeError::AfterEnd(reader.remaining())));
        }
        Ok((code, header))
    }

    /// Appends the next instruction. Once known, its opcode is left in `known`, for the error.
    fn decode_instruction(
        &mut self,
        reader: &mut Reader<'_>,
        known: &mut Option<Opcode>,
    ) -> Result<Opcode, CodeError> {
        // A chunk has less than 4 GiB, and each operand at least one byte.
        let offset = reader.position() as u32;
        let operands = self.operands.len() as u32;
        let number = reader.u8()?;
        let opcode = Opcode::from_u8(number).ok_or(CodeError::UnknownOpcode(number))?;
        *known = Some(opcode);
        if opcode.is_obsolete() {
            return Err(CodeError::Obsolete);
        }
        let arity = opcode.arity();
        for position in 1..=arity {
            let operand = read_operand(reader, &mut self.big_integers)?;
            self.operands.push(operand);
            let Operand::List(count) = operand else {
                continue;
            };
            if position != arity {
                return Err(CodeError::ListPlace);
            }
            for _ in 0..count {
                match read_operand(reader, &mut self.big_integers)? {
                    Operand::List(_) => return Err(CodeError::ListPlace),
                    element => self.operands.push(element),
                }
            }
        }
        self.instructions.push(Record {
            opcode,
            operands,
            line: 0,
            offset,
        });
        Ok(opcode)
    }

    /// An error about the instruction of that index.
    pub(crate) fn error(&self, instruction: usize, problem: CodeError) -> Error {
        let record = self.instructions[instruction];
        Error::Code {
            offset: record.offset as usize,
            instruction,
            opcode: Some(record.opcode),
            problem,
        }
    }

    /// Notes where a label is; false if it is defined already. The number has to be below `label_count`.
    pub(crate) fn define_label(&mut self, label: LabelNumber, instruction: usize) -> bool {
        let defined = &mut self.labels[label as usize];
        let first = *defined == UNDEFINED;
        *defined = instruction as u32;
        first
    }

    /// How many instructions there are, `int_code_end` included.
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether there are none, which no parsed module's code is.
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// The instruction of that index.
    pub fn instruction(&self, index: usize) -> Option<Instruction<'_>> {
        let record = self.instructions.get(index)?;
        let next = self.instructions.get(index + 1);
        let end = next.map_or(self.operands.len(), |next| next.operands as usize);
        let all = self.operands.get(record.operands as usize..end)?;
        let (operands, list) = all.split_at_checked(record.opcode.arity())?;
        Some(Instruction {
            index,
            opcode: record.opcode,
            operands,
            list,
            line: record.line,
            offset: record.offset as usize,
        })
    }

    /// All instructions, in order.
    pub fn instructions(&self) -> Instructions<'_> {
        self.range(0..self.len())
    }

    /// The instructions of a function, in order.
    pub fn instructions_of(&self, function: &Function) -> Instructions<'_> {
        self.range(function.instructions.clone())
    }

    fn range(&self, range: Range<usize>) -> Instructions<'_> {
        Instructions { code: self, range }
    }

    /// The index of the `label` instruction that defines a label.
    pub fn label_position(&self, label: LabelNumber) -> Option<usize> {
        let position = *self.labels.get(usize::try_from(label).ok()?)?;
        (position != UNDEFINED).then_some(position as usize)
    }

    /// The function that an instruction belongs to.
    pub fn function_of(&self, instruction: usize) -> Option<&Function> {
        let after = self
            .functions
            .partition_point(|function| function.instructions.start <= instruction);
        let function = self.functions.get(after.checked_sub(1)?)?;
        function
            .instructions
            .contains(&instruction)
            .then_some(function)
    }

    /// The function that has that entry label.
    pub fn function_at(&self, entry: LabelNumber) -> Option<&Function> {
        let function = self.function_of(self.label_position(entry)?)?;
        (function.entry_label == entry).then_some(function)
    }
}

/// Iterates over instructions; see [`Code::instructions`].
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    code: &'a Code,
    range: Range<usize>,
}

impl<'a> Iterator for Instructions<'a> {
    type Item = Instruction<'a>;

    fn next(&mut self) -> Option<Instruction<'a>> {
        self.code.instruction(self.range.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for Instructions<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.code.instruction(self.range.next_back()?)
    }
}

impl ExactSizeIterator for Instructions<'_> {}

/// What the chunk says before the code.
pub(crate) struct Header {
    label_count: u32,
    pub(crate) function_count: u32,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Header, TableError> {
        let size = reader.u32()?;
        let mut header = Reader::new(reader.take(size as usize)?);
        let format = header.u32()?;
        if format != FORMAT {
            return Err(TableError::CodeHeader { size, format });
        }
        let max_opcode = header.u32()?;
        if max_opcode as usize > Opcode::ALL.len() {
            return Err(TableError::MaxOpcode(max_opcode));
        }
        let label_count = header.u32()?;
        let function_count = header.u32()?;
        Ok(Header {
            label_count,
            function_count,
        })
    }
}
