//! From text to durations and rates. Decimal fractions are read digit by digit, so `0.1s` is exactly 100,000,000 ns.

use super::{NS_PER_S, Rate, UnitError};
use std::time::Duration;

/// Units of time by name, in ns.
const TIME_UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", NS_PER_S),
    ("m", 60 * NS_PER_S),
    ("h", 3_600 * NS_PER_S),
    ("d", 86_400 * NS_PER_S),
];

/// Reads `30s`, `500ms`, `2m`, `1.5h`, `250us`, `1m30s`. A number without unit is refused.
///
/// Units are ns, us (or µs), ms, s, m, h, d; parts are added; what is smaller than 1 ns is cut off.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let error = || UnitError {
        text: text.to_owned(),
        what: "duration",
        remedy: "write a number and a unit, for example 500ms, 30s, 2m, 1.5h or 1m30s",
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(error());
    }
    let mut total_ns: u64 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(error)?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let unit_ns = TIME_UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|&(_, ns)| ns).ok_or_else(error)?;
        let part_ns = decimal_times(number, unit_ns).ok_or_else(error)?;
        total_ns = total_ns.checked_add(part_ns).ok_or_else(error)?;
        rest = tail;
    }
    Ok(Duration::from_nanos(total_ns))
}

/// `number` (digits with at most one point) × `unit`, cut to a whole number; None when it is no number or too large.
fn decimal_times(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut result = u128::from(whole) * u128::from(unit);
    let mut place = u128::from(unit) * 1_000_000_000;
    let mut parts = 0u128;
    for digit in fraction.chars() {
        place /= 10;
        parts += place * u128::from(digit.to_digit(10)?);
    }
    result += parts / 1_000_000_000;
    u64::try_from(result).ok()
}

/// Reads `50k`, `1.5M`, `20000`, `20_000`, `unlimited`/`max`. k = 1,000, M = 1,000,000. 0 and negative are refused.
///
/// A trailing `/s` is allowed.
pub fn parse_rate(text: &str) -> Result<Rate, UnitError> {
    let error = || UnitError {
        text: text.to_owned(),
        what: "rate",
        remedy: "write messages per second above 0, for example 20000, 50k or 1.5M, or unlimited",
    };
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("unlimited") || trimmed.eq_ignore_ascii_case("max") {
        return Ok(Rate::Unlimited);
    }
    let trimmed = trimmed.strip_suffix("/s").unwrap_or(trimmed).trim_end();
    let (number, factor) = match trimmed.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1_000.0),
        None => match trimmed.strip_suffix('M') {
            Some(number) => (number, 1_000_000.0),
            None => (trimmed, 1.0),
        },
    };
    let number = number.trim_end();
    let well_formed = number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_');
    if !well_formed {
        return Err(error());
    }
    let per_s = number.replace('_', "").parse::<f64>().map_err(|_| error())? * factor;
    if per_s > 0.0 && per_s.is_finite() { Ok(Rate::PerSecond(per_s)) } else { Err(error()) }
}

/// Units of size by name, in bytes.
const SIZE_UNITS: [(&str, u64); 6] =
    [("", 1), ("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20)];

/// Reads `100`, `1KiB`, `1.5MiB`, `10kB` as bytes, at most 4,294,967,295. KiB = 1,024, kB = 1,000; a bare `k` says
/// neither and is refused.
pub fn parse_size(text: &str) -> Result<u32, UnitError> {
    let error = || UnitError {
        text: text.to_owned(),
        what: "size",
        remedy: "write bytes, or KiB (1,024), MiB, kB (1,000), MB, for example 100, 1KiB or 1MB",
    };
    let trimmed = text.trim();
    let number_end = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(number_end);
    let (_, unit_bytes) = SIZE_UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(error)?;
    let bytes = decimal_times(&number.replace('_', ""), *unit_bytes).ok_or_else(error)?;
    u32::try_from(bytes).map_err(|_| error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_units_that_say_what_they_are() {
        for (text, bytes) in [
            ("100", 100),
            ("1KiB", 1_024),
            ("1.5 KiB", 1_536),
            ("1kB", 1_000),
            ("2MiB", 2_097_152),
            ("1_000B", 1_000),
            ("0", 0),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "k", "1k", "1K", "-1", "1GB", "5000MB", "many"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_read_exactly() {
        let cases: [(&str, u64); 16] = [
            ("30s", 30 * NS_PER_S),
            ("0s", 0),
            ("500ms", 500_000_000),
            ("2m", 120 * NS_PER_S),
            ("1.5h", 5_400 * NS_PER_S),
            ("250us", 250_000),
            ("250µs", 250_000),
            ("250μs", 250_000),
            ("7ns", 7),
            ("1m30s", 90 * NS_PER_S),
            ("1h 2m 3s", 3_723 * NS_PER_S),
            ("0.1s", 100_000_000),
            (".5s", 500_000_000),
            ("1d", 86_400 * NS_PER_S),
            (" 10 s ", 10 * NS_PER_S),
            ("1.0000000019s", 1_000_000_001),
        ];
        for (text, ns) in cases {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(ns)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_a_remedy() {
        for text in
            ["", " ", "30", "s", "-5s", "1.2.3s", "5 parsecs", "1m30", ".s", "1e3s", "99999999999999999999s", "900000d"]
        {
            let error = parse_duration(text).expect_err(text);
            assert_eq!(error.what, "duration");
            assert!(error.to_string().contains("1m30s"), "{error}");
        }
    }

    #[test]
    fn rates_are_read() {
        let cases = [
            ("20000", 20_000.0),
            ("20_000", 20_000.0),
            ("50k", 50_000.0),
            ("50K", 50_000.0),
            ("1.5M", 1_500_000.0),
            ("0.5", 0.5),
            ("100/s", 100.0),
            ("50k/s", 50_000.0),
            ("2 k", 2_000.0),
        ];
        for (text, per_s) in cases {
            assert_eq!(parse_rate(text), Ok(Rate::PerSecond(per_s)), "{text}");
        }
        for text in ["unlimited", "max", "Unlimited", " MAX "] {
            assert_eq!(parse_rate(text), Ok(Rate::Unlimited), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "0", "-1", "0k", "inf", "nan", "1e5", "5m", "k", "ten", "1.2.3", "_5", "1,000"] {
            let error = parse_rate(text).expect_err(text);
            assert_eq!(error.what, "rate");
        }
    }
}
