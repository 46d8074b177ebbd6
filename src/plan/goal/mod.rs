//! What a run shall reach: `end_to_end_intended p99 <= 20ms in 99 % of 10s windows`.
//!
//! A goal is one figure of the detail file by its name there, a comparison, a bound with its unit, and optionally
//! windows of time in each of which (or in a share of which) it shall hold. `figure` lists the figures, `grammar` reads
//! goals; `verdict::goals` judges them.

mod figure;
mod grammar;

pub use figure::{GoalFigure, GoalLevel, GoalUnit};

use std::time::Duration;

/// One goal. It is written and read back as its text.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Goal {
    /// As written, spaces made one.
    pub text: String,
    /// What is looked at.
    pub figure: GoalFigure,
    /// How it is compared.
    pub comparison: GoalOperator,
    /// With what.
    pub bound: Bound,
    /// In which parts of the measurement; None: in the measurement as a whole.
    pub windows: Option<GoalWindows>,
}

/// How a figure is compared with its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalOperator {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `==`
    Equal,
}

impl GoalOperator {
    /// All, longer signs first, for reading.
    const ALL: [Self; 5] = [Self::AtMost, Self::AtLeast, Self::Equal, Self::Below, Self::Above];

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::Below => "<",
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::Equal => "==",
        }
    }

    /// Does `value` compare so with `bound`?
    #[expect(clippy::float_cmp, reason = "equality is asked of whole counts, which floats hold exactly")]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::AtMost => value <= bound,
            Self::Below => value < bound,
            Self::AtLeast => value >= bound,
            Self::Above => value > bound,
            Self::Equal => value == bound,
        }
    }

    /// Would a smaller value hold as well?
    pub fn is_upper(self) -> bool {
        matches!(self, Self::AtMost | Self::Below)
    }
}

/// What a figure is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A value in the figure's unit: ns, messages/s, bytes/s, messages, a fraction.
    Value(f64),
    /// So much of the rate that was asked for (a fraction).
    OfTarget(f64),
}

/// Windows of equal length, one behind the other from the beginning of the measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoalWindows {
    /// Length of each.
    pub length: Duration,
    /// In what share of them the goal shall hold (1: in every one).
    pub share: f64,
}

impl Goal {
    /// Reads a goal; the error says what is wrong with which part, and what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        grammar::goal(text)
    }

    /// What speaks against it in a run with periods of `period`, with a constant target or without one.
    pub fn unfit(&self, period: Duration, has_target: bool) -> Option<String> {
        if let Some(GoalWindows { length, .. }) = self.windows
            && (length < period || length.as_nanos() % period.as_nanos().max(1) != 0)
        {
            let period = crate::units::format_duration(period);
            return Some(format!(
                "goal {:?}: a window is one or more whole periods of {period}: write such a length, or change the \
                 periods (logIntervalMillis)",
                self.text
            ));
        }
        if matches!(self.bound, Bound::OfTarget(_)) && !has_target {
            return Some(format!(
                "goal {:?}: this run asks for no constant rate, so there is no target: write messages per second",
                self.text
            ));
        }
        None
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Goal {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Goal> for String {
    fn from(goal: Goal) -> Self {
        goal.text
    }
}

#[cfg(test)]
mod tests;
