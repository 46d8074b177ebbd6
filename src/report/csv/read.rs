//! Result files as OMB, its forks, ports of it and pinload write them: unknown fields are left alone, few are needed.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};
use serde_json::{Map, Value};

/// What the tables need of one result file. Rates are messages per second, sizes bytes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CsvRun {
    /// Name of the workload. Python ports leave it out.
    pub workload: Option<String>,
    /// Name of the driver. Python ports leave it out.
    pub driver: Option<String>,
    /// Redpanda: what the user said about the service under test.
    version: Option<Value>,
    /// Redpanda: when the run began.
    begin_time: Option<Value>,
    /// Redpanda: when it ended.
    end_time: Option<Value>,
    /// Topics.
    topics: Option<Number>,
    /// Partitions of each topic.
    partitions: Option<Number>,
    /// Bytes of a message.
    message_size: Option<Number>,
    /// Producers of each topic.
    producers_per_topic: Option<Number>,
    /// Consumers of each subscription.
    consumers_per_topic: Option<Number>,
    /// Acknowledged messages per second, period by period.
    publish_rate: Option<Vec<Number>>,
    /// Received messages per second, period by period.
    consume_rate: Option<Vec<Number>>,
    /// What the detail file beside it says of the verdict; nothing where there is none.
    #[serde(skip)]
    pub whose: RunTrust,
    /// All other fields.
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The verdict of a run, and the percentile up to which its latencies are the broker's own; empty: not known, or not
/// even the median is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunTrust {
    /// `valid`, `generator_limited` …
    pub verdict: String,
    /// `p99`, `max` …
    pub own_up_to: String,
}

impl RunTrust {
    /// Reads the text of a detail file; what it does not say stays empty.
    pub fn of_detail(text: &str) -> Self {
        let detail: Value = serde_json::from_str(text).unwrap_or_default();
        let text = |pointer: &str| detail.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { verdict: text("/verdict/verdict"), own_up_to: text("/trust/own_up_to") }
    }
}

/// Why a text is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAResult {
    /// It is no JSON, or a field is of another kind.
    #[error("is no result of a run: {0}")]
    Json(String),
    /// It is JSON, but fields that every result has are not there.
    #[error("is no result of a run: it has no {}", .0.join(", no "))]
    Lacks(Vec<&'static str>),
}

impl CsvRun {
    /// Reads the text of a result file.
    pub fn parse(text: &str) -> Result<Self, NotAResult> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(NotAResult::Json("it is empty".to_owned()));
        }
        let result: Self = serde_json::from_str(text).map_err(|error| NotAResult::Json(error.to_string()))?;
        let needed = [
            ("topics", result.topics.is_some()),
            ("partitions", result.partitions.is_some()),
            ("messageSize", result.message_size.is_some()),
            ("producersPerTopic", result.producers_per_topic.is_some()),
            ("consumersPerTopic", result.consumers_per_topic.is_some()),
            ("publishRate", result.publish_rate.is_some()),
            ("consumeRate", result.consume_rate.is_some()),
        ];
        let lacks: Vec<_> = needed.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect();
        if lacks.is_empty() { Ok(result) } else { Err(NotAResult::Lacks(lacks)) }
    }

    /// Topics, partitions, message size, producers per topic, consumers per topic: OMB's first five columns.
    pub fn shape(&self) -> [f64; 5] {
        [&self.topics, &self.partitions, &self.message_size, &self.producers_per_topic, &self.consumers_per_topic]
            .map(|number| number.map_or(0.0, |number| number.0))
    }

    /// Acknowledged messages per second, period by period.
    pub fn publish_rates(&self) -> Vec<f64> {
        plain(self.publish_rate.as_deref())
    }

    /// Received messages per second, period by period.
    pub fn consume_rates(&self) -> Vec<f64> {
        plain(self.consume_rate.as_deref())
    }

    /// Redpanda's version, beginTime and endTime, as far as they are there.
    pub fn occasion(&self) -> [String; 3] {
        [&self.version, &self.begin_time, &self.end_time].map(|value| match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        })
    }

    /// Any other field that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        Number::deserialize(self.others.get(name)?).ok().map(|number| number.0)
    }

    /// Any other field that is an object.
    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.others.get(name)?.as_object()
    }

    /// Any other field that is a list of numbers; empty when it is not there.
    pub fn numbers(&self, name: &str) -> Vec<f64> {
        let numbers = self.others.get(name).and_then(|value| Vec::<Number>::deserialize(value).ok());
        plain(numbers.as_deref())
    }
}

fn plain(numbers: Option<&[Number]>) -> Vec<f64> {
    numbers.unwrap_or_default().iter().map(|number| number.0).collect()
}

/// A number, also one that Jackson had to quote: `"NaN"`, `"Infinity"`.
#[derive(Debug, Clone, Copy)]
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| {
            let found = value.to_string();
            D::Error::invalid_value(Unexpected::Other(&found), &"a number")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"{"topics": 1, "partitions": 2, "messageSize": 100, "producersPerTopic": 3,
        "consumersPerTopic": 4, "publishRate": [1.5, "NaN"], "consumeRate": []"#;

    fn reason(text: &str) -> String {
        CsvRun::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_least_that_a_result_has_is_enough_and_more_does_no_harm() {
        let result = CsvRun::parse(&format!("{LEAST}, \"more\": {{}}, \"sent\": [1, 2], \"version\": 24.1}}")).unwrap();
        assert_eq!(result.shape(), [1.0, 2.0, 100.0, 3.0, 4.0]);
        assert!(result.publish_rates()[1].is_nan());
        assert_eq!(result.numbers("sent"), [1.0, 2.0]);
        assert_eq!(result.occasion(), ["24.1", "", ""]);
        assert_eq!((result.number("more"), result.number("none")), (None, None));
    }

    #[test]
    fn a_detail_file_says_how_far_the_latencies_are_the_brokers() {
        let detail = r#"{"verdict": {"verdict": "valid"}, "trust": {"own_up_to": "p99"}}"#;
        assert_eq!(RunTrust::of_detail(detail), RunTrust { verdict: "valid".to_owned(), own_up_to: "p99".to_owned() });
        assert_eq!(RunTrust::of_detail(r#"{"trust": {"own_up_to": null}}"#), RunTrust::default());
        assert_eq!(RunTrust::of_detail("no JSON"), RunTrust::default());
    }

    #[test]
    fn what_is_no_result_is_told_why() {
        assert_eq!(reason(""), "is no result of a run: it is empty");
        let lacks = "is no result of a run: it has no messageSize, no producersPerTopic, no consumersPerTopic, no \
            publishRate, no consumeRate";
        assert_eq!(reason(r#"{"topics": 1, "partitions": 1}"#), lacks);
        assert!(reason("{\n").contains("line 2"), "{}", reason("{\n"));
        let odd = reason(&format!("{LEAST}, \"publishRate\": 1}}"));
        assert!(odd.starts_with("is no result of a run: "), "{odd}");
        assert!(reason("[1]").contains("is no result of a run: "));
        assert!(reason(&LEAST.replace("1.5", "true")).contains("a number"));
    }
}
