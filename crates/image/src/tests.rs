//! Round trips, refusals and mutations of whole files.

#[path = "../fuzz/fuzz_targets/any_file.rs"]
mod any_file;
#[path = "../../../tests/support/random.rs"]
mod random;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use arbitrary::{Arbitrary, Unstructured};
use brood_abi::layout::{MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE, STACK_TOP};

use super::*;
use crate::format::{CHECKSUM_RANGE, Header};
use any_file::{Damage, frozen, metadata};
use random::{Random, rounds};

fn written(directory: &Path) -> PathBuf {
    let path = directory.join("app.brood");
    let length = write(&path, &frozen(), &metadata()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), length);
    path
}

#[test]
fn what_is_written_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let image = Image::open(&written(directory.path())).unwrap();
    let frozen = frozen();
    assert_eq!(image.space(), &frozen.space);
    assert_eq!(image.stack_pointer(), frozen.stack_pointer);
    assert_eq!(image.symbols(), &frozen.symbols);
    assert_eq!(image.metadata(), &metadata());
    assert_eq!(image.abi_version(), brood_abi::VERSION);

    let file = fs::read(image.path()).unwrap();
    let mut memory = vec![0; frozen.memory.len()];
    for region in image.regions() {
        let (from, to) = (
            region.file_offset as usize,
            (region.address - MEMORY_BASE) as usize,
        );
        let length = region.length as usize;
        memory[to..to + length].copy_from_slice(&file[from..from + length]);
    }
    let mut expected = frozen.memory;
    expected[..PAGE_SIZE as usize].fill(0);
    assert!(memory == expected);
    assert_eq!(
        image.regions().len(),
        2,
        "the long run of zeros is left out"
    );
    let room = fs::metadata(image.path()).unwrap().blocks() * 512;
    assert_eq!(image.file_bytes(), room);
    assert!(
        room < 150 * PAGE_SIZE,
        "the short run of zeros is a hole: {room} bytes"
    );
}

#[test]
fn the_package_is_not_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut frozen = frozen();
    let package = frozen.space.package();
    let start = (package.address - MEMORY_BASE) as usize;
    frozen.memory[start - 1] = 1;
    frozen.memory[start..][..package.length as usize].fill(0x55);
    let path = directory.path().join("app.brood");
    write(&path, &frozen, &metadata()).unwrap();
    let image = Image::open(&path).unwrap();
    let region = image.regions()[0];
    let end = region.address + region.length;
    assert!(
        (region.address..end).contains(&package.address),
        "they lie around it"
    );
    let file = fs::read(&path).unwrap();
    assert!(!file.windows(8).any(|bytes| bytes == [0x55; 8]));
}

#[test]
fn writing_replaces_in_one_step_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path());
    let open = Image::open(&path).unwrap();
    written(directory.path());
    assert_eq!(open.checksum(), Image::open(&path).unwrap().checksum());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    let missing = directory.path().join("no/such/app.brood");
    assert!(matches!(
        write(&missing, &frozen(), &metadata()),
        Err(Error::Io { .. })
    ));
}

/// Opens the image after `change`, with the checksum made right again when `sealed`.
fn changed(sealed: bool, change: impl FnOnce(&mut Vec<u8>)) -> Result<Image, Error> {
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path());
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    if sealed {
        bytes[CHECKSUM_RANGE].fill(0);
        let checksum = *blake3::hash(&bytes).as_bytes();
        bytes[CHECKSUM_RANGE].copy_from_slice(&checksum);
    }
    fs::write(&path, bytes).unwrap();
    Image::open(&path)
}

fn patched(offset: usize, value: u64) -> Result<Image, Error> {
    changed(true, |bytes| {
        bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes())
    })
}

#[test]
fn strangers_and_other_versions_are_refused() {
    assert!(matches!(
        changed(false, |b| b.clear()),
        Err(Error::NotAnImage(_))
    ));
    assert!(matches!(
        changed(false, |b| b[0] = 0x7f),
        Err(Error::NotAnImage(_))
    ));
    assert!(matches!(
        changed(true, |b| b[8] = 99),
        Err(Error::FormatVersion { found: 99, .. })
    ));
    let error = changed(true, |b| b[12] = 77).unwrap_err();
    assert!(matches!(error, Error::AbiVersion { found: 77, .. }));
    assert!(
        error.to_string().contains("contract (ABI) version 77"),
        "{error}"
    );
}

#[test]
fn an_open_file_may_be_read_by_many_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path());
    let file = std::fs::File::open(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            // The same open file, with one position for all.
            let file = file.try_clone().unwrap();
            let path = &path;
            scope.spawn(move || {
                for _ in 0..300 {
                    Image::of_known_file(path, file.try_clone().unwrap()).unwrap();
                }
            });
        }
    });
}

#[test]
fn truncation_and_corruption_are_refused() {
    for length in [8, 12, 16, 100, 4095, 4096, 10_000] {
        let error = changed(false, |b| b.truncate(length)).unwrap_err();
        assert!(
            matches!(error, Error::Truncated { .. }),
            "{length}: {error}"
        );
    }
    assert!(matches!(
        changed(false, |b| b.push(0)),
        Err(Error::Truncated { .. })
    ));
    for offset in [60, 4096, 9000] {
        assert!(matches!(
            changed(false, |b| b[offset] ^= 1),
            Err(Error::Checksum(_))
        ));
    }
}

#[test]
fn contradictory_tables_are_refused_even_with_a_good_checksum() {
    use std::mem::offset_of;
    let malformed = |result: Result<Image, Error>| matches!(result, Err(Error::Malformed { .. }));
    assert!(changed(true, |_| ()).is_ok());
    for (offset, value) in [
        (offset_of!(Header, stack_pointer), 0),
        (offset_of!(Header, stack_pointer), STACK_TOP + 8),
        (offset_of!(Header, package_length), u64::MAX),
        (offset_of!(Header, memory_kept_end), u64::MAX),
        (offset_of!(Header, memory_kept_end), PROGRAM_BASE),
        (offset_of!(Header, segments), u64::MAX),
        (offset_of!(Header, regions) + 8, 1 << 40),
        (offset_of!(Header, symbols) + 8, 3),
        (offset_of!(Header, metadata) + 8, 1),
    ] {
        assert!(malformed(patched(offset, value)), "{offset} = {value:#x}");
    }
    let header_section = |bytes: &[u8], field: usize| {
        u64::from_le_bytes(bytes[field..field + 8].try_into().unwrap()) as usize
    };
    // Each field of the second region and of the second segment, set to nonsense.
    for (field, record) in [
        (offset_of!(Header, regions), 24),
        (offset_of!(Header, segments), 24),
    ] {
        for word in 0..3 {
            for value in [1, PAGE_SIZE, u64::MAX - PAGE_SIZE + 1] {
                let result = changed(true, |bytes| {
                    let at = header_section(bytes, field) + record + word * 8;
                    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
                });
                // One page is a fair length, and a fair place in the file; 1 means "read".
                let fair =
                    value == PAGE_SIZE && word > 0 || value == 1 && record == 24 && word == 2;
                assert!(malformed(result) || fair, "{field} {word} {value:#x}");
            }
        }
    }
}

/// What the fuzzer does without end: no damage may make the reader panic, or believe in more memory than there is file.
#[test]
fn damage_never_panics() {
    let directory = tempfile::tempdir().unwrap();
    let good = any_file::good_file(directory.path());
    let mut random = Random::new(1);
    let all = rounds(300);
    let mut opened = 0;
    for _ in 0..all {
        let bytes: Vec<u8> = (0..random.below(60))
            .map(|_| random.below(256) as u8)
            .collect();
        let damage = Damage::arbitrary_take_rest(Unstructured::new(&bytes)).unwrap();
        opened += u32::from(any_file::run(&damage.done_to(&good)));
    }
    // Some of it does no harm, some does.
    assert!(
        (all / 20..all - all / 20).contains(&opened),
        "{opened} of {all}"
    );
}
