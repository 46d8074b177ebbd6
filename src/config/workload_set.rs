//! OMB's workload generation tool: one template with lists → a workload file for each combination.
//!
//! A template has the keys of a workload file; seven of them are lists (see `LISTS`), and each combination of their
//! entries is one workload. `name` decides how they are called. Texts in, texts out: the files are written by whoever
//! asked.

mod name;

use super::fields::{DocumentKind, FieldReader};
use super::problem::{Problem, Problems};
use super::workload::{KeyDistributor, key_distributor};
use super::yaml::YamlDocument;
use name::NameFormat;
use serde::Serialize;
use serde_yaml::Number;
use std::path::Path;

/// The keys that are lists, from the outermost to the innermost loop. One number stands for a list of one.
const LISTS: [&str; 7] = [
    "topics",
    "partitionsPerTopic",
    "messageSize",
    "producersPerTopic",
    "subscriptionsPerTopic",
    "consumerPerSubscription",
    "producerRate",
];

const KIND: DocumentKind = DocumentKind {
    name: "workload template",
    known: &[
        "nameFormat",
        "topics",
        "partitionsPerTopic",
        "messageSize",
        "producersPerTopic",
        "subscriptionsPerTopic",
        "consumerPerSubscription",
        "producerRate",
        "keyDistributor",
        "payloadFile",
        "useRandomizedPayloads",
        "randomBytesRatio",
        "randomizedPayloadPoolSize",
        "consumerBacklogSizeGB",
        "testDurationMinutes",
        "warmupDurationMinutes",
    ],
    foreign: &[],
    other: &["driverClass", "commonConfig", "producerConfig", "consumerConfig", "topicConfig", "replicationFactor"],
    other_remedy: "it looks like a driver file",
};

/// More workloads than this are a slip of the finger, not a plan.
const MOST_WORKLOADS: usize = 100_000;

/// A workload of the set: the keys of a workload file in OMB's order.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetWorkload {
    /// Also the name of its file, without `.yaml`.
    pub name: String,
    topics: u32,
    partitions_per_topic: u32,
    key_distributor: KeyDistributor,
    message_size: u32,
    use_randomized_payloads: bool,
    random_bytes_ratio: f64,
    randomized_payload_pool_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_file: Option<String>,
    subscriptions_per_topic: u32,
    producers_per_topic: u32,
    consumer_per_subscription: u32,
    producer_rate: u32,
    #[serde(rename = "consumerBacklogSizeGB")]
    consumer_backlog_size_gb: u32,
    backlog_drain_ratio: f64,
    test_duration_minutes: Number,
    warmup_duration_minutes: Number,
}

impl SetWorkload {
    /// The text of its file.
    pub fn text(&self) -> String {
        serde_yaml::to_string(self).expect("numbers and texts are YAML")
    }
}

/// Is this a template rather than a workload file? It names a format, or has lists where a workload has numbers.
pub(super) fn is_template(document: &YamlDocument) -> bool {
    let is_list = |key: &&str| document.get(key).is_some_and(|entry| entry.value.is_sequence());
    document.get("nameFormat").is_some() || LISTS.iter().filter(|key| is_list(key)).count() >= 2
}

/// All workloads of a template, in the order of its loops, and what the user should know. Errors: all mistakes of the
/// file.
pub fn read(path: &Path) -> Result<(Vec<SetWorkload>, Vec<Problem>), Problems> {
    workloads(&YamlDocument::read(path)?)
}

fn workloads(document: &YamlDocument) -> Result<(Vec<SetWorkload>, Vec<Problem>), Problems> {
    KIND.check(document)?;
    let mut fields = FieldReader::new(document);
    fields.check_keys(&KIND, false);
    let lists = LISTS.map(|key| fields.counts(key, "[1, 10]").unwrap_or_default());
    for (key, list) in LISTS.into_iter().zip(&lists) {
        let excused =
            fields.misspelt.contains(&key) || fields.mistakes.iter().any(|mistake| mistake.key.as_deref() == Some(key));
        if list.is_empty() && !excused {
            fields
                .mistake(key, format!("is missing or empty, so that there would be no workload; write {key}: [1, 10]"));
        }
    }
    let payload_file = fields.text("payloadFile", "payload/payload-1Kb.data");
    let format = NameFormat::read(&mut fields, payload_file.is_some());
    let template = SetWorkload {
        name: String::new(),
        topics: 0,
        partitions_per_topic: 0,
        key_distributor: key_distributor(&mut fields).unwrap_or(KeyDistributor::NoKey),
        message_size: 0,
        use_randomized_payloads: fields.flag("useRandomizedPayloads").unwrap_or(false),
        random_bytes_ratio: fields.amount("randomBytesRatio", "0.5").unwrap_or(0.0),
        randomized_payload_pool_size: fields.count("randomizedPayloadPoolSize", "1000").unwrap_or(0),
        payload_file,
        subscriptions_per_topic: 0,
        producers_per_topic: 0,
        consumer_per_subscription: 0,
        producer_rate: 0,
        consumer_backlog_size_gb: fields.count("consumerBacklogSizeGB", "0").unwrap_or(0),
        backlog_drain_ratio: 1.0,
        test_duration_minutes: whole(fields.minutes("testDurationMinutes", "5").unwrap_or(5.0)),
        warmup_duration_minutes: whole(fields.minutes("warmupDurationMinutes", "1").unwrap_or(1.0)),
    };
    let count = lists.iter().try_fold(1_usize, |product, list| product.checked_mul(list.len()));
    if count.is_none_or(|count| count > MOST_WORKLOADS) {
        fields.mistakes.push(Problem::of_file(
            &document.path,
            format!("asks for more than {MOST_WORKLOADS} workloads; shorten its lists"),
        ));
    }
    if !fields.mistakes.is_empty() {
        fields.mistakes.sort_by_key(|problem| problem.line);
        return Err(Problems(fields.mistakes));
    }
    let all: Vec<_> = combinations(&lists).iter().map(|numbers| filled(&template, numbers, &format)).collect();
    let (all, twice) = distinct(all);
    if twice > 0 {
        let what = format!("gives the name of another workload to {twice} of them; those end with a number");
        fields.warning("nameFormat", what);
    }
    Ok((all, fields.warnings))
}

/// Every choice of one entry of each list, the last list changing fastest.
fn combinations(lists: &[Vec<u32>]) -> Vec<Vec<u32>> {
    lists.iter().fold(vec![Vec::new()], |chosen, list| {
        chosen.iter().flat_map(|chosen| list.iter().map(|next| [chosen.as_slice(), &[*next]].concat())).collect()
    })
}

fn filled(template: &SetWorkload, numbers: &[u32], format: &NameFormat) -> SetWorkload {
    let &[topics, partitions, size, producers, subscriptions, consumers, rate] = numbers else {
        unreachable!("one number of each of the seven lists")
    };
    let mut workload = SetWorkload {
        topics,
        partitions_per_topic: partitions,
        message_size: size,
        producers_per_topic: producers,
        subscriptions_per_topic: subscriptions,
        consumer_per_subscription: consumers,
        producer_rate: rate,
        ..template.clone()
    };
    workload.name = format.name(&workload);
    workload
}

/// Names are files: of workloads with one name the second and later get a number. OMB lets each replace the one before.
fn distinct(mut all: Vec<SetWorkload>) -> (Vec<SetWorkload>, usize) {
    let mut taken = std::collections::HashSet::new();
    let mut twice = 0;
    for workload in &mut all {
        if taken.insert(workload.name.clone()) {
            continue;
        }
        twice += 1;
        let free = (2..).map(|number: u32| format!("{}-{number}", workload.name)).find(|name| !taken.contains(name));
        workload.name = free.expect("there are more numbers than workloads");
        taken.insert(workload.name.clone());
    }
    (all, twice)
}

/// `5` and not `5.0`, as OMB's reader wants whole minutes; fractions are pinload's own.
fn whole(minutes: f64) -> Number {
    #[expect(clippy::cast_possible_truncation, reason = "only where nothing is cut off")]
    if minutes.fract() == 0.0 && minutes.abs() < 1e15 { Number::from(minutes as i64) } else { Number::from(minutes) }
}

#[cfg(test)]
mod tests;
