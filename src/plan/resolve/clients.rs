//! How many clients, and which is which.

use super::context::ResolveContext;
use super::topics::{ResolvedTopics, as_many_as_topics};
use crate::plan::{ClientPlan, Placement, TopicShape};
use crate::telemetry::Role;

/// More processes than this no machine runs with a meaning; it also keeps a slip of the keyboard from eating the
/// machine.
pub const MAX_CLIENTS: u32 = 10_000;

/// Numbers of clients, decided. Their sums fit: there are at most `MAX_CLIENTS`.
#[derive(Debug, Clone)]
pub(super) struct ClientCounts {
    /// Each topic.
    pub(super) topics: Vec<TopicShape>,
    pub(super) consumers_per_subscription: u32,
}

/// Decides how many clients there are.
pub(super) fn counts(context: &mut ResolveContext<'_>, topics: Option<&ResolvedTopics>) -> Option<ClientCounts> {
    let producers = producers(context, topics);
    let subscriptions = subscriptions(context);
    let consumers = consumers(context, subscriptions);
    let (topics, producers, subscriptions) = (topics?, producers?, subscriptions?);
    let shape = |((used, &partitions), producers): ((&super::topics::TopicUse, &u32), u32)| TopicShape {
        partitions,
        producers: if used.produced { producers } else { 0 },
        subscriptions: if used.consumed { subscriptions } else { 0 },
    };
    let shapes = topics.uses.iter().zip(&topics.partitions).zip(producers).map(shape).collect();
    let mut counts = ClientCounts { topics: shapes, consumers_per_subscription: consumers? };
    if counts.most(|shape| shape.subscriptions) == 0 {
        counts.consumers_per_subscription = 0;
    }
    warn_of_lists_without_use(context, topics, subscriptions);
    check_size(context, &counts)?;
    check_sense(context, topics, &counts)?;
    Some(counts)
}

/// Lists of existing topics may leave one side without any.
fn warn_of_lists_without_use(context: &mut ResolveContext<'_>, topics: &ResolvedTopics, subscriptions: u32) {
    if subscriptions > 0 && topics.uses.iter().all(|used| !used.consumed) {
        context.warn("subscriptionsPerTopic", "is not used: there is no existingConsumeTopicList");
    }
    let producers = context.workload.producers_per_topic.is_some_and(|each| each > 0);
    if producers && topics.uses.iter().all(|used| !used.produced) {
        context.warn("producersPerTopic", "is not used: there is no existingProduceTopicList");
    }
}

fn check_size(context: &mut ResolveContext<'_>, counts: &ClientCounts) -> Option<()> {
    if counts.clients().is_some_and(|clients| clients <= u64::from(MAX_CLIENTS)) {
        return Some(());
    }
    context.refuse(
        "topics",
        format!(
            "{} topics × ({} producers + {} subscriptions × {} consumers) are more than {MAX_CLIENTS} client \
             processes, the most of a run: lower one of these numbers (a total rate is dealt to the producers there \
             are, fewer topics can have more partitions each), or make several runs at once, each with a part of the \
             topics",
            counts.topics.len(),
            counts.most(|shape| shape.producers),
            counts.most(|shape| shape.subscriptions),
            counts.consumers_per_subscription
        ),
    );
    None
}

/// A run must do something, and who only consumes must have something to consume.
fn check_sense(context: &mut ResolveContext<'_>, topics: &ResolvedTopics, counts: &ClientCounts) -> Option<()> {
    let (producers, consumers) = (counts.producers(), counts.consumers());
    let consumer_only = context.workload.shapes.consumer_only == Some(true);
    let key = if consumer_only { "consumerOnly" } else { "producersPerTopic" };
    if producers + consumers == 0 {
        context.refuse(key, "there are neither producers nor consumers: nothing would happen");
        return None;
    }
    if producers == 0 && topics.plan.existing.is_empty() && !topics.plan.fixed_names() {
        let is =
            if consumer_only { "new topics hold nothing" } else { "is 0 for all topics, and new topics hold nothing" };
        context.refuse(
            key,
            format!(
                "{is}: write at least 1 producer, or, for a run that only consumes, name topics that hold messages \
                 with existingTopicList (or --topics)"
            ),
        );
        return None;
    }
    if producers == 0 && context.workload.consumer_backlog_size_gb.is_some_and(|size| size > 0.0) {
        context.refuse(
            "consumerBacklogSizeGB",
            "there are no producers to build a backlog: what the existing topics hold is the backlog, leave it out",
        );
    }
    let idle: u32 = counts
        .topics
        .iter()
        .filter(|shape| shape.subscriptions > 0 && shape.partitions > 0)
        .fold(0, |idle, shape| idle.max(counts.consumers_per_subscription.saturating_sub(shape.partitions)));
    if idle > 0 {
        let partitions = counts.consumers_per_subscription - idle;
        context.warn(
            "consumerPerSubscription",
            format!(
                "{} consumers of each subscription share {partitions} partition(s): {idle} of them will be idle",
                counts.consumers_per_subscription
            ),
        );
    }
    Some(())
}

/// Producers of each topic that is produced to. The guide's shortest example names none and means one, so that omitted
/// is 1 here; 0 is a run that only consumes.
fn producers(context: &mut ResolveContext<'_>, topics: Option<&ResolvedTopics>) -> Option<Vec<u32>> {
    const KEY: &str = "producersPerTopic";
    const LIST: &str = "producersPerTopicList";
    let workload = context.workload;
    let list = workload.shapes.producers_per_topic_list.clone();
    let written = workload.producers_per_topic;
    let all = |each: u32| topics.map(|topics| vec![each; topics.uses.len()]);
    if workload.shapes.consumer_only == Some(true) {
        for (key, written) in [(KEY, written.is_some_and(|each| each > 0)), (LIST, list.is_some())] {
            if written {
                context.warn(key, "is not used: consumerOnly is true");
            }
        }
        return all(0);
    }
    if let Some(list) = list {
        if written.is_some_and(|each| list.iter().any(|own| *own != each)) {
            context.warn(KEY, format!("is not used: {LIST} says it topic by topic"));
        }
        return as_many_as_topics(context, LIST, list, topics?.plan.count);
    }
    match written {
        Some(each) => all(each),
        None if context.written_wrongly(KEY) || context.written_wrongly(LIST) => None,
        None if topics.is_some_and(|topics| topics.uses.iter().all(|used| !used.produced)) => all(0),
        None => {
            context.warn(KEY, "is missing: 1 producer for each topic is assumed");
            all(1)
        }
    }
}

/// Omitted means none, as in OMB and the guide: a run that only produces.
fn subscriptions(context: &mut ResolveContext<'_>) -> Option<u32> {
    const KEY: &str = "subscriptionsPerTopic";
    let has_consumers = context.workload.consumer_per_subscription.is_some_and(|consumers| consumers > 0);
    match context.workload.subscriptions_per_topic {
        None if context.written_wrongly(KEY) => return None,
        None if has_consumers => {
            context.refuse(KEY, format!("is missing, but there are consumers: write for example {KEY}: 1"));
            return None;
        }
        None => context.warn(KEY, "is missing: nobody consumes, the run only produces"),
        Some(0) if has_consumers => context.warn("consumerPerSubscription", "is ignored: subscriptionsPerTopic is 0"),
        Some(_) => {}
    }
    Some(context.workload.subscriptions_per_topic.unwrap_or(0))
}

fn consumers(context: &mut ResolveContext<'_>, subscriptions: Option<u32>) -> Option<u32> {
    const KEY: &str = "consumerPerSubscription";
    match (subscriptions, context.workload.consumer_per_subscription) {
        (Some(0), _) => Some(0),
        (None, consumers) => consumers,
        (Some(_), Some(0)) => {
            context
                .refuse(KEY, format!("is 0, but there are subscriptions: write {KEY}: 1 or subscriptionsPerTopic: 0"));
            None
        }
        (Some(_), consumers) => context.at_least_one(KEY, consumers, "1"),
    }
}

impl ClientCounts {
    fn clients(&self) -> Option<u64> {
        self.topics.iter().try_fold(0u64, |sum, shape| {
            let consumers = u64::from(shape.subscriptions).checked_mul(self.consumers_per_subscription.into())?;
            sum.checked_add(consumers)?.checked_add(shape.producers.into())
        })
    }
    /// Is there anybody who sends and anybody who receives that?
    pub(super) fn has_backlog(&self) -> bool {
        self.topics.iter().any(|shape| shape.producers > 0 && shape.subscriptions > 0)
    }

    /// All producers.
    pub(super) fn producers(&self) -> u32 {
        self.topics.iter().map(|shape| shape.producers).sum()
    }
    /// All consumers.
    pub(super) fn consumers(&self) -> u32 {
        self.topics.iter().map(|shape| shape.subscriptions * self.consumers_per_subscription).sum()
    }
    /// The most that one topic has.
    pub(super) fn most(&self, of: fn(&TopicShape) -> u32) -> u32 {
        self.topics.iter().map(of).max().unwrap_or(0)
    }
    /// The topics one by one where they differ; nothing where they are alike.
    pub(super) fn differing(&self) -> Vec<TopicShape> {
        let alike = self.topics.iter().all(|shape| *shape == self.topics[0]);
        if alike { Vec::new() } else { self.topics.clone() }
    }

    /// The clients in order: producers (topic by topic), then consumers (topic, subscription, member), each at its
    /// place.
    pub(super) fn list(&self, placement: &Placement) -> Vec<ClientPlan> {
        let topics = || (0..).zip(&self.topics);
        let producers = topics()
            .flat_map(|(topic, shape)| (0..shape.producers).map(move |member| (Role::Producer, topic, None, member)));
        let consumers = topics().flat_map(|(topic, shape)| {
            (0..shape.subscriptions).flat_map(move |subscription| {
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
