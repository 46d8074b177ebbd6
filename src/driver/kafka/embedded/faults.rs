//! An embedded broker that fails as it is told to, for whoever tests what is said of a broker that fails
//! (`tools/show-verdict`).

use super::{EmbeddedBroker, SERVED_EVERY};
use crate::driver::kafka::helper;
use std::time::{Duration, Instant};

/// Produce requests that a topic's absence refuses: more than any test makes.
const REFUSED_REQUESTS: usize = 10_000;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BrokerFault {
    /// When, ms after the broker told its address.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum FaultKind {
    /// All connections are closed, and none is taken.
    Down,
    /// Connections are taken again.
    Up,
    /// Each answer takes so long from now on.
    Slow {
        /// How long, ms.
        rtt_ms: i32,
    },
    /// A topic is there no more.
    TopicGone {
        /// Its name.
        topic: String,
    },
}

/// Makes the faults, each in its time, and tells each on standard output when it is made.
pub(super) fn make(broker: &EmbeddedBroker, faults: Vec<BrokerFault>) {
    let begun = Instant::now();
    for fault in faults {
        while let Some(left) =
            Duration::from_millis(fault.at_ms).checked_sub(begun.elapsed()).filter(|left| !left.is_zero())
        {
            broker.mock.idle(left.min(SERVED_EVERY));
        }
        let made = match &fault.kind {
            FaultKind::Down => broker.mock.set_reachable(false),
            FaultKind::Up => broker.mock.set_reachable(true),
            FaultKind::Slow { rtt_ms } => broker.mock.set_rtt_ms(*rtt_ms),
            FaultKind::TopicGone { topic } => {
                broker.mock.deny_topic(topic, REFUSED_REQUESTS);
                Ok(())
            }
        };
        // Who does not read on wanted no more than the faults.
        let _unread = made.is_ok().then(|| helper::answer(&fault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_moment_and_a_word() {
        let gone = BrokerFault { at_ms: 3_000, kind: FaultKind::TopicGone { topic: "seen".to_owned() } };
        let text = r#"{"at_ms":3000,"fault":"topic_gone","topic":"seen"}"#;
        assert_eq!(serde_json::to_string(&gone).unwrap(), text);
        assert_eq!(serde_json::from_str::<BrokerFault>(text).unwrap(), gone);
        let down: BrokerFault = serde_json::from_str(r#"{"at_ms":1,"fault":"down"}"#).unwrap();
        assert_eq!(down.kind, FaultKind::Down);
    }
}
