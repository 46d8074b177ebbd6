//! From numbers to text for people. Result files carry plain numbers instead.

use super::NS_PER_S;
use std::time::Duration;

/// `900 µs`, `12.3 µs`, `1.20 s`: three significant digits, the unit chosen by size. Whole nanoseconds below 1 µs.
pub fn format_ns(ns: u64) -> String {
    if ns < 1_000 {
        return format!("{ns} ns");
    }
    for (unit_ns, name) in [(1_000, "µs"), (1_000_000, "ms")] {
        // 999.5 of a unit and more would print as 1000: that belongs to the next unit.
        if ns < unit_ns * 1_000 - unit_ns / 2 {
            return format!("{} {name}", three_digits(ns, unit_ns));
        }
    }
    format!("{} s", three_digits(ns, NS_PER_S))
}

/// `value ÷ unit` rounded to three significant digits (to whole numbers from 100 on).
fn three_digits(value: u64, unit: u64) -> String {
    // The limits are where the rounding itself would add a digit.
    for (decimals, limit_milli) in [(2u32, 9_995u64), (1, 99_950)] {
        if u128::from(value) * 1_000 < u128::from(limit_milli) * u128::from(unit) {
            let scale = 10u64.pow(decimals);
            let scaled = (u128::from(value) * u128::from(scale) + u128::from(unit / 2)) / u128::from(unit);
            let (whole, part) = (scaled / u128::from(scale), scaled % u128::from(scale));
            return format!("{whole}.{part:0width$}", width = if decimals == 2 { 2 } else { 1 });
        }
    }
    format_count(value / unit + u64::from(value % unit >= unit.div_ceil(2)))
}

/// A difference as a share of what it is compared with: `+3.2 %`, `−40.0 %`; from three times as much on the factor,
/// `× 73.1`.
pub fn format_difference(share: f64) -> String {
    if share >= 2.0 {
        return format!("× {:.1}", share + 1.0);
    }
    format!("{:+.1} %", share * 100.0).replace('-', "−")
}

/// A length of time as people write it: `30 s`, `5 min`, `1 min 30 s`, `1 h 5 min`, `0.5 s`.
pub fn format_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let rest = f64::from(u32::try_from(seconds % 60).unwrap_or(0)) + f64::from(time.subsec_millis()) / 1_000.0;
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min")];
    let mut words: Vec<_> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if rest > 0.0 || words.is_empty() {
        words.push(format!("{rest} s"));
    }
    words.join(" ")
}

/// `1 topic`, `1,000 topics`; `process` becomes `processes`.
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let ending = match count {
        1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {noun}{ending}", format_count(count))
}

/// The first five of many things, and how many more there are: `a, b, c, d, e, and 1,995 more`.
pub fn first_few(all: &[String], between: &str) -> String {
    const FEW: usize = 5;
    let shown = all[..all.len().min(FEW)].join(between);
    match all.len().saturating_sub(FEW) {
        0 => shown,
        more => format!("{shown}{between}and {} more", format_count(u64::try_from(more).unwrap_or(u64::MAX))),
    }
}

/// `801.6 MiB`, `1.4 GiB`.
pub fn format_size(bytes: u64) -> String {
    const MIB: f64 = 1_048_576.0;
    let mib = bytes as f64 / MIB;
    if mib < 1_024.0 { format!("{mib:.1} MiB") } else { format!("{:.1} GiB", mib / 1_024.0) }
}

/// `1,234,567`.
pub fn format_count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `19,998/s`, `1.25 M/s`, `0.50/s`: for people. What is no number prints as `–/s`.
pub fn format_rate(per_s: f64) -> String {
    if !per_s.is_finite() || per_s < 0.0 {
        return "–/s".to_owned();
    }
    if per_s == 0.0 {
        return "0/s".to_owned();
    }
    if per_s < 9.995 {
        return format!("{per_s:.2}/s");
    }
    if per_s < 999_999.5 {
        return format!("{}/s", format_count(round(per_s)));
    }
    format!("{} M/s", three_digits(round(per_s), 1_000_000))
}

/// Nearest whole number of a value that is known to be finite and not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass finite values of 0 and above; `as` saturates at u64::MAX"
)]
fn round(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_things_the_first_are_named_and_the_others_counted() {
        let names: Vec<String> = (0..2_000).map(|number| format!("t-{number}")).collect();
        assert_eq!(first_few(&names[..2], ", "), "t-0, t-1");
        assert_eq!(first_few(&names, ", "), "t-0, t-1, t-2, t-3, t-4, and 1,995 more");
    }

    #[test]
    fn small_differences_are_per_cent_and_large_ones_factors() {
        let shown = [0.032, -0.4, 0.0, 1.999, 2.0, 72.06].map(format_difference);
        assert_eq!(shown, ["+3.2 %", "−40.0 %", "+0.0 %", "+199.9 %", "× 3.0", "× 73.1"]);
    }

    #[test]
    fn sizes_are_mebibytes_and_gibibytes() {
        assert_eq!([1 << 20, 840_000_000, 3 << 29].map(format_size), ["1.0 MiB", "801.1 MiB", "1.5 GiB"]);
    }

    #[test]
    fn times_have_three_digits_and_a_fitting_unit() {
        let cases = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (1_005, "1.01 µs"),
            (12_345, "12.3 µs"),
            (99_949, "99.9 µs"),
            (99_950, "100 µs"),
            (900_000, "900 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (9_994_999, "9.99 ms"),
            (9_995_000, "10.0 ms"),
            (1_200_000_000, "1.20 s"),
            (61_000_000_000, "61.0 s"),
            (3_600_000_000_000, "3,600 s"),
        ];
        for (ns, text) in cases {
            assert_eq!(format_ns(ns), text, "{ns}");
        }
        assert!(format_ns(u64::MAX).ends_with(" s"));
    }

    #[test]
    fn lengths_of_time_are_written_as_people_write_them() {
        for (ms, text) in [
            (30_000, "30 s"),
            (300_000, "5 min"),
            (90_000, "1 min 30 s"),
            (3_900_000, "1 h 5 min"),
            (500, "0.5 s"),
            (0, "0 s"),
        ] {
            assert_eq!(format_duration(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn counted_things_have_their_plural() {
        for (count, noun, text) in
            [(1_u32, "topic", "1 topic"), (1_000, "topic", "1,000 topics"), (0, "process", "0 processes")]
        {
            assert_eq!(counted(count, noun), text);
        }
    }

    #[test]
    fn counts_have_separators() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (20_000, "20,000")] {
            assert_eq!(format_count(count), text);
        }
    }

    #[test]
    fn rates_read_well() {
        let cases = [
            (0.0, "0/s"),
            (0.5, "0.50/s"),
            (9.994, "9.99/s"),
            (10.0, "10/s"),
            (19_998.4, "19,998/s"),
            (999_999.4, "999,999/s"),
            (999_999.6, "1.00 M/s"),
            (1_254_000.0, "1.25 M/s"),
            (f64::NAN, "–/s"),
        ];
        for (per_s, text) in cases {
            assert_eq!(format_rate(per_s), text, "{per_s}");
        }
    }
}
