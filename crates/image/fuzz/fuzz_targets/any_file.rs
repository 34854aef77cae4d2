//! One try: opening bytes as an image ends with an error, or with an image whose tables hold what they promise.
//! The checksum is put right first: it keeps accidents out, not attackers.

use std::io::Write;
use std::ops::Range;

use crate::Image;

/// Where the header has the file's length, and the checksum.
const LENGTH: Range<usize> = 16..24;
const CHECKSUM: Range<usize> = 24..56;
/// No image is shorter than its header's page.
const PAGE: usize = 4096;

pub fn run(bytes: &[u8]) {
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
        return;
    };
    let mut free = 0;
    for region in image.regions() {
        assert!(region.address >= free && region.file_offset + region.length <= length);
        free = region.address + region.length;
    }
    assert!(free <= image.memory_kept_end());
    image.symbols().lookup(image.stack_pointer());
    assert!(image.space().mappings(image.memory_kept_end()).count() > 0);
}
