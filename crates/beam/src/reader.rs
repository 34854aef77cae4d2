//! A cursor over untrusted bytes, big-endian as everything in a `.beam` file.

use crate::error::ReadError;

#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        let left = &self.bytes[self.position..];
        let taken = left.get(..length).ok_or(ReadError::Truncated {
            needed: length,
            left: left.len(),
        })?;
        self.position += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ReadError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ReadError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ReadError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, ReadError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// Reads a count of things that take at least `least_size` bytes each, and refuses one that the bytes left can't
    /// hold, so that it may be allocated for.
    pub(crate) fn count(&mut self, least_size: usize) -> Result<usize, ReadError> {
        let count = self.u32()?;
        self.backed(u64::from(count), least_size)
    }

    /// As [`count`](Self::count), for a count that was read already.
    pub(crate) fn backed(&self, count: u64, least_size: usize) -> Result<usize, ReadError> {
        let left = self.remaining();
        match usize::try_from(count) {
            Ok(count) if count <= left / least_size => Ok(count),
            _ => Err(ReadError::Count { count, left }),
        }
    }
}
