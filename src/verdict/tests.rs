//! Verdicts on facts made by hand: each cause beside its control, and what must hold for any facts.
//!
//! Over 250 lines: a table, each cause beside its control.

use super::*;
use crate::load::accounting::Balance;
use crate::plan::{Arrivals, DriverKind, LatePolicy, MeasuredBy, Threshold, Thresholds};
use crate::stats::{Counter, Counters, Latency};
use crate::telemetry::Role;
use crate::units::Rate;
use crate::worker::{ClientDeath, WorkerLoss};
use crate::workload_generator::for_tests::{completed_result, distribution, facts, plan};
use crate::workload_generator::{FailureCause as FailedFor, RunOutcome};
use proptest::prelude::*;

const MS: u64 = 1_000_000;
const S: u64 = 1_000 * MS;

#[test]
fn a_rate_that_was_not_offered_limits_a_run_and_a_broker_that_does_not_answer_does_not() {
    let short = |change: fn(&mut ClientFacts)| {
        run(|result| {
            let clients = &mut result.periods.last_mut().unwrap().clients;
            clients.iter_mut().filter(|client| client.measured.role == Role::Producer).for_each(|client| {
                client.measured.counters[Counter::MessagesEnqueued] -= 30_000;
                change(&mut client.measured);
            });
        })
    };
    let judgement = short(|_| ());
    assert_eq!((judgement.verdict, causes(&judgement)), (Verdict::GeneratorLimited, vec![Cause::RateNotOffered]));
    let text = "rate not offered as asked: it offered 18,000/s of 20,000/s, 10.0 % less";
    assert_eq!(judgement.reasons[0].text, text);
    assert_eq!(
        causes(&short(|facts| facts.counters[Counter::QueueFullNs] = 3 * S)),
        [],
        "its queue was full for the broker"
    );
}

#[test]
fn a_poisson_process_may_be_short_by_chance_and_a_burst_has_the_time_until_the_next() {
    let limited = |arrivals, missing: u64| {
        let mut plan = plan();
        plan.rate.arrivals = arrivals;
        let mut result = completed_result(&plan);
        let clients = &mut result.periods.last_mut().unwrap().clients;
        for client in clients.iter_mut().filter(|client| client.measured.role == Role::Producer) {
            client.measured.counters[Counter::MessagesEnqueued] -= missing;
        }
        causes(&Judgement::of_run(&result, &[]))
    };
    // Of 300,000 messages of a producer 1 % is 3,000, four standard deviations are 2,191.
    let poisson = Arrivals::Poisson { arrival_seed: 1 };
    assert_eq!(limited(Arrivals::Uniform, 4_000), [Cause::RateNotOffered]);
    assert_eq!(limited(poisson, 4_000), []);
    assert_eq!(limited(poisson, 6_000), [Cause::RateNotOffered]);
    let mut plan = plan();
    plan.rate.arrivals = Arrivals::Burst { burst_messages: 1_000 };
    let error = |ns| causes_of(&producer(|facts| facts.pacing_error_p999_ns = Some(ns)), &plan);
    assert_eq!((error(1_000_000), error(1_000_001)), (vec![], vec![Cause::PacingError]));
}

#[test]
fn a_consumer_that_is_busy_because_it_was_asked_to_be_has_slack() {
    let causes = |processing_ns, processing: bool| {
        let mut plan = plan();
        plan.consumer_processing = processing.then_some(crate::plan::Processing {
            processing_mean_ns: 1_000_000,
            processing_times: crate::plan::processing::ProcessingTimes::Constant,
            processing_manner: crate::plan::processing::ProcessingManner::Spin,
        });
        let mut facts = facts(Role::Consumer, 0, 10);
        set(
            &mut facts.counters,
            &[(Counter::IdleNs, 0), (Counter::ProcessingNs, processing_ns), (Counter::FetchPausedNs, 9 * S)],
        );
        causes_of(&facts, &plan)
    };
    assert_eq!(causes(0, false), [Cause::NoSlack, Cause::FetchPauses]);
    assert_eq!(causes(9 * S, true), []);
}

#[test]
fn a_median_that_is_the_generators_limits_a_run_and_what_weighs_beyond_it_does_not() {
    let behind = |part: u64| {
        run(|result| {
            let kept = (1..=2_000).map(|i| if i % part == 0 { 0 } else { i * 3_000 });
            let latencies = result.cumulative.as_mut().unwrap();
            latencies.by_family[Latency::EndToEndActual as usize] = distribution((1..=2_000).map(|i| i * 3_000));
            latencies.by_family[Latency::EndToEndAtLeast as usize] = distribution(kept);
        })
    };
    let judgement = behind(2);
    assert_eq!((judgement.verdict, causes(&judgement)), (Verdict::GeneratorLimited, vec![Cause::MedianNotOwn]));
    assert!(judgement.reasons[0].text.contains("(end_to_end_actual)"), "{judgement:?}");
    assert_eq!(behind(1_000), Judgement::default());
}

/// 10 s of producer 0, which sends 10,000 messages a second, changed.
fn producer(change: impl FnOnce(&mut ClientFacts)) -> ClientFacts {
    let mut facts = facts(Role::Producer, 0, 10);
    change(&mut facts);
    facts
}

fn causes(judgement: &Judgement) -> Vec<Cause> {
    judgement.reasons.iter().map(|reason| reason.cause).collect()
}

fn causes_of(facts: &ClientFacts, plan: &Plan) -> Vec<Cause> {
    causes(&Judgement::of_client(facts, plan))
}

fn set(counters: &mut Counters, values: &[(Counter, u64)]) {
    values.iter().for_each(|(counter, value)| counters[*counter] = *value);
}

#[test]
fn a_client_that_has_its_cpu_and_keeps_its_schedule_is_valid() {
    let judgement = Judgement::of_client(&producer(|_| ()), &plan());
    assert_eq!(judgement, Judgement::default());
    assert_eq!(judgement.verdict.to_string(), "VALID");
    assert_eq!(causes_of(&facts(Role::Consumer, 0, 10), &plan()), []);
}

/// A cause and what it takes.
type CauseCase = (Cause, fn(&mut ClientFacts));

#[test]
fn each_cause_is_recognised_just_above_its_threshold_and_not_at_it() {
    let above: [CauseCase; 16] = [
        (Cause::PacingError, |facts| facts.pacing_error_p999_ns = Some(100_001)),
        (Cause::LateSends, |facts| facts.counters[Counter::LateSends] = 101),
        (Cause::QueueTooSmall, |facts| facts.counters[Counter::QueueFullNs] = 101 * MS),
        (Cause::NoSlack, |facts| facts.counters[Counter::IdleNs] = S / 2 - 1),
        (Cause::InvoluntarySwitches, |facts| facts.counters[Counter::HotSwitchesInvoluntary] = 501),
        (Cause::Migrations, |facts| facts.counters[Counter::Migrations] = 1),
        (Cause::RunQueueDelay, |facts| facts.kernel.hot_wait_ns = Some(101 * MS)),
        (Cause::LoopStalls, |facts| {
            set(&mut facts.counters, &[(Counter::LoopStalls, 2), (Counter::LoopStallNs, 11 * MS)]);
        }),
        (Cause::Steal, |facts| facts.kernel.steal_ns = Some(110 * MS)),
        (Cause::Throttled, |facts| facts.kernel.throttled_ns = Some(11 * MS)),
        (Cause::IoRunQueueDelay, |facts| facts.kernel.io_wait_ns = Some(1_001 * MS)),
        (Cause::IoBusy, |facts| {
            facts.counters[Counter::QueueFullNs] = 1;
            facts.kernel.io_run_ns = Some(9_501 * MS);
        }),
        (Cause::FetchPauses, |facts| facts.counters[Counter::FetchPausedNs] = 101 * MS),
        (Cause::SlotsLost, |facts| facts.slots_lost = 1),
        (Cause::LateReports, |facts| facts.late_reports = 1),
        (Cause::MissedSends, |facts| facts.counters[Counter::MissedSends] = 101),
    ];
    let at: [CauseCase; 17] = [
        (Cause::PacingError, |facts| facts.pacing_error_p999_ns = Some(100_000)),
        (Cause::LateSends, |facts| facts.counters[Counter::LateSends] = 100),
        (Cause::QueueTooSmall, |facts| facts.counters[Counter::QueueFullNs] = 100 * MS),
        (Cause::NoSlack, |facts| facts.counters[Counter::IdleNs] = S / 2),
        (Cause::InvoluntarySwitches, |facts| facts.counters[Counter::HotSwitchesInvoluntary] = 500),
        (Cause::Migrations, |facts| {
            (facts.pinned, facts.own_cpu) = (false, false);
            facts.counters[Counter::Migrations] = 10;
        }),
        (Cause::RunQueueDelay, |facts| facts.kernel.hot_wait_ns = Some(100 * MS)),
        (Cause::LoopStalls, |facts| {
            set(&mut facts.counters, &[(Counter::LoopStalls, 1), (Counter::LoopStallNs, 10 * MS)]);
        }),
        (Cause::Steal, |facts| facts.kernel.steal_ns = Some(100 * MS)),
        (Cause::Throttled, |facts| facts.kernel.throttled_ns = Some(10 * MS)),
        (Cause::IoRunQueueDelay, |facts| facts.kernel.io_wait_ns = Some(1_000 * MS)),
        (Cause::IoBusy, |facts| facts.kernel.io_run_ns = Some(10_000 * MS)),
        // It spins, and half of the time for nothing.
        (Cause::IoBusy, |facts| {
            facts.kernel.io_run_ns = Some(10_000 * MS);
            set(&mut facts.counters, &[(Counter::QueueFullNs, 1), (Counter::IoIdleNs, 5_000 * MS)]);
        }),
        (Cause::FetchPauses, |facts| facts.counters[Counter::FetchPausedNs] = 100 * MS),
        (Cause::SlotsLost, |_| ()),
        (Cause::LateReports, |_| ()),
        (Cause::MissedSends, |facts| facts.counters[Counter::MissedSends] = 100),
    ];
    // A queue that holds 20 ms of the schedule.
    let mut plan = plan();
    produce_with(&mut plan, "queue.buffering.max.messages", "200");
    for ((cause, above), (_, at)) in above.into_iter().zip(at) {
        let judgement = Judgement::of_client(&producer(above), &plan);
        assert_eq!(causes(&judgement), [cause], "{judgement:#?}");
        assert_eq!(judgement.verdict, cause.verdict(), "{judgement:#?}");
        let text = &judgement.reasons[0].text;
        assert!(text.starts_with(&format!("{}, producer 0: ", cause.words())), "{text}");
        assert_eq!(causes_of(&producer(at), &plan), [], "{cause:?} at its threshold");
        let threshold = cause.threshold().unwrap();
        let mut easy = plan.clone();
        easy.thresholds = Thresholds::with(&[(threshold, if threshold == Threshold::SlackShare { 0.0 } else { 1e9 })]);
        if !matches!(cause, Cause::PacingError | Cause::Migrations) {
            assert_eq!(causes_of(&producer(above), &easy), [], "{cause:?} with its threshold out of reach");
        }
    }
}

#[test]
fn pacing_is_judged_by_the_interval_between_a_floor_and_a_ceiling() {
    let with_rate = |per_s: f64, error_us: u64| {
        let mut plan = plan();
        (plan.rate.per_producer, plan.rate.total) = (Rate::PerSecond(per_s), Rate::PerSecond(2.0 * per_s));
        plan.thresholds = Thresholds::with(&[(Threshold::RateShortShare, 1.0)]);
        causes_of(&producer(|facts| facts.pacing_error_p999_ns = Some(error_us * 1_000)), &plan)
    };
    // 1 µs between two sends: the floor of 100 µs holds.
    assert_eq!(with_rate(1e6, 99), []);
    assert_eq!(with_rate(1e6, 101), [Cause::PacingError]);
    // 1 ms: half of it.
    assert_eq!(with_rate(1e3, 499), []);
    assert_eq!(with_rate(1e3, 501), [Cause::PacingError]);
    // 100 ms: the ceiling of 1 ms holds.
    assert_eq!(with_rate(10.0, 999), []);
    assert_eq!(with_rate(10.0, 1_001), [Cause::PacingError]);
    let mut unlimited = plan();
    unlimited.rate.total = Rate::Unlimited;
    assert_eq!(causes_of(&producer(|facts| facts.pacing_error_p999_ns = Some(S)), &unlimited), []);
}

#[test]
fn a_pacing_error_is_told_with_what_the_kernel_knows_of_the_same_time() {
    let text = |change: fn(&mut ClientFacts)| {
        let mut facts = producer(|facts| facts.pacing_error_p999_ns = Some(191_000));
        change(&mut facts);
        Judgement::of_client(&facts, &plan()).reasons[0].text.clone()
    };
    let alone = "pacing error, producer 0: p99.9 is 191 µs, at an interval of 100 µs the limit is 100 µs";
    assert_eq!(text(|_| ()), alone);
    let disturbed = text(|facts| {
        facts.kernel.hot_wait_ns = Some(67 * MS);
        facts.counters[Counter::HotSwitchesInvoluntary] = 400;
        facts.kernel.steal_ns = Some(10 * MS);
    });
    let meanwhile =
        "meanwhile it waited 67.0 ms for its CPU, which was taken from it 400 times, the hypervisor took 10.0 ms";
    assert_eq!(disturbed, format!("{alone}; {meanwhile}"));
}

/// A producer that was blocked for 4 of 10 s and late for it.
fn blocked(facts: &mut ClientFacts) {
    set(
        &mut facts.counters,
        &[
            (Counter::QueueFullEvents, 7),
            (Counter::QueueFullNs, 4 * S),
            (Counter::QueueFullSilentNs, 3_990 * MS),
            (Counter::LateSends, 50_000),
            (Counter::LateSendsBehindQueue, 49_999),
            (Counter::SendsBehindQueue, 55_000),
        ],
    );
}

#[test]
fn a_slow_broker_is_not_the_generators_fault_whatever_the_size_of_the_queue() {
    // 100,000 messages are 10 s of the schedule; 200 are 20 ms, and then the silence tells.
    for queue in ["100000", "200"] {
        let mut plan = plan();
        produce_with(&mut plan, "queue.buffering.max.messages", queue);
        let facts = producer(blocked);
        assert_eq!(causes_of(&facts, &plan), [], "{queue}");
        assert!(BlockedTime::of_client(&facts, &plan).by_broker_ns >= 3_990 * MS);
    }
}

#[test]
fn a_small_queue_is_the_generators_fault_when_reports_keep_coming() {
    let mut plan = plan();
    produce_with(&mut plan, "queue.buffering.max.messages", "200");
    let facts = producer(|facts| {
        blocked(facts);
        facts.counters[Counter::QueueFullSilentNs] = 0;
    });
    let judgement = Judgement::of_client(&facts, &plan);
    assert_eq!(causes(&judgement), [Cause::QueueTooSmall]);
    assert!(
        judgement.reasons[0]
            .text
            .ends_with("40 % of the time blocked on its own full queue, which holds 20.0 ms of the schedule")
    );
    // Few bytes are as small as few messages: 1,000 kB of 1,024 bytes hold 100 ms.
    let mut bytes = self::plan();
    produce_with(&mut bytes, "queue.buffering.max.kbytes", "999");
    assert_eq!(causes_of(&facts, &bytes), [Cause::QueueTooSmall]);
    produce_with(&mut bytes, "linger.ms", "200");
    assert_eq!(causes_of(&producer(blocked), &bytes), [Cause::QueueTooSmall], "the silence of its own linger");
}

#[test]
fn sends_left_out_for_a_full_queue_are_not_missed_by_the_generator() {
    let mut plan = plan();
    plan.rate.late = LatePolicy::Skip;
    let missed = |queue_full_ns| {
        producer(|facts| {
            set(&mut facts.counters, &[(Counter::MissedSends, 20_000), (Counter::QueueFullNs, queue_full_ns)]);
        })
    };
    assert_eq!(causes_of(&missed(2 * S), &plan), []);
    assert_eq!(causes_of(&missed(S), &plan), [Cause::MissedSends]);
}

#[test]
fn without_a_rate_a_loop_that_never_waits_is_the_limit_and_one_that_waits_for_room_is_not() {
    let mut plan = plan();
    (plan.rate.total, plan.rate.per_producer) = (Rate::Unlimited, Rate::Unlimited);
    let busy = |queue_full_ns| {
        producer(|facts| set(&mut facts.counters, &[(Counter::IdleNs, 0), (Counter::QueueFullNs, queue_full_ns)]))
    };
    let limit = Judgement::of_client(&busy(0), &plan);
    assert_eq!((limit.verdict, causes(&limit)), (Verdict::GeneratorLimited, vec![Cause::NoSlack]));
    assert_eq!(
        Judgement::of_client(&busy(0), &self::plan()).verdict,
        Verdict::Valid,
        "the rate that was asked for is offered"
    );
    assert_eq!(causes_of(&busy(2 * S), &plan), []);
}

#[test]
fn on_a_shared_cpu_being_preempted_is_normal_and_waiting_for_the_cpu_is_not() {
    let shared = |facts: &mut ClientFacts| {
        facts.own_cpu = false;
        facts.counters[Counter::HotSwitchesInvoluntary] = 5_000;
    };
    assert_eq!(causes_of(&producer(shared), &plan()), []);
    let waited = producer(|facts| {
        shared(facts);
        facts.kernel.hot_wait_ns = Some(3 * S);
    });
    assert_eq!(causes_of(&waited, &plan()), [Cause::RunQueueDelay]);
}

#[test]
fn a_library_thread_that_works_all_the_time_is_busy_also_if_it_is_idempotent() {
    let facts = producer(|facts| {
        facts.counters[Counter::QueueFullNs] = 1;
        facts.kernel.io_run_ns = Some(10 * S);
    });
    let mut plan = plan();
    assert_eq!(causes_of(&facts, &plan), [Cause::IoBusy]);
    produce_with(&mut plan, "enable.idempotence", "true");
    assert_eq!(causes_of(&facts, &plan), [Cause::IoBusy], "it rests while it waits for an answer");
}

/// The producers are given one more property.
fn produce_with(plan: &mut Plan, name: &str, value: &str) {
    plan.driver.producer.effective.push((name.to_owned(), value.to_owned()));
    plan.driver.decide_settings();
}

/// The run with its last report changed.
fn run(change: impl FnOnce(&mut RunResult<'_>)) -> Judgement {
    let plan = plan();
    let mut result = completed_result(&plan);
    change(&mut result);
    Judgement::of_run(&result, &[])
}

#[test]
fn a_run_without_its_causes_is_valid() {
    assert_eq!(run(|_| ()), Judgement::default());
}

#[test]
fn runs_that_broke_off_or_measured_nothing_are_invalid() {
    let death = ClientDeath {
        worker: None,
        role: Role::Consumer,
        index: 1,
        pid: 7,
        cpu: None,
        cause: "killed by signal 9 (SIGKILL)".to_owned(),
        last_words: None,
    };
    let loss = WorkerLoss { worker: "http://a".to_owned(), cause: "gone".to_owned() };
    let failed = RunOutcome::Failed { cause: FailedFor::TimedOut, why: "too slow".to_owned() };
    for (outcome, cause) in [
        (RunOutcome::ClientDied { death }, Cause::ClientDied),
        (RunOutcome::WorkerLost { loss }, Cause::WorkerLost),
        (failed, Cause::RunFailed),
    ] {
        let judgement = run(|result| result.outcome = outcome);
        assert_eq!((judgement.verdict, causes(&judgement)), (Verdict::Invalid, vec![cause]));
    }
    let nothing = run(|result| result.periods.clear());
    assert_eq!(causes(&nothing), [Cause::NothingMeasured]);
    assert_eq!(
        run(|result| (result.outcome, result.periods) = (RunOutcome::Running, Vec::new())).verdict,
        Verdict::Valid
    );
}

#[test]
fn counts_that_do_not_balance_make_a_run_invalid_and_lost_messages_do_not() {
    let sent = run(|result| result.end.as_mut().unwrap().clients[1].counters[Counter::MessagesFailed] = 1);
    assert_eq!((sent.verdict, causes(&sent)), (Verdict::Invalid, vec![Cause::CountsOff]));
    assert!(sent.reasons[0].text.contains("producer 1: 350,000 messages were handed over, 350,001 were"), "{sent:?}");
    let received = run(|result| result.end.as_mut().unwrap().clients[2].counters[Counter::MessagesReceived] -= 5);
    assert!(received.reasons[0].text.contains("counted 699,995 messages, their books by sequence hold 700,000"));
    let lost = run(|result| {
        let balance: &mut Balance = &mut result.balances[0].balance;
        (balance.lost, balance.received) = (100, 349_900);
        result.end.as_mut().unwrap().clients[2].counters[Counter::MessagesReceived] -= 100;
    });
    assert_eq!(causes(&lost), [], "the broker lost them, and that is counted");
    let plan = plan();
    let mut by_count = completed_result(&plan);
    let mut totals = Counters::default();
    set(&mut totals, &[(Counter::MessagesAcknowledged, 100), (Counter::MessagesReceived, 90)]);
    by_count.end.as_mut().unwrap().totals = Some(totals);
    let judgement = Judgement::of_run(&by_count, &[]);
    assert_eq!(causes(&judgement), [Cause::CountsOff]);
    assert!(judgement.reasons[0].text.contains("10 are missing"), "{judgement:?}");
}

#[test]
fn clocks_that_drift_or_are_too_far_apart_make_a_run_invalid() {
    let drift = run(|result| result.end.as_mut().unwrap().clock_drift_ppm = -100.5);
    assert_eq!((drift.verdict, causes(&drift)), (Verdict::Invalid, vec![Cause::ClockDrift]));
    // The median of the end-to-end times is 2.25 ms.
    let apart = |error_ns| run(|result| result.end.as_mut().unwrap().end_to_end_clock_error_ns = Some(error_ns));
    assert_eq!(causes(&apart(1_120_000)), [Cause::MedianNotOwn], "half of it can be the clocks'");
    assert_eq!(causes(&apart(80_000)), []);
    let by_half = apart(1_130_000);
    assert_eq!(causes(&by_half), [Cause::ClocksApart, Cause::MedianNotOwn]);
    assert!(by_half.reasons[0].value.is_some_and(|value| value > 1.0 && value < 1.02), "{by_half:?}");
    let by_all = apart(2_300_000);
    assert_eq!((causes(&by_all), by_all.reasons[0].value), (vec![Cause::ClocksApart, Cause::MedianNotOwn], None));
}

#[test]
fn too_many_bad_periods_spoil_a_run_that_is_valid_on_the_whole() {
    let plan = plan();
    let result = completed_result(&plan);
    let mut periods = vec![Verdict::Valid; 20];
    periods[..2].fill(Verdict::GeneratorLimited);
    assert_eq!(causes(&Judgement::of_run(&result, &periods)), []);
    periods[2] = Verdict::GeneratorLimited;
    assert_eq!(causes(&Judgement::of_run(&result, &periods)), [Cause::Periods]);
    let of_two = |verdicts: [Verdict; 2]| causes(&Judgement::of_run(&result, &verdicts));
    assert_eq!(of_two([Verdict::Valid, Verdict::GeneratorLimited]), []);
    assert_eq!(of_two([Verdict::GeneratorLimited; 2]), [Cause::Periods]);
}

#[test]
fn several_clients_with_one_cause_are_one_reason_and_the_worst_is_told() {
    let judgement = run(|result| {
        for (client, ms) in result.periods.last_mut().unwrap().clients.iter_mut().zip([400, 900, 500]) {
            client.measured.kernel.hot_wait_ns = Some(ms * MS);
        }
    });
    assert_eq!(causes(&judgement), [Cause::RunQueueDelay]);
    let reason = &judgement.reasons[0];
    assert_eq!(reason.clients, ["producer 0", "producer 1", "consumer 0"]);
    let expected = "run-queue delay, producer 0, producer 1, consumer 0 (worst: producer 1): waited 900 ms for its \
        CPU, 3.0 % of the time";
    assert_eq!((&*reason.text, reason.value, reason.limit), (expected, Some(0.03), Some(0.01)));
    assert_eq!(reason.threshold, Some("run-queue-delay-share"));
}

#[test]
fn what_nobody_could_look_at_is_told() {
    let judgement = run(|result| result.periods.last_mut().unwrap().clients[0].measured.kernel = Default::default());
    assert_eq!((judgement.verdict, judgement.not_judged.len()), (Verdict::Valid, 3), "{judgement:?}");
    let mut plan = plan();
    plan.measured_by = MeasuredBy::Omb;
    let mut result = completed_result(&plan);
    result.periods.iter_mut().for_each(|period| period.clients.clear());
    let judgement = Judgement::of_run(&result, &[]);
    assert!(judgement.not_judged[0].text.contains("OMB's protocol"), "{judgement:?}");
    assert_eq!((judgement.verdict, judgement.verdict.to_string()), (Verdict::NotJudged, "NOT JUDGED".to_owned()));
}

#[test]
fn the_null_driver_has_no_queue_of_a_library() {
    let mut plan = plan();
    plan.driver.kind = DriverKind::Null;
    let facts = producer(|facts| facts.counters[Counter::QueueFullNs] = S);
    assert_eq!(causes_of(&facts, &plan), [Cause::QueueTooSmall]);
}

fn any_facts() -> impl Strategy<Value = ClientFacts> {
    let kernel = prop::collection::vec(prop::option::of(0..2 * S), 5);
    let counters = prop::collection::vec((0..Counter::COUNT, 0..20 * S), 0..20);
    (any::<[bool; 3]>(), 0..20 * S, counters, prop::option::of(0..S), [0u64..3, 0..3], kernel).prop_map(
        |([consumer, pinned, own_cpu], span_ns, values, pacing_error_p999_ns, [slots_lost, late_reports], kernel)| {
            let role = if consumer { Role::Consumer } else { Role::Producer };
            let mut counters = Counters::default();
            values.into_iter().for_each(|(at, value)| counters.0[at] = value);
            let kernel = crate::worker::ClientKernelFacts {
                span_ns,
                hot_wait_ns: kernel[0],
                hot_runs: kernel[0].map(|_| 1_000),
                io_runs: kernel[1].map(|_| 1_000),
                io_wait_ns: kernel[1],
                io_run_ns: kernel[2],
                steal_ns: kernel[3],
                throttled_ns: kernel[4],
            };
            ClientFacts {
                role,
                index: 0,
                pinned,
                own_cpu,
                shared_cpu: !own_cpu,
                span_ns,
                counters,
                pacing_error_p999_ns,
                slots_lost,
                late_reports,
                kernel,
            }
        },
    )
}

proptest! {
    #[test]
    fn a_verdict_is_the_worst_of_its_reasons_each_of_which_is_told_once(facts in any_facts()) {
        let judgement = Judgement::of_client(&facts, &plan());
        let worst = judgement.reasons.iter().map(|reason| reason.verdict).max();
        prop_assert_eq!(judgement.verdict, worst.unwrap_or(Verdict::Valid));
        let causes: std::collections::BTreeSet<_> = judgement.reasons.iter().map(|reason| reason.cause).collect();
        prop_assert_eq!(causes.len(), judgement.reasons.len());
        for reason in &judgement.reasons {
            prop_assert!(!reason.text.contains("NaN") && !reason.text.contains("inf"), "{}", reason.text);
            prop_assert!(reason.value.is_none_or(f64::is_finite));
        }
    }

    #[test]
    fn a_more_patient_threshold_never_adds_a_reason(
        facts in any_facts(),
        which in 0..Threshold::COUNT,
        times in 1.0..1e6f64,
    ) {
        let mut patient = plan();
        let threshold = Threshold::ALL[which];
        let strict = causes_of(&facts, &patient);
        let factor = match threshold {
            Threshold::SlackShare => 1.0 / times,
            // A smaller value is the stricter one for the queue and the milder one for the broker: either way nobody
            // else is blamed.
            Threshold::QueueHoldsMs => 0.0,
            _ => times,
        };
        patient.thresholds = Thresholds::with(&[(threshold, threshold.default_value() * factor)]);
        let left = causes_of(&facts, &patient);
        prop_assert!(left.iter().all(|cause| strict.contains(cause)), "{strict:?} became {left:?}");
    }

    #[test]
    fn a_run_has_the_causes_of_its_clients_in_whatever_order_they_come(
        all in prop::collection::vec(any_facts(), 1..4),
    ) {
        let plan = plan();
        let judged = |facts: &[ClientFacts]| {
            // Whose latencies are is of all clients together.
            let mut result = RunResult { cumulative: None, ..completed_result(&plan) };
            let clients = &mut result.periods.last_mut().unwrap().clients;
            let spans = |facts: &ClientFacts| crate::worker::ClientSpans {
                period: facts.clone(),
                measured: facts.clone(),
            };
            *clients = facts.iter().map(spans).collect();
            Judgement::of_run(&result, &[])
        };
        let forwards = judged(&all);
        let backwards: Vec<_> = all.iter().rev().cloned().collect();
        let set = |causes: Vec<Cause>| causes.into_iter().collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(set(causes(&forwards)), set(causes(&judged(&backwards))));
        // So is the rate.
        let one_by_one = |cause: &Cause| *cause != Cause::RateNotOffered;
        let each = set(all.iter().flat_map(|facts| causes_of(facts, &plan)).filter(one_by_one).collect());
        prop_assert_eq!(set(causes(&forwards).into_iter().filter(one_by_one).collect()), each);
    }
}
