//! Compiled patterns that were used lately.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;

use brood_pcre::{BackslashR, Code, CompileError, CompileOptions, Newline, compile_option};
use brood_term::OwnedTerm;
use hashbrown::HashMap;

/// How many patterns are kept.
const CAPACITY: usize = 256;

/// What the binary of a compiled pattern begins with.
const MAGIC: &[u8] = b"brood re 1";

/// A pattern's identity: its options and its source, as bytes, which programs get to hold.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key(Box<[u8]>);

impl Key {
    /// The magic; the options' bits in four bytes; a byte each for what ends a line and what `\R` is.
    const HEADER: usize = MAGIC.len() + 4 + 2;

    pub fn new(options: CompileOptions, source: &[u8]) -> Key {
        let mut bytes = Vec::with_capacity(Self::HEADER + source.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&options.bits.to_be_bytes());
        bytes.extend([options.newline as u8, options.backslash_r as u8]);
        bytes.extend_from_slice(source);
        Key(bytes.into())
    }

    /// The key that these bytes are, if they are one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Key> {
        let key = Key(bytes.into());
        key.parts().map(|_| ()).map(|()| key)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn parts(&self) -> Option<(CompileOptions, &[u8])> {
        let rest = self.0.strip_prefix(MAGIC)?;
        let (bits, rest) = rest.split_first_chunk::<4>()?;
        let (&[newline, backslash_r], source) = rest.split_first_chunk::<2>()?;
        let bits = u32::from_be_bytes(*bits);
        let options = CompileOptions {
            bits: bits & compile_option::ALL,
            newline: Newline::from_number(u32::from(newline))?,
            backslash_r: match backslash_r {
                1 => BackslashR::Unicode,
                2 => BackslashR::AnyCrLf,
                _ => return None,
            },
        };
        (options.bits == bits).then_some((options, source))
    }

    /// The same pattern with other line ends, if any are given.
    pub fn with_line_ends(
        &self,
        newline: Option<Newline>,
        backslash_r: Option<BackslashR>,
    ) -> Option<Key> {
        if newline.is_none() && backslash_r.is_none() {
            return None;
        }
        let (mut options, source) = self.parts()?;
        options.newline = newline.unwrap_or(options.newline);
        options.backslash_r = backslash_r.unwrap_or(options.backslash_r);
        Some(Key::new(options, source))
    }
}

/// The patterns that were compiled lately, and the subject that was lately found to be UTF-8.
#[derive(Default, Debug)]
pub struct Patterns {
    codes: HashMap<Key, Rc<Code>>,
    /// The keys in the order in which they came.
    order: VecDeque<Key>,
    pub(super) subject: Option<OwnedTerm>,
}

impl Patterns {
    /// What a key stands for.
    ///
    /// # Errors
    ///
    /// What is wrong with the pattern.
    pub fn code(&mut self, key: &Key) -> Result<Rc<Code>, CompileError> {
        if let Some(code) = self.codes.get(key) {
            return Ok(Rc::clone(code));
        }
        let nothing = CompileError {
            number: 0,
            offset: 0,
        };
        let (options, source) = key.parts().ok_or(nothing)?;
        let code = Rc::new(Code::compile(source, options)?);
        if self.order.len() == CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.codes.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.codes.insert(key.clone(), Rc::clone(&code));
        Ok(code)
    }

    /// Lets go of the subject.
    pub fn forget_subject(&mut self) {
        self.subject = None;
    }
}
