//! What will happen: everything decided once, handed down whole. Nothing below reads a configuration again.
//!
//! `resolve` is a pure function of files, options and topology; `Display` (in `display.rs`) is what `pinload plan`
//! prints.
//!
//! Over 250 lines: the types of the plan, which are read together.

pub mod arrivals;
pub mod curve;
pub mod demand;
pub mod display;
mod driver_source;
#[cfg(test)]
mod for_tests;
pub mod goal;
mod inputs;
mod measured_by;
pub mod message;
pub mod payload_folder;
mod per_topic;
pub mod placement;
pub mod processing;
pub mod properties;
pub mod record_times;
pub mod resolve;
pub mod schedule;
pub mod thresholds;
pub mod varying_load;

use crate::caveat::Caveat;
use crate::config::ClientLibrary;
use crate::telemetry::Role;
pub use arrivals::Arrivals;
pub use driver_source::DriverSource;
pub use inputs::{FileAsWritten, Inputs};
pub use measured_by::MeasuredBy;
pub use message::{KeyDistributor, MessagePlan, PayloadPlan, SizePlan};
pub use placement::{ClientPlacement, Placement, PlacementPolicy};
pub use processing::Processing;
pub use properties::TranslatedProperties;
use properties::wire::WireSettings;
use properties::{ConsumerSettings, ProducerSettings};
pub use resolve::{PERIOD, ResolveOptions, resolve};
pub use schedule::{LatePolicy, RatePlan, RateScope};
use std::time::Duration;
pub use thresholds::{Threshold, Thresholds};
pub use varying_load::{BacklogPlan, SearchPlan, SearchRule};

/// One workload on one driver, decided.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// `name` of the workload (its file's base name when absent): result field `workload`.
    pub workload_name: String,
    /// Base name of the workload file, up to its last dot: begins the result file's name.
    pub workload_file_base: String,
    /// `name` of the driver: result field `driver`.
    pub driver_name: String,
    /// Which files these are, and what the command line set over them.
    #[serde(default)]
    pub inputs: Inputs,
    /// What the driver is.
    pub driver: DriverPlan,
    /// Topics.
    pub topics: TopicPlan,
    /// Producers per topic; where topics differ the most that one has (ask `producers_of`).
    pub producers_per_topic: u32,
    /// Consumer groups per topic; where topics differ the most that one has (ask `subscriptions_of`).
    pub subscriptions_per_topic: u32,
    /// Consumers in each group.
    pub consumers_per_subscription: u32,
    /// What they do with each message besides counting it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer_processing: Option<Processing>,
    /// Keys, payloads, stamp.
    pub message: MessagePlan,
    /// Rates and late policy.
    pub rate: RatePlan,
    /// Warm-up before the measurement (0: none).
    pub warmup: Duration,
    /// Measurement; None: until interrupted.
    pub duration: Option<Duration>,
    /// Length of the periods in which figures are told (10 s).
    pub period: Duration,
    /// A backlog to build and drain.
    pub backlog: Option<BacklogPlan>,
    /// The rate is searched for, from `rate.total` on.
    pub search: Option<SearchPlan>,
    /// Limits of each wait.
    pub limits: WaitLimits,
    /// Which CPUs, which memory.
    pub placement: Placement,
    /// The clients in order: all producers, then all consumers.
    pub clients: Vec<ClientPlan>,
    /// Delete the topics this run made?
    pub delete_topics: bool,
    /// What the result is judged by.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// What the run shall reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<goal::Goal>,
    /// Whose clients measure.
    #[serde(default, skip_serializing_if = "MeasuredBy::everything")]
    pub measured_by: MeasuredBy,
    /// What the user should know before the run.
    pub warnings: Vec<Caveat>,
}

/// What is driven.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct DriverPlan {
    /// Kafka, the embedded broker, or none at all.
    pub kind: DriverKind,
    /// What its clients are made of.
    #[serde(default, skip_serializing_if = "ClientLibrary::is_librdkafka")]
    pub client: ClientLibrary,
    /// Admin client's librdkafka properties.
    pub admin: TranslatedProperties,
    /// Producers' librdkafka properties (`client.id` per client is added at start).
    pub producer: TranslatedProperties,
    /// Consumers' librdkafka properties (`group.id` per subscription is added at start).
    pub consumer: TranslatedProperties,
    /// What the producers' properties say that pinload goes by.
    #[serde(skip)]
    pub producer_settings: ProducerSettings,
    /// What the consumers' properties say that pinload goes by.
    #[serde(skip)]
    pub consumer_settings: ConsumerSettings,
    /// What the wire driver's clients go by; None: librdkafka's are given their properties.
    #[serde(skip)]
    pub wire: Option<WireSettings>,
    /// acks=0: acknowledgement latency is local.
    pub acknowledgement_is_local: bool,
    /// True when the consumer configuration asks for automatic commits; then pinload commits nothing.
    pub auto_commit: bool,
    /// The file itself; None: there is none.
    #[serde(skip)]
    pub source: Option<DriverSource>,
}

impl DriverPlan {
    /// Is Kafka's protocol written by pinload itself?
    pub fn is_wire(&self) -> bool {
        self.client == ClientLibrary::Wire
    }

    /// Decides what pinload goes by. To be called when `effective` properties have been set.
    pub fn decide_settings(&mut self) {
        self.producer_settings = ProducerSettings::of(&self.producer.effective);
        self.consumer_settings = ConsumerSettings::of(&self.consumer.effective);
        self.wire = self.is_wire().then(|| WireSettings::of(&self.producer.effective, &self.consumer.effective));
    }

    /// Do the wire driver's consumers join a group whose broker assigns partitions? Otherwise the plan does.
    pub fn wire_joins_group(&self) -> bool {
        self.wire.as_ref().is_some_and(|wire| wire.consumer.way.membership.is_some())
    }

    /// Where the cluster is, as the driver file says; `?` where it does not.
    pub fn bootstrap_servers(&self) -> &str {
        self.admin.get("bootstrap.servers").or_else(|| self.admin.get("metadata.broker.list")).unwrap_or("?")
    }

    /// Does one of the addresses say that a broker is on this host?
    pub fn is_on_this_host(&self) -> bool {
        let host = |address: &str| {
            let host = address.trim().rsplit_once(':').map_or("", |(host, _)| host).to_owned();
            host.trim_start_matches('[').trim_end_matches(']').to_owned()
        };
        self.kind == DriverKind::Kafka
            && self.bootstrap_servers().split(',').map(host).any(|host| {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            })
    }
}

/// The kinds of driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverKind {
    /// A Kafka cluster.
    Kafka,
    /// librdkafka's mock cluster in a helper process.
    Embedded,
    /// Takes everything and acknowledges at once: measures the generator itself.
    Null,
}

/// The topics of a run.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TopicPlan {
    /// Topics of the run.
    pub count: u32,
    /// Partitions of each; where topics differ the most that one has (ask `partitions_of`). 0: existing topics with as
    /// many as they have.
    pub partitions_per_topic: u32,
    /// Each topic by itself where they differ; empty: all are alike.
    pub each: Vec<TopicShape>,
    /// Copies of each partition; −1: the broker's default.
    pub replication_factor: i32,
    /// Topic configuration (Kafka's names).
    pub config: Vec<(String, String)>,
    /// Names given by the user (existing topics are then no error); empty: see `random_names`.
    pub existing: Vec<String>,
    /// True: `test-topic-%07d-<7 random>`, made for the run. False: `test-topic-%07d-%04d` (number, partitions) in
    /// every run; topics of that name are used when they exist, made when not, and kept.
    pub random_names: bool,
}

/// Topics that have the same name in every run have groups of the same name too, so that a later run goes on where the
/// earlier one ended.
impl TopicPlan {
    /// Do the topics that are made put the broker's time into records, over the sender's (LogAppendTime)?
    pub fn have_brokers_times(&self) -> bool {
        self.config.iter().any(|(name, value)| name == "message.timestamp.type" && value == "LogAppendTime")
    }
    /// Does every run use the same names?
    pub fn fixed_names(&self) -> bool {
        self.existing.is_empty() && !self.random_names
    }
}

/// What one topic has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TopicShape {
    /// Partitions; 0: an existing topic with as many as it has.
    pub partitions: u32,
    /// Producers.
    pub producers: u32,
    /// Consumer groups.
    pub subscriptions: u32,
}

/// Limits of waits; every one has a message when it ends.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct WaitLimits {
    /// A broker's first answer.
    pub connect: Duration,
    /// Topics created, or deleted, however many requests it takes.
    pub topics: Duration,
    /// All consumers assigned, all probes seen (60 s).
    pub ready: Duration,
    /// Flush of each producer (10 s).
    pub flush: Duration,
    /// Consumers catching up at the end.
    pub catch_up: Duration,
    /// A broker that answers nobody for so long in the middle of the load ends the run (30 s).
    #[serde(default = "half_a_minute")]
    pub unreachable: Duration,
}

/// Of a coordinator that does not say.
fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

/// One client, decided.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClientPlan {
    /// Producer or consumer.
    pub role: Role,
    /// Number within the role, over all topics.
    pub index: u32,
    /// Topic number.
    pub topic: u32,
    /// Subscription number within the topic (consumers).
    pub subscription: Option<u32>,
    /// Number within the topic (producers) or the subscription (consumers); a producer's accounting row in its topic's
    /// consumers.
    pub member: u32,
    /// Its CPUs.
    pub placement: ClientPlacement,
}
