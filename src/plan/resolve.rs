//! Files + options + machine → `Plan`, or every problem at once. Each part of the plan has its own file below; this one
//! holds what goes in and puts the parts together.
//!
//! Over 250 lines: what goes in, field by field, and the one place where the parts are put together.

mod arrivals;
mod clients;
mod closed_loop;
mod context;
mod driver;
mod embedded;
pub mod for_coordinator;
mod full_batch;
mod goals;
mod message;
mod payload_files;
mod processing;
mod rate;
mod sizes;
mod topics;
pub mod varying_load;
mod window;
mod wire;

pub use clients::MAX_CLIENTS;

use super::goal::Goal;
use super::placement::{PlacementWishes, place};
use super::record_times::no_end_to_end_times;
use super::{
    DriverKind, DriverPlan, Inputs, LatePolicy, Placement, Plan, RatePlan, RateScope, Thresholds, TopicPlan, WaitLimits,
};
use crate::caveat::{Caveat, Subject};
use crate::config::{ClientLibrary, DriverFile, Problem, Problems, WorkloadFile};
use crate::os::affinity::CpuSet;
use crate::os::fingerprint::BrokersHere;
use crate::os::host_capacity::HostCapacity;
use crate::os::memory_policy::MemoryPolicy;
use crate::os::topology::Topology;
use crate::units::Rate;
use context::ResolveContext;
use std::time::Duration;

/// What the command line says that overrides or completes the files.
#[derive(Debug, Clone, Default)]
pub struct ResolveOptions {
    /// The plan is only looked at: what this machine has no room for is a warning.
    pub only_shown: bool,
    /// `--client`.
    pub client: Option<ClientLibrary>,
    /// `--embedded`: no driver file needed.
    pub embedded: bool,
    /// `--duration`; 0: until interrupted.
    pub duration: Option<Duration>,
    /// `--warmup`.
    pub warmup: Option<Duration>,
    /// `--rate`.
    pub rate: Option<Rate>,
    /// Rates are tried one after another, whatever the file has for one: no rate is no search of the run's own.
    pub rates_are_tried: bool,
    /// `--rate-scope`.
    pub rate_scope: Option<RateScope>,
    /// `--late-policy`.
    pub late: Option<LatePolicy>,
    /// `--keep-topics`.
    pub keep_topics: bool,
    /// `--topics a,b`: existing topics to use.
    pub existing_topics: Vec<String>,
    /// `--no-stamp`.
    pub no_stamp: bool,
    /// `--unknown-keys warn`: unknown YAML keys are warnings.
    pub unknown_keys_warn: bool,
    /// `--connect-timeout`.
    pub connect_timeout: Option<Duration>,
    /// `--topics-timeout`.
    pub topics_timeout: Option<Duration>,
    /// `--ready-timeout`.
    pub ready_timeout: Option<Duration>,
    /// `--unreachable-timeout`.
    pub unreachable_timeout: Option<Duration>,
    /// Limits of the rate search, from the environment.
    pub search_limits: varying_load::SearchLimits,
    /// Clients run on workers, which place them themselves.
    pub on_workers: bool,
    /// `--threshold`: what the result is judged by.
    pub thresholds: Thresholds,
    /// `--goal`: what the run shall reach, with what the workload file says.
    pub goals: Vec<Goal>,
    /// Placement options.
    pub placement: PlacementWishes,
}

/// The machine as the process found it.
#[derive(Debug, Clone)]
pub struct Machine {
    /// CPUs, cores, caches, nodes.
    pub topology: Topology,
    /// The mask inherited at start.
    pub allowed: CpuSet,
    /// The memory policy inherited at start.
    pub memory_policy: MemoryPolicy,
    /// What it has room for.
    pub room: HostCapacity,
    /// Kafka brokers on it.
    pub brokers: BrokersHere,
}

impl Machine {
    /// Has a load of so many producers no schedule? Then the CPUs that its brokers may use here; none, if they are
    /// elsewhere.
    pub fn unscheduled_beside(
        &self,
        producers: u32,
        rate: Option<&RatePlan>,
        driver: Option<&DriverPlan>,
    ) -> Option<CpuSet> {
        let scheduled = producers > 0 && rate.is_none_or(|rate| rate.total != Rate::Unlimited);
        let here = driver.is_some_and(DriverPlan::is_on_this_host);
        (!scheduled).then(|| if here { self.brokers.cpus.clone() } else { CpuSet::default() })
    }

    /// Gives the wire driver's producers I/O threads, where there are CPUs for them.
    pub fn give_io_threads(&self, placement: &mut Placement, driver: &DriverPlan, producers: u32, named: bool) {
        let brokers = match driver.kind {
            DriverKind::Embedded => self.allowed.clone(),
            DriverKind::Kafka if driver.is_on_this_host() => self.brokers.cpus.clone(),
            DriverKind::Kafka | DriverKind::Null => CpuSet::default(),
        };
        if driver.is_wire() && driver.kind != DriverKind::Null {
            placement.give_io_threads(&self.topology, producers, named, &brokers);
        }
    }

    /// Is the disk of a broker here measured as well, by producers without a rate?
    fn disk_beside(&self, producers: u32, rate: &RatePlan, driver: &DriverPlan) -> Option<String> {
        let unlimited = producers > 0 && rate.total == Rate::Unlimited;
        let log = self.brokers.log_on_disk.as_ref().filter(|_| unlimited && driver.is_on_this_host())?;
        Some(format!(
            "the Kafka here has its log on a disk ({}, {}): without a rate the disk is measured as well, and what is \
             not written yet slows the next run; pinload doctor says more",
            log.log_folder,
            log.file_system.as_deref().unwrap_or("unknown"),
        ))
    }
}

/// Warm-up when neither file nor option says (OMB's and the guide's default).
const DEFAULT_WARMUP: Duration = Duration::from_secs(60);

/// Length of a period when no key says (OMB's).
pub const PERIOD: Duration = Duration::from_secs(10);

/// Limits when no option says.
const LIMITS: WaitLimits = WaitLimits {
    connect: Duration::from_secs(30),
    topics: Duration::from_secs(60),
    ready: Duration::from_secs(60),
    flush: Duration::from_secs(10),
    catch_up: Duration::from_secs(30),
    unreachable: Duration::from_secs(30),
};

/// Decides everything. `driver` is None with `--embedded`. Nothing is touched but the payload file, which is looked at.
///
/// # Errors
/// All mistakes of both files (those found when they were read included) and of the options, in the order of files and
/// lines.
pub fn resolve(
    workload: &WorkloadFile,
    driver: Option<&DriverFile>,
    options: &ResolveOptions,
    machine: &Machine,
) -> Result<Plan, Problems> {
    let mut context = ResolveContext::new(workload, driver, options);
    let target = driver::target(&mut context);
    let topics = topics::decide(&mut context, &target);
    let counts = clients::counts(&mut context, topics.as_ref());
    let producers = counts.as_ref().map(clients::ClientCounts::producers);
    let consumer_processing = processing::decide(&mut context, counts.as_ref().map(clients::ClientCounts::consumers));
    let message = message::decide(&mut context, producers);
    let mut rate = rate::decide(&mut context, &target, producers);
    let has_backlog = counts.as_ref().is_some_and(clients::ClientCounts::has_backlog);
    let backlog = varying_load::backlog(&mut context, &target, rate.as_ref(), message.as_ref(), has_backlog);
    let search = varying_load::search(&mut context, &target, rate.as_ref());
    let period = varying_load::period(&mut context);
    if let (Some(topics), Some(counts), Some(message), Some(rate)) = (&topics, &counts, &message, &rate) {
        embedded::check(&mut context, &target, &topics.partitions, counts, message, rate);
    }
    let goals = goals::decide(&mut context, rate.as_ref(), period);
    let mut driver_plan = driver::decide(&mut context, &target);
    if let (Some(topics), Some(message), Some(driver)) = (&topics, &message, &mut driver_plan) {
        sizes::check(&mut context, message, driver, topics);
        full_batch::say(message, driver);
        rate.iter_mut().for_each(|rate| rate.first_window_messages = window::decide(rate, message, driver));
    }
    if let (Some(producers), Some(rate), Some(driver)) = (producers, &rate, &driver_plan) {
        let why = machine.disk_beside(producers, rate, driver);
        why.into_iter().for_each(|why| context.warn_plainly("broker_log_on_disk", why));
    }
    let placement = counts.as_ref().and_then(|counts| {
        let (allowed, policy) = (&machine.allowed, &machine.memory_policy);
        let (producers, consumers) = (counts.producers(), counts.consumers());
        let beside = machine.unscheduled_beside(producers, rate.as_ref(), driver_plan.as_ref());
        let placed =
            place(&machine.topology, allowed, policy, &options.placement, producers, consumers, beside.as_ref());
        let placed = placed.map(|mut placement| {
            if options.on_workers {
                return elsewhere(placement);
            }
            let named = options.placement.io_cpus.is_some();
            driver_plan.iter().for_each(|driver| machine.give_io_threads(&mut placement, driver, producers, named));
            placement
        });
        placed.map_err(|error| context.refuse_option(None, error.to_string())).ok()
    });
    let limits = WaitLimits {
        connect: options.connect_timeout.unwrap_or(LIMITS.connect),
        ready: options.ready_timeout.unwrap_or(LIMITS.ready),
        unreachable: options.unreachable_timeout.unwrap_or(LIMITS.unreachable),
        ..LIMITS
    };
    let (Some(topics), Some(counts), Some(message), Some(rate), Some(driver_plan), Some(placement)) =
        (topics, counts, message, rate, driver_plan, placement)
    else {
        return Err(context.into_problems());
    };
    if context.has_problems() {
        return Err(context.into_problems());
    }
    no_end_to_end_times(&topics.plan, &message)
        .into_iter()
        .for_each(|why| context.warn_plainly("no_end_to_end_times", why));
    let mut plan = Plan {
        workload_name: workload.name.clone().unwrap_or_else(|| workload.base_name()),
        workload_file_base: workload.base_name(),
        driver_name: target.name,
        inputs: Inputs::of(workload, driver),
        driver: driver_plan,
        thresholds: options.thresholds,
        goals,
        measured_by: crate::plan::MeasuredBy::Pinload,
        delete_topics: !options.keep_topics && topics.plan.existing.is_empty() && !topics.plan.fixed_names(),
        topics: TopicPlan { each: counts.differing(), ..topics.plan },
        producers_per_topic: counts.most(|shape| shape.producers),
        subscriptions_per_topic: counts.most(|shape| shape.subscriptions),
        consumers_per_subscription: counts.consumers_per_subscription,
        consumer_processing,
        message,
        rate,
        warmup: warmup(workload, options),
        duration: duration(workload, options),
        period,
        backlog,
        search,
        limits,
        clients: counts.list(&placement),
        placement,
        warnings: context.into_warnings(),
    };
    plan.limits.topics = options.topics_timeout.unwrap_or_else(|| plan.default_topics_limit());
    // Workers look for themselves.
    if !options.on_workers {
        let demand = plan.demand();
        let refusal = demand.refusal(&machine.room);
        if options.only_shown {
            let no_room = |why: String| Caveat::warning("no_room", Subject::Plan, format!("it cannot run here: {why}"));
            plan.warnings.extend(refusal.map(no_room));
        } else if let Some(why) = refusal {
            let line = workload.line("topics");
            return Err(Problem::of_key(&workload.path, line, "topics", why).into());
        }
        let short = |why: String| Caveat::warning("memory_short", Subject::Plan, why);
        plan.warnings.extend(demand.warning(&machine.room).map(short));
    }
    Ok(plan)
}

/// What can be said of this machine does not hold where the clients run.
fn elsewhere(placement: Placement) -> Placement {
    let text = "each worker places its clients itself; the detail file tells where they were";
    let notes = vec![Caveat::note("placed_by_workers", Subject::Placement, text)];
    Placement { oversubscribed: false, notes, ..placement }
}

/// Minutes as a time; 0, negative and what no clock can hold are none.
fn from_minutes(minutes: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(minutes * 60.0).ok().filter(|time| !time.is_zero())
}

fn warmup(workload: &WorkloadFile, options: &ResolveOptions) -> Duration {
    let written = workload.warmup_duration_minutes.map(|minutes| from_minutes(minutes).unwrap_or_default());
    options.warmup.or(written).unwrap_or(DEFAULT_WARMUP)
}

fn duration(workload: &WorkloadFile, options: &ResolveOptions) -> Option<Duration> {
    match options.duration {
        Some(duration) => Some(duration).filter(|time| !time.is_zero()),
        None => workload.test_duration_minutes.and_then(from_minutes),
    }
}

#[cfg(test)]
mod tests;
