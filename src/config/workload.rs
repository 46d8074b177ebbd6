//! The workload file as written: the 17 fields of the guide and of OMB's Workload.java, plus `producerRateScope`,
//! Redpanda's `existingTopicList`, and what `shapes` reads. What omitted fields mean is `plan::resolve`.

mod key_distributor;
mod known_keys;
mod load_keys;
mod processing;
mod shapes;
mod spacing;

pub use key_distributor::KeyDistributor;
pub use load_keys::{LoadKeys, RateOverTime};
pub use processing::ProcessingAsWritten;
pub use shapes::{Shapes, SizeBucket};
pub use spacing::{ArrivalShape, Spacing};

use super::fields::FieldReader;
use super::problem::{Problem, Problems};
use super::setting::KeySetting;
use super::workload_set;
use super::yaml::YamlDocument;
pub(super) use key_distributor::key_distributor;
use known_keys::KIND;
use std::path::{Path, PathBuf};

/// Is `producerRate` the rate of each producer or of all together?
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateScope {
    /// Each producer sends at this rate (the guide).
    PerProducer,
    /// All producers together send at this rate (OMB).
    Total,
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

impl WorkloadFile {
    /// A workload file's document with keys set over its own. Error: it is of the other kind; all other mistakes are in
    /// `mistakes`, which `plan::resolve` reports together with its own, those in what was set without a line.
    /// `unknown_keys_warn`: unknown keys are warnings.
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
mod tests;
