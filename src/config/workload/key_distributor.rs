//! `keyDistributor`: how the keys of messages are chosen.

use crate::config::fields::FieldReader;

/// How keys are chosen. The first three are OMB's, the last two the guide's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyDistributor {
    /// No key.
    NoKey,
    /// OMB: 10,000 random keys of 10 characters in turn, one position per producer.
    KeyRoundRobin,
    /// OMB: 10,000 random keys, chosen by the nanosecond clock modulo 10,000.
    RandomNano,
    /// Guide: decimal text of a random number from 0 to 1,000,000.
    Random,
    /// Guide: decimal text of the producer's index.
    RoundRobin,
}

impl KeyDistributor {
    /// All five.
    pub const ALL: [Self; 5] = [Self::NoKey, Self::KeyRoundRobin, Self::RandomNano, Self::Random, Self::RoundRobin];

    /// Its name in workload files.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoKey => "NO_KEY",
            Self::KeyRoundRobin => "KEY_ROUND_ROBIN",
            Self::RandomNano => "RANDOM_NANO",
            Self::Random => "RANDOM",
            Self::RoundRobin => "ROUND_ROBIN",
        }
    }
}

pub(in crate::config) fn key_distributor(fields: &mut FieldReader<'_>) -> Option<KeyDistributor> {
    let text = fields.text("keyDistributor", "NO_KEY")?;
    if text.is_empty() {
        return None;
    }
    let found =
        KeyDistributor::ALL.into_iter().find(|distributor| distributor.name().eq_ignore_ascii_case(text.trim()));
    if found.is_none() {
        let names = KeyDistributor::ALL.map(KeyDistributor::name).join(", ");
        fields.mistake("keyDistributor", format!("{text:?} is no key distributor; write one of {names}"));
    }
    found
}
