//! The balances: each producer in each subscription, each subscription, all.

use crate::load::accounting::Balance;
use crate::worker::SubscriptionBalance;
use crate::workload_generator::totals::sum;

/// All balances. Without stamps there are none.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct Accounting<'a> {
    /// All producers and subscriptions: what was sent counts once for each subscription.
    total: Option<Balance>,
    /// Each topic × subscription.
    subscriptions: Vec<Subscription<'a>>,
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct Subscription<'a> {
    /// Name of the topic.
    topic: &'a str,
    /// Consumer group; null: nobody subscribes.
    group: Option<&'a str>,
    /// All producers of the topic in this subscription.
    total: Option<Balance>,
    /// Each producer in this subscription.
    producers: Vec<&'a SubscriptionBalance>,
}

impl<'a> Accounting<'a> {
    /// Groups the balances by topic and subscription, in the order in which they come.
    pub fn new(balances: &'a [SubscriptionBalance]) -> Self {
        let mut subscriptions: Vec<Subscription<'a>> = Vec::new();
        for balance in balances {
            let (topic, group) = (balance.topic.as_str(), balance.group.as_deref());
            let known = subscriptions.iter().position(|known| known.topic == topic && known.group == group);
            let at = known.unwrap_or_else(|| {
                subscriptions.push(Subscription { topic, group, total: None, producers: Vec::new() });
                subscriptions.len() - 1
            });
            subscriptions[at].producers.push(balance);
        }
        for subscription in &mut subscriptions {
            subscription.total = sum(subscription.producers.iter().map(|row| &row.balance));
        }
        Self { total: sum(balances.iter().map(|row| &row.balance)), subscriptions }
    }
}
