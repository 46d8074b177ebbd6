//! The latency families that pinload measures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One latency family. The discriminant is its position in slots and arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(usize)]
pub enum Latency {
    /// Acknowledgement − actual send time (OMB's publish latency).
    AcknowledgeActual = 0,
    /// Acknowledgement − intended send time: includes what a stall did to the messages behind it.
    AcknowledgeIntended = 1,
    /// Actual − intended send time (OMB's publish delay; the pacing error).
    PublishDelay = 2,
    /// Receive − actual send time.
    EndToEndActual = 3,
    /// Receive − intended send time (stamped messages only).
    EndToEndIntended = 4,
    /// `AcknowledgeActual` less all that the loop can have kept the message for: the broker took no less.
    AcknowledgeAtLeast = 5,
    /// `EndToEndActual` less all that the consumer's loop can have kept the message for.
    EndToEndAtLeast = 6,
}

impl Latency {
    /// How many families there are.
    pub const COUNT: usize = 7;
    /// All, in order of their position.
    pub const EVERY: [Self; Self::COUNT] = [
        Self::AcknowledgeActual,
        Self::AcknowledgeIntended,
        Self::PublishDelay,
        Self::EndToEndActual,
        Self::EndToEndIntended,
        Self::AcknowledgeAtLeast,
        Self::EndToEndAtLeast,
    ];
    /// How many of them results tell of: the first ones.
    pub const TOLD: usize = 5;
    /// Those that results tell of; the others are for the verdict.
    pub const ALL: [Self; Self::TOLD] = [
        Self::AcknowledgeActual,
        Self::AcknowledgeIntended,
        Self::PublishDelay,
        Self::EndToEndActual,
        Self::EndToEndIntended,
    ];
    /// Those of a producer that results tell of.
    pub const PRODUCER: [Self; 3] = [Self::AcknowledgeActual, Self::AcknowledgeIntended, Self::PublishDelay];
    /// Those of a consumer that results tell of.
    pub const CONSUMER: [Self; 2] = [Self::EndToEndActual, Self::EndToEndIntended];
    /// Those that a producer records.
    pub const OF_PRODUCER: [Self; 4] =
        [Self::AcknowledgeActual, Self::AcknowledgeIntended, Self::PublishDelay, Self::AcknowledgeAtLeast];
    /// Those that a consumer records.
    pub const OF_CONSUMER: [Self; 3] = [Self::EndToEndActual, Self::EndToEndIntended, Self::EndToEndAtLeast];
    /// The name in result files, as it is serialized.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AcknowledgeActual => "acknowledge_actual",
            Self::AcknowledgeIntended => "acknowledge_intended",
            Self::PublishDelay => "publish_delay",
            Self::EndToEndActual => "end_to_end_actual",
            Self::EndToEndIntended => "end_to_end_intended",
            Self::AcknowledgeAtLeast => "acknowledge_at_least",
            Self::EndToEndAtLeast => "end_to_end_at_least",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_serde_writes_and_positions_are_in_order() {
        for (position, latency) in Latency::EVERY.into_iter().enumerate() {
            assert_eq!(serde_json::to_string(&latency).unwrap(), format!("\"{}\"", latency.name()));
            assert_eq!(latency as usize, position);
        }
        assert_eq!(Latency::ALL, Latency::EVERY[..Latency::TOLD]);
    }
}
