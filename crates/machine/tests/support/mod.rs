//! What the tests of whole programs share.

pub mod poison;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use brood_machine::Platform;
use brood_machine::platform::{Birth, ConsoleStream, Event};

/// The program is over.
pub struct Over;

/// A platform that keeps what is printed.
pub struct TestPlatform {
    output: Rc<RefCell<Vec<u8>>>,
    birth: Birth,
    start: Instant,
    entropy: u64,
    /// Somebody wants input, of which there is none.
    input_ends: bool,
}

impl TestPlatform {
    /// A platform that adds what is printed to `output`.
    pub fn new(output: &Rc<RefCell<Vec<u8>>>) -> TestPlatform {
        TestPlatform {
            output: Rc::clone(output),
            birth: Birth::default(),
            start: Instant::now(),
            entropy: 0x9e37_79b9_7f4a_7c15,
            input_ends: false,
        }
    }
}

impl Platform for TestPlatform {
    fn monotonic_ns(&mut self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn system_time_ns(&mut self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock after 1970")
            .as_nanos() as i64
    }

    fn fill_entropy(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.entropy ^= self.entropy << 13;
            self.entropy ^= self.entropy >> 7;
            self.entropy ^= self.entropy << 17;
            *byte = self.entropy as u8;
        }
    }

    fn console_write(&mut self, stream: ConsoleStream, bytes: &[u8]) {
        match stream {
            ConsoleStream::Output => self.output.borrow_mut().extend_from_slice(bytes),
            ConsoleStream::Error => eprint!("{}", String::from_utf8_lossy(bytes)),
        }
    }

    fn console_subscribe(&mut self) {
        self.input_ends = true;
    }

    fn send_parent(&mut self, _: &[u8]) {}

    fn wait(&mut self, deadline_ns: Option<u64>) -> Event {
        if std::mem::take(&mut self.input_ends) {
            return Event::ConsoleInput(Vec::new());
        }
        // Nobody can do anything any more: the program is over, and this the way out of the machine.
        let Some(deadline) = deadline_ns else {
            std::panic::resume_unwind(Box::new(Over))
        };
        let now = self.start.elapsed();
        std::thread::sleep(Duration::from_nanos(deadline).saturating_sub(now));
        Event::Nothing
    }

    fn birth(&self) -> &Birth {
        &self.birth
    }

    /// The clone is this machine; it is told what the file `ARGUMENT` says, or to run its program.
    fn freeze(&mut self) {
        if let Ok(path) = std::env::var("ARGUMENT") {
            self.birth.argument = std::fs::read(path).expect("a readable argument");
            return;
        }
        // {run, [binary()]}, in the external term format.
        let mut argument = b"\x83h\x02w\x03run".to_vec();
        for word in std::env::var("ARGUMENTS")
            .unwrap_or_default()
            .split_whitespace()
        {
            argument.extend_from_slice(b"l\0\0\0\x01m");
            argument.extend_from_slice(&(word.len() as u32).to_be_bytes());
            argument.extend_from_slice(word.as_bytes());
        }
        argument.push(b'j');
        self.birth.argument = argument;
    }

    fn stamp_first_instruction(&mut self) {}
}
