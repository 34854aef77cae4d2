//! Writing a code stream: words, operands, and labels that are completed at the end.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use brood_beam::{Clears, LabelNumber, Opcode, Operand};
use brood_term::boxed::FunEntry;
use brood_term::{Heap, Term};

use super::CodeServer;
use super::export::Export;
use super::loader::LoadError;
use super::module::Function;
use super::operation::Operation;
use super::record::NativeRecord;
use super::specialise::specialise;
use super::stream::pack;

/// X registers beyond those that code may name: where constants go that an operation wants in a register.
const SCRATCH: u16 = brood_beam::MAX_REGISTERS;
/// How many of those there are.
pub(crate) const SCRATCH_COUNT: usize = 4;
/// What stands for the number of live registers where it is not known, so that there can be no collection.
pub(crate) const LIVE_UNKNOWN: u64 = 0xffff;

/// What operands refer to, as terms and addresses.
pub(super) struct Tables<'a> {
    pub module: &'a brood_beam::Module,
    pub clears: &'a Clears,
    pub atoms: &'a [Term],
    pub literals: &'a [Term],
    pub integers: &'a [Term],
    pub imports: &'a [&'static Export],
    pub lambdas: &'a [&'static FunEntry],
    pub records: &'a [NativeRecord],
    pub strings: &'a [u8],
    pub area: &'a mut dyn Heap,
    pub code: &'a mut CodeServer,
}

/// The code of a module.
pub(super) struct Translated {
    pub code: Box<[Cell<u64>]>,
    /// Offset of each label, in words.
    pub labels: Vec<u32>,
    pub functions: Vec<Function>,
    pub lines: Vec<(u32, u32)>,
    pub on_load: Option<u32>,
}

/// A word that has to do with a label, to be completed when all labels are known.
struct Fixup {
    /// The first word of the operation.
    operation: usize,
    word: usize,
    label: LabelNumber,
    kind: FixupKind,
}

enum FixupKind {
    /// A distance in the upper half of the first word.
    Upper,
    /// A distance that takes a word.
    Distance,
    /// A catch marker.
    Catch,
}

/// The code of a module in the making.
pub(super) struct Translator<'a> {
    pub(super) tables: Tables<'a>,
    words: Vec<u64>,
    /// Where operations begin.
    starts: Vec<usize>,
    pub(super) labels: Vec<u32>,
    fixups: Vec<Fixup>,
    pub(super) functions: Vec<Function>,
    pub(super) lines: Vec<(u32, u32)>,
    pub(super) on_load: Option<u32>,
}

pub(super) type Translation<T = ()> = Result<T, LoadError>;

/// The term that an operand is, if it is no register.
pub(super) fn constant<H: Heap + ?Sized>(
    operand: Operand,
    area: &mut H,
    atoms: &[Term],
    literals: &[Term],
    integers: &[Term],
) -> Option<Term> {
    Some(match operand {
        Operand::Integer(value) => area.integer(value),
        Operand::BigInteger(index) => integers[index as usize],
        Operand::Nil => Term::NIL,
        Operand::Atom(index) => atoms[index as usize],
        Operand::Literal(index) => literals[index as usize],
        _ => return None,
    })
}

impl<'a> Translator<'a> {
    /// No code yet.
    pub(super) fn new(tables: Tables<'a>) -> Translator<'a> {
        let labels = vec![0; tables.module.code.label_count as usize];
        Translator {
            tables,
            words: Vec::new(),
            starts: Vec::new(),
            labels,
            fixups: Vec::new(),
            functions: Vec::new(),
            lines: Vec::new(),
            on_load: None,
        }
    }

    /// Where the next operation will be, in words.
    pub(super) fn position(&self) -> usize {
        self.words.len()
    }

    /// A word that holds a catch marker for the handler at a label.
    pub(super) fn catch_word(&mut self, label: LabelNumber) {
        let word = self.words.len();
        self.words.push(0);
        let kind = FixupKind::Catch;
        self.fixups.push(Fixup {
            operation: word,
            word,
            label,
            kind,
        });
    }

    pub(super) fn finish(mut self) -> Translated {
        specialise(&mut self.words, &self.starts);
        let code: Box<[Cell<u64>]> = self.words.into_iter().map(Cell::new).collect();
        let base = code.as_ptr() as u64;
        for fixup in self.fixups {
            let target = self.labels[fixup.label as usize];
            let distance = i64::from(target) - fixup.operation as i64;
            match fixup.kind {
                // A chunk of code has less than 4 GiB, so distances in words fit 32 bits.
                FixupKind::Upper => {
                    let word = &code[fixup.word];
                    word.set(word.get() | (distance as i32 as u32 as u64) << 32);
                }
                FixupKind::Distance => code[fixup.word].set(distance as u64),
                FixupKind::Catch => {
                    code[fixup.word].set(Term::catch(base + u64::from(target) * 8).raw());
                }
            }
        }
        Translated {
            code,
            labels: self.labels,
            functions: self.functions,
            lines: self.lines,
            on_load: self.on_load,
        }
    }

    pub(super) fn emit(&mut self, operation: Operation, a: u16, b: u16, c: u16) {
        self.starts.push(self.words.len());
        self.words.push(pack(operation, a, b, c));
    }

    /// An operation with a label.
    pub(super) fn emit_label(&mut self, operation: Operation, a: u16, label: LabelNumber) {
        let start = self.words.len();
        self.starts.push(start);
        self.words.push(pack(operation, a, 0, 0));
        if label != 0 {
            let kind = FixupKind::Upper;
            self.fixups.push(Fixup {
                operation: start,
                word: start,
                label,
                kind,
            });
        }
    }

    pub(super) fn word(&mut self, word: u64) {
        self.words.push(word);
    }

    /// A word that holds the distance to a label from the operation at `operation`; 0 for no label.
    pub(super) fn distance(&mut self, operation: usize, label: LabelNumber) {
        let word = self.words.len();
        self.words.push(0);
        if label != 0 {
            self.fixups.push(Fixup {
                operation,
                word,
                label,
                kind: FixupKind::Distance,
            });
        }
    }

    pub(super) fn source_word(&mut self, operand: Operand) -> Translation {
        let word = self.source(operand)?;
        self.word(word);
        Ok(())
    }

    pub(super) fn unsupported<T>(opcode: Opcode) -> Translation<T> {
        Err(LoadError::Operation(opcode))
    }

    /// The term that an operand is, if it is no register.
    pub(super) fn constant(&mut self, operand: Operand) -> Option<Term> {
        let Tables {
            area,
            atoms,
            literals,
            integers,
            ..
        } = &mut self.tables;
        constant(operand, *area, atoms, literals, integers)
    }

    /// A source as a word.
    pub(super) fn source(&mut self, operand: Operand) -> Translation<u64> {
        Ok(match operand {
            Operand::X(register, _) => u64::from(register) << 3,
            Operand::Y(register, _) => u64::from(register) << 3 | 4,
            _ => match self.constant(operand) {
                Some(term) => term.raw(),
                None => return Self::unsupported(Opcode::Move),
            },
        })
    }

    /// A register as a 16-bit operand. A constant is loaded into a scratch register first.
    pub(super) fn register(&mut self, operand: Operand, scratch: u16) -> Translation<u16> {
        Ok(match operand {
            Operand::X(register, _) => register << 1,
            Operand::Y(register, _) => register << 1 | 1,
            _ => {
                let Some(term) = self.constant(operand) else {
                    return Self::unsupported(Opcode::Move);
                };
                self.emit(Operation::MoveCX, SCRATCH + scratch, 0, 0);
                self.word(term.raw());
                (SCRATCH + scratch) << 1
            }
        })
    }

    /// How many words a need for heap is.
    pub(super) fn heap_words(operand: Operand) -> u64 {
        match operand {
            Operand::Unsigned(words) => words,
            Operand::AllocationList(list) => list.heap_words(),
            _ => 0,
        }
    }

    pub(super) fn sources(&mut self, list: &[Operand]) -> Translation {
        list.iter()
            .try_for_each(|&operand| self.source_word(operand))
    }

    pub(super) fn registers(&mut self, operation: Operation, operands: &[Operand]) -> Translation {
        let mut packed = [0; 3];
        for (index, &operand) in operands.iter().enumerate() {
            packed[index] = self.register(operand, index as u16)?;
        }
        let [a, b, c] = packed;
        self.emit(operation, a, b, c);
        Ok(())
    }
}
