//! Reading code: the only place that touches the words of a code stream.
//!
//! What makes this sound: [`Ip`]s are made only from addresses of streams that the loader wrote, each ended by an
//! operation that does not go on, and each handler reads as many words as the loader wrote for its operation. Streams
//! are never freed.

use brood_term::FunEntry;

use super::export::Export;
use super::operation::Operation;
use crate::bif::Bif;

/// The address of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Ip(*const u64);

impl Ip {
    /// The address `address`, which points to an operation in a stream made by the loader.
    ///
    /// # Safety
    ///
    /// As the module says.
    #[inline(always)]
    pub unsafe fn new(address: *const u64) -> Ip {
        Ip(address)
    }

    /// The address.
    #[inline(always)]
    pub fn address(self) -> *const u64 {
        self.0
    }

    /// The word at `index` from the start of the operation.
    #[inline(always)]
    pub fn word(self, index: usize) -> u64 {
        // SAFETY: as the module says.
        unsafe { *self.0.add(index) }
    }

    /// The operation.
    #[inline(always)]
    pub fn operation(self) -> Operation {
        // SAFETY: as the module says.
        unsafe { Operation::from_number(self.word(0) as u16) }
    }

    /// The first 16-bit operand.
    #[inline(always)]
    pub fn a(self) -> usize {
        (self.word(0) >> 16) as u16 as usize
    }

    /// The second 16-bit operand.
    #[inline(always)]
    pub fn b(self) -> usize {
        (self.word(0) >> 32) as u16 as usize
    }

    /// The third 16-bit operand.
    #[inline(always)]
    pub fn c(self) -> usize {
        (self.word(0) >> 48) as usize
    }

    /// Whether the operation has a label.
    #[inline(always)]
    pub fn has_label(self) -> bool {
        self.word(0) >> 32 != 0
    }

    /// Where the label leads.
    #[inline(always)]
    pub fn label(self) -> Ip {
        self.offset((self.word(0) >> 32) as i32 as isize)
    }

    /// The operation `words` further on.
    #[inline(always)]
    pub fn skip(self, words: usize) -> Ip {
        self.offset(words as isize)
    }

    /// The operation at this distance in words.
    #[inline(always)]
    pub fn offset(self, words: isize) -> Ip {
        // SAFETY: as the module says.
        Ip(unsafe { self.0.offset(words) })
    }
}

/// Packs the first word of an operation from three 16-bit operands.
pub const fn pack(operation: Operation, a: u16, b: u16, c: u16) -> u64 {
    operation as u64 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48
}

/// Code that belongs to no module.
static STUBS: [u64; 7] = [
    pack(Operation::Stop, 0, 0, 0),
    pack(Operation::ProcessEnd, 0, 0, 0),
    pack(Operation::ReturnTrace, 0, 0, 0),
    pack(Operation::ReturnTrace, 0, 0, 0),
    pack(Operation::ReturnToTrace, 0, 0, 0),
    pack(Operation::ReturnTimeTrace, 0, 0, 0),
    pack(Operation::RecordLoaded, 0, 0, 0),
];

/// Where to go to leave the dispatch loop.
#[inline(always)]
pub fn stop() -> Ip {
    Ip(&STUBS[0])
}

/// Where the first function of a process returns to.
pub fn process_end() -> Ip {
    Ip(&STUBS[1])
}

/// What a function returns to that is traced (see [`crate::tracing::call`]), or called by an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Return {
    /// Tells of the value. The frame has module, function, arity and tracer.
    Value = 2,
    /// As `Value`; when an exception drops the frame, tells of that, too.
    Exception = 3,
    /// Tells where it returns to. The frame is empty.
    To = 4,
    /// Counts time. The frame has the function whose time runs on.
    Time = 5,
    /// Goes on making a record. The frame has the X registers.
    Record = 6,
}

impl Return {
    const ALL: [Return; 5] = [
        Return::Value,
        Return::Exception,
        Return::To,
        Return::Time,
        Return::Record,
    ];

    /// Its operation.
    pub fn entry(self) -> Ip {
        Ip(&STUBS[self as usize])
    }

    /// The one at an address.
    pub fn at(address: *const u64) -> Option<Return> {
        Return::ALL
            .into_iter()
            .find(|kind| kind.entry().address() == address)
    }

    /// How many slots its frame has.
    pub fn slots(self) -> usize {
        match self {
            Return::Value | Return::Exception => 4,
            Return::To => 0,
            Return::Time | Return::Record => 1,
        }
    }
}

impl Ip {
    /// The export whose address is in the word at `index`.
    #[inline(always)]
    pub(crate) fn export(self, index: usize) -> &'static Export {
        // SAFETY: as the module says.
        unsafe { Export::from_word(self.word(index)) }
    }

    /// The BIF whose address is in the word at `index`; none if the import is no BIF.
    #[inline(always)]
    pub(crate) fn bif(self, index: usize) -> Option<Bif> {
        // SAFETY: as the module says: the loader wrote a function's address, or 0, which stands for none.
        unsafe { core::mem::transmute::<usize, Option<Bif>>(self.word(index) as usize) }
    }

    /// The entry of a closure whose address is in the word at `index`.
    #[inline(always)]
    pub(crate) fn fun_entry(self, index: usize) -> &'static FunEntry {
        // SAFETY: as the module says; entries are never freed.
        unsafe { &*(self.word(index) as *const FunEntry) }
    }
}

impl Ip {
    /// The BIF that the operation is a call of.
    pub(crate) fn called_bif(self) -> Option<&'static Export> {
        use Operation::{BifStub, CallBif, CallBifLast, CallBifOnly, Send};
        matches!(
            self.operation(),
            BifStub | CallBif | CallBifLast | CallBifOnly | Send
        )
        .then(|| self.export(2))
    }

    /// Whether the operation is a call of the BIF `export`.
    pub(crate) fn calls_bif(self, export: &Export) -> bool {
        self.called_bif()
            .is_some_and(|called| core::ptr::eq(called, export))
    }
}

impl Ip {
    /// The `length` bytes whose address is in the word at `index`.
    #[inline(always)]
    pub(crate) fn bytes(self, index: usize, length: usize) -> &'static [u8] {
        // SAFETY: as the module says: the loader wrote the address of so many bytes of a string table, which stays.
        unsafe { core::slice::from_raw_parts(self.word(index) as *const u8, length) }
    }
}
