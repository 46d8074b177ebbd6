//! Topics that differ, existing topics, runs without producers, messages of several sizes.

use super::*;
use crate::plan::SizePlan;

/// A workload without topics, producers and sizes.
const CONSUMERS: &str = "subscriptionsPerTopic: 1\nconsumerPerSubscription: 1\nproducerRate: 1000\n";
/// Topics, partitions and producers for it.
const TOPICS: &str = "topics: 1\npartitionsPerTopic: 4\nproducersPerTopic: 1\n";

fn shaped(text: &str) -> Plan {
    plan(&format!("{CONSUMERS}{text}"))
}
fn refused(text: &str) -> Vec<String> {
    refusals(&format!("{CONSUMERS}{text}"), &ResolveOptions::default())
}
fn shapes_of(plan: &Plan) -> Vec<[u32; 3]> {
    let of = |topic| [plan.partitions_of(topic), plan.producers_of(topic), plan.subscriptions_of(topic)];
    (0..plan.topics.count).map(of).collect()
}
fn warned(plan: &Plan, of: &str) -> bool {
    plan.warnings.iter().any(|warning| warning.text.contains(of))
}

#[test]
fn topics_may_differ_in_partitions_and_producers() {
    let plan =
        shaped("topics: 3\npartitionsPerTopicList: [1, 2, 3]\nproducersPerTopicList: [1, 0, 4]\nmessageSize: 100\n");
    assert_eq!(shapes_of(&plan), [[1, 1, 1], [2, 0, 1], [3, 4, 1]]);
    assert_eq!((plan.topics.partitions_per_topic, plan.producers_per_topic), (3, 4), "results show the most");
    let producers: Vec<_> = plan
        .clients
        .iter()
        .filter(|client| client.role == Role::Producer)
        .map(|c| (c.index, c.topic, c.member))
        .collect();
    assert_eq!(producers, [(0, 0, 0), (1, 2, 0), (2, 2, 1), (3, 2, 2), (4, 2, 3)]);
    assert_eq!(plan.rate.to_string(), "5 producers × 1,000 = 5,000 msg/s");
    let text = plan.to_string();
    assert!(text.contains("3 topics with 1, 2, 3 partitions, replication factor 1"), "{text}");
    assert!(text.contains("producers  1, 0, 4 of the topics"), "{text}");
}

#[test]
fn lists_that_say_the_same_for_all_topics_change_nothing() {
    let plan = shaped("topics: 2\npartitionsPerTopicList: [4, 4]\nproducersPerTopicList: [1, 1]\nmessageSize: 100\n");
    assert_eq!((plan.topics.each.len(), shapes_of(&plan)), (0, vec![[4, 1, 1]; 2]));
}

#[test]
fn a_list_must_have_one_entry_for_each_topic() {
    let found = refused("topics: 2\npartitionsPerTopicList: [1]\nproducersPerTopicList: [1, 2, 3]\nmessageSize: 100\n");
    assert_eq!(
        found,
        ["w.yaml:5: partitionsPerTopicList: has 1 entry for 2 topics: write one for each topic"],
        "who does not know the topics cannot count their producers"
    );
    let found = refused("topics: 2\npartitionsPerTopic: 1\nproducersPerTopicList: [1, 2, 3]\nmessageSize: 100\n");
    assert_eq!(found, ["w.yaml:6: producersPerTopicList: has 3 entries for 2 topics: write one for each topic"]);
    let found = refused("topics: 2\npartitionsPerTopicList: [1, 0]\nproducersPerTopic: 1\nmessageSize: 100\n");
    assert_eq!(found, ["w.yaml:5: partitionsPerTopicList: holds a 0: each topic needs at least 1 partition"]);
}

#[test]
fn one_set_of_existing_topics_is_produced_to_and_another_consumed() {
    let plan = shaped(
        "existingProduceTopicList: [a, b]\nexistingConsumeTopicList: [b, c]\nproducersPerTopic: 2\nmessageSize: 100\n\
         topics: 0\n",
    );
    assert_eq!(plan.topics.existing, ["a", "b", "c"]);
    assert_eq!(shapes_of(&plan), [[0, 2, 0], [0, 2, 1], [0, 0, 1]], "partitions are taken as they are");
    assert_eq!((plan.producers(), plan.consumers(), plan.topics_fed_by_others()), (4, 2, 1));
    assert!(!plan.delete_topics && plan.message.stamp);
    let twice =
        refused("existingTopicList: [a]\nexistingConsumeTopicList: [b]\nproducersPerTopic: 1\nmessageSize: 1\n");
    assert!(
        twice.len() == 1 && twice[0].starts_with("w.yaml:4: existingTopicList: names topics to produce to"),
        "{twice:?}"
    );
}

#[test]
fn a_list_of_topics_to_produce_to_alone_has_no_consumers() {
    let plan = shaped("existingProduceTopicList: [a]\nproducersPerTopic: 1\nmessageSize: 100\npartitionsPerTopic: 3\n");
    assert_eq!((shapes_of(&plan), plan.consumers_per_subscription), (vec![[3, 1, 0]], 0));
    assert!(warned(&plan, "subscriptionsPerTopic: is not used: there is no existingConsumeTopicList"));
}

#[test]
fn a_run_that_only_consumes_needs_topics_that_hold_something_and_neither_rate_nor_message() {
    for text in [
        "existingConsumeTopicList: [a]\n",
        "existingTopicList: [a]\nproducersPerTopic: 0\n",
        "existingTopicList: [a]\nconsumerOnly: true\n",
        "topics: 1\npartitionsPerTopic: 4\nrandomTopicNames: false\nconsumerOnly: true\n",
    ] {
        let text = format!("{}{text}", CONSUMERS.replace("producerRate: 1000\n", ""));
        let plan = plan(&text);
        assert_eq!((plan.producers(), plan.consumers(), plan.topics_fed_by_others()), (0, 1, 1), "{text}");
        assert_eq!((plan.rate.total, plan.rate.producers), (Rate::PerSecond(0.0), 0));
        assert!(!plan.message.stamp && !plan.has_backlog());
        let shown = plan.to_string();
        assert!(shown.contains("no producers: the run only consumes"), "{shown}");
    }
    for (text, begin) in [
        (
            "topics: 1\npartitionsPerTopic: 4\nproducersPerTopic: 0\n",
            "w.yaml:6: producersPerTopic: is 0 for all topics, and new",
        ),
        ("topics: 1\npartitionsPerTopic: 4\nconsumerOnly: true\n", "w.yaml:6: consumerOnly: new topics hold nothing"),
        (
            "existingTopicList: [a]\nconsumerOnly: true\nconsumerBacklogSizeGB: 1\n",
            "w.yaml:6: consumerBacklogSizeGB: there are no producers to build",
        ),
    ] {
        let found = refused(text);
        assert!(found[0].starts_with(begin), "{found:?}");
    }
    let nobody = refusals("existingTopicList: [a]\nproducersPerTopic: 0\n", &ResolveOptions::default());
    assert!(nobody[0].contains("there are neither producers nor consumers"), "{nobody:?}");
}

#[test]
fn topics_that_are_not_named_at_random_are_kept() {
    let plan = shaped(&format!("{TOPICS}messageSize: 100\nrandomTopicNames: false\n"));
    assert!(plan.topics.fixed_names() && !plan.delete_topics);
    assert!(plan.to_string().contains("the same names in every run"));
    assert!(shaped(&format!("{TOPICS}messageSize: 100\nrandomTopicNames: true\n")).delete_topics);
}

#[test]
fn a_distribution_of_sizes_is_sent_at_upper_ends_and_shown_as_the_average_of_middles() {
    let sizes = "useRandomizedPayloads: true\nrandomBytesRatio: 0.5\n\
                 messageSizeDistribution: {64-256: 3, 1KB-4KB: 1, 9MB-9MB: 0}\n";
    let plan = shaped(&format!("{TOPICS}{sizes}"));
    assert_eq!((plan.message.size_bytes, plan.message.largest_bytes), ((3 * 160 + 2560) / 4, 4096));
    let PayloadPlan::Distribution { sizes, .. } = &plan.message.payload else { panic!("{:?}", plan.message) };
    let size = |lowest_bytes, highest_bytes, weight| SizePlan {
        lowest_bytes,
        highest_bytes,
        random_bytes: highest_bytes / 2,
        weight,
    };
    assert_eq!(*sizes, [size(64, 256, 3), size(1024, 4096, 1)]);
    assert!(plan.message.stamp);
    let text = plan.to_string();
    assert!(
        text.contains("760 B on average (at most 4,096), sizes 64–256 B (75.0 %), 1,024–4,096 B (25.0 %)"),
        "{text}"
    );
}

#[test]
fn one_size_too_small_for_a_stamp_turns_it_off_for_all() {
    let plan = shaped(&format!("{TOPICS}messageSizeDistribution: {{0-47: 1, 1KB-4KB: 1}}\nmessageSize: 7\n"));
    assert_eq!(
        plan.message.no_stamp_reason.as_deref(),
        Some("the smallest messages have 47 bytes, the stamp needs 48")
    );
    assert!(!plan.message.stamp && warned(&plan, "messageSize: is not used"));
    let never_sent = shaped(&format!("{TOPICS}messageSizeDistribution: {{0-47: 0, 1KB-4KB: 1}}\n"));
    assert!(never_sent.message.stamp);
    let large = refused(&format!("{TOPICS}messageSizeDistribution: {{1-2: 100, 1MB-9MB: 1}}\n"));
    assert!(
        large[0].starts_with("w.yaml:7: messageSizeDistribution: 9437184 bytes are above message.max.bytes"),
        "{large:?}"
    );
}

#[test]
fn a_folder_of_payloads_says_the_sizes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, length) in [("a", 100), ("b", 200)] {
        std::fs::write(folder.path().join(name), vec![7; length]).unwrap();
    }
    let text = |size: &str| format!("{TOPICS}payloadFile: {}\n{size}", folder.path().display());
    let plan = shaped(&text(""));
    assert_eq!((plan.message.size_bytes, plan.message.largest_bytes, plan.message.stamp), (150, 200, true));
    assert!(plan.to_string().contains("150 B on average (at most 200), 2 payloads from"));
    let wrong = refused(&text("messageSize: 100\n"));
    assert!(
        wrong[0].ends_with("b has 200 bytes, messageSize is 100: write messageSize: 200 or another file"),
        "{wrong:?}"
    );
}

#[test]
fn consumers_process_as_long_as_the_file_says_and_short_work_is_spun() {
    let processing = |written: &str| {
        let text = format!("{SOUND}producerRate: 100\nconsumerProcessingTime: {written}\n");
        plan(&text).consumer_processing.map(|processing| processing.to_string())
    };
    assert_eq!(processing("5us").as_deref(), Some("5.00 µs a message, spun"));
    assert_eq!(processing("1ms").as_deref(), Some("1.00 ms a message, slept"));
    let exponential = "{mean: 2ms, distribution: exponential, manner: spin}";
    assert_eq!(processing(exponential).as_deref(), Some("2.00 ms a message on average (exponential), spun"));
    assert_eq!((processing("0"), processing("0ms")), (None, None));
    let shown = plan(&format!("{SOUND}producerRate: 100\nconsumerProcessingTime: 1ms\n")).to_string();
    assert!(shown.contains("they process 1.00 ms a message, slept"), "{shown}");
    for (written, what) in [
        ("5", "write a number and a unit"),
        ("fast", "write a number and a unit"),
        ("2m", "is more than a minute"),
        ("{distribution: exponential}", "has no mean"),
        ("{mean: 1ms, distribution: normal}", "neither constant nor exponential"),
        ("{mean: 1ms, how: spin}", "none of mean, distribution and manner"),
    ] {
        let found = refusals(
            &format!("{SOUND}producerRate: 1\nconsumerProcessingTime: {written}\n"),
            &ResolveOptions::default(),
        );
        assert!(found.len() == 1 && found[0].contains(what), "{written}: {found:#?}");
    }
}
