//! `pinload bench-loop`, hidden: what the clients' own loops cost, as one line of JSON. For `tools/bench-self`.
#![allow(
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are their help texts: brackets are the usual ones of a command line"
)]

use super::args::ColorWhen;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::root;
use super::values::positive_duration;
use crate::client::floor::{self, Job, Length, LoopResult, LoopTarget, Parts, TimeMode};
use crate::config::ClientLibrary;
use crate::driver::wire::SinkUse;
use crate::os::clock::{Calibration, MIN_BASELINE};
use crate::stats::{Counter, Distribution};
use crate::telemetry::Role;
use crate::units::{Rate, parse_rate};
use clap::{Args, ValueEnum};
use std::time::Duration;

/// Arguments of `bench-loop`.
#[derive(Debug, Args)]
pub struct BenchLoopArgs {
    /// Which loop
    #[arg(value_enum)]
    role: RoleArg,

    /// Messages per second on a schedule; unlimited: in batches
    #[arg(long, default_value = "unlimited", value_parser = parse_rate)]
    rate: Rate,

    /// For how long
    #[arg(long, default_value = "1s", value_parser = positive_duration, conflicts_with = "messages")]
    time: Duration,

    /// For how many messages
    #[arg(long)]
    messages: Option<u64>,

    /// What is measured: none, all; reports, stamp, actual, intended, ledger, telemetry: this and those before it;
    /// no-…: all but this
    #[arg(long, default_value = "all", value_parser = parts)]
    measuring: Parts,

    /// Time passes by so many ns with each reading of the clock, instead of by itself
    #[arg(long, value_name = "NS")]
    step_ns: Option<u64>,

    /// Length of a value in bytes
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(48..))]
    bytes: u32,

    /// Different payloads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    payloads: u32,

    /// The loop's own CPU, on which it spins; without one it sleeps
    #[arg(long)]
    cpu: Option<usize>,

    /// A producer of the wire driver has an I/O thread, on this CPU: the sink's, where both then nap, or another, where
    /// it spins
    #[arg(long, value_name = "CPU", conflicts_with = "step_ns")]
    io_cpu: Option<usize>,

    /// Without a rate: messages on their way at first, as a run has them; unless given, as many as the queue takes
    #[arg(long, value_name = "MESSAGES")]
    window: Option<u32>,

    /// A slot this often, besides those of each second
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    cut_every: Option<Duration>,

    /// A topic on Kafka instead of the null driver; with at least bootstrap.servers among the properties
    #[arg(long, requires = "property")]
    topic: Option<String>,

    /// Its partitions
    #[arg(long, default_value_t = 1)]
    partitions: u32,

    /// That topic by the wire driver
    #[arg(long, requires = "topic")]
    wire: bool,

    /// The wire driver, and a sink in this process instead of a broker: it takes what is produced, and serves messages
    /// from memory; on a CPU of its own, if given, it spins
    #[arg(long, value_name = "CPU", num_args = 0..=1, require_equals = true, conflicts_with_all = ["topic", "step_ns"])]
    sink: Option<Option<usize>>,

    /// A librdkafka property, name=value
    #[arg(long, value_parser = property)]
    property: Vec<(String, String)>,
}

/// `producer` or `consumer`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    Producer,
    Consumer,
}

fn parts(text: &str) -> Result<Parts, String> {
    Parts::named(text).ok_or_else(|| format!("none, all, {}, or no- and one of these", Parts::NAMES.join(", ")))
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The figures, each with its unit.
#[derive(Debug, serde::Serialize)]
struct Figures {
    messages: u64,
    elapsed_ns: u64,
    cpu_ns: u64,
    process_cpu_ns: u64,
    messages_per_s: f64,
    cpu_ns_per_message: f64,
    value_bytes_per_s: f64,
    messages_amiss: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sink: Option<SinkFigures>,
    io_idle_ns: u64,
    slots_published: u64,
    largest_slot_bytes: usize,
    pacing_error_ns: QuantilesNs,
    pause_per_slot_ns: QuantilesNs,
}

/// What the sink has done. Where it waited for next to no time, it was the limit.
#[derive(Debug, serde::Serialize)]
struct SinkFigures {
    messages: u64,
    requests: u64,
    waited_ns: u64,
}

/// Quantiles of a distribution in ns.
#[derive(Debug, serde::Serialize)]
struct QuantilesNs {
    count: u64,
    p50: u64,
    p99: u64,
    p99_9: u64,
    max: u64,
}

impl QuantilesNs {
    fn of(distribution: &Distribution) -> Self {
        Self {
            count: distribution.count(),
            p50: distribution.percentile_ns(50.0),
            p99: distribution.percentile_ns(99.0),
            p99_9: distribution.percentile_ns(99.9),
            max: distribution.max_ns(),
        }
    }
}

/// Does it and prints one line of JSON.
pub(super) fn bench_loop(args: &BenchLoopArgs) -> ExitStatus {
    let mut messages = Messages::plain(ColorWhen::Auto);
    match floor::run(&job(args)) {
        Ok(outcome) => {
            messages.result(&serde_json::to_string(&figures(&outcome, args.bytes)).unwrap_or_default());
            ExitStatus::Success
        }
        Err(error) => {
            messages.error(&error.text);
            ExitStatus::RunFailed
        }
    }
}

fn job(args: &BenchLoopArgs) -> Job {
    // Stepped time only pays for the readings: any slope does.
    let baseline = if args.step_ns.is_some() { Duration::from_millis(10) } else { MIN_BASELINE };
    Job {
        role: match args.role {
            RoleArg::Producer => Role::Producer,
            RoleArg::Consumer => Role::Consumer,
        },
        pace: args.rate,
        value_bytes: args.bytes,
        payloads: args.payloads,
        parts: args.measuring,
        length: args.messages.map_or(Length::Time(args.time), Length::Messages),
        passing: args.step_ns.map_or(TimeMode::Real, TimeMode::Stepped),
        clock: Calibration::begin(root()).finish(baseline),
        cpu: args.cpu,
        io_cpu: args.io_cpu,
        window_messages: args.window,
        cut_every: args.cut_every,
        target: match (&args.topic, args.sink) {
            (None, None) => LoopTarget::Null,
            (None, Some(cpu)) => {
                LoopTarget::Sink { cpu, properties: args.property.clone(), partitions: args.partitions }
            }
            (Some(topic), _) => LoopTarget::Kafka {
                client: if args.wire { ClientLibrary::Wire } else { ClientLibrary::Librdkafka },
                properties: args.property.clone(),
                topic: topic.clone(),
                partitions: args.partitions,
            },
        },
        stop: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn figures(outcome: &LoopResult, value_bytes: u32) -> Figures {
    let LoopResult { messages, elapsed_ns, cpu_ns, process_cpu_ns, .. } = outcome;
    let LoopResult { counters, pacing_error, pauses, largest_slot_bytes, .. } = outcome;
    let messages_per_s = *messages as f64 * 1e9 / *elapsed_ns as f64;
    Figures {
        messages: *messages,
        elapsed_ns: *elapsed_ns,
        cpu_ns: *cpu_ns,
        process_cpu_ns: *process_cpu_ns,
        messages_per_s,
        cpu_ns_per_message: *process_cpu_ns as f64 / (*messages).max(1) as f64,
        value_bytes_per_s: messages_per_s * f64::from(value_bytes),
        messages_amiss: outcome.messages_amiss(),
        sink: outcome.sink.map(|SinkUse { messages, requests, waited_ns }| SinkFigures {
            messages,
            requests,
            waited_ns,
        }),
        io_idle_ns: counters[Counter::IoIdleNs],
        slots_published: counters[Counter::SlotsPublished],
        largest_slot_bytes: *largest_slot_bytes,
        pacing_error_ns: QuantilesNs::of(pacing_error),
        pause_per_slot_ns: QuantilesNs::of(pauses),
    }
}
