//! Exports: functions that are called by name, and BIFs.

use alloc::boxed::Box;
use core::cell::Cell;

use brood_term::Mfa;

use super::operation::Operation;
use super::stream::{Ip, pack};
use crate::bif::Bif;

/// A function that can be called by name, whether there is code for it or not. Exports live as long as the machine.
#[derive(Debug)]
#[repr(C)]
pub struct Export {
    /// Its name.
    pub mfa: Mfa,
    /// The BIF, if it is one.
    pub bif: Option<Bif>,
    /// Where calls go.
    address: Cell<*const u64>,
    /// Where they go that are not traced: code or stub.
    code: Cell<*const u64>,
    stub: Cell<[u64; 3]>,
    /// Where they go that are traced by name.
    trampoline: Cell<[u64; 2]>,
    traced: Cell<bool>,
    /// Whether calls in code are no calls to OTP, but instructions, which are not traced.
    is_instruction: bool,
}

impl Export {
    /// A new export, without code unless it is a BIF.
    pub(super) fn leak(mfa: Mfa, bif: Option<Bif>, is_instruction: bool) -> &'static Export {
        let export = Box::leak(Box::new(Export {
            mfa,
            bif,
            address: Cell::new(core::ptr::null()),
            code: Cell::new(core::ptr::null()),
            stub: Cell::new([0; 3]),
            trampoline: Cell::new([0; 2]),
            traced: Cell::new(false),
            is_instruction,
        }));
        let own = export as *const Export as u64;
        export.stub.set(match bif {
            None => [pack(Operation::CallExportStub, 0, 0, 0), own, 0],
            Some(bif) => [
                pack(Operation::BifStub, mfa.arity as u16, 0, 0),
                bif as usize as u64,
                own,
            ],
        });
        export
            .trampoline
            .set([pack(Operation::GlobalBreakpoint, 0, 0, 0), own]);
        export.remove_code();
        export
    }

    /// Where a call goes.
    #[inline(always)]
    pub fn entry(&self) -> Ip {
        // SAFETY: the address is that of the stub, the trampoline or loaded code: only functions of this file set it.
        unsafe { Ip::new(self.address.get()) }
    }

    /// Where a call goes that is to find the function only when it is made: for processes that will make it later.
    pub fn late_entry(&self) -> Ip {
        // SAFETY: the stub is an operation that goes on elsewhere, and exports are never freed.
        unsafe { Ip::new(self.stub.as_ptr().cast()) }
    }

    /// Whether calling it runs code or a BIF.
    pub fn is_defined(&self) -> bool {
        self.bif.is_some() || self.has_code()
    }

    /// Whether a loaded module has code for it.
    pub fn has_code(&self) -> bool {
        self.code.get() != self.stub.as_ptr().cast::<u64>().cast_const()
    }

    /// Where calls go that are not traced.
    pub fn code(&self) -> Ip {
        // SAFETY: as in `entry`.
        unsafe { Ip::new(self.code.get()) }
    }

    /// Whether calls of a BIF have to go through [`Export::entry`], where they are traced.
    #[inline(always)]
    pub fn is_traced(&self) -> bool {
        self.traced.get()
    }

    /// From now on calls are traced by name (`global`), or there is a breakpoint in the code (`local`), or not.
    pub(super) fn set_traced(&self, global: bool, local: bool) {
        self.traced.set((global || local) && !self.is_instruction);
        self.address.set(if global {
            self.trampoline.as_ptr().cast()
        } else {
            self.code.get()
        });
    }

    fn lead_to(&self, address: *const u64) {
        if self.address.get() == self.code.get() {
            self.address.set(address);
        }
        self.code.set(address);
    }

    /// From now on calls go to `entry`.
    pub(super) fn set_code(&self, entry: Ip) {
        self.lead_to(entry.address());
    }

    /// From now on there is no code for it.
    pub(super) fn remove_code(&self) {
        self.lead_to(self.stub.as_ptr().cast());
    }

    /// The export at an address in code.
    ///
    /// # Safety
    ///
    /// `word` is the address of an export, as the loader writes it.
    #[inline(always)]
    pub(crate) unsafe fn from_word(word: u64) -> &'static Export {
        // SAFETY: the caller's contract; exports are never freed.
        unsafe { &*(word as *const Export) }
    }
}
