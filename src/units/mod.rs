//! Durations, rates, byte counts: parsing, printing, and the only conversions between them.
//!
//! Inside the program a time is a `u64` of nanoseconds on the raw monotonic clock and its name ends in `_ns`;
//! a rate is an `f64` of messages per second and its name ends in `_per_s`.

mod format;
mod parse;
mod wrap;

pub use format::{
    counted, first_few, format_count, format_difference, format_duration, format_ns, format_rate, format_size,
};
pub use parse::{parse_duration, parse_rate, parse_size};
pub use wrap::wrap;

/// Nanoseconds in one second.
pub const NS_PER_S: u64 = 1_000_000_000;

/// A mean or a computed time as whole ns; below 0 is 0.
pub fn whole_ns(ns: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are far below 2^64 ns and never negative; `as` saturates"
    )]
    let whole = ns.round() as u64;
    whole
}

/// A text that is no duration, rate or size. Its message says what was read and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}: {remedy}")]
pub struct UnitError {
    /// What was read.
    pub text: String,
    /// What it should have been: "duration", "rate", "size".
    pub what: &'static str,
    /// How to write one.
    pub remedy: &'static str,
}

/// A send rate as the user gives it.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Messages per second, above 0.
    #[schemars(extend("unit" = "messages/s"))]
    PerSecond(f64),
    /// As fast as the client's queue takes them; there is no schedule.
    Unlimited,
}
