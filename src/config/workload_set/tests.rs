//! Templates and what comes of them.

use super::*;
use crate::config::WorkloadFile;

const ONE: &str = "topics: [1456]\npartitionsPerTopic: [2123]\nmessageSize: [617890]\nsubscriptionsPerTopic: [7]\n\
    producersPerTopic: [45]\nconsumerPerSubscription: [541]\nproducerRate: [1000000]\n";

fn set(text: &str) -> (Vec<SetWorkload>, Vec<String>) {
    let (workloads, warnings) = workloads(&YamlDocument::parse(Path::new("t.yaml"), text).unwrap()).unwrap();
    (workloads, warnings.iter().map(ToString::to_string).collect())
}
fn names(text: &str) -> Vec<String> {
    set(text).0.into_iter().map(|workload| workload.name).collect()
}
fn mistakes(text: &str) -> Vec<String> {
    let problems = workloads(&YamlDocument::parse(Path::new("t.yaml"), text).unwrap()).unwrap_err();
    problems.0.iter().map(ToString::to_string).collect()
}

#[test]
fn ombs_own_example_gets_ombs_name() {
    assert_eq!(names(ONE), ["1k-topics-2k-partitions-617kb-45p-541c-1m"]);
    assert_eq!(names(&ONE.replace("[1000000]", "10_000_000")), ["1k-topics-2k-partitions-617kb-45p-541c-max-rate"]);
}

#[test]
fn all_fifteen_placeholders_are_filled() {
    let format = PLACES.iter().map(|(name, _)| format!("${{{name}}}")).collect::<Vec<_>>().join(" ");
    let more = "payloadFile: payload/p.data\nrandomizedPayloadPoolSize: 2500\nconsumerBacklogSizeGB: 3\n\
        warmupDurationMinutes: 0.5\n";
    let expected = PLACES.map(|(_, value)| value).join(" ");
    assert_eq!(names(&format!("{ONE}{more}nameFormat: \"{format}\"\n")), [expected]);
}

const PLACES: [(&str, &str); 15] = [
    ("topics", "1k"),
    ("partitionsPerTopic", "2k"),
    ("messageSize", "617k"),
    ("subscriptionsPerTopic", "7"),
    ("producersPerTopic", "45"),
    ("consumerPerSubscription", "541"),
    ("producerRate", "1m"),
    ("payloadFile", "payload_p.data"),
    ("keyDistributor", "NO_KEY"),
    ("useRandomizedPayloads", "false"),
    ("randomBytesRatio", "0.0"),
    ("randomizedPayloadPoolSize", "2k"),
    ("consumerBacklogSizeGB", "3"),
    ("testDurationMinutes", "5"),
    ("warmupDurationMinutes", "0.5"),
];

#[test]
fn loops_nest_as_in_omb_with_the_rate_innermost() {
    let format = "nameFormat: \"${topics}.${partitionsPerTopic}.${messageSize}.${producersPerTopic}.\
                  ${subscriptionsPerTopic}.${consumerPerSubscription}.${producerRate}\"\n";
    let keys = LISTS.iter().map(|key| format!("{key}: [1, 2]\n")).collect::<String>();
    let names = names(&format!("{format}{keys}"));
    assert_eq!(names.len(), 128);
    // Counting in twos, the rate being the last digit.
    for (number, name) in names.iter().enumerate() {
        let digits: Vec<_> = (0..7).rev().map(|bit| (1 + (number >> bit & 1)).to_string()).collect();
        assert_eq!(*name, digits.join("."));
    }
}

#[test]
fn a_workload_of_a_set_is_a_workload_file() {
    let (workloads, _) = set(&format!(
        "{ONE}useRandomizedPayloads: true\nrandomBytesRatio: 0.5\nrandomizedPayloadPoolSize: 100\n\
         keyDistributor: RANDOM_NANO\n"
    ));
    let text = workloads[0].text();
    let keys: Vec<_> = text.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key).collect();
    let expected = [
        "name",
        "topics",
        "partitionsPerTopic",
        "keyDistributor",
        "messageSize",
        "useRandomizedPayloads",
        "randomBytesRatio",
        "randomizedPayloadPoolSize",
        "subscriptionsPerTopic",
        "producersPerTopic",
        "consumerPerSubscription",
        "producerRate",
        "consumerBacklogSizeGB",
        "backlogDrainRatio",
        "testDurationMinutes",
        "warmupDurationMinutes",
    ];
    assert_eq!(keys, expected);
    assert!(text.contains("\ntestDurationMinutes: 5\nwarmupDurationMinutes: 1\n"), "{text}");
    let file = WorkloadFile::parse(Path::new("w.yaml"), &text, false).unwrap();
    assert_eq!((file.mistakes, file.warnings), (vec![], vec![]));
    assert_eq!((file.topics, file.producer_rate_per_s, file.backlog_drain_ratio), (Some(1456), Some(1e6), Some(1.0)));
    assert_eq!(file.key_distributor, Some(KeyDistributor::RandomNano));
}

#[test]
fn names_that_come_up_twice_get_a_number_and_a_warning() {
    let text = format!("{}nameFormat: w-${{producerRate}}\n", ONE.replace("[1000000]", "[1100, 1200, 1300]"));
    let (workloads, warnings) = set(&text);
    assert_eq!(workloads.iter().map(|workload| &*workload.name).collect::<Vec<_>>(), ["w-1k", "w-1k-2", "w-1k-3"]);
    assert_eq!(
        warnings,
        ["t.yaml:8: nameFormat: gives the name of another workload to 2 of them; those end with a number"]
    );
}

#[test]
fn all_mistakes_of_a_template_are_told_with_their_lines() {
    let text = "nameFormat: \"${topic}-${payloadFile}\"\ntopics: []\npartitionPerTopic: [1]\nmessageSize: [100, big]\n\
        subscriptionsPerTopic: [1]\nproducersPerTopic: [-1]\nconsumerPerSubscription: {a: 1}\nname: x\n";
    let begins = [
        "t.yaml: producerRate: is missing or empty",
        "t.yaml:1: nameFormat: ${topic} is no placeholder; did you mean ${topics}?",
        "t.yaml:1: nameFormat: has ${payloadFile}, but",
        "t.yaml:2: topics: is missing or empty",
        "t.yaml:3: partitionPerTopic: is no key of a workload template; did you mean partitionsPerTopic?",
        "t.yaml:4: messageSize: the text \"big\" is not a whole number from 0 on",
        "t.yaml:6: producersPerTopic: -1 is negative; write producersPerTopic: 1 or more",
        "t.yaml:7: consumerPerSubscription: a mapping is not a list of numbers",
        "t.yaml:8: name: is no key of a workload template",
    ];
    let found = mistakes(text);
    assert_eq!(found.len(), begins.len(), "{found:#?}");
    for (found, begin) in found.iter().zip(begins) {
        assert!(found.starts_with(begin), "{found}\n{begin}");
    }
}

#[test]
fn a_template_of_too_many_workloads_and_a_driver_file_are_refused() {
    let many = LISTS.iter().map(|key| format!("{key}: [1, 2, 3, 4, 5, 6, 7, 8]\n")).collect::<String>();
    assert_eq!(mistakes(&many), ["t.yaml: asks for more than 100000 workloads; shorten its lists"]);
    let driver = mistakes("driverClass: x\ncommonConfig: a\n");
    assert_eq!(driver, ["t.yaml: is no workload template: it looks like a driver file"]);
}
