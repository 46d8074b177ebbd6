//! `resolve` as its callers see it: files as text, a machine of 8 CPUs, the plan or the list of mistakes.
//!
//! Over 250 lines: tests of one function, which share its files and its machine.

mod course;
mod shapes;
mod sizes;

use super::*;
use crate::config::yaml::YamlDocument;
use crate::os::fingerprint::BrokerLog;
use crate::os::topology::Cpu;
use crate::plan::{DriverKind, KeyDistributor, PayloadPlan};
use crate::telemetry::Role;
use std::path::Path;

const JAVA: &str = "io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver";
const PYTHON: &str = "benchmark.driver_kafka.kafka_benchmark_driver.KafkaBenchmarkDriver";
/// A workload that works, less its rate.
const SOUND: &str = "topics: 1\npartitionsPerTopic: 4\nmessageSize: 1024\nuseRandomizedPayloads: true\n\
                     randomBytesRatio: 0.5\n\
                     randomizedPayloadPoolSize: 10\nsubscriptionsPerTopic: 1\nconsumerPerSubscription: 1\n\
                     producersPerTopic: 4\ntestDurationMinutes: 1\n";

fn machine() -> Machine {
    let cpu =
        |id| Cpu { id, package: 0, core: id, siblings: CpuSet::of(id), last_level_cache: (0..8).collect(), node: 0 };
    let topology = Topology { cpus: (0..8).map(cpu).collect(), nodes: vec![0], model_name: "test".to_owned() };
    Machine {
        topology,
        allowed: (0..8).collect(),
        memory_policy: MemoryPolicy::Default,
        room: HostCapacity::default(),
        brokers: BrokersHere::default(),
    }
}

fn driver(class: &str) -> DriverFile {
    let text = format!(
        "name: Kafka\ndriverClass: {class}\nreplicationFactor: 1\ntopicConfig: ''\n\
         commonConfig: |\n  bootstrap.servers=localhost:9092\nproducerConfig: |\n  acks=all\nconsumerConfig: |\n  \
         auto.offset.reset=earliest\n"
    );
    DriverFile::parse(Path::new("d.yaml"), &text, false).unwrap()
}

fn workload(text: &str) -> WorkloadFile {
    WorkloadFile::parse(Path::new("w.yaml"), text, false).unwrap()
}

fn plan_with(text: &str, options: &ResolveOptions) -> Result<Plan, Problems> {
    let driver = (!options.embedded).then(|| driver(PYTHON));
    resolve(&workload(text), driver.as_ref(), options, &machine())
}
fn plan(text: &str) -> Plan {
    plan_with(text, &ResolveOptions::default()).unwrap()
}
fn refusals(text: &str, options: &ResolveOptions) -> Vec<String> {
    plan_with(text, options).unwrap_err().0.iter().map(ToString::to_string).collect()
}
fn embedded() -> ResolveOptions {
    ResolveOptions { embedded: true, ..ResolveOptions::default() }
}

#[test]
fn the_same_file_means_the_total_to_omb_and_each_producer_to_the_guide() {
    let workload = workload(&format!("{SOUND}producerRate: 1000\n"));
    let total = |class, options: &ResolveOptions| {
        let plan = resolve(&workload, Some(&driver(class)), options, &machine()).unwrap();
        (plan.rate.total, plan.rate.scope, plan.rate.scope_reason)
    };
    let options = ResolveOptions::default();
    let (rate, scope, why) = total(JAVA, &options);
    assert_eq!((rate, scope), (Rate::PerSecond(1000.0), RateScope::Total));
    assert_eq!(why, "driverClass is OMB's: the rate is of all producers together");
    let (rate, scope, why) = total(PYTHON, &options);
    assert_eq!((rate, scope), (Rate::PerSecond(4000.0), RateScope::PerProducer));
    assert_eq!(why, "driverClass is the Python guide's: the rate is of each producer");
    let forced = ResolveOptions { rate_scope: Some(RateScope::Total), ..ResolveOptions::default() };
    let (rate, _, why) = total(PYTHON, &forced);
    assert_eq!((rate, why.starts_with("--rate-scope")), (Rate::PerSecond(1000.0), true));
}

#[test]
fn the_workloads_own_scope_overrides_the_drivers_and_embedded_is_per_producer() {
    let written = plan(&format!("{SOUND}producerRate: 1000\nproducerRateScope: total\n"));
    assert_eq!(written.rate.total, Rate::PerSecond(1000.0));
    let embedded = plan_with(&format!("{SOUND}producerRate: 1000\n"), &embedded()).unwrap();
    assert_eq!(embedded.rate.total, Rate::PerSecond(4000.0));
    assert_eq!((embedded.driver.kind, embedded.topics.replication_factor), (DriverKind::Embedded, 1));
}

#[test]
fn the_workload_recorded_with_omb_resolves_as_omb_ran_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let document = |path: &str| YamlDocument::read_filled(&root.join(path)).unwrap();
    let workload = WorkloadFile::with(document("workloads/omb-small.yaml"), &[], false).unwrap();
    let driver = DriverFile::with(document("drivers/omb-kafka.yaml"), &[], &[], false).unwrap();
    let plan = resolve(&workload, Some(&driver), &ResolveOptions::default(), &machine()).unwrap();
    assert_eq!((plan.workload_name.as_str(), plan.driver_name.as_str()), ("small", "Kafka"));
    assert_eq!(plan.workload_file_base, "omb-small");
    assert_eq!((plan.warmup, plan.duration), (Duration::ZERO, Some(Duration::from_secs(60))));
    let half = PayloadPlan::Randomized { pool: 100, random_bytes: 512, seed: 0x0070_696e_6c6f_6164 };
    assert_eq!(plan.message.payload, half);
    assert!(plan.message.stamp && plan.delete_topics && !plan.driver.auto_commit);
    assert_eq!(plan.topics.config, [("min.insync.replicas".to_owned(), "1".to_owned())]);
    assert_eq!(plan.clients.len(), 2);
    assert_eq!(plan.rate.to_string(), "1 producer × 5,000 = 5,000 msg/s");
}

#[test]
fn the_guides_shortest_example_runs_and_says_what_it_assumes() {
    let text = include_str!("../../../tests/fixtures/workloads/guide-simple.yaml");
    let plan = plan(text);
    assert_eq!((plan.producers_per_topic, plan.subscriptions_per_topic), (1, 0));
    assert_eq!((plan.warmup, plan.duration), (Duration::from_secs(60), Some(Duration::from_secs(300))));
    assert_eq!(plan.message.keys, KeyDistributor::NoKey);
    assert!(matches!(plan.message.payload, PayloadPlan::Randomized { pool: 1, random_bytes: 0, .. }));
    for key in ["producersPerTopic", "subscriptionsPerTopic", "payloadFile"] {
        assert!(
            plan.warnings.iter().any(|warning| warning.text.starts_with(&format!("w.yaml: {key}: is missing"))),
            "{key}"
        );
    }
}

#[test]
fn the_guides_larger_example_has_forty_producers_and_four_hundred_thousand_messages() {
    let text = include_str!("../../../tests/fixtures/workloads/guide-high-throughput.yaml");
    let plan = plan(text);
    assert_eq!(plan.rate.to_string(), "40 producers × 10,000 = 400,000 msg/s");
    assert_eq!(plan.clients.iter().filter(|client| client.role == Role::Consumer).count(), 160);
    assert!(
        plan.warnings.iter().any(|warning| warning.text.contains("24 of them will be idle")),
        "{:?}",
        plan.warnings
    );
}

#[test]
fn clients_are_listed_producers_first_topic_by_topic_then_subscriptions() {
    let text = "topics: 2\npartitionsPerTopic: 2\nmessageSize: 100\nproducersPerTopic: 2\nsubscriptionsPerTopic: 2\n\
                consumerPerSubscription: 2\nproducerRate: 10\n";
    let plan = plan(text);
    let rows: Vec<_> = plan
        .clients
        .iter()
        .map(|client| (client.role, client.index, client.topic, client.subscription, client.member))
        .collect();
    let p = Role::Producer;
    let c = Role::Consumer;
    assert_eq!(rows[..4], [(p, 0, 0, None, 0), (p, 1, 0, None, 1), (p, 2, 1, None, 0), (p, 3, 1, None, 1)]);
    assert_eq!(rows[4..7], [(c, 0, 0, Some(0), 0), (c, 1, 0, Some(0), 1), (c, 2, 0, Some(1), 0)]);
    assert_eq!((rows[11], rows.len()), ((c, 7, 1, Some(1), 1), 12));
}

/// Each row: what is appended to or replaced in a sound workload, and how the refusal begins.
#[test]
fn each_mistake_of_a_workload_is_refused_with_its_line_and_a_remedy() {
    let sound = format!("{SOUND}producerRate: 1000\n");
    for (old, new, begin) in [
        ("topics: 1\n", "topics: 0\n", "w.yaml:1: topics: is 0: write at least 1"),
        ("topics: 1\n", "", "w.yaml: topics: is missing: write for example topics: 1"),
        ("partitionsPerTopic: 4", "partitionsPerTopic: 0", "w.yaml:2: partitionsPerTopic: is 0"),
        ("producersPerTopic: 4", "producersPerTopic: 0", "w.yaml:9: producersPerTopic: is 0 for all topics"),
        ("producersPerTopic: 4", "producersPerTopic: 20000", "w.yaml:1: topics: 1 topics × (20000 producers"),
        (
            "consumerPerSubscription: 1",
            "consumerPerSubscription: 0",
            "w.yaml:8: consumerPerSubscription: is 0, but there are",
        ),
        ("consumerPerSubscription: 1\n", "", "w.yaml: consumerPerSubscription: is missing"),
        ("subscriptionsPerTopic: 1\n", "", "w.yaml: subscriptionsPerTopic: is missing, but there are consumers"),
        ("messageSize: 1024\n", "", "w.yaml: messageSize: is missing"),
        (
            "messageSize: 1024",
            "messageSize: 200000000",
            "w.yaml:3: messageSize: 200000000 bytes are above message.max.bytes",
        ),
        ("PoolSize: 10\n", "PoolSize: 0\n", "w.yaml:6: randomizedPayloadPoolSize: is 0: randomized payloads need"),
        ("BytesRatio: 0.5", "BytesRatio: 1.5", "w.yaml:5: randomBytesRatio: 1.5 is not between 0"),
        (
            "producerRate: 1000",
            "producerRate: 0.00000001",
            "w.yaml:11: producerRate: 4 producers × 0.00000001 = 0.00000004 msg/s: a producer's",
        ),
        ("producerRate: 1000", "producerRate: -5", "w.yaml:11: producerRate: -5 is negative"),
        (
            "topics: 1\n",
            "sampleRateMillis: 1500\ntopics: 1\n",
            "w.yaml:1: sampleRateMillis: 1500 ms: periods are whole seconds",
        ),
        ("topics: 1\n", "backlogDrainRatio: 2\ntopics: 1\n", "w.yaml:1: backlogDrainRatio: 2 is not between 0 and 1"),
        (
            "topics: 1\n",
            "topics: 3\nexistingTopicList: [a, b]\n",
            "w.yaml:1: topics: is 3, but 2 existing topics are named",
        ),
        ("topics: 1\n", "existingTopicList: [a b]\n", "w.yaml:1: existingTopicList: \"a b\" is no topic name"),
        ("topics: 1\n", "existingTopicList: [a, a]\n", "w.yaml:1: existingTopicList: a is named twice"),
    ] {
        assert!(sound.contains(old));
        let found = refusals(&sound.replace(old, new), &ResolveOptions::default());
        assert_eq!(found.len(), 1, "{new}: {found:#?}");
        assert!(found[0].starts_with(begin), "{}\n{begin}", found[0]);
    }
}

#[test]
fn all_mistakes_of_form_and_meaning_and_of_both_files_come_at_once_in_order() {
    let workload =
        workload("topics: 0\npartitionPerTopic: 1\nmessageSize: big\nconsumerBacklogSizeGB: 5\nproducerRate: 0\n");
    let text = format!("driverClass: {JAVA}\nreplicationFactor: 0\nproducerConfig: |\n  bootstrap.servers=x:1\n");
    let driver = DriverFile::parse(Path::new("d.yaml"), &text, false).unwrap();
    let problems = resolve(&workload, Some(&driver), &ResolveOptions::default(), &machine()).unwrap_err();
    let begins = [
        "w.yaml:1: topics: is 0",
        "w.yaml:2: partitionPerTopic: is no key of a workload file; did you mean partitionsPerTopic?",
        "w.yaml:3: messageSize: the text \"big\" is not a number",
        "w.yaml:4: consumerBacklogSizeGB: Cannot probe producer sustainable rate when building backlog: give a rate",
        "d.yaml:2: replicationFactor: 0 is no number of copies",
        "d.yaml: commonConfig: bootstrap.servers must stand here",
    ];
    let found: Vec<_> = problems.0.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (found, begin) in found.iter().zip(begins) {
        assert!(found.starts_with(begin), "{found}\n{begin}");
    }
}

#[test]
fn a_payload_file_must_exist_and_have_the_messages_size() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload.data");
    std::fs::write(&file, vec![7; 1000]).unwrap();
    let text = |path: &Path, size: &str| {
        format!(
            "topics: 1\npartitionsPerTopic: 1\nproducersPerTopic: 1\nproducerRate: 10\npayloadFile: {}\n{size}",
            path.display()
        )
    };
    for size in ["messageSize: 1000\n", ""] {
        let plan = plan(&text(&file, size));
        assert_eq!((plan.message.size_bytes, plan.message.payload), (1000, PayloadPlan::File { path: file.clone() }));
    }
    let wrong = refusals(&text(&file, "messageSize: 1024\n"), &ResolveOptions::default());
    assert!(wrong[0].starts_with("w.yaml:5: payloadFile:"), "{wrong:?}");
    assert!(
        wrong[0].ends_with("has 1000 bytes, messageSize is 1024: write messageSize: 1000 or another file"),
        "{wrong:?}"
    );
    let missing = refusals(&text(&folder.path().join("none"), "messageSize: 1\n"), &ResolveOptions::default());
    assert!(missing[0].contains("does not exist"), "{missing:?}");
}

#[test]
fn options_override_the_file() {
    let options = ResolveOptions {
        rate: Some(Rate::Unlimited),
        duration: Some(Duration::from_secs(30)),
        warmup: Some(Duration::ZERO),
        late: Some(LatePolicy::CatchUp),
        keep_topics: true,
        no_stamp: true,
        connect_timeout: Some(Duration::from_secs(3)),
        ready_timeout: Some(Duration::from_secs(5)),
        ..ResolveOptions::default()
    };
    let plan = plan_with(SOUND, &options).unwrap();
    assert_eq!((plan.rate.total, plan.rate.late), (Rate::Unlimited, LatePolicy::CatchUp));
    assert_eq!((plan.warmup, plan.duration), (Duration::ZERO, Some(Duration::from_secs(30))));
    assert!(!plan.delete_topics && !plan.message.stamp);
    assert_eq!(plan.message.no_stamp_reason.as_deref(), Some("--no-stamp"));
    assert_eq!((plan.limits.connect, plan.limits.ready), (Duration::from_secs(3), Duration::from_secs(5)));
}

#[test]
fn zero_and_negative_durations_run_until_interrupted_and_small_messages_have_no_stamp() {
    for minutes in ["0", "-1"] {
        let text = SOUND.replace("testDurationMinutes: 1", &format!("testDurationMinutes: {minutes}"));
        let plan = plan(&format!("{}producerRate: 10\nwarmupDurationMinutes: -1\n", text.replace("1024", "47")));
        assert_eq!((plan.duration, plan.warmup), (None, Duration::ZERO));
        assert!(!plan.message.stamp && plan.message.no_stamp_reason.is_some());
    }
}

#[test]
fn existing_topics_are_counted_and_never_deleted() {
    let options = ResolveOptions { existing_topics: vec!["a".to_owned(), "b".to_owned()], ..ResolveOptions::default() };
    let text = format!("{}producerRate: 10\n", SOUND.replace("topics: 1\n", ""));
    let plan = plan_with(&text, &options).unwrap();
    assert_eq!((plan.topics.count, plan.delete_topics), (2, false));
    let refused = refusals(&text, &ResolveOptions { embedded: true, ..options });
    assert!(refused[0].starts_with("--topics: the embedded broker starts empty"), "{refused:?}");
}

#[test]
fn the_embedded_broker_is_not_outrun() {
    // 4 producers × rate over 4 partitions of 5 MiB: 1,036 B a record leave 5,060 messages a partition.
    let at = |rate: u32| plan_with(&format!("{SOUND}producerRate: {rate}\n"), &embedded());
    assert_eq!(at(1000).unwrap().warnings, [] as [&str; 0]);
    let close = at(5000).unwrap().warnings;
    assert!(close.len() == 1 && close[0].text.contains("which is 1.0 s at this rate"), "{close:?}");
    let refused = at(5100).unwrap_err().to_string();
    assert!(refused.starts_with("w.yaml:11: producerRate: 4 producers × 5,100"), "{refused}");
    assert!(refused.contains("at most 20,242/s in total"), "{refused}");
    let unlimited = ResolveOptions { rate: Some(Rate::Unlimited), ..embedded() };
    assert!(refusals(SOUND, &unlimited)[0].starts_with("--rate: the embedded broker keeps at most"));
    let produce_only = SOUND.replace("subscriptionsPerTopic: 1", "subscriptionsPerTopic: 0");
    assert!(plan_with(&produce_only, &unlimited).is_ok(), "without consumers nothing can be missed");
}

#[test]
fn a_driver_file_and_embedded_exclude_each_other_and_one_is_needed() {
    let workload = workload(&format!("{SOUND}producerRate: 10\n"));
    let both = resolve(&workload, Some(&driver(JAVA)), &embedded(), &machine()).unwrap_err();
    assert!(both.to_string().starts_with("--embedded: brings its own broker"), "{both}");
    let none = resolve(&workload, None, &ResolveOptions::default(), &machine()).unwrap_err();
    assert!(none.to_string().starts_with("--drivers: no driver"), "{none}");
}

#[test]
fn the_null_driver_needs_no_broker() {
    let driver = DriverFile::parse(Path::new("d.yaml"), "driverClass: pinload.driver.null\n", false).unwrap();
    let workload = workload(&format!("{SOUND}producerRate: 10\n"));
    let plan = resolve(&workload, Some(&driver), &ResolveOptions::default(), &machine()).unwrap();
    assert_eq!((plan.driver.kind, plan.driver_name.as_str()), (DriverKind::Null, "d"));
}

#[test]
fn the_printed_plan_says_what_will_happen_and_why() {
    let printed = plan(&format!("name: x\n{SOUND}producerRate: 1000\n")).to_string();
    for line in [
        "plan       x on Kafka (Kafka at localhost:9092)\n",
        "topics     1 topic × 4 partitions, replication factor 1; made for this run, deleted at the end\n",
        "rate       4 producers × 1,000 = 4,000 msg/s\n",
        "           driverClass is the Python guide's: the rate is of each producer\n",
        "message    1,024 B, 10 payloads of 512 random bytes, then zeros, no key\n",
        "consumers  1 subscription × 1 consumer\n",
        "clients    5 processes, supervisor on CPU 0\n",
        "time       1 min warm-up, 1 min measurement\n",
        "limits     connect 30 s · topics 1 min · ready 1 min · flush 10 s · catch up 30 s\n",
        "\n           producer 3  topic 0 ",
        "\n           consumer 0  topic 0 · subscription 0  ",
        "acks=all",
    ] {
        assert!(printed.contains(line), "{line:?} is not in\n{printed}");
    }
    assert!(!printed.lines().any(|line| line.ends_with(' ')), "{printed}");
}

#[test]
fn a_password_is_never_printed() {
    let mut driver = driver(PYTHON);
    for (name, value) in [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "PLAIN"),
        (
            "sasl.jaas.config",
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hunter2\";",
        ),
    ] {
        let property =
            crate::config::properties::WrittenProperty { name: name.to_owned(), value: value.to_owned(), line: None };
        driver.common_config.push(property);
    }
    let workload = workload(&format!("{SOUND}producerRate: 10\n"));
    let plan = resolve(&workload, Some(&driver), &ResolveOptions::default(), &machine()).unwrap();
    assert!(!plan.to_string().contains("hunter2"), "{plan}");
}

#[test]
fn slow_rates_are_legal_and_a_run_too_short_for_them_is_warned_of() {
    let slow = plan(&format!("{SOUND}producerRate: 0.125\n"));
    assert_eq!((slow.rate.per_producer, slow.warnings), (Rate::PerSecond(0.125), vec![]));
    let hourly = plan(&format!("{SOUND}producerRate: 0.000277778\n"));
    let warning = "w.yaml:11: producerRate: each producer sends a message every 1 h, and the measurement takes 1 min";
    assert_eq!(hourly.warnings, [warning]);
    let text = SOUND.replace("producersPerTopic: 4", "producersPerTopic: 8000");
    let many = resolve(
        &workload(&format!("{text}producerRate: 1000\n")),
        Some(&driver(JAVA)),
        &ResolveOptions::default(),
        &machine(),
    );
    assert_eq!(many.unwrap().rate.to_string(), "8000 producers × 0.125 = 1,000 msg/s");
}

#[test]
fn a_brokers_disk_on_this_host_is_told_where_producers_have_no_rate() {
    let log = BrokerLog { broker_pid: 7, log_folder: "/data/kafka".to_owned(), file_system: Some("xfs".to_owned()) };
    let machine = Machine { brokers: BrokersHere { log_on_disk: Some(log), ..BrokersHere::default() }, ..machine() };
    let workload = workload(&format!("{SOUND}producerRate: 1000\n"));
    let warnings = |rate: Option<Rate>| {
        let options = ResolveOptions { rate, ..ResolveOptions::default() };
        let plan = resolve(&workload, Some(&driver(JAVA)), &options, &machine).unwrap();
        plan.warnings.into_iter().filter(|warning| warning.text.contains("/data/kafka, xfs")).count()
    };
    assert_eq!((warnings(Some(Rate::Unlimited)), warnings(None)), (1, 0));
}

#[test]
fn a_run_that_the_machine_has_no_room_for_is_refused_with_both_figures() {
    let text = format!("name: x\n{SOUND}producerRate: 1000\n");
    let resolved = |room: HostCapacity| {
        let workload = WorkloadFile::parse(Path::new("w.yaml"), &text, false).unwrap();
        let driver = driver(PYTHON);
        resolve(&workload, Some(&driver), &ResolveOptions::default(), &Machine { room, ..self::machine() })
    };
    let small = resolved(HostCapacity { shared_memory_free_bytes: Some(16 << 20), ..HostCapacity::default() })
        .unwrap_err()
        .to_string();
    assert!(small.contains("w.yaml") && small.contains("5 clients need 19.8 MiB"), "{small}");
    assert!(small.contains("16.0 MiB are free in /dev/shm"), "{small}");
    let shown = ResolveOptions { only_shown: true, ..ResolveOptions::default() };
    let machine = Machine { room: HostCapacity { tasks_free: Some(1), ..HostCapacity::default() }, ..self::machine() };
    let shown = resolve(&workload(&text), Some(&driver(PYTHON)), &shown, &machine).unwrap();
    assert!(shown.warnings.iter().any(|warning| warning.text.starts_with("it cannot run here: 5 clients need about")));
    let busy = resolved(HostCapacity { memory_free_bytes: Some(16 << 20), ..HostCapacity::default() }).unwrap();
    assert!(busy.warnings.iter().any(|warning| warning.text.contains("16.0 MiB are free now")), "{:?}", busy.warnings);
}
