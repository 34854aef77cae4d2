//! Definitions of native records, the `Recs` chunk (OTP 29).
//!
//! After a version, the number of definitions and that of all their fields, each definition is written like an instruction
//! `call_last Name IsExported {list,[Field, Default, ...]}`, where a default that isn't there is the number 0.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::compact::read_operand;
use crate::error::{CodeError, TableError};
use crate::opcode::Opcode;
use crate::operand::{AtomIndex, BigInteger, Operand};
use crate::reader::Reader;

const VERSION: u32 = 0;

/// The definition of a native record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDefinition {
    /// Its name.
    pub name: AtomIndex,
    /// Whether other modules may look into such records.
    pub is_exported: bool,
    /// The fields in the order of declaration, each with its default, a constant.
    pub fields: Vec<(AtomIndex, Option<Operand>)>,
}

/// Integers beyond 64 bits are appended to `big_integers`.
pub(crate) fn read_records(
    reader: &mut Reader<'_>,
    atoms: &[Box<str>],
    literal_count: usize,
    big_integers: &mut Vec<BigInteger>,
) -> Result<Vec<RecordDefinition>, TableError> {
    let version = reader.u32()?;
    if version != VERSION {
        return Err(TableError::RecordsVersion(version));
    }
    // Of an opcode, three operands and a length each.
    let count = reader.u32()?;
    let field_count = reader.u32()? as usize;
    let count = reader.backed(u64::from(count), 5)?;
    let mut operands = Operands {
        reader,
        atom_count: atoms.len(),
        literal_count,
        big_integers,
    };
    let records = (0..count)
        .map(|_| operands.definition(atoms))
        .collect::<Result<Vec<_>, _>>()?;
    let found = records.iter().map(|record| record.fields.len()).sum();
    if found != field_count {
        return Err(TableError::RecordFields {
            said: field_count,
            found,
        });
    }
    Ok(records)
}

struct Operands<'a, 'b> {
    reader: &'a mut Reader<'b>,
    atom_count: usize,
    literal_count: usize,
    big_integers: &'a mut Vec<BigInteger>,
}

impl Operands<'_, '_> {
    fn next(&mut self) -> Result<Operand, TableError> {
        read_operand(self.reader, self.big_integers).map_err(|error| match error {
            CodeError::Read(error) => TableError::Read(error),
            _ => TableError::RecordDefinition,
        })
    }

    fn atom(&mut self) -> Result<AtomIndex, TableError> {
        match self.next()? {
            Operand::Atom(index) if (index as usize) < self.atom_count => Ok(index),
            _ => Err(TableError::RecordDefinition),
        }
    }

    fn default(&mut self) -> Result<Option<Operand>, TableError> {
        let value = self.next()?;
        match value {
            Operand::Unsigned(0) => Ok(None),
            Operand::Integer(_) | Operand::BigInteger(_) | Operand::Nil => Ok(Some(value)),
            Operand::Atom(index) if (index as usize) < self.atom_count => Ok(Some(value)),
            Operand::Literal(index) if (index as usize) < self.literal_count => Ok(Some(value)),
            _ => Err(TableError::RecordDefinition),
        }
    }

    fn definition(&mut self, atoms: &[Box<str>]) -> Result<RecordDefinition, TableError> {
        if self.reader.u8()? != Opcode::CallLast as u8 {
            return Err(TableError::RecordDefinition);
        }
        let name = self.atom()?;
        let is_exported = match &*atoms[self.atom()? as usize] {
            "true" => true,
            "false" => false,
            _ => return Err(TableError::RecordDefinition),
        };
        let Operand::List(length) = self.next()? else {
            return Err(TableError::RecordDefinition);
        };
        if !length.is_multiple_of(2) {
            return Err(TableError::RecordDefinition);
        }
        let field = |_| Ok((self.atom()?, self.default()?));
        Ok(RecordDefinition {
            name,
            is_exported,
            fields: (0..length / 2)
                .map(field)
                .collect::<Result<_, TableError>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::ChunkId;
    use crate::error::Error;
    use crate::tables::read_table;
    use crate::testing::{LIST, a, i, u, words, x};

    const CALL_LAST: u8 = Opcode::CallLast as u8;

    fn read(header: &[u32], definitions: &[u8]) -> Result<Vec<RecordDefinition>, Error> {
        let atoms: [Box<str>; 4] = ["m".into(), "true".into(), "r".into(), "f".into()];
        let chunk = [&words(header)[..], definitions].concat();
        read_table(ChunkId::RECORDS, &chunk, |reader| {
            read_records(reader, &atoms, 1, &mut Vec::new())
        })
    }

    #[test]
    fn definitions_with_and_without_defaults() {
        let definition = [CALL_LAST, a(3), a(2), LIST, u(4), a(4), i(7), a(1), u(0)];
        let expected = RecordDefinition {
            name: 2,
            is_exported: true,
            fields: alloc::vec![(3, Some(Operand::Integer(7))), (0, None)],
        };
        assert_eq!(read(&[0, 1, 2], &definition), Ok(alloc::vec![expected]));
    }

    #[test]
    fn malformed_definitions() {
        let problem = |header: &[u32], definitions: &[u8]| match read(header, definitions) {
            Err(Error::Table { problem, .. }) => problem,
            other => panic!("{other:?}"),
        };
        let empty = [CALL_LAST, a(3), a(2), LIST, u(0)];
        assert_eq!(problem(&[1, 1, 0], &empty), TableError::RecordsVersion(1));
        let fields = TableError::RecordFields { said: 1, found: 0 };
        assert_eq!(problem(&[0, 1, 1], &empty), fields);
        for wrong in [
            [CALL_LAST + 1, a(3), a(2), LIST, u(0), 0, 0],
            [CALL_LAST, a(5), a(2), LIST, u(0), 0, 0],
            [CALL_LAST, a(3), a(3), LIST, u(0), 0, 0],
            [CALL_LAST, a(3), a(2), LIST, u(1), a(4), 0],
            [CALL_LAST, a(3), a(2), LIST, u(2), a(4), u(1)],
            [CALL_LAST, a(3), a(2), LIST, u(2), a(4), x(0)],
            [CALL_LAST, a(3), a(2), LIST, u(2), a(0), u(0)],
        ] {
            assert_eq!(problem(&[0, 1, 1], &wrong), TableError::RecordDefinition);
        }
    }
}
