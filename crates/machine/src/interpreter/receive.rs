//! Receiving messages.

use brood_term::compare::exact_eq;
use brood_term::{Term, known};

use super::{Interpreter, SliceEnd};
use crate::code::stream::Ip;
use crate::exception::Exception;
use crate::message::Peek;
use crate::timer::Action;
use crate::tracing::saved_calls::Saved;

/// How many receive markers a process keeps: OTP's limit.
const MARKERS: usize = 4;
/// The longest time to wait, in milliseconds.
const LONGEST_WAIT_MS: i64 = u32::MAX as i64;

impl Interpreter<'_> {
    pub(super) fn loop_receive(&mut self, ip: Ip) -> Ip {
        match self.context.process.messages.peek() {
            Peek::Message(message, own) => {
                if let Some(chunks) = own {
                    self.context.process.heap.adopt(*chunks);
                }
                self.set_register(ip.a(), message);
                ip.skip(1)
            }
            Peek::End => ip.label(),
        }
    }

    pub(super) fn loop_receive_end(&mut self, ip: Ip) -> Ip {
        self.context.process.messages.skip();
        self.enter(ip.label(), 0)
    }

    pub(super) fn remove_message(&mut self, ip: Ip) -> Ip {
        let removed = self.context.process.messages.remove();
        if let Some((carried, message)) = removed {
            self.context.receive_token(carried, message);
        }
        self.context.process.save_call(Saved::Receive);
        self.forget_timer();
        ip.skip(1)
    }

    fn forget_timer(&mut self) {
        self.context.process.timed_out = false;
        if let Some(timer) = self.context.process.receive_timer.take() {
            self.context.machine.timers.stop(timer);
        }
    }

    pub(super) fn wait(&mut self, ip: Ip) -> Ip {
        self.suspend(ip.label(), 0, SliceEnd::Wait)
    }

    pub(super) fn wait_timeout(&mut self, ip: Ip) -> Ip {
        if core::mem::take(&mut self.context.process.timed_out) {
            return ip.skip(2);
        }
        if self.context.process.receive_timer.is_none() {
            match self.source_at(ip, 1) {
                known::INFINITY => {}
                time => match time.as_small() {
                    Some(0) => return ip.skip(2),
                    Some(time @ 1..=LONGEST_WAIT_MS) => {
                        let deadline =
                            self.context.machine.monotonic_ns() + time as u64 * 1_000_000;
                        let action = Action::Wake(self.context.process.pid);
                        let timer = self.context.machine.timers.start(deadline, action);
                        self.context.process.receive_timer = Some(timer);
                    }
                    _ => {
                        self.context.process.messages.restart();
                        return self.raise(Exception::error(known::TIMEOUT_VALUE), Some(ip), None);
                    }
                },
            }
        }
        // The time may be asked for again. If an X register holds it, that is kept; what is below is not needed.
        let kept = ip.a();
        for register in 0..kept.saturating_sub(1) {
            self.set_x(register, Term::NIL);
        }
        self.suspend(ip.label(), kept, SliceEnd::Wait)
    }

    pub(super) fn timeout(&mut self, ip: Ip) -> Ip {
        self.context.process.messages.restart();
        self.context.process.save_call(Saved::Timeout);
        self.context.trace_timeout();
        self.forget_timer();
        ip.skip(1)
    }

    pub(super) fn marker_reserve(&mut self, ip: Ip) -> Ip {
        let marker = Term::small(self.context.process.messages.marker() as i64);
        self.set_register(ip.a(), marker);
        ip.skip(1)
    }

    pub(super) fn marker_bind(&mut self, ip: Ip) -> Ip {
        let (marker, reference) = (self.register(ip.a()), self.register(ip.b()));
        if let Some(marker) = marker.as_usize() {
            let markers = &mut self.context.process.tie().receive_markers;
            if markers.len() == MARKERS {
                markers.remove(0);
            }
            markers.push((reference, marker as u64));
        }
        ip.skip(1)
    }

    pub(super) fn marker_clear(&mut self, ip: Ip) -> Ip {
        let reference = self.register(ip.a());
        if let Some(ties) = self.context.process.ties_mut() {
            ties.receive_markers
                .retain(|(bound, _)| !exact_eq(*bound, reference));
        }
        ip.skip(1)
    }

    pub(super) fn marker_use(&mut self, ip: Ip) -> Ip {
        let reference = self.register(ip.a());
        let process = &mut *self.context.process;
        let found = process.ties().and_then(|ties| {
            let mut markers = ties.receive_markers.iter();
            markers.find(|(bound, _)| exact_eq(*bound, reference))
        });
        if let Some(&(_, marker)) = found {
            process.messages.seek(marker);
        }
        ip.skip(1)
    }
}
