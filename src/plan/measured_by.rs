//! Who measures, and what they know: a figure that nobody measured is left out of results, where a 0 would be a claim.

use crate::stats::{Counter, Latency};

/// Whose clients measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredBy {
    /// pinload's: everything.
    #[default]
    Pinload,
    /// Workers that speak OMB's protocol: its three latencies, in whole µs, and six counts.
    Omb,
}

impl MeasuredBy {
    /// Is this latency measured?
    pub const fn knows_latency(self, latency: Latency) -> bool {
        match (self, latency) {
            (Self::Pinload, _) | (_, Latency::AcknowledgeActual | Latency::PublishDelay | Latency::EndToEndActual) => {
                true
            }
            (
                Self::Omb,
                Latency::AcknowledgeIntended
                | Latency::EndToEndIntended
                | Latency::AcknowledgeAtLeast
                | Latency::EndToEndAtLeast,
            ) => false,
        }
    }

    /// Is this counted?
    pub const fn knows(self, counter: Counter) -> bool {
        match self {
            Self::Pinload => true,
            Self::Omb => matches!(
                counter,
                Counter::MessagesAcknowledged
                    | Counter::BytesAcknowledged
                    | Counter::MessagesFailed
                    | Counter::ProbesAcknowledged
                    | Counter::MessagesReceived
                    | Counter::BytesReceived
                    | Counter::ProbesReceived
                    // All of them: Java stamps nothing.
                    | Counter::MessagesUnstamped
            ),
        }
    }

    /// Is nothing left out?
    pub const fn everything(&self) -> bool {
        matches!(self, Self::Pinload)
    }
}
