//! What a value may be: numbers within librdkafka's ranges, words of a list, text.

/// The values of a property. Numbers are whole and decimal: librdkafka's own reader takes `010` for eight.
#[derive(Debug, Clone, Copy)]
pub(super) enum PropertyKind {
    /// A number of librdkafka's; outside the range is a mistake.
    Int {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// A number as Java takes it, from `from` on; outside librdkafka's range it becomes the nearest in it, and that is
    /// said.
    Near {
        /// Least that Java takes.
        from: i64,
        /// Least that librdkafka takes.
        min: i64,
        /// Greatest that librdkafka takes.
        max: i64,
    },
    /// Milliseconds with an optional fraction, 0 to `max`; more becomes `max`, and that is said.
    Millis {
        /// Greatest.
        max: u32,
    },
    /// `true` or `false`.
    Bool,
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// Anything but nothing.
    Text,
}

/// A value as librdkafka is to be given it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PropertyValue {
    /// The value.
    pub(super) text: String,
    /// Why it is another than was written; empty when it only differs in spelling.
    pub(super) note: String,
}

impl PropertyKind {
    /// Reads a value (without blanks around it), or says what it should be.
    pub(super) fn read(self, value: &str) -> Result<PropertyValue, String> {
        let plain = |text: &str| Ok(PropertyValue { text: text.to_owned(), note: String::new() });
        match self {
            Self::Int { min, max } => match whole(value) {
                Some(number) if (min..=max).contains(&number) => plain(&number.to_string()),
                _ => Err(format!("write a whole number from {min} to {max}")),
            },
            Self::Near { from, min, max } => match whole(value) {
                Some(number) if number >= from => Ok(near(number, min, max)),
                _ => Err(format!("write a whole number, {from} or more")),
            },
            Self::Millis { max } => match value.parse::<f64>() {
                Ok(number) if number > f64::from(max) => {
                    Ok(PropertyValue { text: max.to_string(), note: format!("librdkafka takes {max} at most") })
                }
                Ok(number) if number >= 0.0 => plain(&number.to_string()),
                _ => Err("write a number of milliseconds, 0 or more".to_owned()),
            },
            Self::Bool => match value.to_ascii_lowercase().as_str() {
                "true" => plain("true"),
                "false" => plain("false"),
                _ => Err("write true or false".to_owned()),
            },
            Self::OneOf(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
                Some(word) => plain(word),
                None => Err(format!("write {}", either(words))),
            },
            Self::Text => plain(value),
        }
    }
}

/// The number nearest to `number` within librdkafka's range, with the words for it when that is another.
pub(super) fn near(number: i64, min: i64, max: i64) -> PropertyValue {
    let note = if number > max {
        format!("librdkafka takes {max} at most")
    } else if number < min {
        format!("librdkafka takes {min} at least")
    } else {
        String::new()
    };
    PropertyValue { text: number.clamp(min, max).to_string(), note }
}

/// A whole decimal number.
pub(super) fn whole(value: &str) -> Option<i64> {
    value.parse().ok()
}

/// `a, b or c`.
fn either(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: PropertyKind, value: &str) -> String {
        kind.read(value).map_or_else(|why| format!("refused: {why}"), |value| value.text)
    }

    #[test]
    fn numbers_are_decimal_whatever_librdkafka_would_make_of_them() {
        let kind = PropertyKind::Int { min: 0, max: 100 };
        assert_eq!(text(kind, "010"), "10");
        assert_eq!(text(kind, "+7"), "7");
        for wrong in ["101", "-1", "0x10", "1k", "", "1.5", "99999999999999999999"] {
            assert_eq!(text(kind, wrong), "refused: write a whole number from 0 to 100", "{wrong}");
        }
    }

    #[test]
    fn a_java_number_beyond_the_range_becomes_the_nearest_and_says_so() {
        let kind = PropertyKind::Near { from: 0, min: 1, max: 900_000 };
        assert_eq!(
            kind.read("1200000"),
            Ok(PropertyValue { text: "900000".into(), note: "librdkafka takes 900000 at most".into() })
        );
        assert_eq!(kind.read("0"), Ok(PropertyValue { text: "1".into(), note: "librdkafka takes 1 at least".into() }));
        assert_eq!(kind.read("5"), Ok(PropertyValue { text: "5".into(), note: String::new() }));
        assert!(kind.read("-1").is_err());
    }

    #[test]
    fn milliseconds_may_have_a_fraction_but_are_numbers() {
        let kind = PropertyKind::Millis { max: 900_000 };
        assert_eq!(text(kind, "0.5"), "0.5");
        assert_eq!(text(kind, "100"), "100");
        assert_eq!(text(kind, "1000000"), "900000");
        for wrong in ["-1", "NaN", "soon", ""] {
            assert!(kind.read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(text(kind, "inf"), "900000");
    }

    #[test]
    fn words_are_found_in_any_case_and_listed_when_not() {
        let kind = PropertyKind::OneOf(&["none", "gzip", "zstd"]);
        assert_eq!(text(kind, "ZSTD"), "zstd");
        assert_eq!(text(kind, "brotli"), "refused: write none, gzip or zstd");
        assert_eq!(text(PropertyKind::Bool, "TRUE"), "true");
        assert_eq!(text(PropertyKind::Bool, "yes"), "refused: write true or false");
    }
}
