//! The translation of what is done with the native records of OTP 29.

use alloc::vec::Vec;

use brood_beam::{Instruction, LabelNumber, Opcode, Operand};
use brood_term::Term;

use super::emit::{Translation, Translator};
use super::operation::Operation as Op;

impl Translator<'_> {
    /// Translates an instruction on native records.
    pub(super) fn native_record(&mut self, instruction: &Instruction<'_>) -> Translation {
        use Operand::{Label, Unsigned};
        let opcode = instruction.opcode;
        let list = instruction.list;
        match (opcode, instruction.operands) {
            (
                Opcode::IsNativeRecord,
                &[
                    Label(label),
                    record,
                    Operand::Atom(module),
                    Operand::Atom(name),
                ],
            ) => {
                let record = self.register(record, 0)?;
                self.emit_label(Op::IsNativeRecord, record, label);
                self.word(self.tables.atoms[module as usize].raw());
                self.word(self.tables.atoms[name as usize].raw());
            }
            (Opcode::IsRecordAccessible, &[Label(label), record, Operand::Atom(scope)]) => {
                let record = self.register(record, 0)?;
                self.emit_label(Op::IsRecordAccessible, record, label);
                let exported_only = &*self.tables.module.atoms[scope as usize] == "external";
                let module = if exported_only {
                    Term::NIL
                } else {
                    self.tables.atoms[0]
                };
                self.word(module.raw());
            }
            (Opcode::GetRecordElements, &[Label(label), record, _]) => {
                let record = self.register(record, 0)?;
                self.emit_label(Op::GetRecordElements, record, label);
                self.word(list.len() as u64 / 2);
                self.fields(opcode, list)?;
            }
            (Opcode::GetRecordField, &[Label(label), record, name, field, to]) => {
                let to = self.register(to, 0)?;
                self.emit_label(Op::GetRecordField, to, label);
                self.source_word(record)?;
                let (module, name) = self.record_name(opcode, name)?;
                self.word(module.raw());
                self.word(name.raw());
                self.source_word(field)?;
            }
            (Opcode::PutRecord, &[Label(label), name, record, to, Unsigned(live), _]) => {
                let to = self.register(to, 0)?;
                let counts = live | (list.len() as u64 / 2) << 16;
                if record == Operand::Nil {
                    self.create_record(label, name, to, counts)?;
                } else {
                    self.emit_label(Op::UpdateNativeRecord, to, label);
                    self.word(counts);
                    self.source_word(record)?;
                }
                self.fields(opcode, list)?;
            }
            _ => return Self::unsupported(opcode),
        }
        Ok(())
    }

    /// All but the fields of an operation that makes a native record.
    fn create_record(
        &mut self,
        label: LabelNumber,
        name: Operand,
        to: u16,
        counts: u64,
    ) -> Translation {
        let (module, name) = self.record_name(Opcode::PutRecord, name)?;
        let own = self.tables.records.iter();
        let own = own
            .copied()
            .find(|record| module.is_nil() && record.view().name() == name);
        let (operation, words) = match own {
            Some(record) => (Op::CreateRecord, [record.definition, record.defaults]),
            None => (Op::CreateExternalRecord, [module, name]),
        };
        self.emit_label(operation, to, label);
        self.word(counts);
        words.iter().for_each(|word| self.word(word.raw()));
        Ok(())
    }

    /// The name of a native record and its module; nil for this one.
    fn record_name(&mut self, opcode: Opcode, name: Operand) -> Translation<(Term, Term)> {
        let constant = self.constant(name).unwrap_or(Term::NIL);
        match constant.as_tuple_of() {
            Some(&[module, name]) if module.is_atom() && name.is_atom() => Ok((module, name)),
            None if constant.is_atom() => Ok((Term::NIL, constant)),
            _ => Self::unsupported(opcode),
        }
    }

    /// Fields of a native record, each with a source or register, in the order in which records have them.
    fn fields(&mut self, opcode: Opcode, list: &[Operand]) -> Translation {
        let mut fields = Vec::with_capacity(list.len() / 2);
        for pair in list.chunks_exact(2) {
            match pair {
                &[Operand::Atom(field), operand] => {
                    fields.push((self.tables.atoms[field as usize], operand));
                }
                _ => return Self::unsupported(opcode),
            }
        }
        fields.sort_by_key(|(field, _)| field.raw());
        for (field, operand) in fields {
            self.word(field.raw());
            self.source_word(operand)?;
        }
        Ok(())
    }
}
