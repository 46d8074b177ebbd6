//! Numbers as Java's `DecimalFormat` writes them in the root locale.

/// The patterns `#` (0 digits), `#.##` (2), `#.###` (3): at most that many digits behind the point, no zeros at the
/// end, halves to the even neighbour (judged by the exact binary value, as Java does since version 8). What is no
/// finite number becomes an empty text.
pub fn decimal(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return String::new();
    }
    // Rust rounds the exact value, halves to even, just the same.
    let text = format!("{value:.digits$}");
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_written_as_java_does() {
        // What Java 17 writes for "#", "#.##" and "#.###".
        for (value, expected) in [
            (0.5, ["0", "0.5", "0.5"]),
            (0.25, ["0", "0.25", "0.25"]),
            (0.125, ["0", "0.12", "0.125"]),
            (2.5, ["2", "2.5", "2.5"]),
            (3.5, ["4", "3.5", "3.5"]),
            (0.0, ["0", "0", "0"]),
            (0.004, ["0", "0", "0.004"]),
            (0.005, ["0", "0.01", "0.005"]),
            (1.005, ["1", "1", "1.005"]),
            (1.115, ["1", "1.11", "1.115"]),
            (123_456.785, ["123457", "123456.79", "123456.785"]),
            (1e7, ["10000000", "10000000", "10000000"]),
        ] {
            assert_eq!([0, 2, 3].map(|digits| decimal(value, digits)), expected, "{value}");
        }
        assert_eq!(decimal(f64::NAN, 2), "");
    }
}
