//! What people are told when the runtime itself faults, on every backend that works here.

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use brood_image::Image;
use http::StatusCode;
use regex::Regex;
use support::{Said, Served, backends, brood, header, images, text};

/// An instruction that is undefined for ever.
const UNDEFINED: [u8; 2] = [0x0f, 0x0b];
/// The doorbell function keeps six registers on the stack, above them lies where it returns to.
const RETURN_ADDRESS: u64 = 6 * 8;
/// Where the header has the checksum.
const CHECKSUM: std::ops::Range<usize> = 24..56;

/// An image whose clones fault as soon as they wake up: a copy with an undefined instruction
/// where the doorbell of the freeze returns to.
fn faulty(image: &Path, copy: &Path) {
    let original = Image::open(image).unwrap();
    let offset = |address: u64| {
        let region = original
            .regions()
            .iter()
            .find(|region| (region.address..region.address + region.length).contains(&address))
            .expect("in the image");
        region.file_offset + (address - region.address)
    };
    let mut return_address = [0; 8];
    let file = fs::File::open(image).unwrap();
    file.read_exact_at(
        &mut return_address,
        offset(original.stack_pointer() + RETURN_ADDRESS),
    )
    .unwrap();
    let resumed = offset(u64::from_le_bytes(return_address)) as usize;
    let mut bytes = fs::read(image).unwrap();
    bytes[resumed..resumed + UNDEFINED.len()].copy_from_slice(&UNDEFINED);
    bytes[CHECKSUM].fill(0);
    let checksum = blake3::hash(&bytes);
    bytes[CHECKSUM].copy_from_slice(checksum.as_bytes());
    fs::write(copy, bytes).unwrap();
}

/// It names the cause, has the registers, and a backtrace with the names of functions.
#[track_caller]
fn is_a_report(text: &str) {
    for part in [
        r"instance [0-9a-f]{16} crashed: instruction not allowed: 0f 0b",
        r"rip [0-9a-f]{16}  rsp [0-9a-f]{16}",
        r"r15 [0-9a-f]{16}",
        r"#0 +0x[0-9a-f]+ <brood_guest::.*>::freeze \+ 0x",
        r"#\d+ +0x[0-9a-f]+ brood_machine::machine::Machine::run \+ 0x",
        r"#\d+ +0x[0-9a-f]+ brood_guest::main \+ 0x",
    ] {
        assert!(
            Regex::new(part).unwrap().is_match(text),
            "no {part}: {text}"
        );
    }
}

#[test]
fn run_prints_a_report_with_registers_and_backtrace() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("faulty.brood");
    faulty(&images().path("program"), &image);
    for backend in backends() {
        let said = Said::of(brood(["run", "--backend", backend]).arg(&image));
        said.fails_with(134, "crashed");
        assert_eq!(said.output, "");
        is_a_report(&said.errors);
    }
}

#[test]
fn serve_answers_500_and_logs_the_report() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("faulty.brood");
    faulty(&images().path("routes"), &image);
    for backend in backends() {
        let served = Served::image(&image, backend, &[]);
        let response = served.get("/echo");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(
            !text(&response).contains("rip"),
            "the report is for the log"
        );
        let id = header(&response, "brood-request").to_owned();
        let log = served.stop();
        assert!(log.contains(&id), "{log}");
        is_a_report(&log);
    }
}
