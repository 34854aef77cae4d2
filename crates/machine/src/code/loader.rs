//! From the bytes of a `.beam` file to a module that can be installed.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use brood_beam::{CodeError, Opcode};
use brood_term::atom::AtomError;
use brood_term::boxed::FunEntry;
use brood_term::external::{DecodeError, DecodeOptions, FunKey, NodeIdentity, Resolver, decode};
use brood_term::{Atoms, Heap, Mfa, Term, integer, known};
use thiserror::Error;

use super::CodeServer;
use super::emit::{Tables, constant};
use super::export::Export;
use super::module::{Module, ON_LOAD_INDEX};
use super::record::NativeRecord;
use super::translate::translate;
use crate::machine::Machine;

/// The numbers of files that positions name are less than this.
const FILES: u32 = (1 << 8) - 1;
/// The numbers of lines are less than this.
const LINES: u32 = (1 << 24) - 1;

/// Why a file can't be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file is malformed.
    #[error("{0}")]
    File(#[from] brood_beam::Error),
    /// An atom of the file can't be made.
    #[error("{0}")]
    Atom(#[from] AtomError),
    /// A literal of the file is malformed.
    #[error("a literal: {0}")]
    Literal(#[from] DecodeError),
    /// An operation that the machine doesn't have.
    #[error("no such operation: {0:?} with these operands")]
    Operation(Opcode),
    /// An operand that makes no sense.
    #[error("{0}")]
    Operand(CodeError),
    /// A big integer beyond all limits.
    #[error("an integer of more digits than an integer may have")]
    Integer,
    /// A fun of this module came from elsewhere, with another arity or environment.
    #[error("the fun of index {0} is known to be another one")]
    Fun(u32),
    /// A native record has two fields of the same name.
    #[error("a native record has two fields of the same name")]
    RecordFields,
    /// The file has another module.
    #[error("the file has the module {0}")]
    OtherModule(String),
}

/// Finds the exports and funs that literals refer to.
pub struct CodeResolver<'a>(pub &'a mut CodeServer);

impl Resolver for CodeResolver<'_> {
    fn fun(&mut self, key: &FunKey) -> Option<&'static FunEntry> {
        let (arity, free_count) = (u32::from(key.arity), key.free_count);
        let entry = self.0.fun_entry(
            key.module,
            key.uniq,
            key.index,
            known::UNDEFINED,
            arity,
            free_count,
            key.old_uniq as u32,
        );
        ((entry.arity, entry.free_count) == (arity, free_count)).then_some(entry)
    }

    fn export(
        &mut self,
        module: Term,
        function: Term,
        arity: u32,
        existing: bool,
    ) -> Option<&'static Mfa> {
        let mfa = Mfa {
            module,
            function,
            arity,
        };
        if existing && !self.0.knows_export(&mfa) {
            return None;
        }
        Some(&self.0.export(mfa).mfa)
    }
}

/// File and line as OTP keeps them: what its 32 bits have no room for is no position.
fn position(file: u32, line: u32) -> (u32, u32) {
    if file < FILES && line < LINES {
        (file, line)
    } else {
        (0, 0)
    }
}

impl Machine {
    /// Makes a module from the bytes of a `.beam` file, without installing it, unless there is one that was made of
    /// them ahead of time.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the file, or that the machine can't do.
    pub fn prepare_module(&mut self, file: &[u8]) -> Result<Rc<Module>, LoadError> {
        match self.code.ahead.take(file) {
            Some(module) => Ok(module),
            None => self.make_module(file),
        }
    }

    /// Makes a module for whoever brings these bytes later.
    ///
    /// # Errors
    ///
    /// As [`Machine::prepare_module`].
    pub fn prepare_ahead(&mut self, file: &[u8]) -> Result<(), LoadError> {
        let module = self.make_module(file)?;
        if let Some(twice) = self.code.ahead.keep(file, module) {
            self.free_module(twice);
        }
        Ok(())
    }

    fn make_module(&mut self, file: &[u8]) -> Result<Rc<Module>, LoadError> {
        let parsed = brood_beam::Module::parse(file)?;
        let clears = parsed.verify()?;
        let Machine {
            code,
            atoms: table,
            literals: area,
            ..
        } = self;
        let mut builder = area.builder();
        let atoms = parsed
            .atoms
            .iter()
            .map(|text| table.intern(text))
            .collect::<Result<Vec<Term>, AtomError>>()?;
        let atom = |index: u32| atoms[index as usize];
        let name = atoms[0];
        let literals = parsed
            .literals
            .iter()
            .map(|bytes| read_term(&mut builder, table, code, bytes))
            .collect::<Result<Vec<Term>, LoadError>>()?;
        let mut optional = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => read_term(&mut builder, table, code, bytes),
            None => Ok(Term::NIL),
        };
        let attributes = optional(&parsed.attributes)?;
        let compile_info = optional(&parsed.compile_info)?;
        let integers = parsed
            .code
            .big_integers
            .iter()
            .map(|big| {
                let limbs: Vec<u64> = big.magnitude.chunks(8).map(limb).collect();
                integer::make(&mut builder, big.negative, &limbs).map_err(|_| LoadError::Integer)
            })
            .collect::<Result<Vec<Term>, LoadError>>()?;
        let records = parsed
            .records
            .iter()
            .map(|record| {
                let defaults: Vec<Option<Term>> = record
                    .fields
                    .iter()
                    .map(|&(_, default)| {
                        constant(default?, &mut builder, &atoms, &literals, &integers)
                    })
                    .collect();
                NativeRecord::new(&mut builder, table, name, record, atom, &defaults)
                    .ok_or(LoadError::RecordFields)
            })
            .collect::<Result<Vec<NativeRecord>, LoadError>>()?;
        let imports: Vec<&'static Export> = parsed
            .imports
            .iter()
            .map(|import| {
                let (module, function) = (atom(import.module), atom(import.function));
                code.export(Mfa {
                    module,
                    function,
                    arity: u32::from(import.arity),
                })
            })
            .collect();
        let lambdas: Vec<&'static FunEntry> = parsed
            .lambdas
            .iter()
            .map(|lambda| {
                let (arity, free_count) = (
                    u32::from(lambda.arity - lambda.free_count),
                    u32::from(lambda.free_count),
                );
                let entry = code.fun_entry(
                    name,
                    parsed.md5,
                    lambda.index,
                    atom(lambda.function),
                    arity,
                    free_count,
                    lambda.old_uniq,
                );
                // A fun in external format may have been here first.
                if (entry.arity, entry.free_count) == (arity, free_count) {
                    Ok(entry)
                } else {
                    Err(LoadError::Fun(lambda.index))
                }
            })
            .collect::<Result<_, LoadError>>()?;
        let strings = parsed.strings.clone().into_boxed_slice();
        let translated = translate(Tables {
            module: &parsed,
            clears: &clears,
            atoms: &atoms,
            literals: &literals,
            integers: &integers,
            imports: &imports,
            lambdas: &lambdas,
            records: &records,
            strings: &strings,
            area: &mut builder,
            code,
        })?;
        let offset = |label: u32| translated.labels[label as usize];
        let exports = parsed
            .exports
            .iter()
            .map(|export| (atom(export.function), export.arity, offset(export.label)))
            .collect();
        let on_load = translated.on_load.map(|offset| {
            let (index, function) = (ON_LOAD_INDEX, known::ON_LOAD);
            let entry = code.fun_entry(name, parsed.md5, index, function, 0, 0, 0);
            (entry, offset)
        });
        let lambdas = lambdas
            .iter()
            .zip(&parsed.lambdas)
            .map(|(&entry, lambda)| (entry, offset(lambda.label)))
            .chain(on_load)
            .collect();
        let (positions, files) = match parsed.lines {
            Some(lines) => (
                lines
                    .items
                    .iter()
                    .map(|item| position(item.file, item.line))
                    .collect(),
                lines.files.into_iter().map(Rc::from).collect(),
            ),
            None => (Vec::new(), Vec::new()),
        };
        Ok(Rc::new(Module {
            name,
            code: translated.code,
            functions: translated.functions,
            lines: translated.lines,
            positions,
            files,
            exports,
            lambdas,
            imports,
            records,
            on_load: translated.on_load,
            attributes,
            compile_info,
            md5: parsed.md5,
            strings,
            literals: builder.finish(),
        }))
    }

    /// Loads a module from the bytes of a `.beam` file and gives its name. An `on_load` function is not run.
    ///
    /// # Errors
    ///
    /// As [`Machine::prepare_module`].
    pub fn load_module(&mut self, file: &[u8]) -> Result<Term, LoadError> {
        let module = self.prepare_module(file)?;
        let name = module.name;
        self.code.install(module);
        Ok(name)
    }
}

fn limb(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |limb, &byte| limb << 8 | u64::from(byte))
}

fn read_term(
    heap: &mut impl Heap,
    atoms: &mut Atoms,
    code: &mut CodeServer,
    bytes: &[u8],
) -> Result<Term, LoadError> {
    let options = DecodeOptions::default();
    let resolver = &mut CodeResolver(code);
    Ok(decode(heap, atoms, bytes, NodeIdentity::NONODE, options, resolver)?.term)
}
