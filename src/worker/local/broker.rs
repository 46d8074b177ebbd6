//! Is the broker still there? Its process, where it is ours, is watched as clients are; otherwise it is gone when no
//! client has been answered for a stated time.

use super::{Client, LocalWorker};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::BrokerLoss;

/// A client whose last sign of life is older than this stands still: they give one every 10 ms.
const STANDS_NS: u64 = NS_PER_S;

impl LocalWorker {
    /// A broker that is gone, told once: one that died at any time, one that nobody can reach in the middle of the
    /// load.
    pub(super) fn look_for_broker(&mut self, now_ns: u64) -> Option<BrokerLoss> {
        if self.broker_gone || self.closed {
            return None;
        }
        let loss = self.broker_died(now_ns).or_else(|| self.broker_unreachable(now_ns))?;
        self.broker_gone = true;
        Some(loss)
    }

    fn broker_died(&mut self, now_ns: u64) -> Option<BrokerLoss> {
        let broker = self.broker.as_mut()?;
        let exit = broker.try_wait().ok().flatten()?;
        let at_ns = if self.epoch_ns == 0 { 0 } else { now_ns.saturating_sub(self.epoch_ns) };
        Some(BrokerLoss::Died { pid: broker.pid(), cause: exit.to_string(), at_ns })
    }

    /// All producers (consumers, where nobody produces) that can look have been waiting for as long as is allowed.
    /// One that stands still itself waits for nobody.
    fn broker_unreachable(&self, now_ns: u64) -> Option<BrokerLoss> {
        let plan = self.plan.as_ref().filter(|_| self.epoch_ns > 0)?;
        let limit_ns = u64::try_from(plan.limits.unreachable.as_nanos()).unwrap_or(u64::MAX);
        let role = if plan.producers() > 0 { Role::Producer } else { Role::Consumer };
        let looks = |client: &&Client| now_ns.saturating_sub(client.end.heartbeat_ns()) < STANDS_NS;
        let alive = || self.of_role(role).filter(|client| client.exit.is_none()).filter(looks);
        let mut since_ns = 0;
        for client in alive() {
            since_ns = client.end.waiting_since_ns()?.max(since_ns);
        }
        let length_ns = now_ns.saturating_sub(since_ns);
        if since_ns == 0 || length_ns < limit_ns {
            return None;
        }
        let clients = alive().map(|client| format!("{} {}", client.plan.role, client.plan.index)).collect();
        let troubles = self.clients.iter().flat_map(|client| client.end.troubles());
        let last_error = troubles.max_by_key(|trouble| trouble.last_ns).map(|trouble| trouble.text);
        Some(BrokerLoss::Unreachable {
            since_ns: since_ns.saturating_sub(self.epoch_ns),
            length_ns,
            clients,
            last_error,
        })
    }
}
