//! A broker that is gone: its process ended, or nobody was answered any more.

use super::event::{SystemEvent, SystemEventKind};
use crate::worker::BrokerLoss;
use crate::workload_generator::{RunOutcome, RunResult};

pub(super) fn event(result: &RunResult<'_>) -> Option<SystemEvent> {
    let RunOutcome::BrokerLost { loss } = &result.outcome else { return None };
    Some(match loss {
        BrokerLoss::Died { at_ns, .. } => SystemEvent {
            kind: SystemEventKind::BrokerDied,
            begin_s: Some(seconds(*at_ns)),
            length_s: None,
            amount_messages: None,
            who: Vec::new(),
            text: loss.to_string(),
        },
        BrokerLoss::Unreachable { since_ns, length_ns, clients, .. } => SystemEvent {
            kind: SystemEventKind::Unreachable,
            begin_s: Some(seconds(*since_ns)),
            length_s: Some(seconds(*length_ns)),
            amount_messages: None,
            who: clients.clone(),
            text: loss.to_string(),
        },
    })
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
