//! What is shown of a run while it goes on.

use super::TimelinePoint;
use crate::stats::Counters;
use crate::telemetry::{ClientState, Role};

/// What the live line shows.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct LiveCounters {
    /// Live counters of all clients added.
    pub counters: Counters,
    /// Messages that subscriptions should have received: acknowledged × subscriptions of their topic.
    pub expected_receipts: u64,
    /// Messages received, of topics that have producers of the run.
    pub receipts: u64,
    /// Acknowledgement p99 (from the actual time) of the newest whole second, all producers.
    pub acknowledge_p99_ns: Option<u64>,
    /// End-to-end p99 (from the actual time) of the newest whole second, all consumers.
    pub end_to_end_p99_ns: Option<u64>,
    /// Each client by itself; none of those that cannot tell (OMB's workers).
    #[serde(default)]
    pub clients: Vec<ClientLive>,
}

/// One client as it is now.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClientLive {
    /// The worker it runs on; None: this host.
    #[serde(default)]
    pub worker: Option<String>,
    /// Role.
    pub role: Role,
    /// Number.
    pub index: u32,
    /// Where it is; None: it has not said anything yet.
    pub state: Option<ClientState>,
    /// Its hot CPU as planned; None: not pinned.
    pub cpu: Option<usize>,
    /// Its newest whole second; None: there is none yet.
    pub second: Option<TimelinePoint>,
}

impl LiveCounters {
    /// Messages acknowledged and not received yet.
    pub fn backlog(&self) -> u64 {
        self.expected_receipts.saturating_sub(self.receipts)
    }
}
