//! A bounded run of what `fuzz/fuzz_targets/events.rs` does without end: what a worker might say, and what it
//! should not. `FUZZ_ROUNDS` says how many tries there are.

#[path = "../../fuzz/fuzz_targets/any_events.rs"]
mod any_events;
#[path = "../../../../tests/support/random.rs"]
mod random;

use std::time::Duration;

use brood_monitor::Phases;
use random::{Random, rounds};

use super::*;
use crate::protocol::{encode, first_frame};
use any_events::{LAUNCHES, SAYS_MAX};

/// Appends something that a worker may say, more or less.
fn event(random: &mut Random, frames: &mut Vec<u8>) {
    let launch = random.below(LAUNCHES as usize + 2) as u64;
    let bytes = vec![b'x'; random.below(SAYS_MAX as usize / 2)];
    let phases = Phases {
        gone: Some(Duration::from_secs(random.below(1 << 30) as u64)),
        ..Phases::default()
    };
    let event = match random.below(7) {
        0 => Event::Console {
            launch,
            errors: random.below(2) == 0,
            bytes: &bytes,
        },
        1 | 2 => Event::Message {
            launch,
            bytes: &bytes,
        },
        3 => Event::Answered {
            launch,
            instance: 5,
            phases,
        },
        4 => Event::Ended {
            launch,
            outcome: Err("no"),
        },
        5 => Event::Said { text: "hello" },
        _ => Event::Ready {
            missing: vec!["all".to_owned()],
        },
    };
    encode(&event, frames);
}

#[test]
fn whatever_a_worker_says_each_launch_ends_once() {
    let mut random = Random::new(1);
    for _ in 0..rounds(20_000) {
        let mut bytes = vec![random.below(8) as u8 & !1];
        for _ in 0..random.below(8) {
            event(&mut random, &mut bytes);
        }
        for _ in 0..random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len()) + 1);
        }
        any_events::run(&bytes);
    }
    for _ in 0..rounds(20_000) {
        let length = random.below(60);
        let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        any_events::run(&bytes);
    }
}

/// What becomes of one launch when a worker says this.
fn said(events: &[Event<'_>]) -> Result<usize, Breach> {
    struct Nobody;
    impl brood_monitor::EventSink for Nobody {
        fn console(&mut self, _: ConsoleStream, _: &[u8]) {}
        fn message(&mut self, _: &[u8]) -> Flow {
            Flow::Continue
        }
    }
    impl Listener for Nobody {
        fn ended(self: Box<Self>, _: Result<Outcome, Error>) {}
    }
    let limits = Limits {
        console_bytes: 4,
        message_bytes: 4,
        ..Limits::default()
    };
    let launch = Launch {
        limits,
        ..Launch::new(&b""[..])
    };
    let mut ledger = Ledger::default();
    ledger.enter(1, Live::new(&launch, Arc::default(), Box::new(Nobody)));
    let mut frames = Vec::new();
    encode(&Event::Born { process: 1 }, &mut frames);
    encode(&Event::Ready { missing: vec![] }, &mut frames);
    let start = ledger.take(&frames, &mut Vec::new());
    assert_eq!(start, Ok(frames.len()));
    frames.clear();
    for event in events {
        encode(event, &mut frames);
    }
    ledger.take(&frames, &mut Vec::new())
}

#[test]
fn what_breaks_the_rules_is_named() {
    let console = |launch, bytes| Event::Console {
        launch,
        errors: false,
        bytes,
    };
    let message = |bytes| Event::Message { launch: 1, bytes };
    let answered = || Event::Answered {
        launch: 1,
        instance: 1,
        phases: Phases::default(),
    };
    let ended = || Event::Ended {
        launch: 1,
        outcome: Err("no"),
    };
    assert!(said(&[console(1, b"four"), message(b"four"), answered(), ended()]).is_ok());
    let table: [(&[Event<'_>], Breach); 8] = [
        (&[console(2, b"x")], Breach::Unknown(2)),
        (&[ended(), ended()], Breach::Unknown(1)),
        (&[console(1, b"four"), console(1, b"!")], Breach::Beyond),
        (&[message(b"four"), message(b"!")], Breach::Beyond),
        (&[answered()], Breach::Order("answered")),
        (
            &[message(b""), answered(), answered()],
            Breach::Order("answered"),
        ),
        (&[Event::Born { process: 2 }], Breach::Order("born")),
        (&[Event::Failed { reason: "no" }], Breach::Order("failed")),
    ];
    for (events, breach) in table {
        assert_eq!(said(events), Err(breach), "{events:?}");
    }
    let long = vec![0xff; LENGTH];
    assert!(first_frame(&long, PLAIN_MAX).is_err());
}
