//! Accounting rows: what became of a producer's messages, and what a consumer received of each producer.

use super::ROW_WORDS;

/// One accounting row as it stands in shared memory: a producer's [`SentRow`], or one of a consumer's [`ReceivedRow`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountingRow([u64; ROW_WORDS]);

impl AccountingRow {
    pub(in crate::telemetry) fn to_words(self) -> [u64; ROW_WORDS] {
        self.0
    }
    pub(in crate::telemetry) fn from_words(words: [u64; ROW_WORDS]) -> Self {
        Self(words)
    }
}

/// What became of the messages that a producer handed over. A checksum is the wrapping sum of
/// `load::accounting::mix(sequence)` over the messages counted beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentRow {
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Their checksum.
    pub acknowledged_checksum: u64,
    /// Messages whose delivery failed.
    pub failed: u64,
    /// Their checksum.
    pub failed_checksum: u64,
    /// Messages of which nobody knows (purged).
    pub unknown: u64,
    /// Messages handed to the library: the highest sequence + 1.
    pub handed_over: u64,
}

impl From<SentRow> for AccountingRow {
    fn from(row: SentRow) -> Self {
        let SentRow { acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over } = row;
        Self([acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over])
    }
}

impl From<AccountingRow> for SentRow {
    fn from(AccountingRow(words): AccountingRow) -> Self {
        let [acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over] = words;
        Self { acknowledged, acknowledged_checksum, failed, failed_checksum, unknown, handed_over }
    }
}

/// What a consumer received from one producer of its topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceivedRow {
    /// Distinct messages.
    pub distinct: u64,
    /// Wrapping sum of `load::accounting::mix(sequence)` over them.
    pub checksum: u64,
    /// Messages that had come before.
    pub duplicates: u64,
    /// Distinct messages that came after a later one of their partition.
    pub reordered: u64,
    /// Messages older than the window: taken for duplicates.
    pub beyond_window: u64,
}

impl From<ReceivedRow> for AccountingRow {
    fn from(row: ReceivedRow) -> Self {
        let ReceivedRow { distinct, checksum, duplicates, reordered, beyond_window } = row;
        Self([distinct, checksum, duplicates, reordered, beyond_window, 0])
    }
}

impl From<AccountingRow> for ReceivedRow {
    fn from(AccountingRow(words): AccountingRow) -> Self {
        let [distinct, checksum, duplicates, reordered, beyond_window, _] = words;
        Self { distinct, checksum, duplicates, reordered, beyond_window }
    }
}
