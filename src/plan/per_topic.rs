//! What holds for one topic. Everything below `plan` asks here and never multiplies by a number that holds for all.

use super::{Plan, TopicShape};
use std::time::Duration;

impl Plan {
    fn shape_of(&self, topic: u32) -> Option<&TopicShape> {
        self.topics.each.get(usize::try_from(topic).ok()?)
    }

    /// Partitions of topic `topic`; 0: an existing topic with as many as it has.
    pub fn partitions_of(&self, topic: u32) -> u32 {
        self.shape_of(topic).map_or(self.topics.partitions_per_topic, |shape| shape.partitions)
    }

    /// Producers of topic `topic`, over all hosts. 0: what it holds comes from others.
    pub fn producers_of(&self, topic: u32) -> u32 {
        self.shape_of(topic).map_or(self.producers_per_topic, |shape| shape.producers)
    }

    /// Index (over all topics) of the first producer of topic `topic`.
    pub fn first_producer_of(&self, topic: u32) -> u32 {
        (0..topic).map(|earlier| self.producers_of(earlier)).sum()
    }

    /// Consumer groups of topic `topic`. 0: nobody consumes it.
    pub fn subscriptions_of(&self, topic: u32) -> u32 {
        self.shape_of(topic).map_or(self.subscriptions_per_topic, |shape| shape.subscriptions)
    }

    /// Partitions of all topics, as far as they are known.
    pub fn partitions(&self) -> u64 {
        (0..self.topics.count).map(|topic| u64::from(self.partitions_of(topic))).sum()
    }

    /// How long creating or deleting the topics may take where nobody says it: a minute, and a second more for each 50
    /// topics or partitions.
    pub fn default_topics_limit(&self) -> Duration {
        const AT_LEAST: Duration = Duration::from_secs(60);
        const A_SECOND: u64 = 50;
        AT_LEAST + Duration::from_secs((self.partitions() + u64::from(self.topics.count)) / A_SECOND)
    }

    /// Topics turned out to have so many partitions.
    pub fn set_partitions(&mut self, found: &[u32]) {
        let shape = |(topic, &partitions)| TopicShape {
            partitions,
            producers: self.producers_of(topic),
            subscriptions: self.subscriptions_of(topic),
        };
        self.topics.each = (0..).zip(found).map(shape).collect();
    }

    /// All producers of the run, over all hosts.
    pub fn producers(&self) -> u32 {
        (0..self.topics.count).map(|topic| self.producers_of(topic)).sum()
    }

    /// All consumers of the run, over all hosts.
    pub fn consumers(&self) -> u32 {
        (0..self.topics.count).map(|topic| self.subscriptions_of(topic) * self.consumers_per_subscription).sum()
    }

    /// Topics that are consumed although the run has no producers for them.
    pub fn topics_fed_by_others(&self) -> u32 {
        let fed = |topic: &u32| self.producers_of(*topic) == 0 && self.subscriptions_of(*topic) > 0;
        u32::try_from((0..self.topics.count).filter(fed).count()).unwrap_or(u32::MAX)
    }

    /// Is there anybody who sends and anybody who receives that? Otherwise there is neither a backlog nor a balance.
    pub fn has_backlog(&self) -> bool {
        (0..self.topics.count).any(|topic| self.producers_of(topic) > 0 && self.subscriptions_of(topic) > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_are_alike_are_as_the_numbers_for_all_say() {
        let plan = Plan::for_tests(Duration::ZERO, None);
        assert_eq!((plan.partitions_of(0), plan.producers_of(0), plan.subscriptions_of(0)), (4, 2, 1));
        assert_eq!((plan.producers(), plan.consumers(), plan.topics_fed_by_others()), (2, 2, 0));
        assert!(plan.has_backlog());
    }

    #[test]
    fn many_topics_may_take_longer() {
        let mut plan = Plan::for_tests(Duration::ZERO, None);
        plan.topics.count = 1_000;
        plan.topics.partitions_per_topic = 20;
        assert_eq!((plan.partitions(), plan.default_topics_limit()), (20_000, Duration::from_secs(60 + 420)));
    }

    #[test]
    fn topics_that_differ_are_as_their_shapes_say() {
        let mut plan = Plan::for_tests(Duration::ZERO, None);
        let shape = |partitions, producers, subscriptions| TopicShape { partitions, producers, subscriptions };
        plan.topics.count = 3;
        plan.topics.each = vec![shape(4, 2, 0), shape(8, 3, 1), shape(16, 0, 2)];
        assert_eq!([0, 1, 2].map(|topic| plan.partitions_of(topic)), [4, 8, 16]);
        assert_eq!([0, 1, 2].map(|topic| plan.first_producer_of(topic)), [0, 2, 5]);
        assert_eq!((plan.producers(), plan.consumers(), plan.topics_fed_by_others()), (5, 6, 1));
        assert!(plan.has_backlog());
        plan.set_partitions(&[1, 2, 3]);
        assert_eq!([0, 1, 2].map(|topic| plan.partitions_of(topic)), [1, 2, 3]);
        assert_eq!([0, 1, 2].map(|topic| plan.first_producer_of(topic)), [0, 2, 5]);
        plan.topics.each[1] = shape(8, 0, 1);
        assert!(!plan.has_backlog());
    }
}
