//! Writing an image.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use brood_abi::layout::{MEMORY_BASE, PAGE_SIZE, STACK_BASE, page_up};
use zerocopy::IntoBytes;

use crate::format::{FORMAT_VERSION, Header, MAGIC, Region, Section, SegmentRecord};
use crate::{Error, Frozen, Metadata};

/// This many zero pages in a row end a region (each region is one `mmap` per launch). Fewer are a hole in
/// the file instead: they take no room on the disk.
const GAP_PAGES: usize = 1024;
/// The shortest hole, in pages.
const HOLE_PAGES: usize = 16;

const PAGE: usize = PAGE_SIZE as usize;

/// Writes `frozen` to `path`, replacing what is there in one step. Returns the file's length.
pub fn write(path: &Path, frozen: &Frozen, metadata: &Metadata) -> Result<u64, Error> {
    let io = |action| {
        move |source| Error::Io {
            path: path.to_owned(),
            action,
            source,
        }
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".brood-image-")
        .tempfile_in(directory)
        .map_err(io("create a file beside it"))?;

    let (head, regions) = lay_out(frozen, metadata).map_err(|what| Error::Malformed {
        path: path.to_owned(),
        what: what.to_owned(),
    })?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head);
    for region in &regions {
        hasher.update(&contents(frozen, region));
    }
    let mut head = head;
    head[crate::format::CHECKSUM_RANGE].copy_from_slice(hasher.finalize().as_bytes());

    let target = file.as_file_mut();
    let mut put = || -> io::Result<u64> {
        target.write_all(&head)?;
        for region in &regions {
            write_sparsely(target, &contents(frozen, region))?;
        }
        // The last pages of the last region may be a hole.
        let length = target.stream_position()?;
        target.set_len(length)?;
        target.sync_all()?;
        Ok(length)
    };
    let length = put().map_err(io("write"))?;
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(file.path(), readable).map_err(io("set the permissions of"))?;
    file.persist(path)
        .map_err(|error| io("replace")(error.error))?;
    Ok(length)
}

/// The file up to the first region (with a zero checksum), and the regions.
fn lay_out(frozen: &Frozen, metadata: &Metadata) -> Result<(Vec<u8>, Vec<Region>), &'static str> {
    let segments: Vec<SegmentRecord> = frozen
        .space
        .segments()
        .iter()
        .map(|segment| SegmentRecord {
            address: segment.address,
            length: segment.length,
            protection: crate::Protection::TABLE[segment.protection as usize].1,
        })
        .collect();
    let mut regions = regions(frozen);
    let symbols = frozen.symbols.encode();
    let metadata = serde_json::to_vec(metadata).map_err(|_| "the metadata cannot be encoded")?;

    let mut head = vec![0; PAGE];
    let mut section = |bytes: &[u8]| {
        let offset = head.len() as u64;
        head.extend(bytes);
        head.resize(head.len().next_multiple_of(8), 0);
        Section {
            offset,
            length: bytes.len() as u64,
        }
    };
    let segments = section(segments.as_bytes());
    let region_table = section(regions.as_bytes());
    let symbols = section(&symbols);
    let metadata = section(&metadata);
    head.resize(head.len().next_multiple_of(PAGE), 0);

    let mut offset = head.len() as u64;
    for region in &mut regions {
        region.file_offset = offset;
        offset += region.length;
    }
    let table = region_table.offset as usize;
    head[table..table + region_table.length as usize].copy_from_slice(regions.as_bytes());
    let header = Header {
        magic: MAGIC,
        format_version: FORMAT_VERSION,
        abi_version: brood_abi::VERSION,
        file_length: offset,
        checksum: [0; 32],
        stack_pointer: frozen.stack_pointer,
        package_length: frozen.space.package().length,
        memory_kept_end: page_up(MEMORY_BASE + frozen.memory.len() as u64)
            .ok_or("the memory is too large")?,
        segments,
        regions: region_table,
        symbols,
        metadata,
    };
    head[..size_of::<Header>()].copy_from_slice(header.as_bytes());
    Ok((head, regions))
}

/// The runs of memory worth keeping: not the pages that the monitor writes for each instance, not
/// the stack's dead part, not the package, which nobody reads any more, not long runs of zeros.
fn regions(frozen: &Frozen) -> Vec<Region> {
    let (pages, _) = frozen.memory.as_chunks::<PAGE>();
    let live_stack = frozen.stack_pointer.saturating_sub(128) / PAGE_SIZE * PAGE_SIZE;
    let first = (live_stack.max(STACK_BASE) - MEMORY_BASE) / PAGE_SIZE;
    let package = frozen.space.package();
    let package = package.address..package.end();
    let mut regions: Vec<Region> = Vec::new();
    for (index, _) in pages
        .iter()
        .enumerate()
        .skip(first as usize)
        .filter(|(_, page)| page.iter().any(|&byte| byte != 0))
    {
        let address = MEMORY_BASE + index as u64 * PAGE_SIZE;
        if package.contains(&address) {
            continue;
        }
        match regions.last_mut() {
            Some(last) if address - (last.address + last.length) < GAP_PAGES as u64 * PAGE_SIZE => {
                last.length = address + PAGE_SIZE - last.address;
            }
            _ => regions.push(Region {
                address,
                length: PAGE_SIZE,
                file_offset: 0,
            }),
        }
    }
    regions
}

/// Writes whole pages at the file's position, leaving holes where there are zeros only.
fn write_sparsely(file: &mut fs::File, bytes: &[u8]) -> io::Result<()> {
    for piece in bytes.chunks(HOLE_PAGES * PAGE) {
        if piece.iter().all(|&byte| byte == 0) {
            file.seek(SeekFrom::Current(piece.len() as i64))?;
        } else {
            file.write_all(piece)?;
        }
    }
    Ok(())
}

/// What a region is in the file: zeros in the place of the package.
fn contents<'a>(frozen: &'a Frozen, region: &Region) -> Cow<'a, [u8]> {
    let start = (region.address - MEMORY_BASE) as usize;
    let memory = &frozen.memory[start..start + region.length as usize];
    let package = frozen.space.package();
    let within = |address: u64| {
        let offset = address.saturating_sub(region.address);
        offset.min(region.length) as usize
    };
    let package = within(package.address)..within(page_up(package.end()).unwrap_or(u64::MAX));
    if package.is_empty() {
        return Cow::Borrowed(memory);
    }
    let mut memory = memory.to_vec();
    memory[package].fill(0);
    Cow::Owned(memory)
}
