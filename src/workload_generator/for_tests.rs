//! A small run by hand: 2 producers and 1 consumer on one topic, 3 periods of 10 s after 5 s of warm-up.
//!
//! Over 250 lines: one run, every figure of which was chosen by hand.

use super::{RunOutcome, RunResult};
use crate::driver::kafka::admin::settings::{ClusterSetting, ClusterSettings};
use crate::load::accounting::Balance;
use crate::os::affinity::CpuSet;
use crate::os::clock::{Clock, ClockSource};
use crate::os::fingerprint::for_tests::{TUNED, tree};
use crate::os::fingerprint::{Fingerprint, TscAcrossCpus};
use crate::plan::properties::{ConsumerSettings, ProducerSettings, ProducerWays, PropertyLine, Translated};
use crate::plan::{
    Arrivals, ClientPlacement, ClientPlan, DriverKind, DriverPlan, FileAsWritten, KeyDistributor, LatePolicy,
    MessagePlan, PayloadPlan, Placement, PlacementPolicy, Plan, RatePlan, RateScope, TopicPlan, TranslatedProperties,
    WaitLimits,
};
use crate::stats::partition_counts::PartitionCounts;
use crate::stats::{Counter, Counters, Distribution, Latency, Recorder};
use crate::telemetry::Role;
use crate::units::Rate;
use crate::worker::{
    ClientFacts, ClientKernelFacts, ClientReport, ClientSpans, Environment, LatencySet, PartitionsReceived,
    PeriodStats, Rates, RunEnd, SubscriptionBalance, TimelinePoint,
};
use std::time::{Duration, SystemTime};

/// The load's epoch on the raw clock.
pub(crate) const EPOCH_NS: u64 = 1_000_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;

pub(crate) fn plan() -> Plan {
    let clients: Vec<_> = [(Role::Producer, 0), (Role::Producer, 1), (Role::Consumer, 0)].map(client_plan).to_vec();
    let mut plan = Plan {
        workload_name: "small".to_owned(),
        workload_file_base: "small-workload".to_owned(),
        driver_name: "Kafka".to_owned(),
        inputs: crate::plan::Inputs {
            workload: "small-workload.yaml".to_owned(),
            driver: "kafka.yaml".to_owned(),
            set: vec!["topics=1".to_owned(), "sasl.password=****".to_owned()],
            files: vec![FileAsWritten {
                file_name: "small-workload.yaml".to_owned(),
                file_text: "name: small\n".to_owned(),
            }],
        },
        driver: DriverPlan {
            kind: DriverKind::Kafka,
            client: crate::config::ClientLibrary::Librdkafka,
            admin: TranslatedProperties::default(),
            producer: TranslatedProperties {
                ways: ProducerWays::default(),
                effective: [("acks", "all"), ("compression.type", "lz4"), ("sasl.password", "top-secret")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec(),
                lines: vec![PropertyLine {
                    name: "buffer.memory".to_owned(),
                    value: "67108864".to_owned(),
                    outcome: Translated::Renamed {
                        to: vec![("queue.buffering.max.kbytes".to_owned(), "65536".to_owned())],
                        why: "counts kB".to_owned(),
                    },
                }],
            },
            consumer: TranslatedProperties::default(),
            producer_settings: ProducerSettings::default(),
            consumer_settings: ConsumerSettings::default(),
            wire: None,
            acknowledgement_is_local: false,
            auto_commit: false,
            source: None,
        },
        topics: TopicPlan {
            count: 1,
            partitions_per_topic: 4,
            each: Vec::new(),
            replication_factor: 1,
            config: vec![("min.insync.replicas".to_owned(), "1".to_owned())],
            existing: Vec::new(),
            random_names: true,
        },
        producers_per_topic: 2,
        subscriptions_per_topic: 1,
        consumers_per_subscription: 1,
        consumer_processing: None,
        message: MessagePlan {
            size_bytes: 1024,
            largest_bytes: 1024,
            keys: KeyDistributor::NoKey,
            payload: PayloadPlan::Randomized { pool: 100, random_bytes: 512, seed: 7 },
            stamp: true,
            no_stamp_reason: None,
        },
        rate: RatePlan {
            curve: None,
            arrivals: Arrivals::Uniform,
            outstanding_messages: None,
            first_window_messages: None,
            total: Rate::PerSecond(20_000.0),
            per_producer: Rate::PerSecond(10_000.0),
            scope: RateScope::Total,
            scope_reason: "driverClass is OMB's".to_owned(),
            late: LatePolicy::Bounded { multiple: 2.0 },
            producers: 2,
        },
        period: Duration::from_secs(10),
        backlog: None,
        search: None,
        warmup: Duration::from_secs(5),
        duration: Some(Duration::from_millis(30_500)),
        limits: WaitLimits {
            connect: Duration::from_secs(30),
            topics: Duration::from_secs(60),
            ready: Duration::from_secs(60),
            flush: Duration::from_secs(10),
            catch_up: Duration::from_secs(60),
            unreachable: Duration::from_secs(30),
        },
        placement: Placement {
            policy: PlacementPolicy::Spread,
            allowed: (0..8).collect(),
            supervisor: CpuSet::of(0),
            clients: clients.iter().map(|client| client.placement.clone()).collect(),
            oversubscribed: false,
            notes: vec!["CPU 0 is left to the supervisor".to_owned().into()],
        },
        clients,
        thresholds: crate::plan::Thresholds::default(),
        goals: Vec::new(),
        measured_by: crate::plan::MeasuredBy::Pinload,
        delete_topics: true,
        warnings: vec!["linger.ms is the Java client's default".to_owned().into()],
    };
    plan.driver.decide_settings();
    plan
}

/// Producer `i` on CPU 2 + i, the consumer on CPU 4.
fn hot_cpu(role: Role, index: u32) -> usize {
    match role {
        Role::Producer => 2 + usize::try_from(index).unwrap(),
        Role::Consumer => 4,
    }
}

fn client_plan((role, index): (Role, u32)) -> ClientPlan {
    ClientPlan {
        role,
        index,
        topic: 0,
        subscription: (role == Role::Consumer).then_some(0),
        member: index,
        placement: ClientPlacement {
            hot_cpu: Some(hot_cpu(role, index)),
            io_cpus: (5..8).collect(),
            hot_cpu_shared: false,
            memory_policy: None,
            node: Some(0),
            io_thread: None,
        },
    }
}

/// A distribution of these values, its extremes known.
pub(crate) fn distribution(values_ns: impl IntoIterator<Item = u64>) -> Distribution {
    let mut recorder = Recorder::new();
    values_ns.into_iter().for_each(|value| recorder.record(value));
    let extremes = recorder.take_interval();
    Distribution::of_ns(recorder.to_histogram(), Some(extremes), false)
}

/// Acknowledgements from 1 to 1,000 × `scale` µs; from the intended time twice, end to end three and four times as
/// long; delays from 100 ns up. No loop has kept anything.
pub(crate) fn latencies(scale: u64) -> LatencySet {
    let family = |step_ns: u64| distribution((1..=1_000).map(move |i| i * step_ns * scale));
    let (acknowledged, received) = (family(1_000), family(3_000));
    let at_least = [acknowledged.clone(), received.clone()];
    let [acknowledged_at_least, received_at_least] = at_least;
    LatencySet {
        by_family: [
            acknowledged,
            family(2_000),
            family(10),
            received,
            family(4_000),
            acknowledged_at_least,
            received_at_least,
        ],
    }
}

pub(crate) fn counters(values: &[(Counter, u64)]) -> Counters {
    let mut counters = Counters::default();
    values.iter().for_each(|(counter, value)| counters[*counter] = *value);
    counters
}

/// `seconds` s of 20,000 msg/s of 1,024 B in both directions.
fn counted(seconds: u64) -> Counters {
    let messages = 20_000 * seconds;
    counters(&[
        (Counter::MessagesEnqueued, messages),
        (Counter::BytesEnqueued, messages * 1024),
        (Counter::MessagesAcknowledged, messages),
        (Counter::BytesAcknowledged, messages * 1024),
        (Counter::MessagesReceived, messages),
        (Counter::BytesReceived, messages * 1024),
        (Counter::AssignedPartitions, 4),
        (Counter::CpuUserNs, seconds * SECOND_NS),
        (Counter::CpuSystemNs, seconds * SECOND_NS / 2),
    ])
}

/// Measured period `number` (0, 1, 2).
pub(crate) fn period(number: u64) -> PeriodStats {
    let start_ns = EPOCH_NS + (5 + 10 * number) * SECOND_NS;
    PeriodStats {
        start_ns,
        end_ns: start_ns + 10 * SECOND_NS,
        publish_rate_per_s: 20_000.0,
        send_rate_per_s: 20_000.0,
        publish_bytes_per_s: 20_480_000.0,
        publish_error_rate_per_s: 0.0,
        consume_rate_per_s: 20_000.25,
        consume_bytes_per_s: 20_480_256.0,
        expected_receipts: 12,
        receipts: 0,
        backlog: 12,
        counters: counted(10),
        totals: counted(5 + 10 * (number + 1)),
        latencies: latencies(number + 1),
        since_reset: Rates {
            enqueued_per_s: 20_000.0,
            acknowledged_per_s: 20_000.0,
            acknowledged_bytes_per_s: 20_480_000.0,
            failed_per_s: 0.0,
            received_per_s: 20_000.0,
            received_bytes_per_s: 20_480_000.0,
        },
        late_clients: 0,
        seconds: Vec::new(),
        clients: [(Role::Producer, 0), (Role::Producer, 1), (Role::Consumer, 0)]
            .map(|(role, index)| ClientSpans {
                period: facts(role, index, 10),
                measured: facts(role, index, 10 * (number + 1)),
            })
            .to_vec(),
        moments: Vec::new(),
    }
}

/// What one client did in so many seconds: nothing to complain of.
pub(crate) fn facts(role: Role, index: u32, seconds: u64) -> ClientFacts {
    let span_ns = seconds * SECOND_NS;
    let (counted, per_s, pacing_error_p999_ns) = match role {
        Role::Producer => (vec![Counter::MessagesEnqueued, Counter::MessagesAcknowledged], 10_000, Some(1_000)),
        Role::Consumer => (vec![Counter::MessagesReceived], 20_000, None),
    };
    let counted: Vec<_> = counted.into_iter().map(|counter| (counter, per_s * seconds)).collect();
    let mut counters = counters(&counted);
    counters[Counter::IdleNs] = span_ns / 2;
    ClientFacts {
        role,
        index,
        pinned: true,
        own_cpu: true,
        shared_cpu: false,
        span_ns,
        counters,
        pacing_error_p999_ns,
        slots_lost: 0,
        late_reports: 0,
        kernel: ClientKernelFacts {
            span_ns,
            hot_wait_ns: Some(0),
            hot_runs: Some(100),
            io_wait_ns: Some(0),
            io_runs: Some(100),
            io_run_ns: Some(0),
            steal_ns: Some(0),
            throttled_ns: Some(0),
        },
    }
}

/// Before anything was measured.
pub(crate) fn empty_result(plan: &Plan) -> RunResult<'_> {
    RunResult::begin(plan)
}

/// The whole run, completed.
pub(crate) fn completed_result(plan: &Plan) -> RunResult<'_> {
    let mut cumulative = latencies(1);
    for (family, more) in cumulative.by_family.iter_mut().zip(latencies(3).by_family) {
        family.add(&more);
    }
    RunResult {
        epoch_wall_ns: 0,
        epoch_ns: EPOCH_NS,
        measurement_start_ns: EPOCH_NS + 5 * SECOND_NS,
        periods: (0..3).map(period).collect(),
        cumulative: Some(cumulative),
        balances: (0..2).map(balance).collect(),
        outcome: RunOutcome::Completed,
        end: Some(end(plan)),
        warnings: ["a probe was repeated", "a topic took long to go"].map(|text| text.to_owned().into()).to_vec(),
        ..empty_result(plan)
    }
}

pub(crate) fn started_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_352_400)
}

fn balance(producer: u32) -> SubscriptionBalance {
    SubscriptionBalance {
        topic: "test-topic-0000000-abcdefg".to_owned(),
        group: Some("sub-000-hijklmn".to_owned()),
        producer,
        balance: Balance {
            sent: 350_000,
            acknowledged: 350_000,
            received: 350_000,
            reordered: 1,
            proven: true,
            ..Balance::default()
        },
    }
}

/// A host with a limit on CPU time, of which everything is known.
fn fingerprint() -> Fingerprint {
    let limited = [("sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n")];
    let mut fingerprint = Fingerprint::read(tree(&[TUNED, &limited]).path(), None);
    fingerprint.clock.tsc_across_cpus = Some(TscAcrossCpus {
        reference_cpu: 0,
        compared_cpus: CpuSet::from_iter([1, 2, 3]),
        not_compared_cpus: CpuSet::default(),
        proven_offset_ns: 0,
        offset_uncertainty_ns: 70,
    });
    fingerprint
}

fn end(plan: &Plan) -> RunEnd {
    RunEnd {
        clients: plan.clients.iter().map(|client| report(client.role, client.index)).collect(),
        totals: None,
        clock: Clock { source: ClockSource::Tsc, anchor_ticks: 1_000, anchor_ns: 2_000, ns_per_tick_q32: 1 << 31 },
        clock_reason: "the TSC is invariant and the kernel's clock source is tsc".to_owned(),
        clock_drift_ppm: 0.1,
        supervisor_cpu_ns: 420_000_000,
        drain_ns: 12_000_000,
        topics: vec!["test-topic-0000000-abcdefg".to_owned()],
        topics_deleted: true,
        topics_gone: Vec::new(),
        warnings: Vec::new(),
        hosts: Vec::new(),
        end_to_end_clock_error_ns: None,
        stamp_clock_error_ns: None,
        moments: Vec::new(),
        environments: vec![Environment { worker: None, fingerprint: fingerprint() }],
        cluster_settings: vec![ClusterSettings {
            resource: "broker 1".to_owned(),
            settings: vec![ClusterSetting {
                setting: "num.io.threads".to_owned(),
                setting_value: "8".to_owned(),
                setting_source: "static_broker".to_owned(),
            }],
        }],
    }
}

fn report(role: Role, index: u32) -> ClientReport {
    let (totals, families) = match role {
        Role::Producer => (
            counters(&[(Counter::MessagesEnqueued, 350_000), (Counter::MessagesAcknowledged, 350_000)]),
            Latency::PRODUCER.len(),
        ),
        Role::Consumer => (counters(&[(Counter::MessagesReceived, 700_000)]), Latency::CONSUMER.len()),
    };
    let point = |second: u32| TimelinePoint {
        at_s: f64::from(second),
        span_s: 1.0,
        counters: totals,
        latencies_ns: vec![[1_000, 2_000, 3_000]; families],
    };
    ClientReport {
        role,
        index,
        pid: 4_000,
        planned_cpu: Some(hot_cpu(role, index)),
        placement: client_plan((role, index)).placement,
        worker: None,
        observed_cpu: u32::try_from(hot_cpu(role, index)).ok(),
        observed_hot_mask: Some(hot_cpu(role, index).to_string()),
        observed_thread_masks: vec![("rdk:main".to_owned(), "5-7".to_owned())],
        exit: "exit code 0".to_owned(),
        counters: totals,
        hot_thread_cpu_ns: 9 * SECOND_NS,
        slots_lost: 0,
        raw_samples_file: Some(format!("samples/0000000000000007.{role}-{index}.raw")),
        timeline: [point(1), point(2)].into_iter().collect(),
        troubles: Vec::new(),
        partitions: (role == Role::Consumer).then(partitions),
    }
}

/// Two partitions of which 100,000 messages each came within 20 s, each after about 1.5 ms.
fn partitions() -> PartitionsReceived {
    // Of 16 buckets to a doubling, behind four figures.
    let bin = 4 + 278;
    let counts = |partition: u64| {
        PartitionCounts::from_words(|word| match word {
            0 => partition + 1,
            1 => 100_000,
            2 => 100_000 * 1_024,
            3 => 100_000 * 1_500_000,
            _ if word == bin => 100_000,
            _ => 0,
        })
    };
    PartitionsReceived { span_ns: 20 * SECOND_NS, partitions: (0..2).filter_map(counts).collect() }
}
