//! pinload's own calls (`wire::pinload`): a verb of `LocalWorker` each.

use super::session::{Session, SessionRun};
use super::{Call, Method, Reply};
use crate::plan::properties::recheck;
use crate::plan::resolve::MAX_CLIENTS;
use crate::plan::{Plan, placement};
use crate::telemetry::Role;
use crate::units::NS_PER_S;
use crate::worker::wire::pinload::{
    Boundary, Failure, Initialize, Initialized, StartLoad, Started, TopicNames, TotalRate,
};
use crate::worker::{Worker, WorkerError, untold};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Answers `verb`.
pub(super) fn answer(session: &mut Session, verb: &str, call: &Call) -> Reply {
    let result = match (call.method, verb) {
        (Method::Post, "initialize") => initialize(session, call),
        (Method::Post, "stop") => stop(session),
        _ => match &mut session.run {
            Some(run) if run.id.is_some() => within(run, call.method, verb, &call.body),
            _ => {
                Err(Failure::Refused("no run is active here: it may have been ended, see the worker's log".to_owned()))
            }
        },
    };
    result.unwrap_or_else(|failure| {
        let status = if matches!(failure, Failure::Refused(_)) { 400 } else { 500 };
        Reply { status, ..Reply::json(&failure) }
    })
}

type HandlerResult = Result<Reply, Failure>;

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::Refused(format!("cannot understand the call: {error}")))
}

fn done() -> Reply {
    Reply::json(&())
}

fn initialize(session: &mut Session, call: &Call) -> HandlerResult {
    let order: Initialize = parse(&call.body)?;
    let mut plan = Plan::from(order.plan);
    if session.has_omb_run() {
        let why = "a run of OMB's protocol is active here: wait for its end, or end it (POST /stop-all)";
        return Err(Failure::Refused(why.to_owned()));
    }
    refuse_again(&plan)?;
    let count = |role| plan.clients.iter().filter(|client| client.role == role).count();
    let [producers, consumers] =
        [Role::Producer, Role::Consumer].map(|role| u32::try_from(count(role)).unwrap_or(u32::MAX));
    let machine = &session.machine;
    let beside = machine.unscheduled_beside(producers, Some(&plan.rate), Some(&plan.driver));
    let mut placed = placement::place(
        &machine.topology,
        &machine.allowed,
        &machine.memory_policy,
        &session.manner.placement,
        producers,
        consumers,
        beside.as_ref(),
    )
    .map_err(|error| Failure::Configuration(error.to_string()))?;
    let named = session.manner.placement.io_cpus.is_some();
    machine.give_io_threads(&mut placed, &plan.driver, producers, named);
    for (client, place) in plan.clients.iter_mut().zip(&placed.clients) {
        client.placement = place.clone();
    }
    plan.placement = placed.clone();
    if let Some(why) = plan.demand().refusal(&machine.room) {
        return Err(Failure::Configuration(why));
    }
    let groups = order.groups.into_iter().map(|group| ((group.topic, group.subscription), group.name)).collect();
    let run = session.begin(Some(order.run), Duration::from_millis(order.lease_ms));
    run.worker.join_run(order.run, groups, order.wall_stamps);
    let initialized = run.worker.initialize_driver(&plan, &mut untold);
    session.log(format!("run {:016x}: {producers} producers, {consumers} consumers", order.run));
    match initialized {
        Ok(()) => Ok(Reply::json(&Initialized { placement: placed })),
        Err(error) => {
            session.end(&format!("it cannot begin: {error}"));
            Err(error.into())
        }
    }
}

/// What came over a network need not come from a plan of pinload's: what a plan would refuse is refused here too.
fn refuse_again(plan: &Plan) -> Result<(), Failure> {
    let driver = &plan.driver;
    for (whose, properties) in
        [("admin", &driver.admin), ("producer", &driver.producer), ("consumer", &driver.consumer)]
    {
        recheck(&properties.effective).map_err(|why| Failure::Configuration(format!("{whose}: {why}")))?;
    }
    if plan.clients.len() > MAX_CLIENTS as usize {
        let clients = plan.clients.len();
        return Err(Failure::Configuration(format!("{clients} clients are more than {MAX_CLIENTS}")));
    }
    Ok(())
}

fn stop(session: &mut Session) -> HandlerResult {
    match session.end("its coordinator says so") {
        Some(end) => Ok(Reply::json(&end?)),
        None => Err(Failure::Refused("no run is active here: it was ended before, see the worker's log".to_owned())),
    }
}

fn within(run: &mut SessionRun, method: Method, verb: &str, body: &[u8]) -> HandlerResult {
    let worker = &mut run.worker;
    match (method, verb) {
        (Method::Post, "create-topics") => {
            let topics = worker.create_topics(&mut untold)?;
            let partitions = worker.partitions()?;
            Ok(Reply::json(&TopicNames { topics, partitions }))
        }
        (Method::Post, "create-consumers") => {
            let TopicNames { topics, partitions } = parse(body)?;
            worker.learn_partitions(&partitions)?;
            worker.create_consumers(&topics)?;
            Ok(done())
        }
        (Method::Post, "create-producers") => {
            let TopicNames { topics, partitions } = parse(body)?;
            worker.learn_partitions(&partitions)?;
            worker.create_producers(&topics)?;
            Ok(done())
        }
        (Method::Post, "probe-producers") => Ok(worker.probe_producers().map(|()| done())?),
        (Method::Get, "standings") => Ok(Reply::json(&worker.statuses())),
        (Method::Post, "start-load") => start_load(run, parse(body)?),
        (Method::Post, "adjust-publish-rate") => {
            let TotalRate { total_per_s } = parse(body)?;
            Ok(worker.adjust_publish_rate(total_per_s).map(|()| done())?)
        }
        (Method::Post, "pause-consumers") => Ok(worker.pause_consumers().map(|()| done())?),
        (Method::Post, "resume-consumers") => Ok(worker.resume_consumers().map(|()| done())?),
        (Method::Get, "live") => Ok(Reply::json(&worker.live()?)),
        (Method::Get, "cumulative-latencies") => Ok(Reply::json(&worker.cumulative_latencies()?)),
        (Method::Post, "period-stats") => {
            let Boundary { offset_ns } = parse(body)?;
            Ok(Reply::json(&worker.period_stats(run.epoch_ns + offset_ns)?))
        }
        (Method::Post, "reset-stats") => {
            let Boundary { offset_ns } = parse(body)?;
            Ok(worker.reset_stats(run.epoch_ns + offset_ns).map(|()| done())?)
        }
        (Method::Post, "stop-producers") => Ok(worker.stop_producers().map(|()| done())?),
        (Method::Post, "commit-consumers") => {
            worker.let_consumers_commit();
            Ok(done())
        }
        _ => Err(Failure::Refused(format!("this pinload knows no call {verb}: both sides need the same version"))),
    }
}

/// One wall-clock epoch for all hosts; the run's clock on this host has its own name for it.
fn start_load(run: &mut SessionRun, order: StartLoad) -> HandlerResult {
    let offset_ns = i128::from(run.worker.clock().wall_offset().offset_ns);
    let epoch_ns = u64::try_from(i128::from(order.epoch_realtime_ns) - offset_ns).unwrap_or(0);
    run.epoch_ns = run.worker.start_load_at(epoch_ns)?;
    let now_ns = run.worker.now_ns();
    if now_ns >= epoch_ns {
        let late_ms = (now_ns - epoch_ns) * 1_000 / NS_PER_S;
        let why =
            format!("the order to start came {late_ms} ms after the moment of the start: do the hosts' clocks agree?");
        return Err(WorkerError::TimedOut(why).into());
    }
    Ok(Reply::json(&Started { ahead_ns: epoch_ns - now_ns }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_names_a_plug_in_is_refused() {
        let mut plan = Plan::for_tests(Duration::ZERO, None);
        assert!(refuse_again(&plan).is_ok());
        let evil = ("plugin.library.paths".to_owned(), "/tmp/evil.so".to_owned());
        plan.driver.consumer.effective.push(evil);
        let Err(Failure::Configuration(why)) = refuse_again(&plan) else { panic!("not refused") };
        assert!(why.starts_with("consumer: plugin.library.paths: "), "{why}");
    }
}
