//! A loaded module.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;

use brood_term::{FunEntry, Literals, Mfa, Term};

use super::export::Export;
use super::operation::Operation;
use super::record::NativeRecord;
use super::stream::Ip;

/// The number of the closure of the function to be run when a module is loaded: no `fun` expression has it.
pub(super) const ON_LOAD_INDEX: u32 = u32::MAX;

/// One version of a module's code, and what is known about it. When it is purged, its memory is freed as soon as no
/// process refers to it ([`crate::release`]).
#[derive(Debug)]
pub struct Module {
    /// Its name, an atom.
    pub name: Term,
    /// The stream. Breakpoints replace operations in it.
    pub(super) code: Box<[Cell<u64>]>,
    /// The bytes that its code refers to.
    #[allow(dead_code, reason = "code has their addresses")]
    pub(super) strings: Box<[u8]>,
    /// What its code refers to.
    pub(crate) literals: Literals,
    /// Functions in the order of their code.
    pub functions: Vec<Function>,
    /// Where positions change: offset in words, index of a position; in order.
    pub(super) lines: Vec<(u32, u32)>,
    /// File (index in `files`) and line; the first is the unknown position.
    pub(super) positions: Vec<(u32, u32)>,
    pub(super) files: Vec<Rc<str>>,
    /// The functions that others may call: name, arity, offset of the code.
    pub(super) exports: Vec<(Term, u8, u32)>,
    pub(super) lambdas: Vec<(&'static FunEntry, u32)>,
    /// The native records that it defines.
    pub(super) records: Vec<NativeRecord>,
    /// What its code calls by name.
    pub(super) imports: Vec<&'static Export>,
    /// The offset of the function to be run when it is loaded.
    pub(super) on_load: Option<u32>,
    /// Attributes, a literal.
    pub attributes: Term,
    /// Compile information, a literal.
    pub compile_info: Term,
    /// The digest of the code.
    pub md5: [u8; 16],
}

/// A function in a module's code.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Where its code starts, in words.
    pub(super) start: u32,
    /// Where calls of it lead, in words.
    pub(super) entry: u32,
    /// Its name, an atom.
    pub name: Term,
    /// Its arity.
    pub arity: u8,
}

/// A place in code.
#[derive(Clone, Debug)]
pub struct Place {
    /// The function.
    pub mfa: Mfa,
    /// File and line, if known.
    pub position: Option<(Rc<str>, u32)>,
}

impl Function {
    /// Its full name, in the module of this name.
    pub fn mfa(&self, module: Term) -> Mfa {
        Mfa {
            module,
            function: self.name,
            arity: u32::from(self.arity),
        }
    }
}

impl Module {
    /// The operation at an offset, which is that of one.
    pub(super) fn at(&self, offset: u32) -> Ip {
        // SAFETY: offsets kept in a module are those of operations in its stream.
        unsafe { Ip::new(self.start().add(offset as usize)) }
    }

    /// The address of its code.
    pub(super) fn start(&self) -> *const u64 {
        self.code.as_ptr().cast()
    }

    /// Its functions, with the addresses of their first operations.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Mfa, usize)> {
        self.functions.iter().map(|function| {
            let mfa = function.mfa(self.name);
            (mfa, self.at(function.entry).address() as usize)
        })
    }

    /// Replaces the operation at an address, which is that of one, and leaves its operands. Gives what it was.
    pub(super) fn replace_operation(&self, address: usize, new: Operation) -> Option<Operation> {
        let offset = self.offset_of(address as *const u64)?;
        let old = self.at(offset).operation();
        let word = self.code.get(offset as usize)?;
        word.set(word.get() & !0xffff | new as u64);
        Some(old)
    }

    /// Whether it has a function to be run when it is loaded.
    pub fn has_on_load(&self) -> bool {
        self.on_load.is_some()
    }

    /// The closure of that function, which need not be exported.
    pub fn on_load_entry(&self) -> Option<&'static FunEntry> {
        let offset = self.on_load?;
        let (entry, _) = self
            .lambdas
            .iter()
            .find(|(entry, at)| *at == offset && entry.index == ON_LOAD_INDEX)?;
        Some(entry)
    }

    /// How many words it takes, about.
    pub fn words(&self) -> usize {
        let bytes = self.strings.len()
            + size_of_val(&*self.functions)
            + size_of_val(&*self.lines)
            + size_of_val(&*self.positions)
            + size_of_val(&*self.exports)
            + size_of_val(&*self.lambdas)
            + size_of_val(&*self.imports);
        self.code.len() + self.literals.words() + bytes / size_of::<u64>()
    }

    /// How many words its code takes.
    pub fn code_words(&self) -> usize {
        self.code.len()
    }

    /// The functions that others may call: name and arity.
    pub fn exports(&self) -> impl DoubleEndedIterator<Item = (Term, u8)> {
        self.exports.iter().map(|&(name, arity, _)| (name, arity))
    }

    /// The offset of an address, if it is in this code.
    pub(crate) fn offset_of(&self, address: *const u64) -> Option<u32> {
        let bytes = (address as usize).checked_sub(self.start() as usize)?;
        (bytes < size_of_val(&*self.code)).then_some((bytes / size_of::<u64>()) as u32)
    }

    /// The function that an offset is in, and how many words behind its start.
    pub(super) fn function_at(&self, offset: u32) -> Option<(Mfa, usize)> {
        let function = self.function(offset)?;
        Some((function.mfa(self.name), (offset - function.start) as usize))
    }

    fn function(&self, offset: u32) -> Option<&Function> {
        let after = self
            .functions
            .partition_point(|function| function.start <= offset);
        self.functions.get(after.checked_sub(1)?)
    }

    /// The place at an offset.
    pub(super) fn place(&self, offset: u32) -> Option<Place> {
        let function = self.function(offset)?;
        let after = self.lines.partition_point(|&(start, _)| start <= offset);
        let line = after.checked_sub(1).map_or(0, |index| self.lines[index].1);
        let position = match self.positions.get(line as usize) {
            Some(&(file, line)) if line > 0 => self
                .files
                .get(file as usize)
                .map(|file| (file.clone(), line)),
            _ => None,
        };
        Some(Place {
            mfa: function.mfa(self.name),
            position,
        })
    }
}
