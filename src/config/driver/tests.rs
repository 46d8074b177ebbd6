//! Driver files as people write them: what is read of them, what is refused, what others are sent.

use super::*;

const JAVA: &str = "io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver";

fn fixture(name: &str) -> DriverFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/drivers").join(name);
    DriverFile::with(YamlDocument::read_filled(&path).unwrap(), &[], &[], false).unwrap()
}
fn parse(text: &str) -> DriverFile {
    DriverFile::parse(Path::new("d.yaml"), text, false).unwrap()
}
fn with(rest: &str) -> DriverFile {
    parse(&format!("driverClass: {JAVA}\n{rest}"))
}
fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}
fn written(properties: &[WrittenProperty]) -> Vec<(&str, &str, Option<usize>)> {
    properties.iter().map(|property| (property.name.as_str(), property.value.as_str(), property.line)).collect()
}

#[test]
fn the_driver_recorded_with_omb_is_read_whole_with_lines() {
    let file = fixture("omb-kafka.yaml");
    assert_eq!((texts(&file.mistakes), texts(&file.warnings)), (vec![], vec![]));
    assert_eq!((file.name.as_deref(), file.class), (Some("Kafka"), Some(DriverClass::Java)));
    assert_eq!(file.replication_factor, Some(1));
    assert_eq!(written(&file.topic_config), [("min.insync.replicas", "1", Some(5))]);
    assert_eq!(written(&file.common_config), [("bootstrap.servers", "127.0.0.1:9092", Some(7))]);
    let producer = [("acks", "all", Some(9)), ("linger.ms", "1", Some(10)), ("batch.size", "131072", Some(11))];
    assert_eq!(written(&file.producer_config), producer);
    assert_eq!(file.consumer_config.len(), 2);
    assert_eq!(file.base_name(), "omb-kafka");
}

#[test]
fn the_guides_driver_is_read() {
    let file = fixture("guide-kafka.yaml");
    assert_eq!((texts(&file.mistakes), texts(&file.warnings)), (vec![], vec![]));
    assert_eq!((file.class, file.replication_factor), (Some(DriverClass::Python), Some(3)));
    assert_eq!(file.topic_config, []);
    assert_eq!(file.producer_config.len(), 3);
}

#[test]
fn driver_classes_are_accepted_or_refused_by_name() {
    for (name, class) in CLASSES {
        assert_eq!(parse(&format!("driverClass: \"{name}\"")).class, Some(class));
    }
    let pulsar = parse("driverClass: io.openmessaging.benchmark.driver.pulsar.PulsarBenchmarkDriver");
    assert_eq!(pulsar.class, None);
    assert_eq!(pulsar.mistakes[0].line, Some(1));
    let slip = parse("driverClass: io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDrivr");
    assert!(slip.mistakes[0].what.ends_with(&format!("did you mean {JAVA}?")), "{:?}", slip.mistakes);
    for missing in ["name: x", "driverClass:", "driverClass: null"] {
        let mistakes = parse(missing).mistakes;
        assert!(mistakes[0].what.contains("pinload.driver.null"), "{missing}: {mistakes:?}");
    }
}

#[test]
fn folded_properties_are_a_mistake_and_single_ones_are_not() {
    let three = "topicConfig: ''\ncommonConfig: ''\nreplicationFactor: 1\n";
    for block in [
        "producerConfig: >\n  acks=all\n  linger.ms=1\n",
        "producerConfig:\n  acks=all\n  linger.ms=1\n",
        "producerConfig: acks=all\n  linger.ms=1\n",
        "producerConfig: \"acks=all\n  linger.ms=1\"\n",
    ] {
        let file = with(&format!("{three}{block}consumerConfig: ''\n"));
        assert_eq!(file.mistakes.len(), 1, "{block}");
        assert_eq!(file.mistakes[0].line, Some(5), "{block}");
        assert!(file.mistakes[0].what.contains("2 lines are folded into one, so that only acks"), "{block}");
    }
    for block in [
        "producerConfig: >\n  acks=all\n",
        "producerConfig: acks=all\n",
        "producerConfig: >\n  acks=all\n\n  linger.ms=1\n",
        "producerConfig: \"acks=all\\nlinger.ms=1\"\n",
    ] {
        let file = with(&format!("{three}{block}consumerConfig: ''\n"));
        assert_eq!(texts(&file.mistakes), Vec::<String>::new(), "{block}");
        assert_eq!(file.producer_config[0].line, Some(5));
    }
}

#[test]
fn a_mapping_in_place_of_a_text_is_read_with_its_lines_and_goes_to_others_as_a_text() {
    let file = parse(&format!(
        "driverClass: {JAVA}\ncommonConfig:\n  # where\n  \"bootstrap.servers\": [localhost:9092, other:9092]\n  \
             client.id:\n  linger.ms: 1\ntopicConfig: {{min.insync.replicas: 2}}\n"
    ));
    assert_eq!(texts(&file.mistakes), Vec::<String>::new());
    let common = [
        ("bootstrap.servers", "localhost:9092,other:9092", Some(4)),
        ("client.id", "", Some(5)),
        ("linger.ms", "1", Some(6)),
    ];
    assert_eq!(written(&file.common_config), common);
    assert_eq!(written(&file.topic_config), [("min.insync.replicas", "2", Some(7))]);
    assert!(texts(&file.warnings).iter().any(|warning| warning.starts_with("d.yaml:2: commonConfig: is a mapping")));
    let again = parse(&file.text);
    assert_eq!((again.common_config.len(), &again.common_config[0].value), (3, &file.common_config[0].value));
    assert!(file.text.contains("commonConfig: |"), "{}", file.text);
    let nested = with("commonConfig:\n  bootstrap:\n    servers: a:1\n");
    assert!(
        texts(&nested.mistakes)[0].starts_with("d.yaml:3: commonConfig: bootstrap has a mapping"),
        "{:?}",
        nested.mistakes
    );
    let list = with("commonConfig: [a=1]\n");
    assert!(texts(&list.mistakes)[0].starts_with("d.yaml:2: commonConfig: a list is no properties text; write"));
}

#[test]
fn what_is_filled_in_from_the_environment_is_in_the_text_for_others_too() {
    let variable = |name: &str| (name == "HOST").then(|| "h:1".to_owned());
    let text = format!(
        "driverClass: {JAVA}\nreplicationFactor: ${{COPIES:-3}}\n\
             commonConfig: |\n  # ${{UNSET}}\n  bootstrap.servers=${{HOST}}\n  sasl.jaas.config=x \
             username=\"$ConnectionString\";\n  client.id=${{NONE}}\n"
    );
    let of = |text: &str| {
        let document = YamlDocument::parse_with(Path::new("d.yaml"), text, Some(&variable)).unwrap();
        DriverFile::of(&document, false).unwrap()
    };
    let unset = of(&text);
    assert_eq!(unset.mistakes.len(), 1, "{:?}", unset.mistakes);
    assert_eq!((unset.mistakes[0].line, unset.mistakes[0].key.as_deref()), (Some(7), Some("commonConfig")));
    let file = of(&text.replace("${NONE}", "${NONE:-me}"));
    assert_eq!((texts(&file.mistakes), file.replication_factor), (vec![], Some(3)));
    let jaas = "x username=\"$ConnectionString\";";
    let common =
        [("bootstrap.servers", "h:1", Some(5)), ("sasl.jaas.config", jaas, Some(6)), ("client.id", "me", Some(7))];
    assert_eq!(written(&file.common_config), common);
    let again = parse(&file.text);
    assert_eq!((again.replication_factor, again.common_config.len()), (Some(3), 3), "{}", file.text);
    assert_eq!(again.common_config[0].value, "h:1");
}

#[test]
fn replication_factors_are_one_or_more_or_minus_one() {
    for (text, expected) in [("1", Some(1)), ("'3'", Some(3)), ("-1", Some(-1))] {
        assert_eq!(with(&format!("replicationFactor: {text}")).replication_factor, expected);
    }
    for text in ["0", "-2", "1.5", "many", "[1]", "40000"] {
        let file = with(&format!("replicationFactor: {text}"));
        assert_eq!((file.replication_factor, file.mistakes[0].line), (None, Some(2)), "{text}");
    }
}

#[test]
fn what_omb_would_not_survive_is_warned_of() {
    let warnings = texts(&with("replicationFactor: 1\n").warnings);
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.starts_with("d.yaml: topicConfig: is missing")));
}

#[test]
fn a_reset_is_warned_of_and_no_reset_is_no_matter() {
    let file = with("reset: true\nrequestsPerTransaction: 10\n");
    assert_eq!(file.mistakes.len(), 1, "{:?}", file.mistakes);
    assert!(
        texts(&file.warnings)
            .iter()
            .any(|warning| warning.starts_with("d.yaml:2: reset: nothing is reset: pinload deletes only")),
        "{:?}",
        file.warnings
    );
    let without = with("reset: false\n");
    assert!(without.mistakes.is_empty() && !texts(&without.warnings).iter().any(|warning| warning.contains("reset")));
    assert_eq!(with("reset: maybe\n").mistakes.len(), 1);
}

#[test]
fn mistakes_inside_a_block_have_their_own_line() {
    let file = with("producerConfig: |\n  acks=all\n  =1\n  # note\n  acks=1\n");
    assert_eq!(file.mistakes[0].line, Some(4));
    assert!(texts(&file.warnings).contains(
        &"d.yaml:6: producerConfig: acks is written twice (line 3); the last one holds, as in Java".to_owned()
    ));
}

#[test]
fn a_misspelt_class_is_guessed_and_another_systems_is_not() {
    let of = |class: &str| parse(&format!("driverClass: {class}\n")).mistakes[0].what.clone();
    let misspelt = of("io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDrive");
    assert!(
        misspelt.ends_with("did you mean io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver?"),
        "{misspelt}"
    );
    let pulsar = of("io.openmessaging.benchmark.driver.pulsar.PulsarBenchmarkDriver");
    assert!(pulsar.contains("pinload drives Kafka; write one of"), "{pulsar}");
    let texts: Vec<_> = parse("driverclass: x\n").mistakes.iter().map(ToString::to_string).collect();
    assert!(texts.iter().all(|text| !text.contains("is missing")), "{texts:?}");
}

#[test]
fn a_workload_file_given_as_a_driver_is_recognised() {
    let text = "topics: 1\npartitionsPerTopic: 1\n";
    let found = DriverFile::parse(Path::new("d.yaml"), text, false).unwrap_err().to_string();
    assert_eq!(found, "d.yaml: is no driver file: it looks like a workload file; workload files are given without -d");
}

#[test]
fn settings_hold_over_the_file_and_its_text_says_what_holds() {
    let document = |text: &str| YamlDocument::parse(Path::new("d.yaml"), text).unwrap();
    let set = |keys: &[&str], properties: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|text| KeySetting::parse(text).unwrap()).collect();
        let properties: Vec<_> = properties.iter().map(|text| PropertySetting::parse(text).unwrap()).collect();
        let text = format!("driverClass: {JAVA}\nreplicationFactor: 1\nproducerConfig: |\n  acks=all\n  linger.ms=1\n");
        DriverFile::with(document(&text), &keys, &properties, false).unwrap()
    };
    let file = set(&["replicationFactor=3"], &["producer.linger.ms=9", "bootstrap.servers=h:1"]);
    assert_eq!(file.replication_factor, Some(3));
    assert_eq!(written(&file.producer_config), [("acks", "all", Some(4)), ("linger.ms", "9", None)]);
    assert_eq!(written(&file.common_config), [("bootstrap.servers", "h:1", None)]);
    assert!(file.has("commonConfig") && !file.has("topicConfig"));
    assert!(texts(&file.warnings).iter().all(|warning| !warning.contains("commonConfig")));
    let again = DriverFile::with(document(&file.text), &[], &[], false).unwrap();
    assert_eq!(again.replication_factor, Some(3));
    assert_eq!(again.producer_config.len(), 2);
    assert_eq!(written(&again.common_config)[0].1, "h:1");
    let all = set(&[], &["producer.linger.ms=9", "acks=1", "linger.ms=7"]);
    assert_eq!(written(&all.producer_config), [("linger.ms", "9", None)]);
    assert_eq!(written(&all.common_config), [("acks", "1", None), ("linger.ms", "7", None)]);
    assert!(!all.text.contains("acks=all"), "{}", all.text);
    let wrong = set(&["replicationFactor=many"], &[]);
    assert_eq!((wrong.mistakes[0].line, wrong.mistakes[0].key.as_deref()), (None, Some("replicationFactor")));
}
