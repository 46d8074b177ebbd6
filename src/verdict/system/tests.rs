//! Answers on hand-made runs: each outcome with its sentence.
//!
//! Over 250 lines: a table, each outcome in turn.

use super::*;
use crate::plan::Arrivals;
use crate::stats::Counter;
use crate::units::Rate;
use crate::worker::{BrokerLoss, ClientDeath};
use crate::workload_generator::for_tests::{completed_result, empty_result, plan};

/// The completed run, changed.
fn answer(change: impl FnOnce(&mut RunResult<'_>)) -> SystemAnswer {
    let plan = plan();
    let mut result = completed_result(&plan);
    change(&mut result);
    SystemAnswer::of_run(&result)
}

fn kinds(answer: &SystemAnswer) -> Vec<SystemEventKind> {
    answer.events.iter().map(|event| event.kind).collect()
}

/// `counter` of producer 0 at the end of the run.
fn at_the_end(result: &mut RunResult<'_>, counter: Counter, messages: u64) {
    result.end.as_mut().unwrap().clients[0].counters[counter] = messages;
}

#[test]
fn a_load_that_was_taken_whole_was_held() {
    let held = answer(|_| ());
    assert_eq!((held.outcome, kinds(&held)), (SystemOutcome::Held, vec![]));
    assert_eq!(held.line(), "HELD: it acknowledged 20,000/s of 20,000/s, without a stall; nothing failed or was lost.");
}

#[test]
fn messages_that_failed_or_were_lost_are_a_failure_with_their_number() {
    let failed = answer(|result| {
        at_the_end(result, Counter::MessagesFailed, 1_234);
        at_the_end(result, Counter::MessagesUnknown, 1);
        result.balances[0].balance.lost = 3;
        result.balances[0].balance.duplicated = 2;
    });
    assert_eq!(failed.outcome, SystemOutcome::Failed);
    use SystemEventKind as Kind;
    assert_eq!(kinds(&failed), [Kind::Failed, Kind::Unknown, Kind::Lost, Kind::Duplicated]);
    assert_eq!(
        failed.sentence,
        "1,234 messages failed, 1 message unknown (neither acknowledged nor failed), 3 messages lost (acknowledged \
         and never received), 2 messages received again."
    );
    assert_eq!(failed.events[0].amount_messages, Some(1_234));
}

#[test]
fn when_deliveries_failed_is_told_with_the_reason_of_most_of_them() {
    let trouble = |text: &str, count, first_s: i64, last_s: i64| crate::worker::ClientTrouble {
        text: text.to_owned(),
        count,
        first_ns: first_s * 1_000_000_000,
        last_ns: last_s * 1_000_000_000,
    };
    let failed = answer(|result| {
        at_the_end(result, Counter::MessagesFailed, 1_234);
        result.end.as_mut().unwrap().clients[0].troubles = vec![
            trouble("messages failed: Broker: Unknown topic or partition", 1_230, 3, 7),
            trouble("messages failed: Local: Message timed out", 4, 8, 9),
            trouble("Connection refused", 9_000, 1, 2),
        ];
    });
    let text = "1,234 messages failed from 3.0 to 9.0 s (Broker: Unknown topic or partition).";
    assert_eq!(failed.sentence, text);
    let event = &failed.events[0];
    assert_eq!((event.begin_s, event.length_s, event.amount_messages), (Some(3.0), Some(6.0), Some(1_234)));
    assert_eq!(event.who, ["producer 0"]);
}

#[test]
fn a_rate_that_was_not_reached_was_not_held_unless_it_was_not_offered() {
    let rates = |offered, taken| {
        answer(|result| {
            let rates = &mut result.periods.last_mut().unwrap().since_reset;
            (rates.enqueued_per_s, rates.acknowledged_per_s) = (offered, taken);
        })
    };
    let less = rates(20_000.0, 15_000.0);
    assert_eq!((less.outcome, kinds(&less)), (SystemOutcome::DidNotHold, vec![SystemEventKind::BelowTarget]));
    assert_eq!(less.sentence, "it acknowledged 15,000/s of 20,000/s (75 %).");
    assert_eq!(less.events[0].amount_messages, Some(150_000));
    let generator = rates(15_000.0, 15_000.0);
    assert_eq!(generator.outcome, SystemOutcome::NotJudged);
    assert_eq!(generator.sentence, "the generator offered 15,000/s of 20,000/s, and the broker took all of it.");
    assert_eq!(rates(20_000.0, 19_801.0).outcome, SystemOutcome::Held);
}

#[test]
fn what_a_poisson_process_or_a_burst_leaves_out_by_chance_is_not_missing() {
    let answer = |arrivals, taken: f64| {
        let mut plan = plan();
        plan.rate.arrivals = arrivals;
        let mut result = completed_result(&plan);
        let rates = &mut result.periods.last_mut().unwrap().since_reset;
        (rates.enqueued_per_s, rates.acknowledged_per_s) = (20_000.0, taken);
        SystemAnswer::of_run(&result).outcome
    };
    // Of 600,000 messages 1 % is 6,000, four standard deviations are 3,098.
    let poisson = Arrivals::Poisson { arrival_seed: 1 };
    assert_eq!(answer(Arrivals::Uniform, 19_750.0), SystemOutcome::DidNotHold);
    assert_eq!(answer(poisson, 19_750.0), SystemOutcome::Held);
    assert_eq!(answer(poisson, 19_650.0), SystemOutcome::DidNotHold);
    assert_eq!(answer(Arrivals::Burst { burst_messages: 3_000 }, 19_750.0), SystemOutcome::Held);
}

#[test]
fn what_stays_on_its_way_more_and_more_was_not_held_by_a_measurement_after_a_warm_up() {
    let fell = |warmup_s: u64, missing: u64| {
        let mut plan = plan();
        plan.warmup = std::time::Duration::from_secs(warmup_s);
        let mut result = completed_result(&plan);
        let counters = &mut result.periods[0].counters;
        counters[Counter::MessagesEnqueued] = counters[Counter::MessagesAcknowledged] + missing;
        fell_behind(&result)
    };
    // 20,000 msg/s for 30 s: half a percent, and 30 ms.
    assert!(!fell(5, 3_500) && fell(5, 3_700));
    assert!(!fell(0, 100_000), "without a warm-up it is what was on its way at the end");
}

#[test]
fn a_producer_that_the_broker_kept_waiting_offered_less_for_the_brokers_sake() {
    let held_up = answer(|result| {
        let last = result.periods.last_mut().unwrap();
        (last.since_reset.enqueued_per_s, last.since_reset.acknowledged_per_s) = (15_000.0, 15_000.0);
        last.clients[0].measured.counters[Counter::QueueFullNs] = 10_000_000_000;
    });
    assert_eq!(held_up.outcome, SystemOutcome::DidNotHold);
}

#[test]
fn a_backlog_that_grew_was_not_held() {
    let behind = answer(|result| result.periods.last_mut().unwrap().backlog = 60_000);
    assert_eq!((behind.outcome, kinds(&behind)), (SystemOutcome::DidNotHold, vec![SystemEventKind::BacklogGrew]));
    assert_eq!(behind.sentence, "its consumers were 60,000 messages behind at the end (3.00 s).");
    let shrinking = answer(|result| {
        result.periods.iter_mut().for_each(|period| period.backlog = 60_000);
        result.periods[0].backlog = 70_000;
    });
    assert_eq!(shrinking.outcome, SystemOutcome::Held);
}

#[test]
fn without_a_rate_it_is_what_the_system_took() {
    let plan = crate::plan::Plan { rate: crate::plan::RatePlan { total: Rate::Unlimited, ..plan().rate }, ..plan() };
    let answer = SystemAnswer::of_run(&completed_result(&plan));
    assert_eq!(answer.line(), "TOOK: it acknowledged 20,000/s (19.5 MiB/s).");
}

#[test]
fn a_broker_that_is_gone_has_failed_and_when_is_told() {
    let loss = BrokerLoss::Unreachable {
        since_ns: 12_300_000_000,
        length_ns: 30_000_000_000,
        clients: vec!["producer 0".to_owned()],
        last_error: Some("Connection refused".to_owned()),
    };
    let gone = answer(|result| {
        result.outcome = RunOutcome::BrokerLost { loss };
        at_the_end(result, Counter::MessagesUnknown, 500);
    });
    assert_eq!(gone.outcome, SystemOutcome::Failed);
    assert_eq!(
        gone.sentence,
        "the broker answered nobody from 12.3 s on, for 30.0 s (Connection refused), 500 messages unknown (neither \
         acknowledged nor failed)."
    );
    assert_eq!((gone.events[0].begin_s, gone.events[0].length_s), (Some(12.3), Some(30.0)));
    let died = BrokerLoss::Died { pid: 7, cause: "killed by signal 9 (SIGKILL)".to_owned(), at_ns: 2_500_000_000 };
    let died = answer(|result| result.outcome = RunOutcome::BrokerLost { loss: died });
    assert_eq!(died.line(), "FAILED: the embedded broker (pid 7) died at 2.5 s: killed by signal 9 (SIGKILL).");
}

#[test]
fn a_topic_that_somebody_deleted_is_told_and_not_the_silence_after_it() {
    use crate::telemetry::Role;
    use crate::telemetry::witness::MomentKind;
    let silence = |index| crate::worker::ClientMoment {
        role: Role::Producer,
        index,
        kind: MomentKind::Silence { broker: None },
        begin_ns: 4_000_000_000,
        end_ns: 90_000_000_000,
        starved_ns: 0,
    };
    let gone = answer(|result| {
        let end = result.end.as_mut().unwrap();
        end.topics_gone = vec!["seen".to_owned()];
        end.moments = vec![silence(0), silence(1)];
        at_the_end(result, Counter::MessagesUnknown, 500);
    });
    assert_eq!(kinds(&gone), [SystemEventKind::TopicGone, SystemEventKind::Unknown]);
    assert_eq!(
        gone.line(),
        "FAILED: topic seen deleted by somebody else at 4.0 s, 500 messages unknown (neither acknowledged nor failed)."
    );
    assert_eq!(
        (gone.events[0].begin_s, &*gone.events[0].who),
        (Some(4.0), &["producer 0", "producer 1"].map(String::from)[..])
    );
}

#[test]
fn many_stalls_are_told_together() {
    use crate::telemetry::Role;
    use crate::telemetry::witness::MomentKind;
    let silence = |index, begin_s: u64, length_s: u64| crate::worker::ClientMoment {
        role: Role::Producer,
        index,
        kind: MomentKind::Silence { broker: None },
        begin_ns: begin_s * 1_000_000_000,
        end_ns: (begin_s + length_s) * 1_000_000_000,
        starved_ns: 0,
    };
    let stalls = |of: &'static [(u64, u64)]| {
        answer(|result| {
            let all = of.iter().flat_map(|(begin_s, length_s)| [0, 1].map(|index| silence(index, *begin_s, *length_s)));
            result.end.as_mut().unwrap().moments = all.collect();
        })
    };
    let two = stalls(&[(1, 1), (3, 1)]);
    assert_eq!(two.sentence, "it answered nobody for 1.00 s at 1.0 s, it answered nobody for 1.00 s at 3.0 s.");
    let three = stalls(&[(1, 1), (3, 2), (6, 1)]);
    assert_eq!(three.sentence, "it answered nobody 3 times, for 4.00 s in all (longest 2.00 s at 3.0 s).");
    assert_eq!(three.events.len(), 3);
}

#[test]
fn what_a_killed_client_had_on_its_way_is_not_the_brokers_failure() {
    let death = ClientDeath {
        worker: None,
        role: crate::telemetry::Role::Producer,
        index: 0,
        pid: 1,
        cpu: None,
        cause: "killed by signal 9 (SIGKILL)".to_owned(),
        last_words: None,
    };
    let died = answer(|result| {
        result.outcome = RunOutcome::ClientDied { death };
        at_the_end(result, Counter::MessagesUnknown, 500);
    });
    assert_eq!((died.outcome, kinds(&died)), (SystemOutcome::NotJudged, vec![]));
}

#[test]
fn without_a_broker_or_a_load_nothing_is_judged() {
    let plan = plan();
    assert_eq!(SystemAnswer::of_run(&empty_result(&plan)).line(), "NOT JUDGED: the load did not begin.");
    let null = crate::plan::Plan {
        driver: crate::plan::DriverPlan { kind: DriverKind::Null, ..plan.driver.clone() },
        ..plan.clone()
    };
    let answer = SystemAnswer::of_run(&completed_result(&null));
    assert_eq!(answer.line(), "NOT JUDGED: there was no broker: the generator measured itself.");
}
