//! The wire driver's clients in this process, against a Kafka that assigns partitions to members of groups, keeps
//! transactions and compacts logs: what other clients have written and share with them.

mod logs;

use crate::scene::{Kafka, Scene};
use pinload::{
    Consumer as _, Delivery, Producer as _, SendResult, Share, Time, WireConsumer, WireConsumerSettings, WireProducer,
    WireProducerSettings,
};
use rdkafka::config::{ClientConfig, FromClientConfig};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(40);
/// What comes within it, and should not, is seen.
const LITTLE: Duration = Duration::from_millis(500);
/// Between two looks.
const BREATH: Duration = Duration::from_micros(200);

/// A broker that misses members soon, and compacts without delay.
fn quick_kafka(scene: &Scene) -> Option<&'static Kafka> {
    static OWN: OnceLock<Option<Kafka>> = OnceLock::new();
    let properties = [
        "group.consumer.min.heartbeat.interval.ms=300",
        "group.consumer.heartbeat.interval.ms=300",
        "group.consumer.min.session.timeout.ms=3000",
        "group.consumer.session.timeout.ms=3000",
        "log.cleaner.backoff.ms=100",
    ];
    OWN.get_or_init(|| Kafka::own_with_properties(scene, &properties)).as_ref()
}

/// The time that passes, the same for all clients.
struct Passing;

impl Time for Passing {
    fn now_ns(&self) -> u64 {
        static BEGIN: OnceLock<Instant> = OnceLock::new();
        1 + u64::try_from(BEGIN.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn relax(&self) {
        std::hint::spin_loop();
    }

    fn sleep_until(&self, deadline_ns: u64) {
        std::thread::park_timeout(Duration::from_nanos(deadline_ns.saturating_sub(self.now_ns())));
    }
}

fn properties(kafka: &Kafka, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = [("bootstrap.servers", kafka.bootstrap())];
    all.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The wire driver's consumer, from the begin.
fn consumer(kafka: &Kafka, topic: &str, more: &[(&str, &str)]) -> WireConsumer {
    let all = [&[("auto.offset.reset", "earliest"), ("fetch.wait.max.ms", "50")][..], more].concat();
    let share = Share { member: 0, members: 1 };
    let settings = WireConsumerSettings::of(&properties(kafka, &all));
    WireConsumer::connect(&settings, topic, share, LIMIT, &Passing).expect("a consumer")
}

/// The wire driver's producer, which waits for all replicas.
fn producer(kafka: &Kafka, topic: &str) -> WireProducer {
    let settings = WireProducerSettings::of(&properties(kafka, &[("acks", "all")]));
    WireProducer::connect(&settings, topic, LIMIT, &Passing).expect("a producer")
}

fn member(kafka: &Kafka, topic: &str, group: &str) -> WireConsumer {
    consumer(kafka, topic, &[("group.id", group), ("group.protocol", "consumer")])
}

fn librdkafka<T: FromClientConfig>(kafka: &Kafka, more: &[(&str, &str)]) -> T {
    let mut config = ClientConfig::new();
    for (name, value) in properties(kafka, more) {
        config.set(name, value);
    }
    config.create().expect("a client")
}

/// A message as it was read: partition, offset, value.
type Read = (u32, i64, String);

/// What a consumer hands out now.
fn look(consumer: &mut WireConsumer, read: &mut Vec<Read>) {
    let count = consumer.poll_batch(&Passing, |_, message| {
        read.push((message.partition, message.offset, String::from_utf8_lossy(message.value).into_owned()));
    });
    if let Some(fault) = consumer.fault() {
        panic!("{fault}");
    }
    if count == 0 {
        consumer.await_messages(Passing.now_ns() + 2_000_000, &Passing);
    }
}

/// Looks until `found` says so.
#[track_caller]
fn look_until(what: &str, mut found: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !found() {
        assert!(Instant::now() < until, "not within {LIMIT:?}: {what}");
        // The CPU is the brokers' meanwhile, and other tests'.
        std::thread::park_timeout(BREATH);
    }
}

/// Sends values `numbers` by the wire driver's producer and waits until all are acknowledged.
fn send(producer: &mut WireProducer, numbers: std::ops::Range<u32>) {
    let mut acknowledged = 0;
    for number in numbers.clone() {
        producer.now_is(Passing.now_ns());
        let sent = producer.send(Some(&number.to_be_bytes()), number.to_string().as_bytes(), 1);
        assert_eq!(sent, SendResult::Accepted);
    }
    producer.flush_linger();
    look_until("acknowledgements", || {
        producer.poll_reports(u32::MAX, &Passing, |_, report| {
            assert_eq!(report.delivery, Delivery::Acknowledged);
            acknowledged += 1;
        });
        acknowledged == numbers.len()
    });
}

/// Numbers that were read, and how often.
fn times(read: &[&Vec<Read>]) -> BTreeMap<u32, usize> {
    let mut times = BTreeMap::new();
    for (_, _, value) in read.iter().copied().flatten() {
        *times.entry(value.parse().expect("a number")).or_insert(0) += 1;
    }
    times
}

#[test]
fn members_of_a_group_share_the_partitions_whoever_joins_late_or_dies() {
    let scene = Scene::untimed("members_of_a_group_share_the_partitions_whoever_joins_late_or_dies");
    let Some(kafka) = quick_kafka(&scene) else { return };
    let topic = "shared-by-a-group";
    kafka.create_topic(&scene, topic, 4);
    let mut producer = producer(kafka, topic);
    let (mut first, mut by_first) = (member(kafka, topic, topic), Vec::new());
    send(&mut producer, 0..400);
    look_until("the first has all partitions and has read", || {
        look(&mut first, &mut by_first);
        first.events().assigned == 4 && by_first.len() == 400
    });

    // It joins while messages come: none is read twice, for whoever gives back has committed.
    let (mut second, mut by_second) = (member(kafka, topic, topic), Vec::new());
    let mut sent = 400;
    look_until("both have two", || {
        if sent < 4_000 {
            send(&mut producer, sent..sent + 10);
            sent += 10;
        }
        look(&mut first, &mut by_first);
        look(&mut second, &mut by_second);
        (first.events().assigned, second.events().assigned) == (2, 2)
    });
    send(&mut producer, sent..sent + 400);
    sent += 400;
    look_until("both have read", || {
        look(&mut first, &mut by_first);
        look(&mut second, &mut by_second);
        by_first.len() + by_second.len() >= sent as usize
    });
    let read = times(&[&by_first, &by_second]);
    assert!(read.iter().map(|(number, times)| (*number, *times)).eq((0..sent).map(|number| (number, 1))), "{read:?}");
    assert!(by_second.len() > 100, "{}", by_second.len());

    // It dies: the broker misses it, and the first has all again.
    second.commit_sync();
    drop(second);
    look_until("the first has all again", || {
        look(&mut first, &mut by_first);
        first.events().assigned == 4
    });
    send(&mut producer, sent..sent + 100);
    look_until("the first reads all", || {
        look(&mut first, &mut by_first);
        times(&[&by_first, &by_second]).len() == sent as usize + 100
    });
    assert!(times(&[&by_first, &by_second]).values().all(|times| *times == 1), "the dead one had committed");
    first.close();
    assert_eq!(first.events().commits_failed, 0);
}

#[test]
fn a_group_may_have_members_of_librdkafka_beside_ours() {
    let scene = Scene::untimed("a_group_may_have_members_of_librdkafka_beside_ours");
    let Some(kafka) = quick_kafka(&scene) else { return };
    let topic = "shared-with-librdkafka";
    kafka.create_topic(&scene, topic, 4);
    let (mut ours, mut read) = (member(kafka, topic, topic), Vec::new());
    let group = [("group.id", topic), ("group.protocol", "consumer"), ("auto.offset.reset", "earliest")];
    let theirs: BaseConsumer = librdkafka(kafka, &group);
    theirs.subscribe(&[topic]).expect("a subscription");
    let mut by_them = Vec::new();
    let poll = |by_them: &mut Vec<Read>| {
        if let Some(Ok(message)) = theirs.poll(Duration::from_millis(5)) {
            let value = String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
            by_them.push((message.partition().unsigned_abs(), message.offset(), value));
        }
        theirs.assignment().map_or(0, |partitions| partitions.count())
    };
    look_until("two partitions each", || {
        look(&mut ours, &mut read);
        poll(&mut by_them) == 2 && ours.events().assigned == 2
    });
    let mut producer = producer(kafka, topic);
    send(&mut producer, 0..400);
    look_until("all is read", || {
        look(&mut ours, &mut read);
        poll(&mut by_them);
        read.len() + by_them.len() >= 400
    });
    assert!(times(&[&read, &by_them]).into_iter().eq((0..400).map(|number| (number, 1))));
    assert!(!read.is_empty() && !by_them.is_empty());
    ours.close();
    look_until("they have all when ours has left", || poll(&mut by_them) == 4);
}
