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
    address: Cell<*const u64>,
    stub: Cell<[u64; 3]>,
}

impl Export {
    /// A new export, without code unless it is a BIF.
    pub(super) fn leak(mfa: Mfa, bif: Option<Bif>) -> &'static Export {
        let export = Box::leak(Box::new(Export {
            mfa,
            bif,
            address: Cell::new(core::ptr::null()),
            stub: Cell::new([0; 3]),
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
        export.remove_code();
        export
    }

    /// Where a call goes.
    #[inline(always)]
    pub fn entry(&self) -> Ip {
        // SAFETY: the address is that of the stub or of loaded code: only `leak`, `set_code` and `remove_code` set it.
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
        self.address.get() != self.stub.as_ptr().cast::<u64>().cast_const()
    }

    /// From now on calls go to `entry`.
    pub(super) fn set_code(&self, entry: Ip) {
        self.address.set(entry.address());
    }

    /// From now on there is no code for it.
    pub(super) fn remove_code(&self) {
        self.address.set(self.stub.as_ptr().cast());
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
