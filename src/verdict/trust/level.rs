//! The percentiles at which figures are judged, from the median to the maximum.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
pub enum OwnLevel {
    /// The median.
    #[serde(rename = "p50")]
    P50,
    /// 75 %.
    #[serde(rename = "p75")]
    P75,
    /// 90 %.
    #[serde(rename = "p90")]
    P90,
    /// 95 %.
    #[serde(rename = "p95")]
    P95,
    /// 99 %.
    #[serde(rename = "p99")]
    P99,
    /// 99.9 %.
    #[serde(rename = "p99.9")]
    P99_9,
    /// 99.99 %.
    #[serde(rename = "p99.99")]
    P99_99,
    /// The largest value.
    #[serde(rename = "max")]
    Max,
}

impl OwnLevel {
    /// All of them, lowest first.
    pub const ALL: [Self; 8] =
        [Self::P50, Self::P75, Self::P90, Self::P95, Self::P99, Self::P99_9, Self::P99_99, Self::Max];

    /// In percent; the maximum is 100.
    pub const fn percentile(self) -> f64 {
        match self {
            Self::P50 => 50.0,
            Self::P75 => 75.0,
            Self::P90 => 90.0,
            Self::P95 => 95.0,
            Self::P99 => 99.0,
            Self::P99_9 => 99.9,
            Self::P99_99 => 99.99,
            Self::Max => 100.0,
        }
    }

    /// Its name, as it is serialized.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P75 => "p75",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P99_9 => "p99.9",
            Self::P99_99 => "p99.99",
            Self::Max => "max",
        }
    }
}

impl fmt::Display for OwnLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for OwnLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|level| level.name() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("there is no level {text:?}; there are {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_by_the_name_that_it_is_written_with() {
        for level in OwnLevel::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
        assert!("p42".parse::<OwnLevel>().unwrap_err().contains("there are p50, p75, "));
        assert!(OwnLevel::ALL.windows(2).all(|pair| pair[0] < pair[1] && pair[0].percentile() < pair[1].percentile()));
    }
}
