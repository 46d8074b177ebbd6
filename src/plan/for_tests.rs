//! A plan to test with: one topic, two producers, one subscription of two consumers, 1,000 msg/s, no machine behind it.

use super::properties::{ConsumerSettings, ProducerSettings};
use super::{
    Arrivals, ClientPlacement, ClientPlan, DriverKind, DriverPlan, KeyDistributor, LatePolicy, MessagePlan,
    PayloadPlan, Placement, PlacementPolicy, Plan, RatePlan, RateScope, TopicPlan, TranslatedProperties, WaitLimits,
};
use crate::os::affinity::CpuSet;
use crate::telemetry::Role;
use crate::units::Rate;
use std::time::Duration;

impl Plan {
    /// The plan described above, with these times.
    pub(crate) fn for_tests(warmup: Duration, duration: Option<Duration>) -> Self {
        let placement = ClientPlacement {
            hot_cpu: Some(1),
            io_cpus: CpuSet::of(0),
            hot_cpu_shared: true,
            memory_policy: None,
            node: Some(0),
            io_thread: None,
        };
        let client = |role, index, subscription| ClientPlan {
            role,
            index,
            topic: 0,
            subscription,
            member: index,
            placement: placement.clone(),
        };
        Self {
            workload_name: "test".to_owned(),
            workload_file_base: "test".to_owned(),
            driver_name: "Kafka".to_owned(),
            inputs: crate::plan::Inputs::default(),
            driver: DriverPlan {
                kind: DriverKind::Kafka,
                client: crate::config::ClientLibrary::Librdkafka,
                admin: TranslatedProperties::default(),
                producer: TranslatedProperties::default(),
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
                config: Vec::new(),
                existing: Vec::new(),
                random_names: true,
            },
            producers_per_topic: 2,
            subscriptions_per_topic: 1,
            consumers_per_subscription: 2,
            consumer_processing: None,
            message: MessagePlan {
                size_bytes: 1024,
                largest_bytes: 1024,
                keys: KeyDistributor::NoKey,
                payload: PayloadPlan::Randomized { pool: 10, random_bytes: 512, seed: 1 },
                stamp: true,
                no_stamp_reason: None,
            },
            rate: RatePlan {
                curve: None,
                arrivals: Arrivals::Uniform,
                outstanding_messages: None,
                first_window_messages: None,
                total: Rate::PerSecond(1000.0),
                per_producer: Rate::PerSecond(500.0),
                scope: RateScope::Total,
                scope_reason: "driverClass is OMB's".to_owned(),
                late: LatePolicy::Bounded { multiple: 2.0 },
                producers: 2,
            },
            warmup,
            period: Duration::from_secs(10),
            backlog: None,
            search: None,
            duration,
            limits: WaitLimits {
                connect: Duration::from_secs(30),
                topics: Duration::from_secs(60),
                ready: Duration::from_secs(60),
                flush: Duration::from_secs(10),
                catch_up: Duration::from_secs(30),
                unreachable: Duration::from_secs(30),
            },
            placement: Placement {
                policy: PlacementPolicy::Spread,
                allowed: CpuSet::from_iter([0, 1]),
                supervisor: CpuSet::of(0),
                clients: vec![placement.clone(); 4],
                oversubscribed: true,
                notes: Vec::new(),
            },
            clients: vec![
                client(Role::Producer, 0, None),
                client(Role::Producer, 1, None),
                client(Role::Consumer, 0, Some(0)),
                client(Role::Consumer, 1, Some(0)),
            ],
            thresholds: crate::plan::Thresholds::default(),
            goals: Vec::new(),
            measured_by: crate::plan::MeasuredBy::Pinload,
            delete_topics: true,
            warnings: Vec::new(),
        }
    }
}
