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
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// Name of the workload.
    ///
    /// `name` of the workload (its file's base name when absent): result field `workload`.
    pub workload_name: String,
    /// File name of the workload without ending.
    ///
    /// Base name of the workload file, up to its last dot: begins the result file's name.
    pub workload_file_base: String,
    /// Name of the driver.
    pub driver_name: String,
    /// Which files the run was asked for, and what the command line set over them.
    #[serde(default)]
    pub inputs: Inputs,
    /// What is driven.
    pub driver: DriverPlan,
    /// The topics as decided.
    pub topics: TopicPlan,
    /// Producers of each topic; where topics differ the most.
    #[schemars(extend("unit" = "clients"))]
    pub producers_per_topic: u32,
    /// Consumer groups of each topic; where topics differ the most.
    #[schemars(extend("unit" = "groups"))]
    pub subscriptions_per_topic: u32,
    /// Consumers of each group.
    #[schemars(extend("unit" = "clients"))]
    pub consumers_per_subscription: u32,
    /// What consumers do with each message besides counting it (consumerProcessingTime).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer_processing: Option<Processing>,
    /// What a message is made of, as decided.
    pub message: MessagePlan,
    /// Rates and late policy.
    pub rate: RatePlan,
    /// Warm-up before the measurement.
    #[schemars(rename = "warmup_s", with = "f64")]
    pub warmup: Duration,
    /// Length of the measurement; null: until interrupted.
    #[schemars(rename = "duration_s", with = "Option<f64>")]
    pub duration: Option<Duration>,
    /// Length of a period.
    ///
    /// Length of the periods in which figures are told (10 s).
    #[schemars(rename = "period_s", with = "f64")]
    pub period: Duration,
    /// The backlog to build and drain; null: none.
    pub backlog: Option<BacklogPlan>,
    /// How the highest sustainable rate is searched for; null: the rate is given.
    pub search: Option<SearchPlan>,
    /// Limits of waits.
    pub limits: WaitLimits,
    /// Where clients run.
    pub placement: Placement,
    /// Every client, as decided.
    pub clients: Vec<ClientPlan>,
    /// True: the topics this run made are deleted at the end.
    pub delete_topics: bool,
    /// What the verdict and the health section judge by; the unit stands in each name, a share is a fraction.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// The goals as written; absent: there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<goal::Goal>,
    /// `omb`: by OMB's protocol, what that does not carry is left out; absent: by pinload's, everything.
    #[serde(default, skip_serializing_if = "MeasuredBy::everything")]
    pub measured_by: MeasuredBy,
    /// Warnings of plan, run and end.
    pub warnings: Vec<Caveat>,
}

/// What is driven.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct DriverPlan {
    /// Kafka, embedded (librdkafka's mock cluster) or null (nothing).
    pub kind: DriverKind,
    /// `wire`: Kafka's protocol written by pinload itself, so that figures tell what the broker can do; absent:
    /// librdkafka.
    #[serde(default, skip_serializing_if = "ClientLibrary::is_librdkafka")]
    pub client: ClientLibrary,
    /// Of the admin client: how it was translated.
    pub admin: TranslatedProperties,
    /// Of the producers: how it was translated.
    pub producer: TranslatedProperties,
    /// Of the consumers: how it was translated.
    ///
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
    /// True: acks=0, no broker takes part in acknowledgement latency.
    pub acknowledgement_is_local: bool,
    /// True: the client library commits offsets by itself.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct TopicPlan {
    /// How many.
    #[schemars(extend("unit" = "topics"))]
    pub count: u32,
    /// Of each topic; where topics differ the most; 0: existing topics as they are.
    #[schemars(extend("unit" = "partitions"))]
    pub partitions_per_topic: u32,
    /// The topics one by one where they differ; empty: all alike.
    pub each: Vec<TopicShape>,
    /// Of each partition; −1: the broker's default.
    #[schemars(extend("unit" = "copies"))]
    pub replication_factor: i32,
    /// Topic configuration: pairs of name and value.
    pub config: Vec<(String, String)>,
    /// Topics named by the user; empty: named by pinload.
    pub existing: Vec<String>,
    /// True: topics of pinload have names of this run alone; false: the same names in every run.
    ///
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct TopicShape {
    /// Of this topic; 0: an existing topic as it is.
    #[schemars(extend("unit" = "partitions"))]
    pub partitions: u32,
    /// Producers of this topic.
    #[schemars(extend("unit" = "clients"))]
    pub producers: u32,
    /// Consumer groups of this topic.
    #[schemars(extend("unit" = "groups"))]
    pub subscriptions: u32,
}

/// Limits of waits; every one has a message when it ends.
#[derive(Debug, Clone, Copy, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct WaitLimits {
    /// A broker's first answer.
    #[schemars(rename = "connect_s", with = "f64")]
    pub connect: Duration,
    /// Creating topics, deleting them.
    #[schemars(rename = "topics_s", with = "f64")]
    pub topics: Duration,
    /// Consumers assigned and all probes seen.
    #[schemars(rename = "ready_s", with = "f64")]
    pub ready: Duration,
    /// Flush of each producer.
    #[schemars(rename = "flush_s", with = "f64")]
    pub flush: Duration,
    /// Consumers catching up at the end; ten times that while messages still come.
    #[schemars(rename = "catch_up_s", with = "f64")]
    pub catch_up: Duration,
    /// A broker that answers nobody for so long in the middle of the load ends the run.
    #[serde(default = "half_a_minute")]
    #[schemars(rename = "unreachable_s", with = "f64")]
    pub unreachable: Duration,
}

/// Of a coordinator that does not say.
fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

/// One client, decided.
#[derive(Debug, Clone, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct ClientPlan {
    /// Producer or consumer.
    pub role: Role,
    /// Number within the role, over all topics.
    pub index: u32,
    /// Number of its topic.
    pub topic: u32,
    /// Number of its subscription within the topic (consumers).
    pub subscription: Option<u32>,
    /// Number within the topic (producers) or the subscription (consumers).
    ///
    /// Number within the topic (producers) or the subscription (consumers); a producer's accounting row in its topic's
    /// consumers.
    pub member: u32,
    /// Where clients run.
    pub placement: ClientPlacement,
}
