//! Where this host's clients stand.

use super::{Client, LocalWorker};
use crate::worker::client_status::{ClientEnding, ClientStatus};

impl LocalWorker {
    /// All clients, read now.
    pub fn statuses(&self) -> Vec<ClientStatus> {
        let now_ns = self.clock.now_ns();
        self.clients.iter().map(|client| client.status(now_ns)).collect()
    }
}

impl Client {
    /// Ended by a signal: without a last word.
    pub(super) fn was_killed(&self) -> bool {
        self.exit.as_ref().is_some_and(|exit| exit.code.is_none())
    }

    fn status(&self, now_ns: u64) -> ClientStatus {
        ClientStatus {
            role: self.plan.role,
            index: self.plan.index,
            topic: self.plan.topic,
            topic_name: self.topic.clone(),
            subscription: self.plan.subscription,
            group: self.group.clone(),
            member: self.plan.member,
            counters: self.end.counters(),
            rows: self.end.accounting(),
            probes_seen: self.end.probes_seen(),
            ended: self
                .exit
                .as_ref()
                .map(|_| if self.was_killed() { ClientEnding::Killed } else { ClientEnding::Exited }),
            silent_ns: now_ns.saturating_sub(self.end.heartbeat_ns()),
        }
    }
}
