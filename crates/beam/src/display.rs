//! The disassembly: a module as text, one instruction per line, for people who debug.

use core::fmt::{self, Display, Formatter};

use crate::code::{Function, Instruction};
use crate::module::Module;
use crate::opcode::{Opcode, OperandKind};
use crate::operand::{AtomIndex, BigInteger, LineIndex, Operand};

impl Display for Module {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "module {} md5 ", self.show_atom(0))?;
        for byte in self.md5 {
            write!(f, "{byte:02x}")?;
        }
        writeln!(f)?;
        for export in &self.exports {
            let name = self.show_atom(export.function);
            writeln!(f, "export {name}/{} f{}", export.arity, export.label)?;
        }
        for function in &self.code.functions {
            self.write_function(f, function)?;
        }
        Ok(())
    }
}

impl Module {
    fn write_function(&self, f: &mut Formatter<'_>, function: &Function) -> fmt::Result {
        let name = self.show_atom(function.name);
        writeln!(
            f,
            "\nfunction {name}/{} f{}",
            function.arity, function.entry_label
        )?;
        for instruction in self.code.instructions_of(function) {
            let indent = if instruction.opcode == Opcode::Label {
                "  "
            } else {
                "    "
            };
            writeln!(f, "{indent}{}", self.show(&instruction))?;
        }
        Ok(())
    }

    /// An instruction as text, with what its operands refer to.
    pub fn show<'a>(&'a self, instruction: &Instruction<'a>) -> impl Display + 'a {
        let instruction = *instruction;
        fmt::from_fn(move |f| {
            f.write_str(instruction.opcode.name())?;
            let kinds = instruction.opcode.operands();
            for (&kind, &operand) in kinds.iter().zip(instruction.operands) {
                match kind.elements() {
                    Some(_) => self.write_list(f, kind, instruction.list)?,
                    None => write!(f, " {}", self.show_operand(kind, operand))?,
                }
            }
            Ok(())
        })
    }

    fn write_list(
        &self,
        f: &mut Formatter<'_>,
        kind: OperandKind,
        list: &[Operand],
    ) -> fmt::Result {
        let kinds = kind.elements().unwrap_or_default();
        f.write_str(" [")?;
        for (position, (&kind, &operand)) in kinds.iter().cycle().zip(list).enumerate() {
            let separator = match position {
                0 => "",
                _ if position % kinds.len() == 0 => ", ",
                _ => " ",
            };
            write!(f, "{separator}{}", self.show_operand(kind, operand))?;
        }
        f.write_str("]")
    }

    fn show_operand(&self, kind: OperandKind, operand: Operand) -> impl Display {
        fmt::from_fn(move |f| match (kind, operand) {
            (OperandKind::Import, Operand::Unsigned(index)) => self.write_import(f, index),
            (OperandKind::Lambda | OperandKind::LambdaOrAtom, Operand::Unsigned(index)) => {
                self.write_lambda(f, index)
            }
            (OperandKind::Line, Operand::Unsigned(index)) => self.write_line(f, index),
            (_, Operand::Unsigned(number)) => write!(f, "{number}"),
            (_, Operand::Overflow) => f.write_str("overflow"),
            (_, Operand::Integer(number)) => write!(f, "#{number}"),
            (_, Operand::BigInteger(index)) => match self.code.big_integers.get(index as usize) {
                Some(big) => write_big_integer(f, big),
                None => write!(f, "#big{index}"),
            },
            (_, Operand::Nil) => f.write_str("nil"),
            (_, Operand::Atom(index)) => write!(f, "{}", self.show_atom(index)),
            (_, Operand::X(register, _)) => write!(f, "x{register}"),
            (_, Operand::Y(register, _)) => write!(f, "y{register}"),
            (_, Operand::Label(label)) => write!(f, "f{label}"),
            (_, Operand::FloatRegister(register)) => write!(f, "fr{register}"),
            (_, Operand::AllocationList(list)) => {
                write!(
                    f,
                    "{{words {} floats {} funs {}}}",
                    list.words, list.floats, list.funs
                )
            }
            (_, Operand::Literal(index)) => write!(f, "literal{index}"),
            (_, Operand::List(count)) => write!(f, "list{count}"),
        })
    }

    fn write_import(&self, f: &mut Formatter<'_>, index: u64) -> fmt::Result {
        let import = usize::try_from(index)
            .ok()
            .and_then(|index| self.imports.get(index));
        let Some(import) = import else {
            return write!(f, "import{index}");
        };
        let (module, function) = (
            self.show_atom(import.module),
            self.show_atom(import.function),
        );
        write!(f, "{module}:{function}/{}", import.arity)
    }

    fn write_lambda(&self, f: &mut Formatter<'_>, index: u64) -> fmt::Result {
        let lambda = usize::try_from(index)
            .ok()
            .and_then(|index| self.lambdas.get(index));
        let Some(lambda) = lambda else {
            return write!(f, "lambda{index}");
        };
        write!(f, "{}/{}", self.show_atom(lambda.function), lambda.arity)
    }

    fn write_line(&self, f: &mut Formatter<'_>, index: u64) -> fmt::Result {
        let lines = self.lines.as_ref();
        let position = lines.and_then(|lines| lines.position(LineIndex::try_from(index).ok()?));
        match position {
            Some((file, line)) => write!(f, "{file}:{line}"),
            None => f.write_str("unknown"),
        }
    }

    /// An atom as in source text, quoted when it has to be.
    fn show_atom(&self, index: AtomIndex) -> impl Display {
        fmt::from_fn(move |f| {
            let Some(text) = self.atom(index) else {
                return write!(f, "atom{index}");
            };
            let plain = text.starts_with(|first: char| first.is_ascii_lowercase())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
            if plain {
                f.write_str(text)
            } else {
                write!(f, "'{}'", text.escape_debug())
            }
        })
    }
}

fn write_big_integer(f: &mut Formatter<'_>, big: &BigInteger) -> fmt::Result {
    f.write_str(if big.negative { "#-0x" } else { "#0x" })?;
    for byte in big.magnitude.iter().rev() {
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}
