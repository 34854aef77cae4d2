//! The tables around the code: atoms, imports, exports, lambdas, literals and lines.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use crate::compact::{Tag, Tagged};
use crate::container::{ChunkId, MAX_INFLATED};
use crate::error::{Error, TableError};
use crate::operand::{AtomIndex, LabelNumber, LineIndex};
use crate::reader::Reader;
use crate::{MAX_ARITY, MAX_ATOM_CHARACTERS};

/// A function of another module (or of this one) that code calls by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its module.
    pub module: AtomIndex,
    /// Its name.
    pub function: AtomIndex,
    /// Its arity.
    pub arity: u8,
}

/// A function of this module, exported or local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub function: AtomIndex,
    /// Its arity.
    pub arity: u8,
    /// Its entry.
    pub label: LabelNumber,
}

/// A function of this module that funs are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lambda {
    /// Its name.
    pub function: AtomIndex,
    /// Its arity, free variables included.
    pub arity: u8,
    /// Its entry.
    pub label: LabelNumber,
    /// What tells the module's funs apart (`erlang:fun_info(F, new_index)`).
    pub index: u32,
    /// How many of the arguments, the last ones, come from the environment.
    pub free_count: u8,
    /// What told versions of the module apart before there was an MD5 (`erlang:fun_info(F, uniq)`).
    pub old_uniq: u32,
}

/// Literal terms in external term format, each with its leading 131.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Literals {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Literals {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The literal of that index.
    pub fn get(&self, index: u32) -> Option<&[u8]> {
        let range = self.ranges.get(usize::try_from(index).ok()?)?;
        self.bytes.get(range.clone())
    }

    /// All literals, by index.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ranges.iter().map(|range| &self.bytes[range.clone()])
    }
}

/// A source position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineItem {
    /// An index into [`LineTable::files`].
    pub file: u32,
    /// From 1; 0 when unknown.
    pub line: u32,
}

/// Where instructions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTable {
    /// By line index; the first is the unknown position.
    pub items: Vec<LineItem>,
    /// File names; the first is that of the module, which isn't in the file (`lists.erl` for `lists`).
    pub files: Vec<Box<str>>,
}

impl LineTable {
    /// File and line of an index; `None` if unknown.
    pub fn position(&self, index: LineIndex) -> Option<(&str, u32)> {
        let index = usize::try_from(index).ok().filter(|&index| index > 0)?;
        let item = self.items.get(index)?;
        let file = self.files.get(usize::try_from(item.file).ok()?)?;
        Some((file, item.line))
    }
}

/// Reads a chunk as a table: errors get its name and the offset, and all of it has to be read.
pub(crate) fn read_table<'a, T>(
    chunk: ChunkId,
    contents: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, TableError>,
) -> Result<T, Error> {
    let mut reader = Reader::new(contents);
    let table = read(&mut reader).and_then(|table| match reader.remaining() {
        0 => Ok(table),
        trailing => Err(TableError::TrailingBytes(trailing)),
    });
    table.map_err(|problem| Error::table(chunk, reader.position(), problem))
}

fn text(bytes: &[u8]) -> Result<Box<str>, TableError> {
    core::str::from_utf8(bytes)
        .map(Box::from)
        .map_err(|_| TableError::Utf8)
}

/// Until OTP 27 each atom has a length byte; from 28 on the count is negated and lengths are compact terms.
pub(crate) fn read_atoms(reader: &mut Reader<'_>) -> Result<Vec<Box<str>>, TableError> {
    let count = reader.i32()?;
    let long = count < 0;
    let count = reader.backed(u64::from(count.unsigned_abs()), 1)?;
    if count == 0 {
        return Err(TableError::NoAtoms);
    }
    let mut atoms = Vec::with_capacity(count);
    for _ in 0..count {
        let length = if long {
            let tagged = Tagged::read(reader)?;
            let length = tagged.unsigned_32()?;
            reader.backed(u64::from(length), 1)?
        } else {
            usize::from(reader.u8()?)
        };
        let atom = text(reader.take(length)?)?;
        let characters = atom.chars().count();
        if characters > MAX_ATOM_CHARACTERS {
            return Err(TableError::AtomLength(characters));
        }
        atoms.push(atom);
    }
    Ok(atoms)
}

fn read_atom(reader: &mut Reader<'_>, atom_count: usize) -> Result<AtomIndex, TableError> {
    let index = reader.u32()?;
    match index.checked_sub(1) {
        Some(from_zero) if (from_zero as usize) < atom_count => Ok(from_zero),
        _ => Err(TableError::Atom {
            index,
            count: atom_count,
        }),
    }
}

fn read_arity(reader: &mut Reader<'_>) -> Result<u8, TableError> {
    // All that a byte can hold is a valid arity.
    const { assert!(MAX_ARITY == u8::MAX) };
    let arity = reader.u32()?;
    u8::try_from(arity).map_err(|_| TableError::Arity(arity))
}

pub(crate) fn read_imports(
    reader: &mut Reader<'_>,
    atom_count: usize,
) -> Result<Vec<Import>, TableError> {
    let count = reader.count(12)?;
    let import = |_| {
        Ok(Import {
            module: read_atom(reader, atom_count)?,
            function: read_atom(reader, atom_count)?,
            arity: read_arity(reader)?,
        })
    };
    (0..count).map(import).collect()
}

pub(crate) fn read_exports(
    reader: &mut Reader<'_>,
    atom_count: usize,
) -> Result<Vec<Export>, TableError> {
    let count = reader.count(12)?;
    let export = |_| {
        Ok(Export {
            function: read_atom(reader, atom_count)?,
            arity: read_arity(reader)?,
            label: reader.u32()?,
        })
    };
    (0..count).map(export).collect()
}

pub(crate) fn read_lambdas(
    reader: &mut Reader<'_>,
    atom_count: usize,
) -> Result<Vec<Lambda>, TableError> {
    let count = reader.count(24)?;
    let lambda = |_| {
        let function = read_atom(reader, atom_count)?;
        let arity = read_arity(reader)?;
        let label = reader.u32()?;
        let index = reader.u32()?;
        let free = reader.u32()?;
        let old_uniq = reader.u32()?;
        let free_count = u8::try_from(free).ok().filter(|&free| free <= arity);
        let free_count = free_count.ok_or(TableError::FreeVariables { free, arity })?;
        Ok(Lambda {
            function,
            arity,
            label,
            index,
            free_count,
            old_uniq,
        })
    };
    (0..count).map(lambda).collect()
}

/// The chunk begins with the uncompressed size; 0 (from OTP 28 on) means that the rest isn't compressed.
pub(crate) fn read_literals(chunk: &[u8]) -> Result<Literals, Error> {
    let error = |offset, problem: TableError| Error::table(ChunkId::LITERALS, offset, problem);
    let mut reader = Reader::new(chunk);
    let size = reader.u32().map_err(|problem| error(0, problem.into()))?;
    let compressed = &chunk[reader.position()..];
    let bytes = if size == 0 {
        compressed.to_vec()
    } else {
        let limit = size as usize;
        if limit > MAX_INFLATED {
            return Err(error(0, TableError::LiteralsSize(size)));
        }
        let inflated =
            miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(compressed, limit).ok();
        inflated
            .filter(|bytes| bytes.len() == limit)
            .ok_or_else(|| error(4, TableError::Inflate))?
    };
    let ranges = read_table(ChunkId::LITERALS, &bytes, |reader| {
        let count = reader.count(4)?;
        let range = |_| {
            let size = reader.count(1)?;
            let start = reader.position();
            reader.take(size)?;
            Ok(start..start + size)
        };
        (0..count)
            .map(range)
            .collect::<Result<Vec<_>, TableError>>()
    })?;
    Ok(Literals { bytes, ranges })
}

/// `None` when the table has a version that isn't known; positions are then unknown, as in OTP.
pub(crate) fn read_lines(
    reader: &mut Reader<'_>,
    module: &str,
) -> Result<Option<LineTable>, TableError> {
    let version = reader.u32()?;
    if version != 0 {
        reader.take(reader.remaining())?;
        return Ok(None);
    }
    let _flags = reader.u32()?;
    let _line_instructions = reader.u32()?;
    let item_count = reader.count(1)?;
    let file_count = reader.u32()? as usize;

    let mut items = Vec::with_capacity(1 + item_count);
    items.push(LineItem::default());
    let mut file = 0;
    while items.len() <= item_count {
        let tagged = Tagged::read(reader)?;
        let number = tagged.unsigned_32()?;
        match tagged.tag {
            Tag::Atom => {
                // The module's own file is number 0 and not counted.
                if number as usize > file_count {
                    return Err(TableError::File {
                        index: number,
                        count: file_count.saturating_add(1),
                    });
                }
                file = number;
            }
            Tag::Integer => items.push(LineItem { file, line: number }),
            _ => return Err(TableError::LineItem),
        }
    }

    let file_count = reader.backed(file_count as u64, 2)?;
    let mut files = Vec::with_capacity(1 + file_count);
    files.push(format!("{module}.erl").into_boxed_str());
    for _ in 0..file_count {
        let length = usize::from(reader.u16()?);
        let name = text(reader.take(length)?)?;
        // What was compiled from forms may have no file's name: then it is the module's.
        files.push(if name.is_empty() {
            files[0].clone()
        } else {
            name
        });
    }
    Ok(Some(LineTable { items, files }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ReadError;
    use crate::testing::{i, words};

    fn problem<T>(result: Result<T, Error>) -> (usize, TableError) {
        match result {
            Err(Error::Table {
                offset, problem, ..
            }) => (offset, problem),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("accepted"),
        }
    }

    fn atoms(contents: &[u8]) -> Result<Vec<Box<str>>, Error> {
        read_table(ChunkId::ATOMS, contents, read_atoms)
    }

    #[test]
    fn atoms_in_both_forms() {
        let short = atoms(b"\0\0\0\x02\x01a\x03\xc3\xa5b").unwrap();
        assert_eq!(short, ["a".into(), "åb".into()]);
        let long = "å".repeat(255);
        // A length of 510 takes 11 bits.
        let chunk = [b"\xff\xff\xff\xfe\x10a\x28\xfe", long.as_bytes()].concat();
        assert_eq!(atoms(&chunk).unwrap(), ["a".into(), long.into_boxed_str()]);
    }

    #[test]
    fn malformed_atoms() {
        assert_eq!(problem(atoms(b"\0\0\0\0")), (4, TableError::NoAtoms));
        assert_eq!(problem(atoms(b"\0\0\0\x01\x01\xff")), (6, TableError::Utf8));
        assert_eq!(
            problem(atoms(b"\0\0\0\x01\x01a!")),
            (6, TableError::TrailingBytes(1))
        );
        let count = ReadError::Count {
            count: 1 << 31,
            left: 1,
        };
        assert_eq!(problem(atoms(b"\x80\0\0\0\0")), (4, count.into()));
        let chunk = [&b"\xff\xff\xff\xff\x28\x00"[..], &[b'x'; 256]].concat();
        assert_eq!(problem(atoms(&chunk)), (262, TableError::AtomLength(256)));
    }

    #[test]
    fn imports_and_lambdas_are_checked() {
        let imports = |words_: &[u32]| {
            read_table(ChunkId::IMPORTS, &words(words_), |reader| {
                read_imports(reader, 3)
            })
        };
        let import = Import {
            module: 0,
            function: 2,
            arity: 255,
        };
        assert_eq!(imports(&[1, 1, 3, 255]), Ok(alloc::vec![import]));
        assert_eq!(
            problem(imports(&[1, 0, 3, 2])),
            (8, TableError::Atom { index: 0, count: 3 })
        );
        assert_eq!(
            problem(imports(&[1, 1, 4, 2])),
            (12, TableError::Atom { index: 4, count: 3 })
        );
        assert_eq!(
            problem(imports(&[1, 1, 3, 256])),
            (16, TableError::Arity(256))
        );
        let count = ReadError::Count { count: 2, left: 12 };
        assert_eq!(problem(imports(&[2, 1, 3, 2])), (4, count.into()));

        let lambdas = |words_: &[u32]| {
            read_table(ChunkId::LAMBDAS, &words(words_), |reader| {
                read_lambdas(reader, 3)
            })
        };
        let lambda = Lambda {
            function: 0,
            arity: 2,
            label: 9,
            index: 7,
            free_count: 1,
            old_uniq: 5,
        };
        assert_eq!(lambdas(&[1, 1, 2, 9, 7, 1, 5]), Ok(alloc::vec![lambda]));
        let free = TableError::FreeVariables { free: 3, arity: 2 };
        assert_eq!(problem(lambdas(&[1, 1, 2, 9, 7, 3, 5])), (28, free));
    }

    #[test]
    fn literals_compressed_or_not() {
        let plain = [
            words(&[2, 3]),
            b"\x83a\x01".to_vec(),
            words(&[2]),
            b"\x83j".to_vec(),
        ]
        .concat();
        let uncompressed = [words(&[0]), plain.clone()].concat();
        let deflated = miniz_oxide::deflate::compress_to_vec_zlib(&plain, 6);
        let compressed = [words(&[plain.len() as u32]), deflated.clone()].concat();
        for chunk in [uncompressed, compressed] {
            let literals = read_literals(&chunk).unwrap();
            assert_eq!(literals.len(), 2);
            assert_eq!(literals.get(0), Some(&b"\x83a\x01"[..]));
            assert_eq!(literals.get(1), Some(&b"\x83j"[..]));
            assert_eq!(literals.get(2), None);
        }
        for size in [plain.len() as u32 - 1, plain.len() as u32 + 1] {
            let chunk = [words(&[size]), deflated.clone()].concat();
            assert_eq!(problem(read_literals(&chunk)), (4, TableError::Inflate));
        }
        let huge = [words(&[u32::MAX]), deflated].concat();
        assert_eq!(
            problem(read_literals(&huge)),
            (0, TableError::LiteralsSize(u32::MAX))
        );
    }

    #[test]
    fn lines_with_files() {
        let items = [i(3), 0x12, i(5), i(6), 0x02, i(7)];
        let chunk = [&words(&[0, 0, 9, 4, 1])[..], &items, b"\0\x03x.y"].concat();
        let lines =
            |chunk: &[u8]| read_table(ChunkId::LINES, chunk, |reader| read_lines(reader, "m"));
        let table = lines(&chunk).unwrap().unwrap();
        assert_eq!(table.position(0), None);
        assert_eq!(table.position(1), Some(("m.erl", 3)));
        assert_eq!(table.position(2), Some(("x.y", 5)));
        assert_eq!(table.position(3), Some(("x.y", 6)));
        assert_eq!(table.position(4), Some(("m.erl", 7)));
        assert_eq!(table.position(5), None);

        assert_eq!(lines(&words(&[1, 2, 3])), Ok(None));
        let chunk = [&words(&[0, 0, 9, 1, 0])[..], &[0x12, i(5)]].concat();
        assert_eq!(
            problem(lines(&chunk)),
            (21, TableError::File { index: 1, count: 1 })
        );
        let chunk = [&words(&[0, 0, 9, 1, 0])[..], &[0x10]].concat();
        assert_eq!(problem(lines(&chunk)), (21, TableError::LineItem));
    }
}
