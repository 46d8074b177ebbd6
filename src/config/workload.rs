//! The workload file as written: the 17 fields of the guide and of OMB's Workload.java, plus `producerRateScope`,
//! Redpanda's `existingTopicList`, and what `shapes` reads. What omitted fields mean is `plan::resolve`.

mod load_keys;
mod processing;
mod shapes;
mod spacing;

pub use load_keys::{LoadKeys, RateOverTime};
pub use processing::ProcessingAsWritten;
pub use shapes::{Shapes, SizeBucket};
pub use spacing::{ArrivalShape, Spacing};

use super::fields::{DocumentKind, FieldReader, ForeignKey};
use super::problem::{Problem, Problems};
use super::setting::KeySetting;
use super::workload_set;
use super::yaml::YamlDocument;
use std::path::{Path, PathBuf};

/// Is `producerRate` the rate of each producer or of all together?
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateScope {
    /// Each producer sends at this rate (the guide).
    PerProducer,
    /// All producers together send at this rate (OMB).
    Total,
}

/// How keys are chosen. The first three are OMB's, the last two the guide's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyDistributor {
    /// No key.
    NoKey,
    /// OMB: 10,000 random keys of 10 characters in turn, one position per producer.
    KeyRoundRobin,
    /// OMB: 10,000 random keys, chosen by the nanosecond clock modulo 10,000.
    RandomNano,
    /// Guide: decimal text of a random number from 0 to 1,000,000.
    Random,
    /// Guide: decimal text of the producer's index.
    RoundRobin,
}

impl KeyDistributor {
    /// All five.
    pub const ALL: [Self; 5] = [Self::NoKey, Self::KeyRoundRobin, Self::RandomNano, Self::Random, Self::RoundRobin];

    /// Its name in workload files.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoKey => "NO_KEY",
            Self::KeyRoundRobin => "KEY_ROUND_ROBIN",
            Self::RandomNano => "RANDOM_NANO",
            Self::Random => "RANDOM",
            Self::RoundRobin => "ROUND_ROBIN",
        }
    }
}

/// A workload file as written; None: not written, or written wrongly (then `mistakes` says so).
#[derive(Debug, Clone, Default)]
pub struct WorkloadFile {
    /// The path as given.
    pub path: PathBuf,
    /// `name`.
    pub name: Option<String>,
    /// `topics`.
    pub topics: Option<u32>,
    /// `partitionsPerTopic`.
    pub partitions_per_topic: Option<u32>,
    /// `keyDistributor`.
    pub key_distributor: Option<KeyDistributor>,
    /// `messageSize`, bytes.
    pub message_size: Option<u32>,
    /// `useRandomizedPayloads`.
    pub use_randomized_payloads: Option<bool>,
    /// `randomBytesRatio`, 0 to 1 when sensible.
    pub random_bytes_ratio: Option<f64>,
    /// `randomizedPayloadPoolSize`, payloads.
    pub randomized_payload_pool_size: Option<u32>,
    /// `payloadFile`, relative to the current folder.
    pub payload_file: Option<PathBuf>,
    /// `subscriptionsPerTopic`.
    pub subscriptions_per_topic: Option<u32>,
    /// `producersPerTopic`.
    pub producers_per_topic: Option<u32>,
    /// `consumerPerSubscription` (the singular is OMB's).
    pub consumer_per_subscription: Option<u32>,
    /// `producerRate`, messages per second; whose is `producerRateScope` or the driver's to say.
    pub producer_rate_per_s: Option<f64>,
    /// `producerRateScope`: pinload's own key.
    pub producer_rate_scope: Option<RateScope>,
    /// `consumerBacklogSizeGB`, GiB over all subscriptions.
    pub consumer_backlog_size_gb: Option<f64>,
    /// `backlogDrainRatio`.
    pub backlog_drain_ratio: Option<f64>,
    /// `testDurationMinutes`; 0 and less mean until interrupted.
    pub test_duration_minutes: Option<f64>,
    /// `warmupDurationMinutes`; 0 and less mean none.
    pub warmup_duration_minutes: Option<f64>,
    /// `existingTopicList`: Redpanda's key.
    pub existing_topic_list: Option<Vec<String>>,
    /// `goals`: pinload's own key; `plan` reads what they say.
    pub goals: Option<Vec<String>>,
    /// Topics that differ, runs without producers, messages of several sizes.
    pub shapes: Shapes,
    /// What changes while the load runs.
    pub course: LoadKeys,
    /// How messages come at their rate.
    pub spacing: Spacing,
    /// `consumerProcessingTime`: pinload's own key.
    pub consumer_processing: Option<ProcessingAsWritten>,
    /// The file's text; with settings that of all keys as they hold.
    pub text: String,
    /// The same as written, whatever the command line set.
    pub written: String,
    /// What the command line set over the file.
    pub keys_set: Vec<KeySetting>,
    /// Mistakes of form; `plan::resolve` refuses the file for them.
    pub mistakes: Vec<Problem>,
    /// What the user should know.
    pub warnings: Vec<Problem>,
    misspelt: Vec<&'static str>,
    lines: Vec<(String, usize)>,
}

const KIND: DocumentKind = DocumentKind {
    name: "workload file",
    known: &[
        "name",
        "topics",
        "partitionsPerTopic",
        "keyDistributor",
        "messageSize",
        "useRandomizedPayloads",
        "randomBytesRatio",
        "randomizedPayloadPoolSize",
        "payloadFile",
        "subscriptionsPerTopic",
        "producersPerTopic",
        "consumerPerSubscription",
        "producerRate",
        "producerRateScope",
        "consumerBacklogSizeGB",
        "backlogDrainRatio",
        "testDurationMinutes",
        "warmupDurationMinutes",
        "existingTopicList",
        "drainProducerRate",
        "backlogDrainTimeoutMinutes",
        "rateSearch",
        "sampleRateMillis",
        "logIntervalMillis",
        "producerRateList",
        "producerRateSteps",
        "producerRateBurst",
        "partitionsPerTopicList",
        "producersPerTopicList",
        "randomTopicNames",
        "existingProduceTopicList",
        "existingConsumeTopicList",
        "consumerOnly",
        "messageSizeDistribution",
        "goals",
        "arrivals",
        "arrivalSeed",
        "burstMessages",
        "outstandingMessages",
        "consumerProcessingTime",
    ],
    foreign: &[
        ForeignKey {
            name: "consumeDelaySeconds",
            what: "a proposal to OMB that was closed (PR 458), a pause of consumers after the warm-up: build a backlog \
                   by size with consumerBacklogSizeGB",
        },
        ForeignKey {
            name: "messageRateReceivedForSubscription",
            what: "a rate of receiving in a fork that is gone (DataStax): producerRate decides what there is to \
                receive",
        },
        ForeignKey { name: "producerStartRate", what: "DataStax's rate search" },
        ForeignKey { name: "acceptableBacklog", what: "DataStax's rate search" },
        ForeignKey { name: "producerIncrementRate", what: "DataStax's rate search" },
        ForeignKey { name: "producerIncrementSeconds", what: "DataStax's rate search" },
        ForeignKey { name: "producerPauseBeforeDrain", what: "DataStax's pause of producers around a backlog" },
        ForeignKey { name: "producerPauseDuringDrain", what: "DataStax's pause of producers around a backlog" },
    ],
    other: &["driverClass", "commonConfig", "producerConfig", "consumerConfig", "topicConfig", "replicationFactor"],
    other_remedy: "it looks like a driver file; driver files are given with -d",
};

impl WorkloadFile {
    /// Reads a workload file, `${NAME}` filled in from the environment. Error: it cannot be read as YAML at all or is
    /// of the other kind; all other mistakes are in `mistakes`, which `plan::resolve` reports together with its own.
    /// `unknown_keys_warn`: unknown keys are warnings.
    pub fn read(path: &Path, unknown_keys_warn: bool) -> Result<Self, Problems> {
        YamlDocument::read_filled(path).and_then(|document| Self::of(&document, unknown_keys_warn))
    }

    /// Sets keys over those of a document. The mistakes in them have no line.
    pub fn with(mut document: YamlDocument, keys: &[KeySetting], unknown_keys_warn: bool) -> Result<Self, Problems> {
        let written = document.text.clone();
        keys.iter().for_each(|setting| document.set(&setting.key, setting.value.clone()));
        Ok(Self { keys_set: keys.to_vec(), written, ..Self::of(&document, unknown_keys_warn)? })
    }

    /// The same from text; `path` names the file.
    pub fn parse(path: &Path, text: &str, unknown_keys_warn: bool) -> Result<Self, Problems> {
        YamlDocument::parse(path, text).and_then(|document| Self::of(&document, unknown_keys_warn))
    }

    fn of(document: &YamlDocument, unknown_keys_warn: bool) -> Result<Self, Problems> {
        KIND.check(document)?;
        if workload_set::is_template(document) {
            let what =
                "is a template of workloads, with lists: make the workload files with pinload generate -t FILE -o DIR";
            return Err(Problem::of_file(&document.path, what).into());
        }
        let mut fields = FieldReader::new(document);
        fields.check_keys(&KIND, unknown_keys_warn);
        let mut file = Self {
            path: document.path.clone(),
            name: fields.text("name", "my-workload"),
            topics: fields.count("topics", "1"),
            partitions_per_topic: fields.count("partitionsPerTopic", "4"),
            key_distributor: key_distributor(&mut fields),
            message_size: fields.count("messageSize", "1024"),
            use_randomized_payloads: fields.flag("useRandomizedPayloads"),
            random_bytes_ratio: fields.amount("randomBytesRatio", "0.5"),
            randomized_payload_pool_size: fields.count("randomizedPayloadPoolSize", "1000"),
            payload_file: fields.text("payloadFile", "payload/payload-1Kb.data").map(PathBuf::from),
            subscriptions_per_topic: fields.count("subscriptionsPerTopic", "1"),
            producers_per_topic: fields.count("producersPerTopic", "1"),
            consumer_per_subscription: fields.count("consumerPerSubscription", "1"),
            producer_rate_per_s: fields.amount("producerRate", "10000"),
            producer_rate_scope: rate_scope(&mut fields),
            consumer_backlog_size_gb: fields.amount("consumerBacklogSizeGB", "0"),
            backlog_drain_ratio: fields.amount("backlogDrainRatio", "1.0"),
            test_duration_minutes: fields.minutes("testDurationMinutes", "5"),
            warmup_duration_minutes: fields.minutes("warmupDurationMinutes", "1"),
            existing_topic_list: fields.texts("existingTopicList", "[my-topic]"),
            goals: fields.texts("goals", "[\"end_to_end_intended p99 <= 20ms\", \"lost == 0\"]"),
            shapes: Shapes::read(&mut fields),
            course: LoadKeys::read(&mut fields),
            spacing: Spacing::read(&mut fields),
            consumer_processing: processing::read(&mut fields),
            text: document.text.clone(),
            written: document.text.clone(),
            keys_set: Vec::new(),
            mistakes: Vec::new(),
            warnings: Vec::new(),
            misspelt: Vec::new(),
            lines: Vec::new(),
        };
        file.mistakes = fields.mistakes;
        file.mistakes.sort_by_key(|problem| problem.line);
        file.warnings = fields.warnings;
        file.misspelt = fields.misspelt;
        file.lines = document.entries.iter().filter_map(|entry| Some((entry.key.clone(), entry.line?))).collect();
        Ok(file)
    }

    /// The line of a key, counted from 1, where it is written and known.
    pub fn line(&self, key: &str) -> Option<usize> {
        self.lines.iter().find(|(name, _)| name == key).map(|(_, line)| *line)
    }

    /// Is there a mistake of form at this key, or in a key that was probably meant to be this one?
    pub fn written_wrongly(&self, key: &str) -> bool {
        self.misspelt.contains(&key) || self.mistakes.iter().any(|problem| problem.key.as_deref() == Some(key))
    }

    /// The file's name up to its last dot; a name without a dot is itself the base. Begins the result file's name.
    pub fn base_name(&self) -> String {
        base_name(&self.path)
    }
}

/// A file's name up to its last dot; a name without a dot (or with only the first) is itself the base.
pub(super) fn base_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match name.rsplit_once('.') {
        Some((base, _)) if !base.is_empty() => base.to_owned(),
        _ => name.into_owned(),
    }
}

pub(super) fn key_distributor(fields: &mut FieldReader<'_>) -> Option<KeyDistributor> {
    let text = fields.text("keyDistributor", "NO_KEY")?;
    if text.is_empty() {
        return None;
    }
    let found =
        KeyDistributor::ALL.into_iter().find(|distributor| distributor.name().eq_ignore_ascii_case(text.trim()));
    if found.is_none() {
        let names = KeyDistributor::ALL.map(KeyDistributor::name).join(", ");
        fields.mistake("keyDistributor", format!("{text:?} is no key distributor; write one of {names}"));
    }
    found
}

fn rate_scope(fields: &mut FieldReader<'_>) -> Option<RateScope> {
    let text = fields.text("producerRateScope", "total")?;
    match text.trim() {
        "per-producer" => Some(RateScope::PerProducer),
        "total" => Some(RateScope::Total),
        _ => {
            fields.mistake("producerRateScope", format!("{text:?} is no scope; write per-producer or total"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> WorkloadFile {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/workloads").join(name);
        WorkloadFile::read(&path, false).unwrap()
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
        assert!(
            found[0].starts_with("w.yaml:2: consumeDelaySeconds: is not supported: a proposal to OMB"),
            "{found:?}"
        );
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
}
