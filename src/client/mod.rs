//! The life of one client process: spec from standard input, segment, driver, hot loop, end.

#[cfg(test)]
pub(crate) mod accuracy_tests;
mod consume;
pub mod floor;
mod hold_times;
mod idle;
mod in_flight;
mod life;
mod measuring;
mod message_batcher;
mod produce;
mod raw_log;
mod run_time;
mod stamp_offsets;
mod starved;
mod telemetry_ticker;
mod troubles;
#[cfg(test)]
mod virtual_time;
mod witness;

pub use life::{consumer_main, producer_main};

use crate::os::clock::Clock;
use crate::plan::curve::RateCurve;
use crate::plan::properties::wire::{WireConsumerSettings, WireProducerSettings};
use crate::plan::properties::{FetchQueueLimits, ProducerWays};
use crate::plan::{Arrivals, ClientPlacement, DriverKind, LatePolicy, MessagePlan, Processing, WaitLimits};
use crate::telemetry::Shape;
use std::path::PathBuf;

/// Everything one client is told, as JSON on its standard input.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ClientSpec {
    /// The supervisor's pid, to notice its death.
    pub parent_pid: i32,
    /// Segment to attach to, and its shape (role and index are in it).
    pub segment: String,
    /// Its shape.
    pub shape: Shape,
    /// Number within the topic (producers) or the subscription (consumers).
    pub member: u32,
    /// Index (over all topics) of the first producer of this client's topic; rows = index − this.
    pub first_producer_of_topic: u32,
    /// Producers of this client's topic, over all hosts; 0: what it holds comes from others.
    pub producers_of_topic: u32,
    /// The run's id, in every stamp.
    pub run_id: u64,
    /// The run's clock.
    pub clock: Clock,
    /// Which driver.
    pub driver: DriverKind,
    /// What the wire driver goes by (producers); None: it is another one.
    #[serde(default)]
    pub wire_producer: Option<WireProducerSettings>,
    /// What the wire driver goes by (consumers); None: it is another one.
    #[serde(default)]
    pub wire_consumer: Option<WireConsumerSettings>,
    /// Consumers of its subscription (consumers).
    #[serde(default)]
    pub members: u32,
    /// librdkafka's properties, `client.id` and (consumers) `group.id` included; none for another driver.
    pub properties: Vec<(String, String)>,
    /// What no property says (producers).
    #[serde(default)]
    pub ways: ProducerWays,
    /// Topic name.
    pub topic: String,
    /// Its partition count.
    pub partitions: u32,
    /// What messages are made of.
    pub message: MessagePlan,
    /// Payload pool segment (producers).
    pub payload_pool: Option<String>,
    /// Late policy (producers).
    pub late: LatePolicy,
    /// A rate that changes by plan (producers).
    pub curve: Option<CurvePart>,
    /// How messages come at their rate (producers).
    #[serde(default)]
    pub arrivals: Arrivals,
    /// A closed loop: messages on their way (producers).
    #[serde(default)]
    pub outstanding_messages: Option<u32>,
    /// Without a rate: messages on their way at first (producers); None: as many as the queue takes.
    #[serde(default)]
    pub first_window_messages: Option<u32>,
    /// What it does with each message (consumers).
    #[serde(default)]
    pub processing: Option<Processing>,
    /// Where it runs.
    pub placement: ClientPlacement,
    /// Limits of its waits.
    pub limits: WaitLimits,
    /// Do stamps carry wall-clock times? When messages go from one host to another, whose raw clocks have nothing in
    /// common.
    pub wall_stamps: bool,
    /// Are probes OMB's (key `key`, ten zero bytes), which count as messages?
    pub omb_probes: bool,
    /// Name of a pool whose one payload is a `MessageOrder`, to be read when the load begins: until then nobody knows
    /// what messages are made of (OMB's protocol says it last).
    pub message_later: Option<String>,
    /// True: commits are librdkafka's own affair.
    pub auto_commit: bool,
    /// Name of its group (consumers).
    pub group: Option<String>,
    /// When its library holds back fetches (consumers).
    pub fetch_queue: FetchQueueLimits,
    /// Is `enable.idempotence` on (producers)?
    pub idempotent: bool,
    /// The file of raw samples that it is to make; None: it records none.
    #[serde(default)]
    pub raw_samples: Option<PathBuf>,
}

/// A producer's part in a rate curve.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct CurvePart {
    /// The curve of all producers together.
    pub curve: RateCurve,
    /// Which of them.
    pub index: u32,
    /// How many there are.
    pub producers: u32,
}

/// What messages are made of, told to a producer that is connected already.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct MessageOrder {
    /// The message, without the bytes of given payloads.
    pub message: MessagePlan,
    /// The pool that holds them.
    pub payload_pool: String,
}
