//! How many clients, and which is which.

use super::desk::Desk;
use crate::plan::{ClientPlan, Placement, TopicPlan};
use crate::telemetry::Role;

/// More processes than this no machine runs with a meaning; it also keeps a slip of the keyboard from eating the machine.
const MAX_CLIENTS: u32 = 10_000;

/// Numbers of clients, decided. Their products fit: there are at most `MAX_CLIENTS`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crew {
    pub(super) topics: u32,
    pub(super) producers_per_topic: u32,
    pub(super) subscriptions_per_topic: u32,
    pub(super) consumers_per_subscription: u32,
}

/// Decides how many clients there are.
pub(super) fn crew(desk: &mut Desk<'_>, topics: Option<&TopicPlan>) -> Option<Crew> {
    let producers = producers(desk);
    let subscriptions = subscriptions(desk);
    let consumers = consumers(desk, subscriptions);
    let topics = topics?;
    let crew = Crew {
        topics: topics.count,
        producers_per_topic: producers?,
        subscriptions_per_topic: subscriptions?,
        consumers_per_subscription: consumers?,
    };
    if crew.clients().is_none_or(|clients| clients > u64::from(MAX_CLIENTS)) {
        desk.refuse(
            "topics",
            format!(
                "{} topics × ({} producers + {} subscriptions × {} consumers) are more than {MAX_CLIENTS} client processes: \
                 lower one of these numbers",
                crew.topics, crew.producers_per_topic, crew.subscriptions_per_topic, crew.consumers_per_subscription
            ),
        );
        return None;
    }
    if crew.consumers_per_subscription > topics.partitions_per_topic {
        let idle = crew.consumers_per_subscription - topics.partitions_per_topic;
        desk.warn(
            "consumerPerSubscription",
            format!(
                "{} consumers of each subscription share {} partition(s): {idle} of them will be idle",
                crew.consumers_per_subscription, topics.partitions_per_topic
            ),
        );
    }
    Some(crew)
}

/// The guide's shortest example names no producers and means one, so that omitted is 1 here; a written 0 is a mistake.
fn producers(desk: &mut Desk<'_>) -> Option<u32> {
    const KEY: &str = "producersPerTopic";
    match desk.workload.producers_per_topic {
        Some(_) => desk.at_least_one(KEY, desk.workload.producers_per_topic, "1"),
        None if desk.written_wrongly(KEY) => None,
        None => {
            desk.warn(KEY, "is missing: 1 producer for each topic is assumed");
            Some(1)
        }
    }
}

/// Omitted means none, as in OMB and the guide: a run that only produces.
fn subscriptions(desk: &mut Desk<'_>) -> Option<u32> {
    const KEY: &str = "subscriptionsPerTopic";
    let has_consumers = desk.workload.consumer_per_subscription.is_some_and(|consumers| consumers > 0);
    match desk.workload.subscriptions_per_topic {
        None if desk.written_wrongly(KEY) => return None,
        None if has_consumers => {
            desk.refuse(KEY, format!("is missing, but there are consumers: write for example {KEY}: 1"));
            return None;
        }
        None => desk.warn(KEY, "is missing: nobody consumes, the run only produces"),
        Some(0) if has_consumers => desk.warn("consumerPerSubscription", "is ignored: subscriptionsPerTopic is 0"),
        Some(_) => {}
    }
    Some(desk.workload.subscriptions_per_topic.unwrap_or(0))
}

fn consumers(desk: &mut Desk<'_>, subscriptions: Option<u32>) -> Option<u32> {
    const KEY: &str = "consumerPerSubscription";
    match (subscriptions, desk.workload.consumer_per_subscription) {
        (Some(0), _) => Some(0),
        (None, consumers) => consumers,
        (Some(_), Some(0)) => {
            desk.refuse(KEY, format!("is 0, but there are subscriptions: write {KEY}: 1 or subscriptionsPerTopic: 0"));
            None
        }
        (Some(_), consumers) => desk.at_least_one(KEY, consumers, "1"),
    }
}

impl Crew {
    fn clients(self) -> Option<u64> {
        let consumers = u64::from(self.subscriptions_per_topic).checked_mul(self.consumers_per_subscription.into())?;
        consumers.checked_add(self.producers_per_topic.into())?.checked_mul(self.topics.into())
    }
    /// All producers.
    pub(super) fn producers(self) -> u32 {
        self.topics * self.producers_per_topic
    }
    /// All consumers.
    pub(super) fn consumers(self) -> u32 {
        self.topics * self.subscriptions_per_topic * self.consumers_per_subscription
    }

    /// The clients in order: producers (topic by topic), then consumers (topic, subscription, member), each at its place.
    pub(super) fn list(self, placement: &Placement) -> Vec<ClientPlan> {
        let producers = (0..self.topics)
            .flat_map(|topic| (0..self.producers_per_topic).map(move |member| (Role::Producer, topic, None, member)));
        let consumers = (0..self.topics).flat_map(|topic| {
            (0..self.subscriptions_per_topic).flat_map(move |subscription| {
                (0..self.consumers_per_subscription)
                    .map(move |member| (Role::Consumer, topic, Some(subscription), member))
            })
        });
        let numbered = (0..).zip(producers).chain((0..).zip(consumers));
        numbered
            .zip(&placement.clients)
            .map(|((index, (role, topic, subscription, member)), placement)| ClientPlan {
                role,
                index,
                topic,
                subscription,
                member,
                placement: placement.clone(),
            })
            .collect()
    }
}
