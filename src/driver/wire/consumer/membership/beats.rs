//! A member's signs of life: when they are due, what they say, and what is answered.

use super::{MemberWork, Membership, Stay};
use crate::driver::wire::cluster::back_off_ns;
use crate::driver::wire::codes;
use crate::driver::wire::consumer::coordinator::{GroupCoordinator, Reach};
use crate::driver::wire::consumer::partition_fetch::{FetchPosition, PartitionFetch};
use crate::driver::wire::consumer::trouble::FetchTrouble;
use crate::driver::wire::request::{self, Beat, Joining, WireRequest};
use crate::driver::wire::response;
use crate::driver::{DriverError, ErrorClass};

/// They are no denser than this, whatever a broker says.
const LEAST_INTERVAL_NS: u64 = 10_000_000;
/// The epoch of one that leaves.
const LEAVES: i32 = -1;

impl Membership {
    /// Gives a sign of life when one is due. True: something was asked.
    pub(super) fn beat(&mut self, work: &mut MemberWork<'_>) -> bool {
        if self.beating || self.is_over() || work.now_ns < self.next_ns {
            return false;
        }
        let at = match work.coordinator.reach(work.cluster, work.now_ns) {
            Reach::Ready(at) => at,
            Reach::Asked => return true,
            Reach::NotYet => return false,
        };
        let of = |track: &PartitionFetch| (track.place != FetchPosition::Elsewhere).then_some(track.partition);
        let owned: Vec<u32> = work.tracks.iter().filter_map(of).collect();
        let joining = Joining {
            topic: &work.cluster.topic,
            rebalance_limit_ms: self.way.rebalance_limit_ms,
            assignor: self.way.assignor.as_deref(),
        };
        let leaves = self.stay == Stay::Leaving;
        let beat = Beat {
            group: &work.coordinator.group,
            member: &self.id,
            epoch: if leaves { LEAVES } else { self.epoch },
            joining: (self.epoch == 0 && !leaves).then_some(joining),
            owned: self.topic.filter(|_| self.untold && !leaves).map(|topic| (topic, &owned[..])),
        };
        let writing = request::heartbeat(&work.cluster.manners.client_id, &beat);
        work.cluster.ask(at, WireRequest::Heartbeat, writing, work.now_ns);
        (self.beating, self.untold) = (true, false);
        if leaves {
            self.stay = Stay::GoodBye;
        }
        true
    }

    /// A sign of life was answered. None: the answer makes no sense.
    pub(in crate::driver::wire::consumer) fn answered(
        &mut self,
        bytes: &[u8],
        coordinator: &mut GroupCoordinator,
        trouble: &mut FetchTrouble,
    ) -> Option<i32> {
        self.beating = false;
        let beaten = response::heartbeat(bytes)?;
        let code = beaten.error;
        if self.stay == Stay::GoodBye {
            self.stay = Stay::Over;
        } else if code == 0 {
            let interval_ns = u64::try_from(beaten.interval_ms).unwrap_or(0) * 1_000_000;
            (self.epoch, self.failures) = (beaten.epoch, 0);
            // What was done meanwhile is told at once.
            let is_news = self.untold || self.stay == Stay::Leaving;
            self.next_ns = if is_news { 0 } else { trouble.now_ns + interval_ns.max(LEAST_INTERVAL_NS) };
            self.wanted = beaten.assignment.or(self.wanted.take());
        } else if codes::is_fencing(code) {
            trouble.is_fenced = true;
            let words = codes::describe(code.into());
            trouble.errors.push(format!("group {}: {words}: joins anew", coordinator.group));
        } else if codes::is_retriable(code) {
            coordinator.forget();
            trouble.remarks.push(format!("group {}: {}", coordinator.group, codes::describe(code.into())));
            self.again(trouble.now_ns, trouble.retry_ns);
        } else {
            trouble.fault = Some(refused(&coordinator.group, code, beaten.words));
        }
        Some(beaten.throttle_ms)
    }

    /// Somebody who was asked is gone.
    pub(in crate::driver::wire::consumer) fn lost(
        &mut self,
        was_asked: WireRequest,
        now_ns: u64,
        retry_ns: (u64, u64),
    ) {
        if was_asked == WireRequest::TopicId {
            self.asking_topic = false;
        } else {
            self.beating = false;
            self.again(now_ns, retry_ns);
            if self.stay == Stay::GoodBye {
                self.stay = Stay::Over;
            }
        }
    }

    /// Once more, with what it has: nobody knows whether that was heard.
    fn again(&mut self, now_ns: u64, retry_ns: (u64, u64)) {
        self.untold = self.epoch > 0;
        self.next_ns = now_ns + back_off_ns(retry_ns, self.failures);
        self.failures = self.failures.saturating_add(1);
    }
}

/// Why it cannot be a member.
fn refused(group: &str, code: i16, words: &str) -> DriverError {
    let name = codes::describe(code.into());
    let said = if words.is_empty() { String::new() } else { format!(": {words}") };
    let way_out = if code == codes::UNSUPPORTED_VERSION {
        "; group.protocol=consumer needs Kafka 4.0 or later with its feature group.version: leave it out, and the plan \
         gives each consumer its share of the partitions, or use librdkafka (--client librdkafka)"
    } else {
        ""
    };
    let class =
        if code == codes::GROUP_AUTHORIZATION_FAILED { ErrorClass::Authentication } else { codes::class(code.into()) };
    DriverError::new(class, format!("group {group} (ConsumerGroupHeartbeat): {name}{said}{way_out}"))
}
