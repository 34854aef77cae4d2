//! An instance's console, kept for when it is needed.

use brood_gateway::harmless;
use brood_monitor::{ConsoleStream, EventSink, Flow};

/// How much is kept.
const KEPT_MAX: usize = 256 << 10;

/// Keeps what an instance printed and the first message that it sent.
#[derive(Debug, Default)]
pub struct Kept {
    console: Vec<u8>,
    /// The first message.
    pub message: Option<Vec<u8>>,
}

impl Kept {
    /// What it printed.
    pub fn text(&self) -> String {
        harmless(&self.console)
    }

    /// What it printed, indented, under a heading; empty when it printed nothing.
    pub fn printed(&self) -> String {
        if self.console.is_empty() {
            return String::new();
        }
        let text = self.text();
        let mut shown = "\nIt had printed:".to_owned();
        for line in text.trim_end().lines() {
            shown.push_str("\n  ");
            shown.push_str(line);
        }
        shown
    }
}

impl EventSink for Kept {
    fn console(&mut self, _stream: ConsoleStream, bytes: &[u8]) {
        let room = KEPT_MAX - self.console.len();
        self.console.extend(&bytes[..bytes.len().min(room)]);
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        self.message.get_or_insert_with(|| bytes.to_vec());
        Flow::Continue
    }
}
