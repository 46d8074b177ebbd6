//! The life of one client process: spec from standard input, segment, driver, hot loop, end.

mod consume;
mod in_flight;
mod life;
mod outbox;
mod produce;
mod pulse;
mod run_time;
#[cfg(test)]
mod virtual_time;

pub use life::{consumer_main, producer_main};

use crate::os::clock::Clock;
use crate::plan::{ClientPlacement, DriverKind, LatePolicy, Limits, MessagePlan};
use crate::telemetry::Shape;

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
    /// librdkafka properties, `client.id` and (consumers) `group.id` included.
    pub properties: Vec<(String, String)>,
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
    /// Where it runs.
    pub placement: ClientPlacement,
    /// Limits of its waits.
    pub limits: Limits,
    /// True: commits are librdkafka's own affair.
    pub auto_commit: bool,
}
