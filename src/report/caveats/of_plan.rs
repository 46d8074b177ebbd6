//! What there is to know of a run before it begins.

use super::{EMBEDDED, NOT_OPEN_LOOP, NULL_DRIVER, SHARED_CPUS};
use crate::caveat::{Caveat, Subject};
use crate::plan::processing::ProcessingManner;
use crate::plan::{DriverKind, LatePolicy, MeasuredBy, Plan, Processing};
use crate::units::{Rate, counted, format_ns};

/// All that the plan alone says.
pub(super) fn of_plan(plan: &Plan) -> Vec<Caveat> {
    let mut caveats = of_driver(plan);
    caveats.extend(of_schedule(plan));
    if let Some(Processing { processing_mean_ns, processing_manner, .. }) = plan.consumer_processing {
        let spun = processing_manner == ProcessingManner::Spin;
        let text = format!(
            "consumers were busy {} with each message, as asked: end-to-end times contain the work on the messages \
             before{}",
            format_ns(processing_mean_ns),
            if spun { ", CPU times the work itself" } else { "" }
        );
        let caveat = Caveat::note("consumers_process", Subject::Figures, text);
        caveats.push(caveat.with("processing_mean_ns", processing_mean_ns).with("spun", spun));
    }
    if plan.driver.acknowledgement_is_local {
        let text = "acks=0: acknowledgement latency is local to the client, no broker took part in it";
        caveats.push(Caveat::note("local_acknowledgement", Subject::Figures, text));
    }
    if plan.measured_by == MeasuredBy::Omb {
        let text = "driven by OMB's protocol: no figures from the intended time, producers started when each had the \
                    call, clocks not compared (end-to-end times of 0 ms and below are left out by Java)";
        caveats.push(Caveat::note("measured_by_omb", Subject::Figures, text));
    }
    if plan.placement.oversubscribed {
        caveats.push(shared_cpus());
    }
    caveats.extend(fed_by_others(plan));
    if !plan.message.stamp && plan.producers() > 0 {
        let text = "no stamps: lost, duplicated and reordered messages were not counted";
        caveats.push(Caveat::note("not_balanced", Subject::Figures, text));
    }
    caveats
}

/// The broker was none, or the clients were not librdkafka's.
fn of_driver(plan: &Plan) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    match plan.driver.kind {
        DriverKind::Kafka => {}
        DriverKind::Embedded => {
            let text = "embedded broker (librdkafka's mock cluster): not the speed of a real Kafka";
            caveats.push(Caveat::note(EMBEDDED, Subject::System, text));
        }
        DriverKind::Null => {
            let text = "no broker: the generator measured itself";
            caveats.push(Caveat::note(NULL_DRIVER, Subject::System, text));
        }
    }
    if plan.driver.is_wire() {
        let joins_group = plan.driver.wire_joins_group();
        let io_threads = plan.clients.iter().any(|client| client.placement.io_thread.is_some());
        let text = format!(
            "wire driver: what the broker can do, not what a client library would have made of it; consumers shared \
             the partitions {}{}",
            if joins_group { "in a group of the broker's" } else { "by plan" },
            if io_threads { "; each producer had an I/O thread" } else { "" },
        );
        let caveat = Caveat::note("wire_driver", Subject::Figures, text).with("joins_group", joins_group);
        caveats.push(caveat.with("io_threads", io_threads));
    }
    caveats
}

/// Late sends are left out or shift the schedule, or there is none.
fn of_schedule(plan: &Plan) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    let policy = match plan.rate.late {
        LatePolicy::Bounded { .. } | LatePolicy::CatchUp => None,
        LatePolicy::Skip => Some("skip"),
        LatePolicy::Shift => Some("shift"),
    };
    if let Some(policy) = policy {
        let text =
            format!("not open-loop: late policy {policy} leaves out or moves late sends, so stalls are under-counted");
        caveats.push(Caveat::note(NOT_OPEN_LOOP, Subject::Figures, text).with("policy", policy));
    }
    match plan.rate.outstanding_messages {
        Some(outstanding_messages) => {
            let text = format!(
                "not open-loop: a closed loop with {} outstanding of each producer, who sends the next when one has \
                 come back: a stall stops the load with it, and intended times are actual times",
                counted(outstanding_messages, "message")
            );
            let caveat = Caveat::note(NOT_OPEN_LOOP, Subject::Figures, text);
            caveats.push(caveat.with("policy", "closed-loop").with("outstanding_messages", outstanding_messages));
        }
        None if plan.rate.total == Rate::Unlimited => {
            let text = "unlimited rate: without a schedule, intended times are actual times";
            caveats.push(Caveat::note("no_schedule", Subject::Figures, text));
        }
        None => {}
    }
    caveats
}

/// Topics that are consumed and not produced to.
fn fed_by_others(plan: &Plan) -> Option<Caveat> {
    let (topics, of_topics) = (plan.topics_fed_by_others(), plan.topics.count);
    let text = if topics == of_topics {
        let what = "publish figures, backlog and accounting do not apply (OMB's file has 0 in their place)";
        format!("no producers: {what}")
    } else {
        format!(
            "{topics} of {of_topics} topics are fed by others: what comes from them has no backlog and no accounting"
        )
    };
    let caveat = Caveat::note("fed_by_others", Subject::Figures, text);
    (topics > 0).then(|| caveat.with("topics_without_producers", topics).with("of_topics", of_topics))
}

/// Hot loops share CPUs.
pub(super) fn shared_cpus() -> Caveat {
    let text = "clients share CPUs: latencies include waiting for each other";
    Caveat::note(SHARED_CPUS, Subject::Placement, text)
}
