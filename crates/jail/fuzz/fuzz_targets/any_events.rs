//! One try: whatever a worker says, its launches come to one end each, and nobody hears more than an instance may say.

use std::sync::{Arc, Mutex};

use brood_monitor::{
    ConsoleStream, Error, EventSink, Flow, InstanceId, Launch, Limits, Listener, Outcome, Phases,
};

use crate::ledger::{Ledger, Live};
use crate::protocol::{self, Event};

/// Launches that the worker has: numbers from 1 on.
pub const LAUNCHES: u64 = 3;
/// What each may say on its console, and in messages.
pub const SAYS_MAX: u64 = 1000;

#[derive(Default)]
struct Heard {
    console: u64,
    messages: u64,
    answers: u32,
    ends: u32,
}

struct Ear(Arc<Mutex<Heard>>);

impl EventSink for Ear {
    fn console(&mut self, _: ConsoleStream, bytes: &[u8]) {
        self.0.lock().unwrap().console += bytes.len() as u64;
    }

    fn message(&mut self, bytes: &[u8]) -> Flow {
        self.0.lock().unwrap().messages += bytes.len() as u64;
        Flow::Continue
    }

    fn answered(&mut self, _: InstanceId, phases: &Phases) {
        let mut heard = self.0.lock().unwrap();
        heard.answers += 1;
        assert!(phases.gone.unwrap_or_default().as_secs() < 60);
    }
}

impl Listener for Ear {
    fn ended(self: Box<Self>, outcome: Result<Outcome, Error>) {
        let mut heard = self.0.lock().unwrap();
        heard.ends += 1;
        if let Ok(outcome) = outcome {
            assert_eq!(outcome.usage.console_bytes, heard.console);
            assert!(outcome.usage.cpu.as_secs() < 60);
        }
    }
}

/// The first byte says how far the worker has come before.
pub fn run(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let mut ledger = Ledger::default();
    let mut all = Vec::new();
    for number in 1..=LAUNCHES {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let launch = Launch {
            limits: Limits {
                console_bytes: SAYS_MAX,
                message_bytes: SAYS_MAX,
                ..Limits::default()
            },
            ..Launch::new(&b""[..])
        };
        ledger.enter(
            number,
            Live::new(&launch, Arc::default(), Box::new(Ear(Arc::clone(&heard)))),
        );
        all.push(heard);
    }
    let mut notices = Vec::new();
    let mut start = Vec::new();
    if first & 1 == 0 {
        protocol::encode(&Event::Born { process: 1 }, &mut start);
        protocol::encode(
            &Event::Ready {
                missing: Vec::new(),
            },
            &mut start,
        );
    }
    assert_eq!(ledger.take(&start, &mut notices), Ok(start.len()));
    // In two parts, as a socket may give them.
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let mut come = Vec::new();
    for part in [one, other] {
        come.extend(part);
        match ledger.take(&come, &mut notices) {
            Ok(taken) => drop(come.drain(..taken)),
            Err(_) => break,
        }
    }
    ledger.fail_all("gone");
    for heard in all {
        let heard = heard.lock().unwrap();
        assert_eq!(heard.ends, 1);
        assert!(heard.answers <= 1);
        assert!(heard.console <= SAYS_MAX && heard.messages <= SAYS_MAX);
    }
}
