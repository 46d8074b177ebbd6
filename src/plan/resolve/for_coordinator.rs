//! The plan of a worker under OMB's protocol: a driver file and no workload. What there is to do comes call by call.

use super::context::ResolveContext;
use super::{LIMITS, Machine, ResolveOptions, driver};
use crate::config::{DriverFile, Problems, WorkloadFile};
use crate::plan::placement::PlacementWishes;
use crate::plan::{
    KeyDistributor, LatePolicy, MessagePlan, PayloadPlan, Placement, Plan, RatePlan, RateScope, TopicPlan,
};
use crate::units::Rate;
use std::time::Duration;

/// A plan without topics and clients, whose messages nobody knows yet. Late producers catch up as OMB's do; stamps
/// would change payloads that are the coordinator's.
///
/// # Errors
/// All mistakes of the driver file.
pub fn for_coordinator(
    file: &DriverFile,
    wishes: &PlacementWishes,
    machine: &Machine,
    delete_topics: bool,
) -> Result<Plan, Problems> {
    let workload = WorkloadFile::default();
    // What Java's client only logs is no reason to refuse a coordinator's file.
    let options = ResolveOptions { placement: wishes.clone(), unknown_keys_warn: true, ..ResolveOptions::default() };
    let mut context = ResolveContext::new(&workload, Some(file), &options);
    let target = driver::target(&mut context);
    let driver_plan = driver::decide(&mut context, &target);
    // Consumers come one by one: who would deal partitions to them does not know how many there will be.
    if driver_plan.as_ref().is_some_and(|driver| driver.is_wire() && !driver.wire_joins_group()) {
        super::wire::refuse(
            &mut context,
            "joins a group under OMB's protocol: add group.protocol=consumer to consumerConfig (Kafka 4.0 or later), \
             or leave out client: wire",
        );
    }
    let Some(driver) = driver_plan.filter(|_| !context.has_problems()) else { return Err(context.into_problems()) };
    Ok(Plan {
        workload_name: "omb".to_owned(),
        workload_file_base: "omb".to_owned(),
        driver_name: target.name,
        inputs: crate::plan::Inputs::default(),
        driver,
        topics: TopicPlan {
            count: 0,
            partitions_per_topic: 0,
            each: Vec::new(),
            replication_factor: file.replication_factor.map_or(-1, i32::from),
            config: file.topic_config.iter().map(|property| (property.name.clone(), property.value.clone())).collect(),
            existing: Vec::new(),
            random_names: true,
        },
        // Whatever comes is the load: who sends it is the coordinator's affair.
        producers_per_topic: 0,
        subscriptions_per_topic: 0,
        consumers_per_subscription: 0,
        consumer_processing: None,
        message: MessagePlan {
            size_bytes: 0,
            largest_bytes: 0,
            keys: KeyDistributor::NoKey,
            payload: PayloadPlan::Given { payloads: Vec::new(), weights: Vec::new() },
            stamp: false,
            no_stamp_reason: Some("payloads are the coordinator's".to_owned()),
        },
        rate: RatePlan::new(
            Rate::PerSecond(1.0),
            RateScope::Total,
            "the coordinator's".to_owned(),
            LatePolicy::CatchUp,
            1,
        ),
        warmup: Duration::ZERO,
        period: super::PERIOD,
        backlog: None,
        search: None,
        duration: None,
        limits: LIMITS,
        placement: Placement {
            policy: wishes.policy,
            allowed: machine.allowed.clone(),
            supervisor: crate::os::affinity::CpuSet::default(),
            clients: Vec::new(),
            oversubscribed: false,
            notes: Vec::new(),
        },
        clients: Vec::new(),
        delete_topics,
        thresholds: crate::plan::Thresholds::default(),
        goals: Vec::new(),
        measured_by: crate::plan::MeasuredBy::Pinload,
        warnings: context.into_warnings(),
    })
}
