//! What any guest does.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::hint::black_box;

use brood_abi::operation::{ACTION_DELIVER, MODE_SET, MODE_SIGNALS};
use brood_abi::ring::{FLAG_SILENT, Submission};
use brood_abi::{BootBlock, Operation};
use brood_guest::boot::monotonic;
use brood_guest::rings::{Rings, Stream, with_bytes};

use crate::{Remembered, Table, number};

pub const TABLE: &Table = &[
    ("hello", |rings, _, _, _| {
        rings.console_write(Stream::Output, b"hello, world\n")
    }),
    ("complain", |rings, _, _, _| {
        rings.console_write(Stream::Errors, b"oh no\n")
    }),
    ("exit", |rings, _, operand, _| {
        rings.exit(number(operand) as u8, b"")
    }),
    ("slogan", |rings, _, operand, _| rings.exit(1, operand)),
    ("panic", |_, _, operand, _| {
        panic!("{}", String::from_utf8_lossy(operand))
    }),
    ("echo", |rings, _, operand, _| rings.message(operand)),
    ("answer", |rings, _, operand, _| answer(rings, operand)),
    ("identity", identity),
    ("boot-block", |rings, block, _, _| {
        rings.message(zerocopy::IntoBytes::as_bytes(block))
    }),
    ("remember", remember),
    ("spin", |_, _, _, _| spin()),
    ("echo-and-spin", |rings, _, operand, _| {
        rings.message(operand);
        spin()
    }),
    ("echo-and-print", |rings, _, operand, _| {
        rings.message(operand);
        rings.console_write(Stream::Output, b"done\n");
    }),
    ("read-console", |rings, _, _, _| read_console(rings)),
    ("terminal", |rings, _, _, _| terminal(rings)),
    ("spin-for-signal", |rings, _, operand, _| {
        spin_for_signal(rings, number(operand))
    }),
    ("wait", |rings, _, operand, _| wait(rings, number(operand))),
    ("wait-for-ever", |rings, _, _, _| rings.wait(None)),
    ("doorbells", |rings, _, operand, _| {
        (0..number(operand)).for_each(|_| rings.ring())
    }),
];

/// The message and the exit in one doorbell, as a served request does it.
fn answer(rings: &mut Rings, operand: &[u8]) {
    rings.submit(&Submission {
        flags: FLAG_SILENT,
        ..with_bytes(Operation::Message, operand)
    });
    rings.exit(0, b"")
}

fn identity(rings: &mut Rings, block: &BootBlock, operand: &[u8], _: &mut Remembered) {
    let text = format!(
        "{} {:x?} {} {} {} {}",
        block.instance_id,
        block.entropy,
        block.launched,
        block.entered,
        monotonic(),
        String::from_utf8_lossy(operand)
    );
    rings.message(text.as_bytes());
}

fn remember(rings: &mut Rings, _: &BootBlock, operand: &[u8], remembered: &mut Remembered) {
    remembered.counter += 1;
    remembered.text.push('+');
    remembered.text.push_str(&String::from_utf8_lossy(operand));
    rings.message(format!("{} {}", remembered.counter, remembered.text).as_bytes());
}

#[inline(never)]
pub fn spin() {
    loop {
        core::hint::spin_loop();
    }
}

fn read_console(rings: &mut Rings) {
    let mut all = Vec::new();
    let mut buffer = [0_u8; 16];
    loop {
        // SAFETY: the buffer lives, untouched, until the completion below.
        unsafe { rings.console_read(&raw mut buffer, 7) };
        rings.wait(None);
        let completion = loop {
            match rings.take() {
                Some(completion) => break completion,
                None => rings.wait(None),
            }
        };
        assert_eq!(completion.user_data, 7);
        match completion.result {
            0 => break,
            length => all.extend_from_slice(&black_box(buffer)[..length as usize]),
        }
    }
    rings.message(&all);
}

/// Reports what the console is, and what the parent says to a mode.
fn terminal(rings: &mut Rings) {
    rings.ask(Operation::Terminal, 0, 1);
    rings.ask(Operation::TerminalMode, MODE_SET | MODE_SIGNALS, 2);
    rings.ring();
    let mut result = || rings.take().map(|completion| completion.result);
    let results = [result(), result()];
    rings.message(format!("{results:x?}").as_bytes());
}

/// Asks for this signal, computes until the monitor wants attention, and reports what it gets.
fn spin_for_signal(rings: &mut Rings, signal: u64) {
    rings.tell(Operation::SignalAction, signal | ACTION_DELIVER << 8);
    rings.ask(Operation::NextSignal, 0, 1);
    rings.ring();
    rings.console_write(Stream::Output, b"spinning");
    while !rings.has_attention() {
        core::hint::spin_loop();
    }
    rings.ring();
    let result = rings.take().map(|completion| completion.result);
    let attention = rings.has_attention();
    rings.message(format!("{result:?} {attention}").as_bytes());
}

fn wait(rings: &mut Rings, milliseconds: u64) {
    let start = monotonic();
    rings.wait(Some(start + milliseconds * 1_000_000));
    rings.message(format!("{}", monotonic() - start).as_bytes());
}
