//! The books of all clients side by side: every producer in every subscription of its topic.
//!
//! Who was killed could not publish the last moments of its books. That must not turn into messages that look lost or
//! duplicated for certain: a killed producer has sent whatever came beyond what it said, and losses are not proven
//! where a killed member may have had them.

use super::SubscriptionBalance;
use super::client_status::{ClientEnding, ClientStatus, subscriptions};
use crate::load::accounting::{Balance, balance};
use crate::plan::{DriverKind, Plan};
use crate::stats::Counter;
use crate::telemetry::Role;
use crate::telemetry::layout::{AccountingRow, ReceivedRow, SentRow};

/// What can be told of messages one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identifiable {
    /// Somebody receives messages that carry no stamp: they cannot be told apart.
    Nothing,
    /// Nobody receives anything.
    SendingSide,
    /// Everything.
    BothSides,
}

impl Identifiable {
    fn of(plan: &Plan, topic: u32) -> Self {
        let received = plan.subscriptions_of(topic) > 0 && plan.driver.kind != DriverKind::Null;
        match (received, plan.message.stamp) {
            (false, _) => Self::SendingSide,
            (true, true) => Self::BothSides,
            (true, false) => Self::Nothing,
        }
    }
}

/// One client's side.
#[derive(Debug, Clone, Copy, Default)]
struct ClientSide {
    row: AccountingRow,
    /// Was it killed (or its host), so that its books may end early?
    cut_short: bool,
}

/// Balances one producer, which handed over `sent` messages, with the members of one subscription.
fn of_subscription(sent: u64, producer: ClientSide, members: &[ClientSide]) -> Balance {
    let sent_row = SentRow::from(producer.row);
    let received: Vec<ReceivedRow> = members.iter().map(|member| member.row.into()).collect();
    let sent = if producer.cut_short {
        let distinct: u64 = received.iter().map(|row| row.distinct).sum();
        sent.max(sent_row.handed_over).max(distinct)
    } else {
        sent
    };
    let mut balance = balance(sent, sent_row, &received);
    balance.proven &= balance.lost == 0 || !members.iter().any(|member| member.cut_short);
    balance
}

/// The balance of every producer in every subscription of its topic, as far as it can be told.
pub(super) fn balance_all(plan: &Plan, statuses: &[ClientStatus]) -> Vec<SubscriptionBalance> {
    let mut balances = Vec::new();
    let subscriptions = subscriptions(statuses);
    for producer in statuses.iter().filter(|status| status.role == Role::Producer) {
        let sent = producer.counters[Counter::MessagesEnqueued];
        let side =
            ClientSide { row: producer.rows.first().copied().unwrap_or_default(), cut_short: producer.cut_short() };
        let entry = |group, balance| SubscriptionBalance {
            topic: producer.topic_name.clone(),
            group,
            producer: producer.index,
            balance,
        };
        // Of clients whose host is gone only a part is known, and nobody knows which.
        if producer.ended == Some(ClientEnding::Unknown) {
            continue;
        }
        match Identifiable::of(plan, producer.topic) {
            Identifiable::Nothing => {}
            Identifiable::SendingSide => balances.push(entry(None, of_subscription(sent, side, &[]))),
            Identifiable::BothSides => {
                let topic = producer.topic;
                let gone =
                    |members: &&Vec<&ClientStatus>| members.iter().any(|one| one.ended == Some(ClientEnding::Unknown));
                for members in subscriptions
                    .range((topic, 0)..=(topic, u32::MAX))
                    .map(|(_, members)| members)
                    .filter(|members| !gone(members))
                {
                    let sides: Vec<ClientSide> =
                        members.iter().map(|member| side_of(member, producer.member)).collect();
                    balances.push(entry(members[0].group.clone(), of_subscription(sent, side, &sides)));
                }
            }
        }
    }
    balances
}

/// What a consumer has from the producer with this number within the topic.
fn side_of(consumer: &ClientStatus, producer: u32) -> ClientSide {
    let row = consumer.rows.get(producer as usize).copied().unwrap_or_default();
    ClientSide { row, cut_short: consumer.cut_short() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::accounting::{ReceivedLedger, SentLedger};
    use std::time::Duration;

    fn producer(acknowledged: u64, sent: u64, killed: bool) -> ClientSide {
        let mut ledger = SentLedger::default();
        (0..acknowledged).for_each(|sequence| ledger.acknowledged(sequence));
        ledger.handed_over(sent);
        ClientSide { row: ledger.row().into(), cut_short: killed }
    }

    fn member(sequences: std::ops::Range<u64>, killed: bool) -> ClientSide {
        let mut ledger = ReceivedLedger::new(1, 1, 0);
        sequences.for_each(|sequence| {
            ledger.arrived(0, 0, sequence);
        });
        ClientSide { row: ledger.row(0).into(), cut_short: killed }
    }

    #[test]
    fn messages_that_cannot_be_told_apart_are_not_balanced() {
        let mut plan = Plan::for_tests(Duration::ZERO, None);
        assert_eq!(Identifiable::of(&plan, 0), Identifiable::BothSides);
        plan.message.stamp = false;
        assert_eq!(Identifiable::of(&plan, 0), Identifiable::Nothing);
        plan.subscriptions_per_topic = 0;
        assert_eq!(Identifiable::of(&plan, 0), Identifiable::SendingSide);
        plan.driver.kind = DriverKind::Null;
        plan.subscriptions_per_topic = 1;
        assert_eq!(Identifiable::of(&plan, 0), Identifiable::SendingSide, "the null driver delivers nothing");
    }

    #[test]
    fn what_a_killed_producer_could_not_say_any_more_is_unknown_and_not_duplicated() {
        let balance = of_subscription(105, producer(100, 105, true), &[member(0..120, false)]);
        assert_eq!((balance.sent, balance.acknowledged, balance.unknown), (120, 100, 20));
        assert_eq!((balance.duplicated, balance.lost, balance.failed_but_received), (0, 0, 20));
        let living = of_subscription(105, producer(100, 105, false), &[member(0..120, false)]);
        assert_eq!((living.sent, living.duplicated), (105, 15), "a living producer said everything");
    }

    #[test]
    fn losses_are_not_proven_when_a_killed_member_may_have_had_the_messages() {
        let killed = of_subscription(100, producer(100, 100, false), &[member(0..90, true)]);
        assert_eq!((killed.lost, killed.proven), (10, false));
        let living = of_subscription(100, producer(100, 100, false), &[member(0..90, false)]);
        assert_eq!((living.lost, living.proven), (10, true));
        let whole = of_subscription(100, producer(100, 100, false), &[member(0..100, true)]);
        assert_eq!((whole.lost, whole.proven), (0, true), "what adds up adds up");
    }
}
