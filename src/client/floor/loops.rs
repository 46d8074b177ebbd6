//! The loops that are measured, each on its driver: those of `produce` and `consume`, with any parts of their
//! measuring.

use super::timed::timed;
use super::{Job, LoopResult, LoopTarget, RUN_ID, TimeMode, system};
use crate::client::consume::{Consume, ConsumerOptions, Expected};
use crate::client::measuring::Measuring;
use crate::client::message_batcher::{MessageBatcher, Sender};
use crate::client::produce::{Produce, ProducerOptions};
use crate::client::run_time::RunTime;
use crate::config::ClientLibrary;
use crate::driver::kafka::{KafkaConsumer, KafkaProducer, Receiving};
use crate::driver::null::{NullConsumer, NullProducer};
use crate::driver::wire::{IoThreadProducer, Share, SinkBroker, SinkOptions, WireConsumer, WireProducer};
use crate::driver::{Consumer, DriverError, Producer, Time};
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::plan::placement::IoThreadCpu;
use crate::plan::properties::wire::{WireConsumerSettings, WireProducerSettings};
use crate::plan::properties::{ConsumerSettings, ProducerSettings, ProducerWays};
use crate::plan::{KeyDistributor, LatePolicy};
use crate::stats::{Counter, Distribution, Recorder};
use crate::telemetry::payload_pool::{PoolOwner, PoolView};
use crate::telemetry::{ClientEnd, Role};
use std::marker::PhantomData;
use std::time::Duration;

/// Limit of connecting.
const CONNECT: Duration = Duration::from_secs(30);
/// The sink has any topic.
const SINK_TOPIC: &str = "sink";

pub(super) fn on_null<M: Measuring>(job: &Job) -> Result<LoopResult, DriverError> {
    match job.role {
        Role::Producer => timed(job, ProducerLoop::<_, M>::new(NullProducer::new(), job)?),
        Role::Consumer => {
            let driver = NullConsumer::delivering(RUN_ID, job.value_bytes);
            timed(job, ConsumerLoop::<_, M>::new(driver, 1))
        }
    }
}

pub(super) fn on_kafka<M: Measuring>(job: &Job) -> Result<LoopResult, DriverError> {
    let LoopTarget::Kafka { client, properties, topic, partitions } = &job.target else { return on_null::<M>(job) };
    if *client == ClientLibrary::Wire {
        return by_wire::<M>(job, properties, topic, *partitions);
    }
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

/// On a sink, which ends with the job.
pub(super) fn on_sink<M: Measuring>(job: &Job) -> Result<LoopResult, DriverError> {
    let LoopTarget::Sink { cpu, properties, partitions } = &job.target else { return on_null::<M>(job) };
    let sink = SinkBroker::start(SinkOptions {
        partitions: *partitions,
        cpu: *cpu,
        spins: cpu.is_some() && *cpu != job.io_cpu,
        run_id: RUN_ID,
        value_bytes: job.value_bytes,
        stamps: M::STAMP.then_some(job.clock),
    })
    .map_err(|error| system("no sink", error))?;
    let address = ("bootstrap.servers".to_owned(), sink.address());
    let properties: Vec<_> = properties.iter().cloned().chain([address]).collect();
    let outcome = by_wire::<M>(job, &properties, SINK_TOPIC, *partitions)?;
    let io_ns = job.io_cpu.map_or(0, |_| outcome.elapsed_ns.saturating_sub(outcome.counters[Counter::IoIdleNs]));
    Ok(LoopResult { process_cpu_ns: outcome.cpu_ns + io_ns, sink: Some(sink.finish()), ..outcome })
}

fn by_wire<M: Measuring>(
    job: &Job,
    properties: &[(String, String)],
    topic: &str,
    partitions: u32,
) -> Result<LoopResult, DriverError> {
    if job.passing != TimeMode::Real {
        return Err(system("stepped time", "the wire driver waits for answers, which take their own"));
    }
    let time = RunTime(job.clock);
    match (job.role, job.io_cpu) {
        (Role::Producer, None) => {
            let driver = WireProducer::connect(&WireProducerSettings::of(properties), topic, CONNECT, &time)?;
            timed(job, ProducerLoop::<_, M>::new(driver, job)?)
        }
        (Role::Producer, Some(cpu)) => {
            let sinks = matches!(job.target, LoopTarget::Sink { cpu: Some(sinks), .. } if sinks == cpu);
            let at = IoThreadCpu { cpu, shared: sinks };
            let driver = IoThreadProducer::connect(&WireProducerSettings::of(properties), topic, CONNECT, time, at)?;
            timed(job, ProducerLoop::<_, M>::new(driver, job)?)
        }
        (Role::Consumer, _) => {
            let all = Share { member: 0, members: 1 };
            let driver = WireConsumer::connect(&WireConsumerSettings::of(properties), topic, all, CONNECT, &time)?;
            timed(job, ConsumerLoop::<_, M>::new(driver, partitions))
        }
    }
}

/// A loop that is ready to run under a time.
pub(super) trait Loop {
    /// Runs it to its end; the pauses that its publications made come back.
    fn run(&mut self, time: &impl Time, end: &mut ClientEnd, spin: bool) -> Result<Distribution, DriverError>;
}

struct ProducerLoop<P: Producer, M: Measuring> {
    driver: P,
    batcher: Option<MessageBatcher>,
    late: LatePolicy,
    window_messages: Option<u32>,
    measuring: PhantomData<M>,
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
        let window_messages = job.window_messages;
        Ok(Self { driver, batcher: Some(batcher), late, window_messages, measuring: PhantomData })
    }
}

impl<P: Producer, M: Measuring> Loop for ProducerLoop<P, M> {
    fn run(&mut self, time: &impl Time, end: &mut ClientEnd, spin: bool) -> Result<Distribution, DriverError> {
        let Some(batcher) = self.batcher.take() else { return Ok(Distribution::empty()) };
        let first_window_messages = self.window_messages;
        let options = ProducerOptions { first_window_messages, ..ProducerOptions::even(self.late, spin) };
        let mut produce = Produce::<_, _, M>::new(&mut self.driver, time, end, options, batcher);
        produce.watch_pauses();
        produce.load()?;
        Ok(produce.pauses().map_or_else(Distribution::empty, |pauses| distribution(pauses.clone())))
    }
}

struct ConsumerLoop<C: Consumer, M: Measuring> {
    driver: C,
    partitions: u32,
    measuring: PhantomData<M>,
}

impl<C: Consumer, M: Measuring> ConsumerLoop<C, M> {
    fn new(driver: C, partitions: u32) -> Self {
        Self { driver, partitions, measuring: PhantomData }
    }
}

impl<C: Consumer, M: Measuring> Loop for ConsumerLoop<C, M> {
    fn run(&mut self, time: &impl Time, end: &mut ClientEnd, spin: bool) -> Result<Distribution, DriverError> {
        let options = ConsumerOptions { spin, commit: false, hold: false, processing: None, index: 0 };
        let expected = Expected {
            run_id: RUN_ID,
            first_producer: 0,
            producers: 1,
            partitions: self.partitions,
            stamped: true,
            wall_stamps: false,
        };
        let mut consume = Consume::<_, _, M>::new(&mut self.driver, time, end, options, expected);
        consume.watch_pauses();
        consume.load()?;
        Ok(consume.pauses().map_or_else(Distribution::empty, |pauses| distribution(pauses.clone())))
    }
}

fn distribution(mut recorder: Recorder) -> Distribution {
    let histogram = recorder.to_histogram();
    Distribution::of_ns(histogram, Some(recorder.take_interval()), false)
}
