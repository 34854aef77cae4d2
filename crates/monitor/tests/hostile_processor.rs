//! Guests that try what the processor must not let them: instructions, and memory that isn't theirs.

mod support;

use std::collections::BTreeSet;

use brood_abi::layout::{MEMORY_BASE, PAGE_SIZE, STACK_BASE};
use brood_image::Protection;
use brood_monitor::{BackendKind, Cause, Exit, Launch, Limits};
use support::{Fixture, on_each_backend};

/// The guest has the table: what may become of each instruction, and its name.
#[test]
fn no_instruction_harms_anybody() {
    on_each_backend(|fixture| {
        let table = fixture.run("instructions").1.message();
        assert!(table.lines().count() > 100);
        let mut unexpected = Vec::new();
        for line in table.lines() {
            let (allowed, name) = line.split_once(' ').unwrap();
            let exit = fixture.exit_of(format!("instruction {name}"));
            let ended = matches!(exit, Exit::Fault(_) | Exit::Violation(_));
            let went_on = matches!(exit, Exit::Status(0));
            let is_expected = match allowed {
                "no" => ended,
                "yes" => went_on,
                _ => ended || went_on,
            };
            if !is_expected {
                unexpected.push(format!("{name} ({allowed}): {exit}"));
            }
        }
        assert!(unexpected.is_empty(), "{unexpected:#?}");
    });
}

/// What the guest may do with the page of an address.
fn protection_at(fixture: &Fixture, memory_end: u64, address: u64) -> Option<Protection> {
    let mut mappings = fixture.image.space().mappings(memory_end);
    let mapping = mappings.find(|mapping| (mapping.address..mapping.end()).contains(&address));
    mapping.map(|mapping| mapping.protection)
}

/// Where something begins or ends, and what is nobody's.
fn addresses(fixture: &Fixture, memory_end: u64) -> BTreeSet<u64> {
    let mappings = fixture.image.space().mappings(memory_end);
    let edges = mappings.flat_map(|mapping| {
        let (first, end) = (mapping.address, mapping.end());
        [
            first - PAGE_SIZE,
            first - 1,
            first,
            end - 1,
            end,
            end + PAGE_SIZE,
        ]
    });
    let nobody: &[u64] = match fixture.monitor.backend() {
        // Page tables and what lies before them, the end of the lower half and the beginning of the upper, and where
        // a host's kernel is.
        BackendKind::Kvm => &[
            0x1000,
            0x10_0000,
            0x10_1000,
            0x10_2000,
            0x20_0000,
            0x100_0000,
            0xfee0_0000,
            0x7fff_ffff_f000,
            1 << 47,
            1 << 63,
            0xffff_8000_0000_0000,
            0xffff_ffff_8000_0000,
            0xffff_ffff_ff60_0000,
        ],
        // The cell's own few pages, from 0x1000000 on, are the guest's to read.
        BackendKind::Process => &[
            0x1000,
            0x10_0000,
            0x200_0000,
            0x7fff_ffff_e000,
            1 << 63,
            0xffff_8000_0000_0000,
            0xffff_ffff_8000_0000,
        ],
    };
    edges
        .chain(nobody.iter().copied())
        .chain([0, 1, MEMORY_BASE - 1, memory_end + (1 << 30)])
        .collect()
}

#[test]
fn memory_can_be_used_as_the_contract_says_and_no_other_way() {
    on_each_backend(|fixture| {
        let limits = Limits {
            memory_bytes: 32 << 20,
            ..Limits::default()
        };
        let memory_end = MEMORY_BASE + limits.memory_bytes;
        let attempt = |what: &str, address: u64| {
            let argument = format!("{what} {address}");
            let launch = Launch {
                limits: limits.clone(),
                ..Launch::new(argument.as_bytes())
            };
            fixture.attacked(&launch).0
        };
        let mut unexpected = Vec::new();
        for address in addresses(fixture, memory_end) {
            let here = protection_at(fixture, memory_end, address);
            // A read is of two bytes, so that it can lie across a boundary.
            let behind = protection_at(fixture, memory_end, address.saturating_add(1));
            for (what, allowed) in [
                ("read-at", here.is_some() && behind.is_some()),
                ("write-at", here == Some(Protection::ReadWrite)),
                ("jump-to", false),
            ] {
                // What is code does what it does.
                if what == "jump-to" && here == Some(Protection::ReadExecute) {
                    continue;
                }
                let exit = attempt(what, address);
                let is_expected = match &exit {
                    Exit::Status(0) => allowed,
                    Exit::Fault(report) if !allowed => {
                        report.registers.is_none() || is_cause(&report.cause, address, here)
                    }
                    _ => false,
                };
                if !is_expected {
                    unexpected.push(format!("{what} {address:#x}: {exit}"));
                }
            }
        }
        assert!(unexpected.is_empty(), "{unexpected:#?}");
    });
}

/// Whether that is how a fault at this address, or the one behind it, is to be reported.
fn is_cause(cause: &Cause, address: u64, here: Option<Protection>) -> bool {
    let at = |found: u64| found == address || found == address + 1;
    match cause {
        Cause::NullPointer(found) => at(*found) && *found < PAGE_SIZE,
        Cause::StackOverflow(found) => {
            at(*found) && (STACK_BASE - PAGE_SIZE..STACK_BASE).contains(found)
        }
        Cause::Unmapped(found) => at(*found),
        Cause::ReadOnly(found) | Cause::NotCode(found) => *found == address && here.is_some(),
        // An address that no page tables can name.
        Cause::Instruction(_) => (1 << 47..0xffff_8000_0000_0000).contains(&address),
        _ => false,
    }
}
