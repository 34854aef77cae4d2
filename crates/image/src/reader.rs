//! Opening and checking an image.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use brood_abi::layout::{
    MEMORY_BASE, MEMORY_MAX, PAGE_SIZE, STACK_BASE, STACK_TOP, is_page_aligned,
};
use zerocopy::{FromBytes, Immutable};

use crate::format::{
    CHECKSUM_RANGE, FILE_MAX, FORMAT_VERSION, Header, MAGIC, Section, SegmentRecord, TABLE_MAX,
    TEXT_MAX,
};
use crate::{AddressSpace, Error, Mapping, Metadata, Protection, Region, Symbols};

/// An open image. Cloning is cheap; the file stays open as long as a clone lives.
#[derive(Clone, Debug)]
pub struct Image {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: File,
    header: Header,
    space: AddressSpace,
    regions: Vec<Region>,
    /// Read when somebody asks: a crash report does, and they are most of what an open image holds.
    symbols: OnceLock<Symbols>,
    metadata: Metadata,
}

impl Image {
    /// Opens the image at `path` and checks all of it: versions, length, checksum, tables. The
    /// file must not be changed in place afterwards (brood itself never does: it renames).
    pub fn open(path: &Path) -> Result<Image, Error> {
        Image::read(path, open(path)?, true)
    }

    /// As [`Image::open`], but for the checksum: for a file whose contents were checked before and
    /// that was not changed since, by the caller's word. This reads a few pages instead of all.
    pub fn open_known(path: &Path) -> Result<Image, Error> {
        Image::read(path, open(path)?, false)
    }

    /// As [`Image::open_known`], of a file that somebody opened: for a process that can't. `path` is
    /// what messages call it. Others may read the same open file: its position is left alone.
    pub fn of_known_file(path: &Path, file: File) -> Result<Image, Error> {
        Image::read(path, file, false)
    }

    fn read(path: &Path, file: File, wholly: bool) -> Result<Image, Error> {
        let io = |action| {
            move |source| Error::Io {
                path: path.to_owned(),
                action,
                source,
            }
        };
        let actual = file.metadata().map_err(io("examine"))?.len();
        let mut head = [0; size_of::<Header>()];
        if actual < MAGIC.len() as u64 {
            return Err(Error::NotAnImage(path.to_owned()));
        }
        let available = head
            .len()
            .min(usize::try_from(actual).unwrap_or(usize::MAX));
        file.read_exact_at(&mut head[..available], 0)
            .map_err(io("read"))?;
        let header =
            Header::read_from_bytes(&head).map_err(|_| Error::NotAnImage(path.to_owned()))?;
        check_versions(path, &header, actual)?;
        if wholly && hash(&file, &head).map_err(io("read"))? != header.checksum {
            return Err(Error::Checksum(path.to_owned()));
        }
        let malformed = |what: String| Error::Malformed {
            path: path.to_owned(),
            what,
        };
        let section = |section: Section, cap: u64, what: &str| {
            read_section(&file, section, cap, actual)
                .map_err(|reason| malformed(format!("{what}: {reason}")))
        };
        let segments = section(header.segments, TABLE_MAX, "segments")?;
        let regions = section(header.regions, TABLE_MAX, "regions")?;
        let metadata = section(header.metadata, TEXT_MAX, "metadata")?;

        let space = parse_space(&segments, header.package_length).map_err(malformed)?;
        let regions = parse_regions(&regions, &header).map_err(malformed)?;
        if header.memory_kept_end < space.heap_start() {
            return Err(malformed("memory kept only below the heap".to_owned()));
        }
        if !(STACK_BASE..=STACK_TOP).contains(&header.stack_pointer)
            || header.stack_pointer % 8 != 0
        {
            return Err(malformed(format!(
                "stack pointer {:#x}",
                header.stack_pointer
            )));
        }
        if wholly {
            let symbols = section(header.symbols, TEXT_MAX, "symbols")?;
            Symbols::decode(&symbols).ok_or_else(|| malformed("symbols".to_owned()))?;
        }
        let metadata = serde_json::from_slice(&metadata)
            .map_err(|error| malformed(format!("metadata: {error}")))?;
        Ok(Image {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                file,
                header,
                space,
                regions,
                symbols: OnceLock::new(),
                metadata,
            }),
        })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The open file, to be mapped privately.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.inner.file.as_fd()
    }

    /// The description for people.
    pub fn metadata(&self) -> &Metadata {
        &self.inner.metadata
    }

    /// BLAKE3 of the contents: the image's identity.
    pub fn checksum(&self) -> &[u8; 32] {
        &self.inner.header.checksum
    }

    /// Version of the contract it was built for.
    pub fn abi_version(&self) -> u32 {
        self.inner.header.abi_version
    }

    /// Room that the file takes on its disk, in bytes: its holes take none.
    pub fn file_bytes(&self) -> u64 {
        let metadata = self.inner.file.metadata();
        metadata.map_or(self.inner.header.file_length, |file| file.blocks() * 512)
    }

    /// Bytes of guest memory whose contents are in the file.
    pub fn memory_kept(&self) -> u64 {
        self.inner.regions.iter().map(|region| region.length).sum()
    }

    /// End of the memory that must exist in every clone.
    pub fn memory_kept_end(&self) -> u64 {
        self.inner.header.memory_kept_end
    }

    /// The stack pointer to resume with.
    pub fn stack_pointer(&self) -> u64 {
        self.inner.header.stack_pointer
    }

    /// The address space.
    pub fn space(&self) -> &AddressSpace {
        &self.inner.space
    }

    /// The runs of memory in the file, in order of address, without overlap.
    pub fn regions(&self) -> &[Region] {
        &self.inner.regions
    }

    /// The program's functions; none if the file can't be read any more.
    pub fn symbols(&self) -> &Symbols {
        let Inner {
            file,
            header,
            symbols,
            ..
        } = &*self.inner;
        symbols.get_or_init(|| {
            read_section(file, header.symbols, TEXT_MAX, header.file_length)
                .ok()
                .and_then(|bytes| Symbols::decode(&bytes))
                .unwrap_or_default()
        })
    }
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        action: "open",
        source,
    })
}

fn check_versions(path: &Path, header: &Header, actual: u64) -> Result<(), Error> {
    let path = || path.to_owned();
    if header.magic != MAGIC {
        return Err(Error::NotAnImage(path()));
    }
    if actual >= 16 && header.format_version != FORMAT_VERSION {
        return Err(Error::FormatVersion {
            path: path(),
            found: header.format_version,
            expected: FORMAT_VERSION,
        });
    }
    if actual >= 16 && header.abi_version != brood_abi::VERSION {
        return Err(Error::AbiVersion {
            path: path(),
            found: header.abi_version,
            expected: brood_abi::VERSION,
        });
    }
    if actual < PAGE_SIZE || header.file_length != actual {
        return Err(Error::Truncated {
            path: path(),
            expected: header.file_length.max(PAGE_SIZE),
            actual,
        });
    }
    if actual > FILE_MAX {
        return Err(Error::Malformed {
            path: path(),
            what: format!("{actual} bytes is more than an image may have"),
        });
    }
    Ok(())
}

/// BLAKE3 of the file with the checksum field zero; `head` is the header as read.
fn hash(file: &File, head: &[u8]) -> std::io::Result<[u8; 32]> {
    let mut head = head.to_vec();
    head[CHECKSUM_RANGE].fill(0);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head);
    let mut offset = head.len() as u64;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read_at(&mut buffer, offset) {
            Ok(0) => return Ok(*hasher.finalize().as_bytes()),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                offset += length as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn read_section(
    file: &File,
    section: Section,
    cap: u64,
    file_length: u64,
) -> Result<Vec<u8>, String> {
    let end = section.offset.checked_add(section.length);
    if section.length > cap || end.is_none_or(|end| end > file_length) {
        return Err(format!("{} bytes at {}", section.length, section.offset));
    }
    let mut bytes = vec![0; section.length as usize];
    file.read_exact_at(&mut bytes, section.offset)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn records<T: FromBytes + Immutable + Copy>(bytes: &[u8], what: &str) -> Result<Vec<T>, String> {
    let chunks = bytes.chunks_exact(size_of::<T>());
    if !chunks.remainder().is_empty() {
        return Err(format!("{what}: {} bytes", bytes.len()));
    }
    chunks
        .map(|chunk| T::read_from_bytes(chunk).map_err(|_| format!("{what}: a short record")))
        .collect()
}

fn parse_space(bytes: &[u8], package_length: u64) -> Result<AddressSpace, String> {
    let segments = records::<SegmentRecord>(bytes, "segments")?
        .into_iter()
        .map(|record| {
            let (protection, ..) = Protection::TABLE
                .into_iter()
                .find(|entry| entry.1 == record.protection)
                .ok_or_else(|| format!("protection {:#x}", record.protection))?;
            Ok(Mapping {
                address: record.address,
                length: record.length,
                protection,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    AddressSpace::new(segments, package_length).map_err(|error| error.to_string())
}

fn parse_regions(bytes: &[u8], header: &Header) -> Result<Vec<Region>, String> {
    let kept_end = header.memory_kept_end;
    if !is_page_aligned(kept_end) || !(STACK_TOP..=MEMORY_BASE + MEMORY_MAX).contains(&kept_end) {
        return Err(format!("memory kept up to {kept_end:#x}"));
    }
    let regions: Vec<Region> = records(bytes, "regions")?;
    let mut free = STACK_BASE;
    for region in &regions {
        let fields = [region.address, region.length, region.file_offset];
        let end = region.address.checked_add(region.length);
        let file_end = region.file_offset.checked_add(region.length);
        if region.length == 0
            || !fields.into_iter().all(is_page_aligned)
            || region.address < free
            || end.is_none_or(|end| end > kept_end)
            || region.file_offset < PAGE_SIZE
            || file_end.is_none_or(|end| end > header.file_length)
        {
            return Err(format!("the region at {:#x}", region.address));
        }
        free = region.address + region.length;
    }
    Ok(regions)
}
