//! What the machine itself reports: to the process that `system_logger` names, or to the console where there is none.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use brood_term::display::Display;
use brood_term::heap::Chunks;
use brood_term::{Heap, Term, known, map};

use crate::context::Context;
use crate::platform::ConsoleStream;

/// A report is an error, with a text and its arguments as of `io:format/2`, of which the text uses `~p` and `~n` only.
///
/// It is built outside the heap of the process, so that this may be called between a collection and the use of the
/// room that the collection made.
pub fn error(context: &mut Context<'_>, format: &str, arguments: &[Term]) {
    let Some(logger) = context.machine.system_logger() else {
        let text = spelt(context, format, arguments);
        let platform = &mut context.machine.platform;
        platform.console_write(ConsoleStream::Error, text.as_bytes());
        return;
    };
    let time = context.machine.platform.system_time_ns() / 1000;
    let [log, gl, emulator, error_logger] =
        ["log", "gl", "emulator", "error_logger"].map(|text| context.machine.atom(text));
    let (leader, pid) = (context.process.group_leader, context.process.pid);
    let (mut heap, atoms) = (Chunks::new(), &context.machine.atoms);
    let mut pairs = Vec::from([(emulator, known::TRUE), (known::TAG, known::ERROR)]);
    let legacy = map::from_pairs(&mut heap, &mut pairs, atoms);
    let time = heap.integer(time);
    let mut pairs = Vec::from([
        (gl, leader),
        (known::PID, pid),
        (known::TIME, time),
        (error_logger, legacy),
    ]);
    let metadata = map::from_pairs(&mut heap, &mut pairs, atoms);
    let format = heap.string(format);
    let arguments = heap.list(arguments);
    let message = heap.tuple(&[log, known::ERROR, format, arguments, metadata]);
    context.send(logger, message);
}

/// The text of a report.
fn spelt(context: &Context<'_>, format: &str, arguments: &[Term]) -> String {
    let atoms = &context.machine.atoms;
    let mut text = String::new();
    let mut arguments = arguments.iter();
    for (index, part) in format.replace("~n", "\n").split("~p").enumerate() {
        if index > 0
            && let Some(&term) = arguments.next()
        {
            // Writing to a string does not fail.
            let _ = write!(text, "{}", Display { term, atoms });
        }
        text.push_str(part);
    }
    text
}
