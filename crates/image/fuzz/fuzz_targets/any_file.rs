//! One try: opening bytes as an image ends with an error, or with an image whose tables hold what they promise.
//! The checksum is put right first: it keeps accidents out, not attackers.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use arbitrary::Arbitrary;
use brood_abi::layout::{MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE, STACK_TOP};

use crate::{AddressSpace, Frozen, Image, Mapping, Metadata, Module, Protection, Symbols};

/// Where the header has the file's length, and the checksum.
const LENGTH: Range<usize> = 16..24;
const CHECKSUM: Range<usize> = 24..56;
/// What is before them says that it is an image, of this version: another is refused at once.
const KIND: Range<usize> = 0..16;
/// No image is shorter than its header's page.
const PAGE: usize = PAGE_SIZE as usize;

/// A small instance that was frozen.
pub fn frozen() -> Frozen {
    let program = (PROGRAM_BASE - MEMORY_BASE) as usize;
    let mut memory = vec![0; program + 1300 * PAGE];
    memory[..PAGE].fill(0xaa); // the hypercall page: not kept
    memory[(STACK_TOP - MEMORY_BASE) as usize - 8] = 1;
    memory[program..program + PAGE].fill(0x90);
    memory[program + 150 * PAGE] = 7;
    memory[program + 1299 * PAGE] = 8;
    let segment = |page: u64, pages: u64, protection| Mapping {
        address: PROGRAM_BASE + page * PAGE_SIZE,
        length: pages * PAGE_SIZE,
        protection,
    };
    let segments = vec![
        segment(0, 1, Protection::ReadExecute),
        segment(1, 1, Protection::ReadWrite),
    ];
    Frozen {
        space: AddressSpace::new(segments, 100).expect("an address space"),
        stack_pointer: STACK_TOP - 64,
        memory,
        symbols: Symbols::new([(PROGRAM_BASE, 16, "main")]),
    }
}

/// What it says about itself.
pub fn metadata() -> Metadata {
    Metadata {
        name: "zerg".to_owned(),
        modules: vec![Module {
            name: "lists".to_owned(),
            bytes: 12,
            source: "otp/stdlib".to_owned(),
        }],
        ..Metadata::default()
    }
}

/// The file of that image.
pub fn good_file(directory: &Path) -> Vec<u8> {
    let path = directory.join("good.brood");
    crate::write(&path, &frozen(), &metadata()).expect("room for it");
    std::fs::read(path).expect("it is there")
}

/// How a good file is made a bad one.
#[derive(Arbitrary, Debug)]
pub struct Damage {
    changes: Vec<Change>,
    /// How much of the end is missing.
    truncated: Option<u16>,
}

#[derive(Arbitrary, Debug)]
enum Change {
    /// A word of the header.
    Header { word: u8, number: Number },
    /// A word of what a word of the header says where it is: of one of the tables.
    Table {
        header_word: u8,
        word: u8,
        number: Number,
    },
    /// A byte anywhere.
    Byte { offset: u16, byte: u8 },
}

/// A number as somebody might choose it who knows what it means.
#[derive(Arbitrary, Debug)]
enum Number {
    Pages(i8),
    Near(u8),
    FromProgram(i16),
    FromBelow(i16),
    Half,
    Any(u64),
}

impl Number {
    fn value(&self) -> u64 {
        match *self {
            Number::Pages(pages) => (i64::from(pages) * PAGE as i64) as u64,
            Number::Near(number) => number.into(),
            Number::FromProgram(pages) => {
                PROGRAM_BASE.wrapping_add_signed(i64::from(pages) * PAGE as i64)
            }
            Number::FromBelow(bytes) => MEMORY_BASE.wrapping_add_signed(bytes.into()),
            Number::Half => 1 << 63,
            Number::Any(number) => number,
        }
    }
}

impl Damage {
    /// The file with the damage done.
    pub fn done_to(&self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for change in &self.changes {
            match change {
                Change::Header { word, number } => put(&mut bytes, header(*word), number),
                Change::Table {
                    header_word,
                    word,
                    number,
                } => {
                    let at = header(*header_word);
                    let table = good[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
                    let at = usize::try_from(table).unwrap_or(usize::MAX);
                    put(
                        &mut bytes,
                        at.saturating_add(8 * usize::from(*word)),
                        number,
                    );
                }
                Change::Byte { offset, byte } => {
                    let at = usize::from(*offset) % bytes.len();
                    bytes[at] = *byte;
                }
            }
        }
        bytes[KIND].copy_from_slice(&good[KIND]);
        let missing = usize::from(self.truncated.unwrap_or(0));
        bytes.truncate(bytes.len().saturating_sub(missing));
        bytes
    }
}

/// Offset of a word of the header.
fn header(word: u8) -> usize {
    8 * usize::from(word % 32)
}

fn put(bytes: &mut [u8], at: usize, number: &Number) {
    if let Some(word) = at.checked_add(8).and_then(|end| bytes.get_mut(at..end)) {
        word.copy_from_slice(&number.value().to_le_bytes());
    }
}

/// Opens it. Says whether it was an image.
pub fn run(bytes: &[u8]) -> bool {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().max(PAGE), 0);
    let length = bytes.len() as u64;
    bytes[LENGTH].copy_from_slice(&length.to_le_bytes());
    bytes[CHECKSUM].fill(0);
    let checksum = blake3::hash(&bytes);
    bytes[CHECKSUM].copy_from_slice(checksum.as_bytes());
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(&bytes).expect("room for it");
    let Ok(image) = Image::open(file.path()) else {
        return false;
    };
    let mut free = 0;
    for region in image.regions() {
        assert!(region.address >= free && region.file_offset + region.length <= length);
        free = region.address + region.length;
    }
    assert!(free <= image.memory_kept_end());
    image.symbols().lookup(image.stack_pointer());
    assert!(image.space().mappings(image.memory_kept_end()).count() > 0);
    true
}
