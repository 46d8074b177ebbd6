//! OMB's calls, answered as OMB's worker answers them: 200 and an empty body, or the three statistics and the topic
//! names. What fails answers 500 with a sentence; OMB's coordinator only looks at the status, its user at this worker's
//! log.

use super::session::{Session, SessionRun};
use super::{Call, Method, Reply};
use crate::config::DriverFile;
use crate::load::stamp::STAMP_BYTES;
use crate::plan::resolve::for_coordinator::for_coordinator;
use crate::plan::{LatePolicy, MessagePlan, PayloadPlan, RatePlan, RateScope, placement};
use crate::stats::{Counter, Counters, Distribution, Latency};
use crate::telemetry::Role;
use crate::units::{Rate, counted};
use crate::worker::local::incremental_run::ClientRequest;
use crate::worker::wire::omb::{
    ConsumerAssignment, CountersStats, CumulativeLatencies, HIGHEST_END_TO_END_US, HIGHEST_PUBLISH_US, PeriodStats,
    ProducerWorkAssignment, TopicsInfo, clipped, encode,
};
use crate::worker::{LatencySet, Worker};
use serde::de::DeserializeOwned;
use std::path::Path;

/// Below this OMB does not go when a rate is adjusted, messages per second.
const LEAST_RATE_PER_S: f64 = 1.0;

/// Answers a call of OMB's.
pub(super) fn answer(session: &mut Session, call: &Call) -> Reply {
    let result = match (call.method, call.path.as_str()) {
        (Method::Post, "/initialize-driver") => initialize_driver(session, &call.body),
        (Method::Post, "/stop-all") => {
            if let Some(Err(error)) = session.end("its coordinator says so") {
                Err(error.to_string())
            } else {
                Ok(empty())
            }
        }
        (Method::Post, "/create-producers") => {
            parse::<Vec<String>>(&call.body).and_then(|topics| create_producers(session, &topics))
        }
        (Method::Post, "/create-consumers") => parse(&call.body).and_then(|wanted| create_consumers(session, &wanted)),
        (Method::Get, "/counters-stats") if session.run.is_none() => Ok(Reply::text_json(&CountersStats::default())),
        // Without a driver there is nothing to be measured, reset or held: OMB answers from its own objects.
        (Method::Get, "/period-stats") if session.run.is_none() => nothing_measured(|texts| {
            let [publish_latency, publish_delay_latency, end_to_end_latency] = texts;
            Reply::text_json(&PeriodStats {
                publish_latency,
                publish_delay_latency,
                end_to_end_latency,
                ..PeriodStats::default()
            })
        }),
        (Method::Get, "/cumulative-latencies") if session.run.is_none() => nothing_measured(|texts| {
            let [publish_latency, publish_delay_latency, end_to_end_latency] = texts;
            Reply::text_json(&CumulativeLatencies { publish_latency, publish_delay_latency, end_to_end_latency })
        }),
        (Method::Post, "/reset-stats" | "/pause-consumers" | "/resume-consumers" | "/probe-producers")
            if session.run.is_none() =>
        {
            Ok(empty())
        }
        (method, path) => match within(session, method, path, &call.body) {
            Some(result) => result,
            None => return Reply::text(404, "Not found"),
        },
    };
    result.unwrap_or_else(|why| {
        session.log(format!("{}: {why}", call.path));
        Reply::text(500, why)
    })
}

type OmbHandlerResult = Result<Reply, String>;

fn empty() -> Reply {
    Reply::text(200, "")
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("cannot understand the body: {error}"))
}

/// What is told of latencies where there are none: three empty histograms.
fn nothing_measured(reply: impl Fn([String; 3]) -> Reply) -> OmbHandlerResult {
    let none = Distribution::empty();
    let empty = |highest_us| encode(&none, highest_us);
    Ok(reply([empty(HIGHEST_PUBLISH_US)?, empty(HIGHEST_PUBLISH_US)?, empty(HIGHEST_END_TO_END_US)?]))
}

/// A driver file, byte for byte. A second one ends what the first began.
fn initialize_driver(session: &mut Session, body: &[u8]) -> OmbHandlerResult {
    let text = std::str::from_utf8(body).map_err(|_| "the driver file is no UTF-8".to_owned())?;
    let file = DriverFile::parse(Path::new("driver.yaml"), text, true).map_err(|problems| problems.to_string())?;
    let manner = &session.manner;
    let plan = for_coordinator(&file, &manner.placement, &session.machine, manner.delete_topics)
        .map_err(|problems| problems.to_string())?;
    for warning in &plan.warnings {
        session.log(warning.clone());
    }
    let lease = session.manner.lease;
    let run = session.begin(None, lease);
    if let Err(error) = run.worker.begin_growing(&plan) {
        session.end("it cannot begin");
        return Err(error.to_string());
    }
    session.log(format!("a coordinator of OMB begins a run on {}", plan.driver.bootstrap_servers()));
    Ok(empty())
}

fn create_producers(session: &mut Session, topics: &[String]) -> OmbHandlerResult {
    let wishes: Vec<ClientRequest> =
        topics.iter().map(|topic| ClientRequest { topic: topic.clone(), group: None }).collect();
    add(session, Role::Producer, &wishes)
}

fn create_consumers(session: &mut Session, wanted: &ConsumerAssignment) -> OmbHandlerResult {
    let wishes: Vec<ClientRequest> = wanted
        .topics_subscriptions
        .iter()
        .map(|wish| ClientRequest { topic: wish.topic.clone(), group: Some(wish.subscription.clone()) })
        .collect();
    add(session, Role::Consumer, &wishes)
}

fn add(session: &mut Session, role: Role, wishes: &[ClientRequest]) -> OmbHandlerResult {
    let Session { run: Some(run), machine, manner, .. } = session else { return Err(no_driver()) };
    if wishes.is_empty() {
        return Ok(empty());
    }
    let more = u32::try_from(wishes.len()).unwrap_or(u32::MAX);
    let there = run.worker.statuses();
    let count = |of| u32::try_from(there.iter().filter(|client| client.role == of).count()).unwrap_or(u32::MAX);
    let (mut producers, mut consumers) = (count(Role::Producer), count(Role::Consumer));
    match role {
        Role::Producer => producers += more,
        Role::Consumer => consumers += more,
    }
    let placed = placement::place(
        &machine.topology,
        &machine.allowed,
        &machine.memory_policy,
        &manner.placement,
        producers,
        consumers,
        // A coordinator tells the rate later.
        None,
    )
    .map_err(|error| error.to_string())?;
    // Nobody planned this run: what the machine has no room for is found here, before a client is started.
    let demand = run.worker.demand_with(role, wishes.len(), &placed);
    let more = format!("{} more", counted(more, &role.to_string()));
    if let Some(why) = demand.and_then(|demand| demand.refusal(&machine.room)) {
        return Err(format!("{more}: {why}"));
    }
    let short = demand.and_then(|demand| demand.warning(&machine.room));
    run.worker.add_clients(role, wishes, &placed).map_err(|error| error.to_string())?;
    session.log(more);
    short.into_iter().for_each(|warning| session.log(warning));
    Ok(empty())
}

fn no_driver() -> String {
    "there is no driver: call /initialize-driver first".to_owned()
}

/// Calls that need a driver; None: there is no such call.
fn within(session: &mut Session, method: Method, path: &str, body: &[u8]) -> Option<OmbHandlerResult> {
    type Verb = fn(&mut SessionRun, &[u8]) -> OmbHandlerResult;
    let verb: Verb = match (method, path) {
        (Method::Post, "/create-topics") => |run, body| {
            let info: TopicsInfo = parse(body)?;
            let topics = run.worker.create_more_topics(
                info.number_of_topics,
                info.number_of_partitions_per_topic,
                &info.number_of_partitions_per_topic_list,
            );
            Ok(Reply::text_json(&topics.map_err(|error| error.to_string())?))
        },
        (Method::Post, "/probe-producers") => |run, _| done(run.worker.probe_producers()),
        (Method::Post, "/start-load") => |run, body| start_load(run, &parse(body)?),
        (Method::Post, "/adjust-publish-rate") => |run, body| {
            let rate = publish_rate(&parse(body)?)?.max(LEAST_RATE_PER_S);
            done(run.worker.adjust_publish_rate(rate))
        },
        (Method::Post, "/pause-consumers") => |run, _| done(run.worker.pause_consumers()),
        (Method::Post, "/resume-consumers") => |run, _| done(run.worker.resume_consumers()),
        (Method::Post, "/reset-stats") => |run, _| done(run.worker.forget_latencies()),
        (Method::Get, "/counters-stats") => |run, _| {
            let stats = run.worker.counters_stats().map_err(|error| error.to_string())?;
            Ok(Reply::text_json(&CountersStats {
                messages_sent: stats.messages_sent + stats.probes_sent,
                messages_received: stats.messages_received + stats.probes_received,
                message_send_errors: stats.message_send_errors,
            }))
        },
        (Method::Get, "/period-stats") => |run, _| period_stats(run),
        (Method::Get, "/cumulative-latencies") => |run, _| cumulative_latencies(run),
        _ => return None,
    };
    Some(match &mut session.run {
        Some(run) => verb(run, body),
        None => Err(no_driver()),
    })
}

fn done(result: Result<(), crate::worker::WorkerError>) -> OmbHandlerResult {
    result.map(|()| empty()).map_err(|error| error.to_string())
}

/// A number; Java writes what is none as text.
fn publish_rate(value: &serde_json::Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| format!("{value} is no rate"))
}

/// Stamps make end-to-end times exact between pinload's workers, and no part of OMB reads the values. None: they are
/// stamped.
fn unstamped_for(run: &SessionRun, work: &ProducerWorkAssignment, payloads: &[Vec<u8>]) -> Option<String> {
    let shortest = payloads.iter().map(Vec::len).min().unwrap_or(0);
    if !run.stamps {
        Some("the worker was started with --no-stamp".to_owned())
    } else if work.stamp == Some(false) {
        Some("the coordinator's other workers cannot read stamps".to_owned())
    } else if shortest < STAMP_BYTES {
        Some(format!("the shortest payload has {shortest} bytes, a stamp {STAMP_BYTES}"))
    } else {
        None
    }
}

/// How the end-to-end times of a run's consumers came about; None: it had none.
pub(super) fn end_to_end_words(counters: &Counters) -> Option<String> {
    let received = counters[Counter::MessagesReceived];
    let [of_create_time, untimed, of_broker, not_positive] = [
        Counter::MessagesUnstamped,
        Counter::MessagesUntimed,
        Counter::MessagesLogAppendTime,
        Counter::EndToEndNotPositive,
    ]
    .map(|counter| counters[counter]);
    let of_stamps = received.saturating_sub(of_create_time + untimed);
    (received > 0).then(|| {
        format!(
            "end-to-end times of {received} messages: {of_stamps} from pinload's stamps, {of_create_time} from \
             CreateTime in whole ms on both sides as OMB's workers take them, {untimed} have none ({of_broker} of them \
             have the broker's time alone); {not_positive} were 0 or below and are kept as 0"
        )
    })
}

fn start_load(run: &mut SessionRun, work: &ProducerWorkAssignment) -> OmbHandlerResult {
    let payloads = work.payloads()?;
    if payloads.is_empty() {
        return Err("payloadData is empty: there is nothing to send (randomizedPayloadPoolSize 0?)".to_owned());
    }
    if !(work.publish_rate > 0.0 && work.publish_rate.is_finite()) {
        return Err(format!("publishRate {} is no rate: it must be above 0", work.publish_rate));
    }
    let longest = payloads.iter().map(Vec::len).max().unwrap_or(0);
    let bytes = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let no_stamp_reason = unstamped_for(run, work, &payloads);
    let message = MessagePlan {
        size_bytes: bytes(longest),
        largest_bytes: bytes(longest),
        keys: work.keys(),
        payload: PayloadPlan::Given { payloads, weights: work.payload_weights.clone().unwrap_or_default() },
        stamp: no_stamp_reason.is_none(),
        no_stamp_reason,
    };
    let statuses = run.worker.statuses();
    let producers = statuses.iter().filter(|client| client.role == Role::Producer).count();
    let rate = RatePlan::new(
        Rate::PerSecond(work.publish_rate),
        RateScope::Total,
        "the coordinator's".to_owned(),
        LatePolicy::CatchUp,
        u32::try_from(producers.max(1)).unwrap_or(u32::MAX),
    );
    run.epoch_ns = run.worker.start_growing_load(message, rate).map_err(|error| error.to_string())?;
    Ok(empty())
}

fn period_stats(run: &mut SessionRun) -> OmbHandlerResult {
    let period = run.worker.period_until_now().map_err(|error| error.to_string())?;
    // Latencies can be reset, these counters not: what they count since the last call is our own subtraction.
    let totals = period.totals;
    let since = totals.since(&std::mem::replace(&mut run.told_counters, totals));
    let [publish_latency, publish_delay_latency, end_to_end_latency] = histograms(&period.latencies)?;
    Ok(Reply::text_json(&PeriodStats {
        messages_sent: since[Counter::MessagesAcknowledged],
        message_send_errors: since[Counter::MessagesFailed],
        bytes_sent: since[Counter::BytesAcknowledged],
        messages_received: received(&since),
        bytes_received: since[Counter::BytesReceived],
        total_messages_sent: totals[Counter::MessagesAcknowledged] + totals[Counter::ProbesAcknowledged],
        total_message_send_errors: totals[Counter::MessagesFailed],
        total_messages_received: received(&totals),
        publish_latency,
        publish_delay_latency,
        end_to_end_latency,
    }))
}

fn received(counters: &Counters) -> u64 {
    counters[Counter::MessagesReceived] + counters[Counter::ProbesReceived]
}

fn cumulative_latencies(run: &mut SessionRun) -> OmbHandlerResult {
    let latencies = run.worker.latencies_until_now().map_err(|error| error.to_string())?;
    let [publish_latency, publish_delay_latency, end_to_end_latency] = histograms(&latencies)?;
    Ok(Reply::text_json(&CumulativeLatencies { publish_latency, publish_delay_latency, end_to_end_latency }))
}

/// Publish latency from the actual send, publish delay, end-to-end latency: what OMB measures.
fn histograms(latencies: &LatencySet) -> Result<[String; 3], String> {
    let families = [
        (Latency::AcknowledgeActual, HIGHEST_PUBLISH_US),
        (Latency::PublishDelay, HIGHEST_PUBLISH_US),
        (Latency::EndToEndActual, HIGHEST_END_TO_END_US),
    ];
    let mut texts = [const { String::new() }; 3];
    for (text, (family, highest_us)) in texts.iter_mut().zip(families) {
        debug_assert!(clipped(&latencies[family], highest_us) <= latencies[family].count());
        *text = encode(&latencies[family], highest_us)?;
    }
    Ok(texts)
}
