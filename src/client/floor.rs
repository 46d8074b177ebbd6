//! The floor: what the clients' own loops cost, run in this process on a driver that does nothing (or on Kafka, to
//! compare).
//!
//! These are the loops of `produce` and `consume`, not copies of them. What a client measures is chosen part by part
//! when compiling (`measuring.rs`); with all parts they are the very code of a client process.

mod stepped;
mod supervise;

use super::consume::{self, Consume, Expected};
use super::measuring::{self, Measuring, With};
use super::message_batcher::{MessageBatcher, Sender};
use super::produce::{self, Produce};
use super::run_time::RunTime;
use crate::driver::kafka::{KafkaConsumer, KafkaProducer, Receiving};
use crate::driver::null::{NullConsumer, NullProducer};
use crate::driver::{Consumer, DriverError, ErrorClass, Producer, Time};
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::os::affinity::{CpuSet, pin_current_thread};
use crate::os::clock::Clock;
use crate::os::usage;
use crate::plan::properties::{ConsumerSettings, ProducerSettings, ProducerWays};
use crate::plan::schedule::interval_q32;
use crate::plan::{Arrivals, KeyDistributor, LatePolicy};
use crate::stats::{Counters, Distribution};
use crate::telemetry::payload_pool::{PoolOwner, PoolView};
use crate::telemetry::{ClientEnd, RateOrder, Role, Shape, SupervisorEnd, Wanted};
use crate::units::Rate;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use stepped::Stepped;
use supervise::{LoopObservation, LoopSupervisor};

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
        /// librdkafka's properties; `group.id` for consumers.
        properties: Vec<(String, String)>,
        /// Topic name.
        topic: String,
        /// Its partitions.
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
    /// CPU time of the whole process in this time (the library's threads, and the one that stands for the supervisor).
    pub process_cpu_ns: u64,
    /// What the loop counted.
    pub counters: Counters,
    /// Actual − intended send time, if measured.
    pub pacing_error: Distribution,
    /// How long the loop stood still for each publication of a slot; empty without telemetry.
    pub pauses: Distribution,
    /// Bytes of the largest slot that was published; 0 without telemetry.
    pub largest_slot_bytes: usize,
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
    }
}

fn on_null<M: Measuring>(job: &Job) -> Result<LoopResult, DriverError> {
    match job.role {
        Role::Producer => timed(job, ProducerLoop::<_, M>::new(NullProducer::new(), job)?),
        Role::Consumer => {
            let driver = NullConsumer::delivering(RUN_ID, job.value_bytes);
            timed(job, ConsumerLoop::<_, M>::new(driver, 1))
        }
    }
}

fn on_kafka<M: Measuring>(job: &Job) -> Result<LoopResult, DriverError> {
    const CONNECT: Duration = Duration::from_secs(30);
    let LoopTarget::Kafka { properties, topic, partitions } = &job.target else { return on_null::<M>(job) };
    match job.role {
        Role::Producer => {
            let idempotent = ProducerSettings::of(properties).idempotent;
            let driver = KafkaProducer::connect(properties, topic, ProducerWays::default(), idempotent, CONNECT)?;
            timed(job, ProducerLoop::<_, M>::new(driver, job)?)
        }
        Role::Consumer => {
            let fetch_queue = ConsumerSettings::of(properties).fetch_queue;
            let receiving = Receiving { auto_commit: true, always_timed: false, fetch_queue };
            let driver = KafkaConsumer::connect(properties, topic, receiving, CONNECT)?;
            timed(job, ConsumerLoop::<_, M>::new(driver, *partitions))
        }
    }
}

/// A loop that is ready to run under a time.
trait Loop {
    /// Runs it to its end; the pauses that its publications made come back.
    fn run(&mut self, time: &impl Time, end: &mut ClientEnd, spin: bool) -> Result<Distribution, DriverError>;
}

struct ProducerLoop<P: Producer, M: Measuring> {
    driver: P,
    batcher: Option<MessageBatcher>,
    late: LatePolicy,
    measuring: std::marker::PhantomData<M>,
}

impl<P: Producer, M: Measuring> ProducerLoop<P, M> {
    fn new(driver: P, job: &Job) -> Result<Self, DriverError> {
        let length = usize::try_from(job.value_bytes).unwrap_or(usize::MAX);
        let mut rng = fastrand::Rng::with_seed(RUN_ID);
        let payloads: Vec<Vec<u8>> =
            (0..job.payloads.max(1)).map(|_| (0..length).map(|_| rng.u8(..)).collect()).collect();
        let owner = PoolOwner::create(&payloads, &[]).map_err(|error| system("no payloads", error))?;
        let pool = PoolView::attach(owner.name()).map_err(|error| system("no payloads", error))?;
        let sender = Sender { run_id: RUN_ID, producer: 0, value_bytes: job.value_bytes, stamped: true };
        let keys = Keys::new(KeyDistributor::NoKey, RUN_ID, 0);
        let batcher = MessageBatcher::new(sender, keys, Some(pool), Choice::new(RUN_ID, job.payloads.max(1)));
        let late = LatePolicy::Bounded { multiple: 2.0 };
        Ok(Self { driver, batcher: Some(batcher), late, measuring: std::marker::PhantomData })
    }
}

impl<P: Producer, M: Measuring> Loop for ProducerLoop<P, M> {
    fn run(&mut self, time: &impl Time, end: &mut ClientEnd, spin: bool) -> Result<Distribution, DriverError> {
        let Some(batcher) = self.batcher.take() else { return Ok(Distribution::empty()) };
        let manner = produce::ProducerOptions {
            late: self.late,
            spin,
            curve: None,
            arrivals: Arrivals::Uniform,
            index: 0,
            outstanding: None,
            first_window_messages: None,
            flush: Duration::from_secs(10),
            wall_stamps: false,
            omb_probes: false,
        };
        let mut produce = Produce::<_, _, M>::new(&mut self.driver, time, end, manner, batcher);
        produce.watch_pauses();
        produce.load()?;
        Ok(produce.pauses().map_or_else(Distribution::empty, |pauses| distribution(pauses.clone())))
    }
}

struct ConsumerLoop<C: Consumer, M: Measuring> {
    driver: C,
    partitions: u32,
    measuring: std::marker::PhantomData<M>,
}

impl<C: Consumer, M: Measuring> ConsumerLoop<C, M> {
    fn new(driver: C, partitions: u32) -> Self {
        Self { driver, partitions, measuring: std::marker::PhantomData }
    }
}

impl<C: Consumer, M: Measuring> Loop for ConsumerLoop<C, M> {
    fn run(&mut self, time: &impl Time, end: &mut ClientEnd, spin: bool) -> Result<Distribution, DriverError> {
        let manner = consume::ConsumerOptions { spin, commit: false, hold: false, processing: None, index: 0 };
        let expected = Expected {
            run_id: RUN_ID,
            first_producer: 0,
            producers: 1,
            partitions: self.partitions,
            stamped: true,
            wall_stamps: false,
        };
        let mut consume = Consume::<_, _, M>::new(&mut self.driver, time, end, manner, expected);
        consume.watch_pauses();
        consume.load()?;
        Ok(consume.pauses().map_or_else(Distribution::empty, |pauses| distribution(pauses.clone())))
    }
}

/// Runs a loop with a supervisor's orders and takes its time.
fn timed(job: &Job, mut work: impl Loop) -> Result<LoopResult, DriverError> {
    if matches!(job.length, Length::Messages(_)) && job.parts.0 & measuring::TELEMETRY == 0 {
        return Err(system("a number of messages", "can only be seen with telemetry"));
    }
    let mut supervisor =
        SupervisorEnd::create(Shape::new(job.role, 0, 1)).map_err(|error| system("no segment", error))?;
    let mut end =
        ClientEnd::attach(supervisor.name(), supervisor.shape()).map_err(|error| system("no segment", error))?;
    supervisor.unlink();
    let spin = job.cpu.is_some();
    match job.passing {
        TimeMode::Real => {
            let supervise = LoopSupervisor::new(supervisor, job);
            let (order, orders) = crossbeam_channel::bounded(1);
            let thread = std::thread::Builder::new()
                .name("supervisor".to_owned())
                .spawn(move || supervise.run(&orders))
                .map_err(|error| system("no thread", error))?;
            pin(job)?;
            let epoch_ns = job.clock.now_ns() + LEAD_NS;
            // It waits for this, and lives until the loop has ended.
            let _ = order.send(epoch_ns);
            let measured = measure(|| work.run(&RunTime(job.clock), &mut end, spin));
            drop(order);
            let seen = thread.join().map_err(|_| system("the supervisor's thread", "panicked"))?;
            measured.outcome(job.role, seen)
        }
        TimeMode::Stepped(step_ns) => {
            pin(job)?;
            let Length::Time(length) = job.length else {
                return Err(system("stepped time", "the length must be a time"));
            };
            let length_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
            give_orders(&supervisor, job, LEAD_NS);
            let time = Stepped::new(job.clock, step_ns, LEAD_NS + length_ns, supervisor, ending(job.role));
            let measured = measure(|| work.run(&time, &mut end, true));
            measured.outcome(job.role, LoopObservation::of_stepped(time.into_supervisor()))
        }
    }
}

/// The orders of a supervisor that begins a load.
fn give_orders(supervisor: &SupervisorEnd, job: &Job, epoch_ns: u64) {
    let interval_q32 = match job.pace {
        Rate::Unlimited => 0,
        Rate::PerSecond(per_s) => interval_q32(1.0, per_s),
    };
    supervisor.order_rate(RateOrder { start_ns: epoch_ns, interval_q32 });
    supervisor.set_epoch(epoch_ns);
    supervisor.want(Wanted::Run);
}

/// The order that ends a loop.
fn ending(role: Role) -> Wanted {
    match role {
        Role::Producer => Wanted::Quiesce,
        Role::Consumer => Wanted::Exit,
    }
}

fn pin(job: &Job) -> Result<(), DriverError> {
    match job.cpu {
        Some(cpu) => pin_current_thread(&CpuSet::of(cpu)).map_err(|error| system("cannot pin the loop", error)),
        None => Ok(()),
    }
}

/// A loop's result and what it took.
struct LoopRun {
    pauses: Distribution,
    elapsed_ns: u64,
    cpu_ns: u64,
    process_cpu_ns: u64,
}

fn measure(work: impl FnOnce() -> Result<Distribution, DriverError>) -> Result<LoopRun, DriverError> {
    let cpu = |usage: usage::Usage| usage.cpu_user_ns + usage.cpu_system_ns;
    let (process, thread) = (cpu(usage::of_self()), cpu(usage::of_thread()));
    let begun = std::time::Instant::now();
    let pauses = work()?;
    Ok(LoopRun {
        pauses,
        elapsed_ns: u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX),
        cpu_ns: cpu(usage::of_thread()) - thread,
        process_cpu_ns: cpu(usage::of_self()) - process,
    })
}

trait IntoOutcome {
    fn outcome(self, role: Role, seen: LoopObservation) -> Result<LoopResult, DriverError>;
}

impl IntoOutcome for Result<LoopRun, DriverError> {
    fn outcome(self, role: Role, seen: LoopObservation) -> Result<LoopResult, DriverError> {
        use crate::stats::Counter;
        let LoopRun { pauses, elapsed_ns, cpu_ns, process_cpu_ns } = self?;
        let LoopObservation { counters, pacing_error, largest_slot_bytes } = seen;
        let messages = match role {
            Role::Producer => counters[Counter::MessagesEnqueued],
            Role::Consumer => counters[Counter::MessagesReceived],
        };
        // Before the epoch there is nothing to do.
        let elapsed_ns = elapsed_ns.saturating_sub(LEAD_NS).max(1);
        Ok(LoopResult {
            messages,
            elapsed_ns,
            cpu_ns,
            process_cpu_ns,
            counters,
            pacing_error,
            pauses,
            largest_slot_bytes,
        })
    }
}

fn distribution(mut recorder: crate::stats::Recorder) -> Distribution {
    let histogram = recorder.to_histogram();
    Distribution::of_ns(histogram, Some(recorder.take_interval()), false)
}

fn system(what: &str, why: impl std::fmt::Display) -> DriverError {
    DriverError::new(ErrorClass::System, format!("{what}: {why}"))
}

#[cfg(test)]
mod tests;
