//! The container: an IFF form of chunks, maybe compressed with gzip as a whole.

use alloc::vec::Vec;
use core::fmt;

use miniz_oxide::inflate;

use crate::error::{ContainerError, Error, ReadError};
use crate::reader::Reader;

/// The most that a compressed file, or compressed literals, may inflate to, in bytes: 64 MiB.
pub const MAX_INFLATED: usize = 64 << 20;

/// The name of a chunk, four ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(pub [u8; 4]);

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Generates [`ChunkId`] constants, the list of all of them, and [`Chunks`] with a field for each.
macro_rules! chunks {
    ($($(#[$doc:meta])* $constant:ident $field:ident $name:literal,)*) => {
        impl ChunkId {
            $($(#[$doc])* pub const $constant: ChunkId = ChunkId(*$name);)*
        }

        /// The contents of the chunks that count. Others (`Dbgi`, `Docs`, …) are passed over.
        #[derive(Default)]
        pub(crate) struct Chunks<'a> {
            $(pub(crate) $field: Option<&'a [u8]>,)*
        }

        impl<'a> Chunks<'a> {
            fn slot(&mut self, id: ChunkId) -> Option<&mut Option<&'a [u8]>> {
                match id {
                    $(ChunkId::$constant => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

chunks! {
    /// Atoms, in UTF-8.
    ATOMS atoms b"AtU8",
    /// The code.
    CODE code b"Code",
    /// Bytes that code refers to.
    STRINGS strings b"StrT",
    /// Imported functions.
    IMPORTS imports b"ImpT",
    /// Exported functions.
    EXPORTS exports b"ExpT",
    /// The other functions.
    LOCALS locals b"LocT",
    /// Functions that funs are made of.
    LAMBDAS lambdas b"FunT",
    /// Literal terms.
    LITERALS literals b"LitT",
    /// Source positions.
    LINES lines b"Line",
    /// What the compiler knows about types.
    TYPES types b"Type",
    /// Attributes, a term.
    ATTRIBUTES attributes b"Attr",
    /// Compile information, a term.
    COMPILE_INFO compile_info b"CInf",
    /// Enabled language features, a term.
    META meta b"Meta",
    /// Definitions of native records (OTP 29).
    RECORDS records b"Recs",
    /// Debug information for `debug_line` (OTP 28).
    DEBUG debug b"DbgB",
}

impl<'a> Chunks<'a> {
    /// Finds the chunks of an uncompressed file.
    pub(crate) fn find(file: &'a [u8]) -> Result<Chunks<'a>, Error> {
        let mut reader = Reader::new(file);
        let mut chunks = Chunks::default();
        let form =
            read_form(&mut reader).map_err(|problem| Error::Container { offset: 0, problem })?;
        // The form's contents begin after "FOR1" and the size.
        let mut reader = Reader::new(form);
        let base = 8;
        let container = |offset: usize, problem| Error::Container {
            offset: base + offset,
            problem,
        };
        if reader.take(4).map_err(|error| container(0, error.into()))? != b"BEAM" {
            return Err(container(0, ContainerError::NotBeam));
        }
        while !reader.is_empty() {
            let offset = reader.position();
            let (id, contents) =
                read_chunk(&mut reader).map_err(|error| container(offset, error.into()))?;
            if let Some(slot) = chunks.slot(id)
                && slot.replace(contents).is_some()
            {
                return Err(container(offset, ContainerError::DuplicateChunk(id)));
            }
        }
        Ok(chunks)
    }
}

/// What follows the form is ignored, as OTP does.
fn read_form<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], ContainerError> {
    if reader.take(4).ok() != Some(b"FOR1") {
        return Err(ContainerError::NotBeam);
    }
    let size = reader.count(1)?;
    Ok(reader.take(size)?)
}

/// Chunks are padded to a multiple of four bytes.
fn read_chunk<'a>(reader: &mut Reader<'a>) -> Result<(ChunkId, &'a [u8]), ReadError> {
    let mut id = [0; 4];
    id.copy_from_slice(reader.take(4)?);
    let size = reader.count(1)?;
    let contents = reader.take(size)?;
    reader.take(size.next_multiple_of(4) - size)?;
    Ok((ChunkId(id), contents))
}

/// Whether a file is compressed as a whole (the compiler's option `compressed`).
pub(crate) fn is_gzip(file: &[u8]) -> bool {
    file.starts_with(&[0x1f, 0x8b])
}

/// Inflates a gzip file of one member (RFC 1952), with its checksum checked.
pub(crate) fn gunzip(file: &[u8]) -> Result<Vec<u8>, Error> {
    const METHOD_DEFLATE: u8 = 8;
    const HEADER_CRC: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    const RESERVED: u8 = 0b1110_0000;

    let mut reader = Reader::new(file);
    let mut inflated = || -> Result<Vec<u8>, ContainerError> {
        reader.take(2)?;
        let method = reader.u8()?;
        let flags = reader.u8()?;
        if method != METHOD_DEFLATE || flags & RESERVED != 0 {
            return Err(ContainerError::GzipHeader);
        }
        // Modification time, extra flags, operating system.
        reader.take(4 + 1 + 1)?;
        if flags & EXTRA != 0 {
            let low = usize::from(reader.u8()?);
            let high = usize::from(reader.u8()?);
            reader.take(high << 8 | low)?;
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && reader.u8()? != 0 {}
        }
        if flags & HEADER_CRC != 0 {
            reader.take(2)?;
        }
        let trailer = 8;
        let length = reader
            .remaining()
            .checked_sub(trailer)
            .ok_or(ReadError::Truncated {
                needed: trailer,
                left: reader.remaining(),
            })?;
        let inflated = inflate::decompress_to_vec_with_limit(reader.take(length)?, MAX_INFLATED)
            .map_err(|_| ContainerError::Inflate)?;
        let checksum = reader.u32()?.swap_bytes();
        let size = reader.u32()?.swap_bytes();
        if crc32fast::hash(&inflated) != checksum || inflated.len() as u32 != size {
            return Err(ContainerError::Checksum);
        }
        Ok(inflated)
    };
    inflated().map_err(|problem| Error::Container { offset: 0, problem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use alloc::vec;

    fn problem(file: &[u8]) -> (usize, ContainerError) {
        match Chunks::find(file) {
            Err(Error::Container { offset, problem }) => (offset, problem),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("accepted"),
        }
    }

    #[test]
    fn finds_chunks_and_passes_over_others() {
        let file = testing::container(&[
            (*b"StrT", vec![1, 2, 3]),
            (*b"Dbgi", vec![9]),
            (*b"Meta", vec![]),
        ]);
        let chunks = Chunks::find(&file).unwrap();
        assert_eq!(chunks.strings, Some(&[1, 2, 3][..]));
        assert_eq!(chunks.meta, Some(&[][..]));
        assert_eq!(chunks.code, None);
    }

    #[test]
    fn refuses_what_is_no_container() {
        assert_eq!(problem(b""), (0, ContainerError::NotBeam));
        assert_eq!(
            problem(b"#!/usr/bin/env escript"),
            (0, ContainerError::NotBeam)
        );
        assert_eq!(problem(b"FOR1\0\0\0\x04AIFF"), (8, ContainerError::NotBeam));
        let short = ReadError::Count { count: 5, left: 4 };
        assert_eq!(problem(b"FOR1\0\0\0\x05BEAM"), (0, short.into()));
    }

    #[test]
    fn refuses_truncated_and_doubled_chunks() {
        let unpadded = b"FOR1\0\0\0\x0eBEAMStrT\0\0\0\x02ab";
        let padding = ReadError::Truncated { needed: 2, left: 0 };
        assert_eq!(problem(unpadded), (12, padding.into()));
        let twice = testing::container(&[(*b"StrT", vec![]), (*b"StrT", vec![])]);
        assert_eq!(
            problem(&twice),
            (20, ContainerError::DuplicateChunk(ChunkId::STRINGS))
        );
    }

    #[test]
    fn gzip_with_and_without_header_fields() {
        let contents = b"brood brood brood brood";
        let mut body = miniz_oxide::deflate::compress_to_vec(contents, 6);
        body.extend(crc32fast::hash(contents).to_le_bytes());
        body.extend((contents.len() as u32).to_le_bytes());
        let plain = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &body].concat();
        assert_eq!(gunzip(&plain).unwrap(), contents);
        let fields = [
            &[0x1f, 0x8b, 8, 0b1_1110, 0, 0, 0, 0, 0, 3][..],
            b"\x02\0xxname\0comment\0cc",
            &body,
        ]
        .concat();
        assert_eq!(gunzip(&fields).unwrap(), contents);

        let last = plain.len() - 1;
        let mut other_size = plain.clone();
        other_size[last] ^= 1;
        let problems = [
            (&other_size[..], ContainerError::Checksum),
            (&plain[..last], ContainerError::Inflate),
            (
                &plain[..12],
                ReadError::Truncated { needed: 8, left: 2 }.into(),
            ),
            (
                &[0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3],
                ContainerError::GzipHeader,
            ),
        ];
        for (file, problem) in problems {
            assert_eq!(gunzip(file), Err(Error::Container { offset: 0, problem }));
        }
    }

    #[test]
    fn a_gzip_bomb_is_refused() {
        let zeros = vec![0; MAX_INFLATED + 1];
        let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        bomb.extend(miniz_oxide::deflate::compress_to_vec(&zeros, 1));
        bomb.extend([0; 8]);
        assert_eq!(
            gunzip(&bomb),
            Err(Error::Container {
                offset: 0,
                problem: ContainerError::Inflate
            })
        );
    }
}
