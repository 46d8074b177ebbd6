//! What a consumer does with each message besides counting it: the work of an application, as asked for.

use crate::units::format_ns;

/// The time that a consumer spends on each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Processing {
    /// Mean time of a message.
    pub processing_mean_ns: u64,
    /// Constant or exponential.
    pub processing_times: ProcessingTimes,
    /// `spin`: it uses the CPU; sleep: it leaves it to others.
    pub processing_manner: ProcessingManner,
}

/// How long each message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessingTimes {
    /// All the same.
    Constant,
    /// Many short, few long.
    Exponential,
}

/// What the consumer does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessingManner {
    /// It uses its CPU, as one that computes.
    Spin,
    /// It leaves the CPU to others, as one that waits for a database.
    Sleep,
}

impl std::fmt::Display for Processing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = format_ns(self.processing_mean_ns);
        let differ = match self.processing_times {
            ProcessingTimes::Constant => "",
            ProcessingTimes::Exponential => " on average (exponential)",
        };
        let manner = match self.processing_manner {
            ProcessingManner::Spin => "spun",
            ProcessingManner::Sleep => "slept",
        };
        write!(f, "{time} a message{differ}, {manner}")
    }
}
