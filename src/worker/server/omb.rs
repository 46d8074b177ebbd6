//! OMB's calls, answered as OMB's worker answers them: 200 and an empty body, or the three statistics and the topic
//! names. What fails answers 500 with a sentence; OMB's coordinator only looks at the status, its user at this worker's
//! log.

mod load;
mod statistics;

pub(super) use load::end_to_end_words;

use super::session::{Session, SessionRun};
use super::{Call, Method, Reply};
use crate::config::DriverFile;
use crate::plan::placement;
use crate::plan::resolve::for_coordinator::for_coordinator;
use crate::telemetry::Role;
use crate::units::counted;
use crate::worker::Worker;
use crate::worker::local::incremental_run::ClientRequest;
use crate::worker::wire::omb::{ConsumerAssignment, CountersStats, CumulativeLatencies, PeriodStats, TopicsInfo};
use load::{publish_rate, start_load};
use serde::de::DeserializeOwned;
use statistics::{cumulative_latencies, nothing_measured, period_stats};
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

/// A driver file, byte for byte. A second one ends what the first began.
fn initialize_driver(session: &mut Session, body: &[u8]) -> OmbHandlerResult {
    let text = std::str::from_utf8(body).map_err(|_| "the driver file is no UTF-8".to_owned())?;
    let file = DriverFile::parse(Path::new("driver.yaml"), text, true).map_err(|problems| problems.to_string())?;
    let manner = &session.manner;
    let plan = for_coordinator(&file, &manner.placement, &session.machine, manner.delete_topics)
        .map_err(|problems| problems.to_string())?;
    for warning in &plan.warnings {
        session.log(warning.text.clone());
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
