//! One try: whatever a guest leaves in its ring page, the monitor answers, waits or ends it, and writes
//! nowhere but where the guest may write itself.

use crate::control::Control;
use crate::launch::{ConsoleStream, EventSink, Flow, Limits};
use crate::memory::{GuestMemory, Lost};
use crate::session::{Next, Session};
use brood_abi::layout::{
    BOOT_BLOCK, HYPERCALL_PAGE, MEMORY_BASE, PAGE_SIZE, PROGRAM_BASE, RING_PAGE,
};
use brood_image::{AddressSpace, Mapping, Protection};

const SIZE: usize = 4 << 20;
const END: u64 = MEMORY_BASE + SIZE as u64;
const PAGE: usize = PAGE_SIZE as usize;
/// What is in memory outside the rings.
const FILLING: u8 = 0x5a;

struct Memory(Vec<u8>);

impl GuestMemory for Memory {
    fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Lost> {
        let start = (address - MEMORY_BASE) as usize;
        buffer.copy_from_slice(&self.0[start..start + buffer.len()]);
        Ok(())
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), Lost> {
        let start = (address - MEMORY_BASE) as usize;
        self.0[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
}

struct Sink;

impl EventSink for Sink {
    fn console(&mut self, _: ConsoleStream, _: &[u8]) {}

    fn message(&mut self, bytes: &[u8]) -> Flow {
        match bytes.first() {
            Some(b's') => Flow::Stop,
            _ => Flow::Continue,
        }
    }
}

/// The first byte says whether the guest is being built.
pub fn run(pages: &[u8]) {
    let code = Mapping {
        address: PROGRAM_BASE,
        length: PAGE_SIZE,
        protection: Protection::ReadExecute,
    };
    let space = AddressSpace::new(vec![code], 0).expect("one segment");
    let limits = Limits {
        console_bytes: 1000,
        message_bytes: 1000,
        ..Limits::default()
    };
    let control = Control::new();
    control.console_input(b"input");
    let mut memory = Memory(vec![FILLING; SIZE]);
    let mut session = Session::new(
        &space,
        END,
        &limits,
        pages.first().is_some_and(|byte| byte & 1 == 1),
    );
    // Each page's worth of bytes is what the guest leaves before one more doorbell.
    for page in pages.get(1..).unwrap_or_default().chunks(PAGE) {
        let ring = (RING_PAGE - MEMORY_BASE) as usize;
        memory.0[ring..ring + PAGE].fill(0);
        memory.0[ring..ring + page.len()].copy_from_slice(page);
        let Ok(Next::Enter | Next::Wait(_)) = session.doorbell(&mut memory, &mut Sink) else {
            break;
        };
        if session.deliver(&mut memory, &control).is_err()
            || session.finish_wait(&mut memory, true).is_err()
        {
            break;
        }
    }
    for fixed in [HYPERCALL_PAGE, BOOT_BLOCK, PROGRAM_BASE] {
        let start = (fixed - MEMORY_BASE) as usize;
        assert!(
            memory.0[start..start + PAGE]
                .iter()
                .all(|&byte| byte == FILLING)
        );
    }
}
