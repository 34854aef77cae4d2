//! A panic ends the instance, with the message as slogan; a failed allocation ends it as out of
//! memory.

use core::fmt::{self, Write};

use crate::rings::{Rings, Stream};

/// Status of an instance that panicked.
const STATUS: u8 = 134;

/// How the standard library's handler of failed allocations begins its message.
const ALLOCATION_FAILED: &[u8] = b"memory allocation of ";
/// What libraries that allocate by themselves say when that fails; they don't tell how much.
const OUT_OF_MEMORY: &[u8] = b"out of memory";

/// A message that needs no heap; what doesn't fit is cut off.
struct Message {
    bytes: [u8; 1024],
    length: usize,
}

impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let length = text.len().min(room.len());
        room[..length].copy_from_slice(&text.as_bytes()[..length]);
        self.length += length;
        Ok(())
    }
}

impl Message {
    const fn new() -> Message {
        Message {
            bytes: [0; 1024],
            length: 0,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Ends the instance, after telling on the console what ran.
fn out_of_memory(asked: u64) -> ! {
    let mut message = Message::new();
    tell_who_ran(&mut message);
    // SAFETY: whoever used the rings is not coming back.
    let mut rings = unsafe { Rings::new() };
    rings.console_write(Stream::Errors, message.bytes());
    rings.out_of_memory(asked)
}

/// Writes a crash dump, too, if there is a place for one: that tells who ran, so that nothing is left to tell.
#[cfg(feature = "machine")]
fn tell_who_ran(message: &mut Message) {
    // SAFETY: an instance has one machine, and this is its end.
    unsafe {
        if let Some(running) = brood_machine::last_words::running() {
            // `write_str` never fails.
            let _ = writeln!(message, "Memory ran out in {running}");
        }
        let slogan = core::str::from_utf8(message.bytes()).unwrap_or("Memory ran out");
        if brood_machine::last_words::dump(slogan) {
            message.length = 0;
        }
    }
}

#[cfg(not(feature = "machine"))]
fn tell_who_ran(_: &mut Message) {}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut message = Message::new();
    // `write_str` never fails.
    let _ = write!(message, "{}", info.message());
    if let Some(rest) = message.bytes().strip_prefix(ALLOCATION_FAILED) {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
        let asked = digits.fold(0_u64, |sum, digit| {
            sum.saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        out_of_memory(asked);
    }
    if message.bytes() == OUT_OF_MEMORY {
        out_of_memory(0);
    }
    if let Some(location) = info.location() {
        let _ = write!(message, " at {location}");
    }
    // SAFETY: whoever used the rings is not coming back.
    let mut rings = unsafe { Rings::new() };
    rings.exit(STATUS, message.bytes())
}

/// Named by precompiled code that could unwind; nothing here does.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Named likewise; would be called while unwinding.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    panic!("unwinding is not possible")
}
