//! Keys that give a workload its shape: topics that differ from each other, topics that exist already, runs without
//! producers, and messages of several sizes. Most come from OMB's forks; what they mean together is `plan::resolve`.

use crate::config::fields::FieldReader;
use crate::config::yaml::{describe, scalar_text};
use serde_yaml::Value;

/// The keys as written; None: not written, or written wrongly.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shapes {
    /// `partitionsPerTopicList`: AutoMQ's partitions topic by topic.
    pub partitions_per_topic_list: Option<Vec<u32>>,
    /// `producersPerTopicList`: AutoMQ's producers topic by topic.
    pub producers_per_topic_list: Option<Vec<u32>>,
    /// `randomTopicNames`: AutoMQ's switch; false: the same names in every run.
    pub random_topic_names: Option<bool>,
    /// `existingProduceTopicList`: Redpanda's topics to produce to.
    pub existing_produce_topic_list: Option<Vec<String>>,
    /// `existingConsumeTopicList`: Redpanda's topics to consume from.
    pub existing_consume_topic_list: Option<Vec<String>>,
    /// `consumerOnly`: Confluent's runs without producers.
    pub consumer_only: Option<bool>,
    /// `messageSizeDistribution`: OMB's message sizes by weight, in the order of the file.
    pub message_size_distribution: Option<Vec<SizeBucket>>,
}

/// One line of `messageSizeDistribution`: `lowest-highest: weight`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeBucket {
    /// Smallest size, bytes.
    pub lowest_bytes: u32,
    /// Largest size, bytes: the size of the messages that stand for the bucket.
    pub highest_bytes: u32,
    /// How often, relative to the other buckets.
    pub weight: u32,
}

const DISTRIBUTION: &str = "messageSizeDistribution";
const EXAMPLE: &str = "write for example {\"0-256\": 80, \"1KB-4KB\": 20}";

impl Shapes {
    /// Reads them.
    pub(super) fn read(fields: &mut FieldReader<'_>) -> Self {
        Self {
            partitions_per_topic_list: fields.counts("partitionsPerTopicList", "[4, 8]"),
            producers_per_topic_list: fields.counts("producersPerTopicList", "[1, 2]"),
            random_topic_names: fields.flag("randomTopicNames"),
            existing_produce_topic_list: fields.texts("existingProduceTopicList", "[my-topic]"),
            existing_consume_topic_list: fields.texts("existingConsumeTopicList", "[my-topic]"),
            consumer_only: fields.flag("consumerOnly"),
            message_size_distribution: distribution(fields),
        }
    }
}

/// All mistakes of the mapping at once; None when there is one.
fn distribution(fields: &mut FieldReader<'_>) -> Option<Vec<SizeBucket>> {
    let mapping = match fields.value(DISTRIBUTION)? {
        Value::Mapping(mapping) => mapping,
        other => {
            fields.mistake(DISTRIBUTION, format!("{} is no mapping of sizes to weights; {EXAMPLE}", describe(other)));
            return None;
        }
    };
    let mut buckets = Vec::with_capacity(mapping.len());
    let mut sound = true;
    for (sizes, weight) in mapping {
        match bucket(sizes, weight) {
            Ok(bucket) => buckets.push(bucket),
            Err(why) => {
                sound = false;
                fields.mistake(DISTRIBUTION, format!("{why}; {EXAMPLE}"));
            }
        }
    }
    if sound && buckets.iter().all(|bucket| bucket.weight == 0) {
        sound = false;
        fields.mistake(DISTRIBUTION, format!("has no weight above 0, so that no size is ever chosen; {EXAMPLE}"));
    }
    sound.then_some(buckets)
}

fn bucket(sizes: &Value, weight: &Value) -> Result<SizeBucket, String> {
    let text = scalar_text(sizes).unwrap_or_default();
    let (lowest, highest) =
        text.rsplit_once('-').ok_or_else(|| format!("{text:?} is no range of sizes: it has no `-`"))?;
    let size = |part: &str| size_bytes(part).ok_or_else(|| format!("{part:?} in {text:?} is no size"));
    let (lowest_bytes, highest_bytes) = (size(lowest)?, size(highest)?);
    if lowest_bytes > highest_bytes {
        return Err(format!("{text:?} ends below its begin"));
    }
    let weight = scalar_text(weight).and_then(|weight| weight.trim().replace('_', "").parse().ok());
    let weight = weight.ok_or_else(|| format!("the weight of {text:?} is no whole number from 0 on"))?;
    Ok(SizeBucket { lowest_bytes, highest_bytes, weight })
}

/// `256`, `256B`, `4KB`, `1MB`; 1 KB = 1,024 B.
fn size_bytes(text: &str) -> Option<u32> {
    let text = text.trim().to_ascii_uppercase();
    let (number, unit) = [("KB", 1 << 10), ("MB", 1 << 20), ("B", 1)]
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or((&text, 1));
    number.trim().parse::<u32>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::WorkloadFile;
    use std::path::Path;

    fn parse(text: &str) -> (Shapes, Vec<String>) {
        let file = WorkloadFile::parse(Path::new("w.yaml"), text, false).unwrap();
        (file.shapes, file.mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_keys_of_ombs_forks_are_read() {
        let text = "partitionsPerTopicList: [4, '8']\nproducersPerTopicList: [1, 0]\nrandomTopicNames: false\n\
                    existingProduceTopicList: [a, b]\nexistingConsumeTopicList: [b, c]\nconsumerOnly: true\n";
        let (shapes, mistakes) = parse(text);
        assert_eq!(mistakes, Vec::<String>::new());
        assert_eq!(shapes.partitions_per_topic_list, Some(vec![4, 8]));
        assert_eq!(shapes.producers_per_topic_list, Some(vec![1, 0]));
        assert_eq!((shapes.random_topic_names, shapes.consumer_only), (Some(false), Some(true)));
        assert_eq!(shapes.existing_consume_topic_list, Some(vec!["b".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn sizes_have_suffixes_and_ranges_split_at_the_last_dash() {
        let text = "messageSizeDistribution:\n  \"0-256\": 234\n  1KB-4KB: 12\n  \"16b - 2 MB\": '3'\n  7-7: 0\n";
        let (shapes, mistakes) = parse(text);
        assert_eq!(mistakes, Vec::<String>::new());
        let bucket = |lowest_bytes, highest_bytes, weight| SizeBucket { lowest_bytes, highest_bytes, weight };
        let expected = [bucket(0, 256, 234), bucket(1024, 4096, 12), bucket(16, 2 << 20, 3), bucket(7, 7, 0)];
        assert_eq!(shapes.message_size_distribution.as_deref(), Some(&expected[..]));
    }

    #[test]
    fn every_mistake_of_a_distribution_is_told() {
        let text = "messageSizeDistribution:\n  256: 1\n  9-5: 1\n  1-2GB: 1\n  -5-7: 1\n  1-2: -1\n  1-3: 0.5\n  \
            0-9000MB: 1\n";
        let (shapes, mistakes) = parse(text);
        assert_eq!(shapes.message_size_distribution, None);
        let begins = [
            "\"256\" is no range of sizes: it has no `-`",
            "\"9-5\" ends below its begin",
            "\"2GB\" in \"1-2GB\" is no size",
            "\"-5\" in \"-5-7\" is no size",
            "the weight of \"1-2\" is no whole number",
            "the weight of \"1-3\" is no whole number",
            "\"9000MB\" in \"0-9000MB\" is no size",
        ];
        assert_eq!(mistakes.len(), begins.len(), "{mistakes:#?}");
        for (found, begin) in mistakes.iter().zip(begins) {
            assert!(found.starts_with(&format!("w.yaml:1: messageSizeDistribution: {begin}")), "{found}\n{begin}");
        }
        for (text, why) in [("{}", "has no weight above 0"), ("{1-2: 0}", "has no weight above 0"), ("[1]", "a list")] {
            let (_, mistakes) = parse(&format!("messageSizeDistribution: {text}\n"));
            assert_eq!(mistakes.len(), 1, "{text}");
            assert!(mistakes[0].contains(why), "{mistakes:?}");
        }
    }
}
