//! How the workloads of a set are called: a text with placeholders, `${topics}-topics-…`.

use super::SetWorkload;
use crate::config::fields::{FieldReader, nearest};

/// OMB's own format.
const DEFAULT: &str = "${topics}-topics-${partitionsPerTopic}-partitions-${messageSize}b-${producersPerTopic}p-\
                       ${consumerPerSubscription}c-${producerRate}";

/// From here on a rate means "as fast as it goes".
const MAX_RATE: u32 = 10_000_000;

/// The placeholders there are.
const PLACEHOLDERS: [&str; 15] = [
    "topics",
    "partitionsPerTopic",
    "messageSize",
    "subscriptionsPerTopic",
    "producersPerTopic",
    "consumerPerSubscription",
    "producerRate",
    "payloadFile",
    "keyDistributor",
    "useRandomizedPayloads",
    "randomBytesRatio",
    "randomizedPayloadPoolSize",
    "consumerBacklogSizeGB",
    "testDurationMinutes",
    "warmupDurationMinutes",
];

/// A format whose placeholders are all known.
#[derive(Debug)]
pub(super) struct NameFormat(Vec<NamePart>);

#[derive(Debug)]
enum NamePart {
    Text(String),
    Placeholder(String),
}

impl NameFormat {
    /// The template's `nameFormat`, or OMB's; mistakes are noted.
    pub(super) fn read(fields: &mut FieldReader<'_>, has_payload_file: bool) -> Self {
        let text = fields.text("nameFormat", "\"${topics}-topics-${producerRate}\"");
        let text = text.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| DEFAULT.to_owned());
        let parts = split(&text);
        for part in &parts {
            let NamePart::Placeholder(name) = part else { continue };
            if !PLACEHOLDERS.contains(&name.as_str()) {
                let remedy = match nearest(name, PLACEHOLDERS.into_iter()) {
                    Some(near) => format!("did you mean ${{{near}}}?"),
                    None => format!("there are {}", PLACEHOLDERS.join(", ")),
                };
                fields.mistake("nameFormat", format!("${{{name}}} is no placeholder; {remedy}"));
            } else if name == "payloadFile" && !has_payload_file {
                fields.mistake(
                    "nameFormat",
                    "has ${payloadFile}, but the template names no payloadFile; add one or remove it",
                );
            }
        }
        Self(parts)
    }

    /// The name of one workload. It becomes a file's: slashes turn into `_`.
    pub(super) fn name(&self, workload: &SetWorkload) -> String {
        let parts = self.0.iter().map(|part| match part {
            NamePart::Text(text) => text.clone(),
            NamePart::Placeholder(name) => shown(workload, name),
        });
        parts.collect::<String>().replace(['/', '\\'], "_")
    }
}

/// Texts and `${names}`. A `${` without an end is a text.
fn split(format: &str) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        parts.push(NamePart::Text(text.to_owned()));
        parts.push(NamePart::Placeholder(name.to_owned()));
        rest = behind;
    }
    parts.push(NamePart::Text(rest.to_owned()));
    parts
}

fn shown(workload: &SetWorkload, placeholder: &str) -> String {
    match placeholder {
        "topics" => count(workload.topics),
        "partitionsPerTopic" => count(workload.partitions_per_topic),
        "messageSize" => count(workload.message_size),
        "subscriptionsPerTopic" => count(workload.subscriptions_per_topic),
        "producersPerTopic" => count(workload.producers_per_topic),
        "consumerPerSubscription" => count(workload.consumer_per_subscription),
        "producerRate" if workload.producer_rate >= MAX_RATE => "max-rate".to_owned(),
        "producerRate" => count(workload.producer_rate),
        "payloadFile" => workload.payload_file.clone().unwrap_or_default(),
        "keyDistributor" => workload.key_distributor.name().to_owned(),
        "useRandomizedPayloads" => workload.use_randomized_payloads.to_string(),
        "randomBytesRatio" => format!("{:?}", workload.random_bytes_ratio),
        "randomizedPayloadPoolSize" => count(workload.randomized_payload_pool_size),
        "consumerBacklogSizeGB" => count(workload.consumer_backlog_size_gb),
        "testDurationMinutes" => workload.test_duration_minutes.to_string(),
        "warmupDurationMinutes" => workload.warmup_duration_minutes.to_string(),
        other => unreachable!("{other} was refused when the format was read"),
    }
}

/// OMB's short form: whole billions `g`, millions `m`, thousands `k`; what is left over is cut off.
fn count(number: u32) -> String {
    for (unit, letter) in [(1_000_000_000, 'g'), (1_000_000, 'm'), (1_000, 'k')] {
        if number >= unit {
            return format!("{}{letter}", number / unit);
        }
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_cut_to_their_largest_unit() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1k"), (617_890, "617k"), (1_999_999, "1m"), (4_000_000_000, "4g")]
        {
            assert_eq!(count(number), text);
        }
    }
}
