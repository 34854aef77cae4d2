//! The host's clock as instances see it: the time-stamp counter, scaled to `CLOCK_MONOTONIC`.

use std::arch::x86_64::_rdtsc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use brood_abi::Clock;

const SHIFT: u32 = 32;
/// Where nobody tells the counter's rate, the first estimate is taken over this time, in nanoseconds.
const FIRST_BASELINE: u64 = 10_000_000;
/// From this age on, the anchor gives a better rate than what was known at first.
const BETTER_BASELINE: u64 = 1_000_000_000;

/// A reading of both clocks at (nearly) the same moment.
#[derive(Clone, Copy)]
struct Reading {
    tsc: u64,
    monotonic: u64,
}

/// Scales the counter to time.
pub(crate) struct HostClock {
    anchor: Reading,
    /// 0: not known yet.
    multiplier: AtomicU64,
}

impl HostClock {
    /// A clock whose rate will be measured from now on.
    pub(crate) fn start() -> HostClock {
        HostClock {
            anchor: Reading::take(),
            multiplier: AtomicU64::new(0),
        }
    }

    /// The clock for an instance that starts now. `rate`: the counter's, in kHz, if somebody knows; it is asked for
    /// once at most. If nobody does, the first call may wait until this clock is 10 ms old.
    pub(crate) fn clock(&self, rate: impl FnOnce() -> Option<u32>) -> Clock {
        let mut now = Reading::take();
        let age = now.monotonic - self.anchor.monotonic;
        let mut scale = self.multiplier.load(Ordering::Relaxed);
        if age > BETTER_BASELINE {
            scale = multiplier(self.anchor, now);
        } else if scale == 0 {
            scale = match rate().filter(|&rate| rate > 0) {
                Some(rate) => (1_000_000 << SHIFT) / u64::from(rate),
                None => {
                    let left = FIRST_BASELINE.saturating_sub(age);
                    std::thread::sleep(Duration::from_nanos(left));
                    now = Reading::take();
                    multiplier(self.anchor, now)
                }
            };
        }
        self.multiplier.store(scale, Ordering::Relaxed);
        Clock {
            tsc_base: now.tsc,
            monotonic_base: now.monotonic,
            multiplier: scale,
            shift: SHIFT,
            reserved: 0,
            wall_offset: nanoseconds(libc::CLOCK_REALTIME) as i64 - now.monotonic as i64,
        }
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds.
pub(crate) fn monotonic() -> u64 {
    nanoseconds(libc::CLOCK_MONOTONIC)
}

/// Processor time that this thread has used.
pub(crate) fn thread_cpu() -> Duration {
    Duration::from_nanos(nanoseconds(libc::CLOCK_THREAD_CPUTIME_ID))
}

/// The time-stamp counter.
pub(crate) fn tsc() -> u64 {
    // SAFETY: `rdtsc` reads a counter; every x86-64 processor has it.
    unsafe { _rdtsc() }
}

impl Reading {
    /// The tightest of a few tries.
    fn take() -> Reading {
        let attempt = || {
            let before = tsc();
            let monotonic = monotonic();
            let width = tsc().wrapping_sub(before);
            (
                width,
                Reading {
                    tsc: before.wrapping_add(width / 2),
                    monotonic,
                },
            )
        };
        let tries = [attempt(), attempt(), attempt()];
        let best = tries.iter().min_by_key(|(width, _)| *width);
        best.map_or(tries[0].1, |(_, reading)| *reading)
    }
}

fn multiplier(from: Reading, to: Reading) -> u64 {
    let nanoseconds = u128::from(to.monotonic - from.monotonic);
    let ticks = u128::from(to.tsc.wrapping_sub(from.tsc)).max(1);
    ((nanoseconds << SHIFT) / ticks) as u64
}

/// A clock of the kernel.
pub(crate) fn nanoseconds(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a timespec that lives through the call.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_and_clock_agree() {
        let off = |clock: Clock| {
            let Reading { tsc, monotonic } = Reading::take();
            clock.monotonic(tsc).abs_diff(monotonic)
        };
        let host = HostClock::start();
        let measured = host.clock(|| None);
        // What is known isn't asked for.
        let again = host.clock(|| panic!("it is known"));
        assert_eq!(again.multiplier, measured.multiplier);
        std::thread::sleep(Duration::from_millis(50));
        assert!(
            off(measured) < 500_000,
            "{} ns off after 50 ms",
            off(measured)
        );
        // As if somebody knew.
        let rate = (1_000_000 << SHIFT) / measured.multiplier;
        let told = HostClock::start().clock(|| Some(rate as u32));
        std::thread::sleep(Duration::from_millis(50));
        assert!(off(told) < 500_000, "{} ns off after 50 ms", off(told));
    }
}
