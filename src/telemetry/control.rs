//! Control words (the supervisor writes) and state words (the client writes): what they mean and where they stand.

/// Positions within the control line.
pub(super) mod control_word {
    /// `Wanted`; 0 is never written.
    pub(in crate::telemetry) const WANTED: usize = 0;
    /// Number of rate orders so far; order n stands in cell n mod 2.
    pub(in crate::telemetry) const RATE_EPOCH: usize = 1;
    /// Two cells of {start, interval's lower half, its upper half}.
    pub(in crate::telemetry) const RATE_CELLS: usize = 2;
    /// Words of a cell.
    pub(in crate::telemetry) const RATE_CELL_WORDS: usize = 3;
    /// Raw ns of the first cut; 0 = none yet.
    pub(in crate::telemetry) const CUT_EPOCH: usize = 8;
    /// 1 = paused.
    pub(in crate::telemetry) const PAUSED: usize = 9;
    /// Rounds of probes asked for.
    pub(in crate::telemetry) const PROBE_ROUNDS: usize = 10;
    /// Extra cuts asked for.
    pub(in crate::telemetry) const CUTS_REQUESTED: usize = 11;
    /// Wall clock − raw clock, two's complement.
    pub(in crate::telemetry) const WALL_OFFSET: usize = 12;
}
/// Position, within the control line, of the cell that order `epoch` stands in.
pub(super) fn rate_cell(epoch: u64) -> usize {
    control_word::RATE_CELLS + if epoch.is_multiple_of(2) { 0 } else { control_word::RATE_CELL_WORDS }
}
/// The lower half.
pub(super) fn low_word(wide: u128) -> u64 {
    u64::try_from(wide & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}
/// Words of the control region.
pub(super) const CONTROL_WORDS: usize = 13;

/// Positions within the state line.
pub(super) mod state_word {
    /// `ClientState`; 0 = nobody has attached.
    pub(in crate::telemetry) const STATE: usize = 0;
    /// Raw ns of the last sign of life.
    pub(in crate::telemetry) const HEARTBEAT: usize = 1;
    /// The four words of `Observed`.
    pub(in crate::telemetry) const OBSERVED: usize = 2;
    /// Raw ns since when it has waited for an answer; 0 = it does not wait.
    pub(in crate::telemetry) const WAITING_SINCE: usize = 6;
    /// `ErrorClass` of what it gave up for; 0 = it has not given up.
    pub(in crate::telemetry) const GAVE_UP_FOR: usize = 7;
}
/// Words of the state region.
pub(super) const STATE_WORDS: usize = 8;
/// Room for last words; one word with their number and length stands before them.
pub(super) const LAST_WORDS_BYTES: usize = 1000;
/// Bits of that word that are the length.
pub(super) const LAST_WORDS_LENGTH_BITS: u32 = 32;

/// What the supervisor wants a client to do. Only ever moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
pub enum Wanted {
    /// Connect and report ready; consumers subscribe and read from here on.
    Connect = 1,
    /// Producers: follow the rate order from its start time on. Consumers: as before.
    Run = 2,
    /// Producers: stop sending and flush. Consumers: commit, and go on.
    Quiesce = 3,
    /// Consumers: commit what came since, and close. All: publish the last slot and exit.
    Exit = 4,
}

impl Wanted {
    /// From its word. What no supervisor of ours writes means the end: a client must not run on without orders.
    #[inline]
    pub(super) fn from_word(word: u64) -> Self {
        match word {
            1 => Self::Connect,
            2 => Self::Run,
            3 => Self::Quiesce,
            _ => Self::Exit,
        }
    }
}

/// Where a client is. Only ever moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u64)]
pub enum ClientState {
    /// The segment is mapped, nothing else.
    Attached = 1,
    /// Connected: metadata known. Consumers: subscribed.
    Ready = 2,
    /// Sending (producers).
    Running = 3,
    /// Flushed: every report is in (producers). The last commit is made (consumers).
    Quiet = 4,
    /// The last slot is published.
    Done = 5,
    /// Gave up: an error class and the last words say why.
    Failed = 6,
}

impl ClientState {
    /// From its word; None for 0 and for what no client of ours writes.
    pub(super) fn from_word(word: u64) -> Option<Self> {
        let all = [Self::Attached, Self::Ready, Self::Running, Self::Quiet, Self::Done, Self::Failed];
        all.into_iter().find(|state| *state as u64 == word)
    }
}

/// A schedule for one producer: message `i` is intended at `start_ns + i × interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RateOrder {
    /// First intended time, raw ns; the producer's phase is already in it.
    pub start_ns: u64,
    /// ns between messages, 32 binary places; 0 = unlimited. Below 2⁹⁵ (a message in 292 years), so that sums of a
    /// schedule fit.
    pub interval_q32: u128,
}
