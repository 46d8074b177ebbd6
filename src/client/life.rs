//! From a spec on standard input to an exit code: the hidden roles `pinload producer N` and `pinload consumer N`.

use super::consume::{self, Consume, Expected};
use super::measuring::MeasureAll;
use super::message_batcher::{MessageBatcher, Sender};
use super::produce::{self, Produce};
use super::raw_log::{self, ReceiveLog, SendLog};
use super::run_time::RunTime;
use super::{ClientSpec, MessageOrder};
use crate::driver::kafka::{KafkaConsumer, KafkaProducer, Receiving};
use crate::driver::null::{NullConsumer, NullProducer};
use crate::driver::wire::{IoThreadProducer, Share, WireConsumer, WireProducer};
use crate::driver::{Consumer, DriverError, ErrorClass, Producer};
use crate::load::keys::Keys;
use crate::load::payloads::Choice;
use crate::os::affinity::{CpuSet, pin_current_thread};
use crate::os::process;
use crate::plan::{DriverKind, MessagePlan};
use crate::telemetry::payload_pool::PoolView;
use crate::telemetry::{ClientEnd, ClientState, Role};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// Timer slack of the hot thread: the kernel may wake it this much late (50 µs by default), which is what a sleep
/// before a send costs.
const TIMER_SLACK_NS: u64 = 1_000;

/// The role `pinload producer N`.
pub fn producer_main() -> ExitCode {
    client_main(Role::Producer)
}

/// The role `pinload consumer N`.
pub fn consumer_main() -> ExitCode {
    client_main(Role::Consumer)
}

/// Exit code 0: done. 1: gave up, and the last words say why; without a segment to leave them in, standard error cannot
/// help either.
fn client_main(role: Role) -> ExitCode {
    let Ok((spec, mut end)) = begin(role) else { return ExitCode::FAILURE };
    match live(&spec, &mut end) {
        Ok(()) => {
            end.set_state(ClientState::Done);
            ExitCode::SUCCESS
        }
        Err(error) => {
            end.give_up(error.class, &error.text);
            ExitCode::FAILURE
        }
    }
}

/// The spec, and the segment attached.
fn begin(role: Role) -> Result<(ClientSpec, ClientEnd), DriverError> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| system("cannot read the spec", error))?;
    let spec: ClientSpec = serde_json::from_str(&text).map_err(|error| system("cannot understand the spec", error))?;
    process::bind_to_parent(spec.parent_pid).map_err(|error| system("the supervisor is gone", error))?;
    let short = match role {
        Role::Producer => "prod",
        Role::Consumer => "cons",
    };
    process::set_thread_name(&format!("pinload-{short}-{}", spec.shape.index));
    if spec.placement.hot_cpu_shared {
        // A broker on this host must get the CPU time to answer; what that costs the client shows as pacing error.
        process::yield_to_other_sessions();
    }
    let end = ClientEnd::attach(&spec.segment, spec.shape).map_err(|error| system("no segment", error))?;
    Ok((spec, end))
}

fn system(what: &str, why: impl std::fmt::Display) -> DriverError {
    DriverError::new(ErrorClass::System, format!("{what}: {why}"))
}

/// Everything after the segment is attached, panics included.
fn live(spec: &ClientSpec, end: &mut ClientEnd) -> Result<(), DriverError> {
    let panic_text = Arc::new(Mutex::new(None));
    let hook_text = Arc::clone(&panic_text);
    std::panic::set_hook(Box::new(move |info| {
        if let Ok(mut text) = hook_text.lock() {
            text.get_or_insert_with(|| info.to_string());
        }
    }));
    // What a panic leaves half done is only looked at to say farewell: `end` publishes word by word and is sound at any
    // point.
    catch_unwind(AssertUnwindSafe(|| match spec.shape.role {
        Role::Producer => live_as_producer(spec, end),
        Role::Consumer => live_as_consumer(spec, end),
    }))
    .unwrap_or_else(|_| {
        let text = panic_text.lock().ok().and_then(|mut text| text.take());
        Err(DriverError::new(ErrorClass::System, text.unwrap_or_else(|| "panicked".to_owned())))
    })
}

fn live_as_producer(spec: &ClientSpec, end: &mut ClientEnd) -> Result<(), DriverError> {
    let batcher = batcher(spec, &spec.message, spec.payload_pool.as_deref())?;
    match (spec.driver, &spec.wire_producer) {
        (DriverKind::Kafka | DriverKind::Embedded, Some(settings)) => {
            let (topic, limit, time) = (&spec.topic, spec.limits.connect, RunTime(spec.clock));
            match spec.placement.io_thread {
                Some(at) => {
                    let mut driver = IoThreadProducer::connect(settings, topic, limit, time, at)?;
                    produce(spec, end, batcher, &mut driver)
                }
                None => produce(spec, end, batcher, &mut WireProducer::connect(settings, topic, limit, &time)?),
            }
        }
        (DriverKind::Kafka | DriverKind::Embedded, None) => {
            let ClientSpec { properties, topic, ways, idempotent, limits, .. } = spec;
            let mut driver = KafkaProducer::connect(properties, topic, *ways, *idempotent, limits.connect)?;
            produce(spec, end, batcher, &mut driver)
        }
        (DriverKind::Null, _) => produce(spec, end, batcher, &mut NullProducer::new()),
    }
}

fn live_as_consumer(spec: &ClientSpec, end: &mut ClientEnd) -> Result<(), DriverError> {
    match (spec.driver, &spec.wire_consumer) {
        (DriverKind::Kafka | DriverKind::Embedded, Some(settings)) => {
            let share = Share { member: spec.member, members: spec.members };
            let (limit, time) = (spec.limits.connect, RunTime(spec.clock));
            let mut driver = WireConsumer::connect(settings, &spec.topic, share, limit, &time)?;
            consume(spec, end, &mut driver)
        }
        (DriverKind::Kafka | DriverKind::Embedded, None) => {
            let receiving = Receiving {
                auto_commit: spec.auto_commit,
                always_timed: spec.producers_of_topic == 0,
                fetch_queue: spec.fetch_queue,
            };
            let mut driver = KafkaConsumer::connect(&spec.properties, &spec.topic, receiving, spec.limits.connect)?;
            consume(spec, end, &mut driver)
        }
        (DriverKind::Null, _) => consume(spec, end, &mut NullConsumer::default()),
    }
}

fn produce(
    spec: &ClientSpec,
    end: &mut ClientEnd,
    batcher: MessageBatcher,
    driver: &mut impl Producer,
) -> Result<(), DriverError> {
    pin(spec)?;
    let options = produce::ProducerOptions {
        late: spec.late,
        curve: spec.curve.clone(),
        arrivals: spec.arrivals,
        index: spec.shape.index,
        outstanding: spec.outstanding_messages,
        first_window_messages: spec.first_window_messages,
        spin: may_spin(spec),
        flush: spec.limits.flush,
        // What messages are made of may come later; without stamps in them it is not used.
        wall_stamps: spec.wall_stamps && (spec.message.stamp || spec.message_later.is_some()),
        omb_probes: spec.omb_probes,
    };
    let later = spec.message_later.as_deref().map(|name| || batcher_of_order(spec, name));
    let raw = raw_log::create(spec)?.map(|writer| SendLog::new(writer, spec.shape.index));
    Produce::<_, _, MeasureAll>::new(driver, &RunTime(spec.clock), end, options, batcher).recording(raw).run(later)
}

fn consume(spec: &ClientSpec, end: &mut ClientEnd, driver: &mut impl Consumer) -> Result<(), DriverError> {
    pin(spec)?;
    let hold = spec.producers_of_topic == 0;
    // What others have filled is timed in whole ms, if at all: a spinning loop would see nothing sooner, and take the
    // CPU from a broker that shares the machine.
    let spin = may_spin(spec) && !hold;
    let options = consume::ConsumerOptions {
        spin,
        commit: !spec.auto_commit,
        hold,
        processing: spec.processing,
        index: spec.shape.index,
    };
    let expected = Expected {
        run_id: spec.run_id,
        first_producer: spec.first_producer_of_topic,
        producers: spec.producers_of_topic,
        partitions: spec.partitions,
        stamped: spec.message.stamp,
        wall_stamps: spec.wall_stamps,
    };
    let raw = raw_log::create(spec)?.map(|writer| ReceiveLog::new(writer, expected));
    Consume::<_, _, MeasureAll>::new(driver, &RunTime(spec.clock), end, options, expected).recording(raw).run()
}

/// What the producer sends. The keys are those of the run, the choice among payloads is the producer's own.
fn batcher(
    spec: &ClientSpec,
    message: &MessagePlan,
    payload_pool: Option<&str>,
) -> Result<MessageBatcher, DriverError> {
    let pool = match payload_pool {
        Some(name) => Some(PoolView::attach(name).map_err(|error| system("no payloads", error))?),
        None => None,
    };
    let producer = spec.shape.index;
    let count = pool.as_ref().map_or(1, |pool| u32::try_from(pool.count()).unwrap_or(u32::MAX));
    let keys = Keys::new(message.keys, spec.run_id, producer);
    let seed = spec.run_id.wrapping_add(u64::from(producer));
    let choice = match pool.as_ref().map(PoolView::cumulative_weights) {
        None | Some([]) => Choice::new(seed, count),
        Some(weights) => Choice::by_weight(seed, weights.into()),
    };
    let sender = Sender { run_id: spec.run_id, producer, value_bytes: message.largest_bytes, stamped: message.stamp };
    Ok(MessageBatcher::new(sender, keys, pool, choice))
}

/// The same when it was not known at the start what messages are made of.
fn batcher_of_order(spec: &ClientSpec, name: &str) -> Result<MessageBatcher, DriverError> {
    let order = PoolView::attach(name).map_err(|error| system("no message order", error))?;
    let order: MessageOrder = serde_json::from_slice(order.payload(0))
        .map_err(|error| system("cannot understand the message order", error))?;
    batcher(spec, &order.message, Some(&order.payload_pool))
}

/// Moves this thread, and it alone, to the hot CPU: the library's threads exist by now and stay on the I/O CPUs.
fn pin(spec: &ClientSpec) -> Result<(), DriverError> {
    if let Some(cpu) = spec.placement.hot_cpu {
        pin_current_thread(&CpuSet::of(cpu)).map_err(|error| system("cannot pin the hot loop", error))?;
    }
    // Without it sleeps end a little later; nothing else changes.
    let _ = nix::sys::prctl::set_timerslack(TIMER_SLACK_NS);
    Ok(())
}

/// Only on a CPU that nobody else needs.
fn may_spin(spec: &ClientSpec) -> bool {
    spec.placement.hot_cpu.is_some() && !spec.placement.hot_cpu_shared
}
