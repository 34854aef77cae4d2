//! Files of the host.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;

use brood_abi::file::{Mounts, OPEN_CREATE, OPEN_PERMISSIONS_SHIFT, OPEN_READ, OPEN_WRITE};
use brood_abi::ring::SUBMISSIONS;
use brood_abi::{BootBlock, Error, Operation, Submission};
use brood_guest::boot::mount_table;
use brood_guest::rings::{Rings, with_bytes};

use crate::Table;

pub const TABLE: &Table = &[
    ("mounts", |rings, block, _, _| mounts(rings, block)),
    ("read-file", |rings, _, operand, _| {
        read_file(rings, operand)
    }),
    ("fill-file", |rings, _, operand, _| {
        fill_file(rings, operand)
    }),
    ("read-for-ever", |rings, _, operand, _| {
        read_for_ever(rings, operand)
    }),
];

fn mounts(rings: &mut Rings, block: &BootBlock) {
    let table: Vec<_> = Mounts(mount_table(block))
        .map(|(flags, path)| format!("{flags} {}", String::from_utf8_lossy(path)))
        .collect();
    rings.message(table.join("\n").as_bytes());
}

/// Does an operation on files whose target is `target`, and gives its result.
fn on_files(
    rings: &mut Rings,
    operation: Operation,
    argument: u64,
    (source, offset): (&[u8], u64),
    target: &mut [u8],
) -> i64 {
    rings.submit(&Submission {
        argument,
        offset,
        target_address: target.as_mut_ptr().expose_provenance() as u64,
        target_length: target.len() as u64,
        ..with_bytes(operation, source)
    });
    rings.ring();
    rings.take().map_or(0, |completion| completion.result)
}

/// Tells the content of a file in the first mount, or the error's name.
fn read_file(rings: &mut Rings, path: &[u8]) {
    let mut target = vec![0; 64 << 10];
    let operation = Operation::FileReadWhole;
    let result = on_files(rings, operation, 0, (path, 0), &mut target);
    match usize::try_from(result) {
        Ok(length) => rings.message(&black_box(&target)[..length]),
        Err(_) => rings.message(error_name(result).as_bytes()),
    }
}

/// Writes to a file in the first mount, piece by piece, until an error comes: tells how much was written, and the
/// error's name.
fn fill_file(rings: &mut Rings, path: &[u8]) {
    let mut target = vec![0; 8 << 10];
    let how = OPEN_WRITE | OPEN_CREATE | 0o644 << OPEN_PERMISSIONS_SHIFT;
    let handle = on_files(rings, Operation::FileOpen, 0, (path, how), &mut target);
    let Ok(handle) = u64::try_from(handle) else {
        return rings.message(error_name(handle).as_bytes());
    };
    let piece = vec![b'x'; 100_000];
    let mut written = 0;
    let error = loop {
        let source = (&piece[..], written);
        let result = on_files(rings, Operation::FileWrite, handle, source, &mut target);
        match u64::try_from(result) {
            Ok(count) if written < 64 << 20 => written += count,
            Ok(_) => break "none",
            Err(_) => break error_name(result),
        }
    };
    rings.message(format!("{written} {error}").as_bytes());
}

/// Has as much read from a file in the first mount as a doorbell can ask for, over and over.
fn read_for_ever(rings: &mut Rings, path: &[u8]) {
    let mut target = vec![0; 8 << 20];
    let how = (path, OPEN_READ);
    let handle = on_files(rings, Operation::FileOpen, 0, how, &mut target);
    let Ok(handle) = u64::try_from(handle) else {
        return rings.message(error_name(handle).as_bytes());
    };
    let read = Submission {
        argument: handle,
        target_address: target.as_mut_ptr().expose_provenance() as u64,
        target_length: target.len() as u64,
        ..with_bytes(Operation::FileRead, &[])
    };
    loop {
        (0..SUBMISSIONS).for_each(|_| rings.submit(&read));
        rings.ring();
        while rings.take().is_some() {}
    }
}

fn error_name(code: i64) -> &'static str {
    Error::from_code(code).map_or("unknown", Error::name)
}
