//! The host's clock as instances see it: the time-stamp counter, scaled to `CLOCK_MONOTONIC`.

use std::arch::x86_64::_rdtsc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use brood_abi::Clock;

const SHIFT: u32 = 32;
/// The first estimate of the counter's rate is taken over this time; later ones over longer.
const FIRST_BASELINE: Duration = Duration::from_millis(10);
/// From this age on, the anchor gives a better rate than the first estimate.
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
    multiplier: AtomicU64,
}

impl HostClock {
    /// Calibrates; takes about 10 ms.
    pub(crate) fn calibrate() -> HostClock {
        let anchor = Reading::take();
        std::thread::sleep(FIRST_BASELINE);
        let multiplier = multiplier(anchor, Reading::take());
        HostClock {
            anchor,
            multiplier: AtomicU64::new(multiplier),
        }
    }

    /// The clock for an instance that starts now.
    pub(crate) fn clock(&self) -> Clock {
        let now = Reading::take();
        if now.monotonic - self.anchor.monotonic > BETTER_BASELINE {
            self.multiplier
                .store(multiplier(self.anchor, now), Ordering::Relaxed);
        }
        Clock {
            tsc_base: now.tsc,
            monotonic_base: now.monotonic,
            multiplier: self.multiplier.load(Ordering::Relaxed),
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
        let host = HostClock::calibrate();
        let clock = host.clock();
        std::thread::sleep(Duration::from_millis(50));
        let Reading { tsc, monotonic } = Reading::take();
        let error = clock.monotonic(tsc).abs_diff(monotonic);
        assert!(error < 500_000, "{error} ns off after 50 ms");
    }
}
