//! The floor: what the clients' own loops cost, run in this process on a driver that does nothing (or on Kafka, to
//! compare), and what the wire driver costs on a broker that does nothing.
//!
//! These are the loops of `produce` and `consume`, not copies of them. What a client measures is chosen part by part
//! when compiling (`measuring.rs`); with all parts they are the very code of a client process.

mod loops;
mod stepped;
mod supervise;
mod timed;

use super::measuring::{self, With};
use crate::config::ClientLibrary;
use crate::driver::wire::SinkUse;
use crate::driver::{DriverError, ErrorClass};
use crate::os::clock::Clock;
use crate::stats::{Counter, Counters, Distribution};
use crate::telemetry::Role;
use crate::units::Rate;
use loops::{on_kafka, on_null, on_sink};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// From the begin of a job to the first message.
const LEAD_NS: u64 = 2_000_000;
const RUN_ID: u64 = 0x7069_6e6c_6f61_6421;

/// What a loop is to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts(u8);

impl Parts {
    /// What a client measures.
    pub const ALL: Self = Self(measuring::ALL);
    /// Nothing: the messages are handed over and their reports counted.
    pub const NONE: Self = Self(0);

    /// The parts in the order in which each builds upon those before it.
    pub const NAMES: [&'static str; 6] = ["reports", "stamp", "actual", "intended", "ledger", "telemetry"];

    /// `none`, `all`; a part's name: this one and those before it; `no-` and a name: all but this one.
    pub fn named(name: &str) -> Option<Self> {
        let position = |name: &str| Self::NAMES.iter().position(|known| *known == name);
        match (name, name.strip_prefix("no-")) {
            ("none", _) => Some(Self::NONE),
            ("all", _) => Some(Self::ALL),
            // Without reports nothing is left that the others could measure.
            (_, Some(part)) => position(part).filter(|bit| *bit > 0).map(|bit| Self(measuring::ALL & !(1 << bit))),
            (_, None) => position(name).map(|bit| Self((2 << bit) - 1)),
        }
    }
}

/// How long a job lasts: its end is seen with the loop's next tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Until so many messages have been seen in the live counters.
    Messages(u64),
    /// For so long.
    Time(Duration),
}

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMode {
    /// As it does.
    Real,
    /// By so many ns with each reading of the clock (which is read all the same), so that a count of instructions does
    /// not depend on the speed of the machine. Every wait ends with the reading that follows it.
    Stepped(u64),
}

/// Where messages go to, or come from.
#[derive(Debug, Clone)]
pub enum LoopTarget {
    /// Nowhere.
    Null,
    /// A topic that is there. Consumers read it from where their group stands.
    Kafka {
        /// Whose clients.
        client: ClientLibrary,
        /// librdkafka's properties; `group.id` for librdkafka's consumers.
        properties: Vec<(String, String)>,
        /// Topic name.
        topic: String,
        /// Its partitions.
        partitions: u32,
    },
    /// A sink in this process, by the wire driver. With everything measured it serves stamped messages, each once.
    Sink {
        /// The sink's CPU, on which it spins; None: it sleeps while it waits.
        cpu: Option<usize>,
        /// librdkafka's properties.
        properties: Vec<(String, String)>,
        /// Partitions of its topic.
        partitions: u32,
    },
}

/// One measurement.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which loop.
    pub role: Role,
    /// How a producer sends: on a schedule, or without one in batches; a consumer takes what comes.
    pub pace: Rate,
    /// Length of each value, at least a stamp's.
    pub value_bytes: u32,
    /// Different payloads.
    pub payloads: u32,
    /// What is measured.
    pub parts: Parts,
    /// How long.
    pub length: Length,
    /// How time passes.
    pub passing: TimeMode,
    /// The clock.
    pub clock: Clock,
    /// The CPU of the loop, which then spins there as a client does that has its own; None: it sleeps when a wait is
    /// long enough.
    pub cpu: Option<usize>,
    /// The CPU of the I/O thread of the wire driver's producer; None: the loop does its work. Where it is the sink's
    /// both nap while they wait, else both spin.
    pub io_cpu: Option<usize>,
    /// Without a rate a producer keeps so many messages on their way at first; None: as many as the queue takes.
    pub window_messages: Option<u32>,
    /// Between two slots asked for besides those of each second.
    pub cut_every: Option<Duration>,
    /// Where to.
    pub target: LoopTarget,
    /// Ends the load under real time at once when it becomes true.
    pub stop: Option<Arc<AtomicBool>>,
}

/// What came of it.
#[derive(Debug)]
pub struct LoopResult {
    /// Messages sent, or received.
    pub messages: u64,
    /// From before the first message to the last report, real time.
    pub elapsed_ns: u64,
    /// CPU time of the loop's thread in this time.
    pub cpu_ns: u64,
    /// CPU time of the whole process in this time (the library's threads, and the one that stands for the supervisor);
    /// with a sink, whose threads are in this process, that of the loop's thread and of the I/O thread while it had
    /// something to do.
    pub process_cpu_ns: u64,
    /// What the loop counted.
    pub counters: Counters,
    /// Actual − intended send time, if measured.
    pub pacing_error: Distribution,
    /// How long the loop stood still for each publication of a slot; empty without telemetry.
    pub pauses: Distribution,
    /// Bytes of the largest slot that was published; 0 without telemetry.
    pub largest_slot_bytes: usize,
    /// What the sink has done, if there was one.
    pub sink: Option<SinkUse>,
}

impl LoopResult {
    /// Messages that failed, came twice, out of order, damaged, or from elsewhere.
    pub fn messages_amiss(&self) -> u64 {
        const AMISS: [Counter; 6] = [
            Counter::MessagesFailed,
            Counter::MessagesUnknown,
            Counter::MessagesDuplicated,
            Counter::MessagesReordered,
            Counter::MessagesCorrupt,
            Counter::MessagesForeign,
        ];
        AMISS.iter().map(|counter| self.counters[*counter]).sum()
    }
}

/// Runs a job on the calling thread (which is moved to the job's CPU); another thread stands for the supervisor, unless
/// time is stepped.
///
/// # Errors
/// When there is no shared memory, the CPU cannot be had, or Kafka cannot be reached.
pub fn run(job: &Job) -> Result<LoopResult, DriverError> {
    /// The combinations that are compiled in.
    macro_rules! with_parts {
        ($function:ident, [$($parts:literal)+]) => {
            match job.parts.0 {
                $($parts => $function::<With<$parts>>(job),)+
                other => Err(system("no such combination of parts", other)),
            }
        };
    }
    match &job.target {
        LoopTarget::Null => with_parts!(on_null, [0 1 3 7 15 31 63 61 59 55 47]),
        LoopTarget::Kafka { .. } => with_parts!(on_kafka, [0 63]),
        LoopTarget::Sink { .. } => with_parts!(on_sink, [0 63]),
    }
}

fn system(what: &str, why: impl std::fmt::Display) -> DriverError {
    DriverError::new(ErrorClass::System, format!("{what}: {why}"))
}

#[cfg(test)]
mod tests;
