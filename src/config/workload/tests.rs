//! Workload files as people write them: what is read of them, what is refused.

use super::*;

fn fixture(name: &str) -> WorkloadFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workloads").join(name);
    WorkloadFile::with(YamlDocument::read_filled(&path).unwrap(), &[], false).unwrap()
}
fn parse(text: &str) -> WorkloadFile {
    WorkloadFile::parse(Path::new("w.yaml"), text, false).unwrap()
}
fn mistakes(text: &str) -> Vec<String> {
    parse(text).mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn the_workload_recorded_with_omb_is_read_whole() {
    let file = fixture("omb-small.yaml");
    assert_eq!((&file.mistakes, &file.warnings), (&vec![], &vec![]));
    assert_eq!(file.name.as_deref(), Some("small"));
    assert_eq!((file.topics, file.partitions_per_topic, file.message_size), (Some(1), Some(2), Some(1024)));
    assert_eq!(file.use_randomized_payloads, Some(true));
    assert_eq!((file.random_bytes_ratio, file.randomized_payload_pool_size), (Some(0.5), Some(100)));
    assert_eq!((file.subscriptions_per_topic, file.consumer_per_subscription), (Some(1), Some(1)));
    assert_eq!((file.producers_per_topic, file.producer_rate_per_s), (Some(1), Some(5000.0)));
    assert_eq!((file.test_duration_minutes, file.warmup_duration_minutes), (Some(1.0), Some(0.0)));
    assert_eq!((file.consumer_backlog_size_gb, file.backlog_drain_ratio), (Some(0.0), None));
    assert_eq!((file.line("producerRate"), file.line("payloadFile")), (Some(11), None));
    assert_eq!(file.base_name(), "omb-small");
}

#[test]
fn the_guides_examples_are_read() {
    let simple = fixture("guide-simple.yaml");
    assert_eq!(simple.mistakes, []);
    assert_eq!((simple.topics, simple.producer_rate_per_s), (Some(1), Some(1000.0)));
    let high = fixture("guide-high-throughput.yaml");
    assert_eq!(high.mistakes, []);
    assert_eq!(high.key_distributor, Some(KeyDistributor::Random));
    assert_eq!((high.producers_per_topic, high.consumer_per_subscription), (Some(10), Some(40)));
}

#[test]
fn a_template_of_workloads_is_sent_to_pinload_generate() {
    for text in [
        "nameFormat: \"${topics}\"\ntopics: [1, 2]\n",
        "topics: [1]\nproducerRate: [1]\nname: ${NOT_SET}\n",
        "nameFormat: x\n",
    ] {
        let refused = WorkloadFile::parse(Path::new("w.yaml"), text, false).unwrap_err().to_string();
        assert!(
            refused.starts_with("w.yaml: is a template of workloads") && refused.contains("pinload generate"),
            "{refused}"
        );
    }
    assert_eq!(mistakes("topics: [1]\n").len(), 1);
}

#[test]
fn all_five_key_distributors_are_known_and_others_refused_with_their_names() {
    for distributor in KeyDistributor::ALL {
        assert_eq!(parse(&format!("keyDistributor: {}", distributor.name())).key_distributor, Some(distributor));
    }
    let expected = "w.yaml:1: keyDistributor: \"STICKY\" is no key distributor; write one of NO_KEY, \
            KEY_ROUND_ROBIN, RANDOM_NANO, RANDOM, ROUND_ROBIN";
    assert_eq!(mistakes("keyDistributor: STICKY"), [expected]);
}

#[test]
fn all_mistakes_of_a_file_are_collected_with_their_lines() {
    let text = "name: x\ntopic: 1\npartitionsPerTopic: -4\nmessageSize: 1.5\nuseRandomizedPayloads: maybe\n\
            producerRate: fast\nproducerRateScope: each\ntestDurationMinutes: [5]\nname: y\n\
            consumersPerSubscription: 2\n";
    let begins = [
        "w.yaml:2: topic: is no key of a workload file; did you mean topics?",
        "w.yaml:3: partitionsPerTopic: -4 is negative",
        "w.yaml:4: messageSize: 1.5 is not a whole number",
        "w.yaml:5: useRandomizedPayloads: the text \"maybe\" is neither true nor false",
        "w.yaml:6: producerRate: the text \"fast\" is not a number",
        "w.yaml:7: producerRateScope: \"each\" is no scope",
        "w.yaml:8: testDurationMinutes: a list is not a number",
        "w.yaml:9: name: is written twice (first on line 1)",
        "w.yaml:10: consumersPerSubscription: is no key of a workload file; did you mean consumerPerSubscription?",
    ];
    let found = mistakes(text);
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (found, begin) in found.iter().zip(begins) {
        assert!(found.starts_with(begin), "{found}\n{begin}");
    }
}

#[test]
fn keys_of_ombs_forks_that_are_not_built_are_refused_by_name_unless_they_are_off() {
    let text = "topics: 1\nconsumeDelaySeconds: 60\nmessageRateReceivedForSubscription: 0\n";
    let found = mistakes(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("w.yaml:2: consumeDelaySeconds: is not supported: a proposal to OMB"), "{found:?}");
    let warned = WorkloadFile::parse(Path::new("w.yaml"), text, true).unwrap();
    assert_eq!((warned.mistakes.len(), warned.warnings.len()), (0, 1));
    assert_eq!(parse("existingTopicList: [a, b]").existing_topic_list, Some(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn a_driver_file_given_as_a_workload_is_recognised() {
    let text = "name: Kafka\ndriverClass: x\ncommonConfig: |\n  a=b\n";
    let found = WorkloadFile::parse(Path::new("w.yaml"), text, false).unwrap_err().to_string();
    assert_eq!(found, "w.yaml: is no workload file: it looks like a driver file; driver files are given with -d");
}

#[test]
fn the_base_name_ends_at_the_last_dot() {
    for (path, base) in [
        ("w/simple-workload.yaml", "simple-workload"),
        ("a.b.yaml", "a.b"),
        ("plain", "plain"),
        (".yaml", ".yaml"),
        ("dir.d/plain", "plain"),
    ] {
        assert_eq!(base_name(Path::new(path)), base);
    }
}

#[test]
fn settings_hold_over_the_file_and_their_mistakes_have_no_line() {
    let with = |settings: &[&str]| {
        let document = YamlDocument::parse(Path::new("w.yaml"), "topics: 1\nmessageSize: x # bytes\n").unwrap();
        let settings: Vec<_> = settings.iter().map(|text| KeySetting::parse(text).unwrap()).collect();
        WorkloadFile::with(document, &settings, false).unwrap()
    };
    let file = with(&["messageSize=100", "producersPerTopic=3"]);
    assert_eq!((file.topics, file.message_size, file.producers_per_topic), (Some(1), Some(100), Some(3)));
    assert_eq!((file.mistakes.len(), file.line("topics"), file.line("messageSize")), (0, Some(1), None));
    assert_eq!(file.text, "topics: 1\nmessageSize: 100\nproducersPerTopic: 3\n");
    let wrong = with(&["messageSize=100", "producerPerTopic=3"]).mistakes;
    assert_eq!((wrong.len(), wrong[0].line, wrong[0].key.as_deref()), (1, None, Some("producerPerTopic")));
}
