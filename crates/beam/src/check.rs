//! What can only be checked with all tables at hand: kinds and ranges of operands, functions, and where labels lead.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::code::{Code, Function, Instruction};
use crate::commands::{Command, WIDEST_COMPARED, commands};
use crate::container::ChunkId;
use crate::error::{CodeError, Error, TableError};
use crate::opcode::{Opcode, OperandKind};
use crate::operand::{AtomIndex, LabelNumber, Operand};
use crate::tables::{Import, Lambda};
use crate::{MAX_ARITY, MAX_HEAP_NEED, MAX_REGISTERS};

/// What [`Command::Equals`] does not compare.
const WIDEST_OVER: u64 = WIDEST_COMPARED + 1;

/// What operands may refer to.
pub(crate) struct Tables<'a> {
    pub(crate) atoms: &'a [Box<str>],
    pub(crate) imports: &'a [Import],
    pub(crate) lambdas: &'a [Lambda],
    pub(crate) literal_count: usize,
    pub(crate) string_length: usize,
    /// `None` when the file has no positions: line indices then mean nothing.
    pub(crate) line_count: Option<usize>,
}

/// Checks all instructions, and finds functions, labels and lines of them.
pub(crate) fn check(
    code: &mut Code,
    tables: &Tables<'_>,
    function_count: u32,
) -> Result<(), Error> {
    for instruction in code.instructions() {
        tables
            .check_instruction(&instruction, code.label_count)
            .map_err(|problem| code.error(instruction.index, problem))?;
    }
    define_labels(code)?;
    find_functions(code)?;
    if code.functions.len() != function_count as usize {
        let found = code.functions.len();
        let problem = TableError::FunctionCount {
            said: function_count,
            found,
        };
        return Err(Error::table(ChunkId::CODE, 16, problem));
    }
    if tables.line_count.is_some() {
        assign_lines(code);
    }
    for function in &code.functions {
        for instruction in code.instructions_of(function) {
            check_labels(code, function, &instruction)
                .map_err(|problem| code.error(instruction.index, problem))?;
        }
    }
    Ok(())
}

impl Tables<'_> {
    fn check_instruction(
        &self,
        instruction: &Instruction<'_>,
        label_count: u32,
    ) -> Result<(), CodeError> {
        let kinds = instruction.opcode.operands();
        for (position, (&kind, &operand)) in kinds.iter().zip(instruction.operands).enumerate() {
            self.check_operand(position, kind, operand, label_count)?;
        }
        if kinds.last() == Some(&OperandKind::Commands) {
            self.check_commands(kinds.len(), instruction.list, label_count)?;
        } else if let Some(group) = kinds.last().and_then(|kind| kind.elements()) {
            let length = instruction.list.len();
            if !length.is_multiple_of(group.len()) {
                return Err(CodeError::ListLength {
                    length,
                    group: group.len(),
                });
            }
            for (position, (&kind, &operand)) in
                group.iter().cycle().zip(instruction.list).enumerate()
            {
                self.check_operand(kinds.len() + position, kind, operand, label_count)?;
            }
        }
        self.check_together(instruction)
    }

    fn check_commands(
        &self,
        first: usize,
        list: &[Operand],
        label_count: u32,
    ) -> Result<(), CodeError> {
        let mut position = first;
        for command in commands(list, |index| self.atom(index)) {
            let (command, operands) = command.map_err(|index| CodeError::Operand {
                position: first + index,
                expected: OperandKind::Commands,
                found: list[index],
            })?;
            for (index, (&kind, &operand)) in command.operands().iter().zip(operands).enumerate() {
                self.check_operand(position + 1 + index, kind, operand, label_count)?;
            }
            if let (Command::Equals, &[_, Operand::Unsigned(WIDEST_OVER..), _]) =
                (command, operands)
            {
                return Err(CodeError::Operand {
                    position: position + 2,
                    expected: OperandKind::Commands,
                    found: operands[1],
                });
            }
            position += 1 + operands.len();
        }
        Ok(())
    }

    fn check_operand(
        &self,
        position: usize,
        kind: OperandKind,
        operand: Operand,
        label_count: u32,
    ) -> Result<(), CodeError> {
        if !self.is_of_kind(kind, operand) {
            return Err(CodeError::Operand {
                position,
                expected: kind,
                found: operand,
            });
        }
        let check = |table, index: u64, count: usize| {
            if index < count as u64 {
                Ok(())
            } else {
                Err(CodeError::Index {
                    table,
                    index,
                    count,
                })
            }
        };
        match (kind, operand) {
            (_, Operand::Atom(index)) => check("atom", u64::from(index), self.atoms.len()),
            (_, Operand::Literal(index)) => check("literal", u64::from(index), self.literal_count),
            (_, Operand::Label(label)) if label > 0 => {
                check("label", u64::from(label), label_count as usize)
            }
            (OperandKind::LabelDefinition, Operand::Unsigned(label)) => {
                check("label", label, label_count as usize)
            }
            (OperandKind::Import, Operand::Unsigned(index)) => {
                check("import", index, self.imports.len())
            }
            (OperandKind::Lambda | OperandKind::LambdaOrAtom, Operand::Unsigned(index)) => {
                check("lambda", index, self.lambdas.len())
            }
            (OperandKind::Line, Operand::Unsigned(index)) => match self.line_count {
                Some(count) => check("line", index, count),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn is_of_kind(&self, kind: OperandKind, operand: Operand) -> bool {
        use Operand::*;
        let at_most = |limit: u64| matches!(operand, Unsigned(number) if number <= limit);
        match kind {
            OperandKind::Any => !matches!(operand, List(_)),
            OperandKind::LabelDefinition => matches!(operand, Unsigned(1..)),
            OperandKind::Label | OperandKind::Entry => matches!(operand, Label(1..)),
            OperandKind::Fail => matches!(operand, Label(_)),
            OperandKind::LabelOrAtom => {
                matches!(operand, Label(1..)) || self.is_one_of(operand, &["no_fail", "resume"])
            }
            OperandKind::LambdaOrAtom => {
                matches!(operand, Unsigned(_)) || self.is_one_of(operand, &["safe", "unsafe"])
            }
            OperandKind::Arity => at_most(u64::from(MAX_ARITY)),
            OperandKind::Live | OperandKind::Slots => at_most(u64::from(MAX_REGISTERS)),
            OperandKind::Heap => match operand {
                AllocationList(list) => list.heap_words() <= MAX_HEAP_NEED,
                _ => at_most(MAX_HEAP_NEED),
            },
            OperandKind::Unsigned
            | OperandKind::Import
            | OperandKind::Lambda
            | OperandKind::Line
            | OperandKind::StringOffset => matches!(operand, Unsigned(_)),
            OperandKind::Bits => matches!(operand, Unsigned(_) | Overflow),
            OperandKind::Atom => matches!(operand, Atom(_)),
            OperandKind::Source => is_source(operand),
            OperandKind::Size => is_source(operand) || matches!(operand, Unsigned(_) | Overflow),
            OperandKind::Register | OperandKind::Destination => matches!(operand, X(..) | Y(..)),
            OperandKind::Slot | OperandKind::ClearedSlot => matches!(operand, Y(..)),
            OperandKind::FloatRegister => matches!(operand, FloatRegister(_)),
            OperandKind::FloatOrSource => is_source(operand) || matches!(operand, FloatRegister(_)),
            OperandKind::FloatOrDestination => {
                matches!(operand, X(..) | Y(..) | FloatRegister(_))
            }
            OperandKind::Sources
            | OperandKind::ClearedSlots
            | OperandKind::ValueLabels
            | OperandKind::ArityLabels
            | OperandKind::SourcePairs
            | OperandKind::SourceRegisters
            | OperandKind::Updates
            | OperandKind::Segments
            | OperandKind::Commands => matches!(operand, List(_)),
        }
    }

    fn is_one_of(&self, operand: Operand, names: &[&str]) -> bool {
        matches!(operand, Operand::Atom(index) if self.atom(index).is_some_and(|atom| names.contains(&atom)))
    }

    fn atom(&self, index: AtomIndex) -> Option<&str> {
        self.atoms
            .get(usize::try_from(index).ok()?)
            .map(AsRef::as_ref)
    }

    /// Checks operands that depend on each other. Each is known to be of its kind and in range.
    fn check_together(&self, instruction: &Instruction<'_>) -> Result<(), CodeError> {
        let kinds = instruction.opcode.operands();
        let same_arity = |expected: u64, found: usize| {
            let found = found as u64;
            if expected == found {
                Ok(())
            } else {
                Err(CodeError::Arity { expected, found })
            }
        };
        match (instruction.opcode, instruction.operands) {
            (Opcode::MakeFun3, &[Operand::Unsigned(lambda), ..]) => {
                let free = usize::from(self.lambdas[lambda as usize].free_count);
                same_arity(free as u64, instruction.list.len())
            }
            (Opcode::BsMatchString, &[.., Operand::Unsigned(bits), Operand::Unsigned(offset)]) => {
                self.check_string(offset, bits.div_ceil(8))
            }
            (Opcode::BsPutString, &[Operand::Unsigned(bytes), Operand::Unsigned(offset)]) => {
                self.check_string(offset, bytes)
            }
            (Opcode::UpdateRecord, _) => match instruction.list.iter().position(|&operand| {
                // Positions count from 1; the values between are never of this kind.
                operand == Operand::Unsigned(0)
            }) {
                Some(index) => Err(CodeError::Operand {
                    position: kinds.len() + index,
                    expected: OperandKind::Updates,
                    found: Operand::Unsigned(0),
                }),
                None => Ok(()),
            },
            (Opcode::SelectVal, _) => {
                let values = instruction.list.iter().step_by(2);
                match values.enumerate().find(|(_, value)| is_register(**value)) {
                    Some((index, &found)) => Err(CodeError::Operand {
                        position: kinds.len() + 2 * index,
                        expected: OperandKind::ValueLabels,
                        found,
                    }),
                    None => Ok(()),
                }
            }
            (Opcode::BsCreateBin, _) => {
                for (position, segment) in instruction.list.chunks_exact(6).enumerate() {
                    self.check_segment(kinds.len() + 6 * position, segment)?;
                }
                Ok(())
            }
            (_, operands) => {
                let position = kinds.iter().position(|&kind| kind == OperandKind::Import);
                let Some(Operand::Unsigned(import)) = position.map(|position| operands[position])
                else {
                    return Ok(());
                };
                let found = usize::from(self.imports[import as usize].arity);
                match (kinds[0], operands[0]) {
                    (OperandKind::Arity, Operand::Unsigned(arity)) => same_arity(arity, found),
                    _ => {
                        let arguments = kinds
                            .iter()
                            .filter(|&&kind| kind == OperandKind::Source)
                            .count();
                        same_arity(arguments as u64, found)
                    }
                }
            }
        }
    }

    /// A segment's value is a source, but for a string, which is a place in the string table.
    fn check_segment(&self, position: usize, segment: &[Operand]) -> Result<(), CodeError> {
        match *segment {
            [
                kind,
                _,
                _,
                _,
                Operand::Unsigned(offset),
                Operand::Integer(size),
            ] if self.is_one_of(kind, &["string"]) => {
                let size = u64::try_from(size).unwrap_or(u64::MAX);
                self.check_string(offset, size)
            }
            [kind, _, _, _, value, _] if !self.is_one_of(kind, &["string"]) && is_source(value) => {
                Ok(())
            }
            _ => Err(CodeError::Operand {
                position: position + 4,
                expected: OperandKind::Segments,
                found: segment[4],
            }),
        }
    }

    fn check_string(&self, offset: u64, length: u64) -> Result<(), CodeError> {
        let count = self.string_length;
        match offset.checked_add(length) {
            Some(end) if end <= count as u64 => Ok(()),
            _ => Err(CodeError::Index {
                table: "string byte",
                index: offset.saturating_add(length),
                count,
            }),
        }
    }
}

fn is_source(operand: Operand) -> bool {
    use Operand::*;
    matches!(
        operand,
        X(..) | Y(..) | Integer(_) | BigInteger(_) | Nil | Atom(_) | Literal(_)
    )
}

fn is_register(operand: Operand) -> bool {
    matches!(operand, Operand::X(..) | Operand::Y(..))
}

/// The label that a `label` instruction defines.
fn defined_label(instruction: Option<Instruction<'_>>) -> Option<LabelNumber> {
    match instruction? {
        Instruction {
            opcode: Opcode::Label,
            operands: &[Operand::Unsigned(label)],
            ..
        } => u32::try_from(label).ok(),
        _ => None,
    }
}

fn define_labels(code: &mut Code) -> Result<(), Error> {
    for index in 0..code.len() {
        if let Some(label) = defined_label(code.instruction(index))
            && !code.define_label(label, index)
        {
            return Err(code.error(index, CodeError::LabelTwice(label)));
        }
    }
    Ok(())
}

/// Splits the code at each `func_info` and the label before it.
fn find_functions(code: &mut Code) -> Result<(), Error> {
    let mut functions: Vec<Function> = Vec::new();
    for instruction in code.instructions() {
        let &[
            Operand::Atom(module),
            Operand::Atom(name),
            Operand::Unsigned(arity),
        ] = instruction.operands
        else {
            continue;
        };
        if instruction.opcode != Opcode::FuncInfo {
            continue;
        }
        let index = instruction.index;
        let before = |distance: usize| {
            index
                .checked_sub(distance)
                .and_then(|index| code.instruction(index))
        };
        let start = match before(1) {
            Some(line) if line.opcode == Opcode::Line => index.checked_sub(2),
            _ => index.checked_sub(1),
        };
        let info_label = start.and_then(|start| defined_label(code.instruction(start)));
        let entry_label = defined_label(code.instruction(index + 1));
        let (Some(start), Some(info_label), Some(entry_label)) = (start, info_label, entry_label)
        else {
            return Err(code.error(index, CodeError::FunctionShape));
        };
        match functions.last_mut() {
            // The label before could be the entry label of the function before.
            Some(last) if last.entry_label == info_label => {
                return Err(code.error(index, CodeError::FunctionShape));
            }
            Some(last) => last.instructions.end = start,
            None if start > 0 => return Err(code.error(0, CodeError::OutsideFunction)),
            None => {}
        }
        functions.push(Function {
            module,
            name,
            // At most 255: it is of the kind `Arity`.
            arity: arity as u8,
            info_label,
            entry_label,
            instructions: start..code.len() - 1,
        });
    }
    if functions.is_empty() && code.len() > 1 {
        return Err(code.error(0, CodeError::OutsideFunction));
    }
    code.functions = functions;
    Ok(())
}

/// A position holds until the next `line` of the function. The `line` before `func_info` is the function's own.
fn assign_lines(code: &mut Code) {
    let mut line = 0;
    for index in 0..code.len() {
        let Some(instruction) = code.instruction(index) else {
            break;
        };
        match (instruction.opcode, instruction.operands) {
            // In range of the line table, which has less than 2^32 entries.
            (Opcode::Line, &[Operand::Unsigned(number)]) => line = number as u32,
            (Opcode::FuncInfo, _) if code.instructions[index - 1].opcode != Opcode::Line => {
                line = 0
            }
            _ => {}
        }
        code.instructions[index].line = line;
    }
}

/// Labels that are referred to are in range; here they have to exist in the right place.
fn check_labels(
    code: &Code,
    function: &Function,
    instruction: &Instruction<'_>,
) -> Result<(), CodeError> {
    let kinds = instruction.opcode.operands();
    for (position, &operand) in instruction
        .operands
        .iter()
        .chain(instruction.list)
        .enumerate()
    {
        let Operand::Label(label @ 1..) = operand else {
            continue;
        };
        let target = code
            .label_position(label)
            .ok_or(CodeError::UndefinedLabel(label))?;
        if kinds.get(position) == Some(&OperandKind::Entry) {
            let callee = code
                .function_at(label)
                .ok_or(CodeError::NotAnEntry(label))?;
            let found = u64::from(callee.arity);
            match instruction.operands[0] {
                Operand::Unsigned(expected) if expected == found => {}
                Operand::Unsigned(expected) => return Err(CodeError::Arity { expected, found }),
                found => {
                    return Err(CodeError::Operand {
                        position: 0,
                        expected: OperandKind::Arity,
                        found,
                    });
                }
            }
        } else if !function.instructions.contains(&target) {
            return Err(CodeError::ForeignLabel(label));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
