//! Settings of the command line, which hold over what a file says: keys of workload and driver files, and client
//! properties.

use serde_yaml::Value;

/// One key of a workload or driver file.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySetting {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// The option as typed, for messages: `--producers`, `--set topics`.
    pub option: String,
}

/// One client property or topic configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertySetting {
    /// Which clients it is for, or the topics.
    pub block: Block,
    /// Its name, Kafka's or librdkafka's.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The option as typed without its value, for messages: `--property producer.linger.ms`.
    pub option: String,
}

/// The four blocks of properties in a driver file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// Configuration of the topics.
    Topic,
    /// Every client.
    Common,
    /// Producers.
    Producer,
    /// Consumers.
    Consumer,
}

impl Block {
    /// Its key in a driver file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Topic => "topicConfig",
            Self::Common => "commonConfig",
            Self::Producer => "producerConfig",
            Self::Consumer => "consumerConfig",
        }
    }

    /// What stands before a property's name on the command line: `producer.`, nothing for all clients.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Topic => "topic.",
            Self::Common => "",
            Self::Producer => "producer.",
            Self::Consumer => "consumer.",
        }
    }
}

impl KeySetting {
    /// Reads `KEY=VALUE`; the value is YAML: a number, a text, `[a, b]`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, value) = split(text, "KEY=VALUE, for example topics=3")?;
        let read = serde_yaml::from_str(value).map_err(|error| format!("{value:?} is no YAML value: {error}"))?;
        Ok(Self { key: key.to_owned(), value: read, option: format!("--set {key}") })
    }

    /// `topics=3`, as one would type it.
    pub fn typed(&self) -> String {
        let value = serde_json::to_string(&self.value).unwrap_or_default();
        format!("{}={}", self.key, value.trim_matches('"'))
    }
}

impl PropertySetting {
    /// Reads `[producer.|consumer.|topic.]NAME=VALUE`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (typed, value) = split(text, "NAME=VALUE, for example producer.linger.ms=5")?;
        let of = |block: Block| typed.strip_prefix(block.prefix()).map(|name| (block, name));
        let of_client = typed.starts_with("topic.metadata.") || typed == "topic.blacklist";
        let narrow = [Block::Topic, Block::Producer, Block::Consumer].into_iter().find_map(of);
        // librdkafka has client properties that begin like ours for topics.
        let narrow = narrow.filter(|_| !of_client);
        let (block, name) = narrow.unwrap_or((Block::Common, typed));
        if name.is_empty() {
            return Err(format!("{typed:?} names no property: write for example {typed}linger.ms=5"));
        }
        let option = format!("--property {typed}");
        Ok(Self { block, name: name.to_owned(), value: value.to_owned(), option })
    }

    /// `producer.linger.ms=5`, as one would type it. It may hold a secret.
    pub fn typed(&self) -> String {
        format!("{}{}={}", self.block.prefix(), self.name, self.value)
    }
}

fn split<'t>(text: &'t str, form: &str) -> Result<(&'t str, &'t str), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim(), value)),
        _ => Err(format!("write {form}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_value_as_in_yaml() {
        let set = KeySetting::parse("topics=3").unwrap();
        assert_eq!((set.key.as_str(), &set.value, set.option.as_str()), ("topics", &Value::from(3), "--set topics"));
        assert_eq!(set.typed(), "topics=3");
        let list = KeySetting::parse("existingTopicList=[a, b]").unwrap();
        assert!(list.value.is_sequence());
        assert_eq!(KeySetting::parse("keyDistributor=RANDOM").unwrap().typed(), "keyDistributor=RANDOM");
        for wrong in ["topics", "=3", "", "topics=[1"] {
            assert!(KeySetting::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_property_says_whose_it_is_by_what_stands_before_it() {
        for (text, block, name, value) in [
            ("acks=all", Block::Common, "acks", "all"),
            ("producer.linger.ms=5", Block::Producer, "linger.ms", "5"),
            ("consumer.fetch.min.bytes=1", Block::Consumer, "fetch.min.bytes", "1"),
            ("topic.retention.ms=1000", Block::Topic, "retention.ms", "1000"),
            ("topic.metadata.refresh.sparse=false", Block::Common, "topic.metadata.refresh.sparse", "false"),
            ("sasl.jaas.config=a b=\"c\";", Block::Common, "sasl.jaas.config", "a b=\"c\";"),
        ] {
            let read = PropertySetting::parse(text).unwrap();
            assert_eq!((read.block, read.name.as_str(), read.value.as_str()), (block, name, value), "{text}");
            assert_eq!(read.typed(), text);
        }
        for wrong in ["acks", "producer.=1", "=1"] {
            assert!(PropertySetting::parse(wrong).is_err(), "{wrong}");
        }
    }
}
