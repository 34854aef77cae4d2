//! Floats as text, in the formats of `float_to_list/2`, and back.

use alloc::format;
use alloc::string::String;

/// How to print a float.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// `{scientific, Digits}`: this many digits after the point, which follows the first digit.
    Scientific(usize),
    /// `{decimals, Digits}`, with `compact` or not.
    Decimals {
        /// How many digits follow the point.
        digits: usize,
        /// Whether trailing zeros are left out, except for one after the point.
        compact: bool,
    },
    /// `short`: the fewest digits that read back as the same float.
    Short,
}

impl Format {
    /// What `float_to_list/1` prints: `1.00000000000000000000e+00`.
    pub const DEFAULT: Format = Format::Scientific(20);
}

/// The most characters of a text with a given number of digits, and the most such digits: OTP's limits.
const MAX_CHARACTERS: usize = 255;
const MAX_SCIENTIFIC_DIGITS: usize = 249;
const MAX_DECIMALS: usize = 253;

/// From here on not every integer is a float, and `short` always uses an exponent.
const EXACT_LIMIT: f64 = (1u64 << 53) as f64;

/// The text of a finite float; `None` when the format asks for more than OTP's limits.
pub fn to_text(value: f64, format: Format) -> Option<String> {
    debug_assert!(value.is_finite());
    match format {
        Format::Scientific(digits) if digits <= MAX_SCIENTIFIC_DIGITS => {
            Some(scientific(value, digits))
        }
        Format::Decimals { digits, compact } if digits <= MAX_DECIMALS => {
            let mut text = decimals(value, digits);
            if text.len() > MAX_CHARACTERS {
                return None;
            }
            if compact && digits > 0 {
                let significant = text.trim_end_matches('0').len();
                text.truncate(significant);
                if text.ends_with('.') {
                    text.push('0');
                }
            }
            Some(text)
        }
        Format::Short => Some(short(value)),
        _ => None,
    }
}

/// As C's `%.*e`: the exponent has a sign and at least two digits.
fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    // The formatter of a float always writes one `e` and a valid exponent.
    let (significand, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{significand}e{sign}{exponent:0>2}")
}

/// A fixed number of decimals. Up to 18 of a float below 2^53 are had by scaling the fraction and rounding
/// half away from zero, as OTP has them; any others are those of the exact value.
fn decimals(value: f64, digits: usize) -> String {
    let absolute = value.abs();
    if absolute > EXACT_LIMIT || digits > 18 {
        return format!("{value:.digits$}");
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if digits == 0 {
        return format!("{sign}{}", libm::round(absolute) as u64);
    }
    let scale = 10u64.pow(digits as u32);
    let whole = libm::floor(absolute);
    let fraction = libm::round((absolute - whole) * scale as f64) as u64;
    let (whole, fraction) = if fraction >= scale {
        (whole as u64 + 1, 0)
    } else {
        (whole as u64, fraction)
    };
    format!("{sign}{whole}.{fraction:0digits$}")
}

/// The fewest digits that read back as a float: of several such numbers the nearest, and of two that are as near the even one.
struct Shortest {
    digits: String,
    /// The absolute value is 0.digits * 10^place.
    place: i32,
    /// The exponent when the point follows the first digit.
    exponent: String,
}

impl Shortest {
    fn of(value: f64) -> Shortest {
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(value.abs());
        let (significand, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let leading = all.len() - digits.len();
        let digits = match digits.trim_end_matches('0') {
            "" => "0",
            digits => digits,
        };
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let place = exponent + whole.len() as i32 - leading as i32;
        Shortest {
            digits: digits.into(),
            place,
            exponent: format!("{}", place - 1),
        }
    }
}

/// The fewest digits that read back as `value`, without an exponent where that is not longer.
fn short(value: f64) -> String {
    let Shortest {
        digits,
        place,
        exponent,
    } = Shortest::of(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let count = digits.len() as i32;
    let exponent_cost = exponent.len() as i32 + 1 + if count == 1 { 2 } else { 1 };
    let (first, rest) = digits.split_at(1);
    let rest = if rest.is_empty() { "0" } else { rest };
    let with_exponent = || format!("{sign}{first}.{rest}e{exponent}");

    if value == 0.0 {
        format!("{sign}0.0")
    } else if value.abs() >= EXACT_LIMIT {
        with_exponent()
    } else if place <= 0 {
        if place == 0 || 2 - place <= exponent_cost {
            format!("{sign}0.{}{digits}", "0".repeat(-place as usize))
        } else {
            with_exponent()
        }
    } else if place >= count {
        if place - count + 2 <= exponent_cost {
            format!("{sign}{digits}{}.0", "0".repeat((place - count) as usize))
        } else {
            with_exponent()
        }
    } else {
        let (whole, fraction) = digits.split_at(place as usize);
        format!("{sign}{whole}.{fraction}")
    }
}

/// The float that `text` is: an optional sign, digits, a point (or, as OTP has it, a comma), digits, and
/// maybe an exponent. `None` when it is anything else or too large; what is too small is zero.
pub fn parse(text: &[u8]) -> Option<f64> {
    let text = core::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (significand, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((significand, exponent)) => (significand, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = significand.split_once(['.', ','])?;
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.map(|part| part.strip_prefix(['+', '-']).unwrap_or(part));
    if !is_digits(whole) || !is_digits(fraction) || !exponent_digits.is_none_or(is_digits) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let exponent = exponent.unwrap_or("0");
    let value: f64 = format!("{sign}{whole}.{fraction}e{exponent}")
        .parse()
        .ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_manner() {
        let decimals = |digits, compact| Format::Decimals { digits, compact };
        for (value, format, text) in [
            (1.0, Format::DEFAULT, "1.00000000000000000000e+00"),
            (-1.0e-100, Format::Scientific(2), "-1.00e-100"),
            (2.5, Format::Scientific(0), "2e+00"),
            (2.5, decimals(0, false), "3"),
            (0.999, decimals(2, false), "1.00"),
            (0.999, decimals(2, true), "1.0"),
            (-0.04, decimals(1, false), "-0.0"),
            (1.0e20, decimals(1, false), "100000000000000000000.0"),
            (0.0001, Format::Short, "0.0001"),
            (0.00001, Format::Short, "1.0e-5"),
            (100.0, Format::Short, "100.0"),
            (1000.0, Format::Short, "1.0e3"),
            (-123456789.0, Format::Short, "-123456789.0"),
            (9007199254740992.0, Format::Short, "9.007199254740992e15"),
            (5.0e-324, Format::Short, "5.0e-324"),
            (-0.0, Format::Short, "-0.0"),
        ] {
            assert_eq!(to_text(value, format).as_deref(), Some(text));
        }
        assert_eq!(to_text(1.0, Format::Scientific(250)), None);
        assert_eq!(to_text(1.0e300, decimals(1, true)), None);
    }

    #[test]
    fn only_floats_are_read() {
        assert_eq!(parse(b"-1.5e-3"), Some(-0.0015));
        assert_eq!(parse(b"1.0e-400"), Some(0.0));
        for text in [
            "1", "1.", ".5", "1e5", "1.0e", "1.0e400", " 1.0", "inf", "1_0.0", "",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
