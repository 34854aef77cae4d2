//! A parsed module.

use alloc::boxed::Box;
use alloc::vec::Vec;

use md5::{Digest, Md5};

use crate::check::{self, Tables};
use crate::code::Code;
use crate::container::{self, ChunkId, Chunks};
use crate::error::{Error, TableError};
use crate::operand::{AtomIndex, LabelNumber};
use crate::reader::Reader;
use crate::records::{RecordDefinition, read_records};
use crate::tables::{
    Export, Import, Lambda, LineTable, Literals, read_atoms, read_exports, read_imports,
    read_lambdas, read_lines, read_literals, read_table,
};

/// A module as its file has it, checked: see the [crate's promises](crate#what-a-parsed-module-promises).
///
/// Chunks that hold terms are in external term format and not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its atoms; the first is the module's name.
    pub atoms: Vec<Box<str>>,
    /// Its code.
    pub code: Code,
    /// Functions that it calls by name.
    pub imports: Vec<Import>,
    /// Functions that others may call.
    pub exports: Vec<Export>,
    /// Functions that others can't call; empty in files that were stripped of them.
    pub locals: Vec<Export>,
    /// Functions that its funs are made of.
    pub lambdas: Vec<Lambda>,
    /// Its literal terms.
    pub literals: Literals,
    /// Bytes that binary matching and construction refer to.
    pub strings: Vec<u8>,
    /// Source positions; `None` in files that were stripped of them.
    pub lines: Option<LineTable>,
    /// Attributes (`Module:module_info(attributes)`), a term.
    pub attributes: Option<Vec<u8>>,
    /// Compile information (`Module:module_info(compile)`), a term.
    pub compile_info: Option<Vec<u8>>,
    /// Enabled language features, a term.
    pub meta: Option<Vec<u8>>,
    /// The type table, as in the file. Its first four bytes are a version; unknown ones should be ignored.
    pub types: Option<Vec<u8>>,
    /// Definitions of native records (OTP 29).
    pub records: Vec<RecordDefinition>,
    /// The digest of what makes the module behave as it does: `Module:module_info(md5)`, `beam_lib:md5/1`.
    pub md5: [u8; 16],
}

impl Module {
    /// Parses a `.beam` file, which may be compressed as a whole.
    ///
    /// # Errors
    ///
    /// Says the first thing that is wrong with the file.
    pub fn parse(file: &[u8]) -> Result<Module, Error> {
        if container::is_gzip(file) {
            Module::parse_chunks(&Chunks::find(&container::gunzip(file)?)?)
        } else {
            Module::parse_chunks(&Chunks::find(file)?)
        }
    }

    fn parse_chunks(chunks: &Chunks<'_>) -> Result<Module, Error> {
        let needed = |id, chunk: Option<_>| chunk.ok_or(Error::MissingChunk(id));
        let atoms = read_table(
            ChunkId::ATOMS,
            needed(ChunkId::ATOMS, chunks.atoms)?,
            read_atoms,
        )?;
        let atom_count = atoms.len();
        let imports = read_table(
            ChunkId::IMPORTS,
            needed(ChunkId::IMPORTS, chunks.imports)?,
            |reader| read_imports(reader, atom_count),
        )?;
        let exports = read_table(
            ChunkId::EXPORTS,
            needed(ChunkId::EXPORTS, chunks.exports)?,
            |reader| read_exports(reader, atom_count),
        )?;
        let locals = optional(ChunkId::LOCALS, chunks.locals, |reader| {
            read_exports(reader, atom_count)
        })?;
        let lambdas = optional(ChunkId::LAMBDAS, chunks.lambdas, |reader| {
            read_lambdas(reader, atom_count)
        })?;
        let lines = optional(ChunkId::LINES, chunks.lines, |reader| {
            read_lines(reader, &atoms[0])
        })?;
        let literals = match chunks.literals {
            Some(chunk) if !chunk.is_empty() => read_literals(chunk)?,
            _ => Literals::default(),
        };
        let strings = chunks.strings.unwrap_or_default();

        let (mut code, header) = Code::decode(needed(ChunkId::CODE, chunks.code)?)?;
        let records = optional(ChunkId::RECORDS, chunks.records, |reader| {
            read_records(reader, &atoms, literals.len(), &mut code.big_integers)
        })?;
        let tables = Tables {
            atoms: &atoms,
            imports: &imports,
            lambdas: &lambdas,
            literal_count: literals.len(),
            string_length: strings.len(),
            line_count: lines.as_ref().map(|lines: &LineTable| lines.items.len()),
        };
        check::check(&mut code, &tables, header.function_count)?;
        let entry = |function: &Export| (function.function, function.arity, function.label);
        check_entries(&code, ChunkId::EXPORTS, 12, exports.iter().map(entry))?;
        check_entries(&code, ChunkId::LOCALS, 12, locals.iter().map(entry))?;
        let lambda_entries = lambdas
            .iter()
            .map(|lambda| (lambda.function, lambda.arity, lambda.label));
        check_entries(&code, ChunkId::LAMBDAS, 24, lambda_entries)?;

        Ok(Module {
            atoms,
            code,
            imports,
            exports,
            locals,
            lambdas,
            literals,
            strings: strings.to_vec(),
            lines,
            attributes: chunks.attributes.map(<[u8]>::to_vec),
            compile_info: chunks.compile_info.map(<[u8]>::to_vec),
            meta: chunks.meta.map(<[u8]>::to_vec),
            types: chunks.types.map(<[u8]>::to_vec),
            records,
            md5: digest(chunks),
        })
    }

    /// The module's name.
    pub fn name(&self) -> &str {
        &self.atoms[0]
    }

    /// The text of an atom.
    pub fn atom(&self, index: AtomIndex) -> Option<&str> {
        self.atoms
            .get(usize::try_from(index).ok()?)
            .map(AsRef::as_ref)
    }
}

/// Reads a table that needn't be there. An empty chunk is as good as none, as in OTP.
fn optional<'a, T: Default>(
    id: ChunkId,
    chunk: Option<&'a [u8]>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, TableError>,
) -> Result<T, Error> {
    match chunk {
        Some(contents) if !contents.is_empty() => read_table(id, contents, read),
        _ => Ok(T::default()),
    }
}

/// Checks that entries of a table, which begins with a count and has entries of `size` bytes, name functions rightly.
fn check_entries(
    code: &Code,
    chunk: ChunkId,
    size: usize,
    entries: impl Iterator<Item = (AtomIndex, u8, LabelNumber)>,
) -> Result<(), Error> {
    for (position, (name, arity, label)) in entries.enumerate() {
        let function = code.function_at(label);
        if !function.is_some_and(|function| function.name == name && function.arity == arity) {
            let problem = TableError::NotThatFunction(label);
            return Err(Error::table(chunk, 4 + position * size, problem));
        }
    }
    Ok(())
}

/// The MD5 of the chunks that matter, in OTP's order, with `old_uniq` of each lambda as zero: the compiler derives
/// that from this digest.
fn digest(chunks: &Chunks<'_>) -> [u8; 16] {
    let mut md5 = Md5::new();
    let before = [
        chunks.atoms,
        chunks.code,
        chunks.strings,
        chunks.imports,
        chunks.exports,
    ];
    let after = [chunks.literals, chunks.meta, chunks.records, chunks.debug];
    for chunk in before.into_iter().flatten() {
        md5.update(chunk);
    }
    // A count, then 24 bytes for each lambda: the chunk was read already.
    if let Some((count, lambdas)) = chunks.lambdas.and_then(|chunk| chunk.split_at_checked(4)) {
        md5.update(count);
        for lambda in lambdas.chunks_exact(24) {
            md5.update(&lambda[..20]);
            md5.update([0; 4]);
        }
    }
    for chunk in after.into_iter().flatten() {
        md5.update(chunk);
    }
    md5.finalize().into()
}
