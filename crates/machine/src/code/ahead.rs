//! Code that was prepared ahead of time: what an image carries so that its clones need not parse, verify and translate
//! files again.
//!
//! A module is known by the content of its file, all of it. Whoever brings exactly these bytes gets the module that was
//! made of them, which is the same as one made now. It is given once, and from then on like any other: who brings the bytes
//! again, while that module may still be in use, gets a new one.

use alloc::rc::Rc;

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_128;

use super::module::Module;

/// Modules by the digests of their files.
#[derive(Debug, Default)]
pub struct PreparedAhead {
    modules: HashMap<u128, Rc<Module>>,
}

impl PreparedAhead {
    /// Keeps a module that was made from a file with this content.
    pub(super) fn keep(&mut self, file: &[u8], module: Rc<Module>) -> Option<Rc<Module>> {
        self.modules.insert(digest(file), module)
    }

    /// The module that was made from a file with this content, once.
    pub(super) fn take(&mut self, file: &[u8]) -> Option<Rc<Module>> {
        if self.modules.is_empty() {
            return None;
        }
        self.modules.remove(&digest(file))
    }

    /// All modules that are left.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Rc<Module>> {
        core::mem::take(&mut self.modules).into_values()
    }
}

/// Fast, and good against accidents. A program that makes two files of one digest on purpose betrays but itself: what it
/// gets is code that was verified.
fn digest(file: &[u8]) -> u128 {
    xxh3_128(file)
}
