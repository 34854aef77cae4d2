//! Clocks, unique values, and timers.
//!
//! The native unit is the nanosecond. There is no time zone: local time is universal time.

use brood_term::boxed::make_reference;
use brood_term::{Heap, OwnedTerm, Term, integer, known};

use super::{BifResult, Entry, entry};
use crate::context::Context;
use crate::exception::{badarg, badarg_cause};
use crate::timer::Action;

/// The area's lines of the table.
pub const TABLE: &[Entry] = &[
    entry("erlang", "monotonic_time", 0, monotonic_time),
    entry("erlang", "monotonic_time", 1, monotonic_time),
    entry("erlang", "system_time", 0, system_time),
    entry("erlang", "system_time", 1, system_time),
    entry("erlang", "time_offset", 0, time_offset),
    entry("erlang", "time_offset", 1, time_offset),
    entry("os", "system_time", 0, os_system_time),
    entry("os", "system_time", 1, os_system_time),
    entry("os", "perf_counter", 0, monotonic_time),
    entry("erlang", "timestamp", 0, timestamp_0),
    entry("os", "timestamp", 0, os_timestamp_0),
    entry("erlang", "now", 0, now_0),
    entry("erlang", "date", 0, date_0),
    entry("erlang", "time", 0, time_0),
    entry("erlang", "universaltime", 0, universaltime_0),
    entry("erlang", "localtime", 0, universaltime_0),
    entry("erlang", "universaltime_to_localtime", 1, same_time),
    entry("erlang", "localtime_to_universaltime", 2, same_time),
    entry(
        "erlang",
        "posixtime_to_universaltime",
        1,
        posixtime_to_universaltime_1,
    ),
    entry(
        "erlang",
        "universaltime_to_posixtime",
        1,
        universaltime_to_posixtime_1,
    ),
    entry("erlang", "make_ref", 0, make_ref_0),
    entry("erlang", "unique_integer", 0, unique_integer_0),
    entry("erlang", "unique_integer", 1, unique_integer_1),
    entry("erlang", "start_timer", 3, start_timer),
    entry("erlang", "start_timer", 4, start_timer),
    entry("erlang", "send_after", 3, send_after),
    entry("erlang", "send_after", 4, send_after),
    entry("erlang", "cancel_timer", 1, cancel_timer),
    entry("erlang", "cancel_timer", 2, cancel_timer),
    entry("erlang", "read_timer", 1, read_timer),
    entry("erlang", "read_timer", 2, read_timer),
];

const NANOSECONDS_PER_MILLISECOND: i64 = 1_000_000;
const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// The longest timer, in milliseconds: OTP's limit.
const MAX_TIMER_MILLISECONDS: i64 = 1 << 53;

/// Parts per second of the time units that have names; the longer ones are of old.
const UNITS: &[(&str, i64)] = &[
    ("second", 1),
    ("millisecond", 1_000),
    ("microsecond", 1_000_000),
    ("nanosecond", NANOSECONDS_PER_SECOND),
    ("native", NANOSECONDS_PER_SECOND),
    ("perf_counter", NANOSECONDS_PER_SECOND),
    ("seconds", 1),
    ("milli_seconds", 1_000),
    ("micro_seconds", 1_000_000),
    ("nano_seconds", NANOSECONDS_PER_SECOND),
];

/// Nanoseconds as an integer of the unit that the optional argument names.
fn in_unit(context: &mut Context<'_>, nanoseconds: i64, unit: Option<&Term>) -> BifResult {
    let Some(unit) = unit else {
        return Ok(context.heap().integer(nanoseconds));
    };
    let parts = match context.machine.atoms.name(*unit) {
        Some(name) => UNITS
            .iter()
            .find(|(unit, _)| *unit == name)
            .map(|(_, parts)| *parts),
        None => unit.as_small().filter(|parts| *parts > 0),
    };
    let parts = parts.ok_or_else(badarg)?;
    let value = i128::from(nanoseconds) * i128::from(parts);
    let value = value.div_euclid(i128::from(NANOSECONDS_PER_SECOND));
    Ok(integer::from_i128(context.heap(), value))
}

fn monotonic_time(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let now = context.machine.monotonic_ns() as i64;
    in_unit(context, now, arguments.first())
}

fn system_time(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let now = context.machine.system_time_ns();
    in_unit(context, now, arguments.first())
}

/// The clock of the outside, which may be set; Erlang's system time isn't.
fn os_system_time(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let now = context.machine.platform.system_time_ns();
    in_unit(context, now, arguments.first())
}

fn time_offset(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let offset = context.machine.time_offset_ns;
    in_unit(context, offset, arguments.first())
}

/// `{MegaSeconds, Seconds, MicroSeconds}`.
fn timestamp(context: &mut Context<'_>, microseconds: i64) -> Term {
    let seconds = microseconds / 1_000_000;
    let parts = [
        seconds / 1_000_000,
        seconds % 1_000_000,
        microseconds % 1_000_000,
    ];
    context.heap().tuple(&parts.map(Term::small))
}

fn timestamp_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = context.machine.system_time_ns() / 1000;
    Ok(timestamp(context, now))
}

fn os_timestamp_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = context.machine.platform.system_time_ns() / 1000;
    Ok(timestamp(context, now))
}

fn now_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = context.machine.unique_microseconds();
    Ok(timestamp(context, now))
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar. The algorithm is Howard
/// Hinnant's `civil_from_days`.
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day, counted from 1970-01-01, of a date: the inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn date(context: &mut Context<'_>, seconds: i64) -> Term {
    let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
    context.heap().tuple(&[year, month, day].map(Term::small))
}

fn time_of_day(context: &mut Context<'_>, seconds: i64) -> Term {
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    context
        .heap()
        .tuple(&[second / 3600, second / 60 % 60, second % 60].map(Term::small))
}

fn date_time(context: &mut Context<'_>, seconds: i64) -> Term {
    let date = date(context, seconds);
    let time = time_of_day(context, seconds);
    context.heap().tuple(&[date, time])
}

fn seconds_now(context: &mut Context<'_>) -> i64 {
    context
        .machine
        .platform
        .system_time_ns()
        .div_euclid(NANOSECONDS_PER_SECOND)
}

fn date_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = seconds_now(context);
    Ok(date(context, now))
}

fn time_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = seconds_now(context);
    Ok(time_of_day(context, now))
}

fn universaltime_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let now = seconds_now(context);
    Ok(date_time(context, now))
}

/// The first year that OTP converts between universal and local time.
const FIRST_LOCAL_YEAR: i64 = 1902;
/// The first year that OTP converts to seconds.
const FIRST_YEAR: i64 = 1600;
/// The year after the last one that OTP converts.
const END_OF_YEARS: i64 = i32::MAX as i64;

/// The second, counted from 1970-01-01, of `{{Year, Month, Day}, {Hour, Minute, Second}}`.
fn seconds_of(date_time: Term, first_year: i64) -> Option<i64> {
    let [date, time] = *date_time.as_tuple_of::<2>()?;
    let [year, month, day] = date.as_tuple_of::<3>()?.map(Term::as_small);
    let [hour, minute, second] = time.as_tuple_of::<3>()?.map(Term::as_small);
    let (year, month, day) = (year?, month?, day?);
    let (hour, minute, second) = (hour?, minute?, second?);
    let valid = (1..=12).contains(&month)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (first_year..END_OF_YEARS).contains(&year);
    if !valid {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A day beyond its month's end comes back as another date.
    let exists = civil_from_days(days) == (year, month, day);
    exists.then(|| days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second)
}

fn same_time(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    if let Some(&daylight_saving) = arguments.get(1)
        && daylight_saving != known::UNDEFINED
    {
        daylight_saving.as_boolean().ok_or_else(badarg)?;
    }
    let seconds = seconds_of(arguments[0], FIRST_LOCAL_YEAR).ok_or_else(badarg)?;
    Ok(date_time(context, seconds))
}

fn posixtime_to_universaltime_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let seconds = arguments[0].as_small().ok_or_else(badarg)?;
    // Beyond this the year would not be one that Erlang's calendar can show.
    if seconds.abs() > END_OF_YEARS * 366 * SECONDS_PER_DAY {
        return Err(badarg());
    }
    Ok(date_time(context, seconds))
}

fn universaltime_to_posixtime_1(_: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    seconds_of(arguments[0], FIRST_YEAR)
        .map(Term::small)
        .ok_or_else(badarg)
}

fn new_reference(context: &mut Context<'_>) -> (u64, Term) {
    let number = context.machine.new_reference();
    (number, make_reference(context.heap(), number, 0))
}

fn make_ref_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    Ok(new_reference(context).1)
}

/// The bits of a unique integer that name the scheduler: enough for the three kinds of one each, and the threads that
/// are none.
const SCHEDULER_BITS: u32 = 2;

/// The unique integer that a scheduler gives at a value of its counter.
pub(super) fn unique_integer(
    context: &mut Context<'_>,
    scheduler: u64,
    counter: u64,
    positive: bool,
) -> Term {
    let value = i128::from(counter) << SCHEDULER_BITS | i128::from(scheduler);
    let base = if positive { 0 } else { Term::MIN_SMALL };
    integer::from_i128(context.heap(), value + i128::from(base))
}

fn unique_integer_0(context: &mut Context<'_>, _: &[Term]) -> BifResult {
    let counter = context.machine.new_unique_integer();
    Ok(unique_integer(context, 1, counter, false))
}

fn unique_integer_1(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let (monotonic, positive) = (known::MONOTONIC, context.machine.atom("positive"));
    let mut modifiers = arguments[0].list();
    let (mut is_positive, mut is_monotonic) = (false, false);
    for modifier in modifiers.by_ref() {
        match modifier {
            _ if modifier == monotonic => is_monotonic = true,
            _ if modifier == positive => is_positive = true,
            _ => return Err(badarg()),
        }
    }
    if !modifiers.ended_proper() {
        return Err(badarg());
    }
    if !is_monotonic {
        let counter = context.machine.new_unique_integer();
        return Ok(unique_integer(context, 1, counter, is_positive));
    }
    let value = i128::from(context.machine.new_monotonic_integer());
    let base = if is_positive { 0 } else { Term::MIN_SMALL };
    Ok(integer::from_i128(context.heap(), value + i128::from(base)))
}

fn start_timer(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    let timeout = known::TIMEOUT;
    add_timer(context, arguments, |heap, reference, message| {
        heap.tuple(&[timeout, reference, message])
    })
}

fn send_after(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    add_timer(context, arguments, |_, _, message| message)
}

fn add_timer(
    context: &mut Context<'_>,
    arguments: &[Term],
    envelope: impl FnOnce(&mut dyn Heap, Term, Term) -> Term,
) -> BifResult {
    let [time, to, message, ref options @ ..] = *arguments else {
        return Err(badarg());
    };
    let mut absolute = false;
    let options = timer_options(context, options.first());
    let badopt = badarg_cause(context.machine.atom("badopt"));
    for (name, value) in options.ok_or(badopt)? {
        if name != "abs" {
            return Err(badopt);
        }
        absolute = value;
    }
    let now = context.machine.monotonic_ns() as i64;
    let deadline = match time.as_small() {
        Some(milliseconds) if absolute && milliseconds.abs() < MAX_TIMER_MILLISECONDS / 1024 => {
            milliseconds
                .saturating_mul(NANOSECONDS_PER_MILLISECOND)
                .max(now)
        }
        Some(milliseconds @ 0..MAX_TIMER_MILLISECONDS) if !absolute => {
            now.saturating_add(milliseconds.saturating_mul(NANOSECONDS_PER_MILLISECOND))
        }
        _ => return Err(badarg_cause(context.machine.atom("time"))),
    };
    if !to.is_local_pid() && !to.is_atom() {
        return Err(badarg());
    }
    let (number, reference) = new_reference(context);
    if to.is_local_pid() && !context.is_alive(to) {
        // It would never be told.
        return Ok(reference);
    }
    let message = envelope(context.heap(), reference, message);
    let message: OwnedTerm = context.own(message);
    let action = Action::Send {
        to,
        message,
        reference: number,
    };
    context.machine.timers.start(deadline as u64, action);
    Ok(reference)
}

/// Reads `[{Name, boolean()}]`.
fn timer_options(
    context: &Context<'_>,
    list: Option<&Term>,
) -> Option<alloc::vec::Vec<(&'static str, bool)>> {
    let mut options = alloc::vec::Vec::new();
    let Some(list) = list else {
        return Some(options);
    };
    let mut elements = list.list();
    for option in elements.by_ref() {
        let &[name, value] = option.as_tuple_of::<2>()?;
        options.push((context.machine.atoms.name(name)?, value.as_boolean()?));
    }
    elements.ended_proper().then_some(options)
}

/// Milliseconds until a deadline, rounded up; `false` when there is no such timer.
fn time_left(context: &mut Context<'_>, deadline: Option<u64>) -> Term {
    let now = context.machine.monotonic_ns();
    match deadline {
        Some(deadline) => {
            let left = deadline
                .saturating_sub(now)
                .div_ceil(NANOSECONDS_PER_MILLISECOND as u64);
            Term::small(left as i64)
        }
        None => known::FALSE,
    }
}

fn cancel_timer(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    answer_about_timer(context, arguments, "cancel_timer", |context, number| {
        context.machine.timers.cancel(number)
    })
}

fn read_timer(context: &mut Context<'_>, arguments: &[Term]) -> BifResult {
    answer_about_timer(context, arguments, "read_timer", |context, number| {
        context.machine.timers.deadline(number)
    })
}

fn answer_about_timer(
    context: &mut Context<'_>,
    arguments: &[Term],
    tag: &'static str,
    deadline: impl FnOnce(&mut Context<'_>, u64) -> Option<u64>,
) -> BifResult {
    let reference = arguments[0];
    if !reference.is_reference() {
        return Err(badarg());
    }
    let (mut is_async, mut info) = (false, true);
    for (name, value) in timer_options(context, arguments.get(1)).ok_or_else(badarg)? {
        match name {
            "async" => is_async = value,
            "info" if tag == "cancel_timer" => info = value,
            _ => return Err(badarg()),
        }
    }
    let deadline = reference
        .as_reference()
        .and_then(|(number, _)| deadline(context, number));
    let left = time_left(context, deadline);
    if is_async && info {
        let tag = context.machine.atom(tag);
        let reply = context.heap().tuple(&[tag, reference, left]);
        context.process.messages.push_resident(reply);
    }
    Ok(if is_async || !info { known::OK } else { left })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(civil_from_days(19_723), (2024, 1, 1));
        assert_eq!(days_from_civil(2000, 2, 29), 11_016);
        for days in (-800_000..800_000).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }
}
